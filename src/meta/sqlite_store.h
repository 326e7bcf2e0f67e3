#pragma once

#include <memory>
#include <string>

#include "meta/sql_store.h"

namespace weir {

// SQLite in WAL mode with synchronous=FULL: a commit has reached the disk when it returns. Creates the file when it
// is missing. ":memory:" gives a private store for tests (Connect() is refused then).
std::unique_ptr<SqlStore> OpenSqliteStore(const std::string& path);

}  // namespace weir
