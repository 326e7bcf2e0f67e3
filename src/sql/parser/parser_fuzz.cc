// Any bytes: the parser may refuse them with a weir::Error and nothing else, and what it takes must round-trip.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/error.h"
#include "sql/parser/dump.h"
#include "sql/parser/parser.h"
#include "sql/parser/statement_corpus.h"
#include "sql/parser/to_sql.h"

namespace weir {

void FuzzSqlParser(std::span<const uint8_t> bytes) {
  // The first byte picks the dialect and whether the rest is one expression.
  if (bytes.empty()) return;
  ParseOptions options;
  options.dialect = (bytes[0] & 1) == 0 ? Dialect::kPostgres : Dialect::kMySql;
  const std::string_view sql(reinterpret_cast<const char*>(bytes.data()) + 1, bytes.size() - 1);
  std::vector<ast::StatementPtr> statements;
  try {
    if ((bytes[0] & 2) != 0) {
      const ast::ExprPtr expr = ParseExpression(sql, options);
      ResultColumnName(*expr);
      ToSql(*expr);
      return;
    }
    statements = ParseStatements(sql, options);
  } catch (const Error& error) {
    WEIR_CHECK(error.kind() == ErrorKind::kUser, "{}", error.ToString(sql));
    WEIR_CHECK(error.position() <= static_cast<int64_t>(sql.size()), "{}", error.message());
    return;
  }
  // Dumps recurse over chains that the parser and ToSql walk in loops.
  constexpr size_t kRoundTripMax = 4096;
  for (const ast::StatementPtr& statement : statements) {
    const std::string text = ToSql(*statement);
    if (sql.size() > kRoundTripMax) continue;
    std::vector<ast::StatementPtr> again;
    try {
      again = ParseStatements(text);
    } catch (const Error& error) {
      // The canonical text may need a few more parentheses than the original.
      if (error.sqlstate() == sqlstate::kStatementTooComplex) continue;
      CheckFailed(__FILE__, __LINE__, "canonical text parses", std::string(sql) + "\n" + error.ToString(text));
    }
    WEIR_CHECK(again.size() == 1, "{}", text);
    WEIR_CHECK(ast::Dump(*statement) == ast::Dump(*again[0]), "{}\n{}\n{}", text, ast::Dump(*statement),
               ast::Dump(*again[0]));
  }
}

std::vector<std::string> FuzzSqlParserSeeds() {
  std::vector<std::string> seeds;
  for (const std::string_view sql : kPostgresCorpus) seeds.push_back(std::string(1, '\0').append(sql));
  for (const std::string_view sql : kMySqlCorpus) seeds.push_back(std::string(1, '\1').append(sql));
  seeds.push_back("\2a + b * (c or d)");
  return seeds;
}

}  // namespace weir
