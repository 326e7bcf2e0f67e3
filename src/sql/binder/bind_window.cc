// Window functions: calls with OVER, window definitions and frames.
#include <algorithm>

#include "sql/binder/expression_binder.h"
#include "sql/binder/window_names.h"

namespace weir {

std::optional<WindowFunction> WindowFunctionOf(std::string_view name) {
  constexpr std::pair<std::string_view, WindowFunction> kNames[] = {
      {"row_number", WindowFunction::kRowNumber},
      {"rank", WindowFunction::kRank},
      {"dense_rank", WindowFunction::kDenseRank},
      {"percent_rank", WindowFunction::kPercentRank},
      {"cume_dist", WindowFunction::kCumeDist},
      {"ntile", WindowFunction::kNtile},
      {"lag", WindowFunction::kLag},
      {"lead", WindowFunction::kLead},
      {"first_value", WindowFunction::kFirstValue},
      {"last_value", WindowFunction::kLastValue},
      {"nth_value", WindowFunction::kNthValue},
  };
  for (const auto& [known, function] : kNames) {
    if (known == name) return function;
  }
  return std::nullopt;
}

bool WindowCollector::Makes(ColumnId id) const {
  return std::any_of(windows.begin(), windows.end(), [&](const Window& window) {
    return std::any_of(window.columns.begin(), window.columns.end(), [&](const PlanColumn& c) { return c.id == id; });
  });
}

const Expr* WindowCollector::FindIn(const Expr& expr) const {
  const Expr* found = nullptr;
  VisitExpr(expr, [&](const Expr& part) {
    if (found == nullptr && part.is(ExprKind::kColumn) && Makes(part.column_id())) found = &part;
    return found == nullptr;
  });
  return found;
}

namespace {

Error Windowing(std::string_view message, int64_t position) {
  return Error(ErrorKind::kUser, sqlstate::kWindowingError, std::string(message)).WithPosition(position);
}

Error NotImplemented(std::string_view message, int64_t position) {
  return Error(ErrorKind::kUser, sqlstate::kFeatureNotSupported, std::string(message)).WithPosition(position);
}

bool SameKeys(const std::vector<SortKey>& a, const std::vector<SortKey>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const SortKey& x, const SortKey& y) {
    return x.expr->Equals(*y.expr) && x.descending == y.descending && x.nulls_first == y.nulls_first;
  });
}

bool SameExprs(const std::vector<ExprPtr>& a, const std::vector<ExprPtr>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const ExprPtr& x, const ExprPtr& y) { return x->Equals(*y); });
}

bool HasDistance(const WindowFrame::Bound& bound) {
  return bound.edge == FrameEdge::kPreceding || bound.edge == FrameEdge::kFollowing;
}

}  // namespace

ExprPtr ExpressionBinder::BindWindow(const ast::FunctionCall& call, std::string_view name) {
  if (call.over == nullptr) {
    throw Error::User(sqlstate::kWrongObjectType, "window function {} requires an OVER clause", name)
        .WithPosition(call.offset);
  }
  if (inside_aggregate_) {
    throw Error::User(sqlstate::kGroupingError, "aggregate function calls cannot contain window function calls")
        .WithPosition(call.offset);
  }
  if (inside_window_) throw Windowing("window function calls cannot be nested", call.offset);
  if (inside_definition_) throw Windowing("window functions are not allowed in window definitions", call.offset);
  if (windows_ == nullptr) {
    throw Error::User(sqlstate::kWindowingError, "window functions are not allowed in {}", clause_)
        .WithPosition(call.offset);
  }
  WindowCall window = BindWindowCall(call, name);
  const ast::WindowSpec& spec = *call.over;
  WindowDefinition definition = BindDefinition(spec, windows_->definitions.size());
  if (definition.frame != nullptr) {
    window.frame = BindFrame(*definition.frame, definition.order_by, spec.offset);
  }

  auto found = std::find_if(windows_->windows.begin(), windows_->windows.end(), [&](const auto& other) {
    return SameExprs(other.partition_by, definition.partition_by) && SameKeys(other.order_by, definition.order_by);
  });
  if (found == windows_->windows.end()) {
    windows_->windows.push_back({std::move(definition.partition_by), std::move(definition.order_by), {}, {}});
    found = windows_->windows.end() - 1;
  }
  for (size_t i = 0; i < found->calls.size(); ++i) {
    if (!found->calls[i].Equals(window)) continue;
    const PlanColumn& column = found->columns[i];
    return Expr::Column(column.id, column.type, column.name);
  }
  const PlanColumn column = binder_.NewColumn(window.call.type, std::string(name));
  found->calls.push_back(std::move(window));
  found->columns.push_back(column);
  return Expr::Column(column.id, column.type, column.name);
}

WindowCall ExpressionBinder::BindWindowCall(const ast::FunctionCall& call, std::string_view name) {
  const std::optional<WindowFunction> function = WindowFunctionOf(name);
  if (!function.has_value() && !call.star && binder_.registry_.FindAggregate(name) == nullptr) {
    if (binder_.registry_.FindFunction(name) == nullptr) {
      throw Error::User(sqlstate::kUndefinedFunction, "function {} does not exist", name).WithPosition(call.offset);
    }
    throw Error::User(sqlstate::kWrongObjectType,
                      "OVER specified, but {} is not a window function nor an aggregate function", name)
        .WithPosition(call.offset);
  }
  if (call.distinct) throw NotImplemented("DISTINCT is not implemented for window functions", call.offset);
  if (!call.order_by.empty()) {
    throw NotImplemented("aggregate ORDER BY is not implemented for window functions", call.offset);
  }
  if (function.has_value() && call.filter != nullptr) {
    throw NotImplemented("FILTER is not implemented for non-aggregate window functions", call.offset);
  }
  if (call.star && name != "count") {
    throw Error::User(sqlstate::kUndefinedFunction, "{}(*) does not exist", name).WithPosition(call.offset);
  }
  WindowCall window;
  inside_window_ = true;
  for (const ast::Expr* arg : call.args) {
    if (arg->kind != ast::ExprKind::kStarExpr) window.call.args.push_back(Bind(*arg));
  }
  if (call.has_separator) window.call.args.push_back(Expr::Literal(Value::String(std::string(call.separator))));
  ExprPtr filter;
  if (call.filter != nullptr) filter = ToBoolean(Bind(*call.filter), "FILTER", call.filter->offset);
  inside_window_ = false;
  if (function.has_value()) {
    window.function = *function;
    window.call.name = std::string(name);
    BindWindowArguments(call, window);
  } else {
    std::string bound_name(name);
    if (binder_.uses_collations_) CollateAggregate(bound_name, window.call.args, call.offset);
    window.call = binder_.registry_.BindAggregate(bound_name, std::move(window.call.args), call.offset);
    for (ExprPtr& arg : window.call.args) arg = FixParameters(arg);
  }
  window.call.filter = std::move(filter);
  if (call.nulls == ast::NullTreatment::kIgnore) {
    if (!TakesValues(window.function)) {
      throw NotImplemented("IGNORE NULLS is not implemented for this function", call.offset);
    }
    window.ignore_nulls = true;
  }
  return window;
}

void ExpressionBinder::BindWindowArguments(const ast::FunctionCall& call, WindowCall& window) {
  std::vector<ExprPtr>& args = window.call.args;
  size_t least = 0, most = 0;
  switch (window.function) {
    case WindowFunction::kNtile:
      least = most = 1;
      break;
    case WindowFunction::kLag:
    case WindowFunction::kLead:
      least = 1;
      most = 3;
      break;
    case WindowFunction::kFirstValue:
    case WindowFunction::kLastValue:
      least = most = 1;
      break;
    case WindowFunction::kNthValue:
      least = most = 2;
      break;
    default:
      break;
  }
  const auto undefined = [&] {
    std::string types;
    for (const ExprPtr& arg : args) types += (types.empty() ? "" : ", ") + arg->type().Name();
    return Error::User(sqlstate::kUndefinedFunction, "function {}({}) does not exist", window.call.name, types)
        .WithPosition(call.offset);
  };
  if (args.size() < least || args.size() > most) throw undefined();
  const auto cast = [&](ExprPtr& arg, const Type& type) {
    if (!arg->type().is(TypeKind::kUnknown) && !arg->type().is_integer()) throw undefined();
    arg = CastTo(arg, type, CastRule::kAssignment, arg->position());
  };
  if (window.function == WindowFunction::kNtile) {
    cast(args[0], TypeKind::kInt32);
    window.call.type = TypeKind::kInt32;
    return;
  }
  if (!TakesValues(window.function)) {
    const bool share = window.function == WindowFunction::kPercentRank || window.function == WindowFunction::kCumeDist;
    window.call.type = share ? TypeKind::kDouble : TypeKind::kInt64;
    return;
  }
  if (args.size() > 1) cast(args[1], TypeKind::kInt64);
  if (args.size() > 2) {
    std::vector<ExprPtr> values = {args[0], args[2]};
    try {
      Unify(values, window.call.name, args[2]->position());
    } catch (const Error& error) {
      if (error.sqlstate() == sqlstate::kDatatypeMismatch) throw undefined();
      throw;
    }
    args[0] = values[0];
    args[2] = values[1];
  }
  if (args[0]->type().is(TypeKind::kUnknown)) {
    args[0] = CastTo(args[0], TypeKind::kVarchar, CastRule::kImplicit, call.offset);
  }
  window.call.type = args[0]->type();
}

void ExpressionBinder::CheckWindowDefinitions() {
  for (size_t i = 0; i < windows_->definitions.size(); ++i) {
    const ast::NamedWindow& window = windows_->definitions[i];
    for (size_t k = 0; k < i; ++k) {
      if (windows_->definitions[k].name == window.name) {
        throw Error::User(sqlstate::kWindowingError, "window \"{}\" is already defined", window.name)
            .WithPosition(window.spec->offset);
      }
    }
    const WindowDefinition definition = BindDefinition(*window.spec, i);
    if (definition.frame != nullptr) BindFrame(*definition.frame, definition.order_by, window.spec->offset);
  }
}

// Named windows before number `visible` may be extended.
ExpressionBinder::WindowDefinition ExpressionBinder::BindDefinition(const ast::WindowSpec& spec, size_t visible) {
  WindowDefinition out;
  if (!spec.base.empty()) {
    const ast::NamedWindow* base = nullptr;
    size_t at = 0;
    for (; at < visible; ++at) {
      if (windows_->definitions[at].name == spec.base) {
        base = &windows_->definitions[at];
        break;
      }
    }
    if (base == nullptr) {
      throw Error::User(sqlstate::kUndefinedObject, "window \"{}\" does not exist", spec.base)
          .WithPosition(spec.offset);
    }
    out = BindDefinition(*base->spec, at);
    if (spec.is_reference) return out;
    if (!spec.partition_by.empty()) {
      throw Error::User(sqlstate::kWindowingError, "cannot override PARTITION BY clause of window \"{}\"", spec.base)
          .WithPosition(spec.offset);
    }
    if (!spec.order_by.empty() && !out.order_by.empty()) {
      throw Error::User(sqlstate::kWindowingError, "cannot override ORDER BY clause of window \"{}\"", spec.base)
          .WithPosition(spec.offset);
    }
    if (out.frame != nullptr) {
      throw Error::User(sqlstate::kWindowingError, "cannot copy window \"{}\" because it has a frame clause", spec.base)
          .WithPosition(spec.offset);
    }
  }
  inside_definition_ = true;
  const auto keyed = [&](const ast::Expr& expr) {
    ExprPtr key = Bind(expr);
    if (key->type().is(TypeKind::kUnknown)) key = CastTo(key, TypeKind::kVarchar, CastRule::kImplicit, expr.offset);
    return key;
  };
  for (const ast::Expr* expr : spec.partition_by) out.partition_by.push_back(binder_.EqualityKey(keyed(*expr)));
  for (const ast::SortItem& item : spec.order_by) out.order_by.push_back(binder_.MakeSortKey(item, keyed(*item.expr)));
  inside_definition_ = false;
  out.frame = spec.frame;
  return out;
}

WindowFrame ExpressionBinder::BindFrame(const ast::WindowFrame& frame, const std::vector<SortKey>& order_by,
                                        int64_t position) {
  WindowFrame out;
  out.unit = static_cast<FrameUnit>(frame.mode);
  out.exclusion = static_cast<FrameExclusion>(frame.exclusion);
  out.start.edge = static_cast<FrameEdge>(frame.start.kind);
  out.end.edge = static_cast<FrameEdge>(frame.end.kind);
  constexpr std::string_view kUnits[] = {"ROWS", "RANGE", "GROUPS"};
  const std::string_view unit = kUnits[static_cast<size_t>(frame.mode)];
  if (out.unit == FrameUnit::kGroups && order_by.empty()) {
    throw Windowing("GROUPS mode requires an ORDER BY clause", position);
  }
  const bool by_distance = HasDistance(out.start) || HasDistance(out.end);
  if (!by_distance) return out;
  if (out.unit == FrameUnit::kRange && order_by.size() != 1) {
    throw Windowing("RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column", position);
  }
  if (HasDistance(out.start)) out.start.distance = BindFrameDistance(*frame.start.distance, unit);
  if (HasDistance(out.end)) out.end.distance = BindFrameDistance(*frame.end.distance, unit);
  if (out.unit == FrameUnit::kRange) {
    const ast::Expr& distance = HasDistance(out.start) ? *frame.start.distance : *frame.end.distance;
    BindRangeBounds(out, order_by[0], distance.offset);
  }
  return out;
}

ExprPtr ExpressionBinder::BindFrameDistance(const ast::Expr& expr, std::string_view unit) {
  const std::string clause = "window " + std::string(unit);
  ExprPtr distance = ExpressionBinder(binder_, scope_, clause, pending_).Bind(expr);
  for (const ColumnId id : ReferencedColumns(*distance)) {
    for (const ScopeColumn& column : scope_.columns()) {
      if (column.id != id) continue;
      throw Error::User(sqlstate::kInvalidColumnReference, "argument of {} must not contain variables", unit)
          .WithPosition(expr.offset);
    }
  }
  if (unit == "RANGE") return distance;
  const bool fits = distance->type().is(TypeKind::kUnknown) ||
                    binder_.registry_.FindCast(distance->type(), TypeKind::kInt64) >= CastRule::kAssignment;
  if (!fits) {
    throw Error::User(sqlstate::kDatatypeMismatch, "argument of {} must be type bigint, not type {}", unit,
                      distance->type().Name())
        .WithPosition(expr.offset);
  }
  return CastTo(distance, TypeKind::kInt64, CastRule::kAssignment, expr.offset);
}

// A bound by RANGE is a value: the key of the row, moved. What cannot be computed lies beyond all keys.
void ExpressionBinder::BindRangeBounds(WindowFrame& frame, const SortKey& key, int64_t position) {
  ExprPtr from = key.expr;
  const bool is_time = from->type().is(TypeKind::kTime);
  // Times of day would wrap around.
  if (is_time) from = CastTo(from, TypeKind::kInterval, CastRule::kExplicit, position);
  const bool temporal = from->type().is_temporal() || from->type().is(TypeKind::kInterval);
  if (!temporal && !from->type().is_numeric()) {
    throw Error::User(sqlstate::kFeatureNotSupported,
                      "RANGE with offset PRECEDING/FOLLOWING is not supported for column type {}",
                      key.expr->type().Name())
        .WithPosition(position);
  }
  std::vector<Type> types = {from->type()};
  for (WindowFrame::Bound* bound : {&frame.start, &frame.end}) {
    if (!HasDistance(*bound)) continue;
    ExprPtr& distance = bound->distance;
    if (distance->type().is(TypeKind::kUnknown)) {
      const Type wanted = temporal ? Type(TypeKind::kInterval) : from->type();
      distance = CastTo(distance, wanted, CastRule::kImplicit, position);
    }
    if (distance->type().is(TypeKind::kInterval) != temporal || (!temporal && !distance->type().is_numeric())) {
      throw Error::User(sqlstate::kFeatureNotSupported,
                        "RANGE with offset PRECEDING/FOLLOWING is not supported for column type {} and offset type {}",
                        key.expr->type().Name(), distance->type().Name())
          .WithPosition(position);
    }
    const bool down = (bound->edge == FrameEdge::kPreceding) != key.descending;
    const ExprPtr moved = BindOperator(down ? "-" : "+", from, distance, position);
    bound->value = Call("try", {moved}, position);
    types.push_back(moved->type());
  }
  const std::optional<Type> common = binder_.registry_.CommonType(types);
  if (!common.has_value()) throw Error::Internal("no type for the bounds of a RANGE frame");
  frame.range_key = CastTo(from, *common, CastRule::kExplicit, position);
  for (WindowFrame::Bound* bound : {&frame.start, &frame.end}) {
    if (bound->value != nullptr) bound->value = CastTo(bound->value, *common, CastRule::kExplicit, position);
  }
  frame.range_descending = key.descending;
  frame.range_nulls_first = key.nulls_first;
}

}  // namespace weir
