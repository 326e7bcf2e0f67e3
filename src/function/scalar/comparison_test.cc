#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "expr/comparison.h"
#include "function/scalar/expression_testing.h"

namespace weir {
namespace {

std::string Compare(std::string_view op, const Type& a, std::string_view left, const Type& b, std::string_view right) {
  return Show(Call(op, {Lit(a, left), Lit(b, right)}));
}

TEST(ComparisonTest, MixedTypes) {
  EXPECT_EQ(Compare("=", TypeKind::kInt32, "1", TypeKind::kInt64, "1"), "t");
  EXPECT_EQ(Compare("=", TypeKind::kInt32, "1", Type::Decimal(3, 2), "1.00"), "t");
  EXPECT_EQ(Compare("<", TypeKind::kInt32, "1", Type::Decimal(3, 2), "1.01"), "t");
  EXPECT_EQ(Compare("=", TypeKind::kFloat, "0.1", TypeKind::kDouble, "0.1"), "f");
  EXPECT_EQ(Compare("=", TypeKind::kFloat, "0.1", Type::Decimal(2, 1), "0.1"), "f");
  EXPECT_EQ(Compare("=", TypeKind::kFloat, "0.5", TypeKind::kInt32, "1"), "f");
  EXPECT_EQ(Compare("<", TypeKind::kDate, "2024-01-01", TypeKind::kTimestamp, "2024-01-01 00:00:01"), "t");
  EXPECT_EQ(Compare("=", Type::Varchar(3), "abc", TypeKind::kVarchar, "abc"), "t");
  // 38 digits do not suffice to align these.
  EXPECT_EQ(Compare("<", Type::Decimal(38, 0), std::string(38, '9'), Type::Decimal(38, 38), "0.5"), "f");
  EXPECT_EQ(Compare(">", Type::Decimal(38, 0), "1", Type::Decimal(38, 38), "0.99999999999999999999999999999999999999"),
            "t");
  EXPECT_EQ(
      Compare("<", Type::Decimal(38, 1), "-0.5", Type::Decimal(38, 38), "-0.49999999999999999999999999999999999999"),
      "t");
  EXPECT_EQ(Show(Call("=", {Lit(Value::Int32(1)), Unknown("1")})), "t");
  EXPECT_EQ(Show(Call("=", {Lit(Type::Decimal(3, 2), "1.50"), Unknown("1.5")})), "t");
  EXPECT_EQ(Show(Call("<", {Unknown("10"), Unknown("9")})), "t");  // as text
  EXPECT_EQ(ErrorOf([] { Call("<", {Unknown("a"), Lit(Value::Int32(1))}); }),
            "22P02 invalid input syntax for type integer: \"a\"");
  EXPECT_EQ(ErrorOf([] { Call("=", {Lit(Value::Boolean(true)), Lit(Value::Int32(1))}); }),
            "42883 operator does not exist: boolean = integer");
  // A column compared with a constant keeps its type, so that it can be pruned and compared as it is.
  const ExprPtr small = Expr::Input(0, TypeKind::kInt16);
  EXPECT_EQ(Call("<>", {small, Lit(Value::Int32(0))})->child(0), small);
  EXPECT_EQ(Call("=", {Lit(Value::Int64(7)), small})->child(1), small);
  EXPECT_EQ(Call("<", {small, Lit(Value::Int32(40000))})->child(0)->type(), Type(TypeKind::kInt32));
  EXPECT_EQ(Call("<", {small, Expr::Input(1, TypeKind::kInt64)})->child(0)->type(), Type(TypeKind::kInt64));
  const ExprPtr price = Expr::Input(0, Type::Decimal(15, 2));
  EXPECT_EQ(Call("<", {price, Lit(Value::Int32(24))})->child(0), price);
  EXPECT_EQ(Call("<", {price, Lit(Type::Decimal(3, 2), "0.05")})->child(0), price);
}

TEST(ComparisonTest, SpecialValues) {
  const auto d = [](double value) { return Lit(Value::Double(value)); };
  EXPECT_EQ(Show(Call("=", {d(NAN), d(NAN)})), "t");
  EXPECT_EQ(Show(Call(">", {d(NAN), d(INFINITY)})), "t");
  EXPECT_EQ(Show(Call("<", {d(NAN), d(1)})), "f");
  EXPECT_EQ(Show(Call("<=", {d(NAN), d(NAN)})), "t");
  EXPECT_EQ(Show(Call("<>", {d(NAN), d(1)})), "t");
  EXPECT_EQ(Show(Call("=", {d(0.0), d(-0.0)})), "t");
  EXPECT_EQ(Compare("=", TypeKind::kInterval, "1 month", TypeKind::kInterval, "30 days"), "t");
  EXPECT_EQ(Compare("<", TypeKind::kInterval, "29 days 23:59:59", TypeKind::kInterval, "1 month"), "t");
  EXPECT_EQ(Show(Call("=", {NullOf(TypeKind::kInt32), Lit(Value::Int32(1))})), "NULL");
  EXPECT_EQ(Show(Call("is_distinct_from", {NullOf(TypeKind::kInt32), Lit(Value::Int32(1))})), "t");
  EXPECT_EQ(Show(Call("is_distinct_from", {NullOf(TypeKind::kInt32), NullOf(TypeKind::kInt32)})), "f");
  EXPECT_EQ(Show(Call("is_not_distinct_from", {NullOf(TypeKind::kInt32), NullOf(TypeKind::kInt32)})), "t");
  EXPECT_EQ(Show(Call("is_not_distinct_from", {Lit(Value::Int32(1)), Lit(Value::Int32(1))})), "t");
}

TEST(ComparisonTest, NestedTypes) {
  const Type ints = Type::List(TypeKind::kInt32);
  EXPECT_EQ(Compare("=", ints, "{1,NULL}", ints, "{1,NULL}"), "t");
  EXPECT_EQ(Compare("<", ints, "{1,2}", ints, "{1,3}"), "t");
  EXPECT_EQ(Compare("<", ints, "{1}", ints, "{1,0}"), "t");
  EXPECT_EQ(Compare("=", ints, "{1}", Type::List(TypeKind::kInt64), "{1}"), "t");
  const Type pair = Type::Struct({{"a", TypeKind::kInt32}, {"b", TypeKind::kVarchar}});
  EXPECT_EQ(Compare("=", pair, "(1,x)", pair, "(1,x)"), "t");
  EXPECT_EQ(Compare("<", pair, "(1,x)", pair, "(1,y)"), "t");
  const Type map = Type::Map(TypeKind::kVarchar, TypeKind::kInt32);
  EXPECT_EQ(Compare("=", map, "{a=1}", map, "{a=1}"), "t");
  EXPECT_EQ(Compare("<>", map, "{a=1}", map, "{a=2}"), "t");
}

// All types, operators and encodings against Value::Compare.
TEST(ComparisonTest, ColumnsAgreeWithValues) {
  std::mt19937 random(3);
  const std::vector<std::pair<Type, std::vector<std::string>>> cases = {
      {TypeKind::kBoolean, {"t", "f"}},
      {TypeKind::kInt8, {"1", "-128", "127"}},
      {TypeKind::kInt16, {"1", "-5", "300"}},
      {TypeKind::kInt32, {"1", "2", "-2147483648"}},
      {TypeKind::kInt64, {"1", "9223372036854775807", "-3"}},
      {TypeKind::kInt128, {"1", "-1", "170141183460469231731687303715884105727"}},
      {TypeKind::kFloat, {"1.5", "NaN", "-Infinity", "0", "-0"}},
      {TypeKind::kDouble, {"1.5", "NaN", "Infinity", "0", "-0"}},
      {Type::Decimal(10, 2), {"1.50", "-3.00", "0"}},
      {Type::Decimal(30, 2), {"1.50", "-3.00", "12345678901234567890.00"}},
      {TypeKind::kDate, {"2024-01-01", "infinity", "1969-12-31"}},
      {TypeKind::kTime, {"00:00:00", "12:00:00"}},
      {TypeKind::kTimestamp, {"2024-01-01 00:00:00", "-infinity"}},
      {TypeKind::kInterval, {"1 month", "30 days", "1 day", "-1 day"}},
      {TypeKind::kVarchar, {"", "a", "ab", "apple pie with cream", "apple pie with sugar", "b"}},
      {TypeKind::kVarbinary, {"\\x00", "\\xff", "\\x0000"}},
      {TypeKind::kUuid, {"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "00000000-0000-0000-0000-000000000001"}},
      {Type::List(TypeKind::kInt32), {"{}", "{1}", "{1,NULL}", "{2}"}},
      {Type::Struct({{"a", TypeKind::kInt32}, {"b", TypeKind::kVarchar}}), {"(1,a)", "(1,)", "(2,a)"}},
  };
  const char* const ops[] = {"=", "<>", "<", "<=", ">", ">="};
  const StatementContext statement;
  for (const auto& [type, texts] : cases) {
    SCOPED_TRACE(type.ToString());
    const auto make = [&](size_t size) {
      std::vector<Value> values;
      for (size_t i = 0; i < size; ++i) {
        values.push_back(random() % 6 == 0 ? Value::Null(type) : ParseValue(type, texts[random() % texts.size()]));
      }
      const ColumnPtr flat = MakeColumn(type, values);
      switch (random() % 3) {
        case 0:
          return flat;
        case 1:
          return Column::ConstantOf(flat, 0, size);
        default: {
          auto indices = Buffer::Allocate(size * sizeof(uint32_t));
          for (size_t i = 0; i < size; ++i) indices->as<uint32_t>()[i] = static_cast<uint32_t>(random() % size);
          return Column::Dictionary(flat, std::move(indices), size);
        }
      }
    };
    std::vector<ExprPtr> exprs;
    for (const char* op : ops) exprs.push_back(Call(op, {Expr::Input(0, type), Expr::Input(1, type)}));
    Evaluator evaluator(exprs, CoreRegistry(), statement);
    for (int round = 0; round < 30; ++round) {
      const size_t size = 1 + random() % 100;
      Chunk chunk({make(size), make(size)}, size);
      if (random() % 2 == 0) {
        auto selection = std::make_shared<Selection>();
        for (uint32_t i = 0; i < size; ++i) {
          if (random() % 5 < 2) selection->push_back(i);
        }
        chunk = chunk.WithSelection(std::move(selection));
      }
      const RowSet rows = chunk.rows();
      for (size_t k = 0; k < 6; ++k) {
        const ColumnPtr column = evaluator.Evaluate(k, chunk);
        column->Verify();
        Selection passing;
        for (size_t i = 0; i < rows.count(); ++i) {
          const size_t row = rows[i];
          const Value a = chunk.column(0)->GetValue(row);
          const Value b = chunk.column(1)->GetValue(row);
          if (a.is_null() || b.is_null()) {
            ASSERT_TRUE(column->IsNull(row));
            continue;
          }
          const int order = Value::Compare(a, b);
          const bool expected[] = {order == 0, order != 0, order < 0, order <= 0, order > 0, order >= 0};
          ASSERT_EQ(column->GetValue(row), Value::Boolean(expected[k])) << a.ToString() << ops[k] << b.ToString();
          if (expected[k]) passing.push_back(static_cast<uint32_t>(row));
        }
        const SelectionPtr selected = evaluator.Filter(k, chunk);
        if (selected == nullptr) {
          ASSERT_EQ(passing.size(), rows.count());
        } else {
          ASSERT_EQ(*selected, passing);
        }
      }
    }
  }
}

TEST(ComparisonTest, Names) {
  EXPECT_EQ(CompareOpByName("!="), CompareOp::kNotEqual);
  EXPECT_EQ(CompareOpByName("~~"), std::nullopt);
  for (const CompareOp op : {CompareOp::kEqual, CompareOp::kNotEqual, CompareOp::kLess, CompareOp::kLessEqual,
                             CompareOp::kGreater, CompareOp::kGreaterEqual}) {
    EXPECT_EQ(NegateCompareOp(NegateCompareOp(op)), op);
    EXPECT_EQ(SwapCompareOp(SwapCompareOp(op)), op);
    EXPECT_NE(NegateCompareOp(op), op);
  }
}

}  // namespace
}  // namespace weir
