// Which share of a relation's rows passes a predicate: from most common values and histograms where ANALYZE has made
// them, else from bounds, counts of distinct values and habit.

#include <algorithm>
#include <cmath>

#include "optimizer/columns.h"
#include "optimizer/stats/cardinality.h"

namespace weir {

namespace {

constexpr double kSelectivityUnknown = 0.25;
constexpr double kSelectivityLike = 0.1;
constexpr double kSelectivityRange = 1.0 / 3;
constexpr double kSelectivityEquality = 0.01;
constexpr double kSelectivityNull = 0.05;
constexpr double kSelectivityMin = 0.0001;
constexpr size_t kBoundsToMatch = 10;  // of a histogram, from which on patterns are tried on them

// Less than, equal to or greater than 0; nothing for values that do not compare.
std::optional<int> CompareLoosely(const Value& a, const Value& b) {
  if (a.is_null() || b.is_null()) return std::nullopt;
  if (a.type() == b.type() || (a.type().is_string() && b.type().is_string())) return Value::Compare(a, b);
  if (!a.type().is_numeric() || !b.type().is_numeric()) return std::nullopt;
  const auto x = PositionOf(a), y = PositionOf(b);
  if (!x.has_value() || !y.has_value()) return std::nullopt;
  return *x < *y ? -1 : *x > *y ? 1 : 0;
}

// The share of all rows that have the value.
double EqualTo(const ColumnEstimate& column, const Value& value) {
  if (value.is_null()) return 0;
  // Bounds hold every value.
  if (column.min.has_value() && CompareLoosely(value, *column.min).value_or(0) < 0) return kSelectivityMin;
  if (column.max.has_value() && CompareLoosely(value, *column.max).value_or(0) > 0) return kSelectivityMin;
  const double average =
      column.distinct > 0 ? (1 - column.null_fraction) / std::max(column.distinct, 1.0) : kSelectivityEquality;
  if (column.distribution == nullptr) return average;
  const ColumnDistribution& of = *column.distribution;
  for (size_t i = 0; i < of.common.size(); ++i) {
    if (CompareLoosely(of.common[i], value) == 0) return of.frequencies[i];
  }
  const double others = column.distinct - static_cast<double>(of.common.size());
  const double rest = std::max(0.0, 1 - of.null_fraction - of.CommonShare());
  if (others < 1) return std::min(rest, kSelectivityMin);
  return rest / others;
}

// The share of a histogram's rows below the value.
double BelowInHistogram(const std::vector<Value>& bounds, const Value& value) {
  const auto at = std::lower_bound(bounds.begin(), bounds.end(), value, [](const Value& bound, const Value& of) {
    return CompareLoosely(bound, of).value_or(0) < 0;
  });
  if (at == bounds.begin()) return 0;
  if (at == bounds.end()) return 1;
  const auto low = PositionOf(*std::prev(at)), high = PositionOf(*at), middle = PositionOf(value);
  double within = 0.5;
  if (low.has_value() && high.has_value() && middle.has_value() && *high > *low) {
    within = std::clamp((*middle - *low) / (*high - *low), 0.0, 1.0);
  }
  return (static_cast<double>(at - bounds.begin()) - 1 + within) / static_cast<double>(bounds.size() - 1);
}

// The share of all rows with values below the value; nothing when nothing is known.
std::optional<double> Below(const ColumnEstimate& column, const Value& value, bool inclusive) {
  double interpolated = -1;
  if (column.min.has_value() && column.max.has_value()) {
    const auto low = PositionOf(*column.min), high = PositionOf(*column.max), at = PositionOf(value);
    // Timestamps compared with dates and the like differ in unit; then the literal is far outside and says nothing.
    const bool alike =
        column.min->type() == value.type() || (column.min->type().is_numeric() && value.type().is_numeric());
    if (alike && low.has_value() && high.has_value() && at.has_value()) {
      interpolated = *high > *low ? std::clamp((*at - *low) / (*high - *low), 0.0, 1.0) : 0.5;
    }
  }
  const ColumnDistribution* of = column.distribution.get();
  if (of == nullptr || (of->common.empty() && of->bounds.empty())) {
    if (interpolated < 0) return std::nullopt;
    return interpolated * (1 - column.null_fraction);
  }
  const Value& any = of->common.empty() ? of->bounds[0] : of->common[0];
  if (!CompareLoosely(any, value).has_value()) return std::nullopt;
  double out = 0;
  for (size_t i = 0; i < of->common.size(); ++i) {
    const int order = *CompareLoosely(of->common[i], value);
    if (order < 0 || (order == 0 && inclusive)) out += of->frequencies[i];
  }
  const double rest = std::max(0.0, 1 - of->null_fraction - of->CommonShare());
  if (!of->bounds.empty()) {
    out += rest * BelowInHistogram(of->bounds, value);
  } else if (interpolated >= 0) {
    out += rest * interpolated;
  }
  return out;
}

// A comparison of a column with a constant, the column on the left.
struct Comparison {
  const ColumnEstimate* column = nullptr;
  ColumnId id;
  std::string_view op;
  const Value* value = nullptr;
};

std::optional<Comparison> ComparisonOf(const Expr& expr, const RelationEstimate& input) {
  if (!expr.is(ExprKind::kCall) || expr.children().size() != 2) return std::nullopt;
  std::string_view op = expr.name();
  if (op != "<" && op != "<=" && op != ">" && op != ">=" && op != "=" && op != "<>") return std::nullopt;
  const Expr* left = expr.child(0).get();
  const Expr* right = expr.child(1).get();
  if (left->is(ExprKind::kLiteral)) {
    std::swap(left, right);
    op = op == "<" ? ">" : op == "<=" ? ">=" : op == ">" ? "<" : op == ">=" ? "<=" : op;
  }
  if (!right->is(ExprKind::kLiteral) || right->literal().is_null()) return std::nullopt;
  const ColumnEstimate* column = FindColumn(input, *left);
  if (column == nullptr) return std::nullopt;
  const Expr* at = left;
  while (at->is(ExprKind::kCast)) at = at->child(0).get();
  return Comparison{column, at->column_id(), op, &right->literal()};
}

double Range(const Comparison& comparison) {
  const bool less = comparison.op[0] == '<';
  const auto below = Below(*comparison.column, *comparison.value, comparison.op == "<=" || comparison.op == ">");
  if (!below.has_value()) return kSelectivityRange;
  return std::clamp(less ? *below : 1 - comparison.column->null_fraction - *below, kSelectivityMin, 1.0);
}

double Equality(const Expr& left, const Expr& right, const RelationEstimate& input) {
  const ColumnEstimate* column = FindColumn(input, left);
  const ColumnEstimate* other = FindColumn(input, right);
  double distinct = 0;
  if (column != nullptr) distinct = column->distinct;
  if (other != nullptr) distinct = std::max(distinct, other->distinct);
  if (distinct > 0) return 1 / std::max(distinct, 1.0);
  return kSelectivityEquality;
}

bool MatchesLike(std::string_view text, std::string_view pattern) {
  size_t t = 0, p = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '%') {
      star = p++;
      resume = t;
      continue;
    }
    const bool escaped = p + 1 < pattern.size() && pattern[p] == '\\';
    const char wanted = escaped ? pattern[p + 1] : p < pattern.size() ? pattern[p] : '\0';
    if (p < pattern.size() && ((!escaped && wanted == '_') || wanted == text[t])) {
      p += escaped ? 2 : 1;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '%') ++p;
  return p == pattern.size();
}

double Like(const ColumnEstimate* column, const std::string& pattern) {
  if (column == nullptr || column->distribution == nullptr) return kSelectivityLike;
  const ColumnDistribution& of = *column->distribution;
  double out = 0;
  for (size_t i = 0; i < of.common.size(); ++i) {
    if (of.common[i].type().is_string() && MatchesLike(of.common[i].bytes(), pattern)) out += of.frequencies[i];
  }
  const double rest = std::max(0.0, 1 - of.null_fraction - of.CommonShare());
  if (of.bounds.size() < kBoundsToMatch) return std::clamp(out + rest * kSelectivityLike, kSelectivityMin, 1.0);
  // A histogram is a sample too. What starts with a text lies between two places of it.
  const size_t matching = static_cast<size_t>(std::ranges::count_if(
      of.bounds, [&](const Value& bound) { return bound.type().is_string() && MatchesLike(bound.bytes(), pattern); }));
  double share = static_cast<double>(matching) / static_cast<double>(of.bounds.size());
  const std::string prefix = pattern.substr(0, pattern.find_first_of("%_\\"));
  if (matching == 0 && !prefix.empty()) {
    std::string end = prefix;
    end.back() = static_cast<char>(end.back() + 1);
    share = BelowInHistogram(of.bounds, Value::String(end)) - BelowInHistogram(of.bounds, Value::String(prefix));
  }
  return std::clamp(out + rest * share, kSelectivityMin, 1.0);
}

// Bounds from both sides of one column say more together than each by itself.
double Conjunction(const Expr& predicate, const RelationEstimate& input) {
  struct Between {
    const ColumnEstimate* column;
    double above = 0;  // the share of rows that lies below the range
    double below = 1;
    bool has_above = false, has_below = false;
  };
  std::unordered_map<ColumnId, Between> ranges;
  std::vector<double> parts;
  for (const ExprPtr& child : predicate.children()) {
    const auto comparison = ComparisonOf(*child, input);
    if (comparison.has_value() && comparison->op[0] != '=' && comparison->op != "<>") {
      const bool less = comparison->op[0] == '<';
      const auto below = Below(*comparison->column, *comparison->value, comparison->op == "<=" || !less);
      const auto inclusive = comparison->op == ">=" ? Below(*comparison->column, *comparison->value, false) : below;
      if (below.has_value() && inclusive.has_value()) {
        Between& range = ranges.try_emplace(comparison->id, Between{comparison->column}).first->second;
        if (less) {
          range.below = range.has_below ? std::min(range.below, *below) : *below;
          range.has_below = true;
        } else {
          range.above = range.has_above ? std::max(range.above, *inclusive) : *inclusive;
          range.has_above = true;
        }
        continue;
      }
    }
    parts.push_back(CardinalityEstimator::Selectivity(*child, input));
  }
  for (const auto& [id, range] : ranges) {
    const double below = range.has_below ? range.below : 1 - range.column->null_fraction;
    double share = below - range.above;
    // A range within one value's reach still has that value.
    if (range.has_below && range.has_above && range.column->distinct > 0) {
      share = std::max(share, std::min(1 / range.column->distinct, 1.0) * 0.5);
    }
    parts.push_back(std::clamp(share, kSelectivityMin, 1.0));
  }
  // Conjuncts are seldom independent: each further one counts less.
  std::sort(parts.begin(), parts.end());
  double product = 1, exponent = 1;
  for (const double part : parts) {
    product *= std::pow(part, exponent);
    exponent = std::max(exponent * 0.75, 0.25);
  }
  return product;
}

}  // namespace

std::optional<double> PositionOf(const Value& value) {
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

const ColumnEstimate* FindColumn(const RelationEstimate& relation, const Expr& expr) {
  const Expr* at = &expr;
  while (at->is(ExprKind::kCast)) at = at->child(0).get();
  if (!at->is(ExprKind::kColumn)) return nullptr;
  const auto found = relation.columns.find(at->column_id());
  return found == relation.columns.end() ? nullptr : &found->second;
}

double CardinalityEstimator::Selectivity(const Expr& predicate, const RelationEstimate& input) {
  switch (predicate.kind()) {
    case ExprKind::kLiteral:
      return predicate.is_true() ? 1 : 0;
    case ExprKind::kAnd:
      return Conjunction(predicate, input);
    case ExprKind::kOr: {
      double none = 1;
      for (const ExprPtr& child : predicate.children()) none *= 1 - Selectivity(*child, input);
      return 1 - none;
    }
    case ExprKind::kNot:
      return std::max(0.0, 1 - Selectivity(*predicate.child(0), input));
    case ExprKind::kIsNull: {
      const ColumnEstimate* column = FindColumn(input, *predicate.child(0));
      return column == nullptr ? kSelectivityNull : column->null_fraction;
    }
    case ExprKind::kIn: {
      const ColumnEstimate* column = FindColumn(input, *predicate.child(0));
      double sum = 0;
      if (column != nullptr && column->distribution != nullptr) {
        for (const Value& value : predicate.set()) sum += EqualTo(*column, value);
        return std::clamp(sum, kSelectivityMin, 1.0);
      }
      const double distinct = input.DistinctOf(*predicate.child(0));
      const bool known = column != nullptr && distinct < input.rows;
      const double one = known ? 1 / distinct : kSelectivityEquality;
      return std::min(1.0, one * static_cast<double>(predicate.set().size()));
    }
    case ExprKind::kCall: {
      const std::string& op = predicate.name();
      if (predicate.children().size() != 2) return kSelectivityUnknown;
      const Expr& left = *predicate.child(0);
      const Expr& right = *predicate.child(1);
      if (const auto comparison = ComparisonOf(predicate, input)) {
        const bool known = comparison->column->distinct > 0;
        if (op == "=" && known) return EqualTo(*comparison->column, *comparison->value);
        if (op == "<>" && known) {
          const double equal = EqualTo(*comparison->column, *comparison->value);
          return std::max(kSelectivityMin, 1 - comparison->column->null_fraction - equal);
        }
        if (op[0] == '<' || op[0] == '>') {
          if (op != "<>") return Range(*comparison);
        }
      }
      if (op == "=" || op == "is_not_distinct_from") return Equality(left, right, input);
      if (op == "<>" || op == "is_distinct_from") return 1 - Equality(left, right, input);
      if (op == "<" || op == "<=" || op == ">" || op == ">=") return kSelectivityRange;
      const bool negated = op == "!~~";
      if (op == "~~" || negated) {
        const bool constant = right.is(ExprKind::kLiteral) && !right.literal().is_null() && right.type().is_string();
        const double like = constant ? Like(FindColumn(input, left), right.literal().bytes()) : kSelectivityLike;
        return negated ? 1 - like : like;
      }
      if (op == "~~*" || op == "~" || op == "starts_with" || op == "^@") return kSelectivityLike;
      if (op == "!~~*" || op == "!~") return 1 - kSelectivityLike;
      return kSelectivityUnknown;
    }
    case ExprKind::kColumn: {
      const ColumnEstimate* column = FindColumn(input, predicate);
      if (column == nullptr || column->distribution == nullptr) return 0.5;
      return std::clamp(EqualTo(*column, Value::Boolean(true)), kSelectivityMin, 1.0);
    }
    default:
      return kSelectivityUnknown;
  }
}

void RelationEstimate::Filter(const Expr& predicate) {
  struct Known {
    ColumnId id;
    double distinct;
  };
  std::vector<Known> narrowed;
  std::vector<const Expr*> conjuncts{&predicate};
  if (predicate.is(ExprKind::kAnd)) {
    conjuncts.clear();
    for (const ExprPtr& child : predicate.children()) conjuncts.push_back(child.get());
  }
  ColumnSet tested;
  for (const Expr* conjunct : conjuncts) {
    AddReferenced(*conjunct, tested);
    if (const auto comparison = ComparisonOf(*conjunct, *this)) {
      const double distinct = comparison->column->distinct;
      if (distinct <= 0) continue;
      if (comparison->op == "=") narrowed.push_back({comparison->id, 1});
      if (comparison->op[0] != '=' && comparison->op != "<>") {
        narrowed.push_back({comparison->id, std::max(1.0, distinct * weir::Range(*comparison))});
      }
    } else if (conjunct->is(ExprKind::kIn) && conjunct->child(0)->is(ExprKind::kColumn)) {
      narrowed.push_back({conjunct->child(0)->column_id(), static_cast<double>(conjunct->set().size())});
    }
  }
  Scale(CardinalityEstimator::Selectivity(predicate, *this));
  for (const ColumnId id : tested) {
    const auto found = columns.find(id);
    if (found != columns.end()) found->second.distribution = nullptr;
  }
  for (const Known& each : narrowed) {
    const auto found = columns.find(each.id);
    if (found == columns.end()) continue;
    if (found->second.distinct > 0) found->second.distinct = std::min(found->second.distinct, each.distinct);
    found->second.null_fraction = 0;
  }
}

}  // namespace weir
