#pragma once

#include <map>
#include <memory>
#include <utility>

#include "exec/operator.h"
#include "exec/operator/materialize.h"
#include "exec/pipeline.h"
#include "plan/physical.h"

namespace weir {

// What the rounds of a recursion are built of.
struct RecursionPlan {
  PhysicalPtr node;                                         // a PhysicalRecursion
  PipelineGraph& outer;                                     // whose drivers the rounds' are added to
  obs::ProfileNode& step_profile;                           // of all rounds together
  std::map<CteId, std::shared_ptr<MaterializedRows>> ctes;  // of the query around that the step reads
};

// WITH RECURSIVE: puts out the base's rows, then runs the step as a pipeline graph of its own over them, puts out what
// comes of it, and so on, semi-naively: a round sees only the rows of the round before. Rows are handed on after each
// round, so that a LIMIT above ends a recursion that would not end by itself.
//
// One driver puts out and starts the rounds; a round runs on as many drivers as any query, and blocks the first.
class RecursionSource final : public SourceFactory {
 public:
  RecursionSource(RecursionPlan plan, std::shared_ptr<MaterializedRows> base)
      : plan_(std::move(plan)), base_(std::move(base)) {}
  // False when it is known already.
  bool AddCte(CteId id, std::shared_ptr<MaterializedRows> rows) {
    return plan_.ctes.emplace(id, std::move(rows)).second;
  }
  size_t drivers_max() const override { return 1; }
  std::unique_ptr<SourceOperator> Make(DriverContext& context) override;

 private:
  friend class Recursion;
  RecursionPlan plan_;
  std::shared_ptr<MaterializedRows> base_;
};

}  // namespace weir
