#include "exec/operator/join_collector.h"

#include <optional>
#include <utility>

#include "exec/background_step.h"
#include "expr/evaluator.h"

namespace weir {

namespace {

// What is smaller is not worth a write, unless there is nothing else to give.
constexpr size_t kWorthBytes = size_t{1} << 20;

class JoinCollector final : public SinkOperator {
 public:
  JoinCollector(HashJoinBuild& shared, const QueryContext& query)
      : shared_(shared),
        keys_(shared.plan().build_keys(), query.registry(), query.statement),
        threads_(query.threads),
        spill_(shared.spill()),
        collector_(shared.table().MakeCollector()) {
    if (spill_ == nullptr) return;
    spill_->group().Enter();
    resident_ = spill_->resident();
  }

  Step Push(DriverContext& context, Chunk input) override {
    if (spill_ == nullptr) {
      Evaluate(input);
      collector_->Append(key_columns_, payload_, input.rows());
      return Step::kNeedInput;
    }
    pending_ = std::move(input);
    return Poll(context);
  }

  Step Poll(DriverContext& context) override {
    for (;;) {
      if (!Settle()) return Blocked(context);
      if (!pending_.has_value()) return Step::kNeedInput;
      if (resident_ != spill_->resident()) {
        StartEvicting(context, std::move(collector_), /*own=*/true);
        continue;
      }
      if (leaving_ != nullptr && leaving_->MemoryBytes() >= flush_bytes_) {
        StartWriting(context);
        continue;
      }
      if (resident_ > spill_->resident_wanted() && collector_->row_count() != 0) {
        spill_->Shrink(resident_);
        continue;
      }
      if (spill_->IsTight()) {
        const Relief relief = MakeRoom(context, kWorthBytes);
        if (relief == Relief::kBlocked) return Blocked(context);
        if (relief == Relief::kMade) continue;
      }
      if (TryAppend()) continue;
      const Relief relief = MakeRoom(context, 1);
      if (relief == Relief::kBlocked) return Blocked(context);
      if (relief == Relief::kNone) Append();  // says what is wrong
    }
  }

  Step Finish(DriverContext& context) override {
    if (spill_ == nullptr) {
      shared_.table().AddCollector(std::move(collector_));
      return Step::kFinished;
    }
    for (;;) {
      if (!Settle()) return Blocked(context);
      if (collector_ != nullptr) {
        if (resident_ > spill_->resident_wanted() && collector_->row_count() != 0) spill_->Shrink(resident_);
        if (resident_ != spill_->resident()) {
          StartEvicting(context, std::move(collector_), /*own=*/true);
          continue;
        }
        if (leaving_ != nullptr && !leaving_->empty()) {
          StartWriting(context);
          continue;
        }
        spill_->Keep(std::move(collector_), resident_);
      }
      // So that the table can be made at once when the last driver has ended.
      if (const size_t now = spill_->resident(); spill_->DirectoryIsTight()) spill_->Shrink(now);
      if (std::unique_ptr<JoinTable::Collector> misfit = spill_->TakeMisfit()) {
        StartEvicting(context, std::move(misfit), /*own=*/false);
        continue;
      }
      if (file_ != nullptr) {
        Start(context, [file = std::exchange(file_, nullptr)] { file->Finish(); });
        continue;
      }
      spill_->group().Leave();
      return Step::kFinished;
    }
  }

 private:
  enum class Relief : uint8_t { kMade, kBlocked, kNone };

  static Step Blocked(DriverContext& context) {
    context.block_reason = BlockReason::kIo;
    return Step::kBlocked;
  }

  void Evaluate(const Chunk& input) {
    key_columns_.clear();
    payload_.clear();
    for (size_t i = 0; i < keys_.size(); ++i) key_columns_.push_back(keys_.Evaluate(i, input));
    for (const size_t column : shared_.plan().payload()) payload_.push_back(input.column(column));
  }

  // Takes over what has come of work in the background; false while it runs.
  bool Settle() {
    if (!writing_.running()) return true;
    if (!writing_.Done()) return false;
    if (evicted_ == nullptr) return true;
    const std::shared_ptr<Evicted> evicted = std::exchange(evicted_, nullptr);
    if (evicted->own) {
      collector_ = std::move(evicted->rows);
      resident_ = evicted->resident;
    } else {
      spill_->Keep(std::move(evicted->rows), evicted->resident);
    }
    return true;
  }

  // Memory of at least `worth` bytes in one piece comes back, or has come back when the driver is woken.
  Relief MakeRoom(DriverContext& context, size_t worth) {
    if (std::unique_ptr<JoinTable::Collector> misfit = spill_->TakeMisfit()) {
      StartEvicting(context, std::move(misfit), /*own=*/false);
      return Relief::kMade;
    }
    if (leaving_ != nullptr && !leaving_->empty() && leaving_->MemoryBytes() >= std::min(worth, flush_bytes_)) {
      StartWriting(context);
      return Relief::kMade;
    }
    const bool can_shrink = resident_ != 0 && collector_->row_count() != 0 && collector_->MemoryBytes() >= worth;
    // Others give memory back for the last wish before there is another one.
    if ((can_shrink && spill_->has_shrunk()) || (!can_shrink && worth == 1)) {
      if (spill_->group().WaitForMemory(*context.waker, waited_)) return Relief::kBlocked;
    }
    if (!can_shrink) return Relief::kNone;
    spill_->Shrink(resident_);
    return Relief::kMade;
  }

  bool TryAppend() {
    const std::unique_ptr<Error> error = CatchError([&] { Append(); });
    if (error == nullptr) return true;
    if (error->sqlstate() != sqlstate::kOutOfMemory) throw Error(*error);
    return false;
  }

  void Append() {
    Evaluate(*pending_);
    if (resident_ != spill_->build()->count()) LetGo();
    if (!pending_->empty()) {
      const size_t before = collector_->key_row_count();
      collector_->Append(key_columns_, payload_, pending_->rows());
      spill_->AddRows(collector_->key_row_count() - before);
    }
    pending_.reset();
  }

  // Puts rows of partitions that are not resident aside; the others are pending still.
  void LetGo() {
    const JoinTable& table = shared_.table();
    const SpillPartitions& partitions = *spill_->build();
    auto staying = std::make_shared<Selection>();
    leaving_rows_.clear();
    leaving_hashes_.clear();
    RowSet rows = pending_->rows();
    if (table.SplitMatchable(key_columns_, rows, matchable_, null_rows_)) {
      rows = RowSet::Of(matchable_);
      if (resident_ == 0 && table.spec().keep_null_keys) {
        collector_->NoteNullKey(!null_rows_.empty());
        leaving_rows_ = null_rows_;
        // Without a partner they may be in any partition.
        for (size_t i = 0; i < null_rows_.size(); ++i) leaving_hashes_.push_back(HashInt(next_null_++));
      } else {
        *staying = null_rows_;
      }
    }
    hashes_.resize(rows.count());
    hasher_.Hash(key_columns_, rows, hashes_.data());
    for (size_t i = 0; i < rows.count(); ++i) {
      if (partitions.Of(hashes_[i]) < resident_) {
        staying->push_back(static_cast<uint32_t>(rows[i]));
      } else {
        leaving_rows_.push_back(static_cast<uint32_t>(rows[i]));
        leaving_hashes_.push_back(hashes_[i]);
      }
    }
    if (!leaving_rows_.empty()) {
      if (leaving_ == nullptr) {
        std::vector<Type> types = table.spec().key_types;
        types.insert(types.end(), table.spec().payload_types.begin(), table.spec().payload_types.end());
        leaving_ = std::make_shared<SpillPartitionRows>(std::move(types), spill_->tracker());
        flush_bytes_ = spill_->FlushBytes(threads_);
      }
      std::vector<ColumnPtr> columns = key_columns_;
      columns.insert(columns.end(), payload_.begin(), payload_.end());
      leaving_->Append(columns, RowSet::Of(leaving_rows_), leaving_hashes_);
    }
    std::ranges::sort(*staying);
    pending_ = pending_->WithSelection(std::move(staying));
  }

  void Start(DriverContext& context, std::move_only_function<void()> work) {
    spill_->group().BeginWrite();
    // Holds what it uses: the driver may go while it runs.
    writing_.Start(context.query.services.io, *context.waker, [spill = spill_, work = std::move(work)]() mutable {
      const std::unique_ptr<Error> error = CatchError(work);
      work = nullptr;
      spill->group().EndWrite();
      if (error != nullptr) throw Error(*error);
    });
  }

  const std::shared_ptr<SpillPartitionFile>& File() {
    if (file_ == nullptr) file_ = spill_->NewBuildFile();
    return file_;
  }

  void StartEvicting(DriverContext& context, std::unique_ptr<JoinTable::Collector> rows, bool own) {
    evicted_ = std::make_shared<Evicted>();
    evicted_->rows = std::move(rows);
    evicted_->resident = spill_->resident();
    evicted_->own = own;
    Start(context, [spill = spill_, file = File(), evicted = evicted_] {
      evicted->rows = spill->Evict(std::move(evicted->rows), evicted->resident, *file);
    });
  }

  void StartWriting(DriverContext& context) {
    flush_bytes_ = spill_->FlushBytes(threads_);
    Start(context, [spill = spill_, file = File(), rows = leaving_] { rows->WriteTo(*file, *spill->build()); });
  }

  struct Evicted {
    std::unique_ptr<JoinTable::Collector> rows;
    size_t resident = 0;
    bool own = false;  // this driver's, which goes on with them
  };
  HashJoinBuild& shared_;
  Evaluator keys_;
  const int threads_;
  const std::shared_ptr<JoinSpill> spill_;  // null: all must fit
  std::unique_ptr<JoinTable::Collector> collector_;
  size_t resident_ = 0;           // partitions that collector_ may have rows of
  std::optional<Chunk> pending_;  // comes when there is memory
  std::vector<ColumnPtr> key_columns_;
  std::vector<ColumnPtr> payload_;
  uint64_t waited_ = 0;  // see SpillGroup::WaitForMemory

  std::shared_ptr<SpillPartitionRows> leaving_;  // null until something leaves
  size_t flush_bytes_ = SIZE_MAX;
  std::shared_ptr<SpillPartitionFile> file_;
  std::shared_ptr<Evicted> evicted_;  // while it runs
  BackgroundStep writing_;
  KeyHasher hasher_;
  std::vector<uint64_t> hashes_;
  std::vector<uint64_t> leaving_hashes_;
  std::vector<uint32_t> leaving_rows_, matchable_, null_rows_;
  uint64_t next_null_ = 0;
};

}  // namespace

std::unique_ptr<SinkOperator> MakeJoinCollector(HashJoinBuild& shared, const QueryContext& query) {
  return std::make_unique<JoinCollector>(shared, query);
}

}  // namespace weir
