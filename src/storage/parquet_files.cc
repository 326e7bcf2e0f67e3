#include <algorithm>

#include "storage/footer_cache.h"
#include "storage/page_pruning.h"
#include "storage/prune.h"
#include "storage/scan.h"
#include "storage/storage.h"

namespace weir {

ParquetFiles::ParquetFiles(FileSystem& file_system, std::vector<FileInfo> files, std::shared_ptr<FooterCache> footers)
    : file_system_(file_system), files_(std::move(files)), footers_(std::move(footers)) {
  schema_ = footers_->OpenFile(file_system_, files_[0])->schema();
}

std::shared_ptr<const ParquetFiles> ParquetFiles::Open(FileSystem& files, const std::vector<std::string>& patterns,
                                                       std::shared_ptr<FooterCache> footers) {
  std::vector<FileInfo> found;
  for (const std::string& pattern : patterns) {
    auto matches = files.Glob(pattern);
    if (matches.empty()) throw Error::User(sqlstate::kUndefinedFile, "no file matches: {}", pattern);
    found.insert(found.end(), std::make_move_iterator(matches.begin()), std::make_move_iterator(matches.end()));
  }
  if (found.empty()) throw Error::User(sqlstate::kInvalidParameterValue, "no file is named");
  return std::shared_ptr<const ParquetFiles>(new ParquetFiles(files, std::move(found), std::move(footers)));
}

uint64_t ParquetFiles::RowCount() const {
  uint64_t rows = 0;
  for (const FileInfo& file : files_) rows += footers_->OpenFile(file_system_, file)->row_count();
  return rows;
}

namespace {

bool HasOffsetIndexes(const parquet::ParquetFile& file, size_t row_group) {
  const auto& columns = file.metadata().row_groups[row_group].columns;
  return std::ranges::all_of(columns, [](const auto& column) { return column.offset_index_offset.has_value(); });
}

// In parts of about the same size, none of them small; those that may be.
void SplitUnits(std::vector<ScanUnit>& units, const std::vector<bool>& may_split, size_t wanted) {
  constexpr uint64_t kPartRowsMin = 64 << 10;
  const size_t parts_max = (wanted + units.size() - 1) / units.size();
  std::vector<ScanUnit> out;
  for (size_t at = 0; at < units.size(); ++at) {
    const ScanUnit& unit = units[at];
    const uint64_t parts = std::min<uint64_t>(parts_max, unit.rows / kPartRowsMin);
    if (parts < 2 || !may_split[at]) {
      out.push_back(unit);
      continue;
    }
    for (uint64_t i = 0; i < parts; ++i) {
      ScanUnit& part = out.emplace_back(unit);
      part.row_range = {unit.rows * i / parts, unit.rows * (i + 1) / parts};
      part.rows = part.row_range->size();
      part.bytes = unit.bytes / parts;
    }
  }
  units = std::move(out);
}

}  // namespace

ScanPlanPtr ParquetFiles::Plan(ScanSpec spec, size_t units_wanted) const {
  auto plan = std::make_shared<ScanPlan>();
  for (const FieldId field : spec.columns) {
    const Field& column = schema_.at(field.value() - 1);
    plan->columns.push_back({field, column.name, column.type, true, Value::Null(column.type)});
    plan->output.push_back({column.name, column.type, true});
  }
  // Of row ids only the positions in the file mean something: the part is that of a segment that is made up.
  if (spec.with_row_ids) {
    for (Field& field : RowIdSchema()) plan->output.push_back(std::move(field));
  }
  plan->files = &file_system_;
  plan->footers = footers_;
  plan->match_by_name = true;
  std::vector<bool> may_split;  // of the units
  for (const FileInfo& file : files_) {
    const auto opened = footers_->OpenFile(file_system_, file);
    auto segment = std::make_shared<SegmentInfo>();
    segment->path = file.path;
    segment->bytes = file.size;
    segment->written = file.modified_unix_nanos;
    segment->rows = opened->row_count();
    ++plan->counters->segments_total;
    const auto info = std::make_shared<const FileInfo>(file);
    bool any = false;
    for (size_t i = 0; i < opened->row_group_count(); ++i) {
      const uint64_t rows = opened->row_group_rows(i);
      segment->row_group_rows.push_back(rows);
      bool matches = rows != 0;
      for (const ScanPredicate& predicate : spec.predicates) {
        const Field& column = schema_.at(predicate.field.value() - 1);
        const auto at = opened->footer()->FindColumn(column.name);
        if (!matches || !at.has_value()) continue;
        const auto bounds = BoundsAs(opened->Bounds(i, *at), column.type);
        matches = !bounds.has_value() || MayMatch(predicate, *bounds, rows);
      }
      if (!matches) {
        ++plan->counters->row_groups_total;
        ++plan->counters->row_groups_pruned;
        continue;
      }
      any = true;
      ScanUnit unit;
      unit.segment = segment;
      unit.file = info;
      unit.row_group_begin = i;
      unit.row_group_end = i + 1;
      unit.rows = rows;
      unit.bytes = segment->rows == 0 ? 0 : file.size * rows / segment->rows;
      plan->rows_estimated += rows;
      plan->units.push_back(std::move(unit));
      may_split.push_back(HasOffsetIndexes(*opened, i));
    }
    if (!any) ++plan->counters->segments_pruned;
  }
  if (!plan->units.empty()) SplitUnits(plan->units, may_split, units_wanted);
  plan->spec = std::move(spec);
  return plan;
}

}  // namespace weir
