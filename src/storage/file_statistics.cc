#include <algorithm>
#include <cmath>
#include <limits>

#include "storage/footer_cache.h"
#include "storage/page_pruning.h"
#include "storage/scan.h"

namespace weir {

namespace {

constexpr double kTextBytesUnknown = 12;
constexpr double kNearlyUnique = 0.75;  // distinct values per row from which a dictionary says nothing of repetition

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

// How many values there are to draw from when `rows` draws found `distinct` of them: the inverse of the expectation
// D * (1 - (1 - 1/D)^rows), by bisection. Infinite when nearly every draw was new.
double DomainOf(double distinct, double rows) {
  if (distinct >= rows * kNearlyUnique) return std::numeric_limits<double>::infinity();
  double low = distinct, high = distinct / (1 - distinct / rows) * 2 + rows;
  for (int i = 0; i < 40; ++i) {
    const double middle = (low + high) / 2;
    const double expected = -middle * std::expm1(-rows / middle);
    (expected < distinct ? low : high) = middle;
  }
  return low;
}

// Statistics of one column over the row groups of a file, taken together.
class Gathered {
 public:
  void Add(const std::optional<ColumnStatistics>& bounds, double distinct, double rows) {
    // Of floating numbers only the least may be known: NaN is above all.
    const bool has_both = bounds.has_value() && bounds->min.has_value() && bounds->max.has_value();
    if (!bounds.has_value() || (!has_both && bounds->null_count < static_cast<uint64_t>(rows))) {
      has_bounds_ = false;
    } else if (has_both) {
      // Groups that follow one another, as those of a sorted column do, share no values.
      if (any_ && (Value::Compare(*bounds->min, *merged_.max) > 0 || Value::Compare(*bounds->max, *merged_.min) < 0)) {
        ++apart_;
      }
      if (!any_ || Value::Compare(*bounds->min, *merged_.min) < 0) merged_.min = bounds->min;
      if (!any_ || Value::Compare(*bounds->max, *merged_.max) > 0) merged_.max = bounds->max;
      any_ = true;
    }
    if (bounds.has_value()) merged_.null_count += bounds->null_count;
    if (distinct <= 0) distinct_known_ = false;
    ++groups_;
    distinct_sum_ += distinct;
    domain_ = std::max(domain_, distinct <= 0 ? 0 : DomainOf(distinct, rows));
  }

  void SetBoundsUnknown() { has_bounds_ = distinct_known_ = false; }

  ColumnStatistics Finish(double rows) {
    if (!has_bounds_ || !any_) {
      merged_.min.reset();
      merged_.max.reset();
    }
    if (distinct_known_ && distinct_sum_ > 0) {
      const bool apart = has_bounds_ && groups_ > 1 && apart_ * 2 >= groups_;
      const double distinct = apart ? distinct_sum_ : std::min(domain_, distinct_sum_);
      merged_.distinct_count = static_cast<uint64_t>(std::clamp(distinct, 1.0, std::max(rows, 1.0)));
    }
    return merged_;
  }

 private:
  ColumnStatistics merged_;
  bool has_bounds_ = true;
  bool any_ = false;
  bool distinct_known_ = true;
  size_t groups_ = 0;
  size_t apart_ = 0;  // groups whose range lies outside that of those before
  double distinct_sum_ = 0;
  double domain_ = 0;
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
          gathered[i].SetBoundsUnknown();
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
