#include "base/json_text.h"
#include "function/jsonpath/evaluator.h"

namespace weir::jsonpath {

void AppendItem(const Item& item, std::string& out) {
  if (item.node != nullptr) {
    out += item.node->text;
    return;
  }
  switch (item.kind) {
    case Item::Kind::kBoolean:
      out += item.boolean ? "true" : "false";
      return;
    case Item::Kind::kNumber:
      item.number.Append(out);
      return;
    case Item::Kind::kString:
      AppendJsonString(item.text, out);
      return;
    case Item::Kind::kDatetime: {
      std::string text;
      AppendDatetime(item.datetime, text);
      AppendJsonString(text, out);
      return;
    }
    default:
      out += "null";
  }
}

}  // namespace weir::jsonpath
