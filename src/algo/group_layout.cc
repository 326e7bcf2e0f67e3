#include <algorithm>
#include <cstring>
#include <numeric>

#include "algo/group_table.h"
#include "base/bytes.h"
#include "base/hash.h"

namespace weir {

namespace {

constexpr size_t kPackedWordsMax = 4;
constexpr size_t kHashBytes = 8;

// Types whose equality is that of their bytes (floats after normalising).
bool CanPack(const Type& type) {
  switch (type.physical()) {
    case PhysicalType::kInterval:
    case PhysicalType::kString:
    case PhysicalType::kList:
    case PhysicalType::kStruct:
    case PhysicalType::kMap:
      return false;
    default:
      return true;
  }
}

}  // namespace

GroupLayout::GroupLayout(std::vector<Type> key_types, std::vector<std::shared_ptr<const AggregateOps>> aggregates,
                         std::vector<std::shared_ptr<KeyCodes>> codes)
    : key_types_(std::move(key_types)), aggregates_(std::move(aggregates)), codes_(std::move(codes)) {
  size_t alignment = 8;
  for (const auto& ops : aggregates_) {
    alignment = std::max(alignment, ops->state_alignment());
    zero_states_ = zero_states_ && ops->zero_initialized();
  }
  size_t key_bytes = 0;
  size_t value_bytes = 0;
  bool can_pack = !key_types_.empty();
  for (const Type& type : key_types_) {
    can_pack = can_pack && CanPack(type);
    value_bytes += PhysicalWidth(type.physical());
  }
  const size_t null_bytes = (key_types_.size() + 7) / 8;
  packed_single_ = can_pack && key_types_.size() == 1 && value_bytes == 8;
  if (can_pack && (packed_single_ || value_bytes + null_bytes <= kPackedWordsMax * 8)) {
    packed_words_ = packed_single_ ? 1 : (value_bytes + null_bytes + 7) / 8;
    packed_.resize(key_types_.size());
    std::vector<size_t> order(key_types_.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      return PhysicalWidth(key_types_[a].physical()) > PhysicalWidth(key_types_[b].physical());
    });
    uint32_t at = 0;
    for (const size_t i : order) {
      packed_[i].offset = at;
      at += static_cast<uint32_t>(PhysicalWidth(key_types_[i].physical()));
    }
    for (size_t i = 0; i < packed_.size() && !packed_single_; ++i) {
      packed_[i].null_byte = at + static_cast<uint32_t>(i / 8);
      packed_[i].null_bit = static_cast<uint8_t>(1U << (i % 8));
    }
    key_bytes = packed_words_ * 8;
  } else {
    std::vector<Type> stored = key_types_;
    for (size_t k = 0; k < codes_.size(); ++k) {
      if (codes_[k] != nullptr) stored[k] = KeyCodes::CodeType();
    }
    rows_ = RowLayout(std::move(stored), kHashBytes);
    key_bytes = rows_.tail_offset();
  }
  states_offset_ = RoundUp(key_bytes, alignment);
  size_t at = states_offset_;
  for (const auto& ops : aggregates_) {
    at = RoundUp(at, ops->state_alignment());
    state_offsets_.push_back(at);
    at += ops->state_size();
  }
  row_bytes_ = RoundUp(at, alignment);
}

void GroupLayout::CallInits(uint8_t* row) const {
  for (size_t i = 0; i < aggregates_.size(); ++i) aggregates_[i]->Init(row + state_offsets_[i]);
}

ColumnPtr GroupLayout::GatherKey(size_t key, const uint8_t* const* rows, size_t count, size_t nulls_from,
                                 const Owners& owners) const {
  if (codes(key) != nullptr) return codes(key)->Decode(rows, count, rows_.offset(key));
  if (packed_words_ == 0) return rows_.Gather(key, rows, count, owners);
  const PackedKey packed = packed_[key];
  return VisitPhysical(key_types_[key].physical(), [&]<typename T>() -> ColumnPtr {
    FlatWriter<T> writer(key_types_[key], count);
    T* out = writer.values();
    uint8_t flags = 0;
    for (size_t i = 0; i < count; ++i) {
      out[i] = LoadUnaligned<T>(rows[i] + packed.offset);
      flags |= rows[i][packed.null_byte] & packed.null_bit;
    }
    if (flags != 0) {
      for (size_t i = 0; i < count; ++i) {
        if ((rows[i][packed.null_byte] & packed.null_bit) != 0) writer.SetNull(i);
      }
    }
    for (size_t i = nulls_from; i < count; ++i) writer.SetNull(i);
    return writer.Finish();
  });
}

namespace {

std::vector<uint8_t*> StatesOf(uint8_t* const* rows, size_t count, size_t offset) {
  std::vector<uint8_t*> states(count);
  for (size_t i = 0; i < count; ++i) states[i] = rows[i] + offset;
  return states;
}

}  // namespace

ColumnPtr GroupLayout::FinalizeAggregate(size_t aggregate, uint8_t* const* rows, size_t count) const {
  const AggregateOps& ops = *aggregates_[aggregate];
  ColumnBuilder builder(ops.result_type(), count);
  ops.Finalize(StatesOf(rows, count, state_offsets_[aggregate]).data(), count, builder);
  return builder.Finish();
}

ColumnPtr GroupLayout::SerializeAggregate(size_t aggregate, uint8_t* const* rows, size_t count) const {
  const AggregateOps& ops = *aggregates_[aggregate];
  ColumnBuilder builder(ops.intermediate_type(), count);
  ops.Serialize(StatesOf(rows, count, state_offsets_[aggregate]).data(), count, builder);
  return builder.Finish();
}

uint64_t GroupLayout::HashOf(const uint8_t* row) const {
  if (packed_words_ == 0) return LoadUnaligned<uint64_t>(row);
  return HashPackedKey(row, packed_words_);
}

bool GroupLayout::SameKey(const uint8_t* a, const uint8_t* b) const {
  if (packed_words_ != 0) return std::memcmp(a, b, packed_words_ * 8) == 0;
  if (LoadUnaligned<uint64_t>(a) != LoadUnaligned<uint64_t>(b)) return false;
  // What is equal byte by byte is the same value of any type; but long strings lie in different places.
  if (rows_.SameBytes(a, b)) return true;
  for (size_t i = 0; i < key_types_.size(); ++i) {
    if (!rows_.SameValues(a, b, i)) return false;
  }
  return true;
}

GroupStorage::GroupStorage(size_t row_bytes, std::shared_ptr<MemoryTracker> tracker)
    : rows(row_bytes, tracker), null_rows(row_bytes, tracker) {
  if (tracker != nullptr) variable_bytes = ScopedReservation(std::move(tracker));
}

void GroupStorage::AccountVariableBytes() {
  if (variable_bytes.tracker() == nullptr) return;
  variable_bytes.Resize(static_cast<int64_t>(heap.bytes() + arena.bytes()));
}

}  // namespace weir
