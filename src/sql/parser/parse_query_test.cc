#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "sql/parser/dump.h"
#include "sql/parser/parser.h"
#include "sql/parser/to_sql.h"

namespace weir {
namespace {

struct Parsed {
  ast::StatementPtr statement;
  const ast::Query& query() const { return *statement->As<ast::QueryStatement>().query; }
  const ast::Select& select() const { return query().body->As<ast::Select>(); }
};

Parsed Parse(std::string_view sql, Dialect dialect = Dialect::kPostgres) {
  ParseOptions options;
  options.dialect = dialect;
  const auto statements = ParseStatements(sql, options);
  EXPECT_EQ(statements.size(), 1U);
  return {statements[0]};
}

Error ErrorOf(std::string_view sql, Dialect dialect = Dialect::kPostgres) {
  ParseOptions options;
  options.dialect = dialect;
  const auto error = CatchError([&] { ParseStatements(sql, options); });
  EXPECT_NE(error, nullptr) << sql;
  return error == nullptr ? Error::Internal("no error") : *error;
}

std::string Canonical(std::string_view sql) {
  return ToSql(*ParseStatements(sql).at(0));
}

TEST(ParseQuery, SetOperationsBindAsInPostgres) {
  EXPECT_EQ(Canonical("select 1 union select 2 intersect select 3"),
            Canonical("select 1 union (select 2 intersect select 3)"));
  EXPECT_EQ(Canonical("select 1 except select 2 union select 3"),
            Canonical("(select 1 except select 2) union select 3"));
  EXPECT_NE(Canonical("select 1 except (select 2 union select 3)"),
            Canonical("select 1 except select 2 union select 3"));
  const auto chain = Parse("select 1 intersect select 2 union select 3");
  EXPECT_EQ(chain.query().body->As<ast::SetOperation>().op, ast::SetOperator::kUnion);
}

TEST(ParseQuery, OrderAndLimitBelongToTheWholeUnion) {
  const auto parsed = Parse("select 1 union select 2 order by 1 limit 3 offset 4");
  EXPECT_EQ(parsed.query().body->kind, ast::QueryBodyKind::kSetOperation);
  EXPECT_EQ(parsed.query().order_by.size(), 1U);
  EXPECT_NE(parsed.query().limit, nullptr);
  EXPECT_NE(parsed.query().offset_rows, nullptr);
  const auto nested = Parse("(select 1 limit 1) union select 2");
  EXPECT_EQ(nested.query().body->As<ast::SetOperation>().left->kind, ast::QueryBodyKind::kNestedQuery);
  EXPECT_EQ(nested.query().limit, nullptr);
}

TEST(ParseQuery, LimitForms) {
  EXPECT_EQ(Canonical("select 1 limit 5, 10"), "SELECT 1 LIMIT 10 OFFSET 5");
  EXPECT_EQ(Canonical("select 1 offset 5 limit 10"), "SELECT 1 LIMIT 10 OFFSET 5");
  EXPECT_EQ(Canonical("select 1 fetch first 3 rows only"), "SELECT 1 LIMIT 3");
  EXPECT_EQ(Canonical("select 1 fetch first row only"), "SELECT 1 LIMIT 1");
  EXPECT_EQ(Canonical("select 1 limit all"), "SELECT 1");
  EXPECT_TRUE(Parse("select 1 limit 10%").query().limit_percent);
  EXPECT_FALSE(Parse("select 1 limit 10 % 3").query().limit_percent);
  EXPECT_EQ(ErrorOf("select 1 limit 1 limit 2").position(), 17);
}

TEST(ParseQuery, AliasesAsInPostgres) {
  const auto parsed = Parse("select a value, b as select, c \"Name\", d from t");
  EXPECT_EQ(parsed.select().items[0].alias, "value");
  EXPECT_EQ(parsed.select().items[1].alias, "select");
  EXPECT_EQ(parsed.select().items[2].alias, "Name");
  EXPECT_EQ(parsed.select().items[3].alias, "");
  // Not bare labels: these need AS.
  EXPECT_EQ(ErrorOf("select a year from t").message(), "syntax error at or near \"year\"");
  EXPECT_EQ(Parse("select a as year from t").select().items[0].alias, "year");
  EXPECT_EQ(ErrorOf("select a over from t").sqlstate(), sqlstate::kSyntaxError);
  EXPECT_EQ(Parse("select 1 'x'", Dialect::kMySql).select().items[0].alias, "x");
}

TEST(ParseQuery, JoinsLeanLeft) {
  const auto parsed = Parse("select * from a join b on x left join c using (y) cross join d");
  const auto& outer = parsed.select().from[0]->As<ast::JoinedTable>();
  EXPECT_EQ(outer.type, ast::JoinType::kCross);
  const auto& middle = outer.left->As<ast::JoinedTable>();
  EXPECT_EQ(middle.type, ast::JoinType::kLeft);
  EXPECT_EQ(middle.using_columns[0], "y");
  EXPECT_EQ(middle.left->As<ast::JoinedTable>().type, ast::JoinType::kInner);
  EXPECT_EQ(ErrorOf("select * from a join b").message(), "syntax error at end of input");
  EXPECT_EQ(Parse("select * from a join b", Dialect::kMySql).select().from[0]->As<ast::JoinedTable>().type,
            ast::JoinType::kCross);
}

TEST(ParseQuery, JoinWordsAreStillNames) {
  EXPECT_EQ(Parse("select * from t semi").select().from[0]->alias.name, "semi");
  EXPECT_EQ(Parse("select * from t asof, u anti").select().from[1]->alias.name, "anti");
  EXPECT_EQ(Parse("select * from t pivot").select().from[0]->alias.name, "pivot");
  EXPECT_EQ(Parse("select * from asof asof join semi on a").select().from[0]->kind, ast::TableRefKind::kJoinedTable);
  EXPECT_EQ(Parse("select \"qualify\".x, emit from \"qualify\"").select().items.size(), 2U);
}

TEST(ParseQuery, ParenthesesInFrom) {
  EXPECT_EQ(Parse("select * from (select 1) x").select().from[0]->kind, ast::TableRefKind::kDerivedTable);
  EXPECT_EQ(Parse("select * from ((select 1) union select 2) x").select().from[0]->kind,
            ast::TableRefKind::kDerivedTable);
  EXPECT_EQ(Parse("select * from ((select 1)) x").select().from[0]->alias.name, "x");
  EXPECT_EQ(Parse("select * from ((select 1) x join t on a)").select().from[0]->kind, ast::TableRefKind::kJoinedTable);
  EXPECT_EQ(Parse("select * from ((a join b on x) join c on y)").select().from[0]->kind,
            ast::TableRefKind::kJoinedTable);
  EXPECT_EQ(Parse("select * from (a)").select().from[0]->kind, ast::TableRefKind::kNamedTable);
}

TEST(ParseQuery, TableFunctions) {
  const auto parsed = Parse("select * from files('path' = 'x', \"format\" = \"csv\") f, g(a = 1, 2) with ordinality");
  const auto& files = parsed.select().from[0]->As<ast::TableFunction>().calls[0]->As<ast::FunctionCall>();
  EXPECT_EQ(files.args[0]->As<ast::NamedArgument>().name, "path");
  EXPECT_EQ(files.args[1]->As<ast::NamedArgument>().value->As<ast::StringLiteral>().value, "csv");
  const auto& second = parsed.select().from[1]->As<ast::TableFunction>();
  EXPECT_TRUE(second.with_ordinality);
  EXPECT_EQ(second.calls[0]->As<ast::FunctionCall>().args[0]->kind, ast::ExprKind::kNamedArgument);
}

TEST(ParseQuery, GroupingSets) {
  const auto parsed = Parse("select 1 from t group by a, (b, c), (), rollup (d, (e, f)), grouping sets (cube (g), ())");
  const auto& items = parsed.select().group_by;
  ASSERT_EQ(items.size(), 5U);
  EXPECT_EQ(items[0]->kind, ast::GroupItemKind::kExpr);
  EXPECT_EQ(items[1]->exprs.size(), 2U);
  EXPECT_EQ(items[2]->kind, ast::GroupItemKind::kSet);
  EXPECT_EQ(items[3]->items[1]->kind, ast::GroupItemKind::kSet);
  EXPECT_EQ(items[4]->items[0]->kind, ast::GroupItemKind::kCube);
  EXPECT_TRUE(Parse("select a from t group by all").select().group_by_all);
  EXPECT_TRUE(Parse("select a from t group by all having true").select().group_by_all);
  EXPECT_FALSE(Parse("select a from t group by all a").select().group_by_all);
}

TEST(ParseQuery, StarModifiers) {
  const auto parsed = Parse("select * except (a, b) from t");
  EXPECT_EQ(parsed.select().items[0].expr->As<ast::StarExpr>().exclude.size(), 2U);
  EXPECT_EQ(Parse("select * from t except (select 1)").query().body->kind, ast::QueryBodyKind::kSetOperation);
  EXPECT_EQ(Parse("select * except select 1").query().body->kind, ast::QueryBodyKind::kSetOperation);
}

TEST(ParseQuery, EmptySelectAndFromFirst) {
  EXPECT_TRUE(Parse("select from t").select().items.empty());
  EXPECT_EQ(Canonical("from t"), "SELECT * FROM t");
  EXPECT_EQ(Canonical("table t"), "SELECT * FROM t");
  EXPECT_EQ(Canonical("from t select a where b"), "SELECT a FROM t WHERE b");
}

TEST(ParseQuery, Refusals) {
  EXPECT_EQ(ErrorOf("select a from t for update").sqlstate(), sqlstate::kFeatureNotSupported);
  EXPECT_EQ(ErrorOf("select a from t for update").position(), 16);
  EXPECT_EQ(ErrorOf("select a into b from t").sqlstate(), sqlstate::kFeatureNotSupported);
  EXPECT_EQ(ErrorOf("values (1), (2, 3)").message(), "VALUES lists must all be the same length");
  EXPECT_EQ(ErrorOf("values (1), (2, 3)").position(), 13);
  EXPECT_EQ(ErrorOf("select a, from t").message(), "syntax error at or near \"from\"");
  EXPECT_EQ(ErrorOf("select a from t where").message(), "syntax error at end of input");
  EXPECT_EQ(ErrorOf("select a from t,").position(), 16);
  EXPECT_EQ(ErrorOf("select (select 1").position(), 16);
  EXPECT_EQ(ErrorOf("select * from t group a").message(), "syntax error at or near \"a\"");
}

TEST(ParseStatements, ManyAndNone) {
  EXPECT_EQ(ParseStatements("").size(), 0U);
  EXPECT_EQ(ParseStatements(" ; ;; -- x\n /* y */").size(), 0U);
  const auto statements = ParseStatements("select 1; select 2 ;\n-- c\nselect 'a;b'");
  ASSERT_EQ(statements.size(), 3U);
  EXPECT_EQ(statements[0]->text, "select 1");
  EXPECT_EQ(statements[1]->text, "select 2");
  EXPECT_EQ(statements[2]->text, "select 'a;b'");
  EXPECT_EQ(statements[2]->offset, 26U);
  const Error error = ErrorOf("select 1; selec 2");
  EXPECT_EQ(error.message(), "syntax error at or near \"selec\"");
  EXPECT_EQ(error.position(), 10);
  EXPECT_EQ(ErrorOf("select 1 select 2").position(), 16);  // "select" may be a bare label
}

TEST(ParseStatements, TreesOutliveTheText) {
  ast::StatementPtr statement;
  {
    const std::string text = "select 'a long string that is not inline anywhere', some_column from some_table";
    statement = ParseStatements(text)[0];
  }
  EXPECT_EQ(ToSql(*statement), "SELECT 'a long string that is not inline anywhere', some_column FROM some_table");
}

TEST(ParseStatements, LongChainsNeedNoDeepStack) {
  std::string unions = "select 1";
  std::string joins = "select * from t";
  for (int i = 0; i < 20'000; ++i) {
    unions += " union all select 1";
    joins += " join t on a = b";
  }
  EXPECT_EQ(ToSql(*ParseStatements(unions)[0]).size(), unions.size());
  EXPECT_EQ(ToSql(*ParseStatements(joins)[0]).size(), joins.size());
  std::string sum = "select 1";
  for (int i = 0; i < 100'000; ++i) sum += " + 1";
  EXPECT_EQ(ToSql(*ParseStatements(sum)[0]).size(), sum.size());
}

TEST(ParseOptions, NamesMayKeepTheirCase) {
  ParseOptions options;
  options.fold_names = false;
  const auto statement = ParseStatements("SELECT Foo FROM Bar AS Baz ORDER BY Foo", options)[0];
  EXPECT_EQ(ToSql(*statement), "SELECT \"Foo\" FROM \"Bar\" AS \"Baz\" ORDER BY \"Foo\"");
}

TEST(ResultColumnName, AsInPostgres) {
  const auto name = [](std::string_view sql) { return ResultColumnName(*ParseExpression(sql)); };
  EXPECT_EQ(name("a.b"), "b");
  EXPECT_EQ(name("1"), "?column?");
  EXPECT_EQ(name("a + 1"), "?column?");
  EXPECT_EQ(name("true"), "?column?");
  EXPECT_EQ(name("(a, b) overlaps (c, d)"), "overlaps");
  EXPECT_EQ(name("1::int"), "int4");
  EXPECT_EQ(name("a::int"), "a");
  EXPECT_EQ(name("now()::date"), "now");
  EXPECT_EQ(name("'a'::varchar(3)"), "varchar");
  EXPECT_EQ(name("1::numeric::int::text"), "text");
  EXPECT_EQ(name("'1'::char"), "bpchar");
  EXPECT_EQ(name("case when a then 1 end"), "case");
  EXPECT_EQ(name("(case when a then 1 end)::int"), "int4");
  EXPECT_EQ(name("case when a then 1 else b end"), "b");
  EXPECT_EQ(name("case when a then 1 else 1::int end"), "case");
  EXPECT_EQ(name("interval '1 day'"), "interval");
  EXPECT_EQ(name("(select 1)"), "?column?");
  EXPECT_EQ(name("(select 1 as x)"), "x");
  EXPECT_EQ(name("exists (select 1)"), "exists");
  EXPECT_EQ(name("(array[1])[1]"), "array");
  EXPECT_EQ(name("row(1)"), "row");
  EXPECT_EQ(name("coalesce(1, 2)"), "coalesce");
  EXPECT_EQ(name("trim('a')"), "btrim");
  EXPECT_EQ(name("now() at time zone 'UTC'"), "timezone");
  EXPECT_EQ(name("extract(year from a)"), "extract");
  EXPECT_EQ(name("-1"), "?column?");
}

}  // namespace
}  // namespace weir
