#include "exec/testing/spill_test.h"
#include "runtime/fail_point.h"

namespace weir::exec_test {

class SpilledWindowTest : public SpillTest {
 protected:
  // Over a table of k, v and s; rows that are equal in all keys are equal in everything.
  struct Shape {
    bool partitions = true;
    bool streams = true;  // calls that need no whole partition
    std::optional<WindowLimit> limit;
  };
  static WindowCall Numbering(WindowFunction function, Type type) {
    WindowCall out;
    out.function = function;
    out.call.type = std::move(type);
    return out;
  }
  PhysicalPtr Window(const PhysicalPtr& table, const Shape& shape) {
    const ExprPtr v = In(table, 1);
    std::vector<WindowCall> calls = {Numbering(WindowFunction::kRowNumber, TypeKind::kInt64),
                                     Numbering(WindowFunction::kRank, TypeKind::kInt64),
                                     Numbering(WindowFunction::kDenseRank, TypeKind::kInt64)};
    for (const WindowFunction function :
         {WindowFunction::kLag, WindowFunction::kLead, WindowFunction::kFirstValue, WindowFunction::kLastValue}) {
      WindowCall value = Numbering(function, TypeKind::kInt64);
      value.call.args = {v};
      if (function <= WindowFunction::kLead) value.call.args.push_back(Int(7));
      if (function == WindowFunction::kLead) value.call.args.push_back(Int(-5));
      calls.push_back(std::move(value));
    }
    for (const FrameUnit unit : {FrameUnit::kRange, FrameUnit::kRows}) {
      WindowCall sum;
      sum.call = Agg("sum", {v});
      sum.frame.unit = unit;
      calls.push_back(std::move(sum));
    }
    if (!shape.streams) {
      calls.push_back(Numbering(WindowFunction::kPercentRank, TypeKind::kDouble));
      WindowCall count;
      count.call = Agg("count", {v});
      count.frame.unit = FrameUnit::kRows;
      count.frame.start = {.edge = FrameEdge::kPreceding, .distance = Int(2), .value = nullptr};
      count.frame.end = {.edge = FrameEdge::kFollowing, .distance = Int(3), .value = nullptr};
      calls.push_back(std::move(count));
    }
    std::vector<PhysicalWindow::Key> keys = {{.column = 1, .descending = true, .nulls_first = true}, {.column = 2}};
    keys.insert(shape.partitions ? keys.begin() : keys.end(), PhysicalWindow::Key{.column = 0});
    std::vector<PhysicalWindow::Call> placed;
    Schema schema = table->schema();
    for (WindowCall& call : calls) {
      schema.push_back({"w", call.call.type});
      // The third key is not of the order, for peers.
      placed.push_back({std::move(call), shape.partitions ? 1U : 0U, 2});
    }
    return std::make_shared<PhysicalWindow>(table, std::move(keys), shape.partitions ? 1 : 0, std::move(placed),
                                            std::vector<size_t>{0, 1, 2}, shape.limit, std::move(schema));
  }
  PhysicalPtr Large(const Shape& shape) { return Window(RandomTable(100'000, 41, 1000), shape); }
};

TEST_F(SpilledWindowTest, CallsThatNeedNoWholePartition) {
  CheckSpilled(Large({}));
}

TEST_F(SpilledWindowTest, OnePartitionThatDoesNotFit) {
  CheckSpilled(Large({.partitions = false}));
}

TEST_F(SpilledWindowTest, PartitionByPartition) {
  CheckSpilled(Large({.streams = false}));
}

TEST_F(SpilledWindowTest, WithALimit) {
  CheckSpilled(Large({.limit = WindowLimit{0, 300}}));
}

TEST_F(SpilledWindowTest, APartitionThatMustFitAndDoesNot) {
  const PhysicalPtr plan = Large({.partitions = false, .streams = false});
  EXPECT_EQ(ErrorOf(plan, {.memory_limit_bytes = kLimit, .spill = &area_}), sqlstate::kOutOfMemory);
  EXPECT_EQ(FilesLeft(), 0u);
  EXPECT_EQ(ErrorOf(Large({}), {.memory_limit_bytes = kLimit}), sqlstate::kOutOfMemory);
}

TEST_F(SpilledWindowTest, WhatCannotBeWrittenFailsTheQueryAndLeavesNothing) {
  const PhysicalPtr plan = Large({});
  {
    const ScopedFailPoints broken("exec_spill_write=skip(3)");
    EXPECT_EQ(ErrorOf(plan, {.memory_limit_bytes = kLimit, .spill = &area_}), sqlstate::kIoError);
  }
  EXPECT_EQ(FilesLeft(), 0u);
  SpillArea small(files_, directory_.string(), 2, 10'000);
  EXPECT_EQ(ErrorOf(plan, {.memory_limit_bytes = kLimit, .spill = &small}), sqlstate::kDiskFull);
  EXPECT_EQ(FilesLeft(), 0u);
  EXPECT_EQ(small.used_bytes(), 0);
}

TEST_F(SpilledWindowTest, EarlyEnds) {
  const EngineConfig config{.memory_limit_bytes = kLimit, .spill = &area_};
  EXPECT_EQ(Run(std::make_shared<PhysicalLimit>(Large({}), 10, 5), config).size(), 10u);
  {
    const auto execution = Execute(Large({.streams = false}), config);
    execution->Start();
    execution->Next();
  }
  EXPECT_EQ(FilesLeft(), 0u);
}

}  // namespace weir::exec_test
