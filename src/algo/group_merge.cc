#include "algo/group_merge.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

namespace weir {

namespace {

constexpr size_t kRowsPerPartition = 16384;
constexpr int kBitsMax = 9;
constexpr size_t kMergeBatch = 1024;
constexpr size_t kPrefetchAhead = 12;
constexpr int kAddressBits = 48;
constexpr uint64_t kAddressMask = (uint64_t{1} << kAddressBits) - 1;

}  // namespace

GroupMerge::GroupMerge(std::vector<std::unique_ptr<GroupTable>> tables, std::shared_ptr<MemoryTracker> tracker,
                       int partition_bits)
    : tables_(std::move(tables)), layout_(tables_.at(0)->layout()), tracker_(std::move(tracker)) {
  for (const auto& table : tables_) {
    group_rows_ += table->group_count();
    storages_.push_back(table->storage());
    table->slots_ = BigArray();  // only the rows matter from here on
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
  const GroupTable& table = *tables_[t];
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

GroupScan GroupMerge::MergePartition(size_t partition, GroupOutput output) {
  // Aggregates may allocate while merging; partitions must not share that.
  auto own = std::make_shared<GroupStorage>(layout_->row_bytes(), tracker_);
  std::vector<std::shared_ptr<GroupStorage>> storages = storages_;
  storages.push_back(own);
  const auto& aggregates = layout_->aggregates();

  std::vector<uint8_t*> from;
  std::vector<uint8_t*> to;
  std::vector<uint8_t*> from_states;
  std::vector<uint8_t*> to_states;
  const auto flush = [&] {
    from_states.resize(from.size());
    to_states.resize(from.size());
    for (size_t a = 0; a < aggregates.size(); ++a) {
      const size_t offset = layout_->state_offset(a);
      for (size_t i = 0; i < from.size(); ++i) {
        from_states[i] = from[i] + offset;
        to_states[i] = to[i] + offset;
      }
      aggregates[a]->Merge(from_states.data(), to_states.data(), from.size(), own->arena);
    }
    own->AccountVariableBytes();
    from.clear();
    to.clear();
  };

  std::vector<uint8_t*> rows;
  size_t total = 0;
  size_t sources = 0;
  bool may_repeat = false;
  for (size_t t = 0; t < tables_.size(); ++t) {
    total += parts_[t].of(partition).size();
    sources += !parts_[t].of(partition).empty();
    may_repeat |= tables_[t]->has_forgotten();
  }
  rows.reserve(sources <= 1 ? total : total / 2);
  if (sources <= 1 && !may_repeat) {
    for (const Parts& table : parts_) {
      for (const Entry& entry : table.of(partition)) rows.push_back(entry.row);
    }
  } else {
    const size_t slot_count = std::bit_ceil(total * 3 / 2 + 1);
    const size_t mask = slot_count - 1;
    const BigArray memory = BigArray::Zeroed(slot_count * sizeof(uint64_t), tracker_);
    auto* slots = memory.as<uint64_t>();
    for (const Parts& table : parts_) {
      const std::span<const Entry> part = table.of(partition);
      for (size_t i = 0; i < part.size(); ++i) {
        if (i + 2 * kPrefetchAhead < part.size()) {
          __builtin_prefetch(slots + (part[i + 2 * kPrefetchAhead].hash & mask));
        }
        if (i + kPrefetchAhead < part.size()) {
          // A known group most likely: both rows will be compared and merged.
          const Entry& ahead = part[i + kPrefetchAhead];
          const uint64_t slot = slots[ahead.hash & mask];
          if (slot != 0 && (slot ^ ahead.hash) >> kAddressBits == 0) {
            __builtin_prefetch(reinterpret_cast<const uint8_t*>(slot & kAddressMask));
            __builtin_prefetch(ahead.row);
          }
        }
        const auto [hash, row] = part[i];
        for (size_t at = hash & mask;; at = (at + 1) & mask) {
          const uint64_t slot = slots[at];
          if (slot == 0) {
            slots[at] = (hash & ~kAddressMask) | reinterpret_cast<uint64_t>(row);
            rows.push_back(row);
            break;
          }
          if ((slot ^ hash) >> kAddressBits != 0) continue;
          auto* known = reinterpret_cast<uint8_t*>(slot & kAddressMask);
          if (!layout_->SameKey(row, known)) continue;
          from.push_back(row);
          to.push_back(known);
          if (from.size() == kMergeBatch) flush();
          break;
        }
      }
    }
    if (!from.empty()) flush();
  }
  const size_t nulls_from = rows.size();
  if (partition == 0) {
    for (const auto& storage : storages_) {
      storage->null_rows.ForEach([&](uint8_t* row) {
        if (rows.size() == nulls_from) {
          rows.push_back(row);
        } else {
          from.push_back(row);
          to.push_back(rows.back());
        }
      });
    }
    if (!from.empty()) flush();
  }
  return {layout_, std::move(rows), nulls_from, std::move(storages), output};
}

}  // namespace weir
