#include "algo/group_positions.h"

#include <algorithm>
#include <limits>

#include "algo/row_compare.h"
#include "base/bits.h"

namespace weir {

namespace {

constexpr uint64_t kPositionsMax = uint64_t{1} << 16;
// A single dictionary may be larger: looking up its codes spares hashing and comparing whole values.
constexpr uint64_t kDictionaryMax = uint64_t{1} << 20;
// After so many calls without success, that many are not tried.
constexpr int kBadCallsMax = 4;
constexpr int kSkipCalls = 64;

template <typename T>
inline void DenseRange(const T* values, size_t count, T& low, T& high) {
  T l = values[0];
  T h = values[0];
  for (size_t i = 1; i < count; ++i) {
    l = values[i] < l ? values[i] : l;
    h = values[i] > h ? values[i] : h;
  }
  low = l;
  high = h;
}

// The range of the rows' values; false when there are none but NULLs. Rows under NULL may hold anything, so they are
// left out.
template <typename T>
bool RangeOf(const ColumnView& view, const RowSet& rows, int64_t& low, int64_t& high) {
  const T* values = view.values<T>();
  T l = std::numeric_limits<T>::max();
  T h = std::numeric_limits<T>::min();
  if (view.is_identity() && rows.is_dense() && !view.may_have_nulls()) {
    DenseRange(values, rows.count(), l, h);
  } else {
    rows.ForEach([&](size_t row) {
      if (view.IsNull(row)) return;
      const T value = values[row];
      l = std::min(l, value);
      h = std::max(h, value);
    });
  }
  if (l > h) return false;
  low = static_cast<int64_t>(l);
  high = static_cast<int64_t>(h);
  return true;
}

template <typename T>
void AddCodes(const ColumnView& view, const RowSet& rows, int64_t low, uint64_t size, uint64_t stride, uint32_t* out) {
  const T* values = view.values<T>();
  const auto step = static_cast<uint32_t>(stride);
  const auto base = static_cast<uint64_t>(low);
  const size_t count = rows.count();
  if (!view.may_have_nulls()) {
    if (rows.is_dense()) {
      for (size_t i = 0; i < count; ++i) {
        out[i] += static_cast<uint32_t>(static_cast<uint64_t>(static_cast<int64_t>(values[i])) - base) * step;
      }
    } else {
      for (size_t i = 0; i < count; ++i) {
        out[i] +=
            static_cast<uint32_t>(static_cast<uint64_t>(static_cast<int64_t>(values[rows.rows()[i]])) - base) * step;
      }
    }
    return;
  }
  for (size_t i = 0; i < count; ++i) {
    const size_t row = rows[i];
    const uint64_t code =
        GetBit(view.validity(), row) ? static_cast<uint64_t>(static_cast<int64_t>(values[row])) - base : size - 1;
    out[i] += static_cast<uint32_t>(code) * step;
  }
}

WEIR_SIMD_CLONES void SetScaled(const uint32_t* codes, size_t count, uint32_t stride, uint32_t* out) {
  for (size_t i = 0; i < count; ++i) out[i] = codes[i] * stride;
}
WEIR_SIMD_CLONES void AddScaled(const uint32_t* codes, size_t count, uint32_t stride, uint32_t* out) {
  for (size_t i = 0; i < count; ++i) out[i] += codes[i] * stride;
}

}  // namespace

bool GroupPositions::Classify(const ColumnPtr& column, const RowSet& rows, const Key& known, bool single,
                              Key& out) const {
  if (column->is_constant()) {
    out.kind = Kind::kConstant;
    out.base = column->base();
    out.size = 1;
    return true;
  }
  if (column->is_dictionary()) {
    out.kind = Kind::kDictionary;
    out.base = column->base();
    out.size = out.base->size();
    return out.size <= (single ? kDictionaryMax : kPositionsMax);
  }
  const PhysicalType physical = column->type().physical();
  if (physical > PhysicalType::kInt64) return false;
  out.kind = Kind::kInteger;
  const ColumnView view(*column);
  int64_t low = 0;
  int64_t high = 0;
  bool any = false;
  VisitPhysical(physical, [&]<typename T>() {
    if constexpr (std::is_integral_v<T> && sizeof(T) <= 8) any = RangeOf<T>(view, rows, low, high);
  });
  if (!any) {
    // Only NULLs: any range will do.
    low = high = known.kind == Kind::kInteger ? known.low : 0;
  }
  if (known.kind == Kind::kInteger) {
    const auto known_high = static_cast<int64_t>(static_cast<uint64_t>(known.low) + known.size - 2);
    if (low >= known.low && high <= known_high) {
      out.low = known.low;
      out.size = known.size;
      return true;
    }
    low = std::min(low, known.low);
    high = std::max(high, known_high);
  }
  const uint64_t width = static_cast<uint64_t>(high) - static_cast<uint64_t>(low) + 1;
  if (width == 0 || width >= kPositionsMax / 2) return false;
  // Room to both sides, so that a slowly moving range does not start over with every chunk.
  const uint64_t slack = width / 4 + 1;
  const bool has_room = low >= std::numeric_limits<int64_t>::min() + static_cast<int64_t>(slack) &&
                        high <= std::numeric_limits<int64_t>::max() - static_cast<int64_t>(slack);
  out.low = has_room ? low - static_cast<int64_t>(slack) : low;
  out.size = (has_room ? width + 2 * slack : width) + 1;
  return true;
}

bool GroupPositions::Prepare(std::span<const ColumnPtr> keys, const RowSet& rows) {
  if (skip_calls_ > 0) {
    --skip_calls_;
    return false;
  }
  const auto give_up = [&] {
    // Integers move on and may become narrow again; trying is cheap, but not free.
    if (++bad_calls_ >= kBadCallsMax) {
      bad_calls_ = 0;
      skip_calls_ = kSkipCalls;
    }
    return false;
  };
  keys_.resize(keys.size());
  std::vector<Key> wanted(keys.size());
  bool same = !groups_.empty();
  uint64_t size = 1;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!Classify(keys[i], rows, keys_[i], keys.size() == 1, wanted[i])) return give_up();
    Key& key = wanted[i];
    const Key& known = keys_[i];
    if (key.kind == Kind::kConstant && known.kind == Kind::kConstant && key.base != known.base &&
        SameValue(*key.base, 0, *known.base, 0)) {
      key.base = known.base;
    }
    same = same && key.kind == known.kind && key.base == known.base && key.low == known.low && key.size == known.size;
    key.stride = size;
    size *= std::max<uint64_t>(key.size, 1);
    if (size > (keys.size() == 1 && key.kind == Kind::kDictionary ? kDictionaryMax : kPositionsMax)) return give_up();
  }
  if (!same) {
    keys_ = std::move(wanted);
    groups_.assign(size, nullptr);
  }
  const size_t count = rows.count();
  positions_.resize(std::max(positions_.size(), count));
  uint32_t* out = positions_.data();
  bool first = true;
  for (size_t k = 0; k < keys.size(); ++k) {
    const Key& key = keys_[k];
    if (key.kind == Kind::kConstant) continue;
    if (key.kind == Kind::kDictionary) {
      const uint32_t* indices = keys[k]->indices();
      const auto stride = static_cast<uint32_t>(key.stride);
      if (first) {
        if (rows.is_dense()) {
          SetScaled(indices, count, stride, out);
        } else {
          for (size_t i = 0; i < count; ++i) out[i] = indices[rows.rows()[i]] * stride;
        }
      } else if (rows.is_dense()) {
        AddScaled(indices, count, stride, out);
      } else {
        for (size_t i = 0; i < count; ++i) out[i] += indices[rows.rows()[i]] * stride;
      }
    } else {
      if (first) std::fill_n(out, count, 0);
      const ColumnView view(*keys[k]);
      VisitPhysical(keys[k]->type().physical(), [&]<typename T>() {
        if constexpr (std::is_integral_v<T> && sizeof(T) <= 8) {
          AddCodes<T>(view, rows, key.low, key.size, key.stride, out);
        }
      });
    }
    first = false;
  }
  if (first) std::fill_n(out, count, 0);
  return true;
}

void GroupPositions::NoteMisses(size_t misses, size_t rows) {
  if (misses * 2 <= rows) {
    bad_calls_ = 0;
    return;
  }
  // Hardly any position comes twice before its meaning changes, or the keys are nearly unique.
  if (++bad_calls_ >= kBadCallsMax) {
    bad_calls_ = 0;
    skip_calls_ = kSkipCalls;
  }
}

}  // namespace weir
