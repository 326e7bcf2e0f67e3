#include "format/csv/reader.h"

#include <algorithm>

#include "base/error.h"
#include "format/csv/field_parser.h"
#include "types/text.h"

namespace weir::csv {

namespace {

bool SameName(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
    return lower(x) == lower(y);
  });
}

bool IsHeader(const CsvTokenizer& tokens, const Schema& schema) {
  return std::ranges::equal(HeaderNames(tokens), schema, SameName, {}, &Field::name);
}

}  // namespace

CsvReader::CsvReader(std::unique_ptr<RandomAccessFile> file, CsvOptions options, Schema schema,
                     std::vector<size_t> columns, std::shared_ptr<MemoryTracker> tracker, size_t block_bytes)
    : file_(std::move(file)),
      options_(std::move(options)),
      schema_(std::move(schema)),
      columns_(std::move(columns)),
      tokens_(*file_, DetectDelimiter(*file_, options_), options_, std::move(tracker), block_bytes) {
  for (const size_t column : columns_) builders_.emplace_back(schema_.at(column).type);
  for (size_t i = 0; i < options_.skip_records; ++i) {
    if (!tokens_.Next()) return;
  }
  has_record_ = NextRecord();
  if (has_record_ && options_.header.value_or(IsHeader(tokens_, schema_))) has_record_ = false;
}

// Empty lines count as rows of a single column only.
bool CsvReader::NextRecord() {
  while (tokens_.Next()) {
    if (schema_.size() == 1 || !tokens_.is_empty_line()) return true;
  }
  return false;
}

bool CsvReader::IsNull(const CsvField& field, const Type& type) const {
  if (field.text.empty() && !type.is_string()) return true;
  if (field.quoted && type.is_string()) return false;
  return std::ranges::find(options_.null_strings, field.text) != options_.null_strings.end();
}

// False, with a NULL appended, when the field is not a value of the type.
bool CsvReader::Append(ColumnBuilder& out, const Type& type, const CsvField& field) {
  if (IsNull(field, type)) {
    out.AppendNull();
    return true;
  }
  const std::string_view text = tokens_.TextOf(field, scratch_);
  bool boolean;
  int64_t integer;
  double number;
  int32_t date;
  bool has_zone;
  if (type.is_string() && type.max_length() == 0) {
    const bool is_text = IsUtf8(text);
    is_text ? out.AppendString(text) : out.AppendNull();
    return is_text;
  }
  switch (type.kind()) {
    case TypeKind::kBoolean:
      if (!ParsePlainBoolean(text, boolean)) break;
      out.Append(static_cast<uint8_t>(boolean));
      return true;
    case TypeKind::kInt64:
      if (!ParsePlainInteger(text, integer)) break;
      out.Append(integer);
      return true;
    case TypeKind::kDouble:
      if (!ParsePlainDouble(text, number)) break;
      out.Append(number);
      return true;
    case TypeKind::kDate:
      if (!ParsePlainDate(text, date)) break;
      out.Append(date);
      return true;
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
      if (!ParsePlainTimestamp(text, integer, has_zone) || (has_zone && type.is(TypeKind::kTimestamp))) break;
      out.Append(integer);
      return true;
    default:
      break;
  }
  Value value;
  try {
    if (IsUtf8(text)) value = ParseValue(type, text);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUser) throw;
  }
  out.AppendValue(value);
  return !value.is_null();
}

Chunk CsvReader::Next(size_t rows_max) {
  size_t rows = 0;
  auto good = std::make_shared<Selection>();
  bool all_good = true;
  while (rows < rows_max) {
    if (!has_record_ && !NextRecord()) break;
    has_record_ = false;
    if (tokens_.fields().size() != schema_.size()) {
      if (!options_.ignore_errors) ThrowBadWidth();
      ++rows_ignored_;
      continue;
    }
    bool row_is_good = true;
    for (size_t i = 0; i < columns_.size(); ++i) {
      const CsvField& field = tokens_.fields()[columns_[i]];
      if (Append(builders_[i], schema_[columns_[i]].type, field)) continue;
      if (!options_.ignore_errors) ThrowBadValue(columns_[i], field);
      row_is_good = false;
    }
    if (row_is_good) {
      good->push_back(static_cast<uint32_t>(rows));
    } else {
      all_good = false;
      ++rows_ignored_;
    }
    ++rows;
  }
  std::vector<ColumnPtr> columns;
  for (ColumnBuilder& builder : builders_) columns.push_back(builder.Finish());
  if (all_good) return {std::move(columns), rows};
  // Nothing but bad rows must not look like the end.
  if (good->empty()) return Next(rows_max);
  return Chunk(std::move(columns), rows, std::move(good)).Compact();
}

void CsvReader::ThrowBadValue(size_t column, const CsvField& field) {
  const std::string_view text = tokens_.TextOf(field, scratch_);
  const Type& type = schema_[column].type;
  const bool is_text = IsUtf8(text);
  throw Error::User(is_text ? sqlstate::kInvalidTextRepresentation : sqlstate::kCharacterNotInRepertoire,
                    "{}: {} line {}, column {} ({}): \"{}\"",
                    is_text ? "value in CSV is not of its column's type" : "text in CSV is not UTF-8", tokens_.path(),
                    tokens_.line(), schema_[column].name, type.ToString(), ShortenedText(text))
      .WithHint(is_text ? "all_varchar => true reads every column as text, nullstr => '...' reads a text as NULL, "
                          "ignore_errors => true leaves out such rows."
                        : "Convert the file to UTF-8, or leave out such rows with ignore_errors => true.");
}

void CsvReader::ThrowBadWidth() const {
  throw Error::User(sqlstate::kBadCopyFileFormat, "CSV record has {} fields where {} are expected: {} line {}",
                    tokens_.fields().size(), schema_.size(), tokens_.path(), tokens_.line())
      .WithHint("ignore_errors => true leaves out such rows; delimiter, quote and skip say how the file is laid out.");
}

}  // namespace weir::csv
