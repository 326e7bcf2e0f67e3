#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "function/aggregate/families.h"
#include "function/aggregate/spec.h"
#include "function/aggregate/typed_aggregate.h"
#include "types/decimal.h"

// Variances and standard deviations of numerics and of integers up to 32 bits: exact sums, which merge in any order,
// and numeric results with as many decimals as PostgreSQL gives them, as far as the scale of the result goes.

namespace weir {

namespace {

namespace mp = boost::multiprecision;
using mp::cpp_int;

constexpr int kDigitsMax = Type::kDecimalPrecisionMax;
constexpr int kScaleMin = 16;
constexpr int kScaleMax = 28;

// A two's complement number of 64 * kLimbs bits; zeroed is 0. What values of 38 digits, or their squares, can sum up to
// over 2^63 rows fits.
template <size_t kLimbs>
struct WideSum {
  uint64_t limbs[kLimbs];

  void Add(const WideSum& other) {
    uint64_t carry = 0;
    for (size_t i = 0; i < kLimbs; ++i) {
      uint64_t sum;
      const bool first = __builtin_add_overflow(limbs[i], other.limbs[i], &sum);
      const bool second = __builtin_add_overflow(sum, carry, &limbs[i]);
      carry = first || second ? 1 : 0;
    }
  }
  void Subtract(WideSum other) {
    // -x is ~x + 1.
    for (uint64_t& limb : other.limbs) limb = ~limb;
    Add(other);
    Add({{1}});
  }
  bool FitsInt64() const {
    const uint64_t sign = static_cast<int64_t>(limbs[0]) < 0 ? ~uint64_t{0} : 0;
    return std::all_of(limbs + 1, limbs + kLimbs, [sign](uint64_t limb) { return limb == sign; });
  }
  cpp_int ToInteger() const {
    cpp_int out;
    mp::import_bits(out, limbs, limbs + kLimbs, 64, false);
    if (limbs[kLimbs - 1] >> 63 != 0) out -= cpp_int(1) << (64 * kLimbs);
    return out;
  }
};

using SumOfValues = WideSum<3>;
using SumOfSquares = WideSum<5>;

SumOfValues ValueOf(int128_t value) {
  const auto bits = static_cast<uint128_t>(value);
  return {{static_cast<uint64_t>(bits), static_cast<uint64_t>(bits >> 64), value < 0 ? ~uint64_t{0} : 0}};
}

SumOfSquares SquareOf(int128_t value) {
  const uint128_t magnitude = value < 0 ? -static_cast<uint128_t>(value) : static_cast<uint128_t>(value);
  const auto low = static_cast<uint64_t>(magnitude);
  const auto high = static_cast<uint64_t>(magnitude >> 64);
  const uint128_t low_square = static_cast<uint128_t>(low) * low;
  SumOfSquares out{{static_cast<uint64_t>(low_square), static_cast<uint64_t>(low_square >> 64), 0, 0, 0}};
  if (high == 0) return out;
  const uint128_t cross = static_cast<uint128_t>(low) * high;
  const uint128_t high_square = static_cast<uint128_t>(high) * high;
  const SumOfSquares once{{0, static_cast<uint64_t>(cross), static_cast<uint64_t>(cross >> 64), 0, 0}};
  out.Add(once);
  out.Add(once);
  out.Add({{0, 0, static_cast<uint64_t>(high_square), static_cast<uint64_t>(high_square >> 64), 0}});
  return out;
}

// What most results need; beyond it an operation throws std::overflow_error.
using Small = mp::checked_int128_t;

template <typename Int>
Int TenTo(int exponent) {
  if constexpr (std::is_same_v<Int, Small>) {
    if (exponent > kDigitsMax) throw std::overflow_error("power of ten");
    return PowerOfTen(exponent);
  } else {
    return mp::pow(Int(10), static_cast<unsigned>(exponent));
  }
}

int DecimalDigits(const cpp_int& value) {
  return static_cast<int>(value.str().size());
}
int DecimalDigits(const Small& value) {
  int digits = 1;
  while (digits <= kDigitsMax && value >= PowerOfTen(digits)) ++digits;
  return digits;
}

// value / divisor, rounded half up; neither is negative.
template <typename Int>
Int DivideRounded(const Int& value, const Int& divisor) {
  return (value * 2 + divisor) / (divisor * 2);
}

cpp_int RootRounded(const cpp_int& value) {
  cpp_int rest;
  const cpp_int root = mp::sqrt(value, rest);
  return rest > root ? cpp_int(root + 1) : root;
}
Small RootRounded(const Small& value) {
  if (value >= PowerOfTen(kDigitsMax)) throw std::overflow_error("square root");
  const auto square = static_cast<uint128_t>(static_cast<int128_t>(value));
  // Off by a few at most, since long double has 64 bits.
  auto root = static_cast<uint128_t>(std::sqrt(static_cast<long double>(square)));
  while (root * root > square) --root;
  while ((root + 1) * (root + 1) <= square) ++root;
  return static_cast<int128_t>(square - root * root > root ? root + 1 : root);
}

// How PostgreSQL sees value / 10^scale > 0: in digits of base 10000 around the point.
struct BigDigits {
  int weight;  // of the first digit
  int first;
};
template <typename Int>
BigDigits DigitsOf(const Int& value, int scale) {
  const int exponent = DecimalDigits(value) - 1 - scale;
  const int weight = exponent >= 0 ? exponent / 4 : -((3 - exponent) / 4);
  const int shift = 4 * weight + scale;
  const Int first = shift >= 0 ? Int(value / TenTo<Int>(shift)) : Int(value * TenTo<Int>(-shift));
  return {weight, static_cast<int>(first)};
}

template <typename Int>
int QuotientScale(const Int& value, int scale, const Int& divisor) {
  const BigDigits a = DigitsOf(value, scale);
  const BigDigits b = DigitsOf(divisor, 0);
  const int weight = a.weight - b.weight - (a.first <= b.first ? 1 : 0);
  return std::max({kScaleMin - 4 * weight, scale, 0});
}

enum class Spread : uint8_t { kVarSamp, kVarPop, kStddevSamp, kStddevPop };

template <typename T, Spread kSpread>
struct DecimalSpreadKernel {
  using Input = T;
  struct State {
    int64_t count;
    SumOfValues sum;
    SumOfSquares squares;
  };
  static constexpr bool kSample = kSpread == Spread::kVarSamp || kSpread == Spread::kStddevSamp;
  static constexpr bool kRoot = kSpread == Spread::kStddevSamp || kSpread == Spread::kStddevPop;
  Type argument;
  Type result;

  void Add(State& state, const T& value, StateArena& /*arena*/) const {
    ++state.count;
    state.sum.Add(ValueOf(value));
    state.squares.Add(SquareOf(value));
  }
  void Remove(State& state, const T& value) const {
    --state.count;
    state.sum.Subtract(ValueOf(value));
    state.squares.Subtract(SquareOf(value));
  }
  void Merge(State& to, const State& from, StateArena& /*arena*/) const {
    to.count += from.count;
    to.sum.Add(from.sum);
    to.squares.Add(from.squares);
  }
  void Finalize(const State& state, ColumnBuilder& out) const {
    if (state.count < (kSample ? 2 : 1)) return out.AppendNull();
    if (state.sum.FitsInt64() && state.squares.FitsInt64()) {
      try {
        const Small small = Result<Small>(state.count, static_cast<int64_t>(state.sum.limbs[0]),
                                          static_cast<int64_t>(state.squares.limbs[0]));
        return Append(small, out);
      } catch (const std::overflow_error&) {  // NOLINT(bugprone-empty-catch): then the long way
      }
    }
    Append(Result<cpp_int>(state.count, state.sum.ToInteger(), state.squares.ToInteger()), out);
  }

 private:
  template <typename Int>
  void Append(const Int& value, ColumnBuilder& out) const {
    if (value >= PowerOfTen(kDigitsMax)) {
      throw Error::User(sqlstate::kNumericValueOutOfRange, "variance out of range for type {}", result.ToString())
          .WithHint("Cast the argument to double precision.");
    }
    out.Append(static_cast<int128_t>(value));
  }
  // Unscaled, of the result's scale.
  template <typename Int>
  Int Result(const Int& n, const Int& sum, Int squares) const {
    const Int deviations = n * squares - sum * sum;  // with twice the scale
    if (deviations <= 0) return 0;
    const Int divisor = n * (kSample ? Int(n - 1) : n);
    const int scale = 2 * (argument.is(TypeKind::kDecimal) ? argument.scale() : 0);
    int shown = scale;
    if (argument.has_natural_scale()) {
      // As many decimals as the values seem to have had.
      while (shown > 0 && squares % 100 == 0) {
        squares /= 100;
        shown -= 2;
      }
    }
    const Int shift = TenTo<Int>(scale - shown);
    const Int seen = deviations % shift == 0 ? Int(deviations / shift) : deviations;
    const int quotient = QuotientScale(seen, seen == deviations ? scale : shown, divisor);
    const int decimals = std::min(quotient, result.scale());
    const Int whole = divisor * TenTo<Int>(scale);
    Int value;
    if constexpr (kRoot) {
      // The square root of the variance as rounded.
      const Int variance = DivideRounded(deviations * TenTo<Int>(quotient), whole);
      value = RootRounded(variance * TenTo<Int>(quotient));
      if (decimals < quotient) value = DivideRounded(value, TenTo<Int>(quotient - decimals));
    } else {
      value = DivideRounded(deviations * TenTo<Int>(decimals), whole);
    }
    return value * TenTo<Int>(result.scale() - decimals);
  }
};

template <Spread kSpread>
std::shared_ptr<const AggregateOps> Make(const Type& argument, const Type& result) {
  return VisitPhysical(argument.physical(), [&]<typename T>() -> std::shared_ptr<const AggregateOps> {
    if constexpr (std::is_integral_v<T> || std::is_same_v<T, int128_t>) {
      return MakeUnary(DecimalSpreadKernel<T, kSpread>{argument, result}, result);
    } else {
      throw Error::Internal("variance of {}", argument.ToString());
    }
  });
}

// Digits before the point, of a value of the type.
int WholeDigits(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kInt8:
      return 3;
    case TypeKind::kInt16:
      return 5;
    case TypeKind::kInt32:
      return 10;
    default:
      return type.precision() - type.scale();
  }
}

template <Spread kSpread>
void Add(Registry& registry, const char* name) {
  constexpr bool kRoot = kSpread == Spread::kStddevSamp || kSpread == Spread::kStddevPop;
  std::vector<AggregateOverload> overloads;
  for (const TypePattern& parameter : {TypePattern(TypeKind::kInt8), TypePattern(TypeKind::kInt16),
                                       TypePattern(TypeKind::kInt32), TypePattern(TypePattern::Kind::kDecimal)}) {
    AggregateOverload overload;
    overload.parameters = {parameter};
    overload.resolve = [](std::span<const Type> types, std::span<const std::optional<Value>>) {
      const int whole = kRoot ? WholeDigits(types[0]) + 1 : 2 * WholeDigits(types[0]) + 1;
      const int scale = std::clamp(kDigitsMax - whole, kScaleMin, kScaleMax);
      return ResolvedCall{{types[0]}, Type::Decimal(kDigitsMax, scale).WithNaturalScale()};
    };
    overload.make = [](std::span<const Type> types, const Type& result, std::span<const std::optional<Value>>) {
      return Make<kSpread>(types[0], result);
    };
    overloads.push_back(std::move(overload));
  }
  // Beside those of double precision, which have the descriptions.
  AddAggregate(registry, name, "", "", "", std::move(overloads));
}

}  // namespace

void RegisterDecimalSpreadAggregates(Registry& registry) {
  Add<Spread::kVarSamp>(registry, "var_samp");
  Add<Spread::kVarPop>(registry, "var_pop");
  Add<Spread::kStddevSamp>(registry, "stddev_samp");
  Add<Spread::kStddevPop>(registry, "stddev_pop");
}

}  // namespace weir
