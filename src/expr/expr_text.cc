#include <algorithm>
#include <cctype>

#include "base/bytes.h"
#include "expr/expr.h"

// How expressions read in EXPLAIN, error messages and column names.

namespace weir {

namespace {

constexpr size_t kSetValuesShown = 20;

void AppendQuoted(std::string_view text, std::string& out) {
  out += '\'';
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  out += '\'';
}

void AppendLiteral(const Value& value, std::string& out) {
  if (value.is_null()) {
    out += "NULL";
    return;
  }
  const Type& type = value.type();
  if (type.is_numeric()) {
    out += value.ToString();
  } else if (type.is(TypeKind::kBoolean)) {
    out += value.boolean() ? "true" : "false";
  } else {
    AppendQuoted(value.ToString(), out);
    if (!type.is_string() && !type.is(TypeKind::kUnknown)) out += "::" + type.ToString();
  }
}

bool IsOperatorName(std::string_view name) {
  return !name.empty() && std::isalnum(static_cast<unsigned char>(name[0])) == 0 && name[0] != '_';
}

std::string_view InfixText(std::string_view name) {
  if (name == "~~") return "LIKE";
  if (name == "!~~") return "NOT LIKE";
  if (name == "~~*") return "ILIKE";
  if (name == "!~~*") return "NOT ILIKE";
  if (name == "is_distinct_from") return "IS DISTINCT FROM";
  if (name == "is_not_distinct_from") return "IS NOT DISTINCT FROM";
  return name;
}

void AppendList(const std::vector<ExprPtr>& exprs, std::string_view separator, std::string& out);

void AppendExpr(const Expr& expr, std::string& out);

// Lambdas are constants that begin with their text; see function/scalar/lambda.cc.
void AppendArgument(const Expr& call, size_t i, std::string& out) {
  const Expr& argument = *call.child(i);
  const auto& parameters = call.overload().parameters;
  const bool takes_lambda = std::any_of(parameters.begin(), parameters.end(), [](const TypePattern& pattern) {
    return pattern.kind() == TypePattern::Kind::kLambda;
  });
  const auto is_bytes = [](const Expr& child) {
    return child.is(ExprKind::kLiteral) && child.type().is(TypeKind::kVarbinary) && !child.literal().is_null();
  };
  // The first such constant behind the first argument is the lambda.
  bool is_lambda = takes_lambda && i > 0 && is_bytes(argument);
  for (size_t k = 1; k < i; ++k) is_lambda = is_lambda && !is_bytes(*call.child(k));
  if (is_lambda) {
    ByteReader in(argument.literal().bytes());
    out += in.GetString();
    return;
  }
  AppendExpr(argument, out);
}

void AppendExpr(const Expr& expr, std::string& out) {
  const auto& children = expr.children();
  switch (expr.kind()) {
    case ExprKind::kLiteral:
      return AppendLiteral(expr.literal(), out);
    case ExprKind::kColumn:
      out += expr.name();
      return;
    case ExprKind::kInput:
      out += fmt::format("#{}", expr.input_index());
      return;
    case ExprKind::kParameter:
      out += fmt::format("${}", expr.parameter_index() + 1);
      return;
    case ExprKind::kCall: {
      const std::string_view infix = InfixText(expr.name());
      const bool is_operator = IsOperatorName(expr.name()) || infix != expr.name();
      if (is_operator && children.size() == 2) {
        out += '(';
        AppendExpr(*children[0], out);
        out += fmt::format(" {} ", infix);
        AppendExpr(*children[1], out);
        out += ')';
        return;
      }
      if (is_operator && children.size() == 1) {
        out += fmt::format("({} ", infix);
        AppendExpr(*children[0], out);
        out += ')';
        return;
      }
      out += expr.name();
      out += '(';
      for (size_t i = 0; i < children.size(); ++i) {
        if (i != 0) out += ", ";
        AppendArgument(expr, i, out);
      }
      out += ')';
      return;
    }
    case ExprKind::kCast:
      if (expr.is_try()) {
        out += "TRY_CAST(";
        AppendExpr(*children[0], out);
        out += fmt::format(" AS {})", expr.type().ToString());
        return;
      }
      AppendExpr(*children[0], out);
      out += fmt::format("::{}", expr.type().ToString());
      return;
    case ExprKind::kAnd:
    case ExprKind::kOr:
      out += '(';
      AppendList(children, expr.is(ExprKind::kAnd) ? " AND " : " OR ", out);
      out += ')';
      return;
    case ExprKind::kNot:
      if (children[0]->is(ExprKind::kIsNull)) {
        out += '(';
        AppendExpr(*children[0]->child(0), out);
        out += " IS NOT NULL)";
        return;
      }
      out += "(NOT ";
      AppendExpr(*children[0], out);
      out += ')';
      return;
    case ExprKind::kIsNull:
      out += '(';
      AppendExpr(*children[0], out);
      out += " IS NULL)";
      return;
    case ExprKind::kCase:
      out += "CASE";
      for (size_t i = 0; i + 1 < children.size(); i += 2) {
        out += " WHEN ";
        AppendExpr(*children[i], out);
        out += " THEN ";
        AppendExpr(*children[i + 1], out);
      }
      out += " ELSE ";
      AppendExpr(*children.back(), out);
      out += " END";
      return;
    case ExprKind::kCoalesce:
      out += "COALESCE(";
      AppendList(children, ", ", out);
      out += ')';
      return;
    case ExprKind::kIn: {
      out += '(';
      AppendExpr(*children[0], out);
      out += " IN (";
      const auto& set = expr.set();
      for (size_t i = 0; i < set.size() && i < kSetValuesShown; ++i) {
        if (i != 0) out += ", ";
        AppendLiteral(set[i], out);
      }
      if (set.size() > kSetValuesShown) out += fmt::format(", ... {} more", set.size() - kSetValuesShown);
      out += "))";
      return;
    }
    case ExprKind::kSubquery:
      out += "(subquery)";
      return;
  }
}

void AppendList(const std::vector<ExprPtr>& exprs, std::string_view separator, std::string& out) {
  for (size_t i = 0; i < exprs.size(); ++i) {
    if (i != 0) out += separator;
    AppendExpr(*exprs[i], out);
  }
}

}  // namespace

std::string Expr::ToString() const {
  std::string out;
  AppendExpr(*this, out);
  return out;
}

std::string AggregateCall::ToString() const {
  std::string out = name + '(';
  if (distinct) out += "DISTINCT ";
  if (args.empty()) out += '*';
  AppendList(args, ", ", out);
  for (size_t i = 0; i < order_by.size(); ++i) {
    out += i == 0 ? " ORDER BY " : ", ";
    AppendExpr(*order_by[i].expr, out);
    if (order_by[i].descending) out += " DESC";
    // PostgreSQL's default: NULLs are larger than anything.
    if (order_by[i].nulls_first != order_by[i].descending) {
      out += order_by[i].nulls_first ? " NULLS FIRST" : " NULLS LAST";
    }
  }
  out += ')';
  if (filter != nullptr) {
    out += " FILTER (WHERE ";
    AppendExpr(*filter, out);
    out += ')';
  }
  return out;
}

}  // namespace weir
