#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "format/parquet/metadata.h"
#include "types/type.h"

namespace weir::parquet {

// How a stored value becomes one of Weir's.
enum class Conversion : uint8_t {
  kNone,  // the same bytes
  kInt32ToInt8,
  kInt32ToInt16,  // also from uint8
  kUint16,        // int32 with stray high bits cut off
  kUint32ToInt64,
  kInt32ToInt64,   // decimals
  kInt64ToInt128,  // decimals
  kUint64ToInt128,
  kMillisToMicros32,  // int32 time of day
  kMillisToMicros64,  // timestamp
  kNanosToMicros,     // time of day
  kInt96ToMicros,
  kBytesToInt64,  // big-endian two's complement: decimals
  kBytesToInt128,
  kBytesToDouble,  // decimals of more than 38 digits
  kHalfToFloat,
  kUuid,
  kInterval,
  kFixedToString,  // fixed-length bytes as string views
};

// A primitive column of the file.
struct Leaf {
  int index = 0;  // in RowGroup::columns
  PhysicalKind physical = PhysicalKind::kInt32;
  int type_length = 0;  // bytes of FIXED_LEN_BYTE_ARRAY
  Conversion conversion = Conversion::kNone;
  Type type;  // what values become
  int definition_max = 0;
  int repetition_max = 0;
  bool is_unsigned = false;  // integers whose order is unsigned
  std::string path;          // "a.list.element", for messages
  std::optional<LogicalType> logical;

  // Bytes of a stored value; 0 for BYTE_ARRAY.
  size_t raw_width() const;
};

// A column or a part of one, as the levels of its leaves describe it.
struct SchemaNode {
  enum class Kind : uint8_t { kLeaf, kStruct, kList, kMap };
  Kind kind = Kind::kLeaf;
  std::string name;
  Type type;
  bool nullable = true;
  std::optional<int32_t> field_id;
  // An entry of the level streams starts a slot (a value or a NULL) of this node when its repetition level is at
  // most slot_repetition and its definition level at least slot_definition; the slot is not NULL when that is at least
  // valid_definition.
  int slot_repetition = 0;
  int slot_definition = 0;
  int valid_definition = 0;
  // List and map: an element exists from this definition level on.
  int element_definition = 0;
  std::vector<SchemaNode> children;  // list: 1, map: 2
  Leaf leaf;                         // kLeaf only

  // A leaf of which nothing but itself may be NULL and nothing repeats.
  bool is_flat() const { return kind == Kind::kLeaf && leaf.repetition_max == 0 && leaf.definition_max <= 1; }
  // The first leaf below, or itself.
  const Leaf& first_leaf() const { return kind == Kind::kLeaf ? leaf : children[0].first_leaf(); }
};

struct SchemaOptions {
  bool binary_as_string = false;  // BYTE_ARRAY without annotation as varchar
};

// The top-level columns. Throws kDataCorrupted for trees that are none.
std::vector<SchemaNode> BuildSchema(const FileMetaData& metadata, const SchemaOptions& options);

size_t CountLeaves(const SchemaNode& node);

}  // namespace weir::parquet
