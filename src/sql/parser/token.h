#pragma once

#include <cstdint>
#include <string_view>

#include "sql/parser/keywords.h"

namespace weir {

enum class TokenKind : uint8_t {
  kEnd,
  kWord,        // a name without quotes that is no keyword
  kKeyword,     // see Token::keyword
  kQuotedName,  // "a", `a`, U&"a"
  kString,
  kBitString,
  kHexString,
  kInteger,
  kDecimal,
  kParameter,       // $1, text "1"; MySQL's ? has no text
  kNamedParameter,  // :name
  kUserVariable,    // @name
  kSystemVariable,  // @@name, dots included
  kOperator,        // see Token::op
  kLeftParen,
  kRightParen,
  kLeftBracket,
  kRightBracket,
  kLeftBrace,
  kRightBrace,
  kComma,
  kSemicolon,
  kDot,
  kColon,
  kDoubleColon,
  kColonEquals,
  kFatArrow,  // =>
};

// The operators that the grammar knows; the rest are kOther and known by their text.
enum class Operator : uint8_t {
  kNone,
  kPlus,
  kMinus,
  kStar,
  kSlash,
  kPercent,
  kCaret,
  kLess,
  kGreater,
  kEquals,
  kLessEquals,
  kGreaterEquals,
  kNotEquals,       // <> and !=
  kNullSafeEquals,  // <=>, of MySQL
  kArrow,           // ->
  kPipes,           // ||
  kAmpersands,      // &&
  kExclamation,     // !
  kAt,              // @
  kOther,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  Operator op = Operator::kNone;
  Keyword keyword = Keyword::kNoKeyword;
  uint32_t offset = 0;
  uint32_t end = 0;
  std::string_view text;  // the name, the decoded string, the digits, the operator

  bool is(Keyword word) const { return keyword == word; }
  bool is(TokenKind other) const { return kind == other; }
  bool is(Operator other) const { return op == other; }
};

}  // namespace weir
