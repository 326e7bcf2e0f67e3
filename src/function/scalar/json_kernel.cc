#include "function/scalar/json_kernel.h"

namespace weir {

ScalarKernel InJsonbForm(ScalarKernel kernel) {
  return [kernel = std::move(kernel)](const KernelArgs& args) -> ColumnPtr {
    ColumnPtr column = kernel(args);
    if (!args.result_type.is_jsonb()) return column;
    const ColumnView view(*column);
    FlatWriter<StringRef> out(args.result_type, args.size);
    ForEachRow(args, [&](size_t row) {
      if (view.IsNull(row)) {
        out.SetNull(row);
        return;
      }
      // Rows that failed are empty.
      const std::string_view text = TextAt(view, row);
      out.SetString(row, text.empty() ? std::string() : NormalizeJsonb(text));
    });
    return out.Finish();
  };
}

namespace {

using Node = JsonDocument::Node;
using Kind = JsonDocument::Kind;

Error Expected(std::string_view what) {
  return Error::User(sqlstate::kInvalidTextRepresentation, "expected {}", what);
}

}  // namespace

Value ValueOfJson(const JsonDocument& document, const Node& node, const Type& type, const Value* base,
                  const TextOptions& options) {
  if (type.is(TypeKind::kJson)) {
    if (!type.is_jsonb()) return Value::Bytes(type, std::string(node.text));
    std::string text;
    AppendJsonb(document, node, text);
    return Value::Bytes(type, std::move(text));
  }
  if (node.kind == Kind::kNull) return Value::Null(type);
  if (node.kind == Kind::kString) return ParseValue(type, JsonDocument::StringOf(node), options);
  switch (type.kind()) {
    case TypeKind::kList: {
      if (node.kind != Kind::kArray) throw Expected("JSON array");
      std::vector<Value> parts;
      document.ForEachElement(node, [&](const Node& child) {
        parts.push_back(ValueOfJson(document, child, type.element(), nullptr, options));
      });
      return Value::Nested(type, std::move(parts));
    }
    case TypeKind::kStruct: {
      if (node.kind != Kind::kObject) {
        throw Error::User(sqlstate::kInvalidParameterValue, "cannot call populate_composite on {}",
                          node.kind == Kind::kArray ? "an array" : "a scalar");
      }
      std::vector<Value> parts;
      for (size_t i = 0; i < type.fields().size(); ++i) {
        const Field& field = type.fields()[i];
        const Node* value = document.Find(node, field.name);
        if (value != nullptr) {
          parts.push_back(ValueOfJson(document, *value, field.type, nullptr, options));
        } else {
          parts.push_back(base != nullptr && !base->is_null() ? base->parts()[i] : Value::Null(field.type));
        }
      }
      return Value::Nested(type, std::move(parts));
    }
    case TypeKind::kMap: {
      if (node.kind != Kind::kObject) throw Expected("JSON object");
      std::vector<Value> parts;
      document.ForEachField(node, [&](const Node& key, const Node& value) {
        const std::string name = JsonDocument::StringOf(key);
        if (document.Find(node, name) != &value) return;
        parts.push_back(ParseValue(type.key(), name, options));
        parts.push_back(ValueOfJson(document, value, type.value(), nullptr, options));
      });
      return Value::Nested(type, std::move(parts));
    }
    default:
      return ParseValue(type, node.text, options);
  }
}

}  // namespace weir
