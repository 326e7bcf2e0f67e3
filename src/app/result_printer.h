#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "types/type.h"

namespace weir::app {

enum class OutputFormat : uint8_t { kTable, kCsv, kJson, kMarkdown };
// Throws 22023 for a name that is none of table, csv, json, md.
OutputFormat ParseOutputFormat(std::string_view name);

// Prints one result of text cells. Tables are aligned over the first rows (up to kTableRowsMax are gathered, then
// the rest follow in the widths found); the other formats stream.
class ResultPrinter {
 public:
  static constexpr size_t kTableRowsMax = 10'000;
  ResultPrinter(OutputFormat format, std::FILE* out, std::vector<std::string> names, std::vector<bool> right_aligned,
                std::vector<bool> is_json_bare);
  // Cells by column; nullopt is NULL.
  void Row(std::vector<std::optional<std::string>> cells);
  void Finish();
  size_t rows() const { return rows_; }

 private:
  void PrintGathered();
  void PrintTableRow(const std::vector<std::optional<std::string>>& cells);
  void PrintRule() const;

  const OutputFormat format_;
  std::FILE* const out_;
  const std::vector<std::string> names_;
  const std::vector<bool> right_aligned_;
  const std::vector<bool> is_json_bare_;
  std::vector<std::vector<std::optional<std::string>>> gathered_;
  std::vector<size_t> widths_;
  bool header_printed_ = false;
  size_t rows_ = 0;
};

// Columns in a terminal that the text takes.
size_t DisplayWidth(std::string_view text);

}  // namespace weir::app
