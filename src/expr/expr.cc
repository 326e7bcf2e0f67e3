#include "expr/expr.h"

#include <algorithm>
#include <bit>

#include "base/hash.h"
#include "expr/cast_rules.h"

namespace weir {

std::shared_ptr<Expr> Expr::Make(ExprKind kind, Type type, std::vector<ExprPtr> children) {
  auto expr = std::shared_ptr<Expr>(new Expr());
  expr->kind_ = kind;
  expr->type_ = std::move(type);
  expr->children_ = std::move(children);
  return expr;
}

ExprPtr Expr::Literal(Value value) {
  auto expr = Make(ExprKind::kLiteral, value.type(), {});
  expr->values_.push_back(std::move(value));
  return expr;
}

ExprPtr Expr::Column(ColumnId id, Type type, std::string name) {
  auto expr = Make(ExprKind::kColumn, std::move(type), {});
  expr->index_ = id.value();
  expr->name_ = std::move(name);
  return expr;
}

ExprPtr Expr::Input(size_t index, Type type) {
  auto expr = Make(ExprKind::kInput, std::move(type), {});
  expr->index_ = index;
  return expr;
}

ExprPtr Expr::Call(const FunctionSpec& spec, const FunctionOverload& overload, Type type, std::vector<ExprPtr> args) {
  auto expr = Make(ExprKind::kCall, std::move(type), std::move(args));
  expr->name_ = spec.name;
  expr->spec_ = &spec;
  expr->overload_ = &overload;
  return expr;
}

ExprPtr Expr::Cast(ExprPtr child, Type type, bool is_try) {
  auto expr = Make(ExprKind::kCast, std::move(type), {std::move(child)});
  expr->is_try_ = is_try;
  return expr;
}

ExprPtr Expr::And(std::vector<ExprPtr> children) {
  return Make(ExprKind::kAnd, TypeKind::kBoolean, std::move(children));
}

ExprPtr Expr::Or(std::vector<ExprPtr> children) {
  return Make(ExprKind::kOr, TypeKind::kBoolean, std::move(children));
}

ExprPtr Expr::Not(ExprPtr child) {
  return Make(ExprKind::kNot, TypeKind::kBoolean, {std::move(child)});
}

ExprPtr Expr::IsNull(ExprPtr child) {
  return Make(ExprKind::kIsNull, TypeKind::kBoolean, {std::move(child)});
}

ExprPtr Expr::Case(std::vector<ExprPtr> when_then_else, Type type) {
  WEIR_CHECK(when_then_else.size() % 2 == 1, "{} operands of CASE", when_then_else.size());
  return Make(ExprKind::kCase, std::move(type), std::move(when_then_else));
}

ExprPtr Expr::Coalesce(std::vector<ExprPtr> children) {
  WEIR_CHECK(!children.empty());
  Type type = children[0]->type();
  return Make(ExprKind::kCoalesce, std::move(type), std::move(children));
}

ExprPtr Expr::In(ExprPtr child, std::vector<Value> set) {
  auto expr = Make(ExprKind::kIn, TypeKind::kBoolean, {std::move(child)});
  expr->values_ = std::move(set);
  return expr;
}

ExprPtr Expr::Parameter(size_t index, Type type) {
  auto expr = Make(ExprKind::kParameter, std::move(type), {});
  expr->index_ = index;
  return expr;
}

ExprPtr Expr::Subquery(std::shared_ptr<const void> payload, std::vector<ExprPtr> children, Type type) {
  auto expr = Make(ExprKind::kSubquery, std::move(type), std::move(children));
  expr->payload_ = std::move(payload);
  return expr;
}

ExprPtr Expr::WithChildren(std::vector<ExprPtr> children) const {
  WEIR_CHECK(children.size() == children_.size(), "{} children for {}", children.size(), children_.size());
  auto expr = std::shared_ptr<Expr>(new Expr(*this));  // NOLINT(modernize-make-shared): private
  expr->children_ = std::move(children);
  return expr;
}

ExprPtr Expr::WithNotes(const ExprPtr& expr, Type type) {
  WEIR_DCHECK(expr->type_ == type);
  if (expr->type_.SameNotes(type)) return expr;
  auto copy = std::shared_ptr<Expr>(new Expr(*expr));  // NOLINT(modernize-make-shared): private
  copy->type_ = std::move(type);
  return copy;
}

ExprPtr Expr::WithPosition(const ExprPtr& expr, int64_t position) {
  if (position < 0 || expr->position_ == position) return expr;
  auto copy = std::shared_ptr<Expr>(new Expr(*expr));  // NOLINT(modernize-make-shared): private
  copy->position_ = position;
  return copy;
}

bool Expr::is_true() const {
  return is(ExprKind::kLiteral) && type_.is(TypeKind::kBoolean) && !literal().is_null() && literal().boolean();
}

bool Expr::is_false() const {
  return is(ExprKind::kLiteral) && type_.is(TypeKind::kBoolean) && (literal().is_null() || !literal().boolean());
}

bool Expr::IsFoldable(Volatility worst) const {
  switch (kind_) {
    case ExprKind::kColumn:
    case ExprKind::kInput:
    case ExprKind::kParameter:
    case ExprKind::kSubquery:
      return false;
    case ExprKind::kCall:
      if (overload_->volatility > worst) return false;
      break;
    case ExprKind::kCast:
      if (CastVolatility(children_[0]->type(), type_) > worst) return false;
      break;
    default:
      break;
  }
  return std::all_of(children_.begin(), children_.end(), [&](const ExprPtr& e) { return e->IsFoldable(worst); });
}

Volatility Expr::volatility() const {
  Volatility worst = Volatility::kImmutable;
  if (is(ExprKind::kCall)) worst = overload_->volatility;
  if (is(ExprKind::kCast)) worst = CastVolatility(children_[0]->type(), type_);
  for (const ExprPtr& child : children_) worst = std::max(worst, child->volatility());
  return worst;
}

bool Expr::NodeCanFail() const {
  switch (kind_) {
    case ExprKind::kCall: {
      if (!overload_->can_fail) return false;
      if (overload_->never_fails == nullptr) return true;
      std::vector<Type> types;
      for (const ExprPtr& child : children_) types.push_back(child->type());
      return !overload_->never_fails(types, type_);
    }
    case ExprKind::kCast:
      return !is_try_ && CastCanFail(children_[0]->type(), type_);
    case ExprKind::kSubquery:
      return true;
    default:
      return false;
  }
}

bool Expr::CanFail() const {
  if (is(ExprKind::kCall) && name_ == "try") return false;
  if (NodeCanFail()) return true;
  return std::any_of(children_.begin(), children_.end(), [](const ExprPtr& e) { return e->CanFail(); });
}

namespace {

// Stricter than SQL equality: '1 month' and '30 days' compare equal, but adding them to a date does not.
bool SameLiterals(const std::vector<Value>& a, const std::vector<Value>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!(a[i].type() == b[i].type()) || a[i].is_null() != b[i].is_null()) return false;
    if (a[i].is_null()) continue;
    switch (a[i].type().kind()) {
      case TypeKind::kFloat:
      case TypeKind::kDouble:
        if (std::bit_cast<uint64_t>(a[i].floating()) != std::bit_cast<uint64_t>(b[i].floating())) return false;
        break;
      case TypeKind::kInterval:
        if (!(a[i].interval() == b[i].interval())) return false;
        break;
      case TypeKind::kList:
      case TypeKind::kStruct:
      case TypeKind::kMap:
        if (!SameLiterals(a[i].parts(), b[i].parts())) return false;
        break;
      default:
        if (!(a[i] == b[i])) return false;
    }
  }
  return true;
}

}  // namespace

bool Expr::Equals(const Expr& other) const {
  if (this == &other) return true;
  if (kind_ != other.kind_ || is_try_ != other.is_try_ || index_ != other.index_ || overload_ != other.overload_ ||
      payload_ != other.payload_ || children_.size() != other.children_.size() || !(type_ == other.type_) ||
      !SameLiterals(values_, other.values_)) {
    return false;
  }
  if (is(ExprKind::kCall) && overload_->volatility == Volatility::kVolatile) return false;
  for (size_t i = 0; i < children_.size(); ++i) {
    if (!children_[i]->Equals(*other.children_[i])) return false;
  }
  return true;
}

uint64_t Expr::Hash() const {
  uint64_t hash = HashInt(static_cast<uint64_t>(kind_) << 32 | static_cast<uint64_t>(type_.kind()) << 8 |
                          static_cast<uint64_t>(is_try_));
  hash = HashCombine(hash, index_);
  hash = HashCombine(hash, reinterpret_cast<uintptr_t>(overload_));
  for (const Value& value : values_) hash = HashCombine(hash, value.Hash());
  for (const ExprPtr& child : children_) hash = HashCombine(hash, child->Hash());
  return hash;
}

void VisitExpr(const Expr& expr, const std::function<bool(const Expr&)>& f) {
  if (!f(expr)) return;
  for (const ExprPtr& child : expr.children()) VisitExpr(*child, f);
}

ExprPtr RewriteExpr(const ExprPtr& expr, const std::function<ExprPtr(const ExprPtr&)>& f) {
  std::vector<ExprPtr> children;
  bool changed = false;
  for (const ExprPtr& child : expr->children()) {
    children.push_back(RewriteExpr(child, f));
    changed |= children.back() != child;
  }
  return f(changed ? expr->WithChildren(std::move(children)) : expr);
}

std::vector<ColumnId> ReferencedColumns(const Expr& expr) {
  std::vector<ColumnId> out;
  VisitExpr(expr, [&](const Expr& e) {
    if (e.is(ExprKind::kColumn) && std::find(out.begin(), out.end(), e.column_id()) == out.end()) {
      out.push_back(e.column_id());
    }
    return true;
  });
  return out;
}

namespace {

void SplitInto(const ExprPtr& expr, std::vector<ExprPtr>& out) {
  if (!expr->is(ExprKind::kAnd)) {
    out.push_back(expr);
    return;
  }
  for (const ExprPtr& child : expr->children()) SplitInto(child, out);
}

}  // namespace

std::vector<ExprPtr> SplitConjunction(const ExprPtr& expr) {
  std::vector<ExprPtr> out;
  SplitInto(expr, out);
  std::erase_if(out, [](const ExprPtr& e) { return e->is_true(); });
  return out;
}

ExprPtr CombineConjunction(std::vector<ExprPtr> exprs) {
  if (exprs.empty()) return Expr::Literal(Value::Boolean(true));
  if (exprs.size() == 1) return std::move(exprs[0]);
  return Expr::And(std::move(exprs));
}

}  // namespace weir
