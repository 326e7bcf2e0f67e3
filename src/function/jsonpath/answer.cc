#include "function/jsonpath/answer.h"

#include "types/jsonb.h"

namespace weir::jsonpath {

namespace {

std::optional<std::string> Instead(std::string_view behavior, const std::optional<std::string_view>& fallback,
                                   const Error& error) {
  if (behavior == "error") throw Error(error);
  if (behavior == "empty array") return "[]";
  if (behavior == "empty object") return "{}";
  if (behavior == "default" && fallback) return std::string(*fallback);
  return std::nullopt;
}

Error NoItem() {
  return Error::User(sqlstate::kNoJsonItem, "no SQL/JSON item found for specified path");
}

}  // namespace

Error FailedPath() {
  return Error::User(sqlstate::kInvalidJsonText, "the path fails on this document");
}

std::optional<bool> ExistsAnswer(Evaluator::Result result, const std::vector<Item>& found, std::string_view on_error) {
  if (result != Evaluator::Result::kError) return !found.empty();
  if (on_error == "error") throw FailedPath();
  if (on_error == "null") return std::nullopt;
  return on_error == "true";
}

std::optional<std::string> ValueAnswer(Evaluator::Result result, const std::vector<Item>& found,
                                       const AnswerClauses& clauses) {
  const auto failed = [&](const Error& error) { return Instead(clauses.on_error, clauses.error_default, error); };
  if (result == Evaluator::Result::kError) return failed(FailedPath());
  if (found.empty()) return Instead(clauses.on_empty, clauses.empty_default, NoItem());
  if (found.size() > 1) {
    return failed(Error::User(sqlstate::kMoreThanOneJsonItem,
                              "JSON path expression in JSON_VALUE should return singleton scalar item"));
  }
  if (found[0].is_container()) {
    return failed(Error::User(sqlstate::kJsonScalarRequired,
                              "JSON path expression in JSON_VALUE should return singleton scalar item"));
  }
  if (found[0].kind == Item::Kind::kNull) return std::nullopt;
  std::string text;
  AppendItem(found[0], text);
  const JsonDocument document(text);
  if (document.root().kind == JsonDocument::Kind::kString) return std::string(JsonDocument::StringOf(document.root()));
  return NormalizeJsonb(text);
}

std::optional<std::string> QueryAnswer(Evaluator::Result result, const std::vector<Item>& found,
                                       const AnswerClauses& clauses) {
  if (result == Evaluator::Result::kError) return Instead(clauses.on_error, clauses.error_default, FailedPath());
  if (found.empty()) return Instead(clauses.on_empty, clauses.empty_default, NoItem());
  const bool wraps = clauses.wrapper == "unconditional" || (clauses.wrapper == "conditional" && found.size() > 1);
  if (!wraps && found.size() > 1) {
    return Instead(clauses.on_error, clauses.error_default,
                   Error::User(sqlstate::kMoreThanOneJsonItem,
                               "JSON path expression in JSON_QUERY should return single item without wrapper")
                       .WithHint("Use the WITH WRAPPER clause to wrap SQL/JSON items into an array."));
  }
  std::string text = wraps ? "[" : "";
  for (const Item& item : found) {
    if (text.size() > 1) text += ", ";
    AppendItem(item, text);
  }
  if (wraps) text += ']';
  text = NormalizeJsonb(text);
  if (!clauses.keeps_quotes && !wraps && found[0].kind == Item::Kind::kString) {
    const JsonDocument document(text);
    text = JsonDocument::StringOf(document.root());
  }
  return text;
}

}  // namespace weir::jsonpath
