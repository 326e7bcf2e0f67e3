#include "sql/binder/catalog_name.h"

namespace weir {

weir::QualifiedName ToCatalogName(const ast::QualifiedName& name) {
  const auto& parts = name.parts;
  weir::QualifiedName out;
  out.name = std::string(parts.back());
  if (parts.size() >= 2) out.schema = std::string(parts[parts.size() - 2]);
  if (parts.size() >= 3) out.database = std::string(parts[parts.size() - 3]);
  if (parts.size() > 3) {
    throw Error::User(sqlstate::kSyntaxError, "improper qualified name (too many dotted names)")
        .WithPosition(name.offset);
  }
  return out;
}

}  // namespace weir
