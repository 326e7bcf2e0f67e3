#include "server/text_formats.h"

#include <algorithm>

#include "base/error.h"
#include "format/csv/reader.h"
#include "types/text.h"

namespace weir {

namespace {

// More files than these are trusted to look like them.
constexpr size_t kInferFilesMax = 8;

std::string TextOption(const std::string& name, const Value& value) {
  if (value.is_null() || !value.type().is_string()) {
    throw Error::User(sqlstate::kInvalidParameterValue, "option of read_csv must be a text: {}", name);
  }
  return value.bytes();
}

// One byte; empty is allowed where it means "none".
char CharOption(const std::string& name, const Value& value, bool may_be_empty) {
  std::string text = TextOption(name, value);
  if (text == "\\t") text = "\t";
  if (text.empty() && may_be_empty) return 0;
  if (text.size() != 1 || text == "\n" || text == "\r") {
    throw Error::User(sqlstate::kInvalidParameterValue, "option of read_csv must be one single-byte character: {}",
                      name);
  }
  return text[0];
}

bool BooleanOption(const std::string& name, const Value& value) {
  if (!value.is_null() && value.type().is(TypeKind::kBoolean)) return value.boolean();
  return ParseBoolean(TextOption(name, value));
}

int64_t IntegerOption(const std::string& name, const Value& value) {
  if (value.is_null() || !value.type().is_integer() || value.type().is(TypeKind::kInt128)) {
    throw Error::User(sqlstate::kInvalidParameterValue, "option of read_csv must be an integer: {}", name);
  }
  return value.integer();
}

csv::CsvOptions ParseCsvOptions(const FileSource& source) {
  csv::CsvOptions options;
  bool has_escape = false;
  for (const auto& [name, value] : source.options) {
    if (name == "delimiter" || name == "delim" || name == "sep") {
      options.delimiter = CharOption(name, value, false);
    } else if (name == "quote") {
      options.quote = CharOption(name, value, true);
    } else if (name == "escape") {
      options.escape = CharOption(name, value, true);
      has_escape = true;
    } else if (name == "header") {
      options.header = BooleanOption(name, value);
    } else if (name == "nullstr" || name == "null") {
      options.null_strings.clear();
      if (value.type().is(TypeKind::kList) && !value.is_null()) {
        for (const Value& part : value.parts()) options.null_strings.push_back(TextOption(name, part));
      } else {
        options.null_strings.push_back(TextOption(name, value));
      }
    } else if (name == "skip") {
      const int64_t skip = IntegerOption(name, value);
      if (skip < 0) throw Error::User(sqlstate::kInvalidParameterValue, "skip must not be negative: {}", skip);
      options.skip_records = static_cast<size_t>(skip);
    } else if (name == "sample_size") {
      const int64_t size = IntegerOption(name, value);
      if (size == 0 || size < -1) {
        throw Error::User(sqlstate::kInvalidParameterValue, "sample_size must be positive, or -1 for all rows: {}",
                          size);
      }
      options.sample_records = size == -1 ? 0 : static_cast<size_t>(size);
    } else if (name == "all_varchar") {
      options.all_varchar = BooleanOption(name, value);
    } else if (name == "ignore_errors") {
      options.ignore_errors = BooleanOption(name, value);
    } else {
      throw Error::User(sqlstate::kUndefinedParameter, "read_csv has no option: {}", name)
          .WithHint(
              "Options are delimiter, quote, escape, header, nullstr, skip, sample_size, all_varchar and "
              "ignore_errors.");
    }
  }
  if (!has_escape) options.escape = options.quote;
  if (options.quote != 0 && options.delimiter == options.quote) {
    throw Error::User(sqlstate::kInvalidParameterValue, "delimiter and quote of read_csv must differ: {}",
                      options.quote);
  }
  return options;
}

class CsvUnit final : public FileUnitReader {
 public:
  CsvUnit(std::unique_ptr<csv::CsvReader> reader, std::string path, int filename_column)
      : reader_(std::move(reader)), path_(std::move(path)), filename_column_(filename_column) {}
  bool Next(size_t rows_max, Chunk& out) override {
    Chunk chunk = reader_->Next(rows_max);
    if (chunk.empty()) return false;
    if (filename_column_ >= 0) {
      std::vector<ColumnPtr> columns = chunk.columns();
      columns.insert(columns.begin() + filename_column_, Column::Constant(Value::String(path_), chunk.size()));
      chunk = chunk.WithColumns(std::move(columns));
    }
    out = std::move(chunk);
    return true;
  }

 private:
  const std::unique_ptr<csv::CsvReader> reader_;
  const std::string path_;
  const int filename_column_;
};

class CsvScan final : public FileFormatScan {
 public:
  CsvScan(const FileSource& source, FileSystem& files)
      : files_(files),
        paths_(source.paths),
        schema_(source.schema),
        filename_column_(source.filename_column),
        options_(ParseCsvOptions(source)) {
    for (size_t i = 0; i < source.column_ordinals.size(); ++i) {
      if (static_cast<int>(i) != filename_column_) columns_.push_back(source.column_ordinals[i]);
    }
  }
  size_t unit_count() const override { return paths_.size(); }
  std::unique_ptr<FileUnitReader> OpenUnit(size_t unit, std::shared_ptr<MemoryTracker> tracker) const override {
    const std::string& path = paths_[unit];
    return std::make_unique<CsvUnit>(
        std::make_unique<csv::CsvReader>(files_.OpenForRead(path), options_, schema_, columns_, std::move(tracker)),
        path, filename_column_);
  }
  uint64_t bytes() const override {
    uint64_t bytes = 0;
    for (const std::string& path : paths_) {
      const auto info = files_.Stat(path);
      if (info.has_value()) bytes += info->size;
    }
    return bytes;
  }

 private:
  FileSystem& files_;
  const std::vector<std::string> paths_;
  const Schema schema_;
  const int filename_column_;
  const csv::CsvOptions options_;
  std::vector<size_t> columns_;
};

Schema InferCsv(const FileSource& source, FileSystem& files) {
  const csv::CsvOptions options = ParseCsvOptions(source);
  Schema schema;
  for (size_t i = 0; i < std::min(source.paths.size(), kInferFilesMax); ++i) {
    const auto file = files.OpenForRead(source.paths[i]);
    const Schema found = csv::InferCsvLayout(*file, options).schema;
    schema = i == 0 ? found : csv::MergeSchemas(schema, found, source.paths[i]);
  }
  return csv::Settled(std::move(schema));
}

}  // namespace

FileFormats MakeTextFormats() {
  FileFormats formats;
  formats.open[FileSource::Format::kCsv] = [](const FileSource& source, FileSystem& files,
                                              const std::shared_ptr<MemoryTracker>& /*tracker*/) {
    return std::make_unique<CsvScan>(source, files);
  };
  formats.infer[FileSource::Format::kCsv] = InferCsv;
  return formats;
}

}  // namespace weir
