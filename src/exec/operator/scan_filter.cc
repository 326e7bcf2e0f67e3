#include "exec/operator/scan_filter.h"

#include <algorithm>
#include <utility>

namespace weir {

namespace {

// After so many rows a runtime filter must have dropped a fair part of them, or it is not asked any more.
constexpr uint64_t kTrialRows = 64 * 1024;
constexpr double kPassesMax = 0.9;

}  // namespace

bool ScanFilterPlan::nothing_passes() const {
  return std::ranges::any_of(runtime, [](const Runtime& filter) {
    return filter.slot->filter != nullptr && filter.slot->filter->nothing_passes();
  });
}

bool ScanRowFilter::Runtime::pays() const {
  return rows_in < kTrialRows || static_cast<double>(rows_out) < static_cast<double>(rows_in) * kPassesMax;
}

ScanRowFilter::ScanRowFilter(const ScanFilterPlan& plan, const QueryContext& query)
    : plan_(plan), conjuncts_(plan.conjuncts, query.registry(), query.statement) {
  for (const ScanFilterPlan::Runtime& runtime : plan.runtime) {
    if (runtime.slot->filter != nullptr) runtime_.push_back({runtime.slot->filter, runtime.column, {}});
  }
}

SelectionPtr ScanRowFilter::operator()(const Chunk& chunk) {
  Chunk left = chunk;
  bool narrowed = false;
  if (plan_.bound != nullptr) {
    SelectionPtr selection = plan_.bound->Apply(*left.column(plan_.bound_column), left.rows());
    if (selection != nullptr) {
      narrowed = true;
      left = left.WithSelection(std::move(selection));
      if (left.empty()) return left.selection();
    }
  }
  for (size_t i = 0; i < conjuncts_.size(); ++i) {
    SelectionPtr selection = conjuncts_.Filter(i, left);
    if (selection == nullptr) continue;
    narrowed = true;
    left = left.WithSelection(std::move(selection));
    if (left.empty()) return left.selection();
  }
  for (Runtime& runtime : runtime_) {
    if (!runtime.pays()) continue;
    const size_t before = left.row_count();
    auto passing = std::make_shared<Selection>();
    passing->reserve(before);
    runtime.filter->Apply(left.column(runtime.column), left.rows(), runtime.scratch, *passing);
    runtime.rows_in += before;
    runtime.rows_out += passing->size();
    if (passing->size() == before) continue;
    dropped_ += before - passing->size();
    narrowed = true;
    left = left.WithSelection(std::move(passing));
    if (left.empty()) return left.selection();
  }
  return narrowed ? left.selection() : nullptr;
}

}  // namespace weir
