#include "base/json_text.h"
#include "expr/registry.h"
#include "function/aggregate/arena_buffer.h"
#include "function/aggregate/families.h"
#include "function/aggregate/typed_aggregate.h"

namespace weir {

namespace {

using Ops = std::shared_ptr<const AggregateOps>;

// json_agg(json) and json_object_agg(text, json): the text of the elements with commas between them. The binder makes
// json of arguments of other types.
template <bool kObject>
class JsonAggOps final : public AggregateOps {
 public:
  struct State {
    ArenaBuffer text;
    uint64_t has;
  };

  Type result_type() const override { return TypeKind::kJson; }
  size_t state_size() const override { return sizeof(State); }
  void Update(const AggregateInput& input, uint8_t* const* states) const override {
    ForEachRow(input, [&](size_t row, std::string_view text) { Add(At(states[row]), text, input.arena); });
  }
  void UpdateSingle(const AggregateInput& input, uint8_t* state) const override {
    ForEachRow(input, [&](size_t, std::string_view text) { Add(At(state), text, input.arena); });
  }
  void Merge(uint8_t* const* from, uint8_t* const* to, size_t count, StateArena& arena) const override {
    for (size_t i = 0; i < count; ++i) {
      if (At(from[i]).has != 0) Add(At(to[i]), At(from[i]).text.view(), arena);
    }
  }
  void Finalize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    for (size_t i = 0; i < count; ++i) {
      const State& state = At(states[i]);
      if (state.has == 0) {
        out.AppendNull();
        continue;
      }
      std::string text = kObject ? "{ " : "[";
      text += state.text.view();
      text += kObject ? " }" : "]";
      out.AppendString(text);
    }
  }
  Type intermediate_type() const override { return TypeKind::kVarbinary; }
  void Serialize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    for (size_t i = 0; i < count; ++i) {
      if (At(states[i]).has == 0) {
        out.AppendNull();
      } else {
        out.AppendString(At(states[i]).text.view());
      }
    }
  }
  void MergeSerialized(const Column& column, const RowSet& rows, uint8_t* const* states,
                       StateArena& arena) const override {
    ForEachSerialized(column, rows, states,
                      [&](uint8_t* state, std::string_view text) { Add(At(state), text, arena); });
  }

 private:
  static State& At(uint8_t* state) { return *reinterpret_cast<State*>(state); }
  static void Add(State& state, std::string_view text, StateArena& arena) {
    if (state.has != 0) state.text.Append(", ", arena);
    state.has = 1;
    state.text.Append(text, arena);
  }
  template <typename Body>
  static void ForEachRow(const AggregateInput& input, Body&& body) {
    const ColumnView values(*input.columns[kObject ? 1 : 0]);
    const auto json = [&](size_t row) {
      return values.IsNull(row) ? std::string_view("null") : values.At<StringRef>(row).view();
    };
    if constexpr (!kObject) {
      input.rows.ForEach([&](size_t row) { body(row, json(row)); });
    } else {
      const ColumnView keys(*input.columns[0]);
      std::string text;
      input.rows.ForEach([&](size_t row) {
        if (keys.IsNull(row)) {
          throw Error::User(sqlstate::kInvalidParameterValue, "field name must not be null");
        }
        text.clear();
        AppendJsonString(keys.At<StringRef>(row).view(), text);
        text += " : ";
        text += json(row);
        body(row, text);
      });
    }
  }
};

template <bool kObject>
AggregateOverload Overload() {
  AggregateOverload overload;
  overload.parameters = {TypeKind::kJson};
  if (kObject) overload.parameters = {TypeKind::kVarchar, TypeKind::kJson};
  overload.result = TypeKind::kJson;
  overload.skip_nulls = false;
  overload.order_sensitive = true;
  overload.make = [](std::span<const Type>, const Type&, std::span<const std::optional<Value>>) -> Ops {
    return std::make_shared<const JsonAggOps<kObject>>();
  };
  return overload;
}

}  // namespace

void RegisterJsonAggregates(Registry& registry) {
  AggregateSpec array;
  array.name = "json_agg";
  array.aliases = {"jsonb_agg", "json_arrayagg", "json_group_array"};
  array.description = "The values as a json array, NULLs as null.";
  array.example = "json_agg(x ORDER BY x) FROM (VALUES (2), (1)) t(x)";
  array.example_result = "[1, 2]";
  array.overloads = {Overload<false>()};
  registry.Add(std::move(array));

  AggregateSpec object;
  object.name = "json_object_agg";
  object.aliases = {"jsonb_object_agg", "json_objectagg", "json_group_object"};
  object.description = "A json object of keys and values.";
  object.example = "json_object_agg(k, v) FROM (VALUES ('a', 1)) t(k, v)";
  object.example_result = "{ \"a\" : 1 }";
  object.overloads = {Overload<true>()};
  registry.Add(std::move(object));
}

}  // namespace weir
