#include "function/scalar/moment.h"

#include <array>

#include "function/scalar/utf8.h"

namespace weir {

namespace {

[[noreturn]] void ThrowOutOfRange(bool is_date) {
  throw Error::User(sqlstate::kDatetimeFieldOverflow, "{} out of range", is_date ? "date" : "timestamp");
}

struct FieldName {
  std::string_view name;
  TimeField field;
};

constexpr auto kFieldNames = std::to_array<FieldName>({
    {"nanosecond", TimeField::kNanosecond},
    {"nanoseconds", TimeField::kNanosecond},
    {"ns", TimeField::kNanosecond},
    {"microsecond", TimeField::kMicrosecond},
    {"microseconds", TimeField::kMicrosecond},
    {"us", TimeField::kMicrosecond},
    {"usec", TimeField::kMicrosecond},
    {"usecs", TimeField::kMicrosecond},
    {"millisecond", TimeField::kMillisecond},
    {"milliseconds", TimeField::kMillisecond},
    {"ms", TimeField::kMillisecond},
    {"msec", TimeField::kMillisecond},
    {"msecs", TimeField::kMillisecond},
    {"second", TimeField::kSecond},
    {"seconds", TimeField::kSecond},
    {"s", TimeField::kSecond},
    {"sec", TimeField::kSecond},
    {"secs", TimeField::kSecond},
    {"minute", TimeField::kMinute},
    {"minutes", TimeField::kMinute},
    {"m", TimeField::kMinute},
    {"min", TimeField::kMinute},
    {"mins", TimeField::kMinute},
    {"hour", TimeField::kHour},
    {"hours", TimeField::kHour},
    {"h", TimeField::kHour},
    {"hr", TimeField::kHour},
    {"hrs", TimeField::kHour},
    {"day", TimeField::kDay},
    {"days", TimeField::kDay},
    {"d", TimeField::kDay},
    {"dayofmonth", TimeField::kDay},
    {"week", TimeField::kWeek},
    {"weeks", TimeField::kWeek},
    {"w", TimeField::kWeek},
    {"weekofyear", TimeField::kWeek},
    {"month", TimeField::kMonth},
    {"months", TimeField::kMonth},
    {"mon", TimeField::kMonth},
    {"mons", TimeField::kMonth},
    {"quarter", TimeField::kQuarter},
    {"quarters", TimeField::kQuarter},
    {"qtr", TimeField::kQuarter},
    {"year", TimeField::kYear},
    {"years", TimeField::kYear},
    {"y", TimeField::kYear},
    {"yr", TimeField::kYear},
    {"yrs", TimeField::kYear},
    {"decade", TimeField::kDecade},
    {"decades", TimeField::kDecade},
    {"dec", TimeField::kDecade},
    {"decs", TimeField::kDecade},
    {"century", TimeField::kCentury},
    {"centuries", TimeField::kCentury},
    {"c", TimeField::kCentury},
    {"cent", TimeField::kCentury},
    {"millennium", TimeField::kMillennium},
    {"millennia", TimeField::kMillennium},
    {"mil", TimeField::kMillennium},
    {"mils", TimeField::kMillennium},
    {"dow", TimeField::kDayOfWeek},
    {"isodow", TimeField::kIsoDayOfWeek},
    {"doy", TimeField::kDayOfYear},
    {"dayofyear", TimeField::kDayOfYear},
    {"isoyear", TimeField::kIsoYear},
    {"epoch", TimeField::kEpoch},
    {"julian", TimeField::kJulian},
    {"j", TimeField::kJulian},
    {"jd", TimeField::kJulian},
    {"timezone", TimeField::kTimezone},
    {"timezone_h", TimeField::kTimezoneHour},
    {"timezone_hour", TimeField::kTimezoneHour},
    {"timezone_m", TimeField::kTimezoneMinute},
    {"timezone_minute", TimeField::kTimezoneMinute},
});

}  // namespace

std::optional<TimeField> FindTimeField(std::string_view name) {
  const std::string lower = FoldCase(name);
  for (const FieldName& entry : kFieldNames) {
    if (entry.name == lower) return entry.field;
  }
  return std::nullopt;
}

std::optional<TimeField> OnlyTimeField(const ColumnView& names) {
  if (!names.is_constant() || names.IsNull(0)) return std::nullopt;
  return FindTimeField(names.At<StringRef>(0).view());
}

TimeField ParseTimeField(std::string_view name, const Type& type) {
  const std::optional<TimeField> field = FindTimeField(name);
  if (!field.has_value()) {
    throw Error::User(sqlstate::kInvalidParameterValue, "unit \"{}\" not recognized for type {}", name, type.Name());
  }
  return *field;
}

void ThrowUnsupportedField(std::string_view name, const Type& type) {
  throw Error::User(sqlstate::kFeatureNotSupported, "unit \"{}\" not supported for type {}", name, type.Name());
}

int64_t MomentCodec::Combine(const Moment& moment, int64_t offset) const {
  if (is_date_) {
    if (!IsValidDate(moment.days)) ThrowOutOfRange(true);
    return moment.days;
  }
  const int128_t value = static_cast<int128_t>(moment.days * kSecondsPerDay - offset) * ticks_per_second() +
                         (nanos_ ? moment.nanos : moment.nanos / 1000);
  if (value <= INT64_MIN || value >= INT64_MAX || moment.days < kDateMin) ThrowOutOfRange(false);
  return static_cast<int64_t>(value);
}

int64_t MomentCodec::Write(const Moment& moment) {
  if (zone_ == nullptr) return Combine(moment, 0);
  if (moment.days < kDateMin || moment.days > kTimestampMax / kMicrosPerDay) ThrowOutOfRange(false);
  const int64_t local = moment.days * kSecondsPerDay + moment.nanos / kNanosPerSecond;
  return Combine(moment, local - cursor_.LocalToUtc(local));
}

int64_t MomentCodec::WriteAtOffset(const Moment& moment) const {
  return Combine(moment, moment.offset);
}

InstantWriter::InstantWriter(const Type& type, size_t size) {
  if (type.is(TypeKind::kDate))
    date_.emplace(type, size);
  else
    timestamp_.emplace(type, size);
}

int64_t AddInterval(MomentCodec& codec, int64_t value, const Interval& interval) {
  if (codec.is_infinite(value)) return value;
  if (interval.months != 0 || interval.days != 0) {
    Moment moment = codec.Read(value);
    if (interval.months != 0) moment.days = AddMonthsToDays(moment.days, interval.months);
    moment.days += interval.days;
    value = codec.Write(moment);
  }
  if (interval.micros == 0) return value;
  int64_t delta = interval.micros;
  if ((codec.is_nanos() && __builtin_mul_overflow(delta, int64_t{1000}, &delta)) ||
      __builtin_add_overflow(value, delta, &value) || IsInfiniteTimestamp(value) ||
      (!codec.is_nanos() && !IsValidTimestamp(value))) {
    ThrowOutOfRange(false);
  }
  return value;
}

Interval NegateInterval(const Interval& interval) {
  if (interval.months == INT32_MIN || interval.days == INT32_MIN || interval.micros == INT64_MIN) {
    throw Error::User(sqlstate::kDatetimeFieldOverflow, "interval out of range");
  }
  return {-interval.months, -interval.days, -interval.micros};
}

int64_t TruncateDays(int64_t days, TimeField field) {
  if (field == TimeField::kWeek) return days - (DayOfWeek(days) + 6) % 7;
  const CivilDate date = CivilFromDays(days);
  const int64_t year = date.year;
  switch (field) {
    case TimeField::kMonth:
      return days - (date.day - 1);
    case TimeField::kQuarter:
      return DaysFromCivil(year, (date.month - 1) / 3 * 3 + 1, 1);
    case TimeField::kYear:
      return DaysFromCivil(year, 1, 1);
    case TimeField::kDecade:
      return DaysFromCivil(FloorDiv(year, 10) * 10, 1, 1);
    case TimeField::kCentury:
      return DaysFromCivil(FloorDiv(year - 1, 100) * 100 + 1, 1, 1);
    case TimeField::kMillennium:
      return DaysFromCivil(FloorDiv(year - 1, 1000) * 1000 + 1, 1, 1);
    default:
      return days;
  }
}

Moment TruncateMoment(Moment moment, TimeField field, const Type& type, std::string_view name) {
  const auto to_unit = [&](int64_t unit) { moment.nanos -= moment.nanos % unit; };
  switch (field) {
    case TimeField::kNanosecond:
      break;
    case TimeField::kMicrosecond:
      to_unit(1000);
      break;
    case TimeField::kMillisecond:
      to_unit(1'000'000);
      break;
    case TimeField::kSecond:
      to_unit(kNanosPerSecond);
      break;
    case TimeField::kMinute:
      to_unit(60 * kNanosPerSecond);
      break;
    case TimeField::kHour:
      to_unit(3600 * kNanosPerSecond);
      break;
    default:
      if (field > TimeField::kMillennium) ThrowUnsupportedField(name, type);
      moment.days = TruncateDays(moment.days, field);
      moment.nanos = 0;
  }
  return moment;
}

}  // namespace weir
