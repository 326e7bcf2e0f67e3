#include "server/system_tables.h"

#include <atomic>

#include "server/engine.h"
#include "server/system/catalog_functions.h"
#include "server/system/system_table.h"

namespace weir {

struct SystemTables::Link {
  std::atomic<Engine*> engine{nullptr};
};

SystemTables::SystemTables() : link_(std::make_shared<Link>()), virtual_tables_(std::make_shared<VirtualTables>()) {
  const auto add = [&](std::string schema, SystemTableDef def) {
    const std::string name = def.name;
    virtual_tables_->Add(std::move(schema), name, MakeSystemTable(std::move(def), [link = link_] {
                           Engine* engine = link->engine.load();
                           WEIR_CHECK(engine != nullptr);
                           return engine;
                         }));
  };
  for (SystemTableDef& def : PgCatalogTables()) add("pg_catalog", std::move(def));
  for (SystemTableDef& def : InformationSchemaTables()) add("information_schema", std::move(def));
  for (SystemTableDef& def : WeirCatalogTables()) add("weir_catalog", std::move(def));
}

SystemTables::~SystemTables() {
  if (Engine* engine = link_->engine.load()) DetachCatalogFunctions(registry_, engine);
}

void SystemTables::Attach(Engine& engine) {
  link_->engine.store(&engine);
  registry_ = &engine.registry();
  AttachCatalogFunctions(engine);
}

}  // namespace weir
