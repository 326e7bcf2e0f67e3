#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exec/cache/query_cache.h"
#include "exec/query_context.h"
#include "expr/comparison.h"
#include "meta/segment.h"
#include "plan/physical.h"

namespace weir {

// An aggregation of a table's rows after filters and projections, as keys of partial aggregates name it: without names
// and estimates, with fields instead of positions and with the statement's constants computed. Conditions that all rows
// of a segment pass are left out of the segment's text, so that a window of time that moves on finds again what it
// covered before. Used by one thread.
class ScanFragment {
 public:
  // Null when the plan below the aggregation is something else, or may compute otherwise on the same rows.
  static std::unique_ptr<ScanFragment> Of(const PhysicalHashAggregate& node, const QueryContext& query);

  const PhysicalScan& scan() const { return *scan_; }
  TableId table() const { return TableId(std::get<TableSource>(scan_->source).table_id); }
  // Of all segments that pass all conditions that can be left out.
  CacheTextPtr CoveredText(QueryCache& cache) { return TextWithout(droppable_, cache); }
  CacheTextPtr FullText(QueryCache& cache) { return TextWithout(0, cache); }
  CacheTextPtr TextFor(const SegmentInfo& segment, QueryCache& cache);

 private:
  // A filter of the scan that compares a column with a constant.
  struct Range {
    size_t filter;
    FieldId field;
    Type type;
    CompareOp op;
    Value value;
    bool Covers(const SegmentInfo& segment) const;
  };

  ScanFragment() = default;
  void AddRange(size_t filter, const TableDef& def);
  // Bit i of `left_out`: filter i.
  CacheTextPtr TextWithout(uint64_t left_out, QueryCache& cache);

  const PhysicalScan* scan_ = nullptr;  // the plan's
  // The same with constants computed, from the scan up.
  ScanSource source_;
  std::vector<ExprPtr> filters_;
  std::vector<PhysicalPtr> above_;  // filters and projections, the scan's neighbour first
  PhysicalPtr aggregate_;
  std::string suffix_;  // of all texts
  std::vector<Range> ranges_;
  uint64_t droppable_ = 0;
  std::map<uint64_t, CacheTextPtr> texts_;
};

}  // namespace weir
