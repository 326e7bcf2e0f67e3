#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plan/logical.h"
#include "sql/parser/ast.h"

namespace weir {

class ExpressionBinder;

// A column that a name can mean.
struct ScopeColumn {
  std::string schema;    // of the relation, when it is one of the catalog and has no alias
  std::string relation;  // the alias or the table's name; empty for join columns merged by USING
  std::string name;
  ColumnId id;
  Type type;
  bool hidden = false;     // found by its qualified name only, and left out of `*`: the sides of USING columns
  bool whole_row = false;  // hidden; found by its bare name where no column has it: the alias of a function
};

// What the names of one query level mean, and where to look next: the queries around it. Looking outwards makes the
// subquery correlated, which the level notes for its Apply.
class Scope {
 public:
  explicit Scope(Scope* outer = nullptr) : outer_(outer) {}

  void Add(ScopeColumn column) { columns_.push_back(std::move(column)); }
  void Add(const Scope& other) { columns_.insert(columns_.end(), other.columns_.begin(), other.columns_.end()); }
  std::vector<ScopeColumn>& columns() { return columns_; }
  const std::vector<ScopeColumn>& columns() const { return columns_; }
  Scope* outer() const { return outer_; }
  // Columns of outer levels that this level or one below it used.
  const std::vector<ColumnId>& correlated() const { return correlated_; }
  void AddCorrelated(ColumnId id);
  // What this level has of the columns; which one that is does not depend on its names.
  std::vector<ColumnId> OwnOf(const std::vector<ColumnId>& ids) const;
  bool Has(ColumnId id) const;
  void RestoreCorrelated(std::vector<ColumnId> correlated) { correlated_ = std::move(correlated); }
  // Whose expression the subqueries that are being bound belong to; null while FROM is bound.
  ExpressionBinder* binder() const { return binder_; }
  void SetBinder(ExpressionBinder* binder) { binder_ = binder; }

  // `parts` is [schema.][relation.]column; nullopt when this level has no such column. Throws 42702 when ambiguous.
  std::optional<ScopeColumn> FindHere(ast::List<ast::Name> parts, int64_t position) const;
  // The same through the outer levels; marks correlation on the way.
  std::optional<ScopeColumn> Find(ast::List<ast::Name> parts, int64_t position);
  bool HasRelation(std::string_view name) const;
  // Names for "did you mean".
  std::vector<std::string> VisibleNames() const;

 private:
  Scope* outer_;
  std::vector<ScopeColumn> columns_;
  std::vector<ColumnId> correlated_;
  ExpressionBinder* binder_ = nullptr;
};

}  // namespace weir
