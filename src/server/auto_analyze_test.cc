#include "server/auto_analyze.h"

#include <thread>

#include "server/system_tables.h"
#include "server/testing/engine_test.h"

namespace weir {
namespace {

class AutoAnalyzeTest : public EngineTest {
 protected:
  void TearDown() override {
    session_.reset();
    EngineTest::TearDown();
  }
  void Open(AutoAnalyzeOptions options, bool background = false) {
    session_.reset();
    CloseEngine();
    EngineOptions engine_options;
    engine_options.threads = 2;
    engine_options.data_dir = folder_;
    engine_options.background_jobs = background;
    engine_options.auto_analyze = options;
    tables_ = std::make_shared<SystemTables>();
    tables_->Attach(OpenEngine(engine_options, tables_->virtual_tables()));
    session_ = std::make_unique<Session>(*engine_, SessionOptions{});
  }
  std::string Sql(const std::string& sql) { return RowsOf(*session_, sql); }
  std::string Table(const std::string& name) {
    return Sql(
        "select analyzed is not null, changed_rows, auto_analyze_count from weir_catalog.tables where \"table\" like "
        "'%." +
        name + "'");
  }

  std::shared_ptr<SystemTables> tables_;
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
