#include "server/statement/statement.h"
#include "sql/parser/to_sql.h"

// UPDATE, and RETURNING of UPDATE and DELETE. Rows of a duplicate-key table have no identity, so an update deletes the
// rows that it finds and appends them anew; both read one snapshot and are one commit.

namespace weir {

namespace {

weir::QualifiedName NameOf(const ast::QualifiedName& name) {
  weir::QualifiedName out;
  out.name = std::string(name.parts.back());
  if (name.parts.size() > 1) out.schema = std::string(name.parts[name.parts.size() - 2]);
  if (name.parts.size() > 2) out.database = std::string(name.parts[name.parts.size() - 3]);
  return out;
}

// The statements that a change consists of. Their trees hang on the original's, and on what is kept here.
class ChangeParts {
 public:
  ChangeParts(Session& session, const ast::Update& update) : alias_(AliasOf(update.table, update.alias)) {
    if (update.with != nullptr || !update.from.empty()) {
      throw Error::Unsupported("Use scalar subqueries of literals, or DELETE and INSERT in one transaction.",
                               "UPDATE with FROM or WITH is not available")
          .WithPosition(update.offset);
    }
    const TablePtr table =
        session.ReadCatalog()->GetTable(NameOf(update.table), session.name_scope(), update.table.offset);
    std::vector<const ast::Expr*> values(table->columns.size(), nullptr);
    for (const ast::Assignment& assignment : update.assignments) Assign(*table, assignment, values);
    std::vector<ast::SelectItem> items;
    std::vector<ast::QualifiedName> columns;
    for (size_t i = 0; i < values.size(); ++i) {
      const ast::Name name = arena_.CopyText(table->columns[i].name);
      const ast::Expr* value = values[i];
      if (value == nullptr) {
        auto* column = arena_.New<ast::ColumnRef>();
        column->offset = update.table.offset;
        column->parts = arena_.CopyList(std::vector<ast::Name>{alias_, name});
        value = column;
      }
      items.push_back({value->offset, value, name});
      columns.push_back({value->offset, arena_.CopyList(std::vector<ast::Name>{name})});
    }
    rows_ = Rows(items, Table(update.table), update.where);
    auto* insert = arena_.New<ast::Insert>();
    insert->offset = update.offset;
    insert->table = update.table;
    insert->columns = arena_.CopyList(columns);
    insert->query = rows_;
    insert_ = insert;
    auto* removal = arena_.New<ast::Delete>();
    removal->offset = update.offset;
    removal->table = update.table;
    removal->alias = update.alias;
    removal->where = update.where;
    delete_ = removal;
    if (update.returning.empty()) return;
    auto* derived = arena_.New<ast::DerivedTable>();
    derived->offset = update.table.offset;
    derived->query = rows_;
    derived->alias.name = alias_;
    Returning(update.returning, derived, nullptr);
  }

  explicit ChangeParts(const ast::Delete& statement) : alias_(AliasOf(statement.table, statement.alias)) {
    auto* removal = arena_.New<ast::Delete>(statement);
    removal->returning = {};
    delete_ = removal;
    Returning(statement.returning, Table(statement.table), statement.where);
  }

  const ast::Insert* insert() const { return insert_; }  // null for DELETE
  const ast::Delete& removal() const { return *delete_; }
  const ast::QueryStatement* returning() const { return returning_; }  // or null

 private:
  static ast::Name AliasOf(const ast::QualifiedName& table, ast::Name alias) {
    return alias.empty() ? table.last() : alias;
  }

  void Assign(const TableDef& table, const ast::Assignment& assignment, std::vector<const ast::Expr*>& values) {
    const auto* row = assignment.value->TryAs<ast::RowExpr>();
    if (assignment.targets.size() > 1 && (row == nullptr || row->fields.size() != assignment.targets.size())) {
      throw Error::Unsupported("Assign the columns one by one.", "assigning a subquery's row is not available")
          .WithPosition(assignment.offset);
    }
    for (size_t i = 0; i < assignment.targets.size(); ++i) {
      const ast::Expr& target = *assignment.targets[i];
      const auto* column = target.TryAs<ast::ColumnRef>();
      if (column == nullptr || column->parts.size() > 1) {
        throw Error::Unsupported("Assign the whole value.", "assigning to a part of a column is not available")
            .WithPosition(target.offset);
      }
      const ColumnDef* found = table.FindColumn(column->last());
      if (found == nullptr) {
        throw Error::User(sqlstate::kUndefinedColumn, "column \"{}\" of relation \"{}\" does not exist", column->last(),
                          table.name)
            .WithPosition(target.offset);
      }
      const ast::Expr*& value = values[table.ColumnIndex(found->id)];
      if (value != nullptr) {
        throw Error::User(sqlstate::kSyntaxError, "multiple assignments to same column \"{}\"", found->name)
            .WithPosition(target.offset);
      }
      value = ValueFor(*found, assignment.targets.size() > 1 ? *row->fields[i] : *assignment.value);
    }
  }

  // DEFAULT becomes the column's; what has no type yet gets the column's.
  const ast::Expr* ValueFor(const ColumnDef& column, const ast::Expr& value) {
    const ast::Expr* expr = &value;
    if (value.kind == ast::ExprKind::kDefaultExpr) {
      std::string sql = column.default_sql;
      if (sql.empty()) sql = "NULL";
      parsed_.push_back(ParseExpression(sql));
      expr = parsed_.back().get();
    }
    if (expr->kind != ast::ExprKind::kParameter && expr->kind != ast::ExprKind::kNullLiteral) return expr;
    types_.push_back(ParseTypeName(column.type.ToString()));
    auto* cast = arena_.New<ast::CastExpr>();
    cast->offset = value.offset;
    cast->operand = expr;
    cast->type = types_.back().get();
    return cast;
  }

  const ast::TableRef* Table(const ast::QualifiedName& name) {
    auto* table = arena_.New<ast::NamedTable>();
    table->offset = name.offset;
    table->name = name;
    table->alias.name = alias_;
    return table;
  }

  const ast::Query* Rows(std::span<const ast::SelectItem> items, const ast::TableRef* from, const ast::Expr* where) {
    auto* select = arena_.New<ast::Select>();
    select->items = arena_.CopyList(items);
    select->from = arena_.CopyList(std::vector<const ast::TableRef*>{from});
    select->where = where;
    auto* query = arena_.New<ast::Query>();
    query->body = select;
    return query;
  }

  void Returning(ast::List<ast::SelectItem> items, const ast::TableRef* from, const ast::Expr* where) {
    auto* statement = arena_.New<ast::QueryStatement>();
    statement->query = Rows(items, from, where);
    returning_ = statement;
  }

  ast::Arena arena_;
  std::vector<ast::ExprPtr> parsed_;
  std::vector<ast::TypeNamePtr> types_;
  const ast::Name alias_;
  const ast::Query* rows_ = nullptr;
  const ast::Insert* insert_ = nullptr;
  const ast::Delete* delete_ = nullptr;
  const ast::QueryStatement* returning_ = nullptr;
};

std::unique_ptr<ChangeParts> PartsOf(Session& session, const ast::Statement& statement) {
  if (const auto* update = statement.TryAs<ast::Update>()) return std::make_unique<ChangeParts>(session, *update);
  return std::make_unique<ChangeParts>(statement.As<ast::Delete>());
}

Schema SchemaOf(const BoundStatement& bound) {
  Schema out;
  for (size_t i = 0; i < bound.names.size(); ++i) out.push_back({bound.names[i], bound.plan->columns()[i].type});
  return out;
}

}  // namespace

bool IsRowChange(const ast::Statement& statement) {
  const auto* removal = statement.TryAs<ast::Delete>();
  return statement.kind == ast::StatementKind::kUpdate || (removal != nullptr && !removal->returning.empty());
}

void DescribeRowChange(Session& session, const ast::Statement& statement, PreparedStatement& prepared) {
  const auto parts = PartsOf(session, statement);
  const ast::Statement& main =
      parts->insert() == nullptr ? static_cast<const ast::Statement&>(parts->removal()) : *parts->insert();
  prepared.parameter_types = BindRows(session, main, prepared.parameter_types, {}).parameter_types;
  if (parts->returning() == nullptr) return;
  const BoundStatement bound = BindRows(session, *parts->returning(), prepared.parameter_types, {});
  prepared.parameter_types = bound.parameter_types;
  prepared.columns = SchemaOf(bound);
}

std::unique_ptr<StatementExecution> ExecuteRowChange(Session& session, const ast::Statement& statement,
                                                     const std::vector<Value>& parameters) {
  session.RequireWritable();
  const auto parts = PartsOf(session, statement);
  std::vector<Type> types;
  for (const Value& value : parameters) types.push_back(value.type());
  const SnapshotPtr snapshot = session.ReadSnapshot();
  const StatementContext context = session.MakeStatementContext();
  const CancellationToken token = session.BeginStatement(statement.text);
  const bool is_update = parts->insert() != nullptr;
  FinishedQuery finished;
  finished.tag = is_update ? "UPDATE" : "DELETE";
  finished.sqlstate = std::string(sqlstate::kSuccessfulCompletion);

  std::optional<TableDelta> delta;
  const auto run = [&](const BoundStatement& bound, uint64_t* affected) {
    QueryOptions options = session.MakeQueryOptions(finished.tag);
    options.on_delta = [&delta](CommitKind, TableDelta change) {
      if (delta.has_value()) {
        delta->Append(std::move(change));
      } else {
        delta = std::move(change);
      }
    };
    QueryExecution execution(PlanRows(session, bound), session.engine().query_services(), context, snapshot,
                             session.engine().memory(), token, std::move(options));
    std::vector<Chunk> rows = RunToCompletion(execution);
    if (affected != nullptr) *affected = execution.rows_affected();
    finished.cpu_nanos += execution.cpu_nanos();
    return rows;
  };
  try {
    std::vector<Chunk> returned;
    Schema columns;
    if (parts->returning() != nullptr) {
      const BoundStatement bound = BindRows(session, *parts->returning(), types, parameters);
      columns = SchemaOf(bound);
      returned = run(bound, nullptr);
    }
    uint64_t deleted = 0, inserted = 0;
    run(BindRows(session, parts->removal(), types, parameters), &deleted);
    if (is_update) {
      run(BindRows(session, *parts->insert(), types, parameters), &inserted);
      if (inserted != deleted) {
        throw Error::Unsupported("Use a condition that gives the same answer each time.",
                                 "UPDATE with a condition that changes while it runs is not available");
      }
    }
    if (delta.has_value()) {
      session.ApplyDelta(is_update ? CommitKind::kUpdate : CommitKind::kDelete, std::move(*delta), {});
    }
    finished.rows = deleted;
    std::string tag = fmt::format("{} {}", finished.tag, deleted);
    const bool with_rows = parts->returning() != nullptr;
    session.EndStatement(std::move(finished));
    if (!with_rows) return MakeCommandExecution(std::move(tag));
    return MakeRowsExecution(std::move(columns), std::move(returned), std::move(tag));
  } catch (...) {
    const Error error = Error::FromCurrentException();
    finished.sqlstate = std::string(error.sqlstate());
    finished.error = error.message();
    session.EndStatement(std::move(finished));
    throw;
  }
}

}  // namespace weir
