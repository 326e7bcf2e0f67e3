#include "storage/table_writer.h"

#include <algorithm>

#include "column/builder.h"
#include "storage/partition.h"
#include "storage/segment_writer.h"
#include "storage/shred_maps.h"

namespace weir {

TableWriter::TableWriter(TablePtr table, std::string object_prefix, TableWriterServices services,
                         TableWriterOptions options)
    : table_(std::move(table)),
      object_prefix_(std::move(object_prefix)),
      services_(std::move(services)),
      options_(options),
      reservation_(services_.tracker) {
  for (const ColumnDef& column : table_->columns) types_.push_back(column.type);
  // Rows that were in the table before have them.
  if (!options_.any_partition) shredded_ = ShreddedColumns(*table_);
  delta_.table = table_->id;
}

TableWriter::~TableWriter() = default;

void TableWriter::CheckNotNull(const Chunk& chunk) const {
  for (size_t i = 0; i < table_->columns.size(); ++i) {
    if (table_->columns[i].nullable) continue;
    const ColumnView view(*chunk.column(i));
    if (!view.may_have_nulls()) continue;
    chunk.rows().ForEach([&](size_t row) {
      if (!view.IsNull(row)) return;
      throw Error::User(sqlstate::kNotNullViolation,
                        "null value in column \"{}\" of relation \"{}\" violates not-null constraint",
                        table_->columns[i].name, table_->name)
          .WithDetail(
              "Failing row: " +
              chunk.WithSelection(std::make_shared<Selection>(Selection{static_cast<uint32_t>(row)})).RowToString(0));
    });
  }
}

void TableWriter::Write(const Chunk& chunk) {
  if (chunk.empty()) return;
  WEIR_CHECK(chunk.column_count() == types_.size(), "{} columns for table {} of {}", chunk.column_count(), table_->name,
             types_.size());
  CheckNotNull(chunk);
  // A filtered chunk would keep all of its rows alive.
  Chunk kept = ShredMaps(shredded_, chunk.Compact());
  gathered_bytes_ += kept.MemoryBytes();
  reservation_.Resize(static_cast<int64_t>(gathered_bytes_));
  gathered_rows_ += kept.size();
  rows_ += kept.size();
  gathered_.push_back(std::move(kept));
  if (is_plain()) {
    if (stream_ != nullptr || gathered_rows_ > options_.inline_rows_max ||
        gathered_bytes_ > options_.inline_bytes_max) {
      StreamGathered();
    }
  } else if (gathered_bytes_ >= options_.segment_bytes_max || gathered_rows_ >= options_.segment_rows_max) {
    WriteGathered();
  }
}

// Rows have no place or order of their own.
bool TableWriter::is_plain() const {
  return table_->sort_key.empty() && table_->partition.kind == PartitionKind::kNone &&
         table_->distribution.buckets <= 1;
}

void TableWriter::StreamGathered() {
  if (files_ == nullptr) files_ = services_.pending->NewFiles();
  for (const Chunk& chunk : gathered_) {
    services_.cancel.ThrowIfCanceled();
    if (stream_ == nullptr) {
      stream_ = std::make_unique<SegmentWriter>(table_, object_prefix_, services_, *files_,
                                                SegmentTarget{.level = options_.level});
    }
    stream_->Write(chunk);
    if (stream_->rows() >= options_.segment_rows_max) EndStream();
  }
  gathered_.clear();
  gathered_bytes_ = gathered_rows_ = 0;
  reservation_.Resize(0);
}

void TableWriter::EndStream() {
  if (stream_ == nullptr) return;
  delta_.added.push_back(stream_->Finish(false));
  stream_.reset();
}

TableDelta TableWriter::Finish() {
  const bool is_small = gathered_rows_ <= options_.inline_rows_max && gathered_bytes_ <= options_.inline_bytes_max;
  if (gathered_rows_ != 0) {
    if (is_small && delta_.added.empty()) {
      AddInline();
    } else if (is_plain()) {
      StreamGathered();
    } else {
      WriteGathered();
    }
  }
  EndStream();
  delta_.inserted_rows = rows_;
  delta_.files = std::move(files_);
  TableDelta out = std::move(delta_);
  delta_ = {};
  delta_.table = table_->id;
  rows_ = 0;
  return out;
}

void TableWriter::AddInline() {
  auto batch = std::make_shared<InlineBatch>();
  // Rows must find a partition now, not when they are flushed.
  for (const Chunk& chunk : gathered_) PlaceRows(*table_, chunk, options_.any_partition);
  for (const ColumnDef& column : table_->columns) batch->fields.push_back(column.id);
  // Copies: the batch stays in memory long after the pages or buffers that the rows came in.
  std::vector<ColumnPtr> columns;
  for (size_t i = 0; i < types_.size(); ++i) {
    ColumnBuilder builder(types_[i], gathered_rows_);
    for (const Chunk& chunk : gathered_) builder.AppendRows(*chunk.column(i), chunk.rows());
    columns.push_back(builder.Finish());
  }
  batch->rows = Chunk(std::move(columns), gathered_rows_);
  batch->bytes = batch->rows.MemoryBytes();
  batch->written = services_.clock.Now();
  delta_.inline_rows.push_back(std::move(batch));
  gathered_.clear();
  gathered_bytes_ = gathered_rows_ = 0;
  reservation_.Resize(0);
}

void TableWriter::WriteGathered() {
  const Chunk all = Chunk::Concat(gathered_, types_);
  gathered_.clear();
  const Placement placement = PlaceRows(*table_, all, options_.any_partition);
  const size_t partitions = placement.partitions.size();
  const size_t buckets = placement.bucket_of.empty() ? 1 : table_->distribution.buckets;
  // Rows by where they go, in order of arrival.
  std::vector<std::vector<uint32_t>> rows(partitions * buckets);
  for (size_t i = 0; i < all.size(); ++i) {
    const size_t bucket = placement.bucket_of.empty() ? 0 : placement.bucket_of[i];
    rows[placement.partition_of[i] * buckets + bucket].push_back(static_cast<uint32_t>(i));
  }
  if (files_ == nullptr) files_ = services_.pending->NewFiles();
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].empty()) continue;
    services_.cancel.ThrowIfCanceled();
    const Placement::Partition& partition = placement.partitions[i / buckets];
    SortRows(*table_, all, rows[i]);
    SegmentTarget target;
    target.partition = partition.name;
    target.partition_values = partition.values;
    target.bucket = static_cast<uint32_t>(i % buckets);
    target.level = options_.level;
    SegmentWriter writer(table_, object_prefix_, services_, *files_, std::move(target));
    for (size_t begin = 0; begin < rows[i].size(); begin += kChunkRowsDefault * 4) {
      const size_t count = std::min(kChunkRowsDefault * 4, rows[i].size() - begin);
      const std::span<const uint32_t> piece(rows[i].data() + begin, count);
      std::vector<ColumnPtr> columns;
      for (const ColumnPtr& column : all.columns()) columns.push_back(Column::Gather(column, piece));
      writer.Write(Chunk(std::move(columns), count));
    }
    delta_.added.push_back(writer.Finish(!table_->sort_key.empty()));
  }
  gathered_bytes_ = gathered_rows_ = 0;
  reservation_.Resize(0);
}

}  // namespace weir
