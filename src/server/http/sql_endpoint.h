#pragma once

#include <cstdint>

#include "server/engine.h"
#include "server/http/http_message.h"

namespace weir::http {

// POST /api/v1/sql: runs the statements of the body (SQL text, or JSON {"sql": ..., "database": ...}) and responds
// with the last result as JSON, NDJSON or CSV, as Accept says. Blocks: call it on the I/O pool. Never throws.
// The request's user is taken as logged in.
HttpResponse RunSqlRequest(Engine& engine, const HttpRequest& request, int64_t result_bytes_max);
// {"error": {"sqlstate": ..., "message": ...}} with a fitting status.
HttpResponse SqlErrorResponse(const Error& error);

}  // namespace weir::http
