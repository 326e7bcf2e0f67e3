#include "types/text_nested.h"

#include <optional>

#include "base/error.h"
#include "types/text_scan.h"

namespace weir {

namespace {

constexpr int kNestingDepthMax = 64;

bool HasSpecial(std::string_view text, std::string_view special) {
  for (const char c : text) {
    if (IsSpace(c) || special.find(c) != std::string_view::npos) return true;
  }
  return false;
}

// In lists and maps backslash escapes; in records characters are doubled.
void AppendPart(const Value& part, std::string_view special, bool record, std::string& out,
                const TextOptions& options) {
  const std::string text = FormatValue(part, options);
  if (!text.empty() && !HasSpecial(text, special) && (record || !EqualsIgnoreCase(text, "null"))) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += record ? c : '\\';
    out += c;
  }
  out += '"';
}

constexpr std::string_view kListSpecial = "{},\"\\";
constexpr std::string_view kMapSpecial = "{},\"\\=";
constexpr std::string_view kRecordSpecial = "(),\"\\";

// Reads the literal forms; `at` moves over the text.
class NestedReader {
 public:
  NestedReader(std::string_view text, const TextOptions& options) : text_(text), options_(options) {}

  Value ReadWhole(const Type& type) {
    SkipSpace();
    Value value = ReadContainer(type, 0);
    SkipSpace();
    if (at_ != text_.size()) Malformed(type, "Junk after closing right brace.");
    return value;
  }

 private:
  [[noreturn]] void Malformed(const Type& type, std::string_view detail) const {
    const std::string_view what = type.is(TypeKind::kList) ? "array" : type.is(TypeKind::kMap) ? "map" : "record";
    throw Error::User(sqlstate::kInvalidTextRepresentation, "malformed {} literal: \"{}\"", what, text_)
        .WithDetail(std::string(detail));
  }
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void SkipSpace() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
  }

  Value ReadContainer(const Type& type, int depth) {
    if (depth > kNestingDepthMax) Malformed(type, "Nested too deeply.");
    if (type.is(TypeKind::kStruct)) return ReadStruct(type);
    if (Peek() != '{') Malformed(type, "Value must start with \"{\".");
    ++at_;
    std::vector<Value> parts;
    SkipSpace();
    if (Peek() == '}') {
      ++at_;
      return Value::Nested(type, std::move(parts));
    }
    const bool map = type.is(TypeKind::kMap);
    while (true) {
      if (map) {
        parts.push_back(ReadPart(type, type.key(), "=", depth));
        if (parts.back().is_null()) Malformed(type, "A key must not be NULL.");
        if (Peek() != '=') Malformed(type, "Expected \"=\" after a key.");
        ++at_;
        parts.push_back(ReadPart(type, type.value(), ",}", depth));
      } else {
        parts.push_back(ReadPart(type, type.element(), ",}", depth));
      }
      if (Peek() == ',') {
        ++at_;
        continue;
      }
      if (Peek() != '}') Malformed(type, "Unexpected end of input.");
      ++at_;
      return Value::Nested(type, std::move(parts));
    }
  }

  // One element up to, not including, one of `ends`.
  Value ReadPart(const Type& container, const Type& type, std::string_view ends, int depth) {
    SkipSpace();
    if (Peek() == '{' && (type.is(TypeKind::kList) || type.is(TypeKind::kMap))) {
      Value value = ReadContainer(type, depth + 1);
      SkipSpace();
      return value;
    }
    bool quoted = false;
    std::string part;
    size_t trimmed = 0;  // unquoted trailing space does not count
    while (true) {
      if (at_ >= text_.size()) Malformed(container, "Unexpected end of input.");
      const char c = text_[at_];
      if (c == '"') {
        quoted = true;
        for (++at_; Peek() != '"'; ++at_) {
          if (Peek() == '\\') ++at_;
          if (at_ >= text_.size()) Malformed(container, "Unexpected end of input.");
          part += text_[at_];
        }
        ++at_;
        trimmed = part.size();
        continue;
      }
      if (ends.find(c) != std::string_view::npos || c == ',' || c == '}') break;
      if (c == '{') Malformed(container, "Unexpected \"{\" character.");
      if (c == '\\' && at_ + 1 < text_.size()) {
        part += text_[at_ + 1];
        at_ += 2;
        trimmed = part.size();
        quoted = true;
        continue;
      }
      part += c;
      ++at_;
      if (!IsSpace(c)) trimmed = part.size();
    }
    part.resize(trimmed);
    if (!quoted) {
      if (part.empty()) Malformed(container, "Unexpected delimiter.");
      if (EqualsIgnoreCase(part, "null")) return Value::Null(type);
    }
    return ParseValue(type, part, options_);
  }

  Value ReadStruct(const Type& type) {
    if (Peek() != '(') Malformed(type, "Missing left parenthesis.");
    ++at_;
    std::vector<Value> parts;
    const auto fields = type.fields();
    for (size_t i = 0; i < fields.size(); ++i) {
      std::string part;
      bool any = false;
      while (Peek() != ',' && Peek() != ')') {
        if (at_ >= text_.size()) Malformed(type, "Unexpected end of input.");
        any = true;
        if (Peek() == '"') {
          ++at_;
          while (true) {
            if (at_ >= text_.size()) Malformed(type, "Unexpected end of input.");
            const char c = text_[at_++];
            if (c == '"') {
              if (Peek() != '"') break;
              ++at_;
            } else if (c == '\\') {
              if (at_ >= text_.size()) Malformed(type, "Unexpected end of input.");
              part += text_[at_++];
              continue;
            }
            part += c;
          }
        } else if (Peek() == '\\') {
          if (++at_ >= text_.size()) Malformed(type, "Unexpected end of input.");
          part += text_[at_++];
        } else {
          part += text_[at_++];
        }
      }
      parts.push_back(any ? ParseValue(fields[i].type, part, options_) : Value::Null(fields[i].type));
      if (i + 1 < fields.size()) {
        if (Peek() != ',') Malformed(type, "Too few columns.");
        ++at_;
      }
    }
    if (Peek() != ')') Malformed(type, "Too many columns.");
    ++at_;
    return Value::Nested(type, std::move(parts));
  }

  std::string_view text_;
  const TextOptions& options_;
  size_t at_ = 0;
};

}  // namespace

void AppendNested(const Value& value, std::string& out, const TextOptions& options) {
  const std::vector<Value>& parts = value.parts();
  const Type& type = value.type();
  if (type.is(TypeKind::kStruct)) {
    out += '(';
    for (size_t i = 0; i < parts.size(); ++i) {
      if (i > 0) out += ',';
      if (!parts[i].is_null()) AppendPart(parts[i], kRecordSpecial, /*record=*/true, out, options);
    }
    out += ')';
    return;
  }
  out += '{';
  const bool map = type.is(TypeKind::kMap);
  for (size_t i = 0; i < parts.size(); ++i) {
    if (map && i % 2 == 1) {
      out += '=';
    } else if (i > 0) {
      out += map ? ", " : ",";
    }
    const Value& part = parts[i];
    if (part.is_null()) {
      out += "NULL";
    } else if (part.type().is(TypeKind::kList) || part.type().is(TypeKind::kMap)) {
      AppendNested(part, out, options);
    } else {
      AppendPart(part, map ? kMapSpecial : kListSpecial, /*record=*/false, out, options);
    }
  }
  out += '}';
}

Value ParseNested(const Type& type, std::string_view text, const TextOptions& options) {
  return NestedReader(text, options).ReadWhole(type);
}

}  // namespace weir
