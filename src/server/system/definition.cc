#include "server/system/definition.h"

#include "sql/parser/to_sql.h"

namespace weir {

namespace {

std::string ColumnList(const TableDef& table, const std::vector<FieldId>& fields) {
  std::string out;
  for (const FieldId field : fields) {
    const ColumnDef* column = table.FindColumn(field);
    if (column == nullptr) continue;
    if (!out.empty()) out += ", ";
    out += QuoteName(column->name);
  }
  return out;
}

std::string TableDefinition(const RelationInfo& relation) {
  const TableDef& table = *relation.table;
  std::string out = fmt::format("CREATE TABLE {}.{} (\n", QuoteName(relation.schema), QuoteName(relation.name));
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const ColumnDef& column = table.columns[i];
    out += fmt::format("  {} {}", QuoteName(column.name), column.type.ToString());
    if (column.type.collation() != nullptr && column.type.domain().empty()) {
      out += " COLLATE " + QuoteName(column.type.collation()->name);
    }
    if (!column.nullable) out += " NOT NULL";
    if (!column.default_sql.empty()) out += " DEFAULT " + column.default_sql;
    if (!column.comment.empty()) out += " COMMENT " + QuoteString(column.comment);
    out += i + 1 < table.columns.size() ? ",\n" : "\n";
  }
  out += ")";
  if (!table.key_columns.empty()) {
    out += fmt::format("\n{} ({})", TableKindName(table.kind), ColumnList(table, table.key_columns));
  }
  if (!table.comment.empty()) out += "\nCOMMENT " + QuoteString(table.comment);
  if (table.partition.kind != PartitionKind::kNone) out += fmt::format("\nPARTITION BY {}", table.partition.sql);
  if (!table.distribution.hash_columns.empty()) {
    out += fmt::format("\nDISTRIBUTED BY HASH ({}) BUCKETS {}", ColumnList(table, table.distribution.hash_columns),
                       table.distribution.buckets);
  }
  if (!table.sort_key.empty() && table.sort_key != table.key_columns) {
    out += fmt::format("\nORDER BY ({})", ColumnList(table, table.sort_key));
  }
  if (!table.properties.empty()) {
    out += "\nPROPERTIES (";
    bool first = true;
    for (const auto& [key, value] : table.properties) {
      if (!std::exchange(first, false)) out += ", ";
      out += fmt::format("{} = {}", QuoteString(key), QuoteString(value));
    }
    out += ")";
  }
  return out + ";";
}

}  // namespace

std::string DefinitionOf(const RelationInfo& relation) {
  if (relation.view != nullptr) {
    return fmt::format("CREATE VIEW {}.{} AS {};", QuoteName(relation.schema), QuoteName(relation.name),
                       relation.view->sql);
  }
  return relation.table == nullptr ? "" : TableDefinition(relation);
}

Schema JobColumns() {
  return {{"name", TypeKind::kVarchar},
          {"state", TypeKind::kVarchar},
          {"runs", TypeKind::kInt64},
          {"failures", TypeKind::kInt64},
          {"failures_in_a_row", TypeKind::kInt64},
          {"last_start", TypeKind::kTimestampTzNs},
          {"last_end", TypeKind::kTimestampTzNs},
          {"next_start", TypeKind::kTimestampTzNs},
          {"last_error", TypeKind::kVarchar},
          {"detail", TypeKind::kVarchar}};
}

void WriteJob(const JobInfo& job, RowWriter& out) {
  const auto time = [&](UnixNanos when) {
    if (when == 0) {
      out.Null();
    } else {
      out.Int(when);
    }
  };
  out.Text(job.name).Text(job.state).Int(static_cast<int64_t>(job.runs)).Int(static_cast<int64_t>(job.failures));
  out.Int(static_cast<int64_t>(job.failures_in_a_row));
  time(job.last_start);
  time(job.last_end);
  time(job.next_start);
  out.Text(job.last_error).Text(job.detail).EndRow();
}

}  // namespace weir
