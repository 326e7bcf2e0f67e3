#include "exec/spill/spill_group.h"

#include <utility>

namespace weir {

void SpillGroup::Enter() {
  const std::scoped_lock lock(mutex_);
  ++collecting_;
}

void SpillGroup::Leave() {
  const std::scoped_lock lock(mutex_);
  --collecting_;
  WakeAll();
}

void SpillGroup::BeginWrite() {
  writes_.fetch_add(1, std::memory_order_acq_rel);
  const std::scoped_lock lock(mutex_);
  ++writing_;
}

void SpillGroup::EndWrite() {
  const std::scoped_lock lock(mutex_);
  --writing_;
  WakeAll();
}

bool SpillGroup::WaitForMemory(const Waker& waker, uint64_t& since) {
  const std::scoped_lock lock(mutex_);
  if (since == wakes_) return true;  // woken by something else
  // Those that wait have nothing, and the caller is one of those that collect.
  if (writing_ == 0 && collecting_ <= wakers_.size() + 1) return false;
  since = wakes_;
  wakers_.push_back(waker);
  return true;
}

void SpillGroup::WakeAll() {
  ++wakes_;
  for (const Waker& waker : std::exchange(wakers_, {})) waker.Wake();
}

}  // namespace weir
