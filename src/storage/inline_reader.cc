#include "storage/inline_reader.h"

#include <algorithm>

#include "column/builder.h"
#include "storage/segment_reader.h"

namespace weir {

void InlineReader::Open(const ScanUnit& unit) {
  unit_ = &unit;
  batch_ = row_ = 0;
}

ColumnPtr InlineReader::ColumnOf(const InlineBatch& batch, const ScanColumn& column) const {
  const auto at = std::find(batch.fields.begin(), batch.fields.end(), column.field);
  if (at == batch.fields.end()) return Column::Constant(column.missing, batch.rows.size());
  return AdaptColumn(batch.rows.column(static_cast<size_t>(at - batch.fields.begin())), column.type);
}

Chunk InlineReader::ReadWhole(const InlineRef& ref) const {
  const InlineBatch& batch = *ref.batch;
  std::vector<ColumnPtr> columns;
  for (const ScanColumn& column : plan_.columns) columns.push_back(ColumnOf(batch, column));
  if (plan_.spec.with_row_ids) {
    columns.push_back(Column::Constant(Value::Int64(static_cast<int64_t>(batch.id.value())), batch.rows.size()));
    FlatWriter<int64_t> positions(TypeKind::kInt64, batch.rows.size());
    for (size_t i = 0; i < batch.rows.size(); ++i) positions.Set(i, static_cast<int64_t>(i));
    columns.push_back(positions.Finish());
  }
  if (ref.deletes == nullptr) return {std::move(columns), batch.rows.size()};
  auto live = std::make_shared<Selection>();
  for (uint32_t row = 0; row < batch.rows.size(); ++row) {
    if (!ref.deletes->Contains(row)) live->push_back(row);
  }
  return {std::move(columns), batch.rows.size(), std::move(live)};
}

Chunk InlineReader::Join(const std::vector<Piece>& pieces) const {
  std::vector<std::vector<uint32_t>> rows(pieces.size());
  size_t total = 0;
  for (size_t i = 0; i < pieces.size(); ++i) {
    for (size_t row = pieces[i].begin; row < pieces[i].end; ++row) {
      const DeleteVectorPtr& deletes = pieces[i].ref->deletes;
      if (deletes == nullptr || !deletes->Contains(static_cast<uint32_t>(row))) {
        rows[i].push_back(static_cast<uint32_t>(row));
      }
    }
    total += rows[i].size();
  }
  std::vector<ColumnPtr> columns;
  for (const ScanColumn& column : plan_.columns) {
    ColumnBuilder builder(column.type, total);
    for (size_t i = 0; i < pieces.size(); ++i) {
      builder.AppendRows(*ColumnOf(*pieces[i].ref->batch, column), RowSet::Of(rows[i]));
    }
    columns.push_back(builder.Finish());
  }
  if (plan_.spec.with_row_ids) {
    FlatWriter<int64_t> parts(TypeKind::kInt64, total);
    FlatWriter<int64_t> positions(TypeKind::kInt64, total);
    size_t at = 0;
    for (size_t i = 0; i < pieces.size(); ++i) {
      for (const uint32_t row : rows[i]) {
        parts.Set(at, static_cast<int64_t>(pieces[i].ref->id().value()));
        positions.Set(at++, row);
      }
    }
    columns.push_back(parts.Finish());
    columns.push_back(positions.Finish());
  }
  return {std::move(columns), total};
}

bool InlineReader::Next(size_t rows_max, Chunk& out) {
  while (batch_ < unit_->inline_batches.size()) {
    std::vector<Piece> pieces;
    size_t total = 0;
    while (batch_ < unit_->inline_batches.size() && total < rows_max) {
      const InlineRef& ref = unit_->inline_batches[batch_];
      const size_t left = ref.batch->rows.size() - row_;
      const size_t take = std::min(left, rows_max - total);
      if (take != 0) pieces.push_back({&ref, row_, row_ + take});
      total += take;
      row_ += take;
      if (take == left) {
        ++batch_;
        row_ = 0;
      }
    }
    if (pieces.empty()) continue;
    plan_.counters->rows_read += total;
    const bool whole = pieces.size() == 1 && pieces[0].begin == 0 && pieces[0].end == pieces[0].ref->batch->rows.size();
    out = whole ? ReadWhole(*pieces[0].ref) : Join(pieces);
    plan_.counters->rows_deleted += total - out.row_count();
    if (!out.empty()) return true;
  }
  return false;
}

Chunk InlineReader::ReadRows(const ScanUnit& unit, std::span<const RowPlace> places) const {
  std::vector<ColumnBuilder> builders;
  for (const ScanColumn& column : plan_.columns) builders.emplace_back(column.type, places.size());
  for (size_t next = 0; next < places.size();) {
    const int64_t part = places[next].part;
    std::vector<uint32_t> rows;
    for (; next < places.size() && places[next].part == part; ++next) {
      rows.push_back(static_cast<uint32_t>(places[next].position));
    }
    const auto ref = std::ranges::find_if(unit.inline_batches, [&](const InlineRef& candidate) {
      return static_cast<int64_t>(candidate.id().value()) == part;
    });
    if (ref == unit.inline_batches.end()) throw Error::Internal("no such inline batch: {}", part);
    for (size_t i = 0; i < builders.size(); ++i) {
      builders[i].AppendRows(*ColumnOf(*ref->batch, plan_.columns[i]), RowSet::Of(rows));
    }
  }
  std::vector<ColumnPtr> columns;
  for (ColumnBuilder& builder : builders) columns.push_back(builder.Finish());
  return {std::move(columns), places.size()};
}

}  // namespace weir
