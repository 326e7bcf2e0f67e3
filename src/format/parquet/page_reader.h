#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "column/column.h"
#include "env/file_system.h"
#include "format/parquet/metadata.h"
#include "format/parquet/page_cache.h"
#include "format/parquet/page_pool.h"
#include "format/parquet/schema.h"
#include "format/parquet/value_decoder.h"

namespace weir::parquet {

// What pages are read with; borrowed parts outlive the readers.
struct PageContext {
  RandomAccessFile* file = nullptr;
  PagePool* pool = nullptr;
  size_t window_bytes = 1 << 20;  // read at a time
  bool verify_checksums = false;
  bool verify_utf8 = true;
  size_t page_bytes_max = size_t{1} << 30;
  size_t nested_entries_max = size_t{1} << 28;  // level entries of a batch
  size_t fixed_dictionary_max = 1024;           // fixed-width dictionaries with more entries are not handed on
  PageCache* cache = nullptr;                   // null: none
  uint64_t cache_file = 0;                      // what stands for the file there
  std::shared_ptr<MemoryTracker> tracker;       // of what is read; null: not counted
};

// Reads a byte range of the file window by window.
class FileWindow {
 public:
  FileWindow(const PageContext& context, uint64_t begin, uint64_t end);
  // The bytes in memory, padded; they stay as long as owner() of this moment. Throws kDataCorrupted beyond the end.
  ByteSpan Fetch(uint64_t offset, size_t size);
  // As many of `size` bytes as the range has.
  ByteSpan Peek(uint64_t offset, size_t size);
  const MutableBufferPtr& owner() const { return buffer_; }
  // Windows end here at the latest unless more is asked for: what follows will be jumped over.
  void set_read_ahead_end(uint64_t offset) { read_ahead_end_ = std::min(offset, end_); }
  uint64_t end() const { return end_; }
  uint64_t bytes_read() const { return bytes_read_; }

 private:
  const PageContext& context_;
  const uint64_t end_;
  uint64_t read_ahead_end_;
  MutableBufferPtr buffer_;
  uint64_t window_begin_ = 0;
  size_t window_size_ = 0;
  uint64_t bytes_read_ = 0;
};

// Walks the data pages of one column chunk and decodes their values. A page's bytes are read and decompressed only
// when something of it is wanted (Load), so pages that are moved over cost their header; with an offset index, not
// even that. The context, the leaf and the metadata are borrowed.
class PageReader {
 public:
  PageReader(const PageContext& context, const Leaf& leaf, const ColumnMetaData& metadata,
             std::shared_ptr<const OffsetIndex> index, uint64_t rows);

  // Moves to the next data page; false behind the last.
  bool Next();
  // With an offset index: moves to the page that row `row` is in, forward only.
  void SeekRow(uint64_t row);
  bool has_index() const { return index_ != nullptr; }
  // Which pages will be wanted, for reading ahead; by default all.
  void set_wanted_pages(std::vector<bool> wanted) { wanted_ = std::move(wanted); }

  // --- of the page at hand
  size_t value_count() const { return value_count_; }  // with NULLs
  // Rows that the header or the index tells; nested v1 pages without index do not.
  std::optional<size_t> row_count() const { return row_count_; }
  uint64_t first_row() const { return first_row_; }  // with an index, else 0
  uint64_t page_offset() const { return page_offset_; }
  void Load();
  bool is_loaded() const { return loaded_; }

  // --- of the loaded page
  // Where the level streams begin and how they are encoded. Empty bytes when the leaf has no such level.
  ByteSpan definition_bytes() const { return definition_bytes_; }
  ByteSpan repetition_bytes() const { return repetition_bytes_; }
  PageEncoding definition_encoding() const { return definition_encoding_; }
  PageEncoding repetition_encoding() const { return repetition_encoding_; }
  // Whether values are to be taken as indices into dictionary().
  bool is_dictionary() const { return std::holds_alternative<DictionaryIndexDecoder>(decoder_) && hand_on_dictionary_; }
  // Values as they lie in the page, of the type's width and alignment: null when they do not.
  const uint8_t* TryTakeInPlace(size_t count);
  void DecodeIndices(uint32_t* out, size_t count);
  // Of the next `span` those at the places that `rows` names, in ascending order.
  void DecodeSelectedIndices(uint32_t* out, std::span<const uint32_t> rows, size_t span);
  // Non-null values as those of leaf.type; what strings point into is added to `owners`.
  void DecodeValues(uint8_t* out, size_t count, Owners& owners);
  // Of the next `span` those at the places that `rows` names, in ascending order.
  void DecodeSelectedValues(uint8_t* out, std::span<const uint32_t> rows, size_t span, Owners& owners);
  void SkipValues(size_t count);
  const Owner& page_owner() const { return page_owner_; }

  // --- the dictionary, loaded by the first page that needs it
  size_t dictionary_size() const { return dictionary_size_; }  // = index of the NULL slot of dictionary(true)
  const ColumnPtr& dictionary(bool with_null) const { return with_null ? dictionary_with_null_ : dictionary_; }

  // The dictionary if the metadata says that every value of the chunk is in it, else null. Without the NULL slot.
  ColumnPtr WholeDictionary();

  const Leaf& leaf() const { return leaf_; }
  uint64_t bytes_read() const { return window_.bytes_read(); }
  uint64_t pages_loaded() const { return pages_loaded_; }
  uint64_t pages_from_cache() const { return pages_from_cache_; }

 private:
  // Parses the header at offset_, moves offset_ behind the page's body.
  PageHeader ReadHeader();
  void ReadFirstHeader();
  void StartDataPage(const PageHeader& header);
  ByteSpan CheckBody(ByteSpan body, const PageHeader& header) const;
  // To `size` bytes; the first `prefix` are not compressed. `keep`: the buffer is to be cached.
  ByteSpan Decompress(ByteSpan body, size_t prefix, size_t size, bool keep, BufferPtr& buffer) const;
  // Whether the page at hand is to be cached.
  bool WillKeepBody() const;
  // The whole body of the page at hand, decompressed; sets page_owner_, and the buffer that it has for itself.
  ByteSpan LoadBody(bool keep, BufferPtr& buffer);
  void LoadDictionary();
  void MakeDictionary();
  ByteSpan TakeLevels(ByteSpan& bytes, int level_max, PageEncoding encoding) const;
  ByteSpan StringBytes(ByteSpan values) const;
  void MakeDecoder(PageEncoding encoding, ByteSpan values);
  // Stored values of fixed width into scratch, or in place.
  const uint8_t* DecodeRaw(size_t count, Owners& owners);
  void DecodeFixedTo(uint8_t* out, size_t count);
  // The values at indices of the dictionary.
  void LookUp(const uint32_t* indices, size_t count, uint8_t* out, Owners& owners) const;
  void DecodeViews(StringRef* out, size_t count, Owners& owners);
  void CheckUtf8(const StringRef* values, size_t count) const;

  const PageContext& context_;
  const Leaf& leaf_;
  const ColumnMetaData& metadata_;
  const std::shared_ptr<const OffsetIndex> index_;
  const uint64_t rows_;  // of the row group
  const bool must_be_utf8_;
  std::vector<bool> wanted_;

  FileWindow window_;
  uint64_t offset_;
  uint64_t values_seen_ = 0;
  size_t next_page_ = 0;  // in the index
  bool started_ = false;

  std::optional<PageHeader> dictionary_header_;
  ByteSpan dictionary_body_;
  Owner dictionary_body_owner_;
  bool dictionary_loaded_ = false;
  size_t dictionary_size_ = 0;
  bool hand_on_dictionary_ = false;
  ColumnPtr dictionary_;
  ColumnPtr dictionary_with_null_;
  std::shared_ptr<const NarrowDictionary> narrow_dictionary_;  // instead of these two, where it is kept

  PageHeader header_;
  uint64_t page_offset_ = 0;
  uint64_t body_offset_ = 0;
  size_t value_count_ = 0;
  std::optional<size_t> row_count_;
  uint64_t first_row_ = 0;
  bool loaded_ = false;
  Owner page_owner_;
  bool page_is_utf8_ = false;  // known to be
  ByteSpan definition_bytes_;
  ByteSpan repetition_bytes_;
  PageEncoding definition_encoding_ = PageEncoding::kRle;
  PageEncoding repetition_encoding_ = PageEncoding::kRle;
  ValueDecoder decoder_;
  MutableBufferPtr scratch_;
  MutableBufferPtr scratch_values_;
  std::vector<uint32_t> scratch_indices_;
  std::vector<uint32_t> scratch_selected_;
  std::vector<StringRef> scratch_views_;
  uint64_t pages_loaded_ = 0;

  // Null where pages are not kept: uncompressed ones are as near in the system's cache.
  PageCache* const cache_;
  CachedPagePtr cached_;  // of the page at hand
  CachedPagePtr cached_dictionary_;
  uint64_t dictionary_offset_ = 0;
  uint64_t dictionary_body_offset_ = 0;
  uint64_t pages_from_cache_ = 0;
};

// `out[i] = values[indices[i]]` for values of `width` bytes (1, 2, 4, 8 or 16).
void GatherFixed(const uint8_t* values, size_t width, const uint32_t* indices, size_t count, uint8_t* out);

}  // namespace weir::parquet
