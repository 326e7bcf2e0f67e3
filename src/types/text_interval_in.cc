// Text input of intervals: PostgreSQL's "1 year 2 mons 04:05:06", the SQL standard's "1-2 3 4:05:06" and ISO 8601.

#include <array>
#include <charconv>
#include <cmath>

#include "base/error.h"
#include "types/calendar.h"
#include "types/text.h"
#include "types/text_scan.h"

namespace weir {

namespace {

constexpr std::string_view kIntervalFieldOverflow = "22015";

enum class Unit : uint8_t { kMicros, kMillis, kSecond, kMinute, kHour, kDay, kWeek, kMonth, kYear };

struct UnitName {
  std::string_view name;
  Unit unit;
  int32_t factor = 1;
};

constexpr auto kUnitNames = std::to_array<UnitName>({
    {"microsecond", Unit::kMicros},
    {"us", Unit::kMicros},
    {"usec", Unit::kMicros},
    {"microsec", Unit::kMicros},
    {"millisecond", Unit::kMillis},
    {"ms", Unit::kMillis},
    {"msec", Unit::kMillis},
    {"millisec", Unit::kMillis},
    {"second", Unit::kSecond},
    {"s", Unit::kSecond},
    {"sec", Unit::kSecond},
    {"minute", Unit::kMinute},
    {"m", Unit::kMinute},
    {"min", Unit::kMinute},
    {"hour", Unit::kHour},
    {"h", Unit::kHour},
    {"hr", Unit::kHour},
    {"day", Unit::kDay},
    {"d", Unit::kDay},
    {"week", Unit::kWeek},
    {"w", Unit::kWeek},
    {"month", Unit::kMonth},
    {"mon", Unit::kMonth},
    {"quarter", Unit::kMonth, 3},
    {"year", Unit::kYear},
    {"y", Unit::kYear},
    {"yr", Unit::kYear},
    {"decade", Unit::kYear, 10},
    {"dec", Unit::kYear, 10},
    {"century", Unit::kYear, 100},
    {"centurie", Unit::kYear, 100},
    {"cent", Unit::kYear, 100},
    {"c", Unit::kYear, 100},
    {"millennium", Unit::kYear, 1000},
    {"millennia", Unit::kYear, 1000},
    {"mil", Unit::kYear, 1000},
});

const UnitName* FindUnit(std::string_view word) {
  for (const UnitName& unit : kUnitNames) {
    if (EqualsIgnoreCase(word, unit.name)) return &unit;
  }
  // Plurals; "s" itself was found above.
  if (word.size() > 1 && ToLowerAscii(word.back()) == 's') return FindUnit(word.substr(0, word.size() - 1));
  return nullptr;
}

constexpr uint32_t Bit(Unit unit, int32_t factor = 1) {
  const uint32_t shift = factor == 10 ? 1 : factor == 100 ? 2 : factor == 1000 ? 3 : factor == 3 ? 4 : 0;
  return uint32_t{1} << (static_cast<uint32_t>(unit) + shift);
}
constexpr uint32_t kAllSeconds = Bit(Unit::kMicros) | Bit(Unit::kMillis) | Bit(Unit::kSecond);

class IntervalReader {
 public:
  explicit IntervalReader(std::string_view text) : text_(text) {}

  Interval Read() {
    SkipSpace();
    if (at_ < text_.size() && (text_[at_] == 'P' || text_[at_] == 'p')) {
      ++at_;
      ReadIso();
    } else {
      ReadFields();
    }
    if (negate_) {
      months_ = -months_;
      days_ = -days_;
      micros_ = -micros_;
    }
    if (months_ > INT32_MAX || months_ < INT32_MIN || days_ > INT32_MAX || days_ < INT32_MIN || micros_ > INT64_MAX ||
        micros_ < INT64_MIN) {
      OutOfRange();
    }
    return {static_cast<int32_t>(months_), static_cast<int32_t>(days_), static_cast<int64_t>(micros_)};
  }

 private:
  struct Number {
    int64_t whole = 0;    // magnitude
    double fraction = 0;  // 0 <= fraction < 1
    bool negative = false;
    bool has_sign = false;
    bool has_point = false;
  };

  [[noreturn]] void Bad() const {
    throw Error::User(sqlstate::kInvalidDatetimeFormat, "invalid input syntax for type interval: \"{}\"", text_);
  }
  [[noreturn]] void OutOfRange() const {
    throw Error::User(kIntervalFieldOverflow, "interval field value out of range: \"{}\"", text_);
  }
  char Peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  void SkipSpace() {
    while (at_ < text_.size() && (IsSpace(text_[at_]) || text_[at_] == '@')) ++at_;
  }

  Number ReadNumber() {
    Number number;
    if (Peek() == '+' || Peek() == '-') {
      number.has_sign = true;
      number.negative = Peek() == '-';
      ++at_;
      while (IsSpace(Peek())) ++at_;
    }
    const size_t begin = at_;
    while (IsDigit(Peek())) ++at_;
    const std::string_view digits = text_.substr(begin, at_ - begin);
    if (!digits.empty()) {
      const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), number.whole);
      if (code != std::errc()) OutOfRange();
    }
    size_t fraction_digits = 0;
    if (Peek() == '.') {
      ++at_;
      number.has_point = true;
      double unit = 0.1;
      int64_t scaled = 0, scale = 1;
      for (; IsDigit(Peek()); ++at_, ++fraction_digits) {
        if (fraction_digits < 15) {
          scaled = scaled * 10 + (Peek() - '0');
          scale *= 10;
        }
        unit /= 10;
      }
      number.fraction = static_cast<double>(scaled) / static_cast<double>(scale);
    }
    if (digits.empty() && fraction_digits == 0) Bad();
    return number;
  }

  void AddMicros(const Number& number, int64_t micros_per_unit) {
    int128_t value = static_cast<int128_t>(number.whole) * micros_per_unit;
    value += static_cast<int64_t>(std::rint(number.fraction * static_cast<double>(micros_per_unit)));
    micros_ += number.negative ? -value : value;
  }
  // A fraction of `days_per_unit` days: whole days and the rest as time.
  void AddDayFraction(double fraction, int days_per_unit, bool negative) {
    const double days = fraction * days_per_unit;
    const double whole = std::trunc(days);
    days_ += negative ? -static_cast<int64_t>(whole) : static_cast<int64_t>(whole);
    const auto micros = static_cast<int64_t>(std::rint((days - whole) * static_cast<double>(kMicrosPerDay)));
    micros_ += negative ? -micros : micros;
  }

  // Each unit may come once; a fraction of seconds stands for milliseconds and microseconds too.
  void MarkSeen(uint32_t mask) {
    if ((seen_ & mask) != 0) Bad();
    seen_ |= mask;
  }

  void Add(const Number& number, const UnitName& unit) {
    MarkSeen(unit.unit == Unit::kSecond && number.fraction != 0 ? kAllSeconds : Bit(unit.unit, unit.factor));
    const int128_t whole = number.negative ? -static_cast<int128_t>(number.whole) : number.whole;
    switch (unit.unit) {
      case Unit::kMicros:
        AddMicros(number, 1);
        break;
      case Unit::kMillis:
        AddMicros(number, 1000);
        break;
      case Unit::kSecond:
        AddMicros(number, kMicrosPerSecond);
        break;
      case Unit::kMinute:
        AddMicros(number, kMicrosPerMinute);
        break;
      case Unit::kHour:
        AddMicros(number, kMicrosPerHour);
        break;
      case Unit::kDay:
        days_ += whole;
        AddDayFraction(number.fraction, 1, number.negative);
        break;
      case Unit::kWeek:
        days_ += whole * 7;
        AddDayFraction(number.fraction, 7, number.negative);
        break;
      case Unit::kMonth:
        months_ += whole * unit.factor;
        AddDayFraction(number.fraction, 30 * unit.factor, number.negative);
        break;
      case Unit::kYear: {
        months_ += whole * 12 * unit.factor;
        const auto months = static_cast<int64_t>(std::rint(number.fraction * 12 * unit.factor));
        months_ += number.negative ? -months : months;
        break;
      }
    }
    any_ = true;
  }

  // After "H:", with `hour` read; the sign holds for all of it.
  void ReadTime(const Number& hour) {
    if (hour.has_point) Bad();
    MarkSeen(kAllSeconds | Bit(Unit::kMinute) | Bit(Unit::kHour));
    ++at_;  // ':'
    const Number minute = ReadNumber();
    if (minute.has_sign) Bad();
    Number time;
    time.negative = hour.negative;
    if (Peek() == ':') {
      ++at_;
      const Number second = ReadNumber();
      if (second.has_sign || minute.has_point) Bad();
      if (minute.whole > 59 || second.whole > 60) OutOfRange();
      time.fraction = second.fraction;
      AddMicros({hour.whole, 0, hour.negative}, kMicrosPerHour);
      AddMicros({minute.whole, 0, hour.negative}, kMicrosPerMinute);
      time.whole = second.whole;
    } else if (minute.has_point) {  // minutes and seconds
      if (minute.whole > 60) OutOfRange();
      AddMicros({hour.whole, 0, hour.negative}, kMicrosPerMinute);
      time.whole = minute.whole;
      time.fraction = minute.fraction;
    } else {
      if (minute.whole > 59) OutOfRange();
      AddMicros({hour.whole, 0, hour.negative}, kMicrosPerHour);
      AddMicros({minute.whole, 0, hour.negative}, kMicrosPerMinute);
    }
    AddMicros(time, kMicrosPerSecond);
    any_ = true;
  }

  std::string_view TakeWord() {
    const size_t begin = at_;
    while (IsAsciiLetter(Peek())) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  void ReadFields() {
    bool has_time = false;
    while (true) {
      SkipSpace();
      if (at_ >= text_.size()) break;
      if (IsAsciiLetter(Peek())) {
        if (!EqualsIgnoreCase(TakeWord(), "ago") || !any_) Bad();
        SkipSpace();
        if (at_ < text_.size()) Bad();
        negate_ = true;
        break;
      }
      const Number number = ReadNumber();
      if (Peek() == ':') {
        if (has_time) Bad();
        has_time = true;
        ReadTime(number);
        continue;
      }
      if (Peek() == '-' && IsDigit(Peek(1)) && !number.has_point) {  // years-months
        ++at_;
        const Number month = ReadNumber();
        if (month.whole > 11) OutOfRange();
        const int128_t months = static_cast<int128_t>(number.whole) * 12 + month.whole;
        months_ += number.negative ? -months : months;
        any_ = true;
        continue;
      }
      SkipSpace();
      if (IsAsciiLetter(Peek())) {
        const size_t begin = at_;
        const std::string_view word = TakeWord();
        if (const UnitName* unit = FindUnit(word); unit != nullptr) {
          Add(number, *unit);
          continue;
        }
        if (!EqualsIgnoreCase(word, "ago")) Bad();
        at_ = begin;
      }
      if (at_ >= text_.size() || IsAsciiLetter(Peek())) {  // a bare number at the end: seconds
        if (has_time) Bad();
        Add(number, *FindUnit("second"));
        has_time = true;
        continue;
      }
      // "3 4:05:06": days, when a time follows.
      size_t ahead = Peek() == '-' || Peek() == '+' ? 1 : 0;
      while (IsDigit(Peek(ahead))) ++ahead;
      if (Peek(ahead) != ':') Bad();
      Add(number, *FindUnit("day"));
    }
    if (!any_) Bad();
  }

  void ReadIso() {
    bool time = false;
    if (at_ >= text_.size()) Bad();
    while (at_ < text_.size()) {
      if (!time && (Peek() == 'T' || Peek() == 't')) {
        time = true;
        ++at_;
        continue;
      }
      const Number number = ReadNumber();
      if (time && Peek() == ':') {
        ReadTime(number);
        continue;
      }
      if (!time && Peek() == '-') {  // P0001-02-03
        ++at_;
        const Number month = ReadNumber();
        const int128_t months = static_cast<int128_t>(number.whole) * 12 + month.whole;
        months_ += number.negative ? -months : months;
        any_ = true;
        if (Peek() == '-') {
          ++at_;
          const Number day = ReadNumber();
          days_ += number.negative ? -day.whole : day.whole;
        }
        continue;
      }
      const char letter = ToLowerAscii(Peek());
      ++at_;
      std::string_view name;
      if (letter == 'y' && !time) name = "year";
      if (letter == 'm') name = time ? "minute" : "month";
      if (letter == 'w' && !time) name = "week";
      if (letter == 'd' && !time) name = "day";
      if (letter == 'h' && time) name = "hour";
      if (letter == 's' && time) name = "second";
      if (name.empty()) Bad();
      Add(number, *FindUnit(name));
    }
    if (!any_) Bad();
  }

  std::string_view text_;
  size_t at_ = 0;
  bool any_ = false;
  bool negate_ = false;
  uint32_t seen_ = 0;
  int128_t months_ = 0;
  int128_t days_ = 0;
  int128_t micros_ = 0;
};

}  // namespace

Interval ParseInterval(std::string_view text) {
  return IntervalReader(TrimSpace(text)).Read();
}

}  // namespace weir
