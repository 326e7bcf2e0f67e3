#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// A JSON text taken apart in one pass: nodes in the order of the text that know their place in it, so that parts come
// out as they were written and strings are unescaped only when asked for. Borrows the text. Throws
// kInvalidTextRepresentation when the text is no JSON.
class JsonDocument {
 public:
  enum class Kind : uint8_t { kNull, kBoolean, kNumber, kString, kArray, kObject };
  struct Node {
    Kind kind = Kind::kNull;
    bool has_escapes = false;  // strings
    uint32_t count = 0;        // elements or fields
    uint32_t end = 0;          // index of the node behind this one and everything in it
    std::string_view text;     // of the whole value, as written
    bool is_container() const { return kind >= Kind::kArray; }
    bool boolean() const { return text[0] == 't'; }
    // Of strings: what is between the quotes, still escaped.
    std::string_view inner() const { return text.substr(1, text.size() - 2); }
  };

  explicit JsonDocument(std::string_view text) { Parse(text); }
  JsonDocument() = default;
  // Starts over with another text; memory is kept.
  void Parse(std::string_view text);

  const Node& root() const { return nodes_[0]; }
  template <typename F>
  void ForEachElement(const Node& array, F&& f) const {
    for (uint32_t i = IndexOf(array) + 1; i < array.end; i = nodes_[i].end) f(nodes_[i]);
  }
  // f(key node, value node)
  template <typename F>
  void ForEachField(const Node& object, F&& f) const {
    for (uint32_t i = IndexOf(object) + 1; i < object.end; i = nodes_[i + 1].end) f(nodes_[i], nodes_[i + 1]);
  }
  static bool StringEquals(const Node& node, std::string_view text);
  static std::string StringOf(const Node& node);
  static double NumberOf(const Node& node);

  // The value of a key (the last one, when repeated), or null.
  const Node* Find(const Node& object, std::string_view key) const;
  // Element `index`, negative from the end, or null.
  const Node* Element(const Node& array, int64_t index) const;
  // PostgreSQL's containment of jsonb.
  bool Contains(const Node& node, const JsonDocument& other, const Node& part) const;
  bool Equals(const Node& node, const JsonDocument& other, const Node& part) const;

 private:
  friend class JsonScanner;
  uint32_t IndexOf(const Node& node) const { return static_cast<uint32_t>(&node - nodes_.data()); }
  std::vector<Node> nodes_;
};

std::string_view JsonKindName(JsonDocument::Kind kind);
// Whether a text is one JSON value.
bool IsValidJson(std::string_view text);
// Steps of "$.a.b[0]" and "$['a']": keys, or indices written as "[0]". Throws kSyntaxError-like errors.
struct JsonStep {
  bool is_index = false;
  bool is_wildcard = false;  // [*] or .*
  int64_t index = 0;
  std::string key;
};
std::vector<JsonStep> ParseJsonPath(std::string_view path);

}  // namespace weir
