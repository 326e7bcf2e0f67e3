#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/binder/binder.h"

namespace weir {

// Aggregates found while the expressions of a SELECT are bound; each distinct call once.
struct AggregateCollector {
  std::vector<AggregateCall> calls;
  std::vector<PlanColumn> columns;
};

// Window calls found likewise, by window: those with equal partitions and order are computed together.
struct WindowCollector {
  struct Window {
    std::vector<ExprPtr> partition_by;
    std::vector<SortKey> order_by;
    std::vector<WindowCall> calls;
    std::vector<PlanColumn> columns;
  };
  ast::List<ast::NamedWindow> definitions;  // of the WINDOW clause
  std::vector<Window> windows;

  bool Makes(ColumnId id) const;
  // The column of the first window call in the expression, or null.
  const Expr* FindIn(const Expr& expr) const;
};

// Calls of GROUPING(...): columns that stand for them until the grouping is known.
struct GroupingCollector {
  struct Call {
    std::vector<ExprPtr> args;
    PlanColumn column;
    int64_t position = -1;
  };
  std::vector<Call> calls;
};

// Subqueries of a grouped SELECT by their text: one that is written in GROUP BY and again elsewhere is the same value.
struct SubqueryCollector {
  struct Known {
    std::string sql;
    ExprPtr result;
  };
  std::vector<Known> known;
  bool reuse = false;
};

// Functions that give a row for each element of their list.
bool GivesRows(std::string_view name);

// What a name means inside a lambda's body.
struct LambdaParameter {
  std::string name;
  ColumnId id;
  Type type;
};

struct BuiltinMacro;

// Binds expressions of one clause at one query level.
class ExpressionBinder {
 public:
  // `clause` is for errors: "WHERE". `aggregates` null: aggregate functions are not allowed here. `pending` gets the
  // subqueries; null: they are not allowed here. `aggregate_pending` gets those inside aggregate arguments.
  ExpressionBinder(Binder& binder, Scope& scope, std::string_view clause, std::vector<PendingApply>* pending,
                   AggregateCollector* aggregates = nullptr, std::vector<PendingApply>* aggregate_pending = nullptr);

  // Window functions are allowed here.
  void AllowWindows(WindowCollector& windows) { windows_ = &windows; }
  // Notes subqueries, and finds those noted before when it says so.
  void ShareSubqueries(SubqueryCollector& subqueries) { subqueries_ = &subqueries; }
  // GROUPING is allowed here.
  void AllowGrouping(GroupingCollector& groupings) { groupings_ = &groupings; }
  // Calls of functions that give rows are allowed, and what they are: the column of their elements.
  void AllowSets(std::function<ExprPtr(const ast::FunctionCall&)> sets) { sets_ = std::move(sets); }
  // What a name means that is no column of this level: select items, for QUALIFY. Null: nothing.
  void SetAliases(std::function<ExprPtr(std::string_view)> aliases) { aliases_ = std::move(aliases); }

  ExprPtr Bind(const ast::Expr& expr);
  // A subquery of one row at most, as the values of so many columns: NULLs when it has no row.
  std::vector<ExprPtr> BindRowSubquery(const ast::Query& query, size_t columns, int64_t position);
  // Checks all definitions of the WINDOW clause, used or not.
  void CheckWindowDefinitions();
  // With a cast to boolean, for WHERE, HAVING, ON and FILTER.
  ExprPtr BindPredicate(const ast::Expr& expr);

 private:
  friend class Binder;
  // bind_sql_function.cc
  ExprPtr BindSqlCall(const ast::FunctionCall& call);
  std::vector<SqlArgument> BindSqlArguments(const ast::FunctionCall& call);
  std::vector<ExprPtr> CastSqlArguments(const SqlFunction& function, const std::vector<SqlArgument>& arguments);
  ExprPtr InlineSqlFunction(const SqlFunction& function, std::vector<ExprPtr> arguments, int64_t position);
  ExprPtr BindSqlExpression(Binder& inner, const ast::Expr& expr, bool may_be_query);
  [[noreturn]] static void ThrowNoSuchSqlFunction(const ast::FunctionCall& call,
                                                  const std::vector<SqlArgument>& arguments);
  ExprPtr BindFunctionParameter(ast::List<ast::Name> parts, int64_t position);
  ExprPtr BindVariable(const ast::UserVariable& variable);
  ExprPtr BindNode(const ast::Expr& expr);
  ExprPtr BindNoted(const ast::Expr& expr);
  ExprPtr BindNumber(const ast::NumberLiteral& literal, bool negative);
  ExprPtr BindColumn(const ast::ColumnRef& column);
  ExprPtr BindWholeRow(std::string_view relation, int64_t position);
  ExprPtr BindFieldOf(ExprPtr base, std::string_view field, int64_t position);
  ExprPtr BindUnary(const ast::UnaryExpr& expr);
  ExprPtr BindBinary(const ast::BinaryExpr& expr);
  ExprPtr BindBinaryChain(const ast::BinaryExpr& expr);
  ExprPtr BindOperator(std::string_view op, ExprPtr left, ExprPtr right, int64_t position);
  ExprPtr BindRowComparison(std::string_view op, const ast::Expr& left, const ast::Expr& right, int64_t position);
  ExprPtr CompareRows(std::string_view op, const std::vector<ExprPtr>& lefts, const std::vector<ExprPtr>& rights,
                      int64_t position);
  ExprPtr BindLogical(const ast::LogicalExpr& expr);
  ExprPtr BindIsTest(const ast::IsTest& test);
  ExprPtr BindIsJson(ExprPtr operand, const ast::IsTest& test);
  ExprPtr BindBetween(const ast::BetweenExpr& between);
  ExprPtr BindInList(const ast::InListExpr& in);
  ExprPtr BindLike(const ast::LikeExpr& like);
  ExprPtr BindCase(const ast::CaseExpr& expr);
  ExprPtr BindCast(const ast::CastExpr& cast);
  ExprPtr BindRegCast(const ast::CastExpr& cast, std::string_view reg);
  // bind_domain.cc: what a parameter of a function gets, as columns get theirs.
  ExprPtr Assigned(const ExprPtr& value, const Type& type, int64_t position);
  ExprPtr BindBitString(const ast::BitStringLiteral& literal);
  ExprPtr BindCollationFor(const ast::Expr& operand);
  ExprPtr BindCollate(const ast::CollateExpr& collate);
  // min and max by a collation are of the value with the least or greatest key.
  void CollateAggregate(std::string& name, std::vector<ExprPtr>& args, int64_t position);
  ExprPtr BindInterval(const ast::IntervalLiteral& literal);
  // What is below a unit left out: interval '1 day 02:03' hour.
  ExprPtr CutToUnit(ExprPtr interval, const std::string& unit);
  ExprPtr BindParameter(const ast::Parameter& parameter);
  ExprPtr BindFunction(const ast::FunctionCall& call);
  ExprPtr BindAggregate(const ast::FunctionCall& call, std::string_view name);
  ExprPtr Collect(AggregateCall aggregate);
  Scope* LevelOf(const AggregateCall& aggregate) const;
  ExprPtr BindSetReturning(const ast::FunctionCall& call, std::string_view name);
  // While it lives, what is bound is not always computed, so it cannot give rows.
  class Conditional {
   public:
    Conditional(ExpressionBinder& binder, std::string_view what)
        : binder_(binder), sets_(std::exchange(binder.sets_, nullptr)), clause_(binder.clause_) {
      if (sets_) binder.clause_ = what;
    }
    ~Conditional() {
      binder_.sets_ = std::move(sets_);
      binder_.clause_ = clause_;
    }
    Conditional(const Conditional&) = delete;
    Conditional& operator=(const Conditional&) = delete;

   private:
    ExpressionBinder& binder_;
    std::function<ExprPtr(const ast::FunctionCall&)> sets_;
    std::string_view clause_;
  };
  ExprPtr BindGrouping(const ast::FunctionCall& call);
  // bind_ordered_set.cc
  ExprPtr BindWithinGroup(const ast::FunctionCall& call, std::string_view name);
  ExprPtr BindQuantile(const ast::FunctionCall& call, std::string_view name);
  ExprPtr BindHypothetical(const ast::FunctionCall& call, std::string_view name);
  ExprPtr CollectAggregate(std::string_view name, std::vector<ExprPtr> args, ExprPtr filter, bool distinct,
                           int64_t position);
  // bind_window.cc
  ExprPtr BindWindow(const ast::FunctionCall& call, std::string_view name);
  WindowCall BindWindowCall(const ast::FunctionCall& call, std::string_view name);
  void BindWindowArguments(const ast::FunctionCall& call, WindowCall& window);
  struct WindowDefinition {
    std::vector<ExprPtr> partition_by;
    std::vector<SortKey> order_by;
    const ast::WindowFrame* frame = nullptr;
  };
  WindowDefinition BindDefinition(const ast::WindowSpec& spec, size_t visible);
  WindowFrame BindFrame(const ast::WindowFrame& frame, const std::vector<SortKey>& order_by, int64_t position);
  ExprPtr BindFrameDistance(const ast::Expr& expr, std::string_view unit);
  void BindRangeBounds(WindowFrame& frame, const SortKey& key, int64_t position);
  // bind_rewritten.cc
  ExprPtr BindRewrittenAggregate(const ast::FunctionCall& call, std::string_view name);
  void AdaptAggregateArguments(std::string_view name, std::vector<ExprPtr>& args, int64_t position);
  // bind_lambda.cc
  ExprPtr BindComprehension(const ast::ListComprehension& comprehension);
  static bool HasLambda(const ast::FunctionCall& call);
  ExprPtr BindLambdaCall(const ast::FunctionCall& call, std::string_view name);
  ExprPtr MakeLambdaCall(std::string_view name, std::vector<ExprPtr> args, const std::vector<PlanColumn>& parameters,
                         ExprPtr body, int64_t position);
  ExprPtr FinishLambda(const FunctionSpec& spec, std::vector<ExprPtr> args, const std::vector<PlanColumn>& parameters,
                       ExprPtr lambda_body, int64_t lambda_position, int64_t position);
  ExprPtr BindReduce(const ast::FunctionCall& call, const FunctionSpec& spec, const ast::LambdaExpr& lambda,
                     std::vector<ExprPtr> args);
  std::vector<PlanColumn> BindLambdaParameters(const ast::LambdaExpr& lambda, const std::vector<Type>& types,
                                               std::string_view name);
  ExprPtr BindLambdaBody(const ast::LambdaExpr& lambda, const std::vector<PlanColumn>& parameters);
  const LambdaParameter* FindLambdaParameter(std::string_view name) const;
  ExprPtr BindSpecialFunction(const ast::FunctionCall& call, std::string_view name);
  // bind_macro.cc
  ExprPtr BindMacro(const ast::FunctionCall& call, std::string_view name);
  ExprPtr ExpandMacro(const BuiltinMacro& macro, const ast::FunctionCall& call);
  ExprPtr BindListAggregate(const ast::FunctionCall& call, std::optional<std::string_view> aggregate);
  ExprPtr BindText(const std::string& sql, int64_t position);
  // bind_let.cc
  struct HeldValue {
    PlanColumn column;  // what stands for it
    ExprPtr value;
  };
  // Puts columns in place of those values that must not be written more than once: volatile or large ones.
  std::vector<HeldValue> Hold(std::vector<ExprPtr>& values);
  // The body, over those columns, with the values.
  ExprPtr Release(ExprPtr body, std::vector<HeldValue> held, int64_t position);
  // Refuses what has become too large.
  static void CheckSize(const Expr& expr, std::string_view what, int64_t position);
  // bind_named_arguments.cc
  std::vector<ExprPtr> BindArguments(const ast::FunctionCall& call, std::string_view name);
  ExprPtr BindSubscript(const ast::SubscriptExpr& subscript);
  ExprPtr BindArray(const ast::ArrayExpr& array);
  ExprPtr BindStruct(const ast::StructExpr& expr);
  // bind_subquery.cc
  LogicalPtr BindSubquery(const ast::Query& query, std::vector<ColumnId>& correlated);
  std::vector<ExprPtr> BindFields(const ast::Expr& row);
  ExprPtr BindRowSubquery(std::string_view op, const ast::Expr& row, const ast::Query& query, bool subquery_first,
                          int64_t position);
  static void CheckFields(size_t wanted, size_t given, int64_t position);
  ExprPtr BindScalarSubquery(const ast::Query& query, int64_t position);
  ExprPtr BindExists(const ast::Query& query);
  ExprPtr BindQuantified(const ast::Expr& left, std::string_view op, bool all, const ast::Query& query,
                         int64_t position);
  ExprPtr BindQuantifiedArray(const ast::QuantifiedExpr& expr);
  ExprPtr BindArraySubquery(const ast::Query& query, int64_t position);
  std::vector<PendingApply>& Pending(int64_t position);

  ExprPtr Call(std::string_view name, std::vector<ExprPtr> args, int64_t position);
  ExprPtr CastTo(const ExprPtr& expr, const Type& type, CastRule rule, int64_t position, bool is_try = false);
  ExprPtr ToBoolean(ExprPtr expr, std::string_view what, int64_t position);
  // Gives all operands their common type.
  void Unify(std::vector<ExprPtr>& exprs, std::string_view what, int64_t position);
  // Parameters whose type was open take the type that they were cast to.
  ExprPtr FixParameters(ExprPtr expr);

  Binder& binder_;
  Scope& scope_;
  std::string_view clause_;
  std::vector<PendingApply>* pending_;
  AggregateCollector* aggregates_;
  std::vector<PendingApply>* aggregate_pending_;
  WindowCollector* windows_ = nullptr;
  GroupingCollector* groupings_ = nullptr;
  SubqueryCollector* subqueries_ = nullptr;
  std::function<ExprPtr(const ast::FunctionCall&)> sets_;
  std::function<ExprPtr(std::string_view)> aliases_;
  std::vector<LambdaParameter> lambda_parameters_;  // innermost last
  bool inside_aggregate_ = false;
  bool inside_window_ = false;      // in a window function's arguments
  bool inside_definition_ = false;  // in a window's keys
  int depth_ = 0;
};

}  // namespace weir
