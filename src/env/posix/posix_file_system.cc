#include "env/posix/posix_file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "base/error.h"
#include "env/clock.h"
#include "env/posix/file_descriptor.h"

namespace weir {
namespace {

constexpr mode_t kFileMode = 0644;
constexpr mode_t kDirectoryMode = 0755;
constexpr size_t kTransferMax = size_t{1} << 30;  // Linux moves no more than 2 GiB per call

[[noreturn]] void ThrowErrno(std::string_view what, std::string_view path) {
  const int error_number = errno;
  throw Error::FromErrno(error_number, fmt::format("{}: {}", what, path));
}

FileInfo InfoOf(std::string path, const struct stat& stat) {
  FileInfo info;
  info.path = std::move(path);
  info.kind = S_ISREG(stat.st_mode) ? FileKind::kFile : S_ISDIR(stat.st_mode) ? FileKind::kDirectory : FileKind::kOther;
  info.size = static_cast<uint64_t>(stat.st_size);
  info.modified_unix_nanos = stat.st_mtim.tv_sec * kNanosPerSecond + stat.st_mtim.tv_nsec;
  info.inode = stat.st_ino;
  return info;
}

class PosixReadFile final : public RandomAccessFile {
 public:
  PosixReadFile(FileDescriptor fd, std::string path, uint64_t size)
      : fd_(std::move(fd)), path_(std::move(path)), size_(size) {}

  size_t Read(uint64_t offset, std::span<uint8_t> out) override {
    size_t done = 0;
    while (done < out.size()) {
      const size_t want = std::min(out.size() - done, kTransferMax);
      const ssize_t got = RetryInterrupted(
          [&] { return ::pread(fd_.get(), out.data() + done, want, static_cast<off_t>(offset + done)); });
      if (got < 0) ThrowErrno("could not read file", path_);
      if (got == 0) break;
      done += static_cast<size_t>(got);
    }
    return done;
  }
  uint64_t size() const override { return size_; }
  const std::string& path() const override { return path_; }
  void Prefetch(uint64_t offset, uint64_t bytes) noexcept override {
    ::posix_fadvise(fd_.get(), static_cast<off_t>(offset), static_cast<off_t>(bytes), POSIX_FADV_WILLNEED);
  }

 private:
  const FileDescriptor fd_;
  const std::string path_;
  const uint64_t size_;
};

class PosixWriteFile final : public WritableFile {
 public:
  PosixWriteFile(FileDescriptor fd, std::string path, uint64_t size)
      : fd_(std::move(fd)), path_(std::move(path)), size_(size) {}

  void Append(ByteSpan bytes) override {
    while (!bytes.empty()) {
      const size_t want = std::min(bytes.size(), kTransferMax);
      const ssize_t put = RetryInterrupted([&] { return ::write(fd_.get(), bytes.data(), want); });
      if (put < 0) ThrowErrno("could not write file", path_);
      size_ += static_cast<uint64_t>(put);
      bytes = bytes.subspan(static_cast<size_t>(put));
    }
  }
  void Sync() override {
    if (RetryInterrupted([&] { return ::fdatasync(fd_.get()); }) != 0) ThrowErrno("could not sync file", path_);
  }
  void Close() override {
    // EINTR leaves a closed descriptor behind on Linux, and nothing unsaid.
    const int error_number = fd_.Close();
    if (error_number != 0 && error_number != EINTR) {
      throw Error::FromErrno(error_number, fmt::format("could not close file: {}", path_));
    }
  }
  uint64_t size() const override { return size_; }
  const std::string& path() const override { return path_; }

 private:
  FileDescriptor fd_;
  const std::string path_;
  uint64_t size_;
};

class PosixFileLock final : public FileLock {
 public:
  explicit PosixFileLock(FileDescriptor fd) : fd_(std::move(fd)) {}

 private:
  const FileDescriptor fd_;
};

}  // namespace

std::unique_ptr<RandomAccessFile> PosixFileSystem::OpenForRead(const std::string& path) {
  FileDescriptor fd(RetryInterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); }));
  struct stat stat{};
  if (!fd || ::fstat(fd.get(), &stat) != 0) ThrowErrno("could not open file", path);
  if (S_ISDIR(stat.st_mode)) throw Error::FromErrno(EISDIR, fmt::format("could not open file: {}", path));
  return std::make_unique<PosixReadFile>(std::move(fd), path, static_cast<uint64_t>(stat.st_size));
}

std::unique_ptr<WritableFile> PosixFileSystem::OpenForWrite(const std::string& path, OpenMode mode) {
  int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND;
  if (mode == OpenMode::kTruncate) flags |= O_TRUNC;
  if (mode == OpenMode::kCreateNew) flags |= O_EXCL;
  FileDescriptor fd(RetryInterrupted([&] { return ::open(path.c_str(), flags, kFileMode); }));
  struct stat stat{};
  if (!fd || ::fstat(fd.get(), &stat) != 0) ThrowErrno("could not create file", path);
  return std::make_unique<PosixWriteFile>(std::move(fd), path, static_cast<uint64_t>(stat.st_size));
}

std::vector<FileInfo> PosixFileSystem::List(const std::string& directory) {
  DIR* stream = ::opendir(directory.c_str());
  if (stream == nullptr) ThrowErrno("could not list folder", directory);
  const std::unique_ptr<DIR, int (*)(DIR*)> closer(stream, &::closedir);
  std::vector<FileInfo> out;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream);
    if (entry == nullptr) {
      if (errno != 0) ThrowErrno("could not list folder", directory);
      break;
    }
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    // Files that go away meanwhile, and links that lead nowhere, are left out.
    if (auto info = Stat(JoinPath(directory, name))) out.push_back(std::move(*info));
  }
  std::ranges::sort(out, {}, &FileInfo::path);
  return out;
}

std::optional<FileInfo> PosixFileSystem::Stat(const std::string& path) {
  struct stat stat{};
  if (::stat(path.c_str(), &stat) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    ThrowErrno("could not look at file", path);
  }
  return InfoOf(path, stat);
}

void PosixFileSystem::Rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) ThrowErrno("could not rename file", fmt::format("{} to {}", from, to));
}

bool PosixFileSystem::RenameIfAbsent(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno == EEXIST) return false;
  if (errno == EINVAL || errno == ENOSYS) {
    // The file system cannot do that; a second name for the file is as atomic.
    if (::link(from.c_str(), to.c_str()) == 0) {
      if (::unlink(from.c_str()) != 0) ThrowErrno("could not remove file", from);
      return true;
    }
    if (errno == EEXIST) return false;
  }
  ThrowErrno("could not rename file", fmt::format("{} to {}", from, to));
}

bool PosixFileSystem::Remove(const std::string& path) {
  if (::remove(path.c_str()) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  ThrowErrno("could not remove file", path);
}

void PosixFileSystem::CreateDirectories(const std::string& path) {
  if (path.empty() || path == "/" || path == ".") return;
  if (::mkdir(path.c_str(), kDirectoryMode) == 0) return;
  if (errno == ENOENT) {
    const std::string parent = ParentPath(path);
    if (parent != path) {
      CreateDirectories(parent);
      if (::mkdir(path.c_str(), kDirectoryMode) == 0) return;
    }
  }
  const int error_number = errno;
  if (error_number == EEXIST) {
    const auto info = Stat(path);
    if (info.has_value() && info->kind == FileKind::kDirectory) return;
  }
  throw Error::FromErrno(error_number, fmt::format("could not create folder: {}", path));
}

void PosixFileSystem::SyncDirectory(const std::string& path) {
  const FileDescriptor fd(RetryInterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!fd) ThrowErrno("could not open folder", path);
  if (RetryInterrupted([&] { return ::fsync(fd.get()); }) != 0) ThrowErrno("could not sync folder", path);
}

std::unique_ptr<FileLock> PosixFileSystem::TryLock(const std::string& path) {
  FileDescriptor fd(RetryInterrupted([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode); }));
  if (!fd) ThrowErrno("could not open lock file", path);
  // flock belongs to the open file, so a second holder in this process is refused too, and a crash frees it.
  if (RetryInterrupted([&] { return ::flock(fd.get(), LOCK_EX | LOCK_NB); }) != 0) {
    if (errno == EWOULDBLOCK) return nullptr;
    ThrowErrno("could not lock file", path);
  }
  return std::make_unique<PosixFileLock>(std::move(fd));
}

}  // namespace weir
