#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "exec/operator.h"
#include "exec/operator/materialize.h"
#include "meta/commit.h"
#include "plan/change.h"
#include "storage/row_claims.h"

namespace weir {

// One change of a statement: what its drivers have gathered.
class TableChange {
 public:
  // `claims` are those of the table, null where the change takes no rows away.
  TableChange(RowChange change, std::shared_ptr<RowClaims> claims)
      : change_(std::move(change)), claims_(std::move(claims)) {}
  const RowChange& change() const { return change_; }
  RowClaims& claims() { return *claims_; }
  void Append(TableDelta inserted);                                          // thread-safe
  void Count(uint64_t rows) { rows_.fetch_add(rows); }                       // thread-safe
  uint64_t rows() const { return rows_; }                                    // as the user counts them
  std::optional<TableDelta> TakeInserted() { return std::move(inserted_); }  // once, when all drivers have ended

 private:
  const RowChange change_;
  const std::shared_ptr<RowClaims> claims_;
  std::atomic<uint64_t> rows_{0};
  std::mutex mutex_;  // guards the below while drivers hand their parts over
  std::optional<TableDelta> inserted_;
};

// All changes of a statement, which are one commit: its own, and those in WITH. A row that two of them want goes to
// the first.
class StatementChanges {
 public:
  // `tracker` is the query's. While the pipelines are built.
  std::shared_ptr<TableChange> Add(const RowChange& change, const std::shared_ptr<MemoryTracker>& tracker);
  // Once, when all drivers of all changes have ended.
  CommitRequest Take(const QueryContext& query);

 private:
  std::map<TableId, std::shared_ptr<RowClaims>> claims_;
  std::vector<std::shared_ptr<TableChange>> changes_;  // those of WITH after the one around them
};

// Takes rows away and writes new ones, each driver through a TableWriter of its own, on the I/O pool, some rows at a
// time. `returned` gets the columns of RETURNING; null: nothing is returned.
class RowChangeSink final : public SinkFactory {
 public:
  RowChangeSink(std::shared_ptr<TableChange> change, std::shared_ptr<MaterializedRows> returned)
      : change_(std::move(change)), returned_(std::move(returned)) {}
  std::unique_ptr<SinkOperator> Make(DriverContext& context) override;

 private:
  const std::shared_ptr<TableChange> change_;
  const std::shared_ptr<MaterializedRows> returned_;
};

// Commits the statement's changes (or hands them to QueryOptions::on_delta), then puts out what `change`, the
// outermost, returns: `returned`, or one row that says how many rows it was.
class CommitSource final : public SourceFactory {
 public:
  CommitSource(std::shared_ptr<StatementChanges> changes, std::shared_ptr<TableChange> change,
               std::shared_ptr<MaterializedRows> returned)
      : changes_(std::move(changes)), change_(std::move(change)), returned_(std::move(returned)) {}
  size_t drivers_max() const override { return 1; }
  std::unique_ptr<SourceOperator> Make(DriverContext& context) override;

 private:
  const std::shared_ptr<StatementChanges> changes_;
  const std::shared_ptr<TableChange> change_;
  const std::shared_ptr<MaterializedRows> returned_;
};

}  // namespace weir
