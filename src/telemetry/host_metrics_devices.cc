// Disks, filesystems and networks.
#include <set>

#include <sys/statvfs.h>

#include "telemetry/host_metrics.h"
#include "telemetry/proc_file.h"

namespace weir {

namespace {

std::string Text(std::string_view text) {
  return std::string(text);
}

// Writes one metric over all devices, with a point for each direction.
struct DirectedMetric {
  const char* name;
  const char* unit;
  const char* description;
  size_t first_field;
  size_t second_field;
  double scale;
};

// Mount points write blanks as \040.
std::string Unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

void HostMetrics::CollectDisks(OtlpMetricWriter& out) const {
  // major minor name reads merged sectors ms writes merged sectors ms in-flight ms weighted-ms ...
  const std::string diskstats = Read("diskstats");
  std::vector<std::vector<std::string_view>> disks;
  for (const std::string_view line : SplitLines(diskstats)) {
    auto fields = SplitFields(line);
    if (fields.size() < 14 || fields[2].starts_with("loop") || fields[2].starts_with("ram")) continue;
    if (NumberOr0(fields[3]) == 0 && NumberOr0(fields[7]) == 0) continue;
    disks.push_back(std::move(fields));
  }
  constexpr DirectedMetric kMetrics[] = {
      {"system.disk.io", "By", "Bytes transferred", 5, 9, 512},
      {"system.disk.operations", "{operation}", "Operations", 3, 7, 1},
      {"system.disk.merged", "{operation}", "Operations merged into others", 4, 8, 1},
      {"system.disk.operation_time", "s", "Time that operations took, added up", 6, 10, 0.001},
  };
  for (const DirectedMetric& metric : kMetrics) {
    out.Begin(metric.name, metric.unit, metric.description, OtlpMetricKind::kCounter);
    for (const auto& disk : disks) {
      for (const bool write : {false, true}) {
        const int64_t value = NumberOr0(disk[write ? metric.second_field : metric.first_field]);
        const OtlpAttributes attributes = {{"device", Text(disk[2])}, {"direction", Text(write ? "write" : "read")}};
        if (metric.scale < 1) {
          out.Add(static_cast<double>(value) * metric.scale, attributes);
        } else {
          out.Add(value * static_cast<int64_t>(metric.scale), attributes);
        }
      }
    }
    out.End();
  }
  out.Begin("system.disk.io_time", "s", "Time in which the disk had something to do", OtlpMetricKind::kCounter);
  for (const auto& disk : disks) {
    out.Add(static_cast<double>(NumberOr0(disk[12])) * 0.001, {{"device", Text(disk[2])}});
  }
  out.End();
}

void HostMetrics::CollectFilesystems(OtlpMetricWriter& out) const {
  struct Filesystem {
    OtlpAttributes attributes;
    int64_t used, free, reserved, inodes_used, inodes_free;
  };
  std::vector<Filesystem> filesystems;
  std::set<std::string, std::less<>> seen;
  const std::string mounts = Read("self/mounts");
  for (const std::string_view line : SplitLines(mounts)) {
    const auto fields = SplitFields(line);
    // Those on a device, and the usual ones that have none but hold files; each device once.
    const bool on_device = fields.size() > 3 && fields[0].starts_with('/');
    if (fields.size() < 4 ||
        !(on_device || fields[2] == "overlay" || fields[2] == "tmpfs" || fields[2] == "virtiofs")) {
      continue;
    }
    const std::string mountpoint = Unescape(fields[1]);
    if (on_device ? !seen.insert(Text(fields[0])).second : !seen.insert(mountpoint).second) continue;
    struct statvfs info{};  // there is no other way to know; it reads no file
    if (::statvfs(mountpoint.c_str(), &info) != 0 || info.f_blocks == 0) continue;
    const auto bytes = [&](fsblkcnt_t blocks) { return static_cast<int64_t>(blocks * info.f_frsize); };
    filesystems.push_back({.attributes = {{"device", Text(fields[0])},
                                          {"mountpoint", mountpoint},
                                          {"type", Text(fields[2])},
                                          {"mode", Text(fields[3].substr(0, 2))}},
                           .used = bytes(info.f_blocks - info.f_bfree),
                           .free = bytes(info.f_bavail),
                           .reserved = bytes(info.f_bfree - info.f_bavail),
                           .inodes_used = static_cast<int64_t>(info.f_files - info.f_ffree),
                           .inodes_free = static_cast<int64_t>(info.f_ffree)});
  }
  const auto with_state = [](const Filesystem& filesystem, const char* state) {
    OtlpAttributes attributes = filesystem.attributes;
    attributes.emplace_back("state", std::string(state));
    return attributes;
  };
  out.Begin("system.filesystem.usage", "By", "Space of filesystems", OtlpMetricKind::kUpDownCounter);
  for (const Filesystem& filesystem : filesystems) {
    out.Add(filesystem.used, with_state(filesystem, "used"));
    out.Add(filesystem.free, with_state(filesystem, "free"));
    out.Add(filesystem.reserved, with_state(filesystem, "reserved"));
  }
  out.End();
  out.Begin("system.filesystem.utilization", "1", "Share of the space that is used", OtlpMetricKind::kGauge);
  for (const Filesystem& filesystem : filesystems) {
    const auto usable = static_cast<double>(filesystem.used + filesystem.free);
    if (usable > 0) out.Add(static_cast<double>(filesystem.used) / usable, filesystem.attributes);
  }
  out.End();
  out.Begin("system.filesystem.inodes.usage", "{inode}", "Inodes of filesystems", OtlpMetricKind::kUpDownCounter);
  for (const Filesystem& filesystem : filesystems) {
    out.Add(filesystem.inodes_used, with_state(filesystem, "used"));
    out.Add(filesystem.inodes_free, with_state(filesystem, "free"));
  }
  out.End();
}

void HostMetrics::CollectNetwork(OtlpMetricWriter& out) const {
  // name: bytes packets errs drop fifo frame compressed multicast, and the same for what was sent
  const std::string dev = Read("net/dev");
  std::vector<std::pair<std::string, std::vector<std::string_view>>> interfaces;
  for (const std::string_view line : SplitLines(dev)) {
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    auto fields = SplitFields(line.substr(colon + 1));
    if (fields.size() >= 16)
      interfaces.emplace_back(Text(SplitFields(line.substr(0, colon)).front()), std::move(fields));
  }
  constexpr DirectedMetric kMetrics[] = {
      {"system.network.io", "By", "Bytes received and sent", 0, 8, 1},
      {"system.network.packets", "{packet}", "Packets received and sent", 1, 9, 1},
      {"system.network.errors", "{error}", "Errors", 2, 10, 1},
      {"system.network.dropped", "{packet}", "Packets dropped", 3, 11, 1},
  };
  for (const DirectedMetric& metric : kMetrics) {
    out.Begin(metric.name, metric.unit, metric.description, OtlpMetricKind::kCounter);
    for (const auto& [name, fields] : interfaces) {
      out.Add(NumberOr0(fields[metric.first_field]), {{"interface", name}, {"direction", Text("receive")}});
      out.Add(NumberOr0(fields[metric.second_field]), {{"interface", name}, {"direction", Text("transmit")}});
    }
    out.End();
  }
}

void HostMetrics::CollectConnections(OtlpMetricWriter& out) const {
  // The kernel's numbers of TCP states (include/net/tcp_states.h), from 1.
  constexpr const char* kStates[] = {"established", "syn_sent",   "syn_recv", "fin_wait_1", "fin_wait_2", "time_wait",
                                     "close",       "close_wait", "last_ack", "listen",     "closing"};
  std::array<int64_t, std::size(kStates)> counts{};
  for (const char* name : {"net/tcp", "net/tcp6"}) {
    const std::string text = Read(name);
    for (const std::string_view line : SplitLines(text)) {
      const auto fields = SplitFields(line);
      if (fields.size() < 4 || fields[3].size() != 2) continue;
      const auto digit = [](char c) { return c >= 'A' ? c - 'A' + 10 : c - '0'; };
      const int state = digit(fields[3][0]) * 16 + digit(fields[3][1]);
      if (state >= 1 && state <= static_cast<int>(counts.size())) ++counts[static_cast<size_t>(state - 1)];
    }
  }
  out.Begin("system.network.connections", "{connection}", "TCP connections", OtlpMetricKind::kUpDownCounter);
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] != 0) out.Add(counts[i], {{"protocol", Text("tcp")}, {"state", Text(kStates[i])}});
  }
  out.End();
}

}  // namespace weir
