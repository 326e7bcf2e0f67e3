#include "expr/aggregate.h"

#include <cstring>

namespace weir {

char* StateArena::Allocate(size_t bytes, size_t alignment) {
  char* at = heap_.Allocate(bytes + alignment - 1);
  const auto address = reinterpret_cast<uintptr_t>(at);
  return at + (RoundUp<uintptr_t>(address, alignment) - address);
}

void AggregateOps::Init(uint8_t* state) const {
  std::memset(state, 0, state_size());
}

void AggregateOps::Retract(const AggregateInput&, uint8_t* const*) const {
  throw Error::Internal("aggregate cannot retract rows");
}

}  // namespace weir
