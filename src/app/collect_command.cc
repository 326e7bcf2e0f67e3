#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/process.h"
#include "env/posix/posix_system_info.h"
#include "telemetry/host_collector.h"
#include "telemetry/otlp_exporter.h"

namespace weir::app {

namespace {

// "1s", "500ms", "2m", "1.5" (seconds).
int64_t ParseInterval(const std::string& text) {
  size_t end = 0;
  double value = 0;
  try {
    value = std::stod(text, &end);
  } catch (...) {
    end = 0;
  }
  const std::string unit = text.substr(end);
  const double seconds = unit == "ms"                  ? value / 1e3
                         : unit.empty() || unit == "s" ? value
                         : unit == "m"                 ? value * 60
                                                       : 0;
  if (end == 0 || !(seconds >= 0.01) || seconds > 86'400) {
    throw Error::User(sqlstate::kInvalidParameterValue, "not an interval: {}", text).WithHint("Example: 500ms, 1s, 2m");
  }
  return static_cast<int64_t>(seconds * 1e9);
}

// As the XDG base directories say.
std::string DefaultStateDir() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state != 0) {
    return JoinPath(state, "weir");
  }
  const char* home = std::getenv("HOME");
  return home == nullptr || *home == 0 ? std::string() : JoinPath(home, ".local/state/weir");
}

}  // namespace

int RunCollect(int argc, char** argv) {
  std::string what = "host", interval = "1s";
  OtlpExporterOptions exporter_options;
  HostCollectorOptions options;
  std::string state_dir = DefaultStateDir();
  bool once = false, no_logs = false, no_journal = false, no_metrics = false, no_gzip = false;
  CLI::App app("Sends this machine's metrics and log files as OpenTelemetry data (OTLP over HTTP).", "weir collect");
  app.add_option("what", what, "what to collect: host")->check(CLI::IsMember({"host"}));
  app.add_option("--endpoint", exporter_options.endpoint, "where to send")->capture_default_str();
  app.add_option("--user", exporter_options.user, "user of the other side")->envname("WEIR_USER");
  app.add_option("--password", exporter_options.password, "its password; better in the environment")
      ->envname("WEIR_PASSWORD");
  app.add_option("--interval", interval, "time between two rounds")->capture_default_str();
  app.add_flag("--once", once, "one round, then exit");
  app.add_option("--log", options.log_paths, "log file or pattern; may be given several times (default: /var/log)");
  app.add_option("--log-lines", options.log_lines_first, "lines of each file to begin with")->capture_default_str();
  app.add_option("--service-name", options.service_name, "service.name of what is sent")->capture_default_str();
  app.add_flag("--no-logs", no_logs, "no log files, no journal");
  app.add_flag("--no-journal", no_journal, "no journal of systemd");
  app.add_option("--journal-dir", options.journal_folder, "another journal than this machine's");
  app.add_option("--state-dir", state_dir, "keeps how far the journal has been sent; empty: not kept")
      ->capture_default_str()
      ->envname("STATE_DIRECTORY");
  app.add_flag("--no-metrics", no_metrics, "no metrics");
  app.add_flag("--no-gzip", no_gzip, "do not compress");
  CLI11_PARSE(app, argc, argv);
  options.interval_nanos = ParseInterval(interval);
  options.logs = !no_logs;
  options.journal = !no_journal;
  options.metrics = !no_metrics;
  exporter_options.gzip = !no_gzip;
  if (exporter_options.user.empty() && !exporter_options.password.empty()) exporter_options.user = "weir";

  // Taken by sigwait below; threads inherit the mask.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  if (!once) pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  Process process;
  const EngineServices services = process.services();
  if (options.logs && options.journal && !state_dir.empty()) {
    services.files.CreateDirectories(state_dir);
    options.cursor_file = JoinPath(state_dir, "journal.cursor");
  }
  IoPool io({.threads_max = 2, .name = "collect"});
  OtlpExporter exporter(exporter_options, services.timers);
  HostCollector collector({.files = services.files,
                           .clock = services.clock,
                           .timers = services.timers,
                           .io = io,
                           .system = ReadSystemInfo()},
                          options,
                          [&](Signal signal, const std::string& request) { return exporter.Send(signal, request); });
  if (once) {
    const uint64_t sent = collector.CollectOnce();
    fmt::print("sent {} records to {}\n", sent, exporter_options.endpoint);
    if (collector.records_failed() == 0) return 0;
    fmt::print(stderr, "weir collect: {} records were not taken: {}\n", collector.records_failed(),
               exporter.last_error());
    return 1;
  }
  collector.Start();
  int signal_number = 0;
  sigwait(&signals, &signal_number);
  exporter.Stop();
  collector.Stop();
  fmt::print("sent {} records, {} failed\n", collector.records_sent(), collector.records_failed());
  return 0;
}

}  // namespace weir::app
