// The current time, dates and times from parts and numbers, and time zones.

#include <cmath>

#include "function/scalar/moment.h"
#include "function/scalar/register.h"

namespace weir {

namespace {

// ---- now

int64_t LocalNow(const StatementContext& statement) {
  return TimeZone::Find(statement.time_zone).UtcToLocalMicros(statement.statement_time_us);
}

// Rounded to `digits` fractional digits, for current_timestamp(3) and its like.
int64_t RoundMicros(int64_t micros, int32_t digits) {
  int64_t unit = 1;
  for (int32_t i = std::max(digits, 0); i < 6; ++i) unit *= 10;
  return FloorDiv(micros + unit / 2, unit) * unit;
}

// A value of the statement: without arguments, or with a precision.
template <typename T, T (*kF)(const StatementContext&)>
std::vector<FunctionOverload> NowOverloads(TypeKind type) {
  std::vector<FunctionOverload> overloads;
  overloads.push_back(Stable(Total({}, type, [](const KernelArgs& args) {
    FlatWriter<T> out(args.result_type, args.size);
    const T value = kF(args.context.statement());
    args.rows.ForEach([&](size_t row) { out.Set(row, value); });
    return out.Finish();
  })));
  if constexpr (sizeof(T) == 8) {
    overloads.push_back(Stable(Total({kInt}, type, [](const KernelArgs& args) {
      const int64_t value = kF(args.context.statement());
      return ApplyRows<int64_t, int32_t>(args, [&](int32_t digits) { return RoundMicros(value, digits); });
    })));
  }
  return overloads;
}

int64_t Now(const StatementContext& statement) {
  return statement.statement_time_us;
}
int64_t LocalTimeOfDay(const StatementContext& statement) {
  return FloorMod(LocalNow(statement), kMicrosPerDay);
}
int32_t Today(const StatementContext& statement) {
  return static_cast<int32_t>(FloorDiv(LocalNow(statement), kMicrosPerDay));
}

void AddNow(Family& family) {
  family.Add({"now", {"current_timestamp", "transaction_timestamp", "statement_timestamp", "clock_timestamp"}},
             "When the statement began.", "", "", NowOverloads<int64_t, Now>(TypeKind::kTimestampTz));
  family.Add("localtimestamp", "When the statement began, as local time.", "", "",
             NowOverloads<int64_t, LocalNow>(TypeKind::kTimestamp));
  family.Add({"current_time", {"localtime", "curtime"}}, "The local time of day when the statement began.", "", "",
             NowOverloads<int64_t, LocalTimeOfDay>(TypeKind::kTime));
  family.Add({"current_date", {"curdate", "today"}}, "The local date when the statement began.", "", "",
             NowOverloads<int32_t, Today>(TypeKind::kDate));
  family.Add({"utc_timestamp"}, "When the statement began, as UTC without time zone.", "", "",
             NowOverloads<int64_t, Now>(TypeKind::kTimestamp));
}

// ---- from parts

int32_t MakeDate(int32_t year, int32_t month, int32_t day) {
  // Negative years are BC.
  const int64_t astronomical = year < 0 ? static_cast<int64_t>(year) + 1 : year;
  const auto fail = [&] {
    return Error::User(sqlstate::kDatetimeFieldOverflow, "date field value out of range: {}-{:02}-{:02}", year, month,
                       day);
  };
  if (year == 0 || month < 1 || month > 12 || day < 1 || day > DaysInMonth(astronomical, month)) throw fail();
  const int64_t days = DaysFromCivil(astronomical, month, day);
  if (!IsValidDate(days)) {
    throw Error::User(sqlstate::kDatetimeFieldOverflow, "date out of range: {}-{:02}-{:02}", year, month, day);
  }
  return static_cast<int32_t>(days);
}

int64_t MakeTime(int32_t hour, int32_t minute, double second) {
  const bool valid = hour >= 0 && minute >= 0 && minute <= 59 && second >= 0 && second <= 60 &&
                     (hour < 24 || (hour == 24 && minute == 0 && second == 0));
  if (!valid) {
    throw Error::User(sqlstate::kDatetimeFieldOverflow, "time field value out of range: {}:{:02}:{:02}", hour, minute,
                      second);
  }
  return (hour * int64_t{60} + minute) * kMicrosPerMinute + static_cast<int64_t>(std::rint(second * 1e6));
}

ColumnPtr MakeTimestamp(const KernelArgs& args) {
  std::vector<ColumnView> in;
  for (const ColumnPtr& column : args.columns) in.emplace_back(*column);
  const bool zoned = args.result_type.has_time_zone();
  const TimeZone* session = zoned ? &TimeZone::Find(args.context.statement().time_zone) : nullptr;
  FlatWriter<int64_t> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, 0);
    const int32_t date = MakeDate(in[0].At<int32_t>(row), in[1].At<int32_t>(row), in[2].At<int32_t>(row));
    const int64_t time = MakeTime(in[3].At<int32_t>(row), in[4].At<int32_t>(row), in[5].At<double>(row));
    int64_t micros;
    if (__builtin_mul_overflow(static_cast<int64_t>(date), kMicrosPerDay, &micros) ||
        __builtin_add_overflow(micros, time, &micros)) {
      throw Error::User(sqlstate::kDatetimeFieldOverflow, "timestamp out of range");
    }
    if (zoned) {
      const TimeZone& zone =
          in.size() > 6 ? TimeZone::Find(in[6].values<StringRef>()[in[6].Index(row)].view()) : *session;
      micros = zone.LocalToUtcMicros(micros);
    }
    out.Set(row, micros);
  });
  return out.Finish();
}

ColumnPtr MakeInterval(const KernelArgs& args) {
  std::vector<ColumnView> in;
  for (const ColumnPtr& column : args.columns) in.emplace_back(*column);
  FlatWriter<Interval> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, {});
    const auto part = [&](size_t i) -> int64_t { return i < in.size() ? in[i].At<int32_t>(row) : 0; };
    const int64_t months = part(0) * 12 + part(1);
    const int64_t days = part(2) * 7 + part(3);
    const double seconds = in.size() > 6 ? in[6].At<double>(row) : 0;
    const double micros =
        std::rint(seconds * 1e6) + static_cast<double>(part(4) * kMicrosPerHour + part(5) * kMicrosPerMinute);
    if (months > INT32_MAX || months < INT32_MIN || days > INT32_MAX || days < INT32_MIN ||
        !(std::abs(micros) < 9.2e18)) {
      throw Error::User(sqlstate::kDatetimeFieldOverflow, "interval out of range");
    }
    const auto exact =
        part(4) * kMicrosPerHour + part(5) * kMicrosPerMinute + static_cast<int64_t>(std::rint(seconds * 1e6));
    out.Set(row, {static_cast<int32_t>(months), static_cast<int32_t>(days), exact});
  });
  return out.Finish();
}

void AddMake(Family& family) {
  family.Add({"make_date", {"makedate"}}, "A date from year, month and day; negative years are BC.",
             "make_date(2013, 7, 15)", "2013-07-15",
             {Partial({kInt, kInt, kInt}, TypeKind::kDate,
                      RowKernelWith<int32_t, int32_t, int32_t, int32_t>(
                          [](RowOut<int32_t>& out, int32_t year, int32_t month, int32_t day) {
                            Guard(out, [&] { out.Set(MakeDate(year, month, day)); });
                          }))});
  family.Add("make_time", "A time of day from hour, minute and second.", "make_time(8, 15, 23.5)", "08:15:23.5",
             {Partial({kInt, kInt, kDouble}, TypeKind::kTime,
                      RowKernelWith<int64_t, int32_t, int32_t, double>(
                          [](RowOut<int64_t>& out, int32_t hour, int32_t minute, double second) {
                            Guard(out, [&] { out.Set(MakeTime(hour, minute, second)); });
                          }))});
  const std::vector<TypePattern> parts = {kInt, kInt, kInt, kInt, kInt, kDouble};
  family.Add("make_timestamp", "A timestamp from year, month, day, hour, minute and second.",
             "make_timestamp(2013, 7, 15, 8, 15, 23.5)", "2013-07-15 08:15:23.5",
             {Partial(parts, TypeKind::kTimestamp, MakeTimestamp)});
  std::vector<TypePattern> zoned = parts;
  zoned.emplace_back(kText);
  family.Add("make_timestamptz", "A timestamp with time zone from year, month, day, hour, minute, second and zone.",
             "make_timestamptz(2013, 7, 15, 8, 15, 23.5, 'UTC')", "2013-07-15 08:15:23.5+00",
             {Stable(Partial(parts, TypeKind::kTimestampTz, MakeTimestamp)),
              Partial(zoned, TypeKind::kTimestampTz, MakeTimestamp)});
  family.Add("make_interval", "An interval from years, months, weeks, days, hours, minutes and seconds.",
             "make_interval(1, 2, 3, 4, 5, 6, 7.5)", "1 year 2 mons 25 days 05:06:07.5",
             {Optional(7, Partial({kInt, kInt, kInt, kInt, kInt, kInt, kDouble}, TypeKind::kInterval, MakeInterval))});
}

// ---- numbers since 1970

Error TimestampRange() {
  return Error::User(sqlstate::kDatetimeFieldOverflow, "timestamp out of range");
}

void FromEpochSeconds(RowOut<int64_t>& out, double seconds) {
  if (std::isinf(seconds)) {
    out.Set(seconds > 0 ? kTimestampInfinity : kTimestampMinusInfinity);
    return;
  }
  const double micros = std::rint(seconds * 1e6);
  if (std::isnan(seconds) || micros < static_cast<double>(kTimestampMin) || micros >= 9223372036854775807.0) {
    out.Fail(TimestampRange());
    return;
  }
  out.Set(static_cast<int64_t>(micros));
}

// An integer in units of 1/kPerSecond to a timestamp's microseconds or nanoseconds.
template <int64_t kMultiply, int64_t kDivide>
void FromEpochUnits(RowOut<int64_t>& out, int64_t value) {
  int64_t result;
  if (__builtin_mul_overflow(value, kMultiply, &result) || IsInfiniteTimestamp(FloorDiv(result, kDivide))) {
    out.Fail(TimestampRange());
    return;
  }
  out.Set(FloorDiv(result, kDivide));
}

// Timestamps and dates as a count of units since 1970; `kPerSecond` units a second.
template <int64_t kPerSecond>
std::vector<FunctionOverload> ToEpochOverloads() {
  std::vector<FunctionOverload> overloads;
  for (const TypeKind kind : kInstantKinds) {
    overloads.push_back(Partial({kind}, kLong, [](const KernelArgs& args) {
      const ColumnView view(*args.columns[0]);
      const Type& type = args.columns[0]->type();
      const int64_t unit = type.is(TypeKind::kDate) ? 1 : type.is_timestamp_ns() ? kNanosPerSecond : kMicrosPerSecond;
      FlatWriter<int64_t> out(args.result_type, args.size);
      ForEachRow(args, [&](size_t row) {
        out.Set(row, 0);
        const int64_t value = InstantAt(view, row);
        if (MomentCodec::IsInfinite(type, value)) {
          out.SetNull(row);
          return;
        }
        int128_t result = static_cast<int128_t>(value) * kPerSecond;
        if (type.is(TypeKind::kDate))
          result *= kSecondsPerDay;
        else
          result = result / unit - (result % unit < 0 ? 1 : 0);
        if (result > INT64_MAX || result < INT64_MIN) throw TimestampRange();
        out.Set(row, static_cast<int64_t>(result));
      });
      return out.Finish();
    }));
  }
  return overloads;
}

void AddEpochs(Family& family) {
  family.Add(
      "to_timestamp", "The instant that many seconds after 1970-01-01 00:00 UTC; or text read by a template.",
      "to_timestamp(1284352323.5) AT TIME ZONE 'UTC'", "2010-09-13 04:32:03.5",
      {Increasing(Partial({kDouble}, TypeKind::kTimestampTz, RowKernelWith<int64_t, double>(FromEpochSeconds)))});
  const auto add = [&](const char* name, const char* description, const char* example, const char* result,
                       std::vector<FunctionOverload> overloads, ScalarKernel from_number, TypeKind type) {
    overloads.push_back(Increasing(Partial({kLong}, type, std::move(from_number))));
    family.Add(name, description, example, result, std::move(overloads));
  };
  add("epoch_ms", "Milliseconds since 1970 of a timestamp, or the timestamp of such a number.", "epoch_ms(1500)",
      "1970-01-01 00:00:01.5", ToEpochOverloads<1000>(), RowKernelWith<int64_t, int64_t>(FromEpochUnits<1000, 1>),
      TypeKind::kTimestamp);
  add("epoch_us", "Microseconds since 1970 of a timestamp, or the timestamp of such a number.", "epoch_us(1500000)",
      "1970-01-01 00:00:01.5", ToEpochOverloads<kMicrosPerSecond>(),
      RowKernelWith<int64_t, int64_t>(FromEpochUnits<1, 1>), TypeKind::kTimestamp);
  add("epoch_ns", "Nanoseconds since 1970 of a timestamp, or the timestamp of such a number.", "epoch_ns(1500000001)",
      "1970-01-01 00:00:01.500000001", ToEpochOverloads<kNanosPerSecond>(),
      RowKernelWith<int64_t, int64_t>(FromEpochUnits<1, 1>), TypeKind::kTimestampNs);
  family.Add(
      "to_timestamp_ms", "The instant that many milliseconds after 1970-01-01 00:00 UTC.",
      "to_timestamp_ms(1500) AT TIME ZONE 'UTC'", "1970-01-01 00:00:01.5",
      {Increasing(Partial({kLong}, TypeKind::kTimestampTz, RowKernelWith<int64_t, int64_t>(FromEpochUnits<1000, 1>)))});
  family.Add(
      "to_timestamp_us", "The instant that many microseconds after 1970-01-01 00:00 UTC.",
      "to_timestamp_us(1500000) AT TIME ZONE 'UTC'", "1970-01-01 00:00:01.5",
      {Increasing(Partial({kLong}, TypeKind::kTimestampTz, RowKernelWith<int64_t, int64_t>(FromEpochUnits<1, 1>)))});
  family.Add(
      "to_timestamp_ns", "The instant that many nanoseconds after 1970-01-01 00:00 UTC.",
      "to_timestamp_ns(1500000001) AT TIME ZONE 'UTC'", "1970-01-01 00:00:01.500000001",
      {Increasing(Partial({kLong}, TypeKind::kTimestampTzNs, RowKernelWith<int64_t, int64_t>(FromEpochUnits<1, 1>)))});
}

// ---- time zones

TypeKind OtherZoneKind(TypeKind kind) {
  switch (kind) {
    case TypeKind::kTimestamp:
      return TypeKind::kTimestampTz;
    case TypeKind::kTimestampTz:
      return TypeKind::kTimestamp;
    case TypeKind::kTimestampNs:
      return TypeKind::kTimestampTzNs;
    default:
      return TypeKind::kTimestampNs;
  }
}

// The value moved between UTC and a zone's local time.
int64_t ShiftZone(const TimeZone& zone, int64_t value, bool to_local, bool nanos) {
  if (IsInfiniteTimestamp(value)) return value;
  const int64_t per_second = nanos ? kNanosPerSecond : kMicrosPerSecond;
  const int64_t seconds = FloorDiv(value, per_second);
  const int64_t shifted = to_local ? seconds + zone.OffsetAt(seconds) : zone.LocalToUtc(seconds);
  int64_t result;
  if (__builtin_add_overflow(value, (shifted - seconds) * per_second, &result) || IsInfiniteTimestamp(result)) {
    throw TimestampRange();
  }
  return result;
}

// timezone(zone, value): zone is a name or an interval; without it the session's.
ColumnPtr AtTimeZone(const KernelArgs& args) {
  const bool has_zone = args.columns.size() > 1;
  const ColumnView zones = has_zone ? ColumnView(*args.columns[0]) : ColumnView();
  const ColumnView values(*args.columns.back());
  const Type& type = args.columns.back()->type();
  const bool by_interval = has_zone && args.columns[0]->type().is(TypeKind::kInterval);
  const TimeZone* zone = has_zone ? nullptr : &TimeZone::Find(args.context.statement().time_zone);
  std::string last_name;
  FlatWriter<int64_t> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, 0);
    if (by_interval) {
      const Interval offset = zones.At<Interval>(row);
      if (offset.months != 0 || offset.days != 0) {
        throw Error::User(sqlstate::kInvalidParameterValue, "interval time zone must not include months or days");
      }
      zone = &TimeZone::FixedOffset(static_cast<int32_t>(offset.micros / kMicrosPerSecond));
    } else if (has_zone) {
      const std::string_view name = zones.values<StringRef>()[zones.Index(row)].view();
      if (zone == nullptr || name != last_name) {
        zone = nullptr;
        zone = &TimeZone::Find(name);
        last_name = name;
      }
    }
    out.Set(row, ShiftZone(*zone, values.At<int64_t>(row), type.has_time_zone(), type.is_timestamp_ns()));
  });
  return out.Finish();
}

void AddZones(Family& family) {
  std::vector<FunctionOverload> overloads;
  for (const TypeKind kind : kTimestampKinds) {
    const TypeKind result = OtherZoneKind(kind);
    overloads.push_back(Partial({kText, kind}, result, AtTimeZone));
    overloads.push_back(Partial({TypeKind::kInterval, kind}, result, AtTimeZone));
    overloads.push_back(Stable(Partial({kind}, result, AtTimeZone)));
  }
  family.Add("timezone",
             "AT TIME ZONE: a timestamp as the instant when clocks of a zone show it, or an instant as what they show.",
             "timezone('America/Denver', timestamptz '2001-02-16 20:38:40-05')", "2001-02-16 18:38:40",
             std::move(overloads));
  family.Add("convert_tz", "What the clocks of the second zone show when those of the first show the timestamp.",
             "convert_tz(timestamp '2019-08-01 13:21:03', 'Asia/Shanghai', 'America/Los_Angeles')",
             "2019-07-31 22:21:03",
             {Partial({TypeKind::kTimestamp, kText, kText}, TypeKind::kTimestamp,
                      RowKernelWith<int64_t, int64_t, StringRef, StringRef>(
                          [](RowOut<int64_t>& out, int64_t value, StringRef from, StringRef to) {
                            Guard(out, [&] {
                              const int64_t utc = ShiftZone(TimeZone::Find(from), value, false, false);
                              out.Set(ShiftZone(TimeZone::Find(to), utc, true, false));
                            });
                          }))});
}

}  // namespace

void RegisterDateTimeMakeFunctions(Registry& registry) {
  Family family(registry, "date/time");
  AddNow(family);
  AddMake(family);
  AddEpochs(family);
  AddZones(family);
}

}  // namespace weir
