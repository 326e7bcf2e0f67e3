#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/session.h"

namespace weir {

// A COPY ... FROM STDIN into `columns` of the table (none: all); the others get their defaults. `where` may be null.
// `read_binary` is the protocol's own way to read a value of the binary format; null where there is none.
std::unique_ptr<CopyIn> MakeCopyIn(Session& session, const TablePtr& table, const std::vector<std::string>& columns,
                                   CopyOptions options, const ast::Expr* where, BinaryValueReader read_binary);

}  // namespace weir
