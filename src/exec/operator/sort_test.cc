#include "exec/testing/engine_fixture.h"

namespace weir::exec_test {

class SortTest : public EngineTest {};

TEST_F(SortTest, SortsByColumnsAndExpressions) {
  const PhysicalPtr table = RandomTable(700, 61);
  // Orders that leave no two different rows equal.
  const std::vector<std::vector<SortKey>> orders = {
      {{In(table, 1)}, {In(table, 0)}, {In(table, 2)}},
      {{In(table, 2), true, true}, {In(table, 0), false, true}, {In(table, 1), true}},
      {{In(table, 0), true}, {In(table, 2), false, true}, {In(table, 1)}},
      {{Call("%", {In(table, 1), Int(10)})}, {In(table, 2), true}, {In(table, 1)}, {In(table, 0)}},
  };
  for (const auto& keys : orders) {
    Check(std::make_shared<PhysicalSort>(table, keys), /*ordered=*/true);
    for (const auto& [limit, offset] :
         std::vector<std::pair<uint64_t, uint64_t>>{{1, 0}, {10, 0}, {100, 7}, {500, 690}, {10, 5000}, {0, 3}}) {
      Check(std::make_shared<PhysicalTopN>(table, keys, limit, offset), /*ordered=*/true);
    }
  }
}

TEST_F(SortTest, TopNBoundsTheScan) {
  const PhysicalPtr table = RandomTable(1500, 64, 500);
  const PhysicalPtr build = RandomTable(150, 65, 500);
  for (const bool descending : {false, true}) {
    for (const bool nulls_first : {false, true}) {
      for (const size_t column : {size_t{0}, size_t{1}, size_t{2}}) {
        const PhysicalPtr projected = Project(Filter(table, Call("<", {In(table, 1), Int(900)})),
                                              {In(table, 2), In(table, 0), In(table, 1), Int(1)});
        const size_t at = (column + 1) % 3;
        const std::vector<SortKey> keys{{In(projected, at), descending, nulls_first}};
        // Ties: only the keys are in a certain order.
        Check(Project(std::make_shared<PhysicalTopN>(projected, keys, 20, 5), {In(projected, at)}), /*ordered=*/true);
        const PhysicalPtr joined = HashJoin(HashJoinKind::kInner, projected, build, {.keys = {{1, 0}}});
        const std::vector<SortKey> joined_keys{{In(joined, 3 - at), descending, nulls_first}};
        Check(Project(std::make_shared<PhysicalTopN>(joined, joined_keys, 10, 0), {In(joined, 3 - at)}),
              /*ordered=*/true);
      }
    }
  }
  // The scan occurs twice: the other use must not lose rows.
  const PhysicalPtr top = std::make_shared<PhysicalTopN>(
      table, std::vector<SortKey>{{In(table, 1)}, {In(table, 0)}, {In(table, 2)}}, 10, 0);
  Check(std::make_shared<PhysicalUnionAll>(std::vector<PhysicalPtr>{top, table}, table->schema()));
}

TEST_F(SortTest, ManyRows) {
  const PhysicalPtr table = RandomTable(60'000, 62, 1'000'000'000);
  const PhysicalPtr sorted = std::make_shared<PhysicalSort>(table, std::vector<SortKey>{{In(table, 0), true, false}});
  const Rows rows = Run(sorted);
  ASSERT_EQ(rows.size(), 60'000u);
  for (size_t i = 1; i < rows.size(); ++i) {
    const Value& a = rows[i - 1][0];
    const Value& b = rows[i][0];
    if (a.is_null()) {
      ASSERT_TRUE(b.is_null()) << i;
    } else if (!b.is_null()) {
      ASSERT_GE(a.integer(), b.integer()) << i;
    }
  }
}

TEST_F(SortTest, TopNOfEverything) {
  const PhysicalPtr table = RandomTable(1000, 63);
  const PhysicalPtr top = std::make_shared<PhysicalTopN>(table, std::vector<SortKey>{{In(table, 1)}}, UINT64_MAX, 0);
  EXPECT_EQ(Run(top).size(), 1000u);
}

}  // namespace weir::exec_test
