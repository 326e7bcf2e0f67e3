#include "obs/byte_text.h"

#include <array>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

namespace weir::obs {
namespace {

// Three significant digits, without trailing zeros.
std::string ShortNumber(double value) {
  const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  std::string text = fmt::format("{:.{}f}", value, decimals);
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text;
}

}  // namespace

std::string BytesToText(int64_t bytes) {
  static constexpr std::array<std::string_view, 7> kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  const double magnitude = std::abs(static_cast<double>(bytes));
  double scaled = magnitude;
  size_t unit = 0;
  while (scaled >= 1023.5 && unit + 1 < kUnits.size()) {
    scaled /= 1024;
    ++unit;
  }
  const std::string number = unit == 0 ? fmt::format("{:.0f}", scaled) : ShortNumber(scaled);
  return fmt::format("{}{} {}", bytes < 0 ? "-" : "", number, kUnits[unit]);
}

std::string NanosToText(int64_t nanos) {
  if (nanos < 0) return "-" + NanosToText(-(nanos + 1));
  const auto value = static_cast<double>(nanos);
  if (nanos < 1'000) return fmt::format("{} ns", nanos);
  if (nanos < 999'500) return ShortNumber(value / 1e3) + " us";
  if (nanos < 999'500'000) return ShortNumber(value / 1e6) + " ms";
  if (nanos < 60'000'000'000) return ShortNumber(value / 1e9) + " s";
  const int64_t seconds = nanos / 1'000'000'000;
  return fmt::format("{} min {} s", seconds / 60, seconds % 60);
}

}  // namespace weir::obs
