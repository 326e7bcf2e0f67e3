#include "function/scalar/decimal_arithmetic.h"

#include <algorithm>

#include "function/scalar/arithmetic_loops.h"
#include "function/scalar/kernel.h"
#include "types/decimal.h"

namespace weir {

namespace {

constexpr int kDigitsMax = Type::kDecimalPrecisionMax;
constexpr int kExactScaleMax = 24;
constexpr int kQuotientScaleMin = 16;

int IntegerDigits(const Type& type) {
  return type.precision() - type.scale();
}

Type MakeDecimal(int integer_digits, int scale) {
  return Type::Decimal(std::clamp(integer_digits + scale, 1, kDigitsMax), scale);
}

// Where one side shows without zeros at the end, so does what comes of both.
Type Natural(const Type& type, std::span<const Type> arguments) {
  return type.WithNaturalScale(arguments[0].has_natural_scale() || arguments[1].has_natural_scale());
}

// The same integer digits with `scale` fractional ones.
Type Rescaled(const Type& type, int scale) {
  return MakeDecimal(IntegerDigits(type), scale);
}

// Calls f.operator()<A, B, R>() with the physical types of the arguments and the result. A result in 64 bits has
// arguments in 64 bits.
template <typename F>
ColumnPtr Dispatch(const KernelArgs& args, F&& f) {
  const bool a = args.columns[0]->type().physical() == PhysicalType::kInt128;
  const bool b = args.columns[1]->type().physical() == PhysicalType::kInt128;
  const bool r = args.result_type.physical() == PhysicalType::kInt128;
  if (!a && !b && !r) return f.template operator()<int64_t, int64_t, int64_t>();
  if (!a && !b) return f.template operator()<int64_t, int64_t, int128_t>();
  if (!r) {
    if (a && b) return f.template operator()<int128_t, int128_t, int64_t>();
    if (a) return f.template operator()<int128_t, int64_t, int64_t>();
    return f.template operator()<int64_t, int128_t, int64_t>();
  }
  if (a && b) return f.template operator()<int128_t, int128_t, int128_t>();
  if (a) return f.template operator()<int128_t, int64_t, int128_t>();
  return f.template operator()<int64_t, int128_t, int128_t>();
}

bool FitsResult(int128_t value) {
  return FitsDecimal(value, kDigitsMax);
}

}  // namespace

// Sums, differences and products whose declared precision leaves room: no check.
struct DecimalPlus {
  template <typename R>
  WEIR_INLINE R Compute(R a, R b) {
    return static_cast<R>(static_cast<Unsigned<R>>(a) + static_cast<Unsigned<R>>(b));
  }
  WEIR_INLINE bool Overflows(int128_t a, int128_t b, int128_t* out) { return __builtin_add_overflow(a, b, out); }
};
struct DecimalMinus {
  template <typename R>
  WEIR_INLINE R Compute(R a, R b) {
    return static_cast<R>(static_cast<Unsigned<R>>(a) - static_cast<Unsigned<R>>(b));
  }
  WEIR_INLINE bool Overflows(int128_t a, int128_t b, int128_t* out) { return __builtin_sub_overflow(a, b, out); }
};
struct DecimalTimes {
  template <typename R>
  WEIR_INLINE R Compute(R a, R b) {
    return static_cast<R>(static_cast<Unsigned<R>>(a) * static_cast<Unsigned<R>>(b));
  }
  WEIR_INLINE bool Overflows(int128_t a, int128_t b, int128_t* out) { return __builtin_mul_overflow(a, b, out); }
};

template <typename Op, typename A, typename B, typename R>
struct UncheckedDecimal {
  using Flag = uint64_t;
  WEIR_INLINE R Apply(A a, B b, Flag&) {
    if constexpr (sizeof(A) == 8 && sizeof(B) == 8 && sizeof(R) == 16) {
      // Spelled so that the product is one 64-by-64 multiplication.
      if constexpr (std::is_same_v<Op, DecimalTimes>) return static_cast<int128_t>(a) * b;
    }
    return Op::template Compute<R>(static_cast<R>(a), static_cast<R>(b));
  }
  static bool Fails(A, B) { return false; }
  static Error Failure(A, B, const Type& type) { return OutOfRange(type); }
};

// Results of 38 digits, which may not suffice.
template <typename Op, typename A, typename B>
struct CheckedDecimal {
  using Flag = uint64_t;
  static constexpr int128_t kLimit = [] {
    int128_t limit = 1;
    for (int i = 0; i < kDigitsMax; ++i) limit *= 10;
    return limit;
  }();
  WEIR_INLINE int128_t Apply(A a, B b, Flag& bad) {
    int128_t r;
    const bool overflow = Op::Overflows(a, b, &r);
    bad |= static_cast<Flag>(overflow) | static_cast<Flag>(r >= kLimit) | static_cast<Flag>(r <= -kLimit);
    return r;
  }
  static bool Fails(A a, B b) {
    int128_t r;
    return Op::Overflows(a, b, &r) || !FitsResult(r);
  }
  static Error Failure(A, B, const Type& type) { return OutOfRange(type); }
};

// Of numbers that are known to fit into 64 bits; their product stays below 10^38.
template <typename A, typename B>
struct SmallProduct {
  using Flag = uint64_t;
  WEIR_INLINE int128_t Apply(A a, B b, Flag&) {
    return static_cast<int128_t>(static_cast<int64_t>(a)) * static_cast<int64_t>(b);
  }
  static bool Fails(A, B) { return false; }
  static Error Failure(A, B, const Type& type) { return OutOfRange(type); }
};

template <typename A, typename B, typename R>
struct DecimalRemainder {
  using Flag = uint64_t;
  WEIR_INLINE R Apply(A a, B b, Flag& bad) {
    bad |= static_cast<Flag>(b == 0);
    return b == 0 || b == -1 ? R{0} : static_cast<R>(static_cast<R>(a) % static_cast<R>(b));
  }
  static bool Fails(A, B b) { return b == 0; }
  static Error Failure(A, B, const Type&) { return DivisionByZero(); }
};

template <typename T>
struct DecimalNegation {
  using Flag = uint64_t;
  WEIR_INLINE T Apply(T a, Flag&) { return static_cast<T>(Unsigned<T>{0} - static_cast<Unsigned<T>>(a)); }
  static bool Fails(T) { return false; }
  static Error Failure(T, const Type& type) { return OutOfRange(type); }
};

template <typename T>
struct DecimalMagnitude : DecimalNegation<T> {
  using typename DecimalNegation<T>::Flag;
  WEIR_INLINE T Apply(T a, Flag& bad) { return a < 0 ? DecimalNegation<T>::Apply(a, bad) : a; }
};

namespace {

// Whether the values that a loop over all rows reads fit into 64 bits.
template <typename T>
WEIR_SIMD_CLONES bool AllSmall(const T* values, size_t count) {
  uint64_t wide = 0;
  for (size_t i = 0; i < count; ++i) {
    const auto low = static_cast<int64_t>(values[i]);
    wide |= static_cast<uint64_t>(values[i] >> 64) ^ static_cast<uint64_t>(low >> 63);
  }
  return wide == 0;
}

bool IsSmall(const Column& column) {
  const ColumnView view(column);
  if (column.type().physical() == PhysicalType::kInt64) return true;
  if (view.indices() != nullptr) return false;
  return AllSmall(view.values<int128_t>(), view.is_constant() ? 1 : view.size());
}

template <typename Op>
ColumnPtr SumKernel(const KernelArgs& args) {
  return Dispatch(args, [&]<typename A, typename B, typename R>() -> ColumnPtr {
    if constexpr (sizeof(R) == 16) {
      if (args.result_type.precision() == kDigitsMax) {
        if constexpr (std::is_same_v<Op, DecimalTimes>) {
          if (IsDenseEnough(args.rows, args.size) && IsSmall(*args.columns[0]) && IsSmall(*args.columns[1])) {
            return RunBinary<SmallProduct<A, B>, A, B, R>(args);
          }
        }
        return RunBinary<CheckedDecimal<Op, A, B>, A, B, R>(args);
      }
    }
    return RunBinary<UncheckedDecimal<Op, A, B, R>, A, B, R>(args);
  });
}

ColumnPtr ProductKernel(const KernelArgs& args) {
  const int drop = args.columns[0]->type().scale() + args.columns[1]->type().scale() - args.result_type.scale();
  if (drop == 0) return SumKernel<DecimalTimes>(args);
  return Dispatch(args, [&]<typename A, typename B, typename R>() -> ColumnPtr {
    FlatWriter<R> writer(args.result_type, args.size);
    const ColumnView left(*args.columns[0]);
    const ColumnView right(*args.columns[1]);
    args.rows.ForEach([&](size_t row) {
      const std::optional<int128_t> product = DecimalMultiply(left.At<A>(row), right.At<B>(row), drop);
      writer.Set(row, product ? static_cast<R>(*product) : R{0});
      if (!product) args.context.Fail(row, OutOfRange(args.result_type));
    });
    return writer.Finish();
  });
}

ColumnPtr QuotientKernel(const KernelArgs& args) {
  const int add = args.result_type.scale() - args.columns[0]->type().scale() + args.columns[1]->type().scale();
  const int precision = args.result_type.precision();
  const int128_t scale_up = add <= kDigitsMax ? PowerOfTen(add) : 0;
  return Dispatch(args, [&]<typename A, typename B, typename R>() -> ColumnPtr {
    FlatWriter<R> writer(args.result_type, args.size);
    const ColumnView left(*args.columns[0]);
    const ColumnView right(*args.columns[1]);
    args.rows.ForEach([&](size_t row) {
      const int128_t a = left.At<A>(row);
      const int128_t b = right.At<B>(row);
      writer.Set(row, R{0});
      if (b == 0) return args.context.Fail(row, DivisionByZero());
      int128_t quotient;
      int128_t scaled;
      if (scale_up != 0 && !__builtin_mul_overflow(a, scale_up, &scaled) && scaled != kInt128Min) {
        quotient = scaled / b;
        const int128_t remainder = scaled % b;
        // Half away from zero, without doubling what may not fit.
        const uint128_t rest = remainder < 0 ? -static_cast<uint128_t>(remainder) : static_cast<uint128_t>(remainder);
        const uint128_t divisor = b < 0 ? -static_cast<uint128_t>(b) : static_cast<uint128_t>(b);
        if (rest >= divisor - rest) quotient += (a < 0) != (b < 0) ? -1 : 1;
      } else {
        const std::optional<int128_t> wide = DecimalDivide(a, b, add);
        if (!wide) return args.context.Fail(row, OutOfRange(args.result_type));
        quotient = *wide;
      }
      if (!FitsDecimal(quotient, precision)) return args.context.Fail(row, OutOfRange(args.result_type));
      writer.Set(row, static_cast<R>(quotient));
    });
    return writer.Finish();
  });
}

ColumnPtr RemainderKernel(const KernelArgs& args) {
  return Dispatch(args, [&]<typename A, typename B, typename R>() -> ColumnPtr {
    return RunBinary<DecimalRemainder<A, B, std::conditional_t<sizeof(A) + sizeof(B) == 16, R, int128_t>>, A, B, R>(
        args);
  });
}

template <template <typename> typename Op>
ColumnPtr SignKernel(const KernelArgs& args) {
  if (args.result_type.physical() == PhysicalType::kInt64) return RunUnary<Op<int64_t>, int64_t, int64_t>(args);
  return RunUnary<Op<int128_t>, int128_t, int128_t>(args);
}

std::pair<Type, Type> Tight(std::span<const Type> types, std::span<const std::optional<Value>> constants) {
  return {TightDecimal(types[0], constants[0]), TightDecimal(types[1], constants[1])};
}

ResolvedCall ResolveSum(std::span<const Type> types, std::span<const std::optional<Value>> constants) {
  const auto [a, b] = Tight(types, constants);
  const int scale = std::max(a.scale(), b.scale());
  const int digits = std::max(IntegerDigits(a), IntegerDigits(b));
  return {{Rescaled(a, scale), Rescaled(b, scale)}, Natural(MakeDecimal(digits + 1, scale), types)};
}

ResolvedCall ResolveProduct(std::span<const Type> types, std::span<const std::optional<Value>> constants) {
  const auto [a, b] = Tight(types, constants);
  const int precision = a.precision() + b.precision();
  int scale = a.scale() + b.scale();
  if (precision > kDigitsMax) scale = std::min(scale, std::max({a.scale(), b.scale(), kExactScaleMax}));
  return {{a, b}, Natural(Type::Decimal(std::min(precision, kDigitsMax), scale), types)};
}

ResolvedCall ResolveQuotient(std::span<const Type> types, std::span<const std::optional<Value>> constants) {
  const auto [a, b] = Tight(types, constants);
  // The smallest divisor is 10^-scale.
  const int digits = IntegerDigits(a) + b.scale();
  const int wanted = std::max({a.scale(), b.scale(), kQuotientScaleMin});
  const int scale = std::min(wanted, std::max(kQuotientScaleMin, kDigitsMax - digits));
  return {{a, b}, MakeDecimal(digits, scale)};
}

ResolvedCall ResolveRemainder(std::span<const Type> types, std::span<const std::optional<Value>> constants) {
  const auto [a, b] = Tight(types, constants);
  const int scale = std::max(a.scale(), b.scale());
  const Type left = Rescaled(a, scale);
  return {{left, Rescaled(b, scale)}, Natural(left, types)};
}

// Results of less than the greatest precision were given digits enough.
bool HasRoom(std::span<const Type>, const Type& result) {
  return result.precision() < kDigitsMax;
}

FunctionOverload Roomy(FunctionOverload overload) {
  overload.never_fails = HasRoom;
  overload.optimistic = true;
  return overload;
}

FunctionOverload Binary(ScalarKernel kernel, TypeResolver resolve) {
  return Resolving(Partial({TypePattern::Kind::kDecimal, TypePattern::Kind::kDecimal}, TypePattern::Kind::kDecimal,
                           std::move(kernel)),
                   std::move(resolve));
}

}  // namespace

Type TightDecimal(const Type& type, const std::optional<Value>& constant) {
  if (!constant || constant->is_null() || !type.is(TypeKind::kDecimal)) return type;
  const int128_t value = constant->wide();
  int digits = std::max(type.scale(), 1);
  while (digits < type.precision() && !FitsDecimal(value, digits)) ++digits;
  return Type::Decimal(digits, type.scale());
}

FunctionOverload DecimalAddOverload() {
  return Roomy(Binary(SumKernel<DecimalPlus>, ResolveSum));
}
FunctionOverload DecimalSubtractOverload() {
  return Roomy(Binary(SumKernel<DecimalMinus>, ResolveSum));
}
FunctionOverload DecimalMultiplyOverload() {
  return Roomy(Binary(ProductKernel, ResolveProduct));
}
FunctionOverload DecimalDivideOverload() {
  return Binary(QuotientKernel, ResolveQuotient);
}
FunctionOverload DecimalModuloOverload() {
  return Binary(RemainderKernel, ResolveRemainder);
}

FunctionOverload DecimalNegateOverload() {
  return Total({TypePattern::Kind::kDecimal}, TypePattern::Kind::kDecimal, SignKernel<DecimalNegation>);
}
FunctionOverload DecimalAbsoluteOverload() {
  return Total({TypePattern::Kind::kDecimal}, TypePattern::Kind::kDecimal, SignKernel<DecimalMagnitude>);
}

}  // namespace weir
