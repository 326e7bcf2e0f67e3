#include "exec/row_id_plan.h"

#include <utility>

#include "base/error.h"

namespace weir {

namespace {

Schema WithRowIdFields(Schema schema) {
  schema.push_back({"$part", TypeKind::kInt64, false});
  schema.push_back({"$position", TypeKind::kInt64, false});
  return schema;
}

std::vector<size_t> WithTwoMore(std::vector<size_t> positions, size_t first) {
  positions.push_back(first);
  positions.push_back(first + 1);
  return positions;
}

PhysicalPtr JoinWithRowIds(const PhysicalHashJoin& join) {
  const bool of_probe = join.join_kind == HashJoinKind::kSemi || join.join_kind == HashJoinKind::kAnti;
  const bool of_build = join.join_kind == HashJoinKind::kRightSemi || join.join_kind == HashJoinKind::kRightAnti;
  if (!of_probe && !of_build) {
    throw Error::Unsupported("write the condition with IN or EXISTS", "DELETE with such a join: {}", join.ToString());
  }
  PhysicalPtr probe = join.child(0);
  PhysicalPtr build = join.child(1);
  const size_t probe_columns = probe->schema().size();
  const size_t build_columns = build->schema().size();
  std::vector<size_t> probe_output = join.probe_output;
  std::vector<size_t> build_output = join.build_output;
  ExprPtr residual = join.residual;
  if (of_probe) {
    probe = WithRowIds(probe);
    probe_output = WithTwoMore(std::move(probe_output), probe_columns);
    if (residual != nullptr) {
      residual = RewriteExpr(residual, [&](const ExprPtr& node) {
        if (!node->is(ExprKind::kInput) || node->input_index() < probe_columns) return node;
        return Expr::Input(node->input_index() + 2, node->type());
      });
    }
  } else {
    build = WithRowIds(build);
    build_output = WithTwoMore(std::move(build_output), build_columns);
  }
  return std::make_shared<PhysicalHashJoin>(join.join_kind, std::move(probe), std::move(build), join.probe_keys,
                                            join.build_keys, join.null_safe, std::move(residual), join.null_aware,
                                            std::move(probe_output), std::move(build_output), join.runtime_filters,
                                            WithRowIdFields(join.schema()));
}

}  // namespace

PhysicalPtr WithRowIds(const PhysicalPtr& plan) {
  switch (plan->kind()) {
    case PhysicalKind::kScan: {
      const auto& scan = plan->as<PhysicalScan>();
      if (!std::holds_alternative<TableSource>(scan.source)) {
        throw Error::Unsupported("", "DELETE from something that is no table: {}", plan->ToString());
      }
      return std::make_shared<PhysicalScan>(scan.source, WithRowIdFields(scan.columns), scan.filters, scan.predicates,
                                            WithTwoMore(scan.output, scan.columns.size()), scan.runtime_filters);
    }
    case PhysicalKind::kValues:
      // A condition that is never true.
      if (plan->as<PhysicalValues>().rows.empty()) {
        return std::make_shared<PhysicalValues>(std::vector<std::vector<ExprPtr>>(), WithRowIdFields(plan->schema()));
      }
      break;
    case PhysicalKind::kFilter:
      return std::make_shared<PhysicalFilter>(WithRowIds(plan->child()), plan->as<PhysicalFilter>().predicate);
    case PhysicalKind::kHashJoin:
      return JoinWithRowIds(plan->as<PhysicalHashJoin>());
    case PhysicalKind::kProject: {
      const auto& project = plan->as<PhysicalProject>();
      const size_t below = plan->child()->schema().size();
      std::vector<ExprPtr> exprs = project.exprs;
      exprs.push_back(Expr::Input(below, TypeKind::kInt64));
      exprs.push_back(Expr::Input(below + 1, TypeKind::kInt64));
      return std::make_shared<PhysicalProject>(WithRowIds(plan->child()), std::move(exprs),
                                               WithRowIdFields(plan->schema()));
    }
    default:
      break;
  }
  throw Error::Unsupported("write the condition with IN or EXISTS", "DELETE by such a plan: {}", plan->ToString());
}

}  // namespace weir
