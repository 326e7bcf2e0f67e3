#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "function/jsonpath/evaluator.h"

// What JSON_EXISTS, JSON_VALUE and JSON_QUERY make of the items that a path found.
namespace weir::jsonpath {

struct AnswerClauses {
  std::string_view on_empty;  // "null", "error", "default", "empty array", "empty object"
  std::string_view on_error;
  std::optional<std::string_view> empty_default, error_default;
  std::string_view wrapper = "without";  // or "conditional", "unconditional"
  bool keeps_quotes = true;
};

// Throws where ON ERROR or ON EMPTY says so; nullopt is NULL.
std::optional<bool> ExistsAnswer(Evaluator::Result result, const std::vector<Item>& found, std::string_view on_error);
// The one scalar, as text.
std::optional<std::string> ValueAnswer(Evaluator::Result result, const std::vector<Item>& found,
                                       const AnswerClauses& clauses);
// The items as jsonb's text.
std::optional<std::string> QueryAnswer(Evaluator::Result result, const std::vector<Item>& found,
                                       const AnswerClauses& clauses);

// A path that failed where errors are wanted.
Error FailedPath();

}  // namespace weir::jsonpath
