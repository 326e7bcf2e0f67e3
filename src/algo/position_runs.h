#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "column/chunk.h"

namespace weir {

// Orders rows by small numbers that they have been given, where few of those occur: each is then a run of rows that can
// be worked on at once. Part of GroupTable; keeps its memory between calls.
class PositionRuns {
 public:
  struct Run {
    uint32_t position;
    uint32_t begin;  // in rows()
    uint32_t count;
  };
  // `positions` of the rows, one each, below `domain`. False, and without runs, when runs would be short.
  bool Find(const RowSet& rows, const uint32_t* positions, size_t domain);
  // Ascending by position.
  std::span<const Run> runs() const { return runs_; }
  // The rows of all runs. Not there when all rows are one run: those are the row set itself.
  const uint32_t* rows() const { return rows_.data(); }
  size_t bytes() const {
    return counts_.capacity() * sizeof(uint32_t) + rows_.capacity() * sizeof(uint32_t) + runs_.capacity() * sizeof(Run);
  }

 private:
  void Count(const uint32_t* positions, size_t count, size_t domain);

  std::vector<uint32_t> counts_;  // by position, then scratch
  std::vector<Run> runs_;
  std::vector<uint32_t> rows_;
};

}  // namespace weir
