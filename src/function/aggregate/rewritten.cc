#include "function/aggregate/families.h"
#include "function/aggregate/spec.h"

// Aggregates that the binder makes of others (sql/binder/bind_rewritten.cc). Here they have their place in the list of
// functions; nothing ever runs them.

namespace weir {

namespace {

void Add(Registry& registry, std::string name, std::string description, std::string example, std::string result,
         std::vector<TypePattern> parameters, bool variadic = false) {
  AggregateOverload overload;
  overload.parameters = std::move(parameters);
  overload.variadic = variadic;
  overload.result = TypeKind::kInt64;
  overload.make = [name](std::span<const Type>, const Type&,
                         std::span<const std::optional<Value>>) -> std::shared_ptr<const AggregateOps> {
    throw Error::Unsupported("Call it as a plain aggregate.", "{} cannot be used here", name);
  };
  AddAggregate(registry, std::move(name), std::move(description), std::move(example), std::move(result),
               {std::move(overload)});
}

}  // namespace

void RegisterRewrittenAggregates(Registry& registry) {
  constexpr TypePattern::Kind kAny = TypePattern::Kind::kAny;
  Add(registry, "multi_distinct_count", "Number of distinct values: count(DISTINCT x).",
      "multi_distinct_count(x) FROM (VALUES (1), (2), (2)) t(x)", "2", {kAny});
  Add(registry, "multi_distinct_sum", "Sum of the distinct values: sum(DISTINCT x).",
      "multi_distinct_sum(x) FROM (VALUES (1), (2), (2)) t(x)", "3", {kAny});
  Add(registry, "intersect_count",
      "Number of elements that the unions of the bitmaps have in common, one union for each of the given values of the "
      "second argument.",
      "intersect_count(to_bitmap(x), k, 'a', 'b') FROM (VALUES (1, 'a'), (2, 'a'), (1, 'b')) t(x, k)", "1",
      {TypeKind::kVarbinary, kAny, kAny}, true);
}

}  // namespace weir
