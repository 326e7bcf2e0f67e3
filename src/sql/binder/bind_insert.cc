#include <algorithm>

#include "sql/binder/change_binder.h"

namespace weir {

namespace {

// Where the expression of a column is written; the table's name where that is not to be said, for `*` and set
// operations.
int64_t ItemOffset(const ast::Insert& insert, size_t column) {
  const auto* select = insert.query == nullptr ? nullptr : insert.query->body->TryAs<ast::Select>();
  if (select == nullptr || column >= select->items.size()) return insert.table.offset;
  for (size_t i = 0; i <= column; ++i) {
    if (select->items[i].expr->kind == ast::ExprKind::kStarExpr) return insert.table.offset;
  }
  return select->items[column].expr->offset;
}

}  // namespace

// The table columns that the query's columns go to, in the query's order; none when all do.
std::vector<ChangeBinder::Target> ChangeBinder::InsertTargets(const ast::Insert& insert) const {
  std::vector<Target> targets;
  for (const ast::QualifiedName& name : insert.columns) {
    Target target = WholeColumn(table_->ColumnIndex(FindColumn(name.parts[0], name.offset).id), name.offset);
    for (const ast::Name field : name.parts.subspan(1)) target.steps.push_back({nullptr, field, name.offset});
    FindPart(target);
    for (const Target& other : targets) {
      if (other.column != target.column || (!other.steps.empty() && !target.steps.empty())) continue;
      throw Error::User(sqlstate::kDuplicateColumn, "column \"{}\" specified more than once", name.parts[0])
          .WithPosition(name.offset);
    }
    targets.push_back(std::move(target));
  }
  return targets;
}

LogicalPtr ChangeBinder::BindInsert(const ast::Insert& insert) {
  if (insert.table_function != nullptr)
    throw Error::Unsupported("Use COPY (query) TO 'file'.", "INSERT INTO FILES is not available");
  if (insert.overwrite) throw Error::Unsupported("Use TRUNCATE and INSERT.", "INSERT OVERWRITE is not available");
  if (insert.replace || insert.on_conflict != nullptr) {
    throw Error::Unsupported("Rows of DUPLICATE KEY tables never conflict; leave it out, or use MERGE.",
                             "ON CONFLICT and REPLACE are not available");
  }
  SetTarget(insert.table, insert.alias);
  std::vector<Target> targets = InsertTargets(insert);
  if (insert.with != nullptr) binder_.BindCtes(*insert.with);
  LogicalPtr source = InsertedValues(insert, targets);

  // One column per table column, in table order.
  std::vector<ExprPtr> exprs;
  Scope scope, nothing;
  ExpressionBinder parts(binder_, nothing, "INSERT", nullptr);
  for (size_t i = 0; i < table_->columns.size(); ++i) {
    const ColumnDef& column = table_->columns[i];
    ExprPtr value;
    for (size_t t = 0; t < targets.size(); ++t) {
      if (targets[t].column != i) continue;
      const PlanColumn& from = source->columns()[t];
      ExprPtr part = AssignedPart(Expr::Column(from.id, from.type, from.name), targets[t], ItemOffset(insert, t));
      if (targets[t].steps.empty()) {
        value = std::move(part);
        break;
      }
      const ExprPtr whole = value == nullptr ? Expr::Literal(Value::Null(column.type)) : std::move(value);
      value = WithPart(whole, targets[t].steps, std::move(part), parts);
    }
    exprs.push_back(value == nullptr ? binder_.DefaultOf(column) : std::move(value));
    new_values_.push_back(binder_.NewColumn(column.type, column.name));
    scope.Add({schema_, alias_, column.name, new_values_.back().id, column.type});
  }
  Rows rows{std::make_shared<LogicalProject>(std::move(source), std::move(exprs), new_values_), std::move(scope)};
  return Finish(ChangeKind::kInsert, std::move(rows), {}, insert.returning, std::string(insert.label));
}

// The rows to insert; `targets` becomes as long as they are wide.
LogicalPtr ChangeBinder::InsertedValues(const ast::Insert& insert, std::vector<Target>& targets) {
  const auto check_width = [&](size_t width) {
    const size_t available = insert.columns.empty() ? table_->columns.size() : targets.size();
    if (width > available || (!insert.columns.empty() && width < available)) {
      throw Error::User(sqlstate::kSyntaxError, "INSERT has more {}",
                        width > available ? "expressions than target columns" : "target columns than expressions")
          .WithPosition(insert.table.offset);
    }
    if (insert.columns.empty()) {
      for (size_t i = 0; i < width; ++i) targets.push_back(WholeColumn(i));
    }
  };
  if (insert.default_values) {
    check_width(0);
    return Binder::OneRow();
  }
  const auto* values = insert.query->body->TryAs<ast::Values>();
  if (values != nullptr && !insert.by_name && insert.query->with == nullptr && insert.query->order_by.empty() &&
      insert.query->limit == nullptr && insert.query->offset_rows == nullptr) {
    check_width(values->rows[0].size());
    return BindValues(*values, targets);
  }
  std::vector<std::string> names;
  std::vector<ColumnId> correlated;
  LogicalPtr source = binder_.BindQuery(*insert.query, nullptr, names, correlated);
  if (!insert.by_name) {
    check_width(source->columns().size());
    return source;
  }
  if (!insert.columns.empty()) {
    throw Error::User(sqlstate::kSyntaxError, "INSERT BY NAME does not take a list of columns")
        .WithPosition(insert.columns[0].offset);
  }
  for (const std::string& name : names) {
    const ColumnDef* column = table_->FindColumn(name);
    if (column == nullptr) {
      throw Error::User(sqlstate::kUndefinedColumn, "column \"{}\" of relation \"{}\" does not exist", name,
                        table_->name)
          .WithPosition(insert.query->offset);
    }
    const size_t index = table_->ColumnIndex(column->id);
    if (std::any_of(targets.begin(), targets.end(), [&](const Target& other) { return other.column == index; })) {
      throw Error::User(sqlstate::kDuplicateColumn, "column \"{}\" specified more than once", name)
          .WithPosition(insert.query->offset);
    }
    targets.push_back(WholeColumn(index));
  }
  return source;
}

// Each value takes its column's type by itself: VALUES (1, 'x'), (2.5, DEFAULT).
LogicalPtr ChangeBinder::BindValues(const ast::Values& values, const std::vector<Target>& targets) {
  std::vector<std::vector<ExprPtr>> rows;
  std::vector<std::vector<PendingApply>> pending(values.rows.size());
  bool plain = true;
  for (size_t r = 0; r < values.rows.size(); ++r) {
    Scope scope;
    ExpressionBinder binder(binder_, scope, "VALUES", &pending[r]);
    if (values.rows[r].size() != targets.size()) {
      throw Error::User(sqlstate::kSyntaxError, "VALUES lists must all be the same length")
          .WithPosition(values.rows[r].empty() ? values.offset : values.rows[r][0]->offset);
    }
    std::vector<ExprPtr>& exprs = rows.emplace_back();
    for (size_t i = 0; i < targets.size(); ++i) {
      exprs.push_back(BindTargetValue(*values.rows[r][i], targets[i], binder));
    }
    plain = plain && pending[r].empty();
  }
  const auto new_columns = [&] {
    std::vector<PlanColumn> columns;
    columns.reserve(targets.size());
    for (const Target& target : targets) {
      columns.push_back(binder_.NewColumn(target.type, table_->columns[target.column].name));
    }
    return columns;
  };
  if (plain) return std::make_shared<LogicalValues>(std::move(rows), new_columns());
  // Rows with subqueries are a query each.
  std::vector<LogicalPtr> queries;
  for (size_t r = 0; r < rows.size(); ++r) {
    LogicalPtr input = binder_.FlushApplies(Binder::OneRow(), pending[r]);
    queries.push_back(std::make_shared<LogicalProject>(std::move(input), std::move(rows[r]), new_columns()));
  }
  if (queries.size() == 1) return queries[0];
  return std::make_shared<LogicalSetOperation>(SetOperationKind::kUnionAll, std::move(queries), new_columns());
}

}  // namespace weir
