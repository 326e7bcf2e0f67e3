#pragma once

#include "env/file_system.h"

namespace weir {

// The operating system's files. Stateless; any thread.
class PosixFileSystem final : public FileSystem {
 public:
  std::unique_ptr<RandomAccessFile> OpenForRead(const std::string& path) override;
  std::unique_ptr<WritableFile> OpenForWrite(const std::string& path, OpenMode mode) override;
  std::vector<FileInfo> List(const std::string& directory) override;
  std::optional<FileInfo> Stat(const std::string& path) override;
  void Rename(const std::string& from, const std::string& to) override;
  bool RenameIfAbsent(const std::string& from, const std::string& to) override;
  bool Remove(const std::string& path) override;
  void CreateDirectories(const std::string& path) override;
  void SyncDirectory(const std::string& path) override;
  std::unique_ptr<FileLock> TryLock(const std::string& path) override;
};

}  // namespace weir
