#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/fail_point_list.h"

// Named places where tests make things go wrong. Always compiled in; one relaxed load while none is armed.
//   WEIR_FAIL_POINT(meta_before_append);                 throws, pauses, waits or exits as armed
//   if (WEIR_FAIL_POINT_HIT(exec_spill_write)) { ... }   for a fault of one's own
// Armed by ArmFailPoints("meta_before_append=once;exec_spill_write=prob(0.1)") or, at start, by the environment
// variable WEIR_FAILPOINTS. Modes:
//   off | always | once | skip(n): always but the first n | prob(p): a random part | pause: hold callers until off
//   delay(ms) | crash: leave the process at once, as kill -9 would
namespace weir {

enum class FailPoint : uint8_t {
#define WEIR_FAIL_POINT_ENUM(name, text) name,
  WEIR_FAIL_POINT_LIST(WEIR_FAIL_POINT_ENUM)  // NOLINT(readability-identifier-naming): as the points are armed
#undef WEIR_FAIL_POINT_ENUM
};

struct FailPointInfo {
  std::string_view name;
  std::string_view text;
  std::string mode;
  int64_t hits;  // how often it has fired since it was armed
};

// Throws kInvalidParameterValue for an unknown name or mode, with nothing changed.
void ArmFailPoints(std::string_view spec);
// What WEIR_FAILPOINTS says, if anything; app/ calls it at start.
void ArmFailPointsFromEnvironment();
void DisarmAllFailPoints();
std::vector<FailPointInfo> ListFailPoints();
// How many callers a pause holds right now.
int PausedAtFailPoint(FailPoint point);

namespace fail_point_internal {
extern std::atomic<bool> any_armed;
// Does what pause, delay and crash say here; true when the caller shall fail.
bool Hit(FailPoint point);
[[noreturn]] void Throw(FailPoint point);
}  // namespace fail_point_internal

// Disarms everything when a test ends.
class ScopedFailPoints {
 public:
  explicit ScopedFailPoints(std::string_view spec) { ArmFailPoints(spec); }
  ~ScopedFailPoints() { DisarmAllFailPoints(); }
  ScopedFailPoints(const ScopedFailPoints&) = delete;
  ScopedFailPoints& operator=(const ScopedFailPoints&) = delete;
};

}  // namespace weir

#define WEIR_FAIL_POINT_HIT(name)                                            \
  (::weir::fail_point_internal::any_armed.load(std::memory_order_relaxed) && \
   ::weir::fail_point_internal::Hit(::weir::FailPoint::name))
#define WEIR_FAIL_POINT(name)                                      \
  do {                                                             \
    if (WEIR_FAIL_POINT_HIT(name)) [[unlikely]] {                  \
      ::weir::fail_point_internal::Throw(::weir::FailPoint::name); \
    }                                                              \
  } while (false)
