#include <algorithm>
#include <array>
#include <vector>

#include "sql/parser/keywords.h"
#include "sql/parser/sql_writer.h"
#include "sql/parser/to_sql.h"

namespace weir {
namespace {

Precedence PrecedenceOfOperator(std::string_view op) {
  if (op == "+" || op == "-") return Precedence::kAdd;
  if (op == "*" || op == "/" || op == "%" || op == "div") return Precedence::kMultiply;
  if (op == "^") return Precedence::kPower;
  if (op == "<" || op == ">" || op == "=" || op == "<=" || op == ">=" || op == "<>") return Precedence::kComparison;
  if (op == "xor") return Precedence::kXor;
  if (op == "overlaps") return Precedence::kBetween;
  return Precedence::kOperator;
}

Precedence PrecedenceOf(const ast::Expr& expr) {
  switch (expr.kind) {
    case ast::ExprKind::kUnaryExpr: {
      const std::string_view op = expr.As<ast::UnaryExpr>().op;
      return op == "-" || op == "+" ? Precedence::kUnary : Precedence::kOperator;
    }
    case ast::ExprKind::kBinaryExpr:
      return PrecedenceOfOperator(expr.As<ast::BinaryExpr>().op);
    case ast::ExprKind::kLogicalExpr:
      return expr.As<ast::LogicalExpr>().is_or ? Precedence::kOr : Precedence::kAnd;
    case ast::ExprKind::kNotExpr:
      return Precedence::kNot;
    case ast::ExprKind::kIsTest:
    case ast::ExprKind::kDistinctTest:
      return Precedence::kIs;
    case ast::ExprKind::kBetweenExpr:
    case ast::ExprKind::kInListExpr:
    case ast::ExprKind::kInSubqueryExpr:
    case ast::ExprKind::kLikeExpr:
      return Precedence::kBetween;
    case ast::ExprKind::kQuantifiedExpr: {
      const std::string_view op = expr.As<ast::QuantifiedExpr>().op;
      if (op == "~~" || op == "!~~" || op == "~~*" || op == "!~~*") return Precedence::kBetween;
      return PrecedenceOfOperator(op);
    }
    case ast::ExprKind::kCollateExpr:
      return Precedence::kCollate;
    case ast::ExprKind::kLambdaExpr:
    case ast::ExprKind::kNamedArgument:
      return Precedence::kLowest;
    default:
      return Precedence::kPostfix;
  }
}

bool CanBeSubscripted(const ast::Expr& base) {
  switch (base.kind) {
    case ast::ExprKind::kColumnRef:
    case ast::ExprKind::kSubscriptExpr:
    case ast::ExprKind::kFieldAccess:
    case ast::ExprKind::kFunctionCall:
    case ast::ExprKind::kArrayExpr:
    case ast::ExprKind::kMapExpr:
    case ast::ExprKind::kStructExpr:
    case ast::ExprKind::kParameter:
      return true;
    default:
      return false;
  }
}

struct LeftOperand {
  const ast::Expr* expr = nullptr;
  Precedence min = Precedence::kLowest;
  bool parentheses = false;
};

// The operand that the text of `expr` begins with (perhaps behind CAST and a parenthesis); chains of these can be very
// long, so they are written in a loop.
LeftOperand LeftOf(const ast::Expr& expr) {
  const Precedence own = PrecedenceOf(expr);
  switch (expr.kind) {
    case ast::ExprKind::kBinaryExpr:
      return {expr.As<ast::BinaryExpr>().left,
              own == Precedence::kComparison || own == Precedence::kBetween ? Tighter(own) : own};
    case ast::ExprKind::kLogicalExpr:
      return {expr.As<ast::LogicalExpr>().operands[0], Tighter(own)};
    case ast::ExprKind::kIsTest:
      return {expr.As<ast::IsTest>().operand, Tighter(own)};
    case ast::ExprKind::kDistinctTest:
      return {expr.As<ast::DistinctTest>().left, Tighter(own)};
    case ast::ExprKind::kBetweenExpr:
      return {expr.As<ast::BetweenExpr>().operand, Tighter(own)};
    case ast::ExprKind::kInListExpr:
      return {expr.As<ast::InListExpr>().operand, Tighter(own)};
    case ast::ExprKind::kInSubqueryExpr:
      return {expr.As<ast::InSubqueryExpr>().operand, Tighter(own)};
    case ast::ExprKind::kLikeExpr:
      return {expr.As<ast::LikeExpr>().operand, Tighter(own)};
    case ast::ExprKind::kQuantifiedExpr:
      return {expr.As<ast::QuantifiedExpr>().left, Tighter(own)};
    case ast::ExprKind::kCollateExpr:
      return {expr.As<ast::CollateExpr>().operand, own};
    case ast::ExprKind::kCastExpr:
      return {expr.As<ast::CastExpr>().operand, Precedence::kLowest};
    case ast::ExprKind::kSubscriptExpr: {
      const ast::Expr* base = expr.As<ast::SubscriptExpr>().base;
      return {base, Precedence::kLowest, !CanBeSubscripted(*base)};
    }
    case ast::ExprKind::kFieldAccess: {
      const ast::Expr* base = expr.As<ast::FieldAccess>().base;
      const bool plain = base->kind == ast::ExprKind::kSubscriptExpr || base->kind == ast::ExprKind::kFieldAccess ||
                         base->kind == ast::ExprKind::kFunctionCall;
      return {base, Precedence::kLowest, !plain};
    }
    default:
      return {};
  }
}

const ast::Expr& LeftmostLeaf(const ast::Expr& expr) {
  const ast::Expr* leaf = &expr;
  while (const ast::Expr* left = leaf->kind == ast::ExprKind::kCastExpr ? nullptr : LeftOf(*leaf).expr) leaf = left;
  return *leaf;
}

bool IsArrow(std::string_view op) {
  return op == "->";
}

// Whether the text of `expr` begins with `name ->`.
bool BeginsLikeLambda(const ast::Expr& expr) {
  const ast::Expr* at = &expr;
  while (at != nullptr && at->kind != ast::ExprKind::kCastExpr) {
    const auto* binary = at->TryAs<ast::BinaryExpr>();
    if (binary != nullptr && IsArrow(binary->op) && binary->left->kind == ast::ExprKind::kColumnRef &&
        binary->left->As<ast::ColumnRef>().parts.size() == 1) {
      return true;
    }
    at = LeftOf(*at).expr;
  }
  return false;
}

// Functions whose names PostgreSQL's grammar knows, and that the parser takes with plain arguments too.
bool IsSpecialCall(const ast::FunctionCall& call) {
  if (call.name.parts.size() != 1) return false;
  const bool is_plain = !call.star && !call.distinct && !call.variadic && call.order_by.empty() &&
                        !call.has_separator && call.within_group.empty() && call.filter == nullptr &&
                        call.over == nullptr && call.nulls == ast::NullTreatment::kDefault &&
                        std::none_of(call.args.begin(), call.args.end(), [](const ast::Expr* arg) {
                          return arg->kind == ast::ExprKind::kLambdaExpr ||
                                 arg->kind == ast::ExprKind::kNamedArgument || arg->kind == ast::ExprKind::kStarExpr;
                        });
  if (!is_plain) return false;
  const std::string_view name = call.name.parts[0];
  const size_t count = call.args.size();
  if (name == "extract") return count == 2;
  if (name == "substring") return count >= 1 && count <= 3;
  if (name == "position") return count == 2 && PrecedenceOf(*call.args[0]) > Precedence::kBetween;
  if (name == "overlay") return count == 3 || count == 4;
  const bool is_value = name == "current_date" || name == "current_time" || name == "current_timestamp" ||
                        name == "localtime" || name == "localtimestamp" || name == "current_user" ||
                        name == "current_role" || name == "session_user" || name == "user" || name == "current_catalog";
  if (is_value) {
    const auto* precision = count == 1 ? call.args[0]->TryAs<ast::NumberLiteral>() : nullptr;
    return count == 0 || (precision != nullptr && precision->is_integer);
  }
  return false;
}

// Col_name keywords that are ordinary calls.
bool IsCallKeyword(std::string_view name) {
  return name == "coalesce" || name == "nullif" || name == "greatest" || name == "least" || name == "grouping" ||
         name == "char" || name == "normalize" || name == "if" || name == "mod" || name == "map" || name == "struct";
}

}  // namespace

void SqlWriter::Expr(const ast::Expr& expr, Precedence min) {
  struct Pending {
    const ast::Expr* expr;
    bool parentheses;
  };
  std::vector<Pending> pending;
  const ast::Expr* at = &expr;
  bool parentheses = PrecedenceOf(expr) < min;
  while (true) {
    if (parentheses) Put("(");
    const LeftOperand left = LeftOf(*at);
    if (left.expr == nullptr) {
      Leaf(*at);
      if (parentheses) Put(")");
      break;
    }
    pending.push_back({at, parentheses});
    Head(*at);
    at = left.expr;
    parentheses = left.parentheses || PrecedenceOf(*at) < left.min;
  }
  for (; !pending.empty(); pending.pop_back()) {
    Tail(*pending.back().expr);
    if (pending.back().parentheses) Put(")");
  }
}

void SqlWriter::NestedExpr(const ast::Expr& expr) {
  Put("(");
  Expr(expr);
  Put(")");
}

void SqlWriter::ExprList(ast::List<const ast::Expr*> exprs) {
  CommaList(exprs, [&](const ast::Expr* expr) { Expr(*expr); });
}

// What stands before the left operand.
void SqlWriter::Head(const ast::Expr& expr) {
  if (const auto* cast = expr.TryAs<ast::CastExpr>()) Put(cast->is_try ? "TRY_CAST(" : "CAST(");
}

// What stands behind the left operand.
void SqlWriter::Tail(const ast::Expr& expr) {
  const Precedence own = PrecedenceOf(expr);
  switch (expr.kind) {
    case ast::ExprKind::kBinaryExpr: {
      const auto& binary = expr.As<ast::BinaryExpr>();
      const bool is_word = binary.op[0] >= 'a' && binary.op[0] <= 'z';
      std::string op(binary.op);
      if (is_word) std::transform(op.begin(), op.end(), op.begin(), [](char c) { return static_cast<char>(c - 32); });
      Put(" ", op, " ");
      Expr(*binary.right, Tighter(own));
      break;
    }
    case ast::ExprKind::kLogicalExpr: {
      const auto& logical = expr.As<ast::LogicalExpr>();
      for (const ast::Expr* operand : logical.operands.subspan(1)) {
        Put(logical.is_or ? " OR " : " AND ");
        Expr(*operand, Tighter(own));
      }
      break;
    }
    case ast::ExprKind::kIsTest: {
      static constexpr auto kTests = std::to_array<std::string_view>(
          {"NULL", "TRUE", "FALSE", "UNKNOWN", "JSON", "JSON OBJECT", "JSON ARRAY", "JSON SCALAR"});
      const auto& test = expr.As<ast::IsTest>();
      Put(test.negated ? " IS NOT " : " IS ", kTests[static_cast<size_t>(test.test)]);
      break;
    }
    case ast::ExprKind::kDistinctTest: {
      const auto& test = expr.As<ast::DistinctTest>();
      Put(test.negated ? " IS NOT DISTINCT FROM " : " IS DISTINCT FROM ");
      Expr(*test.right, Tighter(own));
      break;
    }
    case ast::ExprKind::kBetweenExpr: {
      const auto& between = expr.As<ast::BetweenExpr>();
      Put(between.negated ? " NOT BETWEEN " : " BETWEEN ", between.symmetric ? "SYMMETRIC " : "");
      Expr(*between.low, Tighter(own));
      Put(" AND ");
      Expr(*between.high, Tighter(own));
      break;
    }
    case ast::ExprKind::kInListExpr: {
      const auto& in = expr.As<ast::InListExpr>();
      Put(in.negated ? " NOT IN (" : " IN (");
      ExprList(in.items);
      Put(")");
      break;
    }
    case ast::ExprKind::kInSubqueryExpr: {
      const auto& in = expr.As<ast::InSubqueryExpr>();
      Put(in.negated ? " NOT IN (" : " IN (");
      Query(*in.query);
      Put(")");
      break;
    }
    case ast::ExprKind::kLikeExpr: {
      static constexpr auto kWords =
          std::to_array<std::string_view>({"LIKE ", "ILIKE ", "SIMILAR TO ", "REGEXP ", "GLOB "});
      const auto& like = expr.As<ast::LikeExpr>();
      // GLOB has no NOT before it.
      if (like.negated && like.like == ast::LikeKind::kGlob) {
        Put(" GLOB ");
      } else {
        Put(like.negated ? " NOT " : " ", kWords[static_cast<size_t>(like.like)]);
      }
      Expr(*like.pattern, Tighter(own));
      if (like.escape != nullptr) {
        Put(" ESCAPE ");
        Expr(*like.escape, Tighter(own));
      }
      break;
    }
    case ast::ExprKind::kQuantifiedExpr: {
      const auto& quantified = expr.As<ast::QuantifiedExpr>();
      std::string_view op = quantified.op;
      if (op == "~~") op = "LIKE";
      if (op == "!~~") op = "NOT LIKE";
      if (op == "~~*") op = "ILIKE";
      if (op == "!~~*") op = "NOT ILIKE";
      Put(" ", op, quantified.all ? " ALL (" : " ANY (");
      quantified.query != nullptr ? Query(*quantified.query) : Expr(*quantified.array);
      Put(")");
      break;
    }
    case ast::ExprKind::kCollateExpr:
      Put(" COLLATE ");
      Qualified(expr.As<ast::CollateExpr>().collation);
      break;
    case ast::ExprKind::kCastExpr:
      Put(" AS ");
      Type(*expr.As<ast::CastExpr>().type);
      Put(")");
      break;
    case ast::ExprKind::kSubscriptExpr:
      Subscript(expr.As<ast::SubscriptExpr>());
      break;
    case ast::ExprKind::kFieldAccess:
      Put(".");
      Name(expr.As<ast::FieldAccess>().field);
      break;
    default:
      break;
  }
}

void SqlWriter::Subscript(const ast::SubscriptExpr& subscript) {
  Put("[");
  if (subscript.index != nullptr) Expr(*subscript.index);
  if (subscript.is_slice) {
    Put(subscript.index != nullptr ? " : " : ": ");
    if (subscript.high != nullptr) Expr(*subscript.high);
    if (subscript.step != nullptr) {
      Put(" : ");
      Expr(*subscript.step);
    }
  }
  Put("]");
}

// Nodes whose text does not begin with an operand of theirs.
void SqlWriter::Leaf(const ast::Expr& expr) {
  switch (expr.kind) {
    case ast::ExprKind::kNullLiteral:
      return Put("NULL");
    case ast::ExprKind::kBoolLiteral:
      return Put(expr.As<ast::BoolLiteral>().value ? "TRUE" : "FALSE");
    case ast::ExprKind::kNumberLiteral:
      return Put(expr.As<ast::NumberLiteral>().text);
    case ast::ExprKind::kStringLiteral:
      return String(expr.As<ast::StringLiteral>().value);
    case ast::ExprKind::kBitStringLiteral: {
      const auto& bits = expr.As<ast::BitStringLiteral>();
      return Put(bits.is_hex ? "X'" : "B'", bits.digits, "'");
    }
    case ast::ExprKind::kIntervalLiteral:
      return Interval(expr.As<ast::IntervalLiteral>());
    case ast::ExprKind::kParameter: {
      const auto& parameter = expr.As<ast::Parameter>();
      return parameter.index == 0 ? Put(":", parameter.name) : Put("$", std::to_string(parameter.index));
    }
    case ast::ExprKind::kUserVariable: {
      const auto& variable = expr.As<ast::UserVariable>();
      switch (variable.scope) {
        case ast::VariableScope::kUser: {
          if (QuoteName(variable.name)[0] != '"') return Put("@", variable.name);
          std::string quoted;
          for (const char c : variable.name) quoted.append(c == '`' ? 2 : 1, c);
          return Put("@`", quoted, "`");
        }
        case ast::VariableScope::kSystem:
          return Put("@@", variable.name);
        case ast::VariableScope::kSession:
          return Put("@@session.", variable.name);
        case ast::VariableScope::kGlobal:
          return Put("@@global.", variable.name);
      }
      return;
    }
    case ast::ExprKind::kColumnRef: {
      ast::QualifiedName name;
      name.parts = expr.As<ast::ColumnRef>().parts;
      return Qualified(name);
    }
    case ast::ExprKind::kStarExpr:
      return Star(expr.As<ast::StarExpr>());
    case ast::ExprKind::kUnaryExpr: {
      const auto& unary = expr.As<ast::UnaryExpr>();
      const bool is_sign = unary.op == "-" || unary.op == "+";
      // A sign right before @ would be read as one operator with it.
      Put(unary.op, is_sign && unary.operand->kind != ast::ExprKind::kUserVariable ? "" : " ");
      return Expr(*unary.operand, is_sign ? Tighter(Precedence::kUnary) : Tighter(Precedence::kOperator));
    }
    case ast::ExprKind::kNotExpr:
      Put("NOT ");
      return Expr(*expr.As<ast::NotExpr>().operand, Precedence::kNot);
    case ast::ExprKind::kCaseExpr: {
      const auto& node = expr.As<ast::CaseExpr>();
      Put("CASE");
      if (node.operand != nullptr) {
        Put(" ");
        Expr(*node.operand);
      }
      for (const ast::WhenClause& when : node.whens) {
        Put(" WHEN ");
        Expr(*when.condition);
        Put(" THEN ");
        Expr(*when.result);
      }
      if (node.otherwise != nullptr) {
        Put(" ELSE ");
        Expr(*node.otherwise);
      }
      return Put(" END");
    }
    case ast::ExprKind::kFunctionCall:
      return Call(expr.As<ast::FunctionCall>(), false);
    case ast::ExprKind::kSubqueryExpr:
      Put("(");
      Query(*expr.As<ast::SubqueryExpr>().query);
      return Put(")");
    case ast::ExprKind::kExistsExpr:
      Put("EXISTS (");
      Query(*expr.As<ast::ExistsExpr>().query);
      return Put(")");
    case ast::ExprKind::kRowExpr:
      Put("ROW(");
      ExprList(expr.As<ast::RowExpr>().fields);
      return Put(")");
    case ast::ExprKind::kArrayExpr:
      Put("ARRAY[");
      ExprList(expr.As<ast::ArrayExpr>().elements);
      return Put("]");
    case ast::ExprKind::kArraySubqueryExpr:
      Put("ARRAY(");
      Query(*expr.As<ast::ArraySubqueryExpr>().query);
      return Put(")");
    case ast::ExprKind::kListComprehension: {
      const auto& node = expr.As<ast::ListComprehension>();
      Put("[");
      Expr(*node.result);
      Put(" FOR ");
      Names(node.parameters);
      Put(" IN ");
      Expr(*node.list);
      if (node.condition != nullptr) {
        Put(" IF ");
        Expr(*node.condition);
      }
      return Put("]");
    }
    case ast::ExprKind::kMapExpr: {
      const auto& node = expr.As<ast::MapExpr>();
      Put("MAP {");
      for (size_t i = 0; i < node.keys.size(); ++i) {
        if (i > 0) Put(", ");
        Expr(*node.keys[i]);
        Put(": ");
        Expr(*node.values[i]);
      }
      return Put("}");
    }
    case ast::ExprKind::kStructExpr: {
      const auto& node = expr.As<ast::StructExpr>();
      Put("{");
      for (size_t i = 0; i < node.names.size(); ++i) {
        if (i > 0) Put(", ");
        String(node.names[i]);
        Put(": ");
        Expr(*node.values[i]);
      }
      return Put("}");
    }
    case ast::ExprKind::kLambdaExpr:
      return Lambda(expr.As<ast::LambdaExpr>());
    case ast::ExprKind::kNamedArgument: {
      const auto& named = expr.As<ast::NamedArgument>();
      Name(named.name);
      Put(" => ");
      return Argument(*named.value, false);
    }
    case ast::ExprKind::kDefaultExpr:
      return Put("DEFAULT");
    case ast::ExprKind::kMaxValueExpr:
      return Put("MAXVALUE");
    case ast::ExprKind::kCurrentOfExpr:
      Put("CURRENT OF ");
      return Name(expr.As<ast::CurrentOfExpr>().cursor);
    default:
      return;
  }
}

void SqlWriter::Interval(const ast::IntervalLiteral& interval) {
  const bool is_string = interval.value->kind == ast::ExprKind::kStringLiteral;
  const bool trailing_precision = interval.fields.ends_with("second") && interval.precision >= 0;
  Put("INTERVAL");
  if (interval.precision >= 0 && !trailing_precision) Put("(", std::to_string(interval.precision), ")");
  Put(" ");
  is_string ? Expr(*interval.value) : NestedExpr(*interval.value);
  if (!interval.fields.empty()) Put(" ", interval.fields);
  if (trailing_precision) Put("(", std::to_string(interval.precision), ")");
}

void SqlWriter::Lambda(const ast::LambdaExpr& lambda) {
  if (lambda.parameters.size() == 1) {
    Name(lambda.parameters[0]);
  } else {
    ParenthesizedNames(lambda.parameters);
  }
  Put(" -> ");
  // A literal right behind the arrow would be a JSON key.
  const ast::ExprKind first = LeftmostLeaf(*lambda.body).kind;
  const bool is_literal = first == ast::ExprKind::kStringLiteral || first == ast::ExprKind::kNumberLiteral;
  is_literal ? NestedExpr(*lambda.body) : Expr(*lambda.body);
}

void SqlWriter::Argument(const ast::Expr& argument, bool) {
  BeginsLikeLambda(argument) ? NestedExpr(argument) : Expr(argument);
}

void SqlWriter::CallName(const ast::FunctionCall& call, bool in_from) {
  if (call.name.parts.size() != 1) return Qualified(call.name);
  const std::string_view name = call.name.parts[0];
  const KeywordInfo* keyword = FindKeyword(name);
  bool raw = name == "files" || (!in_from && (IsSpecialCall(call) || IsCallKeyword(name)));
  if (keyword != nullptr && keyword->keyword_class == KeywordClass::kTypeOrFunctionName) {
    raw = keyword->keyword != Keyword::kCollation;
  }
  raw ? Put(name) : Name(name);
}

void SqlWriter::Call(const ast::FunctionCall& call, bool in_from) {
  if (!in_from && IsSpecialCall(call) && call.name.parts[0] == "extract") {
    const auto* field = call.args[0]->TryAs<ast::StringLiteral>();
    const bool is_word = field != nullptr && !field->value.empty() &&
                         std::all_of(field->value.begin(), field->value.end(),
                                     [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
    if (is_word) {
      Put("extract(", field->value, " FROM ");
      Expr(*call.args[1]);
      return Put(")");
    }
  }
  CallName(call, in_from);
  Put("(");
  if (call.star) Put("*");
  if (call.distinct) Put("DISTINCT ");
  for (size_t i = 0; i < call.args.size(); ++i) {
    if (i > 0) Put(", ");
    if (call.variadic && i + 1 == call.args.size()) Put("VARIADIC ");
    Argument(*call.args[i], false);
  }
  if (!call.order_by.empty()) {
    Put(" ORDER BY ");
    SortItems(call.order_by);
  }
  if (call.has_separator) {
    Put(" SEPARATOR ");
    String(call.separator);
  }
  Put(")");
  if (!call.within_group.empty()) {
    Put(" WITHIN GROUP (ORDER BY ");
    SortItems(call.within_group);
    Put(")");
  }
  if (call.filter != nullptr) {
    Put(" FILTER (WHERE ");
    Expr(*call.filter);
    Put(")");
  }
  if (call.nulls == ast::NullTreatment::kIgnore) Put(" IGNORE NULLS");
  if (call.nulls == ast::NullTreatment::kRespect) Put(" RESPECT NULLS");
  if (call.over != nullptr) {
    Put(" OVER ");
    call.over->is_reference ? Name(call.over->base) : Window(*call.over);
  }
}

void SqlWriter::SortSuffix(const ast::SortItem& item) {
  if (item.direction == ast::SortDirection::kAscending) Put(" ASC");
  if (item.direction == ast::SortDirection::kDescending) Put(" DESC");
  if (!item.using_op.empty()) Put(" USING ", item.using_op);
  if (item.nulls == ast::NullsOrder::kFirst) Put(" NULLS FIRST");
  if (item.nulls == ast::NullsOrder::kLast) Put(" NULLS LAST");
}

void SqlWriter::SortItems(ast::List<ast::SortItem> items) {
  CommaList(items, [&](const ast::SortItem& item) {
    Expr(*item.expr);
    SortSuffix(item);
  });
}

void SqlWriter::Bound(const ast::FrameBound& bound) {
  switch (bound.kind) {
    case ast::FrameBoundKind::kUnboundedPreceding:
      return Put("UNBOUNDED PRECEDING");
    case ast::FrameBoundKind::kCurrentRow:
      return Put("CURRENT ROW");
    case ast::FrameBoundKind::kUnboundedFollowing:
      return Put("UNBOUNDED FOLLOWING");
    case ast::FrameBoundKind::kPreceding:
      Expr(*bound.distance, Precedence::kOperator);
      return Put(" PRECEDING");
    case ast::FrameBoundKind::kFollowing:
      Expr(*bound.distance, Precedence::kOperator);
      return Put(" FOLLOWING");
  }
}

void SqlWriter::Window(const ast::WindowSpec& spec) {
  Put("(");
  std::string_view space;
  if (!spec.base.empty()) {
    // The words of frames would be read as such.
    if (spec.base == "rows" || spec.base == "range" || spec.base == "groups") {
      Put("\"", spec.base, "\"");
    } else {
      Name(spec.base);
    }
    space = " ";
  }
  if (!spec.partition_by.empty()) {
    Put(space, "PARTITION BY ");
    ExprList(spec.partition_by);
    space = " ";
  }
  if (!spec.order_by.empty()) {
    Put(space, "ORDER BY ");
    SortItems(spec.order_by);
    space = " ";
  }
  if (spec.frame != nullptr) {
    static constexpr auto kModes = std::to_array<std::string_view>({"ROWS", "RANGE", "GROUPS"});
    static constexpr auto kExclusions =
        std::to_array<std::string_view>({"", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES"});
    Put(space, kModes[static_cast<size_t>(spec.frame->mode)], " BETWEEN ");
    Bound(spec.frame->start);
    Put(" AND ");
    Bound(spec.frame->end);
    Put(kExclusions[static_cast<size_t>(spec.frame->exclusion)]);
  }
  Put(")");
}

}  // namespace weir
