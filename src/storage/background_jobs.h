#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "env/clock.h"
#include "env/executor.h"
#include "obs/metrics.h"
#include "runtime/io_pool.h"
#include "storage/job.h"

namespace weir {

// Work that repeats in the background. Each job runs on the I/O pool, one run at a time: after its interval, or sooner
// when woken. A run that throws is logged, counted, shown, and repeated after a growing pause.
// Ownership: the pool, the timers and whatever the jobs use must outlive it. Threads: all methods from any thread.
class BackgroundJobs {
 public:
  BackgroundJobs(Executor& timers, IoPool& io, obs::MetricsRegistry& metrics);
  ~BackgroundJobs();

  // `run` returns what it has done, as text ("" when nothing). What is added after Start runs at once.
  void Add(std::string name, int64_t interval_nanos, std::function<std::string()> run);
  void Start();
  // Runs the job as soon as possible. Cheap; fit for subscribers of the commit log.
  void Wake(std::string_view name);
  // No more runs; waits for running ones.
  void Stop();
  std::vector<JobInfo> List() const;

 private:
  struct Job;
  std::vector<std::shared_ptr<Job>> jobs() const;

  Executor& timers_;
  IoPool& io_;
  obs::MetricsRegistry& metrics_;
  mutable std::mutex mutex_;  // guards the below
  bool started_ = false;
  std::vector<std::shared_ptr<Job>> jobs_;
};

}  // namespace weir
