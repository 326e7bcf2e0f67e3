#pragma once

#include <cmath>
#include <cstdint>

#include "base/error.h"
#include "types/value.h"

namespace weir {

[[noreturn]] inline void ThrowIntervalOutOfRange() {
  throw Error::User(sqlstate::kDatetimeFieldOverflow, "interval out of range");
}

inline Interval AddIntervals(const Interval& a, const Interval& b) {
  Interval sum;
  if (__builtin_add_overflow(a.months, b.months, &sum.months) || __builtin_add_overflow(a.days, b.days, &sum.days) ||
      __builtin_add_overflow(a.micros, b.micros, &sum.micros)) {
    ThrowIntervalOutOfRange();
  }
  return sum;
}

inline Interval SubtractIntervals(const Interval& a, const Interval& b) {
  Interval difference;
  if (__builtin_sub_overflow(a.months, b.months, &difference.months) ||
      __builtin_sub_overflow(a.days, b.days, &difference.days) ||
      __builtin_sub_overflow(a.micros, b.micros, &difference.micros)) {
    ThrowIntervalOutOfRange();
  }
  return difference;
}

// scale(part) for each part, a multiplication or division. Fractions of months become days of which there are 30,
// fractions of days become time.
template <typename Scale>
Interval ScaleInterval(const Interval& interval, Scale scale) {
  const auto check = [](double value, double limit) {
    if (std::isnan(value) || value < -limit || value > limit) ThrowIntervalOutOfRange();
  };
  const auto round_micros = [](double seconds) { return std::rint(seconds * 1e6) / 1e6; };
  constexpr double kInt32Limit = 2147483647.0;
  Interval out;
  const double months = scale(static_cast<double>(interval.months));
  check(months, kInt32Limit);
  out.months = static_cast<int32_t>(months);
  const double days = scale(static_cast<double>(interval.days));
  check(days, kInt32Limit);
  out.days = static_cast<int32_t>(days);
  const double month_days = round_micros((months - out.months) * 30);
  double seconds = round_micros((days - out.days + month_days - static_cast<int32_t>(month_days)) * 86400.0);
  if (std::abs(seconds) >= 86400.0) {
    out.days += static_cast<int32_t>(seconds / 86400.0);
    seconds -= static_cast<int32_t>(seconds / 86400.0) * 86400.0;
  }
  out.days += static_cast<int32_t>(month_days);
  const double micros = std::rint(scale(static_cast<double>(interval.micros)) + seconds * 1e6);
  check(micros, 9223372036854774784.0);
  out.micros = static_cast<int64_t>(micros);
  return out;
}

}  // namespace weir
