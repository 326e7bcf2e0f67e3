#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "column/chunk.h"
#include "env/file_system.h"

namespace weir {

// Where queries put what does not fit in memory: files without a name, in a folder that others may use too. The system
// removes them with their last owner, however the process ends. Threads: all methods from any.
class SpillArea {
 public:
  // `tag` is no other process's. `bytes_max`: of all files together; 0: what the disk has. The folder is made with the
  // first file, and goes again if it was made.
  SpillArea(FileSystem& files, std::string directory, uint64_t tag, int64_t bytes_max = 0);
  ~SpillArea();
  SpillArea(const SpillArea&) = delete;
  SpillArea& operator=(const SpillArea&) = delete;

  FileSystem& files() const { return files_; }
  const std::string& directory() const { return directory_; }
  int64_t used_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }
  // A new file: for appending, and for reading what has been appended.
  struct Ends {
    std::unique_ptr<WritableFile> in;
    std::unique_ptr<RandomAccessFile> out;
  };
  Ends NewFile();
  // Before bytes are written; throws 53100 beyond `bytes_max`.
  void Reserve(int64_t bytes);
  void Release(int64_t bytes) noexcept { used_bytes_.fetch_sub(bytes, std::memory_order_relaxed); }

 private:
  FileSystem& files_;
  const std::string directory_;
  const uint64_t tag_;
  const int64_t bytes_max_;
  std::atomic<int64_t> used_bytes_{0};
  std::mutex mutex_;  // guards the below
  bool made_directory_ = false;
  uint64_t next_ = 0;
};

// Chunks in the order in which they were appended. One thread at a time appends; once finished, any may read. Its
// methods block: for the I/O pool.
class SpillFile {
 public:
  explicit SpillFile(SpillArea& area) : area_(area) {}
  ~SpillFile();
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  // Throws 53100 when the disk or the area is full.
  void Append(const Chunk& chunk);
  void Finish();
  // The chunk at `offset` (0 at first), which is moved behind it; nothing at the end.
  std::optional<Chunk> Read(uint64_t& offset) const;
  uint64_t bytes() const { return bytes_; }
  uint64_t rows() const { return rows_; }

 private:
  SpillArea& area_;
  SpillArea::Ends file_;  // null until something is appended
  uint64_t bytes_ = 0;
  uint64_t rows_ = 0;
  std::string buffer_;
};

}  // namespace weir
