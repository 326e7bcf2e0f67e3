#include "format/csv/reader.h"

#include <algorithm>

#include "base/error.h"
#include "format/text_value.h"

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

CsvReader::CsvReader(std::shared_ptr<TextBlocks> blocks, char delimiter, CsvOptions options, Schema schema,
                     std::vector<size_t> columns, std::shared_ptr<MemoryTracker> tracker)
    : options_(std::move(options)),
      schema_(std::move(schema)),
      columns_(std::move(columns)),
      records_(std::move(blocks), delimiter, options_, std::move(tracker)) {
  for (const size_t column : columns_) builders_.emplace_back(schema_.at(column).type);
}

// Empty lines count as rows of a single column only.
bool CsvReader::NextRecord() {
  while (records_.Next()) {
    if (schema_.size() != 1 && records_.tokens().is_empty_line()) continue;
    if (records_.is_first() && options_.header.value_or(IsHeader(records_.tokens(), schema_))) continue;
    return true;
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
  return AppendTextValue(out, type, records_.tokens().TextOf(field, scratch_));
}

Chunk CsvReader::TakeChunk(size_t rows, std::shared_ptr<Selection> good) {
  std::vector<ColumnPtr> columns;
  for (ColumnBuilder& builder : builders_) columns.push_back(builder.Finish());
  if (good->size() == rows) return {std::move(columns), rows};
  return Chunk(std::move(columns), rows, std::move(good)).Compact();
}

Chunk CsvReader::Next(size_t rows_max) {
  const std::vector<CsvField>& fields = records_.tokens().fields();
  auto good = std::make_shared<Selection>();
  size_t rows = 0;
  bool at_end = false;
  // Nothing but bad rows must not look like the end.
  while (good->empty() && !at_end) {
    if (rows > 0) {
      TakeChunk(rows, good);
      rows = 0;
    }
    while (rows < rows_max) {
      at_end = !NextRecord();
      if (at_end) break;
      if (fields.size() != schema_.size()) {
        if (!options_.ignore_errors) ThrowBadWidth();
        ++rows_ignored_;
        continue;
      }
      bool row_is_good = true;
      for (size_t i = 0; i < columns_.size(); ++i) {
        const CsvField& field = fields[columns_[i]];
        if (Append(builders_[i], schema_[columns_[i]].type, field)) continue;
        if (!options_.ignore_errors) ThrowBadValue(columns_[i], field);
        row_is_good = false;
      }
      row_is_good ? good->push_back(static_cast<uint32_t>(rows)) : static_cast<void>(++rows_ignored_);
      ++rows;
    }
  }
  return TakeChunk(rows, std::move(good));
}

void CsvReader::ThrowBadValue(size_t column, const CsvField& field) {
  const std::string_view text = records_.tokens().TextOf(field, scratch_);
  const Type& type = schema_[column].type;
  const bool is_text = IsUtf8(text);
  throw Error::User(is_text ? sqlstate::kInvalidTextRepresentation : sqlstate::kCharacterNotInRepertoire,
                    "{}: {} line {}, column {} ({}): \"{}\"",
                    is_text ? "value in CSV is not of its column's type" : "text in CSV is not UTF-8",
                    records_.tokens().path(), records_.tokens().line(), schema_[column].name, type.ToString(),
                    ShortenedText(text))
      .WithHint(is_text ? "all_varchar => true reads every column as text, nullstr => '...' reads a text as NULL, "
                          "ignore_errors => true leaves out such rows."
                        : "Convert the file to UTF-8, or leave out such rows with ignore_errors => true.");
}

void CsvReader::ThrowBadWidth() const {
  throw Error::User(sqlstate::kBadCopyFileFormat, "CSV record has {} fields where {} are expected: {} line {}",
                    records_.tokens().fields().size(), schema_.size(), records_.tokens().path(),
                    records_.tokens().line())
      .WithHint("ignore_errors => true leaves out such rows; delimiter, quote and skip say how the file is laid out.");
}

}  // namespace weir::csv
