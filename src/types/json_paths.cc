#include "types/json_paths.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <optional>

#include "base/json_text.h"
#include "types/text_scan.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace weir {

namespace {

constexpr size_t kStepsMax = 100;
constexpr size_t kDepthMax = 64;

std::optional<int64_t> IndexIn(std::string_view text) {
  int64_t index = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return index;
}

bool IsJsonSpace(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

}  // namespace

const JsonDocument::Node* FollowStep(const JsonDocument& document, const JsonDocument::Node& node,
                                     JsonPathStep::Kind kind, std::string_view key, int64_t index) {
  if (kind == JsonPathStep::Kind::kIndex) return document.Element(node, index);
  if (kind == JsonPathStep::Kind::kKey || node.kind != JsonDocument::Kind::kArray) return document.Find(node, key);
  const auto found = IndexIn(key);
  return found.has_value() ? document.Element(node, *found) : nullptr;
}

JsonPaths::JsonPaths(std::vector<std::vector<JsonPathStep>> paths) : paths_(std::move(paths)), branches_(1) {
  std::vector<JsonPathStep::Kind> kinds(1);  // of the step that leads to each branch
  const auto find = [](const auto& list, const auto& key) {
    const auto at = std::ranges::find(list, key, [](const auto& entry) { return entry.first; });
    return at == list.end() ? std::nullopt : std::optional(at->second);
  };
  for (uint32_t path = 0; path < paths_.size(); ++path) {
    uint32_t at = 0;
    if (paths_[path].size() > kStepsMax) is_tree_ = false;  // one call a step
    branches_[0].below.push_back(path);
    for (const JsonPathStep& step : paths_[path]) {
      const bool is_key = step.kind != JsonPathStep::Kind::kIndex;
      std::optional<int64_t> index;
      if (!is_key) index.emplace(step.index);
      if (step.kind == JsonPathStep::Kind::kText) index = IndexIn(step.key);
      const auto by_key = is_key ? find(branches_[at].keys, step.key) : std::nullopt;
      const auto by_index = index.has_value() ? find(branches_[at].indices, *index) : std::nullopt;
      // Counting from the end needs the whole array, and one value does not continue in two branches.
      if (index.has_value() && *index < 0) is_tree_ = false;
      auto next = is_key ? by_key : by_index;
      if (next.has_value() && kinds[*next] != step.kind) is_tree_ = false;
      if (is_key && index.has_value() && by_key != by_index) is_tree_ = false;
      if (!next.has_value()) {
        next = static_cast<uint32_t>(branches_.size());
        branches_.emplace_back();
        kinds.push_back(step.kind);
        if (is_key) branches_[at].keys.emplace_back(step.key, *next);
        if (index.has_value()) branches_[at].indices.emplace_back(*index, *next);
      }
      at = *next;
      branches_[at].below.push_back(path);
    }
    branches_[at].ends.push_back(path);
  }
}

// Goes over a text whose root is an array or an object. Every step takes where it begins and returns where it ends, or
// null for what it leaves to the thorough way: errors, escaped keys, deep nesting. The text's last character is a
// bracket, which ends runs of anything but strings, so that only those and brackets look for the end.
class JsonPathWalker {
 public:
  using Kind = JsonDocument::Kind;
  JsonPathWalker(std::string_view text, const JsonPaths* paths, JsonPathScan* scan)
      : paths_(paths), scan_(scan), begin_(text.data()), end_(text.data() + text.size()) {}

  bool Run() {
    while (end_ > begin_ && IsJsonSpace(end_[-1])) --end_;
    if (begin_ == end_ || !IsClose(end_[-1])) return false;
    const char* const at = SkipSpace(begin_);
    return IsOpen(*at) && (paths_ == nullptr ? SkipContainer(at) : Walk(at, 0)) == end_;
  }

 private:
  static bool IsOpen(char c) { return c == '{' || c == '['; }
  static bool IsClose(char c) { return c == '}' || c == ']'; }
  static const char* SkipSpace(const char* at) {
    if (static_cast<uint8_t>(*at) > ' ') return at;
    while (IsJsonSpace(*at)) ++at;
    return at;
  }

  // The first quote, backslash or control character from there on, or the end.
  const char* EndOfPlain(const char* at) const {
#if defined(__SSE2__)
    const __m128i quotes = _mm_set1_epi8('"'), slashes = _mm_set1_epi8('\\'), controls = _mm_set1_epi8(0x1F);
    for (; end_ - at >= 16; at += 16) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
      const __m128i found = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quotes), _mm_cmpeq_epi8(bytes, slashes)),
                                         _mm_cmpeq_epi8(_mm_min_epu8(bytes, controls), bytes));
      const auto mask = static_cast<uint32_t>(_mm_movemask_epi8(found));
      if (mask != 0) return at + std::countr_zero(mask);
    }
#endif
    while (at < end_ && *at != '"' && *at != '\\' && static_cast<uint8_t>(*at) >= 0x20) ++at;
    return at;
  }

  // `at` is behind the opening quote.
  const char* SkipString(const char* at, bool& has_escapes) const {
    for (;;) {
      at = EndOfPlain(at);
      if (at == end_) return nullptr;
      if (*at == '"') return at + 1;
      if (*at != '\\') return nullptr;
      has_escapes = true;
      if (at[1] == 'u') {
        if (end_ - at < 6) return nullptr;
        for (size_t i = 2; i < 6; ++i) {
          if (HexDigit(at[i]) < 0) return nullptr;
        }
        at += 6;
      } else {
        if (std::string_view("\"\\/bfnrt").find(at[1]) == std::string_view::npos) return nullptr;
        at += 2;
      }
    }
  }

  const char* SkipDigits(const char* at) const {
    if (!IsDigit(*at)) return nullptr;
#if defined(__SSE2__)
    // Their number is hard to foresee, so that a loop over them would cost more.
    if (end_ - at >= 16) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
      const __m128i digits = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
      const __m128i found = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits);
      at += std::countr_zero(~static_cast<uint32_t>(_mm_movemask_epi8(found)));
    }
#endif
    while (IsDigit(*at)) ++at;
    return at;
  }
  const char* SkipNumber(const char* at) const {
    if (*at == '-') ++at;
    at = *at == '0' ? at + 1 : SkipDigits(at);
    if (at != nullptr && *at == '.') at = SkipDigits(at + 1);
    if (at != nullptr && (*at == 'e' || *at == 'E')) {
      ++at;
      if (*at == '+' || *at == '-') ++at;
      at = SkipDigits(at);
    }
    return at;
  }
  const char* SkipWord(const char* at, std::string_view word) const {
    const auto left = static_cast<size_t>(end_ - at);
    return left >= word.size() && std::memcmp(at, word.data(), word.size()) == 0 ? at + word.size() : nullptr;
  }
  // A value that is no container.
  const char* SkipScalar(const char* at, bool& has_escapes) const {
    switch (*at) {
      case '"':
        return SkipString(at + 1, has_escapes);
      case 't':
        return SkipWord(at, "true");
      case 'f':
        return SkipWord(at, "false");
      case 'n':
        return SkipWord(at, "null");
      default:
        return SkipNumber(at);
    }
  }
  // A key and its colon; ends where the value begins.
  const char* SkipKey(const char* at) const {
    bool has_escapes = false;
    if (*at != '"') return nullptr;
    at = SkipString(at + 1, has_escapes);
    if (at == nullptr) return nullptr;
    at = SkipSpace(at);
    return *at == ':' ? SkipSpace(at + 1) : nullptr;
  }

  const char* SkipContainer(const char* at) const {
    uint64_t is_object = 0;  // bits of the containers around, the innermost lowest
    size_t depth = 0;
    bool ignored = false;
    for (;;) {
      if (IsOpen(*at)) {
        if (++depth > kDepthMax) return nullptr;
        is_object = is_object << 1 | (*at == '{' ? 1 : 0);
        at = SkipSpace(at + 1);
        if (!IsClose(*at)) {
          if ((is_object & 1) != 0 && (at = SkipKey(at)) == nullptr) return nullptr;
          continue;
        }
      } else {
        at = SkipScalar(at, ignored);
        if (at == nullptr) return nullptr;
        at = SkipSpace(at);
      }
      while (*at == ((is_object & 1) != 0 ? '}' : ']')) {
        ++at;
        is_object >>= 1;
        if (--depth == 0) return at;
        if (at == end_) return nullptr;
        at = SkipSpace(at);
      }
      if (*at != ',') return nullptr;
      at = SkipSpace(at + 1);
      if ((is_object & 1) != 0 && (at = SkipKey(at)) == nullptr) return nullptr;
    }
  }

  const char* SkipValue(const char* at) const {
    bool ignored = false;
    return IsOpen(*at) ? SkipContainer(at) : SkipScalar(at, ignored);
  }

  // The value at a branch: notes it for the paths that end here, and follows those that go on.
  const char* Walk(const char* at, uint32_t branch) {
    const JsonPaths::Branch& paths = paths_->branches_[branch];
    const char* const begin = at;
    JsonDocument::Node node;
    switch (*at) {
      case '{':
        node.kind = Kind::kObject;
        at = WalkObject(at, paths, node.count);
        break;
      case '[':
        node.kind = Kind::kArray;
        at = WalkArray(at, paths, node.count);
        break;
      case '"':
        node.kind = Kind::kString;
        at = SkipString(at + 1, node.has_escapes);
        break;
      default:
        node.kind = *at == 'n' ? Kind::kNull : *at == 't' || *at == 'f' ? Kind::kBoolean : Kind::kNumber;
        at = SkipScalar(at, node.has_escapes);
    }
    if (at == nullptr) return nullptr;
    node.text = {begin, static_cast<size_t>(at - begin)};
    for (const uint32_t path : paths.ends) {
      scan_->found_[path] = node;
      scan_->is_found_[path] = 1;
    }
    return at;
  }

  // Of a repeated key the last value counts: nothing is left of those before.
  const char* WalkBranch(const char* at, uint32_t branch) {
    for (const uint32_t path : paths_->branches_[branch].below) scan_->is_found_[path] = 0;
    return Walk(at, branch);
  }

  // The branch below by its step; 0, the root, when none is wanted.
  template <typename Step>
  static uint32_t BranchOf(const std::vector<std::pair<Step, uint32_t>>& branches, const auto& step) {
    uint32_t branch = 0;
    for (const auto& [wanted, next] : branches) {
      if (wanted == step) branch = next;
    }
    return branch;
  }

  // A field's or an element's value; ends at what separates it from the next.
  const char* WalkMember(const char* at, uint32_t branch, uint32_t& count) {
    at = branch != 0 ? WalkBranch(at, branch) : SkipValue(at);
    ++count;
    return at == nullptr || at == end_ ? nullptr : SkipSpace(at);
  }

  const char* WalkObject(const char* at, const JsonPaths::Branch& paths, uint32_t& count) {
    at = SkipSpace(at + 1);
    if (*at == '}') return at + 1;
    for (;;) {
      if (*at != '"') return nullptr;
      const char* const begin = at + 1;
      bool has_escapes = false;
      at = SkipString(begin, has_escapes);
      // Keys below a branch are compared as they are written.
      if (at == nullptr || has_escapes) return nullptr;
      const std::string_view key(begin, static_cast<size_t>(at - 1 - begin));
      at = SkipSpace(at);
      if (*at != ':') return nullptr;
      at = WalkMember(SkipSpace(at + 1), BranchOf(paths.keys, key), count);
      if (at == nullptr) return nullptr;
      if (*at == '}') return at + 1;
      if (*at != ',') return nullptr;
      at = SkipSpace(at + 1);
    }
  }

  const char* WalkArray(const char* at, const JsonPaths::Branch& paths, uint32_t& count) {
    at = SkipSpace(at + 1);
    if (*at == ']') return at + 1;
    for (;;) {
      at = WalkMember(at, BranchOf(paths.indices, int64_t{count}), count);
      if (at == nullptr) return nullptr;
      if (*at == ']') return at + 1;
      if (*at != ',') return nullptr;
      at = SkipSpace(at + 1);
    }
  }

  const JsonPaths* paths_;
  JsonPathScan* scan_;
  const char* const begin_;
  const char* end_;
};

void JsonPathScan::Parse(std::string_view text) {
  std::ranges::fill(is_found_, 0);
  if (!paths_.is_tree_ || !JsonPathWalker(text, &paths_, this).Run()) ScanDocument(text);
}

void JsonPathScan::ScanDocument(std::string_view text) {
  document_.Parse(text);
  for (size_t i = 0; i < paths_.size(); ++i) {
    const JsonDocument::Node* node = &document_.root();
    for (const JsonPathStep& step : paths_.paths()[i]) {
      node = FollowStep(document_, *node, step.kind, step.key, step.index);
      if (node == nullptr) break;
    }
    is_found_[i] = node != nullptr ? 1 : 0;
    if (node != nullptr) found_[i] = *node;
  }
}

bool IsPlainlyJson(std::string_view text) {
  return JsonPathWalker(text, nullptr, nullptr).Run();
}

}  // namespace weir
