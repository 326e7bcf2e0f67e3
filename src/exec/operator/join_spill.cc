#include "exec/operator/join_spill.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/hash.h"

namespace weir {

namespace {

constexpr size_t kDrainBytes = size_t{4} << 20;
constexpr size_t kFlushBytesMin = size_t{64} << 10;
constexpr size_t kFlushBytesMax = size_t{4} << 20;
// Of what is free, that which may wait for being written.
constexpr size_t kFlushPart = 8;
// How many times the rows are there when the first of them leave, at a guess.
constexpr size_t kRowsToCome = 4;

}  // namespace

JoinSpill::JoinSpill(std::shared_ptr<JoinTable> table, SpillArea& area, std::shared_ptr<MemoryTracker> tracker,
                     int bits, size_t rows_expected, bool forced)
    : table_(std::move(table)),
      area_(area),
      tracker_(std::move(tracker)),
      forced_(forced),
      build_(std::make_shared<SpillPartitions>(bits, 0)),
      probe_(std::make_shared<SpillPartitions>(bits, 0)),
      rows_expected_(rows_expected),
      resident_(build_->count()) {}

std::shared_ptr<SpillPartitionFile> JoinSpill::NewBuildFile() {
  std::call_once(filters_made_, [this] {
    const size_t rows = std::max(rows_expected_, kRowsToCome * rows_.load(std::memory_order_relaxed));
    for (const size_t key : filter_keys_) {
      filters_.push_back(std::make_unique<StreamedFilterBuilder>(table_->spec().key_types[key], rows, tracker_));
    }
  });
  if (filters_.empty()) return std::make_shared<SpillPartitionFile>(area_, build_);
  // The file goes before what it is used with, which owns this.
  return std::make_shared<SpillPartitionFile>(area_, build_, [this](const Chunk& chunk) {
    for (size_t i = 0; i < filters_.size(); ++i) filters_[i]->Add(*chunk.column(filter_keys_[i]));
  });
}

size_t JoinSpill::FlushBytes(int drivers) const {
  const auto available = static_cast<size_t>(tracker_->available_bytes());
  return std::clamp(available / kFlushPart / static_cast<size_t>(drivers), kFlushBytesMin, kFlushBytesMax);
}

void JoinSpill::Shrink(size_t from) {
  resident_.compare_exchange_strong(from, from / 2, std::memory_order_acq_rel);
}

bool JoinSpill::IsTight() const {
  const auto directory =
      static_cast<int64_t>(table_->DirectoryBytes(rows_.load(std::memory_order_relaxed), INT64_MIN, INT64_MAX));
  return tracker_->available_bytes() < std::max(SpillGroup::kHeadroomBytes, OthersBytes()) + directory;
}

std::unique_ptr<JoinSpill::Collector> JoinSpill::Evict(std::unique_ptr<Collector> from, size_t& resident,
                                                       SpillPartitionFile& file) {
  std::unique_ptr<Collector> left = table_->MakeCollector();
  left->NoteNullKey(from->has_null_key());
  std::vector<std::vector<const uint8_t*>> leaving(build_->count());
  const auto drain = [&](Collector& rows, bool keep) {
    size_t gone = 0;
    rows.Drain(
        kDrainBytes,
        [&](const uint8_t* row, bool null_key) {
          // Rows without a partner may be in any partition; they go last.
          const bool stays = null_key ? resident != 0 : build_->Of(table_->CollectedHash(row)) < resident;
          if (stays && keep) {
            const std::unique_ptr<Error> error = CatchError([&] { left->AppendCopy(row, null_key); });
            if (error == nullptr) return;
            if (error->sqlstate() != sqlstate::kOutOfMemory) throw Error(*error);
            keep = false;
          }
          gone += null_key ? 0 : 1;
          const uint64_t hash =
              null_key ? HashInt(next_null_.fetch_add(1, std::memory_order_relaxed)) : table_->CollectedHash(row);
          leaving[build_->Of(hash)].push_back(row);
        },
        [&] { file.Write(table_->layout(), {rows.strings()}, leaving); });
    rows_.fetch_sub(gone, std::memory_order_relaxed);
    return keep;
  };
  bool fits = drain(*from, resident != 0);
  from.reset();
  if (fits) fits = CatchError([&] { left->CountStrings(); }) == nullptr;
  if (!fits && resident != 0) {
    for (size_t now = this->resident(); now != 0; now = this->resident()) Shrink(now);
    resident = 0;
    std::unique_ptr<Collector> rest = std::exchange(left, table_->MakeCollector());
    left->NoteNullKey(rest->has_null_key());
    drain(*rest, /*keep=*/false);
  }
  return left;
}

void JoinSpill::Keep(std::unique_ptr<Collector> rows, size_t resident) {
  const std::scoped_lock lock(mutex_);
  kept_.push_back({std::move(rows), resident});
}

std::unique_ptr<JoinSpill::Collector> JoinSpill::TakeMisfit() {
  const std::scoped_lock lock(mutex_);
  const auto misfit = std::ranges::find_if(kept_, [&](const Kept& kept) { return kept.resident != resident(); });
  if (misfit == kept_.end()) return nullptr;
  std::unique_ptr<Collector> out = std::move(misfit->rows);
  kept_.erase(misfit);
  return out;
}

size_t JoinSpill::misfits() const {
  const std::scoped_lock lock(mutex_);
  return static_cast<size_t>(
      std::ranges::count_if(kept_, [&](const Kept& kept) { return kept.resident != resident(); }));
}

bool JoinSpill::DirectoryIsTight() const {
  const std::scoped_lock lock(mutex_);
  size_t rows = 0;
  int64_t min = INT64_MAX;
  int64_t max = INT64_MIN;
  for (const Kept& kept : kept_) {
    rows += kept.rows->key_row_count();
    min = std::min(min, kept.rows->min_key());
    max = std::max(max, kept.rows->max_key());
  }
  return rows != 0 && resident() != 0 &&
         static_cast<int64_t>(table_->DirectoryBytes(rows, min, max)) + SpillGroup::kHeadroomBytes / 2 >
             tracker_->available_bytes();
}

std::vector<std::unique_ptr<JoinSpill::Collector>> JoinSpill::TakeAll() {
  const std::scoped_lock lock(mutex_);
  std::vector<std::unique_ptr<Collector>> out;
  for (Kept& kept : kept_) out.push_back(std::move(kept.rows));
  kept_.clear();
  return out;
}

}  // namespace weir
