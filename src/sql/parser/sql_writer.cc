#include "sql/parser/sql_writer.h"

#include <algorithm>
#include <array>

#include "sql/parser/keywords.h"
#include "sql/parser/to_sql.h"

namespace weir {
namespace {

bool IsPlainName(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

// Words that begin a clause where a name could stand, though they are reserved nowhere.
constexpr auto kClauseWords = std::to_array<std::string_view>(
    {"anti",  "asof",       "columns", "div",       "emit",     "end",     "files",     "glob",      "if",
     "index", "key",        "label",   "lambda",    "map",      "minus",   "mod",       "partition", "partitions",
     "pivot", "positional", "qualify", "regexp",    "rlike",    "rollup",  "safe_cast", "semi",      "separator",
     "set",   "start",      "struct",  "temporary", "try_cast", "unpivot", "value",     "watermark", "xor"});

}  // namespace

std::string QuoteName(std::string_view name) {
  const KeywordInfo* keyword = FindKeyword(name);
  const bool is_plain = IsPlainName(name) &&
                        (keyword == nullptr || keyword->keyword_class == KeywordClass::kUnreserved) &&
                        std::find(kClauseWords.begin(), kClauseWords.end(), name) == kClauseWords.end();
  if (is_plain) return std::string(name);
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
  return out;
}

std::string QuoteString(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  out += '\'';
  return out;
}

std::string ToSql(const ast::Expr& expr) {
  SqlWriter writer;
  writer.Expr(expr);
  return writer.Take();
}
std::string ToSql(const ast::TypeName& type) {
  SqlWriter writer;
  writer.Type(type);
  return writer.Take();
}
std::string ToSql(const ast::Query& query) {
  SqlWriter writer;
  writer.Query(query);
  return writer.Take();
}
std::string ToSql(const ast::Statement& statement) {
  SqlWriter writer;
  writer.Statement(statement);
  return writer.Take();
}
std::string ToSql(const ast::QualifiedName& name) {
  SqlWriter writer;
  writer.Qualified(name);
  return writer.Take();
}

void SqlWriter::Name(std::string_view name) {
  Put(QuoteName(name));
}

void SqlWriter::Names(ast::List<ast::Name> names) {
  CommaList(names, [&](std::string_view name) { Name(name); });
}

void SqlWriter::ParenthesizedNames(ast::List<ast::Name> names) {
  Put("(");
  Names(names);
  Put(")");
}

void SqlWriter::Qualified(const ast::QualifiedName& name) {
  bool first = true;
  for (const std::string_view part : name.parts) {
    if (!first) Put(".");
    first = false;
    Name(part);
  }
}

void SqlWriter::QualifiedList(ast::List<ast::QualifiedName> names) {
  CommaList(names, [&](const ast::QualifiedName& name) { Qualified(name); });
}

void SqlWriter::String(std::string_view text) {
  Put(QuoteString(text));
}

void SqlWriter::Type(const ast::TypeName& type) {
  if (type.set_of) Put("SETOF ");
  const auto modifiers = [&] {
    if (type.modifiers.empty()) return;
    Put("(");
    ExprList(type.modifiers);
    Put(")");
  };
  const bool is_word =
      type.name.size() == 1 && !type.quoted && std::all_of(type.name[0].begin(), type.name[0].end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == ' ';
      });
  if (!is_word) {
    bool first = true;
    for (const std::string_view part : type.name) {
      if (!first) Put(".");
      first = false;
      if (type.quoted && type.name.size() == 1) {
        std::string quoted = "\"";
        for (const char c : part) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
        Put(quoted, "\"");
      } else {
        Name(part);
      }
    }
    modifiers();
  } else {
    const std::string_view name = type.name[0];
    const size_t space = name.find(' ');
    if (space != std::string_view::npos && (name.starts_with("time") || name.ends_with("unsigned"))) {
      Put(name.substr(0, space));  // timestamp(3) with time zone
      modifiers();
      Put(name.substr(space));
    } else {
      Put(name);
      if (!type.interval_fields.empty()) Put(" ", type.interval_fields);
      if (!type.arguments.empty()) {
        Put("<");
        CommaList(type.arguments, [&](const ast::TypeArgument& argument) {
          if (!argument.name.empty()) {
            Name(argument.name);
            Put(" ");
          }
          Type(*argument.type);
        });
        Put(">");
      }
      modifiers();
    }
  }
  for (const int64_t dimension : type.dimensions) {
    Put("[", dimension < 0 ? std::string() : std::to_string(dimension), "]");
  }
}

void SqlWriter::OptionValue(const ast::Expr& value) {
  if (const auto* row = value.TryAs<ast::RowExpr>()) {
    Put("(");
    CommaList(row->fields, [&](const ast::Expr* field) { OptionValue(*field); });
    Put(")");
  } else {
    Expr(value);
  }
}

void SqlWriter::Options(ast::List<ast::Option> options, bool equals) {
  Put("(");
  CommaList(options, [&](const ast::Option& option) {
    IsPlainName(option.name) ? Put(option.name) : String(option.name);
    if (option.value == nullptr) return;
    Put(equals ? " = " : " ");
    OptionValue(*option.value);
  });
  Put(")");
}

void SqlWriter::OptionsAfter(std::string_view head, ast::List<ast::Option> options) {
  if (options.empty()) return;
  Put(" ", head, " ");
  Options(options);
}

void SqlWriter::Comment(const std::optional<ast::Name>& comment) {
  if (!comment) return;
  Put(" COMMENT ");
  String(*comment);
}

}  // namespace weir
