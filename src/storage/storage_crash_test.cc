// Storage under faults: killed processes, failing disks, lost answers. What was acknowledged must be there, once.
#include <csignal>
#include <set>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "column/builder.h"
#include "env/folder_object_store.h"
#include "env/posix/posix_clock.h"
#include "env/posix/posix_file_system.h"
#include "env/posix/posix_random.h"
#include "env/sim/sim_clock.h"
#include "env/sim/sim_executor.h"
#include "env/sim/sim_file_system.h"
#include "env/sim/sim_object_store.h"
#include "env/testing/temporary_folder.h"
#include "storage/storage.h"

namespace weir {
namespace {

constexpr int64_t kRowsPerInsert = 150;

// A storage with everything that it needs; made anew in each process.
struct World {
  explicit World(std::string folder, std::function<std::unique_ptr<ObjectStore>()> open_objects = nullptr) {
    StorageOptions options;
    options.data_dir = std::move(folder);
    options.background = false;
    options.sweep_grace_nanos = 0;
    options.writer.inline_rows_max = 100;
    options.log.keep_commits = 20;
    options.compaction.fan_in = 4;
    options.open_objects = std::move(open_objects);
    storage = Storage::Open({.files = files,
                             .clock = clock,
                             .random = random,
                             .timers = timers,
                             .io = io,
                             .metrics = metrics,
                             .tracker = tracker},
                            options);
  }
  TableId Table() const {
    const auto found = storage->snapshot()->catalog()->FindRelation({"", "", "t"}, {});
    return found.has_value() ? (*found->table())->id : TableId();
  }
  TableId Make() {
    if (const TableId table = Table()) return table;
    CreateTable create{.database = "weir", .schema = "public"};
    create.def.name = "t";
    create.def.columns.resize(2);
    create.def.columns[0].name = "key";
    create.def.columns[0].type = TypeKind::kInt64;
    create.def.columns[1].name = "text";
    create.def.columns[1].type = TypeKind::kVarchar;
    create.def.sort_key = {FieldId(1)};
    storage->ApplyDdl({create});
    return Table();
  }
  // Rows key * 1000 .. + count.
  void Insert(int64_t key, int64_t count) {
    ColumnBuilder keys(TypeKind::kInt64);
    ColumnBuilder texts(TypeKind::kVarchar);
    for (int64_t i = 0; i < count; ++i) {
      keys.Append(key * 1000 + i);
      texts.AppendString("the text of row " + std::to_string(key * 1000 + i));
    }
    const auto writer = storage->OpenWriter(storage->snapshot(), Table());
    writer->Write(Chunk({keys.Finish(), texts.Finish()}, static_cast<size_t>(count)));
    CommitRequest request;
    request.tables.push_back(writer->Finish());
    storage->Commit(std::move(request));
  }
  std::map<int64_t, int> Keys() const {
    std::map<int64_t, int> out;
    const auto plan = storage->PlanScan(storage->snapshot(), Table(), {.columns = {FieldId(1), FieldId(2)}});
    ScanReader reader(plan, tracker);
    for (const ScanUnit& unit : plan->units) {
      reader.Open(unit);
      Chunk chunk;
      while (reader.Next(1000, nullptr, chunk)) {
        chunk.rows().ForEach([&](size_t row) {
          const int64_t key = chunk.column(0)->GetValue(row).integer();
          EXPECT_EQ(chunk.column(1)->GetValue(row).bytes(), "the text of row " + std::to_string(key));
          ++out[key];
        });
      }
    }
    return out;
  }

  PosixFileSystem files;
  PosixClock clock;
  PosixRandom random;
  SimClock sim_clock;
  SimExecutor timers{sim_clock, 1};
  IoPool io;
  obs::MetricsRegistry metrics;
  std::shared_ptr<MemoryTracker> tracker = MemoryTracker::CreateRoot("test");
  std::unique_ptr<Storage> storage;
};

class StorageCrashTest : public ::testing::Test {
 protected:
  const TemporaryFolder temporary_{"weir-crash"};
  const std::string& folder_ = temporary_.path();
};

TEST_F(StorageCrashTest, KillAtAnyMoment) {
  std::set<int64_t> acknowledged;
  std::set<int64_t> sent;
  for (int round = 0; round < 6; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(pipe_ends[0]);
      auto* world = new World(folder_);
      world->Make();
      std::thread upkeep([&] {
        for (int i = 0;; ++i) {
          world->storage->Flush();
          world->storage->Compact();
          if (i % 3 == 0) world->storage->WriteSnapshot();
          world->storage->Sweep(i % 2 == 0);
        }
      });
      std::vector<std::thread> writers;
      for (int64_t t = 0; t < 3; ++t) {
        writers.emplace_back([&, t] {
          for (int64_t i = 0;; ++i) {
            const int64_t key = (round * 10 + t) * 100'000 + i;
            world->Insert(key, t == 0 ? 1 : kRowsPerInsert);
            if (write(pipe_ends[1], &key, sizeof(key)) != sizeof(key)) _exit(1);
          }
        });
      }
      pause();
      _exit(0);
    }
    close(pipe_ends[1]);
    int enough = 60 + round * 17;
    int64_t key;
    while (enough-- > 0 && read(pipe_ends[0], &key, sizeof(key)) == sizeof(key)) acknowledged.insert(key);
    kill(child, SIGKILL);
    while (read(pipe_ends[0], &key, sizeof(key)) == sizeof(key)) acknowledged.insert(key);
    close(pipe_ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";

    World world(folder_);
    const auto found = world.Keys();
    std::map<int64_t, int64_t> rows_of;
    for (const auto& [row, times] : found) {
      ASSERT_EQ(times, 1) << "a row twice: " << row;
      ++rows_of[row / 1000];
    }
    for (const int64_t each : acknowledged) {
      const bool small = each / 100'000 % 10 == 0;
      EXPECT_EQ(rows_of[each], small ? 1 : kRowsPerInsert) << "acknowledged, but not there: " << each;
    }
    for (const auto& [each, rows] : rows_of) {
      const bool small = each / 100'000 % 10 == 0;
      EXPECT_EQ(rows, small ? 1 : kRowsPerInsert) << "half an insert: " << each;
    }
    EXPECT_LE(rows_of.size(), acknowledged.size() + 3 * static_cast<size_t>(round + 1)) << "one in flight per thread";
    // Nothing but what the index knows is left behind.
    size_t segments = 0;
    world.storage->log().state()->FindTable(world.Table())->segments.ForEach([&](const SegmentRef&) { ++segments; });
    EXPECT_EQ(world.storage->objects().List("").size(), segments);
  }
}

TEST_F(StorageCrashTest, FullDiskPausesAndLosesNothing) {
  SimClock clock;
  auto* disk = new SimFileSystem(clock, 3);
  {
    World world(folder_, [&] { return std::make_unique<FolderObjectStore>(*disk, "objects"); });
    world.Make();
    for (int64_t i = 0; i < 10; ++i) world.Insert(i, 50);
    world.Insert(100, 2000);
    const auto before = world.Keys();
    disk->set_faults({.disk_bytes_max = disk->used_bytes() + 100});
    auto error = CatchError([&] { world.storage->Flush(); });
    ASSERT_NE(error, nullptr);
    EXPECT_EQ(error->sqlstate(), sqlstate::kDiskFull);
    error = CatchError([&] { world.Insert(200, 2000); });
    ASSERT_NE(error, nullptr);
    EXPECT_EQ(error->sqlstate(), sqlstate::kDiskFull);
    EXPECT_EQ(world.Keys(), before);
    disk->set_faults({});
    EXPECT_EQ(world.storage->Flush(), 500U);
    EXPECT_EQ(world.Keys(), before);
  }
  delete disk;
}

TEST_F(StorageCrashTest, FailingObjectRequests) {
  SimClock clock;
  SimObjectStore* objects = nullptr;
  World world(folder_, [&] {
    auto made = std::make_unique<SimObjectStore>(clock, 11);
    objects = made.get();
    return made;
  });
  world.Make();
  std::map<int64_t, int> expected;
  Xoshiro256 random(5);
  objects->set_faults({.request_fails = 0.2, .write_succeeds_unseen = 0.1});
  for (int64_t i = 0; i < 60; ++i) {
    const int64_t rows = random.Chance(0.5) ? 20 : kRowsPerInsert;
    const auto failed = CatchError([&] { world.Insert(i, rows); });
    if (failed == nullptr) {
      for (int64_t k = 0; k < rows; ++k) ++expected[i * 1000 + k];
    }
    (void)CatchError([&] { world.storage->Flush(); });
    (void)CatchError([&] { world.storage->Compact(); });
    (void)CatchError([&] { world.storage->Sweep(true); });
  }
  objects->set_faults({});
  EXPECT_EQ(world.Keys(), expected);
  world.storage->Flush();
  world.storage->Compact({}, true);
  EXPECT_EQ(world.Keys(), expected);
  clock.Advance(kNanosPerSecond);
  world.storage->Sweep(true);
  world.storage->Sweep(true);
  EXPECT_EQ(objects->List("").size(), 1U);
}

}  // namespace
}  // namespace weir
