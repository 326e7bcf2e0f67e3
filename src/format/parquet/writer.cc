#include "format/parquet/writer.h"

#include <algorithm>

#include "base/check.h"
#include "format/parquet/metadata.h"
#include "format/parquet/writer_leaf.h"
#include "format/parquet/writer_levels.h"
#include "format/parquet/writer_schema.h"

namespace weir::parquet {

namespace {

constexpr std::string_view kMagic = "PAR1";
constexpr std::string_view kCreatedBy = "weir version 0.1.0";

// What the footer's indexes need of a chunk after its bytes are gone.
struct ChunkIndexes {
  OffsetIndex offsets;
  ColumnIndex index;
  bool has_index = false;
};

// Whether pages' bounds ascend or descend, as the column index says to readers.
BoundaryOrder OrderOfPages(const ColumnIndex& index, const WriterLeaf& leaf) {
  if (HoldsBytes(leaf.stored)) {
    bool ascending = true;
    std::optional<size_t> before;
    const bool plain_bytes = leaf.stored == StoredKind::kBytes || leaf.type.is(TypeKind::kUuid);
    if (!plain_bytes) return BoundaryOrder::kUnordered;
    for (size_t i = 0; i < index.min_values.size(); ++i) {
      if (index.null_pages[i]) continue;
      if (before.has_value()) {
        ascending = ascending && index.min_values[*before] <= index.min_values[i] &&
                    index.max_values[*before] <= index.max_values[i];
      }
      before = i;
    }
    return ascending ? BoundaryOrder::kAscending : BoundaryOrder::kUnordered;
  }
  const auto number = [&](const std::string& bytes) -> long double {
    switch (leaf.stored) {
      case StoredKind::kBoolean:
        return bytes[0];
      case StoredKind::kInt32:
        return LoadUnaligned<int32_t>(bytes.data());
      case StoredKind::kFloat:
        return LoadUnaligned<float>(bytes.data());
      case StoredKind::kDouble:
        return LoadUnaligned<double>(bytes.data());
      default:
        return static_cast<long double>(LoadUnaligned<int64_t>(bytes.data()));
    }
  };
  bool ascending = true;
  bool descending = true;
  std::optional<size_t> before;
  for (size_t i = 0; i < index.min_values.size(); ++i) {
    if (index.null_pages[i]) continue;
    if (before.has_value()) {
      const long double min = number(index.min_values[i]) - number(index.min_values[*before]);
      const long double max = number(index.max_values[i]) - number(index.max_values[*before]);
      ascending = ascending && min >= 0 && max >= 0;
      descending = descending && min <= 0 && max <= 0;
    }
    before = i;
  }
  return ascending ? BoundaryOrder::kAscending : descending ? BoundaryOrder::kDescending : BoundaryOrder::kUnordered;
}

}  // namespace

struct ParquetWriter::Impl {
  Impl(Sink given_sink, std::vector<WriterColumn> given_columns, WriterOptions given_options)
      : sink(std::move(given_sink)),
        columns(std::move(given_columns)),
        options(std::move(given_options)),
        schema(BuildWriterSchema(columns)) {
    for (const WriterLeaf& leaf : schema.leaves) {
      leaves.push_back(std::make_unique<LeafWriter>(leaf, options));
      bounds.emplace_back(leaf);
    }
    file.columns.resize(columns.size());
    Put(kMagic);
  }

  void Put(std::string_view bytes) {
    if (!bytes.empty()) sink(AsBytes(bytes));
    offset += bytes.size();
  }

  void Write(std::span<const Chunk> chunks) {
    size_t rows = 0;
    for (const Chunk& chunk : chunks) {
      Check(chunk);
      rows += chunk.row_count();
    }
    if (options.run_all == nullptr || group_rows + rows > options.row_group_rows) {
      for (const Chunk& chunk : chunks) Write(chunk);
      return;
    }
    options.run_all(columns.size(), [&](size_t column) {
      for (const Chunk& chunk : chunks) WriteColumn(column, *chunk.column(column), chunk.rows());
    });
    CountRows(rows);
  }

  void Write(const Chunk& chunk) {
    Check(chunk);
    const RowSet rows = chunk.rows();
    // In pieces, so that a row group ends near its limits.
    constexpr size_t kPiece = 16 << 10;
    for (size_t begin = 0; begin < rows.count();) {
      const size_t count = std::min({rows.count() - begin, kPiece, options.row_group_rows - group_rows});
      std::vector<uint32_t> piece(count);
      for (size_t i = 0; i < count; ++i) piece[i] = static_cast<uint32_t>(rows[begin + i]);
      for (size_t i = 0; i < columns.size(); ++i) WriteColumn(i, *chunk.column(i), RowSet::Of(piece));
      begin += count;
      CountRows(count);
    }
  }

  void Check(const Chunk& chunk) const {
    WEIR_CHECK(!finished && chunk.column_count() == columns.size(), "{} columns of {}", chunk.column_count(),
               columns.size());
    for (size_t i = 0; i < columns.size(); ++i) {
      WEIR_CHECK(chunk.column(i)->type() == columns[i].type, "{} in a column of {}", chunk.column(i)->type().ToString(),
                 columns[i].type.ToString());
    }
  }

  // Changes nothing of other columns.
  void WriteColumn(size_t i, const Column& column, const RowSet& rows) {
    ShredColumn(schema, schema.columns[i], column, rows,
                [&](size_t leaf, LeafBatch& batch) { leaves[leaf]->Append(batch); });
    // NULLs of whole nested values; leaves count theirs by themselves.
    const ColumnView view(column);
    if (!columns[i].type.is_nested() || !view.may_have_nulls()) return;
    rows.ForEach([&](size_t row) { file.columns[i].null_count += view.IsNull(row) ? 1 : 0; });
  }

  void CountRows(size_t count) {
    group_rows += count;
    file.rows += count;
    if (group_rows >= options.row_group_rows || buffered_bytes() >= options.row_group_bytes) EndRowGroup();
  }

  size_t buffered_bytes() const {
    size_t bytes = 0;
    for (const auto& leaf : leaves) bytes += leaf->buffered_bytes();
    return bytes;
  }

  void EndRowGroup() {
    if (group_rows == 0) return;
    RowGroup group;
    group.num_rows = static_cast<int64_t>(group_rows);
    group.ordinal = static_cast<int16_t>(std::min<size_t>(metadata.row_groups.size(), INT16_MAX));
    group.file_offset = static_cast<int64_t>(offset);
    int64_t compressed = 0;
    std::vector<std::string> blooms;
    auto& group_indexes = indexes.emplace_back();
    // Where columns are encoded side by side; else each when its turn comes, so that there is one at a time.
    std::vector<std::optional<EncodedChunk>> ended(leaves.size());
    if (options.run_all != nullptr) {
      options.run_all(leaves.size(), [&](size_t i) { ended[i].emplace(leaves[i]->EndChunk()); });
    }
    for (size_t i = 0; i < leaves.size(); ++i) {
      EncodedChunk chunk = ended[i].has_value() ? std::move(*ended[i]) : leaves[i]->EndChunk();
      const auto base = static_cast<int64_t>(offset);
      chunk.metadata.data_page_offset += base;
      if (chunk.metadata.dictionary_page_offset.has_value()) *chunk.metadata.dictionary_page_offset += base;
      for (PageLocation& page : chunk.offsets.page_locations) page.offset += base;
      Put(chunk.bytes);
      const WriterLeaf& leaf = schema.leaves[i];
      WrittenColumn& written = file.columns[leaf.column];
      written.bytes += chunk.bytes.size();
      if (leaf.is_top_level) written.null_count += static_cast<uint64_t>(*chunk.metadata.statistics->null_count);
      bounds[i].Merge(chunk.bounds);
      compressed += chunk.metadata.total_compressed_size;
      group.total_byte_size += chunk.metadata.total_uncompressed_size;
      if (chunk.has_index) chunk.index.boundary_order = OrderOfPages(chunk.index, leaf);
      group_indexes.push_back({std::move(chunk.offsets), std::move(chunk.index), chunk.has_index});
      blooms.push_back(std::move(chunk.bloom_filter));
      ColumnChunk& entry = group.columns.emplace_back();
      entry.meta_data = std::move(chunk.metadata);
    }
    for (size_t i = 0; i < blooms.size(); ++i) {
      if (blooms[i].empty()) continue;
      group.columns[i].meta_data->bloom_filter_offset = static_cast<int64_t>(offset);
      group.columns[i].meta_data->bloom_filter_length = static_cast<int32_t>(blooms[i].size());
      Put(blooms[i]);
    }
    group.total_compressed_size = compressed;
    for (const WriterOptions::SortingColumn& sorted : options.sorted_by) {
      // The format counts leaves.
      for (size_t i = 0; i < schema.leaves.size(); ++i) {
        if (schema.leaves[i].column != sorted.column || !schema.leaves[i].is_top_level) continue;
        group.sorting_columns.push_back({static_cast<int32_t>(i), sorted.descending, sorted.nulls_first});
      }
    }
    metadata.row_groups.push_back(std::move(group));
    file.row_group_rows.push_back(group_rows);
    group_rows = 0;
  }

  void WriteIndexes() {
    for (size_t g = 0; g < indexes.size(); ++g) {
      for (size_t i = 0; i < indexes[g].size(); ++i) {
        if (!indexes[g][i].has_index) continue;
        std::string bytes;
        WriteMetadata(indexes[g][i].index, bytes);
        ColumnChunk& chunk = metadata.row_groups[g].columns[i];
        chunk.column_index_offset = static_cast<int64_t>(offset);
        chunk.column_index_length = static_cast<int32_t>(bytes.size());
        Put(bytes);
      }
    }
    for (size_t g = 0; g < indexes.size(); ++g) {
      for (size_t i = 0; i < indexes[g].size(); ++i) {
        std::string bytes;
        WriteMetadata(indexes[g][i].offsets, bytes);
        ColumnChunk& chunk = metadata.row_groups[g].columns[i];
        chunk.offset_index_offset = static_cast<int64_t>(offset);
        chunk.offset_index_length = static_cast<int32_t>(bytes.size());
        Put(bytes);
      }
    }
  }

  WrittenFile Finish() {
    WEIR_CHECK(!finished);
    EndRowGroup();
    finished = true;
    if (options.page_index) WriteIndexes();
    metadata.version = 2;
    metadata.schema = schema.elements;
    metadata.num_rows = static_cast<int64_t>(file.rows);
    metadata.created_by = kCreatedBy;
    for (const auto& [key, value] : options.metadata) metadata.key_value_metadata.push_back({key, value});
    metadata.column_orders.assign(schema.leaves.size(), ColumnOrder::kTypeDefined);
    std::string footer;
    WriteMetadata(metadata, footer);
    const auto length = static_cast<uint32_t>(footer.size());
    footer.append(reinterpret_cast<const char*>(&length), sizeof(length));
    footer += kMagic;
    Put(footer);
    file.bytes = offset;
    for (size_t i = 0; i < schema.leaves.size(); ++i) {
      const WriterLeaf& leaf = schema.leaves[i];
      if (!leaf.is_top_level) continue;
      WrittenColumn& column = file.columns[leaf.column];
      column.distinct_count = std::min(leaves[i]->distinct().Count(), file.rows - column.null_count);
      if (const auto min = bounds[i].Min(options.statistics_bytes_max)) column.min = bounds[i].ToValue(*min);
      if (const auto max = bounds[i].Max(options.statistics_bytes_max)) column.max = bounds[i].ToValue(*max);
    }
    return std::move(file);
  }

  const Sink sink;
  const std::vector<WriterColumn> columns;
  const WriterOptions options;
  const WriterSchema schema;
  std::vector<std::unique_ptr<LeafWriter>> leaves;
  std::vector<MinMax> bounds;
  FileMetaData metadata;
  std::vector<std::vector<ChunkIndexes>> indexes;  // [row group][leaf]
  WrittenFile file;
  uint64_t offset = 0;
  size_t group_rows = 0;
  bool finished = false;
};

ParquetWriter::ParquetWriter(Sink sink, std::vector<WriterColumn> columns, WriterOptions options)
    : impl_(std::make_unique<Impl>(std::move(sink), std::move(columns), std::move(options))) {}
ParquetWriter::~ParquetWriter() = default;

void ParquetWriter::Write(const Chunk& chunk) {
  impl_->Write(chunk);
}
void ParquetWriter::Write(std::span<const Chunk> chunks) {
  impl_->Write(chunks);
}
void ParquetWriter::EndRowGroup() {
  impl_->EndRowGroup();
}
WrittenFile ParquetWriter::Finish() {
  return impl_->Finish();
}
uint64_t ParquetWriter::rows() const {
  return impl_->file.rows;
}
size_t ParquetWriter::buffered_bytes() const {
  return impl_->buffered_bytes();
}

}  // namespace weir::parquet
