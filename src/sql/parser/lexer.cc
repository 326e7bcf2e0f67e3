#include "sql/parser/lexer.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "base/error.h"
#include "base/int128.h"
#include "base/utf8.h"

namespace weir {
namespace {

enum CharClass : uint8_t {
  kBlank = 1,
  kNameStart = 2,
  kNamePart = 4,
  kDigit = 8,
  kOperatorChar = 16,
  kHexDigit = 32,
  kUpper = 64,
};

constexpr std::array<uint8_t, 256> MakeClasses() {
  std::array<uint8_t, 256> classes{};
  for (const char c : {' ', '\t', '\n', '\r', '\f', '\v'}) classes[static_cast<uint8_t>(c)] |= kBlank;
  for (int c = 'a'; c <= 'z'; ++c) classes[c] |= kNameStart | kNamePart;
  for (int c = 'A'; c <= 'Z'; ++c) classes[c] |= kNameStart | kNamePart | kUpper;
  for (int c = 0x80; c <= 0xFF; ++c) classes[c] |= kNameStart | kNamePart;
  classes['_'] |= kNameStart | kNamePart;
  classes['$'] |= kNamePart;
  for (int c = '0'; c <= '9'; ++c) classes[c] |= kNamePart | kDigit | kHexDigit;
  for (int c = 'a'; c <= 'f'; ++c) classes[c] |= kHexDigit;
  for (int c = 'A'; c <= 'F'; ++c) classes[c] |= kHexDigit;
  // The back-quote is one in PostgreSQL too; here it quotes names.
  for (const char c : {'~', '!', '@', '#', '^', '&', '|', '?', '+', '-', '*', '/', '%', '<', '>', '='}) {
    classes[static_cast<uint8_t>(c)] |= kOperatorChar;
  }
  return classes;
}
constexpr std::array<uint8_t, 256> kClasses = MakeClasses();

bool Is(char c, uint8_t classes) {
  return (kClasses[static_cast<uint8_t>(c)] & classes) != 0;
}

char ToLower(char c) {
  return Is(c, kUpper) ? static_cast<char>(c + 32) : c;
}

uint32_t HexValue(char c) {
  if (c <= '9') return static_cast<uint32_t>(c - '0');
  return static_cast<uint32_t>(ToLower(c) - 'a' + 10);
}

// The piece of the text that an error message shows, cut at a character.
std::string_view Excerpt(std::string_view text, size_t begin, size_t end) {
  constexpr size_t kExcerptMax = 200;
  end = std::min(end, begin + kExcerptMax);
  while (end < text.size() && end > begin && (static_cast<uint8_t>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(begin, end - begin);
}

Operator ClassifyOperator(std::string_view text) {
  if (text.size() == 1) {
    switch (text[0]) {
      case '+':
        return Operator::kPlus;
      case '-':
        return Operator::kMinus;
      case '*':
        return Operator::kStar;
      case '/':
        return Operator::kSlash;
      case '%':
        return Operator::kPercent;
      case '^':
        return Operator::kCaret;
      case '<':
        return Operator::kLess;
      case '>':
        return Operator::kGreater;
      case '=':
        return Operator::kEquals;
      case '!':
        return Operator::kExclamation;
      case '@':
        return Operator::kAt;
      default:
        return Operator::kOther;
    }
  }
  if (text.size() == 2) {
    if (text == "<=") return Operator::kLessEquals;
    if (text == ">=") return Operator::kGreaterEquals;
    if (text == "<>") return Operator::kNotEquals;
    if (text == "->") return Operator::kArrow;
    if (text == "||") return Operator::kPipes;
    if (text == "&&") return Operator::kAmpersands;
  }
  if (text == "<=>") return Operator::kNullSafeEquals;
  return Operator::kOther;
}

// Turns a sequence of code points and UTF-16 surrogates into UTF-8.
class CodePointWriter {
 public:
  explicit CodePointWriter(size_t error_offset) : error_offset_(error_offset) {}

  void Add(uint32_t code_point, char*& out) {
    if (high_surrogate_ != 0) {
      if (code_point < 0xDC00 || code_point > 0xDFFF) Fail();
      out += EncodeUtf8(0x10000 + ((high_surrogate_ - 0xD800) << 10) + (code_point - 0xDC00), out);
      high_surrogate_ = 0;
      return;
    }
    if (code_point >= 0xD800 && code_point <= 0xDBFF) {
      high_surrogate_ = code_point;
      return;
    }
    if (code_point == 0 || code_point > 0x10FFFF || (code_point >= 0xDC00 && code_point <= 0xDFFF)) Fail();
    out += EncodeUtf8(code_point, out);
  }
  // Before anything that is no escape, and at the end.
  void Finish() const {
    if (high_surrogate_ != 0) Fail();
  }

 private:
  [[noreturn]] void Fail() const {
    throw Error::User(sqlstate::kSyntaxError, "invalid Unicode escape value")
        .WithPosition(static_cast<int64_t>(error_offset_));
  }

  size_t error_offset_;
  uint32_t high_surrogate_ = 0;
};

}  // namespace

Lexer::Lexer(std::string_view text, ast::Arena& arena, const ParseOptions& options)
    : text_(text), arena_(arena), dialect_(options.dialect), fold_(options.fold_names) {
  if (text.size() >= UINT32_MAX) {
    throw Error::User(sqlstate::kProgramLimitExceeded, "statement is too long: {} bytes", text.size());
  }
  const size_t invalid = FindInvalidUtf8(text);
  if (invalid != std::string_view::npos) {
    throw Error::User(sqlstate::kCharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\": 0x{:02x}",
                      static_cast<uint8_t>(text[invalid]))
        .WithPosition(static_cast<int64_t>(invalid));
  }
  // A byte order mark at the start is an editor's.
  if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
}

Token Lexer::Make(TokenKind kind, size_t begin, std::string_view text) const {
  Token token;
  token.kind = kind;
  token.offset = static_cast<uint32_t>(begin);
  token.end = static_cast<uint32_t>(at_);
  token.text = text;
  return token;
}

void Lexer::SkipBlockComment() {
  const size_t begin = at_;
  if (is_mysql() && Look(2) == '!') {
    // Executable: only its brackets are blanks.
    at_ += 3;
    while (Is(Look(0), kDigit)) ++at_;
    in_executable_comment_ = true;
    return;
  }
  int depth = 0;
  while (true) {
    at_ = text_.find_first_of("*/", at_);
    if (at_ == std::string_view::npos || at_ + 1 >= text_.size()) {
      at_ = text_.size();
      throw Error::User(sqlstate::kSyntaxError, "unterminated /* comment at or near \"{}\"",
                        Excerpt(text_, begin, text_.size()))
          .WithPosition(static_cast<int64_t>(begin));
    }
    if (text_[at_] == '/' && text_[at_ + 1] == '*') {
      if (depth == 0 || !is_mysql()) ++depth;  // MySQL's do not nest
      at_ += 2;
    } else if (text_[at_] == '*' && text_[at_ + 1] == '/') {
      at_ += 2;
      if (--depth == 0) return;
    } else {
      ++at_;
    }
  }
}

void Lexer::SkipBlanks() {
  const auto skip_line = [&] { at_ = std::min(text_.find_first_of("\n\r", at_), text_.size()); };
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (Is(c, kBlank)) {
      ++at_;
    } else if (c == '-' && Look(1) == '-' && (!is_mysql() || at_ + 2 >= text_.size() || Is(Look(2), kBlank))) {
      skip_line();
    } else if (c == '/' && Look(1) == '*') {
      SkipBlockComment();
    } else if (c == '#' && is_mysql()) {
      skip_line();
    } else if (c == '*' && in_executable_comment_ && Look(1) == '/') {
      at_ += 2;
      in_executable_comment_ = false;
    } else {
      return;
    }
  }
}

bool Lexer::EndsOperand(TokenKind kind) const {
  switch (kind) {
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
    case TokenKind::kRightParen:
    case TokenKind::kRightBracket:
    case TokenKind::kRightBrace:
      return true;
    default:
      return false;
  }
}

Token Lexer::Next() {
  SkipBlanks();
  Token token;
  if (at_ >= text_.size()) {
    token = Make(TokenKind::kEnd, at_, {});
  } else {
    const size_t begin = at_;
    const char c = text_[at_];
    const auto single = [&](TokenKind kind) {
      ++at_;
      return Make(kind, begin, text_.substr(begin, 1));
    };
    const auto pair = [&](TokenKind kind) {
      at_ += 2;
      return Make(kind, begin, text_.substr(begin, 2));
    };
    if (Is(c, kNameStart)) {
      token = LexWord();
    } else if (Is(c, kDigit)) {
      token = LexNumber();
    } else {
      switch (c) {
        case '\'':
          token = LexString('\'', is_mysql());
          break;
        case '"':
          token = is_mysql() ? LexString('"', true) : LexQuotedName('"');
          break;
        case '`':
          token = LexQuotedName('`');
          break;
        case '(':
          token = single(TokenKind::kLeftParen);
          break;
        case ')':
          token = single(TokenKind::kRightParen);
          break;
        case '[':
          token = single(TokenKind::kLeftBracket);
          break;
        case ']':
          token = single(TokenKind::kRightBracket);
          break;
        case '{':
          token = single(TokenKind::kLeftBrace);
          break;
        case '}':
          token = single(TokenKind::kRightBrace);
          break;
        case ',':
          token = single(TokenKind::kComma);
          break;
        case ';':
          token = single(TokenKind::kSemicolon);
          break;
        case '.':
          token = Is(Look(1), kDigit) ? LexNumber() : single(TokenKind::kDot);
          break;
        case '$':
          token = LexDollar();
          break;
        case ':':
          if (Look(1) == ':') {
            token = pair(TokenKind::kDoubleColon);
          } else if (Look(1) == '=') {
            token = pair(TokenKind::kColonEquals);
          } else if (Is(Look(1), kNameStart) && !EndsOperand(previous_) && previous_ != TokenKind::kLeftBracket) {
            token = LexVariable();
          } else {
            token = single(TokenKind::kColon);
          }
          break;
        default:
          if (c == '@' && !EndsOperand(previous_)) {
            const char next = Look(1) == '@' ? Look(2) : Look(1);
            if (Is(next, kNameStart) || (next == '`' && Look(1) != '@')) {
              token = LexVariable();
              break;
            }
          }
          if (c == '?' && is_mysql()) {
            token = single(TokenKind::kParameter);
            token.text = {};
            break;
          }
          if (Is(c, kOperatorChar)) {
            token = is_mysql() ? LexMySqlOperator() : LexOperator();
            break;
          }
          throw Error::User(sqlstate::kSyntaxError, "syntax error at or near \"{}\"", text_.substr(at_, 1))
              .WithPosition(static_cast<int64_t>(at_));
      }
    }
  }
  previous_ = token.kind;
  return token;
}

Token Lexer::LexWord() {
  const size_t begin = at_;
  // Prefixed strings: E'', B'', X'', N'', U&''.
  if (Look(1) == '\'') {
    switch (text_[at_]) {
      case 'e':
      case 'E':
        return LexPrefixedString(true);
      case 'n':
      case 'N':
        return LexPrefixedString(is_mysql());
      case 'b':
      case 'B':
        return LexDigitString(TokenKind::kBitString);
      case 'x':
      case 'X':
        return LexDigitString(TokenKind::kHexString);
      default:
        break;
    }
  } else if (Look(1) == '&' && (text_[at_] == 'u' || text_[at_] == 'U') && !is_mysql() &&
             (Look(2) == '\'' || Look(2) == '"')) {
    return LexUnicodeEscaped(Look(2));
  }
  uint8_t seen = 0;
  while (at_ < text_.size() && Is(text_[at_], kNamePart)) {
    seen |= kClasses[static_cast<uint8_t>(text_[at_])];
    ++at_;
  }
  std::string_view word = text_.substr(begin, at_ - begin);
  char folded[32];
  const bool has_upper = (seen & kUpper) != 0;
  std::string_view lower = word;
  if (has_upper && word.size() <= sizeof(folded)) {
    std::transform(word.begin(), word.end(), folded, ToLower);
    lower = {folded, word.size()};
  }
  const KeywordInfo* info = word.size() <= sizeof(folded) ? FindKeyword(lower) : nullptr;
  if (has_upper && fold_) {
    if (info != nullptr) {
      word = info->word;
    } else if (lower.data() == folded) {
      word = arena_.CopyText(lower);
    } else {
      char* out = arena_.AllocateText(word.size());
      std::transform(word.begin(), word.end(), out, ToLower);
      word = {out, word.size()};
    }
  }
  Token token = Make(info != nullptr ? TokenKind::kKeyword : TokenKind::kWord, begin, word);
  if (info != nullptr) token.keyword = info->keyword;
  return token;
}

Token Lexer::LexQuotedName(char quote) {
  const size_t begin = at_;
  const std::string_view name = LexQuoted(quote, false, begin, "quoted identifier");
  if (name.empty()) {
    throw Error::User(sqlstate::kSyntaxError, "zero-length delimited identifier at or near \"{}\"",
                      text_.substr(begin, 2))
        .WithPosition(static_cast<int64_t>(begin));
  }
  return Make(TokenKind::kQuotedName, begin, name);
}

Token Lexer::LexNumber() {
  const size_t begin = at_;
  if (text_[at_] == '0' && at_ + 2 < text_.size()) {
    const char prefix = ToLower(Look(1));
    const char digit = Look(2) == '_' ? Look(3) : Look(2);
    if (prefix == 'x' && Is(digit, kHexDigit)) return LexPrefixedInteger(16);
    if (prefix == 'o' && digit >= '0' && digit <= '7') return LexPrefixedInteger(8);
    if (prefix == 'b' && (digit == '0' || digit == '1')) return LexPrefixedInteger(2);
  }
  bool has_underscore = false;
  const auto digits = [&] {
    while (at_ < text_.size()) {
      if (Is(text_[at_], kDigit)) {
        ++at_;
      } else if (text_[at_] == '_' && Is(Look(1), kDigit) && at_ > begin && Is(text_[at_ - 1], kDigit)) {
        has_underscore = true;
        ++at_;
      } else {
        break;
      }
    }
  };
  bool is_integer = true;
  digits();
  if (Look(0) == '.' && Look(1) != '.') {
    is_integer = false;
    ++at_;
    digits();
  }
  if (ToLower(Look(0)) == 'e') {
    const size_t sign = Look(1) == '+' || Look(1) == '-' ? 1 : 0;
    if (Is(Look(1 + sign), kDigit)) {
      is_integer = false;
      at_ += 1 + sign;
      digits();
    }
  }
  if (at_ < text_.size() && Is(text_[at_], kNameStart)) {
    size_t end = at_;
    while (end < text_.size() && Is(text_[end], kNamePart)) ++end;
    throw Error::User(sqlstate::kSyntaxError, "trailing junk after numeric literal at or near \"{}\"",
                      Excerpt(text_, begin, end))
        .WithPosition(static_cast<int64_t>(begin));
  }
  std::string_view text = text_.substr(begin, at_ - begin);
  if (has_underscore) {
    char* out = arena_.AllocateText(text.size());
    const char* end = std::remove_copy(text.begin(), text.end(), out, '_');
    text = {out, static_cast<size_t>(end - out)};
  }
  return Make(is_integer ? TokenKind::kInteger : TokenKind::kDecimal, begin, text);
}

Token Lexer::LexPrefixedInteger(uint32_t base) {
  const size_t begin = at_;
  at_ += 2;
  uint128_t value = 0;
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == '_' && Is(Look(1), kHexDigit)) continue;
    if (!Is(c, kHexDigit) || HexValue(c) >= base) break;
    if ((value >> 120) != 0) {
      throw Error::User(sqlstate::kNumericValueOutOfRange, "integer literal is out of range at or near \"{}\"",
                        Excerpt(text_, begin, at_))
          .WithPosition(static_cast<int64_t>(begin));
    }
    value = value * base + HexValue(c);
  }
  if (at_ < text_.size() && Is(text_[at_], kNamePart)) {
    throw Error::User(sqlstate::kSyntaxError, "trailing junk after numeric literal at or near \"{}\"",
                      Excerpt(text_, begin, at_ + 1))
        .WithPosition(static_cast<int64_t>(begin));
  }
  char digits[40];
  char* out = digits + sizeof(digits);
  do {
    *--out = static_cast<char>('0' + static_cast<int>(value % 10));
    value /= 10;
  } while (value != 0);
  return Make(TokenKind::kInteger, begin, arena_.CopyText({out, static_cast<size_t>(digits + sizeof(digits) - out)}));
}

bool Lexer::SkipToContinuedString(char quote) {
  size_t at = at_;
  bool new_line = is_mysql();  // which joins neighbours on one line too
  while (at < text_.size() && Is(text_[at], kBlank)) {
    new_line |= text_[at] == '\n' || text_[at] == '\r';
    ++at;
  }
  if (at == at_ || !new_line || at >= text_.size() || text_[at] != quote) return false;
  at_ = at;
  return true;
}

Token Lexer::LexPrefixedString(bool escapes) {
  const size_t begin = at_++;
  Token token = LexString('\'', escapes);
  token.offset = static_cast<uint32_t>(begin);
  return token;
}

Token Lexer::LexString(char quote, bool escapes) {
  const size_t begin = at_;
  std::string_view value = LexQuoted(quote, escapes, begin, "quoted string");
  if (SkipToContinuedString(quote)) {
    std::string joined(value);
    do {
      joined += LexQuoted(quote, escapes, begin, "quoted string");
    } while (SkipToContinuedString(quote));
    value = arena_.CopyText(joined);
  }
  return Make(TokenKind::kString, begin, value);
}

std::string_view Lexer::LexQuoted(char quote, bool escapes, size_t begin, const char* what) {
  const size_t body = ++at_;
  bool changes = false;
  while (true) {
    if (escapes) {
      const char stops[] = {quote, '\\'};
      at_ = text_.find_first_of(std::string_view(stops, 2), at_);
    } else {
      at_ = text_.find(quote, at_);
    }
    if (at_ == std::string_view::npos || (text_[at_] == '\\' && at_ + 1 >= text_.size())) {
      at_ = text_.size();
      throw Error::User(sqlstate::kSyntaxError, "unterminated {} at or near \"{}\"", what,
                        Excerpt(text_, begin, text_.size()))
          .WithPosition(static_cast<int64_t>(begin));
    }
    if (text_[at_] == '\\' && escapes) {
      changes = true;
      at_ += 2;
    } else if (Look(1) == quote) {
      changes = true;
      at_ += 2;
    } else {
      break;
    }
  }
  const size_t end = at_++;
  if (!changes) return text_.substr(body, end - body);
  if (escapes) return Unescape(body, end, quote, begin);
  char* out = arena_.AllocateText(end - body);
  size_t size = 0;
  for (size_t i = body; i < end; ++i) {
    out[size++] = text_[i];
    if (text_[i] == quote) ++i;
  }
  return {out, size};
}

std::string_view Lexer::Unescape(size_t body, size_t end, char quote, size_t begin) {
  char* const start = arena_.AllocateText(end - body);  // no escape is shorter than what it stands for
  char* out = start;
  CodePointWriter code_points(begin);
  for (size_t i = body; i < end;) {
    const char c = text_[i];
    if (c != '\\') {
      code_points.Finish();
      *out++ = c;
      i += c == quote ? 2 : 1;
      continue;
    }
    const char escape = text_[i + 1];
    i += 2;
    if (is_mysql()) {
      switch (escape) {
        case '0':
          throw Error::User(sqlstate::kCharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\": 0x00")
              .WithPosition(static_cast<int64_t>(i - 2));
        case 'b':
          *out++ = '\b';
          break;
        case 'n':
          *out++ = '\n';
          break;
        case 'r':
          *out++ = '\r';
          break;
        case 't':
          *out++ = '\t';
          break;
        case 'Z':
          *out++ = '\x1A';
          break;
        case '%':
        case '_':  // for LIKE to see
          *out++ = '\\';
          *out++ = escape;
          break;
        default:
          *out++ = escape;
          break;
      }
      continue;
    }
    if (escape == 'u' || escape == 'U') {
      const size_t length = escape == 'u' ? 4 : 8;
      uint32_t code_point = 0;
      size_t digits = 0;
      while (digits < length && i < end && Is(text_[i], kHexDigit)) {
        code_point = (code_point << 4) | HexValue(text_[i++]);
        ++digits;
      }
      if (digits < length) {
        throw Error::User(sqlstate::kInvalidEscapeSequence, "invalid Unicode escape")
            .WithHint("Unicode escapes must be \\uXXXX or \\UXXXXXXXX.")
            .WithPosition(static_cast<int64_t>(i - 2 - digits));
      }
      code_points.Add(code_point, out);
      continue;
    }
    code_points.Finish();
    switch (escape) {
      case 'b':
        *out++ = '\b';
        break;
      case 'f':
        *out++ = '\f';
        break;
      case 'n':
        *out++ = '\n';
        break;
      case 'r':
        *out++ = '\r';
        break;
      case 't':
        *out++ = '\t';
        break;
      case 'v':
        *out++ = '\v';
        break;
      case 'x': {
        if (i >= end || !Is(text_[i], kHexDigit)) {
          *out++ = 'x';
          break;
        }
        uint32_t byte = HexValue(text_[i++]);
        if (i < end && Is(text_[i], kHexDigit)) byte = byte * 16 + HexValue(text_[i++]);
        *out++ = static_cast<char>(byte);
        break;
      }
      default:
        if (escape >= '0' && escape <= '7') {
          uint32_t byte = static_cast<uint32_t>(escape - '0');
          for (int k = 0; k < 2 && i < end && text_[i] >= '0' && text_[i] <= '7'; ++k) {
            byte = byte * 8 + static_cast<uint32_t>(text_[i++] - '0');
          }
          *out++ = static_cast<char>(byte);
        } else {
          *out++ = escape;
        }
        break;
    }
  }
  code_points.Finish();
  const std::string_view value(start, static_cast<size_t>(out - start));
  const size_t invalid = FindInvalidUtf8(value);  // \x and octal escapes can write anything
  if (invalid != std::string_view::npos) {
    throw Error::User(sqlstate::kCharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\": 0x{:02x}",
                      static_cast<uint8_t>(value[invalid]))
        .WithPosition(static_cast<int64_t>(begin));
  }
  return value;
}

Token Lexer::LexUnicodeEscaped(char quote) {
  const size_t begin = at_;
  at_ += 2;
  const std::string_view raw = LexQuoted(quote, false, begin, quote == '"' ? "quoted identifier" : "quoted string");
  char escape = '\\';
  // UESCAPE 'c'
  const Place here = place();
  SkipBlanks();
  std::string_view word = text_.substr(at_, std::min<size_t>(7, text_.size() - at_));
  const bool has_escape =
      word.size() == 7 &&
      std::equal(word.begin(), word.end(), "uescape", [](char a, char b) { return ToLower(a) == b; }) &&
      !Is(Look(7), kNamePart);
  if (has_escape) {
    at_ += 7;
    SkipBlanks();
    if (Look(0) != '\'' || Look(2) != '\'' || Is(Look(1), kHexDigit | kBlank) || Look(1) == '+' || Look(1) == '"' ||
        Look(1) == '\'') {
      throw Error::User(sqlstate::kSyntaxError, "invalid Unicode escape character at or near \"{}\"",
                        Excerpt(text_, at_, at_ + 3))
          .WithPosition(static_cast<int64_t>(at_));
    }
    escape = Look(1);
    at_ += 3;
  } else {
    Rewind(here);
  }
  char* const start = arena_.AllocateText(raw.size());
  char* out = start;
  CodePointWriter code_points(begin);
  for (size_t i = 0; i < raw.size();) {
    if (raw[i] != escape) {
      code_points.Finish();
      *out++ = raw[i++];
      continue;
    }
    if (i + 1 < raw.size() && raw[i + 1] == escape) {
      code_points.Finish();
      *out++ = escape;
      i += 2;
      continue;
    }
    const bool is_long = i + 1 < raw.size() && raw[i + 1] == '+';
    const size_t first = i + (is_long ? 2 : 1);
    const size_t length = is_long ? 6 : 4;
    uint32_t code_point = 0;
    size_t digits = 0;
    while (digits < length && first + digits < raw.size() && Is(raw[first + digits], kHexDigit)) {
      code_point = (code_point << 4) | HexValue(raw[first + digits]);
      ++digits;
    }
    if (digits < length) {
      throw Error::User(sqlstate::kSyntaxError, "invalid Unicode escape")
          .WithHint("Unicode escapes must be \\XXXX or \\+XXXXXX.")
          .WithPosition(static_cast<int64_t>(begin));
    }
    code_points.Add(code_point, out);
    i = first + length;
  }
  code_points.Finish();
  const std::string_view value(start, static_cast<size_t>(out - start));
  if (quote == '"' && value.empty()) {
    throw Error::User(sqlstate::kSyntaxError, "zero-length delimited identifier at or near \"{}\"",
                      Excerpt(text_, begin, at_))
        .WithPosition(static_cast<int64_t>(begin));
  }
  return Make(quote == '"' ? TokenKind::kQuotedName : TokenKind::kString, begin, value);
}

Token Lexer::LexDigitString(TokenKind kind) {
  const size_t begin = at_++;
  const bool is_hex = kind == TokenKind::kHexString;
  const std::string_view digits =
      LexQuoted('\'', false, begin, is_hex ? "hexadecimal string literal" : "bit string literal");
  for (const char c : digits) {
    if (is_hex ? !Is(c, kHexDigit) : c != '0' && c != '1') {
      throw Error::User(sqlstate::kInvalidTextRepresentation, "\"{}\" is not a valid {} digit", c,
                        is_hex ? "hexadecimal" : "binary")
          .WithPosition(static_cast<int64_t>(begin));
    }
  }
  return Make(kind, begin, digits);
}

Token Lexer::LexDollar() {
  const size_t begin = at_;
  if (Is(Look(1), kDigit)) {
    ++at_;
    while (at_ < text_.size() && Is(text_[at_], kDigit)) ++at_;
    if (at_ < text_.size() && Is(text_[at_], kNameStart)) {
      throw Error::User(sqlstate::kSyntaxError, "trailing junk after parameter at or near \"{}\"",
                        Excerpt(text_, begin, at_ + 1))
          .WithPosition(static_cast<int64_t>(begin));
    }
    return Make(TokenKind::kParameter, begin, text_.substr(begin + 1, at_ - begin - 1));
  }
  // $tag$ ... $tag$
  size_t tag_end = begin + 1;
  if (tag_end < text_.size() && Is(text_[tag_end], kNameStart)) {
    while (tag_end < text_.size() && Is(text_[tag_end], kNamePart) && text_[tag_end] != '$') ++tag_end;
  }
  if (tag_end >= text_.size() || text_[tag_end] != '$') {
    throw Error::User(sqlstate::kSyntaxError, "syntax error at or near \"$\"")
        .WithPosition(static_cast<int64_t>(begin));
  }
  const std::string_view tag = text_.substr(begin, tag_end + 1 - begin);
  const size_t body = tag_end + 1;
  const size_t end = text_.find(tag, body);
  if (end == std::string_view::npos) {
    throw Error::User(sqlstate::kSyntaxError, "unterminated dollar-quoted string at or near \"{}\"",
                      Excerpt(text_, begin, text_.size()))
        .WithPosition(static_cast<int64_t>(begin));
  }
  at_ = end + tag.size();
  return Make(TokenKind::kString, begin, text_.substr(body, end - body));
}

Token Lexer::LexVariable() {
  const size_t begin = at_;
  TokenKind kind = TokenKind::kUserVariable;
  if (text_[at_] == ':') {
    kind = TokenKind::kNamedParameter;
  } else if (Look(1) == '@') {
    kind = TokenKind::kSystemVariable;
    ++at_;
  }
  ++at_;
  if (text_[at_] == '`') return Make(kind, begin, LexQuoted('`', false, begin, "quoted identifier"));
  const size_t name = at_;
  while (at_ < text_.size() && (Is(text_[at_], kNamePart) ||
                                (kind == TokenKind::kSystemVariable && text_[at_] == '.' && Is(Look(1), kNameStart)))) {
    ++at_;
  }
  std::string_view text = text_.substr(name, at_ - name);
  if (std::any_of(text.begin(), text.end(), [](char c) { return Is(c, kUpper); })) {
    char* out = arena_.AllocateText(text.size());
    std::transform(text.begin(), text.end(), out, ToLower);
    text = {out, text.size()};
  }
  return Make(kind, begin, text);
}

Token Lexer::LexOperator() {
  const size_t begin = at_;
  size_t end = begin;
  while (end < text_.size() && Is(text_[end], kOperatorChar)) {
    // A comment ends the operator.
    if (end > begin && end + 1 < text_.size() &&
        ((text_[end] == '-' && text_[end + 1] == '-') || (text_[end] == '/' && text_[end + 1] == '*'))) {
      break;
    }
    ++end;
  }
  // + and - end a longer operator only if it has a character that SQL's own operators have not: so `a=-1` works.
  std::string_view text = text_.substr(begin, end - begin);
  if (text.size() > 1 && (text.back() == '+' || text.back() == '-') &&
      text.find_first_of("~!@#%^&|?") == std::string_view::npos) {
    while (text.size() > 1 && (text.back() == '+' || text.back() == '-')) text.remove_suffix(1);
  }
  // `x = @name` and `x=@name`.
  if (text.size() > 1 && text.back() == '@' && text.find_first_of("~!#%^&|?<>@") == text.size() - 1 &&
      begin + text.size() < text_.size() && Is(text_[begin + text.size()], kNameStart)) {
    text.remove_suffix(1);
  }
  at_ = begin + text.size();
  if (text == "=>") return Make(TokenKind::kFatArrow, begin, text);
  if (text == "!=") text = "<>";
  Token token = Make(TokenKind::kOperator, begin, text);
  token.op = ClassifyOperator(text);
  return token;
}

Token Lexer::LexMySqlOperator() {
  static constexpr std::string_view kLongOperators[] = {
      "<=>", "->>", "<<", ">>", "<=", ">=", "<>", "!=", "&&", "||", "->", "=>"};
  const size_t begin = at_;
  const std::string_view rest = text_.substr(begin, 3);
  std::string_view text = rest.substr(0, 1);
  for (const std::string_view candidate : kLongOperators) {
    if (rest.starts_with(candidate)) {
      text = text_.substr(begin, candidate.size());
      break;
    }
  }
  at_ += text.size();
  if (text == "=>") return Make(TokenKind::kFatArrow, begin, text);
  if (text == "!=") text = "<>";
  Token token = Make(TokenKind::kOperator, begin, text);
  token.op = ClassifyOperator(text);
  return token;
}

}  // namespace weir
