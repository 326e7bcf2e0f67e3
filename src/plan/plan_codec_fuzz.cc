#include <span>
#include <string>
#include <vector>

#include "base/check.h"
#include "function/register_all.h"
#include "plan/testing/sample_plans.h"

namespace weir {

namespace {

plan_test::SampleResolver& Resolver() {
  static plan_test::SampleResolver resolver(RegisterAllFunctions);
  return resolver;
}

}  // namespace

// Half of the inputs get a right header: damage would not come past the checksum.
void FuzzPlan(std::span<const uint8_t> input) {
  std::string bytes(AsText(input));
  if (!bytes.empty() && bytes.back() % 2 == 0) SealPlan(bytes);
  std::string again;
  (void)CatchError([&] {
    const TravellingPlan read = DeserializePlan(bytes, Resolver());
    ExplainPhysical(read.plan);
    again = SerializePlan(read);
  });
  if (again.empty()) return;
  // What could be read can be written, and read again as the same.
  const TravellingPlan read = DeserializePlan(again, Resolver());
  WEIR_CHECK(SerializePlan(read) == again, "a plan changes when it is written again");
}

std::vector<std::string> FuzzPlanSeeds() {
  std::vector<std::string> seeds;
  for (const PhysicalPtr& plan : plan_test::SamplePlans(Resolver())) seeds.push_back(SerializePlan({plan, 5}));
  return seeds;
}

}  // namespace weir
