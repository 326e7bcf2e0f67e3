#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "types/json_document.h"

namespace weir {

// One step into a JSON value.
struct JsonPathStep {
  enum class Kind : uint8_t { kKey, kIndex, kText };  // kText, of #>: an index of arrays, a key of objects
  Kind kind = Kind::kKey;
  std::string key;
  int64_t index = 0;  // negative: from the end
};

// Where one step leads from a node of the document, or null.
const JsonDocument::Node* FollowStep(const JsonDocument& document, const JsonDocument::Node& node,
                                     JsonPathStep::Kind kind, std::string_view key, int64_t index = 0);

// Several paths into JSON texts, found in one pass over each text, which checks all of it and takes apart nothing.
// Immutable; shared by threads.
class JsonPaths {
 public:
  explicit JsonPaths(std::vector<std::vector<JsonPathStep>> paths);

  size_t size() const { return paths_.size(); }
  const std::vector<std::vector<JsonPathStep>>& paths() const { return paths_; }

 private:
  friend class JsonPathScan;
  friend class JsonPathWalker;
  // The paths as a tree: those with the same first steps share them.
  struct Branch {
    std::vector<std::pair<std::string, uint32_t>> keys;  // and the branch below
    std::vector<std::pair<int64_t, uint32_t>> indices;
    std::vector<uint32_t> ends;   // the paths that end here
    std::vector<uint32_t> below;  // those and the ones that go on
  };
  std::vector<std::vector<JsonPathStep>> paths_;
  std::vector<Branch> branches_;  // the root first
  bool is_tree_ = true;           // false: some step is for documents only
};

// The memory of such passes. Borrows the paths.
class JsonPathScan {
 public:
  explicit JsonPathScan(const JsonPaths& paths) : paths_(paths), found_(paths.size()), is_found_(paths.size()) {}

  // Throws as JsonDocument does when the text is no JSON.
  void Parse(std::string_view text);
  // What path i led to in the last text, or null; nodes know their kind, text and count, not their place.
  const JsonDocument::Node* found(size_t i) const { return is_found_[i] != 0 ? &found_[i] : nullptr; }

 private:
  friend class JsonPathWalker;
  void ScanDocument(std::string_view text);

  const JsonPaths& paths_;
  std::vector<JsonDocument::Node> found_;
  std::vector<uint8_t> is_found_;
  JsonDocument document_;
};

// Whether the text is one JSON value, in one quick pass. False also for texts that only the thorough way can tell.
bool IsPlainlyJson(std::string_view text);

}  // namespace weir
