#include "exec/shared_exprs.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace weir {

namespace {

bool IsWorthSharing(const Expr& expr) {
  switch (expr.kind()) {
    case ExprKind::kLiteral:
    case ExprKind::kColumn:
    case ExprKind::kInput:
    case ExprKind::kParameter:
    case ExprKind::kSubquery:
      return false;
    default:
      return expr.volatility() != Volatility::kVolatile;
  }
}

// How many children of the node are computed for every row that it is computed for.
size_t AlwaysComputedChildren(const Expr& expr) {
  switch (expr.kind()) {
    case ExprKind::kAnd:
    case ExprKind::kOr:
    case ExprKind::kCase:
    case ExprKind::kCoalesce:
      return 1;
    default:
      // try(...) catches errors in its argument; shared outside, they would be thrown.
      return expr.is(ExprKind::kCall) && expr.name() == "try" ? 0 : expr.children().size();
  }
}

struct Occurrence {
  ExprPtr expr;
  size_t count = 0;
  size_t nodes = 0;
};

// Counts structurally equal parts.
class OccurrenceCounter {
 public:
  void Add(const ExprPtr& expr) {
    if (IsWorthSharing(*expr)) {
      Occurrence& occurrence = Find(expr);
      // What is inside of a repeated part has been counted with its first occurrence.
      if (++occurrence.count > 1) return;
    }
    const size_t children = AlwaysComputedChildren(*expr);
    for (size_t i = 0; i < children; ++i) Add(expr->child(i));
  }
  // The largest part that occurs more than once, or null.
  ExprPtr LargestRepeated() const {
    const Occurrence* best = nullptr;
    for (const auto& [hash, occurrence] : occurrences_) {
      if (occurrence.count > 1 && (best == nullptr || occurrence.nodes > best->nodes)) best = &occurrence;
    }
    return best == nullptr ? nullptr : best->expr;
  }

 private:
  Occurrence& Find(const ExprPtr& expr) {
    const uint64_t hash = expr->Hash();
    const auto [begin, end] = occurrences_.equal_range(hash);
    for (auto at = begin; at != end; ++at) {
      if (at->second.expr->Equals(*expr)) return at->second;
    }
    size_t nodes = 0;
    VisitExpr(*expr, [&](const Expr&) { return ++nodes != 0; });
    return occurrences_.emplace(hash, Occurrence{expr, 0, nodes})->second;
  }

  std::unordered_multimap<uint64_t, Occurrence> occurrences_;
};

// Top-down, so that the part itself is found before anything in it changes.
ExprPtr Replace(const ExprPtr& expr, const Expr& part, const ExprPtr& by) {
  if (expr->Equals(part)) return by;
  if (expr->children().empty()) return expr;
  std::vector<ExprPtr> children;
  bool changed = false;
  for (const ExprPtr& child : expr->children()) {
    children.push_back(Replace(child, part, by));
    changed = changed || children.back() != child;
  }
  return changed ? expr->WithChildren(std::move(children)) : expr;
}

}  // namespace

SharedExprs::SharedExprs(std::vector<ExprPtr> exprs, const std::vector<bool>& always, size_t input_columns)
    : exprs_(std::move(exprs)) {
  // Larger parts are found first and computed last: they are numbered downwards, then turned around.
  std::vector<ExprPtr> found;
  const auto placeholder = [&](size_t i, const Type& type) { return Expr::Input(SIZE_MAX - i, type); };
  for (;;) {
    OccurrenceCounter counter;
    for (size_t i = 0; i < exprs_.size(); ++i) {
      if (always[i]) counter.Add(exprs_[i]);
    }
    for (const ExprPtr& part : found) counter.Add(part);
    const ExprPtr part = counter.LargestRepeated();
    if (part == nullptr) break;
    const ExprPtr by = placeholder(found.size(), part->type());
    for (ExprPtr& expr : exprs_) expr = Replace(expr, *part, by);
    for (ExprPtr& other : found) other = Replace(other, *part, by);
    found.push_back(part);
  }
  if (found.empty()) return;
  const auto renumber = [&](const ExprPtr& expr) {
    return RewriteExpr(expr, [&](const ExprPtr& node) {
      if (!node->is(ExprKind::kInput) || node->input_index() <= SIZE_MAX - found.size()) return node;
      const size_t i = SIZE_MAX - node->input_index();
      return Expr::Input(input_columns + found.size() - 1 - i, node->type());
    });
  };
  for (size_t i = found.size(); i-- > 0;) parts_.push_back(renumber(found[i]));
  for (ExprPtr& expr : exprs_) expr = renumber(expr);
}

Chunk SharedPartEvaluator::operator()(const Chunk& chunk) {
  if (evaluator_.size() == 0) return chunk;
  Chunk out = chunk;
  for (size_t i = 0; i < evaluator_.size(); ++i) {
    std::vector<ColumnPtr> columns = out.columns();
    columns.push_back(evaluator_.Evaluate(i, out));
    out = out.WithColumns(std::move(columns));
  }
  return out;
}

}  // namespace weir
