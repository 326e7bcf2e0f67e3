#include "algo/partitioned_rows.h"

#include <algorithm>

namespace weir {

namespace {

constexpr size_t kSliceBytes = 4096;

}  // namespace

PartitionedRows::PartitionedRows(size_t row_bytes, std::shared_ptr<MemoryTracker> tracker)
    : row_bytes_(std::max<size_t>(row_bytes, 1)),
      slice_rows_(std::max<size_t>(kSliceBytes / row_bytes_, 1)),
      tracker_(std::move(tracker)),
      ends_(kPartitions),
      slices_(kPartitions),
      block_bytes_(std::max(kBlockBytes, slice_rows_ * row_bytes_)),
      slices_per_block_(block_bytes_ / (slice_rows_ * row_bytes_)) {}

void PartitionedRows::NewSlice(size_t partition) {
  if (slices_left_ == 0) {
    blocks_.emplace_back(block_bytes_, tracker_);
    slices_left_ = slices_per_block_;
  }
  const size_t slice_bytes = slice_rows_ * row_bytes_;
  uint8_t* slice = blocks_.back().data() + (slices_per_block_ - slices_left_) * slice_bytes;
  slices_[partition].push_back(slice);
  --slices_left_;
  ends_[partition] = {slice, slice + slice_bytes};
}

}  // namespace weir
