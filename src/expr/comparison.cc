#include "expr/comparison.h"

#include "column/builder.h"

namespace weir {

std::optional<CompareOp> CompareOpByName(std::string_view name) {
  if (name == "=") return CompareOp::kEqual;
  if (name == "<>" || name == "!=") return CompareOp::kNotEqual;
  if (name == "<") return CompareOp::kLess;
  if (name == "<=") return CompareOp::kLessEqual;
  if (name == ">") return CompareOp::kGreater;
  if (name == ">=") return CompareOp::kGreaterEqual;
  return std::nullopt;
}

CompareOp SwapCompareOp(CompareOp op) {
  switch (op) {
    case CompareOp::kLess:
      return CompareOp::kGreater;
    case CompareOp::kLessEqual:
      return CompareOp::kGreaterEqual;
    case CompareOp::kGreater:
      return CompareOp::kLess;
    case CompareOp::kGreaterEqual:
      return CompareOp::kLessEqual;
    default:
      return op;
  }
}

CompareOp NegateCompareOp(CompareOp op) {
  switch (op) {
    case CompareOp::kEqual:
      return CompareOp::kNotEqual;
    case CompareOp::kNotEqual:
      return CompareOp::kEqual;
    case CompareOp::kLess:
      return CompareOp::kGreaterEqual;
    case CompareOp::kLessEqual:
      return CompareOp::kGreater;
    case CompareOp::kGreater:
      return CompareOp::kLessEqual;
    case CompareOp::kGreaterEqual:
      return CompareOp::kLess;
  }
  return op;
}

namespace {

// Everything is built from these two, a swap of the sides and a negation; both are total, NaN included.
struct IsEqual {
  template <typename T>
  static inline bool Test(const T& a, const T& b) {
    if constexpr (std::is_floating_point_v<T>) {
      return (a == b) | ((a != a) & (b != b));
    } else if constexpr (std::is_same_v<T, Interval>) {
      return a.NormalizedMicros() == b.NormalizedMicros();
    } else {
      return a == b;
    }
  }
};

struct IsLess {
  template <typename T>
  static inline bool Test(const T& a, const T& b) {
    if constexpr (std::is_floating_point_v<T>) {
      return (a < b) | ((a == a) & (b != b));
    } else if constexpr (std::is_same_v<T, Interval>) {
      return a.NormalizedMicros() < b.NormalizedMicros();
    } else {
      return a < b;
    }
  }
};

template <typename Test, typename T>
WEIR_SIMD_CLONES void LoopColumns(const T* a, const T* b, size_t count, uint8_t flip, uint8_t* out) {
  for (size_t i = 0; i < count; ++i) out[i] = static_cast<uint8_t>(Test::Test(a[i], b[i])) ^ flip;
}

template <typename Test, typename T>
WEIR_SIMD_CLONES void LoopConstantRight(const T* a, T b, size_t count, uint8_t flip, uint8_t* out) {
  for (size_t i = 0; i < count; ++i) out[i] = static_cast<uint8_t>(Test::Test(a[i], b)) ^ flip;
}

template <typename Test, typename T>
WEIR_SIMD_CLONES void LoopConstantLeft(T a, const T* b, size_t count, uint8_t flip, uint8_t* out) {
  for (size_t i = 0; i < count; ++i) out[i] = static_cast<uint8_t>(Test::Test(a, b[i])) ^ flip;
}

template <typename T>
inline constexpr bool kLoopsOverAll = !std::is_same_v<T, StringRef> && !std::is_same_v<T, Interval>;

template <typename Test, typename T>
void CompareTyped(const ColumnView& a, const ColumnView& b, size_t size, const RowSet& rows, uint8_t flip,
                  uint8_t* out) {
  const T* left = a.values<T>();
  const T* right = b.values<T>();
  if constexpr (kLoopsOverAll<T>) {
    if (IsDenseEnough(rows, size)) {
      if (a.is_identity() && b.is_identity()) return LoopColumns<Test, T>(left, right, size, flip, out);
      if (a.is_identity() && b.is_constant()) return LoopConstantRight<Test, T>(left, right[0], size, flip, out);
      if (a.is_constant() && b.is_identity()) return LoopConstantLeft<Test, T>(left[0], right, size, flip, out);
    }
  }
  if (b.is_constant()) {
    const T value = right[0];
    rows.ForEach([&](size_t row) { out[row] = static_cast<uint8_t>(Test::Test(left[a.Index(row)], value)) ^ flip; });
    return;
  }
  rows.ForEach(
      [&](size_t row) { out[row] = static_cast<uint8_t>(Test::Test(left[a.Index(row)], right[b.Index(row)])) ^ flip; });
}

bool TestOrder(CompareOp op, int order) {
  switch (op) {
    case CompareOp::kEqual:
      return order == 0;
    case CompareOp::kNotEqual:
      return order != 0;
    case CompareOp::kLess:
      return order < 0;
    case CompareOp::kLessEqual:
      return order <= 0;
    case CompareOp::kGreater:
      return order > 0;
    case CompareOp::kGreaterEqual:
      return order >= 0;
  }
  return false;
}

// Children may be of any encoding and hold NULLs.
int CompareChildren(const Column& a, size_t i, const Column& b, size_t j) {
  const ColumnView left(a);
  const ColumnView right(b);
  const bool left_null = left.IsNull(i);
  const bool right_null = right.IsNull(j);
  if (left_null || right_null) return static_cast<int>(left_null) - static_cast<int>(right_null);
  return CompareSlots(left.base(), left.Index(i), right.base(), right.Index(j));
}

}  // namespace

int CompareSlots(const Column& a, size_t i, const Column& b, size_t j) {
  switch (a.type().physical()) {
    case PhysicalType::kStruct:
      for (size_t k = 0; k < a.children().size(); ++k) {
        if (const int order = CompareChildren(*a.child(k), i, *b.child(k), j); order != 0) return order;
      }
      return 0;
    case PhysicalType::kList:
    case PhysicalType::kMap: {
      const ListEntry left = a.values<ListEntry>()[i];
      const ListEntry right = b.values<ListEntry>()[j];
      for (uint32_t at = 0; at < left.length && at < right.length; ++at) {
        for (size_t k = 0; k < a.children().size(); ++k) {
          const int order = CompareChildren(*a.child(k), left.offset + at, *b.child(k), right.offset + at);
          if (order != 0) return order;
        }
      }
      return left.length < right.length ? -1 : left.length > right.length ? 1 : 0;
    }
    default:
      return VisitPhysical(a.type().physical(), [&]<typename T>() -> int {
        if constexpr (!std::is_same_v<T, ListEntry>) {
          const T& left = a.values<T>()[i];
          const T& right = b.values<T>()[j];
          return IsLess::Test(left, right) ? -1 : IsLess::Test(right, left) ? 1 : 0;
        } else {
          return 0;
        }
      });
  }
}

void CompareColumns(CompareOp op, const Column& a, const Column& b, size_t size, const RowSet& rows, uint8_t* out) {
  const PhysicalType physical = a.type().physical();
  WEIR_DCHECK(physical == b.type().physical());
  const ColumnView left(a);
  const ColumnView right(b);
  if (physical == PhysicalType::kStruct || physical == PhysicalType::kList || physical == PhysicalType::kMap) {
    rows.ForEach([&](size_t row) {
      out[row] = 0;
      if (left.IsNull(row) || right.IsNull(row)) return;
      out[row] = TestOrder(op, CompareSlots(left.base(), left.Index(row), right.base(), right.Index(row))) ? 1 : 0;
    });
    return;
  }
  VisitPhysical(physical, [&]<typename T>() {
    if constexpr (!std::is_same_v<T, ListEntry>) {
      switch (op) {
        case CompareOp::kEqual:
          return CompareTyped<IsEqual, T>(left, right, size, rows, 0, out);
        case CompareOp::kNotEqual:
          return CompareTyped<IsEqual, T>(left, right, size, rows, 1, out);
        case CompareOp::kLess:
          return CompareTyped<IsLess, T>(left, right, size, rows, 0, out);
        case CompareOp::kGreaterEqual:
          return CompareTyped<IsLess, T>(left, right, size, rows, 1, out);
        case CompareOp::kGreater:
          return CompareTyped<IsLess, T>(right, left, size, rows, 0, out);
        case CompareOp::kLessEqual:
          return CompareTyped<IsLess, T>(right, left, size, rows, 1, out);
      }
    }
  });
}

ScalarKernel ComparisonKernel(CompareOp op) {
  return [op](const KernelArgs& args) {
    FlatWriter<uint8_t> writer(args.result_type, args.size);
    CompareColumns(op, *args.columns[0], *args.columns[1], args.size, args.rows, writer.values());
    return writer.Finish();
  };
}

ScalarKernel DistinctKernel(bool negated) {
  const CompareOp op = negated ? CompareOp::kEqual : CompareOp::kNotEqual;
  return [op](const KernelArgs& args) {
    FlatWriter<uint8_t> writer(args.result_type, args.size);
    const Column& a = *args.columns[0];
    const Column& b = *args.columns[1];
    CompareColumns(op, a, b, args.size, args.rows, writer.values());
    const ColumnView left(a);
    const ColumnView right(b);
    if (!left.may_have_nulls() && !right.may_have_nulls()) return writer.Finish();
    args.rows.ForEach([&](size_t row) {
      const bool left_null = left.IsNull(row);
      const bool right_null = right.IsNull(row);
      if (!left_null && !right_null) return;
      writer.Set(row, static_cast<uint8_t>((left_null == right_null) == (op == CompareOp::kEqual)));
    });
    return writer.Finish();
  };
}

}  // namespace weir
