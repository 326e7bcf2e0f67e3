#include "runtime/memory_tracker.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "obs/byte_text.h"

namespace weir {
namespace {

constexpr int64_t kKiB = 1024;
constexpr int64_t kMiB = 1024 * kKiB;
constexpr int kReclaimRoundsMax = 16;
constexpr size_t kConsumersNamed = 5;

// How much to take from the parent at once: big consumers ask it seldom, small ones keep little from others.
int64_t StepFor(int64_t used) {
  if (used < kMiB) return 64 * kKiB;
  if (used < 16 * kMiB) return kMiB;
  return 4 * kMiB;
}

std::atomic<uint64_t> next_tracker_id{1};

// Reservations made while reclaiming must not reclaim again: that would nest without end.
thread_local bool in_reclaim = false;

}  // namespace

std::string_view MemoryScopeName(MemoryScope scope) {
  switch (scope) {
    case MemoryScope::kProcess:
      return "process";
    case MemoryScope::kGroup:
      return "group";
    case MemoryScope::kQuery:
      return "query";
    case MemoryScope::kFragment:
      return "fragment";
    case MemoryScope::kOperator:
      return "operator";
    case MemoryScope::kCache:
      return "cache";
  }
  return "unknown";
}

struct MemoryTracker::Reclaimer::State {
  std::shared_ptr<MemoryTracker> tracker;  // the cycle is broken by Reset
  int priority;
  std::recursive_mutex mutex;  // held while reclaim runs; recursive so that a reclaimer may unregister itself
  ReclaimFunction reclaim;
};

MemoryTracker::Reclaimer& MemoryTracker::Reclaimer::operator=(Reclaimer&& other) noexcept {
  if (this != &other) {
    Reset();
    state_ = std::move(other.state_);
  }
  return *this;
}

void MemoryTracker::Reclaimer::Reset() noexcept {
  if (state_ == nullptr) return;
  const std::shared_ptr<State> state = std::move(state_);
  {
    const std::scoped_lock lock(state->tracker->mutex_);
    std::erase(state->tracker->reclaimers_, state);
  }
  ReclaimFunction dropped;
  const std::scoped_lock lock(state->mutex);
  dropped = std::exchange(state->reclaim, nullptr);
}

MemoryTracker::MemoryTracker(std::string name, MemoryScope scope, std::shared_ptr<MemoryTracker> parent,
                             int64_t limit_bytes, std::string limit_setting)
    : name_(std::move(name)),
      limit_setting_(std::move(limit_setting)),
      id_(next_tracker_id.fetch_add(1, std::memory_order_relaxed)),
      scope_(scope),
      parent_(std::move(parent)),
      limit_(limit_bytes),
      granted_(parent_ == nullptr ? kNoLimit : 0) {}

std::shared_ptr<MemoryTracker> MemoryTracker::CreateRoot(std::string name, int64_t limit_bytes,
                                                         std::string limit_setting) {
  return std::shared_ptr<MemoryTracker>(
      new MemoryTracker(std::move(name), MemoryScope::kProcess, nullptr, limit_bytes, std::move(limit_setting)));
}

std::shared_ptr<MemoryTracker> MemoryTracker::CreateChild(std::string name, MemoryScope scope, int64_t limit_bytes,
                                                          std::string limit_setting) {
  auto child = std::shared_ptr<MemoryTracker>(
      new MemoryTracker(std::move(name), scope, shared_from_this(), limit_bytes, std::move(limit_setting)));
  const std::scoped_lock lock(mutex_);
  children_.push_back(child);
  return child;
}

MemoryTracker::~MemoryTracker() {
  WEIR_DCHECK(used_bytes() == 0, "memory tracker {} ends with {} bytes in use", name_, used_bytes());
  if (parent_ == nullptr) return;
  {
    const std::scoped_lock lock(parent_->mutex_);
    std::erase_if(parent_->children_, [](const auto& child) { return child.expired(); });
  }
  const int64_t granted = granted_.load(std::memory_order_relaxed);
  if (granted > 0) parent_->Release(granted);
}

void MemoryTracker::Reserve(int64_t bytes) {
  if (const MemoryTracker* refused = TryReserveWithReclaim(bytes)) [[unlikely]]
    ThrowExceeded(*refused, bytes);
}

bool MemoryTracker::TryReserve(int64_t bytes) {
  return TryReserveWithReclaim(bytes) == nullptr;
}

bool MemoryTracker::TryReserveWithoutReclaim(int64_t bytes) {
  if (TryReserveOnce(bytes, false) == nullptr) return true;
  MemoryTracker* refused = TryReserveOnce(bytes, true);
  if (refused == nullptr) return true;
  refused->TrimSubtree();
  return TryReserveOnce(bytes, true) == nullptr;
}

MemoryTracker* MemoryTracker::TryReserveWithReclaim(int64_t bytes) {
  if (TryReserveOnce(bytes, false) == nullptr) [[likely]]
    return nullptr;
  MemoryTracker* refused = TryReserveOnce(bytes, true);
  for (int round = 0; refused != nullptr && round < kReclaimRoundsMax; ++round) {
    refused->TrimSubtree();
    MemoryTracker* const before = refused;
    refused = TryReserveOnce(bytes, true);
    if (refused == nullptr || refused != before) continue;  // done, or another limit is the matter now
    if (bytes > refused->limit_bytes() || in_reclaim) return refused;
    const int64_t missing = bytes - (refused->limit_bytes() - refused->used_bytes());
    if (missing > 0 && refused->Reclaim(missing) <= 0) return refused;
    refused = TryReserveOnce(bytes, true);
  }
  return refused;
}

MemoryTracker* MemoryTracker::TryReserveOnce(int64_t bytes, bool exact) {
  WEIR_DCHECK(bytes >= 0, "negative reservation: {}", bytes);
  for (;;) {
    int64_t used = used_.load(std::memory_order_relaxed);
    if (bytes > limit_bytes() - used) return this;
    const int64_t missing = used + bytes - granted_.load(std::memory_order_relaxed);
    if (missing <= 0) {
      if (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_seq_cst)) continue;
      // ReturnSurplus lowers granted_ and then looks at used_, this does the opposite: one of us sees the other.
      if (used_.load(std::memory_order_seq_cst) <= granted_.load(std::memory_order_seq_cst)) [[likely]] {
        RaisePeak(used + bytes);
        return nullptr;
      }
      used_.fetch_sub(bytes, std::memory_order_seq_cst);
      continue;
    }
    const int64_t step = exact ? missing : std::max(missing, StepFor(used + bytes));
    if (MemoryTracker* refused = parent_->TryReserveOnce(step, exact)) return refused;
    granted_.fetch_add(step, std::memory_order_seq_cst);
  }
}

void MemoryTracker::ReserveUnchecked(int64_t bytes) noexcept {
  if (parent_ != nullptr) {
    parent_->ReserveUnchecked(bytes);
    granted_.fetch_add(bytes, std::memory_order_seq_cst);
  }
  RaisePeak(used_.fetch_add(bytes, std::memory_order_seq_cst) + bytes);
}

void MemoryTracker::Release(int64_t bytes) noexcept {
  const int64_t used = used_.fetch_sub(bytes, std::memory_order_seq_cst) - bytes;
  WEIR_DCHECK(bytes >= 0 && used >= 0, "memory tracker {}: {} bytes released, {} too many", name_, bytes, -used);
  if (parent_ == nullptr) return;
  const int64_t step = StepFor(used);
  if (granted_.load(std::memory_order_relaxed) - used > 2 * step) ReturnSurplus(step);
}

void MemoryTracker::RaisePeak(int64_t used) {
  int64_t peak = peak_.load(std::memory_order_relaxed);
  while (used > peak && !peak_.compare_exchange_weak(peak, used, std::memory_order_relaxed)) {
  }
}

void MemoryTracker::ReturnSurplus(int64_t keep_bytes) noexcept {
  int64_t granted = granted_.load(std::memory_order_seq_cst);
  for (;;) {
    const int64_t kept = used_.load(std::memory_order_seq_cst) + keep_bytes;
    if (granted <= kept) return;
    if (!granted_.compare_exchange_weak(granted, kept, std::memory_order_seq_cst)) continue;
    if (used_.load(std::memory_order_seq_cst) > kept) {
      granted = granted_.fetch_add(granted - kept, std::memory_order_seq_cst) + granted - kept;
      continue;
    }
    parent_->Release(granted - kept);
    return;
  }
}

void MemoryTracker::TrimSubtree() noexcept {
  for (const auto& child : Children()) {
    child->TrimSubtree();
    child->ReturnSurplus(0);
  }
}

std::vector<std::shared_ptr<MemoryTracker>> MemoryTracker::Children() const {
  std::vector<std::shared_ptr<MemoryTracker>> out;
  const std::scoped_lock lock(mutex_);
  out.reserve(children_.size());
  for (const auto& weak : children_) {
    if (auto child = weak.lock()) out.push_back(std::move(child));
  }
  return out;
}

MemoryTracker::Reclaimer MemoryTracker::AddReclaimer(ReclaimFunction reclaim, int priority) {
  Reclaimer out;
  out.state_ = std::make_shared<Reclaimer::State>();
  out.state_->tracker = shared_from_this();
  out.state_->priority = priority;
  out.state_->reclaim = std::move(reclaim);
  const std::scoped_lock lock(mutex_);
  reclaimers_.push_back(out.state_);
  return out;
}

void MemoryTracker::CollectReclaimers(std::vector<std::shared_ptr<Reclaimer::State>>& out) const {
  {
    const std::scoped_lock lock(mutex_);
    out.insert(out.end(), reclaimers_.begin(), reclaimers_.end());
  }
  for (const auto& child : Children()) child->CollectReclaimers(out);
}

int64_t MemoryTracker::Reclaim(int64_t bytes) {
  struct Candidate {
    std::shared_ptr<Reclaimer::State> state;
    int64_t used;
  };
  std::vector<std::shared_ptr<Reclaimer::State>> states;
  CollectReclaimers(states);
  std::vector<Candidate> candidates;
  candidates.reserve(states.size());
  for (auto& state : states) {
    const int64_t used = state->tracker->used_bytes();
    candidates.push_back({std::move(state), used});
  }
  std::ranges::stable_sort(candidates, [](const Candidate& a, const Candidate& b) {
    return std::pair(a.state->priority, a.used) > std::pair(b.state->priority, b.used);
  });
  int64_t freed = 0;
  const bool nested = std::exchange(in_reclaim, true);
  for (const Candidate& candidate : candidates) {
    if (freed >= bytes) break;
    const std::scoped_lock lock(candidate.state->mutex);
    if (candidate.state->reclaim != nullptr) freed += candidate.state->reclaim(bytes - freed);
  }
  in_reclaim = nested;
  // What came back sits in the trackers' steps now.
  if (freed > 0) TrimSubtree();
  return freed;
}

int64_t MemoryTracker::available_bytes() const {
  int64_t available = kNoLimit;
  for (const MemoryTracker* at = this; at != nullptr; at = at->parent_.get()) {
    available = std::min(available, std::max<int64_t>(0, at->limit_bytes() - at->used_bytes()));
  }
  return available;
}

void MemoryTracker::AddToSnapshot(int depth, std::vector<MemoryUsage>& out) const {
  out.push_back({.id = id_,
                 .parent_id = parent_ == nullptr ? 0 : parent_->id_,
                 .depth = depth,
                 .name = name_,
                 .scope = scope_,
                 .used_bytes = used_bytes(),
                 .peak_bytes = peak_bytes(),
                 .limit_bytes = limit_bytes()});
  for (const auto& child : Children()) child->AddToSnapshot(depth + 1, out);
}

std::vector<MemoryUsage> MemoryTracker::Snapshot() const {
  std::vector<MemoryUsage> out;
  AddToSnapshot(0, out);
  return out;
}

std::string MemoryTracker::DescribeBiggestConsumers() const {
  std::vector<MemoryUsage> all = Snapshot();
  // What an interior tracker holds for itself is what its children do not account for.
  std::vector<int64_t> own(all.size());
  std::vector<std::string> path(all.size());
  std::vector<size_t> above;
  for (size_t i = 0; i < all.size(); ++i) {
    above.resize(static_cast<size_t>(all[i].depth));
    own[i] += all[i].used_bytes;
    path[i] = all[i].name;
    if (!above.empty()) {
      own[above.back()] -= all[i].used_bytes;
      if (above.size() > 1) path[i] = path[above.back()] + "/" + all[i].name;
    }
    above.push_back(i);
  }
  std::vector<size_t> order(all.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, [&](size_t a, size_t b) { return own[a] > own[b]; });
  std::string out;
  for (size_t n = 0; n < order.size() && n < kConsumersNamed && own[order[n]] > 0; ++n) {
    if (n > 0) out += ", ";
    out += fmt::format("{} {}", path[order[n]], obs::BytesToText(own[order[n]]));
  }
  return out.empty() ? "none" : out;
}

void MemoryTracker::ThrowExceeded(const MemoryTracker& refused, int64_t bytes) const {
  std::string hint = "Run fewer statements at once";
  if (!refused.limit_setting_.empty()) hint += fmt::format(", or raise {}", refused.limit_setting_);
  throw Error::Operational(sqlstate::kOutOfMemory,
                           "memory limit of {} {} exceeded: {} wants {} more, {} of {} are in use",
                           MemoryScopeName(refused.scope_), refused.name_, name_, obs::BytesToText(bytes),
                           obs::BytesToText(refused.used_bytes()), obs::BytesToText(refused.limit_bytes()))
      .WithDetail("biggest consumers: " + refused.DescribeBiggestConsumers())
      .WithHint(hint + ".")
      .WithRetryable();
}

ScopedReservation::ScopedReservation(std::shared_ptr<MemoryTracker> tracker, int64_t bytes)
    : tracker_(std::move(tracker)) {
  if (bytes > 0) Resize(bytes);
}

ScopedReservation& ScopedReservation::operator=(ScopedReservation&& other) noexcept {
  if (this != &other) {
    Reset();
    tracker_ = std::move(other.tracker_);
    bytes_ = std::exchange(other.bytes_, 0);
  }
  return *this;
}

void ScopedReservation::Resize(int64_t bytes) {
  if (tracker_ != nullptr) {
    if (bytes > bytes_) tracker_->Reserve(bytes - bytes_);
    if (bytes < bytes_) tracker_->Release(bytes_ - bytes);
  }
  bytes_ = bytes;
}

bool ScopedReservation::TryResize(int64_t bytes) {
  if (tracker_ != nullptr && bytes > bytes_ && !tracker_->TryReserve(bytes - bytes_)) return false;
  if (tracker_ != nullptr && bytes < bytes_) tracker_->Release(bytes_ - bytes);
  bytes_ = bytes;
  return true;
}

void ScopedReservation::Reset() noexcept {
  if (tracker_ != nullptr && bytes_ > 0) tracker_->Release(bytes_);
  bytes_ = 0;
}

}  // namespace weir
