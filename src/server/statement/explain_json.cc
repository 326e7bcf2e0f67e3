#include "server/statement/explain_json.h"

#include <charconv>

#include <fmt/format.h>

#include "base/json_text.h"

namespace weir {

namespace {

// Objects and arrays over indented lines.
class JsonLines {
 public:
  void Open(char bracket) {
    Separate();
    Begin(bracket);
  }
  void Open(std::string_view key, char bracket) {
    Key(key);
    Begin(bracket);
  }
  void Close(char bracket) {
    --depth_;
    Line();
    out_ += bracket;
    first_ = false;
  }
  void Text(std::string_view key, std::string_view text) {
    Key(key);
    AppendJsonString(text, out_);
  }
  void Text(std::string_view text) {
    Separate();
    AppendJsonString(text, out_);
  }
  void Number(std::string_view key, int64_t value) {
    Key(key);
    out_ += fmt::format("{}", value);
  }
  void Millis(std::string_view key, int64_t nanos) {
    Key(key);
    out_ += fmt::format("{:.3f}", static_cast<double>(nanos) / 1e6);
  }
  std::string Take() { return std::move(out_); }

 private:
  void Begin(char bracket) {
    out_ += bracket;
    ++depth_;
    first_ = true;
  }
  void Line() {
    out_ += '\n';
    out_.append(depth_ * 2, ' ');
  }
  void Separate() {
    if (!first_) out_ += ',';
    first_ = false;
    if (depth_ != 0) Line();
  }
  void Key(std::string_view key) {
    Separate();
    AppendJsonString(key, out_);
    out_ += ": ";
  }

  std::string out_;
  size_t depth_ = 0;
  bool first_ = true;
};

// The operator and the rest of its line.
void AddName(std::string_view text, JsonLines& out) {
  const size_t space = text.find(' ');
  out.Text("Node Type", text.substr(0, space));
  if (space != std::string_view::npos) out.Text("Detail", text.substr(space + 1));
}

void AddNode(const PhysicalNode& node, const ExplainOptions& options, JsonLines& out) {
  AddName(node.ToString(), out);
  if (options.costs && node.estimated_rows() >= 0) {
    out.Number("Plan Rows", static_cast<int64_t>(std::min(node.estimated_rows(), 9e18)));
  }
  if (options.verbose) {
    out.Open("Output", '[');
    for (const Field& field : node.schema()) out.Text(fmt::format("{} {}", field.name, field.type.ToString()));
    out.Close(']');
  }
  if (node.children().empty()) return;
  out.Open("Plans", '[');
  for (const PhysicalPtr& child : node.children()) {
    out.Open('{');
    AddNode(*child, options, out);
    out.Close('}');
  }
  out.Close(']');
}

void AddNode(const obs::ProfileNode::Snapshot& node, const ExplainOptions& options, JsonLines& out) {
  const obs::ProfileCounters& counters = node.counters;
  out.Text("Node Type", node.name);
  for (const auto& [name, value] : node.info) {
    if (name == "detail") {
      out.Text("Detail", value);
    } else if (name == "estimated rows") {
      int64_t rows = 0;
      std::from_chars(value.data(), value.data() + value.size(), rows);
      if (options.costs) out.Number("Plan Rows", rows);
    } else {
      out.Text(name, value);
    }
  }
  out.Number("Actual Rows", counters.rows_out);
  out.Number("Input Rows", counters.rows_in);
  if (options.timing) {
    out.Number("Actual Loops", node.drivers);
    out.Millis("Actual Total Time", counters.cpu_nanos);
    out.Millis("Blocked Time", counters.blocked_nanos);
  }
  if (options.buffers) {
    out.Number("Peak Memory Usage", counters.memory_bytes_peak);
    out.Number("Output Bytes", counters.bytes_out);
    out.Number("Spilled Bytes", counters.spilled_bytes);
    out.Number("Units Read", counters.units_read);
    out.Number("Units Pruned", counters.units_pruned);
    for (const obs::ProfileNode::Extra& extra : node.extras) out.Number(extra.name, extra.value);
  }
  if (node.children.empty()) return;
  out.Open("Plans", '[');
  for (const obs::ProfileNode::Snapshot& child : node.children) {
    out.Open('{');
    AddNode(child, options, out);
    out.Close('}');
  }
  out.Close(']');
}

template <typename Node>
std::string Document(const Node& root, const ExplainOptions& options, const ExplainSummary& summary) {
  JsonLines out;
  out.Open('[');
  out.Open('{');
  out.Open("Plan", '{');
  AddNode(root, options, out);
  out.Close('}');
  if (options.shows_summary()) {
    out.Millis("Planning Time", summary.planning_nanos);
    if (options.analyze) {
      out.Millis("Execution Time", summary.execution_nanos);
      out.Millis("CPU Time", summary.cpu_nanos);
      out.Number("Rows", static_cast<int64_t>(summary.rows));
      out.Number("Peak Memory Usage", summary.memory_bytes_peak);
    }
  }
  out.Close('}');
  out.Close(']');
  return out.Take();
}

}  // namespace

std::string ExplainJson(const PhysicalNode& plan, const ExplainOptions& options, const ExplainSummary& summary) {
  return Document(plan, options, summary);
}

std::string ExplainJson(const obs::ProfileNode::Snapshot& profile, const ExplainOptions& options,
                        const ExplainSummary& summary) {
  return Document(profile, options, summary);
}

}  // namespace weir
