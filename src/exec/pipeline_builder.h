#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "exec/pipeline.h"
#include "exec/runtime_filter/runtime_filter.h"
#include "exec/runtime_filter/top_n_bound.h"
#include "plan/physical.h"
#include "storage/scan_spec.h"

namespace weir {

class LateColumns;
class MaterializedRows;
class SegmentPartials;
class StatementChanges;

// "HashJoin": the operator of a node, for profiles and trackers.
std::string OperatorName(const PhysicalNode& node);

// What each plan node has for the whole execution.
struct NodeResources {
  obs::ProfileNode* profile = nullptr;  // owned by its parent
  std::shared_ptr<MemoryTracker> tracker;
};

// Cuts a plan into pipelines. Going down from the root it carries the operators that a node's output passes through
// and the sink at their end; a node that needs all its input first (aggregate, join build, sort) ends the pipelines
// below in a sink of its own and starts a new pipeline that waits for it.
//
// Used once, on one thread. Adding an operator: a case in BuildNode, and its factories in exec/operator/.
class PipelineBuilder {
 public:
  PipelineBuilder(QueryContext& query, PipelineGraph& graph, obs::ProfileNode& root_profile);
  void Build(const PhysicalPtr& plan, std::shared_ptr<SinkFactory> results);
  // Rows that are there already, for CteScans of the plan.
  void AddCte(CteId id, std::shared_ptr<MaterializedRows> rows) { ctes_[id] = {std::move(rows), nullptr}; }
  std::vector<NodeResources> TakeResources() { return std::move(resources_); }

 private:
  // Where a node's output goes.
  struct Downstream {
    std::vector<std::shared_ptr<TransformFactory>> transforms;
    std::shared_ptr<PipelineSink> sink;
    Downstream After(std::shared_ptr<TransformFactory> first) const;
  };

  void BuildNode(const PhysicalPtr& node, obs::ProfileNode& profile, Downstream down);
  void BuildScan(const PhysicalScan& scan, const NodeResources& own, const Downstream& down);
  void BuildAggregate(const PhysicalPtr& node, const NodeResources& own, const Downstream& down);
  // Null: the aggregation takes rows.
  std::shared_ptr<SegmentPartials> PartialsOf(const PhysicalHashAggregate& node);
  void BuildHashJoin(const PhysicalPtr& node, const NodeResources& own, const Downstream& down);
  void BuildNestedLoopJoin(const PhysicalPtr& node, const NodeResources& own, const Downstream& down);
  void BuildAsofJoin(const PhysicalPtr& node, const NodeResources& own, const Downstream& down);
  void BuildSort(const PhysicalPtr& node, const NodeResources& own, const Downstream& down);
  void BuildWindow(const PhysicalPtr& node, const NodeResources& own, const Downstream& down);
  void BuildSetOperation(const PhysicalPtr& node, const NodeResources& own, const Downstream& down);
  void BuildCte(const PhysicalPtr& node, const NodeResources& own, const Downstream& down);
  void BuildRecursion(const PhysicalPtr& node, const NodeResources& own, const Downstream& down);
  void BuildChange(const PhysicalPtr& node, const NodeResources& own, const Downstream& down);

  void CountUses(const PhysicalNode& node);
  NodeResources Own(const PhysicalNode& node, obs::ProfileNode& profile);
  // Builds child `i` of the node into `down`.
  void BuildChild(const PhysicalNode& node, size_t i, const NodeResources& own, Downstream down);
  Downstream Into(std::shared_ptr<PipelineSink> sink) const { return {{}, std::move(sink)}; }
  template <typename Factory>
  std::shared_ptr<Factory> Named(std::shared_ptr<Factory> factory, std::string name, const NodeResources& own,
                                 std::vector<Type> types) const;
  // Those from `first` on that have the transform in them.
  std::vector<Pipeline*> Through(const TransformFactory& transform, size_t first) const;
  Pipeline& AddPipeline(std::shared_ptr<SourceFactory> source, const Downstream& down);

  QueryContext& query_;
  PipelineGraph& graph_;
  obs::ProfileNode& root_profile_;
  int64_t next_id_ = 0;
  std::vector<NodeResources> resources_;
  struct Cte {
    std::shared_ptr<MaterializedRows> rows;
    std::shared_ptr<PipelineSink> sink;  // null: complete
  };
  std::map<CteId, Cte> ctes_;
  struct Filter {
    std::shared_ptr<RuntimeFilterSlot> slot;
    std::shared_ptr<PipelineSink> sink;  // the join build that makes it
  };
  std::map<RuntimeFilterId, Filter> filters_;
  struct Bound {
    std::shared_ptr<TopNBound> bound;
    size_t column;
  };
  std::map<const PhysicalScan*, Bound> bounds_;
  std::map<const PhysicalNode*, std::shared_ptr<TopNGroupBound>> group_bounds_;  // by aggregation
  std::map<const PhysicalNode*, std::shared_ptr<LateColumns>> late_columns_;     // by scan
  std::map<const PhysicalScan*, std::shared_ptr<SegmentPartials>> partials_;     // of the aggregation being built
  std::map<const PhysicalScan*, std::vector<SubfieldPaths>> subfields_;
  std::shared_ptr<StatementChanges> changes_;                // of the plan's changes, when there are any
  std::vector<std::shared_ptr<PipelineSink>> change_sinks_;  // of all of them
  std::map<const PhysicalNode*, size_t> uses_;               // how often each node is in the plan: nodes are shared
};

}  // namespace weir
