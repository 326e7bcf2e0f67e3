#pragma once

#include <string_view>

#include "telemetry/row_builder.h"

namespace weir {

// Reads an export request in protobuf into `rows`. Throws kInvalidBinaryRepresentation.
void ReadOtlpProtobuf(Signal signal, std::string_view body, RowBuilder& rows);

}  // namespace weir
