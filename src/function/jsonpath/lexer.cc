#include "function/jsonpath/lexer.h"

#include "base/error.h"
#include "base/utf8.h"
#include "types/text_scan.h"

namespace weir::jsonpath {

namespace {

// What ends a word.
bool IsSpecial(char c) {
  return std::string_view("?%$.[]{}()|&!=<>@#,*:-+/\"").find(c) != std::string_view::npos;
}

}  // namespace

void Lexer::Bad() const {
  if (token_.kind == Token::Kind::kEnd) {
    throw Error::User(sqlstate::kSyntaxError, "syntax error at end of jsonpath input");
  }
  throw Error::User(sqlstate::kSyntaxError, "syntax error at or near \"{}\" of jsonpath input",
                    text_.substr(token_.begin, at_ - token_.begin));
}

void Lexer::BadInput(std::string_view detail) {
  throw Error::User(sqlstate::kSyntaxError, "{} of jsonpath input", detail);
}

void Lexer::SkipSpace() {
  for (;;) {
    while (IsSpace(At(at_))) ++at_;
    if (At(at_) != '/' || At(at_ + 1) != '*') return;
    const size_t end = text_.find("*/", at_ + 2);
    if (end == std::string_view::npos) BadInput("unexpected end of comment at end");
    at_ = end + 2;
  }
}

void Lexer::Next() {
  SkipSpace();
  token_ = Token();
  token_.begin = at_;
  if (at_ >= text_.size()) return;
  const char c = At(at_);
  if (c == '"') {
    token_.kind = Token::Kind::kString;
    ReadString();
    return;
  }
  if (c == '$' && (At(at_ + 1) == '"' || (At(at_ + 1) != '\0' && !IsSpace(At(at_ + 1)) && !IsSpecial(At(at_ + 1))))) {
    ++at_;
    if (At(at_) == '"') {
      ReadString();
    } else {
      ReadWord();
    }
    token_.kind = Token::Kind::kVariable;
    return;
  }
  if (IsDigit(c) || (c == '.' && IsDigit(At(at_ + 1)))) {
    token_.kind = Token::Kind::kNumber;
    ReadNumber();
    return;
  }
  if (IsSpecial(c)) {
    token_.kind = Token::Kind::kSymbol;
    const std::string_view two = text_.substr(at_, 2);
    const bool is_two = two == "&&" || two == "||" || two == "==" || two == "<>" || two == "!=" || two == "<=" ||
                        two == ">=" || two == "**";
    token_.text = is_two ? two : two.substr(0, 1);
    at_ += token_.text.size();
    return;
  }
  token_.kind = Token::Kind::kWord;
  ReadWord();
}

void Lexer::ReadNumber() {
  const size_t begin = at_;
  token_.integer = true;
  while (IsDigit(At(at_))) ++at_;
  if (At(at_) == '.' && IsDigit(At(at_ + 1))) {
    token_.integer = false;
    ++at_;
    while (IsDigit(At(at_))) ++at_;
  } else if (At(at_) == '.' && At(at_ + 1) != '*' && !IsAsciiLetter(At(at_ + 1)) && begin != at_) {
    // "1." is a number.
    token_.integer = false;
    ++at_;
  }
  if (At(at_) == 'e' || At(at_) == 'E') {
    size_t digits = at_ + 1;
    if (At(digits) == '+' || At(digits) == '-') ++digits;
    if (!IsDigit(At(digits))) BadInput("invalid numeric literal at or near the end");
    token_.integer = false;
    at_ = digits;
    while (IsDigit(At(at_))) ++at_;
  }
  token_.text = text_.substr(begin, at_ - begin);
  const size_t digits = token_.text.find_first_not_of('0');
  if (token_.integer && digits != 0 && token_.text.size() > 1) {
    throw Error::User(sqlstate::kSyntaxError, "trailing junk after numeric literal at or near \"{}\" of jsonpath input",
                      token_.text);
  }
  const char next = At(at_);
  if (next != '\0' && !IsSpace(next) && !IsSpecial(next)) {
    throw Error::User(sqlstate::kSyntaxError, "trailing junk after numeric literal at or near \"{}\" of jsonpath input",
                      token_.text + next);
  }
}

void Lexer::ReadWord() {
  while (at_ < text_.size() && !IsSpace(At(at_)) && !IsSpecial(At(at_))) {
    if (At(at_) == '\\') {
      ReadEscape();
    } else {
      token_.text += text_[at_++];
    }
  }
}

void Lexer::ReadString() {
  ++at_;
  for (;;) {
    if (at_ >= text_.size()) BadInput("unterminated quoted string at end");
    if (At(at_) == '"') break;
    if (At(at_) == '\\') {
      ReadEscape();
    } else {
      token_.text += text_[at_++];
    }
  }
  ++at_;
}

void Lexer::ReadEscape() {
  const auto hex = [&](size_t from, size_t count) {
    uint32_t code = 0;
    for (size_t i = from; i < from + count; ++i) {
      if (HexDigit(At(i)) < 0) BadInput("invalid hexadecimal character sequence at or near the end");
      code = code * 16 + static_cast<uint32_t>(HexDigit(At(i)));
    }
    return code;
  };
  const char c = At(at_ + 1);
  at_ += 2;
  switch (c) {
    case 'b':
      token_.text += '\b';
      return;
    case 'f':
      token_.text += '\f';
      return;
    case 'n':
      token_.text += '\n';
      return;
    case 'r':
      token_.text += '\r';
      return;
    case 't':
      token_.text += '\t';
      return;
    case 'v':
      token_.text += '\v';
      return;
    case 'x':
    case 'u': {
      uint32_t code = 0;
      if (c == 'x') {
        code = hex(at_, 2);
        at_ += 2;
      } else if (At(at_) == '{') {
        const size_t end = text_.find('}', at_);
        if (end == std::string_view::npos || end - at_ - 1 > 6 || end == at_ + 1) {
          BadInput("invalid Unicode escape sequence at or near the end");
        }
        code = hex(at_ + 1, end - at_ - 1);
        at_ = end + 1;
      } else {
        code = hex(at_, 4);
        at_ += 4;
        if (code >= 0xD800 && code < 0xDC00 && At(at_) == '\\' && At(at_ + 1) == 'u') {
          const uint32_t low = hex(at_ + 2, 4);
          if (low >= 0xDC00 && low < 0xE000) {
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            at_ += 6;
          }
        }
      }
      if (code == 0) {
        throw Error::User(sqlstate::kUntranslatableCharacter, "unsupported Unicode escape sequence")
            .WithDetail("\\u0000 cannot be converted to text.");
      }
      if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
        throw Error::User(sqlstate::kInvalidTextRepresentation, "invalid input syntax for type jsonpath")
            .WithDetail("Unicode low surrogate must follow a high surrogate.");
      }
      AppendCharacter(code, token_.text);
      return;
    }
    case '\0':
      BadInput("unexpected end after backslash at end");
    default:
      token_.text += c;
  }
}

}  // namespace weir::jsonpath
