#include "format/parquet/reader.h"

#include <algorithm>
#include <utility>

#include "format/parquet/corrupt.h"
#include "format/parquet/statistics.h"

namespace weir::parquet {
namespace {

constexpr size_t kTailBytes = 8;  // length of the footer, "PAR1"

std::shared_ptr<const Footer> ReadFooter(RandomAccessFile& file, const ReaderOptions& options) {
  const uint64_t size = file.size();
  if (size < kTailBytes + 4) throw Corrupt("file is too short for Parquet: {} bytes", size);
  // Most footers come with the first read.
  constexpr uint64_t kGuess = 64 << 10;
  const uint64_t guess = std::min(size, kGuess);
  std::string tail = file.ReadString(size - guess, guess);
  const std::string_view magic = std::string_view(tail).substr(tail.size() - 4);
  if (magic == "PARE") throw Error::Unsupported("Decrypt the file first.", "Parquet file has an encrypted footer");
  if (magic != "PAR1") throw Corrupt("file does not end as Parquet does");
  const size_t length = LoadUnaligned<uint32_t>(tail.data() + tail.size() - kTailBytes);
  if (length > size - kTailBytes) throw Corrupt("footer is longer than the file: {} bytes", length);
  if (length > options.footer_bytes_max) {
    throw Error::Operational(sqlstate::kProgramLimitExceeded, "footer of the Parquet file is too large: {} bytes",
                             length);
  }
  if (length + kTailBytes > tail.size()) tail = file.ReadString(size - kTailBytes - length, length + kTailBytes);

  auto footer = std::make_shared<Footer>();
  footer->encoded_bytes = length;
  ReadMetadata(AsBytes(std::string_view(tail).substr(tail.size() - kTailBytes - length, length)), footer->metadata);
  footer->columns = BuildSchema(footer->metadata, {.binary_as_string = options.binary_as_string});
  for (const SchemaNode& column : footer->columns) {
    footer->schema.push_back({column.name, column.type, column.nullable});
    footer->leaf_count += CountLeaves(column);
  }
  for (const RowGroup& group : footer->metadata.row_groups) {
    if (group.columns.size() != footer->leaf_count) {
      throw Corrupt("row group has another number of columns than the schema: {} for {}", group.columns.size(),
                    footer->leaf_count);
    }
    if (group.num_rows < 0 ||
        __builtin_add_overflow(footer->rows, static_cast<uint64_t>(group.num_rows), &footer->rows)) {
      throw Corrupt("number of rows is out of range: {}", group.num_rows);
    }
  }
  return footer;
}

}  // namespace

size_t Footer::MemoryBytes() const {
  // Strings and vectors take a few times their encoded form; the structs themselves dominate.
  return sizeof(Footer) + 2 * encoded_bytes + columns.size() * sizeof(SchemaNode) +
         metadata.row_groups.size() * leaf_count * sizeof(ColumnChunk) + metadata.schema.size() * sizeof(SchemaElement);
}

std::optional<size_t> Footer::FindColumn(std::string_view name) const {
  for (size_t i = 0; i < schema.size(); ++i) {
    if (schema[i].name == name) return i;
  }
  return std::nullopt;
}

ParquetFile::ParquetFile(std::shared_ptr<RandomAccessFile> file, std::shared_ptr<const Footer> footer,
                         ReaderOptions options)
    : file_(std::move(file)),
      footer_(std::move(footer)),
      options_(std::move(options)),
      pool_(options_.pool != nullptr ? options_.pool : PagePool::Create()) {
  context_.file = file_.get();
  context_.pool = pool_.get();
  context_.window_bytes = options_.window_bytes;
  context_.verify_checksums = options_.verify_checksums;
  context_.verify_utf8 = options_.verify_utf8;
  context_.page_bytes_max = options_.page_bytes_max;
  context_.nested_entries_max = options_.nested_entries_max;
  context_.fixed_dictionary_max = options_.fixed_dictionary_max;
  if (options_.cache != nullptr && options_.cache_file != 0) {
    context_.cache = options_.cache.get();
    context_.cache_file = options_.cache_file;
  }
}

std::shared_ptr<const ParquetFile> ParquetFile::Open(std::shared_ptr<RandomAccessFile> file, ReaderOptions options) {
  std::shared_ptr<const Footer> footer;
  try {
    footer = ReadFooter(*file, options);
  } catch (Error& error) {
    throw std::move(error).WithContext(file->path());
  }
  return Open(std::move(file), std::move(footer), std::move(options));
}

std::shared_ptr<const ParquetFile> ParquetFile::Open(std::shared_ptr<RandomAccessFile> file,
                                                     std::shared_ptr<const Footer> footer, ReaderOptions options) {
  return std::shared_ptr<const ParquetFile>(new ParquetFile(std::move(file), std::move(footer), std::move(options)));
}

namespace {

void AddLeaves(const SchemaNode& node, std::vector<int>& out) {
  if (node.kind == SchemaNode::Kind::kLeaf) {
    out.push_back(node.leaf.index);
    return;
  }
  for (const SchemaNode& child : node.children) AddLeaves(child, out);
}

}  // namespace

uint64_t ParquetFile::ColumnBytes(size_t row_group, std::span<const size_t> columns) const {
  uint64_t bytes = 0;
  std::vector<int> leaves;
  for (const size_t column : columns) AddLeaves(this->columns()[column], leaves);
  for (const int leaf : leaves) {
    const auto& chunk = metadata().row_groups[row_group].columns[static_cast<size_t>(leaf)];
    if (chunk.meta_data.has_value()) {
      bytes += static_cast<uint64_t>(std::max<int64_t>(chunk.meta_data->total_compressed_size, 0));
    }
  }
  return bytes;
}

ColumnBounds ParquetFile::Bounds(size_t row_group, size_t column) const {
  const SchemaNode& node = columns()[column];
  if (node.kind != SchemaNode::Kind::kLeaf) return {};
  const auto& chunk = metadata().row_groups[row_group].columns[static_cast<size_t>(node.leaf.index)];
  ColumnBounds out;
  out.value_count = row_group_rows(row_group);
  if (chunk.meta_data.has_value() && chunk.meta_data->statistics.has_value()) {
    FillBounds(node.leaf, *chunk.meta_data->statistics, OrderOf(metadata(), node.leaf.index), out);
  }
  return out;
}

const ColumnMetaData& ParquetFile::ChunkMetadata(size_t row_group, int leaf) const {
  const ColumnChunk& chunk = metadata().row_groups[row_group].columns[static_cast<size_t>(leaf)];
  if (chunk.encrypted) throw Error::Unsupported("Decrypt the file first.", "Parquet column is encrypted");
  if (chunk.file_path.has_value() && !chunk.file_path->empty()) {
    throw Error::Unsupported("Read the files that hold the columns.", "Parquet column lies in another file: {}",
                             *chunk.file_path);
  }
  if (!chunk.meta_data.has_value()) throw Corrupt("column chunk lacks its metadata: row group {}", row_group);
  return *chunk.meta_data;
}

template <typename T>
std::shared_ptr<const T> ParquetFile::ReadIndex(std::optional<int64_t> offset, std::optional<int32_t> size) const {
  if (!offset.has_value() || size.value_or(0) <= 0) return nullptr;
  const auto bytes = static_cast<uint64_t>(*size);
  if (*offset < 0 || static_cast<uint64_t>(*offset) > file_->size() ||
      bytes > file_->size() - static_cast<uint64_t>(*offset)) {
    throw Corrupt("page index lies outside of the file: {} bytes at offset {}", bytes, *offset);
  }
  const std::string text = file_->ReadString(static_cast<uint64_t>(*offset), bytes);
  auto out = std::make_shared<T>();
  ReadMetadata(AsBytes(text), *out);
  return out;
}

std::shared_ptr<const OffsetIndex> ParquetFile::ReadOffsetIndex(size_t row_group, int leaf) const {
  const RowGroup& group = metadata().row_groups[row_group];
  const ColumnChunk& chunk = group.columns[static_cast<size_t>(leaf)];
  auto out = ReadIndex<OffsetIndex>(chunk.offset_index_offset, chunk.offset_index_length);
  if (out == nullptr) return nullptr;
  if (out->page_locations.empty()) return group.num_rows == 0 ? out : nullptr;
  int64_t offset = 0;
  int64_t row = 0;
  const auto file_size = static_cast<int64_t>(file_->size());
  for (const PageLocation& page : out->page_locations) {
    const bool good = page.offset >= offset && page.compressed_page_size >= 0 && page.offset <= file_size &&
                      page.compressed_page_size <= file_size - page.offset && page.first_row_index >= row &&
                      page.first_row_index <= group.num_rows;
    if (!good) throw Corrupt("offset index is invalid: page at {}, row {}", page.offset, page.first_row_index);
    offset = page.offset + page.compressed_page_size;
    row = page.first_row_index;
  }
  if (out->page_locations[0].first_row_index != 0) throw Corrupt("offset index does not begin with row 0");
  return out;
}

std::shared_ptr<const ColumnIndex> ParquetFile::ReadColumnIndex(size_t row_group, int leaf,
                                                                const OffsetIndex& offsets) const {
  const ColumnChunk& chunk = metadata().row_groups[row_group].columns[static_cast<size_t>(leaf)];
  auto out = ReadIndex<ColumnIndex>(chunk.column_index_offset, chunk.column_index_length);
  if (out == nullptr) return nullptr;
  const size_t pages = offsets.page_locations.size();
  if (out->null_pages.size() != pages || out->min_values.size() != pages || out->max_values.size() != pages ||
      (!out->null_counts.empty() && out->null_counts.size() != pages)) {
    throw Corrupt("column index has another number of pages than the offset index: {} for {}", out->null_pages.size(),
                  pages);
  }
  return out;
}

namespace {

// Windows of all columns together: readers of wide tables would take a lot of memory otherwise.
constexpr size_t kWindowsBytesMax = 16 << 20;
constexpr size_t kWindowBytesMin = 128 << 10;

PageContext ContextOf(PageContext context, size_t columns, std::shared_ptr<MemoryTracker> tracker) {
  context.tracker = std::move(tracker);
  const size_t share = std::max(kWindowsBytesMax / std::max<size_t>(columns, 1), kWindowBytesMin);
  context.window_bytes = std::min(context.window_bytes, share);
  return context;
}

}  // namespace

RowGroupReader::RowGroupReader(std::shared_ptr<const ParquetFile> file, size_t row_group, std::vector<size_t> columns,
                               std::optional<RowRanges> ranges, std::shared_ptr<MemoryTracker> tracker)
    : file_(std::move(file)),
      context_(ContextOf(file_->context(), columns.size(), std::move(tracker))),
      row_group_(row_group),
      columns_(std::move(columns)),
      rows_(file_->row_group_rows(row_group)),
      has_ranges_(ranges.has_value()) {
  readers_.resize(columns_.size());
  wanted_leaves_.resize(columns_.size());
  if (has_ranges_) {
    ranges_ = IntersectRanges(*ranges, {{0, rows_}});
  } else if (rows_ > 0) {
    ranges_ = {{0, rows_}};
  }
  row_ = ranges_.empty() ? 0 : ranges_[0].begin;
}

RowGroupReader::~RowGroupReader() = default;

ColumnReader& RowGroupReader::Column(size_t i) {
  if (readers_[i] == nullptr) {
    const SchemaNode& node = file_->columns()[columns_[i]];
    std::vector<ChunkSource> sources(file_->footer()->leaf_count);
    std::vector<int> leaves;
    AddLeaves(node, leaves);
    // Reading a part of the rows is what the index is for; else the headers do.
    const bool use_index = has_ranges_ && CountRows(ranges_) != rows_;
    const std::vector<bool>& wanted = wanted_leaves_[i];
    for (const int leaf : leaves) {
      if (!wanted.empty() && !wanted[static_cast<size_t>(leaf)]) continue;
      ChunkSource& source = sources[static_cast<size_t>(leaf)];
      source.metadata = &file_->ChunkMetadata(row_group_, leaf);
      if (use_index) source.offset_index = file_->ReadOffsetIndex(row_group_, leaf);
    }
    readers_[i] = MakeColumnReader(context_, node, sources, rows_, use_index ? &ranges_ : nullptr);
  }
  return *readers_[i];
}

bool RowGroupReader::NextBatch(size_t rows_max) {
  batch_.clear();
  batch_rows_ = 0;
  while (range_ < ranges_.size() && batch_rows_ < rows_max) {
    const RowRange& range = ranges_[range_];
    row_ = std::max(row_, range.begin);
    const auto take = static_cast<size_t>(std::min<uint64_t>(range.end - row_, rows_max - batch_rows_));
    batch_.push_back({row_, row_ + take});
    batch_rows_ += take;
    row_ += take;
    if (row_ == range.end) ++range_;
  }
  return batch_rows_ > 0;
}

ColumnPtr RowGroupReader::Read(size_t i) {
  try {
    return Column(i).Read(batch_, batch_rows_);
  } catch (Error& error) {
    throw std::move(error).WithContext(file_->file().path());
  }
}

ColumnPtr RowGroupReader::ReadSelected(size_t i, std::span<const uint32_t> selection) {
  if (selection.size() == batch_rows_) return Read(i);
  try {
    return Column(i).ReadSelected(batch_, batch_rows_, selection);
  } catch (Error& error) {
    throw std::move(error).WithContext(file_->file().path());
  }
}

ColumnPtr RowGroupReader::WholeDictionary(size_t i) {
  try {
    return Column(i).WholeDictionary();
  } catch (Error& error) {
    throw std::move(error).WithContext(file_->file().path());
  }
}

bool RowGroupReader::Next(size_t rows_max, Chunk& out) {
  if (!NextBatch(rows_max)) return false;
  std::vector<ColumnPtr> columns;
  columns.reserve(columns_.size());
  for (size_t i = 0; i < columns_.size(); ++i) columns.push_back(Read(i));
  out = Chunk(std::move(columns), batch_rows_);
  return true;
}

uint64_t RowGroupReader::bytes_read() const {
  uint64_t bytes = 0;
  for (const auto& reader : readers_) bytes += reader == nullptr ? 0 : reader->bytes_read();
  return bytes;
}

uint64_t RowGroupReader::pages_loaded() const {
  uint64_t pages = 0;
  for (const auto& reader : readers_) pages += reader == nullptr ? 0 : reader->pages_loaded();
  return pages;
}

uint64_t RowGroupReader::pages_from_cache() const {
  uint64_t pages = 0;
  for (const auto& reader : readers_) pages += reader == nullptr ? 0 : reader->pages_from_cache();
  return pages;
}

}  // namespace weir::parquet
