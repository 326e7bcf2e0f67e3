// Dates and times by the names that MySQL and StarRocks use.

#include <algorithm>

#include "function/scalar/moment.h"
#include "function/scalar/mysql_format.h"
#include "function/scalar/register.h"

namespace weir {

namespace {

constexpr TypeKind kDate = TypeKind::kDate;
constexpr TypeKind kTimestamp = TypeKind::kTimestamp;
constexpr TypeKind kInterval = TypeKind::kInterval;
constexpr int32_t kDayNumberOf1970 = 719'528;  // days since year 0

// n units as an interval.
Interval Units(TimeField unit, int64_t n, std::string_view name) {
  const auto narrow = [](int64_t value) {
    if (value > INT32_MAX || value < INT32_MIN)
      throw Error::User(sqlstate::kDatetimeFieldOverflow, "interval out of range");
    return static_cast<int32_t>(value);
  };
  const auto wide = [&](int64_t factor) {
    int64_t micros;
    if (__builtin_mul_overflow(n, factor, &micros)) {
      throw Error::User(sqlstate::kDatetimeFieldOverflow, "interval out of range");
    }
    return Interval{0, 0, micros};
  };
  if (n > INT64_MAX / 12'000 || n < INT64_MIN / 12'000) n = n > 0 ? INT64_MAX / 12'000 : INT64_MIN / 12'000;
  switch (unit) {
    case TimeField::kMicrosecond:
      return {0, 0, n};
    case TimeField::kMillisecond:
      return wide(1000);
    case TimeField::kSecond:
      return wide(kMicrosPerSecond);
    case TimeField::kMinute:
      return wide(kMicrosPerMinute);
    case TimeField::kHour:
      return wide(kMicrosPerHour);
    case TimeField::kDay:
      return {0, narrow(n), 0};
    case TimeField::kWeek:
      return {0, narrow(n * 7), 0};
    case TimeField::kMonth:
      return {narrow(n), 0, 0};
    case TimeField::kQuarter:
      return {narrow(n * 3), 0, 0};
    case TimeField::kYear:
      return {narrow(n * 12), 0, 0};
    default:
      throw Error::User(sqlstate::kInvalidParameterValue, "unit \"{}\" is not one to add", name);
  }
}

bool IsBelowDay(TimeField unit) {
  return unit <= TimeField::kHour;
}

// (value, n) -> value of the result type, which may be a timestamp for a date.
ScalarKernel AddUnitsKernel(TimeField unit, int sign) {
  return [unit, sign](const KernelArgs& args) {
    const ColumnView values(*args.columns[0]);
    const ColumnView counts(*args.columns[1]);
    const bool widen = args.columns[0]->type().is(kDate) && !args.result_type.is(kDate);
    MomentCodec codec(args.result_type, args.context.statement());
    InstantWriter out(args.result_type, args.size);
    ForEachRow(args, [&](size_t row) {
      out.Set(row, 0);
      int64_t value = InstantAt(values, row);
      if (widen) value *= kMicrosPerDay;
      out.Set(row, AddInterval(codec, value, Units(unit, sign * counts.At<int64_t>(row), "")));
    });
    return out.Finish();
  };
}

std::vector<FunctionOverload> AddUnitsOverloads(TimeField unit, int sign) {
  std::vector<FunctionOverload> overloads;
  for (const TypeKind kind : kInstantKinds) {
    const TypeKind result = kind == kDate && IsBelowDay(unit) ? kTimestamp : kind;
    FunctionOverload overload = ByZone(kind, Partial({kind, kLong}, result, AddUnitsKernel(unit, sign)));
    // Months keep the order of dates; with times the last days of a month fall together.
    const bool months = unit >= TimeField::kMonth;
    overloads.push_back(kind == kDate || !months ? IncreasingLocally(kind, std::move(overload)) : std::move(overload));
  }
  return overloads;
}

// Whole units from b to a, towards zero.
int64_t DifferenceInUnits(const Moment& a, const Moment& b, TimeField unit, std::string_view name) {
  const int128_t nanos = static_cast<int128_t>(a.days - b.days) * kNanosPerDay + a.nanos - b.nanos;
  switch (unit) {
    case TimeField::kMicrosecond:
      return static_cast<int64_t>(nanos / 1000);
    case TimeField::kMillisecond:
      return static_cast<int64_t>(nanos / 1'000'000);
    case TimeField::kSecond:
      return static_cast<int64_t>(nanos / kNanosPerSecond);
    case TimeField::kMinute:
      return static_cast<int64_t>(nanos / (60 * kNanosPerSecond));
    case TimeField::kHour:
      return static_cast<int64_t>(nanos / (3600 * kNanosPerSecond));
    case TimeField::kDay:
      return static_cast<int64_t>(nanos / kNanosPerDay);
    case TimeField::kWeek:
      return static_cast<int64_t>(nanos / (7 * kNanosPerDay));
    case TimeField::kMonth:
    case TimeField::kQuarter:
    case TimeField::kYear: {
      const CivilDate from = CivilFromDays(b.days), to = CivilFromDays(a.days);
      int64_t months = (static_cast<int64_t>(to.year) - from.year) * 12 + to.month - from.month;
      const int64_t rest = (to.day - from.day) * kNanosPerDay + a.nanos - b.nanos;
      if (months > 0 && rest < 0) --months;
      if (months < 0 && rest > 0) ++months;
      return months / (unit == TimeField::kMonth ? 1 : unit == TimeField::kQuarter ? 3 : 12);
    }
    default:
      throw Error::User(sqlstate::kInvalidParameterValue, "unit \"{}\" is not one to count", name);
  }
}

// A fixed unit over arguments (a, b), or a unit by name over (name, b, a) as TIMESTAMPDIFF has it.
ColumnPtr Difference(const KernelArgs& args, std::optional<TimeField> unit) {
  const size_t first = unit.has_value() ? 0 : 1;
  const ColumnView a(*args.columns[unit.has_value() ? first : first + 1]);
  const ColumnView b(*args.columns[unit.has_value() ? first + 1 : first]);
  const ColumnView names = unit.has_value() ? ColumnView() : ColumnView(*args.columns[0]);
  const Type& type = args.columns[first]->type();
  MomentCodec codec(type, args.context.statement());
  FlatWriter<int64_t> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, 0);
    const int64_t left = InstantAt(a, row), right = InstantAt(b, row);
    if (codec.is_infinite(left) || codec.is_infinite(right)) {
      out.SetNull(row);
      return;
    }
    std::string_view name;
    TimeField field;
    if (unit.has_value()) {
      field = *unit;
    } else {
      name = names.values<StringRef>()[names.Index(row)].view();
      field = ParseTimeField(name, type);
    }
    out.Set(row, DifferenceInUnits(codec.Read(left), codec.Read(right), field, name));
  });
  return out.Finish();
}

std::vector<FunctionOverload> DifferenceOverloads(TimeField unit) {
  std::vector<FunctionOverload> overloads;
  for (const TypeKind kind : kInstantKinds) {
    overloads.push_back(
        ByZone(kind, Total({kind, kind}, kLong, [unit](const KernelArgs& args) { return Difference(args, unit); })));
  }
  return overloads;
}

ColumnPtr DateDiff(const KernelArgs& args) {
  const ColumnView a(*args.columns[0]), b(*args.columns[1]);
  MomentCodec codec(args.columns[0]->type(), args.context.statement());
  FlatWriter<int32_t> out(args.result_type, args.size);
  args.rows.ForEach([&](size_t row) {
    const int64_t left = InstantAt(a, row), right = InstantAt(b, row);
    out.Set(row, 0);
    if (codec.is_infinite(left) || codec.is_infinite(right))
      out.SetNull(row);
    else
      out.Set(row, static_cast<int32_t>(codec.Read(left).days - codec.Read(right).days));
  });
  return out.Finish();
}

// date_diff('unit', start, end): boundaries of the unit between the two.
ColumnPtr DateDiffBoundaries(const KernelArgs& args) {
  const ColumnView names(*args.columns[0]), from(*args.columns[1]), to(*args.columns[2]);
  const Type& type = args.columns[1]->type();
  MomentCodec codec(type, args.context.statement());
  FlatWriter<int64_t> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, 0);
    const int64_t start = InstantAt(from, row), end = InstantAt(to, row);
    if (codec.is_infinite(start) || codec.is_infinite(end)) {
      out.SetNull(row);
      return;
    }
    const std::string_view name = names.values<StringRef>()[names.Index(row)].view();
    const TimeField unit = ParseTimeField(name, type);
    out.Set(row, DifferenceInUnits(TruncateMoment(codec.Read(end), unit, type, name),
                                   TruncateMoment(codec.Read(start), unit, type, name), unit, name));
  });
  return out.Finish();
}

// ---- date_add, timestampadd

// (value, interval) with dates staying dates where the interval has no time in it is MySQL's; ours always gives a
// timestamp for a date, as the operator + does.
template <int kSign>
ColumnPtr DateAddInterval(const KernelArgs& args) {
  const ColumnView values(*args.columns[0]);
  const ColumnView intervals(*args.columns[1]);
  const bool is_date = args.columns[0]->type().is(kDate);
  MomentCodec codec(args.result_type, args.context.statement());
  FlatWriter<int64_t> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, 0);
    const int64_t value = is_date ? values.At<int32_t>(row) * kMicrosPerDay : values.At<int64_t>(row);
    const Interval interval = intervals.At<Interval>(row);
    out.Set(row, AddInterval(codec, value, kSign < 0 ? NegateInterval(interval) : interval));
  });
  return out.Finish();
}

ColumnPtr TimestampAdd(const KernelArgs& args) {
  const ColumnView names(*args.columns[0]), counts(*args.columns[1]), values(*args.columns[2]);
  const bool is_date = args.columns[2]->type().is(kDate);
  MomentCodec codec(args.result_type, args.context.statement());
  FlatWriter<int64_t> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, 0);
    const std::string_view name = names.values<StringRef>()[names.Index(row)].view();
    const Interval interval = Units(ParseTimeField(name, args.result_type), counts.At<int64_t>(row), name);
    const int64_t value = is_date ? values.At<int32_t>(row) * kMicrosPerDay : values.At<int64_t>(row);
    out.Set(row, AddInterval(codec, value, interval));
  });
  return out.Finish();
}

template <int kSign>
std::vector<FunctionOverload> DateAddOverloads() {
  std::vector<FunctionOverload> overloads = AddUnitsOverloads(TimeField::kDay, kSign);
  for (const TypeKind kind : kInstantKinds) {
    const TypeKind result = kind == kDate ? kTimestamp : kind;
    FunctionOverload overload = ByZone(kind, Partial({kind, kInterval}, result, DateAddInterval<kSign>));
    overloads.push_back(kind == kDate ? Increasing(std::move(overload)) : std::move(overload));
  }
  return overloads;
}

void AddSums(Family& family) {
  family.Add({"date_add", {"adddate", "days_add"}}, "A date or timestamp plus days or an interval.",
             "date_add(date '2010-11-30', 2)", "2010-12-02", DateAddOverloads<1>());
  family.Add({"date_sub", {"subdate", "days_sub"}}, "A date or timestamp minus days or an interval.",
             "date_sub(date '2010-11-30', 2)", "2010-11-28", DateAddOverloads<-1>());
  struct Unit {
    const char* name;
    TimeField field;
    const char* added;
    const char* subtracted;
  };
  const Unit units[] = {
      {"years", TimeField::kYear, "2025-01-31 13:05:00", "2023-01-31 13:05:00"},
      {"quarters", TimeField::kQuarter, "2024-04-30 13:05:00", "2023-10-31 13:05:00"},
      {"months", TimeField::kMonth, "2024-02-29 13:05:00", "2023-12-31 13:05:00"},
      {"weeks", TimeField::kWeek, "2024-02-07 13:05:00", "2024-01-24 13:05:00"},
      {"hours", TimeField::kHour, "2024-01-31 14:05:00", "2024-01-31 12:05:00"},
      {"minutes", TimeField::kMinute, "2024-01-31 13:06:00", "2024-01-31 13:04:00"},
      {"seconds", TimeField::kSecond, "2024-01-31 13:05:01", "2024-01-31 13:04:59"},
      {"milliseconds", TimeField::kMillisecond, "2024-01-31 13:05:00.001", "2024-01-31 13:04:59.999"},
      {"microseconds", TimeField::kMicrosecond, "2024-01-31 13:05:00.000001", "2024-01-31 13:04:59.999999"},
  };
  for (const Unit& unit : units) {
    const std::string name = unit.name;
    Family::Names add(name + "_add");
    if (unit.field == TimeField::kMonth) add.aliases = {"add_months"};
    family.Add(add, "A date or timestamp some " + name + " later.", name + "_add(timestamp '2024-01-31 13:05:00', 1)",
               unit.added, AddUnitsOverloads(unit.field, 1));
    family.Add(Family::Names(name + "_sub"), "A date or timestamp some " + name + " earlier.",
               name + "_sub(timestamp '2024-01-31 13:05:00', 1)", unit.subtracted, AddUnitsOverloads(unit.field, -1));
  }
  std::vector<FunctionOverload> adds;
  for (const TypeKind kind : kInstantKinds) {
    adds.push_back(ByZone(kind, Partial({kText, kLong, kind}, kind == kDate ? kTimestamp : kind, TimestampAdd)));
  }
  family.Add("timestampadd", "A timestamp n units later; the unit is a text.",
             "timestampadd('minute', 1, timestamp '2019-01-02')", "2019-01-02 00:01:00", std::move(adds));
}

void AddDifferences(Family& family) {
  std::vector<FunctionOverload> days, diffs, boundaries;
  for (const TypeKind kind : kInstantKinds) {
    days.push_back(ByZone(kind, Total({kind, kind}, kInt, DateDiff)));
    diffs.push_back(ByZone(kind, Partial({kText, kind, kind}, kLong,
                                         [](const KernelArgs& args) { return Difference(args, std::nullopt); })));
    boundaries.push_back(ByZone(kind, Partial({kText, kind, kind}, kLong, DateDiffBoundaries)));
  }
  family.Add("datediff", "Days from the second date to the first, whatever the times of day.",
             "datediff(timestamp '2007-12-31 23:59:59', timestamp '2007-12-30')", "1", std::move(days));
  family.Add("date_diff", "How many boundaries of a unit lie between two timestamps.",
             "date_diff('month', date '2024-01-31', date '2024-03-01')", "2", std::move(boundaries));
  family.Add("timestampdiff", "Whole units from the first timestamp to the second.",
             "timestampdiff('month', timestamp '2003-02-01', timestamp '2003-05-01')", "3", std::move(diffs));
  const std::pair<const char*, TimeField> units[] = {
      {"years", TimeField::kYear},     {"quarters", TimeField::kQuarter}, {"months", TimeField::kMonth},
      {"weeks", TimeField::kWeek},     {"days", TimeField::kDay},         {"hours", TimeField::kHour},
      {"minutes", TimeField::kMinute}, {"seconds", TimeField::kSecond},   {"milliseconds", TimeField::kMillisecond},
  };
  for (const auto& [name, unit] : units) {
    const std::string text = name;
    family.Add(Family::Names(text + "_diff"), "Whole " + text + " from the second timestamp to the first.",
               text + "_diff(timestamp '2024-01-31', timestamp '2024-01-31')", "0", DifferenceOverloads(unit));
  }
  family.Add("timediff", "The time between two timestamps, as hours, minutes and seconds.",
             "timediff(timestamp '2024-01-02 01:00', timestamp '2024-01-01')", "25:00:00",
             {Partial({kTimestamp, kTimestamp}, kInterval,
                      RowKernelWith<Interval, int64_t, int64_t>([](RowOut<Interval>& out, int64_t a, int64_t b) {
                        int64_t micros;
                        if (__builtin_sub_overflow(a, b, &micros)) {
                          out.Fail(Error::User(sqlstate::kDatetimeFieldOverflow, "interval out of range"));
                        } else {
                          out.Set({0, 0, micros});
                        }
                      }))});
}

// ---- formats and conversions

ColumnPtr DateFormat(const KernelArgs& args) {
  const ColumnView values(*args.columns[0]);
  const ColumnView formats(*args.columns[1]);
  MomentCodec codec(args.columns[0]->type(), args.context.statement());
  FlatWriter<StringRef> out(args.result_type, args.size);
  std::string text;
  args.rows.ForEach([&](size_t row) {
    const int64_t value = InstantAt(values, row);
    if (codec.is_infinite(value)) {
      out.SetNull(row);
      return;
    }
    text.clear();
    AppendMysqlFormat(codec.Read(value), formats.values<StringRef>()[formats.Index(row)], text);
    out.SetString(row, text);
  });
  return out.Finish();
}

// NULL for texts that do not fit, as in MySQL.
ColumnPtr StrToDate(const KernelArgs& args) {
  const ColumnView texts(*args.columns[0]);
  const ColumnView formats(*args.columns[1]);
  InstantWriter out(args.result_type, args.size);
  args.rows.ForEach([&](size_t row) {
    out.Set(row, 0);
    const std::optional<Moment> moment =
        ParseMysqlFormat(texts.values<StringRef>()[texts.Index(row)], formats.values<StringRef>()[formats.Index(row)]);
    if (!moment.has_value()) {
      out.SetNull(row);
    } else if (args.result_type.is(kDate)) {
      out.Set(row, moment->days);
    } else {
      out.Set(row, moment->days * kMicrosPerDay + moment->nanos / 1000);
    }
  });
  return out.Finish();
}

ColumnPtr FromUnixtime(const KernelArgs& args) {
  const ColumnView values(*args.columns[0]);
  const ColumnView formats = args.columns.size() > 1 ? ColumnView(*args.columns[1]) : ColumnView();
  MomentCodec codec(TypeKind::kTimestampTz, args.context.statement());
  FlatWriter<StringRef> out(args.result_type, args.size);
  std::string text;
  args.rows.ForEach([&](size_t row) {
    const int64_t seconds = values.At<int64_t>(row);
    constexpr int64_t kSecondsMax = 253'402'300'799;  // the year 9999
    if (seconds < 0 || seconds > kSecondsMax) {
      out.SetNull(row);
      return;
    }
    text.clear();
    AppendMysqlFormat(
        codec.Read(seconds * kMicrosPerSecond),
        args.columns.size() > 1 ? formats.values<StringRef>()[formats.Index(row)].view() : "%Y-%m-%d %H:%i:%s", text);
    out.SetString(row, text);
  });
  return out.Finish();
}

// Seconds since 1970 of local time in the session's zone, or of an instant.
ColumnPtr UnixTimestamp(const KernelArgs& args) {
  FlatWriter<int64_t> out(args.result_type, args.size);
  const StatementContext& statement = args.context.statement();
  if (args.columns.empty()) {
    const int64_t now = FloorDiv(statement.statement_time_us, kMicrosPerSecond);
    args.rows.ForEach([&](size_t row) { out.Set(row, now); });
    return out.Finish();
  }
  const TimeZone& zone = TimeZone::Find(statement.time_zone);
  const ColumnView values(*args.columns[0]);
  const Type& type = args.columns[0]->type();
  const ColumnView formats = args.columns.size() > 1 ? ColumnView(*args.columns[1]) : ColumnView();
  args.rows.ForEach([&](size_t row) {
    out.Set(row, 0);
    if (type.is_string()) {
      const std::optional<Moment> moment = ParseMysqlFormat(
          values.values<StringRef>()[values.Index(row)],
          args.columns.size() > 1 ? formats.values<StringRef>()[formats.Index(row)].view() : "%Y-%m-%d %H:%i:%s");
      if (!moment.has_value())
        out.SetNull(row);
      else
        out.Set(row, zone.LocalToUtc(moment->days * kSecondsPerDay + moment->nanos / kNanosPerSecond));
      return;
    }
    const int64_t value = InstantAt(values, row);
    if (MomentCodec::IsInfinite(type, value)) {
      out.SetNull(row);
    } else if (type.is(kDate)) {
      out.Set(row, zone.LocalToUtc(value * kSecondsPerDay));
    } else {
      const int64_t seconds = FloorDiv(value, type.is_timestamp_ns() ? kNanosPerSecond : kMicrosPerSecond);
      out.Set(row, type.has_time_zone() ? seconds : zone.LocalToUtc(seconds));
    }
  });
  return out.Finish();
}

// The date of a timestamp, moved by `f`.
template <typename F>
std::vector<FunctionOverload> ToDateOverloads(F f) {
  std::vector<FunctionOverload> overloads;
  for (const TypeKind kind : kInstantKinds) {
    overloads.push_back(
        IncreasingLocally(kind, ByZone(kind, Total({kind}, kDate, [f](const KernelArgs& args) {
                                         const ColumnView values(*args.columns[0]);
                                         MomentCodec codec(args.columns[0]->type(), args.context.statement());
                                         FlatWriter<int32_t> out(args.result_type, args.size);
                                         args.rows.ForEach([&](size_t row) {
                                           const int64_t value = InstantAt(values, row);
                                           if (codec.is_infinite(value))
                                             out.Set(row, value > 0 ? kDateInfinity : kDateMinusInfinity);
                                           else
                                             out.Set(row, static_cast<int32_t>(f(codec.Read(value).days)));
                                         });
                                         return out.Finish();
                                       }))));
  }
  return overloads;
}

int64_t LastDay(int64_t days) {
  const CivilDate date = CivilFromDays(days);
  return days + DaysInMonth(date.year, date.month) - date.day;
}

void AddFormats(Family& family) {
  std::vector<FunctionOverload> formats, unix_times;
  for (const TypeKind kind : kInstantKinds) {
    formats.push_back(ByZone(kind, Total({kind, kText}, kText, DateFormat)));
    unix_times.push_back(Stable(Total({kind}, kLong, UnixTimestamp)));
  }
  unix_times.push_back(Stable(Total({}, kLong, UnixTimestamp)));
  unix_times.push_back(Stable(Total({kText, kText}, kLong, UnixTimestamp)));
  family.Add("date_format", "The timestamp by a pattern of MySQL: %Y %m %d %H %i %s %f %W %b ...",
             "date_format(timestamp '2009-10-04 22:23:00', '%W %M %Y')", "Sunday October 2009", std::move(formats));
  family.Add("str_to_date", "The timestamp that a text says by a pattern of MySQL, or NULL.",
             "str_to_date('2014-12-21 12:34:56', '%Y-%m-%d %H:%i:%s')", "2014-12-21 12:34:56",
             {Total({kText, kText}, kTimestamp, StrToDate)});
  family.Add("str2date", "The date that a text says by a pattern of MySQL, or NULL.",
             "str2date('2010-11-30', '%Y-%m-%d')", "2010-11-30", {Total({kText, kText}, kDate, StrToDate)});
  family.Add("from_unixtime", "Seconds since 1970 as local time, by a pattern of MySQL.", "from_unixtime(1196440219)",
             "2007-11-30 16:30:19",
             {Stable(Total({kLong}, kText, FromUnixtime)), Stable(Total({kLong, kText}, kText, FromUnixtime))});
  family.Add("unix_timestamp", "Seconds since 1970 of now, a timestamp, or a text by a pattern of MySQL.",
             "unix_timestamp(timestamp '2007-11-30 10:30:19')", "1196418619", std::move(unix_times));
}

void AddConversions(Family& family) {
  family.Add("date", "The date of a timestamp.", "date(timestamp '2003-12-31 01:02:03')", "2003-12-31",
             ToDateOverloads([](int64_t days) { return days; }));
  family.Add("timestamp", "The date, timestamp or literal as timestamp without time zone.", "", "",
             {Total({kTimestamp}, kTimestamp, [](const KernelArgs& args) { return args.columns[0]; })});
  family.Add("to_date", "The date of a timestamp; or text read by a template.",
             "to_date(timestamp '2020-02-02 00:00:00')", "2020-02-02",
             ToDateOverloads([](int64_t days) { return days; }));
  family.Add("last_day", "The last day of the month.", "last_day(date '2024-02-10')", "2024-02-29",
             ToDateOverloads(LastDay));
  std::vector<FunctionOverload> to_days;
  for (const TypeKind kind : kInstantKinds) {
    to_days.push_back(ByZone(kind, Total({kind}, kInt, [](const KernelArgs& args) {
                               const ColumnView values(*args.columns[0]);
                               MomentCodec codec(args.columns[0]->type(), args.context.statement());
                               FlatWriter<int32_t> out(args.result_type, args.size);
                               args.rows.ForEach([&](size_t row) {
                                 const int64_t value = InstantAt(values, row);
                                 out.Set(row, 0);
                                 if (codec.is_infinite(value))
                                   out.SetNull(row);
                                 else
                                   out.Set(row, static_cast<int32_t>(codec.Read(value).days + kDayNumberOf1970));
                               });
                               return out.Finish();
                             })));
  }
  family.Add("to_days", "Days since the year 0.", "to_days(date '2007-10-07')", "733321", std::move(to_days));
  family.Add("from_days", "The date that many days after the year 0.", "from_days(730669)", "2000-07-03",
             {Partial({kInt}, kDate, RowKernelWith<int32_t, int32_t>([](RowOut<int32_t>& out, int32_t number) {
                        const int64_t days = static_cast<int64_t>(number) - kDayNumberOf1970;
                        if (IsValidDate(days))
                          out.Set(static_cast<int32_t>(days));
                        else
                          out.Fail(Error::User(sqlstate::kDatetimeFieldOverflow, "date out of range: day {}", number));
                      }))});
  family.Add("time_to_sec", "Seconds since midnight.", "time_to_sec(time '12:13:14')", "43994",
             {Total({TypeKind::kTime}, kLong,
                    RowKernel<int64_t, int64_t>([](int64_t time) { return time / kMicrosPerSecond; })),
              Total({kInterval}, kLong,
                    RowKernel<int64_t, Interval>([](Interval in) { return in.micros / kMicrosPerSecond; }))});
  family.Add(
      "sec_to_time", "The time of day that many seconds after midnight.", "sec_to_time(43994)", "12:13:14",
      {Partial({kLong}, TypeKind::kTime, RowKernelWith<int64_t, int64_t>([](RowOut<int64_t>& out, int64_t seconds) {
                 if (seconds < 0 || seconds > kSecondsPerDay) {
                   out.Fail(Error::User(sqlstate::kDatetimeFieldOverflow, "time out of range: {} seconds", seconds));
                 } else {
                   out.Set(seconds * kMicrosPerSecond);
                 }
               }))});
}

}  // namespace

void RegisterMysqlDateTimeFunctions(Registry& registry) {
  Family family(registry, "date/time");
  AddSums(family);
  AddDifferences(family);
  AddFormats(family);
  AddConversions(family);
}

}  // namespace weir
