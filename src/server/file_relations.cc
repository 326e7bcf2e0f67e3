#include "server/file_relations.h"

#include <algorithm>

#include "storage/scan.h"

namespace weir {

namespace {

using Format = FileSource::Format;

std::optional<Format> FormatOfEnding(std::string_view path) {
  for (const std::string_view compression : {".gz", ".zst"}) {
    if (path.ends_with(compression)) path.remove_suffix(compression.size());
  }
  if (path.ends_with(".parquet") || path.ends_with(".parq")) return Format::kParquet;
  if (path.ends_with(".csv") || path.ends_with(".tsv")) return Format::kCsv;
  if (path.ends_with(".json") || path.ends_with(".ndjson") || path.ends_with(".jsonl")) return Format::kJson;
  return std::nullopt;
}

std::optional<Format> FormatByName(std::string_view name) {
  if (name == "parquet") return Format::kParquet;
  if (name == "csv" || name == "tsv") return Format::kCsv;
  if (name == "json" || name == "ndjson" || name == "jsonl") return Format::kJson;
  return std::nullopt;
}

// The paths of the first argument: a text or a list of texts.
std::vector<std::string> PathsOf(const TableFunctionCall& call) {
  std::vector<std::string> paths;
  for (const Value& arg : call.args) {
    if (arg.is_null()) continue;
    if (arg.type().is(TypeKind::kList)) {
      for (const Value& part : arg.parts()) {
        if (!part.is_null()) paths.push_back(part.bytes());
      }
    } else if (arg.type().is_string()) {
      paths.push_back(arg.bytes());
    } else {
      throw Error::User(sqlstate::kInvalidParameterValue, "{} takes paths as text: {}", call.name,
                        arg.type().ToString())
          .WithPosition(call.position);
    }
  }
  for (const auto& [name, value] : call.named) {
    if (name == "path" && !value.is_null()) paths.push_back(value.bytes());
  }
  if (paths.empty()) {
    throw Error::User(sqlstate::kInvalidParameterValue, "{} needs a path", call.name)
        .WithHint("Example: read_parquet('data/*.parquet')")
        .WithPosition(call.position);
  }
  for (const std::string& path : paths) {
    if (path.find("://") != std::string::npos && !path.starts_with("file://")) {
      throw Error::Unsupported("Copy the files to a local folder.", "only local files can be read: {}", path)
          .WithPosition(call.position);
    }
  }
  return paths;
}

ExternalRelation OpenParquet(Engine& engine, const TableFunctionCall& call, const std::vector<std::string>& patterns) {
  for (const auto& [name, value] : call.named) {
    if (name != "path" && name != "format") {
      throw Error::User(sqlstate::kUndefinedParameter, "{} has no option: {}", call.name, name)
          .WithPosition(call.position);
    }
  }
  const auto files = ParquetFiles::Open(engine.services().files, patterns, engine.footers());
  ExternalRelation relation;
  FileSource source;
  source.format = Format::kParquet;
  for (const FileInfo& file : files->files()) source.paths.push_back(file.path);
  source.schema = files->schema();
  relation.columns = files->schema();
  relation.rows = static_cast<double>(files->RowCount());
  relation.statistics = files->Statistics();
  relation.source = std::move(source);
  return relation;
}

ExternalRelation OpenText(Engine& engine, const TableFunctionCall& call, Format format,
                          const std::vector<std::string>& patterns) {
  const auto infer = engine.formats().infer.find(format);
  if (infer == engine.formats().infer.end()) {
    throw Error::Unsupported("Use read_parquet.", "no reader for this format: {}", call.name)
        .WithPosition(call.position);
  }
  FileSource source;
  source.format = format;
  for (const std::string& pattern : patterns) {
    for (const FileInfo& file : engine.services().files.Glob(pattern)) source.paths.push_back(file.path);
  }
  if (source.paths.empty()) {
    throw Error::Operational(sqlstate::kUndefinedFile, "no file matches: {}", patterns[0]).WithPosition(call.position);
  }
  for (const auto& [name, value] : call.named) {
    // FILES('format' = ...) names the reader, read_json's how its values follow each other.
    const bool is_layout = name == "format" && call.name.starts_with("read_json");
    if (name != "path" && (name != "format" || is_layout)) source.options.emplace_back(name, value);
  }
  if (call.name == "read_ndjson") source.options.emplace_back("format", Value::String("newline_delimited"));
  if (call.name == "read_tsv") source.options.emplace_back("delimiter", Value::String("\t"));
  source.schema = infer->second(source, engine.services().files);
  ExternalRelation relation;
  relation.columns = source.schema;
  relation.source = std::move(source);
  return relation;
}

}  // namespace

std::optional<ExternalRelation> ResolveTableFunction(Engine& engine, const TableFunctionCall& call) {
  std::optional<Format> format;
  const bool any_format = call.name == "files" || call.name == "read_auto" || call.name == "table_files";
  if (call.name.starts_with("read_")) format = FormatByName(std::string_view(call.name).substr(5));
  if (call.name == "parquet_scan") format = Format::kParquet;
  if (call.name == "read_csv_auto") format = Format::kCsv;
  if (call.name == "read_json_auto" || call.name == "read_ndjson_auto") format = Format::kJson;
  if (!format.has_value() && !any_format) return std::nullopt;
  const std::vector<std::string> patterns = PathsOf(call);
  for (const auto& [name, value] : call.named) {
    if (any_format && name == "format" && !value.is_null()) {
      format = FormatByName(value.bytes());
      if (!format.has_value()) {
        throw Error::Unsupported("Formats are parquet, csv and json.", "no reader for this format: {}", value.bytes())
            .WithPosition(call.position);
      }
    }
  }
  if (!format.has_value()) format = FormatOfEnding(patterns[0]);
  if (!format.has_value()) {
    throw Error::User(sqlstate::kInvalidParameterValue, "the format of the file is not clear from its name: {}",
                      patterns[0])
        .WithHint("Use read_parquet, read_csv or read_json.")
        .WithPosition(call.position);
  }
  return *format == Format::kParquet ? OpenParquet(engine, call, patterns) : OpenText(engine, call, *format, patterns);
}

}  // namespace weir
