#include "algo/top_n.h"

#include <algorithm>

#include "runtime/cancellation_scope.h"

namespace weir {

namespace {

// Rows beyond the limit that are collected before cutting back: few at first, so that there soon is a bound even where
// few rows come, then more and more.
constexpr size_t kSlackMin = 16;
constexpr size_t kSlackEnough = 1024;
constexpr size_t kRowsBetweenChecks = 4096;

}  // namespace

TopN::TopN(std::shared_ptr<const SortLayout> layout, size_t limit, std::shared_ptr<MemoryTracker> tracker)
    : layout_(std::move(layout)),
      tracker_(std::move(tracker)),
      limit_(limit),
      rows_(std::make_shared<RowBlocks>(layout_->row_bytes(), tracker_)),
      heap_(std::make_shared<RowHeap>()),
      slack_(kSlackMin) {
  if (tracker_ != nullptr) other_bytes_ = ScopedReservation(tracker_);
}

size_t TopN::MemoryBytes() const {
  return rows_->bytes() + heap_->bytes() + entries_.capacity() * sizeof(SortEntry);
}

void TopN::Append(const Chunk& chunk) {
  if (limit_ == 0 || chunk.empty()) return;
  Chunk wanted = chunk;
  if (bound_ != nullptr) {
    SelectionPtr selection = SelectWanted(chunk);
    if (selection->empty()) return;
    if (selection->size() != chunk.row_count()) wanted = chunk.WithSelection(std::move(selection));
  }
  const size_t count = wanted.row_count();
  targets_.resize(std::max(targets_.size(), count));
  rows_->Append(count, targets_.data());
  layout_->Encode(wanted, targets_.data(), *heap_);
  for (size_t i = 0; i < count; ++i) {
    const uint8_t* row = targets_[i];
    const uint64_t prefix = layout_->Prefix(row, false);
    if (bound_row_ != nullptr && (prefix > bound_prefix_ || layout_->Compare(row, bound_row_) >= 0)) continue;
    entries_.push_back({reinterpret_cast<uint64_t>(row), prefix});
  }
  if (rows_->size() >= limit_ + std::max(limit_, slack_)) {
    Cut();
    slack_ = std::min(slack_ * 4, kSlackEnough);
  }
  if (tracker_ != nullptr) {
    other_bytes_.Resize(static_cast<int64_t>(heap_->bytes() + entries_.capacity() * sizeof(SortEntry)));
  }
}

// The rows of the chunk that are not beyond the bound.
SelectionPtr TopN::SelectWanted(const Chunk& chunk) const {
  Selection tied(chunk.row_count());
  const RowSet rows = chunk.rows();
  for (size_t i = 0; i < tied.size(); ++i) tied[i] = static_cast<uint32_t>(rows[i]);
  auto before = std::make_shared<Selection>();
  for (size_t k = 0; k < bound_->keys().size() && !tied.empty(); ++k) {
    bound_->Split(k, *chunk.column(bound_->keys()[k].column), tied, *before);
  }
  if (!bound_->is_whole()) before->insert(before->end(), tied.begin(), tied.end());
  std::ranges::sort(*before);
  return before;
}

// Keeps the best rows only, in fresh memory.
void TopN::Cut() {
  const auto before = [&](const SortEntry& a, const SortEntry& b) {
    return a.prefix != b.prefix ? a.prefix < b.prefix : layout_->Compare(a.address(), b.address()) < 0;
  };
  if (entries_.size() >= limit_) {
    const auto last = entries_.begin() + static_cast<ptrdiff_t>(limit_) - 1;
    std::nth_element(entries_.begin(), last, entries_.end(), before);
    entries_.resize(limit_);
  }
  auto rows = std::make_shared<RowBlocks>(layout_->row_bytes(), tracker_);
  auto heap = std::make_shared<RowHeap>();
  size_t copied = 0;
  for (SortEntry& entry : entries_) {
    if (copied++ % kRowsBetweenChecks == 0) CancellationScope::Check();
    uint8_t* copy = rows->Append();
    layout_->CopyRow(entry.address(), copy, *heap);
    entry.row = reinterpret_cast<uint64_t>(copy);
  }
  rows_ = std::move(rows);
  heap_ = std::move(heap);
  if (entries_.size() == limit_) {
    bound_row_ = entries_.back().address();
    bound_prefix_ = entries_.back().prefix;
    NoteBound();
  }
}

void TopN::NoteBound() {
  std::vector<SortColumn> keys;
  std::vector<ColumnPtr> values;
  for (const SortColumn& key : layout_->keys()) {
    if (!RowBound::Supports(layout_->types()[key.column])) break;
    keys.push_back(key);
    values.push_back(layout_->rows().Gather(key.column, &bound_row_, 1, {heap_->owner()}));
  }
  if (keys.empty()) return;
  const bool is_whole = keys.size() == layout_->keys().size();
  bound_ = std::make_shared<const RowBound>(std::move(keys), std::move(values), is_whole);
}

void TopN::Merge(TopN& other) {
  size_t copied = 0;
  for (const SortEntry& entry : other.entries_) {
    if (copied++ % kRowsBetweenChecks == 0) CancellationScope::Check();
    uint8_t* copy = rows_->Append();
    layout_->CopyRow(entry.address(), copy, *heap_);
    entries_.push_back({reinterpret_cast<uint64_t>(copy), entry.prefix});
  }
  other.entries_.clear();
  if (!entries_.empty()) Cut();
}

SortedScan TopN::Finish() {
  SortEntries(*layout_, false, entries_.data(), entries_.size());
  if (entries_.size() > limit_) entries_.resize(limit_);
  SortedScan scan;
  scan.layout_ = layout_;
  scan.owners_ = {heap_->owner()};
  struct Kept {
    std::vector<SortEntry> entries;
    std::shared_ptr<RowBlocks> rows;
    ScopedReservation bytes;
  };
  auto kept = std::make_shared<Kept>(Kept{std::move(entries_), std::move(rows_), std::move(other_bytes_)});
  const SortEntry* begin = kept->entries.data();
  scan.left_ = kept->entries.size();
  scan.parts_.push_back({begin, scan.left_, false});
  scan.runs_ = std::move(kept);
  return scan;
}

}  // namespace weir
