#include "ingest/load_service.h"

#include <thread>

#include <gtest/gtest.h>

#include "column/builder.h"
#include "env/posix/posix_clock.h"
#include "env/posix/posix_file_system.h"
#include "env/posix/posix_random.h"
#include "env/sim/sim_clock.h"
#include "env/sim/sim_executor.h"
#include "env/testing/temporary_folder.h"

namespace weir {
namespace {

class LoadServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    StorageOptions options;
    options.data_dir = folder_;
    options.background = false;
    storage_ = Storage::Open({.files = files_,
                              .clock = clock_,
                              .random = random_,
                              .timers = timers_,
                              .io = io_,
                              .metrics = metrics_,
                              .tracker = tracker_},
                             options);
    CreateTable create{.database = "weir", .schema = "public"};
    create.def.name = "t";
    create.def.columns.resize(1);
    create.def.columns[0].name = "n";
    create.def.columns[0].type = TypeKind::kInt64;
    create.def.columns[0].nullable = false;
    table_ = storage_->ApplyDdl({create}).state->catalog()->GetTable({"", "", "t"}, {})->id;
  }
  void TearDown() override {
    service_.reset();
    storage_.reset();
  }
  LoadService& Start(LoadServiceOptions options = {}) {
    service_ = std::make_unique<LoadService>(*storage_, timers_, io_, metrics_, tracker_, options);
    return *service_;
  }
  LoadRequest Request(int64_t first, int64_t count, std::string label = {}) const {
    ColumnBuilder builder(TypeKind::kInt64);
    for (int64_t i = 0; i < count; ++i) builder.Append(first + i);
    return {
        .table = table_, .rows = {Chunk({builder.Finish()}, static_cast<size_t>(count))}, .label = std::move(label)};
  }
  uint64_t RowCount() const { return storage_->snapshot()->RowCount(table_); }
  static std::string SqlStateOf(const std::function<void()>& body) {
    auto error = CatchError(body);
    return error == nullptr ? "none" : std::string(error->sqlstate());
  }

  const TemporaryFolder temporary_{"weir-ingest"};
  const std::string& folder_ = temporary_.path();
  PosixFileSystem files_;
  PosixClock clock_;
  PosixRandom random_;
  SimClock sim_clock_;
  SimExecutor timers_{sim_clock_, 1};
  IoPool io_;
  obs::MetricsRegistry metrics_;
  std::shared_ptr<MemoryTracker> tracker_ = MemoryTracker::CreateRoot("test");
  std::unique_ptr<Storage> storage_;
  std::unique_ptr<LoadService> service_;
  TableId table_;
};

TEST_F(LoadServiceTest, LoadsOfOneWindowAreOneCommit) {
  LoadService& service = Start();
  const Version before = storage_->snapshot()->version();
  std::atomic<int> done{0};
  std::atomic<uint64_t> version{0};
  for (int64_t i = 0; i < 100; ++i) {
    service.LoadAsync(Request(i * 10, 10), [&](std::unique_ptr<Error> error, LoadResult result) {
      EXPECT_EQ(error, nullptr);
      EXPECT_EQ(result.rows, 10U);
      version = result.version.value();
      ++done;
    });
  }
  EXPECT_EQ(done, 0) << "the window is open";
  EXPECT_GT(service.queued_bytes(), 0U);
  timers_.RunFor(kNanosPerSecond);
  service.Stop();
  EXPECT_EQ(done, 100);
  EXPECT_EQ(version, before.value() + 1);
  EXPECT_EQ(RowCount(), 1000U);
  EXPECT_EQ(service.queued_bytes(), 0U);
  EXPECT_EQ(SqlStateOf([&] { service.LoadAsync(Request(0, 1), [](std::unique_ptr<Error>, LoadResult) {}); }), "57P01");
}

TEST_F(LoadServiceTest, FullBatchesDoNotWait) {
  LoadService& service = Start({.batch_rows = 20});
  EXPECT_EQ(service.Load(Request(0, 20)).rows, 20U) << "no timer has run";
  EXPECT_EQ(RowCount(), 20U);
}

TEST_F(LoadServiceTest, LabelsLoadOnce) {
  LoadService& service = Start();
  const LoadResult first = service.Load(Request(0, 5, "a"));
  const LoadResult second = service.Load(Request(0, 5, "a"));
  EXPECT_FALSE(first.duplicate);
  EXPECT_TRUE(second.duplicate);
  EXPECT_EQ(second.version, first.version);
  EXPECT_EQ(second.rows, 0U);
  EXPECT_EQ(RowCount(), 5U);
  // Many at once with one label: one of them loads.
  std::vector<std::thread> threads;
  std::atomic<int> loaded{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { loaded += service.Load(Request(100, 7, "b")).duplicate ? 0 : 1; });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(loaded, 1);
  EXPECT_EQ(RowCount(), 12U);
}

TEST_F(LoadServiceTest, BadRowsFailAlone) {
  LoadService& service = Start();
  std::string bad;
  int good = 0;
  std::mutex mutex;
  const auto note = [&](std::unique_ptr<Error> error, LoadResult) {
    const std::scoped_lock lock(mutex);
    if (error == nullptr) {
      ++good;
    } else {
      bad += error->sqlstate();
    }
  };
  service.LoadAsync(Request(0, 3), note);
  service.LoadAsync({.table = table_, .rows = {Chunk({Column::ConstantNull(TypeKind::kInt64, 2)}, 2)}}, note);
  service.LoadAsync(Request(10, 4), note);
  service.Stop();
  EXPECT_EQ(good, 2);
  EXPECT_EQ(bad, "23502");
  EXPECT_EQ(RowCount(), 7U);
}

TEST_F(LoadServiceTest, RefusesWhatDoesNotFit) {
  LoadService& service = Start({.queued_bytes_max = 10'000});
  const auto ignore = [](std::unique_ptr<Error>, LoadResult) {};
  service.LoadAsync(Request(0, 500), ignore);
  auto error = CatchError([&] {
    for (int i = 0; i < 10; ++i) service.LoadAsync(Request(0, 500), ignore);
  });
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(error->sqlstate(), sqlstate::kConfigurationLimitExceeded);
  EXPECT_TRUE(error->retryable());
  EXPECT_EQ(SqlStateOf([&] { service.LoadAsync({.table = TableId(999)}, ignore); }), "42P01");
  service.Stop();
  EXPECT_EQ(service.queued_bytes(), 0U);
}

}  // namespace
}  // namespace weir
