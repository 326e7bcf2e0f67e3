// Text input of dates, times and timestamps, as liberal as PostgreSQL's.

#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "types/calendar.h"
#include "types/text.h"
#include "types/text_scan.h"
#include "types/time_zone.h"

namespace weir {

namespace {

constexpr int64_t kNanosPerHour = 3600 * kNanosPerSecond;

struct Parsed {
  enum class Special : uint8_t { kNone, kInfinity, kMinusInfinity, kInstant };
  Special special = Special::kNone;
  int64_t instant_us = 0;  // kInstant: 'now' and 'epoch'
  bool has_date = false;
  bool has_time = false;
  int64_t days = 0;
  int64_t nanos = 0;  // of the day; 24:00:00 counts as the next day's start, leap seconds as the next minute's
  std::optional<int32_t> offset;
  const TimeZone* zone = nullptr;
};

bool TwoDigits(const char* at, int& out) {
  if (!IsDigit(at[0]) || !IsDigit(at[1])) return false;
  out = (at[0] - '0') * 10 + (at[1] - '0');
  return true;
}

// "YYYY-MM-DD", then nothing or "[ T]HH:MM:SS[.f]" and perhaps "Z", "+HH" or "+HH:MM". False: look closer.
bool ParseCanonical(std::string_view text, Parsed& out) {
  int century, year, month, day;
  const char* at = text.data();
  if (text.size() < 10 || !TwoDigits(at, century) || !TwoDigits(at + 2, year) || at[4] != '-' ||
      !TwoDigits(at + 5, month) || at[7] != '-' || !TwoDigits(at + 8, day)) {
    return false;
  }
  year += century * 100;
  if (year == 0 || month < 1 || month > 12 || day < 1 || day > DaysInMonth(year, month)) return false;
  out.days = DaysFromCivil(year, month, day);
  out.has_date = true;
  if (text.size() == 10) return true;
  int hour, minute, second;
  if (text.size() < 19 || (at[10] != ' ' && at[10] != 'T') || !TwoDigits(at + 11, hour) || at[13] != ':' ||
      !TwoDigits(at + 14, minute) || at[16] != ':' || !TwoDigits(at + 17, second) || hour > 23 || minute > 59 ||
      second > 59) {
    return false;
  }
  int64_t nanos = ((hour * 60 + minute) * 60 + second) * kNanosPerSecond;
  size_t i = 19;
  if (i < text.size() && at[i] == '.') {
    int64_t unit = kNanosPerSecond / 10;
    for (++i; i < text.size() && IsDigit(at[i]); ++i) {
      if (unit == 0) return false;  // more than nine digits
      nanos += (at[i] - '0') * unit;
      unit /= 10;
    }
  }
  if (i < text.size()) {
    if (text.size() == i + 1 && at[i] == 'Z') {
      out.offset = 0;
    } else if (at[i] == '+' || at[i] == '-') {
      int zone_hour, zone_minute = 0;
      if (text.size() != i + 3 && text.size() != i + 6) return false;
      if (!TwoDigits(at + i + 1, zone_hour) || zone_hour > 15) return false;
      if (text.size() == i + 6 && (at[i + 3] != ':' || !TwoDigits(at + i + 4, zone_minute) || zone_minute > 59)) {
        return false;
      }
      const int32_t seconds = (zone_hour * 60 + zone_minute) * 60;
      out.offset = at[i] == '-' ? -seconds : seconds;
    } else {
      return false;
    }
  }
  out.nanos = nanos;
  out.has_time = true;
  return true;
}

int MonthOfWord(std::string_view word) {
  if (word.size() < 3) return 0;
  for (int month = 1; month <= 12; ++month) {
    const std::string_view name = MonthName(month);
    if (EqualsIgnoreCase(word, name) || EqualsIgnoreCase(word, name.substr(0, 3))) return month;
  }
  return EqualsIgnoreCase(word, "sept") ? 9 : 0;
}

bool IsWeekdayWord(std::string_view word) {
  for (int weekday = 0; weekday < 7; ++weekday) {
    const std::string_view name = WeekdayName(weekday);
    if (EqualsIgnoreCase(word, name) || EqualsIgnoreCase(word, name.substr(0, 3))) return true;
  }
  return EqualsIgnoreCase(word, "tues") || EqualsIgnoreCase(word, "weds") || EqualsIgnoreCase(word, "thur") ||
         EqualsIgnoreCase(word, "thurs");
}

// Reads fields in whatever order they come.
class DateTimeReader {
 public:
  DateTimeReader(std::string_view type_name, std::string_view text, bool time_only, const TextOptions& options)
      : type_name_(type_name), text_(text), time_only_(time_only), options_(options) {}

  Parsed Read() {
    bool any = false;
    while (true) {
      while (at_ < text_.size() && (IsSpace(text_[at_]) || text_[at_] == ',')) ++at_;
      if (at_ >= text_.size()) break;
      any = true;
      const char c = text_[at_];
      if (IsDigit(c) || (c == '.' && Peek(1) >= '0' && Peek(1) <= '9')) {
        ReadNumber();
      } else if (IsAsciiLetter(c)) {
        ReadWord();
      } else if (c == '+' || c == '-') {
        ReadSigned();
      } else {
        Bad();
      }
    }
    if (!any) Bad();
    Finish();
    return out_;
  }

 private:
  [[noreturn]] void Bad() const {
    throw Error::User(sqlstate::kInvalidDatetimeFormat, "invalid input syntax for type {}: \"{}\"", type_name_, text_);
  }
  [[noreturn]] void OutOfRange(bool month_field = false) const {
    Error error = Error::User(sqlstate::kDatetimeFieldOverflow, "date/time field value out of range: \"{}\"", text_);
    if (month_field) throw std::move(error).WithHint("Dates are read as year-month-day or month/day/year.");
    throw error;
  }
  char Peek(size_t ahead) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  std::string_view TakeDigits() {
    const size_t begin = at_;
    while (at_ < text_.size() && IsDigit(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }
  int64_t Number(std::string_view digits) const {
    int64_t value = 0;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (code != std::errc() || value > INT32_MAX) OutOfRange();
    return value;
  }
  // The digits after a point as nanoseconds, rounded.
  int64_t Fraction(std::string_view digits) const {
    int64_t nanos = 0, unit = kNanosPerSecond / 10;
    for (const char c : digits) {
      if (unit == 0) return nanos + (c >= '5' ? 1 : 0);
      nanos += (c - '0') * unit;
      unit /= 10;
    }
    return nanos;
  }

  void ReadNumber() {
    const size_t begin = at_;
    const std::string_view digits = TakeDigits();
    const char next = Peek(0);
    if (next == ':') {
      at_ = begin;
      ReadTime();
    } else if ((next == '-' || next == '/' || next == '.') && !date_complete() && !expect_time_ && !time_only_ &&
               (IsDigit(Peek(1)) || IsAsciiLetter(Peek(1)))) {
      at_ = begin;
      ReadDate();
    } else {
      std::string_view fraction;
      if (next == '.') {
        ++at_;
        fraction = TakeDigits();
      }
      ReadPlainNumber(digits, fraction, next == '.');
    }
  }

  bool date_complete() const {
    return julian_.has_value() || day_of_year_ > 0 || (month_ > 0 && day_ > 0 && year_set_);
  }

  void SetYear(std::string_view digits) {
    if (year_set_) Bad();
    year_ = Number(digits);
    if (digits.size() <= 2) year_ += year_ < 70 ? 2000 : 1900;
    two_digit_year_ = digits.size() <= 2 ? Number(digits) : -1;
    year_set_ = true;
  }
  void SetMonth(int64_t month) {
    if (month_ > 0) Bad();
    if (month < 1 || month > 12) OutOfRange(true);
    month_ = static_cast<int>(month);
  }
  void SetDay(int64_t day) {
    if (day_ > 0) Bad();
    if (day < 1 || day > 31) OutOfRange(month_ > 0);
    day_ = static_cast<int>(day);
  }

  void SetTime(int64_t hour, int64_t minute, int64_t second, int64_t nanos) {
    if (out_.has_time) Bad();
    if (minute > 59 || second > 60 || hour > 24 || (hour == 24 && (minute > 0 || second > 0 || nanos > 0)))
      OutOfRange();
    out_.has_time = true;
    hour_ = hour;
    out_.nanos = hour * kNanosPerHour + (minute * 60 + second) * kNanosPerSecond + nanos;
  }

  void ReadTime() {
    const int64_t hour = Number(TakeDigits());
    ++at_;  // ':'
    int64_t minute = Number(TakeDigits()), second = 0, nanos = 0;
    if (Peek(0) == ':') {
      ++at_;
      const std::string_view digits = TakeDigits();
      if (digits.empty() && Peek(0) != '.') Bad();
      second = digits.empty() ? 0 : Number(digits);
      if (Peek(0) == '.') {
        ++at_;
        nanos = Fraction(TakeDigits());
      }
    } else if (Peek(0) == '.') {
      Bad();
    }
    SetTime(hour, minute, second, nanos);
  }

  // Two or three parts between separators: numbers, or a month's name among them.
  void ReadDate() {
    std::array<std::string_view, 3> parts;
    size_t count = 0;
    int named_month = -1;
    while (count < 3) {
      const size_t part_begin = at_;
      if (IsDigit(Peek(0))) {
        TakeDigits();
      } else {
        while (IsAsciiLetter(Peek(0))) ++at_;
        if (named_month >= 0 || MonthOfWord(text_.substr(part_begin, at_ - part_begin)) == 0) Bad();
        named_month = static_cast<int>(count);
      }
      parts[count++] = text_.substr(part_begin, at_ - part_begin);
      const char separator = Peek(0);
      if ((separator != '-' && separator != '/' && separator != '.') || !(IsDigit(Peek(1)) || IsAsciiLetter(Peek(1)))) {
        break;
      }
      if (count < 3) ++at_;
    }
    if (count == 1) Bad();
    if (named_month >= 0) {
      SetMonth(MonthOfWord(parts[static_cast<size_t>(named_month)]));
      for (size_t i = 0; i < count; ++i) {
        if (static_cast<int>(i) == named_month) continue;
        if (parts[i].size() >= 3 || day_ > 0) {
          SetYear(parts[i]);
        } else {
          SetDay(Number(parts[i]));
        }
      }
      return;
    }
    if (count == 2 && month_ > 0) {  // the rest of "Jan-08-1999"
      SetDay(Number(parts[0]));
      SetYear(parts[1]);
      return;
    }
    if (count == 2) {
      if (parts[0].size() < 3 || parts[1].size() != 3) Bad();
      SetYear(parts[0]);
      day_of_year_ = static_cast<int>(Number(parts[1]));
      if (day_of_year_ == 0) OutOfRange();
      return;
    }
    if (parts[0].size() >= 3) {
      SetYear(parts[0]);
      SetMonth(Number(parts[1]));
      SetDay(Number(parts[2]));
    } else if (options_.order == TextStyle::Order::kYearFirst) {
      SetYear(parts[0]);
      SetMonth(Number(parts[1]));
      SetDay(Number(parts[2]));
    } else {
      const bool day_first = options_.order == TextStyle::Order::kDayFirst;
      SetMonth(Number(parts[day_first ? 1 : 0]));
      SetDay(Number(parts[day_first ? 0 : 1]));
      SetYear(parts[2]);
    }
  }

  // "8 Jan 1999": a month by name follows, so a number before it is the day.
  bool MonthNameAhead() const {
    for (size_t i = at_; i < text_.size();) {
      size_t end = i;
      while (end < text_.size() && IsAsciiLetter(text_[end])) ++end;
      if (end > i && MonthOfWord(text_.substr(i, end - i)) > 0) return true;
      i = end + 1;
    }
    return false;
  }

  void ReadPlainNumber(std::string_view digits, std::string_view fraction, bool point) {
    const auto part = [&](size_t from, size_t size) { return Number(digits.substr(from, size)); };
    if (expect_time_ || time_only_ || date_complete()) {
      if (digits.size() == 6) {
        SetTime(part(0, 2), part(2, 2), part(4, 2), Fraction(fraction));
      } else if (digits.size() == 4 && !point) {
        SetTime(part(0, 2), part(2, 2), 0, 0);
      } else if (digits.size() == 2 && !point && expect_time_) {
        SetTime(part(0, 2), 0, 0, 0);
      } else if (digits.size() <= 2 && !point && !out_.has_time &&
                 (text_.find("m", at_) != text_.npos || text_.find("M", at_) != text_.npos)) {
        SetTime(Number(digits), 0, 0, 0);  // "4 PM"
      } else {
        Bad();
      }
      expect_time_ = false;
      return;
    }
    if (point) Bad();
    if (digits.size() == 8 || digits.size() == 14) {
      SetYear(digits.substr(0, 4));
      SetMonth(part(4, 2));
      SetDay(part(6, 2));
      if (digits.size() == 14) SetTime(part(8, 2), part(10, 2), part(12, 2), 0);
    } else if (digits.size() == 6 && month_ == 0) {
      SetYear(digits.substr(0, 2));
      SetMonth(part(2, 2));
      SetDay(part(4, 2));
    } else if (digits.size() >= 3 && digits.size() <= 7 && !(digits.size() == 3 && year_set_)) {
      SetYear(digits);
    } else if (digits.size() == 3 && month_ == 0) {
      day_of_year_ = static_cast<int>(Number(digits));
    } else if (digits.size() > 2) {
      Bad();
    } else if (options_.order == TextStyle::Order::kDayFirst && day_ == 0) {
      SetDay(Number(digits));
    } else if (month_ == 0 && !MonthNameAhead()) {
      SetMonth(Number(digits));
    } else if (day_ == 0) {
      SetDay(Number(digits));
    } else {
      SetYear(digits);
    }
  }

  void ReadSigned() {
    if (EqualsIgnoreCase(TrimSpace(text_.substr(at_ + 1)), "infinity") && at_ == text_.find_first_not_of(" \t\n")) {
      out_.special = text_[at_] == '-' ? Parsed::Special::kMinusInfinity : Parsed::Special::kInfinity;
      at_ = text_.size();
      return;
    }
    const size_t begin = at_++;
    while (IsDigit(Peek(0)) || (Peek(0) == ':' && IsDigit(Peek(1)))) ++at_;
    const std::string_view text = text_.substr(begin, at_ - begin);
    if (text.size() < 2 || (!out_.has_time && !date_complete()) || out_.offset.has_value()) Bad();
    out_.offset = ParseUtcOffset(text);
    if (!out_.offset.has_value()) {
      throw Error::User(sqlstate::kInvalidTimeZone, "time zone displacement out of range: \"{}\"", text_);
    }
  }

  void ReadWord() {
    const size_t begin = at_;
    while (IsAsciiLetter(Peek(0))) ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    const auto is = [&](std::string_view other) { return EqualsIgnoreCase(word, other); };
    if (is("t") && IsDigit(Peek(0))) {
      if (!date_complete() && !time_only_) Bad();
      expect_time_ = true;
      return;
    }
    if (is("j") && IsDigit(Peek(0))) {
      julian_ = Number(TakeDigits());
      return;
    }
    if (const int month = MonthOfWord(word); month > 0) {
      SetMonth(month);
      if (Peek(0) == '-' || Peek(0) == '.' || Peek(0) == '/') ++at_;  // "Jan-08-1999"
      return;
    }
    if (IsWeekdayWord(word)) return;
    if (is("am") || is("pm") || is("a") || is("p")) {
      if (!out_.has_time || meridian_ || hour_ > 12 || hour_ < 1) {
        if (out_.has_time && !meridian_) OutOfRange();
        Bad();
      }
      meridian_ = true;
      if (is("pm") && hour_ < 12) out_.nanos += 12 * kNanosPerHour;
      if (is("am") && hour_ == 12) out_.nanos -= 12 * kNanosPerHour;
      return;
    }
    if (is("ad") || is("ce")) return;
    if (is("bc") || is("bce")) {
      before_christ_ = true;
      return;
    }
    if (is("at") || is("on")) return;
    if (is("infinity") || is("epoch") || is("now") || is("today") || is("tomorrow") || is("yesterday") ||
        is("allballs")) {
      ReadSpecial(word);
      return;
    }
    while (at_ < text_.size() && !IsSpace(text_[at_]) && text_[at_] != ',') ++at_;
    const std::string_view name = text_.substr(begin, at_ - begin);
    const TimeZone* zone = TimeZone::FindOrNull(name);
    if (zone == nullptr) {
      if (name.find('/') == std::string_view::npos) Bad();
      throw Error::User(sqlstate::kInvalidParameterValue, "time zone \"{}\" not recognized", name);
    }
    if (out_.zone != nullptr || out_.offset.has_value()) Bad();
    out_.zone = zone;
  }

  void ReadSpecial(std::string_view word) {
    const auto is = [&](std::string_view other) { return EqualsIgnoreCase(word, other); };
    if (is("allballs")) {
      SetTime(0, 0, 0, 0);
      return;
    }
    if (is("infinity")) {
      if (!EqualsIgnoreCase(TrimSpace(text_), word)) Bad();
      out_.special = Parsed::Special::kInfinity;
      return;
    }
    if (is("epoch")) {
      out_.special = Parsed::Special::kInstant;
      out_.instant_us = 0;
      return;
    }
    if (options_.now_us == TextOptions::kNoClock) {
      throw Error::Unsupported("use now() or current_date", "\"{}\" has no meaning here as {}", word, type_name_);
    }
    if (is("now")) {
      out_.special = Parsed::Special::kInstant;
      out_.instant_us = options_.now_us;
      return;
    }
    const int64_t local = TimeZone::Find(options_.time_zone).UtcToLocalMicros(options_.now_us);
    const CivilDate date = CivilFromDays(FloorDiv(local, kMicrosPerDay) + (is("tomorrow") ? 1 : is("today") ? 0 : -1));
    if (year_set_ || month_ > 0 || day_ > 0) Bad();
    year_ = date.year;
    year_set_ = true;
    month_ = date.month;
    day_ = date.day;
  }

  void Finish() {
    if (out_.special != Parsed::Special::kNone) return;
    if (julian_.has_value()) {
      out_.days = *julian_ - kJulianDayOf1970;
      out_.has_date = true;
    } else if (year_set_ || month_ > 0 || day_ > 0) {
      if (!date_complete()) Bad();
      if (before_christ_) {
        if (two_digit_year_ >= 0) year_ = two_digit_year_;
        if (year_ <= 0) OutOfRange();
        year_ = 1 - year_;
      } else if (year_ <= 0 && two_digit_year_ < 0) {
        OutOfRange();
      }
      if (day_of_year_ > 0) {
        if (day_of_year_ > (IsLeapYear(year_) ? 366 : 365)) OutOfRange();
        out_.days = DaysFromCivil(year_, 1, 1) + day_of_year_ - 1;
      } else {
        if (day_ > DaysInMonth(year_, month_)) OutOfRange();
        out_.days = DaysFromCivil(year_, month_, day_);
      }
      out_.has_date = true;
    }
  }

  std::string_view type_name_;
  std::string_view text_;
  bool time_only_;
  const TextOptions& options_;
  size_t at_ = 0;
  Parsed out_;
  bool year_set_ = false;
  int64_t year_ = 0;
  int64_t two_digit_year_ = -1;
  int month_ = 0;
  int day_ = 0;
  int day_of_year_ = 0;
  std::optional<int64_t> julian_;
  int64_t hour_ = 0;
  bool meridian_ = false;
  bool before_christ_ = false;
  bool expect_time_ = false;
};

Parsed Parse(std::string_view type_name, std::string_view text, bool time_only, const TextOptions& options) {
  Parsed parsed;
  if (!time_only && ParseCanonical(text, parsed)) return parsed;
  return DateTimeReader(type_name, text, time_only, options).Read();
}

[[noreturn]] void ThrowInvalid(std::string_view type_name, std::string_view text) {
  throw Error::User(sqlstate::kInvalidDatetimeFormat, "invalid input syntax for type {}: \"{}\"", type_name, text);
}

[[noreturn]] void ThrowTimestampRange(std::string_view text) {
  throw Error::User(sqlstate::kDatetimeFieldOverflow, "timestamp out of range: \"{}\"", text);
}

// Fractions of more than six digits are rounded as PostgreSQL does it, in double precision.
int64_t RoundToMicros(int64_t nanos) {
  if (nanos % 1000 == 0) return nanos / 1000;
  const auto fraction = static_cast<double>(nanos % kNanosPerSecond) / 1e9;
  return nanos / kNanosPerSecond * kMicrosPerSecond + static_cast<int64_t>(std::rint(fraction * 1e6));
}

// Days and nanoseconds of the day as a timestamp of either unit.
int64_t Combine(const Parsed& parsed, bool nanos, int64_t offset_seconds, std::string_view text) {
  if (parsed.days < kDateMin) ThrowTimestampRange(text);
  const int64_t of_day = nanos ? parsed.nanos : RoundToMicros(parsed.nanos);
  const int64_t per_second = nanos ? kNanosPerSecond : kMicrosPerSecond;
  const int128_t value = static_cast<int128_t>(parsed.days) * kSecondsPerDay * per_second + of_day -
                         static_cast<int128_t>(offset_seconds) * per_second;
  if (value <= INT64_MIN || value >= INT64_MAX) ThrowTimestampRange(text);
  return static_cast<int64_t>(value);
}

int64_t FromMicros(int64_t micros, bool nanos, std::string_view text) {
  if (!nanos) return micros;
  int64_t value;
  if (__builtin_mul_overflow(micros, int64_t{1000}, &value)) ThrowTimestampRange(text);
  return value;
}

}  // namespace

int32_t ParseDate(std::string_view text, const TextOptions& options) {
  const Parsed parsed = Parse("date", text, false, options);
  switch (parsed.special) {
    case Parsed::Special::kInfinity:
      return kDateInfinity;
    case Parsed::Special::kMinusInfinity:
      return kDateMinusInfinity;
    case Parsed::Special::kInstant:
      return static_cast<int32_t>(
          FloorDiv(TimeZone::Find(options.time_zone).UtcToLocalMicros(parsed.instant_us), kMicrosPerDay));
    case Parsed::Special::kNone:
      break;
  }
  if (!parsed.has_date) ThrowInvalid("date", text);
  if (!IsValidDate(parsed.days)) {
    throw Error::User(sqlstate::kDatetimeFieldOverflow, "date out of range: \"{}\"", text);
  }
  return static_cast<int32_t>(parsed.days);
}

int64_t ParseTime(std::string_view text, const TextOptions& options) {
  Parsed parsed;
  // A date before the time is read and left out.
  if (!ParseCanonical(TrimSpace(text), parsed) || !parsed.has_time) {
    const bool with_date = text.find_first_of("-/", 1) != std::string_view::npos && text.find(':') != text.npos &&
                           text.find_first_of("-/", 1) < text.find(':');
    parsed = DateTimeReader("time", text, !with_date, options).Read();
  }
  if (parsed.special == Parsed::Special::kInstant) {
    return FloorMod(TimeZone::Find(options.time_zone).UtcToLocalMicros(parsed.instant_us), kMicrosPerDay);
  }
  if (!parsed.has_time || parsed.special != Parsed::Special::kNone) ThrowInvalid("time", text);
  return RoundToMicros(parsed.nanos);
}

int64_t ParseTimestamp(std::string_view text, bool nanos, const TextOptions& options) {
  const Parsed parsed = Parse("timestamp", text, false, options);
  switch (parsed.special) {
    case Parsed::Special::kInfinity:
      return kTimestampInfinity;
    case Parsed::Special::kMinusInfinity:
      return kTimestampMinusInfinity;
    case Parsed::Special::kInstant:
      // 'epoch' is 1970-01-01 00:00 whatever the zone, as in PostgreSQL.
      return FromMicros(
          parsed.instant_us == 0 ? 0 : TimeZone::Find(options.time_zone).UtcToLocalMicros(parsed.instant_us), nanos,
          text);
    case Parsed::Special::kNone:
      break;
  }
  if (!parsed.has_date) ThrowInvalid("timestamp", text);
  return Combine(parsed, nanos, 0, text);
}

int64_t ParseTimestampTz(std::string_view text, bool nanos, const TextOptions& options) {
  const Parsed parsed = Parse("timestamp with time zone", text, false, options);
  switch (parsed.special) {
    case Parsed::Special::kInfinity:
      return kTimestampInfinity;
    case Parsed::Special::kMinusInfinity:
      return kTimestampMinusInfinity;
    case Parsed::Special::kInstant:
      return FromMicros(parsed.instant_us, nanos, text);
    case Parsed::Special::kNone:
      break;
  }
  if (!parsed.has_date) ThrowInvalid("timestamp with time zone", text);
  if (parsed.offset.has_value()) return Combine(parsed, nanos, *parsed.offset, text);
  if (parsed.zone == nullptr && options.time_zone == "UTC") return Combine(parsed, nanos, 0, text);
  const TimeZone& zone = parsed.zone != nullptr ? *parsed.zone : TimeZone::Find(options.time_zone);
  const int64_t local = parsed.days * kSecondsPerDay + parsed.nanos / kNanosPerSecond;
  return Combine(parsed, nanos, local - zone.LocalToUtc(local), text);
}

int64_t ParseTimestampTz(std::string_view text, bool nanos, std::string_view time_zone) {
  TextOptions options;
  options.time_zone = time_zone;
  return ParseTimestampTz(text, nanos, options);
}

}  // namespace weir
