#include "server/copy_in.h"

#include <algorithm>

#include "column/builder.h"
#include "types/text.h"

namespace weir {

namespace {

constexpr size_t kRowsPerChunk = 4096;
constexpr size_t kLineBytesMax = 256U << 20;

// Splits PostgreSQL's text and csv formats into fields, in pieces as they come, and gathers the rows.
class TextCopyIn final : public CopyIn {
 public:
  TextCopyIn(Session& session, TablePtr table, const std::vector<std::string>& columns, CopyOptions options)
      : session_(session), table_(std::move(table)), options_(std::move(options)), snapshot_(session.ReadSnapshot()) {
    for (const std::string& name : columns) {
      const ColumnDef* column = table_->FindColumn(name);
      if (column == nullptr) {
        throw Error::User(sqlstate::kUndefinedColumn, "column \"{}\" of relation \"{}\" does not exist", name,
                          table_->name);
      }
      targets_.push_back(table_->ColumnIndex(column->id));
    }
    if (columns.empty()) {
      for (size_t i = 0; i < table_->columns.size(); ++i) targets_.push_back(i);
    }
    text_options_.time_zone = time_zone_ = session.settings().Get("timezone");
    for (const ColumnDef& column : table_->columns) {
      builders_.emplace_back(column.type, kRowsPerChunk);
      defaults_.push_back(column.default_value.value_or(Value::Null(column.type)));
      if (!column.default_sql.empty() && !column.default_value.has_value() && !IsTarget(builders_.size() - 1)) {
        throw Error::Unsupported("List the column and give its values.", "COPY cannot compute the default of: {}",
                                 column.name);
      }
    }
    const auto mark = [&](const std::vector<std::string>& names) {
      std::vector<bool> out(targets_.size());
      for (size_t i = 0; i < targets_.size(); ++i) {
        out[i] = std::find(names.begin(), names.end(), table_->columns[targets_[i]].name) != names.end();
      }
      return out;
    };
    not_null_ = mark(options_.force_not_null);
    force_null_ = mark(options_.force_null);
    skip_header_ = options_.header;
    writer_ = session.storage().OpenWriter(snapshot_, table_->id);
  }

  const CopyOptions& options() const override { return options_; }
  size_t column_count() const override { return targets_.size(); }

  void Write(std::string_view bytes) override {
    for (const char c : bytes) {
      if (ended_) return;
      Take(c);
    }
  }

  uint64_t Finish() override {
    if (!ended_ && (!line_.empty() || has_quoted_)) {
      if (in_quotes_) throw BadLine("unterminated CSV quoted field");
      EndLine();
    }
    Flush();
    const uint64_t rows = writer_->rows();
    if (rows != 0) session_.ApplyDelta(CommitKind::kLoad, writer_->Finish(), {});
    return rows;
  }

 private:
  bool IsTarget(size_t column) const { return std::find(targets_.begin(), targets_.end(), column) != targets_.end(); }

  Error BadLine(std::string_view what) const {
    return Error::User(sqlstate::kBadCopyFileFormat, "{}", what)
        .WithDetail(fmt::format("COPY {}, line {}", table_->name, line_number_ + 1));
  }

  // Finds the ends of lines; quotes of csv and backslashes of text may hide one.
  void Take(char c) {
    if (options_.format == CopyOptions::Format::kCsv) {
      if (c == options_.quote && !(in_quotes_ && options_.escape != options_.quote && after_escape_)) {
        in_quotes_ = !in_quotes_;
        has_quoted_ = true;
      }
      after_escape_ = in_quotes_ && c == options_.escape && !after_escape_ && options_.escape != options_.quote;
      if (c == '\n' && !in_quotes_) return EndLine();
    } else {
      if (c == '\n' && !after_escape_) return EndLine();
      after_escape_ = c == '\\' && !after_escape_;
    }
    line_ += c;
    if (line_.size() > kLineBytesMax) throw BadLine("line is too long");
  }

  void EndLine() {
    if (!line_.empty() && line_.back() == '\r' && !in_quotes_) line_.pop_back();
    std::string line = std::exchange(line_, {});
    after_escape_ = false;
    has_quoted_ = false;
    if (line == "\\.") {
      ended_ = true;
      return;
    }
    if (std::exchange(skip_header_, false)) {
      if (options_.header_match) CheckHeader(line);
      ++line_number_;
      return;
    }
    if (options_.format == CopyOptions::Format::kCsv) {
      SplitCsv(line);
    } else {
      SplitText(line);
    }
    AddRow();
    ++line_number_;
  }

  void CheckHeader(const std::string& line) {
    options_.format == CopyOptions::Format::kCsv ? SplitCsv(line) : SplitText(line);
    for (size_t i = 0; i < targets_.size(); ++i) {
      if (i >= fields_.size() || fields_[i].text != table_->columns[targets_[i]].name) {
        throw BadLine(
            fmt::format("column name mismatch in header line: expected \"{}\"", table_->columns[targets_[i]].name));
      }
    }
  }

  struct FieldText {
    std::string text;
    bool null = false;
  };

  void SplitText(std::string_view line) {
    fields_.clear();
    FieldText field;
    std::string raw;
    const auto end = [&] {
      field.null = raw == options_.null_text;
      fields_.push_back(std::exchange(field, {}));
      raw.clear();
    };
    for (size_t i = 0; i < line.size(); ++i) {
      const char c = line[i];
      if (c == options_.delimiter) {
        end();
        continue;
      }
      raw += c;
      if (c != '\\' || i + 1 == line.size()) {
        field.text += c;
        continue;
      }
      const char escaped = line[++i];
      raw += escaped;
      switch (escaped) {
        case 'b':
          field.text += '\b';
          break;
        case 'f':
          field.text += '\f';
          break;
        case 'n':
          field.text += '\n';
          break;
        case 'r':
          field.text += '\r';
          break;
        case 't':
          field.text += '\t';
          break;
        case 'v':
          field.text += '\v';
          break;
        case 'x': {
          int value = 0, digits = 0;
          while (digits < 2 && i + 1 < line.size() && std::isxdigit(static_cast<unsigned char>(line[i + 1])) != 0) {
            const char digit = line[++i];
            raw += digit;
            value = value * 16 + (digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
            ++digits;
          }
          field.text += digits == 0 ? 'x' : static_cast<char>(value);
          break;
        }
        default:
          if (escaped >= '0' && escaped <= '7') {
            int value = escaped - '0';
            for (int k = 0; k < 2 && i + 1 < line.size() && line[i + 1] >= '0' && line[i + 1] <= '7'; ++k) {
              raw += line[i + 1];
              value = value * 8 + (line[++i] - '0');
            }
            field.text += static_cast<char>(value & 0xFF);
          } else {
            field.text += escaped;
          }
      }
    }
    end();
  }

  void SplitCsv(std::string_view line) {
    fields_.clear();
    FieldText field;
    bool quoted = false, inside = false;
    const auto end = [&] {
      const size_t at = fields_.size();
      const bool is_null_text = field.text == options_.null_text;
      field.null = is_null_text && (!quoted || (at < force_null_.size() && force_null_[at])) &&
                   !(at < not_null_.size() && not_null_[at]);
      fields_.push_back(std::exchange(field, {}));
      quoted = false;
    };
    for (size_t i = 0; i < line.size(); ++i) {
      const char c = line[i];
      if (inside) {
        if (c == options_.escape && i + 1 < line.size() &&
            (line[i + 1] == options_.quote || line[i + 1] == options_.escape)) {
          field.text += line[++i];
        } else if (c == options_.quote) {
          inside = false;
        } else {
          field.text += c;
        }
      } else if (c == options_.quote) {
        inside = quoted = true;
      } else if (c == options_.delimiter) {
        end();
      } else {
        field.text += c;
      }
    }
    end();
  }

  void AddRow() {
    if (fields_.size() > targets_.size()) throw BadLine("extra data after last expected column");
    if (fields_.size() < targets_.size()) {
      throw BadLine(fmt::format("missing data for column \"{}\"", table_->columns[targets_[fields_.size()]].name));
    }
    row_values_.assign(builders_.size(), std::nullopt);
    for (size_t i = 0; i < targets_.size(); ++i) {
      const ColumnDef& column = table_->columns[targets_[i]];
      if (fields_[i].null) {
        row_values_[targets_[i]] = Value::Null(column.type);
        continue;
      }
      try {
        row_values_[targets_[i]] = ParseValue(column.type, fields_[i].text, text_options_);
      } catch (const Error& error) {
        throw Error(error).WithDetail(fmt::format("COPY {}, line {}, column {}: \"{}\"", table_->name, line_number_ + 1,
                                                  column.name, fields_[i].text.substr(0, 100)));
      }
    }
    for (size_t i = 0; i < builders_.size(); ++i) builders_[i].AppendValue(row_values_[i].value_or(defaults_[i]));
    if (builders_[0].size() >= kRowsPerChunk) Flush();
  }

  void Flush() {
    const size_t rows = builders_[0].size();
    if (rows == 0) return;
    std::vector<ColumnPtr> columns;
    for (ColumnBuilder& builder : builders_) columns.push_back(builder.Finish());
    writer_->Write(Chunk(std::move(columns), rows));
  }

  Session& session_;
  const TablePtr table_;
  const CopyOptions options_;
  const SnapshotPtr snapshot_;
  std::string time_zone_;
  TextOptions text_options_;
  std::vector<size_t> targets_;
  std::vector<bool> not_null_, force_null_;
  std::vector<ColumnBuilder> builders_;
  std::vector<Value> defaults_;
  std::unique_ptr<TableWriter> writer_;
  std::vector<FieldText> fields_;
  std::vector<std::optional<Value>> row_values_;
  std::string line_;
  bool in_quotes_ = false;
  bool after_escape_ = false;
  bool has_quoted_ = false;
  bool skip_header_ = false;
  bool ended_ = false;
  uint64_t line_number_ = 0;
};

}  // namespace

std::unique_ptr<CopyIn> MakeCopyIn(Session& session, const TablePtr& table, const std::vector<std::string>& columns,
                                   CopyOptions options) {
  return std::make_unique<TextCopyIn>(session, table, columns, std::move(options));
}

}  // namespace weir
