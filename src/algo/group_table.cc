#include "algo/group_table.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "algo/group_positions.h"
#include "algo/position_runs.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "base/prefetch.h"

namespace weir {

namespace {

constexpr size_t kSlotsMin = 64;
constexpr int kAddressBits = 48;
constexpr uint64_t kAddressMask = (uint64_t{1} << kAddressBits) - 1;
constexpr uint64_t kSaltMask = ~kAddressMask;
// Above this, slots and rows are likely out of the second-level cache and are worth prefetching.
constexpr size_t kPrefetchBytes = size_t{1} << 20;
// Rows that are prefetched together: enough to hide the latency, few enough to stay in cache until they are used.
constexpr size_t kPrefetchRows = 256;
// Forgetting is as good as growing when the small table finds at least this share of what a complete one would.
constexpr double kForgetShare = 0.7;
// Tables of fixed-width keys up to here stay in the second-level cache, about, and are worth growing to. Larger ones
// cost more per row than writing the row to its partition, where it is found in cache later.
constexpr double kCachedBytes = 2 << 20;
// But not so many rows are written per group.
constexpr double kRowsPerGroupMax = 8;
// When the table finds hardly any groups again it is left aside for so many times as many rows.
constexpr double kPassReduction = 1.3;
constexpr size_t kPassFactor = 8;
// With strings only as long as those take no more than so many bytes a row: groups that come back bring theirs again.
constexpr size_t kPassStringBytes = 16;
// Keys are packed in blocks of about this size.
constexpr size_t kPackBytes = 8192;
// More rows per group than this say that the rows of a group come together.
constexpr double kClusteredReduction = 2;
// Distinct groups are counted by this part of the hashes.
constexpr uint64_t kSampleMask = uint64_t{15} << 20;
constexpr double kSampleParts = 16;

inline uint64_t MakeSlot(uint64_t hash, const uint8_t* row) {
  return (hash & kSaltMask) | reinterpret_cast<uint64_t>(row);
}
inline uint8_t* RowOf(uint64_t slot) {
  return reinterpret_cast<uint8_t*>(slot & kAddressMask);  // NOLINT(performance-no-int-to-ptr): what a slot holds
}
inline bool SaltMatches(uint64_t slot, uint64_t hash) {
  return (slot ^ hash) >> kAddressBits == 0;
}

WEIR_SIMD_CLONES void AddOffset(uint8_t* const* groups, size_t count, size_t offset, uint8_t** out) {
  for (size_t i = 0; i < count; ++i) out[i] = groups[i] + offset;
}

}  // namespace

GroupTable::GroupTable(std::vector<Type> key_types, std::vector<std::shared_ptr<const AggregateOps>> aggregates,
                       std::shared_ptr<MemoryTracker> tracker, GroupTableOptions options)
    : GroupTable(std::make_shared<const GroupLayout>(std::move(key_types), std::move(aggregates)), std::move(tracker),
                 std::move(options)) {}

GroupTable::GroupTable(std::shared_ptr<const GroupLayout> layout, std::shared_ptr<MemoryTracker> tracker,
                       GroupTableOptions options)
    : layout_(std::move(layout)), tracker_(std::move(tracker)), options_(std::move(options)) {
  Reset();
}

GroupTable::~GroupTable() = default;

void GroupTable::Reset() {
  storage_ = std::make_shared<GroupStorage>(layout_->row_bytes(), tracker_);
  slots_ = BigArray();
  slot_mask_ = 0;
  findable_ = 0;
  grow_at_ = 0;
  rows_seen_ = 0;
  rows_seen_at_forget_ = 0;
  forget_at_ = options_.cached_groups_max;
  pass_rows_ = 0;
  distinct_.Clear();
  positions_ = std::make_unique<GroupPositions>();
  position_runs_ = std::make_unique<PositionRuns>();
  groups_due_.reset();
  runs_.clear();
  run_row_count_ = 0;
  if (layout_->key_types().empty()) {
    uint8_t* row = NewRow(0);
    StoreUnaligned<uint64_t>(row, 0);
    layout_->rows_.ClearNulls(row);
  }
}

inline void GroupTable::NoteHash(uint64_t hash) {
  if ((hash & kSampleMask) == 0 && options_.cached_groups_max != 0) distinct_.Add(hash);
}

inline uint8_t* GroupTable::NewRow(uint64_t hash) {
  uint8_t* row = storage_->parts == nullptr ? storage_->rows.Append() : storage_->parts->Append(hash);
  layout_->InitStates(row);
  NoteHash(hash);
  return row;
}

uint8_t* GroupTable::NullRow() {
  RowBlocks& rows = storage_->null_rows;
  if (rows.empty()) {
    uint8_t* row = rows.Append();
    std::memset(row, 0, layout_->states_offset());
    layout_->InitStates(row);
    return row;
  }
  return rows.blocks()[0].memory.data();
}

double GroupTable::Reduction() const {
  return group_count() == 0 ? 1 : static_cast<double>(rows_seen_) / static_cast<double>(group_count());
}

size_t GroupTable::MemoryBytes() const {
  return storage_->bytes() + slots_.size() + positions_->bytes() + position_runs_->bytes() + groups_.capacity() * 8 +
         states_.capacity() * 8 + EncoderBytes();
}

void GroupTable::EnsureSlots(size_t more_groups) {
  if (findable_ + more_groups <= grow_at_) return;
  // At most two thirds full, so that probes stay short.
  const size_t groups = storage_->parts == nullptr ? findable_ : std::max(findable_, forget_at_);
  Rehash(std::bit_ceil(std::max((groups + more_groups) * 3 / 2, kSlotsMin)));
}

void GroupTable::Rehash(size_t slot_count) {
  BigArray old;
  // Where the rows know everything the old slots go first.
  if (storage_->parts != nullptr) old = std::move(slots_);
  slots_ = BigArray();
  slots_ = BigArray::Zeroed(slot_count * sizeof(uint64_t), tracker_);
  slot_mask_ = slot_count - 1;
  grow_at_ = slot_count / 3 * 2;
  // In small batches, so that the slots of one are fetched together.
  constexpr size_t kBatch = 32;
  std::array<uint8_t*, kBatch> rows;
  std::array<uint64_t, kBatch> hashes;
  size_t n = 0;
  auto* slots = slots_.as<uint64_t>();
  const auto flush = [&] {
    for (size_t i = 0; i < n; ++i) {
      size_t at = hashes[i] & slot_mask_;
      while (slots[at] != 0) at = (at + 1) & slot_mask_;
      slots[at] = MakeSlot(hashes[i], rows[i]);
    }
    n = 0;
  };
  const auto add = [&](uint8_t* row) {
    rows[n] = row;
    hashes[n] = layout_->HashOf(row);
    __builtin_prefetch(slots + (hashes[n] & slot_mask_), 1);
    if (++n == kBatch) flush();
  };
  if (storage_->parts == nullptr) {
    storage_->rows.ForEach(add);
  } else {
    for (size_t i = 0; i < old.size() / sizeof(uint64_t); ++i) {
      if (const uint64_t slot = old.as<uint64_t>()[i]; slot != 0) add(RowOf(slot));
    }
  }
  flush();
}

// Rows of groups that come back would bring these again.
bool GroupTable::HasLongStrings() const {
  return storage_->heap.bytes() > kPassStringBytes * group_count();
}

// How many groups there will be at least, `groups` being an estimate of those so far: were all equally frequent, so
// many would let as few rows meet others of their group as did.
double GroupTable::ExpectedGroups(double groups) const {
  const auto rows = static_cast<double>(rows_seen_);
  const double known = has_forgotten() ? groups : static_cast<double>(findable_);
  const double expected = std::max(groups, rows * known / (2 * std::max(rows - known, 1.0)));
  // Rows may meet later than chance would have it, such as those of keys that go round. An estimate that has turned out
  // to be too low says nothing.
  return options_.groups_estimated >= groups ? std::min(expected, options_.groups_estimated) : expected;
}

// Whether the groups that come back are worth a larger table. `here`: rows per group since groups were last forgotten.
bool GroupTable::IsWorthGrowing(double here) const {
  const double groups = std::max(kSampleParts * distinct_.Estimate(), 1.0);
  const bool finds_more = here < kForgetShare * static_cast<double>(rows_seen_) / groups;
  // Two slots, as a rule.
  const double group_bytes = static_cast<double>(layout_->row_bytes() + 2 * sizeof(uint64_t));
  if (options_.whole_bytes_max != 0) {
    const double string_bytes = static_cast<double>(storage_->heap.bytes()) / static_cast<double>(group_count());
    const double whole_bytes = ExpectedGroups(groups) * (group_bytes + string_bytes);
    const bool may_be_clustered = here >= kClusteredReduction && forget_at_ == options_.cached_groups_max;
    if (whole_bytes <= static_cast<double>(options_.whole_bytes_max) && !may_be_clustered) return true;
  }
  if (HasLongStrings()) return finds_more;
  const bool in_cache = groups * group_bytes <= kCachedBytes;
  return finds_more && (in_cache || static_cast<double>(group_count()) > kRowsPerGroupMax * groups);
}

// A table that has become large.
void GroupTable::MaybeEncode() {
  if (options_.codes == nullptr) return;
  const std::shared_ptr<const GroupLayout> layout = options_.codes->Choose(*this);
  if (layout != layout_) Relayout(layout);
}

// Rows that look like those of groups from before get new ones.
void GroupTable::ForgetGroups() {
  if (slots_.size() != 0) std::memset(slots_.data(), 0, slots_.size());
  findable_ = 0;
  rows_seen_at_forget_ = rows_seen_;
  positions_->Clear();
}

void GroupTable::MaybeForget() {
  if (options_.cached_groups_max == 0 || findable_ < forget_at_) return;
  MaybeEncode();
  if (findable_ == 0) return;  // forgotten on the way
  const double here = static_cast<double>(rows_seen_ - rows_seen_at_forget_) / static_cast<double>(findable_);
  if (IsWorthGrowing(here)) {
    forget_at_ = 2 * findable_;
    return;
  }
  if (storage_->parts == nullptr) {
    storage_->parts = std::make_unique<PartitionedRows>(layout_->row_bytes(), tracker_);
    // From here on in cache.
    forget_at_ = options_.cached_groups_max;
    slots_ = BigArray();
    grow_at_ = 0;
  }
  if (here < kPassReduction) pass_rows_ = kPassFactor * std::min(findable_, options_.cached_groups_max);
  ForgetGroups();
}

void GroupTable::FindOrInsert(std::span<const ColumnPtr> keys, const RowSet& rows) {
  WEIR_DCHECK(keys.size() == layout_->key_types().size());
  runs_.clear();
  run_row_count_ = 0;
  groups_due_.reset();
  new_rows_.clear();
  rows_seen_ += rows.count();
  if (rows.empty()) return;
  if (groups_.size() < rows.extent()) groups_.resize(std::max(rows.extent(), kChunkRowsDefault));
  if (keys.empty()) {
    uint8_t* row = storage_->rows.blocks()[0].memory.data();
    groups_due_ = rows;
    runs_.push_back({row, 0, static_cast<uint32_t>(rows.count())});
    run_row_count_ = rows.count();
    return;
  }
  MaybeForget();
  if (layout_->has_codes() && !EncodeKeys(keys, rows)) Relayout(options_.codes->plain());
  if (!FindByPosition(keys, rows)) FindByHash(keys, rows);
  storage_->AccountVariableBytes();
}

bool GroupTable::FindByPosition(std::span<const ColumnPtr> keys, const RowSet& rows) {
  GroupPositions& cache = *positions_;
  if (!cache.Prepare(keys, rows)) return false;
  const size_t count = rows.count();
  const uint32_t* positions = cache.positions();
  uint8_t** known = cache.groups();
  const bool few = layout_->aggregates().size() >= 2 && position_runs_->Find(rows, positions, cache.domain());
  if (few && TakeRuns(count)) {
    groups_due_ = rows;
    cache.NoteMisses(0, count);
    return true;
  }
  // A mark for "being looked up", so that each missing position is looked up once.
  uint8_t* const pending_mark = reinterpret_cast<uint8_t*>(1);
  fresh_.clear();
  pending_.clear();
  size_t misses = 0;
  for (size_t i = 0; i < count; ++i) {
    uint8_t* group = known[positions[i]];
    groups_[rows[i]] = group;
    misses += reinterpret_cast<uintptr_t>(group) <= 1;
  }
  if (misses != 0) {
    for (size_t i = 0; i < count; ++i) {
      uint8_t*& group = known[positions[i]];
      if (reinterpret_cast<uintptr_t>(group) > 1) continue;
      if (group == nullptr) {
        group = pending_mark;
        fresh_.push_back(static_cast<uint32_t>(rows[i]));
        candidates_.resize(std::max(candidates_.size(), fresh_.size()));
        candidates_[fresh_.size() - 1] = positions[i];
      } else {
        rejected_.resize(std::max(rejected_.size(), pending_.size() + 1));
        rejected_[pending_.size()] = positions[i];
        pending_.push_back(static_cast<uint32_t>(rows[i]));
      }
    }
    const std::vector<uint32_t> first_rows = fresh_;
    const std::vector<uint32_t> first_positions(candidates_.begin(),
                                                candidates_.begin() + static_cast<ptrdiff_t>(first_rows.size()));
    const std::vector<uint32_t> later_rows = pending_;
    const std::vector<uint32_t> later_positions(rejected_.begin(),
                                                rejected_.begin() + static_cast<ptrdiff_t>(later_rows.size()));
    FindByHash(keys, RowSet::Of(first_rows));
    for (size_t i = 0; i < first_rows.size(); ++i) known[first_positions[i]] = groups_[first_rows[i]];
    for (size_t i = 0; i < later_rows.size(); ++i) groups_[later_rows[i]] = known[later_positions[i]];
    cache.NoteMisses(first_rows.size(), count);
  } else {
    cache.NoteMisses(0, count);
  }
  if (few) TakeRuns(count);
  return true;
}

// Of position_runs_; false when a group is not known yet.
bool GroupTable::TakeRuns(size_t row_count) {
  uint8_t* const* known = positions_->groups();
  for (const PositionRuns::Run& run : position_runs_->runs()) {
    if (known[run.position] == nullptr) {
      runs_.clear();
      return false;
    }
    runs_.push_back({known[run.position], run.begin, run.count});
  }
  run_row_count_ = row_count;
  return true;
}

uint8_t* const* GroupTable::groups() {
  if (groups_due_.has_value() && layout_->key_types().empty()) {
    groups_due_->ForEach([&](size_t row) { groups_[row] = runs_[0].group; });
    groups_due_.reset();
  }
  if (groups_due_.has_value()) {
    const uint32_t* positions = positions_->positions();
    uint8_t* const* known = positions_->groups();
    for (size_t i = 0; i < groups_due_->count(); ++i) groups_[(*groups_due_)[i]] = known[positions[i]];
    groups_due_.reset();
  }
  return groups_.data();
}

namespace {

// A number whose bytes are equal when SQL calls the values equal.
template <typename T>
T Normalized(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    if (value == 0) return 0;
    if (value != value) return std::numeric_limits<T>::quiet_NaN();
  }
  return value;
}

template <typename T>
void PackColumn(const ColumnView& view, const RowSet& rows, size_t begin, size_t end, uint8_t* out, size_t stride) {
  const T* values = view.values<T>();
  const auto pack = [&](auto index) {
    for (size_t i = begin; i < end; ++i, out += stride) StoreUnaligned(out, Normalized(values[index(i)]));
  };
  if (view.is_identity() && rows.is_dense()) {
    pack([](size_t i) { return i; });
  } else if (view.is_identity()) {
    pack([list = rows.rows()](size_t i) { return size_t{list[i]}; });
  } else {
    pack([&](size_t i) { return view.Index(rows[i]); });
  }
}

}  // namespace

// Fills packed_ for rows, which have no NULL in a packed_single() key.
void GroupTable::PackKeys(std::span<const ColumnPtr> keys, const RowSet& rows) {
  const size_t count = rows.count();
  const size_t stride = layout_->packed_words() * 8;
  if (packed_.size() < count * layout_->packed_words()) packed_.resize(count * layout_->packed_words());
  std::vector<ColumnView> views;
  views.reserve(keys.size());
  for (const ColumnPtr& key : keys) views.emplace_back(*key);
  // So many rows at a time that all columns are written while they are in the first-level cache.
  const size_t step = keys.size() == 1 ? count : kPackBytes / stride;
  for (size_t begin = 0; begin < count; begin += step) {
    const size_t end = std::min(begin + step, count);
    auto* out = reinterpret_cast<uint8_t*>(packed_.data()) + begin * stride;
    if (!layout_->packed_single()) std::memset(out, 0, (end - begin) * stride);
    for (size_t k = 0; k < keys.size(); ++k) {
      const ColumnView& view = views[k];
      const GroupLayout::PackedKey packed = layout_->packed_[k];
      VisitPhysical(keys[k]->type().physical(),
                    [&]<typename T>() { PackColumn<T>(view, rows, begin, end, out + packed.offset, stride); });
      if (layout_->packed_single() || !view.may_have_nulls()) continue;
      const size_t width = PhysicalWidth(keys[k]->type().physical());
      for (size_t i = begin; i < end; ++i) {
        if (view.IsValid(rows[i])) continue;
        uint8_t* row = out + (i - begin) * stride;
        std::memset(row + packed.offset, 0, width);
        row[packed.null_byte] |= packed.null_bit;
      }
    }
  }
}

void GroupTable::Prefetch(const uint64_t* hashes, size_t count) const {
  const auto* slots = slots_.as<uint64_t>();
  for (size_t i = 0; i < count; ++i) __builtin_prefetch(slots + (hashes[i] & slot_mask_));
  for (size_t i = 0; i < count; ++i) {
    const uint64_t slot = slots[hashes[i] & slot_mask_];
    if (SaltMatches(slot, hashes[i])) __builtin_prefetch(RowOf(slot));
  }
  KeepPrefetches();
}

template <size_t kWords>
void GroupTable::FindPacked(const RowSet& rows) {
  const size_t count = rows.count();
  const uint64_t* keys = packed_.data();
  if (hashes_.size() < count) hashes_.resize(count);
  uint64_t* hashes = hashes_.data();
  for (size_t i = 0; i < count; ++i) hashes[i] = HashPackedKey(keys + i * kWords, kWords);
  if (pass_rows_ != 0) return PassPacked<kWords>(rows);
  EnsureSlots(count);
  auto* slots = slots_.as<uint64_t>();
  const size_t mask = slot_mask_;
  const bool prefetch = slots_.size() + findable_ * layout_->row_bytes() > kPrefetchBytes;
  uint8_t** groups = groups_.data();
  const auto same = [](const uint64_t* key, const void* row) {
    uint64_t difference = 0;
    for (size_t w = 0; w < kWords; ++w) {
      difference |= key[w] ^ LoadUnaligned<uint64_t>(static_cast<const uint8_t*>(row) + 8 * w);
    }
    return difference == 0;
  };
  uint8_t* last = nullptr;
  for (size_t begin = 0; begin < count; begin += kPrefetchRows) {
    const size_t end = std::min(count, begin + kPrefetchRows);
    if (prefetch) Prefetch(hashes + begin, end - begin);
    for (size_t i = begin; i < end; ++i) {
      const uint64_t* key = keys + i * kWords;
      // Neighbours are often alike: sorted input, joins to details.
      if (last != nullptr && hashes[i] == hashes[i - 1] && same(key, key - kWords)) {
        groups[rows[i]] = last;
        continue;
      }
      const uint64_t hash = hashes[i];
      size_t at = hash & mask;
      for (;;) {
        const uint64_t slot = slots[at];
        if (slot == 0) {
          uint8_t* row = NewRow(hash);
          std::memcpy(row, key, kWords * 8);
          slots[at] = MakeSlot(hash, row);
          ++findable_;
          new_rows_.push_back(static_cast<uint32_t>(rows[i]));
          last = row;
          break;
        }
        if (SaltMatches(slot, hash) && same(key, RowOf(slot))) {
          last = RowOf(slot);
          break;
        }
        at = (at + 1) & mask;
      }
      groups[rows[i]] = last;
    }
  }
}

// Rows of their own for all rows but those that are like the one before; hashes_ and packed_ are theirs.
template <size_t kWords>
void GroupTable::PassPacked(const RowSet& rows) {
  const size_t count = rows.count();
  const uint64_t* keys = packed_.data();
  const uint64_t* hashes = hashes_.data();
  PartitionedRows& parts = *storage_->parts;
  const GroupLayout& layout = *layout_;
  for (size_t i = 0; i < count; ++i) {
    const uint64_t* key = keys + i * kWords;
    if (i != 0 && hashes[i] == hashes[i - 1] && std::memcmp(key, key - kWords, kWords * 8) == 0) {
      groups_[rows[i]] = groups_[rows[i - 1]];
      continue;
    }
    NoteHash(hashes[i]);
    uint8_t* row = parts.Append(hashes[i]);
    std::memcpy(row, key, kWords * 8);
    layout.InitStates(row);
    groups_[rows[i]] = row;
    new_rows_.push_back(static_cast<uint32_t>(rows[i]));
  }
  NotePassed(count);
}

// The same for keys that are not packed: rows of their own for all rows.
void GroupTable::PassGeneric(std::span<const ColumnPtr> keys, const RowSet& rows) {
  const size_t count = rows.count();
  PartitionedRows& parts = *storage_->parts;
  const RowLayout& layout = layout_->rows_;
  fresh_rows_.resize(count);
  for (size_t i = 0; i < count; ++i) {
    NoteHash(hashes_[i]);
    uint8_t* row = parts.Append(hashes_[i]);
    StoreUnaligned(row, hashes_[i]);
    layout.ClearNulls(row);
    layout_->InitStates(row);
    fresh_rows_[i] = row;
    groups_[rows[i]] = row;
    new_rows_.push_back(static_cast<uint32_t>(rows[i]));
  }
  const std::span<const ColumnPtr> stored = StoredKeys(keys);
  for (size_t c = 0; c < keys.size(); ++c) layout.Scatter(c, stored[c], rows, fresh_rows_.data(), storage_->heap);
  NotePassed(count);
}

void GroupTable::NotePassed(size_t rows) {
  pass_rows_ -= std::min(pass_rows_, rows);
  if (HasLongStrings()) pass_rows_ = 0;
  rows_seen_at_forget_ = rows_seen_;
}

void GroupTable::FindByHash(std::span<const ColumnPtr> keys, const RowSet& rows) {
  if (layout_->packed_words() == 0) {
    if (keys.size() == 1 && keys[0]->type().physical() == PhysicalType::kString) {
      FindString(keys[0], rows);
    } else {
      FindGeneric(keys, rows);
    }
    return;
  }
  RowSet valid = rows;
  std::optional<uint32_t> null_group_maker;
  if (layout_->packed_single()) {
    const ColumnView view(*keys[0]);
    if (view.may_have_nulls()) {
      packed_rows_.clear();
      const bool had_null_row = !storage_->null_rows.empty();
      rows.ForEach([&](size_t row) {
        if (view.IsValid(row)) {
          packed_rows_.push_back(static_cast<uint32_t>(row));
          return;
        }
        if (!had_null_row && !null_group_maker) null_group_maker = static_cast<uint32_t>(row);
        groups_[row] = NullRow();
      });
      valid = RowSet::Of(packed_rows_);
    }
  }
  PackKeys(keys, valid);
  switch (layout_->packed_words()) {
    case 1:
      FindPacked<1>(valid);
      break;
    case 2:
      FindPacked<2>(valid);
      break;
    case 3:
      FindPacked<3>(valid);
      break;
    default:
      FindPacked<4>(valid);
  }
  if (null_group_maker) {
    new_rows_.insert(std::upper_bound(new_rows_.begin(), new_rows_.end(), *null_group_maker), *null_group_maker);
  }
}

// One string key, compared in place.
void GroupTable::FindString(const ColumnPtr& key, const RowSet& rows) {
  const size_t count = rows.count();
  if (hashes_.size() < count) hashes_.resize(count);
  uint64_t* hashes = hashes_.data();
  hasher_.Hash({&key, 1}, rows, hashes);
  if (pass_rows_ != 0) return PassGeneric({&key, 1}, rows);
  EnsureSlots(count);
  auto* slots = slots_.as<uint64_t>();
  const size_t mask = slot_mask_;
  const bool prefetch = slots_.size() + findable_ * layout_->row_bytes() > kPrefetchBytes;
  const ColumnView view(*key);
  const auto* values = view.values<StringRef>();
  const RowLayout& layout = layout_->rows_;
  const size_t offset = layout.offset(0);
  StringHeap& heap = storage_->heap.strings();
  for (size_t begin = 0; begin < count; begin += kPrefetchRows) {
    const size_t end = std::min(count, begin + kPrefetchRows);
    if (prefetch) {
      Prefetch(hashes + begin, end - begin);
      // The bytes of long strings are one more step away.
      for (size_t i = begin; i < end; ++i) {
        const uint64_t slot = slots[hashes[i] & mask];
        if (!SaltMatches(slot, hashes[i]) || slot == 0) continue;
        const auto known = LoadUnaligned<StringRef>(RowOf(slot) + offset);
        if (!known.is_inline()) __builtin_prefetch(known.data());
      }
    }
    for (size_t i = begin; i < end; ++i) {
      const size_t index = view.Index(rows[i]);
      const bool valid = !view.may_have_nulls() || GetBit(view.validity(), index);
      const uint64_t hash = hashes[i];
      uint8_t* group = nullptr;
      for (size_t at = hash & mask;; at = (at + 1) & mask) {
        const uint64_t slot = slots[at];
        if (slot == 0) {
          group = NewRow(hash);
          StoreUnaligned(group, hash);
          layout.ClearNulls(group);
          if (!valid) group[offset + sizeof(StringRef)] |= 1;
          StoreUnaligned(group + offset, valid ? heap.Add(values[index].view()) : StringRef());
          slots[at] = MakeSlot(hash, group);
          ++findable_;
          new_rows_.push_back(static_cast<uint32_t>(rows[i]));
          break;
        }
        if (!SaltMatches(slot, hash)) continue;
        group = RowOf(slot);
        const bool group_valid = !layout.IsNull(group, 0);
        if (valid && group_valid ? values[index] == LoadUnaligned<StringRef>(group + offset) : valid == group_valid) {
          break;
        }
      }
      groups_[rows[i]] = group;
    }
  }
}

// Keys of any types: rounds of "next slot with our salt" and column-wise comparison for all rows at once.
void GroupTable::FindGeneric(std::span<const ColumnPtr> keys, const RowSet& rows) {
  const size_t count = rows.count();
  if (hashes_.size() < count) hashes_.resize(count);
  hasher_.Hash(keys, rows, hashes_.data());
  if (pass_rows_ != 0) return PassGeneric(keys, rows);
  EnsureSlots(count);
  auto* slots = slots_.as<uint64_t>();
  const RowLayout& layout = layout_->rows_;
  const std::span<const ColumnPtr> stored = StoredKeys(keys);
  const bool prefetch = slots_.size() + findable_ * layout_->row_bytes() > kPrefetchBytes;
  at_.resize(std::max(at_.size(), count));
  found_.resize(std::max(found_.size(), count));
  pending_.resize(std::max(pending_.size(), count));
  candidates_.resize(std::max(candidates_.size(), count));
  rejected_.resize(std::max(rejected_.size(), count));
  for (size_t i = 0; i < count; ++i) {
    at_[i] = hashes_[i] & slot_mask_;
    pending_[i] = static_cast<uint32_t>(i);
  }
  if (prefetch) {
    for (size_t begin = 0; begin < count; begin += kPrefetchRows) {
      Prefetch(hashes_.data() + begin, std::min(count - begin, kPrefetchRows));
    }
  }
  size_t pending = count;
  bool first_round = true;
  while (pending != 0) {
    size_t candidates = 0;
    fresh_.clear();
    fresh_rows_.clear();
    for (size_t k = 0; k < pending; ++k) {
      const uint32_t i = pending_[k];
      const uint64_t hash = hashes_[i];
      size_t at = at_[i];
      for (;; at = (at + 1) & slot_mask_) {
        const uint64_t slot = slots[at];
        if (slot == 0) {
          uint8_t* row = NewRow(hash);
          StoreUnaligned(row, hash);
          layout.ClearNulls(row);
          slots[at] = MakeSlot(hash, row);
          ++findable_;
          fresh_.push_back(static_cast<uint32_t>(rows[i]));
          fresh_rows_.push_back(row);
          found_[i] = row;
          break;
        }
        if (SaltMatches(slot, hash)) {
          found_[i] = RowOf(slot);
          candidates_[candidates++] = i;
          break;
        }
      }
      at_[i] = at;
    }
    if (!fresh_.empty()) {
      const RowSet fresh = RowSet::Of(fresh_);
      for (size_t c = 0; c < keys.size(); ++c) {
        layout.Scatter(c, stored[c], fresh, fresh_rows_.data(), storage_->heap);
      }
      new_rows_.insert(new_rows_.end(), fresh_.begin(), fresh_.end());
    }
    size_t rejected = 0;
    for (size_t c = 0; c < keys.size() && candidates != 0; ++c) {
      candidates = layout.Match(c, *stored[c], rows, found_.data(), true, candidates_.data(), candidates,
                                rejected_.data(), &rejected);
    }
    // Rejected rows go on behind the slot that misled them, in row order: later rows may look for what they make.
    if (rejected > 1) std::sort(rejected_.begin(), rejected_.begin() + static_cast<ptrdiff_t>(rejected));
    for (size_t k = 0; k < rejected; ++k) at_[rejected_[k]] = (at_[rejected_[k]] + 1) & slot_mask_;
    std::swap(pending_, rejected_);
    pending = rejected;
    if (!first_round && !fresh_.empty()) std::sort(new_rows_.begin(), new_rows_.end());
    first_round = false;
  }
  for (size_t i = 0; i < count; ++i) groups_[rows[i]] = const_cast<uint8_t*>(found_[i]);
}

uint8_t* const* GroupTable::StatePointers(size_t aggregate, const RowSet& rows) {
  const size_t offset = layout_->state_offset(aggregate);
  if (states_.size() < groups_.size()) states_.resize(groups_.size());
  if (rows.is_dense()) {
    AddOffset(groups(), rows.count(), offset, states_.data());
  } else {
    uint8_t* const* of_rows = groups();
    for (size_t i = 0; i < rows.count(); ++i) states_[rows.rows()[i]] = of_rows[rows.rows()[i]] + offset;
  }
  return states_.data();
}

void GroupTable::Update(size_t aggregate, std::span<const ColumnPtr> args, const RowSet& rows) {
  if (rows.empty()) return;
  const AggregateOps& ops = *layout_->aggregates()[aggregate];
  const size_t offset = layout_->state_offset(aggregate);
  if (runs_.size() == 1) {
    ops.UpdateSingle({args, rows, storage_->arena}, runs_[0].group + offset);
  } else if (!runs_.empty() && rows.count() == run_row_count_) {
    for (const Run& run : runs_) {
      const RowSet run_rows = RowSet::Of({position_runs_->rows() + run.begin, run.count});
      ops.UpdateSingle({args, run_rows, storage_->arena}, run.group + offset);
    }
  } else {
    ops.Update({args, rows, storage_->arena}, StatePointers(aggregate, rows));
  }
  storage_->AccountVariableBytes();
}

void GroupTable::Retract(size_t aggregate, std::span<const ColumnPtr> args, const RowSet& rows) {
  if (rows.empty()) return;
  layout_->aggregates()[aggregate]->Retract({args, rows, storage_->arena}, StatePointers(aggregate, rows));
  storage_->AccountVariableBytes();
}

void GroupTable::MergeSerialized(size_t aggregate, const Column& states, const RowSet& rows) {
  if (rows.empty()) return;
  layout_->aggregates()[aggregate]->MergeSerialized(states, rows, StatePointers(aggregate, rows), storage_->arena);
  storage_->AccountVariableBytes();
}

}  // namespace weir
