#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sql/parser/ast.h"
#include "sql/parser/precedence.h"

namespace weir {

// Builds the text of ToSql; its methods are spread over sql_writer*.cc as the nodes are over ast_*.h.
class SqlWriter {
 public:
  // ---- names, types, options (sql_writer.cc)
  void Name(std::string_view name);
  void Names(ast::List<ast::Name> names);               // a, b
  void ParenthesizedNames(ast::List<ast::Name> names);  // (a, b)
  void Qualified(const ast::QualifiedName& name);
  void QualifiedList(ast::List<ast::QualifiedName> names);
  void String(std::string_view text);
  void Type(const ast::TypeName& type);
  void OptionValue(const ast::Expr& value);
  void Options(ast::List<ast::Option> options, bool equals = true);          // (k = v, ...)
  void OptionsAfter(std::string_view head, ast::List<ast::Option> options);  // " HEAD (k = v)", or nothing
  void Comment(const std::optional<ast::Name>& comment);                     // " COMMENT 'x'", or nothing

  // ---- expressions (sql_writer_expr.cc)
  void Expr(const ast::Expr& expr, Precedence min = Precedence::kLowest);
  void ExprList(ast::List<const ast::Expr*> exprs);
  void SortItems(ast::List<ast::SortItem> items);
  void SortSuffix(const ast::SortItem& item);
  void Window(const ast::WindowSpec& spec);
  void Call(const ast::FunctionCall& call, bool in_from);
  void NestedExpr(const ast::Expr& expr);  // in parentheses

  // ---- queries (sql_writer_query.cc)
  void Query(const ast::Query& query);
  void SelectItems(ast::List<ast::SelectItem> items);
  void Tables(ast::List<const ast::TableRef*> tables);
  void Table(const ast::TableRef& table);
  void With(const ast::With* with);
  void Star(const ast::StarExpr& star);

  // ---- statements (sql_writer_statement.cc, sql_writer_ddl.cc, sql_writer_admin.cc)
  void Statement(const ast::Statement& statement);

  std::string&& Take() { return std::move(out_); }

 private:
  template <typename... Parts>
  void Put(Parts... parts) {
    ((out_ += parts), ...);
  }
  template <typename T, typename WriteItem>
  void CommaList(ast::List<T> items, WriteItem write) {
    bool first = true;
    for (const T& item : items) {
      if (!first) out_ += ", ";
      first = false;
      write(item);
    }
  }

  // expressions
  void Head(const ast::Expr& expr);
  void Tail(const ast::Expr& expr);
  void Leaf(const ast::Expr& expr);
  void CallName(const ast::FunctionCall& call, bool in_from);
  void Argument(const ast::Expr& argument, bool higher_order);
  void Lambda(const ast::LambdaExpr& lambda);
  void Interval(const ast::IntervalLiteral& interval);
  void Subscript(const ast::SubscriptExpr& subscript);
  void Bound(const ast::FrameBound& bound);

  // queries
  void Body(const ast::QueryBody& body);
  void SelectBody(const ast::Select& select);
  void GroupItem(const ast::GroupItem& item);
  void Sample(const ast::TableSample& sample, std::string_view head);
  void Alias(const ast::TableAlias& alias);
  void SimpleTable(const ast::TableRef& table);
  void JoinTail(const ast::JoinedTable& join);
  void PivotTail(const ast::PivotTable& pivot);
  void UnpivotTail(const ast::UnpivotTable& unpivot);

  // statements of rows and sessions
#define X(node) void Write(const ast::node& statement);
  WEIR_AST_STATEMENTS(X)
#undef X
  void Assignments(ast::List<ast::Assignment> assignments);
  void Returning(ast::List<ast::SelectItem> items);
  void PutSetItem(const ast::SetItem& item);
  void TransactionModes(ast::IsolationLevel isolation, std::optional<bool> read_only, std::optional<bool> deferrable);
  void AnalyzeTargets(ast::List<ast::AnalyzeTarget> targets);

  // definitions
  void Column(const ast::ColumnDefinition& column);
  void PutConstraint(const ast::Constraint& constraint);
  void TableElements(ast::List<ast::ColumnDefinition> columns, bool wildcard,
                     ast::List<const ast::Constraint*> constraints, ast::List<ast::TableIndex> indexes,
                     ast::List<ast::Watermark> watermarks);
  void PutPartitionBy(const ast::PartitionBy& partition);
  void PutPartition(const ast::PartitionDefinition& partition);
  void PutDistribution(const ast::Distribution& distribution);
  void PutRefresh(const ast::RefreshClause& refresh);
  void PutIndex(const ast::TableIndex& index);
  void PutFormat(const ast::StreamFormat* format);
  void PutIncluded(ast::List<ast::IncludedColumn> columns);
  void ViewColumns(ast::List<ast::ViewColumn> columns);
  void PutParameter(const ast::FunctionParameter& parameter);
  void PutSequenceOptions(ast::List<ast::Option> options);
  void PutRole(const ast::RoleName& role);
  void PutRoleOptions(ast::List<ast::Option> options);
  void PutAlterAction(const ast::AlterAction& action, ast::ObjectKind object);
  void PutBehavior(ast::DropBehavior behavior);

  // loads and administration
  void PutLoadColumns(ast::List<ast::LoadColumn> columns);
  template <typename Node>
  void RoutineLoadClauses(const Node& load);

  std::string out_;
};

}  // namespace weir
