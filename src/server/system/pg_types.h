#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "catalog/user_type.h"
#include "types/type.h"

namespace weir {

// A type as PostgreSQL's clients know it.
struct PgType {
  TypeKind kind;
  int64_t oid;
  std::string name;  // pg_type.typname
  int64_t array_oid;
  int64_t element_oid;  // of array types
  int16_t length;       // -1: variable
  char category;
};

std::span<const PgType> PgTypes();
PgType PgTypeOf(const Type& type);
// The ids of types that users made, and of their arrays.
int64_t UserTypeOid(uint32_t id);
int64_t UserArrayOid(uint32_t id);
// pg_attribute.atttypmod.
int32_t PgTypeModifier(const Type& type);
// "numeric(15,2)", "timestamp with time zone", as format_type(oid, typmod) prints it.
std::string FormatPgType(int64_t oid, int64_t modifier);
// The same, of the user's types too.
std::string FormatPgType(int64_t oid, int64_t modifier, const std::vector<UserType>& user_types);

}  // namespace weir
