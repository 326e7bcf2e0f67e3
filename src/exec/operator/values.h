#pragma once

#include <vector>

#include "exec/operator.h"
#include "expr/expr.h"

namespace weir {

// VALUES and SELECT without FROM: rows of expressions without inputs. One driver, in order.
class ValuesSource final : public SourceFactory {
 public:
  ValuesSource(std::vector<std::vector<ExprPtr>> rows, std::vector<Type> types)
      : rows_(std::move(rows)), types_(std::move(types)) {}
  size_t drivers_max() const override { return 1; }
  std::unique_ptr<SourceOperator> Make(DriverContext& context) override;

 private:
  const std::vector<std::vector<ExprPtr>> rows_;
  const std::vector<Type> types_;
};

}  // namespace weir
