#pragma once

#include <memory>
#include <utility>

#include "base/error.h"
#include "runtime/cancellation.h"

namespace weir {

// Says for what this thread computes, as long as it lives. Drivers and planning make one, so that loops far from
// whoever has the token can stop: over long values, over many equal keys of a sort, over what is folded.
// Within one function call: not across a suspension of a coroutine. Borrows the token.
class CancellationScope {
 public:
  explicit CancellationScope(const CancellationToken& token) noexcept : outer_(current) { current = &token; }
  ~CancellationScope() { current = outer_; }
  CancellationScope(const CancellationScope&) = delete;
  CancellationScope& operator=(const CancellationScope&) = delete;

  // Throws when what this thread computes is canceled; nothing outside of scopes. Some loads: once for some thousand
  // bytes or rows, not for each.
  static void Check() {
    if (current != nullptr) current->ThrowIfCanceled();
  }

 private:
  static thread_local constinit const CancellationToken* current;
  const CancellationToken* const outer_;
};

// What went wrong in f, or null, where something is tried out and failing is an answer: that it was canceled is none,
// and goes on.
template <typename F>
auto CatchUnlessCanceled(F&& f) {
  auto error = CatchError(std::forward<F>(f));
  if (error != nullptr && error->is_cancellation()) throw Error(*error);
  return error;
}

}  // namespace weir
