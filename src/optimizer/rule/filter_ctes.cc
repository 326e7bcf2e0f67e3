#include "optimizer/rule/filter_ctes.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "optimizer/columns.h"
#include "optimizer/map_children.h"
#include "optimizer/rule/infer_filters.h"
#include "optimizer/rule/merge_conditions.h"
#include "optimizer/rule/push_filters.h"
#include "optimizer/rule/simplify.h"

namespace weir {

namespace {

constexpr size_t kReadersMax = 64;  // more of them say little together

// What one reader demands, by the column of the definition, in its terms.
using Demands = std::map<ColumnId, ExprPtr>;

// The one column of the scan that the condition is about; empty when it cannot be tested earlier.
std::optional<ColumnId> SubjectOf(const Expr& conjunct, const ColumnSet& columns) {
  if (conjunct.volatility() == Volatility::kVolatile || conjunct.CanFail()) return std::nullopt;
  ColumnSet referenced;
  AddReferenced(conjunct, referenced);
  if (referenced.size() != 1 || !columns.contains(*referenced.begin())) return std::nullopt;
  bool plain = true;
  VisitExpr(conjunct, [&](const Expr& part) {
    plain = plain && !part.is(ExprKind::kSubquery);
    return plain;
  });
  return plain ? std::optional(*referenced.begin()) : std::nullopt;
}

Demands DemandsOf(const LogicalCteScan& scan, const LogicalNode* parent) {
  Demands out;
  if (parent == nullptr || parent->kind() != LogicalKind::kFilter) return out;
  ColumnMap to_definition;
  std::map<ColumnId, ColumnId> ids;
  for (size_t i = 0; i < scan.columns().size(); ++i) {
    const PlanColumn& column = scan.columns()[i];
    to_definition[column.id] = Expr::Column(scan.definition_columns[i], column.type, column.name);
    ids[column.id] = scan.definition_columns[i];
  }
  const ColumnSet columns = ColumnsOf(scan);
  std::map<ColumnId, std::vector<ExprPtr>> conjuncts;
  for (const ExprPtr& conjunct : SplitConjunction(parent->as<LogicalFilter>().predicate)) {
    const std::optional<ColumnId> subject = SubjectOf(*conjunct, columns);
    if (subject.has_value()) conjuncts[ids[*subject]].push_back(Substitute(conjunct, to_definition));
  }
  for (auto& [column, each] : conjuncts) out[column] = CombineConjunction(std::move(each));
  return out;
}

void CollectReaders(const LogicalNode& plan, const LogicalNode* parent, CteId id, std::vector<Demands>& out) {
  if (plan.kind() == LogicalKind::kCteScan && plan.as<LogicalCteScan>().id == id) {
    out.push_back(DemandsOf(plan.as<LogicalCteScan>(), parent));
  }
  for (const LogicalPtr& child : plan.children()) CollectReaders(*child, &plan, id, out);
}

// What a row must fulfil to be kept by any of the readers, as far as single columns say it.
std::vector<ExprPtr> Together(const std::vector<Demands>& readers, const OptimizerContext& context) {
  std::vector<ExprPtr> out;
  for (const auto& [column, _] : readers.front()) {
    std::vector<ExprPtr> any;  // each once
    const bool all_demand = std::ranges::all_of(readers, [&](const Demands& reader) {
      const auto found = reader.find(column);
      if (found == reader.end()) return false;
      const ExprPtr& demand = found->second;
      if (std::ranges::none_of(any, [&](const ExprPtr& other) { return other->Equals(*demand); }))
        any.push_back(demand);
      return true;
    });
    if (!all_demand) continue;
    out.push_back(any.size() == 1 ? any.front() : SimplifyExpr(Expr::Or(std::move(any)), context));
  }
  return out;
}

LogicalPtr Rewrite(const LogicalPtr& plan, const OptimizerContext& context) {
  if (plan->kind() != LogicalKind::kCte) {
    return MapChildren(plan, [&](const LogicalPtr& child) { return Rewrite(child, context); });
  }
  const auto& cte = plan->as<LogicalCte>();
  // Readers first: the definitions among them get conditions that this one may inherit.
  const LogicalPtr body = Rewrite(plan->child(1), context);
  LogicalPtr definition = plan->child(0);
  std::vector<Demands> readers;
  CollectReaders(*body, nullptr, cte.id, readers);
  if (!readers.empty() && readers.size() <= kReadersMax && !HasChange(*definition) && !ComputesVolatile(*definition)) {
    std::vector<ExprPtr> conditions = Together(readers, context);
    if (!conditions.empty()) {
      definition = std::make_shared<LogicalFilter>(definition, CombineConjunction(std::move(conditions)));
      definition = MergeConditions(InferFilters(PushFilters(definition, context), context), context);
    }
  }
  definition = Rewrite(definition, context);
  if (definition == plan->child(0) && body == plan->child(1)) return plan;
  return plan->WithChildren({definition, body});
}

}  // namespace

LogicalPtr FilterCtes(const LogicalPtr& plan, const OptimizerContext& context) {
  return Rewrite(plan, context);
}

}  // namespace weir
