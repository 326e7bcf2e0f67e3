#include "exec/operator/external_aggregate.h"

#include <algorithm>
#include <utility>

namespace weir {

namespace {

constexpr size_t kSpillChunkBytes = size_t{256} << 10;
constexpr size_t kSpillChunkRowsMin = 64;
// Smaller tables are not worth a file.
constexpr size_t kTableBytesMin = size_t{1} << 20;
constexpr size_t kTableOfSeveralBytesMin = size_t{1} << 18;

}  // namespace

bool SpilledGroups::IsWorthIt(const GroupTable& table) {
  return table.MemoryBytes() >= kTableBytesMin;
}

// A table that grows needs about half as much again for a moment, and those of all drivers may grow together.
bool SpilledGroups::IsTight(const GroupTable& table, const MemoryTracker& tracker, int drivers) {
  const auto bytes = static_cast<int64_t>(table.MemoryBytes());
  return IsWorthIt(table) &&
         tracker.available_bytes() < std::max(SpillGroup::kHeadroomBytes, bytes * (1 + drivers) / 2);
}

bool SpilledGroups::IsTightBesideOthers(const GroupTable& table, const MemoryTracker& tracker, int drivers) {
  if (IsTight(table, tracker, drivers)) return true;
  return table.MemoryBytes() >= kTableOfSeveralBytesMin && tracker.available_bytes() < SpillGroup::kHeadroomBytes;
}

void SpilledGroups::Write(std::unique_ptr<GroupTable> table, const std::shared_ptr<MemoryTracker>& tracker) {
  const size_t row_bytes = table->MemoryBytes() / std::max<size_t>(table->group_count(), 1) + 1;
  const size_t rows = std::clamp(kSpillChunkBytes / row_bytes, kSpillChunkRowsMin, kChunkRowsDefault);
  std::vector<std::unique_ptr<GroupTable>> one;
  one.push_back(std::move(table));
  GroupMerge merge(std::move(one), tracker, kPartitionBits);
  merge.PartitionTable(0);
  Table out{std::make_unique<SpillFile>(*area_), {}};
  for (size_t p = 0; p < kPartitions; ++p) {
    out.offsets.push_back(out.file->bytes());
    GroupScan scan = merge.MergePartition(p, GroupOutput::kStates);
    while (const std::optional<Chunk> chunk = scan.Next(rows)) out.file->Append(*chunk);
  }
  out.offsets.push_back(out.file->bytes());
  out.file->Finish();
  const std::scoped_lock lock(mutex_);
  tables_.push_back(std::move(out));
}

// Chunks of one partition of one table, as the I/O pool reads them.
struct SpilledGroupsReader::Input {
  std::shared_ptr<SpilledGroups> spilled;
  size_t table = 0;
  uint64_t offset = 0;
  uint64_t end = 0;
  std::vector<Chunk> chunks;

  void Read() {
    constexpr uint64_t kReadAtOnce = uint64_t{1} << 20;
    const uint64_t until = std::min(end, offset + kReadAtOnce);
    while (offset < until) chunks.push_back(*spilled->tables()[table].file->Read(offset));
  }
};

SpilledGroupsReader::SpilledGroupsReader(std::shared_ptr<SpilledGroups> spilled, GroupMerge* in_memory,
                                         std::atomic<size_t>& next, std::shared_ptr<MemoryTracker> tracker)
    : spilled_(std::move(spilled)), in_memory_(in_memory), next_(next), tracker_(std::move(tracker)) {}

bool SpilledGroupsReader::NextPartition() {
  partition_ = next_.fetch_add(1, std::memory_order_relaxed);
  if (partition_ >= SpilledGroups::kPartitions) return false;
  table_ = std::make_unique<GroupTable>(spilled_->layout(), tracker_);
  table_at_ = 0;
  if (in_memory_ == nullptr) return true;
  GroupScan scan = in_memory_->MergePartition(partition_, GroupOutput::kStates);
  while (const std::optional<Chunk> chunk = scan.Next()) Take(*chunk);
  return true;
}

void SpilledGroupsReader::Take(const Chunk& states) {
  const size_t keys = spilled_->layout()->key_types().size();
  table_->FindOrInsert({states.columns().data(), keys}, states.rows());
  for (size_t a = 0; a < spilled_->layout()->aggregates().size(); ++a) {
    table_->MergeSerialized(a, *states.column(keys + a), states.rows());
  }
}

Step SpilledGroupsReader::Pull(DriverContext& context, Chunk& out) {
  for (;;) {
    if (scan_.has_value()) {
      if (std::optional<Chunk> chunk = scan_->Next(context.query.chunk_rows())) {
        out = std::move(*chunk);
        return Step::kHasOutput;
      }
      scan_.reset();
      table_.reset();
    }
    if (table_ == nullptr && !NextPartition()) return Step::kFinished;
    if (reading_.running()) {
      if (!reading_.Done()) {
        context.block_reason = BlockReason::kIo;
        return Step::kBlocked;
      }
      for (const Chunk& chunk : std::exchange(input_->chunks, {})) Take(chunk);
      if (input_->offset == input_->end) {
        input_.reset();
        ++table_at_;
      }
    }
    if (table_at_ == spilled_->tables().size()) {
      scan_.emplace(*table_, GroupOutput::kFinal);
      continue;
    }
    if (input_ == nullptr) {
      const std::vector<uint64_t>& offsets = spilled_->tables()[table_at_].offsets;
      input_ = std::make_shared<Input>(Input{spilled_, table_at_, offsets[partition_], offsets[partition_ + 1], {}});
    }
    if (input_->offset == input_->end) {
      input_.reset();
      ++table_at_;
      continue;
    }
    reading_.Start(context.query.services.io, *context.waker, [input = input_] { input->Read(); });
  }
}

}  // namespace weir
