// Sends protobuf log batches over loopback connections to a running server and reports what it took:
//   otlp_bench [endpoint] [connections] [requests] [server-pid]
// With the server's process id it also says how many records a second the server stores per core that it uses.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include <unistd.h>

#include "env/posix/epoll_loop.h"
#include "env/posix/posix_clock.h"
#include "env/posix/posix_file_system.h"
#include "telemetry/otlp_decoder.h"
#include "telemetry/otlp_exporter.h"
#include "telemetry/otlp_writer.h"
#include "telemetry/proc_file.h"

namespace weir {
namespace {

constexpr int kRecordsPerRequest = 1000;

std::string MakeRequest(UnixNanos now, int connection) {
  OtlpLogWriter writer({.resource = {{"service.name", fmt::format("service-{}", connection)},
                                     {"host.name", std::string("bench-host")},
                                     {"k8s.pod.name", fmt::format("pod-{}", connection)},
                                     {"deployment.environment", std::string("production")}},
                        .scope_name = "bench"});
  for (int i = 0; i < kRecordsPerRequest; ++i) {
    const OtlpAttributes attributes = {{"http.request.method", std::string(i % 5 == 0 ? "POST" : "GET")},
                                       {"http.response.status_code", int64_t{i % 50 == 0 ? 500 : 200}},
                                       {"url.path", fmt::format("/api/v1/orders/{}", i % 97)},
                                       {"user.id", int64_t{i} * 7919 % 10'000},
                                       {"duration.ms", static_cast<double>(i % 311) / 7}};
    const std::string message = fmt::format("request {} from 10.0.{}.{} took {} ms", i, i % 7, i % 251, i % 311);
    writer.Add({.time_unix_nanos = now + i * 1000,
                .observed_unix_nanos = now + i * 1000,
                .severity_number = i % 50 == 0 ? 17 : 9,
                .severity_text = i % 50 == 0 ? "ERROR" : "INFO",
                .message = message,
                .attributes = &attributes});
  }
  return writer.Take();
}

// Processor seconds of a process so far; 0 when it is not known.
double CpuSeconds(FileSystem& files, const char* pid) {
  if (pid == nullptr) return 0;
  const std::string stat = ReadProcFile(files, fmt::format("/proc/{}/stat", pid));
  const size_t close = stat.rfind(')');
  if (close == std::string::npos) return 0;
  const auto fields = SplitFields(std::string_view(stat).substr(close + 1));
  if (fields.size() < 13) return 0;
  return static_cast<double>(NumberOr0(fields[11]) + NumberOr0(fields[12])) /
         static_cast<double>(::sysconf(_SC_CLK_TCK));
}

int Run(int argc, char** argv) {
  PosixClock clock;
  PosixFileSystem files;
  const std::string endpoint = argc > 1 ? argv[1] : "http://127.0.0.1:4318";
  const int connections = argc > 2 ? std::atoi(argv[2]) : 4;
  const int requests = argc > 3 ? std::atoi(argv[3]) : 500;
  const char* pid = argc > 4 ? argv[4] : nullptr;

  const std::string sample = MakeRequest(clock.Now(), 0);
  constexpr int kDecodes = 50;
  const MonotonicNanos decode_start = clock.Monotonic();
  uint64_t rows = 0;
  for (int i = 0; i < kDecodes; ++i) {
    rows += DecodeOtlp(Signal::kLogs, OtlpEncoding::kProtobuf, sample, clock.Now()).rows;
  }
  const double decode_seconds = static_cast<double>(clock.Monotonic() - decode_start) / 1e9;
  fmt::print("decode alone: {:.0f} records/s, {} bytes a record\n", static_cast<double>(rows) / decode_seconds,
             sample.size() / kRecordsPerRequest);

  EpollLoop timers(clock);
  std::thread timer_thread([&] { timers.Run(); });
  std::atomic<int> next{0}, sent{0}, failed{0};
  const double cpu_before = CpuSeconds(files, pid);
  const MonotonicNanos start = clock.Monotonic();
  std::vector<std::thread> senders;
  for (int c = 0; c < connections; ++c) {
    senders.emplace_back([&, c] {
      OtlpExporter exporter({.endpoint = endpoint, .gzip = false}, timers);
      // Made anew each time: records of real senders have new times.
      while (next.fetch_add(1) < requests) {
        (exporter.Send(Signal::kLogs, MakeRequest(clock.Now(), c)) ? sent : failed)++;
      }
    });
  }
  for (std::thread& sender : senders) sender.join();
  const double seconds = static_cast<double>(clock.Monotonic() - start) / 1e9;
  const double cpu = CpuSeconds(files, pid) - cpu_before;
  timers.Stop();
  timer_thread.join();
  const double records = static_cast<double>(sent.load()) * kRecordsPerRequest;
  fmt::print("{} connections: {:.0f} records in {:.2f} s: {:.0f} records/s, {} requests failed\n", connections, records,
             seconds, records / seconds, failed.load());
  if (cpu > 0) fmt::print("server: {:.2f} processor seconds, {:.0f} records/s per core used\n", cpu, records / cpu);
  return failed.load() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  return weir::Run(argc, argv);
}
