#include "server/statement/statement.h"

namespace weir {

namespace {

// The name's last part and the schema that it is looked up in.
std::pair<std::string, std::string> TableOf(Session& session, const ast::QualifiedName& name) {
  weir::QualifiedName wanted;
  wanted.name = std::string(name.parts.back());
  if (name.parts.size() > 1) wanted.schema = std::string(name.parts[name.parts.size() - 2]);
  if (name.parts.size() > 2) wanted.database = std::string(name.parts[name.parts.size() - 3]);
  const Relation relation = session.ReadCatalog()->GetRelation(wanted, session.name_scope(), name.offset);
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

}  // namespace

std::optional<ShownQuery> QueryOfShow(Session& session, const ast::Statement& statement) {
  if (const auto* describe = statement.TryAs<ast::Describe>()) {
    if (describe->query != nullptr || describe->table_function != nullptr || describe->name.empty()) {
      throw Error::Unsupported("Use EXPLAIN VERBOSE, which lists a query's columns.",
                               "DESCRIBE of a query is not available");
    }
    return DescribeTable(session, describe->name);
  }
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
