#include "sql/binder/change_binder.h"

#include <algorithm>
#include <utility>

#include "sql/binder/catalog_name.h"
#include "sql/binder/select_binder.h"

namespace weir {

namespace {

ExprPtr ColumnOf(const PlanColumn& column) {
  return Expr::Column(column.id, column.type, column.name);
}

void RequireAppendTable(const TableDef& table, int64_t position) {
  if (table.kind == TableKind::kDuplicateKey) return;
  throw Error::Unsupported("Create it with DUPLICATE KEY.", "{} tables cannot be written to yet: {}",
                           TableKindName(table.kind), table.name)
      .WithPosition(position);
}

}  // namespace

BoundStatement Binder::BindChange(const ast::Statement& statement) {
  change_depth_max_ = 0;
  std::vector<std::string> names;
  LogicalPtr plan = ChangeBinder(*this).Bind(statement, /*commits=*/true, names);
  const bool returns_rows = !names.empty();
  BoundStatement out = Finish(std::move(plan), returns_rows ? std::move(names) : std::vector<std::string>{"count"});
  out.returns_rows = returns_rows;
  out.changes_rows = true;
  return out;
}

BoundStatement Binder::BindTopQuery(const ast::Query& query, bool commits) {
  change_depth_max_ = 1;
  BoundStatement bound = BindQueryStatement(query);
  if (!HasChange(*bound.plan) || !commits) return bound;
  std::vector<PlanColumn> columns = bound.plan->columns();
  RowChange change;
  change.returning = true;
  bound.plan = std::make_shared<LogicalChange>(std::move(bound.plan), std::move(change), std::move(columns));
  bound.changes_rows = true;
  return bound;
}

// A change in WITH: its rows are what RETURNING says.
LogicalPtr Binder::BindChangeInWith(const ast::CommonTableExpr& cte, std::vector<std::string>& names) {
  if (query_depth_ > change_depth_max_ || view_depth_ > 0) {
    throw Error::User(sqlstate::kFeatureNotSupported,
                      "WITH clause containing a data-modifying statement must be at the top level")
        .WithPosition(cte.offset);
  }
  const int depth_max = std::exchange(change_depth_max_, -1);
  LogicalPtr plan = ChangeBinder(*this).Bind(*cte.statement, /*commits=*/false, names);
  change_depth_max_ = depth_max;
  return plan;
}

LogicalPtr ChangeBinder::Bind(const ast::Statement& statement, bool commits, std::vector<std::string>& names) {
  commits_ = commits;
  first_cte_ = binder_.ctes_.size();
  LogicalPtr plan;
  switch (statement.kind) {
    case ast::StatementKind::kInsert:
      plan = BindInsert(statement.As<ast::Insert>());
      break;
    case ast::StatementKind::kUpdate:
      plan = BindUpdate(statement.As<ast::Update>());
      break;
    case ast::StatementKind::kDelete:
      plan = BindDelete(statement.As<ast::Delete>());
      break;
    case ast::StatementKind::kMerge:
      if (!commits) {
        throw Error::User(sqlstate::kFeatureNotSupported, "MERGE not supported in WITH query")
            .WithPosition(statement.offset);
      }
      plan = BindMerge(statement.As<ast::Merge>());
      break;
    default:
      throw Error::Internal("no change of rows: {}", static_cast<int>(statement.kind));
  }
  names = std::move(names_);
  return plan;
}

void ChangeBinder::SetTarget(const ast::QualifiedName& name, ast::Name alias) {
  const weir::QualifiedName full = ToCatalogName(name);
  table_ = binder_.context_.catalog->GetTable(full, binder_.context_.names, name.offset);
  RequireAppendTable(*table_, name.offset);
  alias_ = std::string(alias.empty() ? name.last() : alias);
  if (alias.empty()) {
    schema_ = binder_.context_.catalog->GetRelation(full, binder_.context_.names, name.offset).schema;
  }
}

ChangeBinder::Rows ChangeBinder::TargetRows() {
  Binder::Bound bound = binder_.BindRelation({table_, "", schema_, table_->name}, alias_);
  const auto& scan = bound.plan->as<LogicalScan>();
  TableSource source = std::get<TableSource>(scan.source);
  std::vector<PlanColumn> columns = scan.columns();
  for (const PlanColumn& column : columns) target_ids_.push_back(column.id);
  for (const auto& [name, ordinal] :
       {std::pair("$part", kRowPartOrdinal), std::pair("$position", kRowPositionOrdinal)}) {
    source.column_ordinals.push_back(ordinal);
    columns.push_back(binder_.NewColumn(TypeKind::kInt64, name));
  }
  row_part_ = ColumnOf(columns[columns.size() - 2]);
  row_position_ = ColumnOf(columns.back());
  auto with_ids = std::make_shared<LogicalScan>(std::move(source), std::move(columns), scan.filters, scan.table_rows);
  with_ids->column_statistics = scan.column_statistics;
  with_ids->shredded = scan.shredded;
  return {std::move(with_ids), std::move(bound.scope)};
}

ExprPtr ChangeBinder::Assigned(ExprPtr value, const ColumnDef& column, int64_t position) {
  // A value of the same domain has been checked.
  if (column.type.domain_id() != 0 && value->type().domain_id() != column.type.domain_id()) {
    ColumnDef base = column;
    base.type = column.type.WithDomain("", 0);
    return binder_.CheckDomain(Assigned(std::move(value), base, position), column.type, position);
  }
  const Type from = value->type();
  if (from == column.type && column.type.fraction_digits() < 0) return value;
  if (value->is(ExprKind::kParameter) && from.is(TypeKind::kUnknown)) {
    binder_.parameter_types_[value->parameter_index()] = column.type;
    value = Expr::Parameter(value->parameter_index(), column.type);
    return binder_.registry_.BindCast(value, column.type, CastRule::kAssignment, position);
  }
  if (!from.is(TypeKind::kUnknown) && binder_.registry_.FindCast(from, column.type) < CastRule::kAssignment) {
    throw Error::User(sqlstate::kDatatypeMismatch, "column \"{}\" is of type {} but expression is of type {}",
                      column.name, column.type.Name(), from.Name())
        .WithHint("You will need to rewrite or cast the expression.")
        .WithPosition(position);
  }
  return binder_.registry_.BindCast(value, column.type, CastRule::kAssignment, position);
}

ExprPtr ChangeBinder::BindValue(const ast::Expr& value, const ColumnDef& column, ExpressionBinder& binder) {
  if (value.kind == ast::ExprKind::kDefaultExpr) return binder_.DefaultOf(column);
  // Each field of ROW(...) takes the type of the column's field by itself, as a value does.
  const auto* row = value.TryAs<ast::RowExpr>();
  if (row != nullptr && column.type.is(TypeKind::kStruct) && row->fields.size() == column.type.child_count()) {
    std::vector<ExprPtr> parts;
    for (size_t i = 0; i < row->fields.size(); ++i) {
      ColumnDef field = column;
      field.name = column.type.fields()[i].name;
      field.type = column.type.child(i);
      parts.push_back(Expr::Literal(Value::String(field.name)));
      parts.push_back(BindValue(*row->fields[i], field, binder));
    }
    return Assigned(binder_.registry_.BindCall("named_struct", std::move(parts), value.offset), column, value.offset);
  }
  return Assigned(binder.Bind(value), column, value.offset);
}

void ChangeBinder::Project(Rows& rows, const std::vector<ExprPtr>& exprs, std::vector<PlanColumn> columns) {
  std::vector<ExprPtr> all;
  for (const PlanColumn& column : rows.plan->columns()) all.push_back(ColumnOf(column));
  all.insert(all.end(), exprs.begin(), exprs.end());
  std::vector<PlanColumn> out = rows.plan->columns();
  out.insert(out.end(), columns.begin(), columns.end());
  rows.plan = std::make_shared<LogicalProject>(std::move(rows.plan), std::move(all), std::move(out));
}

void ChangeBinder::AddTargetValues(Rows& rows, std::vector<ExprPtr> values) {
  std::vector<ExprPtr> made;
  std::vector<PlanColumn> columns;
  for (size_t i = 0; i < values.size(); ++i) {
    const ColumnDef& column = table_->columns[i];
    if (values[i] == nullptr) {
      new_values_.push_back({target_id(i), column.type, column.name});
      continue;
    }
    new_values_.push_back(binder_.NewColumn(column.type, column.name));
    columns.push_back(new_values_.back());
    made.push_back(std::move(values[i]));
  }
  Project(rows, made, std::move(columns));
  for (ScopeColumn& column : rows.scope.columns()) {
    const auto at = std::find(target_ids_.begin(), target_ids_.end(), column.id);
    if (at != target_ids_.end()) column.id = new_values_[static_cast<size_t>(at - target_ids_.begin())].id;
  }
}

LogicalPtr ChangeBinder::Finish(ChangeKind kind, Rows rows, std::vector<ExprPtr> leading,
                                ast::List<ast::SelectItem> returning, std::string label) {
  RowChange change{kind, table_->id.value(), table_->name, std::move(label), 0, !returning.empty(), commits_};
  std::vector<ExprPtr> exprs = std::move(leading);
  if (change.has_row_ids()) {
    exprs.push_back(row_part_);
    exprs.push_back(row_position_);
  }
  if (kind != ChangeKind::kDelete) {
    change.table_columns = new_values_.size();
    for (const PlanColumn& column : new_values_) exprs.push_back(ColumnOf(column));
  }
  const size_t own = exprs.size();
  if (change.returning) {
    ast::Select items;
    items.items = returning;
    SelectBinder binder(binder_, items, nullptr, nullptr);
    rows.plan = binder.BindReturning(std::move(rows.plan), rows.scope, exprs, names_);
  }
  std::vector<PlanColumn> columns;
  std::vector<ColumnId> passed;
  for (size_t i = 0; i < exprs.size(); ++i) {
    // Untyped results are text for the client.
    if (exprs[i]->type().is(TypeKind::kUnknown)) {
      exprs[i] = binder_.registry_.BindCast(exprs[i], TypeKind::kVarchar, CastRule::kImplicit);
    }
    const ExprPtr& expr = exprs[i];
    const bool passes =
        expr->is(ExprKind::kColumn) && std::find(passed.begin(), passed.end(), expr->column_id()) == passed.end();
    const std::string name = i >= own ? names_[i - own] : expr->is(ExprKind::kColumn) ? expr->ToString() : "action";
    if (passes) passed.push_back(expr->column_id());
    columns.push_back(passes ? PlanColumn{expr->column_id(), expr->type(), name}
                             : binder_.NewColumn(expr->type(), name));
  }
  std::vector<PlanColumn> out(columns.begin() + static_cast<ptrdiff_t>(own), columns.end());
  if (!change.returning) out = {binder_.NewColumn(TypeKind::kInt64, "count")};
  const auto& have = rows.plan->columns();
  const bool in_place = passed.size() == have.size() && exprs.size() == have.size() &&
                        std::equal(passed.begin(), passed.end(), have.begin(),
                                   [](ColumnId id, const PlanColumn& column) { return id == column.id; });
  if (!in_place)
    rows.plan = std::make_shared<LogicalProject>(std::move(rows.plan), std::move(exprs), std::move(columns));
  LogicalPtr plan = binder_.FinishCtes(std::move(rows.plan), first_cte_);
  return std::make_shared<LogicalChange>(std::move(plan), std::move(change), std::move(out));
}

}  // namespace weir
