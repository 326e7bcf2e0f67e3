#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "algo/sort.h"
#include "exec/background_step.h"
#include "exec/operator.h"
#include "exec/spill/spill_area.h"
#include "exec/spill/spill_group.h"

namespace weir {

class SortPlan;

// The sorted runs of one sort, in memory and on disk. Threads: all methods from any.
class SortRuns {
 public:
  // `area` null: runs stay in memory.
  SortRuns(std::shared_ptr<const SortLayout> layout, SpillArea* area) : layout_(std::move(layout)), area_(area) {}

  bool can_spill() const { return area_ != nullptr; }
  SpillGroup& group() { return group_; }
  // A finished run, which stays in memory.
  void Add(std::unique_ptr<SortRun> run);
  // One of those, to be written by the caller; null: none.
  std::unique_ptr<SortRun> TakeBack();
  // Sorts and writes the run; blocks.
  void Write(std::unique_ptr<SortRun> run);

  // ---- when no driver collects any more
  const std::shared_ptr<const SortLayout>& layout() const { return layout_; }
  size_t in_memory_count() const { return in_memory_.size(); }
  std::vector<std::unique_ptr<SortRun>> TakeAll() { return std::move(in_memory_); }
  const std::vector<std::shared_ptr<SpillFile>>& files() const { return files_; }

 private:
  const std::shared_ptr<const SortLayout> layout_;
  SpillArea* const area_;
  SpillGroup group_;
  std::mutex mutex_;  // guards the below
  std::vector<std::unique_ptr<SortRun>> in_memory_;
  std::vector<std::shared_ptr<SpillFile>> files_;
};

// A sink of one driver's rows. The chunks have the layout's columns.
class RunCollector {
 public:
  // `forced`: every chunk is a run, at first.
  RunCollector(std::shared_ptr<SortRuns> runs, std::shared_ptr<MemoryTracker> tracker, bool forced);
  Step Push(DriverContext& context, Chunk rows);
  Step Poll(DriverContext& context);
  Step Finish(DriverContext& context);

 private:
  bool IsForced() const;
  bool IsWorthIt() const;  // whether the run is large enough for a file
  bool TryAppend();
  void StartWriting(DriverContext& context, std::unique_ptr<SortRun> run);
  std::unique_ptr<SortRun> NewRun() const { return std::make_unique<SortRun>(runs_->layout(), tracker_); }

  const bool forced_;
  const std::shared_ptr<SortRuns> runs_;
  const std::shared_ptr<MemoryTracker> tracker_;
  std::unique_ptr<SortRun> run_;
  std::optional<Chunk> pending_;  // did not fit yet
  uint64_t asked_ = 0;            // wishes that have been heard
  uint64_t waited_ = 0;           // see SpillGroup::WaitForMemory
  BackgroundStep writing_;
};

// Reads the runs of a sort, all of which are on disk, as one. The drivers have left.
class SortedRunsReader {
 public:
  SortedRunsReader(SortRuns& runs, const std::shared_ptr<MemoryTracker>& tracker);
  ~SortedRunsReader();
  // kHasOutput, kBlocked or kFinished; chunks have the layout's columns.
  Step Pull(DriverContext& context, Chunk& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir
