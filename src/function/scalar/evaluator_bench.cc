#include <fmt/core.h>

#include <random>

#include "base/kernel_bench.h"
#include "function/scalar/expression_testing.h"
#include "function/scalar/register.h"

// Time per row of typical expressions over chunks of 4096 rows: evaluator_bench [part of a name].

namespace weir {
namespace {

constexpr size_t kRows = kChunkRowsDefault;

ColumnPtr Dictionary(const ColumnPtr& base, std::mt19937& random) {
  auto indices = Buffer::Allocate(kRows * sizeof(uint32_t));
  for (size_t i = 0; i < kRows; ++i) indices->as<uint32_t>()[i] = static_cast<uint32_t>(random() % base->size());
  return Column::Dictionary(base, std::move(indices), kRows);
}

void RunAll(std::string_view only) {
  KernelBench bench;
  Registry registry;
  RegisterCoreFunctions(registry);
  RegisterLikeFunctions(registry);
  RegisterRegexpFunctions(registry);
  RegisterStringFunctions(registry);
  const StatementContext statement;
  std::mt19937 random(1);
  const Type price_type = Type::Decimal(15, 2);

  FlatWriter<int64_t> numbers(TypeKind::kInt64, kRows);
  FlatWriter<int64_t> nullable(TypeKind::kInt64, kRows);
  FlatWriter<double> doubles(TypeKind::kDouble, kRows);
  FlatWriter<int64_t> prices(price_type, kRows);
  FlatWriter<int64_t> discounts(price_type, kRows);
  FlatWriter<int32_t> dates(TypeKind::kDate, kRows);
  for (size_t i = 0; i < kRows; ++i) {
    numbers.Set(i, static_cast<int64_t>(random() % 1000));
    nullable.Set(i, static_cast<int64_t>(random() % 1000));
    if (random() % 10 == 0) nullable.SetNull(i);
    doubles.Set(i, static_cast<double>(random() % 1000));
    prices.Set(i, static_cast<int64_t>(random() % 10'000'000));
    discounts.Set(i, static_cast<int64_t>(random() % 11));
    dates.Set(i, static_cast<int32_t>(8000 + random() % 2500));
  }
  std::vector<Value> words;
  for (int i = 0; i < 1000; ++i) words.push_back(Value::String(fmt::format("a longer word that has number {}", i)));
  const ColumnPtr base = MakeColumn(TypeKind::kVarchar, words);
  const ColumnPtr text = Dictionary(base, random);
  const Chunk chunk({numbers.Finish(), doubles.Finish(), prices.Finish(), discounts.Finish(), text,
                     Column::Flatten(text), nullable.Finish(), dates.Finish()},
                    kRows);
  const ExprPtr number = Expr::Input(0, TypeKind::kInt64);
  const ExprPtr real = Expr::Input(1, TypeKind::kDouble);
  const ExprPtr price = Expr::Input(2, price_type);
  const ExprPtr discount = Expr::Input(3, price_type);
  const ExprPtr coded = Expr::Input(4, TypeKind::kVarchar);
  const ExprPtr plain = Expr::Input(5, TypeKind::kVarchar);
  const ExprPtr with_nulls = Expr::Input(6, TypeKind::kInt64);
  const ExprPtr date = Expr::Input(7, TypeKind::kDate);
  const auto call = [&](std::string_view name, std::vector<ExprPtr> args) {
    return registry.BindCall(name, std::move(args));
  };
  const auto evaluate = [&](std::string_view name, const ExprPtr& expr, const Chunk& input) {
    if (name.find(only) == std::string_view::npos) return;
    Evaluator evaluator({expr}, registry, statement);
    bench.Measure(std::string(name).c_str(), kRows, 0, [&] { evaluator.Evaluate(0, input); });
  };
  const auto filter = [&](std::string_view name, const ExprPtr& expr) {
    if (name.find(only) == std::string_view::npos) return;
    Evaluator evaluator({expr}, registry, statement);
    bench.Measure(std::string(name).c_str(), kRows, 0, [&] { evaluator.Filter(0, chunk); });
  };
  const auto integer = [](int64_t value) { return Lit(Value::Int64(value)); };
  const ExprPtr net = call("*", {price, call("-", {Lit(Value::Int32(1)), discount})});

  filter("filter int64 < const (1% pass)", call("<", {number, integer(10)}));
  filter("filter int64 < const (50% pass)", call("<", {number, integer(500)}));
  filter("filter int64 < const (99% pass)", call("<", {number, integer(990)}));
  filter("filter nullable int64 < const (45% pass)", call("<", {with_nulls, integer(500)}));
  filter("filter double < const (50% pass)", call("<", {real, Lit(Value::Double(500))}));
  filter("filter decimal < const (50% pass)", call("<", {price, Lit(Value::Int32(50'000))}));
  filter("filter Q6: date range, discount range, quantity",
         Expr::And({call(">=", {date, Lit(TypeKind::kDate, "1994-01-01")}),
                    call("<", {date, Lit(TypeKind::kDate, "1995-01-01")}),
                    call(">=", {discount, Lit(Type::Decimal(2, 2), "0.05")}),
                    call("<=", {discount, Lit(Type::Decimal(2, 2), "0.07")}), call("<", {number, integer(24)})}));
  filter("filter text = const, flat", call("=", {plain, Lit(words[7])}));
  filter("filter text = const, dictionary", call("=", {coded, Lit(words[7])}));
  filter("filter text LIKE '%number 7%', flat", call("~~", {plain, Lit(Value::String("%number 7%"))}));
  // Sequences, of which groups are found by trying, and another kind, that RE2 runs.
  const ExprPtr group = Lit(Value::String("\\1"));
  evaluate("regexp_replace of a sequence by a group, flat",
           call("regexp_replace", {plain, Lit(Value::String("^a (?:longer )?word that has ([^ ]+) .*$")), group}),
           chunk);
  evaluate("regexp_replace of a repeated group, flat",
           call("regexp_replace", {plain, Lit(Value::String("^(?:[a-z]+ )*([^ ]+)$")), group}), chunk);
  filter("filter text ~ '^a .* 7$', flat", call("~", {plain, Lit(Value::String("^a .* 7$"))}));
  filter("filter text LIKE '%number 7%', dictionary", call("~~", {coded, Lit(Value::String("%number 7%"))}));
  filter("filter int64 IN (5 values)",
         Expr::In(number, {Value::Int64(3), Value::Int64(7), Value::Int64(400), Value::Int64(500), Value::Int64(900)}));
  evaluate("int64 + int64", call("+", {number, number}), chunk);
  evaluate("int64 + nullable int64", call("+", {number, with_nulls}), chunk);
  evaluate("int64 * const", call("*", {number, integer(3)}), chunk);
  evaluate("double * double", call("*", {real, real}), chunk);
  evaluate("price * (1 - discount)", net, chunk);
  evaluate("price * (1 - discount) * (1 + discount)", call("*", {net, call("+", {Lit(Value::Int32(1)), discount})}),
           chunk);
  auto half = std::make_shared<Selection>();
  auto few = std::make_shared<Selection>();
  for (uint32_t i = 0; i < kRows; ++i) {
    if (random() % 2 == 0) half->push_back(i);
    if (random() % 50 == 0) few->push_back(i);
  }
  evaluate("price * (1 - discount), 50% selected", net, chunk.WithSelection(half));
  evaluate("price * (1 - discount), 2% selected", net, chunk.WithSelection(few));
  evaluate("CASE WHEN int64 < 500 THEN price ELSE 0 END",
           Expr::Case({call("<", {number, integer(500)}), price, Lit(price_type, "0")}, price_type), chunk);
  evaluate("CASE WHEN int64 < 500 THEN 'a' ELSE 'b' END",
           Expr::Case({call("<", {number, integer(500)}), Lit(Value::String("a")), Lit(Value::String("b"))},
                      TypeKind::kVarchar),
           chunk);
  evaluate("int64::double precision", Expr::Cast(number, TypeKind::kDouble), chunk);
  evaluate("decimal::double precision", Expr::Cast(price, TypeKind::kDouble), chunk);
  evaluate("int64::text", Expr::Cast(number, TypeKind::kVarchar), chunk);
  evaluate("date::timestamp", Expr::Cast(date, TypeKind::kTimestamp), chunk);
  evaluate("upper(text), flat", call("upper", {plain}), chunk);
  evaluate("upper(text), dictionary", call("upper", {coded}), chunk);
}

}  // namespace
}  // namespace weir

// The argument, if any, picks the lines by a part of their names.
int main(int argc, char** argv) {
  weir::RunAll(argc > 1 ? argv[1] : "");
  return 0;
}
