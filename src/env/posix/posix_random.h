#pragma once

#include "env/random.h"

namespace weir {

// The kernel's random bytes: fit for ids, salts and keys. Any thread.
class PosixRandom final : public Random {
 public:
  uint64_t Next() override;
};

}  // namespace weir
