#include <array>

#include "exec/testing/spill_test.h"

namespace weir::exec_test {

namespace {

constexpr std::array kHashKinds = {HashJoinKind::kInner, HashJoinKind::kLeft,      HashJoinKind::kRight,
                                   HashJoinKind::kFull,  HashJoinKind::kSemi,      HashJoinKind::kAnti,
                                   HashJoinKind::kMark,  HashJoinKind::kRightSemi, HashJoinKind::kRightAnti};
constexpr std::array kLoopKinds = {JoinKind::kInner, JoinKind::kLeft, JoinKind::kRight, JoinKind::kFull,
                                   JoinKind::kSemi,  JoinKind::kAnti, JoinKind::kMark};

}  // namespace

// The parameter: with what can be on disk there.
class JoinTest : public SpillTest, public ::testing::WithParamInterface<bool> {
 protected:
  JoinTest() {
    if (GetParam()) check_spill_ = &area_;
  }
};

INSTANTIATE_TEST_SUITE_P(, JoinTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "OnDisk" : "InMemory"; });

TEST_P(JoinTest, OneKey) {
  const PhysicalPtr probe = RandomTable(500, 31, 40);
  const PhysicalPtr build = RandomTable(60, 32, 60);
  for (const HashJoinKind kind : kHashKinds) Check(HashJoin(kind, probe, build, {}));
}

TEST_P(JoinTest, TextKey) {
  const PhysicalPtr probe = RandomTable(400, 33, 40);
  const PhysicalPtr build = RandomTable(50, 34, 60);
  for (const HashJoinKind kind : kHashKinds) Check(HashJoin(kind, probe, build, {.keys = {{2, 2}}}));
}

TEST_P(JoinTest, TwoKeys) {
  const PhysicalPtr probe = RandomTable(400, 35, 6);
  const PhysicalPtr build = RandomTable(80, 36, 8);
  for (const HashJoinKind kind : kHashKinds) Check(HashJoin(kind, probe, build, {.keys = {{0, 0}, {2, 2}}}));
}

TEST_P(JoinTest, NullSafeKeys) {
  const PhysicalPtr probe = RandomTable(300, 37, 10, 0.3);
  const PhysicalPtr build = RandomTable(40, 38, 10, 0.3);
  for (const HashJoinKind kind : kHashKinds) {
    Check(HashJoin(kind, probe, build, {.keys = {{0, 0}}, .null_safe = {true}}));
    Check(HashJoin(kind, probe, build, {.keys = {{0, 0}, {2, 2}}, .null_safe = {true, false}}));
  }
}

TEST_P(JoinTest, Residual) {
  const PhysicalPtr probe = RandomTable(120, 39, 10);
  const PhysicalPtr build = RandomTable(40, 40, 10);
  // probe.v < build.v
  const ExprPtr residual = Call("<", {In(1, TypeKind::kInt64), In(4, TypeKind::kInt64)});
  for (const HashJoinKind kind : kHashKinds) Check(HashJoin(kind, probe, build, {.residual = residual}));
}

TEST_P(JoinTest, EmptySides) {
  const PhysicalPtr some = RandomTable(100, 41);
  const PhysicalPtr none = RandomTable(0, 42);
  for (const HashJoinKind kind : kHashKinds) {
    Check(HashJoin(kind, some, none, {}));
    Check(HashJoin(kind, none, some, {}));
  }
  for (const HashJoinKind kind : {HashJoinKind::kAnti, HashJoinKind::kMark}) {
    Check(HashJoin(kind, some, none, {.null_aware = true}));
  }
}

TEST_P(JoinTest, NullAware) {
  const PhysicalPtr probe = RandomTable(300, 43, 30);
  const PhysicalPtr nulls = RandomTable(20, 44, 30, 0.2);
  const PhysicalPtr plain = RandomTable(20, 45, 30, 0);
  const ExprPtr residual = Call("<", {In(1, TypeKind::kInt64), In(3, TypeKind::kInt64)});
  for (const HashJoinKind kind : {HashJoinKind::kAnti, HashJoinKind::kMark}) {
    for (const PhysicalPtr& build : {nulls, plain}) {
      Check(HashJoin(kind, probe, build, {.null_aware = true}));
      Check(HashJoin(kind, probe, build, {.keys = {{0, 0}, {2, 2}}, .null_aware = true}));
      Check(HashJoin(kind, probe, build, {.residual = residual, .null_aware = true}));
    }
  }
}

TEST_P(JoinTest, Single) {
  const PhysicalPtr probe = RandomTable(300, 46, 30);
  const PhysicalPtr table = RandomTable(200, 47, 30);
  const PhysicalPtr unique = Aggregate(table, {In(table, 0)}, {Agg("count", {})});
  Check(HashJoin(HashJoinKind::kSingle, probe, unique, {}));
  EXPECT_EQ(ErrorOf(HashJoin(HashJoinKind::kSingle, probe, table, {})), sqlstate::kCardinalityViolation);
  const PhysicalPtr one = Values({{"x", TypeKind::kInt64}}, {{Value::Int64(5)}});
  const PhysicalPtr two = Values({{"x", TypeKind::kInt64}}, {{Value::Int64(5)}, {Value::Int64(6)}});
  const ExprPtr yes = Expr::Literal(Value::Boolean(true));
  Check(NestedLoopJoin(JoinKind::kSingle, probe, one, yes));
  Check(NestedLoopJoin(JoinKind::kSingle, probe, Filter(one, Call("<", {In(one, 0), Int(0)})), yes));
  EXPECT_EQ(ErrorOf(NestedLoopJoin(JoinKind::kSingle, probe, two, yes)), sqlstate::kCardinalityViolation);
}

TEST_P(JoinTest, ManyMatchesPerRow) {
  const PhysicalPtr probe = RandomTable(60, 48, 2);
  const PhysicalPtr build = RandomTable(80, 49, 2);
  Check(HashJoin(HashJoinKind::kInner, probe, build, {}));
  Check(HashJoin(HashJoinKind::kFull, probe, build, {.keys = {{1, 1}}}));
}

TEST_P(JoinTest, NestedLoops) {
  const PhysicalPtr left = RandomTable(50, 50, 20);
  const PhysicalPtr right = RandomTable(20, 51, 20);
  const ExprPtr less = Call("<", {Call("+", {In(1, TypeKind::kInt64), Int(1500)}), In(4, TypeKind::kInt64)});
  const ExprPtr equal = Call("=", {In(0, TypeKind::kInt64), In(3, TypeKind::kInt64)});
  const ExprPtr yes = Expr::Literal(Value::Boolean(true));
  for (const JoinKind kind : kLoopKinds) {
    Check(NestedLoopJoin(kind, left, right, less));
    Check(NestedLoopJoin(kind, right, left, equal));
    Check(NestedLoopJoin(kind, left, RandomTable(0, 1), yes));
    Check(NestedLoopJoin(kind, RandomTable(0, 1), right, yes));
  }
  for (const JoinKind kind : {JoinKind::kAnti, JoinKind::kMark}) {
    Check(NestedLoopJoin(kind, left, right, equal, /*null_aware=*/true));
    Check(NestedLoopJoin(kind, left, RandomTable(2, 53), equal, /*null_aware=*/true));
  }
  Check(NestedLoopJoin(JoinKind::kInner, RandomTable(30, 52), right, yes));
}

TEST_P(JoinTest, ChainsOfJoins) {
  const PhysicalPtr a = RandomTable(300, 54, 30);
  const PhysicalPtr b = RandomTable(60, 55, 40);
  const PhysicalPtr c = RandomTable(50, 56, 40);
  const PhysicalPtr inner = HashJoin(HashJoinKind::kRight, a, b, {});
  // Build rows of the inner join go through the outer probe.
  Check(HashJoin(HashJoinKind::kFull, inner, c, {.keys = {{3, 0}}}));
  Check(HashJoin(HashJoinKind::kRight, c, inner, {.keys = {{0, 3}}}));
  const PhysicalPtr both = std::make_shared<PhysicalUnionAll>(std::vector<PhysicalPtr>{a, c}, a->schema());
  Check(HashJoin(HashJoinKind::kFull, both, b, {}));
  Check(Aggregate(HashJoin(HashJoinKind::kRightAnti, both, b, {}), {}, {Agg("count", {})}));
}

TEST_P(JoinTest, RuntimeFilters) {
  for (const int64_t range : {int64_t{30}, int64_t{3'000'000'000}}) {
    const PhysicalPtr table = RandomTable(800, 57, range);
    const auto& scan = table->as<PhysicalScan>();
    const PhysicalPtr big = RandomTable(40, 58, range);
    // A mix of keys that the probe has and has not.
    const PhysicalPtr build = std::make_shared<PhysicalUnionAll>(
        std::vector<PhysicalPtr>{Filter(table, Call(">", {In(table, 1), Int(950)})), big}, table->schema());
    for (const size_t key : {size_t{0}, size_t{2}}) {
      const PhysicalPtr probe = std::make_shared<PhysicalScan>(
          scan.source, scan.columns, std::vector<ExprPtr>{Call(">", {In(table, 1), Int(-500)})},
          std::vector<ColumnPredicate>(), std::vector<size_t>{0, 1, 2},
          std::vector<RuntimeFilterTarget>{{RuntimeFilterId(1), key}});
      for (const HashJoinKind kind : {HashJoinKind::kInner, HashJoinKind::kSemi, HashJoinKind::kRight}) {
        Check(HashJoin(kind, probe, build, {.keys = {{key, key}}, .runtime_filters = {{RuntimeFilterId(1), 0}}}));
        Check(
            HashJoin(kind, probe, build, {.keys = {{1, 1}, {key, key}}, .runtime_filters = {{RuntimeFilterId(1), 1}}}));
      }
      // Below an aggregate: the scan's own pipeline waits.
      const PhysicalPtr grouped = Aggregate(probe, {In(probe, key)}, {Agg("count", {})});
      Check(HashJoin(HashJoinKind::kInner, grouped, build,
                     {.keys = {{0, key}}, .runtime_filters = {{RuntimeFilterId(1), 0}}}));
    }
  }
}

TEST_P(JoinTest, RuntimeFilterOfARangeWithoutGaps) {
  const PhysicalPtr table = RandomTable(800, 60, 50);
  const auto& scan = table->as<PhysicalScan>();
  const PhysicalPtr probe = std::make_shared<PhysicalScan>(scan.source, scan.columns, std::vector<ExprPtr>(),
                                                           std::vector<ColumnPredicate>(), std::vector<size_t>{0, 1, 2},
                                                           std::vector<RuntimeFilterTarget>{{RuntimeFilterId(1), 0}});
  for (const int repeat : {1, 3}) {  // unique keys, and keys that are there three times
    Rows rows;
    for (int64_t i = 0; i < 20 * repeat; ++i) rows.push_back({Value::Int64(10 + i % 20)});
    rows.push_back({Value::Null(TypeKind::kInt64)});
    const PhysicalPtr build = Values({{"k", TypeKind::kInt64}}, rows);
    Check(HashJoin(HashJoinKind::kInner, probe, build, {.runtime_filters = {{RuntimeFilterId(1), 0}}}));
  }
}

TEST_P(JoinTest, RuntimeFilterOfAnEmptyBuild) {
  const PhysicalPtr table = RandomTable(300, 59);
  const auto& scan = table->as<PhysicalScan>();
  const PhysicalPtr probe = std::make_shared<PhysicalScan>(
      scan.source, scan.columns, std::vector<ExprPtr>(), std::vector<ColumnPredicate>(), std::vector<size_t>{0, 1, 2},
      std::vector<RuntimeFilterTarget>{{RuntimeFilterId(1), 0}, {RuntimeFilterId(9), 1}});
  const PhysicalPtr grouped = Aggregate(probe, {In(probe, 0)}, {Agg("count", {})});
  Check(HashJoin(HashJoinKind::kInner, grouped, RandomTable(0, 1), {.runtime_filters = {{RuntimeFilterId(1), 0}}}));
}

}  // namespace weir::exec_test
