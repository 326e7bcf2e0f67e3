#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "types/type.h"

namespace weir {

// A function or macro that a user has written in SQL. Kept in the catalog as an object of kind "function" named by
// key(); calls are replaced by its body when a statement is bound.
struct SqlFunction {
  struct Parameter {
    enum class Mode : uint8_t { kIn, kOut, kInOut, kColumn } mode = Mode::kIn;  // serialised; kColumn: of RETURNS TABLE
    std::string name;                                                           // or empty
    Type type;                                                                  // unknown: any (of macros)
    std::string default_sql;                                                    // "": none
    bool is_input() const { return mode == Mode::kIn || mode == Mode::kInOut; }
  };
  enum class Volatility : uint8_t { kImmutable, kStable, kVolatile };  // serialised; as declared

  std::string database;
  std::string schema;
  std::string name;
  std::vector<Parameter> parameters;
  bool is_macro = false;
  bool returns_set = false;  // rows; otherwise one value
  Type result;               // the value's, or that of the rows' only column; unknown: the body says
  std::string result_name;   // "SETOF orders", where the type's name does not say it
  std::string body;          // one query, or with is_expression one expression
  bool is_expression = false;
  bool is_quoted = false;  // was written as a string, AS $$...$$
  Volatility volatility = Volatility::kVolatile;
  bool strict = false;  // NULL for a NULL argument
  std::string comment;
  std::vector<std::string> search_path;  // what unqualified names in the body mean

  std::vector<const Parameter*> inputs() const;
  // The columns of the rows, when it returns rows and says which: of RETURNS TABLE, or OUT parameters.
  std::vector<const Parameter*> columns() const;
  // "weir.public.f(integer, text)"; of macros the number of parameters counts: "weir.public.m(2)".
  std::string key() const;
  // "f(integer, text)"
  std::string signature() const;
  // The object id that pg_proc shows; follows from the key.
  int64_t oid() const;

  std::string Serialize() const;
  static SqlFunction Deserialize(std::string_view payload);
};
inline constexpr std::string_view kSqlFunctionKind = "function";

// All such functions of a catalog, by name. Immutable.
class SqlFunctions {
 public:
  explicit SqlFunctions(const Catalog& catalog);
  const std::vector<SqlFunction>& all() const { return all_; }
  // Those that a name means: of the first schema along the search path that has any. Empty: none.
  std::vector<const SqlFunction*> Find(const QualifiedName& name, const NameScope& scope) const;
  const SqlFunction* FindByOid(int64_t oid) const;
  // Those that take or give the user's type with that id.
  std::vector<const SqlFunction*> Using(uint32_t user_type) const;

 private:
  std::vector<SqlFunction> all_;
  std::multimap<std::string, const SqlFunction*, std::less<>> by_name_;
};
using SqlFunctionsPtr = std::shared_ptr<const SqlFunctions>;

}  // namespace weir
