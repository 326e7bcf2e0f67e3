#include "server/auto_analyze.h"

#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

#include "env/posix/epoll_loop.h"
#include "env/posix/posix_clock.h"
#include "env/posix/posix_file_system.h"
#include "env/posix/posix_random.h"
#include "function/register_all.h"
#include "server/session.h"
#include "server/system/system_functions.h"
#include "server/system_tables.h"

namespace weir {
namespace {

class AutoAnalyzeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/weir_analyze_XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder_ = name;
    RegisterAllFunctions(registry_);
    RegisterClientFunctions(registry_);
    timer_thread_ = std::thread([this] { timers_.Run(); });
  }
  void TearDown() override {
    Close();
    timers_.Stop();
    timer_thread_.join();
    std::filesystem::remove_all(folder_);
  }
  void Open(AutoAnalyzeOptions options, bool background = false) {
    Close();
    EngineOptions engine_options;
    engine_options.threads = 2;
    engine_options.data_dir = folder_;
    engine_options.background_jobs = background;
    engine_options.auto_analyze = options;
    tables_ = std::make_shared<SystemTables>();
    engine_ = std::make_unique<Engine>(EngineServices{files_, clock_, random_, timers_, registry_, metrics_},
                                       engine_options, tables_->virtual_tables());
    tables_->Attach(*engine_);
    session_ = std::make_unique<Session>(*engine_, SessionOptions{});
  }
  void Close() {
    session_.reset();
    if (engine_ != nullptr) engine_->Stop();
    engine_.reset();
  }
  // The last statement's rows, "a|b;c|d".
  std::string Sql(const std::string& sql) {
    std::string out;
    for (const auto& statement : session_->Parse(sql)) {
      out.clear();
      const auto execution = session_->Execute(statement);
      while (const auto chunk = execution->Next()) {
        chunk->rows().ForEach([&](size_t row) {
          if (!out.empty()) out += ';';
          for (size_t i = 0; i < chunk->columns().size(); ++i) {
            if (i > 0) out += '|';
            const Value value = chunk->column(i)->GetValue(row);
            out += value.is_null() ? "NULL" : value.ToString();
          }
        });
      }
    }
    return out;
  }
  std::string Table(const std::string& name) {
    return Sql(
        "select analyzed is not null, changed_rows, auto_analyze_count from weir_catalog.tables where \"table\" like "
        "'%." +
        name + "'");
  }

  std::string folder_;
  PosixFileSystem files_;
  PosixClock clock_;
  PosixRandom random_;
  EpollLoop timers_{clock_};
  std::thread timer_thread_;
  Registry registry_;
  obs::MetricsRegistry metrics_;
  std::shared_ptr<SystemTables> tables_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Session> session_;
};

TEST_F(AutoAnalyzeTest, RunsWhenEnoughHasChanged) {
  Open({.fraction = 0.5, .rows_min = 100});
  Sql("create table t (a bigint, b varchar); create table small (a bigint); create table empty (a bigint)");
  Sql("insert into small select * from generate_series(1, 50) s(i)");
  EXPECT_EQ(engine_->auto_analyze()->Run(), "");
  Sql("insert into t select i, 'x' || i % 5 from generate_series(1, 1000) s(i)");
  EXPECT_EQ(Table("t"), "f|1000|0");
  EXPECT_EQ(engine_->auto_analyze()->Run(), "1 tables, 1000 rows");
  EXPECT_EQ(Table("t"), "t|0|1");
  EXPECT_EQ(Table("small"), "f|50|0");
  EXPECT_EQ(Sql("select \"column\", distinct_values, common_values from weir_catalog.column_statistics where \"table\" "
                "like '%.t' order by 1"),
            "a|1000|0;b|5|5");
  // What moves no counts of rows counts as well.
  Sql("delete from t where a <= 300; insert into t select i, 'y' from generate_series(1, 200) s(i)");
  EXPECT_EQ(Table("t"), "t|500|1");
  EXPECT_EQ(engine_->auto_analyze()->Run(), "1 tables, 900 rows");
  // Rewritten files are the same rows.
  engine_->storage()->Flush();
  engine_->storage()->Compact({}, true);
  EXPECT_EQ(Table("t"), "t|0|2");
  Sql("update t set b = 'z' where a < 600");
  EXPECT_EQ(engine_->auto_analyze()->Run(), "1 tables, 900 rows");
  EXPECT_EQ(engine_->auto_analyze()->Run(), "");
  Sql("truncate t");
  EXPECT_EQ(engine_->auto_analyze()->Run(), "1 tables, 0 rows");
}

TEST_F(AutoAnalyzeTest, KnowsAfterRestartWhatCountsOfRowsSay) {
  Open({});
  Sql("create table t (a bigint); insert into t select * from generate_series(1, 5000) s(i); analyze t");
  Open({});
  EXPECT_EQ(Table("t"), "t|0|0");
  Sql("insert into t select * from generate_series(1, 3000) s(i)");
  Open({});
  EXPECT_EQ(Table("t"), "t|3000|0");
  EXPECT_EQ(engine_->auto_analyze()->Run(), "1 tables, 8000 rows");
}

TEST_F(AutoAnalyzeTest, CanBeOff) {
  Open({.enabled = false});
  Sql("create table t (a bigint); insert into t select * from generate_series(1, 5000) s(i)");
  EXPECT_EQ(engine_->auto_analyze()->Run(), "");
  Open({});
  Sql("create table u (a bigint) properties ('auto_analyze' = 'off'); insert into u select * from generate_series(1, "
      "5000) s(i)");
  EXPECT_EQ(engine_->auto_analyze()->Run(), "1 tables, 5000 rows");
  EXPECT_EQ(Table("u"), "f|5000|0");
}

TEST_F(AutoAnalyzeTest, ReadsABoundedSample) {
  Open({.rows_read_max = 60'000});
  Sql("create table t (a bigint, b integer)");
  for (int i = 0; i < 4; ++i) {
    Sql("insert into t select i, i % 3 from generate_series(1, 100000) s(i)");
    engine_->storage()->Flush();
  }
  EXPECT_EQ(engine_->auto_analyze()->Run(), "1 tables, 400000 rows");
  EXPECT_EQ(
      Sql("select common_values from weir_catalog.column_statistics where \"table\" like '%.t' and \"column\" = 'b'"),
      "3");
}

TEST_F(AutoAnalyzeTest, RunsInTheBackground) {
  Open({.interval_nanos = 10 * kNanosPerMilli}, /*background=*/true);
  Sql("create table t (a bigint); insert into t select * from generate_series(1, 5000) s(i)");
  for (int i = 0; i < 1000 && Table("t") != "t|0|1"; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(Table("t"), "t|0|1");
  EXPECT_NE(Sql("select detail from weir_catalog.jobs where name = 'analyze'").find("5000 rows"), std::string::npos);
}

}  // namespace
}  // namespace weir
