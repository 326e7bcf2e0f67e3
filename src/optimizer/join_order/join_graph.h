#pragma once

#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "optimizer/columns.h"
#include "optimizer/join_order/connected_pairs.h"

namespace weir {

// One predicate of a region of joins: a conjunct of inner joins, or the whole condition of a left, semi or anti join.
struct JoinOperator {
  JoinKind kind = JoinKind::kInner;
  ExprPtr condition;
  RelationSet left = 0;  // relations below the join as it was written
  RelationSet right = 0;
  RelationSet used = 0;  // relations that the condition refers to
  // What must be on either side for the join to be possible at all.
  RelationSet left_needed = 0;
  RelationSet right_needed = 0;
  // If any of the first is there, all of the second must be.
  struct Rule {
    RelationSet any;
    RelationSet all;
  };
  std::vector<Rule> rules;

  RelationSet needed() const { return left_needed | right_needed; }
};

// A region of joins as relations and operators with the orders that give the same result: the conflict detector CD-C of
// Moerkotte, Fender and Eich, "On the Correct and Complete Enumeration of the Core Search Space", SIGMOD 2013.
class JoinGraph {
 public:
  static constexpr size_t kRelationsMax = 64;

  // The node is a join that takes part in such a region.
  static bool TakesPart(const LogicalNode& plan);
  // `make_relation` is called with everything below the region, once each.
  JoinGraph(const LogicalPtr& plan, const std::function<LogicalPtr(const LogicalPtr&)>& make_relation);

  const std::vector<LogicalPtr>& relations() const { return relations_; }
  const std::vector<JoinOperator>& operators() const { return operators_; }
  bool only_inner() const { return only_inner_; }
  // Conditions on no more than one relation: on top of a region of inner joins.
  const std::vector<ExprPtr>& leftover() const { return leftover_; }
  // The joins as they were written, over the relations as they are now.
  LogicalPtr AsWritten() const;

  // Relations that have an operator in common with each.
  std::vector<RelationSet> Neighbours() const;

  // How two disjoint sets are joined: the operators, and whether `b` is the left side of a join that tells sides apart.
  // Nothing when they cannot be.
  struct Step {
    JoinKind kind = JoinKind::kInner;
    bool flipped = false;
    std::vector<ExprPtr> on;
  };
  std::optional<Step> Between(RelationSet a, RelationSet b) const;

 private:
  // The tree as it was written.
  struct Node {
    JoinKind kind = JoinKind::kInner;
    size_t left = 0, right = 0;  // positions of nodes
    std::optional<size_t> relation;
    RelationSet relations = 0;
    std::vector<ExprPtr> conditions;
  };
  size_t AddNode(const LogicalPtr& plan, const std::function<LogicalPtr(const LogicalPtr&)>& make_relation);
  RelationSet UsedBy(const Expr& condition) const;
  // The lowest inner join at or below the node that the condition's relations are all below.
  void Attach(size_t node, const ExprPtr& condition);
  // Operators of the subtree, in `out`.
  void AddOperators(size_t node, std::vector<size_t>& out);
  void AddOperator(const Node& node, const ExprPtr& condition, const std::vector<size_t>& left,
                   const std::vector<size_t>& right);
  LogicalPtr Written(size_t node) const;

  std::vector<LogicalPtr> relations_;
  std::vector<ColumnSet> columns_;  // of each relation
  std::unordered_map<ColumnId, size_t> owner_;
  std::vector<Node> nodes_;
  size_t root_ = 0;
  std::vector<JoinOperator> operators_;
  std::vector<ExprPtr> leftover_;
  bool only_inner_ = true;
};

}  // namespace weir
