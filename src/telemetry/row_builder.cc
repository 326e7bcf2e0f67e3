#include "telemetry/row_builder.h"

#include <algorithm>

#include "base/json_text.h"

namespace weir {

namespace {

constexpr std::string_view kNoOrganization = "default";
// What a row takes in memory at least, over its texts: bounds what a request of many empty records can ask for.
constexpr uint64_t kRowBytes = 512;

Type TextMap() {
  return Type::Map(TypeKind::kVarchar, TypeKind::kVarchar);
}

Schema LogColumns() {
  const Type text = TypeKind::kVarchar, time = TypeKind::kTimestampTzNs, integer = TypeKind::kInt32;
  return {{"timestamp", time, false}, {"observed_timestamp", time}, {"organization_id", text},
          {"service_name", text},     {"severity", text},           {"severity_number", integer},
          {"message", text},          {"attributes", TextMap()},    {"resource_attrs", TextMap()},
          {"scope_name", text},       {"scope_version", text},      {"trace_id", text},
          {"span_id", text},          {"trace_flags", integer},     {"event_name", text}};
}

Schema MetricColumns() {
  const Type text = TypeKind::kVarchar, time = TypeKind::kTimestampTzNs, integer = TypeKind::kInt32;
  const Type number = TypeKind::kDouble, big = TypeKind::kInt64;
  const Type numbers = Type::List(number), bigs = Type::List(big);
  return {{"timestamp", time, false},
          {"start_timestamp", time},
          {"organization_id", text},
          {"service_name", text},
          {"metric_name", text, false},
          {"metric_type", text},
          {"unit", text},
          {"description", text},
          {"value", number},
          {"value_int", big},
          {"count", big},
          {"sum", number},
          {"min", number},
          {"max", number},
          {"bucket_counts", bigs},
          {"explicit_bounds", numbers},
          {"exp_scale", integer},
          {"zero_count", big},
          {"zero_threshold", number},
          {"positive_offset", integer},
          {"positive_counts", bigs},
          {"negative_offset", integer},
          {"negative_counts", bigs},
          {"quantiles", numbers},
          {"quantile_values", numbers},
          {"is_monotonic", TypeKind::kBoolean},
          {"temporality", text},
          {"attributes", TextMap()},
          {"resource_attrs", TextMap()},
          {"scope_name", text},
          {"scope_version", text},
          {"exemplar_trace", text},
          {"exemplar_span", text},
          {"exemplar_value", number},
          {"exemplars", TypeKind::kJson},
          {"flags", integer}};
}

Schema TraceColumns() {
  const Type text = TypeKind::kVarchar, time = TypeKind::kTimestampTzNs;
  return {{"timestamp", time, false},
          {"end_timestamp", time},
          {"duration_ns", TypeKind::kInt64},
          {"organization_id", text},
          {"service_name", text},
          {"trace_id", text, false},
          {"span_id", text, false},
          {"parent_span_id", text},
          {"trace_state", text},
          {"name", text},
          {"kind", text},
          {"status_code", text},
          {"status_message", text},
          {"attributes", TextMap()},
          {"resource_attrs", TextMap()},
          {"scope_name", text},
          {"scope_version", text},
          {"events", TypeKind::kJson},
          {"links", TypeKind::kJson}};
}

// Where a signal's shared columns are among its fixed ones.
struct SharedPositions {
  size_t organization, service, resource_attrs, scope_name, scope_version;
};
SharedPositions PositionsOf(Signal signal) {
  const auto at = [](auto column) { return static_cast<size_t>(column); };
  switch (signal) {
    case Signal::kLogs:
      return {at(LogColumn::kOrganizationId), at(LogColumn::kServiceName), at(LogColumn::kResourceAttrs),
              at(LogColumn::kScopeName), at(LogColumn::kScopeVersion)};
    case Signal::kMetrics:
      return {at(MetricColumn::kOrganizationId), at(MetricColumn::kServiceName), at(MetricColumn::kResourceAttrs),
              at(MetricColumn::kScopeName), at(MetricColumn::kScopeVersion)};
    case Signal::kTraces:
      break;
  }
  return {at(TraceColumn::kOrganizationId), at(TraceColumn::kServiceName), at(TraceColumn::kResourceAttrs),
          at(TraceColumn::kScopeName), at(TraceColumn::kScopeVersion)};
}

// Names of OpenTelemetry's ranges of severity numbers: TRACE to TRACE4, and so on.
std::string_view SeverityNumberName(int32_t number) {
  constexpr std::string_view kNames[] = {"TRACE", "TRACE2", "TRACE3", "TRACE4", "DEBUG", "DEBUG2", "DEBUG3", "DEBUG4",
                                         "INFO",  "INFO2",  "INFO3",  "INFO4",  "WARN",  "WARN2",  "WARN3",  "WARN4",
                                         "ERROR", "ERROR2", "ERROR3", "ERROR4", "FATAL", "FATAL2", "FATAL3", "FATAL4"};
  if (number < 1 || number > 24) return {};
  return kNames[number - 1];
}

std::string_view NameOf(int32_t number, std::initializer_list<std::string_view> names) {
  return number >= 0 && static_cast<size_t>(number) < names.size() ? names.begin()[number] : std::string_view{};
}

void AppendOptionalText(ColumnBuilder& out, std::string_view text) {
  if (text.empty()) {
    out.AppendNull();
  } else {
    out.AppendString(text);
  }
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

const Schema& SignalColumns(Signal signal) {
  static const std::array<Schema, kSignalCount> schemas = {LogColumns(), MetricColumns(), TraceColumns()};
  return schemas[static_cast<size_t>(signal)];
}

std::string_view MetricTypeName(MetricType type) {
  return NameOf(static_cast<int32_t>(type), {"gauge", "sum", "histogram", "exponential_histogram", "summary"});
}

void LogRecordFields::Clear() {
  AttributeList kept = std::move(attributes);
  kept.Clear();
  *this = {};
  attributes = std::move(kept);
}

void MetricPointFields::Clear() {
  AttributeList kept = std::move(attributes);
  kept.Clear();
  std::vector<int64_t> counts = std::move(bucket_counts);
  std::vector<double> bounds = std::move(explicit_bounds);
  counts.clear();
  bounds.clear();
  *this = {};
  attributes = std::move(kept);
  bucket_counts = std::move(counts);
  explicit_bounds = std::move(bounds);
}

void SpanFields::Clear() {
  AttributeList kept = std::move(attributes);
  kept.Clear();
  *this = {};
  attributes = std::move(kept);
}

namespace {

void AppendJsonField(std::string_view name, std::string_view text, std::string& out) {
  out += fmt::format(",\"{}\":", name);
  AppendJsonString(text, out);
}

void AppendJsonAttributes(const AttributeList& attributes, std::string& out) {
  if (attributes.items().empty()) return;
  out += ",\"attributes\":";
  AppendJsonObject(attributes, out);
}

}  // namespace

void AddExemplar(const ExemplarFields& exemplar, MetricPointFields& point) {
  std::string& out = point.exemplars;
  out += out.empty() ? '[' : ',';
  out += fmt::format("{{\"time_unix_nano\":{},\"value\":", exemplar.time);
  AppendJsonDouble(exemplar.value, out);
  if (!exemplar.trace_id.empty()) AppendJsonField("trace_id", exemplar.trace_id, out);
  if (!exemplar.span_id.empty()) AppendJsonField("span_id", exemplar.span_id, out);
  AppendJsonAttributes(exemplar.attributes, out);
  out += '}';
  if (point.exemplar_trace.empty() && !exemplar.trace_id.empty()) {
    point.exemplar_trace = exemplar.trace_id;
    point.exemplar_span = exemplar.span_id;
    point.exemplar_value = exemplar.value;
  }
}

void AddSpanEvent(uint64_t time, std::string_view name, const AttributeList& attributes, SpanFields& span) {
  std::string& out = span.events;
  out += out.empty() ? '[' : ',';
  out += fmt::format("{{\"time_unix_nano\":{}", time);
  AppendJsonField("name", name, out);
  AppendJsonAttributes(attributes, out);
  out += '}';
}

void AddSpanLink(std::string_view trace_id, std::string_view span_id, std::string_view trace_state,
                 const AttributeList& attributes, SpanFields& span) {
  std::string& out = span.links;
  out += out.empty() ? '[' : ',';
  out += fmt::format("{{\"trace_id\":\"{}\",\"span_id\":\"{}\"", trace_id, span_id);
  if (!trace_state.empty()) AppendJsonField("trace_state", trace_state, out);
  AppendJsonAttributes(attributes, out);
  out += '}';
}

ColumnPtr LazyColumn::Finish(size_t rows) {
  if (builder_.size() == 0) return Column::ConstantNull(builder_.type(), rows);
  At(rows);
  return builder_.Finish();
}

SharedColumns::SharedColumns(const std::vector<Type>& types) {
  for (const Type& type : types) builders_.emplace_back(type);
}

std::vector<ColumnPtr> SharedColumns::Finish() {
  std::vector<ColumnPtr> out;
  const size_t rows = indices_.size();
  auto indices = Buffer::Allocate(rows * sizeof(uint32_t));
  if (rows != 0) std::memcpy(indices->data(), indices_.data(), rows * sizeof(uint32_t));
  for (ColumnBuilder& builder : builders_) {
    ColumnPtr base = builder.Finish();
    out.push_back(entries_ == 1 ? Column::ConstantOf(base, 0, rows) : Column::Dictionary(base, indices, rows));
  }
  indices_.clear();
  entries_ = 0;
  current_ = kNone;
  return out;
}

RowBuilder::RowBuilder(Signal signal, UnixNanos now, std::string_view organization, const OtlpDecodeOptions& options)
    : signal_(signal),
      now_(now),
      organization_(organization),
      options_(options),
      time_max_(static_cast<uint64_t>(std::max<int64_t>(now, 0)) + static_cast<uint64_t>(options.future_nanos_max)),
      resource_columns_({TypeKind::kVarchar, TypeKind::kVarchar, TextMap()}),
      scope_columns_({TypeKind::kVarchar, TypeKind::kVarchar}),
      metric_columns_(std::vector<Type>(4, TypeKind::kVarchar)) {
  for (const Field& field : SignalColumns(signal)) columns_.emplace_back(field.type);
}

void RowBuilder::BeginResource(const AttributeList& attributes) {
  resource_columns_.Leave();
  resource_attributes_.clear();
  service_name_.clear();
  resource_organization_.clear();
  for (const auto& item : attributes.items()) {
    if (item.key == "service.name") service_name_ = item.value;
    if (item.key == "organization.id" || item.key == "organization_id") resource_organization_ = item.value;
    resource_attributes_.push_back({std::string(item.key), std::string(item.value), item.is_null});
  }
  BeginScope({}, {});
}

void RowBuilder::BeginScope(std::string_view name, std::string_view version) {
  scope_columns_.Leave();
  scope_name_ = name;
  scope_version_ = version;
}

void RowBuilder::BeginMetric(const MetricFields& metric) {
  metric_columns_.Leave();
  metric_ = metric;
  // The texts may lie in the arena, which the next record clears.
  metric_texts_ = {std::string(metric.name), std::string(metric.description), std::string(metric.unit)};
  metric_.name = metric_texts_[0];
  metric_.description = metric_texts_[1];
  metric_.unit = metric_texts_[2];
}

bool RowBuilder::ReadId(std::string_view raw, bool is_hex, size_t bytes, std::string_view& out) {
  out = {};
  if (raw.empty()) return true;
  constexpr std::string_view kHex = "0123456789abcdef";
  if (raw.size() != (is_hex ? bytes * 2 : bytes)) return false;
  char* text = arena_.Allocate(bytes * 2);
  bool any = false;
  if (is_hex) {
    for (size_t i = 0; i < raw.size(); ++i) {
      const int digit = HexDigit(raw[i]);
      if (digit < 0) return false;
      any |= digit != 0;
      text[i] = kHex[static_cast<size_t>(digit)];
    }
  } else {
    for (size_t i = 0; i < bytes; ++i) {
      const auto byte = static_cast<uint8_t>(raw[i]);
      any |= byte != 0;
      text[2 * i] = kHex[byte >> 4];
      text[2 * i + 1] = kHex[byte & 15];
    }
  }
  if (any) out = {text, bytes * 2};
  return true;
}

void RowBuilder::Reject(std::string_view why, std::string_view what) {
  if (out_.rejected++ == 0) {
    out_.rejected_message = why;
    if (!what.empty()) out_.rejected_message += fmt::format(": {}", what);
  }
  arena_.Reset();
}

bool RowBuilder::CheckTime(uint64_t time, std::string_view what) {
  if (time <= time_max_) return true;
  Reject("timestamp is too far in the future", fmt::format("{} {}", what, time));
  return false;
}

template <typename Column, typename T>
void RowBuilder::SetList(Column column, const std::vector<T>& values) {
  if (values.empty()) return;
  ColumnBuilder& list = At(column);
  for (const T value : values) list.child(0).template Append<T>(value);
  list.CloseRow();
}

void RowBuilder::SetAttributes(size_t column, const AttributeList& attributes) {
  ColumnBuilder& map = columns_[column].At(rows_);
  for (const auto& item : attributes.items()) {
    map.child(0).AppendString(item.key);
    if (item.is_null) {
      map.child(1).AppendNull();
      continue;
    }
    map.child(1).AppendString(item.value);
  }
  map.CloseRow();
}

void RowBuilder::Add(const LogRecordFields& record) {
  const uint64_t time = record.time != 0            ? record.time
                        : record.observed_time != 0 ? record.observed_time
                                                    : static_cast<uint64_t>(now_);
  if (!CheckTime(time, "time_unix_nano") || !CheckTime(record.observed_time, "observed_time_unix_nano")) return;
  At(LogColumn::kTimestamp).Append(static_cast<int64_t>(time));
  const uint64_t observed = record.observed_time != 0 ? record.observed_time : static_cast<uint64_t>(now_);
  At(LogColumn::kObservedTimestamp).Append(static_cast<int64_t>(observed));
  SetText(LogColumn::kSeverity,
          record.severity_text.empty() ? SeverityNumberName(record.severity_number) : record.severity_text);
  if (record.severity_number != 0) At(LogColumn::kSeverityNumber).Append(record.severity_number);
  if (record.message.has_value()) At(LogColumn::kMessage).AppendString(*record.message);
  SetText(LogColumn::kTraceId, record.trace_id);
  SetText(LogColumn::kSpanId, record.span_id);
  if (record.flags != 0) At(LogColumn::kTraceFlags).Append(static_cast<int32_t>(record.flags & 0xFF));
  SetText(LogColumn::kEventName, record.event_name);
  SetAttributes(static_cast<size_t>(LogColumn::kAttributes), record.attributes);
  EndRow();
}

void RowBuilder::Add(const MetricPointFields& point) {
  if (metric_.name.empty()) return Reject("metric has no name");
  if (point.time == 0) return Reject("data point has no timestamp", metric_.name);
  if (!CheckTime(point.time, "time_unix_nano") || !CheckTime(point.start_time, "start_time_unix_nano")) return;
  using enum MetricColumn;
  At(kTimestamp).Append(static_cast<int64_t>(point.time));
  if (point.start_time != 0) At(kStartTimestamp).Append(static_cast<int64_t>(point.start_time));
  const auto number = [&](MetricColumn column, const std::optional<double>& value) {
    if (value.has_value()) At(column).Append(*value);
  };
  number(kValue, point.value);
  if (point.value_int.has_value()) At(kValueInt).Append(*point.value_int);
  if (point.count.has_value()) At(kCount).Append(static_cast<int64_t>(*point.count));
  number(kSum, point.sum);
  number(kMin, point.min);
  number(kMax, point.max);
  SetList(kBucketCounts, point.bucket_counts);
  SetList(kExplicitBounds, point.explicit_bounds);
  if (metric_.type == MetricType::kExponentialHistogram) {
    At(kExpScale).Append(point.scale);
    At(kZeroCount).Append(static_cast<int64_t>(point.zero_count));
    At(kZeroThreshold).Append(point.zero_threshold);
    At(kPositiveOffset).Append(point.positive_offset);
    SetList(kPositiveCounts, point.positive_counts);
    At(kNegativeOffset).Append(point.negative_offset);
    SetList(kNegativeCounts, point.negative_counts);
  }
  SetList(kQuantiles, point.quantiles);
  SetList(kQuantileValues, point.quantile_values);
  if (metric_.type == MetricType::kSum) At(kIsMonotonic).Append(static_cast<uint8_t>(metric_.is_monotonic));
  SetText(kTemporality, NameOf(metric_.temporality, {"", "delta", "cumulative"}));
  SetText(kExemplarTrace, point.exemplar_trace);
  SetText(kExemplarSpan, point.exemplar_span);
  number(kExemplarValue, point.exemplar_value);
  SetText(kExemplars, point.exemplars);
  if (point.flags != 0) At(kFlags).Append(static_cast<int32_t>(point.flags));
  SetAttributes(static_cast<size_t>(kAttributes), point.attributes);
  if (metric_columns_.NeedsEntry()) {
    metric_columns_.builder(0).AppendString(metric_.name);
    metric_columns_.builder(1).AppendString(MetricTypeName(metric_.type));
    AppendOptionalText(metric_columns_.builder(2), metric_.unit);
    AppendOptionalText(metric_columns_.builder(3), metric_.description);
    metric_columns_.EntryAdded();
  }
  metric_columns_.AddRow();
  EndRow();
}

void RowBuilder::Add(const SpanFields& span) {
  if (span.trace_id.empty()) return Reject("span has no trace id", span.name);
  if (span.span_id.empty()) return Reject("span has no span id", span.name);
  if (span.start_time == 0) return Reject("span has no start time", span.name);
  if (!CheckTime(span.start_time, "start_time_unix_nano") || !CheckTime(span.end_time, "end_time_unix_nano")) return;
  using enum TraceColumn;
  At(kTimestamp).Append(static_cast<int64_t>(span.start_time));
  if (span.end_time != 0) {
    At(kEndTimestamp).Append(static_cast<int64_t>(span.end_time));
    At(kDurationNs).Append(static_cast<int64_t>(span.end_time) - static_cast<int64_t>(span.start_time));
  }
  At(kTraceId).AppendString(span.trace_id);
  At(kSpanId).AppendString(span.span_id);
  SetText(kParentSpanId, span.parent_span_id);
  SetText(kTraceState, span.trace_state);
  At(kName).AppendString(span.name);
  SetText(kKind, NameOf(span.kind, {"UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"}));
  SetText(kStatusCode, NameOf(span.status_code, {"UNSET", "OK", "ERROR"}));
  SetText(kStatusMessage, span.status_message);
  SetText(kEvents, span.events);
  SetText(kLinks, span.links);
  SetAttributes(static_cast<size_t>(kAttributes), span.attributes);
  EndRow();
}

void RowBuilder::EndRow() {
  if (resource_columns_.NeedsEntry()) {
    const std::string_view organization = !organization_.empty()            ? organization_
                                          : !resource_organization_.empty() ? resource_organization_
                                                                            : kNoOrganization;
    resource_columns_.builder(0).AppendString(organization);
    AppendOptionalText(resource_columns_.builder(1), service_name_);
    ColumnBuilder& map = resource_columns_.builder(2);
    for (const OwnedItem& item : resource_attributes_) {
      map.child(0).AppendString(item.key);
      if (item.is_null) {
        map.child(1).AppendNull();
      } else {
        map.child(1).AppendString(item.value);
      }
    }
    map.CloseRow();
    resource_columns_.EntryAdded();
  }
  resource_columns_.AddRow();
  if (scope_columns_.NeedsEntry()) {
    AppendOptionalText(scope_columns_.builder(0), scope_name_);
    AppendOptionalText(scope_columns_.builder(1), scope_version_);
    scope_columns_.EntryAdded();
  }
  scope_columns_.AddRow();
  arena_.Reset();
  ++out_.rows;
  if (out_.rows * kRowBytes > options_.chunk_bytes_max) {
    throw Error::User(sqlstate::kProgramLimitExceeded, "request has too many records: more than {}", out_.rows);
  }
  if (++rows_ >= options_.chunk_rows_max) FinishChunk();
}

void RowBuilder::FinishChunk() {
  if (rows_ == 0) return;
  std::vector<ColumnPtr> columns(columns_.size());
  const SharedPositions at = PositionsOf(signal_);
  auto shared = resource_columns_.Finish();
  columns[at.organization] = std::move(shared[0]);
  columns[at.service] = std::move(shared[1]);
  columns[at.resource_attrs] = std::move(shared[2]);
  shared = scope_columns_.Finish();
  columns[at.scope_name] = std::move(shared[0]);
  columns[at.scope_version] = std::move(shared[1]);
  if (signal_ == Signal::kMetrics) {
    shared = metric_columns_.Finish();
    for (size_t i = 0; i < shared.size(); ++i) {
      columns[static_cast<size_t>(MetricColumn::kMetricName) + i] = std::move(shared[i]);
    }
  }
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i] == nullptr) columns[i] = columns_[i].Finish(rows_);
  }
  out_.chunks.emplace_back(std::move(columns), rows_);
  rows_ = 0;
}

OtlpDecoded RowBuilder::Finish() {
  FinishChunk();
  return std::move(out_);
}

}  // namespace weir
