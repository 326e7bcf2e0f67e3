// Flush, compaction, sweeping: what keeps a storage's files few and tidy.
#include <algorithm>

#include "storage/background_jobs.h"
#include "storage/segment_reclaimer.h"
#include "storage/storage.h"

namespace weir {

namespace {

constexpr int kConflictRetries = 5;

std::vector<FieldId> AllColumns(const TableDef& table) {
  std::vector<FieldId> out;
  for (const ColumnDef& column : table.columns) out.push_back(column.id);
  return out;
}

}  // namespace

bool Storage::RetryConflicts(const std::function<bool()>& attempt) {
  for (int i = 0;; ++i) {
    try {
      return attempt();
    } catch (const Error& error) {
      // Rows were deleted, or the table dropped, while we worked: what was written goes, and we look again. A table
      // that is changed all the time waits for the next run.
      if (error.sqlstate() == sqlstate::kUndefinedTable) return false;
      if (error.sqlstate() != sqlstate::kSerializationFailure) throw;
      if (i == kConflictRetries) return false;
    }
  }
}

bool Storage::FlushDue(const TableState& table) const {
  if (table.inline_batches.empty()) return false;
  return table.inline_rows >= options_.flush_rows || table.inline_bytes >= options_.flush_bytes ||
         table.inline_batches.size() >= options_.flush_batches;
}

uint64_t Storage::FlushTable(TableId table) {
  uint64_t rows = 0;
  RetryConflicts([&] {
    rows = 0;
    const SnapshotPtr now = snapshot();
    const TablePtr def = now->catalog()->FindTable(table);
    const TableState* state = now->state()->FindTable(table);
    if (def == nullptr || state == nullptr || state->inline_batches.empty()) return false;
    TableDelta removed;
    removed.table = table;
    auto plan = std::make_shared<ScanPlan>(*PlanScan(now, table, {.columns = AllColumns(*def)}));
    std::erase_if(plan->units, [](const ScanUnit& unit) { return unit.segment != nullptr; });
    state->inline_batches.ForEach(
        [&](const InlineRef& ref) { removed.removed.push_back({ref.id(), DeletedRows(ref.deletes)}); });
    TableWriterOptions options = options_.writer;
    options.inline_rows_max = 0;
    options.any_partition = true;
    const auto writer = OpenWriter(now, table, options);
    ScanReader reader(plan, tracker_);
    Chunk chunk;
    for (const ScanUnit& unit : plan->units) {
      reader.Open(unit);
      while (reader.Next(kChunkRowsDefault * 4, nullptr, chunk)) writer->Write(chunk);
    }
    rows = writer->rows();
    removed.Append(writer->Finish());
    removed.inserted_rows = 0;
    CommitRequest request;
    request.kind = CommitKind::kFlush;
    request.tables.push_back(std::move(removed));
    Commit(std::move(request));
    return true;
  });
  return rows;
}

uint64_t Storage::Flush(TableId table) {
  const std::scoped_lock lock(flush_mutex_);
  if (table) return FlushTable(table);
  uint64_t rows = 0;
  for (const TableStatePtr& each : snapshot()->state()->AllTables()) rows += FlushTable(each->table);
  return rows;
}

uint64_t Storage::CompactTable(TableId table, bool full) {
  uint64_t replaced = 0;
  // After each merge the table is looked at anew; what cannot be merged further ends it.
  const bool again = RetryConflicts([&] {
    const SnapshotPtr now = snapshot();
    const TablePtr def = now->catalog()->FindTable(table);
    const TableState* state = now->state()->FindTable(table);
    if (def == nullptr || state == nullptr) return false;
    const auto groups = ChooseCompactions(*state, options_.compaction, full);
    if (groups.empty()) return false;
    const ScanPlanPtr plan = PlanScan(now, table, {.columns = AllColumns(*def)});
    for (const CompactionGroup& group : groups) {
      CommitRequest request;
      request.kind = CommitKind::kCompaction;
      request.tables.push_back(MergeSegments(def, group, plan, ObjectPrefix(*now->catalog(), *def), WriterServices(),
                                             options_.compaction.bytes_max));
      Commit(std::move(request));
      replaced += group.size();
    }
    return !full;
  });
  return again ? replaced + CompactTable(table, false) : replaced;
}

uint64_t Storage::Compact(TableId table, bool full) {
  const std::scoped_lock lock(compaction_mutex_);
  if (table) return CompactTable(table, full);
  uint64_t replaced = 0;
  for (const TableStatePtr& each : snapshot()->state()->AllTables()) replaced += CompactTable(each->table, full);
  return replaced;
}

uint64_t Storage::Sweep(bool orphans) {
  {
    // Our own cached snapshot must not keep what nobody else needs.
    const StatePtr newest = log_->state();
    const std::scoped_lock lock(snapshot_mutex_);
    if (snapshot_ != nullptr && snapshot_->state() != newest) snapshot_.reset();
  }
  uint64_t deleted = reclaimer_->DeleteDue(false);
  if (orphans) deleted += reclaimer_->DeleteOrphans([&] { return log_->state(); }, jobs_ == nullptr);
  return deleted;
}

void Storage::AddJobs() {
  jobs_->Add("flush", options_.job_interval_nanos, [this]() -> std::string {
    const UnixNanos before = services_.clock.Now() - options_.flush_age_nanos;
    uint64_t rows = 0;
    uint64_t tables = 0;
    for (const TableStatePtr& table : snapshot()->state()->AllTables()) {
      bool due = FlushDue(*table);
      if (!due && !table->inline_batches.empty()) due = table->inline_batches.front().batch->written <= before;
      if (!due) continue;
      const std::scoped_lock lock(flush_mutex_);
      rows += FlushTable(table->table);
      ++tables;
    }
    return tables == 0 ? "" : fmt::format("{} rows of {} tables", rows, tables);
  });
  jobs_->Add("compact", options_.job_interval_nanos * 5, [this]() -> std::string {
    const uint64_t replaced = Compact();
    return replaced == 0 ? "" : fmt::format("{} segments replaced", replaced);
  });
  jobs_->Add("sweep", options_.job_interval_nanos * 5, [this]() -> std::string {
    const uint64_t deleted = Sweep(false);
    return deleted == 0 ? "" : fmt::format("{} files deleted", deleted);
  });
  jobs_->Add("orphans", options_.orphan_scan_nanos, [this]() -> std::string {
    const uint64_t deleted = Sweep(true);
    return deleted == 0 ? "" : fmt::format("{} files deleted", deleted);
  });
  jobs_->Add("snapshot", options_.job_interval_nanos * 5, [this]() -> std::string {
    if (!log_->snapshot_due()) return "";
    WriteSnapshot();
    return fmt::format("version {}", log_->snapshot_version());
  });
}

}  // namespace weir
