#include "format/parquet/value_sink.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/bits.h"
#include "format/parquet/bit_unpack.h"
#include "format/parquet/spread.h"

namespace weir::parquet {

ValueSink::ValueSink(const Leaf& leaf) : leaf_(leaf), width_(PhysicalWidth(leaf.type.physical())) {}

void ValueSink::Start(size_t capacity) {
  capacity_ = capacity;
  size_ = 0;
  nulls_ = 0;
  mode_ = Mode::kEmpty;
  values_ = nullptr;
  indices_ = nullptr;
  borrowed_ = nullptr;
  owners_.clear();
  validity_.assign(WordsForBits(capacity) + 1, 0);
}

void ValueSink::Reserve(size_t capacity) {
  if (capacity <= capacity_) return;
  capacity = std::max(capacity, 2 * capacity_);
  const auto grow = [&](MutableBufferPtr& buffer, size_t width) {
    if (buffer == nullptr) return;
    auto larger = Buffer::Allocate(capacity * width);
    std::memcpy(larger->data(), buffer->data(), size_ * width);
    buffer = std::move(larger);
  };
  grow(values_, width_);
  grow(indices_, sizeof(uint32_t));
  validity_.resize(WordsForBits(capacity) + 1);
  capacity_ = capacity;
}

void ValueSink::StartValues() {
  values_ = Buffer::Allocate(capacity_ * width_);
  mode_ = Mode::kValues;
}

uint8_t* ValueSink::Scratch(size_t bytes) {
  if (scratch_ == nullptr || scratch_->size() < bytes) scratch_ = Buffer::Allocate(bytes);
  return scratch_->data();
}

void ValueSink::Materialize(PageReader& pages) {
  const Mode from = mode_;
  const auto rows = std::move(indices_);
  indices_ = nullptr;
  StartValues();
  if (from == Mode::kIndices) {
    const ColumnPtr& dictionary = pages.dictionary(true);
    GatherFixed(static_cast<const uint8_t*>(dictionary->raw_values()), width_, rows->as<uint32_t>(), size_,
                values_->data());
    MergeOwners(owners_, dictionary->owners());
  } else if (from == Mode::kBorrowed) {
    std::memcpy(values_->data(), borrowed_, size_ * width_);
    borrowed_ = nullptr;
    owners_.clear();
  }
}

void ValueSink::Append(PageReader& pages, size_t count, size_t valid) {
  if (count == 0) return;
  Reserve(size_ + count);
  const size_t at = size_;
  nulls_ += count - valid;
  const bool as_indices = pages.is_dictionary() && (mode_ == Mode::kEmpty || mode_ == Mode::kIndices);
  if (as_indices) {
    if (mode_ == Mode::kEmpty) {
      indices_ = Buffer::Allocate(capacity_ * sizeof(uint32_t));
      mode_ = Mode::kIndices;
    }
    uint32_t* out = indices() + at;
    if (valid == count) {
      pages.DecodeIndices(out, count);
    } else {
      const auto null_index = static_cast<uint32_t>(pages.dictionary_size());
      auto* dense = reinterpret_cast<uint32_t*>(Scratch((valid + 1) * sizeof(uint32_t)));
      pages.DecodeIndices(dense, valid);
      dense[valid] = null_index;
      SpreadIndices(dense, null_index, validity(), at, count, out);
    }
    size_ += count;
    return;
  }
  if (mode_ == Mode::kEmpty && count == capacity_ && valid == count) {
    if (const uint8_t* values = pages.TryTakeInPlace(count)) {
      borrowed_ = values;
      owners_.push_back(pages.page_owner());
      mode_ = Mode::kBorrowed;
      size_ += count;
      return;
    }
  }
  if (mode_ == Mode::kEmpty) StartValues();
  if (mode_ != Mode::kValues) Materialize(pages);
  Owners owners;
  if (valid == count) {
    pages.DecodeValues(values_at(at), count, owners);
  } else {
    uint8_t* dense = Scratch((valid + 1) * width_);
    pages.DecodeValues(dense, valid, owners);
    std::memset(dense + valid * width_, 0, width_);
    SpreadValues(dense, width_, validity(), at, count, values_at(at));
  }
  MergeOwners(owners_, owners);
  size_ += count;
}

std::span<const uint32_t> ValueSink::ValidPlaces(std::span<const uint32_t> rows, const uint64_t* span_validity) {
  places_.clear();
  size_t word = 0;
  size_t before = 0;  // valid ones in the words before
  for (size_t i = 0; i < rows.size(); ++i) {
    for (; word < rows[i] / 64; ++word) before += static_cast<size_t>(std::popcount(span_validity[word]));
    if (!GetBit(span_validity, rows[i])) continue;
    const uint64_t below = (uint64_t{1} << rows[i] % 64) - 1;
    places_.push_back(static_cast<uint32_t>(before + static_cast<size_t>(std::popcount(span_validity[word] & below))));
    SetBit(validity(), size_ + i);
  }
  return places_;
}

void ValueSink::AppendSelected(PageReader& pages, std::span<const uint32_t> rows, size_t span,
                               const uint64_t* span_validity, size_t valid) {
  const size_t count = rows.size();
  if (count == 0) return;
  Reserve(size_ + count);
  const size_t at = size_;
  std::span<const uint32_t> places = rows;  // among the values that the page has
  if (valid != span) {
    places = ValidPlaces(rows, span_validity);
  } else {
    SetBits(validity(), at, count);
  }
  const bool has_nulls = places.size() != count;
  nulls_ += count - places.size();
  const bool as_indices = pages.is_dictionary() && (mode_ == Mode::kEmpty || mode_ == Mode::kIndices);
  if (as_indices) {
    if (mode_ == Mode::kEmpty) {
      indices_ = Buffer::Allocate(capacity_ * sizeof(uint32_t));
      mode_ = Mode::kIndices;
    }
    uint32_t* out = indices() + at;
    auto* dense = has_nulls ? reinterpret_cast<uint32_t*>(Scratch((places.size() + 1) * sizeof(uint32_t))) : out;
    if (places.empty()) {
      pages.SkipValues(valid);
    } else {
      pages.DecodeSelectedIndices(dense, places, valid);
    }
    if (has_nulls) {
      const auto null_index = static_cast<uint32_t>(pages.dictionary_size());
      dense[places.size()] = null_index;
      SpreadIndices(dense, null_index, validity(), at, count, out);
    }
    size_ += count;
    return;
  }
  if (mode_ == Mode::kEmpty) StartValues();
  if (mode_ != Mode::kValues) Materialize(pages);
  Owners owners;
  uint8_t* dense = has_nulls ? Scratch((places.size() + 1) * width_) : values_at(at);
  if (places.empty()) {
    pages.SkipValues(valid);
  } else {
    pages.DecodeSelectedValues(dense, places, valid, owners);
  }
  if (has_nulls) {
    std::memset(dense + places.size() * width_, 0, width_);
    SpreadValues(dense, width_, validity(), at, count, values_at(at));
  }
  MergeOwners(owners_, owners);
  size_ += count;
}

ColumnPtr ValueSink::Finish(PageReader& pages, bool dictionary_has_null) {
  if (mode_ == Mode::kIndices) {
    return Column::Dictionary(pages.dictionary(dictionary_has_null || nulls_ > 0), std::move(indices_), size_);
  }
  MutableBufferPtr validity;
  if (nulls_ > 0) {
    const size_t bytes = WordsForBits(size_) * sizeof(uint64_t);
    validity = Buffer::Allocate(bytes);
    std::memcpy(validity->data(), validity_.data(), bytes);
  }
  if (mode_ == Mode::kBorrowed) {
    return Column::FlatBorrowed(leaf_.type, size_, borrowed_, std::move(validity), std::move(owners_));
  }
  if (mode_ == Mode::kEmpty) StartValues();
  return Column::Flat(leaf_.type, size_, std::move(values_), std::move(validity), std::move(owners_));
}

ColumnPtr ValueSink::FinishSpread(PageReader& pages, const uint64_t* validity, size_t slots) {
  if (slots == size_) return Finish(pages, false);
  const size_t bytes = WordsForBits(slots) * sizeof(uint64_t);
  if (mode_ == Mode::kIndices) {
    Reserve(size_ + 1);
    const auto null_index = static_cast<uint32_t>(pages.dictionary_size());
    indices()[size_] = null_index;
    auto spread = Buffer::Allocate(slots * sizeof(uint32_t));
    SpreadIndices(indices(), null_index, validity, 0, slots, spread->as<uint32_t>());
    return Column::Dictionary(pages.dictionary(true), std::move(spread), slots);
  }
  Reserve(size_ + 1);
  if (mode_ != Mode::kValues) Materialize(pages);
  std::memset(values_at(size_), 0, width_);
  auto spread = Buffer::Allocate(slots * width_);
  SpreadValues(values_->data(), width_, validity, 0, slots, spread->data());
  auto bits = Buffer::Allocate(bytes);
  std::memcpy(bits->data(), validity, bytes);
  return Column::Flat(leaf_.type, slots, std::move(spread), std::move(bits), std::move(owners_));
}

}  // namespace weir::parquet
