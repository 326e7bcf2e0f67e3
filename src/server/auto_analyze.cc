#include "server/auto_analyze.h"

#include <algorithm>

#include "obs/log.h"
#include "server/scan_details.h"
#include "server/table_sample.h"

namespace weir {

AutoAnalyze::AutoAnalyze(Storage& storage, Random& random, std::shared_ptr<MemoryTracker> memory,
                         AutoAnalyzeOptions options)
    : storage_(storage), memory_(std::move(memory)), options_(options), random_(random.Next()) {
  subscription_ = storage_.log().Subscribe([this](const CommitPtr& commit, const StatePtr& after) {
    if (KeepsContent(commit->kind) && commit->tables.empty()) return;
    const std::scoped_lock lock(mutex_);
    if (!KeepsContent(commit->kind)) {
      for (const TableDelta& delta : commit->tables) {
        tables_[delta.table].changed_rows += delta.inserted_rows + delta.deleted_rows;
      }
    }
    if (!commit->ddl.empty()) {
      std::erase_if(tables_, [&](const auto& entry) { return after->catalog()->FindTable(entry.first) == nullptr; });
    }
  });
}

AutoAnalyze::~AutoAnalyze() {
  storage_.log().Unsubscribe(subscription_);
}

uint64_t AutoAnalyze::ChangedRows(const Snapshot& snapshot, TableId table) const {
  const std::optional<TableDistribution> known = FindDistribution(*snapshot.catalog(), table);
  const uint64_t rows = snapshot.RowCount(table);
  if (!known.has_value()) return rows;
  const TableState* state = snapshot.state()->FindTable(table);
  if (state == nullptr || state->content_changed <= known->version) return 0;
  // The count begins with the process; what the numbers of rows say is known besides.
  const uint64_t difference = rows > known->rows ? rows - known->rows : known->rows - rows;
  const std::scoped_lock lock(mutex_);
  const auto counted = tables_.find(table);
  return counted == tables_.end() ? difference : std::max(difference, counted->second.changed_rows);
}

AutoAnalyzeState AutoAnalyze::StateOf(const Snapshot& snapshot, const TableDef& table) const {
  AutoAnalyzeState out;
  out.changed_rows = ChangedRows(snapshot, table.id);
  const std::scoped_lock lock(mutex_);
  if (const auto found = tables_.find(table.id); found != tables_.end()) out.runs = found->second.runs;
  return out;
}

bool AutoAnalyze::Analyze(const SnapshotPtr& snapshot, const TableDef& table) {
  uint64_t counted = 0;
  {
    const std::scoped_lock lock(mutex_);
    counted = tables_[table.id].changed_rows;
  }
  TableDistribution found;
  found.version = snapshot->version();
  found.rows = snapshot->RowCount(table.id);
  found.analyzed = storage_.clock().Now();
  const bool complete = static_cast<double>(found.rows) <= kSampleRows;
  const std::vector<Chunk> sample = SampleTable(storage_, snapshot, table, options_.rows_read_max, random_, memory_,
                                                [this] { return stopped_.load(); });
  if (stopped_) return false;
  const auto statistics = snapshot->Statistics(table.id);
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const ColumnDef& column = table.columns[i];
    ColumnDistribution described = DescribeColumn(sample, i, column.type, complete, kCommonMax);
    if (!complete && statistics != nullptr && HasDistribution(column.type)) {
      const auto of = statistics->columns.find(column.id);
      if (of != statistics->columns.end() && of->second.distinct_count > 0) {
        described.distinct = static_cast<double>(std::min(of->second.distinct_count, found.rows));
      }
    }
    ScaleDistinct(described, found.rows);
    found.columns[column.id] = std::make_shared<const ColumnDistribution>(std::move(described));
  }
  storage_.ApplyDdl({PutObject{std::string(kDistributionKind), DistributionName(table.id), found.Serialize(), false}});
  const std::scoped_lock lock(mutex_);
  AutoAnalyzeState& state = tables_[table.id];
  state.changed_rows -= std::min(state.changed_rows, counted);
  ++state.runs;
  return true;
}

std::string AutoAnalyze::Run() {
  if (!options_.enabled) return "";
  uint64_t tables = 0, rows = 0;
  const SnapshotPtr first = storage_.snapshot();
  for (const TablePtr& listed : first->catalog()->AllTables()) {
    if (stopped_) break;
    const SnapshotPtr snapshot = storage_.snapshot();
    const TablePtr table = snapshot->catalog()->FindTable(listed->id);
    if (table == nullptr || table->property("auto_analyze") == "off") continue;
    const uint64_t all = snapshot->RowCount(table->id);
    const double due = std::max(static_cast<double>(options_.rows_min), options_.fraction * static_cast<double>(all));
    if (static_cast<double>(ChangedRows(*snapshot, table->id)) <= due) continue;
    if (!Analyze(snapshot, *table)) break;
    ++tables;
    rows += all;
  }
  return tables == 0 ? "" : fmt::format("{} tables, {} rows", tables, rows);
}

}  // namespace weir
