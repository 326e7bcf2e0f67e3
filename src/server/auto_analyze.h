#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "storage/storage.h"

namespace weir {

struct AutoAnalyzeOptions {
  bool enabled = true;
  // A table is due when more than `rows_min` and this share of its rows have changed since it was analyzed.
  double fraction = 0.1;
  uint64_t rows_min = 1000;
  uint64_t rows_read_max = 1'000'000;  // of a table, per run
  int64_t interval_nanos = 60 * kNanosPerSecond;
};

// What the job has done with one table since the process began.
struct AutoAnalyzeState {
  uint64_t changed_rows = 0;  // since it was analyzed, as far as is known
  uint64_t runs = 0;
};

// Does ANALYZE for tables of which much has changed: the background job "analyze". It counts the rows of commits, reads
// a bounded sample, and takes the number of distinct values from the segments' sketches. The table property
// auto_analyze = 'off' leaves a table out. Ownership: the engine's; storage outlives it. Threads: all methods from any.
class AutoAnalyze {
 public:
  AutoAnalyze(Storage& storage, Random& random, std::shared_ptr<MemoryTracker> memory, AutoAnalyzeOptions options);
  ~AutoAnalyze();
  AutoAnalyze(const AutoAnalyze&) = delete;
  AutoAnalyze& operator=(const AutoAnalyze&) = delete;

  // One run over all tables; what it did, "" when nothing.
  std::string Run();
  // Makes a run end soon.
  void Stop() { stopped_ = true; }
  // As weir_catalog.tables shows it.
  AutoAnalyzeState StateOf(const Snapshot& snapshot, const TableDef& table) const;

 private:
  uint64_t ChangedRows(const Snapshot& snapshot, TableId table) const;
  bool Analyze(const SnapshotPtr& snapshot, const TableDef& table);

  Storage& storage_;
  const std::shared_ptr<MemoryTracker> memory_;
  const AutoAnalyzeOptions options_;
  Xoshiro256 random_;  // of the one run there is
  uint64_t subscription_ = 0;
  std::atomic<bool> stopped_ = false;
  mutable std::mutex mutex_;  // guards the below; leaf
  std::map<TableId, AutoAnalyzeState> tables_;
};

}  // namespace weir
