#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "format/parquet/corrupt.h"

namespace weir::parquet {

// Thrift's compact protocol, as far as Parquet's metadata uses it (Apache Thrift, "Thrift Compact protocol encoding").

enum class ThriftType : uint8_t {
  kStop = 0,
  kTrue = 1,
  kFalse = 2,
  kInt8 = 3,
  kInt16 = 4,
  kInt32 = 5,
  kInt64 = 6,
  kDouble = 7,
  kBinary = 8,
  kList = 9,
  kSet = 10,
  kMap = 11,
  kStruct = 12,
};

// Bytes ended before the structure did. Its own type because a page header is first tried with few bytes.
class ThriftTruncated : public Error {
 public:
  ThriftTruncated() : Error(ErrorKind::kOperational, sqlstate::kDataCorrupted, "metadata ends early") {}
};

// Reads any bytes safely: sizes are checked against what is left, nesting against a limit. Borrows the bytes.
class ThriftReader {
 public:
  static constexpr int kDepthMax = 32;

  explicit ThriftReader(ByteSpan bytes) : begin_(bytes.data()), at_(begin_), end_(begin_ + bytes.size()) {}

  struct Field {
    int16_t id = 0;
    ThriftType type = ThriftType::kStop;
  };
  struct List {
    uint32_t size = 0;
    ThriftType type = ThriftType::kStop;
  };

  // Calls on_field(Field) -> bool for every field; fields that it refuses (false) are skipped.
  template <typename F>
  void ReadStruct(F&& on_field) {
    if (++depth_ > kDepthMax) throw Corrupt("metadata is nested deeper than {}", kDepthMax);
    Field field;
    while (NextField(field)) {
      if (!on_field(field)) Skip(field.type);
    }
    --depth_;
  }
  List ReadListHeader();

  // The type is what the field's header or the list's header says.
  bool ReadBool(const Field& field);
  int64_t ReadInt(ThriftType type);
  std::string_view ReadBinary(ThriftType type);
  bool ReadBoolElement() { return Byte() == static_cast<uint8_t>(ThriftType::kTrue); }
  void Skip(ThriftType type);

  size_t consumed() const { return static_cast<size_t>(at_ - begin_); }
  size_t remaining() const { return static_cast<size_t>(end_ - at_); }

 private:
  uint8_t Byte() {
    if (at_ == end_) throw ThriftTruncated();
    return *at_++;
  }
  uint64_t Varint();
  int64_t Zigzag() {
    const uint64_t raw = Varint();
    return static_cast<int64_t>(raw >> 1) ^ -static_cast<int64_t>(raw & 1);
  }
  bool NextField(Field& field);  // keeps `field` for the id that the next header's delta counts from
  void SkipValue(ThriftType type, int depth);

  const uint8_t* begin_;
  const uint8_t* at_;
  const uint8_t* end_;
  int depth_ = 0;
};

// Appends to a string that it owns. The caller writes fields of a struct in ascending order of their ids.
class ThriftWriter {
 public:
  // Around the fields of a struct; a struct as a field or list element starts with BeginStruct as well.
  int16_t BeginStruct() { return std::exchange(last_id_, int16_t{0}); }
  void EndStruct(int16_t outer) {
    out_.Put<uint8_t>(0);
    last_id_ = outer;
  }
  void FieldHeader(int16_t id, ThriftType type);
  void FieldBool(int16_t id, bool value) { FieldHeader(id, value ? ThriftType::kTrue : ThriftType::kFalse); }
  void ListHeader(size_t size, ThriftType type);
  void Int(int64_t value) { out_.PutZigzag(value); }
  void Int8(int8_t value) { out_.Put(value); }
  void BoolElement(bool value) { out_.Put<uint8_t>(value ? 1 : 2); }
  void Binary(std::string_view bytes) { out_.PutString(bytes); }

  std::string& buffer() { return out_.buffer(); }

 private:
  ByteWriter out_;
  int16_t last_id_ = 0;
};

}  // namespace weir::parquet
