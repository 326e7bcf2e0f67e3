#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

enum class ChangeKind : uint8_t {  // serialised: append only
  kQuery,                          // changes nothing by itself: a query with changes in its WITH
  kInsert,
  kUpdate,
  kDelete,
  kMerge,
};
std::string_view ChangeKindName(ChangeKind kind);  // "Insert into"

// What MERGE does with a row, as the int32 that its child puts out.
enum class MergeAction : int32_t { kNothing, kInsert, kUpdate, kDelete };  // serialised: append only

// What happens to the rows that a change's child puts out. The child's columns, those that do not apply left out:
//   the action                     of kMerge
//   part and position of the row   of kUpdate, kDelete and kMerge
//   the table's columns, in order  of kInsert, kUpdate and kMerge
//   the columns of RETURNING
// A row of the table changes once, however often it comes. An update takes the row away and writes it anew.
struct RowChange {
  ChangeKind kind = ChangeKind::kQuery;
  uint64_t table_id = 0;
  std::string table_name;
  std::string label;         // of INSERT; empty: none
  size_t table_columns = 0;  // how many of the child's columns are the table's
  bool returning = false;    // puts out the columns of RETURNING; otherwise one bigint, how many rows it was
  bool commits = true;  // the changes of the whole statement; false: those in WITH, which leave it to the outermost

  bool has_row_ids() const { return kind != ChangeKind::kQuery && kind != ChangeKind::kInsert; }
  // Positions of the child's columns.
  size_t first_row_id() const { return kind == ChangeKind::kMerge ? 1 : 0; }
  size_t first_table_column() const { return first_row_id() + (has_row_ids() ? 2 : 0); }
  size_t first_returned() const { return first_table_column() + table_columns; }
  // "Delete from t returning"
  std::string ToString() const;
};

}  // namespace weir
