#pragma once

#include <string_view>

#include <fmt/format.h>

namespace weir {

// Prints where and why, flushes, aborts. For states in which going on could corrupt shared data; a fault that
// only makes one query wrong is an internal Error instead.
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition, std::string_view message);

}  // namespace weir

// Always on. Extra arguments are a fmt format string and its values: WEIR_CHECK(a <= b, "a={} b={}", a, b).
#define WEIR_CHECK(condition, ...)                                                        \
  do {                                                                                    \
    if (!(condition)) [[unlikely]] {                                                      \
      ::weir::CheckFailed(__FILE__, __LINE__, #condition, ::fmt::format("" __VA_ARGS__)); \
    }                                                                                     \
  } while (false)

// For hot loops: on in debug and sanitizer builds only.
#ifdef WEIR_DEBUG
#define WEIR_DCHECK(...) WEIR_CHECK(__VA_ARGS__)
#else
#define WEIR_DCHECK(...) \
  do {                   \
  } while (false)
#endif
