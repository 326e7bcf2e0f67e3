// Rounding of numbers: ceil, floor, round, trunc, sign.

#include <algorithm>
#include <cmath>

#include "function/scalar/kernel.h"
#include "function/scalar/register.h"
#include "types/decimal.h"

namespace weir {

namespace {

constexpr TypePattern::Kind kDecimal = TypePattern::Kind::kDecimal;

enum class Rounding : uint8_t { kHalfAway, kDown, kUp, kTowardsZero };

// `unscaled` without its last `digits` digits.
int128_t DropDigits(int128_t unscaled, int digits, Rounding rounding) {
  if (digits <= 0) return unscaled;
  if (rounding == Rounding::kHalfAway) return DecimalDropDigits(unscaled, digits);
  if (digits > kDecimalDigitsMax) {
    if (rounding == Rounding::kUp) return unscaled > 0 ? 1 : 0;
    return rounding == Rounding::kDown && unscaled < 0 ? -1 : 0;
  }
  const int128_t power = PowerOfTen(digits);
  const int128_t quotient = unscaled / power;
  const int128_t rest = unscaled % power;
  if (rounding == Rounding::kDown && rest < 0) return quotient - 1;
  if (rounding == Rounding::kUp && rest > 0) return quotient + 1;
  return quotient;
}

// f(int128_t, RowOut) over a decimal column whose physical type differs from the result's.
template <typename F>
ColumnPtr MapDecimal(const KernelArgs& args, F f) {
  const ColumnView view(*args.columns[0]);
  const bool small_in = args.columns[0]->type().physical() == PhysicalType::kInt64;
  const auto run = [&]<typename T>() {
    FlatWriter<T> out(args.result_type, args.size);
    ForEachRow(args, [&](size_t row) {
      out.Set(row, 0);
      const int128_t value = small_in ? view.At<int64_t>(row) : view.At<int128_t>(row);
      out.Set(row, static_cast<T>(f(row, value)));
    });
    return out.Finish();
  };
  return args.result_type.physical() == PhysicalType::kInt64 ? run.template operator()<int64_t>()
                                                             : run.template operator()<int128_t>();
}

// To a whole number: one digit more for the carry.
Type WholeType(const Type& type) {
  return Type::Decimal(std::clamp(type.precision() - type.scale() + 1, 1, Type::kDecimalPrecisionMax), 0);
}

template <Rounding kRounding>
FunctionOverload WholeDecimal() {
  return Increasing(Resolving(Total({kDecimal}, kDecimal,
                                    [](const KernelArgs& args) {
                                      const int scale = args.columns[0]->type().scale();
                                      return MapDecimal(args, [scale](size_t, int128_t value) {
                                        return DropDigits(value, scale, kRounding);
                                      });
                                    }),
                              ResultOf([](std::span<const Type> types) { return WholeType(types[0]); })));
}

template <double (*kF)(double)>
FunctionOverload WholeDouble() {
  return Increasing(Total({kDouble}, kDouble, RowKernel<double, double>([](double x) { return kF(x); })));
}

// (decimal, n): with a constant n the result has n fractional digits, otherwise as many as the argument.
ResolvedCall ResolveRound(std::span<const Type> types, std::span<const std::optional<Value>> constants) {
  const Type& type = types[0];
  int scale = type.scale();
  if (constants[1].has_value() && !constants[1]->is_null()) {
    scale = static_cast<int>(std::clamp<int64_t>(constants[1]->integer(), 0, Type::kDecimalPrecisionMax));
  }
  // Rounding up may need one more digit before the point, where there is room for it.
  const int whole = std::min(type.precision() - type.scale() + 1, Type::kDecimalPrecisionMax - type.scale());
  scale = std::min(scale, std::max(Type::kDecimalPrecisionMax - whole, 0));
  return {{types.begin(), types.end()}, Type::Decimal(std::clamp(whole + scale, 1, Type::kDecimalPrecisionMax), scale)};
}

template <Rounding kRounding>
ColumnPtr RoundDecimal(const KernelArgs& args) {
  const ColumnView digits(*args.columns[1]);
  const int from = args.columns[0]->type().scale();
  const int to = args.result_type.scale();
  return MapDecimal(args, [&](size_t row, int128_t value) {
    const int64_t keep = std::clamp<int64_t>(digits.At<int32_t>(row), -100, 100);
    // Down to `keep` digits, then to the result's scale.
    const int scale = static_cast<int>(std::min<int64_t>(keep, from));
    const int128_t dropped = DropDigits(value, from - scale, kRounding);
    if (dropped == 0) return dropped;
    const std::optional<int128_t> result =
        scale >= 0 ? DecimalRescale(dropped, scale, to)
                   : (to - scale <= kDecimalDigitsMax ? DecimalRescale(dropped, 0, to - scale) : std::nullopt);
    if (!result.has_value() || !FitsDecimal(*result, args.result_type.precision())) {
      throw Error::User(sqlstate::kNumericValueOutOfRange, "numeric field overflow");
    }
    return *result;
  });
}

template <Rounding kRounding>
double RoundDouble(double x, int32_t digits) {
  if (!std::isfinite(x) || digits > 20) return x;
  if (digits < -308) return 0;
  const double power = std::pow(10.0, std::abs(digits));
  const double scaled = digits >= 0 ? x * power : x / power;
  if (!std::isfinite(scaled)) return x;
  double whole;
  if constexpr (kRounding == Rounding::kHalfAway) {
    whole = std::round(scaled);
    // 1.005 * 100 is 100.49999999999999: the shortest decimal that stands for the double decides.
    const double nudged = std::round(scaled * (1 + 0x1p-52));
    if (nudged != whole && std::abs(std::abs(scaled) - std::floor(std::abs(scaled)) - 0.5) < 1e-9) whole = nudged;
  } else {
    whole = std::trunc(scaled);
  }
  return digits >= 0 ? whole / power : whole * power;
}

template <Rounding kRounding>
std::vector<FunctionOverload> RoundOverloads(FunctionOverload whole_decimal, FunctionOverload whole_double) {
  std::vector<FunctionOverload> overloads;
  overloads.push_back(std::move(whole_decimal));
  overloads.push_back(std::move(whole_double));
  overloads.push_back(Resolving(Partial({kDecimal, kInt}, kDecimal, RoundDecimal<kRounding>), ResolveRound));
  overloads.push_back(Total({kDouble, kInt}, kDouble, RowKernel<double, double, int32_t>(RoundDouble<kRounding>)));
  return overloads;
}

double Sign(double x) {
  return std::isnan(x) ? x : x > 0 ? 1 : x < 0 ? -1 : 0;
}

}  // namespace

void RegisterRoundingFunctions(Registry& registry) {
  Family family(registry, "math");
  family.Add({"ceil", {"ceiling", "dceil"}}, "The next whole number up.", "ceil(-42.8)", "-42",
             {WholeDecimal<Rounding::kUp>(), WholeDouble<std::ceil>()});
  family.Add({"floor", {"dfloor"}}, "The next whole number down.", "floor(-42.8)", "-43",
             {WholeDecimal<Rounding::kDown>(), WholeDouble<std::floor>()});
  family.Add({"round", {"dround"}},
             "The nearest whole number, or with n the nearest with n decimals; ties of numeric go away from zero, of "
             "double to even.",
             "round(1234.567, 2)", "1234.57",
             RoundOverloads<Rounding::kHalfAway>(WholeDecimal<Rounding::kHalfAway>(), WholeDouble<std::rint>()));
  family.Add({"trunc", {"truncate"}}, "The number without its fraction, or with n decimals of it.", "trunc(42.4382, 2)",
             "42.43",
             RoundOverloads<Rounding::kTowardsZero>(WholeDecimal<Rounding::kTowardsZero>(), WholeDouble<std::trunc>()));
  family.Add("sign", "-1, 0 or 1 as the number is negative, zero or positive.", "sign(-8.4)", "-1",
             {Increasing(Resolving(Total({kDecimal}, kDecimal,
                                         [](const KernelArgs& args) {
                                           return MapDecimal(args, [](size_t, int128_t value) {
                                             return static_cast<int128_t>(value > 0 ? 1 : value < 0 ? -1 : 0);
                                           });
                                         }),
                                   ResultOf([](std::span<const Type>) { return Type::Decimal(1, 0); }))),
              Increasing(Total({kDouble}, kDouble, RowKernel<double, double>(Sign)))});
  // A column of natural scale shows no zeros at the end, so its numbers have no more decimals than they need.
  const auto digits_needed = [](const KernelArgs& args) {
    const ColumnView view(*args.columns[0]);
    const Type& type = args.columns[0]->type();
    FlatWriter<int32_t> out(args.result_type, args.size);
    args.rows.ForEach([&](size_t row) {
      int128_t value = type.physical() == PhysicalType::kInt64 ? view.At<int64_t>(row) : view.At<int128_t>(row);
      int scale = value == 0 ? 0 : type.scale();
      for (; scale > 0 && value % 10 == 0; --scale) value /= 10;
      out.Set(row, scale);
    });
    return out.Finish();
  };
  family.Add("scale", "Fractional digits of the number.", "scale(8.410)", "3",
             {Total({kDecimal}, kInt, [digits_needed](const KernelArgs& args) {
               const Type& type = args.columns[0]->type();
               if (type.has_natural_scale()) return digits_needed(args);
               return Column::Constant(Value::Int32(type.scale()), args.size);
             })});
  family.Add("min_scale", "Fractional digits that the number needs.", "min_scale(8.4100)", "2",
             {Total({kDecimal}, kInt, digits_needed)});
  family.Add("trim_scale", "The number without zeros at its end.", "trim_scale(8.4100)", "8.41",
             {Resolving(Total({kDecimal}, kDecimal,
                              [](const KernelArgs& args) {
                                return MapDecimal(args, [](size_t, int128_t value) { return value; });
                              }),
                        ResultOf([](std::span<const Type> types) { return types[0].WithNaturalScale(); }))});
}

}  // namespace weir
