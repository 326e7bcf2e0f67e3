#include "runtime/cancellation.h"

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "env/sim/sim_executor.h"
#include "runtime/cancellation_scope.h"

namespace weir {
namespace {

TEST(Cancellation, ADefaultTokenIsNeverCanceled) {
  const CancellationToken token;
  EXPECT_FALSE(token.canceled());
  EXPECT_EQ(token.reason(), nullptr);
  token.ThrowIfCanceled();
  const auto registration = token.OnCancel([](const Error&) { FAIL(); });
}

TEST(Cancellation, AScopeSaysForWhatItsThreadComputes) {
  CancellationSource outer;
  CancellationSource inner;
  const CancellationToken outer_token = outer.token();
  const CancellationToken inner_token = inner.token();
  CancellationScope::Check();
  outer.Cancel(Error::Canceled("outer"));
  {
    const CancellationScope scope(outer_token);
    EXPECT_THROW(CancellationScope::Check(), Error);
    {
      const CancellationScope nested(inner_token);
      CancellationScope::Check();
    }
    EXPECT_THROW(CancellationScope::Check(), Error);
    std::thread([] { CancellationScope::Check(); }).join();
  }
  CancellationScope::Check();
}

TEST(Cancellation, WhatIsTriedOutMayFailButNotBeCanceled) {
  EXPECT_EQ(CatchUnlessCanceled([] {}), nullptr);
  const auto failure = CatchUnlessCanceled([] { throw Error::User(sqlstate::kDivisionByZero, "division by zero"); });
  ASSERT_NE(failure, nullptr);
  EXPECT_EQ(failure->sqlstate(), sqlstate::kDivisionByZero);
  CancellationSource source;
  source.Cancel(Error::Canceled("enough"));
  const CancellationToken token = source.token();
  const CancellationScope scope(token);
  EXPECT_THROW((void)CatchUnlessCanceled([] { CancellationScope::Check(); }), Error);
}

TEST(Cancellation, TheFirstReasonStays) {
  CancellationSource source;
  const CancellationToken token = source.token();
  token.ThrowIfCanceled();
  EXPECT_TRUE(source.Cancel(Error::Canceled("by the user")));
  EXPECT_FALSE(source.Cancel(Error::Canceled("by another")));
  EXPECT_TRUE(token.canceled());
  ASSERT_NE(token.reason(), nullptr);
  EXPECT_EQ(token.reason()->message(), "by the user");
  try {
    token.ThrowIfCanceled();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate(), sqlstate::kQueryCanceled);
  }
}

TEST(Cancellation, CallbacksRunOnceAndNotAfterTheirEnd) {
  CancellationSource source;
  int kept = 0;
  int dropped = 0;
  const auto a = source.token().OnCancel([&](const Error&) { ++kept; });
  auto b = source.token().OnCancel([&](const Error&) { ++dropped; });
  b.Reset();
  source.Cancel(Error::Canceled("x"));
  EXPECT_EQ(kept, 1);
  EXPECT_EQ(dropped, 0);
  int late = 0;
  const auto c = source.token().OnCancel([&](const Error& reason) { late += reason.message() == "x" ? 1 : 0; });
  EXPECT_EQ(late, 1);
}

TEST(Cancellation, ACallbackMayDropItselfAndTheSource) {
  auto source = std::make_unique<CancellationSource>();
  CancellationToken::Registration registration;
  bool ran = false;
  registration = source->token().OnCancel([&](const Error&) {
    ran = true;
    registration.Reset();
    source.reset();
  });
  source->Cancel(Error::Canceled("x"));
  EXPECT_TRUE(ran);
}

TEST(Cancellation, ParentsCancelChildrenNotTheOtherWayRound) {
  CancellationSource parent;
  CancellationSource child(parent.token());
  CancellationSource other(parent.token());
  child.Cancel(Error::Canceled("child only"));
  EXPECT_FALSE(parent.canceled());
  EXPECT_FALSE(other.canceled());
  parent.Cancel(Error::Canceled("all"));
  EXPECT_EQ(other.token().reason()->message(), "all");
  EXPECT_EQ(child.token().reason()->message(), "child only");
  const CancellationSource late(parent.token());
  EXPECT_TRUE(late.canceled());
}

TEST(Cancellation, DeadlinesCome) {
  SimClock clock;
  SimExecutor executor(clock, 1);
  CancellationSource source;
  source.SetDeadline(executor, 5 * kNanosPerSecond, Error::Canceled("too late"));
  executor.RunFor(4 * kNanosPerSecond);
  EXPECT_FALSE(source.canceled());
  executor.RunFor(2 * kNanosPerSecond);
  EXPECT_EQ(source.token().reason()->message(), "too late");
  CancellationSource spared;
  spared.SetDeadline(executor, clock.Monotonic() + 1, Error::Canceled("x"));
  spared.ClearDeadline();
  executor.RunFor(kNanosPerSecond);
  EXPECT_FALSE(spared.canceled());
}

// Resetting a registration returns only when its callback is not running: what it uses may go then.
TEST(Cancellation, ResetWaitsForARunningCallback) {
  for (int round = 0; round < 500; ++round) {
    CancellationSource source;
    auto value = std::make_unique<std::atomic<int>>(0);
    auto registration = source.token().OnCancel([at = value.get()](const Error&) {
      for (int i = 0; i < 100; ++i) at->fetch_add(1);
    });
    std::thread canceler([&] { source.Cancel(Error::Canceled("x")); });
    registration.Reset();
    const int seen = value->load();
    EXPECT_TRUE(seen == 0 || seen == 100) << seen;
    value.reset();
    canceler.join();
  }
}

}  // namespace
}  // namespace weir
