#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>

#include "function/scalar/expression_testing.h"

// The evaluator against a slow and obvious reference, over random expressions, encodings, NULLs and selections.

namespace weir {
namespace {

// What an expression gives for one row: a value, or an error.
struct Outcome {
  Value value;
  bool failed = false;
};

Outcome Failed() {
  return {Value(), true};
}

Value Bool(bool value) {
  return Value::Boolean(value);
}

// Row by row, on values, sharing nothing with the evaluator but the expression tree.
class Reference {
 public:
  explicit Reference(std::vector<Value> row) : row_(std::move(row)) {}

  Outcome Eval(const Expr& e) const {
    switch (e.kind()) {
      case ExprKind::kLiteral:
        return {e.literal()};
      case ExprKind::kInput:
        return {row_[e.input_index()]};
      case ExprKind::kAnd:
      case ExprKind::kOr: {
        const bool decisive = e.is(ExprKind::kOr);
        bool null = false;
        for (const ExprPtr& child : e.children()) {
          const Outcome o = Eval(*child);
          if (o.failed) return o;
          if (o.value.is_null()) {
            null = true;
          } else if (o.value.boolean() == decisive) {
            return {Bool(decisive)};
          }
        }
        return {null ? Value::Null(TypeKind::kBoolean) : Bool(!decisive)};
      }
      case ExprKind::kNot: {
        const Outcome o = Eval(*e.child(0));
        if (o.failed || o.value.is_null()) return o;
        return {Bool(!o.value.boolean())};
      }
      case ExprKind::kIsNull: {
        const Outcome o = Eval(*e.child(0));
        return o.failed ? o : Outcome{Bool(o.value.is_null())};
      }
      case ExprKind::kCase: {
        for (size_t i = 0; i + 1 < e.children().size(); i += 2) {
          const Outcome o = Eval(*e.child(i));
          if (o.failed) return o;
          if (!o.value.is_null() && o.value.boolean()) return Eval(*e.child(i + 1));
        }
        return Eval(*e.children().back());
      }
      case ExprKind::kCoalesce: {
        for (const ExprPtr& child : e.children()) {
          Outcome o = Eval(*child);
          if (o.failed || !o.value.is_null()) return o;
        }
        return {Value::Null(e.type())};
      }
      case ExprKind::kIn: {
        const Outcome o = Eval(*e.child(0));
        if (o.failed || o.value.is_null()) return o.failed ? o : Outcome{Value::Null(TypeKind::kBoolean)};
        bool null = false;
        for (const Value& candidate : e.set()) {
          if (candidate.is_null()) {
            null = true;
          } else if (Value::Compare(candidate, o.value) == 0) {
            return {Bool(true)};
          }
        }
        return {null ? Value::Null(TypeKind::kBoolean) : Bool(false)};
      }
      case ExprKind::kCast: {
        const Outcome o = Eval(*e.child(0));
        if (o.failed) return o;
        if (o.value.is_null()) return {Value::Null(e.type())};
        // bigint to integer and to text are all that the generator makes.
        if (e.type().is_string()) return {Value::String(std::to_string(o.value.integer()))};
        if (o.value.integer() < INT32_MIN || o.value.integer() > INT32_MAX) {
          return e.is_try() ? Outcome{Value::Null(e.type())} : Failed();
        }
        return {Value::Integer(e.type(), o.value.integer())};
      }
      case ExprKind::kCall:
        return EvalCall(e);
      default:
        ADD_FAILURE() << "unexpected node";
        return Failed();
    }
  }

 private:
  Outcome EvalCall(const Expr& e) const {
    const std::string& name = e.name();
    if (name == "try") {
      const Outcome o = Eval(*e.child(0));
      return o.failed ? Outcome{Value::Null(e.type())} : o;
    }
    if (name == "if") {
      const Outcome o = Eval(*e.child(0));
      if (o.failed) return o;
      return Eval(*e.child(!o.value.is_null() && o.value.boolean() ? 1 : 2));
    }
    std::vector<Value> args;
    for (const ExprPtr& child : e.children()) {
      const Outcome o = Eval(*child);
      if (o.failed) return o;
      args.push_back(o.value);
    }
    if (name == "is_distinct_from") {
      if (args[0].is_null() || args[1].is_null()) return {Bool(args[0].is_null() != args[1].is_null())};
      return {Bool(Value::Compare(args[0], args[1]) != 0)};
    }
    for (const Value& arg : args) {
      if (arg.is_null()) return {Value::Null(e.type())};
    }
    if (e.type().is(TypeKind::kBoolean)) {
      const int order = Value::Compare(args[0], args[1]);
      if (name == "=") return {Bool(order == 0)};
      if (name == "<>") return {Bool(order != 0)};
      if (name == "<") return {Bool(order < 0)};
      if (name == "<=") return {Bool(order <= 0)};
      if (name == ">") return {Bool(order > 0)};
      return {Bool(order >= 0)};
    }
    const int128_t a = args[0].integer();
    const int128_t b = args[1].integer();
    int128_t r = 0;
    if (name == "+") r = a + b;
    if (name == "-") r = a - b;
    if (name == "*") r = a * b;
    if (name == "/" || name == "%") {
      if (b == 0) return Failed();
      r = name == "/" ? a / b : a % b;
    }
    if (r < INT64_MIN || r > INT64_MAX) return Failed();
    return {Value::Int64(static_cast<int64_t>(r))};
  }

  std::vector<Value> row_;
};

class Generator {
 public:
  explicit Generator(uint32_t seed) : random_(seed) {}

  size_t Below(size_t n) { return random_() % n; }

  Value Number() {
    switch (Below(40)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return Value::Null(TypeKind::kInt64);
      case 4:
        return Value::Int64(Below(2) == 0 ? INT64_MAX : INT64_MIN);
      default:
        return Value::Int64(static_cast<int64_t>(Below(7)) - 2);
    }
  }
  Value Text() {
    static const char* const kTexts[] = {"", "a", "apple pie with cream", "apple pie with sugar", "b", "zebra"};
    return Below(6) == 0 ? Value::Null(TypeKind::kVarchar) : Value::String(kTexts[Below(6)]);
  }

  // Columns 0 and 1 are numbers, 2 and 3 texts, 4 is boolean.
  ExprPtr NumberExpr(int depth) {
    if (depth == 0 || Below(5) == 0) {
      return Below(3) == 0 ? Lit(Number()) : Expr::Input(Below(2), TypeKind::kInt64);
    }
    static const char* const kOps[] = {"+", "-", "*", "/", "%"};
    switch (Below(7)) {
      case 0:
        return Expr::Case({BoolExpr(depth - 1), NumberExpr(depth - 1), BoolExpr(depth - 1), NumberExpr(depth - 1),
                           NumberExpr(depth - 1)},
                          TypeKind::kInt64);
      case 1:
        return Expr::Coalesce({NumberExpr(depth - 1), NumberExpr(depth - 1), NumberExpr(depth - 1)});
      case 2:
        return Call("try", {NumberExpr(depth - 1)});
      case 3:
        return Call("if", {BoolExpr(depth - 1), NumberExpr(depth - 1), NumberExpr(depth - 1)});
      case 4:
        return Expr::Cast(Expr::Cast(NumberExpr(depth - 1), TypeKind::kInt32, Below(2) == 0), TypeKind::kInt64);
      default:
        return Call(kOps[Below(5)], {NumberExpr(depth - 1), NumberExpr(depth - 1)});
    }
  }
  ExprPtr TextExpr(int depth) {
    if (depth == 0 || Below(2) == 0) return Below(3) == 0 ? Lit(Text()) : Expr::Input(2 + Below(2), TypeKind::kVarchar);
    switch (Below(4)) {
      case 0:
        return Expr::Case({BoolExpr(depth - 1), Lit(Text()), Lit(Text())}, TypeKind::kVarchar);
      case 1:
        return Expr::Case({BoolExpr(depth - 1), TextExpr(depth - 1), TextExpr(depth - 1)}, TypeKind::kVarchar);
      case 2:
        return Expr::Coalesce({TextExpr(depth - 1), TextExpr(depth - 1)});
      default:
        return Expr::Cast(NumberExpr(depth - 1), TypeKind::kVarchar);
    }
  }
  ExprPtr BoolExpr(int depth) {
    static const char* const kOps[] = {"=", "<>", "<", "<=", ">", ">="};
    if (depth == 0) return Expr::Input(4, TypeKind::kBoolean);
    switch (Below(9)) {
      case 0:
        return Expr::And({BoolExpr(depth - 1), BoolExpr(depth - 1), BoolExpr(depth - 1)});
      case 1:
        return Expr::Or({BoolExpr(depth - 1), BoolExpr(depth - 1), BoolExpr(depth - 1)});
      case 2:
        return Expr::Not(BoolExpr(depth - 1));
      case 3:
        return Expr::IsNull(Below(2) == 0 ? NumberExpr(depth - 1) : TextExpr(depth - 1));
      case 4: {
        std::vector<Value> set;
        for (size_t n = Below(9); n > 0; --n) set.push_back(Number());
        if (Below(2) == 0) std::erase_if(set, [](const Value& v) { return v.is_null(); });
        return Expr::In(NumberExpr(depth - 1), std::move(set));
      }
      case 5: {
        std::vector<Value> set;
        for (size_t n = Below(9); n > 0; --n) set.push_back(Text());
        return Expr::In(TextExpr(depth - 1), std::move(set));
      }
      case 6:
        return Call(Below(5) == 0 ? "is_distinct_from" : kOps[Below(6)], {TextExpr(depth - 1), TextExpr(depth - 1)});
      default:
        return Call(Below(5) == 0 ? "is_distinct_from" : kOps[Below(6)],
                    {NumberExpr(depth - 1), NumberExpr(depth - 1)});
    }
  }

  // A column of random values in a random encoding. Dictionaries may be shared between chunks.
  ColumnPtr MakeInput(const Type& type, size_t size, size_t slot) {
    const auto value = [&]() -> Value {
      if (type.is_string()) return Text();
      if (type.is(TypeKind::kBoolean)) return Below(4) == 0 ? Value::Null(type) : Bool(Below(2) == 0);
      return Number();
    };
    switch (Below(4)) {
      case 0:
        return Column::Constant(value(), size);
      case 1: {
        ColumnPtr& base = dictionaries_[slot];
        if (base == nullptr || Below(3) == 0) {
          std::vector<Value> values;
          for (size_t n = 1 + Below(12); n > 0; --n) values.push_back(value());
          base = MakeColumn(type, values);
        }
        auto indices = Buffer::Allocate(size * sizeof(uint32_t));
        for (size_t i = 0; i < size; ++i) indices->as<uint32_t>()[i] = static_cast<uint32_t>(Below(base->size()));
        return Column::Dictionary(base, std::move(indices), size);
      }
      default: {
        const bool nulls = Below(2) == 0;
        std::vector<Value> values;
        while (values.size() < size) {
          Value v = value();
          if (nulls || !v.is_null()) values.push_back(std::move(v));
        }
        return MakeColumn(type, values);
      }
    }
  }
  Chunk MakeChunk() {
    static constexpr size_t kSizes[] = {1, 3, 8, 64, 65, 200};
    const size_t size = kSizes[Below(6)];
    std::vector<ColumnPtr> columns;
    const Type types[] = {TypeKind::kInt64, TypeKind::kInt64, TypeKind::kVarchar, TypeKind::kVarchar,
                          TypeKind::kBoolean};
    for (size_t i = 0; i < 5; ++i) columns.push_back(MakeInput(types[i], size, i));
    if (Below(4) == 0) {
      // As after a join: all columns through one set of indices.
      auto indices = Buffer::Allocate(size * sizeof(uint32_t));
      for (size_t i = 0; i < size; ++i) indices->as<uint32_t>()[i] = static_cast<uint32_t>(Below(size));
      for (ColumnPtr& column : columns) column = Column::Take(column, indices, size);
    }
    if (Below(2) == 0) return {std::move(columns), size};
    auto selection = std::make_shared<Selection>();
    const size_t keep = 1 + Below(10);
    for (size_t i = 0; i < size; ++i) {
      if (Below(10) < keep) selection->push_back(static_cast<uint32_t>(i));
    }
    return {std::move(columns), size, std::move(selection)};
  }

 private:
  std::mt19937 random_;
  std::map<size_t, ColumnPtr> dictionaries_;
};

std::vector<Outcome> Expected(const Expr& expr, const Chunk& chunk) {
  std::vector<Outcome> out;
  chunk.rows().ForEach([&](size_t row) {
    std::vector<Value> values;
    for (const ColumnPtr& column : chunk.columns()) values.push_back(column->GetValue(row));
    out.push_back(Reference(std::move(values)).Eval(expr));
  });
  return out;
}

class EvaluationTest : public testing::TestWithParam<int> {};

TEST_P(EvaluationTest, AgreesWithReference) {
  Generator generator(static_cast<uint32_t>(GetParam()) * 7919 + 1);
  const StatementContext statement;
  size_t compared = 0;
  size_t failing = 0;
  for (int round = 0; round < 30; ++round) {
    const std::vector<ExprPtr> exprs = {generator.NumberExpr(3), generator.TextExpr(3), generator.BoolExpr(3),
                                        generator.BoolExpr(2)};
    Evaluator evaluator(exprs, CoreRegistry(), statement);
    for (int c = 0; c < 4; ++c) {
      const Chunk chunk = generator.MakeChunk();
      for (size_t i = 0; i < exprs.size(); ++i) {
        SCOPED_TRACE(exprs[i]->ToString());
        const std::vector<Outcome> expected = Expected(*exprs[i], chunk);
        const bool fails = std::any_of(expected.begin(), expected.end(), [](const Outcome& o) { return o.failed; });
        ColumnPtr column;
        const auto error = CatchError([&] { column = evaluator.Evaluate(i, chunk); });
        ASSERT_EQ(error != nullptr, fails) << (error == nullptr ? "" : error->ToString());
        if (fails) {
          ASSERT_EQ(error->kind(), ErrorKind::kUser) << error->ToString();
          ++failing;
          continue;
        }
        ++compared;
        ASSERT_EQ(column->size(), chunk.size());
        column->Verify();
        const RowSet rows = chunk.rows();
        for (size_t k = 0; k < rows.count(); ++k) {
          ASSERT_EQ(column->GetValue(rows[k]).ToString(), expected[k].value.ToString()) << "row " << rows[k];
        }
        if (!exprs[i]->type().is(TypeKind::kBoolean)) continue;
        std::vector<uint32_t> passing;
        for (size_t k = 0; k < rows.count(); ++k) {
          if (!expected[k].value.is_null() && expected[k].value.boolean()) {
            passing.push_back(static_cast<uint32_t>(rows[k]));
          }
        }
        const SelectionPtr selected = evaluator.Filter(i, chunk);
        if (selected == nullptr) {
          ASSERT_EQ(passing.size(), rows.count());
        } else {
          ASSERT_EQ(*selected, passing);
        }
      }
      const auto all_error = CatchError([&] {
        const Chunk all = evaluator.EvaluateAll(chunk);
        all.Verify();
        for (size_t i = 0; i < exprs.size(); ++i) {
          const std::vector<Outcome> expected = Expected(*exprs[i], chunk);
          const RowSet rows = chunk.rows();
          for (size_t k = 0; k < rows.count(); ++k) {
            EXPECT_EQ(all.column(i)->GetValue(rows[k]).ToString(), expected[k].value.ToString());
          }
        }
      });
      if (all_error != nullptr) {
        ASSERT_EQ(all_error->kind(), ErrorKind::kUser) << all_error->ToString();
      }
    }
  }
  // The generator must not drift to where nothing is tested.
  EXPECT_GT(compared, failing);
  EXPECT_GT(failing, 10u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, EvaluationTest, testing::Range(0, 10));

TEST(EvaluationTest, ConstantsComeBackConstant) {
  const StatementContext statement;
  Evaluator evaluator({Call("+", {Lit(Value::Int64(1)), Lit(Value::Int64(2))}),
                       Call("+", {Expr::Input(0, TypeKind::kInt64), Lit(Value::Int64(2))})},
                      CoreRegistry(), statement);
  const Chunk chunk({Column::Constant(Value::Int64(40), 9)}, 9);
  EXPECT_TRUE(evaluator.Evaluate(0, chunk)->is_constant());
  const ColumnPtr column = evaluator.Evaluate(1, chunk);
  EXPECT_TRUE(column->is_constant());
  EXPECT_EQ(column->GetValue(8), Value::Int64(42));
  const Chunk other({Column::Constant(Value::Int64(1), 9)}, 9);
  EXPECT_EQ(evaluator.Evaluate(1, other)->GetValue(0), Value::Int64(3));
}

TEST(EvaluationTest, BranchesNotTakenDoNotFail) {
  const StatementContext statement;
  const ExprPtr x = Expr::Input(0, TypeKind::kInt64);
  const ExprPtr zero = Lit(Value::Int64(0));
  const ExprPtr inverse = Call("/", {Lit(Value::Int64(100)), x});
  const ExprPtr guarded = Expr::Case({Call("=", {x, zero}), zero, inverse}, TypeKind::kInt64);
  const ExprPtr filter = Expr::And({Call("<>", {x, zero}), Call(">", {inverse, Lit(Value::Int64(10))})});
  const ExprPtr constant =
      Expr::Case({Call("<", {x, zero}), Call("/", {Lit(Value::Int64(1)), Lit(Value::Int64(0))}), x}, TypeKind::kInt64);
  Evaluator evaluator({guarded, filter, constant, inverse}, CoreRegistry(), statement);
  const Chunk chunk({ParseColumn(TypeKind::kInt64, {"0", "5", "0", "20", "NULL"})}, 5);
  const ColumnPtr column = evaluator.Evaluate(0, chunk);
  EXPECT_EQ(column->GetValue(0), Value::Int64(0));
  EXPECT_EQ(column->GetValue(1), Value::Int64(20));
  EXPECT_TRUE(column->IsNull(4));
  EXPECT_EQ(*evaluator.Filter(1, chunk), (Selection{1}));
  EXPECT_EQ(evaluator.Evaluate(2, chunk)->GetValue(3), Value::Int64(20));
  EXPECT_EQ(ErrorOf([&] { evaluator.Evaluate(3, chunk); }), "22012 division by zero");
  // Only the rows of the selection count.
  const Chunk selected = chunk.WithSelection(std::make_shared<const Selection>(Selection{1, 3}));
  EXPECT_EQ(evaluator.Evaluate(3, selected)->GetValue(3), Value::Int64(5));
}

TEST(EvaluationTest, DictionarySlotsThatNobodyAsksForMayFail) {
  const StatementContext statement;
  Evaluator evaluator({Call("/", {Lit(Value::Int64(100)), Expr::Input(0, TypeKind::kInt64)})}, CoreRegistry(),
                      statement);
  const ColumnPtr base = ParseColumn(TypeKind::kInt64, {"5", "0", "NULL"});
  const auto chunk = [&](std::vector<uint32_t> rows) {
    auto indices = Buffer::Allocate(rows.size() * sizeof(uint32_t));
    std::copy(rows.begin(), rows.end(), indices->as<uint32_t>());
    return Chunk({Column::Dictionary(base, std::move(indices), rows.size())}, rows.size());
  };
  const ColumnPtr good = evaluator.Evaluate(0, chunk({0, 2, 0, 0}));
  EXPECT_TRUE(good->is_dictionary());
  EXPECT_EQ(good->GetValue(3), Value::Int64(20));
  EXPECT_TRUE(good->IsNull(1));
  EXPECT_EQ(ErrorOf([&] { evaluator.Evaluate(0, chunk({0, 2, 1, 0})); }), "22012 division by zero");
  // The same dictionary gives the same column of results.
  EXPECT_EQ(evaluator.Evaluate(0, chunk({2, 2, 0}))->base(), good->base());
}

TEST(EvaluationTest, ErrorsCarryThePosition) {
  const StatementContext statement;
  const ExprPtr call = CoreRegistry().BindCall("/", {Expr::Input(0, TypeKind::kInt32), Lit(Value::Int32(0))}, 17);
  Evaluator evaluator({call}, CoreRegistry(), statement);
  try {
    evaluator.Evaluate(0, Chunk({ParseColumn(TypeKind::kInt32, {"1", "2"})}, 2));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.position(), 17);
  }
}

TEST(EvaluationTest, SharedSubexpressionsRunOnce) {
  const StatementContext statement;
  int calls = 0;
  FunctionSpec spec;
  spec.name = "counted";
  FunctionOverload overload;
  overload.parameters = {TypeKind::kInt64};
  overload.result = TypeKind::kInt64;
  overload.kernel = [&calls](const KernelArgs& args) {
    ++calls;
    return args.columns[0];
  };
  spec.overloads.push_back(overload);
  const auto counted = [&] {
    return Expr::Call(spec, spec.overloads[0], TypeKind::kInt64, {Expr::Input(0, TypeKind::kInt64)});
  };
  Evaluator evaluator({Call("+", {counted(), Lit(Value::Int64(1))}), Call("*", {counted(), counted()})}, CoreRegistry(),
                      statement);
  const Chunk chunk({ParseColumn(TypeKind::kInt64, {"3", "4"})}, 2);
  const Chunk out = evaluator.EvaluateAll(chunk);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(out.RowToString(1), "5|16");
}

TEST(EvaluationTest, EmptyChunks) {
  const StatementContext statement;
  Evaluator evaluator({Call("/", {Expr::Input(0, TypeKind::kInt64), Lit(Value::Int64(0))}),
                       Call("/", {Lit(Value::Int64(1)), Lit(Value::Int64(0))}),
                       Call("=", {Expr::Input(0, TypeKind::kInt64), Lit(Value::Int64(0))})},
                      CoreRegistry(), statement);
  const Chunk chunk({MakeColumn(TypeKind::kInt64, std::vector<Value>{})}, 0);
  EXPECT_EQ(evaluator.EvaluateAll(chunk).column(1)->size(), 0u);
  EXPECT_EQ(evaluator.Filter(2, chunk), nullptr);
}

}  // namespace
}  // namespace weir
