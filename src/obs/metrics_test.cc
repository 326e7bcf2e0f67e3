#include "obs/metrics.h"

#include <cmath>
#include <limits>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "obs/prometheus_text.h"

namespace weir::obs {
namespace {

constexpr CounterDef kRows{"weir_test_rows_total", "rows", "Rows \\ seen\nso far", {"table"}};
constexpr GaugeDef kOpen{"weir_test_open", "1", "Open things"};
constexpr GaugeDef kAsked{"weir_test_asked", "1", "Asked for", {"kind"}};
constexpr double kBounds[] = {1, 2.5, 10};
constexpr HistogramDef kSizes{{"weir_test_size_bytes", "bytes", "Sizes", {"op"}}, {kBounds}};

TEST(Metrics, SeriesAreFoundAgain) {
  MetricsRegistry registry;
  Counter& a = registry.Get(kRows, {"a"});
  EXPECT_EQ(&a, &registry.Get(kRows, {"a"}));
  EXPECT_NE(&a, &registry.Get(kRows, {"b"}));
  a.Add();
  a.Add(41);
  EXPECT_EQ(a.value(), 42U);
}

TEST(Metrics, NoIncrementIsLost) {
  MetricsRegistry registry;
  Counter& counter = registry.Get(kRows, {"a"});
  Gauge& gauge = registry.Get(kOpen);
  Histogram& histogram = registry.Get(kSizes, {"x"});
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) {
        counter.Add(2);
        gauge.Add(1);
        gauge.Sub(1);
        histogram.Observe(2);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), 160'000U);
  EXPECT_EQ(gauge.value(), 0);
  EXPECT_EQ(histogram.counts()[1], 80'000U);
  EXPECT_EQ(histogram.sum(), 160'000);
}

TEST(Metrics, HistogramBoundsAreInclusiveAbove) {
  Histogram histogram(BucketDef{kBounds});
  for (const double value : {0.0, 1.0, 1.1, 2.5, 10.0, 10.1, 1e300}) histogram.Observe(value);
  EXPECT_EQ(histogram.counts(), (std::vector<uint64_t>{2, 2, 1, 2}));
  const Histogram latencies(kLatencyBuckets);
  EXPECT_EQ(latencies.bounds().size(), 20U);
  EXPECT_NEAR(latencies.bounds().back(), 52.4288, 1e-6);
}

TEST(Metrics, CallbacksAreAskedAndGoAway) {
  MetricsRegistry registry;
  double value = 3;
  {
    const auto callback = registry.AddCallback(kAsked, {"x"}, [&] { return value; });
    value = 4;
    const auto samples = registry.Snapshot();
    ASSERT_EQ(samples.size(), 1U);
    EXPECT_EQ(samples[0].value, 4);
  }
  EXPECT_TRUE(registry.Snapshot().empty());
}

TEST(MetricsDeathTest, ConflictingDefinitionsAbort) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  MetricsRegistry registry;
  registry.Get(kOpen);
  EXPECT_DEATH(registry.Get(GaugeDef{"weir_test_open", "1", "Other help"}), "declared twice");
  EXPECT_DEATH(registry.Get(CounterDef{"weir_test_open", "1", "Open things"}), "declared twice");
  EXPECT_DEATH(registry.Get(kRows, {"a", "b"}), "has 1 labels");
  EXPECT_DEATH(registry.Get(GaugeDef{"1bad name", "1", "x"}), "invalid metric name");
}

TEST(PrometheusText, WritesTheExpositionFormat) {
  MetricsRegistry registry;
  registry.Get(kRows, {"a\"b\\c\nd"}).Add(7);
  registry.Get(kOpen).Set(-0.25);
  Histogram& sizes = registry.Get(kSizes, {"read"});
  sizes.Observe(1);
  sizes.Observe(3);
  sizes.Observe(100);
  EXPECT_EQ(PrometheusText(registry.Snapshot()),
            "# HELP weir_test_open Open things\n"
            "# TYPE weir_test_open gauge\n"
            "weir_test_open -0.25\n"
            "# HELP weir_test_rows_total Rows \\\\ seen\\nso far\n"
            "# TYPE weir_test_rows_total counter\n"
            "weir_test_rows_total{table=\"a\\\"b\\\\c\\nd\"} 7\n"
            "# HELP weir_test_size_bytes Sizes\n"
            "# TYPE weir_test_size_bytes histogram\n"
            "weir_test_size_bytes_bucket{op=\"read\",le=\"1\"} 1\n"
            "weir_test_size_bytes_bucket{op=\"read\",le=\"2.5\"} 1\n"
            "weir_test_size_bytes_bucket{op=\"read\",le=\"10\"} 2\n"
            "weir_test_size_bytes_bucket{op=\"read\",le=\"+Inf\"} 3\n"
            "weir_test_size_bytes_sum{op=\"read\"} 104\n"
            "weir_test_size_bytes_count{op=\"read\"} 3\n");
}

TEST(PrometheusText, SpellsSpecialNumbers) {
  MetricsRegistry registry;
  EXPECT_EQ(PrometheusText(registry.Snapshot()), "");
  Gauge& gauge = registry.Get(kOpen);
  const auto last_line = [&] {
    const std::string text = PrometheusText(registry.Snapshot());
    return text.substr(text.rfind('\n', text.size() - 2) + 1);
  };
  gauge.Set(std::nan(""));
  EXPECT_EQ(last_line(), "weir_test_open NaN\n");
  gauge.Set(-std::numeric_limits<double>::infinity());
  EXPECT_EQ(last_line(), "weir_test_open -Inf\n");
  gauge.Set(1e100);
  EXPECT_EQ(last_line(), "weir_test_open 1e+100\n");
}

}  // namespace
}  // namespace weir::obs
