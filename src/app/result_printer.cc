#include "app/result_printer.h"

#include <algorithm>

#include <utf8proc.h>

#include "base/error.h"
#include "base/json_text.h"

namespace weir::app {

OutputFormat ParseOutputFormat(std::string_view name) {
  if (name == "table") return OutputFormat::kTable;
  if (name == "csv") return OutputFormat::kCsv;
  if (name == "json") return OutputFormat::kJson;
  if (name == "md") return OutputFormat::kMarkdown;
  throw Error::User(sqlstate::kInvalidParameterValue, "no such output format: {}", name)
      .WithHint("Use table, csv, json or md.");
}

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  while (left > 0) {
    utf8proc_int32_t code = 0;
    const utf8proc_ssize_t size = utf8proc_iterate(at, left, &code);
    if (size <= 0) return text.size();
    width += static_cast<size_t>(std::max(0, utf8proc_charwidth(code)));
    at += size;
    left -= size;
  }
  return width;
}

namespace {

// Line breaks and control characters would break the table.
std::string OneLine(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\x{:02x}", static_cast<int>(c));
    } else {
      out += c;
    }
  }
  return out;
}

std::string CsvCell(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos && !text.empty()) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

bool IsJsonNumber(const std::string& text) {
  return text != "NaN" && text != "Infinity" && text != "-Infinity";
}

}  // namespace

ResultPrinter::ResultPrinter(OutputFormat format, std::FILE* out, std::vector<std::string> names,
                             std::vector<bool> right_aligned, std::vector<bool> is_json_bare)
    : format_(format),
      out_(out),
      names_(std::move(names)),
      right_aligned_(std::move(right_aligned)),
      is_json_bare_(std::move(is_json_bare)) {}

void ResultPrinter::Row(std::vector<std::optional<std::string>> cells) {
  ++rows_;
  switch (format_) {
    case OutputFormat::kTable:
    case OutputFormat::kMarkdown:
      if (!header_printed_) {
        gathered_.push_back(std::move(cells));
        if (gathered_.size() >= kTableRowsMax) PrintGathered();
      } else {
        PrintTableRow(cells);
      }
      return;
    case OutputFormat::kCsv: {
      if (!std::exchange(header_printed_, true)) {
        std::string header;
        for (size_t i = 0; i < names_.size(); ++i) header += (i == 0 ? "" : ",") + CsvCell(names_[i]);
        fmt::print(out_, "{}\n", header);
      }
      std::string line;
      for (size_t i = 0; i < cells.size(); ++i) {
        if (i != 0) line += ',';
        if (cells[i].has_value()) line += CsvCell(*cells[i]);
      }
      fmt::print(out_, "{}\n", line);
      return;
    }
    case OutputFormat::kJson: {
      std::string line = rows_ == 1 ? "[\n  {" : ",\n  {";
      for (size_t i = 0; i < cells.size(); ++i) {
        if (i != 0) line += ", ";
        AppendJsonString(names_[i], line);
        line += ": ";
        if (!cells[i].has_value()) {
          line += "null";
        } else if (is_json_bare_[i] && IsJsonNumber(*cells[i])) {
          line += *cells[i] == "t" ? "true" : *cells[i] == "f" ? "false" : *cells[i];
        } else {
          AppendJsonString(*cells[i], line);
        }
      }
      fmt::print(out_, "{}}}", line);
      return;
    }
  }
}

void ResultPrinter::PrintGathered() {
  widths_.assign(names_.size(), 1);
  for (size_t i = 0; i < names_.size(); ++i) widths_[i] = std::max<size_t>(1, DisplayWidth(OneLine(names_[i])));
  for (const auto& row : gathered_) {
    for (size_t i = 0; i < row.size(); ++i) {
      if (row[i].has_value()) widths_[i] = std::max(widths_[i], DisplayWidth(OneLine(*row[i])));
    }
  }
  header_printed_ = true;
  std::string line = format_ == OutputFormat::kMarkdown ? "|" : "";
  for (size_t i = 0; i < names_.size(); ++i) {
    const std::string name = OneLine(names_[i]);
    const size_t pad = widths_[i] - DisplayWidth(name);
    if (format_ == OutputFormat::kMarkdown) {
      line += " " + name + std::string(pad, ' ') + " |";
    } else {
      if (i != 0) line += '|';
      line += std::string(1 + pad / 2, ' ') + name + std::string(1 + pad - pad / 2, ' ');
    }
  }
  fmt::print(out_, "{}\n", line);
  PrintRule();
  for (const auto& row : gathered_) PrintTableRow(row);
  gathered_.clear();
}

void ResultPrinter::PrintRule() const {
  std::string line = format_ == OutputFormat::kMarkdown ? "|" : "";
  for (size_t i = 0; i < widths_.size(); ++i) {
    if (format_ == OutputFormat::kMarkdown) {
      line += (right_aligned_[i] ? std::string(widths_[i] + 1, '-') + ":" : std::string(widths_[i] + 2, '-')) + "|";
    } else {
      if (i != 0) line += '+';
      line += std::string(widths_[i] + 2, '-');
    }
  }
  fmt::print(out_, "{}\n", line);
}

void ResultPrinter::PrintTableRow(const std::vector<std::optional<std::string>>& cells) {
  std::string line = format_ == OutputFormat::kMarkdown ? "|" : "";
  for (size_t i = 0; i < cells.size(); ++i) {
    const std::string cell = cells[i].has_value() ? OneLine(*cells[i]) : "";
    const size_t width = DisplayWidth(cell);
    const size_t pad = width < widths_[i] ? widths_[i] - width : 0;
    if (format_ == OutputFormat::kTable && i != 0) line += '|';
    line += ' ';
    if (right_aligned_[i]) line += std::string(pad, ' ');
    line += cell;
    const bool last = i + 1 == cells.size() && format_ == OutputFormat::kTable;
    if (!right_aligned_[i] && !last) line += std::string(pad, ' ');
    if (!last) line += ' ';
    if (format_ == OutputFormat::kMarkdown) line += '|';
  }
  fmt::print(out_, "{}\n", line);
}

void ResultPrinter::Finish() {
  switch (format_) {
    case OutputFormat::kTable:
      if (!header_printed_) PrintGathered();
      fmt::print(out_, "({} row{})\n\n", rows_, rows_ == 1 ? "" : "s");
      break;
    case OutputFormat::kMarkdown:
      if (!header_printed_) PrintGathered();
      break;
    case OutputFormat::kCsv:
      if (!header_printed_) {
        std::string header;
        for (size_t i = 0; i < names_.size(); ++i) header += (i == 0 ? "" : ",") + CsvCell(names_[i]);
        fmt::print(out_, "{}\n", header);
      }
      break;
    case OutputFormat::kJson:
      fmt::print(out_, "{}", rows_ == 0 ? "[]\n" : "\n]\n");
      break;
  }
  std::fflush(out_);
}

}  // namespace weir::app
