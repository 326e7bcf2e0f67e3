#pragma once

#include <atomic>
#include <cstdint>

// Random misbehaviour at places where it is allowed but rare: a queue that is full early, a step that takes the slow
// path, a slice that ends at once.
//   if (WEIR_BUGGIFY(0.05)) co_await pool.Schedule();
// Only in debug and sanitizer builds, and only once a test has called EnableBuggify; of all sites each run arms about
// a quarter, as the seed says.
namespace weir {

void EnableBuggify(uint64_t seed);
void DisableBuggify();

namespace buggify_internal {
extern std::atomic<bool> enabled;
bool Decide(const char* file, int line, double probability);
}  // namespace buggify_internal

}  // namespace weir

#ifdef WEIR_DEBUG
#define WEIR_BUGGIFY(probability)                                       \
  (::weir::buggify_internal::enabled.load(std::memory_order_relaxed) && \
   ::weir::buggify_internal::Decide(__FILE__, __LINE__, (probability)))
#else
#define WEIR_BUGGIFY(probability) false
#endif
