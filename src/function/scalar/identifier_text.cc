// SQL's own notations as texts: identifiers, Unicode escapes.

#include <cctype>

#include "base/utf8.h"
#include "function/scalar/kernel.h"
#include "function/scalar/register.h"
#include "types/text_scan.h"

namespace weir {

namespace {

Error NoIdentifier(std::string_view text, std::string detail) {
  Error error = Error::User(sqlstate::kInvalidParameterValue, "string is not a valid identifier: \"{}\"", text);
  return detail.empty() ? std::move(error) : Error(std::move(error).WithDetail(std::move(detail)));
}

bool IsIdentifierStart(char c) {
  return c == '_' || IsAsciiLetter(c) || static_cast<unsigned char>(c) >= 0x80;
}

// The parts of a qualified name, folded to lower case unless they are quoted.
std::vector<std::string> ParseIdentifier(std::string_view text, bool strict) {
  std::vector<std::string> parts;
  size_t at = 0;
  const auto skip = [&] {
    while (at < text.size() && IsSpace(text[at])) ++at;
  };
  skip();
  for (bool after_dot = false;; after_dot = true) {
    std::string part;
    if (at < text.size() && text[at] == '"') {
      for (++at;; ++at) {
        if (at >= text.size()) throw NoIdentifier(text, "String has unclosed double quotes.");
        if (text[at] == '"') {
          if (at + 1 >= text.size() || text[at + 1] != '"') break;
          ++at;
        }
        part += text[at];
      }
      ++at;
      if (part.empty()) throw NoIdentifier(text, "Quoted identifier must not be empty.");
    } else if (at < text.size() && IsIdentifierStart(text[at])) {
      while (at < text.size() && (IsIdentifierStart(text[at]) || IsDigit(text[at]) || text[at] == '$')) {
        part += ToLowerAscii(text[at++]);
      }
    } else if (at < text.size() && text[at] == '.') {
      throw NoIdentifier(text, "No valid identifier before \".\".");
    } else {
      throw NoIdentifier(text, after_dot ? "No valid identifier after \".\"." : "");
    }
    parts.push_back(std::move(part));
    skip();
    if (at < text.size() && text[at] == '.') {
      ++at;
      skip();
      continue;
    }
    if (at < text.size() && strict) throw NoIdentifier(text, "");
    return parts;
  }
}

ColumnPtr ParseIdent(const KernelArgs& args) {
  const ColumnView texts(*args.columns[0]);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const bool strict = args.columns.size() < 2 || ColumnView(*args.columns[1]).At<uint8_t>(row) != 0;
    const std::vector<std::string> parts = ParseIdentifier(texts.At<StringRef>(row), strict);
    for (const std::string& part : parts) out.child(0).AppendString(part);
    out.CloseRow();
  });
}

// \XXXX, \+XXXXXX, \uXXXX, \UXXXXXXXX and \\.
std::string DecodeUnicodeEscapes(std::string_view text) {
  std::string out;
  uint32_t high = 0;
  const auto bad_pair = [] { return Error::User(sqlstate::kSyntaxError, "invalid Unicode surrogate pair"); };
  for (size_t i = 0; i < text.size();) {
    if (text[i] != '\\' || text.substr(i).starts_with("\\\\")) {
      if (high != 0) throw bad_pair();
      out += text[i];
      i += text[i] == '\\' ? 2 : 1;
      continue;
    }
    size_t begin = i + 1, digits = 4;
    if (text.substr(begin).starts_with('+')) {
      ++begin;
      digits = 6;
    } else if (text.substr(begin).starts_with('u')) {
      ++begin;
    } else if (text.substr(begin).starts_with('U')) {
      ++begin;
      digits = 8;
    }
    uint32_t code = 0;
    for (size_t k = begin; k < begin + digits; ++k) {
      const int digit = k < text.size() ? HexDigit(text[k]) : -1;
      if (digit < 0) {
        throw Error::User(sqlstate::kSyntaxError, "invalid Unicode escape")
            .WithHint("Unicode escapes must be \\XXXX, \\+XXXXXX, \\uXXXX, or \\UXXXXXXXX.");
      }
      code = code << 4 | static_cast<uint32_t>(digit);
    }
    i = begin + digits;
    if (code == 0 || code > 0x10FFFF) {
      throw Error::User(sqlstate::kInvalidParameterValue, "invalid Unicode code point: {:04X}", code);
    }
    if (high != 0) {
      if (code < 0xDC00 || code >= 0xE000) throw bad_pair();
      code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00);
      high = 0;
    } else if (code >= 0xD800 && code < 0xDC00) {
      high = code;
      continue;
    } else if (code >= 0xDC00 && code < 0xE000) {
      throw bad_pair();
    }
    AppendCharacter(code, out);
  }
  if (high != 0) throw bad_pair();
  return out;
}

}  // namespace

void RegisterIdentifierTextFunctions(Registry& registry) {
  Family family(registry, "string");
  family.Add("parse_ident", "The parts of a qualified name; false allows what is behind it.",
             "parse_ident('\"SomeSchema\".someTable')", "{SomeSchema,sometable}",
             {Optional(1, Partial({kText, TypeKind::kBoolean}, Type::List(kText), ParseIdent))});
  family.Add("unistr", "The text with Unicode escapes taken for their characters.", "unistr('d\\0061t\\+000061')",
             "data",
             {Partial({kText}, kText, RowKernelWith<StringRef, StringRef>([](RowOut<StringRef>& out, StringRef text) {
                        Guard(out, [&] { out.SetString(DecodeUnicodeEscapes(text)); });
                      }))});
}

}  // namespace weir
