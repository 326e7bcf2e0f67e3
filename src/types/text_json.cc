// Checks that a text is one JSON value (RFC 8259). The text is kept as it is, as PostgreSQL's json does.

#include "base/error.h"
#include "types/text.h"
#include "types/text_scan.h"

namespace weir {

namespace {

constexpr int kJsonDepthMax = 1000;

class JsonChecker {
 public:
  explicit JsonChecker(std::string_view text) : text_(text) {}

  void Check() {
    SkipSpace();
    Value(0);
    SkipSpace();
    if (at_ != text_.size()) Bad();
  }

 private:
  [[noreturn]] void Bad() const {
    throw Error::User(sqlstate::kInvalidTextRepresentation, "invalid input syntax for type json")
        .WithDetail(at_ >= text_.size()
                        ? std::string("The input string ended unexpectedly.")
                        : fmt::format("Unexpected text at byte {}: \"{}\".", at_, text_.substr(at_, 20)));
  }
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void SkipSpace() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
      ++at_;
    }
  }
  void Word(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) Bad();
    at_ += word.size();
  }
  void Digits() {
    if (!IsDigit(Peek())) Bad();
    while (IsDigit(Peek())) ++at_;
  }
  void Number() {
    if (Peek() == '-') ++at_;
    if (Peek() == '0') {
      ++at_;
      if (IsDigit(Peek())) Bad();
    } else {
      Digits();
    }
    if (Peek() == '.') {
      ++at_;
      Digits();
    }
    if (Peek() == 'e' || Peek() == 'E') {
      ++at_;
      if (Peek() == '+' || Peek() == '-') ++at_;
      Digits();
    }
  }
  void String() {
    if (Peek() != '"') Bad();
    ++at_;
    while (true) {
      if (at_ >= text_.size()) Bad();
      const char c = text_[at_];
      if (static_cast<unsigned char>(c) < 0x20) Bad();
      ++at_;
      if (c == '"') return;
      if (c != '\\') continue;
      const char escape = Peek();
      if (std::string_view("\"\\/bfnrt").find(escape) != std::string_view::npos && escape != '\0') {
        ++at_;
      } else if (escape == 'u') {
        ++at_;
        for (int i = 0; i < 4; ++i, ++at_) {
          if (HexDigit(Peek()) < 0) Bad();
        }
      } else {
        Bad();
      }
    }
  }
  void Value(int depth) {
    if (depth > kJsonDepthMax) {
      throw Error::User(sqlstate::kStatementTooComplex, "json nested deeper than {} levels", kJsonDepthMax);
    }
    switch (Peek()) {
      case '{':
        Container('}', depth, /*object=*/true);
        break;
      case '[':
        Container(']', depth, /*object=*/false);
        break;
      case '"':
        String();
        break;
      case 't':
        Word("true");
        break;
      case 'f':
        Word("false");
        break;
      case 'n':
        Word("null");
        break;
      default:
        Number();
    }
  }
  void Container(char close, int depth, bool object) {
    ++at_;
    SkipSpace();
    if (Peek() == close) {
      ++at_;
      return;
    }
    while (true) {
      if (object) {
        String();
        SkipSpace();
        if (Peek() != ':') Bad();
        ++at_;
        SkipSpace();
      }
      Value(depth + 1);
      SkipSpace();
      if (Peek() == close) {
        ++at_;
        return;
      }
      if (Peek() != ',') Bad();
      ++at_;
      SkipSpace();
    }
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

void ValidateJson(std::string_view text) {
  JsonChecker(text).Check();
}

}  // namespace weir
