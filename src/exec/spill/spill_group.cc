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

bool SpillGroup::WaitForMemory(const Waker& waker) {
  const std::scoped_lock lock(mutex_);
  // Those that wait have nothing, and the caller is one of those that collect.
  if (writing_ == 0 && collecting_ <= waiting_.size() + 1) return false;
  waiting_.push_back(waker);
  return true;
}

void SpillGroup::WakeAll() {
  for (const Waker& waker : std::exchange(waiting_, {})) waker.Wake();
}

}  // namespace weir
