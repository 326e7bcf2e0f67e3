#pragma once

#include <memory>
#include <string>
#include <vector>

#include "column/builder.h"
#include "expr/evaluator.h"
#include "server/session.h"
#include "sql/parser/ast.h"
#include "types/text.h"

namespace weir {

// The rows that a COPY ... FROM STDIN reads, on their way into the table: gathered by column, completed with the
// defaults of the columns that it does not name, filtered by its WHERE, and committed all at once. One thread.
class CopyRows {
 public:
  // `columns`: those that the input has, in its order; none: all of the table. `where` may be null.
  CopyRows(Session& session, TablePtr table, const std::vector<std::string>& columns, const ast::Expr* where);

  const TableDef& table() const { return *table_; }
  size_t column_count() const { return targets_.size(); }
  const ColumnDef& column(size_t i) const { return table_->columns[targets_[i]]; }
  ColumnBuilder& builder(size_t i) { return builders_[i]; }
  // As values are written in the session: its time zone.
  const TextOptions& text_options() const { return text_options_; }

  // After each column has got its value.
  void EndRow();
  // The number of rows that are committed now, or added to the open transaction.
  uint64_t Finish();

 private:
  void Flush();

  Session& session_;
  const TablePtr table_;
  const SnapshotPtr snapshot_;
  std::string time_zone_;
  TextOptions text_options_;
  std::vector<size_t> targets_;
  std::vector<ColumnBuilder> builders_;  // of the targets
  StatementContext statement_;
  std::unique_ptr<Evaluator> complete_;  // a column of the table each, of the targets
  std::unique_ptr<Evaluator> filter_;    // of the table's columns; null: all rows
  std::unique_ptr<TableWriter> writer_;
  size_t rows_ = 0;  // in the builders
};

}  // namespace weir
