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

// What one driver has collected in memory, to become a sorted run if it must. Single-threaded.
class RunRows {
 public:
  virtual ~RunRows() = default;
  // Throws 53200 over the memory limit, unchanged then: what TakeRun needs counts too.
  virtual void Append(const Chunk& chunk) = 0;
  virtual size_t row_count() const = 0;
  virtual size_t MemoryBytes() const = 0;
  // No more come, and they stay in memory.
  virtual void Finish() = 0;
  // All of them, perhaps not sorted yet; then it is empty.
  virtual std::unique_ptr<SortRun> TakeRun() = 0;
};

// The sorted runs of one sort, in memory and on disk. Threads: all methods from any.
class SortRuns {
 public:
  // `area` null: runs stay in memory.
  SortRuns(std::shared_ptr<const SortLayout> layout, SpillArea* area) : layout_(std::move(layout)), area_(area) {}

  bool can_spill() const { return area_ != nullptr; }
  SpillGroup& group() { return group_; }
  // Finished rows, which stay in memory.
  void Add(std::unique_ptr<RunRows> rows);
  // Some of those, to be written by the caller; null: none.
  std::unique_ptr<SortRun> TakeBack();
  // Sorts and writes the run; blocks.
  void Write(std::unique_ptr<SortRun> run);
  // Merges the `count` smallest files into one; blocks. No driver writes meanwhile.
  void MergeFiles(size_t count, const std::shared_ptr<MemoryTracker>& tracker, const CancellationToken& token);

  // ---- when no driver collects any more
  const std::shared_ptr<const SortLayout>& layout() const { return layout_; }
  size_t in_memory_count() const { return in_memory_.size(); }
  size_t in_memory_rows() const;
  std::vector<std::unique_ptr<RunRows>> TakeRows() { return std::move(in_memory_); }
  std::vector<std::unique_ptr<SortRun>> TakeAll();
  const std::vector<std::shared_ptr<SpillFile>>& files() const { return files_; }
  // Counts the files for a profile.
  void ReportTo(obs::ProfileNode& profile) const;

 private:
  const std::shared_ptr<const SortLayout> layout_;
  SpillArea* const area_;
  SpillGroup group_;
  std::mutex mutex_;  // guards the below
  std::vector<std::unique_ptr<RunRows>> in_memory_;
  std::vector<std::shared_ptr<SpillFile>> files_;
  size_t chunk_rows_ = kChunkRowsDefault;  // of those that are read at once
  obs::ProfileCounters spilled_;
};

// A sink of one driver's rows. The chunks have the layout's columns.
class RunCollector {
 public:
  // `forced`: every chunk is a run, at first. `rows`: where they are collected; null: in a run.
  RunCollector(std::shared_ptr<SortRuns> runs, std::shared_ptr<MemoryTracker> tracker, bool forced,
               std::unique_ptr<RunRows> rows = nullptr);
  Step Push(DriverContext& context, Chunk rows);
  Step Poll(DriverContext& context);
  Step Finish(DriverContext& context);

 private:
  bool IsForced() const;
  bool IsWorthIt() const;  // whether the rows are worth a file
  bool TryAppend();
  void StartWriting(DriverContext& context, std::unique_ptr<SortRun> run);

  const bool forced_;
  const bool is_run_;
  const std::shared_ptr<SortRuns> runs_;
  const std::shared_ptr<MemoryTracker> tracker_;
  std::unique_ptr<RunRows> rows_;
  std::optional<Chunk> pending_;  // did not fit yet
  uint64_t asked_ = 0;            // wishes that have been heard
  uint64_t waited_ = 0;           // see SpillGroup::WaitForMemory
  BackgroundStep writing_;
};

// Rows of one driver whose own thread writes, into the system's cache, when memory is tight.
class RunWriter {
 public:
  // `forced`: every chunk is a run, at first.
  RunWriter(std::shared_ptr<SortRuns> runs, std::shared_ptr<MemoryTracker> tracker, bool forced);
  void Append(const Chunk& rows);
  // The rest goes to disk, too; unless it is the first and `keep`.
  void Finish(bool keep = false);

 private:
  void Write();

  const bool forced_;
  const std::shared_ptr<SortRuns> runs_;
  const std::shared_ptr<MemoryTracker> tracker_;
  std::unique_ptr<RunRows> rows_;
};

// Reads the runs of a sort, all of which are on disk, as one; too many for the memory that there is are merged into
// fewer first. The drivers have left.
class SortedRunsReader {
 public:
  SortedRunsReader(std::shared_ptr<SortRuns> runs, std::shared_ptr<MemoryTracker> tracker);
  ~SortedRunsReader();
  // kHasOutput, kBlocked or kFinished; chunks have the layout's columns.
  Step Pull(DriverContext& context, Chunk& out);

 private:
  struct State;
  // How many files may be read together.
  size_t FilesMax() const;

  const std::shared_ptr<SortRuns> runs_;
  const std::shared_ptr<MemoryTracker> tracker_;
  BackgroundStep merging_;
  std::unique_ptr<State> state_;  // null: there are too many files, perhaps
};

}  // namespace weir
