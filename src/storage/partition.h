#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "catalog/table.h"
#include "column/chunk.h"
#include "storage/scan_spec.h"

namespace weir {

// Where each row of a chunk belongs: which partition, and which bucket of it.
struct Placement {
  struct Partition {
    std::string name;           // "day=2024-01-31", "p1"; also the folder's name
    std::vector<Value> values;  // one per partition field
  };
  std::vector<Partition> partitions;   // those that occur
  std::vector<uint32_t> partition_of;  // per selected row: index into partitions
  std::vector<uint32_t> bucket_of;     // per selected row; empty: all 0
};

// Columns are the table's, in order. Throws 23514 when no partition takes a row; with `any_partition` it goes into
// one of its own instead.
Placement PlaceRows(const TableDef& table, const Chunk& chunk, bool any_partition = false);

// Of a table that is distributed by hash: per bucket, whether rows that satisfy the predicates may be in it, when they
// fix all columns of the key to a few values; empty when they do not.
std::vector<bool> BucketsThatMayMatch(const TableDef& table, const std::vector<ScanPredicate>& predicates);

// date_trunc of a date or timestamp value of the type's unit, as PostgreSQL; infinities stay. Exposed for tests.
int64_t TruncateTime(PartitionTransform transform, const Type& type, int64_t value);

}  // namespace weir
