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
  for (const ExprPtr& conjunct : plan.conjuncts) {
    size_t& columns = conjunct_columns_.emplace_back(0);
    VisitExpr(*conjunct, [&](const Expr& node) {
      if (node.is(ExprKind::kInput)) columns = std::max(columns, node.input_index() + 1);
      return true;
    });
  }
  for (const ScanFilterPlan::Runtime& runtime : plan.runtime) {
    if (runtime.slot->filter != nullptr) runtime_.push_back({runtime.slot->filter, runtime.column, {}});
  }
}

std::optional<size_t> ScanRowFilter::ColumnsOf(size_t step) const {
  if (step == 0) {
    return plan_.bound != nullptr && plan_.bound->is_set() ? std::optional(plan_.bound_column + 1) : std::nullopt;
  }
  const size_t conjunct = step - 1;
  if (conjunct < conjuncts_.size()) return conjunct_columns_[conjunct];
  const Runtime& runtime = runtime_[conjunct - conjuncts_.size()];
  return runtime.pays() ? std::optional(runtime.column + 1) : std::nullopt;
}

SelectionPtr ScanRowFilter::Apply(size_t step, const Chunk& chunk) {
  if (step == 0) return plan_.bound->Apply(*chunk.column(plan_.bound_column), chunk.rows());
  const size_t conjunct = step - 1;
  if (conjunct < conjuncts_.size()) return conjuncts_.Filter(conjunct, chunk);
  return ApplyRuntime(runtime_[conjunct - conjuncts_.size()], chunk);
}

SelectionPtr ScanRowFilter::ApplyRuntime(Runtime& runtime, const Chunk& chunk) {
  const size_t before = chunk.row_count();
  auto passing = std::make_shared<Selection>();
  passing->reserve(before);
  runtime.filter->Apply(chunk.column(runtime.column), chunk.rows(), runtime.scratch, *passing);
  runtime.rows_in += before;
  runtime.rows_out += passing->size();
  if (passing->size() == before) return nullptr;
  dropped_ += before - passing->size();
  return passing;
}

SelectionPtr ScanRowFilter::operator()(const Chunk& chunk) {
  Chunk left = chunk;
  bool narrowed = false;
  for (size_t step = 0; step < step_count() && !left.empty(); ++step) {
    if (!ColumnsOf(step).has_value()) continue;
    SelectionPtr selection = Apply(step, left);
    if (selection == nullptr) continue;
    narrowed = true;
    left = left.WithSelection(std::move(selection));
  }
  return narrowed ? left.selection() : nullptr;
}

}  // namespace weir
