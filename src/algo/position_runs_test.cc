#include "algo/position_runs.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace weir {
namespace {

// Rows by position, each in the order in which they came.
std::map<uint32_t, std::vector<uint32_t>> Expected(const RowSet& rows, const std::vector<uint32_t>& positions) {
  std::map<uint32_t, std::vector<uint32_t>> out;
  for (size_t i = 0; i < rows.count(); ++i) out[positions[i]].push_back(static_cast<uint32_t>(rows[i]));
  return out;
}

void Check(PositionRuns& runs, const RowSet& rows, const std::vector<uint32_t>& positions, size_t domain) {
  const auto expected = Expected(rows, positions);
  const bool few = rows.count() >= 64 && expected.size() * 32 <= rows.count() && domain <= 4096;
  ASSERT_EQ(runs.Find(rows, positions.data(), domain), few) << rows.count() << " rows, " << expected.size();
  if (!few) {
    EXPECT_TRUE(runs.runs().empty());
    return;
  }
  ASSERT_EQ(runs.runs().size(), expected.size());
  auto next = expected.begin();
  for (const PositionRuns::Run& run : runs.runs()) {
    EXPECT_EQ(run.position, next->first);
    ASSERT_EQ(run.count, next->second.size());
    if (expected.size() > 1) {
      const std::vector<uint32_t> found(runs.rows() + run.begin, runs.rows() + run.begin + run.count);
      EXPECT_EQ(found, next->second);
    }
    ++next;
  }
}

TEST(PositionRuns, OrdersRows) {
  std::mt19937 random(7);
  PositionRuns runs;
  for (const size_t count : {0, 1, 63, 64, 65, 100, 511, 1000, 4095, 4096}) {
    for (const size_t used : {1, 2, 3, 4, 7, 12, 13, 31, 200}) {
      for (const size_t domain : {used, size_t{300}, size_t{4096}, size_t{4097}}) {
        if (domain < used) continue;
        std::vector<uint32_t> positions(count);
        for (uint32_t& position : positions) position = static_cast<uint32_t>(random() % used * (domain / used));
        Check(runs, RowSet::All(count), positions, domain);
        std::vector<uint32_t> selected;
        for (uint32_t row = 0; selected.size() < count; ++row) {
          if (random() % 3 != 0) selected.push_back(row);
        }
        Check(runs, RowSet::Of(selected), positions, domain);
      }
    }
  }
}

// One position for nearly all rows: runs of a single row, and at the end.
TEST(PositionRuns, SkewedPositions) {
  PositionRuns runs;
  std::vector<uint32_t> positions(4096, 2);
  positions.front() = 3;
  positions.back() = 0;
  Check(runs, RowSet::All(positions.size()), positions, 4);
}

}  // namespace
}  // namespace weir
