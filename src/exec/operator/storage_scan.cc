#include "exec/operator/storage_scan.h"

#include <algorithm>
#include <utility>

#include "catalog/catalog.h"
#include "exec/query_context.h"
#include "storage/footer_cache.h"
#include "storage/storage.h"

namespace weir {

size_t SourceColumnCount(const ScanSource& source) {
  return std::visit([](const auto& any) { return any.column_ordinals.size(); }, source);
}

StorageScanSource::StorageScanSource(const PhysicalScan& scan, std::vector<std::shared_ptr<RuntimeFilterSlot>> filters,
                                     std::shared_ptr<const TopNBound> bound, size_t bound_column,
                                     std::vector<SubfieldPaths> subfields)
    : scan_(scan), subfields_(std::move(subfields)), filters_(std::move(filters)) {
  filter_.bound = std::move(bound);
  filter_.bound_column = bound_column;
  if (const auto* files = std::get_if<FileSource>(&scan.source); files != nullptr && files->filename_column >= 0) {
    filename_column_ = static_cast<size_t>(files->filename_column);
  }
  with_row_ids_ = std::holds_alternative<TableSource>(scan.source) &&
                  scan.columns.size() > std::get<TableSource>(scan.source).column_ordinals.size();
}

std::pair<std::optional<Value>, std::optional<Value>> StorageScanSource::RangeOf(const QueryContext& query,
                                                                                 size_t column) const {
  std::optional<Value> min, max;
  if (const auto* table = std::get_if<TableSource>(&scan_.source)) {
    const auto statistics = query.snapshot->Statistics(TableId(table->table_id));
    if (statistics == nullptr) return {};
    const auto found = statistics->columns.find(fields_[column]);
    if (found == statistics->columns.end()) return {};
    min = found->second.min;
    max = found->second.max;
  } else {
    for (const FileInfo& info : files_->files()) {
      const auto file = query.footers->OpenFile(*query.services.files, info);
      const auto at = file->footer()->FindColumn(scan_.columns[column].name);
      if (!at.has_value()) return {};
      for (size_t i = 0; i < file->row_group_count(); ++i) {
        const parquet::ColumnBounds bounds = file->Bounds(i, *at);
        if (bounds.all_null()) continue;
        if (!bounds.min.has_value() || !bounds.max.has_value()) return {};
        if (!min.has_value() || Value::Compare(*bounds.min, *min) < 0) min = bounds.min;
        if (!max.has_value() || Value::Compare(*bounds.max, *max) > 0) max = bounds.max;
      }
    }
  }
  const Type& type = scan_.columns[column].type;
  if (!min.has_value() || !max.has_value() || !(min->type() == type) || !(max->type() == type)) return {};
  return {min, max};
}

void StorageScanSource::ChooseFilters(const QueryContext& query) {
  constexpr double kPassingPartMax = 0.9;
  std::vector<std::pair<double, size_t>> ranked;
  for (size_t i = 0; i < filters_.size(); ++i) {
    if (filters_[i] == nullptr || filters_[i]->filter == nullptr) continue;
    const auto [min, max] = RangeOf(query, scan_.runtime_filters[i].column);
    const double part = filters_[i]->filter->PassingPart(min, max);
    if (part <= kPassingPartMax) ranked.emplace_back(part, i);
  }
  std::ranges::stable_sort(ranked);
  for (const auto& [part, i] : ranked) filter_order_.push_back(i);
}

void StorageScanSource::ChooseColumns() {
  const size_t stored = with_row_ids_ ? scan_.columns.size() - 2 : scan_.columns.size();
  position_.assign(scan_.columns.size(), SIZE_MAX);
  // In the order of the filter's steps (ScanRowFilter).
  const auto add = [&](size_t column) {
    if (column >= stored || column == filename_column_ || position_[column] != SIZE_MAX) return;
    position_[column] = delivered_.size();
    delivered_.push_back(column);
  };
  if (filter_.bound != nullptr) {
    add(filter_.bound_column);
    filter_.bound_column = position_[filter_.bound_column];
    if (filter_.bound_column == SIZE_MAX) filter_.bound = nullptr;  // a file name
  }
  for (const ExprPtr& conjunct : scan_.filters) {
    VisitExpr(*conjunct, [&](const Expr& node) {
      if (node.is(ExprKind::kInput)) add(node.input_index());
      return true;
    });
  }
  for (const size_t i : filter_order_) add(scan_.runtime_filters[i].column);
  if (late_ == nullptr) {
    for (const size_t column : scan_.output) add(column);
  } else {
    for (const size_t at : late_->kept()) add(scan_.output[at]);
  }

  for (const ExprPtr& conjunct : scan_.filters) {
    filter_.conjuncts.push_back(RewriteExpr(conjunct, [&](const ExprPtr& node) {
      if (!node->is(ExprKind::kInput)) return node;
      const size_t at = position_[node->input_index()];
      if (at == SIZE_MAX) throw Error::Internal("filter on a column that is not stored: {}", node->ToString());
      return Expr::Input(at, node->type());
    }));
  }
  for (const size_t i : filter_order_) {
    filter_.runtime.push_back({filters_[i], position_[scan_.runtime_filters[i].column]});
  }
}

FieldId StorageScanSource::FieldOf(const QueryContext& query, size_t column) const {
  if (const auto* table = std::get_if<TableSource>(&scan_.source)) {
    const TablePtr def = query.snapshot->catalog()->GetTable(TableId(table->table_id));
    return def->columns.at(table->column_ordinals[column]).id;
  }
  return FieldId(static_cast<uint32_t>(std::get<FileSource>(scan_.source).column_ordinals[column] + 1));
}

std::vector<ScanPredicate> StorageScanSource::Predicates() const {
  std::vector<ScanPredicate> out;
  const auto compare = [](ColumnPredicate::Op op) -> std::optional<ScanCompare> {
    switch (op) {
      case ColumnPredicate::Op::kEqual:
        return ScanCompare::kEqual;
      case ColumnPredicate::Op::kLess:
        return ScanCompare::kLess;
      case ColumnPredicate::Op::kLessEqual:
        return ScanCompare::kLessEqual;
      case ColumnPredicate::Op::kGreater:
        return ScanCompare::kGreater;
      case ColumnPredicate::Op::kGreaterEqual:
        return ScanCompare::kGreaterEqual;
      case ColumnPredicate::Op::kIn:
        return ScanCompare::kIn;
      case ColumnPredicate::Op::kIsNull:
        return ScanCompare::kIsNull;
      case ColumnPredicate::Op::kIsNotNull:
        return ScanCompare::kNotNull;
      case ColumnPredicate::Op::kPrefix:
        return ScanCompare::kPrefix;
      case ColumnPredicate::Op::kNotEqual:
        break;  // prunes nothing worth the asking
    }
    return std::nullopt;
  };
  for (const ColumnPredicate& predicate : scan_.predicates) {
    const std::optional<ScanCompare> how = compare(predicate.op);
    if (how.has_value()) out.push_back({fields_[predicate.column], *how, predicate.values});
  }
  for (size_t i = 0; i < filters_.size(); ++i) {
    if (filters_[i] == nullptr || filters_[i]->filter == nullptr) continue;
    const RuntimeFilter& filter = *filters_[i]->filter;
    const FieldId field = fields_[scan_.runtime_filters[i].column];
    if (!filter.values().empty()) {
      out.push_back({field, ScanCompare::kIn, filter.values()});
    } else if (filter.min().has_value()) {
      out.push_back({field, ScanCompare::kGreaterEqual, {*filter.min()}});
      out.push_back({field, ScanCompare::kLessEqual, {*filter.max()}});
    }
  }
  return out;
}

void StorageScanSource::Prepare(QueryContext& query) {
  const auto passes_nothing = [](const auto& slot) {
    return slot != nullptr && slot->filter != nullptr && slot->filter->nothing_passes();
  };
  if (std::ranges::any_of(filters_, passes_nothing)) return;
  fields_.resize(scan_.columns.size());
  const size_t stored = with_row_ids_ ? scan_.columns.size() - 2 : scan_.columns.size();
  for (size_t i = 0; i < stored; ++i) {
    if (i != filename_column_) fields_[i] = FieldOf(query, i);
  }
  const auto* files = std::get_if<FileSource>(&scan_.source);
  if (files != nullptr) files_ = ParquetFiles::Open(*query.services.files, files->paths, query.footers);
  ChooseFilters(query);
  ChooseColumns();
  ScanSpec spec;
  for (const size_t column : delivered_) {
    spec.columns.push_back(fields_[column]);
    spec.subfields.push_back(column < subfields_.size() ? subfields_[column] : SubfieldPaths());
  }
  spec.predicates = Predicates();
  spec.with_row_ids = with_row_ids_ || late_ != nullptr;
  plan_ = Plan(query, std::move(spec));
  if (late_ != nullptr) PlanLateColumns(query);
  if (units_ != nullptr) {
    auto chosen = std::make_shared<ScanPlan>(*plan_);
    units_->Choose(query, chosen->units);
    plan_ = std::move(chosen);
  }
  if (filter_.bound != nullptr) FindUnitBounds();
}

ScanPlanPtr StorageScanSource::Plan(const QueryContext& query, ScanSpec spec) const {
  if (const auto* table = std::get_if<TableSource>(&scan_.source)) {
    return query.services.storage->PlanScan(query.snapshot, TableId(table->table_id), std::move(spec));
  }
  // Some more than drivers, as some are slower than others.
  const auto threads = static_cast<size_t>(query.threads);
  return files_->Plan(std::move(spec), threads > 1 && units_ == nullptr ? 2 * threads : 1);
}

void StorageScanSource::PlanLateColumns(const QueryContext& query) const {
  ScanSpec spec;
  for (const size_t at : late_->late()) {
    const size_t column = scan_.output[at];
    spec.columns.push_back(fields_[column]);
    spec.subfields.push_back(column < subfields_.size() ? subfields_[column] : SubfieldPaths());
  }
  auto plan = std::make_shared<ScanPlan>(*Plan(query, std::move(spec)));
  // Without the predicates there may be more of them.
  plan->units = plan_->units;
  plan->counters = plan_->counters;
  late_->set_plan(std::move(plan));
}

StorageScanSource::UnitBounds StorageScanSource::BoundsOfUnit(const ScanUnit& unit, bool look_into_segments) const {
  const ScanColumn& column = plan_->columns[filter_.bound_column];
  UnitBounds bounds;
  if (unit.segment == nullptr) return bounds;
  const bool is_row_group = unit.row_group_end == unit.row_group_begin + 1;
  std::shared_ptr<const parquet::ParquetFile> file;
  std::optional<size_t> at;
  if (plan_->match_by_name) {
    file = plan_->footers->OpenFile(*plan_->files, *unit.file);
    at = file->footer()->FindColumn(column.name);
  } else if (look_into_segments && unit.segment->row_group_rows.size() > 1) {
    file = plan_->footers->OpenObject(*plan_->objects, unit.segment->path);
    for (size_t i = 0; i < file->columns().size(); ++i) {
      if (file->columns()[i].field_id == static_cast<int32_t>(column.field.value())) at = i;
    }
  }
  if (at.has_value() && is_row_group && file->schema()[*at].type == column.type) {
    const parquet::ColumnBounds found = file->Bounds(unit.row_group_begin, *at);
    bounds.min = found.min;
    bounds.max = found.max;
    bounds.has_nulls = found.null_count.value_or(1) != 0;
  } else if (!plan_->match_by_name) {
    const auto found = unit.segment->columns.find(column.field);
    if (found != unit.segment->columns.end() && found->second.min.has_value() &&
        found->second.min->type() == column.type) {
      bounds.min = found->second.min;
      bounds.max = found->second.max;
      bounds.has_nulls = found->second.null_count != 0;
    }
  }
  return bounds;
}

void StorageScanSource::FindUnitBounds() {
  // Footers are read one after the other here; those of many segments had better wait for the drivers.
  constexpr size_t kSegmentsToLookInto = 64;
  size_t segments = 0;
  const SegmentInfo* last = nullptr;
  for (const ScanUnit& unit : plan_->units) {
    segments += unit.segment.get() == last ? 0 : 1;
    last = unit.segment.get();
  }
  for (size_t i = 0; i < plan_->units.size(); ++i) {
    unit_bounds_.push_back(BoundsOfUnit(plan_->units[i], segments <= kSegmentsToLookInto));
    unit_bounds_.back().unit = i;
  }
  const bool descending = filter_.bound->descending();
  const auto first = [&](const UnitBounds& bounds) -> const std::optional<Value>& {
    return descending ? bounds.max : bounds.min;
  };
  std::ranges::stable_sort(unit_bounds_, [&](const UnitBounds& a, const UnitBounds& b) {
    if (!first(a).has_value() || !first(b).has_value()) return first(a).has_value() < first(b).has_value();
    const int order = Value::Compare(*first(a), *first(b));
    return descending ? order > 0 : order < 0;
  });
}

bool StorageScanSource::UnitIsWanted(size_t unit) const {
  if (unit_bounds_.empty()) return true;
  const UnitBounds& bounds = unit_bounds_[unit];
  return filter_.bound->MayWant(bounds.min, bounds.max, bounds.has_nulls);
}

size_t StorageScanSource::drivers_max() const {
  if (plan_ == nullptr) return 0;
  return plan_->units.size() + (units_ == nullptr ? 0 : units_->more_drivers());
}

namespace {

size_t TextBytes(const Chunk& chunk) {
  size_t bytes = 0;
  for (const ColumnPtr& column : chunk.columns()) {
    if (!column->is_flat() || column->type().physical() != PhysicalType::kString) continue;
    const auto* texts = column->values<StringRef>();
    for (size_t i = 0; i < column->size(); ++i) bytes += texts[i].size();
  }
  return bytes;
}

}  // namespace

class StorageScanReader final : public SourceOperator, private ScanFilter {
 public:
  StorageScanReader(StorageScanSource& shared, const QueryContext& query)
      : shared_(shared), query_(query), filter_(shared.filter_, query) {
    if (shared_.plan_ != nullptr) reader_.emplace(shared_.plan_, shared.info.tracker);
  }

  Step Pull(DriverContext& context, Chunk& out) override {
    if (!reader_.has_value()) return Step::kFinished;
    for (;;) {
      if (unit_ == nullptr) {
        const size_t at = shared_.next_unit_.fetch_add(1, std::memory_order_relaxed);
        if (at >= shared_.plan_->units.size()) return Step::kFinished;
        if (!shared_.UnitIsWanted(at)) {
          shared_.units_skipped_.fetch_add(1, std::memory_order_relaxed);
          continue;
        }
        unit_ = &shared_.plan_->units[shared_.unit_bounds_.empty() ? at : shared_.unit_bounds_[at].unit];
        reader_->Open(*unit_);
      }
      Chunk chunk;
      const auto unit = static_cast<size_t>(unit_ - shared_.plan_->units.data());
      if (!reader_->Next(context.query.chunk_rows() * batch_chunks_, shared_.filter_.empty() ? nullptr : this, chunk)) {
        if (shared_.units_ != nullptr) shared_.units_->Ended(unit);
        unit_ = nullptr;
        continue;
      }
      context.unit = unit;
      out = Output(chunk);
      return Step::kHasOutput;
    }
  }

  void ReportTo(obs::ProfileNode& profile) override {
    if (filter_.rows_dropped_by_runtime_filters() != 0) {
      profile.AddExtra("rows dropped by runtime filters",
                       static_cast<int64_t>(filter_.rows_dropped_by_runtime_filters()));
    }
  }

 private:
  size_t step_count() const override { return filter_.step_count(); }
  std::optional<size_t> ColumnsOf(size_t step) const override { return filter_.ColumnsOf(step); }
  SelectionPtr Apply(size_t step, const Chunk& chunk) override {
    // A unit in which nothing passes is gone through in one call.
    query_.token.ThrowIfCanceled();
    if (batches_ + 1 == kBatchesPerLook) text_bytes_ = std::max(text_bytes_, TextBytes(chunk));
    return filter_.Apply(step, chunk);
  }
  // Where few rows pass, more are read at a time, so that chunks do not get tiny; but not more text than memory.
  void EndBatch(size_t rows, size_t passed) override {
    rows_seen_ += rows;
    rows_passed_ += passed;
    if (++batches_ < kBatchesPerLook) return;
    if (rows_passed_ * 16 < rows_seen_) {
      if (batch_chunks_ < kBatchChunksMax && 2 * text_bytes_ <= kBatchTextBytesMax) batch_chunks_ *= 2;
    } else if (rows_passed_ * 6 > rows_seen_ && batch_chunks_ > 1) {
      batch_chunks_ /= 2;
    }
    batches_ = rows_seen_ = rows_passed_ = text_bytes_ = 0;
  }

  Chunk Output(const Chunk& chunk) const {
    const PhysicalScan& scan = shared_.scan_;
    std::vector<ColumnPtr> columns;
    columns.reserve(scan.output.size());
    if (shared_.late_ != nullptr) {
      for (const size_t at : shared_.late_->kept()) columns.push_back(chunk.column(shared_.position_[scan.output[at]]));
      const auto unit = static_cast<int64_t>(unit_ - shared_.plan_->units.data());
      columns.push_back(Column::Constant(Value::Int64(unit), chunk.size()));
      for (size_t i = 0; i < 2; ++i) columns.push_back(chunk.column(shared_.delivered_.size() + i));
      return chunk.WithColumns(std::move(columns));
    }
    for (const size_t column : scan.output) {
      if (column == shared_.filename_column_) {
        columns.push_back(Column::Constant(Value::String(unit_->segment->path), chunk.size()));
      } else if (shared_.with_row_ids_ && column + 2 >= scan.columns.size()) {
        columns.push_back(chunk.column(shared_.delivered_.size() + column + 2 - scan.columns.size()));
      } else {
        columns.push_back(chunk.column(shared_.position_[column]));
      }
    }
    return chunk.WithColumns(std::move(columns));
  }

  StorageScanSource& shared_;
  const QueryContext& query_;
  ScanRowFilter filter_;
  std::optional<ScanReader> reader_;
  const ScanUnit* unit_ = nullptr;

  static constexpr size_t kBatchChunksMax = 8;
  static constexpr size_t kBatchTextBytesMax = 4 << 20;
  static constexpr size_t kBatchesPerLook = 4;
  size_t batch_chunks_ = 1;
  // Since the last look.
  size_t batches_ = 0;
  size_t rows_seen_ = 0;
  size_t rows_passed_ = 0;
  size_t text_bytes_ = 0;  // of the last batch, as far as it was read
};

std::unique_ptr<SourceOperator> StorageScanSource::Make(DriverContext& context) {
  return std::make_unique<StorageScanReader>(*this, context.query);
}

void StorageScanSource::ReportTo(obs::ProfileNode& profile) {
  if (plan_ == nullptr) return;
  if (units_ != nullptr) units_->ReportTo(profile);
  const ScanCounters& counters = *plan_->counters;
  obs::ProfileCounters units;
  units.units_pruned = static_cast<int64_t>(counters.row_groups_pruned + counters.segments_pruned + units_skipped_);
  units.units_read = static_cast<int64_t>(plan_->units.size() - units_skipped_);
  profile.Merge(units);
  const auto add = [&](std::string_view name, const std::atomic<uint64_t>& value,
                       obs::ProfileUnit unit = obs::ProfileUnit::kCount) {
    if (value.load() != 0) profile.AddExtra(name, static_cast<int64_t>(value.load()), unit);
  };
  add("segments pruned", counters.segments_pruned);
  add("segments pruned by bucket", counters.segments_pruned_by_bucket);
  add("row groups pruned", counters.row_groups_pruned);
  add("row groups pruned by bloom filter", counters.row_groups_pruned_by_bloom);
  add("row groups pruned by dictionary", counters.row_groups_pruned_by_dictionary);
  add("pages pruned", counters.pages_pruned);
  add("sub-fields not read", counters.subfields_skipped);
  add("units skipped by the TopN bound", units_skipped_);
  add("rows read", counters.rows_read);
  add("rows filtered", counters.rows_filtered);
  add("rows deleted", counters.rows_deleted);
  add("bytes read", counters.bytes_read, obs::ProfileUnit::kBytes);
  add("pages read", counters.pages_read);
  add("pages from cache", counters.pages_from_cache);
}

}  // namespace weir
