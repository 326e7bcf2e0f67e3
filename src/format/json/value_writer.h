#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <simdjson.h>

#include "column/builder.h"
#include "types/type.h"

namespace weir::json {

// Finds the position of an object's key among the wanted names; keys mostly come in the same order.
class JsonKeys {
 public:
  static constexpr size_t kNone = SIZE_MAX;
  explicit JsonKeys(std::vector<std::string> names);
  // Not movable once used: the map borrows the names.
  JsonKeys(const JsonKeys&) = delete;
  JsonKeys& operator=(const JsonKeys&) = delete;
  void Rewind() { next_ = 0; }
  // kNone: not wanted.
  size_t Find(simdjson::ondemand::field& field, simdjson::error_code& error);

 private:
  const std::vector<std::string> names_;
  std::unordered_map<std::string_view, size_t> positions_;
  std::vector<bool> is_plain_;  // the name is written without escapes, and short
  size_t next_ = 0;
};

// What is wrong with a record; the first fault counts.
struct JsonFault {
  simdjson::error_code syntax = simdjson::SUCCESS;  // malformed: nothing of the record can be read any further
  std::string value;                                // else: what is not of its column's type
};

// Appends JSON values to a column of some type. One thread.
class JsonValueWriter {
 public:
  explicit JsonValueWriter(const Type& type);
  // Always appends one row: NULL, and false, when the value is not of the type.
  bool Append(simdjson::ondemand::value& value, ColumnBuilder& out, JsonFault& fault);

 private:
  using Kind = simdjson::ondemand::json_type;
  bool AppendNumber(simdjson::ondemand::value& value, ColumnBuilder& out, JsonFault& fault);
  bool AppendString(simdjson::ondemand::value& value, ColumnBuilder& out, JsonFault& fault);
  bool AppendBoolean(simdjson::ondemand::value& value, ColumnBuilder& out, JsonFault& fault);
  bool AppendJson(std::string_view token, ColumnBuilder& out, JsonFault& fault);
  bool AppendStruct(simdjson::ondemand::value& value, ColumnBuilder& out, JsonFault& fault);
  bool AppendMap(simdjson::ondemand::value& value, ColumnBuilder& out, JsonFault& fault);
  bool AppendList(simdjson::ondemand::value& value, ColumnBuilder& out, JsonFault& fault);
  bool AppendRaw(simdjson::ondemand::value& value, Kind kind, ColumnBuilder& out, JsonFault& fault);
  bool Mismatch(simdjson::ondemand::value& value, ColumnBuilder& out, JsonFault& fault);

  const Type type_;
  std::vector<std::unique_ptr<JsonValueWriter>> children_;
  std::unique_ptr<JsonKeys> keys_;  // of a struct
};

// The text of a scalar without blanks behind it.
std::string_view JsonToken(simdjson::ondemand::value& value);
// The text is one JSON number.
bool IsJsonNumber(std::string_view text);

}  // namespace weir::json
