#include "server/csv_files.h"

#include <algorithm>

#include "base/error.h"
#include "format/csv/reader.h"
#include "server/format_options.h"
#include "server/text_scan.h"

namespace weir {

namespace {

// More files than these are trusted to look like them.
constexpr size_t kInferFilesMax = 8;
constexpr std::string_view kFunction = "read_csv";

struct CsvSettings {
  csv::CsvOptions options;
  std::optional<Schema> columns;
};

CsvSettings ParseCsvOptions(const FileSource& source) {
  CsvSettings settings;
  csv::CsvOptions& options = settings.options;
  bool has_escape = false;
  for (const auto& [name, value] : source.options) {
    const FormatOption option(kFunction, name, value);
    if (name == "delimiter" || name == "delim" || name == "sep") {
      options.delimiter = option.Char(false);
    } else if (name == "quote") {
      options.quote = option.Char(true);
    } else if (name == "escape") {
      options.escape = option.Char(true);
      has_escape = true;
    } else if (name == "header") {
      options.header = option.Boolean();
    } else if (name == "nullstr" || name == "null") {
      options.null_strings.clear();
      if (value.type().is(TypeKind::kList) && !value.is_null()) {
        for (const Value& part : value.parts()) {
          options.null_strings.push_back(FormatOption(kFunction, name, part).Text());
        }
      } else {
        options.null_strings.push_back(option.Text());
      }
    } else if (name == "skip") {
      const int64_t skip = option.Integer();
      if (skip < 0) throw Error::User(sqlstate::kInvalidParameterValue, "skip must not be negative: {}", skip);
      options.skip_lines = static_cast<size_t>(skip);
    } else if (name == "sample_size") {
      options.sample_records = option.SampleSize();
    } else if (name == "all_varchar") {
      options.all_varchar = option.Boolean();
    } else if (name == "ignore_errors") {
      options.ignore_errors = option.Boolean();
    } else if (name == "compression") {
      options.compression = option.Compression();
    } else if (name == "columns") {
      settings.columns = option.Columns();
    } else {
      throw Error::User(sqlstate::kUndefinedParameter, "read_csv has no option: {}", name)
          .WithHint(
              "Options are delimiter, quote, escape, header, nullstr, skip, sample_size, columns, all_varchar, "
              "compression and ignore_errors.");
    }
  }
  if (!has_escape) options.escape = options.quote;
  if (options.quote != 0 && options.delimiter == options.quote) {
    throw Error::User(sqlstate::kInvalidParameterValue, "delimiter and quote of read_csv must differ: {}",
                      options.quote);
  }
  return settings;
}

class CsvScan final : public TextScan {
 public:
  CsvScan(const FileSource& source, FileSystem& files, CsvSettings settings)
      : TextScan(source, files, settings.options.compression), settings_(std::move(settings)), schema_(source.schema) {}

 private:
  MakeReader OpenFile(const std::string& path) const override {
    const auto open = [this, &path] { return files_.OpenForRead(path); };
    csv::CsvOptions options = settings_.options;
    const char delimiter = csv::DetectDelimiter(open, options);
    if (settings_.columns.has_value() && !options.header.has_value()) {
      // The file's own names need not be those of the option.
      options.header = files_.Stat(path)->size != 0 && csv::InferCsvLayout(open, options).header;
    }
    return [this, blocks = csv::OpenCsvText(open(), delimiter, options), delimiter,
            options](std::shared_ptr<MemoryTracker> tracker) -> NextRows {
      auto reader = std::make_shared<csv::CsvReader>(blocks, delimiter, options, schema_, columns_, std::move(tracker));
      return [reader = std::move(reader)](size_t rows_max) { return reader->Next(rows_max); };
    };
  }

  const CsvSettings settings_;
  const Schema schema_;
};

}  // namespace

std::unique_ptr<FileFormatScan> OpenCsvFiles(const FileSource& source, FileSystem& files) {
  return std::make_unique<CsvScan>(source, files, ParseCsvOptions(source));
}

Schema InferCsvFiles(const FileSource& source, FileSystem& files) {
  const CsvSettings settings = ParseCsvOptions(source);
  if (settings.columns.has_value()) return *settings.columns;
  Schema schema;
  for (size_t i = 0; i < std::min(source.paths.size(), kInferFilesMax); ++i) {
    const auto open = [&] { return files.OpenForRead(source.paths[i]); };
    const Schema found = csv::InferCsvLayout(open, settings.options).schema;
    schema = i == 0 ? found : csv::MergeSchemas(schema, found, source.paths[i]);
  }
  return csv::Settled(std::move(schema));
}

}  // namespace weir
