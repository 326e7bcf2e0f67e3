#include "server/scan_details.h"

#include <algorithm>

#include "storage/exact_bounds.h"

namespace weir {

std::optional<TableDistribution> FindDistribution(const Catalog& catalog, TableId table) {
  const std::string* found = catalog.FindObject(kDistributionKind, DistributionName(table));
  if (found == nullptr) return std::nullopt;
  return TableDistribution::Deserialize(*found);
}

std::vector<ColumnDistributionPtr> SnapshotDetails::Distributions(const ScanSource& source) const {
  const auto* table = std::get_if<TableSource>(&source);
  if (table == nullptr || snapshot_ == nullptr) return {};
  const TableId id(table->table_id);
  const auto [known, is_new] = distributions_.try_emplace(id);
  if (!is_new) return known->second;
  const TablePtr def = snapshot_->catalog()->FindTable(id);
  const auto found = FindDistribution(*snapshot_->catalog(), id);
  if (def == nullptr || !found.has_value()) return {};
  known->second.resize(def->columns.size());
  for (size_t i = 0; i < def->columns.size(); ++i) {
    const auto column = found->columns.find(def->columns[i].id);
    if (column == found->columns.end()) continue;
    // Values of a type that the column had before say nothing.
    const auto is_other = [&](const Value& value) { return !(value.type() == def->columns[i].type); };
    const ColumnDistribution& of = *column->second;
    if (std::ranges::any_of(of.common, is_other) || std::ranges::any_of(of.bounds, is_other)) continue;
    known->second[i] = column->second;
  }
  return known->second;
}

std::vector<bool> SnapshotDetails::ExactBounds(const ScanSource& source) const {
  if (const auto* table = std::get_if<TableSource>(&source)) {
    if (snapshot_ == nullptr) return {};
    const TableId id(table->table_id);
    const TablePtr def = snapshot_->catalog()->FindTable(id);
    const TableState* state = snapshot_->state()->FindTable(id);
    if (def == nullptr || state == nullptr) return {};
    return weir::ExactBounds(*def, *state);
  }
  const auto* files = std::get_if<FileSource>(&source);
  if (files == nullptr || files->format != FileSource::Format::kParquet) return {};
  return weir::ExactBounds(engine_.services().files, *engine_.footers(), files->paths, files->schema);
}

}  // namespace weir
