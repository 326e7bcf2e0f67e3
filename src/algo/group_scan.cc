#include <algorithm>
#include <numeric>

#include "algo/group_table.h"
#include "base/prefetch.h"

namespace weir {

GroupScan::GroupScan(const GroupTable& table, GroupOutput output)
    : layout_(table.layout()), storages_{table.storage()}, output_(output) {
  const GroupStorage& storage = *table.storage();
  rows_.reserve(table.group_count());
  storage.rows.ForEach([&](uint8_t* row) { rows_.push_back(row); });
  if (storage.parts != nullptr) storage.parts->ForEach([&](uint8_t* row) { rows_.push_back(row); });
  nulls_from_ = rows_.size();
  storage.null_rows.ForEach([&](uint8_t* row) { rows_.push_back(row); });
  owners_.push_back(storage.heap.owner());
}

GroupScan::GroupScan(std::shared_ptr<const GroupLayout> layout, std::vector<uint8_t*> rows, size_t nulls_from,
                     std::vector<std::shared_ptr<GroupStorage>> storages, GroupOutput output)
    : layout_(std::move(layout)),
      rows_(std::move(rows)),
      nulls_from_(nulls_from),
      storages_(std::move(storages)),
      output_(output) {
  for (const auto& storage : storages_) owners_.push_back(storage->heap.owner());
}

ColumnPtr GroupScan::ColumnOf(size_t column, uint8_t* const* rows, size_t count, size_t nulls_from) const {
  const size_t keys = layout_->key_types().size();
  if (column < keys) return layout_->GatherKey(column, rows, count, nulls_from, owners_);
  return output_ == GroupOutput::kFinal ? layout_->FinalizeAggregate(column - keys, rows, count)
                                        : layout_->SerializeAggregate(column - keys, rows, count);
}

Chunk GroupScan::ChunkOf(uint8_t* const* rows, size_t count, size_t nulls_from) const {
  std::vector<ColumnPtr> columns;
  const size_t width = layout_->key_types().size() + layout_->aggregates().size();
  columns.reserve(width);
  for (size_t c = 0; c < width; ++c) columns.push_back(ColumnOf(c, rows, count, nulls_from));
  return {std::move(columns), count};
}

// Rows of a partition lie anywhere: many at a time are on the way at once.
void GroupScan::Prefetch(size_t count) const {
  const size_t bytes = layout_->row_bytes();
  for (size_t i = at_; i < at_ + count; ++i) {
    __builtin_prefetch(rows_[i]);
    if (bytes > 32) __builtin_prefetch(rows_[i] + bytes - 1);
  }
  KeepPrefetches();
}

std::optional<Chunk> GroupScan::Next(size_t max_rows) {
  if (at_ == rows_.size()) return std::nullopt;
  const size_t count = std::min(max_rows, rows_.size() - at_);
  Prefetch(count);
  Chunk out = ChunkOf(rows_.data() + at_, count, nulls_from_ > at_ ? std::min(nulls_from_ - at_, count) : 0);
  at_ += count;
  return out;
}

namespace {

// Those of `rows` at the positions.
void Pick(const std::vector<uint8_t*>& rows, const Selection& positions, std::vector<uint8_t*>& out) {
  out.resize(positions.size());
  for (size_t i = 0; i < positions.size(); ++i) out[i] = rows[positions[i]];
}

// `positions` are ascending.
size_t CountBelow(const Selection& positions, size_t limit) {
  return static_cast<size_t>(std::ranges::lower_bound(positions, limit) - positions.begin());
}

}  // namespace

std::optional<Chunk> GroupScan::NextWithin(const RowBound& bound, size_t max_rows) {
  std::vector<uint8_t*> rows;
  std::vector<uint8_t*> picked;
  while (at_ != rows_.size()) {
    const size_t count = std::min(max_rows, rows_.size() - at_);
    Prefetch(count);
    const size_t nulls_from = nulls_from_ > at_ ? std::min(nulls_from_ - at_, count) : 0;
    rows.assign(rows_.begin() + static_cast<ptrdiff_t>(at_), rows_.begin() + static_cast<ptrdiff_t>(at_ + count));
    at_ += count;
    Selection wanted;       // positions in `rows`
    Selection tied(count);  // likewise: like the bound as far as we know
    std::iota(tied.begin(), tied.end(), 0U);
    for (size_t k = 0; k < bound.keys().size() && !tied.empty(); ++k) {
      Pick(rows, tied, picked);
      const ColumnPtr column =
          ColumnOf(bound.keys()[k].column, picked.data(), picked.size(), CountBelow(tied, nulls_from));
      Selection alike(tied.size());  // positions in the column
      std::iota(alike.begin(), alike.end(), 0U);
      Selection before;
      bound.Split(k, *column, alike, before);
      for (const uint32_t i : before) wanted.push_back(tied[i]);
      for (uint32_t& i : alike) i = tied[i];
      tied = std::move(alike);
    }
    if (!bound.is_whole()) wanted.insert(wanted.end(), tied.begin(), tied.end());
    if (wanted.empty()) continue;
    std::ranges::sort(wanted);
    Pick(rows, wanted, picked);
    return ChunkOf(picked.data(), picked.size(), CountBelow(wanted, nulls_from));
  }
  return std::nullopt;
}

}  // namespace weir
