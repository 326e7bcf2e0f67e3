#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "function/scalar/moment.h"

namespace weir {

// PostgreSQL's template patterns for dates and times ("YYYY-MM-DD HH24:MI:SS.US"), compiled.
// Prefix FM: no padding; suffix TH/th: ordinal; texts in double quotes stand for themselves.
class DateTimeTemplate {
 public:
  explicit DateTimeTemplate(std::string_view pattern);

  // What patterns can show. For intervals the date parts are the interval's.
  struct Parts {
    int64_t year = 0;
    int32_t month = 0;
    int32_t day = 0;
    int64_t hour = 0;
    int32_t minute = 0;
    int32_t second = 0;
    int64_t nanos = 0;
    bool is_interval = false;
    int64_t days = 0;    // since 1970-01-01, for weekdays and weeks
    int32_t offset = 0;  // seconds east of Greenwich
    bool has_zone = false;
    std::string_view zone;  // abbreviation
  };
  static Parts PartsOf(const Moment& moment);
  static Parts PartsOf(const Interval& interval);
  // Throws for patterns that intervals have no value for.
  void Append(const Parts& parts, std::string& out) const;

  // Reads a text that was written with this pattern, or nearly. Missing parts are 0001-01-01 00:00 BC's start of the
  // year as in PostgreSQL: year 1 BC, January 1st. Sets moment.offset and `has_offset` when the text says a zone.
  Moment Parse(std::string_view text, bool& has_offset) const;

 private:
  enum class Field : uint8_t;
  friend struct DateTimeKeyword;
  friend class DateTimeTextReader;
  struct Node {
    bool is_literal = false;
    std::string literal;
    Field field{};
    bool fill = true;    // no FM
    int8_t ordinal = 0;  // 1: TH, 2: th
  };
  std::vector<Node> nodes_;
};

}  // namespace weir
