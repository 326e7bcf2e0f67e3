// Rounding: date_trunc, date_bin, time_bucket, time_slice; and to fewer digits of a second.

#include "function/scalar/moment.h"
#include "function/scalar/register.h"

namespace weir {

namespace {

bool IsBelowDay(TimeField field) {
  return field <= TimeField::kHour;
}

// Microseconds of what a timestamp without zone is cut down to a multiple of; 0: it is no such thing.
int64_t FixedUnit(TimeField field) {
  switch (field) {
    case TimeField::kMicrosecond:
      return 1;
    case TimeField::kMillisecond:
      return 1000;
    case TimeField::kSecond:
      return kMicrosPerSecond;
    case TimeField::kMinute:
      return 60 * kMicrosPerSecond;
    case TimeField::kHour:
      return 3600 * kMicrosPerSecond;
    case TimeField::kDay:
      return kSecondsPerDay * kMicrosPerSecond;
    default:
      return 0;
  }
}

// By one unit for all rows, without a calendar.
ColumnPtr TruncateToUnit(const KernelArgs& args, int64_t unit) {
  const ColumnView values(*args.columns[1]);
  FlatWriter<int64_t> out(args.result_type, args.size);
  int64_t begin = 0;  // of the unit that the last row was in: times come in order as a rule
  args.rows.ForEach([&](size_t row) {
    const auto value = values.At<int64_t>(row);
    if (IsInfiniteTimestamp(value)) return out.Set(row, value);
    const bool is_in_it = static_cast<uint64_t>(value) - static_cast<uint64_t>(begin) < static_cast<uint64_t>(unit);
    if (!is_in_it) begin = FloorDiv(value, unit) * unit;
    out.Set(row, begin);
  });
  return out.Finish();
}

// date_trunc(unit, timestamp [, zone])
ColumnPtr DateTrunc(const KernelArgs& args) {
  const ColumnView names(*args.columns[0]);
  const ColumnView values(*args.columns[1]);
  const Type& type = args.columns[1]->type();
  if (type.is(TypeKind::kTimestamp) && !type.is_timestamp_ns() && names.is_constant() && names.IsValid(0)) {
    const std::optional<TimeField> field = FindTimeField(names.At<StringRef>(0).view());
    const int64_t unit = field.has_value() ? FixedUnit(*field) : 0;
    if (unit != 0) return TruncateToUnit(args, unit);
  }
  StatementContext statement = args.context.statement();
  std::optional<MomentCodec> codec;
  const bool has_zone = args.columns.size() > 2;
  const ColumnView zones = has_zone ? ColumnView(*args.columns[2]) : ColumnView();
  if (!has_zone) codec.emplace(type, statement);
  std::string last_name, last_zone;
  std::optional<TimeField> field;
  FlatWriter<int64_t> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, 0);
    const std::string_view name = names.values<StringRef>()[names.Index(row)].view();
    if (!field.has_value() || name != last_name) {
      field.reset();
      field = ParseTimeField(name, type);
      if (*field > TimeField::kMillennium) {
        field.reset();
        ThrowUnsupportedField(name, type);
      }
      last_name = name;
    }
    if (has_zone) {
      const std::string_view zone = zones.values<StringRef>()[zones.Index(row)].view();
      if (!codec.has_value() || zone != last_zone) {
        codec.reset();
        statement.time_zone = zone;
        codec.emplace(type, statement);
        last_zone = zone;
      }
    }
    const int64_t value = values.At<int64_t>(row);
    if (IsInfiniteTimestamp(value)) {
      out.Set(row, value);
      return;
    }
    const Moment moment = TruncateMoment(codec->Read(value), *field, type, name);
    out.Set(row, IsBelowDay(*field) ? codec->WriteAtOffset(moment) : codec->Write(moment));
  });
  return out.Finish();
}

Interval TruncateInterval(Interval interval, TimeField field, std::string_view name) {
  const auto months = [&](int32_t unit) { interval = {interval.months / unit * unit, 0, 0}; };
  const auto time = [&](int64_t unit) { interval.micros -= interval.micros % unit; };
  switch (field) {
    case TimeField::kNanosecond:
    case TimeField::kMicrosecond:
      return interval;
    case TimeField::kMillisecond:
      time(1000);
      return interval;
    case TimeField::kSecond:
      time(kMicrosPerSecond);
      return interval;
    case TimeField::kMinute:
      time(kMicrosPerMinute);
      return interval;
    case TimeField::kHour:
      time(kMicrosPerHour);
      return interval;
    case TimeField::kDay:
      interval.micros = 0;
      return interval;
    case TimeField::kMonth:
      months(1);
      return interval;
    case TimeField::kQuarter:
      months(3);
      return interval;
    case TimeField::kYear:
      months(12);
      return interval;
    case TimeField::kDecade:
      months(120);
      return interval;
    case TimeField::kCentury:
      months(1200);
      return interval;
    case TimeField::kMillennium:
      months(12'000);
      return interval;
    default: {
      Error error = Error::User(sqlstate::kFeatureNotSupported, "unit \"{}\" not supported for type interval", name);
      if (field == TimeField::kWeek) throw std::move(error).WithDetail("Months usually have fractional weeks.");
      throw error;
    }
  }
}

// ---- bins

constexpr int64_t kMondayOrigin = 10'959;     // 2000-01-03, for widths up to weeks
constexpr int64_t kMonthOrigin = 10'957;      // 2000-01-01, for widths in months
constexpr int64_t kYearOneOrigin = -719'162;  // 0001-01-01, for time_slice

Error BadWidth(std::string_view what) {
  return Error::User(sqlstate::kDatetimeFieldOverflow, "{}", what);
}

// The start of the bin of `width` that `value` is in; bins are counted from `origin`. Both in local days and nanos.
Moment Bin(const Interval& width, const Moment& moment, const Moment& origin) {
  if (width.months != 0) {
    if (width.days != 0 || width.micros != 0) {
      throw BadWidth("bucket width must be either months or days and time, not both");
    }
    if (width.months < 0) throw BadWidth("bucket width must be greater than zero");
    const CivilDate date = CivilFromDays(moment.days);
    const CivilDate from = CivilFromDays(origin.days);
    int64_t months = (static_cast<int64_t>(date.year) - from.year) * 12 + date.month - from.month;
    // Before the origin's day and time of the month it still is the month before.
    const int64_t in_month = (date.day - from.day) * kNanosPerDay + moment.nanos - origin.nanos;
    if (in_month < 0) --months;
    return {AddMonthsToDays(origin.days, FloorDiv(months, width.months) * width.months), origin.nanos, moment.offset};
  }
  const int128_t step = (static_cast<int128_t>(width.days) * kMicrosPerDay + width.micros) * 1000;
  if (step <= 0) throw BadWidth("bucket width must be greater than zero");
  const int128_t distance =
      static_cast<int128_t>(moment.days - origin.days) * kNanosPerDay + moment.nanos - origin.nanos;
  int128_t rest = distance % step;
  if (rest < 0) rest += step;
  const int128_t start = static_cast<int128_t>(moment.days) * kNanosPerDay + moment.nanos - rest;
  int128_t days = start / kNanosPerDay;
  if (start % kNanosPerDay < 0) --days;
  return {static_cast<int64_t>(days), static_cast<int64_t>(start - days * kNanosPerDay), moment.offset};
}

// time_bucket(width, value [, origin or offset]): bins in the session's zone when they are days or longer.
ColumnPtr TimeBucket(const KernelArgs& args) {
  const ColumnView widths(*args.columns[0]);
  const ColumnView values(*args.columns[1]);
  const Type& type = args.columns[1]->type();
  MomentCodec codec(type, args.context.statement());
  const bool has_third = args.columns.size() > 2;
  const ColumnView third = has_third ? ColumnView(*args.columns[2]) : ColumnView();
  const bool is_offset = has_third && args.columns[2]->type().is(TypeKind::kInterval);
  std::optional<MomentCodec> origin_codec;
  if (has_third && !is_offset) origin_codec.emplace(args.columns[2]->type(), args.context.statement());
  InstantWriter out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, 0);
    int64_t value = InstantAt(values, row);
    if (codec.is_infinite(value)) {
      out.Set(row, value);
      return;
    }
    const Interval width = widths.At<Interval>(row);
    Moment origin{width.months != 0 ? kMonthOrigin : kMondayOrigin, 0, 0};
    if (is_offset) value = AddInterval(codec, value, NegateInterval(third.At<Interval>(row)));
    if (origin_codec.has_value()) origin = origin_codec->Read(InstantAt(third, row));
    const Moment bin = Bin(width, codec.Read(value), origin);
    const bool below_day = width.months == 0 && width.days == 0 && width.micros < kMicrosPerDay;
    int64_t result = below_day ? codec.WriteAtOffset(bin) : codec.Write(bin);
    if (is_offset) result = AddInterval(codec, result, third.At<Interval>(row));
    out.Set(row, result);
  });
  return out.Finish();
}

// date_bin(stride, source, origin): exact distances, no zone.
ColumnPtr DateBin(const KernelArgs& args) {
  const ColumnView strides(*args.columns[0]);
  const ColumnView values(*args.columns[1]);
  const ColumnView origins(*args.columns[2]);
  const int64_t unit = args.columns[1]->type().is_timestamp_ns() ? 1000 : 1;
  FlatWriter<int64_t> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, 0);
    const int64_t value = values.At<int64_t>(row);
    const int64_t origin = origins.At<int64_t>(row);
    if (IsInfiniteTimestamp(value)) {
      out.Set(row, value);
      return;
    }
    if (IsInfiniteTimestamp(origin)) throw Error::User(sqlstate::kDatetimeFieldOverflow, "origin out of range");
    const Interval stride = strides.At<Interval>(row);
    if (stride.months != 0) {
      throw Error::User(sqlstate::kFeatureNotSupported,
                        "timestamps cannot be binned into intervals containing months or years");
    }
    const int128_t step = (static_cast<int128_t>(stride.days) * kMicrosPerDay + stride.micros) * unit;
    if (step <= 0) throw Error::User(sqlstate::kDatetimeFieldOverflow, "stride must be greater than zero");
    int128_t rest = (static_cast<int128_t>(value) - origin) % step;
    if (rest < 0) rest += step;
    const int128_t result = value - rest;
    if (result <= INT64_MIN) throw Error::User(sqlstate::kDatetimeFieldOverflow, "timestamp out of range");
    out.Set(row, static_cast<int64_t>(result));
  });
  return out.Finish();
}

// time_slice(value, width [, 'floor' | 'ceil']), counted from 0001-01-01.
ColumnPtr TimeSlice(const KernelArgs& args) {
  const ColumnView values(*args.columns[0]);
  const ColumnView widths(*args.columns[1]);
  const ColumnView bounds = args.columns.size() > 2 ? ColumnView(*args.columns[2]) : ColumnView();
  MomentCodec codec(args.columns[0]->type(), args.context.statement());
  InstantWriter out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, 0);
    const int64_t value = InstantAt(values, row);
    if (codec.is_infinite(value)) {
      out.Set(row, value);
      return;
    }
    const Interval width = widths.At<Interval>(row);
    const int64_t start = codec.Write(Bin(width, codec.Read(value), {kYearOneOrigin, 0, 0}));
    bool ceil = false;
    if (args.columns.size() > 2) {
      const std::string_view bound = bounds.values<StringRef>()[bounds.Index(row)].view();
      ceil = bound == "ceil" || bound == "CEIL";
      if (!ceil && bound != "floor" && bound != "FLOOR") {
        throw Error::User(sqlstate::kInvalidParameterValue, "boundary must be floor or ceil: \"{}\"", bound);
      }
    }
    out.Set(row, ceil ? AddInterval(codec, start, width) : start);
  });
  return out.Finish();
}

void AddTrunc(Family& family) {
  std::vector<FunctionOverload> overloads;
  for (const TypeKind kind : kTimestampKinds) {
    overloads.push_back(IncreasingLocally(kind, ByZone(kind, Partial({kText, kind}, kind, DateTrunc))));
    if (Type(kind).has_time_zone()) overloads.push_back(Partial({kText, kind, kText}, kind, DateTrunc));
  }
  overloads.push_back(Partial(
      {kText, TypeKind::kInterval}, TypeKind::kInterval,
      RowKernelWith<Interval, StringRef, Interval>([](RowOut<Interval>& out, StringRef name, Interval interval) {
        Guard(out, [&] {
          const TimeField field = ParseTimeField(name, TypeKind::kInterval);
          out.Set(TruncateInterval(interval, field, name));
        });
      })));
  family.Add(
      "date_trunc",
      "Rounded down to a unit: microseconds, milliseconds, second, minute, hour, day, week, month, quarter, year, "
      "decade, century or millennium. Timestamps with time zone are rounded in the session's zone or a given one.",
      "date_trunc('hour', timestamp '2001-02-16 20:38:40')", "2001-02-16 20:00:00", std::move(overloads));
}

void AddBins(Family& family) {
  std::vector<FunctionOverload> bins, buckets, slices;
  for (const TypeKind kind : kTimestampKinds) {
    bins.push_back(Increasing(Partial({TypeKind::kInterval, kind, kind}, kind, DateBin)));
  }
  for (const TypeKind kind : kInstantKinds) {
    buckets.push_back(IncreasingLocally(kind, ByZone(kind, Partial({TypeKind::kInterval, kind}, kind, TimeBucket))));
    buckets.push_back(
        IncreasingLocally(kind, ByZone(kind, Partial({TypeKind::kInterval, kind, kind}, kind, TimeBucket))));
    buckets.push_back(ByZone(kind, Partial({TypeKind::kInterval, kind, TypeKind::kInterval}, kind, TimeBucket)));
    slices.push_back(IncreasingLocally(kind, ByZone(kind, Partial({kind, TypeKind::kInterval}, kind, TimeSlice))));
    slices.push_back(
        IncreasingLocally(kind, ByZone(kind, Partial({kind, TypeKind::kInterval, kText}, kind, TimeSlice))));
  }
  family.Add("date_bin", "The start of the bin of a given width, counted from an origin, that a timestamp is in.",
             "date_bin('15 minutes', timestamp '2001-02-16 20:38:40', timestamp '2001-02-16 20:05:00')",
             "2001-02-16 20:35:00", std::move(bins));
  family.Add("time_bucket",
             "The start of the bucket of a given width that a date or timestamp is in, counted from an origin (Monday "
             "2000-01-03; for months 2000-01-01) or shifted by an interval.",
             "time_bucket(interval '5 minutes', timestamp '2024-01-31 13:07:08')", "2024-01-31 13:05:00",
             std::move(buckets));
  family.Add({"time_slice", {"date_slice"}},
             "The start ('ceil': the end) of the slice of a given width that a date or timestamp is in, counted from "
             "0001-01-01.",
             "time_slice(timestamp '2022-04-26 19:01:07', interval '5 minutes')", "2022-04-26 19:00:00",
             std::move(slices));
}

// What casts to timestamp(p), time(p) and interval(p) apply.
template <typename T, typename Round>
ScalarKernel RoundsFraction(Round round) {
  return RowKernelWith<T, T, int32_t>([round](RowOut<T>& out, T value, int32_t digits) {
    if (digits < 0 || digits > 6) {
      return out.Fail(
          Error::User(sqlstate::kInvalidParameterValue, "digits of a second must be between 0 and 6: {}", digits));
    }
    out.Set(round(value, digits));
  });
}

void AddRoundFraction(Family& family) {
  const auto interval = [](Interval value, int digits) {
    value.micros = RoundFraction(value.micros, digits);
    return value;
  };
  std::vector<FunctionOverload> overloads;
  for (const TypeKind kind : {TypeKind::kTimestamp, TypeKind::kTimestampTz}) {
    overloads.push_back(Partial({kind, TypeKind::kInt32}, kind, RoundsFraction<int64_t>(RoundTimestampFraction)));
  }
  overloads.push_back(
      Partial({TypeKind::kTime, TypeKind::kInt32}, TypeKind::kTime, RoundsFraction<int64_t>(RoundFraction)));
  overloads.push_back(
      Partial({TypeKind::kInterval, TypeKind::kInt32}, TypeKind::kInterval, RoundsFraction<Interval>(interval)));
  family.Add("round_fraction", "Rounded to so many digits of a second: what a cast to timestamp(p) does.",
             "round_fraction(timestamp '2024-01-31 13:07:08.567', 1)", "2024-01-31 13:07:08.6", std::move(overloads));
}

}  // namespace

void RegisterDateTimeBinFunctions(Registry& registry) {
  Family family(registry, "date/time");
  AddTrunc(family);
  AddBins(family);
  AddRoundFraction(family);
}

}  // namespace weir
