#include "function/scalar/conditional.h"

#include <cstring>
#include <vector>

#include "expr/branch_merge.h"
#include "expr/comparison.h"
#include "function/scalar/kernel.h"
#include "types/json_document.h"
#include "types/jsonb.h"

namespace weir {

namespace {

const auto kElement = TypePattern::Kind::kAnyElement;

// `column` with NULL at `rows`.
ColumnPtr WithNullAt(const KernelArgs& args, const ColumnPtr& column, const std::vector<uint32_t>& rows) {
  if (rows.empty()) return column;
  const ColumnPtr flat = Column::Flatten(column);
  const size_t words = WordsForBits(args.size);
  auto validity = Buffer::Allocate(words * sizeof(uint64_t));
  auto* bits = validity->as<uint64_t>();
  if (flat->validity() == nullptr) {
    std::memset(bits, 0xFF, words * sizeof(uint64_t));
  } else {
    std::memcpy(bits, flat->validity(), words * sizeof(uint64_t));
  }
  for (const uint32_t row : rows) ClearBit(bits, row);
  return Column::WithValidity(flat, std::move(validity));
}

ColumnPtr NullIfKernel(const KernelArgs& args) {
  const ColumnView left(*args.columns[0]);
  const ColumnView right(*args.columns[1]);
  std::vector<uint8_t> equal(args.size + 1);
  CompareColumns(CompareOp::kEqual, *args.columns[0], *args.columns[1], args.size, args.rows, equal.data());
  std::vector<uint32_t> rows;
  args.rows.ForEach([&](size_t row) {
    if (left.IsValid(row) && right.IsValid(row) && equal[row] != 0) rows.push_back(static_cast<uint32_t>(row));
  });
  return WithNullAt(args, args.columns[0], rows);
}

// What is compared in the place of a column: jsonb goes by its key.
ColumnPtr Comparable(const KernelArgs& args, const ColumnPtr& column) {
  if (!column->type().is_jsonb()) return column;
  const ColumnView view(*column);
  FlatWriter<StringRef> out(TypeKind::kVarbinary, args.size);
  args.rows.ForEach([&](size_t row) {
    if (view.IsNull(row)) return out.SetNull(row);
    std::string key;
    AppendJsonbSortKey(JsonDocument(view.At<StringRef>(row).view()), key);
    out.SetString(row, key);
  });
  return out.Finish();
}

// The best of the arguments that are not NULL.
ColumnPtr ExtremeKernel(const KernelArgs& args, CompareOp better) {
  const size_t count = args.columns.size();
  std::vector<ColumnView> views;
  for (const ColumnPtr& column : args.columns) views.emplace_back(*column);
  // Argument by argument, so that each comparison is one call over the rows it matters for.
  std::vector<uint8_t> wins(args.size + 1);
  ColumnPtr current = args.columns[0];
  for (size_t i = 1; i < count; ++i) {
    const ColumnView so_far(*current);
    const ColumnPtr candidate = Comparable(args, args.columns[i]), best = Comparable(args, current);
    CompareColumns(better, *candidate, *best, args.size, args.rows, wins.data());
    std::vector<uint32_t> keep;
    std::vector<uint32_t> take;
    args.rows.ForEach([&](size_t row) {
      const bool win = views[i].IsValid(row) && (so_far.IsNull(row) || wins[row] != 0);
      (win ? take : keep).push_back(static_cast<uint32_t>(row));
    });
    if (take.empty()) continue;
    BranchMerge merge(args.result_type, args.size);
    merge.Add(current, RowSet::Of(keep));
    merge.Add(args.columns[i], RowSet::Of(take));
    current = merge.Finish();
  }
  return current;
}

ColumnPtr ZeroIfNullKernel(const KernelArgs& args) {
  const ColumnView view(*args.columns[0]);
  if (!view.may_have_nulls()) return args.columns[0];
  std::vector<uint32_t> present;
  std::vector<uint32_t> absent;
  args.rows.ForEach([&](size_t row) { (view.IsValid(row) ? present : absent).push_back(static_cast<uint32_t>(row)); });
  BranchMerge merge(args.result_type, args.size);
  merge.Add(args.columns[0], RowSet::Of(present));
  const Type& type = args.result_type;
  const Value zero = type.is_floating()                         ? Value::Floating(type, 0)
                     : type.physical() == PhysicalType::kInt128 ? Value::Wide(type, 0)
                                                                : Value::Integer(type, 0);
  merge.Add(Column::Constant(zero, args.size), RowSet::Of(absent));
  return merge.Finish();
}

ColumnPtr NullIfZeroKernel(const KernelArgs& args) {
  const ColumnView view(*args.columns[0]);
  std::vector<uint32_t> rows;
  VisitPhysical(args.columns[0]->type().physical(), [&]<typename T>() {
    if constexpr (!std::is_same_v<T, StringRef> && !std::is_same_v<T, ListEntry> && !std::is_same_v<T, Interval>) {
      args.rows.ForEach([&](size_t row) {
        if (view.IsValid(row) && view.At<T>(row) == T{}) rows.push_back(static_cast<uint32_t>(row));
      });
    }
  });
  return WithNullAt(args, args.columns[0], rows);
}

ColumnPtr Nvl2Kernel(const KernelArgs& args) {
  const ColumnView view(*args.columns[0]);
  std::vector<uint32_t> present;
  std::vector<uint32_t> absent;
  args.rows.ForEach([&](size_t row) { (view.IsValid(row) ? present : absent).push_back(static_cast<uint32_t>(row)); });
  BranchMerge merge(args.result_type, args.size);
  merge.Add(args.columns[1], RowSet::Of(present));
  merge.Add(args.columns[2], RowSet::Of(absent));
  return merge.Finish();
}

// The evaluator turns these calls into nodes of its own.
ColumnPtr NodeOfItsOwn(const KernelArgs&) {
  throw Error::Internal("conditional function called as a kernel");
}

ResolvedCall NumbersOnly(std::span<const Type> types, std::span<const std::optional<Value>>) {
  if (!types[0].is_numeric()) {
    throw Error::User(sqlstate::kUndefinedFunction, "function takes a number, not {}", types[0].Name());
  }
  return {{types[0]}, types[0]};
}

}  // namespace

void RegisterConditionalFunctions(Registry& registry) {
  Family family(registry, "conditional");
  const auto special = [](std::vector<TypePattern> parameters, TypePattern result, ScalarKernel kernel) {
    return SeesNulls(Total(std::move(parameters), std::move(result), std::move(kernel)));
  };
  family.Add("nullif", "NULL when both arguments are equal, else the first one.", "nullif(1, 2)", "1",
             {special({kElement, kElement}, kElement, NullIfKernel)});
  family.Add("greatest", "The largest of the arguments that are not NULL.", "greatest(1, 3, 2)", "3",
             {Variadic(special({kElement}, kElement,
                               [](const KernelArgs& args) { return ExtremeKernel(args, CompareOp::kGreater); }))});
  family.Add("least", "The smallest of the arguments that are not NULL.", "least(1, 3, 2)", "1",
             {Variadic(special({kElement}, kElement,
                               [](const KernelArgs& args) { return ExtremeKernel(args, CompareOp::kLess); }))});
  family.Add({"if", {"iff", "iif"}}, "The second argument where the first is true, else the third.",
             "if(1 < 2, 'yes', 'no')", "yes",
             {special({TypeKind::kBoolean, kElement, kElement}, kElement, NodeOfItsOwn)});
  family.Add({"ifnull", {"nvl"}}, "The first argument unless it is NULL, else the second.", "ifnull(NULL, 'x')", "x",
             {special({kElement, kElement}, kElement, NodeOfItsOwn)});
  family.Add("nvl2", "The second argument where the first is not NULL, else the third.", "nvl2(1, 'a', 'b')", "a",
             {special({TypePattern::Kind::kAny, kElement, kElement}, kElement, Nvl2Kernel)});
  family.Add("zeroifnull", "Zero in place of NULL.", "zeroifnull(5)", "5",
             {Resolving(special({kElement}, kElement, ZeroIfNullKernel), NumbersOnly)});
  family.Add("nullifzero", "NULL in place of zero.", "nullifzero(5)", "5",
             {Resolving(special({kElement}, kElement, NullIfZeroKernel), NumbersOnly)});
  family.Add("try", "NULL where computing the argument fails.", "try(1 / 1)", "1",
             {special({kElement}, kElement, NodeOfItsOwn)});
}

}  // namespace weir
