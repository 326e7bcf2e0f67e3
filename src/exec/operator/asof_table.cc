#include "exec/operator/asof_table.h"

#include <algorithm>
#include <utility>

#include "column/builder.h"

namespace weir {

namespace {

constexpr size_t kPrefetchAhead = 16;
// Rows that are searched for at a time, so that their misses overlap.
constexpr size_t kSearchBatch = 128;
// A group in the hash table, at most.
constexpr int64_t kGroupBytes = 64;

JoinTableSpec GroupSpec(const AsofPlan& plan) {
  JoinTableSpec spec;
  for (size_t k = 0; k < plan.right().key_count(); ++k) {
    spec.key_types.push_back(plan.right().layout()->types()[plan.right().key_column(k)]);
  }
  spec.payload_types = {TypeKind::kInt64, TypeKind::kInt64};
  spec.null_equal = plan.null_safe();
  return spec;
}

}  // namespace

AsofTable::AsofTable(const AsofPlan& plan, std::shared_ptr<MemoryTracker> tracker)
    : plan_(plan),
      layout_(*plan.right().layout()),
      tracker_(std::move(tracker)),
      key_count_(plan.right().key_count()),
      has_words_(layout_.HasWords(key_count_)) {}

int64_t AsofTable::BytesFor(const AsofPlan& plan, size_t rows) {
  const int64_t groups = plan.right().key_count() == 0 ? 0 : kGroupBytes;
  return static_cast<int64_t>(rows) * (static_cast<int64_t>(sizeof(Entry)) + 1 + groups);
}

size_t AsofTable::PrepareOrder(std::vector<std::unique_ptr<SortRun>> runs) {
  merge_ = std::make_unique<SortMerge>(plan_.right().layout(), std::move(runs));
  row_count_ = merge_->row_count();
  entries_ = BigArray(row_count_ * sizeof(Entry), tracker_);
  if (plan_.keeps_right()) matched_ = BigArray::Zeroed(row_count_, tracker_);
  offsets_.push_back(0);
  for (size_t p = 0; p < merge_->partition_count(); ++p) {
    offsets_.push_back(offsets_.back() + merge_->Partition(p).row_count());
  }
  starts_.resize(merge_->partition_count());
  return merge_->partition_count();
}

bool AsofTable::SameGroup(const uint8_t* a, const uint8_t* b) const {
  return layout_.SameKeys(a, b, key_count_) && layout_.KeyIsNull(a, key_count_) == layout_.KeyIsNull(b, key_count_);
}

void AsofTable::Order(size_t task) {
  SortedScan scan = merge_->Partition(task);
  const size_t count = scan.row_count();
  std::vector<const uint8_t*> rows(count);
  scan.TakeRows(rows.data());
  Entry* out = entries() + offsets_[task];
  const bool finds_groups = has_words_ && key_count_ != 0;
  size_t ordered = 0;
  for (size_t i = 0; i < count; ++i) {
    if (i + kPrefetchAhead < count) __builtin_prefetch(rows[i + kPrefetchAhead]);
    out[i].row = rows[i];
    if (!has_words_) continue;
    out[i].word = layout_.Word(rows[i], key_count_);
    ordered += layout_.KeyIsNull(rows[i], key_count_) ? 0 : 1;
    if (finds_groups && (i == 0 || !SameGroup(rows[i - 1], rows[i]))) starts_[task].push_back(offsets_[task] + i);
  }
  ordered_rows_.fetch_add(ordered, std::memory_order_relaxed);
}

size_t AsofTable::PrepareGroups() {
  if (!has_words_ || key_count_ == 0) return 0;
  groups_ = std::make_unique<JoinTable>(GroupSpec(plan_), tracker_);
  // A group may go on from one partition to the next.
  for (size_t p = 0; p < starts_.size(); ++p) {
    std::vector<uint64_t>& starts = starts_[p];
    if (starts.empty() || starts[0] == 0) continue;
    if (SameGroup(row(starts[0] - 1), row(starts[0]))) starts.erase(starts.begin());
  }
  ends_.resize(starts_.size());
  uint64_t end = row_count_;
  for (size_t p = starts_.size(); p-- > 0;) {
    ends_[p] = end;
    if (!starts_[p].empty()) end = starts_[p][0];
  }
  return starts_.size();
}

void AsofTable::AddGroups(size_t task) {
  const std::vector<uint64_t>& starts = starts_[task];
  std::unique_ptr<JoinTable::Collector> collector = groups_->MakeCollector();
  for (size_t begin = 0; begin < starts.size(); begin += kChunkRowsDefault) {
    std::vector<const uint8_t*> rows;
    std::vector<int64_t> bounds;
    for (size_t i = begin; i < std::min(starts.size(), begin + kChunkRowsDefault); ++i) {
      const uint8_t* first = row(starts[i]);
      if (layout_.KeyIsNull(first, key_count_)) continue;
      rows.push_back(first);
      bounds.push_back(static_cast<int64_t>(starts[i]));
      bounds.push_back(static_cast<int64_t>(i + 1 < starts.size() ? starts[i + 1] : ends_[task]));
    }
    if (rows.empty()) continue;
    std::vector<ColumnPtr> keys, payload;
    for (size_t k = 0; k < key_count_; ++k) {
      keys.push_back(Gather(plan_.right().key_column(k), rows.data(), rows.size()));
    }
    for (const size_t bound : {0, 1}) {
      FlatWriter<int64_t> writer(TypeKind::kInt64, rows.size());
      for (size_t i = 0; i < rows.size(); ++i) writer.Set(i, bounds[2 * i + bound]);
      payload.push_back(writer.Finish());
    }
    collector->Append(keys, payload, RowSet::All(rows.size()));
  }
  groups_->AddCollector(std::move(collector));
}

size_t AsofTable::PrepareBuild() {
  starts_.clear();
  if (groups_ == nullptr) return 0;
  groups_->PrepareBuild();
  return groups_->build_task_count();
}

ColumnPtr AsofTable::Gather(size_t column, const uint8_t* const* rows, size_t count) const {
  return layout_.rows().Gather(column, rows, count, merge_->owners());
}

void AsofTable::MarkMatched(uint64_t position) const {
  const std::atomic_ref<uint8_t> mark(matched_.data()[position]);
  if (mark.load(std::memory_order_relaxed) == 0) mark.store(1, std::memory_order_relaxed);
}

// ---- AsofFinder

AsofFinder::AsofFinder(const AsofTable& table) : table_(table) {
  if (table.groups_ != nullptr) probe_.emplace(*table.groups_);
}

void AsofFinder::Find(const std::vector<ColumnPtr>& keys, const RowSet& rows, uint64_t* out) {
  const size_t count = rows.count();
  if (table_.row_count() == 0) {
    std::fill_n(out, count, AsofTable::kNone);
    return;
  }
  if (!table_.has_words()) return FindByRows(keys, rows, out);
  words_.resize(count);
  table_.layout_.EncodeWords(table_.key_count_, *keys.back(), rows, words_.data());
  FindGroups(keys, rows);
  for (size_t begin = 0; begin < count; begin += kSearchBatch) {
    const size_t end = std::min(count, begin + kSearchBatch);
    if (table_.plan_.strict()) {
      Search<true>(begin, end, out);
    } else {
      Search<false>(begin, end, out);
    }
  }
}

void AsofFinder::FindGroups(const std::vector<ColumnPtr>& keys, const RowSet& rows) {
  const size_t count = rows.count();
  if (!probe_.has_value()) {
    begins_.assign(count, 0);
    lengths_.assign(count, table_.ordered_rows_.load(std::memory_order_relaxed));
    return;
  }
  groups_.resize(count);
  probe_->First({keys.data(), table_.key_count_}, rows, groups_.data());
  const ColumnPtr begins = table_.groups_->GatherPayload(0, groups_.data(), count);
  const ColumnPtr ends = table_.groups_->GatherPayload(1, groups_.data(), count);
  begins_.resize(count);
  lengths_.resize(count);
  for (size_t i = 0; i < count; ++i) {
    const bool found = groups_[i] != nullptr;
    begins_[i] = found ? static_cast<uint64_t>(begins->values<int64_t>()[i]) : 0;
    lengths_[i] = found ? static_cast<uint64_t>(ends->values<int64_t>()[i]) - begins_[i] : 0;
  }
}

// Halves the ranges of all rows of the batch by turns.
template <bool kStrict>
void AsofFinder::Search(size_t begin, size_t end, uint64_t* out) {
  const AsofTable::Entry* entries = table_.entries();
  const auto is_before = [](uint64_t word, uint64_t than) { return kStrict ? word < than : word <= than; };
  std::array<uint64_t, kSearchBatch> at;
  std::array<uint64_t, kSearchBatch> left;
  uint64_t longest = 0;
  const size_t count = end - begin;
  for (size_t i = 0; i < count; ++i) {
    at[i] = begins_[begin + i];
    left[i] = lengths_[begin + i];
    longest = std::max(longest, left[i]);
  }
  for (; longest > 1; longest -= longest / 2) {
    for (size_t i = 0; i < count; ++i) {
      const uint64_t half = left[i] / 2;
      const uint64_t middle = at[i] + half - (half != 0 ? 1 : 0);
      at[i] += is_before(entries[middle].word, words_[begin + i]) ? half : 0;
      left[i] -= half;
    }
  }
  for (size_t i = 0; i < count; ++i) {
    const bool is_in = left[i] != 0 && is_before(entries[at[i]].word, words_[begin + i]);
    const uint64_t after = at[i] + (is_in ? 1 : 0);
    out[begin + i] = after == begins_[begin + i] ? AsofTable::kNone : after - 1;
  }
}

void AsofFinder::FindByRows(const std::vector<ColumnPtr>& keys, const RowSet& rows, uint64_t* out) {
  const SortLayout& layout = table_.layout_;
  const size_t count = rows.count();
  const size_t size = keys.back()->size();
  std::vector<ColumnPtr> columns;
  for (const Type& type : layout.types()) columns.push_back(Column::ConstantNull(type, size));
  for (size_t k = 0; k < keys.size(); ++k) columns[layout.keys()[k].column] = keys[k];
  auto selection = std::make_shared<Selection>(count);
  for (size_t i = 0; i < count; ++i) (*selection)[i] = static_cast<uint32_t>(rows[i]);
  scratch_.resize(count * layout.row_bytes() / sizeof(uint64_t) + 1);
  targets_.resize(count);
  for (size_t i = 0; i < count; ++i) {
    targets_[i] = reinterpret_cast<uint8_t*>(scratch_.data()) + i * layout.row_bytes();
  }
  RowHeap heap;
  layout.Encode(Chunk(std::move(columns), size, std::move(selection)), targets_.data(), heap);
  const AsofTable::Entry* entries = table_.entries();
  const bool strict = table_.plan_.strict();
  for (size_t i = 0; i < count; ++i) {
    const uint8_t* wanted = targets_[i];
    const auto* after = std::partition_point(entries, entries + table_.row_count(), [&](const AsofTable::Entry& entry) {
      const int order = layout.Compare(entry.row, wanted);
      return strict ? order < 0 : order <= 0;
    });
    const bool found = after != entries && layout.SameKeys((after - 1)->row, wanted, table_.key_count_);
    out[i] = found ? static_cast<uint64_t>(after - 1 - entries) : AsofTable::kNone;
  }
}

}  // namespace weir
