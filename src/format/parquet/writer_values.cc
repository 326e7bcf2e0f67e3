#include "format/parquet/writer_values.h"

#include <algorithm>
#include <cmath>

#include <xxhash.h>

#include "base/check.h"

namespace weir::parquet {

namespace {

void StoreBigEndian(uint128_t value, char* out) {
  const auto high = static_cast<uint64_t>(value >> 64);
  const auto low = static_cast<uint64_t>(value);
  StoreUnaligned(out, __builtin_bswap64(high));
  StoreUnaligned(out + 8, __builtin_bswap64(low));
}

uint128_t LoadBigEndian128(const char* from) {
  return static_cast<uint128_t>(LoadBigEndian<uint64_t>(from)) << 64 | LoadBigEndian<uint64_t>(from + 8);
}

constexpr uint128_t kTopBit = static_cast<uint128_t>(1) << 127;

size_t WordBytes(StoredKind kind) {
  switch (kind) {
    case StoredKind::kBoolean:
      return 1;
    case StoredKind::kInt32:
    case StoredKind::kFloat:
      return 4;
    default:
      return 8;
  }
}

void StageInterval(const Interval& value, char* out) {
  const int64_t millis = value.micros / 1000;
  if (value.months < 0 || value.days < 0 || value.micros < 0 || value.micros % 1000 != 0 || millis > UINT32_MAX) {
    throw Error::User(sqlstate::kDatetimeFieldOverflow,
                      "Parquet holds intervals that are positive and of whole milliseconds only: {}",
                      Value::OfInterval(value).ToString());
  }
  StoreUnaligned(out, value.months);
  StoreUnaligned(out + 4, value.days);
  StoreUnaligned(out + 8, static_cast<uint32_t>(millis));
}

void StageFixed(const WriterLeaf& leaf, const ColumnView& view, std::span<const uint32_t> rows, StagedValues& out) {
  const auto width = static_cast<size_t>(leaf.fixed_bytes);
  out.scratch.resize(rows.size() * width);
  char* at = out.scratch.data();
  for (const uint32_t row : rows) {
    if (leaf.type.is(TypeKind::kInterval)) {
      StageInterval(view.At<Interval>(row), at);
    } else {
      auto value = static_cast<uint128_t>(view.At<int128_t>(row));
      if (leaf.type.is(TypeKind::kUuid)) value ^= kTopBit;
      StoreBigEndian(value, at);
    }
    out.bytes.emplace_back(at, width);
    at += width;
  }
}

bool IsUtf8Start(char c) {
  return (static_cast<uint8_t>(c) & 0xC0) != 0x80;
}

// The character that follows in code-point order, if it takes as many bytes; else empty.
std::string NextCharacter(std::string_view character) {
  static constexpr uint32_t kLimits[] = {0, 0x80, 0x800, 0x10000, 0x110000};
  const size_t size = character.size();
  if (size == 0 || size > 4) return {};
  uint32_t code = static_cast<uint8_t>(character[0]);
  if (size > 1) code &= (0xFFU >> (size + 1));
  for (size_t i = 1; i < size; ++i) code = code << 6 | (static_cast<uint8_t>(character[i]) & 0x3F);
  ++code;
  if (code == 0xD800) code = 0xE000;  // surrogates are no characters
  if (code >= kLimits[size]) return {};
  std::string out(size, '\0');
  for (size_t i = size; i-- > 1;) {
    out[i] = static_cast<char>(0x80 | (code & 0x3F));
    code >>= 6;
  }
  static constexpr uint8_t kLead[] = {0, 0, 0xC0, 0xE0, 0xF0};
  out[0] = static_cast<char>(kLead[size] | code);
  return out;
}

}  // namespace

void StageValues(const WriterLeaf& leaf, const Column& column, std::span<const uint32_t> rows, StagedValues& out) {
  out.words.clear();
  out.bytes.clear();
  const ColumnView view(column);
  if (leaf.stored == StoredKind::kFixedBytes) return StageFixed(leaf, view, rows, out);
  if (leaf.stored == StoredKind::kBytes) {
    out.bytes.reserve(rows.size());
    // Short strings lie inside their view, so the view must be the one in the column.
    for (const uint32_t row : rows) out.bytes.push_back(view.At<StringRef>(row).view());
    return;
  }
  out.words.resize(rows.size());
  VisitPhysical(column.type().physical(), [&]<typename T>() {
    uint64_t* words = out.words.data();
    const T* values = view.values<T>();
    const auto put = [&](size_t i, size_t at) {
      if constexpr (std::is_same_v<T, float>) {
        words[i] = std::bit_cast<uint32_t>(values[at]);
      } else if constexpr (std::is_same_v<T, double>) {
        words[i] = std::bit_cast<uint64_t>(values[at]);
      } else if constexpr (std::is_integral_v<T>) {
        words[i] = static_cast<uint64_t>(static_cast<int64_t>(values[at]));
      } else {
        WEIR_CHECK(false, "type {}", leaf.type.ToString());
      }
    };
    if (view.is_identity()) {
      for (size_t i = 0; i < rows.size(); ++i) put(i, rows[i]);
    } else {
      for (size_t i = 0; i < rows.size(); ++i) put(i, view.Index(rows[i]));
    }
  });
  if (leaf.stored == StoredKind::kInt32 && column.type().physical() == PhysicalType::kInt64) {
    // Decimals of up to nine digits have four bytes in the file.
    for (const uint64_t word : out.words) {
      if (static_cast<int64_t>(word) == static_cast<int32_t>(word)) continue;
      throw Error::User(sqlstate::kNumericValueOutOfRange, "value is out of range for type {}: {}",
                        leaf.type.ToString(), Value::Integer(leaf.type, static_cast<int64_t>(word)).ToString());
    }
  }
}

uint64_t HashWord(StoredKind kind, uint64_t word) {
  return XXH64(&word, WordBytes(kind), 0);
}
uint64_t HashBytesOf(std::string_view bytes) {
  return XXH64(bytes.data(), bytes.size(), 0);
}

void ValueDictionary::Grow() {
  const size_t size = std::max<size_t>(1024, table_.size() * 2);
  table_.assign(size, 0);
  for (uint32_t i = 0; i < hashes_.size(); ++i) {
    size_t slot = hashes_[i] & (size - 1);
    while (table_[slot] != 0) slot = (slot + 1) & (size - 1);
    table_[slot] = i + 1;
  }
}

uint32_t ValueDictionary::FindOrAdd(uint64_t word) {
  if (hashes_.size() * 2 >= table_.size()) Grow();
  const uint64_t hash = HashWord(leaf_.stored, word);
  size_t slot = hash & (table_.size() - 1);
  while (table_[slot] != 0) {
    if (words_[table_[slot] - 1] == word) return table_[slot] - 1;
    slot = (slot + 1) & (table_.size() - 1);
  }
  words_.push_back(word);
  hashes_.push_back(hash);
  plain_bytes_ += WordBytes(leaf_.stored);
  return (table_[slot] = static_cast<uint32_t>(hashes_.size())) - 1;
}

uint32_t ValueDictionary::FindOrAdd(std::string_view bytes) {
  if (hashes_.size() * 2 >= table_.size()) Grow();
  const uint64_t hash = HashBytesOf(bytes);
  size_t slot = hash & (table_.size() - 1);
  while (table_[slot] != 0) {
    const uint32_t index = table_[slot] - 1;
    if (hashes_[index] == hash && views_[index] == bytes) return index;
    slot = (slot + 1) & (table_.size() - 1);
  }
  char* copy = heap_.Allocate(bytes.size());
  if (!bytes.empty()) std::memcpy(copy, bytes.data(), bytes.size());
  views_.emplace_back(copy, bytes.size());
  hashes_.push_back(hash);
  plain_bytes_ += bytes.size() + (leaf_.stored == StoredKind::kBytes ? 4 : 0);
  return (table_[slot] = static_cast<uint32_t>(hashes_.size())) - 1;
}

void ValueDictionary::Clear() {
  table_.clear();
  hashes_.clear();
  words_.clear();
  views_.clear();
  heap_ = {};
  plain_bytes_ = 0;
}

int MinMax::CompareWords(uint64_t a, uint64_t b) const {
  const auto order = [](auto x, auto y) { return x < y ? -1 : x > y ? 1 : 0; };
  switch (leaf_->stored) {
    case StoredKind::kFloat:
      return order(std::bit_cast<float>(static_cast<uint32_t>(a)), std::bit_cast<float>(static_cast<uint32_t>(b)));
    case StoredKind::kDouble:
      return order(std::bit_cast<double>(a), std::bit_cast<double>(b));
    default:
      return order(static_cast<int64_t>(a), static_cast<int64_t>(b));
  }
}

int MinMax::CompareBytes(std::string_view a, std::string_view b) const {
  const bool is_signed = leaf_->stored == StoredKind::kFixedBytes && !leaf_->type.is(TypeKind::kUuid);
  if (is_signed && !a.empty() && !b.empty() && ((a[0] ^ b[0]) & 0x80) != 0) return (a[0] & 0x80) != 0 ? -1 : 1;
  return a.compare(b);
}

void MinMax::Add(std::span<const uint64_t> words) {
  for (const uint64_t word : words) {
    if (leaf_->stored == StoredKind::kFloat && std::isnan(std::bit_cast<float>(static_cast<uint32_t>(word)))) {
      has_nan_ = true;
      continue;
    }
    if (leaf_->stored == StoredKind::kDouble && std::isnan(std::bit_cast<double>(word))) {
      has_nan_ = true;
      continue;
    }
    if (!has_value_) {
      min_word_ = max_word_ = word;
      has_value_ = true;
      continue;
    }
    if (CompareWords(word, min_word_) < 0) min_word_ = word;
    if (CompareWords(word, max_word_) > 0) max_word_ = word;
  }
}

void MinMax::Add(std::span<const std::string_view> values) {
  for (const std::string_view value : values) {
    if (!has_value_) {
      min_bytes_ = max_bytes_ = value;
      has_value_ = true;
      continue;
    }
    if (CompareBytes(value, min_bytes_) < 0) min_bytes_ = value;
    if (CompareBytes(value, max_bytes_) > 0) max_bytes_ = value;
  }
}

void MinMax::Merge(const MinMax& other) {
  has_nan_ = has_nan_ || other.has_nan_;
  if (!other.has_value_) return;
  if (HoldsBytes(leaf_->stored)) {
    const std::string_view both[] = {other.min_bytes_, other.max_bytes_};
    Add(both);
  } else {
    const uint64_t both[] = {other.min_word_, other.max_word_};
    Add(both);
  }
}

std::string MinMax::Plain(uint64_t word) const {
  return {reinterpret_cast<const char*>(&word), WordBytes(leaf_->stored)};
}

std::optional<MinMax::Bound> MinMax::Min(size_t bytes_max) const {
  if (!has_bounds() || !leaf_->has_order) return std::nullopt;
  if (!HoldsBytes(leaf_->stored)) {
    uint64_t word = min_word_;
    // Zeros are bounds with the sign that holds both.
    if (leaf_->stored == StoredKind::kDouble && std::bit_cast<double>(word) == 0) word = std::bit_cast<uint64_t>(-0.0);
    if (leaf_->stored == StoredKind::kFloat && std::bit_cast<float>(static_cast<uint32_t>(word)) == 0) {
      word = std::bit_cast<uint32_t>(-0.0F);
    }
    return Bound{Plain(word)};
  }
  if (leaf_->stored == StoredKind::kFixedBytes || min_bytes_.size() <= bytes_max) return Bound{min_bytes_};
  return Bound{CutMin(min_bytes_, bytes_max, !leaf_->type.is(TypeKind::kVarbinary)), false};
}

std::optional<MinMax::Bound> MinMax::Max(size_t bytes_max) const {
  if (!has_bounds() || !leaf_->has_order) return std::nullopt;
  if (!HoldsBytes(leaf_->stored)) {
    uint64_t word = max_word_;
    if (leaf_->stored == StoredKind::kDouble && std::bit_cast<double>(word) == 0) word = 0;
    if (leaf_->stored == StoredKind::kFloat && std::bit_cast<float>(static_cast<uint32_t>(word)) == 0) word = 0;
    return Bound{Plain(word)};
  }
  if (leaf_->stored == StoredKind::kFixedBytes || max_bytes_.size() <= bytes_max) return Bound{max_bytes_};
  auto cut = CutMax(max_bytes_, bytes_max, !leaf_->type.is(TypeKind::kVarbinary));
  if (!cut.has_value()) return std::nullopt;
  return Bound{*std::move(cut), false};
}

Value MinMax::ToValue(const Bound& bound) const {
  const Type& type = leaf_->type;
  switch (leaf_->stored) {
    case StoredKind::kBoolean:
      return Value::Integer(type, bound.bytes[0]);
    case StoredKind::kInt32:
      return Value::Integer(type, LoadUnaligned<int32_t>(bound.bytes.data()));
    case StoredKind::kInt64:
      return Value::Integer(type, LoadUnaligned<int64_t>(bound.bytes.data()));
    case StoredKind::kFloat:
      return Value::Floating(type, LoadUnaligned<float>(bound.bytes.data()));
    case StoredKind::kDouble:
      return Value::Floating(type, LoadUnaligned<double>(bound.bytes.data()));
    case StoredKind::kFixedBytes: {
      uint128_t value = LoadBigEndian128(bound.bytes.data());
      if (type.is(TypeKind::kUuid)) value ^= kTopBit;
      return Value::Wide(type, static_cast<int128_t>(value));
    }
    case StoredKind::kBytes:
      return Value::Bytes(type, bound.bytes);
  }
  return Value::Null(type);
}

int MinMax::CompareMin(const MinMax& a, const MinMax& b) {
  return HoldsBytes(a.leaf_->stored) ? a.CompareBytes(a.min_bytes_, b.min_bytes_)
                                     : a.CompareWords(a.min_word_, b.min_word_);
}

int MinMax::CompareMax(const MinMax& a, const MinMax& b) {
  return HoldsBytes(a.leaf_->stored) ? a.CompareBytes(a.max_bytes_, b.max_bytes_)
                                     : a.CompareWords(a.max_word_, b.max_word_);
}

std::string CutMin(std::string_view value, size_t bytes_max, bool is_text) {
  if (value.size() <= bytes_max) return std::string(value);
  size_t size = bytes_max;
  while (is_text && size > 0 && !IsUtf8Start(value[size])) --size;
  return std::string(value.substr(0, size));
}

std::optional<std::string> CutMax(std::string_view value, size_t bytes_max, bool is_text) {
  std::string cut = CutMin(value, bytes_max, is_text);
  while (!cut.empty()) {
    if (!is_text) {
      if (static_cast<uint8_t>(cut.back()) != 0xFF) {
        cut.back() = static_cast<char>(static_cast<uint8_t>(cut.back()) + 1);
        return cut;
      }
      cut.pop_back();
      continue;
    }
    size_t start = cut.size() - 1;
    while (start > 0 && !IsUtf8Start(cut[start])) --start;
    const std::string next = NextCharacter(std::string_view(cut).substr(start));
    cut.resize(start);
    if (!next.empty()) return cut + next;
  }
  return std::nullopt;
}

uint64_t DistinctEstimate::Count() const {
  if (registers_.empty()) return 0;
  const auto m = static_cast<double>(registers_.size());
  double sum = 0;
  size_t zeros = 0;
  for (const uint8_t rank : registers_) {
    sum += std::ldexp(1.0, -rank);
    if (rank == 0) ++zeros;
  }
  const double raw = 0.7213 / (1 + 1.079 / m) * m * m / sum;
  if (raw <= 2.5 * m && zeros != 0)
    return static_cast<uint64_t>(std::llround(m * std::log(m / static_cast<double>(zeros))));
  return static_cast<uint64_t>(std::llround(raw));
}

}  // namespace weir::parquet
