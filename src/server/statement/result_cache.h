#pragma once

#include <memory>
#include <optional>

#include "exec/cache/result_key.h"
#include "server/statement/statement.h"

namespace weir {

// A statement's place in the cache of answers: looks for one that is kept, and else keeps the one that the statement
// makes, chunk by chunk, when it has come to its end and is not too large. For one statement, which borrows the
// session.
class ResultCache {
 public:
  // Null when the session does not want it, or the answer is not to be kept (MakeResultKey). `statement` is what it
  // runs with.
  static std::unique_ptr<ResultCache> For(Session& session, const PhysicalPtr& plan, const SnapshotPtr& snapshot,
                                          const StatementContext& statement);

  // Null: it is not there.
  CachedRowsPtr Find();
  void Add(const Chunk& chunk);
  // All of the answer has been added.
  void Keep();

 private:
  ResultCache(Session& session, PhysicalPtr plan, SnapshotPtr snapshot, StatementContext statement, ResultKey key);

  Session& session_;
  QueryCache& cache_;
  const PhysicalPtr plan_;
  const SnapshotPtr snapshot_;
  const StatementContext statement_;
  const int64_t bytes_max_;
  ResultKey key_;
  CacheKey place_;
  std::shared_ptr<CachedRows> rows_;  // null: too large
  int64_t bytes_ = 0;
};

// A statement that has its answer. It has begun (Session::BeginStatement), and ends itself.
std::unique_ptr<StatementExecution> MakeCachedExecution(Session& session, CachedRowsPtr rows,
                                                        std::optional<Schema> columns);

}  // namespace weir
