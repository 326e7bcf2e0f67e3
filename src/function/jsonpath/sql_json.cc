// SQL's JSON_EXISTS, JSON_VALUE and JSON_QUERY with their clauses, which the parser makes arguments of.

#include "function/jsonpath/evaluator.h"
#include "function/jsonpath/register.h"
#include "function/scalar/json_kernel.h"
#include "types/jsonb.h"

namespace weir {

namespace {

using jsonpath::Evaluator;
using jsonpath::Item;
constexpr TypeKind kText = TypeKind::kVarchar;
constexpr TypeKind kJson = TypeKind::kJson;
constexpr TypeKind kBool = TypeKind::kBoolean;

// Runs the path of each row on its document: arguments 0 to 2 are document, path and variables.
class Search {
 public:
  explicit Search(const KernelArgs& args) {
    for (const ColumnPtr& column : args.columns) views_.emplace_back(*column);
  }
  bool IsNull(size_t row, size_t i) const { return views_[i].IsNull(row); }
  std::string_view Text(size_t row, size_t i) const { return TextAt(views_[i], row); }

  // Throws where a document or path is wrong; what the path says about the document ends in kError.
  Evaluator::Result Run(size_t row, std::vector<Item>& found) {
    const std::string_view path = Text(row, 1);
    if (!path_ || path != path_text_) {
      path_.reset();
      path_text_ = path;
      path_ = jsonpath::ParsePath(path);
      evaluator_.emplace(*path_, std::string_view(), true);
    }
    return evaluator_->Query(documents_.Get(Text(row, 0)), &variables_.Get(Text(row, 2)), found);
  }

 private:
  std::vector<ColumnView> views_;
  DocumentCache documents_, variables_;
  std::optional<jsonpath::Path> path_;
  std::string path_text_;
  std::optional<Evaluator> evaluator_;
};

// What comes instead of a result; `fallback` is the argument with the DEFAULT.
std::optional<std::string> Instead(const Search& search, size_t row, std::string_view behavior, size_t fallback,
                                   const Error& error) {
  if (behavior == "error") throw Error(error);
  if (behavior == "empty array") return "[]";
  if (behavior == "empty object") return "{}";
  if (behavior == "default" && !search.IsNull(row, fallback)) return std::string(search.Text(row, fallback));
  return std::nullopt;
}

void SetOptional(FlatWriter<StringRef>& out, size_t row, const std::optional<std::string>& text) {
  if (text) {
    out.SetString(row, *text);
  } else {
    out.SetNull(row);
  }
}

Error NoItem() {
  return Error::User(sqlstate::kNoJsonItem, "no SQL/JSON item found for specified path");
}
Error Failed() {
  return Error::User(sqlstate::kInvalidJsonText, "the path fails on this document");
}

ColumnPtr ExistsKernel(const KernelArgs& args) {
  Search search(args);
  std::vector<Item> found;
  FlatWriter<uint8_t> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, 0);
    const Evaluator::Result result = search.Run(row, found);
    if (result != Evaluator::Result::kError) {
      out.Set(row, found.empty() ? 0 : 1);
      return;
    }
    const std::string_view behavior = search.Text(row, 3);
    if (behavior == "error") throw Failed();
    out.Set(row, behavior == "true" ? 1 : 0);
    if (behavior == "null") out.SetNull(row);
  });
  return out.Finish();
}

// (document, path, variables, on empty, on error, default on empty, default on error)
ColumnPtr ValueKernel(const KernelArgs& args) {
  Search search(args);
  std::vector<Item> found;
  FlatWriter<StringRef> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    if (search.IsNull(row, 0) || search.IsNull(row, 1)) {
      out.SetNull(row);
      return;
    }
    const auto on_error = [&](const Error& error) {
      SetOptional(out, row, Instead(search, row, search.Text(row, 4), 6, error));
    };
    const Evaluator::Result result = search.Run(row, found);
    if (result == Evaluator::Result::kError) return on_error(Failed());
    if (found.empty()) {
      SetOptional(out, row, Instead(search, row, search.Text(row, 3), 5, NoItem()));
      return;
    }
    if (found.size() > 1) {
      return on_error(Error::User(sqlstate::kMoreThanOneJsonItem,
                                  "JSON path expression in JSON_VALUE should return singleton scalar item"));
    }
    if (found[0].is_container()) {
      return on_error(Error::User(sqlstate::kJsonScalarRequired,
                                  "JSON path expression in JSON_VALUE should return singleton scalar item"));
    }
    std::string text;
    jsonpath::AppendItem(found[0], text);
    if (found[0].kind == Item::Kind::kNull) {
      out.SetNull(row);
      return;
    }
    const JsonDocument document(text);
    out.SetString(row, document.root().kind == JsonDocument::Kind::kString ? JsonDocument::StringOf(document.root())
                                                                           : NormalizeJsonb(text));
  });
  return out.Finish();
}

// (document, path, variables, wrapper, quotes, on empty, on error, default on empty, default on error)
ColumnPtr QueryKernel(const KernelArgs& args) {
  Search search(args);
  std::vector<Item> found;
  FlatWriter<StringRef> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    if (search.IsNull(row, 0) || search.IsNull(row, 1)) {
      out.SetNull(row);
      return;
    }
    const Evaluator::Result result = search.Run(row, found);
    if (result == Evaluator::Result::kError) {
      SetOptional(out, row, Instead(search, row, search.Text(row, 6), 8, Failed()));
      return;
    }
    if (found.empty()) {
      SetOptional(out, row, Instead(search, row, search.Text(row, 5), 7, NoItem()));
      return;
    }
    const std::string_view wrapper = search.Text(row, 3);
    const bool wraps = wrapper == "unconditional" || (wrapper == "conditional" && found.size() > 1);
    if (!wraps && found.size() > 1) {
      const Error error = Error::User(sqlstate::kMoreThanOneJsonItem,
                                      "JSON path expression in JSON_QUERY should return single item without wrapper")
                              .WithHint("Use the WITH WRAPPER clause to wrap SQL/JSON items into an array.");
      SetOptional(out, row, Instead(search, row, search.Text(row, 6), 8, error));
      return;
    }
    std::string text = wraps ? "[" : "";
    for (const Item& item : found) {
      if (text.size() > 1) text += ", ";
      jsonpath::AppendItem(item, text);
    }
    if (wraps) text += ']';
    text = NormalizeJsonb(text);
    if (search.Text(row, 4) == "omit" && !wraps && found[0].kind == Item::Kind::kString) {
      const JsonDocument document(text);
      text = JsonDocument::StringOf(document.root());
    }
    out.SetString(row, text);
  });
  return out.Finish();
}

ColumnPtr ShownText(const KernelArgs& args) {
  const ColumnView view(*args.columns[0]);
  const TextOptions options = TextOptionsOf(args.context.statement());
  FlatWriter<StringRef> out(args.result_type, args.size);
  std::string text;
  args.rows.ForEach([&](size_t row) {
    text.clear();
    AppendColumnText(view, row, options, text);
    out.SetString(row, text);
  });
  return out.Finish();
}

}  // namespace

void RegisterSqlJsonFunctions(Registry& registry) {
  Family family(registry, "json");
  family.Add("sql_json_exists", "JSON_EXISTS(document, path PASSING ... ON ERROR).",
             "sql_json_exists('{\"a\": 1}', '$.a', '{}', 'false')", "t",
             {Partial({kJson, kText, kJson, kText}, kBool, ExistsKernel)});
  family.Add("sql_json_value", "JSON_VALUE(document, path PASSING ... ON EMPTY, ON ERROR), as text.",
             "sql_json_value('{\"a\": 1}', '$.a', '{}', 'null', 'null', NULL, NULL)", "1",
             {SeesNulls(Partial({kJson, kText, kJson, kText, kText, kText, kText}, kText, ValueKernel))});
  family.Add("sql_json_query", "JSON_QUERY(document, path PASSING ... WRAPPER, QUOTES, ON EMPTY, ON ERROR), as text.",
             "sql_json_query('[1, 2]', '$[*]', '{}', 'unconditional', 'keep', 'null', 'null', NULL, NULL)", "[1, 2]",
             {SeesNulls(Partial({kJson, kText, kJson, kText, kText, kText, kText, kText, kText}, kText, QueryKernel))});
  family.Add("as_text", "The value as it is shown.", "as_text(1.50)", "1.50",
             {Stable(Total({TypePattern::Kind::kAny}, kText, ShownText))});
}

}  // namespace weir
