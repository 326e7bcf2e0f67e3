#include "format/parquet/narrow_dictionary.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/bits.h"

namespace weir::parquet {

namespace {

WEIR_SIMD_CLONES std::pair<int64_t, int64_t> RangeOf(const int64_t* values, size_t count) {
  int64_t least = values[0];
  int64_t most = values[0];
  for (size_t i = 1; i < count; ++i) {
    least = std::min(least, values[i]);
    most = std::max(most, values[i]);
  }
  return {least, most};
}

WEIR_SIMD_CLONES void TakeDistances(const int64_t* values, size_t count, uint64_t least, uint32_t* out) {
  for (size_t i = 0; i < count; ++i) out[i] = static_cast<uint32_t>(static_cast<uint64_t>(values[i]) - least);
}

}  // namespace

std::shared_ptr<const NarrowDictionary> NarrowDictionary::TryMake(const Column& dictionary) {
  const size_t count = dictionary.size();
  if (dictionary.type().physical() != PhysicalType::kInt64 || count == 0) return nullptr;
  const auto* values = static_cast<const int64_t*>(dictionary.raw_values());
  const auto [least, most] = RangeOf(values, count);
  if (static_cast<uint64_t>(most) - static_cast<uint64_t>(least) > std::numeric_limits<uint32_t>::max()) return nullptr;
  auto distances = Buffer::Allocate(count * sizeof(uint32_t));
  TakeDistances(values, count, static_cast<uint64_t>(least), distances->as<uint32_t>());
  return std::shared_ptr<const NarrowDictionary>(new NarrowDictionary(least, std::move(distances), count));
}

void NarrowDictionary::Gather(const uint32_t* indices, size_t count, int64_t* out) const {
  const auto* distances = distances_->as<uint32_t>();
  const uint64_t least = least_;
  for (size_t i = 0; i < count; ++i) out[i] = static_cast<int64_t>(least + distances[indices[i]]);
}

ColumnPtr NarrowDictionary::Widen(const Type& type) const {
  auto values = Buffer::Allocate(size_ * sizeof(int64_t));
  const auto* distances = distances_->as<uint32_t>();
  auto* out = values->as<int64_t>();
  for (size_t i = 0; i < size_; ++i) out[i] = static_cast<int64_t>(least_ + distances[i]);
  return Column::Flat(type, size_, std::move(values), nullptr, {});
}

}  // namespace weir::parquet
