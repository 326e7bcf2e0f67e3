#pragma once

#include <cstdint>
#include <span>
#include <string>

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
const PgType& PgTypeOf(const Type& type);
// pg_attribute.atttypmod.
int32_t PgTypeModifier(const Type& type);
// "numeric(15,2)", "timestamp with time zone", as format_type(oid, typmod) prints it.
std::string FormatPgType(int64_t oid, int64_t modifier);

}  // namespace weir
