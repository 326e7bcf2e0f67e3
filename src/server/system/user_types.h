#pragma once

#include <string>
#include <vector>

#include "catalog/user_type.h"
#include "server/system/system_table.h"

namespace weir {

// What the system tables say of types, domains and collations that users made.

// Rows of pg_type, in the order of its columns there.
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
