#include "runtime/cancellation_scope.h"

namespace weir {

thread_local constinit const CancellationToken* CancellationScope::current = nullptr;

}  // namespace weir
