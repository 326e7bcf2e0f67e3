#include "algo/group_table.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "algo/group_merge.h"
#include "algo/random_columns.h"

namespace weir {
namespace {

// Counts rows and sums an int64 argument; states are 16 bytes.
class CountSumOps final : public AggregateOps {
 public:
  struct State {
    int64_t count;
    int64_t sum;
  };
  Type result_type() const override { return TypeKind::kInt64; }
  size_t state_size() const override { return sizeof(State); }
  void Update(const AggregateInput& input, uint8_t* const* states) const override {
    const ColumnView view(*input.columns[0]);
    input.rows.ForEach([&](size_t row) { Add(states[row], 1, view.At<int64_t>(row)); });
  }
  void UpdateSingle(const AggregateInput& input, uint8_t* state) const override {
    const ColumnView view(*input.columns[0]);
    input.rows.ForEach([&](size_t row) { Add(state, 1, view.At<int64_t>(row)); });
  }
  void Merge(uint8_t* const* from, uint8_t* const* to, size_t count, StateArena&) const override {
    for (size_t i = 0; i < count; ++i) {
      const auto* state = reinterpret_cast<const State*>(from[i]);
      Add(to[i], state->count, state->sum);
    }
  }
  void Finalize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    for (size_t i = 0; i < count; ++i) {
      const auto* state = reinterpret_cast<const State*>(states[i]);
      out.Append(state->count * 1'000'000 + state->sum);
    }
  }
  Type intermediate_type() const override { return TypeKind::kInt64; }
  void Serialize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    Finalize(states, count, out);
  }
  void MergeSerialized(const Column& column, const RowSet& rows, uint8_t* const* states, StateArena&) const override {
    const ColumnView view(column);
    rows.ForEach([&](size_t row) {
      const int64_t both = view.At<int64_t>(row);
      Add(states[row], both / 1'000'000, both % 1'000'000);
    });
  }

 private:
  static void Add(uint8_t* state, int64_t count, int64_t sum) {
    auto* at = reinterpret_cast<State*>(state);
    at->count += count;
    at->sum += sum;
  }
};

using Groups = std::map<std::vector<Value>, int64_t, ValueRowLess>;

void AddToReference(const Chunk& chunk, size_t keys, const Column& argument, Groups& reference) {
  const std::vector<ColumnPtr> key_columns(chunk.columns().begin(),
                                           chunk.columns().begin() + static_cast<ptrdiff_t>(keys));
  chunk.rows().ForEach(
      [&](size_t row) { reference[RowOfValues(key_columns, row)] += 1'000'000 + argument.GetValue(row).integer(); });
}

Groups ReadScan(GroupScan& scan, size_t keys, size_t max_rows) {
  Groups out;
  while (const auto chunk = scan.Next(max_rows)) {
    chunk->Verify();
    EXPECT_LE(chunk->size(), max_rows);
    const std::vector<ColumnPtr> key_columns(chunk->columns().begin(),
                                             chunk->columns().begin() + static_cast<ptrdiff_t>(keys));
    for (size_t i = 0; i < chunk->size(); ++i) {
      const bool fresh = out.emplace(RowOfValues(key_columns, i), chunk->column(keys)->GetValue(i).integer()).second;
      EXPECT_TRUE(fresh) << "group comes twice: " << chunk->RowToString(i);
    }
  }
  return out;
}

void ExpectSame(const Groups& got, const Groups& want) {
  ASSERT_EQ(got.size(), want.size());
  auto a = got.begin();
  for (const auto& [key, value] : want) {
    for (size_t i = 0; i < key.size(); ++i) {
      ASSERT_EQ(a->first[i].is_null(), key[i].is_null());
      if (!key[i].is_null()) {
        ASSERT_EQ(Value::Compare(a->first[i], key[i]), 0) << a->first[i].ToString() << " for " << key[i].ToString();
      }
    }
    ASSERT_EQ(a->second, value) << key[0].ToString();
    ++a;
  }
}

// A scan up to a bound puts out what all of a scan has up to there.
void CheckWithin(const GroupTable& table, RandomColumns& random) {
  const std::vector<Type>& types = table.layout()->key_types();
  GroupScan everything(table, GroupOutput::kFinal);
  const std::optional<Chunk> all = everything.Next(table.group_count());
  ASSERT_TRUE(all.has_value());
  const size_t at = random.Below(all->size());
  std::vector<SortColumn> keys;
  std::vector<ColumnPtr> values;
  for (size_t c = types.size() + 1; c-- > 0;) {
    if (!RowBound::Supports(all->column(c)->type()) || (!keys.empty() && random.OneIn(3))) break;
    keys.push_back({c, random.OneIn(2), random.OneIn(2)});
    values.push_back(Column::ConstantOf(all->column(c), at, 1));
  }
  const RowBound bound(keys, values, random.OneIn(2));
  std::vector<std::string> want;
  for (size_t row = 0; row < all->size(); ++row) {
    const int order = CompareRows(keys, *all, row, *all, at);
    if (order < 0 || (order == 0 && !bound.is_whole())) want.push_back(all->RowToString(row));
  }
  std::vector<std::string> got;
  GroupScan scan(table, GroupOutput::kFinal);
  while (const auto chunk = scan.NextWithin(bound, 7)) {
    chunk->Verify();
    for (size_t row = 0; row < chunk->size(); ++row) got.push_back(chunk->RowToString(row));
  }
  EXPECT_EQ(got, want);
}

void Feed(GroupTable& table, const Chunk& chunk, size_t keys, const ColumnPtr& argument) {
  const std::span<const ColumnPtr> key_columns(chunk.columns().data(), keys);
  table.FindOrInsert(key_columns, chunk.rows());
  for (size_t a = 0; a < table.layout()->aggregates().size(); ++a) table.Update(a, {&argument, 1}, chunk.rows());
}

ColumnPtr Argument(RandomColumns& random, size_t size) {
  FlatWriter<int64_t> writer(TypeKind::kInt64, size);
  for (size_t i = 0; i < size; ++i) writer.Set(i, static_cast<int64_t>(random.Below(10)));
  return writer.Finish();
}

// Random chunks through one table, and through several that are merged; with one aggregate and with two, which
// enables grouping rows by position.
void CheckTypes(const std::vector<Type>& types, uint64_t seed, uint64_t domain, size_t chunk_rows) {
  SCOPED_TRACE(fmt::format("types {}.. x{}, seed {}, domain {}, chunks of {}", types[0].ToString(), types.size(), seed,
                           domain, chunk_rows));
  RandomColumns random(seed);
  const std::vector<std::shared_ptr<const AggregateOps>> ops(1 + random.Below(2), std::make_shared<CountSumOps>());
  const auto layout = std::make_shared<const GroupLayout>(types, ops);
  const auto root = MemoryTracker::CreateRoot("test");
  {
    GroupTable single(layout, root);
    std::vector<std::unique_ptr<GroupTable>> several;
    for (size_t t = 0; t < 3; ++t) {
      several.push_back(std::make_unique<GroupTable>(layout, root, GroupTableOptions{t == 2 ? size_t{64} : 0}));
    }
    Groups reference;
    for (int i = 0; i < 12; ++i) {
      const Chunk chunk = random.ChunkOf(types, chunk_rows, domain, random.Below(3) * 5);
      const ColumnPtr argument = Argument(random, chunk_rows);
      AddToReference(chunk, types.size(), *argument, reference);
      Feed(single, chunk, types.size(), argument);
      Feed(*several[random.Below(several.size())], chunk, types.size(), argument);
    }
    EXPECT_EQ(single.group_count(), reference.size());
    GroupScan scan(single, GroupOutput::kFinal);
    ExpectSame(ReadScan(scan, types.size(), 7), reference);
    CheckWithin(single, random);

    GroupMerge merge(std::move(several), root, static_cast<int>(random.Below(4)));
    for (size_t t = 0; t < merge.table_count(); ++t) merge.PartitionTable(t);
    Groups merged;
    for (size_t p = 0; p < merge.partition_count(); ++p) {
      GroupScan part = merge.MergePartition(p, GroupOutput::kFinal);
      merged.merge(ReadScan(part, types.size(), 512));
    }
    ExpectSame(merged, reference);
  }
  EXPECT_EQ(root->used_bytes(), 0);
}

TEST(GroupTable, EveryTypeAndEncoding) {
  uint64_t seed = 1;
  for (const Type& type : RandomColumns::AllTypes()) {
    for (const uint64_t domain : {1U, 5U, 300U}) CheckTypes({type}, seed++, domain, 100);
  }
}

TEST(GroupTable, SeveralKeys) {
  const std::vector<Type> all = RandomColumns::AllTypes();
  for (uint64_t seed = 100; seed < 160; ++seed) {
    RandomColumns random(seed);
    std::vector<Type> types;
    const size_t count = 2 + random.Below(3);
    for (size_t i = 0; i < count; ++i) types.push_back(all[random.Below(all.size())]);
    const size_t sizes[] = {3, 64, 512};
    CheckTypes(types, seed, 1 + random.Below(20), sizes[random.Below(3)]);
  }
}

TEST(GroupTable, NoKeysIsOneGroupEvenWithoutRows) {
  GroupTable empty({}, {std::make_shared<CountSumOps>()}, nullptr);
  GroupScan scan(empty, GroupOutput::kFinal);
  const auto chunk = scan.Next();
  ASSERT_TRUE(chunk.has_value());
  EXPECT_EQ(chunk->RowToString(0), "0");

  std::vector<std::unique_ptr<GroupTable>> tables;
  RandomColumns random(1);
  int64_t total = 0;
  for (int t = 0; t < 3; ++t) {
    tables.push_back(std::make_unique<GroupTable>(empty.layout(), nullptr));
    const ColumnPtr argument = Argument(random, 100);
    for (size_t i = 0; i < 100; ++i) total += 1'000'000 + argument->GetValue(i).integer();
    tables.back()->FindOrInsert({}, RowSet::All(100));
    tables.back()->Update(0, {&argument, 1}, RowSet::All(100));
  }
  GroupMerge merge(std::move(tables), nullptr);
  for (size_t t = 0; t < merge.table_count(); ++t) merge.PartitionTable(t);
  ASSERT_EQ(merge.partition_count(), 1U);
  GroupScan merged = merge.MergePartition(0, GroupOutput::kFinal);
  EXPECT_EQ(merged.Next()->column(0)->GetValue(0).integer(), total);
}

TEST(GroupTable, NoRowsMakeNoGroups) {
  GroupTable table({TypeKind::kInt64}, {}, nullptr);
  const ColumnPtr key = Column::Empty(TypeKind::kInt64);
  table.FindOrInsert({&key, 1}, RowSet::All(0));
  GroupScan scan(table, GroupOutput::kFinal);
  EXPECT_FALSE(scan.Next().has_value());
}

TEST(GroupTable, NewRowsAreTheDistinctOnes) {
  for (const Type& type : RandomColumns::AllTypes()) {
    RandomColumns random(7);
    GroupTable table({type}, {}, nullptr);
    std::set<std::vector<Value>, ValueRowLess> seen;
    for (int i = 0; i < 10; ++i) {
      const Chunk chunk = random.ChunkOf({type}, 200, 100, 10);
      table.FindOrInsert(chunk.columns(), chunk.rows());
      Selection want;
      std::set<std::vector<Value>, ValueRowLess> added;
      chunk.rows().ForEach([&](size_t row) {
        if (seen.insert(RowOfValues(chunk.columns(), row)).second) want.push_back(static_cast<uint32_t>(row));
      });
      // Any row of a group may stand for it, but each new group has exactly one, and rows ascend.
      ASSERT_EQ(table.new_rows().size(), want.size()) << type.ToString();
      ASSERT_TRUE(std::is_sorted(table.new_rows().begin(), table.new_rows().end()));
      for (const uint32_t row : table.new_rows()) {
        ASSERT_TRUE(added.insert(RowOfValues(chunk.columns(), row)).second) << type.ToString();
      }
    }
  }
}

TEST(GroupTable, StatesTravel) {
  RandomColumns random(3);
  const std::vector<Type> types = {TypeKind::kVarchar, TypeKind::kInt32};
  const auto layout = std::make_shared<const GroupLayout>(
      types, std::vector<std::shared_ptr<const AggregateOps>>{std::make_shared<CountSumOps>()});
  Groups reference;
  GroupTable final_table(layout, nullptr);
  for (int t = 0; t < 3; ++t) {
    GroupTable table(layout, nullptr);
    for (int i = 0; i < 5; ++i) {
      const Chunk chunk = random.ChunkOf(types, 300, 40, 7);
      const ColumnPtr argument = Argument(random, 300);
      AddToReference(chunk, 2, *argument, reference);
      Feed(table, chunk, 2, argument);
    }
    GroupScan scan(table, GroupOutput::kStates);
    while (const auto chunk = scan.Next(33)) {
      final_table.FindOrInsert({chunk->columns().data(), 2}, chunk->rows());
      final_table.MergeSerialized(0, *chunk->column(2), chunk->rows());
    }
  }
  GroupScan scan(final_table, GroupOutput::kFinal);
  ExpectSame(ReadScan(scan, 2, 100), reference);
}

TEST(GroupTable, FilteredUpdateTakesOnlyItsRows) {
  // Narrow keys and two aggregates: rows are grouped by position, which a filter must not be misled by.
  GroupTable table({TypeKind::kInt8}, {std::make_shared<CountSumOps>(), std::make_shared<CountSumOps>()}, nullptr);
  FlatWriter<int8_t> keys(TypeKind::kInt8, 1000);
  FlatWriter<int64_t> values(TypeKind::kInt64, 1000);
  std::vector<uint32_t> some;
  for (size_t i = 0; i < 1000; ++i) {
    keys.Set(i, static_cast<int8_t>(i % 3));
    values.Set(i, 1);
    if (i % 3 == 1) some.push_back(static_cast<uint32_t>(i));
  }
  const ColumnPtr key = keys.Finish();
  const ColumnPtr value = values.Finish();
  table.FindOrInsert({&key, 1}, RowSet::All(1000));
  table.Update(0, {&value, 1}, RowSet::All(1000));
  table.Update(1, {&value, 1}, RowSet::Of(some));
  GroupScan scan(table, GroupOutput::kFinal);
  const auto chunk = scan.Next();
  ASSERT_EQ(chunk->size(), 3U);
  for (size_t i = 0; i < 3; ++i) {
    const int64_t k = chunk->column(0)->GetValue(i).integer();
    EXPECT_EQ(chunk->column(1)->GetValue(i).integer() / 1'000'000, k == 0 ? 334 : 333);
    EXPECT_EQ(chunk->column(2)->GetValue(i).integer() / 1'000'000, k == 1 ? 333 : 0);
  }
}

TEST(GroupTable, MillionGroupsWithForgettingAndPartitions) {
  constexpr size_t kGroups = 1'000'000;
  constexpr size_t kRows = 3'000'000;
  const auto layout = std::make_shared<const GroupLayout>(
      std::vector<Type>{TypeKind::kInt64},
      std::vector<std::shared_ptr<const AggregateOps>>{std::make_shared<CountSumOps>()});
  std::vector<std::unique_ptr<GroupTable>> tables;
  for (int t = 0; t < 3; ++t) {
    tables.push_back(std::make_unique<GroupTable>(layout, nullptr, GroupTableOptions{16384}));
  }
  RandomColumns random(11);
  for (size_t begin = 0; begin < kRows; begin += 4096) {
    const size_t count = std::min<size_t>(4096, kRows - begin);
    FlatWriter<int64_t> keys(TypeKind::kInt64, count);
    FlatWriter<int64_t> values(TypeKind::kInt64, count);
    const size_t which = random.Below(3);
    for (size_t i = 0; i < count; ++i) {
      // The first table sees clustered keys, the others random ones.
      const uint64_t key = which == 0 ? (begin + i) % kGroups : random.Below(kGroups);
      keys.Set(i, static_cast<int64_t>(key * 7));
      values.Set(i, 1);
    }
    const ColumnPtr key = keys.Finish();
    const ColumnPtr value = values.Finish();
    tables[which]->FindOrInsert({&key, 1}, RowSet::All(count));
    tables[which]->Update(0, {&value, 1}, RowSet::All(count));
  }
  EXPECT_TRUE(tables[0]->has_forgotten());
  EXPECT_TRUE(tables[1]->has_forgotten());
  GroupMerge merge(std::move(tables), nullptr);
  EXPECT_GT(merge.partition_count(), 16U);
  for (size_t t = 0; t < merge.table_count(); ++t) merge.PartitionTable(t);
  size_t groups = 0;
  int64_t rows = 0;
  std::vector<bool> seen(kGroups);
  for (size_t p = 0; p < merge.partition_count(); ++p) {
    GroupScan scan = merge.MergePartition(p, GroupOutput::kFinal);
    while (const auto chunk = scan.Next()) {
      for (size_t i = 0; i < chunk->size(); ++i) {
        const auto key = static_cast<size_t>(chunk->column(0)->values<int64_t>()[i] / 7);
        ASSERT_FALSE(seen[key]);
        seen[key] = true;
        ++groups;
        rows += chunk->column(1)->values<int64_t>()[i] % 1'000'000;
      }
    }
  }
  EXPECT_EQ(rows, static_cast<int64_t>(kRows));
  EXPECT_GT(groups, kGroups * 7 / 10);
}

TEST(GroupTable, GroupsThatComeBackAreKeptAfterAll) {
  // More groups than are kept at first, in turn: they are forgotten, left aside, and then found to be worth a table.
  constexpr size_t kGroups = 20'000;
  constexpr size_t kRows = 60 * kGroups;
  const auto layout = std::make_shared<const GroupLayout>(
      std::vector<Type>{TypeKind::kInt64, TypeKind::kInt32},
      std::vector<std::shared_ptr<const AggregateOps>>{std::make_shared<CountSumOps>()});
  std::vector<std::unique_ptr<GroupTable>> tables;
  tables.push_back(std::make_unique<GroupTable>(layout, nullptr, GroupTableOptions{1024}));
  for (size_t begin = 0; begin < kRows; begin += 4000) {
    FlatWriter<int64_t> keys(TypeKind::kInt64, 4000);
    FlatWriter<int32_t> more(TypeKind::kInt32, 4000);
    FlatWriter<int64_t> values(TypeKind::kInt64, 4000);
    for (size_t i = 0; i < 4000; ++i) {
      keys.Set(i, static_cast<int64_t>((begin + i) % kGroups * 1'000'003));
      more.Set(i, static_cast<int32_t>((begin + i) % kGroups) % 77);
      values.Set(i, 1);
    }
    const std::vector<ColumnPtr> columns = {keys.Finish(), more.Finish()};
    const ColumnPtr value = values.Finish();
    tables[0]->FindOrInsert(columns, RowSet::All(4000));
    tables[0]->Update(0, {&value, 1}, RowSet::All(4000));
  }
  EXPECT_TRUE(tables[0]->has_forgotten());
  EXPECT_LT(tables[0]->group_count(), 12 * kGroups);
  GroupMerge merge(std::move(tables), nullptr);
  merge.PartitionTable(0);
  size_t groups = 0;
  for (size_t p = 0; p < merge.partition_count(); ++p) {
    GroupScan scan = merge.MergePartition(p, GroupOutput::kFinal);
    while (const auto chunk = scan.Next()) {
      groups += chunk->size();
      for (size_t i = 0; i < chunk->size(); ++i) ASSERT_EQ(chunk->column(2)->values<int64_t>()[i], 60'000'060);
    }
  }
  EXPECT_EQ(groups, kGroups);
}

TEST(GroupTable, WholeTablesAreThoseOfGroupsThatRepeat) {
  const auto layout = std::make_shared<const GroupLayout>(
      std::vector<Type>{TypeKind::kInt64},
      std::vector<std::shared_ptr<const AggregateOps>>{std::make_shared<CountSumOps>()});
  const auto fill = [&](size_t groups, double estimated = 0) {
    GroupTable table(layout, nullptr,
                     {.cached_groups_max = 4096, .whole_bytes_max = size_t{4} << 20, .groups_estimated = estimated});
    RandomColumns random(3);
    for (int chunk = 0; chunk < 50; ++chunk) {
      FlatWriter<int64_t> keys(TypeKind::kInt64, 1000);
      for (size_t i = 0; i < 1000; ++i) keys.Set(i, static_cast<int64_t>(random.Below(groups) << 20));
      const ColumnPtr key = keys.Finish();
      table.FindOrInsert({&key, 1}, RowSet::All(1000));
    }
    return table.has_forgotten();
  };
  EXPECT_FALSE(fill(20'000));
  // So many rows would fit, but hardly two are of one group: what is to come does not fit.
  EXPECT_TRUE(fill(10'000'000));
  // Unless the plan knows better, as far as it can be right.
  EXPECT_FALSE(fill(10'000'000, 60'000));
  EXPECT_TRUE(fill(10'000'000, 3'000));
}

TEST(GroupTable, MovingRangesAndChangingDictionaries) {
  // Dates that move on with every chunk, and a dictionary per chunk.
  GroupTable table({TypeKind::kDate, TypeKind::kVarchar},
                   {std::make_shared<CountSumOps>(), std::make_shared<CountSumOps>()}, nullptr);
  Groups reference;
  RandomColumns random(5);
  for (int i = 0; i < 200; ++i) {
    FlatWriter<int32_t> dates(TypeKind::kDate, 128);
    for (size_t k = 0; k < 128; ++k) {
      if (random.OneIn(50)) {
        dates.SetNull(k);
      } else {
        dates.Set(k, i * 3 + static_cast<int32_t>(random.Below(5)));
      }
    }
    ColumnBuilder base(TypeKind::kVarchar, 3);
    base.AppendString("a" + std::to_string(i % 3));
    base.AppendString("b");
    base.AppendNull();
    auto indices = Buffer::Allocate(128 * sizeof(uint32_t));
    for (size_t k = 0; k < 128; ++k) indices->as<uint32_t>()[k] = static_cast<uint32_t>(random.Below(3));
    const Chunk chunk({dates.Finish(), Column::Dictionary(base.Finish(), indices, 128)}, 128);
    const ColumnPtr argument = Argument(random, 128);
    AddToReference(chunk, 2, *argument, reference);
    Feed(table, chunk, 2, argument);
  }
  GroupScan scan(table, GroupOutput::kFinal);
  ExpectSame(ReadScan(scan, 2, 4096), reference);
}

TEST(GroupTable, MemoryLimitIsAnError) {
  const auto root = MemoryTracker::CreateRoot("test", 200'000);
  {
    GroupTable table({TypeKind::kInt64}, {std::make_shared<CountSumOps>()}, root);
    try {
      for (int64_t begin = 0; begin < 1'000'000; begin += 1000) {
        FlatWriter<int64_t> keys(TypeKind::kInt64, 1000);
        for (size_t i = 0; i < 1000; ++i) keys.Set(i, (begin + static_cast<int64_t>(i)) << 20);
        const ColumnPtr key = keys.Finish();
        table.FindOrInsert({&key, 1}, RowSet::All(1000));
      }
      FAIL() << "no limit";
    } catch (const Error& error) {
      EXPECT_EQ(error.sqlstate(), sqlstate::kOutOfMemory);
    }
  }
  EXPECT_EQ(root->used_bytes(), 0);
}

TEST(GroupTable, ManyKeysWithTheSameSlot) {
  // Packed keys whose hashes collide in their low bits: found by search, so that probing runs are long.
  std::vector<int64_t> colliding;
  for (int64_t key = 0; colliding.size() < 300; ++key) {
    if ((HashInt(static_cast<uint64_t>(key)) & 0xFFF) == 0) colliding.push_back(key);
  }
  GroupTable table({TypeKind::kInt64}, {std::make_shared<CountSumOps>()}, nullptr);
  for (int round = 0; round < 3; ++round) {
    FlatWriter<int64_t> keys(TypeKind::kInt64, colliding.size());
    for (size_t i = 0; i < colliding.size(); ++i) keys.Set(i, colliding[i]);
    const ColumnPtr key = keys.Finish();
    const ColumnPtr value = Column::Constant(Value::Int64(1), colliding.size());
    table.FindOrInsert({&key, 1}, RowSet::All(colliding.size()));
    table.Update(0, {&value, 1}, RowSet::All(colliding.size()));
  }
  EXPECT_EQ(table.group_count(), colliding.size());
  GroupScan scan(table, GroupOutput::kFinal);
  const auto chunk = scan.Next();
  for (size_t i = 0; i < chunk->size(); ++i) EXPECT_EQ(chunk->column(1)->values<int64_t>()[i], 3'000'003);
}

// Groups of (text of few values or NULL, long text of few values, text of many values) in three tables that share
// codes, of which one stays small. From `many_from` on the first text has values of its own.
void CheckCodes(size_t many_from, bool coded_at_the_end, GroupOutput output) {
  constexpr size_t kRows = 120'000;
  const auto layout = std::make_shared<const GroupLayout>(
      std::vector<Type>{TypeKind::kVarchar, TypeKind::kVarchar, TypeKind::kVarchar},
      std::vector<std::shared_ptr<const AggregateOps>>{std::make_shared<CountSumOps>()});
  const std::shared_ptr<GroupCodes> codes = GroupCodes::For(layout);
  ASSERT_NE(codes, nullptr);
  std::vector<std::unique_ptr<GroupTable>> tables;
  for (int t = 0; t < 3; ++t) {
    tables.push_back(std::make_unique<GroupTable>(
        layout, nullptr, GroupTableOptions{.cached_groups_max = 4096, .whole_bytes_max = 0, .codes = codes}));
  }
  RandomColumns random(many_from);
  std::map<std::vector<std::string>, int64_t> expected;
  const auto name = [](const Column& column, size_t row) {
    return column.IsNull(row) ? "NULL" : "'" + column.GetValue(row).bytes() + "'";
  };
  for (size_t begin = 0, chunk = 0; begin < kRows; begin += 3000, ++chunk) {
    FlatWriter<StringRef> few(TypeKind::kVarchar, 3000);
    FlatWriter<StringRef> many(TypeKind::kVarchar, 3000);
    FlatWriter<int64_t> values(TypeKind::kInt64, 3000);
    MutableBufferPtr places = Buffer::Allocate(3000 * sizeof(uint32_t));
    for (size_t i = 0; i < 3000; ++i) {
      const size_t row = begin + i;
      const uint64_t n = row < many_from ? random.Below(40) : row;
      if (n == 7) few.SetNull(i);
      few.SetString(i, n == 7 ? "" : "t" + std::to_string(n));
      many.SetString(i, (random.OneIn(2) ? "some longer text " : "") + std::to_string(random.Below(kRows / 2)));
      places->as<uint32_t>()[i] = static_cast<uint32_t>(random.Below(20));
      values.Set(i, 1);
    }
    FlatWriter<StringRef> texts(TypeKind::kVarchar, 20);
    for (size_t i = 0; i < 20; ++i)
      texts.SetString(i, "a text that is longer than a view " + std::to_string(i + chunk));
    texts.SetNull(3);
    const std::vector<ColumnPtr> keys = {few.Finish(), Column::Dictionary(texts.Finish(), places, 3000), many.Finish()};
    const ColumnPtr value = values.Finish();
    const size_t which = begin == 0 ? 2 : chunk % 2;
    tables[which]->FindOrInsert(keys, RowSet::All(3000));
    tables[which]->Update(0, {&value, 1}, RowSet::All(3000));
    for (size_t i = 0; i < 3000; ++i) ++expected[{name(*keys[0], i), name(*keys[1], i), name(*keys[2], i)}];
  }
  EXPECT_TRUE(tables[0]->has_forgotten());
  EXPECT_FALSE(tables[2]->layout()->has_codes());
  EXPECT_EQ(codes->layout()->has_codes(), coded_at_the_end);
  if (coded_at_the_end) {
    EXPECT_LT(codes->layout()->row_bytes() + 24, layout->row_bytes());
  }
  GroupMerge merge(std::move(tables), nullptr);
  for (size_t t = 0; t < merge.table_count(); ++t) merge.PartitionTable(t);
  size_t groups = 0;
  for (size_t p = 0; p < merge.partition_count(); ++p) {
    GroupScan scan = merge.MergePartition(p, output);
    while (const auto chunk = scan.Next(100)) {
      groups += chunk->size();
      for (size_t i = 0; i < chunk->size(); ++i) {
        const auto found =
            expected.find({name(*chunk->column(0), i), name(*chunk->column(1), i), name(*chunk->column(2), i)});
        ASSERT_NE(found, expected.end());
        ASSERT_EQ(chunk->column(3)->GetValue(i).integer() / 1'000'000, found->second);
      }
    }
  }
  EXPECT_EQ(groups, expected.size());
}

TEST(GroupTable, TextsOfFewValuesBecomeCodes) {
  CheckCodes(SIZE_MAX, true, GroupOutput::kFinal);
  CheckCodes(SIZE_MAX - 1, true, GroupOutput::kStates);
}

TEST(GroupTable, CodesAreGivenUpWhenThereAreTooManyTexts) {
  CheckCodes(40'000, false, GroupOutput::kFinal);
  // The end of a table's rows: the others' are brought back when they are merged.
  CheckCodes(120'000 - KeyCodes::kCodesMax - 3000, false, GroupOutput::kStates);
}

}  // namespace
}  // namespace weir
