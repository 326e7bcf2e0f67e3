#include "optimizer/physical/scan_predicates.h"

#include <algorithm>
#include <optional>

#include "runtime/cancellation_scope.h"

namespace weir {

namespace {

using Op = ColumnPredicate::Op;

std::optional<Op> OpOf(std::string_view name) {
  if (name == "=") return Op::kEqual;
  if (name == "<>") return Op::kNotEqual;
  if (name == "<") return Op::kLess;
  if (name == "<=") return Op::kLessEqual;
  if (name == ">") return Op::kGreater;
  if (name == ">=") return Op::kGreaterEqual;
  return std::nullopt;
}

Op Flip(Op op) {
  switch (op) {
    case Op::kLess:
      return Op::kGreater;
    case Op::kLessEqual:
      return Op::kGreaterEqual;
    case Op::kGreater:
      return Op::kLess;
    case Op::kGreaterEqual:
      return Op::kLessEqual;
    default:
      return op;
  }
}

// Casts that keep every value and their order, so that a comparison behind them is one of the column itself.
bool IsWidening(const Type& from, const Type& to) {
  if (from == to) return true;
  if (from.is_integer() && to.is_integer()) return from.kind() < to.kind();
  if (from.is_integer() && to.is(TypeKind::kDecimal)) return true;
  if (from.is(TypeKind::kDecimal) && to.is(TypeKind::kDecimal)) return to.scale() >= from.scale();
  if (from.is_string() && to.is_string()) return to.max_length() == 0;
  return false;
}

// The constant in the column's own type when that is exact; bounds that are not round outwards.
std::optional<ColumnPredicate> InColumnType(size_t column, const Type& type, Op op, const Value& constant,
                                            const OptimizerContext& context) {
  if (constant.is_null()) return std::nullopt;
  // Segments hold enums by their labels, which order in another way.
  if (type.is(TypeKind::kEnum)) return std::nullopt;
  if (constant.type() == type) return ColumnPredicate{column, op, {constant}};
  std::optional<Value> value, again;
  const auto out_of_range = CatchUnlessCanceled([&] {
    const ExprPtr there = context.registry.BindCast(Expr::Literal(constant), type, CastRule::kExplicit);
    value = EvaluateConstant(there, context.registry, context.statement);
    const ExprPtr back = context.registry.BindCast(Expr::Literal(*value), constant.type(), CastRule::kExplicit);
    again = EvaluateConstant(back, context.registry, context.statement);
  });
  // The filter itself will decide.
  if (out_of_range != nullptr || value->is_null() || again->is_null()) return std::nullopt;
  if (Value::Compare(*again, constant) == 0) return ColumnPredicate{column, op, {*value}};
  // 5 < x and x < 5.5 alike: a rounded bound is kept, with equality allowed.
  if (op == Op::kLess || op == Op::kLessEqual) return ColumnPredicate{column, Op::kLessEqual, {*value}};
  if (op == Op::kGreater || op == Op::kGreaterEqual) return ColumnPredicate{column, Op::kGreaterEqual, {*value}};
  return std::nullopt;
}

// Longer lists are looked up row by row; storage only hears of their bounds.
constexpr size_t kListMax = 1000;

void AddBounds(const std::vector<Value>& values, size_t column, const Type& type, const OptimizerContext& context,
               std::vector<ColumnPredicate>& out) {
  const Value* low = nullptr;
  const Value* high = nullptr;
  for (const Value& value : values) {
    if (value.is_null()) continue;
    if (low == nullptr || Value::Compare(value, *low) < 0) low = &value;
    if (high == nullptr || Value::Compare(value, *high) > 0) high = &value;
  }
  if (low == nullptr) return;
  auto from = InColumnType(column, type, Op::kGreaterEqual, *low, context);
  auto to = InColumnType(column, type, Op::kLessEqual, *high, context);
  if (from.has_value()) out.push_back(std::move(*from));
  if (to.has_value()) out.push_back(std::move(*to));
}

const Expr* ColumnBehindCasts(const Expr& expr) {
  const Expr* at = &expr;
  while (at->is(ExprKind::kCast) && !at->is_try() && IsWidening(at->child(0)->type(), at->type()))
    at = at->child(0).get();
  return at->is(ExprKind::kInput) ? at : nullptr;
}

// The text before the first wildcard of a LIKE pattern.
std::string LikePrefix(const std::string& pattern) {
  std::string prefix;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '%' || pattern[i] == '_') break;
    if (pattern[i] == '\\' && ++i == pattern.size()) break;
    prefix += pattern[i];
  }
  return prefix;
}

// The text that a regular expression wants at the start.
std::string RegexPrefix(const std::string& regex) {
  constexpr std::string_view kSpecial = ".^$*+?()[]{}|\\";
  // An alternative at the top has no part in what the first one wants.
  if (!regex.starts_with('^') || regex.find('|') != std::string::npos) return {};
  std::string prefix;
  size_t i = 1;
  for (; i < regex.size() && kSpecial.find(regex[i]) == std::string_view::npos; ++i) prefix += regex[i];
  // The last character may be there any number of times.
  if (i < regex.size() && (regex[i] == '*' || regex[i] == '?' || regex[i] == '{')) {
    while (!prefix.empty() && (prefix.back() & 0xC0) == 0x80) prefix.pop_back();
    if (!prefix.empty()) prefix.pop_back();
  }
  return prefix;
}

void Extract(const Expr& filter, const OptimizerContext& context, std::vector<ColumnPredicate>& out) {
  switch (filter.kind()) {
    case ExprKind::kIsNull:
      if (filter.child(0)->is(ExprKind::kInput)) out.push_back({filter.child(0)->input_index(), Op::kIsNull, {}});
      return;
    case ExprKind::kNot: {
      const Expr& inner = *filter.child(0);
      if (inner.is(ExprKind::kIsNull) && inner.child(0)->is(ExprKind::kInput)) {
        out.push_back({inner.child(0)->input_index(), Op::kIsNotNull, {}});
      }
      return;
    }
    case ExprKind::kIn: {
      const Expr* column = ColumnBehindCasts(*filter.child(0));
      if (column == nullptr) return;
      if (filter.set().size() > kListMax) {
        AddBounds(filter.set(), column->input_index(), column->type(), context, out);
        return;
      }
      ColumnPredicate in{column->input_index(), Op::kIn, {}};
      for (const Value& value : filter.set()) {
        if (value.is_null()) continue;
        auto one = InColumnType(column->input_index(), column->type(), Op::kEqual, value, context);
        if (!one.has_value()) return;
        in.values.push_back(std::move(one->values[0]));
      }
      if (!in.values.empty()) out.push_back(std::move(in));
      return;
    }
    case ExprKind::kCall: {
      if (filter.children().size() != 2) return;
      const Expr* left = filter.child(0).get();
      const Expr* right = filter.child(1).get();
      if (auto op = OpOf(filter.name())) {
        if (left->is(ExprKind::kLiteral)) {
          std::swap(left, right);
          op = Flip(*op);
        }
        const Expr* column = ColumnBehindCasts(*left);
        if (column == nullptr || !right->is(ExprKind::kLiteral)) return;
        if (auto made = InColumnType(column->input_index(), column->type(), *op, right->literal(), context)) {
          out.push_back(std::move(*made));
        }
        return;
      }
      if ((filter.name() == "~~" || filter.name() == "starts_with" || filter.name() == "^@" || filter.name() == "~") &&
          left->is(ExprKind::kInput) && right->is(ExprKind::kLiteral) && !right->literal().is_null() &&
          left->type().is_string()) {
        const std::string& text = right->literal().bytes();
        std::string prefix = filter.name() == "~~" ? LikePrefix(text) : filter.name() == "~" ? RegexPrefix(text) : text;
        if (!prefix.empty()) out.push_back({left->input_index(), Op::kPrefix, {Value::String(std::move(prefix))}});
      }
      return;
    }
    default:
      return;
  }
}

}  // namespace

std::vector<ColumnPredicate> ExtractPredicates(const std::vector<ExprPtr>& filters, const OptimizerContext& context) {
  std::vector<ColumnPredicate> out;
  for (const ExprPtr& filter : filters) Extract(*filter, context, out);
  return out;
}

}  // namespace weir
