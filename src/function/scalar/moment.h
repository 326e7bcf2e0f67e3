#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "function/scalar/kernel.h"
#include "types/calendar.h"
#include "types/time_zone.h"

namespace weir {

// A date or timestamp of any kind taken apart in local time: what all date/time functions compute with.
struct Moment {
  int64_t days = 0;    // since 1970-01-01
  int64_t nanos = 0;   // of the day
  int32_t offset = 0;  // seconds east of Greenwich that were in force; 0 without a time zone
};

// [begin, end) of the values of a date/time type.
struct InstantRange {
  int64_t begin = 0;
  int64_t end = 0;
  bool Holds(int64_t value) const {
    return static_cast<uint64_t>(value) - static_cast<uint64_t>(begin) <
           static_cast<uint64_t>(end) - static_cast<uint64_t>(begin);
  }
};

// Between values of one date/time type (date or any timestamp) and moments. Timestamps with time zone are seen in the
// session's zone. Belongs to one kernel call.
class MomentCodec {
 public:
  MomentCodec(const Type& type, const StatementContext& statement)
      : is_date_(type.is(TypeKind::kDate)),
        nanos_(type.is_timestamp_ns()),
        zone_(type.has_time_zone() ? &TimeZone::Find(statement.time_zone) : nullptr),
        cursor_(zone_ == nullptr ? TimeZone::Utc() : *zone_) {}

  static bool IsInfinite(const Type& type, int64_t value) {
    return type.is(TypeKind::kDate) ? IsInfiniteDate(static_cast<int32_t>(value)) : IsInfiniteTimestamp(value);
  }
  bool is_infinite(int64_t value) const {
    return is_date_ ? IsInfiniteDate(static_cast<int32_t>(value)) : IsInfiniteTimestamp(value);
  }
  Moment Read(int64_t value) {
    if (is_date_) return {value, 0, 0};
    // Each with divisors that are constants.
    Moment moment = nanos_ ? Split<kNanosPerSecond>(value) : Split<kMicrosPerSecond>(value);
    if (zone_ == nullptr) return moment;
    moment.offset = cursor_.OffsetAt(nanos_ ? FloorDiv(value, kNanosPerSecond) : FloorDiv(value, kMicrosPerSecond));
    moment.nanos += moment.offset * kNanosPerSecond;
    Normalize(moment);
    return moment;
  }
  // Throws kDatetimeFieldOverflow when the type does not reach that far. The zone decides the offset anew.
  int64_t Write(const Moment& moment);
  // With the moment's own offset: for parts smaller than a day.
  int64_t WriteAtOffset(const Moment& moment) const;

  // The timestamps of the step, `nanos` long, that `value` is `since` into, as far as the offset is the same. Of the
  // value that was read last; steps of local time, of a day at most.
  InstantRange SameStep(int64_t value, int64_t since, int64_t nanos) const {
    const auto ticks_of = [&](int64_t length) { return nanos_ ? length : length / 1000; };
    const int64_t before = ticks_of(since), after = ticks_of(nanos - since);
    InstantRange range{std::max(value, INT64_MIN + 1 + before) - before, std::min(value, INT64_MAX - after) + after};
    if (zone_ == nullptr) return range;
    const auto ticks = [&](int64_t seconds) {
      const int64_t most = INT64_MAX / ticks_per_second();
      return std::clamp(seconds, -most, most) * ticks_per_second();
    };
    return {std::max(range.begin, ticks(cursor_.begin())), std::min(range.end, ticks(cursor_.end()))};
  }

  const TimeZone* zone() const { return zone_; }
  // Of timestamps.
  int64_t ticks_per_second() const { return nanos_ ? kNanosPerSecond : kMicrosPerSecond; }
  bool is_date() const { return is_date_; }
  bool is_nanos() const { return nanos_; }

  static void Normalize(Moment& moment) {
    if (moment.nanos >= 0 && moment.nanos < kNanosPerDay) return;
    const int64_t carry = FloorDiv(moment.nanos, kNanosPerDay);
    moment.days += carry;
    moment.nanos -= carry * kNanosPerDay;
  }

 private:
  template <int64_t kPerSecond>
  static Moment Split(int64_t value) {
    constexpr int64_t kPerDay = kPerSecond * kSecondsPerDay;
    const int64_t days = FloorDiv(value, kPerDay);
    return {days, (value - days * kPerDay) * (kNanosPerSecond / kPerSecond), 0};
  }
  int64_t Combine(const Moment& moment, int64_t offset) const;
  bool is_date_;
  bool nanos_;
  const TimeZone* zone_;
  TimeZoneCursor cursor_;
};

// The value of a date or timestamp column as an integer.
inline int64_t InstantAt(const ColumnView& view, size_t row) {
  return view.base().type().is(TypeKind::kDate) ? view.At<int32_t>(row) : view.At<int64_t>(row);
}

// Writes int32 for dates, int64 for timestamps.
class InstantWriter {
 public:
  InstantWriter(const Type& type, size_t size);
  void Set(size_t row, int64_t value) {
    if (date_.has_value())
      date_->Set(row, static_cast<int32_t>(value));
    else
      timestamp_->Set(row, value);
  }
  void SetNull(size_t row) {
    if (date_.has_value())
      date_->SetNull(row);
    else
      timestamp_->SetNull(row);
  }
  ColumnPtr Finish() { return date_.has_value() ? date_->Finish() : timestamp_->Finish(); }

 private:
  std::optional<FlatWriter<int32_t>> date_;
  std::optional<FlatWriter<int64_t>> timestamp_;
};

inline constexpr TypeKind kInstantKinds[] = {TypeKind::kDate, TypeKind::kTimestamp, TypeKind::kTimestampTz,
                                             TypeKind::kTimestampNs, TypeKind::kTimestampTzNs};
inline constexpr TypeKind kTimestampKinds[] = {TypeKind::kTimestamp, TypeKind::kTimestampTz, TypeKind::kTimestampNs,
                                               TypeKind::kTimestampTzNs};

// Stable when the session's time zone has a say in it.
inline FunctionOverload ByZone(TypeKind kind, FunctionOverload overload) {
  return Type(kind).has_time_zone() ? Stable(std::move(overload)) : overload;
}

// Monotonous in local time. Not for timestamps with time zone: when clocks go back, later instants show earlier times.
inline FunctionOverload IncreasingLocally(TypeKind kind, FunctionOverload overload) {
  return Type(kind).has_time_zone() ? overload : Increasing(std::move(overload));
}

// Units of time by name: "hour", "hours", "h", ... and the fields that only extract knows.
enum class TimeField : uint8_t {
  kNanosecond,
  kMicrosecond,
  kMillisecond,
  kSecond,
  kMinute,
  kHour,
  kDay,
  kWeek,
  kMonth,
  kQuarter,
  kYear,
  kDecade,
  kCentury,
  kMillennium,
  kDayOfWeek,
  kIsoDayOfWeek,
  kDayOfYear,
  kIsoYear,
  kEpoch,
  kJulian,
  kTimezone,
  kTimezoneHour,
  kTimezoneMinute,
};
std::optional<TimeField> FindTimeField(std::string_view name);
// Of a column of names, when all are the same one.
std::optional<TimeField> OnlyTimeField(const ColumnView& names);
// Throws kInvalidParameterValue: `unit "foo" not recognized for type date`.
TimeField ParseTimeField(std::string_view name, const Type& type);
[[noreturn]] void ThrowUnsupportedField(std::string_view name, const Type& type);

// Adds months (clamping the day), then days, then time, as PostgreSQL's timestamp + interval; infinite values stay.
int64_t AddInterval(MomentCodec& codec, int64_t value, const Interval& interval);
Interval NegateInterval(const Interval& interval);  // throws when it does not fit
// Rounds down to a whole unit; the first one to one of a day or longer.
int64_t TruncateDays(int64_t days, TimeField field);
Moment TruncateMoment(Moment moment, TimeField field, const Type& type, std::string_view name);

}  // namespace weir
