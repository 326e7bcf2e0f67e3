#include "function/jsonpath/evaluator.h"

#include <algorithm>
#include <cmath>

#include <fast_float/fast_float.h>

#include "base/error.h"
#include "base/json_text.h"
#include "types/text_scan.h"

namespace weir::jsonpath {

namespace {

using JsonNode = JsonDocument::Node;
using JsonKind = JsonDocument::Kind;

// Sets a variable for a scope.
template <typename T>
class Restore {
 public:
  Restore(T& variable, T value) : variable_(variable), before_(variable) { variable_ = value; }
  ~Restore() { variable_ = before_; }
  Restore(const Restore&) = delete;
  Restore& operator=(const Restore&) = delete;

 private:
  T& variable_;
  T before_;
};

Item ItemOf(const JsonDocument& document, const JsonNode& node) {
  Item item;
  item.document = &document;
  item.node = &node;
  switch (node.kind) {
    case JsonKind::kNull:
      break;
    case JsonKind::kBoolean:
      item.kind = Item::Kind::kBoolean;
      item.boolean = node.boolean();
      break;
    case JsonKind::kNumber:
      item.kind = Item::Kind::kNumber;
      break;
    case JsonKind::kString:
      item.kind = Item::Kind::kString;
      break;
    case JsonKind::kArray:
      item.kind = Item::Kind::kArray;
      break;
    case JsonKind::kObject:
      item.kind = Item::Kind::kObject;
      break;
  }
  return item;
}

Item OfNumber(JsonNumber number) {
  Item item;
  item.kind = Item::Kind::kNumber;
  item.number = std::move(number);
  return item;
}

Item OfString(std::string text) {
  Item item;
  item.kind = Item::Kind::kString;
  item.text = std::move(text);
  return item;
}

Item OfBoolean(bool value) {
  Item item;
  item.kind = Item::Kind::kBoolean;
  item.boolean = value;
  return item;
}

JsonNumber NumberOf(const Item& item) {
  return item.node == nullptr ? item.number : JsonNumber::Parse(item.node->text);
}

std::string TextOf(const Item& item) {
  return item.node == nullptr ? item.text : JsonDocument::StringOf(*item.node);
}

std::string_view TypeName(const Item& item) {
  constexpr std::string_view kNames[] = {"null", "boolean", "number", "string", "array", "object"};
  if (item.kind == Item::Kind::kDatetime) return DatetimeTypeName(item.datetime.kind);
  return kNames[static_cast<size_t>(item.kind)];
}

}  // namespace

Evaluator::Result Evaluator::Query(const JsonDocument& document, const JsonDocument* variables,
                                   std::vector<Item>& found) {
  found.clear();
  const Result result = Start(document, variables, &found);
  if (result == Result::kError) return result;
  return found.empty() ? Result::kNothing : Result::kFound;
}

Evaluator::Result Evaluator::Exists(const JsonDocument& document, const JsonDocument* variables) {
  if (is_lax()) return Start(document, variables, nullptr);
  // Strict mode wants to know that nothing fails further on.
  std::vector<Item> found;
  return Query(document, variables, found);
}

Evaluator::Result Evaluator::Start(const JsonDocument& document, const JsonDocument* variables, Found found) {
  document_ = &document;
  variables_ = variables;
  throws_ = !silent_;
  ignores_structure_ = is_lax();
  innermost_array_size_ = -1;
  made_.clear();
  const Item root = ItemOf(document, document.root());
  current_ = &root;
  return Run(*path_.root, root, found);
}

Evaluator::Result Evaluator::RunNext(const Node& node, const Item& item, Found found) {
  if (node.next != nullptr) return Run(*node.next, item, found);
  if (found != nullptr) found->push_back(item);
  return Result::kFound;
}

Evaluator::Result Evaluator::RunElements(const Node& node, const Item& array, Found found) {
  return RunChildren(&node, array, found, 1, 1, 1, false, false);
}

Evaluator::Result Evaluator::RunChildren(const Node* next, const Item& item, Found found, uint32_t level,
                                         uint32_t first, uint32_t last, bool ignore_structure, bool unwrap_next) {
  Result result = Result::kNothing;
  bool done = false;
  const auto visit = [&](const JsonNode& child) {
    if (done) return;
    const Item value = ItemOf(*item.document, child);
    if (level >= first || (first == kDepthLast && last == kDepthLast && !value.is_container())) {
      if (next != nullptr) {
        const Restore ignoring(ignores_structure_, ignore_structure || ignores_structure_);
        result = RunUnwrapping(*next, value, found, unwrap_next);
        done = result == Result::kError || (result == Result::kFound && found == nullptr);
      } else if (found != nullptr) {
        found->push_back(value);
        result = Result::kFound;
      } else {
        result = Result::kFound;
        done = true;
      }
    }
    if (!done && level < last && value.is_container()) {
      result = RunChildren(next, value, found, level + 1, first, last, ignore_structure, unwrap_next);
      done = result == Result::kError || (result == Result::kFound && found == nullptr);
    }
  };
  if (item.kind == Item::Kind::kArray) {
    item.document->ForEachElement(*item.node, visit);
  } else if (item.kind == Item::Kind::kObject) {
    // Of a repeated key the last one counts.
    item.document->ForEachField(*item.node, [&](const JsonNode&, const JsonNode& value) { visit(value); });
  }
  return result;
}

Evaluator::Result Evaluator::Collect(const Node& node, const Item& item, bool unwrap, std::vector<Item>& out) {
  if (!unwrap || !is_lax()) return Run(node, item, &out);
  std::vector<Item> items;
  const Result result = Run(node, item, &items);
  if (result == Result::kError) return result;
  for (Item& found : items) {
    if (found.kind != Item::Kind::kArray) {
      out.push_back(std::move(found));
    } else {
      found.document->ForEachElement(*found.node,
                                     [&](const JsonNode& child) { out.push_back(ItemOf(*found.document, child)); });
    }
  }
  return Result::kFound;
}

Evaluator::Result Evaluator::CollectQuietly(const Node& node, const Item& item, bool unwrap, std::vector<Item>* out) {
  const Restore quiet(throws_, false);
  return out == nullptr ? Run(node, item, nullptr) : Collect(node, item, unwrap, *out);
}

Evaluator::Result Evaluator::RunUnwrapping(const Node& node, const Item& item, Found found, bool unwrap) {
  switch (node.kind) {
    case NodeKind::kRoot:
      return RunNext(node, ItemOf(*document_, document_->root()), found);
    case NodeKind::kCurrent: {
      const Item current = *current_;
      return RunNext(node, current, found);
    }
    case NodeKind::kLast:
      if (innermost_array_size_ < 0) {
        throw Error::Internal("evaluating jsonpath LAST outside of array subscript");
      }
      return RunNext(node, OfNumber(JsonNumber::OfInteger(innermost_array_size_ - 1)), found);
    case NodeKind::kNull:
      return RunNext(node, Item(), found);
    case NodeKind::kTrue:
    case NodeKind::kFalse:
      return RunNext(node, OfBoolean(node.kind == NodeKind::kTrue), found);
    case NodeKind::kNumber:
      return RunNext(node, OfNumber(node.number), found);
    case NodeKind::kString:
      return RunNext(node, OfString(node.text), found);
    case NodeKind::kVariable:
      return RunNext(node, Variable(node), found);
    case NodeKind::kAdd:
    case NodeKind::kSubtract:
    case NodeKind::kMultiply:
    case NodeKind::kDivide:
    case NodeKind::kModulo:
      return RunArithmetic(node, item, found);
    case NodeKind::kPlus:
    case NodeKind::kMinus:
      return RunSign(node, item, found);
    case NodeKind::kKey:
      return RunKey(node, item, found, unwrap);
    case NodeKind::kAnyKey:
      if (item.kind == Item::Kind::kObject) {
        return RunChildren(node.next.get(), item, found, 1, 1, 1, false, is_lax());
      }
      if (unwrap && item.kind == Item::Kind::kArray) return RunElements(node, item, found);
      if (ignores_structure_) return Result::kNothing;
      return Fail(sqlstate::kJsonObjectNotFound, "jsonpath wildcard member accessor can only be applied to an object");
    case NodeKind::kAnyArray:
      if (item.kind == Item::Kind::kArray) {
        return RunChildren(node.next.get(), item, found, 1, 1, 1, false, is_lax());
      }
      if (is_lax()) return RunNext(node, item, found);
      if (ignores_structure_) return Result::kNothing;
      return Fail(sqlstate::kJsonArrayNotFound, "jsonpath wildcard array accessor can only be applied to an array");
    case NodeKind::kIndices:
      return RunIndices(node, item, found);
    case NodeKind::kAnyDepth:
      return RunAnyDepth(node, item, found);
    case NodeKind::kFilter: {
      if (unwrap && item.kind == Item::Kind::kArray) return RunElements(node, item, found);
      const Restore<const Item*> inside(current_, &item);
      const Truth truth = Test(*node.left, item);
      if (truth != Truth::kTrue) return Result::kNothing;
      return RunNext(node, item, found);
    }
    case NodeKind::kMethod:
      return RunMethod(node, item, found, unwrap);
    default: {
      const Truth truth = Test(node, item);
      if (truth == Truth::kUnknown) return RunNext(node, Item(), found);
      return RunNext(node, OfBoolean(truth == Truth::kTrue), found);
    }
  }
}

Evaluator::Result Evaluator::RunKey(const Node& node, const Item& item, Found found, bool unwrap) {
  if (item.kind == Item::Kind::kObject) {
    const JsonNode* value = item.document->Find(*item.node, node.text);
    if (value != nullptr) return RunNext(node, ItemOf(*item.document, *value), found);
    if (ignores_structure_) return Result::kNothing;
    return Fail(sqlstate::kJsonMemberNotFound, "JSON object does not contain key \"{}\"", node.text);
  }
  if (unwrap && item.kind == Item::Kind::kArray) return RunElements(node, item, found);
  if (ignores_structure_) return Result::kNothing;
  return Fail(sqlstate::kJsonMemberNotFound, "jsonpath member accessor can only be applied to an object");
}

bool Evaluator::IndexOf(const Node& node, const Item& item, int64_t& out) {
  std::vector<Item> found;
  if (Run(node, item, &found) == Result::kError) return false;
  if (found.size() != 1 || found[0].kind != Item::Kind::kNumber) {
    Fail(sqlstate::kInvalidJsonSubscript, "jsonpath array subscript is not a single numeric value");
    return false;
  }
  if (!NumberOf(found[0]).ToInt64(out) || out < INT32_MIN || out > INT32_MAX) {
    Fail(sqlstate::kInvalidJsonSubscript, "jsonpath array subscript is out of integer range");
    return false;
  }
  return true;
}

Evaluator::Result Evaluator::RunIndices(const Node& node, const Item& item, Found found) {
  const bool is_array = item.kind == Item::Kind::kArray;
  if (!is_array && !is_lax()) {
    if (ignores_structure_) return Result::kNothing;
    return Fail(sqlstate::kJsonArrayNotFound, "jsonpath array accessor can only be applied to an array");
  }
  const int64_t size = is_array ? item.node->count : 1;
  const Restore<int64_t> innermost(innermost_array_size_, size);
  Result result = Result::kNothing;
  for (const Subscript& subscript : node.subscripts) {
    int64_t from = 0, to = 0;
    if (!IndexOf(*subscript.from, item, from)) return Result::kError;
    to = from;
    if (subscript.to != nullptr && !IndexOf(*subscript.to, item, to)) return Result::kError;
    if (!ignores_structure_ && (from < 0 || from > to || to >= size)) {
      return Fail(sqlstate::kInvalidJsonSubscript, "jsonpath array subscript is out of bounds");
    }
    from = std::max<int64_t>(from, 0);
    to = std::min(to, size - 1);
    for (int64_t index = from; index <= to; ++index) {
      const Item element = is_array ? ItemOf(*item.document, *item.document->Element(*item.node, index)) : item;
      if (node.next == nullptr && found == nullptr) return Result::kFound;
      result = RunNext(node, element, found);
      if (result == Result::kError || (result == Result::kFound && found == nullptr)) return result;
    }
  }
  return result;
}

Evaluator::Result Evaluator::RunAnyDepth(const Node& node, const Item& item, Found found) {
  Result result = Result::kNothing;
  if (node.depth_first == 0) {
    const Restore ignoring(ignores_structure_, true);
    result = RunNext(node, item, found);
    if (result == Result::kError || (result == Result::kFound && found == nullptr)) return result;
  }
  if (!item.is_container()) return result;
  const Result inner = RunChildren(node.next.get(), item, found, 1, node.depth_first, node.depth_last, true, is_lax());
  return inner == Result::kNothing ? result : inner;
}

// ---- numbers

Evaluator::Result Evaluator::RunArithmetic(const Node& node, const Item& item, Found found) {
  std::vector<Item> left, right;
  if (Collect(*node.left, item, true, left) == Result::kError) return Result::kError;
  if (Collect(*node.right, item, true, right) == Result::kError) return Result::kError;
  if (left.size() != 1 || left[0].kind != Item::Kind::kNumber) {
    return Fail(sqlstate::kSingletonJsonItemRequired,
                "left operand of jsonpath operator {} is not a single numeric value", OperatorName(node.kind));
  }
  if (right.size() != 1 || right[0].kind != Item::Kind::kNumber) {
    return Fail(sqlstate::kSingletonJsonItemRequired,
                "right operand of jsonpath operator {} is not a single numeric value", OperatorName(node.kind));
  }
  JsonNumber value;
  try {
    const JsonNumber a = NumberOf(left[0]), b = NumberOf(right[0]);
    switch (node.kind) {
      case NodeKind::kAdd:
        value = JsonNumber::Add(a, b);
        break;
      case NodeKind::kSubtract:
        value = JsonNumber::Subtract(a, b);
        break;
      case NodeKind::kMultiply:
        value = JsonNumber::Multiply(a, b);
        break;
      case NodeKind::kDivide:
        value = JsonNumber::Divide(a, b);
        break;
      default:
        value = JsonNumber::Remainder(a, b);
    }
  } catch (const Error&) {
    if (throws_) throw;
    return Result::kError;
  }
  return RunNext(node, OfNumber(std::move(value)), found);
}

Evaluator::Result Evaluator::RunSign(const Node& node, const Item& item, Found found) {
  std::vector<Item> values;
  if (Collect(*node.left, item, true, values) == Result::kError) return Result::kError;
  Result result = Result::kNothing;
  for (const Item& value : values) {
    if (value.kind != Item::Kind::kNumber) {
      if (found == nullptr && node.next == nullptr) continue;
      return Fail(sqlstate::kJsonNumberNotFound, "operand of unary jsonpath operator {} is not a numeric value",
                  OperatorName(node.kind));
    }
    if (found == nullptr && node.next == nullptr) return Result::kFound;
    JsonNumber number = NumberOf(value);
    if (node.kind == NodeKind::kMinus) number = number.Negated();
    const Result one = RunNext(node, OfNumber(std::move(number)), found);
    if (one == Result::kError) return one;
    if (one == Result::kFound) {
      if (found == nullptr) return one;
      result = one;
    }
  }
  return result;
}

// ---- methods

Evaluator::Result Evaluator::RunMethod(const Node& node, const Item& item, Found found, bool unwrap) {
  switch (node.method) {
    case Method::kType:
      return RunNext(node, OfString(std::string(TypeName(item))), found);
    case Method::kSize:
      if (item.kind != Item::Kind::kArray && !is_lax()) {
        if (ignores_structure_) return Result::kNothing;
        return Fail(sqlstate::kJsonArrayNotFound, "jsonpath item method .size() can only be applied to an array");
      }
      return RunNext(node, OfNumber(JsonNumber::OfInteger(item.kind == Item::Kind::kArray ? item.node->count : 1)),
                     found);
    default:
      break;
  }
  if (unwrap && item.kind == Item::Kind::kArray) return RunElements(node, item, found);
  switch (node.method) {
    case Method::kDouble:
      return RunDouble(node, item, found);
    case Method::kDatetime:
      return RunDatetime(node, item, found);
    case Method::kKeyValue:
      return RunKeyValue(node, item, found);
    default:
      return RunNumberMethod(node, item, found);
  }
}

Evaluator::Result Evaluator::RunNumberMethod(const Node& node, const Item& item, Found found) {
  if (item.kind != Item::Kind::kNumber) {
    return Fail(sqlstate::kNonNumericJsonItem, "jsonpath item method .{}() can only be applied to a numeric value",
                MethodName(node.method));
  }
  const JsonNumber number = NumberOf(item);
  return RunNext(node,
                 OfNumber(node.method == Method::kAbs     ? number.Abs()
                          : node.method == Method::kFloor ? number.Floor()
                                                          : number.Ceiling()),
                 found);
}

Evaluator::Result Evaluator::RunDouble(const Node& node, const Item& item, Found found) {
  double value = 0;
  if (item.kind == Item::Kind::kNumber) {
    value = NumberOf(item).ToDouble();
    if (!std::isfinite(value)) {
      return Fail(sqlstate::kNonNumericJsonItem,
                  "numeric argument of jsonpath item method .double() is out of range for type double precision");
    }
  } else if (item.kind == Item::Kind::kString) {
    const std::string text = TextOf(item);
    const std::string_view trimmed = TrimSpace(text);
    const bool plus = trimmed.starts_with('+');
    const char* begin = trimmed.data() + (plus ? 1 : 0);
    const auto [end, code] = fast_float::from_chars(begin, trimmed.data() + trimmed.size(), value);
    if (code != std::errc() || end != trimmed.data() + trimmed.size()) {
      return Fail(sqlstate::kNonNumericJsonItem,
                  "string argument of jsonpath item method .double() is not a valid representation of a double "
                  "precision number");
    }
    if (!std::isfinite(value)) {
      return Fail(sqlstate::kNonNumericJsonItem, "NaN or Infinity is not allowed for jsonpath item method .double()");
    }
  } else {
    return Fail(sqlstate::kNonNumericJsonItem,
                "jsonpath item method .double() can only be applied to a string or numeric value");
  }
  return RunNext(node, OfNumber(JsonNumber::OfDouble(value)), found);
}

Evaluator::Result Evaluator::RunDatetime(const Node& node, const Item& item, Found found) {
  if (item.kind != Item::Kind::kString) {
    return Fail(sqlstate::kInvalidJsonDatetimeArgument,
                "jsonpath item method .datetime() can only be applied to a string");
  }
  const std::string text = TextOf(item);
  Item out;
  out.kind = Item::Kind::kDatetime;
  if (node.has_text) {
    try {
      out.datetime = ParseDatetime(text, node.text);
    } catch (const Error&) {
      if (throws_) throw;
      return Result::kError;
    }
  } else {
    const std::optional<Datetime> parsed = ParseIsoDatetime(text);
    if (!parsed) {
      if (throws_) {
        throw Error::User(sqlstate::kInvalidJsonDatetimeArgument, "datetime format is not recognized: \"{}\"", text)
            .WithHint("Use a datetime template argument to specify the input data format.");
      }
      return Result::kError;
    }
    out.datetime = *parsed;
  }
  return RunNext(node, out, found);
}

Evaluator::Result Evaluator::RunKeyValue(const Node& node, const Item& item, Found found) {
  if (item.kind != Item::Kind::kObject) {
    return Fail(sqlstate::kJsonObjectNotFound, "jsonpath item method .keyvalue() can only be applied to an object");
  }
  // The id tells objects of one document apart: how many bytes of text are before it.
  const int64_t id = item.document == document_ ? item.node->text.data() - document_->root().text.data() : 0;
  Result result = Result::kNothing;
  bool done = false;
  item.document->ForEachField(*item.node, [&](const JsonNode& key, const JsonNode& value) {
    if (done) return;
    const std::string name = JsonDocument::StringOf(key);
    std::string text = fmt::format("{{\"id\": {}, \"key\": ", id);
    AppendJsonString(name, text);
    text += ", \"value\": ";
    text += value.text;
    text += '}';
    made_.emplace_back(std::move(text), nullptr);
    made_.back().second = std::make_unique<JsonDocument>(made_.back().first);
    const JsonDocument& document = *made_.back().second;
    result = RunNext(node, ItemOf(document, document.root()), found);
    done = result == Result::kError || (result == Result::kFound && found == nullptr);
  });
  return result;
}

Item Evaluator::Variable(const Node& node) const {
  const JsonNode* value = variables_ == nullptr ? nullptr : variables_->Find(variables_->root(), node.text);
  if (value == nullptr) {
    throw Error::User(sqlstate::kUndefinedObject, "could not find jsonpath variable \"{}\"", node.text);
  }
  return ItemOf(*variables_, *value);
}

}  // namespace weir::jsonpath
