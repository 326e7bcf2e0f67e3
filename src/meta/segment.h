#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "catalog/ids.h"
#include "catalog/statistics.h"
#include "column/chunk.h"
#include "env/clock.h"
#include "meta/delete_vector.h"
#include "types/value.h"

namespace weir {

// A part of a table: a segment or an inline batch. Ids are given by the commit log in commit order and never again.
using PartId = StrongId<struct PartIdTag>;
// Stands for a part that a request not yet committed adds to a table: its position in TableDelta::added or
// inline_rows. So that a transaction can delete rows that it has inserted itself.
inline PartId ProvisionalPart(bool is_inline, size_t index) {
  return PartId((uint64_t{1} << 63) | (static_cast<uint64_t>(is_inline) << 62) | index);
}
inline bool IsProvisional(PartId id) {
  return (id.value() >> 63) != 0;
}

// An immutable Parquet object and what is known of it without opening it: a row of the segment index.
struct SegmentInfo {
  PartId id;        // given at commit
  Version created;  // given at commit
  TableId table;
  std::string path;                     // key in the object store
  std::string partition;                // "day=2024-01-31", "" when not partitioned
  std::vector<Value> partition_values;  // one per partition field
  uint32_t bucket = 0;
  uint32_t level = 0;  // 0: as written or flushed; compaction makes higher ones
  uint64_t rows = 0;
  uint64_t bytes = 0;
  std::vector<uint64_t> row_group_rows;  // so that scans can be divided without opening the file
  bool sorted = false;                   // by the sort key that the table had
  UnixNanos written = 0;
  std::map<FieldId, ColumnStatistics> columns;  // exactly the columns that are in the file

  void Serialize(ByteWriter& out) const;
  static SegmentInfo Deserialize(ByteReader& in);
};
using SegmentPtr = std::shared_ptr<const SegmentInfo>;

// Rows that a small commit carries in the log itself.
struct InlineBatch {
  PartId id;        // given at commit
  Version created;  // given at commit
  UnixNanos written = 0;
  std::vector<FieldId> fields;  // of the chunk's columns
  Chunk rows;                   // flat, without selection
  uint64_t bytes = 0;           // in memory

  void Serialize(ByteWriter& out) const;
  static InlineBatch Deserialize(ByteReader& in);
};
using InlineBatchPtr = std::shared_ptr<const InlineBatch>;

// A part as it is at some version.
struct SegmentRef {
  SegmentPtr info;
  DeleteVectorPtr deletes;  // null: none
  PartId id() const { return info->id; }
  uint64_t live_rows() const { return info->rows - DeletedRows(deletes); }
};
struct InlineRef {
  InlineBatchPtr batch;
  DeleteVectorPtr deletes;
  PartId id() const { return batch->id; }
  uint64_t live_rows() const { return batch->rows.size() - DeletedRows(deletes); }
};

}  // namespace weir
