#include "storage/inline_reader.h"
#include "storage/scan.h"
#include "storage/segment_reader.h"

namespace weir {

struct ScanReader::Impl {
  Impl(ScanPlanPtr given, std::shared_ptr<MemoryTracker> given_tracker)
      : plan(std::move(given)),
        tracker(std::move(given_tracker)),
        inline_reader(*plan),
        segment_reader(*plan, tracker) {}

  const ScanPlanPtr plan;
  const std::shared_ptr<MemoryTracker> tracker;
  InlineReader inline_reader;
  SegmentReader segment_reader;
  const ScanUnit* unit = nullptr;
};

ScanReader::ScanReader(ScanPlanPtr plan, std::shared_ptr<MemoryTracker> tracker)
    : impl_(std::make_unique<Impl>(std::move(plan), std::move(tracker))) {}
ScanReader::~ScanReader() = default;

void ScanReader::Open(const ScanUnit& unit) {
  impl_->unit = &unit;
  if (unit.segment == nullptr) {
    impl_->inline_reader.Open(unit);
  } else {
    impl_->segment_reader.Open(unit);
  }
}

bool ScanReader::Next(size_t rows_max, ScanFilter* filter, Chunk& out) {
  if (impl_->unit->segment != nullptr) return impl_->segment_reader.Next(rows_max, filter, out);
  while (impl_->inline_reader.Next(rows_max, out)) {
    if (filter == nullptr) return true;
    const size_t before = out.row_count();
    for (size_t step = 0; step < filter->step_count() && !out.empty(); ++step) {
      if (!filter->ColumnsOf(step).has_value()) continue;
      if (SelectionPtr passed = filter->Apply(step, out)) {
        out = out.WithSelection(passed->size() == out.size() ? nullptr : std::move(passed));
      }
    }
    filter->EndBatch(before, out.row_count());
    impl_->plan->counters->rows_filtered += before - out.row_count();
    if (!out.empty()) return true;
  }
  return false;
}

Chunk ScanReader::ReadRows(const ScanUnit& unit, std::span<const RowPlace> places) {
  if (unit.segment == nullptr) return impl_->inline_reader.ReadRows(unit, places);
  return impl_->segment_reader.ReadRows(unit, places);
}

}  // namespace weir
