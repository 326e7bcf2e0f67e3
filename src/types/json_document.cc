#include "types/json_document.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>

#include <fast_float/fast_float.h>

#include "base/error.h"
#include "base/json_text.h"
#include "base/utf8.h"
#include "types/json_paths.h"
#include "types/text_scan.h"

namespace weir {

namespace {
constexpr int kDepthMax = 1000;
}  // namespace

// Each step takes where it begins and returns where it ends: as a local the place stays in a register.
class JsonScanner {
 public:
  using Kind = JsonDocument::Kind;
  JsonScanner(std::string_view text, std::vector<JsonDocument::Node>& nodes)
      : begin_(text.data()), end_(text.data() + text.size()), nodes_(nodes) {}

  void Scan() {
    const char* at = SkipSpace(Value(SkipSpace(begin_), 0));
    if (at != end_) Bad(at);
  }

 private:
  [[noreturn]] void Bad(const char* at) const {
    throw Error::User(sqlstate::kInvalidTextRepresentation, "invalid input syntax for type json")
        .WithDetail(at >= end_
                        ? std::string("The input string ended unexpectedly.")
                        : fmt::format("Unexpected text at byte {}: \"{}\".", at - begin_,
                                      std::string_view(at, static_cast<size_t>(std::min<ptrdiff_t>(end_ - at, 20)))));
  }
  char Peek(const char* at) const { return at < end_ ? *at : '\0'; }
  const char* SkipSpace(const char* at) const {
    while (at < end_ && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')) ++at;
    return at;
  }
  const char* Word(const char* at, std::string_view word) const {
    if (!std::string_view(at, static_cast<size_t>(end_ - at)).starts_with(word)) Bad(at);
    return at + word.size();
  }
  const char* Digits(const char* at) const {
    if (!IsDigit(Peek(at))) Bad(at);
    while (IsDigit(Peek(at))) ++at;
    return at;
  }
  const char* Number(const char* at) const {
    if (Peek(at) == '-') ++at;
    if (Peek(at) == '0') {
      ++at;
      if (IsDigit(Peek(at))) Bad(at);
    } else {
      at = Digits(at);
    }
    if (Peek(at) == '.') at = Digits(at + 1);
    if (Peek(at) == 'e' || Peek(at) == 'E') {
      ++at;
      if (Peek(at) == '+' || Peek(at) == '-') ++at;
      at = Digits(at);
    }
    return at;
  }

  // The first quote, backslash or control character from there on, or the end. Eight bytes at a time: a byte below a
  // bound borrows from its highest bit, and borrows only spoil bytes behind the first one that is found.
  const char* EndOfPlain(const char* at) const {
    constexpr uint64_t kOnes = 0x0101'0101'0101'0101;
    constexpr uint64_t kHighs = 0x80 * kOnes;
    const auto below = [](uint64_t bytes, uint64_t bound) { return (bytes - bound * kOnes) & ~bytes & kHighs; };
    for (; end_ - at >= 8; at += 8) {
      uint64_t bytes;
      std::memcpy(&bytes, at, sizeof(bytes));
      const uint64_t found = below(bytes ^ '"' * kOnes, 1) | below(bytes ^ '\\' * kOnes, 1) | below(bytes, 0x20);
      if (found != 0) return at + std::countr_zero(found) / 8;
    }
    while (at < end_ && *at != '"' && *at != '\\' && static_cast<uint8_t>(*at) >= 0x20) ++at;
    return at;
  }
  // `at` is behind the opening quote.
  const char* String(const char* at, bool& has_escapes) const {
    for (at = EndOfPlain(at); Peek(at) == '\\'; at = EndOfPlain(at)) {
      has_escapes = true;
      ++at;
      if (Peek(at) == 'u') {
        for (int i = 0; i < 4; ++i) {
          ++at;
          if (at >= end_ || HexDigit(*at) < 0) Bad(at - 1);
        }
      } else if (Peek(at) == '\0' || std::string_view("\"\\/bfnrt").find(*at) == std::string_view::npos) {
        Bad(at);
      }
      ++at;
    }
    if (Peek(at) != '"') Bad(at);
    return at + 1;
  }

  const char* Value(const char* at, int depth) {
    if (depth > kDepthMax) {
      throw Error::User(sqlstate::kStatementTooComplex, "json nested deeper than {} levels", kDepthMax);
    }
    const auto index = static_cast<uint32_t>(nodes_.size());
    nodes_.emplace_back();
    const char* const begin = at;
    Kind kind = Kind::kNull;
    switch (Peek(at)) {
      case '{':
        kind = Kind::kObject;
        at = Container(at, index, '}', depth);
        break;
      case '[':
        kind = Kind::kArray;
        at = Container(at, index, ']', depth);
        break;
      case '"':
        kind = Kind::kString;
        at = String(at + 1, nodes_[index].has_escapes);
        break;
      case 't':
        kind = Kind::kBoolean;
        at = Word(at, "true");
        break;
      case 'f':
        kind = Kind::kBoolean;
        at = Word(at, "false");
        break;
      case 'n':
        at = Word(at, "null");
        break;
      default:
        kind = Kind::kNumber;
        at = Number(at);
    }
    JsonDocument::Node& node = nodes_[index];
    node.kind = kind;
    node.text = {begin, static_cast<size_t>(at - begin)};
    node.end = static_cast<uint32_t>(nodes_.size());
    return at;
  }

  const char* Container(const char* at, uint32_t index, char close, int depth) {
    at = SkipSpace(at + 1);
    if (Peek(at) == close) return at + 1;
    for (uint32_t count = 1;; ++count) {
      if (close == '}') {
        at = SkipSpace(Key(at));
        if (Peek(at) != ':') Bad(at);
        at = SkipSpace(at + 1);
      }
      at = SkipSpace(Value(at, depth + 1));
      if (Peek(at) == close) {
        nodes_[index].count = count;
        return at + 1;
      }
      if (Peek(at) != ',') Bad(at);
      at = SkipSpace(at + 1);
    }
  }

  const char* Key(const char* at) {
    if (Peek(at) != '"') Bad(at);
    JsonDocument::Node& node = nodes_.emplace_back();
    const char* const end = String(at + 1, node.has_escapes);
    node.kind = Kind::kString;
    node.text = {at, static_cast<size_t>(end - at)};
    node.end = static_cast<uint32_t>(nodes_.size());
    return end;
  }

  const char* const begin_;
  const char* const end_;
  std::vector<JsonDocument::Node>& nodes_;
};

void JsonDocument::Parse(std::string_view text) {
  nodes_.clear();
  JsonScanner(text, nodes_).Scan();
}

void ValidateJson(std::string_view text) {
  if (IsPlainlyJson(text)) return;
  // Its memory is kept from one value to the next.
  thread_local JsonDocument document;
  document.Parse(text);
}

bool IsValidJson(std::string_view text) {
  if (IsPlainlyJson(text)) return true;
  try {
    const JsonDocument document(text);
    return true;
  } catch (const Error&) {
    return false;
  }
}

std::string JsonDocument::StringOf(const Node& node) {
  const std::string_view inner = node.inner();
  if (!node.has_escapes) return std::string(inner);
  std::string out;
  const auto hex4 = [&](size_t at) {
    char32_t code = 0;
    for (size_t i = 0; i < 4; ++i) code = code << 4 | static_cast<char32_t>(HexDigit(inner[at + i]));
    return code;
  };
  for (size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] != '\\') {
      out += inner[i];
      continue;
    }
    switch (inner[++i]) {
      case 'b':
        out += '\b';
        break;
      case 'f':
        out += '\f';
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 't':
        out += '\t';
        break;
      case 'u': {
        char32_t code = hex4(i + 1);
        i += 4;
        const bool pair =
            code >= 0xD800 && code < 0xDC00 && inner.substr(i + 1).starts_with("\\u") && i + 6 < inner.size();
        if (pair) {
          const char32_t low = hex4(i + 3);
          if (low >= 0xDC00 && low < 0xE000) {
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            i += 6;
          }
        }
        // A lone half stands for no character.
        AppendCharacter(code >= 0xD800 && code < 0xE000 ? 0xFFFD : code, out);
        break;
      }
      default:
        out += inner[i];
    }
  }
  return out;
}

bool JsonDocument::StringEquals(const Node& node, std::string_view text) {
  return node.has_escapes ? StringOf(node) == text : node.inner() == text;
}

double JsonDocument::NumberOf(const Node& node) {
  double value = 0;
  fast_float::from_chars(node.text.data(), node.text.data() + node.text.size(), value);
  return value;
}

const JsonDocument::Node* JsonDocument::Find(const Node& object, std::string_view key) const {
  if (object.kind != Kind::kObject) return nullptr;
  const Node* found = nullptr;
  ForEachField(object, [&](const Node& name, const Node& value) {
    if (StringEquals(name, key)) found = &value;
  });
  return found;
}

const JsonDocument::Node* JsonDocument::Element(const Node& array, int64_t index) const {
  if (array.kind != Kind::kArray) return nullptr;
  if (index < 0) index += array.count;
  if (index < 0 || index >= static_cast<int64_t>(array.count)) return nullptr;
  uint32_t at = IndexOf(array) + 1;
  for (; index > 0; --index) at = nodes_[at].end;
  return &nodes_[at];
}

bool JsonDocument::Equals(const Node& node, const JsonDocument& other, const Node& part) const {
  if (node.kind != part.kind) return false;
  switch (node.kind) {
    case Kind::kNull:
      return true;
    case Kind::kBoolean:
      return node.boolean() == part.boolean();
    case Kind::kNumber:
      return node.text == part.text || NumberOf(node) == NumberOf(part);
    case Kind::kString:
      return StringEquals(node, StringOf(part));
    case Kind::kArray: {
      if (node.count != part.count) return false;
      int64_t index = 0;
      bool equal = true;
      ForEachElement(node, [&](const Node& mine) {
        if (equal) equal = Equals(mine, other, *other.Element(part, index));
        ++index;
      });
      return equal;
    }
    case Kind::kObject: {
      bool equal = true;
      ForEachField(node,
                   [&](const Node& key, const Node&) { equal = equal && other.Find(part, StringOf(key)) != nullptr; });
      other.ForEachField(part, [&](const Node& key, const Node&) {
        if (!equal) return;
        const std::string name = StringOf(key);
        const Node* mine = Find(node, name);
        equal = mine != nullptr && Equals(*mine, other, *other.Find(part, name));
      });
      return equal;
    }
  }
  return false;
}

bool JsonDocument::Contains(const Node& node, const JsonDocument& other, const Node& part) const {
  const auto holds = [&](const Node& mine, const Node& wanted) {
    if (mine.kind != wanted.kind) return false;
    return mine.is_container() ? Contains(mine, other, wanted) : Equals(mine, other, wanted);
  };
  bool contained = true;
  if (node.kind == Kind::kObject) {
    if (part.kind != Kind::kObject) return false;
    other.ForEachField(part, [&](const Node& key, const Node&) {
      if (!contained) return;
      const std::string name = StringOf(key);
      const Node* mine = Find(node, name);
      contained = mine != nullptr && holds(*mine, *other.Find(part, name));
    });
    return contained;
  }
  if (node.kind == Kind::kArray) {
    const auto has = [&](const Node& wanted) {
      bool found = false;
      ForEachElement(node, [&](const Node& mine) { found = found || holds(mine, wanted); });
      return found;
    };
    // A scalar counts as an array of itself, at the top only.
    if (part.kind != Kind::kArray) return !part.is_container() && &node == &nodes_[0] && has(part);
    other.ForEachElement(part, [&](const Node& wanted) { contained = contained && has(wanted); });
    return contained;
  }
  return Equals(node, other, part);
}

std::string_view JsonKindName(JsonDocument::Kind kind) {
  constexpr std::string_view kNames[] = {"null", "boolean", "number", "string", "array", "object"};
  return kNames[static_cast<size_t>(kind)];
}

std::vector<JsonStep> ParseJsonPath(std::string_view path) {
  std::vector<JsonStep> steps;
  const auto bad = [&] {
    return Error::User(sqlstate::kSyntaxError, "syntax error in json path: \"{}\"", path)
        .WithHint("Paths look like $.key.\"other key\"[0]['key'][*].");
  };
  std::string_view rest = TrimSpace(path);
  for (const std::string_view mode : {"lax ", "strict "}) {
    if (rest.starts_with(mode)) rest = TrimSpace(rest.substr(mode.size()));
  }
  if (rest.starts_with('$'))
    rest.remove_prefix(1);
  else if (!rest.empty() && rest[0] != '.' && rest[0] != '[')
    steps.reserve(4);
  bool first = true;
  while (!rest.empty()) {
    if (rest[0] == '[') {
      const size_t end = rest.find(']');
      if (end == rest.npos) throw bad();
      const std::string_view inner = TrimSpace(rest.substr(1, end - 1));
      JsonStep step;
      if (inner == "*") {
        step.is_wildcard = true;
      } else if (inner.size() >= 2 && (inner[0] == '\'' || inner[0] == '"') && inner.back() == inner[0]) {
        step.key = inner.substr(1, inner.size() - 2);
      } else {
        step.is_index = true;
        const auto [stop, code] = std::from_chars(inner.data(), inner.data() + inner.size(), step.index);
        if (code != std::errc() || stop != inner.data() + inner.size()) throw bad();
      }
      steps.push_back(std::move(step));
      rest.remove_prefix(end + 1);
    } else {
      if (rest[0] == '.')
        rest.remove_prefix(1);
      else if (!first)
        throw bad();
      JsonStep step;
      if (!rest.empty() && rest[0] == '"') {
        const size_t end = rest.find('"', 1);
        if (end == rest.npos) throw bad();
        step.key = rest.substr(1, end - 1);
        rest.remove_prefix(end + 1);
      } else {
        const size_t end = std::min(rest.find_first_of(".["), rest.size());
        step.key = rest.substr(0, end);
        if (step.key.empty()) throw bad();
        step.is_wildcard = step.key == "*";
        rest.remove_prefix(end);
      }
      steps.push_back(std::move(step));
    }
    first = false;
  }
  return steps;
}

}  // namespace weir
