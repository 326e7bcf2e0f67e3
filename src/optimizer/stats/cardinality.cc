#include "optimizer/stats/cardinality.h"

#include <algorithm>
#include <cmath>

#include "optimizer/columns.h"

namespace weir {

namespace {

constexpr double kRowsUnknown = 100'000;
constexpr double kUnnestRows = 10;

}  // namespace

double RelationEstimate::DistinctOf(const Expr& expr) const {
  const ColumnEstimate* column = FindColumn(*this, expr);
  if (column != nullptr && column->distinct > 0) return std::min(column->distinct, std::max(rows, 1.0));
  if (expr.is(ExprKind::kLiteral)) return 1;
  return std::max(rows, 1.0);
}

void RelationEstimate::Scale(double factor) {
  const double before = std::max(rows, 1.0);
  rows = std::max(rows * factor, 1.0);
  if (factor >= 1) return;
  for (auto& [id, column] : columns) {
    if (column.distinct <= 0) continue;
    // Of d values spread over n rows, the expected number that survive (Yao's formula, approximated).
    const double per_value = before / column.distinct;
    column.distinct = std::max(1.0, column.distinct * (1 - std::pow(1 - std::min(factor, 1.0), per_value)));
  }
}

double CardinalityEstimator::EqualitySelectivity(const ColumnEstimate& left, const ColumnEstimate& right) {
  const double present = (1 - left.null_fraction) * (1 - right.null_fraction);
  const double uniform = present / std::max({left.distinct, right.distinct, 1.0});
  if (left.distribution == nullptr || right.distribution == nullptr) return uniform;
  const ColumnDistribution& a = *left.distribution;
  const ColumnDistribution& b = *right.distribution;
  if (a.common.empty() || b.common.empty() || !(a.common[0].type() == b.common[0].type())) return uniform;
  const auto [known, is_new] = common_joins_.try_emplace({&a, &b}, 0.0);
  if (!is_new) return known->second;
  // Common values that both have join with each other; a common value of one side meets an average one of the other.
  double matching = 0, matched_a = 0, matched_b = 0;
  size_t matches = 0;
  for (size_t i = 0; i < a.common.size(); ++i) {
    for (size_t k = 0; k < b.common.size(); ++k) {
      if (Value::Compare(a.common[i], b.common[k]) != 0) continue;
      matching += a.frequencies[i] * b.frequencies[k];
      matched_a += a.frequencies[i];
      matched_b += b.frequencies[k];
      ++matches;
      break;
    }
  }
  const auto total = [&](double unmatched, double other, const ColumnEstimate& to, size_t to_common,
                         double to_unmatched, double to_other) {
    double out = matching;
    if (to.distinct > static_cast<double>(to_common)) {
      out += unmatched * to_other / (to.distinct - static_cast<double>(to_common));
    }
    if (to.distinct > static_cast<double>(matches)) {
      out += other * (to_other + to_unmatched) / (to.distinct - static_cast<double>(matches));
    }
    return out;
  };
  const double unmatched_a = a.CommonShare() - matched_a, unmatched_b = b.CommonShare() - matched_b;
  const double other_a = std::max(0.0, 1 - left.null_fraction - a.CommonShare());
  const double other_b = std::max(0.0, 1 - right.null_fraction - b.CommonShare());
  known->second = std::clamp(std::min(total(unmatched_a, other_a, right, b.common.size(), unmatched_b, other_b),
                                      total(unmatched_b, other_b, left, a.common.size(), unmatched_a, other_a)),
                             0.0, 1.0);
  return known->second;
}

double CardinalityEstimator::JoinRows(const RelationEstimate& left, const RelationEstimate& right,
                                      const std::vector<ExprPtr>& on) {
  double rows = left.rows * right.rows;
  std::vector<double> selectivities;
  RelationEstimate both;
  bool merged = false;
  for (const ExprPtr& conjunct : on) {
    if (conjunct->is(ExprKind::kCall) && (conjunct->name() == "=" || conjunct->name() == "is_not_distinct_from")) {
      const ColumnEstimate* of[2] = {nullptr, nullptr};
      for (int i = 0; i < 2; ++i) {
        of[i] = FindColumn(left, *conjunct->child(static_cast<size_t>(i)));
        if (of[i] == nullptr) of[i] = FindColumn(right, *conjunct->child(static_cast<size_t>(i)));
      }
      if (of[0] != nullptr && of[1] != nullptr && of[0]->distinct > 0 && of[1]->distinct > 0) {
        selectivities.push_back(EqualitySelectivity(*of[0], *of[1]));
        continue;
      }
      double distinct = 0;
      for (const ColumnEstimate* column : of) {
        if (column != nullptr) distinct = std::max(distinct, column->distinct);
      }
      // Unknown keys: assume that the smaller side's are unique.
      if (distinct <= 0) distinct = std::min(left.rows, right.rows);
      selectivities.push_back(1 / std::max(distinct, 1.0));
      continue;
    }
    if (!merged) {
      both = left;
      both.columns.insert(right.columns.begin(), right.columns.end());
      merged = true;
    }
    selectivities.push_back(Selectivity(*conjunct, both));
  }
  // Several keys between the same two relations are correlated (composite foreign keys).
  std::sort(selectivities.begin(), selectivities.end());
  double exponent = 1;
  for (const double selectivity : selectivities) {
    rows *= std::pow(selectivity, exponent);
    exponent *= 0.5;
  }
  return std::max(rows, 1.0);
}

const RelationEstimate& CardinalityEstimator::Estimate(const LogicalPtr& plan) {
  const auto found = known_.find(plan.get());
  if (found != known_.end()) return found->second;
  RelationEstimate estimate = Compute(plan);
  kept_.push_back(plan);
  return known_.emplace(plan.get(), std::move(estimate)).first->second;
}

void CardinalityEstimator::Define(CteId id, const LogicalPtr& definition) {
  definitions_.insert_or_assign(id, Estimate(definition));
}

RelationEstimate CardinalityEstimator::OfScan(const LogicalScan& scan) {
  RelationEstimate out;
  out.rows = scan.table_rows.value_or(kRowsUnknown);
  const auto& ordinals = scan.column_ordinals();
  std::vector<ColumnDistributionPtr> distributions;
  if (details_ != nullptr) distributions = details_->Distributions(scan.source);
  for (size_t i = 0; i < scan.columns().size(); ++i) {
    const PlanColumn& column = scan.columns()[i];
    ColumnEstimate estimate;
    if (ordinals[i] < scan.column_statistics.size()) {
      const ColumnStatistics& known = scan.column_statistics[ordinals[i]];
      estimate.min = known.min;
      estimate.max = known.max;
      estimate.distinct = static_cast<double>(known.distinct_count);
      if (out.rows > 0)
        estimate.null_fraction = std::min(1.0, static_cast<double>(known.null_count) / std::max(out.rows, 1.0));
      if (known.min.has_value() && known.max.has_value()) {
        // Integers, dates and the like cannot have more values than their range.
        const auto low = PositionOf(*known.min), high = PositionOf(*known.max);
        if (low.has_value() && high.has_value() && !column.type.is_floating()) {
          double range = *high - *low + 1;
          if (column.type.is(TypeKind::kDecimal)) range *= std::pow(10.0, column.type.scale());
          if (estimate.distinct <= 0) estimate.distinct = std::min(range, out.rows);
          estimate.distinct = std::min(estimate.distinct, range);
        }
      }
    }
    if (ordinals[i] < distributions.size() && distributions[ordinals[i]] != nullptr) {
      const ColumnDistribution& known = *distributions[ordinals[i]];
      estimate.distribution = distributions[ordinals[i]];
      if (known.distinct != 0) estimate.distinct = std::max(1.0, known.DistinctOf(out.rows));
      if (estimate.null_fraction == 0) estimate.null_fraction = known.null_fraction;
    }
    if (column.type.is(TypeKind::kBoolean)) estimate.distinct = 2;
    out.columns.emplace(column.id, std::move(estimate));
  }
  if (!scan.filters.empty()) out.Filter(*CombineConjunction(scan.filters));
  return out;
}

RelationEstimate CardinalityEstimator::OfJoin(const LogicalJoin& join) {
  const RelationEstimate left = Estimate(join.child(0));
  const RelationEstimate right = Estimate(join.child(1));
  const std::vector<ExprPtr> on = join.condition->is_true() ? std::vector<ExprPtr>{} : SplitConjunction(join.condition);
  return Join(join.join_kind, left, right, on);
}

RelationEstimate CardinalityEstimator::Join(JoinKind kind, const RelationEstimate& left, const RelationEstimate& right,
                                            const std::vector<ExprPtr>& on) {
  const double inner = JoinRows(left, right, on);
  RelationEstimate out = left;
  const double left_before = left.rows;
  switch (kind) {
    case JoinKind::kInner:
      out.columns.insert(right.columns.begin(), right.columns.end());
      out.rows = inner;
      break;
    case JoinKind::kLeft:
      out.columns.insert(right.columns.begin(), right.columns.end());
      out.rows = std::max(inner, left.rows);
      break;
    case JoinKind::kRight:
      out.columns.insert(right.columns.begin(), right.columns.end());
      out.rows = std::max(inner, right.rows);
      break;
    case JoinKind::kFull:
      out.columns.insert(right.columns.begin(), right.columns.end());
      out.rows = std::max(inner, left.rows + right.rows);
      break;
    case JoinKind::kSingle:
    case JoinKind::kMark:
      out.columns.insert(right.columns.begin(), right.columns.end());
      break;
    case JoinKind::kSemi:
    case JoinKind::kAnti: {
      // The fraction of the left keys that the right side has: of each, and of all together.
      double fraction = 1, all_ours = 1, all_theirs = 1;
      for (const ExprPtr& conjunct : on) {
        if (!conjunct->is(ExprKind::kCall) || conjunct->name() != "=") continue;
        ColumnSet used;
        AddReferenced(*conjunct->child(0), used);
        const bool straight = std::ranges::none_of(used, [&](ColumnId id) { return right.columns.contains(id); });
        const double ours = left.DistinctOf(*conjunct->child(straight ? 0 : 1));
        const double theirs = right.DistinctOf(*conjunct->child(straight ? 1 : 0));
        fraction = std::min(fraction, std::min(1.0, theirs / std::max(ours, 1.0)));
        all_ours = std::min(all_ours * std::max(ours, 1.0), left.rows);
        all_theirs = std::min(all_theirs * std::max(theirs, 1.0), right.rows);
      }
      fraction = std::min(fraction, all_theirs / std::max(all_ours, 1.0));
      out.Scale(kind == JoinKind::kSemi ? std::max(fraction, 0.0001) : std::max(1 - fraction, 0.1));
      break;
    }
  }
  if (out.rows < left_before && kind == JoinKind::kInner) {
    for (auto& [id, column] : out.columns) column.distinct = std::min(column.distinct, out.rows);
  }
  return out;
}

RelationEstimate CardinalityEstimator::Compute(const LogicalPtr& plan) {
  switch (plan->kind()) {
    case LogicalKind::kScan:
      return OfScan(plan->as<LogicalScan>());
    case LogicalKind::kValues: {
      RelationEstimate out;
      out.rows = static_cast<double>(plan->as<LogicalValues>().rows.size());
      return out;
    }
    case LogicalKind::kFilter: {
      RelationEstimate out = Estimate(plan->child());
      out.Filter(*plan->as<LogicalFilter>().predicate);
      return out;
    }
    case LogicalKind::kProject: {
      const RelationEstimate& input = Estimate(plan->child());
      RelationEstimate out;
      out.rows = input.rows;
      const auto& project = plan->as<LogicalProject>();
      for (size_t i = 0; i < project.exprs.size(); ++i) {
        ColumnEstimate estimate;
        if (const ColumnEstimate* from = FindColumn(input, *project.exprs[i])) {
          estimate = *from;
        } else {
          // A function of one column has at most that column's values.
          ColumnSet used;
          AddReferenced(*project.exprs[i], used);
          if (used.size() == 1) {
            const auto known = input.columns.find(*used.begin());
            if (known != input.columns.end()) estimate.distinct = known->second.distinct;
          }
        }
        out.columns.emplace(project.columns()[i].id, std::move(estimate));
      }
      return out;
    }
    case LogicalKind::kAggregate: {
      const RelationEstimate& input = Estimate(plan->child());
      const auto& aggregate = plan->as<LogicalAggregate>();
      RelationEstimate out;
      std::vector<double> distinct;
      for (const ExprPtr& group : aggregate.groups) distinct.push_back(input.DistinctOf(*group));
      std::sort(distinct.rbegin(), distinct.rend());
      double rows = 1, exponent = 1;
      for (const double count : distinct) {
        rows *= std::pow(count, exponent);
        exponent *= 0.75;
      }
      out.rows = std::clamp(rows, 1.0, std::max(input.rows, 1.0));
      for (size_t i = 0; i < aggregate.groups.size(); ++i) {
        ColumnEstimate estimate;
        if (const ColumnEstimate* from = FindColumn(input, *aggregate.groups[i])) estimate = *from;
        // A single key is unique afterwards.
        estimate.distinct =
            aggregate.groups.size() == 1 ? out.rows : std::min(input.DistinctOf(*aggregate.groups[i]), out.rows);
        out.columns.emplace(aggregate.columns()[i].id, std::move(estimate));
      }
      return out;
    }
    case LogicalKind::kJoin:
      return OfJoin(plan->as<LogicalJoin>());
    case LogicalKind::kAsofJoin: {
      // Most left rows have a right one.
      RelationEstimate out = Estimate(plan->child(0));
      const RelationEstimate right = Estimate(plan->child(1));
      const JoinKind kind = plan->as<LogicalAsofJoin>().join_kind;
      out.columns.insert(right.columns.begin(), right.columns.end());
      if (kind == JoinKind::kRight || kind == JoinKind::kFull) out.rows = std::max(out.rows, right.rows);
      return out;
    }
    case LogicalKind::kLimit: {
      RelationEstimate out = Estimate(plan->child());
      const auto& limit = plan->as<LogicalLimit>();
      if (limit.limit.has_value() && static_cast<double>(*limit.limit) < out.rows) {
        out.Scale(static_cast<double>(*limit.limit) / std::max(out.rows, 1.0));
      }
      return out;
    }
    case LogicalKind::kSetOperation: {
      RelationEstimate out;
      out.rows = 0;
      for (const LogicalPtr& child : plan->children()) out.rows += Estimate(child).rows;
      if (plan->as<LogicalSetOperation>().operation != SetOperationKind::kUnionAll)
        out.rows = Estimate(plan->child(0)).rows;
      return out;
    }
    case LogicalKind::kCte:
      Define(plan->as<LogicalCte>().id, plan->child(0));
      return Estimate(plan->child(1));
    case LogicalKind::kCteScan: {
      const auto& scan = plan->as<LogicalCteScan>();
      RelationEstimate out;
      out.rows = kRowsUnknown;
      const auto known = definitions_.find(scan.id);
      if (known == definitions_.end()) return out;
      out.rows = known->second.rows;
      for (size_t i = 0; i < scan.columns().size(); ++i) {
        const auto column = known->second.columns.find(scan.definition_columns[i]);
        if (column != known->second.columns.end()) out.columns.emplace(scan.columns()[i].id, column->second);
      }
      return out;
    }
    case LogicalKind::kRecursion: {
      RelationEstimate out;
      out.rows = std::max(Estimate(plan->child(0)).rows, kRowsUnknown);
      return out;
    }
    case LogicalKind::kUnnest: {
      RelationEstimate out = Estimate(plan->child());
      out.rows *= kUnnestRows;
      return out;
    }
    default:
      return plan->children().empty() ? RelationEstimate{} : Estimate(plan->child());
  }
}

}  // namespace weir
