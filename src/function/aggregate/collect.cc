#include "algo/row_layout.h"
#include "function/aggregate/arena_buffer.h"
#include "function/aggregate/families.h"
#include "function/aggregate/spec.h"
#include "function/aggregate/typed_aggregate.h"
#include "runtime/cancellation_scope.h"

namespace weir {

namespace {

using Ops = std::shared_ptr<const AggregateOps>;

// string_agg: values joined by separators. The separator of each row goes before its value, but for the first row;
// it is kept all the same, since it comes first no more once states are merged.
class StringAggOps final : public AggregateOps {
 public:
  struct State {
    ArenaBuffer text;  // separator, value, separator, value, ...
    uint32_t first_separator;
    uint32_t has;
  };
  static constexpr uint8_t kVersion = 1;

  StringAggOps(Type type, std::string separator) : type_(std::move(type)), separator_(std::move(separator)) {}

  Type result_type() const override { return type_; }
  size_t state_size() const override { return sizeof(State); }
  void Update(const AggregateInput& input, uint8_t* const* states) const override {
    ForEachRow(input, [&](size_t row, std::string_view separator, std::string_view value) {
      Add(At(states[row]), separator, value, input.arena);
    });
  }
  void UpdateSingle(const AggregateInput& input, uint8_t* state) const override {
    ForEachRow(input, [&](size_t, std::string_view separator, std::string_view value) {
      Add(At(state), separator, value, input.arena);
    });
  }
  void Merge(uint8_t* const* from, uint8_t* const* to, size_t count, StateArena& arena) const override {
    for (size_t i = 0; i < count; ++i) {
      const State& source = At(from[i]);
      if (source.has != 0) Join(At(to[i]), source.first_separator, source.text.view(), arena);
    }
  }
  void Finalize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    for (size_t i = 0; i < count; ++i) {
      const State& state = At(states[i]);
      if (state.has == 0) {
        out.AppendNull();
      } else {
        out.AppendString(state.text.view().substr(state.first_separator));
      }
    }
  }
  Type intermediate_type() const override { return TypeKind::kVarbinary; }
  void Serialize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    for (size_t i = 0; i < count; ++i) {
      const State& state = At(states[i]);
      ByteWriter writer;
      writer.Put(kVersion);
      writer.Put(static_cast<uint8_t>(state.has));
      writer.PutVarint(state.first_separator);
      writer.PutString(state.has != 0 ? state.text.view() : std::string_view());
      out.AppendString(writer.buffer());
    }
  }
  void MergeSerialized(const Column& column, const RowSet& rows, uint8_t* const* states,
                       StateArena& arena) const override {
    ForEachSerialized(column, rows, states, [&](uint8_t* state, std::string_view bytes) {
      ByteReader reader(bytes);
      if (reader.Get<uint8_t>() != kVersion) ThrowBadState("unknown version");
      const bool has = reader.Get<uint8_t>() != 0;
      const uint64_t first_separator = reader.GetVarint();
      const std::string_view text = reader.GetString();
      if (!reader.empty() || first_separator > text.size()) ThrowBadState("string_agg");
      if (has) Join(At(state), static_cast<uint32_t>(first_separator), text, arena);
    });
  }

 private:
  static State& At(uint8_t* state) { return *reinterpret_cast<State*>(state); }

  template <typename Body>
  void ForEachRow(const AggregateInput& input, Body&& body) const {
    const ColumnView values(*input.columns[0]);
    if (input.columns.size() < 2) {
      input.rows.ForEach([&](size_t row) {
        if (values.IsValid(row)) body(row, separator_, values.At<StringRef>(row).view());
      });
      return;
    }
    // A NULL separator separates by nothing.
    const ColumnView separators(*input.columns[1]);
    input.rows.ForEach([&](size_t row) {
      if (!values.IsValid(row)) return;
      const bool has_separator = separators.IsValid(row);
      body(row, has_separator ? separators.At<StringRef>(row).view() : std::string_view(),
           values.At<StringRef>(row).view());
    });
  }
  static void Add(State& state, std::string_view separator, std::string_view value, StateArena& arena) {
    if (state.has == 0) {
      state.has = 1;
      state.first_separator = static_cast<uint32_t>(separator.size());
    }
    state.text.Append(separator, arena);
    state.text.Append(value, arena);
  }
  static void Join(State& state, uint32_t first_separator, std::string_view text, StateArena& arena) {
    if (state.has == 0) {
      state.has = 1;
      state.first_separator = first_separator;
    }
    state.text.Append(text, arena);
  }

  Type type_;
  std::string separator_;
};

// array_agg: the values, NULLs included, in their serialised form one after the other.
class ArrayAggOps final : public AggregateOps {
 public:
  struct State {
    ArenaBuffer values;
    uint64_t count;
  };

  explicit ArrayAggOps(Type type) : type_(std::move(type)) {}

  Type result_type() const override { return type_; }
  size_t state_size() const override { return sizeof(State); }
  void Update(const AggregateInput& input, uint8_t* const* states) const override {
    std::string bytes;
    input.rows.ForEach([&](size_t row) { Add(At(states[row]), *input.columns[0], row, bytes, input.arena); });
  }
  void UpdateSingle(const AggregateInput& input, uint8_t* state) const override {
    std::string bytes;
    input.rows.ForEach([&](size_t row) { Add(At(state), *input.columns[0], row, bytes, input.arena); });
  }
  void Merge(uint8_t* const* from, uint8_t* const* to, size_t count, StateArena& arena) const override {
    for (size_t i = 0; i < count; ++i) {
      At(to[i]).values.Append(At(from[i]).values.view(), arena);
      At(to[i]).count += At(from[i]).count;
    }
  }
  void Finalize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    for (size_t i = 0; i < count; ++i) {
      const State& state = At(states[i]);
      if (state.count == 0) {
        out.AppendNull();
        continue;
      }
      ByteReader in(state.values.view());
      for (uint64_t k = 0; k < state.count; ++k) {
        if (k % 4096 == 0) CancellationScope::Check();
        DeserializeNested(in, out.child(0));
      }
      out.CloseRow();
    }
  }
  Type intermediate_type() const override { return type_; }
  void Serialize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    Finalize(states, count, out);
  }
  void MergeSerialized(const Column& column, const RowSet& rows, uint8_t* const* states,
                       StateArena& arena) const override {
    std::string bytes;
    const ColumnView view(column);
    const Column& elements = *view.base().child(0);
    ForEachValue<ListEntry>(column, rows, [&](size_t row, const ListEntry& entry) {
      for (uint32_t k = 0; k < entry.length; ++k) Add(At(states[row]), elements, entry.offset + k, bytes, arena);
    });
  }

 private:
  static State& At(uint8_t* state) { return *reinterpret_cast<State*>(state); }
  static void Add(State& state, const Column& column, size_t row, std::string& bytes, StateArena& arena) {
    bytes.clear();
    SerializeNested(column, row, bytes);
    state.values.Append(bytes, arena);
    ++state.count;
  }
  Type type_;
};

AggregateOverload StringAggOverload(TypeKind kind, size_t parameters, const std::string& default_separator) {
  AggregateOverload overload;
  overload.parameters.assign(parameters, kind);
  overload.result = kind;
  overload.order_sensitive = true;
  overload.skip_nulls = parameters == 1;  // the separator may be NULL
  overload.make = [default_separator](std::span<const Type>, const Type& result,
                                      std::span<const std::optional<Value>>) -> Ops {
    return std::make_shared<const StringAggOps>(result, default_separator);
  };
  return overload;
}

}  // namespace

void RegisterCollectAggregates(Registry& registry) {
  AddAggregate(registry, {"string_agg", {"listagg"}}, "The values joined by a separator.",
               "string_agg(x, ', ' ORDER BY x) FROM (VALUES ('b'), ('a')) t(x)", "a, b",
               {StringAggOverload(TypeKind::kVarchar, 2, ""), StringAggOverload(TypeKind::kVarbinary, 2, "")});

  AddAggregate(registry, "group_concat", "The values joined by a separator, a comma unless given.",
               "group_concat(x ORDER BY x) FROM (VALUES ('b'), ('a')) t(x)", "a,b",
               {StringAggOverload(TypeKind::kVarchar, 1, ","), StringAggOverload(TypeKind::kVarchar, 2, "")});

  AggregateOverload array_overload;
  array_overload.parameters = {TypePattern::Kind::kAnyElement};
  array_overload.result = TypePattern::Kind::kAnyList;
  array_overload.skip_nulls = false;
  array_overload.order_sensitive = true;
  array_overload.make = [](std::span<const Type> arguments, const Type&, std::span<const std::optional<Value>>) -> Ops {
    return std::make_shared<const ArrayAggOps>(Type::List(arguments[0]));
  };
  AddAggregate(registry, {"array_agg", {"list"}}, "The values as an array, NULLs included.",
               "array_agg(x ORDER BY x) FROM (VALUES (2), (1)) t(x)", "{1,2}", {std::move(array_overload)});
}

}  // namespace weir
