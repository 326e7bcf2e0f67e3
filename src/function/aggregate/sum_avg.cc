#include <cmath>

#include "function/aggregate/families.h"
#include "function/aggregate/numeric_kernels.h"
#include "function/aggregate/spec.h"
#include "function/aggregate/typed_aggregate.h"
#include "types/decimal.h"

namespace weir {

namespace {

constexpr int kAverageScale = 16;  // as PostgreSQL shows for values of usual size

[[noreturn]] void ThrowOutOfRange(const Type& type) {
  throw Error::User(sqlstate::kNumericValueOutOfRange, "sum out of range for type {}", type.ToString());
}

template <typename Accumulator>
struct SumState {
  typename StateValue<Accumulator>::type sum;
  int64_t count;
};

// Narrow integers sum up in int64, int64 and decimals in int128, floats in double.
template <typename T>
using AccumulatorOf =
    std::conditional_t<std::is_floating_point_v<T>, double, std::conditional_t<(sizeof(T) <= 4), int64_t, int128_t>>;

template <typename T>
struct SumBase {
  using Input = T;
  using Accumulator = AccumulatorOf<T>;
  using State = SumState<Accumulator>;
  Type result;

  void Add(State& state, const T& value, StateArena& /*arena*/) const {
    AddSum(state, value);
    ++state.count;
  }
  void AddMany(State& state, const T* values, size_t count) const {
    if constexpr (sizeof(T) == 16) {
      for (size_t i = 0; i < count; ++i) AddSum(state, values[i]);
    } else {
      state.sum += SumValues(values, count);
    }
    state.count += static_cast<int64_t>(count);
  }
  void Remove(State& state, const T& value) const {
    if constexpr (sizeof(T) == 16) {
      Accumulator sum;
      if (__builtin_sub_overflow(Accumulator{state.sum}, value, &sum)) ThrowOutOfRange(result);
      state.sum = sum;
    } else {
      state.sum -= static_cast<Accumulator>(value);
    }
    // Nothing left: also no rounding error.
    if (--state.count == 0) state.sum = 0;
  }
  void Merge(State& to, const State& from, StateArena& /*arena*/) const {
    AddSum(to, from.sum);
    to.count += from.count;
  }

 private:
  // Sums of 64-bit values cannot leave 128 bits; sums of 128-bit ones can. By value: states are aligned to 8 bytes
  // only, which is too little for a reference to 128 bits.
  template <typename V>
  void AddSum(State& state, V value) const {
    if constexpr (sizeof(T) == 16) {
      Accumulator sum;
      if (__builtin_add_overflow(Accumulator{state.sum}, Accumulator{value}, &sum)) ThrowOutOfRange(result);
      state.sum = sum;
    } else {
      state.sum += static_cast<Accumulator>(value);
    }
  }
};

template <typename T>
struct SumKernel : SumBase<T> {
  using typename SumBase<T>::State;
  void Finalize(const State& state, ColumnBuilder& out) const {
    if (state.count == 0) return out.AppendNull();
    if constexpr (std::is_floating_point_v<T>) {
      out.Append(static_cast<T>(state.sum));
    } else if constexpr (sizeof(T) <= 4) {
      out.Append(state.sum);
    } else {
      const int128_t sum = state.sum;
      if (!FitsDecimal(sum, Type::kDecimalPrecisionMax)) ThrowOutOfRange(this->result);
      out.Append(sum);
    }
  }
};

template <typename T>
struct AvgKernel : SumBase<T> {
  using typename SumBase<T>::State;
  int add_digits = 0;  // of the result's scale over the argument's
  void Finalize(const State& state, ColumnBuilder& out) const {
    if (state.count == 0) return out.AppendNull();
    if constexpr (std::is_floating_point_v<T>) {
      out.Append(state.sum / static_cast<double>(state.count));
    } else {
      const std::optional<int128_t> average = DecimalDivide(state.sum, state.count, add_digits);
      if (!average || !FitsDecimal(*average, Type::kDecimalPrecisionMax)) ThrowOutOfRange(this->result);
      out.Append(*average);
    }
  }
};

struct IntervalState {
  int64_t months, days, micros, count;
};

template <bool kAverage>
struct IntervalKernel {
  using Input = Interval;
  using State = IntervalState;
  void Add(State& state, const Interval& value, StateArena& /*arena*/) const { Shift(state, value, 1); }
  void Remove(State& state, const Interval& value) const { Shift(state, value, -1); }
  void Merge(State& to, const State& from, StateArena& /*arena*/) const {
    to.months += from.months;
    to.days += from.days;
    to.count += from.count;
    AddMicros(to, from.micros);
  }
  void Finalize(const State& state, ColumnBuilder& out) const {
    if (state.count == 0) return out.AppendNull();
    if constexpr (!kAverage) return AppendChecked(state.months, state.days, state.micros, out);
    // Fractions of months become days and fractions of days time, as PostgreSQL divides intervals.
    const auto n = static_cast<double>(state.count);
    const double months = static_cast<double>(state.months) / n;
    const double days = static_cast<double>(state.days) / n;
    const double month_days = std::round((months - std::trunc(months)) * 30 * 1e6) / 1e6;
    const double whole_month_days = std::trunc(month_days);
    double day_rest = std::round(((days - std::trunc(days)) + (month_days - whole_month_days)) * 86'400e6) / 1e6;
    double extra_days = 0;
    if (std::abs(day_rest) >= 86'400) {
      extra_days = std::trunc(day_rest / 86'400);
      day_rest -= extra_days * 86'400;
    }
    const double micros = std::rint(static_cast<double>(state.micros) / n + day_rest * 1e6);
    AppendChecked(static_cast<int64_t>(months), static_cast<int64_t>(std::trunc(days) + whole_month_days + extra_days),
                  static_cast<int64_t>(micros), out);
  }

 private:
  static void Shift(State& state, const Interval& value, int sign) {
    state.months += sign * value.months;
    state.days += sign * value.days;
    state.count += sign;
    AddMicros(state, sign * value.micros);
  }
  static void AddMicros(State& state, int64_t micros) {
    if (__builtin_add_overflow(state.micros, micros, &state.micros)) ThrowOutOfRange(TypeKind::kInterval);
  }
  static void AppendChecked(int64_t months, int64_t days, int64_t micros, ColumnBuilder& out) {
    if (months != static_cast<int32_t>(months) || days != static_cast<int32_t>(days)) {
      ThrowOutOfRange(TypeKind::kInterval);
    }
    out.Append(Interval{static_cast<int32_t>(months), static_cast<int32_t>(days), micros});
  }
};

using Ops = std::shared_ptr<const AggregateOps>;

Ops MakeSum(const Type& argument, const Type& result) {
  return VisitPhysical(argument.physical(), [&]<typename T>() -> Ops {
    if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, uint8_t>) {
      return MakeUnary(SumKernel<T>{{result}}, result);
    } else {
      throw Error::Internal("sum of {}", argument.ToString());
    }
  });
}

Ops MakeAvg(const Type& argument, const Type& result) {
  return VisitPhysical(argument.physical(), [&]<typename T>() -> Ops {
    if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, uint8_t>) {
      const int argument_scale = argument.is(TypeKind::kDecimal) ? argument.scale() : 0;
      const int result_scale = result.is(TypeKind::kDecimal) ? result.scale() : 0;
      AvgKernel<T> kernel;
      kernel.result = result;
      kernel.add_digits = result_scale - argument_scale;
      return MakeUnary(std::move(kernel), result);
    } else {
      throw Error::Internal("avg of {}", argument.ToString());
    }
  });
}

AggregateOverload Overload(TypePattern parameter, TypePattern result, Ops (*make)(const Type&, const Type&)) {
  AggregateOverload overload;
  overload.parameters = {std::move(parameter)};
  overload.result = std::move(result);
  overload.make = [make](std::span<const Type> arguments, const Type& type, std::span<const std::optional<Value>>) {
    return make(arguments[0], type);
  };
  return overload;
}

// Decimal results of 38 digits whose scale follows from the argument's.
AggregateOverload DecimalOverload(int (*scale)(int), Ops (*make)(const Type&, const Type&)) {
  AggregateOverload overload = Overload(TypePattern::Kind::kDecimal, TypeKind::kUnknown, make);
  overload.resolve = [scale](std::span<const Type> arguments, std::span<const std::optional<Value>>) {
    const int result_scale = scale(arguments[0].scale());
    return ResolvedCall{
        {arguments[0]},
        Type::Decimal(Type::kDecimalPrecisionMax, result_scale)
            .WithNaturalScale(arguments[0].has_natural_scale() && result_scale == arguments[0].scale())};
  };
  return overload;
}

template <bool kAverage>
Ops MakeInterval(const Type& /*argument*/, const Type& result) {
  return MakeUnary(IntervalKernel<kAverage>{}, result);
}

}  // namespace

void RegisterSumAggregates(Registry& registry) {
  const Type integer_sum = Type::Decimal(Type::kDecimalPrecisionMax, 0);
  AddAggregate(registry, "sum", "Sum of the values; NULL when there are none.",
               "sum(x) FROM (VALUES (1), (2), (4)) t(x)", "7",
               {
                   Overload(TypeKind::kInt8, TypeKind::kInt64, MakeSum),
                   Overload(TypeKind::kInt16, TypeKind::kInt64, MakeSum),
                   Overload(TypeKind::kInt32, TypeKind::kInt64, MakeSum),
                   Overload(TypeKind::kInt64, integer_sum, MakeSum),
                   Overload(TypeKind::kInt128, integer_sum, MakeSum),
                   DecimalOverload([](int scale) { return scale; }, MakeSum),
                   Overload(TypeKind::kFloat, TypeKind::kFloat, MakeSum),
                   Overload(TypeKind::kDouble, TypeKind::kDouble, MakeSum),
                   Overload(TypeKind::kInterval, TypeKind::kInterval, MakeInterval<false>),
               });

  const Type integer_average = Type::Decimal(Type::kDecimalPrecisionMax, kAverageScale);
  AddAggregate(registry, {"avg", {"mean"}},
               "Average of the values; NULL when there are none. Exact for integers and numerics.",
               "avg(x) FROM (VALUES (1), (2)) t(x)", "1.5000000000000000",
               {
                   Overload(TypeKind::kInt8, integer_average, MakeAvg),
                   Overload(TypeKind::kInt16, integer_average, MakeAvg),
                   Overload(TypeKind::kInt32, integer_average, MakeAvg),
                   Overload(TypeKind::kInt64, integer_average, MakeAvg),
                   Overload(TypeKind::kInt128, integer_average, MakeAvg),
                   DecimalOverload([](int scale) { return std::max(scale, kAverageScale); }, MakeAvg),
                   Overload(TypeKind::kFloat, TypeKind::kDouble, MakeAvg),
                   Overload(TypeKind::kDouble, TypeKind::kDouble, MakeAvg),
                   Overload(TypeKind::kInterval, TypeKind::kInterval, MakeInterval<true>),
               });
}

}  // namespace weir
