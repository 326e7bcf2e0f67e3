#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/user_type.h"
#include "plan/logical.h"
#include "sql/binder/context.h"
#include "sql/binder/function_frame.h"
#include "sql/binder/scope.h"
#include "sql/parser/ast.h"

namespace weir {

class ExpressionBinder;

// A bound query or change of rows.
struct BoundStatement {
  LogicalPtr plan;
  std::vector<std::string> names;     // of the result's columns
  std::vector<Type> parameter_types;  // as declared or inferred; unknown where nothing said
  bool returns_rows = true;           // false: a change without RETURNING, whose one column is the count
  bool changes_rows = false;
};

// What COPY does with the rows that it reads. Both are over inputs, not columns.
struct BoundCopy {
  std::vector<ExprPtr> values;  // one per column of the table, over the columns read
  ExprPtr filter;               // over the columns of the table; null: all rows
};

// A subquery that an expression needs: hung onto the plan that the expression is evaluated over.
struct PendingApply {
  JoinKind kind = JoinKind::kSingle;
  LogicalPtr right;
  std::vector<ColumnId> correlated;
  ExprPtr condition;
  bool null_aware = false;
  std::optional<PlanColumn> mark;
};

// Gives names and types to a parsed statement: AST in, logical plan out. One per statement; throws user errors with
// positions in the statement's text. Single-threaded.
class Binder {
 public:
  explicit Binder(const BindContext& context);

  BoundStatement BindQueryStatement(const ast::Query& query);
  // The same, where the statement is the whole: its WITH may have INSERT, UPDATE and DELETE. Without `commits` a change
  // that is put around the plan commits them.
  BoundStatement BindTopQuery(const ast::Query& query, bool commits = true);
  // INSERT, UPDATE, DELETE or MERGE (change_binder.h).
  BoundStatement BindChange(const ast::Statement& statement);
  // `targets`: the table's columns that rows are read into, by ordinal. `where` may be null.
  BoundCopy BindCopy(const TableDef& table, const std::vector<size_t>& targets, const ast::Expr* where);
  // Binds the body of a function that is about to be made; throws what is wrong with it.
  void CheckSqlFunction(const SqlFunction& function);
  // A constant: SET, LIMIT, defaults, options. Columns are not visible.
  Value BindConstant(const ast::Expr& expr, const Type& type);
  // bind_type.cc: the type that a name denotes in the session.
  Type ResolveType(const ast::TypeName& name) const;
  // bind_domain.cc: the value, as one of its type's domain after the checks of that; other types are left alone.
  ExprPtr CheckDomain(ExprPtr value, const Type& type, int64_t position = -1);
  // Binds the CHECK of a domain over `base`, for its errors.
  void CheckDomainDefinition(const UserType& domain);
  // bind_collation.cc: 42704 when there is none of that name.
  Collation FindCollation(const ast::QualifiedName& name) const;
  // `type` as a column with COLLATE has it.
  Type CollatedType(const Type& type, const ast::QualifiedName& collation) const;

  // An expression without columns, uncast: column defaults.
  ExprPtr BindStandalone(const ast::Expr& expr);
  // A relation outside a query: for COPY (query) and DESCRIBE of table functions.
  ExternalRelation BindTableFunctionRelation(const ast::FunctionCall& call);

 private:
  friend class ChangeBinder;
  friend class ExpressionBinder;
  friend class SelectBinder;

  // A relation: its plan, and what its columns are called.
  struct Bound {
    LogicalPtr plan;
    Scope scope;
  };
  struct Cte {
    CteId id;
    std::string name;
    LogicalPtr definition;
    std::vector<std::string> names;
    ast::Materialization materialization;
    int uses = 0;
    bool changes_rows = false;  // an INSERT, UPDATE or DELETE, which is done once, used or not
    // While a recursive query is bound: its name stands for the rows of the round before, which `definition`'s columns
    // describe; null while the term is bound that must not name it.
    bool recursive = false;
  };

  // bind_query.cc
  LogicalPtr BindQuery(const ast::Query& query, Scope* outer, std::vector<std::string>& names,
                       std::vector<ColumnId>& correlated);
  LogicalPtr BindBody(const ast::QueryBody& body, Scope* outer, std::vector<std::string>& names,
                      std::vector<ColumnId>& correlated);
  LogicalPtr BindSetOperation(const ast::SetOperation& operation, Scope* outer, std::vector<std::string>& names,
                              std::vector<ColumnId>& correlated);
  void AlignByName(LogicalPtr& left, std::vector<std::string>& names, LogicalPtr& right,
                   const std::vector<std::string>& right_names);
  LogicalPtr CombineBranches(const ast::SetOperation& operation, std::vector<LogicalPtr> inputs,
                             const std::vector<std::string>& names);
  LogicalPtr BindValues(const ast::Values& values, Scope* outer, std::vector<std::string>& names,
                        std::vector<ColumnId>& correlated);
  // bind_order.cc
  struct Ordered {
    LogicalPtr plan;
    std::vector<SortKey> keys;  // over the plan's columns, which may be more than those asked about
  };
  Ordered ExposeOrder(const LogicalPtr& plan, bool keep_sort);
  LogicalPtr NumberRows(const LogicalPtr& plan, const PlanColumn& number);
  LogicalPtr LimitBySubquery(const LogicalPtr& plan, const ExprPtr& limit, const ExprPtr& offset,
                             std::vector<PendingApply>& pending);
  // bind_limit.cc
  LogicalPtr ApplyLimit(LogicalPtr plan, const ast::Query& query, Scope* outer, std::vector<ColumnId>& correlated);
  static LogicalPtr OnlyColumns(LogicalPtr plan, const std::vector<PlanColumn>& columns);
  LogicalPtr LimitWithTies(const LogicalPtr& plan, uint64_t limit, uint64_t offset);
  LogicalPtr LimitPercent(const LogicalPtr& plan, double percent, uint64_t offset);
  LogicalPtr Sample(LogicalPtr plan, const ast::TableSample& sample);
  std::optional<uint64_t> BindRowCount(const ast::Expr& expr, std::string_view clause, std::string_view sqlstate);
  LogicalPtr SortOutput(LogicalPtr plan, const ast::Query& query, const std::vector<std::string>& names);
  LogicalPtr CastColumns(LogicalPtr plan, const std::vector<Type>& types);
  SortKey MakeSortKey(const ast::SortItem& item, const ExprPtr& expr) const;
  size_t BindCtes(const ast::With& with, Scope* outer, std::vector<ColumnId>& correlated);
  size_t BindCtes(const ast::With& with);  // of a statement, with nothing around it
  LogicalPtr BindCte(const ast::With& with, const ast::CommonTableExpr& cte, Scope* outer,
                     std::vector<std::string>& names, std::vector<ColumnId>& correlated);
  // bind_recursive.cc
  LogicalPtr BindRecursive(const ast::CommonTableExpr& cte, const ast::SetOperation& operation, Scope* outer,
                           std::vector<std::string>& names, std::vector<ColumnId>& correlated);
  // bind_search.cc: adds the columns of SEARCH and CYCLE to both terms and to those that the recursion puts out.
  void TrackRows(const ast::CommonTableExpr& cte, CteId id, const std::vector<std::string>& column_names,
                 LogicalPtr& base, LogicalPtr& step, std::vector<PlanColumn>& columns, std::vector<std::string>& names);
  LogicalPtr FinishCtes(LogicalPtr plan, size_t first);
  LogicalPtr BindChangeInWith(const ast::CommonTableExpr& cte, std::vector<std::string>& names);

  // bind_from.cc
  Bound BindFrom(ast::List<const ast::TableRef*> from, Scope* outer);
  // What `bound` has, and the cross product with more tables.
  Bound AddToFrom(Bound bound, ast::List<const ast::TableRef*> from, Scope* outer);
  Bound BindTableRef(const ast::TableRef& table, Scope* outer, Scope* lateral);
  Bound BindNamedTable(const ast::NamedTable& table);
  Bound BindRelation(const Relation& relation, std::string_view alias);
  Bound BindView(const Relation& relation);
  Bound BindExternal(ExternalRelation relation, std::string name);
  Bound BindTableFunction(const ast::TableFunction& table, Scope* outer, Scope* lateral);
  Bound BindUnnest(const ast::TableFunction& table, const std::vector<const ast::FunctionCall*>& calls, Scope* outer);
  void SplitRows(Bound& bound, const std::string& relation);
  ExprPtr BindSeries(std::vector<ExprPtr> bounds, int64_t position);
  ExprPtr BindRecordFunction(ExpressionBinder& binder, const ast::FunctionCall& call, const ast::TableAlias& alias,
                             std::string_view name) const;
  Bound BindDerived(const ast::DerivedTable& table, Scope* outer, Scope* lateral);
  // bind_join.cc
  Bound BindJoin(const ast::JoinedTable& join, Scope* outer, Scope* lateral);
  bool ApplyToSides(std::vector<PendingApply>& pending, Bound& left, Bound& right, bool lateral);
  Bound JoinUsing(const ast::JoinedTable& join, JoinKind kind, Bound left, Bound right,
                  const std::vector<std::string>& names);
  // The two columns that each column of USING is made of.
  using UsingPairs = std::vector<std::pair<ScopeColumn, ScopeColumn>>;
  void MergeUsing(const ast::JoinedTable& join, JoinKind kind, const UsingPairs& pairs, Bound& out);
  Bound JoinByPairs(JoinKind kind, Bound left, Bound right, std::vector<ColumnId> correlated,
                    std::vector<PendingApply> pending, const ExprPtr& condition);
  Bound BindPositional(Bound left, Bound right);
  // bind_asof.cc
  AsofCondition SplitAsof(const ExprPtr& condition, const LogicalNode& left, const LogicalNode& right,
                          int64_t position) const;
  Bound BindAsof(const ast::JoinedTable& join, JoinKind kind, Bound left, const Bound& right);
  // bind_pivot.cc
  std::vector<std::vector<Value>> FindPivotValues(const ast::PivotTable& pivot, const ast::PivotColumn& column,
                                                  const std::vector<ExprPtr>& subjects, const LogicalPtr& source,
                                                  const Scope& source_scope);
  Bound BindPivot(const ast::PivotTable& pivot, Scope* outer, Scope* lateral);
  Bound BindUnpivot(const ast::UnpivotTable& unpivot, Scope* outer, Scope* lateral);
  Bound Combine(JoinKind kind, Bound left, Bound right, std::vector<ColumnId> correlated, ExprPtr condition);
  void ApplyAlias(Bound& bound, const ast::TableAlias& alias, int64_t position);
  Cte* FindCte(std::string_view name);
  TableFunctionCall EvaluateTableFunctionCall(const ast::FunctionCall& call);

  // bind_copy.cc
  ExprPtr DefaultOf(const ColumnDef& column);

  // bind_sql_function.cc
  std::vector<const SqlFunction*> FindSqlFunctions(const ast::QualifiedName& name) const;
  const SqlFunction* ChooseSqlFunction(const std::vector<const SqlFunction*>& candidates,
                                       std::vector<SqlArgument>& arguments, int64_t position);
  std::optional<Bound> BindSqlTableFunction(const ast::FunctionCall& call, Scope* around, const ast::TableAlias& alias);
  LogicalPtr BindSqlRows(const SqlFunction& function, std::vector<ExprPtr> arguments, std::vector<std::string>& names,
                         int64_t position);
  // What a function's body is bound in; refuses one that calls itself.
  BindContext ContextOf(const SqlFunction& function, int64_t position) const;
  // Around the binding of a body by a binder of its own, which shares our ids and parameters.
  void Enter(const Binder& around, FunctionFrame& frame);
  void Leave(const Binder& inner);

  PlanColumn NewColumn(Type type, std::string name) {
    uses_collations_ = uses_collations_ || type.collation() != nullptr;
    return {ids_.Next(), std::move(type), std::move(name)};
  }
  // bind_domain.cc
  ExprPtr BindDomainCheck(const UserType& domain, const UserType::Check& check, const ExprPtr& value);
  // bind_collation.cc
  void DeriveCollation(ExprPtr& expr) const;
  // What values are ordered by: the expression itself, or the key of its collation.
  ExprPtr OrderKey(const ExprPtr& expr) const;
  // What they are equal by.
  ExprPtr EqualityKey(const ExprPtr& expr) const;
  // The expression, for what orders values and gives one of them back; refuses collations with keys.
  const ExprPtr& WithoutOrderKey(const ExprPtr& expr, std::string_view what) const;
  // The arguments of a comparison, by their collation; equality is of bytes where that is deterministic.
  void CollateComparison(std::string_view op, std::vector<ExprPtr>& args, int64_t position) const;
  // Values are grouped and made distinct by their bytes: refuses collations by which that is not equality.
  void RequireByteEquality(const Type& type, std::string_view what) const;
  static LogicalPtr OneRow();
  LogicalPtr FlushApplies(LogicalPtr plan, std::vector<PendingApply>& pending);
  BoundStatement Finish(LogicalPtr plan, std::vector<std::string> names);
  // What is walked from the root down, or made anew for each of many parts, has a limit: 54001.
  static void CheckCount(size_t count, std::string_view what, int64_t position);
  static void CheckDepth(const LogicalPtr& plan);
  // A parameter whose type is open takes this one; anything else stays as it is.
  ExprPtr Settle(const ExprPtr& expr, const Type& type);
  // jsonb_keys.cc
  ExprPtr EqualJsonb(const ExprPtr& expr) const;
  LogicalPtr CanonicalRows(const LogicalPtr& plan);
  LogicalPtr GroupJsonb(const LogicalAggregate& aggregate, LogicalPtr child);
  LogicalPtr KeyedByJsonb(const LogicalPtr& plan);

  const BindContext& context_;
  const Registry& registry_;
  ColumnIdSource ids_;
  std::vector<Type> parameter_types_;
  std::vector<std::unique_ptr<Cte>> ctes_;  // visible ones, innermost last
  bool uses_collations_ = false;            // some expression may have one: derivation is worth its time
  int view_depth_ = 0;
  int query_depth_ = 0;
  int change_depth_max_ = -1;       // of the queries whose WITH may have changes
  FunctionFrame* frame_ = nullptr;  // of the function whose body this is
  ExprPtr merge_action_;            // what merge_action() is in the RETURNING of a MERGE
};

}  // namespace weir
