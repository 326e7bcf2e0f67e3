#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "catalog/ids.h"
#include "types/type.h"
#include "types/value.h"

namespace weir {

class Catalog;
struct NameScope;
struct QualifiedName;

// A type that the user made. Kept as a catalog object of kind "type"; columns carry what ToType() gives, so that
// reading rows needs no catalog, and a change of the type changes every definition that has it.
struct UserType {
  enum class Kind : uint8_t { kEnum = 0, kDomain = 1, kAlias = 2, kComposite = 3 };  // serialised: append only
  struct Check {
    std::string name;
    std::string sql;  // over the column "value"
  };

  uint32_t id = 0;  // given by the catalog
  std::string database;
  std::string schema;
  std::string name;
  Kind kind = Kind::kEnum;
  Type type;  // the enum; what a domain is of, which may be another domain
  // Domains
  bool not_null = false;
  std::string default_sql;
  std::vector<Check> checks;
  std::vector<std::string> search_path;  // what unqualified names in the checks mean
  std::string comment;

  std::string display_name() const;  // as PostgreSQL shows it: quoted where it must be, with its schema unless public
  Type ToType() const;
  std::string Serialize() const;
  static UserType Deserialize(std::string_view payload);
};

// A collation that the user made: a catalog object of kind "collation".
struct UserCollation {
  uint32_t id = 0;
  std::string database;
  std::string schema;
  std::string name;
  Collation collation;

  std::string Serialize() const;
  static UserCollation Deserialize(std::string_view payload);
};

inline constexpr std::string_view kTypeObject = "type";
inline constexpr std::string_view kCollationObject = "collation";
// The name under which a database's object is kept.
std::string ObjectPath(std::string_view database, std::string_view schema, std::string_view name);

std::optional<UserType> FindUserType(const Catalog& catalog, const QualifiedName& name, const NameScope& scope);
std::optional<UserType> FindUserType(const Catalog& catalog, uint32_t id);
std::vector<UserType> UserTypesOf(const Catalog& catalog, std::string_view database);  // "" : of all
std::optional<UserCollation> FindUserCollation(const Catalog& catalog, const QualifiedName& name,
                                               const NameScope& scope);
std::vector<UserCollation> UserCollationsOf(const Catalog& catalog, std::string_view database);

// Whether the type, or a part of it, is the user's type with that id.
bool UsesType(const Type& type, uint32_t id);
// `type` with every use of the user's type `to.id` made one of `to`.
Type ReplaceUserType(const Type& type, const UserType& to);
// A value of the old type as one of `type`, which ReplaceUserType made: labels keep their stored text.
Value ReplaceUserType(const Value& value, const Type& type);

}  // namespace weir
