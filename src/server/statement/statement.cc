#include "server/statement/statement.h"

#include "sql/binder/bind_type.h"

namespace weir {

namespace {

std::string ExecuteTransaction(Session& session, const ast::Transaction& transaction) {
  switch (transaction.action) {
    case ast::TransactionAction::kBegin:
      session.Begin();
      if (transaction.read_only.has_value()) {
        session.settings().Set("transaction_read_only", *transaction.read_only ? "on" : "off", true);
      }
      return transaction.is_start ? "START TRANSACTION" : "BEGIN";
    case ast::TransactionAction::kCommit: {
      const bool failed = session.transaction_status() == TransactionStatus::kFailed;
      session.Commit();
      if (transaction.chain) session.Begin();
      return failed ? "ROLLBACK" : "COMMIT";
    }
    case ast::TransactionAction::kRollback:
      session.Rollback();
      if (transaction.chain) session.Begin();
      return "ROLLBACK";
    case ast::TransactionAction::kSavepoint:
      session.SetSavepoint(std::string(transaction.name));
      return "SAVEPOINT";
    case ast::TransactionAction::kReleaseSavepoint:
      session.ReleaseSavepoint(transaction.name);
      return "RELEASE";
    case ast::TransactionAction::kRollbackToSavepoint:
      session.RollbackToSavepoint(transaction.name);
      return "ROLLBACK";
    case ast::TransactionAction::kPrepareTransaction:
    case ast::TransactionAction::kCommitPrepared:
    case ast::TransactionAction::kRollbackPrepared:
      break;
  }
  throw Error::Unsupported("Commit in one step.", "prepared transactions are not available");
}

std::string ExecutePrepare(Session& session, const ast::StatementPtr& owner, const ast::Prepare& prepare) {
  const std::string name(prepare.name);
  if (prepare.statement == nullptr) {
    // The statement is a text, of a literal or a variable; it takes the place of one of that name, as in MySQL.
    const Value text = EvaluateExpression(session, *prepare.source);
    const auto statements = session.Parse(text.is_null() ? "" : text.ToString());
    if (statements.size() != 1) {
      throw Error::User(sqlstate::kSyntaxError, "PREPARE takes one statement: {} given", statements.size())
          .WithPosition(prepare.offset);
    }
    session.named_statements()[name] = session.Prepare(statements[0], {});
    return "PREPARE";
  }
  if (session.named_statements().contains(name)) {
    throw Error::User(sqlstate::kDuplicatePreparedStatement, "prepared statement \"{}\" already exists", name);
  }
  if (!IsRows(*prepare.statement)) {
    throw Error::User(sqlstate::kSyntaxError, "PREPARE takes a query, INSERT, UPDATE, DELETE or MERGE")
        .WithPosition(prepare.statement->offset);
  }
  std::vector<Type> types;
  const CatalogPtr catalog = session.ReadCatalog();
  const NameScope scope = session.name_scope();
  for (const ast::TypeName* type : prepare.types) types.push_back(ResolveTypeName(*type, {catalog.get(), &scope}));
  const ast::StatementPtr inner(owner, prepare.statement);
  session.named_statements()[name] = session.Prepare(inner, std::move(types));
  return "PREPARE";
}

const PreparedPtr& FindNamed(Session& session, std::string_view name) {
  const auto found = session.named_statements().find(std::string(name));
  if (found == session.named_statements().end()) {
    throw Error::User(sqlstate::kInvalidSqlStatementName, "prepared statement \"{}\" does not exist", name);
  }
  return found->second;
}

}  // namespace

PreparedPtr BindExecute(Session& session, const ast::Execute& execute, std::vector<Value>& values) {
  const PreparedPtr prepared = FindNamed(session, execute.name);
  if (execute.args.size() != prepared->parameter_types.size()) {
    throw Error::User(sqlstate::kSyntaxError, "wrong number of parameters for prepared statement \"{}\"", execute.name)
        .WithDetail(
            fmt::format("Expected {} parameters but got {}.", prepared->parameter_types.size(), execute.args.size()))
        .WithPosition(execute.offset);
  }
  const BindContext base = session.MakeBindContext();
  BindContext context = base;
  const StatementContext statement = session.MakeStatementContext();
  context.statement = &statement;
  Binder binder(context);
  values.clear();
  for (size_t i = 0; i < execute.args.size(); ++i) {
    const Type& wanted = prepared->parameter_types[i];
    const Type given = binder.BindStandalone(*execute.args[i])->type();
    if (!given.is(TypeKind::kUnknown) && !(given == wanted) &&
        session.engine().registry().FindCast(given, wanted) < CastRule::kAssignment) {
      throw Error::User(sqlstate::kDatatypeMismatch,
                        "parameter ${} of type {} cannot be coerced to the expected type {}", i + 1, given.ToString(),
                        wanted.ToString())
          .WithHint("You will need to rewrite or cast the expression.")
          .WithPosition(execute.args[i]->offset);
    }
    values.push_back(binder.BindConstant(*execute.args[i], wanted));
  }
  return prepared;
}

namespace {

std::unique_ptr<StatementExecution> ExecuteNamed(Session& session, const ast::Execute& execute) {
  std::vector<Value> values;
  const PreparedPtr prepared = BindExecute(session, execute, values);
  return session.Execute(prepared, std::move(values));
}

std::string ExecuteDeallocate(Session& session, const ast::Deallocate& deallocate) {
  if (deallocate.name.empty()) {
    session.named_statements().clear();
    return "DEALLOCATE ALL";
  }
  FindNamed(session, deallocate.name);
  session.named_statements().erase(std::string(deallocate.name));
  return "DEALLOCATE";
}

std::string ExecuteKill(Session& session, const ast::Kill& kill) {
  BindContext context = session.MakeBindContext();
  const StatementContext statement = session.MakeStatementContext();
  context.statement = &statement;
  const Value id = Binder(context).BindConstant(*kill.id, TypeKind::kInt32);
  if (id.is_null() || !session.engine().CancelSession(static_cast<int32_t>(id.integer()), !kill.query_only)) {
    throw Error::User(sqlstate::kUndefinedObject, "there is no session with this id: {}", id.ToString());
  }
  return "KILL";
}

[[noreturn]] void ThrowNotAvailable(const ast::Statement& statement) {
  using Kind = ast::StatementKind;
  switch (statement.kind) {
    case Kind::kCreateMaterializedView:
    case Kind::kRefreshView:
      throw Error::Unsupported("Use CREATE VIEW.", "materialized views are not available");
    case Kind::kCreateIndex:
      throw Error::Unsupported(
          "Tables are pruned without them: name the columns in ORDER BY of CREATE TABLE. "
          "Clients can be told to make none (pandas: to_sql(index=False)).",
          "indexes are not available")
          .WithPosition(statement.offset);
    case Kind::kCreateSource:
    case Kind::kCreateSink:
    case Kind::kCreateFlow:
    case Kind::kCreateRoutineLoad:
    case Kind::kBrokerLoad:
      throw Error::Unsupported("Use INSERT ... SELECT, COPY, weir load or OTLP.",
                               "sources, sinks and flows are not available");
    default:
      throw Error::Unsupported("docs/sql.md lists the statements that there are.", "this statement is not available");
  }
}

}  // namespace

void DescribeStatement(Session& session, const ast::Statement& statement, PreparedStatement& prepared) {
  if (IsRows(statement)) {
    const BoundStatement bound = DescribeRows(session, statement, prepared.parameter_types);
    prepared.parameter_types = bound.parameter_types;
    prepared.columns = ResultSchema(bound);
    if (statement.kind == ast::StatementKind::kQueryStatement)
      prepared.origins = OriginsOf(*bound.plan, bound.names.size());
    return;
  }
  if (const auto* explain = statement.TryAs<ast::Explain>()) {
    prepared.columns = DescribeExplain(*explain);
    if (explain->statement != nullptr && IsRows(*explain->statement)) {
      prepared.parameter_types = DescribeRows(session, *explain->statement, prepared.parameter_types).parameter_types;
    }
    return;
  }
  if (const auto shown = QueryOfShow(session, statement)) {
    prepared.columns = DescribeText(session, shown->sql);
    return;
  }
  if (IsSettings(statement)) {
    prepared.columns = DescribeSettings(session, statement);
    return;
  }
  if (const auto* fetch = statement.TryAs<ast::FetchCursor>()) {
    if (!fetch->is_move) prepared.columns = DescribeFetch(session, *fetch);
    return;
  }
  if (const auto* declare = statement.TryAs<ast::DeclareCursor>(); declare != nullptr && declare->query != nullptr) {
    const auto query = QueryOf(*declare);
    prepared.parameter_types = DescribeRows(session, *query, prepared.parameter_types).parameter_types;
    return;
  }
  if (const auto* execute = statement.TryAs<ast::Execute>())
    prepared.columns = FindNamed(session, execute->name)->columns;
}

std::unique_ptr<StatementExecution> ExecuteStatement(Session& session, const ast::StatementPtr& owner,
                                                     std::vector<Value> parameters) {
  const ast::Statement& statement = *owner;
  if (IsRows(statement)) return ExecuteRows(session, owner, std::move(parameters));
  if (const auto shown = QueryOfShow(session, statement)) {
    return ExecuteText(session, shown->sql, shown->parameters, "SHOW");
  }
  if (IsSettings(statement)) return ExecuteSettings(session, statement);
  if (IsDdl(statement)) return MakeCommandExecution(ExecuteDdl(session, statement));
  if (IsRoleStatement(statement)) return MakeCommandExecution(ExecuteRoleStatement(session, statement));
  switch (statement.kind) {
    case ast::StatementKind::kExplain:
      return ExecuteExplain(session, statement.As<ast::Explain>(), owner, std::move(parameters));
    case ast::StatementKind::kCreateTable:
      return ExecuteCreateTable(session, statement.As<ast::CreateTable>());
    case ast::StatementKind::kCopy:
      return ExecuteCopy(session, owner, statement.As<ast::Copy>());
    case ast::StatementKind::kTransaction:
      return MakeCommandExecution(ExecuteTransaction(session, statement.As<ast::Transaction>()));
    case ast::StatementKind::kPrepare:
      return MakeCommandExecution(ExecutePrepare(session, owner, statement.As<ast::Prepare>()));
    case ast::StatementKind::kExecute:
      return ExecuteNamed(session, statement.As<ast::Execute>());
    case ast::StatementKind::kDeallocate:
      return MakeCommandExecution(ExecuteDeallocate(session, statement.As<ast::Deallocate>()));
    case ast::StatementKind::kDeclareCursor:
      return MakeCommandExecution(
          ExecuteDeclareCursor(session, owner, statement.As<ast::DeclareCursor>(), std::move(parameters)));
    case ast::StatementKind::kFetchCursor:
      return ExecuteFetch(session, statement.As<ast::FetchCursor>());
    case ast::StatementKind::kCloseCursor:
      return MakeCommandExecution(ExecuteCloseCursor(session, statement.As<ast::CloseCursor>()));
    case ast::StatementKind::kKill:
      return MakeCommandExecution(ExecuteKill(session, statement.As<ast::Kill>()));
    case ast::StatementKind::kFlush:
      // Every commit is visible at once; there are no views behind it yet.
      return MakeCommandExecution("FLUSH");
    case ast::StatementKind::kCheckpoint:
      session.storage().WriteSnapshot();
      return MakeCommandExecution("CHECKPOINT");
    case ast::StatementKind::kVacuum:
      session.storage().Flush();
      session.storage().Compact();
      session.storage().Sweep(false);
      return MakeCommandExecution("VACUUM");
    case ast::StatementKind::kAnalyze:
      return MakeCommandExecution(ExecuteAnalyze(session, statement.As<ast::Analyze>()));
    default:
      ThrowNotAvailable(statement);
  }
}

}  // namespace weir
