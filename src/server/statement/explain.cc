#include <algorithm>
#include <charconv>

#include "base/json_text.h"
#include "optimizer/optimizer.h"
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

std::string OptionText(const ast::Option& option) {
  if (option.value == nullptr) return "true";
  if (const auto* text = option.value->TryAs<ast::StringLiteral>()) return std::string(text->value);
  if (const auto* flag = option.value->TryAs<ast::BoolLiteral>()) return flag->value ? "true" : "false";
  if (const auto* number = option.value->TryAs<ast::NumberLiteral>()) return std::string(number->text);
  throw Error::User(sqlstate::kSyntaxError, "bad value of EXPLAIN option: {}", option.name).WithPosition(option.offset);
}

struct ExplainOptions {
  bool analyze = false;
  bool verbose = false;
  bool logical = false;
  bool optimizer = false;
  bool json = false;
};

ExplainOptions OptionsOf(const ast::Explain& explain) {
  ExplainOptions out;
  out.analyze = explain.analyze;
  out.verbose = explain.verbose || explain.level == "verbose" || explain.level == "costs";
  out.logical = explain.level == "logical";
  for (const ast::Option& option : explain.options) {
    const std::string value = OptionText(option);
    const bool on = value == "true" || value == "on" || value == "1";
    if (option.name == "analyze") {
      out.analyze = on;
    } else if (option.name == "verbose" || option.name == "costs") {
      out.verbose = out.verbose || (on && option.name == "verbose");
    } else if (option.name == "optimizer") {
      out.optimizer = on;
    } else if (option.name == "logical") {
      out.logical = on;
    } else if (option.name == "format") {
      if (value != "text" && value != "json") {
        throw Error::Unsupported("Use FORMAT text or json.", "EXPLAIN format is not available: {}", value)
            .WithPosition(option.offset);
      }
      out.json = value == "json";
    } else if (option.name != "buffers" && option.name != "timing" && option.name != "summary" &&
               option.name != "settings" && option.name != "wal") {
      throw Error::User(sqlstate::kSyntaxError, "unrecognized EXPLAIN option \"{}\"", option.name)
          .WithPosition(option.offset);
    }
  }
  return out;
}

void AppendJson(const PhysicalNode& node, std::string& out) {
  out += "{\"Node\": ";
  AppendJsonString(node.ToString(), out);
  out += fmt::format(", \"Plan Rows\": {:.0f}", std::max(node.estimated_rows(), 0.0));
  if (!node.children().empty()) {
    out += ", \"Plans\": [";
    for (size_t i = 0; i < node.children().size(); ++i) {
      if (i != 0) out += ", ";
      AppendJson(*node.children()[i], out);
    }
    out += ']';
  }
  out += '}';
}

void AppendProfileJson(const obs::ProfileNode::Snapshot& node, std::string& out) {
  out += "{\"Node\": ";
  AppendJsonString(node.name, out);
  const auto& c = node.counters;
  out += fmt::format(
      ", \"Rows\": {}, \"Rows In\": {}, \"Bytes\": {}, \"CPU ns\": {}, \"Blocked ns\": {}, \"Memory\": {}, "
      "\"Drivers\": {}, \"Units Read\": {}, \"Units Pruned\": {}",
      c.rows_out, c.rows_in, c.bytes_out, c.cpu_nanos, c.blocked_nanos, c.memory_bytes_peak, node.drivers, c.units_read,
      c.units_pruned);
  for (const auto& extra : node.extras) {
    out += ", ";
    AppendJsonString(extra.name, out);
    out += fmt::format(": {}", extra.value);
  }
  if (!node.children.empty()) {
    out += ", \"Plans\": [";
    for (size_t i = 0; i < node.children.size(); ++i) {
      if (i != 0) out += ", ";
      AppendProfileJson(node.children[i], out);
    }
    out += ']';
  }
  out += '}';
}

void AppendPlan(const PhysicalNode& node, int depth, bool verbose, std::string& out) {
  out.append(static_cast<size_t>(depth) * 2, ' ');
  out += node.ToString();
  if (node.estimated_rows() >= 0) out += fmt::format("  (rows={:.0f})", node.estimated_rows());
  out += '\n';
  if (verbose) {
    out.append(static_cast<size_t>(depth) * 2 + 4, ' ');
    out += "Output: ";
    for (size_t i = 0; i < node.schema().size(); ++i) {
      if (i != 0) out += ", ";
      out += fmt::format("#{} {} {}", i, node.schema()[i].name, node.schema()[i].type.ToString());
    }
    out += '\n';
  }
  for (const PhysicalPtr& child : node.children()) AppendPlan(*child, depth + 1, verbose, out);
}

LogicalPtr OptimizeTraced(Session& session, const BoundStatement& bound, std::vector<PassTrace>& trace) {
  const StatementContext statement = session.MakeStatementContext();
  OptimizerContext context = MakeOptimizerContext(session, statement);
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

}  // namespace

Schema DescribeExplain(const ast::Explain& explain) {
  OptionsOf(explain);
  return {{"QUERY PLAN", TypeKind::kVarchar}};
}

std::unique_ptr<StatementExecution> ExecuteExplain(Session& session, const ast::Explain& explain,
                                                   const ast::StatementPtr& owner, std::vector<Value> parameters) {
  const ExplainOptions options = OptionsOf(explain);
  if (!IsRows(*explain.statement)) {
    throw Error::Unsupported("EXPLAIN a query, INSERT, UPDATE, DELETE or MERGE.",
                             "EXPLAIN of this statement is not available");
  }
  std::vector<Type> types;
  for (const Value& value : parameters) types.push_back(value.type());
  if (options.analyze) {
    const ast::StatementPtr inner(owner, explain.statement);
    const int64_t start = session.engine().services().clock.Monotonic();
    auto execution = ExecuteStatement(session, inner, std::move(parameters));
    uint64_t rows = 0;
    while (auto chunk = execution->Next()) rows += chunk->row_count();
    const int64_t elapsed = session.engine().services().clock.Monotonic() - start;
    const auto profile = execution->query()->profile().Take();
    if (options.json) {
      std::string out = "[";
      AppendProfileJson(profile, out);
      out += fmt::format(", {{\"Execution ms\": {:.3f}, \"Rows\": {}}}]", static_cast<double>(elapsed) / 1e6, rows);
      return MakeTextExecution({"QUERY PLAN"}, {{out}}, "EXPLAIN");
    }
    std::string out = profile.ToText();
    out += fmt::format("Execution: {:.3f} ms, CPU {:.3f} ms, {} rows, peak memory {:.1f} MiB\n",
                       static_cast<double>(elapsed) / 1e6, static_cast<double>(execution->query()->cpu_nanos()) / 1e6,
                       rows, static_cast<double>(execution->query()->memory().peak_bytes()) / (1024.0 * 1024));
    return PlanText(out);
  }
  const BoundStatement bound = BindRows(session, *explain.statement, types, parameters);
  if (options.logical || options.optimizer) {
    std::vector<PassTrace> trace;
    const LogicalPtr optimized = OptimizeTraced(session, bound, trace);
    std::string out;
    if (options.logical) out = "Bound:\n" + ExplainLogical(bound.plan) + "Optimized:\n" + ExplainLogical(optimized);
    // Without times the text is the same each time.
    if (options.optimizer || options.verbose) AppendTrace(trace, options.verbose, out);
    return PlanText(out);
  }
  const PhysicalPtr plan = PlanRows(session, bound);
  if (options.json) {
    std::string out = "[{\"Plan\": ";
    AppendJson(*plan, out);
    return MakeTextExecution({"QUERY PLAN"}, {{out + "}]"}}, "EXPLAIN");
  }
  std::string out;
  AppendPlan(*plan, 0, options.verbose, out);
  if (options.verbose) {
    std::vector<PassTrace> trace;
    OptimizeTraced(session, bound, trace);
    std::string fired;
    for (const PassTrace& pass : trace) {
      if (pass.changed) fired += (fired.empty() ? "" : ", ") + std::string(pass.name);
    }
    out += "Optimizer: " + (fired.empty() ? std::string("no pass changed the plan") : fired) + "\n";
  }
  return PlanText(out);
}

}  // namespace weir
