#include "exec/runtime_filter/streamed_filter.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/error.h"

namespace weir {

namespace {

constexpr size_t kBytesMax = size_t{64} << 20;
constexpr int64_t kAvailablePart = 8;
constexpr size_t kBitsPerKey = 16;
// With fewer bits for each value nearly everything passes.
constexpr size_t kBitsPerKeyMin = 4;

bool IsInteger(PhysicalType type) {
  return type >= PhysicalType::kInt8 && type <= PhysicalType::kInt64;
}

}  // namespace

StreamedFilterBuilder::StreamedFilterBuilder(Type type, size_t rows, const std::shared_ptr<MemoryTracker>& tracker)
    : filter_(std::make_shared<RuntimeFilter>()) {
  filter_->type_ = std::move(type);
  filter_->is_integer_ = IsInteger(filter_->type_.physical());
  const auto available = static_cast<size_t>(tracker->available_bytes() / kAvailablePart);
  const std::unique_ptr<Error> error =
      CatchError([&] { filter_->bloom_.emplace(rows, tracker, std::min(kBytesMax, available), kBitsPerKey); });
  if (error != nullptr && error->sqlstate() != sqlstate::kOutOfMemory) throw Error(*error);
  capacity_ = filter_->bloom_.has_value() ? filter_->bloom_->size_bytes() * 8 / kBitsPerKeyMin : 0;
}

void StreamedFilterBuilder::Add(const Column& keys) {
  const ColumnView view(keys);
  size_t rows = 0;
  int64_t min = INT64_MAX;
  int64_t max = INT64_MIN;
  if (filter_->is_integer_) {
    VisitPhysical(filter_->type_.physical(), [&]<typename T>() {
      if constexpr (std::is_integral_v<T> && sizeof(T) <= sizeof(int64_t)) {
        for (size_t i = 0; i < keys.size(); ++i) {
          if (!view.IsValid(i)) continue;
          ++rows;
          const auto value = static_cast<int64_t>(view.At<T>(i));
          min = std::min(min, value);
          max = std::max(max, value);
        }
      }
    });
  } else {
    for (size_t i = 0; i < keys.size(); ++i) rows += view.IsValid(i) ? 1 : 0;
  }
  if (filter_->bloom_.has_value()) {
    std::vector<uint64_t> hashes(keys.size());
    HashColumn(keys, RowSet::All(keys.size()), /*combine=*/false, hashes.data());
    filter_->bloom_->InsertAtomic(hashes.data(), hashes.size());
  }
  const std::scoped_lock lock(mutex_);
  filter_->rows_ += rows;
  filter_->min_ = std::min(filter_->min_, min);
  filter_->max_ = std::max(filter_->max_, max);
}

std::shared_ptr<const RuntimeFilter> StreamedFilterBuilder::Finish() {
  RuntimeFilter& filter = *filter_;
  if (filter.is_integer_ && filter.rows_ != 0) {
    filter.min_value_ = Value::Integer(filter.type_, filter.min_);
    filter.max_value_ = Value::Integer(filter.type_, filter.max_);
  }
  if (filter.rows_ > capacity_) {
    if (!filter.is_integer_) return nullptr;
    filter.bloom_.reset();
    filter.range_only_ = true;
  }
  return std::move(filter_);
}

}  // namespace weir
