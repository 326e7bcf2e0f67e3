#pragma once

#include "plan/physical.h"
#include "storage/snapshot.h"

namespace weir {

// The plan as it comes out of its binary form again: what a statement runs with `plan_round_trip = on`, so that every
// plan that tests make is also one that can travel. An internal error when the two differ in what EXPLAIN shows.
PhysicalPtr PlanRoundTrip(const PhysicalPtr& plan, const Registry& registry, const SnapshotPtr& snapshot,
                          const CatalogPtr& catalog);

}  // namespace weir
