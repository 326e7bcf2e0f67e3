#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "obs/trace.h"
#include "telemetry/signal.h"

// Export requests in protobuf, for what Weir itself sends: one resource and one scope each. One thread at a time.
namespace weir {

using OtlpAttributes = std::vector<std::pair<std::string, obs::AttributeValue>>;

// Whose telemetry it is.
struct OtlpSource {
  OtlpAttributes resource;
  std::string scope_name;
  std::string scope_version;
};

class OtlpRequestWriter {
 public:
  size_t size() const { return count_; }  // records, spans or data points
  size_t bytes() const { return items_.size(); }
  bool empty() const { return count_ == 0; }
  // The request; starts over, empty.
  std::string Take();

 protected:
  explicit OtlpRequestWriter(const OtlpSource& source);
  std::string items_;  // the fields of ScopeLogs, ScopeMetrics or ScopeSpans after the scope
  size_t count_ = 0;

 private:
  std::string resource_;
  std::string scope_;
};

struct OtlpLogLine {
  int64_t time_unix_nanos = 0;
  int64_t observed_unix_nanos = 0;
  int32_t severity_number = 0;  // 0: unknown
  std::string_view severity_text;
  std::string_view message;
  const OtlpAttributes* attributes = nullptr;
};

class OtlpLogWriter final : public OtlpRequestWriter {
 public:
  explicit OtlpLogWriter(const OtlpSource& source) : OtlpRequestWriter(source) {}
  void Add(const OtlpLogLine& line);
};

enum class OtlpMetricKind : uint8_t { kGauge, kCounter, kUpDownCounter };

class OtlpMetricWriter final : public OtlpRequestWriter {
 public:
  using Number = std::variant<int64_t, double>;
  // All points of one call of Begin get these times; `start` is that of sums.
  OtlpMetricWriter(const OtlpSource& source, int64_t time_unix_nanos, int64_t start_unix_nanos)
      : OtlpRequestWriter(source), time_(time_unix_nanos), start_(start_unix_nanos) {}
  void Begin(std::string_view name, std::string_view unit, std::string_view description, OtlpMetricKind kind);
  void Add(Number value, const OtlpAttributes& attributes = {});
  // A metric without points is left out.
  void End();
  // A whole metric.
  void AddOne(std::string_view name, std::string_view unit, std::string_view description, OtlpMetricKind kind,
              Number value, const OtlpAttributes& attributes = {});
  // A cumulative histogram as one metric; counts are per bucket, one more than bounds.
  void AddHistogram(std::string_view name, std::string_view unit, std::string_view description,
                    std::span<const double> bounds, std::span<const uint64_t> counts, double sum,
                    const OtlpAttributes& attributes);

 private:
  const int64_t time_;
  const int64_t start_;
  std::string metric_;  // name, unit, description
  std::string points_;
  size_t points_count_ = 0;
  OtlpMetricKind kind_ = OtlpMetricKind::kGauge;
};

class OtlpSpanWriter final : public OtlpRequestWriter {
 public:
  explicit OtlpSpanWriter(const OtlpSource& source) : OtlpRequestWriter(source) {}
  void Add(const obs::SpanRecord& span);
};

}  // namespace weir
