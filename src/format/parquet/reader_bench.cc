#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>
#include <vector>

#include "format/memory_file.h"
#include "format/parquet/bit_unpack.h"
#include "format/parquet/reader.h"

// usage: reader_bench FILE [COLUMN...]
// Scans columns of a file, one by one and together, and says how fast; after that the kernels on made-up data.
namespace weir::parquet {
namespace {

// Time of the processor, so that what else the machine does counts less.
double Now() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

// The best of five.
template <typename F>
double Best(F&& body) {
  double best = 1e9;
  for (int i = 0; i < 5; ++i) {
    const double start = Now();
    body();
    best = std::min(best, Now() - start);
  }
  return best;
}

uint64_t Touch(const Chunk& chunk) {
  uint64_t sum = chunk.size();
  for (const ColumnPtr& column : chunk.columns()) sum += static_cast<uint64_t>(column->encoding());
  return sum;
}

void Scan(const std::shared_ptr<const ParquetFile>& file, const std::vector<size_t>& columns, const char* name) {
  uint64_t bytes = 0;
  uint64_t sink = 0;
  for (size_t g = 0; g < file->row_group_count(); ++g) bytes += file->ColumnBytes(g, columns);
  const double seconds = Best([&] {
    for (size_t g = 0; g < file->row_group_count(); ++g) {
      RowGroupReader reader(file, g, columns);
      Chunk chunk;
      while (reader.Next(kChunkRowsDefault, chunk)) sink += Touch(chunk);
    }
  });
  const auto values = static_cast<double>(file->row_count() * columns.size());
  std::printf("%-24s %8.2f ms %8.0f MB/s compressed %8.3f ns/value\n", name, seconds * 1e3,
              static_cast<double>(bytes) / seconds / 1e6, seconds * 1e9 / values);
  if (sink == 1) std::printf(" ");
}

// One row in `step` of the columns but the first.
void ScanSelected(const std::shared_ptr<const ParquetFile>& file, const std::vector<size_t>& columns, size_t step) {
  std::vector<uint32_t> selection;
  const double seconds = Best([&] {
    for (size_t g = 0; g < file->row_group_count(); ++g) {
      RowGroupReader reader(file, g, columns);
      while (reader.NextBatch(kChunkRowsDefault)) {
        reader.Read(0);
        selection.clear();
        for (size_t i = 0; i < reader.batch_rows(); i += step) selection.push_back(static_cast<uint32_t>(i));
        for (size_t c = 1; c < columns.size(); ++c) reader.ReadSelected(c, selection);
      }
    }
  });
  std::printf("first + 1 in %-11zu %8.2f ms\n", step, seconds * 1e3);
}

void Kernels() {
  constexpr size_t kCount = 1 << 16;
  std::vector<uint8_t> bytes(kCount * 8 + kReadPadding);
  std::mt19937_64 random(1);
  for (auto& byte : bytes) byte = static_cast<uint8_t>(random());
  std::vector<uint32_t> out(kCount);
  std::vector<uint64_t> wide(kCount);
  const auto report = [&](const char* name, int width, double seconds) {
    std::printf("%-18s %2d bits %8.3f ns/value\n", name, width, seconds * 1e9 / kCount);
  };
  for (const int width : {1, 3, 8, 11, 17, 25, 31}) {
    report("unpack", width, Best([&] { UnpackBits(bytes.data(), width, kCount, out.data()); }));
    report("unpack scalar", width, Best([&] { UnpackBitsScalar(bytes.data(), width, kCount, out.data()); }));
  }
  for (const int width : {9, 40, 60}) {
    report("unpack to 64", width, Best([&] { UnpackBits64(bytes.data(), width, kCount, wide.data()); }));
  }
}

int Main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: reader_bench FILE [COLUMN...]\n");
    return 1;
  }
  std::stringstream content;
  content << std::ifstream(argv[1], std::ios::binary).rdbuf();
  const auto bytes = std::make_shared<MemoryFile>(std::move(content).str(), argv[1]);
  const auto open = [&] { return ParquetFile::Open(bytes); };
  std::printf("open %.2f ms\n", Best([&] { open(); }) * 1e3);
  const auto file = open();
  std::vector<size_t> columns;
  for (int i = 2; i < argc; ++i) {
    const auto column = file->footer()->FindColumn(argv[i]);
    if (!column.has_value()) {
      std::fprintf(stderr, "no such column: %s\n", argv[i]);
      return 1;
    }
    columns.push_back(*column);
  }
  if (argc == 2) {
    for (size_t i = 0; i < file->schema().size(); ++i) columns.push_back(i);
  }
  for (const size_t column : columns) Scan(file, {column}, file->schema()[column].name.c_str());
  Scan(file, columns, "together");
  if (columns.size() > 1) {
    for (const size_t step : {2u, 10u, 100u, 1000u}) ScanSelected(file, columns, step);
  }
  Kernels();
  return 0;
}

}  // namespace
}  // namespace weir::parquet

int main(int argc, char** argv) {
  return weir::parquet::Main(argc, argv);
}
