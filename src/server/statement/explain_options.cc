#include "server/statement/explain_options.h"

#include <algorithm>
#include <cctype>
#include <string>

#include "base/error.h"

namespace weir {

namespace {

std::string OptionText(const ast::Option& option) {
  std::string text = "true";
  if (option.value == nullptr) return text;
  if (const auto* string = option.value->TryAs<ast::StringLiteral>()) {
    text = string->value;
  } else if (const auto* flag = option.value->TryAs<ast::BoolLiteral>()) {
    text = flag->value ? "true" : "false";
  } else if (const auto* number = option.value->TryAs<ast::NumberLiteral>()) {
    text = number->text;
  } else {
    throw Error::User(sqlstate::kSyntaxError, "bad value of EXPLAIN option: {}", option.name)
        .WithPosition(option.offset);
  }
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool OptionFlag(const ast::Option& option) {
  const std::string text = OptionText(option);
  if (text == "true" || text == "on" || text == "1") return true;
  if (text == "false" || text == "off" || text == "0") return false;
  throw Error::User(sqlstate::kSyntaxError, "{} requires a Boolean value", option.name);
}

bool IsJson(const ast::Option& option) {
  const std::string format = OptionText(option);
  if (format == "json") return true;
  if (format == "text") return false;
  if (format == "xml" || format == "yaml") {
    throw Error::Unsupported("Use FORMAT text or json.", "EXPLAIN format is not available: {}", format)
        .WithPosition(option.offset);
  }
  throw Error::User(sqlstate::kInvalidParameterValue, "unrecognized value for EXPLAIN option \"{}\": \"{}\"",
                    option.name, format)
      .WithPosition(option.offset);
}

}  // namespace

ExplainOptions ExplainOptionsOf(const ast::Explain& explain) {
  ExplainOptions out;
  out.analyze = explain.analyze;
  out.verbose = explain.verbose || explain.level == "verbose" || explain.level == "costs";
  out.logical = explain.level == "logical";
  std::optional<bool> timing;
  bool wal = false;
  for (const ast::Option& option : explain.options) {
    if (option.name == "format") {
      out.json = IsJson(option);
    } else if (option.name == "analyze" || option.name == "analyse") {
      out.analyze = OptionFlag(option);
    } else if (option.name == "verbose") {
      out.verbose = OptionFlag(option);
    } else if (option.name == "costs") {
      out.costs = OptionFlag(option);
    } else if (option.name == "timing") {
      timing = OptionFlag(option);
    } else if (option.name == "buffers" || option.name == "memory") {
      out.buffers = OptionFlag(option);
    } else if (option.name == "summary") {
      out.summary = OptionFlag(option);
    } else if (option.name == "wal") {
      wal = OptionFlag(option);
    } else if (option.name == "settings") {
      OptionFlag(option);  // settings do not show in plans
    } else if (option.name == "optimizer") {
      out.optimizer = OptionFlag(option);
    } else if (option.name == "logical") {
      out.logical = OptionFlag(option);
    } else {
      throw Error::User(sqlstate::kSyntaxError, "unrecognized EXPLAIN option \"{}\"", option.name)
          .WithPosition(option.offset);
    }
  }
  for (const auto& [on, name] : {std::pair(timing.value_or(false), "TIMING"), std::pair(wal, "WAL")}) {
    if (on && !out.analyze) {
      throw Error::User(sqlstate::kInvalidParameterValue, "EXPLAIN option {} requires ANALYZE", name);
    }
  }
  out.timing = timing.value_or(true);
  return out;
}

}  // namespace weir
