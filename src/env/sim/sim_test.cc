#include <functional>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "env/folder_object_store.h"
#include "env/sim/sim_clock.h"
#include "env/sim/sim_executor.h"
#include "env/sim/sim_file_system.h"
#include "env/sim/sim_object_store.h"

namespace weir {
namespace {

// A little world of callbacks that post, time and cancel each other at random.
std::pair<std::vector<int>, uint64_t> RunWorld(uint64_t seed) {
  SimClock clock;
  SimExecutor executor(clock, seed);
  std::vector<int> order;
  std::function<void(int, int)> act = [&](int id, int depth) {
    order.push_back(id);
    if (depth == 0) return;
    executor.Post([&, id, depth] { act(id * 2, depth - 1); });
    const auto timer =
        executor.PostAfter(executor.random().Between(0, 50), [&, id, depth] { act(id * 2 + 1, depth - 1); });
    if (executor.random().Chance(0.2)) executor.CancelTimer(timer);
  };
  for (int i = 1; i <= 5; ++i) executor.Post([&, i] { act(i, 5); });
  EXPECT_TRUE(executor.RunUntilIdle());
  return {order, executor.trace_hash()};
}

TEST(SimExecutor, TheSameSeedGivesTheSameRunAndOthersDiffer) {
  const auto first = RunWorld(1);
  EXPECT_EQ(RunWorld(1), first);
  std::set<uint64_t> hashes;
  for (uint64_t seed = 1; seed <= 20; ++seed) hashes.insert(RunWorld(seed).second);
  EXPECT_EQ(hashes.size(), 20U);
}

TEST(SimExecutor, TimeJumpsToTheNextTimer) {
  SimClock clock;
  SimExecutor executor(clock, 1);
  std::vector<int64_t> times;
  executor.PostAfter(kNanosPerSecond, [&] { times.push_back(clock.Monotonic()); });
  executor.PostAfter(60 * kNanosPerSecond, [&] { times.push_back(clock.Monotonic()); });
  executor.RunFor(10 * kNanosPerSecond);
  EXPECT_EQ(times, (std::vector<int64_t>{kNanosPerSecond}));
  EXPECT_EQ(clock.Monotonic(), 10 * kNanosPerSecond);
  EXPECT_TRUE(executor.RunUntilIdle());
  EXPECT_EQ(times.back(), 60 * kNanosPerSecond);
  EXPECT_EQ(clock.Now() - SimClock::kDefaultStart, 60 * kNanosPerSecond);
  std::function<void()> forever = [&] { executor.Post(forever); };
  executor.Post(forever);
  EXPECT_FALSE(executor.RunUntilIdle(1000));
  executor.Clear();
  EXPECT_FALSE(executor.RunOne());
}

class SimFiles : public testing::Test {
 protected:
  SimClock clock_;
  SimFileSystem files_{clock_, 1};
};

TEST_F(SimFiles, FailsTheNthWrite) {
  const auto file = files_.OpenForWrite("a", OpenMode::kTruncate);
  files_.set_faults({.fail_write_in = 3});
  file->AppendText("one");
  file->AppendText("two");
  EXPECT_THROW(file->AppendText("three"), Error);
  file->AppendText("four");
  files_.set_faults({.fail_sync_in = 1});
  EXPECT_THROW(file->Sync(), Error);
  file->Sync();
  files_.set_faults({.fail_read_in = 1, .fail_rename_in = 1});
  EXPECT_THROW(files_.ReadFile("a"), Error);
  EXPECT_THROW(files_.Rename("a", "b"), Error);
  EXPECT_TRUE(files_.ReadFile("a").starts_with("onetwo"));
  EXPECT_EQ(files_.counts().writes, 4);
}

TEST_F(SimFiles, TheDiskFillsUp) {
  files_.set_faults({.disk_bytes_max = 10});
  const auto file = files_.OpenForWrite("a", OpenMode::kTruncate);
  file->AppendText("12345678");
  const auto error = CatchError([&] { file->AppendText("90123"); });
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(error->sqlstate(), sqlstate::kDiskFull);
  EXPECT_EQ(files_.used_bytes(), 10U);
  files_.Remove("a");
  files_.OpenForWrite("b", OpenMode::kTruncate)->AppendText("fits");
}

TEST_F(SimFiles, HandlesDieInACrash) {
  const auto file = files_.OpenForWrite("a", OpenMode::kTruncate);
  file->AppendText("x");
  file->Sync();
  files_.SyncDirectory(".");
  const auto reader = files_.OpenForRead("a");
  auto lock = files_.TryLock("lock");
  files_.Crash();
  EXPECT_THROW(file->AppendText("y"), Error);
  EXPECT_THROW(reader->ReadString(0, 1), Error);
  const auto again = files_.TryLock("lock");
  EXPECT_NE(again, nullptr);
  lock.reset();
  EXPECT_EQ(files_.TryLock("lock"), nullptr) << "a lock of before the crash freed one of after it";
  EXPECT_EQ(files_.ReadFile("a"), "x");
}

TEST(SimCrash, SyncedDataSurvivesAndUnsyncedMayNot) {
  int name_lost = 0;
  int content_lost = 0;
  int torn = 0;
  const std::string synced(1000, 's');
  const std::string unsynced(5000, 'u');
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SimClock clock;
    SimFileSystem files(clock, seed);
    files.CreateDirectories("d");
    files.SyncDirectory(".");
    const auto file = files.OpenForWrite("d/a", OpenMode::kTruncate);
    file->AppendText(synced);
    file->Sync();
    files.SyncDirectory("d");
    file->AppendText(unsynced);
    const auto other = files.OpenForWrite("d/b", OpenMode::kTruncate);
    other->AppendText("x");
    other->Sync();
    files.Crash();
    ASSERT_TRUE(files.Exists("d/a"));
    const std::string content = files.ReadFile("d/a");
    ASSERT_TRUE(content.starts_with(synced));
    content_lost += content.size() == synced.size() ? 1 : 0;
    torn += content.size() > synced.size() && content.size() < synced.size() + unsynced.size() ? 1 : 0;
    name_lost += files.Exists("d/b") ? 0 : 1;
  }
  EXPECT_GT(name_lost, 50);
  EXPECT_LT(name_lost, 150);
  EXPECT_GT(torn, 50);
  EXPECT_GE(content_lost, 1);
}

// The promise of the object store: a finished object is there after a crash at any moment, an unfinished one is not
// there in part.
TEST(SimCrash, ObjectsAreThereWhollyOrNotAtAll) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SimClock clock;
    SimFileSystem files(clock, seed);
    Xoshiro256 random(seed);
    std::set<std::string> finished;
    const auto content_of = [](const std::string& key) { return std::string(3000, key.back()) + key; };
    {
      files.CreateDirectories("store");
      files.SyncDirectory(".");
      FolderObjectStore store(files, "store");
      files.set_faults({.fail_write_in = random.Between(0, 30),
                        .fail_sync_in = random.Between(0, 30),
                        .fail_rename_in = random.Between(0, 30)});
      for (int i = 0; i < 12; ++i) {
        const std::string key = "t/p=" + std::to_string(i % 3) + "/" + std::to_string(i);
        if (CatchError([&] { store.PutText(key, content_of(key)); }) == nullptr) finished.insert(key);
      }
      files.Crash();
    }
    files.set_faults({});
    FolderObjectStore store(files, "store");
    for (const std::string& key : finished) EXPECT_EQ(store.Get(key), content_of(key)) << seed;
    for (const ObjectInfo& info : store.List("")) EXPECT_EQ(store.Get(info.key), content_of(info.key)) << seed;
  }
}

TEST(SimCrash, AtomicFileReplacementIsOldOrNew) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SimClock clock;
    SimFileSystem files(clock, seed);
    files.WriteFileAtomically("state", AsBytes("old"));
    files.set_faults({.fail_write_in = seed % 5 == 0 ? 1 : 0, .fail_sync_in = static_cast<int64_t>(seed % 3)});
    const bool written = CatchError([&] { files.WriteFileAtomically("state", AsBytes("new")); }) == nullptr;
    files.Crash();
    const std::string content = files.ReadFile("state");
    EXPECT_TRUE(content == "new" || (!written && content == "old")) << content;
  }
}

TEST(SimObjects, FailAtTheSeedsWill) {
  SimClock clock;
  int64_t delays = 0;
  SimObjectStore store(clock, 5, [&] { ++delays; });
  store.PutText("a", "1");
  EXPECT_EQ(store.Get("a"), "1");
  EXPECT_TRUE(store.PutIfAbsent("b", AsBytes("2")));
  EXPECT_FALSE(store.PutIfAbsent("b", AsBytes("3")));
  EXPECT_EQ(store.List("").size(), 2U);
  EXPECT_EQ(delays, store.requests());
  store.set_faults({.request_fails = 0.5, .write_succeeds_unseen = 0.5});
  int failed = 0;
  int seen = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string key = "k" + std::to_string(i);
    const auto error = CatchError([&] { store.PutText(key, "x"); });
    if (error != nullptr) {
      EXPECT_TRUE(error->retryable());
      ++failed;
    } else {
      ++seen;
    }
  }
  store.set_faults({});
  const auto there = static_cast<int>(store.List("k").size());
  EXPECT_GT(failed, 50);
  EXPECT_GT(there, seen) << "some writes must have happened without an answer";
  store.set_faults({.list_is_stale = 1});
  EXPECT_EQ(store.List("k").size() + 1, static_cast<size_t>(there));
  store.set_faults({});
  store.Delete("a");
  EXPECT_FALSE(store.Head("a").has_value());
  EXPECT_THROW(store.Get("a"), Error);
}

}  // namespace
}  // namespace weir
