#include "exec/operator/recursion.h"

#include <atomic>
#include <optional>
#include <vector>

#include "algo/group_table.h"
#include "exec/pipeline_builder.h"
#include "runtime/cancellation_scope.h"

namespace weir {

namespace {

// The end of a round, for whoever waits for it.
class RoundEnd {
 public:
  // True when it has come; otherwise `waker` is woken when it does.
  bool PollOrWait(const Waker& waker) {
    const std::scoped_lock lock(mutex_);
    if (!ended_) waker_ = waker;
    return ended_;
  }
  void Come() {
    Waker waker;
    {
      const std::scoped_lock lock(mutex_);
      ended_ = true;
      waker = std::exchange(waker_, Waker());
    }
    if (waker) waker.Wake();
  }

 private:
  std::mutex mutex_;
  bool ended_ = false;
  Waker waker_;
};

// Takes the rows of a round, and says when they are complete.
class RoundSink final : public SinkFactory {
 public:
  RoundSink(const std::shared_ptr<MaterializedRows>& rows, std::shared_ptr<RoundEnd> end)
      : rows_(rows), end_(std::move(end)) {}
  std::unique_ptr<SinkOperator> Make(DriverContext& context) override { return rows_.Make(context); }
  std::optional<size_t> PrepareStage(QueryContext& /*query*/, size_t /*stage*/) override {
    end_->Come();
    return std::nullopt;
  }

 private:
  MaterializeSink rows_;
  const std::shared_ptr<RoundEnd> end_;
};

}  // namespace

class Recursion final : public SourceOperator {
 public:
  explicit Recursion(RecursionSource& shared) : shared_(shared), rows_(std::move(shared.base_)) {
    if (node().distinct) {
      seen_.emplace(shared_.plan_.node->types(), std::vector<std::shared_ptr<const AggregateOps>>{},
                    shared_.info.tracker);
      rows_ = NewRows(*rows_);
    }
  }

  Step Pull(DriverContext& context, Chunk& out) override {
    for (;;) {
      if (round_.has_value()) {
        if (!round_->end->PollOrWait(*context.waker)) {
          context.block_reason = BlockReason::kNone;
          return Step::kBlocked;
        }
        EndRound();
      }
      while (next_ < rows_->chunks().size()) {
        const Chunk& chunk = rows_->chunks()[next_++];
        if (chunk.empty()) continue;
        out = chunk;
        return Step::kHasOutput;
      }
      if (rows_->row_count() == 0) return Step::kFinished;
      StartRound(context.query);
    }
  }

  void ReportTo(obs::ProfileNode& profile) override { profile.AddExtra("rounds", rounds_); }

 private:
  struct Round {
    std::shared_ptr<RoundEnd> end;
    std::shared_ptr<MaterializedRows> rows;
  };

  // A round's graph with what its drivers refer to; owned by them. Goes with the last of them, whose numbers it has.
  struct NestedGraph {
    NestedGraph(QueryContext& query, obs::ProfileNode& total_in)
        : total(total_in), profile(total_in.name(), total_in.id()), graph(query) {}
    ~NestedGraph() {
      for (const NodeResources& node : resources) {
        obs::ProfileCounters counters;
        counters.memory_bytes_peak = node.tracker->peak_bytes();
        node.profile->Merge(counters);
      }
      total.MergeSnapshot(profile.Take());
    }
    NestedGraph(const NestedGraph&) = delete;
    NestedGraph& operator=(const NestedGraph&) = delete;

    obs::ProfileNode& total;
    obs::ProfileNode profile;
    std::vector<NodeResources> resources;
    PipelineGraph graph;
  };

  const PhysicalRecursion& node() const { return shared_.plan_.node->as<PhysicalRecursion>(); }

  void StartRound(QueryContext& query) {
    Round round;
    round.end = std::make_shared<RoundEnd>();
    round.rows = std::make_shared<MaterializedRows>(shared_.info.tracker);
    auto nested = std::make_shared<NestedGraph>(query, shared_.plan_.step_profile);
    const std::shared_ptr<PipelineGraph> graph(nested, &nested->graph);
    PipelineBuilder builder(query, *graph, nested->profile);
    for (const auto& [id, rows] : shared_.plan_.ctes) builder.AddCte(id, rows);
    builder.AddCte(node().id, rows_);
    builder.Build(node().child(1), std::make_shared<RoundSink>(round.rows, round.end));
    nested->resources = builder.TakeResources();
    ++rounds_;
    round_ = std::move(round);
    shared_.plan_.outer.StartNested(graph);
  }

  void EndRound() {
    rows_ = node().distinct ? NewRows(*round_->rows) : std::move(round_->rows);
    next_ = 0;
    round_.reset();
  }

  // Those that no round has put out before.
  std::shared_ptr<MaterializedRows> NewRows(const MaterializedRows& rows) {
    auto out = std::make_shared<MaterializedRows>(shared_.info.tracker);
    for (const Chunk& chunk : rows.chunks()) {
      if (chunk.empty()) continue;
      CancellationScope::Check();
      seen_->FindOrInsert(chunk.columns(), chunk.rows());
      if (seen_->new_rows().empty()) continue;
      auto selection = std::make_shared<Selection>(seen_->new_rows());
      std::vector<Chunk> kept{Chunk(chunk.columns(), chunk.size(), std::move(selection)).Flatten()};
      const auto bytes = static_cast<int64_t>(kept[0].MemoryBytes());
      out->Append(std::move(kept), bytes);
    }
    return out;
  }

  RecursionSource& shared_;
  std::shared_ptr<MaterializedRows> rows_;  // of the last round
  size_t next_ = 0;                         // chunk to put out
  std::optional<GroupTable> seen_;
  std::optional<Round> round_;
  int64_t rounds_ = 0;
};

std::unique_ptr<SourceOperator> RecursionSource::Make(DriverContext& /*context*/) {
  return std::make_unique<Recursion>(*this);
}

}  // namespace weir
