#include <array>

#include "exec/testing/spill_test.h"
#include "runtime/fail_point.h"

namespace weir::exec_test {

namespace {

constexpr std::array kKinds = {HashJoinKind::kInner, HashJoinKind::kLeft,      HashJoinKind::kRight,
                               HashJoinKind::kFull,  HashJoinKind::kSemi,      HashJoinKind::kAnti,
                               HashJoinKind::kMark,  HashJoinKind::kRightSemi, HashJoinKind::kRightAnti};

}  // namespace

class ExternalJoinTest : public SpillTest {
 protected:
  static constexpr int64_t kRange = 100'000;

  // The build rows are some MB more than the limit. Grouped, so that results are few.
  PhysicalPtr Joined(HashJoinKind kind, JoinOptions options = {}) {
    const PhysicalPtr probe = RandomTable(60'000, 81, kRange);
    const PhysicalPtr build = RandomTable(300'000, 82, kRange);
    const PhysicalPtr join = HashJoin(kind, probe, build, std::move(options));
    return Aggregate(join, {Call("%", {In(join, 1), Int(50)})},
                     {Agg("count", {}), Agg("count", {In(join, 0)}), Agg("sum", {In(join, 1)})});
  }
};

TEST_F(ExternalJoinTest, AllKinds) {
  for (const HashJoinKind kind : kKinds) CheckSpilled(Joined(kind), {.threads = {4}});
  CheckSpilled(Joined(HashJoinKind::kFull), {.threads = {1}});
}

TEST_F(ExternalJoinTest, TwoKeys) {
  for (const HashJoinKind kind : {HashJoinKind::kInner, HashJoinKind::kFull, HashJoinKind::kAnti}) {
    CheckSpilled(Joined(kind, {.keys = {{0, 0}, {2, 2}}}), {.threads = {4}});
    CheckSpilled(Joined(kind, {.keys = {{0, 0}, {2, 2}}, .null_safe = {false, true}}), {.threads = {4}});
  }
}

TEST_F(ExternalJoinTest, Residual) {
  const ExprPtr residual = Call("<", {In(1, TypeKind::kInt64), In(4, TypeKind::kInt64)});
  for (const HashJoinKind kind : {HashJoinKind::kInner, HashJoinKind::kLeft, HashJoinKind::kSemi, HashJoinKind::kMark,
                                  HashJoinKind::kRightAnti}) {
    CheckSpilled(Joined(kind, {.residual = residual}), {.threads = {4}});
  }
}

TEST_F(ExternalJoinTest, NullAware) {
  for (const HashJoinKind kind : {HashJoinKind::kAnti, HashJoinKind::kMark}) {
    CheckSpilled(Joined(kind, {.null_aware = true}), {.threads = {4}});
  }
}

// No hash cuts rows of one key: they are read in parts.
TEST_F(ExternalJoinTest, OneKey) {
  const PhysicalPtr probe = RandomTable(4, 83, 3);
  const PhysicalPtr many = RandomTable(350'000, 84, 2);
  for (const HashJoinKind kind : {HashJoinKind::kFull, HashJoinKind::kMark, HashJoinKind::kRightAnti}) {
    const PhysicalPtr join = HashJoin(kind, probe, many, {});
    CheckSpilled(Aggregate(join, {In(join, 0)}, {Agg("count", {}), Agg("sum", {In(join, 1)})}), {.threads = {4}});
  }
}

TEST_F(ExternalJoinTest, Chains) {
  const PhysicalPtr a = RandomTable(100'000, 85, kRange);
  const PhysicalPtr b = RandomTable(150'000, 86, kRange);
  const PhysicalPtr c = RandomTable(150'000, 87, kRange);
  const PhysicalPtr inner = HashJoin(HashJoinKind::kRight, a, b, {});
  const PhysicalPtr join = HashJoin(HashJoinKind::kFull, inner, c, {.keys = {{3, 0}}});
  CheckSpilled(Aggregate(join, {Call("%", {In(join, 7), Int(10)})}, {Agg("count", {}), Agg("sum", {In(join, 1)})}));
}

TEST_F(ExternalJoinTest, WithoutAnAreaItIsAnError) {
  EXPECT_EQ(ErrorOf(Joined(HashJoinKind::kInner), {.memory_limit_bytes = kLimit}), sqlstate::kOutOfMemory);
}

TEST_F(ExternalJoinTest, WhatCannotBeWrittenFailsTheQueryAndLeavesNothing) {
  const PhysicalPtr plan = Joined(HashJoinKind::kFull);
  const EngineConfig config{.memory_limit_bytes = kLimit, .spill = &area_};
  // While build rows are written, and while probe rows are.
  for (const char* const point : {"exec_spill_write=skip(3)", "exec_spill_write=skip(400)"}) {
    const ScopedFailPoints broken(point);
    EXPECT_EQ(ErrorOf(plan, config), sqlstate::kIoError);
    EXPECT_EQ(FilesLeft(), 0u);
  }
  SpillArea small(files_, directory_.string(), 2, 10'000);
  EXPECT_EQ(ErrorOf(plan, {.memory_limit_bytes = kLimit, .spill = &small}), sqlstate::kDiskFull);
  EXPECT_EQ(FilesLeft(), 0u);
  EXPECT_EQ(small.used_bytes(), 0);
}

TEST_F(ExternalJoinTest, EarlyEnds) {
  const PhysicalPtr probe = RandomTable(150'000, 81, kRange);
  const PhysicalPtr build = RandomTable(150'000, 82, kRange);
  const PhysicalPtr join = HashJoin(HashJoinKind::kFull, probe, build, {});
  for (const size_t rows : {10, 200'000}) {
    for (const uint64_t seed : {1, 2, 3}) {
      const PhysicalPtr plan = std::make_shared<PhysicalLimit>(join, rows, 0);
      EXPECT_EQ(Run(plan, {.random_block_seed = seed, .memory_limit_bytes = kLimit, .spill = &area_}).size(), rows);
    }
  }
  for (const int chunks : {0, 1, 50, 300}) {
    const auto execution = Execute(join, {.memory_limit_bytes = kLimit, .spill = &area_});
    execution->Start();
    for (int i = 0; i < chunks; ++i) execution->Next();
  }
  EXPECT_EQ(FilesLeft(), 0u);
  EXPECT_EQ(area_.used_bytes(), 0);
}

}  // namespace weir::exec_test
