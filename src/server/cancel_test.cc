// What is left of a canceled statement, and who waits for it.

#include <atomic>
#include <latch>
#include <thread>

#include "server/testing/engine_test.h"

namespace weir {
namespace {

class CancelTest : public EngineTest {};

TEST_F(CancelTest, TheSessionGoesOnWhileDriversEnd) {
  constexpr int kThreads = 3;
  EngineOptions options;
  options.threads = kThreads;
  OpenEngine(options);
  Session session(*engine_, SessionOptions{});
  // Workers are held where a step of a driver would take long, the one for short queries, too.
  const auto free = std::make_shared<std::latch>(1);  // workers may see it late
  for (int i = 0; i < kThreads + 1; ++i) {
    const auto held = std::make_shared<std::latch>(1);
    engine_->workers().Submit([held, free] {
      held->count_down();
      free->wait();
    });
    held->wait();
  }
  std::atomic<bool> canceled{false};
  std::thread canceler([&] {
    while (!canceled) {
      session.Cancel(Error::Canceled("canceling statement due to user request"));
      std::this_thread::yield();
    }
  });
  try {
    RowsOf(session, "SELECT count(*) FROM generate_series(1, 100000)");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_TRUE(error.is_cancellation());
  }
  canceled = true;
  canceler.join();
  EXPECT_EQ(RowsOf(session, "SET timezone = 'Asia/Tokyo'; SHOW timezone"), "Asia/Tokyo");
  free->count_down();
  EXPECT_EQ(RowsOf(session, "SELECT count(*) FROM generate_series(1, 100000)"), "100000");
}

}  // namespace
}  // namespace weir
