#include "format/json/reader.h"

#include <cstring>
#include <numeric>

#include <gtest/gtest.h>

#include "base/error.h"
#include "format/json/infer.h"
#include "format/memory_file.h"

namespace weir::json {
namespace {

using Lines = std::vector<std::string>;

OpenFile Opener(const std::string& text) {
  return [text] { return std::make_unique<MemoryFile>(text, "test.json"); };
}

Schema Infer(const std::string& text, const JsonOptions& options = {}) {
  JsonInference inference(options);
  inference.Add(Opener(text));
  return inference.Finish();
}

std::string SchemaText(const std::string& text, const JsonOptions& options = {}) {
  std::string out;
  for (const Field& field : Infer(text, options)) out += field.name + ":" + field.type.ToString() + " ";
  return out;
}

Lines RowsAs(const std::string& text, const Schema& schema, const JsonOptions& options = {},
             size_t block_bytes = TextBlocks::kBlockBytes) {
  const JsonShapeOfFile layout = DetectJsonLayout(Opener(text), options);
  std::vector<size_t> columns(schema.size());
  std::iota(columns.begin(), columns.end(), size_t{0});
  JsonReader reader(OpenJsonText(Opener(text)(), layout.layout, options, block_bytes), layout.layout, layout.records,
                    options, schema, columns);
  Lines out;
  for (;;) {
    const Chunk chunk = reader.Next(3);
    if (chunk.empty()) return out;
    chunk.Verify();
    for (size_t i = 0; i < chunk.row_count(); ++i) out.push_back(chunk.RowToString(i));
  }
}

Lines Rows(const std::string& text, const JsonOptions& options = {}, size_t block_bytes = TextBlocks::kBlockBytes) {
  return RowsAs(text, Infer(text, options), options, block_bytes);
}

Error ErrorOf(const std::string& text, const Schema& schema, const JsonOptions& options = {}) {
  try {
    RowsAs(text, schema, options);
  } catch (const Error& error) {
    return error;
  }
  return Error::Internal("none");
}

TEST(JsonReader, InfersScalars) {
  const std::string text =
      R"({"b":true,"i":1,"w":12345678901234567890,"h":1e40,"d":1.5,"day":"2024-02-29","t":"2024-01-01 10:00:00",)"
      R"("tz":"2024-01-01T10:00:00Z","s":"x","n":null,"m":1})"
      "\n"
      R"({"b":false,"i":-2,"w":1,"h":123456789012345678901234567890123456789012,"d":3,"day":"2024-01-01",)"
      R"("t":"2024-01-01T10:00:00.25","tz":"2024-01-01 10:00:00+02","s":"2024-02-30","m":"one"})"
      "\n{}\n";
  EXPECT_EQ(SchemaText(text),
            "b:boolean i:bigint w:largeint h:double precision d:double precision day:date "
            "t:timestamp without time zone tz:timestamp with time zone s:text n:json m:json ");
  const Lines rows = Rows(text);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0],
            "t|1|12345678901234567890|1e+40|1.5|2024-02-29|2024-01-01 10:00:00|2024-01-01 10:00:00+00|x|NULL|1");
  EXPECT_EQ(rows[1],
            "f|-2|1|1.2345678901234568e+41|3|2024-01-01|2024-01-01 10:00:00.25|2024-01-01 08:00:00+00|2024-02-30|NULL|"
            "\"one\"");
  EXPECT_EQ(rows[2], "NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL");
}

TEST(JsonReader, InfersNested) {
  EXPECT_EQ(SchemaText(R"({"o":{"a":1,"b":["x"]},"l":[{"k":1},{"k":2.5,"z":true}],"e":[],"f":{},"x":[1,"y"]})"),
            "o:struct(a bigint, b text[]) l:struct(k double precision, z boolean)[] e:json[] f:json x:json[] ");
  EXPECT_EQ(Rows("{\"o\":{\"b\":[\"x\",null],\"a\":1},\"l\":[]}\n{\"o\":{\"a\":2},\"l\":null}\n{\"l\":[[1,2],[]]}\n"),
            (Lines{"(\"{x,NULL}\",1)|{}", "(,2)|NULL", "NULL|{{1,2},{}}"}));
  std::string many;
  for (int i = 0; i < 30; ++i) many += fmt::format("{{\"m\":{{\"key{}\":{}}}}}\n", i, i);
  EXPECT_EQ(SchemaText(many), "m:map(text, bigint) ");
  EXPECT_EQ(Rows(many)[7], "{key7=7}");
  JsonOptions shallow;
  shallow.depth_max = 1;
  EXPECT_EQ(SchemaText(R"({"a":{"b":1}})", shallow), "a:json ");
  EXPECT_EQ(Rows(R"({"a":{"b": 1} })", shallow), (Lines{R"({"b": 1})"}));
}

TEST(JsonReader, LayoutsAndBlocks) {
  const Lines expected{"1|x\ny", "2|NULL", "NULL|]}\"", "4|{,"};
  const std::string lines =
      "\xEF\xBB\xBF{\"a\":1,\"b\":\"x\\ny\"}\r\n\n {\"a\": 2}\n{\"b\":\"]}\\\"\"}\n{\"a\":4,\"b\":\"{,\"}";
  const std::string array =
      "\n[ {\"a\":1,\"b\":\"x\\ny\"},\n {\"a\":\n 2} , {\"b\":\"]}\\\"\"},{\"a\":4,\"b\":\"{,\"} ] \n";
  const std::string values = "{\"a\":1,\n\"b\":\"x\\ny\"}\n {\"a\":\n 2} {\"b\":\"]}\\\"\"}{\"a\":4,\"b\":\"{,\"}\n";
  for (const std::string& text : {lines, array, values}) {
    EXPECT_EQ(Rows(text), expected) << text;
    // Every place a block can end at.
    for (size_t block = 4; block < 80; ++block) EXPECT_EQ(Rows(text, {}, block), expected) << block << text;
  }
  EXPECT_EQ(Rows("1\n2\n\"3\"\n"), (Lines{"1", "2", "\"3\""}));
  EXPECT_EQ(SchemaText("[1, 2.5]"), "json:double precision ");
  EXPECT_EQ(Rows("[1, 2.5]"), (Lines{"1", "2.5"}));
  EXPECT_EQ(Rows("[1,2]\n[3]\n"), (Lines{"{1,2}", "{3}"}));
  EXPECT_EQ(Rows("7"), (Lines{"7"}));
  JsonOptions whole;
  whole.records = false;
  EXPECT_EQ(SchemaText("{\"a\":1}", whole), "json:struct(a bigint) ");
}

TEST(JsonReader, ConvertsToDeclaredTypes) {
  const Schema schema{{"i", TypeKind::kInt32},     {"d", Type::Decimal(10, 2)}, {"s", TypeKind::kVarchar},
                      {"t", TypeKind::kTimestamp}, {"j", TypeKind::kJson},      {"l", Type::List(TypeKind::kInt16)}};
  EXPECT_EQ(RowsAs(R"({"i":"7","d":1.239,"s":{"a": [1]},"t":"2024-01-01 5:00","j":"q\"","l":[1,null,3.0],"u":[{}]})"
                   "\n"
                   R"({"i":1e3,"d":"-5","s":true,"j":[1, {"a":null}],"l":[]})",
                   schema),
            (Lines{R"(7|1.24|{"a": [1]}|2024-01-01 05:00:00|"q\""|{1,NULL,3})",
                   R"(1000|-5.00|true|NULL|[1, {"a":null}]|{})"}));
  // The first of a repeated key counts; escaped keys are keys.
  EXPECT_EQ(RowsAs(R"({"\u0069":1,"i":2})", {{"i", TypeKind::kInt64}}), (Lines{"1"}));
}

TEST(JsonReader, Errors) {
  const Schema schema{{"a", TypeKind::kInt64}, {"o", Type::Struct({{"x", TypeKind::kInt64}})}};
  const Error type = ErrorOf("{\"a\":1}\n\n{\"a\":2, \"o\":{\"x\":\"seven\"}}\n", schema);
  EXPECT_EQ(type.sqlstate(), "22P02");
  EXPECT_NE(type.message().find("test.json line 3, column o (struct(x bigint)): \"seven\""), std::string::npos)
      << type.message();
  EXPECT_NE(type.hint().find("sample_size"), std::string::npos);
  for (const std::string bad :
       {"{\"a\":1", "{\"a\":}", "{\"a\" 1}", "{\"a\":tru}", "{\"a\":nul}", "{\"a\":1x}", "{\"a\":1} {\"a\":2}",
        "{\"a\":1}x", "{\"a\":\"\\q\"}", "{\"a\":1,}", "{\"o\":{\"x\":1}"}) {
    const Error error = ErrorOf("{\"a\":1}\n" + bad + "\n", schema);
    EXPECT_EQ(error.sqlstate(), bad == "{\"a\":1x}" ? error.sqlstate() : std::string_view("22P04")) << bad;
    EXPECT_NE(error.message().find("test.json line 2"), std::string::npos) << bad << error.message();
    JsonOptions ignore;
    ignore.ignore_errors = true;
    ignore.layout = JsonLayout::kLines;
    EXPECT_EQ(RowsAs("{\"a\":1}\n" + bad + "\n{\"a\":3}\n", schema, ignore), (Lines{"1|NULL", "3|NULL"})) << bad;
  }
  EXPECT_EQ(ErrorOf("{\"a\":\"\xFF\"}\n", schema).sqlstate(), "22021");
  EXPECT_EQ(ErrorOf("{\"a\":1}\n5\n", schema).sqlstate(), "22P04");
  for (const char* bad : {"[{\"a\":1}", "[{\"a\":1},]", "[{\"a\":1} {\"a\":2}]", "[{\"a\":1}] 5", "[", "[,]"}) {
    JsonOptions array;
    array.layout = JsonLayout::kArray;
    EXPECT_EQ(ErrorOf(bad, schema, array).sqlstate(), "22P04") << bad;
  }
  JsonOptions small;
  small.object_bytes_max = 10;
  EXPECT_EQ(ErrorOf("{\"a\":1}\n{\"a\":1234567890}\n", schema, small).sqlstate(), "54000");
  EXPECT_THROW(Infer(""), Error);
  EXPECT_THROW(Infer("1\n1,2\n"), Error);
  EXPECT_THROW(Infer("{\"a\":1}\n{oops\n"), Error);
}

TEST(JsonReader, ProjectsColumns) {
  const std::string text = "{\"a\":1,\"b\":[1,{\"x\":2}],\"c\":\"z\"}\n{\"c\":\"y\"}\n";
  const Schema schema = Infer(text);
  JsonReader reader(OpenJsonText(Opener(text)(), JsonLayout::kLines, {}), JsonLayout::kLines, true, {}, schema, {2, 0});
  const Chunk chunk = reader.Next(512);
  ASSERT_EQ(chunk.row_count(), 2u);
  EXPECT_EQ(chunk.RowToString(0), "z|1");
  EXPECT_EQ(chunk.RowToString(1), "y|NULL");
  JsonReader counted(OpenJsonText(Opener(text)(), JsonLayout::kLines, {}), JsonLayout::kLines, true, {}, schema, {});
  EXPECT_EQ(counted.Next(512).row_count(), 2u);
}

}  // namespace
}  // namespace weir::json
