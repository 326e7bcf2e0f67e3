#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "base/error.h"
#include "column/builder.h"
#include "format/memory_file.h"
#include "format/parquet/prune.h"
#include "format/parquet/reader.h"
#include "format/parquet/writer.h"

namespace weir {
namespace {

using namespace parquet;

// What a file may make us do: enough to reach all code, and no more than a moment of it.
constexpr size_t kRowGroupsMax = 3;
constexpr size_t kBatchesMax = 12;
constexpr size_t kColumnsMax = 40;

void ReadColumn(const std::shared_ptr<const ParquetFile>& file, size_t group, size_t column) {
  RowGroupReader whole(file, group, {column});
  Chunk chunk;
  for (size_t i = 0; i < kBatchesMax && whole.Next(512, chunk); ++i) {
    chunk.Verify();
    for (size_t row = 0; row < chunk.size(); row += 97) chunk.column(0)->GetValue(row);
  }
  // The same with an index where there is one, and with holes.
  const uint64_t rows = file->row_group_rows(group);
  RowRanges ranges;
  for (uint64_t row = 3; row < rows && ranges.size() < 8; row = row * 2 + 5) {
    AppendRange(ranges, {row, std::min(rows, row + row / 2 + 1)});
  }
  RowGroupReader part(file, group, {column}, ranges);
  std::vector<uint32_t> selection;
  for (size_t i = 0; i < kBatchesMax && part.NextBatch(300); ++i) {
    selection.clear();
    for (size_t row = i % 2; row < part.batch_rows(); row += 1 + i) selection.push_back(static_cast<uint32_t>(row));
    if (selection.empty() || i % 4 == 3) continue;
    part.ReadSelected(0, selection)->Verify();
  }
}

void Prune(const std::shared_ptr<const ParquetFile>& file, size_t group, size_t column) {
  const ColumnBounds bounds = file->Bounds(group, column);
  std::vector<Predicate> predicates = {{column, CompareOp::kNotNull, {}}};
  for (const auto& bound : {bounds.min, bounds.max}) {
    if (!bound.has_value()) continue;
    predicates.push_back({column, CompareOp::kEqual, {*bound}});
    predicates.push_back({column, CompareOp::kLess, {*bound}});
    predicates.push_back({column, CompareOp::kPrefix, {*bound}});
  }
  RowGroupMayMatch(*file, group, predicates);
  BloomMayMatch(*file, group, predicates);
  MatchingRows(*file, group, predicates);
}

template <typename F>
void Tolerate(F&& body) {
  try {
    body();
  } catch (const Error& error) {
    // Refusing the file is what is expected; a fault of ours is not.
    if (error.kind() == ErrorKind::kInternal) throw std::logic_error(error.ToString());
  }
}

}  // namespace

// Reads everything of the bytes as a Parquet file. Only weir::Error may happen inside, and no crash.
void FuzzParquet(std::span<const uint8_t> bytes) {
  Tolerate([&] {
    const auto memory = std::make_shared<MemoryFile>(std::string(bytes.begin(), bytes.end()));
    ReaderOptions options;
    options.page_bytes_max = 16 << 20;
    options.nested_entries_max = 1 << 17;
    options.window_bytes = 4096;
    const auto file = ParquetFile::Open(memory, options);
    for (size_t group = 0; group < std::min(file->row_group_count(), kRowGroupsMax); ++group) {
      for (size_t column = 0; column < std::min(file->schema().size(), kColumnsMax); ++column) {
        Tolerate([&] { ReadColumn(file, group, column); });
        Tolerate([&] { Prune(file, group, column); });
      }
    }
  });
}

// Files of our own writer with all it can do, and the shared ones where they are.
std::vector<std::string> FuzzParquetSeeds() {
  std::vector<std::string> seeds;
  const Type list = Type::List(TypeKind::kInt32);
  for (const WriterEncoding encoding : {WriterEncoding::kAuto, WriterEncoding::kPlain, WriterEncoding::kDelta}) {
    for (const WriterCodec codec : {WriterCodec::kNone, WriterCodec::kSnappy, WriterCodec::kZstd}) {
      std::string out;
      WriterOptions options;
      options.codec = codec;
      options.data_page_v2 = codec == WriterCodec::kSnappy;
      options.page_rows = 50;
      ParquetWriter writer([&](ByteSpan part) { out += AsText(part); },
                           {{.name = "a", .type = TypeKind::kInt64, .encoding = encoding},
                            {.name = "s", .type = TypeKind::kVarchar, .bloom_filter = true, .encoding = encoding},
                            {.name = "l", .type = list}},
                           options);
      ColumnBuilder a(TypeKind::kInt64);
      ColumnBuilder s(TypeKind::kVarchar);
      ColumnBuilder l(list);
      constexpr size_t kRows = 200;
      for (size_t i = 0; i < kRows; ++i) {
        if (i % 7 == 3) {
          a.AppendNull();
        } else {
          a.Append<int64_t>(static_cast<int64_t>(i * i));
        }
        s.AppendString(fmt::format("value number {}", i % 13));
        for (size_t j = 0; j < i % 3; ++j) l.child(0).Append<int32_t>(static_cast<int32_t>(j));
        l.CloseRow();
      }
      writer.Write(Chunk({a.Finish(), s.Finish(), l.Finish()}, kRows));
      writer.Finish();
      seeds.push_back(std::move(out));
    }
  }
  const char* shared = std::getenv("WEIR_SHARED_DATA");
  const auto folder = std::filesystem::path(shared != nullptr ? shared : "../shared/data") / "parquet";
  if (!std::filesystem::exists(folder)) return seeds;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    constexpr size_t kSeedBytesMax = 100'000;
    if (entry.path().extension() != ".parquet" || entry.file_size() > kSeedBytesMax) continue;
    std::stringstream content;
    content << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    seeds.push_back(std::move(content).str());
  }
  return seeds;
}

}  // namespace weir
