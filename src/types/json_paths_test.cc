#include "types/json_paths.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>

#include "base/error.h"

namespace weir {

namespace {

using Kind = JsonPathStep::Kind;
using Path = std::vector<JsonPathStep>;

JsonPathStep Key(std::string key) {
  return {Kind::kKey, std::move(key), 0};
}
JsonPathStep Index(int64_t index) {
  return {Kind::kIndex, "", index};
}
JsonPathStep Text(std::string text) {
  return {Kind::kText, std::move(text), 0};
}

// What is found, one path a line; "-" where nothing is.
std::string Scan(std::string_view text, const std::vector<Path>& paths) {
  const JsonPaths of(paths);
  JsonPathScan scan(of);
  scan.Parse(text);
  std::string out;
  for (size_t i = 0; i < paths.size(); ++i) {
    if (i != 0) out += '\n';
    const JsonDocument::Node* node = scan.found(i);
    out += node == nullptr ? "-" : std::string(node->text);
  }
  return out;
}

// The slow and obvious way.
const JsonDocument::Node* Follow(const JsonDocument& document, const Path& path) {
  const JsonDocument::Node* node = &document.root();
  for (const JsonPathStep& step : path) {
    if (node == nullptr) return nullptr;
    if (step.kind == Kind::kIndex) {
      node = document.Element(*node, step.index);
    } else if (step.kind == Kind::kText && node->kind == JsonDocument::Kind::kArray) {
      const bool is_number = !step.key.empty() && step.key.find_first_not_of("-0123456789") == std::string::npos;
      node = is_number ? document.Element(*node, std::stoll(step.key)) : nullptr;
    } else {
      node = document.Find(*node, step.key);
    }
  }
  return node;
}

void ExpectSame(const std::string& text, const std::vector<Path>& paths) {
  const JsonPaths of(paths);
  JsonPathScan scan(of);
  std::optional<JsonDocument> document;
  std::string expected_error, error;
  try {
    document.emplace(text);
  } catch (const Error& thrown) {
    expected_error = thrown.message() + thrown.detail();
  }
  try {
    scan.Parse(text);
  } catch (const Error& thrown) {
    error = thrown.message() + thrown.detail();
  }
  EXPECT_EQ(error, expected_error) << text;
  if (!document.has_value()) {
    EXPECT_FALSE(IsPlainlyJson(text)) << text;
    return;
  }
  for (size_t i = 0; i < paths.size(); ++i) {
    const JsonDocument::Node* expected = Follow(*document, paths[i]);
    const JsonDocument::Node* found = scan.found(i);
    ASSERT_EQ(found == nullptr, expected == nullptr) << text << " path " << i;
    if (found == nullptr) continue;
    EXPECT_EQ(found->text.data(), expected->text.data()) << text;
    EXPECT_EQ(found->text.size(), expected->text.size()) << text;
    EXPECT_EQ(found->kind, expected->kind) << text;
    EXPECT_EQ(found->count, expected->count) << text;
    EXPECT_EQ(found->has_escapes, expected->has_escapes) << text;
  }
}

const std::vector<Path> kPaths = {{},
                                  {Key("a")},
                                  {Key("a"), Key("b")},
                                  {Key("a"), Key("b"), Key("c")},
                                  {Key("b")},
                                  {Key("a"), Index(1)},
                                  {Key("a"), Index(1), Key("b")},
                                  {Index(0)},
                                  {Index(2), Key("a")},
                                  {Key("long key of more than sixteen bytes"), Key("a")}};

}  // namespace

TEST(JsonPaths, FindsSeveralAtOnce) {
  EXPECT_EQ(Scan(R"( {"a" : {"b":1, "c":"x"}, "d":[1,2,{"e":null}]} )",
                 {{Key("a"), Key("b")}, {Key("a")}, {Key("d"), Index(2), Key("e")}, {Key("x")}, {Key("a"), Index(0)}}),
            "1\n{\"b\":1, \"c\":\"x\"}\nnull\n-\n-");
  EXPECT_EQ(Scan("[[1,2],[3]]", {{Index(1), Index(0)}, {Index(0)}, {Key("0")}}), "3\n[1,2]\n-");
}

TEST(JsonPaths, TakesTheLastOfRepeatedKeys) {
  EXPECT_EQ(Scan(R"({"a":1,"a":2})", {{Key("a")}}), "2");
  EXPECT_EQ(Scan(R"({"a":{"b":1},"a":{"c":2}})", {{Key("a"), Key("b")}, {Key("a"), Key("c")}}), "-\n2");
  EXPECT_EQ(Scan(R"({"a":{"b":1},"a":3})", {{Key("a"), Key("b")}, {Key("a")}}), "-\n3");
}

TEST(JsonPaths, ReadsTextsAsKeysOrIndices) {
  EXPECT_EQ(Scan(R"([{"0":5}])", {{Text("0"), Text("0")}}), "5");
  EXPECT_EQ(Scan(R"({"1":[7,8]})", {{Text("1"), Text("1")}}), "8");
  EXPECT_EQ(Scan(R"([7,8])", {{Text("-1")}}), "8");
  EXPECT_EQ(Scan(R"([7,8])", {{Text("x")}}), "-");
  // The same step as a key and as either.
  EXPECT_EQ(Scan(R"([7])", {{Text("0")}, {Key("0")}, {Index(0)}}), "7\n-\n7");
  EXPECT_EQ(Scan(R"({"0":7})", {{Text("0")}, {Key("0")}, {Index(0)}}), "7\n7\n-");
  EXPECT_EQ(Scan(R"([7])", {{Text("0")}, {Text("00")}}), "7\n7");
}

TEST(JsonPaths, CountsFromTheEnd) {
  EXPECT_EQ(Scan("[1,2,3]", {{Index(-1)}, {Index(-3)}, {Index(-4)}, {Index(1)}}), "3\n1\n-\n2");
}

TEST(JsonPaths, KeepsNothingOfTheTextBefore) {
  const JsonPaths paths({{Key("a")}});
  JsonPathScan scan(paths);
  scan.Parse(R"({"a":1})");
  ASSERT_NE(scan.found(0), nullptr);
  scan.Parse("{}");
  EXPECT_EQ(scan.found(0), nullptr);
  EXPECT_THROW(scan.Parse(R"({"a":1)"), Error);
}

TEST(JsonPaths, LeavesWhatIsHardToTheDocument) {
  ExpectSame(R"({"\u0061":1,"b":2})", kPaths);
  ExpectSame(R"({"a":{"\u0062":{"c":3}}})", kPaths);
  ExpectSame(std::string(200, '[') + std::string(200, ']'), kPaths);
  ExpectSame(std::string(1100, '[') + std::string(1100, ']'), kPaths);
  ExpectSame("{\"a\":" + std::string(200, '[') + std::string(200, ']') + ",\"b\":1}", kPaths);
  std::string nested;
  for (int i = 0; i < 200; ++i) nested += "{\"a\":";
  nested += '1' + std::string(200, '}');
  ExpectSame(nested, {Path(150, Key("a"))});
  for (const char* text : {"1", "\"a\"", "null", " true ", "", " ", "]", "}", "nul", "-", "\"a]"})
    ExpectSame(text, kPaths);
}

TEST(JsonPaths, FindsWhatDocumentsFind) {
  const std::string_view texts[] = {
      R"({"a":{"b":{"c":[1,2,{"a":"x\ny"}]},"b":7},"b":"\"]}"})",
      R"({"a":[1,{"b":-1.5e+10,"c":true},[]],"long key of more than sixteen bytes":{"a":"a text of more than sixteen"}})",
      R"([{"a":null},{},{"a":{"b":false}},"\u00e9\\",0,-0.5,1E5])",
      R"({ "b" : [ ] , "a" : { } , "a" : { "b" : { "c" : "éß, \/ and so on, and on" } } })",
  };
  const std::string_view pieces[] = {"{",     "}",      "[",    "]", ",",       ":",  "\"",    "\\",
                                     "\"a\"", "\"a\":", "1",    "-", ".",       "e",  "t",     "null",
                                     " ",     "\n",     "\x01", "0", "\"b\":{", "]}", "\\u00", "true"};
  std::mt19937 random(7);
  for (const std::string_view text : texts) {
    ExpectSame(std::string(text), kPaths);
    EXPECT_TRUE(IsPlainlyJson(text));
    for (size_t size = 0; size < text.size(); ++size) ExpectSame(std::string(text.substr(0, size)), kPaths);
    for (int i = 0; i < 3000; ++i) {
      std::string changed(text);
      for (size_t changes = 1 + random() % 2; changes > 0; --changes) {
        const size_t at = random() % changed.size();
        const size_t length = random() % 3;
        changed.replace(at, std::min(length, changed.size() - at), pieces[random() % std::size(pieces)]);
        if (changed.empty()) break;
      }
      ExpectSame(changed, kPaths);
    }
  }
}

}  // namespace weir
