#include "format/parquet/flat_reader.h"

#include <algorithm>

#include "base/bits.h"
#include "format/parquet/bit_unpack.h"
#include "format/parquet/corrupt.h"

namespace weir::parquet {

std::vector<bool> WantedPages(const OffsetIndex& index, uint64_t rows, const RowRanges& wanted) {
  const auto& pages = index.page_locations;
  std::vector<bool> out(pages.size());
  size_t range = 0;
  for (size_t i = 0; i < pages.size(); ++i) {
    const auto begin = static_cast<uint64_t>(pages[i].first_row_index);
    const uint64_t end = i + 1 < pages.size() ? static_cast<uint64_t>(pages[i + 1].first_row_index) : rows;
    while (range < wanted.size() && wanted[range].end <= begin) ++range;
    out[i] = range < wanted.size() && wanted[range].begin < end;
  }
  return out;
}

FlatReader::FlatReader(const PageContext& context, const SchemaNode& node, const ChunkSource& source, uint64_t rows,
                       const RowRanges* wanted)
    : node_(node),
      pages_(context, node.leaf, *source.metadata, source.offset_index, rows),
      sink_(node.leaf),
      rows_(rows) {
  if (static_cast<uint64_t>(source.metadata->num_values) != rows) {
    throw Corrupt("column chunk has {} values for {} rows: column {}", source.metadata->num_values, rows,
                  node.leaf.path);
  }
  const auto& statistics = source.metadata->statistics;
  dictionary_has_null_ = node.nullable && !(statistics.has_value() && statistics->null_count == 0);
  if (wanted != nullptr && source.offset_index != nullptr) {
    pages_.set_wanted_pages(WantedPages(*source.offset_index, rows, *wanted));
  }
}

void FlatReader::MoveTo(uint64_t row) {
  if (row < page_end_) return;
  if (pages_.has_index()) {
    pages_.SeekRow(row);
    page_begin_ = pages_.first_row();
    page_end_ = page_begin_ + *pages_.row_count();
    if (row >= page_end_) throw Corrupt("offset index has no page for row {}", row);
    return;
  }
  do {
    if (!pages_.Next()) throw Corrupt("column chunk has fewer values than rows: {} of {}", page_end_, rows_);
    page_begin_ = page_end_;
    page_end_ += *pages_.row_count();
  } while (row >= page_end_);
}

void FlatReader::StartLevels() {
  if (!node_.nullable) return;
  ByteSpan bytes = pages_.definition_bytes();
  if (pages_.definition_encoding() != PageEncoding::kBitPacked) {
    levels_ = RleDecoder(bytes, 1);
    return;
  }
  // The legacy encoding packs from the most significant bit on; turned around it is one bit-packed run.
  static constexpr uint8_t kNibbles[16] = {0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15};
  reversed_levels_.clear();
  for (uint64_t header = static_cast<uint64_t>(bytes.size()) << 1 | 1;;) {
    reversed_levels_.push_back(static_cast<uint8_t>(header < 0x80 ? header : header | 0x80));
    if (header < 0x80) break;
    header >>= 7;
  }
  for (const uint8_t byte : bytes) {
    reversed_levels_.push_back(static_cast<uint8_t>(kNibbles[byte & 15] << 4 | kNibbles[byte >> 4]));
  }
  const size_t size = reversed_levels_.size();
  reversed_levels_.resize(size + kReadPadding);
  levels_ = RleDecoder({reversed_levels_.data(), size}, 1);
}

void FlatReader::CatchUp(uint64_t row) {
  if (!pages_.is_loaded()) {
    pages_.Load();
    decoder_row_ = page_begin_;
    StartLevels();
  }
  const auto behind = static_cast<size_t>(row - decoder_row_);
  if (behind > 0) {
    pages_.SkipValues(node_.nullable ? levels_.SkipCounting(behind, 1) : behind);
    decoder_row_ = row;
  }
}

size_t FlatReader::DecodeValidity(uint64_t* words, size_t offset, size_t count) {
  if (node_.nullable) return levels_.DecodeBits(words, offset, count);
  SetBits(words, offset, count);
  return count;
}

// Errors say where in the file they were found.
template <typename Body>
auto FlatReader::WithContext(Body&& body) {
  try {
    return body();
  } catch (Error& error) {
    throw std::move(error).WithContext(fmt::format("column {}, page at {}", node_.leaf.path, pages_.page_offset()));
  }
}

ColumnPtr FlatReader::WholeDictionary() {
  return WithContext([&] { return pages_.WholeDictionary(); });
}

ColumnPtr FlatReader::Read(std::span<const RowRange> ranges, size_t rows) {
  return WithContext([&] {
    sink_.Start(rows);
    for (const RowRange& range : ranges) {
      for (uint64_t row = range.begin; row < range.end;) {
        MoveTo(row);
        CatchUp(row);
        const auto take = static_cast<size_t>(std::min(range.end, page_end_) - row);
        const size_t valid = DecodeValidity(sink_.validity(), sink_.size(), take);
        sink_.Append(pages_, take, valid);
        row += take;
        decoder_row_ = row;
      }
    }
    return sink_.Finish(pages_, dictionary_has_null_);
  });
}

ColumnPtr FlatReader::ReadSelected(std::span<const RowRange> ranges, size_t /*rows*/,
                                   std::span<const uint32_t> selection) {
  return WithContext([&] {
    sink_.Start(selection.size());
    std::vector<uint32_t>& within = selected_;
    size_t before = 0;  // rows of the batch before the range at hand
    size_t at = 0;      // in the selection
    for (const RowRange& range : ranges) {
      const size_t range_end = before + static_cast<size_t>(range.size());
      while (at < selection.size() && selection[at] < range_end) {
        const uint64_t first = range.begin + (selection[at] - before);
        MoveTo(first);
        // The selected rows of this page and range, counted from the first.
        const uint64_t page_rows = std::min(range.end, page_end_) - range.begin + before;
        const auto begin = selection.begin() + static_cast<ptrdiff_t>(at);
        const auto end = std::lower_bound(begin, selection.end(), page_rows);
        within.resize(static_cast<size_t>(end - begin));
        std::transform(begin, end, within.begin(), [base = *begin](uint32_t row) { return row - base; });
        at += within.size();
        CatchUp(first);
        const size_t span = within.back() + size_t{1};
        span_validity_.assign(WordsForBits(span) + 1, 0);
        const size_t valid = DecodeValidity(span_validity_.data(), 0, span);
        sink_.AppendSelected(pages_, within, span, span_validity_.data(), valid);
        decoder_row_ = first + span;
      }
      before = range_end;
    }
    return sink_.Finish(pages_, dictionary_has_null_);
  });
}

}  // namespace weir::parquet
