#include <span>
#include <string>
#include <vector>

#include "telemetry/otlp_decoder.h"
#include "telemetry/otlp_writer.h"

namespace weir {

// The first byte says which signal and encoding the rest is.
void FuzzOtlp(std::span<const uint8_t> input) {
  if (input.empty()) return;
  const auto signal = static_cast<Signal>(input[0] % kSignalCount);
  const OtlpEncoding encoding = (input[0] / kSignalCount) % 2 == 0 ? OtlpEncoding::kProtobuf : OtlpEncoding::kJson;
  OtlpDecodeOptions options;
  options.chunk_rows_max = 7;
  options.chunk_bytes_max = 16 << 20;
  (void)CatchError([&] {
    const OtlpDecoded decoded =
        DecodeOtlp(signal, encoding, AsText(input.subspan(1)), 1'800'000'000 * kNanosPerSecond, {}, options);
    uint64_t rows = 0;
    for (const Chunk& chunk : decoded.chunks) {
      chunk.Verify();
      rows += chunk.row_count();
    }
    WEIR_CHECK(rows == decoded.rows, "decoded rows do not add up: {} and {}", rows, decoded.rows);
  });
}

std::vector<std::string> FuzzOtlpSeeds() {
  const OtlpSource source{.resource = {{"service.name", std::string("s")}}, .scope_name = "l"};
  const OtlpAttributes attributes = {{"http.method", std::string("GET")}, {"n", int64_t{1}}, {"x", 0.5}, {"b", true}};
  OtlpLogWriter logs(source);
  logs.Add({.time_unix_nanos = 1, .severity_number = 9, .message = "m", .attributes = &attributes});
  OtlpMetricWriter metrics(source, 2, 1);
  metrics.AddOne("c", "1", "d", OtlpMetricKind::kCounter, int64_t{3}, attributes);
  const double bounds[] = {1, 2};
  const uint64_t counts[] = {4, 0, 6};
  metrics.AddHistogram("h", "s", "", bounds, counts, 12.5, attributes);
  OtlpSpanWriter spans(source);
  obs::SpanRecord span;
  span.context.trace_id.fill(1);
  span.context.span_id.fill(2);
  span.name = "n";
  span.start_unix_nanos = 1;
  spans.Add(span);
  return {std::string(1, '\0') + logs.Take(),
          std::string(1, '\1') + metrics.Take(),
          std::string(1, '\2') + spans.Take(),
          "\3{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":{\"stringValue\":\"m\"}}]}]}]}",
          "\4{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"g\",\"gauge\":{\"dataPoints\":"
          "[{\"timeUnixNano\":\"1\",\"asInt\":\"5\"}]}}]}]}]}",
          "\5{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":\"01010101010101010101010101010101\","
          "\"spanId\":\"0202020202020202\",\"startTimeUnixNano\":1}]}]}]}"};
}

}  // namespace weir
