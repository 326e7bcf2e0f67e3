#pragma once

namespace weir {

// At the end of functions that only prefetch: GCC takes them for functions without effect and drops calls of them.
inline void KeepPrefetches() {
  asm volatile("");
}

}  // namespace weir
