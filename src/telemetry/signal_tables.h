#pragma once

#include <array>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "column/chunk.h"
#include "storage/storage.h"
#include "telemetry/signal.h"

namespace weir {

// An attribute that is stored in a column of its own, beside the map; whoever writes rows fills it from the map.
struct ShreddedAttribute {
  std::string_view key;     // "http.route"
  std::string_view column;  // "attr_http_route", "resource_host_name"
};
std::span<const ShreddedAttribute> ShreddedAttributes(Signal signal);
// Those of the resource, in all tables.
std::span<const ShreddedAttribute> ShreddedResourceAttributes();

// What the decoder makes: the columns of a signal's table before the shredded ones.
const Schema& SignalColumns(Signal signal);
// All columns of the table.
const Schema& SignalSchema(Signal signal);
// The definition that the table gets on first use.
TableDef SignalTableDef(Signal signal);

// Finds the signals' tables and creates them when they are not there. Users may add columns and drop those that they
// do not want; Arrange fits decoded rows to the table as it is. Threads: any.
class SignalTables {
 public:
  SignalTables(Storage& storage, std::string database, std::string schema);
  // Blocks when the table has to be created. Throws 42809 when the name belongs to a view.
  TablePtr Ensure(Signal signal);
  // The table's columns in its order: ours by name and type, others with their default or NULL. Throws 42804 when a
  // column of ours has another type than it is created with.
  static Chunk Arrange(const TableDef& table, Signal signal, const Chunk& decoded);

 private:
  TablePtr Find(Signal signal) const;

  Storage& storage_;
  const std::string database_;
  const std::string schema_;
  std::mutex create_mutex_;  // one creation at a time; held across the commit
};

}  // namespace weir
