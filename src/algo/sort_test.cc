#include "algo/sort.h"

#include <gtest/gtest.h>

#include <set>

#include "algo/key_hash.h"
#include "algo/random_columns.h"
#include "algo/top_n.h"

namespace weir {
namespace {

struct Ordering {
  std::vector<SortColumn> keys;
  bool operator()(const std::vector<Value>& a, const std::vector<Value>& b) const { return Compare(a, b) < 0; }
  int Compare(const std::vector<Value>& a, const std::vector<Value>& b) const {
    for (const SortColumn& key : keys) {
      const Value& x = a[key.column];
      const Value& y = b[key.column];
      if (x.is_null() || y.is_null()) {
        if (x.is_null() == y.is_null()) continue;
        return x.is_null() == key.nulls_first ? -1 : 1;
      }
      const int order = Value::Compare(x, y);
      if (order != 0) return key.descending ? -order : order;
    }
    return 0;
  }
};

using Rows = std::vector<std::vector<Value>>;

void Append(Rows& rows, const Chunk& chunk) {
  chunk.rows().ForEach([&](size_t row) { rows.push_back(RowOfValues(chunk.columns(), row)); });
}

Rows ReadAll(SortedScan scan, size_t max_rows) {
  Rows rows;
  while (const auto chunk = scan.Next(max_rows)) {
    chunk->Verify();
    Append(rows, *chunk);
  }
  return rows;
}

// Keys equal row by row, and the same rows overall.
void ExpectSorted(const Rows& got, Rows want, const Ordering& ordering) {
  std::stable_sort(want.begin(), want.end(), ordering);
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i < got.size(); ++i) ASSERT_EQ(ordering.Compare(got[i], want[i]), 0) << "row " << i;
  std::multiset<std::vector<Value>, ValueRowLess> a(got.begin(), got.end());
  std::multiset<std::vector<Value>, ValueRowLess> b(want.begin(), want.end());
  auto y = b.begin();
  for (const auto& row : a) {
    ASSERT_FALSE(ValueRowLess()(row, *y) || ValueRowLess()(*y, row));
    ++y;
  }
}

void Check(const std::vector<Type>& types, std::vector<SortColumn> keys, uint64_t seed, uint64_t domain) {
  SCOPED_TRACE(fmt::format("{} by {} keys, first {}, seed {}", types.size(), keys.size(),
                           types[keys[0].column].ToString(), seed));
  RandomColumns random(seed);
  const Ordering ordering{keys};
  const auto layout = std::make_shared<const SortLayout>(types, keys);
  const auto root = MemoryTracker::CreateRoot("test");
  {
    std::vector<std::unique_ptr<SortRun>> runs;
    const size_t limit = random.Below(400);
    TopN top_a(layout, limit, root);
    TopN top_b(layout, limit, root);
    Rows want;
    const size_t run_count = 1 + random.Below(4);
    for (size_t r = 0; r < run_count; ++r) {
      auto run = std::make_unique<SortRun>(layout, root);
      const uint64_t nulls = random.Below(2) * 5;
      for (int i = 0; i < 6; ++i) {
        const Chunk chunk = random.ChunkOf(types, 1 + random.Below(300), domain, nulls);
        Append(want, chunk);
        run->Append(chunk);
        (random.OneIn(2) ? top_a : top_b).Append(chunk);
      }
      run->Finish();
      runs.push_back(std::move(run));
    }
    const SortMerge merge(layout, std::move(runs), 1 + random.Below(500));
    EXPECT_EQ(merge.row_count(), want.size());
    Rows got;
    for (size_t p = 0; p < merge.partition_count(); ++p) {
      for (auto& row : ReadAll(merge.Partition(p), 1 + random.Below(100))) got.push_back(std::move(row));
    }
    ExpectSorted(got, want, ordering);

    for (const SortColumn& key : keys) EXPECT_LT(key.column, types.size());
    top_a.Merge(top_b);
    const Rows top = ReadAll(top_a.Finish(), 64);
    std::stable_sort(want.begin(), want.end(), ordering);
    ASSERT_EQ(top.size(), std::min(limit, want.size()));
    for (size_t i = 0; i < top.size(); ++i) ASSERT_EQ(ordering.Compare(top[i], want[i]), 0) << "top row " << i;
  }
  EXPECT_EQ(root->used_bytes(), 0);
}

TEST(Sort, EveryTypeBothWays) {
  uint64_t seed = 1;
  for (const Type& type : RandomColumns::AllTypes()) {
    for (const bool descending : {false, true}) {
      for (const bool nulls_first : {false, true}) {
        Check({type, TypeKind::kVarchar}, {{0, descending, nulls_first}}, seed, 1 + seed * 37 % 500);
        ++seed;
      }
    }
  }
}

TEST(Sort, SeveralKeys) {
  const std::vector<Type> all = RandomColumns::AllTypes();
  for (uint64_t seed = 100; seed < 160; ++seed) {
    RandomColumns random(seed);
    std::vector<Type> types;
    std::vector<SortColumn> keys;
    const size_t count = 2 + random.Below(3);
    for (size_t i = 0; i < count; ++i) types.push_back(all[random.Below(all.size())]);
    for (size_t i = 0; i < count; ++i) {
      if (i == 0 || random.OneIn(2)) keys.push_back({count - 1 - i, random.OneIn(2), random.OneIn(2)});
    }
    Check(types, keys, seed, 2 + random.Below(40));
  }
}

TEST(Sort, ManyRowsInParts) {
  const auto layout = std::make_shared<const SortLayout>(std::vector<Type>{TypeKind::kInt64},
                                                         std::vector<SortColumn>{{0, false, false}});
  RandomColumns random(9);
  std::vector<std::unique_ptr<SortRun>> runs;
  std::vector<int64_t> want;
  for (int r = 0; r < 4; ++r) {
    auto run = std::make_unique<SortRun>(layout, nullptr);
    for (int c = 0; c < 40; ++c) {
      FlatWriter<int64_t> writer(TypeKind::kInt64, 4096);
      for (size_t i = 0; i < 4096; ++i) {
        const auto value = static_cast<int64_t>(random.Next());
        writer.Set(i, value);
        want.push_back(value);
      }
      run->Append(Chunk({writer.Finish()}, 4096));
    }
    run->Finish();
    runs.push_back(std::move(run));
  }
  std::sort(want.begin(), want.end());
  const SortMerge merge(layout, std::move(runs), 50'000);
  EXPECT_GE(merge.partition_count(), 10U);
  size_t at = 0;
  for (size_t p = 0; p < merge.partition_count(); ++p) {
    SortedScan scan = merge.Partition(p);
    EXPECT_LT(scan.row_count(), 100'000U);
    while (const auto chunk = scan.Next()) {
      for (size_t i = 0; i < chunk->size(); ++i) ASSERT_EQ(chunk->column(0)->values<int64_t>()[i], want[at++]);
    }
  }
  EXPECT_EQ(at, want.size());
}

TEST(Sort, Empty) {
  const auto layout = std::make_shared<const SortLayout>(std::vector<Type>{TypeKind::kInt64},
                                                         std::vector<SortColumn>{{0, false, false}});
  std::vector<std::unique_ptr<SortRun>> runs;
  runs.push_back(std::make_unique<SortRun>(layout, nullptr));
  runs[0]->Finish();
  const SortMerge merge(layout, std::move(runs));
  EXPECT_FALSE(merge.Partition(0).Next().has_value());
  const SortMerge nothing(layout, {});
  EXPECT_FALSE(nothing.Partition(0).Next().has_value());
  TopN top(layout, 0, nullptr);
  top.Append(Chunk({Column::Constant(Value::Int64(1), 5)}, 5));
  EXPECT_FALSE(top.Finish().Next().has_value());
}

TEST(TopN, BoundTightens) {
  const auto layout =
      std::make_shared<const SortLayout>(std::vector<Type>{TypeKind::kInt32}, std::vector<SortColumn>{{0, true, true}});
  TopN top(layout, 10, nullptr);
  EXPECT_EQ(top.bound(), nullptr);
  RandomColumns random(1);
  int64_t last = INT64_MIN;
  for (int c = 0; c < 100; ++c) {
    FlatWriter<int32_t> writer(TypeKind::kInt32, 1000);
    for (size_t i = 0; i < 1000; ++i) writer.Set(i, static_cast<int32_t>(random.Below(1'000'000)));
    top.Append(Chunk({writer.Finish()}, 1000));
    if (top.bound() == nullptr) continue;
    EXPECT_GE(top.bound()->value(0).integer(), last);
    EXPECT_TRUE(top.bound()->is_whole());
    last = top.bound()->value(0).integer();
  }
  EXPECT_GT(last, 990'000);
  EXPECT_LT(top.row_count(), 3000U);
}

TEST(RowCompare, AgreesWithValues) {
  RandomColumns random(2);
  for (const Type& type : RandomColumns::AllTypes()) {
    const ColumnPtr a = random.ColumnOf(type, 60, 40, 5);
    const ColumnPtr b = random.ColumnOf(type, 60, 40, 5);
    for (size_t i = 0; i < 60; ++i) {
      for (size_t k = 0; k < 60; ++k) {
        const Value x = a->GetValue(i);
        const Value y = b->GetValue(k);
        ASSERT_EQ(SameValue(*a, i, *b, k),
                  x.is_null() || y.is_null() ? x.is_null() == y.is_null() : Value::Compare(x, y) == 0);
        if (x.is_null() || y.is_null()) continue;
        ASSERT_EQ(CompareValues(*a, i, *b, k) < 0, Value::Compare(x, y) < 0);
        // Order-preserving bytes and hashes agree too.
        std::string left;
        std::string right;
        AppendMemcomparable(*a, i, left);
        AppendMemcomparable(*b, k, right);
        ASSERT_EQ(left < right, Value::Compare(x, y) < 0) << x.ToString() << " " << y.ToString();
        if (left == right) {
          uint64_t hashes[2];
          const auto at_a = static_cast<uint32_t>(i);
          const auto at_b = static_cast<uint32_t>(k);
          HashColumn(*a, RowSet::Of({&at_a, 1}), false, &hashes[0]);
          HashColumn(*b, RowSet::Of({&at_b, 1}), false, &hashes[1]);
          ASSERT_EQ(hashes[0], hashes[1]) << x.ToString();
        }
      }
    }
  }
}

}  // namespace
}  // namespace weir
