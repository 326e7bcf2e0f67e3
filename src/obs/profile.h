#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace weir::obs {

// How values of several drivers become one.
enum class ProfileMerge : uint8_t { kSum, kMax };
enum class ProfileUnit : uint8_t { kCount, kBytes, kNanos };

// The numbers of one operator in one driver; plain, so that the hot path only adds.
struct ProfileCounters {
  int64_t rows_in = 0;
  int64_t rows_out = 0;
  int64_t chunks_out = 0;
  int64_t bytes_out = 0;
  int64_t cpu_nanos = 0;      // inside the operator
  int64_t blocked_nanos = 0;  // waiting for others
  int64_t memory_bytes_peak = 0;
  int64_t spilled_bytes = 0;
  int64_t spills = 0;
  int64_t units_pruned = 0;  // segments, row groups, pages that were not read
  int64_t units_read = 0;

  // Adds up, but peaks: those of drivers that run side by side add up as well.
  void Add(const ProfileCounters& other);
};

// A node of the tree that EXPLAIN ANALYZE and the console show: one operator, all its drivers merged. Drivers keep
// ProfileCounters of their own and Merge them at the end (and now and then before, for live views, with the
// difference). Owned by its parent; the root by the query. Threads: any.
class ProfileNode {
 public:
  // `id` is the plan node's, or -1.
  explicit ProfileNode(std::string name, int64_t id = -1) : name_(std::move(name)), id_(id) {}
  ProfileNode(const ProfileNode&) = delete;
  ProfileNode& operator=(const ProfileNode&) = delete;

  // Valid as long as this node.
  ProfileNode& AddChild(std::string name, int64_t id = -1);
  // This node or the first below it with that id; nullptr when there is none.
  ProfileNode* Find(int64_t id);

  void Merge(const ProfileCounters& counters);
  // Counts one driver; call it once per driver.
  void AddDriver() { drivers_.fetch_add(1, std::memory_order_relaxed); }
  // Extra numbers of this kind of operator: "hash table slots", "dictionary pages read".
  void AddExtra(std::string_view name, int64_t value, ProfileUnit unit = ProfileUnit::kCount,
                ProfileMerge merge = ProfileMerge::kSum);
  // Facts in words: "join type" -> "inner".
  void SetInfo(std::string_view name, std::string_view value);

  struct Extra {
    std::string name;
    int64_t value;
    ProfileUnit unit;
    ProfileMerge merge;
  };
  // A copy of everything, children included.
  struct Snapshot {
    std::string name;
    int64_t id;
    int64_t drivers;
    ProfileCounters counters;
    std::vector<Extra> extras;  // sorted by name
    std::vector<std::pair<std::string, std::string>> info;
    std::vector<Snapshot> children;

    // Time of this node and those below.
    int64_t TotalCpuNanos() const;
    // Indented lines for terminals.
    std::string ToText() const;
  };
  Snapshot Take() const;
  // Adds a snapshot that another node sent: same-shaped children by position, others appended.
  void MergeSnapshot(const Snapshot& other);

  const std::string& name() const { return name_; }
  int64_t id() const { return id_; }

 private:
  const std::string name_;
  const int64_t id_;
  std::atomic<int64_t> drivers_{0};
  mutable std::mutex mutex_;  // leaf but for those of the children
  ProfileCounters counters_;
  std::map<std::string, Extra, std::less<>> extras_;
  std::map<std::string, std::string, std::less<>> info_;
  std::vector<std::unique_ptr<ProfileNode>> children_;
};

// Adds the nanoseconds between its construction and its end; `now` is any monotonic clock.
template <typename Now>
class ProfileTimer {
 public:
  ProfileTimer(int64_t& into, const Now& now) : into_(into), now_(now), begin_(now()) {}
  ~ProfileTimer() { into_ += now_() - begin_; }
  ProfileTimer(const ProfileTimer&) = delete;
  ProfileTimer& operator=(const ProfileTimer&) = delete;

 private:
  int64_t& into_;
  const Now& now_;
  const int64_t begin_;
};

}  // namespace weir::obs
