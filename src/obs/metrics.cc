#include "obs/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/check.h"

namespace weir::obs {

size_t Counter::Shard() noexcept {
  static std::atomic<size_t> next{0};
  thread_local const size_t shard = next.fetch_add(1, std::memory_order_relaxed) % kShards;
  return shard;
}

uint64_t Counter::value() const noexcept {
  uint64_t total = 0;
  for (const Cell& cell : cells_) total += cell.value.load(std::memory_order_relaxed);
  return total;
}

Histogram::Histogram(const BucketDef& buckets) {
  if (!buckets.bounds.empty()) {
    bounds_.assign(buckets.bounds.begin(), buckets.bounds.end());
  } else {
    double bound = buckets.first;
    for (int i = 0; i < buckets.count; ++i, bound *= buckets.factor) bounds_.push_back(bound);
  }
  WEIR_CHECK(std::ranges::is_sorted(bounds_, std::less_equal<>()), "bounds of a histogram must ascend");
  counts_ = std::make_unique<std::atomic<uint64_t>[]>(bounds_.size() + 1);
}

void Histogram::Observe(double value) noexcept {
  const auto bucket = std::ranges::lower_bound(bounds_, value) - bounds_.begin();
  counts_[static_cast<size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

std::vector<uint64_t> Histogram::counts() const {
  std::vector<uint64_t> out(bounds_.size() + 1);
  for (size_t i = 0; i < out.size(); ++i) out[i] = counts_[i].load(std::memory_order_relaxed);
  return out;
}

std::string_view MetricKindName(MetricKind kind) {
  switch (kind) {
    case MetricKind::kCounter:
      return "counter";
    case MetricKind::kGauge:
      return "gauge";
    case MetricKind::kHistogram:
      return "histogram";
  }
  return "unknown";
}

struct MetricsRegistry::Family {
  using Key = std::vector<std::string>;

  std::string unit;
  std::string help;
  MetricKind kind;
  std::vector<std::string> label_names;
  std::map<Key, std::unique_ptr<Counter>> counters;
  std::map<Key, std::unique_ptr<Gauge>> gauges;
  std::map<Key, std::unique_ptr<Histogram>> histograms;

  MetricSample Sample(const std::string& name, const Key& values) const {
    MetricSample out;
    out.name = name;
    out.unit = unit;
    out.help = help;
    out.kind = kind;
    for (size_t i = 0; i < values.size(); ++i) out.labels.emplace_back(label_names[i], values[i]);
    return out;
  }
};

struct MetricsRegistry::CallbackEntry {
  Family* family;
  std::string name;
  Family::Key labels;
  std::function<double()> value;
};

namespace {

bool IsMetricName(std::string_view name, bool label) {
  const auto ok = [&](char c, bool first) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (!label && c == ':') ||
           (!first && c >= '0' && c <= '9');
  };
  return !name.empty() && ok(name[0], true) && std::ranges::all_of(name, [&](char c) { return ok(c, false); });
}

template <typename Labels>
std::vector<std::string> ToKey(const MetricDef& def, const Labels& labels) {
  WEIR_CHECK(labels.size() == def.labels.count, "metric {} has {} labels, not {}", def.name, def.labels.count,
             labels.size());
  return {labels.begin(), labels.end()};
}

}  // namespace

MetricsRegistry::MetricsRegistry() = default;
MetricsRegistry::~MetricsRegistry() {
  WEIR_CHECK(callbacks_.empty(), "the metrics registry ends before a callback");
}

MetricsRegistry::Family& MetricsRegistry::FamilyOf(const MetricDef& def, MetricKind kind) {
  auto& family = families_[def.name];
  const std::vector<std::string> labels(def.labels.names.begin(),
                                        def.labels.names.begin() + static_cast<ptrdiff_t>(def.labels.count));
  if (family == nullptr) {
    WEIR_CHECK(IsMetricName(def.name, false), "invalid metric name: {}", def.name);
    for (const std::string& label : labels) WEIR_CHECK(IsMetricName(label, true), "invalid label name: {}", label);
    family = std::make_unique<Family>();
    family->unit = def.unit;
    family->help = def.help;
    family->kind = kind;
    family->label_names = labels;
  }
  WEIR_CHECK(
      family->kind == kind && family->help == def.help && family->unit == def.unit && family->label_names == labels,
      "metric {} is declared twice, differently", def.name);
  return *family;
}

Counter& MetricsRegistry::Get(const CounterDef& def, std::span<const std::string_view> labels) {
  const std::scoped_lock lock(mutex_);
  auto& slot = FamilyOf(def, MetricKind::kCounter).counters[ToKey(def, labels)];
  if (slot == nullptr) slot = std::make_unique<Counter>();
  return *slot;
}

Gauge& MetricsRegistry::Get(const GaugeDef& def, std::span<const std::string_view> labels) {
  const std::scoped_lock lock(mutex_);
  auto& slot = FamilyOf(def, MetricKind::kGauge).gauges[ToKey(def, labels)];
  if (slot == nullptr) slot = std::make_unique<Gauge>();
  return *slot;
}

Histogram& MetricsRegistry::Get(const HistogramDef& def, std::span<const std::string_view> labels) {
  const std::scoped_lock lock(mutex_);
  auto& slot = FamilyOf(def, MetricKind::kHistogram).histograms[ToKey(def, labels)];
  if (slot == nullptr) slot = std::make_unique<Histogram>(def.buckets);
  return *slot;
}

MetricsRegistry::Callback MetricsRegistry::AddCallback(const GaugeDef& def,
                                                       std::initializer_list<std::string_view> labels,
                                                       std::function<double()> value) {
  const std::scoped_lock lock(mutex_);
  const uint64_t id = next_callback_++;
  auto entry = std::make_unique<CallbackEntry>();
  entry->family = &FamilyOf(def, MetricKind::kGauge);
  entry->name = def.name;
  entry->labels = ToKey(def, labels);
  entry->value = std::move(value);
  callbacks_.emplace(id, std::move(entry));
  return {this, id};
}

MetricsRegistry::Callback& MetricsRegistry::Callback::operator=(Callback&& other) noexcept {
  if (this != &other) {
    Reset();
    registry_ = std::exchange(other.registry_, nullptr);
    id_ = other.id_;
  }
  return *this;
}

void MetricsRegistry::Callback::Reset() noexcept {
  if (registry_ == nullptr) return;
  const std::scoped_lock lock(registry_->mutex_);
  registry_->callbacks_.erase(id_);
  registry_ = nullptr;
}

std::vector<MetricSample> MetricsRegistry::Snapshot() const {
  std::vector<MetricSample> out;
  const std::scoped_lock lock(mutex_);
  for (const auto& [name, family] : families_) {
    for (const auto& [labels, counter] : family->counters) {
      out.push_back(family->Sample(name, labels));
      out.back().value = static_cast<double>(counter->value());
    }
    for (const auto& [labels, gauge] : family->gauges) {
      out.push_back(family->Sample(name, labels));
      out.back().value = gauge->value();
    }
    for (const auto& [labels, histogram] : family->histograms) {
      MetricSample& sample = out.emplace_back(family->Sample(name, labels));
      sample.bucket_bounds = histogram->bounds();
      sample.bucket_counts = histogram->counts();
      sample.sum = histogram->sum();
      for (const uint64_t count : sample.bucket_counts) sample.value += static_cast<double>(count);
    }
  }
  for (const auto& [id, entry] : callbacks_) {
    out.push_back(entry->family->Sample(entry->name, entry->labels));
    out.back().value = entry->value();
  }
  std::ranges::stable_sort(out, [](const MetricSample& a, const MetricSample& b) {
    return std::tie(a.name, a.labels) < std::tie(b.name, b.labels);
  });
  return out;
}

}  // namespace weir::obs
