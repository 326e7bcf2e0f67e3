#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

// What the settings DateStyle, IntervalStyle, extra_float_digits and bytea_output say about text; defaults are
// PostgreSQL's.
struct TextStyle {
  enum class Dates : uint8_t { kIso, kSql, kPostgres, kGerman };
  enum class Order : uint8_t { kMonthFirst, kDayFirst, kYearFirst };  // of ambiguous dates; also of output but ISO's
  enum class Intervals : uint8_t { kPostgres, kVerbose, kSqlStandard, kIso8601 };
  Dates dates = Dates::kIso;
  Order order = Order::kMonthFirst;
  Intervals intervals = Intervals::kPostgres;
  bool bytea_escaped = false;
  int extra_float_digits = 1;  // > 0: shortest text that reads back to the same value

  // "ISO, MDY", "german", "dmy": what is not said stays. False when it is not understood.
  bool SetDates(std::string_view text);
  bool SetIntervals(std::string_view text);
  // "ISO, MDY"
  std::string DatesText() const;
};

}  // namespace weir
