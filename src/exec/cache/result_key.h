#pragma once

#include <optional>
#include <string>
#include <vector>

#include "exec/cache/query_cache.h"
#include "exec/query.h"

namespace weir {

// What a statement's whole answer follows from, as text: its plan, the constants that are the statement's own, the
// settings that values depend on, and every table (its last change of rows and of definition) or file (size, time,
// inode) that it reads.
struct ResultKey {
  std::string text;
  std::vector<CacheSource> sources;  // its tables
  bool has_files = false;            // which may have changed by the end of the query: make the key again then
};

// nullopt for what is not to be kept: plans that change something or that may answer otherwise on the same rows
// (random(), pg_sleep(), now() in places where the second matters), that read system tables or no table at
// all, or files that were changed moments ago. `snapshot` is one of committed versions.
std::optional<ResultKey> MakeResultKey(const PhysicalPtr& plan, const QueryServices& services,
                                       const StatementContext& statement, const SnapshotPtr& snapshot);

}  // namespace weir
