#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "expr/expr.h"

namespace weir {

// Among which right rows, by their order as seen from the left row, an ASOF join takes the nearest. Serialised: append
// only.
enum class AsofNearest : uint8_t { kAtOrBefore, kBefore, kAtOrAfter, kAfter };

// What an ASOF join goes by: of the right rows that are equal in the keys, the nearest in that order. A NULL order is
// near to nothing, nor is a NULL key, unless NULL is to match NULL there. Of equally near rows it is any.
struct AsofCondition {
  std::vector<ExprPtr> left_keys;
  std::vector<ExprPtr> right_keys;  // same types as left_keys, pair by pair
  std::vector<bool> null_safe;      // per key: NULL matches NULL
  ExprPtr left_order;
  ExprPtr right_order;
  AsofNearest nearest = AsofNearest::kAtOrBefore;

  // As SQL has it: "a.k = b.k and a.t >= b.t".
  std::string ToString() const;
};

inline bool IsStrict(AsofNearest nearest) {
  return nearest == AsofNearest::kBefore || nearest == AsofNearest::kAfter;
}
inline bool LooksAhead(AsofNearest nearest) {
  return nearest == AsofNearest::kAtOrAfter || nearest == AsofNearest::kAfter;
}

// f(expr) for each expression; it may change them when the condition may be.
template <typename Condition, typename F>
void ForEachExpr(Condition& condition, F&& f)
  requires requires { condition.left_order; }
{
  for (auto& key : condition.left_keys) f(key);
  for (auto& key : condition.right_keys) f(key);
  f(condition.left_order);
  f(condition.right_order);
}

}  // namespace weir
