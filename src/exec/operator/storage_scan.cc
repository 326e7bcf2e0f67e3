#include "exec/operator/storage_scan.h"

#include <algorithm>
#include <utility>

#include "catalog/catalog.h"
#include "exec/query_context.h"
#include "storage/storage.h"

namespace weir {

size_t SourceColumnCount(const ScanSource& source) {
  return std::visit([](const auto& any) { return any.column_ordinals.size(); }, source);
}

StorageScanSource::StorageScanSource(const PhysicalScan& scan, std::vector<std::shared_ptr<RuntimeFilterSlot>> filters)
    : scan_(scan), filters_(std::move(filters)) {
  if (const auto* files = std::get_if<FileSource>(&scan.source); files != nullptr && files->filename_column >= 0) {
    filename_column_ = static_cast<size_t>(files->filename_column);
  }
  with_row_ids_ = std::holds_alternative<TableSource>(scan.source) &&
                  scan.columns.size() > std::get<TableSource>(scan.source).column_ordinals.size();
  ChooseColumns();
}

void StorageScanSource::ChooseColumns() {
  const size_t stored = with_row_ids_ ? scan_.columns.size() - 2 : scan_.columns.size();
  position_.assign(scan_.columns.size(), SIZE_MAX);
  const auto add = [&](size_t column) {
    if (column >= stored || column == filename_column_ || position_[column] != SIZE_MAX) return;
    position_[column] = delivered_.size();
    delivered_.push_back(column);
  };
  for (const ExprPtr& conjunct : scan_.filters) {
    VisitExpr(*conjunct, [&](const Expr& node) {
      if (node.is(ExprKind::kInput)) add(node.input_index());
      return true;
    });
  }
  for (size_t i = 0; i < filters_.size(); ++i) {
    if (filters_[i] != nullptr) add(scan_.runtime_filters[i].column);
  }
  filter_columns_ = delivered_.size();
  for (const size_t column : scan_.output) add(column);

  for (const ExprPtr& conjunct : scan_.filters) {
    filter_.conjuncts.push_back(RewriteExpr(conjunct, [&](const ExprPtr& node) {
      if (!node->is(ExprKind::kInput)) return node;
      const size_t at = position_[node->input_index()];
      if (at == SIZE_MAX) throw Error::Internal("filter on a column that is not stored: {}", node->ToString());
      return Expr::Input(at, node->type());
    }));
  }
  for (size_t i = 0; i < filters_.size(); ++i) {
    if (filters_[i] == nullptr) continue;
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
  if (filter_.nothing_passes()) return;
  fields_.resize(scan_.columns.size());
  const size_t stored = with_row_ids_ ? scan_.columns.size() - 2 : scan_.columns.size();
  for (size_t i = 0; i < stored; ++i) {
    if (i != filename_column_) fields_[i] = FieldOf(query, i);
  }
  ScanSpec spec;
  for (const size_t column : delivered_) spec.columns.push_back(fields_[column]);
  spec.predicates = Predicates();
  spec.filter_columns = filter_.empty() ? 0 : filter_columns_;
  spec.with_row_ids = with_row_ids_;
  if (const auto* table = std::get_if<TableSource>(&scan_.source)) {
    plan_ = query.services.storage->PlanScan(query.snapshot, TableId(table->table_id), std::move(spec));
  } else {
    const auto& files = std::get<FileSource>(scan_.source);
    plan_ = ParquetFiles::Open(*query.services.files, files.paths, query.footers)->Plan(std::move(spec));
  }
}

size_t StorageScanSource::drivers_max() const {
  return plan_ == nullptr ? 0 : plan_->units.size();
}

class StorageScanReader final : public SourceOperator {
 public:
  StorageScanReader(StorageScanSource& shared, const QueryContext& query)
      : shared_(shared), filter_(shared.filter_, query) {
    if (shared_.plan_ != nullptr) reader_.emplace(shared_.plan_, shared.info.tracker);
    if (!shared_.filter_.empty()) {
      // A unit in which nothing passes is gone through in one call: cancellation is looked for here.
      scan_filter_ = [this, &query](const Chunk& chunk) {
        query.token.ThrowIfCanceled();
        return filter_(chunk);
      };
    }
  }

  Step Pull(DriverContext& context, Chunk& out) override {
    if (!reader_.has_value()) return Step::kFinished;
    for (;;) {
      if (unit_ == nullptr) {
        const size_t at = shared_.next_unit_.fetch_add(1, std::memory_order_relaxed);
        if (at >= shared_.plan_->units.size()) return Step::kFinished;
        unit_ = &shared_.plan_->units[at];
        reader_->Open(*unit_);
      }
      Chunk chunk;
      if (!reader_->Next(context.query.chunk_rows(), scan_filter_, chunk)) {
        unit_ = nullptr;
        continue;
      }
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
  Chunk Output(const Chunk& chunk) const {
    const PhysicalScan& scan = shared_.scan_;
    std::vector<ColumnPtr> columns;
    columns.reserve(scan.output.size());
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
  ScanRowFilter filter_;
  ScanFilter scan_filter_;
  std::optional<ScanReader> reader_;
  const ScanUnit* unit_ = nullptr;
};

std::unique_ptr<SourceOperator> StorageScanSource::Make(DriverContext& context) {
  return std::make_unique<StorageScanReader>(*this, context.query);
}

void StorageScanSource::ReportTo(obs::ProfileNode& profile) {
  if (plan_ == nullptr) return;
  const ScanCounters& counters = *plan_->counters;
  obs::ProfileCounters units;
  units.units_pruned = static_cast<int64_t>(counters.row_groups_pruned + counters.segments_pruned);
  units.units_read = static_cast<int64_t>(plan_->units.size());
  profile.Merge(units);
  const auto add = [&](std::string_view name, const std::atomic<uint64_t>& value,
                       obs::ProfileUnit unit = obs::ProfileUnit::kCount) {
    if (value.load() != 0) profile.AddExtra(name, static_cast<int64_t>(value.load()), unit);
  };
  add("segments pruned", counters.segments_pruned);
  add("row groups pruned", counters.row_groups_pruned);
  add("pages pruned", counters.pages_pruned);
  add("rows read", counters.rows_read);
  add("rows filtered", counters.rows_filtered);
  add("rows deleted", counters.rows_deleted);
  add("bytes read", counters.bytes_read, obs::ProfileUnit::kBytes);
}

}  // namespace weir
