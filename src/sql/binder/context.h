#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/sql_function.h"
#include "catalog/statistics.h"
#include "expr/evaluator.h"
#include "expr/registry.h"
#include "plan/logical.h"
#include "plan/scan_source.h"
#include "sql/parser/parser.h"

namespace weir {

// The arguments of a table function as bound constants.
struct TableFunctionCall {
  std::string name;                                  // lower case: "read_parquet", "files"
  std::vector<Value> args;                           // positional
  std::vector<std::pair<std::string, Value>> named;  // header => true, 'format' = 'csv'
  int64_t position = -1;
};

// A relation outside the catalog: what to scan and the columns that it has.
struct ExternalRelation {
  ScanSource source;  // column_ordinals are the binder's to fill in
  Schema columns;
  std::optional<double> rows;
  std::vector<ColumnStatistics> statistics;  // one per column, or empty
};

// What a view or function could not be bound without.
struct Dependencies {
  std::set<TableId> relations;
  std::set<std::string> functions;  // by SqlFunction::key()
};

// What binding a statement needs to know. Everything is borrowed for the time of the call.
struct BindContext {
  CatalogPtr catalog;
  const Registry* registry = nullptr;
  const StatementContext* statement = nullptr;
  NameScope names;
  Dialect dialect = Dialect::kPostgres;
  // Looks at files and the like; throws user errors. Empty optional: no such table function.
  std::function<std::optional<ExternalRelation>(const TableFunctionCall&)> table_function;
  // What users have written in SQL; null: nothing.
  SqlFunctionsPtr functions;
  // The value of a variable of the session; nullopt for one that is not set.
  std::function<std::optional<Value>(ast::VariableScope scope, std::string_view name)> variable;
  // Runs a query at once, for the values that PIVOT makes columns of; null: not here.
  std::function<std::vector<std::vector<Value>>(const LogicalPtr&)> run_query;
  // Declared parameter types (unknown where left open), and their values when they are known already.
  std::vector<Type> parameter_types;
  std::vector<Value> parameter_values;
  bool parameters_are_known = false;  // those are all that there are
  // Gets what the statement itself names, not what its views and functions do; null: nobody asks.
  Dependencies* dependencies = nullptr;
  // Row counts for the plan; null when unknown.
  const StatisticsSource* statistics = nullptr;
};

}  // namespace weir
