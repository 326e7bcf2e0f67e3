#include "expr/expr.h"

#include <gtest/gtest.h>

#include "expr/row_select.h"

namespace weir {
namespace {

FunctionSpec MakeSpec(std::string name, Volatility volatility = Volatility::kImmutable, bool can_fail = false) {
  FunctionSpec spec;
  spec.name = std::move(name);
  FunctionOverload overload;
  overload.volatility = volatility;
  overload.can_fail = can_fail;
  spec.overloads.push_back(std::move(overload));
  return spec;
}

ExprPtr Call(const FunctionSpec& spec, std::vector<ExprPtr> args, Type type = TypeKind::kInt64) {
  return Expr::Call(spec, spec.overloads[0], std::move(type), std::move(args));
}

ExprPtr Col(uint32_t id, std::string name, Type type = TypeKind::kInt64) {
  return Expr::Column(ColumnId(id), std::move(type), std::move(name));
}

TEST(ExprTest, Text) {
  const FunctionSpec less = MakeSpec("<");
  const FunctionSpec like = MakeSpec("~~");
  const FunctionSpec minus = MakeSpec("-");
  const FunctionSpec upper = MakeSpec("upper");
  const ExprPtr a = Col(1, "a");
  const ExprPtr b = Col(2, "b", TypeKind::kVarchar);
  const ExprPtr decimal = Expr::Literal(Value::Integer(Type::Decimal(4, 2), 2400));
  const ExprPtr test = Call(less, {a, decimal}, TypeKind::kBoolean);
  EXPECT_EQ(test->ToString(), "(a < 24.00)");
  EXPECT_EQ(Call(like, {b, Expr::Literal(Value::String("it's%"))})->ToString(), "(b LIKE 'it''s%')");
  EXPECT_EQ(Call(minus, {a})->ToString(), "(- a)");
  EXPECT_EQ(Call(upper, {b})->ToString(), "upper(b)");
  EXPECT_EQ(Expr::Literal(Value::Integer(TypeKind::kDate, 0))->ToString(), "'1970-01-01'::date");
  EXPECT_EQ(Expr::Literal(Value::Null(TypeKind::kDate))->ToString(), "NULL");
  EXPECT_EQ(Expr::Cast(a, TypeKind::kInt32)->ToString(), "a::integer");
  EXPECT_EQ(Expr::Cast(a, TypeKind::kInt32, true)->ToString(), "TRY_CAST(a AS integer)");
  EXPECT_EQ(Expr::And({test, Expr::Not(Expr::IsNull(b))})->ToString(), "((a < 24.00) AND (b IS NOT NULL))");
  EXPECT_EQ(Expr::In(a, {Value::Int64(1), Value::Int64(2)})->ToString(), "(a IN (1, 2))");
  EXPECT_EQ(Expr::Case({test, a, Expr::Literal(Value::Int64(0))}, TypeKind::kInt64)->ToString(),
            "CASE WHEN (a < 24.00) THEN a ELSE 0 END");
  EXPECT_EQ(Expr::Coalesce({a, Expr::Parameter(0, TypeKind::kInt64)})->ToString(), "COALESCE(a, $1)");
  AggregateCall sum;
  sum.name = "sum";
  sum.args = {a};
  sum.distinct = true;
  sum.filter = test;
  EXPECT_EQ(sum.ToString(), "sum(DISTINCT a) FILTER (WHERE (a < 24.00))");
}

TEST(ExprTest, EqualityAndHash) {
  const FunctionSpec plus = MakeSpec("+");
  const FunctionSpec random = MakeSpec("random", Volatility::kVolatile);
  const auto make = [&] { return Call(plus, {Col(1, "a"), Expr::Literal(Value::Int64(1))}); };
  EXPECT_TRUE(make()->Equals(*make()));
  EXPECT_EQ(make()->Hash(), make()->Hash());
  EXPECT_FALSE(make()->Equals(*Call(plus, {Col(2, "a"), Expr::Literal(Value::Int64(1))})));
  EXPECT_FALSE(make()->Equals(*Call(plus, {Col(1, "a"), Expr::Literal(Value::Int32(1))})));
  const ExprPtr draw = Call(random, {});
  EXPECT_TRUE(draw->Equals(*draw));
  EXPECT_FALSE(draw->Equals(*Call(random, {})));
  // Equal in SQL, but not the same literal.
  EXPECT_FALSE(Expr::Literal(Value::OfInterval({1, 0, 0}))->Equals(*Expr::Literal(Value::OfInterval({0, 30, 0}))));
  EXPECT_FALSE(Expr::Literal(Value::Double(0.0))->Equals(*Expr::Literal(Value::Double(-0.0))));
}

TEST(ExprTest, Properties) {
  const FunctionSpec now = MakeSpec("now", Volatility::kStable);
  const FunctionSpec divide = MakeSpec("/", Volatility::kImmutable, true);
  const ExprPtr one = Expr::Literal(Value::Int64(1));
  EXPECT_TRUE(Call(divide, {one, one})->IsFoldable());
  EXPECT_TRUE(Call(divide, {one, one})->CanFail());
  EXPECT_FALSE(Call(divide, {one, Col(1, "a")})->IsFoldable());
  EXPECT_FALSE(Call(now, {})->IsFoldable());
  EXPECT_TRUE(Call(now, {})->IsFoldable(Volatility::kStable));
  EXPECT_EQ(Expr::Not(Call(now, {}))->volatility(), Volatility::kStable);
  EXPECT_TRUE(Expr::Cast(Col(1, "a"), TypeKind::kInt32)->CanFail());
  EXPECT_FALSE(Expr::Cast(Col(1, "a"), TypeKind::kInt32, true)->CanFail());
  EXPECT_FALSE(Expr::Cast(Col(1, "a"), TypeKind::kDouble)->CanFail());
  EXPECT_EQ(Expr::Cast(Col(1, "t", TypeKind::kTimestampTz), TypeKind::kDate)->volatility(), Volatility::kStable);
}

TEST(ExprTest, Rewriting) {
  const FunctionSpec plus = MakeSpec("+");
  const ExprPtr a = Col(1, "a");
  const ExprPtr sum = Call(plus, {a, Call(plus, {Col(2, "b"), a})});
  EXPECT_EQ(ReferencedColumns(*sum), (std::vector<ColumnId>{ColumnId(1), ColumnId(2)}));
  const ExprPtr same = RewriteExpr(sum, [](const ExprPtr& e) { return e; });
  EXPECT_EQ(same, sum);
  const ExprPtr changed = RewriteExpr(sum, [](const ExprPtr& e) {
    return e->is(ExprKind::kColumn) ? Expr::Input(e->column_id().value(), e->type()) : e;
  });
  EXPECT_EQ(changed->ToString(), "(#1 + (#2 + #1))");
  const ExprPtr p = Col(3, "p", TypeKind::kBoolean);
  const ExprPtr q = Col(4, "q", TypeKind::kBoolean);
  const auto parts =
      SplitConjunction(Expr::And({p, Expr::And({q, Expr::Literal(Value::Boolean(true))}), Expr::Or({p, q})}));
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(CombineConjunction(parts)->ToString(), "(p AND q AND (p OR q))");
  EXPECT_TRUE(CombineConjunction({})->is_true());
  EXPECT_EQ(CombineConjunction({p}), p);
  EXPECT_EQ(Expr::WithPosition(p, 9)->position(), 9);
}

TEST(RowSelectTest, MasksAndValidity) {
  for (const size_t size : {0u, 1u, 7u, 8u, 9u, 63u, 64u, 65u, 200u}) {
    std::vector<uint8_t> mask(size + 8);
    std::vector<uint64_t> validity(WordsForBits(size) + 1, ~uint64_t{0});
    Selection some;
    for (size_t i = 0; i < size; ++i) {
      mask[i] = i % 3 == 0 ? 1 : 0;
      if (i % 5 == 0) {
        ClearBit(validity.data(), i);
        mask[i] |= 0xAA;  // whatever lies under NULL
      }
      if (i % 2 == 0) some.push_back(static_cast<uint32_t>(i));
    }
    for (const RowSet& rows : {RowSet::All(size), RowSet::Of(some)}) {
      for (const uint8_t want : {0, 1}) {
        Selection expected;
        rows.ForEach([&](size_t row) {
          if (row % 5 != 0 && (row % 3 == 0) == (want == 1)) expected.push_back(static_cast<uint32_t>(row));
        });
        Selection out(rows.count() + kRowListPadding);
        out.resize(SelectRows(mask.data(), validity.data(), want, rows, out.data()));
        EXPECT_EQ(out, expected);
      }
    }
  }
}

TEST(RowSelect, ValidAndNullRowsOfEveryEncoding) {
  for (const size_t size : {1, 7, 8, 63, 64, 65, 1000}) {
    FlatWriter<int32_t> writer(TypeKind::kInt32, size);
    Selection some;
    auto indices = Buffer::Allocate(size * sizeof(uint32_t));
    for (size_t i = 0; i < size; ++i) {
      writer.Set(i, static_cast<int32_t>(i));
      if (i % 5 == 0) writer.SetNull(i);
      if (i % 2 == 0) some.push_back(static_cast<uint32_t>(i));
      indices->as<uint32_t>()[i] = static_cast<uint32_t>(size - 1 - i);
    }
    const ColumnPtr flat = writer.Finish();
    for (const ColumnPtr& column : {flat, Column::Dictionary(flat, indices, size), Column::ConstantOf(flat, 0, size)}) {
      for (const RowSet& rows : {RowSet::All(size), RowSet::Of(some)}) {
        Selection valid;
        Selection null;
        rows.ForEach([&](size_t row) { (column->IsNull(row) ? null : valid).push_back(static_cast<uint32_t>(row)); });
        Selection out(rows.count() + kRowListPadding);
        out.resize(SelectValid(*column, rows, out.data()));
        EXPECT_EQ(out, valid);
        out.resize(rows.count() + kRowListPadding);
        out.resize(SelectNull(*column, rows, out.data()));
        EXPECT_EQ(out, null);
      }
    }
  }
}

}  // namespace
}  // namespace weir
