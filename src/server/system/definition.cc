#include "server/system/definition.h"

#include "sql/parser/sql_text.h"

namespace weir {

namespace {

std::string Quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

std::string ColumnList(const TableDef& table, const std::vector<FieldId>& fields) {
  std::string out;
  for (const FieldId field : fields) {
    const ColumnDef* column = table.FindColumn(field);
    if (column == nullptr) continue;
    if (!out.empty()) out += ", ";
    out += ast::QuoteIdentifier(column->name);
  }
  return out;
}

std::string TableDefinition(const RelationInfo& relation) {
  const TableDef& table = *relation.table;
  std::string out =
      fmt::format("CREATE TABLE {}.{} (\n", ast::QuoteIdentifier(relation.schema), ast::QuoteIdentifier(relation.name));
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const ColumnDef& column = table.columns[i];
    out += fmt::format("  {} {}", ast::QuoteIdentifier(column.name), column.type.ToString());
    if (!column.nullable) out += " NOT NULL";
    if (!column.default_sql.empty()) out += " DEFAULT " + column.default_sql;
    if (!column.comment.empty()) out += " COMMENT " + Quoted(column.comment);
    out += i + 1 < table.columns.size() ? ",\n" : "\n";
  }
  out += ")";
  if (!table.key_columns.empty()) {
    out += fmt::format("\n{} ({})", TableKindName(table.kind), ColumnList(table, table.key_columns));
  }
  if (!table.comment.empty()) out += "\nCOMMENT " + Quoted(table.comment);
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
      out += fmt::format("{} = {}", Quoted(key), Quoted(value));
    }
    out += ")";
  }
  return out + ";";
}

}  // namespace

std::string DefinitionOf(const RelationInfo& relation) {
  if (relation.view != nullptr) {
    return fmt::format("CREATE VIEW {}.{} AS {};", ast::QuoteIdentifier(relation.schema),
                       ast::QuoteIdentifier(relation.name), relation.view->sql);
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
