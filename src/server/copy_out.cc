#include "server/copy_out.h"

#include <algorithm>

#include "base/json_text.h"
#include "server/cell_text.h"

namespace weir {

CopyFormatter::CopyFormatter(const Schema& schema, const CopyOptions& options, std::string time_zone,
                             const TextStyle& style)
    : schema_(schema), options_(options), time_zone_(std::move(time_zone)) {
  text_.time_zone = time_zone_;
  static_cast<TextStyle&>(text_) = style;
  for (const Field& field : schema) {
    force_quote_.push_back(options_.force_quote_all ||
                           std::ranges::find(options_.force_quote, field.name) != options_.force_quote.end());
    std::string key;
    AppendJsonString(field.name, key);
    json_keys_.push_back(key + ":");
  }
  for (const char c : {options_.delimiter, options_.quote, '\n', '\r'})
    is_special_[static_cast<unsigned char>(c)] = true;
}

void CopyFormatter::AppendCsvField(std::string_view text, bool force_quote, std::string& out) const {
  const bool quote = force_quote || text == options_.null_text || text == "\\." ||
                     std::ranges::any_of(text, [&](char c) { return is_special_[static_cast<unsigned char>(c)]; });
  if (!quote) {
    out += text;
    return;
  }
  out += options_.quote;
  for (const char c : text) {
    if (c == options_.quote || c == options_.escape) out += options_.escape;
    out += c;
  }
  out += options_.quote;
}

void CopyFormatter::AppendTextField(std::string_view text, std::string& out) const {
  const auto is_plain = [&](char c) {
    return static_cast<unsigned char>(c) >= ' ' && c != '\\' && c != options_.delimiter;
  };
  if (std::ranges::all_of(text, is_plain)) {
    out += text;
    return;
  }
  for (const char c : text) {
    constexpr std::pair<char, char> kEscapes[] = {{'\b', 'b'}, {'\f', 'f'}, {'\n', 'n'}, {'\r', 'r'},
                                                  {'\t', 't'}, {'\v', 'v'}, {'\\', '\\'}};
    const auto* escape = std::ranges::find(kEscapes, c, &std::pair<char, char>::first);
    if (escape != std::end(kEscapes)) {
      out += '\\';
      out += escape->second;
    } else {
      if (c == options_.delimiter) out += '\\';
      out += c;
    }
  }
}

void CopyFormatter::AppendField(std::string_view text, bool force_quote, std::string& out) const {
  options_.format == CopyOptions::Format::kCsv ? AppendCsvField(text, force_quote, out) : AppendTextField(text, out);
}

void CopyFormatter::AppendHeader(std::string& out) const {
  if (options_.format == CopyOptions::Format::kJson) {
    if (options_.json_array) out += "[\n";
    return;
  }
  if (!options_.header) return;
  for (size_t i = 0; i < schema_.size(); ++i) {
    if (i != 0) out += options_.delimiter;
    AppendField(schema_[i].name, false, out);
  }
  out += '\n';
}

void CopyFormatter::AppendFooter(std::string& out) const {
  if (options_.format != CopyOptions::Format::kJson || !options_.json_array) return;
  out += rows_ == 0 ? "]\n" : "\n]\n";
}

void CopyFormatter::Start(const Chunk& chunk) {
  views_.clear();
  for (const ColumnPtr& column : chunk.columns()) views_.emplace_back(*column);
}

void CopyFormatter::AppendRow(size_t row, std::string& out) {
  const bool is_json = options_.format == CopyOptions::Format::kJson;
  if (is_json && options_.json_array && rows_ != 0) out += ",\n";
  if (is_json) out += '{';
  for (size_t c = 0; c < views_.size(); ++c) {
    if (c != 0) out += is_json ? ',' : options_.delimiter;
    const Type& type = schema_[c].type;
    if (is_json) {
      out += json_keys_[c];
      AppendCellJson(views_[c], type, row, text_, out);
    } else if (views_[c].IsNull(row)) {
      out += options_.null_text;
    } else if (type.is_string()) {
      AppendField(views_[c].At<StringRef>(row).view(), force_quote_[c], out);
    } else {
      cell_.clear();
      AppendCellText(views_[c], type, row, text_, cell_);
      AppendField(cell_, force_quote_[c], out);
    }
  }
  if (is_json) out += '}';
  if (!is_json || !options_.json_array) out += '\n';
  ++rows_;
}

void CopyFormatter::AppendRows(const Chunk& chunk, std::string& out) {
  Start(chunk);
  chunk.rows().ForEach([&](size_t row) { AppendRow(row, out); });
}

}  // namespace weir
