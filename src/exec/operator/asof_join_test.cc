#include "exec/testing/spill_test.h"
#include "runtime/fail_point.h"

namespace weir::exec_test {

class AsofJoinTest : public SpillTest {
 protected:
  struct Options {
    JoinKind kind = JoinKind::kInner;
    std::vector<size_t> keys = {0};
    bool null_safe = false;
    size_t order = 1;
    AsofNearest nearest = AsofNearest::kAtOrBefore;
    std::vector<size_t> right_output = {0, 1};
  };
  static PhysicalPtr Asof(const PhysicalPtr& left, const PhysicalPtr& right, const Options& options) {
    AsofCondition condition;
    for (const size_t key : options.keys) {
      condition.left_keys.push_back(In(left, key));
      condition.right_keys.push_back(In(right, key));
      condition.null_safe.push_back(options.null_safe);
    }
    condition.left_order = In(left, options.order);
    condition.right_order = In(right, options.order);
    condition.nearest = options.nearest;
    Schema schema = left->schema();
    for (const size_t column : options.right_output) schema.push_back(right->schema()[column]);
    return std::make_shared<PhysicalAsofJoin>(options.kind, left, right, std::move(condition),
                                              std::vector<size_t>{0, 1, 2}, options.right_output, std::move(schema));
  }
  PhysicalPtr Large(JoinKind kind) {
    return Asof(RandomTable(60'000, 31, 1000), RandomTable(120'000, 32, 1000), {.kind = kind});
  }
};

TEST_F(AsofJoinTest, AllKindsAndDirections) {
  const PhysicalPtr left = RandomTable(60, 1, 6);
  const PhysicalPtr right = RandomTable(50, 2, 6);
  for (const JoinKind kind : {JoinKind::kInner, JoinKind::kLeft, JoinKind::kRight, JoinKind::kFull}) {
    for (const AsofNearest nearest :
         {AsofNearest::kAtOrBefore, AsofNearest::kBefore, AsofNearest::kAtOrAfter, AsofNearest::kAfter}) {
      SCOPED_TRACE(static_cast<int>(kind) * 10 + static_cast<int>(nearest));
      Check(Asof(left, right, {.kind = kind, .nearest = nearest}));
      Check(Asof(left, right, {.kind = kind, .keys = {}, .nearest = nearest, .right_output = {1}}));
      Check(Asof(left, right, {.kind = kind, .keys = {2, 0}, .null_safe = true, .nearest = nearest}));
    }
  }
}

TEST_F(AsofJoinTest, TextIsAnOrder) {
  // Rows of one text may be any of those: only what the condition reads comes out.
  const PhysicalPtr left = RandomTable(60, 3, 6);
  const PhysicalPtr right = RandomTable(50, 4, 6);
  for (const JoinKind kind : {JoinKind::kInner, JoinKind::kLeft}) {
    for (const AsofNearest nearest :
         {AsofNearest::kAtOrBefore, AsofNearest::kBefore, AsofNearest::kAtOrAfter, AsofNearest::kAfter}) {
      SCOPED_TRACE(static_cast<int>(kind) * 10 + static_cast<int>(nearest));
      Check(Asof(left, right, {.kind = kind, .order = 2, .nearest = nearest, .right_output = {0, 2}}));
      Check(Asof(left, right, {.kind = kind, .keys = {}, .order = 2, .nearest = nearest, .right_output = {2}}));
    }
  }
}

TEST_F(AsofJoinTest, OneColumnIsKeyAndOrder) {
  const PhysicalPtr left = RandomTable(50, 5);
  const PhysicalPtr right = RandomTable(50, 6);
  Check(Asof(left, right, {.kind = JoinKind::kLeft, .keys = {0, 0}, .order = 0, .right_output = {0}}));
  Check(Asof(left, right, {.kind = JoinKind::kLeft, .keys = {2, 2}, .order = 2, .right_output = {2}}));
}

TEST_F(AsofJoinTest, EmptySides) {
  const PhysicalPtr rows = RandomTable(100, 7);
  const PhysicalPtr none = Filter(RandomTable(50, 8), Expr::Literal(Value::Boolean(false)));
  for (const JoinKind kind : {JoinKind::kInner, JoinKind::kLeft, JoinKind::kRight, JoinKind::kFull}) {
    Check(Asof(rows, none, {.kind = kind}));
    Check(Asof(none, rows, {.kind = kind}));
    Check(Asof(none, none, {.kind = kind, .keys = {}, .right_output = {1}}));
  }
}

TEST_F(AsofJoinTest, RowsThatDoNotFitAreMergedFromDisk) {
  for (const JoinKind kind : {JoinKind::kInner, JoinKind::kLeft, JoinKind::kRight, JoinKind::kFull}) {
    CheckSpilled(Large(kind));
  }
}

TEST_F(AsofJoinTest, WithoutAnAreaItIsAnError) {
  EXPECT_EQ(ErrorOf(Large(JoinKind::kInner), {.memory_limit_bytes = kLimit}), sqlstate::kOutOfMemory);
}

TEST_F(AsofJoinTest, WhatCannotBeWrittenFailsTheQueryAndLeavesNothing) {
  const PhysicalPtr plan = Large(JoinKind::kFull);
  const EngineConfig config{.memory_limit_bytes = kLimit, .spill = &area_};
  for (const std::string_view when : {"exec_spill_write=skip(3)", "exec_spill_write=skip(150)"}) {
    const ScopedFailPoints broken(when);
    EXPECT_EQ(ErrorOf(plan, config), sqlstate::kIoError) << when;
  }
  EXPECT_EQ(FilesLeft(), 0u);
  SpillArea small(files_, directory_.string(), 2, 10'000);
  EXPECT_EQ(ErrorOf(plan, {.memory_limit_bytes = kLimit, .spill = &small}), sqlstate::kDiskFull);
  EXPECT_EQ(FilesLeft(), 0u);
  EXPECT_EQ(small.used_bytes(), 0);
}

TEST_F(AsofJoinTest, EarlyEnds) {
  const EngineConfig config{.memory_limit_bytes = kLimit, .spill = &area_};
  EXPECT_EQ(Run(std::make_shared<PhysicalLimit>(Large(JoinKind::kFull), 10, 5), config).size(), 10u);
  {
    const auto execution = Execute(Large(JoinKind::kFull), config);
    execution->Start();
    execution->Next();
  }
  EXPECT_EQ(FilesLeft(), 0u);
}

}  // namespace weir::exec_test
