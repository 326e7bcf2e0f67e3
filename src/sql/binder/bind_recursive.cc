// WITH RECURSIVE: base UNION [ALL] step, where the step names the query once.
#include <algorithm>

#include "sql/binder/binder.h"

namespace weir {

namespace {

// What stands between the step's top and its reference to itself, by PostgreSQL's rules.
class StepChecker {
 public:
  StepChecker(CteId id, std::string_view name, int64_t position) : id_(id), name_(name), position_(position) {}

  // True when the reference is in the plan.
  bool Check(const LogicalNode& plan) const {
    if (plan.kind() == LogicalKind::kCteScan) return plan.as<LogicalCteScan>().id == id_;
    std::vector<bool> has;
    for (const LogicalPtr& child : plan.children()) has.push_back(Check(*child));
    if (std::ranges::find(has, true) == has.end()) return false;
    switch (plan.kind()) {
      case LogicalKind::kAggregate:
        if (plan.as<LogicalAggregate>().aggregates.empty()) break;
        throw Error::User(sqlstate::kInvalidRecursion,
                          "aggregate functions are not allowed in a recursive query's recursive term")
            .WithHint("Aggregate over the finished query outside of WITH.")
            .WithPosition(position_);
      case LogicalKind::kJoin: {
        const JoinKind kind = plan.as<LogicalJoin>().join_kind;
        const bool left_is_optional = kind == JoinKind::kRight || kind == JoinKind::kFull;
        const bool right_is_optional = kind == JoinKind::kLeft || kind == JoinKind::kFull;
        if ((has[0] && left_is_optional) || (has[1] && right_is_optional)) Refuse("an outer join");
        if (has[1] && (kind == JoinKind::kSemi || kind == JoinKind::kAnti)) Refuse("a semi or anti join's right side");
        break;
      }
      case LogicalKind::kApply: {
        if (!has[1]) break;
        const JoinKind kind = plan.as<LogicalApply>().join_kind;
        if (kind == JoinKind::kLeft) Refuse("an outer join");
        if (kind != JoinKind::kInner) Refuse("a subquery");
        break;
      }
      case LogicalKind::kSetOperation: {
        const SetOperationKind kind = plan.as<LogicalSetOperation>().operation;
        if (kind == SetOperationKind::kIntersect || kind == SetOperationKind::kIntersectAll) Refuse("INTERSECT");
        if (kind == SetOperationKind::kExcept || kind == SetOperationKind::kExceptAll) Refuse("EXCEPT");
        break;
      }
      default:
        break;
    }
    return true;
  }

 private:
  [[noreturn]] void Refuse(std::string_view where) const {
    throw Error::User(sqlstate::kInvalidRecursion, "recursive reference must not appear within {}: query \"{}\"", where,
                      name_)
        .WithPosition(position_);
  }

  const CteId id_;
  const std::string_view name_;
  const int64_t position_;
};

// Exact numbers grow digits in a step; the widest type has room for them.
Type RoomFor(const Type& type) {
  constexpr int kScale = 10;
  return Type::Decimal(Type::kDecimalPrecisionMax, std::max(type.scale(), kScale)).WithNaturalScale();
}

void RefuseClauses(const ast::Query& query) {
  const auto refuse = [&](std::string_view clause) {
    throw Error::Unsupported("Put it into the query that uses this one.", "{} in a recursive query is not available",
                             clause)
        .WithPosition(query.offset);
  };
  if (!query.order_by.empty() || query.order_by_all) refuse("ORDER BY");
  if (query.limit != nullptr) refuse("LIMIT");
  if (query.offset_rows != nullptr) refuse("OFFSET");
}

}  // namespace

LogicalPtr Binder::BindRecursive(const ast::CommonTableExpr& cte, const ast::SetOperation& operation, Scope* outer,
                                 std::vector<std::string>& names, std::vector<ColumnId>& correlated) {
  const ast::Query& query = *cte.query;
  const size_t first_cte = query.with == nullptr ? ctes_.size() : BindCtes(*query.with, outer, correlated);
  ctes_.push_back(std::make_unique<Cte>());
  Cte& self = *ctes_.back();
  self.id = ids_.NextCte();
  self.name = std::string(cte.name);
  self.recursive = true;

  LogicalPtr base = BindBody(*operation.left, outer, names, correlated);
  std::vector<Type> types;
  for (const PlanColumn& column : base->columns()) {
    types.push_back(column.type.is(TypeKind::kUnknown) ? Type(TypeKind::kVarchar) : column.type);
  }
  LogicalPtr step;
  std::vector<PlanColumn> columns;
  // Once more when numbers need room; what the first try has bound is forgotten.
  for (bool again = true; again;) {
    again = false;
    base = CastColumns(std::move(base), types);
    columns.clear();
    for (size_t i = 0; i < types.size(); ++i) columns.push_back(NewColumn(types[i], names[i]));
    self.definition = std::make_shared<LogicalValues>(std::vector<std::vector<ExprPtr>>{}, columns);
    self.names = names;
    for (size_t i = 0; i < cte.columns.size() && i < names.size(); ++i) self.names[i] = std::string(cte.columns[i]);
    self.uses = 0;
    std::vector<std::string> ignored;
    step = BindBody(*operation.right, outer, ignored, correlated);
    if (self.uses == 0) break;
    if (step->columns().size() != types.size()) {
      throw Error::User(sqlstate::kSyntaxError, "each UNION query must have the same number of columns")
          .WithPosition(operation.offset);
    }
    for (size_t i = 0; i < types.size(); ++i) {
      const Type& made = step->columns()[i].type;
      if (made == types[i]) continue;
      const Type common = registry_.CommonType(types[i], made).value_or(Type());
      if (common == types[i]) continue;
      if (types[i].is(TypeKind::kDecimal) && made.is(TypeKind::kDecimal)) {
        if (types[i] == RoomFor(types[i])) continue;
        types[i] = RoomFor(types[i]);
        again = true;
        continue;
      }
      throw Error::User(sqlstate::kDatatypeMismatch,
                        "recursive query \"{}\" column {} has type {} in non-recursive term but type {} overall",
                        cte.name, i + 1, types[i].Name(), common.Name())
          .WithHint("Cast the output of the non-recursive term to the correct type.")
          .WithPosition(cte.offset);
    }
  }
  const CteId id = self.id;
  const int uses = self.uses;
  const std::vector<std::string> column_names = self.names;
  ctes_.pop_back();

  LogicalPtr plan;
  if (uses == 0 && (cte.search != nullptr || cte.cycle != nullptr)) {
    throw Error::User(sqlstate::kSyntaxError, "WITH query is not recursive").WithPosition(cte.offset);
  }
  if (uses == 0) {
    // RECURSIVE allows, but does not ask for it.
    plan = CombineBranches(operation, {std::move(base), std::move(step)}, names);
    if (!query.order_by.empty() || query.order_by_all) plan = SortOutput(std::move(plan), query, names);
    plan = ApplyLimit(std::move(plan), query, outer, correlated);
  } else {
    RefuseClauses(query);
    if (uses > 1) {
      throw Error::User(sqlstate::kInvalidRecursion,
                        "recursive reference to query \"{}\" must not appear more than once", cte.name)
          .WithPosition(cte.offset);
    }
    StepChecker(id, cte.name, cte.offset).Check(*step);
    std::vector<ExprPtr> exprs;
    std::vector<PlanColumn> step_columns;
    for (size_t i = 0; i < types.size(); ++i) {
      const PlanColumn& from = step->columns()[i];
      ExprPtr expr = Expr::Column(from.id, from.type, from.name);
      if (!(from.type == types[i])) expr = registry_.BindCast(expr, types[i], CastRule::kAssignment, operation.offset);
      exprs.push_back(std::move(expr));
      step_columns.push_back(NewColumn(types[i], names[i]));
    }
    step = std::make_shared<LogicalProject>(std::move(step), std::move(exprs), std::move(step_columns));
    if (cte.search != nullptr || cte.cycle != nullptr) TrackRows(cte, id, column_names, base, step, columns, names);
    plan = std::make_shared<LogicalRecursion>(id, std::string(cte.name), std::move(base), std::move(step),
                                              !operation.all, std::move(columns));
  }
  return FinishCtes(std::move(plan), first_cte);
}

}  // namespace weir
