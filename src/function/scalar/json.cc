// JSON: access by key, index and path, and tests.

#include <algorithm>
#include <charconv>

#include "function/scalar/json_kernel.h"
#include "function/scalar/list_view.h"
#include "function/scalar/register.h"
#include "types/jsonb.h"

namespace weir {

namespace {

// The steps of a path as one kernel: `find` gets the document and the row.
template <bool kAsText, typename Find>
ColumnPtr Extract(const KernelArgs& args, Find find) {
  DocumentColumn documents(*args.columns[0]);
  FlatWriter<StringRef> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    const JsonDocument& document = documents.At(row);
    SetJsonPart(out, row, find(document, row), kAsText);
  });
  return out.Finish();
}

// The same by one path for all rows: nothing else of the texts is taken apart.
template <bool kAsText>
ColumnPtr ExtractPath(const KernelArgs& args, std::vector<JsonPathStep> path) {
  const JsonPaths paths({std::move(path)});
  ScannedTexts texts(*args.columns[0], paths);
  FlatWriter<StringRef> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) { SetJsonPart(out, row, texts.At(row).found(0), kAsText); });
  return out.Finish();
}

template <bool kAsText>
ColumnPtr ByKey(const KernelArgs& args) {
  const ColumnView keys(*args.columns[1]);
  if (keys.is_constant() && !keys.IsNull(0)) {
    return ExtractPath<kAsText>(args, {{JsonPathStep::Kind::kKey, std::string(TextAt(keys, 0)), 0}});
  }
  return Extract<kAsText>(args, [&](const JsonDocument& document, size_t row) {
    return document.Find(document.root(), TextAt(keys, row));
  });
}

// PostgreSQL: a scalar of jsonb is its own only element, for the arrows.
template <bool kAsText, bool kIsArrow = true>
ColumnPtr ByIndex(const KernelArgs& args) {
  const ColumnView indices(*args.columns[1]);
  const bool scalars = kIsArrow && args.columns[0]->type().is_jsonb();
  if (!scalars && indices.is_constant() && !indices.IsNull(0)) {
    return ExtractPath<kAsText>(args, {{JsonPathStep::Kind::kIndex, "", indices.At<int64_t>(0)}});
  }
  return Extract<kAsText>(args, [&](const JsonDocument& document, size_t row) {
    const int64_t index = indices.At<int64_t>(row);
    if (scalars && !document.root().is_container() && (index == 0 || index == -1)) return &document.root();
    return document.Element(document.root(), index);
  });
}

// A step of #> and json_extract_path: a key, or an index of an array.
const JsonNode* TextStep(const JsonDocument& document, const JsonNode& node, std::string_view step) {
  return FollowStep(document, node, JsonPathStep::Kind::kText, step);
}

JsonPathStep ConstantTextStep(std::string_view step) {
  return {JsonPathStep::Kind::kText, std::string(step), 0};
}

template <bool kAsText>
ColumnPtr ByTextPath(const KernelArgs& args) {
  const ListView paths(*args.columns[1]);
  if (args.columns[1]->is_constant() && !paths.IsNull(0)) {
    const ListEntry entry = paths.At(0);
    std::vector<JsonPathStep> path;
    for (uint32_t i = entry.offset; i < entry.offset + entry.length && !paths.IsNullElement(i); ++i) {
      path.push_back(ConstantTextStep(TextAt(paths.elements(), i)));
    }
    if (path.size() == entry.length) return ExtractPath<kAsText>(args, std::move(path));
  }
  return Extract<kAsText>(args, [&](const JsonDocument& document, size_t row) -> const JsonNode* {
    const ListEntry entry = paths.At(row);
    const JsonNode* node = &document.root();
    for (uint32_t i = entry.offset; i < entry.offset + entry.length && node != nullptr; ++i) {
      node = paths.IsNullElement(i) ? nullptr : TextStep(document, *node, TextAt(paths.elements(), i));
    }
    return node;
  });
}

template <bool kAsText>
ColumnPtr ByArguments(const KernelArgs& args) {
  std::vector<ColumnView> steps;
  std::vector<JsonPathStep> path;
  for (size_t i = 1; i < args.columns.size(); ++i) {
    const ColumnView& step = steps.emplace_back(*args.columns[i]);
    if (step.is_constant() && !step.IsNull(0)) path.push_back(ConstantTextStep(TextAt(step, 0)));
  }
  if (path.size() == steps.size()) return ExtractPath<kAsText>(args, std::move(path));
  return Extract<kAsText>(args, [&](const JsonDocument& document, size_t row) -> const JsonNode* {
    const JsonNode* node = &document.root();
    for (size_t i = 0; i < steps.size() && node != nullptr; ++i)
      node = TextStep(document, *node, TextAt(steps[i], row));
    return node;
  });
}

// ---- tests and parts

// f(document) for every row, as R.
template <typename R, typename F>
ScalarKernel OfDocument(F f) {
  return [f](const KernelArgs& args) {
    DocumentColumn documents(*args.columns[0]);
    FlatWriter<R> out(args.result_type, args.size);
    ForEachRow(args, [&](size_t row) {
      if constexpr (!std::is_same_v<R, StringRef>) out.Set(row, R{});
      f(documents.At(row), out, row);
    });
    return out.Finish();
  };
}

// The same where f needs to know only what the root is: f(root, out, row).
template <typename R, typename F>
ScalarKernel OfRoot(F f) {
  return [f](const KernelArgs& args) {
    const JsonPaths root(std::vector<std::vector<JsonPathStep>>(1));
    ScannedTexts texts(*args.columns[0], root);
    FlatWriter<R> out(args.result_type, args.size);
    ForEachRow(args, [&](size_t row) {
      if constexpr (!std::is_same_v<R, StringRef>) out.Set(row, R{});
      f(*texts.At(row).found(0), out, row);
    });
    return out.Finish();
  };
}

// `name` is what errors call it.
ScalarKernel ObjectKeys(std::string name) {
  return [name = std::move(name)](const KernelArgs& args) {
    DocumentColumn documents(*args.columns[0]);
    return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
      const JsonDocument& document = documents.At(row);
      if (document.root().kind != JsonKind::kObject) {
        throw Error::User(sqlstate::kInvalidParameterValue, "cannot call {} on {}", name,
                          document.root().kind == JsonKind::kArray ? "an array" : "a scalar");
      }
      document.ForEachField(document.root(), [&](const JsonNode& key, const JsonNode&) {
        out.child(0).AppendString(JsonDocument::StringOf(key));
      });
      out.CloseRow();
    });
  };
}

// StarRocks' json_keys: NULL for what is no object; also of the value at a path.
ColumnPtr KeysOrNull(const KernelArgs& args) {
  DocumentColumn documents(*args.columns[0]);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const JsonDocument& document = documents.At(row);
    if (document.root().kind != JsonKind::kObject) {
      out.AppendNull();
      return;
    }
    document.ForEachField(document.root(), [&](const JsonNode& key, const JsonNode&) {
      out.child(0).AppendString(JsonDocument::StringOf(key));
    });
    out.CloseRow();
  });
}

ScalarKernel ArrayElements(std::string name, bool as_text) {
  return [name = std::move(name), as_text](const KernelArgs& args) {
    DocumentColumn documents(*args.columns[0]);
    return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
      const JsonDocument& document = documents.At(row);
      if (document.root().kind != JsonKind::kArray) {
        throw Error::User(sqlstate::kInvalidParameterValue, "cannot extract elements from {}",
                          document.root().kind == JsonKind::kObject ? "an object" : "a scalar");
      }
      document.ForEachElement(document.root(), [&](const JsonNode& child) {
        std::string scratch;
        const auto text = as_text ? TextOf(child, scratch) : std::optional(child.text);
        if (text.has_value())
          out.child(0).AppendString(*text);
        else
          out.child(0).AppendNull();
      });
      out.CloseRow();
    });
  };
}

template <size_t kContainer>
ColumnPtr ContainsKernel(const KernelArgs& args) {
  DocumentColumn containers(*args.columns[kContainer]), parts(*args.columns[1 - kContainer]);
  FlatWriter<uint8_t> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, 0);
    const JsonDocument& whole = containers.At(row);
    const JsonDocument& piece = parts.At(row);
    out.Set(row, whole.Contains(whole.root(), piece, piece.root()) ? 1 : 0);
  });
  return out.Finish();
}

bool HasKey(const JsonDocument& document, std::string_view key) {
  const JsonNode& root = document.root();
  if (root.kind == JsonKind::kObject) return document.Find(root, key) != nullptr;
  if (root.kind == JsonKind::kString) return JsonDocument::StringEquals(root, key);
  bool found = false;
  if (root.kind == JsonKind::kArray) {
    document.ForEachElement(root, [&](const JsonNode& child) {
      found = found || (child.kind == JsonKind::kString && JsonDocument::StringEquals(child, key));
    });
  }
  return found;
}

ColumnPtr HasKeyKernel(const KernelArgs& args) {
  DocumentColumn documents(*args.columns[0]);
  const ColumnView keys(*args.columns[1]);
  FlatWriter<uint8_t> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, 0);
    out.Set(row, HasKey(documents.At(row), TextAt(keys, row)) ? 1 : 0);
  });
  return out.Finish();
}

template <bool kAll>
ColumnPtr HasKeysKernel(const KernelArgs& args) {
  DocumentColumn documents(*args.columns[0]);
  const ListView keys(*args.columns[1]);
  FlatWriter<uint8_t> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, 0);
    const JsonDocument& document = documents.At(row);
    const ListEntry entry = keys.At(row);
    bool result = kAll;
    for (uint32_t i = entry.offset; i < entry.offset + entry.length && result == kAll; ++i) {
      if (!keys.IsNullElement(i)) result = HasKey(document, TextAt(keys.elements(), i));
    }
    out.Set(row, result ? 1 : 0);
  });
  return out.Finish();
}

bool HasUniqueKeys(const JsonDocument& document, const JsonNode& node) {
  bool unique = true;
  if (node.kind == JsonKind::kArray) {
    document.ForEachElement(node, [&](const JsonNode& child) { unique = unique && HasUniqueKeys(document, child); });
  } else if (node.kind == JsonKind::kObject) {
    std::vector<std::string> keys;
    document.ForEachField(node, [&](const JsonNode& key, const JsonNode& value) {
      keys.push_back(JsonDocument::StringOf(key));
      unique = unique && HasUniqueKeys(document, value);
    });
    std::sort(keys.begin(), keys.end());
    unique = unique && std::adjacent_find(keys.begin(), keys.end()) == keys.end();
  }
  return unique;
}

ColumnPtr RowsOfIsJson(const KernelArgs& args) {
  std::vector<ColumnView> views;
  for (const ColumnPtr& column : args.columns) views.emplace_back(*column);
  FlatWriter<uint8_t> out(args.result_type, args.size);
  args.rows.ForEach([&](size_t row) {
    const std::string_view text = TextAt(views[0], row);
    bool result = IsValidJson(text);
    if (result && views.size() > 1) {
      const JsonDocument document(text);
      const std::string_view kind = TextAt(views[1], row);
      const JsonNode& root = document.root();
      result = kind == "value" || (kind == "object" && root.kind == JsonKind::kObject) ||
               (kind == "array" && root.kind == JsonKind::kArray) || (kind == "scalar" && !root.is_container());
      if (result && views.size() > 2) result = HasUniqueKeys(document, root);
    }
    out.Set(row, result ? 1 : 0);
  });
  return out.Finish();
}

void AddAccess(Family& family) {
  // Keys of json only; text left of an arrow is cast where it is a literal.
  family.Add("->", "The value of a key or an index (from 0, negative from the end), as json.",
             "'{\"a\": {\"b\": 1}}'::json -> 'a'", "{\"b\": 1}",
             {SameJson(Partial({kJson, kText}, kJson, ByKey<false>)),
              SameJson(Partial({kJson, kLong}, kJson, ByIndex<false>))});
  family.Add("->>", "The value of a key or an index, as text.", "'[1, \"x\"]'::json ->> 1", "x",
             {Partial({kJson, kText}, kText, ByKey<true>), Partial({kJson, kLong}, kText, ByIndex<true>)});
  const Type texts = Type::List(kText);
  family.Add("#>", "The value at a path of keys and indices, as json.", "'{\"a\": [1, 2]}'::json #> '{a,1}'", "2",
             {SameJson(Partial({kJson, texts}, kJson, ByTextPath<false>))});
  family.Add("[]", "", "", "",
             {SameJson(Partial({kJson, kText}, kJson, ByArguments<false>)),
              SameJson(Partial({kJson, kLong}, kJson, ByIndex<false, false>))});
  family.Add("#>>", "The value at a path of keys and indices, as text.", "'{\"a\": [\"x\"]}'::json #>> '{a,0}'", "x",
             {Partial({kJson, texts}, kText, ByTextPath<true>)});
  for (const std::string prefix : {"json", "jsonb"}) {
    const Type json = prefix == "json" ? Type(kJson) : Type::Jsonb();
    family.Add(prefix + "_extract_path", "The value at a path of keys and indices, as json.",
               prefix + "_extract_path('{\"f4\": {\"f5\": 99}}', 'f4', 'f5')", "99",
               {Variadic(Partial({json, kText}, json, ByArguments<false>))});
    family.Add(prefix + "_extract_path_text", "The value at a path of keys and indices, as text.",
               prefix + "_extract_path_text('{\"f4\": {\"f6\": \"foo\"}}', 'f4', 'f6')", "foo",
               {Variadic(Partial({json, kText}, kText, ByArguments<true>))});
  }
}

void AddTests(Family& family) {
  const Type texts = Type::List(kText);
  family.Add(
      {"json_typeof", {"jsonb_typeof", "json_type"}}, "object, array, string, number, boolean or null.",
      "json_typeof('-123.4')", "number",
      {Partial({kJson}, kText, OfRoot<StringRef>([](const JsonNode& root, FlatWriter<StringRef>& out, size_t row) {
                 out.SetString(row, JsonKindName(root.kind));
               }))});
  family.Add({"json_array_length", {"jsonb_array_length"}}, "Number of elements of an array.",
             "json_array_length('[1,2,{\"f1\":1}]')", "3",
             {Partial({kJson}, kInt, OfRoot<int32_t>([](const JsonNode& root, FlatWriter<int32_t>& out, size_t row) {
                        if (root.kind != JsonKind::kArray) {
                          throw Error::User(sqlstate::kInvalidParameterValue, "cannot get array length of {}",
                                            root.kind == JsonKind::kObject ? "a non-array" : "a scalar");
                        }
                        out.Set(row, static_cast<int32_t>(root.count));
                      }))});
  family.Add({"json_valid", {"is_json_text"}}, "Whether a text is JSON.", "json_valid('{\"a\": 1}')", "t",
             {Total({kText}, kBool, RowKernel<uint8_t, StringRef>([](StringRef text) -> uint8_t {
                      return IsValidJson(text) ? 1 : 0;
                    }))});
  const FunctionOverload is_json = Optional(2, Total({kText, kText, kText}, kBool, RowsOfIsJson));
  FunctionOverload is_json_of_json = is_json;
  is_json_of_json.parameters[0] = kJson;
  family.Add("is_json",
             "Whether a text is JSON of a kind (value, object, array, scalar; unique: without repeated keys).",
             "is_json('[1]', 'array')", "t", {is_json, is_json_of_json});
  for (const std::string prefix : {"json", "jsonb"}) {
    const Type json = prefix == "json" ? Type(kJson) : Type::Jsonb();
    std::string name = prefix + "_object_keys";
    family.Add(name, "The keys of an object as a list, in FROM as rows.", name + "('{\"f1\": \"abc\", \"f2\": {}}')",
               "{f1,f2}", {Partial({json}, texts, ObjectKeys(name))});
    name = prefix + "_array_elements";
    family.Add(name, "The elements of an array as a list, in FROM as rows.", name + "('[1, [true]]')", "{1,[true]}",
               {Partial({json}, Type::List(json), ArrayElements(name, false))});
    name += "_text";
    family.Add(name, "The elements of an array as a list of texts, in FROM as rows.", name + "('[\"a\", null]')",
               "{a,NULL}", {Partial({json}, texts, ArrayElements(name, true))});
  }
  family.Add("json_keys", "The keys of an object as a list; NULL of what is no object.",
             "json_keys('{\"f1\": \"abc\", \"f2\": {}}')", "{f1,f2}", {Partial({kJson}, texts, KeysOrNull)});
  family.Add({"json_elements", {"json_array_elements_list"}}, "The elements of an array as a list of json.",
             "json_elements('[1, [true]]')", "{1,[true]}",
             {Partial({kJson}, Type::List(kJson), ArrayElements("json_elements", false))});
  family.Add("json_elements_text", "The elements of an array as a list of texts.",
             "json_elements_text('[\"a\", null]')", "{a,NULL}",
             {Partial({kJson}, texts, ArrayElements("json_elements_text", true))});
  family.Add("json_length", "Number of elements of an array or fields of an object; 1 of a scalar.",
             "json_length('{\"a\": 1, \"b\": 2}')", "2",
             {Partial({kJson}, kInt, OfRoot<int32_t>([](const JsonNode& root, FlatWriter<int32_t>& out, size_t row) {
                        out.Set(row, root.is_container() ? static_cast<int32_t>(root.count) : 1);
                      }))});
  family.Add(
      {"jsonb_sort_key", {"json_sort_key"}},
      "Bytes that sort as jsonb values do and are equal where they are; what comparisons of jsonb and ORDER BY use.",
      "jsonb_sort_key('1.0') = jsonb_sort_key('1.00')", "t",
      {Partial({Type::Jsonb()}, TypeKind::kVarbinary,
               OfDocument<StringRef>([](const JsonDocument& document, FlatWriter<StringRef>& out, size_t row) {
                 std::string key;
                 AppendJsonbSortKey(document, key);
                 out.SetString(row, key);
               }))});
  family.Add("jsonb_canonical", "The value with numbers without zeros at their ends: of equal values the same text.",
             "jsonb_canonical('[1.0, 1.50]')", "[1, 1.5]",
             {Partial({Type::Jsonb()}, Type::Jsonb(),
                      OfDocument<StringRef>([](const JsonDocument& document, FlatWriter<StringRef>& out, size_t row) {
                        std::string text;
                        AppendCanonicalJsonb(document, document.root(), text);
                        out.SetString(row, text);
                      }))});
  family.Add("@>", "", "", "", {Partial({kJson, kJson}, kBool, ContainsKernel<0>)});
  family.Add("<@", "", "", "", {Partial({kJson, kJson}, kBool, ContainsKernel<1>)});
  family.Add("json_contains", "Whether the first value contains the second.",
             "json_contains('{\"a\":1,\"b\":2}', '{\"b\":2}')", "t",
             {Partial({kJson, kJson}, kBool, ContainsKernel<0>)});
  family.Add("?", "Whether the text is a key of the object, or an element of the array.", "'{\"a\": 1}'::json ? 'a'",
             "t", {Partial({kJson, kText}, kBool, HasKeyKernel)});
  family.Add("?|", "Whether any of the texts is a key.", "'{\"a\": 1}'::json ?| ARRAY['b', 'a']", "t",
             {Partial({kJson, texts}, kBool, HasKeysKernel<false>)});
  family.Add("?&", "Whether all of the texts are keys.", "'{\"a\": 1}'::json ?& ARRAY['b', 'a']", "f",
             {Partial({kJson, texts}, kBool, HasKeysKernel<true>)});
  family.Add({"parse_json", {"to_json_document"}}, "The text as json, checked.", "parse_json('[1, 2]')", "[1, 2]",
             {Partial({kText}, kJson, RowKernelWith<StringRef, StringRef>([](RowOut<StringRef>& out, StringRef text) {
                        Guard(out, [&] {
                          ValidateJson(text);
                          out.Set(text);
                        });
                      }))});
}

}  // namespace

void RegisterJsonFunctions(Registry& registry) {
  Family family(registry, "json");
  AddAccess(family);
  AddTests(family);
}

}  // namespace weir
