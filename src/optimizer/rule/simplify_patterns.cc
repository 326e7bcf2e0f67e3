#include "optimizer/rule/simplify_patterns.h"

#include <cctype>
#include <optional>

namespace weir {

namespace {

// The text that a LIKE pattern without wildcards stands for.
std::optional<std::string> TextOfLike(const std::string& pattern) {
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '%' || pattern[i] == '_') return std::nullopt;
    if (pattern[i] == '\\' && ++i == pattern.size()) return std::nullopt;
    out += pattern[i];
  }
  return out;
}

// A regular expression that is plain text, perhaps anchored.
struct PlainRegex {
  bool at_start = false;
  bool at_end = false;
  std::string text;
};

std::optional<PlainRegex> ParseRegex(const std::string& regex) {
  constexpr std::string_view kSpecial = ".^$*+?()[]{}|";
  PlainRegex out;
  size_t i = 0;
  if (i < regex.size() && regex[i] == '^') {
    out.at_start = true;
    ++i;
  }
  for (; i < regex.size(); ++i) {
    const char c = regex[i];
    if (c == '$' && i + 1 == regex.size()) {
      out.at_end = true;
    } else if (c == '\\') {
      // An escaped letter or digit is a class or a reference.
      if (++i == regex.size() || !std::ispunct(static_cast<unsigned char>(regex[i]))) return std::nullopt;
      out.text += regex[i];
    } else if (kSpecial.find(c) != std::string_view::npos) {
      return std::nullopt;
    } else {
      out.text += c;
    }
  }
  // "***" and "(?" start options; both have special characters and are gone by now.
  if (out.text.empty()) return std::nullopt;
  return out;
}

std::string LikeOf(const PlainRegex& regex) {
  std::string out = regex.at_start ? "" : "%";
  for (const char c : regex.text) {
    if (c == '%' || c == '_' || c == '\\') out += '\\';
    out += c;
  }
  return regex.at_end ? out : out + '%';
}

ExprPtr Simplify(const ExprPtr& expr, const OptimizerContext& context) {
  if (!expr->is(ExprKind::kCall) || expr->children().size() != 2) return expr;
  const ExprPtr& subject = expr->child(0);
  const ExprPtr& pattern = expr->child(1);
  if (!pattern->is(ExprKind::kLiteral) || pattern->literal().is_null() || !pattern->type().is_string() ||
      !subject->type().is_string() || !(subject->type() == pattern->type())) {
    return expr;
  }
  const std::string& text = pattern->literal().bytes();
  const auto call = [&](std::string_view name, std::string operand) {
    return context.registry.BindCall(name, {subject, Expr::Literal(Value::String(std::move(operand)))},
                                     expr->position());
  };
  const bool negated = expr->name() == "!~~" || expr->name() == "!~";
  if (expr->name() == "~~" || expr->name() == "!~~") {
    auto plain = TextOfLike(text);
    return plain.has_value() ? call(negated ? "<>" : "=", std::move(*plain)) : expr;
  }
  if (expr->name() == "~" || expr->name() == "!~") {
    auto regex = ParseRegex(text);
    if (!regex.has_value()) return expr;
    if (regex->at_start && regex->at_end) return call(negated ? "<>" : "=", std::move(regex->text));
    return call(negated ? "!~~" : "~~", LikeOf(*regex));
  }
  return expr;
}

}  // namespace

LogicalPtr SimplifyPatterns(const LogicalPtr& plan, const OptimizerContext& context) {
  std::vector<LogicalPtr> children;
  bool changed = false;
  for (const LogicalPtr& child : plan->children()) {
    children.push_back(SimplifyPatterns(child, context));
    changed = changed || children.back() != child;
  }
  const LogicalPtr node = changed ? plan->WithChildren(std::move(children)) : plan;
  const auto rewrite = [&](const ExprPtr& expr) {
    return RewriteExpr(expr, [&](const ExprPtr& part) { return Simplify(part, context); });
  };
  switch (node->kind()) {
    case LogicalKind::kScan: {
      const auto& scan = node->as<LogicalScan>();
      if (scan.filters.empty()) return node;
      std::vector<ExprPtr> filters = scan.filters;
      for (ExprPtr& filter : filters) filter = rewrite(filter);
      return scan.WithFilters(std::move(filters));
    }
    case LogicalKind::kFilter:
      return std::make_shared<LogicalFilter>(node->child(), rewrite(node->as<LogicalFilter>().predicate));
    case LogicalKind::kProject: {
      std::vector<ExprPtr> exprs = node->as<LogicalProject>().exprs;
      for (ExprPtr& expr : exprs) expr = rewrite(expr);
      return std::make_shared<LogicalProject>(node->child(), std::move(exprs), node->columns());
    }
    case LogicalKind::kJoin: {
      const auto& join = node->as<LogicalJoin>();
      return std::make_shared<LogicalJoin>(join.join_kind, join.child(0), join.child(1), rewrite(join.condition),
                                           join.null_aware, join.mark);
    }
    default:
      return node;
  }
}

}  // namespace weir
