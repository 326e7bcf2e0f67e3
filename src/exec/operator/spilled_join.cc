#include "exec/operator/spilled_join.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "expr/evaluator.h"

namespace weir {

namespace {

constexpr int kLevelsMax = 4;
constexpr int kCutBits = 6;
constexpr int kForcedCutBits = 2;
// A partition is read in so many parts at most, each with all its probe rows, before it is cut instead.
constexpr int64_t kPartsMax = 4;
// What tables leave free at least, unless they are small.
constexpr int64_t kHeadroomBytes = int64_t{2} << 20;
constexpr size_t kPartBytesMin = size_t{1} << 20;
constexpr size_t kBuildTasksAtOnce = 16;

}  // namespace

// One side's rows of a partition as they come from disk. Used by the I/O pool while it reads, else by the driver.
struct SpilledJoinReader::Reading {
  SpillPartitionReader reader;
  std::deque<Chunk> chunks;

  bool at_end() const { return chunks.empty() && reader.at_end(); }
};

// A partition that is being cut again, first its build rows, then its probe rows.
struct SpilledJoinReader::Cut {
  std::shared_ptr<SpillPartitions> build;
  std::shared_ptr<SpillPartitions> probe;
  bool on_probe = false;
  std::shared_ptr<SpillPartitionRows> rows;
  std::shared_ptr<SpillPartitionFile> file;  // null: finished
  size_t flush_bytes = 0;
  uint64_t next_null = 0;
  KeyHasher hasher;
  Evaluator probe_keys;
  std::vector<uint64_t> hashes;
};

SpilledJoinReader::SpilledJoinReader(const HashJoinBuild& build, SpilledJoinTasks& tasks, const QueryContext& query)
    : build_(build),
      plan_(build.plan()),
      spill_(build.spill()),
      tasks_(tasks),
      query_(query),
      ahead_(spill_->tracker()),
      found_bytes_(spill_->tracker()) {}

// Others may wait for what an early end gives back.
SpilledJoinReader::~SpilledJoinReader() {
  if (phase_ != Phase::kNext) EndTask();
}

Step SpilledJoinReader::Blocked(DriverContext& context) {
  context.block_reason = BlockReason::kIo;
  return Step::kBlocked;
}

Step SpilledJoinReader::Pull(DriverContext& context, Chunk& out) {
  for (;;) {
    if (background_.running() && !background_.Done()) return Blocked(context);
    switch (phase_) {
      case Phase::kNext:
        switch (tasks_.Take(*context.waker, task_, admitted_bytes_)) {
          case SpilledJoinTasks::Next::kNone:
            return Step::kFinished;
          case SpilledJoinTasks::Next::kWait:
            return Blocked(context);
          case SpilledJoinTasks::Next::kTask:
            Begin();
            break;
        }
        break;
      case Phase::kCut:
        GoOnCutting(context);
        break;
      case Phase::kLoad:
        if (!GoOnLoading(context)) return Blocked(context);
        break;
      case Phase::kBuild:
        for (size_t i = 0; i < kBuildTasksAtOnce && build_task_ < table_->build_task_count(); ++i) {
          table_->RunBuildTask(build_task_++);
        }
        if (build_task_ < table_->build_task_count()) {
          context.waker->Wake();
          return Blocked(context);
        }
        StartProbe();
        break;
      case Phase::kProbe: {
        const Step step = GoOnProbing(context, out);
        if (step == Step::kHasOutput) return step;
        // Nothing that is left can come out.
        if (step == Step::kFinished) EndTask();
        break;
      }
      case Phase::kBuildRows:
        if (BuildRows(out)) return Step::kHasOutput;
        EndPart();
        break;
    }
  }
}

void SpilledJoinReader::Begin() {
  std::vector<Type> types = build_.table().spec().key_types;
  const std::vector<Type>& payload = build_.table().spec().payload_types;
  types.insert(types.end(), payload.begin(), payload.end());
  build_in_ = std::make_shared<Reading>(Reading{{task_.build_rows(), types}, {}});
  probe_in_ = std::make_shared<Reading>(Reading{{task_.probe_rows(), plan_.ProbeUsedTypes()}, {}});
  parts_ = 0;
  if (!MustCut()) return StartPart();
  const int bits = spill_->forced() ? kForcedCutBits : kCutBits;
  const int level = task_.build->level() + 1;
  cut_ = std::make_unique<Cut>(Cut{.build = std::make_shared<SpillPartitions>(bits, level),
                                   .probe = std::make_shared<SpillPartitions>(bits, level),
                                   .rows = std::make_shared<SpillPartitionRows>(types, spill_->tracker()),
                                   .flush_bytes = spill_->FlushBytes(query_.threads),
                                   .hasher = {},
                                   .probe_keys = Evaluator(plan_.probe_keys(), query_.registry(), query_.statement),
                                   .hashes = {}});
  cut_->file = std::make_shared<SpillPartitionFile>(spill_->area(), cut_->build);
  phase_ = Phase::kCut;
}

// For tests partitions are cut, or read in many parts, although there is room.
bool SpilledJoinReader::MustCut() {
  const int level = task_.build->level();
  forced_parts_ = spill_->forced() && level == 0 && task_.partition % 2 == task_.build->count() / 4;
  if (plan_.needs_null_rows() || task_.indivisible || level + 1 >= kLevelsMax) return false;
  if (spill_->forced()) return level == 0 && task_.partition == 2;
  return tasks_.TableBytes(task_.build_rows()) > kPartsMax * tasks_.BudgetBytes();
}

void SpilledJoinReader::StartReading(DriverContext& context, const std::shared_ptr<Reading>& from) {
  background_.Start(context.query.services.io, *context.waker, [from, rows = query_.chunk_rows()] {
    for (Chunk& chunk : from->reader.Read(rows)) from->chunks.push_back(std::move(chunk));
  });
}

// ---- cutting

void SpilledJoinReader::GoOnCutting(DriverContext& context) {
  const std::shared_ptr<SpillPartitions>& into = cut_->on_probe ? cut_->probe : cut_->build;
  const std::shared_ptr<Reading>& from = cut_->on_probe ? probe_in_ : build_in_;
  const auto write = [&] {
    background_.Start(context.query.services.io, *context.waker,
                      [rows = cut_->rows, file = cut_->file, into] { rows->WriteTo(*file, *into); });
  };
  if (!cut_->rows->empty() && (from->at_end() || cut_->rows->MemoryBytes() >= cut_->flush_bytes)) return write();
  if (!from->at_end()) {
    if (from->chunks.empty()) return StartReading(context, from);
    const std::unique_ptr<Error> error = CatchError([&] { CutChunk(from->chunks.front()); });
    if (error == nullptr) return from->chunks.pop_front();
    if (error->sqlstate() != sqlstate::kOutOfMemory || cut_->rows->empty()) throw Error(*error);
    return write();
  }
  if (cut_->file != nullptr) {
    return background_.Start(context.query.services.io, *context.waker,
                             [file = std::exchange(cut_->file, nullptr)] { file->Finish(); });
  }
  if (!cut_->on_probe) {
    cut_->on_probe = true;
    cut_->rows = std::make_shared<SpillPartitionRows>(plan_.ProbeUsedTypes(), spill_->tracker());
    cut_->file = std::make_shared<SpillPartitionFile>(spill_->area(), cut_->probe);
    return;
  }
  tasks_.Add(cut_->build, cut_->probe, /*cut_again=*/true);
  EndTask();
}

void SpilledJoinReader::CutChunk(const Chunk& chunk) {
  std::vector<ColumnPtr> keys;
  if (cut_->on_probe) {
    const Chunk input = plan_.ProbeChunk(chunk);
    for (size_t i = 0; i < cut_->probe_keys.size(); ++i) keys.push_back(cut_->probe_keys.Evaluate(i, input));
  } else {
    keys.assign(chunk.columns().begin(), chunk.columns().begin() + static_cast<ptrdiff_t>(plan_.build_keys().size()));
  }
  cut_->hashes.resize(chunk.size());
  cut_->hasher.Hash(keys, RowSet::All(chunk.size()), cut_->hashes.data());
  std::vector<uint32_t> matchable, others;
  if (build_.table().SplitMatchable(keys, RowSet::All(chunk.size()), matchable, others)) {
    for (const uint32_t row : others) cut_->hashes[row] = HashInt(cut_->next_null++);
  }
  cut_->rows->Append(chunk.columns(), RowSet::All(chunk.size()), cut_->hashes);
}

// ---- parts of the build rows

void SpilledJoinReader::StartPart() {
  table_ = std::make_unique<JoinTable>(build_.table().spec(), spill_->tracker());
  collector_ = table_->MakeCollector();
  phase_ = Phase::kLoad;
}

// False: memory comes back when others are done with theirs.
bool SpilledJoinReader::GoOnLoading(DriverContext& context) {
  std::deque<Chunk>& chunks = build_in_->chunks;
  while (!chunks.empty()) {
    if (!HasRoom() || !TryLoad(chunks.front())) {
      if (collector_->row_count() != 0) {
        PrepareTable();
        return true;
      }
      if (tasks_.WaitForOthers(*context.waker)) return false;
      Load(chunks.front());  // says what is wrong
    }
    chunks.pop_front();
  }
  if (build_in_->at_end()) {
    PrepareTable();
  } else {
    StartReading(context, build_in_);
  }
  return true;
}

bool SpilledJoinReader::HasRoom() const {
  if (collector_->row_count() == 0) return true;
  if (forced_parts_) return false;
  return collector_->MemoryBytes() < kPartBytesMin ||
         spill_->tracker()->available_bytes() >= std::max(kHeadroomBytes, spill_->OthersBytes());
}

bool SpilledJoinReader::TryLoad(const Chunk& chunk) {
  const std::unique_ptr<Error> error = CatchError([&] { Load(chunk); });
  if (error != nullptr && error->sqlstate() != sqlstate::kOutOfMemory) throw Error(*error);
  return error == nullptr;
}

// With room for the directory.
void SpilledJoinReader::Load(const Chunk& chunk) {
  const size_t rows = collector_->row_count() + chunk.size();
  ahead_.Resize(static_cast<int64_t>(table_->DirectoryBytes(rows, INT64_MIN, INT64_MAX)));
  const std::span<const ColumnPtr> columns(chunk.columns());
  const size_t keys = plan_.build_keys().size();
  collector_->Append(columns.first(keys), columns.subspan(keys), RowSet::All(chunk.size()));
}

void SpilledJoinReader::PrepareTable() {
  const size_t dense =
      table_->DirectoryBytes(collector_->key_row_count(), collector_->min_key(), collector_->max_key());
  const bool may_be_dense = static_cast<int64_t>(dense) <= ahead_.bytes();
  ahead_.Reset();
  table_->AddCollector(std::move(collector_));
  table_->PrepareBuild(may_be_dense);
  build_task_ = 0;
  phase_ = Phase::kBuild;
}

void SpilledJoinReader::EndPart() {
  probe_.reset();
  table_.reset();
  ++parts_;
  if (build_in_->at_end()) return EndTask();
  probe_in_->reader.Rewind();
  StartPart();
}

void SpilledJoinReader::EndTask() {
  cut_.reset();
  probe_.reset();
  table_.reset();
  found_ = {};
  found_bytes_.Reset();
  build_in_.reset();
  probe_in_.reset();
  // Its part of the disk goes when all partitions of the file have gone.
  task_.build->Forget(task_.partition);
  task_.probe->Forget(task_.partition);
  task_ = {};
  phase_ = Phase::kNext;
  tasks_.Done(admitted_bytes_);
}

// ---- probing

void SpilledJoinReader::StartProbe() {
  passes_.last = build_in_->at_end();
  if (parts_ == 0 && !passes_.last && plan_.tracks_probe_rows()) {
    found_bytes_.Resize(static_cast<int64_t>(task_.probe_rows().rows));
    found_.assign(task_.probe_rows().rows, 0);
  }
  const bool one_pass = parts_ == 0 && passes_.last;
  probe_ = MakeHashJoinProbe(build_.Target(*table_), query_, one_pass || found_.empty() ? nullptr : &passes_);
  probe_busy_ = false;
  probed_ = 0;
  phase_ = Phase::kProbe;
}

// kNeedInput: ask again.
Step SpilledJoinReader::GoOnProbing(DriverContext& context, Chunk& out) {
  Step step = Step::kNeedInput;
  if (probe_busy_) {
    step = probe_->Pull(context, out);
  } else if (!probe_in_->chunks.empty()) {
    const Chunk chunk = std::move(probe_in_->chunks.front());
    probe_in_->chunks.pop_front();
    passes_.found = found_.data() + (found_.empty() ? 0 : probed_);
    probed_ += chunk.size();
    step = probe_->Push(context, plan_.ProbeChunk(chunk), out);
  } else if (!probe_in_->reader.at_end()) {
    StartReading(context, probe_in_);
    return step;
  } else {
    phase_ = Phase::kBuildRows;
    block_ = 0;
    return step;
  }
  probe_busy_ = step == Step::kHasOutput;
  return step;
}

bool SpilledJoinReader::BuildRows(Chunk& out) {
  if (!plan_.emits_build_rows()) return false;
  while (rows_at_ == rows_.size()) {
    rows_.clear();
    rows_at_ = 0;
    if (block_ == table_->block_count()) return false;
    table_->RowsOf(block_++, /*matched=*/plan_.kind() == HashJoinKind::kRightSemi, rows_);
  }
  const size_t count = std::min(query_.chunk_rows(), rows_.size() - rows_at_);
  out = plan_.BuildRowsChunk(*table_, rows_.data() + rows_at_, count);
  rows_at_ += count;
  return true;
}

}  // namespace weir
