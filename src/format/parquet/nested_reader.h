#pragma once

#include <array>
#include <memory>
#include <vector>

#include "base/bits.h"
#include "format/parquet/column_reader.h"
#include "format/parquet/rle.h"
#include "format/parquet/value_sink.h"

namespace weir::parquet {

// One leaf of a nested column: collects level entries of whole rows, and the values that they stand for.
class NestedLeafReader {
 public:
  NestedLeafReader(const PageContext& context, const Leaf& leaf, const ChunkSource& source, uint64_t rows,
                   const RowRanges* wanted);

  // Starts a batch, empty.
  void Start(size_t rows);
  // Moves to the row, which is not before where earlier reads ended, and adds `count` rows from there.
  void Read(uint64_t row, size_t count);

  const Leaf& leaf() const { return pages_.leaf(); }
  // Entries of the batch; repetition levels are empty where nothing repeats.
  const std::vector<uint8_t>& definitions() const { return definitions_; }
  const std::vector<uint8_t>& repetitions() const { return repetitions_; }
  // Ends the batch: a column with a slot for every entry that is one of the node's.
  ColumnPtr Finish(const SchemaNode& node);

  uint64_t bytes_read() const { return pages_.bytes_read(); }
  uint64_t pages_loaded() const { return pages_.pages_loaded(); }
  uint64_t pages_from_cache() const { return pages_.pages_from_cache(); }
  uint64_t page_offset() const { return pages_.page_offset(); }

 private:
  // Decodes levels. RLE, or the legacy encoding unpacked at once.
  class LevelStream {
   public:
    void Start(ByteSpan bytes, PageEncoding encoding, int level_max, size_t count);
    void Decode(uint8_t* out, size_t count);

   private:
    RleDecoder runs_;
    std::vector<uint8_t> unpacked_;
    size_t at_ = 0;
    int level_max_ = 0;
    bool is_unpacked_ = false;
  };

  static constexpr size_t kAhead = 2048;  // entries

  void OpenPage();
  // Decodes more entries of the page into the look-ahead; false at the end of the page.
  bool FillAhead();
  // Takes `count` rows, kept or dropped, and stands at the begin of the next.
  void TakeRows(uint64_t count, bool keep);
  void TakeEntries(size_t count, bool keep);

  const PageContext& context_;
  PageReader pages_;
  const uint64_t rows_;
  ValueSink sink_;
  const bool is_repeated_;
  LevelStream definition_stream_;
  LevelStream repetition_stream_;
  uint64_t next_row_ = 0;
  bool has_page_ = false;
  bool is_loaded_ = false;
  bool page_is_whole_rows_ = false;
  uint64_t page_end_ = 0;    // with an index: rows of the page at hand end here
  size_t entries_left_ = 0;  // of the page, not yet in the look-ahead
  std::vector<uint8_t> ahead_definitions_;
  std::vector<uint8_t> ahead_repetitions_;
  std::array<uint64_t, WordsForBits(kAhead)> ahead_row_begins_;  // of repeated leaves: the entries that begin a row
  size_t ahead_at_ = 0;
  std::vector<uint8_t> definitions_;
  std::vector<uint8_t> repetitions_;
};

// A column of lists, maps and structs: its leaves are read one by one, then put together by their levels.
class NestedReader final : public ColumnReader {
 public:
  NestedReader(const PageContext& context, const SchemaNode& node, std::span<const ChunkSource> sources, uint64_t rows,
               const RowRanges* wanted);

  ColumnPtr Read(std::span<const RowRange> ranges, size_t rows) override;
  ColumnPtr ReadSelected(std::span<const RowRange> ranges, size_t rows, std::span<const uint32_t> selection) override;
  uint64_t bytes_read() const override;
  uint64_t pages_loaded() const override;
  uint64_t pages_from_cache() const override;

 private:
  void AddLeaves(const PageContext& context, const SchemaNode& node, std::span<const ChunkSource> sources,
                 uint64_t rows, const RowRanges* wanted);
  ColumnPtr ReadRows(std::span<const RowRange> ranges, size_t rows);
  // Whether none of the node's leaves, which begin at leaves_[first_leaf], is read.
  bool IsSkipped(const SchemaNode& node, size_t first_leaf) const;
  // The column of `node`, whose leaves begin at leaves_[first_leaf]; moves `first_leaf` behind them.
  ColumnPtr Assemble(const SchemaNode& node, size_t& first_leaf);

  const SchemaNode& node_;
  std::vector<std::unique_ptr<NestedLeafReader>> leaves_;  // null: not wanted
};

}  // namespace weir::parquet
