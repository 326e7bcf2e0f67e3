#include <algorithm>

#include "column/builder.h"
#include "obs/profile_text.h"
#include "optimizer/optimizer.h"
#include "server/scan_details.h"
#include "server/statement/explain_json.h"
#include "server/statement/explain_options.h"
#include "server/statement/statement.h"

namespace weir {

namespace {

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  size_t from = 0;
  while (from < text.size()) {
    const size_t to = std::min(text.find('\n', from), text.size());
    lines.push_back(text.substr(from, to - from));
    from = to + 1;
  }
  return lines;
}

void AppendPlan(const PhysicalNode& node, int depth, const ExplainOptions& options, std::string& out) {
  out.append(static_cast<size_t>(depth) * 2, ' ');
  out += node.ToString();
  if (options.costs && node.estimated_rows() >= 0) out += fmt::format("  (rows={:.0f})", node.estimated_rows());
  out += '\n';
  if (options.verbose) {
    out.append(static_cast<size_t>(depth) * 2 + 4, ' ');
    out += "Output: ";
    for (size_t i = 0; i < node.schema().size(); ++i) {
      if (i != 0) out += ", ";
      out += fmt::format("#{} {} {}", i, node.schema()[i].name, node.schema()[i].type.ToString());
    }
    out += '\n';
  }
  for (const PhysicalPtr& child : node.children()) AppendPlan(*child, depth + 1, options, out);
}

LogicalPtr OptimizeTraced(Session& session, const BoundStatement& bound, const SnapshotPtr& snapshot,
                          std::vector<PassTrace>& trace) {
  const StatementContext statement = session.MakeStatementContext();
  const SnapshotDetails details(session.engine(), snapshot);
  OptimizerContext context = MakeOptimizerContext(session, statement, &details);
  const auto& clock = session.engine().services().clock;
  context.now = [&clock] { return clock.Monotonic(); };
  return Optimize(bound.plan, context, &trace);
}

// A line per pass in the order they ran, by phase; with `verbose` also those that found nothing, and the times.
void AppendTrace(const std::vector<PassTrace>& trace, bool verbose, std::string& out) {
  for (const PassTrace& pass : trace) {
    if (!pass.changed && !verbose) continue;
    const auto passes = OptimizerPasses();
    const auto def =
        std::find_if(passes.begin(), passes.end(), [&](const auto& each) { return each.name == pass.name; });
    out += fmt::format("{}/{}", def->phase, pass.name);
    if (verbose)
      out += fmt::format(": {:.3f} ms{}", static_cast<double>(pass.nanos) / 1e6, pass.changed ? "" : " (no change)");
    if (!verbose) out += fmt::format(": {}", def->reason);
    out += '\n';
  }
}

std::unique_ptr<StatementExecution> PlanText(const std::string& text) {
  std::vector<std::vector<std::string>> rows;
  for (std::string& line : Lines(text)) rows.push_back({std::move(line)});
  return MakeTextExecution({"QUERY PLAN"}, rows, "EXPLAIN");
}

std::unique_ptr<StatementExecution> PlanJson(std::string_view json) {
  ColumnBuilder builder(TypeKind::kJson, 1);
  builder.AppendString(json);
  return MakeRowsExecution({{"QUERY PLAN", TypeKind::kJson}}, {Chunk({builder.Finish()}, 1)}, "EXPLAIN");
}

double Millis(int64_t nanos) {
  return static_cast<double>(nanos) / 1e6;
}

std::unique_ptr<StatementExecution> Analyzed(const obs::ProfileNode::Snapshot& profile, const ExplainSummary& summary,
                                             const ExplainOptions& options) {
  if (options.json) return PlanJson(ExplainJson(profile, options, summary));
  std::string out =
      obs::ProfileText(profile, {.times = options.timing, .resources = options.buffers, .estimates = options.costs});
  if (options.shows_summary()) {
    out += fmt::format("Planning Time: {:.3f} ms\nExecution Time: {:.3f} ms\n", Millis(summary.planning_nanos),
                       Millis(summary.execution_nanos));
    out += fmt::format("CPU {:.3f} ms, {} rows, peak memory {:.1f} MiB\n", Millis(summary.cpu_nanos), summary.rows,
                       static_cast<double>(summary.memory_bytes_peak) / (1024.0 * 1024));
  }
  return PlanText(out);
}

// Of a statement whose answer was there: there is no plan that ran.
obs::ProfileNode::Snapshot CachedProfile(const ExplainSummary& summary) {
  obs::ProfileNode node("ResultCache");
  obs::ProfileCounters counters;
  counters.rows_out = static_cast<int64_t>(summary.rows);
  counters.cpu_nanos = summary.execution_nanos;
  node.Merge(counters);
  return node.Take();
}

std::unique_ptr<StatementExecution> Analyze(Session& session, const ast::StatementPtr& statement,
                                            std::vector<Value> parameters, const ExplainOptions& options) {
  const auto& clock = session.engine().services().clock;
  const int64_t start = clock.Monotonic();
  auto execution = ExecuteStatement(session, statement, std::move(parameters));
  const int64_t planned = clock.Monotonic();
  ExplainSummary summary;
  while (auto chunk = execution->Next()) summary.rows += chunk->row_count();
  summary.planning_nanos = planned - start;
  summary.execution_nanos = clock.Monotonic() - planned;
  if (execution->from_cache()) return Analyzed(CachedProfile(summary), summary, options);
  if (execution->query() == nullptr) return PlanText("");  // WITH NO DATA
  if (!execution->columns().has_value()) summary.rows = execution->query()->rows_affected();
  summary.cpu_nanos = execution->query()->cpu_nanos();
  summary.memory_bytes_peak = execution->query()->memory().peak_bytes();
  return Analyzed(execution->query()->profile().Take(), summary, options);
}

std::unique_ptr<StatementExecution> Show(Session& session, const ast::Statement& statement,
                                         const std::vector<Value>& parameters, const ExplainOptions& options) {
  const auto& clock = session.engine().services().clock;
  const int64_t start = clock.Monotonic();
  const SnapshotPtr snapshot = session.ReadSnapshot();
  const BoundStatement bound = BindRows(session, statement, parameters, snapshot);
  if (options.logical || options.optimizer) {
    std::vector<PassTrace> trace;
    const LogicalPtr optimized = OptimizeTraced(session, bound, snapshot, trace);
    std::string out;
    if (options.logical) out = "Bound:\n" + ExplainLogical(bound.plan) + "Optimized:\n" + ExplainLogical(optimized);
    // Without times the text is the same each time.
    if (options.optimizer || options.verbose) AppendTrace(trace, options.verbose, out);
    return PlanText(out);
  }
  const PhysicalPtr plan = PlanRows(session, bound, snapshot);
  ExplainSummary summary;
  summary.planning_nanos = clock.Monotonic() - start;
  if (options.json) return PlanJson(ExplainJson(*plan, options, summary));
  std::string out;
  AppendPlan(*plan, 0, options, out);
  if (options.verbose) {
    std::vector<PassTrace> trace;
    OptimizeTraced(session, bound, snapshot, trace);
    std::string fired;
    for (const PassTrace& pass : trace) {
      if (pass.changed) fired += (fired.empty() ? "" : ", ") + std::string(pass.name);
    }
    out += "Optimizer: " + (fired.empty() ? std::string("no pass changed the plan") : fired) + "\n";
  }
  if (options.shows_summary()) out += fmt::format("Planning Time: {:.3f} ms\n", Millis(summary.planning_nanos));
  return PlanText(out);
}

// The statement whose plan is shown, with its parameters: that of EXECUTE is the prepared one, that of CREATE TABLE AS
// and DECLARE their query. Null: it has no plan.
ast::StatementPtr Planned(Session& session, const ast::Statement& statement, const ast::StatementPtr& owner,
                          const ExplainOptions& options, std::vector<Value>& parameters) {
  if (IsRows(statement)) return {owner, &statement};
  if (const auto* execute = statement.TryAs<ast::Execute>()) {
    const PreparedPtr prepared = BindExecute(session, *execute, parameters);
    return IsRows(*prepared->statement) ? prepared->statement : nullptr;
  }
  const ast::Query* query = nullptr;
  if (const auto* create = statement.TryAs<ast::CreateTable>()) query = create->query;
  // The table is made and filled.
  if (query != nullptr && options.analyze) return {owner, &statement};
  if (const auto* declare = statement.TryAs<ast::DeclareCursor>()) query = declare->query;
  if (query == nullptr) return nullptr;
  auto select = std::make_shared<ast::QueryStatement>();
  select->offset = statement.offset;
  select->text = statement.text;
  select->query = query;
  // The tree belongs to the statement that it came with.
  return {select.get(), [select, owner](const ast::Statement*) {}};
}

}  // namespace

Schema DescribeExplain(const ast::Explain& explain) {
  const bool json = ExplainOptionsOf(explain).json;
  return {{"QUERY PLAN", json ? TypeKind::kJson : TypeKind::kVarchar}};
}

std::unique_ptr<StatementExecution> ExecuteExplain(Session& session, const ast::Explain& explain,
                                                   const ast::StatementPtr& owner, std::vector<Value> parameters) {
  const ExplainOptions options = ExplainOptionsOf(explain);
  if (const auto* create = explain.statement->TryAs<ast::CreateTable>();
      create != nullptr && create->query != nullptr) {
    if (SkipsCreateTable(session, *create)) return PlanText("");
  }
  const ast::StatementPtr planned = Planned(session, *explain.statement, owner, options, parameters);
  if (planned == nullptr) {
    throw Error::Unsupported("EXPLAIN a query, INSERT, UPDATE, DELETE, MERGE, EXECUTE, CREATE TABLE AS or DECLARE.",
                             "EXPLAIN of this statement is not available");
  }
  if (options.analyze) return Analyze(session, planned, std::move(parameters), options);
  return Show(session, *planned, parameters, options);
}

}  // namespace weir
