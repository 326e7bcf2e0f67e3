#include "expr/overload.h"

#include <gtest/gtest.h>

#include "column/column.h"
#include "expr/evaluator.h"
#include "expr/registry.h"

// Overload resolution over functions made up here, with PostgreSQL's implicit casts between number types.

namespace weir {
namespace {

ColumnPtr FirstArgument(const KernelArgs& args) {
  return Column::Reinterpret(args.columns[0], args.result_type);
}

class OverloadTest : public testing::Test {
 protected:
  OverloadTest() {
    const TypeKind numbers[] = {TypeKind::kInt16,   TypeKind::kInt32, TypeKind::kInt64,
                                TypeKind::kDecimal, TypeKind::kFloat, TypeKind::kDouble};
    const auto factory = [](const Type&, const Type&) -> CastKernel { return FirstArgument; };
    for (const TypeKind from : numbers) {
      for (const TypeKind to : numbers) {
        registry_.AddCast(from, to, from <= to ? CastRule::kImplicit : CastRule::kAssignment, factory);
      }
    }
    registry_.AddCast(TypeKind::kVarchar, TypeKind::kVarchar, CastRule::kImplicit, factory);
    for (const TypeKind kind : {TypeKind::kDate, TypeKind::kTimestamp, TypeKind::kInterval}) {
      registry_.AddCast(TypeKind::kVarchar, kind, CastRule::kExplicit, factory);
    }
    registry_.AddCast(TypeKind::kVarchar, TypeKind::kInt32, CastRule::kExplicit, factory);
    registry_.AddCast(TypeKind::kDate, TypeKind::kTimestamp, CastRule::kImplicit, factory);
  }

  // The result type tells which overload was taken.
  void Add(const std::string& name, std::vector<TypePattern> parameters, TypePattern result, bool variadic = false,
           size_t optional = 0) {
    FunctionOverload overload;
    overload.parameters = std::move(parameters);
    overload.result = std::move(result);
    overload.variadic = variadic;
    overload.optional_parameters = optional;
    overload.kernel = FirstArgument;
    FunctionSpec spec;
    spec.name = name;
    spec.overloads.push_back(std::move(overload));
    registry_.Add(std::move(spec));
  }
  std::string Resolve(std::string_view name, const std::vector<Type>& types) {
    std::vector<ExprPtr> args;
    for (const Type& type : types) {
      // Of unknown type without a value: what NULL and parameters are.
      args.push_back(type.is(TypeKind::kUnknown) ? Expr::Literal(Value::Null()) : Expr::Input(args.size(), type));
    }
    try {
      const ExprPtr call = registry_.BindCall(name, args, 5);
      std::string out = call->type().ToString() + ":";
      for (const ExprPtr& child : call->children()) out += " " + child->type().ToString();
      return out;
    } catch (const Error& error) {
      EXPECT_EQ(error.position(), 5);
      return std::string(error.sqlstate()) + " " + error.message();
    }
  }

  Registry registry_;
};

TEST_F(OverloadTest, ExactBeforeImplicit) {
  Add("f", {TypeKind::kInt64}, TypeKind::kInt64);
  Add("f", {TypeKind::kDouble}, TypeKind::kDouble);
  EXPECT_EQ(Resolve("f", {TypeKind::kInt64}), "bigint: bigint");
  // integer fits both; double is the preferred number type.
  EXPECT_EQ(Resolve("f", {TypeKind::kInt32}), "double precision: double precision");
  EXPECT_EQ(Resolve("f", {TypeKind::kVarchar}), "42883 function f(text) does not exist");
  EXPECT_EQ(Resolve("g", {TypeKind::kInt32, TypeKind::kUnknown}), "42883 function g(integer, unknown) does not exist");
  EXPECT_EQ(Resolve("F", {TypeKind::kInt64}), "bigint: bigint");
}

TEST_F(OverloadTest, Operators) {
  for (const TypeKind kind : {TypeKind::kInt32, TypeKind::kInt64, TypeKind::kDouble}) Add("+", {kind, kind}, kind);
  Add("+", {TypeKind::kDate, TypeKind::kInt32}, TypeKind::kDate);
  Add("+", {TypeKind::kDate, TypeKind::kInterval}, TypeKind::kTimestamp);
  Add("+", {TypeKind::kTimestamp, TypeKind::kInterval}, TypeKind::kTimestamp);
  EXPECT_EQ(Resolve("+", {TypeKind::kInt32, TypeKind::kInt64}), "bigint: bigint bigint");
  EXPECT_EQ(Resolve("+", {TypeKind::kInt16, TypeKind::kInt32}), "integer: integer integer");
  EXPECT_EQ(Resolve("+", {TypeKind::kInt64, TypeKind::kDouble}), "double precision: double precision double precision");
  // An unknown literal takes the other side's type.
  EXPECT_EQ(Resolve("+", {TypeKind::kInt32, TypeKind::kUnknown}), "integer: integer integer");
  EXPECT_EQ(Resolve("+", {TypeKind::kTimestamp, TypeKind::kUnknown}),
            "timestamp without time zone: timestamp without time zone interval");
  EXPECT_EQ(Resolve("+", {TypeKind::kDate, TypeKind::kUnknown}), "42725 operator is not unique: date + unknown");
  EXPECT_EQ(Resolve("+", {TypeKind::kVarchar, TypeKind::kInt32}), "42883 operator does not exist: text + integer");
}

TEST_F(OverloadTest, UnknownLiteralsPreferText) {
  Add("f", {TypeKind::kDate}, TypeKind::kDate);
  Add("f", {TypeKind::kVarchar}, TypeKind::kVarchar);
  EXPECT_EQ(Resolve("f", {TypeKind::kUnknown}), "text: text");
  // Known arguments of one type decide for the unknown ones.
  Add("g", {TypeKind::kInt32, TypeKind::kInt32}, TypeKind::kInt32);
  Add("g", {TypeKind::kInt32, TypeKind::kDate}, TypeKind::kDate);
  EXPECT_EQ(Resolve("g", {TypeKind::kInt32, TypeKind::kUnknown}), "integer: integer integer");
}

TEST_F(OverloadTest, Polymorphic) {
  const auto element = TypePattern::Kind::kAnyElement;
  const auto list = TypePattern::Kind::kAnyList;
  Add("pick", {element, element}, element);
  Add("append", {list, element}, list);
  Add("first", {list}, element);
  Add("look", {TypePattern::Kind::kAnyMap, element}, TypePattern::Kind::kAnyValue);
  EXPECT_EQ(Resolve("pick", {TypeKind::kInt32, TypeKind::kInt64}), "bigint: bigint bigint");
  EXPECT_EQ(Resolve("pick", {TypeKind::kUnknown, TypeKind::kUnknown}), "text: text text");
  EXPECT_EQ(Resolve("pick", {TypeKind::kUnknown, TypeKind::kDate}), "date: date date");
  EXPECT_EQ(Resolve("pick", {TypeKind::kInt32, TypeKind::kVarchar}),
            "42883 function pick(integer, text) does not exist");
  EXPECT_EQ(Resolve("append", {Type::List(TypeKind::kInt32), TypeKind::kInt64}), "bigint[]: bigint[] bigint");
  EXPECT_EQ(Resolve("append", {TypeKind::kUnknown, TypeKind::kInt64}), "bigint[]: bigint[] bigint");
  EXPECT_EQ(Resolve("first", {Type::List(TypeKind::kDate)}), "date: date[]");
  EXPECT_EQ(Resolve("first", {TypeKind::kDate}), "42883 function first(date) does not exist");
  EXPECT_EQ(Resolve("look", {Type::Map(TypeKind::kVarchar, TypeKind::kInt32), TypeKind::kUnknown}),
            "integer: map(text, integer) text");
}

TEST_F(OverloadTest, CountsOfArguments) {
  Add("v", {TypeKind::kInt32, TypeKind::kVarchar}, TypeKind::kVarchar, /*variadic=*/true);
  EXPECT_EQ(Resolve("v", {TypeKind::kInt32}), "42883 function v(integer) does not exist");
  EXPECT_EQ(Resolve("v", {TypeKind::kInt32, TypeKind::kVarchar, Type::Varchar(3), TypeKind::kUnknown}),
            "text: integer text character varying(3) text");
  Add("o", {TypeKind::kInt32, TypeKind::kInt32, TypeKind::kInt32}, TypeKind::kInt32, false, /*optional=*/2);
  EXPECT_EQ(Resolve("o", {TypeKind::kInt32}), "integer: integer");
  EXPECT_EQ(Resolve("o", {TypeKind::kInt32, TypeKind::kInt16}), "integer: integer integer");
  EXPECT_EQ(Resolve("o", {}), "42883 function o() does not exist");
}

TEST_F(OverloadTest, Decimals) {
  Add("d", {TypePattern::Kind::kDecimal}, TypePattern::Kind::kDecimal);
  EXPECT_EQ(Resolve("d", {Type::Decimal(7, 3)}), "numeric(7,3): numeric(7,3)");
  EXPECT_EQ(Resolve("d", {TypeKind::kInt32}), "numeric(10,0): numeric(10,0)");
  EXPECT_EQ(Resolve("d", {TypeKind::kDouble}), "42883 function d(double precision) does not exist");
  Add("d", {TypeKind::kDouble}, TypeKind::kDouble);
  EXPECT_EQ(Resolve("d", {Type::Decimal(7, 3)}), "numeric(7,3): numeric(7,3)");
  EXPECT_EQ(Resolve("d", {TypeKind::kInt32}), "double precision: double precision");
}

TEST_F(OverloadTest, SameSignatureTwiceKeepsTheFirst) {
  Add("f", {TypeKind::kInt32}, TypeKind::kInt32);
  Add("f", {TypeKind::kInt32}, TypeKind::kInt64);
  EXPECT_EQ(Resolve("f", {TypeKind::kInt32}), "integer: integer");
  EXPECT_EQ(registry_.FindFunction("f")->overloads.size(), 1u);
}

TEST_F(OverloadTest, ResolversSeeConstantsAndAdjustArguments) {
  FunctionOverload overload;
  overload.parameters = {TypeKind::kInt32, TypeKind::kInt32};
  overload.kernel = FirstArgument;
  std::vector<std::optional<Value>> seen;
  overload.resolve = [&seen](std::span<const Type>, std::span<const std::optional<Value>> constants) {
    seen.assign(constants.begin(), constants.end());
    return ResolvedCall{{TypeKind::kInt64, TypeKind::kInt32}, TypeKind::kDouble};
  };
  FunctionSpec spec;
  spec.name = "r";
  spec.overloads.push_back(overload);
  registry_.Add(std::move(spec));
  const ExprPtr call = registry_.BindCall("r", {Expr::Input(0, TypeKind::kInt32), Expr::Literal(Value::Int32(7))}, 5);
  EXPECT_EQ(call->type().ToString(), "double precision");
  EXPECT_EQ(call->child(0)->type().ToString(), "bigint");
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_FALSE(seen[0].has_value());
  EXPECT_EQ(*seen[1], Value::Int32(7));
}

}  // namespace
}  // namespace weir
