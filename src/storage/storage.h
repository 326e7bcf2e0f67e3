#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "catalog/virtual_table.h"
#include "env/clock.h"
#include "env/executor.h"
#include "env/file_system.h"
#include "env/object_store.h"
#include "env/random.h"
#include "meta/commit_log.h"
#include "meta/sql_store.h"
#include "obs/metrics.h"
#include "runtime/cancellation.h"
#include "runtime/io_pool.h"
#include "runtime/memory_tracker.h"
#include "storage/compaction.h"
#include "storage/job.h"
#include "storage/scan.h"
#include "storage/snapshot.h"
#include "storage/table_writer.h"

namespace weir {

class BackgroundJobs;
class FooterCache;
class SegmentReclaimer;

// The world that storage lives in; all borrowed, and must outlive it.
struct StorageServices {
  FileSystem& files;
  const Clock& clock;
  Random& random;
  Executor& timers;  // of background jobs
  IoPool& io;
  obs::MetricsRegistry& metrics;
  std::shared_ptr<MemoryTracker> tracker;  // under which caches and writers count
};

struct StorageOptions {
  std::string data_dir = "weir-data";
  TableWriterOptions writer;
  CommitLogOptions log;
  bool background = true;  // false: jobs run only when called (tests, `weir local`)
  // Flush of inline rows: as soon as a table has this much, or when its oldest rows are this old.
  uint64_t flush_rows = 64 << 10;
  uint64_t flush_bytes = 16 << 20;
  uint64_t flush_batches = 512;
  int64_t flush_age_nanos = 60 * kNanosPerSecond;
  int64_t job_interval_nanos = 1 * kNanosPerSecond;
  CompactionPolicy compaction;
  // Files that no snapshot needs are removed after this time.
  int64_t sweep_grace_nanos = 10 * kNanosPerSecond;
  int64_t orphan_scan_nanos = 3600 * kNanosPerSecond;
  int64_t footer_cache_bytes = 64 << 20;
  int64_t page_cache_bytes = 1 << 30;  // of decompressed pages, 0: none kept
  // Seams for tests: the default is SQLite in <data_dir>/meta/weir.db and the folder <data_dir>/objects.
  std::function<std::unique_ptr<SqlStore>()> open_meta;
  std::function<std::unique_ptr<ObjectStore>()> open_objects;
};

// The two columns that ScanSpec::with_row_ids adds.
Schema RowIdSchema();

// Tables of one data folder: opens it, hands out snapshots, commits changes, and keeps files few and tidy in the
// background.
//
//   <data_dir>/FORMAT  weir.lock  meta/weir.db  objects/<database>/<table>-<id>/[<partition>/]seg_<uuid>.parquet
//
// Ownership: the process has one. Threads: all methods from any thread; those that say so block, and are not for
// workers and event loops. Lifecycle: Open (takes the folder's lock, replays the log, removes orphans), use, Stop.
class Storage {
 public:
  // Throws 55006 when another process uses the folder, 55000 when a newer Weir has written it, 42501 when it cannot
  // be written to.
  static std::unique_ptr<Storage> Open(StorageServices services, StorageOptions options,
                                       std::shared_ptr<const VirtualTables> virtual_tables = nullptr);
  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;
  // Stops jobs and the log; later commits are refused. Called by the destructor.
  void Stop();

  // --- reading
  // The newest version. Cheap; a statement takes one and keeps it.
  SnapshotPtr snapshot() const;
  // What `snapshot` would be after `request`: what a transaction sees of its own work. Does not check for conflicts
  // with others. Part ids in it are provisional.
  SnapshotPtr Overlay(const SnapshotPtr& snapshot, const CommitRequest& request) const;
  // Which parts to read, pruned by partition and segment statistics. Does not read files.
  ScanPlanPtr PlanScan(const SnapshotPtr& snapshot, TableId table, ScanSpec spec) const;
  const std::shared_ptr<FooterCache>& footers() const { return footers_; }

  // --- writing
  // Blocks until durable. See CommitLog.
  CommitResult Commit(CommitRequest request);
  void CommitAsync(CommitRequest request, CommitLog::Done done);
  // A DDL commit. Blocks.
  CommitResult ApplyDdl(std::vector<CatalogChange> changes);
  // For the table as of the snapshot.
  std::unique_ptr<TableWriter> OpenWriter(const SnapshotPtr& snapshot, TableId table) const;
  std::unique_ptr<TableWriter> OpenWriter(const SnapshotPtr& snapshot, TableId table,
                                          const TableWriterOptions& options) const;

  // --- upkeep; each blocks and does what the job of the same name does, whatever the thresholds
  // Writes all inline rows of the table (all tables: id 0) as segments. Returns the rows.
  uint64_t Flush(TableId table = {});
  // Merges what the policy says (`full`: everything of a partition and bucket). Returns the segments replaced.
  uint64_t Compact(TableId table = {}, bool full = false);
  // Removes files that no snapshot needs; with `orphans`, also those that the index does not know. Returns how many.
  uint64_t Sweep(bool orphans);
  void WriteSnapshot() { log_->WriteSnapshot(); }

  CommitLog& log() { return *log_; }
  const CommitLog& log() const { return *log_; }
  ObjectStore& objects() { return *objects_; }
  FileSystem& files() { return services_.files; }
  const Clock& clock() const { return services_.clock; }
  std::vector<JobInfo> jobs() const;
  // One more job, of an owner that calls StopJobs before it goes.
  void AddJob(std::string name, int64_t interval_nanos, std::function<std::string()> run);
  // No more runs of any job; waits for running ones.
  void StopJobs();
  const StorageOptions& options() const { return options_; }
  // Another connection to the metadata, for those who keep tables of their own there (Transactions).
  std::unique_ptr<SqlStore> ConnectMeta() const;
  void SetVirtualTables(std::shared_ptr<const VirtualTables> virtual_tables);

 private:
  Storage(StorageServices services, StorageOptions options);
  void OpenFolder();
  void AddJobs();
  TableWriterServices WriterServices() const;
  std::string ObjectPrefix(const Catalog& catalog, const TableDef& table) const;
  // Runs `attempt` until it does not end in a conflict with others; false when it always did.
  bool RetryConflicts(const std::function<bool()>& attempt);
  uint64_t FlushTable(TableId table);
  uint64_t CompactTable(TableId table, bool full);
  bool FlushDue(const TableState& table) const;
  void OnCommit(const CommitPtr& commit, const StatePtr& after);
  void CountInlineRows(const ::weir::Commit& commit, const State& before, const State& after);
  void CountInline(uint64_t before, uint64_t after);

  const StorageServices services_;
  const StorageOptions options_;
  std::shared_ptr<MemoryTracker> tracker_;
  const std::shared_ptr<MemoryTracker> inline_tracker_;  // of the newest state's inline rows
  std::unique_ptr<FileLock> lock_;
  std::unique_ptr<ObjectStore> objects_;
  std::shared_ptr<FooterCache> footers_;
  std::shared_ptr<StatisticsCache> statistics_ = std::make_shared<StatisticsCache>();
  std::shared_ptr<PendingSegments> pending_;
  std::unique_ptr<SegmentReclaimer> reclaimer_;
  std::unique_ptr<CommitLog> log_;
  uint64_t subscription_ = 0;
  std::unique_ptr<BackgroundJobs> jobs_;
  // One flush and one compaction at a time; held across I/O.
  std::mutex flush_mutex_;
  std::mutex compaction_mutex_;
  CancellationSource stopping_;
  StatePtr reclaimed_;                 // the state before the commit that OnCommit is given; on the committer only
  mutable std::mutex snapshot_mutex_;  // leaf
  mutable SnapshotPtr snapshot_;
};

}  // namespace weir
