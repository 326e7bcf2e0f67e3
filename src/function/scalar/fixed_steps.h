#pragma once

#include <cstdint>
#include <optional>

#include "function/scalar/moment.h"

namespace weir {

// Rounding of timestamps without a calendar: telemetry's times come in order, so that most rows are rounded to what the
// row before them was.

// The offset of all times of a codec's type, in ticks; nullopt: its zone has several.
std::optional<int64_t> OnlyOffset(const MomentCodec& codec);

// Timestamps down to steps of `step` ticks, one of which begins at `origin`; infinite ones stay. Rows whose step begins
// before the type's range fail with kDatetimeFieldOverflow.
ColumnPtr FloorToSteps(const KernelArgs& args, const ColumnView& values, int64_t step, int128_t origin);

// What all values of a range are rounded to.
struct RoundedRange {
  InstantRange range;
  int64_t result = 0;
};

}  // namespace weir
