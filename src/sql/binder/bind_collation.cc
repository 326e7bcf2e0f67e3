// Collations: which one an expression has, and the keys by which its values are ordered.
//
// An expression carries its collation in its type (Type::collation). Whatever orders values, comparisons, ORDER BY,
// windows, min and max, orders the key that OrderKey gives; nothing below the binder knows of collations.
#include "types/collation.h"

#include <array>

#include "sql/binder/catalog_name.h"
#include "sql/binder/expression_binder.h"

namespace weir {

namespace {

using Origin = Collation::Origin;

// The weaker gives way; two of one strength that differ are a conflict, which is an error when both are explicit.
void Combine(std::optional<Collation>& into, const Collation& other, int64_t position) {
  if (!into.has_value() || into->origin < other.origin) {
    into = other;
    return;
  }
  if (into->origin > other.origin || into->name == other.name) return;
  if (into->origin == Origin::kExplicit) {
    throw Error::User(sqlstate::kCollationMismatch, "collation mismatch between explicit collations \"{}\" and \"{}\"",
                      into->name, other.name)
        .WithPosition(position);
  }
  // The default gives way to any other.
  if (other.name == "default") return;
  if (into->name == "default") {
    into = other;
    return;
  }
  into->origin = Origin::kConflict;
  into->locale = other.name;  // for the message
}

bool IsCollatable(const Type& type) {
  return type.is_string() || type.is(TypeKind::kUnknown) || (type.is(TypeKind::kList) && IsCollatable(type.element()));
}

void CollectCollation(const Expr& expr, std::optional<Collation>& into, int64_t position) {
  if (!IsCollatable(expr.type())) return;
  if (expr.type().collation() != nullptr) return Combine(into, *expr.type().collation(), position);
  for (size_t i = 0; i < expr.children().size(); ++i) {
    // Conditions of CASE do not count.
    if (expr.is(ExprKind::kCase) && i % 2 == 0 && i + 1 < expr.children().size()) continue;
    CollectCollation(*expr.child(i), into, position);
  }
}

bool IsComparison(std::string_view op) {
  constexpr std::array<std::string_view, 9> kOperators = {
      "=", "<>", "!=", "<", "<=", ">", ">=", "is_distinct_from", "is_not_distinct_from"};
  return std::find(kOperators.begin(), kOperators.end(), op) != kOperators.end();
}

bool IsEquality(std::string_view op) {
  return op == "=" || op == "<>" || op == "!=" || op.starts_with("is_");
}

Error Indeterminate(std::string_view what) {
  return Error::User(sqlstate::kIndeterminateCollation, "could not determine which collation to use for {}", what)
      .WithHint("Use the COLLATE clause to set the collation explicitly.");
}

}  // namespace

Collation Binder::FindCollation(const ast::QualifiedName& name) const {
  const weir::QualifiedName written = ToCatalogName(name);
  if (written.schema.empty() || written.schema == "pg_catalog") {
    if (std::optional<Collation> builtin = FindBuiltinCollation(written.name)) return *builtin;
  }
  if (std::optional<UserCollation> user = FindUserCollation(*context_.catalog, written, context_.names)) {
    return user->collation;
  }
  throw Error::User(sqlstate::kUndefinedObject, "collation \"{}\" for encoding \"UTF8\" does not exist",
                    written.ToString())
      .WithHint("Collations are \"C\", \"POSIX\", \"default\", ICU's like \"de-x-icu\", and those of CREATE COLLATION.")
      .WithPosition(name.offset);
}

Type Binder::CollatedType(const Type& type, const ast::QualifiedName& collation) const {
  if (collation.empty()) return type;
  Collation found = FindCollation(collation);
  if (!type.is_string()) {
    throw Error::User(sqlstate::kDatatypeMismatch, "collations are not supported by type {}", type.ToString())
        .WithPosition(collation.offset);
  }
  found.origin = Origin::kImplicit;
  return type.WithCollation(std::move(found));
}

void Binder::DeriveCollation(ExprPtr& expr) const {
  if (!IsCollatable(expr->type()) || expr->type().collation() != nullptr) return;
  std::optional<Collation> derived;
  CollectCollation(*expr, derived, expr->position());
  if (derived.has_value()) expr = Expr::WithNotes(expr, expr->type().WithCollation(std::move(derived)));
}

ExprPtr Binder::EqualityKey(const ExprPtr& expr) const {
  const Collation* collation = expr->type().collation();
  return collation == nullptr || collation->deterministic ? expr : OrderKey(expr);
}

const ExprPtr& Binder::WithoutOrderKey(const ExprPtr& expr, std::string_view what) const {
  if (!expr->type().is_string() || OrderKey(expr) == expr) return expr;
  throw Error::Unsupported("Use COLLATE \"C\".", "{} by the collation \"{}\" is not available", what,
                           expr->type().collation()->name)
      .WithPosition(expr->position());
}

ExprPtr Binder::OrderKey(const ExprPtr& expr) const {
  if (expr->type().is_jsonb()) return registry_.BindCall("jsonb_sort_key", {expr}, expr->position());
  if (!uses_collations_ || !expr->type().is_string()) return expr;
  const Collation* collation = expr->type().collation();
  if (collation == nullptr) return expr;
  if (collation->origin == Origin::kConflict) {
    throw Error::User(sqlstate::kCollationMismatch, "collation mismatch between implicit collations \"{}\" and \"{}\"",
                      collation->name, collation->locale)
        .WithHint("You can choose the collation by applying the COLLATE clause to one or both expressions.")
        .WithPosition(expr->position());
  }
  if (collation->locale.empty()) return expr;
  return registry_.BindCall(
      "collation_key",
      {expr, Expr::Literal(Value::String(collation->locale)), Expr::Literal(Value::Boolean(collation->deterministic))},
      expr->position());
}

void Binder::CollateComparison(std::string_view op, std::vector<ExprPtr>& args, int64_t position) const {
  const bool like =
      op == "~~" || op == "!~~" || op == "~~*" || op == "!~~*" || op == "~" || op == "~*" || op == "similar_to";
  const bool extreme = op == "greatest" || op == "least";
  if (!IsComparison(op) && !like && !extreme) return;
  std::optional<Collation> collation;
  for (const ExprPtr& arg : args) {
    if (!IsCollatable(arg->type())) return;
    CollectCollation(*arg, collation, position);
  }
  if (!collation.has_value()) return;
  if (collation->origin == Origin::kConflict) {
    throw Indeterminate(like ? "LIKE" : "string comparison").WithPosition(position);
  }
  if (like) {
    if (collation->deterministic) return;
    throw Error::Unsupported("Use COLLATE \"C\" or lower().", "nondeterministic collations are not supported for LIKE")
        .WithPosition(position);
  }
  if (collation->locale.empty() || (IsEquality(op) && collation->deterministic)) return;
  if (extreme ||
      std::any_of(args.begin(), args.end(), [](const ExprPtr& arg) { return arg->type().is(TypeKind::kList); })) {
    throw Error::Unsupported("Use COLLATE \"C\", or CASE with a comparison.", "{} by collation \"{}\" is not available",
                             extreme ? op : "comparing lists", collation->name)
        .WithPosition(position);
  }
  for (ExprPtr& arg : args) {
    if (arg->type().is(TypeKind::kUnknown)) arg = registry_.BindCast(arg, TypeKind::kVarchar, CastRule::kImplicit);
    arg = OrderKey(Expr::WithNotes(arg, arg->type().WithCollation(collation)));
  }
}

void Binder::RequireByteEquality(const Type& type, std::string_view what) const {
  if (type.is_sketch()) {
    throw Error::User(sqlstate::kUndefinedFunction, "could not identify an equality operator for type {}",
                      type.ToString());
  }
  const Collation* collation = type.collation();
  if (collation == nullptr || collation->deterministic) return;
  throw Error::Unsupported("Use lower(), or COLLATE with a deterministic collation.",
                           "{} by the nondeterministic collation \"{}\" is not available", what, collation->name);
}

ExprPtr ExpressionBinder::BindCollate(const ast::CollateExpr& collate) {
  ExprPtr operand = Bind(*collate.operand);
  Collation collation = binder_.FindCollation(collate.collation);
  collation.origin = Origin::kExplicit;
  if (operand->type().is(TypeKind::kUnknown)) {
    operand = CastTo(operand, TypeKind::kVarchar, CastRule::kImplicit, collate.offset);
  }
  if (!operand->type().is_string()) {
    throw Error::User(sqlstate::kDatatypeMismatch, "collations are not supported by type {}",
                      operand->type().ToString())
        .WithPosition(collate.offset);
  }
  binder_.uses_collations_ = true;
  return Expr::WithNotes(operand, operand->type().WithCollation(std::move(collation)));
}

ExprPtr ExpressionBinder::BindCollationFor(const ast::Expr& operand) {
  const ExprPtr bound = Bind(operand);
  const Type& type = bound->type();
  if (!IsCollatable(type)) {
    throw Error::User(sqlstate::kDatatypeMismatch, "collations are not supported by type {}", type.ToString())
        .WithPosition(operand.offset);
  }
  if (type.collation() == nullptr) {
    if (type.is(TypeKind::kUnknown)) return Expr::Literal(Value::Null(TypeKind::kVarchar));
    return Expr::Literal(Value::String("\"default\""));
  }
  if (type.collation()->origin == Origin::kConflict) return Expr::Literal(Value::Null(TypeKind::kVarchar));
  return Expr::Literal(Value::String("\"" + type.collation()->name + "\""));
}

void ExpressionBinder::CollateAggregate(std::string& name, std::vector<ExprPtr>& args, int64_t position) {
  if ((name != "min" && name != "max") || args.size() != 1 || !args[0]->type().is_string()) return;
  if (args[0]->type().collation() != nullptr && args[0]->type().collation()->origin == Origin::kConflict) {
    throw Indeterminate("string comparison").WithPosition(position);
  }
  ExprPtr key = binder_.OrderKey(args[0]);
  if (key == args[0]) return;
  name = name == "min" ? "min_by" : "max_by";
  args.push_back(std::move(key));
}

}  // namespace weir
