#include <gtest/gtest.h>
#include <libdeflate.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/json_text.h"
#include "format/memory_file.h"
#include "format/parquet/reader.h"

// Compares what the reader makes of real files with what pyarrow made of them (tests/data/parquet/make_goldens.py).
// WEIR_PARQUET_GOLDENS names another folder of pairs x.parquet and x.golden.
namespace weir::parquet {
namespace {

std::string Number(double value, int digits) {
  return std::isnan(value) ? "nan" : fmt::format("{:.{}g}", value, digits);
}

std::string Json(std::string_view text) {
  std::string out;
  AppendJsonString(text, out);
  return out;
}

std::string Decimal(int128_t value, int scale) {
  std::string digits = Int128ToString(value < 0 ? -value : value);
  if (scale > 0) {
    if (digits.size() <= static_cast<size_t>(scale))
      digits.insert(0, static_cast<size_t>(scale) + 1 - digits.size(), '0');
    digits.insert(digits.size() - static_cast<size_t>(scale), ".");
  }
  return (value < 0 ? "-" : "") + digits;
}

std::string Text(const Value& value) {
  if (value.is_null()) return "null";
  const Type& type = value.type();
  std::string out;
  switch (type.kind()) {
    case TypeKind::kBoolean:
      return value.boolean() ? "true" : "false";
    case TypeKind::kFloat:
      return Number(value.floating(), 9);
    case TypeKind::kDouble:
      return Number(value.floating(), 17);
    case TypeKind::kDecimal:
      return Decimal(value.wide(), type.scale());
    case TypeKind::kVarchar:
    case TypeKind::kJson:
      return Json(value.bytes());
    case TypeKind::kUuid: {
      const auto bits = static_cast<uint128_t>(value.wide()) ^ (static_cast<uint128_t>(1) << 127);
      return fmt::format("x{:016x}{:016x}", static_cast<uint64_t>(bits >> 64), static_cast<uint64_t>(bits));
    }
    case TypeKind::kVarbinary:
      out = "x";
      for (const char c : value.bytes()) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
      return out;
    case TypeKind::kList:
      for (const Value& part : value.parts()) out += (out.empty() ? "" : ", ") + Text(part);
      return "[" + out + "]";
    case TypeKind::kStruct:
      for (const Value& part : value.parts()) out += (out.empty() ? "" : ", ") + Text(part);
      return "(" + out + ")";
    case TypeKind::kMap:
      for (size_t i = 0; i < value.parts().size(); i += 2) {
        out += (out.empty() ? "" : ", ") + Text(value.parts()[i]) + ": " + Text(value.parts()[i + 1]);
      }
      return "{" + out + "}";
    default:
      return Int128ToString(value.wide());
  }
}

std::string ReadWhole(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

// The golden's text for a file, read in batches of `batch_rows`.
std::string DumpFile(const ParquetFile& file, size_t batch_rows) {
  std::string names;
  std::vector<size_t> columns;
  for (size_t i = 0; i < file.schema().size(); ++i) {
    names += " " + file.schema()[i].name;
    columns.push_back(i);
  }
  std::string head;
  uint32_t crc = 0;
  size_t rows = 0;
  for (size_t group = 0; group < file.row_group_count(); ++group) {
    RowGroupReader reader(file.shared_from_this(), group, columns);
    Chunk chunk;
    while (reader.Next(batch_rows, chunk)) {
      chunk.Verify();
      for (size_t row = 0; row < chunk.size(); ++row, ++rows) {
        std::string line;
        for (const ColumnPtr& column : chunk.columns()) {
          if (!line.empty()) line += ", ";
          line += Text(column->GetValue(row));
        }
        line += '\n';
        crc = libdeflate_crc32(crc, line.data(), line.size());
        if (rows < 5) head += line;
      }
    }
  }
  return fmt::format("columns{}\nrows {}\ncrc {:08x}\n{}", names, rows, crc, head);
}

std::filesystem::path SharedParquet() {
  const char* shared = std::getenv("WEIR_SHARED_DATA");
  return std::filesystem::path(shared != nullptr ? shared : "../shared/data") / "parquet";
}

void CompareFolder(const std::filesystem::path& files, const std::filesystem::path& goldens) {
  size_t compared = 0;
  for (const auto& entry : std::filesystem::directory_iterator(goldens)) {
    if (entry.path().extension() != ".golden") continue;
    const auto path = files / (entry.path().stem().string() + ".parquet");
    SCOPED_TRACE(path.string());
    const std::string golden = ReadWhole(entry.path());
    try {
      const auto file =
          ParquetFile::Open(std::make_shared<MemoryFile>(ReadWhole(path), path.filename()), {.verify_checksums = true});
      for (const size_t batch : {size_t{4096}, size_t{512}, size_t{3}}) EXPECT_EQ(DumpFile(*file, batch), golden);
      // A window that every page crosses.
      const auto windowed = ParquetFile::Open(std::make_shared<MemoryFile>(ReadWhole(path), path.filename()),
                                              {.window_bytes = 100, .fixed_dictionary_max = 0});
      EXPECT_EQ(DumpFile(*windowed, 1000), golden);
    } catch (const Error& error) {
      ADD_FAILURE() << error.ToString();
    }
    ++compared;
  }
  EXPECT_GT(compared, 0u);
}

TEST(Golden, SharedFiles) {
  if (!std::filesystem::exists(SharedParquet())) GTEST_SKIP() << "no shared data";
  CompareFolder(SharedParquet(), "tests/data/parquet");
}

TEST(Golden, OtherFiles) {
  const char* folder = std::getenv("WEIR_PARQUET_GOLDENS");
  if (folder == nullptr) GTEST_SKIP() << "WEIR_PARQUET_GOLDENS is not set";
  CompareFolder(folder, folder);
}

std::vector<std::vector<std::string>> AllRows(const std::shared_ptr<const ParquetFile>& file, size_t group,
                                              const std::vector<size_t>& columns) {
  std::vector<std::vector<std::string>> rows;
  RowGroupReader reader(file, group, columns);
  Chunk chunk;
  while (reader.Next(4096, chunk)) {
    for (size_t row = 0; row < chunk.size(); ++row) {
      auto& out = rows.emplace_back();
      for (const ColumnPtr& column : chunk.columns()) out.push_back(Text(column->GetValue(row)));
    }
  }
  return rows;
}

// Reads ranges of the row group in batches, the even columns wholly and the odd ones for some rows of some batches.
void CheckParts(const std::shared_ptr<const ParquetFile>& file, size_t group, const std::vector<size_t>& columns,
                const std::vector<std::vector<std::string>>& rows, size_t step) {
  RowRanges ranges;
  for (uint64_t row = step / 2; row < rows.size(); row += 3 * step) {
    ranges.push_back({row, std::min<uint64_t>(row + step, rows.size())});
  }
  RowGroupReader reader(file, group, columns, ranges);
  for (size_t batch = 0; reader.NextBatch(1 + step * 2); ++batch) {
    std::vector<uint64_t> positions;
    for (const RowRange& range : reader.batch_ranges()) {
      for (uint64_t row = range.begin; row < range.end; ++row) positions.push_back(row);
    }
    ASSERT_EQ(positions.size(), reader.batch_rows());
    std::vector<uint32_t> selection;
    for (size_t i = batch % 2; i < positions.size(); i += batch % 4 == 3 ? 23 : 1 + batch % 3)
      selection.push_back(static_cast<uint32_t>(i));
    for (size_t c = 0; c < columns.size(); ++c) {
      if (c % 2 == 0) {
        const ColumnPtr column = reader.Read(c);
        column->Verify();
        ASSERT_EQ(column->size(), positions.size());
        for (size_t i = 0; i < positions.size(); ++i) {
          ASSERT_EQ(Text(column->GetValue(i)), rows[positions[i]][c]) << file->schema()[c].name;
        }
      } else if (batch % 3 != 1 && !selection.empty()) {
        const ColumnPtr column = reader.ReadSelected(c, selection);
        column->Verify();
        ASSERT_EQ(column->size(), selection.size());
        for (size_t i = 0; i < selection.size(); ++i) {
          ASSERT_EQ(Text(column->GetValue(i)), rows[positions[selection[i]]][c]) << file->schema()[c].name;
        }
      }
    }
  }
}

void CheckPartsOfFolder(const std::filesystem::path& folder, std::initializer_list<size_t> steps) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".parquet") continue;
    SCOPED_TRACE(entry.path().string());
    const auto file = ParquetFile::Open(std::make_shared<MemoryFile>(ReadWhole(entry.path())));
    std::vector<size_t> columns(file->schema().size());
    for (size_t i = 0; i < columns.size(); ++i) columns[i] = i;
    for (size_t group = 0; group < file->row_group_count(); ++group) {
      const auto rows = AllRows(file, group, columns);
      ASSERT_EQ(rows.size(), file->row_group_rows(group));
      for (const size_t step : steps) CheckParts(file, group, columns, rows, step);
    }
  }
}

// Every way to read a part of the rows gives those rows.
TEST(Golden, PartsAreTheSameRows) {
  if (!std::filesystem::exists(SharedParquet())) GTEST_SKIP() << "no shared data";
  CheckPartsOfFolder(SharedParquet(), {2, 7, 40, 1000});
}

TEST(Golden, PartsOfOtherFilesAreTheSameRows) {
  const char* folder = std::getenv("WEIR_PARQUET_GOLDENS");
  if (folder == nullptr) GTEST_SKIP() << "WEIR_PARQUET_GOLDENS is not set";
  CheckPartsOfFolder(folder, {7, 900});
}

}  // namespace
}  // namespace weir::parquet
