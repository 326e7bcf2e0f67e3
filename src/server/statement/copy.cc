#include "server/copy_in.h"
#include "server/statement/statement.h"
#include "sql/parser/to_sql.h"

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
  for (const ast::Option& option : copy.options) {
    if (option.name != "format") continue;
    const std::string format = TextValue(option);
    if (format == "csv") {
      out.format = CopyOptions::Format::kCsv;
      out.delimiter = ',';
      out.null_text.clear();
    } else if (format == "binary") {
      throw Error::Unsupported("Use FORMAT csv or text.", "COPY format is not available: binary")
          .WithPosition(option.offset);
    } else if (format != "text") {
      throw Error::Unsupported(
          "Use FORMAT csv or text; files of other formats go through INSERT ... SELECT FROM read_parquet(...).",
          "COPY format is not available: {}", format)
          .WithPosition(option.offset);
    }
  }
  bool escape_given = false;
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
    } else {
      throw Error::User(sqlstate::kSyntaxError, "option \"{}\" not recognized", name).WithPosition(option.offset);
    }
  }
  if (out.delimiter == out.quote && out.format == CopyOptions::Format::kCsv) {
    throw Error::User(sqlstate::kInvalidParameterValue, "COPY delimiter and quote must be different");
  }
  return out;
}

std::unique_ptr<StatementExecution> ExecuteCopy(Session& session, const ast::StatementPtr&, const ast::Copy& copy) {
  if (copy.peer != ast::CopyPeer::kStdio) {
    throw Error::Unsupported(
        "Use COPY ... FROM STDIN and TO STDOUT (psql's \\copy), weir load, or INSERT ... SELECT FROM read_csv(...).",
        "COPY with a file or program on the server is not available")
        .WithPosition(copy.offset);
  }
  if (copy.is_from) {
    throw Error::User(sqlstate::kProtocolViolation, "COPY FROM STDIN needs a connection that sends the rows")
        .WithHint("Use psql, weir load or a client library.");
  }
  CopyOptions options = ParseCopyOptions(session, copy);
  std::string sql;
  if (copy.query != nullptr) {
    sql = ToSql(*copy.query);
  } else {
    for (const ast::Name column : copy.columns) {
      sql += sql.empty() ? "SELECT " : ", ";
      sql += QuoteName(column);
    }
    if (sql.empty()) sql = "SELECT *";
    sql += " FROM ";
    for (size_t i = 0; i < copy.table.parts.size(); ++i) {
      if (i != 0) sql += '.';
      sql += QuoteName(copy.table.parts[i]);
    }
  }
  return std::make_unique<CopyOutExecution>(ExecuteText(session, sql, {}), std::move(options));
}

std::unique_ptr<CopyIn> Session::StartCopyIn(const ast::StatementPtr& statement) {
  const auto& copy = statement->As<ast::Copy>();
  RequireWritable();
  weir::QualifiedName name;
  const auto& parts = copy.table.parts;
  name.name = std::string(parts.back());
  if (parts.size() > 1) name.schema = std::string(parts[parts.size() - 2]);
  if (copy.where != nullptr) {
    throw Error::Unsupported("Load into a staging table and INSERT ... SELECT.", "COPY ... WHERE is not available")
        .WithPosition(copy.where->offset);
  }
  std::vector<std::string> columns;
  for (const ast::Name column : copy.columns) columns.emplace_back(column);
  const TablePtr table = ReadCatalog()->GetTable(name, name_scope(), copy.table.offset);
  return MakeCopyIn(*this, table, columns, ParseCopyOptions(*this, copy));
}

}  // namespace weir
