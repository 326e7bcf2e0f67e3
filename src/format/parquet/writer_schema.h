#pragma once

#include <optional>
#include <string>
#include <vector>

#include "format/parquet/metadata.h"
#include "format/parquet/writer.h"
#include "types/type.h"

namespace weir::parquet {

// How the values of a leaf are held while they are written.
enum class StoredKind : uint8_t {
  kBoolean,
  kInt32,       // a 64-bit word with the sign-extended value
  kInt64,       // a 64-bit word
  kFloat,       // a 64-bit word with the bits
  kDouble,      // a 64-bit word with the bits
  kFixedBytes,  // bytes as in the file
  kBytes,       // bytes
};

// A primitive column of the file to be written.
struct WriterLeaf {
  Type type;
  StoredKind stored = StoredKind::kInt32;
  PhysicalKind physical = PhysicalKind::kInt32;
  int fixed_bytes = 0;  // kFixedBytes only
  std::vector<std::string> path;
  int definition_max = 0;
  int repetition_max = 0;
  size_t column = 0;  // the top-level column that it is (a part) of
  bool is_top_level = false;
  bool has_order = true;  // min and max mean something
  bool bloom_filter = false;
  WriterEncoding encoding = WriterEncoding::kAuto;
};

// A column or a part of one, as nested as its type.
struct WriterNode {
  Type type;
  bool nullable = true;
  int repetition = 0;  // list and map: the repetition level of second and later elements
  size_t leaf = 0;     // leaves only: index into WriterSchema::leaves
  std::vector<WriterNode> children;
};

struct WriterSchema {
  std::vector<SchemaElement> elements;  // depth first with the root
  std::vector<WriterNode> columns;
  std::vector<WriterLeaf> leaves;
};

// Throws 0A000 for types that Parquet has no form for.
WriterSchema BuildWriterSchema(const std::vector<WriterColumn>& columns);

}  // namespace weir::parquet
