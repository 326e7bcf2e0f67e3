// Every statement of the corpus must survive parse → ToSql → parse, and its canonical text must be a fixed point.
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "sql/parser/dump.h"
#include "sql/parser/parser.h"
#include "sql/parser/statement_corpus.h"
#include "sql/parser/to_sql.h"

namespace weir {
namespace {

std::string Describe(const Error& error, std::string_view sql) {
  return error.ToString(sql);
}

void ExpectRoundTrip(std::string_view sql, Dialect dialect) {
  SCOPED_TRACE(sql);
  ParseOptions options;
  options.dialect = dialect;
  std::vector<ast::StatementPtr> first;
  if (const auto error = CatchError([&] { first = ParseStatements(sql, options); })) {
    ADD_FAILURE() << Describe(*error, sql);
    return;
  }
  ASSERT_EQ(first.size(), 1U);
  EXPECT_FALSE(first[0]->text.empty());
  const std::string text = ToSql(*first[0]);
  std::vector<ast::StatementPtr> second;
  if (const auto error = CatchError([&] { second = ParseStatements(text); })) {
    ADD_FAILURE() << "canonical text does not parse: " << Describe(*error, text);
    return;
  }
  ASSERT_EQ(second.size(), 1U) << text;
  EXPECT_EQ(ast::Dump(*first[0]), ast::Dump(*second[0])) << text;
  EXPECT_EQ(text, ToSql(*second[0]));
}

TEST(RoundTrip, PostgresCorpus) {
  for (const std::string_view sql : kPostgresCorpus) ExpectRoundTrip(sql, Dialect::kPostgres);
}

TEST(RoundTrip, MySqlCorpus) {
  for (const std::string_view sql : kMySqlCorpus) ExpectRoundTrip(sql, Dialect::kMySql);
}

// The plain statements mean the same in both dialects.
TEST(RoundTrip, TheCorpusAtOnce) {
  std::string all;
  for (const std::string_view sql : kPostgresCorpus) {
    all += sql;
    all += " ;\n";
  }
  EXPECT_EQ(ParseStatements(all).size(), std::size(kPostgresCorpus));
}

}  // namespace
}  // namespace weir
