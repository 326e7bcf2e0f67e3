#include "storage/row_claims.h"

#include <bit>
#include <utility>

namespace weir {

RowClaims::Part& RowClaims::Find(PartId id) {
  {
    const std::shared_lock lock(mutex_);
    if (const auto found = parts_.find(id); found != parts_.end()) return *found->second;
  }
  const std::scoped_lock lock(mutex_);
  std::unique_ptr<Part>& part = parts_[id];
  if (part == nullptr) part = std::make_unique<Part>();
  return *part;
}

Selection RowClaims::Claim(const Column& part_ids, const Column& positions, const RowSet& rows) {
  const ColumnView parts(part_ids);
  const ColumnView at(positions);
  Selection claimed;
  claimed.reserve(rows.count());
  Part* part = nullptr;
  PartId last;
  std::unique_lock<std::mutex> lock;
  rows.ForEach([&](size_t row) {
    const PartId id(static_cast<uint64_t>(parts.At<int64_t>(row)));
    // Rows of a part come together, mostly, and drivers read different parts.
    if (part == nullptr || id != last) {
      if (lock.owns_lock()) lock.unlock();
      part = &Find(id);
      lock = std::unique_lock(part->mutex);
      last = id;
    }
    const auto position = static_cast<uint64_t>(at.At<int64_t>(row));
    const size_t word = position / 64;
    if (word >= part->words.size()) {
      const size_t size = std::max(word + 1, part->words.size() * 2);
      const std::scoped_lock reserving(reservation_mutex_);
      reservation_.Grow(static_cast<int64_t>((size - part->words.size()) * sizeof(uint64_t)));
      part->words.resize(size);
    }
    const uint64_t bit = uint64_t{1} << (position % 64);
    if ((part->words[word] & bit) != 0) return;
    part->words[word] |= bit;
    claimed.push_back(static_cast<uint32_t>(row));
  });
  return claimed;
}

TableDelta RowClaims::Finish(TableId table) const {
  TableDelta delta;
  delta.table = table;
  for (const auto& [id, part] : parts_) {
    std::vector<uint32_t> positions;
    for (size_t i = 0; i < part->words.size(); ++i) {
      for (uint64_t word = part->words[i]; word != 0; word &= word - 1) {
        positions.push_back(static_cast<uint32_t>(i * 64 + static_cast<size_t>(std::countr_zero(word))));
      }
    }
    DeleteVectorPtr deleted = DeleteVector::Of(positions);
    if (deleted == nullptr) continue;
    delta.deleted_rows += deleted->count();
    delta.deletes.push_back({id, std::move(deleted)});
  }
  return delta;
}

}  // namespace weir
