#include "format/parquet/narrow_dictionary.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace weir::parquet {
namespace {

ColumnPtr ColumnOf(const std::vector<int64_t>& values) {
  auto buffer = Buffer::Allocate(values.size() * sizeof(int64_t));
  std::copy(values.begin(), values.end(), buffer->as<int64_t>());
  return Column::Flat(TypeKind::kInt64, values.size(), std::move(buffer));
}

TEST(NarrowDictionary, GivesWhatWasPutIn) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
  const std::vector<std::vector<int64_t>> cases = {
      {7}, {5, -3, 0, 12}, {-1, (int64_t{1} << 32) - 2}, {kMost, kMost - 5}, {kLeast + 9, kLeast}};
  for (const auto& values : cases) {
    const auto narrow = NarrowDictionary::TryMake(*ColumnOf(values));
    ASSERT_NE(narrow, nullptr);
    EXPECT_EQ(narrow->size(), values.size());
    std::vector<uint32_t> indices;
    for (size_t i = values.size(); i-- > 0;) indices.push_back(static_cast<uint32_t>(i));
    std::vector<int64_t> out(values.size());
    narrow->Gather(indices.data(), indices.size(), out.data());
    const ColumnPtr wide = narrow->Widen(TypeKind::kInt64);
    for (size_t i = 0; i < values.size(); ++i) {
      EXPECT_EQ(out[i], values[values.size() - 1 - i]);
      EXPECT_EQ(wide->GetValue(i), Value::Int64(values[i]));
    }
  }
}

TEST(NarrowDictionary, NotOfWhatIsFarApart) {
  EXPECT_EQ(NarrowDictionary::TryMake(*ColumnOf({0, int64_t{1} << 32})), nullptr);
  EXPECT_EQ(
      NarrowDictionary::TryMake(*ColumnOf({std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()})),
      nullptr);
  EXPECT_EQ(NarrowDictionary::TryMake(*ColumnOf({})), nullptr);
}

}  // namespace
}  // namespace weir::parquet
