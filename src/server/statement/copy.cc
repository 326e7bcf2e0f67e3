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
  if (text.size() != 1 || text[0] == '\n' || text[0] == '\r')
    throw BadOption(option, "a single one-byte character is expected");
  return text[0];
}

bool FlagValue(const ast::Option& option) {
  if (option.value == nullptr) return true;
  const std::string text = TextValue(option);
  if (text == "true" || text == "on" || text == "1") return true;
  if (text == "false" || text == "off" || text == "0") return false;
  throw BadOption(option, "true or false is expected");
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

CopyOptions ParseCopyOptions(Session&, const ast::Copy& copy) {
  CopyOptions out;
  const auto set_format = [&](CopyOptions::Format format) {
    out.format = format;
    if (format != CopyOptions::Format::kCsv) return;
    out.delimiter = ',';
    out.null_text.clear();
  };
  // The file's name says the format, unless the options do.
  if (copy.peer == ast::CopyPeer::kFile) set_format(CopyFormatOf(copy.path));
  for (const ast::Option& option : copy.options) {
    if (option.name != "format") continue;
    const std::string format = TextValue(option);
    out = {};
    if (format == "text") {
      set_format(CopyOptions::Format::kText);
    } else if (format == "csv") {
      set_format(CopyOptions::Format::kCsv);
    } else if (format == "binary") {
      set_format(CopyOptions::Format::kBinary);
    } else if (format == "json" || format == "ndjson") {
      set_format(CopyOptions::Format::kJson);
    } else if (format == "parquet") {
      set_format(CopyOptions::Format::kParquet);
    } else {
      throw Error::Unsupported("Formats are text, csv, binary, json and parquet.", "COPY format is not available: {}",
                               format)
          .WithPosition(option.offset);
    }
  }
  bool escape_given = false;
  for (const ast::Option& option : copy.options) {
    const std::string_view name = option.name;
    if (name == "format" || name == "freeze") continue;
    if (out.format == CopyOptions::Format::kBinary && name != "encoding") {
      throw Error::User(sqlstate::kSyntaxError, "cannot specify {} in BINARY mode", name).WithPosition(option.offset);
    }
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
      if (!escape_given) out.escape = out.quote;
    } else if (name == "escape") {
      out.escape = CharValue(option);
      escape_given = true;
    } else if (name == "encoding") {
      const std::string encoding = TextValue(option);
      if (encoding != "utf8" && encoding != "UTF8" && encoding != "UTF-8" && encoding != "utf-8") {
        throw Error::Unsupported("Convert the input to UTF-8.", "COPY encoding is not available: {}", encoding)
            .WithPosition(option.offset);
      }
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
  if (out.delimiter == out.quote && out.format == CopyOptions::Format::kCsv) {
    throw Error::User(sqlstate::kInvalidParameterValue, "COPY delimiter and quote must be different");
  }
  return out;
}

namespace {

std::vector<std::string> ColumnsOf(const ast::Copy& copy) {
  std::vector<std::string> columns;
  for (const ast::Name column : copy.columns) columns.emplace_back(column);
  return columns;
}

TablePtr TargetOf(Session& session, const ast::Copy& copy) {
  return session.ReadCatalog()->GetTable(ToCatalogName(copy.table), session.name_scope(), copy.table.offset);
}

// The query whose rows COPY ... TO writes.
std::string QueryOf(const ast::Copy& copy) {
  if (copy.query != nullptr) return ToSql(*copy.query);
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
  if (options.header_match) {
    throw Error::User(sqlstate::kInvalidParameterValue, "COPY TO cannot have HEADER match").WithPosition(copy.offset);
  }
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
    return std::make_unique<CopyOutExecution>(ExecuteText(session, QueryOf(copy), {}), std::move(options));
  }
  const std::string path = LocalPath(copy.path, copy.offset);
  const auto rows = ExecuteText(session, QueryOf(copy), {});
  return MakeCommandExecution(fmt::format("COPY {}", CopyToFile(session, *rows, options, path)));
}

std::unique_ptr<CopyIn> Session::StartCopyIn(const ast::StatementPtr& statement, BinaryValueReader read_binary) {
  const auto& copy = statement->As<ast::Copy>();
  RequireWritable();
  return MakeCopyIn(*this, TargetOf(*this, copy), ColumnsOf(copy), ParseCopyOptions(*this, copy), copy.where,
                    read_binary);
}

}  // namespace weir
