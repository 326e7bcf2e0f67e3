#include "optimizer/rule/answer_from_statistics.h"

#include <algorithm>

#include "optimizer/columns.h"

namespace weir {

namespace {

// All rows of a source, under the names that projections above it give its columns.
struct AllRows {
  const LogicalScan* scan = nullptr;
  ColumnMap names;
  std::vector<bool> exact;  // by position in the source
};

std::optional<AllRows> AllRowsOf(const LogicalNode& plan) {
  switch (plan.kind()) {
    case LogicalKind::kScan: {
      const auto& scan = plan.as<LogicalScan>();
      const bool counted = scan.table_rows.has_value() && !std::holds_alternative<VirtualSource>(scan.source);
      if (!counted || !scan.filters.empty()) return std::nullopt;
      AllRows out{&scan, {}, {}};
      for (const PlanColumn& column : plan.columns()) out.names.emplace(column.id, ToExpr(column));
      return out;
    }
    case LogicalKind::kProject: {
      auto below = AllRowsOf(*plan.child());
      if (!below.has_value()) return std::nullopt;
      ColumnMap names;
      for (size_t i = 0; i < plan.columns().size(); ++i) {
        names.emplace(plan.columns()[i].id, Substitute(plan.as<LogicalProject>().exprs[i], below->names));
      }
      below->names = std::move(names);
      return below;
    }
    case LogicalKind::kSort:
      return AllRowsOf(*plan.child());
    default:
      return std::nullopt;
  }
}

const ColumnStatistics* ExactStatistics(const AllRows& rows, const Expr& expr) {
  if (!expr.is(ExprKind::kColumn)) return nullptr;
  const LogicalScan& scan = *rows.scan;
  for (size_t i = 0; i < scan.columns().size(); ++i) {
    if (scan.columns()[i].id != expr.column_id()) continue;
    const size_t ordinal = scan.column_ordinals()[i];
    if (ordinal >= scan.column_statistics.size() || ordinal >= rows.exact.size() || !rows.exact[ordinal])
      return nullptr;
    return &scan.column_statistics[ordinal];
  }
  return nullptr;
}

std::optional<Value> Answer(const AggregateCall& call, const AllRows& rows) {
  if (call.filter != nullptr || call.args.size() > 1) return std::nullopt;
  const auto all = static_cast<int64_t>(*rows.scan->table_rows);
  if (call.name == "count" && !call.distinct && call.type.is(TypeKind::kInt64)) {
    if (call.args.empty()) return Value::Integer(call.type, all);
    const ExprPtr arg = Substitute(call.args[0], rows.names);
    if (arg->is(ExprKind::kLiteral)) return Value::Integer(call.type, arg->literal().is_null() ? 0 : all);
    const ColumnStatistics* known = ExactStatistics(rows, *arg);
    if (known == nullptr) return std::nullopt;
    return Value::Integer(call.type, all - static_cast<int64_t>(known->null_count));
  }
  if ((call.name == "min" || call.name == "max") && call.args.size() == 1) {
    const ExprPtr arg = Substitute(call.args[0], rows.names);
    const ColumnStatistics* known = ExactStatistics(rows, *arg);
    if (known == nullptr || !(arg->type() == call.type)) return std::nullopt;
    if (known->null_count >= static_cast<uint64_t>(all)) return Value::Null(call.type);
    const std::optional<Value>& bound = call.name == "min" ? known->min : known->max;
    if (!bound.has_value() || !(bound->type() == call.type)) return std::nullopt;
    return bound;
  }
  return std::nullopt;
}

}  // namespace

LogicalPtr AnswerFromStatistics(const LogicalPtr& plan, const OptimizerContext& context) {
  std::vector<LogicalPtr> children;
  bool changed = false;
  for (const LogicalPtr& child : plan->children()) {
    children.push_back(AnswerFromStatistics(child, context));
    changed = changed || children.back() != child;
  }
  const LogicalPtr node = changed ? plan->WithChildren(std::move(children)) : plan;
  if (node->kind() != LogicalKind::kAggregate) return node;
  const auto& aggregate = node->as<LogicalAggregate>();
  if (!aggregate.groups.empty() || aggregate.aggregates.empty()) return node;
  const auto may_be_known = [](const AggregateCall& call) {
    return call.name == "count" || call.name == "min" || call.name == "max";
  };
  if (!std::ranges::all_of(aggregate.aggregates, may_be_known)) return node;
  std::optional<AllRows> rows = AllRowsOf(*node->child());
  if (!rows.has_value()) return node;
  if (context.details != nullptr) rows->exact = context.details->ExactBounds(rows->scan->source);
  std::vector<ExprPtr> row;
  for (const AggregateCall& call : aggregate.aggregates) {
    std::optional<Value> value = Answer(call, *rows);
    if (!value.has_value()) return node;
    row.push_back(Expr::Literal(std::move(*value)));
  }
  return std::make_shared<LogicalValues>(std::vector<std::vector<ExprPtr>>{std::move(row)}, node->columns());
}

}  // namespace weir
