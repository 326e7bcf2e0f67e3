#include "runtime/buggify.h"

#include <mutex>

#include "base/hash.h"
#include "env/random.h"

namespace weir {
namespace {

std::mutex mutex;  // guards the below
uint64_t run_seed = 0;
Xoshiro256 dice(0);

}  // namespace

namespace buggify_internal {

std::atomic<bool> enabled{false};

bool Decide(const char* file, int line, double probability) {
  const std::scoped_lock lock(mutex);
  // Whether a site is armed depends on the run only, so that some runs exercise it hard and others not at all.
  const uint64_t site = HashCombine(HashString(file), HashInt(static_cast<uint64_t>(line)));
  if (HashCombine(run_seed, site) % 4 != 0) return false;
  return dice.Chance(probability);
}

}  // namespace buggify_internal

void EnableBuggify(uint64_t seed) {
  const std::scoped_lock lock(mutex);
  run_seed = HashInt(seed);
  dice = Xoshiro256(seed);
  buggify_internal::enabled.store(true, std::memory_order_relaxed);
}

void DisableBuggify() {
  buggify_internal::enabled.store(false, std::memory_order_relaxed);
}

}  // namespace weir
