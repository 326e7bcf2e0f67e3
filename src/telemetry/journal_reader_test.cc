#include "telemetry/journal_reader.h"
#include "env/testing/temporary_folder.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include <fmt/format.h>

namespace weir {
namespace {

// Journals are written by the tool that receives them from other machines (Debian: systemd-journal-remote).
class JournalReaderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* path : {"/lib/systemd/systemd-journal-remote", "/usr/lib/systemd/systemd-journal-remote"}) {
      if (::access(path, X_OK) == 0) tool_ = path;
    }
  }

  // Entries number first to last, a second apart.
  void Write(const std::string& file, int first, int last) const {
    const std::string text = folder_ + "/export.txt";
    std::ofstream out(text, std::ios::binary);
    for (int i = first; i <= last; ++i) {
      out << fmt::format("__REALTIME_TIMESTAMP={}\n__MONOTONIC_TIMESTAMP={}\n", 1'700'000'000'000'000 + i * 1'000'000,
                         1'000'000 + i * 1'000'000)
          << "_BOOT_ID=0123456789abcdef0123456789abcdef\n"
          << "_MACHINE_ID=fedcba9876543210fedcba9876543210\n"
          << fmt::format("PRIORITY={}\nSYSLOG_IDENTIFIER=app\n_COMM=other\n_PID={}\n", i % 8, 100 + i)
          << "_SYSTEMD_UNIT=app.service\n_HOSTNAME=h1\n"
          << fmt::format("MESSAGE=message {}\n\n", i);
    }
    out.close();
    const std::string command = fmt::format("{} --output={}/{} {} >/dev/null 2>&1", tool_, folder_, file, text);
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }
  // The messages of one poll; remembers the cursor.
  std::vector<std::string> Poll(JournalReader& reader, bool accept = true) {
    std::vector<std::string> out;
    reader.Poll([&](const std::vector<JournalEntry>& entries, const std::string& cursor) {
      for (const JournalEntry& entry : entries) out.push_back(entry.message);
      if (accept) cursor_ = cursor;
      return accept;
    });
    return out;
  }

  std::string tool_;
  const TemporaryFolder temporary_{"weir-journal"};
  const std::string& folder_ = temporary_.path();
  std::string cursor_;
};

TEST_F(JournalReaderTest, NoJournal) {
  JournalReader missing({.folder = folder_ + "/none"});
  EXPECT_FALSE(missing.IsThere());
  EXPECT_TRUE(Poll(missing).empty());
  JournalReader empty({.folder = folder_});
  EXPECT_FALSE(empty.IsThere());
  EXPECT_TRUE(Poll(empty).empty());
}

TEST_F(JournalReaderTest, FieldsOfAnEntry) {
  if (tool_.empty()) GTEST_SKIP() << "systemd-journal-remote is not installed";
  Write("a.journal", 3, 3);
  JournalReader reader({.folder = folder_});
  EXPECT_TRUE(reader.IsThere());
  std::vector<JournalEntry> entries;
  reader.Poll([&](const std::vector<JournalEntry>& batch, const std::string&) {
    entries = batch;
    return true;
  });
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].time, (1'700'000'000LL + 3) * kNanosPerSecond);
  EXPECT_EQ(entries[0].message, "message 3");
  EXPECT_EQ(entries[0].priority, 3);
  EXPECT_EQ(entries[0].program, "app");
  EXPECT_EQ(entries[0].unit, "app.service");
  EXPECT_EQ(entries[0].host, "h1");
  EXPECT_EQ(entries[0].process_id, 103);
}

TEST_F(JournalReaderTest, FollowsAndGoesOnAfterTheCursor) {
  if (tool_.empty()) GTEST_SKIP() << "systemd-journal-remote is not installed";
  Write("a.journal", 1, 10);
  JournalReader reader({.folder = folder_, .entries_first = 4, .entries_batch = 3});
  EXPECT_EQ(Poll(reader), (std::vector<std::string>{"message 7", "message 8", "message 9", "message 10"}));
  EXPECT_TRUE(Poll(reader).empty());
  const std::string before = cursor_;
  Write("b.journal", 11, 15);  // as after a rotation
  // Not taken: the same batch comes again.
  EXPECT_EQ(Poll(reader, false), (std::vector<std::string>{"message 11", "message 12", "message 13"}));
  EXPECT_EQ(Poll(reader).size(), 5U);
  EXPECT_TRUE(Poll(reader).empty());
  // The next run.
  JournalReader next({.folder = folder_, .cursor = cursor_});
  EXPECT_TRUE(Poll(next).empty());
  JournalReader from_before({.folder = folder_, .cursor = before});
  EXPECT_EQ(Poll(from_before).size(), 5U);
  // Entries that were vacuumed away with the cursor's are not missed twice.
  std::filesystem::remove(folder_ + "/a.journal");
  JournalReader vacuumed({.folder = folder_, .cursor = before});
  EXPECT_EQ(Poll(vacuumed).size(), 5U);
}

TEST_F(JournalReaderTest, AllEntriesWhenThereAreFewer) {
  if (tool_.empty()) GTEST_SKIP() << "systemd-journal-remote is not installed";
  Write("a.journal", 1, 3);
  JournalReader reader({.folder = folder_});
  EXPECT_EQ(Poll(reader).size(), 3U);
}

}  // namespace
}  // namespace weir
