#include "function/scalar/datetime_template.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include <fmt/format.h>

#include "types/text_scan.h"

namespace weir {

enum class DateTimeTemplate::Field : uint8_t {
  kMeridiemUpper,      // AM
  kMeridiemLower,      // am
  kMeridiemDotsUpper,  // A.M.
  kMeridiemDotsLower,
  kEraUpper,  // AD
  kEraLower,
  kEraDotsUpper,
  kEraDotsLower,
  kCentury,
  kDayUpper,
  kDayCapital,
  kDayLower,
  kDyUpper,
  kDyCapital,
  kDyLower,
  kDayOfYear,
  kIsoDayOfYear,
  kDayOfMonth,
  kDayOfWeek,
  kIsoDayOfWeek,
  kFraction1,
  kFraction2,
  kFraction3,
  kFraction4,
  kFraction5,
  kFraction6,
  kHour12,
  kHour24,
  kIsoYear4,
  kIsoYear3,
  kIsoYear2,
  kIsoYear1,
  kIsoWeek,
  kJulian,
  kMinute,
  kMonthNumber,
  kMonthUpper,
  kMonthCapital,
  kMonthLower,
  kMonUpper,
  kMonCapital,
  kMonLower,
  kMillis,
  kMicros,
  kNanos,
  kQuarter,
  kRomanUpper,
  kRomanLower,
  kSecondsOfDay,
  kSecond,
  kZoneUpper,
  kZoneLower,
  kZoneHours,
  kZoneMinutes,
  kZoneOffset,
  kWeekOfYear,
  kWeekOfMonth,
  kYearComma,
  kYear4,
  kYear3,
  kYear2,
  kYear1,
};

struct DateTimeKeyword {
  using Field = DateTimeTemplate::Field;
  std::string_view name;
  Field field;
  bool any_case = true;  // also in lower case
};

namespace {

using Part = DateTimeKeyword::Field;

// Longer names before their beginnings.
constexpr auto kKeywords = std::to_array<DateTimeKeyword>({
    {"A.D.", Part::kEraDotsUpper, false},
    {"a.d.", Part::kEraDotsLower, false},
    {"B.C.", Part::kEraDotsUpper, false},
    {"b.c.", Part::kEraDotsLower, false},
    {"A.M.", Part::kMeridiemDotsUpper, false},
    {"a.m.", Part::kMeridiemDotsLower, false},
    {"P.M.", Part::kMeridiemDotsUpper, false},
    {"p.m.", Part::kMeridiemDotsLower, false},
    {"AD", Part::kEraUpper, false},
    {"ad", Part::kEraLower, false},
    {"BC", Part::kEraUpper, false},
    {"bc", Part::kEraLower, false},
    {"AM", Part::kMeridiemUpper, false},
    {"am", Part::kMeridiemLower, false},
    {"PM", Part::kMeridiemUpper, false},
    {"pm", Part::kMeridiemLower, false},
    {"CC", Part::kCentury},
    {"DAY", Part::kDayUpper, false},
    {"Day", Part::kDayCapital, false},
    {"day", Part::kDayLower, false},
    {"DDD", Part::kDayOfYear},
    {"DD", Part::kDayOfMonth},
    {"DY", Part::kDyUpper, false},
    {"Dy", Part::kDyCapital, false},
    {"dy", Part::kDyLower, false},
    {"D", Part::kDayOfWeek},
    {"FF1", Part::kFraction1},
    {"FF2", Part::kFraction2},
    {"FF3", Part::kFraction3},
    {"FF4", Part::kFraction4},
    {"FF5", Part::kFraction5},
    {"FF6", Part::kFraction6},
    {"HH24", Part::kHour24},
    {"HH12", Part::kHour12},
    {"HH", Part::kHour12},
    {"IDDD", Part::kIsoDayOfYear},
    {"ID", Part::kIsoDayOfWeek},
    {"IW", Part::kIsoWeek},
    {"IYYY", Part::kIsoYear4},
    {"IYY", Part::kIsoYear3},
    {"IY", Part::kIsoYear2},
    {"I", Part::kIsoYear1},
    {"J", Part::kJulian},
    {"MI", Part::kMinute},
    {"MM", Part::kMonthNumber},
    {"MONTH", Part::kMonthUpper, false},
    {"Month", Part::kMonthCapital, false},
    {"month", Part::kMonthLower, false},
    {"MON", Part::kMonUpper, false},
    {"Mon", Part::kMonCapital, false},
    {"mon", Part::kMonLower, false},
    {"MS", Part::kMillis},
    {"NS", Part::kNanos},
    {"OF", Part::kZoneOffset},
    {"Q", Part::kQuarter},
    {"RM", Part::kRomanUpper, false},
    {"rm", Part::kRomanLower, false},
    {"SSSSS", Part::kSecondsOfDay},
    {"SSSS", Part::kSecondsOfDay},
    {"SS", Part::kSecond},
    {"TZH", Part::kZoneHours},
    {"TZM", Part::kZoneMinutes},
    {"TZ", Part::kZoneUpper, false},
    {"tz", Part::kZoneLower, false},
    {"US", Part::kMicros},
    {"WW", Part::kWeekOfYear},
    {"W", Part::kWeekOfMonth},
    {"Y,YYY", Part::kYearComma},
    {"YYYY", Part::kYear4},
    {"YYY", Part::kYear3},
    {"YY", Part::kYear2},
    {"Y", Part::kYear1},
});

constexpr std::string_view kRoman[] = {"I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"};

enum class Case : uint8_t { kUpper, kCapital, kLower };

std::string Cased(std::string_view name, Case form) {
  std::string out(name);
  for (size_t i = 0; i < out.size(); ++i) {
    const bool upper = form == Case::kUpper || (form == Case::kCapital && i == 0);
    out[i] = static_cast<char>(IsAsciiLetter(out[i]) ? (upper ? out[i] & ~0x20 : out[i] | 0x20) : out[i]);
  }
  return out;
}

std::string_view Ordinal(int64_t number, bool upper) {
  const int64_t last = number % 10;
  if (number / 10 % 10 == 1) return upper ? "TH" : "th";
  if (last == 1) return upper ? "ST" : "st";
  if (last == 2) return upper ? "ND" : "nd";
  if (last == 3) return upper ? "RD" : "rd";
  return upper ? "TH" : "th";
}

bool MatchesKeyword(std::string_view text, const DateTimeKeyword& keyword) {
  if (text.starts_with(keyword.name)) return true;
  if (!keyword.any_case || text.size() < keyword.name.size()) return false;
  for (size_t i = 0; i < keyword.name.size(); ++i) {
    const char c = keyword.name[i];
    if (text[i] != (IsAsciiLetter(c) ? static_cast<char>(c | 0x20) : c)) return false;
  }
  return true;
}

}  // namespace

DateTimeTemplate::DateTimeTemplate(std::string_view pattern) {
  const auto literal = [&](std::string_view text) {
    if (nodes_.empty() || !nodes_.back().is_literal) {
      nodes_.emplace_back();
      nodes_.back().is_literal = true;
    }
    nodes_.back().literal += text;
  };
  bool fill = true;
  for (size_t at = 0; at < pattern.size();) {
    const std::string_view rest = pattern.substr(at);
    if (rest.starts_with("FM") || rest.starts_with("fm")) {
      fill = false;
      at += 2;
      continue;
    }
    if (rest.starts_with("FX") || rest.starts_with("fx")) {
      at += 2;
      continue;
    }
    if (rest.starts_with("TM") || rest.starts_with("tm")) {
      // Names in the locale's language are not filled up.
      at += 2;
      const std::string_view name = pattern.substr(at);
      for (const std::string_view padded : {"DAY", "Day", "day", "MONTH", "Month", "month"}) {
        if (name.starts_with(padded)) fill = false;
      }
      continue;
    }
    if (rest[0] == '"') {
      for (++at; at < pattern.size() && pattern[at] != '"'; ++at) {
        if (pattern[at] == '\\' && at + 1 < pattern.size()) ++at;
        literal(pattern.substr(at, 1));
      }
      ++at;
      continue;
    }
    if (rest[0] == '\\' && rest.size() > 1 && rest[1] == '"') {
      literal("\"");
      at += 2;
      continue;
    }
    const auto* found = std::find_if(kKeywords.begin(), kKeywords.end(),
                                     [&](const DateTimeKeyword& keyword) { return MatchesKeyword(rest, keyword); });
    if (found == kKeywords.end()) {
      literal(rest.substr(0, 1));
      ++at;
      continue;
    }
    Node node;
    node.field = found->field;
    node.fill = fill;
    fill = true;
    at += found->name.size();
    if (pattern.substr(at).starts_with("TH"))
      node.ordinal = 1;
    else if (pattern.substr(at).starts_with("th"))
      node.ordinal = 2;
    if (node.ordinal != 0) at += 2;
    nodes_.push_back(std::move(node));
  }
}

DateTimeTemplate::Parts DateTimeTemplate::PartsOf(const Moment& moment) {
  const CivilDate date = CivilFromDays(moment.days);
  const int64_t seconds = moment.nanos / kNanosPerSecond;
  Parts parts;
  parts.year = date.year;
  parts.month = date.month;
  parts.day = date.day;
  parts.hour = seconds / 3600;
  parts.minute = static_cast<int32_t>(seconds / 60 % 60);
  parts.second = static_cast<int32_t>(seconds % 60);
  parts.nanos = moment.nanos % kNanosPerSecond;
  parts.days = moment.days;
  parts.offset = moment.offset;
  return parts;
}

DateTimeTemplate::Parts DateTimeTemplate::PartsOf(const Interval& interval) {
  Parts parts;
  parts.is_interval = true;
  parts.year = interval.months / 12;
  parts.month = interval.months % 12;
  parts.day = interval.days;
  parts.hour = interval.micros / kMicrosPerHour;
  parts.minute = static_cast<int32_t>(interval.micros / kMicrosPerMinute % 60);
  parts.second = static_cast<int32_t>(interval.micros / kMicrosPerSecond % 60);
  parts.nanos = interval.micros % kMicrosPerSecond * 1000;
  return parts;
}

void DateTimeTemplate::Append(const Parts& parts, std::string& out) const {
  const int64_t shown_year = parts.is_interval || parts.year > 0 ? parts.year : 1 - parts.year;
  for (const Node& node : nodes_) {
    if (node.is_literal) {
      out += node.literal;
      continue;
    }
    const auto dates_only = [&] {
      if (parts.is_interval) {
        throw Error::User(sqlstate::kInvalidDatetimeFormat, "invalid format specification for an interval value")
            .WithHint("Intervals are not tied to specific calendar dates.");
      }
    };
    // Zero-padded to a width, which counts the sign of negative numbers out.
    const auto number = [&](int64_t value, int width) {
      if (!node.fill) width = 0;
      if (value < 0) out += '-';
      fmt::format_to(std::back_inserter(out), "{:0{}}", value < 0 ? -value : value, width);
      if (node.ordinal != 0) out += Ordinal(value < 0 ? -value : value, node.ordinal == 1);
    };
    const auto name = [&](std::string_view text, Case form, size_t width) {
      std::string shown = Cased(text, form);
      if (node.fill && shown.size() < width) shown.resize(width, ' ');
      out += shown;
    };
    const auto fraction = [&](int digits) {
      int64_t value = parts.nanos;
      for (int i = digits; i < 9; ++i) value /= 10;
      number(value, digits);
    };
    const bool morning = parts.hour % 24 < 12;
    const bool after_christ = parts.is_interval ? parts.year >= 0 : parts.year > 0;
    switch (node.field) {
      case Field::kMeridiemUpper:
        out += morning ? "AM" : "PM";
        break;
      case Field::kMeridiemLower:
        out += morning ? "am" : "pm";
        break;
      case Field::kMeridiemDotsUpper:
        out += morning ? "A.M." : "P.M.";
        break;
      case Field::kMeridiemDotsLower:
        out += morning ? "a.m." : "p.m.";
        break;
      case Field::kEraUpper:
        dates_only();
        out += after_christ ? "AD" : "BC";
        break;
      case Field::kEraLower:
        dates_only();
        out += after_christ ? "ad" : "bc";
        break;
      case Field::kEraDotsUpper:
        dates_only();
        out += after_christ ? "A.D." : "B.C.";
        break;
      case Field::kEraDotsLower:
        dates_only();
        out += after_christ ? "a.d." : "b.c.";
        break;
      case Field::kCentury:
        number(parts.is_interval ? parts.year / 100
               : parts.year > 0  ? (parts.year + 99) / 100
                                 : -((99 - (parts.year - 1)) / 100),
               2);
        break;
      case Field::kDayUpper:
      case Field::kDayCapital:
      case Field::kDayLower:
        dates_only();
        name(WeekdayName(DayOfWeek(parts.days)),
             static_cast<Case>(static_cast<int>(node.field) - static_cast<int>(Field::kDayUpper)), 9);
        break;
      case Field::kDyUpper:
      case Field::kDyCapital:
      case Field::kDyLower:
        dates_only();
        name(WeekdayName(DayOfWeek(parts.days)).substr(0, 3),
             static_cast<Case>(static_cast<int>(node.field) - static_cast<int>(Field::kDyUpper)), 0);
        break;
      case Field::kDayOfYear:
        number(
            parts.is_interval ? parts.year * 360 + parts.month * 30 + parts.day : DayOfYear(CivilFromDays(parts.days)),
            3);
        break;
      case Field::kIsoDayOfYear:
        dates_only();
        number(parts.days - IsoYearStart(IsoWeekFromDays(parts.days).year) + 1, 3);
        break;
      case Field::kDayOfMonth:
        number(parts.day, parts.day < 0 ? 1 : 2);
        break;
      case Field::kDayOfWeek:
        dates_only();
        number(DayOfWeek(parts.days) + 1, 1);
        break;
      case Field::kIsoDayOfWeek:
        dates_only();
        number((DayOfWeek(parts.days) + 6) % 7 + 1, 1);
        break;
      case Field::kFraction1:
      case Field::kFraction2:
      case Field::kFraction3:
      case Field::kFraction4:
      case Field::kFraction5:
      case Field::kFraction6: {
        const int digits = static_cast<int>(node.field) - static_cast<int>(Field::kFraction1) + 1;
        fraction(digits);
        break;
      }
      case Field::kHour12:
        number(parts.hour % 12 == 0 ? 12 : parts.hour % 12, 2);
        break;
      case Field::kHour24:
        number(parts.hour, 2);
        break;
      case Field::kIsoYear4:
      case Field::kIsoYear3:
      case Field::kIsoYear2:
      case Field::kIsoYear1: {
        dates_only();
        const int64_t year = IsoWeekFromDays(parts.days).year;
        const int64_t shown = year > 0 ? year : 1 - year;
        const int digits = 4 - (static_cast<int>(node.field) - static_cast<int>(Field::kIsoYear4));
        number(digits == 4 ? shown : shown % (digits == 3 ? 1000 : digits == 2 ? 100 : 10), digits);
        break;
      }
      case Field::kIsoWeek:
        dates_only();
        number(IsoWeekFromDays(parts.days).week, 2);
        break;
      case Field::kJulian:
        number(parts.is_interval ? parts.year * 360 + parts.month * 30 + parts.day : parts.days + kJulianDayOf1970, 0);
        break;
      case Field::kMinute:
        number(parts.minute, 2);
        break;
      case Field::kMonthNumber:
        number(parts.month, 2);
        break;
      case Field::kMonthUpper:
      case Field::kMonthCapital:
      case Field::kMonthLower:
        dates_only();
        name(MonthName(parts.month),
             static_cast<Case>(static_cast<int>(node.field) - static_cast<int>(Field::kMonthUpper)), 9);
        break;
      case Field::kMonUpper:
      case Field::kMonCapital:
      case Field::kMonLower:
        dates_only();
        name(MonthName(parts.month).substr(0, 3),
             static_cast<Case>(static_cast<int>(node.field) - static_cast<int>(Field::kMonUpper)), 0);
        break;
      case Field::kMillis:
        fraction(3);
        break;
      case Field::kMicros:
        fraction(6);
        break;
      case Field::kNanos:
        fraction(9);
        break;
      case Field::kQuarter:
        if (parts.month != 0) number((parts.month - 1) / 3 + 1, 1);
        break;
      case Field::kRomanUpper:
      case Field::kRomanLower:
        if (parts.month >= 1) {
          name(kRoman[parts.month - 1], node.field == Field::kRomanUpper ? Case::kUpper : Case::kLower, 4);
        }
        break;
      case Field::kSecondsOfDay:
        number(parts.hour * 3600 + parts.minute * 60 + parts.second, 0);
        break;
      case Field::kSecond:
        number(parts.second, 2);
        break;
      case Field::kZoneUpper:
      case Field::kZoneLower:
        dates_only();
        if (parts.has_zone) name(parts.zone, node.field == Field::kZoneUpper ? Case::kUpper : Case::kLower, 0);
        break;
      case Field::kZoneHours:
        dates_only();
        fmt::format_to(std::back_inserter(out), "{}{:02}", parts.offset >= 0 ? '+' : '-',
                       std::abs(parts.offset) / 3600);
        break;
      case Field::kZoneMinutes:
        dates_only();
        number(std::abs(parts.offset) / 60 % 60, 2);
        break;
      case Field::kZoneOffset:
        dates_only();
        fmt::format_to(std::back_inserter(out), "{}{:0{}}", parts.offset >= 0 ? '+' : '-',
                       std::abs(parts.offset) / 3600, node.fill ? 2 : 1);
        if (parts.offset / 60 % 60 != 0) {
          fmt::format_to(std::back_inserter(out), ":{:02}", std::abs(parts.offset) / 60 % 60);
        }
        break;
      case Field::kWeekOfYear:
        dates_only();
        number((DayOfYear(CivilFromDays(parts.days)) - 1) / 7 + 1, 2);
        break;
      case Field::kWeekOfMonth:
        dates_only();
        number((parts.day - 1) / 7 + 1, 1);
        break;
      case Field::kYearComma:
        fmt::format_to(std::back_inserter(out), "{},{:03}", shown_year / 1000, shown_year % 1000);
        break;
      case Field::kYear4:
        number(shown_year, 4);
        break;
      case Field::kYear3:
        number(shown_year % 1000, 3);
        break;
      case Field::kYear2:
        number(shown_year % 100, 2);
        break;
      case Field::kYear1:
        number(shown_year % 10, 1);
        break;
    }
  }
}

// ---- reading

class DateTimeTextReader {
 public:
  using Node = DateTimeTemplate::Node;
  using Field = DateTimeTemplate::Field;
  DateTimeTextReader(const std::vector<Node>& nodes, std::string_view text) : nodes_(nodes), text_(text) {}

  Moment Read(bool& has_offset) {
    for (size_t i = 0; i < nodes_.size(); ++i) {
      const Node& node = nodes_[i];
      if (node.is_literal) {
        SkipLiteral(node.literal);
      } else {
        if (node.field != Field::kDayUpper) SkipSpace();
        if (at_ >= text_.size()) break;  // what is missing keeps its default
        const bool next_is_digit = i + 1 < nodes_.size() && !nodes_[i + 1].is_literal && IsNumeric(nodes_[i + 1].field);
        ReadField(node, next_is_digit);
      }
    }
    has_offset = has_offset_;
    return Result();
  }

 private:
  [[noreturn]] void Bad(std::string_view what) const {
    throw Error::User(sqlstate::kInvalidDatetimeFormat, "invalid value \"{}\" for \"{}\"", text_.substr(at_, 20), what);
  }
  [[noreturn]] void OutOfRange() const {
    throw Error::User(sqlstate::kDatetimeFieldOverflow, "date/time field value out of range: \"{}\"", text_);
  }
  void SkipSpace() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
  }
  static bool IsSeparator(char c) { return !IsAsciiLetter(c) && !IsDigit(c) && c != '\0'; }
  // Separators stand for any separators; other characters for any character.
  void SkipLiteral(std::string_view literal) {
    for (const char c : literal) {
      if (IsSpace(c)) {
        SkipSpace();
        if (at_ < text_.size() && IsSeparator(text_[at_]) && text_[at_] != '-' && text_[at_] != '+') ++at_;
      } else if (IsSeparator(c)) {
        SkipSpace();
        if (at_ < text_.size() && IsSeparator(text_[at_])) ++at_;
      } else if (at_ < text_.size()) {
        ++at_;
      }
    }
  }
  static bool IsNumeric(Field field) {
    switch (field) {
      case Field::kMeridiemUpper:
      case Field::kMeridiemLower:
      case Field::kMeridiemDotsUpper:
      case Field::kMeridiemDotsLower:
      case Field::kEraUpper:
      case Field::kEraLower:
      case Field::kEraDotsUpper:
      case Field::kEraDotsLower:
      case Field::kDayUpper:
      case Field::kDayCapital:
      case Field::kDayLower:
      case Field::kDyUpper:
      case Field::kDyCapital:
      case Field::kDyLower:
      case Field::kMonthUpper:
      case Field::kMonthCapital:
      case Field::kMonthLower:
      case Field::kMonUpper:
      case Field::kMonCapital:
      case Field::kMonLower:
      case Field::kRomanUpper:
      case Field::kRomanLower:
      case Field::kZoneUpper:
      case Field::kZoneLower:
      case Field::kZoneHours:
      case Field::kZoneOffset:
        return false;
      default:
        return true;
    }
  }

  // At most `width` digits when digits of the next field follow directly, else as many as there are.
  int64_t Number(const Node& node, size_t width, bool next_is_digit, std::string_view what, size_t* digits = nullptr) {
    const size_t begin = at_;
    bool negative = false;
    if (at_ < text_.size() && (text_[at_] == '-' || text_[at_] == '+')) negative = text_[at_++] == '-';
    const size_t first = at_;
    const size_t limit = node.fill && next_is_digit ? width : 18;
    int64_t value = 0;
    while (at_ < text_.size() && at_ - first < limit && IsDigit(text_[at_])) value = value * 10 + (text_[at_++] - '0');
    if (at_ == first) {
      at_ = begin;
      Bad(what);
    }
    if (digits != nullptr) *digits = at_ - first;
    if (node.ordinal != 0) at_ = std::min(at_ + 2, text_.size());
    return negative ? -value : value;
  }
  template <typename NameOf>
  int Name(int first, int last, size_t length, NameOf name_of, std::string_view what) {
    for (int i = first; i <= last; ++i) {
      std::string_view name = name_of(i);
      if (length != 0) name = name.substr(0, length);
      if (EqualsIgnoreCase(text_.substr(at_, name.size()), name)) {
        at_ += name.size();
        return i;
      }
    }
    Bad(what);
  }

  void ReadMeridiem() {
    for (const auto& [word, pm] : {std::pair{"a.m.", false}, {"p.m.", true}, {"am", false}, {"pm", true}}) {
      if (EqualsIgnoreCase(text_.substr(at_, std::string_view(word).size()), word)) {
        at_ += std::string_view(word).size();
        pm_ = pm;
        return;
      }
    }
    Bad("AM");
  }
  void ReadEra() {
    for (const auto& [word, bc] : {std::pair{"a.d.", false}, {"b.c.", true}, {"ad", false}, {"bc", true}}) {
      if (EqualsIgnoreCase(text_.substr(at_, std::string_view(word).size()), word)) {
        at_ += std::string_view(word).size();
        before_christ_ = bc;
        return;
      }
    }
    Bad("BC");
  }
  // Years of fewer than four digits lie nearest to 2020.
  static int64_t NearYear(int64_t year, size_t digits) {
    if (digits == 3) return year < 520 ? year + 2000 : year + 1000;
    if (digits <= 2) return year < 70 ? year + 2000 : year + 1900;
    return year;
  }
  void ReadFraction(const Node& node, size_t width, bool next_is_digit) {
    size_t digits = 0;
    int64_t value = Number(node, width, next_is_digit, "fraction", &digits);
    for (; digits < 9; ++digits) value *= 10;
    for (; digits > 9; --digits) value /= 10;
    nanos_ = value;
  }
  void ReadOffset() {
    const size_t begin = at_;
    if (text_[at_] == '+' || text_[at_] == '-') ++at_;
    while (at_ < text_.size() && (IsDigit(text_[at_]) || text_[at_] == ':')) ++at_;
    std::string offset(text_.substr(begin, at_ - begin));
    if (!offset.starts_with('+') && !offset.starts_with('-')) offset.insert(0, "+");
    const std::optional<int32_t> seconds = ParseUtcOffset(offset);
    if (!seconds.has_value()) {
      at_ = begin;
      Bad("OF");
    }
    offset_ = *seconds;
    has_offset_ = true;
  }

  void ReadField(const Node& node, bool next) {
    size_t digits = 0;
    switch (node.field) {
      case Field::kMeridiemUpper:
      case Field::kMeridiemLower:
      case Field::kMeridiemDotsUpper:
      case Field::kMeridiemDotsLower:
        ReadMeridiem();
        break;
      case Field::kEraUpper:
      case Field::kEraLower:
      case Field::kEraDotsUpper:
      case Field::kEraDotsLower:
        ReadEra();
        break;
      case Field::kCentury:
        century_ = Number(node, 2, next, "CC");
        break;
      case Field::kDayUpper:
      case Field::kDayCapital:
      case Field::kDayLower:
        Name(0, 6, 0, WeekdayName, "DAY");
        break;
      case Field::kDyUpper:
      case Field::kDyCapital:
      case Field::kDyLower:
        Name(0, 6, 3, WeekdayName, "DY");
        break;
      case Field::kDayOfYear:
        day_of_year_ = Number(node, 3, next, "DDD");
        break;
      case Field::kIsoDayOfYear:
        iso_day_ = Number(node, 3, next, "IDDD");
        break;
      case Field::kDayOfMonth:
        day_ = Number(node, 2, next, "DD");
        break;
      case Field::kDayOfWeek:
        Number(node, 1, next, "D");
        break;
      case Field::kIsoDayOfWeek:
        iso_weekday_ = Number(node, 1, next, "ID");
        break;
      case Field::kFraction1:
      case Field::kFraction2:
      case Field::kFraction3:
      case Field::kFraction4:
      case Field::kFraction5:
      case Field::kFraction6:
        ReadFraction(node, static_cast<size_t>(node.field) - static_cast<size_t>(Field::kFraction1) + 1, next);
        break;
      case Field::kMillis:
        ReadFraction(node, 3, next);
        break;
      case Field::kMicros:
        ReadFraction(node, 6, next);
        break;
      case Field::kNanos:
        ReadFraction(node, 9, next);
        break;
      case Field::kHour12:
        hour_ = Number(node, 2, next, "HH12");
        if (hour_ < 1 || hour_ > 12) {
          throw Error::User(sqlstate::kInvalidDatetimeFormat, "hour \"{}\" is invalid for the 12-hour clock", hour_)
              .WithHint("Use the 24-hour clock, or give an hour between 1 and 12.");
        }
        twelve_ = true;
        break;
      case Field::kHour24:
        hour_ = Number(node, 2, next, "HH24");
        break;
      case Field::kIsoYear4:
      case Field::kIsoYear3:
      case Field::kIsoYear2:
      case Field::kIsoYear1: {
        const auto width = static_cast<size_t>(4 - (static_cast<int>(node.field) - static_cast<int>(Field::kIsoYear4)));
        const int64_t year = Number(node, width, next, "IYYY", &digits);
        iso_year_ = width == 4 ? year : NearYear(year, digits);
        break;
      }
      case Field::kIsoWeek:
        iso_week_ = Number(node, 2, next, "IW");
        break;
      case Field::kJulian:
        julian_ = Number(node, 18, next, "J");
        break;
      case Field::kMinute:
        minute_ = Number(node, 2, next, "MI");
        break;
      case Field::kMonthNumber:
        month_ = Number(node, 2, next, "MM");
        break;
      case Field::kMonthUpper:
      case Field::kMonthCapital:
      case Field::kMonthLower:
        month_ = Name(1, 12, 0, MonthName, "MONTH");
        break;
      case Field::kMonUpper:
      case Field::kMonCapital:
      case Field::kMonLower:
        month_ = Name(1, 12, 3, MonthName, "MON");
        break;
      case Field::kQuarter:
        Number(node, 1, next, "Q");
        break;
      case Field::kRomanUpper:
      case Field::kRomanLower:
        // Longer numerals first, so that VIII is not V.
        for (int month = 12; month >= 1; --month) {
          int best = 0;
          for (int i = 1; i <= 12; ++i) {
            if (EqualsIgnoreCase(text_.substr(at_, kRoman[i - 1].size()), kRoman[i - 1]) &&
                (best == 0 || kRoman[i - 1].size() > kRoman[best - 1].size())) {
              best = i;
            }
          }
          if (best == 0) Bad("RM");
          month_ = best;
          at_ += kRoman[best - 1].size();
          break;
        }
        break;
      case Field::kSecondsOfDay:
        seconds_of_day_ = Number(node, 5, next, "SSSS");
        break;
      case Field::kSecond:
        second_ = Number(node, 2, next, "SS");
        break;
      case Field::kZoneUpper:
      case Field::kZoneLower:
      case Field::kZoneOffset:
        ReadOffset();
        break;
      case Field::kZoneHours: {
        const int64_t hours = Number(node, 2, next, "TZH");
        negative_offset_ = text_[at_ - 1] != '-' && hours < 0;
        if (hours < -15 || hours > 15) OutOfRange();
        offset_ = static_cast<int32_t>(hours * 3600);
        has_offset_ = true;
        break;
      }
      case Field::kZoneMinutes: {
        const auto minutes = static_cast<int32_t>(Number(node, 2, next, "TZM"));
        if (minutes < 0 || minutes > 59) OutOfRange();
        offset_ += (negative_offset_ ? -minutes : minutes) * 60;
        has_offset_ = true;
        break;
      }
      case Field::kWeekOfYear:
        week_of_year_ = Number(node, 2, next, "WW");
        break;
      case Field::kWeekOfMonth:
        week_of_month_ = Number(node, 1, next, "W");
        break;
      case Field::kYearComma: {
        Node plain = node;
        plain.ordinal = 0;
        const int64_t thousands = Number(plain, 3, false, "Y,YYY");
        if (at_ < text_.size() && text_[at_] == ',') ++at_;
        if (thousands > 1000 || thousands < 0) OutOfRange();
        year_ = thousands * 1000 + Number(node, 3, next, "Y,YYY");
        break;
      }
      case Field::kYear4:
        year_ = Number(node, 4, next, "YYYY");
        break;
      case Field::kYear3: {
        const int64_t year = Number(node, 3, next, "YYY", &digits);
        year_ = NearYear(year, digits);
        break;
      }
      case Field::kYear2: {
        const int64_t year = Number(node, 2, next, "YY", &digits);
        year_ = NearYear(year, digits);
        break;
      }
      case Field::kYear1: {
        const int64_t year = Number(node, 1, next, "Y", &digits);
        year_ = NearYear(year, digits);
        break;
      }
    }
  }

  Moment Result() const {
    Moment moment;
    moment.offset = offset_;
    int64_t hour = hour_, minute = minute_, second = second_;
    if (seconds_of_day_.has_value()) {
      hour = *seconds_of_day_ / 3600;
      minute = *seconds_of_day_ / 60 % 60;
      second = *seconds_of_day_ % 60;
    }
    if (pm_.has_value() && hour > 12) {
      throw Error::User(sqlstate::kInvalidDatetimeFormat, "hour \"{}\" is invalid for the 12-hour clock", hour);
    }
    if (pm_.has_value() || twelve_) {
      if (pm_.value_or(false) && hour < 12) hour += 12;
      if (!pm_.value_or(false) && hour == 12) hour = 0;
    }
    if (seconds_of_day_.value_or(0) < 0 || hour < 0 || hour > 24 || minute < 0 || minute > 59 || second < 0 ||
        second > 59)
      OutOfRange();
    moment.nanos = ((hour * 60 + minute) * 60 + second) * kNanosPerSecond + nanos_;
    moment.days = Days();
    MomentCodec::Normalize(moment);
    return moment;
  }

  int64_t Days() const {
    const auto check = [&](const std::optional<int64_t>& value, int64_t most) {
      if (value.has_value() && (*value > most || *value < -most)) OutOfRange();
    };
    constexpr int64_t kYearMax = 300'000;
    check(year_, kYearMax);
    check(iso_year_, kYearMax);
    check(century_, kYearMax / 100);
    check(julian_, INT32_MAX);
    for (const auto& part : {iso_week_, iso_day_, iso_weekday_, week_of_year_, week_of_month_}) check(part, 371);
    if (julian_.has_value()) return *julian_ - kJulianDayOf1970;
    if (iso_year_.has_value()) {
      const int64_t start = IsoYearStart(*iso_year_);
      if (iso_day_.has_value()) return start + *iso_day_ - 1;
      return start + (iso_week_.value_or(1) - 1) * 7 + iso_weekday_.value_or(1) - 1;
    }
    int64_t year = year_.value_or(0);
    if (century_.has_value()) {
      year = year_.has_value() ? (*century_ - 1) * 100 + year % 100 : (*century_ - 1) * 100 + 1;
    }
    // 0 and no year at all are 1 BC, as in PostgreSQL.
    if (before_christ_ && year > 0)
      year = 1 - year;
    else if (year < 0)
      year += 1;
    if (day_of_year_.has_value()) {
      if (*day_of_year_ < 1 || *day_of_year_ > (IsLeapYear(year) ? 366 : 365)) OutOfRange();
      return DaysFromCivil(year, 1, 1) + *day_of_year_ - 1;
    }
    if (week_of_year_.has_value() && !month_.has_value()) {
      return DaysFromCivil(year, 1, 1) + (*week_of_year_ - 1) * 7;
    }
    const int64_t month = month_.value_or(1);
    const int64_t day = day_.value_or(week_of_month_.has_value() ? (*week_of_month_ - 1) * 7 + 1 : 1);
    if (year > kYearMax || year < -5000 || month < 1 || month > 12 || day < 1 ||
        day > DaysInMonth(year, static_cast<int>(month))) {
      OutOfRange();
    }
    return DaysFromCivil(year, static_cast<int>(month), static_cast<int>(day));
  }

  const std::vector<Node>& nodes_;
  std::string_view text_;
  size_t at_ = 0;
  std::optional<int64_t> year_, month_, day_, century_, day_of_year_, julian_, seconds_of_day_;
  std::optional<int64_t> iso_year_, iso_week_, iso_day_, iso_weekday_, week_of_year_, week_of_month_;
  int64_t hour_ = 0, minute_ = 0, second_ = 0, nanos_ = 0;
  std::optional<bool> pm_;
  bool twelve_ = false;
  bool before_christ_ = false;
  bool has_offset_ = false;
  bool negative_offset_ = false;
  int32_t offset_ = 0;
};

Moment DateTimeTemplate::Parse(std::string_view text, bool& has_offset) const {
  return DateTimeTextReader(nodes_, text).Read(has_offset);
}

}  // namespace weir
