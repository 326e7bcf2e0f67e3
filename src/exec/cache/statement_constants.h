#pragma once

#include <vector>

#include "base/bytes.h"
#include "expr/evaluator.h"
#include "expr/expr.h"
#include "expr/registry.h"

namespace weir {

// Tells expressions whose values follow from their input rows from those that also depend on when, by whom or how
// often they are computed. What is the same for a whole statement (now(), current_user, CURRENT_DATE - 7) is computed
// and taken for a constant. What may depend on the session's time zone and forms of text goes into the keys of the
// caches by AddStatement. Borrows both.
class StatementConstants {
 public:
  StatementConstants(const Registry& registry, const StatementContext& statement)
      : registry_(registry), statement_(statement) {}

  // The expression with its constants computed; null when it is not to be kept: volatile, or of things that no key has.
  ExprPtr Fix(const ExprPtr& expr);
  // Those computed so far, in order.
  const std::vector<Value>& values() const { return values_; }
  // Whether one of them would be another for a statement a second later: keeping its answer is no use.
  bool moves() const { return moves_; }

  // Settings that expressions may depend on, for keys.
  static void AddStatement(const StatementContext& statement, ByteWriter& key);

 private:
  ExprPtr Compute(const ExprPtr& expr);

  const Registry& registry_;
  const StatementContext& statement_;
  std::vector<Value> values_;
  bool moves_ = false;
};

}  // namespace weir
