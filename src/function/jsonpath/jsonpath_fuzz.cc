#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/utf8.h"
#include "function/jsonpath/evaluator.h"

namespace weir {

// The input is a path, run over one document of all kinds of values; the first byte chooses its mode.
void FuzzJsonPath(std::span<const uint8_t> bytes) {
  if (bytes.empty()) return;
  const std::string text(reinterpret_cast<const char*>(bytes.data()) + 1, bytes.size() - 1);
  if (FindInvalidUtf8(text) != std::string::npos || text.size() > 1000) return;
  const jsonpath::Path path = jsonpath::ParsePath(text);
  const JsonDocument document(
      R"({"a": [1, -2.5, 1e3, "x\u00e9", null, true, {"b": []}], "c": {"d": "2024-01-01T10:00:00+02"}, "": "abc"})");
  const JsonDocument variables(R"({"x": 1, "y": "ab", "z": [1, {"q": null}]})");
  jsonpath::Evaluator evaluator(path, (bytes[0] & 1) != 0 ? "UTC" : "", (bytes[0] & 2) != 0);
  std::vector<jsonpath::Item> found;
  evaluator.Query(document, &variables, found);
  std::string out;
  for (const jsonpath::Item& item : found) jsonpath::AppendItem(item, out);
  evaluator.Exists(document, &variables);
}

std::vector<std::string> FuzzJsonPathSeeds() {
  std::vector<std::string> seeds;
  for (const char choice : {'\x00', '\x01', '\x02'}) {
    for (const char* path : {
             "$",
             "strict $.a[last - 1 to last]",
             "lax $.a[0, 2 to 3].type()",
             "$.** ? (@.d starts with \"20\")",
             "$.c.d.datetime() < \"2024-01-02\".datetime(\"YYYY-MM-DD\")",
             "$.a[*] ? (@ > $x && !(@ == 2))",
             "exists($.a ? (@ like_regex \"^x\" flag \"iq\")) || ($.b == 1) is unknown",
             "-$.a[*] * 2 / +3 % 4",
             "$.c.keyvalue().key",
             "$.\"a\".size().abs().floor().ceiling().double()",
             "$.*{1 to last}",
             "$z[*].q == null",
             "(1 + 2) /* comment */ == $.a[0]",
         }) {
      seeds.push_back(std::string(1, choice) + path);
    }
  }
  return seeds;
}

}  // namespace weir
