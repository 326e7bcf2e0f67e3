#pragma once

#include <cstdint>
#include <optional>

#include "types/type.h"

namespace weir {

// Types of PostgreSQL's catalogs, by their ids there. Beneath they are ordinary types, with a note that says which:
// values and operators are those of bigint, text and lists, but clients ask for them by these ids, and read them in
// other forms.
enum class SystemType : uint32_t {
  kChar = 18,        // of text: one byte
  kName = 19,        // of text
  kInt2Vector = 22,  // of smallint[]: counted from 0, in text without braces
  kOid = 26,         // of bigint: in binary four bytes
  kOidVector = 30,   // of bigint[]
};

Type MakeSystemType(SystemType type);
// nullopt for others, also for domains of users.
std::optional<SystemType> SystemTypeOf(const Type& type);
// Lists that count from 0.
bool IsSystemVector(const Type& type);

}  // namespace weir
