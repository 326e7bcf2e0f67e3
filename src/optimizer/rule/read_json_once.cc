#include "optimizer/rule/read_json_once.h"

#include <algorithm>
#include <optional>

#include "optimizer/map_children.h"

namespace weir {

namespace {

// What an expression takes out of a value of JSON.
struct Part {
  ExprPtr of;
  std::vector<std::string> steps;  // as #> has them
  bool as_text = false;
  size_t calls = 0;  // that it is written as
};

// Whether -> and #> find the same by this key: of an array, #> would take it for an index.
bool IsKeyOnly(const std::string& key) {
  return key.empty() || key.find_first_not_of("-0123456789") != std::string::npos;
}

std::optional<Part> PartOf(const Expr& expr) {
  if (!expr.is(ExprKind::kCall) || expr.children().size() != 2) return std::nullopt;
  const std::string& name = expr.name();
  const bool is_arrow = name == "->" || name == "->>";
  const bool is_path = name == "#>" || name == "#>>";
  if (!is_arrow && !is_path) return std::nullopt;
  const ExprPtr& value = expr.child(0);
  const Expr& which = *expr.child(1);
  if (!value->type().is(TypeKind::kJson) || !which.is(ExprKind::kLiteral) || which.literal().is_null()) {
    return std::nullopt;
  }
  Part part{.of = value, .steps = {}, .as_text = name.ends_with(">>"), .calls = 1};
  if (auto inner = PartOf(*value); inner.has_value() && !inner->as_text) {
    part.of = std::move(inner->of);
    part.steps = std::move(inner->steps);
    part.calls += inner->calls;
  }
  if (is_arrow) {
    if (!which.type().is_string() || !IsKeyOnly(which.literal().bytes())) return std::nullopt;
    part.steps.push_back(which.literal().bytes());
    return part;
  }
  for (const Value& step : which.literal().parts()) {
    if (step.is_null()) return std::nullopt;
    part.steps.push_back(step.bytes());
  }
  return part;
}

// The parts that the expressions of one node take, by the value that they are of.
class Parts {
 public:
  explicit Parts(const OptimizerContext& context) : context_(context) {}

  void Add(const ExprPtr& expr) {
    if (expr == nullptr) return;
    auto part = PartOf(*expr);
    if (!part.has_value()) {
      for (const ExprPtr& child : expr->children()) Add(child);
      return;
    }
    Source& source = SourceOf(part->of);
    if (IndexIn(source, *part) == source.parts.size()) source.parts.push_back(*part);
    Add(part->of);
  }

  ExprPtr Rewrite(const ExprPtr& expr) {
    if (expr == nullptr) return expr;
    auto part = PartOf(*expr);
    if (part.has_value()) {
      ExprPtr out = Take(*part, expr);
      return out->type() == expr->type() ? out : expr;
    }
    std::vector<ExprPtr> children;
    bool changed = false;
    for (const ExprPtr& child : expr->children()) {
      children.push_back(Rewrite(child));
      changed = changed || children.back() != child;
    }
    changed_ = changed_ || changed;
    return changed ? expr->WithChildren(std::move(children)) : expr;
  }
  bool changed() const { return changed_; }

 private:
  struct Source {
    ExprPtr expr;
    std::vector<Part> parts;  // each once
  };

  Source& SourceOf(const ExprPtr& expr) {
    const auto at = std::ranges::find_if(sources_, [&](const Source& source) { return source.expr->Equals(*expr); });
    return at != sources_.end() ? *at : sources_.emplace_back(Source{expr, {}});
  }
  static size_t IndexIn(const Source& source, const Part& part) {
    const auto at = std::ranges::find_if(
        source.parts, [&](const Part& other) { return other.as_text == part.as_text && other.steps == part.steps; });
    return static_cast<size_t>(at - source.parts.begin());
  }
  static ExprPtr PathOf(const Part& part) {
    std::vector<Value> steps;
    for (const std::string& step : part.steps) steps.push_back(Value::String(step));
    return Expr::Literal(Value::Nested(Type::List(TypeKind::kVarchar), std::move(steps)));
  }

  ExprPtr Take(const Part& part, const ExprPtr& expr) {
    const ExprPtr of = Rewrite(part.of);
    const Source& source = SourceOf(part.of);
    if (source.parts.size() > 1 && part.of->volatility() != Volatility::kVolatile) {
      std::string kinds;
      std::vector<ExprPtr> args = {of, nullptr};
      for (const Part& each : source.parts) {
        kinds += each.as_text ? 't' : 'j';
        args.push_back(PathOf(each));
      }
      args[1] = Expr::Literal(Value::String(std::move(kinds)));
      changed_ = true;
      const auto field = static_cast<int32_t>(IndexIn(source, part) + 1);
      return context_.registry.BindCall(
          "struct_extract",
          {context_.registry.BindCall("json_parts", std::move(args)), Expr::Literal(Value::Int32(field))},
          expr->position());
    }
    if (part.calls == 1) return of == part.of ? expr : expr->WithChildren({of, expr->child(1)});
    changed_ = true;
    return context_.registry.BindCall(part.as_text ? "#>>" : "#>", {of, PathOf(part)}, expr->position());
  }

  const OptimizerContext& context_;
  std::vector<Source> sources_;
  bool changed_ = false;
};

LogicalPtr RewriteNode(const LogicalPtr& node, const OptimizerContext& context) {
  Parts parts(context);
  // Every expression is gone through twice: what there is, then what becomes of it.
  const auto each = [&](auto& exprs) {
    for (const ExprPtr& expr : exprs) parts.Add(expr);
    for (ExprPtr& expr : exprs) expr = parts.Rewrite(expr);
  };
  switch (node->kind()) {
    case LogicalKind::kScan: {
      const auto& scan = node->as<LogicalScan>();
      std::vector<ExprPtr> filters = scan.filters;
      bool changed = false;
      // They are evaluated one by one.
      for (ExprPtr& filter : filters) {
        Parts own(context);
        own.Add(filter);
        filter = own.Rewrite(filter);
        changed = changed || own.changed();
      }
      return changed ? scan.WithFilters(std::move(filters)) : node;
    }
    case LogicalKind::kFilter: {
      std::vector<ExprPtr> exprs = {node->as<LogicalFilter>().predicate};
      each(exprs);
      return parts.changed() ? std::make_shared<LogicalFilter>(node->child(), exprs[0]) : node;
    }
    case LogicalKind::kProject: {
      std::vector<ExprPtr> exprs = node->as<LogicalProject>().exprs;
      each(exprs);
      if (!parts.changed()) return node;
      return std::make_shared<LogicalProject>(node->child(), std::move(exprs), node->columns());
    }
    case LogicalKind::kUnnest: {
      const auto& unnest = node->as<LogicalUnnest>();
      std::vector<ExprPtr> lists = unnest.lists;
      each(lists);
      if (!parts.changed()) return node;
      return std::make_shared<LogicalUnnest>(node->child(), std::move(lists), node->columns(), unnest.with_ordinality);
    }
    case LogicalKind::kAggregate: {
      const auto& aggregate = node->as<LogicalAggregate>();
      std::vector<ExprPtr> groups = aggregate.groups;
      std::vector<AggregateCall> calls = aggregate.aggregates;
      std::vector<ExprPtr*> exprs;
      for (ExprPtr& group : groups) exprs.push_back(&group);
      for (AggregateCall& call : calls) {
        for (ExprPtr& arg : call.args) exprs.push_back(&arg);
        for (AggregateCall::Order& key : call.order_by) exprs.push_back(&key.expr);
        exprs.push_back(&call.filter);
      }
      for (const ExprPtr* expr : exprs) parts.Add(*expr);
      for (ExprPtr* expr : exprs) *expr = parts.Rewrite(*expr);
      if (!parts.changed()) return node;
      return std::make_shared<LogicalAggregate>(node->child(), std::move(groups), std::move(calls), node->columns());
    }
    default:
      return node;
  }
}

}  // namespace

LogicalPtr ReadJsonOnce(const LogicalPtr& plan, const OptimizerContext& context) {
  return RewriteNode(MapChildren(plan, [&](const LogicalPtr& child) { return ReadJsonOnce(child, context); }), context);
}

}  // namespace weir
