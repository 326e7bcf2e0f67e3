#include "optimizer/rule/split_sums.h"

#include <algorithm>

#include "optimizer/columns.h"
#include "optimizer/map_children.h"
#include "optimizer/rule/copy_plan.h"
#include "optimizer/rule/simplify.h"
#include "optimizer/stats/integer_range.h"

namespace weir {

namespace {

// factor * base + constant; without a base just the constant.
struct Linear {
  ExprPtr base;
  int128_t factor = 0;
  int128_t constant = 0;
};

// Factors and constants stay small, so that sums of products with row counts fit.
constexpr int128_t kConstantMax = INT32_MAX;

std::optional<Linear> LinearOf(const ExprPtr& expr) {
  switch (expr->kind()) {
    case ExprKind::kColumn:
      return Linear{expr, 1, 0};
    case ExprKind::kLiteral:
      if (expr->literal().is_null() || !expr->type().is_integer()) return std::nullopt;
      return Linear{nullptr, 0, expr->literal().wide()};
    case ExprKind::kCast:
      if (!expr->type().is_integer() || !expr->child(0)->type().is_integer()) return std::nullopt;
      return LinearOf(expr->child(0));
    case ExprKind::kCall: {
      if (expr->children().size() != 2) return std::nullopt;
      const auto a = LinearOf(expr->child(0));
      const auto b = LinearOf(expr->child(1));
      if (!a.has_value() || !b.has_value() || (a->base != nullptr && b->base != nullptr)) return std::nullopt;
      Linear out;
      out.base = a->base != nullptr ? a->base : b->base;
      if (expr->name() == "+") {
        out.factor = a->factor + b->factor;
        out.constant = a->constant + b->constant;
      } else if (expr->name() == "-") {
        out.factor = a->factor - b->factor;
        out.constant = a->constant - b->constant;
      } else if (expr->name() == "*") {
        out.factor = a->factor * b->constant + b->factor * a->constant;
        out.constant = a->constant * b->constant;
      } else {
        return std::nullopt;
      }
      const auto small = [](int128_t value) { return value >= -kConstantMax && value <= kConstantMax; };
      if (!small(out.factor) || !small(out.constant)) return std::nullopt;
      return out;
    }
    default:
      return std::nullopt;
  }
}

class SumSplitter {
 public:
  SumSplitter(const LogicalPtr& plan, const OptimizerContext& context)
      : context_(context), ids_(*plan), estimator_(context.details) {}

  LogicalPtr Run(const LogicalPtr& plan) {
    const LogicalPtr node = MapChildren(plan, estimator_, [&](const LogicalPtr& child) { return Run(child); });
    return node->kind() == LogicalKind::kAggregate ? Split(node) : node;
  }

 private:
  static bool IsSum(const AggregateCall& call) {
    return call.name == "sum" && call.args.size() == 1 && !call.distinct && call.order_by.empty() &&
           call.args[0]->type().is_integer() && call.args[0]->volatility() != Volatility::kVolatile;
  }

  static bool SameFilter(const AggregateCall& a, const AggregateCall& b) {
    if (a.filter == nullptr || b.filter == nullptr) return a.filter == b.filter;
    return a.filter->Equals(*b.filter) && a.filter->volatility() != Volatility::kVolatile;
  }

  struct Member {
    size_t call;
    Linear linear;
  };

  LogicalPtr Split(const LogicalPtr& plan) {
    const auto& aggregate = plan->as<LogicalAggregate>();
    std::vector<std::vector<Member>> families;
    for (size_t i = 0; i < aggregate.aggregates.size(); ++i) {
      const AggregateCall& call = aggregate.aggregates[i];
      if (!IsSum(call)) continue;
      auto linear = LinearOf(call.args[0]);
      if (!linear.has_value() || linear->base == nullptr) continue;
      if (linear->base != call.args[0] && !RangeOf(*call.args[0], estimator_.Estimate(plan->child())).has_value()) {
        continue;
      }
      const auto found = std::find_if(families.begin(), families.end(), [&](const std::vector<Member>& family) {
        return family[0].linear.base->Equals(*linear->base) && SameFilter(aggregate.aggregates[family[0].call], call);
      });
      if (found == families.end()) {
        families.push_back({{i, std::move(*linear)}});
      } else {
        found->push_back({i, std::move(*linear)});
      }
    }
    std::erase_if(families, [&](const std::vector<Member>& family) { return !Pays(family, aggregate); });
    if (families.empty()) return plan;

    const size_t groups = aggregate.groups.size();
    std::vector<ExprPtr> instead(aggregate.aggregates.size());
    std::vector<AggregateCall> added;
    std::vector<PlanColumn> added_columns;
    const auto add = [&](std::string_view name, const Member& like) {
      AggregateCall call = context_.registry.BindAggregate(name, {like.linear.base});
      call.filter = aggregate.aggregates[like.call].filter;
      added_columns.push_back(ids_.Make(call.type, call.ToString()));
      added.push_back(std::move(call));
      return ToExpr(added_columns.back());
    };
    for (const std::vector<Member>& family : families) {
      const ExprPtr sum = add("sum", family[0]);
      const bool counts =
          std::any_of(family.begin(), family.end(), [](const Member& member) { return member.linear.constant != 0; });
      const ExprPtr count = counts ? add("count", family[0]) : nullptr;
      for (const Member& member : family) {
        const Type& type = aggregate.aggregates[member.call].type;
        const auto times = [&](const ExprPtr& what, int128_t factor) -> ExprPtr {
          ExprPtr as_result = what->type() == type ? what : Expr::Cast(what, type);
          if (factor == 1) return as_result;
          ExprPtr literal = Expr::Cast(Expr::Literal(Value::Int64(static_cast<int64_t>(factor))), type);
          return AsType(context_.registry.BindCall("*", {std::move(as_result), std::move(literal)}), type);
        };
        ExprPtr value = times(sum, member.linear.factor);
        if (member.linear.constant != 0) {
          value =
              AsType(context_.registry.BindCall("+", {std::move(value), times(count, member.linear.constant)}), type);
        }
        instead[member.call] = SimplifyExpr(value, context_);
      }
    }
    std::vector<AggregateCall> calls;
    std::vector<PlanColumn> columns(plan->columns().begin(), plan->columns().begin() + static_cast<ptrdiff_t>(groups));
    std::vector<ExprPtr> exprs;
    for (const PlanColumn& column : columns) exprs.push_back(ToExpr(column));
    for (size_t i = 0; i < instead.size(); ++i) {
      const PlanColumn& column = plan->columns()[groups + i];
      exprs.push_back(instead[i] != nullptr ? instead[i] : ToExpr(column));
      if (instead[i] != nullptr) continue;
      calls.push_back(aggregate.aggregates[i]);
      columns.push_back(column);
    }
    for (size_t i = 0; i < added.size(); ++i) {
      calls.push_back(std::move(added[i]));
      columns.push_back(added_columns[i]);
    }
    LogicalPtr below =
        std::make_shared<LogicalAggregate>(plan->child(), aggregate.groups, std::move(calls), std::move(columns));
    return std::make_shared<LogicalProject>(std::move(below), std::move(exprs), plan->columns());
  }

  // Two calls replace at least two, and at least one of those computed something.
  static bool Pays(const std::vector<Member>& family, const LogicalAggregate& aggregate) {
    size_t computed = 0;
    for (const Member& member : family) {
      computed += aggregate.aggregates[member.call].args[0] == member.linear.base ? 0 : 1;
    }
    return family.size() >= 2 && computed > 0;
  }

  static ExprPtr AsType(ExprPtr expr, const Type& type) {
    return expr->type() == type ? expr : Expr::Cast(std::move(expr), type);
  }

  const OptimizerContext& context_;
  FreshIds ids_;
  CardinalityEstimator estimator_;
};

}  // namespace

LogicalPtr SplitSums(const LogicalPtr& plan, const OptimizerContext& context) {
  return SumSplitter(plan, context).Run(plan);
}

}  // namespace weir
