#include "server/copy_in.h"

#include <algorithm>
#include <cstring>

#include "column/builder.h"
#include "format/csv/tokenizer.h"
#include "format/text_value.h"
#include "server/client_text.h"
#include "server/copy_fields.h"
#include "types/text.h"

namespace weir {

namespace {

constexpr size_t kRowsPerChunk = 4096;
constexpr size_t kRowBytesMax = 256U << 20;
// So much is gathered before it is divided into rows.
constexpr size_t kBatchBytes = 256 << 10;
// The tokenizer loads this much at once.
constexpr size_t kPaddingBytes = 64;

// What may stand in an error message.
std::string Shown(std::string_view text) {
  constexpr size_t kShownBytes = 100;
  if (FindInvalidUtf8(text) != std::string_view::npos) return "(not UTF-8)";
  if (text.size() <= kShownBytes) return std::string(text);
  size_t end = kShownBytes;
  while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

csv::CsvOptions CsvOptionsOf(const CopyOptions& options) {
  csv::CsvOptions out;
  out.delimiter = options.delimiter;
  out.quote = options.quote;
  out.escape = options.escape;
  return out;
}

// Takes PostgreSQL's text and csv formats in pieces as they come and fills the table's columns.
class TextCopyIn final : public CopyIn {
 public:
  TextCopyIn(Session& session, TablePtr table, const std::vector<std::string>& columns, CopyOptions options)
      : session_(session),
        table_(std::move(table)),
        options_(std::move(options)),
        is_csv_(options_.format == CopyOptions::Format::kCsv),
        snapshot_(session.ReadSnapshot()),
        csv_options_(CsvOptionsOf(options_)),
        csv_tokens_(table_->name, options_.delimiter, csv_options_),
        text_tokens_(options_.delimiter) {
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
    zone_is_utc_ = time_zone_ == "UTC";
    for (const size_t target : targets_) builders_.emplace_back(table_->columns[target].type, kRowsPerChunk);
    for (size_t i = 0; i < table_->columns.size(); ++i) {
      const ColumnDef& column = table_->columns[i];
      defaults_.push_back(column.default_value.value_or(Value::Null(column.type)));
      if (!column.default_sql.empty() && !column.default_value.has_value() && !IsTarget(i)) {
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
    if (ended_) return;
    input_ += bytes;
    if (input_.size() < wait_bytes_) return;
    const size_t end =
        is_csv_ ? csv::CsvRecordsEnd(input_, options_.delimiter, csv_options_) : CopyTextTokenizer::RowsEnd(input_);
    if (end == 0) {
      if (input_.size() > kRowBytesMax) throw BadLine("line is too long");
      // A long row is not looked at again with every piece.
      wait_bytes_ = input_.size() * 2;
      return;
    }
    Take(end);
    wait_bytes_ = input_.size() + kBatchBytes;
  }

  uint64_t Finish() override {
    if (!ended_) Take(input_.size());
    Flush();
    const uint64_t rows = writer_->rows();
    if (rows != 0) session_.ApplyDelta(CommitKind::kLoad, writer_->Finish(), {});
    return rows;
  }

 private:
  bool IsTarget(size_t column) const { return std::find(targets_.begin(), targets_.end(), column) != targets_.end(); }

  Error BadLine(std::string_view what) const {
    return Error::User(sqlstate::kBadCopyFileFormat, "{}", what)
        .WithDetail(fmt::format("COPY {}, line {}", table_->name, line_));
  }

  // The first `size` bytes of the input are whole rows.
  void Take(size_t size) {
    std::string left = input_.substr(size);
    input_.resize(size + kPaddingBytes);
    std::memset(input_.data() + size, 0, kPaddingBytes);
    is_csv_ ? TakeCsv(size) : TakeText(size);
    input_ = std::move(left);
  }

  void TakeCsv(size_t size) {
    csv_tokens_.Start(input_.data(), size, line_);
    for (;;) {
      bool more = false;
      try {
        more = csv_tokens_.Next();
      } catch (const Error& error) {
        throw Error(error).WithHint("The options QUOTE and ESCAPE say how fields are quoted.");
      }
      if (!more) break;
      line_ = csv_tokens_.line();
      const auto& fields = csv_tokens_.fields();
      if (fields.size() == 1 && !fields[0].quoted && fields[0].text == "\\.") {
        ended_ = true;
        return;
      }
      const bool is_header = std::exchange(skip_header_, false);
      if (is_header && !options_.header_match) continue;
      if (is_header) {
        CheckHeader(fields.size(), [&](size_t i) { return csv_tokens_.TextOf(fields[i], scratch_); });
        continue;
      }
      CheckWidth(fields.size());
      for (size_t i = 0; i < fields.size(); ++i) {
        const csv::CsvField& field = fields[i];
        const std::string_view text = csv_tokens_.TextOf(field, scratch_);
        const bool is_null = text == options_.null_text && (!field.quoted || force_null_[i]) && !not_null_[i];
        AppendField(i, text, is_null);
      }
      EndRow();
    }
    line_ = csv_tokens_.next_line();
  }

  void TakeText(size_t size) {
    text_tokens_.Start(std::string_view(input_).substr(0, size));
    for (; text_tokens_.Next(); ++line_) {
      const auto& fields = text_tokens_.fields();
      if (text_tokens_.row() == "\\.") {
        ended_ = true;
        return;
      }
      const bool is_header = std::exchange(skip_header_, false);
      if (is_header && !options_.header_match) continue;
      if (is_header) {
        CheckHeader(fields.size(), [&](size_t i) { return CopyTextTokenizer::TextOf(fields[i], scratch_); });
        continue;
      }
      CheckWidth(fields.size());
      for (size_t i = 0; i < fields.size(); ++i) {
        AppendField(i, CopyTextTokenizer::TextOf(fields[i], scratch_), fields[i].text == options_.null_text);
      }
      EndRow();
    }
  }

  template <typename TextOf>
  void CheckHeader(size_t count, const TextOf& text_of) {
    for (size_t i = 0; i < targets_.size(); ++i) {
      if (i >= count || text_of(i) != table_->columns[targets_[i]].name) {
        throw BadLine(
            fmt::format("column name mismatch in header line: expected \"{}\"", table_->columns[targets_[i]].name));
      }
    }
  }

  void CheckWidth(size_t count) const {
    if (count > targets_.size()) throw BadLine("extra data after last expected column");
    if (count < targets_.size()) {
      throw BadLine(fmt::format("missing data for column \"{}\"", table_->columns[targets_[count]].name));
    }
  }

  void AppendField(size_t i, std::string_view text, bool is_null) {
    ColumnBuilder& builder = builders_[i];
    if (is_null) return builder.AppendNull();
    // What has a plain form has no NUL either, but texts may.
    const bool may_hold_nul = builder.type().is_string() && text.find('\0') != std::string_view::npos;
    if (!may_hold_nul && AppendPlainValue(builder, builder.type(), text, zone_is_utc_)) return;
    try {
      RequireUtf8(text);
      builder.AppendValue(ParseValue(builder.type(), text, text_options_));
    } catch (const Error& error) {
      throw Error(error).WithDetail(fmt::format("COPY {}, line {}, column {}: \"{}\"", table_->name, line_,
                                                table_->columns[targets_[i]].name, Shown(text)));
    }
  }

  void EndRow() {
    if (++rows_ >= kRowsPerChunk) Flush();
  }

  void Flush() {
    if (rows_ == 0) return;
    std::vector<ColumnPtr> columns(table_->columns.size());
    for (size_t i = 0; i < targets_.size(); ++i) columns[targets_[i]] = builders_[i].Finish();
    for (size_t i = 0; i < columns.size(); ++i) {
      if (columns[i] == nullptr) columns[i] = Column::Constant(defaults_[i], rows_);
    }
    writer_->Write(Chunk(std::move(columns), std::exchange(rows_, 0)));
  }

  Session& session_;
  const TablePtr table_;
  const CopyOptions options_;
  const bool is_csv_;
  const SnapshotPtr snapshot_;
  const csv::CsvOptions csv_options_;
  csv::CsvTokenizer csv_tokens_;
  CopyTextTokenizer text_tokens_;
  std::string time_zone_;
  bool zone_is_utc_ = false;
  TextOptions text_options_;
  std::vector<size_t> targets_;
  std::vector<bool> not_null_, force_null_;
  std::vector<ColumnBuilder> builders_;  // of the targets
  std::vector<Value> defaults_;          // of all columns
  std::unique_ptr<TableWriter> writer_;
  std::string input_;
  size_t wait_bytes_ = kBatchBytes;
  std::string scratch_;
  size_t rows_ = 0;  // in the builders
  bool skip_header_ = false;
  bool ended_ = false;
  uint64_t line_ = 1;
};

}  // namespace

std::unique_ptr<CopyIn> MakeCopyIn(Session& session, const TablePtr& table, const std::vector<std::string>& columns,
                                   CopyOptions options) {
  if (options.format == CopyOptions::Format::kJson || options.format == CopyOptions::Format::kParquet) {
    throw Error::Unsupported("Use FORMAT csv or text, or COPY ... FROM 'file'.",
                             "COPY FROM STDIN is not available in this format");
  }
  return std::make_unique<TextCopyIn>(session, table, columns, std::move(options));
}

}  // namespace weir
