#include "optimizer/rule/merge_conditions.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "optimizer/columns.h"
#include "optimizer/map_children.h"

namespace weir {

namespace {

using Conjuncts = std::vector<ExprPtr>;

// Equal values of such types are the same, and constants compare as the operators do.
bool IsMergeable(const Type& type) {
  return EqualIsSame(type);
}

// A condition as `subject op constant`, whichever side the constant is on.
struct Comparison {
  ExprPtr subject;
  std::string_view op;
  Value constant;
};

std::string_view Flip(std::string_view op) {
  if (op == "<") return ">";
  if (op == "<=") return ">=";
  if (op == ">") return "<";
  return op == ">=" ? "<=" : op;
}

std::optional<Comparison> ComparisonOf(const Expr& expr) {
  constexpr std::string_view kOperators[] = {"=", "<>", "<", "<=", ">", ">="};
  if (!expr.is(ExprKind::kCall) || expr.children().size() != 2) return std::nullopt;
  const auto op = std::ranges::find(kOperators, std::string_view(expr.name()));
  if (op == std::end(kOperators)) return std::nullopt;
  for (size_t side = 0; side < 2; ++side) {
    const ExprPtr& subject = expr.child(side);
    const ExprPtr& constant = expr.child(1 - side);
    if (!constant->is(ExprKind::kLiteral) || subject->is(ExprKind::kLiteral) || constant->literal().is_null() ||
        !(constant->type() == subject->type()) || !IsMergeable(subject->type())) {
      continue;
    }
    return Comparison{subject, side == 0 ? *op : Flip(*op), constant->literal()};
  }
  return std::nullopt;
}

bool Less(const Value& a, const Value& b) {
  return Value::Compare(a, b) < 0;
}

// What is known of one value.
class Facts {
 public:
  explicit Facts(ExprPtr subject) : subject_(std::move(subject)) {}
  const ExprPtr& subject() const { return subject_; }

  void AddNull(bool is_null) { (is_null ? null_ : not_null_) = true; }

  void AddSet(std::vector<Value> values) {
    std::erase_if(values, [](const Value& value) { return value.is_null(); });
    std::ranges::sort(values, Less);
    const auto same = [](const Value& a, const Value& b) { return Value::Compare(a, b) == 0; };
    values.erase(std::unique(values.begin(), values.end(), same), values.end());
    if (!values_.has_value()) {
      values_ = std::move(values);
      return;
    }
    std::vector<Value> both;
    std::ranges::set_intersection(*values_, values, std::back_inserter(both), Less);
    values_ = std::move(both);
  }

  void AddComparison(std::string_view op, Value constant) {
    if (op == "=") return AddSet({std::move(constant)});
    if (op == "<>") {
      others_.push_back(std::move(constant));
      return;
    }
    const bool strict = op == "<" || op == ">";
    std::optional<Bound>& bound = op[0] == '<' ? high_ : low_;
    const int order = bound.has_value() ? Value::Compare(constant, bound->value) : 0;
    const bool tighter = !bound.has_value() || (op[0] == '<' ? order < 0 : order > 0) || (order == 0 && strict);
    if (tighter) bound = Bound{std::move(constant), strict};
  }

  // The conditions that are left; nothing when no value meets them.
  std::optional<Conjuncts> Take(const Registry& registry) && {
    const bool compared = values_.has_value() || low_.has_value() || high_.has_value() || !others_.empty();
    if (null_ && (compared || not_null_)) return std::nullopt;
    Conjuncts out;
    if (null_) out.push_back(Expr::IsNull(subject_));
    if (!compared && not_null_) out.push_back(Expr::Not(Expr::IsNull(subject_)));
    if (!compared) return out;
    if (!values_.has_value() && low_.has_value() && high_.has_value()) {
      const int order = Value::Compare(low_->value, high_->value);
      if (order > 0 || (order == 0 && (low_->strict || high_->strict)) || IsEmptyOfIntegers()) return std::nullopt;
      if (order == 0) values_ = {low_->value};
    }
    const auto call = [&](std::string_view op, const Value& constant) {
      out.push_back(registry.BindCall(op, {subject_, Expr::Literal(constant)}));
    };
    if (values_.has_value()) {
      std::erase_if(*values_, [&](const Value& value) { return !Admits(value); });
      if (values_->empty()) return std::nullopt;
      if (values_->size() == 1) {
        call("=", values_->front());
      } else {
        out.push_back(Expr::In(subject_, std::move(*values_)));
      }
      return out;
    }
    if (low_.has_value()) call(low_->strict ? ">" : ">=", low_->value);
    if (high_.has_value()) call(high_->strict ? "<" : "<=", high_->value);
    std::vector<Value> left;
    std::ranges::sort(others_, Less);
    for (Value& other : others_) {
      const bool again = !left.empty() && Value::Compare(left.back(), other) == 0;
      if (!again && InBounds(other)) left.push_back(std::move(other));
    }
    for (const Value& other : left) call("<>", other);
    return out;
  }

 private:
  struct Bound {
    Value value;
    bool strict;
  };

  bool InBounds(const Value& value) const {
    if (low_.has_value()) {
      const int order = Value::Compare(value, low_->value);
      if (order < 0 || (order == 0 && low_->strict)) return false;
    }
    if (high_.has_value()) {
      const int order = Value::Compare(value, high_->value);
      if (order > 0 || (order == 0 && high_->strict)) return false;
    }
    return true;
  }

  bool Admits(const Value& value) const {
    return InBounds(value) &&
           std::ranges::none_of(others_, [&](const Value& other) { return Value::Compare(value, other) == 0; });
  }

  // 3 < x and x < 4.
  bool IsEmptyOfIntegers() const {
    if (!subject_->type().is_integer() || !low_->strict || !high_->strict) return false;
    return low_->value.wide() + 1 == high_->value.wide();
  }

  ExprPtr subject_;
  bool null_ = false;
  bool not_null_ = false;
  std::optional<std::vector<Value>> values_;  // ascending
  std::optional<Bound> low_;
  std::optional<Bound> high_;
  std::vector<Value> others_;  // values that it is not
};

// A comparison of a value with itself: true unless it is NULL, or never.
ExprPtr SimplifyReflexive(const ExprPtr& expr) {
  if (!expr->is(ExprKind::kCall) || expr->children().size() != 2 || !IsMergeable(expr->child(0)->type()) ||
      expr->child(0)->volatility() == Volatility::kVolatile || !expr->child(0)->Equals(*expr->child(1))) {
    return expr;
  }
  if (expr->name() == "=" || expr->name() == "<=" || expr->name() == ">=") {
    return Expr::Not(Expr::IsNull(expr->child(0)));
  }
  if (expr->name() == "<>" || expr->name() == "<" || expr->name() == ">") return Expr::Literal(Value::Boolean(false));
  return expr;
}

class Merger {
 public:
  explicit Merger(const Registry& registry) : registry_(registry) {}

  // The conjuncts with those on one value merged where the first of them was; a single `false` for a contradiction.
  Conjuncts Merge(const Conjuncts& conjuncts) {
    Conjuncts out = conjuncts;
    for (ExprPtr& conjunct : out) conjunct = SimplifyReflexive(conjunct);
    struct Place {
      ExprPtr subject;
      std::vector<size_t> members;
    };
    std::vector<Place> places;
    std::unordered_multimap<uint64_t, size_t> by_subject;
    for (size_t i = 0; i < out.size(); ++i) {
      ExprPtr subject = SubjectOf(*out[i]);
      if (subject == nullptr || subject->volatility() == Volatility::kVolatile || subject->CanFail()) continue;
      const uint64_t hash = subject->Hash();
      const auto [begin, end] = by_subject.equal_range(hash);
      const auto known =
          std::find_if(begin, end, [&](const auto& entry) { return places[entry.second].subject->Equals(*subject); });
      if (known != end) {
        places[known->second].members.push_back(i);
        continue;
      }
      by_subject.emplace(hash, places.size());
      places.push_back({std::move(subject), {i}});
    }
    std::vector<Conjuncts> instead(out.size());
    std::vector<bool> merged(out.size(), false);
    for (const Place& place : places) {
      if (place.members.size() < 2) continue;
      Facts facts(place.subject);
      for (const size_t member : place.members) AddFact(*out[member], facts);
      auto left = std::move(facts).Take(registry_);
      if (!left.has_value()) return {Expr::Literal(Value::Boolean(false))};
      if (left->size() >= place.members.size()) continue;
      for (const size_t member : place.members) merged[member] = true;
      instead[place.members[0]] = std::move(*left);
    }
    Conjuncts result;
    for (size_t i = 0; i < out.size(); ++i) {
      if (!merged[i]) result.push_back(std::move(out[i]));
      for (ExprPtr& each : instead[i]) result.push_back(std::move(each));
    }
    return result;
  }

  LogicalPtr Run(const LogicalPtr& plan) {
    const LogicalPtr node = MapChildren(plan, [&](const LogicalPtr& child) { return Run(child); });
    switch (node->kind()) {
      case LogicalKind::kScan: {
        const auto& scan = node->as<LogicalScan>();
        Conjuncts merged = Merge(scan.filters);
        return merged == scan.filters ? node : scan.WithFilters(std::move(merged));
      }
      case LogicalKind::kFilter: {
        const auto& predicate = node->as<LogicalFilter>().predicate;
        const Conjuncts conjuncts = SplitConjunction(predicate);
        Conjuncts merged = Merge(conjuncts);
        if (merged == conjuncts) return node;
        return std::make_shared<LogicalFilter>(node->child(), CombineConjunction(std::move(merged)));
      }
      case LogicalKind::kJoin: {
        const auto& join = node->as<LogicalJoin>();
        // There unknown and false differ.
        if (join.null_aware || join.join_kind == JoinKind::kMark) return node;
        const Conjuncts conjuncts = SplitConjunction(join.condition);
        Conjuncts merged = Merge(conjuncts);
        if (merged == conjuncts) return node;
        return std::make_shared<LogicalJoin>(join.join_kind, join.child(0), join.child(1),
                                             CombineConjunction(std::move(merged)));
      }
      default:
        return node;
    }
  }

 private:
  // What the condition is about; null when it is none that can be merged.
  static ExprPtr SubjectOf(const Expr& conjunct) {
    if (auto comparison = ComparisonOf(conjunct)) return comparison->subject;
    const Expr& tested = conjunct.is(ExprKind::kNot) ? *conjunct.child(0) : conjunct;
    if (tested.is(ExprKind::kIsNull) || (conjunct.is(ExprKind::kIn) && IsList(conjunct))) return tested.child(0);
    return nullptr;
  }

  static void AddFact(const Expr& conjunct, Facts& facts) {
    if (const auto comparison = ComparisonOf(conjunct)) {
      facts.AddComparison(comparison->op, comparison->constant);
    } else if (conjunct.is(ExprKind::kIn)) {
      facts.AddSet(conjunct.set());
    } else {
      facts.AddNull(conjunct.is(ExprKind::kIsNull));
    }
  }

  static bool IsList(const Expr& in) {
    const Type& type = in.child(0)->type();
    return IsMergeable(type) &&
           std::ranges::all_of(in.set(), [&](const Value& value) { return value.is_null() || value.type() == type; });
  }

  const Registry& registry_;
};

}  // namespace

LogicalPtr MergeConditions(const LogicalPtr& plan, const OptimizerContext& context) {
  return Merger(context.registry).Run(plan);
}

}  // namespace weir
