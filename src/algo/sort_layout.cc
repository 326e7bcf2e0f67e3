#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "algo/key_hash.h"
#include "algo/sort.h"
#include "base/bytes.h"

namespace weir {

namespace {

constexpr uint8_t kNullFirst = 0;
constexpr uint8_t kValid = 1;
constexpr uint8_t kNullLast = 2;
constexpr size_t kPrefixBytes = 8;
// A string's part: so many bytes, then its length as far as it matters.
constexpr size_t kStringPrefix = 12;
constexpr uint8_t kTruncated = kStringPrefix + 1;

size_t ValueBytes(const Type& type) {
  if (type.is_nested() || type.physical() == PhysicalType::kString) return kStringPrefix + 1;
  // Intervals compare by their length in microseconds, which takes 128 bits.
  return PhysicalWidth(type.physical());
}

template <typename U>
void StoreBigEndian(uint8_t* out, U value) {
  for (size_t i = 0; i < sizeof(U); ++i) out[i] = static_cast<uint8_t>(value >> (8 * (sizeof(U) - 1 - i)));
}

void EncodeValue(const StringRef& value, uint8_t* out) {
  const size_t size = std::min<size_t>(value.size(), kStringPrefix);
  std::memset(out, 0, kStringPrefix);
  std::memcpy(out, value.data(), size);
  out[kStringPrefix] = value.size() > kStringPrefix ? kTruncated : static_cast<uint8_t>(value.size());
}

template <typename T>
void EncodeValue(const T& value, uint8_t* out) {
  if constexpr (std::is_same_v<T, float>) {
    StoreUnaligned(out, __builtin_bswap32(OrderedFloatBits(value)));
  } else if constexpr (std::is_same_v<T, double>) {
    StoreUnaligned(out, __builtin_bswap64(OrderedDoubleBits(value)));
  } else if constexpr (std::is_same_v<T, Interval>) {
    EncodeValue(static_cast<int128_t>(value.NormalizedMicros()), out);
  } else if constexpr (std::is_same_v<T, int128_t>) {
    const auto bits = static_cast<uint128_t>(value) ^ (static_cast<uint128_t>(1) << 127);
    StoreUnaligned(out, __builtin_bswap64(static_cast<uint64_t>(bits >> 64)));
    StoreUnaligned(out + 8, __builtin_bswap64(static_cast<uint64_t>(bits)));
  } else if constexpr (std::is_integral_v<T>) {
    using U = std::make_unsigned_t<T>;
    U bits = static_cast<U>(value);
    if constexpr (std::is_signed_v<T>) bits = static_cast<U>(bits ^ (U{1} << (sizeof(T) * 8 - 1)));
    if constexpr (sizeof(T) == 8) bits = __builtin_bswap64(bits);
    if constexpr (sizeof(T) == 4) bits = __builtin_bswap32(bits);
    if constexpr (sizeof(T) == 2) bits = __builtin_bswap16(bits);
    StoreUnaligned(out, bits);
  }
}

// Rows are readable to the end of the last word.
size_t FirstDifference(const uint8_t* a, const uint8_t* b, size_t bytes) {
  size_t at = 0;
  for (; at < bytes; at += sizeof(uint64_t)) {
    const uint64_t difference = LoadUnaligned<uint64_t>(a + at) ^ LoadUnaligned<uint64_t>(b + at);
    if (difference != 0) return at + static_cast<size_t>(std::countr_zero(difference)) / 8;
  }
  return at;
}

std::vector<Type> RowTypes(const std::vector<Type>& types, size_t hidden) {
  std::vector<Type> out = types;
  out.insert(out.end(), hidden, Type(TypeKind::kVarbinary));
  return out;
}

}  // namespace

SortLayout::SortLayout(std::vector<Type> types, std::vector<SortColumn> keys)
    : types_(std::move(types)), keys_(std::move(keys)) {
  for (size_t k = 0; k < keys_.size(); ++k) {
    const Type& type = types_[keys_[k].column];
    Segment segment;
    segment.key = k;
    segment.column = keys_[k].column;
    segment.begin = key_bytes_;
    segment.bytes = 1 + ValueBytes(type);
    segment.is_string = type.is_nested() || type.physical() == PhysicalType::kString;
    has_strings_ = has_strings_ || segment.is_string;
    if (type.is_nested()) {
      segment.column = types_.size() + nested_keys_.size();
      nested_keys_.push_back(k);
    }
    key_bytes_ += segment.bytes;
    segments_.push_back(segment);
  }
  // Behind a string that does not end in its part, its tail comes before the next key's bytes.
  prefix_region_ = std::min(WordEnd(0, SortKeyBytes::kBytesMax), SortKeyBytes::kBytesMax);
  // Words are read from any key byte, and masked: the values behind make up for those that reach beyond.
  const size_t header = RoundUp(std::max(key_bytes_, kPrefixBytes + 1), size_t{8});
  rows_ = RowLayout(RowTypes(types_, nested_keys_.size()), header);
}

void SortLayout::EncodeSegment(const Segment& segment, const Column& column, const RowSet& rows,
                               uint8_t* const* out) const {
  const SortColumn& key = keys_[segment.key];
  const ColumnView view(column);
  const size_t begin = segment.begin;
  const size_t count = rows.count();
  const size_t value_bytes = segment.bytes - 1;
  VisitPhysical(column.type().physical(), [&]<typename T>() {
    if constexpr (!std::is_same_v<T, ListEntry>) {
      const T* values = view.values<T>();
      for (size_t i = 0; i < count; ++i) {
        const size_t at = view.Index(rows[i]);
        uint8_t* to = out[i] + begin;
        if (view.may_have_nulls() && !GetBit(view.validity(), at)) {
          to[0] = key.nulls_first ? kNullFirst : kNullLast;
          std::memset(to + 1, 0, value_bytes);
          continue;
        }
        to[0] = kValid;
        EncodeValue(values[at], to + 1);
      }
    }
  });
  if (!key.descending) return;
  for (size_t i = 0; i < count; ++i) {
    uint8_t* to = out[i] + begin;
    if (to[0] != kValid) continue;
    for (size_t b = 1; b <= value_bytes; ++b) to[b] = static_cast<uint8_t>(~to[b]);
  }
}

bool SortLayout::Encode(const Chunk& chunk, uint8_t* const* out, RowHeap& heap) const {
  const RowSet rows = chunk.rows();
  const size_t count = rows.count();
  for (size_t i = 0; i < count; ++i) {
    rows_.ClearNulls(out[i]);
    // Padding takes part in prefixes.
    if (key_bytes_ < kPrefixBytes + 1) std::memset(out[i] + key_bytes_, 0, kPrefixBytes + 1 - key_bytes_);
  }
  for (size_t c = 0; c < types_.size(); ++c) rows_.Scatter(c, chunk.column(c), rows, out, heap);
  bool has_null = false;
  size_t hidden = types_.size();
  for (const Segment& segment : segments_) {
    const Column* column = chunk.column(keys_[segment.key].column).get();
    ColumnPtr bytes;
    if (types_[keys_[segment.key].column].is_nested()) {
      // Nested values are sorted by bytes that order as they do.
      FlatWriter<StringRef> writer(TypeKind::kVarbinary, chunk.size());
      const ColumnView view(*column);
      std::string text;
      rows.ForEach([&](size_t row) {
        if (view.IsNull(row)) return writer.SetNull(row);
        text.clear();
        AppendMemcomparable(*column, row, text);
        writer.SetString(row, text);
      });
      bytes = writer.Finish();
      column = bytes.get();
      rows_.Scatter(hidden++, bytes, rows, out, heap);
    }
    EncodeSegment(segment, *column, rows, out);
    if (segment.key != 0) continue;
    const ColumnView view(*column);
    if (view.may_have_nulls()) {
      for (size_t i = 0; i < count && !has_null; ++i) has_null = out[i][0] != kValid;
    }
  }
  return has_null;
}

uint64_t SortLayout::Prefix(const uint8_t* row, bool skip_null_flag) const {
  return LoadBigEndian<uint64_t>(row + (skip_null_flag ? 1 : 0));
}

int SortLayout::Compare(const uint8_t* a, const uint8_t* b) const {
  size_t begin = 0;
  for (const Segment& segment : segments_) {
    if (!segment.is_string) continue;
    // Everything up to and including this string's prefix at once.
    const size_t end = segment.begin + segment.bytes;
    const int order = std::memcmp(a + begin, b + begin, end - begin);
    if (order != 0) return order;
    begin = end;
    const bool descending = keys_[segment.key].descending;
    const uint8_t truncated = descending ? static_cast<uint8_t>(~kTruncated) : kTruncated;
    if (a[segment.begin] != kValid || a[end - 1] != truncated) continue;
    const auto left = rows_.Load<StringRef>(a, segment.column);
    const auto right = rows_.Load<StringRef>(b, segment.column);
    const auto full = left <=> right;
    if (full != 0) return (full < 0) != descending ? -1 : 1;
  }
  return key_bytes_ == begin ? 0 : std::memcmp(a + begin, b + begin, key_bytes_ - begin);
}

size_t SortLayout::EqualKeys(const uint8_t* a, const uint8_t* b) const {
  const size_t different = FirstDifference(a, b, key_bytes_);
  for (const Segment& segment : segments_) {
    if (different < segment.begin + segment.bytes) return segment.key;
    if (segment.is_string && !SameTail(a, b, segment)) return segment.key;
  }
  return keys_.size();
}

// Of a string whose part in the key is the same.
bool SortLayout::SameTail(const uint8_t* a, const uint8_t* b, const Segment& segment) const {
  const uint8_t truncated = keys_[segment.key].descending ? static_cast<uint8_t>(~kTruncated) : kTruncated;
  if (a[segment.begin] != kValid || a[segment.begin + segment.bytes - 1] != truncated) return true;
  return rows_.Load<StringRef>(a, segment.column) == rows_.Load<StringRef>(b, segment.column);
}

bool SortLayout::KeyIsNull(const uint8_t* row, size_t key) const {
  return row[segments_[key].begin] != kValid;
}

bool SortLayout::HasWords(size_t key) const {
  return !segments_[key].is_string && segments_[key].bytes - 1 <= sizeof(uint64_t);
}

uint64_t SortLayout::Word(const uint8_t* row, size_t key) const {
  const Segment& segment = segments_[key];
  return LoadBigEndian<uint64_t>(row + segment.begin + 1) >> (8 * (sizeof(uint64_t) - (segment.bytes - 1)));
}

void SortLayout::EncodeWords(size_t key, const Column& column, const RowSet& rows, uint64_t* out) const {
  const size_t bytes = segments_[key].bytes - 1;
  const uint64_t flip = keys_[key].descending ? ~uint64_t{0} >> (8 * (sizeof(uint64_t) - bytes)) : 0;
  const ColumnView view(column);
  VisitPhysical(column.type().physical(), [&]<typename T>() {
    if constexpr (!std::is_same_v<T, ListEntry> && !std::is_same_v<T, StringRef>) {
      if constexpr (sizeof(T) <= sizeof(uint64_t)) {
        const T* values = view.values<T>();
        for (size_t i = 0; i < rows.count(); ++i) {
          const size_t row = rows[i];
          if (!view.IsValid(row)) {
            out[i] = 0;
            continue;
          }
          std::array<uint8_t, sizeof(uint64_t)> encoded{};
          EncodeValue(values[view.Index(row)], encoded.data());
          out[i] = (LoadBigEndian<uint64_t>(encoded.data()) >> (8 * (sizeof(uint64_t) - sizeof(T)))) ^ flip;
        }
      }
    }
  });
}

namespace {

// A word of a string's tail: so many bytes, then how many were left, up to one more than that.
constexpr size_t kTailBytes = 7;

}  // namespace

uint64_t SortLayout::KeyWord(const KeyPosition& position, const uint8_t* row) const {
  if (position.tail == 0) {
    const size_t left = WordEnd(position.byte, kPrefixBytes) - position.byte;
    const auto word = LoadBigEndian<uint64_t>(row + position.byte);
    return left >= kPrefixBytes ? word : word & ~(~uint64_t{0} >> (8 * left));
  }
  const Segment& segment = segments_[position.string];
  const auto text = rows_.Load<StringRef>(row, segment.column);
  const size_t left = text.size() - position.tail;
  std::array<uint8_t, 8> bytes{};
  std::memcpy(bytes.data(), text.data() + position.tail, std::min(left, kTailBytes));
  bytes[kTailBytes] = static_cast<uint8_t>(std::min(left, kTailBytes + 1));
  const auto word = LoadBigEndian<uint64_t>(bytes.data());
  return keys_[segment.key].descending ? ~word : word;
}

// One past the last key byte that the word at `byte` takes in: not beyond a string's part, behind which its tail comes
// first.
size_t SortLayout::WordEnd(size_t byte, size_t size) const {
  size_t end = std::min(byte + size, key_bytes_);
  for (const Segment& segment : segments_) {
    const size_t string_end = segment.begin + segment.bytes;
    if (segment.is_string && string_end > byte) return std::min(end, string_end);
  }
  return end;
}

std::optional<SortLayout::KeyPosition> SortLayout::NextPosition(const KeyPosition& position, const uint8_t* row) const {
  if (position.tail == 0) return PositionFrom(WordEnd(position.byte, kPrefixBytes), row);
  const Segment& segment = segments_[position.string];
  const auto text = rows_.Load<StringRef>(row, segment.column);
  if (text.size() - position.tail > kTailBytes) {
    return KeyPosition{position.byte, position.string, position.tail + kTailBytes};
  }
  const size_t end = segment.begin + segment.bytes;
  if (end >= key_bytes_) return std::nullopt;
  return KeyPosition{end, 0, 0};
}

std::optional<SortLayout::KeyPosition> SortLayout::PositionFrom(size_t end, const uint8_t* row) const {
  for (size_t s = 0; s < segments_.size(); ++s) {
    const Segment& segment = segments_[s];
    if (!segment.is_string || segment.begin + segment.bytes != end || row[segment.begin] != kValid) continue;
    const uint8_t truncated = keys_[segment.key].descending ? static_cast<uint8_t>(~kTruncated) : kTruncated;
    if (row[end - 1] == truncated) return KeyPosition{end, s, kStringPrefix};
  }
  if (end >= key_bytes_) return std::nullopt;
  return KeyPosition{end, 0, 0};
}

Chunk SortLayout::Gather(const uint8_t* const* rows, size_t count, const Owners& owners) const {
  std::vector<ColumnPtr> columns;
  columns.reserve(types_.size());
  for (size_t c = 0; c < types_.size(); ++c) columns.push_back(rows_.Gather(c, rows, count, owners));
  return {std::move(columns), count};
}

}  // namespace weir
