#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "catalog/ids.h"
#include "types/value.h"

namespace weir {

// What is known of the values of one column of a segment or a table. Bounds hold every value; they may be wider than
// the values are (truncated strings, deleted rows). Absent bounds say nothing. NaN counts as the largest value.
struct ColumnStatistics {
  std::optional<Value> min;
  std::optional<Value> max;
  uint64_t null_count = 0;
  uint64_t distinct_count = 0;  // an estimate; 0 = unknown
  uint64_t bytes = 0;           // as stored

  // Two sets of rows as one. `distinct_adds_up`: they are known to share no values.
  void Merge(const ColumnStatistics& other, bool distinct_adds_up);
  void Serialize(ByteWriter& out) const;
  static ColumnStatistics Deserialize(ByteReader& in);
  friend bool operator==(const ColumnStatistics&, const ColumnStatistics&) = default;
};

struct TableStatistics {
  uint64_t row_count = 0;  // without deleted ones
  uint64_t bytes = 0;      // on storage
  std::map<FieldId, ColumnStatistics> columns;
};

// Where the optimizer asks. Implemented by storage's snapshot.
class StatisticsSource {
 public:
  virtual ~StatisticsSource() = default;
  // nullptr when nothing is known of such a table.
  virtual std::shared_ptr<const TableStatistics> Statistics(TableId table) const = 0;
};

}  // namespace weir
