#include "server/query_span.h"

#include <algorithm>
#include <cctype>

namespace weir {

namespace {

constexpr size_t kTextBytesMax = 4096;

// At most so many bytes, whole UTF-8 characters.
std::string Cut(std::string_view text) {
  if (text.size() <= kTextBytesMax) return std::string(text);
  size_t end = kTextBytesMax;
  while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

// "INSERT 0 3" and "SELECT 5" without the numbers; of failed statements, the text's first word.
std::string Operation(const FinishedQuery& query) {
  std::string_view text = query.tag;
  if (!text.empty()) {
    while (!text.empty() && (text.back() == ' ' || std::isdigit(static_cast<unsigned char>(text.back())) != 0)) {
      text.remove_suffix(1);
    }
    return std::string(text);
  }
  text = query.query;
  const auto is_letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; };
  text.remove_prefix(static_cast<size_t>(std::find_if(text.begin(), text.end(), is_letter) - text.begin()));
  std::string word(text.begin(), std::find_if_not(text.begin(), text.end(), is_letter));
  for (char& c : word) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return word.empty() ? "SQL" : word;
}

}  // namespace

void AddQuerySpan(const FinishedQuery& query, SelfTelemetry& telemetry) {
  std::string operation = Operation(query);
  std::vector<std::pair<std::string, obs::AttributeValue>> attributes = {
      {"db.system", std::string("weir")},
      {"db.namespace", query.database},
      {"db.user", query.user},
      {"db.operation.name", operation},
      {"db.query.text", Cut(query.query)},
      {"db.response.returned_rows", static_cast<int64_t>(query.rows)},
      {"weir.session.id", static_cast<int64_t>(query.session_id)},
      {"weir.cpu_ns", query.cpu_nanos},
      {"weir.memory_bytes_peak", query.memory_bytes_peak}};
  if (query.from_cache) attributes.emplace_back("weir.from_cache", true);
  const bool failed = !query.error.empty();
  if (failed) attributes.emplace_back("db.response.status_code", query.sqlstate);
  telemetry.AddSpan(std::move(operation), query.started, query.duration_nanos, query.error, std::move(attributes));
}

}  // namespace weir
