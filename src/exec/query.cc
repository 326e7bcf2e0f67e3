#include "exec/query.h"

#include <mutex>
#include <utility>

#include "base/check.h"
#include "exec/pipeline.h"
#include "exec/pipeline_builder.h"
#include "exec/query_context.h"
#include "exec/result_queue.h"
#include "runtime/condition_variable.h"
#include "storage/footer_cache.h"
#include "storage/storage.h"

namespace weir {

namespace {

// Of the footer cache that a query makes for itself.
constexpr int64_t kOwnFooterBytes = int64_t{16} << 20;

QueryContext MakeContext(const QueryServices& services, StatementContext statement, SnapshotPtr snapshot,
                         const std::shared_ptr<MemoryTracker>& memory, CancellationToken token, QueryOptions options) {
  WEIR_CHECK(options.chunk_rows > 0 && options.result_chunks_max > 0);
  const int threads = options.threads > 0 ? options.threads : services.workers.threads();
  auto tracker = memory->CreateChild("query", MemoryScope::kQuery, options.memory_limit_bytes, "query_memory_limit");
  std::shared_ptr<FooterCache> footers = services.footers;
  if (footers == nullptr && services.storage != nullptr) footers = services.storage->footers();
  if (footers == nullptr) footers = std::make_shared<FooterCache>(tracker, kOwnFooterBytes);
  return {.services = services,
          .statement = std::move(statement),
          .snapshot = std::move(snapshot),
          .options = std::move(options),
          .token = std::move(token),
          .tracker = std::move(tracker),
          .footers = std::move(footers),
          .threads = threads};
}

}  // namespace

// The end of an execution, for those who wait for it. Apart from the state, so that the state is gone by then if
// nobody else holds it.
struct QueryEnding {
  std::mutex mutex;  // guards the below
  ConditionVariable ended;
  bool started = false;
  bool finished = false;
  std::shared_ptr<Waiter> waiter;

  void Signal() {
    std::shared_ptr<Waiter> waiting;
    {
      const std::scoped_lock lock(mutex);
      finished = true;
      waiting = std::exchange(waiter, nullptr);
      ended.notify_all();
    }
    if (waiting != nullptr) waiting->Wake(Waiter::Outcome::kWoken);
  }
};

// Everything of one execution. Held by the QueryExecution and by every driver, so it goes with the last of them.
class QueryState {
 public:
  QueryState(PhysicalPtr plan_in, const QueryServices& services, StatementContext statement, SnapshotPtr snapshot,
             const std::shared_ptr<MemoryTracker>& memory, CancellationToken token, QueryOptions options)
      : plan(std::move(plan_in)),
        context(MakeContext(services, std::move(statement), std::move(snapshot), memory, std::move(token),
                            std::move(options))),
        profile(OperatorName(*plan), 0),
        results(context.options.result_chunks_max),
        graph(context) {}

  const PhysicalPtr plan;
  QueryContext context;
  obs::ProfileNode profile;
  ResultQueue results;
  PipelineGraph graph;
  std::vector<NodeResources> resources;
  std::shared_ptr<DriverGroup> group;
  CancellationToken::Registration on_cancel;

  const std::shared_ptr<QueryEnding> ending = std::make_shared<QueryEnding>();

  // When the last driver is gone.
  void Finished(const Error* error) {
    for (const NodeResources& node : resources) {
      obs::ProfileCounters counters;
      counters.memory_bytes_peak = node.tracker->peak_bytes();
      node.profile->Merge(counters);
    }
    // Tables and materialised rows go now, not when the client closes the query; results keep what they need.
    graph.Clear();
    results.Close(error == nullptr ? std::nullopt : std::optional<Error>(*error));
  }
};

QueryExecution::QueryExecution(PhysicalPtr plan, const QueryServices& services, StatementContext statement,
                               SnapshotPtr snapshot, std::shared_ptr<MemoryTracker> memory, CancellationToken token,
                               QueryOptions options) {
  state_ = std::make_shared<QueryState>(std::move(plan), services, std::move(statement), std::move(snapshot), memory,
                                        std::move(token), std::move(options));
  PipelineBuilder builder(state_->context, state_->graph, state_->profile);
  builder.Build(state_->plan, std::make_shared<ResultSinkFactory>(state_->results));
  state_->resources = builder.TakeResources();
  state_->group = services.workers.CreateGroup("query", state_->context.options.priority);
}

QueryExecution::~QueryExecution() {
  Cancel(Error::Canceled("query closed"));
  state_->on_cancel.Reset();
  if (state_->context.services.workers.CurrentWorker() < 0) Wait();
}

const Schema& QueryExecution::schema() const {
  return state_->plan->schema();
}

void QueryExecution::Start() {
  {
    const std::scoped_lock lock(state_->ending->mutex);
    WEIR_CHECK(!state_->ending->started, "a query is started twice");
    state_->ending->started = true;
  }
  // Drivers of a group that fails at once are not added: that is an end like any other.
  const auto refused = CatchError([&] { state_->graph.Start(state_->group, state_); });
  if (refused != nullptr) state_->group->Cancel(*refused);
  state_->group->OnFinished([state = state_](const Error* error) mutable {
    const std::shared_ptr<QueryEnding> ending = state->ending;
    state->Finished(error);
    state.reset();
    ending->Signal();
  });
  const std::weak_ptr<QueryState> weak = state_;
  state_->on_cancel = state_->context.token.OnCancel([weak](const Error& reason) {
    const std::shared_ptr<QueryState> state = weak.lock();
    if (state == nullptr) return;
    state->group->Cancel(reason);
    if (!state->context.options.fails_at_once) return;
    // Elsewhere: whoever takes the results may go on right there. When that is not to be, they end with the drivers.
    const auto refused =
        CatchError([&] { state->context.services.io.Submit([state, reason] { state->results.Close(reason); }); });
  });
}

std::optional<Chunk> QueryExecution::Next() {
  return state_->results.Pop();
}

Task<std::optional<Chunk>> QueryExecution::NextAsync() {
  return state_->results.PopAsync();
}

void QueryExecution::Cancel(const Error& reason) {
  {
    const std::scoped_lock lock(state_->ending->mutex);
    if (state_->ending->finished) return;
  }
  state_->group->Cancel(reason);
}

void QueryExecution::Wait() {
  QueryEnding& ending = *state_->ending;
  std::unique_lock lock(ending.mutex);
  if (!ending.started) return;
  ending.ended.wait(lock, [&] { return ending.finished; });
}

Task<void> QueryExecution::Done() {
  const std::shared_ptr<QueryEnding> ending = state_->ending;
  std::shared_ptr<Waiter> waiter;
  {
    const std::scoped_lock lock(ending->mutex);
    if (!ending->started || ending->finished) co_return;
    WEIR_CHECK(ending->waiter == nullptr, "two wait for one query");
    waiter = std::make_shared<Waiter>(nullptr);
    ending->waiter = waiter;
  }
  co_await waiter->Suspend();
}

uint64_t QueryExecution::rows_affected() const {
  return state_->context.rows_affected.load();
}

Version QueryExecution::committed_version() const {
  return Version(state_->context.committed_version.load());
}

const obs::ProfileNode& QueryExecution::profile() const {
  return state_->profile;
}

const MemoryTracker& QueryExecution::memory() const {
  return *state_->context.tracker;
}

int64_t QueryExecution::cpu_nanos() const {
  return state_->group->cpu_nanos();
}

std::vector<Chunk> RunToCompletion(QueryExecution& execution) {
  execution.Start();
  std::vector<Chunk> out;
  for (;;) {
    std::optional<Chunk> chunk = execution.Next();
    if (!chunk.has_value()) break;
    out.push_back(std::move(*chunk));
  }
  execution.Wait();
  return out;
}

}  // namespace weir
