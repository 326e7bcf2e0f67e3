#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "column/chunk.h"
#include "types/type.h"
#include "types/value.h"

namespace weir {

class EvalContext;

enum class Volatility : uint8_t {
  kImmutable,  // same arguments, same result, for ever: folded at plan time
  kStable,     // same within one statement: now(), anything that depends on the session's time zone
  kVolatile,   // every call may differ: random()
};

enum class NullBehavior : uint8_t {
  kPropagate,  // NULL when any argument is NULL; kernels never see rows with NULL arguments (see KernelArgs::rows)
  kSpecial,    // the kernel sees NULLs and decides: coalesce, concat, is_null
};

// What pruning may conclude about a function in its first non-constant argument.
enum class Monotonicity : uint8_t { kNone, kIncreasing, kDecreasing };

// A parameter's type as a signature declares it: a concrete type, or a pattern that binds to what it is given.
class TypePattern {
 public:
  enum class Kind : uint8_t {
    kExact,       // `type`; decimals and varchars of any parameters when type_is_family
    kAny,         // any type, independent of others: "any"
    kAnyElement,  // "anyelement": all anyelement parameters are unified to one type; list/map parts refer to it
    kAnyList,     // a list whose element is anyelement
    kAnyMap,      // map(anyelement, anyvalue)
    kAnyValue,    // the value type of kAnyMap
    kDecimal,     // numeric of any precision and scale
    kAnyStruct,
    kLambda,   // a lambda expression
    kAnyEnum,  // an enum; what anyelement is then
  };
  TypePattern(TypeKind kind) : TypePattern(Type(kind)) {}                  // NOLINT(google-explicit-constructor)
  TypePattern(Type type) : kind_(Kind::kExact), type_(std::move(type)) {}  // NOLINT(google-explicit-constructor)
  TypePattern(Kind kind) : kind_(kind) {}                                  // NOLINT(google-explicit-constructor)
  Kind kind() const { return kind_; }
  const Type& type() const { return type_; }
  std::string ToString() const;

 private:
  Kind kind_;
  Type type_;
};

// What a kernel gets: argument columns (all of one physical length) and the rows to compute.
struct KernelArgs {
  std::span<const ColumnPtr> columns;
  size_t size;  // physical rows of every argument and of the result
  RowSet rows;  // under kPropagate: rows whose arguments are all valid, among those asked for
  const Type& result_type;
  EvalContext& context;
  const void* state;  // what FunctionOverload::prepare returned, or null
};

// Computes a column of args.size rows, defined at args.rows; other rows may be anything readable.
// A row that fails is reported through args.context.Fail(row, error), never thrown, so that try() and conditional
// branches keep their meaning; a failure of the whole call (memory, cancellation) throws.
// Under kPropagate the adapter clears the validity of rows with NULL arguments after the call.
using ScalarKernel = std::function<ColumnPtr(const KernelArgs&)>;

// The result type for resolved argument types (after implicit casts); may adjust argument types (e.g. align decimal
// scales): the binder then casts the arguments to them. `constants[i]` is set where an argument is a constant.
struct ResolvedCall {
  std::vector<Type> argument_types;
  Type result_type;
};
using TypeResolver =
    std::function<ResolvedCall(std::span<const Type> argument_types, std::span<const std::optional<Value>> constants)>;

// One signature of a scalar function with its kernel.
struct FunctionOverload {
  std::vector<TypePattern> parameters;
  TypePattern result = TypeKind::kUnknown;  // ignored when `resolve` is set
  ScalarKernel kernel;
  bool variadic = false;           // the last parameter repeats (0 or more further times)
  size_t optional_parameters = 0;  // how many trailing parameters may be left out
  NullBehavior nulls = NullBehavior::kPropagate;
  Volatility volatility = Volatility::kImmutable;
  Monotonicity monotonicity = Monotonicity::kNone;
  bool can_fail = true;  // false: no row ever fails, so it may be computed for rows nobody asked for
  // Where can_fail is set: whether calls of these types cannot fail all the same (decimals with digits to spare).
  bool (*never_fails)(std::span<const Type> argument_types, const Type& result_type) = nullptr;
  // Where rows can fail: computing rows that nobody asked for is harmless and cheap, so the evaluator may run the
  // kernel over all rows first and look closer only when something failed. For arithmetic on fixed-width values.
  bool optimistic = false;
  TypeResolver resolve;
  // Work done once per expression instance from constant arguments (compiled regex, time zone); called lazily.
  std::function<std::shared_ptr<const void>(std::span<const std::optional<Value>> constants)> prepare;
};

// A scalar function with its documentation; from this docs, weir_catalog.functions and example tests are made.
struct FunctionSpec {
  std::string name;
  std::vector<std::string> aliases;
  std::string family;          // "string", "math", "date/time", ...
  std::string description;     // one sentence
  std::string example;         // "upper('abc')"
  std::string example_result;  // "ABC", text output
  std::vector<FunctionOverload> overloads;
};

}  // namespace weir
