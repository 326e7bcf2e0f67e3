#include "function/scalar/kernel.h"

namespace weir {

void AppendColumnText(const ColumnView& view, size_t row, const TextOptions& options, std::string& out) {
  const Type& type = view.base().type();
  switch (type.kind()) {
    case TypeKind::kVarchar:
    case TypeKind::kUnknown:
    case TypeKind::kJson:
      out += view.At<StringRef>(row).view();
      return;
    case TypeKind::kInt32:
      AppendInt64(view.At<int32_t>(row), out);
      return;
    case TypeKind::kInt64:
      AppendInt64(view.At<int64_t>(row), out);
      return;
    default:
      AppendValue(view.base().GetValue(view.Index(row)), out, options);
  }
}

}  // namespace weir
