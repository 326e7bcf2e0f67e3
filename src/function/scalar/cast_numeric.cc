#include <cmath>
#include <limits>

#include "expr/cast_rules.h"
#include "function/scalar/arithmetic_loops.h"
#include "function/scalar/cast.h"
#include "function/scalar/kernel.h"
#include "types/decimal.h"

// Casts among booleans, integers, floating point and decimals, rounding as PostgreSQL does: floating point to the
// nearest even integer, decimals away from zero at a half.

namespace weir {

namespace {

Error FieldOverflow(const Type& type) {
  return Error::User(sqlstate::kNumericValueOutOfRange, "numeric field overflow")
      .WithDetail(fmt::format("A field with precision {}, scale {} must round to an absolute value less than 10^{}.",
                              type.precision(), type.scale(), type.precision() - type.scale()));
}

}  // namespace

template <typename From, typename To>
struct IntegerCast {
  using Flag = std::conditional_t<sizeof(From) == 16, uint64_t, Unsigned<From>>;
  WEIR_INLINE To Apply(From a, Flag& bad) {
    if constexpr (sizeof(To) < sizeof(From)) {
      const auto r = static_cast<To>(static_cast<Unsigned<To>>(a));
      bad |= static_cast<Flag>(static_cast<From>(r) != a);
      return r;
    } else {
      return static_cast<To>(a);
    }
  }
  static bool Fails(From a) { return sizeof(To) < sizeof(From) && static_cast<From>(static_cast<To>(a)) != a; }
  static Error Failure(From, const Type& type) { return OutOfRange(type); }
};

template <typename From, typename To>
struct PlainCast {
  using Flag = uint32_t;
  WEIR_INLINE To Apply(From a, Flag&) { return static_cast<To>(a); }
  static bool Fails(From) { return false; }
  static Error Failure(From, const Type& type) { return OutOfRange(type); }
};

template <typename From, typename To>
struct FloatToInteger {
  using Flag = std::conditional_t<sizeof(From) == 4, uint32_t, uint64_t>;
  // The bounds are powers of two, so they are exact in any floating point type.
  static constexpr From kLow = static_cast<From>(kSmallest<To>);
  static constexpr From kHigh = -kLow;
  WEIR_INLINE To Apply(From a, Flag& bad) {
    const From r = std::rint(a);
    const bool fits = r >= kLow && r < kHigh;
    bad |= static_cast<Flag>(!fits);
    return fits ? static_cast<To>(r) : To{0};
  }
  static bool Fails(From a) { return !(std::rint(a) >= kLow && std::rint(a) < kHigh); }
  static Error Failure(From, const Type& type) { return OutOfRange(type); }
};

struct DoubleToFloat {
  using Flag = uint64_t;
  WEIR_INLINE float Apply(double a, Flag& bad) {
    const auto r = static_cast<float>(a);
    bad |= static_cast<Flag>(std::isinf(r)) | static_cast<Flag>((r == 0) & (a != 0));
    return r;
  }
  static bool Fails(double a) {
    const auto r = static_cast<float>(a);
    return (std::isinf(r) && !std::isinf(a)) || (r == 0 && a != 0);
  }
  static Error Failure(double a, const Type& type) {
    if (static_cast<float>(a) != 0) return OutOfRange(type);
    return Error::User(sqlstate::kNumericValueOutOfRange, "value out of range: underflow");
  }
};

template <typename From>
struct ToBoolean {
  using Flag = uint32_t;
  WEIR_INLINE uint8_t Apply(From a, Flag&) { return static_cast<uint8_t>(a != 0); }
  static bool Fails(From) { return false; }
  static Error Failure(From, const Type& type) { return OutOfRange(type); }
};

namespace {

template <typename F>
auto VisitInteger(TypeKind kind, F&& f) {
  switch (kind) {
    case TypeKind::kInt8:
      return f.template operator()<int8_t>();
    case TypeKind::kInt16:
      return f.template operator()<int16_t>();
    case TypeKind::kInt32:
      return f.template operator()<int32_t>();
    case TypeKind::kInt64:
      return f.template operator()<int64_t>();
    default:
      return f.template operator()<int128_t>();
  }
}

template <typename F>
auto VisitFloat(TypeKind kind, F&& f) {
  if (kind == TypeKind::kFloat) return f.template operator()<float>();
  return f.template operator()<double>();
}

CastKernel FromInteger(const Type& from, const Type& to) {
  return VisitInteger(from.kind(), [&]<typename From>() -> CastKernel {
    if (to.is_integer()) {
      return VisitInteger(to.kind(),
                          []<typename To>() -> CastKernel { return RunUnary<IntegerCast<From, To>, From, To>; });
    }
    if (to.is(TypeKind::kBoolean)) return RunUnary<ToBoolean<From>, From, uint8_t>;
    return VisitFloat(to.kind(), []<typename To>() -> CastKernel { return RunUnary<PlainCast<From, To>, From, To>; });
  });
}

CastKernel FromFloat(const Type& from, const Type& to) {
  return VisitFloat(from.kind(), [&]<typename From>() -> CastKernel {
    if (to.is_integer()) {
      return VisitInteger(to.kind(),
                          []<typename To>() -> CastKernel { return RunUnary<FloatToInteger<From, To>, From, To>; });
    }
    if (to.is(TypeKind::kDouble)) return RunUnary<PlainCast<From, double>, From, double>;
    if constexpr (std::is_same_v<From, double>) return RunUnary<DoubleToFloat, double, float>;
    return RunUnary<PlainCast<From, float>, From, float>;
  });
}

// Row by row through int128: f(value) gives the result or nothing.
template <typename R, typename F>
ColumnPtr MapDecimals(const KernelArgs& args, F f) {
  FlatWriter<R> writer(args.result_type, args.size);
  const ColumnView view(*args.columns[0]);
  const auto run = [&]<typename A>() {
    args.rows.ForEach([&](size_t row) {
      const auto result = f(static_cast<int128_t>(view.At<A>(row)));
      writer.Set(row, result ? static_cast<R>(*result) : R{0});
      if (!result) {
        const Type& type = args.result_type;
        args.context.Fail(row, type.is(TypeKind::kDecimal) ? FieldOverflow(type) : OutOfRange(type));
      }
    });
  };
  VisitPhysical(args.columns[0]->type().physical(), [&]<typename T>() {
    if constexpr (kIsInteger<T>) run.template operator()<T>();
  });
  return writer.Finish();
}

template <typename F>
ColumnPtr MapToDecimal(const KernelArgs& args, F f) {
  if (args.result_type.physical() == PhysicalType::kInt64) return MapDecimals<int64_t>(args, f);
  return MapDecimals<int128_t>(args, f);
}

// Integers and decimals that only gain digits: a multiplication that cannot overflow.
template <typename A, typename R>
WEIR_SIMD_CLONES void LoopScale(const A* a, size_t count, R factor, R* out) {
  for (size_t i = 0; i < count; ++i) {
    out[i] = static_cast<R>(static_cast<Unsigned<R>>(a[i]) * static_cast<Unsigned<R>>(factor));
  }
}

// One exact division where value and divisor are exact doubles; returns whether some value is not.
constexpr int64_t kExactDoubleMax = int64_t{1} << 53;
constexpr int kExactPowerMax = 22;

template <typename R>
WEIR_SIMD_CLONES bool LoopDecimalToFloating(const int64_t* a, size_t count, double unit, R* out) {
  uint64_t bad = 0;
  for (size_t i = 0; i < count; ++i) {
    bad |= static_cast<uint64_t>(a[i] > kExactDoubleMax) | static_cast<uint64_t>(a[i] < -kExactDoubleMax);
    out[i] = static_cast<R>(static_cast<double>(a[i]) / unit);
  }
  return bad != 0;
}

ColumnPtr ScaleUp(const KernelArgs& args, int digits) {
  const ColumnView view(*args.columns[0]);
  const int128_t factor = PowerOfTen(digits);
  if (view.is_identity() && IsDenseEnough(args.rows, args.size)) {
    return VisitPhysical(args.columns[0]->type().physical(), [&]<typename A>() -> ColumnPtr {
      if constexpr (kIsInteger<A>) {
        if (args.result_type.physical() == PhysicalType::kInt64) {
          FlatWriter<int64_t> writer(args.result_type, args.size);
          LoopScale<A, int64_t>(view.values<A>(), args.size, static_cast<int64_t>(factor), writer.values());
          return writer.Finish();
        }
        FlatWriter<int128_t> writer(args.result_type, args.size);
        LoopScale<A, int128_t>(view.values<A>(), args.size, factor, writer.values());
        return writer.Finish();
      }
      return nullptr;
    });
  }
  // Wrapping, since values under NULL may be anything.
  return MapToDecimal(args, [&](int128_t value) {
    return std::optional(static_cast<int128_t>(static_cast<uint128_t>(value) * static_cast<uint128_t>(factor)));
  });
}

CastKernel ToDecimal(const Type& from, const Type& to) {
  const int precision = to.precision();
  const int scale = to.scale();
  if (from.is_floating()) {
    const int digits = from.is(TypeKind::kFloat) ? 6 : 15;
    return [=](const KernelArgs& args) {
      const ColumnView view(*args.columns[0]);
      const bool single = args.columns[0]->type().is(TypeKind::kFloat);
      const auto run = [&]<typename R>() {
        FlatWriter<R> writer(args.result_type, args.size);
        args.rows.ForEach([&](size_t row) {
          const double value = single ? static_cast<double>(view.At<float>(row)) : view.At<double>(row);
          const std::optional<int128_t> result = DoubleToDecimal(value, scale, digits);
          const bool fits = result && FitsDecimal(*result, precision);
          writer.Set(row, fits ? static_cast<R>(*result) : R{0});
          if (fits) return;
          args.context.Fail(row, std::isnan(value)
                                     ? Error::User(sqlstate::kFeatureNotSupported, "cannot convert NaN to numeric")
                                     : FieldOverflow(args.result_type));
        });
        return writer.Finish();
      };
      if (args.result_type.physical() == PhysicalType::kInt64) return run.template operator()<int64_t>();
      return run.template operator()<int128_t>();
    };
  }
  const int from_scale = from.is(TypeKind::kDecimal) ? from.scale() : 0;
  if (scale >= from_scale && !CastCanFail(from, to)) {
    return [digits = scale - from_scale](const KernelArgs& args) { return ScaleUp(args, digits); };
  }
  return [=](const KernelArgs& args) {
    return MapToDecimal(args, [&](int128_t value) -> std::optional<int128_t> {
      const std::optional<int128_t> result = DecimalRescale(value, from_scale, scale);
      return result && FitsDecimal(*result, precision) ? result : std::nullopt;
    });
  };
}

CastKernel FromDecimal(const Type& from, const Type& to) {
  const int scale = from.scale();
  if (to.is_floating()) {
    return [scale](const KernelArgs& args) {
      const ColumnView view(*args.columns[0]);
      const bool wide = args.columns[0]->type().physical() == PhysicalType::kInt128;
      const auto value = [&](size_t row) {
        return DecimalToDouble(wide ? view.At<int128_t>(row) : view.At<int64_t>(row), scale);
      };
      const auto run = [&]<typename R>() {
        FlatWriter<R> writer(args.result_type, args.size);
        const bool loops =
            !wide && scale <= kExactPowerMax && view.is_identity() && IsDenseEnough(args.rows, args.size);
        const auto unit = static_cast<double>(PowerOfTen(scale));
        if (!loops || LoopDecimalToFloating<R>(view.values<int64_t>(), args.size, unit, writer.values())) {
          args.rows.ForEach([&](size_t row) { writer.Set(row, static_cast<R>(value(row))); });
        }
        return writer.Finish();
      };
      if (args.result_type.is(TypeKind::kFloat)) return run.template operator()<float>();
      return run.template operator()<double>();
    };
  }
  return VisitInteger(to.kind(), [&]<typename To>() -> CastKernel {
    return [scale](const KernelArgs& args) {
      return MapDecimals<To>(args, [&](int128_t value) -> std::optional<int128_t> {
        const int128_t rounded = DecimalDropDigits(value, scale);
        return rounded >= kSmallest<To> && rounded <= kLargest<To> ? std::optional(rounded) : std::nullopt;
      });
    };
  });
}

CastKernel BooleanToInteger(const Type&, const Type& to) {
  return VisitInteger(to.kind(),
                      []<typename To>() -> CastKernel { return RunUnary<PlainCast<uint8_t, To>, uint8_t, To>; });
}

}  // namespace

void RegisterNumericCasts(Registry& registry) {
  const TypeKind integers[] = {TypeKind::kInt8, TypeKind::kInt16, TypeKind::kInt32, TypeKind::kInt64,
                               TypeKind::kInt128};
  const TypeKind floats[] = {TypeKind::kFloat, TypeKind::kDouble};
  for (const TypeKind from : integers) {
    for (const TypeKind to : integers) {
      registry.AddCast(from, to, from <= to ? CastRule::kImplicit : CastRule::kAssignment, FromInteger);
    }
    for (const TypeKind to : floats) {
      registry.AddCast(from, to, CastRule::kImplicit, FromInteger);
      registry.AddCast(to, from, CastRule::kAssignment, FromFloat);
    }
    registry.AddCast(from, TypeKind::kDecimal, CastRule::kImplicit, ToDecimal);
    registry.AddCast(TypeKind::kDecimal, from, CastRule::kAssignment, FromDecimal);
    // Of the integers PostgreSQL has, only integer goes to boolean and back.
    if (from == TypeKind::kInt16 || from == TypeKind::kInt64) continue;
    registry.AddCast(from, TypeKind::kBoolean, CastRule::kExplicit, FromInteger);
    registry.AddCast(TypeKind::kBoolean, from, CastRule::kExplicit, BooleanToInteger);
  }
  for (const TypeKind kind : floats) {
    registry.AddCast(TypeKind::kDecimal, kind, CastRule::kImplicit, FromDecimal);
    registry.AddCast(kind, TypeKind::kDecimal, CastRule::kAssignment, ToDecimal);
  }
  registry.AddCast(TypeKind::kFloat, TypeKind::kDouble, CastRule::kImplicit, FromFloat);
  registry.AddCast(TypeKind::kDouble, TypeKind::kFloat, CastRule::kAssignment, FromFloat);
  registry.AddCast(TypeKind::kDecimal, TypeKind::kDecimal, CastRule::kImplicit, ToDecimal);
}

}  // namespace weir
