#pragma once

#include <vector>

#include "exec/operator.h"
#include "expr/expr.h"

namespace weir {

// A row per element of the longest list, with shorter lists filled up by NULLs.
class UnnestFactory final : public TransformFactory {
 public:
  UnnestFactory(std::vector<ExprPtr> lists, bool with_ordinality);
  std::unique_ptr<TransformOperator> Make(DriverContext& context) override;

 private:
  const std::vector<ExprPtr> lists_;
  const bool with_ordinality_;
};

}  // namespace weir
