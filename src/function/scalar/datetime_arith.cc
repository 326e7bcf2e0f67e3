// Sums and differences of dates, times and intervals.

#include <cmath>

#include "function/scalar/moment.h"
#include "function/scalar/register.h"
#include "types/interval_arithmetic.h"

namespace weir {

namespace {

constexpr TypeKind kDate = TypeKind::kDate;
constexpr TypeKind kTime = TypeKind::kTime;
constexpr TypeKind kInterval = TypeKind::kInterval;

Error OutOfRange(std::string_view what) {
  return Error::User(sqlstate::kDatetimeFieldOverflow, "{} out of range", what);
}

// ---- dates

void AddDays(RowOut<int32_t>& out, int32_t date, int64_t days) {
  if (IsInfiniteDate(date)) {
    out.Set(date);
  } else if (const int64_t sum = date + days; IsValidDate(sum)) {
    out.Set(static_cast<int32_t>(sum));
  } else {
    out.Fail(OutOfRange("date"));
  }
}

void DateMinusDate(RowOut<int32_t>& out, int32_t a, int32_t b) {
  if (IsInfiniteDate(a) || IsInfiniteDate(b)) {
    out.Fail(Error::User(sqlstate::kDatetimeFieldOverflow, "cannot subtract infinite dates"));
  } else {
    out.Set(static_cast<int32_t>(static_cast<int64_t>(a) - b));
  }
}

// A date as a timestamp; infinities stay.
int64_t DateToMicros(int32_t date) {
  if (date == kDateInfinity) return kTimestampInfinity;
  if (date == kDateMinusInfinity) return kTimestampMinusInfinity;
  int64_t micros;
  if (__builtin_mul_overflow(static_cast<int64_t>(date), kMicrosPerDay, &micros)) {
    throw Error::User(sqlstate::kDatetimeFieldOverflow, "date out of range for timestamp");
  }
  return micros;
}

// ---- instant + interval

// Argument `value_at` is a date or timestamp, the other one the interval; dates give timestamps.
template <size_t kValueAt, bool kSubtract>
ColumnPtr AddIntervalKernel(const KernelArgs& args) {
  const ColumnView values(*args.columns[kValueAt]);
  const ColumnView intervals(*args.columns[1 - kValueAt]);
  const bool is_date = args.columns[kValueAt]->type().is(kDate);
  MomentCodec codec(args.result_type, args.context.statement());
  FlatWriter<int64_t> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, 0);
    const int64_t value = is_date ? DateToMicros(values.At<int32_t>(row)) : values.At<int64_t>(row);
    const Interval interval = intervals.At<Interval>(row);
    out.Set(row, AddInterval(codec, value, kSubtract ? NegateInterval(interval) : interval));
  });
  return out.Finish();
}

// Days and the rest, as PostgreSQL's timestamp - timestamp.
template <bool kNanos>
void TimestampDifference(RowOut<Interval>& out, int64_t a, int64_t b) {
  int64_t difference;
  if (IsInfiniteTimestamp(a) || IsInfiniteTimestamp(b)) {
    out.Fail(Error::User(sqlstate::kDatetimeFieldOverflow, "cannot subtract infinite timestamps"));
    return;
  }
  if (__builtin_sub_overflow(a, b, &difference)) {
    out.Fail(OutOfRange("interval"));
    return;
  }
  if (kNanos) difference /= 1000;
  out.Set({0, static_cast<int32_t>(difference / kMicrosPerDay), difference % kMicrosPerDay});
}

// ---- intervals

void MultiplyInterval(RowOut<Interval>& out, Interval interval, double factor) {
  Guard(out, [&] { out.Set(ScaleInterval(interval, [factor](double part) { return part * factor; })); });
}

void DivideInterval(RowOut<Interval>& out, Interval interval, double divisor) {
  if (divisor == 0) {
    out.Fail(Error::User(sqlstate::kDivisionByZero, "division by zero"));
    return;
  }
  Guard(out, [&] { out.Set(ScaleInterval(interval, [divisor](double part) { return part / divisor; })); });
}

Interval JustifyHours(Interval in) {
  const int64_t days = in.micros / kMicrosPerDay;
  in.micros -= days * kMicrosPerDay;
  if (__builtin_add_overflow(in.days, static_cast<int32_t>(days), &in.days)) throw OutOfRange("interval");
  if (in.days > 0 && in.micros < 0) {
    in.micros += kMicrosPerDay;
    --in.days;
  } else if (in.days < 0 && in.micros > 0) {
    in.micros -= kMicrosPerDay;
    ++in.days;
  }
  return in;
}

Interval JustifyDays(Interval in) {
  const int32_t months = in.days / 30;
  in.days -= months * 30;
  if (__builtin_add_overflow(in.months, months, &in.months)) throw OutOfRange("interval");
  if (in.months > 0 && in.days < 0) {
    in.days += 30;
    --in.months;
  } else if (in.months < 0 && in.days > 0) {
    in.days -= 30;
    ++in.months;
  }
  return in;
}

Interval JustifyInterval(Interval in) {
  const int64_t extra_days = in.micros / kMicrosPerDay;
  in.micros -= extra_days * kMicrosPerDay;
  const int64_t days = in.days + extra_days;
  const int64_t months = days / 30;
  in.days = static_cast<int32_t>(days - months * 30);
  if (__builtin_add_overflow(in.months, static_cast<int32_t>(months), &in.months)) throw OutOfRange("interval");
  if (in.months > 0 && (in.days < 0 || (in.days == 0 && in.micros < 0))) {
    in.days += 30;
    --in.months;
  } else if (in.months < 0 && (in.days > 0 || (in.days == 0 && in.micros > 0))) {
    in.days -= 30;
    ++in.months;
  }
  if (in.days > 0 && in.micros < 0) {
    in.micros += kMicrosPerDay;
    --in.days;
  } else if (in.days < 0 && in.micros > 0) {
    in.micros -= kMicrosPerDay;
    ++in.days;
  }
  return in;
}

template <Interval (*kF)(Interval)>
FunctionOverload IntervalFunction() {
  return Partial({kInterval}, kInterval, RowKernelWith<Interval, Interval>([](RowOut<Interval>& out, Interval in) {
                   Guard(out, [&] { out.Set(kF(in)); });
                 }));
}

// ---- age

// Years, months and days apart, as a person would count.
Interval Age(const Moment& a, const Moment& b) {
  const bool negative = a.days < b.days || (a.days == b.days && a.nanos < b.nanos);
  const CivilDate from = CivilFromDays(negative ? a.days : b.days);
  const CivilDate to = CivilFromDays(negative ? b.days : a.days);
  int64_t nanos = negative ? b.nanos - a.nanos : a.nanos - b.nanos;
  int32_t days = to.day - from.day;
  int64_t months = (static_cast<int64_t>(to.year) - from.year) * 12 + to.month - from.month;
  if (nanos < 0) {
    nanos += kNanosPerDay;
    --days;
  }
  while (days < 0) {
    days += DaysInMonth(from.year, from.month);
    --months;
  }
  const Interval age{static_cast<int32_t>(months), days, nanos / 1000};
  return negative ? Interval{-age.months, -age.days, -age.micros} : age;
}

ColumnPtr AgeKernel(const KernelArgs& args) {
  const ColumnView a(*args.columns[0]);
  const bool has_second = args.columns.size() > 1;
  const ColumnView b = has_second ? ColumnView(*args.columns[1]) : ColumnView();
  const Type& type = args.columns[0]->type();
  MomentCodec codec(type, args.context.statement());
  // One argument: the age at the start of the current day in the session's zone.
  const StatementContext& statement = args.context.statement();
  const int64_t today =
      FloorDiv(TimeZone::Find(statement.time_zone).UtcToLocalMicros(statement.statement_time_us), kMicrosPerDay);
  FlatWriter<Interval> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, {});
    const int64_t first = InstantAt(a, row);
    const int64_t second = has_second ? InstantAt(b, row) : 0;
    if (codec.is_infinite(first) || (has_second && codec.is_infinite(second))) throw OutOfRange("timestamp");
    out.Set(row, has_second ? Age(codec.Read(first), codec.Read(second)) : Age({today, 0, 0}, codec.Read(first)));
  });
  return out.Finish();
}

// ---- times

int64_t AddToTime(int64_t time, const Interval& interval) {
  return FloorMod(time + interval.micros % kMicrosPerDay, kMicrosPerDay);
}

// Adding months keeps the order of dates; with times it does not, where the last days of a month fall together.
FunctionOverload OfDates(TypeKind kind, FunctionOverload overload) {
  return kind == kDate ? Increasing(std::move(overload)) : overload;
}

void AddPlus(Family& family) {
  std::vector<FunctionOverload> plus, minus;
  plus.push_back(Partial({kDate, kInt}, kDate, RowKernelWith<int32_t, int32_t, int32_t>(AddDays)));
  plus.push_back(Partial({kInt, kDate}, kDate,
                         RowKernelWith<int32_t, int32_t, int32_t>(
                             [](RowOut<int32_t>& out, int32_t days, int32_t date) { AddDays(out, date, days); })));
  minus.push_back(
      Partial({kDate, kInt}, kDate,
              RowKernelWith<int32_t, int32_t, int32_t>([](RowOut<int32_t>& out, int32_t date, int32_t days) {
                AddDays(out, date, -static_cast<int64_t>(days));
              })));
  minus.push_back(Partial({kDate, kDate}, kInt, RowKernelWith<int32_t, int32_t, int32_t>(DateMinusDate)));
  const auto date_time = [](int32_t date, int64_t time) {
    const int64_t micros = DateToMicros(date);
    return IsInfiniteTimestamp(micros) ? micros : micros + time;
  };
  plus.push_back(
      Partial({kDate, kTime}, TypeKind::kTimestamp,
              RowKernelWith<int64_t, int32_t, int64_t>([=](RowOut<int64_t>& out, int32_t date, int64_t time) {
                Guard(out, [&] { out.Set(date_time(date, time)); });
              })));
  plus.push_back(
      Partial({kTime, kDate}, TypeKind::kTimestamp,
              RowKernelWith<int64_t, int64_t, int32_t>([=](RowOut<int64_t>& out, int64_t time, int32_t date) {
                Guard(out, [&] { out.Set(date_time(date, time)); });
              })));
  for (const TypeKind kind : kInstantKinds) {
    const TypeKind result = kind == kDate ? TypeKind::kTimestamp : kind;
    plus.push_back(OfDates(kind, ByZone(kind, Partial({kind, kInterval}, result, AddIntervalKernel<0, false>))));
    plus.push_back(ByZone(kind, Partial({kInterval, kind}, result, AddIntervalKernel<1, false>)));
    minus.push_back(OfDates(kind, ByZone(kind, Partial({kind, kInterval}, result, AddIntervalKernel<0, true>))));
  }
  for (const TypeKind kind : kTimestampKinds) {
    minus.push_back(Partial({kind, kind}, kInterval,
                            Type(kind).is_timestamp_ns()
                                ? RowKernelWith<Interval, int64_t, int64_t>(TimestampDifference<true>)
                                : RowKernelWith<Interval, int64_t, int64_t>(TimestampDifference<false>)));
  }
  plus.push_back(
      Total({kTime, kInterval}, kTime, RowKernel<int64_t, int64_t, Interval>([](int64_t time, Interval interval) {
              return AddToTime(time, interval);
            })));
  plus.push_back(
      Total({kInterval, kTime}, kTime, RowKernel<int64_t, Interval, int64_t>([](Interval interval, int64_t time) {
              return AddToTime(time, interval);
            })));
  minus.push_back(
      Total({kTime, kInterval}, kTime, RowKernel<int64_t, int64_t, Interval>([](int64_t time, Interval interval) {
              return FloorMod(time - interval.micros % kMicrosPerDay, kMicrosPerDay);
            })));
  minus.push_back(Total({kTime, kTime}, kInterval, RowKernel<Interval, int64_t, int64_t>([](int64_t a, int64_t b) {
                          return Interval{0, 0, a - b};
                        })));
  plus.push_back(Partial({kInterval, kInterval}, kInterval,
                         RowKernelWith<Interval, Interval, Interval>([](RowOut<Interval>& out, Interval a, Interval b) {
                           Guard(out, [&] { out.Set(AddIntervals(a, b)); });
                         })));
  minus.push_back(
      Partial({kInterval, kInterval}, kInterval,
              RowKernelWith<Interval, Interval, Interval>([](RowOut<Interval>& out, Interval a, Interval b) {
                Guard(out, [&] { out.Set(AddIntervals(a, NegateInterval(b))); });
              })));
  minus.push_back(
      Partial({kInterval}, kInterval, RowKernelWith<Interval, Interval>([](RowOut<Interval>& out, Interval in) {
                Guard(out, [&] { out.Set(NegateInterval(in)); });
              })));
  family.Add("+", "The sum of two numbers, or of a date, time or timestamp and an interval.", "date '2001-09-28' + 7",
             "2001-10-05", std::move(plus));
  family.Add("-", "The difference of two numbers, dates, times or timestamps, or the negated number.",
             "timestamp '2001-09-29 03:00' - timestamp '2001-07-27 12:00'", "63 days 15:00:00", std::move(minus));
}

void AddIntervals(Family& family) {
  const auto reversed = RowKernelWith<Interval, double, Interval>(
      [](RowOut<Interval>& out, double factor, Interval interval) { MultiplyInterval(out, interval, factor); });
  family.Add("*", "The product of two numbers, or of an interval and a number.", "interval '1 month' * 1.5",
             "1 mon 15 days",
             {Partial({kInterval, kDouble}, kInterval, RowKernelWith<Interval, Interval, double>(MultiplyInterval)),
              Partial({kDouble, kInterval}, kInterval, reversed)});
  family.Add("/", "The quotient of two numbers, or of an interval and a number.", "interval '1 day' / 3", "08:00:00",
             {Partial({kInterval, kDouble}, kInterval, RowKernelWith<Interval, Interval, double>(DivideInterval))});
  family.Add("justify_hours", "The interval with each 24 hours as a day.",
             "justify_hours(interval '50 hours 10 minutes')", "2 days 02:10:00", {IntervalFunction<JustifyHours>()});
  family.Add("justify_days", "The interval with each 30 days as a month.", "justify_days(interval '1 year 65 days')",
             "1 year 2 mons 5 days", {IntervalFunction<JustifyDays>()});
  family.Add("justify_interval", "The interval with hours as days and days as months, and one sign.",
             "justify_interval(interval '1 month -1 hour')", "29 days 23:00:00", {IntervalFunction<JustifyInterval>()});
}

void AddAge(Family& family) {
  std::vector<FunctionOverload> ages;
  for (const TypeKind kind : {TypeKind::kTimestamp, TypeKind::kTimestampTz}) {
    ages.push_back(ByZone(kind, Partial({kind, kind}, kInterval, AgeKernel)));
    ages.push_back(Stable(Partial({kind}, kInterval, AgeKernel)));
  }
  family.Add("age", "Years, months, days and time between two timestamps, or from one to the current day.",
             "age(timestamp '2001-04-10', timestamp '1957-06-13')", "43 years 9 mons 27 days", std::move(ages));
  std::vector<FunctionOverload> finite;
  for (const TypeKind kind : kInstantKinds) {
    finite.push_back(Total({kind}, TypeKind::kBoolean, [](const KernelArgs& args) {
      const ColumnView view(*args.columns[0]);
      const Type& type = args.columns[0]->type();
      FlatWriter<uint8_t> out(args.result_type, args.size);
      args.rows.ForEach([&](size_t row) { out.Set(row, MomentCodec::IsInfinite(type, InstantAt(view, row)) ? 0 : 1); });
      return out.Finish();
    }));
  }
  finite.push_back(
      Total({kInterval}, TypeKind::kBoolean, RowKernel<uint8_t, Interval>([](Interval) -> uint8_t { return 1; })));
  family.Add("isfinite", "Whether the date, timestamp or interval is not infinite.", "isfinite(date '2001-02-16')", "t",
             std::move(finite));
}

}  // namespace

void RegisterDateTimeArithmeticFunctions(Registry& registry) {
  Family family(registry, "date/time");
  AddPlus(family);
  AddIntervals(family);
  AddAge(family);
}

}  // namespace weir
