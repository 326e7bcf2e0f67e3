#include "exec/spill/spill_partitions.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/hash.h"

namespace weir {

namespace {

constexpr size_t kChunkBytes = size_t{256} << 10;
constexpr size_t kChunkRowsMin = 64;
constexpr uint64_t kReadAtOnce = uint64_t{512} << 10;

bool IsString(const Type& type) {
  return type.physical() == PhysicalType::kString;
}

// What lies outside of the column's own array.
uint64_t StringBytes(const Column& column) {
  if (!IsString(column.type())) return column.type().is_nested() ? column.MemoryBytes() : 0;
  uint64_t bytes = 0;
  const ColumnView view(column);
  for (size_t i = 0; i < column.size(); ++i) {
    if (view.IsValid(i) && !view.At<StringRef>(i).is_inline()) bytes += view.At<StringRef>(i).size();
  }
  return bytes;
}

}  // namespace

// Mixed anew: tables and filters use the hash itself, and other levels cut otherwise.
size_t SpillPartitions::Of(uint64_t hash) const {
  if (bits_ == 0) return 0;
  return static_cast<size_t>(HashCombine(static_cast<uint64_t>(level_), hash) >> (64 - bits_));
}

void SpillPartitionFile::Write(const RowLayout& layout, const Owners& owners,
                               std::vector<std::vector<const uint8_t*>>& rows) {
  const size_t at_once =
      std::clamp(kChunkBytes / std::max<size_t>(layout.row_bytes(), 1), kChunkRowsMin, kChunkRowsDefault);
  for (size_t p = 0; p < rows.size(); ++p) {
    if (rows[p].empty()) continue;
    Written written{.partition = p, .begin = file_->bytes(), .end = 0, .rows = rows[p].size(), .string_bytes = 0};
    for (size_t at = 0; at < rows[p].size(); at += at_once) {
      const size_t count = std::min(at_once, rows[p].size() - at);
      std::vector<ColumnPtr> columns;
      for (size_t c = 0; c < layout.column_count(); ++c) {
        columns.push_back(layout.Gather(c, rows[p].data() + at, count, owners));
        written.string_bytes += StringBytes(*columns.back());
      }
      const Chunk chunk(std::move(columns), count);
      if (on_chunk_) on_chunk_(chunk);
      file_->Append(chunk);
    }
    written.end = file_->bytes();
    written_.push_back(written);
    rows[p].clear();
  }
}

void SpillPartitionFile::Finish() {
  file_->Finish();
  const std::scoped_lock lock(into_->mutex_);
  for (const Written& written : written_) {
    SpillPartitions::Partition& partition = into_->partitions_[written.partition];
    partition.segments.push_back({file_, written.begin, written.end});
    partition.rows += written.rows;
    partition.file_bytes += written.end - written.begin;
    partition.string_bytes += written.string_bytes;
    into_->rows_.fetch_add(written.rows, std::memory_order_relaxed);
  }
  into_->file_bytes_.fetch_add(file_->bytes(), std::memory_order_relaxed);
  written_.clear();
}

SpillPartitionRows::SpillPartitionRows(std::vector<Type> types, std::shared_ptr<MemoryTracker> tracker)
    : layout_(std::move(types), sizeof(uint64_t)), rows_(layout_.row_bytes(), tracker) {
  if (tracker != nullptr) heap_bytes_ = ScopedReservation(std::move(tracker));
}

void SpillPartitionRows::Append(std::span<const ColumnPtr> columns, const RowSet& rows,
                                std::span<const uint64_t> hashes) {
  const size_t before = rows_.size();
  const size_t count = rows.count();
  try {
    targets_.resize(std::max(targets_.size(), count));
    rows_.Append(count, targets_.data());
    for (size_t i = 0; i < count; ++i) {
      StoreUnaligned(targets_[i], hashes[i]);
      layout_.ClearNulls(targets_[i]);
    }
    for (size_t c = 0; c < columns.size(); ++c) layout_.Scatter(c, columns[c], rows, targets_.data(), heap_);
    if (heap_bytes_.tracker() != nullptr) heap_bytes_.Resize(static_cast<int64_t>(heap_.bytes()));
  } catch (...) {
    rows_.Truncate(before);
    throw;
  }
}

void SpillPartitionRows::WriteTo(SpillPartitionFile& file, const SpillPartitions& partitions) {
  std::vector<std::vector<const uint8_t*>> rows(partitions.count());
  rows_.ForEach([&](const uint8_t* row) { rows[partitions.Of(LoadUnaligned<uint64_t>(row))].push_back(row); });
  file.Write(layout_, {heap_.owner()}, rows);
  rows_.Clear();
  heap_ = RowHeap();
  heap_bytes_.Reset();
}

std::vector<Chunk> SpillPartitionReader::Read(size_t rows_max) {
  std::vector<Chunk> out;
  // Small ones together: a chunk costs something wherever it goes.
  std::vector<Chunk> together;
  size_t rows = 0;
  const auto put = [&] {
    if (together.size() == 1) {
      out.push_back(std::move(together.front()));
    } else if (!together.empty()) {
      out.push_back(Chunk::Concat(together, types_));
    }
    together.clear();
    rows = 0;
  };
  for (uint64_t read = 0; read < kReadAtOnce && !at_end();) {
    const SpillPartitions::Segment& segment = segments_[segment_];
    uint64_t offset = segment.begin + offset_;
    Chunk chunk = *segment.file->Read(offset);
    read += offset - segment.begin - offset_;
    offset_ = offset - segment.begin;
    if (offset == segment.end) {
      ++segment_;
      offset_ = 0;
    }
    if (rows + chunk.row_count() > rows_max) put();
    rows += chunk.row_count();
    together.push_back(std::move(chunk));
  }
  put();
  return out;
}

}  // namespace weir
