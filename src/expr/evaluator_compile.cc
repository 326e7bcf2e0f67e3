#include "column/builder.h"
#include "expr/cast_rules.h"
#include "expr/evaluator_impl.h"
#include "expr/in_set.h"

namespace weir {

namespace {

bool IsFixedWidth(const Type& type) {
  const PhysicalType physical = type.physical();
  return physical != PhysicalType::kString && physical != PhysicalType::kList && physical != PhysicalType::kStruct &&
         physical != PhysicalType::kMap;
}

ColumnPtr NotKernel(const KernelArgs& args) {
  FlatWriter<uint8_t> writer(args.result_type, args.size);
  const ColumnView view(*args.columns[0]);
  const auto* values = view.values<uint8_t>();
  uint8_t* out = writer.values();
  if (view.is_identity()) {
    // Masked, since values under NULL may be anything.
    for (size_t i = 0; i < args.size; ++i) out[i] = (values[i] ^ 1) & 1;
  } else {
    args.rows.ForEach([&](size_t row) { out[row] = values[view.Index(row)] ^ 1; });
  }
  return writer.Finish();
}

ColumnPtr IsNullKernel(const KernelArgs& args) {
  const ColumnView view(*args.columns[0]);
  if (!view.may_have_nulls()) return Column::Constant(Value::Boolean(false), args.size);
  FlatWriter<uint8_t> writer(args.result_type, args.size);
  uint8_t* out = writer.values();
  args.rows.ForEach([&](size_t row) { out[row] = static_cast<uint8_t>(view.IsNull(row)); });
  return writer.Finish();
}

}  // namespace

EvalNode* EvaluatorImpl::Compile(const ExprPtr& expr, uint64_t scope) {
  const bool shareable = expr->volatility() != Volatility::kVolatile;
  if (shareable) {
    if (const auto found = shared_.find({expr.get(), scope}); found != shared_.end()) {
      ++found->second->uses;
      return found->second;
    }
  }
  nodes_.push_back(std::make_unique<EvalNode>());
  EvalNode& node = *nodes_.back();
  node.expr = expr.get();
  node.uses = 1;
  if (shareable) shared_.emplace(NodeKey{expr.get(), scope}, &node);

  uint64_t child_scope = scope;
  if (expr->is(ExprKind::kCall) && expr->name() == "try") {
    node.kind = NodeKind::kTry;
    child_scope = ++next_scope_;
  }
  for (const ExprPtr& child : expr->children()) node.children.push_back(Compile(child, child_scope));
  switch (expr->kind()) {
    case ExprKind::kLiteral: {
      node.kind = NodeKind::kConstant;
      ColumnBuilder builder(expr->type(), 1);
      builder.AppendValue(expr->literal());
      node.constant = builder.Finish();
      break;
    }
    case ExprKind::kInput:
      node.kind = NodeKind::kInput;
      break;
    case ExprKind::kAnd:
      node.kind = NodeKind::kAnd;
      break;
    case ExprKind::kOr:
      node.kind = NodeKind::kOr;
      break;
    case ExprKind::kCase:
      node.kind = NodeKind::kCase;
      break;
    case ExprKind::kCoalesce:
      node.kind = NodeKind::kCoalesce;
      break;
    case ExprKind::kColumn:
      throw Error::Internal("column not resolved to an input: {}", expr->name());
    case ExprKind::kParameter:
      throw Error::User(sqlstate::kUndefinedParameter, "there is no parameter ${}", expr->parameter_index() + 1)
          .WithPosition(expr->position());
    case ExprKind::kSubquery:
      throw Error::Internal("subquery left in an expression");
    default:
      // Functions that must not compute what they do not return are nodes.
      if (expr->is(ExprKind::kCall) && expr->name() == "if") {
        node.kind = NodeKind::kCase;
      } else if (expr->is(ExprKind::kCall) && expr->name() == "ifnull") {
        node.kind = NodeKind::kCoalesce;
      } else if (node.kind != NodeKind::kTry) {
        CompileKernel(node);
      }
  }
  return &node;
}

void EvaluatorImpl::CompileKernel(EvalNode& node) {
  const Expr& expr = *node.expr;
  node.kind = NodeKind::kKernel;
  node.fixed_width = IsFixedWidth(expr.type());
  for (const ExprPtr& child : expr.children()) node.fixed_width = node.fixed_width && IsFixedWidth(child->type());
  switch (expr.kind()) {
    case ExprKind::kCall: {
      const FunctionOverload& overload = expr.overload();
      node.kernel = overload.kernel;
      node.nulls = overload.nulls;
      node.can_fail = expr.NodeCanFail();
      node.optimistic = overload.optimistic;
      node.deterministic = overload.volatility != Volatility::kVolatile;
      if (expr.children().size() == 2 && overload.nulls == NullBehavior::kPropagate && !overload.can_fail) {
        const Type& a = expr.child(0)->type();
        const Type& b = expr.child(1)->type();
        const bool alike = a == b || (a.kind() == b.kind() && !a.is(TypeKind::kDecimal) && !a.is_nested());
        if (alike) node.compare = CompareOpByName(expr.name());
      }
      break;
    }
    case ExprKind::kCast: {
      const Type& from = expr.child(0)->type();
      node.kernel = registry_.MakeCast(from, expr.type());
      if (node.kernel == nullptr) {
        throw Error::User(sqlstate::kCannotCoerce, "cannot cast type {} to {}", from.Name(), expr.type().Name())
            .WithPosition(expr.position());
      }
      node.can_fail = CastCanFail(from, expr.type());
      node.optimistic = from.is_numeric() && expr.type().is_numeric();
      node.failure_is_null = expr.is_try();
      break;
    }
    case ExprKind::kNot:
      node.kernel = NotKernel;
      break;
    case ExprKind::kIsNull:
      node.kernel = IsNullKernel;
      node.nulls = NullBehavior::kSpecial;
      break;
    case ExprKind::kIn:
      node.kernel = InKernel(expr.child(0)->type(), expr.set());
      break;
    default:
      throw Error::Internal("expression kind without a kernel: {}", static_cast<int>(expr.kind()));
  }
}

}  // namespace weir
