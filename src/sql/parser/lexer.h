#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sql/parser/arena.h"
#include "sql/parser/parser.h"
#include "sql/parser/token.h"

namespace weir {

// Cuts a text into tokens by PostgreSQL's rules (documentation chapter 4.1) or MySQL's, one at a time, without state
// but for its place: Rewind() to a token that was seen is free. Names and strings are views into the text where they
// stand there as they are, and into the arena where they were folded or unescaped; both must outlive the tokens.
class Lexer {
 public:
  // Throws for invalid UTF-8, and for texts of 4 GiB and more.
  Lexer(std::string_view text, ast::Arena& arena, const ParseOptions& options);

  Token Next();

  struct Place {
    uint32_t offset = 0;
    TokenKind previous = TokenKind::kSemicolon;
    bool in_executable_comment = false;
  };
  Place place() const { return {static_cast<uint32_t>(at_), previous_, in_executable_comment_}; }
  void Rewind(const Place& place) {
    at_ = place.offset;
    previous_ = place.previous;
    in_executable_comment_ = place.in_executable_comment;
  }

  std::string_view text() const { return text_; }

 private:
  bool is_mysql() const { return dialect_ == Dialect::kMySql; }
  char Look(size_t ahead) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  void SkipBlanks();
  void SkipBlockComment();
  Token Make(TokenKind kind, size_t begin, std::string_view text) const;

  Token LexWord();
  Token LexQuotedName(char quote);
  Token LexNumber();
  Token LexPrefixedInteger(uint32_t base);
  Token LexString(char quote, bool escapes);
  Token LexPrefixedString(bool escapes);
  Token LexUnicodeEscaped(char quote);
  Token LexDigitString(TokenKind kind);
  Token LexDollar();
  Token LexVariable();
  Token LexOperator();
  Token LexMySqlOperator();

  // The body of a string from after its opening quote to after its closing one; `begin` is where errors point.
  std::string_view LexQuoted(char quote, bool escapes, size_t begin, const char* what);
  // The same when something had to be unescaped.
  std::string_view Unescape(size_t body, size_t end, char quote, size_t begin);
  bool SkipToContinuedString(char quote);
  bool EndsOperand(TokenKind kind) const;

  std::string_view text_;
  ast::Arena& arena_;
  Dialect dialect_;
  bool fold_;
  size_t at_ = 0;
  TokenKind previous_ = TokenKind::kSemicolon;
  bool in_executable_comment_ = false;  // inside MySQL's /*!40101 ... */
};

}  // namespace weir
