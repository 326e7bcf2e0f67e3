#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "runtime/cancellation.h"
#include "runtime/worker_pool.h"

namespace weir {

// Runs work(0) ... work(count - 1) on workers, in any order and side by side, and waits. Throws the first error, or
// that of the token when it is canceled; what has not begun then is left out. From a thread that is not a worker. The
// work is a group of its own, so that it has its share of the workers; each piece should take some milliseconds at
// most.
void RunAll(WorkerPool& workers, std::string name, size_t count, const std::function<void(size_t)>& work,
            const CancellationToken& token = {});

}  // namespace weir
