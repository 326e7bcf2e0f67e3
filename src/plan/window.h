#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "expr/expr.h"

namespace weir {

enum class WindowFunction : uint8_t {  // serialised: append only
  kAggregate,
  kRowNumber,
  kRank,
  kDenseRank,
  kPercentRank,
  kCumeDist,
  kNtile,
  kLag,
  kLead,
  kFirstValue,
  kLastValue,
  kNthValue,
};

// Those whose result is an argument's value in another row.
inline bool TakesValues(WindowFunction function) {
  return function >= WindowFunction::kLag;
}

enum class FrameUnit : uint8_t { kRows, kRange, kGroups };  // append only
enum class FrameEdge : uint8_t { kUnboundedPreceding, kPreceding, kCurrentRow, kFollowing, kUnboundedFollowing };
enum class FrameExclusion : uint8_t { kNoOthers, kCurrentRow, kGroup, kTies };

// Which rows of a partition a row's result is made of. The default is SQL's: all up to the last peer.
struct WindowFrame {
  struct Bound {
    FrameEdge edge = FrameEdge::kCurrentRow;
    ExprPtr distance;  // of kPreceding and kFollowing: rows or groups as bigint; by RANGE checked for its sign only
    ExprPtr value;     // by RANGE: the row's order key moved by the distance; NULL where that is out of range
  };
  FrameUnit unit = FrameUnit::kRange;
  Bound start{.edge = FrameEdge::kUnboundedPreceding, .distance = nullptr, .value = nullptr};
  Bound end;
  FrameExclusion exclusion = FrameExclusion::kNoOthers;
  // By RANGE with distances: the order key in the type of the bounds' values, and how it is ordered.
  ExprPtr range_key;
  bool range_descending = false;
  bool range_nulls_first = false;

  bool Equals(const WindowFrame& other) const;
  // "rows between 2 preceding and current row"; empty for the default.
  std::string ToString() const;
};

// One function of a window: `call` has its name, arguments, filter and type, and for aggregates the operations.
struct WindowCall {
  WindowFunction function = WindowFunction::kAggregate;
  AggregateCall call;
  bool ignore_nulls = false;
  WindowFrame frame;

  bool Equals(const WindowCall& other) const;
  std::string ToString() const;  // "sum(x) rows between ..."
};

// Calls f(ExprPtr&) on every expression of the call.
template <typename Call, typename F>
void ForEachExpr(Call& window, F&& f) {
  for (auto& arg : window.call.args) f(arg);
  if (window.call.filter != nullptr) f(window.call.filter);
  for (auto* bound : {&window.frame.start, &window.frame.end}) {
    if (bound->distance != nullptr) f(bound->distance);
    if (bound->value != nullptr) f(bound->value);
  }
  if (window.frame.range_key != nullptr) f(window.frame.range_key);
}

// Only rows whose result of a row_number, rank or dense_rank is at most `rows` are wanted.
struct WindowLimit {
  size_t call = 0;
  uint64_t rows = 0;
};

}  // namespace weir
