#include "format/parquet/nested_reader.h"

#include <algorithm>
#include <bit>

#include "base/bits.h"
#include "format/parquet/corrupt.h"
#include "format/parquet/flat_reader.h"
#include "format/parquet/levels.h"

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
  const size_t count = std::min(entries_left_, kAhead);
  ahead_definitions_.resize(count);
  ahead_repetitions_.resize(count);
  definition_stream_.Decode(ahead_definitions_.data(), count);
  repetition_stream_.Decode(ahead_repetitions_.data(), count);
  if (is_repeated_) {
    LevelsAtLeast(ahead_repetitions_.data(), count, 1, ahead_row_begins_.data());
    for (uint64_t& word : ahead_row_begins_) word = ~word;
  }
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
      if (begun == 0 && !GetBit(ahead_row_begins_.data(), end)) throw Corrupt("row goes on where one must begin");
      uint64_t begins = count - begun;
      end = FindOne(ahead_row_begins_.data(), end, size, begins);
      begun = count - begins;
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
  std::array<uint64_t, WordsForBits(kAhead)> is_valid;
  const size_t valid = LevelsAtLeast(definitions, count, pages_.leaf().definition_max, is_valid.data());
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
  const size_t words = WordsForBits(entries);
  std::vector<uint64_t> validity(words + 1);
  LevelsAtLeast(definitions_.data(), entries, pages_.leaf().definition_max, validity.data());
  // No slot at a leaf lies deeper than its own repetition, so that does not matter here.
  if (node.slot_definition == 0) return sink_.FinishSpread(pages_, validity.data(), entries);
  std::vector<uint64_t> is_slot(words);
  LevelsAtLeast(definitions_.data(), entries, node.slot_definition, is_slot.data());
  const size_t slots = CompressBits(validity.data(), is_slot.data(), words, validity.data());
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

namespace {

// The slots of a struct, a list or a map: which are there, and of lists where their elements are.
struct Slots {
  size_t count = 0;
  BufferPtr validity;  // null: all are valid
  BufferPtr lists;     // not of structs
  size_t elements = 0;
};

Slots SlotsOf(const SchemaNode& node, const NestedLeafReader& levels) {
  const std::vector<uint8_t>& definitions = levels.definitions();
  const std::vector<uint8_t>& repetitions = levels.repetitions();
  const size_t entries = definitions.size();
  const size_t words = WordsForBits(entries);
  // Entries that go on with what a slot or an element has are left out.
  const auto starts = [&](int repetition, int definition, std::vector<uint64_t>& out) {
    out.resize(words);
    LevelsAtLeast(definitions.data(), entries, definition, out.data());
    if (repetitions.empty()) return;
    std::vector<uint64_t> deeper(words);
    LevelsAtLeast(repetitions.data(), entries, repetition + 1, deeper.data());
    for (size_t i = 0; i < words; ++i) out[i] &= ~deeper[i];
  };
  Slots out;
  std::vector<uint64_t> is_slot;
  starts(node.slot_repetition, node.slot_definition, is_slot);
  auto validity = Buffer::AllocateZeroed((words + 1) * sizeof(uint64_t));
  auto* valid = validity->as<uint64_t>();
  LevelsAtLeast(definitions.data(), entries, node.valid_definition, valid);
  out.count = CompressBits(valid, is_slot.data(), words, valid);
  if (CountBits(valid, out.count) != out.count) out.validity = std::move(validity);
  if (node.kind == SchemaNode::Kind::kStruct) return out;

  std::vector<uint64_t> is_element;
  starts(node.slot_repetition + 1, node.element_definition, is_element);
  auto lists = Buffer::Allocate((out.count + 1) * sizeof(ListEntry));
  auto* list = lists->as<ListEntry>();
  size_t slot = 0;
  for (size_t i = 0; i < words; ++i) {
    for (uint64_t left = is_slot[i]; left != 0; left &= left - 1) {
      const uint64_t before = (left & -left) - 1;
      const auto elements = out.elements + static_cast<size_t>(std::popcount(is_element[i] & before));
      list[slot++].offset = static_cast<uint32_t>(elements);
    }
    out.elements += static_cast<size_t>(std::popcount(is_element[i]));
  }
  list[slot].offset = static_cast<uint32_t>(out.elements);
  for (size_t i = 0; i < slot; ++i) list[i].length = list[i + 1].offset - list[i].offset;
  out.lists = std::move(lists);
  return out;
}

}  // namespace

ColumnPtr NestedReader::Assemble(const SchemaNode& node, size_t& first_leaf) {
  if (node.kind == SchemaNode::Kind::kLeaf) return leaves_[first_leaf++]->Finish(node);
  const auto first = std::ranges::find_if(leaves_.begin() + static_cast<ptrdiff_t>(first_leaf), leaves_.end(),
                                          [](const auto& leaf) { return leaf != nullptr; });
  const bool is_struct = node.kind == SchemaNode::Kind::kStruct;
  Slots slots = SlotsOf(node, **first);
  const size_t child_slots = is_struct ? slots.count : slots.elements;
  std::vector<ColumnPtr> children;
  for (const SchemaNode& child : node.children) {
    if (is_struct && IsSkipped(child, first_leaf)) {
      first_leaf += CountLeaves(child);
      children.push_back(Column::Constant(Value::Null(child.type), slots.count));
      continue;
    }
    children.push_back(Assemble(child, first_leaf));
    if (children.back()->size() != child_slots) {
      throw Corrupt("columns of a nested value have different lengths: {} and {}, below {}", children.back()->size(),
                    child_slots, (*first)->leaf().path);
    }
  }
  if (is_struct) return Column::Struct(node.type, slots.count, std::move(children), std::move(slots.validity));
  return Column::Flat(node.type, slots.count, std::move(slots.lists), std::move(slots.validity), {},
                      std::move(children));
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
