#pragma once

#include <utility>
#include <vector>

#include "exec/query_context.h"
#include "expr/evaluator.h"

namespace weir {

// Adds columns that are computed to chunks. One per driver.
class ComputedColumns {
 public:
  ComputedColumns(const std::vector<ExprPtr>& exprs, const QueryContext& query)
      : evaluator_(exprs, query.registry(), query.statement) {}
  Chunk operator()(Chunk input) {
    if (evaluator_.size() == 0) return input;
    std::vector<ColumnPtr> columns = input.columns();
    for (size_t i = 0; i < evaluator_.size(); ++i) columns.push_back(evaluator_.Evaluate(i, input));
    return input.WithColumns(std::move(columns));
  }

 private:
  Evaluator evaluator_;
};

}  // namespace weir
