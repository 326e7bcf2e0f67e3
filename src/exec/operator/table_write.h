#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "exec/operator.h"
#include "meta/commit.h"
#include "storage/table_writer.h"

namespace weir {

// What INSERT and DELETE have gathered, and its one commit. Drivers append their part; the source that reports the
// number of rows commits it.
class TableChange {
 public:
  TableChange(CommitKind kind, TableId table, std::string label)
      : kind_(kind), table_(table), label_(std::move(label)) {}
  TableId table() const { return table_; }
  void Append(TableDelta delta);         // thread-safe
  void Append(DeleteBuilder positions);  // thread-safe
  // The whole change; once, when all drivers have ended.
  CommitRequest Take(QueryContext& query);
  CommitKind kind() const { return kind_; }

 private:
  const CommitKind kind_;
  const TableId table_;
  const std::string label_;
  std::mutex mutex_;  // guards the below while drivers hand their parts over
  std::optional<TableDelta> delta_;
  std::optional<DeleteBuilder> positions_;
};

// INSERT: each driver writes through a TableWriter of its own, on the I/O pool, some rows at a time.
class InsertSink final : public SinkFactory {
 public:
  explicit InsertSink(std::shared_ptr<TableChange> change) : change_(std::move(change)) {}
  std::unique_ptr<SinkOperator> Make(DriverContext& context) override;

 private:
  const std::shared_ptr<TableChange> change_;
};

// DELETE: collects the row ids in the last two columns.
class DeleteSink final : public SinkFactory {
 public:
  explicit DeleteSink(std::shared_ptr<TableChange> change) : change_(std::move(change)) {}
  std::unique_ptr<SinkOperator> Make(DriverContext& context) override;

 private:
  const std::shared_ptr<TableChange> change_;
};

// Commits the change (or hands it to QueryOptions::on_delta) and puts out one row: how many rows it was.
class CommitSource final : public SourceFactory {
 public:
  explicit CommitSource(std::shared_ptr<TableChange> change) : change_(std::move(change)) {}
  size_t drivers_max() const override { return 1; }
  std::unique_ptr<SourceOperator> Make(DriverContext& context) override;

 private:
  const std::shared_ptr<TableChange> change_;
};

}  // namespace weir
