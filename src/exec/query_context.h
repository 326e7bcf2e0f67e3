#pragma once

#include <atomic>
#include <memory>

#include "exec/query.h"

namespace weir {

class FooterCache;

// What the operators of one query share. Made by QueryExecution, kept alive by its drivers; all but the results of
// INSERT and DELETE is read-only while it runs. Threads: any.
struct QueryContext {
  QueryServices services;
  StatementContext statement;
  SnapshotPtr snapshot;
  QueryOptions options;
  CancellationToken token;
  std::shared_ptr<MemoryTracker> tracker;  // the query's; operators have children of it
  std::shared_ptr<FooterCache> footers;
  int threads = 1;

  std::atomic<uint64_t> rows_affected{0};
  std::atomic<uint64_t> committed_version{0};

  const Registry& registry() const { return services.registry; }
  size_t chunk_rows() const { return options.chunk_rows; }
  SpillArea* spill() const { return options.spill ? services.spill : nullptr; }
};

}  // namespace weir
