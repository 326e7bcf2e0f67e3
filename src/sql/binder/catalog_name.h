#pragma once

#include "catalog/catalog.h"
#include "sql/parser/ast.h"

namespace weir {

// A name as it is written, of one to three parts; throws 42601 for more.
QualifiedName ToCatalogName(const ast::QualifiedName& name);

}  // namespace weir
