#include "algo/join_table.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/bytes.h"
#include "base/hash.h"
#include "expr/row_select.h"

namespace weir {

namespace {

constexpr int kAddressBits = 48;
constexpr uint64_t kAddressMask = (uint64_t{1} << kAddressBits) - 1;
constexpr uint64_t kMatchedBit = uint64_t{1} << 63;  // in a row's header, beside the next row's address
constexpr size_t kDirectorySlotsMin = 64;
// An array over the key range may be so much sparser than the keys, or this large anyway.
constexpr uint64_t kDenseFactor = 8;
constexpr uint64_t kDenseSlotsAlways = uint64_t{1} << 17;
constexpr size_t kRowsPerTask = size_t{1} << 16;
constexpr size_t kPrefetchRows = 64;

inline const uint8_t* AddressOf(uint64_t entry) {
  return reinterpret_cast<const uint8_t*>(entry & kAddressMask);  // NOLINT(performance-no-int-to-ptr)
}

// Two of the sixteen bits above the address say which hashes may be in a chain.
inline uint64_t TagOf(uint64_t hash) {
  return (uint64_t{1} << (kAddressBits + (hash & 15))) | (uint64_t{1} << (kAddressBits + ((hash >> 4) & 15)));
}

// Atomic, for others may set the match mark meanwhile.
inline uint64_t Header(const uint8_t* row) {
  return std::atomic_ref<uint64_t>(*reinterpret_cast<uint64_t*>(const_cast<uint8_t*>(row)))
      .load(std::memory_order_relaxed);
}

bool IsSingleInteger(const JoinTableSpec& spec) {
  if (spec.key_types.size() != 1 || (!spec.null_equal.empty() && spec.null_equal[0])) return false;
  return spec.key_types[0].physical() <= PhysicalType::kInt64;
}

std::vector<Type> RowTypes(const JoinTableSpec& spec) {
  std::vector<Type> types = spec.key_types;
  types.insert(types.end(), spec.payload_types.begin(), spec.payload_types.end());
  return types;
}

// Calls visitor<T>() with the C++ type of a key of up to 64 bits of integer kind.
template <typename Visitor>
void VisitInteger(PhysicalType type, Visitor&& visitor) {
  VisitPhysical(type, [&]<typename T>() {
    if constexpr (std::is_integral_v<T> && sizeof(T) <= 8) visitor.template operator()<T>();
  });
}

uint64_t HashSlots(size_t rows) {
  return std::bit_ceil(std::max<uint64_t>(rows * 2, kDirectorySlotsMin));
}

bool NullMatches(const JoinTableSpec& spec, size_t key) {
  return !spec.null_equal.empty() && spec.null_equal[key];
}

// The rows none of whose keys is a NULL that never matches; false when that is all of them.
bool MatchableRows(const JoinTableSpec& spec, std::span<const ColumnPtr> keys, const RowSet& rows,
                   std::vector<uint32_t>& matchable, std::vector<uint32_t>* others) {
  bool any_null = false;
  for (size_t k = 0; k < keys.size(); ++k) {
    any_null |= !NullMatches(spec, k) && ColumnView(*keys[k]).may_have_nulls();
  }
  if (!any_null) return false;
  if (others == nullptr) {
    matchable.resize(rows.count() + kRowListPadding);
    RowSet left = rows;
    for (size_t k = 0; k < keys.size(); ++k) {
      if (NullMatches(spec, k)) continue;
      left = RowSet::Of({matchable.data(), SelectValid(*keys[k], left, matchable.data())});
    }
    matchable.resize(left.count());
    return true;
  }
  std::vector<ColumnView> views;
  for (size_t k = 0; k < keys.size(); ++k) {
    if (!NullMatches(spec, k)) views.emplace_back(*keys[k]);
  }
  matchable.clear();
  others->clear();
  rows.ForEach([&](size_t row) {
    bool valid = true;
    for (const ColumnView& view : views) valid &= view.IsValid(row);
    if (valid) {
      matchable.push_back(static_cast<uint32_t>(row));
    } else {
      others->push_back(static_cast<uint32_t>(row));
    }
  });
  return true;
}

}  // namespace

JoinTable::JoinTable(JoinTableSpec spec, std::shared_ptr<MemoryTracker> tracker)
    : spec_(std::move(spec)),
      tracker_(std::move(tracker)),
      layout_(RowTypes(spec_), sizeof(uint64_t)),
      key_count_(spec_.key_types.size()),
      single_integer_(IsSingleInteger(spec_)) {}

JoinTable::~JoinTable() = default;

JoinTable::Collector::Collector(const JoinTable& table)
    : table_(table),
      rows_(table.layout_.row_bytes(), table.tracker_),
      null_rows_(table.layout_.row_bytes(), table.tracker_) {
  if (table.tracker_ != nullptr) heap_bytes_ = ScopedReservation(table.tracker_);
}

std::unique_ptr<JoinTable::Collector> JoinTable::MakeCollector() const {
  return std::unique_ptr<Collector>(new Collector(*this));
}

void JoinTable::Collector::Append(std::span<const ColumnPtr> keys, std::span<const ColumnPtr> payload,
                                  const RowSet& rows) {
  const size_t rows_before = rows_.size();
  const size_t null_rows_before = null_rows_.size();
  try {
    AppendSome(keys, payload, rows);
    CountStrings();
  } catch (...) {
    rows_.Truncate(rows_before);
    null_rows_.Truncate(null_rows_before);
    throw;
  }
}

void JoinTable::Collector::AppendSome(std::span<const ColumnPtr> keys, std::span<const ColumnPtr> payload,
                                      const RowSet& rows) {
  const RowLayout& layout = table_.layout_;
  const auto store = [&](RowBlocks& blocks, const RowSet& stored) {
    const size_t count = stored.count();
    targets_.resize(std::max(targets_.size(), count));
    blocks.Append(count, targets_.data());
    for (size_t i = 0; i < count; ++i) {
      StoreUnaligned<uint64_t>(targets_[i], 0);
      layout.ClearNulls(targets_[i]);
    }
    for (size_t k = 0; k < keys.size(); ++k) layout.Scatter(k, keys[k], stored, targets_.data(), heap_);
    for (size_t c = 0; c < payload.size(); ++c) {
      layout.Scatter(keys.size() + c, payload[c], stored, targets_.data(), heap_);
    }
  };

  std::vector<uint32_t> null_rows;
  RowSet valid = rows;
  if (MatchableRows(table_.spec_, keys, rows, selected_, &null_rows)) {
    valid = RowSet::Of(selected_);
    has_null_key_ |= !null_rows.empty();
    if (table_.spec_.keep_null_keys && !null_rows.empty()) store(null_rows_, RowSet::Of(null_rows));
  }
  if (!valid.empty()) {
    store(rows_, valid);
    const size_t count = valid.count();
    if (table_.single_integer_) {
      VisitInteger(keys[0]->type().physical(), [&]<typename T>() {
        T low = std::numeric_limits<T>::max();
        T high = std::numeric_limits<T>::min();
        const size_t offset = layout.offset(0);
        for (size_t i = 0; i < count; ++i) {
          const T key = LoadUnaligned<T>(targets_[i] + offset);
          low = std::min(low, key);
          high = std::max(high, key);
        }
        min_ = std::min(min_, static_cast<int64_t>(low));
        max_ = std::max(max_, static_cast<int64_t>(high));
      });
    } else {
      hashes_.resize(std::max(hashes_.size(), count));
      hasher_.Hash(keys, valid, hashes_.data());
      for (size_t i = 0; i < count; ++i) StoreUnaligned(targets_[i], hashes_[i]);
    }
  }
}

void JoinTable::Collector::CountStrings() {
  if (table_.tracker_ != nullptr) heap_bytes_.Resize(static_cast<int64_t>(heap_.bytes()));
}

void JoinTable::Collector::AppendCopy(const uint8_t* row, bool null_key) {
  uint8_t* to = (null_key ? null_rows_ : rows_).Append();
  table_.layout_.CopyRow(row, to, heap_);
  if (null_key || !table_.single_integer_) return;
  const int64_t key = table_.IntegerKey(to);
  min_ = std::min(min_, key);
  max_ = std::max(max_, key);
}

void JoinTable::AddCollector(std::unique_ptr<Collector> collector) {
  const std::lock_guard lock(mutex_);
  collectors_.push_back(std::move(collector));
}

void JoinTable::PrepareBuild(bool may_be_dense) {
  WEIR_CHECK(blocks_.empty() && row_count_ == 0, "built twice");
  min_ = INT64_MAX;
  max_ = INT64_MIN;
  for (const auto& collector : collectors_) {
    owners_.push_back(collector->heap_.owner());
    has_null_key_ |= collector->has_null_key_;
    min_ = std::min(min_, collector->min_);
    max_ = std::max(max_, collector->max_);
    key_row_count_ += collector->rows_.size();
    row_count_ += collector->row_count();
    for (const RowBlocks::Block& block : collector->rows_.blocks()) {
      const size_t index = blocks_.size();
      blocks_.push_back({block.memory.data(), block.rows, false});
      for (size_t begin = 0; begin < block.rows; begin += kRowsPerTask) {
        build_tasks_.push_back({index, begin, std::min(block.rows, begin + kRowsPerTask)});
      }
    }
  }
  for (const auto& collector : collectors_) {
    for (const RowBlocks::Block& block : collector->null_rows_.blocks()) {
      blocks_.push_back({block.memory.data(), block.rows, true});
    }
  }
  directory_size_ = may_be_dense ? DenseSlots(key_row_count_, min_, max_) : 0;
  dense_ = directory_size_ != 0;
  if (!dense_) {
    directory_size_ = HashSlots(key_row_count_);
    hash_shift_ = 64 - std::countr_zero(directory_size_);
  }
  directory_ = BigArray::Zeroed(directory_size_ * sizeof(uint64_t), tracker_);
}

uint64_t JoinTable::DenseSlots(size_t rows, int64_t min, int64_t max) const {
  if (!single_integer_ || rows == 0) return 0;
  const uint64_t width = static_cast<uint64_t>(max) - static_cast<uint64_t>(min) + 1;
  return width <= std::max(kDenseSlotsAlways, kDenseFactor * rows) ? width : 0;
}

size_t JoinTable::DirectoryBytes(size_t rows, int64_t min, int64_t max) const {
  const uint64_t dense = DenseSlots(rows, min, max);
  return BigArray::ReservedBytes((dense != 0 ? dense : HashSlots(rows)) * sizeof(uint64_t));
}

bool JoinTable::SplitMatchable(std::span<const ColumnPtr> keys, const RowSet& rows, std::vector<uint32_t>& matchable,
                               std::vector<uint32_t>& others) const {
  return MatchableRows(spec_, keys, rows, matchable, &others);
}

uint64_t JoinTable::CollectedHash(const uint8_t* row) const {
  return single_integer_ ? HashInt(static_cast<uint64_t>(IntegerKey(row))) : LoadUnaligned<uint64_t>(row);
}

int64_t JoinTable::IntegerKey(const uint8_t* row) const {
  int64_t key = 0;
  VisitInteger(spec_.key_types[0].physical(),
               [&]<typename T>() { key = static_cast<int64_t>(LoadUnaligned<T>(row + layout_.offset(0))); });
  return key;
}

void JoinTable::RunBuildTask(size_t task) {
  const BuildTask& work = build_tasks_[task];
  uint8_t* row = blocks_[work.block].data + work.begin * layout_.row_bytes();
  const size_t rows = work.end - work.begin;
  // With one task there is nobody to race with.
  const bool shared = build_tasks_.size() > 1;
  if (dense_) {
    VisitInteger(spec_.key_types[0].physical(), [&]<typename T>() { InsertDense<T>(row, rows, shared); });
  } else {
    InsertHashed(row, rows, shared);
  }
}

template <typename T>
void JoinTable::InsertDense(uint8_t* row, size_t rows, bool shared) {
  auto* directory = directory_.as<uint64_t>();
  const size_t width = layout_.row_bytes();
  const size_t offset = layout_.offset(0);
  const auto base = static_cast<uint64_t>(min_);
  bool duplicates = false;
  for (size_t i = 0; i < rows; ++i, row += width) {
    const uint64_t at = static_cast<uint64_t>(static_cast<int64_t>(LoadUnaligned<T>(row + offset))) - base;
    const auto address = reinterpret_cast<uint64_t>(row);
    uint64_t next;
    if (shared) {
      next = std::atomic_ref<uint64_t>(directory[at]).exchange(address, std::memory_order_relaxed);
    } else {
      next = std::exchange(directory[at], address);
    }
    duplicates |= next != 0;
    StoreUnaligned(row, next);
  }
  if (duplicates) duplicates_.store(true, std::memory_order_relaxed);
}

void JoinTable::InsertHashed(uint8_t* row, size_t rows, bool shared) {
  auto* directory = directory_.as<uint64_t>();
  const size_t width = layout_.row_bytes();
  std::array<uint64_t, kPrefetchRows> hashes;
  for (size_t begin = 0; begin < rows; begin += kPrefetchRows) {
    const size_t count = std::min(kPrefetchRows, rows - begin);
    for (size_t i = 0; i < count; ++i) {
      const uint8_t* at = row + i * width;
      hashes[i] = single_integer_ ? HashInt(static_cast<uint64_t>(IntegerKey(at))) : Header(at);
      __builtin_prefetch(directory + (hashes[i] >> hash_shift_), 1);
    }
    for (size_t i = 0; i < count; ++i, row += width) {
      uint64_t& entry = directory[hashes[i] >> hash_shift_];
      const uint64_t own = reinterpret_cast<uint64_t>(row) | TagOf(hashes[i]);
      if (!shared) {
        StoreUnaligned(row, entry & kAddressMask);
        entry = own | (entry & ~kAddressMask);
        continue;
      }
      std::atomic_ref<uint64_t> slot(entry);
      uint64_t old = slot.load(std::memory_order_relaxed);
      do {
        StoreUnaligned(row, old & kAddressMask);
      } while (!slot.compare_exchange_weak(old, own | (old & ~kAddressMask), std::memory_order_relaxed));
    }
  }
}

size_t JoinTable::MemoryBytes() const {
  size_t bytes = directory_.size();
  for (const auto& collector : collectors_) bytes += collector->MemoryBytes();
  return bytes;
}

void JoinTable::Clear() {
  directory_ = BigArray();
  build_tasks_.clear();
  blocks_.clear();
  owners_.clear();
  collectors_.clear();
}

ColumnPtr JoinTable::GatherKey(size_t key, const uint8_t* const* rows, size_t count) const {
  return layout_.Gather(key, rows, count, owners_);
}

ColumnPtr JoinTable::GatherPayload(size_t column, const uint8_t* const* rows, size_t count) const {
  return layout_.Gather(key_count_ + column, rows, count, owners_);
}

void JoinTable::MarkMatched(const uint8_t* const* rows, size_t count) const {
  for (size_t i = 0; i < count; ++i) {
    std::atomic_ref<uint64_t> header(*reinterpret_cast<uint64_t*>(const_cast<uint8_t*>(rows[i])));
    // Looking first keeps the lines of popular rows shared.
    if ((header.load(std::memory_order_relaxed) & kMatchedBit) == 0) {
      header.fetch_or(kMatchedBit, std::memory_order_relaxed);
    }
  }
}

bool JoinTable::IsMatched(const uint8_t* row) {
  return (Header(row) & kMatchedBit) != 0;
}

void JoinTable::RowsOf(size_t block, bool matched, std::vector<const uint8_t*>& out) const {
  for (size_t i = 0; i < BlockRows(block); ++i) {
    const uint8_t* row = BlockRow(block, i);
    if (IsMatched(row) == matched) out.push_back(row);
  }
}

void JoinTable::HashesOf(size_t block, uint64_t* hashes) const {
  const size_t rows = BlockRows(block);
  if (single_integer_) {
    for (size_t i = 0; i < rows; ++i) hashes[i] = HashInt(static_cast<uint64_t>(IntegerKey(BlockRow(block, i))));
    return;
  }
  KeyHasher hasher;
  std::vector<const uint8_t*> addresses;
  for (size_t begin = 0; begin < rows; begin += kChunkRowsDefault) {
    const size_t count = std::min(kChunkRowsDefault, rows - begin);
    addresses.resize(count);
    for (size_t i = 0; i < count; ++i) addresses[i] = BlockRow(block, begin + i);
    std::vector<ColumnPtr> keys;
    for (size_t k = 0; k < key_count_; ++k) keys.push_back(GatherKey(k, addresses.data(), count));
    hasher.Hash(keys, RowSet::All(count), hashes + begin);
  }
}

JoinProbe::JoinProbe(const JoinTable& table) : table_(table) {}

RowSet JoinProbe::probe_rows() const {
  return dense_rows_ ? RowSet::All(row_count_) : RowSet::Of({row_list_.data(), row_count_});
}

void JoinProbe::Start(std::span<const ColumnPtr> keys, const RowSet& rows) {
  Lookup(keys, rows);
}

// The positions are those of `rows`.
void JoinProbe::TakeRows(const RowSet& rows) {
  dense_rows_ = rows.is_dense();
  if (!dense_rows_) row_list_.assign(rows.rows(), rows.rows() + rows.count());
  row_count_ = rows.count();
}

// Looks up what the values of a dictionary find, both rows.
void JoinProbe::FindPartnersOf(const ColumnPtr& base) {
  Lookup({&base, 1}, RowSet::All(base->size()));
  const RowSet codes = probe_rows();
  partners_.first.assign(base->size(), nullptr);
  partners_.second.assign(base->size(), nullptr);
  std::vector<uint32_t> found;
  FindFirst([&](uint32_t i) {
    partners_.first[codes[i]] = chain_[i];
    found.push_back(i);
  });
  std::ranges::sort(found);
  for (const uint32_t i : found) {
    chain_[i] = AddressOf(Header(chain_[i]));
    if (chain_[i] != nullptr) active_[active_count_++] = i;
  }
  partners_.has_second = false;
  FindFirst([&](uint32_t i) {
    partners_.second[codes[i]] = chain_[i];
    partners_.has_second = true;
  });
}

// False when the rows' values are to be looked up one by one.
bool JoinProbe::LookupByCode(std::span<const ColumnPtr> keys, const RowSet& rows) {
  if (keys.size() != 1 || table_.single_integer_ || table_.key_row_count_ == 0) return false;
  if (!keys[0]->is_dictionary() || rows.empty()) return false;
  const ColumnPtr& base = keys[0]->base();
  if (partners_.base != base) {
    partners_.base = base;
    partners_.rows_seen = 0;
    partners_.first.clear();
  }
  if (partners_.first.empty()) {
    // A large dictionary of which few rows are asked for is not worth it, until they add up.
    partners_.rows_seen += rows.count();
    if (base->size() > partners_.rows_seen) return false;
    FindPartnersOf(base);
  }
  TakeRows(rows);
  if (chain_.size() < row_count_) {
    chain_.resize(row_count_);
    active_.resize(row_count_);
    matched_.resize(row_count_);
  }
  const uint32_t* codes = keys[0]->indices();
  size_t n = 0;
  for (size_t i = 0; i < row_count_; ++i) {
    const uint8_t* row = partners_.first[codes[rows[i]]];
    chain_[i] = row;
    active_[n] = static_cast<uint32_t>(i);
    n += row != nullptr;
    __builtin_prefetch(row);
  }
  active_count_ = n;
  by_code_ = true;
  return true;
}

void JoinProbe::Lookup(std::span<const ColumnPtr> keys, const RowSet& rows) {
  active_count_ = 0;
  at_ = 0;
  kept_ = 0;
  by_code_ = false;
  const bool looked_up = LookupByCode(keys, rows);
  keys_.assign(keys.begin(), keys.end());
  if (looked_up) return;
  if (!MatchableRows(table_.spec_, keys, rows, row_list_, nullptr)) {
    TakeRows(rows);
  } else {
    dense_rows_ = false;
    row_count_ = row_list_.size();
  }
  if (row_count_ == 0 || table_.key_row_count_ == 0) return;
  if (chain_.size() < row_count_) {
    chain_.resize(row_count_);
    active_.resize(row_count_);
    matched_.resize(row_count_);
  }
  if (table_.single_integer_) {
    if (integers_.size() < row_count_) integers_.resize(row_count_);
    const ColumnView view(*keys_[0]);
    const RowSet probe = probe_rows();
    VisitInteger(keys_[0]->type().physical(), [&]<typename T>() {
      const T* values = view.values<T>();
      int64_t* out = integers_.data();
      if (view.is_identity() && probe.is_dense()) {
        for (size_t i = 0; i < row_count_; ++i) out[i] = static_cast<int64_t>(values[i]);
      } else if (view.is_identity()) {
        for (size_t i = 0; i < row_count_; ++i) out[i] = static_cast<int64_t>(values[probe.rows()[i]]);
      } else {
        for (size_t i = 0; i < row_count_; ++i) out[i] = static_cast<int64_t>(values[view.Index(probe[i])]);
      }
    });
  }
  if (table_.dense_) {
    const auto* directory = table_.directory_.as<uint64_t>();
    const auto base = static_cast<uint64_t>(table_.min_);
    const uint64_t size = table_.directory_size_;
    size_t n = 0;
    for (size_t i = 0; i < row_count_; ++i) {
      const uint64_t at = static_cast<uint64_t>(integers_[i]) - base;
      const uint64_t entry = at < size ? directory[at] : 0;
      const uint8_t* row = AddressOf(entry);
      chain_[i] = row;
      active_[n] = static_cast<uint32_t>(i);
      n += row != nullptr;
      __builtin_prefetch(row);
    }
    active_count_ = n;
    return;
  }
  LookupHashed();
}

void JoinProbe::LookupHashed() {
  if (hashes_.size() < row_count_) hashes_.resize(row_count_);
  uint64_t* hashes = hashes_.data();
  if (table_.single_integer_) {
    for (size_t i = 0; i < row_count_; ++i) hashes[i] = HashInt(static_cast<uint64_t>(integers_[i]));
  } else {
    hasher_.Hash(keys_, probe_rows(), hashes);
  }
  const auto* directory = table_.directory_.as<uint64_t>();
  const int shift = table_.hash_shift_;
  const size_t last_byte = table_.layout_.row_bytes() - 1;  // rows may span two cache lines
  constexpr size_t kAhead = 24;
  size_t n = 0;
  for (size_t i = 0; i < std::min(kAhead, row_count_); ++i) __builtin_prefetch(directory + (hashes[i] >> shift));
  for (size_t i = 0; i < row_count_; ++i) {
    if (i + kAhead < row_count_) __builtin_prefetch(directory + (hashes[i + kAhead] >> shift));
    const uint64_t entry = directory[hashes[i] >> shift];
    const uint64_t tag = TagOf(hashes[i]);
    const uint8_t* row = AddressOf(entry);
    chain_[i] = row;
    active_[n] = static_cast<uint32_t>(i);
    const bool hit = (entry & tag) == tag;  // an empty slot has no tags
    n += hit;
    if (hit) {
      __builtin_prefetch(row);
      __builtin_prefetch(row + last_byte);
    }
  }
  active_count_ = n;
}

size_t JoinProbe::CompareActive(size_t begin, size_t end) {
  const RowLayout& layout = table_.layout_;
  if (all_match()) {
    std::copy(active_.begin() + static_cast<ptrdiff_t>(begin), active_.begin() + static_cast<ptrdiff_t>(end),
              matched_.begin());
    return end - begin;
  }
  if (table_.single_integer_) {
    size_t n = 0;
    const size_t offset = layout.offset(0);
    VisitInteger(keys_[0]->type().physical(), [&]<typename T>() {
      for (size_t k = begin; k < end; ++k) {
        const uint32_t i = active_[k];
        matched_[n] = i;
        n += static_cast<int64_t>(LoadUnaligned<T>(chain_[i] + offset)) == integers_[i];
      }
    });
    return n;
  }
  std::copy(active_.begin() + static_cast<ptrdiff_t>(begin), active_.begin() + static_cast<ptrdiff_t>(end),
            matched_.begin());
  size_t n = end - begin;
  const RowSet rows = probe_rows();
  for (size_t k = 0; k < keys_.size() && n != 0; ++k) {
    n = layout.Match(k, *keys_[k], rows, chain_.data(), NullMatches(table_.spec_, k), matched_.data(), n, nullptr,
                     nullptr);
  }
  return n;
}

void JoinProbe::Advance(size_t begin, size_t end) {
  if (table_.keys_known_unique() || (by_code_ && !partners_.has_second)) return;
  if (by_code_) {
    const RowSet rows = probe_rows();
    const uint32_t* codes = keys_[0]->indices();
    for (size_t k = begin; k < end; ++k) {
      const uint32_t i = active_[k];
      chain_[i] = partners_.second[codes[rows[i]]];
      active_[kept_] = i;
      kept_ += chain_[i] != nullptr;
    }
    return;
  }
  for (size_t k = begin; k < end; ++k) {
    const uint32_t i = active_[k];
    const uint8_t* next = AddressOf(Header(chain_[i]));
    chain_[i] = next;
    active_[kept_] = i;
    kept_ += next != nullptr;
    __builtin_prefetch(next);
  }
}

size_t JoinProbe::Next(size_t capacity, uint32_t* probe_rows_out, const uint8_t** build_rows) {
  const RowSet rows = probe_rows();
  for (;;) {
    if (at_ == active_count_) {
      active_count_ = kept_;
      at_ = 0;
      kept_ = 0;
      by_code_ = false;
      if (active_count_ == 0) return 0;
    }
    const size_t end = std::min(active_count_, at_ + capacity);
    // In a dense directory whatever is found matches.
    const uint32_t* positions = all_match() ? active_.data() + at_ : matched_.data();
    const size_t matched = all_match() ? end - at_ : CompareActive(at_, end);
    if (rows.is_dense()) {
      std::copy_n(positions, matched, probe_rows_out);
    } else {
      for (size_t m = 0; m < matched; ++m) probe_rows_out[m] = rows.rows()[positions[m]];
    }
    for (size_t m = 0; m < matched; ++m) build_rows[m] = chain_[positions[m]];
    Advance(at_, end);
    at_ = end;
    if (matched != 0) return matched;
  }
}

template <typename Found>
void JoinProbe::FindFirst(Found&& found) {
  while (active_count_ != 0) {
    const size_t matched = CompareActive(0, active_count_);
    // Both lists ascend by position: what matched drops out of the chase.
    size_t m = 0;
    size_t kept = 0;
    for (size_t k = 0; k < active_count_; ++k) {
      const uint32_t i = active_[k];
      if (m < matched && matched_[m] == i) {
        ++m;
        found(i);
        continue;
      }
      chain_[i] = AddressOf(Header(chain_[i]));
      active_[kept] = i;
      kept += chain_[i] != nullptr;
    }
    active_count_ = kept;
  }
}

void JoinProbe::Exists(std::span<const ColumnPtr> keys, const RowSet& rows, bool anti, Selection& out) {
  Lookup(keys, rows);
  std::vector<uint8_t> has(rows.extent(), 0);
  const RowSet probe = probe_rows();
  FindFirst([&](uint32_t i) { has[probe[i]] = 1; });
  out.resize(rows.count());
  size_t n = 0;
  const uint8_t wanted = anti ? 0 : 1;
  rows.ForEach([&](size_t row) {
    out[n] = static_cast<uint32_t>(row);
    n += has[row] == wanted;
  });
  out.resize(n);
}

void JoinProbe::First(std::span<const ColumnPtr> keys, const RowSet& rows, const uint8_t** out) {
  Lookup(keys, rows);
  std::fill_n(out, rows.count(), nullptr);
  const RowSet probe = probe_rows();
  if (row_count_ == rows.count()) {
    FindFirst([&](uint32_t i) { out[i] = chain_[i]; });
    return;
  }
  // Rows that cannot match were left out of the positions.
  std::vector<const uint8_t*> by_row(rows.extent(), nullptr);
  FindFirst([&](uint32_t i) { by_row[probe[i]] = chain_[i]; });
  for (size_t i = 0; i < rows.count(); ++i) out[i] = by_row[rows[i]];
}

}  // namespace weir
