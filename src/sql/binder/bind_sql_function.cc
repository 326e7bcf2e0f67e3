// Calls of functions and macros that users have written in SQL: replaced by their bodies, as expressions where the body
// is one, as subqueries otherwise, as derived tables in FROM.
#include <algorithm>

#include "sql/binder/catalog_name.h"
#include "sql/binder/expression_binder.h"
#include "sql/binder/function_frame.h"

namespace weir {

namespace {

constexpr int kFunctionDepthMax = 50;

ExprPtr ColumnOf(const PlanColumn& column) {
  return Expr::Column(column.id, column.type, column.name);
}

std::string TypesOf(const std::vector<SqlArgument>& arguments) {
  std::string out;
  for (const SqlArgument& argument : arguments) {
    if (!out.empty()) out += ", ";
    if (!argument.name.empty()) out += argument.name + " => ";
    out += argument.value->type().ToString();
  }
  return out;
}

// For each parameter the argument, or -1 where its default is to be taken; nullopt when they do not fit.
std::optional<std::vector<int>> Match(const SqlFunction& function, const std::vector<SqlArgument>& arguments) {
  const auto inputs = function.inputs();
  if (arguments.size() > inputs.size()) return std::nullopt;
  std::vector<int> out(inputs.size(), -1);
  for (size_t i = 0; i < arguments.size(); ++i) {
    size_t at = i;
    if (!arguments[i].name.empty()) {
      const auto found =
          std::ranges::find_if(inputs, [&](const auto* parameter) { return parameter->name == arguments[i].name; });
      if (found == inputs.end()) return std::nullopt;
      at = static_cast<size_t>(found - inputs.begin());
    }
    if (out[at] != -1) return std::nullopt;
    out[at] = static_cast<int>(i);
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (out[i] == -1 && inputs[i]->default_sql.empty()) return std::nullopt;
  }
  return out;
}

// How well the arguments' types fit: more is better; nullopt when they do not.
std::optional<int> Score(const SqlFunction& function, const std::vector<SqlArgument>& arguments,
                         const std::vector<int>& matched, const Registry& registry) {
  const auto inputs = function.inputs();
  int score = 0;
  for (size_t i = 0; i < matched.size(); ++i) {
    if (matched[i] == -1) continue;
    const Type& from = arguments[static_cast<size_t>(matched[i])].value->type();
    const Type& to = inputs[i]->type;
    if (from == to || to.is(TypeKind::kUnknown)) {
      score += 4;
    } else if (from.is(TypeKind::kUnknown)) {
      score += to.is(TypeKind::kVarchar) ? 3 : 2;
    } else if (from.kind() == to.kind()) {
      score += 3;
    } else if (registry.FindCast(from, to) == CastRule::kImplicit) {
      score += to.is(TypeKind::kDouble) || to.is(TypeKind::kVarchar) ? 2 : 1;
    } else {
      return std::nullopt;
    }
  }
  return score;
}

// The body when it is one expression over nothing: RETURN a + b, SELECT a + b.
const ast::Expr* OnlyExpression(const ast::Query& query) {
  const auto* select = query.body->TryAs<ast::Select>();
  const bool plain = select != nullptr && query.with == nullptr && query.order_by.empty() && !query.order_by_all &&
                     query.limit == nullptr && query.offset_rows == nullptr && select->items.size() == 1 &&
                     select->from.empty() && select->where == nullptr && !select->distinct &&
                     select->group_by.empty() && !select->group_by_all && select->having == nullptr &&
                     select->qualify == nullptr && select->sample == nullptr;
  if (!plain || select->items[0].expr->kind == ast::ExprKind::kStarExpr) return nullptr;
  return select->items[0].expr;
}

bool IsOneRow(const LogicalNode& plan) {
  if (plan.kind() == LogicalKind::kProject) return IsOneRow(*plan.child());
  if (plan.kind() == LogicalKind::kAggregate) return plan.as<LogicalAggregate>().groups.empty();
  return plan.kind() == LogicalKind::kValues && plan.as<LogicalValues>().rows.size() == 1;
}

[[noreturn]] void ThrowRecursive(std::string_view name, int64_t position) {
  throw Error::Unsupported("Use WITH RECURSIVE in its body.", "functions that call themselves are not available: {}",
                           name)
      .WithPosition(position);
}

}  // namespace

std::optional<size_t> FunctionFrame::Find(ast::List<ast::Name> parts, size_t& used) const {
  const auto inputs = function_.inputs();
  const auto named = [&](ast::Name name) -> std::optional<size_t> {
    const auto found = std::ranges::find_if(inputs, [&](const auto* parameter) { return parameter->name == name; });
    if (found == inputs.end()) return std::nullopt;
    return static_cast<size_t>(found - inputs.begin());
  };
  if (parts.size() > 1 && parts[0] == function_.name) {
    used = 2;
    if (const auto found = named(parts[1])) return found;
  }
  used = 1;
  return named(parts[0]);
}

ExprPtr FunctionFrame::Use(size_t i, Scope& scope) {
  ++uses_[i];
  VisitExpr(*arguments_[i], [&](const Expr& node) {
    if (node.is(ExprKind::kColumn)) {
      for (Scope* level = &scope; level != nullptr && !level->Has(node.column_id()); level = level->outer()) {
        level->AddCorrelated(node.column_id());
      }
    }
    return true;
  });
  return arguments_[i];
}

bool FunctionFrame::Runs(const SqlFunction& function) const {
  for (const FunctionFrame* frame = this; frame != nullptr; frame = frame->outer_) {
    if (frame->function_.key() == function.key()) return true;
  }
  return false;
}

bool FunctionFrame::RunsName(std::string_view name) const {
  for (const FunctionFrame* frame = this; frame != nullptr; frame = frame->outer_) {
    if (frame->function_.name == name) return true;
  }
  return false;
}

std::vector<const SqlFunction*> Binder::FindSqlFunctions(const ast::QualifiedName& name) const {
  if (context_.functions == nullptr || name.parts.size() > 3) return {};
  return context_.functions->Find(ToCatalogName(name), context_.names);
}

// The function among the candidates that the arguments fit best, which become one per parameter. Null: none fits.
const SqlFunction* Binder::ChooseSqlFunction(const std::vector<const SqlFunction*>& candidates,
                                             std::vector<SqlArgument>& arguments, int64_t position) {
  const SqlFunction* best = nullptr;
  std::vector<int> best_match;
  int best_score = -1;
  bool tie = false;
  for (const SqlFunction* candidate : candidates) {
    const auto matched = Match(*candidate, arguments);
    if (!matched.has_value()) continue;
    const auto score = Score(*candidate, arguments, *matched, registry_);
    if (!score.has_value() || *score < best_score) continue;
    // With as many fitting types the one that needs fewer defaults.
    const bool same = *score == best_score;
    if (same && matched->size() > best_match.size()) continue;
    tie = same && matched->size() == best_match.size();
    best = candidate;
    best_match = *matched;
    best_score = *score;
  }
  if (tie) {
    throw Error::User(sqlstate::kAmbiguousFunction, "function {}({}) is not unique", best->name, TypesOf(arguments))
        .WithHint("Could not choose a best candidate function. You might need to add explicit type casts.")
        .WithPosition(position);
  }
  if (best == nullptr) return nullptr;
  std::vector<SqlArgument> ordered;
  const auto inputs = best->inputs();
  for (size_t i = 0; i < best_match.size(); ++i) {
    if (best_match[i] != -1) {
      ordered.push_back(arguments[static_cast<size_t>(best_match[i])]);
    } else {
      const ast::ExprPtr parsed = ParseExpression(inputs[i]->default_sql);
      ordered.push_back({"", BindStandalone(*parsed), position});
    }
  }
  arguments = std::move(ordered);
  if (context_.dependencies != nullptr) context_.dependencies->functions.insert(best->key());
  return best;
}

std::vector<SqlArgument> ExpressionBinder::BindSqlArguments(const ast::FunctionCall& call) {
  std::vector<SqlArgument> arguments;
  for (const ast::Expr* arg : call.args) {
    const auto* named = arg->TryAs<ast::NamedArgument>();
    if (named == nullptr && !arguments.empty() && !arguments.back().name.empty()) {
      throw Error::User(sqlstate::kSyntaxError, "positional argument cannot follow named argument")
          .WithPosition(arg->offset);
    }
    const ast::Expr& value = named == nullptr ? *arg : *named->value;
    arguments.push_back({named == nullptr ? "" : std::string(named->name), Bind(value), value.offset});
  }
  return arguments;
}

// The arguments as the parameters' types.
std::vector<ExprPtr> ExpressionBinder::CastSqlArguments(const SqlFunction& function,
                                                        const std::vector<SqlArgument>& arguments) {
  std::vector<ExprPtr> out;
  const auto inputs = function.inputs();
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Type& type = inputs[i]->type;
    out.push_back(type.is(TypeKind::kUnknown) ? arguments[i].value
                                              : Assigned(arguments[i].value, type, arguments[i].position));
  }
  return out;
}

void ExpressionBinder::ThrowNoSuchSqlFunction(const ast::FunctionCall& call,
                                              const std::vector<SqlArgument>& arguments) {
  throw Error::User(sqlstate::kUndefinedFunction, "function {}({}) does not exist", call.name.last(),
                    TypesOf(arguments))
      .WithHint("No function matches the given name and argument types. You might need to add explicit type casts.")
      .WithPosition(call.offset);
}

// Null when the call is not one of a user's function.
ExprPtr ExpressionBinder::BindSqlCall(const ast::FunctionCall& call) {
  const std::vector<const SqlFunction*> candidates = binder_.FindSqlFunctions(call.name);
  const std::string_view name = call.name.last();
  const bool built_in = call.name.parts.size() == 1 && (binder_.registry_.FindFunction(name) != nullptr ||
                                                        binder_.registry_.FindAggregate(name) != nullptr);
  if (candidates.empty()) {
    if (!built_in && binder_.frame_ != nullptr && binder_.frame_->RunsName(name)) ThrowRecursive(name, call.offset);
    return nullptr;
  }
  // A function of the system is found before a user's of the same name, as pg_catalog is; a macro hides it.
  const bool macro = candidates[0]->is_macro;
  if (built_in && !macro && (call.star || call.over != nullptr || HasLambda(call))) return nullptr;
  if (call.star || call.over != nullptr || call.distinct || call.filter != nullptr || !call.order_by.empty()) {
    throw Error::User(sqlstate::kWrongObjectType,
                      "{} is not an aggregate or window function: *, DISTINCT, FILTER, ORDER BY and OVER do not apply",
                      name)
        .WithPosition(call.offset);
  }
  std::vector<SqlArgument> arguments = BindSqlArguments(call);
  const std::vector<SqlArgument> given = arguments;
  const SqlFunction* function = binder_.ChooseSqlFunction(candidates, arguments, call.offset);
  if (built_in && !macro) {
    // Only where its types are just these.
    const auto inputs = function == nullptr ? std::vector<const SqlFunction::Parameter*>() : function->inputs();
    bool exact = function != nullptr && given.size() == inputs.size();
    for (size_t i = 0; exact && i < inputs.size(); ++i) exact = arguments[i].value->type() == inputs[i]->type;
    if (!exact || inputs.empty()) return nullptr;
  }
  if (function == nullptr) ThrowNoSuchSqlFunction(call, given);
  if (function->returns_set) {
    throw Error::User(sqlstate::kFeatureNotSupported,
                      "set-valued function called in context that cannot accept a set: {}", name)
        .WithHint("Call it in FROM.")
        .WithPosition(call.offset);
  }
  return InlineSqlFunction(*function, CastSqlArguments(*function, arguments), call.offset);
}

ExprPtr ExpressionBinder::InlineSqlFunction(const SqlFunction& function, std::vector<ExprPtr> arguments,
                                            int64_t position) {
  const BindContext context = binder_.ContextOf(function, position);
  // In an expression arguments that must not be written twice are held; subqueries in it see the arguments themselves.
  std::vector<ExprPtr> values = arguments;
  std::vector<HeldValue> held = Hold(values);
  std::optional<FunctionFrame> frame(std::in_place, function, values, binder_.frame_);
  Binder inner(context);
  inner.Enter(binder_, *frame);
  ExprPtr result;
  bool in_query = false;
  const auto see_arguments = [&] {
    held.clear();
    frame.emplace(function, arguments, binder_.frame_);
    inner.Enter(inner, *frame);
  };
  try {
    ast::ExprPtr parsed;
    std::vector<ast::StatementPtr> statements;
    const ast::Expr* only = nullptr;
    const ast::Query* query = nullptr;
    if (function.is_expression) {
      parsed = ParseExpression(function.body);
      only = parsed.get();
    } else {
      statements = ParseStatements(function.body);
      query = statements[0]->As<ast::QueryStatement>().query;
      only = OnlyExpression(*query);
    }
    if (only != nullptr) {
      std::vector<PendingApply>* pending = inside_aggregate_ ? aggregate_pending_ : pending_;
      const size_t had = pending == nullptr ? 0 : pending->size();
      result = BindSqlExpression(inner, *only, query != nullptr);
      if (!held.empty() && pending != nullptr && pending->size() > had) {
        pending->resize(had);
        in_query = true;
        see_arguments();
        result = BindSqlExpression(inner, *only, query != nullptr);
      }
    }
    if (result == nullptr) see_arguments();
    if (result == nullptr) {
      in_query = true;
      Scope root;
      PendingApply apply;
      std::vector<std::string> names;
      apply.right = inner.BindQuery(*query, &root, names, apply.correlated);
      for (const ColumnId id : root.correlated()) apply.correlated.push_back(id);
      if (apply.right->columns().size() != 1) {
        throw Error::User("42P13", "return type mismatch in function declared to return {}", function.result.ToString())
            .WithDetail("Final statement must return exactly one column.");
      }
      // The first row is the value.
      if (!IsOneRow(*apply.right)) apply.right = std::make_shared<LogicalLimit>(apply.right, 1, 0);
      apply.kind = JoinKind::kSingle;
      apply.condition = Expr::Literal(Value::Boolean(true));
      result = ColumnOf(apply.right->columns()[0]);
      Pending(position).push_back(std::move(apply));
    }
    if (!function.is_macro && !function.result.is(TypeKind::kUnknown)) {
      const Type& from = result->type();
      if (!from.is(TypeKind::kUnknown) && !(from == function.result) &&
          binder_.registry_.FindCast(from, function.result) < CastRule::kAssignment) {
        throw Error::User("42P13", "return type mismatch in function declared to return {}", function.result.ToString())
            .WithDetail(fmt::format("Actual return type is {}.", from.ToString()));
      }
      result = ExpressionBinder(inner, scope_, clause_, nullptr).Assigned(result, function.result, position);
    }
  } catch (Error& error) {
    if (position < 0) throw;
    throw std::move(error).WithContext("SQL function \"" + function.name + "\"").WithPosition(position);
  }
  binder_.Leave(inner);
  const auto& given = frame->arguments();
  for (size_t i = 0; i < given.size(); ++i) {
    if (given[i]->volatility() != weir::Volatility::kVolatile || frame->uses(i) == 0) continue;
    if (!in_query && frame->uses(i) == 1) continue;
    throw Error::Unsupported("Compute it in a subquery in FROM, and give its column to the function.",
                             "a volatile argument that the function uses more than once: {}", function.name)
        .WithPosition(position);
  }
  if (function.strict && !given.empty()) {
    std::vector<ExprPtr> nulls;
    nulls.reserve(given.size());
    for (const ExprPtr& argument : given) nulls.push_back(Expr::IsNull(argument));
    ExprPtr any = nulls.size() == 1 ? nulls[0] : Expr::Or(std::move(nulls));
    const Type type = result->type();
    result = Expr::Case({std::move(any), Expr::Literal(Value::Null(type)), std::move(result)}, type);
  }
  result = Release(std::move(result), std::move(held), position);
  CheckSize(*result, function.name, position);
  return result;
}

// A parameter of the function whose body this is; null when the name is none.
ExprPtr ExpressionBinder::BindFunctionParameter(ast::List<ast::Name> parts, int64_t position) {
  if (binder_.frame_ == nullptr) return nullptr;
  size_t used = 0;
  const auto found = binder_.frame_->Find(parts, used);
  if (!found.has_value()) return nullptr;
  ExprPtr out = binder_.frame_->Use(*found, scope_);
  for (size_t i = used; i < parts.size(); ++i) out = BindFieldOf(std::move(out), parts[i], position);
  return out;
}

// @x: its value while the statement is bound.
ExprPtr ExpressionBinder::BindVariable(const ast::UserVariable& variable) {
  if (!binder_.context_.variable) {
    throw Error::Unsupported("Use a parameter ($1).", "variables are not available here: @{}", variable.name)
        .WithPosition(variable.offset);
  }
  const std::optional<Value> value = binder_.context_.variable(variable.scope, variable.name);
  return Expr::Literal(value.value_or(Value::Null(TypeKind::kVarchar)));
}

// Null when the expression needs a query after all: it aggregates, or has windows.
ExprPtr ExpressionBinder::BindSqlExpression(Binder& inner, const ast::Expr& expr, bool may_be_query) {
  std::vector<PendingApply>* pending = inside_aggregate_ ? aggregate_pending_ : pending_;
  const size_t had = pending == nullptr ? 0 : pending->size();
  Scope scope;
  try {
    return ExpressionBinder(inner, scope, "function body", pending).Bind(expr);
  } catch (const Error& error) {
    const bool wants_query =
        error.sqlstate() == sqlstate::kGroupingError || error.sqlstate() == sqlstate::kWindowingError;
    if (!may_be_query || !wants_query) throw;
    if (pending != nullptr) pending->resize(had);
    return nullptr;
  }
}

BindContext Binder::ContextOf(const SqlFunction& function, int64_t position) const {
  if (frame_ != nullptr && frame_->Runs(function)) ThrowRecursive(function.name, position);
  if (frame_ != nullptr && frame_->depth() >= kFunctionDepthMax) {
    throw Error::User(sqlstate::kStatementTooComplex, "functions nested too deeply: more than {}", kFunctionDepthMax)
        .WithPosition(position);
  }
  BindContext context = context_;
  context.names.database = function.database;
  context.names.search_path = function.search_path;
  context.dialect = Dialect::kPostgres;
  context.parameter_values.clear();
  // Without a position it is the function itself that is looked at.
  if (position >= 0) context.dependencies = nullptr;
  return context;
}

void Binder::Enter(const Binder& around, FunctionFrame& frame) {
  ids_ = around.ids_;
  parameter_types_ = around.parameter_types_;
  view_depth_ = around.view_depth_;
  uses_collations_ = around.uses_collations_;
  frame_ = &frame;
}

void Binder::Leave(const Binder& inner) {
  ids_ = inner.ids_;
  parameter_types_ = inner.parameter_types_;
  uses_collations_ = uses_collations_ || inner.uses_collations_;
}

// A call in FROM; nullopt when it is not one of a user's function.
std::optional<Binder::Bound> Binder::BindSqlTableFunction(const ast::FunctionCall& call, Scope* around,
                                                          const ast::TableAlias& alias) {
  const std::vector<const SqlFunction*> candidates = FindSqlFunctions(call.name);
  if (candidates.empty()) return std::nullopt;
  Scope scope(around);
  std::vector<PendingApply> pending;
  ExpressionBinder binder(*this, scope, "FROM", &pending);
  std::vector<SqlArgument> arguments = binder.BindSqlArguments(call);
  const std::vector<SqlArgument> given = arguments;
  const SqlFunction* function = ChooseSqlFunction(candidates, arguments, call.offset);
  if (function == nullptr) {
    if (registry_.FindFunction(call.name.last()) != nullptr) return std::nullopt;
    binder.ThrowNoSuchSqlFunction(call, given);
  }
  std::vector<ExprPtr> values = binder.CastSqlArguments(*function, arguments);
  std::vector<ColumnId> correlated = scope.correlated();
  LogicalPtr plan;
  std::vector<std::string> names;
  if (!function->returns_set) {
    // One row with the value.
    const ExprPtr value = binder.InlineSqlFunction(*function, std::move(values), call.offset);
    LogicalPtr input = FlushApplies(OneRow(), pending);
    names.push_back(function->name);
    plan = std::make_shared<LogicalProject>(std::move(input), std::vector<ExprPtr>{value},
                                            std::vector<PlanColumn>{NewColumn(value->type(), function->name)});
    correlated = scope.correlated();
  } else {
    // Arguments that are not to be computed again in each place become a row of their own.
    const bool apart = !pending.empty() || std::ranges::any_of(values, [](const ExprPtr& value) {
      return value->volatility() == weir::Volatility::kVolatile;
    });
    LogicalPtr row;
    if (apart) {
      std::vector<PlanColumn> columns;
      columns.reserve(values.size());
      for (const ExprPtr& value : values) columns.push_back(NewColumn(value->type(), "argument"));
      row = std::make_shared<LogicalProject>(FlushApplies(OneRow(), pending), values, columns);
      for (size_t i = 0; i < values.size(); ++i) values[i] = ColumnOf(columns[i]);
    }
    plan = BindSqlRows(*function, std::move(values), names, call.offset);
    if (apart) {
      std::vector<ColumnId> ids;
      for (const PlanColumn& column : row->columns()) ids.push_back(column.id);
      plan = std::make_shared<LogicalApply>(JoinKind::kInner, std::move(row), std::move(plan), std::move(ids),
                                            Expr::Literal(Value::Boolean(true)));
    }
  }
  // The alias of a function that returns no row type names its column too.
  if (!function->is_macro && function->columns().empty() && names.size() == 1 && !alias.name.empty()) {
    names[0] = std::string(alias.name);
  }
  Bound out{std::move(plan), Scope(around)};
  const size_t first = out.plan->columns().size() - names.size();
  for (size_t i = 0; i < names.size(); ++i) {
    const PlanColumn& column = out.plan->columns()[first + i];
    out.scope.Add({"", function->name, names[i], column.id, column.type});
  }
  for (const ColumnId id : correlated) out.scope.AddCorrelated(id);
  return out;
}

// The rows of a function that returns rows.
LogicalPtr Binder::BindSqlRows(const SqlFunction& function, std::vector<ExprPtr> arguments,
                               std::vector<std::string>& names, int64_t position) {
  const std::vector<ExprPtr> given = arguments;
  FunctionFrame frame(function, std::move(arguments), frame_);
  const BindContext context = ContextOf(function, position);
  Binder inner(context);
  inner.Enter(*this, frame);
  LogicalPtr plan;
  try {
    const auto statements = ParseStatements(function.body);
    Scope root;
    std::vector<ColumnId> correlated;
    plan = inner.BindQuery(*statements[0]->As<ast::QueryStatement>().query, &root, names, correlated);
    const auto columns = function.columns();
    std::vector<Type> types;
    types.reserve(columns.size());
    for (const auto* column : columns) types.push_back(column->type);
    if (columns.empty() && !function.result.is(TypeKind::kUnknown)) types.push_back(function.result);
    if (!types.empty() && types.size() != names.size()) {
      throw Error::User("42P13", "return type mismatch in function declared to return {}",
                        columns.empty() ? function.result.ToString() : "record")
          .WithDetail(
              fmt::format("Final statement returns too {} columns.", names.size() > types.size() ? "many" : "few"));
    }
    std::vector<ExprPtr> exprs;
    std::vector<PlanColumn> out;
    for (size_t i = 0; i < names.size(); ++i) {
      const PlanColumn& from = plan->columns()[i];
      Type type = i < types.size() ? types[i] : from.type;
      if (type.is(TypeKind::kUnknown)) type = TypeKind::kVarchar;
      if (!from.type.is(TypeKind::kUnknown) && registry_.FindCast(from.type, type) < CastRule::kAssignment &&
          !(from.type == type)) {
        throw Error::User("42P13", "return type mismatch in function declared to return {}",
                          columns.empty() ? function.result.ToString() : "record")
            .WithDetail(fmt::format("Final statement returns {} instead of {} at column {}.", from.type.ToString(),
                                    type.ToString(), i + 1));
      }
      exprs.push_back(CheckDomain(registry_.BindCast(ColumnOf(from), type, CastRule::kAssignment), type));
      if (i < columns.size() && !columns[i]->name.empty()) names[i] = columns[i]->name;
      if (columns.empty() && !function.is_macro) names[i] = function.name;
      out.push_back(inner.NewColumn(type, names[i]));
    }
    plan = std::make_shared<LogicalProject>(std::move(plan), std::move(exprs), std::move(out));
    if (function.strict && !given.empty()) {
      std::vector<ExprPtr> known;
      known.reserve(given.size());
      for (size_t i = 0; i < given.size(); ++i) known.push_back(Expr::Not(Expr::IsNull(frame.Use(i, root))));
      plan =
          std::make_shared<LogicalFilter>(std::move(plan), known.size() == 1 ? known[0] : Expr::And(std::move(known)));
    }
  } catch (Error& error) {
    if (position < 0) throw;
    throw std::move(error).WithContext("SQL function \"" + function.name + "\"").WithPosition(position);
  }
  Leave(inner);
  return plan;
}

void Binder::CheckSqlFunction(const SqlFunction& function) {
  // With NULLs for arguments: types are what matters.
  std::vector<ExprPtr> arguments;
  for (const auto* parameter : function.inputs()) arguments.push_back(Expr::Literal(Value::Null(parameter->type)));
  if (function.returns_set) {
    std::vector<std::string> names;
    BindSqlRows(function, std::move(arguments), names, -1);
    return;
  }
  Scope scope;
  std::vector<PendingApply> pending;
  ExpressionBinder binder(*this, scope, "function body", &pending);
  binder.InlineSqlFunction(function, std::move(arguments), -1);
}

}  // namespace weir
