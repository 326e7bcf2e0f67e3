// Type names: PostgreSQL's spellings, StarRocks' and DuckDB's nested types.
#include <array>
#include <string_view>

#include "sql/parser/parser_core.h"

namespace weir {

const ast::TypeName* Parser::ParseTypeName() {
  const Nesting nesting(*this);
  auto* type = New<ast::TypeName>(token_.offset);
  if (At(Keyword::kSetof)) {
    Advance();
    type->set_of = true;
  }
  ParseSimpleType(type);
  ParseArrayBounds(type);
  return type;
}

void Parser::ParseArrayBounds(ast::TypeName* type) {
  ListBuilder<int64_t> bounds(arena_);
  const auto bound = [&]() -> int64_t { return At(TokenKind::kInteger) ? ParseInteger() : -1; };
  // Not `type [1, 2]` or `type [x]`: only what can be a bound.
  while (At(TokenKind::kLeftBracket) && (PeekIs(1, TokenKind::kRightBracket) ||
                                         (PeekIs(1, TokenKind::kInteger) && PeekIs(2, TokenKind::kRightBracket)))) {
    Advance();
    bounds.Add(bound());
    Expect(TokenKind::kRightBracket);
  }
  if (bounds.empty() && At(Keyword::kArray) && !PeekIs(1, Operator::kLess)) {
    Advance();
    if (Accept(TokenKind::kLeftBracket)) {
      bounds.Add(bound());
      Expect(TokenKind::kRightBracket);
    } else {
      bounds.Add(-1);
    }
  }
  type->dimensions = bounds.Finish();
}

void Parser::ParseTypeModifiers(ast::TypeName* type) {
  if (!Accept(TokenKind::kLeftParen)) return;
  type->modifiers = ParseCommaList<const Expr*>([&]() -> const Expr* {
    if (At(Operator::kStar)) {  // VARCHAR(*)
      auto* star = New<ast::StarExpr>(token_.offset);
      Advance();
      return star;
    }
    return ParseExpr();
  });
  Expect(TokenKind::kRightParen);
}

// [(p)] [WITH | WITHOUT [LOCAL] TIME ZONE] behind TIME or TIMESTAMP.
void Parser::ParseTimeZoneSuffix(ast::TypeName* type, std::string_view word) {
  ParseTypeModifiers(type);
  Name name = word;
  if (At(Keyword::kWith) && PeekIs(1, Keyword::kTime)) {
    Advance();
    Advance();
    Expect(Keyword::kZone);
    name = Spaced({word, "with time zone"});
  } else if (At(Keyword::kWith) && PeekIs(1, Keyword::kLocal) && PeekIs(2, Keyword::kTime)) {
    Advance();
    Advance();
    Advance();
    Expect(Keyword::kZone);
    name = Spaced({word, "with local time zone"});
  } else if (At(Keyword::kWithout) && PeekIs(1, Keyword::kTime)) {
    Advance();
    Advance();
    Expect(Keyword::kZone);
  }
  type->name = OneName(name);
}

// <T>, <K, V>, <a T, b: T>.
void Parser::ParseAngleArguments(ast::TypeName* type, bool named) {
  ExpectOperatorChar('<');
  ListBuilder<ast::TypeArgument> arguments(arena_);
  do {
    ast::TypeArgument argument;
    if (named) {
      argument.name = ParseAnyName();
      Accept(TokenKind::kColon);
    }
    argument.type = ParseTypeName();
    if (named && AcceptWord("comment")) ParseString();
    arguments.Add(argument);
  } while (Accept(TokenKind::kComma));
  ExpectOperatorChar('>');
  type->arguments = arguments.Finish();
}

// (a T, b T)
void Parser::ParseStructFields(ast::TypeName* type) {
  type->arguments = ParseParenthesizedList<ast::TypeArgument>([&] {
    ast::TypeArgument argument;
    argument.name = ParseAnyName();
    argument.type = ParseTypeName();
    return argument;
  });
}

void Parser::ParseSimpleType(ast::TypeName* type) {
  const auto words = [&](std::initializer_list<std::string_view> parts) { type->name = OneName(Spaced(parts)); };
  switch (token_.keyword) {
    case Keyword::kDouble:
      Advance();
      if (Accept(Keyword::kPrecision)) {
        words({"double precision"});
      } else {
        words({"double"});
        ParseTypeModifiers(type);
      }
      return;
    case Keyword::kTimestamp:
      Advance();
      return ParseTimeZoneSuffix(type, "timestamp");
    case Keyword::kTime:
      Advance();
      return ParseTimeZoneSuffix(type, "time");
    case Keyword::kInterval:
      Advance();
      words({"interval"});
      if (At(TokenKind::kLeftParen)) {
        ParseTypeModifiers(type);
      } else {
        type->interval_fields = TryIntervalFields(false);
        if (type->interval_fields.ends_with("second")) ParseTypeModifiers(type);
      }
      return;
    case Keyword::kNational: {
      Advance();
      if (!Accept(Keyword::kCharacter)) Expect(Keyword::kChar);
      words({Accept(Keyword::kVarying) ? "character varying" : "character"});
      ParseTypeModifiers(type);
      return;
    }
    case Keyword::kCharacter:
    case Keyword::kChar:
    case Keyword::kNchar: {
      const Name word = At(Keyword::kChar) ? "char" : "character";
      Advance();
      words({Accept(Keyword::kVarying) ? std::string_view("character varying") : word});
      ParseTypeModifiers(type);
      return;
    }
    case Keyword::kBit:
      Advance();
      words({Accept(Keyword::kVarying) ? "bit varying" : "bit"});
      ParseTypeModifiers(type);
      return;
    case Keyword::kArray:
      Advance();
      words({"array"});
      return ParseAngleArguments(type, false);
    case Keyword::kMap:
      if (PeekIs(1, Operator::kLess)) {
        Advance();
        words({"map"});
        return ParseAngleArguments(type, false);
      }
      if (PeekIs(1, TokenKind::kLeftParen)) {
        Advance();
        words({"map"});
        type->arguments = ParseParenthesizedList<ast::TypeArgument>([&] {
          ast::TypeArgument argument;
          argument.type = ParseTypeName();
          return argument;
        });
        return;
      }
      break;
    case Keyword::kStruct:
    case Keyword::kRow:
      if (AtOperatorChar('<') || PeekIs(1, Operator::kLess)) {
        Advance();
        words({"struct"});
        return ParseAngleArguments(type, true);
      }
      if (PeekIs(1, TokenKind::kLeftParen)) {
        Advance();
        words({"struct"});
        return ParseStructFields(type);
      }
      break;
    default:
      break;
  }
  if (!IsFunctionName(token_)) SyntaxError();
  type->quoted = At(TokenKind::kQuotedName);
  const Name first = token_.text;
  const bool may_be_unsigned = token_.kind != TokenKind::kQuotedName;
  Advance();
  if (At(TokenKind::kDot)) {
    ListBuilder<Name> parts(arena_);
    parts.Add(first);
    while (Accept(TokenKind::kDot)) parts.Add(ParseAnyName());
    type->name = parts.Finish();
  } else {
    type->name = OneName(type->quoted ? first : Lower(first));
  }
  ParseTypeModifiers(type);
  if (!may_be_unsigned || type->name.size() != 1) return;
  // MySQL: INT(11) UNSIGNED ZEROFILL, CAST(x AS UNSIGNED INTEGER).
  static constexpr auto kIntegers =
      std::to_array<std::string_view>({"tinyint", "smallint", "mediumint", "int", "integer", "bigint", "decimal",
                                       "float", "double", "signed", "unsigned"});
  const Name word = type->name[0];
  bool is_integer = false;
  for (const std::string_view candidate : kIntegers) is_integer |= word == candidate;
  if (!is_integer) return;
  if (word == "signed" || word == "unsigned") {
    if (!AcceptWord("integer")) AcceptWord("int");
    return;
  }
  if (AcceptWord("unsigned")) {
    words({word, "unsigned"});
  } else {
    AcceptWord("signed");
  }
  AcceptWord("zerofill");
}

}  // namespace weir
