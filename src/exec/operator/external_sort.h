#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "algo/sort.h"
#include "exec/background_step.h"
#include "exec/operator.h"
#include "exec/spill/spill_area.h"

namespace weir {

class SortPlan;

// The sorted runs of one sort, in memory and on disk, and who must give memory back. Drivers collect rows until memory
// is tight; whoever is refused then writes its run to disk and asks the others to do so, and one that has nothing to
// write waits for them. Threads: all methods from any.
class SortRuns {
 public:
  // `area` null: runs stay in memory.
  SortRuns(std::shared_ptr<const SortLayout> layout, SpillArea* area) : layout_(std::move(layout)), area_(area) {}

  // ---- by drivers that collect rows; each enters first and leaves when its rows are with us
  void Enter();
  void Leave(std::unique_ptr<SortRun> run);  // finished; null: its rows are on disk, or there were none
  bool can_spill() const { return area_ != nullptr; }
  bool has_spilled() const;
  // Asks all to write their runs. A driver that has seen another number than this one is asked.
  uint64_t AskToSpill();
  uint64_t asked() const { return asked_.load(std::memory_order_relaxed); }
  // A run that was left here in memory, to be written by the caller; null: none.
  std::unique_ptr<SortRun> TakeBack();
  // Sorts and writes the run; blocks. Wakes those that wait for memory.
  void Write(std::unique_ptr<SortRun> run);
  // False when there is nobody who could give memory back.
  bool WaitForMemory(const Waker& waker);

  // ---- when all have left
  const std::shared_ptr<const SortLayout>& layout() const { return layout_; }
  std::vector<std::unique_ptr<SortRun>> TakeAll() { return std::move(in_memory_); }
  const std::vector<std::shared_ptr<SpillFile>>& files() const { return files_; }

 private:
  void WakeAll();

  const std::shared_ptr<const SortLayout> layout_;
  SpillArea* const area_;
  std::atomic<uint64_t> asked_{0};
  mutable std::mutex mutex_;  // guards the below
  size_t collecting_ = 0;
  size_t writing_ = 0;
  std::vector<Waker> waiting_;
  std::vector<std::unique_ptr<SortRun>> in_memory_;
  std::vector<std::shared_ptr<SpillFile>> files_;
};

// A sink of one driver's rows. The chunks have the layout's columns.
class RunCollector {
 public:
  RunCollector(std::shared_ptr<SortRuns> runs, std::shared_ptr<MemoryTracker> tracker);
  Step Push(DriverContext& context, Chunk rows);
  Step Poll(DriverContext& context);
  Step Finish(DriverContext& context);

 private:
  bool TryAppend();
  void StartWriting(DriverContext& context, std::unique_ptr<SortRun> run);
  std::unique_ptr<SortRun> NewRun() const { return std::make_unique<SortRun>(runs_->layout(), tracker_); }

  const std::shared_ptr<SortRuns> runs_;
  const std::shared_ptr<MemoryTracker> tracker_;
  std::unique_ptr<SortRun> run_;
  std::optional<Chunk> pending_;  // did not fit yet
  uint64_t asked_ = 0;            // wishes that have been heard
  BackgroundStep writing_;
};

// Reads the runs of a sort, some of which are on disk, as one. The drivers have left.
class SortedRunsReader {
 public:
  SortedRunsReader(SortRuns& runs, const SortMerge& in_memory, const std::shared_ptr<MemoryTracker>& tracker);
  ~SortedRunsReader();
  // kHasOutput, kBlocked or kFinished; chunks have the layout's columns.
  Step Pull(DriverContext& context, Chunk& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir
