#include "obs/metrics.h"
#include "optimizer/optimizer.h"
#include "server/engine.h"
#include "server/scan_details.h"
#include "server/settings.h"
#include "server/system/definition.h"
#include "server/system/function_table.h"
#include "server/system/system_table.h"
#include "storage/footer_cache.h"
#include "storage/snapshot.h"

namespace weir {

namespace {

const Type kText = TypeKind::kVarchar;
const Type kBigint = TypeKind::kInt64;
const Type kReal = TypeKind::kDouble;
const Type kBool = TypeKind::kBoolean;
const Type kTime = TypeKind::kTimestampTzNs;

void FillCommits(const SystemTableInput& input, RowWriter& out) {
  if (input.engine.storage() == nullptr) return;
  for (const CommitSummary& commit : input.engine.storage()->log().Recent(100'000)) {
    out.Int(static_cast<int64_t>(commit.version.value())).Text(CommitKindName(commit.kind)).Text(commit.label);
    out.Int(commit.time).Int(static_cast<int64_t>(commit.inserted_rows)).Int(static_cast<int64_t>(commit.deleted_rows));
    out.Int(commit.segments_added).Int(commit.parts_removed).Int(static_cast<int64_t>(commit.payload_bytes));
    out.Text(commit.description).EndRow();
  }
}

void FillSegments(const SystemTableInput& input, RowWriter& out) {
  if (input.engine.storage() == nullptr) return;
  const SnapshotPtr snapshot = input.engine.storage()->snapshot();
  for (const TablePtr& table : snapshot->catalog()->AllTables()) {
    const TableState* state = snapshot->state()->FindTable(table->id);
    if (state == nullptr) continue;
    const std::string path = snapshot->catalog()->PathOf(*table);
    state->segments.ForEach([&](const SegmentRef& ref) {
      out.Text(path).Text(ref.info->path).Text(ref.info->partition).Int(ref.info->level);
      out.Int(static_cast<int64_t>(ref.info->rows)).Int(static_cast<int64_t>(ref.info->rows - ref.live_rows()));
      out.Int(static_cast<int64_t>(ref.info->bytes)).Text("segment").EndRow();
    });
    state->inline_batches.ForEach([&](const InlineRef& ref) {
      out.Text(path).Null().Text("").Int(0).Int(static_cast<int64_t>(ref.batch->rows.size()));
      out.Int(static_cast<int64_t>(ref.batch->rows.size() - ref.live_rows()));
      out.Int(static_cast<int64_t>(ref.batch->bytes)).Text("inline").EndRow();
    });
  }
}

void FillTables(const SystemTableInput& input, RowWriter& out) {
  if (input.engine.storage() == nullptr) return;
  const SnapshotPtr snapshot = input.engine.storage()->snapshot();
  for (const TablePtr& table : snapshot->catalog()->AllTables()) {
    const auto statistics = snapshot->Statistics(table->id);
    uint64_t segments = 0, inlined = 0;
    if (const TableState* state = snapshot->state()->FindTable(table->id)) {
      state->segments.ForEach([&](const SegmentRef&) { ++segments; });
      state->inline_batches.ForEach([&](const InlineRef& ref) { inlined += ref.live_rows(); });
    }
    out.Text(snapshot->catalog()->PathOf(*table)).Text(TableKindName(table->kind));
    out.Int(statistics == nullptr ? 0 : static_cast<int64_t>(statistics->row_count));
    out.Int(statistics == nullptr ? 0 : static_cast<int64_t>(statistics->bytes));
    out.Int(static_cast<int64_t>(segments)).Int(static_cast<int64_t>(inlined));
    const std::optional<TableDistribution> analyzed = FindDistribution(*snapshot->catalog(), table->id);
    if (analyzed.has_value()) {
      out.Int(analyzed->analyzed);
    } else {
      out.Null();
    }
    const AutoAnalyzeState state = input.engine.auto_analyze()->StateOf(*snapshot, *table);
    out.Int(static_cast<int64_t>(state.changed_rows)).Int(static_cast<int64_t>(state.runs)).EndRow();
  }
}

void FillColumnStatistics(const SystemTableInput& input, RowWriter& out) {
  if (input.engine.storage() == nullptr) return;
  const SnapshotPtr snapshot = input.engine.storage()->snapshot();
  for (const TablePtr& table : snapshot->catalog()->AllTables()) {
    const auto statistics = snapshot->Statistics(table->id);
    if (statistics == nullptr) continue;
    const std::string path = snapshot->catalog()->PathOf(*table);
    const std::optional<TableDistribution> analyzed = FindDistribution(*snapshot->catalog(), table->id);
    const auto bound = [&](const std::optional<Value>& value) {
      if (value.has_value()) {
        out.Text(value->ToString());
      } else {
        out.Null();
      }
    };
    for (const auto& column : table->columns) {
      const auto known = statistics->columns.find(column.id);
      if (known == statistics->columns.end()) continue;
      const ColumnStatistics& of = known->second;
      ColumnDistributionPtr found;
      if (analyzed.has_value() && analyzed->columns.contains(column.id)) found = analyzed->columns.at(column.id);
      const double rows = static_cast<double>(statistics->row_count);
      const auto distinct = found != nullptr && found->distinct != 0
                                ? static_cast<uint64_t>(found->DistinctOf(rows) + 0.5)
                                : of.distinct_count;
      out.Text(path).Text(column.name).Int(static_cast<int64_t>(statistics->row_count));
      out.Int(static_cast<int64_t>(of.null_count));
      if (distinct == 0) {
        out.Null();
      } else {
        out.Int(static_cast<int64_t>(distinct));
      }
      bound(of.min);
      bound(of.max);
      out.Int(static_cast<int64_t>(of.bytes));
      if (found != nullptr) {
        out.Int(static_cast<int64_t>(analyzed->version.value())).Real(found->null_fraction).Real(found->width);
        out.Int(static_cast<int64_t>(found->common.size()));
        out.Int(found->bounds.empty() ? 0 : static_cast<int64_t>(found->bounds.size()) - 1);
      }
      out.EndRow();
    }
  }
}

void FillJobs(const SystemTableInput& input, RowWriter& out) {
  if (input.engine.storage() == nullptr) return;
  for (const JobInfo& job : input.engine.storage()->jobs()) WriteJob(job, out);
}

void FillMemory(const SystemTableInput& input, RowWriter& out) {
  for (const MemoryUsage& usage : input.engine.memory()->Snapshot()) {
    out.Int(static_cast<int64_t>(usage.id));
    if (usage.parent_id == 0) {
      out.Null();
    } else {
      out.Int(static_cast<int64_t>(usage.parent_id));
    }
    out.Text(usage.name).Text(MemoryScopeName(usage.scope)).Int(usage.used_bytes).Int(usage.peak_bytes);
    if (usage.limit_bytes == MemoryTracker::kNoLimit) {
      out.Null();
    } else {
      out.Int(usage.limit_bytes);
    }
    out.EndRow();
  }
}

void FillSettings(const SystemTableInput& input, RowWriter& out) {
  const auto settings = input.engine.SettingsOf(input.statement.session_id);
  for (const SettingDef& def : SettingDefs()) {
    out.Text(def.name)
        .Text(settings == nullptr ? std::string(def.fallback) : settings->Get(def.name))
        .Text(def.description)
        .Bool(!def.read_only)
        .EndRow();
  }
}

void FillOptimizerRules(const SystemTableInput&, RowWriter& out) {
  int64_t position = 0;
  for (const OptimizerPass& pass : OptimizerPasses()) {
    out.Int(++position).Text(pass.phase).Text(pass.name).Text(pass.reason).Bool(!pass.required).EndRow();
  }
}

void FillSessions(const SystemTableInput& input, RowWriter& out) {
  for (const SessionInfo& session : input.engine.sessions()) {
    out.Int(session.id).Text(session.user).Text(session.database).Text(session.client_address).Text(session.state);
    out.Text(session.query).Int(session.started).Int(session.query_started).EndRow();
  }
}

void FillQueries(const SystemTableInput& input, RowWriter& out) {
  for (const FinishedQuery& query : input.engine.finished_queries()) {
    out.Int(query.session_id).Text(query.user).Text(query.database).Text(query.query).Text(query.tag);
    out.Text(query.sqlstate).Text(query.error).Int(query.started);
    out.Real(static_cast<double>(query.duration_nanos) / 1e6).Real(static_cast<double>(query.cpu_nanos) / 1e6);
    out.Int(static_cast<int64_t>(query.rows)).Int(query.memory_bytes_peak).Bool(query.from_cache).EndRow();
  }
}

void FillQueryCache(const SystemTableInput& input, RowWriter& out) {
  QueryCache* cache = input.engine.cache();
  if (cache == nullptr) return;
  for (const CacheKind kind : {CacheKind::kResult, CacheKind::kPartial}) {
    const QueryCache::Usage usage = cache->usage(kind);
    out.Text(CacheKindName(kind)).Int(static_cast<int64_t>(usage.entries)).Int(usage.bytes);
    out.Int(static_cast<int64_t>(usage.hits)).Int(static_cast<int64_t>(usage.misses));
    out.Int(static_cast<int64_t>(usage.insertions)).Int(static_cast<int64_t>(usage.evictions));
    out.Int(static_cast<int64_t>(usage.outdated)).EndRow();
  }
}

void FillPageCache(const SystemTableInput& input, RowWriter& out) {
  const parquet::PageCache* cache = input.engine.footers()->pages().get();
  if (cache == nullptr) return;
  const parquet::PageCache::Usage usage = cache->usage();
  out.Int(static_cast<int64_t>(usage.pages)).Int(static_cast<int64_t>(usage.headers));
  out.Int(usage.bytes).Int(usage.bytes_hot).Int(cache->bytes_max());
  out.Int(static_cast<int64_t>(cache->hits())).Int(static_cast<int64_t>(cache->misses()));
  out.Int(static_cast<int64_t>(usage.insertions)).Int(static_cast<int64_t>(usage.rejections));
  out.Int(static_cast<int64_t>(usage.evictions)).Int(static_cast<int64_t>(usage.reclaimed)).EndRow();
}

void FillMetrics(const SystemTableInput& input, RowWriter& out) {
  for (const obs::MetricSample& sample : input.engine.services().metrics.Snapshot()) {
    std::string labels;
    for (const auto& [name, value] : sample.labels) labels += (labels.empty() ? "" : ", ") + name + "=" + value;
    out.Text(sample.name).Text(obs::MetricKindName(sample.kind)).Text(labels).Real(sample.value).Real(sample.sum);
    out.Text(sample.unit).Text(sample.help).EndRow();
  }
}

void FillDefinitions(const SystemTableInput& input, RowWriter& out) {
  for (const RelationInfo& relation : RelationsOf(input.catalog, input.statement.database)) {
    if (relation.system) continue;
    out.Text(relation.schema).Text(relation.name).Text(relation.view == nullptr ? "table" : "view");
    out.Text(DefinitionOf(relation)).EndRow();
  }
}

}  // namespace

std::vector<SystemTableDef> WeirCatalogTables() {
  std::vector<SystemTableDef> out;
  out.push_back(FunctionTable());
  out.push_back({"commits",
                 {{"version", kBigint},
                  {"kind", kText},
                  {"label", kText},
                  {"committed", kTime},
                  {"inserted_rows", kBigint},
                  {"deleted_rows", kBigint},
                  {"segments_added", kBigint},
                  {"parts_removed", kBigint},
                  {"payload_bytes", kBigint},
                  {"description", kText}},
                 "The newest commits",
                 FillCommits});
  out.push_back({"segments",
                 {{"table", kText},
                  {"path", kText},
                  {"partition", kText},
                  {"level", kBigint},
                  {"rows", kBigint},
                  {"deleted_rows", kBigint},
                  {"bytes", kBigint},
                  {"kind", kText}},
                 "Segments and inline rows of all tables",
                 FillSegments});
  out.push_back(
      {"tables",
       {{"table", kText},
        {"kind", kText},
        {"rows", kBigint},
        {"bytes", kBigint},
        {"segments", kBigint},
        {"inline_rows", kBigint},
        {"analyzed", TypeKind::kTimestampTzNs},
        {"changed_rows", kBigint},
        {"auto_analyze_count", kBigint}},
       "Tables with their sizes, when they were analyzed, the rows that have changed since, and how often the "
       "job did it since the process began",
       FillTables});
  out.push_back({"column_statistics",
                 {{"table", kText},
                  {"column", kText},
                  {"rows", kBigint},
                  {"nulls", kBigint},
                  {"distinct_values", kBigint},
                  {"min", kText},
                  {"max", kText},
                  {"bytes", kBigint},
                  {"analyzed_version", kBigint},
                  {"null_fraction", kReal},
                  {"average_width", kReal},
                  {"common_values", kBigint},
                  {"histogram_buckets", kBigint}},
                 "What the optimizer knows of the columns of stored tables",
                 FillColumnStatistics});
  out.push_back({"jobs", JobColumns(), "Background jobs", FillJobs});
  out.push_back({"memory",
                 {{"id", kBigint},
                  {"parent_id", kBigint},
                  {"name", kText},
                  {"scope", kText},
                  {"used_bytes", kBigint},
                  {"peak_bytes", kBigint},
                  {"limit_bytes", kBigint}},
                 "The tree of memory trackers",
                 FillMemory});
  out.push_back({"settings",
                 {{"name", kText}, {"setting", kText}, {"description", kText}, {"changeable", kBool}},
                 "Settings with their defaults; SHOW gives the session's values",
                 FillSettings});
  out.push_back(
      {"optimizer_rules",
       {{"position", kBigint}, {"phase", kText}, {"name", kText}, {"reason", kText}, {"can_be_disabled", kBool}},
       "Passes of the optimizer in their order; SET optimizer_disabled = 'name, ...' leaves some out",
       FillOptimizerRules});
  out.push_back({"sessions",
                 {{"id", kBigint},
                  {"user", kText},
                  {"database", kText},
                  {"client_address", kText},
                  {"state", kText},
                  {"query", kText},
                  {"started", kTime},
                  {"query_started", kTime}},
                 "Connected sessions",
                 FillSessions});
  out.push_back({"queries",
                 {{"session_id", kBigint},
                  {"user", kText},
                  {"database", kText},
                  {"query", kText},
                  {"tag", kText},
                  {"sqlstate", kText},
                  {"error", kText},
                  {"started", kTime},
                  {"duration_ms", kReal},
                  {"cpu_ms", kReal},
                  {"rows", kBigint},
                  {"memory_bytes_peak", kBigint},
                  {"from_cache", kBool}},
                 "Statements that have ended, the newest last",
                 FillQueries});
  out.push_back({"query_cache",
                 {{"kind", kText},
                  {"entries", kBigint},
                  {"bytes", kBigint},
                  {"hits", kBigint},
                  {"misses", kBigint},
                  {"insertions", kBigint},
                  {"evictions", kBigint},
                  {"outdated", kBigint}},
                 "Answers of statements (result) and aggregates of row groups (partial) that are kept",
                 FillQueryCache});
  out.push_back({"page_cache",
                 {{"pages", kBigint},
                  {"headers", kBigint},
                  {"bytes", kBigint},
                  {"bytes_hot", kBigint},
                  {"bytes_max", kBigint},
                  {"hits", kBigint},
                  {"misses", kBigint},
                  {"insertions", kBigint},
                  {"rejections", kBigint},
                  {"evictions", kBigint},
                  {"reclaimed", kBigint}},
                 "Decompressed pages of segments and Parquet files that are kept",
                 FillPageCache});
  out.push_back({"metrics",
                 {{"name", kText},
                  {"kind", kText},
                  {"labels", kText},
                  {"value", kReal},
                  {"sum", kReal},
                  {"unit", kText},
                  {"help", kText}},
                 "The server's own metrics",
                 FillMetrics});
  out.push_back({"definitions",
                 {{"schema", kText}, {"name", kText}, {"kind", kText}, {"definition", kText}},
                 "CREATE statements of tables and views",
                 FillDefinitions});
  return out;
}

}  // namespace weir
