#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "storage/scan.h"

namespace weir {

// Reads the inline batches of one unit: whole batches as they are, small ones joined into chunks.
class InlineReader {
 public:
  explicit InlineReader(const ScanPlan& plan) : plan_(plan) {}
  void Open(const ScanUnit& unit);
  // Columns of the plan and, when it asks for them, row ids; deleted rows are not there (or not selected).
  bool Next(size_t rows_max, Chunk& out);
  Chunk ReadRows(const ScanUnit& unit, std::span<const RowPlace> places) const;

 private:
  struct Piece {
    const InlineRef* ref;
    size_t begin;
    size_t end;
  };
  Chunk ReadWhole(const InlineRef& ref) const;
  Chunk Join(const std::vector<Piece>& pieces) const;
  ColumnPtr ColumnOf(const InlineBatch& batch, const ScanColumn& column) const;

  const ScanPlan& plan_;
  const ScanUnit* unit_ = nullptr;
  size_t batch_ = 0;
  size_t row_ = 0;
};

}  // namespace weir
