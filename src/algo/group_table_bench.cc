// Prints nanoseconds per row of grouping: group_table_bench [million rows].
#include <fmt/format.h>

#include <cstdlib>
#include <ctime>

#include "algo/group_merge.h"
#include "algo/group_table.h"
#include "algo/random_columns.h"

namespace weir {
namespace {

constexpr size_t kChunkRows = 4096;

// A plain sum, so that the table's own cost shows.
class BenchSum final : public AggregateOps {
 public:
  Type result_type() const override { return TypeKind::kInt64; }
  size_t state_size() const override { return 8; }
  void Update(const AggregateInput& input, uint8_t* const* states) const override {
    const auto* values = input.columns[0]->values<int64_t>();
    input.rows.ForEach([&](size_t row) { *reinterpret_cast<int64_t*>(states[row]) += values[row]; });
  }
  void UpdateSingle(const AggregateInput& input, uint8_t* state) const override {
    const auto* values = input.columns[0]->values<int64_t>();
    int64_t sum = 0;
    input.rows.ForEach([&](size_t row) { sum += values[row]; });
    *reinterpret_cast<int64_t*>(state) += sum;
  }
  void Merge(uint8_t* const* from, uint8_t* const* to, size_t count, StateArena&) const override {
    for (size_t i = 0; i < count; ++i) {
      *reinterpret_cast<int64_t*>(to[i]) += *reinterpret_cast<const int64_t*>(from[i]);
    }
  }
  void Finalize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    for (size_t i = 0; i < count; ++i) out.Append(*reinterpret_cast<const int64_t*>(states[i]));
  }
  Type intermediate_type() const override { return TypeKind::kInt64; }
  void Serialize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    Finalize(states, count, out);
  }
  void MergeSerialized(const Column&, const RowSet&, uint8_t* const*, StateArena&) const override {}
};

// Of this thread's processor time, since machines that run benchmarks are rarely idle.
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

using MakeKeys = std::function<std::vector<ColumnPtr>(RandomColumns&, size_t begin)>;

void Run(const std::string& name, size_t rows, size_t aggregates, size_t cached, const MakeKeys& make_keys) {
  RandomColumns random(1);
  std::vector<std::vector<ColumnPtr>> keys;
  FlatWriter<int64_t> writer(TypeKind::kInt64, kChunkRows);
  for (size_t i = 0; i < kChunkRows; ++i) writer.Set(i, 1);
  const ColumnPtr value = writer.Finish();
  for (size_t begin = 0; begin < rows; begin += kChunkRows) keys.push_back(make_keys(random, begin));
  std::vector<Type> types;
  for (const ColumnPtr& key : keys[0]) types.push_back(key->type());
  const std::vector<std::shared_ptr<const AggregateOps>> ops(aggregates, std::make_shared<BenchSum>());
  double best_find = 1e9;
  double best_update = 1e9;
  double best_out = 1e9;
  size_t groups = 0;
  for (int repeat = 0; repeat < 3; ++repeat) {
    std::vector<std::unique_ptr<GroupTable>> tables;
    tables.push_back(std::make_unique<GroupTable>(types, ops, nullptr, GroupTableOptions{cached}));
    GroupTable& table = *tables[0];
    double find = 0;
    double update = 0;
    for (const auto& columns : keys) {
      find += Seconds([&] { table.FindOrInsert(columns, RowSet::All(kChunkRows)); });
      update += Seconds([&] {
        for (size_t a = 0; a < aggregates; ++a) table.Update(a, {&value, 1}, RowSet::All(kChunkRows));
      });
    }
    groups = 0;
    const double out = Seconds([&] {
      GroupMerge merge(std::move(tables), nullptr);
      merge.PartitionTable(0);
      for (size_t p = 0; p < merge.partition_count(); ++p) {
        GroupScan scan = merge.MergePartition(p, GroupOutput::kFinal);
        while (const auto chunk = scan.Next()) groups += chunk->size();
      }
    });
    best_find = std::min(best_find, find);
    best_update = std::min(best_update, update);
    best_out = std::min(best_out, out);
  }
  const double per_row = 1e9 / static_cast<double>(keys.size() * kChunkRows);
  fmt::print("{:<38} {:>9} groups  find {:6.2f}  update {:6.2f} x{}  merge+out {:6.2f} ns/row\n", name, groups,
             best_find * per_row, best_update * per_row / static_cast<double>(aggregates), aggregates,
             best_out * per_row);
}

ColumnPtr Integers(TypeKind kind, RandomColumns& random, uint64_t domain, uint64_t spread) {
  if (kind == TypeKind::kInt32) {
    FlatWriter<int32_t> writer(kind, kChunkRows);
    for (size_t i = 0; i < kChunkRows; ++i) writer.Set(i, static_cast<int32_t>(random.Below(domain) * spread));
    return writer.Finish();
  }
  FlatWriter<int64_t> writer(kind, kChunkRows);
  for (size_t i = 0; i < kChunkRows; ++i) writer.Set(i, static_cast<int64_t>(random.Below(domain) * spread));
  return writer.Finish();
}

ColumnPtr Strings(RandomColumns& random, uint64_t domain, const char* start) {
  FlatWriter<StringRef> writer(TypeKind::kVarchar, kChunkRows);
  for (size_t i = 0; i < kChunkRows; ++i) writer.SetString(i, start + std::to_string(random.Below(domain)));
  return writer.Finish();
}

ColumnPtr Dictionary(RandomColumns& random, const ColumnPtr& base) {
  auto indices = Buffer::Allocate(kChunkRows * sizeof(uint32_t));
  for (size_t i = 0; i < kChunkRows; ++i)
    indices->as<uint32_t>()[i] = static_cast<uint32_t>(random.Below(base->size()));
  return Column::Dictionary(base, indices, kChunkRows);
}

ColumnPtr Base(size_t size) {
  ColumnBuilder builder(TypeKind::kVarchar);
  for (size_t i = 0; i < size; ++i) builder.AppendString("dictionary value " + std::to_string(i));
  return builder.Finish();
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  using namespace weir;  // NOLINT: a main function
  const size_t rows = static_cast<size_t>(argc > 1 ? std::atof(argv[1]) * 1e6 : 4e6);
  const ColumnPtr three = Base(3);
  const ColumnPtr two = Base(2);
  const ColumnPtr thousand = Base(1000);
  Run("2 dictionaries, 6 groups, 8 sums", rows, 8, 0,
      [&](RandomColumns& r, size_t) { return std::vector{Dictionary(r, three), Dictionary(r, two)}; });
  Run("dictionary of 1000", rows, 1, 0, [&](RandomColumns& r, size_t) { return std::vector{Dictionary(r, thousand)}; });
  Run("int32, range 100", rows, 1, 0,
      [](RandomColumns& r, size_t) { return std::vector{Integers(TypeKind::kInt32, r, 100, 1)}; });
  for (const uint64_t groups : {uint64_t{1000}, uint64_t{100'000}, uint64_t{2'000'000}}) {
    Run(fmt::format("int64, {} spread", groups), rows, 1, 0,
        [=](RandomColumns& r, size_t) { return std::vector{Integers(TypeKind::kInt64, r, groups, 1'000'003)}; });
  }
  Run("int64, 2000000 spread, forgetting", rows, 1, 65536,
      [](RandomColumns& r, size_t) { return std::vector{Integers(TypeKind::kInt64, r, 2'000'000, 1'000'003)}; });
  Run("4 int32, hardly repeating", rows, 1, 0, [](RandomColumns& r, size_t) {
    std::vector<ColumnPtr> keys;
    for (int i = 0; i < 4; ++i) keys.push_back(Integers(TypeKind::kInt32, r, 100'000, 1));
    return keys;
  });
  Run("4 int32, hardly repeating, forgetting", rows, 1, 32768, [](RandomColumns& r, size_t) {
    std::vector<ColumnPtr> keys;
    for (int i = 0; i < 4; ++i) keys.push_back(Integers(TypeKind::kInt32, r, 100'000, 1));
    return keys;
  });
  const auto clustered = [](RandomColumns&, size_t begin) {
    FlatWriter<int64_t> writer(TypeKind::kInt64, kChunkRows);
    for (size_t i = 0; i < kChunkRows; ++i) writer.Set(i, static_cast<int64_t>((begin + i) / 4 * 3));
    return std::vector{writer.Finish()};
  };
  Run("int64, clustered by 4", rows, 1, 0, clustered);
  Run("int64, clustered by 4, forgetting", rows, 1, 65536, clustered);
  Run("int64+int32+int32", rows, 1, 0, [](RandomColumns& r, size_t) {
    return std::vector{Integers(TypeKind::kInt64, r, 100'000, 977), Integers(TypeKind::kInt32, r, 2, 100'000),
                       Integers(TypeKind::kInt32, r, 1, 1)};
  });
  Run("short strings, 1000", rows, 1, 0, [](RandomColumns& r, size_t) { return std::vector{Strings(r, 1000, "k")}; });
  Run("long strings, 100000", rows, 1, 0,
      [](RandomColumns& r, size_t) { return std::vector{Strings(r, 100'000, "http://example.org/page/")}; });
  Run("string + int64, 100000", rows, 1, 0, [](RandomColumns& r, size_t) {
    return std::vector{Strings(r, 1000, "name "), Integers(TypeKind::kInt64, r, 100, 1'000'003)};
  });
  return 0;
}
