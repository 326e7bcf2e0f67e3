#include "sql/parser/parser.h"

#include "sql/parser/parser_core.h"

namespace weir {
namespace {

// The arena with the text that its nodes point into.
struct OwnedText {
  explicit OwnedText(std::string_view sql) : text(arena.CopyText(sql)) {}

  ast::Arena arena;
  std::string_view text;
};

}  // namespace

std::vector<ast::StatementPtr> ParseStatements(std::string_view sql, const ParseOptions& options) {
  const auto owned = std::make_shared<OwnedText>(sql);
  Parser parser(owned->text, owned->arena, options);
  const std::vector<const ast::Statement*> statements = parser.ParseAll();
  std::vector<ast::StatementPtr> out;
  out.reserve(statements.size());
  for (const ast::Statement* statement : statements) out.emplace_back(owned, statement);
  return out;
}

ast::ExprPtr ParseExpression(std::string_view sql, const ParseOptions& options) {
  const auto owned = std::make_shared<OwnedText>(sql);
  Parser parser(owned->text, owned->arena, options);
  return {owned, parser.ParseWholeExpression()};
}

ast::TypeNamePtr ParseTypeName(std::string_view sql, const ParseOptions& options) {
  const auto owned = std::make_shared<OwnedText>(sql);
  Parser parser(owned->text, owned->arena, options);
  return {owned, parser.ParseWholeTypeName()};
}

}  // namespace weir
