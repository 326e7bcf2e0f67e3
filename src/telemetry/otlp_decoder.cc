#include "telemetry/otlp_decoder.h"

#include <cctype>

#include "telemetry/otlp_json.h"
#include "telemetry/otlp_protobuf.h"
#include "telemetry/row_builder.h"

namespace weir {

std::optional<OtlpEncoding> ParseOtlpContentType(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  while (!content_type.empty() && content_type.back() == ' ') content_type.remove_suffix(1);
  std::string lower;
  for (const char c : content_type) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (lower == "application/x-protobuf" || lower == "application/protobuf") return OtlpEncoding::kProtobuf;
  if (lower == "application/json") return OtlpEncoding::kJson;
  return std::nullopt;
}

OtlpDecoded DecodeOtlp(Signal signal, OtlpEncoding encoding, std::string_view body, UnixNanos now,
                       std::string_view organization, const OtlpDecodeOptions& options) {
  RowBuilder rows(signal, now, organization, options);
  if (encoding == OtlpEncoding::kJson) {
    ReadOtlpJson(signal, body, rows);
  } else {
    ReadOtlpProtobuf(signal, body, rows);
  }
  return rows.Finish();
}

}  // namespace weir
