#include "function/scalar/mysql_format.h"

#include <iterator>

#include <fmt/format.h>

#include "types/text_scan.h"

namespace weir {

namespace {

std::string_view PlainPattern(std::string_view format) {
  if (format == "yyyyMMdd") return "%Y%m%d";
  if (format == "yyyy-MM-dd") return "%Y-%m-%d";
  if (format == "yyyy-MM-dd HH:mm:ss") return "%Y-%m-%d %H:%i:%s";
  return format;
}

std::string_view OrdinalSuffix(int day) {
  if (day / 10 == 1) return "th";
  return day % 10 == 1 ? "st" : day % 10 == 2 ? "nd" : day % 10 == 3 ? "rd" : "th";
}

// Weeks from Sunday (or Monday) on; week 0 before the first one.
int SimpleWeek(int64_t days, const CivilDate& date, bool monday) {
  const int64_t first = DaysFromCivil(date.year, 1, 1);
  const int at = monday ? (DayOfWeek(first) + 6) % 7 : DayOfWeek(first);
  const int64_t start = monday && at <= 3 ? first - at : at == 0 ? first : first + 7 - at;
  return days < start ? 0 : static_cast<int>((days - start) / 7 + 1);
}

}  // namespace

void AppendMysqlFormat(const Moment& moment, std::string_view format, std::string& out) {
  format = PlainPattern(format);
  const CivilDate date = CivilFromDays(moment.days);
  const auto seconds = static_cast<int>(moment.nanos / kNanosPerSecond);
  const int hour = seconds / 3600, minute = seconds / 60 % 60, second = seconds % 60;
  const int hour12 = hour % 12 == 0 ? 12 : hour % 12;
  const auto put = [&]<typename... Args>(fmt::format_string<Args...> pattern, Args&&... args) {
    fmt::format_to(std::back_inserter(out), pattern, std::forward<Args>(args)...);
  };
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 >= format.size()) {
      out += format[i];
      continue;
    }
    switch (format[++i]) {
      case 'Y':
        put("{:04}", date.year);
        break;
      case 'y':
        put("{:02}", FloorMod(date.year, 100));
        break;
      case 'm':
        put("{:02}", date.month);
        break;
      case 'c':
        put("{}", date.month);
        break;
      case 'd':
        put("{:02}", date.day);
        break;
      case 'e':
        put("{}", date.day);
        break;
      case 'D':
        put("{}{}", date.day, OrdinalSuffix(date.day));
        break;
      case 'j':
        put("{:03}", DayOfYear(date));
        break;
      case 'M':
        out += MonthName(date.month);
        break;
      case 'b':
        out += MonthName(date.month).substr(0, 3);
        break;
      case 'W':
        out += WeekdayName(DayOfWeek(moment.days));
        break;
      case 'a':
        out += WeekdayName(DayOfWeek(moment.days)).substr(0, 3);
        break;
      case 'w':
        put("{}", DayOfWeek(moment.days));
        break;
      case 'U':
        put("{:02}", SimpleWeek(moment.days, date, false));
        break;
      case 'u':
        put("{:02}", SimpleWeek(moment.days, date, true));
        break;
      case 'v':
        put("{:02}", IsoWeekFromDays(moment.days).week);
        break;
      case 'x':
        put("{:04}", IsoWeekFromDays(moment.days).year);
        break;
      case 'V':
      case 'X': {
        // Weeks from Sunday that belong to the year of their Sunday.
        const int64_t sunday = moment.days - DayOfWeek(moment.days);
        const CivilDate start = CivilFromDays(sunday);
        if (format[i] == 'X')
          put("{:04}", start.year);
        else
          put("{:02}", SimpleWeek(sunday, start, false));
        break;
      }
      case 'H':
        put("{:02}", hour);
        break;
      case 'k':
        put("{}", hour);
        break;
      case 'h':
      case 'I':
        put("{:02}", hour12);
        break;
      case 'l':
        put("{}", hour12);
        break;
      case 'i':
        put("{:02}", minute);
        break;
      case 's':
      case 'S':
        put("{:02}", second);
        break;
      case 'f':
        put("{:06}", moment.nanos / 1000 % 1'000'000);
        break;
      case 'p':
        out += hour < 12 ? "AM" : "PM";
        break;
      case 'r':
        put("{:02}:{:02}:{:02} {}", hour12, minute, second, hour < 12 ? "AM" : "PM");
        break;
      case 'T':
        put("{:02}:{:02}:{:02}", hour, minute, second);
        break;
      default:
        out += format[i];
    }
  }
}

namespace {

class MysqlReader {
 public:
  explicit MysqlReader(std::string_view text) : text_(text) {}

  bool Read(std::string_view format) {
    for (size_t i = 0; i < format.size(); ++i) {
      if (IsSpace(format[i])) {
        SkipSpace();
        continue;
      }
      if (format[i] != '%' || i + 1 >= format.size()) {
        SkipSpace();
        if (at_ >= text_.size() || text_[at_] != format[i]) return false;
        ++at_;
        continue;
      }
      SkipSpace();
      if (!Field(format[++i])) return false;
    }
    SkipSpace();
    return at_ == text_.size();
  }

  std::optional<Moment> Result() const {
    int hour = hour_;
    if (pm_.has_value()) {
      if (hour < 1 || hour > 12) return std::nullopt;
      hour = hour % 12 + (*pm_ ? 12 : 0);
    }
    if (hour > 23 || minute_ > 59 || second_ > 59) return std::nullopt;
    Moment moment;
    if (day_of_year_ > 0) {
      if (day_of_year_ > (IsLeapYear(year_) ? 366 : 365)) return std::nullopt;
      moment.days = DaysFromCivil(year_, 1, 1) + day_of_year_ - 1;
    } else {
      if (month_ < 1 || month_ > 12 || day_ < 1 || day_ > DaysInMonth(year_, month_)) return std::nullopt;
      moment.days = DaysFromCivil(year_, month_, day_);
    }
    moment.nanos = ((hour * 60 + minute_) * 60 + second_) * kNanosPerSecond + micros_ * 1000;
    return moment;
  }

 private:
  void SkipSpace() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
  }
  bool Number(size_t digits_max, int& out) {
    const size_t begin = at_;
    int value = 0;
    while (at_ < text_.size() && at_ - begin < digits_max && IsDigit(text_[at_]))
      value = value * 10 + (text_[at_++] - '0');
    out = value;
    return at_ > begin;
  }
  // A name, in full or (for abbreviations) by its first three letters.
  template <typename NameOf>
  bool Name(int first, int last, bool abbreviated, NameOf name_of, int& out) {
    for (int i = first; i <= last; ++i) {
      std::string_view name = name_of(i);
      if (abbreviated) name = name.substr(0, 3);
      if (EqualsIgnoreCase(text_.substr(at_, name.size()), name)) {
        at_ += name.size();
        out = i;
        return true;
      }
    }
    return false;
  }
  bool Field(char field) {
    int ignored = 0;
    switch (field) {
      case 'Y':
        return Number(4, year_);
      case 'y':
        if (!Number(2, year_)) return false;
        year_ += year_ < 70 ? 2000 : 1900;
        return true;
      case 'm':
      case 'c':
        return Number(2, month_);
      case 'd':
      case 'e':
        return Number(2, day_);
      case 'D':
        if (!Number(2, day_)) return false;
        at_ = std::min(at_ + 2, text_.size());
        return true;
      case 'j':
        return Number(3, day_of_year_);
      case 'M':
        return Name(1, 12, false, MonthName, month_);
      case 'b':
        return Name(1, 12, true, MonthName, month_);
      case 'W':
        return Name(0, 6, false, WeekdayName, ignored);
      case 'a':
        return Name(0, 6, true, WeekdayName, ignored);
      case 'w':
        return Number(1, ignored);
      case 'H':
      case 'k':
      case 'h':
      case 'I':
      case 'l':
        return Number(2, hour_);
      case 'i':
        return Number(2, minute_);
      case 's':
      case 'S':
        return Number(2, second_);
      case 'f': {
        const size_t begin = at_;
        if (!Number(6, micros_)) return false;
        for (size_t digits = at_ - begin; digits < 6; ++digits) micros_ *= 10;
        return true;
      }
      case 'p':
        if (EqualsIgnoreCase(text_.substr(at_, 2), "AM"))
          pm_ = false;
        else if (EqualsIgnoreCase(text_.substr(at_, 2), "PM"))
          pm_ = true;
        else
          return false;
        at_ += 2;
        return true;
      case 'T':
        return Read2(':');
      case 'r':
        if (!Read2(':')) return false;
        SkipSpace();
        return Field('p');
      case '%':
        if (at_ >= text_.size() || text_[at_] != '%') return false;
        ++at_;
        return true;
      default:
        return false;
    }
  }
  bool Read2(char separator) {
    const auto expect = [&] {
      if (at_ >= text_.size() || text_[at_] != separator) return false;
      ++at_;
      return true;
    };
    return Number(2, hour_) && expect() && Number(2, minute_) && expect() && Number(2, second_);
  }

  std::string_view text_;
  size_t at_ = 0;
  int year_ = 0, month_ = 1, day_ = 1, day_of_year_ = 0;
  int hour_ = 0, minute_ = 0, second_ = 0, micros_ = 0;
  std::optional<bool> pm_;
};

}  // namespace

std::optional<Moment> ParseMysqlFormat(std::string_view text, std::string_view format) {
  MysqlReader reader(text);
  if (!reader.Read(PlainPattern(format))) return std::nullopt;
  return reader.Result();
}

}  // namespace weir
