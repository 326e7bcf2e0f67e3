// Times as texts and back by the patterns of C's strftime.

#include "function/scalar/kernel.h"
#include "function/scalar/moment.h"
#include "function/scalar/register.h"
#include "types/text_scan.h"

namespace weir {

namespace {

constexpr std::string_view kDays[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
constexpr std::string_view kMonths[] = {"January", "February", "March",     "April",   "May",      "June",
                                        "July",    "August",   "September", "October", "November", "December"};

Error BadPattern(std::string_view pattern) {
  return Error::User(sqlstate::kInvalidParameterValue, "invalid strftime pattern: \"{}\"", pattern);
}

void Append(const Moment& moment, std::string_view zone, std::string_view pattern, std::string& out) {
  const CivilDate date = CivilFromDays(moment.days);
  const int64_t seconds = moment.nanos / kNanosPerSecond;
  const int64_t nanos = moment.nanos % kNanosPerSecond;
  const int64_t hour = seconds / 3600, minute = seconds / 60 % 60, second = seconds % 60;
  const auto weekday = static_cast<size_t>(FloorMod(moment.days + 4, 7));
  const int64_t day_of_year = moment.days - DaysFromCivil(date.year, 1, 1) + 1;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%') {
      out += pattern[i];
      continue;
    }
    if (++i >= pattern.size()) throw BadPattern(pattern);
    bool padded = true;
    if (pattern[i] == '-' && i + 1 < pattern.size()) {
      padded = false;
      ++i;
    }
    const auto number = [&](int64_t value, int width) {
      out += padded ? fmt::format("{:0{}}", value, width) : fmt::format("{}", value);
    };
    switch (pattern[i]) {
      case 'a':
        out += kDays[weekday].substr(0, 3);
        break;
      case 'A':
        out += kDays[weekday];
        break;
      case 'w':
        number(static_cast<int64_t>(weekday), 1);
        break;
      case 'u':
        number(weekday == 0 ? 7 : static_cast<int64_t>(weekday), 1);
        break;
      case 'd':
        number(date.day, 2);
        break;
      case 'b':
      case 'h':
        out += kMonths[date.month - 1].substr(0, 3);
        break;
      case 'B':
        out += kMonths[date.month - 1];
        break;
      case 'm':
        number(date.month, 2);
        break;
      case 'y':
        number(FloorMod(date.year, 100), 2);
        break;
      case 'Y':
        number(date.year, 4);
        break;
      case 'H':
        number(hour, 2);
        break;
      case 'I':
        number(hour % 12 == 0 ? 12 : hour % 12, 2);
        break;
      case 'p':
        out += hour < 12 ? "AM" : "PM";
        break;
      case 'M':
        number(minute, 2);
        break;
      case 'S':
        number(second, 2);
        break;
      case 'g':
        number(nanos / 1'000'000, 3);
        break;
      case 'f':
        number(nanos / 1000, 6);
        break;
      case 'n':
        number(nanos, 9);
        break;
      case 'z':
        out += fmt::format("{}{:02}", moment.offset < 0 ? '-' : '+', std::abs(moment.offset) / 3600);
        if (moment.offset % 3600 != 0) out += fmt::format(":{:02}", std::abs(moment.offset) / 60 % 60);
        break;
      case 'Z':
        out += zone;
        break;
      case 'j':
        number(day_of_year, 3);
        break;
      case 'U':
        number((day_of_year + 6 - static_cast<int64_t>(weekday)) / 7, 2);
        break;
      case 'W':
        number((day_of_year + 6 - static_cast<int64_t>((weekday + 6) % 7)) / 7, 2);
        break;
      case 'V':
        number(IsoWeekFromDays(moment.days).week, 2);
        break;
      case 'G':
        number(IsoWeekFromDays(moment.days).year, 4);
        break;
      case 'c':
        Append(moment, zone, "%Y-%m-%d %H:%M:%S", out);
        break;
      case 'x':
      case 'F':
        Append(moment, zone, "%Y-%m-%d", out);
        break;
      case 'X':
      case 'T':
        Append(moment, zone, "%H:%M:%S", out);
        break;
      case '%':
        out += '%';
        break;
      default:
        throw BadPattern(pattern);
    }
  }
}

// (timestamp, pattern) or the other way round.
template <size_t kTime>
ScalarKernel Formatting() {
  return [](const KernelArgs& args) {
    const Type& type = args.columns[kTime]->type();
    MomentCodec codec(type, args.context.statement());
    const ColumnView times(*args.columns[kTime]), patterns(*args.columns[1 - kTime]);
    FlatWriter<StringRef> out(args.result_type, args.size);
    ForEachRow(args, [&](size_t row) {
      const int64_t value = InstantAt(times, row);
      std::string text;
      if (codec.is_infinite(value)) {
        text = value > 0 ? "infinity" : "-infinity";
      } else {
        Append(codec.Read(value), codec.zone() == nullptr ? std::string_view() : codec.zone()->name(),
               patterns.At<StringRef>(row), text);
      }
      out.SetString(row, text);
    });
    return out.Finish();
  };
}

// Reads by a pattern; false where the text does not fit.
bool Parse(std::string_view text, std::string_view pattern, Moment& moment) {
  int64_t year = 1900, month = 1, day = 1, hour = 0, minute = 0, second = 0, nanos = 0, offset = 0, day_of_year = 0;
  bool afternoon = false, has_half = false, has_year = false;
  size_t at = 0;
  const auto number = [&](int width, int64_t low, int64_t high, int64_t& out) {
    const bool minus = low < 0 && at < text.size() && text[at] == '-';
    if (minus) ++at;
    const size_t begin = at;
    int64_t value = 0;
    while (at < text.size() && at - begin < static_cast<size_t>(width) && IsDigit(text[at])) {
      value = value * 10 + (text[at++] - '0');
    }
    if (at == begin) return false;
    out = minus ? -value : value;
    return out >= low && out <= high;
  };
  const auto word = [&](std::span<const std::string_view> words, bool is_short, int64_t& out) {
    for (size_t i = 0; i < words.size(); ++i) {
      const std::string_view name = is_short ? words[i].substr(0, 3) : words[i];
      if (!EqualsIgnoreCase(text.substr(at, name.size()), name)) continue;
      at += name.size();
      out = static_cast<int64_t>(i);
      return true;
    }
    return false;
  };
  const auto fraction = [&](int digits) {
    const size_t begin = at;
    int64_t value = 0;
    if (!number(digits, 0, 999'999'999, value)) return false;
    for (size_t k = at - begin; k < 9; ++k) value *= 10;
    nanos = value;
    return true;
  };
  std::string expanded;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const std::string_view two = pattern.substr(i, 2);
    if (two == "%F" || two == "%x") {
      expanded += "%Y-%m-%d";
    } else if (two == "%T" || two == "%X") {
      expanded += "%H:%M:%S";
    } else if (two == "%c") {
      expanded += "%Y-%m-%d %H:%M:%S";
    } else if (two == "%%") {
      expanded += "%%";
    } else {
      expanded += pattern[i];
      continue;
    }
    ++i;
  }
  for (size_t i = 0; i < expanded.size(); ++i) {
    if (expanded[i] != '%') {
      if (IsSpace(expanded[i])) {
        while (at < text.size() && IsSpace(text[at])) ++at;
      } else {
        if (at >= text.size() || text[at] != expanded[i]) return false;
        ++at;
      }
      continue;
    }
    ++i;
    if (i < expanded.size() && expanded[i] == '-') ++i;
    if (i >= expanded.size()) throw BadPattern(pattern);
    int64_t ignored = 0;
    bool ok = true;
    switch (expanded[i]) {
      case 'Y':
        ok = number(6, -290'000, 290'000, year);
        has_year = true;
        break;
      case 'y':
        ok = number(2, 0, 99, year);
        year += year < 69 ? 2000 : 1900;
        break;
      case 'm':
        ok = number(2, 1, 12, month);
        break;
      case 'd':
        ok = number(2, 1, 31, day);
        break;
      case 'j':
        ok = number(3, 1, 366, day_of_year);
        break;
      case 'H':
        ok = number(2, 0, 23, hour);
        break;
      case 'I':
        ok = number(2, 1, 12, hour);
        break;
      case 'M':
        ok = number(2, 0, 59, minute);
        break;
      case 'S':
        ok = number(2, 0, 59, second);
        break;
      case 'g':
        ok = fraction(3);
        break;
      case 'f':
      case 'n':
        ok = fraction(9);
        break;
      case 'p':
        has_half = true;
        afternoon = EqualsIgnoreCase(text.substr(at, 2), "PM");
        ok = afternoon || EqualsIgnoreCase(text.substr(at, 2), "AM");
        at += 2;
        break;
      case 'b':
      case 'h':
        ok = word(kMonths, true, month);
        ++month;
        break;
      case 'B':
        ok = word(kMonths, false, month);
        ++month;
        break;
      case 'a':
        ok = word(kDays, true, ignored);
        break;
      case 'A':
        ok = word(kDays, false, ignored);
        break;
      case 'w':
      case 'u':
        ok = number(1, 0, 7, ignored);
        break;
      case 'z': {
        const size_t end = std::min(text.find_first_not_of("+-0123456789:", at), text.size());
        const std::optional<int32_t> seconds = ParseUtcOffset(text.substr(at, end - at));
        ok = seconds.has_value();
        offset = seconds.value_or(0);
        at = end;
        break;
      }
      case '%':
        ok = at < text.size() && text[at] == '%';
        ++at;
        break;
      default:
        throw BadPattern(pattern);
    }
    if (!ok) return false;
  }
  while (at < text.size() && IsSpace(text[at])) ++at;
  if (at != text.size() || day > DaysInMonth(year, static_cast<int>(month))) return false;
  if (has_half) hour = hour % 12 + (afternoon ? 12 : 0);
  moment.days = day_of_year != 0 && has_year ? DaysFromCivil(year, 1, 1) + day_of_year - 1
                                             : DaysFromCivil(year, static_cast<int>(month), static_cast<int>(day));
  moment.nanos = ((hour * 60 + minute) * 60 + second - offset) * kNanosPerSecond + nanos;
  MomentCodec::Normalize(moment);
  return true;
}

template <bool kTry>
ColumnPtr Parsing(const KernelArgs& args) {
  const ColumnView texts(*args.columns[0]), patterns(*args.columns[1]);
  MomentCodec codec(args.result_type, args.context.statement());
  FlatWriter<int64_t> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, 0);
    Moment moment;
    const std::string_view text = texts.At<StringRef>(row), pattern = patterns.At<StringRef>(row);
    if (Parse(text, pattern, moment)) {
      out.Set(row, codec.Write(moment));
    } else if (kTry) {
      out.SetNull(row);
    } else {
      throw Error::User(sqlstate::kInvalidDatetimeFormat, "the text does not fit the pattern \"{}\": \"{}\"", pattern,
                        text);
    }
  });
  return out.Finish();
}

}  // namespace

void RegisterStrftimeFunctions(Registry& registry) {
  Family family(registry, "date/time");
  std::vector<FunctionOverload> formats;
  for (const TypeKind kind : kInstantKinds) {
    formats.push_back(ByZone(kind, Partial({kind, kText}, kText, Formatting<0>())));
    formats.push_back(ByZone(kind, Partial({kText, kind}, kText, Formatting<1>())));
  }
  family.Add("strftime", "The date or timestamp by a pattern of C: %Y-%m-%d %H:%M:%S.%f.",
             "strftime(timestamp '1992-01-01 20:38:40', '%a, %-d %B %Y - %I:%M:%S %p')",
             "Wed, 1 January 1992 - 08:38:40 PM", std::move(formats));
  family.Add("strptime", "The timestamp that a text says by a pattern of C.",
             "strptime('Wed, 1 January 1992 - 08:38:40 PM', '%a, %-d %B %Y - %I:%M:%S %p')", "1992-01-01 20:38:40",
             {Partial({kText, kText}, TypeKind::kTimestamp, Parsing<false>)});
  family.Add("try_strptime", "The same, NULL where the text does not fit.", "try_strptime('x', '%Y')", "NULL",
             {Partial({kText, kText}, TypeKind::kTimestamp, Parsing<true>)});
}

}  // namespace weir
