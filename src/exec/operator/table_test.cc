#include <algorithm>

#include "catalog/catalog.h"
#include "column/builder.h"
#include "env/posix/posix_clock.h"
#include "env/posix/posix_file_system.h"
#include "env/posix/posix_random.h"
#include "env/sim/sim_clock.h"
#include "env/sim/sim_executor.h"
#include "env/testing/temporary_folder.h"
#include "exec/testing/engine_fixture.h"
#include "storage/storage.h"

namespace weir::exec_test {

// Scans of tables and files, INSERT and DELETE, over real storage.
class TableTest : public EngineTest {
 protected:
  void SetUp() override {
    StorageOptions options;
    options.data_dir = folder_ + "/data";
    options.background = false;
    options.writer.inline_rows_max = 100;
    storage_ = Storage::Open({.files = files_,
                              .clock = real_clock_,
                              .random = random_,
                              .timers = timers_,
                              .io = io_,
                              .metrics = metrics_,
                              .tracker = memory_},
                             std::move(options));
    CreateTable create{.database = "weir", .schema = "public"};
    create.def.name = "t";
    create.def.columns.resize(3);
    create.def.columns[0].name = "k";
    create.def.columns[0].type = TypeKind::kInt64;
    create.def.columns[1].name = "v";
    create.def.columns[1].type = TypeKind::kInt64;
    create.def.columns[1].nullable = false;
    create.def.columns[2].name = "s";
    create.def.columns[2].type = TypeKind::kVarchar;
    table_ = storage_->ApplyDdl({create}).state->catalog()->GetTable({"", "", "t"}, {})->id;
  }
  void TearDown() override { storage_.reset(); }

  static Schema Columns() { return {{"k", TypeKind::kInt64}, {"v", TypeKind::kInt64}, {"s", TypeKind::kVarchar}}; }
  static Schema Count() { return {{"count", TypeKind::kInt64}}; }
  PhysicalPtr Scan(std::vector<ExprPtr> filters = {}, std::vector<ColumnPredicate> predicates = {},
                   std::vector<size_t> output = {0, 1, 2}, std::vector<RuntimeFilterTarget> targets = {}) {
    return std::make_shared<PhysicalScan>(TableSource{table_.value(), "t", {0, 1, 2}}, Columns(), std::move(filters),
                                          std::move(predicates), std::move(output), std::move(targets));
  }
  // With the ids of the rows after the columns.
  PhysicalPtr ScanWithIds(std::vector<ExprPtr> filters = {}) {
    Schema columns = Columns();
    columns.push_back({"$part", TypeKind::kInt64});
    columns.push_back({"$position", TypeKind::kInt64});
    return std::make_shared<PhysicalScan>(TableSource{table_.value(), "t", {0, 1, 2}}, std::move(columns),
                                          std::move(filters), std::vector<ColumnPredicate>(),
                                          std::vector<size_t>{0, 1, 2, 3, 4}, std::vector<RuntimeFilterTarget>());
  }
  PhysicalPtr Insert(PhysicalPtr rows, std::string label = {}) {
    return std::make_shared<PhysicalChange>(
        std::move(rows), RowChange{ChangeKind::kInsert, table_.value(), "t", std::move(label), 3, false, true},
        Count());
  }
  // Of rows with their ids.
  PhysicalPtr Delete(const PhysicalPtr& with_ids) {
    std::vector<ExprPtr> ids(2);
    for (size_t i = 0; i < with_ids->schema().size(); ++i) {
      if (with_ids->schema()[i].name == "$part") ids[0] = In(with_ids, i);
      if (with_ids->schema()[i].name == "$position") ids[1] = In(with_ids, i);
    }
    PhysicalPtr rows = Project(with_ids, std::move(ids));
    return std::make_shared<PhysicalChange>(
        std::move(rows), RowChange{ChangeKind::kDelete, table_.value(), "t", "", 0, false, true}, Count());
  }
  // Runs at the newest snapshot; results as sorted text.
  std::vector<std::string> Texts(const PhysicalPtr& plan, const QueryOptions& options = {}) {
    const QueryServices services{
        .registry = registry_, .workers = workers_, .io = io_, .files = &files_, .storage = storage_.get()};
    QueryExecution execution(plan, services, statement_, storage_->snapshot(), memory_, {}, options);
    std::vector<std::string> out;
    for (const Chunk& chunk : RunToCompletion(execution)) {
      for (size_t i = 0; i < chunk.row_count(); ++i) out.push_back(chunk.RowToString(i));
    }
    rows_affected_ = execution.rows_affected();
    version_ = execution.committed_version();
    std::ranges::sort(out);
    return out;
  }
  std::vector<std::string> MemoryTexts(const PhysicalPtr& plan) {
    std::vector<std::string> out;
    for (const Row& row : Reference(registry_, statement_).Run(*plan)) {
      std::string text;
      for (const Value& value : row) text += (text.empty() ? "" : "|") + value.ToString();
      out.push_back(std::move(text));
    }
    std::ranges::sort(out);
    return out;
  }

  const TemporaryFolder temporary_{"weir-exec"};
  const std::string& folder_ = temporary_.path();
  PosixFileSystem files_;
  PosixClock real_clock_;
  PosixRandom random_;
  SimClock sim_clock_;
  SimExecutor timers_{sim_clock_, 1};
  obs::MetricsRegistry metrics_;
  std::unique_ptr<Storage> storage_;
  TableId table_;
  uint64_t rows_affected_ = 0;
  Version version_;
};

TEST_F(TableTest, InsertedRowsAreScanned) {
  EXPECT_EQ(Texts(Scan()).size(), 0u);
  // Few rows go into the commit, many into segments.
  const PhysicalPtr few = RandomTable(50, 71);
  const PhysicalPtr many = RandomTable(20'000, 72);
  EXPECT_EQ(Texts(Insert(few)), std::vector<std::string>{"50"});
  EXPECT_EQ(rows_affected_, 50u);
  const Version first = version_;
  EXPECT_EQ(Texts(Insert(many)), std::vector<std::string>{"20000"});
  EXPECT_EQ(version_, first.next());
  const PhysicalPtr both = std::make_shared<PhysicalUnionAll>(std::vector<PhysicalPtr>{few, many}, Columns());
  EXPECT_EQ(Texts(Scan()), MemoryTexts(both));
  for (const size_t chunk_rows : {size_t{3}, size_t{512}}) {
    for (const int threads : {1, 4}) {
      const QueryOptions options{.threads = threads, .chunk_rows = chunk_rows, .random_block_seed = chunk_rows};
      EXPECT_EQ(Texts(Scan({}, {}, {2}), options), MemoryTexts(Project(both, {In(both, 2)})));
    }
  }
  // Nothing to insert makes no commit.
  EXPECT_EQ(Texts(Insert(Filter(few, Call(">", {In(few, 1), Int(5000)})))), std::vector<std::string>{"0"});
  EXPECT_EQ(version_, Version());
}

TEST_F(TableTest, NoColumnsStillCountRows) {
  Texts(Insert(RandomTable(20'000, 73)));
  const PhysicalPtr scan = Scan({}, {}, {});
  EXPECT_EQ(Texts(Aggregate(scan, {}, {Agg("count", {})})), std::vector<std::string>{"20000"});
}

TEST_F(TableTest, FiltersPruneAndAreExact) {
  const PhysicalPtr rows = RandomTable(20'000, 74);
  Texts(Insert(rows));
  const ExprPtr less = Call("<", {In(1, TypeKind::kInt64), Int(-900)});
  const ExprPtr key = Call("=", {In(0, TypeKind::kInt64), Int(7)});
  const ColumnPredicate predicate{1, ColumnPredicate::Op::kLess, {Value::Int64(-900)}};
  EXPECT_EQ(Texts(Scan({less, key}, {predicate}, {2, 1})),
            MemoryTexts(Project(Filter(Filter(rows, less), key), {In(rows, 2), In(rows, 1)})));
  const ColumnPredicate none{1, ColumnPredicate::Op::kGreater, {Value::Int64(5000)}};
  EXPECT_EQ(Texts(Scan({Call(">", {In(1, TypeKind::kInt64), Int(5000)})}, {none})).size(), 0u);
}

TEST_F(TableTest, RuntimeFiltersOverStorage) {
  const PhysicalPtr rows = RandomTable(20'000, 75);
  Texts(Insert(rows));
  const PhysicalPtr build = RandomTable(3, 76, 20, 0);
  for (const size_t key : {size_t{0}, size_t{2}}) {
    const PhysicalPtr scan = Scan({}, {}, {0, 1, 2}, {{RuntimeFilterId(1), key}});
    const JoinOptions options{.keys = {{key, key}}, .runtime_filters = {{RuntimeFilterId(1), 0}}};
    EXPECT_EQ(Texts(HashJoin(HashJoinKind::kInner, scan, build, options)),
              MemoryTexts(HashJoin(HashJoinKind::kInner, rows, build, options)));
  }
}

TEST_F(TableTest, Delete) {
  const PhysicalPtr few = RandomTable(60, 77);
  const PhysicalPtr many = RandomTable(20'000, 78);
  Texts(Insert(few));
  Texts(Insert(many));
  const PhysicalPtr both = std::make_shared<PhysicalUnionAll>(std::vector<PhysicalPtr>{few, many}, Columns());
  const ExprPtr negative = Call("<", {In(1, TypeKind::kInt64), Int(0)});
  const size_t expected = MemoryTexts(Filter(both, negative)).size();
  EXPECT_EQ(Texts(Delete(ScanWithIds({negative}))), std::vector<std::string>{std::to_string(expected)});
  EXPECT_EQ(rows_affected_, expected);
  const PhysicalPtr left = Filter(both, Expr::Not(negative));
  EXPECT_EQ(Texts(Scan()), MemoryTexts(left));
  EXPECT_EQ(Texts(Delete(ScanWithIds({negative}))), std::vector<std::string>{"0"});
  // WHERE k IN (subquery) and NOT IN, by a filter above.
  const PhysicalPtr keys = RandomTable(5, 79, 20, 0);
  Texts(Delete(
      HashJoin(HashJoinKind::kSemi, Filter(ScanWithIds(), Call("<", {In(1, TypeKind::kInt64), Int(500)})), keys, {})));
  const PhysicalPtr small = Filter(left, Call("<", {In(1, TypeKind::kInt64), Int(500)}));
  EXPECT_EQ(rows_affected_, MemoryTexts(HashJoin(HashJoinKind::kSemi, small, keys, {})).size());
  // A row that comes twice goes once.
  const size_t rest = Texts(Scan()).size();
  const PhysicalPtr twice = std::make_shared<PhysicalUnionAll>(std::vector<PhysicalPtr>{ScanWithIds(), ScanWithIds()},
                                                               ScanWithIds()->schema());
  EXPECT_EQ(Texts(Delete(twice)), std::vector<std::string>{std::to_string(rest)});
  EXPECT_EQ(Texts(Scan()).size(), 0u);
}

TEST_F(TableTest, LabelsAreIdempotent) {
  const PhysicalPtr rows = RandomTable(10, 80);
  Texts(Insert(rows, "load-1"));
  const Version first = version_;
  EXPECT_EQ(Texts(Insert(rows, "load-1")), std::vector<std::string>{"0"});
  EXPECT_EQ(version_, first);
  EXPECT_EQ(Texts(Scan()).size(), 10u);
}

TEST_F(TableTest, DeltasGoToTheCaller) {
  CommitRequest request;
  QueryOptions options;
  options.on_delta = [&](CommitKind kind, TableDelta delta) {
    request.kind = kind;
    request.tables.push_back(std::move(delta));
  };
  Texts(Insert(RandomTable(10, 81)), options);
  Texts(Insert(RandomTable(5000, 82)), options);
  EXPECT_EQ(Texts(Scan()).size(), 0u);
  ASSERT_EQ(request.tables.size(), 2u);
  request.tables[0].Append(std::move(request.tables[1]));
  request.tables.pop_back();
  storage_->Commit(std::move(request));
  EXPECT_EQ(Texts(Scan()).size(), 5010u);
}

TEST_F(TableTest, ErrorsLeaveTheTableAsItWas) {
  // NULL in a NOT NULL column; and a row that fails after many were written.
  const PhysicalPtr rows = RandomTable(20'000, 83);
  const PhysicalPtr nulls = Project(rows, {In(rows, 1), In(rows, 0), In(rows, 2)});
  EXPECT_THROW(Texts(Insert(nulls)), Error);
  const PhysicalPtr failing =
      Project(rows, {Call("/", {Int(1), Call("%", {In(rows, 1), Int(997)})}), In(rows, 1), In(rows, 2)});
  EXPECT_THROW(Texts(Insert(failing)), Error);
  EXPECT_EQ(Texts(Scan()).size(), 0u);
}

TEST_F(TableTest, ReadsParquetFiles) {
  // A segment is a Parquet file like any other.
  const PhysicalPtr rows = RandomTable(20'000, 84);
  Texts(Insert(rows));
  FileSource source;
  source.paths = {folder_ + "/data/objects/**/*.parquet"};
  source.schema = Columns();
  source.column_ordinals = {2, 1, 0};
  source.filename_column = 2;
  const Schema columns{{"s", TypeKind::kVarchar}, {"v", TypeKind::kInt64}, {"filename", TypeKind::kVarchar}};
  const PhysicalPtr scan = std::make_shared<PhysicalScan>(
      source, columns, std::vector<ExprPtr>{Call(">", {In(1, TypeKind::kInt64), Int(990)})},
      std::vector<ColumnPredicate>(), std::vector<size_t>{0, 2, 1}, std::vector<RuntimeFilterTarget>());
  const std::vector<std::string> got = Texts(scan);
  EXPECT_EQ(got.size(), MemoryTexts(Filter(rows, Call(">", {In(rows, 1), Int(990)}))).size());
  ASSERT_FALSE(got.empty());
  EXPECT_NE(got[0].find(".parquet"), std::string::npos) << got[0];
}

// So that a file of one row group is work for more than one driver.
TEST_F(TableTest, LargeRowGroupsOfFilesAreReadInParts) {
  constexpr size_t kRows = 400'000, kPartRowsMin = 64 << 10;
  Texts(Insert(RandomTable(kRows, 85)));
  const std::string pattern = folder_ + "/data/objects/**/*.parquet";
  const auto files = ParquetFiles::Open(files_, {pattern}, storage_->footers());
  const auto read = [&](const ScanPlanPtr& plan) {
    std::vector<std::string> out;
    ScanReader reader(plan, memory_);
    for (const ScanUnit& unit : plan->units) {
      reader.Open(unit);
      size_t rows = 0;
      for (Chunk chunk; reader.Next(1000, nullptr, chunk); rows += chunk.row_count()) {
        for (size_t row = 0; row < chunk.row_count(); ++row) out.push_back(chunk.RowToString(row));
      }
      EXPECT_EQ(rows, unit.rows);
    }
    return out;
  };
  const ScanSpec spec{.columns = {FieldId(2), FieldId(3)}};
  const ScanPlanPtr whole = files->Plan(spec);
  const std::vector<std::string> rows = read(whole);
  EXPECT_EQ(rows.size(), kRows);
  // None of few rows, whatever is asked for.
  size_t parts = 0;
  for (const ScanUnit& unit : whole->units) parts += std::max<size_t>(1, unit.rows / kPartRowsMin);
  EXPECT_GT(parts, whole->units.size());
  const ScanPlanPtr split = files->Plan(spec, 100);
  EXPECT_EQ(split->units.size(), parts);
  EXPECT_EQ(read(split), rows);
  EXPECT_EQ(files->Plan(spec, whole->units.size())->units.size(), whole->units.size());
}

}  // namespace weir::exec_test
