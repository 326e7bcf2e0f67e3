#pragma once

#include <vector>

#include "exec/operator.h"
#include "exec/shared_exprs.h"
#include "expr/expr.h"

namespace weir {

// Computes expressions, common parts once; columns that pass through are handed on by reference.
class ProjectFactory final : public TransformFactory {
 public:
  // Over `input_columns` columns.
  ProjectFactory(const std::vector<ExprPtr>& exprs, size_t input_columns)
      : exprs_(exprs, std::vector<bool>(exprs.size(), true), input_columns) {}
  std::unique_ptr<TransformOperator> Make(DriverContext& context) override;

 private:
  const SharedExprs exprs_;
};

}  // namespace weir
