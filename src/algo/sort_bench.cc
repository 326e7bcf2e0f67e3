// Prints nanoseconds per row of sorting and top-n: sort_bench [million rows].
#include "algo/sort.h"

#include <fmt/format.h>

#include <cstdlib>
#include <ctime>

#include "algo/random_columns.h"
#include "algo/top_n.h"

namespace weir {
namespace {

constexpr size_t kChunkRows = 4096;

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

void Run(const std::string& name, const std::vector<Type>& types, const std::vector<SortColumn>& keys, size_t rows,
         const std::function<std::vector<ColumnPtr>(RandomColumns&)>& make) {
  RandomColumns random(1);
  std::vector<Chunk> chunks;
  for (size_t begin = 0; begin < rows; begin += kChunkRows) chunks.emplace_back(make(random), kChunkRows);
  const auto layout = std::make_shared<const SortLayout>(types, keys);
  std::vector<std::unique_ptr<SortRun>> runs;
  for (int r = 0; r < 4; ++r) runs.push_back(std::make_unique<SortRun>(layout, nullptr));
  const double append = Seconds([&] {
    for (size_t c = 0; c < chunks.size(); ++c) runs[c * 4 / chunks.size()]->Append(chunks[c]);
  });
  const double sort = Seconds([&] {
    for (const auto& run : runs) run->Finish();
  });
  size_t out = 0;
  const double merge_time = Seconds([&] {
    const SortMerge merge(layout, std::move(runs));
    for (size_t p = 0; p < merge.partition_count(); ++p) {
      SortedScan scan = merge.Partition(p);
      while (const auto chunk = scan.Next()) out += chunk->size();
    }
  });
  const double top = Seconds([&] {
    TopN best(layout, 100, nullptr);
    for (const Chunk& chunk : chunks) best.Append(chunk);
    SortedScan scan = best.Finish();
    out += scan.Next()->size();
  });
  const double per_row = 1e9 / static_cast<double>(chunks.size() * kChunkRows);
  fmt::print("{:<30} append {:6.2f}  sort {:6.2f}  merge+gather {:6.2f}  top 100 {:6.2f} ns/row\n", name,
             append * per_row, sort * per_row, merge_time * per_row, top * per_row);
}

ColumnPtr Integers(RandomColumns& random, uint64_t domain) {
  FlatWriter<int64_t> writer(TypeKind::kInt64, kChunkRows);
  for (size_t i = 0; i < kChunkRows; ++i) writer.Set(i, static_cast<int64_t>(random.Below(domain)));
  return writer.Finish();
}

ColumnPtr Strings(RandomColumns& random, const char* start) {
  FlatWriter<StringRef> writer(TypeKind::kVarchar, kChunkRows);
  for (size_t i = 0; i < kChunkRows; ++i) writer.SetString(i, start + std::to_string(random.Next()));
  return writer.Finish();
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  using namespace weir;  // NOLINT: a main function
  const size_t rows = static_cast<size_t>(argc > 1 ? std::atof(argv[1]) * 1e6 : 4e6);
  const Type int64 = TypeKind::kInt64;
  const Type text = TypeKind::kVarchar;
  Run("int64", {int64}, {{0, false, false}}, rows,
      [](RandomColumns& r) { return std::vector{Integers(r, UINT64_MAX)}; });
  Run("int64 of 1000, int64", {int64, int64}, {{0, true, true}, {1, false, false}}, rows,
      [](RandomColumns& r) { return std::vector{Integers(r, 1000), Integers(r, UINT64_MAX)}; });
  Run("int64 of a million, int64", {int64, int64}, {{0, false, false}, {1, false, false}}, rows,
      [](RandomColumns& r) { return std::vector{Integers(r, 1'000'000), Integers(r, UINT64_MAX)}; });
  Run("int64 + 4 carried", {int64, int64, int64, int64, int64}, {{0, false, false}}, rows, [](RandomColumns& r) {
    const ColumnPtr other = Integers(r, 1000);
    return std::vector{Integers(r, UINT64_MAX), other, other, other, other};
  });
  Run("short strings", {text}, {{0, false, false}}, rows, [](RandomColumns& r) { return std::vector{Strings(r, "")}; });
  Run("strings with a common start", {text}, {{0, false, false}}, rows,
      [](RandomColumns& r) { return std::vector{Strings(r, "http://example.org/")}; });
  return 0;
}
