#include "telemetry/otlp_writer.h"

#include <protozero/pbf_writer.hpp>

#include "telemetry/otlp_fields.h"

namespace weir {

namespace {

using protozero::pbf_writer;

void AddText(pbf_writer& out, uint32_t field, std::string_view text) {
  if (!text.empty()) out.add_string(field, text.data(), text.size());
}

void AddAttributes(pbf_writer& out, uint32_t field, const OtlpAttributes& attributes) {
  for (const auto& [key, value] : attributes) {
    pbf_writer item(out, field);
    item.add_string(otlp::key_value::kKey, key);
    pbf_writer any(item, otlp::key_value::kValue);
    if (const auto* text = std::get_if<std::string>(&value)) any.add_string(otlp::any_value::kString, *text);
    if (const auto* integer = std::get_if<int64_t>(&value)) any.add_int64(otlp::any_value::kInt, *integer);
    if (const auto* number = std::get_if<double>(&value)) any.add_double(otlp::any_value::kDouble, *number);
    if (const auto* boolean = std::get_if<bool>(&value)) any.add_bool(otlp::any_value::kBool, *boolean);
  }
}

constexpr int32_t kCumulative = 2;

}  // namespace

OtlpRequestWriter::OtlpRequestWriter(const OtlpSource& source) {
  pbf_writer resource(resource_);
  AddAttributes(resource, otlp::resource::kAttributes, source.resource);
  pbf_writer scope(scope_);
  AddText(scope, otlp::scope::kName, source.scope_name);
  AddText(scope, otlp::scope::kVersion, source.scope_version);
}

std::string OtlpRequestWriter::Take() {
  std::string request;
  {
    pbf_writer writer(request);
    pbf_writer resource_items(writer, otlp::request::kResourceItems);
    resource_items.add_message(otlp::resource_items::kResource, resource_);
    std::string scope_items;
    pbf_writer(scope_items).add_message(otlp::scope_items::kScope, scope_);
    scope_items += items_;
    resource_items.add_message(otlp::resource_items::kScopeItems, scope_items);
  }
  items_.clear();
  count_ = 0;
  return request;
}

void OtlpLogWriter::Add(const OtlpLogLine& line) {
  pbf_writer items(items_);
  pbf_writer record(items, otlp::scope_items::kItems);
  record.add_fixed64(otlp::log_record::kTime, static_cast<uint64_t>(line.time_unix_nanos));
  record.add_fixed64(otlp::log_record::kObservedTime, static_cast<uint64_t>(line.observed_unix_nanos));
  if (line.severity_number != 0) record.add_enum(otlp::log_record::kSeverityNumber, line.severity_number);
  AddText(record, otlp::log_record::kSeverityText, line.severity_text);
  {
    pbf_writer body(record, otlp::log_record::kBody);
    body.add_string(otlp::any_value::kString, line.message.data(), line.message.size());
  }
  if (line.attributes != nullptr) AddAttributes(record, otlp::log_record::kAttributes, *line.attributes);
  ++count_;
}

void OtlpMetricWriter::Begin(std::string_view name, std::string_view unit, std::string_view description,
                             OtlpMetricKind kind) {
  metric_.clear();
  points_.clear();
  points_count_ = 0;
  kind_ = kind;
  pbf_writer metric(metric_);
  AddText(metric, otlp::metric::kName, name);
  AddText(metric, otlp::metric::kDescription, description);
  AddText(metric, otlp::metric::kUnit, unit);
}

void OtlpMetricWriter::Add(Number value, const OtlpAttributes& attributes) {
  pbf_writer data(points_);
  pbf_writer point(data, otlp::metric_data::kPoints);
  if (kind_ != OtlpMetricKind::kGauge) point.add_fixed64(otlp::number_point::kStartTime, static_cast<uint64_t>(start_));
  point.add_fixed64(otlp::number_point::kTime, static_cast<uint64_t>(time_));
  if (const auto* integer = std::get_if<int64_t>(&value)) {
    point.add_sfixed64(otlp::number_point::kInt, *integer);
  } else {
    point.add_double(otlp::number_point::kDouble, std::get<double>(value));
  }
  AddAttributes(point, otlp::number_point::kAttributes, attributes);
  ++points_count_;
}

void OtlpMetricWriter::End() {
  if (points_count_ == 0) return;
  if (kind_ == OtlpMetricKind::kGauge) {
    pbf_writer(metric_).add_message(otlp::metric::kGauge, points_);
  } else {
    pbf_writer data(points_);
    data.add_enum(otlp::metric_data::kTemporality, kCumulative);
    if (kind_ == OtlpMetricKind::kCounter) data.add_bool(otlp::metric_data::kIsMonotonic, true);
    pbf_writer(metric_).add_message(otlp::metric::kSum, points_);
  }
  pbf_writer(items_).add_message(otlp::scope_items::kItems, metric_);
  count_ += points_count_;
}

void OtlpMetricWriter::AddOne(std::string_view name, std::string_view unit, std::string_view description,
                              OtlpMetricKind kind, Number value, const OtlpAttributes& attributes) {
  Begin(name, unit, description, kind);
  Add(value, attributes);
  End();
}

void OtlpMetricWriter::AddHistogram(std::string_view name, std::string_view unit, std::string_view description,
                                    std::span<const double> bounds, std::span<const uint64_t> counts, double sum,
                                    const OtlpAttributes& attributes) {
  Begin(name, unit, description, OtlpMetricKind::kCounter);
  {
    pbf_writer data(points_);
    data.add_enum(otlp::metric_data::kTemporality, kCumulative);
    pbf_writer point(data, otlp::metric_data::kPoints);
    point.add_fixed64(otlp::histogram_point::kStartTime, static_cast<uint64_t>(start_));
    point.add_fixed64(otlp::histogram_point::kTime, static_cast<uint64_t>(time_));
    uint64_t total = 0;
    for (const uint64_t count : counts) total += count;
    point.add_fixed64(otlp::histogram_point::kCount, total);
    point.add_double(otlp::histogram_point::kSum, sum);
    point.add_packed_fixed64(otlp::histogram_point::kBucketCounts, counts.begin(), counts.end());
    point.add_packed_double(otlp::histogram_point::kExplicitBounds, bounds.begin(), bounds.end());
    AddAttributes(point, otlp::histogram_point::kAttributes, attributes);
  }
  pbf_writer(metric_).add_message(otlp::metric::kHistogram, points_);
  pbf_writer(items_).add_message(otlp::scope_items::kItems, metric_);
  ++count_;
}

void OtlpSpanWriter::Add(const obs::SpanRecord& span) {
  const auto add_id = [](pbf_writer& out, uint32_t field, const auto& id) {
    out.add_bytes(field, reinterpret_cast<const char*>(id.data()), id.size());
  };
  pbf_writer items(items_);
  pbf_writer out(items, otlp::scope_items::kItems);
  add_id(out, otlp::span::kTraceId, span.context.trace_id);
  add_id(out, otlp::span::kSpanId, span.context.span_id);
  if (span.parent_id != obs::SpanId{}) add_id(out, otlp::span::kParentSpanId, span.parent_id);
  AddText(out, otlp::span::kName, span.name);
  out.add_enum(otlp::span::kKind, static_cast<int32_t>(span.kind) + 1);
  out.add_fixed64(otlp::span::kStartTime, static_cast<uint64_t>(span.start_unix_nanos));
  out.add_fixed64(otlp::span::kEndTime, static_cast<uint64_t>(span.end_unix_nanos));
  AddAttributes(out, otlp::span::kAttributes, span.attributes);
  {
    pbf_writer status(out, otlp::span::kStatus);
    AddText(status, otlp::status::kMessage, span.status_message);
    if (span.status != obs::SpanStatus::kUnset) status.add_enum(otlp::status::kCode, static_cast<int32_t>(span.status));
  }
  ++count_;
}

}  // namespace weir
