#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "exec/background_step.h"
#include "exec/operator/join_rest.h"

namespace weir {

// One driver's way through partitions that are on disk: loads the build rows of one, or as many as fit, probes them
// with its probe rows, goes on with the next part of the build rows. A partition that is much too large is cut again.
class SpilledJoinReader {
 public:
  // All is borrowed from the source.
  SpilledJoinReader(const HashJoinBuild& build, SpilledJoinTasks& tasks, const QueryContext& query);
  ~SpilledJoinReader();
  // kHasOutput, kBlocked or kFinished.
  Step Pull(DriverContext& context, Chunk& out);

 private:
  enum class Phase : uint8_t { kNext, kCut, kLoad, kBuild, kProbe, kBuildRows };
  struct Reading;
  struct Cut;

  static Step Blocked(DriverContext& context);
  void Begin();
  bool MustCut();
  void StartReading(DriverContext& context, const std::shared_ptr<Reading>& from);
  void GoOnCutting(DriverContext& context);
  void CutChunk(const Chunk& chunk);
  void StartPart();
  bool GoOnLoading(DriverContext& context);
  bool HasRoom() const;
  bool TryLoad(const Chunk& chunk);
  void Load(const Chunk& chunk);
  void PrepareTable();
  void StartProbe();
  Step GoOnProbing(DriverContext& context, Chunk& out);
  bool BuildRows(Chunk& out);
  void EndPart();
  void EndTask();

  const HashJoinBuild& build_;
  const HashJoinPlan& plan_;
  const std::shared_ptr<JoinSpill> spill_;
  SpilledJoinTasks& tasks_;
  const QueryContext& query_;

  Phase phase_ = Phase::kNext;
  SpilledJoinTask task_;
  int64_t admitted_bytes_ = 0;
  bool forced_parts_ = false;  // for tests: every chunk of the build side is a part
  BackgroundStep background_;
  std::shared_ptr<Reading> build_in_;
  std::shared_ptr<Reading> probe_in_;
  std::unique_ptr<Cut> cut_;

  // ---- the part of the build rows that is in memory
  size_t parts_ = 0;  // before it
  std::unique_ptr<JoinTable> table_;
  std::unique_ptr<JoinTable::Collector> collector_;
  ScopedReservation ahead_;  // for the directory
  size_t build_task_ = 0;
  std::unique_ptr<TransformOperator> probe_;
  bool probe_busy_ = false;
  uint64_t probed_ = 0;  // probe rows so far
  JoinPasses passes_;
  std::vector<uint8_t> found_;  // per probe row of the partition, when there are several parts
  ScopedReservation found_bytes_;
  size_t block_ = 0;
  std::vector<const uint8_t*> rows_;  // of the block before
  size_t rows_at_ = 0;
};

}  // namespace weir
