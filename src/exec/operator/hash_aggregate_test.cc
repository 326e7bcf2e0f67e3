#include "exec/testing/engine_fixture.h"

namespace weir::exec_test {

class HashAggregateTest : public EngineTest {};

TEST_F(HashAggregateTest, Groups) {
  const PhysicalPtr table = RandomTable(3000, 21);
  Check(Aggregate(table, {In(table, 0)}, {Agg("count", {}), Agg("sum", {In(table, 1)}), Agg("min", {In(table, 1)})}));
  Check(Aggregate(table, {In(table, 2), In(table, 0)}, {Agg("count", {In(table, 2)}), Agg("sum", {In(table, 0)})}));
  Check(Aggregate(table, {In(table, 1)}, {Agg("count", {})}));
  Check(Aggregate(table, {In(table, 0), In(table, 2)}, {}));  // DISTINCT
}

TEST_F(HashAggregateTest, ManyGroups) {
  const PhysicalPtr table = RandomTable(30000, 22, 1'000'000, 0.01);
  const PhysicalPtr plan = Aggregate(table, {In(table, 0)}, {Agg("count", {}), Agg("sum", {In(table, 1)})});
  EXPECT_EQ(Run(plan, {.threads = 4}).size(), Run(plan, {.threads = 1}).size());
  // Once more by another way: the counts add up.
  const PhysicalPtr again = Aggregate(plan, {}, {Agg("sum", {In(plan, 1)}), Agg("sum", {In(plan, 2)})});
  EXPECT_EQ(ToText(Run(again)[0]),
            ToText(Run(Aggregate(table, {}, {Agg("count", {}), Agg("sum", {In(table, 1)})}))[0]));
}

TEST_F(HashAggregateTest, WithoutGroups) {
  const PhysicalPtr table = RandomTable(2000, 23);
  Check(Aggregate(table, {}, {Agg("count", {}), Agg("count", {In(table, 0)}), Agg("sum", {In(table, 1)})}));
  const PhysicalPtr none = Filter(table, Call(">", {In(table, 1), Int(5000)}));
  Check(Aggregate(none, {}, {Agg("count", {}), Agg("sum", {In(table, 1)})}));
  Check(Aggregate(none, {In(table, 0)}, {Agg("count", {})}));
}

TEST_F(HashAggregateTest, Filter) {
  const PhysicalPtr table = RandomTable(2000, 24);
  AggregateCall some = Agg("sum", {In(table, 1)});
  some.filter = Call(">", {In(table, 0), Int(5)});
  AggregateCall none = Agg("count", {});
  none.filter = Call(">", {In(table, 1), Int(5000)});
  Check(Aggregate(table, {In(table, 2)}, {some, none, Agg("count", {})}));
  Check(Aggregate(table, {}, {some, none, Agg("count", {})}));
  // The argument is not computed for rows that the filter removes.
  AggregateCall safe = Agg("sum", {Call("/", {Int(100), In(table, 0)})});
  safe.filter = Call(">", {In(table, 0), Int(0)});
  Check(Aggregate(table, {}, {safe}));
}

TEST_F(HashAggregateTest, Distinct) {
  const PhysicalPtr table = RandomTable(3000, 25);
  AggregateCall keys = Agg("count", {In(table, 0)});
  keys.distinct = true;
  AggregateCall sum = Agg("sum", {In(table, 0)});
  sum.distinct = true;
  AggregateCall texts = Agg("count", {In(table, 2)});
  texts.distinct = true;
  AggregateCall filtered = keys;
  filtered.filter = Call(">", {In(table, 1), Int(900)});
  Check(Aggregate(table, {In(table, 2)}, {keys, Agg("count", {}), sum, texts, filtered}));
  Check(Aggregate(table, {}, {keys, Agg("sum", {In(table, 1)}), sum, texts, filtered}));
  const PhysicalPtr none = Filter(table, Call(">", {In(table, 1), Int(5000)}));
  Check(Aggregate(none, {}, {keys, texts}));
}

TEST_F(HashAggregateTest, OrderBy) {
  const PhysicalPtr table = RandomTable(600, 26);
  AggregateCall joined = Agg("join_text", {In(table, 2)});
  joined.order_by = {{In(table, 2), true, false}};
  AggregateCall by_value = Agg("join_text", {In(table, 2)});
  // A full order: equal texts may come in any order.
  by_value.order_by = {{Call("%", {In(table, 1), Int(7)}), false, false}, {In(table, 2), false, false}};
  AggregateCall distinct = Agg("join_text", {In(table, 2)});
  distinct.distinct = true;
  distinct.order_by = {{In(table, 2), false, false}};
  Check(Aggregate(table, {In(table, 0)}, {joined, by_value, distinct, Agg("count", {})}));
  Check(Aggregate(table, {}, {joined, by_value, distinct}));
}

}  // namespace weir::exec_test
