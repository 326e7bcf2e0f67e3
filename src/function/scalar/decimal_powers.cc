// Roots, powers and logarithms of numerics, as numerics. PostgreSQL gives each result as many decimals as make about
// sixteen significant digits; so do constants here. A column has one scale: results are rounded where PostgreSQL rounds
// them as far as that scale goes, and show no zeros at the end.

#include <algorithm>
#include <boost/multiprecision/cpp_dec_float.hpp>
#include <boost/multiprecision/cpp_int.hpp>
#include <cmath>

#include "function/scalar/arithmetic_loops.h"
#include "function/scalar/kernel.h"
#include "function/scalar/register.h"
#include "types/decimal.h"

// Of glibc, whose headers show them to GCC only.
extern "C" {
__float128 sqrtf128(__float128 x) noexcept;
__float128 expf128(__float128 x) noexcept;
__float128 logf128(__float128 x) noexcept;
__float128 powf128(__float128 x, __float128 y) noexcept;
__float128 roundf128(__float128 x) noexcept;
}

namespace weir {

namespace {

namespace mp = boost::multiprecision;

constexpr TypePattern::Kind kDecimal = TypePattern::Kind::kDecimal;
constexpr int kSignificantDigits = 16;
constexpr int kDigitsMax = Type::kDecimalPrecisionMax;

// 34 digits, enough for most; what needs more takes the slow one.
using Fast = __float128;
using Slow = mp::number<mp::cpp_dec_float<80>, mp::et_off>;
constexpr int kFastDigitsMax = 29;

Fast Sqrt(Fast x) {
  return sqrtf128(x);
}
Fast Exp(Fast x) {
  return expf128(x);
}
Fast Log(Fast x) {
  return logf128(x);
}
Fast Pow(Fast x, Fast y) {
  return powf128(x, y);
}
Slow Sqrt(const Slow& x) {
  return mp::sqrt(x);
}
Slow Exp(const Slow& x) {
  return mp::exp(x);
}
Slow Log(const Slow& x) {
  return mp::log(x);
}
Slow Pow(const Slow& x, const Slow& y) {
  return mp::pow(x, y);
}

struct Number {
  int128_t unscaled;
  int scale;   // of the type
  int digits;  // decimals that it counts as having
};

double ToDouble(const Number& x) {
  return DecimalToDouble(x.unscaled, x.scale);
}

Fast PowerOfTenFast(int exponent) {
  Fast out = 1;
  for (; exponent > 0; --exponent) out *= 10;
  return out;
}

template <typename Real>
Real ToReal(const Number& x) {
  if constexpr (std::is_same_v<Real, Fast>) {
    return static_cast<Fast>(x.unscaled) / PowerOfTenFast(x.scale);
  } else {
    return Slow(mp::int128_t(x.unscaled)) / mp::pow(Slow(10), x.scale);
  }
}

// With `scale` decimals, rounded; nullopt when that has more than 38 digits.
std::optional<int128_t> Rounded(Fast x, int scale) {
  return static_cast<int128_t>(roundf128(x * PowerOfTenFast(scale)));
}
std::optional<int128_t> Rounded(const Slow& x, int scale) {
  const Slow scaled = mp::round(x * mp::pow(Slow(10), scale));
  if (mp::abs(scaled) >= mp::pow(Slow(10), kDigitsMax)) return std::nullopt;
  if (scaled.is_zero()) return 0;  // whose exponent the conversion would negate, and cannot
  const auto whole = static_cast<mp::int256_t>(scaled);
  return static_cast<int128_t>(whole);
}

// The power of ten of the first digit; 0 of zero.
int Exponent(int128_t unscaled, int scale) {
  if (unscaled == 0) return 0;
  int digits = 1;
  while (!FitsDecimal(unscaled, digits)) ++digits;
  return digits - 1 - scale;
}

// The exponent by which PostgreSQL guesses how large a logarithm is.
int LogarithmExponent(const Number& x) {
  const auto whole = static_cast<Fast>(x.unscaled);
  const Fast one = PowerOfTenFast(x.scale);
  if (whole * 10 >= one * 9 && whole * 10 <= one * 11) {
    return Exponent(x.unscaled - static_cast<int128_t>(one), x.scale);
  }
  return static_cast<int>(std::log10(std::abs(std::log(ToDouble(x)))));
}

[[noreturn]] void ThrowNoPower(const char* what) {
  throw Error::User(sqlstate::kInvalidArgumentForPower, "{}", what);
}

void CheckLogarithm(const Number& x) {
  if (x.unscaled > 0) return;
  throw Error::User(sqlstate::kInvalidArgumentForLogarithm, "cannot take logarithm of {}",
                    x.unscaled == 0 ? "zero" : "a negative number");
}

// Each function: how many decimals PostgreSQL gives the result, and how large that may be (digits before the point),
// after checking the arguments; then the value.
struct Extent {
  int scale;
  int whole_digits;
};

struct SquareRoot {
  static constexpr size_t kArity = 1;
  static Extent ExtentOf(std::span<const Number> x) {
    if (x[0].unscaled < 0) ThrowNoPower("cannot take square root of a negative number");
    const int exponent = Exponent(x[0].unscaled, x[0].scale);
    const int weight = exponent >= 0 ? exponent / 4 : -((3 - exponent) / 4);
    return {std::max(kSignificantDigits - 1 - 2 * weight, x[0].digits), exponent / 2 + 1};
  }
  template <typename Real>
  static Real Value(std::span<const Number> x) {
    return Sqrt(ToReal<Real>(x[0]));
  }
  static Type ResultType(std::span<const Type> types) {
    const int scale = types[0].scale();
    const int whole = (types[0].precision() - scale + 1) / 2;
    const int wanted = std::max(scale, kSignificantDigits - 1 + 2 * ((scale + 3) / 4));
    return Type::Decimal(kDigitsMax, std::min(kDigitsMax - std::max(whole, 1), wanted));
  }
};

constexpr double kLog10OfE = 0.434294481903252;

struct Exponential {
  static constexpr size_t kArity = 1;
  static Extent ExtentOf(std::span<const Number> x) {
    const double exponent = std::clamp(ToDouble(x[0]) * kLog10OfE, -1000.0, 1000.0);
    return {std::max(kSignificantDigits - static_cast<int>(exponent), x[0].digits),
            std::max(static_cast<int>(exponent) + 2, 1)};
  }
  template <typename Real>
  static Real Value(std::span<const Number> x) {
    return Exp(ToReal<Real>(x[0]));
  }
  static Type ResultType(std::span<const Type> types) {
    return Type::Decimal(kDigitsMax, std::max(kSignificantDigits + 2, types[0].scale()));
  }
};

struct NaturalLogarithm {
  static constexpr size_t kArity = 1;
  static Extent ExtentOf(std::span<const Number> x) {
    CheckLogarithm(x[0]);
    return {std::max(kSignificantDigits - LogarithmExponent(x[0]), x[0].digits), 2};
  }
  template <typename Real>
  static Real Value(std::span<const Number> x) {
    return Log(ToReal<Real>(x[0]));
  }
  static Type ResultType(std::span<const Type> types) {
    return Type::Decimal(kDigitsMax, std::min(kDigitsMax - 2, kSignificantDigits + types[0].scale()));
  }
};

// (base, number)
struct Logarithm {
  static constexpr size_t kArity = 2;
  static Extent ExtentOf(std::span<const Number> x) {
    CheckLogarithm(x[0]);
    CheckLogarithm(x[1]);
    const int exponent = LogarithmExponent(x[1]) - LogarithmExponent(x[0]);
    if (x[0].unscaled == PowerOfTen(x[0].scale)) throw DivisionByZero();
    return {std::max({kSignificantDigits - exponent, x[0].digits, x[1].digits}), std::max(exponent + 2, 2)};
  }
  template <typename Real>
  static Real Value(std::span<const Number> x) {
    return Log(ToReal<Real>(x[1])) / Log(ToReal<Real>(x[0]));
  }
  static Type ResultType(std::span<const Type> types) {
    const int whole = 3 + types[0].scale();
    return Type::Decimal(kDigitsMax, std::clamp(kDigitsMax - whole, kSignificantDigits, kSignificantDigits + 12));
  }
};

struct CommonLogarithm {
  static constexpr size_t kArity = 1;
  static Extent ExtentOf(std::span<const Number> x) {
    const Number both[] = {{10, 0, 0}, x[0]};
    return Logarithm::ExtentOf(both);
  }
  template <typename Real>
  static Real Value(std::span<const Number> x) {
    const Number both[] = {{10, 0, 0}, x[0]};
    return Logarithm::Value<Real>(both);
  }
  static Type ResultType(std::span<const Type> types) { return NaturalLogarithm::ResultType(types); }
};

// (base, exponent)
struct Power {
  static constexpr size_t kArity = 2;
  static bool IsWhole(const Number& x) { return x.unscaled % PowerOfTen(x.scale) == 0; }
  static Extent ExtentOf(std::span<const Number> x) {
    const bool whole = IsWhole(x[1]);
    const bool negative = x[0].unscaled < 0;
    if (x[0].unscaled == 0) {
      if (x[1].unscaled < 0) ThrowNoPower("zero raised to a negative power is undefined");
      return {std::max(kSignificantDigits, whole ? x[0].digits : 0), 1};
    }
    if (negative && !whole) ThrowNoPower("a negative number raised to a non-integer power yields a complex result");
    const double exponent = std::clamp(std::log10(std::abs(ToDouble(x[0]))) * ToDouble(x[1]), -1000.0, 1000.0);
    const int whole_digits = std::max(static_cast<int>(std::floor(exponent)) + 2, 1);
    if (whole && std::abs(ToDouble(x[1])) <= INT32_MAX) {
      return {std::max(kSignificantDigits, x[0].digits), whole_digits};
    }
    return {std::max({kSignificantDigits - static_cast<int>(exponent), x[0].digits, x[1].digits}), whole_digits};
  }
  template <typename Real>
  static Real Value(std::span<const Number> x) {
    const Real base = ToReal<Real>(x[0]);
    if (x[1].unscaled == 0) return Real(1);
    if (x[0].unscaled == 0) return Real(0);
    if (x[0].unscaled > 0) return Pow(base, ToReal<Real>(x[1]));
    const bool odd = x[1].unscaled / PowerOfTen(x[1].scale) % 2 != 0;
    const Real magnitude = Pow(Real(-base), ToReal<Real>(x[1]));
    return odd ? Real(-magnitude) : magnitude;
  }
  static Type ResultType(std::span<const Type> types) {
    return Type::Decimal(kDigitsMax, std::max(kSignificantDigits, types[0].scale()));
  }
};

Number NumberOf(int128_t unscaled, const Type& type) {
  int digits = type.scale();
  if (type.has_natural_scale()) {
    int128_t rest = unscaled;
    for (; digits > 0 && rest % 10 == 0; --digits) rest /= 10;
  }
  return {unscaled, type.scale(), digits};
}

// The result with at most `scale` decimals, at that scale; throws what the arguments are wrong about, and 22003.
template <typename Function>
int128_t Compute(std::span<const Number> x, int scale, const Type& type) {
  const Extent extent = Function::ExtentOf(x);
  const int decimals = std::clamp(extent.scale, 0, scale);
  if (extent.whole_digits > kDigitsMax + 2) throw OutOfRange(type);
  const auto value = extent.whole_digits + decimals <= kFastDigitsMax
                         ? Rounded(Function::template Value<Fast>(x), decimals)
                         : Rounded(Function::template Value<Slow>(x), decimals);
  if (!value) throw OutOfRange(type);
  const std::optional<int128_t> scaled = DecimalRescale(*value, decimals, scale);
  if (!scaled || !FitsDecimal(*scaled, kDigitsMax)) throw OutOfRange(type);
  return *scaled;
}

template <typename Function>
ColumnPtr Kernel(const KernelArgs& args) {
  std::vector<ColumnView> views;
  std::vector<Type> types;
  for (const ColumnPtr& column : args.columns) {
    views.emplace_back(*column);
    types.push_back(column->type());
  }
  FlatWriter<int128_t> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, 0);
    std::array<Number, Function::kArity> x;
    for (size_t i = 0; i < x.size(); ++i) {
      const bool small = types[i].physical() == PhysicalType::kInt64;
      x[i] = NumberOf(small ? views[i].At<int64_t>(row) : views[i].At<int128_t>(row), types[i]);
    }
    out.Set(row, Compute<Function>(x, args.result_type.scale(), args.result_type));
  });
  return out.Finish();
}

// The scale that PostgreSQL gives the result for constants, as far as 38 digits go; nullopt for other arguments, and
// where there is no result.
template <typename Function>
std::optional<int> ConstantScale(std::span<const Type> types, std::span<const std::optional<Value>> constants) {
  std::array<Number, Function::kArity> x;
  for (size_t i = 0; i < x.size(); ++i) {
    if (i >= constants.size() || !constants[i] || constants[i]->is_null()) return std::nullopt;
    x[i] = NumberOf(constants[i]->wide(), types[i]);
  }
  std::optional<int> scale;
  (void)CatchError([&] {
    const Extent extent = Function::ExtentOf(x);
    int decimals = std::clamp(extent.scale, 0, kDigitsMax - 1);
    // How large the result is, is known within a digit or two.
    const bool fits = extent.whole_digits + decimals <= kDigitsMax;
    for (; !fits && decimals > 0; --decimals) {
      const auto value = Rounded(Function::template Value<Slow>(x), decimals);
      if (value && FitsDecimal(*value, kDigitsMax)) break;
    }
    scale = decimals;
  });
  return scale;
}

template <typename Function>
ResolvedCall Resolve(std::span<const Type> types, std::span<const std::optional<Value>> constants) {
  ResolvedCall out{{types.begin(), types.end()}, Function::ResultType(types).WithNaturalScale()};
  if (const auto scale = ConstantScale<Function>(types, constants)) {
    out.result_type = Type::Decimal(kDigitsMax, *scale);
  } else if (std::is_same_v<Function, Power> && constants.back() && !constants.back()->is_null() &&
             Power::IsWhole(NumberOf(constants.back()->wide(), types.back()))) {
    // Whole powers of a column all have these decimals.
    out.result_type = Function::ResultType(types);
  }
  return out;
}

template <typename Function>
FunctionOverload Overload() {
  return Resolving(Partial(std::vector<TypePattern>(Function::kArity, kDecimal), kDecimal, Kernel<Function>),
                   Resolve<Function>);
}

}  // namespace

void RegisterDecimalPowers(Registry& registry) {
  // Beside those of double precision, which have the descriptions.
  Family family(registry, "math");
  family.Add("sqrt", "", "", "", {Overload<SquareRoot>()});
  family.Add("exp", "", "", "", {Overload<Exponential>()});
  family.Add("ln", "", "", "", {Overload<NaturalLogarithm>()});
  family.Add("log", "", "", "", {Overload<CommonLogarithm>(), Overload<Logarithm>()});
  family.Add("log10", "", "", "", {Overload<CommonLogarithm>()});
  family.Add("power", "", "", "", {Overload<Power>()});
  family.Add("^", "", "", "", {Overload<Power>()});
}

}  // namespace weir
