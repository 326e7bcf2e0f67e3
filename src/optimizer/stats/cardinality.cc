#include "optimizer/stats/cardinality.h"

#include <algorithm>
#include <cmath>

#include "optimizer/columns.h"

namespace weir {

namespace {

constexpr double kRowsUnknown = 100'000;
constexpr double kSelectivityUnknown = 0.25;
constexpr double kSelectivityLike = 0.1;
constexpr double kSelectivityRange = 1.0 / 3;
constexpr double kSelectivityEquality = 0.01;
constexpr double kUnnestRows = 10;

// A value on a line, for interpolation between min and max.
std::optional<double> Position(const Value& value) {
  if (value.is_null()) return std::nullopt;
  switch (value.type().physical()) {
    case PhysicalType::kBool:
    case PhysicalType::kInt8:
    case PhysicalType::kInt16:
    case PhysicalType::kInt32:
    case PhysicalType::kInt64:
    case PhysicalType::kInt128: {
      auto number = static_cast<double>(value.wide());
      if (value.type().is(TypeKind::kDecimal)) number /= std::pow(10.0, value.type().scale());
      return number;
    }
    case PhysicalType::kFloat:
    case PhysicalType::kDouble:
      return std::isfinite(value.floating()) ? std::optional(value.floating()) : std::nullopt;
    default:
      return std::nullopt;
  }
}

// Casts between a column and a comparison do not change how many values it has.
const Expr& WithoutCasts(const Expr& expr) {
  const Expr* at = &expr;
  while (at->is(ExprKind::kCast)) at = at->child(0).get();
  return *at;
}

const ColumnEstimate* Find(const RelationEstimate& relation, const Expr& expr) {
  const Expr& column = WithoutCasts(expr);
  if (!column.is(ExprKind::kColumn)) return nullptr;
  const auto found = relation.columns.find(column.column_id());
  return found == relation.columns.end() ? nullptr : &found->second;
}

double Equality(const Expr& left, const Expr& right, const RelationEstimate& input) {
  const ColumnEstimate* column = Find(input, left);
  const ColumnEstimate* other = Find(input, right);
  double distinct = 0;
  if (column != nullptr) distinct = column->distinct;
  if (other != nullptr) distinct = std::max(distinct, other->distinct);
  if (distinct > 0) return 1 / std::max(distinct, 1.0);
  return kSelectivityEquality;
}

double Range(std::string_view op, const Expr& left, const Expr& right, const RelationEstimate& input) {
  const bool flipped = left.is(ExprKind::kLiteral);
  const Expr& subject = flipped ? right : left;
  const Expr& bound = flipped ? left : right;
  const ColumnEstimate* column = Find(input, subject);
  if (column == nullptr || !bound.is(ExprKind::kLiteral) || !column->min.has_value() || !column->max.has_value()) {
    return kSelectivityRange;
  }
  const auto low = Position(*column->min), high = Position(*column->max), at = Position(bound.literal());
  if (!low.has_value() || !high.has_value() || !at.has_value()) return kSelectivityRange;
  // Timestamps compared with dates and the like differ in unit; then the literal is far outside and says nothing.
  if (!(subject.type() == bound.type()) && !(subject.type().is_numeric() && bound.type().is_numeric()))
    return kSelectivityRange;
  const double below = *high > *low ? std::clamp((*at - *low) / (*high - *low), 0.0, 1.0) : 0.5;
  const bool less = (op[0] == '<') != flipped;
  return std::clamp(less ? below : 1 - below, 0.0001, 1.0);
}

}  // namespace

double RelationEstimate::DistinctOf(const Expr& expr) const {
  const ColumnEstimate* column = Find(*this, expr);
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

double CardinalityEstimator::Selectivity(const Expr& predicate, const RelationEstimate& input) {
  switch (predicate.kind()) {
    case ExprKind::kLiteral:
      return predicate.is_true() ? 1 : 0;
    case ExprKind::kAnd: {
      // Conjuncts are seldom independent: each further one counts less.
      std::vector<double> parts;
      for (const ExprPtr& child : predicate.children()) parts.push_back(Selectivity(*child, input));
      std::sort(parts.begin(), parts.end());
      double product = 1, exponent = 1;
      for (const double part : parts) {
        product *= std::pow(part, exponent);
        exponent = std::max(exponent * 0.75, 0.25);
      }
      return product;
    }
    case ExprKind::kOr: {
      double none = 1;
      for (const ExprPtr& child : predicate.children()) none *= 1 - Selectivity(*child, input);
      return 1 - none;
    }
    case ExprKind::kNot:
      return std::max(0.0, 1 - Selectivity(*predicate.child(0), input));
    case ExprKind::kIsNull: {
      const ColumnEstimate* column = Find(input, *predicate.child(0));
      return column == nullptr ? 0.05 : column->null_fraction;
    }
    case ExprKind::kIn: {
      const double distinct = input.DistinctOf(*predicate.child(0));
      const bool known = Find(input, *predicate.child(0)) != nullptr && distinct < input.rows;
      const double one = known ? 1 / distinct : kSelectivityEquality;
      return std::min(1.0, one * static_cast<double>(predicate.set().size()));
    }
    case ExprKind::kCall: {
      const std::string& op = predicate.name();
      if (predicate.children().size() == 2) {
        const Expr& left = *predicate.child(0);
        const Expr& right = *predicate.child(1);
        if (op == "=" || op == "is_not_distinct_from") return Equality(left, right, input);
        if (op == "<>" || op == "is_distinct_from") return 1 - Equality(left, right, input);
        if (op == "<" || op == "<=" || op == ">" || op == ">=") return Range(op, left, right, input);
        if (op == "~~" || op == "~~*" || op == "~" || op == "starts_with" || op == "^@") return kSelectivityLike;
        if (op == "!~~" || op == "!~~*" || op == "!~") return 1 - kSelectivityLike;
      }
      return kSelectivityUnknown;
    }
    case ExprKind::kColumn:
      return 0.5;
    default:
      return kSelectivityUnknown;
  }
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
        of[i] = Find(left, *conjunct->child(static_cast<size_t>(i)));
        if (of[i] == nullptr) of[i] = Find(right, *conjunct->child(static_cast<size_t>(i)));
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
        const auto low = Position(*known.min), high = Position(*known.max);
        if (low.has_value() && high.has_value() && !column.type.is_floating()) {
          double range = *high - *low + 1;
          if (column.type.is(TypeKind::kDecimal)) range *= std::pow(10.0, column.type.scale());
          if (estimate.distinct <= 0) estimate.distinct = std::min(range, out.rows);
          estimate.distinct = std::min(estimate.distinct, range);
        }
      }
    }
    if (column.type.is(TypeKind::kBoolean)) estimate.distinct = 2;
    out.columns.emplace(column.id, std::move(estimate));
  }
  if (!scan.filters.empty()) out.Scale(Selectivity(*CombineConjunction(scan.filters), out));
  return out;
}

RelationEstimate CardinalityEstimator::OfJoin(const LogicalJoin& join) {
  const RelationEstimate left = Estimate(join.child(0));
  const RelationEstimate right = Estimate(join.child(1));
  const std::vector<ExprPtr> on = join.condition->is_true() ? std::vector<ExprPtr>{} : SplitConjunction(join.condition);
  const double inner = JoinRows(left, right, on);
  RelationEstimate out = left;
  const double left_before = left.rows;
  switch (join.join_kind) {
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
      // The fraction of the left keys that the right side has.
      double fraction = 1;
      for (const ExprPtr& conjunct : on) {
        if (!conjunct->is(ExprKind::kCall) || conjunct->name() != "=") continue;
        const bool straight = RefersOnlyTo(*conjunct->child(0), ColumnsOf(*join.child(0)));
        const double ours = left.DistinctOf(*conjunct->child(straight ? 0 : 1));
        const double theirs = right.DistinctOf(*conjunct->child(straight ? 1 : 0));
        fraction = std::min(fraction, std::min(1.0, theirs / std::max(ours, 1.0)));
      }
      out.Scale(join.join_kind == JoinKind::kSemi ? std::max(fraction, 0.0001) : std::max(1 - fraction, 0.1));
      break;
    }
  }
  if (out.rows < left_before && (join.join_kind == JoinKind::kInner)) {
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
      out.Scale(Selectivity(*plan->as<LogicalFilter>().predicate, out));
      return out;
    }
    case LogicalKind::kProject: {
      const RelationEstimate& input = Estimate(plan->child());
      RelationEstimate out;
      out.rows = input.rows;
      const auto& project = plan->as<LogicalProject>();
      for (size_t i = 0; i < project.exprs.size(); ++i) {
        ColumnEstimate estimate;
        if (const ColumnEstimate* from = Find(input, *project.exprs[i])) {
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
        if (const ColumnEstimate* from = Find(input, *aggregate.groups[i])) estimate = *from;
        // A single key is unique afterwards.
        estimate.distinct =
            aggregate.groups.size() == 1 ? out.rows : std::min(input.DistinctOf(*aggregate.groups[i]), out.rows);
        out.columns.emplace(aggregate.columns()[i].id, std::move(estimate));
      }
      return out;
    }
    case LogicalKind::kJoin:
      return OfJoin(plan->as<LogicalJoin>());
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
