#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "algo/join_table.h"
#include "expr/expr.h"
#include "plan/physical.h"

namespace weir {

// A condition over rows of two sides, computed over a chunk of only the columns that it uses: first those of the left
// (probe) side, then those of the right (build) side.
struct PairCondition {
  ExprPtr expr;  // over that chunk; null: always true
  std::vector<size_t> left;
  std::vector<size_t> right;

  // `expr` is over all left columns followed by all right ones.
  static PairCondition Of(const ExprPtr& expr, size_t left_columns);
};

// What a hash join keeps of its build side and where each column of it is found again. Immutable; shared.
class HashJoinPlan {
 public:
  explicit HashJoinPlan(const PhysicalHashJoin& node);

  HashJoinKind kind() const { return kind_; }
  bool null_aware() const { return null_aware_; }
  const std::vector<ExprPtr>& probe_keys() const { return probe_keys_; }
  const std::vector<ExprPtr>& build_keys() const { return build_keys_; }
  const std::vector<size_t>& payload() const { return payload_; }  // columns of the build side
  const std::vector<size_t>& probe_output() const { return probe_output_; }
  const std::vector<size_t>& build_output() const { return build_output_; }
  const PairCondition& residual() const { return residual_; }
  bool has_residual() const { return residual_.expr != nullptr; }
  const std::vector<Type>& probe_types() const { return probe_types_; }
  const std::vector<Type>& build_types() const { return build_types_; }
  JoinTableSpec TableSpec() const;
  // Columns of the probe side that anything here looks at, ascending: what a row keeps that is put aside.
  const std::vector<size_t>& probe_used() const { return probe_used_; }
  std::vector<Type> ProbeUsedTypes() const;
  // A chunk of those columns as one of the probe side; the other columns are NULL.
  Chunk ProbeChunk(const Chunk& used) const;

  // Build rows come out after the probe.
  bool emits_build_rows() const;
  // Probe rows come out without a build row.
  bool emits_lone_probe_rows() const;
  // A probe row's fate is known only when all its pairs have been seen, or it has one even without any.
  bool tracks_probe_rows() const;
  // NULLs in keys need more than the table's flag: several keys or a further condition under NOT IN and the like.
  bool needs_null_rows() const { return null_aware_ && (probe_keys_.size() != 1 || has_residual()); }

  // A column of the build side for rows of the table; a null pointer gives NULL.
  ColumnPtr BuildColumn(const JoinTable& table, size_t column, const uint8_t* const* rows, size_t count) const;
  // Output of build rows alone.
  Chunk BuildRowsChunk(const JoinTable& table, const uint8_t* const* rows, size_t count) const;

 private:
  struct Place {
    bool is_key = false;
    size_t index = SIZE_MAX;
  };
  HashJoinKind kind_;
  bool null_aware_;
  std::vector<ExprPtr> probe_keys_;
  std::vector<ExprPtr> build_keys_;
  std::vector<bool> null_safe_;
  std::vector<size_t> probe_output_;
  std::vector<size_t> build_output_;
  PairCondition residual_;
  std::vector<Type> probe_types_;
  std::vector<Type> build_types_;
  std::vector<size_t> probe_used_;
  std::vector<Place> places_;  // per build column
  std::vector<size_t> payload_;
};

}  // namespace weir
