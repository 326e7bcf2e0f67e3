#include "exec/operator/external_sort.h"

#include <algorithm>
#include <utility>

#include "algo/row_merge.h"

namespace weir {

namespace {

// What is written and read at once. A merge holds two of each run.
constexpr size_t kSpillChunkBytes = size_t{64} << 10;
constexpr size_t kSpillChunkRowsMin = 64;
// What is left to the rest of the query, as a part of the run, where that is more than SpillGroup's headroom.
constexpr size_t kHeadroomPart = 2;
// Smaller runs are not worth a file, unless there is nothing else to give.
constexpr size_t kRunBytesMin = size_t{1} << 20;
// Runs of more rows are sorted before the input ends: sorting one is a step that does not yield.
constexpr size_t kRunRowsMax = size_t{1} << 20;
// Nor are these where a driver has nobody to wait for.
constexpr size_t kSmallRunBytesMin = size_t{1} << 18;

bool IsTight(size_t bytes, const MemoryTracker& tracker) {
  const auto part = static_cast<int64_t>(bytes / kHeadroomPart);
  return tracker.available_bytes() < std::max(SpillGroup::kHeadroomBytes, part);
}

// A driver's rows as the run that they become.
class RowsOfRun final : public RunRows {
 public:
  RowsOfRun(std::shared_ptr<const SortLayout> layout, std::shared_ptr<MemoryTracker> tracker)
      : layout_(std::move(layout)), tracker_(std::move(tracker)), run_(NewRun()) {}
  void Append(const Chunk& chunk) override { run_->Append(chunk); }
  size_t row_count() const override { return run_->row_count(); }
  size_t MemoryBytes() const override { return run_->MemoryBytes(); }
  void Finish() override { run_->Finish(); }
  std::unique_ptr<SortRun> TakeRun() override { return std::exchange(run_, NewRun()); }

 private:
  std::unique_ptr<SortRun> NewRun() const { return std::make_unique<SortRun>(layout_, tracker_); }

  const std::shared_ptr<const SortLayout> layout_;
  const std::shared_ptr<MemoryTracker> tracker_;
  std::unique_ptr<SortRun> run_;
};

}  // namespace

// ---- SortRuns

void SortRuns::Add(std::unique_ptr<RunRows> rows) {
  const std::scoped_lock lock(mutex_);
  in_memory_.push_back(std::move(rows));
}

std::unique_ptr<SortRun> SortRuns::TakeBack() {
  const std::scoped_lock lock(mutex_);
  if (in_memory_.empty()) return nullptr;
  const std::unique_ptr<RunRows> rows = std::move(in_memory_.back());
  in_memory_.pop_back();
  return rows->TakeRun();
}

std::vector<std::unique_ptr<SortRun>> SortRuns::TakeAll() {
  std::vector<std::unique_ptr<SortRun>> out;
  for (const auto& rows : TakeRows()) out.push_back(rows->TakeRun());
  return out;
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
  chunk_rows_ = std::min(chunk_rows_, rows);
  ++spilled_.spills;
  spilled_.spilled_bytes += static_cast<int64_t>(file->bytes());
  files_.push_back(std::move(file));
}

void SortRuns::MergeFiles(size_t count, const std::shared_ptr<MemoryTracker>& tracker, const CancellationToken& token) {
  std::ranges::sort(files_, std::ranges::greater(), [](const auto& file) { return file->bytes(); });
  count = std::min(count, files_.size());
  const std::vector<std::shared_ptr<SpillFile>> from(files_.end() - static_cast<ptrdiff_t>(count), files_.end());
  std::vector<uint64_t> offsets(count);
  auto file = std::make_shared<SpillFile>(*area_);
  RowMerge merge(layout_, count, tracker);
  for (;;) {
    while (const std::optional<size_t> wanted = merge.wanted()) {
      merge.Feed(*wanted, from[*wanted]->Read(offsets[*wanted]));
    }
    const std::optional<Chunk> chunk = merge.Next(chunk_rows_);
    if (!chunk.has_value()) break;
    if (!chunk->empty()) file->Append(*chunk);
    token.ThrowIfCanceled();
  }
  file->Finish();
  spilled_.spilled_bytes += static_cast<int64_t>(file->bytes());
  files_.resize(files_.size() - count);
  files_.push_back(std::move(file));
}

size_t SortRuns::in_memory_rows() const {
  size_t rows = 0;
  for (const auto& part : in_memory_) rows += part->row_count();
  return rows;
}

void SortRuns::ReportTo(obs::ProfileNode& profile) const {
  profile.Merge(spilled_);
}

// ---- RunCollector

RunCollector::RunCollector(std::shared_ptr<SortRuns> runs, std::shared_ptr<MemoryTracker> tracker, bool forced,
                           std::unique_ptr<RunRows> rows)
    : forced_(forced),
      is_run_(rows == nullptr),
      runs_(std::move(runs)),
      tracker_(std::move(tracker)),
      rows_(rows != nullptr ? std::move(rows) : std::make_unique<RowsOfRun>(runs_->layout(), tracker_)),
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
        StartWriting(context, rows_->TakeRun());
        continue;
      }
    }
    if (TryAppend()) {
      if (is_run_ && rows_->row_count() >= kRunRowsMax) {
        rows_->Finish();
        runs_->Add(std::exchange(rows_, std::make_unique<RowsOfRun>(runs_->layout(), tracker_)));
      }
      continue;
    }
    asked_ = runs_->group().AskAll();
    if (IsWorthIt()) {
      StartWriting(context, rows_->TakeRun());
    } else if (std::unique_ptr<SortRun> run = runs_->TakeBack()) {
      StartWriting(context, std::move(run));
    } else if (runs_->group().WaitForMemory(*context.waker, waited_)) {
      return blocked();
    } else if (rows_->row_count() != 0) {
      StartWriting(context, rows_->TakeRun());
    } else {
      rows_->Append(*pending_);  // says what is wrong
    }
  }
}

Step RunCollector::Finish(DriverContext& context) {
  for (;;) {
    if (Poll(context) == Step::kBlocked) return Step::kBlocked;
    if (rows_->row_count() == 0) {
      runs_->group().Leave();
      return Step::kFinished;
    }
    if (!runs_->group().has_written()) break;
    StartWriting(context, rows_->TakeRun());
  }
  rows_->Finish();
  runs_->Add(std::move(rows_));
  runs_->group().Leave();
  return Step::kFinished;
}

bool RunCollector::IsWorthIt() const {
  return rows_->MemoryBytes() >= kRunBytesMin || (IsForced() && rows_->row_count() != 0);
}

bool RunCollector::IsForced() const {
  return forced_ && runs_->group().writes() < SpillGroup::kForcedWritesMax;
}

bool RunCollector::TryAppend() {
  if (runs_->can_spill() && IsWorthIt() && tracker_ != nullptr &&
      (IsForced() || IsTight(rows_->MemoryBytes(), *tracker_))) {
    return false;
  }
  try {
    rows_->Append(*pending_);
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

// ---- RunWriter

RunWriter::RunWriter(std::shared_ptr<SortRuns> runs, std::shared_ptr<MemoryTracker> tracker, bool forced)
    : forced_(forced),
      runs_(std::move(runs)),
      tracker_(std::move(tracker)),
      rows_(std::make_unique<RowsOfRun>(runs_->layout(), tracker_)) {}

void RunWriter::Append(const Chunk& rows) {
  if (!runs_->can_spill()) return rows_->Append(rows);
  const bool forced = forced_ && runs_->group().writes() < SpillGroup::kForcedWritesMax;
  const size_t bytes = rows_->MemoryBytes();
  const bool tight =
      tracker_ != nullptr && ((bytes >= kRunBytesMin && IsTight(bytes, *tracker_)) ||
                              (bytes >= kSmallRunBytesMin && tracker_->available_bytes() < SpillGroup::kHeadroomBytes));
  if (rows_->row_count() != 0 && (forced || tight)) Write();
  try {
    rows_->Append(rows);
  } catch (const Error& error) {
    if (error.sqlstate() != sqlstate::kOutOfMemory || rows_->row_count() == 0) throw;
    Write();
    rows_->Append(rows);
  }
}

void RunWriter::Finish(bool keep) {
  if (rows_ == nullptr) return;
  if (keep && !runs_->group().has_written()) {
    rows_->Finish();
    runs_->Add(std::move(rows_));
  } else if (rows_->row_count() != 0) {
    Write();
  }
  rows_.reset();
}

void RunWriter::Write() {
  runs_->group().BeginWrite();
  const std::unique_ptr<Error> error = CatchError([&] { runs_->Write(rows_->TakeRun()); });
  runs_->group().EndWrite();
  if (error != nullptr) throw Error(*error);
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

SortedRunsReader::SortedRunsReader(std::shared_ptr<SortRuns> runs, std::shared_ptr<MemoryTracker> tracker)
    : runs_(std::move(runs)), tracker_(std::move(tracker)) {}

SortedRunsReader::~SortedRunsReader() = default;

// Each takes a chunk that is merged and one that is read ahead, and rows take more than their chunk did. Half of the
// memory is left to others.
size_t SortedRunsReader::FilesMax() const {
  constexpr size_t kBytesPerFile = 4 * kSpillChunkBytes;
  constexpr size_t kFilesMin = 8;
  constexpr size_t kFilesMax = 1024;
  if (tracker_ == nullptr) return kFilesMax;
  const auto available = static_cast<uint64_t>(std::max<int64_t>(tracker_->available_bytes(), 0));
  return std::clamp<uint64_t>(available / 2 / kBytesPerFile, kFilesMin, kFilesMax);
}

Step SortedRunsReader::Pull(DriverContext& context, Chunk& out) {
  while (state_ == nullptr) {
    if (merging_.running() && !merging_.Done()) {
      context.block_reason = BlockReason::kIo;
      return Step::kBlocked;
    }
    const size_t files_max = FilesMax();
    const size_t count = runs_->files().size();
    if (count <= files_max) {
      state_ = std::make_unique<State>(*runs_, tracker_);
      break;
    }
    // Holds what it uses: the driver may go while it runs.
    merging_.Start(context.query.services.io, *context.waker,
                   [runs = runs_, tracker = tracker_, token = context.query.token,
                    merged = std::min(files_max, count - files_max + 1)] { runs->MergeFiles(merged, tracker, token); });
  }
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
