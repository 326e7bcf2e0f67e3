#include "column/serialize.h"

#include <cstring>

#include <lz4.h>

#include "base/hash.h"
#include "types/value.h"

namespace weir {

namespace {

// Layout (docs/formats/chunk.md):
//   u32 magic "WCH1" | u8 compression | u32 body bytes, uncompressed | u32 body bytes, as stored | u64 XXH3 of the
//   stored body | body
// Body: varint rows | varint columns | per column: type, then the column.
constexpr uint32_t kMagic = 0x31484357;  // "WCH1"
constexpr size_t kHeaderBytes = 4 + 1 + 4 + 4 + 8;
constexpr size_t kBodyBytesMax = size_t{1} << 31;
constexpr int kDepthMax = 32;

enum class ColumnForm : uint8_t { kFlat = 0, kConstant = 1, kDictionary = 2 };

[[noreturn]] void ThrowCorrupted(std::string_view what) {
  throw Error::Operational(sqlstate::kDataCorrupted, "serialised chunk is damaged: {}", what);
}

void WriteValidity(const uint64_t* words, size_t size, ByteWriter& out) {
  if (words == nullptr || CountBits(words, size) == size) return out.Put<uint8_t>(0);
  out.Put<uint8_t>(1);
  const size_t count = WordsForBits(size);
  for (size_t i = 0; i < count; ++i) {
    uint64_t word = words[i];
    // Bits past the end are undefined in memory; on disk they are zero, so equal chunks have equal bytes.
    if (i + 1 == count && size % 64 != 0) word &= (uint64_t{1} << (size % 64)) - 1;
    out.Put(word);
  }
}

BufferPtr ReadValidity(ByteReader& in, size_t size) {
  const auto flag = in.Get<uint8_t>();
  if (flag == 0) return nullptr;
  if (flag != 1) ThrowCorrupted("validity flag");
  const std::string_view bytes = in.GetRaw(WordsForBits(size) * sizeof(uint64_t));
  auto buffer = Buffer::Allocate(bytes.size());
  std::memcpy(buffer->data(), bytes.data(), bytes.size());
  return buffer;
}

void WriteColumn(const Column& column, ByteWriter& out);

void WriteFlat(const Column& column, ByteWriter& out) {
  const size_t size = column.size();
  const uint64_t* validity = column.validity();
  WriteValidity(validity, size, out);
  const auto valid = [&](size_t i) { return validity == nullptr || GetBit(validity, i); };
  switch (column.type().physical()) {
    case PhysicalType::kStruct:
      break;
    case PhysicalType::kString: {
      const auto* values = column.values<StringRef>();
      for (size_t i = 0; i < size; ++i) out.PutVarint(valid(i) ? values[i].size() : 0);
      for (size_t i = 0; i < size; ++i) {
        if (valid(i)) out.PutRaw(values[i].view());
      }
      return;
    }
    case PhysicalType::kList:
    case PhysicalType::kMap: {
      // Lists may overlap or leave gaps in the child (after a gather); they are written packed.
      const auto* entries = column.values<ListEntry>();
      bool packed = true;
      uint64_t total = 0;
      for (size_t i = 0; i < size; ++i) {
        const uint32_t length = valid(i) ? entries[i].length : 0;
        if (length != 0 && entries[i].offset != total) packed = false;
        total += length;
        out.PutVarint(length);
      }
      for (const ColumnPtr& child : column.children()) {
        out.PutVarint(total);
        if (packed && child->size() == total) {
          WriteColumn(*child, out);
          continue;
        }
        std::vector<uint32_t> rows;
        rows.reserve(total);
        for (size_t i = 0; i < size; ++i) {
          if (!valid(i)) continue;
          for (uint32_t k = 0; k < entries[i].length; ++k) rows.push_back(entries[i].offset + k);
        }
        WriteColumn(*Column::Gather(child, rows), out);
      }
      return;
    }
    default: {
      const size_t width = PhysicalWidth(column.type().physical());
      if (validity == nullptr) {
        out.PutRaw({static_cast<const char*>(column.raw_values()), size * width});
      } else {
        static constexpr char kZeros[16] = {};
        const char* values = static_cast<const char*>(column.raw_values());
        for (size_t i = 0; i < size; ++i) out.PutRaw({valid(i) ? values + i * width : kZeros, width});
      }
      return;
    }
  }
  for (const ColumnPtr& child : column.children()) WriteColumn(*child, out);
}

// A dictionary worth keeping is smaller than the rows that use it.
bool KeepsDictionary(const Column& column) {
  return column.base()->size() <= column.size();
}

void WriteColumn(const Column& column, ByteWriter& out) {
  switch (column.encoding()) {
    case Encoding::kFlat:
      out.Put(ColumnForm::kFlat);
      return WriteFlat(column, out);
    case Encoding::kConstant:
      out.Put(ColumnForm::kConstant);
      return WriteFlat(*column.base(), out);
    case Encoding::kDictionary: {
      if (!KeepsDictionary(column)) {
        std::vector<uint32_t> rows(column.size());
        for (size_t i = 0; i < rows.size(); ++i) rows[i] = column.indices()[i];
        out.Put(ColumnForm::kFlat);
        return WriteFlat(*Column::Gather(column.base(), rows), out);
      }
      out.Put(ColumnForm::kDictionary);
      const size_t entries = column.base()->size();
      out.PutVarint(entries);
      WriteFlat(*column.base(), out);
      const uint8_t width = entries <= 0x100 ? 1 : entries <= 0x10000 ? 2 : 4;
      out.Put(width);
      for (size_t i = 0; i < column.size(); ++i) {
        const uint32_t index = column.indices()[i];
        if (width == 1) out.Put(static_cast<uint8_t>(index));
        if (width == 2) out.Put(static_cast<uint16_t>(index));
        if (width == 4) out.Put(index);
      }
      return;
    }
  }
}

ColumnPtr ReadColumn(const Type& type, size_t size, ByteReader& in, int depth);

ColumnPtr ReadFlat(const Type& type, size_t size, ByteReader& in, int depth) {
  if (depth > kDepthMax) ThrowCorrupted("nesting");
  BufferPtr validity = ReadValidity(in, size);
  switch (type.physical()) {
    case PhysicalType::kStruct: {
      std::vector<ColumnPtr> children;
      for (size_t i = 0; i < type.child_count(); ++i)
        children.push_back(ReadColumn(type.child(i), size, in, depth + 1));
      return Column::Struct(type, size, std::move(children), std::move(validity));
    }
    case PhysicalType::kString: {
      if (size > in.remaining()) ThrowCorrupted("string count");
      std::vector<uint32_t> lengths(size);
      uint64_t total = 0;
      for (uint32_t& length : lengths) {
        const uint64_t value = in.GetVarint();
        if (value > kBodyBytesMax) ThrowCorrupted("string length");
        length = static_cast<uint32_t>(value);
        total += value;
      }
      const std::string_view bytes = in.GetRaw(total);
      auto heap = Buffer::Allocate(bytes.size());
      if (!bytes.empty()) std::memcpy(heap->data(), bytes.data(), bytes.size());
      auto values = Buffer::Allocate(size * sizeof(StringRef));
      auto* out = values->as<StringRef>();
      const char* at = heap->as<char>();
      for (size_t i = 0; i < size; ++i) {
        out[i] = StringRef(at, lengths[i]);
        at += lengths[i];
      }
      return Column::Flat(type, size, std::move(values), std::move(validity), {std::move(heap)});
    }
    case PhysicalType::kList:
    case PhysicalType::kMap: {
      if (size > in.remaining()) ThrowCorrupted("list count");
      auto values = Buffer::Allocate(size * sizeof(ListEntry));
      auto* out = values->as<ListEntry>();
      uint64_t total = 0;
      for (size_t i = 0; i < size; ++i) {
        const uint64_t length = in.GetVarint();
        if (length > UINT32_MAX || total + length > UINT32_MAX) ThrowCorrupted("list length");
        out[i] = {static_cast<uint32_t>(total), static_cast<uint32_t>(length)};
        total += length;
      }
      std::vector<ColumnPtr> children;
      for (size_t i = 0; i < type.child_count(); ++i) {
        if (in.GetVarint() != total) ThrowCorrupted("child length");
        children.push_back(ReadColumn(type.child(i), total, in, depth + 1));
      }
      return Column::Flat(type, size, std::move(values), std::move(validity), {}, std::move(children));
    }
    default: {
      const size_t width = PhysicalWidth(type.physical());
      if (size > in.remaining() / width) ThrowCorrupted("value count");
      const std::string_view bytes = in.GetRaw(size * width);
      auto values = Buffer::Allocate(bytes.size());
      if (!bytes.empty()) std::memcpy(values->data(), bytes.data(), bytes.size());
      if (type.physical() == PhysicalType::kBool) {
        for (size_t i = 0; i < size; ++i) {
          if (values->data()[i] > 1) ThrowCorrupted("boolean");
        }
      }
      return Column::Flat(type, size, std::move(values), std::move(validity));
    }
  }
}

ColumnPtr ReadColumn(const Type& type, size_t size, ByteReader& in, int depth) {
  switch (in.Get<ColumnForm>()) {
    case ColumnForm::kFlat:
      return ReadFlat(type, size, in, depth);
    case ColumnForm::kConstant:
      return Column::ConstantOf(ReadFlat(type, 1, in, depth), 0, size);
    case ColumnForm::kDictionary: {
      const uint64_t entries = in.GetVarint();
      if (entries > size) ThrowCorrupted("dictionary size");
      ColumnPtr base = ReadFlat(type, entries, in, depth);
      const auto width = in.Get<uint8_t>();
      if (width != 1 && width != 2 && width != 4) ThrowCorrupted("index width");
      if (size > in.remaining() / width) ThrowCorrupted("index count");
      const std::string_view bytes = in.GetRaw(size * width);
      auto indices = Buffer::Allocate(size * sizeof(uint32_t));
      auto* out = indices->as<uint32_t>();
      for (size_t i = 0; i < size; ++i) {
        const char* at = bytes.data() + i * width;
        out[i] = width == 1   ? LoadUnaligned<uint8_t>(at)
                 : width == 2 ? LoadUnaligned<uint16_t>(at)
                              : LoadUnaligned<uint32_t>(at);
        if (out[i] >= entries) ThrowCorrupted("index");
      }
      return Column::Dictionary(std::move(base), std::move(indices), size);
    }
  }
  ThrowCorrupted("column form");
}

}  // namespace

void SerializeChunk(const Chunk& given, ChunkCompression compression, std::string& out) {
  const Chunk chunk = given.selection() == nullptr ? given : given.Compact();
  ByteWriter body;
  body.PutVarint(chunk.size());
  body.PutVarint(chunk.column_count());
  for (const ColumnPtr& column : chunk.columns()) {
    SerializeType(column->type(), body);
    WriteColumn(*column, body);
  }
  std::string_view stored = body.buffer();
  if (stored.size() >= kBodyBytesMax) {
    throw Error::User(sqlstate::kProgramLimitExceeded, "chunk is too large to be serialised: {} bytes", stored.size());
  }
  std::string compressed;
  if (compression == ChunkCompression::kLz4) {
    compressed.resize(static_cast<size_t>(LZ4_compressBound(static_cast<int>(stored.size()))));
    const int bytes = LZ4_compress_default(stored.data(), compressed.data(), static_cast<int>(stored.size()),
                                           static_cast<int>(compressed.size()));
    if (bytes > 0 && static_cast<size_t>(bytes) < stored.size()) {
      compressed.resize(static_cast<size_t>(bytes));
      stored = compressed;
    } else {
      compression = ChunkCompression::kNone;
    }
  }
  ByteWriter header;
  header.Put(kMagic);
  header.Put(compression);
  header.Put(static_cast<uint32_t>(body.size()));
  header.Put(static_cast<uint32_t>(stored.size()));
  header.Put(HashString(stored));
  out.reserve(out.size() + kHeaderBytes + stored.size());
  out += header.buffer();
  out += stored;
}

Chunk DeserializeChunk(std::string_view bytes) {
  ByteReader header(bytes);
  if (header.Get<uint32_t>() != kMagic) ThrowCorrupted("magic");
  const auto compression = header.Get<uint8_t>();
  const auto body_bytes = header.Get<uint32_t>();
  const auto stored_bytes = header.Get<uint32_t>();
  const auto checksum = header.Get<uint64_t>();
  const std::string_view stored = header.GetRaw(stored_bytes);
  if (!header.empty()) ThrowCorrupted("bytes behind its end");
  if (HashString(stored) != checksum) ThrowCorrupted("checksum");
  if (body_bytes >= kBodyBytesMax) ThrowCorrupted("size");
  std::string body;
  std::string_view content = stored;
  if (compression == static_cast<uint8_t>(ChunkCompression::kLz4)) {
    // LZ4 cannot expand by more than 255.
    if (body_bytes / 255 > stored_bytes) ThrowCorrupted("size");
    body.resize(body_bytes);
    if (LZ4_decompress_safe(stored.data(), body.data(), static_cast<int>(stored.size()),
                            static_cast<int>(body.size())) != static_cast<int>(body_bytes)) {
      ThrowCorrupted("compression");
    }
    content = body;
  } else if (compression != 0 || body_bytes != stored_bytes) {
    ThrowCorrupted("compression method");
  }
  ByteReader in(content);
  const uint64_t rows = in.GetVarint();
  const uint64_t column_count = in.GetVarint();
  if (rows > UINT32_MAX || column_count > in.remaining()) ThrowCorrupted("shape");
  std::vector<ColumnPtr> columns;
  columns.reserve(column_count);
  for (uint64_t i = 0; i < column_count; ++i) {
    const Type type = DeserializeType(in);
    columns.push_back(ReadColumn(type, rows, in, 0));
  }
  if (!in.empty()) ThrowCorrupted("bytes behind its columns");
  return {std::move(columns), rows};
}

}  // namespace weir
