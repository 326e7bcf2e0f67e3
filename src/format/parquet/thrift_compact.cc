#include "format/parquet/thrift_compact.h"

namespace weir::parquet {

uint64_t ThriftReader::Varint() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const uint8_t byte = Byte();
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  throw Corrupt("integer in metadata is longer than 64 bits");
}

bool ThriftReader::NextField(Field& field) {
  const uint8_t head = Byte();
  if (head == 0) return false;
  const int delta = head >> 4;
  const auto type = static_cast<ThriftType>(head & 0x0F);
  if (type == ThriftType::kStop || type > ThriftType::kStruct) {
    throw Corrupt("unknown type in metadata: {}", static_cast<int>(type));
  }
  const int64_t id = delta != 0 ? field.id + delta : Zigzag();
  if (id < INT16_MIN || id > INT16_MAX) throw Corrupt("field number in metadata is out of range: {}", id);
  field.id = static_cast<int16_t>(id);
  field.type = type;
  return true;
}

ThriftReader::List ThriftReader::ReadListHeader() {
  const uint8_t head = Byte();
  List list;
  list.type = static_cast<ThriftType>(head & 0x0F);
  if (list.type == ThriftType::kStop || list.type > ThriftType::kStruct) {
    throw Corrupt("unknown list type in metadata: {}", static_cast<int>(list.type));
  }
  const uint64_t size = (head >> 4) == 15 ? Varint() : head >> 4;
  // Every element takes a byte at least.
  if (size > remaining()) throw ThriftTruncated();
  list.size = static_cast<uint32_t>(size);
  return list;
}

bool ThriftReader::ReadBool(const Field& field) {
  if (field.type == ThriftType::kTrue) return true;
  if (field.type == ThriftType::kFalse) return false;
  throw Corrupt("boolean expected in metadata, type {} found", static_cast<int>(field.type));
}

int64_t ThriftReader::ReadInt(ThriftType type) {
  switch (type) {
    case ThriftType::kInt8:
      return static_cast<int8_t>(Byte());
    case ThriftType::kInt16:
    case ThriftType::kInt32:
    case ThriftType::kInt64:
      return Zigzag();
    default:
      throw Corrupt("integer expected in metadata, type {} found", static_cast<int>(type));
  }
}

std::string_view ThriftReader::ReadBinary(ThriftType type) {
  if (type != ThriftType::kBinary) {
    throw Corrupt("string expected in metadata, type {} found", static_cast<int>(type));
  }
  const uint64_t size = Varint();
  if (size > remaining()) throw ThriftTruncated();
  const std::string_view out(reinterpret_cast<const char*>(at_), size);
  at_ += size;
  return out;
}

void ThriftReader::Skip(ThriftType type) {
  // Booleans in fields live in the header.
  if (type != ThriftType::kTrue && type != ThriftType::kFalse) SkipValue(type, depth_);
}

void ThriftReader::SkipValue(ThriftType type, int depth) {
  if (depth > kDepthMax) throw Corrupt("metadata is nested deeper than {}", kDepthMax);
  switch (type) {
    case ThriftType::kTrue:
    case ThriftType::kFalse:
    case ThriftType::kInt8:
      Byte();
      return;
    case ThriftType::kInt16:
    case ThriftType::kInt32:
    case ThriftType::kInt64:
      Varint();
      return;
    case ThriftType::kDouble:
      if (remaining() < 8) throw ThriftTruncated();
      at_ += 8;
      return;
    case ThriftType::kBinary:
      ReadBinary(type);
      return;
    case ThriftType::kList:
    case ThriftType::kSet: {
      const List list = ReadListHeader();
      for (uint32_t i = 0; i < list.size; ++i) SkipValue(list.type, depth + 1);
      return;
    }
    case ThriftType::kMap: {
      const uint64_t size = Varint();
      if (size == 0) return;
      if (size > remaining()) throw ThriftTruncated();
      const uint8_t types = Byte();
      for (uint64_t i = 0; i < size; ++i) {
        SkipValue(static_cast<ThriftType>(types >> 4), depth + 1);
        SkipValue(static_cast<ThriftType>(types & 0x0F), depth + 1);
      }
      return;
    }
    case ThriftType::kStruct: {
      Field field;
      while (NextField(field)) {
        if (field.type != ThriftType::kTrue && field.type != ThriftType::kFalse) SkipValue(field.type, depth + 1);
      }
      return;
    }
    case ThriftType::kStop:
      break;
  }
  throw Corrupt("unknown type in metadata: {}", static_cast<int>(type));
}

void ThriftWriter::FieldHeader(int16_t id, ThriftType type) {
  const int delta = id - last_id_;
  if (delta > 0 && delta <= 15) {
    out_.Put(static_cast<uint8_t>(delta << 4 | static_cast<int>(type)));
  } else {
    out_.Put(static_cast<uint8_t>(type));
    out_.PutZigzag(id);
  }
  last_id_ = id;
}

void ThriftWriter::ListHeader(size_t size, ThriftType type) {
  if (size < 15) {
    out_.Put(static_cast<uint8_t>(size << 4 | static_cast<size_t>(type)));
  } else {
    out_.Put(static_cast<uint8_t>(0xF0 | static_cast<int>(type)));
    out_.PutVarint(size);
  }
}

}  // namespace weir::parquet
