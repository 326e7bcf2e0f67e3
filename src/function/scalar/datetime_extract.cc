// Fields of dates, times and intervals: extract, date_part, year(), dayofweek(), ...

#include <cmath>

#include "function/scalar/moment.h"
#include "function/scalar/register.h"
#include "types/decimal.h"

namespace weir {

namespace {

struct FieldValue {
  int128_t value;
  int scale = 0;
};

// As people count: the year before 1 is -1.
int64_t YearWithoutZero(int32_t year) {
  return year > 0 ? year : int64_t{year} - 1;
}

// Of the local time; throws for fields that dates do not have.
FieldValue MomentField(const Moment& moment, TimeField field, const Type& type, std::string_view name) {
  const bool is_date = type.is(TypeKind::kDate);
  const auto time_only = [&] {
    if (is_date) ThrowUnsupportedField(name, type);
  };
  const int64_t second_nanos = moment.nanos % (60 * kNanosPerSecond);
  switch (field) {
    case TimeField::kNanosecond:
      time_only();
      return {second_nanos};
    case TimeField::kMicrosecond:
      time_only();
      return {second_nanos / 1000};
    case TimeField::kMillisecond:
      time_only();
      return {second_nanos / 1000, 3};
    case TimeField::kSecond:
      time_only();
      return {second_nanos / 1000, 6};
    case TimeField::kMinute:
      time_only();
      return {moment.nanos / (60 * kNanosPerSecond) % 60};
    case TimeField::kHour:
      time_only();
      return {moment.nanos / (3600 * kNanosPerSecond)};
    case TimeField::kDayOfWeek:
      return {DayOfWeek(moment.days)};
    case TimeField::kIsoDayOfWeek:
      return {(DayOfWeek(moment.days) + 6) % 7 + 1};
    case TimeField::kWeek:
      return {IsoWeekFromDays(moment.days).week};
    case TimeField::kIsoYear:
      return {YearWithoutZero(IsoWeekFromDays(moment.days).year)};
    case TimeField::kEpoch: {
      const int128_t seconds = static_cast<int128_t>(moment.days) * kSecondsPerDay - moment.offset;
      if (is_date) return {seconds};
      return {seconds * kMicrosPerSecond + moment.nanos / 1000, 6};
    }
    case TimeField::kJulian: {
      if (is_date) return {moment.days + kJulianDayOf1970};
      // PostgreSQL shows 20 digits of the fraction of the day.
      const int128_t fraction = static_cast<int128_t>(moment.nanos) * PowerOfTen(20) / kNanosPerDay;
      return {static_cast<int128_t>(moment.days + kJulianDayOf1970) * PowerOfTen(20) + fraction, 20};
    }
    case TimeField::kTimezone:
    case TimeField::kTimezoneHour:
    case TimeField::kTimezoneMinute:
      if (!type.has_time_zone()) ThrowUnsupportedField(name, type);
      if (field == TimeField::kTimezone) return {moment.offset};
      return {field == TimeField::kTimezoneHour ? moment.offset / 3600 : moment.offset / 60 % 60};
    default:
      break;
  }
  const CivilDate date = CivilFromDays(moment.days);
  const int64_t year = date.year;
  switch (field) {
    case TimeField::kDay:
      return {date.day};
    case TimeField::kMonth:
      return {date.month};
    case TimeField::kQuarter:
      return {(date.month - 1) / 3 + 1};
    case TimeField::kDayOfYear:
      return {DayOfYear(date)};
    case TimeField::kYear:
      return {YearWithoutZero(date.year)};
    case TimeField::kDecade:
      return {FloorDiv(year, 10)};
    case TimeField::kCentury:
      return {year > 0 ? (year + 99) / 100 : -((99 - (year - 1)) / 100)};
    case TimeField::kMillennium:
      return {year > 0 ? (year + 999) / 1000 : -((999 - (year - 1)) / 1000)};
    default:
      ThrowUnsupportedField(name, type);
  }
}

FieldValue TimeOfDayField(int64_t micros, TimeField field, const Type& type, std::string_view name) {
  switch (field) {
    case TimeField::kMicrosecond:
      return {micros % kMicrosPerMinute};
    case TimeField::kMillisecond:
      return {micros % kMicrosPerMinute, 3};
    case TimeField::kSecond:
      return {micros % kMicrosPerMinute, 6};
    case TimeField::kMinute:
      return {micros / kMicrosPerMinute % 60};
    case TimeField::kHour:
      return {micros / kMicrosPerHour};
    case TimeField::kEpoch:
      return {micros, 6};
    default:
      ThrowUnsupportedField(name, type);
  }
}

FieldValue IntervalField(const Interval& interval, TimeField field, const Type& type, std::string_view name) {
  const int64_t years = interval.months / 12;
  switch (field) {
    case TimeField::kMicrosecond:
      return {interval.micros % kMicrosPerMinute};
    case TimeField::kMillisecond:
      return {interval.micros % kMicrosPerMinute, 3};
    case TimeField::kSecond:
      return {interval.micros % kMicrosPerMinute, 6};
    case TimeField::kMinute:
      return {interval.micros / kMicrosPerMinute % 60};
    case TimeField::kHour:
      return {interval.micros / kMicrosPerHour};
    case TimeField::kDay:
      return {interval.days};
    case TimeField::kMonth:
      return {interval.months % 12};
    case TimeField::kQuarter:
      return {interval.months % 12 / 3 + 1};
    case TimeField::kYear:
      return {years};
    case TimeField::kDecade:
      return {years / 10};
    case TimeField::kCentury:
      return {years / 100};
    case TimeField::kMillennium:
      return {years / 1000};
    case TimeField::kEpoch: {
      // Years of 365.25 days and months of 30.
      const int128_t days4 = static_cast<int128_t>(1461) * years + static_cast<int128_t>(120) * (interval.months % 12) +
                             static_cast<int128_t>(4) * interval.days;
      return {days4 * (kMicrosPerDay / 4) + interval.micros, 6};
    }
    default:
      ThrowUnsupportedField(name, type);
  }
}

// What PostgreSQL's numeric shows: seconds with six digits, whole numbers without.
Type ExtractType(const std::optional<Value>& name, const Type& source) {
  const std::optional<TimeField> field =
      name.has_value() && !name->is_null() ? FindTimeField(name->bytes()) : std::nullopt;
  const bool is_date = source.is(TypeKind::kDate);
  switch (field.value_or(TimeField::kEpoch)) {
    case TimeField::kMillisecond:
      return Type::Decimal(18, 3);
    case TimeField::kSecond:
      return Type::Decimal(18, 6);
    case TimeField::kEpoch:
      return is_date && field.has_value() ? Type::Decimal(18, 0) : Type::Decimal(24, 6);
    case TimeField::kJulian:
      return is_date ? Type::Decimal(18, 0) : Type::Decimal(38, 20);
    default:
      return Type::Decimal(18, 0);
  }
}

// Fields that grow without end are infinite for infinite values; the others have none.
bool GrowsForever(TimeField field) {
  switch (field) {
    case TimeField::kYear:
    case TimeField::kDecade:
    case TimeField::kCentury:
    case TimeField::kMillennium:
    case TimeField::kIsoYear:
    case TimeField::kEpoch:
    case TimeField::kJulian:
      return true;
    default:
      return false;
  }
}

// Runs f(row, field value, null, infinite sign) for the rows.
template <typename F>
void ForEachField(const KernelArgs& args, F&& f) {
  const ColumnView names(*args.columns[0]);
  const ColumnView values(*args.columns[1]);
  const Type& type = args.columns[1]->type();
  std::optional<MomentCodec> codec;
  if (!type.is(TypeKind::kTime) && !type.is(TypeKind::kInterval)) codec.emplace(type, args.context.statement());
  std::string last_name;
  std::optional<TimeField> field;
  ForEachRow(args, [&](size_t row) {
    const std::string_view name = names.values<StringRef>()[names.Index(row)].view();
    if (!field.has_value() || name != last_name) {
      field.reset();
      field = ParseTimeField(name, type);
      last_name = name;
    }
    if (type.is(TypeKind::kInterval)) {
      f(row, *field, IntervalField(values.At<Interval>(row), *field, type, name), 0);
    } else if (type.is(TypeKind::kTime)) {
      f(row, *field, TimeOfDayField(values.At<int64_t>(row), *field, type, name), 0);
    } else {
      const int64_t value = InstantAt(values, row);
      if (codec->is_infinite(value))
        f(row, *field, FieldValue{0}, value > 0 ? 1 : -1);
      else
        f(row, *field, MomentField(codec->Read(value), *field, type, name), 0);
    }
  });
}

// A field of dates and timestamps as an integer, NULL for infinite ones.
template <typename A, typename R, typename F>
ColumnPtr FieldOf(const KernelArgs& args, const ColumnView& values, F f) {
  MomentCodec codec(values.base().type(), args.context.statement());
  FlatWriter<R> out(args.result_type, args.size);
  args.rows.ForEach([&](size_t row) {
    const A value = values.At<A>(row);
    if (!codec.is_infinite(value)) return out.Set(row, static_cast<R>(f(codec.Read(value))));
    out.Set(row, R{});
    out.SetNull(row);
  });
  return out.Finish();
}

// Hours and minutes of timestamps without zone, which need no days. Null: it is something else.
ColumnPtr ExtractTimeOfDay(const KernelArgs& args, const ColumnView& values, TimeField field) {
  if (!values.base().type().is(TypeKind::kTimestamp)) return nullptr;
  const int64_t unit = (field == TimeField::kMinute ? 60 : 3600) * kMicrosPerSecond;
  const int64_t period = field == TimeField::kMinute ? 60 : 24;
  FlatWriter<int64_t> out(args.result_type, args.size);
  args.rows.ForEach([&](size_t row) {
    const auto value = values.At<int64_t>(row);
    out.Set(row, FloorMod(FloorDiv(value, unit), period));
    if (IsInfiniteTimestamp(value)) out.SetNull(row);
  });
  return out.Finish();
}

// The fields that are asked for most, each with a loop of its own. Null: it is something else.
ColumnPtr ExtractWholeNumber(const KernelArgs& args, TimeField field) {
  const ColumnView values(*args.columns[1]);
  const Type& type = args.columns[1]->type();
  if (type.is(TypeKind::kTime) || type.is(TypeKind::kInterval)) return nullptr;
  if (args.result_type.physical() != PhysicalType::kInt64 || args.result_type.scale() != 0) return nullptr;
  const auto run = [&](auto f) {
    return type.is(TypeKind::kDate) ? FieldOf<int32_t, int64_t>(args, values, f)
                                    : FieldOf<int64_t, int64_t>(args, values, f);
  };
  switch (field) {
    case TimeField::kMinute:
    case TimeField::kHour: {
      if (type.is(TypeKind::kDate)) return nullptr;
      if (ColumnPtr out = ExtractTimeOfDay(args, values, field)) return out;
      const int64_t unit = (field == TimeField::kMinute ? 60 : 3600) * kNanosPerSecond;
      const int64_t period = field == TimeField::kMinute ? 60 : 24;
      return run([=](const Moment& m) { return m.nanos / unit % period; });
    }
    case TimeField::kDayOfWeek:
      return run([](const Moment& m) { return DayOfWeek(m.days); });
    case TimeField::kIsoDayOfWeek:
      return run([](const Moment& m) { return (DayOfWeek(m.days) + 6) % 7 + 1; });
    case TimeField::kWeek:
      return run([](const Moment& m) { return IsoWeekFromDays(m.days).week; });
    case TimeField::kDay:
      return run([](const Moment& m) { return CivilFromDays(m.days).day; });
    case TimeField::kMonth:
      return run([](const Moment& m) { return CivilFromDays(m.days).month; });
    case TimeField::kQuarter:
      return run([](const Moment& m) { return (CivilFromDays(m.days).month - 1) / 3 + 1; });
    case TimeField::kDayOfYear:
      return run([](const Moment& m) { return DayOfYear(CivilFromDays(m.days)); });
    case TimeField::kYear:
      return run([](const Moment& m) { return YearWithoutZero(CivilFromDays(m.days).year); });
    default:
      return nullptr;
  }
}

// Seconds since 1970 of timestamps, for which no zone matters. Null: it is something else.
ColumnPtr ExtractEpoch(const KernelArgs& args) {
  const ColumnView values(*args.columns[1]);
  const Type& type = args.columns[1]->type();
  const bool nanos = type.is_timestamp_ns();
  if (!(nanos || type.is(TypeKind::kTimestamp) || type.is(TypeKind::kTimestampTz))) return nullptr;
  if (args.result_type.scale() != 6) return nullptr;
  FlatWriter<int128_t> out(args.result_type, args.size);
  args.rows.ForEach([&](size_t row) {
    const auto value = values.At<int64_t>(row);
    out.Set(row, nanos ? FloorDiv(value, 1000) : value);
    if (IsInfiniteTimestamp(value)) out.SetNull(row);
  });
  return out.Finish();
}

// With as many digits as the result has.
int128_t ScaledField(const FieldValue& value, int scale) {
  return value.scale == scale ? value.value : *DecimalRescale(value.value, value.scale, scale);
}

ColumnPtr Extract(const KernelArgs& args) {
  if (const auto field = OnlyTimeField(ColumnView(*args.columns[0])); field.has_value()) {
    if (ColumnPtr out = field == TimeField::kEpoch ? ExtractEpoch(args) : ExtractWholeNumber(args, *field)) return out;
  }
  const int scale = args.result_type.scale();
  const auto run = [&]<typename T>() {
    FlatWriter<T> out(args.result_type, args.size);
    ForEachField(args, [&](size_t row, TimeField, const FieldValue& value, int infinite) {
      out.Set(row, infinite != 0 ? T{} : static_cast<T>(ScaledField(value, scale)));
      if (infinite != 0) out.SetNull(row);
    });
    return out.Finish();
  };
  return args.result_type.physical() == PhysicalType::kInt64 ? run.template operator()<int64_t>()
                                                             : run.template operator()<int128_t>();
}

ColumnPtr DatePart(const KernelArgs& args) {
  FlatWriter<double> out(args.result_type, args.size);
  ForEachField(args, [&](size_t row, TimeField field, const FieldValue& value, int infinite) {
    if (infinite == 0) {
      out.Set(row, DecimalToDouble(value.value, value.scale));
    } else if (GrowsForever(field)) {
      out.Set(row, infinite > 0 ? HUGE_VAL : -HUGE_VAL);
    } else {
      out.SetNull(row);
    }
  });
  return out.Finish();
}

template <typename R, typename F>
ScalarKernel FieldKernel(F f) {
  return [f](const KernelArgs& args) {
    const ColumnView view(*args.columns[0]);
    return view.base().type().is(TypeKind::kDate) ? FieldOf<int32_t, R>(args, view, f)
                                                  : FieldOf<int64_t, R>(args, view, f);
  };
}

template <typename F>
void AddField(Family& family, Family::Names names, std::string description, std::string example, std::string result,
              F f, bool increasing = false) {
  std::vector<FunctionOverload> overloads;
  for (const TypeKind kind : kInstantKinds) {
    FunctionOverload overload = ByZone(kind, Total({kind}, TypeKind::kInt32, FieldKernel<int32_t>(f)));
    if (increasing) overload = IncreasingLocally(kind, std::move(overload));
    overloads.push_back(std::move(overload));
  }
  family.Add(std::move(names), std::move(description), std::move(example), std::move(result), std::move(overloads));
}

void AddName(Family& family, const char* name, std::string description, std::string example, std::string result,
             std::string_view (*f)(const Moment&)) {
  std::vector<FunctionOverload> overloads;
  for (const TypeKind kind : kInstantKinds) {
    overloads.push_back(ByZone(kind, Total({kind}, kText, [f](const KernelArgs& args) {
                                 const ColumnView view(*args.columns[0]);
                                 MomentCodec codec(args.columns[0]->type(), args.context.statement());
                                 FlatWriter<StringRef> out(args.result_type, args.size);
                                 args.rows.ForEach([&](size_t row) {
                                   const int64_t value = InstantAt(view, row);
                                   if (codec.is_infinite(value))
                                     out.SetNull(row);
                                   else
                                     out.Set(row, StringRef(f(codec.Read(value))));  // at most nine bytes: inline
                                 });
                                 return out.Finish();
                               })));
  }
  family.Add(name, std::move(description), std::move(example), std::move(result), std::move(overloads));
}

// MySQL's week of the year, in its eight modes.
int32_t MysqlWeek(const Moment& moment, int mode) {
  const bool monday_first = (mode & 1) != 0;
  const bool week_year = (mode & 2) != 0;      // weeks 1..53 that may belong to the neighbouring year
  const bool first_weekday = (mode & 4) != 0;  // week 1 is the first with the first weekday in the year
  // What MySQL does: mode bits 1 and 3 together mean ISO weeks.
  const bool four_days = first_weekday != monday_first;
  const CivilDate date = CivilFromDays(moment.days);
  const auto weekday = [&](int64_t day) { return monday_first ? (DayOfWeek(day) + 6) % 7 : DayOfWeek(day); };
  const auto start_of = [&](int64_t year) {
    const int64_t first = DaysFromCivil(year, 1, 1);
    const int at = weekday(first);
    if (four_days) return at <= 3 ? first - at : first + 7 - at;
    return at == 0 ? first : first + 7 - at;
  };
  const int64_t start = start_of(date.year);
  if (moment.days < start) {
    if (!week_year) return 0;
    return static_cast<int32_t>((moment.days - start_of(date.year - 1)) / 7 + 1);
  }
  const auto week = static_cast<int32_t>((moment.days - start) / 7 + 1);
  if (week_year && moment.days >= start_of(date.year + 1)) return 1;
  return week;
}

void AddWeeks(Family& family) {
  std::vector<FunctionOverload> overloads;
  for (const TypeKind kind : kInstantKinds) {
    overloads.push_back(ByZone(kind, Total({kind}, TypeKind::kInt32, FieldKernel<int32_t>([](const Moment& moment) {
                                             return MysqlWeek(moment, 0);
                                           }))));
    overloads.push_back(ByZone(kind, Total({kind, TypeKind::kInt32}, TypeKind::kInt32, [](const KernelArgs& args) {
                                 const ColumnView view(*args.columns[0]);
                                 const ColumnView modes(*args.columns[1]);
                                 MomentCodec codec(args.columns[0]->type(), args.context.statement());
                                 FlatWriter<int32_t> out(args.result_type, args.size);
                                 args.rows.ForEach([&](size_t row) {
                                   const int64_t value = InstantAt(view, row);
                                   out.Set(row, 0);
                                   if (codec.is_infinite(value))
                                     out.SetNull(row);
                                   else
                                     out.Set(row, MysqlWeek(codec.Read(value), modes.At<int32_t>(row) & 7));
                                 });
                                 return out.Finish();
                               })));
  }
  family.Add("week", "Week of the year as MySQL counts (mode 0: from the first Sunday on); see week_iso for ISO weeks.",
             "week(date '2007-01-01')", "0", std::move(overloads));
  AddField(family, {"weekofyear", {"week_iso"}}, "ISO week of the year, 1 to 53.", "weekofyear(date '2008-02-20')", "8",
           [](const Moment& m) { return IsoWeekFromDays(m.days).week; });
}

void AddCalendarFields(Family& family) {
  AddField(
      family, "year", "The year.", "year(date '2024-01-31')", "2024",
      [](const Moment& m) { return CivilFromDays(m.days).year; }, /*increasing=*/true);
  AddField(family, "quarter", "Quarter of the year, 1 to 4.", "quarter(date '2024-05-31')", "2",
           [](const Moment& m) { return (CivilFromDays(m.days).month - 1) / 3 + 1; });
  AddField(family, "month", "Month of the year.", "month(date '2024-05-31')", "5",
           [](const Moment& m) { return CivilFromDays(m.days).month; });
  AddField(family, {"day", {"dayofmonth"}}, "Day of the month.", "day(date '2024-05-31')", "31",
           [](const Moment& m) { return CivilFromDays(m.days).day; });
  AddField(family, "dayofweek", "Day of the week, 1 = Sunday to 7 = Saturday.", "dayofweek(date '2019-06-25')", "3",
           [](const Moment& m) { return DayOfWeek(m.days) + 1; });
  AddField(family, "weekday", "Day of the week, 0 = Monday to 6 = Sunday.", "weekday(date '2019-06-25')", "1",
           [](const Moment& m) { return (DayOfWeek(m.days) + 6) % 7; });
  AddField(family, "dayofweek_iso", "Day of the week, 1 = Monday to 7 = Sunday.", "dayofweek_iso(date '2019-06-25')",
           "2", [](const Moment& m) { return (DayOfWeek(m.days) + 6) % 7 + 1; });
  AddField(family, "dayofyear", "Day of the year.", "dayofyear(date '2024-12-31')", "366",
           [](const Moment& m) { return DayOfYear(CivilFromDays(m.days)); });
  AddField(family, "yearweek", "ISO year and week as one number.", "yearweek(date '2021-01-03')", "202053",
           [](const Moment& m) {
             const IsoWeekDate week = IsoWeekFromDays(m.days);
             return week.year * 100 + week.week;
           });
  AddName(family, "dayname", "English name of the day.", "dayname(date '2019-06-25')", "Tuesday",
          [](const Moment& m) { return WeekdayName(DayOfWeek(m.days)); });
  AddName(family, "monthname", "English name of the month.", "monthname(date '2019-06-25')", "June",
          [](const Moment& m) { return MonthName(CivilFromDays(m.days).month); });
}

void AddClockFields(Family& family) {
  AddField(family, "hour", "Hour of the day.", "hour(timestamp '2024-01-31 13:05:00')", "13",
           [](const Moment& m) { return static_cast<int32_t>(m.nanos / (3600 * kNanosPerSecond)); });
  AddField(family, "minute", "Minute of the hour.", "minute(timestamp '2024-01-31 13:05:00')", "5",
           [](const Moment& m) { return static_cast<int32_t>(m.nanos / (60 * kNanosPerSecond) % 60); });
  AddField(family, "second", "Second of the minute, without its fraction.", "second(timestamp '2024-01-31 13:05:07.9')",
           "7", [](const Moment& m) { return static_cast<int32_t>(m.nanos / kNanosPerSecond % 60); });
  AddField(family, "millisecond", "Milliseconds of the second.", "millisecond(timestamp '2024-01-31 13:05:07.9')",
           "900", [](const Moment& m) { return static_cast<int32_t>(m.nanos / 1'000'000 % 1000); });
  AddField(family, "microsecond", "Microseconds of the second.", "microsecond(timestamp '2024-01-31 13:05:07.9')",
           "900000", [](const Moment& m) { return static_cast<int32_t>(m.nanos / 1000 % 1'000'000); });
  const auto of_time = [&](const char* name, int64_t unit, int64_t modulus) {
    family.Add(name, "", "", "",
               {Total({TypeKind::kTime}, TypeKind::kInt32, RowKernel<int32_t, int64_t>([=](int64_t time) {
                        return static_cast<int32_t>(time / unit % modulus);
                      }))});
  };
  of_time("hour", kMicrosPerHour, 25);
  of_time("minute", kMicrosPerMinute, 60);
  of_time("second", kMicrosPerSecond, 60);
  of_time("microsecond", 1, kMicrosPerSecond);
}

void AddExtract(Family& family) {
  std::vector<FunctionOverload> extract, part;
  std::vector<TypeKind> kinds(std::begin(kInstantKinds), std::end(kInstantKinds));
  kinds.push_back(TypeKind::kTime);
  kinds.push_back(TypeKind::kInterval);
  for (const TypeKind kind : kinds) {
    FunctionOverload overload = ByZone(kind, Partial({kText, kind}, TypeKind::kUnknown, Extract));
    overload.resolve = [](std::span<const Type> types, std::span<const std::optional<Value>> constants) {
      return ResolvedCall{{types.begin(), types.end()}, ExtractType(constants[0], types[1])};
    };
    extract.push_back(std::move(overload));
    part.push_back(ByZone(kind, Partial({kText, kind}, TypeKind::kDouble, DatePart)));
  }
  family.Add("extract",
             "A field as a number: century, day, decade, dow, doy, epoch, hour, isodow, isoyear, julian, "
             "microseconds, millennium, milliseconds, minute, month, quarter, second, timezone, week, year.",
             "extract(year from timestamp '2024-01-31 13:05:00')", "2024", std::move(extract));
  // Of a date, as PostgreSQL has it, by way of a timestamp: the hour is 0.
  part[0] = Partial({kText, TypeKind::kDate}, TypeKind::kDouble, [](const KernelArgs& args) {
    const ColumnView days(*args.columns[1]);
    FlatWriter<int64_t> writer(TypeKind::kTimestamp, args.size);
    ForEachRow(args, [&](size_t row) {
      writer.Set(row, 0);
      const int32_t day = days.At<int32_t>(row);
      if (IsInfiniteDate(day)) {
        writer.Set(row, day > 0 ? kTimestampInfinity : kTimestampMinusInfinity);
      } else if (__builtin_mul_overflow(int64_t{day}, kMicrosPerDay, &writer.values()[row])) {
        throw Error::User(sqlstate::kDatetimeFieldOverflow, "date out of range for timestamp");
      }
    });
    const ColumnPtr columns[] = {args.columns[0], writer.Finish()};
    return DatePart({columns, args.size, args.rows, args.result_type, args.context, args.state});
  });
  family.Add("date_part", "A field as a double: see extract.", "date_part('hour', timestamp '2024-01-31 13:05:00')",
             "13", std::move(part));
}

}  // namespace

void RegisterDateTimeFieldFunctions(Registry& registry) {
  Family family(registry, "date/time");
  AddExtract(family);
  AddCalendarFields(family);
  AddClockFields(family);
  AddWeeks(family);
}

}  // namespace weir
