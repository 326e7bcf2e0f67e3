#include "exec/operator/window/spilled_window.h"

#include <algorithm>
#include <utility>

#include "algo/row_compare.h"
#include "exec/operator/window/window.h"

namespace weir {

namespace {

// Partitions are computed together up to this.
constexpr size_t kBlockBytes = size_t{2} << 20;

Error PartitionTooLarge(const Error& error) {
  return Error(error).WithHint(
      "A partition of these window functions must fit in memory. row_number, rank, dense_rank, lag and lead by a "
      "constant, and aggregates, first_value and last_value over all rows up to the current one, can do without.");
}

}  // namespace

SpilledWindowReader::SpilledWindowReader(const PhysicalWindow& node, std::shared_ptr<SortRuns> runs,
                                         std::shared_ptr<MemoryTracker> tracker)
    : node_(node), layout_(runs->layout()), tracker_(std::move(tracker)), reader_(std::move(runs), tracker_) {
  if (WindowStream::Can(node)) stream_ = std::make_unique<WindowStream>(node, tracker_);
}

Step SpilledWindowReader::Pull(DriverContext& context, Chunk& out) {
  return stream_ != nullptr ? PullStream(context, out) : PullBlocks(context, out);
}

Step SpilledWindowReader::PullStream(DriverContext& context, Chunk& out) {
  for (;;) {
    while (std::optional<Chunk> chunk = stream_->Next()) {
      out = WithinLimit(node_, *chunk, node_.output.size());
      if (!out.empty()) return Step::kHasOutput;
    }
    if (ended_) return Step::kFinished;
    context.query.token.ThrowIfCanceled();
    Chunk rows;
    const Step step = reader_.Pull(context, rows);
    if (step == Step::kBlocked) return step;
    if (step == Step::kHasOutput) {
      stream_->Add(std::move(rows));
    } else {
      stream_->End();
      ended_ = true;
    }
  }
}

Step SpilledWindowReader::PullBlocks(DriverContext& context, Chunk& out) {
  for (;;) {
    if (computing_) {
      Block& block = *block_;
      while (block.at < block.sorted->count()) {
        const size_t count = std::min(context.query.chunk_rows(), block.sorted->count() - block.at);
        std::vector<ColumnPtr> columns;
        for (const size_t column : node_.output) columns.push_back(block.sorted->Gather(column, block.at, count));
        for (const auto& reader : block.readers) columns.push_back(reader->Next(count));
        block.at += count;
        out = WithinLimit(node_, Chunk(std::move(columns), count), node_.output.size());
        if (!out.empty()) return Step::kHasOutput;
      }
      computing_ = false;
      block_.reset();
    }
    if (taken_ < input_.size()) {
      if (Collect()) Compute();
      continue;
    }
    if (ended_) {
      if (block_ == nullptr) return Step::kFinished;
      Compute();
      continue;
    }
    context.query.token.ThrowIfCanceled();
    if (!input_.empty()) last_ = std::exchange(input_, Chunk());
    taken_ = 0;
    const Step step = reader_.Pull(context, input_);
    if (step == Step::kBlocked) {
      input_ = Chunk();
      return step;
    }
    if (step == Step::kFinished) {
      input_ = Chunk();
      ended_ = true;
    }
  }
}

bool SpilledWindowReader::StartsPartition(size_t row) const {
  const Chunk& before = row == 0 ? last_ : input_;
  if (before.empty()) return false;
  const size_t before_row = row == 0 ? before.size() - 1 : row - 1;
  for (size_t k = 0; k < node_.hash_keys; ++k) {
    const size_t column = node_.keys[k].column;
    if (!SameValue(*before.column(column), before_row, *input_.column(column), row)) return true;
  }
  return false;
}

bool SpilledWindowReader::Collect() {
  size_t end = input_.size();
  bool complete = false;
  if (block_ != nullptr && block_->rows->bytes() >= kBlockBytes) {
    for (size_t row = taken_; row < input_.size() && !complete; ++row) {
      if (!StartsPartition(row)) continue;
      end = row;
      complete = true;
    }
  }
  if (end > taken_) {
    try {
      if (block_ == nullptr) block_ = std::make_unique<Block>(layout_, tracker_);
      const Chunk rows = input_.Slice(taken_, end - taken_);
      std::vector<uint8_t*> targets(rows.row_count());
      block_->rows->Append(targets.size(), targets.data());
      layout_->Encode(rows, targets.data(), *block_->heap);
      block_->heap_bytes.Resize(static_cast<int64_t>(block_->heap->bytes()));
    } catch (const Error& error) {
      if (error.sqlstate() != sqlstate::kOutOfMemory) throw;
      throw PartitionTooLarge(error);
    }
  }
  taken_ = end;
  return complete;
}

void SpilledWindowReader::Compute() {
  Block& block = *block_;
  try {
    const size_t count = block.rows->size();
    BigArray rows(count * sizeof(const uint8_t*), tracker_);
    size_t at = 0;
    block.rows->ForEach([&](const uint8_t* row) { rows.as<const uint8_t*>()[at++] = row; });
    block.sorted = std::make_unique<SortedRows>(layout_, std::move(rows), count, Owners{block.heap->owner()},
                                                block.rows, tracker_);
    for (const PhysicalWindow::Call& call : node_.calls) {
      block.evaluators.push_back(MakeWindowEvaluator(call, *block.sorted, count));
      block.readers.push_back(block.evaluators.back()->ReadFrom(0));
    }
    computing_ = true;
  } catch (const Error& error) {
    if (error.sqlstate() != sqlstate::kOutOfMemory) throw;
    throw PartitionTooLarge(error);
  }
}

}  // namespace weir
