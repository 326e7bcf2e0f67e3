// Functions by short paths like $.a.b[0], as MySQL's and StarRocks' dialects have them. A path that is more than steps
// is a jsonpath (lax).

#include <charconv>
#include <cmath>

#include "function/jsonpath/evaluator.h"
#include "function/jsonpath/register.h"
#include "function/scalar/json_kernel.h"
#include "function/scalar/list_view.h"

namespace weir {

namespace {

// A path of either notation, kept from the row before.
class PathCache {
 public:
  void Set(std::string_view path) {
    if (valid_ && path == path_) return;
    valid_ = false;
    path_ = path;
    full_.reset();
    steps_.clear();
    const bool is_plain = path.find_first_of("?(@&|<>=+") == std::string_view::npos && !path.starts_with("strict");
    if (is_plain) {
      steps_ = ParseJsonPath(path);
    } else {
      full_ = jsonpath::ParsePath(path);
    }
    valid_ = true;
  }
  const std::vector<JsonStep>& steps() const { return steps_; }
  const jsonpath::Path* full() const { return full_ ? &*full_ : nullptr; }

 private:
  bool valid_ = false;
  std::string path_;
  std::vector<JsonStep> steps_;
  std::optional<jsonpath::Path> full_;
};

void Follow(const JsonDocument& document, const JsonNode& node, std::span<const JsonStep> steps,
            std::vector<const JsonNode*>& found) {
  if (steps.empty()) {
    found.push_back(&node);
    return;
  }
  const JsonStep& step = steps[0];
  if (step.is_wildcard) {
    const auto into = [&](const JsonNode& child) { Follow(document, child, steps.subspan(1), found); };
    if (node.kind == JsonKind::kArray) document.ForEachElement(node, into);
    if (node.kind == JsonKind::kObject)
      document.ForEachField(node, [&](const JsonNode&, const JsonNode& child) { into(child); });
    return;
  }
  const JsonNode* next = step.is_index ? document.Element(node, step.index) : document.Find(node, step.key);
  // Index 0 of what is no array is the value itself, as in PostgreSQL's lax mode.
  if (next == nullptr && step.is_index && step.index == 0 && node.kind != JsonKind::kArray) next = &node;
  if (next != nullptr) {
    Follow(document, *next, steps.subspan(1), found);
  } else if (!step.is_index && node.kind == JsonKind::kArray) {
    document.ForEachElement(node, [&](const JsonNode& child) {
      if (const JsonNode* inner = document.Find(child, step.key)) Follow(document, *inner, steps.subspan(1), found);
    });
  }
}

// Runs f(row, document, found nodes) for the rows; a text that is no JSON finds nothing.
template <typename F>
void ForEachPath(const KernelArgs& args, F&& f) {
  const ColumnView texts(*args.columns[0]), paths(*args.columns[1]);
  DocumentCache documents;
  PathCache cache;
  std::vector<const JsonNode*> found;
  std::string made;  // what a jsonpath found, as a document
  JsonDocument list;
  const bool lenient = args.columns[0]->type().is_string();
  ForEachRow(args, [&](size_t row) {
    found.clear();
    cache.Set(TextAt(paths, row));
    if (!lenient || IsValidJson(TextAt(texts, row))) {
      const JsonDocument& document = documents.Get(TextAt(texts, row));
      if (cache.full() == nullptr) {
        Follow(document, document.root(), cache.steps(), found);
      } else {
        jsonpath::Evaluator evaluator(*cache.full(), {}, true);
        std::vector<jsonpath::Item> items;
        evaluator.Query(document, nullptr, items);
        std::string text = "[";
        for (const jsonpath::Item& item : items) {
          if (text.size() > 1) text += ',';
          jsonpath::AppendItem(item, text);
        }
        made = text + "]";
        list.Parse(made);
        list.ForEachElement(list.root(), [&](const JsonNode& item) { found.push_back(&item); });
      }
    }
    f(row, found);
  });
}

// The value as text: strings without quotes. False for JSON null.
bool AppendAsText(const JsonNode& node, std::string& out) {
  if (node.kind == JsonKind::kNull) return false;
  if (node.kind == JsonKind::kString) {
    out += JsonDocument::StringOf(node);
  } else {
    out += node.text;
  }
  return true;
}

// json_query, json_extract: the value; several as an array.
ColumnPtr PathQuery(const KernelArgs& args) {
  FlatWriter<StringRef> out(args.result_type, args.size);
  ForEachPath(args, [&](size_t row, const std::vector<const JsonNode*>& found) {
    if (found.empty()) {
      out.SetNull(row);
    } else if (found.size() == 1) {
      out.SetString(row, found[0]->text);
    } else {
      std::string text = "[";
      for (const JsonNode* node : found) {
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
  ForEachPath(args, [&](size_t row, const std::vector<const JsonNode*>& found) {
    const bool fits = found.size() == 1 && (kContainers || found[0]->kind < JsonKind::kArray);
    std::string text;
    if (fits && AppendAsText(*found[0], text)) {
      out.SetString(row, text);
    } else {
      out.SetNull(row);
    }
  });
  return out.Finish();
}

ColumnPtr PathInteger(const KernelArgs& args) {
  FlatWriter<int64_t> out(args.result_type, args.size);
  ForEachPath(args, [&](size_t row, const std::vector<const JsonNode*>& found) {
    out.Set(row, 0);
    int64_t value = 0;
    bool any = false;
    if (found.size() == 1 && (found[0]->kind == JsonKind::kNumber || found[0]->kind == JsonKind::kString)) {
      const std::string_view text = found[0]->kind == JsonKind::kString ? found[0]->inner() : found[0]->text;

      const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
      any = code == std::errc() && end == text.data() + text.size();
      if (!any && found[0]->kind == JsonKind::kNumber && std::abs(JsonDocument::NumberOf(*found[0])) < 9.2e18) {
        value = static_cast<int64_t>(JsonDocument::NumberOf(*found[0]));
        any = true;
      }
    } else if (found.size() == 1 && found[0]->kind == JsonKind::kBoolean) {
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
  ForEachPath(args, [&](size_t row, const std::vector<const JsonNode*>& found) {
    const bool fits = found.size() == 1 && found[0]->kind == JsonKind::kNumber;
    out.Set(row, fits ? JsonDocument::NumberOf(*found[0]) : 0);
    if (!fits) out.SetNull(row);
  });
  return out.Finish();
}

ColumnPtr PathBoolean(const KernelArgs& args) {
  FlatWriter<uint8_t> out(args.result_type, args.size);
  ForEachPath(args, [&](size_t row, const std::vector<const JsonNode*>& found) {
    const bool fits = found.size() == 1 && found[0]->kind == JsonKind::kBoolean;
    out.Set(row, fits && found[0]->boolean() ? 1 : 0);
    if (!fits) out.SetNull(row);
  });
  return out.Finish();
}

ColumnPtr PathExists(const KernelArgs& args) {
  FlatWriter<uint8_t> out(args.result_type, args.size);
  ForEachPath(args,
              [&](size_t row, const std::vector<const JsonNode*>& found) { out.Set(row, found.empty() ? 0 : 1); });
  return out.Finish();
}

// StarRocks' json_length(json, path) and json_keys(json, path).
ColumnPtr PathLength(const KernelArgs& args) {
  FlatWriter<int32_t> out(args.result_type, args.size);
  ForEachPath(args, [&](size_t row, const std::vector<const JsonNode*>& found) {
    out.Set(row, found.size() == 1 && found[0]->is_container() ? static_cast<int32_t>(found[0]->count)
                                                               : (found.empty() ? 0 : 1));
  });
  return out.Finish();
}

// Takes what a path names out of the object: steps of keys and indices.
void Without(const JsonDocument& document, const JsonNode& node, std::span<const JsonStep> steps, std::string& out) {
  if (!node.is_container() || steps.empty()) {
    out += node.text;
    return;
  }
  const JsonStep& step = steps[0];
  const bool is_array = node.kind == JsonKind::kArray;
  bool first = true;
  int64_t index = 0;
  const auto item = [&](const JsonNode* key, const JsonNode& value, bool chosen) {
    if (chosen && steps.size() == 1) return;
    if (!first) out += ", ";
    first = false;
    if (key != nullptr) {
      out += key->text;
      out += ": ";
    }
    if (chosen) {
      Without(document, value, steps.subspan(1), out);
    } else {
      out += value.text;
    }
  };
  out += is_array ? '[' : '{';
  if (is_array) {
    document.ForEachElement(
        node, [&](const JsonNode& child) { item(nullptr, child, step.is_index && index++ == step.index); });
  } else {
    document.ForEachField(node, [&](const JsonNode& key, const JsonNode& value) {
      item(&key, value, !step.is_index && JsonDocument::StringEquals(key, step.key));
    });
  }
  out += is_array ? ']' : '}';
}

ColumnPtr RemovePaths(const KernelArgs& args) {
  FlatWriter<StringRef> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    std::string text(TextAt(ColumnView(*args.columns[0]), row));
    for (size_t i = 1; i < args.columns.size(); ++i) {
      const JsonDocument document(text);
      std::string next;
      Without(document, document.root(), ParseJsonPath(TextAt(ColumnView(*args.columns[i]), row)), next);
      text = std::move(next);
    }
    out.SetString(row, text);
  });
  return out.Finish();
}

}  // namespace

void RegisterShortPathFunctions(Registry& registry) {
  Family family(registry, "json");
  const auto both = [](const TypePattern& result, const ScalarKernel& kernel) {
    return std::vector<FunctionOverload>{Partial({kJson, kText}, result, kernel),
                                         Partial({kText, kText}, result, kernel)};
  };
  family.Add({"json_query", {"json_extract"}}, "The value at a path like $.a.b[0], as json; of several an array.",
             "json_query('{\"a\": {\"b\": [1, 2]}}'::json, '$.a.b[1]')", "2", both(kJson, PathQuery));
  family.Add({"json_value", {"json_extract_string"}}, "The scalar at a path like $.a.b[0], as text.",
             "json_value('{\"a\": \"x\"}'::json, '$.a')", "x", both(kText, PathText<false>));
  family.Add({"json_exists", {"json_path_exists"}}, "Whether there is a value at a path like $.a.b[0].",
             "json_exists('{\"a\": 1}'::json, '$.b')", "f", both(kBool, PathExists));
  family.Add("get_json_string", "The value at a path as text.", "get_json_string('{\"k1\": \"v1\"}'::text, '$.k1')",
             "v1", both(kText, PathText<true>));
  family.Add({"get_json_int", {"get_json_bigint", "get_json_integer"}}, "The number at a path as bigint.",
             "get_json_int('{\"k1\": 1}'::text, '$.k1')", "1", both(kLong, PathInteger));
  family.Add("get_json_double", "The number at a path as double.", "get_json_double('{\"k1\": 1.5}'::text, '$.k1')",
             "1.5", both(kDouble, PathDouble));
  family.Add("get_json_bool", "The boolean at a path.", "get_json_bool('{\"k1\": true}'::text, '$.k1')", "t",
             both(kBool, PathBoolean));
  family.Add("get_json_object", "The value at a path as text, as it is written.",
             "get_json_object('{\"k1\": {\"k2\": 1}}', '$.k1')", "{\"k2\": 1}", both(kText, PathText<true>));
  family.Add("json_length", "", "", "", {Partial({kJson, kText}, kInt, PathLength)});
  family.Add("json_remove", "The value without what is at the paths.",
             "json_remove('{\"a\": 1, \"b\": [1, 2]}', '$.b[0]')", "{\"a\": 1, \"b\": [2]}",
             {Variadic(Resolving(Partial({kJson, kText}, kJson, InJsonbForm(RemovePaths)),
                                 ResultOf([](std::span<const Type> types) {
                                   return types[0].is_jsonb() ? Type::Jsonb() : Type(kJson);
                                 })))});
}

}  // namespace weir
