#include "runtime/cancellation.h"

#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/condition_variable.h"

namespace weir {

struct CancellationToken::CallbackNode {
  std::move_only_function<void(const Error&)> callback;
};

struct CancellationToken::State {
  std::atomic<bool> canceled{false};
  std::mutex mutex;  // guards the below; not held while callbacks run
  ConditionVariable callback_ended;
  std::optional<Error> why;  // never changes once canceled
  std::vector<std::shared_ptr<CallbackNode>> callbacks;
  CallbackNode* running = nullptr;
  std::thread::id running_on;

  bool Cancel(const Error& reason) {
    std::unique_lock lock(mutex);
    if (why.has_value()) return false;
    why = reason;
    canceled.store(true, std::memory_order_release);
    running_on = std::this_thread::get_id();
    while (!callbacks.empty()) {
      const std::shared_ptr<CallbackNode> node = std::move(callbacks.back());
      callbacks.pop_back();
      running = node.get();
      lock.unlock();
      node->callback(*why);
      node->callback = nullptr;  // what it captured goes while no lock is held
      lock.lock();
      running = nullptr;
      callback_ended.notify_all();
    }
    return true;
  }
};

bool CancellationToken::canceled() const noexcept {
  return state_ != nullptr && state_->canceled.load(std::memory_order_acquire);
}

const Error* CancellationToken::reason() const noexcept {
  return canceled() ? &*state_->why : nullptr;
}

void CancellationToken::Throw() const {
  throw Error(*reason());
}

CancellationToken::Registration CancellationToken::OnCancel(
    std::move_only_function<void(const Error&)> callback) const {
  Registration out;
  if (state_ == nullptr) return out;
  {
    const std::scoped_lock lock(state_->mutex);
    if (!state_->why.has_value()) {
      out.state_ = state_;
      out.node_ = std::make_shared<CallbackNode>(std::move(callback));
      state_->callbacks.push_back(out.node_);
      return out;
    }
  }
  callback(*state_->why);
  return out;
}

CancellationToken::Registration& CancellationToken::Registration::operator=(Registration&& other) noexcept {
  if (this != &other) {
    Reset();
    state_ = std::move(other.state_);
    node_ = std::move(other.node_);
  }
  return *this;
}

void CancellationToken::Registration::Reset() noexcept {
  if (node_ == nullptr) return;
  const std::shared_ptr<State> state = std::move(state_);
  const std::shared_ptr<CallbackNode> node = std::move(node_);
  std::unique_lock lock(state->mutex);
  if (std::erase(state->callbacks, node) > 0) return;
  // It has run, or runs now. A callback may drop its own registration.
  if (state->running_on == std::this_thread::get_id()) return;
  state->callback_ended.wait(lock, [&] { return state->running != node.get(); });
}

CancellationSource::CancellationSource() : state_(std::make_shared<CancellationToken::State>()) {}

CancellationSource::CancellationSource(const CancellationToken& parent) : CancellationSource() {
  from_parent_ = parent.OnCancel([state = state_](const Error& reason) { state->Cancel(reason); });
}

CancellationSource::~CancellationSource() {
  ClearDeadline();
}

CancellationSource::CancellationSource(CancellationSource&& other) noexcept
    : state_(std::move(other.state_)),
      from_parent_(std::move(other.from_parent_)),
      deadline_executor_(std::exchange(other.deadline_executor_, nullptr)),
      deadline_timer_(other.deadline_timer_) {}

CancellationSource& CancellationSource::operator=(CancellationSource&& other) noexcept {
  if (this != &other) {
    ClearDeadline();
    state_ = std::move(other.state_);
    from_parent_ = std::move(other.from_parent_);
    deadline_executor_ = std::exchange(other.deadline_executor_, nullptr);
    deadline_timer_ = other.deadline_timer_;
  }
  return *this;
}

bool CancellationSource::Cancel(const Error& reason) {
  // A callback may destroy this object.
  const std::shared_ptr<CancellationToken::State> state = state_;
  return state->Cancel(reason);
}

void CancellationSource::SetDeadline(Executor& executor, MonotonicNanos when, Error reason) {
  ClearDeadline();
  deadline_executor_ = &executor;
  deadline_timer_ = executor.PostAt(when, [state = state_, reason = std::move(reason)] { state->Cancel(reason); });
}

void CancellationSource::ClearDeadline() {
  if (deadline_executor_ != nullptr) std::exchange(deadline_executor_, nullptr)->CancelTimer(deadline_timer_);
}

CancellationToken CancellationSource::token() const {
  return CancellationToken(state_);
}

bool CancellationSource::canceled() const noexcept {
  return state_->canceled.load(std::memory_order_acquire);
}

}  // namespace weir
