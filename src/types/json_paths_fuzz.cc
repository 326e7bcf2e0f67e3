#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/error.h"
#include "types/json_paths.h"

namespace weir {

namespace {

const JsonDocument::Node* Follow(const JsonDocument& document, const std::vector<JsonPathStep>& path) {
  const JsonDocument::Node* node = &document.root();
  for (const JsonPathStep& step : path) {
    if (node == nullptr) return nullptr;
    node =
        step.kind == JsonPathStep::Kind::kIndex ? document.Element(*node, step.index) : document.Find(*node, step.key);
  }
  return node;
}

}  // namespace

// The input is a text: in one pass the same must be found, or the same error, as by taking it apart.
void FuzzJsonPaths(std::span<const uint8_t> bytes) {
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  using enum JsonPathStep::Kind;
  static const JsonPaths paths({{{kKey, "a", 0}},
                                {{kKey, "a", 0}, {kKey, "b", 0}},
                                {{kKey, "a", 0}, {kIndex, "", 1}},
                                {{kKey, "l", 0}, {kIndex, "", 0}, {kKey, "a", 0}},
                                {{kIndex, "", 2}},
                                {}});
  JsonPathScan scan(paths);
  std::optional<JsonDocument> document;
  const std::unique_ptr<Error> expected = CatchError([&] { document.emplace(text); });
  const std::unique_ptr<Error> failed = CatchError([&] { scan.Parse(text); });
  WEIR_CHECK((failed == nullptr) == (expected == nullptr), "one of two passes takes the text");
  if (expected != nullptr) {
    WEIR_CHECK(failed->message() == expected->message(), "{} and {}", failed->message(), expected->message());
    WEIR_CHECK(!IsPlainlyJson(text), "plainly JSON: {}", expected->message());
    return;
  }
  for (size_t i = 0; i < paths.size(); ++i) {
    const JsonDocument::Node* node = Follow(*document, paths.paths()[i]);
    const JsonDocument::Node* found = scan.found(i);
    WEIR_CHECK((node == nullptr) == (found == nullptr), "path {} leads somewhere in one of two passes", i);
    if (node == nullptr) continue;
    WEIR_CHECK(node->text == found->text && node->kind == found->kind, "path {}: {} and {}", i, node->text,
               found->text);
  }
}

std::vector<std::string> FuzzJsonPathsSeeds() {
  return {R"({"a": {"b": [1, 2]}, "l": [{"a": null}, 3]})",
          R"({"a": [1, -2.5e3, "x\u00e9\n"], "a": {"b": true, "b": {}}, "\u0061": 7})",
          R"([0, "}", {"a": "\"[", "l": []}, [[[]]]])", R"({"l": [[], {"a": {"a": 1}}], "ab": "a", "": {}})",
          "  \t{ \"a\" : false } \n"};
}

}  // namespace weir
