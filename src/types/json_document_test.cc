#include "types/json_document.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace weir {
namespace {

TEST(JsonDocument, NodesKnowTheirPlace) {
  const std::string text = R"( {"a" : [1, -2.5e+3, "x"], "b":{"c":null,"a":true}, "a":false , "d\u0041":"\\\""} )";
  const JsonDocument document(text);
  const JsonDocument::Node& root = document.root();
  EXPECT_EQ(root.kind, JsonDocument::Kind::kObject);
  EXPECT_EQ(root.count, 4u);
  EXPECT_EQ(root.text, std::string_view(text).substr(1, text.size() - 2));
  // The last of equal keys counts.
  EXPECT_EQ(document.Find(root, "a")->text, "false");
  EXPECT_EQ(document.Find(*document.Find(root, "b"), "a")->text, "true");
  EXPECT_EQ(JsonDocument::StringOf(*document.Find(root, "dA")), "\\\"");
  EXPECT_EQ(document.Find(root, "x"), nullptr);
  std::vector<std::string> keys;
  document.ForEachField(root, [&](const auto& key, const auto&) { keys.push_back(JsonDocument::StringOf(key)); });
  EXPECT_EQ(keys, (std::vector<std::string>{"a", "b", "a", "dA"}));
}

// Strings are looked through in words: what ends them, and what may not be in them, is found at every place in one.
TEST(JsonDocument, StringsOfAllLengths) {
  for (size_t length = 0; length < 40; ++length) {
    const std::string plain(length, length % 2 == 0 ? 'x' : '\xC3');
    const std::string whole = "[\"" + plain + "\",7]";
    const JsonDocument document(whole);
    EXPECT_EQ(document.Element(document.root(), 0)->inner(), plain);
    EXPECT_EQ(document.Element(document.root(), 1)->text, "7");
    for (size_t at = 0; at < length; ++at) {
      std::string text = whole;
      text[at + 2] = '\x1F';
      EXPECT_FALSE(IsValidJson(text)) << length << " " << at;
      text[at + 2] = '\n';
      EXPECT_FALSE(IsValidJson(text)) << length << " " << at;
      text[at + 2] = '"';
      EXPECT_FALSE(IsValidJson(text)) << length << " " << at;
      for (const char kept : {' ', '!', '#', '[', ']', '\x7F'}) {
        text[at + 2] = kept;
        EXPECT_TRUE(IsValidJson(text)) << length << " " << at << " " << kept;
      }
      text.replace(at + 2, 1, "\\n");
      const JsonDocument escaped(text);
      EXPECT_TRUE(escaped.Element(escaped.root(), 0)->has_escapes);
      std::string expected = plain;
      expected[at] = '\n';
      EXPECT_EQ(JsonDocument::StringOf(*escaped.Element(escaped.root(), 0)), expected);
      EXPECT_FALSE(IsValidJson(std::string_view(whole).substr(0, at + 2))) << length << " " << at;
    }
  }
}

TEST(JsonDocument, WhatIsNoJson) {
  for (const std::string_view text :
       {"",           " ",           "{",        "[",    "{]",  "[1,]",  "{\"a\"}", "{\"a\":}", "{a:1}",
        "{\"a\":1,}", "01",          "-",        "1.",   "1e",  "+1",    ".5",      "tru",      "nul",
        "\"\\x\"",    "\"\\u12g4\"", "\"\\u123", "\"\\", "1 2", "[1 2]", "'a'",     "\"a",      "\"a\\\""}) {
    EXPECT_FALSE(IsValidJson(text)) << text;
    EXPECT_FALSE(IsValidJson(std::string(text) + " ")) << text;
  }
  for (const std::string_view text : {"0", "-0", "-0.0e-0", "1E9", "[]", "{}", "[ ]", "{ }", "\"\"", " null ",
                                      "[[],{}]", "\"\\/\\b\\f\\r\\t\\u00e4\""}) {
    EXPECT_TRUE(IsValidJson(text)) << text;
  }
  try {
    const JsonDocument document("[1, x]");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate(), sqlstate::kInvalidTextRepresentation);
    EXPECT_EQ(error.detail(), "Unexpected text at byte 4: \"x]\".");
  }
  EXPECT_THROW(JsonDocument(std::string(5000, '[')), Error);
}

}  // namespace
}  // namespace weir
