#include "types/text_style.h"

#include "types/text_scan.h"

namespace weir {

bool TextStyle::SetDates(std::string_view text) {
  bool has_style = false;
  bool has_order = false;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    const std::string_view word = TrimSpace(text.substr(0, comma));
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    const auto is = [&](std::string_view other) { return EqualsIgnoreCase(word, other); };
    const auto set_style = [&](Dates value) {
      if (has_style && dates != value) return false;
      has_style = true;
      dates = value;
      return true;
    };
    const auto set_order = [&](Order value) {
      if (has_order && order != value) return false;
      has_order = true;
      order = value;
      return true;
    };
    bool fits = false;
    if (is("iso")) {
      fits = set_style(Dates::kIso);
    } else if (is("sql")) {
      fits = set_style(Dates::kSql);
    } else if (word.size() >= 8 && EqualsIgnoreCase(word.substr(0, 8), "postgres")) {
      fits = set_style(Dates::kPostgres);
    } else if (is("german")) {
      fits = set_style(Dates::kGerman);
      if (!has_order) order = Order::kDayFirst;
    } else if (is("ymd")) {
      fits = set_order(Order::kYearFirst);
    } else if (is("dmy") || (word.size() >= 4 && EqualsIgnoreCase(word.substr(0, 4), "euro"))) {
      fits = set_order(Order::kDayFirst);
    } else if (is("mdy") || is("us") || (word.size() >= 7 && EqualsIgnoreCase(word.substr(0, 7), "noneuro"))) {
      fits = set_order(Order::kMonthFirst);
    }
    if (!fits) return false;
  }
  return has_style || has_order;
}

bool TextStyle::SetIntervals(std::string_view text) {
  const auto is = [&](std::string_view other) { return EqualsIgnoreCase(text, other); };
  if (is("postgres")) {
    intervals = Intervals::kPostgres;
  } else if (is("postgres_verbose")) {
    intervals = Intervals::kVerbose;
  } else if (is("sql_standard")) {
    intervals = Intervals::kSqlStandard;
  } else if (is("iso_8601")) {
    intervals = Intervals::kIso8601;
  } else {
    return false;
  }
  return true;
}

std::string TextStyle::DatesText() const {
  constexpr std::string_view kDates[] = {"ISO", "SQL", "Postgres", "German"};
  constexpr std::string_view kOrders[] = {"MDY", "DMY", "YMD"};
  return std::string(kDates[static_cast<size_t>(dates)]) + ", " + std::string(kOrders[static_cast<size_t>(order)]);
}

}  // namespace weir
