#include "catalog/user_type.h"

#include <algorithm>

#include "base/error.h"
#include "catalog/catalog.h"
#include "catalog/serialize.h"

namespace weir {

namespace {

constexpr uint8_t kFormat = 1;

void CheckFormat(ByteReader& in) {
  if (const auto format = in.Get<uint8_t>(); format != kFormat) {
    throw Error::Operational(sqlstate::kObjectNotInPrerequisiteState, "type was written by a newer version: format {}",
                             format);
  }
}

// "Mood" needs quotes, mood does not.
std::string Quoted(std::string_view name) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '$'; };
  if (!name.empty() && (name[0] < '0' || name[0] > '9') && name[0] != '$' &&
      std::all_of(name.begin(), name.end(), plain)) {
    return std::string(name);
  }
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

template <typename T>
std::optional<T> FindObjectOf(const Catalog& catalog, std::string_view kind, const QualifiedName& name,
                              const NameScope& scope) {
  const std::string_view database = name.database.empty() ? scope.database : name.database;
  const auto in = [&](std::string_view schema) -> std::optional<T> {
    const std::string* payload = catalog.FindObject(kind, ObjectPath(database, schema, name.name));
    if (payload == nullptr) return std::nullopt;
    return T::Deserialize(*payload);
  };
  if (!name.schema.empty()) return in(name.schema);
  for (const std::string& schema : scope.search_path) {
    if (std::optional<T> found = in(schema)) return found;
  }
  return std::nullopt;
}

template <typename T>
std::vector<T> ObjectsIn(const Catalog& catalog, std::string_view kind, std::string_view database) {
  std::vector<T> out;
  for (const auto& [name, payload] : catalog.ObjectsOf(kind)) {
    T object = T::Deserialize(payload);
    if (database.empty() || object.database == database) out.push_back(std::move(object));
  }
  return out;
}

template <typename Definition>
void WriteHead(const Definition& definition, ByteWriter& out) {
  out.Put(kFormat);
  out.PutVarint(definition.id);
  out.PutString(definition.database);
  out.PutString(definition.schema);
  out.PutString(definition.name);
}

template <typename Definition>
Definition ReadHead(ByteReader& in) {
  CheckFormat(in);
  Definition out;
  out.id = static_cast<uint32_t>(in.GetVarint());
  out.database = in.GetString();
  out.schema = in.GetString();
  out.name = in.GetString();
  return out;
}

}  // namespace

std::string ObjectPath(std::string_view database, std::string_view schema, std::string_view name) {
  return fmt::format("{}.{}.{}", database, schema, name);
}

std::string UserType::display_name() const {
  return schema == kDefaultSchema ? Quoted(name) : Quoted(schema) + "." + Quoted(name);
}

Type UserType::ToType() const {
  return kind == Kind::kEnum ? type : type.WithDomain(display_name(), id);
}

std::string UserType::Serialize() const {
  ByteWriter out;
  WriteHead(*this, out);
  out.Put(static_cast<uint8_t>(kind));
  SerializeType(type, out);
  out.Put(static_cast<uint8_t>(not_null));
  out.PutString(default_sql);
  WriteList(checks, out, [&](const Check& check) {
    out.PutString(check.name);
    out.PutString(check.sql);
  });
  WriteList(search_path, out, [&](const std::string& path) { out.PutString(path); });
  out.PutString(comment);
  return out.Take();
}

UserType UserType::Deserialize(std::string_view payload) {
  ByteReader in(payload);
  auto out = ReadHead<UserType>(in);
  out.kind = ReadEnum(in, Kind::kComposite);
  out.type = DeserializeType(in);
  out.not_null = in.Get<uint8_t>() != 0;
  out.default_sql = in.GetString();
  out.checks = ReadList<Check>(in, [&] {
    std::string name(in.GetString());
    return Check{std::move(name), std::string(in.GetString())};
  });
  out.search_path = ReadList<std::string>(in, [&] { return std::string(in.GetString()); });
  out.comment = in.GetString();
  return out;
}

std::string UserCollation::Serialize() const {
  ByteWriter out;
  WriteHead(*this, out);
  out.PutString(collation.name);
  out.PutString(collation.locale);
  out.Put(static_cast<uint8_t>(collation.deterministic));
  return out.Take();
}

UserCollation UserCollation::Deserialize(std::string_view payload) {
  ByteReader in(payload);
  auto out = ReadHead<UserCollation>(in);
  out.collation.name = in.GetString();
  out.collation.locale = in.GetString();
  out.collation.deterministic = in.Get<uint8_t>() != 0;
  return out;
}

std::optional<UserType> FindUserType(const Catalog& catalog, const QualifiedName& name, const NameScope& scope) {
  return FindObjectOf<UserType>(catalog, kTypeObject, name, scope);
}

std::optional<UserType> FindUserType(const Catalog& catalog, uint32_t id) {
  for (UserType& type : UserTypesOf(catalog, {})) {
    if (type.id == id) return std::move(type);
  }
  return std::nullopt;
}

std::vector<UserType> UserTypesOf(const Catalog& catalog, std::string_view database) {
  return ObjectsIn<UserType>(catalog, kTypeObject, database);
}

std::optional<UserCollation> FindUserCollation(const Catalog& catalog, const QualifiedName& name,
                                               const NameScope& scope) {
  return FindObjectOf<UserCollation>(catalog, kCollationObject, name, scope);
}

std::vector<UserCollation> UserCollationsOf(const Catalog& catalog, std::string_view database) {
  return ObjectsIn<UserCollation>(catalog, kCollationObject, database);
}

bool UsesType(const Type& type, uint32_t id) {
  if (type.domain_id() == id || (type.is(TypeKind::kEnum) && type.enum_id() == id)) return true;
  for (size_t i = 0; i < type.child_count(); ++i) {
    if (UsesType(type.child(i), id)) return true;
  }
  return false;
}

Type ReplaceUserType(const Type& type, const UserType& to) {
  if (!UsesType(type, to.id)) return type;
  if (type.domain_id() == to.id) return to.ToType();
  const auto noted = [&](Type made) {
    if (type.domain().empty()) return made;
    return made.WithDomain(std::string(type.domain()), type.domain_id());
  };
  switch (type.kind()) {
    case TypeKind::kEnum:
      return noted(to.type);
    case TypeKind::kList:
      return noted(Type::List(ReplaceUserType(type.element(), to)));
    case TypeKind::kMap:
      return noted(Type::Map(ReplaceUserType(type.key(), to), ReplaceUserType(type.value(), to)));
    case TypeKind::kStruct: {
      std::vector<Field> fields(type.fields().begin(), type.fields().end());
      for (Field& field : fields) field.type = ReplaceUserType(field.type, to);
      return noted(Type::Struct(std::move(fields)));
    }
    default:
      return type;
  }
}

Value ReplaceUserType(const Value& value, const Type& type) {
  if (value.is_null()) return Value::Null(type);
  if (type.is(TypeKind::kEnum) && value.type().is(TypeKind::kEnum)) {
    const std::string& stored = value.type().labels()[static_cast<size_t>(value.integer())].stored;
    const std::optional<int32_t> label = type.FindStoredLabel(stored);
    if (!label.has_value()) {
      throw Error::Operational(sqlstate::kDataCorrupted, "value is no label of {}: {}", type.ToString(), stored);
    }
    return Value::Integer(type, *label);
  }
  if (!type.is_nested()) return value.WithType(type);
  std::vector<Value> parts = value.parts();
  for (size_t i = 0; i < parts.size(); ++i) {
    const size_t child = type.is(TypeKind::kList) ? 0 : type.is(TypeKind::kMap) ? i % 2 : i;
    parts[i] = ReplaceUserType(parts[i], type.child(child));
  }
  return Value::Nested(type, std::move(parts));
}

}  // namespace weir
