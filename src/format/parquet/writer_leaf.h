#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "format/parquet/metadata.h"
#include "format/parquet/writer.h"
#include "format/parquet/writer_levels.h"
#include "format/parquet/writer_schema.h"
#include "format/parquet/writer_values.h"

namespace weir::parquet {

CompressionCodec CodecOf(WriterCodec codec);

// A column chunk that is complete, in memory.
struct EncodedChunk {
  // Dictionary page (if any) and data pages, with their headers; offsets in the parts below count from its start.
  std::string bytes;
  ColumnMetaData metadata;
  OffsetIndex offsets;
  ColumnIndex index;
  bool has_index = false;  // false: bounds of some page could not be told
  std::string bloom_filter;
  MinMax bounds;
  explicit EncodedChunk(const WriterLeaf& leaf) : bounds(leaf) {}
};

// Writes the values of one leaf of one row group after the other: gathers a page, encodes and compresses it when it is
// full, and keeps it until the row group ends.
class LeafWriter {
 public:
  // Both are borrowed.
  LeafWriter(const WriterLeaf& leaf, const WriterOptions& options);

  void Append(const LeafBatch& batch);
  // Of the row group so far: pages as they will be written, and the page at hand.
  size_t buffered_bytes() const;
  EncodedChunk EndChunk();
  // Over all row groups.
  const DistinctEstimate& distinct() const { return distinct_; }

 private:
  // The encoding of data pages. Values begin with a dictionary; when that does not pay, they go on as one of the
  // others.
  enum class Mode : uint8_t { kDictionary, kUndecided, kPlain, kDelta, kByteStreamSplit };

  struct Page {
    std::string header_and_body;
    int64_t rows = 0;
    bool all_null = false;
    bool has_bounds = false;
    std::string min;
    std::string max;
    int64_t null_count = 0;
    int64_t byte_array_bytes = 0;
  };

  void StartChunk();
  void AppendValues(const LeafBatch& batch, size_t first, size_t count);
  void AppendCodes(const LeafBatch& batch, std::span<const uint32_t> rows);
  void AppendStaged();
  void EndPage();
  bool PageIsFull() const;
  // Takes the page at hand out of the dictionary.
  void LeaveDictionary();
  bool DictionaryPays() const;
  Mode FirstPlainMode() const;
  void EncodeValues(Mode mode, std::string& out) const;
  void ChooseMode();
  PageEncoding EncodingOf(Mode mode) const;
  std::string BuildPage(std::string_view levels_repetition, std::string_view levels_definition, std::string_view values,
                        PageEncoding encoding);
  void NoteEncoding(PageType type, PageEncoding encoding);
  std::string DictionaryPage();
  std::string Compressed(std::string_view bytes) const;
  MinMax PageBounds() const;

  const WriterLeaf& leaf_;
  const WriterOptions& options_;
  DistinctEstimate distinct_;
  StagedValues staged_;

  // The page at hand.
  std::vector<uint32_t> definitions_;
  std::vector<uint32_t> repetitions_;
  std::vector<uint32_t> codes_;  // kDictionary
  std::vector<uint64_t> words_;  // others
  std::string bytes_;            // others, of byte arrays: one after the other
  std::vector<uint32_t> lengths_;
  size_t page_entries_ = 0;
  size_t page_rows_ = 0;
  size_t page_values_ = 0;

  // The chunk at hand.
  Mode mode_ = Mode::kUndecided;
  ValueDictionary dictionary_;
  bool dictionary_used_ = false;  // some page refers to it
  std::vector<Page> pages_;
  size_t pages_bytes_ = 0;
  int64_t uncompressed_bytes_ = 0;
  int64_t chunk_entries_ = 0;
  int64_t chunk_nulls_ = 0;
  MinMax bounds_;
  std::vector<uint64_t> bloom_hashes_;
  std::vector<PageEncodingStats> encodings_;
  std::vector<bool> code_seen_;
  // Codes of the entries of the dictionary column that came last, so that each is looked up once.
  ColumnPtr code_base_;
  std::vector<uint32_t> base_codes_;
};

// The bits of a split-block bloom filter for the hashes, with its header; the hashes may repeat.
std::string BuildBloomFilter(std::vector<uint64_t>& hashes, double false_positives);

}  // namespace weir::parquet
