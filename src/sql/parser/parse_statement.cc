// Whole texts, and which parser a statement's first words belong to.
#include <string_view>

#include "sql/parser/parser_core.h"

namespace weir {

std::vector<const ast::Statement*> Parser::ParseAll() {
  std::vector<const ast::Statement*> statements;
  while (true) {
    while (Accept(TokenKind::kSemicolon)) {
    }
    if (At(TokenKind::kEnd)) return statements;
    question_marks_ = 0;
    statements.push_back(ParseStatement());
    if (!At(TokenKind::kSemicolon) && !At(TokenKind::kEnd)) SyntaxError();
  }
}

const ast::Expr* Parser::ParseWholeExpression() {
  const ast::Expr* expr = ParseExpr();
  if (!At(TokenKind::kEnd)) SyntaxError();
  return expr;
}

const ast::TypeName* Parser::ParseWholeTypeName() {
  const ast::TypeName* type = ParseTypeName();
  if (!At(TokenKind::kEnd)) SyntaxError();
  return type;
}

const ast::Statement* Parser::ParseStatement() {
  const Nesting nesting(*this);
  const uint32_t begin = token_.offset;
  const ast::Statement* statement = ParseStatementBody();
  // Parsers return their nodes as constant; the text is known only here.
  auto* node = const_cast<ast::Statement*>(statement);
  node->offset = begin;
  node->text = lexer_.text().substr(begin, previous_end_ - begin);
  return statement;
}

const ast::Statement* Parser::ParseQueryStatement() {
  auto* node = New<ast::QueryStatement>(token_.offset);
  node->query = ParseQuery();
  return node;
}

const ast::Statement* Parser::ParseWithStatement() {
  const uint32_t offset = token_.offset;
  const ast::With* with = ParseWith();
  if (AtQueryStart() || At(TokenKind::kLeftParen)) {
    auto* node = New<ast::QueryStatement>(offset);
    node->query = ParseQueryAfterWith(with, offset);
    return node;
  }
  return ParseChangeAfterWith(with, offset);
}

const ast::Statement* Parser::ParseStatementBody() {
  switch (token_.keyword) {
    case Keyword::kSelect:
    case Keyword::kValues:
    case Keyword::kTable:
    case Keyword::kFrom:
      return ParseQueryStatement();
    case Keyword::kWith:
      return ParseWithStatement();
    case Keyword::kInsert:
    case Keyword::kUpdate:
    case Keyword::kDelete:
      return ParseChangeAfterWith(nullptr, token_.offset);
    case Keyword::kCopy:
      return ParseCopy();
    case Keyword::kTruncate:
      return ParseTruncate();
    default:
      break;
  }
  if (At(TokenKind::kLeftParen)) return ParseQueryStatement();
  if (AtWord("merge")) return ParseChangeAfterWith(nullptr, token_.offset);
  if (AtWords("replace", "into")) return ParseInsert(nullptr, token_.offset);
  SyntaxError();
}

}  // namespace weir
