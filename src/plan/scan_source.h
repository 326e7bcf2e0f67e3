#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "expr/expr.h"
#include "types/type.h"

namespace weir {

class VirtualTable;

// Ordinals of what a scan of a table can put out besides its columns: which part a row is in, and where, both bigint.
// They stay the same for as long as a snapshot is held.
inline constexpr size_t kRowPartOrdinal = SIZE_MAX - 1;
inline constexpr size_t kRowPositionOrdinal = SIZE_MAX;

// A table of the catalog, by id; the executor reads it at the statement's snapshot.
struct TableSource {
  uint64_t table_id = 0;
  std::string name;  // qualified, for EXPLAIN
  // Positions of the wanted columns in the catalog's Table, one per scan column.
  std::vector<size_t> column_ordinals;
};

// Files read in place: read_parquet, read_csv, read_json, and inputs of COPY FROM.
struct FileSource {
  enum class Format : uint8_t { kParquet, kCsv, kJson };
  Format format = Format::kParquet;
  std::vector<std::string> paths;  // expanded, in order
  Schema schema;                   // of the files, all columns
  std::vector<size_t> column_ordinals;
  std::vector<std::pair<std::string, Value>> options;  // delimiter, header, ...
  // Set when the query asks for the virtual column "filename": its position among the scan's columns.
  int filename_column = -1;
};

// Rows made up on the spot: system tables, pg_catalog, generate_series.
struct VirtualSource {
  std::shared_ptr<const VirtualTable> table;
  std::string name;
  std::vector<size_t> column_ordinals;
};

using ScanSource = std::variant<TableSource, FileSource, VirtualSource>;

// What storage can prune by without an expression evaluator: a column compared with constants.
struct ColumnPredicate {
  enum class Op : uint8_t {
    kEqual,
    kNotEqual,
    kLess,
    kLessEqual,
    kGreater,
    kGreaterEqual,
    kIn,
    kIsNull,
    kIsNotNull,
    kPrefix
  };
  size_t column = 0;  // position among the scan's columns
  Op op = Op::kEqual;
  std::vector<Value> values;  // one, none (IS NULL) or several (IN), of the column's type
};

}  // namespace weir
