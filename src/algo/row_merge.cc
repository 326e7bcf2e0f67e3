#include "algo/row_merge.h"

#include <algorithm>
#include <utility>

namespace weir {

RowMerge::RowMerge(std::shared_ptr<const SortLayout> layout, size_t streams, std::shared_ptr<MemoryTracker> tracker)
    : layout_(std::move(layout)), tracker_(std::move(tracker)), streams_(streams) {
  heap_.reserve(streams);
  for (size_t i = streams; i-- > 0;) wanted_.push_back(i);
}

std::optional<size_t> RowMerge::wanted() const {
  return wanted_.empty() ? std::nullopt : std::optional(wanted_.back());
}

// Of two streams with equal rows the earlier one comes first.
bool RowMerge::After(const Candidate& a, const Candidate& b) const {
  if (a.prefix != b.prefix) return a.prefix > b.prefix;
  const int order = layout_->Compare(a.row, b.row);
  return order != 0 ? order > 0 : a.stream > b.stream;
}

void RowMerge::Offer(size_t stream) {
  const uint8_t* row = streams_[stream].row();
  heap_.push_back({layout_->Prefix(row, false), row, stream});
  std::push_heap(heap_.begin(), heap_.end(), [&](const Candidate& a, const Candidate& b) { return After(a, b); });
}

void RowMerge::Feed(size_t stream, const std::optional<Chunk>& chunk) {
  Stream& to = streams_[stream];
  std::erase(wanted_, stream);
  if (!chunk.has_value()) {
    to = Stream{};
    to.ended = true;
    return;
  }
  to.rows = std::make_unique<RowBlocks>(layout_->row_bytes(), tracker_);
  to.heap = RowHeap();
  to.at.resize(chunk->row_count());
  to.rows->Append(to.at.size(), to.at.data());
  layout_->Encode(*chunk, to.at.data(), to.heap);
  if (tracker_ != nullptr) {
    to.heap_bytes = ScopedReservation(tracker_, static_cast<int64_t>(to.heap.bytes()));
  }
  to.next = 0;
  if (to.empty()) {
    wanted_.push_back(stream);
  } else {
    Offer(stream);
  }
}

std::optional<Chunk> RowMerge::Next(size_t max_rows) {
  if (!wanted_.empty() || heap_.empty()) return std::nullopt;
  const auto after = [&](const Candidate& a, const Candidate& b) { return After(a, b); };
  taken_.clear();
  Owners owners;
  std::vector<bool> owned(streams_.size());
  while (taken_.size() < max_rows && !heap_.empty()) {
    std::pop_heap(heap_.begin(), heap_.end(), after);
    const size_t at = heap_.back().stream;
    heap_.pop_back();
    Stream& stream = streams_[at];
    taken_.push_back(stream.row());
    if (!owned[at]) {
      owned[at] = true;
      owners.push_back(stream.heap.owner());
    }
    ++stream.next;
    if (stream.empty()) {
      // Its rows are needed until they have been gathered.
      wanted_.push_back(at);
      break;
    }
    Offer(at);
  }
  return layout_->Gather(taken_.data(), taken_.size(), owners);
}

}  // namespace weir
