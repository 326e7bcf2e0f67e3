#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "sql/binder/bind_type.h"
#include "sql/binder/expression_binder.h"
#include "sql/binder/select_binder.h"

namespace weir {

namespace {

constexpr int kQueryDepthMax = 200;

// Where a column of a query is written, or the query where that is not to be said.
int64_t ItemOffset(const ast::QueryBody& body, size_t column) {
  const ast::QueryBody* at = &body;
  while (const auto* nested = at->TryAs<ast::NestedQuery>()) at = nested->query->body;
  if (const auto* values = at->TryAs<ast::Values>(); values != nullptr && column < values->rows[0].size()) {
    return values->rows[0][column]->offset;
  }
  const auto* select = at->TryAs<ast::Select>();
  if (select == nullptr || column >= select->items.size()) return at->offset;
  for (size_t i = 0; i <= column; ++i) {
    if (select->items[i].expr->kind == ast::ExprKind::kStarExpr) return select->items[i].offset;
  }
  return select->items[column].expr->offset;
}

bool HasOwnOrder(const ast::Query& query) {
  return !query.order_by.empty() || query.order_by_all;
}

}  // namespace

LogicalPtr Binder::BindQuery(const ast::Query& query, Scope* outer, std::vector<std::string>& names,
                             std::vector<ColumnId>& correlated) {
  if (++query_depth_ > kQueryDepthMax) {
    throw Error::User(sqlstate::kStatementTooComplex, "queries nested too deeply: more than {}", kQueryDepthMax)
        .WithPosition(query.offset);
  }
  const size_t first_cte = query.with == nullptr ? ctes_.size() : BindCtes(*query.with, outer, correlated);
  LogicalPtr plan;
  if (const auto* select = query.body->TryAs<ast::Select>()) {
    // A SELECT's ORDER BY may use columns that it does not put out.
    plan = SelectBinder(*this, *select, &query, outer).Bind(names, correlated);
  } else {
    plan = BindBody(*query.body, outer, names, correlated);
    if (HasOwnOrder(query)) plan = SortOutput(std::move(plan), query, names);
  }
  plan = ApplyLimit(std::move(plan), query, outer, correlated);
  plan = FinishCtes(std::move(plan), first_cte);
  --query_depth_;
  return plan;
}

LogicalPtr Binder::BindBody(const ast::QueryBody& body, Scope* outer, std::vector<std::string>& names,
                            std::vector<ColumnId>& correlated) {
  switch (body.kind) {
    case ast::QueryBodyKind::kSelect:
      return SelectBinder(*this, body.As<ast::Select>(), nullptr, outer).Bind(names, correlated);
    case ast::QueryBodyKind::kSetOperation:
      return BindSetOperation(body.As<ast::SetOperation>(), outer, names, correlated);
    case ast::QueryBodyKind::kValues:
      return BindValues(body.As<ast::Values>(), outer, names, correlated);
    case ast::QueryBodyKind::kNestedQuery:
      return BindQuery(*body.As<ast::NestedQuery>().query, outer, names, correlated);
  }
  throw Error::Internal("unbound query body kind {}", static_cast<int>(body.kind));
}

// A chain of the same UNION ALL becomes one node; other operators stay pairs.
LogicalPtr Binder::BindSetOperation(const ast::SetOperation& operation, Scope* outer, std::vector<std::string>& names,
                                    std::vector<ColumnId>& correlated) {
  std::vector<const ast::SetOperation*> chain = {&operation};
  while (const auto* left = chain.back()->left->TryAs<ast::SetOperation>()) chain.push_back(left);

  size_t nodes = 1;
  for (size_t i = 1; i < chain.size(); ++i) {
    const bool same = chain[i]->op == chain[i - 1]->op && chain[i]->all == chain[i - 1]->all &&
                      chain[i]->op == ast::SetOperator::kUnion && !chain[i]->by_name;
    if (!same) ++nodes;
  }
  CheckCount(nodes, "set operations", operation.offset);
  LogicalPtr plan = BindBody(*chain.back()->left, outer, names, correlated);
  for (size_t i = chain.size(); i-- > 0;) {
    const ast::SetOperation& node = *chain[i];
    std::vector<LogicalPtr> inputs = {std::move(plan)};
    // As many further branches of the same union as follow.
    size_t last = i;
    std::vector<std::string> ignored;
    inputs.push_back(BindBody(*node.right, outer, ignored, correlated));
    if (node.by_name) {
      AlignByName(inputs[0], names, inputs[1], ignored);
      plan = CombineBranches(node, std::move(inputs), names);
      continue;
    }
    while (node.op == ast::SetOperator::kUnion && last > 0 && chain[last - 1]->op == ast::SetOperator::kUnion &&
           chain[last - 1]->all == node.all && !chain[last - 1]->by_name) {
      --last;
      ignored.clear();
      inputs.push_back(BindBody(*chain[last]->right, outer, ignored, correlated));
    }
    i = last;
    plan = CombineBranches(node, std::move(inputs), names);
  }
  return plan;
}

// UNION BY NAME: both sides get all columns, in the left side's order and then the right's, NULL where they have none.
void Binder::AlignByName(LogicalPtr& left, std::vector<std::string>& names, LogicalPtr& right,
                         const std::vector<std::string>& right_names) {
  std::vector<std::string> all = names;
  for (const std::string& name : right_names) {
    if (std::find(all.begin(), all.end(), name) == all.end()) all.push_back(name);
  }
  const auto align = [&](LogicalPtr& side, const std::vector<std::string>& own) {
    std::vector<ExprPtr> exprs;
    std::vector<PlanColumn> columns;
    for (const std::string& name : all) {
      const auto at = std::find(own.begin(), own.end(), name);
      if (at == own.end()) {
        exprs.push_back(Expr::Literal(Value::Null()));
      } else {
        const PlanColumn& from = side->columns()[static_cast<size_t>(at - own.begin())];
        exprs.push_back(Expr::Column(from.id, from.type, from.name));
      }
      columns.push_back(NewColumn(exprs.back()->type(), name));
    }
    side = std::make_shared<LogicalProject>(std::move(side), std::move(exprs), std::move(columns));
  };
  align(left, names);
  align(right, right_names);
  names = std::move(all);
}

LogicalPtr Binder::CombineBranches(const ast::SetOperation& node, std::vector<LogicalPtr> inputs,
                                   const std::vector<std::string>& names) {
  const size_t width = inputs[0]->columns().size();
  constexpr std::string_view kOperatorNames[] = {"UNION", "INTERSECT", "EXCEPT"};
  const std::string_view name = kOperatorNames[static_cast<size_t>(node.op)];
  std::vector<Type> types;
  for (size_t c = 0; c < width; ++c) {
    std::vector<Type> sides;
    for (const LogicalPtr& input : inputs) {
      if (input->columns().size() != width) {
        throw Error::User(sqlstate::kSyntaxError, "each {} query must have the same number of columns", name)
            .WithPosition(ItemOffset(*node.right, 0));
      }
      sides.push_back(input->columns()[c].type);
    }
    auto common = registry_.CommonType(sides);
    if (!common.has_value()) throw CannotUnify(name, sides).WithPosition(ItemOffset(*node.right, c));
    types.push_back(common->is(TypeKind::kUnknown) ? Type(TypeKind::kVarchar) : *common);
  }
  if (node.op != ast::SetOperator::kUnion || !node.all) {
    for (const Type& type : types) RequireByteEquality(type, name);
  }
  std::vector<PlanColumn> columns;
  for (size_t c = 0; c < width; ++c) columns.push_back(NewColumn(types[c], names[c]));
  for (const LogicalPtr& input : inputs) {
    if (input->kind() != LogicalKind::kProject) continue;
    for (size_t c = 0; c < width; ++c) Settle(input->as<LogicalProject>().exprs[c], types[c]);
  }
  for (LogicalPtr& input : inputs) input = CastColumns(std::move(input), types);
  SetOperationKind kind = SetOperationKind::kUnionAll;
  if (node.op == ast::SetOperator::kIntersect) {
    kind = node.all ? SetOperationKind::kIntersectAll : SetOperationKind::kIntersect;
  } else if (node.op == ast::SetOperator::kExcept) {
    kind = node.all ? SetOperationKind::kExceptAll : SetOperationKind::kExcept;
  }
  LogicalPtr plan = std::make_shared<LogicalSetOperation>(kind, std::move(inputs), columns);
  if (node.op == ast::SetOperator::kUnion && !node.all) {
    std::vector<ExprPtr> groups;
    for (const PlanColumn& column : columns) groups.push_back(Expr::Column(column.id, column.type, column.name));
    plan =
        std::make_shared<LogicalAggregate>(std::move(plan), std::move(groups), std::vector<AggregateCall>{}, columns);
  }
  return plan;
}

LogicalPtr Binder::BindValues(const ast::Values& values, Scope* outer, std::vector<std::string>& names,
                              std::vector<ColumnId>& correlated) {
  const size_t width = values.rows[0].size();
  Scope scope(outer);
  std::vector<std::vector<ExprPtr>> rows;
  std::vector<std::vector<PendingApply>> pending(values.rows.size());
  bool subqueries = false;
  rows.reserve(values.rows.size());
  for (const auto& row : values.rows) {
    std::vector<ExprPtr> exprs;
    exprs.reserve(width);
    ExpressionBinder binder(*this, scope, "VALUES", &pending[rows.size()]);
    for (const ast::Expr* expr : row) exprs.push_back(binder.Bind(*expr));
    subqueries = subqueries || !pending[rows.size()].empty();
    rows.push_back(std::move(exprs));
  }
  std::vector<PlanColumn> columns;
  for (size_t c = 0; c < width; ++c) {
    std::vector<Type> types;
    for (const auto& row : rows) {
      if (types.empty() || !(types.back() == row[c]->type())) types.push_back(row[c]->type());
    }
    auto common = registry_.CommonType(types);
    if (!common.has_value()) {
      throw CannotUnify("VALUES", types).WithPosition(values.rows[0][c]->offset);
    }
    // A column of string literals stays open for INSERT to give it the type of the table's column.
    for (auto& row : rows) {
      if (!common->is(TypeKind::kUnknown)) {
        row[c] = Settle(row[c], *common);
        row[c] = registry_.BindCast(row[c], *common, CastRule::kImplicit, row[c]->position());
      }
    }
    names.push_back(fmt::format("column{}", c + 1));
    columns.push_back(NewColumn(*common, names.back()));
  }
  for (const ColumnId id : scope.correlated()) correlated.push_back(id);
  if (!subqueries && (scope.correlated().empty() || rows.size() > 1)) {
    return std::make_shared<LogicalValues>(std::move(rows), std::move(columns));
  }
  // Rows with subqueries or outer columns are projections of one row each.
  std::vector<LogicalPtr> branches;
  for (size_t i = 0; i < rows.size(); ++i) {
    std::vector<PlanColumn> own;
    for (const PlanColumn& column : columns)
      own.push_back(rows.size() == 1 ? column : NewColumn(column.type, column.name));
    branches.push_back(
        std::make_shared<LogicalProject>(FlushApplies(OneRow(), pending[i]), std::move(rows[i]), std::move(own)));
  }
  if (branches.size() == 1) return branches[0];
  return std::make_shared<LogicalSetOperation>(SetOperationKind::kUnionAll, std::move(branches), std::move(columns));
}

// ORDER BY over a set operation or VALUES: output columns by name or number, and expressions over these.
LogicalPtr Binder::SortOutput(LogicalPtr plan, const ast::Query& query, const std::vector<std::string>& names) {
  std::vector<SortKey> keys;
  const auto column = [&](size_t i) {
    const PlanColumn& from = plan->columns()[i];
    return Expr::Column(from.id, from.type, from.name);
  };
  if (query.order_by_all) {
    for (size_t i = 0; i < names.size(); ++i) keys.push_back(MakeSortKey(query.order_by[0], column(i)));
    return std::make_shared<LogicalSort>(std::move(plan), std::move(keys));
  }
  Scope scope;
  for (size_t i = 0; i < names.size(); ++i) {
    scope.Add({"", "", names[i], plan->columns()[i].id, plan->columns()[i].type});
  }
  for (const ast::SortItem& item : query.order_by) {
    if (const auto ordinal = OrdinalOf(*item.expr, names.size(), "ORDER BY")) {
      keys.push_back(MakeSortKey(item, column(*ordinal)));
      continue;
    }
    keys.push_back(MakeSortKey(item, ExpressionBinder(*this, scope, "ORDER BY", nullptr).Bind(*item.expr)));
  }
  return std::make_shared<LogicalSort>(std::move(plan), std::move(keys));
}

std::optional<size_t> OrdinalOf(const ast::Expr& expr, size_t count, std::string_view clause) {
  const auto* number = expr.TryAs<ast::NumberLiteral>();
  if (expr.kind == ast::ExprKind::kStringLiteral || (number != nullptr && !number->is_integer)) {
    throw Error::User(sqlstate::kSyntaxError, "non-integer constant in {}", clause).WithPosition(expr.offset);
  }
  if (number == nullptr) return std::nullopt;
  uint64_t value = 0;
  const auto [end, failure] = std::from_chars(number->text.data(), number->text.data() + number->text.size(), value);
  if (!number->is_integer || failure != std::errc() || value == 0 || value > count) {
    throw Error::User(sqlstate::kInvalidColumnReference, "{} position {} is not in select list", clause, number->text)
        .WithPosition(expr.offset);
  }
  return value - 1;
}

// ---- WITH

namespace {

// Whether a relation was not found that has this name.
bool IsMissing(const Error& error, std::string_view name) {
  return error.sqlstate() == sqlstate::kUndefinedTable &&
         error.message() == fmt::format("relation \"{}\" does not exist", name);
}

}  // namespace

// With RECURSIVE a query may name later ones, which are then bound before it.
size_t Binder::BindCtes(const ast::With& with, Scope* outer, std::vector<ColumnId>& correlated) {
  const size_t first = ctes_.size();
  CheckCount(with.ctes.size(), "WITH queries", with.offset);
  enum class State : uint8_t { kOpen, kStarted, kBound };
  std::vector<State> states(with.ctes.size(), State::kOpen);
  for (size_t i = 0; i < with.ctes.size(); ++i) {
    for (size_t k = 0; k < i; ++k) {
      if (with.ctes[k].name != with.ctes[i].name) continue;
      throw Error::User(sqlstate::kDuplicateAlias, "WITH query name \"{}\" specified more than once", with.ctes[i].name)
          .WithPosition(with.ctes[i].offset);
    }
  }
  const auto bind = [&](const auto& self, size_t i) -> void {
    const ast::CommonTableExpr& cte = with.ctes[i];
    states[i] = State::kStarted;
    auto bound = std::make_unique<Cte>();
    bound->id = ids_.NextCte();
    bound->name = std::string(cte.name);
    bound->materialization = cte.materialization;
    bound->changes_rows = cte.statement != nullptr;
    while (bound->definition == nullptr) {
      const size_t known = ctes_.size();
      const int depth = query_depth_, view_depth = view_depth_;
      try {
        bound->definition = BindCte(with, cte, outer, bound->names, correlated);
      } catch (Error& error) {
        if (!with.recursive) throw;
        if (IsMissing(error, cte.name)) {
          throw Error::User(sqlstate::kInvalidRecursion,
                            "recursive query \"{}\" does not have the form non-recursive-term UNION [ALL] "
                            "recursive-term",
                            cte.name)
              .WithPosition(cte.offset);
        }
        size_t missing = 0;
        while (missing < with.ctes.size() && !IsMissing(error, with.ctes[missing].name)) ++missing;
        if (missing == with.ctes.size() || states[missing] == State::kBound) throw;
        if (states[missing] == State::kStarted) {
          throw Error::Unsupported("Order the WITH queries so that each names earlier ones only.",
                                   "mutual recursion between WITH items is not implemented")
              .WithPosition(with.ctes[missing].offset);
        }
        ctes_.resize(known);
        query_depth_ = depth;
        view_depth_ = view_depth;
        bound->names.clear();
        self(self, missing);
      }
    }
    if (cte.columns.size() > bound->names.size()) {
      throw Error::User(sqlstate::kInvalidColumnReference,
                        "WITH query \"{}\" has {} columns available but {} columns specified", cte.name,
                        bound->names.size(), cte.columns.size())
          .WithPosition(cte.offset);
    }
    for (size_t c = 0; c < cte.columns.size(); ++c) bound->names[c] = std::string(cte.columns[c]);
    states[i] = State::kBound;
    ctes_.push_back(std::move(bound));
  };
  for (size_t i = 0; i < with.ctes.size(); ++i) {
    if (states[i] == State::kOpen) bind(bind, i);
  }
  return first;
}

size_t Binder::BindCtes(const ast::With& with) {
  std::vector<ColumnId> correlated;
  return BindCtes(with, nullptr, correlated);
}

LogicalPtr Binder::BindCte(const ast::With& with, const ast::CommonTableExpr& cte, Scope* outer,
                           std::vector<std::string>& names, std::vector<ColumnId>& correlated) {
  if (cte.statement != nullptr) return BindChangeInWith(cte, names);
  const auto* operation = cte.query->body->TryAs<ast::SetOperation>();
  if (with.recursive && operation != nullptr && operation->op == ast::SetOperator::kUnion && !operation->by_name) {
    return BindRecursive(cte, *operation, outer, names, correlated);
  }
  if (cte.search != nullptr || cte.cycle != nullptr) {
    throw Error::User(sqlstate::kSyntaxError, "WITH query is not recursive").WithPosition(cte.offset);
  }
  return BindQuery(*cte.query, outer, names, correlated);
}

Binder::Cte* Binder::FindCte(std::string_view name) {
  for (size_t i = ctes_.size(); i-- > 0;) {
    if (ctes_[i]->name == name) return ctes_[i].get();
  }
  return nullptr;
}

namespace {

// Puts definitions in the place of their only references, in one walk: they may refer to each other.
LogicalPtr InlineCtes(const LogicalPtr& plan, const std::unordered_map<CteId, LogicalPtr>& definitions) {
  if (plan->kind() == LogicalKind::kCteScan) {
    const auto& scan = plan->as<LogicalCteScan>();
    const auto found = definitions.find(scan.id);
    if (found == definitions.end()) return plan;
    std::vector<ExprPtr> exprs;
    exprs.reserve(scan.columns().size());
    for (size_t i = 0; i < scan.columns().size(); ++i) {
      exprs.push_back(Expr::Column(scan.definition_columns[i], scan.columns()[i].type, scan.columns()[i].name));
    }
    return std::make_shared<LogicalProject>(InlineCtes(found->second, definitions), std::move(exprs), scan.columns());
  }
  bool changed = false;
  std::vector<LogicalPtr> children;
  children.reserve(plan->children().size());
  for (const LogicalPtr& child : plan->children()) {
    children.push_back(InlineCtes(child, definitions));
    changed = changed || children.back() != child;
  }
  return changed ? plan->WithChildren(std::move(children)) : plan;
}

}  // namespace

LogicalPtr Binder::FinishCtes(LogicalPtr plan, size_t first) {
  std::unordered_map<CteId, LogicalPtr> inlined;
  while (ctes_.size() > first) {
    const std::unique_ptr<Cte> cte = std::move(ctes_.back());
    ctes_.pop_back();
    if (cte->uses == 0 && !cte->changes_rows) continue;
    if (cte->uses == 1 && !cte->changes_rows && cte->materialization != ast::Materialization::kMaterialized) {
      // The reference is in the body or in the definition of a later CTE, which is part of the plan by now.
      inlined.emplace(cte->id, cte->definition);
    } else {
      plan = std::make_shared<LogicalCte>(cte->id, cte->name, cte->definition, std::move(plan));
    }
  }
  return inlined.empty() ? plan : InlineCtes(plan, inlined);
}

}  // namespace weir
