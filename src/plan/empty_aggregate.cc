#include "plan/empty_aggregate.h"

namespace weir {

Value EmptyAggregateValue(const AggregateCall& call) {
  const size_t alignment = std::max<size_t>(call.ops->state_alignment(), 8);
  std::vector<uint8_t> memory(call.ops->state_size() + alignment);
  const auto address = (reinterpret_cast<uintptr_t>(memory.data()) + alignment - 1) / alignment * alignment;
  auto* state = reinterpret_cast<uint8_t*>(address);
  call.ops->Init(state);
  ColumnBuilder builder(call.type, 1);
  call.ops->Finalize(&state, 1, builder);
  return builder.Finish()->GetValue(0);
}

}  // namespace weir
