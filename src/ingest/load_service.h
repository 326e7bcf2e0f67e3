#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "base/error.h"
#include "catalog/ids.h"
#include "column/chunk.h"
#include "env/executor.h"
#include "meta/commit.h"
#include "obs/metrics.h"
#include "runtime/condition_variable.h"
#include "runtime/io_pool.h"
#include "runtime/memory_tracker.h"
#include "runtime/task.h"
#include "storage/storage.h"

namespace weir {

struct LoadServiceOptions {
  int64_t window_nanos = 5 * kNanosPerMilli;  // how long the first load of a batch waits for company
  uint64_t batch_bytes = 8 << 20;             // a batch this big does not wait
  uint64_t batch_rows = 256 << 10;
  int64_t queued_bytes_max = 256 << 20;  // beyond, loads are refused with a retryable 53400
};

// Rows of one load, for one table.
struct LoadRequest {
  TableId table;
  std::vector<Chunk> rows;  // the table's columns, in order and of its types
  // Makes the load exactly-once; such a load is a commit of its own (grouped with others in the log all the same).
  std::string label;
  std::vector<SourceOffset> offsets;
};

struct LoadResult {
  Version version;
  bool duplicate = false;  // the label was committed before; nothing was loaded now
  uint64_t rows = 0;
};

// Takes rows from many clients at once and commits those of one table together: each is answered when its rows are
// durable and visible. Loads that do not fit into the memory for queued ones are refused at once, to be retried.
// Threads: all methods from any thread. Ownership: one per process, beside Storage, which must outlive it.
class LoadService {
 public:
  LoadService(Storage& storage, Executor& timers, IoPool& io, obs::MetricsRegistry& metrics,
              std::shared_ptr<MemoryTracker> tracker, LoadServiceOptions options = {});
  // Commits what is queued.
  ~LoadService();
  LoadService(const LoadService&) = delete;
  LoadService& operator=(const LoadService&) = delete;

  // `done` gets the error or the result, on whatever thread commits: it must be quick and not throw.
  using Done = std::move_only_function<void(std::unique_ptr<Error> error, LoadResult result)>;
  // Throws (and does not call `done`) when the load is refused: 53400 when too much is queued, 42P01 when there
  // is no such table, 57P01 when stopping.
  void LoadAsync(LoadRequest request, Done done);
  Task<LoadResult> LoadTask(LoadRequest request);
  // Blocks; not from workers or event loops.
  LoadResult Load(LoadRequest request);

  uint64_t queued_bytes() const { return queued_bytes_.load(std::memory_order_relaxed); }
  void Stop();

 private:
  struct Waiting;
  struct Batch;
  struct Awaiter;
  // What timers hold on to: they may fire when the service is gone.
  struct Alive {
    explicit Alive(LoadService* alive) : service(alive) {}
    std::shared_mutex mutex;  // held shared while a timer uses the service
    LoadService* service;
  };
  void CloseBatch(const std::shared_ptr<Batch>& batch);
  void StartBatch(std::shared_ptr<Batch> batch);
  void RunBatch(const std::shared_ptr<Batch>& batch) noexcept;
  void SplitBatch(Batch& batch) noexcept;
  void Answer(Batch& batch, const Error* error, const CommitResult& result) noexcept;

  Storage& storage_;
  Executor& timers_;
  IoPool& io_;
  const LoadServiceOptions options_;
  const std::shared_ptr<MemoryTracker> tracker_;
  obs::Counter& loads_total_;
  obs::Counter& rows_total_;
  obs::Counter& batches_total_;
  obs::Counter& refused_total_;
  std::atomic<uint64_t> queued_bytes_{0};
  const std::shared_ptr<Alive> state_ = std::make_shared<Alive>(this);

  mutable std::mutex mutex_;  // guards all below; leaf but for the executor's
  ConditionVariable idle_;
  std::map<TableId, std::shared_ptr<Batch>> open_;  // gathering, by table
  size_t running_ = 0;                              // batches that are being written or committed
  bool stopping_ = false;
};

}  // namespace weir
