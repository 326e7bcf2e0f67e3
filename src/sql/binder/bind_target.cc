// What INSERT and UPDATE assign to: columns, and parts of them (s.a, a[1], a[2:3], m['k']).
#include "sql/binder/change_binder.h"

namespace weir {

namespace {

ExprPtr Name(ast::Name name) {
  return Expr::Literal(Value::String(std::string(name)));
}

}  // namespace

ChangeBinder::Target ChangeBinder::WholeColumn(size_t column, int64_t position) const {
  return {column, {}, table_->columns[column].type, position};
}

const ColumnDef& ChangeBinder::FindColumn(ast::Name name, int64_t position) const {
  if (const ColumnDef* found = table_->FindColumn(name)) return *found;
  std::vector<std::string> names;
  for (const ColumnDef& each : table_->columns) names.push_back(each.name);
  throw Error::User(sqlstate::kUndefinedColumn, "column \"{}\" of relation \"{}\" does not exist", name, table_->name)
      .WithHint(DidYouMean(name, names))
      .WithPosition(position);
}

ChangeBinder::Target ChangeBinder::FindTarget(const ast::Expr& expr) const {
  Target target;
  const ast::Expr* at = &expr;
  while (at->kind != ast::ExprKind::kColumnRef) {
    if (const auto* subscript = at->TryAs<ast::SubscriptExpr>()) {
      target.steps.insert(target.steps.begin(), {subscript, {}, subscript->offset});
      at = subscript->base;
    } else {
      const auto& field = at->As<ast::FieldAccess>();
      target.steps.insert(target.steps.begin(), {nullptr, field.field, field.offset});
      at = field.base;
    }
  }
  const auto& column = at->As<ast::ColumnRef>();
  for (size_t i = column.parts.size(); i-- > 1;) {
    target.steps.insert(target.steps.begin(), {nullptr, column.parts[i], column.offset});
  }
  const ColumnDef* found = table_->FindColumn(column.parts[0]);
  if (found == nullptr && column.parts.size() > 1 && column.parts[0] == alias_) {
    throw Error::User(sqlstate::kUndefinedColumn, "column \"{}\" of relation \"{}\" does not exist", column.parts[0],
                      table_->name)
        .WithHint("Name the column without its table.")
        .WithPosition(expr.offset);
  }
  target.position = column.offset;
  target.column = table_->ColumnIndex(FindColumn(column.parts[0], column.offset).id);
  FindPart(target);
  return target;
}

// Finds the type that the steps lead to.
void ChangeBinder::FindPart(Target& target) const {
  const ColumnDef& column = table_->columns[target.column];
  Type type = column.type;
  for (size_t i = 0; i < target.steps.size(); ++i) {
    const Step& step = target.steps[i];
    if (step.subscript == nullptr) {
      if (!type.is(TypeKind::kStruct)) {
        throw Error::User(sqlstate::kDatatypeMismatch,
                          "cannot assign to field \"{}\" of column \"{}\" because its type {} is not a composite type",
                          step.field, column.name, type.Name())
            .WithPosition(step.position);
      }
      const auto& fields = type.fields();
      const auto found =
          std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return field.name == step.field; });
      if (found == fields.end()) {
        throw Error::User(
            sqlstate::kUndefinedColumn,
            "cannot assign to field \"{}\" of column \"{}\" because there is no such column in data type {}",
            step.field, column.name, type.Name())
            .WithPosition(step.position);
      }
      type = Type(found->type);
    } else if (type.is(TypeKind::kList)) {
      if (step.subscript->is_slice && i + 1 < target.steps.size()) {
        throw Error::Unsupported("Assign to the elements one by one.",
                                 "assigning to a part of a slice is not available")
            .WithPosition(step.position);
      }
      if (!step.subscript->is_slice) type = Type(type.element());
    } else if ((type.is(TypeKind::kMap) || type.is_jsonb()) && !step.subscript->is_slice) {
      if (type.is(TypeKind::kMap)) type = Type(type.child(1));
    } else {
      throw Error::User(sqlstate::kDatatypeMismatch, "cannot subscript type {} because it does not support {}",
                        type.Name(), type.is_jsonb() || type.is(TypeKind::kMap) ? "slices" : "subscripting")
          .WithPosition(step.position);
    }
  }
  target.type = std::move(type);
}

ExprPtr ChangeBinder::BindTargetValue(const ast::Expr& value, const Target& target, ExpressionBinder& binder) {
  if (target.steps.empty()) return BindValue(value, table_->columns[target.column], binder);
  if (value.kind == ast::ExprKind::kDefaultExpr) {
    throw Error::User(sqlstate::kFeatureNotSupported, "cannot set {} to DEFAULT",
                      target.steps.back().subscript == nullptr ? "a subfield" : "an array element")
        .WithPosition(value.offset);
  }
  return AssignedPart(binder.Bind(value), target, value.offset);
}

ExprPtr ChangeBinder::AssignedPart(ExprPtr value, const Target& target, int64_t position) {
  ColumnDef part = table_->columns[target.column];
  if (target.steps.empty()) return Assigned(std::move(value), part, position);
  const Type from = value->type();
  if (!from.is(TypeKind::kUnknown) && from != target.type &&
      binder_.registry_.FindCast(from, target.type) < CastRule::kAssignment) {
    const Step& last = target.steps.back();
    if (last.subscript != nullptr) {
      throw Error::User(sqlstate::kDatatypeMismatch,
                        "subscripted assignment to \"{}\" requires type {} but expression is of type {}", part.name,
                        target.type.Name(), from.Name())
          .WithHint("You will need to rewrite or cast the expression.")
          .WithPosition(position);
    }
    throw Error::User(sqlstate::kDatatypeMismatch, "subfield \"{}\" is of type {} but expression is of type {}",
                      last.field, target.type.Name(), from.Name())
        .WithHint("You will need to rewrite or cast the expression.")
        .WithPosition(position);
  }
  part.type = target.type;
  return Assigned(std::move(value), part, position);
}

ExprPtr ChangeBinder::WithPart(const ExprPtr& whole, std::span<const Step> steps, ExprPtr value,
                               ExpressionBinder& binder) const {
  if (steps.empty()) return value;
  const Registry& registry = binder_.registry_;
  const Step& step = steps[0];
  const auto rest = steps.subspan(1);
  const Type& type = whole->type();
  if (step.subscript == nullptr) {
    const ExprPtr old = registry.BindCall("struct_extract", {whole, Name(step.field)}, step.position);
    return registry.BindCall("struct_with", {whole, Name(step.field), WithPart(old, rest, std::move(value), binder)},
                             step.position);
  }
  const auto bound = [&](const ast::Expr* expr) {
    if (expr == nullptr) return Expr::Literal(Value::Null(TypeKind::kInt64));
    ExprPtr index = binder.Bind(*expr);
    if (index->is(ExprKind::kParameter) && index->type().is(TypeKind::kUnknown)) {
      binder_.parameter_types_[index->parameter_index()] = TypeKind::kInt32;
      index = Expr::Parameter(index->parameter_index(), TypeKind::kInt32);
    }
    if (registry.FindCast(index->type(), TypeKind::kInt32) < CastRule::kAssignment) {
      throw Error::User(sqlstate::kDatatypeMismatch, "array subscript must have type integer")
          .WithPosition(expr->offset);
    }
    return registry.BindCast(index, TypeKind::kInt64, CastRule::kAssignment, expr->offset);
  };
  if (type.is(TypeKind::kList) && step.subscript->is_slice) {
    const auto given = [](const ast::Expr* expr) { return Expr::Literal(Value::Boolean(expr != nullptr)); };
    return registry.BindCall("array_with_slice",
                             {whole, bound(step.subscript->index), bound(step.subscript->high), std::move(value),
                              given(step.subscript->index), given(step.subscript->high)},
                             step.position);
  }
  if (type.is(TypeKind::kList)) {
    const ExprPtr index = bound(step.subscript->index);
    const ExprPtr old = registry.BindCall("[]", {whole, index}, step.position);
    return registry.BindCall("array_with", {whole, index, WithPart(old, rest, std::move(value), binder)},
                             step.position);
  }
  ExprPtr key = binder.Bind(*step.subscript->index);
  if (type.is(TypeKind::kMap)) {
    key = registry.BindCast(key, type.child(0), CastRule::kAssignment, step.position);
    const ExprPtr old = registry.BindCall("[]", {whole, key}, step.position);
    const ExprPtr none = Expr::Literal(Value::Nested(type, {}));
    ExprPtr entry = registry.BindCall("map", {key, WithPart(old, rest, std::move(value), binder)}, step.position);
    entry = registry.BindCast(entry, type, CastRule::kExplicit, step.position);
    return registry.BindCall("map_concat", {Expr::Coalesce({whole, none}), std::move(entry)}, step.position);
  }
  // jsonb: a number is a place in an array.
  const bool is_index = key->type().is_integer();
  const ExprPtr old = registry.BindCall("->", {whole, key}, step.position);
  key = registry.BindCast(key, TypeKind::kVarchar, CastRule::kExplicit, step.position);
  return registry.BindCall(
      "jsonb_with",
      {whole, key, WithPart(old, rest, std::move(value), binder), Expr::Literal(Value::Boolean(is_index))},
      step.position);
}

}  // namespace weir
