#include "expr/in_set.h"

#include <algorithm>
#include <bit>
#include <memory>
#include <vector>

#include "base/hash.h"
#include "column/builder.h"
#include "expr/comparison.h"

namespace weir {

namespace {

constexpr uint64_t kBitmapRangeMax = 1 << 16;
constexpr size_t kLinearMax = 4;

uint64_t HashOf(int128_t value) {
  return HashInt128(value);
}
uint64_t HashOf(double value) {
  return HashDouble(value);
}
uint64_t HashOf(float value) {
  return HashDouble(value);
}
uint64_t HashOf(const StringRef& value) {
  return value.Hash();
}
template <std::integral T>
uint64_t HashOf(T value) {
  return HashInt(static_cast<uint64_t>(value));
}
uint64_t HashOf(const Interval& value) {
  return HashInt128(value.NormalizedMicros());
}

template <typename T>
bool SameValue(const T& a, const T& b) {
  if constexpr (std::is_floating_point_v<T>) {
    return a == b || (a != a && b != b);
  } else if constexpr (std::is_same_v<T, Interval>) {
    return a.NormalizedMicros() == b.NormalizedMicros();
  } else {
    return a == b;
  }
}

// Open addressing over the set's values; slots hold 1 + index.
template <typename T>
class HashedSet {
 public:
  explicit HashedSet(std::vector<T> values) : values_(std::move(values)) {
    const size_t slots = std::bit_ceil(values_.size() * 2 + 1);
    mask_ = slots - 1;
    slots_.assign(slots, 0);
    for (size_t i = 0; i < values_.size(); ++i) {
      size_t slot = HashOf(values_[i]) & mask_;
      while (slots_[slot] != 0) slot = (slot + 1) & mask_;
      slots_[slot] = static_cast<uint32_t>(i + 1);
    }
  }
  bool Contains(const T& value) const {
    if (values_.size() <= kLinearMax) {
      for (const T& candidate : values_) {
        if (SameValue(candidate, value)) return true;
      }
      return false;
    }
    for (size_t slot = HashOf(value) & mask_; slots_[slot] != 0; slot = (slot + 1) & mask_) {
      if (SameValue(values_[slots_[slot] - 1], value)) return true;
    }
    return false;
  }

 private:
  std::vector<T> values_;
  std::vector<uint32_t> slots_;
  size_t mask_;
};

// Membership of integers by position in a bitmap.
template <typename T>
class BitmapSet {
 public:
  BitmapSet(const std::vector<T>& values, T min, uint64_t range) : min_(min), range_(range) {
    words_.assign(WordsForBits(range + 1), 0);
    for (const T value : values) SetBit(words_.data(), static_cast<uint64_t>(value) - static_cast<uint64_t>(min));
  }
  bool Contains(T value) const {
    const uint64_t at = static_cast<uint64_t>(value) - static_cast<uint64_t>(min_);
    return at <= range_ && GetBit(words_.data(), at);
  }

 private:
  T min_;
  uint64_t range_;
  std::vector<uint64_t> words_;
};

// A miss is NULL when the set holds one; the writer gets that for the rows asked for.
template <typename Found>
ColumnPtr WriteMembership(const KernelArgs& args, bool has_null, Found found) {
  FlatWriter<uint8_t> writer(args.result_type, args.size);
  if (!has_null) {
    uint8_t* out = writer.values();
    args.rows.ForEach([&](size_t row) { out[row] = static_cast<uint8_t>(found(row)); });
    return writer.Finish();
  }
  args.rows.ForEach([&](size_t row) {
    const bool hit = found(row);
    writer.Set(row, static_cast<uint8_t>(hit));
    if (!hit) writer.SetNull(row);
  });
  return writer.Finish();
}

template <typename T, typename Set>
ScalarKernel KernelOver(Set set, bool has_null, Owner owner) {
  return
      [set = std::make_shared<const Set>(std::move(set)), has_null, owner = std::move(owner)](const KernelArgs& args) {
        const ColumnView view(*args.columns[0]);
        return WriteMembership(args, has_null, [&](size_t row) { return set->Contains(view.At<T>(row)); });
      };
}

}  // namespace

ScalarKernel InKernel(const Type& type, std::span<const Value> set) {
  ColumnBuilder builder(type, set.size());
  bool has_null = false;
  for (const Value& value : set) {
    if (value.is_null()) {
      has_null = true;
    } else {
      builder.AppendValue(value);
    }
  }
  ColumnPtr column = builder.Finish();
  const PhysicalType physical = type.physical();
  if (physical == PhysicalType::kStruct || physical == PhysicalType::kList || physical == PhysicalType::kMap) {
    return [column, has_null](const KernelArgs& args) {
      const ColumnView view(*args.columns[0]);
      return WriteMembership(args, has_null, [&](size_t row) {
        for (size_t i = 0; i < column->size(); ++i) {
          if (CompareSlots(view.base(), view.Index(row), *column, i) == 0) return true;
        }
        return false;
      });
    };
  }
  return VisitPhysical(physical, [&]<typename T>() -> ScalarKernel {
    if constexpr (std::is_same_v<T, ListEntry>) {
      return nullptr;
    } else {
      std::vector<T> values(column->values<T>(), column->values<T>() + column->size());
      if constexpr (std::is_integral_v<T> && sizeof(T) <= 8) {
        if (!values.empty()) {
          const auto [min, max] = std::minmax_element(values.begin(), values.end());
          const uint64_t range = static_cast<uint64_t>(*max) - static_cast<uint64_t>(*min);
          if (range < kBitmapRangeMax) return KernelOver<T>(BitmapSet<T>(values, *min, range), has_null, column);
        }
      }
      return KernelOver<T>(HashedSet<T>(std::move(values)), has_null, column);
    }
  });
}

}  // namespace weir
