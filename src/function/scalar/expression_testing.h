#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "column/builder.h"
#include "expr/evaluator.h"
#include "expr/registry.h"
#include "function/scalar/core_functions.h"
#include "types/text.h"

namespace weir {

// Short ways to bind and run expressions in tests of functions.
inline const Registry& CoreRegistry() {
  static const Registry& registry = *[] {
    auto* out = new Registry();
    RegisterCoreFunctions(*out);
    return out;
  }();
  return registry;
}

inline ExprPtr Lit(Value value) {
  return Expr::Literal(std::move(value));
}
inline ExprPtr Lit(const Type& type, std::string_view text) {
  return Lit(ParseValue(type, text));
}
// A literal whose type is not known yet, as in 'abc'.
inline ExprPtr Unknown(std::string text) {
  return Lit(Value::Bytes(TypeKind::kUnknown, std::move(text)));
}
inline ExprPtr NullOf(Type type) {
  return Lit(Value::Null(std::move(type)));
}
inline ExprPtr Call(std::string_view name, std::vector<ExprPtr> args) {
  return CoreRegistry().BindCall(name, std::move(args));
}
inline ExprPtr CastTo(const ExprPtr& expr, const Type& to, bool is_try = false) {
  return CoreRegistry().BindCast(expr, to, CastRule::kExplicit, -1, is_try);
}
inline Value Compute(const ExprPtr& expr, const StatementContext& statement = {}) {
  return EvaluateConstant(expr, CoreRegistry(), statement);
}
// The text output of a constant expression; errors as "SQLSTATE message".
inline std::string Show(const ExprPtr& expr, const StatementContext& statement = {}) {
  try {
    return Compute(expr, statement).ToString();
  } catch (const Error& error) {
    return std::string(error.sqlstate()) + " " + error.message();
  }
}
template <typename F>
std::string ErrorOf(F f) {
  try {
    f();
  } catch (const Error& error) {
    return std::string(error.sqlstate()) + " " + error.message();
  }
  return "no error";
}

inline ColumnPtr MakeColumn(const Type& type, const std::vector<Value>& values) {
  ColumnBuilder builder(type, values.size());
  for (const Value& value : values) builder.AppendValue(value);
  return builder.Finish();
}
// From text; "NULL" is NULL.
inline ColumnPtr ParseColumn(const Type& type, const std::vector<std::string>& texts) {
  std::vector<Value> values;
  values.reserve(texts.size());
  for (const std::string& text : texts) values.push_back(text == "NULL" ? Value::Null(type) : ParseValue(type, text));
  return MakeColumn(type, values);
}

}  // namespace weir
