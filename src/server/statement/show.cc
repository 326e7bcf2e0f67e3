#include "server/statement/statement.h"
#include "sql/binder/catalog_name.h"
#include "sql/parser/to_sql.h"

namespace weir {

namespace {

// The name's last part and the schema that it is looked up in.
std::pair<std::string, std::string> TableOf(Session& session, const ast::QualifiedName& name) {
  const Relation relation = session.ReadCatalog()->GetRelation(ToCatalogName(name), session.name_scope(), name.offset);
  return {relation.schema, relation.name};
}

void AddLike(const ast::ShowCommand& show, std::string_view column, ShownQuery& query) {
  if (show.where != nullptr) {
    throw Error::Unsupported("Query information_schema, or use LIKE.", "SHOW ... WHERE is not available")
        .WithPosition(show.where->offset);
  }
  if (show.like == nullptr) return;
  const auto* pattern = show.like->TryAs<ast::StringLiteral>();
  if (pattern == nullptr)
    throw Error::User(sqlstate::kSyntaxError, "LIKE takes a string").WithPosition(show.like->offset);
  query.parameters.push_back(Value::String(std::string(pattern->value)));
  query.sql += fmt::format(" AND {} LIKE ${}::text", column, query.parameters.size());
}

ShownQuery DescribeTable(Session& session, const ast::QualifiedName& name) {
  const auto [schema, table] = TableOf(session, name);
  ShownQuery query;
  query.sql =
      "SELECT column_name AS \"Field\", data_type AS \"Type\", is_nullable AS \"Null\", "
      "column_default AS \"Default\" FROM information_schema.columns "
      "WHERE table_schema = $1::text AND table_name = $2::text ORDER BY ordinal_position";
  query.parameters = {Value::String(schema), Value::String(table)};
  return query;
}

BoundStatement Bind(Session& session, const ast::Query& query) {
  ast::QueryStatement statement;
  statement.query = &query;
  return BindRows(session, statement, {}, session.ReadSnapshot());
}

ShownQuery DescribeQuery(Session& session, const ast::Query& query) {
  const BoundStatement bound = Bind(session, query);
  ShownQuery out;
  for (size_t i = 0; i < bound.names.size(); ++i) {
    out.sql += fmt::format("{}({}, {}, 'YES', NULL::text)", i == 0 ? "VALUES " : ", ", QuoteString(bound.names[i]),
                           QuoteString(bound.plan->columns()[i].type.ToString()));
  }
  out.sql = fmt::format("SELECT * FROM ({}) AS described (\"Field\", \"Type\", \"Null\", \"Default\")",
                        out.sql.empty() ? "SELECT '', '', '', '' WHERE false" : out.sql);
  return out;
}

bool IsOrdered(const Type& type) {
  return type.is_numeric() || type.is_string() || type.is(TypeKind::kDate) || type.is(TypeKind::kTime) ||
         type.is_timestamp() || type.is(TypeKind::kUuid) || type.is(TypeKind::kBoolean);
}

// A row per column of the table or query; each reads that column alone.
ShownQuery Summarize(Session& session, const ast::Summarize& summarize) {
  std::string source;
  Schema columns;
  if (summarize.query != nullptr) {
    source = ToSql(*summarize.query);
  } else {
    source = "TABLE " + ToSql(summarize.name);
  }
  const auto parsed = ParseStatements(source);
  const BoundStatement bound = Bind(session, *parsed[0]->As<ast::QueryStatement>().query);
  for (size_t i = 0; i < bound.names.size(); ++i) columns.push_back({bound.names[i], bound.plan->columns()[i].type});
  if (columns.empty()) throw Error::User(sqlstate::kSyntaxError, "SUMMARIZE needs at least one column");
  std::string names;
  for (size_t i = 0; i < columns.size(); ++i) names += fmt::format("{}c{}", i == 0 ? "" : ", ", i);
  ShownQuery out;
  out.sql = fmt::format("WITH summarized ({}) AS ({}) ", names, source);
  for (size_t i = 0; i < columns.size(); ++i) {
    const Type& type = columns[i].type;
    const std::string column = fmt::format("c{}", i);
    const auto when = [&](bool possible, const std::string& sql, std::string_view result) {
      return possible ? fmt::format("({})::{}", sql, result) : fmt::format("NULL::{}", result);
    };
    const bool ordered = IsOrdered(type), number = type.is_numeric();
    if (i != 0) out.sql += " UNION ALL ";
    out.sql += fmt::format("SELECT {} AS column_name, {} AS column_type, ", QuoteString(columns[i].name),
                           QuoteString(type.ToString()));
    out.sql += when(ordered, fmt::format("min({})", column), "text") + " AS min, ";
    out.sql += when(ordered, fmt::format("max({})", column), "text") + " AS max, ";
    out.sql += when(ordered, fmt::format("approx_count_distinct({})", column), "bigint") + " AS approx_unique, ";
    out.sql += when(number, fmt::format("avg({}::double precision)", column), "text") + " AS avg, ";
    out.sql += when(number, fmt::format("stddev_samp({}::double precision)", column), "text") + " AS std, ";
    for (const int percent : {25, 50, 75}) {
      out.sql += when(number, fmt::format("approx_percentile({}::double precision, 0.{})", column, percent), "text") +
                 fmt::format(" AS q{}, ", percent);
    }
    out.sql += fmt::format(
        "count(*) AS count, round((count(*) - count({0})) * 100.0 / nullif(count(*), 0), 2)::numeric(9,2) AS "
        "null_percentage, {1} AS position FROM summarized",
        column, i);
  }
  out.sql = fmt::format(
      "SELECT column_name, column_type, min, max, approx_unique, avg, std, q25, q50, q75, count, null_percentage FROM "
      "({}) AS summary ORDER BY position",
      out.sql);
  return out;
}

}  // namespace

std::optional<ShownQuery> QueryOfShow(Session& session, const ast::Statement& statement) {
  if (const auto* describe = statement.TryAs<ast::Describe>()) {
    if (describe->query != nullptr) return DescribeQuery(session, *describe->query);
    if (describe->table_function != nullptr || describe->name.empty()) {
      throw Error::Unsupported("DESCRIBE SELECT * FROM it.", "DESCRIBE of a table function is not available");
    }
    return DescribeTable(session, describe->name);
  }
  if (const auto* summarize = statement.TryAs<ast::Summarize>()) return Summarize(session, *summarize);
  const auto* show = statement.TryAs<ast::ShowCommand>();
  if (show == nullptr) return std::nullopt;
  const std::string_view what = show->what;
  ShownQuery query;
  if (what == "tables") {
    query.sql = fmt::format(
        "SELECT table_name AS \"Tables_in_{}\" FROM information_schema.tables "
        "WHERE table_schema NOT IN ('pg_catalog', 'information_schema', 'weir_catalog')",
        session.database());
    AddLike(*show, "table_name", query);
    query.sql += " ORDER BY 1";
    return query;
  }
  if (what == "databases" || what == "catalogs") {
    query.sql = "SELECT datname AS \"Database\" FROM pg_catalog.pg_database WHERE true";
    AddLike(*show, "datname", query);
    query.sql += " ORDER BY 1";
    return query;
  }
  if (what == "schemas") {
    query.sql = "SELECT schema_name FROM information_schema.schemata WHERE true";
    AddLike(*show, "schema_name", query);
    query.sql += " ORDER BY 1";
    return query;
  }
  if (what == "columns" || what == "fields") {
    return DescribeTable(session, show->from.empty() ? show->name : show->from);
  }
  if (what == "processlist") {
    query.sql =
        "SELECT id AS \"Id\", \"user\" AS \"User\", client_address AS \"Host\", database AS \"Db\", state AS "
        "\"Command\", "
        "query AS \"Info\" FROM weir_catalog.sessions ORDER BY id";
    return query;
  }
  if (what == "functions") {
    query.sql = "SELECT name, kind, signature, description FROM weir_catalog.functions WHERE true";
    AddLike(*show, "name", query);
    query.sql += " ORDER BY 1";
    return query;
  }
  if (what == "variables") {
    query.sql = "SELECT name AS \"Variable_name\", setting AS \"Value\" FROM weir_catalog.settings WHERE true";
    AddLike(*show, "name", query);
    query.sql += " ORDER BY 1";
    return query;
  }
  if (what == "transaction" || what == "transactions") {
    query.sql = "SELECT * FROM weir_catalog.transactions";
    return query;
  }
  if (what == "create table" || what == "create view") {
    const auto [schema, name] = TableOf(session, show->name);
    query.sql =
        "SELECT name AS \"Table\", definition AS \"Create Table\" FROM weir_catalog.definitions "
        "WHERE \"schema\" = $1::text AND name = $2::text";
    query.parameters = {Value::String(schema), Value::String(name)};
    return query;
  }
  throw Error::Unsupported(
      "The same is in information_schema or weir_catalog; SHOW TABLES, DATABASES, COLUMNS, FUNCTIONS, "
      "PROCESSLIST, VARIABLES and CREATE TABLE are available.",
      "SHOW is not available: {}", what)
      .WithPosition(statement.offset);
}

}  // namespace weir
