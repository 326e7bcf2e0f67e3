#include "format/parquet/metadata.h"

#include <type_traits>

#include "format/parquet/thrift_compact.h"

namespace weir::parquet {
namespace {

// Layout<T>::Visit names the fields of a struct once, for reading and writing: ascending ids; Required ones must be
// there, Optional ones are std::optional, Default ones may be absent, and a List that is absent is empty.
template <typename T>
struct Layout;

template <>
struct Layout<SchemaElement> {
  template <typename V, typename S>
  static void Visit(V& v, S& s) {
    v.Optional(1, s.type);
    v.Optional(2, s.type_length);
    v.Optional(3, s.repetition);
    v.Required(4, s.name);
    v.Optional(5, s.num_children);
    v.Optional(6, s.converted_type);
    v.Optional(7, s.scale);
    v.Optional(8, s.precision);
    v.Optional(9, s.field_id);
    v.Optional(10, s.logical_type);
  }
};

template <>
struct Layout<Statistics> {
  template <typename V, typename S>
  static void Visit(V& v, S& s) {
    v.Optional(1, s.max);
    v.Optional(2, s.min);
    v.Optional(3, s.null_count);
    v.Optional(4, s.distinct_count);
    v.Optional(5, s.max_value);
    v.Optional(6, s.min_value);
    v.Optional(7, s.is_max_value_exact);
    v.Optional(8, s.is_min_value_exact);
  }
};

template <>
struct Layout<SizeStatistics> {
  template <typename V, typename S>
  static void Visit(V& v, S& s) {
    v.Optional(1, s.unencoded_byte_array_data_bytes);
    v.List(2, s.repetition_level_histogram);
    v.List(3, s.definition_level_histogram);
  }
};

template <>
struct Layout<KeyValue> {
  template <typename V, typename S>
  static void Visit(V& v, S& s) {
    v.Required(1, s.key);
    v.Optional(2, s.value);
  }
};

template <>
struct Layout<PageEncodingStats> {
  template <typename V, typename S>
  static void Visit(V& v, S& s) {
    v.Required(1, s.page_type);
    v.Required(2, s.encoding);
    v.Required(3, s.count);
  }
};

template <>
struct Layout<ColumnMetaData> {
  template <typename V, typename S>
  static void Visit(V& v, S& s) {
    v.Required(1, s.type);
    v.Required(2, s.encodings);
    v.Required(3, s.path_in_schema);
    v.Required(4, s.codec);
    v.Required(5, s.num_values);
    v.Required(6, s.total_uncompressed_size);
    v.Required(7, s.total_compressed_size);
    v.List(8, s.key_value_metadata);
    v.Required(9, s.data_page_offset);
    v.Optional(10, s.index_page_offset);
    v.Optional(11, s.dictionary_page_offset);
    v.Optional(12, s.statistics);
    v.List(13, s.encoding_stats);
    v.Optional(14, s.bloom_filter_offset);
    v.Optional(15, s.bloom_filter_length);
    v.Optional(16, s.size_statistics);
  }
};

template <>
struct Layout<ColumnChunk> {
  template <typename V, typename S>
  static void Visit(V& v, S& s) {
    v.Optional(1, s.file_path);
    v.Required(2, s.file_offset);
    v.Optional(3, s.meta_data);
    v.Optional(4, s.offset_index_offset);
    v.Optional(5, s.offset_index_length);
    v.Optional(6, s.column_index_offset);
    v.Optional(7, s.column_index_length);
    v.Presence(8, s.encrypted);
  }
};

template <>
struct Layout<SortingColumn> {
  template <typename V, typename S>
  static void Visit(V& v, S& s) {
    v.Required(1, s.column_idx);
    v.Required(2, s.descending);
    v.Required(3, s.nulls_first);
  }
};

template <>
struct Layout<RowGroup> {
  template <typename V, typename S>
  static void Visit(V& v, S& s) {
    v.Required(1, s.columns);
    v.Required(2, s.total_byte_size);
    v.Required(3, s.num_rows);
    v.List(4, s.sorting_columns);
    v.Optional(5, s.file_offset);
    v.Optional(6, s.total_compressed_size);
    v.Optional(7, s.ordinal);
  }
};

template <>
struct Layout<FileMetaData> {
  template <typename V, typename S>
  static void Visit(V& v, S& s) {
    v.Required(1, s.version);
    v.Required(2, s.schema);
    v.Required(3, s.num_rows);
    v.Required(4, s.row_groups);
    v.List(5, s.key_value_metadata);
    v.Optional(6, s.created_by);
    v.List(7, s.column_orders);
  }
};

template <>
struct Layout<DataPageHeader> {
  template <typename V, typename S>
  static void Visit(V& v, S& s) {
    v.Required(1, s.num_values);
    v.Required(2, s.encoding);
    v.Required(3, s.definition_level_encoding);
    v.Required(4, s.repetition_level_encoding);
    v.Optional(5, s.statistics);
  }
};

template <>
struct Layout<DictionaryPageHeader> {
  template <typename V, typename S>
  static void Visit(V& v, S& s) {
    v.Required(1, s.num_values);
    v.Required(2, s.encoding);
    v.Optional(3, s.is_sorted);
  }
};

template <>
struct Layout<DataPageHeaderV2> {
  template <typename V, typename S>
  static void Visit(V& v, S& s) {
    v.Required(1, s.num_values);
    v.Required(2, s.num_nulls);
    v.Required(3, s.num_rows);
    v.Required(4, s.encoding);
    v.Required(5, s.definition_levels_byte_length);
    v.Required(6, s.repetition_levels_byte_length);
    v.Optional(7, s.is_compressed);
    v.Optional(8, s.statistics);
  }
};

template <>
struct Layout<PageHeader> {
  template <typename V, typename S>
  static void Visit(V& v, S& s) {
    v.Required(1, s.type);
    v.Required(2, s.uncompressed_page_size);
    v.Required(3, s.compressed_page_size);
    v.Optional(4, s.crc);
    v.Optional(5, s.data_page_header);
    v.Optional(7, s.dictionary_page_header);
    v.Optional(8, s.data_page_header_v2);
  }
};

template <>
struct Layout<PageLocation> {
  template <typename V, typename S>
  static void Visit(V& v, S& s) {
    v.Required(1, s.offset);
    v.Required(2, s.compressed_page_size);
    v.Required(3, s.first_row_index);
  }
};

template <>
struct Layout<OffsetIndex> {
  template <typename V, typename S>
  static void Visit(V& v, S& s) {
    v.Required(1, s.page_locations);
    v.List(2, s.unencoded_byte_array_data_bytes);
  }
};

template <>
struct Layout<ColumnIndex> {
  template <typename V, typename S>
  static void Visit(V& v, S& s) {
    v.Required(1, s.null_pages);
    v.Required(2, s.min_values);
    v.Required(3, s.max_values);
    v.Required(4, s.boundary_order);
    v.List(5, s.null_counts);
    v.List(6, s.repetition_level_histograms);
    v.List(7, s.definition_level_histograms);
  }
};

template <>
struct Layout<BloomFilterHeader> {
  template <typename V, typename S>
  static void Visit(V& v, S& s) {
    v.Required(1, s.num_bytes);
    v.UnionOfOne(2, s.split_block);
    v.UnionOfOne(3, s.xxhash);
    v.UnionOfOne(4, s.uncompressed);
  }
};

template <typename T>
inline constexpr bool kIsVector = false;
template <typename T>
inline constexpr bool kIsVector<std::vector<T>> = true;

// --- reading

template <typename T>
void ReadStruct(ThriftReader& in, T& out);

void ReadUnion(ThriftReader& in, LogicalType& out) {
  bool any = false;
  in.ReadStruct([&](const ThriftReader::Field& field) {
    if (field.type != ThriftType::kStruct) return false;
    any = true;
    out.kind = static_cast<LogicalType::Kind>(field.id);
    in.ReadStruct([&](const ThriftReader::Field& part) {
      switch (out.kind) {
        case LogicalType::Kind::kDecimal:
          if (part.id == 1) return out.scale = static_cast<int32_t>(in.ReadInt(part.type)), true;
          if (part.id == 2) return out.precision = static_cast<int32_t>(in.ReadInt(part.type)), true;
          return false;
        case LogicalType::Kind::kTime:
        case LogicalType::Kind::kTimestamp:
          if (part.id == 1) return out.adjusted_to_utc = in.ReadBool(part), true;
          if (part.id == 2 && part.type == ThriftType::kStruct) {
            in.ReadStruct([&](const ThriftReader::Field& unit) {
              out.unit = static_cast<TimeUnit>(unit.id);
              return false;
            });
            return true;
          }
          return false;
        case LogicalType::Kind::kInteger:
          if (part.id == 1) return out.bit_width = static_cast<int8_t>(in.ReadInt(part.type)), true;
          if (part.id == 2) return out.is_signed = in.ReadBool(part), true;
          return false;
        default:
          return false;
      }
    });
    return true;
  });
  if (!any) throw Corrupt("logical type in metadata is empty");
}

// The number of a union's member that is an empty struct.
int16_t ReadUnionMember(ThriftReader& in) {
  int16_t member = 0;
  in.ReadStruct([&](const ThriftReader::Field& field) {
    member = field.id;
    return false;
  });
  return member;
}

template <typename T>
void CheckType(ThriftType type, ThriftType wanted) {
  if (type != wanted)
    throw Corrupt("metadata has type {} where {} belongs", static_cast<int>(type), static_cast<int>(wanted));
}

template <typename T>
T ToInt(int64_t value) {
  if (value < static_cast<int64_t>(std::numeric_limits<T>::min()) ||
      value > static_cast<int64_t>(std::numeric_limits<T>::max())) {
    throw Corrupt("number in metadata is out of range: {}", value);
  }
  return static_cast<T>(value);
}

template <typename T>
void ReadValue(ThriftReader& in, ThriftType type, T& out);

template <typename T>
void ReadElement(ThriftReader& in, ThriftType type, T& out) {
  if constexpr (std::is_same_v<T, ColumnOrder>) {
    CheckType<T>(type, ThriftType::kStruct);
    out = ReadUnionMember(in) == 1 ? ColumnOrder::kTypeDefined : ColumnOrder::kUnknown;
  } else {
    ReadValue(in, type, out);
  }
}

template <typename T>
void ReadValue(ThriftReader& in, ThriftType type, T& out) {
  if constexpr (std::is_enum_v<T>) {
    out = static_cast<T>(ToInt<int32_t>(in.ReadInt(type)));
  } else if constexpr (std::is_integral_v<T>) {
    out = ToInt<T>(in.ReadInt(type));
  } else if constexpr (std::is_same_v<T, std::string>) {
    out = in.ReadBinary(type);
  } else if constexpr (std::is_same_v<T, std::vector<bool>>) {
    CheckType<T>(type, ThriftType::kList);
    const auto list = in.ReadListHeader();
    if (list.type != ThriftType::kTrue && list.type != ThriftType::kFalse) CheckType<T>(list.type, ThriftType::kTrue);
    out.clear();
    for (uint32_t i = 0; i < list.size; ++i) out.push_back(in.ReadBoolElement());
  } else if constexpr (kIsVector<T>) {
    CheckType<T>(type, ThriftType::kList);
    const auto list = in.ReadListHeader();
    out.clear();
    // What a lying size reserves stays in proportion to the input.
    out.reserve(std::min<size_t>(list.size, 1 + in.remaining() / sizeof(typename T::value_type)));
    for (uint32_t i = 0; i < list.size; ++i) ReadElement(in, list.type, out.emplace_back());
  } else if constexpr (std::is_same_v<T, LogicalType>) {
    CheckType<T>(type, ThriftType::kStruct);
    ReadUnion(in, out);
  } else {
    CheckType<T>(type, ThriftType::kStruct);
    ReadStruct(in, out);
  }
}

// Takes one field from the reader if the layout names it.
struct FieldReader {
  ThriftReader& in;
  ThriftReader::Field field;
  uint32_t& seen;
  bool taken = false;

  bool Match(int16_t id) {
    if (field.id != id || taken) return false;
    seen |= uint32_t{1} << id;
    return taken = true;
  }
  template <typename T>
  void Read(T& out) {
    if constexpr (std::is_same_v<T, bool>) {
      out = in.ReadBool(field);
    } else {
      ReadValue(in, field.type, out);
    }
  }
  template <typename T>
  void Required(int16_t id, T& out) {
    if (Match(id)) Read(out);
  }
  template <typename T>
  void Optional(int16_t id, std::optional<T>& out) {
    if (Match(id)) Read(out.emplace());
  }
  template <typename T>
  void List(int16_t id, std::vector<T>& out) {
    if (Match(id)) Read(out);
  }
  void Presence(int16_t id, bool& out) {
    if (!Match(id)) return;
    out = true;
    in.Skip(field.type);
  }
  void UnionOfOne(int16_t id, bool& out) {
    if (!Match(id)) return;
    CheckType<bool>(field.type, ThriftType::kStruct);
    out = ReadUnionMember(in) == 1;
  }
};

struct RequiredCheck {
  uint32_t seen;
  template <typename T>
  void Required(int16_t id, T&) {
    if ((seen >> id & 1) == 0) throw Corrupt("metadata lacks a required field: {}", id);
  }
  template <typename T>
  void Optional(int16_t, std::optional<T>&) {}
  template <typename T>
  void List(int16_t, std::vector<T>&) {}
  void Presence(int16_t, bool&) {}
  void UnionOfOne(int16_t, bool&) {}
};

template <typename T>
void ReadStruct(ThriftReader& in, T& out) {
  uint32_t seen = 0;
  in.ReadStruct([&](const ThriftReader::Field& field) {
    FieldReader reader{in, field, seen};
    Layout<T>::Visit(reader, out);
    return reader.taken;
  });
  RequiredCheck check{seen};
  Layout<T>::Visit(check, out);
}

template <typename T>
void ReadTop(ByteSpan bytes, T& out, size_t* consumed) {
  ThriftReader in(bytes);
  out = T();
  ReadStruct(in, out);
  if (consumed != nullptr) *consumed = in.consumed();
}

// --- writing

template <typename T>
void WriteStruct(ThriftWriter& out, const T& in);

void WriteEmptyStruct(ThriftWriter& out) {
  out.EndStruct(out.BeginStruct());
}

void WriteUnionMember(ThriftWriter& out, int16_t member) {
  const int16_t outer = out.BeginStruct();
  out.FieldHeader(member, ThriftType::kStruct);
  WriteEmptyStruct(out);
  out.EndStruct(outer);
}

void WriteUnion(ThriftWriter& out, const LogicalType& in) {
  const int16_t outer = out.BeginStruct();
  out.FieldHeader(static_cast<int16_t>(in.kind), ThriftType::kStruct);
  const int16_t union_id = out.BeginStruct();
  switch (in.kind) {
    case LogicalType::Kind::kDecimal:
      out.FieldHeader(1, ThriftType::kInt32);
      out.Int(in.scale);
      out.FieldHeader(2, ThriftType::kInt32);
      out.Int(in.precision);
      break;
    case LogicalType::Kind::kTime:
    case LogicalType::Kind::kTimestamp:
      out.FieldBool(1, in.adjusted_to_utc);
      out.FieldHeader(2, ThriftType::kStruct);
      WriteUnionMember(out, static_cast<int16_t>(in.unit));
      break;
    case LogicalType::Kind::kInteger:
      out.FieldHeader(1, ThriftType::kInt8);
      out.Int8(in.bit_width);
      out.FieldBool(2, in.is_signed);
      break;
    default:
      break;
  }
  out.EndStruct(union_id);
  out.EndStruct(outer);
}

template <typename T>
constexpr ThriftType TypeOf() {
  if constexpr (std::is_same_v<T, ColumnOrder>) return ThriftType::kStruct;
  if constexpr (std::is_same_v<T, bool>) return ThriftType::kTrue;
  if constexpr (std::is_enum_v<T> || std::is_same_v<T, int32_t>) return ThriftType::kInt32;
  if constexpr (std::is_same_v<T, int16_t>) return ThriftType::kInt16;
  if constexpr (std::is_same_v<T, int64_t>) return ThriftType::kInt64;
  if constexpr (std::is_same_v<T, std::string>) return ThriftType::kBinary;
  if constexpr (kIsVector<T>) return ThriftType::kList;
  return ThriftType::kStruct;
}

template <typename T>
void WriteValue(ThriftWriter& out, const T& in) {
  if constexpr (std::is_same_v<T, ColumnOrder>) {
    WriteUnionMember(out, static_cast<int16_t>(ColumnOrder::kTypeDefined));
  } else if constexpr (std::is_enum_v<T>) {
    out.Int(static_cast<int32_t>(in));
  } else if constexpr (std::is_integral_v<T>) {
    out.Int(in);
  } else if constexpr (std::is_same_v<T, std::string>) {
    out.Binary(in);
  } else if constexpr (std::is_same_v<T, std::vector<bool>>) {
    out.ListHeader(in.size(), ThriftType::kTrue);
    for (const bool value : in) out.BoolElement(value);
  } else if constexpr (kIsVector<T>) {
    out.ListHeader(in.size(), TypeOf<typename T::value_type>());
    for (const auto& value : in) WriteValue(out, value);
  } else if constexpr (std::is_same_v<T, LogicalType>) {
    WriteUnion(out, in);
  } else {
    WriteStruct(out, in);
  }
}

struct FieldWriter {
  ThriftWriter& out;

  template <typename T>
  void Required(int16_t id, const T& in) {
    if constexpr (std::is_same_v<T, bool>) {
      out.FieldBool(id, in);
    } else {
      out.FieldHeader(id, TypeOf<T>());
      WriteValue(out, in);
    }
  }
  template <typename T>
  void Optional(int16_t id, const std::optional<T>& in) {
    if (in.has_value()) Required(id, *in);
  }
  template <typename T>
  void List(int16_t id, const std::vector<T>& in) {
    if (!in.empty()) Required(id, in);
  }
  void Presence(int16_t, const bool&) {}
  void UnionOfOne(int16_t id, const bool&) {
    out.FieldHeader(id, ThriftType::kStruct);
    WriteUnionMember(out, 1);
  }
};

template <typename T>
void WriteStruct(ThriftWriter& out, const T& in) {
  const int16_t outer = out.BeginStruct();
  FieldWriter writer{out};
  Layout<T>::Visit(writer, in);
  out.EndStruct(outer);
}

template <typename T>
void WriteTop(const T& in, std::string& out) {
  ThriftWriter writer;
  WriteStruct(writer, in);
  out += writer.buffer();
}

}  // namespace

void ReadMetadata(ByteSpan bytes, FileMetaData& out, size_t* consumed) {
  ReadTop(bytes, out, consumed);
}
void ReadMetadata(ByteSpan bytes, PageHeader& out, size_t* consumed) {
  ReadTop(bytes, out, consumed);
}
void ReadMetadata(ByteSpan bytes, OffsetIndex& out, size_t* consumed) {
  ReadTop(bytes, out, consumed);
}
void ReadMetadata(ByteSpan bytes, ColumnIndex& out, size_t* consumed) {
  ReadTop(bytes, out, consumed);
}
void ReadMetadata(ByteSpan bytes, BloomFilterHeader& out, size_t* consumed) {
  ReadTop(bytes, out, consumed);
}

void WriteMetadata(const FileMetaData& in, std::string& out) {
  WriteTop(in, out);
}
void WriteMetadata(const PageHeader& in, std::string& out) {
  WriteTop(in, out);
}
void WriteMetadata(const OffsetIndex& in, std::string& out) {
  WriteTop(in, out);
}
void WriteMetadata(const ColumnIndex& in, std::string& out) {
  WriteTop(in, out);
}
void WriteMetadata(const BloomFilterHeader& in, std::string& out) {
  WriteTop(in, out);
}

std::string ToString(PhysicalKind kind) {
  switch (kind) {
    case PhysicalKind::kBoolean:
      return "BOOLEAN";
    case PhysicalKind::kInt32:
      return "INT32";
    case PhysicalKind::kInt64:
      return "INT64";
    case PhysicalKind::kInt96:
      return "INT96";
    case PhysicalKind::kFloat:
      return "FLOAT";
    case PhysicalKind::kDouble:
      return "DOUBLE";
    case PhysicalKind::kByteArray:
      return "BYTE_ARRAY";
    case PhysicalKind::kFixedLenByteArray:
      return "FIXED_LEN_BYTE_ARRAY";
  }
  return fmt::format("physical type {}", static_cast<int>(kind));
}

std::string ToString(PageEncoding encoding) {
  switch (encoding) {
    case PageEncoding::kPlain:
      return "PLAIN";
    case PageEncoding::kPlainDictionary:
      return "PLAIN_DICTIONARY";
    case PageEncoding::kRle:
      return "RLE";
    case PageEncoding::kBitPacked:
      return "BIT_PACKED";
    case PageEncoding::kDeltaBinaryPacked:
      return "DELTA_BINARY_PACKED";
    case PageEncoding::kDeltaLengthByteArray:
      return "DELTA_LENGTH_BYTE_ARRAY";
    case PageEncoding::kDeltaByteArray:
      return "DELTA_BYTE_ARRAY";
    case PageEncoding::kRleDictionary:
      return "RLE_DICTIONARY";
    case PageEncoding::kByteStreamSplit:
      return "BYTE_STREAM_SPLIT";
  }
  return fmt::format("encoding {}", static_cast<int>(encoding));
}

std::string ToString(CompressionCodec codec) {
  switch (codec) {
    case CompressionCodec::kUncompressed:
      return "UNCOMPRESSED";
    case CompressionCodec::kSnappy:
      return "SNAPPY";
    case CompressionCodec::kGzip:
      return "GZIP";
    case CompressionCodec::kLzo:
      return "LZO";
    case CompressionCodec::kBrotli:
      return "BROTLI";
    case CompressionCodec::kLz4:
      return "LZ4";
    case CompressionCodec::kZstd:
      return "ZSTD";
    case CompressionCodec::kLz4Raw:
      return "LZ4_RAW";
  }
  return fmt::format("codec {}", static_cast<int>(codec));
}

}  // namespace weir::parquet
