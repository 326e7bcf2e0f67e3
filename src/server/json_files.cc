#include "server/json_files.h"

#include <algorithm>

#include "base/error.h"
#include "format/json/infer.h"
#include "format/json/reader.h"
#include "server/format_options.h"
#include "server/text_scan.h"

namespace weir {

namespace {

// More files than these are trusted to look like them.
constexpr size_t kInferFilesMax = 8;

struct JsonSettings {
  json::JsonOptions options;
  std::optional<Schema> columns;
};

std::optional<json::JsonLayout> ParseLayout(const std::string& name) {
  if (name == "auto") return std::nullopt;
  if (name == "newline_delimited" || name == "nd") return json::JsonLayout::kLines;
  if (name == "array") return json::JsonLayout::kArray;
  if (name == "unstructured") return json::JsonLayout::kValues;
  throw Error::User(sqlstate::kInvalidParameterValue,
                    "format of read_json is auto, newline_delimited, array or unstructured: {}", name);
}

JsonSettings ParseJsonOptions(const FileSource& source) {
  JsonSettings settings;
  json::JsonOptions& options = settings.options;
  for (const auto& [name, value] : source.options) {
    const FormatOption option("read_json", name, value);
    if (name == "columns") {
      settings.columns = option.Columns();
    } else if (name == "format") {
      options.layout = ParseLayout(option.Text());
    } else if (name == "records") {
      if (value.type().is_string() && value.bytes() == "auto") continue;
      options.records = option.Boolean();
    } else if (name == "ignore_errors") {
      options.ignore_errors = option.Boolean();
    } else if (name == "maximum_object_size") {
      const int64_t bytes = option.Integer();
      if (bytes <= 0 || bytes > static_cast<int64_t>(TextBlocks::kRecordBytesMax)) {
        throw Error::User(sqlstate::kInvalidParameterValue, "maximum_object_size must be between 1 and {}: {}",
                          TextBlocks::kRecordBytesMax, bytes);
      }
      options.object_bytes_max = static_cast<size_t>(bytes);
    } else if (name == "sample_size") {
      options.sample_records = option.SampleSize();
    } else if (name == "maximum_depth") {
      const int64_t depth = option.Integer();
      options.depth_max = depth < 0 ? SIZE_MAX : static_cast<size_t>(depth);
    } else if (name == "compression") {
      options.compression = option.Compression();
    } else {
      throw Error::User(sqlstate::kUndefinedParameter, "read_json has no option: {}", name)
          .WithHint(
              "Options are columns, format, records, sample_size, maximum_depth, maximum_object_size, compression and "
              "ignore_errors.");
    }
  }
  if (settings.columns.has_value() && !options.records.has_value()) options.records = true;
  return settings;
}

class JsonScan final : public TextScan {
 public:
  JsonScan(const FileSource& source, FileSystem& files, json::JsonOptions options)
      : TextScan(source, files, options.compression), options_(options), schema_(source.schema) {}

 private:
  MakeReader OpenFile(const std::string& path) const override {
    const auto open = [this, &path] { return files_.OpenForRead(path); };
    const json::JsonShapeOfFile shape = json::DetectJsonLayout(open, options_);
    return [this, blocks = json::OpenJsonText(open(), shape.layout, options_),
            shape](std::shared_ptr<MemoryTracker> tracker) -> NextRows {
      auto reader = std::make_shared<json::JsonReader>(blocks, shape.layout, shape.records, options_, schema_, columns_,
                                                       std::move(tracker));
      return [reader = std::move(reader)](size_t rows_max) { return reader->Next(rows_max); };
    };
  }

  const json::JsonOptions options_;
  const Schema schema_;
};

}  // namespace

std::unique_ptr<FileFormatScan> OpenJsonFiles(const FileSource& source, FileSystem& files) {
  return std::make_unique<JsonScan>(source, files, ParseJsonOptions(source).options);
}

Schema InferJsonFiles(const FileSource& source, FileSystem& files) {
  const JsonSettings settings = ParseJsonOptions(source);
  if (settings.columns.has_value()) return *settings.columns;
  json::JsonInference inference(settings.options);
  for (size_t i = 0; i < std::min(source.paths.size(), kInferFilesMax); ++i) {
    inference.Add([&] { return files.OpenForRead(source.paths[i]); });
  }
  return inference.Finish();
}

}  // namespace weir
