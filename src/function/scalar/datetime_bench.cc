#include <random>

#include "base/kernel_bench.h"
#include "function/scalar/expression_testing.h"
#include "function/scalar/register.h"
#include "types/calendar.h"

// Time per row of date and time functions over chunks of 4096 rows, in the order of time and without order:
// datetime_bench [part of a name].

namespace weir {
namespace {

constexpr size_t kRows = kChunkRowsDefault;
constexpr int64_t kStart = 1'700'000'000;  // seconds since 1970
constexpr int64_t kYears = 7 * 365 * kSecondsPerDay;

ExprPtr Text(std::string text) {
  return Lit(Value::String(std::move(text)));
}

void RunAll(std::string_view only) {
  KernelBench bench;
  Registry registry;
  RegisterCoreFunctions(registry);
  RegisterDateTimeTruncFunctions(registry);
  RegisterDateTimeBinFunctions(registry);
  RegisterDateTimeFieldFunctions(registry);
  std::mt19937_64 random(1);

  FlatWriter<int64_t> ordered_ns(TypeKind::kTimestampTzNs, kRows), random_ns(TypeKind::kTimestampTzNs, kRows);
  FlatWriter<int64_t> ordered_us(TypeKind::kTimestampTz, kRows), random_us(TypeKind::kTimestampTz, kRows);
  FlatWriter<int64_t> plain(TypeKind::kTimestamp, kRows);
  FlatWriter<int32_t> dates(TypeKind::kDate, kRows);
  for (size_t i = 0; i < kRows; ++i) {
    const int64_t next = kStart + static_cast<int64_t>(i);
    const int64_t any = kStart + static_cast<int64_t>(random() % kYears);
    ordered_ns.Set(i, next * kNanosPerSecond + 123'456'789);
    random_ns.Set(i, any * kNanosPerSecond + 123'456'789);
    ordered_us.Set(i, next * kMicrosPerSecond + 123'456);
    random_us.Set(i, any * kMicrosPerSecond + 123'456);
    plain.Set(i, any * kMicrosPerSecond + 123'456);
    dates.Set(i, static_cast<int32_t>(any / kSecondsPerDay));
  }
  const Chunk chunk({ordered_ns.Finish(), random_ns.Finish(), ordered_us.Finish(), random_us.Finish(), plain.Finish(),
                     dates.Finish()},
                    kRows);
  const struct {
    const char* name;
    ExprPtr expr;
  } inputs[] = {
      {"timestamptz_ns, ordered", Expr::Input(0, TypeKind::kTimestampTzNs)},
      {"timestamptz_ns, random", Expr::Input(1, TypeKind::kTimestampTzNs)},
      {"timestamptz, ordered", Expr::Input(2, TypeKind::kTimestampTz)},
      {"timestamptz, random", Expr::Input(3, TypeKind::kTimestampTz)},
      {"timestamp, random", Expr::Input(4, TypeKind::kTimestamp)},
      {"date, random", Expr::Input(5, TypeKind::kDate)},
  };
  const auto call = [&](std::string_view name, std::vector<ExprPtr> args) {
    return registry.BindCall(name, std::move(args));
  };
  for (const char* zone : {"UTC", "Europe/Berlin"}) {
    StatementContext statement;
    statement.time_zone = zone;
    for (const auto& [kind, input] : inputs) {
      const auto evaluate = [&](std::string_view what, const ExprPtr& expr) {
        const std::string name = fmt::format("{} of {} in {}", what, kind, zone);
        if (name.find(only) == std::string::npos) return;
        Evaluator evaluator({expr}, registry, statement);
        bench.Measure(name.c_str(), kRows, 0, [&] { evaluator.Evaluate(0, chunk); });
      };
      const ExprPtr five = Lit(TypeKind::kInterval, "5 minutes");
      if (!input->type().is(TypeKind::kDate)) {
        evaluate("date_trunc minute", call("date_trunc", {Text("minute"), input}));
        evaluate("date_trunc day", call("date_trunc", {Text("day"), input}));
        evaluate("date_trunc month", call("date_trunc", {Text("month"), input}));
        evaluate("date_bin 5 minutes", call("date_bin", {five, input, Lit(input->type(), "2000-01-01 00:00:00")}));
        evaluate("hour", call("hour", {input}));
        evaluate("extract hour", call("extract", {Text("hour"), input}));
        evaluate("extract epoch", call("extract", {Text("epoch"), input}));
        evaluate("cast to date", Expr::Cast(input, TypeKind::kDate));
      } else {
        evaluate("cast to timestamptz", Expr::Cast(input, TypeKind::kTimestampTz));
      }
      evaluate("time_bucket 5 minutes", call("time_bucket", {five, input}));
      evaluate("extract dow", call("extract", {Text("dow"), input}));
      evaluate("extract month", call("extract", {Text("month"), input}));
    }
  }
}

}  // namespace
}  // namespace weir

// The argument, if any, picks the lines by a part of their names.
int main(int argc, char** argv) {
  weir::RunAll(argc > 1 ? argv[1] : "");
  return 0;
}
