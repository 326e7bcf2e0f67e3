#include "env/posix/posix_file_system.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "env/folder_object_store.h"
#include "env/posix/posix_clock.h"
#include "env/posix/posix_random.h"
#include "env/posix/posix_system_info.h"
#include "env/sim/sim_clock.h"
#include "env/sim/sim_file_system.h"
#include "env/testing/temporary_folder.h"

namespace weir {
namespace {

std::string_view SqlState(const std::function<void()>& body) {
  const auto error = CatchError(body);
  static thread_local std::string state;
  state = error == nullptr ? "" : error->sqlstate();
  return state;
}

// What holds for every FileSystem: the real one and the simulated one.
class FileSystemContract : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (GetParam()) {
      root_ = temporary_.emplace("weir-fs").path();
    } else {
      root_ = "/sim";
      sim_.CreateDirectories(root_);
    }
  }
  FileSystem& files() { return GetParam() ? static_cast<FileSystem&>(posix_) : sim_; }
  std::string Path(std::string_view name) const { return JoinPath(root_, name); }
  void Write(const std::string& name, std::string_view text) {
    files().CreateDirectories(ParentPath(Path(name)));
    const auto file = files().OpenForWrite(Path(name), OpenMode::kTruncate);
    file->AppendText(text);
    file->Close();
  }
  std::vector<std::string> Names(const std::vector<FileInfo>& list) const {
    std::vector<std::string> out;
    for (const FileInfo& info : list) out.push_back(info.path.substr(root_.size() + 1));
    return out;
  }

  PosixFileSystem posix_;
  SimClock clock_;
  SimFileSystem sim_{clock_};
  std::optional<TemporaryFolder> temporary_;
  std::string root_;
};

TEST_P(FileSystemContract, WritesAppendsAndReads) {
  {
    const auto file = files().OpenForWrite(Path("a"), OpenMode::kCreateNew);
    file->AppendText("hello ");
    file->AppendText("");
    file->AppendText("world");
    file->Sync();
    EXPECT_EQ(file->size(), 11U);
    file->Close();
  }
  {
    const auto file = files().OpenForWrite(Path("a"), OpenMode::kAppend);
    EXPECT_EQ(file->size(), 11U);
    file->AppendText("!");
  }
  EXPECT_EQ(files().ReadFile(Path("a")), "hello world!");
  const auto file = files().OpenForRead(Path("a"));
  EXPECT_EQ(file->size(), 12U);
  EXPECT_EQ(file->ReadString(6, 5), "world");
  std::vector<uint8_t> buffer(100);
  EXPECT_EQ(file->Read(10, buffer), 2U);
  EXPECT_EQ(file->Read(12, buffer), 0U);
  EXPECT_EQ(file->Read(1000, buffer), 0U);
  file->Prefetch(0, 1000);
  EXPECT_EQ(SqlState([&] { file->ReadString(10, 5); }), sqlstate::kDataCorrupted);
  EXPECT_THROW(files().OpenForWrite(Path("a"), OpenMode::kCreateNew), Error);
  files().OpenForWrite(Path("a"), OpenMode::kTruncate);
  EXPECT_EQ(files().ReadFile(Path("a")), "");
}

TEST_P(FileSystemContract, MissingFilesAreUndefinedFile) {
  EXPECT_EQ(SqlState([&] { files().OpenForRead(Path("no")); }), sqlstate::kUndefinedFile);
  EXPECT_EQ(SqlState([&] { files().OpenForWrite(Path("no/x"), OpenMode::kTruncate); }), sqlstate::kUndefinedFile);
  EXPECT_EQ(SqlState([&] { files().List(Path("no")); }), sqlstate::kUndefinedFile);
  EXPECT_EQ(SqlState([&] { files().Rename(Path("no"), Path("x")); }), sqlstate::kUndefinedFile);
  EXPECT_FALSE(files().Stat(Path("no")).has_value());
  EXPECT_FALSE(files().Remove(Path("no")));
  EXPECT_THROW(files().OpenForRead(root_), Error);
}

TEST_P(FileSystemContract, RenamesReplaceOrNot) {
  Write("a", "A");
  Write("b", "B");
  EXPECT_FALSE(files().RenameIfAbsent(Path("a"), Path("b")));
  EXPECT_EQ(files().ReadFile(Path("b")), "B");
  EXPECT_TRUE(files().RenameIfAbsent(Path("a"), Path("c")));
  files().Rename(Path("c"), Path("b"));
  EXPECT_EQ(files().ReadFile(Path("b")), "A");
  EXPECT_EQ(Names(files().List(root_)), (std::vector<std::string>{"b"}));
}

TEST_P(FileSystemContract, ListsFoldersAndRemovesThem) {
  Write("d/z", "1");
  Write("d/a", "22");
  Write("d/sub/x", "333");
  files().CreateDirectories(Path("d/sub"));
  const auto list = files().List(Path("d"));
  ASSERT_EQ(Names(list), (std::vector<std::string>{"d/a", "d/sub", "d/z"}));
  EXPECT_EQ(list[0].size, 2U);
  EXPECT_EQ(list[1].kind, FileKind::kDirectory);
  EXPECT_GT(list[0].modified_unix_nanos, 0);
  EXPECT_EQ(Names(files().ListRecursively(root_)), (std::vector<std::string>{"d/a", "d/sub/x", "d/z"}));
  EXPECT_THROW(files().Remove(Path("d")), Error);
  EXPECT_THROW(files().CreateDirectories(Path("d/a")), Error);
  files().SyncDirectory(Path("d"));
  files().RemoveRecursively(Path("d"));
  files().RemoveRecursively(Path("d"));
  EXPECT_FALSE(files().Exists(Path("d")));
}

TEST_P(FileSystemContract, Globs) {
  for (const char* name : {"x/a.parquet", "x/b.parquet", "x/c.csv", "x/sub/d.parquet", "x/sub/deep/e.parquet",
                           "y/f.parquet", "x/.hidden/g.parquet"}) {
    Write(name, "1");
  }
  const auto glob = [&](std::string_view pattern) { return Names(files().Glob(Path(pattern))); };
  EXPECT_EQ(glob("x/*.parquet"), (std::vector<std::string>{"x/a.parquet", "x/b.parquet"}));
  EXPECT_EQ(glob("x/**/*.parquet"),
            (std::vector<std::string>{"x/a.parquet", "x/b.parquet", "x/sub/d.parquet", "x/sub/deep/e.parquet"}));
  EXPECT_EQ(glob("*/f.parquet"), (std::vector<std::string>{"y/f.parquet"}));
  EXPECT_EQ(glob("{x/c.csv,y/*}"), (std::vector<std::string>{"x/c.csv", "y/f.parquet"}));
  EXPECT_EQ(glob("x/c.csv"), (std::vector<std::string>{"x/c.csv"}));
  EXPECT_TRUE(glob("x").empty());
  EXPECT_TRUE(glob("no/*.csv").empty());
}

TEST_P(FileSystemContract, LocksExcludeEachOther) {
  auto lock = files().TryLock(Path("lock"));
  ASSERT_NE(lock, nullptr);
  EXPECT_EQ(files().TryLock(Path("lock")), nullptr);
  lock.reset();
  EXPECT_NE(files().TryLock(Path("lock")), nullptr);
}

TEST_P(FileSystemContract, AtomicWritesReplace) {
  files().WriteFileAtomically(Path("state"), AsBytes("one"));
  files().WriteFileAtomically(Path("state"), AsBytes("two"));
  EXPECT_EQ(files().ReadFile(Path("state")), "two");
  EXPECT_EQ(files().List(root_).size(), 1U);
}

TEST_P(FileSystemContract, ObjectsOverIt) {
  FolderObjectStore store(files(), Path("objects"));
  EXPECT_FALSE(store.Head("t/a").has_value());
  EXPECT_EQ(SqlState([&] { store.Get("t/a"); }), sqlstate::kUndefinedFile);
  store.PutText("t/p=1/a", "one");
  store.PutText("t/p=2/b", "two");
  store.PutText("u/c", "three");
  store.PutText("t/p=1/a", "ONE!");
  EXPECT_EQ(store.Get("t/p=1/a"), "ONE!");
  EXPECT_EQ(store.Head("t/p=1/a")->size, 4U);
  std::array<uint8_t, 3> range{};
  EXPECT_EQ(store.GetRange("t/p=1/a", 2, range), 2U);
  EXPECT_EQ(range[0], 'E');
  const auto keys = [&](const std::string& prefix) {
    std::vector<std::string> out;
    for (const ObjectInfo& info : store.List(prefix)) out.push_back(info.key);
    return out;
  };
  EXPECT_EQ(keys(""), (std::vector<std::string>{"t/p=1/a", "t/p=2/b", "u/c"}));
  EXPECT_EQ(keys("t/p="), (std::vector<std::string>{"t/p=1/a", "t/p=2/b"}));
  EXPECT_EQ(keys("t/p=2/"), (std::vector<std::string>{"t/p=2/b"}));
  EXPECT_TRUE(keys("nothing/").empty());
  EXPECT_TRUE(store.PutIfAbsent("u/d", AsBytes("x")));
  EXPECT_FALSE(store.PutIfAbsent("u/d", AsBytes("y")));
  EXPECT_EQ(store.Get("u/d"), "x");
  {
    const auto abandoned = store.OpenForWrite("u/e");
    abandoned->AppendText("never");
  }
  const auto writer = store.OpenForWrite("u/f");
  writer->AppendText("piece ");
  writer->AppendText("by piece");
  EXPECT_FALSE(store.Head("u/f").has_value());
  writer->Finish();
  EXPECT_EQ(writer->size(), 14U);
  EXPECT_EQ(store.Get("u/f"), "piece by piece");
  store.Delete("u/c");
  store.Delete("u/c");
  EXPECT_EQ(keys("u/"), (std::vector<std::string>{"u/d", "u/f"}));
  EXPECT_TRUE(files().List(Path("objects/.tmp")).empty());
  for (const char* bad : {"", "/a", "a/", "a//b", "../a", "a/./b", ".tmp/x"}) {
    EXPECT_EQ(SqlState([&] { store.PutText(bad, ""); }), sqlstate::kInvalidParameterValue) << bad;
  }
}

TEST_P(FileSystemContract, OfManyPutIfAbsentOneWins) {
  FolderObjectStore store(files(), Path("objects"));
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> wins{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] { wins += store.PutIfAbsent("lease/" + std::to_string(round), AsBytes("me")) ? 1 : 0; });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wins, 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Files, FileSystemContract, testing::Bool(),
                         [](const auto& info) { return info.param ? "Posix" : "Simulated"; });

class PosixFiles : public testing::Test {
 protected:
  PosixFileSystem files_;
  const TemporaryFolder temporary_{"weir-fs"};
  const std::string& root_ = temporary_.path();
};

TEST_F(PosixFiles, AnotherProcessIsLockedOutUntilTheHolderDies) {
  const std::string path = root_ + "/lock";
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = files_.TryLock(path);
    const char answer = lock != nullptr ? 'y' : 'n';
    if (::write(ready[1], &answer, 1) != 1) ::_exit(1);
    ::pause();
    ::_exit(0);
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  EXPECT_EQ(files_.TryLock(path), nullptr);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_NE(files_.TryLock(path), nullptr);
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(PosixFiles, AFullDiskSaysSo) {
  const auto full = CatchError([&] { files_.OpenForWrite("/dev/full", OpenMode::kAppend)->AppendText("x"); });
  ASSERT_NE(full, nullptr);
  EXPECT_EQ(full->sqlstate(), sqlstate::kDiskFull);
  EXPECT_FALSE(full->hint().empty());
  // A write that is cut short, by the file-size limit, is continued and then reported.
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {100, 100};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const auto error = CatchError(
        [&] { files_.OpenForWrite(root_ + "/short", OpenMode::kTruncate)->AppendText(std::string(1000, 'x')); });
    ::_exit(error != nullptr && error->sqlstate() == sqlstate::kIoError ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(files_.Stat(root_ + "/short")->size, 100U);
}

TEST_F(PosixFiles, PathsWithoutAFolderStayAsTheyAreSpelled) {
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(root_);
  files_.WriteFileAtomically("a.csv", AsBytes("x"));
  const auto found = files_.Glob("*.csv");
  std::filesystem::current_path(before);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].path, "a.csv");
}

TEST_F(PosixFiles, AStoreRemovesWhatACrashLeft) {
  {
    FolderObjectStore store(files_, root_);
  }
  files_.OpenForWrite(root_ + "/.tmp/77", OpenMode::kCreateNew)->AppendText("half");
  FolderObjectStore store(files_, root_);
  EXPECT_TRUE(files_.List(root_ + "/.tmp").empty());
}

TEST(PosixSystem, ReadsTheMachine) {
  const SystemInfo info = ReadSystemInfo();
  EXPECT_GE(info.cores, 1);
  EXPECT_LE(info.cores, info.cores_of_machine);
  EXPECT_GT(info.memory_bytes, 64U << 20);
  EXPECT_LE(info.memory_bytes, info.memory_bytes_of_machine);
  EXPECT_EQ(info.process_id, ::getpid());
  const ProcessMemory memory = ReadProcessMemory();
  EXPECT_GT(memory.resident_bytes, 1U << 20);
  EXPECT_GE(memory.resident_bytes_peak, memory.resident_bytes);
  EXPECT_EQ(ParseCpuMax("max 100000\n"), std::nullopt);
  EXPECT_EQ(ParseCpuMax("150000 100000\n"), 1.5);
  EXPECT_EQ(ParseMemoryMax("max\n"), std::nullopt);
  EXPECT_EQ(ParseMemoryMax("1048576\n"), 1048576U);
  EXPECT_EQ(ParseMemoryMax(""), std::nullopt);
}

TEST(PosixSystem, ClocksAndRandom) {
  const PosixClock clock;
  const auto a = clock.Monotonic();
  EXPECT_GE(clock.Monotonic(), a);
  EXPECT_GT(clock.Now(), SimClock::kDefaultStart);
  PosixRandom random;
  EXPECT_NE(random.Next(), random.Next());
}

}  // namespace
}  // namespace weir
