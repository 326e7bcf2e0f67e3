#pragma once

#include <type_traits>
#include <utility>

#include "column/builder.h"
#include "expr/evaluator.h"
#include "expr/function.h"

namespace weir {

// Vector forms of row functions, so that most functions are written once for one row:
//
//   RowKernel<int64_t, int64_t>([](int64_t a) { return -a; })
//   RowKernelWith<StringRef, StringRef>([](RowOut<StringRef>& out, StringRef s) { out.SetString(...); })
//
// NULLs have been taken care of (NullBehavior::kPropagate). The loop is specialised for flat and constant arguments.

// Where a row function that may fail, be NULL or make strings puts its result.
template <typename R>
class RowOut {
 public:
  RowOut(FlatWriter<R>& writer, EvalContext& context) : writer_(writer), context_(context) {}
  void Set(R value) { writer_.Set(row_, value); }
  void SetNull() { writer_.SetNull(row_); }
  void SetString(std::string_view text) { writer_.SetString(row_, text); }
  StringHeap& heap() { return writer_.heap(); }
  void Fail(Error error) {
    if constexpr (!std::is_same_v<R, StringRef>) writer_.Set(row_, R{});
    context_.Fail(row_, std::move(error));
  }
  size_t row() const { return row_; }
  const StatementContext& statement() const { return context_.statement(); }

 private:
  template <typename Result, typename... Args, typename F>
  friend ColumnPtr ApplyRows(const KernelArgs& args, F&& f);
  FlatWriter<R>& writer_;
  EvalContext& context_;
  size_t row_ = 0;
};

template <typename R, typename... Args, typename F>
ColumnPtr ApplyRows(const KernelArgs& args, F&& f) {
  FlatWriter<R> writer(args.result_type, args.size);
  RowOut<R> out(writer, args.context);
  if constexpr (std::is_same_v<R, StringRef>) {
    // Results may be slices of arguments.
    for (const ColumnPtr& column : args.columns) {
      const ColumnView view(*column);
      if (column->type().physical() == PhysicalType::kString) {
        writer.AddOwners(view.base().owners());
        writer.AddOwners({column});
      }
    }
  }
  [&]<size_t... I>(std::index_sequence<I...>) {
    const ColumnView views[] = {ColumnView(*args.columns[I])...};
    constexpr bool kPlain = std::is_invocable_r_v<R, F, Args...>;
    if (args.rows.is_dense() && (views[I].is_identity() && ...)) {
      const size_t count = args.rows.count();
      for (size_t row = 0; row < count; ++row) {
        if constexpr (kPlain) {
          writer.values()[row] = f(views[I].template values<Args>()[row]...);
        } else {
          out.row_ = row;
          f(out, views[I].template values<Args>()[row]...);
        }
      }
      return;
    }
    args.rows.ForEach([&](size_t row) {
      if constexpr (kPlain) {
        writer.values()[row] = f(views[I].template At<Args>(row)...);
      } else {
        out.row_ = row;
        f(out, views[I].template At<Args>(row)...);
      }
    });
  }(std::index_sequence_for<Args...>{});
  return writer.Finish();
}

// f(Args...) -> R
template <typename R, typename... Args, typename F>
ScalarKernel RowKernel(F f) {
  static_assert(std::is_invocable_r_v<R, F, Args...>);
  return [f](const KernelArgs& args) { return ApplyRows<R, Args...>(args, f); };
}

// f(RowOut<R>&, Args...)
template <typename R, typename... Args, typename F>
ScalarKernel RowKernelWith(F f) {
  static_assert(std::is_invocable_v<F, RowOut<R>&, Args...>);
  return [f](const KernelArgs& args) { return ApplyRows<R, Args...>(args, f); };
}

}  // namespace weir
