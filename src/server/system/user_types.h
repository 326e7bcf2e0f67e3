#pragma once

#include <string>
#include <vector>

#include "catalog/user_type.h"
#include "server/system/system_table.h"
#include "server/system/type_io.h"

namespace weir {

// What the system tables say of types, domains and collations that users made.

// A row of pg_type.
struct TypeRow {
  int64_t oid = 0;
  std::string name;
  int64_t schema_oid = 11;
  int16_t length = -1;
  char kind = 'b';
  char category = 'U';
  int64_t element_oid = 0;
  int64_t array_oid = 0;
  const TypeIo* io = nullptr;
  const TypeIo* output = nullptr;  // of a domain's base type
  bool not_null = false;
  int64_t base_oid = 0;
  int64_t modifier = -1;
  int64_t collation = 0;
  std::string default_sql;

  void Write(RowWriter& out) const;
};

// Those of users.
void WriteUserTypes(const SystemTableInput& input, RowWriter& out);
// pg_enum, pg_collation, pg_constraint.
void AddUserTypeTables(std::vector<SystemTableDef>& out);
// information_schema.domains, domain_constraints, check_constraints, collations.
void AddDomainTables(std::vector<SystemTableDef>& out);

std::string SchemaOfType(const Catalog& catalog, uint32_t id);
// pg_collation.oid of the type's collation; 0: by bytes.
int64_t CollationOid(const Catalog& catalog, std::string_view database, const Type& type);
// pg_constraint.oid of a domain's check.
int64_t DomainCheckOid(const UserType& domain, size_t check);

}  // namespace weir
