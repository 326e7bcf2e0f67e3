#pragma once

#include <vector>

#include "exec/operator.h"
#include "expr/expr.h"

namespace weir {

// Computes expressions; columns that pass through are handed on by reference.
class ProjectFactory final : public TransformFactory {
 public:
  explicit ProjectFactory(std::vector<ExprPtr> exprs) : exprs_(std::move(exprs)) {}
  std::unique_ptr<TransformOperator> Make(DriverContext& context) override;

 private:
  const std::vector<ExprPtr> exprs_;
};

}  // namespace weir
