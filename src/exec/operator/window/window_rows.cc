#include "exec/operator/window/window_rows.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace weir {

namespace {

// A bucket under a limit grows to this before it is cut for the first time.
constexpr size_t kCutRowsMin = size_t{1} << 13;
// Rows in sorted order are anywhere in memory.
constexpr ptrdiff_t kAhead = 8;

}  // namespace

void AddEntries(const SortLayout& layout, const RowBlocks& rows, bool skip_null_flag, SortEntry*& out) {
  rows.ForEach(
      [&](const uint8_t* row) { *out++ = {reinterpret_cast<uint64_t>(row), layout.Prefix(row, skip_null_flag)}; });
}

WindowRows::WindowRows(const PhysicalWindow& node, std::shared_ptr<const SortLayout> layout,
                       std::shared_ptr<MemoryTracker> tracker, bool can_spill)
    : node_(node),
      layout_(std::move(layout)),
      tracker_(std::move(tracker)),
      bucket_bits_(node.hash_keys == 0 ? 0 : kBucketBits),
      can_spill_(can_spill) {
  if (RankBounds::CanServe(node_, *layout_)) bounds_.emplace(*layout_, tracker_);
  Start();
}

void WindowRows::Start() {
  heap_ = std::make_shared<RowHeap>();
  heap_bytes_ = ScopedReservation(tracker_);
  entry_bytes_ = ScopedReservation(tracker_);
  refused_.reset();
  has_null_ = false;
  buckets_.resize(size_t{1} << bucket_bits_);
  for (Bucket& bucket : buckets_) {
    bucket.rows = std::make_unique<RowBlocks>(layout_->row_bytes(), tracker_);
    bucket.cut_at = kCutRowsMin;
  }
}

void WindowRows::Append(const Chunk& chunk) {
  if (refused_ != nullptr) throw Error(*refused_);
  if (!bounds_.has_value()) return AppendRows(chunk);
  const Chunk narrowed = bounds_->Narrow(chunk);
  if (narrowed.row_count() != 0) AppendRows(narrowed);
}

void WindowRows::AppendRows(const Chunk& chunk) {
  if (can_spill_ && tracker_ != nullptr) {
    entry_bytes_.Resize(SortRun::EntryBytes(row_count() + chunk.row_count()));
  }
  Place(chunk);
  has_null_ |= layout_->Encode(chunk, targets_.data(), *heap_);
  // How much strings take is known only now: what is too much is the end.
  if (tracker_ != nullptr) refused_ = CatchError([&] { heap_bytes_.Resize(static_cast<int64_t>(heap_->bytes())); });
  if (!node_.limit.has_value()) return;
  for (Bucket& bucket : buckets_) {
    if (bucket.rows->size() < bucket.cut_at) continue;
    if (!can_spill_) {
      Cut(bucket);
    } else if (CatchError([&] { Cut(bucket); }) != nullptr) {
      bucket.cut_at = SIZE_MAX;  // no memory for it; soon all go to disk
    }
  }
}

// Finds room for the rows.
void WindowRows::Place(const Chunk& chunk) {
  const RowSet rows = chunk.rows();
  targets_.resize(rows.count());
  std::vector<size_t> before(buckets_.size());
  for (size_t b = 0; b < before.size(); ++b) before[b] = buckets_[b].rows->size();
  try {
    if (buckets_.size() == 1) {
      buckets_[0].rows->Append(rows.count(), targets_.data());
      return;
    }
    keys_.clear();
    for (size_t i = 0; i < node_.hash_keys; ++i) keys_.push_back(chunk.column(node_.keys[i].column));
    hashes_.resize(rows.count());
    hasher_.Hash(keys_, rows, hashes_.data());
    for (size_t i = 0; i < rows.count(); ++i) {
      targets_[i] = buckets_[HashPartition(hashes_[i], bucket_bits_)].rows->Append();
    }
  } catch (...) {
    for (size_t b = 0; b < before.size(); ++b) buckets_[b].rows->Truncate(before[b]);
    throw;
  }
}

size_t WindowRows::row_count() const {
  size_t rows = 0;
  for (const Bucket& bucket : buckets_) rows += bucket.rows->size();
  return rows;
}

size_t WindowRows::MemoryBytes() const {
  size_t bytes = heap_->bytes();
  for (const Bucket& bucket : buckets_) bytes += bucket.rows->bytes();
  return bytes;
}

std::unique_ptr<SortRun> WindowRows::TakeRun() {
  RowBlocks all(layout_->row_bytes(), tracker_);
  for (Bucket& bucket : buckets_) all.Adopt(std::move(*bucket.rows));
  auto run = std::make_unique<SortRun>(layout_, tracker_, std::move(all), std::move(heap_), std::move(heap_bytes_),
                                       std::move(entry_bytes_));
  Start();
  return run;
}

void WindowRows::Cut(Bucket& bucket) {
  const BigArray entries(bucket.rows->size() * sizeof(SortEntry), tracker_);
  auto* end = entries.as<SortEntry>();
  AddEntries(*layout_, *bucket.rows, !has_null_, end);
  SortEntries(*layout_, !has_null_, entries.as<SortEntry>(), bucket.rows->size());
  auto kept = std::make_unique<RowBlocks>(layout_->row_bytes(), tracker_);
  const PhysicalWindow::Call& call = node_.calls[node_.limit->call];
  const uint8_t* previous = nullptr;
  uint64_t number = 0, rank = 0, dense_rank = 0;
  for (const SortEntry* entry = entries.as<SortEntry>(); entry != end; ++entry) {
    const uint8_t* row = entry->address();
    if (end - entry > kAhead) __builtin_prefetch(entry[kAhead].address());
    const size_t equal = previous == nullptr ? 0 : layout_->EqualKeys(previous, row);
    if (previous == nullptr || equal < call.partition_keys) {
      number = rank = dense_rank = 1;
    } else {
      ++number;
      if (equal < call.order_keys) {
        rank = number;
        ++dense_rank;
      }
    }
    previous = row;
    const uint64_t result = call.window.function == WindowFunction::kRowNumber ? number
                            : call.window.function == WindowFunction::kRank    ? rank
                                                                               : dense_rank;
    // What comes behind this row, if it is no peer, is beyond the limit.
    const uint64_t place = call.window.function == WindowFunction::kDenseRank ? dense_rank : number;
    if (bounds_.has_value() && place == node_.limit->rows) bounds_->Note(row);
    if (result <= node_.limit->rows) std::memcpy(kept->Append(), row, layout_->row_bytes());
  }
  bucket.cut_at = std::max(kCutRowsMin, 4 * kept->size());
  bucket.rows = std::move(kept);
}

}  // namespace weir
