#include "optimizer/join_order/order_joins.h"

#include <algorithm>
#include <bit>
#include <unordered_map>

#include "optimizer/columns.h"
#include "optimizer/stats/cardinality.h"

namespace weir {

namespace {

using RelationSet = uint64_t;
constexpr size_t kRelationsMax = 64;

struct Edge {
  ExprPtr condition;
  RelationSet relations = 0;  // that it refers to
  bool used = false;
};

// A joined part of the region.
struct Part {
  RelationSet relations = 0;
  LogicalPtr plan;
  RelationEstimate estimate;
  double cost = 0;
};

class Region {
 public:
  explicit Region(CardinalityEstimator& estimator) : estimator_(estimator) {}

  void AddRelation(LogicalPtr plan) { relations_.push_back(std::move(plan)); }
  void AddConditions(const ExprPtr& condition) {
    for (ExprPtr& conjunct : SplitConjunction(condition)) {
      if (!conjunct->is_true()) edges_.push_back({std::move(conjunct)});
    }
  }
  size_t size() const { return relations_.size(); }

  LogicalPtr Order() {
    for (size_t i = 0; i < relations_.size(); ++i) {
      for (const PlanColumn& column : relations_[i]->columns()) owner_.emplace(column.id, i);
    }
    std::vector<ExprPtr> leftover;  // without columns
    for (Edge& edge : edges_) {
      ColumnSet columns;
      AddReferenced(*edge.condition, columns);
      for (const ColumnId id : columns) {
        const auto found = owner_.find(id);
        if (found != owner_.end()) edge.relations |= RelationSet{1} << found->second;
      }
      if (std::popcount(edge.relations) < 2) leftover.push_back(edge.condition);
    }
    Part best = relations_.size() <= kExactRelationsMax ? Exact() : Greedy();
    if (leftover.empty()) return best.plan;
    return std::make_shared<LogicalFilter>(best.plan, CombineConjunction(std::move(leftover)));
  }

 private:
  Part Leaf(size_t i) { return {RelationSet{1} << i, relations_[i], estimator_.Estimate(relations_[i]), 0}; }

  bool Connected(RelationSet a, RelationSet b) const {
    return std::any_of(edges_.begin(), edges_.end(), [&](const Edge& edge) {
      return (edge.relations & a) != 0 && (edge.relations & b) != 0 && (edge.relations & ~(a | b)) == 0;
    });
  }

  std::vector<ExprPtr> ConditionsBetween(RelationSet a, RelationSet b) const {
    std::vector<ExprPtr> out;
    for (const Edge& edge : edges_) {
      const bool within = (edge.relations & ~(a | b)) == 0 && (edge.relations & a) != 0 && (edge.relations & b) != 0;
      if (within) out.push_back(edge.condition);
    }
    return out;
  }

  // Rows and cost without making the node.
  std::pair<double, double> Evaluate(const Part& a, const Part& b) const {
    const auto on = ConditionsBetween(a.relations, b.relations);
    const double rows = CardinalityEstimator::JoinRows(a.estimate, b.estimate, on);
    // Building costs more per row than probing.
    const double build = std::min(a.estimate.rows, b.estimate.rows);
    const double probe = std::max(a.estimate.rows, b.estimate.rows);
    return {rows, a.cost + b.cost + rows + 2 * build + 0.5 * probe};
  }

  Part Join(const Part& a, const Part& b, double rows, double cost) const {
    auto on = ConditionsBetween(a.relations, b.relations);
    // The larger side probes: it is the left one.
    const Part& left = a.estimate.rows >= b.estimate.rows ? a : b;
    const Part& right = &left == &a ? b : a;
    Part out;
    out.relations = a.relations | b.relations;
    out.plan =
        std::make_shared<LogicalJoin>(JoinKind::kInner, left.plan, right.plan, CombineConjunction(std::move(on)));
    out.estimate.rows = rows;
    out.estimate.columns = left.estimate.columns;
    out.estimate.columns.insert(right.estimate.columns.begin(), right.estimate.columns.end());
    for (auto& [id, column] : out.estimate.columns) column.distinct = std::min(column.distinct, rows);
    out.cost = cost;
    return out;
  }

  // Every connected set from its connected halves; sets without connection are crossed last.
  Part Exact() {
    const RelationSet all = (RelationSet{1} << relations_.size()) - 1;
    std::unordered_map<RelationSet, Part> best;
    for (size_t i = 0; i < relations_.size(); ++i) best.emplace(RelationSet{1} << i, Leaf(i));
    for (RelationSet set = 1; set <= all; ++set) {
      if (std::popcount(set) < 2) continue;
      const Part *from_a = nullptr, *from_b = nullptr;
      double lowest = 0, rows_at_lowest = 0;
      for (RelationSet a = (set - 1) & set; a != 0; a = (a - 1) & set) {
        const RelationSet b = set ^ a;
        if (a < b) continue;  // each split once
        const auto left = best.find(a), right = best.find(b);
        if (left == best.end() || right == best.end() || !Connected(a, b)) continue;
        const auto [rows, cost] = Evaluate(left->second, right->second);
        if (from_a == nullptr || cost < lowest) {
          from_a = &left->second;
          from_b = &right->second;
          lowest = cost;
          rows_at_lowest = rows;
        }
      }
      if (from_a != nullptr) best.emplace(set, Join(*from_a, *from_b, rows_at_lowest, lowest));
    }
    if (const auto found = best.find(all); found != best.end()) return found->second;
    return Greedy();
  }

  // Again and again the pair that gives the fewest rows; connected pairs first.
  Part Greedy() {
    std::vector<Part> parts;
    for (size_t i = 0; i < relations_.size(); ++i) parts.push_back(Leaf(i));
    while (parts.size() > 1) {
      size_t best_a = 0, best_b = 1;
      bool best_connected = false;
      double best_rows = 0, best_cost = 0;
      bool first = true;
      for (size_t a = 0; a < parts.size(); ++a) {
        for (size_t b = a + 1; b < parts.size(); ++b) {
          const bool connected = Connected(parts[a].relations, parts[b].relations);
          if (!first && best_connected && !connected) continue;
          const auto [rows, cost] = Evaluate(parts[a], parts[b]);
          if (first || (connected && !best_connected) || rows < best_rows) {
            best_a = a;
            best_b = b;
            best_connected = connected;
            best_rows = rows;
            best_cost = cost;
            first = false;
          }
        }
      }
      Part joined = Join(parts[best_a], parts[best_b], best_rows, best_cost);
      parts.erase(parts.begin() + static_cast<ptrdiff_t>(best_b));
      parts[best_a] = std::move(joined);
    }
    return std::move(parts[0]);
  }

  CardinalityEstimator& estimator_;
  std::vector<LogicalPtr> relations_;
  std::vector<Edge> edges_;
  std::unordered_map<ColumnId, size_t> owner_;
};

class JoinOrderer {
 public:
  LogicalPtr Run(const LogicalPtr& plan) {
    if (!IsInner(*plan)) return Descend(plan);
    Region region(estimator_);
    Flatten(plan, region);
    if (region.size() < 2 || region.size() > kRelationsMax) return Descend(plan);
    return region.Order();
  }

 private:
  static bool IsInner(const LogicalNode& plan) {
    return plan.kind() == LogicalKind::kJoin && plan.as<LogicalJoin>().join_kind == JoinKind::kInner;
  }

  LogicalPtr Descend(const LogicalPtr& plan) {
    std::vector<LogicalPtr> children;
    bool changed = false;
    for (const LogicalPtr& child : plan->children()) {
      children.push_back(Run(child));
      changed = changed || children.back() != child;
    }
    return changed ? plan->WithChildren(std::move(children)) : plan;
  }

  void Flatten(const LogicalPtr& plan, Region& region) {
    if (IsInner(*plan)) {
      Flatten(plan->child(0), region);
      Flatten(plan->child(1), region);
      region.AddConditions(plan->as<LogicalJoin>().condition);
      return;
    }
    // Conditions that could not go lower are the region's as well.
    if (plan->kind() == LogicalKind::kFilter && IsInner(*plan->child())) {
      region.AddConditions(plan->as<LogicalFilter>().predicate);
      Flatten(plan->child(), region);
      return;
    }
    region.AddRelation(Run(plan));
  }

  CardinalityEstimator estimator_;
};

}  // namespace

LogicalPtr OrderJoins(const LogicalPtr& plan, const OptimizerContext&) {
  return JoinOrderer().Run(plan);
}

}  // namespace weir
