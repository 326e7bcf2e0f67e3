#include "format/plain_forms.h"

#include <algorithm>
#include <charconv>

#include "types/calendar.h"

namespace weir {

namespace {

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// Takes exactly `digits` digits off the front.
bool TakeNumber(std::string_view& text, size_t digits, int& out) {
  if (text.size() < digits) return false;
  out = 0;
  for (size_t i = 0; i < digits; ++i) {
    if (!IsDigit(text[i])) return false;
    out = out * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return true;
}

bool TakeChar(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

bool TakeDate(std::string_view& text, int64_t& days) {
  int year, month, day;
  if (!TakeNumber(text, 4, year) || !TakeChar(text, '-') || !TakeNumber(text, 2, month) || !TakeChar(text, '-') ||
      !TakeNumber(text, 2, day)) {
    return false;
  }
  if (year == 0 || month < 1 || month > 12 || day < 1 || day > DaysInMonth(year, month)) return false;
  days = DaysFromCivil(year, month, day);
  return true;
}

}  // namespace

bool ParsePlainBoolean(std::string_view text, bool& out) {
  const auto is = [&](std::string_view word) {
    if (text.size() != word.size()) return false;
    for (size_t i = 0; i < word.size(); ++i) {
      if ((text[i] | 0x20) != word[i]) return false;
    }
    return true;
  };
  out = is("true");
  return out || is("false");
}

bool ParsePlainInteger(std::string_view text, int64_t& out) {
  if (text.starts_with('+') && text.size() > 1 && IsDigit(text[1])) text.remove_prefix(1);
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, out);
  return error == std::errc() && at == end;
}

bool ParsePlainInt128(std::string_view text, int128_t& out) {
  constexpr size_t kDigitsMax = 40;
  if (text.empty() || text.size() > kDigitsMax) return false;
  const size_t sign = text[0] == '-' || text[0] == '+' ? 1 : 0;
  if (sign == text.size()) return false;
  for (const char c : text.substr(sign)) {
    if (!IsDigit(c)) return false;
  }
  const auto value = ParseInt128(text);
  if (value.has_value()) out = *value;
  return value.has_value();
}

bool ParsePlainDecimal(std::string_view text, int precision, int scale, int64_t& out) {
  constexpr int kDigitsMax = 18;
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int64_t value = 0;
  int digits = 0;
  int behind = -1;  // digits behind the point; -1: no point yet
  for (const char c : text) {
    if (c == '.' && behind < 0) {
      behind = 0;
      continue;
    }
    if (!IsDigit(c) || ++digits > kDigitsMax) return false;
    value = value * 10 + (c - '0');
    if (behind >= 0) ++behind;
  }
  if (digits == 0 || behind > scale) return false;
  const int missing = scale - std::max(behind, 0);
  if (digits + missing > std::min(precision, kDigitsMax)) return false;
  for (int i = 0; i < missing; ++i) value *= 10;
  out = negative ? -value : value;
  return true;
}

bool ParsePlainDouble(std::string_view text, double& out) {
  if (text.starts_with('+') && text.size() > 1 && (IsDigit(text[1]) || text[1] == '.')) text.remove_prefix(1);
  if (text.empty()) return false;
  const char last = text.back();
  // Words such as "infinity" or "nan(x)" are names more often than numbers.
  if (!IsDigit(last) && last != '.' && text != "nan" && text != "NaN" && text != "inf" && text != "-inf") return false;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, out);
  return error == std::errc() && at == end;
}

bool ParsePlainDate(std::string_view text, int32_t& out) {
  int64_t days;
  if (text.size() != 10 || !TakeDate(text, days)) return false;
  out = static_cast<int32_t>(days);
  return true;
}

bool ParsePlainTimestamp(std::string_view text, int64_t& out, bool& has_zone) {
  constexpr int64_t kMicrosPerSecond = 1'000'000;
  has_zone = false;
  int64_t days;
  if (text.size() < 10 || !TakeDate(text, days)) return false;
  out = days * 86'400 * kMicrosPerSecond;
  if (text.empty()) return true;
  int hour, minute;
  int second = 0;
  int64_t micros = 0;
  if (!TakeChar(text, 'T') && !TakeChar(text, ' ')) return false;
  if (!TakeNumber(text, 2, hour) || !TakeChar(text, ':') || !TakeNumber(text, 2, minute)) return false;
  if (TakeChar(text, ':')) {
    if (!TakeNumber(text, 2, second)) return false;
    if (TakeChar(text, '.')) {
      size_t digits = 0;
      for (; digits < text.size() && IsDigit(text[digits]); ++digits) {
        if (digits < 6) micros = micros * 10 + (text[digits] - '0');
      }
      // What microseconds cannot hold is rounded by types/text.h.
      if (digits == 0 || digits > 6) return false;
      for (size_t i = digits; i < 6; ++i) micros *= 10;
      text.remove_prefix(digits);
    }
  }
  if (hour > 23 || minute > 59 || second > 59) return false;
  int64_t seconds = hour * 3600 + minute * 60 + second;
  if (!text.empty()) {
    has_zone = true;
    if (text == "Z" || text == "UTC" || text == " UTC") {
      text = {};
    } else {
      const bool east = text[0] == '+';
      if (!east && text[0] != '-') return false;
      text.remove_prefix(1);
      int zone_hours;
      int zone_minutes = 0;
      if (!TakeNumber(text, 2, zone_hours)) return false;
      TakeChar(text, ':');
      if (!text.empty() && !TakeNumber(text, 2, zone_minutes)) return false;
      if (zone_hours > 15 || zone_minutes > 59) return false;
      seconds += (east ? -1 : 1) * (zone_hours * 3600 + zone_minutes * 60);
    }
  }
  out += seconds * kMicrosPerSecond + micros;
  return text.empty();
}

}  // namespace weir
