#include "format/parquet/column_reader.h"

#include "format/parquet/flat_reader.h"
#include "format/parquet/nested_reader.h"

namespace weir::parquet {

std::unique_ptr<ColumnReader> MakeColumnReader(const PageContext& context, const SchemaNode& node,
                                               std::span<const ChunkSource> sources, uint64_t rows,
                                               const RowRanges* wanted) {
  if (node.is_flat()) {
    return std::make_unique<FlatReader>(context, node, sources[static_cast<size_t>(node.leaf.index)], rows, wanted);
  }
  return std::make_unique<NestedReader>(context, node, sources, rows, wanted);
}

}  // namespace weir::parquet
