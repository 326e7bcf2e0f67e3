#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Counters, gauges and histograms. Each metric is declared once, as a constant beside the code it measures:
//   constexpr obs::CounterDef kRowsIngested{"weir_ingest_rows_total", "rows", "Rows accepted", {"table"}};
// and its series are found once and kept:
//   obs::Counter& rows = registry.Get(kRowsIngested, {table_name});
//   rows.Add(n);
// The registry is passed to whoever measures; the process has one, made in app/.
namespace weir::obs {

inline constexpr size_t kMetricLabelsMax = 6;

// Names of labels; constexpr-friendly.
struct LabelNames {
  constexpr LabelNames() = default;
  constexpr LabelNames(std::initializer_list<const char*> list) {  // NOLINT: meant to be implicit
    for (const char* name : list) names[count++] = name;
  }
  std::array<const char*, kMetricLabelsMax> names{};
  size_t count = 0;
};

struct MetricDef {
  const char* name;  // Prometheus style: weir_<area>_<what>[_<unit>][_total]
  const char* unit;  // rows, bytes, seconds, 1
  const char* help;
  LabelNames labels{};
};
struct CounterDef : MetricDef {};
struct GaugeDef : MetricDef {};

// Upper bounds of a histogram's buckets, ascending; +Inf is implied.
struct BucketDef {
  // Bounds that the definition lists itself (then `first` is unused), or ...
  std::span<const double> bounds{};
  // ... `count` bounds: first, first*factor, first*factor^2 ...
  double first = 0.0001;
  double factor = 2;
  int count = 20;
};
// 100 µs to 52 s.
inline constexpr BucketDef kLatencyBuckets{};
// 256 B to 16 GiB.
inline constexpr BucketDef kByteBuckets{{}, 256, 4, 14};
struct HistogramDef : MetricDef {
  BucketDef buckets = kLatencyBuckets;
};

// Spreads the increments of threads over cache lines. value() may miss increments in flight but never loses one.
class Counter {
 public:
  void Add(uint64_t n = 1) noexcept { cells_[Shard()].value.fetch_add(n, std::memory_order_relaxed); }
  uint64_t value() const noexcept;

 private:
  static constexpr size_t kShards = 8;
  struct alignas(64) Cell {
    std::atomic<uint64_t> value{0};
  };
  static size_t Shard() noexcept;

  std::array<Cell, kShards> cells_;
};

class Gauge {
 public:
  void Set(double value) noexcept { value_.store(value, std::memory_order_relaxed); }
  void Add(double n = 1) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
  void Sub(double n = 1) noexcept { value_.fetch_sub(n, std::memory_order_relaxed); }
  double value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

class Histogram {
 public:
  explicit Histogram(const BucketDef& buckets);
  void Observe(double value) noexcept;
  const std::vector<double>& bounds() const { return bounds_; }
  // Per bucket, not cumulative; the last one is +Inf.
  std::vector<uint64_t> counts() const;
  double sum() const noexcept { return sum_.load(std::memory_order_relaxed); }

 private:
  std::vector<double> bounds_;
  std::unique_ptr<std::atomic<uint64_t>[]> counts_;
  std::atomic<double> sum_{0};
};

enum class MetricKind : uint8_t { kCounter, kGauge, kHistogram };
std::string_view MetricKindName(MetricKind kind);

struct MetricSample {
  std::string name;
  std::string unit;
  std::string help;
  MetricKind kind;
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;  // of a histogram: the number of observations
  // Histograms only.
  double sum = 0;
  std::vector<double> bucket_bounds;
  std::vector<uint64_t> bucket_counts;  // not cumulative; one more than bounds
};

// Owns the series. References from Get stay valid as long as the registry. Threads: any; Get takes a lock, so keep
// what it returns. Declaring a name twice with different definitions aborts.
class MetricsRegistry {
 public:
  MetricsRegistry();
  ~MetricsRegistry();
  MetricsRegistry(const MetricsRegistry&) = delete;
  MetricsRegistry& operator=(const MetricsRegistry&) = delete;

  Counter& Get(const CounterDef& def, std::span<const std::string_view> labels);
  Gauge& Get(const GaugeDef& def, std::span<const std::string_view> labels);
  Histogram& Get(const HistogramDef& def, std::span<const std::string_view> labels);
  template <typename Def>
  auto& Get(const Def& def, std::initializer_list<std::string_view> labels = {}) {
    return Get(def, std::span<const std::string_view>(labels.begin(), labels.size()));
  }

  // A gauge that is asked for when somebody looks. Unregistered on destruction; the registry must live longer.
  class Callback {
   public:
    Callback() = default;
    Callback(MetricsRegistry* registry, uint64_t id) : registry_(registry), id_(id) {}
    Callback(Callback&& other) noexcept : registry_(std::exchange(other.registry_, nullptr)), id_(other.id_) {}
    Callback& operator=(Callback&& other) noexcept;
    ~Callback() { Reset(); }
    void Reset() noexcept;

   private:
    MetricsRegistry* registry_ = nullptr;
    uint64_t id_ = 0;
  };
  // `value` is called under the registry's lock: it must be quick and not use the registry.
  [[nodiscard]] Callback AddCallback(const GaugeDef& def, std::initializer_list<std::string_view> labels,
                                     std::function<double()> value);

  // Sorted by name, then labels.
  std::vector<MetricSample> Snapshot() const;

 private:
  struct Family;
  struct CallbackEntry;
  Family& FamilyOf(const MetricDef& def, MetricKind kind);

  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Family>, std::less<>> families_;
  std::map<uint64_t, std::unique_ptr<CallbackEntry>> callbacks_;
  uint64_t next_callback_ = 1;
};

}  // namespace weir::obs
