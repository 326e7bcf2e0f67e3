#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "function/scalar/regexp_pattern.h"
#include "types/json_number.h"

namespace weir::jsonpath {

// A jsonpath taken apart (SQL:2016's path language with PostgreSQL's additions). An expression begins with a primary
// and goes on with accessors, a list by `next`.
enum class NodeKind : uint8_t {
  // Primaries.
  kRoot,
  kCurrent,  // @
  kLast,
  kNull,
  kTrue,
  kFalse,
  kNumber,
  kString,
  kVariable,
  // Arithmetic: left and right; the signs have left only.
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kPlus,
  kMinus,
  // Predicates.
  kAnd,
  kOr,
  kNot,
  kIsUnknown,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kStartsWith,
  kLikeRegex,
  kExists,
  // Accessors.
  kKey,
  kAnyKey,    // .*
  kAnyArray,  // [*]
  kIndices,   // [1, 2 to 3]
  kAnyDepth,  // .**{1 to 2}
  kFilter,    // ?(left)
  kMethod,
};

enum class Method : uint8_t { kType, kSize, kAbs, kFloor, kCeiling, kDouble, kDatetime, kKeyValue };

inline constexpr uint32_t kDepthLast = UINT32_MAX;

struct Node;
using NodePtr = std::unique_ptr<Node>;

struct Subscript {
  NodePtr from;
  NodePtr to;  // null: only `from`
};

struct Node {
  explicit Node(NodeKind kind) : kind(kind) {}
  NodeKind kind;
  Method method{};
  std::string text;  // key, string, variable, pattern, template of datetime()
  bool has_text = false;
  JsonNumber number;
  uint32_t depth_first = 0;
  uint32_t depth_last = 0;
  NodePtr left;
  NodePtr right;
  std::vector<Subscript> subscripts;
  std::unique_ptr<RegexpPattern> regexp;
  NodePtr next;

  bool is_predicate() const { return kind >= NodeKind::kAnd && kind <= NodeKind::kExists; }
};

struct Path {
  bool strict = false;
  NodePtr root;
};

// Throws kSyntaxError.
Path ParsePath(std::string_view text);
// "+", "==", "like_regex": how errors name it.
std::string_view OperatorName(NodeKind kind);
std::string_view MethodName(Method method);

}  // namespace weir::jsonpath
