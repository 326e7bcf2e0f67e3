#include "exec/operator/external_sort.h"

#include <algorithm>
#include <utility>

#include "algo/row_merge.h"

namespace weir {

namespace {

// What is written and read at once. A merge holds two of each run.
constexpr size_t kSpillChunkBytes = size_t{64} << 10;
constexpr size_t kSpillChunkRowsMin = 64;
// What is left to the rest of the query, which cannot wait for a run to be written: this much, or as a part of the run.
constexpr int64_t kHeadroomBytes = int64_t{4} << 20;
constexpr size_t kHeadroomPart = 2;
// Smaller runs are not worth a file, unless there is nothing else to give.
constexpr size_t kRunBytesMin = size_t{1} << 20;
// Runs of more rows are sorted before the input ends: sorting one is a step that does not yield.
constexpr size_t kRunRowsMax = size_t{1} << 20;

}  // namespace

// ---- SortRuns

void SortRuns::Add(std::unique_ptr<SortRun> run) {
  const std::scoped_lock lock(mutex_);
  in_memory_.push_back(std::move(run));
}

std::unique_ptr<SortRun> SortRuns::TakeBack() {
  const std::scoped_lock lock(mutex_);
  if (in_memory_.empty()) return nullptr;
  std::unique_ptr<SortRun> run = std::move(in_memory_.back());
  in_memory_.pop_back();
  return run;
}

void SortRuns::Write(std::unique_ptr<SortRun> run) {
  auto file = std::make_shared<SpillFile>(*area_);
  const size_t row_bytes = run->MemoryBytes() / std::max<size_t>(run->row_count(), 1) + 1;
  const size_t rows = std::clamp(kSpillChunkBytes / row_bytes, kSpillChunkRowsMin, kChunkRowsDefault);
  if (!run->finished()) run->Finish();
  std::vector<std::unique_ptr<SortRun>> one;
  one.push_back(std::move(run));
  const SortMerge merge(layout_, std::move(one));
  for (size_t p = 0; p < merge.partition_count(); ++p) {
    SortedScan scan = merge.Partition(p);
    while (const std::optional<Chunk> chunk = scan.Next(rows)) file->Append(*chunk);
  }
  file->Finish();
  const std::scoped_lock lock(mutex_);
  files_.push_back(std::move(file));
}

// ---- RunCollector

RunCollector::RunCollector(std::shared_ptr<SortRuns> runs, std::shared_ptr<MemoryTracker> tracker, bool forced)
    : forced_(forced),
      runs_(std::move(runs)),
      tracker_(std::move(tracker)),
      run_(NewRun()),
      asked_(runs_->group().asked()) {
  runs_->group().Enter();
}

Step RunCollector::Push(DriverContext& context, Chunk rows) {
  pending_ = std::move(rows);
  return Poll(context);
}

Step RunCollector::Poll(DriverContext& context) {
  const auto blocked = [&] {
    context.block_reason = BlockReason::kIo;
    return Step::kBlocked;
  };
  for (;;) {
    if (writing_.running() && !writing_.Done()) return blocked();
    if (!pending_.has_value()) return Step::kNeedInput;
    if (runs_->group().asked() != asked_) {
      asked_ = runs_->group().asked();
      if (IsWorthIt()) {
        StartWriting(context, std::exchange(run_, NewRun()));
        continue;
      }
    }
    if (TryAppend()) {
      if (run_->row_count() >= kRunRowsMax) {
        run_->Finish();
        runs_->Add(std::exchange(run_, NewRun()));
      }
      continue;
    }
    asked_ = runs_->group().AskAll();
    if (IsWorthIt()) {
      StartWriting(context, std::exchange(run_, NewRun()));
    } else if (std::unique_ptr<SortRun> run = runs_->TakeBack()) {
      StartWriting(context, std::move(run));
    } else if (runs_->group().WaitForMemory(*context.waker, waited_)) {
      return blocked();
    } else if (run_->row_count() != 0) {
      StartWriting(context, std::exchange(run_, NewRun()));
    } else {
      run_->Append(*pending_);  // says what is wrong
    }
  }
}

Step RunCollector::Finish(DriverContext& context) {
  for (;;) {
    if (Poll(context) == Step::kBlocked) return Step::kBlocked;
    if (run_->row_count() == 0) {
      runs_->group().Leave();
      return Step::kFinished;
    }
    if (!runs_->group().has_written()) break;
    StartWriting(context, std::exchange(run_, NewRun()));
  }
  run_->Finish();
  runs_->Add(std::move(run_));
  runs_->group().Leave();
  return Step::kFinished;
}

bool RunCollector::IsWorthIt() const {
  return run_->MemoryBytes() >= kRunBytesMin || (IsForced() && run_->row_count() != 0);
}

bool RunCollector::IsForced() const {
  return forced_ && runs_->group().writes() < SpillGroup::kForcedWritesMax;
}

bool RunCollector::TryAppend() {
  if (runs_->can_spill() && IsWorthIt() && tracker_ != nullptr) {
    const auto part = static_cast<int64_t>(run_->MemoryBytes() / kHeadroomPart);
    if (IsForced() || tracker_->available_bytes() < std::max(kHeadroomBytes, part)) return false;
  }
  try {
    run_->Append(*pending_);
  } catch (const Error& error) {
    if (error.sqlstate() != sqlstate::kOutOfMemory || !runs_->can_spill()) throw;
    return false;
  }
  pending_.reset();
  return true;
}

void RunCollector::StartWriting(DriverContext& context, std::unique_ptr<SortRun> run) {
  runs_->group().BeginWrite();
  // Holds what it uses: the driver may go while it runs.
  writing_.Start(context.query.services.io, *context.waker, [runs = runs_, run = std::move(run)]() mutable {
    const std::unique_ptr<Error> error = CatchError([&] { runs->Write(std::move(run)); });
    run.reset();
    runs->group().EndWrite();
    if (error != nullptr) throw Error(*error);
  });
}

// ---- SortedRunsReader

struct SortedRunsReader::State {
  // A file that is read one chunk ahead.
  struct FileStream {
    std::shared_ptr<SpillFile> file;
    std::shared_ptr<std::optional<Chunk>> slot = std::make_shared<std::optional<Chunk>>();
    std::shared_ptr<uint64_t> offset = std::make_shared<uint64_t>(0);
    BackgroundStep reading;

    void Start(DriverContext& context) {
      reading.Start(context.query.services.io, *context.waker,
                    [file = file, slot = slot, offset = offset] { *slot = file->Read(*offset); });
    }
  };

  State(SortRuns& runs, const std::shared_ptr<MemoryTracker>& tracker)
      : files(runs.files().size()),
        merge(runs.layout(), files.size(), tracker),
        ahead(tracker, static_cast<int64_t>(files.size() * kSpillChunkBytes)) {
    for (size_t i = 0; i < files.size(); ++i) files[i].file = runs.files()[i];
  }

  std::vector<FileStream> files;
  RowMerge merge;
  ScopedReservation ahead;
  bool started = false;
};

SortedRunsReader::SortedRunsReader(SortRuns& runs, const std::shared_ptr<MemoryTracker>& tracker)
    : state_(std::make_unique<State>(runs, tracker)) {}

SortedRunsReader::~SortedRunsReader() = default;

Step SortedRunsReader::Pull(DriverContext& context, Chunk& out) {
  State& state = *state_;
  if (!std::exchange(state.started, true)) {
    for (State::FileStream& file : state.files) file.Start(context);
  }
  for (;;) {
    while (const std::optional<size_t> wanted = state.merge.wanted()) {
      State::FileStream& file = state.files[*wanted];
      if (!file.reading.Done()) {
        context.block_reason = BlockReason::kIo;
        return Step::kBlocked;
      }
      const std::optional<Chunk> chunk = std::exchange(*file.slot, std::nullopt);
      if (chunk.has_value()) file.Start(context);
      state.merge.Feed(*wanted, chunk);
    }
    std::optional<Chunk> chunk = state.merge.Next(context.query.chunk_rows());
    if (!chunk.has_value()) return Step::kFinished;
    if (chunk->empty()) continue;
    out = std::move(*chunk);
    return Step::kHasOutput;
  }
}

}  // namespace weir
