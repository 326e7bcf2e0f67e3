#pragma once

#include "types/type.h"

namespace weir {

// Short names for the types in signatures.
inline constexpr TypeKind kBool = TypeKind::kBoolean;
inline constexpr TypeKind kInt = TypeKind::kInt32;
inline constexpr TypeKind kLong = TypeKind::kInt64;
inline constexpr TypeKind kDouble = TypeKind::kDouble;
inline constexpr TypeKind kText = TypeKind::kVarchar;
inline constexpr TypeKind kBytes = TypeKind::kVarbinary;
inline constexpr TypeKind kJson = TypeKind::kJson;

}  // namespace weir
