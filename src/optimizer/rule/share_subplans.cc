#include "optimizer/rule/share_subplans.h"

#include <algorithm>

#include "optimizer/map_children.h"
#include "optimizer/required.h"
#include "optimizer/same_plan.h"
#include "optimizer/stats/cardinality.h"

namespace weir {

namespace {

constexpr int kSharedMax = 8;  // subplans per statement

struct Occurrence {
  LogicalPtr plan;
  ColumnSet required;
  size_t nodes = 0;
};

// Rows that the scans below read: what computing the plan again costs at least.
double RowsRead(const LogicalNode& plan) {
  if (plan.kind() == LogicalKind::kScan) return plan.as<LogicalScan>().table_rows.value_or(1000);
  double rows = 0;
  for (const LogicalPtr& child : plan.children()) rows += RowsRead(*child);
  return rows;
}

class Sharing {
 public:
  explicit Sharing(const LogicalNode& plan) { NoteIds(plan); }

  LogicalPtr Run(LogicalPtr plan) {
    for (int i = 0; i < kSharedMax; ++i) {
      LogicalPtr next = ShareOne(plan);
      if (next == nullptr) break;
      plan = std::move(next);
    }
    return plan;
  }

 private:
  void NoteIds(const LogicalNode& plan) {
    if (plan.kind() == LogicalKind::kCte) last_ = std::max(last_, plan.as<LogicalCte>().id);
    if (plan.kind() == LogicalKind::kRecursion) last_ = std::max(last_, plan.as<LogicalRecursion>().id);
    for (const LogicalPtr& child : plan.children()) NoteIds(*child);
  }

  // Joins and aggregates of nodes that can be compared, the larger parts first within each other.
  size_t Collect(const LogicalPtr& plan, const ColumnSet& required, std::vector<Occurrence>& out) {
    const size_t at = out.size();
    const bool wanted = plan->kind() == LogicalKind::kJoin || plan->kind() == LogicalKind::kAggregate;
    if (wanted) out.push_back({plan, required, 0});
    size_t nodes = 1;
    if (plan->kind() != LogicalKind::kRecursion) {
      // Projections and aggregates keep all their expressions.
      const bool own = plan->kind() == LogicalKind::kProject || plan->kind() == LogicalKind::kAggregate;
      const std::vector<ColumnSet> below = RequiredOfChildren(*plan, own ? ColumnsOf(*plan) : required);
      for (size_t i = 0; i < plan->children().size(); ++i) nodes += Collect(plan->child(i), below[i], out);
    }
    if (wanted) out[at].nodes = nodes;
    return nodes;
  }

  LogicalPtr ShareOne(const LogicalPtr& plan) {
    std::vector<Occurrence> all;
    Collect(plan, ColumnsOf(*plan), all);
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.nodes > b.nodes; });
    for (size_t i = 0; i < all.size(); ++i) {
      std::vector<std::pair<const Occurrence*, ColumnMap>> same;
      for (size_t k = i + 1; k < all.size() && all[k].nodes == all[i].nodes; ++k) {
        ColumnMap map;
        if (all[k].plan != all[i].plan && SamePlan(*all[i].plan, *all[k].plan, map)) {
          same.emplace_back(&all[k], std::move(map));
        }
      }
      if (same.empty() || !Pays(all[i].plan)) continue;
      return Share(plan, all[i], same);
    }
    return nullptr;
  }

  bool Pays(const LogicalPtr& part) { return estimator_.Estimate(part).rows * 4 < RowsRead(*part); }

  LogicalPtr Share(const LogicalPtr& plan, const Occurrence& first,
                   const std::vector<std::pair<const Occurrence*, ColumnMap>>& others) {
    ColumnSet needed = first.required;
    for (const auto& [other, map] : others) {
      for (const ColumnId id : other->required) needed.insert(map.at(id)->column_id());
    }
    std::vector<ExprPtr> exprs;
    std::vector<PlanColumn> columns;
    std::vector<size_t> positions;
    for (size_t i = 0; i < first.plan->columns().size(); ++i) {
      const PlanColumn& column = first.plan->columns()[i];
      if (!needed.contains(column.id)) continue;
      exprs.push_back(ToExpr(column));
      columns.push_back(column);
      positions.push_back(i);
    }
    last_ = last_.next();
    const std::string name = fmt::format("shared_{}", ++count_);
    std::unordered_map<const LogicalNode*, LogicalPtr> replacements;
    const auto scan = [&](const LogicalPtr& of) {
      std::vector<PlanColumn> own;
      std::vector<ColumnId> ids;
      for (size_t i = 0; i < positions.size(); ++i) {
        own.push_back(of->columns()[positions[i]]);
        ids.push_back(columns[i].id);
      }
      replacements[of.get()] = std::make_shared<LogicalCteScan>(last_, name, std::move(own), std::move(ids));
    };
    scan(first.plan);
    for (const auto& [other, map] : others) scan(other->plan);
    LogicalPtr definition = std::make_shared<LogicalProject>(first.plan, std::move(exprs), columns);
    return std::make_shared<LogicalCte>(last_, name, std::move(definition), Replace(plan, replacements));
  }

  static LogicalPtr Replace(const LogicalPtr& plan,
                            const std::unordered_map<const LogicalNode*, LogicalPtr>& replacements) {
    if (const auto found = replacements.find(plan.get()); found != replacements.end()) return found->second;
    return MapChildren(plan, [&](const LogicalPtr& child) { return Replace(child, replacements); });
  }

  CteId last_;
  int count_ = 0;
  CardinalityEstimator estimator_;
};

}  // namespace

LogicalPtr ShareSubplans(const LogicalPtr& plan, const OptimizerContext& context) {
  if (plan->kind() == LogicalKind::kChange) {
    // Two changes that look alike are two all the same.
    if (HasChange(*plan->child())) return plan;
    LogicalPtr child = ShareSubplans(plan->child(), context);
    return child == plan->child() ? plan : plan->WithChildren({std::move(child)});
  }
  return Sharing(*plan).Run(plan);
}

}  // namespace weir
