#include "function/scalar/comparison.h"

#include "expr/cast_rules.h"
#include "expr/comparison.h"
#include "function/scalar/decimal_arithmetic.h"
#include "function/scalar/kernel.h"
#include "types/decimal.h"

namespace weir {

namespace {

// Decimals are aligned, unless that takes more than 38 digits; then the kernel compares them as they are.
ResolvedCall AlignDecimals(std::span<const Type> types, std::span<const std::optional<Value>> constants) {
  const Type a = TightDecimal(types[0], constants[0]);
  const Type b = TightDecimal(types[1], constants[1]);
  const int digits = std::max(a.precision() - a.scale(), b.precision() - b.scale());
  if (digits + std::max(a.scale(), b.scale()) > Type::kDecimalPrecisionMax) return {{a, b}, TypeKind::kBoolean};
  const Type common = UnifyDecimals(a, b);
  return {{common, common}, TypeKind::kBoolean};
}

int128_t DecimalAt(const ColumnView& view, size_t row) {
  if (view.base().type().physical() == PhysicalType::kInt64) return view.At<int64_t>(row);
  return view.At<int128_t>(row);
}

// Negative, 0 or positive for decimals of any scales: whole parts first, then fractions on the larger scale.
int CompareDecimals(int128_t a, int a_scale, int128_t b, int b_scale) {
  const int128_t a_unit = PowerOfTen(a_scale);
  const int128_t b_unit = PowerOfTen(b_scale);
  if (a / a_unit != b / b_unit) return a / a_unit < b / b_unit ? -1 : 1;
  int128_t a_fraction = a % a_unit;
  int128_t b_fraction = b % b_unit;
  if (a_scale < b_scale) a_fraction *= PowerOfTen(b_scale - a_scale);
  if (b_scale < a_scale) b_fraction *= PowerOfTen(a_scale - b_scale);
  return a_fraction < b_fraction ? -1 : a_fraction > b_fraction ? 1 : 0;
}

bool Holds(CompareOp op, int order) {
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
    default:
      return order >= 0;
  }
}

// NULLs are excluded by `skip` for plain comparisons; distinctness treats them itself.
ScalarKernel DecimalKernel(CompareOp op, ScalarKernel aligned, bool distinct) {
  return [op, aligned = std::move(aligned), distinct](const KernelArgs& args) -> ColumnPtr {
    const Type& a = args.columns[0]->type();
    const Type& b = args.columns[1]->type();
    if (a == b) return aligned(args);
    FlatWriter<uint8_t> writer(args.result_type, args.size);
    const ColumnView left(*args.columns[0]);
    const ColumnView right(*args.columns[1]);
    args.rows.ForEach([&](size_t row) {
      const bool left_null = left.IsNull(row);
      const bool right_null = right.IsNull(row);
      bool result = false;
      if (left_null || right_null) {
        result = distinct && (left_null == right_null) == (op == CompareOp::kEqual);
      } else {
        result = Holds(op, CompareDecimals(DecimalAt(left, row), a.scale(), DecimalAt(right, row), b.scale()));
      }
      writer.Set(row, static_cast<uint8_t>(result));
    });
    return writer.Finish();
  };
}

// Integers of different widths meet in the wider type, but a constant that fits takes the column's: so the column need
// not be cast, and can be pruned by.
ResolvedCall AlignIntegers(std::span<const Type> types, std::span<const std::optional<Value>> constants) {
  const size_t wide = types[0].kind() > types[1].kind() ? 0 : 1;
  const Type& narrow = types[1 - wide];
  const std::optional<Value>& constant = constants[wide];
  if (constant && !constant->is_null()) {
    const int128_t limit = int128_t{1} << (PhysicalWidth(narrow.physical()) * 8 - 1);
    if (constant->wide() >= -limit && constant->wide() < limit) return {{narrow, narrow}, TypeKind::kBoolean};
  }
  return {{types[wide], types[wide]}, TypeKind::kBoolean};
}

// anyelement takes pairs with a common type; a real meets other numbers in double precision.
std::vector<FunctionOverload> Overloads(CompareOp op, const ScalarKernel& kernel, NullBehavior nulls) {
  std::vector<FunctionOverload> out;
  const auto any = TypePattern::Kind::kAnyElement;
  const auto decimal = TypePattern::Kind::kDecimal;
  // json too, by its text: the binder refuses that to statements, but plans compare copies of a row.
  out.push_back(Total({any, any}, TypeKind::kBoolean, kernel));
  out.push_back(Resolving(
      Total({decimal, decimal}, TypeKind::kBoolean, DecimalKernel(op, kernel, nulls == NullBehavior::kSpecial)),
      AlignDecimals));
  const TypeResolver to_double = [](std::span<const Type>, std::span<const std::optional<Value>>) {
    return ResolvedCall{{TypeKind::kDouble, TypeKind::kDouble}, TypeKind::kBoolean};
  };
  out.push_back(Resolving(Total({TypeKind::kFloat, TypeKind::kDouble}, TypeKind::kBoolean, kernel), to_double));
  out.push_back(Resolving(Total({TypeKind::kDouble, TypeKind::kFloat}, TypeKind::kBoolean, kernel), to_double));
  const TypeKind integers[] = {TypeKind::kInt8, TypeKind::kInt16, TypeKind::kInt32, TypeKind::kInt64,
                               TypeKind::kInt128};
  for (const TypeKind a : integers) {
    for (const TypeKind b : integers) {
      if (a != b) out.push_back(Resolving(Total({a, b}, TypeKind::kBoolean, kernel), AlignIntegers));
    }
  }
  for (FunctionOverload& overload : out) overload.nulls = nulls;
  return out;
}

}  // namespace

void RegisterComparisonFunctions(Registry& registry) {
  Family family(registry, "comparison");
  const auto add = [&](Family::Names names, std::string description, std::string example, CompareOp op) {
    family.Add(std::move(names), std::move(description), std::move(example), "t",
               Overloads(op, ComparisonKernel(op), NullBehavior::kPropagate));
  };
  add("=", "Whether two values are equal.", "1 = 1.0", CompareOp::kEqual);
  add({"<>", {"!="}}, "Whether two values differ.", "1 <> 2", CompareOp::kNotEqual);
  add("<", "Whether the first value sorts before the second.", "1 < 2", CompareOp::kLess);
  add("<=", "Whether the first value does not sort after the second.", "1 <= 2", CompareOp::kLessEqual);
  add(">", "Whether the first value sorts after the second.", "2 > 1", CompareOp::kGreater);
  add(">=", "Whether the first value does not sort before the second.", "2 >= 1", CompareOp::kGreaterEqual);
  family.Add("is_distinct_from", "Whether two values differ, NULL being a value of its own: IS DISTINCT FROM.",
             "1 IS DISTINCT FROM NULL", "t",
             Overloads(CompareOp::kNotEqual, DistinctKernel(false), NullBehavior::kSpecial));
  family.Add({"is_not_distinct_from", {"<=>"}},
             "Whether two values are equal, NULL being a value of its own: IS NOT DISTINCT FROM.",
             "NULL IS NOT DISTINCT FROM NULL", "t",
             Overloads(CompareOp::kEqual, DistinctKernel(true), NullBehavior::kSpecial));
}

}  // namespace weir
