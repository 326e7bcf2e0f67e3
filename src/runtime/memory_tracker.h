#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

// Which rung of the tree a tracker is, for the system table and messages.
enum class MemoryScope : uint8_t { kProcess, kGroup, kQuery, kFragment, kOperator, kCache };
std::string_view MemoryScopeName(MemoryScope scope);

// One line of the tree of trackers, for the system table.
struct MemoryUsage {
  uint64_t id;
  uint64_t parent_id;  // 0 for the root
  int depth;
  std::string name;
  MemoryScope scope;
  int64_t used_bytes;  // what consumers asked for, below an interior tracker plus their rounding
  int64_t peak_bytes;
  int64_t limit_bytes;  // MemoryTracker::kNoLimit when unlimited
};

// Counts memory before it is allocated, in a tree process -> query -> fragment -> operator, and refuses growth
// over a limit. Nothing is allocated here: callers reserve, then allocate.
//
// Cheap: a tracker takes bytes from its parent in steps of up to some MiB (less when the parent is tight), so most
// calls are one compare-and-swap on the own tracker. Own numbers are exact; those of interior trackers include
// their children's unused step, which is taken back before anything is refused.
//
// Ownership: children keep their parent alive; a tracker lives until its last shared_ptr goes. By then everything
// must have been released (checked in debug builds).
// Threads: all methods from any thread. A refusal may run reclaimers on the calling thread, so do not hold a lock
// while reserving that one of your own reclaimers takes.
class MemoryTracker : public std::enable_shared_from_this<MemoryTracker> {
 public:
  static constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();

  // `limit_setting` is named in the hint of the error: the setting that users may raise.
  static std::shared_ptr<MemoryTracker> CreateRoot(std::string name, int64_t limit_bytes = kNoLimit,
                                                   std::string limit_setting = "memory_limit");
  std::shared_ptr<MemoryTracker> CreateChild(std::string name, MemoryScope scope, int64_t limit_bytes = kNoLimit,
                                             std::string limit_setting = {});
  ~MemoryTracker();
  MemoryTracker(const MemoryTracker&) = delete;
  MemoryTracker& operator=(const MemoryTracker&) = delete;

  // Throws Error 53200 that names the limit which was hit and the biggest consumers below it.
  void Reserve(int64_t bytes);
  // False, with nothing changed, when a limit does not allow it even after reclaiming.
  bool TryReserve(int64_t bytes);
  // As TryReserve, but gives up instead of asking others to give memory back; for optional memory (caches).
  bool TryReserveWithoutReclaim(int64_t bytes);
  // Counts memory that exists already, limits or not.
  void ReserveUnchecked(int64_t bytes) noexcept;
  void Release(int64_t bytes) noexcept;

  // A consumer that can give memory back: gets the bytes wanted, returns the bytes that it has released (through
  // Release) by the time it returns. One that can only do so later (an operator that spills at its next step)
  // notes the wish and returns 0. It must be callable from any thread, must not throw, and must not wait for locks
  // that are held while reserving (try_lock them). Caches register with a higher priority than operators.
  using ReclaimFunction = std::function<int64_t(int64_t bytes)>;
  // Unregisters on destruction, waiting for a running call to end. Keeps the tracker alive.
  class Reclaimer {
   public:
    Reclaimer() = default;
    Reclaimer(Reclaimer&&) noexcept = default;
    Reclaimer& operator=(Reclaimer&& other) noexcept;
    ~Reclaimer() { Reset(); }
    void Reset() noexcept;

   private:
    friend class MemoryTracker;
    struct State;
    std::shared_ptr<State> state_;
  };
  [[nodiscard]] Reclaimer AddReclaimer(ReclaimFunction reclaim, int priority = 0);

  // Asks the reclaimers of this subtree, highest priority and then biggest first, until `bytes` have come back.
  // Returns what came back.
  int64_t Reclaim(int64_t bytes);

  const std::string& name() const { return name_; }
  uint64_t id() const { return id_; }
  MemoryScope scope() const { return scope_; }
  const std::shared_ptr<MemoryTracker>& parent() const { return parent_; }
  int64_t used_bytes() const { return used_.load(std::memory_order_relaxed); }
  int64_t peak_bytes() const { return peak_.load(std::memory_order_relaxed); }
  int64_t limit_bytes() const { return limit_.load(std::memory_order_relaxed); }
  // Takes effect for later reservations.
  void set_limit_bytes(int64_t limit_bytes) { limit_.store(limit_bytes, std::memory_order_relaxed); }
  // What could still be reserved here, by this limit and those above.
  int64_t available_bytes() const;

  // This tracker and everything below it, parents before children.
  std::vector<MemoryUsage> Snapshot() const;

 private:
  MemoryTracker(std::string name, MemoryScope scope, std::shared_ptr<MemoryTracker> parent, int64_t limit_bytes,
                std::string limit_setting);

  // Both return nullptr on success or the tracker whose limit refused.
  MemoryTracker* TryReserveOnce(int64_t bytes, bool exact);
  MemoryTracker* TryReserveWithReclaim(int64_t bytes);
  void RaisePeak(int64_t used);
  // Gives the unused part of the step back to the parent, keeping up to `keep_bytes`.
  void ReturnSurplus(int64_t keep_bytes) noexcept;
  void TrimSubtree() noexcept;
  std::vector<std::shared_ptr<MemoryTracker>> Children() const;
  void CollectReclaimers(std::vector<std::shared_ptr<Reclaimer::State>>& out) const;
  void AddToSnapshot(int depth, std::vector<MemoryUsage>& out) const;
  [[noreturn]] void ThrowExceeded(const MemoryTracker& refused, int64_t bytes) const;
  std::string DescribeBiggestConsumers() const;

  const std::string name_;
  const std::string limit_setting_;
  const uint64_t id_;
  const MemoryScope scope_;
  const std::shared_ptr<MemoryTracker> parent_;
  std::atomic<int64_t> limit_;

  // Invariant but for moments inside a call: used_ <= granted_, and the sum of the children's granted_ plus direct
  // reservations is used_. The root's granted_ is unlimited.
  alignas(64) std::atomic<int64_t> used_{0};
  std::atomic<int64_t> granted_;
  std::atomic<int64_t> peak_{0};

  mutable std::mutex mutex_;  // guards the two below; leaf
  std::vector<std::weak_ptr<MemoryTracker>> children_;
  std::vector<std::shared_ptr<Reclaimer::State>> reclaimers_;
};

// Owns a reservation and gives it back. Not thread-safe; movable.
class ScopedReservation {
 public:
  ScopedReservation() = default;
  explicit ScopedReservation(std::shared_ptr<MemoryTracker> tracker, int64_t bytes = 0);
  ScopedReservation(ScopedReservation&& other) noexcept
      : tracker_(std::move(other.tracker_)), bytes_(std::exchange(other.bytes_, 0)) {}
  ScopedReservation& operator=(ScopedReservation&& other) noexcept;
  ~ScopedReservation() { Reset(); }

  // Grows (throwing 53200, unchanged then) or shrinks to `bytes`.
  void Resize(int64_t bytes);
  bool TryResize(int64_t bytes);
  void Grow(int64_t bytes) { Resize(bytes_ + bytes); }
  void Reset() noexcept;
  int64_t bytes() const { return bytes_; }
  MemoryTracker* tracker() const { return tracker_.get(); }

 private:
  std::shared_ptr<MemoryTracker> tracker_;
  int64_t bytes_ = 0;
};

// For standard containers: reserves before each allocation. The tracker is borrowed and must outlive the container;
// nullptr counts nothing.
template <typename T>
class TrackedAllocator {
 public:
  using value_type = T;
  using propagate_on_container_copy_assignment = std::true_type;
  using propagate_on_container_move_assignment = std::true_type;
  using propagate_on_container_swap = std::true_type;

  TrackedAllocator() = default;
  explicit TrackedAllocator(MemoryTracker* tracker) : tracker_(tracker) {}
  template <typename U>
  TrackedAllocator(const TrackedAllocator<U>& other) : tracker_(other.tracker()) {}  // NOLINT: allocators convert

  T* allocate(size_t n) {
    const auto bytes = static_cast<int64_t>(n * sizeof(T));
    if (tracker_ != nullptr) tracker_->Reserve(bytes);
    try {
      return std::allocator<T>().allocate(n);
    } catch (...) {
      if (tracker_ != nullptr) tracker_->Release(bytes);
      throw;
    }
  }
  void deallocate(T* at, size_t n) noexcept {
    std::allocator<T>().deallocate(at, n);
    if (tracker_ != nullptr) tracker_->Release(static_cast<int64_t>(n * sizeof(T)));
  }
  MemoryTracker* tracker() const { return tracker_; }
  friend bool operator==(const TrackedAllocator&, const TrackedAllocator&) = default;

 private:
  MemoryTracker* tracker_ = nullptr;
};

}  // namespace weir
