#include "obs/profile_text.h"

#include <fmt/format.h>

#include "obs/byte_text.h"

namespace weir::obs {

namespace {

std::string ValueText(int64_t value, ProfileUnit unit) {
  switch (unit) {
    case ProfileUnit::kBytes:
      return BytesToText(value);
    case ProfileUnit::kNanos:
      return NanosToText(value);
    case ProfileUnit::kCount:
      break;
  }
  return fmt::format("{}", value);
}

void AppendText(const ProfileNode::Snapshot& node, const ProfileTextOptions& options, size_t depth, std::string& out) {
  const std::string indent(depth * 2, ' ');
  const ProfileCounters& counters = node.counters;
  out += indent + node.name;
  for (const auto& [name, value] : node.info) {
    if (options.estimates || name != "estimated rows") out += fmt::format("  {}={}", name, value);
  }
  out += fmt::format("\n{}  rows={}", indent, counters.rows_out);
  const auto add = [&](std::string_view name, int64_t value, ProfileUnit unit) {
    if (value != 0) out += fmt::format(" {}={}", name, ValueText(value, unit));
  };
  if (options.times) {
    out += fmt::format(" time={} drivers={}", NanosToText(counters.cpu_nanos), node.drivers);
  }
  add("rows_in", counters.rows_in, ProfileUnit::kCount);
  if (options.times) add("blocked", counters.blocked_nanos, ProfileUnit::kNanos);
  if (options.resources) {
    add("bytes", counters.bytes_out, ProfileUnit::kBytes);
    add("memory", counters.memory_bytes_peak, ProfileUnit::kBytes);
    add("spills", counters.spills, ProfileUnit::kCount);
    add("spilled", counters.spilled_bytes, ProfileUnit::kBytes);
    add("units_read", counters.units_read, ProfileUnit::kCount);
    add("units_pruned", counters.units_pruned, ProfileUnit::kCount);
    for (const ProfileNode::Extra& extra : node.extras) {
      out += fmt::format(" {}={}", extra.name, ValueText(extra.value, extra.unit));
    }
  }
  out += '\n';
  for (const auto& child : node.children) AppendText(child, options, depth + 1, out);
}

}  // namespace

std::string ProfileText(const ProfileNode::Snapshot& profile, const ProfileTextOptions& options) {
  std::string out;
  AppendText(profile, options, 0, out);
  return out;
}

}  // namespace weir::obs
