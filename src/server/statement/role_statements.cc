// CREATE, ALTER and DROP of users, GRANT and REVOKE of roles.
#include <algorithm>

#include "server/roles.h"
#include "server/scram.h"
#include "server/statement/statement.h"

namespace weir {

namespace {

// Where nobody has a password everybody is trusted.
void RequireSuperuser(Session& session, std::string_view message) {
  if (!session.engine().HasPasswords() || IsSuperuser(*session.ReadCatalog(), session.user())) return;
  throw Error::User("42501", "{}", message);
}

struct RoleChange {
  std::optional<std::string> password;
  std::optional<bool> superuser;
};

RoleChange ChangeOf(ast::List<ast::Option> options) {
  RoleChange out;
  for (const ast::Option& option : options) {
    if (option.name == "password") {
      // PASSWORD NULL takes it away.
      const auto* text = option.value == nullptr ? nullptr : option.value->TryAs<ast::StringLiteral>();
      out.password = text == nullptr ? "" : std::string(text->value);
    } else if (option.name == "superuser" && option.value != nullptr) {
      if (const auto* flag = option.value->TryAs<ast::BoolLiteral>()) out.superuser = flag->value;
    }
  }
  return out;
}

void AddRole(Session& session, const std::string& name, const RoleChange& change, bool is_new,
             std::vector<CatalogChange>& changes) {
  const std::string* known = session.ReadCatalog()->FindObject("user", name);
  std::string verifier = known == nullptr ? "" : *known;
  if (change.password.has_value()) {
    verifier = change.password->empty() ? "" : MakeScramVerifier(*change.password, session.engine().services().random);
  }
  if (is_new || change.password.has_value()) changes.emplace_back(weir::PutObject{"user", name, verifier, is_new});
  if (!change.superuser.has_value()) return;
  if (*change.superuser) {
    changes.emplace_back(weir::PutObject{std::string(kSuperuserKind), name, "", false});
  } else {
    changes.emplace_back(weir::DropObject{std::string(kSuperuserKind), name, true});
  }
}

std::string CreateRole(Session& session, const ast::CreateRole& create) {
  RequireSuperuser(session, "permission denied to create role");
  const RoleChange change = ChangeOf(create.options);
  std::vector<CatalogChange> changes;
  for (const ast::RoleName& role : create.names) {
    const std::string name(role.name);
    if (create.if_not_exists && RoleExists(*session.ReadCatalog(), name)) continue;
    AddRole(session, name, change, true, changes);
  }
  if (!changes.empty()) session.ApplyDdl(std::move(changes));
  return "CREATE ROLE";
}

std::string AlterRole(Session& session, const ast::AlterRole& alter) {
  const std::string name(alter.role.name);
  const RoleChange change = ChangeOf(alter.options);
  const bool own_password = name == session.user() && !change.superuser.has_value();
  if (!own_password) RequireSuperuser(session, "permission denied");
  if (!RoleExists(*session.ReadCatalog(), name)) {
    throw Error::User(sqlstate::kUndefinedObject, "role \"{}\" does not exist", name).WithPosition(alter.role.offset);
  }
  if (!alter.rename_to.empty() || alter.set != nullptr || !alter.reset.empty()) {
    throw Error::Unsupported("Options are PASSWORD and SUPERUSER.", "this ALTER ROLE is not available")
        .WithPosition(alter.offset);
  }
  std::vector<CatalogChange> changes;
  AddRole(session, name, change, false, changes);
  if (!changes.empty()) session.ApplyDdl(std::move(changes));
  return "ALTER ROLE";
}

std::string Grant(Session& session, const ast::GrantPrivileges& grant) {
  const std::string_view tag = grant.is_revoke ? "REVOKE ROLE" : "GRANT ROLE";
  if (grant.has_object) {
    throw Error::Unsupported(
        "Every user may read and change everything; GRANT role TO user is for the files of the server.",
        "privileges on objects are not available")
        .WithPosition(grant.offset);
  }
  RequireSuperuser(session, "permission denied to grant role");
  const CatalogPtr catalog = session.ReadCatalog();
  std::vector<CatalogChange> changes;
  for (const ast::Privilege& privilege : grant.privileges) {
    for (const ast::RoleName& grantee : grant.grantees) {
      for (const ast::Name name : {privilege.name, grantee.name}) {
        if (!RoleExists(*catalog, name)) {
          throw Error::User(sqlstate::kUndefinedObject, "role \"{}\" does not exist", name).WithPosition(grant.offset);
        }
      }
      if (!grant.is_revoke && IsMember(*catalog, privilege.name, grantee.name)) {
        throw Error::User("0LP01", "role \"{}\" is a member of role \"{}\"", privilege.name, grantee.name);
      }
      std::string name = MembershipName(privilege.name, grantee.name);
      if (grant.is_revoke) {
        changes.emplace_back(weir::DropObject{std::string(kMemberKind), std::move(name), true});
      } else {
        changes.emplace_back(weir::PutObject{std::string(kMemberKind), std::move(name), "", false});
      }
    }
  }
  session.ApplyDdl(std::move(changes));
  return std::string(tag);
}

}  // namespace

bool IsRoleStatement(const ast::Statement& statement) {
  return statement.kind == ast::StatementKind::kCreateRole || statement.kind == ast::StatementKind::kAlterRole ||
         statement.kind == ast::StatementKind::kGrantPrivileges;
}

std::string ExecuteRoleStatement(Session& session, const ast::Statement& statement) {
  session.storage();
  if (const auto* create = statement.TryAs<ast::CreateRole>()) return CreateRole(session, *create);
  if (const auto* alter = statement.TryAs<ast::AlterRole>()) return AlterRole(session, *alter);
  return Grant(session, statement.As<ast::GrantPrivileges>());
}

std::vector<CatalogChange> DropRoleChanges(Session& session, ast::List<ast::RoleName> roles, bool if_exists) {
  if (!roles.empty()) RequireSuperuser(session, "permission denied to drop role");
  std::vector<CatalogChange> changes;
  for (const ast::RoleName& role : roles) {
    const std::string name(role.name);
    changes.emplace_back(weir::DropObject{"user", name, if_exists});
    changes.emplace_back(weir::DropObject{std::string(kSuperuserKind), name, true});
    for (const auto& [membership, payload] : session.ReadCatalog()->ObjectsOf(kMemberKind)) {
      const size_t slash = membership.find('/');
      if (membership.substr(0, slash) != name && membership.substr(slash + 1) != name) continue;
      changes.emplace_back(weir::DropObject{std::string(kMemberKind), membership, true});
    }
  }
  return changes;
}

}  // namespace weir
