#pragma once

#include "server/engine.h"
#include "telemetry/self_telemetry.h"

namespace weir {

// A finished statement as a span, by OpenTelemetry's conventions for databases. Long texts are cut. Any thread.
void AddQuerySpan(const FinishedQuery& query, SelfTelemetry& telemetry);

}  // namespace weir
