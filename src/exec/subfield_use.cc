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

void AddUses(const Expr& expr, Uses& uses) {
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
          for (const auto& further : uses[i].paths) {
            below.at(*column).paths.push_back(path);
            below.at(*column).paths.back().insert(below.at(*column).paths.back().end(), further.begin(), further.end());
          }
        }
        return Visit(*node.child(), below);
      }
      case PhysicalKind::kHashAggregate: {
        const auto& aggregate = node.as<PhysicalHashAggregate>();
        Uses below(node.child()->schema().size());
        for (const ExprPtr& group : aggregate.groups) AddUses(*group, below);
        for (const AggregateCall& call : aggregate.aggregates) {
          for (const ExprPtr& arg : call.args) AddUses(*arg, below);
          if (call.filter != nullptr) AddUses(*call.filter, below);
          for (const AggregateCall::Order& order : call.order_by) AddUses(*order.expr, below);
        }
        return Visit(*node.child(), below);
      }
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

  std::map<const PhysicalScan*, Uses> found_;  // a shared node is visited once per use
};

}  // namespace

std::map<const PhysicalScan*, std::vector<SubfieldPaths>> FindSubfieldUse(const PhysicalNode& root) {
  Finder finder;
  finder.Visit(root, Uses(root.schema().size(), Use{.whole = true, .paths = {}}));
  return finder.Finish();
}

}  // namespace weir
