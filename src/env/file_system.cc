#include "env/file_system.h"

#include <algorithm>

#include "base/error.h"
#include "env/glob.h"

namespace weir {

void RandomAccessFile::ReadExactly(uint64_t offset, std::span<uint8_t> out) {
  const size_t got = Read(offset, out);
  if (got != out.size()) {
    throw Error::Operational(sqlstate::kDataCorrupted, "file ends early: {}: {} bytes wanted at offset {}, {} found",
                             path(), out.size(), offset, got);
  }
}

std::string RandomAccessFile::ReadString(uint64_t offset, uint64_t bytes) {
  std::string out(bytes, '\0');
  ReadExactly(offset, {reinterpret_cast<uint8_t*>(out.data()), out.size()});
  return out;
}

std::vector<FileInfo> FileSystem::ListRecursively(const std::string& directory) {
  std::vector<FileInfo> out;
  std::vector<std::string> pending = {directory};
  while (!pending.empty()) {
    const std::string next = std::move(pending.back());
    pending.pop_back();
    for (FileInfo& entry : List(next)) {
      if (entry.kind == FileKind::kDirectory)
        pending.push_back(std::move(entry.path));
      else if (entry.kind == FileKind::kFile)
        out.push_back(std::move(entry));
    }
  }
  std::ranges::sort(out, {}, &FileInfo::path);
  return out;
}

std::vector<FileInfo> FileSystem::Glob(const std::string& pattern) {
  std::vector<FileInfo> out;
  if (!HasGlob(pattern)) {
    if (auto info = Stat(UnescapeGlob(pattern)); info.has_value() && info->kind == FileKind::kFile) {
      out.push_back(std::move(*info));
    }
    return out;
  }
  const GlobPattern compiled(pattern);
  std::vector<std::string> pending = {compiled.fixed_directory()};
  while (!pending.empty()) {
    const std::string next = std::move(pending.back());
    pending.pop_back();
    const auto info = Stat(next.empty() ? "." : next);
    if (!info.has_value() || info->kind != FileKind::kDirectory) continue;
    for (FileInfo& entry : List(next.empty() ? "." : next)) {
      // Paths are spelled as the pattern is: without a directory it finds "x", not "./x".
      if (next.empty()) entry.path = std::string(FileName(entry.path));
      if (entry.kind == FileKind::kDirectory) {
        if (compiled.MayMatchBelow(entry.path)) pending.push_back(std::move(entry.path));
      } else if (entry.kind == FileKind::kFile && compiled.Matches(entry.path)) {
        out.push_back(std::move(entry));
      }
    }
  }
  std::ranges::sort(out, {}, &FileInfo::path);
  return out;
}

std::string FileSystem::ReadFile(const std::string& path) {
  const auto file = OpenForRead(path);
  return file->ReadString(0, file->size());
}

void FileSystem::WriteFileAtomically(const std::string& path, ByteSpan content) {
  const std::string temporary = path + ".tmp";
  const auto file = OpenForWrite(temporary, OpenMode::kTruncate);
  file->Append(content);
  file->Sync();
  file->Close();
  Rename(temporary, path);
  SyncDirectory(ParentPath(path));
}

void FileSystem::RemoveRecursively(const std::string& path) {
  const auto info = Stat(path);
  if (!info.has_value()) return;
  if (info->kind == FileKind::kDirectory) {
    for (const FileInfo& entry : List(path)) {
      if (entry.kind == FileKind::kDirectory)
        RemoveRecursively(entry.path);
      else
        Remove(entry.path);
    }
  }
  Remove(path);
}

std::string JoinPath(std::string_view directory, std::string_view name) {
  if (directory.empty()) return std::string(name);
  if (name.empty()) return std::string(directory);
  std::string out(directory);
  if (out.back() != '/') out += '/';
  return out += name;
}

std::string ParentPath(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return slash == 0 ? "/" : std::string(path.substr(0, slash));
}

std::string_view FileName(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos || path.size() == 1 ? path : path.substr(slash + 1);
}

}  // namespace weir
