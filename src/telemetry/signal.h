#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weir {

// The three signals of OpenTelemetry that Weir stores, each in a table of its name.
enum class Signal : uint8_t { kLogs, kMetrics, kTraces };
inline constexpr size_t kSignalCount = 3;

// "logs", "metrics", "traces": the table and the last part of the path.
constexpr std::string_view SignalName(Signal signal) {
  switch (signal) {
    case Signal::kLogs:
      return "logs";
    case Signal::kMetrics:
      return "metrics";
    case Signal::kTraces:
      return "traces";
  }
  return {};
}

// "/v1/logs" and so on.
constexpr std::string_view SignalPath(Signal signal) {
  switch (signal) {
    case Signal::kLogs:
      return "/v1/logs";
    case Signal::kMetrics:
      return "/v1/metrics";
    case Signal::kTraces:
      return "/v1/traces";
  }
  return {};
}

enum class OtlpEncoding : uint8_t { kProtobuf, kJson };

// From a Content-Type, parameters ignored; empty for others.
std::optional<OtlpEncoding> ParseOtlpContentType(std::string_view content_type);
constexpr std::string_view OtlpContentType(OtlpEncoding encoding) {
  return encoding == OtlpEncoding::kJson ? "application/json" : "application/x-protobuf";
}

}  // namespace weir
