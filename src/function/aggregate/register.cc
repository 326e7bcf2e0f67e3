#include "function/aggregate/register.h"

#include "function/aggregate/families.h"
#include "function/aggregate/typed_aggregate.h"

namespace weir {

void RegisterAggregates(Registry& registry) {
  RegisterCountAggregates(registry);
  RegisterSumAggregates(registry);
  RegisterMinMaxAggregates(registry);
  RegisterLogicalAggregates(registry);
  RegisterStatisticsAggregates(registry);
  RegisterCollectAggregates(registry);
  RegisterQuantileAggregates(registry);
  RegisterArgMinMaxAggregates(registry);
  RegisterApproximateAggregates(registry);
  RegisterFunnelAggregates(registry);
  RegisterBitmapAggregates(registry);
  RegisterSketchAggregates(registry);
  RegisterJsonAggregates(registry);
  RegisterRewrittenAggregates(registry);
}

void ThrowBadState(std::string_view what) {
  throw Error::Operational(sqlstate::kDataCorrupted, "bad state of an aggregate: {}", what);
}

}  // namespace weir
