#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "catalog/ids.h"
#include "meta/segment.h"
#include "obs/metrics.h"
#include "runtime/memory_tracker.h"

namespace weir {

class State;

// What an entry holds. Results are of whole statements, partials the aggregate states of one row group.
enum class CacheKind : uint8_t { kResult, kPartial };
inline constexpr size_t kCacheKinds = 2;
std::string_view CacheKindName(CacheKind kind);  // "result"

// Rows as bytes, so that their size is what it is and they keep nothing else in memory.
struct CachedRows {
  std::vector<std::string> chunks;  // as SerializeChunk writes them
  uint64_t rows = 0;
  int64_t bytes() const;
};
using CachedRowsPtr = std::shared_ptr<const CachedRows>;

// What rows are of: a plan, or a part of one, as bytes. Many entries have one text.
struct CacheText {
  const std::string text;
  const uint64_t id;  // never given again
};
using CacheTextPtr = std::shared_ptr<const CacheText>;

struct CacheKey {
  CacheTextPtr text;
  // Of partials; results have all versions in their text.
  PartId part;
  uint64_t row_group = 0;
  uint64_t deleted_rows = 0;  // of the row group: deletes of a part only grow, so the count says which
};

// What an entry was made of, so that it can go when nobody will ask for it again: a table as of a commit, or a part.
struct CacheSource {
  TableId table;
  Version content;  // results
  PartId part;      // partials
};

// Answers of queries and parts of them, under keys that name exactly what they were made of: an entry is never wrong,
// it is only asked for no more. One bound for both kinds; what was not used for longest goes first. Counted with its
// tracker, and given back when others need the memory. Ownership: the engine's. Threads: any.
class QueryCache {
 public:
  QueryCache(const std::shared_ptr<MemoryTracker>& tracker, int64_t bytes_max, obs::MetricsRegistry* metrics = nullptr);
  ~QueryCache();
  QueryCache(const QueryCache&) = delete;
  QueryCache& operator=(const QueryCache&) = delete;

  // The same object for the same text for as long as anybody holds it.
  CacheTextPtr Intern(std::string text);
  // Null when it is not there. Counts a hit or a miss.
  CachedRowsPtr Find(CacheKind kind, const CacheKey& key);
  // Whether it is kept: not when it is too large or memory is short.
  bool Insert(CacheKind kind, const CacheKey& key, CachedRowsPtr rows, std::vector<CacheSource> sources);

  // That partials of this text are too large to be worth it; forgotten like entries.
  void NoteTooLarge(const CacheTextPtr& text);
  bool IsTooLarge(const CacheTextPtr& text);

  // Drops what was made of tables and parts that are not in the state. Returns how many entries.
  uint64_t DropOutdated(const State& state);
  void Clear();

  struct Usage {
    uint64_t entries = 0;
    int64_t bytes = 0;
    uint64_t hits = 0;
    uint64_t misses = 0;
    uint64_t insertions = 0;
    uint64_t evictions = 0;  // for others' sake
    uint64_t outdated = 0;   // dropped by DropOutdated
  };
  Usage usage(CacheKind kind) const;
  int64_t bytes_max() const { return bytes_max_; }

 private:
  struct Position {
    uint64_t text;
    uint64_t part;
    uint64_t row_group;
    uint64_t deleted_rows;
    friend bool operator==(const Position&, const Position&) = default;
  };
  struct PositionHash {
    size_t operator()(const Position& position) const;
  };
  struct Entry {
    CacheKind kind;
    Position position;
    CacheTextPtr text;
    CachedRowsPtr rows;  // null: a note
    std::vector<CacheSource> sources;
    int64_t bytes;
  };
  using Entries = std::list<Entry>;
  struct Metrics {
    obs::Counter* hits = nullptr;
    obs::Counter* misses = nullptr;
  };

  static Position PositionOf(const CacheKey& key);
  bool Add(Entry entry);
  // With mutex_ held.
  void Remove(Entries::iterator entry) noexcept;
  int64_t Evict(int64_t bytes) noexcept;

  const int64_t bytes_max_;
  const std::shared_ptr<MemoryTracker> tracker_;
  mutable std::mutex mutex_;  // guards the below; leaf
  Entries entries_;           // most recently used first
  std::unordered_map<Position, Entries::iterator, PositionHash> by_position_;
  std::unordered_map<std::string_view, CacheTextPtr> texts_;  // keys are in the values
  uint64_t next_text_ = 1;
  size_t sweep_texts_at_ = 0;
  int64_t bytes_ = 0;
  std::array<Usage, kCacheKinds> usage_;
  std::array<Metrics, kCacheKinds> metrics_;
  std::vector<obs::MetricsRegistry::Callback> gauges_;
  MemoryTracker::Reclaimer reclaimer_;
};

}  // namespace weir
