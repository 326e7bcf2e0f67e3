#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "column/chunk.h"
#include "server/copy_out.h"
#include "server/pgwire/message.h"
#include "server/session.h"
#include "types/text.h"
#include "types/value.h"

namespace weir::pgwire {

// PostgreSQL's object ids of types, and values in its text and binary formats.

uint32_t OidOf(const Type& type);
int16_t TypeLengthOf(const Type& type);    // typlen: 8, -1 ...
int32_t TypeModifierOf(const Type& type);  // atttypmod
// Unknown for 0 and ids that Weir has no type for.
Type TypeOfOid(uint32_t oid);

// The format of a column by a Bind's codes: none is all text, one is for all.
inline int16_t FormatOf(const std::vector<int16_t>& formats, size_t column) {
  if (formats.size() == 1) return formats[0];
  return column < formats.size() ? formats[column] : int16_t{0};
}

// A parameter's value. Throws 22P03 for bad binary values, and what parsing throws for bad text.
Value DecodeParameter(std::string_view bytes, bool binary, const Type& type, const TextOptions& text);

// A binary value of just this type, for a column: where a parameter may bring its own scale or length, it is rounded,
// or refused.
Value DecodeField(std::string_view bytes, const Type& type, const TextOptions& text);

// Writes rows as DataRow messages. One per portal: formats are per column.
class RowEncoder {
 public:
  RowEncoder(const Schema& schema, std::vector<bool> binary, std::string time_zone, const TextStyle& style);
  // Rows [from, from + count) of the selected ones.
  void Encode(const Chunk& chunk, size_t from, size_t count, MessageWriter& out);
  // All of them, as CopyData of COPY's binary format; `first` goes before the first row, in its message.
  void EncodeCopy(const Chunk& chunk, std::string_view first, MessageWriter& out);

 private:
  void Rows(char message, std::string_view first, const Chunk& chunk, size_t from, size_t count, MessageWriter& out);
  void Cell(const ColumnView& view, const Type& type, size_t row, bool binary, MessageWriter& out);
  void TextCell(const ColumnView& view, const Type& type, size_t row, std::string& out);
  void BinaryCell(const ColumnView& view, const Type& type, size_t row, MessageWriter& out);
  void BinaryArray(const ColumnView& view, const Type& type, size_t row, MessageWriter& out);
  void BinaryRecord(const ColumnView& view, const Type& type, size_t row, MessageWriter& out);
  // The id of a part of a column's type, looked up once.
  int32_t OidIn(const Type& part);

  const Schema schema_;
  const std::vector<bool> binary_;
  const std::string time_zone_;
  TextOptions text_;
  std::vector<std::pair<const Type*, int32_t>> part_oids_;  // parts of schema_
};

// Writes rows as CopyData messages in COPY's text, csv, binary or json format, a message per row.
class CopyEncoder {
 public:
  CopyEncoder(const Schema& schema, const CopyOptions& options, std::string time_zone, const TextStyle& style);
  void Header(MessageWriter& out);
  void Encode(const Chunk& chunk, MessageWriter& out);
  void Footer(MessageWriter& out);

 private:
  static void Send(std::string_view text, MessageWriter& out);

  CopyFormatter formatter_;
  std::optional<RowEncoder> binary_;  // in place of it
  std::string_view binary_header_;    // until it is sent
};

}  // namespace weir::pgwire
