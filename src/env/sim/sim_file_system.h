#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "env/clock.h"
#include "env/file_system.h"
#include "env/random.h"

namespace weir {

// What may be told to go wrong. Each fires once and is then gone, but for the disk size.
struct FileFaults {
  // Counts down on every call of its kind; the one that reaches 0 fails with kIoError. 0: never.
  int64_t fail_write_in = 0;  // a failed write may leave a part of its bytes
  int64_t fail_sync_in = 0;
  int64_t fail_read_in = 0;
  int64_t fail_rename_in = 0;
  // All files together; writes beyond fail with kDiskFull after filling it.
  std::optional<uint64_t> disk_bytes_max;
};

// Files in memory that behave as badly as a real disk may. What was not synced (contents by Sync, names by
// SyncDirectory) may be gone after Crash(): each such change survives, is lost, or survives in part, as the seed
// decides. Any thread; every call takes one lock.
class SimFileSystem final : public FileSystem {
 public:
  explicit SimFileSystem(const Clock& clock, uint64_t seed = 1);
  ~SimFileSystem() override;

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

  void set_faults(const FileFaults& faults);
  FileFaults faults() const;
  // The power goes: open files and locks become useless (their calls fail), and what was not synced may be lost.
  void Crash();

  struct Counts {
    int64_t reads = 0;
    int64_t writes = 0;
    int64_t syncs = 0;
    int64_t renames = 0;
  };
  Counts counts() const;
  uint64_t used_bytes() const;

 private:
  friend class SimReadFile;
  friend class SimWriteFile;
  friend class SimFileLock;
  struct Node;
  using Names = std::map<std::string, std::shared_ptr<Node>>;

  static std::string Normal(const std::string& path);
  Node* FindLocked(const std::string& path);
  void RenameLocked(const std::string& from, const std::string& to);
  void CheckParentLocked(const std::string& path);
  uint64_t UsedLocked() const;
  static bool CountDown(int64_t& left) {
    if (left == 0) return false;
    --left;
    return left == 0;
  }

  const Clock& clock_;
  mutable std::mutex mutex_;
  Xoshiro256 random_;
  FileFaults faults_;
  Counts counts_;
  uint64_t generation_ = 1;  // of the machine: handles of earlier ones are dead
  // Absolute or relative, as callers spell them without doubled slashes. Directories are nodes, too.
  Names names_;          // as the running system sees them
  Names durable_names_;  // as a crash would certainly leave them
  std::set<std::string> locks_;
};

}  // namespace weir
