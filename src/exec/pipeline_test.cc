#include <algorithm>

#include <latch>

#include "exec/testing/engine_fixture.h"

namespace weir::exec_test {

class PipelineTest : public EngineTest {};

TEST_F(PipelineTest, Values) {
  const Schema schema{{"a", TypeKind::kInt64}, {"b", TypeKind::kVarchar}};
  Rows rows;
  for (int i = 0; i < 10; ++i) {
    rows.push_back({Value::Int64(i), i % 3 == 0 ? Value::Null(TypeKind::kVarchar) : Value::String("x")});
  }
  Check(Values(schema, rows), /*ordered=*/true);
  Check(Values(schema, {}));
  // SELECT without columns still has rows.
  EXPECT_EQ(Run(Values({}, {{}, {}})).size(), 2u);
}

TEST_F(PipelineTest, FilterAndProject) {
  const PhysicalPtr table = RandomTable(3000, 1);
  Check(table);
  const PhysicalPtr filtered = Filter(table, Call(">", {In(table, 1), Int(300)}));
  Check(filtered);
  Check(Project(filtered, {In(filtered, 2), Call("+", {In(filtered, 0), In(filtered, 1)}), Int(7)}));
  Check(Filter(table, Call(">", {In(table, 1), Int(5000)})));
}

TEST_F(PipelineTest, ScanFilters) {
  const PhysicalPtr table = RandomTable(2000, 2);
  const auto& scan = table->as<PhysicalScan>();
  Check(std::make_shared<PhysicalScan>(
      scan.source, scan.columns,
      std::vector<ExprPtr>{Call(">", {In(table, 1), Int(0)}), Call("<", {In(table, 0), Int(7)})},
      std::vector<ColumnPredicate>(), std::vector<size_t>{2, 1}, std::vector<RuntimeFilterTarget>()));
}

TEST_F(PipelineTest, EmptyTable) {
  const PhysicalPtr table = RandomTable(0, 1);
  Check(table);
  Check(Aggregate(table, {In(table, 0)}, {Agg("count", {})}));
  Check(Aggregate(table, {}, {Agg("count", {}), Agg("sum", {In(table, 1)})}));
  Check(std::make_shared<PhysicalSort>(table, std::vector<SortKey>{{In(table, 1)}}));
}

TEST_F(PipelineTest, LimitTakesThatManyRows) {
  const PhysicalPtr table = RandomTable(1000, 3);
  for (const auto& [limit, offset] : std::vector<std::pair<uint64_t, uint64_t>>{
           {0, 0}, {1, 0}, {10, 995}, {10, 5}, {500, 400}, {5000, 0}, {3, 2000}}) {
    const PhysicalPtr plan = std::make_shared<PhysicalLimit>(table, limit, offset);
    const size_t expected = std::min<size_t>(limit, offset > 1000 ? 0 : 1000 - offset);
    for (const size_t chunk_rows : {size_t{3}, size_t{512}}) {
      EXPECT_EQ(Run(plan, {.threads = 4, .chunk_rows = chunk_rows}).size(), expected) << limit << " " << offset;
    }
  }
  EXPECT_EQ(Run(std::make_shared<PhysicalLimit>(table, std::nullopt, 990)).size(), 10u);
  // Behind a sort, order is kept.
  const PhysicalPtr sorted = std::make_shared<PhysicalSort>(table, std::vector<SortKey>{{In(table, 1)}});
  Check(Project(std::make_shared<PhysicalLimit>(sorted, 100, 50), {In(table, 1)}), /*ordered=*/true);
}

TEST_F(PipelineTest, LimitStopsTheSource) {
  // Far too many rows to go through: 10^9 pairs.
  const PhysicalPtr table = RandomTable(1000, 4);
  const PhysicalPtr pairs = NestedLoopJoin(JoinKind::kInner, table, table, Expr::Literal(Value::Boolean(true)));
  const PhysicalPtr many = NestedLoopJoin(JoinKind::kInner, pairs, table, Expr::Literal(Value::Boolean(true)));
  EXPECT_EQ(Run(std::make_shared<PhysicalLimit>(many, 10, 0)).size(), 10u);
}

TEST_F(PipelineTest, UnionAll) {
  const PhysicalPtr a = RandomTable(700, 5);
  const PhysicalPtr b = RandomTable(900, 6);
  const PhysicalPtr all = std::make_shared<PhysicalUnionAll>(std::vector<PhysicalPtr>{a, b, a}, a->schema());
  Check(all);
  Check(Aggregate(all, {In(all, 0)}, {Agg("count", {}), Agg("sum", {In(all, 1)})}));
  EXPECT_EQ(Run(std::make_shared<PhysicalLimit>(all, 2000, 0)).size(), 2000u);
}

TEST_F(PipelineTest, Cte) {
  const PhysicalPtr definition = RandomTable(500, 7);
  const CteId id(1);
  const PhysicalPtr scan = std::make_shared<PhysicalCteScan>(id, std::vector<size_t>{1, 0},
                                                             Schema{definition->schema()[1], definition->schema()[0]});
  const PhysicalPtr other =
      std::make_shared<PhysicalCteScan>(id, std::vector<size_t>{0}, Schema{definition->schema()[0]});
  const PhysicalPtr body =
      HashJoin(HashJoinKind::kInner, scan, Aggregate(other, {In(other, 0)}, {Agg("count", {})}), {.keys = {{1, 0}}});
  Check(std::make_shared<PhysicalCte>(id, definition, body));
}

TEST_F(PipelineTest, Unnest) {
  const Type list = Type::List(TypeKind::kInt64);
  const auto value = [&](std::vector<int64_t> elements) {
    std::vector<weir::Value> parts;
    for (const int64_t element : elements) {
      parts.push_back(element < 0 ? weir::Value::Null(TypeKind::kInt64) : weir::Value::Int64(element));
    }
    return weir::Value::Nested(list, std::move(parts));
  };
  const PhysicalPtr table = Values({{"k", TypeKind::kInt64}, {"a", list}, {"b", list}},
                                   {{Value::Int64(1), value({1, 2, 3, -1, 5}), value({7})},
                                    {Value::Int64(2), value({}), value({})},
                                    {Value::Int64(3), Value::Null(list), value({8, 9})},
                                    {Value::Int64(4), value({4}), Value::Null(list)}});
  const Schema one{{"k", TypeKind::kInt64}, {"a", list}, {"b", list}, {"e", TypeKind::kInt64}};
  Check(std::make_shared<PhysicalUnnest>(table, std::vector<ExprPtr>{In(table, 1)}, false, one), true);
  Schema two = one;
  two.push_back({"f", TypeKind::kInt64});
  two.push_back({"ordinality", TypeKind::kInt64});
  Check(std::make_shared<PhysicalUnnest>(table, std::vector<ExprPtr>{In(table, 1), In(table, 2)}, true, two), true);
}

TEST_F(PipelineTest, SetOperations) {
  PhysicalPtr a = RandomTable(600, 8, 30);
  PhysicalPtr b = RandomTable(400, 9, 40);
  a = Project(a, {In(a, 0), In(a, 2)});
  b = Project(b, {In(b, 0), In(b, 2)});
  for (const auto operation : {SetOperationKind::kIntersect, SetOperationKind::kIntersectAll, SetOperationKind::kExcept,
                               SetOperationKind::kExceptAll}) {
    Check(std::make_shared<PhysicalSetOperation>(operation, a, b, a->schema()));
  }
}

TEST_F(PipelineTest, ErrorsReachTheConsumer) {
  const PhysicalPtr table = RandomTable(2000, 10);
  const PhysicalPtr plan = Project(table, {Call("/", {Int(1), Call("%", {In(table, 1), Int(50)})})});
  EXPECT_EQ(ErrorOf(plan), sqlstate::kDivisionByZero);
  EXPECT_EQ(ErrorOf(plan, {.threads = 1, .chunk_rows = 3, .random_block_seed = 5}), sqlstate::kDivisionByZero);
  EXPECT_EQ(memory_->used_bytes(), 0);
}

TEST_F(PipelineTest, MemoryLimit) {
  const PhysicalPtr table = RandomTable(20000, 11);
  const PhysicalPtr plan = std::make_shared<PhysicalSort>(table, std::vector<SortKey>{{In(table, 1)}});
  try {
    Run(plan, {.memory_limit_bytes = 100'000});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate(), sqlstate::kOutOfMemory);
    EXPECT_NE(error.ToString().find("Sort"), std::string::npos) << error.ToString();
  }
  EXPECT_EQ(memory_->used_bytes(), 0);
}

TEST_F(PipelineTest, SlowConsumerHoldsTheQueryBack) {
  const PhysicalPtr table = RandomTable(5000, 12);
  const auto execution = Execute(table, {.threads = 4, .chunk_rows = 10, .result_chunks_max = 1});
  execution->Start();
  size_t rows = 0;
  while (const std::optional<Chunk> chunk = execution->Next()) rows += chunk->row_count();
  EXPECT_EQ(rows, 5000u);
}

TEST_F(PipelineTest, ClosingEarlyLeavesNothing) {
  const PhysicalPtr table = RandomTable(20000, 13);
  const PhysicalPtr join = HashJoin(HashJoinKind::kFull, table, table, {});
  for (int chunks = 0; chunks < 4; ++chunks) {
    const auto execution = Execute(join, {.threads = 4, .chunk_rows = 100, .result_chunks_max = 1});
    if (chunks > 0) execution->Start();
    for (int i = 1; i < chunks; ++i) EXPECT_TRUE(execution->Next().has_value());
  }
  EXPECT_EQ(memory_->used_bytes(), 0);
}

TEST_F(PipelineTest, CancelIsSeenByTheConsumer) {
  const PhysicalPtr table = RandomTable(1000, 14);
  const PhysicalPtr pairs = NestedLoopJoin(JoinKind::kInner, table, table, Call("<", {In(table, 1), Int(-5000)}));
  const PhysicalPtr endless = NestedLoopJoin(
      JoinKind::kInner, table, NestedLoopJoin(JoinKind::kInner, table, table, Expr::Literal(Value::Boolean(true))),
      Call("<", {In(table, 1), Int(-5000)}));
  const auto execution = Execute(endless);
  execution->Start();
  execution->Cancel();
  try {
    execution->Next();
    FAIL();
  } catch (const Error& error) {
    EXPECT_TRUE(error.is_cancellation());
  }
  execution->Wait();
}

TEST_F(PipelineTest, TokenCancels) {
  const PhysicalPtr table = RandomTable(1000, 14);
  const PhysicalPtr pairs = NestedLoopJoin(JoinKind::kInner, table, table, Expr::Literal(Value::Boolean(true)));
  CancellationSource source;
  const QueryServices services{.registry = registry_, .workers = workers_, .io = io_};
  QueryExecution execution(pairs, services, statement_, nullptr, memory_, source.token(), {.result_chunks_max = 1});
  execution.Start();
  EXPECT_TRUE(execution.Next().has_value());
  source.Cancel(Error::Canceled("canceling statement due to user request"));
  EXPECT_THROW(while (execution.Next().has_value()){}, Error);
}

// Workers are held where a step of a driver would take long.
TEST_F(PipelineTest, ACanceledQueryFailsBeforeItsDriversEnd) {
  CancellationSource source;
  const QueryServices services{.registry = registry_, .workers = workers_, .io = io_};
  const auto free = std::make_shared<std::latch>(1);  // workers may see it late
  // The one for short queries, too.
  const int threads = workers_.threads() > 1 ? workers_.threads() + 1 : 1;
  for (int i = 0; i < threads; ++i) {
    const auto held = std::make_shared<std::latch>(1);
    workers_.Submit([held, free] {
      held->count_down();
      free->wait();
    });
    held->wait();
  }
  {
    QueryExecution execution(RandomTable(1000, 14), services, statement_, nullptr, memory_, source.token(),
                             {.fails_at_once = true});
    execution.Start();
    source.Cancel(Error::Canceled("canceling statement due to user request"));
    try {
      execution.Next();
      ADD_FAILURE();
    } catch (const Error& error) {
      EXPECT_TRUE(error.is_cancellation());
    }
    free->count_down();
  }
  EXPECT_EQ(memory_->used_bytes(), 0);
}

Task<size_t> CountAsync(QueryExecution& execution) {
  size_t rows = 0;
  for (;;) {
    std::optional<Chunk> chunk = co_await execution.NextAsync();
    if (!chunk.has_value()) break;
    rows += chunk->row_count();
  }
  co_await execution.Done();
  co_return rows;
}

TEST_F(PipelineTest, AsyncConsumer) {
  const PhysicalPtr table = RandomTable(3000, 15);
  for (const uint64_t seed : {1, 2, 3}) {
    const auto execution =
        Execute(table, {.threads = 4, .chunk_rows = 50, .random_block_seed = seed, .result_chunks_max = 1});
    execution->Start();
    EXPECT_EQ(SyncWait(CountAsync(*execution)), 3000u);
  }
}

TEST_F(PipelineTest, ProfileMirrorsThePlan) {
  const PhysicalPtr table = RandomTable(1000, 16);
  const PhysicalPtr plan =
      Aggregate(Filter(table, Call(">", {In(table, 1), Int(0)})), {In(table, 0)}, {Agg("count", {})});
  const auto execution = Execute(plan);
  size_t rows = 0;
  for (const Chunk& chunk : RunToCompletion(*execution)) rows += chunk.row_count();
  const obs::ProfileNode::Snapshot profile = execution->profile().Take();
  EXPECT_EQ(profile.name, "HashAggregate");
  EXPECT_EQ(profile.counters.rows_out, static_cast<int64_t>(rows));
  EXPECT_GT(profile.counters.memory_bytes_peak, 0);
  ASSERT_EQ(profile.children.size(), 1u);
  EXPECT_EQ(profile.children[0].name, "Filter");
  EXPECT_EQ(profile.children[0].counters.rows_in, 1000);
  EXPECT_EQ(profile.counters.rows_in, profile.children[0].counters.rows_out);
  ASSERT_EQ(profile.children[0].children.size(), 1u);
  EXPECT_EQ(profile.children[0].children[0].counters.rows_out, 1000);
}

}  // namespace weir::exec_test
