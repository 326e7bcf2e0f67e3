#include "server/copy_rows.h"

#include <algorithm>

#include "sql/binder/binder.h"

namespace weir {

namespace {

constexpr size_t kRowsPerChunk = 4096;

std::vector<size_t> TargetsOf(const TableDef& table, const std::vector<std::string>& columns) {
  std::vector<size_t> targets;
  for (const std::string& name : columns) {
    const ColumnDef* column = table.FindColumn(name);
    if (column == nullptr) {
      throw Error::User(sqlstate::kUndefinedColumn, "column \"{}\" of relation \"{}\" does not exist", name,
                        table.name);
    }
    const size_t target = table.ColumnIndex(column->id);
    if (std::ranges::find(targets, target) != targets.end()) {
      throw Error::User(sqlstate::kDuplicateColumn, "column \"{}\" specified more than once", name);
    }
    targets.push_back(target);
  }
  if (columns.empty()) {
    for (size_t i = 0; i < table.columns.size(); ++i) targets.push_back(i);
  }
  return targets;
}

}  // namespace

CopyRows::CopyRows(Session& session, TablePtr table, const std::vector<std::string>& columns, const ast::Expr* where)
    : session_(session),
      table_(std::move(table)),
      snapshot_(session.ReadSnapshot()),
      time_zone_(session.settings().Get("timezone")),
      targets_(TargetsOf(*table_, columns)),
      statement_(session.MakeStatementContext()) {
  text_options_.time_zone = time_zone_;
  for (size_t i = 0; i < targets_.size(); ++i) builders_.emplace_back(column(i).type, kRowsPerChunk);
  BindContext context = session.MakeBindContext();
  context.statement = &statement_;
  BoundCopy bound = Binder(context).BindCopy(*table_, targets_, where);
  complete_ = std::make_unique<Evaluator>(std::move(bound.values), *context.registry, statement_);
  if (bound.filter != nullptr) {
    filter_ = std::make_unique<Evaluator>(std::vector<ExprPtr>{bound.filter}, *context.registry, statement_);
  }
  writer_ = session.storage().OpenWriter(snapshot_, table_->id);
}

void CopyRows::EndRow() {
  if (++rows_ >= kRowsPerChunk) Flush();
}

void CopyRows::Flush() {
  if (rows_ == 0) return;
  std::vector<ColumnPtr> columns;
  columns.reserve(builders_.size());
  for (ColumnBuilder& builder : builders_) columns.push_back(builder.Finish());
  Chunk chunk = complete_->EvaluateAll(Chunk(std::move(columns), std::exchange(rows_, 0)));
  if (filter_ != nullptr) {
    if (const SelectionPtr selection = filter_->Filter(0, chunk)) chunk = chunk.WithSelection(selection);
  }
  if (chunk.row_count() != 0) writer_->Write(chunk);
}

uint64_t CopyRows::Finish() {
  Flush();
  const uint64_t rows = writer_->rows();
  if (rows != 0) session_.ApplyDelta(CommitKind::kLoad, writer_->Finish(), {});
  return rows;
}

}  // namespace weir
