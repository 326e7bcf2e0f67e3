#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "sql/parser/dump.h"
#include "sql/parser/parser.h"

namespace weir {
namespace {

ParseOptions MySql() {
  ParseOptions options;
  options.dialect = Dialect::kMySql;
  return options;
}

std::string Tree(std::string_view sql, const ParseOptions& options = {}) {
  return ast::Dump(*ParseExpression(sql, options));
}

// Two spellings of one tree.
void ExpectSame(std::string_view a, std::string_view b) {
  EXPECT_EQ(Tree(a), Tree(b)) << a << " | " << b;
}

Error ErrorOf(std::string_view sql, const ParseOptions& options = {}) {
  const auto error = CatchError([&] { ParseExpression(sql, options); });
  EXPECT_NE(error, nullptr) << sql;
  return error == nullptr ? Error::Internal("no error") : *error;
}

TEST(ParseExpr, Precedence) {
  ExpectSame("a + b * c", "a + (b * c)");
  ExpectSame("a - b - c", "(a - b) - c");
  ExpectSame("a ^ b ^ c", "(a ^ b) ^ c");
  ExpectSame("-a ^ 2", "(-a) ^ 2");
  ExpectSame("-a::int", "-(a::int)");
  ExpectSame("a or b and c", "a or (b and c)");
  ExpectSame("not a = b", "not (a = b)");
  ExpectSame("not a is null", "not (a is null)");
  ExpectSame("not a and b", "(not a) and b");
  ExpectSame("a = b is null", "(a = b) is null");
  ExpectSame("a || b = c || d", "(a || b) = (c || d)");
  ExpectSame("a + b || c * d", "(a + b) || (c * d)");
  ExpectSame("a between b and c and d", "(a between b and c) and d");
  ExpectSame("a between b + 1 and c or d", "(a between (b + 1) and c) or d");
  ExpectSame("a like b || 'c'", "a like (b || 'c')");
  ExpectSame("a like b = c", "(a like b) = c");
  ExpectSame("a in (1, 2) and b", "(a in (1, 2)) and b");
  ExpectSame("a -> 'b' ->> 'c' = 'd'", "((a -> 'b') ->> 'c') = 'd'");
  ExpectSame("a -> 'b' || 'c'", "(a -> 'b') || 'c'");
  ExpectSame("@ a + b", "@ (a + b)");
  ExpectSame("~ a & b", "(~ a) & b");
  ExpectSame("a collate \"C\" || b", "(a collate \"C\") || b");
  ExpectSame("a + b at time zone 'UTC'", "a + (b at time zone 'UTC')");
  ExpectSame("a is distinct from b + 1", "a is distinct from (b + 1)");
  ExpectSame("a isnull", "a is null");
  ExpectSame("a notnull or b", "(a is not null) or b");
  ExpectSame("a operator(pg_catalog.+) b * c", "a + (b * c)");
  ExpectSame("a + b overlaps c", "(a + b) overlaps c");
  ExpectSame("case when a then b end + 1", "(case when a then b end) + 1");
  ExpectSame("a is not null is true", "(a is not null) is true");
}

TEST(ParseExpr, ChainsOfAndAreFlat) {
  EXPECT_EQ(ParseExpression("a and b and c and d")->As<ast::LogicalExpr>().operands.size(), 4U);
  EXPECT_EQ(ParseExpression("(a and b) and c")->As<ast::LogicalExpr>().operands.size(), 3U);
  EXPECT_EQ(ParseExpression("a and (b and c)")->As<ast::LogicalExpr>().operands.size(), 2U);
  EXPECT_EQ(ParseExpression("a or b and c or d")->As<ast::LogicalExpr>().operands.size(), 3U);
}

TEST(ParseExpr, ComparisonsAreNotAssociative) {
  EXPECT_EQ(ErrorOf("a < b < c").message(), "syntax error at or near \"<\"");
  EXPECT_EQ(ErrorOf("a < b < c").position(), 6);
  EXPECT_EQ(ErrorOf("a like b like c").position(), 9);
  EXPECT_EQ(Tree("a = b = c", MySql()), Tree("(a = b) = c", MySql()));
}

TEST(ParseExpr, Literals) {
  EXPECT_EQ(Tree("1"), "(NumberLiteral \"1\" true)");
  EXPECT_EQ(Tree("1.5"), "(NumberLiteral \"1.5\" false)");
  EXPECT_EQ(Tree("'x'"), "(StringLiteral \"x\")");
  EXPECT_EQ(Tree("null"), "(NullLiteral)");
  EXPECT_EQ(Tree("true"), "(BoolLiteral true)");
  EXPECT_EQ(Tree("x'1F'"), "(BitStringLiteral \"1F\" true)");
  ExpectSame("date '2024-01-01'", "cast('2024-01-01' as date)");
  ExpectSame("timestamp with time zone '2024-01-01'", "'2024-01-01'::timestamp with time zone");
  ExpectSame("timestamp(3) '2024-01-01'", "'2024-01-01'::timestamp(3)");
  ExpectSame("timestamp without time zone 'x'", "'x'::timestamp");
  ExpectSame("double precision '1'", "'1'::double precision");
  ExpectSame("numeric(10, 2) '1'", "'1'::numeric(10, 2)");
  ExpectSame("json '{}'", "'{}'::json");
  ExpectSame("bool 'true'", "'true'::bool");
}

TEST(ParseExpr, Intervals) {
  EXPECT_EQ(Tree("interval '1 day'"), "(IntervalLiteral (StringLiteral \"1 day\") \"\" -1)");
  EXPECT_EQ(Tree("interval '1:30' hour to minute"), "(IntervalLiteral (StringLiteral \"1:30\") \"hour to minute\" -1)");
  EXPECT_EQ(Tree("interval '1' second(3)"), "(IntervalLiteral (StringLiteral \"1\") \"second\" 3)");
  EXPECT_EQ(Tree("interval(3) '1s'"), "(IntervalLiteral (StringLiteral \"1s\") \"\" 3)");
  EXPECT_EQ(Tree("interval 1 day"), "(IntervalLiteral (NumberLiteral \"1\" true) \"day\" -1)");
  EXPECT_EQ(Tree("interval 5 minutes"), "(IntervalLiteral (NumberLiteral \"5\" true) \"minute\" -1)");
  ExpectSame("interval n + 1 day", "interval (n + 1) day");
  ExpectSame("interval -1 day", "interval (-1) day");
  ExpectSame("a + interval 1 day > b", "(a + (interval 1 day)) > b");
  // A column of that name.
  EXPECT_EQ(Tree("interval"), "(ColumnRef [\"interval\"])");
  EXPECT_EQ(Tree("interval - 1"), Tree("\"interval\" - 1"));
  EXPECT_EQ(Tree("interval + interval"), Tree("\"interval\" + \"interval\""));
  EXPECT_EQ(ErrorOf("interval 1").sqlstate(), sqlstate::kSyntaxError);
  // No exponential search.
  std::string nested;
  for (int i = 0; i < 300; ++i) nested += "interval - ";
  EXPECT_NO_THROW(ParseExpression(nested + "1"));
}

TEST(ParseExpr, NamesAndAccess) {
  EXPECT_EQ(Tree("a.b.c"), "(ColumnRef [\"a\" \"b\" \"c\"])");
  EXPECT_EQ(Tree("(a).b"), "(FieldAccess (ColumnRef [\"a\"]) \"b\")");
  EXPECT_EQ(Tree("a[1].b"),
            "(FieldAccess (SubscriptExpr (ColumnRef [\"a\"]) false (NumberLiteral \"1\" true) - -) \"b\")");
  EXPECT_EQ(Tree("a[1:2]"),
            "(SubscriptExpr (ColumnRef [\"a\"]) true (NumberLiteral \"1\" true) (NumberLiteral \"2\" true) -)");
  EXPECT_EQ(Tree("a[:n]"), "(SubscriptExpr (ColumnRef [\"a\"]) true - (ColumnRef [\"n\"]) -)");
  EXPECT_EQ(Tree("a[:]"), "(SubscriptExpr (ColumnRef [\"a\"]) true - - -)");
  EXPECT_EQ(Tree("a[1:9:2]"),
            "(SubscriptExpr (ColumnRef [\"a\"]) true (NumberLiteral \"1\" true) "
            "(NumberLiteral \"9\" true) (NumberLiteral \"2\" true))");
  EXPECT_EQ(Tree("t.select"), "(ColumnRef [\"t\" \"select\"])");
  EXPECT_EQ(ErrorOf("select").message(), "syntax error at or near \"select\"");
  EXPECT_EQ(ErrorOf("left").sqlstate(), sqlstate::kSyntaxError);
  for (const std::string_view word : {"value", "name", "date", "time", "timestamp", "text", "year", "key", "type",
                                      "map", "qualify", "position", "row", "values", "trim", "interval", "exists"}) {
    EXPECT_EQ(ParseExpression(word)->kind, ast::ExprKind::kColumnRef) << word;
  }
}

TEST(ParseExpr, Parameters) {
  EXPECT_EQ(Tree("$2"), "(Parameter 2 \"\")");
  EXPECT_EQ(Tree(":id"), "(Parameter 0 \"id\")");
  EXPECT_EQ(Tree("? + ?", MySql()), Tree("$1 + $2"));
  EXPECT_EQ(Tree("? + 1"), Tree("$1 + 1"));
  EXPECT_EQ(Tree("@@global.x"), "(UserVariable 3 \"x\")");
  EXPECT_EQ(ErrorOf("$0").sqlstate(), sqlstate::kUndefinedParameter);
  EXPECT_EQ(ErrorOf("$99999999999999").sqlstate(), sqlstate::kUndefinedParameter);
}

TEST(ParseExpr, SpecialCalls) {
  ExpectSame("extract(year from x)", "extract('year', x)");
  ExpectSame("substring(a from 2 for 3)", "substring(a, 2, 3)");
  ExpectSame("substring(a for 3)", "substring(a, 1, 3)");
  ExpectSame("substring(a similar 'x' escape '#')", "substring(a, 'x', '#')");
  ExpectSame("position('x' in a)", "position(a, 'x')");
  ExpectSame("overlay(a placing b from 1 for 2)", "overlay(a, b, 1, 2)");
  ExpectSame("trim(both 'x' from a)", "btrim(a, 'x')");
  ExpectSame("trim(leading from a)", "ltrim(a)");
  ExpectSame("trim(trailing 'x' from a)", "rtrim(a, 'x')");
  ExpectSame("trim(a)", "btrim(a)");
  ExpectSame("trim(a, 'x')", "btrim(a, 'x')");
  ExpectSame("current_date", "current_date()");
  ExpectSame("a at time zone 'UTC'", "timezone('UTC', a)");
  ExpectSame("try_cast(a as int)", "safe_cast(a as int)");
  EXPECT_EQ(Tree("convert('1', signed)", MySql()), Tree("cast('1' as signed)", MySql()));
  EXPECT_EQ(Tree("convert('1' using utf8)", MySql()), Tree("'1'"));
  ExpectSame("timestampdiff(DAY, a, b)", "timestampdiff('day', a, b)");
}

TEST(ParseExpr, Calls) {
  const auto call = ParseExpression(
      "s.f(distinct a, b order by c desc nulls last) within group (order by d) filter (where e) ignore nulls over w");
  const auto& f = call->As<ast::FunctionCall>();
  EXPECT_EQ(f.name.parts.size(), 2U);
  EXPECT_TRUE(f.distinct);
  EXPECT_EQ(f.args.size(), 2U);
  EXPECT_EQ(f.order_by[0].direction, ast::SortDirection::kDescending);
  EXPECT_EQ(f.order_by[0].nulls, ast::NullsOrder::kLast);
  EXPECT_EQ(f.within_group.size(), 1U);
  EXPECT_NE(f.filter, nullptr);
  EXPECT_EQ(f.nulls, ast::NullTreatment::kIgnore);
  EXPECT_TRUE(f.over->is_reference);
  EXPECT_TRUE(ParseExpression("count(*)")->As<ast::FunctionCall>().star);
  EXPECT_EQ(ParseExpression("f(a => 1, b := 2)")->As<ast::FunctionCall>().args[1]->As<ast::NamedArgument>().name, "b");
  EXPECT_EQ(ParseExpression("group_concat(a order by b separator ';')")->As<ast::FunctionCall>().separator, ";");
  EXPECT_TRUE(ParseExpression("f(variadic a)")->As<ast::FunctionCall>().variadic);
  EXPECT_EQ(ParseExpression("left(a, 1)")->kind, ast::ExprKind::kFunctionCall);
}

TEST(ParseExpr, WindowFrames) {
  const auto call = ParseExpression(
      "sum(x) over (w partition by a order by b rows between 1 preceding and unbounded following exclude ties)");
  const ast::WindowSpec& over = *call->As<ast::FunctionCall>().over;
  EXPECT_EQ(over.base, "w");
  EXPECT_FALSE(over.is_reference);
  EXPECT_EQ(over.frame->mode, ast::FrameMode::kRows);
  EXPECT_EQ(over.frame->start.kind, ast::FrameBoundKind::kPreceding);
  EXPECT_EQ(over.frame->end.kind, ast::FrameBoundKind::kUnboundedFollowing);
  EXPECT_EQ(over.frame->exclusion, ast::FrameExclusion::kTies);
  EXPECT_EQ(ErrorOf("sum(x) over (rows unbounded following)").sqlstate(), sqlstate::kWindowingError);
  EXPECT_EQ(ErrorOf("sum(x) over (rows between current row and 1 preceding)").sqlstate(), sqlstate::kWindowingError);
}

TEST(ParseExpr, LambdasAndJson) {
  const auto lambda_of = [](std::string_view sql) {
    const auto call = ParseExpression(sql);
    return call->As<ast::FunctionCall>().args[0]->kind == ast::ExprKind::kLambdaExpr;
  };
  EXPECT_TRUE(lambda_of("array_map(x -> x + 1, a)"));
  EXPECT_TRUE(lambda_of("array_map((x, y) -> x + y, a, b)"));
  EXPECT_TRUE(lambda_of("array_map(x -> 'a' || x, a)"));
  EXPECT_TRUE(lambda_of("f(lambda x: x + 1, a)"));
  EXPECT_FALSE(lambda_of("count(payload -> 'a')"));
  EXPECT_FALSE(lambda_of("count(payload -> 0)"));
  EXPECT_FALSE(lambda_of("count(t.payload -> key)"));
  EXPECT_FALSE(lambda_of("count((payload -> key))"));
  EXPECT_EQ(Tree("a -> b"), "(BinaryExpr \"->\" (ColumnRef [\"a\"]) (ColumnRef [\"b\"]))");
  EXPECT_EQ(ParseExpression("f((a, b), 1)")->As<ast::FunctionCall>().args[0]->kind, ast::ExprKind::kRowExpr);
}

TEST(ParseExpr, Constructors) {
  ExpectSame("array[1, 2]", "[1, 2]");
  ExpectSame("array[[1], [2]]", "[[1], [2]]");
  EXPECT_EQ(ParseExpression("array(select 1)")->kind, ast::ExprKind::kArraySubqueryExpr);
  ExpectSame("array<int>[1, 2]", "cast([1, 2] as array<int>)");
  EXPECT_EQ(ParseExpression("array<array<int>>[[1]]")->kind, ast::ExprKind::kCastExpr);
  EXPECT_EQ(ParseExpression("map{'a': 1, 'b': 2}")->As<ast::MapExpr>().keys.size(), 2U);
  EXPECT_EQ(ParseExpression("map<varchar(3), int>{'a': 1}")->kind, ast::ExprKind::kCastExpr);
  EXPECT_EQ(Tree("map < 1"), Tree("\"map\" < 1"));
  EXPECT_EQ(ParseExpression("{'a': 1, b: {c: 2}}")->As<ast::StructExpr>().names[1], "b");
  ExpectSame("row(1, 2)", "(1, 2)");
  EXPECT_EQ(ParseExpression("row()")->As<ast::RowExpr>().fields.size(), 0U);
  EXPECT_EQ(ParseExpression("[x * 2 for x in list if x > 1]")->kind, ast::ExprKind::kListComprehension);
}

TEST(ParseExpr, Subqueries) {
  EXPECT_EQ(ParseExpression("(select 1)")->kind, ast::ExprKind::kSubqueryExpr);
  EXPECT_EQ(ParseExpression("((select 1))")->kind, ast::ExprKind::kSubqueryExpr);
  EXPECT_EQ(ParseExpression("((select 1) union select 2)")->kind, ast::ExprKind::kSubqueryExpr);
  EXPECT_EQ(ParseExpression("((select 1) + 2)")->kind, ast::ExprKind::kBinaryExpr);
  EXPECT_EQ(ParseExpression("exists (select 1)")->kind, ast::ExprKind::kExistsExpr);
  EXPECT_EQ(ParseExpression("a in (select 1)")->kind, ast::ExprKind::kInSubqueryExpr);
  EXPECT_EQ(ParseExpression("a in ((select 1) union (select 2))")->kind, ast::ExprKind::kInSubqueryExpr);
  EXPECT_EQ(ParseExpression("a in ((select 1), 2)")->kind, ast::ExprKind::kInListExpr);
  EXPECT_EQ(ParseExpression("(a, b) in (values (1, 2))")->kind, ast::ExprKind::kInSubqueryExpr);
  EXPECT_EQ(ParseExpression("a = any (select 1)")->As<ast::QuantifiedExpr>().array, nullptr);
  EXPECT_EQ(ParseExpression("a <> all (array[1])")->As<ast::QuantifiedExpr>().query, nullptr);
  EXPECT_EQ(ParseExpression("a not like any (array['x'])")->As<ast::QuantifiedExpr>().op, "!~~");
}

TEST(ParseExpr, MySqlOperators) {
  EXPECT_EQ(Tree("a || b", MySql()), Tree("a or b"));
  EXPECT_EQ(Tree("a && b", MySql()), Tree("a and b"));
  EXPECT_EQ(Tree("a <=> b", MySql()), Tree("a is not distinct from b"));
  EXPECT_EQ(Tree("!a", MySql()), Tree("not a"));
  EXPECT_EQ(Tree("a mod b", MySql()), Tree("a % b"));
  EXPECT_EQ(Tree("a div b", MySql()), Tree("a div b"));
  EXPECT_EQ(Tree("a xor b and c", MySql()), Tree("a xor (b and c)"));
  EXPECT_EQ(Tree("a rlike 'x'", MySql()), Tree("a regexp 'x'"));
  EXPECT_EQ(Tree("a & b | c", MySql()), Tree("(a & b) | c"));
  EXPECT_EQ(Tree("a | b & c", MySql()), Tree("a | (b & c)"));
}

TEST(ParseExpr, ErrorsPointAtTheToken) {
  EXPECT_EQ(ErrorOf("1 +").message(), "syntax error at end of input");
  EXPECT_EQ(ErrorOf("1 +").position(), 3);
  EXPECT_EQ(ErrorOf("f(1,)").message(), "syntax error at or near \")\"");
  EXPECT_EQ(ErrorOf("f(1,)").position(), 4);
  EXPECT_EQ(ErrorOf("a b").position(), 2);
  EXPECT_EQ(ErrorOf("").message(), "syntax error at end of input");
  EXPECT_EQ(ErrorOf("(1, 2").message(), "syntax error at end of input");
  EXPECT_EQ(ErrorOf("case end").message(), "syntax error at or near \"end\"");
  EXPECT_EQ(ErrorOf("a between 1").sqlstate(), sqlstate::kSyntaxError);
}

TEST(ParseExpr, OffsetsOfNodes) {
  const auto expr = ParseExpression("  foo + f(bar)");
  const auto& sum = expr->As<ast::BinaryExpr>();
  EXPECT_EQ(sum.offset, 6U);
  EXPECT_EQ(sum.left->offset, 2U);
  EXPECT_EQ(sum.right->offset, 8U);
  EXPECT_EQ(sum.right->As<ast::FunctionCall>().args[0]->offset, 10U);
}

TEST(ParseExpr, LongChainsParseWithoutRecursion) {
  std::string sum = "1";
  std::string conjunction = "a";
  std::string casts = "a";
  for (int i = 0; i < 100'000; ++i) {
    sum += "+1";
    conjunction += " and a";
    casts += "::int";
  }
  EXPECT_EQ(ParseExpression(sum)->kind, ast::ExprKind::kBinaryExpr);
  EXPECT_EQ(ParseExpression(conjunction)->As<ast::LogicalExpr>().operands.size(), 100'001U);
  EXPECT_EQ(ParseExpression(casts)->kind, ast::ExprKind::kCastExpr);
}

TEST(ParseExpr, DeepNestingIsRefused) {
  const auto nested = [](std::string_view open, std::string_view inner, std::string_view close, int depth) {
    std::string sql;
    for (int i = 0; i < depth; ++i) sql += open;
    sql += inner;
    for (int i = 0; i < depth; ++i) sql += close;
    return sql;
  };
  EXPECT_NO_THROW(ParseExpression(nested("(", "1", ")", 200)));
  for (const auto& [open, inner, close] :
       std::vector<std::array<std::string_view, 3>>{{"(", "1", ")"},
                                                    {"not ", "a", ""},
                                                    {"- ", "a", ""},
                                                    {"f(", "1", ")"},
                                                    {"[", "1", "]"},
                                                    {"(select ", "1", ")"},
                                                    {"{'a': ", "1", "}"},
                                                    {"case when ", "a", " then 1 end"},
                                                    {"a[", "1", "]"},
                                                    {"cast(", "1", " as int)"},
                                                    {"a in (", "1", ")"},
                                                    {"((select 1) union (", "select 1", "))"},
                                                    {"1 + (", "1", ")"},
                                                    {"(select * from (", "select 1", ") t)"},
                                                    {"a = any (", "1", ")"}}) {
    EXPECT_EQ(ErrorOf(nested(open, inner, close, 100'000)).sqlstate(), sqlstate::kStatementTooComplex) << open;
  }
}

}  // namespace
}  // namespace weir
