#include "storage/segment_writer.h"

#include <algorithm>

#include "algo/key_hash.h"
#include "algo/row_compare.h"
#include "storage/segment_reader.h"

namespace weir {

namespace {

// Orders as the values do, as far as eight bytes go; NULL is least.
uint64_t SortPrefix(const ColumnView& view, PhysicalType type, size_t row) {
  if (view.IsNull(row)) return 0;
  constexpr uint64_t kFlip = uint64_t{1} << 63;
  switch (type) {
    case PhysicalType::kBool:
      return view.At<uint8_t>(row);
    case PhysicalType::kInt8:
      return static_cast<uint64_t>(view.At<int8_t>(row)) ^ kFlip;
    case PhysicalType::kInt16:
      return static_cast<uint64_t>(view.At<int16_t>(row)) ^ kFlip;
    case PhysicalType::kInt32:
      return static_cast<uint64_t>(view.At<int32_t>(row)) ^ kFlip;
    case PhysicalType::kInt64:
      return static_cast<uint64_t>(view.At<int64_t>(row)) ^ kFlip;
    case PhysicalType::kInt128:
      return static_cast<uint64_t>(static_cast<uint128_t>(view.At<int128_t>(row)) >> 64) ^ kFlip;
    case PhysicalType::kFloat:
      return OrderedDoubleBits(view.At<float>(row));
    case PhysicalType::kDouble:
      return OrderedDoubleBits(view.At<double>(row));
    case PhysicalType::kString: {
      const std::string_view text = view.At<StringRef>(row).view();
      char bytes[8] = {};
      std::memcpy(bytes, text.data(), std::min(text.size(), sizeof(bytes)));
      return LoadBigEndian<uint64_t>(bytes);
    }
    default:
      return 0;
  }
}

std::vector<std::string_view> SplitList(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    std::string_view part = text.substr(0, comma);
    while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
    while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
    if (!part.empty()) out.push_back(part);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  return out;
}

}  // namespace

void SortRows(const TableDef& table, const Chunk& chunk, std::vector<uint32_t>& rows) {
  if (table.sort_key.empty() || rows.size() < 2) return;
  std::vector<SortColumn> keys;
  for (const FieldId id : table.sort_key) keys.push_back({table.ColumnIndex(id), false, true});
  const ColumnPtr& first = chunk.column(keys[0].column);
  const ColumnView view(*first);
  struct Entry {
    uint64_t prefix;
    uint32_t row;
  };
  std::vector<Entry> entries(rows.size());
  bool ascending = true;
  for (size_t i = 0; i < rows.size(); ++i) {
    entries[i] = {SortPrefix(view, first->type().physical(), rows[i]), rows[i]};
    ascending = ascending && (i == 0 || entries[i - 1].prefix < entries[i].prefix);
  }
  if (ascending) return;
  std::sort(entries.begin(), entries.end(), [&](const Entry& a, const Entry& b) {
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    const int order = CompareRows(keys, chunk, a.row, chunk, b.row);
    return order != 0 ? order < 0 : a.row < b.row;
  });
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = entries[i].row;
}

parquet::WriterOptions SegmentFormat(const TableDef& table, std::vector<parquet::WriterColumn>& columns) {
  parquet::WriterOptions options;
  // Smaller than Parquet would like: row groups are what scans are divided by.
  options.row_group_rows = 256 << 10;
  const std::string_view codec = table.property("compression", "zstd");
  if (codec == "zstd") {
    options.codec = parquet::WriterCodec::kZstd;
  } else if (codec == "lz4") {
    options.codec = parquet::WriterCodec::kLz4Raw;
  } else if (codec == "snappy") {
    options.codec = parquet::WriterCodec::kSnappy;
  } else if (codec == "none" || codec == "uncompressed") {
    options.codec = parquet::WriterCodec::kNone;
  } else {
    throw Error::User(sqlstate::kInvalidParameterValue, "table property compression is not known: {}", codec)
        .WithHint("use zstd, lz4, snappy or none");
  }
  for (const std::string_view name : SplitList(table.property("bloom_filter_columns"))) {
    const ColumnDef* column = table.FindColumn(name);
    if (column == nullptr) continue;  // dropped since
    columns[table.ColumnIndex(column->id)].bloom_filter = !column->type.is_nested();
  }
  for (const FieldId id : table.sort_key) {
    const Type& type = table.FindColumn(id)->type;
    if (type.is_nested() || !(StoredType(type) == type)) break;
    options.sorted_by.push_back({table.ColumnIndex(id), false, true});
  }
  return options;
}

SegmentWriter::SegmentWriter(const TablePtr& table, const std::string& object_prefix,
                             const TableWriterServices& services, PendingSegments::Files& files, SegmentTarget target)
    : table_(table), services_(services), target_(std::move(target)), reservation_(services.tracker) {
  std::vector<parquet::WriterColumn> columns;
  for (const ColumnDef& column : table->columns) {
    columns.push_back({.name = column.name,
                       .type = StoredType(column.type),
                       .nullable = column.nullable,
                       .field_id = static_cast<int32_t>(column.id.value())});
  }
  parquet::WriterOptions options = SegmentFormat(*table, columns);
  options.metadata = {{"weir.table", table->name}, {"weir.partition", target_.partition}};
  path_ = services.pending->NewPath(JoinPath(object_prefix, target_.partition));
  files.Add(path_);
  object_ = services.objects.OpenForWrite(path_);
  writer_ = std::make_unique<parquet::ParquetWriter>([this](ByteSpan bytes) { object_->Append(bytes); },
                                                     std::move(columns), std::move(options));
}

SegmentWriter::~SegmentWriter() = default;

void SegmentWriter::Write(const Chunk& chunk) {
  std::vector<ColumnPtr> stored;
  for (const ColumnPtr& column : chunk.columns()) stored.push_back(ToStored(column));
  writer_->Write(chunk.WithColumns(std::move(stored)));
  reservation_.Resize(static_cast<int64_t>(writer_->buffered_bytes()));
}

std::shared_ptr<SegmentInfo> SegmentWriter::Finish(bool sorted) {
  const parquet::WrittenFile written = writer_->Finish();
  object_->Finish();
  reservation_.Resize(0);
  auto info = std::make_shared<SegmentInfo>();
  info->table = table_->id;
  info->path = path_;
  info->partition = target_.partition;
  info->partition_values = target_.partition_values;
  info->bucket = target_.bucket;
  info->level = target_.level;
  info->rows = written.rows;
  info->bytes = written.bytes;
  info->row_group_rows = written.row_group_rows;
  info->sorted = sorted;
  info->written = services_.clock.Now();
  for (size_t i = 0; i < table_->columns.size(); ++i) {
    const parquet::WrittenColumn& column = written.columns[i];
    ColumnStatistics& stats = info->columns[table_->columns[i].id];
    if (StoredType(table_->columns[i].type) == table_->columns[i].type) {
      stats.min = column.min;
      stats.max = column.max;
    }
    stats.null_count = column.null_count;
    stats.distinct_count = column.distinct_count;
    stats.bytes = column.bytes;
  }
  return info;
}

}  // namespace weir
