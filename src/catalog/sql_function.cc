#include "catalog/sql_function.h"

#include <algorithm>

#include "base/hash.h"
#include "catalog/serialize.h"
#include "catalog/temporary_schema.h"
#include "catalog/user_type.h"

namespace weir {

namespace {

constexpr uint64_t kFormat = 1;

std::string TypeList(const SqlFunction& function) {
  std::string out;
  for (const SqlFunction::Parameter* parameter : function.inputs()) {
    out += (out.empty() ? "" : ", ") + parameter->type.ToString();
  }
  return out;
}

}  // namespace

std::vector<const SqlFunction::Parameter*> SqlFunction::inputs() const {
  std::vector<const Parameter*> out;
  for (const Parameter& parameter : parameters) {
    if (parameter.is_input()) out.push_back(&parameter);
  }
  return out;
}

std::vector<const SqlFunction::Parameter*> SqlFunction::columns() const {
  std::vector<const Parameter*> out;
  for (const Parameter& parameter : parameters) {
    if (parameter.mode != Parameter::Mode::kIn) out.push_back(&parameter);
  }
  return out;
}

std::string SqlFunction::key() const {
  const std::string arguments = is_macro ? std::to_string(parameters.size()) : TypeList(*this);
  return fmt::format("{}.{}.{}({})", database, schema, name, arguments);
}

std::string SqlFunction::signature() const {
  if (!is_macro) return fmt::format("{}({})", name, TypeList(*this));
  std::string names;
  for (const Parameter& parameter : parameters) names += (names.empty() ? "" : ", ") + parameter.name;
  return fmt::format("{}({})", name, names);
}

int64_t SqlFunction::oid() const {
  // Above the ids that the system and tables have, below the sign bit of an oid.
  constexpr uint64_t kFirst = uint64_t{1} << 30;
  return static_cast<int64_t>(kFirst | (HashString(key()) & (kFirst - 1)));
}

std::string SqlFunction::Serialize() const {
  ByteWriter out;
  out.PutVarint(kFormat);
  out.PutString(database);
  out.PutString(schema);
  out.PutString(name);
  WriteList(parameters, out, [&](const Parameter& parameter) {
    out.Put(parameter.mode);
    out.PutString(parameter.name);
    SerializeType(parameter.type, out);
    out.PutString(parameter.default_sql);
  });
  for (const bool flag : {is_macro, returns_set, is_expression, is_quoted, strict}) out.Put<uint8_t>(flag ? 1 : 0);
  SerializeType(result, out);
  out.PutString(result_name);
  out.PutString(body);
  out.Put(volatility);
  out.PutString(comment);
  WriteList(search_path, out, [&](const std::string& each) { out.PutString(each); });
  return out.Take();
}

SqlFunction SqlFunction::Deserialize(std::string_view payload) {
  ByteReader in(payload);
  if (const uint64_t format = in.GetVarint(); format != kFormat) {
    throw Error::Operational(sqlstate::kDataCorrupted, "function of an unknown format: {}", format);
  }
  SqlFunction out;
  out.database = std::string(in.GetString());
  out.schema = std::string(in.GetString());
  out.name = std::string(in.GetString());
  out.parameters = ReadList<Parameter>(in, [&] {
    Parameter parameter;
    parameter.mode = ReadEnum(in, Parameter::Mode::kColumn);
    parameter.name = std::string(in.GetString());
    parameter.type = DeserializeType(in);
    parameter.default_sql = std::string(in.GetString());
    return parameter;
  });
  for (bool* flag : {&out.is_macro, &out.returns_set, &out.is_expression, &out.is_quoted, &out.strict}) {
    *flag = in.Get<uint8_t>() != 0;
  }
  out.result = DeserializeType(in);
  out.result_name = std::string(in.GetString());
  out.body = std::string(in.GetString());
  out.volatility = ReadEnum(in, Volatility::kVolatile);
  out.comment = std::string(in.GetString());
  out.search_path = ReadList<std::string>(in, [&] { return std::string(in.GetString()); });
  return out;
}

SqlFunctions::SqlFunctions(const Catalog& catalog) {
  for (const auto& [name, payload] : catalog.ObjectsOf(kSqlFunctionKind)) {
    SqlFunction function = SqlFunction::Deserialize(payload);
    // Those of a schema that is gone are nobody's.
    if (catalog.FindSchema(function.database, function.schema) != nullptr) all_.push_back(std::move(function));
  }
  for (const SqlFunction& function : all_) by_name_.emplace(function.name, &function);
}

std::vector<const SqlFunction*> SqlFunctions::Using(uint32_t user_type) const {
  std::vector<const SqlFunction*> out;
  for (const SqlFunction& function : all_) {
    const bool takes = std::ranges::any_of(function.parameters, [&](const SqlFunction::Parameter& parameter) {
      return UsesType(parameter.type, user_type);
    });
    if (takes || UsesType(function.result, user_type)) out.push_back(&function);
  }
  return out;
}

std::vector<const SqlFunction*> SqlFunctions::Find(const QualifiedName& name, const NameScope& scope) const {
  std::vector<const SqlFunction*> out;
  const auto [first, last] = by_name_.equal_range(name.name);
  if (first == last) return out;
  const std::string& database = name.database.empty() ? scope.database : name.database;
  std::vector<std::string> schemas = scope.search_path;
  if (!name.schema.empty()) schemas = {std::string(SchemaMeant(name.schema, scope))};
  for (const std::string& schema : schemas) {
    for (auto at = first; at != last; ++at) {
      if (at->second->database == database && at->second->schema == schema) out.push_back(at->second);
    }
    if (!out.empty()) break;
  }
  return out;
}

const SqlFunction* SqlFunctions::FindByOid(int64_t oid) const {
  for (const SqlFunction& function : all_) {
    if (function.oid() == oid) return &function;
  }
  return nullptr;
}

}  // namespace weir
