#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// Spans of Weir's own work, in OpenTelemetry's sense, so that it can store its own traces.
namespace weir::obs {

using TraceId = std::array<uint8_t, 16>;
using SpanId = std::array<uint8_t, 8>;

// What travels with a request. An all-zero trace id means "not traced".
struct SpanContext {
  TraceId trace_id{};
  SpanId span_id{};
  bool sampled = true;

  bool valid() const { return trace_id != TraceId{} && span_id != SpanId{}; }
  // W3C trace context: "00-<32 hex>-<16 hex>-<2 hex>".
  std::string ToTraceParent() const;
  // Empty when malformed.
  static std::optional<SpanContext> FromTraceParent(std::string_view text);
};

using AttributeValue = std::variant<std::string, int64_t, double, bool>;
enum class SpanStatus : uint8_t { kUnset, kOk, kError };
enum class SpanKind : uint8_t { kInternal, kServer, kClient, kProducer, kConsumer };

struct SpanRecord {
  SpanContext context;
  SpanId parent_id{};  // all zero: a root
  std::string name;
  SpanKind kind = SpanKind::kInternal;
  int64_t start_unix_nanos = 0;
  int64_t end_unix_nanos = 0;
  SpanStatus status = SpanStatus::kUnset;
  std::string status_message;
  std::vector<std::pair<std::string, AttributeValue>> attributes;
};

// Receives spans when they end, on the thread that ends them; must be quick (queue, drop when full) and thread-safe.
class SpanSink {
 public:
  virtual ~SpanSink() = default;
  virtual void Export(SpanRecord span) = 0;
};

class Tracer;

// An open span. Ends when destroyed. A default one, and one of a tracer without a sink, does nothing. One thread at a
// time.
class Span {
 public:
  Span() = default;
  Span(Span&&) noexcept = default;
  Span& operator=(Span&& other) noexcept;
  ~Span() { End(); }

  bool recording() const { return record_ != nullptr; }
  // For children, here or elsewhere.
  SpanContext context() const { return record_ == nullptr ? SpanContext{} : record_->context; }
  void SetAttribute(std::string_view name, AttributeValue value);
  void SetError(std::string_view message);
  void SetOk();
  void End();

 private:
  friend class Tracer;
  std::unique_ptr<SpanRecord> record_;
  Tracer* tracer_ = nullptr;
};

// Makes spans. Outlives them. Threads: any.
class Tracer {
 public:
  // `now` gives Unix nanoseconds and `random` 64 random bits; both from any thread. `sample_ratio` of the roots are
  // recorded.
  Tracer(std::function<int64_t()> now, std::function<uint64_t()> random, std::shared_ptr<SpanSink> sink,
         double sample_ratio = 1);

  // A child when `parent` is valid, else a root.
  Span Start(std::string_view name, const SpanContext& parent = {}, SpanKind kind = SpanKind::kInternal);

 private:
  friend class Span;
  const std::function<int64_t()> now_;
  const std::function<uint64_t()> random_;
  const std::shared_ptr<SpanSink> sink_;
  const double sample_ratio_;
};

}  // namespace weir::obs
