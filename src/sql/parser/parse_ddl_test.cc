#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "sql/parser/parser.h"
#include "sql/parser/to_sql.h"

namespace weir {
namespace {

template <typename T>
std::shared_ptr<const T> Parse(std::string_view sql, Dialect dialect = Dialect::kPostgres) {
  ParseOptions options;
  options.dialect = dialect;
  const auto statements = ParseStatements(sql, options);
  EXPECT_EQ(statements.size(), 1U);
  EXPECT_EQ(statements[0]->kind, T::kKind) << sql;
  return {statements[0], statements[0]->TryAs<T>()};
}

Error ErrorOf(std::string_view sql) {
  const auto error = CatchError([&] { ParseStatements(sql); });
  EXPECT_NE(error, nullptr) << sql;
  return error == nullptr ? Error::Internal("no error") : *error;
}

TEST(ParseDdl, StarRocksTable) {
  const auto table = Parse<ast::CreateTable>(R"(
      CREATE TABLE IF NOT EXISTS db.`Site_Access` (
        event_day DATETIME NOT NULL COMMENT "day",
        site_id INT DEFAULT '10',
        pv BIGINT SUM DEFAULT "0",
        tags ARRAY<STRUCT<a INT, b MAP<STRING, DECIMAL(10,2)>>>
      )
      ENGINE=OLAP
      AGGREGATE KEY(event_day, site_id)
      COMMENT "visits"
      PARTITION BY date_trunc('day', event_day)
      DISTRIBUTED BY HASH(event_day, site_id) BUCKETS 32
      ORDER BY(site_id)
      PROPERTIES ("replication_num" = "1", "storage_medium" = "SSD"))");
  EXPECT_TRUE(table->if_not_exists);
  EXPECT_EQ(table->name.parts[1], "Site_Access");
  ASSERT_EQ(table->columns.size(), 4U);
  EXPECT_EQ(table->columns[0].nullability, ast::Nullability::kNotNull);
  EXPECT_EQ(table->columns[0].comment, "day");
  EXPECT_EQ(table->columns[1].default_value->kind, ast::ExprKind::kStringLiteral);
  EXPECT_EQ(table->columns[2].aggregate, "sum");
  EXPECT_EQ(table->columns[2].default_value->As<ast::StringLiteral>().value, "0");
  EXPECT_EQ(ToSql(*table->columns[3].type), "array<struct<a int, b map<string, decimal(10, 2)>>>");
  EXPECT_EQ(table->engine, "olap");
  EXPECT_EQ(table->key_model, ast::KeyModel::kAggregate);
  EXPECT_EQ(table->key_columns.size(), 2U);
  EXPECT_EQ(table->partition_by->method, ast::PartitionMethod::kExpression);
  EXPECT_EQ(table->partition_by->exprs[0]->kind, ast::ExprKind::kFunctionCall);
  EXPECT_EQ(table->distribution->buckets, 32);
  EXPECT_EQ(table->sort_key[0], "site_id");
  EXPECT_EQ(table->properties[0].name, "replication_num");
  EXPECT_EQ(table->properties[0].value->As<ast::StringLiteral>().value, "1");
}

TEST(ParseDdl, PartitionBounds) {
  const auto table = Parse<ast::CreateTable>(
      "create table t (a date) partition by range (a) (partition p1 values less than (\"2024-01-01\"), partition p2 "
      "values [('a'), ('b')), partition p3 values less than maxvalue, start ('x') end ('y') every (interval 1 day))");
  const auto& partitions = table->partition_by->partitions;
  ASSERT_EQ(partitions.size(), 4U);
  EXPECT_EQ(partitions[0].upper[0]->kind, ast::ExprKind::kStringLiteral);
  EXPECT_EQ(partitions[1].bound, ast::PartitionBoundKind::kFixedRange);
  EXPECT_EQ(partitions[2].upper[0]->kind, ast::ExprKind::kMaxValueExpr);
  EXPECT_EQ(partitions[3].step->kind, ast::ExprKind::kIntervalLiteral);
}

TEST(ParseDdl, ConstraintsOfColumnsAndTables) {
  const auto table = Parse<ast::CreateTable>(
      "create table t (a int primary key, b int not null unique default 1 + 2 check (b > 0), \"default\" text, primary "
      "key (a, b), constraint c check (a < b), foreign key (b) references u)");
  EXPECT_TRUE(table->columns[0].primary_key);
  EXPECT_TRUE(table->columns[1].unique);
  EXPECT_EQ(ToSql(*table->columns[1].default_value), "1 + 2");
  EXPECT_EQ(table->columns[1].constraints.size(), 1U);
  ASSERT_EQ(table->constraints.size(), 3U);
  EXPECT_EQ(table->constraints[1]->name, "c");
  EXPECT_EQ(table->constraints[2]->kind, ast::ConstraintKind::kForeignKey);
}

TEST(ParseDdl, ColumnsMayBeCalledIndexKeyOrComment) {
  const auto table =
      Parse<ast::CreateTable>("create table t (index varchar(10), key int, comment text, watermark int, value int)");
  EXPECT_EQ(table->columns.size(), 5U);
  EXPECT_EQ(table->columns[2].name, "comment");
}

TEST(ParseDdl, Types) {
  const auto canonical = [](std::string_view sql) { return ToSql(*ParseTypeName(sql)); };
  EXPECT_EQ(canonical("INT"), "int");
  EXPECT_EQ(canonical("Double  Precision"), "double precision");
  EXPECT_EQ(canonical("timestamp(3) without time zone"), "timestamp(3)");
  EXPECT_EQ(canonical("TIMESTAMP WITH TIME ZONE"), "timestamp with time zone");
  EXPECT_EQ(canonical("time(2) with time zone"), "time(2) with time zone");
  EXPECT_EQ(canonical("char varying(3)"), "character varying(3)");
  EXPECT_EQ(canonical("int[3][]"), "int[3][]");
  EXPECT_EQ(canonical("int array"), "int[]");
  EXPECT_EQ(canonical("ARRAY<ARRAY<INT>>"), "array<array<int>>");
  EXPECT_EQ(canonical("MAP(VARCHAR, INTEGER[])"), "map<varchar, integer[]>");
  EXPECT_EQ(canonical("STRUCT(a INT, \"B\" TEXT)"), "struct<a int, \"B\" text>");
  EXPECT_EQ(canonical("interval day to second(3)"), "interval day to second(3)");
  EXPECT_EQ(canonical("\"char\""), "\"char\"");
  EXPECT_EQ(canonical("pg_catalog.int4"), "pg_catalog.int4");
  EXPECT_EQ(canonical("bigint unsigned"), "bigint unsigned");
  EXPECT_EQ(canonical("largeint"), "largeint");
  const auto error = CatchError([&] { ParseTypeName("numeric(10"); });
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(error->sqlstate(), sqlstate::kSyntaxError);
}

TEST(ParseDdl, MaterializedViewClauses) {
  const auto view = Parse<ast::CreateMaterializedView>(
      "create materialized view v refresh deferred async start ('2024-01-01') every (interval 1 day) properties ('a' = "
      "'b') as select 1 from t emit on window close");
  EXPECT_EQ(view->refresh->moment, ast::RefreshMoment::kDeferred);
  EXPECT_EQ(view->refresh->scheme, ast::RefreshScheme::kAsync);
  EXPECT_NE(view->refresh->every, nullptr);
  EXPECT_TRUE(view->emit_on_window_close);
}

TEST(ParseDdl, StreamsAndFlows) {
  const auto source = Parse<ast::CreateSource>(
      "create source s (a int, watermark for ts as ts - interval '5' second) with (connector = 'kafka', "
      "properties.bootstrap.server = 'h:1', scan.startup.mode = earliest) format plain encode json");
  EXPECT_EQ(source->options[1].name, "properties.bootstrap.server");
  EXPECT_EQ(source->options[2].value->As<ast::StringLiteral>().value, "earliest");
  EXPECT_EQ(source->watermarks[0].column, "ts");
  EXPECT_EQ(source->format->encode, "json");
  const auto flow = Parse<ast::CreateFlow>("create flow f sink to s.t expire after interval '1 day' as select 1");
  EXPECT_EQ(flow->sink.parts.size(), 2U);
  EXPECT_EQ(flow->expire_after->kind, ast::ExprKind::kIntervalLiteral);
}

TEST(ParseDdl, MacrosKnowTheirParameters) {
  const auto macro = Parse<ast::CreateFunction>("create function m(a, b) as a + b");
  EXPECT_TRUE(macro->is_macro);
  EXPECT_EQ(macro->parameters[1].name, "b");
  EXPECT_EQ(macro->parameters[1].type, nullptr);
  const auto function = Parse<ast::CreateFunction>("create function f(double precision, n int) returns int return n");
  EXPECT_FALSE(function->is_macro);
  EXPECT_EQ(function->parameters[0].name, "");
  EXPECT_EQ(function->parameters[1].name, "n");
}

TEST(ParseDdl, GrantsAndUsers) {
  const auto grant = Parse<ast::GrantPrivileges>("grant select (a), create table on table t, s.* to u, 'v'@'%'");
  EXPECT_EQ(grant->privileges[0].columns[0], "a");
  EXPECT_EQ(grant->privileges[1].name, "create table");
  EXPECT_EQ(grant->names[1].parts[1], "*");
  EXPECT_EQ(grant->grantees[1].host, "%");
  const auto user = Parse<ast::CreateRole>("create user u with password 'p' nologin");
  EXPECT_EQ(user->options[0].value->As<ast::StringLiteral>().value, "p");
  EXPECT_FALSE(user->options[1].value->As<ast::BoolLiteral>().value);
}

TEST(ParseSession, Settings) {
  const auto path = Parse<ast::SetVariable>("set search_path to \"$user\", public");
  EXPECT_EQ(path->items[0].values[0]->As<ast::StringLiteral>().value, "$user");
  EXPECT_EQ(path->items[0].values.size(), 2U);
  EXPECT_TRUE(Parse<ast::SetVariable>("set x to default")->items[0].values.empty());
  EXPECT_EQ(Parse<ast::SetVariable>("SET RW_IMPLICIT_FLUSH = true")->items[0].name, "rw_implicit_flush");
  EXPECT_EQ(Parse<ast::SetVariable>("set names utf8mb4, autocommit = 1", Dialect::kMySql)->items.size(), 2U);
  EXPECT_EQ(Parse<ast::SetVariable>("set local time zone 'UTC'")->items[0].scope, ast::SetScope::kLocal);
  EXPECT_EQ(Parse<ast::ShowVariable>("show server_version")->name, "server_version");
  EXPECT_EQ(Parse<ast::ShowCommand>("show full tables from d like 'x'")->what, "tables");
  EXPECT_EQ(Parse<ast::ShowCommand>("show create materialized view s.v")->name.parts[1], "v");
  EXPECT_EQ(Parse<ast::ShowCommand>("show columns from t from d")->from.parts[0], "d");
}

TEST(ParseSession, CopyOptionsOfBothSyntaxes) {
  const auto parenthesized = Parse<ast::Copy>("copy t (a) from stdin with (format csv, delimiter '|', header true)");
  const auto legacy = Parse<ast::Copy>("copy t (a) from stdin with csv delimiter '|' header");
  EXPECT_TRUE(legacy->is_from);
  EXPECT_EQ(parenthesized->options[0].name, "format");
  EXPECT_EQ(legacy->options[0].name, "format");
  EXPECT_EQ(legacy->options[1].value->As<ast::StringLiteral>().value, "|");
  EXPECT_EQ(legacy->options[2].name, "header");
}

TEST(ParseSession, InsertForms) {
  EXPECT_EQ(Parse<ast::Insert>("insert into t with label l1 select 1")->label, "l1");
  EXPECT_EQ(Parse<ast::Insert>("insert into t (a, b) values (1, 2)")->columns.size(), 2U);
  EXPECT_EQ(Parse<ast::Insert>("insert into t (select 1)")->columns.size(), 0U);
  EXPECT_TRUE(Parse<ast::Insert>("insert overwrite t select 1")->overwrite);
  const auto upsert = Parse<ast::Insert>("insert into t values (1) on duplicate key update a = 1", Dialect::kMySql);
  EXPECT_EQ(upsert->on_conflict->action, ast::ConflictAction::kDoUpdate);
  EXPECT_EQ(ErrorOf("update t set (a, b) = (1, 2, 3)").message(), "number of columns does not match number of values");
}

TEST(ParseErrors, InPostgresWords) {
  struct Case {
    std::string_view sql;
    std::string_view message;
    int64_t position;
  };
  const Case cases[] = {
      {"foo", "syntax error at or near \"foo\"", 0},
      {"create tabel t (a int)", "syntax error at or near \"tabel\"", 7},
      {"create table t (a int,)", "syntax error at or near \")\"", 22},
      {"create table t (a int", "syntax error at end of input", 21},
      {"drop", "syntax error at end of input", 4},
      {"insert into t", "syntax error at end of input", 13},
      {"insert t values (1)", "syntax error at or near \"t\"", 7},
      {"update t where a = 1", "syntax error at or near \"where\"", 9},
      {"delete t", "syntax error at or near \"t\"", 7},
      {"begin foo", "syntax error at or near \"foo\"", 6},
      {"create table select (a int)", "syntax error at or near \"select\"", 13},
      {"select 1 + * from t", "syntax error at or near \"*\"", 11},
      {"select 'x' from \"a", "unterminated quoted identifier at or near \"\"a\"", 16},
      {"\"select\" 1", "syntax error at or near \"\"select\"\"", 0},
      {"create view v as", "syntax error at end of input", 16},
      {"alter table t", "syntax error at end of input", 13},
      {"create aggregate function f(int) returns int properties,", "syntax error at or near \",\"", 55},
  };
  for (const Case& expected : cases) {
    const Error error = ErrorOf(expected.sql);
    EXPECT_EQ(error.message(), expected.message) << expected.sql;
    EXPECT_EQ(error.position(), expected.position) << expected.sql;
    EXPECT_EQ(error.sqlstate(), sqlstate::kSyntaxError) << expected.sql;
  }
}

TEST(ParseErrors, KnownButUnsupported) {
  for (const std::string_view sql :
       {"listen x", "notify x", "lock table t", "do $$x$$", "create trigger x", "create table t () inherits (u)",
        "reindex table t", "set constraints all deferred", "create procedure p() as 'x'",
        "update t set a = 1 limit 5"}) {
    const Error error = ErrorOf(sql);
    EXPECT_EQ(error.sqlstate(), sqlstate::kFeatureNotSupported) << sql;
    EXPECT_FALSE(error.hint().empty()) << sql;
    EXPECT_GE(error.position(), 0) << sql;
  }
}

}  // namespace
}  // namespace weir
