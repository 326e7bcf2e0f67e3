#include <cmath>

#include "function/aggregate/arena_buffer.h"
#include "function/aggregate/families.h"
#include "function/aggregate/ordering.h"
#include "function/aggregate/spec.h"
#include "function/aggregate/typed_aggregate.h"
#include "types/decimal.h"
#include "types/interval_arithmetic.h"

namespace weir {

namespace {

using Ops = std::shared_ptr<const AggregateOps>;

enum class Quantile : uint8_t { kContinuous, kDiscrete, kMode, kHistogram, kEntropy, kDeviation };

// Keeps all values of a group until the end.
template <typename T, Quantile kQuantile>
struct SampleKernel {
  using Input = T;
  struct State {
    ArenaBuffer values;  // of T, in any order
  };
  double fraction = 0;
  bool descending = false;  // the order that fractions and ties go by

  void Add(State& state, const T& value, StateArena& arena) const {
    T kept = value;
    if constexpr (std::is_same_v<T, StringRef>) {
      if (!value.is_inline()) {
        char* memory = arena.Allocate(value.size(), 1);
        std::memcpy(memory, value.data(), value.size());
        kept = StringRef(memory, value.size());
      }
    }
    state.values.Append({reinterpret_cast<const char*>(&kept), sizeof(T)}, arena);
  }
  void Merge(State& to, const State& from, StateArena& arena) const { to.values.Append(from.values.view(), arena); }

  void Finalize(const State& state, ColumnBuilder& out) const {
    // The order of kept values means nothing, so they are rearranged in place.
    T* values = reinterpret_cast<T*>(state.values.data);
    const size_t count = state.values.size / sizeof(T);
    if (count == 0 && kQuantile != Quantile::kEntropy) return out.AppendNull();
    if constexpr (kQuantile == Quantile::kHistogram) {
      ForEachRun(values, count, [&](size_t begin, size_t length) {
        Put(values[begin], out.child(0));
        out.child(1).Append(static_cast<int64_t>(length));
      });
      out.CloseRow();
    } else if constexpr (kQuantile == Quantile::kEntropy) {
      double entropy = 0;
      ForEachRun(values, count, [&](size_t, size_t length) {
        const double part = static_cast<double>(length) / static_cast<double>(count);
        entropy -= part * std::log2(part);
      });
      out.Append(entropy + 0.0);
    } else if constexpr (kQuantile == Quantile::kMode) {
      size_t best = 0;
      size_t best_length = 0;
      ForEachRun(values, count, [&](size_t begin, size_t length) {
        if (length > best_length || (descending && length == best_length)) {
          best = begin;
          best_length = length;
        }
      });
      Put(values[best], out);
    } else if constexpr (kQuantile == Quantile::kDeviation) {
      PutDeviation(values, count, out);
    } else if constexpr (kQuantile == Quantile::kDiscrete) {
      const double position = std::ceil(fraction * static_cast<double>(count)) - 1;
      auto at = static_cast<size_t>(std::clamp(position, 0.0, static_cast<double>(count - 1)));
      if (descending) at = count - 1 - at;
      SelectValue(values, values + at, values + count);
      Put(values[at], out);
    } else {
      const double position = (descending ? 1 - fraction : fraction) * static_cast<double>(count - 1);
      const auto low = static_cast<size_t>(position);
      SelectValue(values, values + low, values + count);
      T value = values[low];
      const double part = position - static_cast<double>(low);
      if (part > 0) {
        const T next = *std::min_element(values + low + 1, values + count, InOrder<T>());
        if constexpr (std::is_same_v<T, Interval>) {
          const auto scale = [part](double x) { return x * part; };
          value = AddIntervals(value, ScaleInterval(SubtractIntervals(next, value), scale));
        } else {
          value += (next - value) * part;
        }
      }
      out.Append(value);
    }
  }

  void Write(const State& state, ByteWriter& out) const {
    const T* values = reinterpret_cast<const T*>(state.values.data);
    const size_t count = state.values.size / sizeof(T);
    out.PutVarint(count);
    for (size_t i = 0; i < count; ++i) {
      if constexpr (std::is_same_v<T, StringRef>) {
        out.PutString(values[i].view());
      } else {
        out.Put(values[i]);
      }
    }
  }
  State Read(ByteReader& in, StateArena& arena) const {
    State state{};
    const uint64_t count = in.GetVarint();
    for (uint64_t i = 0; i < count; ++i) {
      if constexpr (std::is_same_v<T, StringRef>) {
        Add(state, StringRef(in.GetString()), arena);
      } else {
        Add(state, in.Get<T>(), arena);
      }
    }
    return state;
  }

 private:
  // Sorts the values and calls body(begin, length) for each run of equal ones.
  template <typename Body>
  static void ForEachRun(T* values, size_t count, Body&& body) {
    OrderValues(values, values + count);
    for (size_t begin = 0; begin < count;) {
      size_t end = begin + 1;
      while (end < count && !OrderedBefore(values[begin], values[end])) ++end;
      body(begin, end - begin);
      begin = end;
    }
  }
  static T MiddleOf(T* values, size_t count) {
    const size_t low = (count - 1) / 2;
    SelectValue(values, values + low, values + count);
    if (count % 2 == 1) return values[low];
    const T next = *std::min_element(values + low + 1, values + count, InOrder<T>());
    return values[low] == next ? next : values[low] + (next - values[low]) / 2;
  }
  // The median of the distances to the median; those of timestamps are intervals.
  static void PutDeviation(T* values, size_t count, ColumnBuilder& out) {
    const T middle = MiddleOf(values, count);
    for (size_t i = 0; i < count; ++i) {
      values[i] = values[i] == middle ? T{} : values[i] > middle ? values[i] - middle : middle - values[i];
    }
    const T deviation = MiddleOf(values, count);
    if constexpr (std::is_same_v<T, double>) {
      out.Append(deviation);
    } else {
      constexpr int64_t kMicrosPerDay = 86'400'000'000;
      out.Append(Interval{0, static_cast<int32_t>(deviation / kMicrosPerDay), deviation % kMicrosPerDay});
    }
  }
  static void Put(const T& value, ColumnBuilder& out) {
    if constexpr (std::is_same_v<T, StringRef>) {
      out.AppendString(value.view());
    } else {
      out.Append(value);
    }
  }
};

double NumberOf(const Value& value) {
  switch (value.type().kind()) {
    case TypeKind::kFloat:
    case TypeKind::kDouble:
      return value.floating();
    case TypeKind::kDecimal:
      return DecimalToDouble(value.wide(), value.type().scale());
    default:
      return static_cast<double>(value.wide());
  }
}

double FractionOf(std::span<const std::optional<Value>> constants) {
  if (constants.size() < 2 || !constants[1].has_value() || constants[1]->is_null()) {
    throw Error::User(sqlstate::kInvalidParameterValue, "the fraction of a quantile must be a constant");
  }
  const double fraction = NumberOf(*constants[1]);
  if (!(fraction >= 0 && fraction <= 1)) {
    throw Error::User(sqlstate::kNumericValueOutOfRange, "percentile value {} is not between 0 and 1", fraction);
  }
  return fraction;
}

bool IsDescending(std::span<const std::optional<Value>> constants, size_t argument) {
  return constants.size() > argument && constants[argument].has_value() && !constants[argument]->is_null() &&
         constants[argument]->boolean();
}

// `type` is that of the values.
template <Quantile kQuantile>
Ops MakeSample(const Type& type, double fraction, bool descending = false) {
  if (type.is_nested()) {
    throw Error::Unsupported("use a part of the value", "quantiles and modes of {}", type.Name());
  }
  return VisitPhysical(type.physical(), [&]<typename T>() -> Ops {
    if constexpr (std::is_same_v<T, ListEntry>) {
      throw Error::Internal("quantile of {}", type.Name());
    } else {
      const Type result = kQuantile == Quantile::kHistogram ? Type::Map(type, TypeKind::kInt64)
                          : kQuantile == Quantile::kEntropy ? Type(TypeKind::kDouble)
                                                            : type;
      return MakeUnary(SampleKernel<T, kQuantile>{fraction, descending}, result);
    }
  });
}

}  // namespace

void RegisterQuantileAggregates(Registry& registry) {
  std::vector<AggregateOverload> continuous;
  const auto add_continuous = [&]<typename T>(TypeKind kind) {
    AggregateOverload overload;
    overload.parameters = {kind, TypeKind::kDouble};
    overload.result = kind;
    overload.make = [](std::span<const Type>, const Type& result, std::span<const std::optional<Value>> constants) {
      return MakeUnary(SampleKernel<T, Quantile::kContinuous>{FractionOf(constants), IsDescending(constants, 2)},
                       result);
    };
    continuous.push_back(overload);
    overload.parameters.push_back(TypeKind::kBoolean);
    continuous.push_back(std::move(overload));
  };
  add_continuous.operator()<double>(TypeKind::kDouble);
  add_continuous.operator()<Interval>(TypeKind::kInterval);
  AddAggregate(registry, {"quantile_cont", {"percentile_cont"}},
               "Value at a fraction of the ordered values, interpolated between neighbours.",
               "quantile_cont(x, 0.5) FROM (VALUES (1), (2)) t(x)", "1.5", std::move(continuous));

  AggregateOverload discrete;
  discrete.parameters = {TypePattern::Kind::kAnyElement, TypeKind::kDouble};
  discrete.result = TypePattern::Kind::kAnyElement;
  discrete.make = [](std::span<const Type> arguments, const Type&, std::span<const std::optional<Value>> constants) {
    return MakeSample<Quantile::kDiscrete>(arguments[0], FractionOf(constants), IsDescending(constants, 2));
  };
  AggregateOverload discrete_ordered = discrete;
  discrete_ordered.parameters.push_back(TypeKind::kBoolean);
  AddAggregate(registry, {"quantile_disc", {"percentile_disc"}},
               "First of the ordered values whose position reaches a fraction.",
               "quantile_disc(x, 0.5) FROM (VALUES (1), (2), (3)) t(x)", "2",
               {std::move(discrete), std::move(discrete_ordered)});

  AggregateOverload middle;
  middle.parameters = {TypeKind::kDouble};
  middle.result = TypeKind::kDouble;
  middle.make = [](std::span<const Type>, const Type& result, std::span<const std::optional<Value>>) {
    return MakeUnary(SampleKernel<double, Quantile::kContinuous>{0.5}, result);
  };
  AddAggregate(registry, "median", "Middle of the ordered values, interpolated.",
               "median(x) FROM (VALUES (1), (2), (10)) t(x)", "2", {std::move(middle)});

  AggregateOverload most;
  most.parameters = {TypePattern::Kind::kAnyElement};
  most.result = TypePattern::Kind::kAnyElement;
  most.make = [](std::span<const Type> arguments, const Type&, std::span<const std::optional<Value>> constants) {
    return MakeSample<Quantile::kMode>(arguments[0], 0, IsDescending(constants, 1));
  };
  AggregateOverload most_ordered = most;
  most_ordered.parameters.push_back(TypeKind::kBoolean);
  AddAggregate(registry, "mode", "Most frequent value, the smallest of them when there are several.",
               "mode(x) FROM (VALUES (1), (2), (2)) t(x)", "2", {std::move(most), std::move(most_ordered)});

  AggregateOverload counts;
  counts.parameters = {TypePattern::Kind::kAny};
  counts.resolve = [](std::span<const Type> types, std::span<const std::optional<Value>>) {
    return ResolvedCall{{types[0]}, Type::Map(types[0], TypeKind::kInt64)};
  };
  counts.make = [](std::span<const Type> arguments, const Type&, std::span<const std::optional<Value>>) {
    return MakeSample<Quantile::kHistogram>(arguments[0], 0);
  };
  AddAggregate(registry, "histogram", "How often each value comes, as a map in the order of the values.",
               "histogram(x) FROM (VALUES ('b'), ('a'), ('b')) t(x)", "{a=1, b=2}", {std::move(counts)});

  AggregateOverload entropy;
  entropy.parameters = {TypePattern::Kind::kAny};
  entropy.result = TypeKind::kDouble;
  entropy.make = [](std::span<const Type> arguments, const Type&, std::span<const std::optional<Value>>) {
    return MakeSample<Quantile::kEntropy>(arguments[0], 0);
  };
  AddAggregate(registry, "entropy", "Entropy of the distribution of the values, in bits.",
               "entropy(x) FROM (VALUES ('a'), ('b'), ('c'), ('d')) t(x)", "2", {std::move(entropy)});

  AggregateOverload deviation;
  deviation.parameters = {TypeKind::kDouble};
  deviation.result = TypeKind::kDouble;
  deviation.make = [](std::span<const Type>, const Type& result, std::span<const std::optional<Value>>) {
    return MakeUnary(SampleKernel<double, Quantile::kDeviation>{}, result);
  };
  std::vector<AggregateOverload> deviations = {std::move(deviation)};
  for (const TypeKind kind : {TypeKind::kTimestamp, TypeKind::kTimestampTz}) {
    AggregateOverload overload;
    overload.parameters = {kind};
    overload.result = TypeKind::kInterval;
    overload.make = [](std::span<const Type>, const Type& result, std::span<const std::optional<Value>>) {
      return MakeUnary(SampleKernel<int64_t, Quantile::kDeviation>{}, result);
    };
    deviations.push_back(std::move(overload));
  }
  AddAggregate(registry, "mad", "Median of the values' distances to their median; an interval for timestamps.",
               "mad(x) FROM (VALUES (1), (2), (10)) t(x)", "1", std::move(deviations));
}

}  // namespace weir
