#include "storage/segment_reclaimer.h"

namespace weir {

void SegmentReclaimer::Note(const Commit& commit, const State& before, const State& after) {
  std::vector<Removed> removed;
  const UnixNanos now = clock_.Now();
  const auto note = [&](const SegmentRef& ref) { removed.push_back({ref.info->path, ref.info, now}); };
  for (const TableDelta& delta : commit.tables) {
    const TableState* table = before.FindTable(delta.table);
    if (table == nullptr) continue;
    if (delta.truncate) table->segments.ForEach(note);
    if (delta.truncate) continue;
    for (const RemovedPart& part : delta.removed) {
      if (const SegmentRef* ref = table->segments.Find(part.id)) note(*ref);
    }
  }
  if (!commit.ddl.empty()) {
    for (const TableStatePtr& table : before.AllTables()) {
      if (after.FindTable(table->table) == nullptr) table->segments.ForEach(note);
    }
  }
  if (removed.empty()) return;
  const std::scoped_lock lock(mutex_);
  for (Removed& each : removed) removed_.push_back(std::move(each));
}

uint64_t SegmentReclaimer::DeleteDue(bool now) {
  std::vector<Removed> due;
  {
    const std::scoped_lock lock(mutex_);
    const UnixNanos before = clock_.Now() - (now ? 0 : grace_nanos_);
    std::erase_if(removed_, [&](Removed& each) {
      if (!each.held.expired() || each.since > before) return false;
      due.push_back(std::move(each));
      return true;
    });
  }
  for (size_t i = 0; i < due.size(); ++i) {
    try {
      objects_.Delete(due[i].path);
    } catch (...) {
      // The rest waits for the next run.
      const std::scoped_lock lock(mutex_);
      for (size_t k = i; k < due.size(); ++k) removed_.push_back(std::move(due[k]));
      throw;
    }
  }
  return due.size();
}

uint64_t SegmentReclaimer::DeleteOrphans(const std::function<StatePtr()>& newest, bool alone) {
  std::unordered_set<std::string> unknown;
  const UnixNanos before = clock_.Now() - (alone ? 0 : grace_nanos_);
  for (ObjectInfo& object : objects_.List("")) {
    if (object.modified_unix_nanos > before || pending_.IsPending(object.key)) continue;
    if (!object.key.ends_with(".parquet") || object.key.find("/seg_") == std::string::npos) continue;
    unknown.insert(std::move(object.key));
  }
  // Whatever was not pending any more has been committed before now, or never will be.
  for (const TableStatePtr& table : newest()->AllTables()) {
    table->segments.ForEach([&](const SegmentRef& ref) { unknown.erase(ref.info->path); });
  }
  std::vector<std::string> orphans;
  {
    const std::scoped_lock lock(mutex_);
    for (const Removed& each : removed_) unknown.erase(each.path);
    // A removal may be on its way into our list just now: the second look finds it there.
    for (const std::string& path : unknown) {
      if (alone || suspects_.contains(path)) orphans.push_back(path);
    }
    suspects_ = std::move(unknown);
  }
  for (const std::string& path : orphans) objects_.Delete(path);
  return orphans.size();
}

size_t SegmentReclaimer::waiting() const {
  const std::scoped_lock lock(mutex_);
  return removed_.size();
}

}  // namespace weir
