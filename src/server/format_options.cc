#include "server/format_options.h"

#include "base/error.h"
#include "sql/binder/bind_type.h"
#include "sql/parser/parser.h"
#include "types/text.h"

namespace weir {

namespace {

// Offset of the first `c` outside quotes and brackets, or npos.
size_t FindOutside(std::string_view text, char c) {
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (quoted) continue;
    if (text[i] == c && depth == 0) return i;
    if (text[i] == '(' || text[i] == '<' || text[i] == '[') ++depth;
    if (text[i] == ')' || text[i] == '>' || text[i] == ']') --depth;
  }
  return std::string_view::npos;
}

std::string_view Trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

Type TypeNamed(std::string_view text) {
  const ast::TypeNamePtr name = ParseTypeName(text);
  return ResolveTypeName(*name, {});
}

Schema ParseColumnList(std::string_view list) {
  Schema schema;
  while (!Trimmed(list).empty()) {
    const size_t comma = FindOutside(list, ',');
    std::string_view column = Trimmed(list.substr(0, comma));
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    const size_t space = FindOutside(column, ' ');
    if (space == std::string_view::npos) {
      throw Error::User(sqlstate::kInvalidParameterValue, "column without a type: {}", column)
          .WithHint("Example: columns => 'a bigint, b text'");
    }
    std::string name(column.substr(0, space));
    if (name.size() > 1 && name.front() == '"' && name.back() == '"') {
      std::string plain;
      for (size_t i = 1; i + 1 < name.size(); ++i) {
        plain += name[i];
        if (name[i] == '"') ++i;
      }
      name = plain;
    }
    schema.push_back({std::move(name), TypeNamed(column.substr(space + 1))});
  }
  return schema;
}

}  // namespace

std::string FormatOption::Text() const {
  if (value_.is_null() || !value_.type().is_string()) {
    throw Error::User(sqlstate::kInvalidParameterValue, "option of {} must be a text: {}", function_, name_);
  }
  return value_.bytes();
}

char FormatOption::Char(bool may_be_empty) const {
  std::string text = Text();
  if (text == "\\t") text = "\t";
  if (text.empty() && may_be_empty) return 0;
  if (text.size() != 1 || text == "\n" || text == "\r") {
    throw Error::User(sqlstate::kInvalidParameterValue, "option of {} must be one single-byte character: {}", function_,
                      name_);
  }
  return text[0];
}

bool FormatOption::Boolean() const {
  if (!value_.is_null() && value_.type().is(TypeKind::kBoolean)) return value_.boolean();
  return ParseBoolean(Text());
}

int64_t FormatOption::Integer() const {
  if (value_.is_null() || !value_.type().is_integer() || value_.type().is(TypeKind::kInt128)) {
    throw Error::User(sqlstate::kInvalidParameterValue, "option of {} must be an integer: {}", function_, name_);
  }
  return value_.integer();
}

size_t FormatOption::SampleSize() const {
  const int64_t size = Integer();
  if (size == 0 || size < -1) {
    throw Error::User(sqlstate::kInvalidParameterValue, "sample_size must be positive, or -1 for all rows: {}", size);
  }
  return size == -1 ? 0 : static_cast<size_t>(size);
}

TextCompression FormatOption::Compression() const {
  const std::string name = Text();
  if (name == "auto") return TextCompression::kByName;
  if (name == "none") return TextCompression::kNone;
  if (name == "gzip") return TextCompression::kGzip;
  if (name == "zstd") return TextCompression::kZstd;
  throw Error::User(sqlstate::kInvalidParameterValue, "compression of {} is auto, none, gzip or zstd: {}", function_,
                    name);
}

Schema FormatOption::Columns() const {
  Schema schema;
  if (!value_.is_null() && value_.type().is(TypeKind::kStruct)) {
    for (size_t i = 0; i < value_.parts().size(); ++i) {
      const Value& type = value_.parts()[i];
      if (type.is_null()) continue;
      schema.push_back({value_.type().fields()[i].name, TypeNamed(type.bytes())});
    }
  } else if (!value_.is_null() && value_.type().is(TypeKind::kMap)) {
    const auto& parts = value_.parts();
    for (size_t i = 0; i + 1 < parts.size(); i += 2)
      schema.push_back({parts[i].bytes(), TypeNamed(parts[i + 1].bytes())});
  } else {
    schema = ParseColumnList(Text());
  }
  if (schema.empty()) {
    throw Error::User(sqlstate::kInvalidParameterValue, "option of {} names no column: {}", function_, name_)
        .WithHint("Example: columns => 'a bigint, b text'");
  }
  return schema;
}

}  // namespace weir
