#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "env/file_system.h"
#include "env/object_store.h"
#include "format/parquet/reader.h"
#include "obs/metrics.h"
#include "runtime/memory_tracker.h"

namespace weir {

// Opens Parquet files and remembers their parsed footers, least recently used out first, and, with `page_bytes_max`,
// the pages that readers of the files have decompressed. Threads: any.
class FooterCache {
 public:
  FooterCache(const std::shared_ptr<MemoryTracker>& tracker, int64_t bytes_max, int64_t page_bytes_max = 0,
              obs::MetricsRegistry* metrics = nullptr);
  ~FooterCache();

  // A segment: immutable under its key. Errors name it.
  std::shared_ptr<const parquet::ParquetFile> OpenObject(ObjectStore& objects, const std::string& key);
  // A plain file, which may be another one when it was modified.
  std::shared_ptr<const parquet::ParquetFile> OpenFile(FileSystem& files, const FileInfo& info);

  uint64_t hits() const;
  uint64_t misses() const;
  int64_t bytes() const;
  // Null when pages are not kept.
  const std::shared_ptr<parquet::PageCache>& pages() const { return options_.cache; }

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const parquet::Footer> footer;
    uint64_t file;  // what stands for the file in the page cache, as long as the entry lives
    int64_t bytes;
  };
  // The footer and the file's number; null and 0 when it is not there.
  std::pair<std::shared_ptr<const parquet::Footer>, uint64_t> Find(const std::string& key);
  // Returns the file's number; 0 when the footer is not kept.
  uint64_t Insert(std::string key, std::shared_ptr<const parquet::Footer> footer);
  int64_t Evict(int64_t bytes) noexcept;  // called with mutex_ held
  std::shared_ptr<const parquet::ParquetFile> Open(std::string key, std::shared_ptr<RandomAccessFile> file);

  const int64_t bytes_max_;
  const std::shared_ptr<MemoryTracker> tracker_;
  const parquet::ReaderOptions options_;
  mutable std::mutex mutex_;  // guards the below
  std::list<Entry> entries_;  // most recently used first
  std::unordered_map<std::string, std::list<Entry>::iterator> by_key_;
  int64_t bytes_ = 0;
  uint64_t next_file_ = 1;
  uint64_t hits_ = 0;
  uint64_t misses_ = 0;
  obs::MetricsRegistry::Callback hits_gauge_, misses_gauge_;
  MemoryTracker::Reclaimer reclaimer_;
};

}  // namespace weir
