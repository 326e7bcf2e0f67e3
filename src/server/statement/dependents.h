#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog_change.h"
#include "catalog/sql_function.h"

namespace weir {

class Session;

// What could not be bound any more without something else.
struct Dependent {
  std::string what;     // "view v", "function g(integer)", "default value for column b of table t"
  std::string without;  // "function f(integer)": what it names itself
  CatalogChange drop;
};

// Views, defaults of columns and functions (whose bodies are no strings: those are looked at when they are called) that
// need the function, those that need these, and so on.
std::vector<Dependent> DependentsOf(Session& session, const SqlFunction& function);

// With CASCADE a notice and what takes them away; otherwise 2BP01 where there are any.
std::vector<CatalogChange> DropDependents(Session& session, const std::vector<Dependent>& dependents,
                                          std::string_view dropped, bool cascade);

}  // namespace weir
