#include "telemetry/otlp_decoder.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <protozero/pbf_writer.hpp>

#include "storage/shred_maps.h"
#include "telemetry/otlp_writer.h"
#include "telemetry/row_builder.h"

namespace weir {
namespace {

constexpr UnixNanos kNow = 1'800'000'000 * kNanosPerSecond;

OtlpDecoded DecodeJson(Signal signal, std::string_view text, const OtlpDecodeOptions& options = {}) {
  return DecodeOtlp(signal, OtlpEncoding::kJson, text, kNow, {}, options);
}
OtlpDecoded DecodeProtobuf(Signal signal, std::string_view bytes) {
  return DecodeOtlp(signal, OtlpEncoding::kProtobuf, bytes, kNow);
}

// "NULL" for null.
// A value as it is stored.
std::string Cell(const OtlpDecoded& decoded, Signal signal, std::string_view column, size_t row = 0) {
  const Schema& schema = SignalSchema(signal);
  const TableDef table = SignalTableDef(signal);
  for (size_t i = 0; i < schema.size(); ++i) {
    if (schema[i].name != column) continue;
    for (const Chunk& chunk : decoded.chunks) {
      if (row < chunk.size()) {
        const Chunk stored = ShredMaps(ShreddedColumns(table), SignalTables::Arrange(table, signal, chunk));
        return stored.column(i)->GetValue(row).ToString();
      }
      row -= chunk.size();
    }
    return "no such row";
  }
  return "no such column";
}

std::vector<std::string> AllRows(const OtlpDecoded& decoded) {
  std::vector<std::string> rows;
  for (const Chunk& chunk : decoded.chunks) {
    chunk.Verify();
    for (size_t i = 0; i < chunk.row_count(); ++i) rows.push_back(chunk.RowToString(i));
  }
  return rows;
}

std::string SqlStateOf(Signal signal, OtlpEncoding encoding, std::string_view body) {
  auto error = CatchError([&] { DecodeOtlp(signal, encoding, body, kNow); });
  return error == nullptr ? "none" : std::string(error->sqlstate());
}

std::optional<std::string> SharedFile(const std::string& name) {
  const char* root = std::getenv("WEIR_SHARED_DATA");
  std::ifstream file(std::string(root == nullptr ? "../shared/data" : root) + "/otlp/" + name, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(OtlpDecoder, PublishedLogExample) {
  const auto text = SharedFile("logs.json");
  if (!text.has_value()) GTEST_SKIP() << "no shared data";
  const OtlpDecoded decoded = DecodeJson(Signal::kLogs, *text);
  ASSERT_EQ(decoded.rows, 1U);
  AllRows(decoded);
  const auto cell = [&](std::string_view column) { return Cell(decoded, Signal::kLogs, column); };
  EXPECT_EQ(cell("timestamp"), "2018-12-13 14:51:00.3+00");
  EXPECT_EQ(cell("service_name"), "my.service");
  EXPECT_EQ(cell("severity"), "Information");
  EXPECT_EQ(cell("severity_number"), "10");
  EXPECT_EQ(cell("message"), "Example log record");
  EXPECT_EQ(cell("trace_id"), "5b8efff798038103d269b633813fc60c");
  EXPECT_EQ(cell("span_id"), "eee19b7ec3c1b174");
  EXPECT_EQ(cell("scope_name"), "my.library");
  EXPECT_EQ(cell("scope_version"), "1.0.0");
  EXPECT_EQ(cell("organization_id"), "default");
  EXPECT_NE(cell("attributes").find("some string"), std::string::npos);
}

TEST(OtlpDecoder, PublishedEventExampleHasItsBodyAsJson) {
  const auto text = SharedFile("events.json");
  if (!text.has_value()) GTEST_SKIP() << "no shared data";
  const OtlpDecoded decoded = DecodeJson(Signal::kLogs, *text);
  ASSERT_EQ(decoded.rows, 1U);
  EXPECT_EQ(Cell(decoded, Signal::kLogs, "event_name"), "browser.page_view");
  EXPECT_EQ(Cell(decoded, Signal::kLogs, "message").substr(0, 10), "{\"type\":0,");
}

TEST(OtlpDecoder, PublishedMetricsExample) {
  const auto text = SharedFile("metrics.json");
  if (!text.has_value()) GTEST_SKIP() << "no shared data";
  const OtlpDecoded decoded = DecodeJson(Signal::kMetrics, *text);
  ASSERT_EQ(decoded.rejected, 0U) << decoded.rejected_message;
  ASSERT_EQ(decoded.rows, 4U);
  AllRows(decoded);
  const auto cell = [&](std::string_view column, size_t row) { return Cell(decoded, Signal::kMetrics, column, row); };
  EXPECT_EQ(cell("metric_name", 0), "my.counter");
  EXPECT_EQ(cell("metric_type", 0), "sum");
  EXPECT_EQ(cell("value", 0), "5");
  EXPECT_EQ(cell("is_monotonic", 0), "t");
  EXPECT_EQ(cell("temporality", 0), "delta");
  EXPECT_EQ(cell("metric_type", 1), "gauge");
  EXPECT_EQ(cell("metric_type", 2), "histogram");
  EXPECT_EQ(cell("bucket_counts", 2), "{1,1}");
  EXPECT_EQ(cell("explicit_bounds", 2), "{1}");
  EXPECT_EQ(cell("metric_type", 3), "exponential_histogram");
}

TEST(OtlpDecoder, PublishedTraceExample) {
  const auto text = SharedFile("trace.json");
  if (!text.has_value()) GTEST_SKIP() << "no shared data";
  const OtlpDecoded decoded = DecodeJson(Signal::kTraces, *text);
  ASSERT_EQ(decoded.rows, 1U) << decoded.rejected_message;
  EXPECT_EQ(Cell(decoded, Signal::kTraces, "kind"), "SERVER");
  EXPECT_EQ(Cell(decoded, Signal::kTraces, "trace_id"), "5b8efff798038103d269b633813fc60c");
  EXPECT_EQ(Cell(decoded, Signal::kTraces, "parent_span_id"), "eee19b7ec3c1b173");
  EXPECT_EQ(Cell(decoded, Signal::kTraces, "duration_ns"), "1000000000");
}

OtlpSource Source() {
  return {.resource = {{"service.name", std::string("shop")}, {"host.name", std::string("h1")}, {"n", int64_t{-7}}},
          .scope_name = "lib",
          .scope_version = "2"};
}

TEST(OtlpDecoder, ProtobufLogsEqualJsonLogs) {
  OtlpLogWriter writer(Source());
  const OtlpAttributes attributes = {{"http.method", std::string("GET")},
                                     {"text", std::string("a \"b\"\n")},
                                     {"flag", true},
                                     {"half", 0.5},
                                     {"big", int64_t{INT64_MAX}}};
  writer.Add({.time_unix_nanos = 1'700'000'000'000'000'001,
              .observed_unix_nanos = 1'700'000'000'000'000'002,
              .severity_number = 17,
              .message = "hello",
              .attributes = &attributes});
  writer.Add({.time_unix_nanos = 0, .observed_unix_nanos = 5, .severity_text = "odd", .message = ""});
  const OtlpDecoded from_protobuf = DecodeProtobuf(Signal::kLogs, writer.Take());
  const OtlpDecoded from_json = DecodeJson(Signal::kLogs, R"({"resourceLogs":[{
    "scopeLogs":[{"log_records":[
      {"timeUnixNano":"1700000000000000001","observedTimeUnixNano":1700000000000000002,
       "severityNumber":"SEVERITY_NUMBER_ERROR","body":{"stringValue":"hello"},
       "attributes":[{"key":"http.method","value":{"stringValue":"GET"}},
                     {"key":"text","value":{"stringValue":"a \"b\"\n"}},
                     {"key":"flag","value":{"boolValue":true}},
                     {"key":"half","value":{"doubleValue":0.5}},
                     {"key":"big","value":{"intValue":"9223372036854775807"}},
                     {"key":"text","value":{"stringValue":"again"}}]},
      {"observed_time_unix_nano":"5","severity_text":"odd","body":{"string_value":""}, "unknown":[1,{}]}],
      "scope":{"name":"lib","version":"2"}}],
    "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}},
                              {"key":"host.name","value":{"stringValue":"h1"}},
                              {"key":"n","value":{"intValue":-7}}]}}]})");
  EXPECT_EQ(AllRows(from_protobuf), AllRows(from_json));
  ASSERT_EQ(from_json.rows, 2U);
  EXPECT_EQ(Cell(from_json, Signal::kLogs, "severity"), "ERROR");
  EXPECT_EQ(Cell(from_json, Signal::kLogs, "attr_http_method"), "GET");
  EXPECT_EQ(Cell(from_json, Signal::kLogs, "resource_host_name"), "h1");
  EXPECT_EQ(Cell(from_json, Signal::kLogs, "attr_http_method", 1), "NULL");
  EXPECT_EQ(Cell(from_json, Signal::kLogs, "timestamp", 1), "1970-01-01 00:00:00.000000005+00");
}

TEST(OtlpDecoder, ProtobufMetricsEqualJsonMetrics) {
  OtlpMetricWriter writer(Source(), 20, 10);
  writer.AddOne("c", "1", "a counter", OtlpMetricKind::kCounter, int64_t{3}, {{"state", std::string("idle")}});
  writer.AddOne("g", "", "", OtlpMetricKind::kGauge, 1.5);
  const double bounds[] = {1, 2};
  const uint64_t counts[] = {4, 0, 6};
  writer.AddHistogram("h", "s", "", bounds, counts, 12.5, {});
  const OtlpDecoded from_protobuf = DecodeProtobuf(Signal::kMetrics, writer.Take());
  const OtlpDecoded from_json = DecodeJson(Signal::kMetrics, R"({"resource_metrics":[{
    "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}},
                              {"key":"host.name","value":{"stringValue":"h1"}},
                              {"key":"n","value":{"intValue":"-7"}}]},
    "scopeMetrics":[{"scope":{"name":"lib","version":"2"},"metrics":[
      {"name":"c","unit":"1","description":"a counter","sum":{"dataPoints":[
        {"startTimeUnixNano":"10","timeUnixNano":"20","asInt":"3",
         "attributes":[{"key":"state","value":{"stringValue":"idle"}}]}],
        "isMonotonic":true,"aggregationTemporality":"AGGREGATION_TEMPORALITY_CUMULATIVE"}},
      {"name":"g","gauge":{"dataPoints":[{"timeUnixNano":20,"asDouble":1.5}]}},
      {"name":"h","unit":"s","histogram":{"aggregationTemporality":2,"dataPoints":[
        {"startTimeUnixNano":"10","timeUnixNano":"20","count":"10","sum":12.5,"bucketCounts":["4",0,"6"],
         "explicitBounds":[1,2]}]}}]}]}]})");
  EXPECT_EQ(AllRows(from_protobuf), AllRows(from_json));
  ASSERT_EQ(from_json.rows, 3U);
  EXPECT_EQ(Cell(from_json, Signal::kMetrics, "attr_state"), "idle");
  EXPECT_EQ(Cell(from_json, Signal::kMetrics, "value_int"), "3");
  EXPECT_EQ(Cell(from_json, Signal::kMetrics, "value_int", 1), "NULL");
  EXPECT_EQ(Cell(from_json, Signal::kMetrics, "bucket_counts", 2), "{4,0,6}");
}

TEST(OtlpDecoder, ProtobufSpansEqualJsonSpans) {
  OtlpSpanWriter writer(Source());
  obs::SpanRecord span;
  span.context.trace_id.fill(0xAB);
  span.context.span_id.fill(1);
  span.parent_id.fill(2);
  span.name = "GET /";
  span.kind = obs::SpanKind::kServer;
  span.start_unix_nanos = 100;
  span.end_unix_nanos = 350;
  span.status = obs::SpanStatus::kError;
  span.status_message = "no";
  writer.Add(span);
  const OtlpDecoded from_protobuf = DecodeProtobuf(Signal::kTraces, writer.Take());
  const OtlpDecoded from_json = DecodeJson(Signal::kTraces, R"({"resourceSpans":[{
    "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}},
                              {"key":"host.name","value":{"stringValue":"h1"}},
                              {"key":"n","value":{"intValue":"-7"}}]},
    "scopeSpans":[{"scope":{"name":"lib","version":"2"},"spans":[
      {"traceId":"ABABABABABABABABABABABABABABABAB","spanId":"0101010101010101","parentSpanId":"0202020202020202",
       "name":"GET /","kind":2,"startTimeUnixNano":"100","endTimeUnixNano":"350",
       "status":{"code":"STATUS_CODE_ERROR","message":"no"}}]}]}]})");
  EXPECT_EQ(AllRows(from_protobuf), AllRows(from_json));
  EXPECT_EQ(Cell(from_json, Signal::kTraces, "status_code"), "ERROR");
}

TEST(OtlpDecoder, PointsOfEveryKind) {
  const OtlpDecoded decoded = DecodeJson(Signal::kMetrics, R"({"resourceMetrics":[{"scopeMetrics":[{"metrics":[
    {"name":"e","exponentialHistogram":{"aggregationTemporality":1,"dataPoints":[
      {"timeUnixNano":"20","count":"9","sum":3,"scale":-2,"zeroCount":"1","min":-1,"max":7,
       "positive":{"offset":-3,"bucketCounts":["1","0","4"]},"negative":{"bucketCounts":["3"]},
       "exemplars":[{"timeUnixNano":"19","asDouble":2.5},
                    {"timeUnixNano":"19","asInt":"4","traceId":"000000000000000000000000000000FF",
                     "spanId":"00000000000000AA"}]}]}},
    {"name":"s","summary":{"dataPoints":[{"timeUnixNano":"20","count":"2","sum":3.5,
       "quantileValues":[{"quantile":0.5,"value":1},{"quantile":1,"value":2.5}]}]}}]}]}]})");
  ASSERT_EQ(decoded.rows, 2U) << decoded.rejected_message;
  AllRows(decoded);
  const auto cell = [&](std::string_view column, size_t row) { return Cell(decoded, Signal::kMetrics, column, row); };
  EXPECT_EQ(cell("exp_scale", 0), "-2");
  EXPECT_EQ(cell("zero_count", 0), "1");
  EXPECT_EQ(cell("positive_offset", 0), "-3");
  EXPECT_EQ(cell("positive_counts", 0), "{1,0,4}");
  EXPECT_EQ(cell("negative_counts", 0), "{3}");
  EXPECT_EQ(cell("exemplar_trace", 0), "000000000000000000000000000000ff");
  EXPECT_EQ(cell("exemplar_value", 0), "4");
  EXPECT_EQ(cell("quantiles", 1), "{0.5,1}");
  EXPECT_EQ(cell("quantile_values", 1), "{1,2.5}");
  EXPECT_EQ(cell("exp_scale", 1), "NULL");
}

TEST(OtlpDecoder, SpanEventsAndLinksAreJson) {
  const OtlpDecoded decoded = DecodeJson(Signal::kTraces, R"({"resourceSpans":[{"scopeSpans":[{"spans":[
    {"traceId":"abababababababababababababababab","spanId":"0101010101010101","name":"n","startTimeUnixNano":"100",
     "events":[{"timeUnixNano":"110","name":"e1","attributes":[{"key":"k","value":{"intValue":1}}]},
               {"timeUnixNano":"120","name":"e2"}],
     "links":[{"traceId":"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd","spanId":"0303030303030303"}]}]}]}]})");
  ASSERT_EQ(decoded.rows, 1U) << decoded.rejected_message;
  EXPECT_EQ(Cell(decoded, Signal::kTraces, "events"),
            R"([{"time_unix_nano":110,"name":"e1","attributes":{"k":"1"}},{"time_unix_nano":120,"name":"e2"}])");
  EXPECT_EQ(Cell(decoded, Signal::kTraces, "links"),
            R"([{"trace_id":"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd","span_id":"0303030303030303"}])");
  EXPECT_EQ(Cell(decoded, Signal::kTraces, "duration_ns"), "NULL");
}

TEST(OtlpDecoder, BadRecordsAreRejectedOneByOne) {
  const OtlpDecoded spans = DecodeJson(Signal::kTraces, R"({"resourceSpans":[{"scopeSpans":[{"spans":[
    {"traceId":"zz","spanId":"0101010101010101","name":"bad trace","startTimeUnixNano":"100"},
    {"traceId":"abababababababababababababababab","name":"no span id","startTimeUnixNano":"100"},
    {"traceId":"00000000000000000000000000000000","spanId":"0101010101010101","name":"z","startTimeUnixNano":"100"},
    {"traceId":"abababababababababababababababab","spanId":"0101010101010101","name":"good","startTimeUnixNano":"1"},
    {"traceId":"abababababababababababababababab","spanId":"0101010101010101","name":"late",
     "startTimeUnixNano":"18446744073709551615"}]}]}]})");
  EXPECT_EQ(spans.rows, 1U);
  EXPECT_EQ(spans.rejected, 4U);
  EXPECT_NE(spans.rejected_message.find("bad trace"), std::string::npos);
  const OtlpDecoded points = DecodeJson(Signal::kMetrics, R"({"resourceMetrics":[{"scopeMetrics":[{"metrics":[
    {"name":"a","gauge":{"dataPoints":[{"asDouble":1},{"timeUnixNano":"3","asDouble":1}]}},
    {"gauge":{"dataPoints":[{"timeUnixNano":"3","asDouble":1}]}}]}]}]})");
  EXPECT_EQ(points.rows, 1U);
  EXPECT_EQ(points.rejected, 2U);
}

TEST(OtlpDecoder, NestedValues) {
  const OtlpDecoded decoded = DecodeJson(Signal::kLogs, R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[
    {"body":{"arrayValue":{"values":[{"intValue":"1"},{"stringValue":"a\u0001"},{},{"doubleValue":"NaN"},
      {"kvlistValue":{"values":[{"key":"k","value":{"boolValue":false}},{"key":"none"}]}},
      {"bytesValue":"AQI="}]}}}]}]}]})");
  EXPECT_EQ(Cell(decoded, Signal::kLogs, "message"), R"([1,"a\u0001",null,"NaN",{"k":false,"none":null},"AQI="])");
  std::string deep = R"({"stringValue":"x"})";
  for (int i = 0; i < 40; ++i) deep = R"({"arrayValue":{"values":[)" + deep + "]}}";
  const std::string request = R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":)" + deep + "}]}]}]}";
  EXPECT_EQ(SqlStateOf(Signal::kLogs, OtlpEncoding::kJson, request), sqlstate::kInvalidJsonText);
}

TEST(OtlpDecoder, EmptyRequests) {
  for (const Signal signal : {Signal::kLogs, Signal::kMetrics, Signal::kTraces}) {
    EXPECT_EQ(DecodeProtobuf(signal, "").rows, 0U);
    EXPECT_EQ(DecodeJson(signal, "{}").rows, 0U);
    EXPECT_TRUE(DecodeJson(signal, "{}").chunks.empty());
  }
}

TEST(OtlpDecoder, MalformedRequests) {
  for (const Signal signal : {Signal::kLogs, Signal::kMetrics, Signal::kTraces}) {
    EXPECT_EQ(SqlStateOf(signal, OtlpEncoding::kProtobuf, "\x0A\xFF"), sqlstate::kInvalidBinaryRepresentation);
    EXPECT_EQ(SqlStateOf(signal, OtlpEncoding::kProtobuf, "hello"), sqlstate::kInvalidBinaryRepresentation);
    for (const std::string_view text : {"", "[]", "{", "1", "\"x\"", "{} {}"}) {
      EXPECT_EQ(SqlStateOf(signal, OtlpEncoding::kJson, text), sqlstate::kInvalidJsonText) << text;
    }
  }
  for (const std::string_view text : {R"({"resourceLogs":{}})", R"({"resourceLogs":[1]})",
                                      R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"x"}]}]}]})",
                                      R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":-1}]}]}]})",
                                      R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"severityNumber":"X"}]}]}]})",
                                      R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"traceId":5}]}]}]})"}) {
    EXPECT_EQ(SqlStateOf(Signal::kLogs, OtlpEncoding::kJson, text), sqlstate::kInvalidJsonText) << text;
  }
}

// Cut anywhere, or with any byte changed, a request is decoded or refused, and nothing else.
TEST(OtlpDecoder, DamagedProtobufNeverCrashes) {
  OtlpMetricWriter writer(Source(), 20, 10);
  writer.AddOne("c", "1", "", OtlpMetricKind::kCounter, int64_t{3}, {{"state", std::string("idle")}});
  const double bounds[] = {1, 2};
  const uint64_t counts[] = {4, 0, 6};
  writer.AddHistogram("h", "s", "", bounds, counts, 12.5, {});
  const std::string request = writer.Take();
  for (size_t i = 0; i < request.size(); ++i) {
    (void)CatchError([&] { AllRows(DecodeProtobuf(Signal::kMetrics, request.substr(0, i))); });
    for (const int flip : {1, 2, 7, 128}) {
      std::string damaged = request;
      damaged[i] = static_cast<char>(damaged[i] ^ flip);
      for (const Signal signal : {Signal::kLogs, Signal::kMetrics, Signal::kTraces}) {
        (void)CatchError([&] { AllRows(DecodeProtobuf(signal, damaged)); });
      }
    }
  }
}

TEST(OtlpDecoder, InvalidUtf8IsReplaced) {
  OtlpLogWriter writer(Source());
  writer.Add({.time_unix_nanos = 1, .message = "a\xFFz\xC3\xA4\xE2\x82"});
  const OtlpDecoded decoded = DecodeProtobuf(Signal::kLogs, writer.Take());
  EXPECT_EQ(Cell(decoded, Signal::kLogs, "message"), "a\xEF\xBF\xBDz\xC3\xA4\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(OtlpDecoder, SmallChunksGiveTheSameRows) {
  std::string text = R"({"resourceLogs":[)";
  for (int r = 0; r < 3; ++r) {
    text += fmt::format(R"({}{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"s{}"}}}},
      {{"key":"host.name","value":{{"stringValue":"h{}"}}}}]}},"scopeLogs":[{{"scope":{{"name":"lib{}"}},"logRecords":[)",
                        r == 0 ? "" : ",", r, r, r);
    for (int i = 0; i < 5; ++i) {
      text += fmt::format(R"({}{{"timeUnixNano":"{}","body":{{"stringValue":"m{}"}},"attributes":[
        {{"key":"http.route","value":{{"stringValue":"/{}"}}}}]}})",
                          i == 0 ? "" : ",", r * 10 + i + 1, i, i);
    }
    text += "]}]}";
  }
  text += "]}";
  const OtlpDecoded whole = DecodeJson(Signal::kLogs, text);
  const OtlpDecoded small = DecodeJson(Signal::kLogs, text, {.chunk_rows_max = 4});
  EXPECT_EQ(whole.chunks.size(), 1U);
  EXPECT_EQ(small.chunks.size(), 4U);
  EXPECT_EQ(AllRows(whole), AllRows(small));
  EXPECT_EQ(Cell(small, Signal::kLogs, "service_name", 14), "s2");
  EXPECT_EQ(Cell(small, Signal::kLogs, "resource_host_name", 9), "h1");
}

TEST(OtlpDecoder, TooManyRecordsAreRefused) {
  std::string scope;
  for (int i = 0; i < 1000; ++i) scope += std::string("\x12\x00", 2);
  std::string items;
  protozero::pbf_writer(items).add_message(2, scope);
  std::string request;
  protozero::pbf_writer(request).add_message(1, items);
  EXPECT_EQ(DecodeProtobuf(Signal::kLogs, request).rows, 1000U);
  const OtlpDecodeOptions options{.chunk_bytes_max = 100'000};
  auto error = CatchError([&] { DecodeOtlp(Signal::kLogs, OtlpEncoding::kProtobuf, request, kNow, {}, options); });
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(error->sqlstate(), sqlstate::kProgramLimitExceeded);
}

TEST(OtlpDecoder, TheSendersOrganizationWins) {
  const std::string text = R"({"resourceLogs":[{"resource":{"attributes":[
    {"key":"organization.id","value":{"stringValue":"acme"}}]},"scopeLogs":[{"logRecords":[{}]}]}]})";
  EXPECT_EQ(Cell(DecodeJson(Signal::kLogs, text), Signal::kLogs, "organization_id"), "acme");
  EXPECT_EQ(Cell(DecodeOtlp(Signal::kLogs, OtlpEncoding::kJson, text, kNow, "other"), Signal::kLogs, "organization_id"),
            "other");
}

TEST(OtlpContentType, KnowsBoth) {
  EXPECT_EQ(ParseOtlpContentType("application/json; charset=utf-8"), OtlpEncoding::kJson);
  EXPECT_EQ(ParseOtlpContentType("Application/X-Protobuf"), OtlpEncoding::kProtobuf);
  EXPECT_EQ(ParseOtlpContentType("text/plain"), std::nullopt);
  EXPECT_EQ(ParseOtlpContentType(""), std::nullopt);
}

}  // namespace
}  // namespace weir
