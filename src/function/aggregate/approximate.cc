#include <cmath>

#include "algo/hyper_log_log.h"
#include "algo/key_hash.h"
#include "function/aggregate/families.h"
#include "function/aggregate/spec.h"
#include "function/aggregate/typed_aggregate.h"

namespace weir {

namespace {

// approx_count_distinct, and unions of sketches: a HyperLogLog in the arena. Few hashes are kept as they are; its
// registers come with the kSparseMax-th distinct one at the latest.
template <bool kOfSketches, bool kToSketch>
class DistinctOps final : public AggregateOps {
 public:
  struct State {
    uint64_t* hashes;    // sparse, with repetitions
    uint8_t* registers;  // dense
    uint32_t count;
    uint32_t capacity;
    uint64_t has;  // any value or sketch at all
  };
  static constexpr uint32_t kFirstCapacity = 8;
  static constexpr uint32_t kSparseMax = 512;

  Type result_type() const override { return kToSketch ? TypeKind::kHll : TypeKind::kInt64; }
  size_t state_size() const override { return sizeof(State); }

  void Update(const AggregateInput& input, uint8_t* const* states) const override {
    if constexpr (kOfSketches) {
      ForEachValue<StringRef>(*input.columns[0], input.rows, [&](size_t row, const StringRef& bytes) {
        AddSketch(At(states[row]), bytes.view(), input.arena);
      });
    } else {
      ForEachHash(input, [&](size_t row, uint64_t hash) { Add(At(states[row]), hash, input.arena); });
    }
  }
  void UpdateSingle(const AggregateInput& input, uint8_t* state) const override {
    if constexpr (kOfSketches) {
      ForEachValue<StringRef>(*input.columns[0], input.rows,
                              [&](size_t, const StringRef& bytes) { AddSketch(At(state), bytes.view(), input.arena); });
    } else {
      ForEachHash(input, [&](size_t, uint64_t hash) { Add(At(state), hash, input.arena); });
    }
  }
  void Merge(uint8_t* const* from, uint8_t* const* to, size_t count, StateArena& arena) const override {
    for (size_t i = 0; i < count; ++i) {
      const State& source = At(from[i]);
      State& state = At(to[i]);
      state.has |= source.has;
      if (source.registers != nullptr) {
        MakeDense(state, arena);
        HllMerge(state.registers, source.registers);
      } else {
        for (uint32_t k = 0; k < source.count; ++k) Add(state, source.hashes[k], arena);
      }
    }
  }
  void Finalize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    if constexpr (kToSketch) return Serialize(states, count, out);
    for (size_t i = 0; i < count; ++i) {
      State& state = At(states[i]);
      if (state.registers != nullptr) {
        out.Append(static_cast<int64_t>(std::llround(HllEstimate(state.registers))));
      } else {
        Compact(state);
        out.Append(static_cast<int64_t>(state.count));
      }
    }
  }
  Type intermediate_type() const override { return TypeKind::kVarbinary; }
  void Serialize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    for (size_t i = 0; i < count; ++i) {
      const State& state = At(states[i]);
      if (kToSketch && state.has == 0) {
        out.AppendNull();
      } else if (state.registers != nullptr) {
        out.AppendString(HyperLogLog::FromRegisters(state.registers).Serialize());
      } else {
        HyperLogLog sketch;
        sketch.Add(state.hashes, state.count);
        out.AppendString(sketch.Serialize());
      }
    }
  }
  void MergeSerialized(const Column& column, const RowSet& rows, uint8_t* const* states,
                       StateArena& arena) const override {
    ForEachSerialized(column, rows, states, [&](uint8_t* to, std::string_view bytes) {
      Take(At(to), HyperLogLog::Deserialize(bytes), arena);
    });
  }

 private:
  static State& At(uint8_t* state) { return *reinterpret_cast<State*>(state); }

  static void Take(State& state, const HyperLogLog& sketch, StateArena& arena) {
    state.has = 1;
    if (sketch.registers() != nullptr) {
      MakeDense(state, arena);
      HllMerge(state.registers, sketch.registers());
    } else {
      for (const uint64_t hash : sketch.hashes()) Add(state, hash, arena);
    }
  }
  static void AddSketch(State& state, std::string_view bytes, StateArena& arena) {
    HyperLogLog sketch;
    try {
      if (!bytes.empty()) sketch = HyperLogLog::Deserialize(bytes);
    } catch (const Error& error) {
      throw Error::User(sqlstate::kInvalidBinaryRepresentation, "invalid hll: {}", error.message());
    }
    Take(state, sketch, arena);
  }

  template <typename Body>
  static void ForEachHash(const AggregateInput& input, Body&& body) {
    const Column& column = *input.columns[0];
    const ColumnView view(column);
    std::vector<uint64_t> hashes(input.rows.count());
    HashColumn(column, input.rows, false, hashes.data());
    for (size_t i = 0; i < hashes.size(); ++i) {
      const size_t row = input.rows[i];
      if (view.IsValid(row)) body(row, hashes[i]);
    }
  }
  static void Compact(State& state) {
    std::sort(state.hashes, state.hashes + state.count);
    state.count = static_cast<uint32_t>(std::unique(state.hashes, state.hashes + state.count) - state.hashes);
  }
  static void MakeDense(State& state, StateArena& arena) {
    if (state.registers != nullptr) return;
    state.registers = reinterpret_cast<uint8_t*>(arena.Allocate(HyperLogLog::kRegisters));
    std::memset(state.registers, 0, HyperLogLog::kRegisters);
    for (uint32_t i = 0; i < state.count; ++i) HllAdd(state.registers, state.hashes[i]);
    state.count = 0;
  }
  static void Add(State& state, uint64_t hash, StateArena& arena) {
    state.has = 1;
    if (state.registers != nullptr) return HllAdd(state.registers, hash);
    // Runs of one value would only fill the buffer.
    if (state.count != 0 && state.hashes[state.count - 1] == hash) return;
    if (state.count == state.capacity) {
      Compact(state);
      if (state.count * 2 > state.capacity || state.capacity == 0) Grow(state, arena);
      if (state.registers != nullptr) return HllAdd(state.registers, hash);
    }
    state.hashes[state.count++] = hash;
  }
  static void Grow(State& state, StateArena& arena) {
    if (state.capacity >= kSparseMax) return MakeDense(state, arena);
    const uint32_t capacity = std::max(state.capacity * 2, kFirstCapacity);
    auto* hashes = reinterpret_cast<uint64_t*>(arena.Allocate(capacity * sizeof(uint64_t)));
    if (state.count != 0) std::memcpy(hashes, state.hashes, state.count * sizeof(uint64_t));
    state.hashes = hashes;
    state.capacity = capacity;
  }
};

template <bool kOfSketches, bool kToSketch>
void AddDistinct(Registry& registry, std::string name, std::vector<std::string> aliases, std::string description,
                 std::string example, std::string result) {
  AggregateOverload overload;
  overload.parameters = {kOfSketches ? TypePattern(TypeKind::kHll) : TypePattern(TypePattern::Kind::kAny)};
  overload.result = kToSketch ? TypeKind::kHll : TypeKind::kInt64;
  overload.ignores_distinct = true;
  overload.make = [](std::span<const Type>, const Type&, std::span<const std::optional<Value>>) {
    return std::make_shared<const DistinctOps<kOfSketches, kToSketch>>();
  };
  AddAggregate(registry, {std::move(name), std::move(aliases)}, std::move(description), std::move(example),
               std::move(result), {std::move(overload)});
}

}  // namespace

void RegisterApproximateAggregates(Registry& registry) {
  AddDistinct<false, false>(registry, "approx_count_distinct", {"ndv"},
                            "Number of distinct values, within about one percent.",
                            "approx_count_distinct(x) FROM (VALUES (1), (2), (2)) t(x)", "2");
  AddDistinct<false, true>(registry, "hll", {"hll_agg"}, "The HyperLogLog sketch of all values.",
                           "hll_cardinality(hll(x)) FROM (VALUES (1), (2), (2)) t(x)", "2");
  AddDistinct<true, true>(registry, "hll_union", {"hll_raw_agg", "hll_merge"},
                          "The HyperLogLog sketch of the values of all sketches.",
                          "hll_cardinality(hll_union(hll_hash(x))) FROM (VALUES (1), (2), (2)) t(x)", "2");
  AddDistinct<true, false>(registry, "hll_union_agg", {}, "Number of distinct values in all sketches together, about.",
                           "hll_union_agg(hll_hash(x)) FROM (VALUES (1), (2), (2)) t(x)", "2");
}

}  // namespace weir
