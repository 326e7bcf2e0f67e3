#include "exec/operator/window/rank_bounds.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "base/prefetch.h"

namespace weir {

namespace {

constexpr size_t kSlotsMin = 1024;
// After so many rows it is asked whether at least this part of them could be dropped.
constexpr size_t kAskAfter = size_t{1} << 20;
constexpr size_t kDroppedPart = 8;
constexpr size_t kPrefetchAhead = 16;

}  // namespace

RankBounds::RankBounds(const SortLayout& layout, std::shared_ptr<MemoryTracker> tracker) : layout_(layout) {
  if (tracker != nullptr) reservation_ = ScopedReservation(std::move(tracker));
}

bool RankBounds::CanServe(const PhysicalWindow& node, const SortLayout& layout) {
  if (!node.limit.has_value()) return false;
  const PhysicalWindow::Call& call = node.calls[node.limit->call];
  return call.partition_keys == 1 && call.order_keys > 1 && layout.HasWords(kPartition) && layout.HasWords(kOrder);
}

RankBounds::Slot& RankBounds::SlotOf(uint64_t partition) {
  const size_t mask = slots_.size() - 1;
  size_t at = HashInt(partition) & mask;
  while (slots_[at].bound != kNone && slots_[at].partition != partition) at = (at + 1) & mask;
  return slots_[at];
}

// False when there is no memory for it.
bool RankBounds::Grow() {
  const size_t count = std::max(kSlotsMin, slots_.size() * 2);
  if (reservation_.tracker() != nullptr && !reservation_.TryResize(static_cast<int64_t>(count * sizeof(Slot)))) {
    return false;
  }
  const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(count));
  for (const Slot& slot : old) {
    if (slot.bound != kNone) SlotOf(slot.partition) = slot;
  }
  return true;
}

void RankBounds::End() {
  ended_ = true;
  slots_ = {};
  reservation_.Reset();
}

void RankBounds::Note(const uint8_t* row) {
  if (ended_ || layout_.KeyIsNull(row, kPartition) || layout_.KeyIsNull(row, kOrder)) return;
  const uint64_t bound = layout_.Word(row, kOrder);
  if (bound == kNone) return;
  if (2 * (partitions_ + 1) > slots_.size() && !Grow()) return End();
  Slot& slot = SlotOf(layout_.Word(row, kPartition));
  partitions_ += slot.bound == kNone;
  slot = {layout_.Word(row, kPartition), std::min(slot.bound, bound)};
}

Chunk RankBounds::Narrow(const Chunk& chunk) {
  if (partitions_ == 0 || ended_) return chunk;
  if (seen_ >= kAskAfter) {
    if (dropped_ * kDroppedPart < seen_) {
      End();
      return chunk;
    }
    seen_ = dropped_ = 0;
  }
  const RowSet rows = chunk.rows();
  const size_t count = rows.count();
  partition_words_.resize(count);
  order_words_.resize(count);
  const Column& partitions = *chunk.column(layout_.keys()[kPartition].column);
  const Column& orders = *chunk.column(layout_.keys()[kOrder].column);
  layout_.EncodeWords(kPartition, partitions, rows, partition_words_.data());
  layout_.EncodeWords(kOrder, orders, rows, order_words_.data());
  const ColumnView partition_view(partitions);
  const ColumnView order_view(orders);
  const bool may_have_nulls = partition_view.may_have_nulls() || order_view.may_have_nulls();
  const size_t mask = slots_.size() - 1;
  auto kept = std::make_shared<Selection>(count);
  size_t n = 0;
  for (size_t i = 0; i < count; ++i) {
    if (i + kPrefetchAhead < count) {
      __builtin_prefetch(slots_.data() + (HashInt(partition_words_[i + kPrefetchAhead]) & mask));
    }
    const size_t row = rows[i];
    bool keep = order_words_[i] <= SlotOf(partition_words_[i]).bound;
    // Words say nothing of NULLs.
    if (may_have_nulls) keep = keep || partition_view.IsNull(row) || order_view.IsNull(row);
    (*kept)[n] = static_cast<uint32_t>(row);
    n += keep;
  }
  seen_ += count;
  dropped_ += count - n;
  if (n == count) return chunk;
  kept->resize(n);
  return chunk.WithSelection(std::move(kept));
}

}  // namespace weir
