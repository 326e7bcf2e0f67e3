#include "server/copy_file.h"

#include <algorithm>

#include "expr/evaluator.h"
#include "format/parquet/writer.h"
#include "format/text_sink.h"
#include "runtime/run_all.h"
#include "server/copy_out.h"
#include "sql/parser/to_sql.h"

namespace weir {

namespace {

using Format = CopyOptions::Format;

constexpr size_t kWriteBytes = 256 << 10;
// Of Parquet: the columns of so many are encoded side by side.
constexpr size_t kBatchRows = 32 << 10;

TextCompression TextCompressionOf(const CopyOptions& options, const std::string& path) {
  if (options.compression.empty() || options.compression == "auto") {
    return CompressionOf(path, TextCompression::kByName);
  }
  if (options.compression == "none") return TextCompression::kNone;
  if (options.compression == "gzip") return TextCompression::kGzip;
  if (options.compression == "zstd") return TextCompression::kZstd;
  throw Error::User(sqlstate::kInvalidParameterValue, "COPY compression of text files is none, gzip or zstd: {}",
                    options.compression);
}

parquet::WriterCodec ParquetCodecOf(const CopyOptions& options) {
  using enum parquet::WriterCodec;
  const std::string& name = options.compression;
  if (name.empty() || name == "auto" || name == "zstd") return kZstd;
  if (name == "none" || name == "uncompressed") return kNone;
  if (name == "snappy") return kSnappy;
  if (name == "lz4" || name == "lz4_raw") return kLz4Raw;
  throw Error::User(sqlstate::kInvalidParameterValue, "COPY compression of Parquet is zstd, snappy, lz4 or none: {}",
                    name);
}

uint64_t WriteText(StatementExecution& rows, TextCompression compression, CopyFormatter& formatter,
                   WritableFile& file) {
  const auto sink = OpenTextSink(file, compression);
  uint64_t count = 0;
  std::string text;
  formatter.AppendHeader(text);
  while (const auto chunk = rows.Next()) {
    formatter.AppendRows(*chunk, text);
    count += chunk->row_count();
    if (text.size() < kWriteBytes) continue;
    sink->Write(text);
    text.clear();
  }
  formatter.AppendFooter(text);
  sink->Write(text);
  sink->Finish();
  return count;
}

// What others read: labels of enums and bits are text.
Type FileType(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kUnknown:  // a bare NULL has no type of its own
    case TypeKind::kEnum:
    case TypeKind::kBit:
      return TypeKind::kVarchar;
    case TypeKind::kList:
      return Type::List(FileType(type.element()));
    case TypeKind::kMap:
      return Type::Map(FileType(type.key()), FileType(type.value()));
    case TypeKind::kStruct: {
      std::vector<Field> fields(type.fields().begin(), type.fields().end());
      for (Field& field : fields) field.type = FileType(field.type);
      return Type::Struct(std::move(fields));
    }
    default:
      return type;
  }
}

uint64_t WriteParquet(Session& session, StatementExecution& rows, const CopyOptions& options, WritableFile& file) {
  std::vector<parquet::WriterColumn> columns;
  const Registry& registry = session.engine().registry();
  std::vector<ExprPtr> values;
  bool converts = false;
  for (const Field& field : *rows.columns()) {
    const Type type = FileType(field.type);
    if (!(type == field.type)) converts = true;
    values.push_back(registry.BindCast(Expr::Input(values.size(), field.type), type, CastRule::kExplicit));
    columns.push_back({field.name, type, true, std::nullopt, false, parquet::WriterEncoding::kAuto});
  }
  parquet::WriterOptions writer_options;
  writer_options.codec = ParquetCodecOf(options);
  if (options.row_group_rows != 0) writer_options.row_group_rows = options.row_group_rows;
  WorkerPool& workers = session.engine().workers();
  const CancellationToken token = session.statement_token();
  writer_options.run_all = [&workers, token](size_t count, const std::function<void(size_t)>& work) {
    RunAll(workers, "copy", count, work, token);
  };
  parquet::ParquetWriter writer([&](ByteSpan bytes) { file.Append(bytes); }, std::move(columns), writer_options);
  const StatementContext statement = session.MakeStatementContext();
  Evaluator evaluator(std::move(values), registry, statement);
  std::vector<Chunk> batch;
  size_t batch_rows = 0;
  while (const auto chunk = rows.Next()) {
    batch_rows += chunk->row_count();
    batch.push_back(converts ? evaluator.EvaluateAll(*chunk) : *chunk);
    if (batch_rows < kBatchRows) continue;
    writer.Write(batch);
    batch.clear();
    batch_rows = 0;
  }
  writer.Write(batch);
  return writer.Finish().rows;
}

std::string FlagSql(bool flag) {
  return flag ? "true" : "false";
}

}  // namespace

CopyOptions::Format CopyFormatOf(std::string_view path) {
  for (const std::string_view compression : {".gz", ".zst"}) {
    if (path.ends_with(compression)) path.remove_suffix(compression.size());
  }
  if (path.ends_with(".parquet") || path.ends_with(".parq")) return Format::kParquet;
  if (path.ends_with(".csv")) return Format::kCsv;
  if (path.ends_with(".json") || path.ends_with(".ndjson") || path.ends_with(".jsonl")) return Format::kJson;
  return Format::kText;
}

std::string LocalPath(std::string_view path, int64_t position) {
  constexpr std::string_view kScheme = "file://";
  if (path.starts_with(kScheme)) path.remove_prefix(kScheme.size());
  if (path.find("://") != std::string_view::npos) {
    throw Error::Unsupported("Name a local file, or use COPY ... TO STDOUT and FROM STDIN.",
                             "COPY works with local files only: {}", path)
        .WithPosition(position);
  }
  if (path.empty()) throw Error::User(sqlstate::kInvalidParameterValue, "COPY needs a path").WithPosition(position);
  return std::string(path);
}

uint64_t CopyToFile(Session& session, StatementExecution& rows, const CopyOptions& options, const std::string& path) {
  FileSystem& files = session.engine().services().files;
  if (const auto existing = files.Stat(path); existing.has_value() && existing->kind != FileKind::kFile) {
    throw Error::User(sqlstate::kWrongObjectType, "COPY cannot replace what is no regular file: {}", path);
  }
  const TextCompression compression =
      options.format == Format::kParquet ? TextCompression::kNone : TextCompressionOf(options, path);
  CopyFormatter formatter(*rows.columns(), options, session.settings().Get("timezone"), session.text_style());
  const std::string temporary = fmt::format("{}.tmp-{}", path, session.id());
  uint64_t count = 0;
  try {
    const auto file = files.OpenForWrite(temporary, OpenMode::kTruncate);
    count = options.format == Format::kParquet ? WriteParquet(session, rows, options, *file)
                                               : WriteText(rows, compression, formatter, *file);
    file->Sync();
    file->Close();
    files.Rename(temporary, path);
    files.SyncDirectory(ParentPath(path));
  } catch (...) {
    CatchError([&] { files.Remove(temporary); });
    throw;
  }
  return count;
}

std::string InsertFromFile(const TableDef& table, const std::string& table_sql, const std::vector<std::string>& columns,
                           const CopyOptions& options, const std::string& path, const std::string& where) {
  const bool streams = options.format == Format::kText || options.format == Format::kBinary || options.header_match ||
                       !options.force_null.empty() || !options.force_not_null.empty();
  if (streams) return {};
  std::string names;   // "a", "b"
  std::string typed;   // "a" bigint, "b" text
  std::string values;  // "a", "b"::mood
  const auto add = [&](const ColumnDef& column) {
    std::string quoted = "\"";
    for (const char c : column.name) quoted.append(c == '"' ? 2 : 1, c);
    quoted += '"';
    names += (names.empty() ? "" : ", ") + quoted;
    // Types that files do not know are read as another and cast.
    const Type plain = column.type.WithDomain("", 0);
    const bool as_is = FileType(plain) == plain && !plain.is_sketch();
    const Type read = as_is ? plain : plain.is_sketch() ? Type(TypeKind::kVarbinary) : Type(TypeKind::kVarchar);
    typed += (typed.empty() ? "" : ", ") + quoted + " " + read.ToString();
    values += (values.empty() ? "" : ", ") + quoted + (as_is ? "" : "::" + plain.ToString());
  };
  if (columns.empty()) {
    for (const ColumnDef& column : table.columns) add(column);
  }
  for (const std::string& name : columns) {
    const ColumnDef* column = table.FindColumn(name);
    if (column == nullptr) {
      throw Error::User(sqlstate::kUndefinedColumn, "column \"{}\" of relation \"{}\" does not exist", name,
                        table.name);
    }
    add(*column);
  }
  std::string source;
  const std::string compression =
      options.compression.empty() ? "" : ", compression => " + QuoteString(options.compression);
  if (options.format == Format::kParquet) {
    source = fmt::format("read_parquet({})", QuoteString(path));
  } else if (options.format == Format::kJson) {
    source = fmt::format("read_json({}, columns => {}{})", QuoteString(path), QuoteString(typed), compression);
  } else {
    source = fmt::format(
        "read_csv({}, columns => {}, header => {}, delimiter => {}, quote => {}, escape => {}, nullstr => {}{})",
        QuoteString(path), QuoteString(typed), FlagSql(options.header), QuoteString(std::string(1, options.delimiter)),
        QuoteString(std::string(1, options.quote)), QuoteString(std::string(1, options.escape)),
        QuoteString(options.null_text), compression);
  }
  return fmt::format("INSERT INTO {} ({}) SELECT {} FROM {}{}", table_sql, names, values, source,
                     where.empty() ? "" : " WHERE " + where);
}

uint64_t CopyFromFile(Session& session, CopyIn& copy, const CopyOptions& options, const std::string& path) {
  const auto file = session.engine().services().files.OpenForRead(path);
  const auto stream = OpenTextStream(*file, TextCompressionOf(options, path));
  std::string buffer(kWriteBytes, '\0');
  for (;;) {
    const size_t got = stream->Read(buffer);
    copy.Write(std::string_view(buffer).substr(0, got));
    if (got < buffer.size()) break;
  }
  return copy.Finish();
}

}  // namespace weir
