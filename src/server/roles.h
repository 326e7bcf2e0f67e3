#pragma once

#include <string>
#include <string_view>

#include "catalog/catalog.h"

namespace weir {

// Kinds of objects of the catalog: who may everything, and who is a member of which role ("role/member").
inline constexpr std::string_view kSuperuserKind = "superuser";
inline constexpr std::string_view kMemberKind = "member";
// The superuser that there always is.
inline constexpr std::string_view kFirstUser = "weir";
// Roles that PostgreSQL has from the start, as far as they mean something here.
inline constexpr std::string_view kReadServerFiles = "pg_read_server_files";
inline constexpr std::string_view kWriteServerFiles = "pg_write_server_files";

bool IsSuperuser(const Catalog& catalog, std::string_view user);
bool RoleExists(const Catalog& catalog, std::string_view role);
// Directly or through other roles.
bool IsMember(const Catalog& catalog, std::string_view user, std::string_view role);
std::string MembershipName(std::string_view role, std::string_view member);

}  // namespace weir
