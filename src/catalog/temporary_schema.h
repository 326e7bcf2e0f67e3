#pragma once

#include <string_view>

#include "catalog/catalog.h"

namespace weir {

// What is temporary lives in a schema of its session, which goes when the session ends.
inline constexpr std::string_view kTemporarySchemaPrefix = "pg_temp_";
inline constexpr std::string_view kTemporarySchemaAlias = "pg_temp";

// What a schema's name means: pg_temp is the session's own, which is on its search path once there is one.
inline std::string_view SchemaMeant(std::string_view schema, const NameScope& scope) {
  if (schema != kTemporarySchemaAlias) return schema;
  for (const std::string& each : scope.search_path) {
    if (each.starts_with(kTemporarySchemaPrefix)) return each;
  }
  return schema;
}

}  // namespace weir
