// Domains: their constraints are checked where a value becomes one of the domain: at casts, and at columns of tables.
#include "sql/binder/expression_binder.h"

namespace weir {

namespace {

// Base domain first, as PostgreSQL checks them.
std::vector<UserType> DomainsOf(const Catalog& catalog, uint32_t id) {
  std::vector<UserType> out;
  while (id != 0) {
    std::optional<UserType> domain = FindUserType(catalog, id);
    if (!domain) break;
    id = domain->type.domain_id();
    out.insert(out.begin(), std::move(*domain));
  }
  return out;
}

}  // namespace

// The condition with `value` in place of VALUE.
ExprPtr Binder::BindDomainCheck(const UserType& domain, const UserType::Check& check, const ExprPtr& value) {
  const ast::ExprPtr parsed = ParseExpression(check.sql);
  const Type base = domain.type.WithDomain("", 0);
  Scope scope;
  const ColumnId id = ids_.Next();
  scope.Add({"", "", "value", id, base});
  ExpressionBinder binder(*this, scope, "check constraints", nullptr);
  const ExprPtr condition = binder.BindPredicate(*parsed);
  return RewriteExpr(condition, [&](const ExprPtr& node) {
    return node->is(ExprKind::kColumn) && node->column_id() == id ? Expr::WithNotes(value, base) : node;
  });
}

ExprPtr Binder::CheckDomain(ExprPtr value, const Type& type, int64_t position) {
  if (type.domain_id() == 0) return value;
  const std::vector<UserType> domains = DomainsOf(*context_.catalog, type.domain_id());
  if (domains.empty()) return value;
  const ExprPtr name = Expr::Literal(Value::String(domains.back().name));
  bool checked = false;
  for (const UserType& domain : domains) {
    if (domain.not_null) {
      value = registry_.BindCall("check_domain_not_null", {std::move(value), name}, position);
      checked = true;
    }
    for (const UserType::Check& check : domain.checks) {
      ExprPtr holds = BindDomainCheck(domain, check, value);
      value = registry_.BindCall("check_domain",
                                 {value, std::move(holds), name, Expr::Literal(Value::String(check.name))}, position);
      checked = true;
    }
  }
  return checked ? Expr::WithNotes(value, type) : value;
}

ExprPtr ExpressionBinder::Assigned(const ExprPtr& value, const Type& type, int64_t position) {
  // A value of the same domain has been checked.
  if (type.domain_id() == 0 || value->type().domain_id() == type.domain_id()) {
    return CastTo(value, type, CastRule::kAssignment, position);
  }
  ExprPtr base = CastTo(value, type.WithDomain("", 0), CastRule::kAssignment, position);
  return binder_.CheckDomain(std::move(base), type, position);
}

void Binder::CheckDomainDefinition(const UserType& domain) {
  const ExprPtr value = Expr::Literal(Value::Null(domain.type.WithDomain("", 0)));
  for (const UserType::Check& check : domain.checks) BindDomainCheck(domain, check, value);
}

}  // namespace weir
