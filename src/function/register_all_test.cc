#include "function/register_all.h"

#include <gtest/gtest.h>

#include <set>

#include "expr/evaluator.h"
#include "expr/registry.h"

namespace weir {
namespace {

const Registry& All() {
  static const Registry& registry = *[] {
    auto* out = new Registry();
    RegisterAllFunctions(*out);
    return out;
  }();
  return registry;
}

TEST(RegisterAllTest, SpecsAreComplete) {
  std::set<std::string> names;
  for (const FunctionSpec* spec : All().functions()) {
    SCOPED_TRACE(spec->name);
    EXPECT_TRUE(names.insert(spec->name).second);
    EXPECT_FALSE(spec->description.empty());
    EXPECT_FALSE(spec->overloads.empty());
    EXPECT_EQ(All().FindFunction(spec->name), spec);
    for (const FunctionOverload& overload : spec->overloads) {
      EXPECT_NE(overload.kernel, nullptr);
      EXPECT_TRUE(overload.resolve || overload.result.kind() != TypePattern::Kind::kExact ||
                  !overload.result.type().is(TypeKind::kUnknown));
      EXPECT_TRUE(!overload.variadic || !overload.parameters.empty());
      EXPECT_LE(overload.optional_parameters, overload.parameters.size());
    }
  }
  EXPECT_GT(names.size(), 100u);
  for (const AggregateSpec* spec : All().aggregates()) {
    EXPECT_EQ(All().FindFunction(spec->name), nullptr) << spec->name;
    for (const AggregateOverload& overload : spec->overloads) EXPECT_NE(overload.make, nullptr) << spec->name;
  }
}

TEST(RegisterAllTest, OperatorsFindTheirTypes) {
  const auto type = [](std::string_view name, std::vector<Type> types) -> std::string {
    std::vector<ExprPtr> args;
    for (const Type& t : types) {
      args.push_back(t.is(TypeKind::kUnknown) ? Expr::Literal(Value::Null()) : Expr::Input(args.size(), t));
    }
    try {
      return All().BindCall(name, args)->type().ToString();
    } catch (const Error& error) {
      return error.message();
    }
  };
  // The number operators and those of dates do not get into each other's way.
  EXPECT_EQ(type("+", {TypeKind::kInt32, TypeKind::kInt32}), "integer");
  EXPECT_EQ(type("+", {TypeKind::kDate, TypeKind::kInt32}), "date");
  EXPECT_EQ(type("+", {TypeKind::kDate, TypeKind::kInterval}), "timestamp without time zone");
  EXPECT_EQ(type("-", {TypeKind::kDate, TypeKind::kDate}), "integer");
  EXPECT_EQ(type("-", {TypeKind::kDate, TypeKind::kUnknown}), "integer");
  EXPECT_EQ(type("-", {TypeKind::kTimestamp, TypeKind::kTimestamp}), "interval");
  EXPECT_EQ(type("*", {TypeKind::kInterval, TypeKind::kInt32}), "interval");
  EXPECT_EQ(type("+", {TypeKind::kInt32, TypeKind::kVarchar}), "operator does not exist: integer + text");
  EXPECT_EQ(type("||", {TypeKind::kVarchar, TypeKind::kInt32}), "text");
  EXPECT_EQ(type("||", {TypeKind::kUnknown, TypeKind::kVarchar}), "text");
  EXPECT_EQ(type("=", {TypeKind::kDate, TypeKind::kTimestampTz}), "boolean");
  EXPECT_EQ(type("abs", {TypeKind::kInt16}), "smallint");
  EXPECT_EQ(type("mod", {TypeKind::kInt64, TypeKind::kInt32}), "bigint");
  EXPECT_EQ(type("~~", {TypeKind::kVarchar, TypeKind::kUnknown}), "boolean");
  EXPECT_EQ(type("round", {TypeKind::kDouble}), "double precision");
  EXPECT_EQ(type("sqrt", {TypeKind::kInt32}), "double precision");
}

}  // namespace
}  // namespace weir
