#pragma once

#include <cstdint>

// Field numbers of the OpenTelemetry protocol, version 1, as the public protocol definitions give them.
namespace weir::otlp {

namespace request {  // Export{Logs,Metrics,Trace}ServiceRequest
inline constexpr uint32_t kResourceItems = 1;
}
namespace resource_items {  // ResourceLogs, ResourceMetrics, ResourceSpans
inline constexpr uint32_t kResource = 1, kScopeItems = 2;
}
namespace scope_items {  // ScopeLogs, ScopeMetrics, ScopeSpans
inline constexpr uint32_t kScope = 1, kItems = 2;
}
namespace resource {
inline constexpr uint32_t kAttributes = 1;
}
namespace scope {
inline constexpr uint32_t kName = 1, kVersion = 2;
}
namespace key_value {
inline constexpr uint32_t kKey = 1, kValue = 2;
}
namespace any_value {
inline constexpr uint32_t kString = 1, kBool = 2, kInt = 3, kDouble = 4, kArray = 5, kKeyValues = 6, kBytes = 7;
}
namespace value_list {  // ArrayValue, KeyValueList
inline constexpr uint32_t kValues = 1;
}
namespace log_record {
inline constexpr uint32_t kTime = 1, kSeverityNumber = 2, kSeverityText = 3, kBody = 5, kAttributes = 6, kFlags = 8,
                          kTraceId = 9, kSpanId = 10, kObservedTime = 11, kEventName = 12;
}
namespace metric {
inline constexpr uint32_t kName = 1, kDescription = 2, kUnit = 3, kGauge = 5, kSum = 7, kHistogram = 9,
                          kExponentialHistogram = 10, kSummary = 11;
}
namespace metric_data {  // Gauge, Sum, Histogram, ExponentialHistogram, Summary
inline constexpr uint32_t kPoints = 1, kTemporality = 2, kIsMonotonic = 3;
}
namespace number_point {
inline constexpr uint32_t kStartTime = 2, kTime = 3, kDouble = 4, kExemplars = 5, kInt = 6, kAttributes = 7, kFlags = 8;
}
namespace histogram_point {
inline constexpr uint32_t kStartTime = 2, kTime = 3, kCount = 4, kSum = 5, kBucketCounts = 6, kExplicitBounds = 7,
                          kExemplars = 8, kAttributes = 9, kFlags = 10, kMin = 11, kMax = 12;
}
namespace exponential_point {
inline constexpr uint32_t kAttributes = 1, kStartTime = 2, kTime = 3, kCount = 4, kSum = 5, kScale = 6, kZeroCount = 7,
                          kPositive = 8, kNegative = 9, kFlags = 10, kExemplars = 11, kMin = 12, kMax = 13,
                          kZeroThreshold = 14;
}
namespace exponential_buckets {
inline constexpr uint32_t kOffset = 1, kBucketCounts = 2;
}
namespace summary_point {
inline constexpr uint32_t kStartTime = 2, kTime = 3, kCount = 4, kSum = 5, kQuantiles = 6, kAttributes = 7, kFlags = 8;
}
namespace value_at_quantile {
inline constexpr uint32_t kQuantile = 1, kValue = 2;
}
namespace exemplar {
inline constexpr uint32_t kTime = 2, kDouble = 3, kSpanId = 4, kTraceId = 5, kInt = 6, kAttributes = 7;
}
namespace span {
inline constexpr uint32_t kTraceId = 1, kSpanId = 2, kTraceState = 3, kParentSpanId = 4, kName = 5, kKind = 6,
                          kStartTime = 7, kEndTime = 8, kAttributes = 9, kEvents = 11, kLinks = 13, kStatus = 15;
}
namespace span_event {
inline constexpr uint32_t kTime = 1, kName = 2, kAttributes = 3;
}
namespace span_link {
inline constexpr uint32_t kTraceId = 1, kSpanId = 2, kTraceState = 3, kAttributes = 4;
}
namespace status {
inline constexpr uint32_t kMessage = 2, kCode = 3;
}
namespace response {  // Export{Logs,Metrics,Trace}ServiceResponse
inline constexpr uint32_t kPartialSuccess = 1;
}
namespace partial_success {
inline constexpr uint32_t kRejected = 1, kErrorMessage = 2;
}
namespace rpc_status {  // google.rpc.Status
inline constexpr uint32_t kCode = 1, kMessage = 2;
}

}  // namespace weir::otlp
