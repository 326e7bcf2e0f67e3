#include <filesystem>
#include <fstream>
#include <thread>

#include "meta/state.h"
#include "server/system_tables.h"
#include "server/testing/engine_test.h"

namespace weir {
namespace {

// Answers from the cache against those without it, over whole statements.
class QueryCacheTest : public EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    EngineOptions options;
    options.threads = 3;
    options.data_dir = folder_ + "/data";
    options.background_jobs = false;
    options.query_cache_bytes = int64_t{8} << 20;
    tables_ = std::make_shared<SystemTables>();
    tables_->Attach(OpenEngine(options, tables_->virtual_tables()));
    session_ = std::make_unique<Session>(*engine_, SessionOptions{});
    plain_ = std::make_unique<Session>(*engine_, SessionOptions{});
    Sql("set enable_result_cache = on; set enable_query_cache = on");
  }
  void TearDown() override {
    session_.reset();
    plain_.reset();
    EngineTest::TearDown();
  }

  // The rows, or "error 42P01".
  static std::string RunIn(Session& session, const std::string& sql) {
    try {
      return RowsOf(session, sql);
    } catch (...) {
      const Error error = Error::FromCurrentException();
      session.StatementFailed(error);
      return "error " + std::string(error.sqlstate());
    }
  }
  std::string Sql(const std::string& sql) { return RunIn(*session_, sql); }
  // What a session without the caches says.
  std::string Plain(const std::string& sql) { return RunIn(*plain_, sql); }
  // Whether the answer came from the cache; it must be the right one in any case.
  bool IsHit(const std::string& sql) {
    const uint64_t before = Usage(CacheKind::kResult).hits;
    EXPECT_EQ(Sql(sql), Plain(sql)) << sql;
    return Usage(CacheKind::kResult).hits > before;
  }
  // The second time.
  bool IsKept(const std::string& sql) {
    Sql(sql);
    return IsHit(sql);
  }
  QueryCache::Usage Usage(CacheKind kind) { return engine_->cache()->usage(kind); }
  // Rows of partial aggregates found while the statement ran.
  uint64_t PartialHits(const std::string& sql) {
    const uint64_t before = Usage(CacheKind::kPartial).hits;
    EXPECT_EQ(Sql(sql), Plain(sql)) << sql;
    return Usage(CacheKind::kPartial).hits - before;
  }
  uint64_t PartialMisses(const std::string& sql) {
    const uint64_t before = Usage(CacheKind::kPartial).misses;
    EXPECT_EQ(Sql(sql), Plain(sql)) << sql;
    return Usage(CacheKind::kPartial).misses - before;
  }
  void Flush() { engine_->storage()->Flush(); }
  void Drop() { engine_->cache()->DropOutdated(*engine_->storage()->snapshot()->state()); }

  std::shared_ptr<SystemTables> tables_;
  std::unique_ptr<Session> session_, plain_;
};

TEST_F(QueryCacheTest, AnswersAreKeptUntilTheirTablesChange) {
  Sql("create table t (k int, v text); create table other (x int); insert into t values (1, 'a'), (2, NULL)");
  const std::string query = "select k, v from t order by k";
  EXPECT_FALSE(IsHit(query));
  EXPECT_TRUE(IsHit(query));
  EXPECT_TRUE(IsHit("select   k, v from t\norder by k"));  // the same plan
  Sql("insert into other values (1)");
  EXPECT_TRUE(IsHit(query));
  for (const std::string change :
       {"insert into t values (3, 'c')", "update t set v = 'b' where k = 2", "delete from t where k = 1",
        "alter table t add column w int default 7", "truncate t", "insert into t (k) select generate_series(1, 5)",
        "drop table t; create table t (k int, v text)", "insert into t values (9, 'z')",
        "alter table t rename to u; create table t (k int, v text); insert into t values (10, 'u')"}) {
    Plain(change);
    EXPECT_FALSE(IsHit(query)) << change;
    EXPECT_TRUE(IsHit(query)) << change;
  }
  // The content is the same after these.
  Flush();
  EXPECT_TRUE(IsHit(query));
  engine_->storage()->Compact({}, true);
  EXPECT_TRUE(IsHit(query));
  EXPECT_EQ(Sql("select (count(*) > 10)::int from weir_catalog.queries where from_cache"), "1");
  Drop();
  EXPECT_LE(Usage(CacheKind::kResult).entries, 2U);  // of t, and of what is u now
}

TEST_F(QueryCacheTest, ColumnsOfOneNameAreNotMixedUp) {
  Sql("create table t (k int, v int); insert into t values (1, 2)");
  EXPECT_TRUE(IsKept("select v from t"));
  EXPECT_TRUE(IsKept("select sum(v) from t"));
  Flush();
  EXPECT_EQ(Sql("select sum(v) from t where k < 5"), "2");
  Sql("alter table t drop column v; alter table t add column v int default 5");
  EXPECT_EQ(Sql("select v from t"), "5");
  EXPECT_EQ(Sql("select sum(v) from t where k < 5"), "5");
}

TEST_F(QueryCacheTest, OnlyWhatFollowsFromRowsIsKept) {
  Sql("create table t (k int, ts timestamptz, s text); insert into t values (1, now(), 'x')");
  for (const std::string query :
       {"select random() from t", "select k, now() from t", "select clock_timestamp() from t",
        "select count(*) from t where ts < now()",
        "select current_setting('timezone') || k from t where k < random() + 9",
        "select * from t tablesample bernoulli (50)", "select count(*) from t, weir_catalog.sessions", "select 1",
        "select gen_random_uuid() from t", "select age(ts) from t", "select s::timestamptz from t where s <> 'x'"}) {
    Sql(query);
    const uint64_t before = Usage(CacheKind::kResult).hits;
    Sql(query);
    EXPECT_EQ(Usage(CacheKind::kResult).hits, before) << query;
  }
  for (const std::string query :
       {"select k, s from t where k > 0", "select count(*) from t where ts::date <= current_date + 1",
        "select current_user, k from t", "select date_trunc('hour', ts) from t", "select ts::text from t",
        "select k from t tablesample bernoulli (50) repeatable (1)", "with c as (select k from t) select * from c, c d",
        "select row_number() over (order by k) from t", "select to_char(ts, 'YYYY') from t",
        "select k from t where k in (select k from t) order by 1 limit 1"}) {
    EXPECT_TRUE(IsKept(query)) << query;
  }
}

TEST_F(QueryCacheTest, SettingsThatDecideAreInTheKey) {
  Sql("create table t (ts timestamptz); insert into t values ('2024-01-01 12:00:00+00')");
  const std::string query = "select ts::text, extract(hour from ts) from t";
  EXPECT_TRUE(IsKept(query));
  Sql("set timezone = 'Asia/Tokyo'");
  EXPECT_EQ(Sql(query), "2024-01-01 21:00:00+09|21");
  Sql("set datestyle = 'German'");
  EXPECT_EQ(Sql(query), "01.01.2024 21:00:00 JST|21");
  Sql("set timezone = 'UTC'; set datestyle = 'ISO, MDY'");
  EXPECT_TRUE(IsHit(query));
  // Names are looked up anew.
  Sql("create schema s; create table s.t (ts timestamptz)");
  Sql("set search_path = s");
  EXPECT_EQ(Sql(query), "");
  Sql("set search_path = public");
  // Parameters are part of the plan.
  Sql("create table n (k int); insert into n values (1), (2); prepare p(int) as select k + 10 from n where k = $1");
  EXPECT_EQ(Sql("execute p(1)"), "11");
  EXPECT_EQ(Sql("execute p(2)"), "12");
  EXPECT_EQ(Sql("execute p(1)"), "11");
  Sql("set @x = 1");
  EXPECT_EQ(Sql("select k + @x from n where k = 1"), "2");
  Sql("set @x = 5");
  EXPECT_EQ(Sql("select k + @x from n where k = 1"), "6");
  Sql("set enable_result_cache = off");
  EXPECT_FALSE(IsKept("select * from n"));
}

TEST_F(QueryCacheTest, TransactionsSeeTheirOwn) {
  Sql("create table t (k int); insert into t values (1)");
  const std::string query = "select sum(k), count(*) from t where k < 100";
  EXPECT_TRUE(IsKept(query));
  Sql("begin; insert into t values (2)");
  EXPECT_EQ(Sql(query), "3|2");
  EXPECT_EQ(Sql(query), "3|2");
  Sql("rollback");
  EXPECT_EQ(Sql(query), "1|1");
  Sql("begin; " + query);
  Plain("insert into t values (10)");
  EXPECT_EQ(Sql(query), "1|1");  // the transaction's snapshot
  Sql("commit");
  EXPECT_EQ(Sql(query), "11|2");
  Sql("begin; delete from t where k = 1; " + query + "; commit");
  EXPECT_EQ(Sql(query), "10|1");
  // Temporary tables have ids of their own.
  Sql("create temp table t (k int); insert into pg_temp.t values (50)");
  EXPECT_EQ(Sql(query), "50|1");
  Sql("drop table pg_temp.t");
  EXPECT_EQ(Sql(query), "10|1");
  // Part of an answer is none.
  Sql("begin; declare c cursor for select k from t; fetch 1 from c; close c; commit");
  EXPECT_EQ(Sql("select k from t"), "10");
  EXPECT_EQ(Sql("select 1 / (k - 10) from t"), "error 22012");
  EXPECT_EQ(Sql("select 1 / (k - 10) from t"), "error 22012");
}

TEST_F(QueryCacheTest, FilesAreKeptWhenTheyHaveSettled) {
  const std::string path = folder_ + "/f.csv";
  const auto write = [&](const std::string& text, int age_seconds) {
    std::ofstream(path) << text;
    std::filesystem::last_write_time(path,
                                     std::filesystem::file_time_type::clock::now() - std::chrono::seconds(age_seconds));
  };
  const std::string query = "select sum(a) from read_csv('" + path + "')";
  write("a\n1\n2\n", 0);
  EXPECT_FALSE(IsKept(query));
  write("a\n1\n2\n", 60);
  EXPECT_TRUE(IsKept(query));
  write("a\n1\n3\n", 50);
  EXPECT_EQ(Sql(query), "4");
  std::filesystem::remove(path);
  EXPECT_EQ(Sql(query).substr(0, 5), "error");
}

TEST_F(QueryCacheTest, BoundsAndPressure) {
  Sql("create table t as select x, md5(x::text) || md5((-x)::text) || md5((x * 7)::text) as s from "
      "generate_series(1, 60000) g(x)");
  EXPECT_FALSE(IsKept("select * from t"));  // above the 4 MB of an entry
  Sql("set query_cache_entry_max_bytes = '1kB'");
  EXPECT_FALSE(IsKept("select x from t where x < 5000"));
  Sql("set query_cache_entry_max_bytes = '4MB'");
  for (int i = 0; i < 200; ++i) {
    Sql("select x, s, md5(s), md5(s || 'a') from t where x > " + std::to_string(i * 10) + " and x < 2500");
  }
  EXPECT_LE(Usage(CacheKind::kResult).bytes, int64_t{8} << 20);
  EXPECT_GT(Usage(CacheKind::kResult).evictions, 0U);
  EXPECT_TRUE(IsHit("select x, s, md5(s), md5(s || 'a') from t where x > 1990 and x < 2500"));
  EXPECT_GT(engine_->memory()->Reclaim(int64_t{1} << 30), 0);
  EXPECT_EQ(Usage(CacheKind::kResult).entries, 0U);
  EXPECT_EQ(Usage(CacheKind::kResult).bytes, 0);
}

TEST_F(QueryCacheTest, ExplainAnalyzeSaysSo) {
  Sql("create table t (k int); insert into t values (1), (2)");
  Sql("select k from t");
  EXPECT_NE(Sql("explain analyze select k from t").find("ResultCache"), std::string::npos);
  EXPECT_EQ(Sql("explain select k from t").find("ResultCache"), std::string::npos);
  Sql("set enable_result_cache = off");
  Flush();
  Sql("select sum(k) from t where k < 9");
  EXPECT_NE(Sql("explain analyze select sum(k) from t where k < 9").find("row groups from the query cache"),
            std::string::npos);
}

TEST_F(QueryCacheTest, OnlyNewSegmentsAreAggregated) {
  Sql("set enable_result_cache = off; create table t (ts timestamp, k int, v double)");
  const std::string query = "select k, count(*), sum(v), min(ts), avg(v) from t group by k order by k";
  for (int i = 0; i < 5; ++i) {
    Plain("insert into t select timestamp '2024-01-01' + interval '1 day' * " + std::to_string(i) +
          " + interval '1 minute' * x, x % 3, x from generate_series(0, 1400) g(x)");
    Flush();
    EXPECT_EQ(PartialHits(query), static_cast<uint64_t>(i));
  }
  EXPECT_EQ(PartialHits(query), 5U);
  // Names, and the place in the text, do not matter.
  EXPECT_EQ(PartialHits("select   k a, count(*) b, sum(v) c, min(ts) d, avg(v) e from t group by k order by 1"), 5U);
  // A window that covers whole segments finds what was computed without one; its edges are computed.
  EXPECT_EQ(PartialHits("select k, count(*), sum(v), min(ts), avg(v) from t where ts >= '2024-01-02' and ts < "
                        "'2024-01-05' group by k order by k"),
            3U);
  EXPECT_EQ(PartialHits("select k, count(*), sum(v), min(ts), avg(v) from t where ts >= '2024-01-02 12:00' and ts < "
                        "'2024-01-05 12:00' group by k order by k"),
            2U);
  // Deleted rows make another row group, and other rows do not.
  Plain("delete from t where ts = '2024-01-03 10:00'");
  EXPECT_EQ(PartialHits(query), 4U);
  EXPECT_EQ(PartialHits(query), 5U);
  Plain("update t set v = -1 where ts = '2024-01-04 10:00'");
  PartialHits(query);
  Flush();
  EXPECT_EQ(PartialHits(query), 5U);
  // Compaction makes new segments; entries of those that are gone go.
  engine_->storage()->Compact({}, true);
  EXPECT_EQ(PartialHits(query), 0U);
  EXPECT_EQ(PartialHits(query), 1U);
  Drop();
  EXPECT_EQ(Usage(CacheKind::kPartial).entries, 1U);
  Sql("drop table t");
  Drop();
  EXPECT_EQ(Usage(CacheKind::kPartial).entries, 0U);
}

TEST_F(QueryCacheTest, WhichAggregationsAreKept) {
  Sql("set enable_result_cache = off; create table t (k int, s text, n numeric(10,2), ts timestamptz)");
  Plain(
      "insert into t select x % 7, 's' || x % 5, x * 1.5, timestamptz '2024-01-01' + interval '1 hour' * x "
      "from generate_series(1, 5000) g(x)");
  Flush();
  for (const std::string query :
       {"select sum(n) from t", "select count(*) from t where s like 's1%'",
        "select max(s), min(n), bool_or(k = 3) from t",
        "select date_trunc('day', ts), sum(k) from t group by 1 order by 1",
        "select s || k, stddev(n) from t group by 1 order by 1",
        "select count(*) filter (where k > 3), sum(k + 1) from t where n > 10",
        "select approx_count_distinct(s) from t", "select sum(k) from t where ts > now() - interval '100 years'",
        "select k from t group by k order by k", "select sum(x) from (select k + 1 as x from t where k <> 2) i"}) {
    PartialHits(query);
    EXPECT_EQ(PartialHits(query), 1U) << query;
  }
  for (const std::string query :
       {"select count(distinct s) from t", "select string_agg(s, ',' order by s) from t where k = 1 and n < 100",
        "select sum(k) from t where random() < 2", "select count(*) from t a join t b on a.k = b.k and a.n = b.n"}) {
    PartialHits(query);
    EXPECT_EQ(PartialHits(query), 0U) << query;
  }
  // A row group in which nothing passes is known to be empty.
  const std::string nothing = "select k, count(*) from t where s like '%zz%' group by k";
  EXPECT_EQ(PartialMisses(nothing), 1U);
  EXPECT_EQ(PartialHits(nothing), 1U);
  // Too many groups: the next time without.
  Sql("set query_cache_entry_max_bytes = '4kB'");
  EXPECT_EQ(PartialMisses("select n, ts, count(*) from t group by n, ts order by n"), 1U);
  EXPECT_EQ(PartialMisses("select n, ts, count(*) from t group by n, ts order by n"), 0U);
}

// What a random history of changes leaves, asked with and without the caches.
TEST_F(QueryCacheTest, RandomHistories) {
  Sql("create table t (id int, day date, k int, v bigint, s text)");
  Xoshiro256 random(20261121);
  const std::string days = "day >= date '2024-01-01' + {} and day < date '2024-01-01' + {}";
  const std::vector<std::string> queries = {
      "select k, count(*), sum(v), max(s) from t group by k order by k",
      "select count(*), sum(v), min(day), avg(v) from t",
      "select day, sum(v) from t where " + days + " group by day order by day",
      "select k, sum(v) from t where v % 3 = {} and day >= date '2024-01-01' + {} group by k order by k",
      "select count(*) from t where k = {} and s like 'a%'",
      "select s, count(*) filter (where v > {}) from t group by s order by s nulls last"};
  int next_id = 0;
  for (int step = 0; step < 120; ++step) {
    const std::string low = std::to_string(random.Below(30)), high = std::to_string(10 + random.Below(30));
    const uint64_t action = random.Below(10);
    if (action < 4) {
      const auto rows = 1 + random.Below(300);
      const char* const insert =
          "insert into t select {} + x, date '2024-01-01' + ({} + x % 4)::int, x % 6, x * 7 % 100, case when x % 5 = 0 "
          "then null else chr(97 + x % 4) || x % 3 end from generate_series(1, {}) g(x)";
      Plain(fmt::format(fmt::runtime(insert), next_id, low, rows));
      next_id += static_cast<int>(rows);
    } else if (action < 6) {
      Plain(fmt::format("delete from t where id % 17 = {} and day < date '2024-01-01' + {}", low, high));
    } else if (action < 7) {
      Plain("update t set v = v + 1 where k = " + std::to_string(random.Below(6)) + " and id % 5 = 0");
    } else if (action < 8) {
      engine_->storage()->Compact({}, random.Below(2) == 0);
    } else if (action < 9) {
      Sql("begin; delete from t where id % 3 = 0; insert into t values (-1, '2024-01-05', 1, 1, 'a')");
      Sql(queries[0] + "; " + queries[1]);
      Sql(random.Below(3) == 0 ? "commit" : "rollback");
    } else if (step % 40 == 39) {
      Plain("truncate t");
    }
    if (random.Below(2) == 0) Flush();
    if (random.Below(20) == 0) Drop();
    Sql(random.Below(2) == 0 ? "set forced_query_cache = on" : "set forced_query_cache = off");
    Sql(random.Below(2) == 0 ? "set enable_result_cache = on" : "set enable_result_cache = off");
    for (std::string query : queries) {
      for (const std::string& value : {low, high}) {
        if (const size_t at = query.find("{}"); at != std::string::npos) query.replace(at, 2, value);
      }
      ASSERT_EQ(Sql(query), Plain(query)) << "step " << step << ": " << query;
      ASSERT_EQ(Sql(query), Plain(query)) << "step " << step << " again: " << query;
    }
  }
  EXPECT_GT(Usage(CacheKind::kPartial).hits, 1000U);
  EXPECT_GT(Usage(CacheKind::kResult).hits, 100U);
}

// Many sessions at once, with changes and memory taken back meanwhile.
TEST_F(QueryCacheTest, ManySessions) {
  Sql("create table t (k int, v int)");
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      Session session(*engine_, SessionOptions{});
      RunIn(session, "set enable_result_cache = on; set enable_query_cache = on; set forced_query_cache = on");
      int64_t last = 0;
      while (!stop) {
        // Rows only come, in commits of ten that sum up to nothing.
        const std::string got = RunIn(session, "select count(*), sum(v) from t where k >= 0");
        const int64_t count = std::atoll(got.c_str());
        if (count < last || count % 10 != 0 || (count > 0 && !got.ends_with("|0"))) ++wrong;
        last = count;
      }
    });
  }
  for (int i = 0; i < 60; ++i) {
    Plain("insert into t select x, case when x % 2 = 0 then x / 2 else -(x / 2) end from generate_series(0, 9) g(x)");
    if (i % 10 == 0) Flush();
    if (i % 15 == 0) engine_->storage()->Compact({}, true);
    if (i % 7 == 0) engine_->memory()->Reclaim(int64_t{1} << 30);
    if (i % 11 == 0) Drop();
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(Sql("select count(*), sum(v) from t where k >= 0"), "600|0");
}

}  // namespace
}  // namespace weir
