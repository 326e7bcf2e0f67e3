#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "column/builder.h"
#include "telemetry/attribute_list.h"
#include "telemetry/otlp_decoder.h"
#include "telemetry/signal_tables.h"

// From decoded records to columns: what the protobuf and the JSON decoder have in common.
namespace weir {

// Columns of SignalColumns(), in order.
enum class LogColumn : uint8_t {
  kTimestamp,
  kObservedTimestamp,
  kOrganizationId,
  kServiceName,
  kSeverity,
  kSeverityNumber,
  kMessage,
  kAttributes,
  kResourceAttrs,
  kScopeName,
  kScopeVersion,
  kTraceId,
  kSpanId,
  kTraceFlags,
  kEventName,
};
enum class MetricColumn : uint8_t {
  kTimestamp,
  kStartTimestamp,
  kOrganizationId,
  kServiceName,
  kMetricName,
  kMetricType,
  kUnit,
  kDescription,
  kValue,
  kValueInt,
  kCount,
  kSum,
  kMin,
  kMax,
  kBucketCounts,
  kExplicitBounds,
  kExpScale,
  kZeroCount,
  kZeroThreshold,
  kPositiveOffset,
  kPositiveCounts,
  kNegativeOffset,
  kNegativeCounts,
  kQuantiles,
  kQuantileValues,
  kIsMonotonic,
  kTemporality,
  kAttributes,
  kResourceAttrs,
  kScopeName,
  kScopeVersion,
  kExemplarTrace,
  kExemplarSpan,
  kExemplarValue,
  kExemplars,
  kFlags,
};
enum class TraceColumn : uint8_t {
  kTimestamp,
  kEndTimestamp,
  kDurationNs,
  kOrganizationId,
  kServiceName,
  kTraceId,
  kSpanId,
  kParentSpanId,
  kTraceState,
  kName,
  kKind,
  kStatusCode,
  kStatusMessage,
  kAttributes,
  kResourceAttrs,
  kScopeName,
  kScopeVersion,
  kEvents,
  kLinks,
};

// Records as decoded. Texts are borrowed until the next record. Ids are lower-case hex, or empty.
struct LogRecordFields {
  uint64_t time = 0;
  uint64_t observed_time = 0;
  int32_t severity_number = 0;
  std::string_view severity_text;
  std::optional<std::string_view> message;
  std::string_view trace_id;
  std::string_view span_id;
  uint32_t flags = 0;
  std::string_view event_name;
  AttributeList attributes;
  void Clear();
};

enum class MetricType : uint8_t { kGauge, kSum, kHistogram, kExponentialHistogram, kSummary };
std::string_view MetricTypeName(MetricType type);

struct MetricFields {  // of all its points
  std::string_view name;
  std::string_view description;
  std::string_view unit;
  MetricType type = MetricType::kGauge;
  int32_t temporality = 0;
  bool is_monotonic = false;
};

struct MetricPointFields {
  uint64_t time = 0;
  uint64_t start_time = 0;
  std::optional<double> value;
  std::optional<int64_t> value_int;
  std::optional<uint64_t> count;
  std::optional<double> sum, min, max;
  std::vector<int64_t> bucket_counts;
  std::vector<double> explicit_bounds;
  int32_t scale = 0;
  uint64_t zero_count = 0;
  double zero_threshold = 0;
  int32_t positive_offset = 0, negative_offset = 0;
  std::vector<int64_t> positive_counts, negative_counts;
  std::vector<double> quantiles, quantile_values;
  std::string_view exemplar_trace, exemplar_span;  // of the first that has them
  std::optional<double> exemplar_value;
  std::string exemplars;  // JSON; empty: none
  uint32_t flags = 0;
  AttributeList attributes;
  void Clear();
};

struct SpanFields {
  uint64_t start_time = 0;
  uint64_t end_time = 0;
  std::string_view trace_id, span_id, parent_span_id;
  std::string_view trace_state;
  std::string_view name;
  int32_t kind = 0;
  int32_t status_code = 0;
  std::string_view status_message;
  AttributeList attributes;
  std::string events, links;  // JSON; empty: none
  void Clear();
};

struct ExemplarFields {
  uint64_t time = 0;
  double value = 0;
  std::string_view trace_id, span_id;
  AttributeList attributes;
};

// To the JSON texts of a point or span; the closing bracket is the caller's.
void AddExemplar(const ExemplarFields& exemplar, MetricPointFields& point);
void AddSpanEvent(uint64_t time, std::string_view name, const AttributeList& attributes, SpanFields& span);
void AddSpanLink(std::string_view trace_id, std::string_view span_id, std::string_view trace_state,
                 const AttributeList& attributes, SpanFields& span);

// A column whose rows are NULL until said otherwise.
class LazyColumn {
 public:
  explicit LazyColumn(Type type) : builder_(std::move(type)) {}
  // To append row `row` to, which must be beyond those set before.
  ColumnBuilder& At(size_t row) {
    while (builder_.size() < row) builder_.AppendNull();
    return builder_;
  }
  ColumnPtr Finish(size_t rows);

 private:
  ColumnBuilder builder_;
};

// Columns that have one value for many rows in turn: dictionaries with shared indices.
class SharedColumns {
 public:
  explicit SharedColumns(const std::vector<Type>& types);
  // What follows belongs to a new entry.
  void Leave() { current_ = kNone; }
  bool NeedsEntry() const { return current_ == kNone; }
  ColumnBuilder& builder(size_t i) { return builders_[i]; }
  void EntryAdded() { current_ = entries_++; }
  void AddRow() { indices_.push_back(current_); }
  std::vector<ColumnPtr> Finish();

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  std::vector<ColumnBuilder> builders_;
  std::vector<uint32_t> indices_;
  uint32_t entries_ = 0;
  uint32_t current_ = kNone;
};

// Appends records to chunks of one signal's columns. Call BeginResource and BeginScope before the records of each.
class RowBuilder {
 public:
  RowBuilder(Signal signal, UnixNanos now, std::string_view organization, const OtlpDecodeOptions& options);

  void BeginResource(const AttributeList& attributes);
  void BeginScope(std::string_view name, std::string_view version);
  void BeginMetric(const MetricFields& metric);
  void Add(const LogRecordFields& record);
  void Add(const MetricPointFields& point);
  void Add(const SpanFields& span);
  void Reject(std::string_view why, std::string_view what = {});
  OtlpDecoded Finish();

  TextArena& arena() { return arena_; }  // for the texts of one record
  const OtlpDecodeOptions& options() const { return options_; }
  // From 16 or 8 raw bytes, or twice as many hex digits; false when it is neither. All zero is none.
  bool ReadId(std::string_view raw, bool is_hex, size_t bytes, std::string_view& out);

 private:
  // False, and rejected, when it is out of range.
  bool CheckTime(uint64_t time, std::string_view what);
  template <typename Column>
  ColumnBuilder& At(Column column) {
    return columns_[static_cast<size_t>(column)].At(rows_);
  }
  template <typename Column>
  void SetText(Column column, std::string_view text) {
    if (!text.empty()) At(column).AppendString(text);
  }
  template <typename Column, typename T>
  void SetList(Column column, const std::vector<T>& values);
  void SetAttributes(size_t column, const AttributeList& attributes);
  void EndRow();
  void FinishChunk();

  const Signal signal_;
  const UnixNanos now_;
  const std::string organization_;
  const OtlpDecodeOptions& options_;
  const uint64_t time_max_;
  TextArena arena_;
  std::vector<LazyColumn> columns_;  // some stay unused
  // Levels above the records, and where their columns go.
  SharedColumns resource_columns_;
  SharedColumns scope_columns_;
  SharedColumns metric_columns_;
  // The current resource and scope; the texts are ours.
  struct OwnedItem {
    std::string key;
    std::string value;
    bool is_null;
  };
  std::vector<OwnedItem> resource_attributes_;
  std::string service_name_;
  std::string resource_organization_;
  std::string scope_name_;
  std::string scope_version_;
  MetricFields metric_;  // its texts are the next member's
  std::array<std::string, 3> metric_texts_;
  size_t rows_ = 0;  // in the open chunk
  OtlpDecoded out_;
};

}  // namespace weir
