// JSON: access by key, index and path, tests, and JSON of SQL values.

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/json_text.h"
#include "function/scalar/kernel.h"
#include "function/scalar/list_view.h"
#include "function/scalar/register.h"
#include "types/json_document.h"
#include "types/text_scan.h"
#include "types/to_json.h"

namespace weir {

namespace {

using Node = JsonDocument::Node;
using Kind = JsonDocument::Kind;
constexpr TypeKind kText = TypeKind::kVarchar;
constexpr TypeKind kJson = TypeKind::kJson;
constexpr TypeKind kLong = TypeKind::kInt64;
constexpr TypeKind kInt = TypeKind::kInt32;
constexpr TypeKind kBool = TypeKind::kBoolean;
constexpr TypeKind kDouble = TypeKind::kDouble;
constexpr TypePattern::Kind kAny = TypePattern::Kind::kAny;

// The document of the row before is kept: constant arguments are parsed once.
class DocumentCache {
 public:
  const JsonDocument& Get(std::string_view text) {
    if (!valid_ || text != text_) {
      valid_ = false;
      text_ = text;
      document_.Parse(text_);
      valid_ = true;
    }
    return document_;
  }

 private:
  bool valid_ = false;
  JsonDocument document_;
  std::string text_;
};

std::string_view TextAt(const ColumnView& view, size_t row) {
  return view.values<StringRef>()[view.Index(row)].view();
}

// The value as text: strings without quotes. False for JSON null.
bool AppendAsText(const Node& node, std::string& out) {
  if (node.kind == Kind::kNull) return false;
  if (node.kind != Kind::kString)
    out += node.text;
  else if (!node.has_escapes)
    out += node.inner();
  else
    out += JsonDocument::StringOf(node);
  return true;
}

// Sets the row to a node as json or as text; NULL when there is none.
void SetNode(FlatWriter<StringRef>& out, size_t row, const Node* node, bool as_text) {
  if (node == nullptr) {
    out.SetNull(row);
  } else if (!as_text) {
    out.SetString(row, node->text);
  } else {
    std::string text;
    if (AppendAsText(*node, text))
      out.SetString(row, text);
    else
      out.SetNull(row);
  }
}

// The steps of a path as one kernel: `find` gets the document and the row.
template <bool kAsText, typename Find>
ColumnPtr Extract(const KernelArgs& args, Find find) {
  const ColumnView texts(*args.columns[0]);
  DocumentCache cache;
  FlatWriter<StringRef> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    const JsonDocument& document = cache.Get(TextAt(texts, row));
    SetNode(out, row, find(document, row), kAsText);
  });
  return out.Finish();
}

template <bool kAsText>
ColumnPtr ByKey(const KernelArgs& args) {
  const ColumnView keys(*args.columns[1]);
  return Extract<kAsText>(args, [&](const JsonDocument& document, size_t row) {
    return document.Find(document.root(), TextAt(keys, row));
  });
}

template <bool kAsText>
ColumnPtr ByIndex(const KernelArgs& args) {
  const ColumnView indices(*args.columns[1]);
  return Extract<kAsText>(args, [&](const JsonDocument& document, size_t row) {
    return document.Element(document.root(), indices.At<int64_t>(row));
  });
}

// A step of #> and json_extract_path: a key, or an index of an array.
const Node* TextStep(const JsonDocument& document, const Node& node, std::string_view step) {
  if (node.kind != Kind::kArray) return document.Find(node, step);
  int64_t index = 0;
  const auto [end, code] = std::from_chars(step.data(), step.data() + step.size(), index);
  if (code != std::errc() || end != step.data() + step.size()) return nullptr;
  return document.Element(node, index);
}

template <bool kAsText>
ColumnPtr ByTextPath(const KernelArgs& args) {
  const ListView paths(*args.columns[1]);
  return Extract<kAsText>(args, [&](const JsonDocument& document, size_t row) -> const Node* {
    const ListEntry entry = paths.At(row);
    const Node* node = &document.root();
    for (uint32_t i = entry.offset; i < entry.offset + entry.length && node != nullptr; ++i) {
      node = paths.IsNullElement(i) ? nullptr : TextStep(document, *node, TextAt(paths.elements(), i));
    }
    return node;
  });
}

template <bool kAsText>
ColumnPtr ByArguments(const KernelArgs& args) {
  std::vector<ColumnView> steps;
  for (size_t i = 1; i < args.columns.size(); ++i) steps.emplace_back(*args.columns[i]);
  return Extract<kAsText>(args, [&](const JsonDocument& document, size_t row) -> const Node* {
    const Node* node = &document.root();
    for (size_t i = 0; i < steps.size() && node != nullptr; ++i)
      node = TextStep(document, *node, TextAt(steps[i], row));
    return node;
  });
}

// ---- "$.a.b[0]"

class PathCache {
 public:
  const std::vector<JsonStep>& Get(std::string_view path) {
    if (!valid_ || path != path_) {
      valid_ = false;
      steps_ = ParseJsonPath(path);
      path_ = path;
      valid_ = true;
    }
    return steps_;
  }

 private:
  bool valid_ = false;
  std::string path_;
  std::vector<JsonStep> steps_;
};

void Follow(const JsonDocument& document, const Node& node, std::span<const JsonStep> steps,
            std::vector<const Node*>& found) {
  if (steps.empty()) {
    found.push_back(&node);
    return;
  }
  const JsonStep& step = steps[0];
  if (step.is_wildcard) {
    const auto into = [&](const Node& child) { Follow(document, child, steps.subspan(1), found); };
    if (node.kind == Kind::kArray) document.ForEachElement(node, into);
    if (node.kind == Kind::kObject) document.ForEachField(node, [&](const Node&, const Node& child) { into(child); });
    return;
  }
  const Node* next = step.is_index ? document.Element(node, step.index) : document.Find(node, step.key);
  // Index 0 of what is no array is the value itself, as in PostgreSQL's lax mode.
  if (next == nullptr && step.is_index && step.index == 0 && node.kind != Kind::kArray) next = &node;
  if (next != nullptr) {
    Follow(document, *next, steps.subspan(1), found);
  } else if (!step.is_index && node.kind == Kind::kArray) {
    document.ForEachElement(node, [&](const Node& child) {
      if (const Node* inner = document.Find(child, step.key)) Follow(document, *inner, steps.subspan(1), found);
    });
  }
}

// Runs f(row, document, found nodes) for the rows; a text that is no JSON finds nothing.
template <typename F>
void ForEachPath(const KernelArgs& args, F&& f) {
  const ColumnView texts(*args.columns[0]), paths(*args.columns[1]);
  DocumentCache documents;
  PathCache cache;
  std::vector<const Node*> found;
  const bool lenient = args.columns[0]->type().is_string();
  ForEachRow(args, [&](size_t row) {
    found.clear();
    const std::vector<JsonStep>& steps = cache.Get(TextAt(paths, row));
    if (!lenient || IsValidJson(TextAt(texts, row))) {
      const JsonDocument& document = documents.Get(TextAt(texts, row));
      Follow(document, document.root(), steps, found);
    }
    f(row, found);
  });
}

// json_query, json_extract: the value; several as an array.
ColumnPtr PathQuery(const KernelArgs& args) {
  FlatWriter<StringRef> out(args.result_type, args.size);
  ForEachPath(args, [&](size_t row, const std::vector<const Node*>& found) {
    if (found.empty()) {
      out.SetNull(row);
    } else if (found.size() == 1) {
      out.SetString(row, found[0]->text);
    } else {
      std::string text = "[";
      for (const Node* node : found) {
        if (text.size() > 1) text += ", ";
        text += node->text;
      }
      out.SetString(row, text + "]");
    }
  });
  return out.Finish();
}

// json_value, get_json_string: a scalar as text; get_json_string also shows arrays and objects.
template <bool kContainers>
ColumnPtr PathText(const KernelArgs& args) {
  FlatWriter<StringRef> out(args.result_type, args.size);
  ForEachPath(args, [&](size_t row, const std::vector<const Node*>& found) {
    const bool fits = found.size() == 1 && (kContainers || found[0]->kind < Kind::kArray);
    SetNode(out, row, fits ? found[0] : nullptr, /*as_text=*/true);
  });
  return out.Finish();
}

ColumnPtr PathInteger(const KernelArgs& args) {
  FlatWriter<int64_t> out(args.result_type, args.size);
  ForEachPath(args, [&](size_t row, const std::vector<const Node*>& found) {
    out.Set(row, 0);
    int64_t value = 0;
    bool any = false;
    if (found.size() == 1 && (found[0]->kind == Kind::kNumber || found[0]->kind == Kind::kString)) {
      const std::string_view text = found[0]->kind == Kind::kString ? found[0]->inner() : found[0]->text;

      const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
      any = code == std::errc() && end == text.data() + text.size();
      if (!any && found[0]->kind == Kind::kNumber && std::abs(JsonDocument::NumberOf(*found[0])) < 9.2e18) {
        value = static_cast<int64_t>(JsonDocument::NumberOf(*found[0]));
        any = true;
      }
    } else if (found.size() == 1 && found[0]->kind == Kind::kBoolean) {
      value = found[0]->boolean() ? 1 : 0;
      any = true;
    }
    out.Set(row, value);
    if (!any) out.SetNull(row);
  });
  return out.Finish();
}

ColumnPtr PathDouble(const KernelArgs& args) {
  FlatWriter<double> out(args.result_type, args.size);
  ForEachPath(args, [&](size_t row, const std::vector<const Node*>& found) {
    const bool fits = found.size() == 1 && found[0]->kind == Kind::kNumber;
    out.Set(row, fits ? JsonDocument::NumberOf(*found[0]) : 0);
    if (!fits) out.SetNull(row);
  });
  return out.Finish();
}

ColumnPtr PathBoolean(const KernelArgs& args) {
  FlatWriter<uint8_t> out(args.result_type, args.size);
  ForEachPath(args, [&](size_t row, const std::vector<const Node*>& found) {
    const bool fits = found.size() == 1 && found[0]->kind == Kind::kBoolean;
    out.Set(row, fits && found[0]->boolean() ? 1 : 0);
    if (!fits) out.SetNull(row);
  });
  return out.Finish();
}

ColumnPtr PathExists(const KernelArgs& args) {
  FlatWriter<uint8_t> out(args.result_type, args.size);
  ForEachPath(args, [&](size_t row, const std::vector<const Node*>& found) { out.Set(row, found.empty() ? 0 : 1); });
  return out.Finish();
}

// ---- tests and parts

// f(document) for every row, as R.
template <typename R, typename F>
ScalarKernel OfDocument(F f) {
  return [f](const KernelArgs& args) {
    const ColumnView texts(*args.columns[0]);
    DocumentCache cache;
    FlatWriter<R> out(args.result_type, args.size);
    ForEachRow(args, [&](size_t row) {
      if constexpr (!std::is_same_v<R, StringRef>) out.Set(row, R{});
      f(cache.Get(TextAt(texts, row)), out, row);
    });
    return out.Finish();
  };
}

ColumnPtr ObjectKeys(const KernelArgs& args) {
  const ColumnView texts(*args.columns[0]);
  DocumentCache cache;
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const JsonDocument& document = cache.Get(TextAt(texts, row));
    if (document.root().kind != Kind::kObject) {
      throw Error::User(sqlstate::kInvalidParameterValue, "cannot call json_object_keys on {}",
                        document.root().kind == Kind::kArray ? "an array" : "a scalar");
    }
    document.ForEachField(
        document.root(), [&](const Node& key, const Node&) { out.child(0).AppendString(JsonDocument::StringOf(key)); });
    out.CloseRow();
  });
}

ColumnPtr ArrayElements(const KernelArgs& args) {
  const ColumnView texts(*args.columns[0]);
  DocumentCache cache;
  const bool as_text = args.result_type.element().is_string();
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const JsonDocument& document = cache.Get(TextAt(texts, row));
    if (document.root().kind != Kind::kArray) {
      throw Error::User(sqlstate::kInvalidParameterValue, "cannot extract elements from {}",
                        document.root().kind == Kind::kObject ? "an object" : "a scalar");
    }
    document.ForEachElement(document.root(), [&](const Node& child) {
      std::string text;
      if (!as_text)
        out.child(0).AppendString(child.text);
      else if (AppendAsText(child, text))
        out.child(0).AppendString(text);
      else
        out.child(0).AppendNull();
    });
    out.CloseRow();
  });
}

template <size_t kContainer>
ColumnPtr ContainsKernel(const KernelArgs& args) {
  const ColumnView containers(*args.columns[kContainer]), parts(*args.columns[1 - kContainer]);
  DocumentCache container, part;
  FlatWriter<uint8_t> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, 0);
    const JsonDocument& whole = container.Get(TextAt(containers, row));
    const JsonDocument& piece = part.Get(TextAt(parts, row));
    out.Set(row, whole.Contains(whole.root(), piece, piece.root()) ? 1 : 0);
  });
  return out.Finish();
}

bool HasKey(const JsonDocument& document, std::string_view key) {
  const Node& root = document.root();
  if (root.kind == Kind::kObject) return document.Find(root, key) != nullptr;
  if (root.kind == Kind::kString) return JsonDocument::StringEquals(root, key);
  bool found = false;
  if (root.kind == Kind::kArray) {
    document.ForEachElement(root, [&](const Node& child) {
      found = found || (child.kind == Kind::kString && JsonDocument::StringEquals(child, key));
    });
  }
  return found;
}

ColumnPtr HasKeyKernel(const KernelArgs& args) {
  const ColumnView texts(*args.columns[0]), keys(*args.columns[1]);
  DocumentCache cache;
  FlatWriter<uint8_t> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, 0);
    out.Set(row, HasKey(cache.Get(TextAt(texts, row)), TextAt(keys, row)) ? 1 : 0);
  });
  return out.Finish();
}

template <bool kAll>
ColumnPtr HasKeysKernel(const KernelArgs& args) {
  const ColumnView texts(*args.columns[0]);
  const ListView keys(*args.columns[1]);
  DocumentCache cache;
  FlatWriter<uint8_t> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, 0);
    const JsonDocument& document = cache.Get(TextAt(texts, row));
    const ListEntry entry = keys.At(row);
    bool result = kAll;
    for (uint32_t i = entry.offset; i < entry.offset + entry.length && result == kAll; ++i) {
      if (!keys.IsNullElement(i)) result = HasKey(document, TextAt(keys.elements(), i));
    }
    out.Set(row, result ? 1 : 0);
  });
  return out.Finish();
}

void AddAccess(Family& family) {
  // Keys of json only; text left of an arrow is cast where it is a literal.
  family.Add("->", "The value of a key or an index (from 0, negative from the end), as json.",
             "'{\"a\": {\"b\": 1}}'::json -> 'a'", "{\"b\": 1}",
             {Partial({kJson, kText}, kJson, ByKey<false>), Partial({kJson, kLong}, kJson, ByIndex<false>)});
  family.Add("->>", "The value of a key or an index, as text.", "'[1, \"x\"]'::json ->> 1", "x",
             {Partial({kJson, kText}, kText, ByKey<true>), Partial({kJson, kLong}, kText, ByIndex<true>)});
  const Type texts = Type::List(kText);
  family.Add("#>", "The value at a path of keys and indices, as json.", "'{\"a\": [1, 2]}'::json #> '{a,1}'", "2",
             {Partial({kJson, texts}, kJson, ByTextPath<false>)});
  family.Add("#>>", "The value at a path of keys and indices, as text.", "'{\"a\": [\"x\"]}'::json #>> '{a,0}'", "x",
             {Partial({kJson, texts}, kText, ByTextPath<true>)});
  family.Add({"json_extract_path", {"jsonb_extract_path"}}, "The value at a path of keys and indices, as json.",
             "json_extract_path('{\"f4\": {\"f5\": 99}}', 'f4', 'f5')", "99",
             {Variadic(Partial({kJson, kText}, kJson, ByArguments<false>))});
  family.Add({"json_extract_path_text", {"jsonb_extract_path_text"}},
             "The value at a path of keys and indices, as text.",
             "json_extract_path_text('{\"f4\": {\"f6\": \"foo\"}}', 'f4', 'f6')", "foo",
             {Variadic(Partial({kJson, kText}, kText, ByArguments<true>))});
}

void AddPaths(Family& family) {
  const auto both = [](TypePattern result, const ScalarKernel& kernel) {
    return std::vector<FunctionOverload>{Partial({kJson, kText}, result, kernel),
                                         Partial({kText, kText}, result, kernel)};
  };
  family.Add({"json_query", {"json_extract", "jsonb_path_query_first"}},
             "The value at a path like $.a.b[0], as json; of several an array.",
             "json_query('{\"a\": {\"b\": [1, 2]}}'::json, '$.a.b[1]')", "2", both(kJson, PathQuery));
  family.Add({"json_value", {"json_extract_string"}}, "The scalar at a path like $.a.b[0], as text.",
             "json_value('{\"a\": \"x\"}'::json, '$.a')", "x", both(kText, PathText<false>));
  family.Add({"json_exists", {"json_path_exists", "jsonb_path_exists"}},
             "Whether there is a value at a path like $.a.b[0].", "json_exists('{\"a\": 1}'::json, '$.b')", "f",
             both(kBool, PathExists));
  family.Add("get_json_string", "The value at a path as text.", "get_json_string('{\"k1\": \"v1\"}'::text, '$.k1')",
             "v1", both(kText, PathText<true>));
  family.Add({"get_json_int", {"get_json_bigint"}}, "The number at a path as bigint.",
             "get_json_int('{\"k1\": 1}'::text, '$.k1')", "1", both(kLong, PathInteger));
  family.Add("get_json_double", "The number at a path as double.", "get_json_double('{\"k1\": 1.5}'::text, '$.k1')",
             "1.5", both(kDouble, PathDouble));
  family.Add("get_json_bool", "The boolean at a path.", "get_json_bool('{\"k1\": true}'::text, '$.k1')", "t",
             both(kBool, PathBoolean));
}

void AddTests(Family& family) {
  const Type texts = Type::List(kText);
  family.Add({"json_typeof", {"jsonb_typeof", "json_type"}}, "object, array, string, number, boolean or null.",
             "json_typeof('-123.4')", "number",
             {Partial({kJson}, kText,
                      OfDocument<StringRef>([](const JsonDocument& document, FlatWriter<StringRef>& out, size_t row) {
                        out.SetString(row, JsonKindName(document.root().kind));
                      }))});
  family.Add({"json_array_length", {"jsonb_array_length"}}, "Number of elements of an array.",
             "json_array_length('[1,2,{\"f1\":1}]')", "3",
             {Partial({kJson}, kInt,
                      OfDocument<int32_t>([](const JsonDocument& document, FlatWriter<int32_t>& out, size_t row) {
                        if (document.root().kind != Kind::kArray) {
                          throw Error::User(sqlstate::kInvalidParameterValue, "cannot get array length of {}",
                                            document.root().kind == Kind::kObject ? "a non-array" : "a scalar");
                        }
                        out.Set(row, static_cast<int32_t>(document.root().count));
                      }))});
  family.Add({"json_valid", {"is_json"}}, "Whether a text is JSON.", "json_valid('{\"a\": 1}')", "t",
             {Total({kText}, kBool, RowKernel<uint8_t, StringRef>([](StringRef text) -> uint8_t {
                      return IsValidJson(text) ? 1 : 0;
                    }))});
  family.Add({"json_object_keys", {"json_keys", "jsonb_object_keys"}}, "The keys of an object as a list.",
             "json_object_keys('{\"f1\": \"abc\", \"f2\": {}}')", "{f1,f2}", {Partial({kJson}, texts, ObjectKeys)});
  family.Add({"json_array_elements_list", {"json_elements", "json_array_elements", "jsonb_array_elements"}},
             "The elements of an array as a list of json.", "json_elements('[1, [true]]')", "{1,[true]}",
             {Partial({kJson}, Type::List(kJson), ArrayElements)});
  family.Add({"json_elements_text", {"json_array_elements_text", "jsonb_array_elements_text"}},
             "The elements of an array as a list of texts.", "json_elements_text('[\"a\", null]')", "{a,NULL}",
             {Partial({kJson}, texts, ArrayElements)});
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

// ---- JSON of values

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

ColumnPtr BuildObject(const KernelArgs& args) {
  const TextOptions options = TextOptionsOf(args.context.statement());
  FlatWriter<StringRef> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    if (args.columns.size() % 2 != 0) {
      throw Error::User(sqlstate::kInvalidParameterValue, "argument list must have even number of elements")
          .WithHint("The arguments of json_build_object() must consist of alternating keys and values.");
    }
    std::string text = "{";
    for (size_t i = 0; i < args.columns.size(); i += 2) {
      const Value key = args.columns[i]->GetValue(row);
      if (key.is_null()) {
        throw Error::User(sqlstate::kInvalidParameterValue, "argument {} cannot be null", i + 1)
            .WithHint("Object keys should be text.");
      }
      if (i > 0) text += ", ";
      AppendJsonString(FormatValue(key, options), text);
      text += " : ";
      AppendJson(args.columns[i + 1]->GetValue(row), options, text);
    }
    out.SetString(row, text + "}");
  });
  return out.Finish();
}

void AddBuilding(Family& family) {
  family.Add({"to_json", {"to_jsonb", "row_to_json", "array_to_json"}}, "The value as json.", "to_json(ARRAY[1, 2])",
             "[1,2]", {Stable(Total({kAny}, kJson, ToJson))});
  family.Add({"json_build_array", {"jsonb_build_array", "json_array"}}, "A json array of the arguments.",
             "json_build_array(1, 2, 'foo')", "[1, 2, \"foo\"]",
             {Stable(Variadic(SeesNulls(Total({kAny}, kJson, BuildArray)))), Total({}, kJson, BuildArray)});
  family.Add({"json_build_object", {"jsonb_build_object", "json_object", "jsonb_object"}},
             "A json object of keys and values in turn.", "json_build_object('foo', 1, 'bar', NULL)",
             "{\"foo\" : 1, \"bar\" : null}",
             {Stable(Variadic(SeesNulls(Partial({kAny}, kJson, BuildObject)))), Total({}, kJson, BuildObject)});
}

}  // namespace

void RegisterJsonFunctions(Registry& registry) {
  Family family(registry, "json");
  AddAccess(family);
  AddPaths(family);
  AddTests(family);
  AddBuilding(family);
}

}  // namespace weir
