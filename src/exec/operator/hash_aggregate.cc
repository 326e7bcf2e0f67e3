#include "exec/operator/hash_aggregate.h"

#include <utility>

namespace weir {

namespace {

// Groups that a driver's table keeps findable before it asks whether that still pays: about the second-level cache.
constexpr size_t kCachedGroupsMax = size_t{1} << 15;

}  // namespace

// One driver's pre-aggregation.
class HashAggregator final : public SinkOperator {
 public:
  HashAggregator(HashAggregateSink& shared, QueryContext& query)
      : shared_(shared),
        plan_(shared.plan_),
        evaluator_(plan_, query.registry(), query.statement),
        threads_(query.threads),
        forced_(query.options.forced_spill),
        options_{.cached_groups_max = query.threads == 1 ? 0 : kCachedGroupsMax},
        table_(NewTable()),
        asked_(shared.spilled_->group().asked()) {
    shared_.spilled_->group().Enter();
    for (const AggregatePlan::Feed& feed : plan_.feeds()) {
      HashAggregateSink::Gathered gathered;
      if (feed.distinct) {
        gathered.distinct = std::make_unique<GroupTable>(feed.distinct_layout, shared.info.tracker, options_);
      } else {
        gathered.run = std::make_unique<SortRun>(feed.sort_layout, shared.info.tracker);
      }
      gathered_.push_back(std::move(gathered));
    }
  }

  Step Push(DriverContext& context, Chunk input) override {
    pending_ = std::move(input);
    return Poll(context);
  }

  Step Poll(DriverContext& context) override {
    for (;;) {
      if (writing_.running() && !writing_.Done()) {
        context.block_reason = BlockReason::kIo;
        return Step::kBlocked;
      }
      if (!pending_.has_value()) return Step::kNeedInput;
      if (!MustWrite()) break;
      StartWriting(context);
    }
    Aggregate(*std::exchange(pending_, std::nullopt));
    return Step::kNeedInput;
  }

  Step Finish(DriverContext& context) override {
    SpillGroup& group = shared_.spilled_->group();
    // All tables go to disk when one has gone, so that there is memory for bringing them together.
    if (group.has_written() && table_->group_count() != 0 && !writing_.running()) StartWriting(context);
    if (Poll(context) == Step::kBlocked) return Step::kBlocked;
    for (HashAggregateSink::Gathered& gathered : gathered_) {
      if (gathered.run != nullptr) gathered.run->Finish();
    }
    shared_.Take(std::move(table_), std::move(gathered_));
    group.Leave();
    return Step::kFinished;
  }

 private:
  std::unique_ptr<GroupTable> NewTable() const {
    return std::make_unique<GroupTable>(plan_.layout(), shared_.info.tracker, options_);
  }

  bool MustWrite() {
    SpilledGroups& spilled = *shared_.spilled_;
    if (!spilled.can_spill() || shared_.info.tracker == nullptr) return false;
    if (forced_ && spilled.group().writes() < SpillGroup::kForcedWritesMax) return table_->group_count() != 0;
    const bool asked = spilled.group().asked() != asked_;
    asked_ = spilled.group().asked();
    if (!SpilledGroups::IsTight(*table_, *shared_.info.tracker, threads_))
      return asked && SpilledGroups::IsWorthIt(*table_);
    asked_ = spilled.group().AskAll();
    return true;
  }

  void StartWriting(DriverContext& context) {
    shared_.spilled_->group().BeginWrite();
    // Holds what it uses: the driver may go while it runs.
    writing_.Start(context.query.services.io, *context.waker,
                   [spilled = shared_.spilled_, table = std::exchange(table_, NewTable()),
                    tracker = shared_.info.tracker]() mutable {
                     const std::unique_ptr<Error> error =
                         CatchError([&] { spilled->Write(std::move(table), tracker); });
                     table.reset();
                     spilled->group().EndWrite();
                     if (error != nullptr) throw Error(*error);
                   });
  }

  void Aggregate(const Chunk& input) {
    if (shared_.takes_states_) return TakeStates(input);
    evaluator_.Start(input);
    table_->FindOrInsert(evaluator_.groups(), input.rows());
    for (const AggregatePlan::DirectCall& call : plan_.direct_calls()) {
      const ArgumentEvaluator::Arguments& arguments = evaluator_.Get(call.arguments);
      table_->Update(call.aggregate, arguments.columns, arguments.rows);
    }
    for (size_t i = 0; i < gathered_.size(); ++i) Gather(plan_.feeds()[i], gathered_[i], input.size());
  }

  void TakeStates(const Chunk& states) {
    const size_t keys = plan_.group_count();
    table_->FindOrInsert({states.columns().data(), keys}, states.rows());
    for (size_t i = 0; i < plan_.layout()->aggregates().size(); ++i) {
      table_->MergeSerialized(i, *states.column(keys + i), states.rows());
    }
  }

  void Gather(const AggregatePlan::Feed& feed, HashAggregateSink::Gathered& gathered, size_t size) {
    const ArgumentEvaluator::Arguments& arguments = evaluator_.Get(feed.arguments);
    if (arguments.rows.empty()) return;
    std::vector<ColumnPtr> columns(evaluator_.groups().begin(), evaluator_.groups().end());
    columns.insert(columns.end(), arguments.columns.begin(), arguments.columns.end());
    // Of distinct arguments they are functions (the key of a collation, say), and so tell no more rows apart.
    for (const size_t expr : feed.order_exprs) columns.push_back(evaluator_.OrderKey(feed.arguments, expr));
    if (feed.distinct) return gathered.distinct->FindOrInsert(columns, arguments.rows);
    SelectionPtr selection;
    if (!arguments.rows.is_dense()) {
      selection = std::make_shared<Selection>(arguments.rows.rows(), arguments.rows.rows() + arguments.rows.count());
    }
    gathered.run->Append(Chunk(std::move(columns), size, std::move(selection)));
  }

  HashAggregateSink& shared_;
  const AggregatePlan& plan_;
  ArgumentEvaluator evaluator_;
  const int threads_;
  const bool forced_;  // every chunk's groups go to disk, at first
  const GroupTableOptions options_;
  std::unique_ptr<GroupTable> table_;
  std::vector<HashAggregateSink::Gathered> gathered_;
  std::optional<Chunk> pending_;  // comes when there is memory
  uint64_t asked_ = 0;            // wishes that have been heard
  BackgroundStep writing_;
};

std::unique_ptr<SinkOperator> HashAggregateSink::Make(DriverContext& context) {
  return std::make_unique<HashAggregator>(*this, context.query);
}

void HashAggregateSink::Take(std::unique_ptr<GroupTable> table, std::vector<Gathered> gathered) {
  const std::scoped_lock lock(mutex_);
  tables_.push_back(std::move(table));
  feeds_.resize(gathered.size());
  for (size_t i = 0; i < gathered.size(); ++i) feeds_[i].gathered.push_back(std::move(gathered[i]));
}

std::optional<size_t> HashAggregateSink::PrepareStage(QueryContext& /*query*/, size_t stage) {
  switch (stage) {
    case 0:  // partition the tables of distinct rows
      for (size_t i = 0; i < feeds_.size(); ++i) {
        if (!plan_.feeds()[i].distinct) continue;
        std::vector<std::unique_ptr<GroupTable>> tables;
        for (Gathered& gathered : feeds_[i].gathered) tables.push_back(std::move(gathered.distinct));
        feeds_[i].merge = std::make_unique<GroupMerge>(std::move(tables), info.tracker);
        for (size_t t = 0; t < feeds_[i].merge->table_count(); ++t) partition_tasks_.emplace_back(i, t);
      }
      return partition_tasks_.size();
    case 1:  // take what was gathered into tables
      for (size_t i = 0; i < feeds_.size(); ++i) {
        const bool ordered = plan_.feeds()[i].sort_layout != nullptr;
        const size_t tasks = ordered ? 1 : feeds_[i].merge->partition_count();
        for (size_t p = 0; p < tasks; ++p) feed_tasks_.push_back({i, p});
      }
      return feed_tasks_.size();
    case 2:
      if (has_spilled()) std::erase_if(tables_, [](const auto& table) { return table->group_count() == 0; });
      if (tables_.empty()) return 0;
      merge_ = std::make_unique<GroupMerge>(std::move(tables_), info.tracker,
                                            has_spilled() ? SpilledGroups::kPartitionBits : -1);
      return merge_->table_count();
    default:
      return std::nullopt;
  }
}

void HashAggregateSink::RunTask(QueryContext& query, size_t stage, size_t task) {
  switch (stage) {
    case 0:
      return feeds_[partition_tasks_[task].first].merge->PartitionTable(partition_tasks_[task].second);
    case 1:
      return RunFeed(query, feed_tasks_[task]);
    default:
      return merge_->PartitionTable(task);
  }
}

void HashAggregateSink::RunFeed(QueryContext& query, const FeedTask& task) {
  const AggregatePlan::Feed& feed = plan_.feeds()[task.feed];
  FeedState& state = feeds_[task.feed];
  auto table = std::make_unique<GroupTable>(plan_.layout(), info.tracker);
  const auto read = [&](auto scan) {
    while (std::optional<Chunk> chunk = scan.Next(query.chunk_rows())) {
      query.token.ThrowIfCanceled();
      FeedChunk(feed, *chunk, *table);
    }
  };
  if (feed.sort_layout == nullptr) {
    read(state.merge->MergePartition(task.partition, GroupOutput::kFinal));
  } else {
    std::vector<std::unique_ptr<SortRun>> runs;
    if (feed.distinct) {
      auto run = std::make_unique<SortRun>(feed.sort_layout, info.tracker);
      for (size_t p = 0; p < state.merge->partition_count(); ++p) {
        GroupScan scan = state.merge->MergePartition(p, GroupOutput::kFinal);
        while (const std::optional<Chunk> chunk = scan.Next(query.chunk_rows())) run->Append(*chunk);
      }
      run->Finish();
      runs.push_back(std::move(run));
    } else {
      for (Gathered& gathered : state.gathered) runs.push_back(std::move(gathered.run));
    }
    const SortMerge merge(feed.sort_layout, std::move(runs));
    for (size_t p = 0; p < merge.partition_count(); ++p) read(merge.Partition(p));
  }
  const std::scoped_lock lock(mutex_);
  tables_.push_back(std::move(table));
}

void HashAggregateSink::FeedChunk(const AggregatePlan::Feed& feed, const Chunk& chunk, GroupTable& table) const {
  const std::vector<ColumnPtr>& columns = chunk.columns();
  const size_t groups = plan_.group_count();
  const size_t args = plan_.argument_sets()[feed.arguments].exprs.size();
  table.FindOrInsert({columns.data(), groups}, chunk.rows());
  for (const size_t aggregate : feed.aggregates) {
    table.Update(aggregate, {columns.data() + groups, args}, chunk.rows());
  }
}

// Merges one partition after the other and puts its groups out.
class HashAggregateReader final : public SourceOperator {
 public:
  explicit HashAggregateReader(HashAggregateSource& shared) : shared_(shared) {}

  Step Pull(DriverContext& context, Chunk& out) override {
    for (;;) {
      if (scan_.has_value()) {
        const std::shared_ptr<const RowBound> bound = shared_.bound_ == nullptr ? nullptr : shared_.bound_->bound();
        const size_t rows = context.query.chunk_rows();
        std::optional<Chunk> chunk = bound == nullptr ? scan_->Next(rows) : scan_->NextWithin(*bound, rows);
        if (chunk.has_value()) {
          out = std::move(*chunk);
          return Step::kHasOutput;
        }
        scan_.reset();
      }
      GroupMerge& merge = *shared_.sink_->merge();
      const size_t partition = shared_.next_.fetch_add(1, std::memory_order_relaxed);
      if (partition >= merge.partition_count()) return Step::kFinished;
      scan_.emplace(merge.MergePartition(partition, GroupOutput::kFinal));
    }
  }

 private:
  HashAggregateSource& shared_;
  std::optional<GroupScan> scan_;
};

class SpilledAggregateReader final : public SourceOperator {
 public:
  explicit SpilledAggregateReader(HashAggregateSource& shared)
      : reader_(shared.sink_->spilled(), shared.sink_->merge(), shared.next_, shared.sink_->info.tracker) {}
  Step Pull(DriverContext& context, Chunk& out) override { return reader_.Pull(context, out); }

 private:
  SpilledGroupsReader reader_;
};

std::unique_ptr<SourceOperator> HashAggregateSource::Make(DriverContext& /*context*/) {
  if (sink_->has_spilled()) return std::make_unique<SpilledAggregateReader>(*this);
  return std::make_unique<HashAggregateReader>(*this);
}

void HashAggregateSource::ReportTo(obs::ProfileNode& profile) {
  if (sink_->has_spilled()) {
    obs::ProfileCounters spilled;
    for (const SpilledGroups::Table& table : sink_->spilled()->tables()) {
      ++spilled.spills;
      spilled.spilled_bytes += static_cast<int64_t>(table.file->bytes());
    }
    return profile.Merge(spilled);
  }
  profile.AddExtra("group rows before merge", static_cast<int64_t>(sink_->merge()->group_rows()));
  profile.AddExtra("partitions", static_cast<int64_t>(sink_->merge()->partition_count()));
}

}  // namespace weir
