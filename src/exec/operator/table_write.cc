#include "exec/operator/table_write.h"

#include <utility>

#include "catalog/catalog.h"
#include "exec/query_context.h"
#include "runtime/io_pool.h"
#include "storage/storage.h"

namespace weir {

void TableChange::Append(TableDelta delta) {
  const std::scoped_lock lock(mutex_);
  if (!delta_.has_value()) {
    delta_ = std::move(delta);
  } else {
    delta_->Append(std::move(delta));
  }
}

void TableChange::Append(DeleteBuilder positions) {
  const std::scoped_lock lock(mutex_);
  if (!positions_.has_value()) {
    positions_ = std::move(positions);
  } else {
    positions_->Append(std::move(positions));
  }
}

CommitRequest TableChange::Take(QueryContext& query) {
  if (positions_.has_value()) delta_ = positions_->Finish(table_);
  CommitRequest request;
  request.kind = kind_;
  request.label = label_;
  request.database = query.snapshot->catalog()->GetTable(table_)->database;
  if (delta_.has_value()) {
    delta_->table = table_;
    request.tables.push_back(std::move(*delta_));
  }
  return request;
}

namespace {

// Work on the I/O pool that a driver waits for without holding a worker.
class BackgroundStep {
 public:
  // One at a time.
  void Start(IoPool& io, Waker waker, std::move_only_function<void()> work) {
    state_ = std::make_shared<State>();
    io.Submit([state = state_, waker = std::move(waker), work = std::move(work)]() mutable {
      std::unique_ptr<Error> error = CatchError(work);
      // What the work holds goes before the driver does, which may own more of it.
      work = nullptr;
      {
        const std::scoped_lock lock(state->mutex);
        state->error = std::move(error);
        state->done = true;
      }
      waker.Wake();
    });
  }
  bool running() const { return state_ != nullptr; }
  // True when it has ended, throwing what it threw.
  bool Done() {
    const std::shared_ptr<State> state = state_;
    const std::scoped_lock lock(state->mutex);
    if (!state->done) return false;
    state_.reset();
    if (state->error != nullptr) throw Error(*state->error);
    return true;
  }

 private:
  struct State {
    std::mutex mutex;
    bool done = false;
    std::unique_ptr<Error> error;
  };
  std::shared_ptr<State> state_;
};

constexpr size_t kBatchRows = 64 * 1024;

class Inserter final : public SinkOperator {
 public:
  Inserter(TableChange& change, std::shared_ptr<MemoryTracker> tracker)
      : change_(change), batch_bytes_(std::move(tracker)) {}

  Step Push(DriverContext& context, Chunk input) override {
    batch_bytes_.Grow(static_cast<int64_t>(input.MemoryBytes()));
    batch_rows_ += input.row_count();
    batch_.push_back(std::move(input));
    if (batch_rows_ < kBatchRows) return Step::kNeedInput;
    StartWrite(context, /*finish=*/false);
    return Poll(context);
  }

  Step Poll(DriverContext& context) override {
    if (!background_.running()) return Step::kNeedInput;
    if (!background_.Done()) {
      context.block_reason = BlockReason::kIo;
      return Step::kBlocked;
    }
    batch_bytes_.Resize(0);
    return Step::kNeedInput;
  }

  Step Finish(DriverContext& context) override {
    if (!finishing_) {
      if (writer_ == nullptr && batch_.empty()) return Step::kFinished;
      finishing_ = true;
      StartWrite(context, /*finish=*/true);
    }
    if (Poll(context) == Step::kBlocked) return Step::kBlocked;
    change_.Append(std::move(*delta_));
    return Step::kFinished;
  }

 private:
  void StartWrite(DriverContext& context, bool finish) {
    if (writer_ == nullptr) {
      writer_ = context.query.services.storage->OpenWriter(context.query.snapshot, change_.table());
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

class Deleter final : public SinkOperator {
 public:
  explicit Deleter(TableChange& change) : change_(change) {}
  Step Push(DriverContext& /*context*/, Chunk input) override {
    const size_t columns = input.column_count();
    positions_.Add(*input.column(columns - 2), *input.column(columns - 1), input.rows());
    return Step::kNeedInput;
  }
  Step Finish(DriverContext& /*context*/) override {
    change_.Append(std::move(positions_));
    return Step::kFinished;
  }

 private:
  TableChange& change_;
  DeleteBuilder positions_;
};

class Committer final : public SourceOperator {
 public:
  explicit Committer(TableChange& change) : change_(change) {}

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
      case Stage::kDone:
        return Step::kFinished;
    }
    stage_ = Stage::kDone;
    if (result_->duplicate) rows_ = 0;
    context.query.rows_affected = rows_;
    context.query.committed_version = result_->version.value();
    out = Chunk({Column::Constant(Value::Int64(static_cast<int64_t>(rows_)), 1)}, 1);
    return Step::kHasOutput;
  }

 private:
  enum class Stage : uint8_t { kStart, kWaiting, kDone };
  struct Result {
    std::mutex mutex;
    bool done = false;
    std::unique_ptr<Error> error;
    bool duplicate = false;
    Version version;
  };

  void Start(DriverContext& context) {
    result_ = std::make_shared<Result>();
    CommitRequest request = change_.Take(context.query);
    for (const TableDelta& delta : request.tables) rows_ += delta.inserted_rows + delta.deleted_rows;
    const bool nothing = request.tables.empty() || request.tables[0].empty();
    if (nothing && request.label.empty()) {
      result_->done = true;
      return;
    }
    if (context.query.options.on_delta) {
      if (!nothing) context.query.options.on_delta(change_.kind(), std::move(request.tables[0]));
      result_->done = true;
      return;
    }
    context.query.services.storage->CommitAsync(
        std::move(request),
        [result = result_, waker = *context.waker](std::unique_ptr<Error> error, CommitResult committed) {
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

  TableChange& change_;
  Stage stage_ = Stage::kStart;
  uint64_t rows_ = 0;
  std::shared_ptr<Result> result_;
};

}  // namespace

std::unique_ptr<SinkOperator> InsertSink::Make(DriverContext& /*context*/) {
  return std::make_unique<Inserter>(*change_, info.tracker);
}

std::unique_ptr<SinkOperator> DeleteSink::Make(DriverContext& /*context*/) {
  return std::make_unique<Deleter>(*change_);
}

std::unique_ptr<SourceOperator> CommitSource::Make(DriverContext& /*context*/) {
  return std::make_unique<Committer>(*change_);
}

}  // namespace weir
