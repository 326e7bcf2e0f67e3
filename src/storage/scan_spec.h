#pragma once

#include <atomic>
#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catalog/ids.h"
#include "column/chunk.h"
#include "env/file_system.h"
#include "format/parquet/row_ranges.h"
#include "meta/segment.h"
#include "types/type.h"
#include "types/value.h"

namespace weir {

enum class ScanCompare : uint8_t {
  kEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kIn,       // any of values
  kIsNull,   // no value
  kNotNull,  // no value
  kPrefix,   // strings and binaries that start with the value
};

// "column op constant", as what may be skipped follows from it. Rows that a scan returns may still fail it: the
// caller's filter is what decides. Values have the column's type.
struct ScanPredicate {
  FieldId field;
  ScanCompare compare = ScanCompare::kEqual;
  std::vector<Value> values;
  std::string ToString(std::string_view column_name) const;
};

// Parts of a struct or a list, each the positions of fields on the way down: {{1}, {0, 2}}; 0 leads into a list's
// elements. None: the whole value.
using SubfieldPaths = std::vector<std::vector<size_t>>;
// As a path's last step: not the value, but whether it is NULL, and of a list its length.
inline constexpr size_t kShapeOfSubfield = SIZE_MAX;

// What a scan is to deliver.
struct ScanSpec {
  std::vector<FieldId> columns;           // in output order
  std::vector<ScanPredicate> predicates;  // all must hold
  // Per column the parts that are looked at; others may come as NULL. Empty: all of everything.
  std::vector<SubfieldPaths> subfields;
  // Two more columns at the end, for DELETE and UPDATE: bigint part id and bigint position in the part.
  bool with_row_ids = false;
};

// Where a scan with row ids has found a row.
struct RowPlace {
  int64_t part;
  int64_t position;
  friend auto operator<=>(const RowPlace&, const RowPlace&) = default;
};

// Counts what a scan did; shared by its readers. For EXPLAIN ANALYZE.
struct ScanCounters {
  std::atomic<uint64_t> segments_total{0};
  std::atomic<uint64_t> segments_pruned{0};
  std::atomic<uint64_t> row_groups_total{0};
  std::atomic<uint64_t> row_groups_pruned{0};
  // Of those: by bloom filters, and by dictionaries that hold none of the values.
  std::atomic<uint64_t> row_groups_pruned_by_bloom{0};
  std::atomic<uint64_t> row_groups_pruned_by_dictionary{0};
  std::atomic<uint64_t> segments_pruned_by_bucket{0};  // of the pruned segments
  std::atomic<uint64_t> pages_pruned{0};
  std::atomic<uint64_t> subfields_skipped{0};  // leaves of structs, per file that was opened
  std::atomic<uint64_t> rows_read{0};          // after pruning, before the filter
  std::atomic<uint64_t> rows_filtered{0};      // dropped by the filter
  std::atomic<uint64_t> rows_deleted{0};       // dropped by delete vectors
  std::atomic<uint64_t> bytes_read{0};         // from files
  std::atomic<uint64_t> pages_read{0};
  std::atomic<uint64_t> pages_from_cache{0};  // of those, decompressed in memory
};

// Decides in steps which rows of a scan go on, each step by some of the scan's first columns: those of a step are read
// for the rows only that the steps before have left, and the columns of no step for those that pass all (late
// materialisation). Of one reader; not thread-safe.
class ScanFilter {
 public:
  virtual ~ScanFilter() = default;
  virtual size_t step_count() const = 0;
  // How many of the scan's first columns the step looks at; nothing: it lets all pass, for now.
  virtual std::optional<size_t> ColumnsOf(size_t step) const = 0;
  // The rows of the chunk, which has at least those columns, that pass; null: all.
  virtual SelectionPtr Apply(size_t step, const Chunk& chunk) = 0;
  // So many rows began with the first step, and so many have passed the last one.
  virtual void EndBatch(size_t /*rows*/, size_t /*passed*/) {}
};

// One step.
class FunctionScanFilter final : public ScanFilter {
 public:
  using Function = std::function<SelectionPtr(const Chunk&)>;
  FunctionScanFilter(size_t columns, Function function) : columns_(columns), function_(std::move(function)) {}
  size_t step_count() const override { return 1; }
  std::optional<size_t> ColumnsOf(size_t /*step*/) const override { return columns_; }
  SelectionPtr Apply(size_t /*step*/, const Chunk& chunk) override { return function_(chunk); }

 private:
  const size_t columns_;
  const Function function_;
};

// A piece of a scan that one reader handles at a time: row groups of one file, or some inline batches.
struct ScanUnit {
  // Of a table: the segment; of a plain file: made up for it (id 0).
  SegmentPtr segment;
  std::shared_ptr<const FileInfo> file;  // of a plain file
  DeleteVectorPtr deletes;
  size_t row_group_begin = 0;
  size_t row_group_end = 0;
  // Of a part of a single row group: its rows, counted from the first of the row group.
  std::optional<parquet::RowRange> row_range;
  std::vector<InlineRef> inline_batches;  // when there is no segment
  uint64_t rows = 0;                      // at most
  uint64_t bytes = 0;                     // estimate
};

}  // namespace weir
