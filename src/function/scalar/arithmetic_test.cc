#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "function/scalar/arithmetic_loops.h"
#include "function/scalar/expression_testing.h"
#include "types/decimal.h"

namespace weir {
namespace {

Value Integer(TypeKind kind, int128_t value) {
  return kind == TypeKind::kInt128 ? Value::Wide(kind, value) : Value::Integer(kind, static_cast<int64_t>(value));
}

template <typename T>
std::vector<int128_t> Interesting(std::mt19937_64& random) {
  std::vector<int128_t> out = {0, 1, -1, 2, -2, 7, kLargest<T>, kSmallest<T>, kLargest<T> - 1, kSmallest<T> + 1};
  out.push_back(kLargest<T> / 2);
  out.push_back(kLargest<T> / 2 + 1);
  for (int i = 0; i < 6; ++i) out.push_back(static_cast<T>(random()));
  return out;
}

// Every operation on every pair of edge values, against 128-bit arithmetic; first one by one with constants, then in
// columns whose failing rows are found inside try().
template <typename T>
void CheckIntegers(TypeKind kind) {
  std::mt19937_64 random(static_cast<uint64_t>(kind));
  const std::vector<int128_t> values = Interesting<T>(random);
  std::vector<Value> left;
  std::vector<Value> right;
  std::vector<std::pair<int128_t, int128_t>> pairs;
  for (const int128_t a : values) {
    for (const int128_t b : values) {
      pairs.emplace_back(a, b);
      left.push_back(Integer(kind, a));
      right.push_back(Integer(kind, b));
    }
  }
  const Chunk chunk({MakeColumn(kind, left), MakeColumn(kind, right)}, pairs.size());
  for (const std::string op : {"+", "-", "*", "/", "%"}) {
    SCOPED_TRACE(op + " " + Type(kind).ToString());
    const ExprPtr call = Call(op, {Expr::Input(0, kind), Expr::Input(1, kind)});
    ASSERT_EQ(call->type(), Type(kind));
    const StatementContext statement;
    Evaluator evaluator({Call("try", {call}), call}, CoreRegistry(), statement);
    const ColumnPtr column = evaluator.Evaluate(0, chunk);
    for (size_t i = 0; i < pairs.size(); ++i) {
      const auto [a, b] = pairs[i];
      int128_t r = 0;
      bool fails = false;
      if (op == "+") fails = __builtin_add_overflow(a, b, &r);
      if (op == "-") fails = __builtin_sub_overflow(a, b, &r);
      if (op == "*") fails = __builtin_mul_overflow(a, b, &r);
      if (op == "/" || op == "%") {
        fails = b == 0;
        if (op == "/" && b == -1 && a == kInt128Min) {
          fails = true;
        } else if (b == -1) {
          r = op == "/" ? -a : 0;
        } else if (!fails) {
          r = op == "/" ? a / b : a % b;
        }
      }
      fails = fails || r > kLargest<T> || r < kSmallest<T>;
      ASSERT_EQ(column->IsNull(i), fails) << Int128ToString(a) << " " << Int128ToString(b);
      if (!fails) {
        ASSERT_EQ(Int128ToString(column->GetValue(i).wide()), Int128ToString(r))
            << Int128ToString(a) << " with " << Int128ToString(b);
      }
      // The same pair alone, so that it is seen whether the right row was blamed.
      const auto row = static_cast<uint32_t>(i);
      const Chunk one = chunk.WithSelection(std::make_shared<const Selection>(Selection{row}));
      const auto error = CatchError([&] { evaluator.Evaluate(1, one); });
      ASSERT_EQ(error != nullptr, fails) << Int128ToString(a) << " " << Int128ToString(b);
    }
  }
}

TEST(ArithmeticTest, IntegersAgreeWithWideArithmetic) {
  CheckIntegers<int8_t>(TypeKind::kInt8);
  CheckIntegers<int16_t>(TypeKind::kInt16);
  CheckIntegers<int32_t>(TypeKind::kInt32);
  CheckIntegers<int64_t>(TypeKind::kInt64);
  CheckIntegers<int128_t>(TypeKind::kInt128);
}

TEST(ArithmeticTest, RangeErrors) {
  const auto pair = [](TypeKind kind, int64_t a, int64_t b) {
    return std::vector<ExprPtr>{Lit(Value::Integer(kind, a)), Lit(Value::Integer(kind, b))};
  };
  EXPECT_EQ(Show(Call("+", pair(TypeKind::kInt16, INT16_MAX, 1))), "22003 smallint out of range");
  EXPECT_EQ(Show(Call("*", pair(TypeKind::kInt32, INT32_MAX, 2))), "22003 integer out of range");
  EXPECT_EQ(Show(Call("-", pair(TypeKind::kInt64, INT64_MIN, 1))), "22003 bigint out of range");
  EXPECT_EQ(Show(Call("/", pair(TypeKind::kInt64, 1, 0))), "22012 division by zero");
  EXPECT_EQ(Show(Call("/", pair(TypeKind::kInt32, INT32_MIN, -1))), "22003 integer out of range");
  EXPECT_EQ(Show(Call("%", pair(TypeKind::kInt32, INT32_MIN, -1))), "0");
  EXPECT_EQ(Show(Call("%", pair(TypeKind::kInt32, -7, 4))), "-3");
  EXPECT_EQ(Show(Call("/", pair(TypeKind::kInt32, -7, 2))), "-3");
  EXPECT_EQ(Show(Call("-", {Lit(Value::Integer(TypeKind::kInt16, INT16_MIN))})), "22003 smallint out of range");
  EXPECT_EQ(Show(Call("abs", {Lit(Value::Int64(INT64_MIN))})), "22003 bigint out of range");
  EXPECT_EQ(Show(Call("abs", {Lit(Value::Int32(-5))})), "5");
}

TEST(ArithmeticTest, ResultTypes) {
  const auto type = [](std::string_view op, const Type& a, const Type& b) {
    return Call(op, {Expr::Input(0, a), Expr::Input(1, b)})->type().ToString();
  };
  EXPECT_EQ(type("+", TypeKind::kInt32, TypeKind::kInt64), "bigint");
  EXPECT_EQ(type("+", TypeKind::kInt16, TypeKind::kInt32), "integer");
  EXPECT_EQ(type("/", TypeKind::kInt32, TypeKind::kInt32), "integer");
  EXPECT_EQ(type("*", TypeKind::kInt32, Type::Decimal(5, 2)), "numeric(15,2)");
  EXPECT_EQ(type("*", Type::Decimal(15, 2), Type::Decimal(16, 2)), "numeric(31,4)");
  EXPECT_EQ(type("+", Type::Decimal(15, 2), Type::Decimal(4, 3)), "numeric(17,3)");
  EXPECT_EQ(type("+", Type::Decimal(15, 2), TypeKind::kDouble), "double precision");
  EXPECT_EQ(type("+", TypeKind::kInt32, TypeKind::kFloat), "double precision");
  EXPECT_EQ(type("+", TypeKind::kFloat, TypeKind::kFloat), "real");
  EXPECT_EQ(type("*", TypeKind::kFloat, TypeKind::kDouble), "double precision");
  EXPECT_EQ(type("*", TypeKind::kInt64, TypeKind::kDouble), "double precision");
  EXPECT_EQ(type("^", TypeKind::kInt32, TypeKind::kInt32), "double precision");
  EXPECT_EQ(type("/", Type::Decimal(15, 2), Type::Decimal(5, 0)), "numeric(29,16)");
  // A constant takes the digits that it has: 1 - x costs no more than one digit.
  const ExprPtr x = Expr::Input(0, Type::Decimal(15, 2));
  EXPECT_EQ(Call("-", {Lit(Value::Int32(1)), x})->type().ToString(), "numeric(16,2)");
  EXPECT_EQ(Call("*", {x, Lit(Type::Decimal(2, 1), "0.5")})->type().ToString(), "numeric(16,3)");
  EXPECT_EQ(Call("+", {Expr::Input(0, TypeKind::kInt32), Unknown("5")})->type().ToString(), "integer");
  EXPECT_EQ(ErrorOf([] { Call("+", {Expr::Input(0, TypeKind::kInt32), Expr::Input(1, TypeKind::kVarchar)}); }),
            "42883 operator does not exist: integer + text");
  EXPECT_EQ(ErrorOf([] { Call("+", {Expr::Input(0, TypeKind::kInt32), Unknown("x")}); }),
            "22P02 invalid input syntax for type integer: \"x\"");
}

TEST(ArithmeticTest, FloatingPoint) {
  const auto d = [](double value) { return Lit(Value::Double(value)); };
  const double inf = std::numeric_limits<double>::infinity();
  const double max = std::numeric_limits<double>::max();
  EXPECT_EQ(Show(Call("+", {d(0.1), d(0.2)})), "0.30000000000000004");
  EXPECT_EQ(Show(Call("*", {d(max), d(2)})), "22003 value out of range: overflow");
  EXPECT_EQ(Show(Call("*", {d(1e-300), d(1e-300)})), "22003 value out of range: underflow");
  EXPECT_EQ(Show(Call("/", {d(1), d(0)})), "22012 division by zero");
  EXPECT_EQ(Show(Call("/", {d(NAN), d(0)})), "NaN");
  EXPECT_EQ(Show(Call("/", {d(1), d(inf)})), "0");
  EXPECT_EQ(Show(Call("+", {d(inf), d(1)})), "Infinity");
  EXPECT_EQ(Show(Call("-", {d(inf), d(inf)})), "NaN");
  EXPECT_EQ(Show(Call("^", {d(2), d(0.5)})), "1.4142135623730951");
  EXPECT_EQ(Show(Call("^", {d(0), d(-1)})), "2201F zero raised to a negative power is undefined");
  EXPECT_EQ(Show(Call("^", {d(-8), d(0.5)})),
            "2201F a negative number raised to a non-integer power yields a complex result");
  EXPECT_EQ(Show(Call("^", {d(10), d(400)})), "22003 value out of range: overflow");
}

TEST(ArithmeticTest, Bits) {
  const auto i = [](int32_t value) { return Lit(Value::Int32(value)); };
  EXPECT_EQ(Show(Call("&", {i(91), i(15)})), "11");
  EXPECT_EQ(Show(Call("|", {i(32), i(3)})), "35");
  EXPECT_EQ(Show(Call("#", {i(17), i(5)})), "20");
  EXPECT_EQ(Show(Call("~", {i(1)})), "-2");
  EXPECT_EQ(Show(Call("<<", {i(1), i(31)})), "-2147483648");
  EXPECT_EQ(Show(Call(">>", {i(-8), i(1)})), "-4");
  EXPECT_EQ(Show(Call("<<", {Lit(Value::Int64(1)), i(40)})), "1099511627776");
}

TEST(ArithmeticTest, Decimals) {
  const auto dec = [](int p, int s, std::string_view text) { return Lit(Type::Decimal(p, s), text); };
  const auto show = [](std::string_view op, ExprPtr a, ExprPtr b) {
    return Show(Call(op, {std::move(a), std::move(b)}));
  };
  EXPECT_EQ(show("+", dec(5, 2, "1.25"), dec(5, 3, "0.125")), "1.375");
  EXPECT_EQ(show("-", dec(5, 2, "1.25"), Lit(Value::Int32(2))), "-0.75");
  EXPECT_EQ(show("*", dec(5, 2, "1.25"), dec(5, 3, "-0.125")), "-0.15625");
  EXPECT_EQ(show("/", dec(5, 0, "10"), dec(5, 0, "3")), "3.3333333333333333");
  EXPECT_EQ(show("/", dec(5, 0, "-20"), dec(5, 0, "3")), "-6.6666666666666667");
  EXPECT_EQ(show("/", dec(5, 1, "0.1"), dec(5, 1, "0.0")), "22012 division by zero");
  EXPECT_EQ(show("%", dec(5, 1, "-7.5"), dec(5, 0, "2")), "-1.5");
  EXPECT_EQ(show("%", dec(5, 1, "7.5"), dec(5, 0, "0")), "22012 division by zero");
  const std::string nines(38, '9');
  EXPECT_EQ(show("+", dec(38, 0, nines), Lit(Value::Int32(1))), "22003 value overflows numeric format");
  EXPECT_EQ(show("*", dec(38, 0, nines), dec(1, 0, "1")), nines);
  EXPECT_EQ(show("*", dec(38, 0, nines), dec(1, 0, "2")), "22003 value overflows numeric format");
  // Products of more than 38 digits keep 24 after the point.
  EXPECT_EQ(show("*", dec(38, 20, "0.00000000000000000003"), dec(38, 20, "0.50000000000000000000")),
            "0.000000000000000000015000");
  EXPECT_EQ(Show(Call("-", {dec(5, 2, "1.25")})), "-1.25");
  EXPECT_EQ(Show(Call("abs", {dec(38, 2, "-1.25")})), "1.25");
}

// Random decimals of random types, against arithmetic on the unscaled numbers.
TEST(ArithmeticTest, DecimalColumnsAgreeWithWideArithmetic) {
  std::mt19937_64 random(5);
  const StatementContext statement;
  for (int round = 0; round < 300; ++round) {
    const auto random_type = [&] {
      const int precision = 1 + static_cast<int>(random() % 18);
      return Type::Decimal(precision, static_cast<int>(random() % static_cast<uint64_t>(precision + 1)));
    };
    const Type types[] = {random_type(), random_type()};
    std::vector<Value> values[2];
    const size_t rows = 70;
    for (int side = 0; side < 2; ++side) {
      const auto limit = static_cast<uint64_t>(PowerOfTen(types[side].precision()));
      for (size_t i = 0; i < rows; ++i) {
        const auto value = static_cast<int64_t>(random() % limit) * (random() % 2 == 0 ? 1 : -1);
        values[side].push_back(random() % 10 == 0 ? Value::Null(types[side]) : Value::Integer(types[side], value));
      }
    }
    const Chunk chunk({MakeColumn(types[0], values[0]), MakeColumn(types[1], values[1])}, rows);
    const ExprPtr a = Expr::Input(0, types[0]);
    const ExprPtr b = Expr::Input(1, types[1]);
    const ExprPtr calls[] = {Call("+", {a, b}), Call("-", {a, b}), Call("*", {a, b}), Call("/", {a, b}),
                             Call("%", {a, b}), Call("<", {a, b}), Call("=", {a, b})};
    std::vector<ExprPtr> exprs;
    for (const ExprPtr& call : calls) exprs.push_back(Call("try", {call}));
    Evaluator evaluator(exprs, CoreRegistry(), statement);
    const Chunk out = evaluator.EvaluateAll(chunk);
    const int s1 = types[0].scale();
    const int s2 = types[1].scale();
    const int s = std::max(s1, s2);
    for (size_t i = 0; i < rows; ++i) {
      SCOPED_TRACE(types[0].ToString() + " " + values[0][i].ToString() + " and " + types[1].ToString() + " " +
                   values[1][i].ToString());
      if (values[0][i].is_null() || values[1][i].is_null()) {
        for (size_t k = 0; k < exprs.size(); ++k) ASSERT_TRUE(out.column(k)->IsNull(i));
        continue;
      }
      const int128_t x = values[0][i].wide();
      const int128_t y = values[1][i].wide();
      const int128_t xs = x * PowerOfTen(s - s1);
      const int128_t ys = y * PowerOfTen(s - s2);
      const auto check = [&](size_t k, int128_t unscaled, int scale) {
        ASSERT_FALSE(out.column(k)->IsNull(i)) << calls[k]->ToString();
        ASSERT_EQ(calls[k]->type().scale(), scale);
        ASSERT_EQ(Int128ToString(out.column(k)->GetValue(i).wide()), Int128ToString(unscaled)) << calls[k]->ToString();
      };
      check(0, xs + ys, s);
      check(1, xs - ys, s);
      check(2, x * y, s1 + s2);
      if (y == 0) {
        ASSERT_TRUE(out.column(3)->IsNull(i));
        ASSERT_TRUE(out.column(4)->IsNull(i));
      } else {
        const int scale = calls[3]->type().scale();
        const std::optional<int128_t> quotient = DecimalDivide(x, y, scale - s1 + s2);
        if (quotient) {
          check(3, *quotient, scale);
        }
        check(4, xs % ys, s);
      }
      ASSERT_EQ(out.column(5)->GetValue(i), Value::Boolean(xs < ys));
      ASSERT_EQ(out.column(6)->GetValue(i), Value::Boolean(xs == ys));
    }
  }
}

}  // namespace
}  // namespace weir
