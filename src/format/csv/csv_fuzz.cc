#include <cstring>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "format/csv/infer.h"
#include "format/csv/reader.h"
#include "format/memory_file.h"

namespace weir {

// The first byte chooses block size and options, the rest is the file.
void FuzzCsv(std::span<const uint8_t> bytes) {
  if (bytes.empty()) return;
  const uint8_t choice = bytes[0];
  const std::string text(reinterpret_cast<const char*>(bytes.data()) + 1, bytes.size() - 1);
  const csv::OpenFile open = [&] { return std::make_unique<MemoryFile>(text, "fuzzed.csv"); };
  csv::CsvOptions options;
  options.ignore_errors = (choice & 1) != 0;
  if ((choice & 2) != 0) options.escape = '\\';
  if ((choice & 4) != 0) options.quote = 0;
  options.sample_records = 1 + (choice >> 6);
  csv::CsvLayout layout = csv::InferCsvLayout(open, options);
  const Schema schema = csv::Settled(std::move(layout.schema));
  std::vector<size_t> columns(schema.size());
  std::iota(columns.begin(), columns.end(), size_t{0});
  const size_t block_bytes = (choice & 8) != 0 ? 7 : TextBlocks::kBlockBytes;
  csv::CsvReader reader(csv::OpenCsvText(open(), layout.delimiter, options, block_bytes), layout.delimiter, options,
                        schema, columns);
  for (;;) {
    const Chunk chunk = reader.Next(5);
    if (chunk.empty()) return;
    chunk.Verify();
  }
}

std::vector<std::string> FuzzCsvSeeds() {
  const std::string text =
      "id,name,day\n1,\"a "
      "\"\"b\"\"\",2024-01-01\n-12345678901234567890,'x\\'y',2024-01-01T10:00:00Z\r\n,\"two\nlines\",\n";
  std::vector<std::string> seeds;
  for (const char choice : {'\x00', '\x01', '\x0b', '\x0e', '\x49'}) seeds.push_back(choice + text);
  return seeds;
}

}  // namespace weir
