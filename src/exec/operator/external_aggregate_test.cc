#include "exec/testing/spill_test.h"
#include "runtime/fail_point.h"

namespace weir::exec_test {

class ExternalAggregateTest : public SpillTest {
 protected:
  // About one group a row; some keys are NULL.
  PhysicalPtr Grouped(size_t rows) {
    const PhysicalPtr table = RandomTable(rows, 72, 1'000'000'000);
    return Aggregate(table, {In(table, 0), In(table, 1)},
                     {Agg("count", {}), Agg("sum", {In(table, 1)}), Agg("min", {In(table, 1)})});
  }
  // One key that is packed without a flag for NULL, each about ten times.
  PhysicalPtr GroupedByNumber(size_t rows) {
    const PhysicalPtr table = RandomTable(rows, 73, static_cast<int64_t>(rows / 2));
    return Aggregate(table, {In(table, 0)}, {Agg("count", {}), Agg("min", {In(table, 1)})});
  }
  // Each driver has four things to keep.
  static constexpr int64_t kDetourLimit = 2 * kLimit;
  // Calls that take a detour: distinct ones, an ordered one, and one that is both.
  PhysicalPtr Detoured(size_t rows, bool grouped) {
    const PhysicalPtr table = RandomTable(rows, 74, 5000);
    const auto distinct = [](AggregateCall call) {
      call.distinct = true;
      return call;
    };
    AggregateCall ordered = Agg("join_text", {In(table, 2)});
    ordered.order_by = {{In(table, 1), true, false}, {In(table, 2)}};
    AggregateCall both = distinct(Agg("join_text", {In(table, 2)}));
    both.order_by = {{In(table, 2), true, true}};
    std::vector<AggregateCall> calls = {Agg("count", {}), distinct(Agg("count", {In(table, 1)})),
                                        distinct(Agg("sum", {In(table, 1)}))};
    if (!grouped) return Aggregate(table, {}, std::move(calls));
    calls.push_back(std::move(both));
    calls.push_back(std::move(ordered));
    return Aggregate(table, {In(table, 0)}, std::move(calls));
  }
};

TEST_F(ExternalAggregateTest, GroupsThatDoNotFitAreBroughtTogether) {
  CheckSpilled(Grouped(120'000));
  CheckSpilled(GroupedByNumber(400'000));
}

TEST_F(ExternalAggregateTest, DetoursThatDoNotFit) {
  CheckSpilled(Detoured(50'000, false), {.limit = kDetourLimit, .spills_min = 0});
  CheckSpilled(Detoured(120'000, true), {.limit = kDetourLimit});
}

TEST_F(ExternalAggregateTest, DetoursThatCannotBeWritten) {
  const PhysicalPtr plan = Detoured(120'000, true);
  EXPECT_EQ(ErrorOf(plan, {.memory_limit_bytes = kDetourLimit}), sqlstate::kOutOfMemory);
  {
    const ScopedFailPoints broken("exec_spill_write=skip(3)");
    EXPECT_EQ(ErrorOf(plan, {.memory_limit_bytes = kDetourLimit, .spill = &area_}), sqlstate::kIoError);
  }
  EXPECT_EQ(FilesLeft(), 0u);
  SpillArea small(files_, directory_.string(), 2, 10'000);
  EXPECT_EQ(ErrorOf(plan, {.memory_limit_bytes = kDetourLimit, .spill = &small}), sqlstate::kDiskFull);
  EXPECT_EQ(FilesLeft(), 0u);
  {
    const auto execution = Execute(plan, {.memory_limit_bytes = kDetourLimit, .spill = &area_});
    execution->Start();
    execution->Next();
  }
  EXPECT_EQ(FilesLeft(), 0u);
}

TEST_F(ExternalAggregateTest, WhatCannotBeWrittenFailsTheQueryAndLeavesNothing) {
  const PhysicalPtr plan = Grouped(300'000);
  EXPECT_EQ(ErrorOf(plan, {.memory_limit_bytes = kLimit}), sqlstate::kOutOfMemory);
  {
    const ScopedFailPoints broken("exec_spill_write=skip(3)");
    EXPECT_EQ(ErrorOf(plan, {.memory_limit_bytes = kLimit, .spill = &area_}), sqlstate::kIoError);
  }
  EXPECT_EQ(FilesLeft(), 0u);
}

}  // namespace weir::exec_test
