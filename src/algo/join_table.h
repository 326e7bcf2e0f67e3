#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "algo/key_hash.h"
#include "algo/row_blocks.h"
#include "algo/row_layout.h"
#include "column/chunk.h"
#include "runtime/memory_tracker.h"

namespace weir {

struct JoinTableSpec {
  std::vector<Type> key_types;
  std::vector<Type> payload_types;
  // Per key: NULL matches NULL (IS NOT DISTINCT FROM, set operations). Empty: never.
  std::vector<bool> null_equal;
  // Keep build rows whose key is NULL, so that right, full and anti joins can emit them. They never match.
  bool keep_null_keys = false;
};

// The build side of a hash join.
//
//   collect: each driver fills a Collector; AddCollector hands it over     (parallel)
//   build:   PrepareBuild() once, then RunBuildTask(i) for every i         (parallel)
//   probe:   a JoinProbe per driver; MarkMatched for right/full/semi/anti  (parallel)
//   scan:    RowsOf(block) + IsMatched for unmatched build rows            (parallel)
//
// Rows are [next | keys | payload], kept where the collectors put them. The directory is either an array over the
// range of a single integer key, when that is dense, or a hash directory of 8-byte entries: 48 bits of the chain's
// first row and 16 bits of a bloom tag that sends most misses away without touching a row.
class JoinTable {
 public:
  // One driver's share of the build rows. Single-threaded.
  class Collector {
   public:
    // All of the rows or, throwing 53200, none.
    void Append(std::span<const ColumnPtr> keys, std::span<const ColumnPtr> payload, const RowSet& rows);
    size_t row_count() const { return rows_.size() + null_rows_.size(); }
    size_t key_row_count() const { return rows_.size(); }
    size_t MemoryBytes() const { return rows_.bytes() + null_rows_.bytes() + heap_.bytes(); }
    int64_t min_key() const { return min_; }
    int64_t max_key() const { return max_; }

    // ---- for rows that are to lie elsewhere
    // Gives all rows away, some blocks at a time, and their memory as it goes: f(row, null_key) for each, then flush()
    // before their memory goes. Strings live as long as the collector.
    template <typename F, typename Flush>
    void Drain(size_t bytes_at_once, F&& f, Flush&& flush);
    // A copy of a row that another collector of the same table drains. Its strings are counted by CountStrings.
    void AppendCopy(const uint8_t* row, bool null_key);
    void CountStrings();
    void NoteNullKey(bool has) { has_null_key_ |= has; }
    bool has_null_key() const { return has_null_key_; }
    Owner strings() const { return heap_.owner(); }

   private:
    friend class JoinTable;
    explicit Collector(const JoinTable& table);
    void AppendSome(std::span<const ColumnPtr> keys, std::span<const ColumnPtr> payload, const RowSet& rows);
    const JoinTable& table_;
    RowBlocks rows_;
    RowBlocks null_rows_;  // rows with a key that can never match
    RowHeap heap_;
    ScopedReservation heap_bytes_;
    KeyHasher hasher_;
    bool has_null_key_ = false;
    int64_t min_ = INT64_MAX, max_ = INT64_MIN;  // of a single integer key
    std::vector<uint64_t> hashes_;
    std::vector<uint8_t*> targets_;
    std::vector<uint32_t> selected_;
  };

  JoinTable(JoinTableSpec spec, std::shared_ptr<MemoryTracker> tracker);
  ~JoinTable();

  const JoinTableSpec& spec() const { return spec_; }
  // Keys, then payload.
  const RowLayout& layout() const { return layout_; }
  // Of a collected row's keys, as KeyHasher makes it; not of one whose key is NULL.
  uint64_t CollectedHash(const uint8_t* row) const;
  // False when all rows' keys may match; else those that may, and those whose key is a NULL that never does.
  bool SplitMatchable(std::span<const ColumnPtr> keys, const RowSet& rows, std::vector<uint32_t>& matchable,
                      std::vector<uint32_t>& others) const;
  // What PrepareBuild will take for so many rows with keys, of this range when the key is one integer.
  size_t DirectoryBytes(size_t rows, int64_t min, int64_t max) const;
  std::unique_ptr<Collector> MakeCollector() const;
  void AddCollector(std::unique_ptr<Collector> collector);  // thread-safe

  // `may_be_dense`: whether the directory may be an array over the range of keys.
  void PrepareBuild(bool may_be_dense = true);
  size_t build_task_count() const { return build_tasks_.size(); }
  void RunBuildTask(size_t task);

  size_t row_count() const { return row_count_; }  // all, with those whose key is NULL
  size_t key_row_count() const { return key_row_count_; }
  bool has_null_key() const { return has_null_key_; }  // NOT IN wants to know
  bool empty() const { return row_count_ == 0; }
  // True when no two build rows have the same key as far as the build could tell (dense integer keys only).
  bool keys_known_unique() const { return dense_ && !duplicates_.load(std::memory_order_relaxed); }
  bool is_dense() const { return dense_; }
  // Smallest and largest value of a single integer key (after PrepareBuild, not empty): for runtime filters.
  bool has_integer_range() const { return single_integer_ && key_row_count_ != 0; }
  int64_t min_key() const { return min_; }
  int64_t max_key() const { return max_; }
  size_t MemoryBytes() const;
  // Lets go of all rows, when nobody looks at them any more.
  void Clear();

  // Columns of build rows (flat, strings pointing into the table, which the column keeps alive). A null pointer in
  // `rows` gives NULL, for outer joins.
  ColumnPtr GatherKey(size_t key, const uint8_t* const* rows, size_t count) const;
  ColumnPtr GatherPayload(size_t column, const uint8_t* const* rows, size_t count) const;

  // Build rows block by block, for scans of unmatched rows and for runtime filters. Rows whose key is NULL come in
  // the last blocks.
  size_t block_count() const { return blocks_.size(); }
  size_t BlockRows(size_t block) const { return blocks_[block].rows; }
  const uint8_t* BlockRow(size_t block, size_t i) const { return blocks_[block].data + i * layout_.row_bytes(); }
  bool IsNullBlock(size_t block) const { return blocks_[block].null_keys; }
  // Remembers that these build rows found a partner. Thread-safe.
  void MarkMatched(const uint8_t* const* rows, size_t count) const;
  static bool IsMatched(const uint8_t* row);
  // The rows of a block whose match mark is `matched`, appended.
  void RowsOf(size_t block, bool matched, std::vector<const uint8_t*>& out) const;
  // Hashes of the keys of a block's rows as KeyHasher makes them, for bloom filters.
  void HashesOf(size_t block, uint64_t* hashes) const;

 private:
  friend class JoinProbe;
  struct BlockRef {
    uint8_t* data;
    size_t rows;
    bool null_keys;
  };
  struct BuildTask {
    size_t block, begin, end;
  };
  template <typename T>
  void InsertDense(uint8_t* row, size_t rows, bool shared);
  void InsertHashed(uint8_t* row, size_t rows, bool shared);
  int64_t IntegerKey(const uint8_t* row) const;
  // Slots of an array over the range; 0: too sparse for one.
  uint64_t DenseSlots(size_t rows, int64_t min, int64_t max) const;

  JoinTableSpec spec_;
  std::shared_ptr<MemoryTracker> tracker_;
  RowLayout layout_;
  size_t key_count_;
  bool single_integer_ = false;  // one key of up to 64 bits of integer kind, NULL never matching
  std::mutex mutex_;             // guards collectors_ while collecting
  std::vector<std::unique_ptr<Collector>> collectors_;
  Owners owners_;
  std::vector<BlockRef> blocks_;
  std::vector<BuildTask> build_tasks_;
  size_t row_count_ = 0;
  size_t key_row_count_ = 0;
  bool has_null_key_ = false;
  bool dense_ = false;
  int64_t min_ = 0, max_ = -1;
  mutable std::atomic<bool> duplicates_{false};
  BigArray directory_;
  uint64_t directory_size_ = 0;
  int hash_shift_ = 0;
};

template <typename F, typename Flush>
void JoinTable::Collector::Drain(size_t bytes_at_once, F&& f, Flush&& flush) {
  const auto drain = [&](RowBlocks& rows, bool null_key) {
    std::vector<RowBlocks::Block> blocks = rows.TakeBlocks();
    size_t bytes = 0;
    for (size_t begin = 0, at = 0; at < blocks.size(); ++at) {
      const uint8_t* row = blocks[at].memory.data();
      for (size_t i = 0; i < blocks[at].rows; ++i, row += rows.row_bytes()) f(row, null_key);
      bytes += blocks[at].memory.size();
      if (bytes < bytes_at_once && at + 1 < blocks.size()) continue;
      flush();
      for (; begin <= at; ++begin) blocks[begin] = {};
      bytes = 0;
    }
  };
  drain(rows_, /*null_key=*/false);
  drain(null_rows_, /*null_key=*/true);
}

// Finds the build rows of probe rows, some at a time. A dictionary's values are looked up once while it keeps coming.
// One per driver; the table outlives it.
class JoinProbe {
 public:
  explicit JoinProbe(const JoinTable& table);

  // Begins with a chunk's rows; the key columns must stay alive until the last Next. Ends what was under way.
  void Start(std::span<const ColumnPtr> keys, const RowSet& rows);
  // Up to `capacity` more pairs: physical probe rows and build rows. 0: no more. Pairs of one probe row need not be
  // adjacent, but all come before Next returns 0; with keys_known_unique(), probe rows ascend.
  size_t Next(size_t capacity, uint32_t* probe_rows, const uint8_t** build_rows);
  // Instead of Start and Next: the rows that have (or, with `anti`, have not) any partner, ascending.
  void Exists(std::span<const ColumnPtr> keys, const RowSet& rows, bool anti, Selection& out);
  // Instead of Start and Next: out[i] = some partner of row rows[i], or null. For unique keys and single joins.
  void First(std::span<const ColumnPtr> keys, const RowSet& rows, const uint8_t** out);

 private:
  void Lookup(std::span<const ColumnPtr> keys, const RowSet& rows);
  void LookupHashed();
  void TakeRows(const RowSet& rows);
  bool LookupByCode(std::span<const ColumnPtr> keys, const RowSet& rows);
  void FindPartnersOf(const ColumnPtr& base);
  bool all_match() const { return table_.dense_ || by_code_; }
  RowSet probe_rows() const;
  // Of active_[begin, end): moves positions whose row has an equal key into matched_, returns how many.
  size_t CompareActive(size_t begin, size_t end);
  // Appends to the front of active_ those of [begin, end) whose chain goes on.
  void Advance(size_t begin, size_t end);
  // Calls found(position) for every position with a partner, once.
  template <typename Found>
  void FindFirst(Found&& found);

  const JoinTable& table_;
  KeyHasher hasher_;
  std::vector<ColumnPtr> keys_;
  std::vector<uint32_t> row_list_;  // the rows whose key can match; not used when all of a dense set can
  bool dense_rows_ = false;
  size_t row_count_ = 0;
  std::vector<uint64_t> hashes_;
  std::vector<int64_t> integers_;
  // By position in the row set: the build row to look at next.
  std::vector<const uint8_t*> chain_;
  std::vector<uint32_t> active_;  // positions with something left to look at
  std::vector<uint32_t> matched_;
  size_t active_count_ = 0;
  size_t at_ = 0;    // next of active_ in this round
  size_t kept_ = 0;  // of active_ for the next round

  // The partners of a dictionary's values: for each the first, and the one after it, or null.
  struct Partners {
    ColumnPtr base;
    size_t rows_seen = 0;
    std::vector<const uint8_t*> first;
    std::vector<const uint8_t*> second;
    bool has_second = false;
  };
  Partners partners_;
  bool by_code_ = false;  // rows have their first partners from there, in this round
};

}  // namespace weir
