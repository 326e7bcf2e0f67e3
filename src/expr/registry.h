#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "expr/aggregate.h"
#include "expr/expr.h"
#include "expr/function.h"

namespace weir {

// How an expression gets from one type to another.
enum class CastRule : uint8_t {
  kNone,
  kExplicit,    // only by CAST
  kAssignment,  // also when storing into a column
  kImplicit,    // also to make a call or an operator fit
};

// A cast kernel; the same row-failure contract as ScalarKernel. `args.columns[0]` is the source.
using CastKernel = ScalarKernel;
using CastFactory = std::function<CastKernel(const Type& from, const Type& to)>;

// All functions, aggregates and casts. Filled once at start-up by function/, then immutable and shared by threads.
// Operators are functions by their symbol: "+", "=", "<", "~~" (LIKE), "||", "->>"; unary minus is "-" with one
// parameter.
class Registry {
 public:
  Registry();
  ~Registry();

  void Add(FunctionSpec spec);
  void Add(AggregateSpec spec);
  // One factory serves all pairs of two kinds; a later one replaces an earlier one.
  void AddCast(TypeKind from, TypeKind to, CastRule rule, CastFactory factory);

  const FunctionSpec* FindFunction(std::string_view name) const;
  const AggregateSpec* FindAggregate(std::string_view name) const;
  std::vector<const FunctionSpec*> functions() const;  // by name, aliases not repeated
  std::vector<const AggregateSpec*> aggregates() const;

  // Picks the overload by PostgreSQL's rules (documentation 10.2, 10.3): exact matches first, then fewest implicit
  // casts with preferred types, unknown literals taking the type of the other side. Arguments are cast as needed.
  // Throws kUndefinedFunction (with the candidates as hint) or kAmbiguousFunction at `position`.
  ExprPtr BindCall(std::string_view name, std::vector<ExprPtr> args, int64_t position = -1) const;
  AggregateCall BindAggregate(std::string_view name, std::vector<ExprPtr> args, int64_t position = -1) const;

  CastRule FindCast(const Type& from, const Type& to) const;
  // Adds a cast where types differ; literals are converted at once. Throws kCannotCoerce when `context` does not
  // allow it, or the conversion's own error for literals.
  ExprPtr BindCast(const ExprPtr& expr, const Type& to, CastRule context, int64_t position = -1,
                   bool is_try = false) const;
  // The kernel of a cast, or null.
  CastKernel MakeCast(const Type& from, const Type& to) const;

  // The type that UNION, CASE, COALESCE, VALUES, IN and comparisons give their operands; empty when there is none.
  std::optional<Type> CommonType(std::span<const Type> types) const;
  std::optional<Type> CommonType(const Type& a, const Type& b) const;

 private:
  // To a type with fraction_digits(): the cast, then rounding.
  ExprPtr BindRoundedCast(const ExprPtr& expr, const Type& to, CastRule context, int64_t position, bool is_try) const;

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
