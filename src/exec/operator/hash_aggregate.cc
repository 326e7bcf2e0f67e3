#include "exec/operator/hash_aggregate.h"

#include <algorithm>
#include <utility>

#include "algo/row_compare.h"

namespace weir {

namespace {

// Groups that a driver's table keeps findable before it asks whether that still pays: about the second-level cache.
constexpr size_t kCachedGroupsMax = size_t{1} << 15;
// A single driver's table needs no merging. Larger ones wait for memory with each row, which costs more than writing
// rows to partitions and merging those in cache.
constexpr size_t kSingleTableBytes = size_t{16} << 20;

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
        options_{.cached_groups_max = kCachedGroupsMax,
                 .whole_bytes_max = query.threads == 1 ? kSingleTableBytes : 0,
                 .groups_estimated = std::max(shared.groups_estimated_, 0.0),
                 .codes = shared.codes_},
        table_(NewTable()),
        asked_(shared.spilled_->group().asked()) {
    shared_.spilled_->group().Enter();
    for (const auto& rows : shared.feeds_) {
      feeds_.push_back(std::make_unique<FeedCollector>(*rows, shared.info.tracker, threads_, forced_, options_));
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
    // All goes to disk when something has gone, so that there is memory for bringing it together.
    const bool write = group.has_written() ||
                       std::ranges::any_of(shared_.feeds_, [](const auto& feed) { return feed->has_written(); });
    for (const auto& feed : std::exchange(feeds_, {})) feed->Finish(write);
    if (write && shared_.spilled_->can_spill() && table_->group_count() != 0 && !writing_.running()) {
      StartWriting(context);
    }
    if (Poll(context) == Step::kBlocked) return Step::kBlocked;
    shared_.Take(std::move(table_));
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
    const bool tight = feeds_.empty() ? SpilledGroups::IsTight(*table_, *shared_.info.tracker, threads_)
                                      : SpilledGroups::IsTightBesideOthers(*table_, *shared_.info.tracker, threads_);
    if (!tight) return asked && SpilledGroups::IsWorthIt(*table_);
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
    for (size_t i = 0; i < feeds_.size(); ++i) Gather(plan_.feeds()[i], *feeds_[i], input.size());
  }

  void TakeStates(const Chunk& states) {
    const size_t keys = plan_.group_count();
    table_->FindOrInsert({states.columns().data(), keys}, states.rows());
    for (size_t i = 0; i < plan_.layout()->aggregates().size(); ++i) {
      table_->MergeSerialized(i, *states.column(keys + i), states.rows());
    }
  }

  void Gather(const AggregatePlan::Feed& feed, FeedCollector& to, size_t size) {
    const ArgumentEvaluator::Arguments& arguments = evaluator_.Get(feed.arguments);
    if (arguments.rows.empty()) return;
    std::vector<ColumnPtr> columns(evaluator_.groups().begin(), evaluator_.groups().end());
    columns.insert(columns.end(), arguments.columns.begin(), arguments.columns.end());
    // Of distinct arguments they are functions (the key of a collation, say), and so tell no more rows apart.
    for (const size_t expr : feed.order_exprs) columns.push_back(evaluator_.OrderKey(feed.arguments, expr));
    to.Append(columns, size, arguments.rows);
  }

  HashAggregateSink& shared_;
  const AggregatePlan& plan_;
  ArgumentEvaluator evaluator_;
  const int threads_;
  const bool forced_;  // every chunk's groups go to disk, at first
  const GroupTableOptions options_;
  std::unique_ptr<GroupTable> table_;
  std::vector<std::unique_ptr<FeedCollector>> feeds_;
  std::optional<Chunk> pending_;  // comes when there is memory
  uint64_t asked_ = 0;            // wishes that have been heard
  BackgroundStep writing_;
};

std::unique_ptr<SinkOperator> HashAggregateSink::Make(DriverContext& context) {
  return std::make_unique<HashAggregator>(*this, context.query);
}

HashAggregateSink::HashAggregateSink(const PhysicalHashAggregate& node, SpillArea* spill, bool takes_states)
    : plan_(node),
      groups_estimated_(node.estimated_rows()),
      takes_states_(takes_states),
      spilled_(std::make_shared<SpilledGroups>(plan_.layout(), spill)) {
  for (const AggregatePlan::Feed& feed : plan_.feeds()) feeds_.push_back(std::make_unique<FeedRows>(feed, spill));
  // Tables of feeds are made elsewhere, and plain.
  if (feeds_.empty()) codes_ = GroupCodes::For(plan_.layout());
}

void HashAggregateSink::Take(std::unique_ptr<GroupTable> table) {
  const std::scoped_lock lock(mutex_);
  tables_.push_back(std::move(table));
}

size_t HashAggregateSink::PrepareMerge() {
  if (has_spilled()) std::erase_if(tables_, [](const auto& table) { return table->group_count() == 0; });
  if (tables_.empty()) return 0;
  merge_ = std::make_unique<GroupMerge>(std::move(tables_), info.tracker,
                                        has_spilled() ? SpilledGroups::kPartitionBits : -1);
  return merge_->table_count();
}

std::optional<size_t> HashAggregateSink::PrepareStage(QueryContext& /*query*/, size_t stage) {
  if (stage != 0) return std::nullopt;
  if (!has_feeds()) return PrepareMerge();
  for (size_t i = 0; i < feeds_.size(); ++i) {
    const size_t tasks = feeds_[i]->PrepareTasks(info.tracker);
    for (size_t t = 0; t < tasks; ++t) feed_tasks_.emplace_back(i, t);
  }
  return feed_tasks_.size();
}

void HashAggregateSink::RunTask(QueryContext& /*query*/, size_t /*stage*/, size_t task) {
  if (!has_feeds()) return merge_->PartitionTable(task);
  feeds_[feed_tasks_[task].first]->RunTask(feed_tasks_[task].second);
}

void HashAggregateSink::ReportTo(obs::ProfileNode& profile) const {
  for (const auto& feed : feeds_) feed->ReportTo(profile);
}

// ---- feeds

// Takes one feed after the other into tables, its part of each into one.
class FeedAggregator final : public SourceOperator {
 public:
  FeedAggregator(HashAggregateSink& shared, const QueryContext& query)
      : shared_(shared), threads_(query.threads), forced_(query.options.forced_spill) {}

  Step Pull(DriverContext& context, Chunk& /*out*/) override {
    for (;;) {
      if (feed_ == shared_.feeds_.size()) return Step::kFinished;
      if (reader_ == nullptr) {
        reader_ = std::make_unique<FeedReader>(*shared_.feeds_[feed_], shared_.info.tracker, forced_);
        table_ = NewTable();
      }
      context.query.token.ThrowIfCanceled();
      Chunk rows;
      const Step step = reader_->Pull(context, rows);
      if (step == Step::kBlocked) return step;
      if (step == Step::kHasOutput) {
        TakeIn(rows);
        continue;
      }
      // The rest follows what is on disk already.
      if (shared_.spilled_->group().has_written() && table_->group_count() != 0) Write();
      if (table_->group_count() != 0) shared_.Take(std::move(table_));
      reader_.reset();
      ++feed_;
    }
  }

 private:
  std::unique_ptr<GroupTable> NewTable() const {
    return std::make_unique<GroupTable>(shared_.plan_.layout(), shared_.info.tracker);
  }

  void TakeIn(const Chunk& rows) {
    size_t begin = 0;
    if (MustWrite()) {
      // What is ordered must not be parted: no group goes on behind what is written.
      if (shared_.plan_.feeds()[feed_].sort_layout != nullptr) begin = LastGroupOf(rows);
      if (begin != 0) Update(rows.Slice(0, begin));
      if (begin != 0 || shared_.plan_.feeds()[feed_].sort_layout == nullptr) Write();
    }
    Update(begin == 0 ? rows : rows.Slice(begin, rows.row_count() - begin));
  }

  bool MustWrite() const {
    SpilledGroups& spilled = *shared_.spilled_;
    if (!spilled.can_spill() || shared_.info.tracker == nullptr || table_->group_count() == 0) return false;
    if (forced_ && spilled.group().writes() < SpillGroup::kForcedWritesMax) return true;
    return SpilledGroups::IsTightBesideOthers(*table_, *shared_.info.tracker, threads_);
  }

  // Where the last group of the rows begins.
  size_t LastGroupOf(const Chunk& rows) const {
    for (size_t row = rows.row_count(); row-- > 1;) {
      const RowSet set = rows.rows();
      for (size_t g = 0; g < shared_.plan_.group_count(); ++g) {
        if (!SameValue(*rows.column(g), set[row - 1], *rows.column(g), set[row])) return row;
      }
    }
    return 0;
  }

  // On the driver's thread, into the system's cache.
  void Write() {
    SpilledGroups& spilled = *shared_.spilled_;
    spilled.group().BeginWrite();
    const std::unique_ptr<Error> error = CatchError([&] {
      spilled.Write(std::exchange(table_, nullptr), shared_.info.tracker);
      table_ = NewTable();
    });
    spilled.group().EndWrite();
    if (error != nullptr) throw Error(*error);
  }

  void Update(const Chunk& chunk) {
    const AggregatePlan::Feed& feed = shared_.plan_.feeds()[feed_];
    const std::vector<ColumnPtr>& columns = chunk.columns();
    const size_t groups = shared_.plan_.group_count();
    const size_t args = shared_.plan_.argument_sets()[feed.arguments].exprs.size();
    table_->FindOrInsert({columns.data(), groups}, chunk.rows());
    for (const size_t aggregate : feed.aggregates) {
      table_->Update(aggregate, {columns.data() + groups, args}, chunk.rows());
    }
  }

  HashAggregateSink& shared_;
  const int threads_;
  const bool forced_;
  size_t feed_ = 0;
  std::unique_ptr<FeedReader> reader_;
  std::unique_ptr<GroupTable> table_;
};

size_t FeedSource::drivers_max() const {
  size_t most = 1;
  for (const auto& feed : aggregate_->feeds_) most = std::max(most, feed->drivers_max());
  return most;
}

std::unique_ptr<SourceOperator> FeedSource::Make(DriverContext& context) {
  return std::make_unique<FeedAggregator>(*aggregate_, context.query);
}

class NoRows final : public SinkOperator {
 public:
  Step Push(DriverContext& /*context*/, Chunk /*input*/) override { return Step::kNeedInput; }
};

std::unique_ptr<SinkOperator> FeedSink::Make(DriverContext& /*context*/) {
  return std::make_unique<NoRows>();
}

std::optional<size_t> FeedSink::PrepareStage(QueryContext& /*query*/, size_t stage) {
  if (stage != 0) return std::nullopt;
  return aggregate_->PrepareMerge();
}

void FeedSink::RunTask(QueryContext& /*query*/, size_t /*stage*/, size_t task) {
  aggregate_->merge_->PartitionTable(task);
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
  sink_->ReportTo(profile);
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
