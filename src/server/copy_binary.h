#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/copy_rows.h"
#include "server/session.h"

namespace weir {

// What stands before the rows of COPY's binary format: its signature, no flags, no extension (PostgreSQL
// documentation, COPY, "Binary Format"). Each row is a count of fields and, of each, a length and its bytes; a count
// of -1 ends them. Numbers are big-endian.
inline constexpr std::string_view kCopyBinaryHeader{"PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19};

// Takes COPY's binary format in pieces as they come.
class BinaryCopyIn final : public CopyIn {
 public:
  BinaryCopyIn(Session& session, const TablePtr& table, const std::vector<std::string>& columns, CopyOptions options,
               const ast::Expr* where, BinaryValueReader read_value)
      : options_(std::move(options)), rows_(session, table, columns, where), read_value_(read_value) {}

  const CopyOptions& options() const override { return options_; }
  size_t column_count() const override { return rows_.column_count(); }
  void Write(std::string_view bytes) override;
  uint64_t Finish() override;

 private:
  // Each takes what is whole from the front of `rest`; false: more bytes are needed.
  bool TakeHeader(std::string_view& rest);
  bool TakeRow(std::string_view& rest);
  Error BadFormat(std::string_view what) const;

  const CopyOptions options_;
  CopyRows rows_;
  const BinaryValueReader read_value_;
  std::string input_;
  std::vector<std::string_view> fields_;  // of the row at hand; null data: NULL
  bool begun_ = false;
  bool ended_ = false;
  uint64_t row_ = 1;
};

}  // namespace weir
