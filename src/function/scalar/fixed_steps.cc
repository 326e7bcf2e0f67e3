#include "function/scalar/fixed_steps.h"

namespace weir {

std::optional<int64_t> OnlyOffset(const MomentCodec& codec) {
  if (codec.zone() == nullptr) return 0;
  if (!codec.zone()->is_fixed()) return std::nullopt;
  return codec.zone()->OffsetAt(0) * codec.ticks_per_second();
}

ColumnPtr FloorToSteps(const KernelArgs& args, const ColumnView& values, int64_t step, int128_t origin) {
  const bool nanos = values.base().type().is_timestamp_ns();
  const int64_t first = nanos ? INT64_MIN + 1 : kTimestampMin;
  const int64_t phase = FloorMod(static_cast<int64_t>(origin % step), step);
  FlatWriter<int64_t> out(args.result_type, args.size);
  int64_t begin = phase;  // of the step that the last row was in: times come in order as a rule
  ForEachRow(args, [&](size_t row) {
    const auto value = values.At<int64_t>(row);
    if (IsInfiniteTimestamp(value)) return out.Set(row, value);
    const bool is_in_it = static_cast<uint64_t>(value) - static_cast<uint64_t>(begin) < static_cast<uint64_t>(step);
    if (!is_in_it) {
      const int64_t from = value < 0 ? phase - step : phase;  // so that the distance fits
      int64_t found;
      if (__builtin_mul_overflow(FloorDiv(value - from, step), step, &found) ||
          __builtin_add_overflow(found, from, &found) || found < first) {
        out.Set(row, 0);
        throw Error::User(sqlstate::kDatetimeFieldOverflow, "timestamp out of range");
      }
      begin = found;
    }
    out.Set(row, begin);
  });
  return out.Finish();
}

}  // namespace weir
