#pragma once

#include "exec/operator.h"
#include "expr/expr.h"

namespace weir {

// WHERE and HAVING: narrows the selection, copies nothing.
class FilterFactory final : public TransformFactory {
 public:
  explicit FilterFactory(ExprPtr predicate) : predicate_(std::move(predicate)) {}
  std::unique_ptr<TransformOperator> Make(DriverContext& context) override;

 private:
  const ExprPtr predicate_;
};

}  // namespace weir
