#include "exec/subfield_use.h"

#include <algorithm>
#include <optional>

namespace weir {

namespace {

// How a column is used; neither: not at all.
struct Use {
  bool whole = false;
  SubfieldPaths paths;

  void Add(const Use& other) {
    whole = whole || other.whole;
    paths.insert(paths.end(), other.paths.begin(), other.paths.end());
  }
};
using Uses = std::vector<Use>;

void AddPath(Use& use, std::vector<size_t> path, const std::vector<size_t>& further) {
  path.insert(path.end(), further.begin(), further.end());
  use.paths.push_back(std::move(path));
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

// The input column and path when the expression is nothing but fields of fields of it.
std::optional<size_t> PathOf(const Expr& expr, std::vector<size_t>& path) {
  if (expr.is(ExprKind::kInput)) return expr.input_index();
  if (!expr.is(ExprKind::kCall) || expr.function().name != "struct_extract") return std::nullopt;
  const auto column = PathOf(*expr.child(0), path);
  const auto field = FieldOf(expr.child(0)->type(), *expr.child(1));
  if (!column.has_value() || !field.has_value()) return std::nullopt;
  path.push_back(*field);
  return column;
}

bool IsOne(const Expr& expr) {
  return expr.is(ExprKind::kLiteral) && !expr.literal().is_null() && expr.type().is_integer() &&
         expr.literal().integer() == 1;
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

// Whether only the shape of the argument is looked at, where it is a part of a column; then that is noted.
bool AddShapeUse(const Expr& argument, Uses& uses) {
  std::vector<size_t> path;
  const Type& type = argument.type();
  if (!type.is(TypeKind::kStruct) && !type.is(TypeKind::kList)) return false;
  const auto column = PathOf(argument, path);
  if (!column.has_value()) return false;
  path.push_back(kShapeOfSubfield);
  uses.at(*column).paths.push_back(std::move(path));
  return true;
}

void AddUses(const Expr& expr, Uses& uses) {
  if (const Expr* argument = ShapeArgument(expr); argument != nullptr && AddShapeUse(*argument, uses)) return;
  std::vector<size_t> path;
  if (const auto column = PathOf(expr, path); column.has_value()) {
    Use& use = uses.at(*column);
    if (path.empty()) {
      use.whole = true;
    } else {
      use.paths.push_back(std::move(path));
    }
    return;
  }
  for (const ExprPtr& child : expr.children()) AddUses(*child, uses);
}

class Finder {
 public:
  // `uses` of the node's output columns.
  void Visit(const PhysicalNode& node, const Uses& uses) {
    switch (node.kind()) {
      case PhysicalKind::kScan:
        return VisitScan(node.as<PhysicalScan>(), uses);
      case PhysicalKind::kFilter: {
        Uses below = uses;
        AddUses(*node.as<PhysicalFilter>().predicate, below);
        return Visit(*node.child(), below);
      }
      case PhysicalKind::kLimit:
        return Visit(*node.child(), uses);
      case PhysicalKind::kProject: {
        const auto& exprs = node.as<PhysicalProject>().exprs;
        Uses below(node.child()->schema().size());
        for (size_t i = 0; i < exprs.size(); ++i) {
          std::vector<size_t> path;
          const auto column = PathOf(*exprs[i], path);
          if (!column.has_value() || uses[i].whole) {
            AddUses(*exprs[i], below);
            continue;
          }
          for (const auto& further : uses[i].paths) AddPath(below.at(*column), path, further);
        }
        return Visit(*node.child(), below);
      }
      case PhysicalKind::kHashAggregate: {
        const auto& aggregate = node.as<PhysicalHashAggregate>();
        Uses below(node.child()->schema().size());
        for (const ExprPtr& group : aggregate.groups) AddUses(*group, below);
        for (const AggregateCall& call : aggregate.aggregates) {
          const bool counts = call.name == "count" && call.args.size() == 1 && !call.distinct;
          if (counts && AddShapeUse(*call.args[0], below)) {
            if (call.filter != nullptr) AddUses(*call.filter, below);
            continue;
          }
          for (const ExprPtr& arg : call.args) AddUses(*arg, below);
          if (call.filter != nullptr) AddUses(*call.filter, below);
          for (const AggregateCall::Order& order : call.order_by) AddUses(*order.expr, below);
        }
        return Visit(*node.child(), below);
      }
      case PhysicalKind::kUnnest:
        return VisitUnnest(node.as<PhysicalUnnest>(), uses);
      default:
        for (const PhysicalPtr& child : node.children()) {
          Visit(*child, Uses(child->schema().size(), Use{.whole = true, .paths = {}}));
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
    for (const ExprPtr& filter : scan.filters) AddUses(*filter, all);
  }

  // Puts out the child's columns, then the elements of each list.
  void VisitUnnest(const PhysicalUnnest& unnest, const Uses& uses) {
    const size_t columns = unnest.child()->schema().size();
    Uses below(uses.begin(), uses.begin() + static_cast<ptrdiff_t>(columns));
    for (size_t i = 0; i < unnest.lists.size(); ++i) {
      const Use& elements = uses.at(columns + i);
      std::vector<size_t> path;
      const auto column = PathOf(*unnest.lists[i], path);
      if (!column.has_value() || elements.whole) {
        AddUses(*unnest.lists[i], below);
        continue;
      }
      Use& list = below.at(*column);
      AddPath(list, path, {kShapeOfSubfield});
      path.push_back(0);
      for (const auto& further : elements.paths) AddPath(list, path, further);
    }
    Visit(*unnest.child(), below);
  }

  std::map<const PhysicalScan*, Uses> found_;  // a shared node is visited once per use
};

}  // namespace

std::map<const PhysicalScan*, std::vector<SubfieldPaths>> FindSubfieldUse(const PhysicalNode& root) {
  Finder finder;
  finder.Visit(root, Uses(root.schema().size(), Use{.whole = true, .paths = {}}));
  return finder.Finish();
}

}  // namespace weir
