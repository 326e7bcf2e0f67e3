#include <cstring>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "format/json/infer.h"
#include "format/json/reader.h"
#include "format/memory_file.h"

namespace weir {

namespace {

void ReadAll(const json::OpenFile& open, const json::JsonOptions& options, const Schema& schema, size_t block_bytes) {
  const json::JsonShapeOfFile shape = json::DetectJsonLayout(open, options);
  std::vector<size_t> columns(schema.size());
  std::iota(columns.begin(), columns.end(), size_t{0});
  json::JsonReader reader(json::OpenJsonText(open(), shape.layout, options, block_bytes), shape.layout, shape.records,
                          options, schema, columns);
  for (;;) {
    const Chunk chunk = reader.Next(5);
    if (chunk.empty()) return;
    chunk.Verify();
  }
}

}  // namespace

// The first byte chooses block size and options, the rest is the file. Read as what it looks like, or as a schema of
// all shapes.
void FuzzJson(std::span<const uint8_t> bytes) {
  if (bytes.empty()) return;
  const uint8_t choice = bytes[0];
  const std::string text(reinterpret_cast<const char*>(bytes.data()) + 1, bytes.size() - 1);
  const json::OpenFile open = [&] { return std::make_unique<MemoryFile>(text, "fuzzed.json"); };
  json::JsonOptions options;
  options.ignore_errors = (choice & 1) != 0;
  if ((choice & 2) != 0) options.layout = static_cast<json::JsonLayout>((choice >> 4) % 3);
  options.sample_records = 1 + (choice >> 6);
  const size_t block_bytes = (choice & 8) != 0 ? 7 : TextBlocks::kBlockBytes;
  if ((choice & 4) != 0) {
    options.records = true;
    ReadAll(open, options,
            {{"a", TypeKind::kInt32},
             {"b", Type::List(Type::Struct({{"x", TypeKind::kDouble}, {"y", TypeKind::kVarchar}}))},
             {"c", Type::Map(TypeKind::kVarchar, Type::List(TypeKind::kJson))},
             {"d", TypeKind::kTimestamp}},
            block_bytes);
    return;
  }
  json::JsonInference inference(options);
  inference.Add(open);
  ReadAll(open, options, inference.Finish(), block_bytes);
}

std::vector<std::string> FuzzJsonSeeds() {
  const std::string lines =
      "{\"a\":1,\"b\":[{\"x\":1.5,\"y\":\"\\u00e9\\n\"}],\"c\":{\"k\":[null,true]},\"d\":\"2024-01-01 10:00:00\"}\n"
      "{\"a\":12345678901234567890,\"b\":[],\"c\":{}}\n";
  const std::string array = "[{\"a\":1},\n {\"a\":-2.5e3, \"b\":[[1],{}]} ]";
  std::vector<std::string> seeds;
  for (const char choice : {'\x00', '\x01', '\x05', '\x08', '\x0d', '\x4c'}) {
    seeds.push_back(choice + lines);
    seeds.push_back(choice + array);
  }
  return seeds;
}

}  // namespace weir
