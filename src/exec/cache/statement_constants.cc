#include "exec/cache/statement_constants.h"

#include <algorithm>

#include "base/error.h"

namespace weir {

namespace {

bool IsMoment(const Type& type) {
  return type.is_timestamp() || type.is(TypeKind::kDate) || type.is(TypeKind::kTime);
}

bool ContainsMoment(const Type& type) {
  if (IsMoment(type)) return true;
  for (size_t i = 0; i < type.child_count(); ++i) {
    if (ContainsMoment(type.child(i))) return true;
  }
  return false;
}

// Stable functions of rows that look at the time zone and the forms of text alone. Others look at the catalog, at
// settings and at the clock.
bool DependsOnStyleAlone(const Expr& call) {
  const std::string& family = call.function().family;
  if (family != "date/time" && family != "formatting") return false;
  // age(t) is from the current day; now(p) and its kin have a number, or nothing.
  if (call.function().name == "age" && call.children().size() == 1) return false;
  return std::ranges::any_of(call.children(), [](const ExprPtr& arg) {
    return IsMoment(arg->type()) || arg->type().is_string() || arg->type().is(TypeKind::kInterval);
  });
}

// Texts like 'now' and 'today' are moments, too.
bool ReadsClock(const Expr& cast) {
  const Type& from = cast.child(0)->type();
  return !IsMoment(from) && !from.is_numeric() && ContainsMoment(cast.type()) && !(from == cast.type()) &&
         !from.is(TypeKind::kInterval) && !ContainsMoment(from);
}

}  // namespace

ExprPtr StatementConstants::Compute(const ExprPtr& expr) {
  ExprPtr out;
  bool of_statement = expr->volatility() != Volatility::kImmutable;
  VisitExpr(*expr, [&](const Expr& part) {
    of_statement = of_statement || (part.is(ExprKind::kCast) && ReadsClock(part));
    return !of_statement;
  });
  const auto compute = [&] {
    const Value value = EvaluateConstant(expr, registry_, statement_);
    if (of_statement) {
      StatementContext later = statement_;
      later.statement_time_us += 1'000'000;
      if (!(EvaluateConstant(expr, registry_, later) == value)) moves_ = true;
      values_.push_back(value);
    }
    out = Expr::Literal(value);
  };
  const auto failed = CatchError(compute);
  // A failing constant is an error only where it is computed, if it ever is.
  if (failed != nullptr) return of_statement ? nullptr : expr;
  return out;
}

ExprPtr StatementConstants::Fix(const ExprPtr& expr) {
  if (expr->is(ExprKind::kLiteral)) return expr;
  if (expr->IsFoldable(Volatility::kStable)) return Compute(expr);
  switch (expr->kind()) {
    case ExprKind::kColumn:
    case ExprKind::kParameter:
    case ExprKind::kSubquery:
      return nullptr;
    case ExprKind::kCall:
      if (expr->overload().volatility == Volatility::kVolatile) return nullptr;
      if (expr->overload().volatility == Volatility::kStable && !DependsOnStyleAlone(*expr)) return nullptr;
      break;
    case ExprKind::kCast:
      if (ReadsClock(*expr)) return nullptr;
      break;
    default:
      break;
  }
  std::vector<ExprPtr> children;
  children.reserve(expr->children().size());
  for (const ExprPtr& child : expr->children()) {
    children.push_back(Fix(child));
    if (children.back() == nullptr) return nullptr;
  }
  return children == expr->children() ? expr : expr->WithChildren(std::move(children));
}

void StatementConstants::AddStatement(const StatementContext& statement, ByteWriter& key) {
  const TextStyle& style = statement.text_style;
  key.PutString(statement.time_zone);
  key.Put(static_cast<uint8_t>(style.dates));
  key.Put(static_cast<uint8_t>(style.order));
  key.Put(static_cast<uint8_t>(style.intervals));
  key.Put(static_cast<uint8_t>(style.bytea_escaped));
  key.Put(static_cast<int32_t>(style.extra_float_digits));
}

}  // namespace weir
