#include "exec/operator/late_columns.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

#include "expr/expr.h"

namespace weir {

namespace {

// Each row costs a page of each column.
constexpr uint64_t kRowsMax = 256;
// Fewer are read with the others.
constexpr size_t kColumnsMin = 6;

// Whether storage can say where its rows are.
bool HasPlaces(const PhysicalScan& scan) {
  if (const auto* table = std::get_if<TableSource>(&scan.source)) {
    return scan.columns.size() == table->column_ordinals.size();
  }
  const auto* files = std::get_if<FileSource>(&scan.source);
  return files != nullptr && files->format == FileSource::Format::kParquet && files->filename_column < 0;
}

}  // namespace

std::shared_ptr<LateColumns> LateColumns::Of(const PhysicalTopN& node, std::shared_ptr<MemoryTracker> tracker) {
  if (node.child()->kind() != PhysicalKind::kScan || node.limit > kRowsMax || node.offset > kRowsMax) return nullptr;
  const auto& scan = node.child()->as<PhysicalScan>();
  if (!HasPlaces(scan)) return nullptr;
  std::vector<bool> is_kept(scan.columns.size());
  const auto keep_inputs = [&](const ExprPtr& expr, auto&& column_of) {
    VisitExpr(*expr, [&](const Expr& part) {
      if (part.is(ExprKind::kInput)) is_kept[column_of(part.input_index())] = true;
      return true;
    });
  };
  for (const ExprPtr& filter : scan.filters) keep_inputs(filter, [](size_t i) { return i; });
  for (const SortKey& key : node.keys) keep_inputs(key.expr, [&](size_t i) { return scan.output[i]; });
  for (const RuntimeFilterTarget& target : scan.runtime_filters) is_kept[target.column] = true;

  auto out = std::make_shared<LateColumns>();
  out->tracker_ = std::move(tracker);
  std::vector<size_t> position(scan.output.size(), SIZE_MAX);
  std::vector<bool> is_seen(scan.columns.size());
  for (size_t i = 0; i < scan.output.size(); ++i) {
    const size_t column = scan.output[i];
    if (is_seen[column]) return nullptr;
    is_seen[column] = true;
    if (is_kept[column]) {
      position[i] = out->kept_.size();
      out->kept_.push_back(i);
      out->types_.push_back(scan.columns[column].type);
    } else {
      out->late_.push_back(i);
      out->late_types_.push_back(scan.columns[column].type);
    }
  }
  if (out->late_.size() < kColumnsMin) return nullptr;
  out->types_.insert(out->types_.end(), 3, TypeKind::kInt64);
  for (const SortKey& key : node.keys) {
    SortKey moved = key;
    moved.expr = RewriteExpr(key.expr, [&](const ExprPtr& part) {
      return part->is(ExprKind::kInput) ? Expr::Input(position[part->input_index()], part->type()) : part;
    });
    out->keys_.push_back(std::move(moved));
  }
  return out;
}

// In the order of `rows`.
Chunk LateColumns::ReadLate(const Chunk& rows, const CancellationToken& token) const {
  const ColumnView units(*rows.column(kept_.size()));
  const ColumnView parts(*rows.column(kept_.size() + 1));
  const ColumnView positions(*rows.column(kept_.size() + 2));
  const auto unit_of = [&](uint32_t row) { return static_cast<size_t>(units.At<int64_t>(row)); };
  const auto place_of = [&](uint32_t row) { return RowPlace{parts.At<int64_t>(row), positions.At<int64_t>(row)}; };
  std::vector<uint32_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, [&](uint32_t a, uint32_t b) {
    return std::tuple(unit_of(a), place_of(a)) < std::tuple(unit_of(b), place_of(b));
  });
  ScanReader reader(plan_, tracker_);
  std::vector<Chunk> pieces;
  for (size_t begin = 0; begin < order.size();) {
    token.ThrowIfCanceled();
    const size_t unit = unit_of(order[begin]);
    std::vector<RowPlace> places;
    for (; begin < order.size() && unit_of(order[begin]) == unit; ++begin) places.push_back(place_of(order[begin]));
    pieces.push_back(reader.ReadRows(plan_->units[unit], places));
  }
  const Chunk read = Chunk::Concat(pieces, late_types_);
  std::vector<uint32_t> where(order.size());
  for (size_t i = 0; i < order.size(); ++i) where[order[i]] = static_cast<uint32_t>(i);
  std::vector<ColumnPtr> columns;
  for (const ColumnPtr& column : read.columns()) columns.push_back(Column::Gather(column, where));
  return {std::move(columns), rows.size()};
}

Chunk LateColumns::Complete(const Chunk& rows, const CancellationToken& token) const {
  const Chunk found = rows.Compact();
  const Chunk read = ReadLate(found, token);
  std::vector<ColumnPtr> columns(kept_.size() + late_.size());
  for (size_t i = 0; i < kept_.size(); ++i) columns[kept_[i]] = found.column(i);
  for (size_t i = 0; i < late_.size(); ++i) columns[late_[i]] = read.column(i);
  return {std::move(columns), found.size()};
}

}  // namespace weir
