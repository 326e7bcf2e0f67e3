#include <algorithm>
#include <unordered_set>

#include "sql/binder/select_binder.h"
#include "sql/parser/to_sql.h"

namespace weir {

SelectBinder::SelectBinder(Binder& binder, const ast::Select& select, const ast::Query* query, Scope* outer)
    : binder_(binder), select_(select), query_(query), outer_(outer), scope_(outer) {}

LogicalPtr SelectBinder::Bind(std::vector<std::string>& names, std::vector<ColumnId>& correlated) {
  Binder::Bound from = binder_.BindFrom(select_.from, outer_);
  plan_ = std::move(from.plan);
  for (const ColumnId id : from.scope.correlated()) scope_.AddCorrelated(id);
  scope_.Add(from.scope);
  if (select_.sample != nullptr) plan_ = binder_.Sample(std::move(plan_), *select_.sample);
  BindWhere();
  windows_.definitions = select_.windows;
  if (!select_.windows.empty()) ItemBinder("WINDOW").CheckWindowDefinitions();
  BindItems();
  subqueries_.reuse = true;
  BindGroups();
  // Only what is grouped by is the same value wherever it is written.
  std::erase_if(subqueries_.known, [&](const SubqueryCollector::Known& known) {
    return std::none_of(groups_.begin(), groups_.end(), [&](const ExprPtr& group) {
      bool used = false;
      VisitExpr(*group, [&](const Expr& part) {
        used = used || part.Equals(*known.result);
        return !used;
      });
      return used;
    });
  });
  BindHaving();
  BindQualify();
  BindOrder();
  BindDistinctOn();
  grouped_ = !groups_.empty() || !aggregates_.calls.empty() || !groupings_.calls.empty() || having_ != nullptr ||
             !select_.group_by.empty();
  if (grouped_) Aggregate();
  plan_ = binder_.FlushApplies(std::move(plan_), before_groups_);
  ComputeWindows();
  LogicalPtr plan = Project(names);
  // What was looked up in the queries around us makes us correlated; names of our own FROM do not.
  for (const ColumnId id : scope_.correlated()) correlated.push_back(id);
  return plan;
}

LogicalPtr SelectBinder::BindReturning(LogicalPtr plan, const Scope& scope, std::vector<ExprPtr>& exprs,
                                       std::vector<std::string>& names) {
  plan_ = std::move(plan);
  scope_.Add(scope);
  returning_ = true;
  BindItems();
  for (Item& item : items_) {
    exprs.push_back(std::move(item.expr));
    names.push_back(std::move(item.name));
  }
  return binder_.FlushApplies(std::move(plan_), pending_);
}

// Names that are no columns may be those of select items, which are bound in their place.
void SelectBinder::AllowAliases(ExpressionBinder& binder) {
  binder.SetAliases([this, &binder, inside = false](std::string_view name) mutable -> ExprPtr {
    if (inside) return nullptr;
    for (const ast::SelectItem& item : select_.items) {
      if (item.alias != name) continue;
      inside = true;
      ExprPtr bound = binder.Bind(*item.expr);
      inside = false;
      return bound;
    }
    return nullptr;
  });
}

void SelectBinder::BindWhere() {
  if (select_.where == nullptr) return;
  std::vector<PendingApply> pending;
  ExpressionBinder binder(binder_, scope_, "WHERE", &pending);
  AllowAliases(binder);
  ExprPtr predicate = binder.BindPredicate(*select_.where);
  plan_ = binder_.FlushApplies(std::move(plan_), pending);
  plan_ = std::make_shared<LogicalFilter>(std::move(plan_), std::move(predicate));
}

ExpressionBinder SelectBinder::ItemBinder(std::string_view clause) {
  if (returning_) return {binder_, scope_, "RETURNING", &pending_};
  ExpressionBinder binder(binder_, scope_, clause, &pending_, &aggregates_, &before_groups_);
  binder.AllowGrouping(groupings_);
  if (clause != "HAVING") binder.AllowWindows(windows_);
  if (!select_.group_by.empty()) binder.ShareSubqueries(subqueries_);
  return binder;
}

void SelectBinder::BindItems() {
  for (const ast::SelectItem& item : select_.items) {
    if (const auto* star = item.expr->TryAs<ast::StarExpr>()) {
      ExpandStar(*star);
      continue;
    }
    const auto* call = item.expr->TryAs<ast::FunctionCall>();
    if (call != nullptr && call->name.parts.size() == 1 && call->name.last() == "columns") {
      ExpandColumns(*call);
      continue;
    }
    ExpressionBinder binder = ItemBinder("SELECT");
    binder.AllowSets([this](const ast::FunctionCall& set) { return BindUnnestItem(set); });
    ExprPtr expr = binder.Bind(*item.expr);
    items_.push_back(
        {std::move(expr), item.alias.empty() ? ResultColumnName(*item.expr) : std::string(item.alias), item.expr});
  }
}

ExprPtr SelectBinder::BindUnnestItem(const ast::FunctionCall& call) {
  if (returning_) {
    throw Error::User(sqlstate::kFeatureNotSupported, "set-returning functions are not allowed in RETURNING")
        .WithPosition(call.offset);
  }
  std::vector<ExprPtr> args;
  for (const ast::Expr* arg : call.args) args.push_back(ItemBinder("SELECT").Bind(*arg));
  const std::string_view name = call.name.last();
  if (name == "unnest" && args.size() != 1) {
    throw Error::User(sqlstate::kUndefinedFunction, "unnest takes one list here").WithPosition(call.offset);
  }
  ExprPtr list;
  if (name == "unnest") {
    list = args[0];
  } else {
    list = name == "generate_series" ? binder_.BindSeries(std::move(args), call.offset)
                                     : binder_.registry_.BindCall(name, std::move(args), call.offset);
  }
  if (!list->type().is(TypeKind::kList)) {
    throw Error::User(sqlstate::kDatatypeMismatch, "unnest of a value that is not a list: {}", list->type().ToString())
        .WithPosition(call.offset);
  }
  unnested_columns_.push_back(binder_.NewColumn(list->type().element(), std::string(call.name.last())));
  unnested_.push_back(std::move(list));
  const PlanColumn& column = unnested_columns_.back();
  return Expr::Column(column.id, column.type, column.name);
}

void SelectBinder::ExpandStar(const ast::StarExpr& star) {
  if (star.base != nullptr) {
    const ExprPtr base = ItemBinder("SELECT").Bind(*star.base);
    if (!base->type().is(TypeKind::kStruct)) {
      throw Error::User(sqlstate::kWrongObjectType, "type {} is not a struct", base->type().ToString())
          .WithPosition(star.offset);
    }
    for (const Field& field : base->type().fields()) {
      ExprPtr expr =
          binder_.registry_.BindCall("struct_extract", {base, Expr::Literal(Value::String(field.name))}, star.offset);
      items_.push_back({std::move(expr), field.name});
    }
    return;
  }
  if (select_.from.empty() && !returning_) {
    throw Error::User(sqlstate::kSyntaxError, "SELECT * with no tables specified is not valid")
        .WithPosition(star.offset);
  }
  bool any = false;
  std::vector<ast::Name> unused(star.exclude.begin(), star.exclude.end());
  // A copy: binding replacements may look at the scope.
  const std::vector<ScopeColumn> columns = scope_.columns();
  for (const ScopeColumn& column : columns) {
    if (star.qualifier.empty() ? column.hidden : column.relation != star.qualifier.back()) continue;
    if (star.qualifier.size() > 1 && column.schema != star.qualifier[star.qualifier.size() - 2]) continue;
    any = true;
    if (std::find(star.exclude.begin(), star.exclude.end(), column.name) != star.exclude.end()) {
      std::erase(unused, column.name);
      continue;
    }
    Item item{Expr::Column(column.id, column.type, column.name), column.name};
    for (const ast::StarReplacement& replacement : star.replace) {
      if (replacement.column == column.name) item.expr = ItemBinder("SELECT").Bind(*replacement.value);
    }
    for (const ast::StarRename& rename : star.rename) {
      if (rename.from == column.name) item.name = std::string(rename.to);
    }
    items_.push_back(std::move(item));
  }
  const auto has = [&](std::string_view name) {
    return std::any_of(columns.begin(), columns.end(), [&](const ScopeColumn& column) {
      return column.name == name &&
             (star.qualifier.empty() ? !column.hidden : column.relation == star.qualifier.back());
    });
  };
  for (const ast::StarReplacement& replacement : star.replace) {
    if (any && !has(replacement.column)) {
      throw Error::User(sqlstate::kUndefinedColumn, "column \"{}\" in REPLACE does not exist", replacement.column)
          .WithPosition(star.offset);
    }
  }
  for (const ast::StarRename& rename : star.rename) {
    if (any && !has(rename.from)) {
      throw Error::User(sqlstate::kUndefinedColumn, "column \"{}\" in RENAME does not exist", rename.from)
          .WithPosition(star.offset);
    }
  }
  if (!any && !star.qualifier.empty()) {
    // s.*: the fields of a column.
    if (const auto column = scope_.Find(star.qualifier, star.offset);
        column.has_value() && column->type.is(TypeKind::kStruct)) {
      const ExprPtr base = Expr::Column(column->id, column->type, column->name);
      for (const Field& field : column->type.fields()) {
        items_.push_back({binder_.registry_.BindCall("struct_extract", {base, Expr::Literal(Value::String(field.name))},
                                                     star.offset),
                          field.name});
      }
      return;
    }
    throw Error::User(sqlstate::kUndefinedTable, "missing FROM-clause entry for table \"{}\"", star.qualifier.back())
        .WithPosition(star.offset);
  }
  if (!unused.empty()) {
    throw Error::User(sqlstate::kUndefinedColumn, "column \"{}\" in EXCLUDE does not exist", unused[0])
        .WithPosition(star.offset);
  }
}

// COLUMNS('pattern'): the columns whose names the regular expression finds something in.
void SelectBinder::ExpandColumns(const ast::FunctionCall& call) {
  const auto* pattern = call.args.size() == 1 ? call.args[0]->TryAs<ast::StringLiteral>() : nullptr;
  if (pattern == nullptr) {
    throw Error::User(sqlstate::kSyntaxError, "COLUMNS takes one regular expression as a literal")
        .WithPosition(call.offset);
  }
  bool any = false;
  for (const ScopeColumn& column : scope_.columns()) {
    if (column.hidden) continue;
    const ExprPtr matches = binder_.registry_.BindCall(
        "~", {Expr::Literal(Value::String(column.name)), Expr::Literal(Value::String(std::string(pattern->value)))},
        pattern->offset);
    if (!EvaluateConstant(matches, binder_.registry_, *binder_.context_.statement).boolean()) continue;
    items_.push_back({Expr::Column(column.id, column.type, column.name), column.name});
    any = true;
  }
  if (!any) {
    throw Error::User(sqlstate::kUndefinedColumn, "no column matches COLUMNS('{}')", pattern->value)
        .WithPosition(call.offset);
  }
}

void SelectBinder::BindHaving() {
  if (select_.having == nullptr) return;
  ExpressionBinder binder = ItemBinder("HAVING");
  AllowAliases(binder);
  having_ = binder.BindPredicate(*select_.having);
}

void SelectBinder::BindQualify() {
  if (select_.qualify == nullptr) return;
  ExpressionBinder binder = ItemBinder("QUALIFY");
  binder.SetAliases([this](std::string_view name) -> ExprPtr {
    for (const Item& item : items_) {
      if (item.name == name && item.source != nullptr) return item.expr;
    }
    return nullptr;
  });
  qualify_ = binder.BindPredicate(*select_.qualify);
}

// The select item that a lone name means in ORDER BY and DISTINCT ON, where output names hide input columns.
std::optional<size_t> SelectBinder::ItemNamed(const ast::Expr& expr, std::string_view clause) const {
  const auto* column = expr.TryAs<ast::ColumnRef>();
  if (column == nullptr || column->parts.size() != 1) return std::nullopt;
  std::optional<size_t> found;
  for (size_t i = 0; i < items_.size(); ++i) {
    if (items_[i].name != column->last()) continue;
    if (found.has_value() && !items_[*found].expr->Equals(*items_[i].expr)) {
      throw Error::User(sqlstate::kAmbiguousColumn, "{} \"{}\" is ambiguous", clause, column->last())
          .WithPosition(expr.offset);
    }
    if (!found.has_value()) found = i;
  }
  return found;
}

void SelectBinder::BindOrder() {
  if (query_ == nullptr) return;
  const auto add_item = [&](const ast::SortItem& sort, size_t i) {
    SortKey key = binder_.MakeSortKey(sort, items_[i].expr);
    const bool is_item = key.expr == items_[i].expr;  // or the key of its collation
    order_.push_back({std::move(key), is_item ? std::optional(i) : std::nullopt});
  };
  if (query_->order_by_all) {
    for (size_t i = 0; i < items_.size(); ++i) add_item(query_->order_by[0], i);
    return;
  }
  for (const ast::SortItem& sort : query_->order_by) {
    if (const auto ordinal = OrdinalOf(*sort.expr, items_.size(), "ORDER BY")) {
      add_item(sort, *ordinal);
      continue;
    }
    if (const auto item = ItemNamed(*sort.expr, "ORDER BY")) {
      add_item(sort, *item);
      continue;
    }
    ExprPtr expr = ItemBinder("ORDER BY").Bind(*sort.expr);
    std::optional<size_t> same;
    for (size_t i = 0; i < items_.size() && !same.has_value(); ++i) {
      if (items_[i].expr->Equals(*expr)) same = i;
    }
    if (select_.distinct && select_.distinct_on.empty() && !same.has_value()) {
      throw Error::User(sqlstate::kInvalidColumnReference,
                        "for SELECT DISTINCT, ORDER BY expressions must appear in select list")
          .WithPosition(sort.expr->offset);
    }
    SortKey key = binder_.MakeSortKey(sort, expr);
    if (key.expr != expr) same.reset();  // the key of its collation
    order_.push_back({std::move(key), same});
  }
}

LogicalPtr SelectBinder::Project(std::vector<std::string>& names) {
  if (!unnested_.empty()) {
    std::vector<PlanColumn> all = plan_->columns();
    all.insert(all.end(), unnested_columns_.begin(), unnested_columns_.end());
    plan_ = std::make_shared<LogicalUnnest>(plan_, unnested_, std::move(all), false);
  }
  std::vector<ExprPtr> exprs;
  std::vector<PlanColumn> columns;
  // A column keeps its id; one of a query around us, and the same one twice, gets another.
  std::unordered_set<ColumnId> passable;
  for (const PlanColumn& column : plan_->columns()) passable.insert(column.id);
  for (const Item& item : items_) {
    names.push_back(item.name);
    exprs.push_back(item.expr);
    if (item.expr->is(ExprKind::kColumn) && passable.erase(item.expr->column_id()) > 0) {
      columns.push_back({item.expr->column_id(), item.expr->type(), item.name});
    } else {
      columns.push_back(binder_.NewColumn(item.expr->type(), item.name));
    }
  }
  const size_t width = columns.size();
  std::vector<SortKey> keys;
  for (const Order& order : order_) {
    SortKey key = order.key;
    // jsonb sorts by a key of its own.
    if (order.item.has_value() && !columns[*order.item].type.is_jsonb()) {
      const PlanColumn& column = columns[*order.item];
      key.expr = Expr::Column(column.id, column.type, column.name);
    } else {
      exprs.push_back(key.expr);
      columns.push_back(binder_.NewColumn(key.expr->type(), key.expr->ToString()));
      key.expr = Expr::Column(columns.back().id, columns.back().type, columns.back().name);
    }
    keys.push_back(std::move(key));
  }
  std::vector<ExprPtr> distinct_keys;
  for (const ExprPtr& key : distinct_on_) {
    exprs.push_back(key);
    columns.push_back(binder_.NewColumn(key->type(), key->ToString()));
    distinct_keys.push_back(Expr::Column(columns.back().id, columns.back().type, columns.back().name));
  }
  LogicalPtr plan = std::make_shared<LogicalProject>(plan_, std::move(exprs), columns);
  if (!distinct_keys.empty()) {
    plan = FirstOfEach(std::move(plan), distinct_keys, keys);
  } else if (select_.distinct) {
    std::vector<ExprPtr> groups;
    for (const PlanColumn& column : columns) binder_.RequireByteEquality(column.type, "SELECT DISTINCT");
    for (const PlanColumn& column : columns) groups.push_back(Expr::Column(column.id, column.type, column.name));
    plan =
        std::make_shared<LogicalAggregate>(std::move(plan), std::move(groups), std::vector<AggregateCall>{}, columns);
  }
  if (!keys.empty()) plan = std::make_shared<LogicalSort>(std::move(plan), std::move(keys));
  if (columns.size() > width) {
    std::vector<ExprPtr> kept;
    columns.resize(width);
    for (const PlanColumn& column : columns) kept.push_back(Expr::Column(column.id, column.type, column.name));
    plan = std::make_shared<LogicalProject>(std::move(plan), std::move(kept), columns);
  }
  return plan;
}

}  // namespace weir
