#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/error.h"
#include "env/executor.h"

namespace weir {

class CancellationSource;

// The end of a wish to stop that is read: "should I go on?". Cheap to copy. A default one is never canceled.
// Threads: any.
class CancellationToken {
 public:
  CancellationToken() = default;
  // One load; fit for every chunk.
  bool canceled() const noexcept;
  // The reason once canceled() is true; nullptr before. Valid as long as a token lives.
  const Error* reason() const noexcept;
  void ThrowIfCanceled() const {
    if (canceled()) [[unlikely]]
      Throw();
  }

  struct State;
  struct CallbackNode;
  // Unregisters on destruction; when the callback is running on another thread, waits for it.
  class Registration {
   public:
    Registration() = default;
    Registration(Registration&&) noexcept = default;
    Registration& operator=(Registration&& other) noexcept;
    ~Registration() { Reset(); }
    void Reset() noexcept;

   private:
    friend class CancellationToken;
    std::shared_ptr<State> state_;
    std::shared_ptr<CallbackNode> node_;
  };
  // Calls `callback` once when canceled, on the canceling thread; at once, here, when that has happened. It must be
  // quick and not throw.
  [[nodiscard]] Registration OnCancel(std::move_only_function<void(const Error&)> callback) const;

 private:
  friend class CancellationSource;
  explicit CancellationToken(std::shared_ptr<State> state) : state_(std::move(state)) {}
  [[noreturn]] void Throw() const;

  std::shared_ptr<State> state_;
};

// The end that stops things. The first Cancel gives the reason, later ones do nothing.
// Ownership: one per query, load or background task; destroying it cancels nothing. Threads: any.
class CancellationSource {
 public:
  CancellationSource();
  // Is canceled, for the same reason, when `parent` is.
  explicit CancellationSource(const CancellationToken& parent);
  ~CancellationSource();
  CancellationSource(CancellationSource&&) noexcept;
  CancellationSource& operator=(CancellationSource&&) noexcept;

  // False when canceled before.
  bool Cancel(const Error& reason);
  // Cancels with `reason` at that time; replaces an earlier deadline. The executor must outlive this object.
  void SetDeadline(Executor& executor, MonotonicNanos when, Error reason);
  void ClearDeadline();

  CancellationToken token() const;
  bool canceled() const noexcept;

 private:
  std::shared_ptr<CancellationToken::State> state_;
  CancellationToken::Registration from_parent_;
  Executor* deadline_executor_ = nullptr;
  Executor::TimerId deadline_timer_ = 0;
};

}  // namespace weir
