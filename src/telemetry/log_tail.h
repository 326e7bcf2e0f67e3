#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "env/clock.h"
#include "env/file_system.h"

namespace weir {

// Follows log files: at first the last lines of each, then what is appended. A file that has become shorter is read
// from its beginning again (it was rotated). One thread at a time; borrows the file system.
class LogTail {
 public:
  struct Options {
    std::vector<std::string> patterns;
    std::vector<std::string> names_left_out;  // of files, without their folders
    uint64_t lines_first = 20'000;
    uint64_t bytes_first = 16 << 20;
    uint64_t lines_batch = 1000;
    uint64_t line_bytes_max = 64 << 10;  // longer lines are cut into pieces
  };
  // Takes a batch of lines of one file; false: they shall come again at the next Poll.
  using Take = std::function<bool(const std::string& path, const std::vector<std::string_view>& lines)>;

  LogTail(FileSystem& files, Options options) : files_(files), options_(std::move(options)) {}
  // The patterns that name the usual log files of a Linux machine.
  static std::vector<std::string> DefaultPatterns();
  // Those of the files that syslog daemons write what is in the journal as well.
  static std::vector<std::string> SyslogNames();
  // Hands over all complete lines that are new.
  void Poll(const Take& take);

 private:
  struct Followed {
    uint64_t offset = 0;
    bool found_start = false;
  };
  void PollFile(const FileInfo& info, Followed& followed, const Take& take);
  uint64_t FindStart(RandomAccessFile& file, uint64_t size) const;

  FileSystem& files_;
  const Options options_;
  std::map<std::string, Followed> followed_;
};

}  // namespace weir
