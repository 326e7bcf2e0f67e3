#include "algo/sort.h"

#include <hwy/contrib/sort/vqsort.h>

#include <algorithm>
#include <cstring>

namespace weir {

namespace {

constexpr size_t kVectorSortMin = 64;
constexpr size_t kGatherAhead = 8;

}  // namespace

// Entries are sorted as 128-bit numbers: row addresses make them distinct, on which Highway's sorting of key-value
// pairs relies (it loses values of equal keys in 1.0.3), and keep rows of equal prefixes in order of memory.
static_assert(sizeof(SortEntry) == sizeof(hwy::uint128_t) &&
              offsetof(SortEntry, prefix) == offsetof(hwy::uint128_t, hi));

void SortEntries(const SortLayout& layout, bool skip_null_flag, SortEntry* entries, size_t count) {
  if (count < 2) return;
  const auto by_prefix = [](const SortEntry& a, const SortEntry& b) { return a.prefix < b.prefix; };
  if (!std::is_sorted(entries, entries + count, by_prefix)) {
    if (count >= kVectorSortMin) {
      const hwy::Sorter sorter;
      sorter(reinterpret_cast<hwy::uint128_t*>(entries), count, hwy::SortAscending());
    } else {
      std::sort(entries, entries + count, by_prefix);
    }
  }
  if (layout.PrefixDecides(skip_null_flag)) return;
  for (size_t begin = 0; begin < count;) {
    size_t end = begin + 1;
    while (end < count && entries[end].prefix == entries[begin].prefix) ++end;
    if (end - begin > 1) {
      std::sort(entries + begin, entries + end,
                [&](const SortEntry& a, const SortEntry& b) { return layout.Compare(a.address(), b.address()) < 0; });
    }
    begin = end;
  }
}

SortRun::SortRun(std::shared_ptr<const SortLayout> layout, std::shared_ptr<MemoryTracker> tracker)
    : layout_(std::move(layout)),
      tracker_(std::move(tracker)),
      rows_(std::make_shared<RowBlocks>(layout_->row_bytes(), tracker_)),
      heap_(std::make_shared<RowHeap>()) {
  if (tracker_ != nullptr) heap_bytes_ = ScopedReservation(tracker_);
}

void SortRun::Append(const Chunk& chunk) {
  const size_t count = chunk.row_count();
  targets_.resize(std::max(targets_.size(), count));
  rows_->Append(count, targets_.data());
  has_null_ |= layout_->Encode(chunk, targets_.data(), *heap_);
  if (tracker_ != nullptr) heap_bytes_.Resize(static_cast<int64_t>(heap_->bytes()));
}

void SortRun::Finish() {
  entries_ = BigArray(rows_->size() * sizeof(SortEntry), tracker_);
  auto* entries = entries_.as<SortEntry>();
  size_t n = 0;
  const bool skip = !has_null_;
  rows_->ForEach(
      [&](const uint8_t* row) { entries[n++] = {reinterpret_cast<uint64_t>(row), layout_->Prefix(row, skip)}; });
  SortEntries(*layout_, skip, entries, n);
}

size_t SortRun::MemoryBytes() const {
  return rows_->bytes() + heap_->bytes() + entries_.size();
}

bool SortedScan::Before(const Cursor& a, const Cursor& b) const {
  if (a.prefix != b.prefix) return a.prefix < b.prefix;
  return !prefix_decides_ && layout_->Compare(a.at->address(), b.at->address()) < 0;
}

void SortedScan::SiftDown(size_t i) {
  const size_t n = cursors_.size();
  for (;;) {
    size_t least = i;
    for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < n; ++child) {
      if (Before(cursors_[child], cursors_[least])) least = child;
    }
    if (least == i) return;
    std::swap(cursors_[i], cursors_[least]);
    i = least;
  }
}

std::optional<Chunk> SortedScan::Next(size_t max_rows) {
  if (left_ == 0) return std::nullopt;
  const auto load = [&](Cursor& cursor) {
    cursor.prefix = cursor.recompute ? layout_->Prefix(cursor.at->address(), skip_null_flag_) : cursor.at->prefix;
  };
  if (!opened_) {
    opened_ = true;
    std::erase_if(cursors_, [](const Cursor& cursor) { return cursor.at == cursor.end; });
    for (Cursor& cursor : cursors_) load(cursor);
    for (size_t i = cursors_.size(); i-- > 0;) SiftDown(i);
  }
  const size_t count = std::min(max_rows, left_);
  scratch_.resize(count);
  size_t n = 0;
  while (n < count) {
    Cursor& top = cursors_[0];
    if (cursors_.size() == 1) {
      const size_t step = std::min(count - n, static_cast<size_t>(top.end - top.at));
      for (size_t i = 0; i < step; ++i) {
        scratch_[n++] = top.at[i].address();
        if (i + kGatherAhead < step) __builtin_prefetch(top.at[i + kGatherAhead].address());
      }
      top.at += step;
      continue;
    }
    scratch_[n++] = top.at->address();
    __builtin_prefetch(top.at->address());
    if (++top.at == top.end) {
      top = cursors_.back();
      cursors_.pop_back();
    } else {
      load(top);
    }
    SiftDown(0);
  }
  left_ -= count;
  return layout_->Gather(scratch_.data(), count, owners_);
}

SortMerge::SortMerge(std::shared_ptr<const SortLayout> layout, std::vector<std::unique_ptr<SortRun>> runs,
                     size_t partition_rows)
    : layout_(std::move(layout)), runs_(std::make_shared<std::vector<std::unique_ptr<SortRun>>>(std::move(runs))) {
  const auto& all = *runs_;
  for (const auto& run : all) {
    row_count_ += run->row_count();
    skip_null_flag_ = skip_null_flag_ && !run->has_null_;
    owners_.push_back(run->heap_->owner());
  }
  const auto before = [&](const SortEntry& a, const SortEntry& b) {
    return layout_->Compare(a.address(), b.address()) < 0;
  };
  const size_t partitions = std::max<size_t>(1, (row_count_ + partition_rows - 1) / partition_rows);
  cuts_.emplace_back(all.size(), 0);
  if (partitions > 1) {
    // Every run gives samples at even distances, as many as it has rows; their quantiles cut all runs.
    constexpr size_t kSamplesPerPartition = 16;
    const size_t distance = std::max<size_t>(1, row_count_ / (partitions * kSamplesPerPartition));
    std::vector<SortEntry> samples;
    for (const auto& run : all) {
      const auto* entries = run->entries_.as<SortEntry>();
      for (size_t i = distance / 2; i < run->row_count(); i += distance) samples.push_back(entries[i]);
    }
    std::sort(samples.begin(), samples.end(), before);
    for (size_t p = 1; p < partitions; ++p) {
      const SortEntry& splitter = samples[p * samples.size() / partitions];
      std::vector<size_t> cut;
      for (const auto& run : all) {
        const auto* entries = run->entries_.as<SortEntry>();
        cut.push_back(
            static_cast<size_t>(std::lower_bound(entries, entries + run->row_count(), splitter, before) - entries));
      }
      cuts_.push_back(std::move(cut));
    }
  }
  std::vector<size_t> ends;
  for (const auto& run : all) ends.push_back(run->row_count());
  cuts_.push_back(std::move(ends));
}

SortedScan SortMerge::Partition(size_t partition) const {
  SortedScan scan;
  scan.layout_ = layout_;
  scan.runs_ = runs_;
  scan.owners_ = owners_;
  scan.skip_null_flag_ = skip_null_flag_;
  scan.prefix_decides_ = layout_->PrefixDecides(skip_null_flag_);
  for (size_t r = 0; r < runs_->size(); ++r) {
    const SortRun& run = *(*runs_)[r];
    const auto* entries = run.entries_.as<SortEntry>();
    const size_t begin = cuts_[partition][r];
    const size_t end = cuts_[partition + 1][r];
    scan.cursors_.push_back({entries + begin, entries + end, 0, !run.has_null_ != skip_null_flag_});
    scan.left_ += end - begin;
  }
  return scan;
}

}  // namespace weir
