#pragma once

#include <vector>

#include "expr/evaluator.h"
#include "expr/expr.h"

namespace weir {

// Expressions with their common parts taken out: what occurs more than once is computed once per chunk into a further
// column, and the expressions refer to that. Immutable; shared by drivers.
class SharedExprs {
 public:
  // The expressions are over `input_columns` columns. Only those with `always[i]` are evaluated for every row; parts of
  // others, and parts that CASE, AND and the like may skip, count as occurrences only for what is computed anyway.
  SharedExprs(std::vector<ExprPtr> exprs, const std::vector<bool>& always, size_t input_columns);

  // Over the chunk's columns and then the parts'.
  const std::vector<ExprPtr>& exprs() const { return exprs_; }
  // Each over the chunk's columns and the parts before it.
  const std::vector<ExprPtr>& parts() const { return parts_; }

 private:
  std::vector<ExprPtr> exprs_;
  std::vector<ExprPtr> parts_;
};

// Adds the columns of the parts to chunks. One per driver.
class SharedPartEvaluator {
 public:
  SharedPartEvaluator(const SharedExprs& shared, const Registry& registry, const StatementContext& statement)
      : evaluator_(shared.parts(), registry, statement) {}
  Chunk operator()(const Chunk& chunk);

 private:
  Evaluator evaluator_;
};

}  // namespace weir
