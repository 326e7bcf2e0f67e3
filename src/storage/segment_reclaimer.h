#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include "env/clock.h"
#include "env/object_store.h"
#include "meta/commit.h"
#include "meta/state.h"
#include "storage/pending_segments.h"

namespace weir {

// Deletes segments that commits have removed, when no snapshot can read them any more (its SegmentInfo is held by
// nobody) and a grace period is over, and objects that the index has never known. Threads: any.
class SegmentReclaimer {
 public:
  SegmentReclaimer(ObjectStore& objects, const Clock& clock, const PendingSegments& pending, int64_t grace_nanos)
      : objects_(objects), clock_(clock), pending_(pending), grace_nanos_(grace_nanos) {}

  // What is in `before` and not in `after` waits for deletion from now on.
  void Note(const Commit& commit, const State& before, const State& after);
  // Deletes what is due; returns how many. With `now`, without grace (snapshots are waited for all the same).
  uint64_t DeleteDue(bool now);
  // Deletes objects that neither the newest state (asked for after they were listed) nor a writer nor this list knows
  // and that are older than the grace period. While others run, an object must look so in two calls in a row; at
  // start-up (`alone`) once is enough.
  uint64_t DeleteOrphans(const std::function<StatePtr()>& newest, bool alone);
  size_t waiting() const;

 private:
  struct Removed {
    std::string path;
    std::weak_ptr<const SegmentInfo> held;
    UnixNanos since;
  };
  ObjectStore& objects_;
  const Clock& clock_;
  const PendingSegments& pending_;
  const int64_t grace_nanos_;
  mutable std::mutex mutex_;  // guards the below; leaf
  std::vector<Removed> removed_;
  std::unordered_set<std::string> suspects_;  // of the last DeleteOrphans
};

}  // namespace weir
