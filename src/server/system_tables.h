#pragma once

#include <memory>

#include "catalog/virtual_table.h"

namespace weir {

class Engine;
class Registry;

// The virtual tables of pg_catalog, information_schema and weir_catalog. Made before the engine, which needs their
// names, and attached to it afterwards, since they show what it does. Must outlive the engine's last statement.
class SystemTables {
 public:
  SystemTables();
  ~SystemTables();
  const std::shared_ptr<VirtualTables>& virtual_tables() const { return virtual_tables_; }
  // Before the first statement.
  void Attach(Engine& engine);

 private:
  struct Link;
  std::shared_ptr<Link> link_;
  const Registry* registry_ = nullptr;  // of the attached engine
  std::shared_ptr<VirtualTables> virtual_tables_;
};

}  // namespace weir
