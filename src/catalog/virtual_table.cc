#include "catalog/virtual_table.h"

namespace weir {

void VirtualTables::Add(std::string schema, std::string name, VirtualTablePtr table) {
  schemas_[std::move(schema)][std::move(name)] = std::move(table);
}

const VirtualTablePtr* VirtualTables::Find(std::string_view schema, std::string_view name) const {
  const auto tables = schemas_.find(schema);
  if (tables == schemas_.end()) return nullptr;
  const auto table = tables->second.find(name);
  return table == tables->second.end() ? nullptr : &table->second;
}

}  // namespace weir
