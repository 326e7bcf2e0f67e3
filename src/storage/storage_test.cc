#include "storage/storage.h"

#include <map>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "column/builder.h"
#include "env/posix/epoll_loop.h"
#include "env/posix/posix_clock.h"
#include "env/posix/posix_file_system.h"
#include "env/posix/posix_random.h"
#include "env/sim/sim_clock.h"
#include "env/sim/sim_executor.h"
#include "env/testing/temporary_folder.h"
#include "meta/sqlite_store.h"
#include "storage/footer_cache.h"
#include "storage/row_claims.h"

namespace weir {
namespace {

class StorageTest : public ::testing::Test {
 protected:
  void TearDown() override { storage_.reset(); }
  StorageOptions Options() const {
    StorageOptions options;
    options.data_dir = folder_ + "/data";
    options.background = false;
    options.sweep_grace_nanos = 0;
    options.writer.inline_rows_max = 100;
    return options;
  }
  StorageServices Services() {
    return {.files = files_,
            .clock = clock_,
            .random = random_,
            .timers = timers_,
            .io = io_,
            .metrics = metrics_,
            .tracker = tracker_};
  }
  void Open() { Open(Options()); }
  void Open(StorageOptions options) {
    storage_.reset();
    storage_ = Storage::Open(Services(), std::move(options));
  }

  static CreateTable Events(std::string name = "events") {
    CreateTable create{.database = "weir", .schema = "public"};
    create.def.name = std::move(name);
    create.def.columns.resize(3);
    create.def.columns[0].name = "id";
    create.def.columns[0].type = TypeKind::kInt64;
    create.def.columns[0].nullable = false;
    create.def.columns[1].name = "name";
    create.def.columns[1].type = TypeKind::kVarchar;
    create.def.columns[2].name = "at";
    create.def.columns[2].type = TypeKind::kTimestamp;
    return create;
  }
  TableId Make(const CreateTable& create) {
    return storage_->ApplyDdl({create}).state->catalog()->GetTable({"", "", create.def.name}, {})->id;
  }
  static constexpr int64_t kDay = 86'400'000'000;
  // Ids from first on: names repeat, every seventh is NULL; ten rows a day.
  static Chunk Rows(int64_t first, int64_t count) {
    ColumnBuilder ids(TypeKind::kInt64);
    ColumnBuilder names(TypeKind::kVarchar);
    ColumnBuilder times(TypeKind::kTimestamp);
    for (int64_t id = first; id < first + count; ++id) {
      ids.Append(id);
      if (id % 7 == 0) {
        names.AppendNull();
      } else {
        names.AppendString("a somewhat long name, number " + std::to_string(id % 50));
      }
      times.Append(id * kDay / 10);
    }
    return {{ids.Finish(), names.Finish(), times.Finish()}, static_cast<size_t>(count)};
  }
  CommitResult Insert(TableId table, const Chunk& rows, std::string label = {}) {
    const auto writer = storage_->OpenWriter(storage_->snapshot(), table);
    writer->Write(rows);
    CommitRequest request;
    request.label = std::move(label);
    request.tables.push_back(writer->Finish());
    return storage_->Commit(std::move(request));
  }
  std::vector<Chunk> Scan(const SnapshotPtr& snapshot, TableId table, ScanSpec spec, ScanFilter* filter = nullptr,
                          size_t rows_max = 512) {
    if (spec.columns.empty()) {
      for (const ColumnDef& column : snapshot->catalog()->GetTable(table)->columns) spec.columns.push_back(column.id);
    }
    last_plan_ = storage_->PlanScan(snapshot, table, std::move(spec));
    ScanReader reader(last_plan_, tracker_);
    std::vector<Chunk> out;
    for (const ScanUnit& unit : last_plan_->units) {
      reader.Open(unit);
      Chunk chunk;
      while (reader.Next(rows_max, filter, chunk)) {
        chunk.Verify();
        EXPECT_LE(chunk.size(), rows_max);
        EXPECT_FALSE(chunk.empty());
        out.push_back(chunk);
      }
    }
    return out;
  }
  // First column to all others as text.
  std::map<int64_t, std::string> Contents(TableId table, const SnapshotPtr& snapshot = nullptr) {
    std::map<int64_t, std::string> out;
    for (const Chunk& chunk : Scan(snapshot == nullptr ? storage_->snapshot() : snapshot, table, {})) {
      for (size_t row = 0; row < chunk.row_count(); ++row) {
        const bool is_new =
            out.emplace(chunk.column(0)->GetValue(chunk.rows()[row]).integer(), chunk.RowToString(row)).second;
        EXPECT_TRUE(is_new) << "a row twice";
      }
    }
    return out;
  }
  static std::map<int64_t, std::string> Expected(int64_t first, int64_t count) {
    std::map<int64_t, std::string> out;
    const Chunk chunk = Rows(first, count);
    for (int64_t i = 0; i < count; ++i) out[first + i] = chunk.RowToString(static_cast<size_t>(i));
    return out;
  }
  // Deletes rows whose id satisfies the condition.
  CommitResult Delete(TableId table, const std::function<bool(int64_t)>& condition) {
    RowClaims deletes;
    ScanSpec spec{.columns = {FieldId(1)}, .with_row_ids = true};
    FunctionScanFilter filter(1, [&](const Chunk& chunk) {
      auto selection = std::make_shared<Selection>();
      chunk.rows().ForEach([&](size_t row) {
        if (condition(chunk.column(0)->GetValue(row).integer())) selection->push_back(static_cast<uint32_t>(row));
      });
      return selection;
    });
    for (const Chunk& chunk : Scan(storage_->snapshot(), table, spec, &filter)) {
      deletes.Claim(*chunk.column(1), *chunk.column(2), chunk.rows());
    }
    CommitRequest request;
    request.kind = CommitKind::kDelete;
    request.tables.push_back(deletes.Finish(table));
    return storage_->Commit(std::move(request));
  }
  static std::string SqlStateOf(const std::function<void()>& body) {
    auto error = CatchError(body);
    return error == nullptr ? "none" : std::string(error->sqlstate());
  }
  const TableState& State(TableId table) const { return *storage_->log().state()->FindTable(table); }
  size_t FileCount() const { return storage_->objects().List("").size(); }

  const TemporaryFolder temporary_{"weir-storage"};
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
  ScanPlanPtr last_plan_;
};

TEST_F(StorageTest, InlineRowsAndSegmentsAreOneTable) {
  Open();
  const TableId table = Make(Events());
  Insert(table, Rows(0, 50));
  Insert(table, Rows(50, 1));
  EXPECT_EQ(State(table).segments.size(), 0U);
  Insert(table, Rows(51, 3000));
  EXPECT_EQ(State(table).segments.size(), 1U);
  EXPECT_EQ(Contents(table), Expected(0, 3051));
  EXPECT_EQ(storage_->snapshot()->RowCount(table), 3051U);
  Open();
  EXPECT_EQ(Contents(table), Expected(0, 3051));
  const auto statistics = storage_->snapshot()->Statistics(table);
  EXPECT_EQ(statistics->row_count, 3051U);
  EXPECT_EQ(statistics->columns.at(FieldId(1)).min, Value::Int64(0));
  EXPECT_EQ(statistics->columns.at(FieldId(1)).max, Value::Int64(3050));
  EXPECT_EQ(statistics->columns.at(FieldId(2)).null_count, 436U);
  EXPECT_NEAR(static_cast<double>(statistics->columns.at(FieldId(2)).distinct_count), 50, 2);
}

TEST_F(StorageTest, SnapshotsStayAsTheyWere) {
  Open();
  const TableId table = Make(Events());
  Insert(table, Rows(0, 1000));
  const SnapshotPtr before = storage_->snapshot();
  Delete(table, [](int64_t id) { return id >= 500; });
  Insert(table, Rows(2000, 10));
  storage_->Compact(table, true);
  EXPECT_EQ(State(table).segments.size(), 1U);
  storage_->Sweep(true);
  EXPECT_EQ(Contents(table, before), Expected(0, 1000)) << "its file is there as long as the snapshot";
  auto expected = Expected(0, 500);
  expected.merge(Expected(2000, 10));
  EXPECT_EQ(Contents(table), expected);
}

TEST_F(StorageTest, FilesGoWhenNobodyNeedsThem) {
  Open();
  const TableId table = Make(Events());
  Insert(table, Rows(0, 1000));
  SnapshotPtr before = storage_->snapshot();
  Delete(table, [](int64_t id) { return id % 2 == 0; });
  EXPECT_EQ(storage_->Compact(table, true), 1U);
  EXPECT_EQ(FileCount(), 2U);
  EXPECT_EQ(storage_->Sweep(false), 0U);
  before.reset();
  last_plan_.reset();
  EXPECT_EQ(storage_->Sweep(false), 1U);
  EXPECT_EQ(FileCount(), 1U);
  CommitRequest truncate;
  truncate.kind = CommitKind::kTruncate;
  truncate.tables.push_back({.table = table, .truncate = true});
  storage_->Commit(std::move(truncate));
  EXPECT_TRUE(Contents(table).empty());
  last_plan_.reset();
  storage_->Sweep(false);
  EXPECT_EQ(FileCount(), 0U);
}

TEST_F(StorageTest, DeletesSeeConflictsAndSurvive) {
  Open();
  const TableId table = Make(Events());
  Insert(table, Rows(0, 1000));
  Insert(table, Rows(1000, 20));
  const CommitResult result = Delete(table, [](int64_t id) { return id % 10 == 3; });
  EXPECT_EQ(storage_->log().Recent(1)[0].deleted_rows, 102U);
  EXPECT_EQ(State(table).live_rows, 918U);
  auto expected = Expected(0, 1020);
  std::erase_if(expected, [](const auto& row) { return row.first % 10 == 3; });
  EXPECT_EQ(Contents(table), expected);
  Open();
  EXPECT_EQ(Contents(table), expected);
  storage_->Flush(table);
  EXPECT_EQ(State(table).inline_batches.size(), 0U);
  EXPECT_EQ(Contents(table), expected);
  storage_->Compact(table, true);
  EXPECT_EQ(State(table).segments.size(), 1U);
  EXPECT_EQ(State(table).deleted_rows, 0U);
  EXPECT_EQ(Contents(table), expected);
}

TEST_F(StorageTest, TransactionsSeeTheirOwnWork) {
  Open();
  const TableId table = Make(Events());
  Insert(table, Rows(0, 10));
  const auto writer = storage_->OpenWriter(storage_->snapshot(), table);
  writer->Write(Rows(10, 5));
  CommitRequest request;
  request.tables.push_back(writer->Finish());
  const SnapshotPtr overlay = storage_->Overlay(storage_->snapshot(), request);
  EXPECT_EQ(Contents(table, overlay), Expected(0, 15));
  EXPECT_EQ(Contents(table), Expected(0, 10));
  // Deletes a row of each: one that was there and one of its own.
  RowClaims deletes;
  for (const Chunk& chunk : Scan(overlay, table, {.columns = {FieldId(1)}, .with_row_ids = true})) {
    auto rows = std::make_shared<Selection>();
    chunk.rows().ForEach([&](size_t row) {
      const int64_t id = chunk.column(0)->GetValue(row).integer();
      if (id == 4 || id == 12) rows->push_back(static_cast<uint32_t>(row));
    });
    deletes.Claim(*chunk.column(1), *chunk.column(2), RowSet::Of(*rows));
  }
  request.tables[0].Append(deletes.Finish(table));
  auto expected = Expected(0, 15);
  expected.erase(4);
  expected.erase(12);
  EXPECT_EQ(Contents(table, storage_->Overlay(storage_->snapshot(), request)), expected);
  storage_->Commit(std::move(request));
  EXPECT_EQ(Contents(table), expected);
}

TEST_F(StorageTest, ColumnsComeGoAndChange) {
  Open();
  const TableId table = Make(Events());
  Insert(table, Rows(0, 200));
  Insert(table, Rows(200, 3));
  ColumnDef column;
  column.name = "score";
  column.type = TypeKind::kInt32;
  column.default_value = Value::Int32(42);
  storage_->ApplyDdl(
      {AddColumn{.table = table, .column = column}, RenameColumn{table, "name", "label"}, DropColumn{table, "at"}});
  auto contents = Contents(table);
  ASSERT_EQ(contents.size(), 203U);
  EXPECT_EQ(contents[1], "1|a somewhat long name, number 1|42");
  EXPECT_EQ(contents[202], "202|a somewhat long name, number 2|42");
  storage_->ApplyDdl({AlterColumn{.table = table, .name = "score", .type = Type(TypeKind::kInt64)}});
  const auto writer = storage_->OpenWriter(storage_->snapshot(), table);
  writer->Write(Chunk({Column::Constant(Value::Int64(900), 1), Column::ConstantNull(TypeKind::kVarchar, 1),
                       Column::Constant(Value::Int64(int64_t{1} << 40), 1)},
                      1));
  CommitRequest request;
  request.tables.push_back(writer->Finish());
  storage_->Commit(std::move(request));
  storage_->Flush();
  storage_->Compact(table, true);
  contents = Contents(table);
  EXPECT_EQ(contents[900], "900|NULL|1099511627776");
  EXPECT_EQ(contents.size(), 204U);
  // Pruning knows what rows have that are older than their column.
  Scan(storage_->snapshot(), table,
       {.columns = {FieldId(1), FieldId(4)},
        .predicates = {{FieldId(4), ScanCompare::kGreater, {Value::Int64(int64_t{1} << 50)}}}});
  EXPECT_EQ(last_plan_->units.size(), 0U);
}

TEST_F(StorageTest, PrunesSegmentsAndPages) {
  Open();
  CreateTable create = Events();
  create.def.sort_key = {FieldId(1)};
  const TableId table = Make(create);
  Insert(table, Rows(0, 50'000));
  Insert(table, Rows(100'000, 50'000));
  const auto scan = [&](ScanCompare compare, std::vector<Value> values, FieldId field = FieldId(1)) {
    std::set<int64_t> ids;
    for (const Chunk& chunk :
         Scan(storage_->snapshot(), table,
              {.columns = {FieldId(1), FieldId(2)}, .predicates = {{field, compare, std::move(values)}}})) {
      chunk.rows().ForEach([&](size_t row) { ids.insert(chunk.column(0)->GetValue(row).integer()); });
    }
    return ids;
  };
  EXPECT_TRUE(scan(ScanCompare::kEqual, {Value::Int64(123'456)}).contains(123'456));
  EXPECT_EQ(last_plan_->counters->segments_pruned, 1U);
  EXPECT_GT(last_plan_->counters->pages_pruned, 0U);
  EXPECT_LT(last_plan_->counters->rows_read, 25'000U);
  EXPECT_TRUE(scan(ScanCompare::kGreater, {Value::Int64(149'999)}).empty());
  EXPECT_EQ(last_plan_->counters->segments_pruned, 2U);
  EXPECT_TRUE(scan(ScanCompare::kIn, {Value::Int64(7), Value::Int64(140'000)}).contains(140'000));
  EXPECT_TRUE(scan(ScanCompare::kPrefix, {Value::String("b")}, FieldId(2)).empty());
  EXPECT_EQ(scan(ScanCompare::kPrefix, {Value::String("a some")}, FieldId(2)).size(), 100'000U);
  EXPECT_TRUE(scan(ScanCompare::kIsNull, {}, FieldId(1)).empty());
}

TEST_F(StorageTest, LateMaterialisationReadsWhatPasses) {
  Open();
  const TableId table = Make(Events());
  Insert(table, Rows(0, 20'000));
  Delete(table, [](int64_t id) { return id % 100 == 5; });
  for (const int64_t every : {1, 2, 3, 10, 1000, 1'000'000}) {
    FunctionScanFilter filter(1, [&](const Chunk& chunk) {
      auto selection = std::make_shared<Selection>();
      chunk.rows().ForEach([&](size_t row) {
        if (chunk.column(0)->GetValue(row).integer() % every == 0) selection->push_back(static_cast<uint32_t>(row));
      });
      return selection;
    });
    std::map<int64_t, std::string> found;
    for (const Chunk& chunk : Scan(storage_->snapshot(), table, {.columns = {FieldId(1), FieldId(2), FieldId(3)}},
                                   &filter, every == 3 ? 3 : 512)) {
      for (size_t row = 0; row < chunk.row_count(); ++row) {
        found[chunk.column(0)->GetValue(chunk.rows()[row]).integer()] = chunk.RowToString(row);
      }
    }
    auto expected = Expected(0, 20'000);
    std::erase_if(expected, [&](const auto& row) { return row.first % every != 0 || row.first % 100 == 5; });
    EXPECT_EQ(found, expected) << every;
  }
}

// Lets pass what each step's column has at multiples of a number; the last step says nothing.
class StepFilter final : public ScanFilter {
 public:
  StepFilter(int64_t first, int64_t second) : every_{first, second} {}
  size_t step_count() const override { return 3; }
  std::optional<size_t> ColumnsOf(size_t step) const override {
    return step == 2 ? std::nullopt : std::optional<size_t>(2 * step + 1);
  }
  SelectionPtr Apply(size_t step, const Chunk& chunk) override {
    rows_seen[step] += chunk.row_count();
    auto selection = std::make_shared<Selection>();
    chunk.rows().ForEach([&](size_t row) {
      const Value value = chunk.column(2 * step)->GetValue(row);
      if (value.integer() % every_[step] == 0) selection->push_back(static_cast<uint32_t>(row));
    });
    return selection;
  }
  void EndBatch(size_t rows, size_t passed) override {
    rows_in += rows;
    rows_out += passed;
  }

  size_t rows_seen[2] = {0, 0};
  size_t rows_in = 0;
  size_t rows_out = 0;

 private:
  const int64_t every_[2];
};

TEST_F(StorageTest, FiltersInSteps) {
  Open();
  const TableId table = Make(Events());
  const std::vector<FieldId> fields = {FieldId(1), FieldId(2), FieldId(1), FieldId(3)};
  Insert(table, Rows(0, 20'000));
  Insert(table, Rows(20'000, 50));  // inline
  Delete(table, [](int64_t id) { return id % 100 == 30; });
  for (const auto& [first, second] :
       std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {2, 3}, {3, 2}, {10, 4}, {1000, 3}, {100'000, 7}}) {
    StepFilter filter(first, second);
    std::set<int64_t> found;
    for (const Chunk& chunk : Scan(storage_->snapshot(), table, {.columns = fields}, &filter)) {
      chunk.Verify();
      chunk.rows().ForEach([&](size_t row) {
        const int64_t id = chunk.column(0)->GetValue(row).integer();
        EXPECT_EQ(chunk.column(2)->GetValue(row).integer(), id);
        found.insert(id);
      });
    }
    std::set<int64_t> expected;
    size_t live = 0, passed_first = 0;
    for (int64_t id = 0; id < 20'050; ++id) {
      if (id % 100 == 30) continue;
      ++live;
      passed_first += id % first == 0 ? 1 : 0;
      if (id % first == 0 && id % second == 0) expected.insert(id);
    }
    EXPECT_EQ(found, expected);
    EXPECT_EQ(filter.rows_seen[0], live);
    EXPECT_EQ(filter.rows_seen[1], passed_first);
    EXPECT_EQ(filter.rows_in, live);
    EXPECT_EQ(filter.rows_out, expected.size());
  }
}

TEST_F(StorageTest, PartitionsBucketsAndSortOrder) {
  Open();
  CreateTable create = Events();
  create.def.partition = {
      PartitionKind::kExpression, {{FieldId(3), PartitionTransform::kDay}}, {}, "date_trunc('day', at)"};
  create.def.distribution = {{FieldId(1)}, 2};
  create.def.sort_key = {FieldId(2), FieldId(1)};
  const TableId table = Make(create);
  Insert(table, Rows(0, 40));
  storage_->Flush(table);
  EXPECT_EQ(State(table).segments.size(), 8U) << "4 days of 2 buckets";
  for (int i = 0; i < 20; ++i) {
    Insert(table, Rows(40 + i * 4, 4));
    storage_->Flush(table);
  }
  const auto before = Contents(table);
  const size_t segments = State(table).segments.size();
  storage_->Compact(table, true);
  EXPECT_EQ(Contents(table), before);
  EXPECT_LT(State(table).segments.size(), segments);
  std::set<std::string> partitions;
  State(table).segments.ForEach([&](const SegmentRef& ref) {
    partitions.insert(ref.info->partition);
    EXPECT_TRUE(ref.info->sorted);
    EXPECT_TRUE(ref.info->path.starts_with("weir/events-")) << ref.info->path;
  });
  EXPECT_TRUE(partitions.contains("at=1970-01-02")) << *partitions.begin();
  // Each segment is in order of the sort key.
  const SnapshotPtr now = storage_->snapshot();
  const auto plan = storage_->PlanScan(now, table, {.columns = {FieldId(2), FieldId(1)}});
  ScanReader reader(plan, tracker_);
  for (const ScanUnit& unit : plan->units) {
    reader.Open(unit);
    std::optional<std::pair<std::string, int64_t>> last;
    Chunk chunk;
    while (reader.Next(100, nullptr, chunk)) {
      chunk.rows().ForEach([&](size_t row) {
        const Value name = chunk.column(0)->GetValue(row);
        std::pair<std::string, int64_t> key{name.is_null() ? "" : name.bytes(),
                                            chunk.column(1)->GetValue(row).integer()};
        EXPECT_TRUE(!last.has_value() || *last <= key);
        last = key;
      });
    }
  }
}

TEST_F(StorageTest, NamedPartitionsRefuseWhatNoneTakes) {
  Open();
  CreateTable create = Events();
  create.def.partition.kind = PartitionKind::kRange;
  create.def.partition.fields = {{FieldId(1), PartitionTransform::kIdentity}};
  create.def.partition.partitions = {{"low", std::nullopt, Value::Int64(100), {}},
                                     {"high", Value::Int64(100), Value::Int64(200), {}}};
  const TableId table = Make(create);
  Insert(table, Rows(50, 100));
  EXPECT_EQ(SqlStateOf([&] { Insert(table, Rows(199, 2)); }), "23514");
  EXPECT_EQ(SqlStateOf([&] { Insert(table, Rows(150, 500)); }), "23514");
  storage_->Flush();
  EXPECT_EQ(State(table).segments.size(), 2U);
  EXPECT_EQ(FileCount(), 2U) << "what was written before the error is gone";
}

TEST_F(StorageTest, AbandonedWritesLeaveNothing) {
  Open();
  const TableId table = Make(Events());
  {
    const auto writer = storage_->OpenWriter(storage_->snapshot(), table);
    writer->Write(Rows(0, 1000));
    const TableDelta delta = writer->Finish();
    EXPECT_EQ(FileCount(), 1U);
    EXPECT_EQ(storage_->Sweep(true), 0U) << "pending files are no orphans";
  }
  EXPECT_EQ(FileCount(), 0U);
  const auto writer = storage_->OpenWriter(storage_->snapshot(), table);
  EXPECT_EQ(
      SqlStateOf([&] {
        writer->Write(Chunk({Column::ConstantNull(TypeKind::kInt64, 2), Column::ConstantNull(TypeKind::kVarchar, 2),
                             Column::ConstantNull(TypeKind::kTimestamp, 2)},
                            2));
      }),
      "23502");
}

TEST_F(StorageTest, OrphansGoAtTheNextStart) {
  Open();
  const TableId table = Make(Events());
  Insert(table, Rows(0, 1000));
  storage_->objects().PutText("weir/events-9/seg_orphan.parquet", "left by a crash");
  storage_->objects().PutText("weir/readme.txt", "not ours");
  EXPECT_EQ(storage_->Sweep(true), 0U) << "the first look only suspects";
  EXPECT_EQ(FileCount(), 3U);
  Open();
  EXPECT_EQ(FileCount(), 2U);
  EXPECT_EQ(Contents(table), Expected(0, 1000));
}

TEST_F(StorageTest, CompactionMergesSmallSegments) {
  Open();
  const TableId table = Make(Events());
  for (int i = 0; i < 20; ++i) Insert(table, Rows(i * 200, 200));
  EXPECT_EQ(State(table).segments.size(), 20U);
  EXPECT_EQ(storage_->Compact(), 20U);
  EXPECT_EQ(State(table).segments.size(), 1U);
  EXPECT_EQ(Contents(table), Expected(0, 4000));
  EXPECT_EQ(storage_->Compact(), 0U);
  State(table).segments.ForEach([](const SegmentRef& ref) { EXPECT_EQ(ref.info->level, 1U); });
}

TEST_F(StorageTest, RefusesFoldersThatAreNotItsOwn) {
  Open();
  EXPECT_EQ(SqlStateOf([&] { Storage::Open(Services(), Options()); }), "55006");
  storage_.reset();
  files_.WriteFileAtomically(folder_ + "/data/FORMAT", AsBytes("weir data folder, format 7\n"));
  EXPECT_EQ(SqlStateOf([&] { Open(); }), "55000");
  files_.WriteFileAtomically(folder_ + "/data/FORMAT", AsBytes("something else"));
  EXPECT_EQ(SqlStateOf([&] { Open(); }), "XX001");
  StorageOptions options = Options();
  options.data_dir = "/proc/weir";
  auto error = CatchError([&] { Open(options); });
  ASSERT_NE(error, nullptr);
  EXPECT_FALSE(error->hint().empty());
}

TEST_F(StorageTest, JobsRunByThemselves) {
  // Real timers: the simulation's have one thread.
  EpollLoop loop(clock_);
  std::thread loop_thread([&] { loop.Run(); });
  StorageOptions options = Options();
  options.background = true;
  options.flush_rows = 40;
  options.job_interval_nanos = 2 * kNanosPerMilli;
  storage_ = Storage::Open({.files = files_,
                            .clock = clock_,
                            .random = random_,
                            .timers = loop,
                            .io = io_,
                            .metrics = metrics_,
                            .tracker = tracker_},
                           options);
  const TableId table = Make(Events());
  for (int i = 0; i < 8; ++i) Insert(table, Rows(i * 50, 50));
  const auto settled = [&] {
    const StatePtr now = storage_->log().state();
    const TableState& state = *now->FindTable(table);
    return state.inline_batches.empty() && state.segments.size() <= 8;
  };
  for (int i = 0; i < 10'000 && !settled(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_TRUE(settled());
  EXPECT_EQ(Contents(table), Expected(0, 400));
  bool flushed = false;
  for (const JobInfo& job : storage_->jobs())
    flushed = flushed || (job.name == "flush" && job.runs > 0 && job.failures == 0);
  EXPECT_TRUE(flushed);
  storage_->Stop();
  storage_.reset();
  loop.Stop();
  loop_thread.join();
}

TEST_F(StorageTest, ManyTypesRoundTripThroughSegments) {
  Open();
  CreateTable create{.database = "weir", .schema = "public"};
  create.def.name = "types";
  const std::vector<Type> types = {
      TypeKind::kInt64,
      TypeKind::kBoolean,
      TypeKind::kInt8,
      TypeKind::kInt16,
      TypeKind::kInt32,
      TypeKind::kInt128,
      TypeKind::kFloat,
      TypeKind::kDouble,
      Type::Decimal(7, 2),
      Type::Decimal(18, 3),
      Type::Decimal(38, 10),
      TypeKind::kDate,
      TypeKind::kTime,
      TypeKind::kTimestamp,
      TypeKind::kTimestampTz,
      TypeKind::kTimestampNs,
      TypeKind::kTimestampTzNs,
      TypeKind::kInterval,
      TypeKind::kVarchar,
      TypeKind::kVarbinary,
      TypeKind::kUuid,
      TypeKind::kJson,
      Type::Varchar(40),
      Type::List(TypeKind::kInterval),
      Type::List(TypeKind::kInt32),
      Type::List(Type::List(TypeKind::kVarchar)),
      Type::Map(TypeKind::kVarchar, TypeKind::kDouble),
      Type::Struct({{"a", TypeKind::kInt32, true}, {"b", Type::List(TypeKind::kVarchar), true}})};
  for (size_t i = 0; i < types.size(); ++i) {
    ColumnDef& column = create.def.columns.emplace_back();
    column.name = "c" + std::to_string(i);
    column.type = types[i];
  }
  const TableId table = Make(create);
  const std::function<Value(const Type&, int64_t)> make = [&](const Type& type, int64_t i) -> Value {
    if (i % 5 == 4) return Value::Null(type);
    switch (type.physical()) {
      case PhysicalType::kBool:
        return Value::Integer(type, i % 2);
      case PhysicalType::kInt8:
        return Value::Integer(type, i % 2 == 0 ? -i % 100 : 127);
      case PhysicalType::kInt16:
      case PhysicalType::kInt32:
      case PhysicalType::kInt64:
        return Value::Integer(type, i % 2 == 0 ? -i : i * 31);
      case PhysicalType::kInt128:
        return Value::Wide(type, (i % 2 == 0 ? -1 : 1) * (static_cast<int128_t>(i) << 70));
      case PhysicalType::kFloat:
      case PhysicalType::kDouble:
        return Value::Floating(type, static_cast<double>(i) / 8 - 3);
      case PhysicalType::kInterval:
        return Value::OfInterval({static_cast<int32_t>(-i), 3, i * 7 + 1});
      case PhysicalType::kString:
        return Value::Bytes(type, type.is(TypeKind::kJson) ? "{\"i\":" + std::to_string(i) + "}"
                                                           : std::string(static_cast<size_t>(i) % 30, 'q'));
      case PhysicalType::kList: {
        std::vector<Value> parts;
        parts.reserve(static_cast<size_t>(i % 4));
        for (int64_t k = 0; k < i % 4; ++k) parts.push_back(make(type.element(), i + k));
        return Value::Nested(type, std::move(parts));
      }
      case PhysicalType::kMap: {
        std::vector<Value> parts;
        for (int64_t k = 0; k < i % 3; ++k) {
          parts.push_back(Value::String("key" + std::to_string(k)));
          parts.push_back(make(type.value(), i + k));
        }
        return Value::Nested(type, std::move(parts));
      }
      case PhysicalType::kStruct:
        return Value::Nested(type, {make(type.child(0), i + 1), make(type.child(1), i + 2)});
    }
    return Value::Null(type);
  };
  const size_t count = 3000;
  std::vector<ColumnPtr> columns;
  for (size_t c = 0; c < types.size(); ++c) {
    ColumnBuilder builder(types[c]);
    for (size_t i = 0; i < count; ++i)
      builder.AppendValue(c == 0 ? Value::Int64(static_cast<int64_t>(i)) : make(types[c], static_cast<int64_t>(i)));
    columns.push_back(builder.Finish());
  }
  const Chunk rows(columns, count);
  Insert(table, rows);
  Insert(table, rows.Slice(0, 20));
  EXPECT_EQ(State(table).segments.size(), 1U);
  storage_->Flush();
  std::map<int64_t, int> seen;
  for (const Chunk& chunk : Scan(storage_->snapshot(), table, {})) {
    for (size_t row = 0; row < chunk.row_count(); ++row) {
      const int64_t id = chunk.column(0)->GetValue(chunk.rows()[row]).integer();
      ++seen[id];
      ASSERT_EQ(chunk.RowToString(row), rows.RowToString(static_cast<size_t>(id)));
    }
  }
  EXPECT_EQ(seen.size(), count);
}

}  // namespace
}  // namespace weir
