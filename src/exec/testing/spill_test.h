#pragma once

#include <algorithm>
#include <filesystem>
#include <latch>
#include <memory>
#include <string>
#include <vector>

#include "env/posix/posix_file_system.h"
#include "env/testing/temporary_folder.h"
#include "exec/spill/spill_area.h"
#include "exec/testing/engine_fixture.h"

namespace weir::exec_test {

// With a place on disk for what does not fit into kLimit.
class SpillTest : public EngineTest {
 protected:
  static constexpr int64_t kLimit = int64_t{11} << 20;

  ~SpillTest() override { WaitForIo(); }
  // Writes that a failed query has begun may end after it: when all threads are here, none is there.
  void WaitForIo() {
    constexpr int kThreads = IoPoolOptions().threads_max;
    const auto all = std::make_shared<std::latch>(kThreads + 1);
    for (int i = 0; i < kThreads; ++i) io_.Submit([all] { all->arrive_and_wait(); });
    all->arrive_and_wait();
  }
  size_t FilesLeft() {
    WaitForIo();
    return std::filesystem::exists(directory_) ? files_.ListRecursively(directory_.string()).size() : 0;
  }

  struct Checks {
    std::vector<int> threads = {1, 4};
    int64_t limit = kLimit;
    int64_t spills_min = 2;
    bool in_order = false;  // of rows, too
  };
  // What spills comes out as what does not, stays within the limit, and leaves nothing.
  void CheckSpilled(const PhysicalPtr& plan, const Checks& checks) {
    std::vector<int> threads = checks.threads;
    std::vector<uint64_t> seeds = {0, 7};
#ifdef __SANITIZE_ADDRESS__
    // Each takes ten times as long there: several threads that stop and go on are what sanitizers have most to say
    // about.
    threads = {threads.back()};
    seeds = {7};
#endif
    const std::vector<std::string> expected = Texts(Run(plan), checks.in_order);
    for (const int count : threads) {
      for (const uint64_t seed : seeds) {
        SCOPED_TRACE(fmt::format("{} threads, seed {}\n{}", count, seed, ExplainPhysical(plan)));
        const auto execution = Execute(
            plan, {.threads = count, .random_block_seed = seed, .memory_limit_bytes = checks.limit, .spill = &area_});
        EXPECT_TRUE(Texts(Run(*execution), checks.in_order) == expected);
        EXPECT_GE(SpillsOf(execution->profile().Take()), checks.spills_min);
        EXPECT_LE(execution->memory().peak_bytes(), checks.limit);
      }
    }
    EXPECT_EQ(FilesLeft(), 0u);
    EXPECT_EQ(area_.used_bytes(), 0);
  }
  void CheckSpilled(const PhysicalPtr& plan) { CheckSpilled(plan, {}); }

  const TemporaryFolder temporary_{"weir-spill"};
  const std::filesystem::path directory_ = std::filesystem::path(temporary_.path()) / "spill";
  PosixFileSystem files_;
  SpillArea area_{files_, directory_.string(), 1};

 private:
  static std::vector<std::string> Texts(const Rows& rows, bool in_order) {
    std::vector<std::string> out;
    for (const Row& row : rows) out.push_back(ToText(row));
    if (!in_order) std::ranges::sort(out);
    return out;
  }
  static int64_t SpillsOf(const obs::ProfileNode::Snapshot& node) {
    int64_t spills = node.counters.spills;
    for (const auto& child : node.children) spills += SpillsOf(child);
    return spills;
  }
};

}  // namespace weir::exec_test
