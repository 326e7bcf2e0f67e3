#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace weir {

// The functions of PostgreSQL that read and write values of a type, by their ids there. Nobody calls them here, but
// drivers look in pg_type which one a type has, to tell arrays and enums from others.
struct TypeIo {
  std::string_view type;    // pg_type.typname, or "array", "enum", "domain", "record"
  std::string_view prefix;  // of the names: "int4" of int4in, "date_" of date_in
  int64_t input = 0;
  int64_t output = 0;
  int64_t receive = 0;
  int64_t send = 0;
  int64_t modifier_input = 0;  // 0: its types have no modifiers
  int64_t modifier_output = 0;
};

std::span<const TypeIo> TypeIos();
// Of a type as pg_type names it.
const TypeIo& TypeIoOf(std::string_view type);

}  // namespace weir
