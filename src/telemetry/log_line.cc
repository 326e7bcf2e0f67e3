#include "telemetry/log_line.h"

#include <array>
#include <cctype>
#include <chrono>

#include "telemetry/proc_file.h"

namespace weir {

namespace {

// Reads from the front of a text; every step fails by returning false.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}
  bool Number(size_t digits, int& out) {
    if (text_.size() < digits) return false;
    out = 0;
    for (size_t i = 0; i < digits; ++i) {
      if (text_[i] < '0' || text_[i] > '9') return false;
      out = out * 10 + (text_[i] - '0');
    }
    text_.remove_prefix(digits);
    return true;
  }
  bool Take(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool MonthName(int& month) {
    constexpr std::string_view kNames = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (text_.size() < 3) return false;
    const size_t at = kNames.find(text_.substr(0, 3));
    if (at == std::string_view::npos || at % 3 != 0) return false;
    month = static_cast<int>(at / 3) + 1;
    text_.remove_prefix(3);
    return true;
  }
  // ".123456" or ",123".
  void Fraction(int64_t& nanos) {
    if (text_.size() < 2 || (text_[0] != '.' && text_[0] != ',') || text_[1] < '0' || text_[1] > '9') return;
    text_.remove_prefix(1);
    for (int64_t unit = kNanosPerSecond / 10; !text_.empty() && text_[0] >= '0' && text_[0] <= '9'; unit /= 10) {
      nanos += unit * (text_[0] - '0');
      text_.remove_prefix(1);
    }
  }
  // "Z", "+02", "+0200", "+02:00", or nothing.
  void Offset(int64_t& seconds) {
    if (Take('Z')) return;
    const std::string_view before = text_;
    const bool negative = !text_.empty() && text_[0] == '-';
    int hours = 0, minutes = 0;
    if (!(Take('+') || Take('-')) || !Number(2, hours)) {
      text_ = before;
      return;
    }
    Take(':');
    Number(2, minutes);
    seconds = (hours * 3600 + minutes * 60) * (negative ? -1 : 1);
  }
  void SkipBlanks() {
    while (Take(' ') || Take('\t')) {
    }
  }
  std::string_view rest() const { return text_; }

 private:
  std::string_view text_;
};

std::optional<UnixNanos> ToUnix(int year, int month, int day, int hour, int minute, int second) {
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60 || year < 1970 || year > 2200) return std::nullopt;
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return (((days * 24 + hour) * 60 + minute) * 60 + second) * kNanosPerSecond;
}

bool ReadClock(Scanner& in, int& hour, int& minute, int& second) {
  return in.Number(2, hour) && in.Take(':') && in.Number(2, minute) && in.Take(':') && in.Number(2, second);
}

bool ReadIso(std::string_view line, ParsedLogLine& out) {
  Scanner in(line);
  const bool bracket = in.Take('[');
  int year, month, day, hour, minute, second;
  if (!(in.Number(4, year) && (in.Take('-') || in.Take('/')) && in.Number(2, month) && (in.Take('-') || in.Take('/')) &&
        in.Number(2, day))) {
    return false;
  }
  if (!in.Take('T')) in.SkipBlanks();
  if (!ReadClock(in, hour, minute, second)) return false;
  int64_t nanos = 0, offset = 0;
  in.Fraction(nanos);
  in.Offset(offset);
  const auto time = ToUnix(year, month, day, hour, minute, second);
  if (!time.has_value()) return false;
  out.time = *time + nanos - offset * kNanosPerSecond;
  if (bracket) in.Take(']');
  in.SkipBlanks();
  out.message = in.rest();
  return true;
}

// "host program[123]: message" after the time.
void ReadSyslogTag(std::string_view text, ParsedLogLine& out) {
  const size_t host_end = text.find(' ');
  const size_t colon = text.find(": ");
  if (host_end == std::string_view::npos || colon == std::string_view::npos || colon < host_end) return;
  std::string_view tag = text.substr(host_end + 1, colon - host_end - 1);
  if (tag.find(' ') != std::string_view::npos) return;
  if (const size_t open = tag.find('['); open != std::string_view::npos && tag.ends_with(']')) {
    out.process_id = NumberOr0(tag.substr(open + 1));
    tag = tag.substr(0, open);
  }
  out.program = tag;
  out.message = text.substr(colon + 2);
}

bool ReadSyslog(std::string_view line, UnixNanos now, ParsedLogLine& out) {
  Scanner in(line);
  int month, day, hour, minute, second;
  if (!in.MonthName(month) || !in.Take(' ')) return false;
  if (!(in.Take(' ') ? in.Number(1, day) : in.Number(2, day)) || !in.Take(' ')) return false;
  if (!ReadClock(in, hour, minute, second) || !in.Take(' ')) return false;
  const std::chrono::year_month_day today{std::chrono::sys_days(std::chrono::days(now / (86'400 * kNanosPerSecond)))};
  int year = static_cast<int>(today.year());
  auto time = ToUnix(year, month, day, hour, minute, second);
  // In January, lines of December are last year's; clocks may differ by a day.
  if (time.has_value() && *time > now + 86'400 * kNanosPerSecond) {
    time = ToUnix(year - 1, month, day, hour, minute, second);
  }
  if (!time.has_value()) return false;
  out.time = time;
  out.message = in.rest();
  ReadSyslogTag(in.rest(), out);
  return true;
}

void ReadWebServer(std::string_view line, ParsedLogLine& out) {
  const size_t open = line.find('[');
  if (open == std::string_view::npos || open > 200) return;
  Scanner in(line.substr(open + 1));
  int year, month, day, hour, minute, second;
  if (!(in.Number(2, day) && in.Take('/') && in.MonthName(month) && in.Take('/') && in.Number(4, year) &&
        in.Take(':') && ReadClock(in, hour, minute, second))) {
    return;
  }
  in.SkipBlanks();
  int64_t offset = 0;
  in.Offset(offset);
  if (const auto time = ToUnix(year, month, day, hour, minute, second)) {
    out.time = *time - offset * kNanosPerSecond;
  }
}

// "Start-Date: 2024-01-31  10:00:00", as APT writes; the message is the whole line.
void ReadLabeled(std::string_view line, ParsedLogLine& out) {
  const size_t colon = line.find(": ");
  if (colon == std::string_view::npos || colon > 40) return;
  ParsedLogLine labeled;
  if (ReadIso(line.substr(colon + 2), labeled)) out.time = labeled.time;
}

bool IsLetter(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0;
}

struct SeverityWord {
  std::string_view word;  // in capitals
  int32_t number;
};
constexpr SeverityWord kSeverityWords[] = {
    {"TRACE", 1},  {"DEBUG", 5},  {"INFO", 9},      {"NOTICE", 10}, {"WARN", 13},   {"WARNING", 13},
    {"ERR", 17},   {"ERROR", 17}, {"CRITICAL", 18}, {"CRIT", 18},   {"SEVERE", 17}, {"FATAL", 21},
    {"PANIC", 21}, {"EMERG", 21}, {"ALERT", 19},    {"FAILED", 17}, {"FAILURE", 17}};

// The first word near the beginning that names a severity.
void ReadSeverity(ParsedLogLine& out) {
  constexpr size_t kLookBytes = 160;
  const std::string_view text = out.message.substr(0, kLookBytes);
  std::array<char, 8> upper;
  for (size_t at = 0; at < text.size();) {
    if (!IsLetter(text[at])) {
      ++at;
      continue;
    }
    size_t end = at;
    while (end < text.size() && IsLetter(text[end])) ++end;
    // "libgpg-error0" names a package.
    const bool part_of_name = (at != 0 && text[at - 1] == '-') ||
                              (end < text.size() && (text[end] == '-' || (text[end] >= '0' && text[end] <= '9')));
    if (!part_of_name && end - at <= upper.size()) {
      for (size_t i = at; i < end; ++i) {
        upper[i - at] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[i])));
      }
      for (const SeverityWord& word : kSeverityWords) {
        if (word.word != std::string_view(upper.data(), end - at)) continue;
        out.severity_number = word.number;
        out.severity_text = word.word;
        return;
      }
    }
    at = end;
  }
}

}  // namespace

ParsedLogLine ParseLogLine(std::string_view line, UnixNanos now) {
  ParsedLogLine out;
  out.message = line;
  if (!ReadIso(line, out) && !ReadSyslog(line, now, out)) ReadWebServer(line, out);
  if (!out.time.has_value()) ReadLabeled(line, out);
  if (out.message.empty()) out.message = line;
  ReadSeverity(out);
  return out;
}

}  // namespace weir
