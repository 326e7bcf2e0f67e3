#include "exec/operator/aggregate_feeds.h"

#include <algorithm>
#include <utility>

namespace weir {

// ---- FeedRows

FeedRows::FeedRows(const AggregatePlan::Feed& feed, SpillArea* spill) : feed_(feed) {
  if (feed.distinct) distinct_ = std::make_shared<SpilledGroups>(feed.distinct_layout, spill);
  if (feed.sort_layout != nullptr) runs_ = std::make_shared<SortRuns>(feed.sort_layout, spill);
}

bool FeedRows::has_written() const {
  return (distinct_ != nullptr && distinct_->group().has_written()) ||
         (runs_ != nullptr && runs_->group().has_written());
}

void FeedRows::Add(std::unique_ptr<GroupTable> table) {
  const std::scoped_lock lock(mutex_);
  tables_.push_back(std::move(table));
}

size_t FeedRows::PrepareTasks(const std::shared_ptr<MemoryTracker>& tracker) {
  // When some runs are on disk the others follow.
  if (!feed_.distinct) return runs_->files().empty() ? 0 : runs_->in_memory_count();
  const bool has_spilled = !distinct_->tables().empty();
  if (has_spilled) std::erase_if(tables_, [](const auto& table) { return table->group_count() == 0; });
  if (tables_.empty()) return 0;
  merge_ = std::make_unique<GroupMerge>(std::move(tables_), tracker, has_spilled ? SpilledGroups::kPartitionBits : -1);
  return merge_->table_count();
}

void FeedRows::RunTask(size_t task) {
  if (feed_.distinct) return merge_->PartitionTable(task);
  runs_->Write(runs_->TakeBack());
}

size_t FeedRows::drivers_max() const {
  if (runs_ != nullptr) return 1;
  if (!distinct_->tables().empty()) return SpilledGroups::kPartitions;
  return merge_ == nullptr ? 0 : merge_->partition_count();
}

void FeedRows::ReportTo(obs::ProfileNode& profile) const {
  if (runs_ != nullptr) runs_->ReportTo(profile);
  if (distinct_ == nullptr) return;
  obs::ProfileCounters spilled;
  for (const SpilledGroups::Table& table : distinct_->tables()) {
    ++spilled.spills;
    spilled.spilled_bytes += static_cast<int64_t>(table.file->bytes());
  }
  profile.Merge(spilled);
}

// ---- FeedCollector

FeedCollector::FeedCollector(FeedRows& rows, std::shared_ptr<MemoryTracker> tracker, int threads, bool forced,
                             const GroupTableOptions& options)
    : rows_(rows), tracker_(std::move(tracker)), threads_(threads), forced_(forced), options_(options) {
  if (rows.feed().distinct) {
    table_ = std::make_unique<GroupTable>(rows.feed().distinct_layout, tracker_, options_);
  } else {
    run_.emplace(rows.runs(), tracker_, forced);
  }
}

void FeedCollector::Append(const std::vector<ColumnPtr>& columns, size_t size, const RowSet& rows) {
  if (table_ == nullptr) {
    SelectionPtr selection;
    if (!rows.is_dense()) selection = std::make_shared<Selection>(rows.rows(), rows.rows() + rows.count());
    return run_->Append(Chunk(columns, size, std::move(selection)));
  }
  SpilledGroups& distinct = *rows_.distinct();
  if (distinct.can_spill() && tracker_ != nullptr && table_->group_count() != 0) {
    const bool forced = forced_ && distinct.group().writes() < SpillGroup::kForcedWritesMax;
    if (forced || SpilledGroups::IsTightBesideOthers(*table_, *tracker_, threads_)) Write();
  }
  table_->FindOrInsert(columns, rows);
}

// On the driver's thread, into the system's cache.
void FeedCollector::Write() {
  SpilledGroups& distinct = *rows_.distinct();
  distinct.group().BeginWrite();
  const std::unique_ptr<Error> error = CatchError([&] {
    distinct.Write(std::exchange(table_, nullptr), tracker_);
    table_ = std::make_unique<GroupTable>(rows_.feed().distinct_layout, tracker_, options_);
  });
  distinct.group().EndWrite();
  if (error != nullptr) throw Error(*error);
}

void FeedCollector::Finish(bool write) {
  if (table_ == nullptr) return run_->Finish(/*keep=*/!write);
  if (write && rows_.distinct()->can_spill() && table_->group_count() != 0) Write();
  rows_.Add(std::move(table_));
}

// ---- FeedReader

FeedReader::FeedReader(FeedRows& rows, std::shared_ptr<MemoryTracker> tracker, bool forced)
    : rows_(rows), tracker_(std::move(tracker)) {
  if (rows.runs() != nullptr) is_mine_ = !rows.taken_.exchange(true);
  if (!is_mine_ || rows.distinct() == nullptr) return;
  if (!rows.distinct()->tables().empty()) spilled_.emplace(rows.distinct(), rows.merge_.get(), rows.next_, tracker_);
  if (rows.runs() != nullptr) sorting_.emplace(rows.runs(), tracker_, forced);
}

Step FeedReader::Pull(DriverContext& context, Chunk& out) {
  if (!is_mine_) return Step::kFinished;
  if (rows_.runs() == nullptr) return PullDistinct(context, out);
  while (sorting_.has_value()) {
    context.query.token.ThrowIfCanceled();
    const Step step = PullDistinct(context, out);
    if (step == Step::kBlocked) return step;
    if (step == Step::kHasOutput) {
      sorting_->Append(out);
      continue;
    }
    sorting_->Finish(/*keep=*/true);
    sorting_.reset();
    spilled_.reset();
  }
  return PullOrdered(context, out);
}

Step FeedReader::PullDistinct(DriverContext& context, Chunk& out) {
  if (spilled_.has_value()) return spilled_->Pull(context, out);
  for (;;) {
    if (groups_.has_value()) {
      if (std::optional<Chunk> chunk = groups_->Next(context.query.chunk_rows())) {
        out = std::move(*chunk);
        return Step::kHasOutput;
      }
      groups_.reset();
    }
    if (rows_.merge_ == nullptr) return Step::kFinished;
    const size_t partition = rows_.next_.fetch_add(1, std::memory_order_relaxed);
    if (partition >= rows_.merge_->partition_count()) return Step::kFinished;
    groups_.emplace(rows_.merge_->MergePartition(partition, GroupOutput::kFinal));
  }
}

Step FeedReader::PullOrdered(DriverContext& context, Chunk& out) {
  if (!merge_.has_value() && !runs_.has_value()) {
    if (rows_.runs()->files().empty()) {
      merge_.emplace(rows_.feed().sort_layout, rows_.runs()->TakeAll());
    } else {
      runs_.emplace(rows_.runs(), tracker_);
    }
  }
  if (runs_.has_value()) return runs_->Pull(context, out);
  for (;;) {
    if (scan_.has_value()) {
      if (std::optional<Chunk> chunk = scan_->Next(context.query.chunk_rows())) {
        out = std::move(*chunk);
        return Step::kHasOutput;
      }
      scan_.reset();
    }
    if (partition_ == merge_->partition_count()) return Step::kFinished;
    scan_.emplace(merge_->Partition(partition_++));
  }
}

}  // namespace weir
