// ANALYZE: what the values of tables look like, for the optimizer. Counts are of all rows, by a query; the most common
// values and histograms of a sample.

#include <algorithm>
#include <set>

#include "server/scan_details.h"
#include "server/statement/statement.h"
#include "server/system/system_table.h"
#include "server/table_sample.h"
#include "sql/binder/catalog_name.h"

namespace weir {

namespace {

struct Target {
  TablePtr table;
  std::string path;  // quoted
  std::vector<const ColumnDef*> columns;
};

std::string Quoted(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

Target MakeTarget(const TablePtr& table, std::string_view database, std::string_view schema) {
  return {table, Quoted(database) + '.' + Quoted(schema) + '.' + Quoted(table->name), {}};
}

std::vector<Target> TargetsOf(Session& session, const ast::Analyze& analyze) {
  const CatalogPtr catalog = session.ReadCatalog();
  std::vector<Target> out;
  if (analyze.targets.empty()) {
    const std::string database = session.name_scope().database;
    for (const RelationInfo& relation : RelationsOf(*catalog, database)) {
      if (relation.table == nullptr) continue;
      out.push_back(MakeTarget(relation.table, database, relation.schema));
      for (const ColumnDef& column : relation.table->columns) out.back().columns.push_back(&column);
    }
    return out;
  }
  for (const ast::AnalyzeTarget& written : analyze.targets) {
    const Relation relation =
        catalog->GetRelation(ToCatalogName(written.table), session.name_scope(), written.table.offset);
    if (relation.table() == nullptr) {
      session.AddNotice(
          {"WARNING", std::string(sqlstate::kSuccessfulCompletion),
           fmt::format("skipping \"{}\" --- cannot analyze non-tables or special system tables", relation.name), ""});
      continue;
    }
    const TablePtr& table = *relation.table();
    out.push_back(MakeTarget(table, relation.database, relation.schema));
    for (const ast::Name name : written.columns) {
      const ColumnDef* column = table->FindColumn(name);
      if (column == nullptr) {
        throw Error::User(sqlstate::kUndefinedColumn, "column \"{}\" of relation \"{}\" does not exist", name,
                          table->name)
            .WithPosition(written.table.offset);
      }
      if (std::ranges::find(out.back().columns, column) != out.back().columns.end()) {
        throw Error::User(sqlstate::kDuplicateColumn, "column \"{}\" of relation \"{}\" appears more than once", name,
                          table->name)
            .WithPosition(written.table.offset);
      }
      out.back().columns.push_back(column);
    }
    if (!written.columns.empty()) continue;
    for (const ColumnDef& column : table->columns) out.back().columns.push_back(&column);
  }
  return out;
}

class Analysis {
 public:
  Analysis(Session& session, std::string_view text, size_t count_max)
      : session_(session),
        count_max_(count_max),
        snapshot_(session.ReadSnapshot()),
        context_(session.MakeStatementContext()),
        token_(session.BeginStatement(text)) {}

  CatalogChange Analyze(const Target& target) {
    TableDistribution found = FindDistribution(*snapshot_->catalog(), target.table->id).value_or(TableDistribution());
    found.version = snapshot_->version();
    found.rows = snapshot_->RowCount(target.table->id);
    found.analyzed = context_.statement_time_us * 1000;
    const bool complete = static_cast<double>(found.rows) <= kSampleRows;
    const std::vector<double> distinct = complete ? std::vector<double>{} : CountDistinct(target);
    const std::vector<Chunk> sample = Sample(target, found.rows);
    for (size_t i = 0; i < target.columns.size(); ++i) {
      ColumnDistribution column = DescribeColumn(sample, i, target.columns[i]->type, complete, count_max_);
      if (!complete && i < distinct.size() && distinct[i] > 0) column.distinct = distinct[i];
      ScaleDistinct(column, found.rows);
      found.columns[target.columns[i]->id] = std::make_shared<const ColumnDistribution>(std::move(column));
    }
    return PutObject{std::string(kDistributionKind), DistributionName(target.table->id), found.Serialize(), false};
  }

 private:
  std::vector<Chunk> Run(const std::string& sql) {
    const auto statements = ParseStatements(sql);
    const BoundStatement bound = BindRows(session_, *statements[0], {}, snapshot_);
    QueryExecution execution(PlanRows(session_, bound, snapshot_), session_.engine().query_services(), context_,
                             snapshot_, session_.engine().memory(), token_, session_.MakeQueryOptions());
    execution.Start();
    std::vector<Chunk> out;
    while (std::optional<Chunk> chunk = execution.Next()) out.push_back(std::move(*chunk));
    return out;
  }

  std::vector<double> CountDistinct(const Target& target) {
    std::string sql = "SELECT ";
    for (const ColumnDef* column : target.columns) {
      if (sql.size() > 7) sql += ", ";
      sql += HasDistribution(column->type) ? "approx_count_distinct(" + Quoted(column->name) + ")" : "0::bigint";
    }
    std::vector<double> out;
    for (const Chunk& chunk : Run(sql + " FROM " + target.path)) {
      if (chunk.empty()) continue;
      for (const ColumnPtr& column : chunk.columns()) {
        const Value value = column->GetValue(chunk.rows()[0]);
        out.push_back(value.is_null() ? 0 : static_cast<double>(value.integer()));
      }
    }
    return out;
  }

  std::vector<Chunk> Sample(const Target& target, uint64_t rows) {
    std::string sql = "SELECT ";
    for (const ColumnDef* column : target.columns) {
      if (sql.size() > 7) sql += ", ";
      sql += Quoted(column->name);
    }
    sql += " FROM " + target.path;
    if (static_cast<double>(rows) > kSampleRows) {
      sql += fmt::format(" WHERE random() < {:.9f}", kSampleRows / static_cast<double>(rows));
    }
    return Run(sql);
  }

  Session& session_;
  const size_t count_max_;
  const SnapshotPtr snapshot_;
  const StatementContext context_;
  const CancellationToken token_;
};

}  // namespace

std::string ExecuteAnalyze(Session& session, const ast::Analyze& analyze) {
  if (analyze.action != ast::AnalyzeAction::kRun && analyze.action != ast::AnalyzeAction::kDropStatistics) {
    throw Error::Unsupported("Run ANALYZE when much has changed.", "jobs that run ANALYZE are not available")
        .WithPosition(analyze.offset);
  }
  if (session.engine().storage() == nullptr) return "ANALYZE";
  const std::vector<Target> targets = TargetsOf(session, analyze);
  std::vector<CatalogChange> changes;
  if (analyze.action == ast::AnalyzeAction::kDropStatistics) {
    for (const Target& target : targets) {
      changes.emplace_back(DropObject{std::string(kDistributionKind), DistributionName(target.table->id), true});
    }
    if (!changes.empty()) session.ApplyDdl(std::move(changes));
    return "DROP STATS";
  }
  const size_t count_max =
      analyze.buckets > 0 ? static_cast<size_t>(std::min<int64_t>(analyze.buckets, 10'000)) : kCommonMax;
  FinishedQuery finished;
  finished.tag = "ANALYZE";
  finished.sqlstate = std::string(sqlstate::kSuccessfulCompletion);
  try {
    Analysis analysis(session, analyze.text, count_max);
    for (const Target& target : targets) changes.push_back(analysis.Analyze(target));
  } catch (...) {
    const Error error = Error::FromCurrentException();
    finished.sqlstate = std::string(error.sqlstate());
    finished.error = error.message();
    session.EndStatement(std::move(finished));
    throw;
  }
  session.EndStatement(std::move(finished));
  if (!changes.empty()) session.ApplyDdl(std::move(changes));
  return "ANALYZE";
}

}  // namespace weir
