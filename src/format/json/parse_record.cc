#include "format/json/parse_record.h"

#include "base/error.h"
#include "format/json/records.h"
#include "format/text_stream.h"

namespace weir::json {

using simdjson::error_code;

error_code RecordParser::Parse(std::string_view record, simdjson::ondemand::value& out) {
  is_wrapped_ = !record.starts_with('{') && !record.starts_with('[');
  if (is_wrapped_) {
    const size_t end = JsonValueEnd(record, 0);
    if (end != std::string_view::npos && end != record.size()) return simdjson::TRAILING_CONTENT;
    // On-demand documents that are scalars have an interface of their own; an array around them spares it.
    wrapped_.clear();
    wrapped_ += '[';
    wrapped_ += record;
    wrapped_ += ']';
    record = wrapped_;
    wrapped_.resize(wrapped_.size() + simdjson::SIMDJSON_PADDING);
    record = std::string_view(wrapped_).substr(0, record.size());
  }
  // Growing by doubling, or each longer record would allocate.
  if (record.size() > parser_.capacity()) {
    if (const error_code error = parser_.allocate(std::max<size_t>(record.size() * 2, 4096))) return error;
  }
  if (const error_code error =
          parser_.iterate(record.data(), record.size(), record.size() + simdjson::SIMDJSON_PADDING).get(document_)) {
    return error;
  }
  if (!is_wrapped_) return document_.get_value().get(out);
  if (const error_code error = document_.get_array().get(wrapper_)) return error;
  simdjson::ondemand::array_iterator first;
  simdjson::ondemand::array_iterator last;
  if (const error_code error = wrapper_.begin().get(first)) return error;
  if (const error_code error = wrapper_.end().get(last)) return error;
  if (first == last) return simdjson::EMPTY;
  return (*first).get(out);
}

error_code RecordParser::CheckEnd() {
  if (is_wrapped_) return simdjson::SUCCESS;
  const char* at = nullptr;
  return document_.current_location().get(at) == simdjson::OUT_OF_BOUNDS ? simdjson::SUCCESS
                                                                         : simdjson::TRAILING_CONTENT;
}

void ThrowMalformedRecord(const std::string& path, uint64_t line, std::string_view record, error_code error) {
  if (error == simdjson::UTF8_ERROR) {
    throw Error::User(sqlstate::kCharacterNotInRepertoire, "text in JSON is not UTF-8: {} line {}", path, line)
        .WithHint("Convert the file to UTF-8, or leave out such records with ignore_errors => true.");
  }
  if (error == simdjson::MEMALLOC) throw std::bad_alloc();
  throw Error::User(sqlstate::kBadCopyFileFormat, "malformed JSON: {} line {}: {}: \"{}\"", path, line,
                    simdjson::error_message(error), ShortenedText(record))
      .WithHint(
          "ignore_errors => true leaves out such records; the option format says how values follow each other "
          "(newline_delimited, array or unstructured).");
}

}  // namespace weir::json
