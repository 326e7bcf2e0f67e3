#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/strong_id.h"
#include "expr/aggregate.h"
#include "expr/function.h"
#include "types/type.h"
#include "types/value.h"

namespace weir {

// A column of a plan, unique within one query: what logical plans and optimizer rules speak of. Physical operators
// speak of positions in their input chunk.
using ColumnId = StrongId<struct ColumnIdTag, uint32_t>;

class Expr;
using ExprPtr = std::shared_ptr<const Expr>;

enum class ExprKind : uint8_t {  // serialised: append only
  kLiteral,                      // a constant
  kColumn,                       // a column of the plan by ColumnId (logical plans)
  kInput,                        // a column of the input chunk by position (physical plans)
  kCall,                         // a scalar function of the registry
  kCast,                         // to type(); with is_try, NULL instead of an error
  kAnd,                          // n-ary; later operands see only rows that earlier ones left undecided
  kOr,
  kNot,
  kIsNull,  // children[0] IS NULL
  kCase,    // when, then, when, then, ..., else (always present)
  kCoalesce,
  kIn,         // children[0] IN (constants of set()); negate with kNot
  kParameter,  // $n of a prepared statement; replaced by a literal before execution
  kSubquery,   // a subquery that the binder has not yet turned into a join; payload is the plan layer's
};

// A bound, typed, immutable expression. Children are shared; rewriting makes new nodes (see With...).
class Expr {
 public:
  static ExprPtr Literal(Value value);
  static ExprPtr Column(ColumnId id, Type type, std::string name);
  static ExprPtr Input(size_t index, Type type);
  // `overload` points into a spec that lives as long as the registry, or is kept alive by `owner`.
  static ExprPtr Call(const FunctionSpec& spec, const FunctionOverload& overload, Type type, std::vector<ExprPtr> args);
  static ExprPtr Cast(ExprPtr child, Type type, bool is_try = false);
  static ExprPtr And(std::vector<ExprPtr> children);
  static ExprPtr Or(std::vector<ExprPtr> children);
  static ExprPtr Not(ExprPtr child);
  static ExprPtr IsNull(ExprPtr child);
  static ExprPtr Case(std::vector<ExprPtr> when_then_else, Type type);
  static ExprPtr Coalesce(std::vector<ExprPtr> children);
  static ExprPtr In(ExprPtr child, std::vector<Value> set);
  static ExprPtr Parameter(size_t index, Type type);
  // `payload` is what the layer that makes these knows (a plan); see plan/.
  static ExprPtr Subquery(std::shared_ptr<const void> payload, std::vector<ExprPtr> children, Type type);

  // The same node over other children (same count and types).
  ExprPtr WithChildren(std::vector<ExprPtr> children) const;
  // The same node under a type that differs in what types carry besides (domain, collation).
  static ExprPtr WithNotes(const ExprPtr& expr, Type type);
  // The same node that says where in the statement's text it came from.
  static ExprPtr WithPosition(const ExprPtr& expr, int64_t position);

  ExprKind kind() const { return kind_; }
  bool is(ExprKind kind) const { return kind_ == kind; }
  const Type& type() const { return type_; }
  const std::vector<ExprPtr>& children() const { return children_; }
  const ExprPtr& child(size_t i) const { return children_[i]; }
  int64_t position() const { return position_; }  // byte offset in the statement, -1 unknown

  const Value& literal() const { return values_[0]; }
  bool is_true() const;   // literal true
  bool is_false() const;  // literal false or NULL boolean
  ColumnId column_id() const { return ColumnId(static_cast<uint32_t>(index_)); }
  size_t input_index() const { return index_; }
  size_t parameter_index() const { return index_; }  // 0-based
  const std::string& name() const { return name_; }  // column: its name for EXPLAIN; call: the function's
  const FunctionSpec& function() const { return *spec_; }
  const FunctionOverload& overload() const { return *overload_; }
  bool is_try() const { return is_try_; }
  const std::vector<Value>& set() const { return values_; }
  const std::shared_ptr<const void>& payload() const { return payload_; }

  // Free of columns, parameters and subqueries and no worse than `worst` all the way down: can be computed now. With
  // kStable, for this statement only.
  bool IsFoldable(Volatility worst = Volatility::kImmutable) const;
  Volatility volatility() const;  // the worst in the tree
  // Whether the call or cast by itself may fail, its arguments being given.
  bool NodeCanFail() const;
  // Whether evaluating it for a row may fail; such expressions are not computed for rows that a filter removes.
  bool CanFail() const;
  bool Equals(const Expr& other) const;  // structurally; volatile calls equal only themselves
  uint64_t Hash() const;
  // "(l_quantity < 24.00)": operators infix, for EXPLAIN and column names.
  std::string ToString() const;

 private:
  Expr() = default;
  static std::shared_ptr<Expr> Make(ExprKind kind, Type type, std::vector<ExprPtr> children);

  ExprKind kind_ = ExprKind::kLiteral;
  bool is_try_ = false;
  Type type_;
  int64_t position_ = -1;
  size_t index_ = 0;
  std::vector<ExprPtr> children_;
  std::vector<Value> values_;
  std::string name_;
  const FunctionSpec* spec_ = nullptr;
  const FunctionOverload* overload_ = nullptr;
  std::shared_ptr<const void> payload_;
};

// One aggregate of a GROUP BY: its function, arguments and modifiers, bound.
struct AggregateCall {
  std::string name;  // the function's, for EXPLAIN
  std::vector<ExprPtr> args;
  ExprPtr filter;  // FILTER (WHERE ...), or null
  bool distinct = false;
  struct Order {
    ExprPtr expr;
    bool descending = false;
    bool nulls_first = false;
  };
  std::vector<Order> order_by;
  Type type;  // of the result
  std::shared_ptr<const AggregateOps> ops;
  const AggregateSpec* spec = nullptr;
  const AggregateOverload* overload = nullptr;
  std::string ToString() const;  // "sum(l_extendedprice)"
};

// Calls `f` on the node and everything below it, parents first, until it returns false for a subtree.
void VisitExpr(const Expr& expr, const std::function<bool(const Expr&)>& f);
// Rebuilds bottom-up: `f` gets each node with rewritten children and returns its replacement (or the node itself).
ExprPtr RewriteExpr(const ExprPtr& expr, const std::function<ExprPtr(const ExprPtr&)>& f);
// The columns that it refers to, each once, in order of first use.
std::vector<ColumnId> ReferencedColumns(const Expr& expr);
// Splits nested ANDs into their operands; joins them again.
std::vector<ExprPtr> SplitConjunction(const ExprPtr& expr);
ExprPtr CombineConjunction(std::vector<ExprPtr> exprs);  // literal true when empty

}  // namespace weir
