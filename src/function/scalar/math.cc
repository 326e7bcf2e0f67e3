// Powers, logarithms, trigonometry, integer arithmetic and random numbers.

#include <bit>
#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

#include "expr/comparison.h"
#include "function/scalar/kernel.h"
#include "function/scalar/random.h"
#include "function/scalar/register.h"
#include "types/decimal.h"

namespace weir {

namespace {

Error Overflow() {
  return Error::User(sqlstate::kNumericValueOutOfRange, "value out of range: overflow");
}
Error InputRange() {
  return Error::User(sqlstate::kNumericValueOutOfRange, "input is out of range");
}

template <double (*kF)(double)>
FunctionOverload TotalDouble() {
  return Total({kDouble}, kDouble, RowKernel<double, double>([](double x) { return kF(x); }));
}

// f throws for inputs that it has no value for.
template <typename F>
FunctionOverload PartialDouble(F f) {
  return Partial({kDouble}, kDouble, RowKernelWith<double, double>([f](RowOut<double>& out, double x) {
                   Guard(out, [&] { out.Set(f(x)); });
                 }));
}

double Finite(double result, double input) {
  if (std::isinf(result) && !std::isinf(input)) throw Overflow();
  return result;
}

double CheckLogarithm(double x) {
  if (x == 0) throw Error::User(sqlstate::kInvalidArgumentForLogarithm, "cannot take logarithm of zero");
  if (x < 0) throw Error::User(sqlstate::kInvalidArgumentForLogarithm, "cannot take logarithm of a negative number");
  return x;
}

double Sqrt(double x) {
  if (x < 0) {
    throw Error::User(sqlstate::kInvalidArgumentForPower, "cannot take square root of a negative number");
  }
  return std::sqrt(x);
}

double Power(double base, double exponent) {
  if (base == 0 && exponent < 0) {
    throw Error::User(sqlstate::kInvalidArgumentForPower, "zero raised to a negative power is undefined");
  }
  if (base < 0 && std::isfinite(exponent) && exponent != std::trunc(exponent)) {
    throw Error::User(sqlstate::kInvalidArgumentForPower,
                      "a negative number raised to a non-integer power yields a complex result");
  }
  const double result = std::pow(base, exponent);
  if (std::isinf(result) && std::isfinite(base) && std::isfinite(exponent)) throw Overflow();
  return result;
}

double InUnitRange(double x) {
  if (x < -1 || x > 1) throw InputRange();
  return x;
}

double FiniteInput(double x) {
  if (std::isinf(x)) throw InputRange();
  return x;
}

constexpr double kPi = std::numbers::pi;
double ToRadians(double degrees) {
  return degrees * (kPi / 180);
}
double ToDegrees(double radians) {
  return radians / (kPi / 180);
}

// Degrees at which sine and cosine are exact, so that sind(30) is 0.5.
double SineOfDegrees(double degrees) {
  double x = std::fmod(degrees, 360);
  double sign = 1;
  if (x < 0) {
    x = -x;
    sign = -1;
  }
  if (x > 180) {
    x = 360 - x;
    sign = -sign;
  }
  if (x > 90) x = 180 - x;
  if (x == 30) return sign * 0.5;
  if (x == 90) return sign;
  return x == 0 ? 0 : sign * std::sin(ToRadians(x));
}
double CosineOfDegrees(double degrees) {
  return SineOfDegrees(std::fmod(degrees, 360) + 90);
}
double TangentOfDegrees(double degrees) {
  const double x = std::fmod(degrees, 180);
  if (x == 45 || x == -135) return 1;
  if (x == -45 || x == 135) return -1;
  return SineOfDegrees(degrees) / CosineOfDegrees(degrees);
}

double ArcDegrees(double radians) {
  const double degrees = ToDegrees(radians);
  // 60.00000000000001 and its like are artefacts of the division.
  const double rounded = std::rint(degrees);
  return std::abs(degrees - rounded) < 1e-13 * std::max(1.0, std::abs(rounded)) ? rounded : degrees;
}

void AddPowers(Family& family) {
  family.Add("sqrt", "Square root; of numerics a numeric.", "sqrt(2)", "1.4142135623730951", {PartialDouble(Sqrt)});
  family.Add({"dsqrt", {"|/"}}, "Square root in double precision.", "dsqrt(25.0)", "5", {PartialDouble(Sqrt)});
  family.Add({"cbrt", {"||/"}}, "Cube root.", "cbrt(64.0)", "4", {TotalDouble<std::cbrt>()});
  const FunctionOverload exponential = PartialDouble([](double x) {
    const double value = std::exp(x);
    if (value == 0 && std::isfinite(x)) {
      throw Error::User(sqlstate::kNumericValueOutOfRange, "value out of range: underflow");
    }
    return Finite(value, x);
  });
  const FunctionOverload natural = PartialDouble([](double x) { return std::log(CheckLogarithm(x)); });
  const FunctionOverload common = PartialDouble([](double x) { return std::log10(CheckLogarithm(x)); });
  family.Add("exp", "e raised to a power; of numerics a numeric.", "exp(1.0)", "2.7182818284590452", {exponential});
  family.Add("dexp", "e raised to a power, in double precision.", "dexp(1.0)", "2.718281828459045", {exponential});
  family.Add("ln", "Natural logarithm; of numerics a numeric.", "ln(2.0)", "0.6931471805599453", {natural});
  family.Add("dlog1", "Natural logarithm in double precision.", "dlog1(2.0)", "0.6931471805599453", {natural});
  family.Add("log10", "Base 10 logarithm; of numerics a numeric.", "log10(1000.0)", "3.0000000000000000", {common});
  family.Add("dlog10", "Base 10 logarithm in double precision.", "dlog10(1000.0)", "3", {common});
  family.Add("log2", "Base 2 logarithm.", "log2(8)", "3",
             {PartialDouble([](double x) { return std::log2(CheckLogarithm(x)); })});
  family.Add("log", "Base 10 logarithm, or the logarithm of the second number to the base of the first.",
             "log(2.0, 64.0)", "6.0000000000000000",
             {common, Partial({kDouble, kDouble}, kDouble,
                              RowKernelWith<double, double, double>([](RowOut<double>& out, double base, double x) {
                                Guard(out, [&] {
                                  const double divisor = std::log(CheckLogarithm(base));
                                  if (divisor == 0) throw Error::User(sqlstate::kDivisionByZero, "division by zero");
                                  const double result = std::log(CheckLogarithm(x)) / divisor;
                                  // Whole results come out whole.
                                  const double whole = std::rint(result);
                                  out.Set(std::pow(base, whole) == x ? whole : result);
                                });
                              }))});
  const FunctionOverload power = Partial(
      {kDouble, kDouble}, kDouble, RowKernelWith<double, double, double>([](RowOut<double>& out, double a, double b) {
        Guard(out, [&] { out.Set(Power(a, b)); });
      }));
  family.Add({"power", {"pow"}}, "The first number raised to the power of the second; of numerics a numeric.",
             "power(9, 3)", "729", {power});
  family.Add({"dpow", {"fpow"}}, "The first number raised to the power of the second, in double precision.",
             "dpow(9.0, 3)", "729", {power});
  family.Add("square", "The number times itself.", "square(3)", "9",
             {Total({kDouble}, kDouble, RowKernel<double, double>([](double x) { return x * x; }))});
}

void AddTrigonometry(Family& family) {
  family.Add(
      "pi", "Half the circumference of the unit circle.", "pi()", "3.141592653589793",
      {Total({}, kDouble, [](const KernelArgs& args) { return Column::Constant(Value::Double(kPi), args.size); })});
  family.Add("degrees", "Radians to degrees.", "degrees(0.5)", "28.64788975654116", {TotalDouble<ToDegrees>()});
  family.Add("radians", "Degrees to radians.", "radians(45.0)", "0.7853981633974483", {TotalDouble<ToRadians>()});
  family.Add("sin", "Sine of an angle in radians.", "sin(0)", "0",
             {PartialDouble([](double x) { return std::sin(FiniteInput(x)); })});
  family.Add("cos", "Cosine of an angle in radians.", "cos(0)", "1",
             {PartialDouble([](double x) { return std::cos(FiniteInput(x)); })});
  family.Add("tan", "Tangent of an angle in radians.", "tan(0)", "0",
             {PartialDouble([](double x) { return std::tan(FiniteInput(x)); })});
  family.Add("cot", "Cotangent of an angle in radians.", "cot(0.5)", "1.830487721712452",
             {PartialDouble([](double x) { return 1.0 / std::tan(FiniteInput(x)); })});
  family.Add("asin", "Inverse sine.", "asin(0)", "0",
             {PartialDouble([](double x) { return std::asin(InUnitRange(x)); })});
  family.Add("acos", "Inverse cosine.", "acos(1)", "0",
             {PartialDouble([](double x) { return std::acos(InUnitRange(x)); })});
  family.Add("atan", "Inverse tangent.", "atan(0)", "0", {TotalDouble<std::atan>()});
  const auto atan2 = RowKernel<double, double, double>([](double y, double x) { return std::atan2(y, x); });
  family.Add("atan2", "Inverse tangent of y/x.", "atan2(1, 0)", "1.5707963267948966",
             {Total({kDouble, kDouble}, kDouble, atan2)});
  family.Add("sinh", "Hyperbolic sine.", "sinh(1)", "1.1752011936438014", {TotalDouble<std::sinh>()});
  family.Add("cosh", "Hyperbolic cosine.", "cosh(0)", "1", {TotalDouble<std::cosh>()});
  family.Add("tanh", "Hyperbolic tangent.", "tanh(1)", "0.7615941559557649", {TotalDouble<std::tanh>()});
  family.Add("asinh", "Inverse hyperbolic sine.", "asinh(1)", "0.881373587019543", {TotalDouble<std::asinh>()});
  family.Add("acosh", "Inverse hyperbolic cosine.", "acosh(1)", "0", {PartialDouble([](double x) {
               if (x < 1) throw InputRange();
               return std::acosh(x);
             })});
  family.Add("atanh", "Inverse hyperbolic tangent.", "atanh(0.5)", "0.5493061443340548",
             {PartialDouble([](double x) { return std::atanh(InUnitRange(x)); })});
  family.Add("sind", "Sine of an angle in degrees.", "sind(30)", "0.5",
             {PartialDouble([](double x) { return SineOfDegrees(FiniteInput(x)); })});
  family.Add("cosd", "Cosine of an angle in degrees.", "cosd(60)", "0.5",
             {PartialDouble([](double x) { return CosineOfDegrees(FiniteInput(x)); })});
  family.Add("tand", "Tangent of an angle in degrees.", "tand(45)", "1",
             {PartialDouble([](double x) { return TangentOfDegrees(FiniteInput(x)); })});
  family.Add("cotd", "Cotangent of an angle in degrees.", "cotd(45)", "1",
             {PartialDouble([](double x) { return 1.0 / TangentOfDegrees(FiniteInput(x)); })});
  family.Add("asind", "Inverse sine in degrees.", "asind(0.5)", "30",
             {PartialDouble([](double x) { return ArcDegrees(std::asin(InUnitRange(x))); })});
  family.Add("acosd", "Inverse cosine in degrees.", "acosd(0.5)", "60",
             {PartialDouble([](double x) { return ArcDegrees(std::acos(InUnitRange(x))); })});
  family.Add("atand", "Inverse tangent in degrees.", "atand(1)", "45",
             {PartialDouble([](double x) { return ArcDegrees(std::atan(x)); })});
  family.Add("atan2d", "Inverse tangent of y/x in degrees.", "atan2d(1, 0)", "90",
             {Total({kDouble, kDouble}, kDouble, RowKernel<double, double, double>([](double y, double x) {
                      return ArcDegrees(std::atan2(y, x));
                    }))});
}

// ---- integers

template <typename T>
Error IntegerRange() {
  return Error::User(sqlstate::kNumericValueOutOfRange, "{} out of range", sizeof(T) == 4 ? "integer" : "bigint");
}

template <typename T>
T Gcd(T a, T b) {
  using U = std::make_unsigned_t<T>;
  const auto magnitude = [](T x) { return x < 0 ? U{0} - static_cast<U>(x) : static_cast<U>(x); };
  const U result = std::gcd(magnitude(a), magnitude(b));
  if (result > static_cast<U>(std::numeric_limits<T>::max())) throw IntegerRange<T>();
  return static_cast<T>(result);
}

template <typename T>
T Lcm(T a, T b) {
  if (a == 0 || b == 0) return 0;
  T result;
  if (__builtin_mul_overflow(a / Gcd(a, b), b, &result) || result == std::numeric_limits<T>::min())
    throw IntegerRange<T>();
  return result < 0 ? -result : result;
}

template <typename T, T (*kF)(T, T)>
FunctionOverload IntegerPair(TypeKind kind) {
  return Partial({kind, kind}, kind,
                 RowKernelWith<T, T, T>([](RowOut<T>& out, T a, T b) { Guard(out, [&] { out.Set(kF(a, b)); }); }));
}

uint128_t WideGcd(int128_t a, int128_t b) {
  const auto magnitude = [](int128_t x) { return x < 0 ? -static_cast<uint128_t>(x) : static_cast<uint128_t>(x); };
  uint128_t x = magnitude(a), y = magnitude(b);
  while (y != 0) x = std::exchange(y, x % y);
  return x;
}

// Of numerics, at the larger scale.
FunctionOverload DecimalPair(void (*f)(RowOut<int128_t>& out, int128_t a, int128_t b)) {
  constexpr TypePattern::Kind kDecimal = TypePattern::Kind::kDecimal;
  return Resolving(Partial({kDecimal, kDecimal}, kDecimal, RowKernelWith<int128_t, int128_t, int128_t>(f)),
                   [](std::span<const Type> types, std::span<const std::optional<Value>>) {
                     const bool natural = types[0].has_natural_scale() || types[1].has_natural_scale();
                     const Type type =
                         Type::Decimal(Type::kDecimalPrecisionMax, std::max(types[0].scale(), types[1].scale()));
                     return ResolvedCall{{type, type}, type.WithNaturalScale(natural)};
                   });
}

void DecimalGcd(RowOut<int128_t>& out, int128_t a, int128_t b) {
  out.Set(static_cast<int128_t>(WideGcd(a, b)));
}

void DecimalLcm(RowOut<int128_t>& out, int128_t a, int128_t b) {
  if (a == 0 || b == 0) return out.Set(0);
  int128_t result;
  if (__builtin_mul_overflow(a / static_cast<int128_t>(WideGcd(a, b)), b, &result) ||
      !FitsDecimal(result, Type::kDecimalPrecisionMax)) {
    return out.Fail(Error::User(sqlstate::kNumericValueOutOfRange, "value overflows numeric format"));
  }
  out.Set(result < 0 ? -result : result);
}

void Factorial(RowOut<int128_t>& out, int64_t n) {
  if (n < 0) {
    out.Fail(Error::User(sqlstate::kNumericValueOutOfRange, "factorial of a negative number is undefined"));
    return;
  }
  constexpr int64_t kFactorialMax = 33;  // 34! has 39 digits
  if (n > kFactorialMax) {
    out.Fail(Error::User(sqlstate::kNumericValueOutOfRange, "value overflows numeric format: factorial of {}", n));
    return;
  }
  int128_t result = 1;
  for (int64_t i = 2; i <= n; ++i) result *= i;
  out.Set(result);
}

template <typename T>
void DivideIntegers(RowOut<T>& out, T a, T b) {
  if (b == 0)
    out.Fail(Error::User(sqlstate::kDivisionByZero, "division by zero"));
  else if (b == -1 && a == std::numeric_limits<T>::min())
    out.Fail(IntegerRange<T>());
  else
    out.Set(a / b);
}

// Of numerics of one scale, which the quotient does not have.
FunctionOverload DecimalQuotient() {
  constexpr TypePattern::Kind kDecimal = TypePattern::Kind::kDecimal;
  return Resolving(
      Partial({kDecimal, kDecimal}, kDecimal,
              RowKernelWith<int128_t, int128_t, int128_t>([](RowOut<int128_t>& out, int128_t a, int128_t b) {
                if (b == 0) return out.Fail(Error::User(sqlstate::kDivisionByZero, "division by zero"));
                out.Set(a / b);
              })),
      [](std::span<const Type> types, std::span<const std::optional<Value>>) {
        const Type type = Type::Decimal(Type::kDecimalPrecisionMax, std::max(types[0].scale(), types[1].scale()));
        return ResolvedCall{{type, type}, Type::Decimal(Type::kDecimalPrecisionMax, 0)};
      });
}

void WidthBucket(RowOut<int32_t>& out, double x, double low, double high, int32_t count) {
  const auto fail = [&](std::string_view what) { out.Fail(Error::User("2201G", "{}", what)); };
  if (count <= 0) return fail("count must be greater than zero");
  if (std::isnan(x) || std::isnan(low) || std::isnan(high))
    return fail("operand, lower bound, and upper bound cannot be NaN");
  if (std::isinf(low) || std::isinf(high)) return fail("lower and upper bounds must be finite");
  if (low == high) return fail("lower bound cannot equal upper bound");
  const bool rising = low < high;
  if (rising ? x < low : x > low) return out.Set(0);
  if (rising ? x >= high : x <= high) {
    if (count == INT32_MAX) return out.Fail(IntegerRange<int32_t>());
    return out.Set(count + 1);
  }
  const double bucket = std::floor(rising ? (x - low) / (high - low) * count : (low - x) / (low - high) * count);
  out.Set(std::min(static_cast<int32_t>(bucket), count - 1) + 1);
}

// width_bucket(value, sorted list of lower bounds)
ColumnPtr WidthBucketOfList(const KernelArgs& args) {
  const ColumnView values(*args.columns[0]);
  const ColumnView lists(*args.columns[1]);
  const ColumnView bounds(*lists.base().child(0));
  FlatWriter<int32_t> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, 0);
    const auto entry = lists.At<ListEntry>(row);
    uint32_t low = 0, high = entry.length;
    while (low < high) {
      const uint32_t middle = low + (high - low) / 2;
      if (bounds.IsNull(entry.offset + middle)) {
        throw Error::User(sqlstate::kNullValueNotAllowed, "thresholds array must not contain NULLs");
      }
      const int order =
          CompareSlots(values.base(), values.Index(row), bounds.base(), bounds.Index(entry.offset + middle));
      if (order < 0)
        high = middle;
      else
        low = middle + 1;
    }
    out.Set(row, static_cast<int32_t>(low));
  });
  return out.Finish();
}

void Binary(RowOut<StringRef>& out, int64_t value) {
  std::string digits = fmt::format("{:b}", static_cast<uint64_t>(value));
  out.SetString(digits);
}

// A number written in one base, in another: conv('a', 16, 2). NULL for bases out of 2..36 or no digits.
void ConvertBase(RowOut<StringRef>& out, StringRef text, int32_t from, int32_t to) {
  if (from < 2 || from > 36 || std::abs(to) < 2 || std::abs(to) > 36) {
    out.SetNull();
    return;
  }
  std::string_view digits = text;
  const bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  uint64_t value = 0;
  for (const char c : digits) {
    const int lower = c | 32;
    const int digit = c >= '0' && c <= '9' ? c - '0' : lower >= 'a' && lower <= 'z' ? lower - 'a' + 10 : 99;
    if (digit >= from) break;
    if (__builtin_mul_overflow(value, static_cast<uint64_t>(from), &value) ||
        __builtin_add_overflow(value, static_cast<uint64_t>(digit), &value)) {
      value = UINT64_MAX;
      break;
    }
  }
  std::string result;
  const auto base = static_cast<uint64_t>(std::abs(to));
  do {
    const auto digit = static_cast<int>(value % base);
    result.insert(result.begin(), static_cast<char>(digit < 10 ? '0' + digit : 'A' + digit - 10));
    value /= base;
  } while (value != 0);
  if (negative) result.insert(0, "-");
  out.SetString(result);
}

void AddIntegers(Family& family) {
  family.Add(
      "gcd", "Greatest common divisor.", "gcd(1071, 462)", "21",
      {IntegerPair<int32_t, Gcd<int32_t>>(kInt), IntegerPair<int64_t, Gcd<int64_t>>(kLong), DecimalPair(DecimalGcd)});
  family.Add(
      "lcm", "Least common multiple.", "lcm(1071, 462)", "23562",
      {IntegerPair<int32_t, Lcm<int32_t>>(kInt), IntegerPair<int64_t, Lcm<int64_t>>(kLong), DecimalPair(DecimalLcm)});
  family.Add("factorial", "Product of the numbers from 1 to n.", "factorial(5)", "120",
             {Partial({kLong}, Type::Decimal(38, 0), RowKernelWith<int128_t, int64_t>(Factorial))});
  family.Add("div", "Quotient of two numbers, cut to an integer.", "div(9, 4)", "2",
             {Partial({kInt, kInt}, kInt, RowKernelWith<int32_t, int32_t, int32_t>(DivideIntegers<int32_t>)),
              Partial({kLong, kLong}, kLong, RowKernelWith<int64_t, int64_t, int64_t>(DivideIntegers<int64_t>)),
              DecimalQuotient(),
              Partial({kDouble, kDouble}, kDouble,
                      RowKernelWith<double, double, double>([](RowOut<double>& out, double a, double b) {
                        if (b == 0)
                          out.Fail(Error::User(sqlstate::kDivisionByZero, "division by zero"));
                        else
                          out.Set(std::trunc(a / b));
                      }))});
  family.Add("width_bucket",
             "The bucket, from 1, that a number falls in: of n equal ones between two bounds, or by a "
             "sorted list of lower bounds.",
             "width_bucket(5.35, 0.024, 10.06, 5)", "3",
             {Partial({kDouble, kDouble, kDouble, kInt}, kInt,
                      RowKernelWith<int32_t, double, double, double, int32_t>(WidthBucket)),
              Partial({TypePattern::Kind::kAnyElement, TypePattern::Kind::kAnyList}, kInt, WidthBucketOfList)});
  family.Add("bit_count", "Number of bits that are 1.", "bit_count(255)", "8",
             {Total({kInt}, kInt,
                    RowKernel<int32_t, int32_t>([](int32_t x) { return std::popcount(static_cast<uint32_t>(x)); })),
              Total({kLong}, kInt,
                    RowKernel<int32_t, int64_t>([](int64_t x) { return std::popcount(static_cast<uint64_t>(x)); })),
              Total({TypeKind::kVarbinary}, kLong, RowKernel<int64_t, StringRef>([](StringRef bytes) {
                      int64_t count = 0;
                      for (const char c : bytes.view()) count += std::popcount(static_cast<uint8_t>(c));
                      return count;
                    }))});
  family.Add("bin", "The number in binary.", "bin(5)", "101",
             {Total({kLong}, kText, RowKernelWith<StringRef, int64_t>(Binary))});
  family.Add("conv", "A number written in one base, in another.", "conv('a', 16, 2)", "1010",
             {Total({kText, kInt, kInt}, kText, RowKernelWith<StringRef, StringRef, int32_t, int32_t>(ConvertBase))});
}

// ---- random

ColumnPtr Random(const KernelArgs& args) {
  FlatWriter<double> out(args.result_type, args.size);
  RandomStream random(args.context.statement());
  args.rows.ForEach([&](size_t row) { out.Set(row, random.NextDouble()); });
  return out.Finish();
}

void AddRandom(Family& family) {
  family.Add({"random", {"rand"}}, "A random number, 0 <= x < 1; with bounds a whole number between them.", "", "",
             {Volatile(Total({}, kDouble, Random)), Volatile(Partial({kLong, kLong}, kLong, [](const KernelArgs& args) {
                RandomStream random(args.context.statement());
                return ApplyRows<int64_t, int64_t, int64_t>(args, [&](RowOut<int64_t>& out, int64_t low, int64_t high) {
                  if (low > high) {
                    out.Fail(Error::User(sqlstate::kInvalidParameterValue,
                                         "lower bound must be less than or equal to upper bound"));
                    return;
                  }
                  const auto span = static_cast<uint128_t>(static_cast<int128_t>(high) - low + 1);
                  out.Set(static_cast<int64_t>(low + static_cast<int128_t>(random.Next() % span)));
                });
              }))});
  family.Add(
      "setseed", "Not available: the seed belongs to the statement.", "", "",
      {Volatile(Partial({kDouble}, kText, RowKernelWith<StringRef, double>([](RowOut<StringRef>& out, double) {
                          out.Fail(Error::Unsupported("random() is seeded per statement", "setseed is not available"));
                        })))});
  const auto is_nan = RowKernel<uint8_t, double>([](double x) -> uint8_t { return std::isnan(x) ? 1 : 0; });
  const auto is_inf = RowKernel<uint8_t, double>([](double x) -> uint8_t { return std::isinf(x) ? 1 : 0; });
  family.Add("isnan", "Whether the number is NaN.", "isnan('NaN'::float8)", "t",
             {Total({kDouble}, TypeKind::kBoolean, is_nan)});
  family.Add("isinf", "Whether the number is infinite.", "isinf('-inf'::float8)", "t",
             {Total({kDouble}, TypeKind::kBoolean, is_inf)});
  family.Add("negative", "The negated number.", "negative(3)", "-3",
             {Total({kDouble}, kDouble, RowKernel<double, double>([](double x) { return -x; }))});
  family.Add("positive", "The number itself.", "positive(3)", "3",
             {Total({kDouble}, kDouble, RowKernel<double, double>([](double x) { return x; }))});
}

}  // namespace

void RegisterMathFunctions(Registry& registry) {
  Family family(registry, "math");
  AddPowers(family);
  AddTrigonometry(family);
  AddIntegers(family);
  AddRandom(family);
}

}  // namespace weir
