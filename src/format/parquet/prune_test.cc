#include "format/parquet/prune.h"
#include "format/memory_file.h"

#include <gtest/gtest.h>

#include <cmath>

#include "column/builder.h"
#include "format/parquet/writer.h"

namespace weir::parquet {
namespace {

constexpr size_t kRows = 10'000;
constexpr size_t kGroupRows = 5'000;
constexpr size_t kPageRows = 100;

enum Columns : size_t { kId, kName, kRatio, kHole, kList };

// id: 0, 2, 4, ...; name: "k00000".. every third NULL; ratio: id / 4, in the second half some NaN; hole: NULL in the
// second row group; list: nested.
std::shared_ptr<const ParquetFile> Example() {
  static const std::string bytes = [] {
    std::string out;
    WriterOptions options;
    options.codec = WriterCodec::kSnappy;
    options.page_rows = kPageRows;
    options.row_group_rows = kGroupRows;
    const Type list = Type::List(TypeKind::kInt64);
    ParquetWriter writer([&](ByteSpan part) { out += AsText(part); },
                         {{.name = "id", .type = TypeKind::kInt64, .nullable = false, .bloom_filter = true},
                          {.name = "name", .type = TypeKind::kVarchar, .bloom_filter = true},
                          {.name = "ratio", .type = TypeKind::kDouble},
                          {.name = "hole", .type = TypeKind::kInt32},
                          {.name = "list", .type = list}},
                         options);
    ColumnBuilder id(TypeKind::kInt64);
    ColumnBuilder name(TypeKind::kVarchar);
    ColumnBuilder ratio(TypeKind::kDouble);
    ColumnBuilder hole(TypeKind::kInt32);
    ColumnBuilder lists(list);
    for (size_t i = 0; i < kRows; ++i) {
      id.Append<int64_t>(static_cast<int64_t>(2 * i));
      if (i % 3 == 0) {
        name.AppendNull();
      } else {
        name.AppendString(fmt::format("k{:05}", i));
      }
      ratio.Append<double>(i > kRows / 2 && i % 500 == 7 ? std::nan("") : static_cast<double>(i) / 4);
      if (i >= kGroupRows) {
        hole.AppendNull();
      } else {
        hole.Append<int32_t>(static_cast<int32_t>(i));
      }
      lists.child(0).Append<int64_t>(static_cast<int64_t>(i));
      lists.CloseRow();
    }
    writer.Write(Chunk({id.Finish(), name.Finish(), ratio.Finish(), hole.Finish(), lists.Finish()}, kRows));
    writer.Finish();
    return out;
  }();
  return ParquetFile::Open(std::make_shared<MemoryFile>(bytes));
}

// SQL's answer for one row.
bool Passes(const Predicate& predicate, const Value& value) {
  if (predicate.op == CompareOp::kIsNull) return value.is_null();
  if (value.is_null()) return false;
  switch (predicate.op) {
    case CompareOp::kNotNull:
      return true;
    case CompareOp::kPrefix:
      return value.bytes().starts_with(predicate.values[0].bytes());
    case CompareOp::kIn:
      return std::ranges::any_of(predicate.values, [&](const Value& v) { return Value::Compare(value, v) == 0; });
    default:
      break;
  }
  if (predicate.values[0].is_null()) return false;
  const int order = Value::Compare(value, predicate.values[0]);
  switch (predicate.op) {
    case CompareOp::kLess:
      return order < 0;
    case CompareOp::kLessEqual:
      return order <= 0;
    case CompareOp::kGreater:
      return order > 0;
    case CompareOp::kGreaterEqual:
      return order >= 0;
    default:
      return order == 0;
  }
}

// Reads what pruning leaves; returns rows that pass, and counts what was read.
std::vector<uint64_t> Search(const std::vector<Predicate>& predicates, uint64_t* rows_read = nullptr) {
  const auto file = Example();
  std::vector<uint64_t> found;
  for (size_t group = 0; group < file->row_group_count(); ++group) {
    if (!RowGroupMayMatch(*file, group, predicates) || !BloomMayMatch(*file, group, predicates)) continue;
    RowGroupReader reader(file, group, {kId, kName, kRatio, kHole}, MatchingRows(*file, group, predicates));
    Chunk chunk;
    while (reader.Next(333, chunk)) {
      if (rows_read != nullptr) *rows_read += chunk.size();
      for (size_t row = 0; row < chunk.size(); ++row) {
        const bool passes = std::ranges::all_of(predicates, [&](const Predicate& predicate) {
          return Passes(predicate, chunk.column(predicate.column)->GetValue(row));
        });
        if (passes) found.push_back(static_cast<uint64_t>(chunk.column(kId)->GetValue(row).integer()) / 2);
      }
    }
  }
  return found;
}

std::vector<uint64_t> SearchEverything(const std::vector<Predicate>& predicates) {
  const auto file = Example();
  std::vector<uint64_t> found;
  for (size_t group = 0; group < file->row_group_count(); ++group) {
    RowGroupReader reader(file, group, {kId, kName, kRatio, kHole});
    Chunk chunk;
    while (reader.Next(4096, chunk)) {
      for (size_t row = 0; row < chunk.size(); ++row) {
        const bool passes = std::ranges::all_of(predicates, [&](const Predicate& predicate) {
          return Passes(predicate, chunk.column(predicate.column)->GetValue(row));
        });
        if (passes) found.push_back(static_cast<uint64_t>(chunk.column(kId)->GetValue(row).integer()) / 2);
      }
    }
  }
  return found;
}

const Value kNan = Value::Double(std::nan(""));

TEST(Prune, NothingThatPassesIsLost) {
  const std::vector<std::vector<Predicate>> cases = {
      {{kId, CompareOp::kEqual, {Value::Int64(4002)}}},
      {{kId, CompareOp::kEqual, {Value::Int64(4001)}}},
      {{kId, CompareOp::kLess, {Value::Int64(7)}}},
      {{kId, CompareOp::kLessEqual, {Value::Int64(0)}}},
      {{kId, CompareOp::kGreater, {Value::Int64(19'990)}}},
      {{kId, CompareOp::kGreaterEqual, {Value::Int64(19'998)}}},
      {{kId, CompareOp::kIn, {Value::Int64(2), Value::Int64(10'000), Value::Int64(19'000)}}},
      {{kId, CompareOp::kGreater, {Value::Int64(1'000)}}, {kId, CompareOp::kLess, {Value::Int64(1'100)}}},
      {{kId, CompareOp::kIsNull, {}}},
      {{kId, CompareOp::kEqual, {Value::Null(TypeKind::kInt64)}}},
      {{kName, CompareOp::kEqual, {Value::String("k07000")}}},
      {{kName, CompareOp::kEqual, {Value::String("k07000x")}}},
      {{kName, CompareOp::kPrefix, {Value::String("k012")}}},
      {{kName, CompareOp::kPrefix, {Value::String("x")}}},
      {{kName, CompareOp::kIsNull, {}}, {kId, CompareOp::kLess, {Value::Int64(100)}}},
      {{kRatio, CompareOp::kGreater, {Value::Double(2'490)}}},
      {{kRatio, CompareOp::kEqual, {kNan}}},
      {{kRatio, CompareOp::kLess, {Value::Double(1)}}},
      {{kRatio, CompareOp::kLess, {kNan}}, {kId, CompareOp::kGreater, {Value::Int64(19'000)}}},
      {{kRatio, CompareOp::kGreaterEqual, {kNan}}},
      {{kHole, CompareOp::kNotNull, {}}, {kId, CompareOp::kGreater, {Value::Int64(9'900)}}},
      {{kHole, CompareOp::kIsNull, {}}, {kId, CompareOp::kLess, {Value::Int64(10'100)}}},
      {{kHole, CompareOp::kEqual, {Value::Int32(77)}}},
  };
  for (size_t i = 0; i < cases.size(); ++i) EXPECT_EQ(Search(cases[i]), SearchEverything(cases[i])) << i;
}

TEST(Prune, PagesAndRowGroupsAreLeftOut) {
  uint64_t read = 0;
  EXPECT_EQ(Search({{kId, CompareOp::kEqual, {Value::Int64(4002)}}}, &read), std::vector<uint64_t>{2001});
  EXPECT_EQ(read, kPageRows);
  read = 0;
  EXPECT_EQ(Search({{kName, CompareOp::kPrefix, {Value::String("k0123")}}}, &read).size(), 6u);
  EXPECT_EQ(read, kPageRows);
  read = 0;
  Search({{kHole, CompareOp::kNotNull, {}}}, &read);
  EXPECT_EQ(read, kGroupRows);
  read = 0;
  Search({{kHole, CompareOp::kIsNull, {}}}, &read);
  EXPECT_EQ(read, kGroupRows);
  read = 0;
  // Within the bounds, but only the bloom filter knows.
  EXPECT_TRUE(Search({{kName, CompareOp::kEqual, {Value::String("k00001 and more")}}}, &read).empty());
  EXPECT_TRUE(Search({{kId, CompareOp::kEqual, {Value::Int64(4001)}}}, &read).empty());
  EXPECT_EQ(read, 0u);
  read = 0;
  Search({{kId, CompareOp::kEqual, {Value::Null(TypeKind::kInt64)}}}, &read);
  EXPECT_EQ(read, 0u);
}

TEST(Prune, PagesThatAreNotWantedAreNotDecompressed) {
  const auto file = Example();
  RowGroupReader part(file, 0, {kId, kName}, RowRanges{{150, 160}, {3'020, 3'030}});
  Chunk chunk;
  ASSERT_TRUE(part.Next(4096, chunk));
  EXPECT_EQ(chunk.size(), 20u);
  EXPECT_EQ(chunk.column(0)->GetValue(10).integer(), 6'040);
  EXPECT_EQ(part.pages_loaded(), 4u);
  EXPECT_FALSE(part.Next(4096, chunk));

  // Late materialisation: the second column is touched for the fourth batch only.
  RowGroupReader late(file, 0, {kId, kName});
  for (size_t batch = 0; late.NextBatch(kPageRows); ++batch) {
    late.Read(0);
    if (batch != 3) continue;
    const std::vector<uint32_t> selection = {7, 11};
    const ColumnPtr names = late.ReadSelected(1, selection);
    EXPECT_EQ(names->GetValue(0).bytes(), "k00307");
    EXPECT_EQ(names->GetValue(1).bytes(), "k00311");
  }
  EXPECT_EQ(late.pages_loaded(), kGroupRows / kPageRows + 1);
}

TEST(Prune, NestedColumnsRuleNothingOut) {
  const auto file = Example();
  const std::vector<Predicate> predicates = {{kList, CompareOp::kIsNull, {}}};
  EXPECT_TRUE(RowGroupMayMatch(*file, 0, predicates));
  EXPECT_TRUE(BloomMayMatch(*file, 0, predicates));
  EXPECT_EQ(CountRows(MatchingRows(*file, 0, predicates)), kGroupRows);
}

TEST(Prune, BoundsOfRowGroups) {
  const auto file = Example();
  const ColumnBounds id = file->Bounds(1, kId);
  EXPECT_EQ(id.min->integer(), 10'000);
  EXPECT_EQ(id.max->integer(), 19'998);
  EXPECT_EQ(id.null_count, 0u);
  EXPECT_EQ(id.value_count, kGroupRows);
  EXPECT_TRUE(file->Bounds(1, kHole).all_null());
  EXPECT_FALSE(file->Bounds(0, kList).min.has_value());
}

TEST(MayMatch, ValuesThatCannotBeComparedRuleNothingOut) {
  ColumnBounds bounds;
  bounds.min = Value::Integer(Type::Decimal(10, 2), 100);
  bounds.max = Value::Integer(Type::Decimal(10, 2), 200);
  bounds.value_count = 5;
  EXPECT_TRUE(MayMatch({0, CompareOp::kEqual, {Value::Integer(Type::Decimal(10, 3), 5)}}, bounds, true));
  EXPECT_FALSE(MayMatch({0, CompareOp::kEqual, {Value::Integer(Type::Decimal(12, 2), 5)}}, bounds, true));
  EXPECT_TRUE(MayMatch({0, CompareOp::kEqual, {Value::String("x")}}, bounds, true));
  EXPECT_FALSE(MayMatch({0, CompareOp::kIsNull, {}}, bounds, false));
  EXPECT_TRUE(MayMatch({0, CompareOp::kIsNull, {}}, bounds, true));
}

TEST(RowRanges, IntersectAndUnite) {
  const RowRanges a = {{0, 10}, {20, 30}, {40, 50}};
  const RowRanges b = {{5, 25}, {28, 29}, {45, 60}};
  EXPECT_EQ(IntersectRanges(a, b), (RowRanges{{5, 10}, {20, 25}, {28, 29}, {45, 50}}));
  EXPECT_EQ(UniteRanges(a, b), (RowRanges{{0, 30}, {40, 60}}));
  EXPECT_EQ(IntersectRanges(a, {}), RowRanges());
  EXPECT_EQ(CountRows(a), 30u);
}

}  // namespace
}  // namespace weir::parquet
