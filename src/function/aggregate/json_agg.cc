#include "base/json_text.h"
#include "function/aggregate/arena_buffer.h"
#include "function/aggregate/families.h"
#include "function/aggregate/spec.h"
#include "function/aggregate/typed_aggregate.h"
#include "types/jsonb.h"

namespace weir {

namespace {

using Ops = std::shared_ptr<const AggregateOps>;

// What sets the aggregates of this family apart.
struct JsonAggForm {
  bool jsonb = false;
  bool unique = false;  // keys must not be repeated
  bool strict = false;  // fields that are null are left out
  std::string_view separator = ", ";
};

// json_agg(json) and json_object_agg(text, json): the text of the elements with commas between them. The binder makes
// json of arguments of other types.
template <bool kObject>
class JsonAggOps final : public AggregateOps {
 public:
  explicit JsonAggOps(JsonAggForm form) : form_(form) {}
  struct State {
    ArenaBuffer text;
    uint64_t has;
  };

  Type result_type() const override { return form_.jsonb ? Type::Jsonb() : Type(TypeKind::kJson); }
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
      if (form_.unique) RequireDistinctKeys(text);
      out.AppendString(form_.jsonb ? NormalizeJsonb(text) : text);
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
  void Add(State& state, std::string_view text, StateArena& arena) const {
    if (state.has != 0 && !state.text.view().empty() && !text.empty()) state.text.Append(form_.separator, arena);
    state.has = 1;
    state.text.Append(text, arena);
  }
  static void RequireDistinctKeys(const std::string& text) {
    const JsonDocument document(text);
    document.ForEachField(document.root(), [&](const JsonDocument::Node& key, const JsonDocument::Node& value) {
      const std::string name = JsonDocument::StringOf(key);
      if (document.Find(document.root(), name) != &value) {
        throw Error::User(sqlstate::kDuplicateJsonKey, "duplicate JSON object key value: {}", key.text);
      }
    });
  }
  template <typename Body>
  void ForEachRow(const AggregateInput& input, Body&& body) const {
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
        if (form_.strict && values.IsNull(row)) {
          body(row, text);
          return;
        }
        AppendJsonString(keys.At<StringRef>(row).view(), text);
        text += " : ";
        text += json(row);
        body(row, text);
      });
    }
  }

  JsonAggForm form_;
};

template <bool kObject>
AggregateOverload Overload(JsonAggForm form) {
  AggregateOverload overload;
  overload.parameters = {TypeKind::kJson};
  if (kObject) overload.parameters = {TypeKind::kVarchar, TypeKind::kJson};
  overload.result = form.jsonb ? Type::Jsonb() : Type(TypeKind::kJson);
  overload.skip_nulls = form.strict && !kObject;
  overload.order_sensitive = true;
  overload.make = [form](std::span<const Type>, const Type&, std::span<const std::optional<Value>>) -> Ops {
    return std::make_shared<const JsonAggOps<kObject>>(form);
  };
  return overload;
}

template <bool kObject>
void Add(Registry& registry, std::string name, std::vector<std::string> aliases, std::string description,
         const std::string& example, std::string result, JsonAggForm form) {
  std::string whole = name + example;
  AddAggregate(registry, {std::move(name), std::move(aliases)}, std::move(description), std::move(whole),
               std::move(result), {Overload<kObject>(form)});
}

}  // namespace

void RegisterJsonAggregates(Registry& registry) {
  const std::string values = "(x ORDER BY x) FROM (VALUES (2), (1)) t(x)";
  const std::string pairs = "(k, v) FROM (VALUES ('a', 1)) t(k, v)";
  Add<false>(registry, "json_agg", {"json_arrayagg", "json_group_array"}, "The values as a json array, NULLs as null.",
             values, "[1, 2]", {});
  // What json_agg of lists and structs becomes: PostgreSQL writes each on a line of its own.
  Add<false>(registry, "json_agg_lines", {}, "The values as a json array, each on a line.", values, "[1, \n 2]",
             {.separator = ", \n "});
  Add<false>(registry, "json_agg_strict", {}, "The values as a json array, without NULLs.", values, "[1, 2]",
             {.strict = true});
  Add<false>(registry, "jsonb_agg", {}, "The values as a jsonb array, NULLs as null.", values, "[1, 2]",
             {.jsonb = true});
  Add<false>(registry, "jsonb_agg_strict", {}, "The values as a jsonb array, without NULLs.", values, "[1, 2]",
             {.jsonb = true, .strict = true});
  Add<true>(registry, "json_object_agg", {"json_objectagg", "json_group_object"}, "A json object of keys and values.",
            pairs, "{ \"a\" : 1 }", {});
  Add<true>(registry, "json_object_agg_strict", {}, "A json object of keys and values, without those that are NULL.",
            pairs, "{ \"a\" : 1 }", {.strict = true});
  Add<true>(registry, "json_object_agg_unique", {}, "A json object of keys and values; a repeated key is an error.",
            pairs, "{ \"a\" : 1 }", {.unique = true});
  Add<true>(registry, "json_object_agg_unique_strict", {},
            "A json object of keys and values without NULLs; a repeated key is an error.", pairs, "{ \"a\" : 1 }",
            {.unique = true, .strict = true});
  Add<true>(registry, "jsonb_object_agg", {}, "A jsonb object of keys and values.", pairs, "{\"a\": 1}",
            {.jsonb = true});
  Add<true>(registry, "jsonb_object_agg_strict", {}, "A jsonb object of keys and values, without those that are NULL.",
            pairs, "{\"a\": 1}", {.jsonb = true, .strict = true});
  Add<true>(registry, "jsonb_object_agg_unique", {}, "A jsonb object of keys and values; a repeated key is an error.",
            pairs, "{\"a\": 1}", {.jsonb = true, .unique = true});
  Add<true>(registry, "jsonb_object_agg_unique_strict", {},
            "A jsonb object of keys and values without NULLs; a repeated key is an error.", pairs, "{\"a\": 1}",
            {.jsonb = true, .unique = true, .strict = true});
}

}  // namespace weir
