#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// A field of COPY's text format as it came. `escaped`: holds backslash sequences still.
struct CopyField {
  std::string_view text;
  bool escaped = false;
};

// Divides PostgreSQL's text format into rows and fields. One thread.
class CopyTextTokenizer {
 public:
  explicit CopyTextTokenizer(char delimiter) : delimiter_(delimiter) {}
  // Bytes of `text`, which starts with a row, up to the end of its last whole row; 0: there is none yet.
  static size_t RowsEnd(std::string_view text);
  // Goes on with whole rows. Borrows.
  void Start(std::string_view text) { rest_ = text; }
  bool Next();
  const std::vector<CopyField>& fields() const { return fields_; }
  // The row without its line end.
  std::string_view row() const { return row_; }
  std::string_view rest() const { return rest_; }
  // The field's text without its backslash sequences; may use `scratch`.
  static std::string_view TextOf(const CopyField& field, std::string& scratch);

 private:
  const char delimiter_;
  std::string_view rest_;
  std::string_view row_;
  std::vector<CopyField> fields_;
};

}  // namespace weir
