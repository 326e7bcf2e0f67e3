#pragma once

#include <cstddef>
#include <functional>

namespace weir {

// Plans and expressions are walked as deep as statements nest them, up to limits (54001) that this much is enough for.
#ifdef __SANITIZE_ADDRESS__
inline constexpr size_t kLargeStackBytes = size_t{256} << 20;  // frames are several times larger
#else
inline constexpr size_t kLargeStackBytes = size_t{64} << 20;
#endif

// Threads that are started from now on have stacks of kLargeStackBytes, which take memory only where they are used.
void GiveThreadsLargeStacks();

// Runs `body` on a thread of its own, with such a stack, and waits for it: the stack of the main thread is not ours to
// choose. What it throws is thrown here.
int RunOnLargeStack(const std::function<int()>& body);

}  // namespace weir
