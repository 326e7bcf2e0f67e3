// JSON of SQL values.

#include <set>

#include "base/json_text.h"
#include "function/scalar/json_kernel.h"
#include "function/scalar/list_view.h"
#include "function/scalar/register.h"
#include "types/to_json.h"

namespace weir {

namespace {

constexpr TypePattern::Kind kAny = TypePattern::Kind::kAny;

ColumnPtr ToJson(const KernelArgs& args) {
  const TextOptions options = TextOptionsOf(args.context.statement());
  FlatWriter<StringRef> out(args.result_type, args.size);
  std::string text;
  args.rows.ForEach([&](size_t row) {
    text.clear();
    AppendJson(args.columns[0]->GetValue(row), options, text);
    out.SetString(row, text);
  });
  return out.Finish();
}

// With a second argument that is true: a line for each element or field of the outermost level.
ColumnPtr ToJsonLines(const KernelArgs& args) {
  const TextOptions options = TextOptionsOf(args.context.statement());
  const ColumnView pretty(*args.columns[1]);
  FlatWriter<StringRef> out(args.result_type, args.size);
  args.rows.ForEach([&](size_t row) {
    const Value value = args.columns[0]->GetValue(row);
    std::string text;
    if (pretty.At<uint8_t>(row) == 0 || value.type().is(TypeKind::kMap)) {
      AppendJson(value, options, text);
    } else {
      const bool is_list = value.type().is(TypeKind::kList);
      text += is_list ? '[' : '{';
      for (size_t i = 0; i < value.parts().size(); ++i) {
        if (i > 0) text += ",\n ";
        if (!is_list) {
          AppendJsonString(value.type().fields()[i].name, text);
          text += ':';
        }
        AppendJson(value.parts()[i], options, text);
      }
      text += is_list ? ']' : '}';
    }
    out.SetString(row, text);
  });
  return out.Finish();
}

ColumnPtr BuildArray(const KernelArgs& args) {
  const TextOptions options = TextOptionsOf(args.context.statement());
  FlatWriter<StringRef> out(args.result_type, args.size);
  args.rows.ForEach([&](size_t row) {
    std::string text = "[";
    for (size_t i = 0; i < args.columns.size(); ++i) {
      if (i > 0) text += ", ";
      AppendJson(args.columns[i]->GetValue(row), options, text);
    }
    out.SetString(row, text + "]");
  });
  return out.Finish();
}

// JSON_ARRAY(... ABSENT ON NULL)
ColumnPtr BuildArrayOfValues(const KernelArgs& args) {
  const TextOptions options = TextOptionsOf(args.context.statement());
  FlatWriter<StringRef> out(args.result_type, args.size);
  args.rows.ForEach([&](size_t row) {
    std::string text = "[";
    for (const ColumnPtr& column : args.columns) {
      const Value value = column->GetValue(row);
      if (value.is_null()) continue;
      if (text.size() > 1) text += ", ";
      AppendJson(value, options, text);
    }
    out.SetString(row, text + "]");
  });
  return out.Finish();
}

// `{...}` of two texts are PostgreSQL's json_object(keys, values).
bool AreArrayTexts(const KernelArgs& args, size_t row) {
  if (args.columns.size() != 2) return false;
  for (const ColumnPtr& column : args.columns) {
    const ColumnView view(*column);
    if (!column->type().is_string() || view.IsNull(row)) return false;
    const std::string_view text = TextAt(view, row);
    if (!text.starts_with('{') || !text.ends_with('}')) return false;
  }
  return true;
}

void AppendPair(const Value& key, std::string_view value, std::string_view colon, std::string& text) {
  if (text.size() > 1) text += ", ";
  AppendJsonString(key.bytes(), text);
  text += colon;
  text += value;
}

std::string ObjectOfTexts(const std::vector<Value>& keys, const std::vector<Value>& values) {
  if (keys.size() != values.size()) {
    throw Error::User(sqlstate::kArraySubscriptError, "mismatched array dimensions");
  }
  std::string text = "{";
  for (size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].is_null()) {
      throw Error::User(sqlstate::kNullValueNotAllowed, "null value not allowed for object key");
    }
    std::string value = "null";
    if (!values[i].is_null()) {
      value.clear();
      AppendJsonString(values[i].bytes(), value);
    }
    AppendPair(keys[i], value, " : ", text);
  }
  return text + "}";
}

// json_object(text[]): keys and values in turn; json_object(text[], text[]).
ColumnPtr ObjectOfArrays(const KernelArgs& args) {
  FlatWriter<StringRef> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    const Value first = args.columns[0]->GetValue(row);
    if (args.columns.size() == 2) {
      out.SetString(row, ObjectOfTexts(first.parts(), args.columns[1]->GetValue(row).parts()));
      return;
    }
    const std::vector<Value>& parts = first.parts();
    if (parts.size() % 2 != 0) {
      throw Error::User(sqlstate::kArraySubscriptError, "array must have even number of elements");
    }
    std::vector<Value> keys, values;
    for (size_t i = 0; i < parts.size(); i += 2) {
      keys.push_back(parts[i]);
      values.push_back(parts[i + 1]);
    }
    out.SetString(row, ObjectOfTexts(keys, values));
  });
  return out.Finish();
}

// With ABSENT ON NULL, values that are NULL are left out; WITH UNIQUE KEYS refuses repeated keys.
ScalarKernel BuildObject(std::string name, bool absent = false, bool unique = false) {
  return [name = std::move(name), absent, unique](const KernelArgs& args) {
    const TextOptions options = TextOptionsOf(args.context.statement());
    FlatWriter<StringRef> out(args.result_type, args.size);
    ForEachRow(args, [&](size_t row) {
      if (args.columns.size() % 2 != 0) {
        throw Error::User(sqlstate::kInvalidParameterValue, "argument list must have even number of elements")
            .WithHint(fmt::format("The arguments of {}() must consist of alternating keys and values.", name));
      }
      if (name.ends_with("_object") && !name.ends_with("build_object") && AreArrayTexts(args, row)) {
        const Type texts = Type::List(kText);
        const Value keys = ParseValue(texts, TextAt(ColumnView(*args.columns[0]), row), options);
        const Value values = ParseValue(texts, TextAt(ColumnView(*args.columns[1]), row), options);
        out.SetString(row, ObjectOfTexts(keys.parts(), values.parts()));
        return;
      }
      std::string text = "{";
      std::set<std::string> keys;
      for (size_t i = 0; i < args.columns.size(); i += 2) {
        const Value key = args.columns[i]->GetValue(row);
        if (key.is_null()) {
          if (args.result_type.is_jsonb()) {
            throw Error::User(sqlstate::kInvalidParameterValue, "argument {}: key must not be null", i + 1);
          }
          throw Error::User(sqlstate::kInvalidParameterValue, "argument {} cannot be null", i + 1)
              .WithHint("Object keys should be text.");
        }
        if (key.type().is_nested() || key.type().is(kJson)) {
          throw Error::User(sqlstate::kInvalidParameterValue,
                            "key value must be scalar, not array, composite, or json");
        }
        const Value item = args.columns[i + 1]->GetValue(row);
        if (absent && item.is_null()) continue;
        std::string value;
        AppendJson(item, options, value);
        const Value name_of_key =
            Value::String(key.type().is(kBool) ? (key.boolean() ? "true" : "false") : FormatValue(key, options));
        if (unique && !keys.insert(name_of_key.bytes()).second) {
          throw Error::User(sqlstate::kDuplicateJsonKey, "duplicate JSON object key value: \"{}\"",
                            name_of_key.bytes());
        }
        AppendPair(name_of_key, value, " : ", text);
      }
      out.SetString(row, text + "}");
    });
    return out.Finish();
  };
}

}  // namespace

void RegisterJsonBuildFunctions(Registry& registry) {
  Family family(registry, "json");
  const Type jsonb = Type::Jsonb();
  const Type texts = Type::List(kText);
  family.Add({"to_json", {"json_quote"}}, "The value as json.", "to_json(ARRAY[1, 2])", "[1,2]",
             {Stable(Total({kAny}, kJson, ToJson))});
  family.Add("to_jsonb", "The value as jsonb.", "to_jsonb(ARRAY[1, 2])", "[1, 2]",
             {Stable(Partial({kAny}, jsonb, InJsonbForm(ToJson)))});
  family.Add("row_to_json", "The struct as a json object; with true, a line for each field.",
             "row_to_json(named_struct('a', 1))", "{\"a\":1}",
             {Stable(Total({TypePattern::Kind::kAnyStruct}, kJson, ToJson)),
              Stable(Total({TypePattern::Kind::kAnyStruct, kBool}, kJson, ToJsonLines))});
  family.Add("array_to_json", "The list as a json array; with true, a line for each element.",
             "array_to_json(ARRAY[1, 5])", "[1,5]",
             {Stable(Total({TypePattern::Kind::kAnyList}, kJson, ToJson)),
              Stable(Total({TypePattern::Kind::kAnyList, kBool}, kJson, ToJsonLines))});
  const auto overloads = [](const Type& json, const ScalarKernel& kernel, bool at_least_two) {
    std::vector<TypePattern> parameters = {kAny};
    if (at_least_two) parameters.emplace_back(kAny);
    return std::vector<FunctionOverload>{Stable(Variadic(SeesNulls(Partial(parameters, json, InJsonbForm(kernel))))),
                                         Partial({}, json, InJsonbForm(kernel))};
  };
  family.Add({"json_build_array", {"json_array"}}, "A json array of the arguments.", "json_build_array(1, 2, 'foo')",
             "[1, 2, \"foo\"]", overloads(kJson, BuildArray, false));
  family.Add("jsonb_build_array", "A jsonb array of the arguments.", "jsonb_build_array(1, 2, 'foo')",
             "[1, 2, \"foo\"]", overloads(jsonb, BuildArray, false));
  family.Add("json_build_object", "A json object of keys and values in turn.",
             "json_build_object('foo', 1, 'bar', NULL)", "{\"foo\" : 1, \"bar\" : null}",
             overloads(kJson, BuildObject("json_build_object"), false));
  family.Add("jsonb_build_object", "A jsonb object of keys and values in turn.",
             "jsonb_build_object('foo', 1, 'bar', NULL)", "{\"bar\": null, \"foo\": 1}",
             overloads(jsonb, BuildObject("jsonb_build_object"), false));
  family.Add("json_array_absent", "JSON_ARRAY(... ABSENT ON NULL).", "json_array_absent(1, NULL, 2)", "[1, 2]",
             overloads(kJson, BuildArrayOfValues, false));
  family.Add("json_object_absent", "JSON_OBJECT(... ABSENT ON NULL).", "json_object_absent('a', 1, 'b', NULL)",
             "{\"a\" : 1}", overloads(kJson, BuildObject("json_object_absent", true), false));
  family.Add("json_object_unique", "JSON_OBJECT(... WITH UNIQUE KEYS).", "json_object_unique('a', 1)", "{\"a\" : 1}",
             overloads(kJson, BuildObject("json_object_unique", false, true), false));
  family.Add("json_object_absent_unique", "JSON_OBJECT(... ABSENT ON NULL WITH UNIQUE KEYS).",
             "json_object_absent_unique('a', 1, 'b', NULL)", "{\"a\" : 1}",
             overloads(kJson, BuildObject("json_object_absent_unique", true, true), false));
  for (const std::string name : {"json_object", "jsonb_object"}) {
    const bool is_jsonb = name == "jsonb_object";
    const Type json = is_jsonb ? jsonb : Type(kJson);
    std::vector<FunctionOverload> all = overloads(json, BuildObject(name), true);
    all.push_back(Partial({texts}, json, InJsonbForm(ObjectOfArrays)));
    all.push_back(Partial({texts, texts}, json, InJsonbForm(ObjectOfArrays)));
    family.Add(name, "An object of texts: a list of keys and values in turn, or one of keys and one of values.",
               name + "(ARRAY['a', '1', 'b', 'def'])",
               is_jsonb ? "{\"a\": \"1\", \"b\": \"def\"}" : "{\"a\" : \"1\", \"b\" : \"def\"}", std::move(all));
  }
}

}  // namespace weir
