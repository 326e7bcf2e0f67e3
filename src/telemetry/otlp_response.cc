#include "telemetry/otlp_response.h"

#include <fmt/format.h>
#include <protozero/pbf_writer.hpp>

#include "base/json_text.h"
#include "telemetry/otlp_fields.h"

namespace weir {

std::string OtlpSuccess(Signal signal, OtlpEncoding encoding, uint64_t rejected, std::string_view rejected_message) {
  std::string out;
  if (encoding == OtlpEncoding::kJson) {
    if (rejected == 0) return "{}";
    const std::string_view name = signal == Signal::kLogs      ? "rejectedLogRecords"
                                  : signal == Signal::kMetrics ? "rejectedDataPoints"
                                                               : "rejectedSpans";
    out = fmt::format(R"({{"partialSuccess":{{"{}":"{}","errorMessage":)", name, rejected);
    AppendJsonString(rejected_message, out);
    out += "}}";
    return out;
  }
  if (rejected == 0) return out;  // the empty message
  std::string partial;
  protozero::pbf_writer partial_writer(partial);
  partial_writer.add_int64(otlp::partial_success::kRejected, static_cast<int64_t>(rejected));
  partial_writer.add_string(otlp::partial_success::kErrorMessage, rejected_message.data(), rejected_message.size());
  protozero::pbf_writer(out).add_message(otlp::response::kPartialSuccess, partial);
  return out;
}

std::string OtlpStatus(OtlpEncoding encoding, RpcCode code, std::string_view message) {
  std::string out;
  if (encoding == OtlpEncoding::kJson) {
    out = fmt::format(R"({{"code":{},"message":)", static_cast<int32_t>(code));
    AppendJsonString(message, out);
    out += '}';
    return out;
  }
  protozero::pbf_writer writer(out);
  writer.add_int32(otlp::rpc_status::kCode, static_cast<int32_t>(code));
  writer.add_string(otlp::rpc_status::kMessage, message.data(), message.size());
  return out;
}

}  // namespace weir
