#include "exec/operator/row_change.h"

#include <utility>

#include "catalog/catalog.h"
#include "exec/background_step.h"
#include "exec/query_context.h"
#include "storage/storage.h"

namespace weir {

void TableChange::Append(TableDelta inserted) {
  const std::scoped_lock lock(mutex_);
  if (!inserted_.has_value()) {
    inserted_ = std::move(inserted);
  } else {
    inserted_->Append(std::move(inserted));
  }
}

std::shared_ptr<TableChange> StatementChanges::Add(const RowChange& change,
                                                   const std::shared_ptr<MemoryTracker>& tracker) {
  std::shared_ptr<RowClaims> claims;
  if (change.has_row_ids()) {
    std::shared_ptr<RowClaims>& of_table = claims_[TableId(change.table_id)];
    if (of_table == nullptr) of_table = std::make_shared<RowClaims>(tracker);
    claims = of_table;
  }
  changes_.push_back(std::make_shared<TableChange>(change, std::move(claims)));
  return changes_.back();
}

namespace {

CommitKind CommitKindOf(const std::vector<std::shared_ptr<TableChange>>& changes) {
  std::optional<CommitKind> out;
  for (const auto& each : changes) {
    const ChangeKind kind = each->change().kind;
    if (kind == ChangeKind::kQuery) continue;
    const CommitKind own = kind == ChangeKind::kInsert   ? CommitKind::kInsert
                           : kind == ChangeKind::kDelete ? CommitKind::kDelete
                                                         : CommitKind::kUpdate;
    out = !out.has_value() || *out == own ? own : CommitKind::kUpdate;
  }
  return out.value_or(CommitKind::kUpdate);
}

}  // namespace

CommitRequest StatementChanges::Take(const QueryContext& query) {
  CommitRequest request;
  request.kind = CommitKindOf(changes_);
  std::map<TableId, TableDelta> deltas;
  for (const auto& [table, claims] : claims_) deltas[table] = claims->Finish(table);
  for (const auto& change : changes_) {
    const TableId table(change->change().table_id);
    if (change->change().kind != ChangeKind::kQuery && request.label.empty()) {
      request.label = change->change().label;
      request.database = query.snapshot->catalog()->GetTable(table)->database;
    }
    std::optional<TableDelta> inserted = change->TakeInserted();
    if (!inserted.has_value()) continue;
    inserted->table = table;
    TableDelta& delta = deltas[table];
    delta.table = table;
    delta.Append(std::move(*inserted));
  }
  for (auto& [table, delta] : deltas) {
    if (!delta.empty()) request.tables.push_back(std::move(delta));
  }
  return request;
}

namespace {

// Writes rows of one driver into the table.
class RowWriter {
 public:
  RowWriter(TableChange& change, std::shared_ptr<MemoryTracker> tracker)
      : change_(change), batch_bytes_(std::move(tracker)) {}

  Step Write(DriverContext& context, Chunk rows) {
    batch_bytes_.Grow(static_cast<int64_t>(rows.MemoryBytes()));
    batch_rows_ += rows.row_count();
    batch_.push_back(std::move(rows));
    if (batch_rows_ < kBatchRows) return Step::kNeedInput;
    Start(context, /*finish=*/false);
    return Poll(context);
  }

  Step Poll(DriverContext& context) {
    if (!background_.running()) return Step::kNeedInput;
    if (!background_.Done()) {
      context.block_reason = BlockReason::kIo;
      return Step::kBlocked;
    }
    batch_bytes_.Resize(0);
    return Step::kNeedInput;
  }

  Step Finish(DriverContext& context) {
    if (!finishing_) {
      if (writer_ == nullptr && batch_.empty()) return Step::kFinished;
      finishing_ = true;
      Start(context, /*finish=*/true);
    }
    if (Poll(context) == Step::kBlocked) return Step::kBlocked;
    change_.Append(std::move(*delta_));
    return Step::kFinished;
  }

 private:
  static constexpr size_t kBatchRows = 64 * 1024;

  void Start(DriverContext& context, bool finish) {
    if (writer_ == nullptr) {
      writer_ = context.query.services.storage->OpenWriter(context.query.snapshot, TableId(change_.change().table_id));
    }
    if (finish) delta_ = std::make_shared<TableDelta>();
    batch_rows_ = 0;
    // Holds what it uses: the driver may go while it runs.
    background_.Start(context.query.services.io, *context.waker,
                      [writer = writer_, batch = std::exchange(batch_, {}), delta = delta_, finish] {
                        for (const Chunk& chunk : batch) writer->Write(chunk);
                        if (finish) *delta = writer->Finish();
                      });
  }

  TableChange& change_;
  std::shared_ptr<TableWriter> writer_;
  std::shared_ptr<TableDelta> delta_;
  std::vector<Chunk> batch_;
  size_t batch_rows_ = 0;
  ScopedReservation batch_bytes_;
  BackgroundStep background_;
  bool finishing_ = false;
};

// Columns [begin, end) of the rows.
Chunk Part(const Chunk& chunk, size_t begin, size_t end, SelectionPtr rows) {
  const auto first = chunk.columns().begin();
  return {{first + static_cast<ptrdiff_t>(begin), first + static_cast<ptrdiff_t>(end)}, chunk.size(), std::move(rows)};
}

class Changer final : public SinkOperator {
 public:
  Changer(TableChange& change, MaterializedRows* returned, std::shared_ptr<MemoryTracker> tracker)
      : change_(change), what_(change.change()), returned_(returned), writer_(change, std::move(tracker)) {}

  Step Push(DriverContext& context, Chunk input) override {
    Rows rows = RowsOf(input);
    const size_t acted = rows.acted == nullptr ? input.size() : rows.acted->size();
    change_.Count(acted);
    if (returned_ != nullptr && what_.returning && acted != 0) {
      // Flat, so that large dictionaries and dropped rows are not kept alive.
      Chunk kept = Part(input, what_.first_returned(), input.column_count(), rows.acted).Flatten();
      const auto bytes = static_cast<int64_t>(kept.MemoryBytes());
      std::vector<Chunk> one;
      one.push_back(std::move(kept));
      returned_->Append(std::move(one), bytes);
    }
    const bool writes = what_.table_columns != 0 && (rows.written == nullptr || !rows.written->empty());
    if (!writes) return Step::kNeedInput;
    return writer_.Write(context, Part(input, what_.first_table_column(), what_.first_returned(), rows.written));
  }
  Step Poll(DriverContext& context) override { return writer_.Poll(context); }
  Step Finish(DriverContext& context) override { return writer_.Finish(context); }

 private:
  // Null: all of the chunk.
  struct Rows {
    SelectionPtr acted;    // upon which something was done
    SelectionPtr written;  // that are written, anew or as they are
  };

  Rows RowsOf(const Chunk& input) {
    const size_t id = what_.first_row_id();
    switch (what_.kind) {
      case ChangeKind::kQuery:
      case ChangeKind::kInsert:
        return {input.selection(), input.selection()};
      case ChangeKind::kUpdate:
      case ChangeKind::kDelete: {
        auto claimed = std::make_shared<const Selection>(
            change_.claims().Claim(*input.column(id), *input.column(id + 1), input.rows()));
        return {claimed, claimed};
      }
      case ChangeKind::kMerge:
        return MergeRowsOf(input);
    }
    throw Error::Internal("no such change: {}", static_cast<int>(what_.kind));
  }

  Rows MergeRowsOf(const Chunk& input) {
    const ColumnView actions(*input.column(0));
    Selection acted, written, taken;
    input.rows().ForEach([&](size_t row) {
      const auto action = static_cast<MergeAction>(actions.At<int32_t>(row));
      if (action == MergeAction::kNothing) return;
      const auto at = static_cast<uint32_t>(row);
      acted.push_back(at);
      if (action != MergeAction::kDelete) written.push_back(at);
      if (action != MergeAction::kInsert) taken.push_back(at);
    });
    const size_t id = what_.first_row_id();
    const Selection claimed = change_.claims().Claim(*input.column(id), *input.column(id + 1), RowSet::Of(taken));
    if (claimed.size() != taken.size()) {
      throw Error::User(sqlstate::kCardinalityViolation, "MERGE command cannot affect row a second time")
          .WithHint("Ensure that not more than one source row matches any one target row.");
    }
    return {std::make_shared<const Selection>(std::move(acted)), std::make_shared<const Selection>(std::move(written))};
  }

  TableChange& change_;
  const RowChange& what_;
  MaterializedRows* returned_;
  RowWriter writer_;
};

class Committer final : public SourceOperator {
 public:
  Committer(StatementChanges& changes, const TableChange& change, const MaterializedRows* returned)
      : changes_(changes), change_(change), returned_(returned) {}

  Step Pull(DriverContext& context, Chunk& out) override {
    switch (stage_) {
      case Stage::kStart:
        stage_ = Stage::kWaiting;
        Start(context);
        return Pull(context, out);
      case Stage::kWaiting: {
        const std::scoped_lock lock(result_->mutex);
        if (!result_->done) {
          context.block_reason = BlockReason::kIo;
          return Step::kBlocked;
        }
        if (result_->error != nullptr) throw Error(*result_->error);
        break;
      }
      case Stage::kReturning:
        return NextReturned(out);
      case Stage::kDone:
        return Step::kFinished;
    }
    const uint64_t rows = result_->duplicate ? 0 : change_.rows();
    context.query.rows_affected = rows;
    context.query.committed_version = result_->version.value();
    if (change_.change().returning) {
      stage_ = Stage::kReturning;
      return NextReturned(out);
    }
    stage_ = Stage::kDone;
    out = Chunk({Column::Constant(Value::Int64(static_cast<int64_t>(rows)), 1)}, 1);
    return Step::kHasOutput;
  }

 private:
  enum class Stage : uint8_t { kStart, kWaiting, kReturning, kDone };
  struct Result {
    std::mutex mutex;
    bool done = false;
    std::unique_ptr<Error> error;
    bool duplicate = false;
    Version version;
  };

  Step NextReturned(Chunk& out) {
    if (returned_ == nullptr || next_ == returned_->chunks().size()) return Step::kFinished;
    out = returned_->chunks()[next_++];
    return Step::kHasOutput;
  }

  void Start(DriverContext& context) {
    result_ = std::make_shared<Result>();
    CommitRequest request = changes_.Take(context.query);
    if (request.tables.empty() && request.label.empty()) {
      result_->done = true;
      return;
    }
    if (context.query.options.on_delta) {
      for (TableDelta& delta : request.tables) context.query.options.on_delta(request.kind, std::move(delta));
      result_->done = true;
      return;
    }
    context.query.services.storage->CommitAsync(
        std::move(request),
        [result = result_, waker = *context.waker](std::unique_ptr<Error> error, const CommitResult& committed) {
          {
            const std::scoped_lock lock(result->mutex);
            result->done = true;
            result->error = std::move(error);
            result->duplicate = committed.duplicate;
            result->version = committed.version;
          }
          waker.Wake();
        });
  }

  StatementChanges& changes_;
  const TableChange& change_;
  const MaterializedRows* returned_;
  Stage stage_ = Stage::kStart;
  std::shared_ptr<Result> result_;
  size_t next_ = 0;
};

}  // namespace

std::unique_ptr<SinkOperator> RowChangeSink::Make(DriverContext& /*context*/) {
  return std::make_unique<Changer>(*change_, returned_.get(), info.tracker);
}

std::unique_ptr<SourceOperator> CommitSource::Make(DriverContext& /*context*/) {
  return std::make_unique<Committer>(*changes_, *change_, returned_.get());
}

}  // namespace weir
