#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "column/column.h"
#include "format/parquet/metadata.h"
#include "format/parquet/narrow_dictionary.h"
#include "format/parquet/use_counts.h"
#include "obs/metrics.h"
#include "runtime/memory_tracker.h"

namespace weir::parquet {

// A page as it is kept: decompressed, still encoded. Dictionaries are kept as the columns that were made of them.
struct CachedPage {
  PageHeader header;
  uint64_t body_offset = 0;  // in the file
  BufferPtr body;            // levels, then values; null: so far only the header was needed, or it is a dictionary
  size_t body_bytes = 0;
  bool is_utf8 = false;   // texts are known to be
  bool is_bulky = false;  // see IsBulky
  ColumnPtr dictionary;
  ColumnPtr dictionary_with_null;
  std::shared_ptr<const NarrowDictionary> narrow;  // instead of these two

  bool has_dictionary() const { return dictionary != nullptr || narrow != nullptr; }
  bool has_body() const { return body != nullptr || has_dictionary(); }
  size_t MemoryBytes() const;
};
using CachedPagePtr = std::shared_ptr<const CachedPage>;

// Whether a page has such long values that looking into them costs more than decompressing them, documents rather than
// names and addresses: keeping it saves less time for its memory.
inline bool IsBulky(size_t body_bytes, size_t values) {
  constexpr size_t kValueBytesMin = 256;
  return body_bytes >= kValueBytesMin * values;
}

// Remembers pages of compressed column chunks, so that reading them again costs neither I/O nor decompression. Keys are
// a number that stands for one state of one file (whoever opens files gives it, never the same for another) and the
// offset of the page's header.
//
// Which pages stay: when it is full, a page gets in only if it was asked for more often of late than the one that would
// go for it, so that a scan of a large file does not drive out what others keep using, and going round in files that
// are larger than the cache finds a part of them instead of nothing. Among those that are in, pages that were used
// again stay before the others. Bulky pages have about a fifth of the memory at most, and go first. Bounded, counted
// with its tracker, and gives memory back when others need it. Threads: any.
class PageCache {
 public:
  PageCache(const std::shared_ptr<MemoryTracker>& tracker, int64_t bytes_max, obs::MetricsRegistry* metrics = nullptr);
  ~PageCache();
  PageCache(const PageCache&) = delete;
  PageCache& operator=(const PageCache&) = delete;

  // Null when it is not there.
  CachedPagePtr Find(uint64_t file, uint64_t offset);
  // Whether a page of this size would be kept.
  bool Admits(size_t bytes) const { return static_cast<int64_t>(bytes) <= shard_bytes_max_ / 4; }
  // Whether a bulky page would get in as things are.
  bool WantsBulky(uint64_t file, uint64_t offset, size_t bytes) const;
  // Takes the place of what was there. The page may be dropped at once, when memory is short.
  void Insert(uint64_t file, uint64_t offset, CachedPagePtr page);
  // Counts the loading of a page's body; for metrics.
  void CountLoad(bool was_cached) { (was_cached ? hits_ : misses_)->Add(1); }

  uint64_t hits() const { return hits_->value(); }
  uint64_t misses() const { return misses_->value(); }
  int64_t bytes() const;
  struct Usage {
    uint64_t pages = 0;    // with a body
    uint64_t headers = 0;  // without
    int64_t bytes = 0;
    int64_t bytes_hot = 0;  // of those: used again
    uint64_t insertions = 0;
    uint64_t rejections = 0;  // were asked for less than what they would have driven out
    uint64_t evictions = 0;   // for other pages
    uint64_t reclaimed = 0;   // for other uses of memory
  };
  Usage usage() const;
  int64_t bytes_max() const { return bytes_max_; }

 private:
  struct Key {
    uint64_t file;
    uint64_t offset;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    size_t operator()(const Key& key) const;
  };
  // In the order in which they go.
  enum class Rank : uint8_t { kBulky, kCold, kHot };
  static constexpr size_t kRanks = 3;
  struct Entry {
    Key key;
    CachedPagePtr page;
    int64_t bytes;
    Rank rank;
  };
  using Entries = std::list<Entry>;
  struct Ranked {
    Entries entries;  // most recently used first
    int64_t bytes = 0;
  };
  struct alignas(64) Shard {
    mutable std::mutex mutex;  // guards the below; leaf
    std::array<Ranked, kRanks> ranks;
    std::unordered_map<Key, Entries::iterator, KeyHash> by_key;
    int64_t bytes = 0;
    Ranked& of(Rank rank) { return ranks[static_cast<size_t>(rank)]; }
    const Ranked& of(Rank rank) const { return ranks[static_cast<size_t>(rank)]; }
    UseCounts uses;
    Usage counts;  // its last four
  };

  Shard& ShardOf(const Key& key) { return shards_[ShardIndex(key)]; }
  size_t ShardIndex(const Key& key) const { return KeyHash()(key) >> 32 & (shards_.size() - 1); }
  // How much must go before a page of so many bytes may come.
  int64_t ExcessLocked(const Shard& shard, int64_t bytes, bool is_bulky) const;
  // Whether pages that were used less than this one have `bytes` among them.
  static bool MayReplaceLocked(const Shard& shard, const Key& key, int64_t bytes, bool is_bulky);
  // Moves at least `bytes` of entries into `out`, to be destroyed without the lock. Returns what they had.
  static int64_t EvictLocked(Shard& shard, int64_t bytes, Entries& out) noexcept;
  // Brings the entry to the front of those of a rank.
  static void MoveLocked(Shard& shard, Entries::iterator entry, Rank rank);
  void CoolLocked(Shard& shard);
  int64_t Reclaim(int64_t bytes) noexcept;

  const int64_t bytes_max_;
  const std::shared_ptr<MemoryTracker> tracker_;
  std::vector<Shard> shards_;  // a power of two
  const int64_t shard_bytes_max_;
  const int64_t shard_bulky_bytes_max_;
  obs::Counter own_hits_, own_misses_;
  obs::Counter* hits_ = &own_hits_;
  obs::Counter* misses_ = &own_misses_;
  obs::MetricsRegistry::Callback bytes_gauge_;
  MemoryTracker::Reclaimer reclaimer_;
};

}  // namespace weir::parquet
