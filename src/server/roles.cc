#include "server/roles.h"

#include <set>
#include <vector>

namespace weir {

bool IsSuperuser(const Catalog& catalog, std::string_view user) {
  return user == kFirstUser || catalog.FindObject(kSuperuserKind, user) != nullptr;
}

bool RoleExists(const Catalog& catalog, std::string_view role) {
  return role == kFirstUser || role == kReadServerFiles || role == kWriteServerFiles ||
         catalog.FindObject("user", role) != nullptr;
}

bool IsMember(const Catalog& catalog, std::string_view user, std::string_view role) {
  std::set<std::string> seen;
  std::vector<std::string> open = {std::string(user)};
  while (!open.empty()) {
    const std::string member = std::move(open.back());
    open.pop_back();
    if (member == role) return true;
    if (!seen.insert(member).second) continue;
    for (const auto& [name, payload] : catalog.ObjectsOf(kMemberKind)) {
      const size_t slash = name.find('/');
      if (name.substr(slash + 1) == member) open.push_back(name.substr(0, slash));
    }
  }
  return false;
}

std::string MembershipName(std::string_view role, std::string_view member) {
  return std::string(role) + "/" + std::string(member);
}

}  // namespace weir
