#include "telemetry/otlp_json.h"

#include <charconv>
#include <cmath>
#include <limits>

#include <simdjson.h>

#include "base/json_text.h"
#include "types/text.h"

namespace weir {

namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::element_type;
using simdjson::dom::object;

[[noreturn]] void Fail(std::string_view what, std::string_view name) {
  throw Error::User(sqlstate::kInvalidJsonText, "request is not valid OTLP/JSON: {}: {}", what, name);
}

// "traceId" or "trace_id"; null counts as absent.
std::optional<element> Get(const object& from, std::string_view camel, std::string_view snake = {}) {
  element found;
  if (from.at_key(camel).get(found) != simdjson::SUCCESS) {
    if (snake.empty() || from.at_key(snake).get(found) != simdjson::SUCCESS) return std::nullopt;
  }
  if (found.is_null()) return std::nullopt;
  return found;
}

std::optional<object> GetObject(const object& from, std::string_view camel, std::string_view snake = {}) {
  const auto found = Get(from, camel, snake);
  if (!found.has_value()) return std::nullopt;
  object out;
  if (found->get(out) != simdjson::SUCCESS) Fail("not an object", camel);
  return out;
}

object ToObject(const element& from, std::string_view name) {
  object out;
  if (from.get(out) != simdjson::SUCCESS) Fail("not an object", name);
  return out;
}

template <typename F>
void ForEach(const object& from, std::string_view camel, std::string_view snake, F&& f) {
  const auto found = Get(from, camel, snake);
  if (!found.has_value()) return;
  array items;
  if (found->get(items) != simdjson::SUCCESS) Fail("not an array", camel);
  for (const element item : items) f(item);
}

std::string_view GetText(const object& from, std::string_view camel, std::string_view snake = {}) {
  const auto found = Get(from, camel, snake);
  std::string_view out;
  if (found.has_value() && found->get(out) != simdjson::SUCCESS) Fail("not a string", camel);
  return out;
}

template <typename T>
std::optional<T> ParseWhole(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

int64_t ToInt64(const element& from, std::string_view name) {
  switch (from.type()) {
    case element_type::INT64:
      return from.get_int64().value_unsafe();
    case element_type::STRING:
      if (const auto value = ParseWhole<int64_t>(from.get_string().value_unsafe())) return *value;
      break;
    case element_type::DOUBLE: {
      const double value = from.get_double().value_unsafe();
      if (std::trunc(value) == value && std::abs(value) < 9e18) return static_cast<int64_t>(value);
      break;
    }
    default:
      break;
  }
  Fail("not a 64-bit integer", name);
}

uint64_t ToUint64(const element& from, std::string_view name) {
  switch (from.type()) {
    case element_type::INT64:
      if (const int64_t value = from.get_int64().value_unsafe(); value >= 0) return static_cast<uint64_t>(value);
      break;
    case element_type::UINT64:
      return from.get_uint64().value_unsafe();
    case element_type::STRING:
      if (const auto value = ParseWhole<uint64_t>(from.get_string().value_unsafe())) return *value;
      break;
    case element_type::DOUBLE: {
      const double value = from.get_double().value_unsafe();
      if (std::trunc(value) == value && value >= 0 && value < 1.8e19) return static_cast<uint64_t>(value);
      break;
    }
    default:
      break;
  }
  Fail("not an unsigned 64-bit integer", name);
}

double ToDouble(const element& from, std::string_view name) {
  double value = 0;
  if (from.is_number() && from.get(value) == simdjson::SUCCESS) return value;
  std::string_view text;
  if (from.get(text) == simdjson::SUCCESS) {
    if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (text == "Infinity") return std::numeric_limits<double>::infinity();
    if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
    if (const auto parsed = ParseWhole<double>(text)) return *parsed;
  }
  Fail("not a number", name);
}

uint64_t GetUint64(const object& from, std::string_view camel, std::string_view snake = {}) {
  const auto found = Get(from, camel, snake);
  return found.has_value() ? ToUint64(*found, camel) : 0;
}

int32_t GetInt32(const object& from, std::string_view camel, std::string_view snake = {}) {
  const auto found = Get(from, camel, snake);
  if (!found.has_value()) return 0;
  const int64_t value = ToInt64(*found, camel);
  if (value < INT32_MIN || value > INT32_MAX) Fail("not a 32-bit integer", camel);
  return static_cast<int32_t>(value);
}

uint32_t GetUint32(const object& from, std::string_view camel) {
  const uint64_t value = GetUint64(from, camel);
  if (value > UINT32_MAX) Fail("not an unsigned 32-bit integer", camel);
  return static_cast<uint32_t>(value);
}

std::optional<double> GetDouble(const object& from, std::string_view camel, std::string_view snake = {}) {
  const auto found = Get(from, camel, snake);
  if (!found.has_value()) return std::nullopt;
  return ToDouble(*found, camel);
}

// A number, or one of `names` after `prefix`, which stand for 0, 1, 2 ...
int32_t GetEnum(const object& from, std::string_view camel, std::string_view snake, std::string_view prefix,
                std::initializer_list<std::string_view> names) {
  const auto found = Get(from, camel, snake);
  if (!found.has_value()) return 0;
  std::string_view text;
  if (found->get(text) == simdjson::SUCCESS) {
    if (text.starts_with(prefix)) {
      text.remove_prefix(prefix.size());
      for (size_t i = 0; i < names.size(); ++i) {
        if (names.begin()[i] == text) return static_cast<int32_t>(i);
      }
    }
    Fail("unknown name", camel);
  }
  return GetInt32(from, camel, snake);
}

class Reader {
 public:
  Reader(Signal signal, RowBuilder& rows) : signal_(signal), rows_(rows), arena_(rows.arena()) {}

  void Request(const object& request) {
    switch (signal_) {
      case Signal::kLogs:
        return ForEach(request, "resourceLogs", "resource_logs",
                       [&](const element& e) { ResourceItems(ToObject(e, "resourceLogs")); });
      case Signal::kMetrics:
        return ForEach(request, "resourceMetrics", "resource_metrics",
                       [&](const element& e) { ResourceItems(ToObject(e, "resourceMetrics")); });
      case Signal::kTraces:
        return ForEach(request, "resourceSpans", "resource_spans",
                       [&](const element& e) { ResourceItems(ToObject(e, "resourceSpans")); });
    }
  }

 private:
  void ResourceItems(const object& items) {
    AttributeList attributes;
    if (const auto resource = GetObject(items, "resource")) Attributes(*resource, attributes);
    rows_.BeginResource(attributes);
    arena_.Reset();
    const auto scope_items = [&](const element& e) { ScopeItems(ToObject(e, "scope")); };
    switch (signal_) {
      case Signal::kLogs:
        return ForEach(items, "scopeLogs", "scope_logs", scope_items);
      case Signal::kMetrics:
        return ForEach(items, "scopeMetrics", "scope_metrics", scope_items);
      case Signal::kTraces:
        return ForEach(items, "scopeSpans", "scope_spans", scope_items);
    }
  }

  void ScopeItems(const object& items) {
    const auto scope = GetObject(items, "scope");
    rows_.BeginScope(scope.has_value() ? GetText(*scope, "name") : "",
                     scope.has_value() ? GetText(*scope, "version") : "");
    switch (signal_) {
      case Signal::kLogs:
        return ForEach(items, "logRecords", "log_records", [&](const element& e) { Log(ToObject(e, "logRecords")); });
      case Signal::kMetrics:
        return ForEach(items, "metrics", {}, [&](const element& e) { Metric(ToObject(e, "metrics")); });
      case Signal::kTraces:
        return ForEach(items, "spans", {}, [&](const element& e) { Span(ToObject(e, "spans")); });
    }
  }

  void Log(const object& from) {
    log_.Clear();
    log_.time = GetUint64(from, "timeUnixNano", "time_unix_nano");
    log_.observed_time = GetUint64(from, "observedTimeUnixNano", "observed_time_unix_nano");
    log_.severity_number =
        GetEnum(from, "severityNumber", "severity_number", "SEVERITY_NUMBER_",
                {"UNSPECIFIED", "TRACE",  "TRACE2", "TRACE3", "TRACE4", "DEBUG",  "DEBUG2", "DEBUG3", "DEBUG4",
                 "INFO",        "INFO2",  "INFO3",  "INFO4",  "WARN",   "WARN2",  "WARN3",  "WARN4",  "ERROR",
                 "ERROR2",      "ERROR3", "ERROR4", "FATAL",  "FATAL2", "FATAL3", "FATAL4"});
    log_.severity_text = GetText(from, "severityText", "severity_text");
    if (const auto body = GetObject(from, "body")) {
      std::string_view text;
      if (ValueText(*body, text)) log_.message = text;
    }
    Attributes(from, log_.attributes);
    log_.flags = GetUint32(from, "flags");
    log_.event_name = GetText(from, "eventName", "event_name");
    if (!rows_.ReadId(GetText(from, "traceId", "trace_id"), true, 16, log_.trace_id)) {
      return rows_.Reject("log record has an invalid trace id");
    }
    if (!rows_.ReadId(GetText(from, "spanId", "span_id"), true, 8, log_.span_id)) {
      return rows_.Reject("log record has an invalid span id");
    }
    rows_.Add(log_);
  }

  void Metric(const object& from) {
    MetricFields metric;
    metric.name = GetText(from, "name");
    metric.description = GetText(from, "description");
    metric.unit = GetText(from, "unit");
    const auto data = [&](MetricType type, std::string_view camel, std::string_view snake) {
      if (const auto found = GetObject(from, camel, snake)) {
        metric.type = type;
        MetricData(*found, metric);
      }
    };
    data(MetricType::kGauge, "gauge", {});
    data(MetricType::kSum, "sum", {});
    data(MetricType::kHistogram, "histogram", {});
    data(MetricType::kExponentialHistogram, "exponentialHistogram", "exponential_histogram");
    data(MetricType::kSummary, "summary", {});
  }

  void MetricData(const object& from, MetricFields metric) {
    metric.temporality = GetEnum(from, "aggregationTemporality", "aggregation_temporality", "AGGREGATION_TEMPORALITY_",
                                 {"UNSPECIFIED", "DELTA", "CUMULATIVE"});
    if (const auto monotonic = Get(from, "isMonotonic", "is_monotonic")) {
      if (monotonic->get(metric.is_monotonic) != simdjson::SUCCESS) Fail("not a boolean", "isMonotonic");
    }
    rows_.BeginMetric(metric);
    ForEach(from, "dataPoints", "data_points", [&](const element& e) {
      point_.Clear();
      ids_valid_ = true;
      Point(ToObject(e, "dataPoints"), metric.type);
      if (!point_.exemplars.empty()) point_.exemplars += ']';
      if (ids_valid_) {
        rows_.Add(point_);
      } else {
        rows_.Reject("exemplar has an invalid trace or span id", metric.name);
      }
    });
  }

  void Point(const object& from, MetricType type) {
    point_.start_time = GetUint64(from, "startTimeUnixNano", "start_time_unix_nano");
    point_.time = GetUint64(from, "timeUnixNano", "time_unix_nano");
    point_.flags = GetUint32(from, "flags");
    Attributes(from, point_.attributes);
    ForEach(from, "exemplars", {}, [&](const element& e) { Exemplar(ToObject(e, "exemplars")); });
    if (type == MetricType::kGauge || type == MetricType::kSum) {
      point_.value = GetDouble(from, "asDouble", "as_double");
      if (const auto integer = Get(from, "asInt", "as_int")) {
        point_.value_int = ToInt64(*integer, "asInt");
        point_.value = static_cast<double>(*point_.value_int);
      }
      return;
    }
    point_.count = GetUint64(from, "count");
    point_.sum = GetDouble(from, "sum");
    if (type == MetricType::kSummary) {
      if (!point_.sum.has_value()) point_.sum = 0;
      ForEach(from, "quantileValues", "quantile_values", [&](const element& e) {
        const object item = ToObject(e, "quantileValues");
        point_.quantiles.push_back(GetDouble(item, "quantile").value_or(0));
        point_.quantile_values.push_back(GetDouble(item, "value").value_or(0));
      });
      return;
    }
    point_.min = GetDouble(from, "min");
    point_.max = GetDouble(from, "max");
    if (type == MetricType::kHistogram) {
      Counts(from, point_.bucket_counts);
      ForEach(from, "explicitBounds", "explicit_bounds",
              [&](const element& e) { point_.explicit_bounds.push_back(ToDouble(e, "explicitBounds")); });
      return;
    }
    point_.scale = GetInt32(from, "scale");
    point_.zero_count = GetUint64(from, "zeroCount", "zero_count");
    point_.zero_threshold = GetDouble(from, "zeroThreshold", "zero_threshold").value_or(0);
    if (const auto positive = GetObject(from, "positive")) {
      point_.positive_offset = GetInt32(*positive, "offset");
      Counts(*positive, point_.positive_counts);
    }
    if (const auto negative = GetObject(from, "negative")) {
      point_.negative_offset = GetInt32(*negative, "offset");
      Counts(*negative, point_.negative_counts);
    }
  }

  static void Counts(const object& from, std::vector<int64_t>& out) {
    ForEach(from, "bucketCounts", "bucket_counts",
            [&](const element& e) { out.push_back(static_cast<int64_t>(ToUint64(e, "bucketCounts"))); });
  }

  void Exemplar(const object& from) {
    ExemplarFields exemplar;
    exemplar.time = GetUint64(from, "timeUnixNano", "time_unix_nano");
    exemplar.value = GetDouble(from, "asDouble", "as_double").value_or(0);
    if (const auto integer = Get(from, "asInt", "as_int")) {
      exemplar.value = static_cast<double>(ToInt64(*integer, "asInt"));
    }
    AttributesOf(from, "filteredAttributes", "filtered_attributes", exemplar.attributes);
    ids_valid_ &= rows_.ReadId(GetText(from, "traceId", "trace_id"), true, 16, exemplar.trace_id);
    ids_valid_ &= rows_.ReadId(GetText(from, "spanId", "span_id"), true, 8, exemplar.span_id);
    AddExemplar(exemplar, point_);
  }

  void Span(const object& from) {
    span_.Clear();
    span_.name = GetText(from, "name");
    span_.trace_state = GetText(from, "traceState", "trace_state");
    span_.kind = GetEnum(from, "kind", {}, "SPAN_KIND_",
                         {"UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"});
    span_.start_time = GetUint64(from, "startTimeUnixNano", "start_time_unix_nano");
    span_.end_time = GetUint64(from, "endTimeUnixNano", "end_time_unix_nano");
    if (const auto status = GetObject(from, "status")) {
      span_.status_message = GetText(*status, "message");
      span_.status_code = GetEnum(*status, "code", {}, "STATUS_CODE_", {"UNSET", "OK", "ERROR"});
    }
    Attributes(from, span_.attributes);
    if (!rows_.ReadId(GetText(from, "traceId", "trace_id"), true, 16, span_.trace_id)) {
      return rows_.Reject("span has an invalid trace id", span_.name);
    }
    if (!rows_.ReadId(GetText(from, "spanId", "span_id"), true, 8, span_.span_id) ||
        !rows_.ReadId(GetText(from, "parentSpanId", "parent_span_id"), true, 8, span_.parent_span_id)) {
      return rows_.Reject("span has an invalid span id", span_.name);
    }
    ForEach(from, "events", {}, [&](const element& e) {
      const object event = ToObject(e, "events");
      AttributeList attributes;
      Attributes(event, attributes);
      AddSpanEvent(GetUint64(event, "timeUnixNano", "time_unix_nano"), GetText(event, "name"), attributes, span_);
    });
    bool links_valid = true;
    ForEach(from, "links", {}, [&](const element& e) {
      const object link = ToObject(e, "links");
      AttributeList attributes;
      Attributes(link, attributes);
      std::string_view trace_id, span_id;
      links_valid &= rows_.ReadId(GetText(link, "traceId", "trace_id"), true, 16, trace_id) &&
                     rows_.ReadId(GetText(link, "spanId", "span_id"), true, 8, span_id);
      AddSpanLink(trace_id, span_id, GetText(link, "traceState", "trace_state"), attributes, span_);
    });
    if (!links_valid) return rows_.Reject("span has a link with an invalid id", span_.name);
    if (!span_.events.empty()) span_.events += ']';
    if (!span_.links.empty()) span_.links += ']';
    rows_.Add(span_);
  }

  void Attributes(const object& from, AttributeList& out) { AttributesOf(from, "attributes", {}, out); }

  void AttributesOf(const object& from, std::string_view camel, std::string_view snake, AttributeList& out) {
    ForEach(from, camel, snake, [&](const element& e) {
      const object item = ToObject(e, camel);
      std::string_view text;
      const auto value = GetObject(item, "value");
      const bool has_value = value.has_value() && ValueText(*value, text);
      out.Add(GetText(item, "key"), text, !has_value);
    });
    out.DropRepeated();
  }

  // False when there is no value. Texts of the document live as long as the parser.
  bool ValueText(const object& from, std::string_view& out) {
    if (const auto text = Get(from, "stringValue", "string_value")) {
      if (text->get(out) != simdjson::SUCCESS) Fail("not a string", "stringValue");
      return true;
    }
    if (const auto bytes = Get(from, "bytesValue", "bytes_value")) {
      if (bytes->get(out) != simdjson::SUCCESS) Fail("not a string", "bytesValue");
      return true;
    }
    scratch_.clear();
    if (const auto number = Get(from, "doubleValue", "double_value")) {
      AppendDouble(ToDouble(*number, "doubleValue"), scratch_);
    } else if (!JsonValue(from, 0)) {
      return false;
    }
    out = arena_.Add(scratch_);
    return true;
  }

  // To scratch_, as JSON; false when there is no value.
  bool JsonValue(const object& from, int depth) {
    if (depth > rows_.options().value_depth_max) Fail("attribute value is nested too deeply", "arrayValue");
    if (const auto text = Get(from, "stringValue", "string_value")) {
      AppendJsonString(GetText(from, "stringValue", "string_value"), scratch_);
    } else if (const auto boolean = Get(from, "boolValue", "bool_value")) {
      bool value = false;
      if (boolean->get(value) != simdjson::SUCCESS) Fail("not a boolean", "boolValue");
      scratch_ += value ? "true" : "false";
    } else if (const auto integer = Get(from, "intValue", "int_value")) {
      AppendInt64(ToInt64(*integer, "intValue"), scratch_);
    } else if (const auto number = Get(from, "doubleValue", "double_value")) {
      AppendJsonDouble(ToDouble(*number, "doubleValue"), scratch_);
    } else if (const auto list = GetObject(from, "arrayValue", "array_value")) {
      scratch_ += '[';
      bool first = true;
      ForEach(*list, "values", {}, [&](const element& e) {
        if (!first) scratch_ += ',';
        first = false;
        if (!JsonValue(ToObject(e, "values"), depth + 1)) scratch_ += "null";
      });
      scratch_ += ']';
    } else if (const auto map = GetObject(from, "kvlistValue", "kvlist_value")) {
      scratch_ += '{';
      bool first = true;
      ForEach(*map, "values", {}, [&](const element& e) {
        const object item = ToObject(e, "values");
        if (!first) scratch_ += ',';
        first = false;
        AppendJsonString(GetText(item, "key"), scratch_);
        scratch_ += ':';
        const auto value = GetObject(item, "value");
        if (!value.has_value() || !JsonValue(*value, depth + 1)) scratch_ += "null";
      });
      scratch_ += '}';
    } else if (const auto bytes = Get(from, "bytesValue", "bytes_value")) {
      AppendJsonString(GetText(from, "bytesValue", "bytes_value"), scratch_);
    } else {
      return false;
    }
    return true;
  }

  const Signal signal_;
  RowBuilder& rows_;
  TextArena& arena_;
  std::string scratch_;
  LogRecordFields log_;
  MetricPointFields point_;
  SpanFields span_;
  bool ids_valid_ = true;  // of the point's exemplars
};

}  // namespace

void ReadOtlpJson(Signal signal, std::string_view body, RowBuilder& rows) {
  // Deeper documents than any OTLP value may be are refused by the parser.
  constexpr size_t kDepthMax = 256;
  simdjson::dom::parser parser;
  element root;
  if (const auto error = parser.allocate(body.size(), kDepthMax); error != simdjson::SUCCESS) {
    throw Error::Operational(sqlstate::kOutOfMemory, "no memory to parse JSON: {} bytes", body.size());
  }
  if (const auto error = parser.parse(body.data(), body.size()).get(root); error != simdjson::SUCCESS) {
    Fail(simdjson::error_message(error), "document");
  }
  Reader(signal, rows).Request(ToObject(root, "document"));
}

}  // namespace weir
