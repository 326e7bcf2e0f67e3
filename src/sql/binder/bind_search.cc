// SEARCH and CYCLE of WITH RECURSIVE: each row carries where it came from in columns of its own.
#include <algorithm>

#include "sql/binder/expression_binder.h"

namespace weir {

namespace {

ExprPtr ColumnOf(const PlanColumn& column) {
  return Expr::Column(column.id, column.type, column.name);
}

// Hands the columns that the recursion adds up from its scan, in which rows that `kept` refuses have no successors.
class Carrier {
 public:
  Carrier(CteId id, const std::vector<PlanColumn>& added, std::vector<PlanColumn> scanned, ExprPtr kept)
      : id_(id), added_(added), scanned_(std::move(scanned)), kept_(std::move(kept)) {}

  // Null: the scan is not in there.
  LogicalPtr Carry(const LogicalPtr& plan) const {
    if (plan->kind() == LogicalKind::kCteScan && plan->as<LogicalCteScan>().id == id_) {
      const auto& scan = plan->as<LogicalCteScan>();
      std::vector<PlanColumn> columns = scan.columns();
      columns.insert(columns.end(), scanned_.begin(), scanned_.end());
      std::vector<ColumnId> sources = scan.definition_columns;
      for (const PlanColumn& column : added_) sources.push_back(column.id);
      LogicalPtr out = std::make_shared<LogicalCteScan>(scan.id, scan.name, std::move(columns), std::move(sources));
      return kept_ == nullptr ? out : std::make_shared<LogicalFilter>(std::move(out), kept_);
    }
    std::vector<LogicalPtr> children = plan->children();
    bool found = false;
    for (LogicalPtr& child : children) {
      if (LogicalPtr carried = Carry(child)) {
        child = std::move(carried);
        found = true;
      }
    }
    if (!found) return nullptr;
    switch (plan->kind()) {
      case LogicalKind::kProject: {
        std::vector<ExprPtr> exprs = plan->as<LogicalProject>().exprs;
        std::vector<PlanColumn> columns = plan->columns();
        for (const PlanColumn& column : scanned_) {
          exprs.push_back(ColumnOf(column));
          columns.push_back(column);
        }
        return std::make_shared<LogicalProject>(std::move(children[0]), std::move(exprs), std::move(columns));
      }
      case LogicalKind::kUnnest: {
        const auto& unnest = plan->as<LogicalUnnest>();
        std::vector<PlanColumn> columns = children[0]->columns();
        columns.insert(columns.end(), plan->columns().begin() + static_cast<ptrdiff_t>(plan->child()->columns().size()),
                       plan->columns().end());
        return std::make_shared<LogicalUnnest>(std::move(children[0]), unnest.lists, std::move(columns),
                                               unnest.with_ordinality);
      }
      case LogicalKind::kFilter:
      case LogicalKind::kJoin:
      case LogicalKind::kAsofJoin:
      case LogicalKind::kApply:
      case LogicalKind::kSort:
      case LogicalKind::kWindow:
        return plan->WithChildren(std::move(children));
      default:
        throw Error::User(sqlstate::kFeatureNotSupported,
                          "with a SEARCH or CYCLE clause, the recursive term must be a SELECT from the query itself");
    }
  }

 private:
  const CteId id_;
  const std::vector<PlanColumn>& added_;
  const std::vector<PlanColumn> scanned_;
  const ExprPtr kept_;
};

}  // namespace

void Binder::TrackRows(const ast::CommonTableExpr& cte, CteId id, const std::vector<std::string>& column_names,
                       LogicalPtr& base, LogicalPtr& step, std::vector<PlanColumn>& columns,
                       std::vector<std::string>& names) {
  const size_t width = columns.size();
  const auto positions = [&](ast::List<ast::Name> list, std::string_view what, int64_t position) {
    std::vector<size_t> out;
    for (const ast::Name& name : list) {
      const auto found = std::ranges::find(column_names, name);
      if (found == column_names.end()) {
        throw Error::User(sqlstate::kSyntaxError, "{} column \"{}\" not in WITH query column list", what, name)
            .WithPosition(position);
      }
      const auto at = static_cast<size_t>(found - column_names.begin());
      if (std::ranges::find(out, at) != out.end()) {
        throw Error::User(sqlstate::kDuplicateColumn, "{} column \"{}\" specified more than once", what, name)
            .WithPosition(position);
      }
      out.push_back(at);
    }
    return out;
  };
  const auto row_of = [&](const LogicalPtr& term, const std::vector<size_t>& at) {
    std::vector<ExprPtr> fields;
    for (const size_t i : at) fields.push_back(ColumnOf(term->columns()[i]));
    return fields;
  };
  const auto call = [&](std::string_view name, std::vector<ExprPtr> args) {
    return registry_.BindCall(name, std::move(args), cte.offset);
  };
  // Per added column: its name, empty for one that is not seen, and its value in both terms.
  struct Added {
    std::string name;
    ExprPtr first;
    PlanColumn column, scanned;
    ExprPtr next;
  };
  std::vector<Added> added;
  const auto add = [&](std::string_view name, ExprPtr first) -> Added& {
    for (const std::string& known : column_names) {
      if (known == name) {
        throw Error::User(sqlstate::kSyntaxError, "column name \"{}\" already used in WITH query column list", name)
            .WithPosition(cte.offset);
      }
    }
    const Type type = first->type();
    added.push_back({std::string(name), std::move(first), NewColumn(type, std::string(name)),
                     NewColumn(type, std::string(name)), nullptr});
    return added.back();
  };
  added.reserve(4);
  ExprPtr kept;
  if (cte.search != nullptr) {
    const std::vector<size_t> keys = positions(cte.search->columns, "search", cte.search->offset);
    if (cte.search->breadth_first) {
      const auto numbered = [&](ExprPtr depth, const LogicalPtr& term) {
        std::vector<ExprPtr> fields = row_of(term, keys);
        fields.insert(fields.begin(), std::move(depth));
        return call("row", std::move(fields));
      };
      Added& sequence = add(cte.search->sequence, numbered(Expr::Literal(Value::Int64(0)), base));
      Added& depth = add("", Expr::Literal(Value::Int64(0)));
      depth.next = call("+", {ColumnOf(depth.scanned), Expr::Literal(Value::Int64(1))});
      sequence.next = numbered(depth.next, step);
    } else {
      Added& sequence = add(cte.search->sequence, call("array", {call("row", row_of(base, keys))}));
      sequence.next = call("array_append", {ColumnOf(sequence.scanned), call("row", row_of(step, keys))});
    }
  }
  if (cte.cycle != nullptr) {
    const std::vector<size_t> keys = positions(cte.cycle->columns, "cycle", cte.cycle->offset);
    ExprPtr yes = Expr::Literal(Value::Boolean(true)), no = Expr::Literal(Value::Boolean(false));
    if (cte.cycle->value != nullptr) {
      yes = BindStandalone(*cte.cycle->value);
      no = BindStandalone(*cte.cycle->otherwise);
      Type type = registry_.CommonType(yes->type(), no->type()).value_or(Type(TypeKind::kVarchar));
      if (type.is(TypeKind::kUnknown)) type = TypeKind::kVarchar;
      yes = registry_.BindCast(yes, type, CastRule::kImplicit, cte.cycle->offset);
      no = registry_.BindCast(no, type, CastRule::kImplicit, cte.cycle->offset);
    }
    Added& mark = add(cte.cycle->mark, no);
    Added& path = add(cte.cycle->path, call("array", {call("row", row_of(base, keys))}));
    const ExprPtr row = call("row", row_of(step, keys));
    mark.next = Expr::Case({call("array_contains", {ColumnOf(path.scanned), row}), yes, no}, yes->type());
    path.next = call("array_append", {ColumnOf(path.scanned), row});
    kept = call("<>", {ColumnOf(mark.scanned), yes});
  }
  // What is seen comes first.
  std::vector<Added> unseen;
  for (const Added& each : added) {
    if (each.name.empty()) unseen.push_back(each);
  }
  std::erase_if(added, [](const Added& each) { return each.name.empty(); });
  added.insert(added.end(), unseen.begin(), unseen.end());
  std::vector<PlanColumn> outer, scanned;
  for (const Added& each : added) {
    outer.push_back(each.column);
    scanned.push_back(each.scanned);
  }
  LogicalPtr carried = Carrier(id, outer, scanned, kept).Carry(step);
  const auto extend = [&](LogicalPtr term, bool is_base) {
    std::vector<ExprPtr> exprs;
    std::vector<PlanColumn> made(term->columns().begin(), term->columns().begin() + static_cast<ptrdiff_t>(width));
    for (const PlanColumn& column : made) exprs.push_back(ColumnOf(column));
    for (const Added& each : added) {
      exprs.push_back(is_base ? each.first : each.next);
      made.push_back(NewColumn(each.column.type, each.name));
    }
    return std::make_shared<LogicalProject>(std::move(term), std::move(exprs), std::move(made));
  };
  base = extend(std::move(base), true);
  step = extend(std::move(carried), false);
  columns.insert(columns.end(), outer.begin(), outer.end());
  for (const Added& each : added) {
    if (!each.name.empty()) names.push_back(each.name);
  }
}

}  // namespace weir
