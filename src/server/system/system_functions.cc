#include "server/system/system_functions.h"

#include "expr/row_adapter.h"
#include "server/system/catalog_functions.h"
#include "server/system/setting_functions.h"

namespace weir {

namespace {

constexpr TypeKind kText = TypeKind::kVarchar;
constexpr TypeKind kInt = TypeKind::kInt32;
constexpr TypeKind kBig = TypeKind::kInt64;
constexpr TypeKind kBool = TypeKind::kBoolean;

FunctionOverload Overload(std::vector<TypePattern> parameters, Type result, ScalarKernel kernel) {
  FunctionOverload overload;
  overload.parameters = std::move(parameters);
  overload.result = std::move(result);
  overload.kernel = std::move(kernel);
  overload.volatility = Volatility::kStable;
  overload.can_fail = false;
  return overload;
}

ScalarKernel ConstantKernel(Value value) {
  return [value = std::move(value)](const KernelArgs& args) { return Column::Constant(value, args.size); };
}

FunctionSpec Spec(std::string name, std::string description, std::string example, std::string result,
                  std::vector<FunctionOverload> overloads) {
  FunctionSpec spec;
  spec.name = std::move(name);
  spec.family = "system";
  spec.description = std::move(description);
  spec.example = std::move(example);
  spec.example_result = std::move(result);
  spec.overloads = std::move(overloads);
  return spec;
}

}  // namespace

void RegisterClientFunctions(Registry& registry) {
  RegisterCatalogFunctions(registry);
  RegisterSettingFunctions(registry);
  const auto always = [&](std::string name, std::string description, std::string example,
                          std::vector<std::vector<TypePattern>> signatures, const Value& value, std::string result) {
    std::vector<FunctionOverload> overloads;
    for (auto& parameters : signatures)
      overloads.push_back(Overload(std::move(parameters), value.type(), ConstantKernel(value)));
    registry.Add(
        Spec(std::move(name), std::move(description), std::move(example), std::move(result), std::move(overloads)));
  };
  const Value yes = Value::Boolean(true), no_text = Value::Null(kText);

  for (const char* name : {"pg_type_is_visible", "pg_function_is_visible", "pg_opclass_is_visible"}) {
    always(name, "Whether the object is found without a schema: all are", fmt::format("{}(1259)", name), {{kBig}}, yes,
           "t");
  }
  for (const char* name :
       {"has_table_privilege", "has_schema_privilege", "has_database_privilege", "has_column_privilege",
        "has_any_column_privilege", "has_function_privilege", "pg_has_role"}) {
    always(name, "Whether the user may: every user may everything", fmt::format("{}('weir', 'select')", name),
           {{kText, kText}, {kBig, kText}, {kText, kText, kText}, {kText, kBig, kText}, {kBig, kBig, kText}}, yes, "t");
  }
  always("pg_relation_is_publishable", "Whether the table can be published: none can",
         "pg_relation_is_publishable('t')", {{kBig}, {kText}}, Value::Boolean(false), "f");
  always("pg_is_in_recovery", "Whether the server is a standby", "pg_is_in_recovery()", {{}}, Value::Boolean(false),
         "f");
  always("shobj_description", "The comment on a shared object: none has one", "shobj_description(1, 'pg_database')",
         {{kBig, kText}}, no_text, "");
  for (const char* name : {"pg_get_indexdef", "pg_get_triggerdef", "pg_get_ruledef", "pg_get_partkeydef",
                           "pg_get_statisticsobjdef_columns", "pg_get_serial_sequence", "pg_tablespace_location"}) {
    always(name, "A definition as text; NULL, since Weir has no such object by this id", fmt::format("{}(1)", name),
           {{kBig}, {kBig, kBool}, {kBig, kInt, kBool}, {kText, kText}}, no_text, "");
  }
  registry.Add(Spec("pg_get_expr", "A default expression as text", "pg_get_expr('1', 0)", "1",
                    {Overload({kText, kBig}, kText, [](const KernelArgs& args) { return args.columns[0]; }),
                     Overload({kText, kBig, kBool}, kText, [](const KernelArgs& args) { return args.columns[0]; })}));
  registry.Add(Spec("pg_get_userbyid", "A user's name from its id", "pg_get_userbyid(10)", "weir",
                    {Overload({kBig}, kText, ConstantKernel(Value::String("weir")))}));
  registry.Add(Spec("pg_encoding_to_char", "An encoding's name", "pg_encoding_to_char(6)", "UTF8",
                    {Overload({kInt}, kText, ConstantKernel(Value::String("UTF8")))}));
}

}  // namespace weir
