#include "telemetry/log_tail.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "env/posix/posix_file_system.h"
#include "env/testing/temporary_folder.h"
#include "telemetry/host_metrics.h"
#include "telemetry/log_line.h"
#include "telemetry/otlp_decoder.h"
#include "types/text.h"

namespace weir {
namespace {

constexpr UnixNanos kNow = 1'705'000'000 * kNanosPerSecond;  // 2024-01-11

std::string TimeOf(std::string_view line) {
  const ParsedLogLine parsed = ParseLogLine(line, kNow);
  if (!parsed.time.has_value()) return "none";
  std::string out;
  AppendTimestamp(*parsed.time, true, out);
  return out;
}

TEST(LogLine, Times) {
  EXPECT_EQ(TimeOf("2024-01-02 03:04:05 status installed x"), "2024-01-02 03:04:05");
  EXPECT_EQ(TimeOf("2024-01-02T03:04:05.25+02:00 host x: y"), "2024-01-02 01:04:05.25");
  EXPECT_EQ(TimeOf("[2024-01-02 03:04:05,123] INFO x"), "2024-01-02 03:04:05.123");
  EXPECT_EQ(TimeOf("Jan  9 10:00:00 host sshd[12]: hello"), "2024-01-09 10:00:00");
  EXPECT_EQ(TimeOf("Dec 31 23:59:59 host cron: x"), "2023-12-31 23:59:59");
  EXPECT_EQ(TimeOf("1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] \"GET /\" 200"), "2000-10-10 20:55:36");
  EXPECT_EQ(TimeOf("Start-Date: 2024-01-02  03:04:05"), "2024-01-02 03:04:05");
  for (const char* line :
       {"", "hello", "2024-13-02 03:04:05", "2024-01-02 25:04:05", "Jan 99 10:00:00 h x: y", "[", "2024"}) {
    EXPECT_EQ(TimeOf(line), "none") << line;
  }
}

TEST(LogLine, PartsAndSeverities) {
  const ParsedLogLine parsed = ParseLogLine("Jan  9 10:00:00 host sshd[12]: error: no key", kNow);
  EXPECT_EQ(parsed.program, "sshd");
  EXPECT_EQ(parsed.process_id, 12);
  EXPECT_EQ(parsed.message, "error: no key");
  EXPECT_EQ(parsed.severity_number, 17);
  EXPECT_EQ(ParseLogLine("2024-01-02 03:04:05 status unpacked libgpg-error0:amd64", kNow).severity_number, 0);
  EXPECT_EQ(ParseLogLine("all is well", kNow).severity_number, 0);
  EXPECT_EQ(ParseLogLine("[warn] disk", kNow).severity_number, 13);
}

class LogTailTest : public ::testing::Test {
 protected:
  void Write(const std::string& name, const std::string& text, OpenMode mode = OpenMode::kTruncate) {
    files_.OpenForWrite(JoinPath(folder_, name), mode)->AppendText(text);
  }
  std::vector<std::string> Poll(LogTail& tail, bool accept = true) {
    std::vector<std::string> out;
    tail.Poll([&](const std::string&, const std::vector<std::string_view>& lines) {
      if (accept) out.insert(out.end(), lines.begin(), lines.end());
      return accept;
    });
    return out;
  }
  using Lines = std::vector<std::string>;
  PosixFileSystem files_;
  const TemporaryFolder temporary_{"weir-tail"};
  const std::string& folder_ = temporary_.path();
};

TEST_F(LogTailTest, FollowsWholeLines) {
  LogTail tail(files_, {.patterns = {folder_ + "/*.log"}});
  EXPECT_EQ(Poll(tail), Lines{});
  Write("a.log", "one\ntwo\r\n\nthree");
  Write("b.txt", "not a log\n");
  EXPECT_EQ(Poll(tail), (Lines{"one", "two"}));
  EXPECT_EQ(Poll(tail), Lines{});
  Write("a.log", "!\nfour\n", OpenMode::kAppend);
  EXPECT_EQ(Poll(tail), (Lines{"three!", "four"}));
  Write("a.log", "new\n");  // rotated
  EXPECT_EQ(Poll(tail), Lines{"new"});
}

TEST_F(LogTailTest, BeginsWithTheLastLines) {
  Write("a.log", "1\n2\n3\n4\n5\n");
  LogTail tail(files_, {.patterns = {folder_ + "/a.log"}, .lines_first = 2});
  EXPECT_EQ(Poll(tail), (Lines{"4", "5"}));
  LogTail by_bytes(files_, {.patterns = {folder_ + "/a.log"}, .bytes_first = 3});
  EXPECT_EQ(Poll(by_bytes), Lines{"5"});
}

TEST_F(LogTailTest, WhatIsNotTakenComesAgain) {
  Write("a.log", "1\n2\n3\n");
  LogTail tail(files_, {.patterns = {folder_ + "/a.log"}, .lines_batch = 2});
  EXPECT_EQ(Poll(tail, false), Lines{});
  EXPECT_EQ(Poll(tail), (Lines{"1", "2", "3"}));
  EXPECT_EQ(Poll(tail), Lines{});
}

TEST_F(LogTailTest, LongLinesAreCut) {
  Write("a.log", std::string(25, 'x') + "\nend\n");
  LogTail tail(files_, {.patterns = {folder_ + "/a.log"}, .line_bytes_max = 10});
  EXPECT_EQ(Poll(tail), (Lines{std::string(10, 'x'), std::string(10, 'x'), "xxxxx", "end"}));
}

TEST_F(LogTailTest, HostMetricsFromFixedFiles) {
  std::filesystem::create_directories(folder_ + "/net");
  std::filesystem::create_directories(folder_ + "/self");
  std::filesystem::create_directories(folder_ + "/7");
  Write("stat", "cpu 100 0 50 850 0 0 0 0\ncpu0 100 0 50 850 0 0 0 0\nbtime 1700000000\nprocesses 5\n");
  Write("meminfo", "MemTotal: 1000 kB\nMemFree: 400 kB\nBuffers: 100 kB\nCached: 200 kB\n");
  Write("net/dev", "h\nh\n eth0: 10 1 0 0 0 0 0 0 20 2 0 0 0 0 0 0\n");
  Write("7/stat", "7 (my (odd) name) S 1 1 1 0 -1 0 0 0 0 0 30 20 0 0 20 0 3 0 99 4096 2\n");
  SystemInfo system;
  system.page_bytes = 4096;
  HostMetrics metrics(files_, system, 5, folder_);
  EXPECT_EQ(metrics.boot_time(), 1'700'000'000 * kNanosPerSecond);
  OtlpMetricWriter writer({}, kNow, metrics.boot_time());
  metrics.Collect(1 * kNanosPerSecond, writer);
  const OtlpDecoded decoded = DecodeOtlp(Signal::kMetrics, OtlpEncoding::kProtobuf, writer.Take(), kNow);
  EXPECT_EQ(decoded.rejected, 0U);
  std::string all;
  for (const Chunk& chunk : decoded.chunks) {
    for (size_t i = 0; i < chunk.row_count(); ++i) all += chunk.RowToString(i) + "\n";
  }
  for (const char* expected : {"system.memory.usage", "my (odd) name", "eth0", "307200", "8192", "8.5"}) {
    EXPECT_NE(all.find(expected), std::string::npos) << expected << "\n" << all;
  }
}

}  // namespace
}  // namespace weir
