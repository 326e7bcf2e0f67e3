#include "server/copy_in.h"

#include <algorithm>
#include <cstring>

#include "format/csv/tokenizer.h"
#include "format/text_value.h"
#include "server/client_text.h"
#include "server/copy_binary.h"
#include "server/copy_fields.h"
#include "server/copy_rows.h"
#include "types/text.h"

namespace weir {

namespace {

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
  TextCopyIn(Session& session, const TablePtr& table, const std::vector<std::string>& columns, CopyOptions options,
             const ast::Expr* where)
      : options_(std::move(options)),
        is_csv_(options_.format == CopyOptions::Format::kCsv),
        rows_(session, table, columns, where),
        zone_is_utc_(rows_.text_options().time_zone == "UTC"),
        csv_options_(CsvOptionsOf(options_)),
        csv_tokens_(table->name, options_.delimiter, csv_options_),
        text_tokens_(options_.delimiter),
        not_null_(Marks(options_.force_not_null)),
        force_null_(Marks(options_.force_null)),
        skip_header_(options_.header) {}

  const CopyOptions& options() const override { return options_; }
  size_t column_count() const override { return rows_.column_count(); }

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
    return rows_.Finish();
  }

 private:
  // Which of the columns read are named.
  std::vector<bool> Marks(const std::vector<std::string>& names) const {
    std::vector<bool> out(rows_.column_count());
    for (size_t i = 0; i < out.size(); ++i) out[i] = std::ranges::find(names, rows_.column(i).name) != names.end();
    return out;
  }

  Error BadLine(std::string_view what) const {
    return Error::User(sqlstate::kBadCopyFileFormat, "{}", what)
        .WithDetail(fmt::format("COPY {}, line {}", rows_.table().name, line_));
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
      rows_.EndRow();
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
      rows_.EndRow();
    }
  }

  template <typename TextOf>
  void CheckHeader(size_t count, const TextOf& text_of) {
    for (size_t i = 0; i < rows_.column_count(); ++i) {
      const std::string& name = rows_.column(i).name;
      if (i >= count || text_of(i) != name) {
        throw BadLine(fmt::format("column name mismatch in header line: expected \"{}\"", name));
      }
    }
  }

  void CheckWidth(size_t count) const {
    if (count > rows_.column_count()) throw BadLine("extra data after last expected column");
    if (count < rows_.column_count()) {
      throw BadLine(fmt::format("missing data for column \"{}\"", rows_.column(count).name));
    }
  }

  void AppendField(size_t i, std::string_view text, bool is_null) {
    ColumnBuilder& builder = rows_.builder(i);
    if (is_null) return builder.AppendNull();
    // What has a plain form has no NUL either, but texts may.
    const bool may_hold_nul = builder.type().is_string() && text.find('\0') != std::string_view::npos;
    if (!may_hold_nul && AppendPlainValue(builder, builder.type(), text, zone_is_utc_)) return;
    try {
      RequireUtf8(text);
      builder.AppendValue(ParseValue(builder.type(), text, rows_.text_options()));
    } catch (const Error& error) {
      throw Error(error).WithDetail(fmt::format("COPY {}, line {}, column {}: \"{}\"", rows_.table().name, line_,
                                                rows_.column(i).name, Shown(text)));
    }
  }

  const CopyOptions options_;
  const bool is_csv_;
  CopyRows rows_;
  const bool zone_is_utc_;
  const csv::CsvOptions csv_options_;
  csv::CsvTokenizer csv_tokens_;
  CopyTextTokenizer text_tokens_;
  const std::vector<bool> not_null_, force_null_;
  std::string input_;
  size_t wait_bytes_ = kBatchBytes;
  std::string scratch_;
  bool skip_header_;
  bool ended_ = false;
  uint64_t line_ = 1;
};

}  // namespace

std::unique_ptr<CopyIn> MakeCopyIn(Session& session, const TablePtr& table, const std::vector<std::string>& columns,
                                   CopyOptions options, const ast::Expr* where, BinaryValueReader read_binary) {
  using Format = CopyOptions::Format;
  if (options.format == Format::kText || options.format == Format::kCsv) {
    return std::make_unique<TextCopyIn>(session, table, columns, std::move(options), where);
  }
  if (options.format == Format::kBinary && read_binary != nullptr) {
    return std::make_unique<BinaryCopyIn>(session, table, columns, std::move(options), where, read_binary);
  }
  throw Error::Unsupported("Use FORMAT csv or text; files may also be json or parquet.",
                           "COPY FROM is not available in this format");
}

}  // namespace weir
