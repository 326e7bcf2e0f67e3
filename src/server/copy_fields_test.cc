#include "server/copy_fields.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

std::vector<std::vector<std::string>> RowsOf(std::string_view text, char delimiter = '\t') {
  CopyTextTokenizer tokens(delimiter);
  tokens.Start(text);
  std::vector<std::vector<std::string>> rows;
  std::string scratch;
  while (tokens.Next()) {
    rows.emplace_back();
    for (const CopyField& field : tokens.fields()) {
      rows.back().emplace_back(CopyTextTokenizer::TextOf(field, scratch));
    }
  }
  return rows;
}

using Rows = std::vector<std::vector<std::string>>;

TEST(CopyTextTokenizer, DividesAndUnescapes) {
  EXPECT_EQ(RowsOf("a\tb\n\t\nc\t\\t\\\\\\n\\x41\\101\\q\n"), (Rows{{"a", "b"}, {"", ""}, {"c", "\t\\\nAAq"}}));
  EXPECT_EQ(RowsOf("a|b\\|c\r\nd\\\ne|f", '|'), (Rows{{"a", "b|c"}, {"d\ne", "f"}}));
  EXPECT_EQ(RowsOf(""), Rows{});
  EXPECT_EQ(RowsOf("\\"), (Rows{{"\\"}}));
}

TEST(CopyTextTokenizer, FindsWholeRows) {
  EXPECT_EQ(CopyTextTokenizer::RowsEnd("a\nb"), 2u);
  EXPECT_EQ(CopyTextTokenizer::RowsEnd("a\nb\\\n"), 2u);
  EXPECT_EQ(CopyTextTokenizer::RowsEnd("a\\\\\nb"), 4u);
  EXPECT_EQ(CopyTextTokenizer::RowsEnd("\\\n"), 0u);
  EXPECT_EQ(CopyTextTokenizer::RowsEnd("ab"), 0u);
}

}  // namespace
}  // namespace weir
