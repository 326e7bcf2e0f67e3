#include <utility>
#include <vector>

#include "expr/branch_merge.h"
#include "function/scalar/cast.h"
#include "function/scalar/kernel.h"

// Lists, structs and maps, cast part by part.

namespace weir {

namespace {

// Runs a cast over the valid ones of `rows`; rows that fail are reported to `context`.
ColumnPtr CastColumn(const CastKernel& kernel, const ColumnPtr& source, const RowSet& rows, const Type& to,
                     EvalContext& context) {
  const size_t size = source->size();
  const ColumnView view(*source);
  std::vector<uint32_t> valid;
  std::vector<uint32_t> null;
  rows.ForEach([&](size_t row) { (view.IsValid(row) ? valid : null).push_back(static_cast<uint32_t>(row)); });
  if (valid.empty()) return Column::Flatten(Column::ConstantNull(to, size));
  const RowSet at = RowSet::Of(valid);
  const ColumnPtr columns[] = {source};
  ColumnPtr out = Column::Flatten(kernel(KernelArgs{columns, size, at, to, context, nullptr}));
  if (null.empty()) return out;
  BranchMerge merge(to, size);
  merge.Add(out, at);
  merge.Add(Column::ConstantNull(to, size), RowSet::Of(null));
  return Column::Flatten(merge.Finish());
}

CastKernel PartKernel(const Registry& registry, const Type& from, const Type& to) {
  CastKernel kernel = registry.MakeCast(from, to);
  if (kernel == nullptr) {
    throw Error::User(sqlstate::kCannotCoerce, "cannot cast type {} to {}", from.Name(), to.Name());
  }
  return kernel;
}

std::vector<CastKernel> PartKernels(const Registry& registry, const Type& from, const Type& to) {
  std::vector<CastKernel> out;
  for (size_t i = 0; i < from.child_count(); ++i) {
    out.push_back(PartKernel(registry, from.child(i), to.child(i)));
  }
  return out;
}

// Lists and maps: the entries stay, the elements that asked rows hold are cast.
CastKernel ElementsCast(const Registry& registry, const Type& from, const Type& to) {
  return [parts = PartKernels(registry, from, to), to](const KernelArgs& args) -> ColumnPtr {
    const ColumnPtr flat = Column::Flatten(args.columns[0]);
    const auto* entries = flat->values<ListEntry>();
    const size_t elements = flat->child(0)->size();
    std::vector<uint32_t> owner(elements, UINT32_MAX);
    args.rows.ForEach([&](size_t row) {
      for (uint32_t k = 0; k < entries[row].length; ++k) owner[entries[row].offset + k] = static_cast<uint32_t>(row);
    });
    std::vector<uint32_t> wanted;
    for (size_t i = 0; i < elements; ++i) {
      if (owner[i] != UINT32_MAX) wanted.push_back(static_cast<uint32_t>(i));
    }
    EvalContext context(args.context.statement());
    std::vector<uint8_t> failed_elements;
    std::optional<Error> first_error;
    std::vector<ColumnPtr> children;
    for (size_t i = 0; i < parts.size(); ++i) {
      children.push_back(CastColumn(parts[i], flat->child(i), RowSet::Of(wanted), to.child(i), context));
      if (!context.has_failures()) continue;
      std::optional<Error> error;
      failed_elements.resize(elements);
      for (const uint32_t element : context.TakeFailures(&error)) failed_elements[element] = 1;
      if (!first_error) first_error = std::move(error);
    }
    if (first_error) {
      // Several rows may hold the same elements.
      args.rows.ForEach([&](size_t row) {
        for (uint32_t k = 0; k < entries[row].length; ++k) {
          if (failed_elements[entries[row].offset + k] == 0) continue;
          args.context.Fail(row, *first_error);
          break;
        }
      });
    }
    auto values = Buffer::AllocateZeroed(args.size * sizeof(ListEntry));
    args.rows.ForEach([&](size_t row) { values->as<ListEntry>()[row] = entries[row]; });
    return Column::Flat(to, args.size, std::move(values), nullptr, flat->owners(), std::move(children));
  };
}

CastKernel FieldsCast(const Registry& registry, const Type& from, const Type& to) {
  return [parts = PartKernels(registry, from, to), to](const KernelArgs& args) -> ColumnPtr {
    const ColumnPtr flat = Column::Flatten(args.columns[0]);
    std::vector<ColumnPtr> children;
    for (size_t i = 0; i < parts.size(); ++i) {
      children.push_back(CastColumn(parts[i], flat->child(i), args.rows, to.child(i), args.context));
    }
    return Column::Struct(to, args.size, std::move(children));
  };
}

}  // namespace

void RegisterNestedCasts(Registry& registry) {
  const auto elements = [&registry](const Type& from, const Type& to) { return ElementsCast(registry, from, to); };
  registry.AddCast(TypeKind::kList, TypeKind::kList, CastRule::kImplicit, elements);
  registry.AddCast(TypeKind::kMap, TypeKind::kMap, CastRule::kImplicit, elements);
  registry.AddCast(TypeKind::kStruct, TypeKind::kStruct, CastRule::kImplicit,
                   [&registry](const Type& from, const Type& to) { return FieldsCast(registry, from, to); });
}

void RegisterCasts(Registry& registry) {
  RegisterNumericCasts(registry);
  RegisterTextCasts(registry);
  RegisterTemporalCasts(registry);
  RegisterNestedCasts(registry);
}

}  // namespace weir
