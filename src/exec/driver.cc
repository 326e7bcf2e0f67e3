#include "exec/driver.h"

#include <algorithm>
#include <utility>

#include "runtime/cancellation_scope.h"
#include "runtime/io_pool.h"

namespace weir {

// Adds the time until its end to an operator's counter, when times are wanted.
class PipelineDriver::Timer {
 public:
  Timer(PipelineDriver& driver, Counted& counted)
      : clock_(driver.context_.query.services.workers.clock()),
        into_(driver.context_.query.options.profile ? &counted.counters.cpu_nanos : nullptr),
        begin_(into_ == nullptr ? 0 : clock_.Monotonic()) {}
  ~Timer() {
    if (into_ != nullptr) *into_ += clock_.Monotonic() - begin_;
  }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

 private:
  const Clock& clock_;
  int64_t* into_;
  const MonotonicNanos begin_;
};

PipelineDriver::PipelineDriver(PipelineGraph& graph, Pipeline& pipeline, std::shared_ptr<void> keep_alive, size_t index,
                               bool leader)
    : keep_alive_(std::move(keep_alive)),
      graph_(graph),
      pipeline_(pipeline),
      context_{graph.query_, index},
      leader_(leader) {
  const uint64_t place = HashCombine(pipeline.index, index);
  const QueryOptions& options = context_.query.options;
  if (options.random_block_seed != 0) random_.emplace(HashCombine(options.random_block_seed, place));
  if (options.disguise_seed != 0) disguise_.emplace(HashCombine(options.disguise_seed, place));
}

PipelineDriver::~PipelineDriver() {
  ReportCounters();
  // Operators may hold memory of trackers that live in the query's state.
  source_.reset();
  transforms_.clear();
  sink_.reset();
}

void PipelineDriver::ReportCounters() {
  for (const Counted& counted : counted_) {
    if (counted.info == nullptr || counted.info->profile == nullptr) continue;
    counted.info->profile->Merge(counted.counters);
    counted.info->profile->AddDriver();
  }
  counted_.clear();
}

void PipelineDriver::Open() {
  if (leader_ && !UpstreamIsUseless()) {
    pipeline_.source->Prepare(context_.query);
    size_t drivers = std::min(static_cast<size_t>(context_.query.threads), pipeline_.source->drivers_max());
    if (random_.has_value() && drivers > 1) drivers = 1 + random_->Below(drivers);
    if (drivers > 1) graph_.AddSiblings(pipeline_, drivers - 1);
  }
  counted_.resize(pipeline_.transforms.size() + 2);
  counted_.front().info = &pipeline_.source->info;
  for (size_t i = 0; i < pipeline_.transforms.size(); ++i) {
    counted_[i + 1].info = &pipeline_.transforms[i]->info;
    transforms_.push_back(pipeline_.transforms[i]->Make(context_));
  }
  counted_.back().info = &pipeline_.sink->factory->info;
  sink_ = pipeline_.sink->factory->Make(context_);
  phase_ = Phase::kRun;
  if (UpstreamIsUseless()) {
    // The transforms still finish: what they hold back may be wanted further down.
    phase_ = Phase::kFinishTransforms;
    return;
  }
  source_ = pipeline_.source->Make(context_);
}

bool PipelineDriver::UpstreamIsUseless() const {
  return std::ranges::any_of(pipeline_.transforms, [](const auto& transform) { return transform->wants_no_input(); });
}

std::optional<DriverState> PipelineDriver::StopAtRandom() {
  if (!random_.has_value() || !random_->Chance(0.2)) return std::nullopt;
  if (random_->Chance(0.3)) return DriverState::kReady;
  context_.block_reason = BlockReason::kRandom;
  if (random_->Chance(0.5)) {
    context_.waker->Wake();
  } else {
    context_.query.services.io.Submit([waker = *context_.waker] { waker.Wake(); });
  }
  return DriverState::kBlocked;
}

Step PipelineDriver::PullSource(Chunk& out) {
  if (held_back_.empty()) {
    const Step step = source_->Pull(context_, out);
    if (step != Step::kHasOutput || !random_.has_value() || out.row_count() < 2 || random_->Chance(0.5)) return step;
    held_back_ = std::move(out);
  }
  const size_t rows = held_back_.row_count();
  const size_t first = random_->Chance(0.5) ? 1 : 1 + random_->Below(rows);
  out = held_back_.Slice(0, first);
  held_back_ = first == rows ? Chunk() : held_back_.Slice(first, rows - first);
  return Step::kHasOutput;
}

void PipelineDriver::CountOut(Counted& counted, Chunk& chunk) {
  if (disguise_.has_value()) chunk = (*disguise_)(chunk);
  counted.counters.rows_out += static_cast<int64_t>(chunk.row_count());
  ++counted.counters.chunks_out;
  if (!context_.query.options.verify_chunks) return;
  chunk.Verify();
  const std::vector<Type>& types = counted.info->types;
  WEIR_CHECK(!chunk.empty(), "{} puts out an empty chunk", counted.info->name);
  WEIR_CHECK(types.size() == chunk.column_count(), "{} puts out {} columns instead of {}", counted.info->name,
             chunk.column_count(), types.size());
  for (size_t i = 0; i < types.size(); ++i) {
    WEIR_CHECK(types[i].physical() == chunk.column(i)->type().physical(), "{} column {}: {} instead of {}",
               counted.info->name, i, chunk.column(i)->type().ToString(), types[i].ToString());
  }
}

void PipelineDriver::FinishFrom(size_t from) {
  if (phase_ == Phase::kRun) phase_ = Phase::kFinishTransforms;
  finish_at_ = std::max(finish_at_, from);
  std::erase_if(pending_, [&](size_t at) { return at < finish_at_; });
}

void PipelineDriver::SinkSays(Step step) {
  switch (step) {
    case Step::kBlocked:
      sink_blocked_ = true;
      return;
    case Step::kFinished:
      FinishFrom(transforms_.size());
      return;
    default:
      return;
  }
}

void PipelineDriver::Propagate(Chunk chunk, size_t at) {
  for (; at < transforms_.size(); ++at) {
    Counted& counted = counted_[at + 1];
    counted.counters.rows_in += static_cast<int64_t>(chunk.row_count());
    Chunk out;
    Step step;
    {
      const Timer timer(*this, counted);
      step = transforms_[at]->Push(context_, std::move(chunk), out);
    }
    if (step == Step::kNeedInput) return;
    if (step == Step::kFinished) return FinishFrom(at + 1);
    if (step == Step::kBlocked) return pending_.push_back(at);
    CountOut(counted, out);
    pending_.push_back(at);
    chunk = std::move(out);
  }
  Counted& counted = counted_.back();
  counted.counters.rows_in += static_cast<int64_t>(chunk.row_count());
  Step step;
  {
    const Timer timer(*this, counted);
    step = sink_->Push(context_, std::move(chunk));
  }
  SinkSays(step);
}

DriverState PipelineDriver::Run(TimeSlice& slice) {
  const CancellationScope scope(context_.query.token);
  context_.waker = &slice.waker();
  if (phase_ == Phase::kStart) Open();
  if (blocked_in_ != nullptr) {
    blocked_in_->counters.blocked_nanos += context_.query.services.workers.clock().Monotonic() - blocked_since_;
    blocked_in_ = nullptr;
  }
  const auto block = [&](Counted& counted) {
    if (context_.query.options.profile) {
      blocked_in_ = &counted;
      blocked_since_ = context_.query.services.workers.clock().Monotonic();
    }
    return DriverState::kBlocked;
  };
  for (;;) {
    context_.query.token.ThrowIfCanceled();
    if (sink_blocked_) {
      const Step step = sink_->Poll(context_);
      if (step == Step::kBlocked) return block(counted_.back());
      sink_blocked_ = false;
      SinkSays(step);
      continue;
    }
    if (slice.ShouldYield()) return DriverState::kReady;
    if (const std::optional<DriverState> stop = StopAtRandom(); stop.has_value()) {
      return *stop == DriverState::kBlocked ? block(counted_.front()) : *stop;
    }

    if (!pending_.empty()) {
      const size_t at = pending_.back();
      Counted& counted = counted_[at + 1];
      Chunk out;
      Step step;
      {
        const Timer timer(*this, counted);
        step = transforms_[at]->Pull(context_, out);
      }
      if (step == Step::kBlocked) return block(counted);
      if (step == Step::kHasOutput) {
        CountOut(counted, out);
        Propagate(std::move(out), at + 1);
      } else {
        pending_.pop_back();
        if (step == Step::kFinished) FinishFrom(at + 1);
      }
      continue;
    }

    switch (phase_) {
      case Phase::kRun: {
        if (UpstreamIsUseless()) {
          FinishFrom(0);
          continue;
        }
        Counted& counted = counted_.front();
        Chunk out;
        Step step;
        {
          const Timer timer(*this, counted);
          step = PullSource(out);
        }
        if (step == Step::kBlocked) return block(counted);
        if (step == Step::kHasOutput) {
          CountOut(counted, out);
          Propagate(std::move(out), 0);
        } else {
          FinishFrom(0);
        }
        continue;
      }
      case Phase::kFinishTransforms: {
        if (source_ != nullptr) {
          if (pipeline_.source->info.profile != nullptr) source_->ReportTo(*pipeline_.source->info.profile);
          source_.reset();
        }
        if (finish_at_ == transforms_.size()) {
          phase_ = Phase::kFinishSink;
          continue;
        }
        const size_t at = finish_at_;
        Counted& counted = counted_[at + 1];
        Chunk out;
        Step step;
        {
          const Timer timer(*this, counted);
          step = transforms_[at]->Finish(context_, out);
        }
        if (step == Step::kBlocked) return block(counted);
        if (step == Step::kHasOutput) {
          CountOut(counted, out);
          Propagate(std::move(out), at + 1);
        } else {
          finish_at_ = std::max(finish_at_, at + 1);
        }
        continue;
      }
      case Phase::kFinishSink: {
        Counted& counted = counted_.back();
        Step step;
        {
          const Timer timer(*this, counted);
          step = sink_->Finish(context_);
        }
        if (step == Step::kBlocked) return block(counted);
        sink_.reset();
        transforms_.clear();
        phase_ = Phase::kEnded;
        ReportCounters();  // before the operators' factories may go
        graph_.DriverEnded(pipeline_);
        return DriverState::kFinished;
      }
      case Phase::kStart:
      case Phase::kEnded:
        WEIR_CHECK(false, "driver phase {}", static_cast<int>(phase_));
    }
  }
}

DriverState StageDriver::Run(TimeSlice& slice) {
  QueryContext& query = graph_.query_;
  const CancellationScope scope(query.token);
  for (;;) {
    query.token.ThrowIfCanceled();
    const size_t task = shared_->next.fetch_add(1, std::memory_order_relaxed);
    if (task >= shared_->task_count) return DriverState::kFinished;
    shared_->sink.factory->RunTask(query, shared_->stage, task);
    if (shared_->left.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      graph_.RunStages(shared_->sink, shared_->stage + 1);
      return DriverState::kFinished;
    }
    if (slice.ShouldYield()) return DriverState::kReady;
  }
}

}  // namespace weir
