#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "meta/state.h"
#include "storage/scan.h"
#include "storage/table_writer.h"

namespace weir {

struct CompactionPolicy {
  size_t fan_in = 8;                 // so many segments of one size class are merged
  uint64_t level0_bytes = 16 << 20;  // the smallest class; each next is fan_in times larger
  // What a row counts at least: merging costs by rows, and those of telemetry may compress to a byte each. By bytes
  // alone a segment of a million rows would be merged with every few new ones.
  uint64_t row_bytes_min = 100;
  uint64_t bytes_max = 512 << 20;  // larger segments are left alone ...
  double deleted_fraction = 0.2;   // ... unless so many of their rows are deleted
  size_t segments_max = 64;        // in one merge
};

// Segments of one partition and bucket that are to become fewer.
using CompactionGroup = std::vector<SegmentRef>;

// What to merge now, most pressing first. `full`: everything of each partition and bucket that is not one segment
// without deleted rows already.
std::vector<CompactionGroup> ChooseCompactions(const TableState& table, const CompactionPolicy& policy, bool full);

// Reads the group as of the plan's snapshot and writes its live rows as new segments of the next level, in order of
// the sort key if the table has one. The delta replaces the group's segments. Blocks on I/O.
TableDelta MergeSegments(const TablePtr& table, const CompactionGroup& group, const ScanPlanPtr& plan,
                         const std::string& object_prefix, const TableWriterServices& services, uint64_t bytes_max);

}  // namespace weir
