#include "optimizer/join_order/order_joins.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <unordered_map>

#include "optimizer/columns.h"
#include "optimizer/stats/cardinality.h"

namespace weir {

namespace {

using RelationSet = uint64_t;
constexpr size_t kRelationsMax = 64;
// Of connected sets that are tried: stars of 13 relations, chains of any size, cliques of ten.
constexpr size_t kPairsMax = 50'000;

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

  static RelationEstimate Combined(const Part& a, const Part& b, double rows) {
    RelationEstimate out = a.estimate;
    out.rows = rows;
    out.columns.insert(b.estimate.columns.begin(), b.estimate.columns.end());
    for (auto& [id, column] : out.columns) column.distinct = std::min(column.distinct, rows);
    return out;
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
    out.estimate = Combined(left, right, rows);
    out.cost = cost;
    return out;
  }

  // A set of relations with its best split so far. Plans are made of the winners alone.
  struct Best {
    Part part;
    RelationSet a = 0, b = 0;
  };

  // Each pair of connected sets with an edge between them once, smaller sets before the larger ones that they are part
  // of. An edge over several relations counts as one between any two of them here; whether it may be used is seen when
  // a pair is joined.
  class Pairs {
   public:
    Pairs(size_t count, std::vector<RelationSet> neighbours, std::function<void(RelationSet, RelationSet)> found)
        : count_(count), neighbours_(std::move(neighbours)), found_(std::move(found)) {}
    // False: given up, there are too many.
    bool Run() {
      for (size_t i = count_; i-- > 0 && seen_ <= kPairsMax;) {
        const RelationSet start = RelationSet{1} << i;
        FindPartners(start);
        Grow(start, UpTo(i));
      }
      return seen_ <= kPairsMax;
    }

   private:
    static RelationSet UpTo(size_t i) { return (RelationSet{2} << i) - 1; }

    RelationSet Neighbours(RelationSet set, RelationSet without) const {
      RelationSet out = 0;
      for (RelationSet rest = set; rest != 0; rest &= rest - 1) out |= neighbours_[std::countr_zero(rest)];
      return out & ~(without | set);
    }

    template <typename F>
    void ForEachPart(RelationSet set, F&& f) const {
      for (RelationSet part = set & -set; part != 0 && seen_ <= kPairsMax; part = (part - set) & set) f(part);
    }

    void Grow(RelationSet set, RelationSet without) {
      const RelationSet near = Neighbours(set, without);
      ForEachPart(near, [&](RelationSet part) { FindPartners(set | part); });
      ForEachPart(near, [&](RelationSet part) { Grow(set | part, without | near); });
    }

    void FindPartners(RelationSet set) {
      const RelationSet without = set | UpTo(static_cast<size_t>(std::countr_zero(set)));
      const RelationSet near = Neighbours(set, without);
      for (RelationSet rest = near; rest != 0 && seen_ <= kPairsMax;) {
        const auto i = static_cast<size_t>(std::bit_width(rest) - 1);
        rest &= ~(RelationSet{1} << i);
        const RelationSet partner = RelationSet{1} << i;
        Found(set, partner);
        GrowPartner(set, partner, without | (UpTo(i) & near));
      }
    }

    void GrowPartner(RelationSet set, RelationSet partner, RelationSet without) {
      const RelationSet near = Neighbours(partner, without | set);
      ForEachPart(near, [&](RelationSet part) { Found(set, partner | part); });
      ForEachPart(near, [&](RelationSet part) { GrowPartner(set, partner | part, without | near); });
    }

    void Found(RelationSet a, RelationSet b) {
      ++seen_;
      found_(a, b);
    }

    const size_t count_;
    const std::vector<RelationSet> neighbours_;
    const std::function<void(RelationSet, RelationSet)> found_;
    size_t seen_ = 0;
  };

  // Dynamic programming over pairs of connected sets; greedily where the graph falls apart or has too many pairs.
  Part Exact() {
    const RelationSet all = (RelationSet{1} << relations_.size()) - 1;
    std::unordered_map<RelationSet, Best> best;
    for (size_t i = 0; i < relations_.size(); ++i) best[RelationSet{1} << i].part = Leaf(i);
    std::vector<RelationSet> neighbours(relations_.size());
    for (const Edge& edge : edges_) {
      for (RelationSet rest = edge.relations; rest != 0; rest &= rest - 1) {
        neighbours[static_cast<size_t>(std::countr_zero(rest))] |= edge.relations;
      }
    }
    Pairs pairs(relations_.size(), std::move(neighbours), [&](RelationSet a, RelationSet b) {
      const auto left = best.find(a), right = best.find(b);
      if (left == best.end() || right == best.end() || !Connected(a, b)) return;
      const Part& x = left->second.part;
      const Part& y = right->second.part;
      const auto [rows, cost] = Evaluate(x, y);
      const auto known = best.find(a | b);
      if (known != best.end() && known->second.part.cost <= cost) return;
      Best better{{a | b, nullptr, Combined(x, y, rows), cost}, a, b};
      best.insert_or_assign(a | b, std::move(better));
    });
    if (!pairs.Run() || !best.contains(all)) return Greedy();
    return Build(best, all);
  }

  Part Build(const std::unordered_map<RelationSet, Best>& best, RelationSet set) {
    const Best& entry = best.at(set);
    if (entry.part.plan != nullptr) return entry.part;
    return Join(Build(best, entry.a), Build(best, entry.b), entry.part.estimate.rows, entry.part.cost);
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
      if (plan->kind() == LogicalKind::kCte && children.size() == 1) {
        estimator_.Define(plan->as<LogicalCte>().id, children[0]);
      }
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
