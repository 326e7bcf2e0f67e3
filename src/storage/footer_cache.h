#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "env/file_system.h"
#include "env/object_store.h"
#include "format/parquet/reader.h"
#include "runtime/memory_tracker.h"

namespace weir {

// Opens Parquet files and remembers their parsed footers, least recently used out first. Threads: any.
class FooterCache {
 public:
  FooterCache(const std::shared_ptr<MemoryTracker>& tracker, int64_t bytes_max);
  ~FooterCache();

  // A segment: immutable under its key. Errors name it.
  std::shared_ptr<const parquet::ParquetFile> OpenObject(ObjectStore& objects, const std::string& key);
  // A plain file, which may be another one when it was modified.
  std::shared_ptr<const parquet::ParquetFile> OpenFile(FileSystem& files, const FileInfo& info);

  uint64_t hits() const;
  uint64_t misses() const;
  int64_t bytes() const;

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const parquet::Footer> footer;
    int64_t bytes;
  };
  std::shared_ptr<const parquet::Footer> Find(const std::string& key);
  void Insert(std::string key, std::shared_ptr<const parquet::Footer> footer);
  int64_t Evict(int64_t bytes) noexcept;  // called with mutex_ held
  std::shared_ptr<const parquet::ParquetFile> Open(std::string key, std::shared_ptr<RandomAccessFile> file);

  const int64_t bytes_max_;
  const std::shared_ptr<MemoryTracker> tracker_;
  const parquet::ReaderOptions options_;
  mutable std::mutex mutex_;  // guards the below
  std::list<Entry> entries_;  // most recently used first
  std::unordered_map<std::string, std::list<Entry>::iterator> by_key_;
  int64_t bytes_ = 0;
  uint64_t hits_ = 0;
  uint64_t misses_ = 0;
  MemoryTracker::Reclaimer reclaimer_;
};

}  // namespace weir
