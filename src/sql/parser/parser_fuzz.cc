// Any bytes: the parser may refuse them with a weir::Error and nothing else, and what it takes must round-trip.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/error.h"
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
  constexpr size_t kRoundTripMax = 4096;
  for (const ast::StatementPtr& statement : statements) {
    const std::string text = ToSql(*statement);
    if (sql.size() > kRoundTripMax) continue;
    // Views keep the canonical text of their query: it must say the same again. Other statements are not kept.
    if (statement->TryAs<ast::QueryStatement>() == nullptr) continue;
    std::string again;
    try {
      for (const ast::StatementPtr& part : ParseStatements(text)) again += ToSql(*part);
    } catch (const Error& error) {
      // Spelled out, a text at the limit of nesting or of names may need more than it did.
      WEIR_CHECK(error.sqlstate() == sqlstate::kStatementTooComplex || error.sqlstate() == "42622", "{} in {}",
                 error.ToString(text), sql);
      continue;
    }
    WEIR_CHECK(again == text, "{} became {}", text, again);
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
