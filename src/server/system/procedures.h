#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/sql_function.h"
#include "server/system/system_table.h"

namespace weir {

// A function as pg_proc shows it: one of the registry's overloads, or a user's.
struct Procedure {
  struct Argument {
    std::string name;
    std::string type;  // "integer", "anyelement"
    int64_t type_oid = 0;
    char mode = 'i';  // as pg_proc.proargmodes: i, o, b, v, t
    std::string default_sql;
    bool is_input() const { return mode == 'i' || mode == 'b' || mode == 'v'; }
  };
  int64_t oid = 0;
  std::string schema;
  std::string name;
  char kind = 'f';  // f, a, w
  bool returns_set = false;
  char volatility = 'i';
  bool strict = false;
  std::vector<Argument> arguments;
  std::string result;
  int64_t result_oid = 0;
  std::string description;
  std::shared_ptr<const SqlFunction> function;  // null: of the system

  // "a integer, b text DEFAULT 'x'"; with `identity` without defaults and results.
  std::string ArgumentsText(bool identity) const;
  std::string ResultText() const;
  // CREATE OR REPLACE FUNCTION ...; empty for one of the system.
  std::string DefinitionText() const;
};

// Of one database, with the system's own, by schema and name.
std::vector<Procedure> ProceduresOf(const Engine& engine, const Catalog& catalog, std::string_view database);

// pg_proc, pg_aggregate; information_schema.routines and parameters.
std::vector<SystemTableDef> ProcedureTables();
std::vector<SystemTableDef> RoutineTables();

}  // namespace weir
