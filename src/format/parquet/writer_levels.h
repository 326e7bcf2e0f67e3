#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "column/chunk.h"
#include "format/parquet/writer_schema.h"

namespace weir::parquet {

// What a chunk's rows mean for one leaf: an entry per value, NULL or empty list, in Parquet's levels, and where the
// values are.
struct LeafBatch {
  const Column* column = nullptr;     // the leaf's column, any encoding
  std::vector<uint32_t> rows;         // of `column`, one per value that is there
  std::vector<uint32_t> definitions;  // one per entry; empty when the leaf's definition_max is 0
  std::vector<uint32_t> repetitions;  // one per entry; empty when the leaf's repetition_max is 0
  size_t entries = 0;
};

// Takes a top-level column apart, calling `each` for every leaf of it in order. NULL where nothing is nullable throws
// 23502.
void ShredColumn(const WriterSchema& schema, const WriterNode& node, const Column& column, const RowSet& rows,
                 const std::function<void(size_t leaf, LeafBatch& batch)>& each);

}  // namespace weir::parquet
