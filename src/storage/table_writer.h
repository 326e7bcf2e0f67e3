#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "catalog/shredding.h"
#include "catalog/table.h"
#include "column/chunk.h"
#include "env/clock.h"
#include "env/object_store.h"
#include "meta/commit.h"
#include "runtime/cancellation.h"
#include "runtime/memory_tracker.h"
#include "storage/pending_segments.h"

namespace weir {

class SegmentWriter;

struct TableWriterOptions {
  // Up to this much the rows go into the commit itself.
  uint64_t inline_rows_max = 4096;
  uint64_t inline_bytes_max = 1 << 20;
  // Rows of tables with a sort key, partitions or buckets are gathered up to this much and written as one segment per
  // partition and bucket. Those of others go straight into a segment, up to so many rows.
  uint64_t segment_bytes_max = 128 << 20;  // in memory
  uint64_t segment_rows_max = 4 << 20;
  uint32_t level = 0;
  // Rows that no partition takes any more are kept, in one of their own; for rows that are in the table already.
  bool any_partition = false;
};

// What writers need; borrowed, except where shared.
struct TableWriterServices {
  ObjectStore& objects;
  const Clock& clock;
  std::shared_ptr<PendingSegments> pending;
  std::shared_ptr<MemoryTracker> tracker;
  CancellationToken cancel;
};

// Turns chunks into a commit's delta for one table: inline rows when they are few, sorted and partitioned segments
// when they are many. Nothing is visible before the delta is committed; files are removed again when it never is.
// One thread at a time; several writers may feed one commit (TableDelta::Append). Blocks on I/O.
class TableWriter {
 public:
  TableWriter(TablePtr table, std::string object_prefix, TableWriterServices services, TableWriterOptions options);
  ~TableWriter();
  TableWriter(const TableWriter&) = delete;
  TableWriter& operator=(const TableWriter&) = delete;

  // Columns are the table's, in order and of its types. Throws 23502 on NULL in a NOT NULL column, 23514 when no
  // partition takes a row.
  void Write(const Chunk& chunk);
  uint64_t rows() const { return rows_; }
  TableDelta Finish();

 private:
  void CheckNotNull(const Chunk& chunk) const;
  void AddInline();
  bool is_plain() const;
  void StreamGathered();
  void EndStream();
  void WriteGathered();

  const TablePtr table_;
  const std::string object_prefix_;
  const TableWriterServices services_;
  const TableWriterOptions options_;
  std::vector<Type> types_;
  std::vector<ShreddedColumn> shredded_;
  std::vector<Chunk> gathered_;
  uint64_t gathered_bytes_ = 0;
  uint64_t gathered_rows_ = 0;
  ScopedReservation reservation_;
  uint64_t rows_ = 0;
  TableDelta delta_;
  std::shared_ptr<PendingSegments::Files> files_;
  std::unique_ptr<SegmentWriter> stream_;  // of plain tables, once there are too many rows to be inline
};

}  // namespace weir
