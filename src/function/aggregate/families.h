#pragma once

namespace weir {

class Registry;

// The families of aggregate functions, one file each.
void RegisterCountAggregates(Registry& registry);
void RegisterSumAggregates(Registry& registry);
void RegisterMinMaxAggregates(Registry& registry);
void RegisterEndAggregates(Registry& registry);
void RegisterLogicalAggregates(Registry& registry);
void RegisterStatisticsAggregates(Registry& registry);
void RegisterFloatingAggregates(Registry& registry);
void RegisterDecimalSpreadAggregates(Registry& registry);
void RegisterCollectAggregates(Registry& registry);
void RegisterQuantileAggregates(Registry& registry);
void RegisterArgMinMaxAggregates(Registry& registry);
void RegisterApproximateAggregates(Registry& registry);
void RegisterFunnelAggregates(Registry& registry);
void RegisterBitmapAggregates(Registry& registry);
void RegisterSketchAggregates(Registry& registry);
void RegisterJsonAggregates(Registry& registry);
void RegisterBitStringAggregates(Registry& registry);
void RegisterRewrittenAggregates(Registry& registry);

}  // namespace weir
