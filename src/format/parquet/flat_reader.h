#pragma once

#include <vector>

#include "format/parquet/column_reader.h"
#include "format/parquet/rle.h"
#include "format/parquet/value_sink.h"

namespace weir::parquet {

// The pages that have rows of `wanted`.
std::vector<bool> WantedPages(const OffsetIndex& index, uint64_t rows, const RowRanges& wanted);

// A leaf whose definition levels are one bit, or none: validity comes straight from the level stream.
class FlatReader final : public ColumnReader {
 public:
  FlatReader(const PageContext& context, const SchemaNode& node, const ChunkSource& source, uint64_t rows,
             const RowRanges* wanted);

  ColumnPtr Read(std::span<const RowRange> ranges, size_t rows) override;
  ColumnPtr ReadSelected(std::span<const RowRange> ranges, size_t rows, std::span<const uint32_t> selection) override;
  ColumnPtr WholeDictionary() override;
  uint64_t bytes_read() const override { return pages_.bytes_read(); }
  uint64_t pages_loaded() const override { return pages_.pages_loaded(); }
  uint64_t pages_from_cache() const override { return pages_.pages_from_cache(); }

 private:
  // Makes the page of `row` the one at hand, without loading it.
  void MoveTo(uint64_t row);
  // Loads the page at hand if need be and moves its decoders to `row`.
  void CatchUp(uint64_t row);
  void StartLevels();
  // Levels of `count` rows as bits of `words`, zero so far, from `offset` on; returns the ones.
  size_t DecodeValidity(uint64_t* words, size_t offset, size_t count);
  template <typename Body>
  auto WithContext(Body&& body);

  const SchemaNode& node_;
  PageReader pages_;
  ValueSink sink_;
  const uint64_t rows_;
  bool dictionary_has_null_ = false;
  uint64_t page_begin_ = 0;
  uint64_t page_end_ = 0;     // rows of the page at hand
  uint64_t decoder_row_ = 0;  // where the decoders of the loaded page are
  RleDecoder levels_;
  std::vector<uint8_t> reversed_levels_;  // BIT_PACKED ones, turned around
  std::vector<uint64_t> span_validity_;
  std::vector<uint32_t> selected_;
};

}  // namespace weir::parquet
