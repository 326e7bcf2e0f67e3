// Time per parse of a few texts: TPC-H Q1, a point query, a wide INSERT.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "sql/parser/parser.h"
#include "sql/parser/to_sql.h"

namespace {

constexpr std::string_view kQ1 = R"(
select l_returnflag, l_linestatus, sum(l_quantity) as sum_qty, sum(l_extendedprice) as sum_base_price,
       sum(l_extendedprice * (1 - l_discount)) as sum_disc_price,
       sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) as sum_charge, avg(l_quantity) as avg_qty,
       avg(l_extendedprice) as avg_price, avg(l_discount) as avg_disc, count(*) as count_order
from lineitem
where l_shipdate <= date '1998-12-01' - interval '90' day
group by l_returnflag, l_linestatus
order by l_returnflag, l_linestatus;
)";

void Measure(const char* name, std::string_view sql, bool with_text) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> micros;
  const auto begin = Clock::now();
  while (micros.size() < 20 || (Clock::now() - begin < std::chrono::milliseconds(500) && micros.size() < 100'000)) {
    const auto start = Clock::now();
    const auto statements = weir::ParseStatements(sql);
    if (with_text) {
      for (const auto& statement : statements) weir::ToSql(*statement);
    }
    micros.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
  }
  std::nth_element(micros.begin(), micros.begin() + static_cast<ptrdiff_t>(micros.size() / 2), micros.end());
  const double median = micros[micros.size() / 2];
  std::printf("%-24s %12zu bytes %12.2f us %8.1f MB/s\n", name, sql.size(), median,
              static_cast<double>(sql.size()) / median);
}

}  // namespace

int main() {
  Measure("tpch q1", kQ1, false);
  Measure("tpch q1 and its text", kQ1, true);
  Measure("point query", "SELECT * FROM orders WHERE id = $1", false);
  std::string insert = "INSERT INTO t VALUES (1, 'some text', 2.5, NULL)";
  for (int i = 0; i < 20'000; ++i) insert += ", (" + std::to_string(i) + ", 'some text', 2.5, NULL)";
  Measure("insert of 20,000 rows", insert, false);
  std::string sum = "SELECT 1";
  for (int i = 0; i < 100'000; ++i) sum += "+1";
  Measure("sum of 100,001 terms", sum, true);
  std::string large = "INSERT INTO t VALUES ('x', 1)";
  while (large.size() < 100'000'000) large += ", ('some longer text that stands in for a row of a dump', 12345)";
  Measure("insert of 100 MB", large, false);
  return 0;
}
