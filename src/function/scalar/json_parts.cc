// json_parts: several parts of one JSON text in one pass over it.

#include "function/scalar/json_kernel.h"
#include "function/scalar/register.h"

namespace weir {

namespace {

// json_parts(value, kinds, path, ...): a kind a path, 'j' for json and 't' for text.
std::string KindsOf(std::span<const std::optional<Value>> constants) {
  const auto& kinds = constants[1];
  const bool is_text = kinds.has_value() && !kinds->is_null() && kinds->type().is_string();
  if (!is_text || kinds->bytes().size() != constants.size() - 2 || kinds->bytes().empty() ||
      kinds->bytes().find_first_not_of("jt") != std::string::npos) {
    throw Error::User(sqlstate::kInvalidParameterValue, "json_parts needs a constant 'j' or 't' for each path")
        .WithHint("json_parts(value, 'jt', '{a,b}', '{c}') gives the first part as json and the second as text.");
  }
  return kinds->bytes();
}

ResolvedCall Resolve(std::span<const Type> types, std::span<const std::optional<Value>> constants) {
  const std::string kinds = KindsOf(constants);
  std::vector<Field> fields;
  for (size_t i = 0; i < kinds.size(); ++i) {
    fields.push_back({fmt::format("f{}", i + 1), kinds[i] == 'j' ? types[0] : Type(TypeKind::kVarchar)});
  }
  return {{types.begin(), types.end()}, Type::Struct(std::move(fields))};
}

struct Prepared {
  std::string kinds;
  JsonPaths paths;
};

std::shared_ptr<const void> Prepare(std::span<const std::optional<Value>> constants) {
  std::vector<std::vector<JsonPathStep>> paths;
  for (const auto& path : constants.subspan(2)) {
    if (!path.has_value() || path->is_null()) {
      throw Error::User(sqlstate::kInvalidParameterValue, "json_parts needs constant paths");
    }
    std::vector<JsonPathStep>& steps = paths.emplace_back();
    for (const Value& step : path->parts()) {
      if (step.is_null()) throw Error::User(sqlstate::kInvalidParameterValue, "a step of json_parts must not be null");
      steps.push_back({JsonPathStep::Kind::kText, step.bytes(), 0});
    }
  }
  return std::make_shared<const Prepared>(Prepared{KindsOf(constants), JsonPaths(std::move(paths))});
}

ColumnPtr Parts(const KernelArgs& args) {
  const auto& [kinds, paths] = *static_cast<const Prepared*>(args.state);
  ScannedTexts texts(*args.columns[0], paths);
  std::vector<FlatWriter<StringRef>> parts;
  for (const Field& field : args.result_type.fields()) parts.emplace_back(field.type, args.size);
  ForEachRow(args, [&](size_t row) {
    const JsonPathScan& scan = texts.At(row);
    for (size_t i = 0; i < parts.size(); ++i) SetJsonPart(parts[i], row, scan.found(i), kinds[i] == 't');
  });
  std::vector<ColumnPtr> columns;
  for (FlatWriter<StringRef>& part : parts) columns.push_back(part.Finish());
  return Column::Struct(args.result_type, args.size, std::move(columns));
}

}  // namespace

void RegisterJsonPartsFunctions(Registry& registry) {
  Family family(registry, "json");
  FunctionOverload parts = Variadic(Resolving(
      Partial({TypeKind::kJson, TypeKind::kVarchar, Type::List(TypeKind::kVarchar)}, TypeKind::kUnknown, Parts),
      Resolve));
  parts.prepare = Prepare;
  family.Add(
      "json_parts",
      "Several parts of one value, by paths of keys and indices, as a struct: with 'j' as json, with 't' as text.",
      "json_parts('{\"a\": {\"b\": [1]}, \"c\": \"x\"}', 'jt', '{a,b}', '{c}')", "([1],x)", {std::move(parts)});
}

}  // namespace weir
