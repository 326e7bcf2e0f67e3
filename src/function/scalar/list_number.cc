// Lists of numbers: smallest, largest, sum, average, running sums and differences.

#include <cmath>

#include "function/scalar/list_view.h"
#include "function/scalar/register.h"
#include "runtime/cancellation_scope.h"
#include "types/decimal.h"

namespace weir {

namespace {

constexpr TypePattern::Kind kList = TypePattern::Kind::kAnyList;
constexpr TypePattern::Kind kElement = TypePattern::Kind::kAnyElement;

Error OutOfRange() {
  return Error::User(sqlstate::kNumericValueOutOfRange, "sum of a list out of range");
}

// Integers are summed as bigint, decimals with 38 digits, everything else as double.
Type NumberFor(const Type& list) {
  const Type& element = list.element();
  if (element.is(TypeKind::kDecimal)) return Type::Decimal(Type::kDecimalPrecisionMax, element.scale());
  const bool narrow = element.is_integer() && !element.is(TypeKind::kInt128);
  return narrow || element.is(TypeKind::kUnknown) ? kLong : kDouble;
}

ResolvedCall ResolveNumber(std::span<const Type> types, std::span<const std::optional<Value>>) {
  const Type number = NumberFor(types[0]);
  return {{Type::List(number)}, number};
}
ResolvedCall ResolveNumbers(std::span<const Type> types, std::span<const std::optional<Value>>) {
  const Type list = Type::List(NumberFor(types[0]));
  return {{list}, list};
}
ResolvedCall ResolveDouble(std::span<const Type>, std::span<const std::optional<Value>>) {
  return {{Type::List(kDouble)}, kDouble};
}

// Calls kernel.operator()<T>() with the C++ type of such numbers.
template <typename F>
ColumnPtr ForNumber(const Type& number, F&& kernel) {
  if (number.is(kDouble)) return kernel.template operator()<double>();
  if (number.is(TypeKind::kDecimal)) return kernel.template operator()<int128_t>();
  return kernel.template operator()<int64_t>();
}

// The smallest (sign 1) or largest (-1) element; NULLs do not count.
template <int kSign>
ColumnPtr Extreme(const KernelArgs& args) {
  const ListView lists(*args.columns[0]);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const ListEntry entry = lists.At(row);
    std::optional<uint32_t> best;
    for (uint32_t i = entry.offset; i < entry.offset + entry.length; ++i) {
      if (lists.IsNullElement(i)) continue;
      if (!best.has_value() || lists.Compare(i, lists, *best) * kSign < 0) best = i;
    }
    if (best.has_value())
      lists.AppendElement(out, *best);
    else
      out.AppendNull();
  });
}

// NULLs do not count; no numbers, no sum.
template <typename T>
ColumnPtr SumExact(const KernelArgs& args) {
  const ListView lists(*args.columns[0]);
  FlatWriter<T> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, 0);
    const ListEntry entry = lists.At(row);
    T sum = 0;
    bool any = false;
    for (uint32_t i = entry.offset; i < entry.offset + entry.length; ++i) {
      if (lists.IsNullElement(i)) continue;
      if (__builtin_add_overflow(sum, lists.elements().At<T>(i), &sum)) throw OutOfRange();
      any = true;
    }
    out.Set(row, sum);
    if (!any) out.SetNull(row);
  });
  return out.Finish();
}

template <bool kAverage>
ColumnPtr SumDoubles(const KernelArgs& args) {
  const ListView lists(*args.columns[0]);
  FlatWriter<double> out(args.result_type, args.size);
  args.rows.ForEach([&](size_t row) {
    const ListEntry entry = lists.At(row);
    double sum = 0;
    size_t count = 0;
    for (uint32_t i = entry.offset; i < entry.offset + entry.length; ++i) {
      if (lists.IsNullElement(i)) continue;
      sum += lists.elements().At<double>(i);
      ++count;
    }
    out.Set(row, kAverage && count > 0 ? sum / static_cast<double>(count) : sum);
    if (count == 0) out.SetNull(row);
  });
  return out.Finish();
}

// f(previous or null, current) for each element, NULL where the current one is NULL.
template <typename T, typename F>
ColumnPtr Running(const KernelArgs& args, F step) {
  const ListView lists(*args.columns[0]);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const ListEntry entry = lists.At(row);
    std::vector<std::optional<T>> results;
    std::optional<T> state;
    for (uint32_t i = entry.offset; i < entry.offset + entry.length; ++i) {
      if (lists.IsNullElement(i))
        results.emplace_back();
      else
        results.push_back(step(state, lists.elements().At<T>(i)));
    }
    for (const std::optional<T>& result : results) {
      if (result.has_value())
        out.child(0).Append(*result);
      else
        out.child(0).AppendNull();
    }
    out.CloseRow();
  });
}

template <typename T>
ColumnPtr CumulativeSum(const KernelArgs& args) {
  return Running<T>(args, [](std::optional<T>& sum, T value) {
    T next = sum.value_or(T{});
    if constexpr (std::is_same_v<T, double>) {
      next += value;
    } else if (__builtin_add_overflow(next, value, &next)) {
      throw OutOfRange();
    }
    sum = next;
    return next;
  });
}

template <typename T>
ColumnPtr Differences(const KernelArgs& args) {
  return Running<T>(args, [](std::optional<T>& previous, T value) {
    T difference{};
    if constexpr (std::is_same_v<T, double>) {
      difference = previous.has_value() ? value - *previous : 0;
    } else if (previous.has_value() && __builtin_sub_overflow(value, *previous, &difference)) {
      throw OutOfRange();
    }
    previous = value;
    return difference;
  });
}

// generate_series as a list: array_generate(start, stop [, step]).
template <typename T>
ColumnPtr Generate(const KernelArgs& args) {
  std::vector<ColumnView> in;
  for (const ColumnPtr& column : args.columns) in.emplace_back(*column);
  constexpr int128_t kElementsMax = 10'000'000;
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const int64_t start = in.size() > 1 ? in[0].template At<T>(row) : 1;
    const int64_t stop = in[in.size() > 1 ? 1 : 0].template At<T>(row);
    const int64_t step = in.size() > 2 ? in[2].template At<T>(row) : start <= stop || in.size() == 1 ? 1 : -1;
    if (step == 0) throw Error::User(sqlstate::kInvalidParameterValue, "step size cannot equal zero");
    const int128_t count = (static_cast<int128_t>(stop) - start) / step + 1;
    if (count > kElementsMax)
      throw Error::User(sqlstate::kProgramLimitExceeded, "list longer than {} elements", 10'000'000);
    if ((step > 0) == (start <= stop) || start == stop) {
      for (int128_t i = 0; i < count; ++i) {
        if (i % (1 << 16) == 0) CancellationScope::Check();
        out.child(0).Append(static_cast<T>(start + i * step));
      }
    }
    out.CloseRow();
  });
}

}  // namespace

void RegisterNumberListFunctions(Registry& registry) {
  Family family(registry, "list");
  constexpr TypeKind kInt = TypeKind::kInt32;
  const Type ints = Type::List(kInt);
  const Type longs = Type::List(kLong);
  family.Add({"array_min", {"list_min"}}, "The smallest element; NULLs do not count.", "array_min(ARRAY[3, 1, 2])", "1",
             {Total({kList}, kElement, Extreme<1>)});
  family.Add({"array_max", {"list_max"}}, "The largest element; NULLs do not count.", "array_max(ARRAY[3, 1, 2])", "3",
             {Total({kList}, kElement, Extreme<-1>)});
  const auto sum = [](const KernelArgs& args) {
    if (args.result_type.is(kDouble)) return SumDoubles<false>(args);
    return args.result_type.is(TypeKind::kDecimal) ? SumExact<int128_t>(args) : SumExact<int64_t>(args);
  };
  family.Add({"array_sum", {"list_sum"}}, "The sum of the elements; NULLs do not count.", "array_sum(ARRAY[3, 1, 2])",
             "6", {Resolving(Partial({kList}, kElement, sum), ResolveNumber)});
  family.Add({"array_avg", {"list_avg"}}, "The average of the elements; NULLs do not count.",
             "array_avg(ARRAY[3, 1, 2])", "2", {Resolving(Total({kList}, kElement, SumDoubles<true>), ResolveDouble)});
  const auto cumulative = [](const KernelArgs& args) {
    return ForNumber(args.result_type.element(), [&]<typename T>() { return CumulativeSum<T>(args); });
  };
  family.Add("array_cum_sum", "Running sums of the elements.", "array_cum_sum(ARRAY[11, 11, 12])", "{11,22,34}",
             {Resolving(Partial({kList}, kList, cumulative), ResolveNumbers)});
  const auto differences = [](const KernelArgs& args) {
    return ForNumber(args.result_type.element(), [&]<typename T>() { return Differences<T>(args); });
  };
  family.Add("array_difference", "What each element adds to the one before; 0 for the first.",
             "array_difference(ARRAY[142, 32, 12])", "{0,-110,-20}",
             {Resolving(Partial({kList}, kList, differences), ResolveNumbers)});
  family.Add(
      "array_generate", "The numbers from start to stop, by a step.", "array_generate(1, 9, 4)", "{1,5,9}",
      {Partial({kInt}, ints, Generate<int32_t>), Partial({kInt, kInt}, ints, Generate<int32_t>),
       Partial({kInt, kInt, kInt}, ints, Generate<int32_t>), Partial({kLong}, longs, Generate<int64_t>),
       Partial({kLong, kLong}, longs, Generate<int64_t>), Partial({kLong, kLong, kLong}, longs, Generate<int64_t>)});
}

}  // namespace weir
