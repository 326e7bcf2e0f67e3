#include <algorithm>

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
  static std::vector<std::string> Texts(const Rows& rows) {
    std::vector<std::string> out;
    for (const Row& row : rows) out.push_back(ToText(row));
    std::ranges::sort(out);
    return out;
  }
};

TEST_F(ExternalAggregateTest, GroupsThatDoNotFitAreBroughtTogether) {
  for (const PhysicalPtr& plan : {Grouped(120'000), GroupedByNumber(400'000)}) {
    const std::vector<std::string> expected = Texts(Run(plan, {.threads = 1}));
    for (const int threads : {1, 4}) {
      for (const uint64_t seed : {0, 9}) {
        const auto execution = Execute(
            plan, {.threads = threads, .random_block_seed = seed, .memory_limit_bytes = kLimit, .spill = &area_});
        const std::vector<std::string> got = Texts(Run(*execution));
        ASSERT_EQ(got.size(), expected.size()) << threads << " " << seed;
        for (size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i], expected[i]) << threads << " " << seed;
        EXPECT_GT(execution->profile().Take().counters.spills, 1);
        EXPECT_LE(execution->memory().peak_bytes(), kLimit);
      }
    }
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
