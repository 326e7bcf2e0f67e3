#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "column/chunk.h"
#include "expr/evaluator.h"
#include "types/type.h"

namespace weir {

class Catalog;

// A table whose rows are made when somebody looks: pg_catalog, information_schema, weir_catalog. Threads: any.
class VirtualTable {
 public:
  virtual ~VirtualTable() = default;
  virtual const Schema& schema() const = 0;
  // All rows, as the statement's session may see them in this catalog.
  virtual std::vector<Chunk> Scan(const StatementContext& statement, const Catalog& catalog) const = 0;
  virtual std::string_view comment() const { return {}; }
};
using VirtualTablePtr = std::shared_ptr<const VirtualTable>;

// The virtual tables of every database, by schema and name. Filled once at start-up, then immutable.
class VirtualTables {
 public:
  void Add(std::string schema, std::string name, VirtualTablePtr table);
  const VirtualTablePtr* Find(std::string_view schema, std::string_view name) const;
  bool HasSchema(std::string_view schema) const { return schemas_.find(schema) != schemas_.end(); }
  using Tables = std::map<std::string, VirtualTablePtr, std::less<>>;
  const std::map<std::string, Tables, std::less<>>& schemas() const { return schemas_; }

 private:
  std::map<std::string, Tables, std::less<>> schemas_;
};

}  // namespace weir
