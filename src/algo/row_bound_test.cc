#include "algo/row_bound.h"

#include <gtest/gtest.h>

#include <numeric>

#include "algo/random_columns.h"

namespace weir {
namespace {

// What Split leaves, key by key, is what comparing whole rows says.
void CheckSplit(const std::vector<Type>& types, uint64_t seed) {
  SCOPED_TRACE(fmt::format("first {}, seed {}", types[0].ToString(), seed));
  RandomColumns random(seed);
  const Chunk chunk = random.ChunkOf(types, 200, 1 + random.Below(30), random.Below(3) * 5);
  const Chunk rows = chunk.WithSelection(nullptr);
  std::vector<SortColumn> keys;
  for (size_t c = 0; c < types.size(); ++c) keys.push_back({c, random.OneIn(2), random.OneIn(2)});
  const auto at = static_cast<uint32_t>(random.Below(200));
  std::vector<ColumnPtr> values;
  for (size_t c = 0; c < types.size(); ++c) {
    values.push_back(Column::ConstantOf(rows.column(c), at, 1));
  }
  const RowBound bound(keys, values, true);
  Selection tied(200);
  std::iota(tied.begin(), tied.end(), 0U);
  Selection before;
  for (size_t k = 0; k < keys.size(); ++k) bound.Split(k, *rows.column(k), tied, before);
  std::ranges::sort(before);
  Selection want_before;
  Selection want_tied;
  for (uint32_t row = 0; row < 200; ++row) {
    const int order = CompareRows(keys, rows, row, rows, at);
    if (order < 0) want_before.push_back(row);
    if (order == 0) want_tied.push_back(row);
    std::vector<ColumnPtr> other;
    for (size_t c = 0; c < types.size(); ++c) {
      other.push_back(Column::ConstantOf(rows.column(c), row, 1));
    }
    EXPECT_EQ(RowBound(keys, other, true).IsBefore(bound), order < 0);
  }
  EXPECT_EQ(before, want_before);
  EXPECT_EQ(tied, want_tied);
}

TEST(RowBound, SplitsAsRowsCompare) {
  uint64_t seed = 1;
  for (const Type& type : RandomColumns::AllTypes()) {
    if (!RowBound::Supports(type)) continue;
    for (int i = 0; i < 8; ++i) {
      CheckSplit({type}, seed++);
      CheckSplit({type, TypeKind::kInt32, TypeKind::kVarchar}, seed++);
    }
  }
}

}  // namespace
}  // namespace weir
