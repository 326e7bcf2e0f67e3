#include "types/jsonb.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/json_text.h"
#include "types/json_number.h"
#include "types/text_scan.h"

namespace weir {

namespace {

using Node = JsonDocument::Node;
using Kind = JsonDocument::Kind;

struct JsonbField {
  std::string key;
  const Node* value = nullptr;
};

uint32_t HexQuad(std::string_view digits) {
  uint32_t code = 0;
  for (const char c : digits) code = code * 16 + static_cast<uint32_t>(HexDigit(c));
  return code;
}

// What text cannot hold: the character 0 and halves of pairs.
void CheckEscapes(std::string_view inner) {
  const auto bad_half = [](std::string_view detail) {
    return Error::User(sqlstate::kInvalidTextRepresentation, "invalid input syntax for type json")
        .WithDetail(std::string(detail));
  };
  bool high = false;
  for (size_t i = 0; i < inner.size();) {
    const bool escape = inner[i] == '\\';
    const bool unicode = escape && inner[i + 1] == 'u';
    const uint32_t code = unicode ? HexQuad(inner.substr(i + 2, 4)) : 0;
    if (unicode && code == 0) {
      throw Error::User(sqlstate::kUntranslatableCharacter, "unsupported Unicode escape sequence")
          .WithDetail("\\u0000 cannot be converted to text.");
    }
    const bool is_high = code >= 0xD800 && code < 0xDC00;
    const bool is_low = code >= 0xDC00 && code < 0xE000;
    if (is_high && high) throw bad_half("Unicode high surrogate must not follow a high surrogate.");
    if (is_low != high) throw bad_half("Unicode low surrogate must follow a high surrogate.");
    high = is_high;
    i += unicode ? 6 : escape ? 2 : 1;
  }
  if (high) throw bad_half("Unicode low surrogate must follow a high surrogate.");
}

std::string CheckedString(const Node& node) {
  if (node.has_escapes) CheckEscapes(node.inner());
  return JsonDocument::StringOf(node);
}

// The fields in jsonb's order; of equal keys the last one stays.
std::vector<JsonbField> FieldsOf(const JsonDocument& document, const Node& object) {
  std::vector<JsonbField> fields;
  fields.reserve(object.count);
  document.ForEachField(object,
                        [&](const Node& key, const Node& value) { fields.push_back({CheckedString(key), &value}); });
  // Equal keys stay in the order of the text, which their nodes are in.
  std::sort(fields.begin(), fields.end(), [](const JsonbField& a, const JsonbField& b) {
    if (a.key.size() != b.key.size()) return a.key.size() < b.key.size();
    const int order = a.key.compare(b.key);
    return order != 0 ? order < 0 : a.value < b.value;
  });
  size_t kept = 0;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i + 1 < fields.size() && fields[i + 1].key == fields[i].key) continue;
    if (kept != i) fields[kept] = std::move(fields[i]);
    ++kept;
  }
  fields.resize(kept);
  return fields;
}

void AppendCount(size_t count, std::string& out) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(count >> shift);
}

// Arrays without elements at the top come before scalars.
constexpr char kEmptyArrayAtTop = 1;
constexpr char kNull = 2;
constexpr char kString = 3;
constexpr char kNumber = 4;
constexpr char kFalse = 5;
constexpr char kTrue = 6;
constexpr char kArray = 7;
constexpr char kObject = 8;

void AppendKey(const JsonDocument& document, const Node& node, bool top, std::string& out) {
  switch (node.kind) {
    case Kind::kNull:
      out += kNull;
      return;
    case Kind::kBoolean:
      out += node.boolean() ? kTrue : kFalse;
      return;
    case Kind::kNumber:
      out += kNumber;
      JsonNumber::Parse(node.text).AppendSortKey(out);
      return;
    case Kind::kString:
      out += kString;
      out += JsonDocument::StringOf(node);
      out += '\0';
      return;
    case Kind::kArray:
      if (top && node.count == 0) {
        out += kEmptyArrayAtTop;
        return;
      }
      out += kArray;
      AppendCount(node.count, out);
      document.ForEachElement(node, [&](const Node& child) { AppendKey(document, child, false, out); });
      return;
    case Kind::kObject: {
      out += kObject;
      const std::vector<JsonbField> fields = FieldsOf(document, node);
      AppendCount(fields.size(), out);
      for (const JsonbField& field : fields) {
        out += field.key;
        out += '\0';
        AppendKey(document, *field.value, false, out);
      }
      return;
    }
  }
}

}  // namespace

void AppendJsonb(const JsonDocument& document, const Node& node, std::string& out) {
  switch (node.kind) {
    case Kind::kNull:
    case Kind::kBoolean:
      out += node.text;
      return;
    case Kind::kNumber: {
      const std::string_view text = node.text;
      const bool plain = text.find_first_of("eE") == std::string_view::npos && text[0] != '-' && text.size() < 1000;
      if (plain) {
        out += text;
      } else {
        JsonNumber::Parse(text).Append(out);
      }
      return;
    }
    case Kind::kString:
      if (node.has_escapes) {
        AppendJsonString(CheckedString(node), out);
      } else {
        out += node.text;
      }
      return;
    case Kind::kArray: {
      bool first = true;
      out += '[';
      document.ForEachElement(node, [&](const Node& child) {
        if (!first) out += ", ";
        first = false;
        AppendJsonb(document, child, out);
      });
      out += ']';
      return;
    }
    case Kind::kObject: {
      bool first = true;
      out += '{';
      for (const JsonbField& field : FieldsOf(document, node)) {
        if (!first) out += ", ";
        first = false;
        AppendJsonString(field.key, out);
        out += ": ";
        AppendJsonb(document, *field.value, out);
      }
      out += '}';
      return;
    }
  }
}

void AppendCanonicalJsonb(const JsonDocument& document, const Node& node, std::string& out) {
  bool first = true;
  const auto next = [&] {
    if (!first) out += ", ";
    first = false;
  };
  switch (node.kind) {
    case Kind::kNumber: {
      std::string_view text = node.text;
      if (text.find('.') != std::string_view::npos) {
        text = text.substr(0, text.find_last_not_of('0') + 1);
        if (text.ends_with('.')) text.remove_suffix(1);
      }
      out += text;
      return;
    }
    case Kind::kArray:
      out += '[';
      document.ForEachElement(node, [&](const Node& child) {
        next();
        AppendCanonicalJsonb(document, child, out);
      });
      out += ']';
      return;
    case Kind::kObject:
      out += '{';
      document.ForEachField(node, [&](const Node& key, const Node& value) {
        next();
        out += key.text;
        out += ": ";
        AppendCanonicalJsonb(document, value, out);
      });
      out += '}';
      return;
    default:
      out += node.text;
  }
}

std::string NormalizeJsonb(std::string_view text) {
  const JsonDocument document(text);
  std::string out;
  out.reserve(text.size());
  AppendJsonb(document, document.root(), out);
  return out;
}

void AppendJsonbSortKey(const JsonDocument& document, std::string& out) {
  AppendKey(document, document.root(), true, out);
}

}  // namespace weir
