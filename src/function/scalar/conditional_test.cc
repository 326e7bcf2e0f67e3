#include <gtest/gtest.h>

#include "function/scalar/expression_testing.h"

namespace weir {
namespace {

ExprPtr Int(int32_t value) {
  return Lit(Value::Int32(value));
}

TEST(ConditionalTest, GreatestAndLeastSkipNulls) {
  EXPECT_EQ(Show(Call("greatest", {Int(1), NullOf(TypeKind::kInt32), Int(3)})), "3");
  EXPECT_EQ(Show(Call("least", {Int(2), NullOf(TypeKind::kUnknown)})), "2");
  EXPECT_EQ(Show(Call("greatest", {NullOf(TypeKind::kInt32), NullOf(TypeKind::kInt32)})), "NULL");
  EXPECT_EQ(Show(Call("greatest", {Int(1), Lit(Type::Decimal(2, 1), "1.5")})), "1.5");
  EXPECT_EQ(Show(Call("greatest", {Unknown("a"), Unknown("b")})), "b");
  EXPECT_EQ(Show(Call("least", {Int(5)})), "5");
  const StatementContext statement;
  const ExprPtr a = Expr::Input(0, TypeKind::kVarchar);
  const ExprPtr b = Expr::Input(1, TypeKind::kVarchar);
  Evaluator evaluator({Call("greatest", {a, b, Lit(Value::String("m"))}), Call("least", {a, b})}, CoreRegistry(),
                      statement);
  const Chunk chunk({ParseColumn(TypeKind::kVarchar, {"a", "NULL", "zebras in the zoo", "NULL"}),
                     ParseColumn(TypeKind::kVarchar, {"b", "q", "NULL", "NULL"})},
                    4);
  const Chunk out = evaluator.EvaluateAll(chunk);
  out.Verify();
  EXPECT_EQ(out.RowToString(0), "m|a");
  EXPECT_EQ(out.RowToString(1), "q|q");
  EXPECT_EQ(out.RowToString(2), "zebras in the zoo|zebras in the zoo");
  EXPECT_EQ(out.RowToString(3), "m|NULL");
}

TEST(ConditionalTest, NullIf) {
  EXPECT_EQ(Show(Call("nullif", {Int(1), Int(1)})), "NULL");
  EXPECT_EQ(Show(Call("nullif", {Int(1), Int(2)})), "1");
  EXPECT_EQ(Show(Call("nullif", {NullOf(TypeKind::kInt32), Int(2)})), "NULL");
  EXPECT_EQ(Show(Call("nullif", {Int(1), NullOf(TypeKind::kInt32)})), "1");
  EXPECT_EQ(Show(Call("nullif", {Lit(Value::String("a")), Unknown("a")})), "NULL");
  const Type ints = Type::List(TypeKind::kInt32);
  EXPECT_EQ(Show(Call("nullif", {Lit(ints, "{1,2}"), Lit(ints, "{1,2}")})), "NULL");
}

TEST(ConditionalTest, IfComputesOnlyTheBranchTaken) {
  const ExprPtr fails = Call("/", {Int(1), Int(0)});
  EXPECT_EQ(Show(Call("if", {Lit(Value::Boolean(true)), Int(1), fails})), "1");
  EXPECT_EQ(Show(Call("if", {Lit(Value::Boolean(false)), Int(1), fails})), "22012 division by zero");
  EXPECT_EQ(Show(Call("if", {NullOf(TypeKind::kBoolean), fails, Int(2)})), "2");
  EXPECT_EQ(Show(Call("ifnull", {Int(1), fails})), "1");
  EXPECT_EQ(Show(Call("nvl", {NullOf(TypeKind::kInt32), Int(3)})), "3");
  EXPECT_EQ(Show(Call("nvl2", {Int(1), Unknown("a"), Unknown("b")})), "a");
  EXPECT_EQ(Show(Call("nvl2", {NullOf(TypeKind::kInt32), Unknown("a"), Unknown("b")})), "b");
}

TEST(ConditionalTest, Zeroes) {
  EXPECT_EQ(Show(Call("zeroifnull", {NullOf(Type::Decimal(5, 2))})), "0.00");
  EXPECT_EQ(Show(Call("zeroifnull", {NullOf(TypeKind::kDouble)})), "0");
  EXPECT_EQ(Show(Call("nullifzero", {Int(0)})), "NULL");
  EXPECT_EQ(Show(Call("nullifzero", {Int(7)})), "7");
  EXPECT_EQ(ErrorOf([] { Call("zeroifnull", {Lit(Value::String("a"))}); }), "42883 function takes a number, not text");
}

TEST(ConditionalTest, TryTurnsFailuresIntoNull) {
  const ExprPtr fails = Call("/", {Int(1), Int(0)});
  EXPECT_EQ(Show(Call("try", {fails})), "NULL");
  EXPECT_EQ(Show(Call("try", {Int(1)})), "1");
  // The whole is NULL, not only the part that failed.
  EXPECT_EQ(Show(Call("try", {Expr::Coalesce({fails, Int(5)})})), "NULL");
  EXPECT_EQ(Show(Expr::Coalesce({Call("try", {fails}), Int(5)})), "5");
  EXPECT_FALSE(Call("try", {fails})->CanFail());
  // Only for the rows that fail.
  const StatementContext statement;
  const ExprPtr x = Expr::Input(0, TypeKind::kInt32);
  const ExprPtr branch = Expr::Case({Call("=", {x, Int(0)}), fails, x}, TypeKind::kInt32);
  Evaluator evaluator({Call("try", {branch}), Call("try", {Call("/", {Int(6), x})})}, CoreRegistry(), statement);
  const Chunk chunk({ParseColumn(TypeKind::kInt32, {"0", "2", "NULL", "3"})}, 4);
  const Chunk out = evaluator.EvaluateAll(chunk);
  EXPECT_EQ(out.RowToString(0), "NULL|NULL");
  EXPECT_EQ(out.RowToString(1), "2|3");
  EXPECT_EQ(out.RowToString(2), "NULL|NULL");
  EXPECT_EQ(out.RowToString(3), "3|2");
}

TEST(ConditionalTest, Booleans) {
  const ExprPtr t = Lit(Value::Boolean(true));
  const ExprPtr f = Lit(Value::Boolean(false));
  const ExprPtr n = NullOf(TypeKind::kBoolean);
  EXPECT_EQ(Show(Call("xor", {t, f})), "t");
  EXPECT_EQ(Show(Call("xor", {t, n})), "NULL");
  EXPECT_EQ(Show(Call("is_true", {n})), "f");
  EXPECT_EQ(Show(Call("is_not_true", {n})), "t");
  EXPECT_EQ(Show(Call("is_false", {f})), "t");
  EXPECT_EQ(Show(Call("is_not_false", {f})), "f");
}

}  // namespace
}  // namespace weir
