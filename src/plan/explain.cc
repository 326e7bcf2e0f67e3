#include <functional>

#include "plan/logical.h"
#include "plan/physical.h"

namespace weir {

namespace {

std::string SourceName(const ScanSource& source) {
  if (const auto* table = std::get_if<TableSource>(&source)) return table->name;
  if (const auto* view = std::get_if<VirtualSource>(&source)) return view->name;
  const auto& files = std::get<FileSource>(source);
  constexpr std::string_view kFormats[] = {"parquet", "csv", "json"};
  const auto format = kFormats[static_cast<size_t>(files.format)];
  if (files.paths.size() == 1) return fmt::format("{} {}", format, files.paths[0]);
  return fmt::format("{} {} files", format, files.paths.size());
}

template <typename Range, typename F>
std::string Join(const Range& range, F&& f) {
  std::string out;
  for (const auto& item : range) {
    if (!out.empty()) out += ", ";
    out += f(item);
  }
  return out;
}

std::string ExprList(const std::vector<ExprPtr>& exprs) {
  return Join(exprs, [](const ExprPtr& expr) { return expr->ToString(); });
}

std::string Aggregation(const std::vector<ExprPtr>& groups, const std::vector<AggregateCall>& aggregates) {
  std::string out;
  if (!groups.empty()) out += " by " + ExprList(groups);
  if (!aggregates.empty()) {
    out += out.empty() ? " " : "; ";
    out += Join(aggregates, [](const AggregateCall& call) { return call.ToString(); });
  }
  return out;
}

std::string SortKeys(const std::vector<SortKey>& keys) {
  return Join(keys, [](const SortKey& key) {
    std::string out = key.expr->ToString();
    if (key.descending) out += " desc";
    // PostgreSQL's default: NULLs are larger than everything.
    if (key.nulls_first != key.descending) out += key.nulls_first ? " nulls first" : " nulls last";
    return out;
  });
}

std::string WindowText(const LogicalWindow& window) {
  std::string out = "Window";
  if (!window.partition_by.empty()) out += " by " + ExprList(window.partition_by);
  if (!window.order_by.empty()) out += " order " + SortKeys(window.order_by);
  out += "; " + Join(window.calls, [](const WindowCall& call) { return call.ToString(); });
  if (window.limit.has_value()) {
    out += fmt::format("; {} at most {}", window.calls[window.limit->call].call.name, window.limit->rows);
  }
  return out;
}

std::string WindowText(const PhysicalWindow& window) {
  const auto keys = [&](size_t from, size_t to) {
    std::string out;
    for (size_t i = from; i < to; ++i) {
      const PhysicalWindow::Key& key = window.keys[i];
      if (i != from) out += ", ";
      out += fmt::format("#{}", key.column);
      if (key.descending) out += " desc";
      if (key.nulls_first != key.descending) out += key.nulls_first ? " nulls first" : " nulls last";
    }
    return out;
  };
  std::string out = "Window";
  if (window.hash_keys != 0) out += " by " + keys(0, window.hash_keys);
  if (window.keys.size() > window.hash_keys) out += " order " + keys(window.hash_keys, window.keys.size());
  out += "; " + Join(window.calls, [](const PhysicalWindow::Call& call) { return call.window.ToString(); });
  if (window.limit.has_value()) {
    out += fmt::format("; {} at most {}", window.calls[window.limit->call].window.call.name, window.limit->rows);
  }
  return out;
}

std::string AsofText(JoinKind kind, const AsofCondition& condition) {
  return fmt::format("AsofJoin {} on {}", JoinKindName(kind), condition.ToString());
}

std::string LimitText(const std::optional<uint64_t>& limit, uint64_t offset) {
  std::string out = limit.has_value() ? fmt::format(" {}", *limit) : "";
  if (offset != 0) out += fmt::format(" offset {}", offset);
  return out;
}

std::string Filters(const std::vector<ExprPtr>& filters) {
  if (filters.empty()) return "";
  return " where " + Join(filters, [](const ExprPtr& expr) { return expr->ToString(); });
}

template <typename Node>
void AppendTree(const Node& node, int depth, std::string& out) {
  out.append(static_cast<size_t>(depth) * 2, ' ');
  out += node.ToString();
  out += '\n';
  for (const auto& child : node.children()) AppendTree(*child, depth + 1, out);
}

}  // namespace

std::string AsofCondition::ToString() const {
  constexpr std::string_view kOperators[] = {">=", ">", "<=", "<"};
  std::string out;
  for (size_t i = 0; i < left_keys.size(); ++i) {
    out += fmt::format("{} {} {} and ", left_keys[i]->ToString(), null_safe[i] ? "is not distinct from" : "=",
                       right_keys[i]->ToString());
  }
  return out + fmt::format("{} {} {}", left_order->ToString(), kOperators[static_cast<size_t>(nearest)],
                           right_order->ToString());
}

std::string LogicalNode::ToString() const {
  switch (kind_) {
    case LogicalKind::kScan:
      return fmt::format("Scan {} [{}]{}", SourceName(as<LogicalScan>().source),
                         Join(columns_, [](const PlanColumn& column) { return column.name; }),
                         Filters(as<LogicalScan>().filters));
    case LogicalKind::kValues:
      return fmt::format("Values {} rows", as<LogicalValues>().rows.size());
    case LogicalKind::kFilter:
      return "Filter " + as<LogicalFilter>().predicate->ToString();
    case LogicalKind::kProject:
      return "Project " + ExprList(as<LogicalProject>().exprs);
    case LogicalKind::kAggregate:
      return "Aggregate" + Aggregation(as<LogicalAggregate>().groups, as<LogicalAggregate>().aggregates);
    case LogicalKind::kJoin: {
      const auto& join = as<LogicalJoin>();
      return fmt::format("Join {}{} on {}", JoinKindName(join.join_kind), join.null_aware ? " null-aware" : "",
                         join.condition->ToString());
    }
    case LogicalKind::kApply: {
      const auto& apply = as<LogicalApply>();
      return fmt::format("Apply {} on {}", JoinKindName(apply.join_kind), apply.condition->ToString());
    }
    case LogicalKind::kSort:
      return "Sort " + SortKeys(as<LogicalSort>().keys);
    case LogicalKind::kLimit:
      return "Limit" + LimitText(as<LogicalLimit>().limit, as<LogicalLimit>().offset);
    case LogicalKind::kSetOperation:
      return fmt::format("SetOperation {}", SetOperationName(as<LogicalSetOperation>().operation));
    case LogicalKind::kCte:
      return "Cte " + as<LogicalCte>().name;
    case LogicalKind::kCteScan:
      return "CteScan " + as<LogicalCteScan>().name;
    case LogicalKind::kRecursion:
      return fmt::format("Recursion {}{}", as<LogicalRecursion>().name,
                         as<LogicalRecursion>().distinct ? " distinct" : "");
    case LogicalKind::kUnnest:
      return "Unnest " + ExprList(as<LogicalUnnest>().lists);
    case LogicalKind::kWindow:
      return WindowText(as<LogicalWindow>());
    case LogicalKind::kChange:
      return as<LogicalChange>().change.ToString();
    case LogicalKind::kAsofJoin:
      return AsofText(as<LogicalAsofJoin>().join_kind, as<LogicalAsofJoin>().condition);
  }
  return "?";
}

std::string PhysicalNode::ToString() const {
  switch (kind_) {
    case PhysicalKind::kScan: {
      const auto& scan = as<PhysicalScan>();
      std::string out =
          fmt::format("Scan {} [{}]{}", SourceName(scan.source),
                      Join(scan.columns, [](const Field& field) { return field.name; }), Filters(scan.filters));
      if (!scan.runtime_filters.empty()) {
        out += " runtime filters " + Join(scan.runtime_filters, [&](const RuntimeFilterTarget& target) {
                 return fmt::format("{}:{}", target.id, scan.columns[target.column].name);
               });
      }
      return out;
    }
    case PhysicalKind::kValues:
      return fmt::format("Values {} rows", as<PhysicalValues>().rows.size());
    case PhysicalKind::kFilter:
      return "Filter " + as<PhysicalFilter>().predicate->ToString();
    case PhysicalKind::kProject:
      return "Project " + ExprList(as<PhysicalProject>().exprs);
    case PhysicalKind::kHashAggregate:
      return "HashAggregate" + Aggregation(as<PhysicalHashAggregate>().groups, as<PhysicalHashAggregate>().aggregates);
    case PhysicalKind::kHashJoin: {
      const auto& join = as<PhysicalHashJoin>();
      constexpr std::string_view kNames[] = {"inner", "left", "right",  "full",       "semi",
                                             "anti",  "mark", "single", "right semi", "right anti"};
      std::string keys;
      for (size_t i = 0; i < join.probe_keys.size(); ++i) {
        if (i != 0) keys += " and ";
        keys += fmt::format("{} {} {}", join.probe_keys[i]->ToString(),
                            join.null_safe[i] ? "is not distinct from" : "=", join.build_keys[i]->ToString());
      }
      std::string out = fmt::format("HashJoin {}{} on {}", kNames[static_cast<size_t>(join.join_kind)],
                                    join.null_aware ? " null-aware" : "", keys);
      if (join.residual != nullptr) out += " if " + join.residual->ToString();
      if (!join.runtime_filters.empty()) {
        out += " makes " + Join(join.runtime_filters, [](const auto& made) { return fmt::format("{}", made.first); });
      }
      return out;
    }
    case PhysicalKind::kNestedLoopJoin: {
      const auto& join = as<PhysicalNestedLoopJoin>();
      return fmt::format("NestedLoopJoin {} on {}", JoinKindName(join.join_kind), join.condition->ToString());
    }
    case PhysicalKind::kAsofJoin:
      return AsofText(as<PhysicalAsofJoin>().join_kind, as<PhysicalAsofJoin>().condition);
    case PhysicalKind::kSort:
      return "Sort " + SortKeys(as<PhysicalSort>().keys);
    case PhysicalKind::kTopN:
      return fmt::format("TopN{} by {}", LimitText(as<PhysicalTopN>().limit, as<PhysicalTopN>().offset),
                         SortKeys(as<PhysicalTopN>().keys));
    case PhysicalKind::kLimit:
      return "Limit" + LimitText(as<PhysicalLimit>().limit, as<PhysicalLimit>().offset);
    case PhysicalKind::kUnionAll:
      return "UnionAll";
    case PhysicalKind::kSetOperation:
      return fmt::format("SetOperation {}", SetOperationName(as<PhysicalSetOperation>().operation));
    case PhysicalKind::kCte:
      return fmt::format("Cte {}", as<PhysicalCte>().id);
    case PhysicalKind::kCteScan:
      return fmt::format("CteScan {}", as<PhysicalCteScan>().id);
    case PhysicalKind::kRecursion:
      return fmt::format("Recursion {}{}", as<PhysicalRecursion>().id,
                         as<PhysicalRecursion>().distinct ? " distinct" : "");
    case PhysicalKind::kUnnest:
      return "Unnest " + ExprList(as<PhysicalUnnest>().lists);
    case PhysicalKind::kWindow:
      return WindowText(as<PhysicalWindow>());
    case PhysicalKind::kChange:
      return as<PhysicalChange>().change.ToString();
  }
  return "?";
}

std::string ExplainLogical(const LogicalPtr& plan) {
  std::string out;
  AppendTree(*plan, 0, out);
  return out;
}

std::string ExplainPhysical(const PhysicalPtr& plan) {
  std::string out;
  AppendTree(*plan, 0, out);
  return out;
}

}  // namespace weir
