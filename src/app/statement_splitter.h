#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir::app {

// Cuts a script or what somebody types into statements and backslash commands, as psql does: a statement ends with a
// semicolon outside of quotes, comments and parentheses, a command with its line. One thread.
class StatementSplitter {
 public:
  struct Piece {
    std::string text;         // without the line end; statements with their semicolon
    bool is_command = false;  // begins with a backslash
  };

  void Add(std::string_view text) { pending_ += text; }
  // The next whole piece; nothing when more text is needed.
  std::optional<Piece> Next();
  // What is left at the end of the input, perhaps without its semicolon; empty when that is only blanks and comments.
  std::string Rest();
  // Nothing has been begun.
  bool idle() const;

 private:
  std::string pending_;
  size_t at_ = 0;  // what is before was handed out
};

}  // namespace weir::app
