#include "exec/pipeline_builder.h"

#include <algorithm>
#include <utility>

#include "exec/operator/asof_join.h"
#include "exec/operator/filter.h"
#include "exec/operator/hash_aggregate.h"
#include "exec/operator/hash_join.h"
#include "exec/operator/join_rest.h"
#include "exec/operator/limit.h"
#include "exec/operator/materialize.h"
#include "exec/operator/nested_loop_join.h"
#include "exec/operator/plain_scan.h"
#include "exec/operator/project.h"
#include "exec/operator/recursion.h"
#include "exec/operator/row_change.h"
#include "exec/operator/segment_partials.h"
#include "exec/operator/set_operation.h"
#include "exec/operator/sort.h"
#include "exec/operator/storage_scan.h"
#include "exec/operator/unnest.h"
#include "exec/operator/values.h"
#include "exec/operator/window/window.h"
#include "exec/subfield_use.h"

namespace weir {

std::string OperatorName(const PhysicalNode& node) {
  const std::string text = node.ToString();
  return text.substr(0, text.find(' '));
}

PipelineBuilder::PipelineBuilder(QueryContext& query, PipelineGraph& graph, obs::ProfileNode& root_profile)
    : query_(query), graph_(graph), root_profile_(root_profile) {}

void PipelineBuilder::Build(const PhysicalPtr& plan, std::shared_ptr<SinkFactory> results) {
  results->info = {.name = "Result", .types = plan->types()};
  CountUses(*plan);
  subfields_ = FindSubfieldUse(*plan, query_.registry());
  BuildNode(plan, root_profile_, Into(graph_.AddSink(std::move(results))));
}

void PipelineBuilder::CountUses(const PhysicalNode& node) {
  ++uses_[&node];
  for (const PhysicalPtr& child : node.children()) CountUses(*child);
}

PipelineBuilder::Downstream PipelineBuilder::Downstream::After(std::shared_ptr<TransformFactory> first) const {
  Downstream out;
  out.transforms.push_back(std::move(first));
  out.transforms.insert(out.transforms.end(), transforms.begin(), transforms.end());
  out.sink = sink;
  return out;
}

template <typename Factory>
std::shared_ptr<Factory> PipelineBuilder::Named(std::shared_ptr<Factory> factory, std::string name,
                                                const NodeResources& own, std::vector<Type> types) const {
  factory->info = {.name = std::move(name), .profile = own.profile, .tracker = own.tracker, .types = std::move(types)};
  return factory;
}

NodeResources PipelineBuilder::Own(const PhysicalNode& node, obs::ProfileNode& profile) {
  const std::string text = node.ToString();
  const size_t space = text.find(' ');
  if (space != std::string::npos) profile.SetInfo("detail", text.substr(space + 1));
  if (node.estimated_rows() >= 0) {
    profile.SetInfo("estimated rows", fmt::format("{}", static_cast<int64_t>(node.estimated_rows())));
  }
  NodeResources own{&profile, query_.tracker->CreateChild(profile.name(), MemoryScope::kOperator)};
  resources_.push_back(own);
  return own;
}

void PipelineBuilder::BuildChild(const PhysicalNode& node, size_t i, const NodeResources& own, Downstream down) {
  const PhysicalPtr& child = node.child(i);
  BuildNode(child, own.profile->AddChild(OperatorName(*child), ++next_id_), std::move(down));
}

Pipeline& PipelineBuilder::AddPipeline(std::shared_ptr<SourceFactory> source, const Downstream& down) {
  return graph_.AddPipeline(std::move(source), down.transforms, down.sink);
}

void PipelineBuilder::BuildNode(const PhysicalPtr& node, obs::ProfileNode& profile, Downstream down) {
  const NodeResources own = Own(*node, profile);
  const std::string name = own.profile->name();
  const std::vector<Type> types = node->types();
  switch (node->kind()) {
    case PhysicalKind::kScan:
      return BuildScan(node->as<PhysicalScan>(), own, down);
    case PhysicalKind::kValues: {
      auto source = Named(std::make_shared<ValuesSource>(node->as<PhysicalValues>().rows, types), name, own, types);
      AddPipeline(std::move(source), down);
      return;
    }
    case PhysicalKind::kFilter: {
      auto filter = std::make_shared<FilterFactory>(node->as<PhysicalFilter>().predicate);
      return BuildChild(*node, 0, own, down.After(Named(std::move(filter), name, own, types)));
    }
    case PhysicalKind::kProject: {
      auto project =
          std::make_shared<ProjectFactory>(node->as<PhysicalProject>().exprs, node->child()->schema().size());
      return BuildChild(*node, 0, own, down.After(Named(std::move(project), name, own, types)));
    }
    case PhysicalKind::kLimit: {
      const auto& limit = node->as<PhysicalLimit>();
      auto factory = std::make_shared<LimitFactory>(limit.limit, limit.offset);
      return BuildChild(*node, 0, own, down.After(Named(std::move(factory), name, own, types)));
    }
    case PhysicalKind::kUnnest: {
      const auto& unnest = node->as<PhysicalUnnest>();
      auto factory = std::make_shared<UnnestFactory>(unnest.lists, unnest.with_ordinality);
      return BuildChild(*node, 0, own, down.After(Named(std::move(factory), name, own, types)));
    }
    case PhysicalKind::kUnionAll:
      for (size_t i = 0; i < node->children().size(); ++i) BuildChild(*node, i, own, down);
      return;
    case PhysicalKind::kHashAggregate:
      return BuildAggregate(node, own, down);
    case PhysicalKind::kHashJoin:
      return BuildHashJoin(node, own, down);
    case PhysicalKind::kNestedLoopJoin:
      return BuildNestedLoopJoin(node, own, down);
    case PhysicalKind::kAsofJoin:
      return BuildAsofJoin(node, own, down);
    case PhysicalKind::kSort:
    case PhysicalKind::kTopN:
      return BuildSort(node, own, down);
    case PhysicalKind::kWindow:
      return BuildWindow(node, own, down);
    case PhysicalKind::kSetOperation:
      return BuildSetOperation(node, own, down);
    case PhysicalKind::kCte:
      return BuildCte(node, own, down);
    case PhysicalKind::kCteScan: {
      const auto& scan = node->as<PhysicalCteScan>();
      const auto cte = ctes_.find(scan.id);
      if (cte == ctes_.end()) throw Error::Internal("scan of a CTE that is not there: {}", scan.id);
      auto source = std::make_shared<MaterializedSource>(cte->second.rows, scan.ordinals);
      Pipeline& pipeline = AddPipeline(Named(std::move(source), name, own, types), down);
      if (cte->second.sink != nullptr) graph_.WaitForSink(pipeline, *cte->second.sink);
      return;
    }
    case PhysicalKind::kRecursion:
      return BuildRecursion(node, own, down);
    case PhysicalKind::kChange:
      return BuildChange(node, own, down);
  }
  throw Error::Internal("no operator for a plan node of kind {}", static_cast<int>(node->kind()));
}

void PipelineBuilder::BuildScan(const PhysicalScan& scan, const NodeResources& own, const Downstream& down) {
  std::vector<std::shared_ptr<RuntimeFilterSlot>> filters;
  std::vector<PipelineSink*> makers;
  for (const RuntimeFilterTarget& target : scan.runtime_filters) {
    const auto found = filters_.find(target.id);
    if (found == filters_.end()) {
      filters.push_back(nullptr);
      continue;
    }
    filters.push_back(found->second.slot);
    makers.push_back(found->second.sink.get());
  }
  Bound bound{nullptr, 0};
  if (const auto found = bounds_.find(&scan); found != bounds_.end()) bound = found->second;
  std::vector<Type> types = scan.types();
  std::shared_ptr<LateColumns> late;
  if (const auto found = late_columns_.find(&scan); found != late_columns_.end()) {
    late = found->second;
    types = late->types();
  }
  const auto storage_scan = [&] {
    auto out =
        std::make_shared<StorageScanSource>(scan, std::move(filters), bound.bound, bound.column, subfields_[&scan]);
    out->set_late(std::move(late));
    return out;
  };
  std::shared_ptr<SourceFactory> source;
  if (const auto* files = std::get_if<FileSource>(&scan.source)) {
    if (query_.services.files == nullptr) throw Error::Internal("a scan of files without a file system");
    if (files->format == FileSource::Format::kParquet) {
      source = storage_scan();
    } else {
      if (query_.services.formats == nullptr || !query_.services.formats->open.contains(files->format)) {
        throw Error::Unsupported("convert the files to Parquet", "reading files of format {}",
                                 files->format == FileSource::Format::kCsv ? "csv" : "json");
      }
      source = std::make_shared<FormatScanSource>(scan, filters, bound.bound, bound.column);
    }
  } else if (std::holds_alternative<TableSource>(scan.source)) {
    if (query_.services.storage == nullptr || query_.snapshot == nullptr) {
      throw Error::Internal("a scan of a table without storage");
    }
    const auto table = storage_scan();
    if (const auto partials = partials_.extract(&scan); !partials.empty()) table->set_units(partials.mapped());
    source = table;
  } else {
    source = std::make_shared<VirtualScanSource>(scan, filters, bound.bound, bound.column);
  }
  Pipeline& pipeline = AddPipeline(Named(std::move(source), "Scan", own, std::move(types)), down);
  std::ranges::sort(makers);
  makers.erase(std::ranges::unique(makers).begin(), makers.end());
  for (PipelineSink* maker : makers) graph_.WaitForSink(pipeline, *maker);
}

void PipelineBuilder::BuildAggregate(const PhysicalPtr& node, const NodeResources& own, const Downstream& down) {
  const std::string name = own.profile->name();
  const auto& aggregate = node->as<PhysicalHashAggregate>();
  const std::shared_ptr<SegmentPartials> partials = PartialsOf(aggregate);
  auto factory =
      Named(std::make_shared<HashAggregateSink>(aggregate, query_.spill(), partials != nullptr), name, own, {});
  const std::shared_ptr<PipelineSink> sink = graph_.AddSink(factory);
  if (partials == nullptr) {
    BuildChild(*node, 0, own, Into(sink));
  } else {
    const NodeResources part{&own.profile->AddChild("PartialAggregate", ++next_id_), own.tracker};
    partials_[&partials->scan()] = partials;
    BuildChild(*node, 0, part, Into(sink).After(Named(partials, "PartialAggregate", part, partials->types())));
  }
  std::shared_ptr<PipelineSink> complete = sink;
  if (factory->has_feeds()) {
    complete = graph_.AddSink(Named(std::make_shared<FeedSink>(factory), name + " feed", own, {}));
    auto feed = Named(std::make_shared<FeedSource>(factory), name + " feed", own, {});
    graph_.WaitForSink(AddPipeline(std::move(feed), Into(complete)), *sink);
  }
  std::shared_ptr<TopNGroupBound> bound;
  if (const auto found = group_bounds_.find(node.get()); found != group_bounds_.end()) bound = found->second;
  auto source = Named(std::make_shared<HashAggregateSource>(factory, std::move(bound)), name, own, node->types());
  graph_.WaitForSink(AddPipeline(std::move(source), down), *complete);
}

std::shared_ptr<SegmentPartials> PipelineBuilder::PartialsOf(const PhysicalHashAggregate& node) {
  std::shared_ptr<SegmentPartials> partials = SegmentPartials::Of(node, query_);
  if (partials == nullptr || bounds_.contains(&partials->scan())) return nullptr;
  // What a join says of its keys is not in the fragment.
  for (const RuntimeFilterTarget& target : partials->scan().runtime_filters) {
    if (filters_.contains(target.id)) return nullptr;
  }
  return partials;
}

void PipelineBuilder::BuildHashJoin(const PhysicalPtr& node, const NodeResources& own, const Downstream& down) {
  const auto& join = node->as<PhysicalHashJoin>();
  const std::string name = own.profile->name();
  auto build = Named(std::make_shared<HashJoinBuild>(join, query_, own.tracker), name + " build", own, {});
  const std::shared_ptr<PipelineSink> sink = graph_.AddSink(build);
  BuildChild(*node, 1, own, Into(sink));
  if (query_.options.runtime_filters) {
    for (const auto& [id, key] : join.runtime_filters) {
      auto slot = std::make_shared<RuntimeFilterSlot>(id);
      build->AddRuntimeFilter(key, slot);
      filters_[id] = {std::move(slot), sink};
    }
  }
  const std::shared_ptr<TransformFactory> probe =
      Named(std::make_shared<HashJoinProbe>(build), name, own, node->types());
  const size_t first = graph_.pipelines().size();
  BuildChild(*node, 0, own, down.After(probe));
  const std::vector<Pipeline*> probing = Through(*probe, first);
  for (Pipeline* pipeline : probing) graph_.WaitForSink(*pipeline, *sink);
  auto rest = Named(std::make_shared<JoinRestSource>(build), name + " rest", own, node->types());
  Pipeline& pipeline = AddPipeline(std::move(rest), down);
  graph_.WaitForSink(pipeline, *sink);
  for (Pipeline* other : probing) graph_.WaitForPipeline(pipeline, *other);
}

std::vector<Pipeline*> PipelineBuilder::Through(const TransformFactory& transform, size_t first) const {
  std::vector<Pipeline*> out;
  for (size_t i = first; i < graph_.pipelines().size(); ++i) {
    Pipeline* pipeline = graph_.pipelines()[i].get();
    const auto is_it = [&](const auto& other) { return other.get() == &transform; };
    if (std::ranges::any_of(pipeline->transforms, is_it)) out.push_back(pipeline);
  }
  return out;
}

void PipelineBuilder::BuildNestedLoopJoin(const PhysicalPtr& node, const NodeResources& own, const Downstream& down) {
  const std::string name = own.profile->name();
  auto rows = std::make_shared<MaterializedRows>(own.tracker);
  auto materialize = Named(std::make_shared<MaterializeSink>(rows), name + " build", own, {});
  const std::shared_ptr<PipelineSink> sink = graph_.AddSink(std::move(materialize));
  BuildChild(*node, 1, own, Into(sink));
  auto shared = std::make_shared<NestedLoopShared>(node->as<PhysicalNestedLoopJoin>(), std::move(rows));
  const std::shared_ptr<TransformFactory> joiner =
      Named(std::make_shared<NestedLoopJoinFactory>(shared), name, own, node->types());
  const size_t first = graph_.pipelines().size();
  BuildChild(*node, 0, own, down.After(joiner));
  const std::vector<Pipeline*> joining = Through(*joiner, first);
  for (Pipeline* pipeline : joining) graph_.WaitForSink(*pipeline, *sink);
  if (!shared->emits_right_rows()) return;
  auto rest = Named(std::make_shared<UnmatchedRightSource>(shared), name + " right rows", own, node->types());
  Pipeline& pipeline = AddPipeline(std::move(rest), down);
  for (Pipeline* other : joining) graph_.WaitForPipeline(pipeline, *other);
}

void PipelineBuilder::BuildAsofJoin(const PhysicalPtr& node, const NodeResources& own, const Downstream& down) {
  const std::string name = own.profile->name();
  auto build = Named(std::make_shared<AsofBuild>(node->as<PhysicalAsofJoin>(), query_.spill(), own.tracker),
                     name + " build", own, {});
  const std::shared_ptr<PipelineSink> sink = graph_.AddSink(build);
  BuildChild(*node, 1, own, Into(sink));
  const std::shared_ptr<TransformFactory> probe = Named(std::make_shared<AsofProbe>(build), name, own, node->types());
  const size_t first = graph_.pipelines().size();
  BuildChild(*node, 0, own, down.After(probe));
  const std::vector<Pipeline*> probing = Through(*probe, first);
  for (Pipeline* pipeline : probing) graph_.WaitForSink(*pipeline, *sink);
  if (!build->plan().keeps_right() && query_.spill() == nullptr) return;
  auto rest = Named(std::make_shared<AsofRest>(build), name + " rest", own, node->types());
  Pipeline& pipeline = AddPipeline(std::move(rest), down);
  for (Pipeline* other : probing) graph_.WaitForPipeline(pipeline, *other);
}

void PipelineBuilder::BuildSort(const PhysicalPtr& node, const NodeResources& own, const Downstream& down) {
  const std::string name = own.profile->name();
  const std::vector<Type> types = node->types();
  if (node->kind() == PhysicalKind::kSort) {
    auto factory =
        Named(std::make_shared<SortSink>(types, node->as<PhysicalSort>().keys, query_.spill()), name, own, {});
    const std::shared_ptr<PipelineSink> sink = graph_.AddSink(factory);
    BuildChild(*node, 0, own, Into(sink));
    auto source = Named(std::make_shared<SortSource>(factory), name, own, types);
    return graph_.WaitForSink(AddPipeline(std::move(source), down), *sink);
  }
  const auto& top_n = node->as<PhysicalTopN>();
  std::shared_ptr<LateColumns> late;
  if (query_.options.runtime_filters && uses_[node->child().get()] == 1) late = LateColumns::Of(top_n, own.tracker);
  if (late != nullptr) late_columns_[node->child().get()] = late;
  auto factory =
      Named(std::make_shared<TopNSink>(late == nullptr ? types : late->types(),
                                       late == nullptr ? top_n.keys : late->keys(), top_n.limit, top_n.offset),
            name, own, {});
  if (const auto target = FindTopNTarget(*node->child(), top_n.keys.at(0).expr);
      target.has_value() && query_.options.runtime_filters && uses_[target->scan] == 1) {
    auto bound = std::make_shared<TopNBound>(top_n.keys[0].descending, top_n.keys[0].nulls_first);
    factory->set_bound(bound);
    bounds_[target->scan] = {std::move(bound), target->column};
  }
  if (auto groups = FindTopNGroups(*node->child(), top_n.keys);
      groups.has_value() && query_.options.runtime_filters && uses_[groups->aggregate] == 1) {
    const bool is_whole = groups->keys.size() == top_n.keys.size();
    auto bound = std::make_shared<TopNGroupBound>(std::move(groups->keys), is_whole);
    factory->set_group_bound(bound);
    group_bounds_[groups->aggregate] = std::move(bound);
  }
  const std::shared_ptr<PipelineSink> sink = graph_.AddSink(factory);
  BuildChild(*node, 0, own, Into(sink));
  auto source = Named(std::make_shared<TopNSource>(factory, std::move(late)), name, own, types);
  graph_.WaitForSink(AddPipeline(std::move(source), down), *sink);
}

void PipelineBuilder::BuildWindow(const PhysicalPtr& node, const NodeResources& own, const Downstream& down) {
  const std::string name = own.profile->name();
  auto factory = Named(std::make_shared<WindowSink>(node->as<PhysicalWindow>(), node->child()->types(), query_.spill()),
                       name, own, {});
  const std::shared_ptr<PipelineSink> sink = graph_.AddSink(factory);
  BuildChild(*node, 0, own, Into(sink));
  auto source = Named(std::make_shared<WindowSource>(factory), name, own, node->types());
  graph_.WaitForSink(AddPipeline(std::move(source), down), *sink);
}

void PipelineBuilder::BuildSetOperation(const PhysicalPtr& node, const NodeResources& own, const Downstream& down) {
  const std::string name = own.profile->name();
  const std::vector<Type> types = node->types();
  auto factory =
      Named(std::make_shared<SetOperationSink>(node->as<PhysicalSetOperation>().operation, types), name, own, {});
  const std::shared_ptr<PipelineSink> sink = graph_.AddSink(factory);
  std::vector<Type> tagged{TypeKind::kBoolean};
  tagged.insert(tagged.end(), types.begin(), types.end());
  for (size_t side = 0; side < 2; ++side) {
    // Without a profile of its own: the tag is no operator of the plan.
    auto tag = std::make_shared<SideTagFactory>(side == 1);
    tag->info = {.name = "SideTag", .types = tagged};
    BuildChild(*node, side, own, Into(sink).After(std::move(tag)));
  }
  auto source = Named(std::make_shared<SetOperationSource>(factory), name, own, types);
  graph_.WaitForSink(AddPipeline(std::move(source), down), *sink);
}

void PipelineBuilder::BuildCte(const PhysicalPtr& node, const NodeResources& own, const Downstream& down) {
  auto rows = std::make_shared<MaterializedRows>(own.tracker);
  auto materialize = Named(std::make_shared<MaterializeSink>(rows), own.profile->name(), own, {});
  const std::shared_ptr<PipelineSink> sink = graph_.AddSink(std::move(materialize));
  BuildChild(*node, 0, own, Into(sink));
  ctes_[node->as<PhysicalCte>().id] = {std::move(rows), sink};
  BuildChild(*node, 1, own, down);
}

namespace {

void AddCteScans(const PhysicalNode& node, std::vector<CteId>& out) {
  if (node.kind() == PhysicalKind::kCteScan) out.push_back(node.as<PhysicalCteScan>().id);
  for (const PhysicalPtr& child : node.children()) AddCteScans(*child, out);
}

}  // namespace

void PipelineBuilder::BuildRecursion(const PhysicalPtr& node, const NodeResources& own, const Downstream& down) {
  const auto& recursion = node->as<PhysicalRecursion>();
  const std::string name = own.profile->name();
  auto rows = std::make_shared<MaterializedRows>(own.tracker);
  auto materialize = Named(std::make_shared<MaterializeSink>(rows), name + " base", own, {});
  const std::shared_ptr<PipelineSink> sink = graph_.AddSink(std::move(materialize));
  BuildChild(*node, 0, own, Into(sink));
  RecursionPlan plan{.node = node,
                     .outer = graph_,
                     .step_profile = own.profile->AddChild(OperatorName(*recursion.child(1)), ++next_id_),
                     .ctes = {}};
  auto source = Named(std::make_shared<RecursionSource>(std::move(plan), std::move(rows)), name, own, node->types());
  RecursionSource& factory = *source;
  Pipeline& pipeline = AddPipeline(std::move(source), down);
  graph_.WaitForSink(pipeline, *sink);
  // What the step reads besides its own rows is complete before the first round.
  std::vector<CteId> scans;
  AddCteScans(*recursion.child(1), scans);
  for (const CteId id : scans) {
    const auto cte = ctes_.find(id);
    if (cte == ctes_.end() || !factory.AddCte(id, cte->second.rows)) continue;
    if (cte->second.sink != nullptr) graph_.WaitForSink(pipeline, *cte->second.sink);
  }
}

void PipelineBuilder::BuildChange(const PhysicalPtr& node, const NodeResources& own, const Downstream& down) {
  if (query_.services.storage == nullptr || query_.snapshot == nullptr) {
    throw Error::Internal("a change of a table without storage");
  }
  const RowChange& change = node->as<PhysicalChange>().change;
  const std::string name = own.profile->name();
  if (changes_ == nullptr) changes_ = std::make_shared<StatementChanges>();
  const std::shared_ptr<TableChange> own_change = changes_->Add(change, query_.tracker);
  auto returned = std::make_shared<MaterializedRows>(own.tracker);
  const std::shared_ptr<PipelineSink> sink =
      graph_.AddSink(Named(std::make_shared<RowChangeSink>(own_change, returned), name, own, {}));
  change_sinks_.push_back(sink);
  BuildChild(*node, 0, own, Into(sink));
  if (!change.commits) {
    std::vector<size_t> columns;
    if (change.returning) {
      for (size_t i = 0; i < node->schema().size(); ++i) columns.push_back(i);
    }
    auto source = Named(std::make_shared<MaterializedSource>(returned, columns), name, own, node->types());
    graph_.WaitForSink(AddPipeline(std::move(source), down), *sink);
    return;
  }
  auto source = Named(std::make_shared<CommitSource>(changes_, own_change, returned), name, own, node->types());
  Pipeline& pipeline = AddPipeline(std::move(source), down);
  for (const auto& each : change_sinks_) graph_.WaitForSink(pipeline, *each);
}

}  // namespace weir
