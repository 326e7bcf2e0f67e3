// Prints nanoseconds per row of updating aggregates: aggregate_bench.
#include <fmt/format.h>

#include <ctime>

#include "algo/random_columns.h"
#include "expr/registry.h"
#include "function/aggregate/register.h"

namespace weir {
namespace {

constexpr size_t kRows = 4096;
constexpr int kRepeats = 500;

double Seconds(const std::function<void()>& body) {
  const auto now = [] {
    timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
  };
  const double begin = now();
  body();
  return now() - begin;
}

double NanosPerRow(size_t rows, const std::function<void()>& body) {
  double best = 1e9;
  for (int batch = 0; batch < 5; ++batch) {
    best = std::min(best, Seconds([&] {
                      for (int i = 0; i < kRepeats; ++i) body();
                    }));
  }
  return best * 1e9 / static_cast<double>(rows * kRepeats);
}

void Run(const Registry& registry, const std::string& name, size_t overload_index, const Type& type) {
  RandomColumns random(1);
  const AggregateOverload& overload = registry.FindAggregate(name)->overloads[overload_index];
  Type result = overload.result.kind() == TypePattern::Kind::kExact ? overload.result.type() : type;
  const std::vector<Type> types = {type};
  const std::vector<std::optional<Value>> constants(1);
  if (overload.resolve) result = overload.resolve(types, constants).result_type;
  const auto ops = overload.make(types, result, constants);

  std::vector<ColumnPtr> flat;
  std::vector<ColumnPtr> coded;
  if (!overload.parameters.empty()) {
    ColumnBuilder builder(type);
    for (size_t i = 0; i < kRows; ++i) builder.AppendValue(random.Make(type, 5 + random.Below(1000)));
    flat.push_back(builder.Finish());
    auto indices = Buffer::Allocate(kRows * sizeof(uint32_t));
    for (size_t i = 0; i < kRows; ++i) indices->as<uint32_t>()[i] = static_cast<uint32_t>(random.Below(50));
    coded.push_back(Column::Dictionary(flat[0], indices, kRows));
  }
  std::vector<uint32_t> some;
  for (size_t i = 0; i < kRows; ++i) {
    if (random.OneIn(4)) some.push_back(static_cast<uint32_t>(i));
  }
  constexpr size_t kGroups = 1000;
  const size_t words = ops->state_size() / 8 + 1;
  std::vector<uint64_t> memory(words * kGroups);
  std::vector<uint8_t*> states(kRows);
  for (size_t i = 0; i < kRows; ++i) {
    states[i] = reinterpret_cast<uint8_t*>(memory.data() + random.Below(kGroups) * words);
  }
  StateArena arena;
  uint8_t* const single = reinterpret_cast<uint8_t*>(memory.data());
  const RowSet all = RowSet::All(kRows);
  const RowSet selected = RowSet::Of(some);
  fmt::print("{:<10} {:<20} 1000 groups {:6.2f}   coded {:6.2f}   single {:6.2f}   coded {:6.2f}   selected {:6.2f}\n",
             name, type.ToString(), NanosPerRow(kRows, [&] { ops->Update({flat, all, arena}, states.data()); }),
             NanosPerRow(kRows, [&] { ops->Update({coded, all, arena}, states.data()); }),
             NanosPerRow(kRows, [&] { ops->UpdateSingle({flat, all, arena}, single); }),
             NanosPerRow(kRows, [&] { ops->UpdateSingle({coded, all, arena}, single); }),
             NanosPerRow(some.size(), [&] { ops->UpdateSingle({flat, selected, arena}, single); }));
}

}  // namespace
}  // namespace weir

int main() {
  using namespace weir;  // NOLINT: a main function
  Registry registry;
  RegisterAggregates(registry);
  Run(registry, "count", 0, TypeKind::kInt64);
  Run(registry, "sum", 2, TypeKind::kInt32);
  Run(registry, "sum", 3, TypeKind::kInt64);
  Run(registry, "sum", 5, Type::Decimal(15, 2));
  Run(registry, "sum", 5, Type::Decimal(38, 4));
  Run(registry, "sum", 7, TypeKind::kDouble);
  Run(registry, "avg", 5, Type::Decimal(15, 2));
  Run(registry, "min", 0, TypeKind::kInt64);
  Run(registry, "max", 0, TypeKind::kDate);
  Run(registry, "max", 0, TypeKind::kVarchar);
  Run(registry, "any_value", 0, TypeKind::kInt64);
  Run(registry, "stddev", 0, TypeKind::kDouble);
  return 0;
}
