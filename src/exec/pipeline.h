#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "exec/operator.h"
#include "runtime/worker_pool.h"

namespace weir {

class PipelineGraph;

// Something that others wait for: the end of a pipeline, the completion of a sink. Guarded by the graph's mutex.
struct PipelineEvent {
  bool fired = false;
  std::vector<size_t> waiters;  // pipelines
};

// A sink with its place in the graph.
struct PipelineSink {
  std::shared_ptr<SinkFactory> factory;  // null when it is complete
  size_t pipelines_left = 0;             // guarded by the graph's mutex
  PipelineEvent complete;
};

// Source -> transforms -> sink, run by a number of drivers. Made by the builder; then immutable but for the counters
// until it has ended, when it lets go of source and transforms.
struct Pipeline {
  size_t index = 0;
  std::shared_ptr<SourceFactory> source;
  std::vector<std::shared_ptr<TransformFactory>> transforms;
  std::shared_ptr<PipelineSink> sink;
  size_t waits_for = 0;  // events that have not fired; guarded by the graph's mutex
  PipelineEvent ended;
  std::atomic<size_t> drivers_left{0};
  std::string ToString() const;
};

// The pipelines of a query and what waits for what; starts them as their dependencies complete.
//
// Owned by the query's state, which its drivers keep alive. Add and Wait before Start, from one thread; after that
// drivers call it. One mutex guards the counts and is not held while anything runs.
class PipelineGraph {
 public:
  explicit PipelineGraph(QueryContext& query) : query_(query) {}

  std::shared_ptr<PipelineSink> AddSink(std::shared_ptr<SinkFactory> factory);
  Pipeline& AddPipeline(std::shared_ptr<SourceFactory> source,
                        std::vector<std::shared_ptr<TransformFactory>> transforms, std::shared_ptr<PipelineSink> sink);
  void WaitForSink(Pipeline& pipeline, PipelineSink& sink);
  void WaitForPipeline(Pipeline& pipeline, Pipeline& other);
  const std::vector<std::unique_ptr<Pipeline>>& pipelines() const { return pipelines_; }

  // Adds the drivers of all pipelines that wait for nothing. `keep_alive` owns this graph.
  void Start(std::shared_ptr<DriverGroup> group, const std::shared_ptr<void>& keep_alive);
  // Adds drivers of another graph of the same query to this one's, which must be running.
  void StartNested(const std::shared_ptr<PipelineGraph>& nested);
  // Lets go of all operators and what they share; no driver may be left.
  void Clear();
  // One line per pipeline, for debugging.
  std::string ToString() const;

 private:
  friend class PipelineDriver;
  friend class StageDriver;
  void Launch(Pipeline& pipeline);
  void AddSiblings(Pipeline& pipeline, size_t drivers);
  void DriverEnded(Pipeline& pipeline);
  void Ended(Pipeline& pipeline);
  void RunStages(PipelineSink& sink, size_t stage);
  void Fire(PipelineEvent& event);

  QueryContext& query_;
  std::vector<std::unique_ptr<Pipeline>> pipelines_;
  std::vector<std::shared_ptr<PipelineSink>> sinks_;
  std::shared_ptr<DriverGroup> group_;
  std::weak_ptr<void> keep_alive_;
  std::mutex mutex_;
};

}  // namespace weir
