#include "function/scalar/boolean.h"

#include "function/scalar/kernel.h"

namespace weir {

namespace {

// What `x IS [NOT] TRUE` and the like are: never NULL.
ScalarKernel TruthKernel(uint8_t of_true, uint8_t of_false, uint8_t of_null) {
  return [=](const KernelArgs& args) {
    FlatWriter<uint8_t> writer(args.result_type, args.size);
    const ColumnView view(*args.columns[0]);
    args.rows.ForEach([&](size_t row) {
      writer.Set(row, view.IsNull(row) ? of_null : view.At<uint8_t>(row) != 0 ? of_true : of_false);
    });
    return writer.Finish();
  };
}

}  // namespace

void RegisterBooleanFunctions(Registry& registry) {
  Family family(registry, "boolean");
  const TypeKind boolean = TypeKind::kBoolean;
  family.Add(
      "xor", "Whether exactly one of two conditions holds.", "xor(true, false)", "t",
      {Total({boolean, boolean}, boolean,
             RowKernel<uint8_t, uint8_t, uint8_t>([](uint8_t a, uint8_t b) -> uint8_t { return (a ^ b) & 1; }))});
  const auto add = [&](const char* name, const char* description, const char* example, ScalarKernel kernel) {
    family.Add(name, description, example, "t", {SeesNulls(Total({boolean}, boolean, std::move(kernel)))});
  };
  add("is_true", "Whether a condition is true: IS TRUE.", "is_true(true)", TruthKernel(1, 0, 0));
  add("is_not_true", "Whether a condition is false or NULL: IS NOT TRUE.", "is_not_true(false)", TruthKernel(0, 1, 1));
  add("is_false", "Whether a condition is false: IS FALSE.", "is_false(false)", TruthKernel(0, 1, 0));
  add("is_not_false", "Whether a condition is true or NULL: IS NOT FALSE.", "is_not_false(true)", TruthKernel(1, 0, 1));
}

}  // namespace weir
