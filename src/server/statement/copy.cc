#include <algorithm>
#include <cctype>
#include <set>

#include "server/copy_file.h"
#include "server/copy_in.h"
#include "server/statement/statement.h"
#include "sql/binder/catalog_name.h"
#include "sql/parser/to_sql.h"
#include "types/text.h"

namespace weir {

namespace {

Error BadOption(const ast::Option& option, std::string_view message) {
  return Error::User(sqlstate::kSyntaxError, "COPY {}: {}", option.name, message).WithPosition(option.offset);
}

std::string TextValue(const ast::Option& option) {
  if (option.value != nullptr) {
    if (const auto* text = option.value->TryAs<ast::StringLiteral>()) return std::string(text->value);
    if (const auto* flag = option.value->TryAs<ast::BoolLiteral>()) return flag->value ? "true" : "false";
    if (const auto* column = option.value->TryAs<ast::ColumnRef>()) return std::string(column->last());
    if (const auto* number = option.value->TryAs<ast::NumberLiteral>()) return std::string(number->text);
  }
  throw BadOption(option, "a value is expected");
}

char CharValue(const ast::Option& option) {
  const std::string text = TextValue(option);
  if (text.size() == 1) return text[0];
  throw Error::User(sqlstate::kFeatureNotSupported, "COPY {} must be a single one-byte character", option.name)
      .WithPosition(option.offset);
}

bool FlagValue(const ast::Option& option) {
  if (option.value == nullptr) return true;
  const std::string text = TextValue(option);
  if (text == "true" || text == "on" || text == "1") return true;
  if (text == "false" || text == "off" || text == "0") return false;
  throw Error::User(sqlstate::kSyntaxError, "{} requires a Boolean value{}", option.name,
                    option.name == "header" ? " or \"match\"" : "")
      .WithPosition(option.offset);
}

CopyOptions::Format FormatValue(const ast::Option& option) {
  using Format = CopyOptions::Format;
  const std::string format = TextValue(option);
  if (format == "text") return Format::kText;
  if (format == "csv") return Format::kCsv;
  if (format == "binary") return Format::kBinary;
  if (format == "json" || format == "ndjson") return Format::kJson;
  if (format == "parquet") return Format::kParquet;
  throw Error::User(sqlstate::kInvalidParameterValue, "COPY format \"{}\" not recognized", format)
      .WithHint("Formats are text, csv, binary, json and parquet.")
      .WithPosition(option.offset);
}

void CheckEncoding(const ast::Option& option) {
  std::string encoding = TextValue(option);
  std::ranges::transform(encoding, encoding.begin(), [](unsigned char c) { return std::tolower(c); });
  std::erase_if(encoding, [](char c) { return c == '-' || c == '_'; });
  if (encoding == "utf8" || encoding == "unicode") return;
  for (const std::string_view other : {"latin", "iso8859", "win", "koi8", "euc", "sqlascii", "sjis", "gbk", "big5"}) {
    if (!encoding.starts_with(other)) continue;
    throw Error::Unsupported("Convert the input to UTF-8.", "COPY encoding is not available: {}", TextValue(option))
        .WithPosition(option.offset);
  }
  throw Error::User(sqlstate::kInvalidParameterValue, "argument to option \"{}\" must be a valid encoding name",
                    option.name)
      .WithPosition(option.offset);
}

std::vector<std::string> NameList(const ast::Option& option) {
  std::vector<std::string> out;
  if (option.value == nullptr) return out;
  const auto add = [&](const ast::Expr& expr) {
    if (const auto* column = expr.TryAs<ast::ColumnRef>()) out.emplace_back(column->last());
    if (const auto* text = expr.TryAs<ast::StringLiteral>()) out.emplace_back(text->value);
  };
  if (const auto* row = option.value->TryAs<ast::RowExpr>()) {
    for (const ast::Expr* field : row->fields) add(*field);
  } else {
    add(*option.value);
  }
  return out;
}

// COPY ... TO STDOUT: the rows of a query, marked with their format.
class CopyOutExecution final : public StatementExecution {
 public:
  CopyOutExecution(std::unique_ptr<StatementExecution> rows, CopyOptions options)
      : rows_(std::move(rows)), options_(std::move(options)) {}
  const std::optional<Schema>& columns() const override { return rows_->columns(); }
  std::optional<Chunk> Next() override { return rows_->Next(); }
  Task<std::optional<Chunk>> NextAsync() override { return rows_->NextAsync(); }
  std::string CommandTag(uint64_t rows) const override { return fmt::format("COPY {}", rows); }
  const CopyOptions* copy_out() const override { return &options_; }
  void Close() override { rows_->Close(); }
  const QueryExecution* query() const override { return rows_->query(); }

 private:
  std::unique_ptr<StatementExecution> rows_;
  const CopyOptions options_;
};

}  // namespace

namespace {

// What does not go together, with PostgreSQL's words. `given` are the names of the options.
void CheckTogether(const CopyOptions& options, const std::set<std::string_view>& given, bool is_from) {
  using Format = CopyOptions::Format;
  const auto wrong = [](std::string_view code, std::string_view message) { return Error::User(code, "{}", message); };
  const auto refuse = [&](std::string_view message) { throw wrong(sqlstate::kFeatureNotSupported, message); };
  const bool binary = options.format == Format::kBinary, csv = options.format == Format::kCsv;
  for (const auto& [name, shown] : {std::pair("delimiter", "DELIMITER"), std::pair("null", "NULL")}) {
    if (binary && given.contains(name)) {
      throw Error::User(sqlstate::kSyntaxError, "cannot specify {} in BINARY mode", shown);
    }
  }
  if (options.delimiter == '\n' || options.delimiter == '\r') {
    throw wrong(sqlstate::kInvalidParameterValue, "COPY delimiter cannot be newline or carriage return");
  }
  if (options.null_text.find_first_of("\r\n") != std::string::npos) {
    throw wrong(sqlstate::kInvalidParameterValue, "COPY null representation cannot use newline or carriage return");
  }
  constexpr std::string_view kNoDelimiters = "\\.abcdefghijklmnopqrstuvwxyz0123456789";
  if (options.format == Format::kText && kNoDelimiters.find(options.delimiter) != std::string_view::npos) {
    throw Error::User(sqlstate::kInvalidParameterValue, "COPY delimiter cannot be \"{}\"", options.delimiter);
  }
  if (binary && given.contains("header")) refuse("cannot specify HEADER in BINARY mode");
  if (!csv && given.contains("quote")) refuse("COPY quote available only in CSV mode");
  if (csv && options.delimiter == options.quote) {
    throw wrong(sqlstate::kInvalidParameterValue, "COPY delimiter and quote must be different");
  }
  if (!csv && given.contains("escape")) refuse("COPY escape available only in CSV mode");
  if (!csv && given.contains("force_quote")) refuse("COPY force quote available only in CSV mode");
  if (is_from && given.contains("force_quote")) refuse("COPY force quote only available using COPY TO");
  if (!csv && given.contains("force_not_null")) refuse("COPY force not null available only in CSV mode");
  if (!is_from && given.contains("force_not_null")) refuse("COPY force not null only available using COPY FROM");
  if (!csv && given.contains("force_null")) refuse("COPY force null available only in CSV mode");
  if (!is_from && given.contains("force_null")) refuse("COPY force null only available using COPY FROM");
  if ((csv || options.format == Format::kText) && options.null_text.find(options.delimiter) != std::string::npos) {
    refuse("COPY delimiter must not appear in the NULL specification");
  }
  if (csv && options.null_text.find(options.quote) != std::string::npos) {
    refuse("CSV quote character must not appear in the NULL specification");
  }
  if (!is_from && options.header_match) refuse("cannot use \"match\" with HEADER in COPY TO");
}

}  // namespace

CopyOptions ParseCopyOptions(Session&, const ast::Copy& copy) {
  CopyOptions out;
  // The file's name says the format, unless the options do.
  if (copy.peer == ast::CopyPeer::kFile) out.format = CopyFormatOf(copy.path);
  std::set<std::string_view> given;
  for (const ast::Option& option : copy.options) {
    if (!given.insert(option.name).second) {
      throw Error::User(sqlstate::kSyntaxError, "conflicting or redundant options").WithPosition(option.offset);
    }
    if (option.name == "format") out.format = FormatValue(option);
  }
  if (out.format == CopyOptions::Format::kCsv) {
    out.delimiter = ',';
    out.null_text.clear();
  }
  for (const ast::Option& option : copy.options) {
    const std::string_view name = option.name;
    if (name == "format" || name == "freeze") continue;
    if (name == "delimiter") {
      out.delimiter = CharValue(option);
    } else if (name == "null") {
      out.null_text = TextValue(option);
    } else if (name == "header") {
      if (option.value != nullptr && TextValue(option) == "match") {
        out.header = out.header_match = true;
      } else {
        out.header = FlagValue(option);
      }
    } else if (name == "quote") {
      out.quote = CharValue(option);
      if (!given.contains("escape")) out.escape = out.quote;
    } else if (name == "escape") {
      out.escape = CharValue(option);
    } else if (name == "encoding") {
      CheckEncoding(option);
    } else if (name == "force_quote") {
      out.force_quote = NameList(option);
      out.force_quote_all = out.force_quote.empty();
    } else if (name == "force_not_null") {
      out.force_not_null = NameList(option);
    } else if (name == "force_null") {
      out.force_null = NameList(option);
    } else if (name == "compression" && copy.peer == ast::CopyPeer::kFile) {
      out.compression = TextValue(option);
    } else if (name == "array" && out.format == CopyOptions::Format::kJson) {
      out.json_array = FlagValue(option);
    } else if (name == "row_group_size" && out.format == CopyOptions::Format::kParquet) {
      const int64_t rows = static_cast<int64_t>(ParseInteger(TextValue(option), TypeKind::kInt64));
      if (rows <= 0) throw BadOption(option, "a positive number of rows is expected");
      out.row_group_rows = static_cast<size_t>(rows);
    } else {
      throw Error::User(sqlstate::kSyntaxError, "option \"{}\" not recognized", name).WithPosition(option.offset);
    }
  }
  CheckTogether(out, given, copy.is_from);
  return out;
}

namespace {

std::vector<std::string> ColumnsOf(const ast::Copy& copy) {
  std::vector<std::string> columns;
  for (const ast::Name column : copy.columns) {
    if (std::ranges::find(columns, column) != columns.end()) {
      throw Error::User(sqlstate::kDuplicateColumn, "column \"{}\" specified more than once", column)
          .WithPosition(copy.offset);
    }
    columns.emplace_back(column);
  }
  return columns;
}

TablePtr TargetOf(Session& session, const ast::Copy& copy) {
  const auto relation = session.ReadCatalog()->FindRelation(ToCatalogName(copy.table), session.name_scope());
  if (relation.has_value() && relation->view() != nullptr) {
    throw Error::User(sqlstate::kWrongObjectType, "cannot copy to view \"{}\"", relation->name)
        .WithPosition(copy.table.offset);
  }
  return session.ReadCatalog()->GetTable(ToCatalogName(copy.table), session.name_scope(), copy.table.offset);
}

// Columns that options name must be there, and among those that are copied.
void CheckForced(const Relation& relation, const std::vector<std::string>& columns, const CopyOptions& options) {
  if (relation.table() == nullptr) return;
  for (const auto& [names, shown] :
       {std::pair(&options.force_quote, "FORCE_QUOTE"), std::pair(&options.force_not_null, "FORCE_NOT_NULL"),
        std::pair(&options.force_null, "FORCE_NULL")}) {
    for (const std::string& name : *names) {
      if ((*relation.table())->FindColumn(name) == nullptr) {
        throw Error::User(sqlstate::kUndefinedColumn, "column \"{}\" of relation \"{}\" does not exist", name,
                          relation.name);
      }
      if (!columns.empty() && std::ranges::find(columns, name) == columns.end()) {
        throw Error::User("42P10", "{} column \"{}\" not referenced by COPY", shown, name);
      }
    }
  }
}

// The query whose rows COPY ... TO writes.
std::string QueryOf(Session& session, const ast::Copy& copy, const CopyOptions& options) {
  if (copy.query != nullptr) return ToSql(*copy.query);
  const Relation relation =
      session.ReadCatalog()->GetRelation(ToCatalogName(copy.table), session.name_scope(), copy.table.offset);
  if (relation.view() != nullptr) {
    throw Error::User(sqlstate::kWrongObjectType, "cannot copy from view \"{}\"", relation.name)
        .WithHint("Try the COPY (SELECT ...) TO variant.")
        .WithPosition(copy.table.offset);
  }
  CheckForced(relation, ColumnsOf(copy), options);
  std::string sql;
  for (const ast::Name column : copy.columns) {
    sql += sql.empty() ? "SELECT " : ", ";
    sql += QuoteName(column);
  }
  if (sql.empty()) sql = "SELECT *";
  return sql + " FROM " + ToSql(copy.table);
}

std::string ExecuteCopyFromFile(Session& session, const ast::Copy& copy) {
  session.RequireWritable();
  const std::string path = LocalPath(copy.path, copy.offset);
  const CopyOptions options = ParseCopyOptions(session, copy);
  const TablePtr table = TargetOf(session, copy);
  session.RequireServerFiles(/*write=*/false);
  const std::string where = copy.where == nullptr ? "" : ToSql(*copy.where);
  const std::string insert = InsertFromFile(*table, ToSql(copy.table), ColumnsOf(copy), options, path, where);
  if (insert.empty()) {
    const auto in = MakeCopyIn(session, table, ColumnsOf(copy), options, copy.where, nullptr);
    return fmt::format("COPY {}", CopyFromFile(session, *in, options, path));
  }
  const auto execution = ExecuteText(session, insert, {}, "INSERT");
  while (execution->Next().has_value()) {
  }
  // "INSERT 0 n"
  const std::string tag = execution->CommandTag(0);
  return "COPY " + tag.substr(tag.rfind(' ') + 1);
}

}  // namespace

std::unique_ptr<StatementExecution> ExecuteCopy(Session& session, const ast::StatementPtr&, const ast::Copy& copy) {
  if (copy.peer == ast::CopyPeer::kProgram) {
    throw Error::Unsupported("Use COPY ... FROM STDIN and TO STDOUT, or a file.",
                             "COPY with a program on the server is not available")
        .WithPosition(copy.offset);
  }
  const bool is_file = copy.peer == ast::CopyPeer::kFile;
  if (copy.is_from && is_file) return MakeCommandExecution(ExecuteCopyFromFile(session, copy));
  if (copy.is_from) {
    throw Error::User(sqlstate::kProtocolViolation, "COPY FROM STDIN needs a connection that sends the rows")
        .WithHint("Use psql, weir load or a client library.");
  }
  CopyOptions options = ParseCopyOptions(session, copy);
  if (is_file && options.format == CopyOptions::Format::kBinary) {
    throw Error::Unsupported("Use FORMAT parquet, csv or json, or COPY ... TO STDOUT.",
                             "COPY TO a file is not available in this format")
        .WithPosition(copy.offset);
  }
  if (!is_file) {
    if (options.format == CopyOptions::Format::kParquet) {
      throw Error::Unsupported("Use FORMAT csv or json, or COPY ... TO 'file'.",
                               "COPY TO STDOUT is not available in this format")
          .WithPosition(copy.offset);
    }
    auto rows = ExecuteText(session, QueryOf(session, copy, options), {});
    return std::make_unique<CopyOutExecution>(std::move(rows), std::move(options));
  }
  session.RequireServerFiles(/*write=*/true);
  const std::string path = LocalPath(copy.path, copy.offset);
  const auto rows = ExecuteText(session, QueryOf(session, copy, options), {});
  return MakeCommandExecution(fmt::format("COPY {}", CopyToFile(session, *rows, options, path)));
}

std::unique_ptr<CopyIn> Session::StartCopyIn(const ast::StatementPtr& statement, BinaryValueReader read_binary) {
  const auto& copy = statement->As<ast::Copy>();
  RequireWritable();
  return MakeCopyIn(*this, TargetOf(*this, copy), ColumnsOf(copy), ParseCopyOptions(*this, copy), copy.where,
                    read_binary);
}

}  // namespace weir
