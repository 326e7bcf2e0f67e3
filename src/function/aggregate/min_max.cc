#include "algo/key_hash.h"
#include "algo/row_layout.h"
#include "function/aggregate/arena_buffer.h"
#include "function/aggregate/families.h"
#include "function/aggregate/numeric_kernels.h"
#include "function/aggregate/ordering.h"
#include "function/aggregate/spec.h"
#include "function/aggregate/typed_aggregate.h"

namespace weir {

namespace {

using Ops = std::shared_ptr<const AggregateOps>;

enum class Pick : uint8_t { kMin, kMax, kAny };

template <Pick kPick, typename T>
bool Replaces(const T& value, const T& held) {
  if constexpr (kPick == Pick::kMin) return OrderedBefore(value, held);
  if constexpr (kPick == Pick::kMax) return OrderedBefore(held, value);
  return false;
}

// A value of fixed size.
template <typename T, Pick kPick>
struct FixedHolder {
  using Input = T;
  struct State {
    typename StateValue<T>::type value;
    uint8_t has;
  };
  static void Offer(State& state, const T& value, StateArena& /*arena*/) {
    if (state.has == 0 || Replaces<kPick, T>(value, T{state.value})) {
      state.value = value;
      state.has = 1;
    }
  }
  static void OfferPiece(State& state, const T* values, size_t count, StateArena& arena) {
    if constexpr (kPick == Pick::kAny) {
      Offer(state, values[0], arena);
    } else if constexpr (std::is_arithmetic_v<T> && sizeof(T) <= 8 && !std::is_same_v<T, uint8_t>) {
      Offer(state, kPick == Pick::kMin ? MinValue(values, count) : MaxValue(values, count), arena);
    } else {
      T best = values[0];
      for (size_t i = 1; i < count; ++i) {
        if (Replaces<kPick, T>(values[i], best)) best = values[i];
      }
      Offer(state, best, arena);
    }
  }
  static void Put(const State& state, ColumnBuilder& out) { out.Append<T>(T{state.value}); }
};

// A string, copied into the arena; a longer one takes new memory, a shorter one that of the old.
template <Pick kPick>
struct StringHolder {
  using Input = StringRef;
  struct State {
    StringRef value;
    uint32_t capacity;
    uint8_t has;
  };
  static void Offer(State& state, const StringRef& value, StateArena& arena) {
    if (state.has != 0 && !Replaces<kPick, StringRef>(value, state.value)) return;
    state.has = 1;
    if (value.is_inline()) {
      // The memory of a long value is given up with it: there is no room to remember both.
      state.value = value;
      state.capacity = 0;
      return;
    }
    char* memory = state.capacity >= value.size() ? const_cast<char*>(state.value.data()) : nullptr;
    if (memory == nullptr) {
      state.capacity = value.size();
      memory = arena.Allocate(value.size(), 1);
    }
    std::memmove(memory, value.data(), value.size());
    state.value = StringRef(memory, value.size());
  }
  static void OfferPiece(State& state, const StringRef* values, size_t count, StateArena& arena) {
    StringRef best = values[0];
    for (size_t i = 1; i < count; ++i) {
      if (Replaces<kPick, StringRef>(values[i], best)) best = values[i];
    }
    Offer(state, best, arena);
  }
  static void Put(const State& state, ColumnBuilder& out) { out.AppendString(state.value.view()); }
};

// min, max and any_value of plain values. The intermediate is the value itself, NULL for none, so that merging
// serialised states is updating.
template <typename Holder>
class PickOps final : public AggregateOps {
 public:
  using State = typename Holder::State;
  using Input = typename Holder::Input;
  static_assert(std::is_trivially_copyable_v<State> && alignof(State) <= 8);

  explicit PickOps(Type type) : type_(std::move(type)) {}

  Type result_type() const override { return type_; }
  size_t state_size() const override { return sizeof(State); }
  void Update(const AggregateInput& input, uint8_t* const* states) const override {
    MergeSerialized(*input.columns[0], input.rows, states, input.arena);
  }
  void UpdateSingle(const AggregateInput& input, uint8_t* state) const override {
    ForEachPiece<Input>(*input.columns[0], input.rows, [&](const Input* values, size_t count) {
      Holder::OfferPiece(At(state), values, count, input.arena);
    });
  }
  void Merge(uint8_t* const* from, uint8_t* const* to, size_t count, StateArena& arena) const override {
    for (size_t i = 0; i < count; ++i) {
      if (At(from[i]).has != 0) Holder::Offer(At(to[i]), Input{At(from[i]).value}, arena);
    }
  }
  void Finalize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    for (size_t i = 0; i < count; ++i) {
      if (At(states[i]).has == 0) {
        out.AppendNull();
      } else {
        Holder::Put(At(states[i]), out);
      }
    }
  }
  Type intermediate_type() const override { return type_; }
  void Serialize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    Finalize(states, count, out);
  }
  void MergeSerialized(const Column& column, const RowSet& rows, uint8_t* const* states,
                       StateArena& arena) const override {
    ForEachValue<Input>(column, rows,
                        [&](size_t row, const Input& value) { Holder::Offer(At(states[row]), value, arena); });
  }

 private:
  static State& At(uint8_t* state) { return *reinterpret_cast<State*>(state); }
  Type type_;
};

// min, max and any_value of nested values: order-preserving bytes beside the value's own.
template <Pick kPick>
class NestedPickOps final : public AggregateOps {
 public:
  struct State {
    ArenaBuffer key;
    ArenaBuffer value;
    uint64_t has;
  };

  explicit NestedPickOps(Type type) : type_(std::move(type)) {}

  Type result_type() const override { return type_; }
  size_t state_size() const override { return sizeof(State); }
  void Update(const AggregateInput& input, uint8_t* const* states) const override {
    MergeSerialized(*input.columns[0], input.rows, states, input.arena);
  }
  void UpdateSingle(const AggregateInput& input, uint8_t* state) const override {
    input.rows.ForEach([&](size_t row) { Offer(*input.columns[0], row, At(state), input.arena); });
  }
  void Merge(uint8_t* const* from, uint8_t* const* to, size_t count, StateArena& arena) const override {
    for (size_t i = 0; i < count; ++i) {
      const State& source = At(from[i]);
      if (source.has != 0) Offer(source.key.view(), source.value.view(), At(to[i]), arena);
    }
  }
  void Finalize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    for (size_t i = 0; i < count; ++i) {
      const State& state = At(states[i]);
      if (state.has == 0) {
        out.AppendNull();
        continue;
      }
      ByteReader in(state.value.view());
      DeserializeNested(in, out);
    }
  }
  Type intermediate_type() const override { return type_; }
  void Serialize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    Finalize(states, count, out);
  }
  void MergeSerialized(const Column& column, const RowSet& rows, uint8_t* const* states,
                       StateArena& arena) const override {
    rows.ForEach([&](size_t row) { Offer(column, row, At(states[row]), arena); });
  }

 private:
  static State& At(uint8_t* state) { return *reinterpret_cast<State*>(state); }

  static void Offer(const Column& column, size_t row, State& state, StateArena& arena) {
    if (column.IsNull(row) || (kPick == Pick::kAny && state.has != 0)) return;
    std::string key;
    std::string value;
    AppendMemcomparable(column, row, key);
    SerializeNested(column, row, value);
    Offer(key, value, state, arena);
  }
  static void Offer(std::string_view key, std::string_view value, State& state, StateArena& arena) {
    if (state.has != 0) {
      const int order = key.compare(state.key.view());
      if (kPick == Pick::kAny || (kPick == Pick::kMin ? order >= 0 : order <= 0)) return;
    }
    state.key.Assign(key, arena);
    state.value.Assign(value, arena);
    state.has = 1;
  }
  Type type_;
};

template <Pick kPick>
Ops MakePick(const Type& type) {
  if (type.is_nested()) return std::make_shared<const NestedPickOps<kPick>>(type);
  return VisitPhysical(type.physical(), [&]<typename T>() -> Ops {
    if constexpr (std::is_same_v<T, ListEntry>) {
      throw Error::Internal("plain pick of {}", type.ToString());
    } else if constexpr (std::is_same_v<T, StringRef>) {
      return std::make_shared<const PickOps<StringHolder<kPick>>>(type);
    } else {
      return std::make_shared<const PickOps<FixedHolder<T, kPick>>>(type);
    }
  });
}

AggregateOverload AnyOverload(Ops (*make)(const Type&)) {
  AggregateOverload overload;
  overload.parameters = {TypePattern::Kind::kAnyElement};
  overload.result = TypePattern::Kind::kAnyElement;
  overload.ignores_distinct = true;
  overload.make = [make](std::span<const Type> arguments, const Type&, std::span<const std::optional<Value>>) {
    return make(arguments[0]);
  };
  return overload;
}

}  // namespace

void RegisterMinMaxAggregates(Registry& registry) {
  AddAggregate(registry, "min", "Smallest value; NaN counts as greatest.", "min(x) FROM (VALUES (2), (1), (3)) t(x)",
               "1", {AnyOverload(MakePick<Pick::kMin>)});

  AddAggregate(registry, "max", "Greatest value; NaN counts as greatest.", "max(x) FROM (VALUES (2), (1), (3)) t(x)",
               "3", {AnyOverload(MakePick<Pick::kMax>)});

  AddAggregate(registry, {"any_value", {"arbitrary"}}, "Some value of the group that is not NULL, if there is one.",
               "any_value(x) FROM (VALUES (7), (7)) t(x)", "7", {AnyOverload(MakePick<Pick::kAny>)});
}

}  // namespace weir
