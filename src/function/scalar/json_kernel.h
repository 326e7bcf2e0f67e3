#pragma once

#include <string>
#include <string_view>

#include "function/scalar/kernel.h"
#include "types/json_document.h"
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
