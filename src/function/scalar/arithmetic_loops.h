#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <type_traits>

#include "base/bits.h"
#include "column/builder.h"
#include "expr/comparison.h"
#include "expr/evaluator.h"
#include "expr/function.h"

namespace weir {

// Loops over one or two number columns that compute every row first, remember only whether anything went wrong, and
// look for the failing rows when something did. So they vectorise although they check.
//
// An operation over A (and B) to R is a type with
//   static R Apply(A a, B b, Flag& bad)     ORs something non-zero into `bad` when the row fails; never traps
//   static bool Fails(A a, B b)             the same question for one row
//   static Error Failure(A a, B b, const Type& result)
//   using Flag = an unsigned integer
// `bad` may be raised falsely (by rows that nobody asked for, or by a cheap test): Fails decides.

#define WEIR_INLINE [[gnu::always_inline]] static inline

template <typename Op, typename A, typename B, typename R>
WEIR_SIMD_CLONES bool LoopBoth(const A* a, const B* b, size_t count, R* out) {
  typename Op::Flag bad = 0;
  for (size_t i = 0; i < count; ++i) out[i] = Op::Apply(a[i], b[i], bad);
  return bad != 0;
}
template <typename Op, typename A, typename B, typename R>
WEIR_SIMD_CLONES bool LoopRightConstant(const A* a, B b, size_t count, R* out) {
  typename Op::Flag bad = 0;
  for (size_t i = 0; i < count; ++i) out[i] = Op::Apply(a[i], b, bad);
  return bad != 0;
}
template <typename Op, typename A, typename B, typename R>
WEIR_SIMD_CLONES bool LoopLeftConstant(A a, const B* b, size_t count, R* out) {
  typename Op::Flag bad = 0;
  for (size_t i = 0; i < count; ++i) out[i] = Op::Apply(a, b[i], bad);
  return bad != 0;
}
template <typename Op, typename A, typename R>
WEIR_SIMD_CLONES bool LoopOne(const A* a, size_t count, R* out) {
  typename Op::Flag bad = 0;
  for (size_t i = 0; i < count; ++i) out[i] = Op::Apply(a[i], bad);
  return bad != 0;
}

template <typename Op, typename A, typename B, typename R>
ColumnPtr RunBinary(const KernelArgs& args) {
  FlatWriter<R> writer(args.result_type, args.size);
  R* out = writer.values();
  const ColumnView left(*args.columns[0]);
  const ColumnView right(*args.columns[1]);
  const A* a = left.values<A>();
  const B* b = right.values<B>();
  bool bad = false;
  const bool dense = IsDenseEnough(args.rows, args.size);
  if (dense && left.is_identity() && right.is_identity()) {
    bad = LoopBoth<Op, A, B, R>(a, b, args.size, out);
  } else if (dense && left.is_identity() && right.is_constant()) {
    bad = LoopRightConstant<Op, A, B, R>(a, b[0], args.size, out);
  } else if (dense && left.is_constant() && right.is_identity()) {
    bad = LoopLeftConstant<Op, A, B, R>(a[0], b, args.size, out);
  } else {
    typename Op::Flag flag = 0;
    args.rows.ForEach([&](size_t row) { out[row] = Op::Apply(a[left.Index(row)], b[right.Index(row)], flag); });
    bad = flag != 0;
  }
  if (bad) [[unlikely]] {
    args.rows.ForEach([&](size_t row) {
      const A x = a[left.Index(row)];
      const B y = b[right.Index(row)];
      if (Op::Fails(x, y)) args.context.Fail(row, Op::Failure(x, y, args.result_type));
    });
  }
  return writer.Finish();
}

template <typename Op, typename A, typename R>
ColumnPtr RunUnary(const KernelArgs& args) {
  FlatWriter<R> writer(args.result_type, args.size);
  R* out = writer.values();
  const ColumnView view(*args.columns[0]);
  const A* a = view.values<A>();
  bool bad = false;
  if (IsDenseEnough(args.rows, args.size) && view.is_identity()) {
    bad = LoopOne<Op, A, R>(a, args.size, out);
  } else {
    typename Op::Flag flag = 0;
    args.rows.ForEach([&](size_t row) { out[row] = Op::Apply(a[view.Index(row)], flag); });
    bad = flag != 0;
  }
  if (bad) [[unlikely]] {
    args.rows.ForEach([&](size_t row) {
      const A x = a[view.Index(row)];
      if (Op::Fails(x)) args.context.Fail(row, Op::Failure(x, args.result_type));
    });
  }
  return writer.Finish();
}

// std's versions know nothing of __int128 in strict modes.
template <typename T>
struct UnsignedOf {
  using type = std::make_unsigned_t<T>;
};
template <>
struct UnsignedOf<int128_t> {
  using type = uint128_t;
};
template <typename T>
using Unsigned = typename UnsignedOf<T>::type;
template <typename T>
inline constexpr bool kIsInteger = std::is_integral_v<T> || std::is_same_v<T, int128_t>;
template <typename T>
inline constexpr int kTopBit = static_cast<int>(sizeof(T)) * 8 - 1;
template <typename T>
inline constexpr T kSmallest = static_cast<T>(static_cast<Unsigned<T>>(1) << kTopBit<T>);
template <typename T>
inline constexpr T kLargest = static_cast<T>(~static_cast<Unsigned<T>>(kSmallest<T>));

// "integer out of range" and the like, with PostgreSQL's words.
Error OutOfRange(const Type& type);
Error DivisionByZero();

}  // namespace weir
