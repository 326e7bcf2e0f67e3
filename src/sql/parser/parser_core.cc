#include "sql/parser/parser_core.h"

#include <algorithm>
#include <string>

namespace weir {
namespace {

// Far below the smallest stack that a thread of ours has, whatever a frame takes in this build.
constexpr uintptr_t kStackBytesMax = 3U << 20;

// Of what is made of a text: what is bound takes several times as much.
constexpr size_t kTreeBytesMax = size_t{768} << 20;

char LowerChar(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

}  // namespace

Parser::Parser(std::string_view text, ast::Arena& arena, const ParseOptions& options)
    : options_(options),
      arena_(arena),
      lexer_(text, arena, options),
      stack_begin_(reinterpret_cast<uintptr_t>(__builtin_frame_address(0))),
      tree_bytes_max_(arena.allocated_bytes() + kTreeBytesMax) {
  token_ = lexer_.Next();
}

void Parser::EnterNesting() {
  const auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  const uintptr_t used = stack_begin_ > here ? stack_begin_ - here : here - stack_begin_;
  if (nesting_ >= options_.nesting_max || used > kStackBytesMax) {
    throw Error::User(sqlstate::kStatementTooComplex, "stack depth limit exceeded")
        .WithHint(fmt::format("Nest fewer than {} parentheses, subqueries or prefix operators.", nesting_))
        .WithPosition(token_.offset);
  }
  ++nesting_;
}

const Token& Parser::Peek(size_t ahead) {
  WEIR_DCHECK(ahead >= 1 && ahead <= kLookahead);
  while (lookahead_size_ < ahead) lookahead_[lookahead_size_++] = lexer_.Next();
  return lookahead_[ahead - 1];
}

void Parser::Advance() {
  if (arena_.allocated_bytes() > tree_bytes_max_) {
    throw Error::User(sqlstate::kStatementTooComplex, "statement too large: its parts take more than {} MiB",
                      kTreeBytesMax >> 20)
        .WithHint("Load many rows with COPY, and look values up in a table.")
        .WithPosition(token_.offset);
  }
  previous_end_ = token_.end;
  if (lookahead_size_ == 0) {
    token_ = lexer_.Next();
    return;
  }
  token_ = lookahead_[0];
  --lookahead_size_;
  for (size_t i = 0; i < lookahead_size_; ++i) lookahead_[i] = lookahead_[i + 1];
}

bool Parser::IsWord(const Token& token, std::string_view word) {
  if (token.kind != TokenKind::kWord && token.kind != TokenKind::kKeyword) return false;
  if (token.text.size() != word.size()) return false;
  return std::equal(word.begin(), word.end(), token.text.begin(), [](char a, char b) { return a == LowerChar(b); });
}

bool Parser::AcceptWord(std::string_view word) {
  if (!AtWord(word)) return false;
  Advance();
  return true;
}

bool Parser::AcceptWords(std::string_view first, std::string_view second) {
  if (!AtWord(first) || !PeekIsWord(1, second)) return false;
  Advance();
  Advance();
  return true;
}

bool Parser::AcceptWords(std::string_view first, std::string_view second, std::string_view third) {
  if (!AtWord(first) || !PeekIsWord(1, second) || !PeekIsWord(2, third)) return false;
  Advance();
  Advance();
  Advance();
  return true;
}

void Parser::SyntaxErrorAt(const Token& at) {
  if (at.kind == TokenKind::kEnd) {
    throw Error::User(sqlstate::kSyntaxError, "syntax error at end of input").WithPosition(at.offset);
  }
  constexpr size_t kShownMax = 200;
  std::string_view shown = lexer_.text().substr(at.offset, at.end - at.offset);
  if (shown.size() > kShownMax) {
    size_t cut = kShownMax;
    while (cut > 0 && (static_cast<uint8_t>(shown[cut]) & 0xC0) == 0x80) --cut;
    shown = shown.substr(0, cut);
  }
  throw Error::User(sqlstate::kSyntaxError, "syntax error at or near \"{}\"", shown).WithPosition(at.offset);
}

void Parser::Unsupported(uint32_t offset, std::string_view what, std::string hint) {
  throw Error::Unsupported(std::move(hint), "not supported: {}", what).WithPosition(offset);
}

void Parser::ExpectOperatorChar(char c) {
  if (!AtOperatorChar(c)) SyntaxError();
  if (token_.text.size() == 1) {
    Advance();
    return;
  }
  // Only a part of the token is meant: cut it again from behind that character.
  Lexer::Place place = lexer_.place();
  place.offset = token_.offset + 1;
  place.previous = TokenKind::kOperator;
  lexer_.Rewind(place);
  previous_end_ = place.offset;
  lookahead_size_ = 0;
  token_ = lexer_.Next();
}

Parser::Mark Parser::Here() const {
  Mark mark;
  mark.token = token_;
  std::copy(std::begin(lookahead_), std::end(lookahead_), mark.lookahead);
  mark.lookahead_size = lookahead_size_;
  mark.place = lexer_.place();
  mark.question_marks = question_marks_;
  mark.previous_end = previous_end_;
  return mark;
}

void Parser::Rewind(const Mark& mark) {
  token_ = mark.token;
  std::copy(std::begin(mark.lookahead), std::end(mark.lookahead), lookahead_);
  lookahead_size_ = mark.lookahead_size;
  lexer_.Rewind(mark.place);
  question_marks_ = mark.question_marks;
  previous_end_ = mark.previous_end;
}

bool Parser::AtClauseEnd() const {
  switch (token_.kind) {
    case TokenKind::kEnd:
    case TokenKind::kSemicolon:
    case TokenKind::kComma:
    case TokenKind::kRightParen:
    case TokenKind::kRightBracket:
    case TokenKind::kRightBrace:
      return true;
    case TokenKind::kKeyword:
      switch (token_.keyword) {
        case Keyword::kFrom:
        case Keyword::kWhere:
        case Keyword::kGroup:
        case Keyword::kHaving:
        case Keyword::kWindow:
        case Keyword::kQualify:
        case Keyword::kUnion:
        case Keyword::kIntersect:
        case Keyword::kExcept:
        case Keyword::kMinus:
        case Keyword::kOrder:
        case Keyword::kLimit:
        case Keyword::kOffset:
        case Keyword::kFetch:
        case Keyword::kFor:
        case Keyword::kWith:
        case Keyword::kEmit:
        case Keyword::kUsing:
          return true;
        default:
          return false;
      }
    default:
      return false;
  }
}

bool Parser::StartsOperand(const Token& token) {
  switch (token.kind) {
    case TokenKind::kWord:
    case TokenKind::kQuotedName:
    case TokenKind::kString:
    case TokenKind::kBitString:
    case TokenKind::kHexString:
    case TokenKind::kInteger:
    case TokenKind::kDecimal:
    case TokenKind::kParameter:
    case TokenKind::kNamedParameter:
    case TokenKind::kUserVariable:
    case TokenKind::kSystemVariable:
    case TokenKind::kLeftParen:
    case TokenKind::kLeftBracket:
      return true;
    case TokenKind::kKeyword:
      switch (token.keyword) {
        case Keyword::kCase:
        case Keyword::kCast:
        case Keyword::kNull:
        case Keyword::kTrue:
        case Keyword::kFalse:
        case Keyword::kArray:
        case Keyword::kNot:
        case Keyword::kCurrentDate:
        case Keyword::kCurrentTimestamp:
          return true;
        default:
          return InfoOf(token.keyword).keyword_class == KeywordClass::kUnreserved ||
                 InfoOf(token.keyword).keyword_class == KeywordClass::kColumnName;
      }
    case TokenKind::kOperator:
      return token.is(Operator::kMinus) || token.is(Operator::kPlus);
    default:
      return false;
  }
}

// ---- names

bool Parser::IsColumnName(const Token& token) {
  switch (token.kind) {
    case TokenKind::kWord:
    case TokenKind::kQuotedName:
      return true;
    case TokenKind::kKeyword: {
      const KeywordClass keyword_class = InfoOf(token.keyword).keyword_class;
      return keyword_class == KeywordClass::kUnreserved || keyword_class == KeywordClass::kColumnName;
    }
    default:
      return false;
  }
}

bool Parser::IsFunctionName(const Token& token) {
  return IsColumnName(token) || (token.kind == TokenKind::kKeyword &&
                                 InfoOf(token.keyword).keyword_class == KeywordClass::kTypeOrFunctionName);
}

bool Parser::IsAnyName(const Token& token) {
  return token.kind == TokenKind::kWord || token.kind == TokenKind::kQuotedName || token.kind == TokenKind::kKeyword;
}

ast::Name Parser::ParseColumnName() {
  if (!IsColumnName(token_)) SyntaxError();
  const Name name = token_.text;
  Advance();
  return name;
}

ast::Name Parser::ParseFunctionName() {
  if (!IsFunctionName(token_)) SyntaxError();
  const Name name = token_.text;
  Advance();
  return name;
}

ast::Name Parser::ParseAnyName() {
  if (!IsAnyName(token_)) SyntaxError();
  const Name name = token_.text;
  Advance();
  return name;
}

ast::Name Parser::ParseNameOrString() {
  return At(TokenKind::kString) ? ParseString() : ParseColumnName();
}

ast::Name Parser::ParseWordOrString() {
  if (At(TokenKind::kString)) return ParseString();
  return Lower(ParseAnyName());
}

ast::QualifiedName Parser::ParseQualifiedName() {
  ast::QualifiedName name;
  name.offset = token_.offset;
  const Name first = ParseColumnName();
  if (!At(TokenKind::kDot)) {
    name.parts = OneName(first);
    return name;
  }
  ListBuilder<Name> parts(arena_);
  parts.Add(first);
  while (Accept(TokenKind::kDot)) parts.Add(ParseAnyName());
  name.parts = parts.Finish();
  return name;
}

ast::List<ast::Name> Parser::ParseNameList() {
  return ParseCommaList<Name>([&] { return ParseColumnName(); });
}

ast::List<ast::Name> Parser::ParseParenthesizedNames() {
  return ParseParenthesizedList<Name>([&] { return ParseColumnName(); });
}

ast::List<ast::QualifiedName> Parser::ParseQualifiedNameList() {
  return ParseCommaList<ast::QualifiedName>([&] { return ParseQualifiedName(); });
}

ast::Name Parser::ParseString() {
  // StarRocks' definitions quote strings with either quote; in the PostgreSQL dialect "x" comes as a name.
  if (!At(TokenKind::kString) && !At(TokenKind::kQuotedName)) SyntaxError();
  const Name text = token_.text;
  Advance();
  return text;
}

int64_t Parser::ParseInteger() {
  const Token first = token_;
  const bool negative = Accept(Operator::kMinus);
  if (!negative) Accept(Operator::kPlus);
  if (!At(TokenKind::kInteger)) SyntaxError();
  uint64_t value = 0;
  constexpr uint64_t kMax = static_cast<uint64_t>(INT64_MAX);
  for (const char c : token_.text) {
    const auto digit = static_cast<uint64_t>(c - '0');
    if (value > (kMax - digit) / 10) {
      throw Error::User(sqlstate::kNumericValueOutOfRange, "integer is out of range: {}", token_.text)
          .WithPosition(first.offset);
    }
    value = value * 10 + digit;
  }
  Advance();
  return negative ? -static_cast<int64_t>(value) : static_cast<int64_t>(value);
}

ast::Name Parser::Lower(std::string_view text) {
  if (std::none_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) return text;
  char* out = arena_.AllocateText(text.size());
  std::transform(text.begin(), text.end(), out, LowerChar);
  return {out, text.size()};
}

ast::Name Parser::Spaced(std::initializer_list<std::string_view> words) {
  std::string joined;
  for (const std::string_view word : words) {
    if (word.empty()) continue;
    if (!joined.empty()) joined += ' ';
    joined += word;
  }
  std::transform(joined.begin(), joined.end(), joined.begin(), LowerChar);
  return arena_.CopyText(joined);
}

}  // namespace weir
