#include <optional>

#include "base/bits.h"
#include "expr/comparison.h"
#include "function/scalar/cast.h"
#include "function/scalar/kernel.h"
#include "types/calendar.h"
#include "types/time_zone.h"

// Casts among dates, times, timestamps and intervals. Infinity stays infinity.

namespace weir {

namespace {

// A point in time, or a local one: seconds since 1970 and what is left.
struct Moment {
  int64_t seconds = 0;
  int32_t nanos = 0;
  int infinity = 0;  // -1, 0, 1
};

Moment Decode(const Type& type, int64_t value) {
  if (type.is(TypeKind::kDate)) {
    if (value == kDateInfinity) return {0, 0, 1};
    if (value == kDateMinusInfinity) return {0, 0, -1};
    return {value * kSecondsPerDay, 0, 0};
  }
  if (value == kTimestampInfinity) return {0, 0, 1};
  if (value == kTimestampMinusInfinity) return {0, 0, -1};
  if (type.is_timestamp_ns()) {
    return {FloorDiv(value, kNanosPerSecond), static_cast<int32_t>(FloorMod(value, kNanosPerSecond)), 0};
  }
  return {FloorDiv(value, kMicrosPerSecond), static_cast<int32_t>(FloorMod(value, kMicrosPerSecond) * 1000), 0};
}

std::optional<int64_t> EncodeTimestamp(const Moment& moment, bool nanos) {
  if (moment.infinity != 0) return moment.infinity > 0 ? kTimestampInfinity : kTimestampMinusInfinity;
  int64_t value;
  const int64_t per_second = nanos ? kNanosPerSecond : kMicrosPerSecond;
  // Nanoseconds are rounded to the nearest microsecond.
  const int64_t part = nanos ? moment.nanos : (moment.nanos + 500) / 1000;
  if (__builtin_mul_overflow(moment.seconds, per_second, &value) || __builtin_add_overflow(value, part, &value)) {
    return std::nullopt;
  }
  if (nanos ? IsInfiniteTimestamp(value) : !IsValidTimestamp(value)) return std::nullopt;
  return value;
}

int64_t MicrosOfDay(const Moment& moment) {
  return FloorMod(moment.seconds, kSecondsPerDay) * kMicrosPerSecond + (moment.nanos + 500) / 1000;
}

// Between two types of date and timestamp, or from a timestamp to a time.
CastKernel MomentCast(const Type& from, const Type& to) {
  return [from, to](const KernelArgs& args) {
    const ColumnView view(*args.columns[0]);
    const bool to_local = from.has_time_zone() && !to.has_time_zone();
    const bool to_utc = !from.has_time_zone() && to.has_time_zone();
    const TimeZone& zone = to_local || to_utc ? TimeZone::Find(args.context.statement().time_zone) : TimeZone::Utc();
    TimeZoneCursor cursor(zone);
    const auto run = [&]<typename A, typename R>() {
      FlatWriter<R> writer(args.result_type, args.size);
      args.rows.ForEach([&](size_t row) {
        Moment moment = Decode(from, view.At<A>(row));
        if (moment.infinity == 0) {
          if (to_local) moment.seconds += cursor.OffsetAt(moment.seconds);
          if (to_utc) moment.seconds = cursor.LocalToUtc(moment.seconds);
        }
        if (to.is(TypeKind::kDate)) {
          const int64_t days = FloorDiv(moment.seconds, kSecondsPerDay);
          writer.Set(row, static_cast<R>(moment.infinity > 0   ? kDateInfinity
                                         : moment.infinity < 0 ? kDateMinusInfinity
                                                               : days));
        } else if (to.is(TypeKind::kTime)) {
          // PostgreSQL gives NULL for the time of infinity.
          if (moment.infinity != 0) {
            writer.Set(row, 0);
            writer.SetNull(row);
          } else {
            writer.Set(row, static_cast<R>(MicrosOfDay(moment)));
          }
        } else {
          const std::optional<int64_t> value = EncodeTimestamp(moment, to.is_timestamp_ns());
          writer.Set(row, static_cast<R>(value.value_or(0)));
          if (!value) {
            args.context.Fail(row,
                              from.is(TypeKind::kDate)
                                  ? Error::User(sqlstate::kDatetimeFieldOverflow, "date out of range for timestamp")
                                  : Error::User(sqlstate::kDatetimeFieldOverflow, "timestamp out of range"));
          }
        }
      });
      return writer.Finish();
    };
    if (from.is(TypeKind::kDate)) return run.template operator()<int32_t, int64_t>();
    if (to.is(TypeKind::kDate)) return run.template operator()<int64_t, int32_t>();
    return run.template operator()<int64_t, int64_t>();
  };
}

// Dates whose midnight a timestamp holds, and finite timestamps, need no more than a multiplication or a division;
// the loops return whether others are among them.
WEIR_SIMD_CLONES bool LoopDateToTimestamp(const int32_t* days, size_t count, int64_t* out) {
  constexpr auto kLast = static_cast<int32_t>(kTimestampMax / kMicrosPerDay);
  uint32_t bad = 0;
  for (size_t i = 0; i < count; ++i) {
    bad |= static_cast<uint32_t>(days[i] > kLast) | static_cast<uint32_t>(days[i] < kDateMin);
    out[i] = static_cast<int64_t>(static_cast<uint64_t>(static_cast<int64_t>(days[i])) *
                                  static_cast<uint64_t>(kMicrosPerDay));
  }
  return bad != 0;
}

template <int64_t kTicksPerDay>
bool LoopTimestampToDate(const int64_t* ticks, size_t count, int32_t* out) {
  bool bad = false;
  for (size_t i = 0; i < count; ++i) {
    bad |= IsInfiniteTimestamp(ticks[i]);
    out[i] = static_cast<int32_t>(FloorDiv(ticks[i], kTicksPerDay));
  }
  return bad;
}

// To and from timestamps with time zone in UTC, too.
template <typename A, typename R, typename Loop>
CastKernel WithLoop(const Type& from, const Type& to, Loop loop) {
  const bool by_zone = from.has_time_zone() || to.has_time_zone();
  return [careful = MomentCast(from, to), loop, by_zone](const KernelArgs& args) {
    const ColumnView view(*args.columns[0]);
    const bool is_utc = !by_zone || TimeZone::Find(args.context.statement().time_zone).is_utc();
    if (is_utc && view.is_identity() && IsDenseEnough(args.rows, args.size)) {
      FlatWriter<R> writer(args.result_type, args.size);
      if (!loop(view.values<A>(), args.size, writer.values())) return writer.Finish();
    }
    return careful(args);
  };
}

CastKernel DateToTimestamp(const Type& from, const Type& to) {
  return WithLoop<int32_t, int64_t>(from, to, LoopDateToTimestamp);
}

CastKernel TimestampToDate(const Type& from, const Type& to) {
  return WithLoop<int64_t, int32_t>(from, to, LoopTimestampToDate<kMicrosPerDay>);
}

CastKernel TimestampNsToDate(const Type& from, const Type& to) {
  return WithLoop<int64_t, int32_t>(from, to, LoopTimestampToDate<kNanosPerDay>);
}

CastKernel TimeToInterval(const Type&, const Type&) {
  return RowKernel<Interval, int64_t>([](int64_t micros) { return Interval{0, 0, micros}; });
}

CastKernel IntervalToTime(const Type&, const Type&) {
  return RowKernel<int64_t, Interval>([](Interval interval) { return FloorMod(interval.micros, kMicrosPerDay); });
}

}  // namespace

void RegisterTemporalCasts(Registry& registry) {
  const TypeKind timestamps[] = {TypeKind::kTimestamp, TypeKind::kTimestampTz, TypeKind::kTimestampNs,
                                 TypeKind::kTimestampTzNs};
  for (const TypeKind from : timestamps) {
    registry.AddCast(TypeKind::kDate, from, CastRule::kImplicit, MomentCast);
    registry.AddCast(from, TypeKind::kDate, CastRule::kAssignment, MomentCast);
    registry.AddCast(from, TypeKind::kTime, CastRule::kAssignment, MomentCast);
    for (const TypeKind to : timestamps) {
      if (from == to) continue;
      // Without losing digits or a time zone.
      const bool widens = (!Type(from).has_time_zone() || Type(to).has_time_zone()) &&
                          (!Type(from).is_timestamp_ns() || Type(to).is_timestamp_ns());
      registry.AddCast(from, to, widens ? CastRule::kImplicit : CastRule::kAssignment, MomentCast);
    }
  }
  for (const TypeKind kind : {TypeKind::kTimestamp, TypeKind::kTimestampTz}) {
    registry.AddCast(TypeKind::kDate, kind, CastRule::kImplicit, DateToTimestamp);
    registry.AddCast(kind, TypeKind::kDate, CastRule::kAssignment, TimestampToDate);
  }
  for (const TypeKind kind : {TypeKind::kTimestampNs, TypeKind::kTimestampTzNs}) {
    registry.AddCast(kind, TypeKind::kDate, CastRule::kAssignment, TimestampNsToDate);
  }
  registry.AddCast(TypeKind::kTime, TypeKind::kInterval, CastRule::kImplicit, TimeToInterval);
  registry.AddCast(TypeKind::kInterval, TypeKind::kTime, CastRule::kAssignment, IntervalToTime);
}

}  // namespace weir
