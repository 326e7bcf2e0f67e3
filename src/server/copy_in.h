#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/session.h"

namespace weir {

// A COPY ... FROM STDIN into `columns` of the table (none: all); the others get their defaults.
std::unique_ptr<CopyIn> MakeCopyIn(Session& session, const TablePtr& table, const std::vector<std::string>& columns,
                                   CopyOptions options);

}  // namespace weir
