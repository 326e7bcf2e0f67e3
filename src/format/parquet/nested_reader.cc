#include "format/parquet/nested_reader.h"

#include <algorithm>
#include <bit>

#include "base/bits.h"
#include "format/parquet/corrupt.h"
#include "format/parquet/flat_reader.h"

namespace weir::parquet {

void NestedLeafReader::LevelStream::Start(ByteSpan bytes, PageEncoding encoding, int level_max, size_t count) {
  level_max_ = level_max;
  at_ = 0;
  is_unpacked_ = level_max > 0 && encoding == PageEncoding::kBitPacked;
  if (level_max == 0) return;
  const int width = std::bit_width(static_cast<unsigned>(level_max));
  if (!is_unpacked_) {
    runs_ = RleDecoder(bytes, width);
    return;
  }
  // Most significant bit first, groups without padding.
  unpacked_.resize(count);
  size_t bit = 0;
  for (uint8_t& level : unpacked_) {
    unsigned value = 0;
    for (int i = 0; i < width; ++i, ++bit) value = value << 1 | (bytes[bit / 8] >> (7 - bit % 8) & 1u);
    level = static_cast<uint8_t>(value);
  }
}

void NestedLeafReader::LevelStream::Decode(uint8_t* out, size_t count) {
  if (level_max_ == 0) {
    std::fill_n(out, count, uint8_t{0});
    return;
  }
  if (is_unpacked_) {
    std::copy_n(unpacked_.data() + at_, count, out);
    at_ += count;
  } else {
    runs_.DecodeBytes(out, count);
  }
  uint8_t max = 0;
  for (size_t i = 0; i < count; ++i) max = std::max(max, out[i]);
  if (max > level_max_) throw Corrupt("level is out of range: {} of {}", max, level_max_);
}

NestedLeafReader::NestedLeafReader(const PageContext& context, const Leaf& leaf, const ChunkSource& source,
                                   uint64_t rows, const RowRanges* wanted)
    : context_(context),
      pages_(context, leaf, *source.metadata, source.offset_index, rows),
      rows_(rows),
      sink_(leaf),
      is_repeated_(leaf.repetition_max > 0) {
  if (!is_repeated_ && static_cast<uint64_t>(source.metadata->num_values) != rows) {
    throw Corrupt("column chunk has {} values for {} rows: column {}", source.metadata->num_values, rows, leaf.path);
  }
  if (wanted != nullptr && source.offset_index != nullptr) {
    pages_.set_wanted_pages(WantedPages(*source.offset_index, rows, *wanted));
  }
}

void NestedLeafReader::Start(size_t rows) {
  sink_.Start(rows);
  definitions_.clear();
  repetitions_.clear();
}

void NestedLeafReader::Read(uint64_t row, size_t count) {
  if (pages_.has_index() && (row >= page_end_ || !has_page_)) {
    pages_.SeekRow(row);
    next_row_ = pages_.first_row();
    OpenPage();
  }
  if (row > next_row_) TakeRows(row - next_row_, false);
  TakeRows(count, true);
  next_row_ = row + count;
}

void NestedLeafReader::OpenPage() {
  has_page_ = true;
  is_loaded_ = false;
  entries_left_ = pages_.value_count();
  ahead_definitions_.clear();
  ahead_repetitions_.clear();
  ahead_at_ = 0;
  // Rows never go on in the next page, but for v1 pages without index.
  page_is_whole_rows_ = pages_.row_count().has_value();
  page_end_ = pages_.has_index() ? pages_.first_row() + *pages_.row_count() : 0;
}

bool NestedLeafReader::FillAhead() {
  if (entries_left_ == 0) return false;
  if (!is_loaded_) {
    pages_.Load();
    const Leaf& leaf = pages_.leaf();
    repetition_stream_.Start(pages_.repetition_bytes(), pages_.repetition_encoding(), leaf.repetition_max,
                             entries_left_);
    definition_stream_.Start(pages_.definition_bytes(), pages_.definition_encoding(), leaf.definition_max,
                             entries_left_);
    is_loaded_ = true;
  }
  constexpr size_t kAhead = 2048;
  const size_t count = std::min(entries_left_, kAhead);
  ahead_definitions_.resize(count);
  ahead_repetitions_.resize(count);
  definition_stream_.Decode(ahead_definitions_.data(), count);
  repetition_stream_.Decode(ahead_repetitions_.data(), count);
  ahead_at_ = 0;
  entries_left_ -= count;
  return true;
}

void NestedLeafReader::TakeRows(uint64_t count, bool keep) {
  if (count == 0) return;
  uint64_t begun = 0;
  for (;;) {
    if (ahead_at_ == ahead_definitions_.size() && !FillAhead()) {
      if (begun == count && page_is_whole_rows_) return;
      // A page of rows that nobody wants need not be loaded.
      if (!pages_.Next()) break;
      OpenPage();
      if (!keep && page_is_whole_rows_ && count - begun >= *pages_.row_count()) {
        begun += *pages_.row_count();
        entries_left_ = 0;
      }
      continue;
    }
    const size_t size = ahead_definitions_.size();
    size_t end = ahead_at_;
    if (is_repeated_) {
      const uint8_t* repetitions = ahead_repetitions_.data();
      if (begun == 0 && repetitions[end] != 0) throw Corrupt("row goes on where one must begin");
      while (end < size) {
        if (repetitions[end] == 0) {
          if (begun == count) break;
          ++begun;
        }
        ++end;
      }
    } else {
      end = static_cast<size_t>(std::min<uint64_t>(size, end + (count - begun)));
      begun += end - ahead_at_;
    }
    TakeEntries(end - ahead_at_, keep);
    if (begun == count && end < size) return;
  }
  if (begun < count) throw Corrupt("column chunk has fewer values than rows: {}", rows_);
}

void NestedLeafReader::TakeEntries(size_t count, bool keep) {
  if (count == 0) return;
  const uint8_t* definitions = ahead_definitions_.data() + ahead_at_;
  const int definition_max = pages_.leaf().definition_max;
  size_t valid = 0;
  for (size_t i = 0; i < count; ++i) valid += static_cast<size_t>(definitions[i] == definition_max);
  if (keep) {
    if (definitions_.size() + count > context_.nested_entries_max) {
      throw Error::Operational(sqlstate::kProgramLimitExceeded, "nested values of a batch take too much memory: {}",
                               definitions_.size() + count);
    }
    definitions_.insert(definitions_.end(), definitions, definitions + count);
    if (is_repeated_) {
      const auto from = ahead_repetitions_.begin() + static_cast<ptrdiff_t>(ahead_at_);
      repetitions_.insert(repetitions_.end(), from, from + static_cast<ptrdiff_t>(count));
    }
    sink_.Append(pages_, valid, valid);
  } else {
    pages_.SkipValues(valid);
  }
  ahead_at_ += count;
}

ColumnPtr NestedLeafReader::Finish(const SchemaNode& node) {
  const size_t entries = definitions_.size();
  const int definition_max = pages_.leaf().definition_max;
  std::vector<uint64_t> validity(WordsForBits(entries) + 1);
  size_t slots = 0;
  for (size_t i = 0; i < entries; ++i) {
    // No slot at a leaf lies deeper than its own repetition, so that does not matter here.
    if (definitions_[i] < node.slot_definition) continue;
    validity[slots / 64] |= static_cast<uint64_t>(definitions_[i] == definition_max) << (slots % 64);
    ++slots;
  }
  return sink_.FinishSpread(pages_, validity.data(), slots);
}

NestedReader::NestedReader(const PageContext& context, const SchemaNode& node, std::span<const ChunkSource> sources,
                           uint64_t rows, const RowRanges* wanted)
    : node_(node) {
  AddLeaves(context, node, sources, rows, wanted);
}

void NestedReader::AddLeaves(const PageContext& context, const SchemaNode& node, std::span<const ChunkSource> sources,
                             uint64_t rows, const RowRanges* wanted) {
  if (node.kind == SchemaNode::Kind::kLeaf) {
    const ChunkSource& source = sources[static_cast<size_t>(node.leaf.index)];
    leaves_.push_back(source.metadata == nullptr
                          ? nullptr
                          : std::make_unique<NestedLeafReader>(context, node.leaf, source, rows, wanted));
    return;
  }
  for (const SchemaNode& child : node.children) AddLeaves(context, child, sources, rows, wanted);
}

ColumnPtr NestedReader::ReadRows(std::span<const RowRange> ranges, size_t rows) {
  for (const auto& leaf : leaves_) {
    if (leaf == nullptr) continue;
    try {
      leaf->Start(rows);
      for (const RowRange& range : ranges) leaf->Read(range.begin, static_cast<size_t>(range.size()));
    } catch (Error& error) {
      throw std::move(error).WithContext(fmt::format("column {}, page at {}", leaf->leaf().path, leaf->page_offset()));
    }
  }
  size_t first_leaf = 0;
  ColumnPtr out = Assemble(node_, first_leaf);
  if (out->size() != rows) throw Corrupt("column {} has {} values for {} rows", node_.name, out->size(), rows);
  return out;
}

ColumnPtr NestedReader::Read(std::span<const RowRange> ranges, size_t rows) {
  return ReadRows(ranges, rows);
}

ColumnPtr NestedReader::ReadSelected(std::span<const RowRange> ranges, size_t /*rows*/,
                                     std::span<const uint32_t> selection) {
  RowRanges wanted;
  size_t before = 0;
  size_t at = 0;
  for (const RowRange& range : ranges) {
    const size_t end = before + static_cast<size_t>(range.size());
    for (; at < selection.size() && selection[at] < end; ++at) {
      const uint64_t row = range.begin + (selection[at] - before);
      AppendRange(wanted, {row, row + 1});
    }
    before = end;
  }
  return ReadRows(wanted, selection.size());
}

bool NestedReader::IsSkipped(const SchemaNode& node, size_t first_leaf) const {
  const auto begin = leaves_.begin() + static_cast<ptrdiff_t>(first_leaf);
  return std::all_of(begin, begin + static_cast<ptrdiff_t>(CountLeaves(node)),
                     [](const auto& leaf) { return leaf == nullptr; });
}

ColumnPtr NestedReader::Assemble(const SchemaNode& node, size_t& first_leaf) {
  if (node.kind == SchemaNode::Kind::kLeaf) return leaves_[first_leaf++]->Finish(node);
  const auto first = std::ranges::find_if(leaves_.begin() + static_cast<ptrdiff_t>(first_leaf), leaves_.end(),
                                          [](const auto& leaf) { return leaf != nullptr; });
  const NestedLeafReader& levels = **first;
  const std::vector<uint8_t>& definitions = levels.definitions();
  const std::vector<uint8_t>& repetitions = levels.repetitions();
  const size_t entries = definitions.size();
  const bool is_struct = node.kind == SchemaNode::Kind::kStruct;

  auto validity = Buffer::AllocateZeroed((WordsForBits(entries) + 1) * sizeof(uint64_t));
  auto* words = validity->as<uint64_t>();
  auto lists = is_struct ? nullptr : Buffer::Allocate(entries * sizeof(ListEntry));
  auto* list = is_struct ? nullptr : lists->as<ListEntry>();
  size_t slots = 0;
  size_t nulls = 0;
  uint32_t elements = 0;
  for (size_t i = 0; i < entries; ++i) {
    const int definition = definitions[i];
    const int repetition = repetitions.empty() ? 0 : repetitions[i];
    if (repetition <= node.slot_repetition && definition >= node.slot_definition) {
      const bool valid = definition >= node.valid_definition;
      words[slots / 64] |= static_cast<uint64_t>(valid) << (slots % 64);
      nulls += static_cast<size_t>(!valid);
      if (!is_struct) {
        if (slots > 0) list[slots - 1].length = elements - list[slots - 1].offset;
        list[slots].offset = elements;
      }
      ++slots;
    }
    if (!is_struct && repetition <= node.slot_repetition + 1 && definition >= node.element_definition) ++elements;
  }
  if (!is_struct && slots > 0) list[slots - 1].length = elements - list[slots - 1].offset;

  const std::string& path = levels.leaf().path;
  std::vector<ColumnPtr> children;
  for (const SchemaNode& child : node.children) {
    if (is_struct && IsSkipped(child, first_leaf)) {
      first_leaf += CountLeaves(child);
      children.push_back(Column::Constant(Value::Null(child.type), slots));
      continue;
    }
    children.push_back(Assemble(child, first_leaf));
    if (children.back()->size() != (is_struct ? slots : elements)) {
      throw Corrupt("columns of a nested value have different lengths: {} and {}, below {}", children.back()->size(),
                    is_struct ? slots : elements, path);
    }
  }
  BufferPtr bits = nulls > 0 ? BufferPtr(std::move(validity)) : nullptr;
  if (is_struct) return Column::Struct(node.type, slots, std::move(children), std::move(bits));
  return Column::Flat(node.type, slots, std::move(lists), std::move(bits), {}, std::move(children));
}

uint64_t NestedReader::bytes_read() const {
  uint64_t bytes = 0;
  for (const auto& leaf : leaves_) bytes += leaf == nullptr ? 0 : leaf->bytes_read();
  return bytes;
}

uint64_t NestedReader::pages_loaded() const {
  uint64_t pages = 0;
  for (const auto& leaf : leaves_) pages += leaf == nullptr ? 0 : leaf->pages_loaded();
  return pages;
}

uint64_t NestedReader::pages_from_cache() const {
  uint64_t pages = 0;
  for (const auto& leaf : leaves_) pages += leaf == nullptr ? 0 : leaf->pages_from_cache();
  return pages;
}

}  // namespace weir::parquet
