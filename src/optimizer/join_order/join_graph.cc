#include "optimizer/join_order/join_graph.h"

#include <algorithm>

namespace weir {

namespace {

bool Within(RelationSet part, RelationSet whole) {
  return (part & ~whole) == 0;
}

// (e1 a e2) b e3 is e1 a (e2 b e3), where b's condition is over e2 and e3. `rejects`: it is not true where all of e2's
// columns are NULL.
bool Associates(JoinKind a, JoinKind b, bool rejects) {
  if (a == JoinKind::kInner) return true;
  return a == JoinKind::kLeft && b == JoinKind::kLeft && rejects;
}

// e1 a (e2 b e3) is e2 b (e1 a e3), where a's condition is over e1 and e3.
bool AssociatesOnTheRight(JoinKind a, JoinKind b) {
  return a == JoinKind::kInner && b == JoinKind::kInner;
}

}  // namespace

bool JoinGraph::TakesPart(const LogicalNode& plan) {
  if (plan.kind() != LogicalKind::kJoin) return false;
  const auto& join = plan.as<LogicalJoin>();
  switch (join.join_kind) {
    case JoinKind::kInner:
      return true;
    case JoinKind::kLeft:
    case JoinKind::kRight:
    case JoinKind::kSemi:
    case JoinKind::kAnti:
      return !join.null_aware && join.condition->volatility() != Volatility::kVolatile;
    default:
      return false;
  }
}

JoinGraph::JoinGraph(const LogicalPtr& plan, const std::function<LogicalPtr(const LogicalPtr&)>& make_relation) {
  root_ = AddNode(plan, make_relation);
  if (relations_.size() > kRelationsMax) return;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].relation.has_value() || nodes_[i].kind != JoinKind::kInner) continue;
    for (const ExprPtr& condition : std::exchange(nodes_[i].conditions, {})) Attach(i, condition);
  }
  std::vector<size_t> all;
  AddOperators(root_, all);
}

size_t JoinGraph::AddNode(const LogicalPtr& plan, const std::function<LogicalPtr(const LogicalPtr&)>& make_relation) {
  Node node;
  if (TakesPart(*plan)) {
    const auto& join = plan->as<LogicalJoin>();
    const bool flipped = join.join_kind == JoinKind::kRight;
    node.kind = flipped ? JoinKind::kLeft : join.join_kind;
    only_inner_ = only_inner_ && node.kind == JoinKind::kInner;
    node.left = AddNode(plan->child(flipped ? 1 : 0), make_relation);
    node.right = AddNode(plan->child(flipped ? 0 : 1), make_relation);
    node.relations = nodes_[node.left].relations | nodes_[node.right].relations;
    for (ExprPtr& conjunct : SplitConjunction(join.condition)) {
      if (!conjunct->is_true() || node.kind != JoinKind::kInner) node.conditions.push_back(std::move(conjunct));
    }
  } else if (plan->kind() == LogicalKind::kFilter && TakesPart(*plan->child()) &&
             plan->child()->as<LogicalJoin>().join_kind == JoinKind::kInner) {
    // Conditions that could not go lower are the inner join's as well.
    const size_t below = AddNode(plan->child(), make_relation);
    for (ExprPtr& conjunct : SplitConjunction(plan->as<LogicalFilter>().predicate)) {
      nodes_[below].conditions.push_back(std::move(conjunct));
    }
    return below;
  } else {
    const size_t at = relations_.size();
    relations_.push_back(make_relation(plan));
    columns_.push_back(ColumnsOf(*relations_[at]));
    for (const ColumnId id : columns_[at]) owner_.emplace(id, at);
    node.relation = at;
    node.relations = at < kRelationsMax ? RelationSet{1} << at : 0;
  }
  nodes_.push_back(std::move(node));
  return nodes_.size() - 1;
}

RelationSet JoinGraph::UsedBy(const Expr& condition) const {
  ColumnSet columns;
  AddReferenced(condition, columns);
  RelationSet out = 0;
  for (const ColumnId id : columns) {
    const auto found = owner_.find(id);
    if (found != owner_.end()) out |= RelationSet{1} << found->second;
  }
  return out;
}

void JoinGraph::Attach(size_t node, const ExprPtr& condition) {
  const RelationSet used = UsedBy(*condition);
  for (;;) {
    const auto fits = [&](size_t child) {
      return used != 0 && Within(used, nodes_[child].relations) && !nodes_[child].relation.has_value() &&
             nodes_[child].kind == JoinKind::kInner;
    };
    if (fits(nodes_[node].left)) {
      node = nodes_[node].left;
    } else if (fits(nodes_[node].right)) {
      node = nodes_[node].right;
    } else {
      break;
    }
  }
  nodes_[node].conditions.push_back(condition);
}

void JoinGraph::AddOperators(size_t at, std::vector<size_t>& out) {
  const Node& node = nodes_[at];
  if (node.relation.has_value()) return;
  std::vector<size_t> left, right;
  AddOperators(node.left, left);
  AddOperators(node.right, right);
  const size_t first = operators_.size();
  if (node.kind != JoinKind::kInner) {
    AddOperator(node, CombineConjunction(node.conditions), left, right);
  } else {
    for (const ExprPtr& condition : node.conditions) {
      const RelationSet used = UsedBy(*condition);
      const bool joins = (used & nodes_[node.left].relations) != 0 && (used & nodes_[node.right].relations) != 0;
      if (only_inner_ && !joins) {
        leftover_.push_back(condition);
      } else {
        AddOperator(node, condition, left, right);
      }
    }
    // A cross product among joins that are not inner keeps its sides together.
    if (!only_inner_ && node.conditions.empty()) {
      AddOperator(node, Expr::Literal(Value::Boolean(true)), left, right);
    }
  }
  out.insert(out.end(), left.begin(), left.end());
  out.insert(out.end(), right.begin(), right.end());
  for (size_t i = first; i < operators_.size(); ++i) out.push_back(i);
}

void JoinGraph::AddOperator(const Node& node, const ExprPtr& condition, const std::vector<size_t>& left,
                            const std::vector<size_t>& right) {
  JoinOperator op;
  op.kind = node.kind;
  op.condition = condition;
  op.left = nodes_[node.left].relations;
  op.right = nodes_[node.right].relations;
  op.used = UsedBy(*condition);
  op.left_needed = (op.used & op.left) != 0 ? op.used & op.left : op.left;
  op.right_needed = (op.used & op.right) != 0 ? op.used & op.right : op.right;
  const auto rejects = [&](const Expr& predicate, RelationSet nulls) {
    ColumnSet columns;
    for (size_t i = 0; i < relations_.size(); ++i) {
      if ((nulls >> i & 1) != 0) columns.insert(columns_[i].begin(), columns_[i].end());
    }
    return RejectsNulls(predicate, columns);
  };
  const auto narrowed = [](RelationSet side, RelationSet used) { return (side & used) != 0 ? side & used : side; };
  for (const size_t i : left) {
    const JoinOperator& below = operators_[i];
    if (!Associates(below.kind, op.kind, rejects(*condition, below.right))) {
      op.rules.push_back({below.right, narrowed(below.left, below.used)});
    }
  }
  for (const size_t i : right) {
    const JoinOperator& below = operators_[i];
    if (!Associates(op.kind, below.kind, rejects(*below.condition, below.left))) {
      op.rules.push_back({below.left, narrowed(below.right, below.used)});
    }
    if (!AssociatesOnTheRight(op.kind, below.kind)) {
      op.rules.push_back({below.right, narrowed(below.left, below.used)});
    }
  }
  operators_.push_back(std::move(op));
}

std::vector<RelationSet> JoinGraph::Neighbours() const {
  std::vector<RelationSet> out(relations_.size());
  for (const JoinOperator& op : operators_) {
    for (RelationSet rest = op.needed(); rest != 0; rest &= rest - 1) {
      out[static_cast<size_t>(std::countr_zero(rest))] |= op.needed();
    }
  }
  return out;
}

std::optional<JoinGraph::Step> JoinGraph::Between(RelationSet a, RelationSet b) const {
  const RelationSet both = a | b;
  Step step;
  for (const JoinOperator& op : operators_) {
    const RelationSet needed = op.needed();
    if (!Within(needed, both) || Within(needed, a) || Within(needed, b)) continue;
    // This is where the operator must happen: all that it needs is there for the first time.
    for (const JoinOperator::Rule& rule : op.rules) {
      if ((rule.any & both) != 0 && !Within(rule.all, both)) return std::nullopt;
    }
    if (op.kind == JoinKind::kInner) {
      // Any way round in a region of inner joins, where an edge may even refer to one side more than once.
      const bool sided = (Within(op.left_needed, a) && Within(op.right_needed, b)) ||
                         (Within(op.left_needed, b) && Within(op.right_needed, a));
      if ((!only_inner_ && !sided) || step.kind != JoinKind::kInner) return std::nullopt;
    } else {
      if (!step.on.empty()) return std::nullopt;
      const bool straight = Within(op.left_needed, a) && Within(op.right_needed, b);
      const bool flipped = Within(op.left_needed, b) && Within(op.right_needed, a);
      if (!straight && !flipped) return std::nullopt;
      step.kind = op.kind;
      step.flipped = flipped;
    }
    step.on.push_back(op.condition);
  }
  if (step.on.empty()) return std::nullopt;
  return step;
}

LogicalPtr JoinGraph::AsWritten() const {
  return Written(root_);
}

LogicalPtr JoinGraph::Written(size_t at) const {
  const Node& node = nodes_[at];
  if (node.relation.has_value()) return relations_[*node.relation];
  return std::make_shared<LogicalJoin>(node.kind, Written(node.left), Written(node.right),
                                       CombineConjunction(node.conditions));
}

}  // namespace weir
