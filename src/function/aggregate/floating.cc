#include <cmath>

#include "function/aggregate/binary_aggregate.h"
#include "function/aggregate/compensated_sum.h"
#include "function/aggregate/families.h"
#include "function/aggregate/spec.h"

// Sums, means and moments in double precision, whatever the argument.

namespace weir {

namespace {

struct CountedSum {
  CompensatedSum sum;
  int64_t count;
};

enum class Total : uint8_t { kSum, kAverage, kGeometricMean };

template <Total kTotal>
struct TotalKernel {
  using Input = double;
  using State = CountedSum;
  void Add(State& state, double value, StateArena& /*arena*/) const {
    if constexpr (kTotal == Total::kGeometricMean) {
      if (value < 0) {
        throw Error::User(sqlstate::kInvalidArgumentForLogarithm, "geometric mean of a negative number");
      }
      value = std::log(value);
    }
    state.sum.Add(value);
    ++state.count;
  }
  void Merge(State& to, const State& from, StateArena& /*arena*/) const {
    to.sum.Add(from.sum);
    to.count += from.count;
  }
  void Finalize(const State& state, ColumnBuilder& out) const {
    if (state.count == 0) return out.AppendNull();
    const double total = state.sum.value();
    const double mean = total / static_cast<double>(state.count);
    out.Append(kTotal == Total::kSum ? total : kTotal == Total::kAverage ? mean : std::exp(mean));
  }
};

struct WeightedKernel {
  struct State {
    CompensatedSum products;
    CompensatedSum weights;
    int64_t count;
  };
  static void Add(State& state, double value, double weight) {
    state.products.Add(value * weight);
    state.weights.Add(weight);
    ++state.count;
  }
  static void Combine(State& to, const State& from) {
    to.products.Add(from.products);
    to.weights.Add(from.weights);
    to.count += from.count;
  }
  static void Finalize(const State& state, ColumnBuilder& out) {
    const double weight = state.weights.value();
    if (state.count == 0 || weight == 0) return out.AppendNull();
    out.Append(state.products.value() / weight);
  }
};

// Powers of deviations from the mean, merged as Pebay (2008) says.
struct Moments {
  double n, mean, m2, m3, m4;
};

void Combine(Moments& to, const Moments& from) {
  if (from.n == 0) return;
  if (to.n == 0) {
    to = from;
    return;
  }
  const double n = to.n + from.n;
  const double d = from.mean - to.mean;
  const double d2 = d * d;
  const double a = to.n;
  const double b = from.n;
  to.m4 += from.m4 + d2 * d2 * a * b * (a * a - a * b + b * b) / (n * n * n) +
           6 * d2 * (a * a * from.m2 + b * b * to.m2) / (n * n) + 4 * d * (a * from.m3 - b * to.m3) / n;
  to.m3 += from.m3 + d2 * d * a * b * (a - b) / (n * n) + 3 * d * (a * from.m2 - b * to.m2) / n;
  to.m2 += from.m2 + d2 * a * b / n;
  to.mean += d * b / n;
  to.n = n;
}

enum class Shape : uint8_t { kSkewness, kKurtosis, kKurtosisPop };

template <Shape kShape>
struct ShapeKernel {
  using Input = double;
  using State = Moments;
  void Add(State& state, double value, StateArena& /*arena*/) const {
    Combine(state, {1, value, value * 0, 0, 0});  // NaN for values that have no deviation
  }
  void Merge(State& to, const State& from, StateArena& /*arena*/) const { Combine(to, from); }
  void Finalize(const State& s, ColumnBuilder& out) const {
    constexpr double kLeast = kShape == Shape::kSkewness ? 3 : kShape == Shape::kKurtosis ? 4 : 2;
    if (s.n < kLeast || s.m2 == 0) return out.AppendNull();
    const double n = s.n;
    if constexpr (kShape == Shape::kSkewness) {
      out.Append(std::sqrt(n * (n - 1)) / (n - 2) * std::sqrt(n) * s.m3 / std::pow(s.m2, 1.5));
    } else {
      const double excess = n * s.m4 / (s.m2 * s.m2) - 3;
      out.Append(kShape == Shape::kKurtosisPop ? excess : (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * excess + 6));
    }
  }
};

template <typename Kernel>
AggregateOverload OfDoubles() {
  AggregateOverload overload;
  overload.parameters = {TypeKind::kDouble};
  overload.result = TypeKind::kDouble;
  overload.make = [](std::span<const Type>, const Type& type, std::span<const std::optional<Value>>) {
    return MakeUnary(Kernel{}, type);
  };
  return overload;
}

}  // namespace

void RegisterFloatingAggregates(Registry& registry) {
  AddAggregate(registry, {"fsum", {"kahan_sum", "sumkahan"}},
               "Sum in double precision without what additions round away.",
               "fsum(x) FROM (VALUES (1e16), (1), (-1e16)) t(x)", "1", {OfDoubles<TotalKernel<Total::kSum>>()});
  AddAggregate(registry, "favg", "Average in double precision, of a sum without what additions round away.",
               "favg(x) FROM (VALUES (1), (2)) t(x)", "1.5", {OfDoubles<TotalKernel<Total::kAverage>>()});
  AddAggregate(registry, {"geomean", {"geometric_mean"}}, "Geometric mean.", "geomean(x) FROM (VALUES (2), (8)) t(x)",
               "4", {OfDoubles<TotalKernel<Total::kGeometricMean>>()});
  AggregateOverload weighted;
  weighted.parameters = {TypeKind::kDouble, TypeKind::kDouble};
  weighted.result = TypeKind::kDouble;
  weighted.make = [](std::span<const Type>, const Type& type,
                     std::span<const std::optional<Value>>) -> std::shared_ptr<const AggregateOps> {
    return std::make_shared<const BinaryAggregate<WeightedKernel>>(type);
  };
  AddAggregate(registry, {"weighted_avg", {"wavg"}}, "Average of the first argument by the weights of the second.",
               "weighted_avg(x, w) FROM (VALUES (1, 1), (4, 2)) t(x, w)", "3", {std::move(weighted)});
  AddAggregate(registry, "skewness", "Skewness of a sample; NULL for fewer than three values or equal ones.",
               "skewness(x) FROM (VALUES (1), (2), (3)) t(x)", "0", {OfDoubles<ShapeKernel<Shape::kSkewness>>()});
  AddAggregate(registry, "kurtosis", "Excess kurtosis of a sample; NULL for fewer than four values or equal ones.",
               "kurtosis(x) FROM (VALUES (1), (1), (3), (3)) t(x)", "-6", {OfDoubles<ShapeKernel<Shape::kKurtosis>>()});
  AddAggregate(registry, "kurtosis_pop", "Excess kurtosis of a population; NULL for one value or equal ones.",
               "kurtosis_pop(x) FROM (VALUES (1), (1), (3), (3)) t(x)", "-2",
               {OfDoubles<ShapeKernel<Shape::kKurtosisPop>>()});
}

}  // namespace weir
