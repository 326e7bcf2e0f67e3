#include "exec/subfield_use.h"

#include <algorithm>
#include <optional>

#include "base/bytes.h"
#include "expr/expr_codec.h"

namespace weir {

namespace {

// How a value is looked at; neither: not at all.
struct Use {
  bool whole = false;
  SubfieldPaths paths;

  static Use Whole() { return {.whole = true, .paths = {}}; }
  static Use Shape() { return {.whole = false, .paths = {{kShapeOfSubfield}}}; }
  void Add(const Use& other) {
    whole = whole || other.whole;
    paths.insert(paths.end(), other.paths.begin(), other.paths.end());
  }
};
using Uses = std::vector<Use>;

// Of a struct whose field is looked at like this.
Use OfStruct(size_t field, const Use& use) {
  Use out;
  if (use.whole) out.paths.push_back({field});
  for (const auto& path : use.paths) {
    out.paths.push_back({field});
    out.paths.back().insert(out.paths.back().end(), path.begin(), path.end());
  }
  return out;
}

// Of a list whose elements are looked at like this; where they are counts, too.
Use OfList(const Use& elements) {
  if (elements.whole) return Use::Whole();
  Use out = OfStruct(0, elements);
  out.Add(Use::Shape());
  return out;
}

// Of a list's elements, when the list is looked at like this.
Use OfElements(const Use& list) {
  Use out{.whole = list.whole, .paths = {}};
  for (const auto& path : list.paths) {
    if (path.front() == kShapeOfSubfield) continue;
    if (path.size() == 1) {
      out.whole = true;
    } else {
      out.paths.emplace_back(path.begin() + 1, path.end());
    }
  }
  return out;
}

std::optional<size_t> FieldOf(const Type& type, const Expr& which) {
  if (!type.is(TypeKind::kStruct) || !which.is(ExprKind::kLiteral) || which.literal().is_null()) return std::nullopt;
  const auto fields = type.fields();
  const Value& value = which.literal();
  if (value.type().is_integer()) {
    const int64_t at = value.integer();
    if (at < 1 || at > static_cast<int64_t>(fields.size())) return std::nullopt;
    return static_cast<size_t>(at - 1);
  }
  if (!value.type().is_string()) return std::nullopt;
  const auto named = [&](const Field& field) { return field.name == value.bytes(); };
  if (std::ranges::count_if(fields, named) != 1) return std::nullopt;
  return static_cast<size_t>(std::ranges::find_if(fields, named) - fields.begin());
}

bool IsOne(const Expr& expr) {
  return expr.is(ExprKind::kLiteral) && !expr.literal().is_null() && expr.type().is_integer() &&
         expr.literal().integer() == 1;
}

bool HasShape(const Expr& expr) {
  return expr.type().is(TypeKind::kStruct) || expr.type().is(TypeKind::kList);
}

// The child of which the expression looks at nothing but whether it is NULL and, of a list, how long it is; or null.
const Expr* ShapeArgument(const Expr& expr) {
  if (expr.is(ExprKind::kIsNull)) return expr.child(0).get();
  if (!expr.is(ExprKind::kCall) || expr.children().empty()) return nullptr;
  const Type& type = expr.child(0)->type();
  if (!type.is(TypeKind::kList)) return nullptr;
  const std::string& name = expr.function().name;
  const size_t args = expr.children().size();
  const bool is_length = (args == 1 && (name == "length" || name == "array_size" || name == "array_length")) ||
                         (args == 1 && name == "cardinality" && !type.element().is(TypeKind::kList)) ||
                         (args == 2 && (name == "array_length" || name == "array_upper") && IsOne(*expr.child(1)));
  return is_length ? expr.child(0).get() : nullptr;
}

// What expressions look at.
class UsesOfExprs {
 public:
  explicit UsesOfExprs(const Registry& registry) : registry_(registry) {}

  // Of the inputs, when the expression's value is looked at like this.
  void Add(const Expr& expr, const Use& use, Uses& uses) const {
    if (expr.is(ExprKind::kInput)) return uses.at(expr.input_index()).Add(use);
    if (const Expr* argument = ShapeArgument(expr); argument != nullptr && HasShape(*argument)) {
      return Add(*argument, Use::Shape(), uses);
    }
    if (expr.is(ExprKind::kCall) && (AddPart(expr, use, uses) || AddLambdaCall(expr, use, uses))) return;
    for (const ExprPtr& child : expr.children()) Add(*child, Use::Whole(), uses);
  }
  void AddWhole(const Expr& expr, Uses& uses) const { Add(expr, Use::Whole(), uses); }

 private:
  // A field of a struct, an element of a list.
  bool AddPart(const Expr& call, const Use& use, Uses& uses) const {
    const std::string& name = call.function().name;
    if (name == "struct_extract") {
      const auto field = FieldOf(call.child(0)->type(), *call.child(1));
      if (!field.has_value()) return false;
      Add(*call.child(0), OfStruct(*field, use), uses);
      return true;
    }
    if ((name != "[]" && name != "element_at") || !call.child(0)->type().is(TypeKind::kList)) return false;
    Add(*call.child(0), OfList(use), uses);
    AddWhole(*call.child(1), uses);
    return true;
  }

  // Calls with a lambda over lists, as the binder makes them: f(list..., lambda, captured...), where the lambda is a
  // constant (see function/scalar/lambda.cc, let.cc). Those over maps use them as a whole.
  bool AddLambdaCall(const Expr& call, const Use& use, Uses& uses) const {
    const std::string& name = call.function().name;
    const bool selects = name == "array_filter" || name == "array_sortby";
    const bool maps = name == "array_map";
    const bool matches = name == "any_match" || name == "all_match";
    // From an initial value on; without one the first element is a result, too.
    const bool reduces = name == "list_reduce" && call.overload().parameters.size() == 3;
    if (!selects && !maps && !matches && !reduces) return false;
    size_t lists = 0;
    while (lists < call.children().size() && call.child(lists)->type().is(TypeKind::kList)) ++lists;
    if (lists == 0 || lists == call.children().size()) return false;
    const Expr& lambda = *call.child(lists);
    if (!lambda.is(ExprKind::kLiteral) || !lambda.type().is(TypeKind::kVarbinary) || lambda.literal().is_null()) {
      return false;
    }
    ByteReader in(lambda.literal().bytes());
    in.GetString();  // the lambda as text
    const ExprPtr body = DeserializeExpr(in.GetString(), registry_);

    const size_t elements_at = reduces ? 1 : 0;  // the first parameter of a reduction is what came out so far
    const size_t captured_at = lists + (reduces ? 2 : 1);
    const size_t parameters = elements_at + lists;
    Uses of_inputs(parameters + call.children().size() - captured_at);
    Add(*body, maps ? OfElements(use) : Use::Whole(), of_inputs);
    for (size_t i = 0; i < lists; ++i) {
      Use list = OfList(of_inputs[elements_at + i]);
      if (selects) list.Add(use);
      Add(*call.child(i), list, uses);
    }
    if (reduces) AddWhole(*call.child(lists + 1), uses);
    for (size_t i = captured_at; i < call.children().size(); ++i) {
      Add(*call.child(i), of_inputs[parameters + i - captured_at], uses);
    }
    return true;
  }

  const Registry& registry_;
};

class Finder {
 public:
  explicit Finder(const Registry& registry) : exprs_(registry) {}

  // `uses` of the node's output columns.
  void Visit(const PhysicalNode& node, const Uses& uses) {
    switch (node.kind()) {
      case PhysicalKind::kScan:
        return VisitScan(node.as<PhysicalScan>(), uses);
      case PhysicalKind::kFilter: {
        Uses below = uses;
        exprs_.AddWhole(*node.as<PhysicalFilter>().predicate, below);
        return Visit(*node.child(), below);
      }
      case PhysicalKind::kLimit:
        return Visit(*node.child(), uses);
      case PhysicalKind::kProject: {
        const auto& exprs = node.as<PhysicalProject>().exprs;
        Uses below(node.child()->schema().size());
        for (size_t i = 0; i < exprs.size(); ++i) exprs_.Add(*exprs[i], uses[i], below);
        return Visit(*node.child(), below);
      }
      case PhysicalKind::kHashAggregate: {
        const auto& aggregate = node.as<PhysicalHashAggregate>();
        Uses below(node.child()->schema().size());
        for (const ExprPtr& group : aggregate.groups) exprs_.AddWhole(*group, below);
        for (const AggregateCall& call : aggregate.aggregates) {
          const bool counts = call.name == "count" && call.args.size() == 1 && !call.distinct;
          for (const ExprPtr& arg : call.args) {
            exprs_.Add(*arg, counts && HasShape(*arg) ? Use::Shape() : Use::Whole(), below);
          }
          if (call.filter != nullptr) exprs_.AddWhole(*call.filter, below);
          for (const AggregateCall::Order& order : call.order_by) exprs_.AddWhole(*order.expr, below);
        }
        return Visit(*node.child(), below);
      }
      case PhysicalKind::kUnnest:
        return VisitUnnest(node.as<PhysicalUnnest>(), uses);
      default:
        for (const PhysicalPtr& child : node.children()) {
          Visit(*child, Uses(child->schema().size(), Use::Whole()));
        }
    }
  }
  std::map<const PhysicalScan*, std::vector<SubfieldPaths>> Finish() {
    std::map<const PhysicalScan*, std::vector<SubfieldPaths>> out;
    for (auto& [scan, uses] : found_) {
      std::vector<SubfieldPaths>& paths = out[scan];
      for (Use& use : uses) paths.push_back(use.whole ? SubfieldPaths() : std::move(use.paths));
    }
    return out;
  }

 private:
  void VisitScan(const PhysicalScan& scan, const Uses& uses) {
    Uses& all = found_.try_emplace(&scan, scan.columns.size()).first->second;
    for (size_t i = 0; i < scan.output.size(); ++i) all.at(scan.output[i]).Add(uses[i]);
    for (const ExprPtr& filter : scan.filters) exprs_.AddWhole(*filter, all);
  }

  // Puts out the child's columns, then the elements of each list.
  void VisitUnnest(const PhysicalUnnest& unnest, const Uses& uses) {
    const size_t columns = unnest.child()->schema().size();
    Uses below(uses.begin(), uses.begin() + static_cast<ptrdiff_t>(columns));
    for (size_t i = 0; i < unnest.lists.size(); ++i) {
      exprs_.Add(*unnest.lists[i], OfList(uses.at(columns + i)), below);
    }
    Visit(*unnest.child(), below);
  }

  const UsesOfExprs exprs_;
  std::map<const PhysicalScan*, Uses> found_;  // a shared node is visited once per use
};

}  // namespace

std::map<const PhysicalScan*, std::vector<SubfieldPaths>> FindSubfieldUse(const PhysicalNode& root,
                                                                          const Registry& registry) {
  Finder finder(registry);
  finder.Visit(root, Uses(root.schema().size(), Use::Whole()));
  return finder.Finish();
}

}  // namespace weir
