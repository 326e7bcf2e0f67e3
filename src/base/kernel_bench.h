#pragma once

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <iterator>
#include <vector>

namespace weir {

// What kernels cost, beside what the machine can do: for x_bench.cc. One thread.
class KernelBench {
 public:
  KernelBench() : bandwidth_(Bandwidth()) {
    std::printf("memory bandwidth of one thread, reading: %.1f GB/s; instructions are %s\n", bandwidth_ / 1e9,
                counter_.works() ? "counted" : "not counted: no hardware counters here");
  }

  // The best of seven runs of `body`, which reads or writes `bytes` and computes `values`; 0 bytes: unknown.
  template <typename F>
  void Measure(const char* name, size_t values, size_t bytes, F&& body) {
    double best = 1e30;
    uint64_t instructions = UINT64_MAX;
    for (int run = 0; run < kRuns; ++run) {
      const uint64_t before = counter_.Read();
      const double start = Now();
      int calls = 0;
      double seconds = 0;
      while (seconds < kSecondsMin) {
        body();
        ++calls;
        seconds = Now() - start;
      }
      best = std::min(best, seconds / calls);
      instructions = std::min(instructions, (counter_.Read() - before) / static_cast<uint64_t>(calls));
    }
    const auto count = static_cast<double>(values);
    std::printf("%-52s %8.3f ns/value", name, best * 1e9 / count);
    if (bytes != 0) {
      const double rate = static_cast<double>(bytes) / best;
      std::printf(" %8.2f GB/s %6.1f%% of bandwidth", rate / 1e9, 100 * rate / bandwidth_);
    }
    if (counter_.works()) std::printf(" %8.2f instructions/value", static_cast<double>(instructions) / count);
    std::printf("\n");
  }

 private:
  static constexpr int kRuns = 7;
  static constexpr double kSecondsMin = 0.02;

  // Of this thread's processor time: machines that run benchmarks are rarely idle.
  static double Now() {
    timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
  }

  // Sums more than caches hold.
  static double Bandwidth() {
    const std::vector<uint64_t> words((size_t{256} << 20) / sizeof(uint64_t), 1);
    double best = 1e30;
    for (int run = 0; run < 5; ++run) {
      const double start = Now();
      // Several sums, so that additions do not wait for each other.
      uint64_t sums[8] = {};
      for (size_t i = 0; i < words.size(); i += std::size(sums)) {
        for (size_t k = 0; k < std::size(sums); ++k) sums[k] += words[i + k];
      }
      uint64_t sum = 0;
      for (const uint64_t part : sums) sum += part;
      volatile uint64_t sink = sum;
      static_cast<void>(sink);
      best = std::min(best, Now() - start);
    }
    return static_cast<double>(words.size() * sizeof(uint64_t)) / best;
  }

  // User instructions of this thread, where the kernel and the machine let us count them.
  class InstructionCounter {
   public:
    InstructionCounter() {
      perf_event_attr attributes{};
      attributes.type = PERF_TYPE_HARDWARE;
      attributes.size = sizeof(attributes);
      attributes.config = PERF_COUNT_HW_INSTRUCTIONS;
      attributes.exclude_kernel = 1;
      attributes.exclude_hv = 1;
      file_ = static_cast<int>(syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0UL));
    }
    ~InstructionCounter() {
      if (file_ >= 0) close(file_);
    }
    InstructionCounter(const InstructionCounter&) = delete;
    InstructionCounter& operator=(const InstructionCounter&) = delete;
    bool works() const { return file_ >= 0; }
    uint64_t Read() const {
      uint64_t count = 0;
      return file_ >= 0 && read(file_, &count, sizeof(count)) == sizeof(count) ? count : 0;
    }

   private:
    int file_ = -1;
  };

  InstructionCounter counter_;
  double bandwidth_;
};

}  // namespace weir
