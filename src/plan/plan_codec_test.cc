#include "plan/plan_codec.h"

#include <set>

#include <gtest/gtest.h>

#include "env/random.h"
#include "function/register_all.h"
#include "plan/testing/sample_plans.h"

namespace weir {
namespace {

using plan_test::SamplePlans;
using plan_test::SampleResolver;

class PlanCodecTest : public ::testing::Test {
 protected:
  std::string SqlstateOf(std::string_view bytes) {
    const auto error = CatchError([&] { DeserializePlan(bytes, resolver_); });
    return error == nullptr ? "" : std::string(error->sqlstate());
  }
  SampleResolver resolver_{RegisterAllFunctions};
};

void Kinds(const PhysicalNode& node, std::set<PhysicalKind>& kinds) {
  kinds.insert(node.kind());
  for (const PhysicalPtr& child : node.children()) Kinds(*child, kinds);
}

TEST_F(PlanCodecTest, SamplesComeBack) {
  std::set<PhysicalKind> kinds;
  for (const PhysicalPtr& plan : SamplePlans(resolver_)) {
    Kinds(*plan, kinds);
    const std::string bytes = SerializePlan({plan, 99});
    const TravellingPlan read = DeserializePlan(bytes, resolver_);
    EXPECT_EQ(ExplainPhysical(read.plan), ExplainPhysical(plan));
    EXPECT_EQ(read.snapshot, 99u);
    EXPECT_EQ(read.plan->schema(), plan->schema());
    EXPECT_EQ(SerializePlan(read), bytes) << ExplainPhysical(plan);
  }
  // A kind that is added here belongs into the samples too.
  EXPECT_EQ(kinds.size(), static_cast<size_t>(PhysicalKind::kAsofJoin) + 1);
}

TEST_F(PlanCodecTest, WhatIsSharedStaysShared) {
  for (const PhysicalPtr& plan : SamplePlans(resolver_)) {
    const PhysicalPtr read = DeserializePlan(SerializePlan({plan}), resolver_).plan;
    if (plan->kind() == PhysicalKind::kNestedLoopJoin) {
      EXPECT_EQ(read->child(0), read->child(1));
    }
    if (plan->kind() == PhysicalKind::kProject) {
      const auto& exprs = read->as<PhysicalProject>().exprs;
      EXPECT_EQ(exprs[4], exprs[5]);
      EXPECT_EQ(exprs[6]->position(), 17);
    }
  }
}

TEST_F(PlanCodecTest, DamageIsNoticed) {
  const std::string bytes = SerializePlan({SamplePlans(resolver_).back()});
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(SqlstateOf(std::string_view(bytes).substr(0, size)), sqlstate::kDataCorrupted) << size;
  }
  for (size_t at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    EXPECT_EQ(SqlstateOf(damaged), sqlstate::kDataCorrupted) << at;
  }
  EXPECT_EQ(SqlstateOf(bytes + "x"), sqlstate::kDataCorrupted);
}

// Behind a right checksum any byte may be wrong: that is an error or another sound plan.
TEST_F(PlanCodecTest, DamageBehindTheChecksum) {
  Xoshiro256 random(1);
  size_t plans = 0;
  for (const PhysicalPtr& plan : SamplePlans(resolver_)) {
    const std::string bytes = SerializePlan({plan});
    for (size_t at = 18; at < bytes.size(); ++at) {
      for (int i = 0; i < 4; ++i) {
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(random.Below(256));
        SealPlan(damaged);
        const auto error = CatchError([&] {
          const TravellingPlan read = DeserializePlan(damaged, resolver_);
          ExplainPhysical(read.plan);
          SerializePlan(read);
          ++plans;
        });
        if (error == nullptr) continue;
        EXPECT_NE(error->kind(), ErrorKind::kInternal) << error->ToString();
      }
    }
  }
  EXPECT_GT(plans, 100u);
}

TEST_F(PlanCodecTest, WhatIsNotHere) {
  const PhysicalPtr plan = SamplePlans(resolver_).back();
  std::string bytes = SerializePlan({plan});
  bytes[4] = 2;
  const auto error = CatchError([&] { DeserializePlan(bytes, resolver_); });
  ASSERT_NE(error, nullptr);
  EXPECT_NE(error->message().find("another version"), std::string::npos) << error->ToString();
  EXPECT_NE(error->hint(), "");
}

}  // namespace
}  // namespace weir
