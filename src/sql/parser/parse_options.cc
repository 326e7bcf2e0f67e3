// Option lists: PROPERTIES ("k" = "v"), WITH (k = v), COPY's and EXPLAIN's (name value, ...).
#include <string>
#include <string_view>

#include "sql/parser/parser_core.h"

namespace weir {

using ast::Expr;

// k, "k", 'k', a.b.c
ast::Name Parser::ParseOptionName() {
  if (At(TokenKind::kString)) return ParseString();
  const Name first = At(TokenKind::kQuotedName) ? ParseAnyName() : Lower(ParseAnyName());
  if (!At(TokenKind::kDot)) return first;
  std::string name(first);
  while (Accept(TokenKind::kDot)) {
    name += '.';
    name += Lower(ParseAnyName());
  }
  return arena_.CopyText(name);
}

// A literal, a bare word (as a string), `*`, or a list of these.
const Expr* Parser::ParseOptionValue() {
  const Nesting nesting(*this);
  const uint32_t offset = token_.offset;
  switch (token_.kind) {
    case TokenKind::kString:
    case TokenKind::kQuotedName: {
      const Name text = token_.text;
      Advance();
      return NewString(text, offset);
    }
    case TokenKind::kLeftParen: {
      auto* row = New<ast::RowExpr>(offset);
      row->fields = ParseParenthesizedList<const Expr*>([&] { return ParseOptionValue(); });
      return row;
    }
    case TokenKind::kWord:
    case TokenKind::kKeyword: {
      if (At(Keyword::kTrue) || At(Keyword::kFalse)) {
        const bool value = At(Keyword::kTrue);
        Advance();
        return NewBool(value, offset);
      }
      if (At(Keyword::kInterval) || PeekIs(1, TokenKind::kLeftParen)) return ParseExpr();
      std::string text(Lower(ParseAnyName()));
      while (At(TokenKind::kDot)) {
        Advance();
        text += '.';
        text += Lower(ParseAnyName());
      }
      return NewString(arena_.CopyText(text), offset);
    }
    case TokenKind::kOperator:
      if (At(Operator::kStar)) {
        auto* star = New<ast::StarExpr>(offset);
        Advance();
        return star;
      }
      return ParseExpr();
    default:
      return ParseExpr();
  }
}

// name [=] [value]
ast::Option Parser::ParseOption() {
  ast::Option option;
  option.offset = token_.offset;
  option.name = ParseOptionName();
  if (Accept(Operator::kEquals) || (!At(TokenKind::kComma) && !At(TokenKind::kRightParen))) {
    option.value = ParseOptionValue();
  }
  return option;
}

ast::List<ast::Option> Parser::ParseParenthesizedOptions() {
  Expect(TokenKind::kLeftParen);
  if (Accept(TokenKind::kRightParen)) return {};
  ListBuilder<ast::Option> options(arena_);
  do {
    options.Add(ParseOption());
  } while (Accept(TokenKind::kComma));
  Expect(TokenKind::kRightParen);
  return options.Finish();
}

// [PROPERTIES (...)]
ast::List<ast::Option> Parser::TryProperties() {
  if (!AcceptWord("properties")) return {};
  return ParseParenthesizedOptions();
}

// [WITH (...)]
ast::List<ast::Option> Parser::TryWithOptions() {
  if (!At(Keyword::kWith) || !PeekIs(1, TokenKind::kLeftParen)) return {};
  Advance();
  return ParseParenthesizedOptions();
}

// [COMMENT [=] 'text']
std::optional<ast::Name> Parser::TryComment() {
  if (!AtWord("comment")) return std::nullopt;
  Advance();
  Accept(Operator::kEquals);
  return ParseString();
}

bool Parser::AcceptIfExists() {
  return AcceptWords("if", "exists");
}

bool Parser::AcceptIfNotExists() {
  return AcceptWords("if", "not", "exists");
}

ast::DropBehavior Parser::ParseDropBehavior() {
  if (AcceptWord("cascade")) return ast::DropBehavior::kCascade;
  if (AcceptWord("restrict")) return ast::DropBehavior::kRestrict;
  return ast::DropBehavior::kDefault;
}

}  // namespace weir
