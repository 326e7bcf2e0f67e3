#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "column/chunk.h"
#include "env/clock.h"
#include "telemetry/signal.h"

namespace weir {

struct OtlpDecodeOptions {
  // Records later than this after the clock's time are rejected; earlier ones than 1970 always.
  int64_t future_nanos_max = int64_t{366} * 86'400 * kNanosPerSecond;
  uint64_t chunk_rows_max = 4096;
  int value_depth_max = 32;                        // of nested attribute values
  uint64_t chunk_bytes_max = uint64_t{512} << 20;  // of all chunks of one request
};

struct OtlpDecoded {
  std::vector<Chunk> chunks;  // columns as in SignalColumns(signal)
  uint64_t rows = 0;
  uint64_t rejected = 0;
  std::string rejected_message;  // of the first
};

// Decodes one export request into rows of the signal's table. Throws kInvalidBinaryRepresentation or kInvalidJsonText
// when the request as a whole cannot be read; single bad records are rejected and counted. Unknown fields are skipped.
// `now` stamps what has no time. `organization` wins over the resource's. Pure: any thread.
OtlpDecoded DecodeOtlp(Signal signal, OtlpEncoding encoding, std::string_view body, UnixNanos now,
                       std::string_view organization = {}, const OtlpDecodeOptions& options = {});

}  // namespace weir
