#pragma once

#include <optional>
#include <span>

#include "expr/function.h"
#include "types/type.h"

namespace weir {

// Facts about types that casts and overload resolution rest on; they need no registry.

// PostgreSQL's categories of types (pg_type.typcategory), as far as resolution asks for them.
enum class TypeCategory : uint8_t {
  kUnknown,
  kBoolean,
  kNumeric,
  kString,
  kDateTime,
  kTimespan,
  kArray,
  kComposite,  // struct, map
  kUser,       // json, uuid, varbinary, sketches
  kBitString,
  kEnum,
};
TypeCategory CategoryOf(const Type& type);
// The type of its category that PostgreSQL prefers: double, text, timestamptz, interval, boolean.
bool IsPreferredType(const Type& type);

// The decimal type that holds every value of an integer type (39 digits of int128 are cut to 38).
Type DecimalForInteger(const Type& type);
// Digits before the point of all, scale of the largest; cut to 38 digits by giving up integer digits, so that a value
// which does not fit fails instead of being rounded.
Type UnifyDecimals(const Type& a, const Type& b);

// A change of type that keeps every value's bytes and needs no check: varchar(5) to text, numeric(5,2) to
// numeric(10,2), bigint to a wider declaration of itself.
bool IsRelabel(const Type& from, const Type& to);
// Whether a cast may fail for some value.
bool CastCanFail(const Type& from, const Type& to);
// Stable when it depends on the session: its time zone or what `today` is.
Volatility CastVolatility(const Type& from, const Type& to);

// The common type of two; see Registry::CommonType. Two unknowns stay unknown.
std::optional<Type> UnifyTypes(const Type& a, const Type& b);

}  // namespace weir
