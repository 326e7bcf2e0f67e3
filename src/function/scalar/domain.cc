// What a cast to a domain applies: its constraints.

#include "function/scalar/kernel.h"
#include "function/scalar/register.h"

namespace weir {

namespace {

// check_domain(value, holds, domain, constraint): the value, unless `holds` is false.
ColumnPtr CheckConstraint(const KernelArgs& args) {
  const ColumnView holds(*args.columns[1]), domains(*args.columns[2]), constraints(*args.columns[3]);
  args.rows.ForEach([&](size_t row) {
    if (holds.IsNull(row) || holds.At<uint8_t>(row) != 0) return;
    args.context.Fail(row,
                      Error::User(sqlstate::kCheckViolation, "value for domain {} violates check constraint \"{}\"",
                                  domains.At<StringRef>(row).view(), constraints.At<StringRef>(row).view()));
  });
  return Column::Reinterpret(args.columns[0], args.result_type);
}

// check_domain_not_null(value, domain)
ColumnPtr CheckNotNull(const KernelArgs& args) {
  const ColumnView values(*args.columns[0]), domains(*args.columns[1]);
  args.rows.ForEach([&](size_t row) {
    if (!values.IsNull(row)) return;
    args.context.Fail(row, Error::User(sqlstate::kNotNullViolation, "domain {} does not allow null values",
                                       domains.At<StringRef>(row).view()));
  });
  return Column::Reinterpret(args.columns[0], args.result_type);
}

}  // namespace

void RegisterDomainFunctions(Registry& registry) {
  Family family(registry, "domain");
  constexpr auto kAny = TypePattern::Kind::kAny;
  const TypeResolver same = ResultOf([](std::span<const Type> types) { return types[0]; });
  family.Add(
      "check_domain", "The value, unless a constraint of its domain does not hold; what a cast to a domain applies.",
      "", "",
      {SeesNulls(Resolving(
          Partial({kAny, TypeKind::kBoolean, TypeKind::kVarchar, TypeKind::kVarchar}, kAny, CheckConstraint), same))});
  family.Add("check_domain_not_null", "The value, unless it is NULL; what a cast to a domain with NOT NULL applies.",
             "", "", {SeesNulls(Resolving(Partial({kAny, TypeKind::kVarchar}, kAny, CheckNotNull), same))});
}

}  // namespace weir
