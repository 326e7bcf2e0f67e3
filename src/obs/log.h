#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include <fmt/format.h>

// Structured logs of the process: a message that never varies, and fields that do.
//   obs::Log(obs::Severity::kWarn, "storage", "segment is unreadable", {{"path", path}, {"bytes", size}});
// One process has one logger, since every thread may log at any time. Until ConfigureLogging it writes warnings and
// worse to stderr.
namespace weir::obs {

enum class Severity : uint8_t { kTrace, kDebug, kInfo, kWarn, kError, kFatal, kOff };
std::string_view SeverityName(Severity severity);
// "warn", "warning", "WARN" ...; empty when it is no level.
std::optional<Severity> ParseSeverity(std::string_view text);

// monostate is a null.
using LogValue = std::variant<std::monostate, bool, int64_t, uint64_t, double, std::string_view, std::string>;

// A key and a value, which borrow strings for the time of the call. Anything that fmt can format is a value.
struct LogField {
  template <typename T>
  LogField(std::string_view field_key, const T& field_value) : key(field_key), value(ToValue(field_value)) {}

  std::string_view key;
  LogValue value;

 private:
  template <typename T>
  static LogValue ToValue(const T& from) {
    if constexpr (std::same_as<T, bool>) {
      return from;
    } else if constexpr (std::signed_integral<T>) {
      return int64_t{from};
    } else if constexpr (std::unsigned_integral<T>) {
      return uint64_t{from};
    } else if constexpr (std::floating_point<T>) {
      return static_cast<double>(from);
    } else if constexpr (std::convertible_to<const T&, std::string_view>) {
      return std::string_view(from);
    } else {
      return fmt::format("{}", from);
    }
  }
};

// What a sink is given; everything is borrowed for the call.
struct LogRecord {
  int64_t unix_nanos;
  uint64_t thread_id;
  Severity severity;
  std::string_view component;
  std::string_view message;
  std::span<const LogField> fields;
};

// Receives every record that passes the filter; called from any thread, one at a time. What a sink itself logs while
// it is called does not come back to it.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void Write(const LogRecord& record) = 0;
  virtual void Flush() {}
};

enum class LogFormat : uint8_t { kLogfmt, kJson };

struct LogOptions {
  Severity severity_min = Severity::kInfo;
  LogFormat format = LogFormat::kLogfmt;
  std::string file;                              // empty: stderr
  uint64_t file_bytes_max = uint64_t{64} << 20;  // then it is rotated
  int files_max = 5;
};

// Replaces where and what the process logs; throws an Error when the file cannot be opened.
void ConfigureLogging(const LogOptions& options);
void SetLogSeverity(Severity severity_min);
// For one component only; empty takes that exception back.
void SetLogSeverity(std::string_view component, std::optional<Severity> severity_min);
void AddLogSink(std::shared_ptr<LogSink> sink);
void RemoveLogSink(const LogSink* sink);
void FlushLogs();

// Cheap when the answer is no; for guarding fields that are costly to make.
bool ShouldLog(Severity severity, std::string_view component);
void Log(Severity severity, std::string_view component, std::string_view message,
         std::initializer_list<LogField> fields = {});
void Log(Severity severity, std::string_view component, std::string_view message, std::span<const LogField> fields);

// One line without its newline, as the process writes it; for sinks and tests.
std::string FormatRecord(const LogRecord& record, LogFormat format);

// Lets a repeated complaint through at most `burst` times in a period:
//   static obs::LogLimiter limiter;  // or a member
//   if (auto held_back = limiter.Allow()) obs::Log(..., {{"held_back", *held_back}});
class LogLimiter {
 public:
  explicit LogLimiter(int64_t period_nanos = 10'000'000'000, uint32_t burst = 1)
      : period_nanos_(period_nanos), burst_(burst) {}
  // How many were held back since the last one let through; empty to hold this one back too.
  std::optional<uint64_t> Allow();
  std::optional<uint64_t> AllowAt(int64_t monotonic_nanos);

 private:
  const int64_t period_nanos_;
  const uint32_t burst_;
  std::atomic<int64_t> period_start_{0};
  std::atomic<uint32_t> in_period_{0};
  std::atomic<uint64_t> held_back_{0};
};

}  // namespace weir::obs
