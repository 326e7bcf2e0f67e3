#pragma once

#include <cstdint>
#include <optional>
#include <tuple>

#include "sql/parser/ast_node.h"

namespace weir::ast {

// clang-format off: its layout of this list has no fixed point.
#define WEIR_AST_EXPRESSIONS(X)                                                                                      \
  X(NullLiteral)                                                                                                     \
  X(BoolLiteral)                                                                                                     \
  X(NumberLiteral)                                                                                                   \
  X(StringLiteral)                                                                                                   \
  X(BitStringLiteral)                                                                                                \
  X(IntervalLiteral)                                                                                                 \
  X(Parameter)                                                                                                       \
  X(UserVariable)                                                                                                    \
  X(ColumnRef)                                                                                                       \
  X(StarExpr) X(UnaryExpr) X(BinaryExpr) X(LogicalExpr) X(NotExpr) X(IsTest) X(DistinctTest) X(BetweenExpr)          \
      X(InListExpr) X(InSubqueryExpr) X(LikeExpr) X(QuantifiedExpr) X(CaseExpr) X(CastExpr) X(FunctionCall)          \
          X(SubqueryExpr) X(ExistsExpr) X(RowExpr) X(ArrayExpr) X(ArraySubqueryExpr) X(ListComprehension) X(MapExpr) \
              X(StructExpr) X(LambdaExpr) X(NamedArgument) X(SubscriptExpr) X(FieldAccess) X(CollateExpr)            \
                  X(DefaultExpr) X(MaxValueExpr) X(CurrentOfExpr)
// clang-format on

enum class ExprKind : uint8_t {
#define X(node) k##node,
  WEIR_AST_EXPRESSIONS(X)
#undef X
};

struct Expr {
  const ExprKind kind;
  uint32_t offset = 0;

  // The node as what it is; a wrong T is a bug of ours.
  template <typename T>
  const T& As() const {
    WEIR_DCHECK(kind == T::kKind);
    return static_cast<const T&>(*this);
  }
  // Null when it is something else.
  template <typename T>
  const T* TryAs() const {
    return kind == T::kKind ? static_cast<const T*>(this) : nullptr;
  }

 protected:
  explicit Expr(ExprKind node_kind) : kind(node_kind) {}
};

template <ExprKind K>
struct ExprNode : Expr {
  static constexpr ExprKind kKind = K;
  ExprNode() : Expr(K) {}
};

// ---- literals, parameters, names

struct NullLiteral : ExprNode<ExprKind::kNullLiteral> {
  auto Fields() const { return std::tie(); }
};

struct BoolLiteral : ExprNode<ExprKind::kBoolLiteral> {
  bool value = false;

  auto Fields() const { return std::tie(value); }
};

// Never negative: the sign is a UnaryExpr, but for -9223372036854775808 and its like, which the binder folds.
struct NumberLiteral : ExprNode<ExprKind::kNumberLiteral> {
  Name text;                // decimal, without underscores: "42", "1.5", ".5", "1e10"
  bool is_integer = false;  // digits only; of any length

  auto Fields() const { return std::tie(text, is_integer); }
};

struct StringLiteral : ExprNode<ExprKind::kStringLiteral> {
  Name value;  // escapes resolved

  auto Fields() const { return std::tie(value); }
};

// B'0101' and X'1F'.
struct BitStringLiteral : ExprNode<ExprKind::kBitStringLiteral> {
  Name digits;
  bool is_hex = false;

  auto Fields() const { return std::tie(digits, is_hex); }
};

// INTERVAL '1 day', INTERVAL '1:30' HOUR TO MINUTE, INTERVAL(3) '...', and MySQL's INTERVAL expr unit.
struct IntervalLiteral : ExprNode<ExprKind::kIntervalLiteral> {
  const Expr* value = nullptr;  // a StringLiteral, or any expression when a single unit follows
  Name fields;                  // "day", "hour to minute", "day_hour" (MySQL); empty when the string says it all
  int32_t precision = -1;

  auto Fields() const { return std::tie(value, fields, precision); }
};

// $1, :name, and ? (numbered from the left).
struct Parameter : ExprNode<ExprKind::kParameter> {
  int32_t index = 0;  // from 1; 0 for a named one
  Name name;

  auto Fields() const { return std::tie(index, name); }
};

enum class VariableScope : uint8_t { kUser, kSystem, kSession, kGlobal };

// @name, @@name, @@session.name, @@global.name.
struct UserVariable : ExprNode<ExprKind::kUserVariable> {
  VariableScope scope = VariableScope::kUser;
  Name name;

  auto Fields() const { return std::tie(scope, name); }
};

// a, t.a, s.t.a: whether the tail is a struct field is the binder's to say.
struct ColumnRef : ExprNode<ExprKind::kColumnRef> {
  List<Name> parts;

  Name last() const { return parts.back(); }
  auto Fields() const { return std::tie(parts); }
};

struct StarReplacement {
  const Expr* value = nullptr;
  Name column;

  auto Fields() const { return std::tie(value, column); }
};
struct StarRename {
  Name from;
  Name to;

  auto Fields() const { return std::tie(from, to); }
};

// *, t.*, (struct_expr).*, with EXCLUDE/EXCEPT, REPLACE and RENAME.
struct StarExpr : ExprNode<ExprKind::kStarExpr> {
  List<Name> qualifier;
  const Expr* base = nullptr;  // of (expr).*; otherwise null
  List<Name> exclude;
  List<StarReplacement> replace;
  List<StarRename> rename;

  auto Fields() const { return std::tie(qualifier, base, exclude, replace, rename); }
};

// ---- operators

// Prefix operators: - + ~ @ |/ ||/ !! and any other that the lexer forms.
struct UnaryExpr : ExprNode<ExprKind::kUnaryExpr> {
  Name op;
  const Expr* operand = nullptr;

  auto Fields() const { return std::tie(op, operand); }
};

// All infix operators that have no node of their own: + - * / % ^ = <> < <= > >= || -> ->> #> #>> @> <@ ? ?| ?& & | #
// <<
// >> ~ ~* !~ !~* ... `!=` is "<>"; words are lower case: "xor", "div", "overlaps". Long chains lean to the left:
// walk `left` in a loop.
struct BinaryExpr : ExprNode<ExprKind::kBinaryExpr> {
  Name op;
  const Expr* left = nullptr;
  const Expr* right = nullptr;

  auto Fields() const { return std::tie(op, left, right); }
};

// a AND b AND c, flat; at least two operands.
struct LogicalExpr : ExprNode<ExprKind::kLogicalExpr> {
  bool is_or = false;
  List<const Expr*> operands;

  auto Fields() const { return std::tie(is_or, operands); }
};

struct NotExpr : ExprNode<ExprKind::kNotExpr> {
  const Expr* operand = nullptr;

  auto Fields() const { return std::tie(operand); }
};

enum class IsTestKind : uint8_t {
  kNull,
  kTrue,
  kFalse,
  kUnknown,
  kJson,
  kJsonObject,
  kJsonArray,
  kJsonScalar,
};

// x IS [NOT] NULL | TRUE | FALSE | UNKNOWN | JSON ...
struct IsTest : ExprNode<ExprKind::kIsTest> {
  const Expr* operand = nullptr;
  IsTestKind test = IsTestKind::kNull;
  bool negated = false;

  auto Fields() const { return std::tie(operand, test, negated); }
};

// a IS [NOT] DISTINCT FROM b; negated is IS NOT DISTINCT FROM, which MySQL writes <=>.
struct DistinctTest : ExprNode<ExprKind::kDistinctTest> {
  const Expr* left = nullptr;
  const Expr* right = nullptr;
  bool negated = false;

  auto Fields() const { return std::tie(left, right, negated); }
};

struct BetweenExpr : ExprNode<ExprKind::kBetweenExpr> {
  const Expr* operand = nullptr;
  const Expr* low = nullptr;
  const Expr* high = nullptr;
  bool negated = false;
  bool symmetric = false;

  auto Fields() const { return std::tie(operand, low, high, negated, symmetric); }
};

struct InListExpr : ExprNode<ExprKind::kInListExpr> {
  const Expr* operand = nullptr;
  List<const Expr*> items;
  bool negated = false;

  auto Fields() const { return std::tie(operand, items, negated); }
};

struct InSubqueryExpr : ExprNode<ExprKind::kInSubqueryExpr> {
  const Expr* operand = nullptr;
  const Query* query = nullptr;
  bool negated = false;

  auto Fields() const { return std::tie(operand, query, negated); }
};

enum class LikeKind : uint8_t { kLike, kILike, kSimilarTo, kRegexp, kGlob };

struct LikeExpr : ExprNode<ExprKind::kLikeExpr> {
  LikeKind like = LikeKind::kLike;
  const Expr* operand = nullptr;
  const Expr* pattern = nullptr;
  const Expr* escape = nullptr;  // or null
  bool negated = false;

  auto Fields() const { return std::tie(like, operand, pattern, escape, negated); }
};

// x op ANY (...), x op ALL (...) over a subquery or an array. LIKE and its kin appear as PostgreSQL's operators
// "~~", "!~~", "~~*", "!~~*".
struct QuantifiedExpr : ExprNode<ExprKind::kQuantifiedExpr> {
  const Expr* left = nullptr;
  Name op;
  bool all = false;
  const Query* query = nullptr;  // exactly one of query and array
  const Expr* array = nullptr;

  auto Fields() const { return std::tie(left, op, all, query, array); }
};

struct WhenClause {
  const Expr* condition = nullptr;
  const Expr* result = nullptr;

  auto Fields() const { return std::tie(condition, result); }
};

struct CaseExpr : ExprNode<ExprKind::kCaseExpr> {
  const Expr* operand = nullptr;  // of CASE x WHEN v; or null
  List<WhenClause> whens;
  const Expr* otherwise = nullptr;  // or null

  auto Fields() const { return std::tie(operand, whens, otherwise); }
};

// CAST(x AS t), TRY_CAST, x::t, and typed literals such as DATE '2024-01-01'.
struct CastExpr : ExprNode<ExprKind::kCastExpr> {
  const Expr* operand = nullptr;
  const TypeName* type = nullptr;
  bool is_try = false;  // NULL instead of an error

  auto Fields() const { return std::tie(operand, type, is_try); }
};

struct CollateExpr : ExprNode<ExprKind::kCollateExpr> {
  const Expr* operand = nullptr;
  QualifiedName collation;

  auto Fields() const { return std::tie(operand, collation); }
};

// ---- function calls

enum class SortDirection : uint8_t { kDefault, kAscending, kDescending };
enum class NullsOrder : uint8_t { kDefault, kFirst, kLast };

struct SortItem {
  const Expr* expr = nullptr;
  SortDirection direction = SortDirection::kDefault;
  NullsOrder nulls = NullsOrder::kDefault;
  Name using_op;  // ORDER BY x USING >

  auto Fields() const { return std::tie(expr, direction, nulls, using_op); }
};

enum class FrameMode : uint8_t { kRows, kRange, kGroups };
enum class FrameBoundKind : uint8_t {
  kUnboundedPreceding,
  kPreceding,
  kCurrentRow,
  kFollowing,
  kUnboundedFollowing,
};
enum class FrameExclusion : uint8_t { kNoOthers, kCurrentRow, kGroup, kTies };

struct FrameBound {
  FrameBoundKind kind = FrameBoundKind::kCurrentRow;
  const Expr* distance = nullptr;  // of kPreceding and kFollowing

  auto Fields() const { return std::tie(kind, distance); }
};

struct WindowFrame {
  uint32_t offset = 0;
  FrameMode mode = FrameMode::kRange;
  FrameBound start;
  FrameBound end;  // CURRENT ROW when only the start was given
  FrameExclusion exclusion = FrameExclusion::kNoOthers;

  auto Fields() const { return std::tie(mode, start, end, exclusion); }
};

struct WindowSpec {
  uint32_t offset = 0;
  Name base;                  // the named window that this one is (is_reference) or extends
  bool is_reference = false;  // OVER w, not OVER (w ...)
  List<const Expr*> partition_by;
  List<SortItem> order_by;
  const WindowFrame* frame = nullptr;  // or null

  auto Fields() const { return std::tie(base, is_reference, partition_by, order_by, frame); }
};

enum class NullTreatment : uint8_t { kDefault, kRespect, kIgnore };

// Ordinary calls, and all the special syntax that is one underneath, by PostgreSQL's function names:
//   EXTRACT(f FROM x)            extract('f', x)         POSITION(a IN b)      position(b, a)
//   SUBSTRING(s FROM a FOR n)    substring(s, a, n)      SUBSTRING(s SIMILAR p ESCAPE e)  substring(s, p, e)
//   OVERLAY(s PLACING r FROM a)  overlay(s, r, a)        x AT TIME ZONE z      timezone(z, x)
//   TRIM([BOTH|LEADING|TRAILING] c FROM s)               btrim|ltrim|rtrim(s, c)
//   COALESCE, NULLIF, GREATEST, LEAST, GROUPING, IF; CURRENT_DATE and its like without arguments or with a precision.
struct FunctionCall : ExprNode<ExprKind::kFunctionCall> {
  QualifiedName name;
  List<const Expr*> args;  // with NamedArgument, LambdaExpr and StarExpr among them
  bool star = false;       // count(*)
  bool distinct = false;
  bool variadic = false;    // the last argument is VARIADIC
  List<SortItem> order_by;  // inside the parentheses
  Name separator;           // GROUP_CONCAT(x SEPARATOR ',')
  bool has_separator = false;
  List<SortItem> within_group;
  const Expr* filter = nullptr;  // or null
  NullTreatment nulls = NullTreatment::kDefault;
  const WindowSpec* over = nullptr;  // or null

  auto Fields() const {
    return std::tie(name, args, star, distinct, variadic, order_by, separator, has_separator, within_group, filter,
                    nulls, over);
  }
};

// name => value, name := value; in table functions also name = value and 'name' = value.
struct NamedArgument : ExprNode<ExprKind::kNamedArgument> {
  Name name;
  const Expr* value = nullptr;

  auto Fields() const { return std::tie(name, value); }
};

// x -> body, (x, y) -> body: only as an argument of a call.
struct LambdaExpr : ExprNode<ExprKind::kLambdaExpr> {
  List<Name> parameters;
  const Expr* body = nullptr;

  auto Fields() const { return std::tie(parameters, body); }
};

// ---- subqueries and constructors

struct SubqueryExpr : ExprNode<ExprKind::kSubqueryExpr> {
  const Query* query = nullptr;

  auto Fields() const { return std::tie(query); }
};

struct ExistsExpr : ExprNode<ExprKind::kExistsExpr> {
  const Query* query = nullptr;

  auto Fields() const { return std::tie(query); }
};

// ROW(...), (a, b).
struct RowExpr : ExprNode<ExprKind::kRowExpr> {
  List<const Expr*> fields;

  auto Fields() const { return std::tie(fields); }
};

// ARRAY[1, 2], [1, 2]. ARRAY<INT>[1] is a CastExpr of one.
struct ArrayExpr : ExprNode<ExprKind::kArrayExpr> {
  List<const Expr*> elements;

  auto Fields() const { return std::tie(elements); }
};

struct ArraySubqueryExpr : ExprNode<ExprKind::kArraySubqueryExpr> {
  const Query* query = nullptr;

  auto Fields() const { return std::tie(query); }
};

// [result FOR x IN list IF condition].
struct ListComprehension : ExprNode<ExprKind::kListComprehension> {
  const Expr* result = nullptr;
  List<Name> parameters;
  const Expr* list = nullptr;
  const Expr* condition = nullptr;  // or null

  auto Fields() const { return std::tie(result, parameters, list, condition); }
};

// MAP {k: v, ...}.
struct MapExpr : ExprNode<ExprKind::kMapExpr> {
  List<const Expr*> keys;
  List<const Expr*> values;  // as many as keys

  auto Fields() const { return std::tie(keys, values); }
};

// {'a': 1, b: 2}.
struct StructExpr : ExprNode<ExprKind::kStructExpr> {
  List<Name> names;
  List<const Expr*> values;  // as many as names

  auto Fields() const { return std::tie(names, values); }
};

// ---- access

// x[i] and x[low:high:step]; in a slice every part may be null.
struct SubscriptExpr : ExprNode<ExprKind::kSubscriptExpr> {
  const Expr* base = nullptr;
  bool is_slice = false;
  const Expr* index = nullptr;  // or the low end
  const Expr* high = nullptr;
  const Expr* step = nullptr;

  auto Fields() const { return std::tie(base, is_slice, index, high, step); }
};

// (expr).field, f(x).field, a[1].field.
struct FieldAccess : ExprNode<ExprKind::kFieldAccess> {
  const Expr* base = nullptr;
  Name field;

  auto Fields() const { return std::tie(base, field); }
};

// ---- only in certain places

// DEFAULT in INSERT ... VALUES and UPDATE ... SET.
struct DefaultExpr : ExprNode<ExprKind::kDefaultExpr> {
  auto Fields() const { return std::tie(); }
};

// MAXVALUE in partition bounds.
struct MaxValueExpr : ExprNode<ExprKind::kMaxValueExpr> {
  auto Fields() const { return std::tie(); }
};

// WHERE CURRENT OF cursor.
struct CurrentOfExpr : ExprNode<ExprKind::kCurrentOfExpr> {
  Name cursor;

  auto Fields() const { return std::tie(cursor); }
};

// Calls visitor(const T&) with the node as its own type.
template <typename Visitor>
decltype(auto) Visit(const Expr& expr, Visitor&& visitor) {
  switch (expr.kind) {
#define X(node)           \
  case ExprKind::k##node: \
    return visitor(static_cast<const node&>(expr));
    WEIR_AST_EXPRESSIONS(X)
#undef X
  }
  __builtin_unreachable();
}

}  // namespace weir::ast
