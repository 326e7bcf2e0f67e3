#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "algo/row_blocks.h"
#include "algo/row_layout.h"
#include "exec/spill/spill_area.h"

namespace weir {

// Rows on disk, cut into partitions by a hash, so that each partition can be read alone. Threads: Of and Add from any;
// the rest when nobody adds any more.
class SpillPartitions {
 public:
  // `level`: those of another level cut the rows of one partition again.
  SpillPartitions(int bits, int level) : bits_(bits), level_(level), partitions_(size_t{1} << bits) {}

  struct Segment {
    std::shared_ptr<const SpillFile> file;
    uint64_t begin = 0;
    uint64_t end = 0;
  };
  struct Partition {
    std::vector<Segment> segments;
    uint64_t rows = 0;
    uint64_t file_bytes = 0;
    uint64_t string_bytes = 0;  // of strings and nested values, in memory
  };
  int level() const { return level_; }
  size_t count() const { return partitions_.size(); }
  size_t Of(uint64_t hash) const;
  const Partition& operator[](size_t partition) const { return partitions_[partition]; }
  void Forget(size_t partition) { partitions_[partition] = {}; }
  uint64_t rows() const { return rows_.load(std::memory_order_relaxed); }
  uint64_t file_bytes() const { return file_bytes_.load(std::memory_order_relaxed); }

 private:
  friend class SpillPartitionFile;
  const int bits_;
  const int level_;
  std::mutex mutex_;  // guards the partitions while they are added to
  std::vector<Partition> partitions_;
  std::atomic<uint64_t> rows_{0};
  std::atomic<uint64_t> file_bytes_{0};
};

// What one thread at a time writes to partitions. Blocks: for the I/O pool.
class SpillPartitionFile {
 public:
  // `on_chunk` sees all that is written; empty: nobody does.
  SpillPartitionFile(SpillArea& area, std::shared_ptr<SpillPartitions> into,
                     std::function<void(const Chunk&)> on_chunk = {})
      : into_(std::move(into)), file_(std::make_shared<SpillFile>(area)), on_chunk_(std::move(on_chunk)) {}

  // rows[p]: rows of partition p as they lie in memory; emptied.
  void Write(const RowLayout& layout, const Owners& owners, std::vector<std::vector<const uint8_t*>>& rows);
  // What has been written can be read from now on; without it it is gone.
  void Finish();

 private:
  struct Written {
    size_t partition;
    uint64_t begin, end;
    uint64_t rows;
    uint64_t string_bytes;
  };
  const std::shared_ptr<SpillPartitions> into_;
  const std::shared_ptr<SpillFile> file_;
  const std::function<void(const Chunk&)> on_chunk_;
  std::vector<Written> written_;
};

// Rows on their way to partitions, in memory until they are worth a write. One per driver.
class SpillPartitionRows {
 public:
  SpillPartitionRows(std::vector<Type> types, std::shared_ptr<MemoryTracker> tracker);
  // All rows or, throwing 53200, none. hashes[i] is that of rows[i].
  void Append(std::span<const ColumnPtr> columns, const RowSet& rows, std::span<const uint64_t> hashes);
  bool empty() const { return rows_.empty(); }
  size_t row_count() const { return rows_.size(); }
  size_t MemoryBytes() const { return rows_.bytes() + heap_.bytes(); }
  // Blocks.
  void WriteTo(SpillPartitionFile& file, const SpillPartitions& partitions);

 private:
  const RowLayout layout_;
  RowBlocks rows_;  // the hash, then the columns
  RowHeap heap_;
  ScopedReservation heap_bytes_;
  std::vector<uint8_t*> targets_;
};

// Reads one partition from its beginning. Blocks: for the I/O pool.
class SpillPartitionReader {
 public:
  SpillPartitionReader(const SpillPartitions::Partition& partition, std::vector<Type> types)
      : segments_(partition.segments), types_(std::move(types)) {}
  bool at_end() const { return segment_ == segments_.size(); }
  // Some more chunks, none larger than `rows_max` unless it was written so.
  std::vector<Chunk> Read(size_t rows_max);
  void Rewind() {
    segment_ = 0;
    offset_ = 0;
  }

 private:
  const std::vector<SpillPartitions::Segment> segments_;
  const std::vector<Type> types_;
  size_t segment_ = 0;
  uint64_t offset_ = 0;  // in the segment
};

}  // namespace weir
