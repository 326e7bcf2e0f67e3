#pragma once

#include <string>
#include <string_view>

#include <simdjson.h>

namespace weir::json {

// Parses one record at a time; what it gives lives until the next. One thread.
class RecordParser {
 public:
  // 64 bytes behind the record must be readable. On-demand parsing: faults behind the start show up later.
  simdjson::error_code Parse(std::string_view record, simdjson::ondemand::value& out);
  // Whether all of the record has been taken; something behind it is malformed.
  simdjson::error_code CheckEnd();

 private:
  simdjson::ondemand::parser parser_;
  simdjson::ondemand::document document_;
  simdjson::ondemand::array wrapper_;
  std::string wrapped_;
  bool is_wrapped_ = false;
};

// "line N" errors of both inference and reading.
[[noreturn]] void ThrowMalformedRecord(const std::string& path, uint64_t line, std::string_view record,
                                       simdjson::error_code error);

}  // namespace weir::json
