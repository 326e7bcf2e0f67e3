// A value that a body uses as often as it likes and that is computed once per row, and the folding of a list by a
// lambda:
//
//   let(value, lambda, captured...)
//   list_reduce(list, lambda, [initial value,] captured...)
//
// The binder makes these calls (sql/binder/bind_lambda.cc, bind_let.cc).

#include <numeric>

#include "function/scalar/lambda_body.h"
#include "function/scalar/list_view.h"
#include "function/scalar/register.h"

namespace weir {

namespace {

SelectionPtr SelectionOf(const RowSet& rows, size_t size) {
  if (rows.is_dense() && rows.count() == size) return nullptr;
  auto out = std::make_shared<Selection>();
  out->reserve(rows.count());
  rows.ForEach([&](size_t row) { out->push_back(static_cast<uint32_t>(row)); });
  return out;
}

ColumnPtr ComputeLet(const KernelArgs& args) {
  const auto& lambda = *static_cast<const Lambda*>(args.state);
  std::vector<ColumnPtr> inputs = {args.columns[0]};
  inputs.insert(inputs.end(), args.columns.begin() + 2, args.columns.end());
  const Chunk chunk(std::move(inputs), args.size, SelectionOf(args.rows, args.size));
  try {
    return lambda.Evaluate(chunk, args.context.statement());
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUser) throw;
  }
  // The error belongs to the row that it came up in.
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const auto only = std::make_shared<Selection>(Selection{static_cast<uint32_t>(row)});
    const ColumnPtr value = lambda.Evaluate(chunk.WithSelection(only), args.context.statement());
    out.AppendRow(ColumnView(*value).base(), ColumnView(*value).Index(row));
  });
}

// Folds the lists of some rows together: a step takes the next element of each row that has one.
class Fold {
 public:
  // `initial`: the column that the accumulator starts with; without one it starts with the first element.
  Fold(const KernelArgs& args, bool initial)
      : args_(args), lists_(*args.columns[0]), initial_(initial), first_captured_(initial ? 3 : 2) {}

  bool IsNull(size_t row) const { return lists_.IsNull(row); }

  // One value per row of `rows`, in order.
  ColumnPtr Run(const std::vector<uint32_t>& rows) const {
    const auto& lambda = *static_cast<const Lambda*>(args_.state);
    const ColumnPtr& elements = lists_.base().child(0);
    std::vector<ListEntry> entries;
    for (const uint32_t row : rows) {
      entries.push_back(lists_.At<ListEntry>(row));
      if (!initial_ && entries.back().length == 0) {
        throw Error::User(sqlstate::kInvalidParameterValue, "an empty list cannot be reduced without an initial value");
      }
    }
    ColumnPtr accumulator;
    if (initial_) {
      accumulator = Column::Gather(args_.columns[2], rows);
    } else {
      std::vector<uint32_t> slots;
      for (const ListEntry& entry : entries) slots.push_back(entry.offset);
      accumulator = Column::Gather(elements, slots);
    }
    // Rows whose lists go on, as places in `rows`.
    std::vector<uint32_t> going(rows.size());
    std::iota(going.begin(), going.end(), 0);
    for (uint32_t k = initial_ ? 0 : 1;; ++k) {
      std::erase_if(going, [&](uint32_t at) { return entries[at].length <= k; });
      if (going.empty()) return accumulator;
      std::vector<uint32_t> slots, origins;
      for (const uint32_t at : going) {
        slots.push_back(entries[at].offset + k);
        origins.push_back(rows[at]);
      }
      std::vector<ColumnPtr> inputs = {Column::Gather(accumulator, going), Column::Gather(elements, slots)};
      for (size_t i = first_captured_; i < args_.columns.size(); ++i) {
        inputs.push_back(Column::Take(args_.columns[i], IndexBuffer(origins), origins.size()));
      }
      const ColumnPtr values = lambda.Evaluate(Chunk(std::move(inputs), going.size()), args_.context.statement());
      if (going.size() == rows.size()) {
        accumulator = Column::Flatten(values);
        continue;
      }
      ColumnBuilder merged(accumulator->type(), rows.size());
      const ColumnView old_view(*accumulator), new_view(*values);
      size_t next = 0;
      for (size_t at = 0; at < rows.size(); ++at) {
        if (next < going.size() && going[next] == at) {
          merged.AppendRow(new_view.base(), new_view.Index(next++));
        } else {
          merged.AppendRow(old_view.base(), old_view.Index(at));
        }
      }
      accumulator = merged.Finish();
    }
  }

 private:
  const KernelArgs& args_;
  ColumnView lists_;
  bool initial_;
  size_t first_captured_;
};

template <bool kInitial>
ColumnPtr ReduceList(const KernelArgs& args) {
  const Fold fold(args, kInitial);
  std::vector<uint32_t> rows;
  args.rows.ForEach([&](size_t row) {
    if (!fold.IsNull(row)) rows.push_back(static_cast<uint32_t>(row));
  });
  ColumnPtr all;
  try {
    all = fold.Run(rows);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUser) throw;
  }
  size_t next = 0;
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    if (fold.IsNull(row)) return out.AppendNull();
    const ColumnPtr own = all != nullptr ? all : fold.Run({static_cast<uint32_t>(row)});
    const ColumnView view(*own);
    out.AppendRow(view.base(), view.Index(all != nullptr ? next++ : 0));
  });
}

}  // namespace

void RegisterLetFunctions(Registry& registry) {
  Family family(registry, "lambda");
  constexpr TypePattern::Kind kAny = TypePattern::Kind::kAny;
  constexpr TypePattern::Kind kLambda = TypePattern::Kind::kLambda;
  family.Add("let", "The lambda's value for a value, which is computed once however often the lambda uses it.",
             "let(x -> x * x, 3)", "9", LambdaOverloads(registry, {kAny, kLambda, kAny}, kAny, ComputeLet, 1));
  constexpr TypePattern::Kind kElement = TypePattern::Kind::kAnyElement;
  const TypePattern list = TypePattern::Kind::kAnyList;
  std::vector<FunctionOverload> reduce = LambdaOverloads(registry, {list, kLambda}, kAny, ReduceList<false>, 1);
  for (FunctionOverload& overload : LambdaOverloads(registry, {list, kLambda, kElement}, kAny, ReduceList<true>, 1)) {
    reduce.push_back(std::move(overload));
  }
  family.Add(
      {"list_reduce", {"array_reduce", "reduce"}},
      "A list folded by a lambda of what came out so far and the next element, from an initial value or from the "
      "first element.",
      "list_reduce(ARRAY[1, 2, 3], (a, x) -> a * 10 + x)", "123", std::move(reduce));
}

}  // namespace weir
