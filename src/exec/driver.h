#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "env/random.h"
#include "exec/chunk_disguise.h"
#include "exec/pipeline.h"

namespace weir {

// Runs one instance of a pipeline: pulls from the source, pushes through the transforms into the sink, chunk by
// chunk, and is the one wrapper around every operator: counts rows, bytes and time, verifies chunks in debug builds,
// looks for cancellation, yields when its time is over.
//
// The first driver of a pipeline is its leader: it prepares the source and adds the others.
class PipelineDriver final : public Driver {
 public:
  PipelineDriver(PipelineGraph& graph, Pipeline& pipeline, std::shared_ptr<void> keep_alive, size_t index, bool leader);
  ~PipelineDriver() override;
  DriverState Run(TimeSlice& slice) override;

 private:
  // One operator's numbers; merged into its profile node when the driver ends or goes.
  struct Counted {
    const OperatorInfo* info = nullptr;
    obs::ProfileCounters counters;
  };
  class Timer;
  enum class Phase : uint8_t { kStart, kRun, kFinishTransforms, kFinishSink, kEnded };

  void Open();
  bool UpstreamIsUseless() const;
  // Gives the chunk to transform `at` and what comes out to the next ones and the sink.
  void Propagate(Chunk chunk, size_t at);
  void SinkSays(Step step);
  // No more input for transforms before `from`.
  void FinishFrom(size_t from);
  // For tests: whether to stop here, and how.
  std::optional<DriverState> StopAtRandom();
  // The next chunk of the source; for tests in pieces.
  Step PullSource(Chunk& out);
  void CountOut(Counted& counted, Chunk& chunk);
  void ReportCounters();

  // Kept alive first, destroyed last: everything below points into it.
  const std::shared_ptr<void> keep_alive_;
  PipelineGraph& graph_;
  Pipeline& pipeline_;
  DriverContext context_;
  const bool leader_;
  Phase phase_ = Phase::kStart;
  std::unique_ptr<SourceOperator> source_;
  std::vector<std::unique_ptr<TransformOperator>> transforms_;
  std::unique_ptr<SinkOperator> sink_;
  std::vector<size_t> pending_;  // transforms that may have more output or are blocked, ascending
  size_t finish_at_ = 0;         // the first transform that is not finished
  bool sink_blocked_ = false;
  MonotonicNanos blocked_since_ = 0;
  Counted* blocked_in_ = nullptr;
  std::optional<Xoshiro256> random_;
  std::optional<ChunkDisguise> disguise_;
  Chunk held_back_;               // the rest of the source's last chunk
  std::vector<Counted> counted_;  // source, transforms, sink
};

// Runs tasks of a sink's stage until there are none left.
class StageDriver final : public Driver {
 public:
  struct Shared {
    PipelineSink& sink;
    size_t stage;
    size_t task_count;
    std::atomic<size_t> next{0};
    std::atomic<size_t> left;
  };
  StageDriver(PipelineGraph& graph, std::shared_ptr<Shared> shared, std::shared_ptr<void> keep_alive)
      : keep_alive_(std::move(keep_alive)), graph_(graph), shared_(std::move(shared)) {}
  DriverState Run(TimeSlice& slice) override;

 private:
  const std::shared_ptr<void> keep_alive_;
  PipelineGraph& graph_;
  const std::shared_ptr<Shared> shared_;
};

}  // namespace weir
