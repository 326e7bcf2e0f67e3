// The predicates of jsonpath, in three-valued logic: what fails inside one is unknown.
#include "base/error.h"
#include "function/jsonpath/evaluator.h"

namespace weir::jsonpath {

namespace {

JsonNumber NumberOf(const Item& item) {
  return item.node == nullptr ? item.number : JsonNumber::Parse(item.node->text);
}
std::string TextOf(const Item& item) {
  return item.node == nullptr ? item.text : JsonDocument::StringOf(*item.node);
}

}  // namespace

Evaluator::Truth Evaluator::Test(const Node& node, const Item& item) {
  switch (node.kind) {
    case NodeKind::kAnd: {
      const Truth left = Test(*node.left, item);
      if (left == Truth::kFalse) return left;
      const Truth right = Test(*node.right, item);
      return right == Truth::kTrue ? left : right;
    }
    case NodeKind::kOr: {
      const Truth left = Test(*node.left, item);
      if (left == Truth::kTrue) return left;
      const Truth right = Test(*node.right, item);
      return right == Truth::kFalse ? left : right;
    }
    case NodeKind::kNot: {
      const Truth operand = Test(*node.left, item);
      if (operand == Truth::kUnknown) return operand;
      return operand == Truth::kTrue ? Truth::kFalse : Truth::kTrue;
    }
    case NodeKind::kIsUnknown:
      return Test(*node.left, item) == Truth::kUnknown ? Truth::kTrue : Truth::kFalse;
    case NodeKind::kExists:
      return TestExists(node, item);
    default:
      return TestPairs(node, item);
  }
}

Evaluator::Truth Evaluator::TestExists(const Node& node, const Item& item) {
  Result result;
  if (is_lax()) {
    result = CollectQuietly(*node.left, item, false, nullptr);
  } else {
    std::vector<Item> found;
    result = CollectQuietly(*node.left, item, false, &found);
    if (result != Result::kError) result = found.empty() ? Result::kNothing : Result::kFound;
  }
  if (result == Result::kError) return Truth::kUnknown;
  return result == Result::kFound ? Truth::kTrue : Truth::kFalse;
}

// True when any pair of items is; lax mode stops there, strict mode looks at all of them.
Evaluator::Truth Evaluator::TestPairs(const Node& node, const Item& item) {
  std::vector<Item> left, right;
  if (CollectQuietly(*node.left, item, true, &left) == Result::kError) return Truth::kUnknown;
  if (node.right != nullptr) {
    const bool unwrap = node.kind != NodeKind::kStartsWith;
    if (CollectQuietly(*node.right, item, unwrap, &right) == Result::kError) return Truth::kUnknown;
  } else {
    right.emplace_back();
  }
  bool any = false, unknown = false;
  for (const Item& a : left) {
    for (const Item& b : right) {
      const Truth truth = TestPair(node, a, b);
      if (truth == Truth::kUnknown) {
        if (!is_lax()) return truth;
        unknown = true;
      } else if (truth == Truth::kTrue) {
        if (is_lax()) return truth;
        any = true;
      }
    }
  }
  if (any) return Truth::kTrue;
  return unknown ? Truth::kUnknown : Truth::kFalse;
}

Evaluator::Truth Evaluator::TestPair(const Node& node, const Item& left, const Item& right) const {
  const auto truth = [](bool value) { return value ? Truth::kTrue : Truth::kFalse; };
  switch (node.kind) {
    case NodeKind::kStartsWith:
      if (left.kind != Item::Kind::kString || right.kind != Item::Kind::kString) return Truth::kUnknown;
      return truth(TextOf(left).starts_with(TextOf(right)));
    case NodeKind::kLikeRegex:
      if (left.kind != Item::Kind::kString) return Truth::kUnknown;
      return truth(node.regexp->Contains(TextOf(left)));
    default:
      return Compare(node.kind, left, right);
  }
}

Evaluator::Truth Evaluator::Compare(NodeKind op, const Item& a, const Item& b) const {
  const auto truth = [](bool value) { return value ? Truth::kTrue : Truth::kFalse; };
  if (a.kind != b.kind) {
    if (a.kind == Item::Kind::kNull || b.kind == Item::Kind::kNull) return truth(op == NodeKind::kNotEqual);
    return Truth::kUnknown;
  }
  int order = 0;
  switch (a.kind) {
    case Item::Kind::kNull:
      break;
    case Item::Kind::kBoolean:
      order = static_cast<int>(a.boolean) - static_cast<int>(b.boolean);
      break;
    case Item::Kind::kNumber:
      order = JsonNumber::Compare(NumberOf(a), NumberOf(b));
      break;
    case Item::Kind::kString:
      order = TextOf(a).compare(TextOf(b));
      break;
    case Item::Kind::kDatetime: {
      const std::optional<int> datetimes = CompareDatetimes(a.datetime, b.datetime, time_zone_);
      if (!datetimes) return Truth::kUnknown;
      order = *datetimes;
      break;
    }
    default:
      return Truth::kUnknown;
  }
  switch (op) {
    case NodeKind::kEqual:
      return truth(order == 0);
    case NodeKind::kNotEqual:
      return truth(order != 0);
    case NodeKind::kLess:
      return truth(order < 0);
    case NodeKind::kLessEqual:
      return truth(order <= 0);
    case NodeKind::kGreater:
      return truth(order > 0);
    default:
      return truth(order >= 0);
  }
}

}  // namespace weir::jsonpath
