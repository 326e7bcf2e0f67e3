#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "expr/cast_rules.h"
#include "function/scalar/arithmetic_loops.h"
#include "function/scalar/expression_testing.h"

// Expected texts and errors are PostgreSQL's.

namespace weir {
namespace {

// `text` read as `from`, cast to `to`.
std::string Cast(const Type& from, std::string_view text, const Type& to, const StatementContext& statement = {}) {
  return ErrorOf([&] {
           const Value value = ParseValue(from, text, {.time_zone = statement.time_zone});
           // Through a column, so that no folding is in between.
           Evaluator evaluator({Expr::Cast(Expr::Input(0, from), to)}, CoreRegistry(), statement);
           const ColumnPtr column = evaluator.Evaluate(0, Chunk({MakeColumn(from, {value, Value::Null(from)})}, 2));
           EXPECT_TRUE(column->IsNull(1));
           column->Verify();
           const Value result = column->GetValue(0);
           EXPECT_EQ(result.type(), to);
           throw Error::User("00000", "{}", FormatValue(result, {.time_zone = statement.time_zone}));
         })
      .substr(0);
}

// Successful results come as "00000 text"; strips that.
std::string Result(std::string text) {
  return text.starts_with("00000 ") ? text.substr(6) : text;
}

// A literal's cast, which is done while it is bound.
std::string CastLiteral(const Value& value, const Type& to) {
  std::string out;
  const std::string error = ErrorOf([&] { out = Show(CastTo(Lit(value), to)); });
  return error == "no error" ? out : error;
}

#define EXPECT_CAST(from, text, to, expected) EXPECT_EQ(Result(Cast(from, text, to)), expected)

TEST(CastTest, FloatingToInteger) {
  EXPECT_CAST(TypeKind::kDouble, "2.5", TypeKind::kInt32, "2");
  EXPECT_CAST(TypeKind::kDouble, "3.5", TypeKind::kInt32, "4");
  EXPECT_CAST(TypeKind::kDouble, "-2.5", TypeKind::kInt32, "-2");
  EXPECT_CAST(TypeKind::kDouble, "1e10", TypeKind::kInt32, "22003 integer out of range");
  EXPECT_CAST(TypeKind::kDouble, "NaN", TypeKind::kInt64, "22003 bigint out of range");
  EXPECT_CAST(TypeKind::kDouble, "9223372036854775807", TypeKind::kInt64, "22003 bigint out of range");
  EXPECT_CAST(TypeKind::kDouble, "-9223372036854775808", TypeKind::kInt64, "-9223372036854775808");
  EXPECT_CAST(TypeKind::kFloat, "127.5", TypeKind::kInt8, "22003 tinyint out of range");
  EXPECT_CAST(TypeKind::kDouble, "1e40", TypeKind::kFloat, "22003 value out of range: overflow");
  EXPECT_CAST(TypeKind::kDouble, "1e-60", TypeKind::kFloat, "22003 value out of range: underflow");
  EXPECT_CAST(TypeKind::kDouble, "Infinity", TypeKind::kFloat, "Infinity");
  EXPECT_CAST(TypeKind::kFloat, "0.1", TypeKind::kDouble, "0.10000000149011612");
}

TEST(CastTest, Decimals) {
  EXPECT_CAST(Type::Decimal(3, 1), "2.5", TypeKind::kInt32, "3");
  EXPECT_CAST(Type::Decimal(3, 1), "-2.5", TypeKind::kInt32, "-3");
  EXPECT_CAST(Type::Decimal(38, 0), "40000000000", TypeKind::kInt32, "22003 integer out of range");
  EXPECT_CAST(Type::Decimal(8, 3), "12345.678", Type::Decimal(7, 1), "12345.7");
  EXPECT_CAST(Type::Decimal(3, 2), "0.05", Type::Decimal(3, 1), "0.1");
  EXPECT_CAST(Type::Decimal(3, 2), "-0.05", Type::Decimal(3, 1), "-0.1");
  EXPECT_CAST(Type::Decimal(5, 0), "99999", Type::Decimal(4, 0), "22003 numeric field overflow");
  EXPECT_CAST(Type::Decimal(3, 1), "99.9", Type::Decimal(2, 0), "22003 numeric field overflow");
  EXPECT_CAST(Type::Decimal(4, 2), "12.34", Type::Decimal(38, 20), "12.34000000000000000000");
  EXPECT_CAST(Type::Decimal(38, 20), "12.34", Type::Decimal(4, 2), "12.34");
  EXPECT_CAST(TypeKind::kInt32, "-7", Type::Decimal(10, 3), "-7.000");
  EXPECT_CAST(TypeKind::kInt64, "1234", Type::Decimal(5, 2), "22003 numeric field overflow");
  EXPECT_CAST(TypeKind::kInt64, "9223372036854775807", Type::Decimal(21, 2), "9223372036854775807.00");
  EXPECT_CAST(TypeKind::kDouble, "1e20", Type::Decimal(38, 2), "100000000000000000000.00");
  EXPECT_CAST(TypeKind::kDouble, "123456789012345678", Type::Decimal(38, 0), "123456789012346000");
  EXPECT_CAST(TypeKind::kFloat, "0.1", Type::Decimal(10, 5), "0.10000");
  EXPECT_CAST(TypeKind::kDouble, "NaN", Type::Decimal(10, 5), "0A000 cannot convert NaN to numeric");
  EXPECT_CAST(Type::Decimal(15, 2), "0.10", TypeKind::kDouble, "0.1");
  EXPECT_CAST(Type::Decimal(38, 2), "-123456789012345678901234567890.12", TypeKind::kDouble, "-1.2345678901234568e+29");
  EXPECT_CAST(Type::Decimal(18, 0), "999999999999999999", TypeKind::kDouble, "1e+18");
}

TEST(CastTest, IntegersAndBooleans) {
  EXPECT_CAST(TypeKind::kInt64, "40000", TypeKind::kInt16, "22003 smallint out of range");
  EXPECT_CAST(TypeKind::kInt64, "-32768", TypeKind::kInt16, "-32768");
  EXPECT_CAST(TypeKind::kInt128, "170141183460469231731687303715884105727", TypeKind::kInt64,
              "22003 bigint out of range");
  EXPECT_CAST(TypeKind::kInt8, "-1", TypeKind::kInt128, "-1");
  EXPECT_CAST(TypeKind::kInt32, "5", TypeKind::kBoolean, "t");
  EXPECT_CAST(TypeKind::kInt32, "0", TypeKind::kBoolean, "f");
  EXPECT_CAST(TypeKind::kBoolean, "true", TypeKind::kInt32, "1");
}

// Every pair of number types over random columns, with NULLs and a selection: as the cast of each value alone.
TEST(CastTest, NumberColumnsAgreeWithSingleValues) {
  std::mt19937_64 random(11);
  const std::vector<Type> types = {TypeKind::kInt8,       TypeKind::kInt16,      TypeKind::kInt32,
                                   TypeKind::kInt64,      TypeKind::kInt128,     TypeKind::kFloat,
                                   TypeKind::kDouble,     Type::Decimal(5, 2),   Type::Decimal(18, 0),
                                   Type::Decimal(20, 10), Type::Decimal(38, 38), Type::Decimal(12, 12)};
  const StatementContext statement;
  for (const Type& from : types) {
    std::vector<Value> values;
    for (size_t i = 0; i < 130; ++i) {
      const auto bits = static_cast<int64_t>(random()) >> (random() % 64);
      if (random() % 8 == 0) {
        values.push_back(Value::Null(from));
      } else if (from.is_floating()) {
        values.push_back(Value::Floating(from, static_cast<float>(static_cast<double>(bits) / 1000)));
      } else if (from.is(TypeKind::kDecimal)) {
        const int128_t value = bits % PowerOfTen(from.precision());
        values.push_back(from.physical() == PhysicalType::kInt128 ? Value::Wide(from, value)
                                                                  : Value::Integer(from, static_cast<int64_t>(value)));
      } else {
        const int size = static_cast<int>(PhysicalWidth(from.physical())) * 8;
        values.push_back(size > 64 ? Value::Wide(from, int128_t{bits} << (random() % 60))
                                   : Value::Integer(from, bits << (64 - size) >> (64 - size)));
      }
    }
    const Chunk chunk({MakeColumn(from, values)}, values.size());
    for (const Type& to : types) {
      SCOPED_TRACE(from.ToString() + " to " + to.ToString());
      ASSERT_NE(CoreRegistry().MakeCast(from, to), nullptr);
      Evaluator evaluator({CastTo(Expr::Input(0, from), to, true)}, CoreRegistry(), statement);
      const ColumnPtr column = evaluator.Evaluate(0, chunk);
      column->Verify();
      bool any_failed = false;
      for (size_t i = 0; i < values.size(); ++i) {
        const std::string alone = CastLiteral(values[i], to);
        const bool failed = alone.starts_with("22003 ");
        any_failed |= failed;
        ASSERT_EQ(column->GetValue(i).ToString(), failed ? "NULL" : alone) << values[i].ToString();
      }
      EXPECT_TRUE(!any_failed || CastCanFail(from, to));
      // Through double, decimals and wide integers lose digits, but the way through text does not.
      if (!from.is_floating() && !to.is_floating()) {
        for (const Value& value : values) {
          if (value.is_null()) continue;
          const std::string direct = CastLiteral(value, to);
          if (direct.starts_with("22003 ") || (to.is_integer() && from.is(TypeKind::kDecimal))) continue;
          ASSERT_EQ(direct, CastLiteral(Value::String(value.ToString()), to));
        }
      }
    }
  }
}

TEST(CastTest, Text) {
  EXPECT_CAST(TypeKind::kVarchar, "abcdef", Type::Varchar(3), "abc");
  EXPECT_CAST(TypeKind::kVarchar, "äöü", Type::Varchar(2), "äö");
  EXPECT_CAST(TypeKind::kInt32, "12345", Type::Varchar(3), "123");
  EXPECT_CAST(TypeKind::kBoolean, "t", TypeKind::kVarchar, "true");
  EXPECT_CAST(Type::Decimal(3, 2), "1.50", TypeKind::kVarchar, "1.50");
  EXPECT_CAST(TypeKind::kInt64, "-9223372036854775808", TypeKind::kVarchar, "-9223372036854775808");
  EXPECT_CAST(TypeKind::kVarchar, "  42  ", TypeKind::kInt32, "42");
  EXPECT_CAST(TypeKind::kVarchar, " t ", TypeKind::kBoolean, "t");
  EXPECT_CAST(TypeKind::kVarchar, "1e3", TypeKind::kDouble, "1000");
  EXPECT_CAST(TypeKind::kVarchar, "1.005", Type::Decimal(4, 2), "1.01");
  EXPECT_CAST(TypeKind::kVarchar, "maybe", TypeKind::kBoolean,
              "22P02 invalid input syntax for type boolean: \"maybe\"");
  EXPECT_CAST(TypeKind::kVarchar, "{1,2,NULL}", Type::List(TypeKind::kInt32), "{1,2,NULL}");
  EXPECT_CAST(Type::List(TypeKind::kInt32), "{1,2,NULL}", TypeKind::kVarchar, "{1,2,NULL}");
  EXPECT_CAST(TypeKind::kVarchar, "{\"a\": 1}", TypeKind::kJson, "{\"a\": 1}");
  EXPECT_CAST(TypeKind::kJson, "{\"a\": 1}", TypeKind::kVarchar, "{\"a\": 1}");
  EXPECT_TRUE(Cast(TypeKind::kVarchar, "{", TypeKind::kJson).starts_with("22P02 "));
  EXPECT_CAST(TypeKind::kUuid, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", TypeKind::kVarchar,
              "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
  EXPECT_CAST(TypeKind::kVarchar, "\\x0aff", TypeKind::kVarbinary, "\\x0aff");
}

TEST(CastTest, Moments) {
  const TypeKind date = TypeKind::kDate;
  const TypeKind ts = TypeKind::kTimestamp;
  EXPECT_CAST(date, "2024-02-29", ts, "2024-02-29 00:00:00");
  EXPECT_CAST(ts, "2024-02-29 12:34:56.7", date, "2024-02-29");
  EXPECT_CAST(ts, "2024-02-29 12:34:56.7", TypeKind::kTime, "12:34:56.7");
  EXPECT_CAST(ts, "1969-12-31 23:59:59", date, "1969-12-31");
  EXPECT_CAST(date, "infinity", ts, "infinity");
  EXPECT_CAST(date, "-infinity", TypeKind::kTimestampNs, "-infinity");
  EXPECT_CAST(ts, "-infinity", date, "-infinity");
  EXPECT_CAST(TypeKind::kTimestampTz, "infinity", ts, "infinity");
  EXPECT_CAST(date, "5000000-01-01", ts, "22008 date out of range for timestamp");
  EXPECT_CAST(ts, "3000-01-01", TypeKind::kTimestampNs, "22008 timestamp out of range");
  EXPECT_CAST(ts, "1969-12-31 23:59:59.123456", TypeKind::kTimestampNs, "1969-12-31 23:59:59.123456");
  EXPECT_CAST(TypeKind::kTimestampNs, "1969-12-31 23:59:59.123456789", ts, "1969-12-31 23:59:59.123457");
  EXPECT_CAST(TypeKind::kTime, "12:34:56", TypeKind::kInterval, "12:34:56");
  EXPECT_CAST(TypeKind::kInterval, "1 day 26:00:00", TypeKind::kTime, "02:00:00");
  EXPECT_CAST(TypeKind::kInterval, "-1 hour", TypeKind::kTime, "23:00:00");
}

TEST(CastTest, MomentsInATimeZone) {
  StatementContext statement;
  statement.time_zone = "Europe/Berlin";
  const auto cast = [&](const Type& from, std::string_view text, const Type& to) {
    return Result(Cast(from, text, to, statement));
  };
  EXPECT_EQ(cast(TypeKind::kDate, "2024-07-01", TypeKind::kTimestampTz), "2024-07-01 00:00:00+02");
  EXPECT_EQ(cast(TypeKind::kTimestampTz, "2024-07-01 23:00+00", TypeKind::kTimestamp), "2024-07-02 01:00:00");
  EXPECT_EQ(cast(TypeKind::kTimestampTz, "2024-07-01 23:00+00", TypeKind::kDate), "2024-07-02");
  EXPECT_EQ(cast(TypeKind::kTimestamp, "2024-03-31 02:30", TypeKind::kTimestampTz), "2024-03-31 03:30:00+02");
  EXPECT_EQ(cast(TypeKind::kVarchar, "2024-07-01 12:00", TypeKind::kTimestampTz), "2024-07-01 12:00:00+02");
  EXPECT_EQ(cast(TypeKind::kTimestampTz, "2024-01-01 12:00+00", TypeKind::kVarchar), "2024-01-01 13:00:00+01");
  // So these are not computed before the session is known.
  const ExprPtr bound = CastTo(Unknown("2024-07-01 12:00"), TypeKind::kTimestampTz);
  EXPECT_FALSE(bound->is(ExprKind::kLiteral));
  EXPECT_FALSE(bound->IsFoldable());
  EXPECT_TRUE(bound->IsFoldable(Volatility::kStable));
  EXPECT_TRUE(CastTo(Unknown("2024-07-01 12:00"), TypeKind::kTimestamp)->is(ExprKind::kLiteral));
  statement.statement_time_us = 86'400'000'000;
  EXPECT_EQ(Show(CastTo(Unknown("today"), TypeKind::kDate), statement), "1970-01-02");
}

TEST(CastTest, Nested) {
  const Type ints = Type::List(TypeKind::kInt32);
  EXPECT_CAST(ints, "{1,NULL,3}", Type::List(TypeKind::kVarchar), "{1,NULL,3}");
  EXPECT_CAST(ints, "{}", Type::List(TypeKind::kDouble), "{}");
  EXPECT_CAST(Type::List(TypeKind::kInt64), "{1,5000000000}", ints, "22003 integer out of range");
  EXPECT_CAST(Type::List(ints), "{{1},{2,3}}", Type::List(Type::List(TypeKind::kInt64)), "{{1},{2,3}}");
  const Type from = Type::Struct({{"a", TypeKind::kInt32}, {"b", TypeKind::kVarchar}});
  const Type to = Type::Struct({{"x", TypeKind::kVarchar}, {"y", TypeKind::kInt16}});
  EXPECT_CAST(from, "(1,2)", to, "(1,2)");
  EXPECT_CAST(from, "(1,)", to, "(1,)");
  EXPECT_CAST(from, "(1,x)", to, "22P02 invalid input syntax for type smallint: \"x\"");
  EXPECT_CAST(Type::Map(TypeKind::kVarchar, TypeKind::kInt32), "{a=1}",
              Type::Map(TypeKind::kVarchar, Type::Decimal(5, 2)), "{a=1.00}");
  // Rows and elements that nobody asks for do not fail.
  const Type longs = Type::List(TypeKind::kInt64);
  const StatementContext statement;
  Evaluator evaluator({CastTo(Expr::Input(0, longs), ints), CastTo(Expr::Input(0, longs), ints, true)}, CoreRegistry(),
                      statement);
  const Chunk chunk({ParseColumn(longs, {"{1,2}", "{5000000000}", "NULL", "{3}"})}, 4);
  const Chunk selected = chunk.WithSelection(std::make_shared<const Selection>(Selection{0, 2, 3}));
  EXPECT_EQ(evaluator.Evaluate(0, selected)->GetValue(3).ToString(), "{3}");
  const ColumnPtr tried = evaluator.Evaluate(1, chunk);
  tried->Verify();
  EXPECT_TRUE(tried->IsNull(1));
  EXPECT_EQ(tried->GetValue(0).ToString(), "{1,2}");
}

TEST(CastTest, Try) {
  const StatementContext statement;
  const ExprPtr text = Expr::Input(0, TypeKind::kVarchar);
  Evaluator evaluator({CastTo(text, TypeKind::kInt32, true), CastTo(text, TypeKind::kInt32)}, CoreRegistry(),
                      statement);
  const Chunk chunk({ParseColumn(TypeKind::kVarchar, {"1", "x", "NULL", "99999999999"})}, 4);
  const ColumnPtr column = evaluator.Evaluate(0, chunk);
  EXPECT_EQ(column->GetValue(0), Value::Int32(1));
  for (size_t i = 1; i < 4; ++i) EXPECT_TRUE(column->IsNull(i));
  // The first failing row's error.
  EXPECT_EQ(ErrorOf([&] { evaluator.Evaluate(1, chunk); }), "22P02 invalid input syntax for type integer: \"x\"");
  EXPECT_TRUE(Compute(CastTo(Unknown("x"), TypeKind::kInt32, true)).is_null());
}

TEST(CastTest, AssignmentChecksLengths) {
  const auto store = [](const ExprPtr& expr, const Type& to) {
    return ErrorOf([&] {
      throw Error::User("00000", "{}", Compute(CoreRegistry().BindCast(expr, to, CastRule::kAssignment)).ToString());
    });
  };
  EXPECT_EQ(store(Unknown("abcd"), Type::Varchar(3)), "22001 value too long for type character varying(3)");
  EXPECT_EQ(store(Unknown("abc   "), Type::Varchar(3)), "00000 abc");
  EXPECT_EQ(store(Lit(Value::Int32(1234)), Type::Varchar(3)), "22001 value too long for type character varying(3)");
  EXPECT_EQ(store(Lit(Value::Int64(5)), TypeKind::kInt16), "00000 5");
  const ExprPtr column = Expr::Input(0, TypeKind::kVarchar);
  const StatementContext statement;
  Evaluator evaluator({CoreRegistry().BindCast(column, Type::Varchar(3), CastRule::kAssignment)}, CoreRegistry(),
                      statement);
  const ColumnPtr out = evaluator.Evaluate(0, Chunk({ParseColumn(TypeKind::kVarchar, {"äöü", "NULL", "ab"})}, 3));
  EXPECT_EQ(out->type(), Type::Varchar(3));
  EXPECT_EQ(out->GetValue(0).ToString(), "äöü");
  EXPECT_EQ(ErrorOf([&] { evaluator.Evaluate(0, Chunk({ParseColumn(TypeKind::kVarchar, {"abcd"})}, 1)); }),
            "22001 value too long for type character varying(3)");
}

TEST(CastTest, Rules) {
  const Registry& registry = CoreRegistry();
  const auto bind = [&](const Type& from, const Type& to, CastRule rule) {
    return ErrorOf([&] { registry.BindCast(Expr::Input(0, from), to, rule); });
  };
  EXPECT_EQ(bind(TypeKind::kInt32, TypeKind::kDate, CastRule::kExplicit), "42846 cannot cast type integer to date");
  EXPECT_EQ(bind(TypeKind::kVarchar, TypeKind::kInt32, CastRule::kAssignment),
            "42846 cannot cast type text to integer");
  EXPECT_EQ(bind(TypeKind::kVarchar, TypeKind::kInt32, CastRule::kExplicit), "no error");
  EXPECT_EQ(bind(TypeKind::kInt64, TypeKind::kInt32, CastRule::kImplicit), "42846 cannot cast type bigint to integer");
  EXPECT_EQ(bind(TypeKind::kInt64, TypeKind::kVarchar, CastRule::kAssignment), "no error");
  EXPECT_EQ(registry.FindCast(TypeKind::kDate, TypeKind::kTimestampTz), CastRule::kImplicit);
  EXPECT_EQ(registry.FindCast(TypeKind::kTimestamp, TypeKind::kTimestampNs), CastRule::kImplicit);
  EXPECT_EQ(registry.FindCast(TypeKind::kTimestampNs, TypeKind::kTimestamp), CastRule::kAssignment);
  EXPECT_EQ(registry.FindCast(Type::List(TypeKind::kInt32), Type::List(TypeKind::kInt64)), CastRule::kImplicit);
  EXPECT_EQ(registry.FindCast(Type::List(TypeKind::kInt64), Type::List(TypeKind::kInt32)), CastRule::kAssignment);
  EXPECT_EQ(registry.FindCast(Type::List(TypeKind::kInt64), TypeKind::kInt64), CastRule::kNone);
}

TEST(CastTest, CommonTypes) {
  const auto common = [](std::vector<Type> types) {
    const std::optional<Type> type = CoreRegistry().CommonType(types);
    return type ? type->ToString() : "none";
  };
  EXPECT_EQ(common({TypeKind::kInt32, TypeKind::kInt64, TypeKind::kInt8}), "bigint");
  EXPECT_EQ(common({TypeKind::kInt64, Type::Decimal(5, 2)}), "numeric(21,2)");
  EXPECT_EQ(common({Type::Decimal(38, 0), Type::Decimal(38, 10)}), "numeric(38,10)");
  EXPECT_EQ(common({Type::Decimal(5, 2), TypeKind::kFloat}), "real");
  EXPECT_EQ(common({TypeKind::kFloat, TypeKind::kDouble}), "double precision");
  EXPECT_EQ(common({TypeKind::kDate, TypeKind::kTimestamp}), "timestamp without time zone");
  EXPECT_EQ(common({TypeKind::kTimestampNs, TypeKind::kTimestampTz}), "timestamp(9) with time zone");
  EXPECT_EQ(common({Type::Varchar(3), Type::Varchar(5)}), "text");
  EXPECT_EQ(common({Type::Varchar(3), Type::Varchar(3)}), "character varying(3)");
  EXPECT_EQ(common({TypeKind::kUnknown, TypeKind::kUnknown}), "text");
  EXPECT_EQ(common({TypeKind::kUnknown, TypeKind::kInt32}), "integer");
  EXPECT_EQ(common({TypeKind::kInt32, TypeKind::kVarchar}), "none");
  EXPECT_EQ(common({TypeKind::kInt32, TypeKind::kBoolean}), "none");
  EXPECT_EQ(common({Type::List(TypeKind::kInt32), Type::List(TypeKind::kUnknown)}), "integer[]");
  EXPECT_EQ(common({Type::Struct({{"a", TypeKind::kInt32}}), Type::Struct({{"b", TypeKind::kDouble}})}),
            "struct(a double precision)");
}

}  // namespace
}  // namespace weir
