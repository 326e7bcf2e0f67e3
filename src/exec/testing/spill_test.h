#pragma once

#include <filesystem>
#include <latch>
#include <memory>
#include <string>

#include <unistd.h>

#include "env/posix/posix_file_system.h"
#include "exec/spill/spill_area.h"
#include "exec/testing/engine_fixture.h"

namespace weir::exec_test {

// With a place on disk for what does not fit into kLimit.
class SpillTest : public EngineTest {
 protected:
  static constexpr int64_t kLimit = int64_t{11} << 20;

  ~SpillTest() override {
    WaitForIo();
    std::filesystem::remove_all(directory_);
  }
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

  const std::filesystem::path directory_ =
      std::filesystem::temp_directory_path() / ("weir-spill-test-" + std::to_string(::getpid()));
  PosixFileSystem files_;
  SpillArea area_{files_, directory_.string(), 1};
};

}  // namespace weir::exec_test
