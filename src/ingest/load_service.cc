#include "ingest/load_service.h"

#include <algorithm>

#include "base/check.h"

namespace weir {

namespace {

constexpr obs::CounterDef kLoads{"weir_ingest_loads_total", "1", "Loads taken in"};
constexpr obs::CounterDef kRows{"weir_ingest_rows_total", "rows", "Rows committed by loads"};
constexpr obs::CounterDef kBatches{"weir_ingest_batches_total", "1", "Commits made for loads"};
constexpr obs::CounterDef kRefused{"weir_ingest_refused_total", "1", "Loads refused because too much was queued"};

}  // namespace

struct LoadService::Waiting {
  std::vector<Chunk> rows;
  uint64_t row_count = 0;
  int64_t bytes = 0;
  Done done;
};

// Loads of one table that will be one commit. A labelled load is a batch of its own.
struct LoadService::Batch {
  TableId table;
  std::string label;
  std::vector<SourceOffset> offsets;
  std::vector<Waiting> loads;
  uint64_t rows = 0;
  uint64_t bytes = 0;
  Executor::TimerId timer = 0;
};

// Forwarded to by LoadTask; lives in the coroutine's frame.
struct LoadService::Awaiter {
  LoadService& service;
  LoadRequest request;
  std::unique_ptr<Error> error{};
  LoadResult result{};

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    service.LoadAsync(std::move(request), [this, handle](std::unique_ptr<Error> failed, LoadResult made) {
      error = std::move(failed);
      result = made;
      handle.resume();
    });
  }
  void await_resume() const noexcept {}
};

LoadService::LoadService(Storage& storage, Executor& timers, IoPool& io, obs::MetricsRegistry& metrics,
                         std::shared_ptr<MemoryTracker> tracker, LoadServiceOptions options)
    : storage_(storage),
      timers_(timers),
      io_(io),
      options_(options),
      tracker_(tracker->CreateChild("loads", MemoryScope::kGroup, options.queued_bytes_max, "load_memory_limit")),
      loads_total_(metrics.Get(kLoads)),
      rows_total_(metrics.Get(kRows)),
      batches_total_(metrics.Get(kBatches)),
      refused_total_(metrics.Get(kRefused)) {}

LoadService::~LoadService() {
  Stop();
}

void LoadService::LoadAsync(LoadRequest request, Done done) {
  Waiting load;
  for (const Chunk& chunk : request.rows) {
    load.row_count += chunk.row_count();
    load.bytes += static_cast<int64_t>(chunk.MemoryBytes());
  }
  // Unknown tables are the caller's error, found before anything is queued.
  storage_.snapshot()->catalog()->GetTable(request.table);
  if (!tracker_->TryReserve(load.bytes)) {
    refused_total_.Add();
    throw Error::Operational(sqlstate::kConfigurationLimitExceeded, "too many loads wait to be written: {} bytes",
                             queued_bytes())
        .WithHint("send them again a little later")
        .WithRetryable();
  }
  load.rows = std::move(request.rows);
  load.done = std::move(done);
  const int64_t bytes = load.bytes;
  std::shared_ptr<Batch> ready;
  {
    const std::scoped_lock lock(mutex_);
    if (stopping_) {
      tracker_->Release(bytes);
      throw Error::Operational(sqlstate::kAdminShutdown, "the server is stopping").WithRetryable();
    }
    queued_bytes_ += static_cast<uint64_t>(bytes);
    loads_total_.Add();
    if (!request.label.empty() || !request.offsets.empty()) {
      ready = std::make_shared<Batch>();
      ready->table = request.table;
      ready->label = std::move(request.label);
      ready->offsets = std::move(request.offsets);
      ready->loads.push_back(std::move(load));
      ++running_;
    } else {
      auto& batch = open_[request.table];
      const bool is_new = batch == nullptr;
      if (is_new) {
        batch = std::make_shared<Batch>();
        batch->table = request.table;
      }
      batch->rows += load.row_count;
      batch->bytes += static_cast<uint64_t>(bytes);
      batch->loads.push_back(std::move(load));
      const bool full = batch->bytes >= options_.batch_bytes || batch->rows >= options_.batch_rows;
      if (full || options_.window_nanos <= 0) {
        if (batch->timer != 0) timers_.CancelTimer(batch->timer);
        ready = std::move(batch);
        open_.erase(request.table);
        ++running_;
      } else if (is_new) {
        batch->timer = timers_.PostAfter(options_.window_nanos, [state = state_, batch] {
          const std::shared_lock alive(state->mutex);
          if (state->service != nullptr) state->service->CloseBatch(batch);
        });
      }
    }
  }
  if (ready != nullptr) StartBatch(std::move(ready));
}

// The window is over.
void LoadService::CloseBatch(const std::shared_ptr<Batch>& batch) {
  {
    const std::scoped_lock lock(mutex_);
    const auto at = open_.find(batch->table);
    if (at == open_.end() || at->second != batch) return;
    open_.erase(at);
    ++running_;
  }
  StartBatch(batch);
}

void LoadService::StartBatch(std::shared_ptr<Batch> batch) {
  io_.Submit([this, batch = std::move(batch)] { RunBatch(batch); });
}

void LoadService::RunBatch(const std::shared_ptr<Batch>& batch) noexcept {
  try {
    CommitRequest request;
    request.kind = CommitKind::kLoad;
    request.label = batch->label;
    request.offsets = batch->offsets;
    const SnapshotPtr snapshot = storage_.snapshot();
    request.database = snapshot->catalog()->GetTable(batch->table)->database;
    // A label that is known needs no files.
    const bool known = !batch->label.empty() && storage_.log().FindLabel(request.database, batch->label).has_value();
    if (!known) {
      const auto writer = storage_.OpenWriter(snapshot, batch->table);
      for (const Waiting& load : batch->loads) {
        for (const Chunk& chunk : load.rows) writer->Write(chunk);
      }
      TableDelta delta = writer->Finish();
      if (!delta.empty()) request.tables.push_back(std::move(delta));
    }
    batches_total_.Add();
    storage_.CommitAsync(std::move(request), [this, batch](std::unique_ptr<Error> error, CommitResult result) {
      Answer(*batch, error.get(), result);
    });
  } catch (...) {
    const Error error = Error::FromCurrentException();
    // One client's bad rows must not fail those of others: each load is tried by itself then.
    if (batch->loads.size() > 1) {
      SplitBatch(*batch);
    } else {
      Answer(*batch, &error, {});
    }
  }
}

void LoadService::SplitBatch(Batch& batch) noexcept {
  std::vector<std::shared_ptr<Batch>> singles;
  {
    const std::scoped_lock lock(mutex_);
    for (Waiting& load : batch.loads) {
      auto single = std::make_shared<Batch>();
      single->table = batch.table;
      single->loads.push_back(std::move(load));
      singles.push_back(std::move(single));
    }
    running_ += singles.size();
  }
  for (const auto& single : singles) RunBatch(single);
  const std::scoped_lock lock(mutex_);
  --running_;
  idle_.notify_all();
}

void LoadService::Answer(Batch& batch, const Error* error, const CommitResult& result) noexcept {
  for (Waiting& load : batch.loads) {
    load.rows.clear();
    tracker_->Release(load.bytes);
    queued_bytes_ -= static_cast<uint64_t>(load.bytes);
    LoadResult answer;
    answer.version = result.version;
    answer.duplicate = result.duplicate;
    answer.rows = result.duplicate ? 0 : load.row_count;
    if (error == nullptr) rows_total_.Add(answer.rows);
    const auto failed =
        CatchError([&] { load.done(error == nullptr ? nullptr : std::make_unique<Error>(*error), answer); });
    WEIR_CHECK(failed == nullptr, "a load's callback threw: {}", failed->ToString());
  }
  const std::scoped_lock lock(mutex_);
  --running_;
  idle_.notify_all();
}

Task<LoadResult> LoadService::LoadTask(LoadRequest request) {
  Awaiter awaiter{*this, std::move(request)};
  co_await awaiter;
  if (awaiter.error != nullptr) throw *awaiter.error;
  co_return awaiter.result;
}

LoadResult LoadService::Load(LoadRequest request) {
  return SyncWait(LoadTask(std::move(request)));
}

void LoadService::Stop() {
  std::vector<std::shared_ptr<Batch>> rest;
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    for (auto& [table, batch] : open_) {
      timers_.CancelTimer(batch->timer);
      rest.push_back(std::move(batch));
    }
    running_ += rest.size();
    open_.clear();
  }
  {
    // From here on no timer reaches us; one that does now is waited for.
    const std::scoped_lock alone(state_->mutex);
    state_->service = nullptr;
  }
  for (auto& batch : rest) StartBatch(std::move(batch));
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [&] { return running_ == 0; });
}

}  // namespace weir
