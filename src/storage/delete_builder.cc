#include "storage/table_writer.h"

namespace weir {

void DeleteBuilder::Add(const Column& part_ids, const Column& positions, const RowSet& rows) {
  const ColumnView parts(part_ids);
  const ColumnView at(positions);
  std::vector<uint32_t>* list = nullptr;
  PartId last;
  rows.ForEach([&](size_t row) {
    const PartId part(static_cast<uint64_t>(parts.At<int64_t>(row)));
    if (list == nullptr || part != last) {
      list = &positions_[part];
      last = part;
    }
    list->push_back(static_cast<uint32_t>(at.At<int64_t>(row)));
  });
}

void DeleteBuilder::Append(DeleteBuilder other) {
  for (auto& [part, list] : other.positions_) {
    auto& to = positions_[part];
    to.insert(to.end(), list.begin(), list.end());
  }
}

TableDelta DeleteBuilder::Finish(TableId table) {
  TableDelta delta;
  delta.table = table;
  for (auto& [part, list] : positions_) {
    DeleteVectorPtr deleted = DeleteVector::Of(list);
    if (deleted == nullptr) continue;
    delta.deleted_rows += deleted->count();
    delta.deletes.push_back({part, std::move(deleted)});
  }
  positions_.clear();
  return delta;
}

}  // namespace weir
