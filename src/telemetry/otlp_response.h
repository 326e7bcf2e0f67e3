#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "telemetry/signal.h"

namespace weir {

// The codes of google.rpc.Status that Weir answers with.
enum class RpcCode : int32_t {
  kInvalidArgument = 3,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kUnauthenticated = 16,
};

// Export{Logs,Metrics,Trace}ServiceResponse.
std::string OtlpSuccess(Signal signal, OtlpEncoding encoding, uint64_t rejected, std::string_view rejected_message);
// google.rpc.Status.
std::string OtlpStatus(OtlpEncoding encoding, RpcCode code, std::string_view message);

}  // namespace weir
