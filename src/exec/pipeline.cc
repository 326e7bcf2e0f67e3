#include "exec/pipeline.h"

#include <algorithm>
#include <utility>

#include "exec/driver.h"

namespace weir {

std::string Pipeline::ToString() const {
  if (source == nullptr) return fmt::format("{}: ended", index);
  std::string out = fmt::format("{}: {}", index, source->info.name);
  for (const auto& transform : transforms) out += " -> " + transform->info.name;
  return out + " -> " + sink->factory->info.name;
}

std::shared_ptr<PipelineSink> PipelineGraph::AddSink(std::shared_ptr<SinkFactory> factory) {
  auto sink = std::make_shared<PipelineSink>();
  sink->factory = std::move(factory);
  sinks_.push_back(sink);
  return sink;
}

Pipeline& PipelineGraph::AddPipeline(std::shared_ptr<SourceFactory> source,
                                     std::vector<std::shared_ptr<TransformFactory>> transforms,
                                     std::shared_ptr<PipelineSink> sink) {
  auto pipeline = std::make_unique<Pipeline>();
  pipeline->index = pipelines_.size();
  pipeline->source = std::move(source);
  pipeline->transforms = std::move(transforms);
  pipeline->sink = std::move(sink);
  ++pipeline->sink->pipelines_left;
  pipelines_.push_back(std::move(pipeline));
  return *pipelines_.back();
}

void PipelineGraph::WaitForSink(Pipeline& pipeline, PipelineSink& sink) {
  sink.complete.waiters.push_back(pipeline.index);
  ++pipeline.waits_for;
}

void PipelineGraph::WaitForPipeline(Pipeline& pipeline, Pipeline& other) {
  other.ended.waiters.push_back(pipeline.index);
  ++pipeline.waits_for;
}

void PipelineGraph::Start(std::shared_ptr<DriverGroup> group, const std::shared_ptr<void>& keep_alive) {
  group_ = std::move(group);
  keep_alive_ = keep_alive;
  // Drivers that start at once may make others ready, which they launch themselves.
  std::vector<Pipeline*> ready;
  for (const auto& pipeline : pipelines_) {
    if (pipeline->waits_for == 0) ready.push_back(pipeline.get());
  }
  WEIR_CHECK(!ready.empty(), "every pipeline waits:\n{}", ToString());
  for (Pipeline* pipeline : ready) Launch(*pipeline);
}

void PipelineGraph::StartNested(const std::shared_ptr<PipelineGraph>& nested) {
  struct Owners {
    std::shared_ptr<void> outer;
    std::shared_ptr<PipelineGraph> nested;
  };
  // Drivers own both: the nested graph's operators refer to what the query owns.
  nested->Start(group_, std::make_shared<Owners>(keep_alive_.lock(), nested));
}

void PipelineGraph::Clear() {
  pipelines_.clear();
  sinks_.clear();
}

std::string PipelineGraph::ToString() const {
  std::string out;
  for (const auto& pipeline : pipelines_) {
    out += fmt::format("{} (waits for {})\n", pipeline->ToString(), pipeline->waits_for);
  }
  return out;
}

void PipelineGraph::Launch(Pipeline& pipeline) {
  if (pipeline.source->IsOver()) return Ended(pipeline);
  pipeline.drivers_left.store(1, std::memory_order_relaxed);
  group_->Add(std::make_unique<PipelineDriver>(*this, pipeline, keep_alive_.lock(), 0, /*leader=*/true));
}

void PipelineGraph::AddSiblings(Pipeline& pipeline, size_t drivers) {
  pipeline.drivers_left.fetch_add(drivers, std::memory_order_relaxed);
  for (size_t i = 1; i <= drivers; ++i) {
    group_->Add(std::make_unique<PipelineDriver>(*this, pipeline, keep_alive_.lock(), i, /*leader=*/false));
  }
}

void PipelineGraph::DriverEnded(Pipeline& pipeline) {
  if (pipeline.drivers_left.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  if (pipeline.source->info.profile != nullptr) pipeline.source->ReportTo(*pipeline.source->info.profile);
  Ended(pipeline);
}

void PipelineGraph::Ended(Pipeline& pipeline) {
  // What it shared with pipelines that have ended too is freed now: hash tables, sorted rows.
  pipeline.transforms.clear();
  pipeline.source.reset();
  bool sink_ended = false;
  {
    const std::scoped_lock lock(mutex_);
    sink_ended = --pipeline.sink->pipelines_left == 0;
  }
  Fire(pipeline.ended);
  if (sink_ended) RunStages(*pipeline.sink, 0);
}

void PipelineGraph::RunStages(PipelineSink& sink, size_t stage) {
  for (;; ++stage) {
    const std::optional<size_t> tasks = sink.factory->PrepareStage(query_, stage);
    if (!tasks.has_value()) break;
    if (*tasks == 1) {
      sink.factory->RunTask(query_, stage, 0);
      continue;
    }
    if (*tasks == 0) continue;
    const size_t drivers = std::min<size_t>(*tasks, static_cast<size_t>(query_.threads));
    auto shared = std::make_shared<StageDriver::Shared>(sink, stage, *tasks, 0, *tasks);
    for (size_t i = 0; i < drivers; ++i) {
      group_->Add(std::make_unique<StageDriver>(*this, shared, keep_alive_.lock()));
    }
    return;  // the last task goes on
  }
  sink.factory.reset();  // whoever reads from it has it
  Fire(sink.complete);
}

void PipelineGraph::Fire(PipelineEvent& event) {
  std::vector<Pipeline*> ready;
  {
    const std::scoped_lock lock(mutex_);
    event.fired = true;
    for (const size_t waiter : event.waiters) {
      if (--pipelines_[waiter]->waits_for == 0) ready.push_back(pipelines_[waiter].get());
    }
  }
  for (Pipeline* pipeline : ready) Launch(*pipeline);
}

}  // namespace weir
