#include "algo/row_merge.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "column/builder.h"

namespace weir {

namespace {

Chunk ChunkOf(const std::vector<std::pair<int64_t, std::string>>& rows) {
  ColumnBuilder numbers(TypeKind::kInt64), texts(TypeKind::kVarchar);
  for (const auto& [number, text] : rows) {
    number < 0 ? numbers.AppendNull() : numbers.Append(number);
    texts.AppendString(text);
  }
  return {{numbers.Finish(), texts.Finish()}, rows.size()};
}

}  // namespace

TEST(RowMergeTest, MergesWhatComesInPieces) {
  const auto layout = std::make_shared<const SortLayout>(
      std::vector<Type>{TypeKind::kInt64, TypeKind::kVarchar},
      std::vector<SortColumn>{{.column = 0, .descending = false, .nulls_first = false},
                              {.column = 1, .descending = true, .nulls_first = false}});
  // As the layout orders: numbers, NULL (-1 here) last, then texts downwards.
  const auto before = [](const auto& a, const auto& b) {
    const auto key = [](int64_t number) { return number < 0 ? INT64_MAX : number; };
    return key(a.first) != key(b.first) ? key(a.first) < key(b.first) : a.second > b.second;
  };
  std::mt19937_64 random(5);
  for (const size_t streams : {1, 2, 7}) {
    std::vector<std::vector<std::pair<int64_t, std::string>>> rows(streams);
    std::vector<std::pair<int64_t, std::string>> expected;
    for (size_t s = 0; s < streams; ++s) {
      const size_t count = s == 1 ? 0 : random() % 500;
      for (size_t i = 0; i < count; ++i) {
        // Longer than what is kept in a row, with equal beginnings.
        rows[s].emplace_back(static_cast<int64_t>(random() % 20) - 1,
                             "a common beginning " + std::to_string(random() % 50));
      }
      std::ranges::sort(rows[s], before);
      expected.insert(expected.end(), rows[s].begin(), rows[s].end());
    }
    std::ranges::sort(expected, before);

    RowMerge merge(layout, streams, nullptr);
    std::vector<size_t> at(streams);
    std::vector<std::pair<int64_t, std::string>> got;
    for (;;) {
      while (const auto wanted = merge.wanted()) {
        const auto& from = rows[*wanted];
        const size_t begin = at[*wanted];
        const size_t count = std::min<size_t>(from.size() - begin, 1 + random() % 40);
        at[*wanted] += count;
        const auto first = from.begin() + static_cast<std::ptrdiff_t>(begin);
        merge.Feed(*wanted, count == 0 ? std::nullopt
                                       : std::optional(ChunkOf({first, first + static_cast<std::ptrdiff_t>(count)})));
      }
      const std::optional<Chunk> chunk = merge.Next(1 + random() % 60);
      if (!chunk.has_value()) break;
      for (size_t i = 0; i < chunk->row_count(); ++i) {
        const Value number = chunk->column(0)->GetValue(i);
        got.emplace_back(number.is_null() ? -1 : number.integer(), chunk->column(1)->GetValue(i).bytes());
      }
    }
    EXPECT_EQ(got, expected) << streams;
  }
}

}  // namespace weir
