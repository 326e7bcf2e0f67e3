#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include <unistd.h>

#include "env/posix/posix_file_system.h"
#include "exec/spill/spill_area.h"
#include "exec/testing/engine_fixture.h"

namespace weir::exec_test {

// With a place on disk for what does not fit into kLimit.
class SpillTest : public EngineTest {
 protected:
  static constexpr int64_t kLimit = int64_t{11} << 20;

  ~SpillTest() override { std::filesystem::remove_all(directory_); }
  // Writes that a failed query has begun may end after it.
  size_t FilesLeft() {
    size_t left = 0;
    for (int tries = 0; tries < 500; ++tries) {
      left = std::filesystem::exists(directory_) ? files_.ListRecursively(directory_.string()).size() : 0;
      if (left == 0) return 0;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return left;
  }

  const std::filesystem::path directory_ =
      std::filesystem::temp_directory_path() / ("weir-spill-test-" + std::to_string(::getpid()));
  PosixFileSystem files_;
  SpillArea area_{files_, directory_.string()};
};

}  // namespace weir::exec_test
