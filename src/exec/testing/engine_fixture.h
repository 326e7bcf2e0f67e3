#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "catalog/virtual_table.h"
#include "env/clock.h"
#include "env/random.h"
#include "exec/query.h"
#include "exec/testing/reference.h"
#include "runtime/io_pool.h"

namespace weir::exec_test {

// Goes on by a microsecond whenever it is asked.
class CountingClock final : public Clock {
 public:
  UnixNanos Now() const override { return Monotonic(); }
  MonotonicNanos Monotonic() const override { return now_.fetch_add(1000, std::memory_order_relaxed); }

 private:
  mutable std::atomic<int64_t> now_{0};
};

// Chunks given beforehand: a table that many drivers read.
class ChunkTable final : public VirtualTable {
 public:
  ChunkTable(Schema schema, std::vector<Chunk> chunks) : schema_(std::move(schema)), chunks_(std::move(chunks)) {}
  const Schema& schema() const override { return schema_; }
  std::vector<Chunk> Scan(const StatementContext&, const Catalog&) const override { return chunks_; }

 private:
  const Schema schema_;
  const std::vector<Chunk> chunks_;
};

// How a plan is run.
struct EngineConfig {
  int threads = 4;
  size_t chunk_rows = 512;
  uint64_t random_block_seed = 0;
  size_t result_chunks_max = 16;
  int64_t memory_limit_bytes = MemoryTracker::kNoLimit;
  SpillArea* spill = nullptr;
  bool forced_spill = false;
};

// A registry with a handful of functions (= < > + % on bigint, = and || on text, fail()) and aggregates (count, sum,
// min, join_text), a worker pool, plan builders and the comparison with the reference.
class EngineTest : public ::testing::Test {
 protected:
  EngineTest();

  // --- rows. Columns: k bigint (few values, NULLs), v bigint (many values), s text (few values, NULLs; also longer
  // than 12 bytes), in chunks of different encodings and sizes, some with selections.
  PhysicalPtr RandomTable(size_t rows, uint64_t seed, int64_t key_range = 20, double nulls = 0.1);
  PhysicalPtr Table(Schema schema, std::vector<Chunk> chunks);
  static PhysicalPtr Values(Schema schema, const Rows& rows);

  // --- expressions
  static ExprPtr In(const PhysicalPtr& plan, size_t column);
  static ExprPtr In(size_t column, Type type) { return Expr::Input(column, std::move(type)); }
  static ExprPtr Int(int64_t value) { return Expr::Literal(Value::Int64(value)); }
  ExprPtr Call(std::string_view name, std::vector<ExprPtr> args) { return registry_.BindCall(name, std::move(args)); }

  // --- nodes
  static PhysicalPtr Filter(PhysicalPtr child, ExprPtr predicate);
  static PhysicalPtr Project(PhysicalPtr child, std::vector<ExprPtr> exprs);
  AggregateCall Agg(std::string_view name, std::vector<ExprPtr> args) {
    return registry_.BindAggregate(name, std::move(args));
  }
  static PhysicalPtr Aggregate(PhysicalPtr child, std::vector<ExprPtr> groups, std::vector<AggregateCall> calls);
  struct JoinOptions {
    std::vector<std::pair<size_t, size_t>> keys = {{0, 0}};  // probe column = build column
    std::vector<bool> null_safe;
    ExprPtr residual;
    bool null_aware = false;
    std::vector<std::pair<RuntimeFilterId, size_t>> runtime_filters;
  };
  static PhysicalPtr HashJoin(HashJoinKind kind, PhysicalPtr probe, PhysicalPtr build, JoinOptions options);
  static PhysicalPtr NestedLoopJoin(JoinKind kind, PhysicalPtr left, PhysicalPtr right, ExprPtr condition,
                                    bool null_aware = false);

  // --- running
  std::unique_ptr<QueryExecution> Execute(const PhysicalPtr& plan, const EngineConfig& config = {});
  Rows Run(const PhysicalPtr& plan, const EngineConfig& config = {});
  static Rows Run(QueryExecution& execution);
  // Runs the plan in many configurations; results must be the reference's, as multisets unless `ordered`.
  void Check(const PhysicalPtr& plan, bool ordered = false);
  // Where Check has everything on disk that can be; null: nowhere.
  SpillArea* check_spill_ = nullptr;
  // The SQLSTATE that running it ends with, "" for none.
  std::string ErrorOf(const PhysicalPtr& plan, const EngineConfig& config = {});

  Registry registry_;
  StatementContext statement_;
  CountingClock clock_;
  std::shared_ptr<MemoryTracker> memory_ = MemoryTracker::CreateRoot("process");
  WorkerPool workers_;
  IoPool io_;
};

}  // namespace weir::exec_test
