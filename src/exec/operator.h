#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "column/chunk.h"
#include "exec/query_context.h"
#include "obs/profile.h"
#include "runtime/memory_tracker.h"
#include "runtime/worker_pool.h"

namespace weir {

// What an operator says after each call.
enum class Step : uint8_t {
  kNeedInput,  // give me the next chunk
  kHasOutput,  // a chunk is in `out`, and there may be more: Pull again
  kBlocked,    // the waker has been handed over; ask again (Pull, Poll or Finish) when woken
  kFinished,   // wants no more input, gives no more output
};

enum class BlockReason : uint8_t {
  kNone,
  kConsumer,  // nobody takes the results
  kIo,        // files or a commit are under way
  kRandom,    // a test's wish
};

// What a driver lends its operators: one per driver, used by its thread of the moment.
struct DriverContext {
  QueryContext& query;
  size_t driver = 0;                              // position among the pipeline's drivers
  const Waker* waker = nullptr;                   // of the running slice
  BlockReason block_reason = BlockReason::kNone;  // set by whoever returns kBlocked
  size_t unit = SIZE_MAX;                         // of the scan that the rows on their way are from
};

// Local state of one driver. Calls come from one thread at a time. Destroyed without Finish when the query fails.
class SourceOperator {
 public:
  virtual ~SourceOperator() = default;
  // kHasOutput, kBlocked or kFinished. Chunks are not empty.
  virtual Step Pull(DriverContext& context, Chunk& out) = 0;
  // Called once, when it has finished or nobody wants more.
  virtual void ReportTo(obs::ProfileNode& /*profile*/) {}
};

class TransformOperator {
 public:
  virtual ~TransformOperator() = default;
  // Only after kNeedInput. Takes the chunk in any case: any step.
  virtual Step Push(DriverContext& context, Chunk input, Chunk& out) = 0;
  // More output of the last input; only after kHasOutput or kBlocked. Any step.
  virtual Step Pull(DriverContext& /*context*/, Chunk& /*out*/) { return Step::kNeedInput; }
  // After the last input, until it returns kFinished: output that was held back. kHasOutput, kBlocked or kFinished.
  virtual Step Finish(DriverContext& /*context*/, Chunk& /*out*/) { return Step::kFinished; }
};

class SinkOperator {
 public:
  virtual ~SinkOperator() = default;
  // Takes the chunk in any case. kNeedInput, kBlocked (then Poll before the next Push) or kFinished.
  virtual Step Push(DriverContext& context, Chunk input) = 0;
  // After kBlocked: as Push.
  virtual Step Poll(DriverContext& /*context*/) { return Step::kNeedInput; }
  // Hands the local state over to the shared one. kBlocked (call it again when woken) or kFinished.
  virtual Step Finish(DriverContext& /*context*/) { return Step::kFinished; }
};

// What the wrapper around every operator needs to know.
struct OperatorInfo {
  std::string name;
  obs::ProfileNode* profile = nullptr;     // owned by the query
  std::shared_ptr<MemoryTracker> tracker;  // of the plan node
  std::vector<Type> types;                 // of the output; checked in debug builds
};

// Factories hold what the drivers of a query share; each says how that is locked. Immutable while drivers run, but for
// that shared state. Owned by the pipelines that use them.
class SourceFactory {
 public:
  virtual ~SourceFactory() = default;
  // Once, when everything that the pipeline depends on is complete: true when nothing will come, so that the pipeline
  // ends without a driver, and none of the below is called.
  virtual bool IsOver() { return false; }
  // Once, on a worker, after that and before Make. May take long.
  virtual void Prepare(QueryContext& /*query*/) {}
  // After Prepare: how many drivers have something to do. 1 keeps the source's order.
  virtual size_t drivers_max() const { return SIZE_MAX; }
  virtual std::unique_ptr<SourceOperator> Make(DriverContext& context) = 0;
  // Once, when the last driver has ended.
  virtual void ReportTo(obs::ProfileNode& /*profile*/) {}

  OperatorInfo info;
};

class TransformFactory {
 public:
  virtual ~TransformFactory() = default;
  virtual std::unique_ptr<TransformOperator> Make(DriverContext& context) = 0;
  // True when no input can make it put out anything any more (a limit that is reached, an empty build side), so that
  // sources need not go on. Asked by any thread at any time, once what the pipeline depends on is complete.
  virtual bool wants_no_input() const { return false; }

  OperatorInfo info;
};

// A sink may end several pipelines (UNION ALL). When all of them have ended its stages run, one after the other; then
// it is complete, and what depends on it starts.
class SinkFactory {
 public:
  virtual ~SinkFactory() = default;
  virtual std::unique_ptr<SinkOperator> Make(DriverContext& context) = 0;
  // Called once per stage, 0, 1, ..., by one thread: the number of tasks that may run in parallel, or nothing when
  // there is no such stage.
  virtual std::optional<size_t> PrepareStage(QueryContext& /*query*/, size_t /*stage*/) { return std::nullopt; }
  virtual void RunTask(QueryContext& /*query*/, size_t /*stage*/, size_t /*task*/) {}

  OperatorInfo info;
};

}  // namespace weir
