#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "column/chunk.h"

namespace weir {

class StatementExecution;

// A query of DECLARE, read in steps. Forward steps pull rows from the running query; with SCROLL they are kept, so that
// one can go back; WITH HOLD keeps all of them when the transaction commits. Owned by the session, one thread at a
// time.
class Cursor {
 public:
  Cursor(std::unique_ptr<StatementExecution> execution, Schema columns, bool scroll, bool hold);
  ~Cursor();

  const Schema& columns() const { return columns_; }
  bool hold() const { return hold_; }
  // Rows `count` ahead (behind, when negative and `backward`), moving there; see PostgreSQL's FETCH.
  std::vector<Chunk> Forward(int64_t count);
  std::vector<Chunk> Backward(int64_t count);
  std::vector<Chunk> Absolute(int64_t position);
  std::vector<Chunk> Relative(int64_t offset);
  // Reads the rest of the query, so that the cursor outlives its transaction.
  void Keep();
  bool kept() const { return outlives_; }

 private:
  static constexpr int64_t kEnd = INT64_MAX;
  // Rows in memory reach to `position` (from 1), as far as there are so many.
  void ReadTo(int64_t position);
  int64_t last() const { return dropped_ + kept_rows_; }
  void RequireScroll() const;
  // Rows first..last, in this order or backwards; they must be in memory.
  std::vector<Chunk> Rows(int64_t first, int64_t last, bool reverse) const;
  void DropBefore(int64_t position);

  std::unique_ptr<StatementExecution> execution_;  // null once all rows are in memory
  const Schema columns_;
  const bool scroll_;
  const bool hold_;
  bool outlives_ = false;
  std::vector<Chunk> kept_;
  int64_t kept_rows_ = 0;
  int64_t dropped_ = 0;   // rows before those in memory
  int64_t position_ = 0;  // of the row that was read last; 0: before the first, last() + 1: after the last
};

using CursorMap = std::map<std::string, std::unique_ptr<Cursor>, std::less<>>;

}  // namespace weir
