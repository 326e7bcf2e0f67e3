#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "exec/operator.h"
#include "exec/operator/external_sort.h"
#include "exec/operator/window/evaluator.h"
#include "exec/operator/window/window_stream.h"
#include "plan/physical.h"

namespace weir {

// Computes the calls of a window over rows on disk, in their order: row by row where all calls can (WindowStream),
// otherwise over so many whole partitions at a time that fit in memory, of which one must.
class SpilledWindowReader final : public SourceOperator {
 public:
  SpilledWindowReader(const PhysicalWindow& node, std::shared_ptr<SortRuns> runs,
                      std::shared_ptr<MemoryTracker> tracker);
  Step Pull(DriverContext& context, Chunk& out) override;

 private:
  // Rows of whole partitions, as they are collected and when they are computed.
  struct Block {
    Block(const std::shared_ptr<const SortLayout>& layout, const std::shared_ptr<MemoryTracker>& tracker)
        : rows(std::make_shared<RowBlocks>(layout->row_bytes(), tracker)), heap_bytes(tracker) {}
    std::shared_ptr<RowBlocks> rows;
    std::shared_ptr<RowHeap> heap = std::make_shared<RowHeap>();
    ScopedReservation heap_bytes;
    std::unique_ptr<SortedRows> sorted;
    std::vector<std::unique_ptr<WindowEvaluator>> evaluators;
    std::vector<std::unique_ptr<WindowReader>> readers;
    size_t at = 0;
  };

  Step PullStream(DriverContext& context, Chunk& out);
  Step PullBlocks(DriverContext& context, Chunk& out);
  // Takes rows of the chunk in; true when the block is complete without the rest of it.
  bool Collect();
  void Compute();
  bool StartsPartition(size_t row) const;  // of input_

  const PhysicalWindow& node_;
  const std::shared_ptr<const SortLayout> layout_;
  const std::shared_ptr<MemoryTracker> tracker_;
  SortedRunsReader reader_;
  std::unique_ptr<WindowStream> stream_;
  std::unique_ptr<Block> block_;
  Chunk input_;
  size_t taken_ = 0;    // rows of input_
  Chunk last_;          // the chunk before input_
  bool ended_ = false;  // no more input
  bool computing_ = false;
};

}  // namespace weir
