#include "format/json/reader.h"

#include "base/error.h"
#include "format/json/parse_record.h"
#include "format/json/value_writer.h"

namespace weir::json {

namespace ondemand = simdjson::ondemand;
using simdjson::error_code;

struct JsonReader::Impl {
  Impl(std::shared_ptr<TextBlocks> blocks, JsonLayout layout, bool records, const JsonOptions& options, Schema schema,
       std::vector<size_t> columns, std::shared_ptr<MemoryTracker> tracker)
      : is_object_(records),
        ignore_errors_(options.ignore_errors),
        schema_(std::move(schema)),
        columns_(std::move(columns)),
        records_(std::move(blocks), layout, options, std::move(tracker)),
        keys_(NamesOf(schema_, columns_)) {
    for (const size_t column : columns_) {
      const Type& type = schema_.at(column).type;
      builders_.emplace_back(type);
      writers_.push_back(std::make_unique<JsonValueWriter>(type));
    }
  }

  static std::vector<std::string> NamesOf(const Schema& schema, const std::vector<size_t>& columns) {
    std::vector<std::string> names;
    for (const size_t column : columns) names.push_back(schema.at(column).name);
    return names;
  }

  // Appends one row to every builder; false when it is not to be kept.
  bool AppendRecord(size_t rows) {
    JsonFault fault;
    size_t bad_column = SIZE_MAX;
    ondemand::value value;
    if (const error_code error = parser_.Parse(records_.record(), value)) {
      fault.syntax = error;
    } else if (is_object_) {
      AppendMembers(value, rows, fault, bad_column);
    } else {
      for (size_t i = 0; i < builders_.size() && fault.syntax == simdjson::SUCCESS; ++i) {
        if (!writers_[i]->Append(value, builders_[i], fault)) bad_column = i;
      }
    }
    if (fault.syntax == simdjson::SUCCESS && (is_object_ || !builders_.empty())) fault.syntax = parser_.CheckEnd();
    const bool good = fault.syntax == simdjson::SUCCESS && bad_column == SIZE_MAX;
    for (ColumnBuilder& builder : builders_) {
      if (builder.size() == rows) builder.AppendNull();
    }
    if (!good && !ignore_errors_) Throw(fault, bad_column);
    return good;
  }

  void AppendMembers(ondemand::value& value, size_t rows, JsonFault& fault, size_t& bad_column) {
    ondemand::object object;
    fault.syntax = value.get_object().get(object);
    if (fault.syntax != simdjson::SUCCESS) return;
    keys_.Rewind();
    for (auto member : object) {
      ondemand::field field;
      error_code error = std::move(member).get(field);
      const size_t at = error == simdjson::SUCCESS ? keys_.Find(field, error) : JsonKeys::kNone;
      if (error != simdjson::SUCCESS) {
        fault.syntax = error;
        return;
      }
      // Of a key that comes twice the first counts.
      if (at == JsonKeys::kNone || builders_[at].size() > rows) continue;
      const bool good = writers_[at]->Append(field.value(), builders_[at], fault);
      if (!good && bad_column == SIZE_MAX) bad_column = at;
      if (fault.syntax != simdjson::SUCCESS) return;
    }
  }

  [[noreturn]] void Throw(const JsonFault& fault, size_t bad_column) {
    if (fault.syntax == simdjson::INCORRECT_TYPE && is_object_ && !records_.record().starts_with('{')) {
      throw Error::User(sqlstate::kBadCopyFileFormat, "JSON record is no object: {} line {}: \"{}\"", records_.path(),
                        records_.line(), ShortenedText(records_.record()))
          .WithHint(
              "records => false reads every value into one column; ignore_errors => true leaves out such "
              "records.");
    }
    if (fault.syntax != simdjson::SUCCESS) {
      ThrowMalformedRecord(records_.path(), records_.line(), records_.record(), fault.syntax);
    }
    const Field& column = schema_[columns_[bad_column]];
    throw Error::User(sqlstate::kInvalidTextRepresentation,
                      "value in JSON is not of its column's type: {} line {}, column {} ({}): \"{}\"", records_.path(),
                      records_.line(), column.name, column.type.ToString(), fault.value)
        .WithHint(
            "sample_size => -1 looks at all records for the types, columns => '...' names them, "
            "ignore_errors => true leaves out such records.");
  }

  Chunk TakeChunk(size_t rows, std::shared_ptr<Selection> good) {
    std::vector<ColumnPtr> columns;
    for (ColumnBuilder& builder : builders_) columns.push_back(builder.Finish());
    if (good->size() == rows) return {std::move(columns), rows};
    return Chunk(std::move(columns), rows, std::move(good)).Compact();
  }

  const bool is_object_;
  const bool ignore_errors_;
  const Schema schema_;
  const std::vector<size_t> columns_;
  JsonRecords records_;
  RecordParser parser_;
  JsonKeys keys_;
  std::vector<ColumnBuilder> builders_;
  std::vector<std::unique_ptr<JsonValueWriter>> writers_;
  uint64_t rows_ignored_ = 0;
};

JsonReader::JsonReader(std::shared_ptr<TextBlocks> blocks, JsonLayout layout, bool records, const JsonOptions& options,
                       Schema schema, std::vector<size_t> columns, std::shared_ptr<MemoryTracker> tracker)
    : impl_(std::make_unique<Impl>(std::move(blocks), layout, records, options, std::move(schema), std::move(columns),
                                   std::move(tracker))) {}

JsonReader::~JsonReader() = default;

uint64_t JsonReader::rows_ignored() const {
  return impl_->rows_ignored_;
}

Chunk JsonReader::Next(size_t rows_max) {
  auto good = std::make_shared<Selection>();
  size_t rows = 0;
  bool at_end = false;
  // Nothing but bad records must not look like the end.
  while (good->empty() && !at_end) {
    if (rows > 0) impl_->TakeChunk(std::exchange(rows, 0), good);
    while (rows < rows_max) {
      at_end = !impl_->records_.Next();
      if (at_end) break;
      if (impl_->AppendRecord(rows)) {
        good->push_back(static_cast<uint32_t>(rows));
      } else {
        ++impl_->rows_ignored_;
      }
      ++rows;
    }
  }
  return impl_->TakeChunk(rows, std::move(good));
}

}  // namespace weir::json
