#pragma once

#include <cstdint>

#include "expr/evaluator.h"

namespace weir {

// Random numbers for one kernel call, from the statement's seed: calls never share a stream, and a statement with a
// fixed seed on one thread repeats itself.
class RandomStream {
 public:
  explicit RandomStream(const StatementContext& statement);
  uint64_t Next();
  double NextDouble() { return static_cast<double>(Next() >> 11) * 0x1p-53; }  // [0, 1)

 private:
  uint64_t state_;
};

}  // namespace weir
