#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.h"
#include "column/chunk.h"
#include "env/file_system.h"
#include "exec/file_format.h"
#include "expr/evaluator.h"
#include "expr/registry.h"
#include "meta/commit.h"
#include "obs/profile.h"
#include "plan/physical.h"
#include "runtime/cancellation.h"
#include "runtime/memory_tracker.h"
#include "runtime/task.h"
#include "runtime/worker_pool.h"
#include "storage/snapshot.h"

namespace weir {

class FooterCache;
class IoPool;
class QueryCache;
class QueryState;
class SpillArea;
class Storage;

// What queries need of the process; all borrowed, and must outlive every execution.
struct QueryServices {
  const Registry& registry;
  WorkerPool& workers;
  IoPool& io;
  FileSystem* files = nullptr;           // read_parquet and the like; null: only tables
  std::shared_ptr<FooterCache> footers;  // of plain files; null: storage's, or one per query
  Storage* storage = nullptr;            // tables; null: only files, values and virtual tables
  const FileFormats* formats = nullptr;  // readers of other formats than Parquet; null: none
  SpillArea* spill = nullptr;            // for what does not fit in memory; null: it must fit
  QueryCache* cache = nullptr;           // of partial aggregates; null: none
};

struct QueryOptions {
  int threads = 0;                        // drivers per pipeline at most; 0: one per worker
  size_t chunk_rows = kChunkRowsDefault;  // nothing may depend on it
  size_t result_chunks_max = 16;          // finished chunks that wait for the consumer
  int64_t memory_limit_bytes = MemoryTracker::kNoLimit;
  Priority priority = Priority::kNormal;
  bool profile = true;  // times per operator; rows are counted in any case
  bool runtime_filters = true;
  bool spill = true;  // where there is a SpillArea
  // Once the token is canceled Next throws, whatever drivers are still in the midst of, rather than when they have
  // gone. For what changes nothing.
  bool fails_at_once = false;
  // Keep the states of aggregations by row group, and use those that are kept. Only for snapshots of what is committed.
  bool partial_aggregates = false;
  int64_t cache_entry_bytes_max = int64_t{4} << 20;
#ifdef WEIR_DEBUG
  bool verify_chunks = true;
#else
  bool verify_chunks = false;
#endif
  // For tests. Operators that can spill do so at every opportunity.
  bool forced_spill = false;
  bool forced_partials = false;  // of inline rows, too
  // For tests, 0: off. The first makes drivers block, yield and cut what sources give at random; the second hands on
  // chunks under other encodings (exec/chunk_disguise.h).
  uint64_t random_block_seed = 0;
  uint64_t disguise_seed = 0;
  // Takes what a statement does to a table instead of a commit: for transactions of several statements. Called once per
  // table, on a worker; what it throws fails the query.
  std::function<void(CommitKind kind, TableDelta delta)> on_delta;
};

// One run of a physical plan.
//
//   created --Start()--> running --last chunk taken--> finished
//                           \---error, Cancel(), token---> failed (Next throws the error)
//
// Results come through a bounded queue: a consumer that does not take chunks stops the query without holding a
// worker. Use one of Next and NextAsync, from one place at a time; the rest is safe from any thread.
// Destroying it early cancels the query; off workers it also waits until the last driver is gone, so close with
// `Cancel()` and `co_await Done()` before destroying it on an event loop.
class QueryExecution {
 public:
  // `snapshot` is what tables are read at; null when the plan reads none. `memory` is the parent of the query's own
  // tracker. Throws what the plan does wrong (a table that is gone, an unknown file format).
  QueryExecution(PhysicalPtr plan, const QueryServices& services, StatementContext statement, SnapshotPtr snapshot,
                 std::shared_ptr<MemoryTracker> memory, CancellationToken token = {}, QueryOptions options = {});
  ~QueryExecution();
  QueryExecution(const QueryExecution&) = delete;
  QueryExecution& operator=(const QueryExecution&) = delete;

  const Schema& schema() const;
  void Start();

  // The next chunk, never empty; nothing at the end. Throws the query's error. Blocks: not from a worker or event loop.
  std::optional<Chunk> Next();
  // The same for coroutines; goes on at the worker that made the chunk (hop back to where the rest belongs).
  Task<std::optional<Chunk>> NextAsync();

  // Stops early; Next then throws `reason`. Does nothing when the query has ended.
  void Cancel(const Error& reason = Error::Canceled("query canceled"));
  // Waits until no driver is left. Throws nothing: Next does.
  void Wait();
  Task<void> Done();

  // Of a change of rows, once finished.
  uint64_t rows_affected() const;
  // The version that INSERT or DELETE has committed, once finished; 0 when they did not.
  Version committed_version() const;
  // A tree like the plan's, also while it runs.
  const obs::ProfileNode& profile() const;
  const MemoryTracker& memory() const;
  int64_t cpu_nanos() const;

 private:
  std::shared_ptr<QueryState> state_;
};

// Runs a plan to its end and returns all rows, for tests, INSERT without result and statements on the spot. Blocks.
std::vector<Chunk> RunToCompletion(QueryExecution& execution);

}  // namespace weir
