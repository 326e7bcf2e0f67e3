#include <charconv>

#include "catalog/system_type.h"
#include "expr/comparison.h"
#include "sql/binder/bind_type.h"
#include "sql/binder/expression_binder.h"
#include "sql/parser/to_sql.h"

namespace weir {

namespace {

constexpr int kExpressionDepthMax = 2000;

bool IsSubquery(const ast::Expr& expr) {
  switch (expr.kind) {
    case ast::ExprKind::kSubqueryExpr:
    case ast::ExprKind::kExistsExpr:
    case ast::ExprKind::kInSubqueryExpr:
    case ast::ExprKind::kArraySubqueryExpr:
      return true;
    case ast::ExprKind::kQuantifiedExpr:
      return expr.As<ast::QuantifiedExpr>().query != nullptr;
    default:
      return false;
  }
}

// "second" of "hour to second": the smallest unit of an interval's fields.
std::string LastUnit(std::string_view fields) {
  const size_t to = fields.rfind(" to ");
  return std::string(to == std::string_view::npos ? fields : fields.substr(to + 4));
}

}  // namespace

ExpressionBinder::ExpressionBinder(Binder& binder, Scope& scope, std::string_view clause,
                                   std::vector<PendingApply>* pending, AggregateCollector* aggregates,
                                   std::vector<PendingApply>* aggregate_pending)
    : binder_(binder),
      scope_(scope),
      clause_(clause),
      pending_(pending),
      aggregates_(aggregates),
      aggregate_pending_(aggregate_pending) {}

ExprPtr ExpressionBinder::Bind(const ast::Expr& expr) {
  if (++depth_ > kExpressionDepthMax) {
    throw Error::User(sqlstate::kStatementTooComplex, "expression nested too deeply")
        .WithHint("Split the statement, or use IN and lists instead of chains of operators.")
        .WithPosition(expr.offset);
  }
  ExprPtr bound;
  try {
    bound = subqueries_ != nullptr && !inside_aggregate_ && IsSubquery(expr) ? BindNoted(expr) : BindNode(expr);
  } catch (Error& error) {
    error.set_position_if_unset(expr.offset);
    throw;
  }
  --depth_;
  if (binder_.uses_collations_) binder_.DeriveCollation(bound);
  return bound->position() < 0 ? Expr::WithPosition(bound, expr.offset) : bound;
}

ExprPtr ExpressionBinder::BindPredicate(const ast::Expr& expr) {
  return ToBoolean(Bind(expr), clause_, expr.offset);
}

ExprPtr ExpressionBinder::BindNoted(const ast::Expr& expr) {
  std::string sql = ToSql(expr);
  if (subqueries_->reuse) {
    for (const SubqueryCollector::Known& known : subqueries_->known) {
      if (known.sql == sql) return known.result;
    }
  }
  ExprPtr bound = BindNode(expr);
  subqueries_->known.push_back({std::move(sql), bound});
  return bound;
}

ExprPtr ExpressionBinder::BindNode(const ast::Expr& expr) {
  switch (expr.kind) {
    case ast::ExprKind::kNullLiteral:
      return Expr::Literal(Value::Null());
    case ast::ExprKind::kBoolLiteral:
      return Expr::Literal(Value::Boolean(expr.As<ast::BoolLiteral>().value));
    case ast::ExprKind::kNumberLiteral:
      return BindNumber(expr.As<ast::NumberLiteral>(), false);
    case ast::ExprKind::kStringLiteral:
      return Expr::Literal(Value::Bytes({}, std::string(expr.As<ast::StringLiteral>().value)));
    case ast::ExprKind::kIntervalLiteral:
      return BindInterval(expr.As<ast::IntervalLiteral>());
    case ast::ExprKind::kParameter:
      return BindParameter(expr.As<ast::Parameter>());
    case ast::ExprKind::kColumnRef:
      return BindColumn(expr.As<ast::ColumnRef>());
    case ast::ExprKind::kUnaryExpr:
      return BindUnary(expr.As<ast::UnaryExpr>());
    case ast::ExprKind::kBinaryExpr:
      return BindBinaryChain(expr.As<ast::BinaryExpr>());
    case ast::ExprKind::kLogicalExpr:
      return BindLogical(expr.As<ast::LogicalExpr>());
    case ast::ExprKind::kNotExpr:
      return Expr::Not(ToBoolean(Bind(*expr.As<ast::NotExpr>().operand), "NOT", expr.offset));
    case ast::ExprKind::kIsTest:
      return BindIsTest(expr.As<ast::IsTest>());
    case ast::ExprKind::kDistinctTest: {
      const auto& test = expr.As<ast::DistinctTest>();
      return BindOperator(test.negated ? "is_not_distinct_from" : "is_distinct_from", Bind(*test.left),
                          Bind(*test.right), expr.offset);
    }
    case ast::ExprKind::kBetweenExpr:
      return BindBetween(expr.As<ast::BetweenExpr>());
    case ast::ExprKind::kInListExpr:
      return BindInList(expr.As<ast::InListExpr>());
    case ast::ExprKind::kInSubqueryExpr: {
      const auto& in = expr.As<ast::InSubqueryExpr>();
      ExprPtr mark = BindQuantified(*in.operand, "=", false, *in.query, expr.offset);
      return in.negated ? Expr::Not(std::move(mark)) : mark;
    }
    case ast::ExprKind::kLikeExpr:
      return BindLike(expr.As<ast::LikeExpr>());
    case ast::ExprKind::kQuantifiedExpr: {
      const auto& quantified = expr.As<ast::QuantifiedExpr>();
      if (quantified.query == nullptr) return BindQuantifiedArray(quantified);
      return BindQuantified(*quantified.left, quantified.op, quantified.all, *quantified.query, expr.offset);
    }
    case ast::ExprKind::kCaseExpr:
      return BindCase(expr.As<ast::CaseExpr>());
    case ast::ExprKind::kCastExpr:
      return BindCast(expr.As<ast::CastExpr>());
    case ast::ExprKind::kFunctionCall:
      return BindFunction(expr.As<ast::FunctionCall>());
    case ast::ExprKind::kSubqueryExpr:
      return BindScalarSubquery(*expr.As<ast::SubqueryExpr>().query, expr.offset);
    case ast::ExprKind::kExistsExpr:
      return BindExists(*expr.As<ast::ExistsExpr>().query);
    case ast::ExprKind::kRowExpr: {
      std::vector<ExprPtr> fields;
      for (const ast::Expr* field : expr.As<ast::RowExpr>().fields) fields.push_back(Bind(*field));
      return Call("row", std::move(fields), expr.offset);
    }
    case ast::ExprKind::kArrayExpr:
      return BindArray(expr.As<ast::ArrayExpr>());
    case ast::ExprKind::kArraySubqueryExpr:
      return BindArraySubquery(*expr.As<ast::ArraySubqueryExpr>().query, expr.offset);
    case ast::ExprKind::kMapExpr: {
      const auto& map = expr.As<ast::MapExpr>();
      std::vector<ExprPtr> keys, values;
      for (const ast::Expr* key : map.keys) keys.push_back(Bind(*key));
      for (const ast::Expr* value : map.values) values.push_back(Bind(*value));
      Unify(keys, "MAP", expr.offset);
      Unify(values, "MAP", expr.offset);
      ExprPtr key_list = Call("array", std::move(keys), expr.offset);
      ExprPtr value_list = Call("array", std::move(values), expr.offset);
      return Call("map", {std::move(key_list), std::move(value_list)}, expr.offset);
    }
    case ast::ExprKind::kStructExpr:
      return BindStruct(expr.As<ast::StructExpr>());
    case ast::ExprKind::kSubscriptExpr:
      return BindSubscript(expr.As<ast::SubscriptExpr>());
    case ast::ExprKind::kFieldAccess: {
      const auto& access = expr.As<ast::FieldAccess>();
      return BindFieldOf(Bind(*access.base), access.field, expr.offset);
    }
    case ast::ExprKind::kCollateExpr: {
      const auto& collate = expr.As<ast::CollateExpr>();
      return BindCollate(collate);
    }
    case ast::ExprKind::kBitStringLiteral:
      return BindBitString(expr.As<ast::BitStringLiteral>());
    case ast::ExprKind::kUserVariable:
      return BindVariable(expr.As<ast::UserVariable>());
    case ast::ExprKind::kLambdaExpr:
      throw Error::User(sqlstate::kSyntaxError, "a lambda expression is allowed as an argument of a function only");
    case ast::ExprKind::kListComprehension:
      return BindComprehension(expr.As<ast::ListComprehension>());
    case ast::ExprKind::kStarExpr:
      throw Error::User(sqlstate::kSyntaxError, "\"*\" is not allowed here");
    case ast::ExprKind::kNamedArgument:
      throw Error::User(sqlstate::kSyntaxError, "named arguments are allowed in table functions only");
    case ast::ExprKind::kDefaultExpr:
      throw Error::User(sqlstate::kSyntaxError, "DEFAULT is not allowed in this context");
    case ast::ExprKind::kMaxValueExpr:
      throw Error::User(sqlstate::kSyntaxError, "MAXVALUE is not allowed in this context");
    case ast::ExprKind::kCurrentOfExpr:
      throw Error::Unsupported("Name the rows by a condition.", "WHERE CURRENT OF is not available");
  }
  throw Error::Internal("unbound expression kind {}", static_cast<int>(expr.kind));
}

ExprPtr ExpressionBinder::BindNumber(const ast::NumberLiteral& literal, bool negative) {
  const std::string text = (negative ? "-" : "") + std::string(literal.text);
  if (literal.is_integer) {
    int64_t value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure == std::errc() && end == text.data() + text.size()) {
      const bool fits = value >= INT32_MIN && value <= INT32_MAX;
      return Expr::Literal(Value::Integer(fits ? TypeKind::kInt32 : TypeKind::kInt64, value));
    }
  }
  // Exact when the digits fit into numeric, otherwise (1e300, 60 digits) a double.
  const size_t exponent = literal.text.find_first_of("eE");
  std::string_view mantissa = literal.text.substr(0, exponent);
  int shift = 0;
  if (exponent != std::string_view::npos) {
    std::string_view digits = literal.text.substr(exponent + 1);
    if (!digits.empty() && digits[0] == '+') digits.remove_prefix(1);
    if (std::from_chars(digits.data(), digits.data() + digits.size(), shift).ec != std::errc()) shift = 100000;
  }
  const size_t point = mantissa.find('.');
  std::string digits(mantissa.substr(0, point));
  int scale = 0;
  if (point != std::string_view::npos) {
    digits += mantissa.substr(point + 1);
    scale = static_cast<int>(mantissa.size() - point - 1);
  }
  scale -= shift;
  while (scale < 0 && scale > -Type::kDecimalPrecisionMax && digits.size() <= Type::kDecimalPrecisionMax) {
    digits += '0';
    ++scale;
  }
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  const int precision = std::max({static_cast<int>(digits.size()), scale, 1});
  if (scale >= 0 && precision <= Type::kDecimalPrecisionMax) {
    const auto value = ParseInt128(digits.empty() ? "0" : digits);
    if (value.has_value()) {
      const Type type = Type::Decimal(precision, scale);
      const int128_t unscaled = negative ? -*value : *value;
      if (type.physical() == PhysicalType::kInt64) {
        return Expr::Literal(Value::Integer(type, static_cast<int64_t>(unscaled)));
      }
      return Expr::Literal(Value::Wide(type, unscaled));
    }
  }
  const ExprPtr unknown = Expr::Literal(Value::Bytes({}, text));
  return CastTo(unknown, TypeKind::kDouble, CastRule::kExplicit, literal.offset);
}

ExprPtr ExpressionBinder::BindColumn(const ast::ColumnRef& column) {
  auto parts = column.parts;
  // database.schema.table.column
  if (parts.size() > 3 && parts[0] == binder_.context_.names.database) {
    if (const auto found = scope_.Find(parts.subspan(1, 3), column.offset)) parts = parts.subspan(1);
  }
  if (const LambdaParameter* parameter = FindLambdaParameter(parts[0])) {
    ExprPtr expr = Expr::Column(parameter->id, parameter->type, parameter->name);
    for (size_t i = 1; i < parts.size(); ++i) expr = BindFieldOf(std::move(expr), parts[i], column.offset);
    return expr;
  }
  // Parameters hide columns in macros, and are hidden by them in functions.
  if (binder_.frame_ != nullptr && binder_.frame_->function().is_macro) {
    if (ExprPtr argument = BindFunctionParameter(parts, column.offset)) return argument;
  }
  // The longest qualified name first; what is left over are fields of a struct.
  for (size_t n = std::min<size_t>(parts.size(), 3); n > 0; --n) {
    if (auto found = scope_.Find(parts.first(n), column.offset)) {
      ExprPtr expr = Expr::Column(found->id, found->type, found->name);
      for (size_t i = n; i < parts.size(); ++i) expr = BindFieldOf(std::move(expr), parts[i], column.offset);
      return expr;
    }
  }
  if (ExprPtr argument = BindFunctionParameter(parts, column.offset)) return argument;
  if (parts.size() == 1 && aliases_) {
    if (ExprPtr item = aliases_(parts[0])) return item;
  }
  if (parts.size() == 1) {
    if (ExprPtr row = BindWholeRow(parts[0], column.offset)) return row;
  }
  if (parts.size() > 1) {
    bool relation_known = false;
    for (Scope* level = &scope_; level != nullptr; level = level->outer()) {
      relation_known = relation_known || level->HasRelation(parts[parts.size() - 2]);
    }
    if (!relation_known) {
      throw Error::User(sqlstate::kUndefinedTable, "missing FROM-clause entry for table \"{}\"",
                        parts[parts.size() - 2])
          .WithPosition(column.offset);
    }
    throw Error::User(sqlstate::kUndefinedColumn, "column {}.{} does not exist", parts[parts.size() - 2], parts.back())
        .WithHint(DidYouMean(parts.back(), scope_.VisibleNames()))
        .WithPosition(column.offset);
  }
  throw Error::User(sqlstate::kUndefinedColumn, "column \"{}\" does not exist", parts.back())
      .WithHint(DidYouMean(parts.back(), scope_.VisibleNames()))
      .WithPosition(column.offset);
}

// A relation's name alone is its row as a struct: NULL where an outer join has none, which is told by all columns being
// NULL.
ExprPtr ExpressionBinder::BindWholeRow(std::string_view relation, int64_t position) {
  std::vector<Scope*> passed;
  for (Scope* level = &scope_; level != nullptr; level = level->outer()) {
    if (!level->HasRelation(relation)) {
      passed.push_back(level);
      continue;
    }
    std::vector<ExprPtr> fields, missing;
    for (const ScopeColumn& column : level->columns()) {
      if (column.relation != relation || column.whole_row) continue;
      for (Scope* inner : passed) inner->AddCorrelated(column.id);
      ExprPtr value = Expr::Column(column.id, column.type, column.name);
      fields.push_back(Expr::Literal(Value::String(column.name)));
      missing.push_back(Expr::IsNull(value));
      fields.push_back(std::move(value));
    }
    ExprPtr row = Call("named_struct", std::move(fields), position);
    const Type type = row->type();
    return Expr::Case({CombineConjunction(std::move(missing)), Expr::Literal(Value::Null(type)), std::move(row)}, type);
  }
  return nullptr;
}

ExprPtr ExpressionBinder::BindFieldOf(ExprPtr base, std::string_view field, int64_t position) {
  if (base->type().is(TypeKind::kMap)) {
    return Call("element_at", {std::move(base), Expr::Literal(Value::String(std::string(field)))}, position);
  }
  if (!base->type().is(TypeKind::kStruct)) {
    throw Error::User(sqlstate::kWrongObjectType, "column notation .{} applied to type {}, which is not a struct",
                      field, base->type().Name())
        .WithPosition(position);
  }
  return Call("struct_extract", {std::move(base), Expr::Literal(Value::String(std::string(field)))}, position);
}

ExprPtr ExpressionBinder::BindUnary(const ast::UnaryExpr& expr) {
  if (expr.op == "-") {
    if (const auto* number = expr.operand->TryAs<ast::NumberLiteral>()) return BindNumber(*number, true);
  }
  ExprPtr operand = Bind(*expr.operand);
  if (expr.op == "+") return operand;
  return Call(expr.op, {std::move(operand)}, expr.offset);
}

// Long chains of operators lean to the left; they are bound in a loop so that their length is not a depth.
ExprPtr ExpressionBinder::BindBinaryChain(const ast::BinaryExpr& expr) {
  std::vector<const ast::BinaryExpr*> chain = {&expr};
  while (const auto* left = chain.back()->left->TryAs<ast::BinaryExpr>()) chain.push_back(left);
  constexpr size_t kChainMax = 5000;
  if (chain.size() > kChainMax) {
    throw Error::User(sqlstate::kStatementTooComplex, "too many operators in one expression: {}", chain.size())
        .WithHint(fmt::format("At most {} in a chain; sum over rows or use a list instead.", kChainMax))
        .WithPosition(expr.offset);
  }
  ExprPtr bound;
  for (size_t i = chain.size(); i-- > 0;) {
    const ast::BinaryExpr& node = *chain[i];
    if (node.left->kind == ast::ExprKind::kRowExpr && node.right->kind == ast::ExprKind::kRowExpr) {
      bound = BindRowComparison(node.op, *node.left, *node.right, node.offset);
      continue;
    }
    const auto* left_query = node.left->TryAs<ast::SubqueryExpr>();
    const auto* right_query = node.right->TryAs<ast::SubqueryExpr>();
    if (right_query != nullptr && node.left->kind == ast::ExprKind::kRowExpr) {
      bound = BindRowSubquery(node.op, *node.left, *right_query->query, false, node.offset);
      continue;
    }
    if (left_query != nullptr && node.right->kind == ast::ExprKind::kRowExpr) {
      bound = BindRowSubquery(node.op, *node.right, *left_query->query, true, node.offset);
      continue;
    }
    ExprPtr left = bound == nullptr ? Bind(*node.left) : std::move(bound);
    ExprPtr right = Bind(*node.right);
    bound = BindOperator(node.op, std::move(left), std::move(right), node.offset);
    bound = Expr::WithPosition(bound, node.offset);
  }
  return bound;
}

namespace {

bool IsComparison(std::string_view op) {
  return CompareOpByName(op).has_value() || op.ends_with("_distinct_from") || op == "<=>";
}

bool HoldsSketch(const Type& type) {
  if (type.is_sketch()) return true;
  for (size_t i = 0; i < type.child_count(); ++i) {
    if (HoldsSketch(type.child(i))) return true;
  }
  return false;
}

// json has no equality in PostgreSQL, since texts that differ may mean the same.
bool HoldsJson(const Type& type) {
  if (type.is(TypeKind::kJson)) return !type.is_jsonb();
  for (size_t i = 0; i < type.child_count(); ++i) {
    if (HoldsJson(type.child(i))) return true;
  }
  return false;
}

}  // namespace

ExprPtr ExpressionBinder::BindOperator(std::string_view op, ExprPtr left, ExprPtr right, int64_t position) {
  const auto is_json = [](const ExprPtr& expr) {
    return expr->type().is(TypeKind::kJson) || expr->type().is(TypeKind::kUnknown);
  };
  if ((left->type().is_jsonb() || right->type().is_jsonb()) && is_json(left) && is_json(right)) {
    if (IsComparison(op)) {
      // Texts that differ may be equal, and sort otherwise: keys are compared, so that joins and filters work on bytes.
      std::vector<ExprPtr> sides = {std::move(left), std::move(right)};
      Unify(sides, op, position);
      left = Call("jsonb_sort_key", {sides[0]}, position);
      right = Call("jsonb_sort_key", {sides[1]}, position);
    }
  } else if (IsComparison(op) && (HoldsSketch(left->type()) || HoldsSketch(right->type()))) {
    throw Error::User(sqlstate::kUndefinedFunction, "operator does not exist: {} {} {}", left->type().ToString(), op,
                      right->type().ToString())
        .WithHint("Values of hll, bitmap and percentile have no order and no equality; use their functions.")
        .WithPosition(position);
  } else if (IsComparison(op) && (HoldsJson(left->type()) || HoldsJson(right->type()))) {
    throw Error::User(sqlstate::kUndefinedFunction, "operator does not exist: {} {} {}", left->type().ToString(), op,
                      right->type().ToString())
        .WithHint("json has no equality; compare json::text, or a part of it taken out with ->>, or use jsonb.")
        .WithPosition(position);
  }
  return Call(op, {std::move(left), std::move(right)}, position);
}

ExprPtr ExpressionBinder::BindRowComparison(std::string_view op, const ast::Expr& left, const ast::Expr& right,
                                            int64_t position) {
  const auto* left_row = left.TryAs<ast::RowExpr>();
  const auto* right_row = right.TryAs<ast::RowExpr>();
  if (op == "overlaps" && left_row != nullptr && right_row != nullptr && left_row->fields.size() == 2 &&
      right_row->fields.size() == 2) {
    const auto span = [&](const ast::RowExpr& row) {
      return Call("row", {Bind(*row.fields[0]), Bind(*row.fields[1])}, position);
    };
    ExprPtr first = span(*left_row);
    return Call("overlaps", {std::move(first), span(*right_row)}, position);
  }
  const std::vector<ExprPtr> lefts = BindFields(left), rights = BindFields(right);
  if (lefts.size() != rights.size()) {
    throw Error::User(sqlstate::kSyntaxError, "unequal number of entries in row expressions").WithPosition(position);
  }
  if (op == "overlaps")
    return Call("overlaps", {Call("row", lefts, position), Call("row", rights, position)}, position);
  return CompareRows(op, lefts, rights, position);
}

ExprPtr ExpressionBinder::CompareRows(std::string_view op, const std::vector<ExprPtr>& lefts,
                                      const std::vector<ExprPtr>& rights, int64_t position) {
  if (lefts.empty()) {
    throw Error::User(sqlstate::kFeatureNotSupported, "cannot compare rows of zero length").WithPosition(position);
  }
  if (lefts.size() == 1) return BindOperator(op, lefts[0], rights[0], position);
  if (op == "=" || op == "<>") {
    std::vector<ExprPtr> parts;
    parts.reserve(lefts.size());
    for (size_t i = 0; i < lefts.size(); ++i) parts.push_back(BindOperator(op, lefts[i], rights[i], position));
    return op == "=" ? Expr::And(std::move(parts)) : Expr::Or(std::move(parts));
  }
  if (op != "<" && op != "<=" && op != ">" && op != ">=") {
    throw Error::User(sqlstate::kUndefinedFunction, "operator does not exist for rows: {}", op).WithPosition(position);
  }
  // Lexicographic: a1 < b1 or (a1 = b1 and (... last with op)).
  const std::string_view strict = op.substr(0, 1);
  ExprPtr result = BindOperator(op, lefts.back(), rights.back(), position);
  for (size_t i = lefts.size() - 1; i-- > 0;) {
    ExprPtr equal = BindOperator("=", lefts[i], rights[i], position);
    ExprPtr before = BindOperator(strict, lefts[i], rights[i], position);
    result = Expr::Or({std::move(before), Expr::And({std::move(equal), std::move(result)})});
  }
  return result;
}

ExprPtr ExpressionBinder::BindLogical(const ast::LogicalExpr& expr) {
  std::vector<ExprPtr> operands;
  operands.reserve(expr.operands.size());
  for (const ast::Expr* operand : expr.operands) {
    operands.push_back(ToBoolean(Bind(*operand), expr.is_or ? "OR" : "AND", operand->offset));
  }
  return expr.is_or ? Expr::Or(std::move(operands)) : Expr::And(std::move(operands));
}

ExprPtr ExpressionBinder::BindIsTest(const ast::IsTest& test) {
  const auto* row = test.operand->TryAs<ast::RowExpr>();
  if (test.test == ast::IsTestKind::kNull && row != nullptr) {
    // A row is NULL when all of its fields are, and not NULL when none is.
    std::vector<ExprPtr> parts;
    for (ExprPtr& field : BindFields(*row)) {
      ExprPtr is_null = Expr::IsNull(std::move(field));
      parts.push_back(test.negated ? Expr::Not(std::move(is_null)) : std::move(is_null));
    }
    return CombineConjunction(std::move(parts));
  }
  ExprPtr operand = Bind(*test.operand);
  ExprPtr result;
  switch (test.test) {
    case ast::IsTestKind::kNull:
      result = Expr::IsNull(std::move(operand));
      break;
    case ast::IsTestKind::kTrue:
    case ast::IsTestKind::kFalse: {
      const bool wanted = test.test == ast::IsTestKind::kTrue;
      operand = ToBoolean(std::move(operand), "IS", test.offset);
      if (!wanted) operand = Expr::Not(std::move(operand));
      result = Expr::Coalesce({std::move(operand), Expr::Literal(Value::Boolean(false))});
      break;
    }
    case ast::IsTestKind::kUnknown:
      result = Expr::IsNull(ToBoolean(std::move(operand), "IS UNKNOWN", test.offset));
      break;
    default:
      result = BindIsJson(std::move(operand), test);
  }
  return test.negated ? Expr::Not(std::move(result)) : result;
}

ExprPtr ExpressionBinder::BindIsJson(ExprPtr operand, const ast::IsTest& test) {
  std::string_view kind = "value";
  if (test.test == ast::IsTestKind::kJsonObject) kind = "object";
  if (test.test == ast::IsTestKind::kJsonArray) kind = "array";
  if (test.test == ast::IsTestKind::kJsonScalar) kind = "scalar";
  return Call("is_json", {std::move(operand), Expr::Literal(Value::String(std::string(kind)))}, test.offset);
}

ExprPtr ExpressionBinder::BindBetween(const ast::BetweenExpr& between) {
  // Low and high are used twice when the order does not matter.
  std::vector<ExprPtr> values = {Bind(*between.operand), Bind(*between.low), Bind(*between.high)};
  std::vector<HeldValue> held = Hold(values);
  const ExprPtr &operand = values[0], &low = values[1], &high = values[2];
  const auto range = [&](const ExprPtr& from, const ExprPtr& to) {
    ExprPtr lower = BindOperator(">=", operand, from, between.offset);
    ExprPtr upper = BindOperator("<=", operand, to, between.offset);
    return Expr::And({std::move(lower), std::move(upper)});
  };
  ExprPtr result = range(low, high);
  if (between.symmetric) result = Expr::Or({std::move(result), range(high, low)});
  result = Release(std::move(result), std::move(held), between.offset);
  return between.negated ? Expr::Not(std::move(result)) : result;
}

ExprPtr ExpressionBinder::BindInList(const ast::InListExpr& in) {
  ExprPtr result;
  if (in.operand->kind == ast::ExprKind::kRowExpr) {
    std::vector<ExprPtr> options;
    for (const ast::Expr* item : in.items) {
      if (item->kind != ast::ExprKind::kRowExpr) {
        throw Error::User(sqlstate::kDatatypeMismatch, "a row can be compared with rows only")
            .WithPosition(item->offset);
      }
      options.push_back(BindRowComparison("=", *in.operand, *item, in.offset));
    }
    result = options.size() == 1 ? options[0] : Expr::Or(std::move(options));
  } else {
    std::vector<ExprPtr> exprs = {Bind(*in.operand)};
    for (const ast::Expr* item : in.items) exprs.push_back(Bind(*item));
    bool constant = true;
    for (size_t i = 1; i < exprs.size(); ++i) constant = constant && exprs[i]->IsFoldable();
    std::vector<Type> types;
    types.reserve(exprs.size());
    for (const ExprPtr& expr : exprs) types.push_back(expr->type());
    if (constant && binder_.registry_.CommonType(types).has_value()) {
      Unify(exprs, "IN", in.offset);
      if (exprs[0]->type().is_jsonb()) {
        for (ExprPtr& expr : exprs) expr = Call("jsonb_sort_key", {expr}, in.offset);
      }
      if (binder_.uses_collations_) binder_.CollateComparison("=", exprs, in.offset);
      std::vector<Value> set;
      set.reserve(in.items.size());
      for (size_t i = 1; i < exprs.size(); ++i) {
        set.push_back(EvaluateConstant(exprs[i], binder_.registry_, *binder_.context_.statement));
      }
      result = Expr::In(exprs[0], std::move(set));
    } else {
      std::vector<ExprPtr> options;
      for (size_t i = 1; i < exprs.size(); ++i) options.push_back(BindOperator("=", exprs[0], exprs[i], in.offset));
      result = options.size() == 1 ? options[0] : Expr::Or(std::move(options));
    }
  }
  return in.negated ? Expr::Not(std::move(result)) : result;
}

ExprPtr ExpressionBinder::BindLike(const ast::LikeExpr& like) {
  std::string_view name;
  switch (like.like) {
    case ast::LikeKind::kLike:
      name = "~~";
      break;
    case ast::LikeKind::kILike:
      name = "~~*";
      break;
    case ast::LikeKind::kSimilarTo:
      name = "similar_to";
      break;
    case ast::LikeKind::kRegexp:
      name = "~";
      break;
    case ast::LikeKind::kGlob:
      throw Error::Unsupported("Use LIKE or a regular expression (~).", "GLOB is not available");
  }
  std::vector<ExprPtr> args = {Bind(*like.operand), Bind(*like.pattern)};
  if (like.escape != nullptr) args.push_back(Bind(*like.escape));
  ExprPtr result = Call(name, std::move(args), like.offset);
  return like.negated ? Expr::Not(std::move(result)) : result;
}

ExprPtr ExpressionBinder::BindCase(const ast::CaseExpr& expr) {
  const Conditional conditional(*this, "CASE");
  const ExprPtr operand = expr.operand == nullptr ? nullptr : Bind(*expr.operand);
  std::vector<ExprPtr> conditions, results;
  for (const ast::WhenClause& when : expr.whens) {
    ExprPtr condition = Bind(*when.condition);
    if (operand != nullptr) condition = BindOperator("=", operand, std::move(condition), when.condition->offset);
    conditions.push_back(ToBoolean(std::move(condition), "CASE/WHEN", when.condition->offset));
    results.push_back(Bind(*when.result));
  }
  results.push_back(expr.otherwise == nullptr ? Expr::Literal(Value::Null()) : Bind(*expr.otherwise));
  Unify(results, "CASE", expr.offset);
  const Type type = results[0]->type();
  std::vector<ExprPtr> children;
  for (size_t i = 0; i < conditions.size(); ++i) {
    children.push_back(std::move(conditions[i]));
    children.push_back(std::move(results[i]));
  }
  children.push_back(std::move(results.back()));
  return Expr::Case(std::move(children), type);
}

// regclass, regtype, regnamespace and regproc are ids that look like names: text becomes an id, an id its name.
ExprPtr ExpressionBinder::BindRegCast(const ast::CastExpr& cast, std::string_view reg) {
  ExprPtr operand = Bind(*cast.operand);
  const bool is_text = operand->type().is_string() || operand->type().is(TypeKind::kUnknown);
  operand =
      CastTo(operand, is_text ? TypeKind::kVarchar : TypeKind::kInt64, CastRule::kExplicit, cast.offset, cast.is_try);
  return Call(std::string(reg) + (is_text ? "in" : "out"), {std::move(operand)}, cast.offset);
}

namespace {

// How many lists a value is of: a literal by the braces that it begins with, at least one.
size_t DimensionsOf(const Expr& value) {
  size_t count = 0;
  if (value.is(ExprKind::kLiteral) && value.type().is(TypeKind::kUnknown) && !value.literal().is_null()) {
    for (const char c : value.literal().bytes()) {
      if (c == '{') ++count;
      if (c != '{' && c != ' ') break;
    }
  }
  for (const Type* type = &value.type(); type->is(TypeKind::kList); type = &type->element()) ++count;
  return std::max<size_t>(count, 1);
}

// int[] is a type for any number of dimensions in PostgreSQL: of a cast's value here.
Type FitDimensions(Type type, const Expr& value) {
  while (type.is(TypeKind::kList)) type = Type(type.element());
  for (size_t left = DimensionsOf(value); left > 0; --left) type = Type::List(std::move(type));
  return type;
}

}  // namespace

ExprPtr ExpressionBinder::BindCast(const ast::CastExpr& cast) {
  const auto reg_of = [](const ast::TypeName& type) -> std::string_view {
    const std::string_view name = type.name.empty() || !type.dimensions.empty() ? std::string_view() : type.name.back();
    const bool is_reg = name == "regclass" || name == "regtype" || name == "regnamespace" || name == "regproc" ||
                        name == "regprocedure";
    return is_reg ? name : std::string_view();
  };
  if (const std::string_view reg = reg_of(*cast.type); !reg.empty()) return BindRegCast(cast, reg);
  Type type = binder_.ResolveType(*cast.type);
  const auto* inner = cast.operand->TryAs<ast::CastExpr>();
  if (inner != nullptr && type.is_string() && !reg_of(*inner->type).empty()) {
    // 't'::regclass::text is the name again.
    ExprPtr id = BindRegCast(*inner, reg_of(*inner->type));
    if (id->type().is_string()) return id;
    return Call(std::string(reg_of(*inner->type)) + "out", {std::move(id)}, cast.offset);
  }
  ExprPtr operand = Bind(*cast.operand);
  if (!cast.type->dimensions.empty()) type = FitDimensions(std::move(type), *operand);
  if (type.is_string() && IsSystemVector(operand->type())) {
    return Call("array_to_string", {std::move(operand), Expr::Literal(Value::String(" "))}, cast.offset);
  }
  // A numeric keeps its scale where none is asked for.
  if (type.has_natural_scale() && operand->type().is(TypeKind::kDecimal)) return operand;
  // The literal is what is wrong when it cannot be read.
  const bool literal = cast.operand->kind == ast::ExprKind::kStringLiteral;
  if (type.is(TypeKind::kInterval) && !cast.type->interval_fields.empty()) {
    return CutToUnit(CastTo(operand, type, CastRule::kExplicit, cast.offset, cast.is_try),
                     LastUnit(cast.type->interval_fields));
  }
  ExprPtr value = CastTo(operand, type, CastRule::kExplicit, literal ? cast.operand->offset : cast.offset, cast.is_try);
  return binder_.CheckDomain(std::move(value), type, cast.offset);
}

ExprPtr ExpressionBinder::CutToUnit(ExprPtr interval, const std::string& unit) {
  if (unit.empty() || unit == "second" || unit.find('_') != std::string::npos) return interval;
  ExprPtr cut = Call("date_trunc", {Expr::Literal(Value::String(unit)), interval}, interval->position());
  if (!interval->is(ExprKind::kLiteral)) return cut;
  return Expr::WithPosition(Expr::Literal(EvaluateConstant(cut, binder_.registry_, *binder_.context_.statement)),
                            interval->position());
}

ExprPtr ExpressionBinder::BindInterval(const ast::IntervalLiteral& literal) {
  const auto* text = literal.value->TryAs<ast::StringLiteral>();
  if (text != nullptr) {
    std::string value(text->value);
    const std::string unit = LastUnit(literal.fields);
    // A bare number takes the unit that follows: INTERVAL '3' day. A sign within is one of years and months: '1-2'.
    const bool bare =
        value.find_first_not_of("+-0123456789. ") == std::string::npos && value.find('-', 1) == std::string::npos;
    if (bare && !unit.empty()) value += " " + unit;
    // '02:03' are hours and minutes but where it is said otherwise.
    if (const size_t colon = value.find(':'); literal.fields == "minute to second" && colon != std::string::npos &&
                                              value.find(':', colon + 1) == value.npos) {
      size_t begin = colon;
      while (begin > 0 && value[begin - 1] >= '0' && value[begin - 1] <= '9') --begin;
      value.insert(begin, "00:");
    }
    const Type type =
        Type::WithFraction(TypeKind::kInterval, literal.precision < 0 ? 6 : std::min(literal.precision, 6));
    ExprPtr interval = CastTo(Expr::Literal(Value::Bytes({}, value)), type, CastRule::kExplicit, text->offset);
    return bare ? interval : CutToUnit(std::move(interval), unit);
  }
  ExprPtr unit = CastTo(Expr::Literal(Value::Bytes({}, "1 " + std::string(literal.fields))), TypeKind::kInterval,
                        CastRule::kExplicit, literal.offset);
  ExprPtr count = Bind(*literal.value);
  return BindOperator("*", std::move(unit), std::move(count), literal.offset);
}

ExprPtr ExpressionBinder::BindParameter(const ast::Parameter& parameter) {
  if (parameter.index <= 0) {
    throw Error::User(sqlstate::kUndefinedParameter, "named parameters are not available: {}", parameter.name)
        .WithHint("Use $1, $2, ...");
  }
  const auto index = static_cast<size_t>(parameter.index) - 1;
  if (FunctionFrame* frame = binder_.frame_) {
    if (index >= frame->arguments().size()) {
      throw Error::User(sqlstate::kUndefinedParameter, "there is no parameter ${}", parameter.index)
          .WithPosition(parameter.offset);
    }
    return frame->Use(index, scope_);
  }
  const auto& values = binder_.context_.parameter_values;
  if (index < values.size()) return Expr::Literal(values[index]);
  constexpr size_t kParametersMax = 65535;
  if (index >= kParametersMax || binder_.context_.parameters_are_known) {
    throw Error::User(sqlstate::kUndefinedParameter, "there is no parameter ${}", index + 1)
        .WithPosition(parameter.offset);
  }
  if (binder_.parameter_types_.size() <= index) binder_.parameter_types_.resize(index + 1);
  return Expr::Parameter(index, binder_.parameter_types_[index]);
}

ExprPtr ExpressionBinder::BindSubscript(const ast::SubscriptExpr& subscript) {
  ExprPtr base = Bind(*subscript.base);
  if (const Type& type = base->type(); type.is_numeric() || type.is_temporal() || type.is(TypeKind::kBoolean)) {
    throw Error::User(sqlstate::kDatatypeMismatch, "cannot subscript type {} because it does not support subscripting",
                      type.Name())
        .WithPosition(subscript.base->offset);
  }
  if (!subscript.is_slice) {
    ExprPtr index = Bind(*subscript.index);
    if (IsSystemVector(base->type())) {
      index = BindOperator("+", std::move(index), Expr::Literal(Value::Int32(1)), subscript.offset);
    }
    return Call("[]", {std::move(base), std::move(index)}, subscript.offset);
  }
  if (subscript.step != nullptr) throw Error::Unsupported("Leave the step out.", "slices have no step");
  ExprPtr low = subscript.index == nullptr ? Expr::Literal(Value::Int64(1)) : Bind(*subscript.index);
  ExprPtr high = subscript.high == nullptr ? Expr::Literal(Value::Int64(INT64_MAX)) : Bind(*subscript.high);
  return Call("[:]", {std::move(base), std::move(low), std::move(high)}, subscript.offset);
}

ExprPtr ExpressionBinder::BindArray(const ast::ArrayExpr& array) {
  std::vector<ExprPtr> elements;
  for (const ast::Expr* element : array.elements) elements.push_back(Bind(*element));
  if (elements.empty()) {
    return Expr::Literal(Value::Nested(Type::List(TypeKind::kUnknown), {}));
  }
  Unify(elements, "ARRAY", array.offset);
  return Call("array", std::move(elements), array.offset);
}

ExprPtr ExpressionBinder::BindStruct(const ast::StructExpr& expr) {
  std::vector<ExprPtr> args;
  for (size_t i = 0; i < expr.names.size(); ++i) {
    args.push_back(Expr::Literal(Value::String(std::string(expr.names[i]))));
    ExprPtr value = Bind(*expr.values[i]);
    if (value->type().is(TypeKind::kUnknown))
      value = CastTo(value, TypeKind::kVarchar, CastRule::kImplicit, expr.offset);
    args.push_back(std::move(value));
  }
  return Call("named_struct", std::move(args), expr.offset);
}

// ---- types

ExprPtr ExpressionBinder::Call(std::string_view name, std::vector<ExprPtr> args, int64_t position) {
  if (binder_.uses_collations_) binder_.CollateComparison(name, args, position);
  return FixParameters(binder_.registry_.BindCall(name, std::move(args), position));
}

ExprPtr ExpressionBinder::CastTo(const ExprPtr& expr, const Type& type, CastRule rule, int64_t position, bool is_try) {
  if (expr->is(ExprKind::kParameter) && expr->type().is(TypeKind::kUnknown)) {
    binder_.parameter_types_[expr->parameter_index()] = type;
    const ExprPtr parameter = Expr::Parameter(expr->parameter_index(), type);
    return type.fraction_digits() < 0 ? parameter : binder_.registry_.BindCast(parameter, type, rule, position, is_try);
  }
  return FixParameters(binder_.registry_.BindCast(expr, type, rule, position, is_try));
}

ExprPtr ExpressionBinder::ToBoolean(ExprPtr expr, std::string_view what, int64_t position) {
  if (expr->type().is(TypeKind::kBoolean)) return expr;
  if (expr->type().is_integer() && binder_.context_.dialect == Dialect::kMySql) {
    return BindOperator("<>", expr, Expr::Literal(Value::Int32(0)), position);
  }
  if (expr->type().is(TypeKind::kUnknown) || binder_.context_.dialect == Dialect::kMySql) {
    return CastTo(expr, TypeKind::kBoolean, CastRule::kExplicit, position);
  }
  throw Error::User(sqlstate::kDatatypeMismatch, "argument of {} must be type boolean, not type {}", what,
                    expr->type().Name())
      .WithPosition(position);
}

void ExpressionBinder::Unify(std::vector<ExprPtr>& exprs, std::string_view what, int64_t position) {
  std::vector<Type> types;
  types.reserve(exprs.size());
  for (const ExprPtr& expr : exprs) types.push_back(expr->type());
  auto common = binder_.registry_.CommonType(types);
  if (!common.has_value()) {
    // The first that does not go with those before it.
    size_t i = 1;
    while (i + 1 < types.size() && binder_.registry_.CommonType(std::span(types).first(i + 1)).has_value()) ++i;
    throw CannotUnify(what, types).WithPosition(exprs[i]->position() >= 0 ? exprs[i]->position() : position);
  }
  if (common->is(TypeKind::kUnknown)) common = TypeKind::kVarchar;
  for (ExprPtr& expr : exprs) {
    const bool is_literal = expr->is(ExprKind::kLiteral) && expr->position() >= 0;
    expr = CastTo(expr, *common, CastRule::kImplicit, is_literal ? expr->position() : position);
  }
}

ExprPtr ExpressionBinder::FixParameters(ExprPtr expr) {
  const auto is_open = [](const ExprPtr& node) {
    return node->is(ExprKind::kCast) && node->child(0)->is(ExprKind::kParameter) &&
           node->child(0)->type().is(TypeKind::kUnknown);
  };
  const auto fix = [&](const ExprPtr& node) {
    const size_t index = node->child(0)->parameter_index();
    Type& type = binder_.parameter_types_[index];
    if (type.is(TypeKind::kUnknown)) type = node->type();
    return type == node->type() ? Expr::Parameter(index, type) : Expr::Cast(Expr::Parameter(index, type), node->type());
  };
  if (is_open(expr)) return fix(expr);
  bool any = false;
  for (const ExprPtr& child : expr->children()) any = any || is_open(child);
  if (!any) return expr;
  std::vector<ExprPtr> children = expr->children();
  for (ExprPtr& child : children) {
    if (is_open(child)) child = fix(child);
  }
  return expr->WithChildren(std::move(children));
}

}  // namespace weir
