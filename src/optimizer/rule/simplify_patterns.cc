#include "optimizer/rule/simplify_patterns.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "optimizer/map_children.h"

namespace weir {

namespace {

// The text that a LIKE pattern without wildcards stands for.
std::optional<std::string> TextOfLike(const std::string& pattern) {
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '%' || pattern[i] == '_') return std::nullopt;
    if (pattern[i] == '\\') {
      ++i;
      if (i == pattern.size()) return std::nullopt;
    }
    out += pattern[i];
  }
  return out;
}

// A regular expression of plain text and of what LIKE has too: any character, any characters.
struct SimpleRegex {
  bool at_start = false;
  bool at_end = false;
  bool is_plain = true;
  std::string text;  // of the plain ones
  std::string like;  // what is between the anchors, as a LIKE pattern
};

void AddLiteral(char c, std::string& like) {
  if (c == '%' || c == '_' || c == '\\') like += '\\';
  like += c;
}

std::optional<SimpleRegex> ParseRegex(std::string_view regex) {
  constexpr std::string_view kSpecial = "^$*+?()[]{}|";
  constexpr std::string_view kRepeats = "*+?{";
  SimpleRegex out;
  size_t i = 0;
  const auto repeats = [&](size_t at) { return at < regex.size() && kRepeats.find(regex[at]) != kRepeats.npos; };
  if (i < regex.size() && regex[i] == '^') {
    out.at_start = true;
    ++i;
  }
  for (; i < regex.size(); ++i) {
    const char c = regex[i];
    if (c == '$' && i + 1 == regex.size()) {
      out.at_end = true;
    } else if (c == '.') {
      out.is_plain = false;
      if (!repeats(i + 1)) {
        out.like += '_';
        continue;
      }
      const char how_often = regex[++i];
      // "x?", "x{1,2}", and the repetitions that prefer fewer.
      if ((how_often != '*' && how_often != '+') || repeats(i + 1)) return std::nullopt;
      out.like += how_often == '+' ? "_%" : "%";
    } else if (c == '\\') {
      // An escaped letter or digit is a class or a reference.
      ++i;
      if (i == regex.size() || !std::ispunct(static_cast<unsigned char>(regex[i])) || repeats(i + 1)) {
        return std::nullopt;
      }
      out.text += regex[i];
      AddLiteral(regex[i], out.like);
    } else if (kSpecial.find(c) != std::string_view::npos || repeats(i + 1)) {
      return std::nullopt;
    } else {
      out.text += c;
      AddLiteral(c, out.like);
    }
  }
  // "***" and "(?" start options; both have special characters and are gone by now.
  if (out.like.empty()) return std::nullopt;
  return out;
}

std::string LikeOf(const SimpleRegex& regex) {
  std::string out;
  if (!regex.at_start && !regex.like.starts_with('%')) out += '%';
  out += regex.like;
  // A trailing "\%" is a character of its own.
  const bool open = regex.like.ends_with('%') && (regex.like.size() == 1 || regex.like[regex.like.size() - 2] != '\\');
  if (!regex.at_end && !open) out += '%';
  return out;
}

// ^(a|b|c)$ with plain alternatives.
std::optional<std::vector<std::string>> AlternativesOf(std::string_view regex) {
  if (!regex.starts_with("^(") || !regex.ends_with(")$") || regex.size() < 5) return std::nullopt;
  regex = regex.substr(2, regex.size() - 4);
  if (regex.starts_with('?')) return std::nullopt;
  std::vector<std::string> out;
  while (true) {
    const size_t bar = regex.find('|');
    // An anchor within is not one of the whole.
    const std::string_view each = regex.substr(0, bar);
    const auto parsed = ParseRegex(each);
    if (!parsed.has_value() || !parsed->is_plain || parsed->at_start || parsed->at_end || each.ends_with('\\')) {
      return std::nullopt;
    }
    out.push_back(parsed->text);
    if (bar == std::string_view::npos) return out;
    regex.remove_prefix(bar + 1);
  }
}

std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) AddLiteral(c, out);
  return out;
}

size_t CharacterCount(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

bool IsVarchar(const Expr& expr) {
  return expr.type().is(TypeKind::kVarchar);
}

// left(x, 4) = 'text' and substring(x, 1, 4) = 'text' say how x begins.
ExprPtr SimplifyBeginning(const ExprPtr& expr, const OptimizerContext& context) {
  const ExprPtr& call = expr->child(0);
  const ExprPtr& text = expr->child(1);
  if (!call->is(ExprKind::kCall) || !text->is(ExprKind::kLiteral) || text->literal().is_null() || !IsVarchar(*text)) {
    return expr;
  }
  const bool left = call->name() == "left" && call->children().size() == 2;
  const bool part = (call->name() == "substring" || call->name() == "substr") && call->children().size() == 3;
  if ((!left && !part) || !IsVarchar(*call) || !(call->child(0)->type() == text->type())) return expr;
  const auto number = [](const ExprPtr& literal) -> std::optional<int64_t> {
    if (!literal->is(ExprKind::kLiteral) || literal->literal().is_null() || !literal->type().is_integer()) return {};
    return static_cast<int64_t>(literal->literal().wide());
  };
  if (part && number(call->child(1)) != 1) return expr;
  const auto length = number(call->child(left ? 1 : 2));
  if (!length.has_value() || *length <= 0) return expr;
  const auto count = static_cast<int64_t>(CharacterCount(text->literal().bytes()));
  if (count > *length) return expr;
  if (count < *length) return context.registry.BindCall("=", {call->child(0), text}, expr->position());
  ExprPtr pattern = Expr::Literal(Value::String(Escaped(text->literal().bytes()) + '%'));
  return context.registry.BindCall("~~", {call->child(0), std::move(pattern)}, expr->position());
}

ExprPtr Simplify(const ExprPtr& expr, const OptimizerContext& context) {
  if (!expr->is(ExprKind::kCall) || expr->children().size() != 2) return expr;
  if (expr->name() == "=") return SimplifyBeginning(expr, context);
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
  if (expr->name() == "similar_to") {
    // Of its own it has these; the others are LIKE's.
    if (text.find_first_of("|*+?{}()[]\\") != std::string::npos) return expr;
    auto plain = TextOfLike(text);
    return plain.has_value() ? call("=", std::move(*plain)) : call("~~", text);
  }
  if (expr->name() == "~" || expr->name() == "!~") {
    if (auto alternatives = AlternativesOf(text); alternatives.has_value() && IsVarchar(*subject)) {
      std::vector<Value> values;
      for (std::string& each : *alternatives) values.push_back(Value::String(std::move(each)));
      ExprPtr in = Expr::In(subject, std::move(values));
      return negated ? Expr::Not(std::move(in)) : in;
    }
    auto regex = ParseRegex(text);
    if (!regex.has_value()) return expr;
    if (regex->at_start && regex->at_end && regex->is_plain) return call(negated ? "<>" : "=", std::move(regex->text));
    return call(negated ? "!~~" : "~~", LikeOf(*regex));
  }
  return expr;
}

}  // namespace

LogicalPtr SimplifyPatterns(const LogicalPtr& plan, const OptimizerContext& context) {
  LogicalPtr node = MapChildren(plan, [&](const LogicalPtr& child) { return SimplifyPatterns(child, context); });
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
