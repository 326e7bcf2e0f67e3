#pragma once

#include <string>
#include <vector>

#include "sql/binder/expression_binder.h"

namespace weir {

// Binds one SELECT with the ORDER BY of the query around it:
// FROM -> WHERE -> GROUP BY -> HAVING -> select list -> DISTINCT -> ORDER BY.
class SelectBinder {
 public:
  // `query` gives the ORDER BY, or is null.
  SelectBinder(Binder& binder, const ast::Select& select, const ast::Query* query, Scope* outer);
  LogicalPtr Bind(std::vector<std::string>& names, std::vector<ColumnId>& correlated);

 private:
  struct Item {
    ExprPtr expr;
    std::string name;
    const ast::Expr* source = nullptr;  // null for columns of a star
  };

  void RefuseWhatIsMissing() const;
  void BindWhere();
  void BindItems();
  void ExpandStar(const ast::StarExpr& star);
  // unnest(list) as a select item: a row per element.
  ExprPtr BindUnnestItem(const ast::FunctionCall& call);
  void BindGroups();
  void BindGroup(const ast::Expr& expr);
  void BindHaving();
  void BindOrder();
  void Aggregate();
  // Replaces what the grouping computes by its output columns; 42803 for what is left of the input.
  ExprPtr OverGroups(const ExprPtr& expr) const;
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
  AggregateCollector aggregates_;
  std::vector<PendingApply> before_groups_;  // subqueries in groups and in aggregate arguments
  std::vector<PendingApply> pending_;        // subqueries over the (grouped) rows
  std::vector<ExprPtr> unnested_;            // lists of select items that are unnest(...)
  std::vector<PlanColumn> unnested_columns_;
  ExprPtr having_;
  struct Order {
    SortKey key;
    std::optional<size_t> item;  // the select item that it is
  };
  std::vector<Order> order_;
  bool grouped_ = false;
};

// The 0-based select item that an integer literal in GROUP BY or ORDER BY names; nullopt for other expressions.
std::optional<size_t> OrdinalOf(const ast::Expr& expr, size_t count, std::string_view clause);

}  // namespace weir
