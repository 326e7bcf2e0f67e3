#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "column/builder.h"
#include "expr/evaluator.h"
#include "expr/function.h"
#include "expr/registry.h"
#include "expr/row_adapter.h"
#include "function/scalar/type_names.h"
#include "types/text.h"

namespace weir {

// What the function families of this folder share: short ways to write specs, and row loops for results that the row
// adapter does not cover.

// Adds specs of one family to a registry.
class Family {
 public:
  Family(Registry& registry, std::string name) : registry_(registry), name_(std::move(name)) {}
  struct Names {
    Names(const char* name) : name(name) {}  // NOLINT(google-explicit-constructor)
    Names(std::string name, std::vector<std::string> aliases = {})
        : name(std::move(name)), aliases(std::move(aliases)) {}
    std::string name;
    std::vector<std::string> aliases;
  };
  // `example` is an expression, `result` its text output; both empty where none is deterministic.
  void Add(Names names, std::string description, std::string example, std::string result,
           std::vector<FunctionOverload> overloads) {
    FunctionSpec spec;
    spec.name = std::move(names.name);
    spec.aliases = std::move(names.aliases);
    spec.family = name_;
    spec.description = std::move(description);
    spec.example = std::move(example);
    spec.example_result = std::move(result);
    spec.overloads = std::move(overloads);
    registry_.Add(std::move(spec));
  }

 private:
  Registry& registry_;
  std::string name_;
};

// An overload whose rows never fail, and one whose rows may.
inline FunctionOverload Total(std::vector<TypePattern> parameters, TypePattern result, ScalarKernel kernel) {
  FunctionOverload overload;
  overload.parameters = std::move(parameters);
  overload.result = std::move(result);
  overload.kernel = std::move(kernel);
  overload.can_fail = false;
  return overload;
}
inline FunctionOverload Partial(std::vector<TypePattern> parameters, TypePattern result, ScalarKernel kernel) {
  FunctionOverload overload = Total(std::move(parameters), std::move(result), std::move(kernel));
  overload.can_fail = true;
  return overload;
}
inline FunctionOverload Variadic(FunctionOverload overload) {
  overload.variadic = true;
  return overload;
}
// The kernel sees NULLs.
inline FunctionOverload SeesNulls(FunctionOverload overload) {
  overload.nulls = NullBehavior::kSpecial;
  return overload;
}
inline FunctionOverload Stable(FunctionOverload overload) {
  overload.volatility = Volatility::kStable;
  return overload;
}
inline FunctionOverload Volatile(FunctionOverload overload) {
  overload.volatility = Volatility::kVolatile;
  return overload;
}
inline FunctionOverload Increasing(FunctionOverload overload) {
  overload.monotonicity = Monotonicity::kIncreasing;
  return overload;
}
inline FunctionOverload Optional(size_t parameters, FunctionOverload overload) {
  overload.optional_parameters = parameters;
  return overload;
}
inline FunctionOverload Resolving(FunctionOverload overload, TypeResolver resolve) {
  overload.resolve = std::move(resolve);
  return overload;
}

// The result type from the argument types alone.
template <typename F>
TypeResolver ResultOf(F f) {
  return [f](std::span<const Type> types, std::span<const std::optional<Value>>) {
    return ResolvedCall{std::vector<Type>(types.begin(), types.end()), f(types)};
  };
}

inline TextOptions TextOptionsOf(const StatementContext& statement) {
  TextOptions options;
  static_cast<TextStyle&>(options) = statement.text_style;
  options.time_zone = statement.time_zone;
  options.now_us = statement.statement_time_us;
  return options;
}

// Calls f(row) for the rows asked for; an Error that it throws becomes the row's failure.
template <typename F>
void ForEachRow(const KernelArgs& args, F&& f) {
  args.rows.ForEach([&](size_t row) {
    try {
      f(row);
    } catch (Error& error) {
      if (error.kind() != ErrorKind::kUser) throw;
      args.context.Fail(row, std::move(error));
    }
  });
}

// The same around one row of the row adapter.
template <typename R, typename F>
void Guard(RowOut<R>& out, F&& f) {
  try {
    f();
  } catch (Error& error) {
    if (error.kind() != ErrorKind::kUser) throw;
    out.Fail(std::move(error));
  }
}

// Results of any type, nested ones too: f(row, builder) appends exactly one value, or throws before it has appended
// anything.
template <typename F>
ColumnPtr BuildRows(const KernelArgs& args, F&& f) {
  ColumnBuilder out(args.result_type, args.size);
  size_t next = 0;
  args.rows.ForEach([&](size_t row) {
    for (; next < row; ++next) out.AppendNull();
    try {
      f(row, out);
    } catch (Error& error) {
      if (error.kind() != ErrorKind::kUser) throw;
      args.context.Fail(row, std::move(error));
    }
    if (out.size() == row) out.AppendNull();
    next = row + 1;
  });
  for (; next < args.size; ++next) out.AppendNull();
  return out.Finish();
}

// Appends the text output of a value; `options` from TextOptionsOf.
void AppendColumnText(const ColumnView& view, size_t row, const TextOptions& options, std::string& out);

}  // namespace weir
