
#include "optimizer/optimizer.h"
#include "runtime/cancellation_scope.h"
#include "server/plan_round_trip.h"
#include "server/scan_details.h"
#include "server/statement/result_cache.h"
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

// So many writers of the same rows may come in between.
constexpr int kAttemptsMax = 100;

using QueryMaker = std::function<std::unique_ptr<QueryExecution>(const CancellationToken& token)>;

// A query of the engine as a statement of the session.
class QueryStatementExecution final : public StatementExecution {
 public:
  // `again`: of a change that is a commit of its own, makes the query anew, on the newest snapshot. A commit that meets
  // another one leaves nothing behind, and comes before the first row of RETURNING, so the statement is done again.
  QueryStatementExecution(Session& session, std::unique_ptr<QueryExecution> execution, std::optional<Schema> columns,
                          std::string verb, CancellationToken token, QueryMaker again,
                          std::unique_ptr<ResultCache> cache, bool fails_at_once)
      : session_(session),
        columns_(std::move(columns)),
        verb_(std::move(verb)),
        token_(std::move(token)),
        again_(std::move(again)),
        cache_(std::move(cache)),
        fails_at_once_(fails_at_once),
        execution_(std::move(execution)) {
    execution_->Start();
  }
  ~QueryStatementExecution() override {
    Close();
    // The client has its error; what drivers still do, and the memory that they give back, is nothing to wait for.
    if (canceled_) session_.engine().EndInBackground(std::move(execution_));
  }

  const std::optional<Schema>& columns() const override { return columns_; }

  std::optional<Chunk> Next() override {
    for (;;) {
      try {
        std::optional<Chunk> chunk = execution_->Next();
        if (Take(chunk)) return chunk;
      } catch (...) {
        HandleFailure(Error::FromCurrentException());
      }
    }
  }

  Task<std::optional<Chunk>> NextAsync() override {
    for (;;) {
      std::optional<Chunk> chunk;
      std::optional<Error> failure;
      try {
        chunk = co_await execution_->NextAsync();
      } catch (...) {
        failure = Error::FromCurrentException();
      }
      if (failure.has_value()) {
        // Waits for drivers, and binding may read files.
        if (MayTryAgain(*failure)) co_await session_.engine().io().Schedule();
        HandleFailure(*failure);
        continue;
      }
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
  bool MayTryAgain(const Error& error) const {
    return again_ != nullptr && rows_ == 0 && attempts_ < kAttemptsMax && error.retryable() &&
           error.sqlstate() == sqlstate::kSerializationFailure;
  }

  // Starts anew where that may help, else ends the statement and throws.
  void HandleFailure(const Error& error) {
    if (MayTryAgain(error)) {
      ++attempts_;
      execution_->Wait();
      try {
        token_.ThrowIfCanceled();
        execution_ = again_(token_);
        execution_->Start();
        return;
      } catch (...) {
        const Error now = Error::FromCurrentException();
        Fail(now);
        throw Error(now);
      }
    }
    Fail(error);
    throw Error(error);
  }

  // Counts the chunk; false for one that is not for the client: the count of a change, which is in its tag.
  bool Take(const std::optional<Chunk>& chunk) {
    if (!chunk.has_value()) {
      if (cache_ != nullptr && !ended_) cache_->Keep();
      End({});
      return true;
    }
    rows_ += chunk->row_count();
    if (cache_ != nullptr) cache_->Add(*chunk);
    return columns_.has_value();
  }

  void Fail(const Error& error) {
    canceled_ = error.is_cancellation() && fails_at_once_;
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
  const CancellationToken token_;
  const QueryMaker again_;
  const std::unique_ptr<ResultCache> cache_;  // null: the answer is not kept
  const bool fails_at_once_;
  std::unique_ptr<QueryExecution> execution_;
  int attempts_ = 1;
  uint64_t rows_ = 0;
  bool canceled_ = false;
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

std::unique_ptr<QueryExecution> MakeQuery(Session& session, const BoundStatement& bound, PhysicalPtr plan,
                                          SnapshotPtr snapshot, StatementContext statement,
                                          const CancellationToken& token) {
  QueryOptions options = session.MakeQueryOptions();
  options.fails_at_once = !bound.changes_rows;
  if (bound.changes_rows && session.transaction_status() == TransactionStatus::kOpen) {
    options.on_delta = [&session](CommitKind commit, TableDelta delta) {
      session.ApplyDelta(commit, std::move(delta), {});
    };
  }
  return std::make_unique<QueryExecution>(std::move(plan), session.engine().query_services(), std::move(statement),
                                          std::move(snapshot), session.engine().memory(), token, std::move(options));
}

std::unique_ptr<StatementExecution> Run(Session& session, const ast::Statement& statement, const BoundStatement& bound,
                                        std::string verb, const SnapshotPtr& snapshot, QueryMaker again = nullptr) {
  if (bound.changes_rows) session.RequireWritable();
  CancellationToken token = session.BeginStatement(statement.text);
  try {
    const CancellationScope scope(token);
    PhysicalPtr plan = PlanRows(session, bound, snapshot);
    StatementContext context = session.MakeStatementContext();
    auto cache = bound.changes_rows ? nullptr : ResultCache::For(session, plan, snapshot, context);
    if (cache != nullptr) {
      if (CachedRowsPtr rows = cache->Find()) return MakeCachedExecution(session, std::move(rows), ResultSchema(bound));
    }
    auto query = MakeQuery(session, bound, std::move(plan), snapshot, std::move(context), token);
    return std::make_unique<QueryStatementExecution>(session, std::move(query), ResultSchema(bound), std::move(verb),
                                                     std::move(token), std::move(again), std::move(cache),
                                                     !bound.changes_rows);
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

namespace {

BoundStatement Bind(Session& session, const ast::Statement& statement, const SnapshotPtr& snapshot,
                    const std::function<void(BindContext&)>& with_parameters) {
  BindContext context = session.MakeBindContext();
  const StatementContext statement_context = session.MakeStatementContext();
  context.statement = &statement_context;
  context.statistics = snapshot.get();
  with_parameters(context);
  Binder binder(context);
  if (const auto* query = statement.TryAs<ast::QueryStatement>()) return binder.BindTopQuery(*query->query);
  return binder.BindChange(statement);
}

}  // namespace

BoundStatement BindRows(Session& session, const ast::Statement& statement, const std::vector<Value>& parameters,
                        const SnapshotPtr& snapshot) {
  return Bind(session, statement, snapshot, [&](BindContext& context) {
    for (const Value& value : parameters) context.parameter_types.push_back(value.type());
    context.parameter_values = parameters;
    context.parameters_are_known = true;
  });
}

BoundStatement DescribeRows(Session& session, const ast::Statement& statement,
                            const std::vector<Type>& parameter_types) {
  return Bind(session, statement, session.ReadSnapshot(),
              [&](BindContext& context) { context.parameter_types = parameter_types; });
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
                           session.MakeQueryOptions());
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
  const SnapshotPtr snapshot = session.ReadSnapshot();
  const BoundStatement bound = BindRows(session, *statement, parameters, snapshot);
  QueryMaker again;
  if (bound.changes_rows && session.transaction_status() != TransactionStatus::kOpen) {
    again = [&session, statement, parameters = std::move(parameters),
             columns = ResultSchema(bound)](const CancellationToken& token) {
      const SnapshotPtr newest = session.ReadSnapshot();
      const BoundStatement rebound = BindRows(session, *statement, parameters, newest);
      if (ResultSchema(rebound) != columns) {
        throw Error::Operational(sqlstate::kSerializationFailure, "definitions were changed by another commit")
            .WithHint("retry the statement")
            .WithRetryable();
      }
      return MakeQuery(session, rebound, PlanRows(session, rebound, newest), newest, session.MakeStatementContext(),
                       token);
    };
  }
  return Run(session, *statement, bound, VerbOf(*statement), snapshot, std::move(again));
}

std::unique_ptr<StatementExecution> ExecuteText(Session& session, const std::string& sql,
                                                const std::vector<Value>& parameters, std::string tag) {
  const auto statements = ParseStatements(sql);
  const SnapshotPtr snapshot = session.ReadSnapshot();
  const BoundStatement bound = BindRows(session, *statements[0], parameters, snapshot);
  return Run(session, *statements[0], bound, tag.empty() ? "SELECT" : std::move(tag), snapshot);
}

Schema DescribeText(Session& session, const std::string& sql) {
  const auto statements = ParseStatements(sql);
  const BoundStatement bound = DescribeRows(session, *statements[0], {});
  Schema schema;
  for (size_t i = 0; i < bound.names.size(); ++i) schema.push_back({bound.names[i], bound.plan->columns()[i].type});
  return schema;
}

}  // namespace weir
