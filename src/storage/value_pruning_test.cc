// What equality and IN rule out: buckets, bloom filters, dictionaries; and what pages are kept in memory.
#include <map>

#include <gtest/gtest.h>

#include "column/builder.h"
#include "env/posix/posix_clock.h"
#include "env/posix/posix_file_system.h"
#include "env/posix/posix_random.h"
#include "env/sim/sim_clock.h"
#include "env/sim/sim_executor.h"
#include "env/testing/temporary_folder.h"
#include "storage/footer_cache.h"
#include "storage/storage.h"

namespace weir {
namespace {

class ValuePruningTest : public ::testing::Test {
 protected:
  void SetUp() override { Open(1 << 28); }
  void TearDown() override {
    plan_.reset();
    storage_.reset();
  }
  void Open(int64_t page_cache_bytes) {
    plan_.reset();
    storage_.reset();
    StorageOptions options;
    options.data_dir = folder_ + "/data";
    options.background = false;
    options.writer.inline_rows_max = 0;
    options.page_cache_bytes = page_cache_bytes;
    storage_ = Storage::Open({.files = files_,
                              .clock = clock_,
                              .random = random_,
                              .timers = timers_,
                              .io = io_,
                              .metrics = metrics_,
                              .tracker = tracker_},
                             std::move(options));
  }

  // id bigint, tag varchar (few values, multiples of ten), code int (few values, even)
  TableId Make(const std::function<void(TableDef&)>& change = [](TableDef&) {}) {
    CreateTable create{.database = "weir", .schema = "public"};
    create.def.name = "t";
    create.def.columns.resize(3);
    create.def.columns[0].name = "id";
    create.def.columns[0].type = TypeKind::kInt64;
    create.def.columns[1].name = "tag";
    create.def.columns[1].type = TypeKind::kVarchar;
    create.def.columns[2].name = "code";
    create.def.columns[2].type = TypeKind::kInt32;
    change(create.def);
    return storage_->ApplyDdl({create}).state->catalog()->GetTable({"", "", "t"}, {})->id;
  }
  static Chunk Rows(int64_t first, int64_t count, int64_t id_step = 1) {
    ColumnBuilder ids(TypeKind::kInt64), tags(TypeKind::kVarchar), codes(TypeKind::kInt32);
    for (int64_t i = first; i < first + count; ++i) {
      ids.Append(i * id_step);
      if (i % 11 == 0) {
        tags.AppendNull();
      } else {
        tags.AppendString("tag " + std::to_string(i % 20 * 10));
      }
      codes.Append(static_cast<int32_t>(i % 8 * 2));
    }
    return {{ids.Finish(), tags.Finish(), codes.Finish()}, static_cast<size_t>(count)};
  }
  void Insert(TableId table, const Chunk& rows) {
    const auto writer = storage_->OpenWriter(storage_->snapshot(), table);
    writer->Write(rows);
    CommitRequest request;
    request.tables.push_back(writer->Finish());
    storage_->Commit(std::move(request));
  }
  // Rows that a scan delivers; they are those of the predicate and maybe more.
  size_t Scan(TableId table, uint32_t field, ScanCompare compare, std::vector<Value> values) {
    return Scan(table, {{FieldId(field), compare, std::move(values)}});
  }
  size_t Scan(TableId table, std::vector<ScanPredicate> predicates) {
    plan_ = storage_->PlanScan(storage_->snapshot(), table,
                               {.columns = {FieldId(1), FieldId(2), FieldId(3)}, .predicates = std::move(predicates)});
    ScanReader reader(plan_, tracker_);
    size_t rows = 0;
    for (const ScanUnit& unit : plan_->units) {
      reader.Open(unit);
      Chunk chunk;
      while (reader.Next(1000, nullptr, chunk)) rows += chunk.row_count();
    }
    return rows;
  }
  const ScanCounters& counters() const { return *plan_->counters; }

  const TemporaryFolder temporary_{"weir-pruning"};
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
  ScanPlanPtr plan_;
};

TEST_F(ValuePruningTest, BloomFiltersRuleRowGroupsOut) {
  const TableId table = Make([](TableDef& def) { def.properties["bloom_filter_columns"] = "id"; });
  Insert(table, Rows(0, 5000, 7));
  EXPECT_EQ(Scan(table, 1, ScanCompare::kEqual, {Value::Int64(7 * 1234)}), 5000U);
  EXPECT_EQ(counters().row_groups_pruned_by_bloom, 0U);
  // Between the bounds, but not there; one value may be a false positive, four of them are not.
  size_t pruned = 0;
  for (int64_t i = 0; i < 4; ++i) {
    Scan(table, 1, ScanCompare::kEqual, {Value::Int64(7 * 1000 + 1 + i)});
    pruned += counters().row_groups_pruned_by_bloom;
  }
  EXPECT_GE(pruned, 3U);
  EXPECT_EQ(Scan(table, 1, ScanCompare::kIn, {Value::Int64(3), Value::Int64(7), Value::Null(TypeKind::kInt64)}), 5000U);
  EXPECT_EQ(counters().row_groups_pruned, 0U);
}

TEST_F(ValuePruningTest, DictionariesRuleRowGroupsOut) {
  const TableId table = Make();
  Insert(table, Rows(0, 5000));
  EXPECT_EQ(Scan(table, 2, ScanCompare::kEqual, {Value::String("tag 110")}), 5000U);
  EXPECT_EQ(counters().row_groups_pruned_by_dictionary, 0U);
  EXPECT_EQ(Scan(table, 2, ScanCompare::kEqual, {Value::String("tag 115")}), 0U);
  EXPECT_EQ(counters().row_groups_pruned_by_dictionary, 1U);
  EXPECT_EQ(counters().row_groups_pruned, 1U);
  EXPECT_EQ(counters().rows_read, 0U);
  EXPECT_EQ(
      Scan(table, 2, ScanCompare::kIn, {Value::String("tag 115"), Value::String("tag 11"), Value::String("tag 3")}),
      0U);
  EXPECT_EQ(Scan(table, 2, ScanCompare::kIn, {Value::String("tag 115"), Value::String("tag 10")}), 5000U);
  EXPECT_EQ(Scan(table, 3, ScanCompare::kEqual, {Value::Integer(TypeKind::kInt32, 7)}), 0U);
  EXPECT_EQ(counters().row_groups_pruned, 1U);
  EXPECT_EQ(Scan(table, 3, ScanCompare::kEqual, {Value::Integer(TypeKind::kInt32, 8)}), 5000U);
  // NULLs are in no dictionary.
  EXPECT_EQ(Scan(table, 2, ScanCompare::kIsNull, {}), 5000U);
  // Of another type: nothing is known.
  EXPECT_EQ(Scan(table, 3, ScanCompare::kEqual, {Value::Int64(7)}), 5000U);
}

TEST_F(ValuePruningTest, BucketsThatTheKeyIsNotIn) {
  const TableId table = Make([](TableDef& def) { def.distribution = {{FieldId(1), FieldId(3)}, 8}; });
  Insert(table, Rows(0, 4000));
  const size_t segments = storage_->log().state()->FindTable(table)->segments.size();
  ASSERT_EQ(segments, 8U);
  const auto code = [](int64_t id) { return Value::Integer(TypeKind::kInt32, id % 8 * 2); };
  for (const int64_t id : {0, 5, 1717, 3999}) {
    const size_t rows = Scan(
        table, {{FieldId(1), ScanCompare::kEqual, {Value::Int64(id)}}, {FieldId(3), ScanCompare::kIn, {code(id)}}});
    EXPECT_GT(rows, 0U) << id;
    EXPECT_LT(rows, 1000U) << id;
    EXPECT_EQ(counters().segments_pruned_by_bucket, 7U) << id;
  }
  Scan(table, {{FieldId(1), ScanCompare::kIn, {Value::Int64(1), Value::Int64(2), Value::Null(TypeKind::kInt64)}},
               {FieldId(3), ScanCompare::kEqual, {code(1)}}});
  EXPECT_GE(counters().segments_pruned_by_bucket, 5U);
  // A part of the key says nothing.
  EXPECT_EQ(Scan(table, 1, ScanCompare::kEqual, {Value::Int64(5)}) % 1, 0U);
  EXPECT_EQ(counters().segments_pruned_by_bucket, 0U);
  // After the column became wider, too.
  storage_->Compact(table, true);
  const size_t rows =
      Scan(table, {{FieldId(1), ScanCompare::kEqual, {Value::Int64(5)}}, {FieldId(3), ScanCompare::kEqual, {code(5)}}});
  EXPECT_GT(rows, 0U);
}

TEST_F(ValuePruningTest, PagesAreReadOnce) {
  const TableId table = Make();
  Insert(table, Rows(0, 50'000));
  EXPECT_EQ(Scan(table, {}), 50'000U);
  const uint64_t pages = counters().pages_read;
  EXPECT_GT(pages, 3U);
  EXPECT_EQ(counters().pages_from_cache, 0U);
  EXPECT_GT(counters().bytes_read, 0U);
  const auto& cache = *storage_->footers()->pages();
  const int64_t kept = cache.bytes();
  EXPECT_GT(kept, 50'000);
  EXPECT_EQ(Scan(table, {}), 50'000U);
  EXPECT_EQ(counters().pages_read, pages);
  EXPECT_EQ(counters().pages_from_cache, pages);
  EXPECT_EQ(counters().bytes_read, 0U);
  EXPECT_EQ(cache.bytes(), kept) << "the same pages";
  EXPECT_GE(cache.hits(), pages);
  // What is kept is counted, and given back when others need it.
  const int64_t used = tracker_->used_bytes();
  EXPECT_GE(used, kept);
  EXPECT_GE(tracker_->Reclaim(kept / 2), kept / 2);
  EXPECT_LT(cache.bytes(), kept);
  EXPECT_EQ(Scan(table, {}), 50'000U);
}

TEST_F(ValuePruningTest, WithoutACacheWhatIsReadIsCounted) {
  const TableId table = Make();
  Insert(table, Rows(0, 50'000));
  Open(0);
  EXPECT_EQ(storage_->footers()->pages(), nullptr);
  auto query = tracker_->CreateChild("query", MemoryScope::kQuery);
  plan_ = storage_->PlanScan(storage_->snapshot(), table, {.columns = {FieldId(1), FieldId(2)}});
  std::vector<Chunk> kept;
  {
    ScanReader reader(plan_, query);
    reader.Open(plan_->units[0]);
    Chunk chunk;
    while (reader.Next(1000, nullptr, chunk)) kept.push_back(chunk);
    EXPECT_GT(query->used_bytes(), 4000);
  }
  kept.clear();
  EXPECT_EQ(query->used_bytes(), 0) << "given back with the last column";
  auto tight = tracker_->CreateChild("tight", MemoryScope::kQuery, 1000);
  ScanReader reader(plan_, tight);
  reader.Open(plan_->units[0]);
  Chunk chunk;
  auto error = CatchError([&] { reader.Next(1000, nullptr, chunk); });
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(error->sqlstate(), sqlstate::kOutOfMemory);
}

TEST_F(ValuePruningTest, InlineRowsAreCounted) {
  const TableId table = Make();
  const auto inline_bytes = [&] {
    for (const MemoryUsage& usage : tracker_->Snapshot()) {
      if (usage.name == "inline rows") return usage.used_bytes;
    }
    return int64_t{-1};
  };
  EXPECT_EQ(inline_bytes(), 0);
  const auto insert = [&] {
    TableWriterOptions options = storage_->options().writer;
    options.inline_rows_max = 1000;
    const auto writer = storage_->OpenWriter(storage_->snapshot(), table, options);
    writer->Write(Rows(0, 500));
    CommitRequest request;
    request.tables.push_back(writer->Finish());
    storage_->Commit(std::move(request));
  };
  insert();
  const int64_t once = inline_bytes();
  EXPECT_GT(once, 500 * 12);
  insert();
  EXPECT_EQ(inline_bytes(), 2 * once);
  Open(0);
  EXPECT_EQ(inline_bytes(), 2 * once) << "after a restart";
  storage_->Flush(table);
  EXPECT_EQ(inline_bytes(), 0);
}

TEST_F(ValuePruningTest, OnlyTheFieldsOfAStructThatAreWanted) {
  const Type inner = Type::Struct({{"x", TypeKind::kInt64}, {"y", TypeKind::kVarchar}});
  const Type type = Type::Struct({{"a", TypeKind::kInt64}, {"b", inner}, {"c", Type::List(TypeKind::kVarchar)}});
  const TableId table = Make([&](TableDef& def) { def.columns[1].type = type; });
  ColumnBuilder ids(TypeKind::kInt64), structs(type), codes(TypeKind::kInt32);
  constexpr int64_t kRows = 3000;
  const auto value = [&](int64_t i) {
    if (i % 5 == 0) return Value::Null(type);
    const Value b = i % 7 == 0 ? Value::Null(inner)
                               : Value::Nested(inner, {Value::Int64(i * i), Value::String("y" + std::to_string(i))});
    std::vector<Value> list(static_cast<size_t>(i % 4), Value::String("element"));
    return Value::Nested(type, {Value::Int64(i * 31), b, Value::Nested(type.child(2), std::move(list))});
  };
  for (int64_t i = 0; i < kRows; ++i) {
    ids.Append(i);
    structs.AppendValue(value(i));
    codes.Append(int32_t{0});
  }
  Insert(table, Chunk({ids.Finish(), structs.Finish(), codes.Finish()}, kRows));
  const auto scan = [&](SubfieldPaths paths, bool few) {
    plan_ = storage_->PlanScan(storage_->snapshot(), table,
                               {.columns = {FieldId(1), FieldId(2)}, .subfields = {{}, std::move(paths)}});
    FunctionScanFilter filter(1, [](const Chunk& chunk) {
      auto out = std::make_shared<Selection>();
      chunk.rows().ForEach([&](size_t row) {
        if (chunk.column(0)->GetValue(row).integer() % 9 == 0) out->push_back(static_cast<uint32_t>(row));
      });
      return out;
    });
    ScanReader reader(plan_, tracker_);
    std::map<int64_t, Value> out;
    for (const ScanUnit& unit : plan_->units) {
      reader.Open(unit);
      Chunk chunk;
      while (reader.Next(512, few ? &filter : nullptr, chunk)) {
        chunk.Verify();
        chunk.rows().ForEach(
            [&](size_t row) { out.emplace(chunk.column(0)->GetValue(row).integer(), chunk.column(1)->GetValue(row)); });
      }
    }
    return out;
  };
  for (const bool few : {false, true}) {
    const auto whole = scan({}, few);
    EXPECT_EQ(counters().subfields_skipped, 0U);
    EXPECT_EQ(whole.at(9), value(9));
    const auto only_a = scan({{0}}, few);
    EXPECT_EQ(counters().subfields_skipped, 3U);
    const auto only_bx = scan({{1, 0}}, few);
    EXPECT_EQ(counters().subfields_skipped, 3U);
    const auto without_a = scan({{1}, {2}}, few);
    EXPECT_EQ(counters().subfields_skipped, 1U);
    ASSERT_EQ(only_a.size(), whole.size());
    for (const auto& [id, expected] : whole) {
      EXPECT_EQ(only_a.at(id).is_null(), expected.is_null()) << id;
      EXPECT_EQ(only_bx.at(id).is_null(), expected.is_null()) << id;
      if (expected.is_null()) continue;
      EXPECT_EQ(only_a.at(id).parts()[0], expected.parts()[0]) << id;
      EXPECT_TRUE(only_a.at(id).parts()[1].is_null() && only_a.at(id).parts()[2].is_null()) << id;
      const Value& b = only_bx.at(id).parts()[1];
      EXPECT_EQ(b.is_null(), expected.parts()[1].is_null()) << id;
      if (!b.is_null()) {
        EXPECT_EQ(b.parts()[0], expected.parts()[1].parts()[0]) << id;
        EXPECT_TRUE(b.parts()[1].is_null()) << id;
      }
      EXPECT_EQ(without_a.at(id).parts()[2], expected.parts()[2]) << id;
      EXPECT_EQ(without_a.at(id).parts()[1], expected.parts()[1]) << id;
    }
  }
}

}  // namespace
}  // namespace weir
