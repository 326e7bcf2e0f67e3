#include "storage/background_jobs.h"

#include <algorithm>
#include <mutex>

#include "base/error.h"
#include "obs/log.h"
#include "runtime/condition_variable.h"

namespace weir {

namespace {

constexpr obs::CounterDef kRuns{"weir_job_runs_total", "1", "Runs of background jobs", {"job"}};
constexpr obs::CounterDef kFailures{"weir_job_failures_total", "1", "Runs of background jobs that failed", {"job"}};
constexpr int64_t kBackoffMin = 1 * kNanosPerSecond;
constexpr int64_t kBackoffMax = 60 * kNanosPerSecond;

}  // namespace

// One job and its state machine: waiting for a timer -> queued -> running -> waiting. Kept alive by whatever timer or
// queue entry refers to it, and harmless once stopped.
struct BackgroundJobs::Job : std::enable_shared_from_this<Job> {
  Job(std::string job_name, int64_t nanos, std::function<std::string()> body, Executor& job_timers, IoPool& job_io,
      obs::MetricsRegistry& metrics)
      : interval_nanos(nanos),
        run(std::move(body)),
        timers(job_timers),
        io(job_io),
        runs(metrics.Get(kRuns, {job_name})),
        failures(metrics.Get(kFailures, {job_name})) {
    info.name = std::move(job_name);
    info.state = "stopped";
  }

  void Start() {
    const std::scoped_lock lock(mutex);
    stopped = false;
    info.state = "idle";
    ScheduleLocked(interval_nanos);
  }

  void ScheduleLocked(int64_t nanos) {
    info.next_start = timers.clock().Now() + nanos;
    timer = timers.PostAfter(nanos, [self = shared_from_this()] { self->Queue(); });
  }

  void Queue() {
    {
      const std::scoped_lock lock(mutex);
      timer = 0;
      if (stopped || queued) return;
      queued = true;
    }
    io.Submit([self = shared_from_this()] { self->Run(); });
  }

  void Wake() {
    {
      const std::scoped_lock lock(mutex);
      if (stopped) return;
      if (queued) {
        again = true;
        return;
      }
      // A pause after a failure is kept.
      if (info.failures_in_a_row != 0 || timer == 0 || !timers.CancelTimer(timer)) return;
      timer = 0;
    }
    Queue();
  }

  void Run() {
    {
      const std::scoped_lock lock(mutex);
      if (stopped) {
        queued = false;
        changed.notify_all();
        return;
      }
      again = false;
      info.state = "running";
      info.last_start = timers.clock().Now();
    }
    std::string detail;
    const auto error = CatchError([&] { detail = run(); });
    runs.Add();
    if (error != nullptr && !error->is_cancellation()) {
      failures.Add();
      obs::Log(obs::Severity::kWarn, "storage", "background job failed",
               {{"job", info.name}, {"error", error->ToString()}});
    }
    const std::scoped_lock lock(mutex);
    queued = false;
    info.last_end = timers.clock().Now();
    ++info.runs;
    int64_t pause = interval_nanos;
    if (error != nullptr) {
      ++info.failures;
      info.last_error = error->message();
      pause = std::min(kBackoffMax, kBackoffMin << std::min<uint64_t>(info.failures_in_a_row, 10));
      pause = std::max(pause, interval_nanos);
      ++info.failures_in_a_row;
      info.state = "waiting";
    } else {
      info.failures_in_a_row = 0;
      info.last_error.clear();
      if (!detail.empty()) info.detail = std::move(detail);
      info.state = "idle";
      if (again) pause = 0;
    }
    if (!stopped) ScheduleLocked(pause);
    changed.notify_all();
  }

  void Stop() {
    std::unique_lock lock(mutex);
    stopped = true;
    info.state = "stopped";
    if (timer != 0) timers.CancelTimer(timer);
    timer = 0;
    changed.wait(lock, [&] { return !queued; });
  }

  const int64_t interval_nanos;
  const std::function<std::string()> run;
  Executor& timers;
  IoPool& io;
  obs::Counter& runs;
  obs::Counter& failures;
  std::mutex mutex;  // guards the below
  ConditionVariable changed;
  JobInfo info;
  Executor::TimerId timer = 0;
  bool queued = false;  // or running
  bool again = false;
  bool stopped = true;
};

BackgroundJobs::BackgroundJobs(Executor& timers, IoPool& io, obs::MetricsRegistry& metrics)
    : timers_(timers), io_(io), metrics_(metrics) {}

BackgroundJobs::~BackgroundJobs() {
  Stop();
}

void BackgroundJobs::Add(std::string name, int64_t interval_nanos, std::function<std::string()> run) {
  auto job = std::make_shared<Job>(std::move(name), interval_nanos, std::move(run), timers_, io_, metrics_);
  const std::scoped_lock lock(mutex_);
  jobs_.push_back(job);
  if (started_) job->Start();
}

std::vector<std::shared_ptr<BackgroundJobs::Job>> BackgroundJobs::jobs() const {
  const std::scoped_lock lock(mutex_);
  return jobs_;
}

void BackgroundJobs::Start() {
  const std::scoped_lock lock(mutex_);
  started_ = true;
  for (const auto& job : jobs_) job->Start();
}

void BackgroundJobs::Wake(std::string_view name) {
  for (const auto& job : jobs()) {
    if (job->info.name == name) job->Wake();
  }
}

void BackgroundJobs::Stop() {
  {
    const std::scoped_lock lock(mutex_);
    started_ = false;
  }
  for (const auto& job : jobs()) job->Stop();
}

std::vector<JobInfo> BackgroundJobs::List() const {
  std::vector<JobInfo> out;
  for (const auto& job : jobs()) {
    const std::scoped_lock lock(job->mutex);
    out.push_back(job->info);
  }
  return out;
}

}  // namespace weir
