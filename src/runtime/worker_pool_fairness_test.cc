// Many queries at once on a pool of one worker whose time only passes by their work, so that every run is the same.

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include <gtest/gtest.h>

#include "runtime/condition_variable.h"
#include "runtime/worker_pool.h"

namespace weir {
namespace {

class WorkClock final : public Clock {
 public:
  UnixNanos Now() const override { return Monotonic(); }
  MonotonicNanos Monotonic() const override { return now_.load(); }
  void Work(int64_t nanos) { now_.fetch_add(nanos); }

 private:
  std::atomic<int64_t> now_{0};
};

// What each of a client's queries does: pipelines one after the other, each of several drivers that work step by step.
struct Shape {
  int pipelines;
  int drivers;
  int64_t driver_nanos;
  int64_t step_nanos;  // between looks at the slice
  int64_t nanos() const { return pipelines * drivers * driver_nanos; }
};

class Pipeline final : public Driver {
 public:
  Pipeline(WorkClock& clock, const Shape& shape, std::function<void()> ended)
      : clock_(clock), step_nanos_(shape.step_nanos), left_(shape.driver_nanos), ended_(std::move(ended)) {}
  DriverState Run(TimeSlice& slice) override {
    while (left_ > 0) {
      const int64_t step = std::min(step_nanos_, left_);
      clock_.Work(step);
      left_ -= step;
      if (left_ > 0 && slice.ShouldYield()) return DriverState::kReady;
    }
    ended_();
    return DriverState::kFinished;
  }

 private:
  WorkClock& clock_;
  const int64_t step_nanos_;
  int64_t left_;
  const std::function<void()> ended_;
};

// Clients that ask one query after the other for a while.
class Load {
 public:
  explicit Load(int64_t nanos) : until_(nanos) {}
  void AddClients(int count, const Shape& shape, std::vector<int64_t>& took) {
    for (int i = 0; i < count; ++i) {
      clients_.push_back(std::make_unique<Client>(Client{*this, shape, took, {}, 0, 0, 0}));
    }
  }
  void Run() {
    // All begin before any works.
    pool_.Submit([this] {
      for (const auto& client : clients_) client->Ask();
    });
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return gone_ == clients_.size(); });
  }
  size_t clients() const { return clients_.size(); }

 private:
  struct Client {
    Load& load;
    Shape shape;
    std::vector<int64_t>& took;
    std::shared_ptr<DriverGroup> group;
    int64_t start;
    int pipelines_left;
    int drivers_left;

    void Ask() {
      if (load.clock_.Monotonic() >= load.until_) {
        group.reset();
        const std::scoped_lock lock(load.mutex_);
        ++load.gone_;
        load.ended_.notify_all();
        return;
      }
      start = load.clock_.Monotonic();
      pipelines_left = shape.pipelines;
      group = load.pool_.CreateGroup("query");
      StartPipeline();
      group->OnFinished([this](const Error*) {
        took.push_back(load.clock_.Monotonic() - start);
        Ask();
      });
    }
    void StartPipeline() {
      drivers_left = shape.drivers;
      for (int i = 0; i < shape.drivers; ++i) {
        group->Add(std::make_unique<Pipeline>(load.clock_, shape, [this] {
          if (--drivers_left == 0 && --pipelines_left > 0) StartPipeline();
        }));
      }
    }
  };

  const int64_t until_;
  WorkClock clock_;
  std::mutex mutex_;  // guards gone_
  ConditionVariable ended_;
  size_t gone_ = 0;
  std::vector<std::unique_ptr<Client>> clients_;
  WorkerPool pool_{clock_, {.threads = 1, .shuffle = false}};
};

// The 99th percentile over what a fair share of the worker gives.
double Slowness(std::vector<int64_t> took, const Shape& shape, size_t clients) {
  EXPECT_GE(took.size(), 10u);
  std::ranges::sort(took);
  return static_cast<double>(took[took.size() * 99 / 100]) /
         static_cast<double>(shape.nanos() * static_cast<int64_t>(clients));
}

void ExpectFair(const Shape& short_shape, const Shape& long_shape, int short_clients = 24, int long_clients = 8) {
  std::vector<int64_t> short_took;
  std::vector<int64_t> long_took;
  Load load(120 * kNanosPerSecond);
  load.AddClients(short_clients, short_shape, short_took);
  load.AddClients(long_clients, long_shape, long_took);
  load.Run();
  EXPECT_LE(Slowness(short_took, short_shape, load.clients()), 3);
  EXPECT_LE(Slowness(long_took, long_shape, load.clients()), 3);
}

TEST(WorkerPoolFairness, ShortQueriesBesideLongOnes) {
  ExpectFair({.pipelines = 3, .drivers = 1, .driver_nanos = kNanosPerMilli, .step_nanos = 100 * kNanosPerMicro},
             {.pipelines = 2, .drivers = 4, .driver_nanos = 50 * kNanosPerMilli, .step_nanos = 200 * kNanosPerMicro});
}

TEST(WorkerPoolFairness, QueriesWithManyDriversGetNoMore) {
  ExpectFair({.pipelines = 1, .drivers = 1, .driver_nanos = 20 * kNanosPerMilli, .step_nanos = kNanosPerMilli},
             {.pipelines = 1, .drivers = 64, .driver_nanos = 10 * kNanosPerMilli, .step_nanos = kNanosPerMilli});
}

// Short queries end before others go on, but for what these are owed; nobody waits much longer for it.
TEST(WorkerPoolFairness, ShortQueriesGoFirst) {
  const Shape tiny{
      .pipelines = 3, .drivers = 1, .driver_nanos = 200 * kNanosPerMicro, .step_nanos = 100 * kNanosPerMicro};
  const Shape small{.pipelines = 2, .drivers = 4, .driver_nanos = kNanosPerMilli, .step_nanos = 200 * kNanosPerMicro};
  const Shape middle{
      .pipelines = 2, .drivers = 4, .driver_nanos = 8 * kNanosPerMilli, .step_nanos = 200 * kNanosPerMicro};
  const Shape large{
      .pipelines = 2, .drivers = 4, .driver_nanos = 40 * kNanosPerMilli, .step_nanos = 200 * kNanosPerMicro};
  std::vector<int64_t> tiny_took;
  std::vector<int64_t> small_took;
  std::vector<int64_t> middle_took;
  std::vector<int64_t> large_took;
  Load load(120 * kNanosPerSecond);
  load.AddClients(1, tiny, tiny_took);
  load.AddClients(1, small, small_took);
  load.AddClients(14, middle, middle_took);
  load.AddClients(16, large, large_took);
  load.Run();
  EXPECT_LE(Slowness(tiny_took, tiny, load.clients()), 1.0);
  EXPECT_LE(Slowness(small_took, small, load.clients()), 1.0);
  EXPECT_LE(Slowness(middle_took, middle, load.clients()), 2.0);
  EXPECT_LE(Slowness(large_took, large, load.clients()), 2.0);
}

// As many short ones as there may be: who asks for more has half of the time.
TEST(WorkerPoolFairness, LongQueriesAmongShortOnes) {
  ExpectFair({.pipelines = 2, .drivers = 2, .driver_nanos = 2 * kNanosPerMilli, .step_nanos = 200 * kNanosPerMicro},
             {.pipelines = 1, .drivers = 1, .driver_nanos = 100 * kNanosPerMilli, .step_nanos = 200 * kNanosPerMicro},
             31, 1);
  ExpectFair({.pipelines = 2, .drivers = 2, .driver_nanos = 2 * kNanosPerMilli, .step_nanos = 200 * kNanosPerMicro},
             {.pipelines = 1, .drivers = 1, .driver_nanos = 100 * kNanosPerMilli, .step_nanos = 200 * kNanosPerMicro},
             4, 28);
}

// Steps that take longer than a slice are paid back.
TEST(WorkerPoolFairness, LongStepsAreCounted) {
  ExpectFair({.pipelines = 3, .drivers = 1, .driver_nanos = 2 * kNanosPerMilli, .step_nanos = 100 * kNanosPerMicro},
             {.pipelines = 2, .drivers = 4, .driver_nanos = 100 * kNanosPerMilli, .step_nanos = 50 * kNanosPerMilli});
}

}  // namespace
}  // namespace weir
