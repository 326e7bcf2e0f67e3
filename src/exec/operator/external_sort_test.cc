#include "exec/testing/spill_test.h"
#include "runtime/fail_point.h"

namespace weir::exec_test {

class ExternalSortTest : public SpillTest {
 protected:
  PhysicalPtr Sorted(size_t rows) {
    const PhysicalPtr table = RandomTable(rows, 71, 1'000'000);
    return std::make_shared<PhysicalSort>(
        table, std::vector<SortKey>{{In(table, 2), true, false}, {In(table, 0)}, {In(table, 1)}});
  }
};

TEST_F(ExternalSortTest, RowsThatDoNotFitComeSorted) {
  CheckSpilled(Sorted(120'000), {.in_order = true});
}

TEST_F(ExternalSortTest, TheFolderMayHoldWhatIsOthers) {
  std::filesystem::create_directories(directory_);
  const std::string others = JoinPath(directory_.string(), "0.spill");
  files_.WriteFileAtomically(others, AsBytes("mine"));
  {
    SpillArea area(files_, directory_.string(), 3);
    const auto execution = Execute(Sorted(120'000), {.memory_limit_bytes = kLimit, .spill = &area});
    Run(*execution);
    EXPECT_GT(execution->profile().Take().counters.spills, 1);
    WaitForIo();
  }
  EXPECT_EQ(files_.ReadFile(others), "mine");
  EXPECT_EQ(FilesLeft(), 1u);
}

TEST_F(ExternalSortTest, WithoutAnAreaItIsAnError) {
  EXPECT_EQ(ErrorOf(Sorted(120'000), {.memory_limit_bytes = kLimit}), sqlstate::kOutOfMemory);
}

TEST_F(ExternalSortTest, WhatCannotBeWrittenFailsTheQueryAndLeavesNothing) {
  const PhysicalPtr plan = Sorted(120'000);
  const EngineConfig config{.memory_limit_bytes = kLimit, .spill = &area_};
  {
    const ScopedFailPoints broken("exec_spill_write=skip(3)");
    EXPECT_EQ(ErrorOf(plan, config), sqlstate::kIoError);
  }
  EXPECT_EQ(FilesLeft(), 0u);
  SpillArea small(files_, directory_.string(), 2, 10'000);
  EXPECT_EQ(ErrorOf(plan, {.memory_limit_bytes = kLimit, .spill = &small}), sqlstate::kDiskFull);
  EXPECT_EQ(FilesLeft(), 0u);
  EXPECT_EQ(small.used_bytes(), 0);
}

TEST_F(ExternalSortTest, EarlyEnds) {
  const PhysicalPtr plan = std::make_shared<PhysicalLimit>(Sorted(120'000), 10, 5);
  const EngineConfig config{.memory_limit_bytes = kLimit, .spill = &area_};
  EXPECT_TRUE(Run(plan, config) == Run(plan));
  {
    const auto execution = Execute(Sorted(120'000), config);
    execution->Start();
    execution->Next();
  }
  EXPECT_EQ(FilesLeft(), 0u);
}

}  // namespace weir::exec_test
