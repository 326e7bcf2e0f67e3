#include "algo/row_layout.h"
#include "function/aggregate/arena_buffer.h"
#include "function/aggregate/families.h"
#include "function/aggregate/ordering.h"
#include "function/aggregate/spec.h"
#include "function/aggregate/typed_aggregate.h"

namespace weir {

namespace {

using Ops = std::shared_ptr<const AggregateOps>;

// min_by(x, key) and max_by: the serialised x of the row with the least or greatest key. Rows in which either is NULL
// do not count; the first of equal keys wins.
template <typename K, bool kMax>
class ArgOps final : public AggregateOps {
 public:
  static constexpr bool kIsString = std::is_same_v<K, StringRef>;
  struct State {
    typename StateValue<K>::type key;  // a string: view of key_bytes
    ArenaBuffer key_bytes;
    ArenaBuffer value;
    uint64_t has;
  };
  static constexpr uint8_t kVersion = 1;

  explicit ArgOps(Type type) : type_(std::move(type)) {}

  Type result_type() const override { return type_; }
  size_t state_size() const override { return sizeof(State); }
  void Update(const AggregateInput& input, uint8_t* const* states) const override {
    std::string bytes;
    const ColumnView values(*input.columns[0]);
    ForEachValue<K>(*input.columns[1], input.rows, [&](size_t row, const K& key) {
      if (values.IsValid(row)) Offer(At(states[row]), key, *input.columns[0], row, bytes, input.arena);
    });
  }
  void UpdateSingle(const AggregateInput& input, uint8_t* state) const override {
    std::string bytes;
    const ColumnView values(*input.columns[0]);
    ForEachValue<K>(*input.columns[1], input.rows, [&](size_t row, const K& key) {
      if (values.IsValid(row)) Offer(At(state), key, *input.columns[0], row, bytes, input.arena);
    });
  }
  void Merge(uint8_t* const* from, uint8_t* const* to, size_t count, StateArena& arena) const override {
    for (size_t i = 0; i < count; ++i) {
      const State& source = At(from[i]);
      if (source.has == 0) continue;
      const K key = source.key;
      if (Wins(At(to[i]), key)) Set(At(to[i]), key, source.value.view(), arena);
    }
  }
  void Finalize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    for (size_t i = 0; i < count; ++i) {
      if (At(states[i]).has == 0) {
        out.AppendNull();
        continue;
      }
      ByteReader in(At(states[i]).value.view());
      DeserializeNested(in, out);
    }
  }
  Type intermediate_type() const override { return TypeKind::kVarbinary; }
  void Serialize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    for (size_t i = 0; i < count; ++i) {
      const State& state = At(states[i]);
      if (state.has == 0) {
        out.AppendNull();
        continue;
      }
      ByteWriter writer;
      writer.Put(kVersion);
      if constexpr (kIsString) {
        writer.PutString(state.key_bytes.view());
      } else {
        writer.Put(K{state.key});
      }
      writer.PutString(state.value.view());
      out.AppendString(writer.buffer());
    }
  }
  void MergeSerialized(const Column& column, const RowSet& rows, uint8_t* const* states,
                       StateArena& arena) const override {
    ForEachSerialized(column, rows, states, [&](uint8_t* state, std::string_view bytes) {
      ByteReader reader(bytes);
      if (reader.Get<uint8_t>() != kVersion) ThrowBadState("unknown version");
      K key;
      if constexpr (kIsString) {
        key = StringRef(reader.GetString());
      } else {
        key = reader.Get<K>();
      }
      const std::string_view value = reader.GetString();
      ColumnBuilder check(type_, 1);
      ByteReader in(value);
      DeserializeNested(in, check);
      if (!reader.empty() || !in.empty()) ThrowBadState("bytes left over");
      if (Wins(At(state), key)) Set(At(state), key, value, arena);
    });
  }

 private:
  static State& At(uint8_t* state) { return *reinterpret_cast<State*>(state); }
  static bool Wins(const State& state, const K& key) {
    if (state.has == 0) return true;
    const K held = state.key;
    return kMax ? OrderedBefore(held, key) : OrderedBefore(key, held);
  }
  static void Offer(State& state, const K& key, const Column& values, size_t row, std::string& bytes,
                    StateArena& arena) {
    if (!Wins(state, key)) return;
    bytes.clear();
    SerializeNested(values, row, bytes);
    Set(state, key, bytes, arena);
  }
  static void Set(State& state, const K& key, std::string_view value, StateArena& arena) {
    if constexpr (kIsString) {
      state.key_bytes.Assign(key.view(), arena);
      state.key = StringRef(state.key_bytes.view());
    } else {
      state.key = key;
    }
    state.value.Assign(value, arena);
    state.has = 1;
  }
  Type type_;
};

template <bool kMax>
Ops MakeArg(const Type& value, const Type& key) {
  if (key.is_nested()) throw Error::Unsupported("order by a part of it", "min_by or max_by on {}", key.ToString());
  return VisitPhysical(key.physical(), [&]<typename K>() -> Ops {
    if constexpr (std::is_same_v<K, ListEntry>) {
      throw Error::Internal("min_by on {}", key.ToString());
    } else {
      return std::make_shared<const ArgOps<K, kMax>>(value);
    }
  });
}

template <bool kMax>
void AddArg(Registry& registry, std::string name, std::vector<std::string> aliases, std::string description,
            std::string result) {
  AggregateOverload overload;
  overload.parameters = {TypePattern::Kind::kAnyElement, TypePattern::Kind::kAny};
  overload.result = TypePattern::Kind::kAnyElement;
  overload.ignores_distinct = true;
  overload.make = [](std::span<const Type> arguments, const Type&, std::span<const std::optional<Value>>) {
    return MakeArg<kMax>(arguments[0], arguments[1]);
  };
  std::string example = name + "(x, y) FROM (VALUES ('a', 2), ('b', 1)) t(x, y)";
  AddAggregate(registry, {std::move(name), std::move(aliases)}, std::move(description), std::move(example),
               std::move(result), {std::move(overload)});
}

}  // namespace

void RegisterArgMinMaxAggregates(Registry& registry) {
  AddArg<false>(registry, "min_by", {"arg_min", "argmin"}, "First argument of the row where the second is least.", "b");
  AddArg<true>(registry, "max_by", {"arg_max", "argmax"}, "First argument of the row where the second is greatest.",
               "a");
}

}  // namespace weir
