#include <cstring>

#include "algo/group_codes.h"
#include "algo/group_positions.h"
#include "algo/group_table.h"
#include "base/bytes.h"

namespace weir {

namespace {

constexpr size_t kBatchRows = 1024;

}  // namespace

// Makes stored_keys_ of the keys; false when a key has too many texts for codes.
bool GroupTable::EncodeKeys(std::span<const ColumnPtr> keys, const RowSet& rows) {
  if (options_.codes->abandoned()) return false;
  stored_keys_.assign(keys.begin(), keys.end());
  encoders_.resize(keys.size());
  for (size_t k = 0; k < keys.size(); ++k) {
    if (layout_->codes(k) == nullptr) continue;
    stored_keys_[k] = encoders_[k].Encode(*layout_->codes(k), keys[k], rows);
    if (stored_keys_[k] == nullptr) {
      options_.codes->Abandon();
      return false;
    }
  }
  return true;
}

size_t GroupTable::EncoderBytes() const {
  size_t bytes = 0;
  for (const KeyEncoder& encoder : encoders_) bytes += encoder.bytes();
  return bytes;
}

// Copies rows into new ones, all or (a key has too many texts for codes) in vain.
bool GroupTable::CopyRows(std::span<uint8_t* const> from, uint8_t* const* to, const GroupLayout& layout,
                          GroupStorage& storage) {
  const size_t count = from.size();
  const RowSet rows = RowSet::All(count);
  const size_t state_bytes = layout.row_bytes() - layout.states_offset();
  for (size_t i = 0; i < count; ++i) {
    StoreUnaligned(to[i], LoadUnaligned<uint64_t>(from[i]));  // the hash
    layout.rows_.ClearNulls(to[i]);
    std::memcpy(to[i] + layout.states_offset(), from[i] + layout_->states_offset(), state_bytes);
  }
  const Owners owners{storage_->heap.owner()};
  encoders_.resize(layout.key_types().size());
  for (size_t k = 0; k < layout.key_types().size(); ++k) {
    ColumnPtr key = layout_->GatherKey(k, from.data(), count, count, owners);
    if (layout.codes(k) != nullptr) {
      key = encoders_[k].Encode(*layout.codes(k), key, rows);
      if (key == nullptr) return false;
    }
    layout.rows_.Scatter(k, key, rows, to, storage.heap);
  }
  return true;
}

bool GroupTable::Relayout(const std::shared_ptr<const GroupLayout>& layout) {
  auto storage = std::make_shared<GroupStorage>(layout->row_bytes(), tracker_);
  bool fits = true;
  std::vector<uint8_t*> from;
  std::vector<uint8_t*> to;
  const auto flush = [&] {
    fits = fits && CopyRows(from, to.data(), *layout, *storage);
    from.clear();
    to.clear();
  };
  const auto copy = [&](uint8_t* row, auto&& new_row) {
    if (!fits) return;
    from.push_back(row);
    to.push_back(new_row(row));
    if (from.size() == kBatchRows) flush();
  };
  storage_->rows.ForEach([&](uint8_t* row) { copy(row, [&](uint8_t*) { return storage->rows.Append(); }); });
  if (storage_->parts != nullptr) {
    storage->parts = std::make_unique<PartitionedRows>(layout->row_bytes(), tracker_);
    storage_->parts->ForEach([&](uint8_t* row) {
      copy(row, [&](uint8_t* old) { return storage->parts->Append(LoadUnaligned<uint64_t>(old)); });
    });
  }
  flush();
  if (!fits) {
    options_.codes->Abandon();
    return false;
  }
  storage->arena = std::move(storage_->arena);
  storage_ = std::move(storage);
  layout_ = layout;
  storage_->AccountVariableBytes();
  positions_->Clear();
  if (storage_->parts == nullptr && slots_.size() != 0) {
    Rehash(slots_.size() / sizeof(uint64_t));
  } else {
    ForgetGroups();
  }
  return true;
}

}  // namespace weir
