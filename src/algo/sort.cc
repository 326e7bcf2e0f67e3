#include "algo/sort.h"

#include <hwy/contrib/sort/vqsort.h>

#include <algorithm>
#include <cstring>

#include "base/bytes.h"
#include "runtime/cancellation_scope.h"

namespace weir {

namespace {

constexpr size_t kVectorSortMin = 64;
constexpr size_t kGatherAhead = 8;

}  // namespace

// Entries are sorted as 128-bit numbers: row addresses make them distinct, on which Highway's sorting of key-value
// pairs relies (it loses values of equal keys in 1.0.3), and keep rows of equal prefixes in order of memory.
static_assert(sizeof(SortEntry) == sizeof(hwy::uint128_t) &&
              offsetof(SortEntry, prefix) == offsetof(hwy::uint128_t, hi));

namespace {

// Ranges of equal prefixes that are shorter are sorted by one more word, then by comparing whole keys.
constexpr size_t kRefineMin = 24;
// Rows of such ranges are anywhere in memory: so many entries before they are looked at they are asked for.
constexpr size_t kTiesAhead = 48;
constexpr size_t kEntriesBetweenChecks = size_t{1} << 14;

bool ByPrefix(const SortEntry& a, const SortEntry& b) {
  return a.prefix < b.prefix;
}

void SortByPrefix(SortEntry* entries, size_t count) {
  if (std::is_sorted(entries, entries + count, ByPrefix)) return;
  if (count >= kVectorSortMin) {
    const hwy::Sorter sorter;
    sorter(reinterpret_cast<hwy::uint128_t*>(entries), count, hwy::SortAscending());
  } else {
    std::sort(entries, entries + count, ByPrefix);
  }
}

// One past the entries from `begin` on that have its prefix.
size_t EndOfTies(const SortEntry* entries, size_t begin, size_t count) {
  size_t end = begin + 1;
  while (end < count && entries[end].prefix == entries[begin].prefix) ++end;
  return end;
}

// Few entries whose prefixes were equal, and are the words at `position` now.
void SortFew(const SortLayout& layout, const SortLayout::KeyPosition& position, SortEntry* entries, size_t count) {
  for (size_t i = 1; i < count; ++i) {
    const SortEntry entry = entries[i];
    size_t at = i;
    for (; at > 0 && entry.prefix < entries[at - 1].prefix; --at) entries[at] = entries[at - 1];
    entries[at] = entry;
  }
  for (size_t begin = 0; begin < count;) {
    const size_t end = EndOfTies(entries, begin, count);
    if (end - begin > 1 && layout.NextPosition(position, entries[begin].address()).has_value()) {
      std::sort(entries + begin, entries + end,
                [&](const SortEntry& a, const SortEntry& b) { return layout.Compare(a.address(), b.address()) < 0; });
    }
    begin = end;
  }
}

void SortFrom(const SortLayout& layout, SortLayout::KeyPosition position, SortEntry* entries, size_t count);

// Sorts entries by their prefixes and, where these are equal, by the key from `next(row)` on. Leaves the prefixes as
// they were. `byte` is where the rest of a key is, roughly.
template <typename Next>
void SortTied(const SortLayout& layout, const Next& next_of, size_t byte, SortEntry* entries, size_t count) {
  SortByPrefix(entries, count);
  size_t ahead = 1;
  size_t checked = 0;
  for (size_t begin = 0; begin < count;) {
    const size_t end = EndOfTies(entries, begin, count);
    // Long ranges look ahead themselves.
    ahead = std::max(ahead, end - begin < kRefineMin ? begin + 1 : end);
    for (const size_t until = std::min(end + kTiesAhead, count); ahead < until; ++ahead) {
      if (entries[ahead].prefix != entries[ahead - 1].prefix) continue;
      if (ahead == 1 || entries[ahead - 1].prefix != entries[ahead - 2].prefix) {
        __builtin_prefetch(entries[ahead - 1].address() + byte);
      }
      __builtin_prefetch(entries[ahead].address() + byte);
    }
    if (end - checked >= kEntriesBetweenChecks) {
      CancellationScope::Check();
      checked = end;
    }
    const uint64_t prefix = entries[begin].prefix;
    SortEntry* range = entries + begin;
    const size_t size = end - begin;
    begin = end;
    if (size == 1) continue;
    const std::optional<SortLayout::KeyPosition> next = next_of(range[0].address());
    if (!next) continue;
    for (size_t i = 0; i < size; ++i) {
      if (i + kGatherAhead < size) __builtin_prefetch(range[i + kGatherAhead].address());
      range[i].prefix = layout.KeyWord(*next, range[i].address());
    }
    if (size < kRefineMin) {
      SortFew(layout, *next, range, size);
    } else {
      SortFrom(layout, *next, range, size);
    }
    for (size_t i = 0; i < size; ++i) range[i].prefix = prefix;
  }
}

// For entries whose prefixes are the key's bytes at `position`, all before being equal.
void SortFrom(const SortLayout& layout, SortLayout::KeyPosition position, SortEntry* entries, size_t count) {
  const auto next = [&](const uint8_t* row) { return layout.NextPosition(position, row); };
  SortTied(layout, next, position.byte + sizeof(uint64_t), entries, count);
}

}  // namespace

void SortEntries(const SortLayout& layout, bool skip_null_flag, SortEntry* entries, size_t count) {
  if (count > 1) SortFrom(layout, SortLayout::FirstPosition(skip_null_flag), entries, count);
}

void SortEntries(const SortLayout& layout, const SortPrefix& prefix, SortEntry* entries, size_t count) {
  if (count <= 1) return;
  if (layout.IsDecidedBy(prefix.covered)) return SortByPrefix(entries, count);
  const auto next = [&](const uint8_t* row) { return layout.PositionFrom(prefix.covered, row); };
  SortTied(layout, next, prefix.covered, entries, count);
}

void SortKeyBytes::Add(const SortLayout& layout, uint8_t* const* rows, size_t count) {
  if (count == 0) return;
  const size_t words = (layout.prefix_region() + 7) / 8;
  if (empty_) {
    for (size_t w = 0; w < words; ++w) first_[w] = LoadBigEndian<uint64_t>(rows[0] + 8 * w);
    empty_ = false;
  }
  for (size_t i = 0; i < count; ++i) {
    for (size_t w = 0; w < words; ++w) difference_[w] |= LoadBigEndian<uint64_t>(rows[i] + 8 * w) ^ first_[w];
  }
}

void SortKeyBytes::Add(const SortKeyBytes& other) {
  if (other.empty_) return;
  if (empty_) {
    *this = other;
    return;
  }
  for (size_t w = 0; w < first_.size(); ++w) difference_[w] |= other.difference_[w] | (first_[w] ^ other.first_[w]);
}

SortPrefix::SortPrefix(const SortLayout& layout, const SortKeyBytes& key_bytes) {
  for (; covered < layout.prefix_region(); ++covered) {
    if (!key_bytes.differs(covered)) continue;
    if (count == bytes.size()) return;
    bytes[count++] = static_cast<uint8_t>(covered);
  }
}

SortRun::SortRun(std::shared_ptr<const SortLayout> layout, std::shared_ptr<MemoryTracker> tracker)
    : layout_(std::move(layout)),
      tracker_(std::move(tracker)),
      rows_(std::make_shared<RowBlocks>(layout_->row_bytes(), tracker_)),
      heap_(std::make_shared<RowHeap>()) {
  if (tracker_ == nullptr) return;
  heap_bytes_ = ScopedReservation(tracker_);
  entry_bytes_ = ScopedReservation(tracker_);
}

SortRun::SortRun(std::shared_ptr<const SortLayout> layout, std::shared_ptr<MemoryTracker> tracker, RowBlocks rows,
                 std::shared_ptr<RowHeap> heap, ScopedReservation heap_bytes, ScopedReservation entry_bytes)
    : layout_(std::move(layout)),
      tracker_(std::move(tracker)),
      rows_(std::make_shared<RowBlocks>(std::move(rows))),
      heap_(std::move(heap)),
      heap_bytes_(std::move(heap_bytes)),
      entry_bytes_(std::move(entry_bytes)) {
  rows_->ForEach([&](uint8_t* row) { key_bytes_.Add(*layout_, &row, 1); });
}

int64_t SortRun::EntryBytes(size_t rows) {
  return static_cast<int64_t>(BigArray::ReservedBytes(rows * sizeof(SortEntry)));
}

void SortRun::Append(const Chunk& chunk) {
  if (refused_ != nullptr) throw Error(*refused_);
  const size_t count = chunk.row_count();
  const size_t before = rows_->size();
  targets_.resize(std::max(targets_.size(), count));
  try {
    if (tracker_ != nullptr) {
      entry_bytes_.Resize(EntryBytes(before + count));
    }
    rows_->Append(count, targets_.data());
  } catch (...) {
    rows_->Truncate(before);
    throw;
  }
  layout_->Encode(chunk, targets_.data(), *heap_);
  key_bytes_.Add(*layout_, targets_.data(), count);
  // How much strings take is known only now: what is too much is the end of the run.
  if (tracker_ != nullptr) refused_ = CatchError([&] { heap_bytes_.Resize(static_cast<int64_t>(heap_->bytes())); });
}

void SortRun::Finish() {
  finished_ = true;
  entries_ = BigArray(rows_->size() * sizeof(SortEntry), std::move(entry_bytes_));
  auto* entries = entries_.as<SortEntry>();
  size_t n = 0;
  prefix_ = SortPrefix(*layout_, key_bytes_);
  rows_->ForEach([&](const uint8_t* row) { entries[n++] = {reinterpret_cast<uint64_t>(row), prefix_.Of(row)}; });
  SortEntries(*layout_, prefix_, entries, n);
}

size_t SortRun::MemoryBytes() const {
  return rows_->bytes() + heap_->bytes() + entries_.size();
}

// Sorting the parts together beats a k-way merge: it has no unpredictable branches, and a partition fits the cache.
void SortedScan::Order() {
  std::erase_if(parts_, [](const Part& part) { return part.count == 0; });
  if (parts_.size() == 1) {
    at_ = parts_[0].entries;
    return;
  }
  merged_.reserve(left_);
  for (const Part& part : parts_) {
    for (size_t i = 0; i < part.count; ++i) {
      SortEntry entry = part.entries[i];
      if (part.other_prefixes) {
        if (i + kGatherAhead < part.count) __builtin_prefetch(part.entries[i + kGatherAhead].address());
        entry.prefix = prefix_.Of(entry.address());
      }
      merged_.push_back(entry);
    }
  }
  SortEntries(*layout_, prefix_, merged_.data(), merged_.size());
  at_ = merged_.data();
}

std::optional<Chunk> SortedScan::Next(size_t max_rows) {
  if (left_ == 0) return std::nullopt;
  if (at_ == nullptr) Order();
  const size_t count = std::min(max_rows, left_);
  scratch_.resize(count);
  for (size_t i = 0; i < count; ++i) {
    if (i + kGatherAhead < left_) __builtin_prefetch(at_[i + kGatherAhead].address());
    scratch_[i] = at_[i].address();
  }
  at_ += count;
  left_ -= count;
  return layout_->Gather(scratch_.data(), count, owners_);
}

void SortedScan::TakeRows(const uint8_t** out) {
  if (left_ == 0) return;
  if (at_ == nullptr) Order();
  for (size_t i = 0; i < left_; ++i) out[i] = at_[i].address();
  left_ = 0;
}

SortMerge::SortMerge(std::shared_ptr<const SortLayout> layout, std::vector<std::unique_ptr<SortRun>> runs,
                     size_t partition_rows)
    : layout_(std::move(layout)), runs_(std::make_shared<std::vector<std::unique_ptr<SortRun>>>(std::move(runs))) {
  const auto& all = *runs_;
  SortKeyBytes key_bytes;
  for (const auto& run : all) {
    row_count_ += run->row_count();
    key_bytes.Add(run->key_bytes_);
    owners_.push_back(run->heap_->owner());
  }
  prefix_ = SortPrefix(*layout_, key_bytes);
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
  scan.prefix_ = prefix_;
  for (size_t r = 0; r < runs_->size(); ++r) {
    const SortRun& run = *(*runs_)[r];
    const auto* entries = run.entries_.as<SortEntry>();
    const size_t begin = cuts_[partition][r];
    const size_t end = cuts_[partition + 1][r];
    scan.parts_.push_back({entries + begin, end - begin, !(run.prefix_ == prefix_)});
    scan.left_ += end - begin;
  }
  return scan;
}

}  // namespace weir
