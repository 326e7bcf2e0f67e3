#include "telemetry/otlp_protobuf.h"

#include <protozero/pbf_reader.hpp>

#include "base/json_text.h"
#include "telemetry/otlp_fields.h"
#include "types/text.h"

namespace weir {

namespace {

using protozero::pbf_reader;
using protozero::pbf_wire_type;

// Fields are told apart by number and wire type, so that one of an unexpected type is skipped as an unknown one.
constexpr uint32_t Bytes(uint32_t field) {
  return protozero::tag_and_type(field, pbf_wire_type::length_delimited);
}
constexpr uint32_t Varint(uint32_t field) {
  return protozero::tag_and_type(field, pbf_wire_type::varint);
}
constexpr uint32_t Fixed64(uint32_t field) {
  return protozero::tag_and_type(field, pbf_wire_type::fixed64);
}
constexpr uint32_t Fixed32(uint32_t field) {
  return protozero::tag_and_type(field, pbf_wire_type::fixed32);
}

std::string_view View(pbf_reader& reader) {
  const protozero::data_view view = reader.get_view();
  return {view.data(), view.size()};
}

// Walks one request; the messages are read in place.
class Reader {
 public:
  Reader(Signal signal, RowBuilder& rows) : signal_(signal), rows_(rows), arena_(rows.arena()) {}

  void Request(std::string_view body) {
    pbf_reader reader(body.data(), body.size());
    while (reader.next()) {
      if (reader.tag_and_type() == Bytes(otlp::request::kResourceItems)) {
        ResourceItems(reader.get_message());
      } else {
        reader.skip();
      }
    }
  }

 private:
  // Fields may come in any order: what applies to all items is read first.
  void ResourceItems(const pbf_reader& message) {
    AttributeList attributes;
    for (pbf_reader reader = message; reader.next();) {
      if (reader.tag_and_type() == Bytes(otlp::resource_items::kResource)) {
        Resource(reader.get_message(), attributes);
      } else {
        reader.skip();
      }
    }
    attributes.DropRepeated();
    rows_.BeginResource(attributes);
    arena_.Reset();
    for (pbf_reader reader = message; reader.next();) {
      if (reader.tag_and_type() == Bytes(otlp::resource_items::kScopeItems)) {
        ScopeItems(reader.get_message());
      } else {
        reader.skip();
      }
    }
  }

  void Resource(pbf_reader reader, AttributeList& attributes) {
    while (reader.next()) {
      if (reader.tag_and_type() == Bytes(otlp::resource::kAttributes)) {
        Attribute(reader.get_message(), attributes);
      } else {
        reader.skip();
      }
    }
  }

  void ScopeItems(const pbf_reader& message) {
    std::string_view name, version;
    for (pbf_reader reader = message; reader.next();) {
      if (reader.tag_and_type() != Bytes(otlp::scope_items::kScope)) {
        reader.skip();
        continue;
      }
      for (pbf_reader scope = reader.get_message(); scope.next();) {
        switch (scope.tag_and_type()) {
          case Bytes(otlp::scope::kName):
            name = Text(scope);
            break;
          case Bytes(otlp::scope::kVersion):
            version = Text(scope);
            break;
          default:
            scope.skip();
        }
      }
    }
    rows_.BeginScope(name, version);
    arena_.Reset();
    for (pbf_reader reader = message; reader.next();) {
      if (reader.tag_and_type() != Bytes(otlp::scope_items::kItems)) {
        reader.skip();
        continue;
      }
      switch (signal_) {
        case Signal::kLogs:
          Log(reader.get_message());
          break;
        case Signal::kMetrics:
          Metric(reader.get_message());
          break;
        case Signal::kTraces:
          Span(reader.get_message());
          break;
      }
    }
  }

  void Log(pbf_reader reader) {
    log_.Clear();
    std::string_view trace_id, span_id;
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case Fixed64(otlp::log_record::kTime):
          log_.time = reader.get_fixed64();
          break;
        case Fixed64(otlp::log_record::kObservedTime):
          log_.observed_time = reader.get_fixed64();
          break;
        case Varint(otlp::log_record::kSeverityNumber):
          log_.severity_number = reader.get_enum();
          break;
        case Bytes(otlp::log_record::kSeverityText):
          log_.severity_text = Text(reader);
          break;
        case Bytes(otlp::log_record::kBody): {
          std::string_view text;
          if (ValueText(reader.get_message(), text)) log_.message = text;
          break;
        }
        case Bytes(otlp::log_record::kAttributes):
          Attribute(reader.get_message(), log_.attributes);
          break;
        case Fixed32(otlp::log_record::kFlags):
          log_.flags = reader.get_fixed32();
          break;
        case Bytes(otlp::log_record::kTraceId):
          trace_id = View(reader);
          break;
        case Bytes(otlp::log_record::kSpanId):
          span_id = View(reader);
          break;
        case Bytes(otlp::log_record::kEventName):
          log_.event_name = Text(reader);
          break;
        default:
          reader.skip();
      }
    }
    if (!rows_.ReadId(trace_id, false, 16, log_.trace_id)) return rows_.Reject("log record has an invalid trace id");
    if (!rows_.ReadId(span_id, false, 8, log_.span_id)) return rows_.Reject("log record has an invalid span id");
    log_.attributes.DropRepeated();
    rows_.Add(log_);
  }

  void Metric(const pbf_reader& message) {
    MetricFields metric;
    for (pbf_reader reader = message; reader.next();) {
      switch (reader.tag_and_type()) {
        case Bytes(otlp::metric::kName):
          metric.name = Text(reader);
          break;
        case Bytes(otlp::metric::kDescription):
          metric.description = Text(reader);
          break;
        case Bytes(otlp::metric::kUnit):
          metric.unit = Text(reader);
          break;
        default:
          reader.skip();
      }
    }
    for (pbf_reader reader = message; reader.next();) {
      switch (reader.tag_and_type()) {
        case Bytes(otlp::metric::kGauge):
          metric.type = MetricType::kGauge;
          break;
        case Bytes(otlp::metric::kSum):
          metric.type = MetricType::kSum;
          break;
        case Bytes(otlp::metric::kHistogram):
          metric.type = MetricType::kHistogram;
          break;
        case Bytes(otlp::metric::kExponentialHistogram):
          metric.type = MetricType::kExponentialHistogram;
          break;
        case Bytes(otlp::metric::kSummary):
          metric.type = MetricType::kSummary;
          break;
        default:
          reader.skip();
          continue;
      }
      MetricData(reader.get_message(), metric);
    }
  }

  void MetricData(const pbf_reader& message, MetricFields metric) {
    for (pbf_reader reader = message; reader.next();) {
      switch (reader.tag_and_type()) {
        case Varint(otlp::metric_data::kTemporality):
          metric.temporality = reader.get_enum();
          break;
        case Varint(otlp::metric_data::kIsMonotonic):
          metric.is_monotonic = reader.get_bool();
          break;
        default:
          reader.skip();
      }
    }
    rows_.BeginMetric(metric);
    for (pbf_reader reader = message; reader.next();) {
      if (reader.tag_and_type() != Bytes(otlp::metric_data::kPoints)) {
        reader.skip();
        continue;
      }
      point_.Clear();
      ids_valid_ = true;
      switch (metric.type) {
        case MetricType::kGauge:
        case MetricType::kSum:
          NumberPoint(reader.get_message());
          break;
        case MetricType::kHistogram:
          HistogramPoint(reader.get_message());
          break;
        case MetricType::kExponentialHistogram:
          ExponentialPoint(reader.get_message());
          break;
        case MetricType::kSummary:
          SummaryPoint(reader.get_message());
          break;
      }
      if (!point_.exemplars.empty()) point_.exemplars += ']';
      point_.attributes.DropRepeated();
      if (ids_valid_) {
        rows_.Add(point_);
      } else {
        rows_.Reject("exemplar has an invalid trace or span id", metric.name);
      }
    }
  }

  void NumberPoint(pbf_reader reader) {
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case Fixed64(otlp::number_point::kStartTime):
          point_.start_time = reader.get_fixed64();
          break;
        case Fixed64(otlp::number_point::kTime):
          point_.time = reader.get_fixed64();
          break;
        case Fixed64(otlp::number_point::kDouble):
          point_.value = reader.get_double();
          point_.value_int.reset();
          break;
        case Fixed64(otlp::number_point::kInt):
          point_.value_int = reader.get_sfixed64();
          point_.value = static_cast<double>(*point_.value_int);
          break;
        case Bytes(otlp::number_point::kExemplars):
          Exemplar(reader.get_message());
          break;
        case Bytes(otlp::number_point::kAttributes):
          Attribute(reader.get_message(), point_.attributes);
          break;
        case Varint(otlp::number_point::kFlags):
          point_.flags = reader.get_uint32();
          break;
        default:
          reader.skip();
      }
    }
  }

  void HistogramPoint(pbf_reader reader) {
    point_.count = 0;
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case Fixed64(otlp::histogram_point::kStartTime):
          point_.start_time = reader.get_fixed64();
          break;
        case Fixed64(otlp::histogram_point::kTime):
          point_.time = reader.get_fixed64();
          break;
        case Fixed64(otlp::histogram_point::kCount):
          point_.count = reader.get_fixed64();
          break;
        case Fixed64(otlp::histogram_point::kSum):
          point_.sum = reader.get_double();
          break;
        case Bytes(otlp::histogram_point::kBucketCounts):
          for (const uint64_t count : reader.get_packed_fixed64()) {
            point_.bucket_counts.push_back(static_cast<int64_t>(count));
          }
          break;
        case Fixed64(otlp::histogram_point::kBucketCounts):
          point_.bucket_counts.push_back(static_cast<int64_t>(reader.get_fixed64()));
          break;
        case Bytes(otlp::histogram_point::kExplicitBounds):
          for (const double bound : reader.get_packed_double()) point_.explicit_bounds.push_back(bound);
          break;
        case Fixed64(otlp::histogram_point::kExplicitBounds):
          point_.explicit_bounds.push_back(reader.get_double());
          break;
        case Bytes(otlp::histogram_point::kExemplars):
          Exemplar(reader.get_message());
          break;
        case Bytes(otlp::histogram_point::kAttributes):
          Attribute(reader.get_message(), point_.attributes);
          break;
        case Varint(otlp::histogram_point::kFlags):
          point_.flags = reader.get_uint32();
          break;
        case Fixed64(otlp::histogram_point::kMin):
          point_.min = reader.get_double();
          break;
        case Fixed64(otlp::histogram_point::kMax):
          point_.max = reader.get_double();
          break;
        default:
          reader.skip();
      }
    }
  }

  void ExponentialPoint(pbf_reader reader) {
    point_.count = 0;
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case Bytes(otlp::exponential_point::kAttributes):
          Attribute(reader.get_message(), point_.attributes);
          break;
        case Fixed64(otlp::exponential_point::kStartTime):
          point_.start_time = reader.get_fixed64();
          break;
        case Fixed64(otlp::exponential_point::kTime):
          point_.time = reader.get_fixed64();
          break;
        case Fixed64(otlp::exponential_point::kCount):
          point_.count = reader.get_fixed64();
          break;
        case Fixed64(otlp::exponential_point::kSum):
          point_.sum = reader.get_double();
          break;
        case Varint(otlp::exponential_point::kScale):
          point_.scale = reader.get_sint32();
          break;
        case Fixed64(otlp::exponential_point::kZeroCount):
          point_.zero_count = reader.get_fixed64();
          break;
        case Bytes(otlp::exponential_point::kPositive):
          Buckets(reader.get_message(), point_.positive_offset, point_.positive_counts);
          break;
        case Bytes(otlp::exponential_point::kNegative):
          Buckets(reader.get_message(), point_.negative_offset, point_.negative_counts);
          break;
        case Varint(otlp::exponential_point::kFlags):
          point_.flags = reader.get_uint32();
          break;
        case Bytes(otlp::exponential_point::kExemplars):
          Exemplar(reader.get_message());
          break;
        case Fixed64(otlp::exponential_point::kMin):
          point_.min = reader.get_double();
          break;
        case Fixed64(otlp::exponential_point::kMax):
          point_.max = reader.get_double();
          break;
        case Fixed64(otlp::exponential_point::kZeroThreshold):
          point_.zero_threshold = reader.get_double();
          break;
        default:
          reader.skip();
      }
    }
  }

  static void Buckets(pbf_reader reader, int32_t& offset, std::vector<int64_t>& counts) {
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case Varint(otlp::exponential_buckets::kOffset):
          offset = reader.get_sint32();
          break;
        case Bytes(otlp::exponential_buckets::kBucketCounts):
          for (const uint64_t count : reader.get_packed_uint64()) counts.push_back(static_cast<int64_t>(count));
          break;
        case Varint(otlp::exponential_buckets::kBucketCounts):
          counts.push_back(static_cast<int64_t>(reader.get_uint64()));
          break;
        default:
          reader.skip();
      }
    }
  }

  void SummaryPoint(pbf_reader reader) {
    point_.count = 0;
    point_.sum = 0;
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case Fixed64(otlp::summary_point::kStartTime):
          point_.start_time = reader.get_fixed64();
          break;
        case Fixed64(otlp::summary_point::kTime):
          point_.time = reader.get_fixed64();
          break;
        case Fixed64(otlp::summary_point::kCount):
          point_.count = reader.get_fixed64();
          break;
        case Fixed64(otlp::summary_point::kSum):
          point_.sum = reader.get_double();
          break;
        case Bytes(otlp::summary_point::kQuantiles):
          Quantile(reader.get_message());
          break;
        case Bytes(otlp::summary_point::kAttributes):
          Attribute(reader.get_message(), point_.attributes);
          break;
        case Varint(otlp::summary_point::kFlags):
          point_.flags = reader.get_uint32();
          break;
        default:
          reader.skip();
      }
    }
  }

  void Quantile(pbf_reader reader) {
    double quantile = 0, value = 0;
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case Fixed64(otlp::value_at_quantile::kQuantile):
          quantile = reader.get_double();
          break;
        case Fixed64(otlp::value_at_quantile::kValue):
          value = reader.get_double();
          break;
        default:
          reader.skip();
      }
    }
    point_.quantiles.push_back(quantile);
    point_.quantile_values.push_back(value);
  }

  void Exemplar(pbf_reader reader) {
    ExemplarFields exemplar;
    std::string_view trace_id, span_id;
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case Fixed64(otlp::exemplar::kTime):
          exemplar.time = reader.get_fixed64();
          break;
        case Fixed64(otlp::exemplar::kDouble):
          exemplar.value = reader.get_double();
          break;
        case Fixed64(otlp::exemplar::kInt):
          exemplar.value = static_cast<double>(reader.get_sfixed64());
          break;
        case Bytes(otlp::exemplar::kSpanId):
          span_id = View(reader);
          break;
        case Bytes(otlp::exemplar::kTraceId):
          trace_id = View(reader);
          break;
        case Bytes(otlp::exemplar::kAttributes):
          Attribute(reader.get_message(), exemplar.attributes);
          break;
        default:
          reader.skip();
      }
    }
    ids_valid_ &= rows_.ReadId(trace_id, false, 16, exemplar.trace_id);
    ids_valid_ &= rows_.ReadId(span_id, false, 8, exemplar.span_id);
    AddExemplar(exemplar, point_);
  }

  void Span(pbf_reader reader) {
    span_.Clear();
    std::string_view trace_id, span_id, parent_span_id;
    bool links_valid = true;
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case Bytes(otlp::span::kTraceId):
          trace_id = View(reader);
          break;
        case Bytes(otlp::span::kSpanId):
          span_id = View(reader);
          break;
        case Bytes(otlp::span::kTraceState):
          span_.trace_state = Text(reader);
          break;
        case Bytes(otlp::span::kParentSpanId):
          parent_span_id = View(reader);
          break;
        case Bytes(otlp::span::kName):
          span_.name = Text(reader);
          break;
        case Varint(otlp::span::kKind):
          span_.kind = reader.get_enum();
          break;
        case Fixed64(otlp::span::kStartTime):
          span_.start_time = reader.get_fixed64();
          break;
        case Fixed64(otlp::span::kEndTime):
          span_.end_time = reader.get_fixed64();
          break;
        case Bytes(otlp::span::kAttributes):
          Attribute(reader.get_message(), span_.attributes);
          break;
        case Bytes(otlp::span::kEvents):
          Event(reader.get_message());
          break;
        case Bytes(otlp::span::kLinks):
          links_valid &= Link(reader.get_message());
          break;
        case Bytes(otlp::span::kStatus):
          Status(reader.get_message());
          break;
        default:
          reader.skip();
      }
    }
    if (!rows_.ReadId(trace_id, false, 16, span_.trace_id)) {
      return rows_.Reject("span has an invalid trace id", span_.name);
    }
    if (!rows_.ReadId(span_id, false, 8, span_.span_id) ||
        !rows_.ReadId(parent_span_id, false, 8, span_.parent_span_id)) {
      return rows_.Reject("span has an invalid span id", span_.name);
    }
    if (!links_valid) return rows_.Reject("span has a link with an invalid id", span_.name);
    if (!span_.events.empty()) span_.events += ']';
    if (!span_.links.empty()) span_.links += ']';
    span_.attributes.DropRepeated();
    rows_.Add(span_);
  }

  void Event(pbf_reader reader) {
    uint64_t time = 0;
    std::string_view name;
    AttributeList attributes;
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case Fixed64(otlp::span_event::kTime):
          time = reader.get_fixed64();
          break;
        case Bytes(otlp::span_event::kName):
          name = Text(reader);
          break;
        case Bytes(otlp::span_event::kAttributes):
          Attribute(reader.get_message(), attributes);
          break;
        default:
          reader.skip();
      }
    }
    attributes.DropRepeated();
    AddSpanEvent(time, name, attributes, span_);
  }

  bool Link(pbf_reader reader) {
    std::string_view trace_id, span_id, trace_state;
    AttributeList attributes;
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case Bytes(otlp::span_link::kTraceId):
          trace_id = View(reader);
          break;
        case Bytes(otlp::span_link::kSpanId):
          span_id = View(reader);
          break;
        case Bytes(otlp::span_link::kTraceState):
          trace_state = Text(reader);
          break;
        case Bytes(otlp::span_link::kAttributes):
          Attribute(reader.get_message(), attributes);
          break;
        default:
          reader.skip();
      }
    }
    std::string_view trace_text, span_text;
    if (!rows_.ReadId(trace_id, false, 16, trace_text) || !rows_.ReadId(span_id, false, 8, span_text)) return false;
    attributes.DropRepeated();
    AddSpanLink(trace_text, span_text, trace_state, attributes, span_);
    return true;
  }

  void Status(pbf_reader reader) {
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case Bytes(otlp::status::kMessage):
          span_.status_message = Text(reader);
          break;
        case Varint(otlp::status::kCode):
          span_.status_code = reader.get_enum();
          break;
        default:
          reader.skip();
      }
    }
  }

  std::string_view Text(pbf_reader& reader) { return ValidUtf8(View(reader), arena_); }

  void Attribute(pbf_reader reader, AttributeList& out) {
    std::string_view key, value;
    bool has_value = false;
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case Bytes(otlp::key_value::kKey):
          key = Text(reader);
          break;
        case Bytes(otlp::key_value::kValue):
          has_value = ValueText(reader.get_message(), value);
          break;
        default:
          reader.skip();
      }
    }
    out.Add(key, value, !has_value);
  }

  // False when there is no value.
  bool ValueText(pbf_reader reader, std::string_view& out) {
    bool any = false;
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case Bytes(otlp::any_value::kString):
          out = Text(reader);
          break;
        case Varint(otlp::any_value::kBool):
          out = reader.get_bool() ? "true" : "false";
          break;
        case Varint(otlp::any_value::kInt):
          scratch_.clear();
          AppendInt64(reader.get_int64(), scratch_);
          out = arena_.Add(scratch_);
          break;
        case Fixed64(otlp::any_value::kDouble):
          scratch_.clear();
          AppendDouble(reader.get_double(), scratch_);
          out = arena_.Add(scratch_);
          break;
        case Bytes(otlp::any_value::kArray):
          scratch_.clear();
          JsonArray(reader.get_message(), 1);
          out = arena_.Add(scratch_);
          break;
        case Bytes(otlp::any_value::kKeyValues):
          scratch_.clear();
          JsonObject(reader.get_message(), 1);
          out = arena_.Add(scratch_);
          break;
        case Bytes(otlp::any_value::kBytes):
          scratch_.clear();
          AppendBase64(View(reader), scratch_);
          out = arena_.Add(scratch_);
          break;
        default:
          reader.skip();
          continue;
      }
      any = true;
    }
    return any;
  }

  void CheckDepth(int depth) const {
    if (depth > rows_.options().value_depth_max) {
      throw Error::User(sqlstate::kInvalidBinaryRepresentation, "attribute value is nested too deeply: over {} levels",
                        rows_.options().value_depth_max);
    }
  }

  // To scratch_, as JSON.
  void JsonValue(pbf_reader reader, int depth) {
    bool any = false;
    while (reader.next()) {
      if (any) {  // of a choice that is given twice the last one counts; no sender does that
        reader.skip();
        continue;
      }
      any = true;
      switch (reader.tag_and_type()) {
        case Bytes(otlp::any_value::kString):
          AppendJsonString(Text(reader), scratch_);
          break;
        case Varint(otlp::any_value::kBool):
          scratch_ += reader.get_bool() ? "true" : "false";
          break;
        case Varint(otlp::any_value::kInt):
          AppendInt64(reader.get_int64(), scratch_);
          break;
        case Fixed64(otlp::any_value::kDouble):
          AppendJsonDouble(reader.get_double(), scratch_);
          break;
        case Bytes(otlp::any_value::kArray):
          JsonArray(reader.get_message(), depth + 1);
          break;
        case Bytes(otlp::any_value::kKeyValues):
          JsonObject(reader.get_message(), depth + 1);
          break;
        case Bytes(otlp::any_value::kBytes):
          scratch_ += '"';
          AppendBase64(View(reader), scratch_);
          scratch_ += '"';
          break;
        default:
          any = false;
          reader.skip();
      }
    }
    if (!any) scratch_ += "null";
  }

  void JsonArray(pbf_reader reader, int depth) {
    CheckDepth(depth);
    scratch_ += '[';
    bool first = true;
    while (reader.next()) {
      if (reader.tag_and_type() != Bytes(otlp::value_list::kValues)) {
        reader.skip();
        continue;
      }
      if (!first) scratch_ += ',';
      first = false;
      JsonValue(reader.get_message(), depth);
    }
    scratch_ += ']';
  }

  void JsonObject(pbf_reader reader, int depth) {
    CheckDepth(depth);
    scratch_ += '{';
    bool first = true;
    while (reader.next()) {
      if (reader.tag_and_type() != Bytes(otlp::value_list::kValues)) {
        reader.skip();
        continue;
      }
      std::string_view key;
      pbf_reader value;
      for (pbf_reader item = reader.get_message(); item.next();) {
        switch (item.tag_and_type()) {
          case Bytes(otlp::key_value::kKey):
            key = Text(item);
            break;
          case Bytes(otlp::key_value::kValue):
            value = item.get_message();
            break;
          default:
            item.skip();
        }
      }
      if (!first) scratch_ += ',';
      first = false;
      AppendJsonString(key, scratch_);
      scratch_ += ':';
      JsonValue(value, depth);
    }
    scratch_ += '}';
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

void ReadOtlpProtobuf(Signal signal, std::string_view body, RowBuilder& rows) {
  try {
    Reader(signal, rows).Request(body);
  } catch (const protozero::exception& error) {
    throw Error::User(sqlstate::kInvalidBinaryRepresentation, "request is not valid protobuf: {}", error.what());
  }
}

}  // namespace weir
