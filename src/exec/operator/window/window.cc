#include "exec/operator/window/window.h"

#include <algorithm>
#include <utility>

#include "exec/operator/window/spilled_window.h"

namespace weir {

namespace {

// Buckets of more rows are shared by drivers, in ranges.
constexpr size_t kSharedRowsMin = size_t{1} << 17;
constexpr size_t kRangeChunks = 16;

std::shared_ptr<const SortLayout> LayoutOf(const PhysicalWindow& node, const std::vector<Type>& input) {
  std::vector<SortColumn> keys;
  for (const PhysicalWindow::Key& key : node.keys) {
    keys.push_back({.column = key.column, .descending = key.descending, .nulls_first = key.nulls_first});
  }
  return std::make_shared<const SortLayout>(input, std::move(keys));
}

// Hands one driver's rows to where they are kept.
class WindowSorter final : public SinkOperator {
 public:
  explicit WindowSorter(RunCollector rows) : rows_(std::move(rows)) {}
  Step Push(DriverContext& context, Chunk input) override { return rows_.Push(context, std::move(input)); }
  Step Poll(DriverContext& context) override { return rows_.Poll(context); }
  Step Finish(DriverContext& context) override { return rows_.Finish(context); }

 private:
  RunCollector rows_;
};

}  // namespace

WindowSink::WindowSink(const PhysicalWindow& node, const std::vector<Type>& input, SpillArea* spill)
    : node_(node),
      layout_(LayoutOf(node, input)),
      bucket_bits_(node.hash_keys == 0 ? 0 : WindowRows::kBucketBits),
      runs_(std::make_shared<SortRuns>(layout_, spill)) {}

std::unique_ptr<SinkOperator> WindowSink::Make(DriverContext& context) {
  std::unique_ptr<RunRows> rows;
  if (!sorts_runs()) rows = std::make_unique<WindowRows>(node_, layout_, info.tracker, runs_->can_spill());
  return std::make_unique<WindowSorter>(
      RunCollector(runs_, info.tracker, context.query.options.forced_spill, std::move(rows)));
}

// Each row's place, its runs, and for each call a number and a value.
int64_t WindowSink::EvaluationBytes(size_t rows) const {
  constexpr size_t kPerRow = sizeof(SortEntry) + sizeof(uint8_t*) + 3 * sizeof(uint32_t);
  constexpr size_t kPerCall = sizeof(uint32_t) + 2 * sizeof(uint64_t);
  return static_cast<int64_t>(rows * (kPerRow + kPerCall * node_.calls.size()));
}

void WindowSink::TakeRows() {
  if (sorts_runs()) {
    merge_ = std::make_shared<SortMerge>(layout_, runs_->TakeAll());
    merged_ = BigArray(merge_->row_count() * sizeof(const uint8_t*), info.tracker);
    size_t offset = 0;
    for (size_t p = 0; p < merge_->partition_count(); ++p) {
      merge_offsets_.push_back(offset);
      offset += merge_->Partition(p).row_count();
    }
    return;
  }
  for (std::unique_ptr<RunRows>& rows : runs_->TakeRows()) {
    drivers_.emplace_back(static_cast<WindowRows*>(rows.release()));
    heaps_.push_back(drivers_.back()->strings());
  }
  blocks_.resize(size_t{1} << bucket_bits_);
}

std::optional<size_t> WindowSink::PrepareStage(QueryContext& query, size_t stage) {
  switch (stage) {
    case 0:  // when some rows are on disk the others follow, so that there is memory for what is computed of them
      has_spilled_ = !runs_->files().empty();
      if (runs_->can_spill() && info.tracker != nullptr) {
        has_spilled_ = has_spilled_ || info.tracker->available_bytes() < EvaluationBytes(runs_->in_memory_rows());
      }
      return has_spilled_ ? runs_->in_memory_count() : 0;
    case 1:
      if (has_spilled_) return std::nullopt;
      range_rows_ = kRangeChunks * query.chunk_rows();
      TakeRows();
      if (merge_ != nullptr) return merge_->partition_count();
      return drivers_.empty() ? 0 : blocks_.size();
    case 2: {
      if (merge_ != nullptr && merge_->row_count() != 0) {
        auto block = std::make_shared<Block>();
        const std::shared_ptr<SortMerge> merge = std::exchange(merge_, nullptr);
        block->rows = std::make_unique<SortedRows>(layout_, std::move(merged_), merge->row_count(), merge->owners(),
                                                   merge, info.tracker);
        blocks_.push_back(std::move(block));
      }
      std::erase(blocks_, nullptr);
      drivers_.clear();
      for (const auto& block : blocks_) {
        if (block->rows->count() >= kSharedRowsMin) large_.push_back(block.get());
      }
      PlanWork();
      return large_.size();
    }
    default:
      return std::nullopt;
  }
}

void WindowSink::RunTask(QueryContext& /*query*/, size_t stage, size_t task) {
  if (stage == 0) return runs_->Write(runs_->TakeBack());
  if (stage == 2) return MakeEvaluators(*large_[task]);
  if (merge_ == nullptr) return SortBucket(task);
  merge_->Partition(task).TakeRows(merged_.as<const uint8_t*>() + merge_offsets_[task]);
}

void WindowSink::SortBucket(size_t bucket) {
  auto all = std::make_shared<std::vector<std::unique_ptr<RowBlocks>>>();
  size_t count = 0;
  bool has_null = false;
  for (const auto& driver : drivers_) {
    all->push_back(driver->TakeBucket(bucket));
    count += all->back()->size();
    has_null = has_null || driver->has_null();
  }
  if (count == 0) return;
  BigArray rows(count * sizeof(const uint8_t*), info.tracker);
  const BigArray entries(count * sizeof(SortEntry), info.tracker);
  auto* end = entries.as<SortEntry>();
  for (const auto& each : *all) AddEntries(*layout_, *each, !has_null, end);
  SortEntries(*layout_, !has_null, entries.as<SortEntry>(), count);
  for (size_t i = 0; i < count; ++i) rows.as<const uint8_t*>()[i] = entries.as<SortEntry>()[i].address();
  auto block = std::make_shared<Block>();
  block->rows = std::make_unique<SortedRows>(layout_, std::move(rows), count, heaps_, std::move(all), info.tracker);
  blocks_[bucket] = std::move(block);
}

void WindowSink::MakeEvaluators(Block& block) const {
  for (const PhysicalWindow::Call& call : node_.calls) {
    block.evaluators.push_back(MakeWindowEvaluator(call, *block.rows, range_rows_));
  }
}

void WindowSink::PlanWork() {
  for (std::shared_ptr<Block>& block : blocks_) {
    const size_t count = block->rows->count();
    const size_t step = count >= kSharedRowsMin ? std::max<size_t>(range_rows_, 1) : count;
    for (size_t begin = 0; begin < count; begin += step) {
      work_.push_back({block, begin, std::min(count, begin + step)});
    }
  }
  // Only the work keeps blocks, so that their memory goes when it is done.
  blocks_.clear();
}

Chunk WithinLimit(const PhysicalWindow& node, const Chunk& chunk, size_t first_call) {
  if (!node.limit.has_value()) return chunk;
  const ColumnView results(*chunk.column(first_call + node.limit->call));
  auto selection = std::make_shared<Selection>();
  for (uint32_t i = 0; i < chunk.size(); ++i) {
    if (static_cast<uint64_t>(results.At<int64_t>(i)) <= node.limit->rows) selection->push_back(i);
  }
  return selection->size() == chunk.size() ? chunk : chunk.WithSelection(std::move(selection));
}

// Computes one piece of work after the other.
class WindowRowReader final : public SourceOperator {
 public:
  explicit WindowRowReader(WindowSource& shared) : shared_(shared), sink_(*shared.sink_) {}

  Step Pull(DriverContext& context, Chunk& out) override {
    while (true) {
      if (at_ == work_.end && !Next()) return Step::kFinished;
      const size_t count = std::min(context.query.chunk_rows(), work_.end - at_);
      std::vector<ColumnPtr> columns;
      for (const size_t column : sink_.node_.output) columns.push_back(work_.block->rows->Gather(column, at_, count));
      const size_t first_call = columns.size();
      for (const auto& reader : readers_) columns.push_back(reader->Next(count));
      at_ += count;
      out = Chunk(std::move(columns), count);
      out = WithinLimit(sink_.node_, out, first_call);
      if (!out.empty()) return Step::kHasOutput;
    }
  }

 private:
  bool Next() {
    readers_.clear();
    work_ = {};
    const size_t next = shared_.next_.fetch_add(1, std::memory_order_relaxed);
    if (next >= sink_.work_.size()) return false;
    work_ = std::move(sink_.work_[next]);
    if (work_.block->evaluators.empty()) sink_.MakeEvaluators(*work_.block);
    for (const auto& evaluator : work_.block->evaluators) readers_.push_back(evaluator->ReadFrom(work_.begin));
    at_ = work_.begin;
    return true;
  }

  WindowSource& shared_;
  WindowSink& sink_;
  WindowSink::Work work_;
  std::vector<std::unique_ptr<WindowReader>> readers_;
  size_t at_ = 0;
};

std::unique_ptr<SourceOperator> WindowSource::Make(DriverContext& /*context*/) {
  if (sink_->has_spilled_) {
    return std::make_unique<SpilledWindowReader>(sink_->node_, sink_->runs_, sink_->info.tracker);
  }
  return std::make_unique<WindowRowReader>(*this);
}

void WindowSource::ReportTo(obs::ProfileNode& profile) {
  sink_->runs_->ReportTo(profile);
  profile.AddExtra("pieces of work", static_cast<int64_t>(sink_->work_.size()));
}

}  // namespace weir
