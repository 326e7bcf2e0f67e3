// Rounding to bins of any width: date_bin, time_bucket, time_slice.

#include "function/scalar/fixed_steps.h"
#include "function/scalar/moment.h"
#include "function/scalar/register.h"

namespace weir {

namespace {

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

// Ticks of a width that is the same in any month; nullopt: it is not, or nothing that bins can have.
std::optional<int64_t> StepOf(const Interval& width, int64_t ticks_per_second) {
  const int128_t micros = static_cast<int128_t>(width.days) * kMicrosPerDay + width.micros;
  const int128_t ticks = micros * (ticks_per_second / kMicrosPerSecond);
  if (width.months != 0 || ticks <= 0 || ticks > INT64_MAX / 2) return std::nullopt;
  return static_cast<int64_t>(ticks);
}

// Bins of one width, counted from a day, in a zone of one offset. Null: it is something else.
ColumnPtr FixedBins(const KernelArgs& args, const ColumnView& widths, const ColumnView& values, int64_t origin_day) {
  const Type& type = values.base().type();
  if (type.is(TypeKind::kDate) || !widths.is_constant() || widths.IsNull(0)) return nullptr;
  const MomentCodec codec(type, args.context.statement());
  const std::optional<int64_t> offset = OnlyOffset(codec);
  const std::optional<int64_t> step = StepOf(widths.At<Interval>(0), codec.ticks_per_second());
  if (!offset.has_value() || !step.has_value()) return nullptr;
  const int128_t origin = static_cast<int128_t>(origin_day) * kSecondsPerDay * codec.ticks_per_second() - *offset;
  return FloorToSteps(args, values, *step, origin);
}

bool IsBelowDay(const Interval& width) {
  return width.months == 0 && width.days == 0 && width.micros < kMicrosPerDay;
}

// time_bucket(width, value [, origin or offset]): bins in the session's zone when they are days or longer.
ColumnPtr TimeBucket(const KernelArgs& args) {
  const ColumnView widths(*args.columns[0]);
  const ColumnView values(*args.columns[1]);
  if (args.columns.size() == 2) {
    if (ColumnPtr out = FixedBins(args, widths, values, kMondayOrigin)) return out;
  }
  const Type& type = args.columns[1]->type();
  MomentCodec codec(type, args.context.statement());
  const bool has_third = args.columns.size() > 2;
  const ColumnView third = has_third ? ColumnView(*args.columns[2]) : ColumnView();
  const bool is_offset = has_third && args.columns[2]->type().is(TypeKind::kInterval);
  std::optional<MomentCodec> origin_codec;
  if (has_third && !is_offset) origin_codec.emplace(args.columns[2]->type(), args.context.statement());
  // Of bins below a day and of one width, counted from a constant.
  const bool remembers =
      !codec.is_date() && !has_third && widths.is_constant() && widths.IsValid(0) && IsBelowDay(widths.At<Interval>(0));
  RoundedRange last;
  InstantWriter out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, 0);
    int64_t value = InstantAt(values, row);
    if (codec.is_infinite(value) || last.range.Holds(value)) {
      out.Set(row, last.range.Holds(value) ? last.result : value);
      return;
    }
    const Interval width = widths.At<Interval>(row);
    Moment origin{width.months != 0 ? kMonthOrigin : kMondayOrigin, 0, 0};
    if (is_offset) value = AddInterval(codec, value, NegateInterval(third.At<Interval>(row)));
    if (origin_codec.has_value()) origin = origin_codec->Read(InstantAt(third, row));
    const Moment moment = codec.Read(value);
    const Moment bin = Bin(width, moment, origin);
    int64_t result = IsBelowDay(width) ? codec.WriteAtOffset(bin) : codec.Write(bin);
    if (is_offset) result = AddInterval(codec, result, third.At<Interval>(row));
    if (remembers) {
      const int64_t since = (moment.days - bin.days) * kNanosPerDay + moment.nanos - bin.nanos;
      last = {codec.SameStep(value, since, width.micros * 1000), result};
    }
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
  if (strides.is_constant() && origins.is_constant() && strides.IsValid(0) && origins.IsValid(0) &&
      !IsInfiniteTimestamp(origins.At<int64_t>(0))) {
    const std::optional<int64_t> step = StepOf(strides.At<Interval>(0), unit * kMicrosPerSecond);
    if (step.has_value()) return FloorToSteps(args, values, *step, origins.At<int64_t>(0));
  }
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
  if (args.columns.size() == 2) {
    if (ColumnPtr out = FixedBins(args, widths, values, kYearOneOrigin)) return out;
  }
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

}  // namespace

void RegisterDateTimeBinFunctions(Registry& registry) {
  Family family(registry, "date/time");
  AddBins(family);
}

}  // namespace weir
