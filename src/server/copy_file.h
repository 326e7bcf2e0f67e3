#pragma once

#include <cstdint>
#include <string>

#include "server/session.h"

namespace weir {

// "parquet", "csv" or "json" by the file's ending; text for all others.
CopyOptions::Format CopyFormatOf(std::string_view path);

// Writes the rows of a query that is about to run into a local file, which appears under its name when it is whole.
// Returns how many. Blocks.
uint64_t CopyToFile(Session& session, StatementExecution& rows, const CopyOptions& options, const std::string& path);

// The INSERT that does what COPY ... FROM the file says, but for formats that rows are streamed of: empty then.
// `columns`: none are all. `where` may be empty.
std::string InsertFromFile(const TableDef& table, const std::string& table_sql, const std::vector<std::string>& columns,
                           const CopyOptions& options, const std::string& path, const std::string& where);

// Streams the file through COPY ... FROM STDIN. Returns the number of rows. Blocks.
uint64_t CopyFromFile(Session& session, CopyIn& copy, const CopyOptions& options, const std::string& path);

// Throws unless the path is one of the local file system; takes file:// off it.
std::string LocalPath(std::string_view path, int64_t position);

}  // namespace weir
