#pragma once

#include <string>
#include <vector>

#include "sql/binder/expression_binder.h"

namespace weir {

// Binds one SELECT with the ORDER BY of the query around it:
// FROM -> WHERE -> GROUP BY -> HAVING -> windows -> QUALIFY -> select list -> DISTINCT -> ORDER BY.
class SelectBinder {
 public:
  // `query` gives the ORDER BY, or is null.
  SelectBinder(Binder& binder, const ast::Select& select, const ast::Query* query, Scope* outer);
  LogicalPtr Bind(std::vector<std::string>& names, std::vector<ColumnId>& correlated);
  // Only the select items, of RETURNING, over rows that are there already: appends them to `exprs`, over the plan that
  // it returns.
  LogicalPtr BindReturning(LogicalPtr plan, const Scope& scope, std::vector<ExprPtr>& exprs,
                           std::vector<std::string>& names);

 private:
  struct Item {
    ExprPtr expr;
    std::string name;
    const ast::Expr* source = nullptr;  // null for columns of a star
  };

  // Positions in groups_, ascending.
  using GroupingSet = std::vector<size_t>;

  void AllowAliases(ExpressionBinder& binder);
  void BindWhere();
  void BindItems();
  void ExpandStar(const ast::StarExpr& star);
  void ExpandColumns(const ast::FunctionCall& call);
  // unnest(list) as a select item: a row per element.
  ExprPtr BindUnnestItem(const ast::FunctionCall& call);
  void BindHaving();
  void BindQualify();
  void BindOrder();
  std::optional<size_t> ItemNamed(const ast::Expr& expr, std::string_view clause) const;
  // bind_grouping.cc
  void BindGroups();
  ExprPtr BindGroup(const ast::Expr& expr);
  size_t AddGroup(const ast::Expr& expr);
  std::vector<GroupingSet> ExpandSets(const ast::GroupItem& item);
  // Subqueries of select items that are grouped by come before the grouping.
  void MoveGroupedSubqueries();
  void Aggregate();
  // The plan with a row for each grouping set, in which the other sets' keys are NULL.
  void RepeatForSets(std::vector<ExprPtr>& keys);
  std::vector<AggregateCall> GroupFinest(std::vector<ExprPtr>& keys);
  LogicalPtr MergeGroups(std::vector<ExprPtr> keys, const std::vector<AggregateCall>& calls,
                         std::vector<PlanColumn>& columns);
  // Sets without keys have a row even when there is no input.
  void AddEmptySets();
  void ResolveGroupings();
  void CheckSubqueries(const std::vector<PlanColumn>& grouped) const;
  // Replaces what the grouping computes by its output columns; 42803 for what is left of the input.
  ExprPtr OverGroups(const ExprPtr& expr) const;
  // bind_select_window.cc
  void ComputeWindows();
  void BindDistinctOn();
  LogicalPtr FirstOfEach(LogicalPtr plan, const std::vector<ExprPtr>& keys, const std::vector<SortKey>& order);
  LogicalPtr Project(std::vector<std::string>& names);
  ExpressionBinder ItemBinder(std::string_view clause);

  Binder& binder_;
  const ast::Select& select_;
  const ast::Query* query_;
  Scope* outer_;
  Scope scope_;
  LogicalPtr plan_;
  std::vector<Item> items_;
  std::vector<ExprPtr> groups_;
  std::vector<PlanColumn> group_columns_;
  // With GROUPING SETS and its like: the sets, and the column that says which one a row belongs to.
  std::vector<GroupingSet> sets_;
  PlanColumn set_column_;
  AggregateCollector aggregates_;
  WindowCollector windows_;
  GroupingCollector groupings_;
  SubqueryCollector subqueries_;
  std::vector<ExprPtr> grouping_values_;     // per call of groupings_
  std::vector<PendingApply> before_groups_;  // subqueries in groups and in aggregate arguments
  std::vector<PendingApply> pending_;        // subqueries over the (grouped) rows
  std::vector<ExprPtr> unnested_;            // lists of select items that are unnest(...)
  std::vector<PlanColumn> unnested_columns_;
  ExprPtr having_;
  ExprPtr qualify_;
  struct Order {
    SortKey key;
    std::optional<size_t> item;  // the select item that it is
  };
  std::vector<Order> order_;
  std::vector<ExprPtr> distinct_on_;
  bool grouped_ = false;
  bool returning_ = false;
};

// The 0-based select item that an integer literal in GROUP BY or ORDER BY names; nullopt for other expressions.
std::optional<size_t> OrdinalOf(const ast::Expr& expr, size_t count, std::string_view clause);

}  // namespace weir
