#include "algo/group_merge.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <numeric>

namespace weir {

namespace {

constexpr size_t kRowsPerPartition = 16384;
constexpr int kBitsMax = PartitionedRows::kBits;
constexpr size_t kMergeBatch = 1024;
constexpr size_t kPrefetchAhead = 12;
constexpr size_t kSliceBatch = 64;
constexpr int kAddressBits = 48;
constexpr uint64_t kAddressMask = (uint64_t{1} << kAddressBits) - 1;

inline uint8_t* RowOf(uint64_t slot) {
  return reinterpret_cast<uint8_t*>(slot & kAddressMask);  // NOLINT(performance-no-int-to-ptr): what a slot holds
}

// Of the tables' rows, in the end. Those that are still plain are small, so they are brought into a coded one right
// away.
std::shared_ptr<const GroupLayout> CommonLayout(const std::vector<std::unique_ptr<GroupTable>>& tables) {
  const std::shared_ptr<const GroupLayout>& first = tables.at(0)->layout();
  if (std::ranges::all_of(tables, [&](const auto& table) { return table->layout() == first; })) return first;
  const GroupCodes& codes = *tables[0]->codes();
  std::shared_ptr<const GroupLayout> layout = codes.layout();
  if (layout == codes.plain()) return layout;
  for (const auto& table : tables) {
    if (table->layout() != layout && !table->Relayout(layout)) return codes.plain();
  }
  return layout;
}

}  // namespace

GroupMerge::GroupMerge(std::vector<std::unique_ptr<GroupTable>> tables, std::shared_ptr<MemoryTracker> tracker,
                       int partition_bits)
    : tables_(std::move(tables)), tracker_(std::move(tracker)) {
  for (const auto& table : tables_) table->slots_ = BigArray();  // only the rows matter from here on
  layout_ = CommonLayout(tables_);
  for (const auto& table : tables_) {
    group_rows_ += table->group_count();
    storages_.push_back(table->storage());
  }
  if (partition_bits >= 0) {
    bits_ = partition_bits;
    by_hash_ = true;
  } else if (!layout_->key_types().empty()) {
    bits_ = std::min<int>(kBitsMax, std::bit_width(group_rows_ / kRowsPerPartition));
  }
  parts_.resize(tables_.size());
}

void GroupMerge::PartitionTable(size_t t) {
  GroupTable& table = *tables_[t];
  if (table.layout() != layout_) {
    // Codes that had to be given up.
    table.Relayout(layout_);
    storages_[t] = table.storage();
  }
  const RowBlocks& rows = storages_[t]->rows;
  Parts& parts = parts_[t];
  const size_t count = rows.size();
  parts.entries = BigArray(count * sizeof(Entry), tracker_);
  parts.begins.assign(partition_count() + 1, 0);
  auto* entries = parts.entries.as<Entry>();
  if (tables_.size() == 1 && !table.has_forgotten() && !by_hash_) {
    // Nothing to merge: any even split will do, and one in order of making reads memory in order.
    const size_t step = count / partition_count() + 1;
    for (size_t p = 0; p < parts.begins.size(); ++p) parts.begins[p] = std::min(p * step, count);
    rows.ForEach([&](uint8_t* row) { *entries++ = {0, row}; });
    return;
  }
  // Hashes are kept from the counting, so that rows are read once.
  const BigArray kept(count * sizeof(uint64_t), tracker_);
  auto* hashes = kept.as<uint64_t>();
  rows.ForEach([&](const uint8_t* row) {
    const uint64_t hash = layout_->HashOf(row);
    *hashes++ = hash;
    ++parts.begins[HashPartition(hash, bits_) + 1];
  });
  std::partial_sum(parts.begins.begin(), parts.begins.end(), parts.begins.begin());
  std::vector<size_t> ends(parts.begins.begin(), parts.begins.end() - 1);
  hashes = kept.as<uint64_t>();
  rows.ForEach([&](uint8_t* row) {
    const uint64_t hash = *hashes++;
    entries[ends[HashPartition(hash, bits_)]++] = {hash, row};
  });
}

// Finds rows of the same group in one partition; the first of each is kept, the others are merged into it.
class GroupMerge::Merger {
 public:
  Merger(const GroupMerge& merge, size_t rows_max)
      : layout_(*merge.layout_),
        own_(std::make_shared<GroupStorage>(layout_.row_bytes(), merge.tracker_)),
        tracker_(merge.tracker_) {
    rows_.reserve(rows_max);
  }

  void MakeSlots(size_t rows_max) {
    const size_t slot_count = std::bit_ceil(rows_max * 3 / 2 + 1);
    mask_ = slot_count - 1;
    memory_ = BigArray::Zeroed(slot_count * sizeof(uint64_t), tracker_);
    slots_ = memory_.as<uint64_t>();
  }
  void FreeSlots() { memory_ = BigArray(); }

  void PrefetchSlot(uint64_t hash) const { __builtin_prefetch(slots_ + (hash & mask_)); }
  // A known group most likely: both rows will be compared and merged.
  void PrefetchRows(const Entry& entry) const {
    const uint64_t slot = slots_[entry.hash & mask_];
    if (slot == 0 || (slot ^ entry.hash) >> kAddressBits != 0) return;
    __builtin_prefetch(RowOf(slot));
    __builtin_prefetch(entry.row);
  }

  // kWords: of packed keys; 0: compared by type.
  template <size_t kWords>
  void Insert(uint64_t hash, uint8_t* row) {
    for (size_t at = hash & mask_;; at = (at + 1) & mask_) {
      const uint64_t slot = slots_[at];
      if (slot == 0) {
        slots_[at] = (hash & ~kAddressMask) | reinterpret_cast<uint64_t>(row);
        rows_.push_back(row);
        return;
      }
      if ((slot ^ hash) >> kAddressBits != 0) continue;
      uint8_t* known = RowOf(slot);
      if (!SameKey<kWords>(row, known)) continue;
      return Merge(row, known);
    }
  }
  void Keep(uint8_t* row) { rows_.push_back(row); }
  void Merge(uint8_t* from, uint8_t* to) {
    from_.push_back(from);
    to_.push_back(to);
    if (from_.size() == kMergeBatch) Flush();
  }
  // Do this at the end, too.
  void Flush() {
    if (from_.empty()) return;
    from_states_.resize(from_.size());
    to_states_.resize(from_.size());
    const auto& aggregates = layout_.aggregates();
    for (size_t a = 0; a < aggregates.size(); ++a) {
      const size_t offset = layout_.state_offset(a);
      for (size_t i = 0; i < from_.size(); ++i) {
        from_states_[i] = from_[i] + offset;
        to_states_[i] = to_[i] + offset;
      }
      aggregates[a]->Merge(from_states_.data(), to_states_.data(), from_.size(), own_->arena);
    }
    own_->AccountVariableBytes();
    from_.clear();
    to_.clear();
  }

  std::vector<uint8_t*>& rows() { return rows_; }
  const std::shared_ptr<GroupStorage>& own() const { return own_; }

 private:
  template <size_t kWords>
  bool SameKey(const uint8_t* a, const uint8_t* b) const {
    if constexpr (kWords == 0) {
      return layout_.SameKey(a, b);
    } else {
      uint64_t difference = 0;
      for (size_t w = 0; w < kWords; ++w) {
        difference |= LoadUnaligned<uint64_t>(a + 8 * w) ^ LoadUnaligned<uint64_t>(b + 8 * w);
      }
      return difference == 0;
    }
  }

  const GroupLayout& layout_;
  // Aggregates may allocate while merging; partitions must not share that.
  std::shared_ptr<GroupStorage> own_;
  std::shared_ptr<MemoryTracker> tracker_;
  BigArray memory_;
  uint64_t* slots_ = nullptr;
  size_t mask_ = 0;
  std::vector<uint8_t*> rows_;
  std::vector<uint8_t*> from_, to_, from_states_, to_states_;
};

template <size_t kWords>
void GroupMerge::InsertAll(size_t partition, Merger& merger) {
  std::array<uint64_t, kSliceBatch> hashes;
  const size_t row_bytes = layout_->row_bytes();
  for (size_t t = 0; t < parts_.size(); ++t) {
    const std::span<const Entry> part = parts_[t].of(partition);
    for (size_t i = 0; i < part.size(); ++i) {
      if (i + 2 * kPrefetchAhead < part.size()) merger.PrefetchSlot(part[i + 2 * kPrefetchAhead].hash);
      if (i + kPrefetchAhead < part.size()) merger.PrefetchRows(part[i + kPrefetchAhead]);
      merger.Insert<kWords>(part[i].hash, part[i].row);
    }
    ForEachSlice(t, partition, [&](uint8_t* rows, size_t count) {
      for (size_t begin = 0; begin < count; begin += kSliceBatch) {
        const size_t n = std::min(kSliceBatch, count - begin);
        uint8_t* first = rows + begin * row_bytes;
        for (size_t i = 0; i < n; ++i) {
          const uint8_t* row = first + i * row_bytes;
          hashes[i] = kWords == 0 ? LoadUnaligned<uint64_t>(row) : HashPackedKey(row, kWords);
          merger.PrefetchSlot(hashes[i]);
        }
        for (size_t i = 0; i < n; ++i) merger.Insert<kWords>(hashes[i], first + i * row_bytes);
      }
    });
  }
}

GroupScan GroupMerge::MergePartition(size_t partition, GroupOutput output) {
  size_t total = 0;
  size_t sources = 0;
  bool may_repeat = false;
  for (size_t t = 0; t < tables_.size(); ++t) {
    size_t rows = parts_[t].of(partition).size();
    ForEachSlice(t, partition, [&](uint8_t* /*rows*/, size_t count) { rows += count; });
    total += rows;
    sources += rows != 0;
    may_repeat |= tables_[t]->has_forgotten();
  }
  Merger merger(*this, sources <= 1 ? total : total / 2);
  if (sources <= 1 && !may_repeat) {
    for (const Parts& table : parts_) {
      for (const Entry& entry : table.of(partition)) merger.Keep(entry.row);
    }
  } else {
    merger.MakeSlots(total);
    switch (layout_->packed_words()) {
      case 0:
        InsertAll<0>(partition, merger);
        break;
      case 1:
        InsertAll<1>(partition, merger);
        break;
      case 2:
        InsertAll<2>(partition, merger);
        break;
      case 3:
        InsertAll<3>(partition, merger);
        break;
      default:
        InsertAll<4>(partition, merger);
    }
    merger.FreeSlots();
  }
  std::vector<uint8_t*>& rows = merger.rows();
  const size_t nulls_from = rows.size();
  if (partition == 0) {
    for (const auto& storage : storages_) {
      storage->null_rows.ForEach([&](uint8_t* row) {
        if (rows.size() == nulls_from) {
          merger.Keep(row);
        } else {
          merger.Merge(row, rows.back());
        }
      });
    }
  }
  merger.Flush();
  std::vector<std::shared_ptr<GroupStorage>> storages = storages_;
  storages.push_back(merger.own());
  return {layout_, std::move(rows), nulls_from, std::move(storages), output};
}

}  // namespace weir
