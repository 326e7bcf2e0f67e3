// Prints nanoseconds per row of building and probing: join_table_bench [million probe rows].
#include <fmt/format.h>

#include <cstdlib>
#include <ctime>

#include "algo/join_table.h"
#include "algo/random_columns.h"

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

template <typename F>
ColumnPtr Integers(F&& value) {
  FlatWriter<int64_t> writer(TypeKind::kInt64, kChunkRows);
  for (size_t i = 0; i < kChunkRows; ++i) writer.Set(i, static_cast<int64_t>(value(i)));
  return writer.Finish();
}

// Build keys are number * spread for number < build_rows / repeat; probe keys random numbers below
// build_rows / repeat / hit_share.
void Run(const std::string& name, size_t build_rows, size_t probe_rows, uint64_t spread, uint64_t repeat,
         double hit_share, size_t key_count, bool clustered) {
  RandomColumns random(1);
  std::vector<ColumnPtr> build;
  std::vector<ColumnPtr> probe;
  for (size_t begin = 0; begin < build_rows; begin += kChunkRows) {
    build.push_back(Integers([&](size_t i) { return (begin + i) / repeat * spread; }));
  }
  const auto domain = static_cast<uint64_t>(static_cast<double>(build_rows) / static_cast<double>(repeat) / hit_share);
  for (size_t begin = 0; begin < probe_rows; begin += kChunkRows) {
    probe.push_back(Integers([&](size_t i) {
      return (clustered ? static_cast<uint64_t>(static_cast<double>(begin + i) / static_cast<double>(probe_rows) *
                                                static_cast<double>(domain))
                        : random.Below(domain)) *
             spread;
    }));
  }
  double best_collect = 1e9;
  double best_build = 1e9;
  double best_probe = 1e9;
  double best_gather = 1e9;
  double best_exists = 1e9;
  size_t matches = 0;
  bool dense = false;
  for (int repeat_run = 0; repeat_run < 3; ++repeat_run) {
    JoinTable table({std::vector<Type>(key_count, TypeKind::kInt64), {TypeKind::kInt64, TypeKind::kInt64}, {}, false},
                    nullptr);
    best_collect = std::min(best_collect, Seconds([&] {
                              auto collector = table.MakeCollector();
                              for (const ColumnPtr& key : build) {
                                const std::vector<ColumnPtr> keys(key_count, key);
                                const ColumnPtr payload[] = {key, key};
                                collector->Append(keys, payload, RowSet::All(kChunkRows));
                              }
                              table.AddCollector(std::move(collector));
                            }));
    best_build = std::min(best_build, Seconds([&] {
                            table.PrepareBuild();
                            for (size_t t = 0; t < table.build_task_count(); ++t) table.RunBuildTask(t);
                          }));
    dense = table.is_dense();
    JoinProbe prober(table);
    std::vector<uint32_t> rows(kChunkRows);
    std::vector<const uint8_t*> found(kChunkRows);
    double probing = 0;
    double gathering = 0;
    matches = 0;
    for (const ColumnPtr& key : probe) {
      const std::vector<ColumnPtr> keys(key_count, key);
      probing += Seconds([&] { prober.Start(keys, RowSet::All(kChunkRows)); });
      for (;;) {
        size_t n = 0;
        probing += Seconds([&] { n = prober.Next(kChunkRows, rows.data(), found.data()); });
        if (n == 0) break;
        matches += n;
        gathering += Seconds([&] {
          table.GatherPayload(0, found.data(), n);
          table.GatherPayload(1, found.data(), n);
        });
      }
    }
    best_probe = std::min(best_probe, probing);
    best_gather = std::min(best_gather, gathering);
    best_exists = std::min(best_exists, Seconds([&] {
                             Selection out;
                             for (const ColumnPtr& key : probe) {
                               const std::vector<ColumnPtr> keys(key_count, key);
                               prober.Exists(keys, RowSet::All(kChunkRows), false, out);
                             }
                           }));
  }
  const double per_build = 1e9 / static_cast<double>(build.size() * kChunkRows);
  const double per_probe = 1e9 / static_cast<double>(probe.size() * kChunkRows);
  fmt::print(
      "{:<36} {:<6} collect {:6.2f}  build {:6.2f} ns/build row   probe {:6.2f}  gather 2 {:6.2f}  exists {:6.2f} "
      "ns/probe row  {} matches\n",
      name, dense ? "dense" : "hash", best_collect * per_build, best_build * per_build, best_probe * per_probe,
      best_gather * per_probe, best_exists * per_probe, matches);
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  using namespace weir;  // NOLINT: a main function
  const size_t rows = static_cast<size_t>(argc > 1 ? std::atof(argv[1]) * 1e6 : 4e6);
  for (const size_t build : {size_t{4096}, size_t{200'000}, size_t{1'500'000}}) {
    Run(fmt::format("{} dense", build), build, rows, 1, 1, 1, 1, false);
    Run(fmt::format("{} dense, 10% hit", build), build, rows, 1, 1, 0.1, 1, false);
    Run(fmt::format("{} sparse", build), build, rows, 1'000'003, 1, 1, 1, false);
    Run(fmt::format("{} sparse, 10% hit", build), build, rows, 1'000'003, 1, 0.1, 1, false);
  }
  Run("1500000 1-in-4, clustered probe", 1'500'000, rows, 4, 1, 1, 1, true);
  Run("1500000 sparse, 4 of each", 1'500'000, rows, 1'000'003, 4, 1, 1, false);
  Run("1500000 two keys", 1'500'000, rows, 1'000'003, 1, 1, 2, false);
  return 0;
}
