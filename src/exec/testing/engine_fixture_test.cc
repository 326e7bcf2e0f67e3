#include "exec/testing/engine_fixture.h"

#include <algorithm>
#include <cstring>

#include "column/builder.h"
#include "expr/row_adapter.h"

namespace weir::exec_test {

namespace {

FunctionSpec Function(std::string name, TypeKind parameter, TypeKind result, ScalarKernel kernel) {
  FunctionSpec spec;
  spec.name = std::move(name);
  FunctionOverload overload;
  overload.parameters = {parameter, parameter};
  overload.result = result;
  overload.kernel = std::move(kernel);
  overload.can_fail = false;
  spec.overloads.push_back(std::move(overload));
  return spec;
}

// States of one int64 and a flag.
class IntegerOps final : public AggregateOps {
 public:
  enum class Kind : uint8_t { kCount, kSum, kMin };
  explicit IntegerOps(Kind kind) : kind_(kind) {}
  Type result_type() const override { return TypeKind::kInt64; }
  size_t state_size() const override { return sizeof(State); }
  void Update(const AggregateInput& input, uint8_t* const* states) const override {
    if (input.columns.empty()) {
      input.rows.ForEach([&](size_t row) { Add(*At(states[row]), 0); });
      return;
    }
    const ColumnView view(*input.columns[0]);
    input.rows.ForEach([&](size_t row) { Add(*At(states[row]), Read(view, row)); });
  }
  void UpdateSingle(const AggregateInput& input, uint8_t* state) const override {
    const std::vector<uint8_t*> states(input.rows.extent(), state);
    Update(input, states.data());
  }
  void Merge(uint8_t* const* from, uint8_t* const* to, size_t count, StateArena&) const override {
    for (size_t i = 0; i < count; ++i) {
      const State& source = *At(from[i]);
      if (source.rows == 0) continue;
      State& target = *At(to[i]);
      if (kind_ == Kind::kMin) {
        if (target.rows == 0 || source.value < target.value) target.value = source.value;
      } else {
        target.value += source.value;
      }
      target.rows += source.rows;
    }
  }
  void Finalize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    for (size_t i = 0; i < count; ++i) {
      const State& state = *At(states[i]);
      if (kind_ == Kind::kCount) {
        out.Append<int64_t>(state.rows);
      } else if (state.rows == 0) {
        out.AppendNull();
      } else {
        out.Append<int64_t>(state.value);
      }
    }
  }
  Type intermediate_type() const override { return TypeKind::kVarbinary; }
  void Serialize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    for (size_t i = 0; i < count; ++i) {
      out.AppendString({reinterpret_cast<const char*>(states[i]), sizeof(State)});
    }
  }
  void MergeSerialized(const Column& column, const RowSet& rows, uint8_t* const* states,
                       StateArena& arena) const override {
    const ColumnView view(column);
    rows.ForEach([&](size_t row) {
      State state;
      std::memcpy(&state, view.At<StringRef>(row).view().data(), sizeof(state));
      auto* from = reinterpret_cast<uint8_t*>(&state);
      Merge(&from, states + row, 1, arena);
    });
  }

 private:
  struct State {
    int64_t value;
    int64_t rows;
  };
  static State* At(uint8_t* state) { return reinterpret_cast<State*>(state); }
  static int64_t Read(const ColumnView& view, size_t row) {
    return view.base().type().physical() == PhysicalType::kInt64 ? view.At<int64_t>(row) : 0;
  }
  void Add(State& state, int64_t value) const {
    if (kind_ == Kind::kMin) {
      if (state.rows == 0 || value < state.value) state.value = value;
    } else {
      state.value += value;
    }
    ++state.rows;
  }
  const Kind kind_;
};

// "a,b,": depends on the order of rows.
class JoinTextOps final : public AggregateOps {
 public:
  Type result_type() const override { return TypeKind::kVarchar; }
  size_t state_size() const override { return sizeof(State); }
  void Update(const AggregateInput& input, uint8_t* const* states) const override {
    const ColumnView view(*input.columns[0]);
    input.rows.ForEach([&](size_t row) {
      Append(states[row], view.At<StringRef>(row).view(), input.arena);
      Append(states[row], ",", input.arena);
    });
  }
  void UpdateSingle(const AggregateInput& input, uint8_t* state) const override {
    const std::vector<uint8_t*> states(input.rows.extent(), state);
    Update(input, states.data());
  }
  void Merge(uint8_t* const* from, uint8_t* const* to, size_t count, StateArena& arena) const override {
    for (size_t i = 0; i < count; ++i) Append(to[i], Text(from[i]), arena);
  }
  void Finalize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    for (size_t i = 0; i < count; ++i) {
      const std::string_view text = Text(states[i]);
      if (text.empty()) {
        out.AppendNull();
      } else {
        out.AppendString(text);
      }
    }
  }
  Type intermediate_type() const override { return TypeKind::kVarchar; }
  void Serialize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    Finalize(states, count, out);
  }
  void MergeSerialized(const Column& column, const RowSet& rows, uint8_t* const* states,
                       StateArena& arena) const override {
    const ColumnView view(column);
    rows.ForEach([&](size_t row) {
      if (view.IsValid(row)) Append(states[row], view.At<StringRef>(row).view(), arena);
    });
  }

 private:
  struct State {
    char* text;
    uint32_t size;
    uint32_t capacity;
  };
  static std::string_view Text(const uint8_t* at) {
    const auto& state = *reinterpret_cast<const State*>(at);
    return {state.text, state.size};
  }
  static void Append(uint8_t* at, std::string_view text, StateArena& arena) {
    auto& state = *reinterpret_cast<State*>(at);
    const size_t size = state.size + text.size();
    if (size > state.capacity) {
      state.capacity = static_cast<uint32_t>(std::max<size_t>(2 * size, 16));
      char* larger = arena.Allocate(state.capacity, 1);
      std::copy_n(state.text, state.size, larger);
      state.text = larger;
    }
    std::ranges::copy(text, state.text + state.size);
    state.size = static_cast<uint32_t>(size);
  }
};

AggregateSpec MakeAggregate(std::string name, std::vector<std::vector<TypePattern>> signatures, TypeKind result,
                            std::shared_ptr<const AggregateOps> ops, bool order_sensitive = false) {
  AggregateSpec spec;
  spec.name = std::move(name);
  for (std::vector<TypePattern>& parameters : signatures) {
    AggregateOverload overload;
    overload.parameters = std::move(parameters);
    overload.result = result;
    overload.make = [ops](std::span<const Type>, const Type&, std::span<const std::optional<Value>>) { return ops; };
    overload.order_sensitive = order_sensitive;
    spec.overloads.push_back(std::move(overload));
  }
  return spec;
}

}  // namespace

EngineTest::EngineTest() : workers_(clock_, {.threads = 4, .shuffle = true}) {
  const auto add = [&](FunctionSpec spec) { registry_.Add(std::move(spec)); };
  add(Function("=", TypeKind::kInt64, TypeKind::kBoolean,
               RowKernel<uint8_t, int64_t, int64_t>([](int64_t a, int64_t b) { return uint8_t{a == b}; })));
  add(Function("<", TypeKind::kInt64, TypeKind::kBoolean,
               RowKernel<uint8_t, int64_t, int64_t>([](int64_t a, int64_t b) { return uint8_t{a < b}; })));
  add(Function(">", TypeKind::kInt64, TypeKind::kBoolean,
               RowKernel<uint8_t, int64_t, int64_t>([](int64_t a, int64_t b) { return uint8_t{a > b}; })));
  add(Function("+", TypeKind::kInt64, TypeKind::kInt64,
               RowKernel<int64_t, int64_t, int64_t>([](int64_t a, int64_t b) { return a + b; })));
  add(Function("%", TypeKind::kInt64, TypeKind::kInt64,
               RowKernel<int64_t, int64_t, int64_t>([](int64_t a, int64_t b) { return b == 0 ? 0 : a % b; })));
  FunctionSpec divide =
      Function("/", TypeKind::kInt64, TypeKind::kInt64,
               RowKernelWith<int64_t, int64_t, int64_t>([](RowOut<int64_t>& out, int64_t a, int64_t b) {
                 if (b == 0) return out.Fail(Error::User(sqlstate::kDivisionByZero, "division by zero"));
                 out.Set(a / b);
               }));
  divide.overloads[0].can_fail = true;
  add(std::move(divide));
  registry_.Add(MakeAggregate("count", {{}, {TypePattern::Kind::kAny}}, TypeKind::kInt64,
                              std::make_shared<IntegerOps>(IntegerOps::Kind::kCount)));
  registry_.Add(MakeAggregate("sum", {{TypeKind::kInt64}}, TypeKind::kInt64,
                              std::make_shared<IntegerOps>(IntegerOps::Kind::kSum)));
  registry_.Add(MakeAggregate("min", {{TypeKind::kInt64}}, TypeKind::kInt64,
                              std::make_shared<IntegerOps>(IntegerOps::Kind::kMin)));
  registry_.Add(MakeAggregate("join_text", {{TypeKind::kVarchar}}, TypeKind::kVarchar, std::make_shared<JoinTextOps>(),
                              /*order_sensitive=*/true));
}

PhysicalPtr EngineTest::Table(Schema schema, std::vector<Chunk> chunks) {
  VirtualSource source;
  source.name = "t";
  std::vector<size_t> all;
  for (size_t i = 0; i < schema.size(); ++i) all.push_back(i);
  source.column_ordinals = all;
  source.table = std::make_shared<ChunkTable>(schema, std::move(chunks));
  return std::make_shared<PhysicalScan>(std::move(source), schema, std::vector<ExprPtr>(),
                                        std::vector<ColumnPredicate>(), all, std::vector<RuntimeFilterTarget>());
}

PhysicalPtr EngineTest::RandomTable(size_t rows, uint64_t seed, int64_t key_range, double nulls) {
  Xoshiro256 random(seed);
  const Schema schema{{"k", TypeKind::kInt64}, {"v", TypeKind::kInt64}, {"s", TypeKind::kVarchar}};
  std::vector<Chunk> chunks;
  const auto text = [&] {
    const uint64_t n = random.Below(static_cast<uint64_t>(key_range));
    return n % 3 == 0 ? fmt::format("a longer text, number {}", n) : fmt::format("t{}", n);
  };
  while (rows > 0) {
    const size_t count = std::min<size_t>(rows, 1 + random.Below(300));
    const uint64_t form = random.Below(4);
    // Physical rows: with a selection there are more than count.
    const size_t size = form == 1 ? count * 2 : count;
    ColumnBuilder k(TypeKind::kInt64, size);
    ColumnBuilder v(TypeKind::kInt64, size);
    ColumnBuilder s(TypeKind::kVarchar, size);
    for (size_t i = 0; i < size; ++i) {
      if (random.Chance(nulls)) {
        k.AppendNull();
      } else {
        k.Append<int64_t>(static_cast<int64_t>(random.Below(static_cast<uint64_t>(key_range))));
      }
      v.Append<int64_t>(random.Between(-1000, 1000));
      if (random.Chance(nulls)) {
        s.AppendNull();
      } else {
        s.AppendString(text());
      }
    }
    std::vector<ColumnPtr> columns{k.Finish(), v.Finish(), s.Finish()};
    SelectionPtr selection;
    if (form == 1) {
      auto every_other = std::make_shared<Selection>();
      for (size_t i = 0; i < count; ++i) every_other->push_back(static_cast<uint32_t>(2 * i + i % 2));
      selection = std::move(every_other);
    } else if (form == 2) {
      // Dictionaries over the columns, in any order.
      auto indices = Buffer::Allocate(size * sizeof(uint32_t));
      for (size_t i = 0; i < size; ++i) indices->as<uint32_t>()[i] = static_cast<uint32_t>(random.Below(size));
      for (ColumnPtr& column : columns) column = Column::Dictionary(column, indices, size);
    } else if (form == 3) {
      columns[0] = Column::ConstantOf(columns[0], 0, size);
    }
    chunks.emplace_back(std::move(columns), size, std::move(selection));
    rows -= count;
  }
  return Table(schema, std::move(chunks));
}

PhysicalPtr EngineTest::Values(Schema schema, const Rows& rows) {
  std::vector<std::vector<ExprPtr>> exprs;
  for (const Row& row : rows) {
    exprs.emplace_back();
    for (const Value& value : row) exprs.back().push_back(Expr::Literal(value));
  }
  return std::make_shared<PhysicalValues>(std::move(exprs), std::move(schema));
}

ExprPtr EngineTest::In(const PhysicalPtr& plan, size_t column) {
  return Expr::Input(column, plan->schema()[column].type);
}

PhysicalPtr EngineTest::Filter(PhysicalPtr child, ExprPtr predicate) {
  return std::make_shared<PhysicalFilter>(std::move(child), std::move(predicate));
}

PhysicalPtr EngineTest::Project(PhysicalPtr child, std::vector<ExprPtr> exprs) {
  Schema schema;
  for (const ExprPtr& expr : exprs) schema.push_back({expr->ToString(), expr->type()});
  return std::make_shared<PhysicalProject>(std::move(child), std::move(exprs), std::move(schema));
}

PhysicalPtr EngineTest::Aggregate(PhysicalPtr child, std::vector<ExprPtr> groups, std::vector<AggregateCall> calls) {
  Schema schema;
  for (const ExprPtr& group : groups) schema.push_back({group->ToString(), group->type()});
  for (const AggregateCall& call : calls) schema.push_back({call.name, call.type});
  return std::make_shared<PhysicalHashAggregate>(std::move(child), std::move(groups), std::move(calls),
                                                 std::move(schema));
}

PhysicalPtr EngineTest::HashJoin(HashJoinKind kind, PhysicalPtr probe, PhysicalPtr build, JoinOptions options) {
  std::vector<ExprPtr> probe_keys;
  std::vector<ExprPtr> build_keys;
  for (const auto& [p, b] : options.keys) {
    probe_keys.push_back(In(probe, p));
    build_keys.push_back(In(build, b));
  }
  if (options.null_safe.empty()) options.null_safe.resize(options.keys.size());
  std::vector<size_t> probe_output;
  std::vector<size_t> build_output;
  Schema schema;
  const bool build_only = kind == HashJoinKind::kRightSemi || kind == HashJoinKind::kRightAnti;
  const bool probe_only = kind == HashJoinKind::kSemi || kind == HashJoinKind::kAnti || kind == HashJoinKind::kMark;
  // The last probe column and the first build column first: outputs need not be in order.
  if (!build_only) {
    for (size_t i = probe->schema().size(); i-- > 0;) probe_output.push_back(i);
  }
  if (!probe_only) {
    for (size_t i = 0; i < build->schema().size(); ++i) build_output.push_back(i);
  }
  for (const size_t i : probe_output) schema.push_back(probe->schema()[i]);
  for (const size_t i : build_output) schema.push_back(build->schema()[i]);
  if (kind == HashJoinKind::kMark) schema.push_back({"mark", TypeKind::kBoolean});
  return std::make_shared<PhysicalHashJoin>(kind, std::move(probe), std::move(build), std::move(probe_keys),
                                            std::move(build_keys), std::move(options.null_safe), options.residual,
                                            options.null_aware, std::move(probe_output), std::move(build_output),
                                            std::move(options.runtime_filters), std::move(schema));
}

PhysicalPtr EngineTest::NestedLoopJoin(JoinKind kind, PhysicalPtr left, PhysicalPtr right, ExprPtr condition,
                                       bool null_aware) {
  Schema schema = left->schema();
  if (kind == JoinKind::kMark) {
    schema.push_back({"mark", TypeKind::kBoolean});
  } else if (kind != JoinKind::kSemi && kind != JoinKind::kAnti) {
    schema.insert(schema.end(), right->schema().begin(), right->schema().end());
  }
  return std::make_shared<PhysicalNestedLoopJoin>(kind, std::move(left), std::move(right), std::move(condition),
                                                  null_aware, std::move(schema));
}

std::unique_ptr<QueryExecution> EngineTest::Execute(const PhysicalPtr& plan, const EngineConfig& config) {
  const QueryServices services{.registry = registry_, .workers = workers_, .io = io_, .spill = config.spill};
  QueryOptions options;
  options.threads = config.threads;
  options.chunk_rows = config.chunk_rows;
  options.random_block_seed = config.random_block_seed;
  options.result_chunks_max = config.result_chunks_max;
  options.memory_limit_bytes = config.memory_limit_bytes;
  options.forced_spill = config.forced_spill;
  options.verify_chunks = true;
  return std::make_unique<QueryExecution>(plan, services, statement_, nullptr, memory_, CancellationToken(), options);
}

Rows EngineTest::Run(const PhysicalPtr& plan, const EngineConfig& config) {
  return Run(*Execute(plan, config));
}

Rows EngineTest::Run(QueryExecution& execution) {
  Rows out;
  for (const Chunk& chunk : RunToCompletion(execution)) {
    chunk.Verify();
    EXPECT_FALSE(chunk.empty());
    for (size_t i = 0; i < chunk.row_count(); ++i) {
      Row row;
      for (const ColumnPtr& column : chunk.columns()) row.push_back(column->GetValue(chunk.rows()[i]));
      out.push_back(std::move(row));
    }
  }
  return out;
}

void EngineTest::Check(const PhysicalPtr& plan, bool ordered) {
  Reference reference(registry_, statement_);
  const auto texts = [&](const Rows& rows) {
    std::vector<std::string> out;
    for (const Row& row : rows) out.push_back(ToText(row));
    if (!ordered) std::ranges::sort(out);
    return out;
  };
  const std::vector<std::string> expected = texts(reference.Run(*plan));
  uint64_t seed = 0;
  for (const size_t chunk_rows : {size_t{3}, size_t{512}, kChunkRowsDefault}) {
    for (const int threads : {1, 2, 4}) {
      const EngineConfig config{.threads = threads,
                                .chunk_rows = chunk_rows,
                                .random_block_seed = threads == 2 ? ++seed : 0,
                                .result_chunks_max = threads == 4 ? size_t{1} : size_t{16},
                                .spill = check_spill_,
                                .forced_spill = check_spill_ != nullptr};
      const std::vector<std::string> got = texts(Run(plan, config));
      ASSERT_EQ(got, expected) << "chunk_rows=" << chunk_rows << " threads=" << threads << "\n"
                               << ExplainPhysical(plan);
    }
  }
}

std::string EngineTest::ErrorOf(const PhysicalPtr& plan, const EngineConfig& config) {
  try {
    Run(plan, config);
    return "";
  } catch (const Error& error) {
    return std::string(error.sqlstate());
  }
}

}  // namespace weir::exec_test
