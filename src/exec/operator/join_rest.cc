#include "exec/operator/join_rest.h"

#include <algorithm>
#include <utility>

#include "exec/operator/spilled_join.h"

namespace weir {

namespace {

// The directory of a table, per row, at most.
constexpr int64_t kDirectoryBytesPerRow = 32;

}  // namespace

void SpilledJoinTasks::Add(const std::shared_ptr<SpillPartitions>& build, const std::shared_ptr<SpillPartitions>& probe,
                           bool cut_again) {
  const std::scoped_lock lock(mutex_);
  file_bytes_seen_ += static_cast<int64_t>(build->file_bytes() + probe->file_bytes());
  for (size_t p = 0; p < build->count(); ++p) {
    const uint64_t build_rows = (*build)[p].rows;
    const uint64_t probe_rows = (*probe)[p].rows;
    partitions_seen_ += build_rows + probe_rows != 0 ? 1 : 0;
    if (build_rows == 0 && (probe_rows == 0 || !plan_.emits_lone_probe_rows())) continue;
    if (probe_rows == 0 && !plan_.emits_build_rows()) continue;
    // No use cutting what stays together.
    const bool together = cut_again && build->rows() - build_rows < build->rows() / 10;
    tasks_.push_back({build, probe, p, together});
  }
  for (const Waker& waker : std::exchange(wakers_, {})) waker.Wake();
}

int64_t SpilledJoinTasks::TableBytes(const SpillPartitions::Partition& build) const {
  return static_cast<int64_t>(build.rows) * (static_cast<int64_t>(build_row_bytes_) + kDirectoryBytesPerRow) +
         static_cast<int64_t>(build.string_bytes);
}

int64_t SpilledJoinTasks::BudgetBytes() const {
  return tracker_->available_bytes() / JoinSpill::kOthersPart * (JoinSpill::kOthersPart - 1);
}

bool SpilledJoinTasks::WaitForOthers(const Waker& waker) {
  const std::scoped_lock lock(mutex_);
  if (running_ <= 1) return false;
  wakers_.push_back(waker);
  return true;
}

SpilledJoinTasks::Next SpilledJoinTasks::Take(const Waker& waker, SpilledJoinTask& out, int64_t& admitted_bytes) {
  const std::scoped_lock lock(mutex_);
  if (tasks_.empty()) {
    if (running_ == 0) return Next::kNone;
    wakers_.push_back(waker);  // it may be cut
    return Next::kWait;
  }
  // What others have been promised they may not have taken yet.
  const int64_t budget = BudgetBytes() - admitted_bytes_ / 2;
  for (auto task = tasks_.begin(); task != tasks_.end(); ++task) {
    const int64_t bytes = TableBytes(task->build_rows());
    if (running_ != 0 && bytes > budget) continue;
    out = std::move(*task);
    tasks_.erase(task);
    ++running_;
    admitted_bytes_ += bytes;
    admitted_bytes = bytes;
    return Next::kTask;
  }
  wakers_.push_back(waker);
  return Next::kWait;
}

void SpilledJoinTasks::Done(int64_t admitted_bytes) {
  const std::scoped_lock lock(mutex_);
  --running_;
  admitted_bytes_ -= admitted_bytes;
  for (const Waker& waker : std::exchange(wakers_, {})) waker.Wake();
}

size_t SpilledJoinTasks::count() const {
  const std::scoped_lock lock(mutex_);
  return tasks_.size();
}

int64_t SpilledJoinTasks::partitions_seen() const {
  const std::scoped_lock lock(mutex_);
  return partitions_seen_;
}

int64_t SpilledJoinTasks::file_bytes_seen() const {
  const std::scoped_lock lock(mutex_);
  return file_bytes_seen_;
}

bool JoinRestSource::IsOver() {
  if (build_->plan().emits_build_rows() && build_->table().block_count() != 0) return false;
  // Before others begin to need memory.
  build_->ReleaseTable();
  return !build_->has_spilled();
}

void JoinRestSource::Prepare(QueryContext& /*query*/) {
  block_count_ = build_->table().block_count();
  if (!build_->has_spilled()) return;
  tasks_ = std::make_unique<SpilledJoinTasks>(build_->plan(), build_->table().layout().row_bytes(), info.tracker);
  tasks_->Add(build_->spill()->build(), build_->spill()->probe());
}

size_t JoinRestSource::drivers_max() const {
  return block_count_ + (tasks_ == nullptr ? 0 : tasks_->count());
}

void JoinRestSource::ReportTo(obs::ProfileNode& profile) {
  if (tasks_ == nullptr) return;
  obs::ProfileCounters spilled;
  spilled.spills = tasks_->partitions_seen();
  spilled.spilled_bytes = tasks_->file_bytes_seen();
  profile.Merge(spilled);
}

class JoinRestReader final : public SourceOperator {
 public:
  JoinRestReader(JoinRestSource& shared, const QueryContext& query) : shared_(shared) {
    if (shared.tasks_ != nullptr) spilled_ = std::make_unique<SpilledJoinReader>(*shared.build_, *shared.tasks_, query);
  }

  Step Pull(DriverContext& context, Chunk& out) override {
    if (BuildRows(context, out)) return Step::kHasOutput;
    return spilled_ == nullptr ? Step::kFinished : spilled_->Pull(context, out);
  }

 private:
  // Of the table that was in memory all the time.
  bool BuildRows(DriverContext& context, Chunk& out) {
    const HashJoinPlan& plan = shared_.build_->plan();
    while (at_ == rows_.size()) {
      if (has_block_ && shared_.blocks_done_.fetch_add(1, std::memory_order_acq_rel) + 1 == shared_.block_count_) {
        shared_.build_->ReleaseTable();
      }
      has_block_ = false;
      const size_t block = shared_.next_block_.fetch_add(1, std::memory_order_relaxed);
      if (block >= shared_.block_count_) return false;
      has_block_ = true;
      rows_.clear();
      at_ = 0;
      shared_.build_->table().RowsOf(block, /*matched=*/plan.kind() == HashJoinKind::kRightSemi, rows_);
    }
    const size_t count = std::min(context.query.chunk_rows(), rows_.size() - at_);
    out = plan.BuildRowsChunk(shared_.build_->table(), rows_.data() + at_, count);
    at_ += count;
    return true;
  }

  JoinRestSource& shared_;
  std::unique_ptr<SpilledJoinReader> spilled_;
  bool has_block_ = false;
  std::vector<const uint8_t*> rows_;
  size_t at_ = 0;
};

std::unique_ptr<SourceOperator> JoinRestSource::Make(DriverContext& context) {
  return std::make_unique<JoinRestReader>(*this, context.query);
}

}  // namespace weir
