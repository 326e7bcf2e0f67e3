// SQL's JSON_EXISTS, JSON_VALUE and JSON_QUERY with their clauses, which the parser makes arguments of.

#include "function/jsonpath/answer.h"
#include "function/jsonpath/evaluator.h"
#include "function/jsonpath/register.h"
#include "function/scalar/json_kernel.h"

namespace weir {

namespace {

using jsonpath::Evaluator;
using jsonpath::Item;

// Runs the path of each row on its document: arguments 0 to 2 are document, path and variables.
class Search {
 public:
  explicit Search(const KernelArgs& args) {
    for (const ColumnPtr& column : args.columns) views_.emplace_back(*column);
  }
  bool IsNull(size_t row, size_t i) const { return views_[i].IsNull(row); }
  std::string_view Text(size_t row, size_t i) const { return TextAt(views_[i], row); }
  std::optional<std::string_view> Maybe(size_t row, size_t i) const {
    return IsNull(row, i) ? std::nullopt : std::optional(Text(row, i));
  }

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

void SetOptional(FlatWriter<StringRef>& out, size_t row, const std::optional<std::string>& text) {
  if (text) {
    out.SetString(row, *text);
  } else {
    out.SetNull(row);
  }
}

ColumnPtr ExistsKernel(const KernelArgs& args) {
  Search search(args);
  std::vector<Item> found;
  FlatWriter<uint8_t> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, 0);
    const Evaluator::Result result = search.Run(row, found);
    const std::optional<bool> answer = jsonpath::ExistsAnswer(result, found, search.Text(row, 3));
    if (answer) {
      out.Set(row, *answer ? 1 : 0);
    } else {
      out.SetNull(row);
    }
  });
  return out.Finish();
}

// answer(search, row, result, found) for rows with a document and a path.
template <typename Answer>
ColumnPtr AnswerRows(const KernelArgs& args, Answer&& answer) {
  Search search(args);
  std::vector<Item> found;
  FlatWriter<StringRef> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    if (search.IsNull(row, 0) || search.IsNull(row, 1)) {
      out.SetNull(row);
      return;
    }
    const Evaluator::Result result = search.Run(row, found);
    SetOptional(out, row, answer(search, row, result, found));
  });
  return out.Finish();
}

// (document, path, variables, on empty, on error, default on empty, default on error)
ColumnPtr ValueKernel(const KernelArgs& args) {
  return AnswerRows(
      args, [](const Search& search, size_t row, const Evaluator::Result& result, const std::vector<Item>& found) {
        return jsonpath::ValueAnswer(
            result, found,
            {search.Text(row, 3), search.Text(row, 4), search.Maybe(row, 5), search.Maybe(row, 6), "without", true});
      });
}

// (document, path, variables, wrapper, quotes, on empty, on error, default on empty, default on error)
ColumnPtr QueryKernel(const KernelArgs& args) {
  return AnswerRows(
      args, [](const Search& search, size_t row, const Evaluator::Result& result, const std::vector<Item>& found) {
        return jsonpath::QueryAnswer(result, found,
                                     {search.Text(row, 5), search.Text(row, 6), search.Maybe(row, 7),
                                      search.Maybe(row, 8), search.Text(row, 3), search.Text(row, 4) == "keep"});
      });
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
