// Commits a second, rows written and scanned a second: storage_bench [folder]
#include <chrono>
#include <filesystem>
#include <thread>

#include "column/builder.h"
#include "env/posix/posix_clock.h"
#include "env/posix/posix_file_system.h"
#include "env/posix/posix_random.h"
#include "env/sim/sim_clock.h"
#include "env/sim/sim_executor.h"
#include "storage/storage.h"

namespace weir {
namespace {

double Seconds(const std::function<void()>& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Chunk Rows(int64_t first, size_t count) {
  Xoshiro256 random(static_cast<uint64_t>(first) + 1);
  ColumnBuilder ids(TypeKind::kInt64, count), times(TypeKind::kTimestamp, count), services(TypeKind::kVarchar, count);
  ColumnBuilder messages(TypeKind::kVarchar, count), values(TypeKind::kDouble, count), codes(TypeKind::kInt32, count);
  for (size_t i = 0; i < count; ++i) {
    ids.Append(first + static_cast<int64_t>(i));
    times.Append(1'700'000'000'000'000 + (first + static_cast<int64_t>(i)) * 1000 +
                 static_cast<int64_t>(random.Below(500)));
    services.AppendString(fmt::format("service-{}", random.Below(40)));
    messages.AppendString(fmt::format("request {} took {} ms on host-{}", random.Next() % 1'000'000, random.Below(2000),
                                      random.Below(100)));
    values.Append(random.Fraction() * 1000);
    codes.Append(static_cast<int32_t>(200 + random.Below(5) * 100));
  }
  return {{ids.Finish(), times.Finish(), services.Finish(), messages.Finish(), values.Finish(), codes.Finish()}, count};
}

void Run(const std::string& folder) {
  PosixFileSystem files;
  PosixClock clock;
  PosixRandom random;
  SimClock sim_clock;
  SimExecutor timers(sim_clock, 1);
  IoPool io;
  obs::MetricsRegistry metrics;
  auto tracker = MemoryTracker::CreateRoot("bench");
  StorageOptions options;
  options.data_dir = folder;
  options.background = false;
  auto storage = Storage::Open({.files = files,
                                .clock = clock,
                                .random = random,
                                .timers = timers,
                                .io = io,
                                .metrics = metrics,
                                .tracker = tracker},
                               options);
  CreateTable create{.database = "weir", .schema = "public"};
  create.def.name = "logs";
  const std::pair<const char*, TypeKind> columns[] = {{"id", TypeKind::kInt64},        {"at", TypeKind::kTimestamp},
                                                      {"service", TypeKind::kVarchar}, {"message", TypeKind::kVarchar},
                                                      {"value", TypeKind::kDouble},    {"code", TypeKind::kInt32}};
  for (const auto& [name, kind] : columns) {
    ColumnDef& column = create.def.columns.emplace_back();
    column.name = name;
    column.type = kind;
  }
  create.def.sort_key = {FieldId(2)};
  const TableId table = storage->ApplyDdl({create}).state->catalog()->GetTable({"", "", "logs"}, {})->id;
  const auto insert = [&](const Chunk& rows) {
    const auto writer = storage->OpenWriter(storage->snapshot(), table);
    writer->Write(rows);
    CommitRequest request;
    request.tables.push_back(writer->Finish());
    storage->Commit(std::move(request));
  };
  for (const int threads : {1, 8, 32}) {
    const int commits = 400;
    const double seconds = Seconds([&] {
      std::vector<std::thread> writers;
      for (int t = 0; t < threads; ++t) {
        writers.emplace_back([&, t] {
          const Chunk one = Rows(t, 1);
          for (int i = 0; i < commits / threads; ++i) insert(one);
        });
      }
      for (auto& writer : writers) writer.join();
    });
    fmt::print("{:2} threads, single-row inserts: {:8.0f} commits/s\n", threads, commits / threads * threads / seconds);
  }
  const size_t piece = 16 << 10;
  const size_t pieces = 64;
  std::vector<Chunk> data;
  for (size_t i = 0; i < pieces; ++i) data.push_back(Rows(static_cast<int64_t>(i * piece), piece));
  const double written = Seconds([&] {
    const auto writer = storage->OpenWriter(storage->snapshot(), table);
    for (const Chunk& chunk : data) writer->Write(chunk);
    CommitRequest request;
    request.tables.push_back(writer->Finish());
    storage->Commit(std::move(request));
  });
  const auto* state = storage->log().state()->FindTable(table);
  fmt::print("segment write: {:.2f} M rows/s, {:.1f} bytes/row\n", piece * pieces / written / 1e6,
             static_cast<double>(state->segment_bytes) / (piece * pieces));
  const auto scan = [&](const char* what, std::vector<FieldId> fields, ScanFilter* filter) {
    uint64_t rows = 0;
    const double seconds = Seconds([&] {
      const auto plan = storage->PlanScan(storage->snapshot(), table, {.columns = fields});
      ScanReader reader(plan, tracker);
      for (const ScanUnit& unit : plan->units) {
        reader.Open(unit);
        Chunk chunk;
        while (reader.Next(kChunkRowsDefault, filter, chunk)) rows += chunk.row_count();
      }
    });
    fmt::print("scan {:28} {:7.1f} M rows/s ({} rows out)\n", what, piece * pieces / seconds / 1e6, rows);
  };
  const std::vector<FieldId> all = {FieldId(1), FieldId(2), FieldId(3), FieldId(4), FieldId(5), FieldId(6)};
  for (int i = 0; i < 2; ++i) {
    scan("one integer", {FieldId(1)}, nullptr);
    scan("a dictionary string", {FieldId(3)}, nullptr);
    scan("a long string", {FieldId(4)}, nullptr);
    scan("all six columns", all, nullptr);
    FunctionScanFilter few(1, [](const Chunk& chunk) {
      auto out = std::make_shared<Selection>();
      const ColumnView view(*chunk.column(0));
      chunk.rows().ForEach([&](size_t row) {
        if (view.At<int64_t>(row) % 1000 == 0) out->push_back(static_cast<uint32_t>(row));
      });
      return out;
    });
    scan("all, one of 1000 passes", all, &few);
  }
  fmt::print("flush of inline rows: {:.3f} s\n", Seconds([&] { storage->Flush(); }));
  for (int i = 0; i < 8; ++i) {
    for (size_t k = 0; k < 4; ++k) insert(data[static_cast<size_t>(i) * 4 + k]);
  }
  uint64_t merged = 0;
  const double compacted = Seconds([&] { merged = storage->Compact(); });
  fmt::print("compaction of {} segments, 0.5 M rows: {:.2f} s\n", merged, compacted);
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : "/tmp/weir_storage_bench";
  std::filesystem::remove_all(folder);
  weir::Run(folder);
  std::filesystem::remove_all(folder);
}
