#include "exec/operator/join_plan.h"

#include <algorithm>
#include <map>
#include <set>

namespace weir {

PairCondition PairCondition::Of(const ExprPtr& expr, size_t left_columns) {
  PairCondition out;
  if (expr == nullptr || expr->is_true()) return out;
  std::map<size_t, Type> used;
  VisitExpr(*expr, [&](const Expr& node) {
    if (node.is(ExprKind::kInput)) used.emplace(node.input_index(), node.type());
    return true;
  });
  std::map<size_t, size_t> position;
  for (const auto& [index, type] : used) {
    position.emplace(index, position.size());
    if (index < left_columns) {
      out.left.push_back(index);
    } else {
      out.right.push_back(index - left_columns);
    }
  }
  out.expr = RewriteExpr(expr, [&](const ExprPtr& node) {
    if (!node->is(ExprKind::kInput)) return node;
    return Expr::Input(position.at(node->input_index()), node->type());
  });
  return out;
}

HashJoinPlan::HashJoinPlan(const PhysicalHashJoin& node)
    : kind_(node.join_kind),
      null_aware_(node.null_aware),
      probe_keys_(node.probe_keys),
      build_keys_(node.build_keys),
      null_safe_(node.null_safe),
      probe_output_(node.probe_output),
      build_output_(node.build_output),
      residual_(PairCondition::Of(node.residual, node.child(0)->schema().size())),
      probe_types_(node.child(0)->types()),
      build_types_(node.child(1)->types()),
      places_(build_types_.size()) {
  WEIR_CHECK(probe_keys_.size() == build_keys_.size());
  if (null_aware_ && kind_ != HashJoinKind::kAnti && kind_ != HashJoinKind::kMark) {
    throw Error::Internal("null-aware join of kind {}", static_cast<int>(kind_));
  }
  for (size_t i = 0; i < build_keys_.size(); ++i) {
    const Expr& key = *build_keys_[i];
    if (key.is(ExprKind::kInput)) places_[key.input_index()] = {true, i};
  }
  const auto keep = [&](size_t column) {
    if (places_[column].index != SIZE_MAX) return;
    places_[column] = {false, payload_.size()};
    payload_.push_back(column);
  };
  for (const size_t column : build_output_) keep(column);
  for (const size_t column : residual_.right) keep(column);
  std::set<size_t> used(probe_output_.begin(), probe_output_.end());
  used.insert(residual_.left.begin(), residual_.left.end());
  for (const ExprPtr& key : probe_keys_) {
    VisitExpr(*key, [&](const Expr& expr) {
      if (expr.is(ExprKind::kInput)) used.insert(expr.input_index());
      return true;
    });
  }
  probe_used_.assign(used.begin(), used.end());
}

std::vector<Type> HashJoinPlan::ProbeUsedTypes() const {
  std::vector<Type> out;
  for (const size_t column : probe_used_) out.push_back(probe_types_[column]);
  return out;
}

Chunk HashJoinPlan::ProbeChunk(const Chunk& used) const {
  std::vector<ColumnPtr> columns;
  for (size_t column = 0, at = 0; column < probe_types_.size(); ++column) {
    const bool is_used = at < probe_used_.size() && probe_used_[at] == column;
    columns.push_back(is_used ? used.column(at++) : Column::ConstantNull(probe_types_[column], used.size()));
  }
  return used.WithColumns(std::move(columns));
}

JoinTableSpec HashJoinPlan::TableSpec() const {
  JoinTableSpec spec;
  for (const ExprPtr& key : build_keys_) spec.key_types.push_back(key->type());
  for (const size_t column : payload_) spec.payload_types.push_back(build_types_[column]);
  spec.null_equal = null_safe_;
  spec.keep_null_keys = emits_build_rows() || needs_null_rows();
  return spec;
}

bool HashJoinPlan::emits_build_rows() const {
  switch (kind_) {
    case HashJoinKind::kRight:
    case HashJoinKind::kFull:
    case HashJoinKind::kRightSemi:
    case HashJoinKind::kRightAnti:
      return true;
    default:
      return false;
  }
}

bool HashJoinPlan::emits_lone_probe_rows() const {
  switch (kind_) {
    case HashJoinKind::kLeft:
    case HashJoinKind::kFull:
    case HashJoinKind::kAnti:
    case HashJoinKind::kMark:
    case HashJoinKind::kSingle:
      return true;
    default:
      return false;
  }
}

bool HashJoinPlan::tracks_probe_rows() const {
  return emits_lone_probe_rows() || kind_ == HashJoinKind::kSemi;
}

ColumnPtr HashJoinPlan::BuildColumn(const JoinTable& table, size_t column, const uint8_t* const* rows,
                                    size_t count) const {
  const Place place = places_[column];
  return place.is_key ? table.GatherKey(place.index, rows, count) : table.GatherPayload(place.index, rows, count);
}

Chunk HashJoinPlan::BuildRowsChunk(const JoinTable& table, const uint8_t* const* rows, size_t count) const {
  std::vector<ColumnPtr> columns;
  for (const size_t column : probe_output_) columns.push_back(Column::ConstantNull(probe_types_[column], count));
  for (const size_t column : build_output_) columns.push_back(BuildColumn(table, column, rows, count));
  return {std::move(columns), count};
}

}  // namespace weir
