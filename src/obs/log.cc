#include "obs/log.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "base/json_text.h"

#include "base/error.h"

namespace weir::obs {
namespace {

// Everything that Log needs. Leaked on purpose: threads may log while the process ends.
struct Logger {
  std::atomic<Severity> severity_min{Severity::kWarn};
  std::atomic<bool> has_exceptions{false};

  std::shared_mutex filter_mutex;
  std::map<std::string, Severity, std::less<>> exceptions;

  std::mutex write_mutex;  // held while sinks are written to
  LogFormat format = LogFormat::kLogfmt;
  std::shared_ptr<spdlog::sinks::sink> output = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  std::vector<std::shared_ptr<LogSink>> sinks;
};

Logger& TheLogger() {
  static auto* const logger = [] {
    auto* made = new Logger;  // NOLINT: never deleted
    made->output->set_pattern("%v");
    return made;
  }();
  return *logger;
}

// What a sink logs is not given to sinks again.
thread_local bool in_sink = false;

int64_t UnixNanosNow() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

spdlog::level::level_enum ToSpdlog(Severity severity) {
  return static_cast<spdlog::level::level_enum>(static_cast<int>(severity));
}

bool NeedsQuotes(std::string_view text) {
  return text.empty() || std::ranges::any_of(text, [](char c) {
           return static_cast<uint8_t>(c) <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7F;
         });
}

void AppendText(std::string& out, std::string_view text, LogFormat format) {
  if (format == LogFormat::kJson || NeedsQuotes(text)) {
    AppendJsonString(text, out);
  } else {
    out += text;
  }
}

void AppendValue(std::string& out, const LogValue& value, LogFormat format) {
  std::visit(
      [&](const auto& held) {
        using T = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<T, std::monostate>) {
          out += "null";
        } else if constexpr (std::is_same_v<T, std::string_view> || std::is_same_v<T, std::string>) {
          AppendText(out, held, format);
        } else if constexpr (std::is_same_v<T, double>) {
          // JSON has no words for these.
          if (format == LogFormat::kJson && !std::isfinite(held)) {
            AppendJsonString(fmt::format("{}", held), out);
          } else {
            out += fmt::format("{}", held);
          }
        } else {
          out += fmt::format("{}", held);
        }
      },
      value);
}

std::string TimeText(int64_t unix_nanos) {
  // Days and civil date by hand: gmtime knows no nanoseconds and this needs no locale.
  int64_t seconds = unix_nanos / 1'000'000'000;
  int64_t nanos = unix_nanos % 1'000'000'000;
  if (nanos < 0) {
    nanos += 1'000'000'000;
    --seconds;
  }
  const auto days = std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(std::chrono::seconds(seconds)));
  const std::chrono::year_month_day date(days);
  const int64_t of_day = seconds - std::chrono::duration_cast<std::chrono::seconds>(days.time_since_epoch()).count();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), of_day / 3600,
                     of_day / 60 % 60, of_day % 60, nanos / 1000);
}

}  // namespace

std::string_view SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kTrace:
      return "trace";
    case Severity::kDebug:
      return "debug";
    case Severity::kInfo:
      return "info";
    case Severity::kWarn:
      return "warn";
    case Severity::kError:
      return "error";
    case Severity::kFatal:
      return "fatal";
    case Severity::kOff:
      return "off";
  }
  return "unknown";
}

std::optional<Severity> ParseSeverity(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (lower == "warning") return Severity::kWarn;
  for (int i = 0; i <= static_cast<int>(Severity::kOff); ++i) {
    if (lower == SeverityName(static_cast<Severity>(i))) return static_cast<Severity>(i);
  }
  return std::nullopt;
}

std::string FormatRecord(const LogRecord& record, LogFormat format) {
  std::string out;
  if (format == LogFormat::kJson) {
    out += fmt::format(R"({{"ts":"{}","level":"{}","thread":{},"component":)", TimeText(record.unix_nanos),
                       SeverityName(record.severity), record.thread_id);
    AppendJsonString(record.component, out);
    out += R"(,"msg":)";
    AppendJsonString(record.message, out);
    for (const LogField& field : record.fields) {
      out += ',';
      AppendJsonString(field.key, out);
      out += ':';
      AppendValue(out, field.value, format);
    }
    out += '}';
  } else {
    out += fmt::format("ts={} level={} thread={} component=", TimeText(record.unix_nanos),
                       SeverityName(record.severity), record.thread_id);
    AppendText(out, record.component, format);
    out += " msg=";
    AppendJsonString(record.message, out);
    for (const LogField& field : record.fields) {
      out += ' ';
      out += field.key;
      out += '=';
      AppendValue(out, field.value, format);
    }
  }
  return out;
}

void ConfigureLogging(const LogOptions& options) {
  std::shared_ptr<spdlog::sinks::sink> output;
  if (options.file.empty()) {
    output = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  } else {
    try {
      output = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
          options.file, std::max<uint64_t>(options.file_bytes_max, 1), static_cast<size_t>(options.files_max));
    } catch (const spdlog::spdlog_ex& error) {
      throw Error::Operational(sqlstate::kIoError, "could not open log file: {}: {}", options.file, error.what());
    }
  }
  output->set_pattern("%v");
  Logger& logger = TheLogger();
  const std::scoped_lock lock(logger.write_mutex);
  logger.output->flush();
  logger.output = std::move(output);
  logger.format = options.format;
  logger.severity_min.store(options.severity_min, std::memory_order_relaxed);
}

void SetLogSeverity(Severity severity_min) {
  TheLogger().severity_min.store(severity_min, std::memory_order_relaxed);
}

void SetLogSeverity(std::string_view component, std::optional<Severity> severity_min) {
  Logger& logger = TheLogger();
  const std::unique_lock lock(logger.filter_mutex);
  if (severity_min.has_value()) {
    logger.exceptions.insert_or_assign(std::string(component), *severity_min);
  } else if (const auto it = logger.exceptions.find(component); it != logger.exceptions.end()) {
    logger.exceptions.erase(it);
  }
  logger.has_exceptions.store(!logger.exceptions.empty(), std::memory_order_relaxed);
}

void AddLogSink(std::shared_ptr<LogSink> sink) {
  Logger& logger = TheLogger();
  const std::scoped_lock lock(logger.write_mutex);
  logger.sinks.push_back(std::move(sink));
}

void RemoveLogSink(const LogSink* sink) {
  Logger& logger = TheLogger();
  const std::scoped_lock lock(logger.write_mutex);
  std::erase_if(logger.sinks, [&](const auto& held) { return held.get() == sink; });
}

void FlushLogs() {
  Logger& logger = TheLogger();
  const std::scoped_lock lock(logger.write_mutex);
  logger.output->flush();
  for (const auto& sink : logger.sinks) sink->Flush();
}

bool ShouldLog(Severity severity, std::string_view component) {
  Logger& logger = TheLogger();
  if (logger.has_exceptions.load(std::memory_order_relaxed)) [[unlikely]] {
    const std::shared_lock lock(logger.filter_mutex);
    if (const auto it = logger.exceptions.find(component); it != logger.exceptions.end()) {
      return severity >= it->second;
    }
  }
  return severity >= logger.severity_min.load(std::memory_order_relaxed);
}

void Log(Severity severity, std::string_view component, std::string_view message,
         std::initializer_list<LogField> fields) {
  Log(severity, component, message, std::span<const LogField>(fields.begin(), fields.size()));
}

void Log(Severity severity, std::string_view component, std::string_view message, std::span<const LogField> fields) {
  if (!ShouldLog(severity, component)) return;
  static thread_local const auto thread_id = static_cast<uint64_t>(gettid());
  const LogRecord record = {UnixNanosNow(), thread_id, severity, component, message, fields};
  // A record that a sink makes, on this thread, goes to nobody: the lock is held and it could go round for ever.
  if (in_sink) return;
  Logger& logger = TheLogger();
  const std::scoped_lock lock(logger.write_mutex);
  const std::string line = FormatRecord(record, logger.format);
  logger.output->log(spdlog::details::log_msg("", ToSpdlog(severity), spdlog::string_view_t(line)));
  if (severity >= Severity::kWarn) logger.output->flush();
  in_sink = true;
  for (const auto& sink : logger.sinks) {
    // Nobody could be told.
    CatchError([&] { sink->Write(record); });
  }
  in_sink = false;
}

std::optional<uint64_t> LogLimiter::Allow() {
  return AllowAt(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
          .count());
}

std::optional<uint64_t> LogLimiter::AllowAt(int64_t monotonic_nanos) {
  int64_t start = period_start_.load(std::memory_order_relaxed);
  if ((start == 0 || monotonic_nanos - start >= period_nanos_) &&
      period_start_.compare_exchange_strong(start, std::max<int64_t>(monotonic_nanos, 1), std::memory_order_relaxed)) {
    in_period_.store(0, std::memory_order_relaxed);
  }
  if (in_period_.fetch_add(1, std::memory_order_relaxed) < burst_) {
    return held_back_.exchange(0, std::memory_order_relaxed);
  }
  held_back_.fetch_add(1, std::memory_order_relaxed);
  return std::nullopt;
}

}  // namespace weir::obs
