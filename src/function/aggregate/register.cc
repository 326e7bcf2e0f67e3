#include "function/aggregate/register.h"

#include "expr/registry.h"
#include "function/aggregate/families.h"
#include "function/aggregate/typed_aggregate.h"

namespace weir {

namespace {

// Names that other dialects have for them.
void AddAliases(Registry& registry) {
  const std::pair<const char*, std::vector<std::string>> aliases[] = {
      {"stddev_samp", {"std"}},
      {"bool_or", {"boolor_agg"}},
      {"bool_and", {"booland_agg"}},
  };
  for (const auto& [name, more] : aliases) {
    AggregateSpec spec;
    spec.name = name;
    spec.aliases = more;
    registry.Add(std::move(spec));
  }
}

}  // namespace

void RegisterAggregates(Registry& registry) {
  RegisterCountAggregates(registry);
  RegisterSumAggregates(registry);
  RegisterMinMaxAggregates(registry);
  RegisterEndAggregates(registry);
  RegisterLogicalAggregates(registry);
  RegisterStatisticsAggregates(registry);
  RegisterFloatingAggregates(registry);
  RegisterDecimalSpreadAggregates(registry);
  RegisterCollectAggregates(registry);
  RegisterQuantileAggregates(registry);
  RegisterArgMinMaxAggregates(registry);
  RegisterApproximateAggregates(registry);
  RegisterFunnelAggregates(registry);
  RegisterBitmapAggregates(registry);
  RegisterSketchAggregates(registry);
  RegisterJsonAggregates(registry);
  RegisterBitStringAggregates(registry);
  RegisterRewrittenAggregates(registry);
  AddAliases(registry);
}

void ThrowBadState(std::string_view what) {
  throw Error::Operational(sqlstate::kDataCorrupted, "bad state of an aggregate: {}", what);
}

}  // namespace weir
