#include <algorithm>

#include "storage/footer_cache.h"
#include "storage/page_pruning.h"
#include "storage/scan.h"

namespace weir {

namespace {

constexpr double kTextBytesUnknown = 12;
constexpr double kFewValues = 0.1;  // distinct values per row, below which row groups are taken to share theirs

double StoredWidth(const parquet::SchemaNode& node, const parquet::ColumnMetaData& chunk,
                   const std::optional<ColumnStatistics>& bounds) {
  switch (chunk.type) {
    case parquet::PhysicalKind::kInt32:
    case parquet::PhysicalKind::kFloat:
      return 4;
    case parquet::PhysicalKind::kInt64:
    case parquet::PhysicalKind::kDouble:
      return 8;
    case parquet::PhysicalKind::kByteArray: {
      const bool text = bounds.has_value() && bounds->min.has_value() && bounds->max.has_value() &&
                        node.type.physical() == PhysicalType::kString;
      if (!text) return 4 + kTextBytesUnknown;
      return 4 + static_cast<double>(bounds->min->bytes().size() + bounds->max->bytes().size()) / 2;
    }
    default:
      return 16;
  }
}

// How many values the dictionary of a column chunk holds, from its size: what the format tells nobody else. 0 where
// there is none, or where it was given up half-way.
double DictionaryValues(const parquet::SchemaNode& node, const parquet::ColumnMetaData& chunk,
                        const std::optional<ColumnStatistics>& bounds) {
  if (!chunk.dictionary_page_offset.has_value() || chunk.data_page_offset <= *chunk.dictionary_page_offset) return 0;
  for (const parquet::PageEncodingStats& stats : chunk.encoding_stats) {
    const bool data = stats.page_type == parquet::PageType::kData || stats.page_type == parquet::PageType::kDataV2;
    if (data && stats.encoding == parquet::PageEncoding::kPlain) return 0;
  }
  const double ratio = chunk.total_compressed_size <= 0 ? 1
                                                        : static_cast<double>(chunk.total_uncompressed_size) /
                                                              static_cast<double>(chunk.total_compressed_size);
  const auto bytes = static_cast<double>(chunk.data_page_offset - *chunk.dictionary_page_offset);
  return std::max(1.0, bytes * std::max(ratio, 1.0) / StoredWidth(node, chunk, bounds));
}

// Statistics of one column over the row groups of a file, taken together.
struct Gathered {
  ColumnStatistics merged;
  bool has_bounds = true;
  bool any = false;
  double distinct_most = 0;
  double distinct_sum = 0;
  bool distinct_known = true;

  void Add(const std::optional<ColumnStatistics>& bounds, double distinct, double rows) {
    if (!bounds.has_value() || (!bounds->min.has_value() && bounds->null_count < static_cast<uint64_t>(rows))) {
      has_bounds = false;
    } else if (bounds->min.has_value()) {
      if (!any || Value::Compare(*bounds->min, *merged.min) < 0) merged.min = bounds->min;
      if (!any || Value::Compare(*bounds->max, *merged.max) > 0) merged.max = bounds->max;
      any = true;
    }
    if (bounds.has_value()) merged.null_count += bounds->null_count;
    if (distinct <= 0) distinct_known = false;
    distinct_most = std::max(distinct_most, distinct);
    distinct_sum += distinct;
  }

  ColumnStatistics Finish(double rows) {
    if (!has_bounds || !any) {
      merged.min.reset();
      merged.max.reset();
    }
    if (distinct_known && distinct_most > 0) {
      const double distinct = distinct_most < rows * kFewValues ? distinct_most : std::min(distinct_sum, rows);
      merged.distinct_count = static_cast<uint64_t>(std::max(distinct, 1.0));
    }
    return merged;
  }
};

}  // namespace

std::vector<ColumnStatistics> ParquetFiles::Statistics() const {
  std::vector<ColumnStatistics> out;
  std::vector<Gathered> gathered(schema_.size());
  double rows_total = 0;
  for (const FileInfo& info : files_) {
    const auto file = footers_->OpenFile(file_system_, info);
    for (size_t group = 0; group < file->row_group_count(); ++group) {
      const auto rows = static_cast<double>(file->row_group_rows(group));
      rows_total += rows;
      for (size_t i = 0; i < schema_.size(); ++i) {
        const auto at = file->footer()->FindColumn(schema_[i].name);
        if (!at.has_value() || file->columns()[*at].kind != parquet::SchemaNode::Kind::kLeaf) {
          gathered[i].has_bounds = gathered[i].distinct_known = false;
          continue;
        }
        const parquet::SchemaNode& node = file->columns()[*at];
        const auto bounds = BoundsAs(file->Bounds(group, *at), schema_[i].type);
        const auto& chunk = file->ChunkMetadata(group, node.leaf.index);
        gathered[i].Add(bounds, DictionaryValues(node, chunk, bounds), rows);
      }
    }
  }
  out.reserve(schema_.size());
  for (Gathered& column : gathered) out.push_back(column.Finish(rows_total));
  return out;
}

}  // namespace weir
