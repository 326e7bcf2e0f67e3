#include "function/jsonpath/datetime.h"

#include "base/error.h"
#include "function/scalar/datetime_template.h"
#include "types/calendar.h"
#include "types/text.h"
#include "types/text_scan.h"
#include "types/time_zone.h"

namespace weir::jsonpath {

namespace {

// Reads fixed fields from the front.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}
  bool Done() const { return at_ == text_.size(); }
  bool Accept(char c) {
    if (Done() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool Peek(std::string_view any) const { return !Done() && any.find(text_[at_]) != std::string_view::npos; }
  // min to max digits.
  bool Digits(int min, int max, int64_t& out) {
    int count = 0;
    out = 0;
    while (!Done() && count < max && IsDigit(text_[at_])) {
      out = out * 10 + (text_[at_++] - '0');
      ++count;
    }
    return count >= min;
  }
  size_t at() const { return at_; }
  void Back(size_t at) { at_ = at; }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

bool ReadDate(Scanner& in, int64_t& days) {
  int64_t year = 0, month = 0, day = 0;
  if (!in.Digits(1, 6, year) || !in.Accept('-') || !in.Digits(1, 2, month) || !in.Accept('-') ||
      !in.Digits(1, 2, day)) {
    return false;
  }
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > DaysInMonth(year, static_cast<int>(month))) return false;
  days = DaysFromCivil(year, static_cast<int>(month), static_cast<int>(day));
  return true;
}

bool ReadTime(Scanner& in, int64_t& micros) {
  int64_t hour = 0, minute = 0, second = 0;
  if (!in.Digits(1, 2, hour) || !in.Accept(':') || !in.Digits(1, 2, minute) || !in.Accept(':') ||
      !in.Digits(1, 2, second) || hour > 24 || minute > 59 || second > 60) {
    return false;
  }
  micros = ((hour * 60 + minute) * 60 + second) * kMicrosPerSecond;
  if (micros > kMicrosPerDay) return false;
  if (!in.Accept('.')) return true;
  int64_t fraction = 0;
  const size_t begin = in.at();
  if (!in.Digits(1, 6, fraction)) return false;
  for (size_t digits = in.at() - begin; digits < 6; ++digits) fraction *= 10;
  micros += fraction;
  return true;
}

bool ReadZone(Scanner& in, int32_t& offset) {
  if (in.Accept('Z')) return true;
  const bool minus = in.Accept('-');
  if (!minus && !in.Accept('+')) return false;
  int64_t hours = 0, minutes = 0;
  if (!in.Digits(1, 2, hours) || hours > 15) return false;
  if (in.Accept(':') && (!in.Digits(1, 2, minutes) || minutes > 59)) return false;
  offset = static_cast<int32_t>(hours * 3600 + minutes * 60);
  if (minus) offset = -offset;
  return true;
}

// Which parts a template has.
struct TemplateParts {
  bool date = false, time = false, zone = false;
};
TemplateParts PartsOf(std::string_view pattern) {
  std::string upper;
  bool quoted = false;
  for (const char c : pattern) {
    if (c == '"') quoted = !quoted;
    if (!quoted) upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  }
  const auto take = [&](std::string_view word) {
    bool found = false;
    for (size_t at = upper.find(word); at != std::string::npos; at = upper.find(word)) {
      upper.replace(at, word.size(), " ");
      found = true;
    }
    return found;
  };
  TemplateParts parts;
  for (const char* word : {"TZH", "TZM", "OF", "TZ"}) parts.zone |= take(word);
  for (const char* word :
       {"HH24", "HH12", "HH", "MI", "SSSSS", "SSSS", "SS", "FF", "MS", "US", "A.M.", "P.M.", "AM", "PM"})
    parts.time |= take(word);
  for (const char* word : {"Y", "MONTH", "MON", "MM", "DDD", "DD", "D", "J", "WW", "W", "IW", "RM", "Q", "CC"})
    parts.date |= take(word);
  return parts;
}

// The same instant's number, for comparing.
int64_t ToUtc(const Datetime& value, std::string_view time_zone) {
  if (value.has_zone()) return value.micros - int64_t{value.offset} * kMicrosPerSecond;
  return TimeZone::Find(time_zone).LocalToUtcMicros(value.micros);
}

}  // namespace

std::optional<Datetime> ParseIsoDatetime(std::string_view text) {
  Scanner in(text);
  Datetime out;
  int64_t days = 0;
  if (ReadDate(in, days)) {
    out.micros = days * kMicrosPerDay;
    if (in.Done()) return out;
    if (!in.Accept(' ') && !in.Accept('T')) return std::nullopt;
    out.kind = Datetime::Kind::kTimestamp;
  } else {
    in.Back(0);
    out.kind = Datetime::Kind::kTime;
  }
  int64_t time = 0;
  if (!ReadTime(in, time)) return std::nullopt;
  out.micros += time;
  if (in.Done()) return out;
  if (!ReadZone(in, out.offset) || !in.Done()) return std::nullopt;
  out.kind = out.kind == Datetime::Kind::kTime ? Datetime::Kind::kTimeTz : Datetime::Kind::kTimestampTz;
  return out;
}

Datetime ParseDatetime(std::string_view text, std::string_view pattern) {
  const TemplateParts parts = PartsOf(pattern);
  const DateTimeTemplate compiled(pattern);
  bool has_offset = false;
  const Moment moment = compiled.Parse(text, has_offset);
  if (!parts.date && !parts.time) {
    throw Error::User(sqlstate::kInvalidDatetimeFormat, "datetime format is not dated and not timed");
  }
  Datetime out;
  out.micros = (parts.date ? moment.days * kMicrosPerDay : 0) + (parts.time ? moment.nanos / 1000 : 0);
  if (parts.zone && !parts.time) {
    throw Error::User(sqlstate::kInvalidDatetimeFormat, "datetime format is zoned but not timed");
  }
  if (parts.zone) out.offset = moment.offset;
  out.kind = !parts.time   ? Datetime::Kind::kDate
             : !parts.date ? (parts.zone ? Datetime::Kind::kTimeTz : Datetime::Kind::kTime)
                           : (parts.zone ? Datetime::Kind::kTimestampTz : Datetime::Kind::kTimestamp);
  return out;
}

void AppendDatetime(const Datetime& value, std::string& out) {
  const int64_t days = FloorDiv(value.micros, kMicrosPerDay);
  if (value.has_date()) AppendDate(static_cast<int32_t>(days), out);
  if (value.kind == Datetime::Kind::kDate) return;
  if (value.has_date()) out += 'T';
  AppendTime(value.micros - days * kMicrosPerDay, out);
  if (!value.has_zone()) return;
  const int32_t seconds = std::abs(value.offset);
  out += fmt::format("{}{:02}:{:02}", value.offset < 0 ? '-' : '+', seconds / 3600, seconds / 60 % 60);
}

std::string_view DatetimeTypeName(Datetime::Kind kind) {
  constexpr std::string_view kNames[] = {"date", "time without time zone", "time with time zone",
                                         "timestamp without time zone", "timestamp with time zone"};
  return kNames[static_cast<size_t>(kind)];
}

std::optional<int> CompareDatetimes(const Datetime& a, const Datetime& b, std::string_view time_zone) {
  if (a.has_date() != b.has_date()) return std::nullopt;
  const auto order = [](int64_t x, int64_t y) { return x < y ? -1 : x > y ? 1 : 0; };
  if (!a.has_zone() && !b.has_zone()) return order(a.micros, b.micros);
  if (a.has_zone() != b.has_zone() && time_zone.empty()) {
    constexpr std::string_view kShort[] = {"date", "time", "timetz", "timestamp", "timestamptz"};
    const Datetime& plain = a.has_zone() ? b : a;
    const Datetime& zoned = a.has_zone() ? a : b;
    throw Error::User(sqlstate::kFeatureNotSupported, "cannot convert value from {} to {} without time zone usage",
                      kShort[static_cast<size_t>(plain.kind)], kShort[static_cast<size_t>(zoned.kind)])
        .WithHint("Use *_tz() function for time zone support.");
  }
  const int by_instant = order(ToUtc(a, time_zone), ToUtc(b, time_zone));
  // PostgreSQL: times with zone of one instant differ by their zones, the more western one being larger.
  if (by_instant != 0 || a.has_date() || !a.has_zone() || !b.has_zone()) return by_instant;
  return order(b.offset, a.offset);
}

}  // namespace weir::jsonpath
