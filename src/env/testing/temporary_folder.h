#pragma once

#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>

#include <stdlib.h>

#include "base/error.h"

namespace weir {

// A new and empty folder for a test, under the system's folder for temporary files, removed with what is in it. Its
// name was nobody's before: a test that was killed leaves its folder, and processes' numbers come again.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(std::string_view name)
      : path_(std::filesystem::temp_directory_path() / (std::string(name) + "-XXXXXX")) {
    if (::mkdtemp(path_.data()) == nullptr) throw Error::FromErrno(errno, "mkdtemp");
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace weir
