#include "exec/operator/window/window.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace weir {

namespace {

constexpr int kBucketBits = 6;
// Buckets of more rows are shared by drivers, in ranges.
constexpr size_t kSharedRowsMin = size_t{1} << 17;
constexpr size_t kRangeChunks = 16;
// A bucket under a limit grows to this before it is cut for the first time.
constexpr size_t kCutRowsMin = size_t{1} << 14;

std::shared_ptr<const SortLayout> LayoutOf(const PhysicalWindow& node, const std::vector<Type>& input) {
  std::vector<SortColumn> keys;
  for (const PhysicalWindow::Key& key : node.keys) {
    keys.push_back({.column = key.column, .descending = key.descending, .nulls_first = key.nulls_first});
  }
  return std::make_shared<const SortLayout>(input, std::move(keys));
}

void AddEntries(const SortLayout& layout, const RowBlocks& rows, bool skip_null_flag, SortEntry*& out) {
  rows.ForEach(
      [&](const uint8_t* row) { *out++ = {reinterpret_cast<uint64_t>(row), layout.Prefix(row, skip_null_flag)}; });
}

bool SameKeys(const SortLayout& layout, size_t from, size_t to, const uint8_t* a, const uint8_t* b) {
  for (size_t i = from; i < to; ++i) {
    if (!layout.rows().SameValues(a, b, layout.keys()[i].column)) return false;
  }
  return true;
}

}  // namespace

// Puts one driver's rows into buckets.
class WindowSorter final : public SinkOperator {
 public:
  explicit WindowSorter(WindowSink& shared) : shared_(shared), rows_(std::make_unique<WindowSink::DriverRows>()) {
    if (shared.sorts_runs()) {
      rows_->run = std::make_unique<SortRun>(shared.layout_, shared.info.tracker);
      return;
    }
    rows_->heap = std::make_shared<RowHeap>();
    rows_->heap_bytes = ScopedReservation(shared.info.tracker);
    rows_->buckets.resize(size_t{1} << shared.bucket_bits_);
    for (WindowSink::Bucket& bucket : rows_->buckets) {
      bucket.rows = std::make_unique<RowBlocks>(shared.layout_->row_bytes(), shared.info.tracker);
      bucket.cut_at = kCutRowsMin;
    }
  }

  Step Push(DriverContext& /*context*/, Chunk input) override {
    if (rows_->run != nullptr) {
      rows_->run->Append(input);
      return Step::kNeedInput;
    }
    const RowSet rows = input.rows();
    targets_.resize(rows.count());
    if (rows_->buckets.size() == 1) {
      rows_->buckets[0].rows->Append(rows.count(), targets_.data());
    } else {
      keys_.clear();
      for (size_t i = 0; i < shared_.node_.hash_keys; ++i) keys_.push_back(input.column(shared_.node_.keys[i].column));
      hashes_.resize(rows.count());
      hasher_.Hash(keys_, rows, hashes_.data());
      for (size_t i = 0; i < rows.count(); ++i) {
        targets_[i] = rows_->buckets[HashPartition(hashes_[i], shared_.bucket_bits_)].rows->Append();
      }
    }
    rows_->has_null |= shared_.layout_->Encode(input, targets_.data(), *rows_->heap);
    if (shared_.info.tracker != nullptr) rows_->heap_bytes.Resize(static_cast<int64_t>(rows_->heap->bytes()));
    if (shared_.node_.limit.has_value()) {
      for (WindowSink::Bucket& bucket : rows_->buckets) {
        if (bucket.rows->size() >= bucket.cut_at) shared_.Cut(bucket, rows_->has_null);
      }
    }
    return Step::kNeedInput;
  }

  Step Finish(DriverContext& /*context*/) override {
    if (rows_->run != nullptr) rows_->run->Finish();
    shared_.Take(std::move(rows_));
    return Step::kFinished;
  }

 private:
  WindowSink& shared_;
  std::unique_ptr<WindowSink::DriverRows> rows_;
  KeyHasher hasher_;
  std::vector<ColumnPtr> keys_;
  std::vector<uint64_t> hashes_;
  std::vector<uint8_t*> targets_;
};

WindowSink::WindowSink(const PhysicalWindow& node, const std::vector<Type>& input)
    : node_(node), layout_(LayoutOf(node, input)), bucket_bits_(node.hash_keys == 0 ? 0 : kBucketBits) {}

std::unique_ptr<SinkOperator> WindowSink::Make(DriverContext& /*context*/) {
  return std::make_unique<WindowSorter>(*this);
}

void WindowSink::Take(std::unique_ptr<DriverRows> rows) {
  const std::scoped_lock lock(mutex_);
  drivers_.push_back(std::move(rows));
}

void WindowSink::Cut(Bucket& bucket, bool has_null) const {
  const BigArray entries(bucket.rows->size() * sizeof(SortEntry), info.tracker);
  auto* end = entries.as<SortEntry>();
  AddEntries(*layout_, *bucket.rows, !has_null, end);
  SortEntries(*layout_, !has_null, entries.as<SortEntry>(), bucket.rows->size());
  auto kept = std::make_unique<RowBlocks>(layout_->row_bytes(), info.tracker);
  const PhysicalWindow::Call& call = node_.calls[node_.limit->call];
  const uint8_t* previous = nullptr;
  uint64_t number = 0, rank = 0, dense_rank = 0;
  for (const SortEntry* entry = entries.as<SortEntry>(); entry != end; ++entry) {
    const uint8_t* row = entry->address();
    if (previous == nullptr || !SameKeys(*layout_, 0, call.partition_keys, previous, row)) {
      number = rank = dense_rank = 1;
    } else {
      ++number;
      if (!SameKeys(*layout_, call.partition_keys, call.order_keys, previous, row)) {
        rank = number;
        ++dense_rank;
      }
    }
    previous = row;
    const uint64_t result = call.window.function == WindowFunction::kRowNumber ? number
                            : call.window.function == WindowFunction::kRank    ? rank
                                                                               : dense_rank;
    if (result <= node_.limit->rows) std::memcpy(kept->Append(), row, layout_->row_bytes());
  }
  bucket.cut_at = std::max(kCutRowsMin, 4 * kept->size());
  bucket.rows = std::move(kept);
}

std::optional<size_t> WindowSink::PrepareStage(QueryContext& query, size_t stage) {
  switch (stage) {
    case 0: {
      range_rows_ = kRangeChunks * query.chunk_rows();
      if (sorts_runs()) {
        std::vector<std::unique_ptr<SortRun>> runs;
        for (auto& driver : drivers_) runs.push_back(std::move(driver->run));
        drivers_.clear();
        merge_ = std::make_shared<SortMerge>(layout_, std::move(runs));
        merged_ = BigArray(merge_->row_count() * sizeof(const uint8_t*), info.tracker);
        size_t offset = 0;
        for (size_t p = 0; p < merge_->partition_count(); ++p) {
          merge_offsets_.push_back(offset);
          offset += merge_->Partition(p).row_count();
        }
        return merge_->partition_count();
      }
      for (const auto& driver : drivers_) heaps_.push_back(driver->heap->owner());
      blocks_.resize(size_t{1} << bucket_bits_);
      return drivers_.empty() ? 0 : blocks_.size();
    }
    case 1: {
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
  if (stage == 1) return MakeEvaluators(*large_[task]);
  if (merge_ == nullptr) return SortBucket(task);
  merge_->Partition(task).TakeRows(merged_.as<const uint8_t*>() + merge_offsets_[task]);
}

void WindowSink::SortBucket(size_t bucket) {
  auto all = std::make_shared<std::vector<std::unique_ptr<RowBlocks>>>();
  size_t count = 0;
  bool has_null = false;
  for (const auto& driver : drivers_) {
    all->push_back(std::move(driver->buckets[bucket].rows));
    count += all->back()->size();
    has_null = has_null || driver->has_null;
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
      if (sink_.node_.limit.has_value()) out = Limited(out, first_call + sink_.node_.limit->call);
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

  Chunk Limited(const Chunk& chunk, size_t column) const {
    const ColumnView results(*chunk.column(column));
    auto selection = std::make_shared<Selection>();
    for (uint32_t i = 0; i < chunk.size(); ++i) {
      if (static_cast<uint64_t>(results.At<int64_t>(i)) <= sink_.node_.limit->rows) selection->push_back(i);
    }
    return selection->size() == chunk.size() ? chunk : chunk.WithSelection(std::move(selection));
  }

  WindowSource& shared_;
  WindowSink& sink_;
  WindowSink::Work work_;
  std::vector<std::unique_ptr<WindowReader>> readers_;
  size_t at_ = 0;
};

std::unique_ptr<SourceOperator> WindowSource::Make(DriverContext& /*context*/) {
  return std::make_unique<WindowRowReader>(*this);
}

void WindowSource::ReportTo(obs::ProfileNode& profile) {
  profile.AddExtra("pieces of work", static_cast<int64_t>(sink_->work_.size()));
}

}  // namespace weir
