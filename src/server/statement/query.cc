
#include "optimizer/optimizer.h"
#include "server/plan_round_trip.h"
#include "server/scan_details.h"
#include "server/statement/statement.h"

namespace weir {

namespace {

std::set<std::string, std::less<>> SplitNames(const std::string& text) {
  std::set<std::string, std::less<>> out;
  std::string name;
  for (const char c : text + ",") {
    if (c == ',') {
      if (!name.empty()) out.insert(std::exchange(name, {}));
    } else if (c != ' ') {
      name += c;
    }
  }
  return out;
}

// A query of the engine as a statement of the session.
class QueryStatementExecution final : public StatementExecution {
 public:
  QueryStatementExecution(Session& session, PhysicalPtr plan, std::optional<Schema> columns, std::string verb,
                          SnapshotPtr snapshot, QueryOptions options, CancellationToken token)
      : session_(session), columns_(std::move(columns)), verb_(std::move(verb)) {
    execution_ = std::make_unique<QueryExecution>(std::move(plan), session.engine().query_services(),
                                                  session.MakeStatementContext(), std::move(snapshot),
                                                  session.engine().memory(), std::move(token), std::move(options));
    execution_->Start();
  }
  ~QueryStatementExecution() override { Close(); }

  const std::optional<Schema>& columns() const override { return columns_; }

  std::optional<Chunk> Next() override {
    try {
      for (;;) {
        std::optional<Chunk> chunk = execution_->Next();
        if (Take(chunk)) return chunk;
      }
    } catch (...) {
      Fail(Error::FromCurrentException());
      throw;
    }
  }

  Task<std::optional<Chunk>> NextAsync() override {
    for (;;) {
      std::optional<Chunk> chunk;
      std::exception_ptr failure;
      try {
        chunk = co_await execution_->NextAsync();
      } catch (...) {
        failure = std::current_exception();
        Fail(Error::FromCurrentException());
      }
      if (failure != nullptr) std::rethrow_exception(failure);
      if (Take(chunk)) co_return chunk;
    }
  }

  std::string CommandTag(uint64_t rows) const override {
    if (verb_ == "INSERT") return fmt::format("INSERT 0 {}", execution_->rows_affected());
    if (verb_ == "UPDATE" || verb_ == "DELETE" || verb_ == "MERGE") {
      return fmt::format("{} {}", verb_, execution_->rows_affected());
    }
    return fmt::format("{} {}", verb_, rows);
  }

  void Close() override {
    if (execution_ == nullptr || ended_) return;
    execution_->Cancel();
    execution_->Wait();
    End({});
  }

  const QueryExecution* query() const override { return execution_.get(); }

 private:
  // Counts the chunk; false for one that is not for the client: the count of a change, which is in its tag.
  bool Take(const std::optional<Chunk>& chunk) {
    if (!chunk.has_value()) {
      End({});
      return true;
    }
    rows_ += chunk->row_count();
    return columns_.has_value();
  }

  void Fail(const Error& error) {
    FinishedQuery finished;
    finished.sqlstate = std::string(error.sqlstate());
    finished.error = error.message();
    End(std::move(finished));
  }

  void End(FinishedQuery finished) {
    if (std::exchange(ended_, true)) return;
    if (finished.sqlstate.empty()) finished.sqlstate = std::string(sqlstate::kSuccessfulCompletion);
    finished.tag = verb_;
    finished.rows = columns_.has_value() ? rows_ : execution_->rows_affected();
    finished.cpu_nanos = execution_->cpu_nanos();
    finished.memory_bytes_peak = execution_->memory().peak_bytes();
    session_.EndStatement(std::move(finished));
  }

  Session& session_;
  const std::optional<Schema> columns_;
  const std::string verb_;
  std::unique_ptr<QueryExecution> execution_;
  uint64_t rows_ = 0;
  bool ended_ = false;
};

std::string VerbOf(const ast::Statement& statement) {
  switch (statement.kind) {
    case ast::StatementKind::kInsert:
      return "INSERT";
    case ast::StatementKind::kUpdate:
      return "UPDATE";
    case ast::StatementKind::kDelete:
      return "DELETE";
    case ast::StatementKind::kMerge:
      return "MERGE";
    default:
      return "SELECT";
  }
}

std::unique_ptr<StatementExecution> Run(Session& session, const ast::Statement& statement, const BoundStatement& bound,
                                        std::string verb, SnapshotPtr snapshot) {
  const std::string kind = VerbOf(statement);
  if (bound.changes_rows) session.RequireWritable();
  std::optional<Schema> columns = ResultSchema(bound);
  PhysicalPtr plan = PlanRows(session, bound, snapshot);
  QueryOptions options = session.MakeQueryOptions(kind);
  if (bound.changes_rows && session.transaction_status() == TransactionStatus::kOpen) {
    options.on_delta = [&session](CommitKind commit, TableDelta delta) {
      session.ApplyDelta(commit, std::move(delta), {});
    };
  }
  CancellationToken token = session.BeginStatement(statement.text);
  try {
    return std::make_unique<QueryStatementExecution>(session, std::move(plan), std::move(columns), std::move(verb),
                                                     std::move(snapshot), std::move(options), std::move(token));
  } catch (...) {
    FinishedQuery finished;
    const Error error = Error::FromCurrentException();
    finished.sqlstate = std::string(error.sqlstate());
    finished.error = error.message();
    session.EndStatement(std::move(finished));
    throw;
  }
}

}  // namespace

bool IsRows(const ast::Statement& statement) {
  return statement.kind == ast::StatementKind::kQueryStatement || VerbOf(statement) != "SELECT";
}

std::optional<Schema> ResultSchema(const BoundStatement& bound) {
  if (!bound.returns_rows) return std::nullopt;
  Schema out;
  for (size_t i = 0; i < bound.names.size(); ++i) out.push_back({bound.names[i], bound.plan->columns()[i].type});
  return out;
}

BoundStatement BindRows(Session& session, const ast::Statement& statement, const std::vector<Type>& parameter_types,
                        const std::vector<Value>& parameters, SnapshotPtr snapshot) {
  BindContext context = session.MakeBindContext();
  const StatementContext statement_context = session.MakeStatementContext();
  if (snapshot == nullptr) snapshot = session.ReadSnapshot();
  context.statement = &statement_context;
  context.statistics = snapshot.get();
  context.parameter_types = parameter_types;
  context.parameter_values = parameters;
  Binder binder(context);
  if (const auto* query = statement.TryAs<ast::QueryStatement>()) return binder.BindTopQuery(*query->query);
  return binder.BindChange(statement);
}

OptimizerContext MakeOptimizerContext(Session& session, const StatementContext& statement, const ScanDetails* details) {
  return {session.engine().registry(),
          statement,
          SplitNames(session.settings().Get("optimizer_disabled")),
          {},
          session.settings().GetBool("optimizer_verify"),
          details};
}

PhysicalPtr PlanRows(Session& session, const BoundStatement& bound, const SnapshotPtr& snapshot) {
  const StatementContext statement = session.MakeStatementContext();
  const SnapshotDetails details(session.engine(), snapshot);
  const OptimizerContext context = MakeOptimizerContext(session, statement, &details);
  PhysicalPtr plan = PlanPhysical(Optimize(bound.plan, context), context);
  if (!session.settings().GetBool("plan_round_trip")) return plan;
  return PlanRoundTrip(plan, session.engine().registry(), session.ReadSnapshot(), session.ReadCatalog());
}

std::vector<std::vector<Value>> RunOnTheSpot(Session& session, const LogicalPtr& plan) {
  QueryExecution execution(PlanRows(session, {plan, {}, {}}), session.engine().query_services(),
                           session.MakeStatementContext(), session.ReadSnapshot(), session.engine().memory(), {},
                           session.MakeQueryOptions("SELECT"));
  std::vector<std::vector<Value>> rows;
  for (const Chunk& chunk : RunToCompletion(execution)) {
    chunk.rows().ForEach([&](size_t row) {
      rows.emplace_back();
      for (const ColumnPtr& column : chunk.columns()) rows.back().push_back(column->GetValue(row));
    });
  }
  return rows;
}

std::unique_ptr<StatementExecution> ExecuteRows(Session& session, const ast::StatementPtr& statement,
                                                std::vector<Value> parameters) {
  std::vector<Type> types;
  for (const Value& value : parameters) types.push_back(value.type());
  const SnapshotPtr snapshot = session.ReadSnapshot();
  const BoundStatement bound = BindRows(session, *statement, types, parameters, snapshot);
  return Run(session, *statement, bound, VerbOf(*statement), snapshot);
}

std::unique_ptr<StatementExecution> ExecuteText(Session& session, const std::string& sql, std::vector<Value> parameters,
                                                std::string tag) {
  const auto statements = ParseStatements(sql);
  std::vector<Type> types;
  for (const Value& value : parameters) types.push_back(value.type());
  const SnapshotPtr snapshot = session.ReadSnapshot();
  const BoundStatement bound = BindRows(session, *statements[0], types, parameters, snapshot);
  return Run(session, *statements[0], bound, tag.empty() ? "SELECT" : std::move(tag), snapshot);
}

Schema DescribeText(Session& session, const std::string& sql) {
  const auto statements = ParseStatements(sql);
  const BoundStatement bound = BindRows(session, *statements[0], {}, {});
  Schema schema;
  for (size_t i = 0; i < bound.names.size(); ++i) schema.push_back({bound.names[i], bound.plan->columns()[i].type});
  return schema;
}

}  // namespace weir
