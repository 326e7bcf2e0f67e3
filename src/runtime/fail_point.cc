#include "runtime/fail_point.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/error.h"
#include "env/random.h"
#include "obs/log.h"
#include "runtime/condition_variable.h"

namespace weir {
namespace {

enum class Mode : uint8_t { kOff, kAlways, kOnce, kSkip, kProbability, kPause, kDelay, kCrash };

struct Armed {
  Mode mode = Mode::kOff;
  double argument = 0;
  std::string text = "off";
  int64_t passes = 0;
  int64_t hits = 0;
  int paused = 0;
};

struct Name {
  std::string_view name;
  std::string_view text;
};
constexpr Name kNames[] = {
#define WEIR_FAIL_POINT_NAME(name, text) {#name, text},
    WEIR_FAIL_POINT_LIST(WEIR_FAIL_POINT_NAME)
#undef WEIR_FAIL_POINT_NAME
};
constexpr size_t kCount = std::size(kNames);

std::mutex mutex;  // guards the below
ConditionVariable changed;
std::array<Armed, kCount> points;
Xoshiro256 dice(1);

// "prob(0.5)" -> "prob", 0.5.
std::optional<std::pair<std::string_view, double>> SplitArgument(std::string_view text) {
  const size_t open = text.find('(');
  if (open == std::string_view::npos) return std::pair(text, -1.0);
  if (!text.ends_with(')')) return std::nullopt;
  const std::string_view number = text.substr(open + 1, text.size() - open - 2);
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc() || end != number.data() + number.size() || value < 0) return std::nullopt;
  return std::pair(text.substr(0, open), value);
}

std::optional<Armed> ParseMode(std::string_view text) {
  const auto split = SplitArgument(text);
  if (!split.has_value()) return std::nullopt;
  struct Known {
    std::string_view name;
    Mode mode;
    bool takes_argument;
  };
  static constexpr Known kKnown[] = {{"off", Mode::kOff, false},         {"always", Mode::kAlways, false},
                                     {"once", Mode::kOnce, false},       {"skip", Mode::kSkip, true},
                                     {"prob", Mode::kProbability, true}, {"pause", Mode::kPause, false},
                                     {"delay", Mode::kDelay, true},      {"crash", Mode::kCrash, false}};
  for (const Known& known : kKnown) {
    if (split->first == known.name && known.takes_argument == (split->second >= 0)) {
      return Armed{known.mode, split->second, std::string(text), 0, 0, 0};
    }
  }
  return std::nullopt;
}

std::optional<size_t> FindPoint(std::string_view name) {
  for (size_t i = 0; i < kCount; ++i) {
    if (kNames[i].name == name) return i;
  }
  return std::nullopt;
}

}  // namespace

namespace fail_point_internal {

std::atomic<bool> any_armed{false};

bool Hit(FailPoint point) {
  Armed& armed = points[static_cast<size_t>(point)];
  std::unique_lock lock(mutex);
  switch (armed.mode) {
    case Mode::kOff:
      return false;
    case Mode::kAlways:
      ++armed.hits;
      return true;
    case Mode::kOnce:
      ++armed.hits;
      armed.mode = Mode::kOff;
      armed.text = "off";
      return true;
    case Mode::kSkip:
      if (static_cast<double>(armed.passes++) < armed.argument) return false;
      ++armed.hits;
      return true;
    case Mode::kProbability:
      if (!dice.Chance(armed.argument)) return false;
      ++armed.hits;
      return true;
    case Mode::kPause:
      ++armed.hits;
      ++armed.paused;
      changed.wait(lock, [&] { return armed.mode != Mode::kPause; });
      --armed.paused;
      return false;
    case Mode::kDelay: {
      ++armed.hits;
      const auto pause = std::chrono::milliseconds(static_cast<int64_t>(armed.argument));
      lock.unlock();
      std::this_thread::sleep_for(pause);
      return false;
    }
    case Mode::kCrash:
      _exit(137);
  }
  return false;
}

void Throw(FailPoint point) {
  const std::string_view name = kNames[static_cast<size_t>(point)].name;
  obs::Log(obs::Severity::kWarn, "runtime", "fail point fires", {{"name", name}});
  throw Error::Operational(sqlstate::kIoError, "fail point: {}", name).WithRetryable();
}

}  // namespace fail_point_internal

void ArmFailPoints(std::string_view spec) {
  std::vector<std::pair<size_t, Armed>> wanted;
  while (!spec.empty()) {
    const size_t end = std::min(spec.find(';'), spec.size());
    const std::string_view one = spec.substr(0, end);
    spec.remove_prefix(std::min(end + 1, spec.size()));
    if (one.empty()) continue;
    const size_t equals = one.find('=');
    const auto point = FindPoint(one.substr(0, equals));
    if (!point.has_value()) {
      throw Error::User(sqlstate::kInvalidParameterValue, "unknown fail point: {}", one.substr(0, equals));
    }
    auto armed = equals == std::string_view::npos ? std::nullopt : ParseMode(one.substr(equals + 1));
    if (!armed.has_value()) {
      throw Error::User(sqlstate::kInvalidParameterValue, "invalid mode of a fail point: {}", one)
          .WithHint("Use off, always, once, skip(n), prob(p), pause, delay(ms) or crash.");
    }
    wanted.emplace_back(*point, std::move(*armed));
  }
  const std::scoped_lock lock(mutex);
  for (auto& [point, armed] : wanted) {
    armed.paused = points[point].paused;
    points[point] = std::move(armed);
  }
  bool any = false;
  for (const Armed& armed : points) any = any || armed.mode != Mode::kOff;
  fail_point_internal::any_armed.store(any, std::memory_order_relaxed);
  changed.notify_all();
}

void ArmFailPointsFromEnvironment() {
  if (const char* spec = std::getenv("WEIR_FAILPOINTS")) ArmFailPoints(spec);
}

void DisarmAllFailPoints() {
  const std::scoped_lock lock(mutex);
  for (Armed& armed : points) {
    const int paused = armed.paused;
    armed = Armed{};
    armed.paused = paused;
  }
  fail_point_internal::any_armed.store(false, std::memory_order_relaxed);
  changed.notify_all();
}

std::vector<FailPointInfo> ListFailPoints() {
  std::vector<FailPointInfo> out;
  out.reserve(kCount);
  const std::scoped_lock lock(mutex);
  for (size_t i = 0; i < kCount; ++i) {
    out.push_back({kNames[i].name, kNames[i].text, points[i].text, points[i].hits});
  }
  return out;
}

int PausedAtFailPoint(FailPoint point) {
  const std::scoped_lock lock(mutex);
  return points[static_cast<size_t>(point)].paused;
}

}  // namespace weir
