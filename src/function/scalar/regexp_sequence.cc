#include "function/scalar/regexp_sequence.h"

#include <algorithm>
#include <cstring>

#include "base/find_text.h"
#include "function/scalar/regexp_sequence_parser.h"
#include "function/scalar/utf8.h"

namespace weir {

namespace {

constexpr uint32_t kNoMax = UINT32_MAX;

}  // namespace

std::unique_ptr<const RegexpSequence> RegexpSequence::Parse(std::string_view pattern, bool dot_matches_newline) {
  auto out = std::make_unique<RegexpSequence>();
  if (!RegexpSequenceParser(pattern, dot_matches_newline, *out).Parse()) return nullptr;
  out->FindStarts();
  return out;
}

void RegexpSequence::FindStarts() {
  starts_.resize(nodes_.size());
  for (size_t i = nodes_.size(); i-- > 0;) {
    Node& node = nodes_[i];
    Start& start = starts_[i];
    switch (node.kind) {
      case Kind::kMatch:
        start.with.fill(true);
        start.with_end = true;
        break;
      case Kind::kEndOfText:
        start.with_end = starts_[i + 1].with_end;
        break;
      case Kind::kText:
        start.with[static_cast<uint8_t>(texts_[node.begin])] = true;
        break;
      case Kind::kSave:
        start = starts_[i + 1];
        break;
      case Kind::kOptional:
        start = starts_[i + 1];
        for (size_t c = 0; c < 256; ++c) start.with[c] = start.with[c] || starts_[i + node.skip].with[c];
        start.with_end = start.with_end || starts_[i + node.skip].with_end;
        break;
      case Kind::kSet: {
        const Set& set = sets_[node.begin];
        const Start& next = starts_[i + 1];
        node.keeps_all = true;
        for (size_t c = 0; c < 256; ++c) {
          if (set.has[c] && next.with[c]) node.keeps_all = false;
          start.with[c] = set.has[c] || (node.min == 0 && next.with[c]);
        }
        start.with_end = node.min == 0 && next.with_end;
        break;
      }
    }
  }
  for (const Node& node : nodes_) {
    if (node.kind == Kind::kSave) continue;
    if (node.kind == Kind::kText) prefix_ = std::string_view(texts_).substr(node.begin, node.end - node.begin);
    break;
  }
}

struct RegexpSequence::Run {
  const char* end;
  int64_t steps;  // that are left
  Groups& groups;
};

// Takes as many characters as there may be, or tries how many. `at` is where the rest goes on; false: nowhere, or the
// rest has been matched (then steps are left and groups[1] is set).
bool RegexpSequence::MatchSet(Run& run, size_t i, const char*& at) const {
  const Node& node = nodes_[i];
  const Set& set = sets_[node.begin];
  const char* const end = run.end;
  const char* least = at;  // after the fewest characters
  uint32_t count = 0;
  const auto is_next = [&](const char* p) { return p != end && set.has[static_cast<uint8_t>(*p)]; };
  const auto step = [&](const char* p) { return std::min(p + Utf8Width(*p), end); };
  for (; count < node.min; ++count) {
    if (!is_next(least)) return false;
    least = step(least);
  }
  run.steps -= static_cast<int64_t>(count);
  if (node.lazy) {
    for (const char* p = least;;) {
      if (CanStart(i + 1, p, end) && MatchFrom(run, i + 1, p)) return false;
      if (--run.steps < 0 || count++ >= node.max || !is_next(p)) return false;
      p = step(p);
    }
  }
  const char* most = least;
  if (node.max == kNoMax) {
    // Of what is beyond ASCII a set has all or nothing: bytes will do.
    if (set.has_all) {
      most = end;
    } else {
      while (is_next(most)) ++most;
      run.steps -= most - least;
    }
  } else {
    for (; count < node.max && is_next(most); ++count) most = step(most);
    run.steps -= most - least;
  }
  if (node.keeps_all) {
    at = most;
    return true;
  }
  for (const char* p = most;; --p) {
    if (!(p != end && IsUtf8Continuation(*p)) && CanStart(i + 1, p, end) && MatchFrom(run, i + 1, p)) return false;
    if (--run.steps < 0 || p == least) return false;
  }
}

bool RegexpSequence::MatchFrom(Run& run, size_t i, const char* at) const {
  for (;;) {
    const Node& node = nodes_[i];
    switch (node.kind) {
      case Kind::kText: {
        const size_t size = node.end - node.begin;
        if (static_cast<size_t>(run.end - at) < size || std::memcmp(at, texts_.data() + node.begin, size) != 0) {
          return false;
        }
        at += size;
        ++i;
        break;
      }
      case Kind::kSet:
        if (!MatchSet(run, i, at)) return run.groups[1] != nullptr;
        ++i;
        break;
      case Kind::kSave:
        run.groups[node.begin] = at;
        ++i;
        break;
      case Kind::kOptional: {
        if (--run.steps < 0) return false;
        const size_t skip = i + node.skip;
        if (!node.lazy) {
          if (CanStart(i + 1, at, run.end) && MatchFrom(run, i + 1, at)) return true;
          if (run.steps < 0) return false;
        }
        std::fill(run.groups.begin() + node.begin, run.groups.begin() + node.end, nullptr);
        if (node.lazy) {
          if (CanStart(skip, at, run.end) && MatchFrom(run, skip, at)) return true;
          if (run.steps < 0) return false;
        }
        i = node.lazy ? i + 1 : skip;
        break;
      }
      case Kind::kEndOfText:
        if (at != run.end) return false;
        ++i;
        break;
      case Kind::kMatch:
        run.groups[1] = at;
        return true;
    }
  }
}

RegexpSequence::Result RegexpSequence::Match(std::string_view text, size_t from, Groups& groups) const {
  constexpr int64_t kStepsPerByte = 4;
  if (text.data() == nullptr) text = "";  // null says that there is no match
  Run run{text.data() + text.size(), 256 + static_cast<int64_t>(text.size() - from) * kStepsPerByte, groups};
  if (anchored_ && from != 0) return Result::kNone;
  for (const char* at = text.data() + from;; ++at) {
    if (!anchored_) {
      if (!prefix_.empty()) {
        const size_t place = FindText(text, prefix_, static_cast<size_t>(at - text.data()));
        if (place == text.npos) return Result::kNone;
        at = text.data() + place;
      } else {
        while (at != run.end && (IsUtf8Continuation(*at) || !CanStart(0, at, run.end))) ++at;
      }
    }
    if (CanStart(0, at, run.end)) {
      groups.fill(nullptr);
      groups[0] = at;
      if (MatchFrom(run, 0, at)) return Result::kMatch;
      if (--run.steps < 0) return Result::kGaveUp;
    }
    if (anchored_ || at == run.end) return Result::kNone;
  }
}

}  // namespace weir
