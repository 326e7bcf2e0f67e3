#pragma once

#include <functional>
#include <vector>

#include "catalog/column_distribution.h"
#include "column/chunk.h"
#include "storage/storage.h"

namespace weir {

inline constexpr size_t kCommonMax = 100;                  // common values, and buckets of a histogram
inline constexpr double kSampleRows = 300.0 * kCommonMax;  // enough for such a histogram whatever the table's size

// Whether values of the type have an order, and so a histogram.
bool HasDistribution(const Type& type);

// How the values of one column of the sampled rows are spread. `complete`: they are all that there is.
ColumnDistribution DescribeColumn(const std::vector<Chunk>& sample, size_t column, const Type& type, bool complete,
                                  size_t count_max);

// What differs in most rows is taken to go on doing so as the table grows.
void ScaleDistinct(ColumnDistribution& column, uint64_t rows);

// About kSampleRows rows of a table, all columns in order: of parts that are picked by chance until they have
// `read_max` rows. Stops early when `stopped` says so. Blocks.
std::vector<Chunk> SampleTable(const Storage& storage, const SnapshotPtr& snapshot, const TableDef& table,
                               uint64_t read_max, Random& random, const std::shared_ptr<MemoryTracker>& memory,
                               const std::function<bool()>& stopped);

}  // namespace weir
