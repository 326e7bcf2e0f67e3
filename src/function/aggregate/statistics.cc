#include <cmath>

#include "function/aggregate/binary_aggregate.h"
#include "function/aggregate/families.h"
#include "function/aggregate/numeric_kernels.h"
#include "function/aggregate/spec.h"

namespace weir {

namespace {

// Variances of floating numbers and of 64-bit integers, and regressions, are computed in double; decimal_spread.cc has
// those of numerics.
// Sums of squared deviations are kept as such (Youngs and Cramer, 1971), as cancellation would ruin sums of squares.

struct Deviations {
  double n;
  double sum;
  double squares;  // sum of (x - mean)^2
};

void Combine(Deviations& to, const Deviations& from) {
  if (from.n == 0) return;
  if (to.n == 0) {
    to = from;
    return;
  }
  const double difference = to.sum / to.n - from.sum / from.n;
  const double n = to.n + from.n;
  to.squares += from.squares + to.n * from.n * difference * difference / n;
  to.sum += from.sum;
  to.n = n;
}

enum class Spread : uint8_t { kVarSamp, kVarPop, kStddevSamp, kStddevPop, kErrorOfMean };

template <Spread kSpread>
struct SpreadKernel {
  using Input = double;
  using State = Deviations;
  void Add(State& state, double value, StateArena& /*arena*/) const {
    state.n += 1;
    state.sum += value;
    if (state.n > 1) {
      const double scaled = value * state.n - state.sum;
      state.squares += scaled * scaled / (state.n * (state.n - 1));
    } else {
      state.squares = value * 0;  // NaN for values that have no deviation
    }
  }
  void AddMany(State& state, const double* values, size_t count) const {
    Deviations piece{static_cast<double>(count), SumValues(values, count), 0};
    const double mean = piece.sum / piece.n;
    constexpr size_t kLanes = 4;
    double lanes[kLanes] = {};
    size_t i = 0;
    for (; i + kLanes <= count; i += kLanes) {
      for (size_t k = 0; k < kLanes; ++k) lanes[k] += (values[i + k] - mean) * (values[i + k] - mean);
    }
    for (; i < count; ++i) lanes[0] += (values[i] - mean) * (values[i] - mean);
    piece.squares = (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
    Combine(state, piece);
  }
  void Remove(State& state, double value) const {
    if (state.n <= 1) {
      state = {};
      return;
    }
    const double scaled = value * state.n - state.sum;
    state.squares = std::max(0.0, state.squares - scaled * scaled / (state.n * (state.n - 1)));
    state.sum -= value;
    state.n -= 1;
  }
  void Merge(State& to, const State& from, StateArena& /*arena*/) const { Combine(to, from); }
  void Finalize(const State& state, ColumnBuilder& out) const {
    constexpr bool kSample = kSpread == Spread::kVarSamp || kSpread == Spread::kStddevSamp;
    const double divisor = kSample ? state.n - 1 : state.n;
    if (divisor <= 0) return out.AppendNull();
    const double variance = state.squares / divisor;
    if constexpr (kSpread == Spread::kErrorOfMean) {
      out.Append(std::sqrt(variance) / std::sqrt(state.n));
    } else {
      constexpr bool kRoot = kSpread == Spread::kStddevSamp || kSpread == Spread::kStddevPop;
      out.Append(kRoot ? std::sqrt(variance) : variance);
    }
  }
};

enum class Pair : uint8_t {
  kCorr,
  kCovarPop,
  kCovarSamp,
  kCount,
  kAvgX,
  kAvgY,
  kSxx,
  kSyy,
  kSxy,
  kSlope,
  kIntercept,
  kR2,
};

// Aggregates of (y, x) pairs in which neither is NULL.
template <Pair kPair>
struct PairKernel {
  struct State {
    double n, sx, sxx, sy, syy, sxy;
  };
  static void Add(State& s, double y, double x) {
    s.n += 1;
    s.sx += x;
    s.sy += y;
    if (s.n == 1) return;
    const double dx = x * s.n - s.sx;
    const double dy = y * s.n - s.sy;
    const double scale = 1 / (s.n * (s.n - 1));
    s.sxx += dx * dx * scale;
    s.syy += dy * dy * scale;
    s.sxy += dx * dy * scale;
  }
  static void Remove(State& s, double y, double x) {
    if (s.n <= 1) {
      s = {};
      return;
    }
    const double dx = x * s.n - s.sx;
    const double dy = y * s.n - s.sy;
    const double scale = 1 / (s.n * (s.n - 1));
    s.sxx = std::max(0.0, s.sxx - dx * dx * scale);
    s.syy = std::max(0.0, s.syy - dy * dy * scale);
    s.sxy -= dx * dy * scale;
    s.sx -= x;
    s.sy -= y;
    s.n -= 1;
  }
  static void Combine(State& to, const State& from) {
    if (from.n == 0) return;
    if (to.n == 0) {
      to = from;
      return;
    }
    const double n = to.n + from.n;
    const double dx = to.sx / to.n - from.sx / from.n;
    const double dy = to.sy / to.n - from.sy / from.n;
    const double weight = to.n * from.n / n;
    to.sxx += from.sxx + weight * dx * dx;
    to.syy += from.syy + weight * dy * dy;
    to.sxy += from.sxy + weight * dx * dy;
    to.sx += from.sx;
    to.sy += from.sy;
    to.n = n;
  }
  static void Finalize(const State& s, ColumnBuilder& out) {
    if constexpr (kPair == Pair::kCount) {
      out.Append(static_cast<int64_t>(s.n));
      return;
    } else {
      const double minimum = kPair == Pair::kCovarSamp ? 2 : 1;
      if (s.n < minimum) return out.AppendNull();
      if constexpr (kPair == Pair::kCorr) {
        if (s.sxx == 0 || s.syy == 0) return out.AppendNull();
        out.Append(s.sxy / std::sqrt(s.sxx * s.syy));
      } else if constexpr (kPair == Pair::kCovarPop) {
        out.Append(s.sxy / s.n);
      } else if constexpr (kPair == Pair::kCovarSamp) {
        out.Append(s.sxy / (s.n - 1));
      } else if constexpr (kPair == Pair::kAvgX) {
        out.Append(s.sx / s.n);
      } else if constexpr (kPair == Pair::kAvgY) {
        out.Append(s.sy / s.n);
      } else if constexpr (kPair == Pair::kSxx) {
        out.Append(s.sxx);
      } else if constexpr (kPair == Pair::kSyy) {
        out.Append(s.syy);
      } else if constexpr (kPair == Pair::kSxy) {
        out.Append(s.sxy);
      } else if (s.sxx == 0) {
        out.AppendNull();
      } else if constexpr (kPair == Pair::kSlope) {
        out.Append(s.sxy / s.sxx);
      } else if constexpr (kPair == Pair::kIntercept) {
        out.Append((s.sy - s.sx * s.sxy / s.sxx) / s.n);
      } else {
        out.Append(s.syy == 0 ? 1.0 : (s.sxy * s.sxy) / (s.sxx * s.syy));
      }
    }
  }
};

template <Spread kSpread>
void AddSpread(Registry& registry, std::string name, std::vector<std::string> aliases, std::string description,
               std::string result) {
  AggregateOverload overload;
  overload.parameters = {TypeKind::kDouble};
  overload.result = TypeKind::kDouble;
  overload.make = [](std::span<const Type>, const Type& type, std::span<const std::optional<Value>>) {
    return MakeUnary(SpreadKernel<kSpread>{}, type);
  };
  std::string example = name + "(x) FROM (VALUES (1.0), (3.0)) t(x)";
  AddAggregate(registry, {std::move(name), std::move(aliases)}, std::move(description), std::move(example),
               std::move(result), {std::move(overload)});
}

template <Pair kPair>
void AddPair(Registry& registry, std::string name, std::string description, std::string result) {
  AggregateOverload overload;
  overload.parameters = {TypeKind::kDouble, TypeKind::kDouble};
  overload.result = kPair == Pair::kCount ? TypeKind::kInt64 : TypeKind::kDouble;
  overload.make = [](std::span<const Type>, const Type& type, std::span<const std::optional<Value>>) {
    return std::make_shared<const BinaryAggregate<PairKernel<kPair>>>(type);
  };
  std::string example = name + "(y, x) FROM (VALUES (1.0, 2.0), (3.0, 6.0)) t(y, x)";
  AddAggregate(registry, std::move(name), std::move(description), std::move(example), std::move(result),
               {std::move(overload)});
}

}  // namespace

void RegisterStatisticsAggregates(Registry& registry) {
  AddSpread<Spread::kVarSamp>(registry, "var_samp", {"variance", "variance_samp"}, "Variance of a sample.", "2");
  AddSpread<Spread::kVarPop>(registry, "var_pop", {"variance_pop"}, "Variance of a population.", "1");
  AddSpread<Spread::kStddevSamp>(registry, "stddev_samp", {"stddev"}, "Standard deviation of a sample.",
                                 "1.414213562373095");
  AddSpread<Spread::kStddevPop>(registry, "stddev_pop", {}, "Standard deviation of a population.", "1");
  AddSpread<Spread::kErrorOfMean>(registry, "sem", {}, "Standard error of the mean.", "0.7071067811865475");
  AddPair<Pair::kCorr>(registry, "corr", "Correlation of two values.", "1");
  AddPair<Pair::kCovarPop>(registry, "covar_pop", "Covariance of a population.", "2");
  AddPair<Pair::kCovarSamp>(registry, "covar_samp", "Covariance of a sample.", "4");
  AddPair<Pair::kCount>(registry, "regr_count", "Number of pairs without NULL.", "2");
  AddPair<Pair::kAvgX>(registry, "regr_avgx", "Average of the independent (second) value.", "4");
  AddPair<Pair::kAvgY>(registry, "regr_avgy", "Average of the dependent (first) value.", "2");
  AddPair<Pair::kSxx>(registry, "regr_sxx", "Sum of squared deviations of the independent value.", "8");
  AddPair<Pair::kSyy>(registry, "regr_syy", "Sum of squared deviations of the dependent value.", "2");
  AddPair<Pair::kSxy>(registry, "regr_sxy", "Sum of products of the deviations.", "4");
  AddPair<Pair::kSlope>(registry, "regr_slope", "Slope of the least-squares line.", "0.5");
  AddPair<Pair::kIntercept>(registry, "regr_intercept", "Intercept of the least-squares line.", "0");
  AddPair<Pair::kR2>(registry, "regr_r2", "Square of the correlation.", "1");
}

}  // namespace weir
