#include "meta/commit_log.h"

#include <csignal>
#include <cstdlib>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "column/builder.h"
#include "env/posix/posix_clock.h"
#include "env/testing/temporary_folder.h"
#include "meta/sqlite_store.h"
#include "meta/transactions.h"

namespace weir {
namespace {

class CommitLogTest : public ::testing::Test {
 protected:
  void TearDown() override { log_.reset(); }
  std::string path() const { return folder_ + "/weir.db"; }
  CommitLog& Open(CommitLogOptions options = {}) {
    log_.reset();
    log_ = CommitLog::Open(OpenSqliteStore(path()), nullptr, clock_, io_, metrics_, std::move(options));
    return *log_;
  }

  static CommitRequest Ddl(CatalogChange change) {
    CommitRequest request;
    request.kind = CommitKind::kDdl;
    request.ddl.push_back(std::move(change));
    return request;
  }
  static CreateTable Numbers(std::string name = "numbers") {
    CreateTable create{.database = "weir", .schema = "public"};
    create.def.name = std::move(name);
    create.def.columns.resize(1);
    create.def.columns[0].name = "n";
    create.def.columns[0].type = TypeKind::kInt64;
    return create;
  }
  TableId MakeTable(std::string name = "numbers") {
    const CommitResult result = log_->Append(Ddl(Numbers(name)));
    return result.state->catalog()->GetTable({"", "", name}, {})->id;
  }
  static CommitRequest Insert(TableId table, std::vector<int64_t> numbers, std::string label = {}) {
    ColumnBuilder builder(TypeKind::kInt64);
    for (const int64_t number : numbers) builder.Append(number);
    auto batch = std::make_shared<InlineBatch>();
    batch->fields = {FieldId(1)};
    batch->rows = Chunk({builder.Finish()}, numbers.size());
    batch->bytes = batch->rows.MemoryBytes();
    CommitRequest request;
    request.label = std::move(label);
    request.database = DatabaseId(1);
    request.tables.push_back({.table = table, .inline_rows = {batch}, .inserted_rows = numbers.size()});
    return request;
  }
  static CommitRequest AddSegment(TableId table, uint64_t rows) {
    auto segment = std::make_shared<SegmentInfo>();
    segment->table = table;
    segment->path = "t/seg.parquet";
    segment->rows = rows;
    segment->bytes = rows * 8;
    segment->row_group_rows = {rows};
    segment->columns[FieldId(1)].min = Value::Int64(1);
    CommitRequest request;
    request.tables.push_back({.table = table, .added = {segment}, .inserted_rows = rows});
    return request;
  }
  static CommitRequest Delete(TableId table, PartId part, std::vector<uint32_t> positions) {
    CommitRequest request;
    request.kind = CommitKind::kDelete;
    request.tables.push_back({.table = table, .deletes = {{part, DeleteVector::Of(positions)}}});
    return request;
  }
  static std::multiset<int64_t> Rows(const State& state, TableId table) {
    std::multiset<int64_t> out;
    const TableState* found = state.FindTable(table);
    if (found == nullptr) return out;
    found->inline_batches.ForEach([&](const InlineRef& ref) {
      for (size_t i = 0; i < ref.batch->rows.size(); ++i) {
        if (ref.deletes != nullptr && ref.deletes->Contains(static_cast<uint32_t>(i))) continue;
        out.insert(ref.batch->rows.column(0)->GetValue(i).integer());
      }
    });
    return out;
  }
  static std::string SqlStateOf(const std::function<void()>& body) {
    auto error = CatchError(body);
    return error == nullptr ? "none" : std::string(error->sqlstate());
  }

  const TemporaryFolder temporary_{"weir-meta"};
  const std::string& folder_ = temporary_.path();
  PosixClock clock_;
  IoPool io_;
  obs::MetricsRegistry metrics_;
  std::unique_ptr<CommitLog> log_;
};

TEST_F(CommitLogTest, CommitsSurviveReopening) {
  Open();
  const TableId table = MakeTable();
  const CommitResult result = log_->Append(Insert(table, {1, 2, 3}));
  EXPECT_EQ(result.version, Version(2));
  EXPECT_EQ(Rows(*result.state, table), (std::multiset<int64_t>{1, 2, 3}));
  const uint64_t epoch = log_->epoch();
  Open();
  EXPECT_EQ(log_->state()->version(), Version(2));
  EXPECT_EQ(Rows(*log_->state(), table), (std::multiset<int64_t>{1, 2, 3}));
  EXPECT_GT(log_->epoch(), epoch);
  ASSERT_EQ(log_->Recent(10).size(), 2U);
  EXPECT_EQ(log_->Recent(1)[0].inserted_rows, 3U);
  EXPECT_EQ(log_->Recent(10)[0].description, "create table weir.public.numbers");
}

TEST_F(CommitLogTest, LabelsCommitOnce) {
  Open();
  const TableId table = MakeTable();
  const CommitResult first = log_->Append(Insert(table, {1}, "load-1"));
  const CommitResult second = log_->Append(Insert(table, {1}, "load-1"));
  EXPECT_TRUE(second.duplicate);
  EXPECT_EQ(second.version, first.version);
  Open();
  EXPECT_TRUE(log_->Append(Insert(table, {1}, "load-1")).duplicate);
  EXPECT_EQ(Rows(*log_->state(), table).size(), 1U);
  CommitRequest elsewhere = Insert(table, {2}, "load-1");
  elsewhere.database = DatabaseId(99);
  EXPECT_FALSE(log_->Append(std::move(elsewhere)).duplicate);
}

TEST_F(CommitLogTest, ConflictsAreRefused) {
  Open();
  const TableId table = MakeTable();
  log_->Append(AddSegment(table, 100));
  PartId part;
  log_->state()->FindTable(table)->segments.ForEach([&](const SegmentRef& ref) { part = ref.id(); });
  log_->Append(Delete(table, part, {1, 2, 3}));
  EXPECT_EQ(SqlStateOf([&] { log_->Append(Delete(table, part, {3, 4})); }), "40001");
  log_->Append(Delete(table, part, {4}));
  EXPECT_EQ(log_->state()->FindTable(table)->live_rows, 96U);
  // A compaction that has not seen the last delete.
  CommitRequest compaction = AddSegment(table, 97);
  compaction.kind = CommitKind::kCompaction;
  compaction.tables[0].removed = {{part, 3}};
  EXPECT_EQ(SqlStateOf([&] { log_->Append(std::move(compaction)); }), "40001");
  CommitRequest good = AddSegment(table, 96);
  good.kind = CommitKind::kCompaction;
  good.tables[0].removed = {{part, 4}};
  const Version content = log_->state()->FindTable(table)->content_changed;
  log_->Append(std::move(good));
  EXPECT_EQ(log_->state()->FindTable(table)->live_rows, 96U);
  EXPECT_EQ(log_->state()->FindTable(table)->deleted_rows, 0U);
  EXPECT_EQ(log_->state()->FindTable(table)->content_changed, content);
  EXPECT_EQ(SqlStateOf([&] { log_->Append(Delete(table, part, {50})); }), "40001");
  log_->Append(Ddl(DropTable{"weir", "public", "numbers"}));
  EXPECT_EQ(SqlStateOf([&] { log_->Append(Insert(table, {1})); }), "42P01");
  EXPECT_EQ(log_->state()->FindTable(table), nullptr);
  const Version last = log_->state()->version();
  Open();
  EXPECT_EQ(log_->state()->version(), last);
}

TEST_F(CommitLogTest, ValidationRunsInCommitOrder) {
  Open();
  const TableId table = MakeTable();
  CommitRequest request = Insert(table, {1});
  Version seen;
  request.validate = [&](const State& before) {
    seen = before.version();
    throw Error::User(sqlstate::kUniqueViolation, "refused");
  };
  EXPECT_EQ(SqlStateOf([&] { log_->Append(std::move(request)); }), "23505");
  EXPECT_EQ(seen, Version(1));
  EXPECT_EQ(log_->state()->version(), Version(1));
}

TEST_F(CommitLogTest, TransactionsMayDeleteWhatTheyInsert) {
  Open();
  const TableId table = MakeTable();
  CommitRequest request = Insert(table, {10, 11, 12});
  request.tables[0].deletes = {{ProvisionalPart(true, 0), DeleteVector::Of(std::vector<uint32_t>{1})}};
  log_->Append(std::move(request));
  EXPECT_EQ(Rows(*log_->state(), table), (std::multiset<int64_t>{10, 12}));
  Open();
  EXPECT_EQ(Rows(*log_->state(), table), (std::multiset<int64_t>{10, 12}));
}

TEST_F(CommitLogTest, RowsOfTablesMadeInTheSameCommit) {
  Open();
  MakeTable("other");
  const StatePtr seen = log_->state();
  const auto request = [&] {
    // The id that the table would get now.
    Commit commit;
    commit.ddl = {Numbers()};
    const TableId table = seen->Apply(commit)->catalog()->GetTable({"", "", "numbers"}, {})->id;
    CommitRequest made = Insert(table, {1, 2});
    made.ddl = {Numbers()};
    made.catalog_seen = seen->catalog()->version();
    return made;
  };
  CommitRequest good = request();
  CommitRequest late = request();
  CommitRequest blind = request();
  blind.catalog_seen = {};
  EXPECT_EQ(SqlStateOf([&] { log_->Append(std::move(blind)); }), "40001");
  log_->Append(std::move(good));
  const TableId table = log_->state()->catalog()->GetTable({"", "", "numbers"}, {})->id;
  EXPECT_EQ(Rows(*log_->state(), table), (std::multiset<int64_t>{1, 2}));
  // Another table has come in between: the id would be somebody else's.
  log_->Append(Ddl(DropTable{"weir", "public", "numbers"}));
  EXPECT_EQ(SqlStateOf([&] { log_->Append(std::move(late)); }), "40001");
  Open();
  EXPECT_EQ(log_->state()->FindTable(table), nullptr);
}

TEST_F(CommitLogTest, SnapshotsShortenReplayAndTruncate) {
  Open({.keep_commits = 5});
  const TableId table = MakeTable();
  for (int64_t i = 0; i < 50; ++i) log_->Append(Insert(table, {i}, "label-" + std::to_string(i)));
  log_->Append(AddSegment(table, 10));
  log_->WriteSnapshot();
  EXPECT_EQ(log_->snapshot_version(), Version(52));
  for (int64_t i = 50; i < 55; ++i) log_->Append(Insert(table, {i}));
  EXPECT_EQ(SqlStateOf([&] { log_->Read(Version(10), Version(20)); }), "55000");
  EXPECT_EQ(log_->Read(Version(50), Version(60)).size(), 7U);
  const auto before = Rows(*log_->state(), table);
  Open();
  EXPECT_EQ(Rows(*log_->state(), table), before);
  EXPECT_EQ(log_->state()->FindTable(table)->segments.size(), 1U);
  EXPECT_TRUE(log_->Append(Insert(table, {1}, "label-7")).duplicate);
  // Ids go on behind the snapshot's.
  log_->Append(AddSegment(table, 1));
  log_->WriteSnapshot();
  Open();
  EXPECT_EQ(log_->state()->FindTable(table)->segments.size(), 2U);
}

TEST_F(CommitLogTest, ManyThreadsShareAppends) {
  Open();
  const TableId table = MakeTable();
  uint64_t last_seen = 1;
  bool in_order = true;
  const uint64_t id = log_->Subscribe([&](const CommitPtr& commit, const StatePtr& after) {
    in_order = in_order && commit->version.value() == last_seen + 1 && after->version() == commit->version;
    last_seen = commit->version.value();
  });
  std::vector<std::thread> threads;
  for (int64_t t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int64_t i = 0; i < 25; ++i) {
        const CommitResult result = log_->Append(Insert(table, {t * 1000 + i}));
        EXPECT_GE(result.state->version(), result.version) << "what is acknowledged is visible";
      }
    });
  }
  std::atomic<int> async_done{0};
  for (int64_t i = 0; i < 100; ++i) {
    log_->AppendAsync(Insert(table, {100'000 + i}), [&](std::unique_ptr<Error> error, CommitResult) {
      EXPECT_EQ(error, nullptr);
      ++async_done;
    });
  }
  for (auto& thread : threads) thread.join();
  const CommitResult task = SyncWait(log_->AppendTask(Insert(table, {-1})));
  EXPECT_GT(task.version.value(), 0U);
  ASSERT_TRUE(log_->WaitFor(Version(1 + 200 + 100 + 1)));
  log_->Stop();
  log_->Unsubscribe(id);
  EXPECT_EQ(async_done, 100);
  EXPECT_TRUE(in_order);
  EXPECT_EQ(last_seen, 302U);
  EXPECT_EQ(Rows(*log_->state(), table).size(), 301U);
  EXPECT_EQ(SqlStateOf([&] { log_->Append(Insert(table, {1})); }), "57P01");
}

TEST_F(CommitLogTest, BlockedCallersDoNotStarveTheCommitter) {
  IoPool small({.threads_max = 2});
  auto log = CommitLog::Open(OpenSqliteStore(path()), nullptr, clock_, small, metrics_);
  log->Append(Ddl(Numbers()));
  const TableId table = log->state()->catalog()->GetTable({"", "", "numbers"}, {})->id;
  std::atomic<int> done{0};
  for (int64_t i = 0; i < 50; ++i) {
    small.Submit([&, i] {
      log->Append(Insert(table, {i}));
      ++done;
    });
    log->AppendAsync(Insert(table, {i}), [&](std::unique_ptr<Error>, CommitResult) { ++done; });
  }
  ASSERT_TRUE(log->WaitFor(Version(101)));
  while (done < 100) std::this_thread::yield();
  log.reset();
}

TEST_F(CommitLogTest, ADeposedLogCannotWrite) {
  Open();
  const TableId table = MakeTable();
  auto successor = CommitLog::Open(OpenSqliteStore(path()), nullptr, clock_, io_, metrics_);
  EXPECT_EQ(SqlStateOf([&] { log_->Append(Insert(table, {1})); }), "57P01");
  EXPECT_TRUE(log_->fatal_error().has_value());
  EXPECT_EQ(SqlStateOf([&] { log_->Append(Insert(table, {1})); }), "57P01");
  successor->Append(Insert(table, {2}));
  EXPECT_EQ(Rows(*successor->state(), table), (std::multiset<int64_t>{2}));
}

TEST_F(CommitLogTest, RefusesNewerFormatsAndDamage) {
  Open();
  const TableId table = MakeTable();
  log_->Append(Insert(table, {1, 2, 3}));
  log_.reset();
  OpenSqliteStore(path())->Execute("UPDATE weir_format SET version = 99");
  EXPECT_EQ(SqlStateOf([&] { Open(); }), "55000");
  OpenSqliteStore(path())->Execute("UPDATE weir_format SET version = 1");
  Open();
  log_.reset();
  OpenSqliteStore(path())->Execute("UPDATE edit_log SET payload = x'00112233' WHERE version = 2");
  EXPECT_EQ(SqlStateOf([&] { Open(); }), "XX001");
  OpenSqliteStore(path())->Execute("DELETE FROM edit_log WHERE version = 1");
  EXPECT_EQ(SqlStateOf([&] { Open(); }), "XX001");
}

// A store that fails as told.
class FailingStore : public SqlStore {
 public:
  explicit FailingStore(std::unique_ptr<SqlStore> real, std::shared_ptr<int> mode)
      : real_(std::move(real)), mode_(std::move(mode)) {}
  int64_t Execute(std::string_view sql, std::span<const SqlParameter> parameters) override {
    if (*mode_ == 1 && sql.starts_with("INSERT INTO edit_log")) {
      throw Error::Operational(sqlstate::kDiskFull, "disk full");
    }
    return real_->Execute(sql, parameters);
  }
  void Query(std::string_view sql, std::span<const SqlParameter> parameters,
             const std::function<void(const SqlRow&)>& each) override {
    real_->Query(sql, parameters, each);
  }
  void Begin() override { real_->Begin(); }
  void Commit() override {
    if (*mode_ == 2) throw Error::Operational(sqlstate::kIoError, "before");
    real_->Commit();
    if (*mode_ == 3) throw Error::Operational(sqlstate::kIoError, "after");
  }
  void Rollback() noexcept override { real_->Rollback(); }
  std::unique_ptr<SqlStore> Connect() override { return real_->Connect(); }

 private:
  std::unique_ptr<SqlStore> real_;
  std::shared_ptr<int> mode_;
};

TEST_F(CommitLogTest, StoreFailuresLoseNothing) {
  auto mode = std::make_shared<int>(0);
  log_ = CommitLog::Open(std::make_unique<FailingStore>(OpenSqliteStore(path()), mode), nullptr, clock_, io_, metrics_);
  const TableId table = MakeTable();
  *mode = 1;
  EXPECT_EQ(SqlStateOf([&] { log_->Append(Insert(table, {1})); }), "53100");
  *mode = 2;
  EXPECT_EQ(SqlStateOf([&] { log_->Append(Insert(table, {2})); }), "58030");
  *mode = 3;
  EXPECT_EQ(SqlStateOf([&] { log_->Append(Insert(table, {3})); }), "none") << "it had become durable";
  *mode = 0;
  log_->Append(Insert(table, {4}));
  EXPECT_EQ(Rows(*log_->state(), table), (std::multiset<int64_t>{3, 4}));
  log_.reset();
  Open();
  EXPECT_EQ(Rows(*log_->state(), table), (std::multiset<int64_t>{3, 4}));
}

// Children append from several threads and say what was acknowledged; kill -9 at a random moment; everything
// acknowledged must be there, and nothing that was not sent.
TEST_F(CommitLogTest, KillLosesNothingAcknowledged) {
  Open();
  const TableId table = MakeTable();
  log_.reset();
  std::multiset<int64_t> acknowledged;
  for (int round = 0; round < 5; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      // The pool's threads did not come along: everything is made anew.
      close(pipe_ends[0]);
      PosixClock clock;
      auto* io = new IoPool();
      auto* metrics = new obs::MetricsRegistry();
      auto log = CommitLog::Open(OpenSqliteStore(path()), nullptr, clock, *io, *metrics, {.keep_commits = 10});
      std::vector<std::thread> threads;
      for (int64_t t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
          for (int64_t i = 0;; ++i) {
            const int64_t number = (round * 10 + t) * 1'000'000 + i;
            log->Append(Insert(table, {number}));
            if (write(pipe_ends[1], &number, sizeof(number)) != sizeof(number)) _exit(1);
            if (t == 0 && i % 40 == 39) log->WriteSnapshot();
          }
        });
      }
      pause();
      _exit(0);
    }
    close(pipe_ends[1]);
    size_t enough = 150 + static_cast<size_t>(round) * 37;
    int64_t number;
    while (enough-- > 0 && read(pipe_ends[0], &number, sizeof(number)) == sizeof(number)) acknowledged.insert(number);
    kill(child, SIGKILL);
    while (read(pipe_ends[0], &number, sizeof(number)) == sizeof(number)) acknowledged.insert(number);
    close(pipe_ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";
    Open();
    const auto found = Rows(*log_->state(), table);
    for (const int64_t each : acknowledged) EXPECT_EQ(found.count(each), 1U) << each;
    EXPECT_LE(found.size(), acknowledged.size() + 4 * static_cast<size_t>(round + 1)) << "one in flight per thread";
    log_.reset();
  }
}

TEST_F(CommitLogTest, TransactionsGoThroughTheirStates) {
  Open();
  const TableId table = MakeTable();
  TransactionId prepared;
  {
    Transactions transactions(*log_, OpenSqliteStore(path()), clock_);
    const auto one = transactions.Begin(DatabaseId(1), "tx-1", 0);
    EXPECT_EQ(SqlStateOf([&] { transactions.Begin(DatabaseId(1), "tx-1", 0); }), "42710");
    transactions.Add(one.id, Insert(table, {1}));
    transactions.Add(one.id, Insert(table, {2}));
    EXPECT_TRUE(Rows(*log_->state(), table).empty());
    const CommitResult result = transactions.Commit(one.id);
    EXPECT_EQ(Rows(*log_->state(), table), (std::multiset<int64_t>{1, 2}));
    EXPECT_EQ(transactions.Commit(one.id).version, result.version);
    EXPECT_EQ(SqlStateOf([&] { transactions.Abort(one.id, "late"); }), "55000");
    const auto two = transactions.Begin(DatabaseId(1), "tx-2", 0);
    transactions.Add(two.id, Insert(table, {3}));
    transactions.Prepare(two.id);
    EXPECT_EQ(SqlStateOf([&] { transactions.Add(two.id, Insert(table, {4})); }), "55000");
    prepared = two.id;
    const auto three = transactions.Begin(DatabaseId(1), "tx-3", 1);
    transactions.AbortExpired();
    EXPECT_EQ(transactions.Find(three.id)->state, TransactionState::kAborted);
    transactions.Begin(DatabaseId(1), "tx-3", 0);
  }
  Open();
  Transactions transactions(*log_, OpenSqliteStore(path()), clock_);
  EXPECT_EQ(transactions.Find(DatabaseId(1), "tx-1")->state, TransactionState::kCommitted);
  EXPECT_EQ(transactions.Find(DatabaseId(1), "tx-3")->state, TransactionState::kAborted)
      << "open ones end at a restart";
  EXPECT_EQ(transactions.Find(prepared)->state, TransactionState::kPrepared);
  transactions.Commit(prepared);
  EXPECT_EQ(Rows(*log_->state(), table), (std::multiset<int64_t>{1, 2, 3}));
  EXPECT_EQ(SqlStateOf([&] { transactions.Begin(DatabaseId(1), "tx-2", 0); }), "42710");
}

}  // namespace
}  // namespace weir
