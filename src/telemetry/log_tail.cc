#include "telemetry/log_tail.h"

#include <algorithm>

#include "base/error.h"

namespace weir {

namespace {

constexpr size_t kStepBytes = 1 << 20;

}  // namespace

std::vector<std::string> LogTail::DefaultPatterns() {
  return {"/var/log/*.log", "/var/log/*/*.log", "/var/log/syslog", "/var/log/messages"};
}

std::vector<std::string> LogTail::SyslogNames() {
  return {"syslog",   "messages", "auth.log", "kern.log", "daemon.log", "user.log",
          "mail.log", "cron.log", "secure",   "maillog",  "debug"};
}

void LogTail::Poll(const Take& take) {
  std::map<std::string, FileInfo> found;
  for (const std::string& pattern : options_.patterns) {
    // A folder that may not be read is no reason to leave out the others.
    (void)CatchError([&] {
      for (FileInfo& info : files_.Glob(pattern)) {
        const auto& left_out = options_.names_left_out;
        if (std::find(left_out.begin(), left_out.end(), FileName(info.path)) != left_out.end()) continue;
        found.emplace(info.path, info);
      }
    });
  }
  std::erase_if(followed_, [&](const auto& item) { return found.find(item.first) == found.end(); });
  for (const auto& [path, info] : found) {
    (void)CatchError([&] { PollFile(info, followed_[path], take); });
  }
}

// Where the last `lines_first` lines begin.
uint64_t LogTail::FindStart(RandomAccessFile& file, uint64_t size) const {
  const uint64_t floor = size > options_.bytes_first ? size - options_.bytes_first : 0;
  uint64_t lines = 0;
  for (uint64_t end = size; end > floor;) {
    const uint64_t begin = end - std::min<uint64_t>(end - floor, kStepBytes);
    const std::string text = file.ReadString(begin, end - begin);
    for (size_t i = text.size(); i-- > 0;) {
      // The newline that ends the file begins no line.
      if (text[i] == '\n' && begin + i + 1 != size && ++lines == options_.lines_first) return begin + i + 1;
    }
    end = begin;
  }
  if (floor == 0) return 0;
  // Inside a line, most likely: begin with the next one.
  const std::string text = file.ReadString(floor, std::min<uint64_t>(size - floor, kStepBytes));
  const size_t newline = text.find('\n');
  return newline == std::string::npos ? size : floor + newline + 1;
}

void LogTail::PollFile(const FileInfo& info, Followed& followed, const Take& take) {
  if (followed.found_start && info.size == followed.offset) return;
  const auto file = files_.OpenForRead(info.path);
  const uint64_t size = file->size();
  if (!followed.found_start) {
    followed.offset = FindStart(*file, size);
    followed.found_start = true;
  }
  if (size < followed.offset) followed.offset = 0;
  std::vector<std::string_view> lines;
  while (followed.offset < size) {
    const std::string text = file->ReadString(followed.offset, std::min<uint64_t>(size - followed.offset, kStepBytes));
    const auto hand_over = [&](size_t end, uint64_t begin_offset) {
      if (!lines.empty() && !take(info.path, lines)) return false;
      lines.clear();
      followed.offset = begin_offset + end;
      return true;
    };
    const uint64_t begin_offset = followed.offset;
    size_t at = 0;
    while (at < text.size()) {
      size_t end = text.find('\n', at);
      size_t next = end + 1;
      if (end == std::string::npos || end - at > options_.line_bytes_max) {
        // Not a whole line yet, unless it is too long to wait for.
        if (text.size() - at <= options_.line_bytes_max) break;
        end = next = at + options_.line_bytes_max;
      }
      std::string_view line(text.data() + at, end - at);
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (!line.empty()) lines.push_back(line);
      at = next;
      if (lines.size() >= options_.lines_batch && !hand_over(at, begin_offset)) return;
    }
    if (!hand_over(at, begin_offset)) return;
    if (at == 0) return;  // only the beginning of a line is there
  }
}

}  // namespace weir
