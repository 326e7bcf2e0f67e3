#include "storage/compaction.h"

#include <algorithm>
#include <map>

#include "algo/row_compare.h"
#include "column/builder.h"
#include "storage/segment_writer.h"

namespace weir {

namespace {

size_t SizeClass(const SegmentInfo& segment, const CompactionPolicy& policy) {
  const uint64_t bytes = std::max(segment.bytes, segment.rows * policy.row_bytes_min);
  size_t level = 0;
  for (uint64_t limit = policy.level0_bytes; bytes >= limit && level < 32; limit *= policy.fan_in) ++level;
  return level;
}

bool MostlyDeleted(const SegmentRef& ref, const CompactionPolicy& policy) {
  return ref.deletes != nullptr &&
         static_cast<double>(ref.deletes->count()) >= policy.deleted_fraction * static_cast<double>(ref.info->rows);
}

// A source of the merge: one segment's rows in order.
class Cursor {
 public:
  Cursor(const ScanPlanPtr& plan, std::vector<const ScanUnit*> units, const std::shared_ptr<MemoryTracker>& tracker)
      : reader_(plan, tracker), units_(std::move(units)) {
    Load();
  }
  bool at_end() const { return at_end_; }
  const Chunk& chunk() const { return chunk_; }
  size_t row() const { return row_; }
  void Advance(size_t rows) {
    row_ += rows;
    if (row_ == chunk_.size()) Load();
  }

 private:
  void Load() {
    row_ = 0;
    while (true) {
      if (open_ && reader_.Next(kChunkRowsDefault * 4, nullptr, chunk_)) {
        chunk_ = chunk_.Flatten();
        return;
      }
      if (next_unit_ == units_.size()) break;
      reader_.Open(*units_[next_unit_++]);
      open_ = true;
    }
    at_end_ = true;
  }

  ScanReader reader_;
  const std::vector<const ScanUnit*> units_;
  size_t next_unit_ = 0;
  bool open_ = false;
  bool at_end_ = false;
  Chunk chunk_;
  size_t row_ = 0;
};

// Writes rows into segments, a new one whenever one is large enough.
class Output {
 public:
  Output(const TablePtr& table, const std::string& prefix, const TableWriterServices& services, SegmentTarget target,
         uint64_t bytes_max, TableDelta& delta, PendingSegments::Files& files)
      : table_(table),
        prefix_(prefix),
        services_(services),
        target_(std::move(target)),
        bytes_max_(bytes_max),
        delta_(delta),
        files_(files) {}

  void Write(const Chunk& chunk) {
    if (chunk.empty()) return;
    if (writer_ == nullptr) writer_ = std::make_unique<SegmentWriter>(table_, prefix_, services_, files_, target_);
    writer_->Write(chunk);
    if (writer_->bytes() >= bytes_max_) Close();
  }
  void Close() {
    if (writer_ == nullptr) return;
    delta_.added.push_back(writer_->Finish(!table_->sort_key.empty()));
    writer_.reset();
  }

 private:
  const TablePtr& table_;
  const std::string& prefix_;
  const TableWriterServices& services_;
  const SegmentTarget target_;
  const uint64_t bytes_max_;
  TableDelta& delta_;
  PendingSegments::Files& files_;
  std::unique_ptr<SegmentWriter> writer_;
};

void Concatenate(std::vector<std::unique_ptr<Cursor>>& cursors, const CancellationToken& cancel, Output& output) {
  for (const auto& cursor : cursors) {
    while (!cursor->at_end()) {
      cancel.ThrowIfCanceled();
      output.Write(cursor->chunk());
      cursor->Advance(cursor->chunk().size());
    }
  }
}

void Merge(std::vector<std::unique_ptr<Cursor>>& cursors, const TableDef& table, const CancellationToken& cancel,
           Output& output) {
  std::vector<SortColumn> keys;
  for (const FieldId id : table.sort_key) keys.push_back({table.ColumnIndex(id), false, true});
  const auto less = [&](const Cursor& a, const Cursor& b) {
    return CompareRows(keys, a.chunk(), a.row(), b.chunk(), b.row()) < 0;
  };
  std::vector<Cursor*> heap;
  for (const auto& cursor : cursors) {
    if (!cursor->at_end()) heap.push_back(cursor.get());
  }
  const auto later = [&](const Cursor* a, const Cursor* b) { return less(*b, *a); };
  std::make_heap(heap.begin(), heap.end(), later);
  std::vector<ColumnBuilder> builders;
  const auto restart = [&] {
    builders.clear();
    for (const ColumnDef& column : table.columns) builders.emplace_back(column.type);
  };
  restart();
  const auto flush = [&] {
    cancel.ThrowIfCanceled();
    const size_t rows = builders[0].size();
    std::vector<ColumnPtr> columns;
    for (ColumnBuilder& builder : builders) columns.push_back(builder.Finish());
    output.Write(Chunk(std::move(columns), rows));
  };
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), later);
    Cursor* least = heap.back();
    heap.pop_back();
    // As many rows as come before all other cursors.
    const Chunk& chunk = least->chunk();
    size_t end = least->row() + 1;
    if (heap.empty()) {
      end = chunk.size();
    } else {
      const Cursor& next = *heap.front();
      while (end < chunk.size() && CompareRows(keys, chunk, end, next.chunk(), next.row()) <= 0) ++end;
    }
    std::vector<uint32_t> rows(end - least->row());
    for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<uint32_t>(least->row() + i);
    for (size_t i = 0; i < builders.size(); ++i) builders[i].AppendRows(*chunk.column(i), RowSet::Of(rows));
    least->Advance(rows.size());
    if (!least->at_end()) {
      heap.push_back(least);
      std::push_heap(heap.begin(), heap.end(), later);
    }
    if (builders[0].size() >= kChunkRowsDefault * 4) flush();
  }
  if (builders[0].size() != 0) flush();
}

}  // namespace

std::vector<CompactionGroup> ChooseCompactions(const TableState& table, const CompactionPolicy& policy, bool full) {
  std::map<std::pair<std::string, uint32_t>, CompactionGroup> by_place;
  table.segments.ForEach(
      [&](const SegmentRef& ref) { by_place[{ref.info->partition, ref.info->bucket}].push_back(ref); });
  std::vector<CompactionGroup> groups;
  for (auto& [place, segments] : by_place) {
    if (full) {
      const bool tidy = segments.size() == 1 && segments[0].deletes == nullptr;
      if (!tidy) groups.push_back(std::move(segments));
      continue;
    }
    std::map<size_t, CompactionGroup> classes;
    for (SegmentRef& ref : segments) {
      if (MostlyDeleted(ref, policy)) {
        groups.push_back({std::move(ref)});
      } else if (ref.info->bytes < policy.bytes_max) {
        classes[SizeClass(*ref.info, policy)].push_back(std::move(ref));
      }
    }
    for (auto& [size_class, members] : classes) {
      if (members.size() < policy.fan_in) continue;
      // Oldest first, so that neighbours in time stay together; up to the size of the largest class.
      CompactionGroup group;
      uint64_t bytes = 0;
      for (SegmentRef& ref : members) {
        if (group.size() >= policy.segments_max || (group.size() >= 2 && bytes + ref.info->bytes > policy.bytes_max))
          break;
        bytes += ref.info->bytes;
        group.push_back(std::move(ref));
      }
      // A merge must at least halve the number, or large segments would be rewritten for ever.
      const uint64_t outputs = bytes / policy.bytes_max + 1;
      if (group.size() >= 2 * outputs) groups.push_back(std::move(group));
    }
  }
  std::stable_sort(groups.begin(), groups.end(),
                   [](const CompactionGroup& a, const CompactionGroup& b) { return a.size() > b.size(); });
  return groups;
}

TableDelta MergeSegments(const TablePtr& table, const CompactionGroup& group, const ScanPlanPtr& plan,
                         const std::string& object_prefix, const TableWriterServices& services, uint64_t bytes_max) {
  TableDelta delta;
  delta.table = table->id;
  const auto files = services.pending->NewFiles();
  SegmentTarget target;
  target.partition = group[0].info->partition;
  target.partition_values = group[0].info->partition_values;
  target.bucket = group[0].info->bucket;
  bool sorted = !table->sort_key.empty();
  std::vector<std::unique_ptr<Cursor>> cursors;
  for (const SegmentRef& ref : group) {
    delta.removed.push_back({ref.id(), DeletedRows(ref.deletes)});
    target.level = std::max(target.level, ref.info->level + 1);
    sorted = sorted && ref.info->sorted;
    std::vector<const ScanUnit*> units;
    for (const ScanUnit& unit : plan->units) {
      if (unit.segment == ref.info) units.push_back(&unit);
    }
    cursors.push_back(std::make_unique<Cursor>(plan, std::move(units), services.tracker));
  }
  if (!table->sort_key.empty() && !sorted) {
    // Some were written before there was a sort key: through the writer, which sorts in memory.
    TableWriter writer(table, object_prefix, services,
                       {.inline_rows_max = 0, .level = target.level, .any_partition = true});
    for (const auto& cursor : cursors) {
      while (!cursor->at_end()) {
        writer.Write(cursor->chunk());
        cursor->Advance(cursor->chunk().size());
      }
    }
    delta.Append(writer.Finish());
  } else {
    Output output(table, object_prefix, services, std::move(target), bytes_max, delta, *files);
    if (sorted) {
      Merge(cursors, *table, services.cancel, output);
    } else {
      Concatenate(cursors, services.cancel, output);
    }
    output.Close();
    delta.files = files;
  }
  delta.inserted_rows = 0;
  return delta;
}

}  // namespace weir
