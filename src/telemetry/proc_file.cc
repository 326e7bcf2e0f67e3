#include "telemetry/proc_file.h"

#include <charconv>

#include "base/error.h"

namespace weir {

std::string ReadProcFile(FileSystem& files, const std::string& path) {
  std::string text;
  (void)CatchError([&] {
    constexpr size_t kStepBytes = 16 << 10, kBytesMax = 8 << 20;
    const auto file = files.OpenForRead(path);
    while (text.size() < kBytesMax) {
      const size_t before = text.size();
      text.resize(before + kStepBytes);
      const size_t got = file->Read(before, {reinterpret_cast<uint8_t*>(text.data()) + before, kStepBytes});
      text.resize(before + got);
      if (got < kStepBytes) break;
    }
  });
  return text;
}

std::vector<std::string_view> SplitLines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::vector<std::string_view> SplitFields(std::string_view line) {
  std::vector<std::string_view> fields;
  constexpr std::string_view kBlanks = " \t";
  for (size_t at = line.find_first_not_of(kBlanks); at != std::string_view::npos;) {
    const size_t end = line.find_first_of(kBlanks, at);
    fields.push_back(line.substr(at, end == std::string_view::npos ? end : end - at));
    at = line.find_first_not_of(kBlanks, end);
  }
  return fields;
}

int64_t NumberOr0(std::string_view text) {
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

double DecimalOr0(std::string_view text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace weir
