#include "optimizer/join_order/order_joins.h"

#include <algorithm>
#include <bit>
#include <unordered_map>

#include "optimizer/join_order/connected_pairs.h"
#include "optimizer/join_order/join_graph.h"
#include "optimizer/map_children.h"
#include "optimizer/stats/cardinality.h"

namespace weir {

namespace {

// A joined part of the region.
struct Part {
  RelationSet relations = 0;
  LogicalPtr plan;
  RelationEstimate estimate;
  double cost = 0;
};

// Whether rows find each other by hash; all pairs are tried otherwise.
bool HasEquality(const std::vector<ExprPtr>& on) {
  return std::ranges::any_of(on, [](const ExprPtr& condition) {
    return condition->is(ExprKind::kCall) &&
           (condition->name() == "=" || condition->name() == "is_not_distinct_from") &&
           !ReferencedColumns(*condition->child(0)).empty() && !ReferencedColumns(*condition->child(1)).empty();
  });
}

class Region {
 public:
  Region(const JoinGraph& graph, CardinalityEstimator& estimator) : graph_(graph), estimator_(estimator) {}

  LogicalPtr Order() {
    const size_t count = graph_.relations().size();
    std::optional<Part> best = count <= kExactRelationsMax ? Exact() : Greedy();
    if (!best.has_value()) return graph_.AsWritten();
    if (graph_.leftover().empty()) return best->plan;
    return std::make_shared<LogicalFilter>(best->plan, CombineConjunction(graph_.leftover()));
  }

 private:
  using Step = JoinGraph::Step;

  Part Leaf(size_t i) {
    const LogicalPtr& relation = graph_.relations()[i];
    return {RelationSet{1} << i, relation, estimator_.Estimate(relation), 0};
  }

  // Rows and cost without making the node.
  std::pair<double, double> Evaluate(const Part& a, const Part& b, const Step& step) {
    double rows = 0;
    if (step.kind == JoinKind::kInner) {
      rows = estimator_.JoinRows(a.estimate, b.estimate, step.on);
    } else {
      const Part& left = step.flipped ? b : a;
      rows = estimator_.Join(step.kind, left.estimate, (step.flipped ? a : b).estimate, step.on).rows;
    }
    // Building costs more per row than probing.
    const double build = std::min(a.estimate.rows, b.estimate.rows);
    const double probe = std::max(a.estimate.rows, b.estimate.rows);
    const double pairs = HasEquality(step.on) ? 0 : build * probe;
    return {rows, a.cost + b.cost + rows + 2 * build + 0.5 * probe + pairs};
  }

  RelationEstimate Combined(const Part& a, const Part& b, const Step& step, double rows) {
    if (step.kind != JoinKind::kInner) {
      const Part& left = step.flipped ? b : a;
      return estimator_.Join(step.kind, left.estimate, (step.flipped ? a : b).estimate, step.on);
    }
    RelationEstimate out = a.estimate;
    out.rows = rows;
    out.columns.insert(b.estimate.columns.begin(), b.estimate.columns.end());
    for (auto& [id, column] : out.columns) column.distinct = std::min(column.distinct, rows);
    return out;
  }

  Part Join(const Part& a, const Part& b, const Step& step, double rows, double cost) {
    // The larger side of an inner join probes: it is the left one.
    const bool flipped = step.kind == JoinKind::kInner ? a.estimate.rows < b.estimate.rows : step.flipped;
    const Part& left = flipped ? b : a;
    const Part& right = flipped ? a : b;
    Part out;
    out.relations = a.relations | b.relations;
    out.plan = std::make_shared<LogicalJoin>(step.kind, left.plan, right.plan, CombineConjunction(step.on));
    out.estimate = Combined(left, right, {step.kind, false, step.on}, rows);
    out.cost = cost;
    return out;
  }

  // A set of relations with its best split so far. Plans are made of the winners alone.
  struct Best {
    Part part;
    RelationSet a = 0, b = 0;
  };

  // Dynamic programming over pairs of connected sets; greedily where the graph falls apart or has too many pairs.
  std::optional<Part> Exact() {
    const RelationSet all = (RelationSet{1} << graph_.relations().size()) - 1;
    std::unordered_map<RelationSet, Best> best;
    for (size_t i = 0; i < graph_.relations().size(); ++i) best[RelationSet{1} << i].part = Leaf(i);
    ConnectedPairs pairs(graph_.relations().size(), graph_.Neighbours(), [&](RelationSet a, RelationSet b) {
      const auto left = best.find(a), right = best.find(b);
      if (left == best.end() || right == best.end()) return;
      const std::optional<Step> step = graph_.Between(a, b);
      if (!step.has_value()) return;
      const Part& x = left->second.part;
      const Part& y = right->second.part;
      const auto [rows, cost] = Evaluate(x, y, *step);
      const auto known = best.find(a | b);
      if (known != best.end() && known->second.part.cost <= cost) return;
      Best better{{a | b, nullptr, Combined(x, y, *step, rows), cost}, a, b};
      best.insert_or_assign(a | b, std::move(better));
    });
    if (!pairs.Run() || !best.contains(all)) return Greedy();
    return Build(best, all);
  }

  Part Build(const std::unordered_map<RelationSet, Best>& best, RelationSet set) {
    const Best& entry = best.at(set);
    if (entry.part.plan != nullptr) return entry.part;
    const std::optional<Step> step = graph_.Between(entry.a, entry.b);
    return Join(Build(best, entry.a), Build(best, entry.b), *step, entry.part.estimate.rows, entry.part.cost);
  }

  // Again and again the pair that gives the fewest rows; connected pairs first. Nothing where no pair is left that may
  // be joined.
  std::optional<Part> Greedy() {
    std::vector<Part> parts;
    for (size_t i = 0; i < graph_.relations().size(); ++i) parts.push_back(Leaf(i));
    while (parts.size() > 1) {
      size_t best_a = 0, best_b = 0;
      std::optional<Step> best;
      bool best_connected = false;
      double best_rows = 0, best_cost = 0;
      for (size_t a = 0; a < parts.size(); ++a) {
        for (size_t b = a + 1; b < parts.size(); ++b) {
          std::optional<Step> step = graph_.Between(parts[a].relations, parts[b].relations);
          const bool connected = step.has_value();
          if (!connected && (best_connected || !graph_.only_inner())) continue;
          if (!connected) step = Step{};
          const auto [rows, cost] = Evaluate(parts[a], parts[b], *step);
          if (best.has_value() && best_connected == connected && rows >= best_rows) continue;
          best_a = a;
          best_b = b;
          best = std::move(step);
          best_connected = connected;
          best_rows = rows;
          best_cost = cost;
        }
      }
      if (!best.has_value()) return std::nullopt;
      Part joined = Join(parts[best_a], parts[best_b], *best, best_rows, best_cost);
      parts.erase(parts.begin() + static_cast<ptrdiff_t>(best_b));
      parts[best_a] = std::move(joined);
    }
    return std::move(parts[0]);
  }

  const JoinGraph& graph_;
  CardinalityEstimator& estimator_;
};

class JoinOrderer {
 public:
  explicit JoinOrderer(const OptimizerContext& context) : estimator_(context.details) {}
  LogicalPtr Run(const LogicalPtr& plan) {
    if (!JoinGraph::TakesPart(*plan)) return Descend(plan);
    const JoinGraph graph(plan, [this](const LogicalPtr& relation) { return Run(relation); });
    if (graph.relations().size() > JoinGraph::kRelationsMax) return Descend(plan);
    // Two relations that are not joined by an inner join are left as they are.
    if (graph.relations().size() == 2 && !graph.only_inner()) return graph.AsWritten();
    return Region(graph, estimator_).Order();
  }

 private:
  LogicalPtr Descend(const LogicalPtr& plan) {
    return MapChildren(plan, estimator_, [&](const LogicalPtr& child) { return Run(child); });
  }

  CardinalityEstimator estimator_;
};

}  // namespace

LogicalPtr OrderJoins(const LogicalPtr& plan, const OptimizerContext& context) {
  return JoinOrderer(context).Run(plan);
}

}  // namespace weir
