#include "function/scalar/random.h"

#include <atomic>

#include "base/hash.h"

namespace weir {

RandomStream::RandomStream(const StatementContext& statement) {
  static std::atomic<uint64_t> calls{0};
  state_ = HashCombine(HashInt(statement.random_seed ^ static_cast<uint64_t>(statement.statement_time_us)),
                       calls.fetch_add(1, std::memory_order_relaxed));
}

// SplitMix64 (G. Steele, D. Lea, C. Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
uint64_t RandomStream::Next() {
  state_ += 0x9E3779B97F4A7C15ULL;
  uint64_t z = state_;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ z >> 27) * 0x94D049BB133111EBULL;
  return z ^ z >> 31;
}

}  // namespace weir
