#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "algo/row_blocks.h"
#include "algo/row_compare.h"
#include "algo/row_layout.h"
#include "base/error.h"
#include "column/chunk.h"
#include "runtime/memory_tracker.h"

namespace weir {

// How rows of one sort lie in memory: [normalised key bytes | values]. The key bytes compare as the rows do, but for
// strings longer than their prefix, which are compared in full when the prefixes tie. Immutable; shared by drivers.
class SortLayout {
 public:
  // `types` are the chunk's columns; all of them come out again.
  SortLayout(std::vector<Type> types, std::vector<SortColumn> keys);

  const std::vector<Type>& types() const { return types_; }
  const std::vector<SortColumn>& keys() const { return keys_; }
  const RowLayout& rows() const { return rows_; }
  size_t row_bytes() const { return rows_.row_bytes(); }

  // Writes the selected rows of the chunk into `out`. Returns whether the first key had a NULL.
  bool Encode(const Chunk& chunk, uint8_t* const* out, RowHeap& heap) const;
  // Copies a row and what it points to.
  void CopyRow(const uint8_t* from, uint8_t* to, RowHeap& heap) const { rows_.CopyRow(from, to, heap); }
  // Negative, 0, positive.
  int Compare(const uint8_t* a, const uint8_t* b) const;
  // The first eight bytes of the key, or those behind the NULL flag when no row has a NULL there. Rows whose prefixes
  // differ compare as the prefixes do.
  uint64_t Prefix(const uint8_t* row, bool skip_null_flag) const;
  Chunk Gather(const uint8_t* const* rows, size_t count, const Owners& owners) const;

  // How many of the first keys two rows are equal in; NULL equals NULL.
  size_t EqualKeys(const uint8_t* a, const uint8_t* b) const;
  bool SameKeys(const uint8_t* a, const uint8_t* b, size_t keys) const { return EqualKeys(a, b) >= keys; }
  bool KeyIsNull(const uint8_t* row, size_t key) const;
  // A key of a fixed size of up to eight bytes as a number that orders as it does.
  bool HasWords(size_t key) const;
  uint64_t Word(const uint8_t* row, size_t key) const;
  // The same of a column's rows; 0 for NULLs, as in rows.
  void EncodeWords(size_t key, const Column& column, const RowSet& rows, uint64_t* out) const;

  // The part of the key that SortPrefix chooses bytes from: its beginning, as far as bytes decide in their order.
  size_t prefix_region() const { return prefix_region_; }

  // Sorting by radix: keys as a sequence of 64-bit words, each of which decides where those before it are equal.
  struct KeyPosition {
    size_t byte = 0;    // of the key bytes
    size_t string = 0;  // when `tail` is not 0: the segment of the string
    size_t tail = 0;    // and the byte of the string that comes next
  };
  static KeyPosition FirstPosition(bool skip_null_flag) { return {skip_null_flag ? size_t{1} : 0, 0, 0}; }
  uint64_t KeyWord(const KeyPosition& position, const uint8_t* row) const;
  // Whether rows that are equal up to key byte `end` are equal.
  bool IsDecidedBy(size_t end) const { return end >= key_bytes_ && !has_strings_; }
  // Where to go on among rows like `row`, whose words up to `position` are equal; empty when they are equal.
  std::optional<KeyPosition> NextPosition(const KeyPosition& position, const uint8_t* row) const;
  // The same for rows that are equal up to key byte `end`.
  std::optional<KeyPosition> PositionFrom(size_t end, const uint8_t* row) const;

 private:
  struct Segment {
    size_t key;     // index into keys_
    size_t column;  // of rows_: the value, or the hidden one that holds a nested value's bytes
    size_t begin;   // first key byte: the NULL flag
    size_t bytes;   // with the flag
    bool is_string;
  };
  size_t WordEnd(size_t byte, size_t size) const;
  bool SameTail(const uint8_t* a, const uint8_t* b, const Segment& segment) const;
  void EncodeSegment(const Segment& segment, const Column& column, const RowSet& rows, uint8_t* const* out) const;

  std::vector<Type> types_;
  std::vector<SortColumn> keys_;
  std::vector<Segment> segments_;
  std::vector<size_t> nested_keys_;  // keys whose bytes are in hidden columns, in order
  size_t key_bytes_ = 0;
  bool has_strings_ = false;  // among the segments
  size_t prefix_region_ = 0;
  RowLayout rows_;
};

// A row to sort with the start of its key. Laid out as Highway's 128-bit number.
struct alignas(16) SortEntry {
  uint64_t row;  // address
  uint64_t prefix;
  const uint8_t* address() const {
    return reinterpret_cast<const uint8_t*>(row);  // NOLINT(performance-no-int-to-ptr): Highway sorts integers
  }
};

// Which key bytes the rows of a sort differ in, in the region that prefixes are made from.
class SortKeyBytes {
 public:
  static constexpr size_t kBytesMax = 32;
  // Takes in rows of the layout.
  void Add(const SortLayout& layout, uint8_t* const* rows, size_t count);
  void Add(const SortKeyBytes& other);
  bool differs(size_t byte) const { return (difference_[byte / 8] >> (56 - 8 * (byte % 8)) & 0xFF) != 0; }

 private:
  using Words = std::array<uint64_t, kBytesMax / 8>;
  bool empty_ = true;
  Words first_{};
  Words difference_{};
};

// The first eight key bytes that are not the same in all rows, as a number: rows whose prefixes differ compare as the
// prefixes do, and rows with equal ones are equal up to key byte `covered`. Flags, and the high bytes of small numbers,
// leave room for more of what matters.
struct SortPrefix {
  SortPrefix() = default;
  SortPrefix(const SortLayout& layout, const SortKeyBytes& bytes);

  uint64_t Of(const uint8_t* row) const {
    uint64_t out = 0;
    for (size_t i = 0; i < count; ++i) out = out << 8 | row[bytes[i]];
    return out;
  }
  friend bool operator==(const SortPrefix&, const SortPrefix&) = default;

  size_t count = 0;
  std::array<uint8_t, 8> bytes{};
  size_t covered = 0;
};
// Sorts entries that have such prefixes.
void SortEntries(const SortLayout& layout, const SortPrefix& prefix, SortEntry* entries, size_t count);

// Sorts entries by prefix, then by full comparison where `layout` says that prefixes do not decide.
void SortEntries(const SortLayout& layout, bool skip_null_flag, SortEntry* entries, size_t count);

// Rows of one driver: Append chunks, then Finish sorts them. Single-threaded.
class SortRun {
 public:
  SortRun(std::shared_ptr<const SortLayout> layout, std::shared_ptr<MemoryTracker> tracker);
  // Of rows that are encoded already, with memory that was reserved for them: what the heap takes, and EntryBytes.
  SortRun(std::shared_ptr<const SortLayout> layout, std::shared_ptr<MemoryTracker> tracker, RowBlocks rows,
          std::shared_ptr<RowHeap> heap, ScopedReservation heap_bytes, ScopedReservation entry_bytes);
  // What Finish needs for so many rows.
  static int64_t EntryBytes(size_t rows);

  // Throws 53200 over the memory limit, unchanged then: what Finish needs counts too.
  void Append(const Chunk& chunk);
  void Finish();
  bool finished() const { return finished_; }
  size_t row_count() const { return rows_->size(); }
  size_t MemoryBytes() const;

 private:
  friend class SortMerge;
  std::shared_ptr<const SortLayout> layout_;
  std::shared_ptr<MemoryTracker> tracker_;
  std::shared_ptr<RowBlocks> rows_;
  std::shared_ptr<RowHeap> heap_;
  ScopedReservation heap_bytes_;
  ScopedReservation entry_bytes_;   // for entries_
  std::unique_ptr<Error> refused_;  // memory that rows have taken already; no more come
  SortKeyBytes key_bytes_;
  SortPrefix prefix_;
  BigArray entries_;
  bool finished_ = false;
  std::vector<uint8_t*> targets_;
};

// Sorted rows, one chunk after the other. Strings point into the runs, which the chunks keep alive. The rows of
// several runs are brought in order by the first Next.
class SortedScan {
 public:
  size_t row_count() const { return left_; }
  std::optional<Chunk> Next(size_t max_rows = kChunkRowsDefault);
  // All rows at once, instead of Next: row_count() addresses, which are good as long as the merge.
  void TakeRows(const uint8_t** out);

 private:
  friend class SortMerge;
  friend class TopN;
  struct Part {
    const SortEntry* entries;
    size_t count;
    bool other_prefixes;  // its run made other prefixes than the merge
  };
  void Order();

  std::shared_ptr<const SortLayout> layout_;
  std::shared_ptr<const void> runs_;  // keeps the entries alive
  Owners owners_;
  std::vector<Part> parts_;
  SortPrefix prefix_;
  std::vector<SortEntry> merged_;
  const SortEntry* at_ = nullptr;
  size_t left_ = 0;
  std::vector<const uint8_t*> scratch_;
};

// Merges finished runs, cut into ranges of rows that can be brought in order in parallel:
//   SortMerge merge(layout, runs); merge.Partition(0) ... Partition(n - 1), in this order, are the sorted rows.
class SortMerge {
 public:
  SortMerge(std::shared_ptr<const SortLayout> layout, std::vector<std::unique_ptr<SortRun>> runs,
            size_t partition_rows = size_t{1} << 17);

  size_t row_count() const { return row_count_; }
  size_t partition_count() const { return cuts_.size() - 1; }
  // What keeps strings in the rows alive.
  const Owners& owners() const { return owners_; }
  // Thread-safe; the scan keeps what it needs alive.
  SortedScan Partition(size_t partition) const;

 private:
  std::shared_ptr<const SortLayout> layout_;
  std::shared_ptr<std::vector<std::unique_ptr<SortRun>>> runs_;
  Owners owners_;
  SortPrefix prefix_;
  size_t row_count_ = 0;
  std::vector<std::vector<size_t>> cuts_;  // [cut][run]: first entry of the partition
};

}  // namespace weir
