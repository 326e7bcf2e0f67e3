#include "env/glob.h"

#include <algorithm>
#include <span>

#include "base/error.h"

namespace weir {
namespace {

constexpr size_t kAlternativesMax = 1024;

// Doubled slashes count as one.
std::vector<std::string> Split(std::string_view path) {
  std::vector<std::string> parts;
  size_t begin = 0;
  for (;;) {
    const size_t slash = path.find('/', begin);
    const std::string_view part = path.substr(begin, slash == std::string_view::npos ? slash : slash - begin);
    if (!part.empty() || parts.empty()) parts.emplace_back(part);
    if (slash == std::string_view::npos) return parts;
    begin = slash + 1;
  }
}

// The position after the bracket expression that starts at `at`, or npos when it is not closed.
size_t SetEnd(std::string_view pattern, size_t at) {
  size_t i = at + 1;
  if (i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^')) ++i;
  if (i < pattern.size() && pattern[i] == ']') ++i;  // a leading one is a member
  for (; i < pattern.size(); ++i) {
    if (pattern[i] == '\\')
      ++i;
    else if (pattern[i] == ']')
      return i + 1;
  }
  return std::string_view::npos;
}

bool SetHas(std::string_view set, char wanted) {  // with its brackets
  size_t i = 1;
  const bool negated = set[i] == '!' || set[i] == '^';
  if (negated) ++i;
  bool found = false;
  const size_t end = set.size() - 1;
  const auto take = [&] {
    if (set[i] == '\\' && i + 1 < end) ++i;
    return static_cast<uint8_t>(set[i++]);
  };
  while (i < end) {
    const uint8_t low = take();
    uint8_t high = low;
    if (i + 1 < end && set[i] == '-') {
      ++i;
      high = take();
    }
    const auto character = static_cast<uint8_t>(wanted);
    found = found || (low <= character && character <= high);
  }
  return found != negated;
}

// One part against one part. Linear but for the number of stars: only the last star is ever retried.
bool PartMatches(std::string_view pattern, std::string_view name) {
  if (!name.empty() && name[0] == '.' && (pattern.empty() || pattern[0] != '.')) return false;
  size_t p = 0;
  size_t n = 0;
  size_t star = std::string_view::npos;
  size_t star_name = 0;
  while (n < name.size()) {
    bool matched = false;
    if (p < pattern.size()) {
      switch (pattern[p]) {
        case '*':
          star = ++p;
          star_name = n;
          continue;
        case '?': {
          // One character of UTF-8.
          do ++n;
          while (n < name.size() && (static_cast<uint8_t>(name[n]) & 0xC0) == 0x80);
          ++p;
          continue;
        }
        case '[': {
          const size_t end = SetEnd(pattern, p);
          matched = SetHas(pattern.substr(p, end - p), name[n]);
          if (matched) p = end;
          break;
        }
        case '\\': {
          const size_t literal = p + 1 < pattern.size() ? p + 1 : p;
          matched = pattern[literal] == name[n];
          if (matched) p = literal + 1;
          break;
        }
        default:
          matched = pattern[p] == name[n];
          if (matched) ++p;
      }
    }
    if (matched) {
      ++n;
      continue;
    }
    if (star == std::string_view::npos) return false;
    p = star;
    n = ++star_name;
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

// `prefix`: is there a path below `path` that matches?
bool PartsMatch(std::span<const std::string> pattern, std::span<const std::string> path, bool prefix) {
  if (path.empty()) return prefix ? !pattern.empty() : pattern.empty();
  if (pattern.empty()) return false;
  if (pattern.size() == 1 && pattern[0] == "**") {
    // At the end it stands for the files below, too.
    return std::ranges::none_of(path, [](const std::string& part) { return part.starts_with('.'); });
  }
  if (pattern[0] == "**") {
    if (PartsMatch(pattern.subspan(1), path, prefix)) return true;
    return !path[0].starts_with('.') && PartsMatch(pattern, path.subspan(1), prefix);
  }
  return PartMatches(pattern[0], path[0]) && PartsMatch(pattern.subspan(1), path.subspan(1), prefix);
}

// Appends what the first brace group of `pattern` expands to, recursively.
void ExpandBraces(const std::string& pattern, std::vector<std::string>& out) {
  size_t open = std::string::npos;
  size_t close = std::string::npos;
  std::vector<size_t> commas;
  int depth = 0;
  for (size_t i = 0; i < pattern.size() && close == std::string::npos; ++i) {
    switch (pattern[i]) {
      case '\\':
        ++i;
        break;
      case '[': {
        const size_t end = SetEnd(pattern, i);
        if (end == std::string::npos) {
          throw Error::User(sqlstate::kInvalidParameterValue, "unclosed [ in file pattern: {}", pattern);
        }
        i = end - 1;
        break;
      }
      case '{':
        if (depth++ == 0) open = i;
        break;
      case ',':
        if (depth == 1) commas.push_back(i);
        break;
      case '}':
        if (depth == 0) break;  // a brace by itself
        --depth;
        if (depth == 0) close = i;
        break;
      default:
        break;
    }
  }
  if (depth > 0) throw Error::User(sqlstate::kInvalidParameterValue, "unclosed {{ in file pattern: {}", pattern);
  if (open == std::string::npos) {
    if (out.size() >= kAlternativesMax) {
      throw Error::User(sqlstate::kProgramLimitExceeded, "file pattern has too many alternatives: {}", pattern);
    }
    out.push_back(pattern);
    return;
  }
  commas.push_back(close);
  size_t begin = open + 1;
  for (const size_t end : commas) {
    ExpandBraces(pattern.substr(0, open) + pattern.substr(begin, end - begin) + pattern.substr(close + 1), out);
    begin = end + 1;
  }
}

}  // namespace

bool HasGlob(std::string_view pattern) {
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\')
      ++i;
    else if (std::string_view("*?[{").find(pattern[i]) != std::string_view::npos)
      return true;
  }
  return false;
}

std::string UnescapeGlob(std::string_view pattern) {
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
    out += pattern[i];
  }
  return out;
}

bool GlobMatches(std::string_view pattern, std::string_view path) {
  return GlobPattern(pattern).Matches(path);
}

GlobPattern::GlobPattern(std::string_view pattern) {
  std::vector<std::string> expanded;
  ExpandBraces(std::string(pattern), expanded);
  for (const std::string& one : expanded) {
    alternatives_.push_back(Split(one));
    // Neighbouring ** say the same as one.
    const auto repeated = std::ranges::unique(
        alternatives_.back(), [](const std::string& a, const std::string& b) { return a == "**" && b == "**"; });
    alternatives_.back().erase(repeated.begin(), repeated.end());
  }
  const std::vector<std::string> parts = Split(pattern);
  std::string fixed;
  for (size_t i = 0; i + 1 < parts.size() && !HasGlob(parts[i]); ++i) {
    fixed += (i == 0 ? "" : "/") + UnescapeGlob(parts[i]);
  }
  fixed_directory_ = fixed.empty() && pattern.starts_with('/') ? "/" : fixed;
}

bool GlobPattern::Matches(std::string_view path) const {
  const std::vector<std::string> parts = Split(path);
  return std::ranges::any_of(alternatives_, [&](const Parts& pattern) { return PartsMatch(pattern, parts, false); });
}

bool GlobPattern::MayMatchBelow(std::string_view directory) const {
  const std::vector<std::string> parts = Split(directory);
  return std::ranges::any_of(alternatives_, [&](const Parts& pattern) { return PartsMatch(pattern, parts, true); });
}

}  // namespace weir
