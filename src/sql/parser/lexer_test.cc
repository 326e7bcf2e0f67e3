#include "sql/parser/lexer.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"

namespace weir {
namespace {

std::vector<std::string> Texts(std::string_view sql, Dialect dialect = Dialect::kPostgres) {
  static ast::Arena arena;
  ParseOptions options;
  options.dialect = dialect;
  Lexer lexer(sql, arena, options);
  std::vector<std::string> out;
  for (Token token = lexer.Next(); token.kind != TokenKind::kEnd; token = lexer.Next()) out.emplace_back(token.text);
  return out;
}

Token First(std::string_view sql, Dialect dialect = Dialect::kPostgres) {
  static ast::Arena arena;
  ParseOptions options;
  options.dialect = dialect;
  Lexer lexer(sql, arena, options);
  return lexer.Next();
}

Error ErrorOf(std::string_view sql, Dialect dialect = Dialect::kPostgres) {
  const auto error = CatchError([&] { Texts(sql, dialect); });
  EXPECT_NE(error, nullptr) << sql;
  return error == nullptr ? Error::Internal("no error") : *error;
}

using Strings = std::vector<std::string>;

TEST(Lexer, FoldsNamesButNotQuotedOnes) {
  EXPECT_EQ(Texts("Foo \"Foo\" \"a\"\"b\" `Foo` Ünï _x$1"), (Strings{"foo", "Foo", "a\"b", "Foo", "Ünï", "_x$1"}));
  EXPECT_EQ(Texts(std::string(50, 'A'))[0], std::string(50, 'a'));
  EXPECT_EQ(First("SeLeCt").keyword, Keyword::kSelect);
  EXPECT_EQ(First("\"select\"").keyword, Keyword::kNoKeyword);
}

TEST(Lexer, Numbers) {
  EXPECT_EQ(Texts("1 1.5 .5 1. 1e10 1.5E-3 1_000 0x1F 0b101 0o17 0xFFFFFFFFFFFFFFFF"),
            (Strings{"1", "1.5", ".5", "1.", "1e10", "1.5E-3", "1000", "31", "5", "15", "18446744073709551615"}));
  EXPECT_EQ(First("12").kind, TokenKind::kInteger);
  EXPECT_EQ(First("12.").kind, TokenKind::kDecimal);
  EXPECT_EQ(Texts("1..2"), (Strings{"1", ".", ".2"}));
  const Error junk = ErrorOf("select 123abc");
  EXPECT_EQ(junk.message(), "trailing junk after numeric literal at or near \"123abc\"");
  EXPECT_EQ(junk.position(), 7);
  EXPECT_EQ(ErrorOf("0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF").sqlstate(), sqlstate::kNumericValueOutOfRange);
}

TEST(Lexer, Strings) {
  EXPECT_EQ(Texts(R"('it''s' 'a\n')"), (Strings{"it's", "a\\n"}));
  EXPECT_EQ(Texts(R"(E'a\n\t\\\'\x41\101\u00e9\U0001F600')"), (Strings{"a\n\t\\'AAé😀"}));
  EXPECT_EQ(Texts(R"(E'\ud83d\ude00')"), (Strings{"😀"}));
  EXPECT_EQ(Texts("'a'\n  'b'"), (Strings{"ab"}));
  EXPECT_EQ(Texts("'a' 'b'"), (Strings{"a", "b"}));
  EXPECT_EQ(Texts("$$it's$$ $x$ $$ $x$"), (Strings{"it's", " $$ "}));
  EXPECT_EQ(Texts(R"(U&'d\0061t\+000061' U&"d!0061t" UESCAPE '!')"), (Strings{"data", "dat"}));
  EXPECT_EQ(First("B'0101'").kind, TokenKind::kBitString);
  EXPECT_EQ(First("x'1aF'").kind, TokenKind::kHexString);
  EXPECT_EQ(Texts(""), Strings{});
  EXPECT_EQ(Texts("''"), Strings{""});
}

TEST(Lexer, StringErrors) {
  const Error open = ErrorOf("select 'abc");
  EXPECT_EQ(open.message(), "unterminated quoted string at or near \"'abc\"");
  EXPECT_EQ(open.position(), 7);
  EXPECT_EQ(open.sqlstate(), sqlstate::kSyntaxError);
  EXPECT_EQ(ErrorOf("\"abc").message(), "unterminated quoted identifier at or near \"\"abc\"");
  EXPECT_EQ(ErrorOf("\"\"").message(), "zero-length delimited identifier at or near \"\"\"\"");
  EXPECT_EQ(ErrorOf("$a$ x").message(), "unterminated dollar-quoted string at or near \"$a$ x\"");
  EXPECT_EQ(ErrorOf("/* a /* b */").message(), "unterminated /* comment at or near \"/* a /* b */\"");
  EXPECT_EQ(ErrorOf(R"(E'\ud83d')").sqlstate(), sqlstate::kSyntaxError);
  EXPECT_EQ(ErrorOf(R"(E'\u12')").sqlstate(), sqlstate::kInvalidEscapeSequence);
  EXPECT_EQ(ErrorOf(R"(E'\xff')").sqlstate(), sqlstate::kCharacterNotInRepertoire);
  EXPECT_EQ(ErrorOf(R"(E'abc\)").sqlstate(), sqlstate::kSyntaxError);
}

TEST(Lexer, RefusesInvalidUtf8) {
  for (const std::string_view bad :
       {"\xff", "abc\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe0\x80\x80"}) {
    EXPECT_EQ(ErrorOf(bad).sqlstate(), sqlstate::kCharacterNotInRepertoire);
  }
  EXPECT_EQ(ErrorOf(std::string_view("select\0 1", 9)).position(), 6);
  EXPECT_EQ(ErrorOf("select 'aaaaaaaaaaaaaaaaa\xff'").position(), 25);
  EXPECT_EQ(Texts("\xEF\xBB\xBFselect"), Strings{"select"});
}

TEST(Lexer, Operators) {
  EXPECT_EQ(Texts("a=-1"), (Strings{"a", "=", "-", "1"}));
  EXPECT_EQ(Texts("a<=-1"), (Strings{"a", "<=", "-", "1"}));
  EXPECT_EQ(Texts("a @-@ b"), (Strings{"a", "@-@", "b"}));
  EXPECT_EQ(Texts("a ->>'x' #>> b ?| c"), (Strings{"a", "->>", "x", "#>>", "b", "?|", "c"}));
  EXPECT_EQ(Texts("a!=b"), (Strings{"a", "<>", "b"}));
  EXPECT_EQ(Texts("a+--b\nc"), (Strings{"a", "+", "c"}));
  EXPECT_EQ(Texts("a*/*b*/c"), (Strings{"a", "*", "c"}));
  EXPECT_EQ(Texts("f(a=>1)::int"), (Strings{"f", "(", "a", "=>", "1", ")", "::", "int"}));
  EXPECT_EQ(Texts("a~~*b"), (Strings{"a", "~~*", "b"}));
}

TEST(Lexer, VariablesAndParameters) {
  EXPECT_EQ(First("$12").kind, TokenKind::kParameter);
  EXPECT_EQ(First(":name").kind, TokenKind::kNamedParameter);
  EXPECT_EQ(First("@Foo").text, "foo");
  EXPECT_EQ(First("@@session.autocommit").text, "session.autocommit");
  EXPECT_EQ(Texts("x=@y"), (Strings{"x", "=", "y"}));
  EXPECT_EQ(Texts("a[1:n]"), (Strings{"a", "[", "1", ":", "n", "]"}));
  EXPECT_EQ(Texts("a[:n]"), (Strings{"a", "[", ":", "n", "]"}));
  EXPECT_EQ(Texts("v @@ q"), (Strings{"v", "@@", "q"}));
  EXPECT_EQ(First("?", Dialect::kMySql).kind, TokenKind::kParameter);
}

TEST(Lexer, Comments) {
  EXPECT_EQ(Texts("a -- x\nb /* c /* d */ e */ f"), (Strings{"a", "b", "f"}));
  EXPECT_EQ(Texts("a -- no end"), (Strings{"a"}));
}

TEST(Lexer, MySql) {
  EXPECT_EQ(First("\"x\"\"y\\n\"", Dialect::kMySql).text, "x\"y\n");
  EXPECT_EQ(First("\"x\"", Dialect::kMySql).kind, TokenKind::kString);
  EXPECT_EQ(First("'a\\'b'", Dialect::kMySql).text, "a'b");
  EXPECT_EQ(First("'100\\%'", Dialect::kMySql).text, "100\\%");
  EXPECT_EQ(First("'a' 'b'", Dialect::kMySql).text, "ab");
  EXPECT_EQ(Texts("a # comment\nb", Dialect::kMySql), (Strings{"a", "b"}));
  EXPECT_EQ(Texts("5--3", Dialect::kMySql), (Strings{"5", "-", "-", "3"}));
  EXPECT_EQ(Texts("a /*!40101 b */ c", Dialect::kMySql), (Strings{"a", "b", "c"}));
  EXPECT_EQ(Texts("a<=>b !c", Dialect::kMySql), (Strings{"a", "<=>", "b", "!", "c"}));
}

}  // namespace
}  // namespace weir
