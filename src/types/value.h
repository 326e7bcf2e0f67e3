#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/int128.h"
#include "types/type.h"

namespace weir {

// One SQL value with its type: literals, parameters, defaults, statistics. Not for rows in bulk; those are columns.
// Stored by physical type: integers, dates, timestamps and small decimals as int64_t, and so on.
class Value {
 public:
  Value() = default;  // NULL of unknown type
  static Value Null(Type type = {}) {
    Value value;
    value.type_ = std::move(type);
    return value;
  }
  static Value Boolean(bool value) { return {TypeKind::kBoolean, static_cast<int64_t>(value)}; }
  static Value Int32(int32_t value) { return {TypeKind::kInt32, static_cast<int64_t>(value)}; }
  static Value Int64(int64_t value) { return {TypeKind::kInt64, value}; }
  static Value Double(double value) { return {TypeKind::kDouble, value}; }
  static Value String(std::string text) { return {TypeKind::kVarchar, std::move(text)}; }
  // Any type whose physical type is bool or int8..int64.
  static Value Integer(Type type, int64_t value) { return {std::move(type), value}; }
  static Value Wide(Type type, int128_t value) { return {std::move(type), value}; }
  static Value Floating(Type type, double value) { return {std::move(type), value}; }
  static Value Bytes(Type type, std::string bytes) { return {std::move(type), std::move(bytes)}; }
  static Value OfInterval(Interval value) { return {TypeKind::kInterval, value}; }
  // list: elements; struct: one per field; map: key, value, key, value, ...
  static Value Nested(Type type, std::vector<Value> parts) { return {std::move(type), std::move(parts)}; }

  const Type& type() const { return type_; }
  bool is_null() const { return std::holds_alternative<std::monostate>(data_); }

  bool boolean() const { return std::get<int64_t>(data_) != 0; }
  int64_t integer() const { return std::get<int64_t>(data_); }
  int128_t wide() const;  // int128 and also whatever integer() serves
  double floating() const { return std::get<double>(data_); }
  const std::string& bytes() const { return std::get<std::string>(data_); }
  Interval interval() const { return std::get<Interval>(data_); }
  const std::vector<Value>& parts() const { return std::get<std::vector<Value>>(data_); }

  // The same value under another type of the same physical type (varchar as json, int64 as timestamp).
  Value WithType(Type type) const {
    Value value = *this;
    value.type_ = std::move(type);
    return value;
  }

  // SQL order of two non-null values of one type: negative, 0, positive. NaN is the largest, as in PostgreSQL.
  static int Compare(const Value& a, const Value& b);
  // Same type and same value; NULL equals NULL. For plans and tests.
  friend bool operator==(const Value& a, const Value& b);

  // PostgreSQL's text output of the value; "NULL" for null. (Defined by types/text.h's formatting.)
  std::string ToString() const;
  uint64_t Hash() const;

  void Serialize(ByteWriter& out) const;
  static Value Deserialize(ByteReader& in);

 private:
  using Data = std::variant<std::monostate, int64_t, int128_t, double, std::string, Interval, std::vector<Value>>;
  Value(Type type, Data data) : type_(std::move(type)), data_(std::move(data)) {}

  Type type_;
  Data data_;
};

void SerializeType(const Type& type, ByteWriter& out);
Type DeserializeType(ByteReader& in);

}  // namespace weir
