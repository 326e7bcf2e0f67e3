#pragma once

#include <deque>
#include <memory>

#include "exec/operator.h"
#include "exec/operator/asof_plan.h"
#include "exec/operator/external_sort.h"

namespace weir {

// An ASOF join of two sides on disk, both read in their order: the last right row before a left row is the nearest.
class AsofMergeReader final : public SourceOperator {
 public:
  AsofMergeReader(const AsofPlan& plan, std::shared_ptr<SortRuns> left, std::shared_ptr<SortRuns> right,
                  const std::shared_ptr<MemoryTracker>& tracker);
  Step Pull(DriverContext& context, Chunk& out) override;

 private:
  // A side's rows, chunk by chunk.
  struct Side {
    Side(const AsofSide& side_in, std::shared_ptr<SortRuns> runs, const std::shared_ptr<MemoryTracker>& tracker)
        : side(side_in), reader(std::move(runs), tracker) {}
    const AsofSide& side;
    SortedRunsReader reader;
    Chunk rows;
    Chunk keys;  // the keys alone, then the order
    size_t at = 0;
    bool ended = false;
  };
  // A right row that is somebody's nearest, perhaps.
  struct Nearest {
    Chunk rows;
    Chunk keys;
    size_t row = 0;
    bool matched = false;
  };

  // kHasOutput: there is a row at `at`.
  static Step Fill(DriverContext& context, Side& side);
  bool IsAtOrBefore() const;  // the next right row, seen from the next left row
  void TakeRight();
  void TakeLeft();
  // Puts what has been found into chunks.
  void Flush();

  const AsofPlan& plan_;
  Side left_;
  Side right_;
  std::vector<SortColumn> order_;  // of both sides' `keys`
  std::vector<SortColumn> groups_;
  Nearest nearest_;
  bool has_nearest_ = false;
  // Of left_.rows and pairs_with_, not put out yet.
  std::vector<uint32_t> pair_left_, pair_right_, alone_left_;
  Chunk pairs_with_;
  std::vector<uint32_t> alone_right_;
  Chunk alone_from_;
  std::deque<Chunk> ready_;
};

}  // namespace weir
