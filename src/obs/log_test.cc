#include "obs/log.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/strong_id.h"

namespace weir::obs {
namespace {

class Collector final : public LogSink {
 public:
  void Write(const LogRecord& record) override {
    lines.push_back(FormatRecord(record, LogFormat::kLogfmt));
    if (log_again) Log(Severity::kError, "sink", "from inside");
    if (fail) throw Error::Internal("sink is broken");
  }
  void Flush() override { ++flushes; }

  std::vector<std::string> lines;
  bool log_again = false;
  bool fail = false;
  int flushes = 0;
};

class LogTest : public testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::path(testing::TempDir()) / ("weir_log_test_" + std::to_string(getpid()) + ".log");
    std::filesystem::remove(path_);
    ConfigureLogging({.severity_min = Severity::kInfo, .file = path_.string()});
    sink_ = std::make_shared<Collector>();
    AddLogSink(sink_);
  }
  void TearDown() override {
    RemoveLogSink(sink_.get());
    SetLogSeverity("noisy", std::nullopt);
    ConfigureLogging({.severity_min = Severity::kWarn});
    std::filesystem::remove(path_);
  }
  std::string FileText() const {
    FlushLogs();
    const std::ifstream in(path_);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }

  std::filesystem::path path_;
  std::shared_ptr<Collector> sink_;
};

TEST_F(LogTest, WritesFieldsOfEveryKind) {
  using TestId = StrongId<struct TestIdTag>;
  const std::string path = "/a b/c";
  Log(Severity::kInfo, "storage", "segment written",
      {{"path", path}, {"bytes", size_t{12}}, {"delta", -5}, {"ratio", 0.5}, {"ok", true}, {"id", TestId(7)}});
  EXPECT_THAT(FileText(), testing::HasSubstr("level=info"));
  EXPECT_THAT(FileText(), testing::HasSubstr("component=storage msg=\"segment written\" path=\"/a b/c\" bytes=12 "
                                             "delta=-5 ratio=0.5 ok=true id=7\n"));
  ASSERT_EQ(sink_->lines.size(), 1U);
}

TEST_F(LogTest, FiltersBySeverityAndComponent) {
  Log(Severity::kDebug, "noisy", "a");
  SetLogSeverity("noisy", Severity::kDebug);
  EXPECT_TRUE(ShouldLog(Severity::kDebug, "noisy"));
  EXPECT_FALSE(ShouldLog(Severity::kDebug, "quiet"));
  Log(Severity::kDebug, "noisy", "b");
  Log(Severity::kDebug, "quiet", "c");
  SetLogSeverity("noisy", Severity::kOff);
  Log(Severity::kFatal, "noisy", "d");
  ASSERT_EQ(sink_->lines.size(), 1U);
  EXPECT_THAT(sink_->lines[0], testing::HasSubstr("msg=\"b\""));
}

TEST_F(LogTest, ASinkThatLogsOrThrowsHarmsNobody) {
  sink_->log_again = true;
  sink_->fail = true;
  Log(Severity::kInfo, "x", "one");
  Log(Severity::kInfo, "x", "two");
  EXPECT_EQ(sink_->lines.size(), 2U);
  FlushLogs();
  EXPECT_EQ(sink_->flushes, 1);
}

TEST_F(LogTest, ManyThreadsWriteWholeLines) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 200; ++i) Log(Severity::kInfo, "x", "line", {{"thread", t}, {"i", i}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::istringstream lines(FileText());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) EXPECT_THAT(line, testing::StartsWith("ts="));
  EXPECT_EQ(count, 800);
}

TEST(LogFormat, EscapesInBothFormats) {
  const std::vector<LogField> fields = {{"a", "x\ny"}, {"b", ""}, {"c", "p=q"}, {"nan", std::nan("")}};
  const LogRecord record = {1'700'000'000'123'456'789, 9, Severity::kWarn, "comp", "say \"hi\"", fields};
  EXPECT_EQ(FormatRecord(record, LogFormat::kLogfmt),
            "ts=2023-11-14T22:13:20.123456Z level=warn thread=9 component=comp msg=\"say \\\"hi\\\"\" a=\"x\\ny\" "
            "b=\"\" c=\"p=q\" nan=nan");
  EXPECT_EQ(FormatRecord(record, LogFormat::kJson),
            R"({"ts":"2023-11-14T22:13:20.123456Z","level":"warn","thread":9,"component":"comp",)"
            R"("msg":"say \"hi\"","a":"x\ny","b":"","c":"p=q","nan":"nan"})");
  const LogRecord early = {-1, 1, Severity::kInfo, "c", "m", {}};
  EXPECT_THAT(FormatRecord(early, LogFormat::kLogfmt), testing::StartsWith("ts=1969-12-31T23:59:59.999999Z"));
}

TEST(LogSeverity, Parses) {
  EXPECT_EQ(ParseSeverity("WARNING"), Severity::kWarn);
  EXPECT_EQ(ParseSeverity("Debug"), Severity::kDebug);
  EXPECT_EQ(ParseSeverity("loud"), std::nullopt);
}

TEST(LogFile, AnUnwritablePathIsAnError) {
  EXPECT_THROW(ConfigureLogging({.file = "/proc/no/such/file.log"}), Error);
}

TEST(LogLimiter, LetsABurstThroughAndCountsTheRest) {
  LogLimiter limiter(1000, 2);
  EXPECT_EQ(limiter.AllowAt(5000), 0U);
  EXPECT_EQ(limiter.AllowAt(5001), 0U);
  EXPECT_EQ(limiter.AllowAt(5002), std::nullopt);
  EXPECT_EQ(limiter.AllowAt(5999), std::nullopt);
  EXPECT_EQ(limiter.AllowAt(6000), 2U);
  EXPECT_EQ(limiter.AllowAt(6001), 0U);
  EXPECT_EQ(limiter.AllowAt(6002), std::nullopt);
}

}  // namespace
}  // namespace weir::obs
