#include "function/scalar/arithmetic.h"

#include <cmath>
#include <limits>

#include "function/scalar/arithmetic_loops.h"
#include "function/scalar/decimal_arithmetic.h"
#include "function/scalar/kernel.h"

namespace weir {

Error OutOfRange(const Type& type) {
  if (type.is_floating()) return Error::User(sqlstate::kNumericValueOutOfRange, "value out of range: overflow");
  if (type.is(TypeKind::kDecimal)) {
    return Error::User(sqlstate::kNumericValueOutOfRange, "value overflows numeric format")
        .WithDetail(fmt::format("The result does not fit into {}.", type.ToString()));
  }
  return Error::User(sqlstate::kNumericValueOutOfRange, "{} out of range", type.ToString());
}

Error DivisionByZero() {
  return Error::User(sqlstate::kDivisionByZero, "division by zero");
}

// Integer operations wrap in Apply, so that loops have no undefined behaviour on rows that nobody asked for.

struct AddOp {
  template <typename T>
  struct Of {
    using Flag = Unsigned<T>;
    WEIR_INLINE T Apply(T a, T b, Flag& bad) {
      const T r = static_cast<T>(static_cast<Flag>(a) + static_cast<Flag>(b));
      bad |= static_cast<Flag>(static_cast<Flag>((a ^ r) & (b ^ r)) >> kTopBit<T>);
      return r;
    }
    static bool Fails(T a, T b) { return __builtin_add_overflow(a, b, &a); }
    static Error Failure(T, T, const Type& type) { return OutOfRange(type); }
  };
};

struct SubtractOp {
  template <typename T>
  struct Of {
    using Flag = Unsigned<T>;
    WEIR_INLINE T Apply(T a, T b, Flag& bad) {
      const T r = static_cast<T>(static_cast<Flag>(a) - static_cast<Flag>(b));
      bad |= static_cast<Flag>(static_cast<Flag>((a ^ b) & (a ^ r)) >> kTopBit<T>);
      return r;
    }
    static bool Fails(T a, T b) { return __builtin_sub_overflow(a, b, &a); }
    static Error Failure(T, T, const Type& type) { return OutOfRange(type); }
  };
};

struct MultiplyOp {
  template <typename T>
  struct Of {
    using Flag = Unsigned<T>;
    WEIR_INLINE T Apply(T a, T b, Flag& bad) {
      if constexpr (sizeof(T) <= 4) {
        const auto wide = static_cast<int64_t>(a) * b;
        const auto r = static_cast<T>(wide);
        bad |= static_cast<Flag>(static_cast<T>(wide >> (kTopBit<T> + 1)) ^ static_cast<T>(r >> kTopBit<T>));
        return r;
      } else {
        T r;
        bad |= static_cast<Flag>(__builtin_mul_overflow(a, b, &r));
        return r;
      }
    }
    static bool Fails(T a, T b) { return __builtin_mul_overflow(a, b, &a); }
    static Error Failure(T, T, const Type& type) { return OutOfRange(type); }
  };
};

struct DivideOp {
  template <typename T>
  struct Of {
    using Flag = uint32_t;
    WEIR_INLINE T Apply(T a, T b, Flag& bad) {
      const bool fails = Fails(a, b);
      bad |= static_cast<Flag>(fails);
      return fails ? T{0} : static_cast<T>(a / b);
    }
    WEIR_INLINE bool Fails(T a, T b) { return b == 0 || (b == -1 && a == kSmallest<T>); }
    static Error Failure(T, T b, const Type& type) { return b == 0 ? DivisionByZero() : OutOfRange(type); }
  };
};

struct ModuloOp {
  template <typename T>
  struct Of {
    using Flag = uint32_t;
    WEIR_INLINE T Apply(T a, T b, Flag& bad) {
      bad |= static_cast<Flag>(b == 0);
      return b == 0 || b == -1 ? T{0} : static_cast<T>(a % b);
    }
    static bool Fails(T, T b) { return b == 0; }
    static Error Failure(T, T, const Type&) { return DivisionByZero(); }
  };
};

struct NegateOp {
  template <typename T>
  struct Of {
    using Flag = uint32_t;
    WEIR_INLINE T Apply(T a, Flag& bad) {
      if constexpr (kIsInteger<T>) {
        bad |= static_cast<Flag>(a == kSmallest<T>);
        return static_cast<T>(Unsigned<T>{0} - static_cast<Unsigned<T>>(a));
      } else {
        return -a;
      }
    }
    static bool Fails(T a) {
      if constexpr (kIsInteger<T>) return a == kSmallest<T>;
      return false;
    }
    static Error Failure(T, const Type& type) { return OutOfRange(type); }
  };
};

struct AbsoluteOp {
  template <typename T>
  struct Of {
    using Flag = uint32_t;
    WEIR_INLINE T Apply(T a, Flag& bad) {
      if constexpr (kIsInteger<T>) {
        bad |= static_cast<Flag>(a == kSmallest<T>);
        return a < 0 ? static_cast<T>(Unsigned<T>{0} - static_cast<Unsigned<T>>(a)) : a;
      } else {
        return std::fabs(a);
      }
    }
    static bool Fails(T a) { return NegateOp::Of<T>::Fails(a); }
    static Error Failure(T, const Type& type) { return OutOfRange(type); }
  };
};

// Floating point: infinite results of finite arguments are errors, and so are products and quotients that vanish.
enum class FloatFailure : uint8_t { kNone, kOverflow, kUnderflow, kDivisionByZero };

template <typename Derived, typename T>
struct FloatOp {
  using Flag = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
  static bool Fails(T a, T b) { return Derived::Judge(a, b) != FloatFailure::kNone; }
  static Error Failure(T a, T b, const Type& type) {
    switch (Derived::Judge(a, b)) {
      case FloatFailure::kDivisionByZero:
        return DivisionByZero();
      case FloatFailure::kUnderflow:
        return Error::User(sqlstate::kNumericValueOutOfRange, "value out of range: underflow");
      default:
        return OutOfRange(type);
    }
  }
  // Cheap and too strict: NaN and infinite arguments raise it as well.
  WEIR_INLINE Flag Suspicious(T r) { return static_cast<Flag>(!(std::fabs(r) <= std::numeric_limits<T>::max())); }
  static FloatFailure JudgeResult(T a, T b, T r, bool may_vanish) {
    if (std::isinf(r) && !std::isinf(a) && !std::isinf(b)) return FloatFailure::kOverflow;
    if (may_vanish && r == 0 && a != 0 && b != 0) return FloatFailure::kUnderflow;
    return FloatFailure::kNone;
  }
};

struct FloatAddOp {
  template <typename T>
  struct Of : FloatOp<Of<T>, T> {
    using typename FloatOp<Of<T>, T>::Flag;
    WEIR_INLINE T Apply(T a, T b, Flag& bad) {
      const T r = a + b;
      bad |= Of::Suspicious(r);
      return r;
    }
    static FloatFailure Judge(T a, T b) { return Of::JudgeResult(a, b, a + b, false); }
  };
};

struct FloatSubtractOp {
  template <typename T>
  struct Of : FloatOp<Of<T>, T> {
    using typename FloatOp<Of<T>, T>::Flag;
    WEIR_INLINE T Apply(T a, T b, Flag& bad) {
      const T r = a - b;
      bad |= Of::Suspicious(r);
      return r;
    }
    static FloatFailure Judge(T a, T b) { return Of::JudgeResult(a, b, a - b, false); }
  };
};

struct FloatMultiplyOp {
  template <typename T>
  struct Of : FloatOp<Of<T>, T> {
    using typename FloatOp<Of<T>, T>::Flag;
    WEIR_INLINE T Apply(T a, T b, Flag& bad) {
      const T r = a * b;
      bad |= Of::Suspicious(r) | static_cast<Flag>((r == 0) & (a != 0) & (b != 0));
      return r;
    }
    static FloatFailure Judge(T a, T b) { return Of::JudgeResult(a, b, a * b, true); }
  };
};

struct FloatDivideOp {
  template <typename T>
  struct Of : FloatOp<Of<T>, T> {
    using typename FloatOp<Of<T>, T>::Flag;
    WEIR_INLINE T Apply(T a, T b, Flag& bad) {
      const T r = a / b;
      bad |= Of::Suspicious(r) | static_cast<Flag>((r == 0) & (a != 0)) | static_cast<Flag>(b == 0);
      return r;
    }
    static FloatFailure Judge(T a, T b) {
      if (b == 0 && !std::isnan(a)) return FloatFailure::kDivisionByZero;
      if (b == 0) return FloatFailure::kNone;
      // A finite number over infinity is zero by right.
      return Of::JudgeResult(a, b, a / b, !std::isinf(b));
    }
  };
};

struct FloatModuloOp {
  template <typename T>
  struct Of : FloatOp<Of<T>, T> {
    using typename FloatOp<Of<T>, T>::Flag;
    WEIR_INLINE T Apply(T a, T b, Flag& bad) {
      bad |= static_cast<Flag>(b == 0);
      return std::fmod(a, b);
    }
    static FloatFailure Judge(T, T b) { return b == 0 ? FloatFailure::kDivisionByZero : FloatFailure::kNone; }
  };
};

struct PowerOp {
  using Flag = uint32_t;
  WEIR_INLINE double Apply(double a, double b, Flag& bad) {
    const double r = std::pow(a, b);
    bad |= static_cast<Flag>(Fails(a, b));
    return r;
  }
  static bool Fails(double a, double b) {
    if (std::isnan(a) || std::isnan(b)) return false;
    if (a == 0 && b < 0) return true;
    if (a < 0 && std::isfinite(b) && b != std::floor(b)) return true;
    const double r = std::pow(a, b);
    return (std::isinf(r) && std::isfinite(a) && std::isfinite(b)) ||
           (r == 0 && a != 0 && std::isfinite(a) && std::isfinite(b));
  }
  static Error Failure(double a, double b, const Type& type) {
    if (a == 0 && b < 0) {
      return Error::User(sqlstate::kInvalidArgumentForPower, "zero raised to a negative power is undefined");
    }
    if (a < 0 && b != std::floor(b)) {
      return Error::User(sqlstate::kInvalidArgumentForPower,
                         "a negative number raised to a non-integer power yields a complex result");
    }
    if (std::isinf(std::pow(a, b))) return OutOfRange(type);
    return Error::User(sqlstate::kNumericValueOutOfRange, "value out of range: underflow");
  }
};

namespace {

// Shifts take the low bits of the count, as PostgreSQL on x86 does.
template <typename T>
T ShiftLeft(T a, int32_t by) {
  return static_cast<T>(static_cast<Unsigned<T>>(a) << (by & kTopBit<T>));
}
template <typename T>
T ShiftRight(T a, int32_t by) {
  return static_cast<T>(a >> (by & kTopBit<T>));
}

FunctionOverload Optimistic(FunctionOverload overload) {
  overload.optimistic = true;
  return overload;
}

template <typename F>
void ForEachInteger(F&& f) {
  f.template operator()<int8_t>(TypeKind::kInt8);
  f.template operator()<int16_t>(TypeKind::kInt16);
  f.template operator()<int32_t>(TypeKind::kInt32);
  f.template operator()<int64_t>(TypeKind::kInt64);
  f.template operator()<int128_t>(TypeKind::kInt128);
}

template <typename Op>
void AddIntegers(std::vector<FunctionOverload>& out) {
  ForEachInteger([&]<typename T>(TypeKind kind) {
    out.push_back(Optimistic(Partial({kind, kind}, kind, RunBinary<typename Op::template Of<T>, T, T, T>)));
  });
}

// With a real and anything else the computation is in double precision.
template <typename Op>
void AddFloats(std::vector<FunctionOverload>& out) {
  out.push_back(Optimistic(Partial({TypeKind::kFloat, TypeKind::kFloat}, TypeKind::kFloat,
                                   RunBinary<typename Op::template Of<float>, float, float, float>)));
  const ScalarKernel in_double = RunBinary<typename Op::template Of<double>, double, double, double>;
  out.push_back(Optimistic(Partial({TypeKind::kDouble, TypeKind::kDouble}, TypeKind::kDouble, in_double)));
  const TypeResolver to_double = [](std::span<const Type>, std::span<const std::optional<Value>>) {
    return ResolvedCall{{TypeKind::kDouble, TypeKind::kDouble}, TypeKind::kDouble};
  };
  for (const auto& [a, b] : {std::pair{TypeKind::kFloat, TypeKind::kDouble}, {TypeKind::kDouble, TypeKind::kFloat}}) {
    out.push_back(Optimistic(Resolving(Partial({a, b}, TypeKind::kDouble, in_double), to_double)));
  }
}

template <typename Op>
void AddUnary(std::vector<FunctionOverload>& out) {
  ForEachInteger([&]<typename T>(TypeKind kind) {
    out.push_back(Optimistic(Partial({kind}, kind, RunUnary<typename Op::template Of<T>, T, T>)));
  });
  out.push_back(Total({TypeKind::kFloat}, TypeKind::kFloat, RunUnary<typename Op::template Of<float>, float, float>));
  out.push_back(
      Total({TypeKind::kDouble}, TypeKind::kDouble, RunUnary<typename Op::template Of<double>, double, double>));
}

std::vector<FunctionOverload> PlusOverloads() {
  std::vector<FunctionOverload> out;
  AddIntegers<AddOp>(out);
  AddFloats<FloatAddOp>(out);
  out.push_back(DecimalAddOverload());
  for (FunctionOverload& overload : out) overload.monotonicity = Monotonicity::kIncreasing;
  return out;
}

std::vector<FunctionOverload> MinusOverloads() {
  std::vector<FunctionOverload> out;
  AddIntegers<SubtractOp>(out);
  AddFloats<FloatSubtractOp>(out);
  out.push_back(DecimalSubtractOverload());
  AddUnary<NegateOp>(out);
  out.push_back(DecimalNegateOverload());
  return out;
}

void RegisterBitwise(Family& family) {
  std::vector<FunctionOverload> and_, or_, xor_, not_, left, right;
  ForEachInteger([&]<typename T>(TypeKind kind) {
    and_.push_back(Total({kind, kind}, kind, RowKernel<T, T, T>([](T a, T b) -> T { return a & b; })));
    or_.push_back(Total({kind, kind}, kind, RowKernel<T, T, T>([](T a, T b) -> T { return a | b; })));
    xor_.push_back(Total({kind, kind}, kind, RowKernel<T, T, T>([](T a, T b) -> T { return a ^ b; })));
    not_.push_back(Total({kind}, kind, RowKernel<T, T>([](T a) -> T { return ~a; })));
    left.push_back(Total({kind, TypeKind::kInt32}, kind,
                         RowKernel<T, T, int32_t>([](T a, int32_t by) -> T { return ShiftLeft(a, by); })));
    right.push_back(Total({kind, TypeKind::kInt32}, kind,
                          RowKernel<T, T, int32_t>([](T a, int32_t by) -> T { return ShiftRight(a, by); })));
  });
  family.Add({"&", {"bitand"}}, "Bitwise AND.", "91 & 15", "11", std::move(and_));
  family.Add({"|", {"bitor"}}, "Bitwise OR.", "32 | 3", "35", std::move(or_));
  family.Add({"#", {"bitxor"}}, "Bitwise exclusive OR.", "17 # 5", "20", std::move(xor_));
  family.Add({"~", {"bitnot"}}, "Bitwise NOT.", "~1", "-2", std::move(not_));
  family.Add({"<<", {"bit_shift_left"}}, "Bitwise shift left.", "1 << 4", "16", std::move(left));
  family.Add({">>", {"bit_shift_right"}}, "Bitwise shift right.", "8 >> 2", "2", std::move(right));
}

}  // namespace

void RegisterArithmeticFunctions(Registry& registry) {
  Family family(registry, "math");
  family.Add("+", "Sum of two numbers.", "2 + 3", "5", PlusOverloads());
  std::vector<FunctionOverload> plus;
  for (const TypeKind kind : {TypeKind::kInt8, TypeKind::kInt16, TypeKind::kInt32, TypeKind::kInt64, TypeKind::kInt128,
                              TypeKind::kFloat, TypeKind::kDouble}) {
    plus.push_back(Total({kind}, kind, [](const KernelArgs& args) { return args.columns[0]; }));
  }
  plus.push_back(Total({TypePattern::Kind::kDecimal}, TypePattern::Kind::kDecimal,
                       [](const KernelArgs& args) { return args.columns[0]; }));
  family.Add("+", "", "", "", std::move(plus));
  family.Add("-", "Difference of two numbers, or the negation of one.", "2 - 3", "-1", MinusOverloads());

  std::vector<FunctionOverload> times;
  AddIntegers<MultiplyOp>(times);
  AddFloats<FloatMultiplyOp>(times);
  times.push_back(DecimalMultiplyOverload());
  family.Add("*", "Product of two numbers.", "2 * 3", "6", std::move(times));

  std::vector<FunctionOverload> by;
  AddIntegers<DivideOp>(by);
  AddFloats<FloatDivideOp>(by);
  by.push_back(DecimalDivideOverload());
  family.Add("/", "Quotient of two numbers; of integers it is cut to an integer.", "7 / 2", "3", std::move(by));

  std::vector<FunctionOverload> modulo;
  AddIntegers<ModuloOp>(modulo);
  AddFloats<FloatModuloOp>(modulo);
  modulo.push_back(DecimalModuloOverload());
  family.Add({"%", {"mod"}}, "Remainder of a division; it has the sign of the dividend.", "7 % 4", "3",
             std::move(modulo));

  family.Add(
      "^", "Power; of numerics a numeric.", "2 ^ 10", "1024",
      {Partial({TypeKind::kDouble, TypeKind::kDouble}, TypeKind::kDouble, RunBinary<PowerOp, double, double, double>)});

  std::vector<FunctionOverload> absolute;
  AddUnary<AbsoluteOp>(absolute);
  absolute.push_back(DecimalAbsoluteOverload());
  family.Add({"abs", {"@"}}, "Absolute value.", "abs(-17.4)", "17.4", std::move(absolute));
  RegisterBitwise(family);
}

}  // namespace weir
