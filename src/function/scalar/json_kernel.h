#pragma once

#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "function/scalar/kernel.h"
#include "types/json_document.h"
#include "types/json_paths.h"
#include "types/jsonb.h"

// What the families of JSON functions share.
namespace weir {

using JsonNode = JsonDocument::Node;
using JsonKind = JsonDocument::Kind;

// The document of the row before is kept: constant arguments are parsed once.
class DocumentCache {
 public:
  const JsonDocument& Get(std::string_view text) {
    if (!valid_ || text != text_) {
      valid_ = false;
      text_ = text;
      document_.Parse(text_);
      valid_ = true;
    }
    return document_;
  }

 private:
  bool valid_ = false;
  JsonDocument document_;
  std::string text_;
};

inline std::string_view TextAt(const ColumnView& view, size_t row) {
  return view.values<StringRef>()[view.Index(row)].view();
}

// What a parser (JsonDocument, JsonPathScan) finds in the texts of a column's rows, one at a time. Borrows the column;
// a constant is parsed once.
template <typename Parser>
class ParsedTexts {
 public:
  template <typename... Args>
  explicit ParsedTexts(const Column& texts, const Args&... args) : texts_(texts), parser_(args...) {}
  const Parser& At(size_t row) {
    const size_t slot = texts_.Index(row);
    if (slot != slot_) {
      slot_ = kNone;
      parser_.Parse(texts_.values<StringRef>()[slot].view());
      slot_ = slot;
    }
    return parser_;
  }

 private:
  static constexpr size_t kNone = std::numeric_limits<size_t>::max();
  const ColumnView texts_;
  Parser parser_;
  size_t slot_ = kNone;  // whose text was parsed last
};
using DocumentColumn = ParsedTexts<JsonDocument>;
using ScannedTexts = ParsedTexts<JsonPathScan>;  // of a column and the paths, which it borrows

// The value as text: strings without quotes, unescaped into `scratch` where need be. Empty for JSON null.
inline std::optional<std::string_view> TextOf(const JsonNode& node, std::string& scratch) {
  if (node.kind == JsonKind::kNull) return std::nullopt;
  if (node.kind != JsonKind::kString) return node.text;
  if (!node.has_escapes) return node.inner();
  scratch = JsonDocument::StringOf(node);
  return scratch;
}

// Sets the row to a part of a text, as json or as text; NULL when there is none.
inline void SetJsonPart(FlatWriter<StringRef>& out, size_t row, const JsonNode* node, bool as_text) {
  std::string scratch;
  std::optional<std::string_view> text;
  if (node != nullptr) text = as_text ? TextOf(*node, scratch) : node->text;
  if (text.has_value())
    out.SetString(row, *text);
  else
    out.SetNull(row);
}

// The result is json or jsonb as the first argument is.
inline FunctionOverload SameJson(FunctionOverload overload) {
  return Resolving(std::move(overload), ResultOf([](std::span<const Type> types) {
                     return types[0].is_jsonb() ? Type::Jsonb() : Type(TypeKind::kJson);
                   }));
}

// Brings what the kernel wrote into jsonb's form where the result is jsonb.
ScalarKernel InJsonbForm(ScalarKernel kernel);

// A value of any type from a node, as json_populate_record makes it: texts are read as the type's input, arrays become
// lists, objects structs and maps. `base` gives the fields that an object does not have; null: they are NULL.
Value ValueOfJson(const JsonDocument& document, const JsonDocument::Node& node, const Type& type, const Value* base,
                  const TextOptions& options);

}  // namespace weir
