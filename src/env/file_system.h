#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace weir {

// An open file (or object) that is read at offsets. Threads: all methods from any thread at once.
class RandomAccessFile {
 public:
  virtual ~RandomAccessFile() = default;
  // Fills `out` from `offset`; returns fewer bytes only at the end of the file. Blocks.
  virtual size_t Read(uint64_t offset, std::span<uint8_t> out) = 0;
  // Length when it was opened.
  virtual uint64_t size() const = 0;
  // What it was opened by, for messages.
  virtual const std::string& path() const = 0;
  // Says that the range will be read soon. Never fails, may do nothing.
  virtual void Prefetch(uint64_t /*offset*/, uint64_t /*bytes*/) noexcept {}

  // Fills `out` wholly or throws kDataCorrupted.
  void ReadExactly(uint64_t offset, std::span<uint8_t> out);
  std::string ReadString(uint64_t offset, uint64_t bytes);
};

// An open file that is appended to. One thread at a time.
// Destroying it without Close() closes without promising anything about the content.
class WritableFile {
 public:
  virtual ~WritableFile() = default;
  // All of `bytes` or an Error; after an Error the tail of the file is unknown.
  virtual void Append(ByteSpan bytes) = 0;
  // Returns when what was appended survives a power cut. A new file's name does so after SyncDirectory only.
  // An Error here is final: the pages may be gone, so the file must be given up.
  virtual void Sync() = 0;
  virtual void Close() = 0;
  // Length of the file so far.
  virtual uint64_t size() const = 0;
  virtual const std::string& path() const = 0;

  void AppendText(std::string_view text) { Append(AsBytes(text)); }
};

// Held until destroyed, or until the process ends.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

enum class FileKind : uint8_t { kFile, kDirectory, kOther };

struct FileInfo {
  std::string path;
  FileKind kind = FileKind::kFile;
  uint64_t size = 0;
  int64_t modified_unix_nanos = 0;
  uint64_t inode = 0;  // tells files that replace each other under one name apart; 0: unknown
};

enum class OpenMode : uint8_t {
  kTruncate,   // create or empty
  kAppend,     // create or continue
  kCreateNew,  // fails when it exists
};

// Files by path. Missing files throw kUndefinedFile, full disks kDiskFull, others kIoError or kInsufficientPrivilege.
// Implementations: PosixFileSystem, SimFileSystem. Threads: all methods from any thread; they block, so call them from
// the I/O pool or a thread of one's own, not from a worker.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  virtual std::unique_ptr<RandomAccessFile> OpenForRead(const std::string& path) = 0;
  virtual std::unique_ptr<WritableFile> OpenForWrite(const std::string& path, OpenMode mode) = 0;
  // Entries of one directory, sorted by path, without "." and "..". A missing directory throws kUndefinedFile.
  virtual std::vector<FileInfo> List(const std::string& directory) = 0;
  // Empty when there is no such file. Follows symbolic links.
  virtual std::optional<FileInfo> Stat(const std::string& path) = 0;
  // Replaces `to` atomically.
  virtual void Rename(const std::string& from, const std::string& to) = 0;
  // Atomically gives the file the name `to`, or returns false when that exists (`from` is left in place then).
  virtual bool RenameIfAbsent(const std::string& from, const std::string& to) = 0;
  // False when there was no such file. Directories must be empty.
  virtual bool Remove(const std::string& path) = 0;
  virtual void CreateDirectories(const std::string& path) = 0;
  // Makes creations, renames and removals in the directory survive a power cut.
  virtual void SyncDirectory(const std::string& path) = 0;
  // An exclusive lock on the file, created when missing: nullptr when another process, or another holder in this
  // one, has it.
  virtual std::unique_ptr<FileLock> TryLock(const std::string& path) = 0;

  // --- made of the above
  // All regular files below the directory, sorted by path.
  std::vector<FileInfo> ListRecursively(const std::string& directory);
  // The regular files that match (see env/glob.h), sorted by path; a pattern without wildcards matches itself.
  std::vector<FileInfo> Glob(const std::string& pattern);
  bool Exists(const std::string& path) { return Stat(path).has_value(); }
  std::string ReadFile(const std::string& path);
  // Temporary file, sync, rename, sync of the directory: after a crash either the old or the new content is there.
  // One writer per path at a time.
  void WriteFileAtomically(const std::string& path, ByteSpan content);
  void RemoveRecursively(const std::string& path);
};

// "a/b" + "c" -> "a/b/c"; an empty part adds no slash.
std::string JoinPath(std::string_view directory, std::string_view name);
// "a/b/c" -> "a/b"; "c" -> "."; "/c" -> "/".
std::string ParentPath(std::string_view path);
// "a/b/c" -> "c".
std::string_view FileName(std::string_view path);

}  // namespace weir
