#pragma once

#include <span>
#include <string_view>

#include "base/error.h"
#include "sql/parser/ast.h"
#include "types/type.h"

namespace weir {

class Catalog;
struct NameScope;

// Where the names of types that users made are looked up; without a catalog there are the built-in ones only.
struct TypeNames {
  const Catalog* catalog = nullptr;
  const NameScope* scope = nullptr;
};

// The type that a written name denotes in any of the dialects: "int4", "numeric(15,2)", "ARRAY<STRING>",
// "timestamp(9) with time zone", "mood". Throws 42704 for an unknown name with a hint, 22023 for bad modifiers.
Type ResolveTypeName(const ast::TypeName& name, const TypeNames& names);

// Types that UNION, CASE, ARRAY and the like (`what`) cannot make one: 42804, or 42846 where they are of one category.
Error CannotUnify(std::string_view what, std::span<const Type> types);

}  // namespace weir
