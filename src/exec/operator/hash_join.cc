#include "exec/operator/hash_join.h"

#include <algorithm>
#include <utility>

#include "exec/operator/join_aside.h"
#include "exec/operator/join_collector.h"

namespace weir {

namespace {

constexpr int kPartitionBits = 6;
constexpr int kForcedPartitionBits = 2;
constexpr double kExpectedRowsMax = 1e9;

int PartitionBits(const HashJoinPlan& plan, bool forced) {
  if (plan.needs_null_rows()) return 0;  // every probe row may have to do with every build row
  return forced ? kForcedPartitionBits : kPartitionBits;
}

}  // namespace

HashJoinBuild::HashJoinBuild(const PhysicalHashJoin& node, const QueryContext& query,
                             std::shared_ptr<MemoryTracker> tracker)
    : plan_(node), table_(std::make_shared<JoinTable>(plan_.TableSpec(), tracker)) {
  if (query.spill() == nullptr || tracker == nullptr) return;
  const bool forced = query.options.forced_spill;
  const auto expected = static_cast<size_t>(std::clamp(node.child(1)->estimated_rows(), 0.0, kExpectedRowsMax));
  spill_ = std::make_shared<JoinSpill>(table_, *query.spill(), std::move(tracker), PartitionBits(plan_, forced),
                                       expected, forced);
}

std::unique_ptr<SinkOperator> HashJoinBuild::Make(DriverContext& context) {
  return MakeJoinCollector(*this, context.query);
}

JoinProbeTarget HashJoinBuild::Target(const JoinTable& table) const {
  return {.plan = plan_, .table = table, .has_rows = row_count_ != 0 || has_null_key_, .has_null_key = has_null_key_};
}

std::optional<size_t> HashJoinBuild::PrepareStage(QueryContext& /*query*/, size_t /*stage*/) {
  switch (phase_) {
    case Phase::kEvict:
      if (spill_ != nullptr) {
        if (const size_t now = spill_->resident(); spill_->DirectoryIsTight()) spill_->Shrink(now);
        if (const size_t misfits = spill_->misfits(); misfits != 0) return misfits;
        for (auto& rows : spill_->TakeAll()) table_->AddCollector(std::move(rows));
      }
      table_->PrepareBuild();
      row_count_ = table_->row_count() + (spill_ == nullptr ? 0 : spill_->build()->rows());
      has_null_key_ = table_->has_null_key();
      phase_ = Phase::kBuild;
      return table_->build_task_count();
    case Phase::kBuild:
      if (has_spilled()) {
        phase_ = Phase::kStream;
        return FilterTasks();
      }
      for (Filter& filter : filters_) {
        filter.builder = std::make_unique<RuntimeFilterBuilder>(*table_, filter.key, info.tracker);
      }
      phase_ = Phase::kFindRange;
      return FilterTasks();
    case Phase::kStream:
      for (size_t i = 0; i < filters_.size(); ++i) filters_[i].slot->filter = spill_->filter(i)->Finish();
      phase_ = Phase::kDone;
      break;
    case Phase::kFindRange:
      AllocateFilters();
      phase_ = Phase::kFill;
      return FilterTasks();
    case Phase::kFill:
      for (Filter& filter : filters_) {
        filter.slot->filter = filter.builder->Finish();
        filter.builder.reset();
      }
      phase_ = Phase::kDone;
      break;
    case Phase::kDone:
      break;
  }
  return std::nullopt;
}

// A filter that does not fit is not needed.
void HashJoinBuild::AllocateFilters() {
  std::erase_if(filters_, [](Filter& filter) {
    const std::unique_ptr<Error> error = CatchError([&] { filter.builder->Allocate(); });
    if (error != nullptr && error->sqlstate() != sqlstate::kOutOfMemory) throw Error(*error);
    return error != nullptr;
  });
}

void HashJoinBuild::RunTask(QueryContext& /*query*/, size_t /*stage*/, size_t task) {
  switch (phase_) {
    case Phase::kEvict: {
      // Seldom, for drivers do so at their ends; into the system's cache.
      std::unique_ptr<JoinTable::Collector> misfit = spill_->TakeMisfit();
      if (misfit == nullptr) return;
      const std::shared_ptr<SpillPartitionFile> file = spill_->NewBuildFile();
      size_t resident = spill_->resident();
      misfit = spill_->Evict(std::move(misfit), resident, *file);
      file->Finish();
      return spill_->Keep(std::move(misfit), resident);
    }
    case Phase::kBuild:
      return table_->RunBuildTask(task);
    default:
      break;
  }
  if (phase_ == Phase::kStream) return StreamBlock(task / table_->block_count(), task % table_->block_count());
  RuntimeFilterBuilder& builder = *filters_[task / table_->block_count()].builder;
  const size_t block = task % table_->block_count();
  if (phase_ == Phase::kFindRange) {
    builder.FindRange(block);
  } else {
    builder.Fill(block);
  }
}

// The filters know what is on disk; this is the rest.
void HashJoinBuild::StreamBlock(size_t filter, size_t block) {
  if (table_->IsNullBlock(block)) return;
  std::vector<const uint8_t*> rows;
  for (size_t at = 0; at < table_->BlockRows(block); at += kChunkRowsDefault) {
    rows.clear();
    for (size_t i = at; i < std::min(table_->BlockRows(block), at + kChunkRowsDefault); ++i) {
      rows.push_back(table_->BlockRow(block, i));
    }
    spill_->filter(filter)->Add(*table_->GatherKey(filters_[filter].key, rows.data(), rows.size()));
  }
}

std::unique_ptr<TransformOperator> HashJoinProbe::Make(DriverContext& context) {
  const JoinProbeTarget target = build_->Target(build_->table());
  if (build_->has_spilled()) return MakeProbeWithAside(target, build_->spill(), context.query);
  return MakeHashJoinProbe(target, context.query);
}

bool HashJoinProbe::wants_no_input() const {
  return !build_->plan().emits_lone_probe_rows() && build_->empty();
}

}  // namespace weir
