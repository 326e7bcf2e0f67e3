#include "format/csv/reader.h"

#include <zlib.h>

#include <cstring>
#include <numeric>

#include <gtest/gtest.h>

#include "base/error.h"
#include "format/memory_file.h"

namespace weir::csv {
namespace {

std::string SchemaText(const Schema& schema) {
  std::string out;
  for (const Field& field : schema) out += field.name + ":" + field.type.ToString() + " ";
  return out;
}

Schema Infer(const std::string& text, const CsvOptions& options = {}) {
  return InferCsvSchema([&] { return std::make_unique<MemoryFile>(text, "test.csv"); }, options);
}

std::vector<std::string> Rows(const std::string& text, const CsvOptions& options = {},
                              const std::string& path = "test.csv", size_t block_bytes = TextBlocks::kBlockBytes) {
  const OpenFile open = [&] { return std::make_unique<MemoryFile>(text, path); };
  const Schema schema = InferCsvSchema(open, options);
  const char delimiter = DetectDelimiter(open, options);
  std::vector<size_t> columns(schema.size());
  std::iota(columns.begin(), columns.end(), size_t{0});
  CsvReader reader(OpenCsvText(open(), delimiter, options, block_bytes), delimiter, options, schema, columns);
  std::vector<std::string> out;
  for (;;) {
    const Chunk chunk = reader.Next(3);
    if (chunk.empty()) return out;
    chunk.Verify();
    for (size_t i = 0; i < chunk.row_count(); ++i) out.push_back(chunk.RowToString(i));
  }
}

std::string SqlstateOf(const std::string& text, const CsvOptions& options = {}) {
  try {
    Rows(text, options);
  } catch (const Error& error) {
    return std::string(error.sqlstate());
  }
  return "none";
}

using Lines = std::vector<std::string>;

TEST(CsvReader, InfersTypesAndHeader) {
  const std::string text =
      "b,i,d,day,t,tz,s,nothing\n"
      "true,1,1.5,2024-02-29,2024-01-01 10:00:00,2024-01-01T10:00:00Z,x,\n"
      "FALSE,-2,3,2024-01-01,2024-01-01T10:00:00.25,2024-01-01 10:00:00+02,2024-02-30,\n"
      ",,,,,,,\n";
  EXPECT_EQ(SchemaText(Infer(text)),
            "b:boolean i:bigint d:double precision day:date t:timestamp without time zone "
            "tz:timestamp with time zone s:text nothing:text ");
  EXPECT_EQ(Rows(text)[1], "f|-2|3|2024-01-01|2024-01-01 10:00:00.25|2024-01-01 08:00:00+00|2024-02-30|NULL");
  EXPECT_EQ(Rows(text)[2], "NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL");
}

TEST(CsvReader, FindsDelimiterAndMissingHeader) {
  EXPECT_EQ(Rows("1;a\n2;b,c\n"), (Lines{"1|a", "2|b,c"}));
  EXPECT_EQ(Rows("x\ty\n1\t2\n"), (Lines{"1|2"}));
  EXPECT_EQ(Rows("x|y\n1|2\n"), (Lines{"1|2"}));
  EXPECT_EQ(SchemaText(Infer("1,a\n2,b\n")), "column0:bigint column1:text ");
  EXPECT_EQ(SchemaText(Infer("name,city\na,b\n")), "name:text city:text ");
  EXPECT_EQ(SchemaText(Infer("a,a,\n1,2,3\n")), "a:bigint a_1:bigint column2:bigint ");
  CsvOptions without;
  without.header = false;
  EXPECT_EQ(Rows("name,city\na,b\n", without), (Lines{"name|city", "a|b"}));
}

TEST(CsvReader, QuotesLineEndsAndMarks) {
  const std::string text = "\xEF\xBB\xBF\"a\",b\r\n\"x \"\"y\"\"\",1\r\n\"two\r\nlines\",2\r\n\r\n\"\",3\r\n,4";
  const Lines expected{"x \"y\"|1", "two\r\nlines|2", "|3", "NULL|4"};
  // Every place a block can end at.
  for (size_t block = 4; block < 40; ++block) EXPECT_EQ(Rows(text, {}, "test.csv", block), expected) << block;
  EXPECT_EQ(Rows(text), expected);
  CsvOptions escape;
  escape.escape = '\\';
  EXPECT_EQ(Rows("a,b\n\"x\\\"y\\\\\",1\n", escape), (Lines{"x\"y\\|1"}));
  CsvOptions single;
  single.quote = '\'';
  single.escape = '\'';
  EXPECT_EQ(Rows("a,b\n'x,''y',1\n", single), (Lines{"x,'y|1"}));
}

TEST(CsvReader, Options) {
  CsvOptions options;
  options.null_strings = {"NA", "-"};
  EXPECT_EQ(Rows("a,b\n1,NA\n-,x\n,\n", options), (Lines{"1|NULL", "NULL|x", "NULL|"}));
  options = {};
  options.all_varchar = true;
  EXPECT_EQ(Rows("a,b\n007,1\n", options), (Lines{"007|1"}));
  options = {};
  options.skip_lines = 2;
  EXPECT_EQ(Rows("remark\nanother, one\na,b\n1,2\n", options), (Lines{"1|2"}));
}

TEST(CsvReader, Errors) {
  EXPECT_EQ(SqlstateOf(""), "22P04");
  EXPECT_EQ(SqlstateOf("\n\n"), "22P04");
  EXPECT_EQ(SqlstateOf("a,b\n1,2\n3\n"), "22P04");
  EXPECT_EQ(SqlstateOf("a,b\n1,\"x\n"), "22P04");
  EXPECT_EQ(SqlstateOf("a,b\n1,\"x\"y\n2,z\n"), "22P04");
  EXPECT_EQ(SqlstateOf("a,b\n1,\xFF\n"), "22021");
  CsvOptions short_sample;
  short_sample.sample_records = 2;
  const std::string text = "a,b\n1,x\n2,y\nthree,z\n4,u\n";
  EXPECT_EQ(SqlstateOf(text, short_sample), "22P02");
  try {
    Rows(text, short_sample);
  } catch (const Error& error) {
    EXPECT_NE(error.message().find("test.csv line 4, column a (bigint): \"three\""), std::string::npos)
        << error.message();
    EXPECT_NE(error.hint().find("all_varchar"), std::string::npos);
  }
  short_sample.ignore_errors = true;
  EXPECT_EQ(Rows(text + "5\n6,v\n", short_sample), (Lines{"1|x", "2|y", "4|u", "6|v"}));
}

TEST(CsvReader, ReadsGzip) {
  const std::string text = "a,b\n1,x\n2,y\n";
  std::string packed(1000, '\0');
  z_stream state{};
  ASSERT_EQ(deflateInit2(&state, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  state.avail_in = static_cast<uInt>(text.size());
  state.next_out = reinterpret_cast<Bytef*>(packed.data());
  state.avail_out = static_cast<uInt>(packed.size());
  ASSERT_EQ(deflate(&state, Z_FINISH), Z_STREAM_END);
  packed.resize(state.total_out);
  deflateEnd(&state);
  EXPECT_EQ(Rows(packed, {}, "test.csv.gz"), (Lines{"1|x", "2|y"}));
  EXPECT_THROW(Rows(packed.substr(0, packed.size() - 12), {}, "test.csv.gz"), Error);
  EXPECT_THROW(Rows(text, {}, "test.csv.gz"), Error);
}

TEST(CsvReader, ProjectsColumns) {
  const Schema schema{{"a", TypeKind::kInt64}, {"b", TypeKind::kVarchar}, {"c", Type::Decimal(10, 2)}};
  const auto open = [] { return OpenCsvText(std::make_unique<MemoryFile>("A,B,C\n1,x,2.345\n2,y,3\n"), ',', {}); };
  CsvReader reader(open(), ',', {}, schema, {2, 0});
  const Chunk chunk = reader.Next(512);
  ASSERT_EQ(chunk.row_count(), 2u);
  EXPECT_EQ(chunk.RowToString(0), "2.35|1");
  CsvReader counted(open(), ',', {}, schema, {});
  EXPECT_EQ(counted.Next(512).row_count(), 2u);
}

}  // namespace
}  // namespace weir::csv
