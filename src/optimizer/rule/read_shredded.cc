#include "optimizer/rule/read_shredded.h"

#include <algorithm>
#include <unordered_map>

namespace weir {

namespace {

struct Entry {
  std::string key;
  ColumnId column;
};

class Rewriter {
 public:
  LogicalPtr Rewrite(const LogicalPtr& plan) {
    if (plan->kind() == LogicalKind::kCteScan) NoteCteScan(plan->as<LogicalCteScan>());
    if (plan->kind() == LogicalKind::kScan) return RewriteScan(plan);
    std::vector<LogicalPtr> children;
    bool changed = false;
    for (const LogicalPtr& child : plan->children()) {
      children.push_back(Rewrite(child));
      changed = changed || children.back() != child;
    }
    // Only tables that have such columns lead to more work.
    if (entries_.empty()) return plan;
    children_ = &children;
    exprs_changed_ = false;
    LogicalPtr node = RewriteNode(plan);
    children_ = nullptr;
    if (!changed && !exprs_changed_) return plan;
    node = node->WithChildren(std::move(children));
    return node->columns().size() == plan->columns().size() ? node : Narrow(std::move(node), plan->columns());
  }

 private:
  // What was exposed below for an expression of this node is not for those above.
  static LogicalPtr Narrow(LogicalPtr plan, const std::vector<PlanColumn>& columns) {
    std::vector<ExprPtr> exprs;
    for (const PlanColumn& column : columns) exprs.push_back(Expr::Column(column.id, column.type, column.name));
    return std::make_shared<LogicalProject>(std::move(plan), std::move(exprs), columns);
  }

  LogicalPtr RewriteScan(const LogicalPtr& plan) {
    const auto& scan = plan->as<LogicalScan>();
    for (const ShreddedEntry& entry : scan.shredded) entries_[entry.map].push_back({entry.key, entry.column});
    if (scan.shredded.empty() || scan.filters.empty()) return plan;
    std::vector<LogicalPtr> self = {plan};
    children_ = &self;
    exprs_changed_ = false;
    std::vector<ExprPtr> filters = scan.filters;
    for (ExprPtr& filter : filters) filter = RewriteOne(filter);
    children_ = nullptr;
    return exprs_changed_ ? scan.WithFilters(std::move(filters)) : plan;
  }

  // A CTE's columns have ids of their own.
  void NoteCteScan(const LogicalCteScan& scan) {
    const auto column_of = [&](ColumnId definition) {
      for (size_t i = 0; i < scan.definition_columns.size(); ++i) {
        if (scan.definition_columns[i] == definition) return scan.columns()[i].id;
      }
      return ColumnId();
    };
    std::vector<std::pair<ColumnId, Entry>> found;
    for (const auto& [map, entries] : entries_) {
      const ColumnId here = column_of(map);
      if (here == ColumnId()) continue;
      for (const Entry& entry : entries) {
        if (const ColumnId column = column_of(entry.column); column != ColumnId()) {
          found.push_back({here, {entry.key, column}});
        }
      }
    }
    for (auto& [map, entry] : found) entries_[map].push_back(std::move(entry));
  }

  static const PlanColumn* FindColumn(const LogicalNode& plan, ColumnId id) {
    const auto& columns = plan.columns();
    const auto at = std::find_if(columns.begin(), columns.end(), [&](const PlanColumn& c) { return c.id == id; });
    return at == columns.end() ? nullptr : &*at;
  }

  // The plan with `id` among its columns, or null. Projections that pass the map on can pass the entry on as well.
  static LogicalPtr Expose(const LogicalPtr& plan, ColumnId map, ColumnId id) {
    if (FindColumn(*plan, id) != nullptr) return plan;
    if (FindColumn(*plan, map) == nullptr) return nullptr;
    switch (plan->kind()) {
      case LogicalKind::kFilter:
      case LogicalKind::kSort:
      case LogicalKind::kLimit: {
        LogicalPtr child = Expose(plan->child(), map, id);
        return child == nullptr ? nullptr : plan->WithChildren({std::move(child)});
      }
      case LogicalKind::kProject: {
        LogicalPtr child = Expose(plan->child(), map, id);
        if (child == nullptr) return nullptr;
        const PlanColumn column = *FindColumn(*child, id);
        std::vector<ExprPtr> exprs = plan->as<LogicalProject>().exprs;
        std::vector<PlanColumn> columns = plan->columns();
        exprs.push_back(Expr::Column(column.id, column.type, column.name));
        columns.push_back(column);
        return std::make_shared<LogicalProject>(std::move(child), std::move(exprs), std::move(columns));
      }
      default:
        return nullptr;
    }
  }

  ExprPtr RewriteOne(const ExprPtr& expr) {
    return expr == nullptr ? nullptr : RewriteExpr(expr, [this](const ExprPtr& node) { return RewriteEntry(node); });
  }

  ExprPtr RewriteEntry(const ExprPtr& expr) {
    if (!expr->is(ExprKind::kCall) || expr->children().size() != 2 ||
        (expr->name() != "[]" && expr->name() != "element_at") || !expr->child(0)->is(ExprKind::kColumn) ||
        !expr->child(1)->is(ExprKind::kLiteral) || expr->child(1)->literal().is_null() ||
        !expr->child(1)->type().is(TypeKind::kVarchar)) {
      return expr;
    }
    const ColumnId map = expr->child(0)->column_id();
    const auto found = entries_.find(map);
    if (found == entries_.end()) return expr;
    const std::string_view key = expr->child(1)->literal().bytes();
    for (const Entry& entry : found->second) {
      if (entry.key != key) continue;
      for (LogicalPtr& child : *children_) {
        LogicalPtr exposed = Expose(child, map, entry.column);
        if (exposed == nullptr) continue;
        const PlanColumn& column = *FindColumn(*exposed, entry.column);
        if (!(column.type == expr->type())) continue;
        child = exposed;
        exprs_changed_ = true;
        return Expr::WithPosition(Expr::Column(column.id, column.type, column.name), expr->position());
      }
    }
    return expr;
  }

  LogicalPtr RewriteNode(const LogicalPtr& node) {
    switch (node->kind()) {
      case LogicalKind::kFilter: {
        const ExprPtr predicate = RewriteOne(node->as<LogicalFilter>().predicate);
        return exprs_changed_ ? std::make_shared<LogicalFilter>(node->child(), predicate) : node;
      }
      case LogicalKind::kProject: {
        std::vector<ExprPtr> exprs = node->as<LogicalProject>().exprs;
        for (ExprPtr& expr : exprs) expr = RewriteOne(expr);
        if (!exprs_changed_) return node;
        return std::make_shared<LogicalProject>(node->child(), std::move(exprs), node->columns());
      }
      case LogicalKind::kAggregate: {
        const auto& aggregate = node->as<LogicalAggregate>();
        std::vector<ExprPtr> groups = aggregate.groups;
        for (ExprPtr& group : groups) group = RewriteOne(group);
        std::vector<AggregateCall> calls = aggregate.aggregates;
        for (AggregateCall& call : calls) {
          for (ExprPtr& arg : call.args) arg = RewriteOne(arg);
          call.filter = RewriteOne(call.filter);
          for (auto& order : call.order_by) order.expr = RewriteOne(order.expr);
        }
        if (!exprs_changed_) return node;
        return std::make_shared<LogicalAggregate>(node->child(), std::move(groups), std::move(calls), node->columns());
      }
      case LogicalKind::kJoin: {
        const auto& join = node->as<LogicalJoin>();
        const ExprPtr condition = RewriteOne(join.condition);
        if (!exprs_changed_) return node;
        return std::make_shared<LogicalJoin>(join.join_kind, join.child(0), join.child(1), condition, join.null_aware,
                                             join.mark);
      }
      case LogicalKind::kAsofJoin: {
        const auto& join = node->as<LogicalAsofJoin>();
        AsofCondition condition = join.condition;
        ForEachExpr(condition, [&](ExprPtr& expr) { expr = RewriteOne(expr); });
        if (!exprs_changed_) return node;
        return std::make_shared<LogicalAsofJoin>(join.join_kind, join.child(0), join.child(1), std::move(condition));
      }
      case LogicalKind::kSort: {
        std::vector<SortKey> keys = node->as<LogicalSort>().keys;
        for (SortKey& key : keys) key.expr = RewriteOne(key.expr);
        return exprs_changed_ ? std::make_shared<LogicalSort>(node->child(), std::move(keys)) : node;
      }
      default:
        return node;
    }
  }

  std::unordered_map<ColumnId, std::vector<Entry>> entries_;  // by map column
  std::vector<LogicalPtr>* children_ = nullptr;               // of the node that is being rewritten
  bool exprs_changed_ = false;
};

}  // namespace

LogicalPtr ReadShredded(const LogicalPtr& plan, const OptimizerContext&) {
  return Rewriter().Rewrite(plan);
}

}  // namespace weir
