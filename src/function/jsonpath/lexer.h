#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::jsonpath {

struct Token {
  enum class Kind : uint8_t { kEnd, kWord, kString, kNumber, kVariable, kSymbol };
  Kind kind = Kind::kEnd;
  std::string text;      // decoded; of symbols as written: "&&", "**", "["
  bool integer = false;  // numbers without point and exponent
  size_t begin = 0;
};

// Splits a jsonpath; comments are /* ... */. Throws kSyntaxError.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) { Next(); }

  const Token& token() const { return token_; }
  void Next();
  // `syntax error at or near "x" of jsonpath input`.
  [[noreturn]] void Bad() const;

 private:
  char At(size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
  void SkipSpace();
  void ReadString();
  void ReadWord();
  void ReadNumber();
  void ReadEscape();
  [[noreturn]] static void BadInput(std::string_view detail);

  std::string_view text_;
  size_t at_ = 0;
  Token token_;
};

}  // namespace weir::jsonpath
