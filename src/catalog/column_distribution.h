#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "catalog/ids.h"
#include "types/value.h"

namespace weir {

// How the values of a column are spread, as ANALYZE found it.
struct ColumnDistribution {
  double null_fraction = 0;
  double width = 0;  // bytes of a value, on average
  // Distinct values; negative: their number as a share of the rows, which grows with the table (-1: all differ).
  double distinct = 0;
  // The most common values and the share of all rows that each has, the most common first.
  std::vector<Value> common;
  std::vector<double> frequencies;
  // Equally many of the rows with other values lie between each two of these. Ascending; none: no histogram.
  std::vector<Value> bounds;

  double DistinctOf(double rows) const { return distinct < 0 ? -distinct * rows : distinct; }
  double CommonShare() const;
  void Serialize(ByteWriter& out) const;
  static ColumnDistribution Deserialize(ByteReader& in);
};
using ColumnDistributionPtr = std::shared_ptr<const ColumnDistribution>;

// What ANALYZE keeps of a table: an object of the catalog, kind kDistributionKind, named by the table's id.
struct TableDistribution {
  Version version;  // that it describes
  uint64_t rows = 0;
  int64_t analyzed = 0;  // unix ns
  std::map<FieldId, ColumnDistributionPtr> columns;

  std::string Serialize() const;
  static TableDistribution Deserialize(std::string_view payload);
};

inline constexpr std::string_view kDistributionKind = "distribution";
std::string DistributionName(TableId table);

// Of the rows that are not NULL, a sorted sample: its most common values and a histogram of the others. `count_max` of
// either. `complete`: the sample is all there is. Shares are of `rows` sampled, NULLs among them.
ColumnDistribution DescribeSample(std::vector<Value> sorted, size_t rows, bool complete, size_t count_max);

}  // namespace weir
