#include "server/system/pg_types.h"

#include <vector>

#include <fmt/format.h>

#include "catalog/system_type.h"

namespace weir {

namespace {

std::vector<PgType> MakeTypes() {
  std::vector<PgType> types = {
      {TypeKind::kBoolean, 16, "bool", 1000, 0, 1, 'B'},
      {TypeKind::kVarbinary, 17, "bytea", 1001, 0, -1, 'U'},
      {TypeKind::kInt64, 20, "int8", 1016, 0, 8, 'N'},
      {TypeKind::kInt16, 21, "int2", 1005, 0, 2, 'N'},
      {TypeKind::kInt8, 21, "int2", 1005, 0, 2, 'N'},
      {TypeKind::kInt32, 23, "int4", 1007, 0, 4, 'N'},
      {TypeKind::kVarchar, 25, "text", 1009, 0, -1, 'S'},
      {TypeKind::kUnknown, 25, "text", 1009, 0, -1, 'S'},
      {TypeKind::kJson, 114, "json", 199, 0, -1, 'U'},
      {TypeKind::kFloat, 700, "float4", 1021, 0, 4, 'N'},
      {TypeKind::kDouble, 701, "float8", 1022, 0, 8, 'N'},
      {TypeKind::kVarchar, 1043, "varchar", 1015, 0, -1, 'S'},
      {TypeKind::kDate, 1082, "date", 1182, 0, 4, 'D'},
      {TypeKind::kTime, 1083, "time", 1183, 0, 8, 'D'},
      {TypeKind::kTimestamp, 1114, "timestamp", 1115, 0, 8, 'D'},
      {TypeKind::kTimestampNs, 1114, "timestamp", 1115, 0, 8, 'D'},
      {TypeKind::kTimestampTz, 1184, "timestamptz", 1185, 0, 8, 'D'},
      {TypeKind::kTimestampTzNs, 1184, "timestamptz", 1185, 0, 8, 'D'},
      {TypeKind::kInterval, 1186, "interval", 1187, 0, 16, 'T'},
      {TypeKind::kDecimal, 1700, "numeric", 1231, 0, -1, 'N'},
      {TypeKind::kInt128, 1700, "numeric", 1231, 0, -1, 'N'},
      {TypeKind::kUuid, 2950, "uuid", 2951, 0, 16, 'U'},
      {TypeKind::kJson, 3802, "jsonb", 3807, 0, -1, 'U'},
      {TypeKind::kBit, 1560, "bit", 1561, 0, -1, 'V'},
      {TypeKind::kBit, 1562, "varbit", 1563, 0, -1, 'V'},
      {TypeKind::kHll, 17, "bytea", 1001, 0, -1, 'U'},
      {TypeKind::kBitmap, 17, "bytea", 1001, 0, -1, 'U'},
      {TypeKind::kPercentile, 17, "bytea", 1001, 0, -1, 'U'},
      {TypeKind::kStruct, 2249, "record", 2287, 0, -1, 'P'},
  };
  const size_t count = types.size();
  for (size_t i = 0; i < count; ++i) {
    const PgType element = types[i];
    types.push_back({TypeKind::kList, element.array_oid, "_" + element.name, 0, element.oid, -1, 'A'});
  }
  // What clients look up though no column has it.
  types.push_back({TypeKind::kUnknown, 18, "char", 1002, 0, 1, 'Z'});
  types.push_back({TypeKind::kUnknown, 19, "name", 1003, 0, 64, 'S'});
  types.push_back({TypeKind::kUnknown, 22, "int2vector", 1006, 21, -1, 'A'});
  types.push_back({TypeKind::kUnknown, 26, "oid", 1028, 0, 4, 'N'});
  types.push_back({TypeKind::kUnknown, 30, "oidvector", 1013, 26, -1, 'A'});
  types.push_back({TypeKind::kUnknown, 1002, "_char", 0, 18, -1, 'A'});
  types.push_back({TypeKind::kUnknown, 1003, "_name", 0, 19, -1, 'A'});
  types.push_back({TypeKind::kUnknown, 1028, "_oid", 0, 26, -1, 'A'});
  types.push_back({TypeKind::kUnknown, 705, "unknown", 0, 0, -2, 'X'});
  types.push_back({TypeKind::kUnknown, 1042, "bpchar", 1014, 0, -1, 'S'});
  return types;
}

const std::vector<PgType>& AllTypes() {
  static const std::vector<PgType> kTypes = MakeTypes();
  return kTypes;
}

}  // namespace

std::span<const PgType> PgTypes() {
  // Each id once: several of our kinds share one.
  static const std::vector<PgType> kDistinct = [] {
    std::vector<PgType> out;
    for (const PgType& type : AllTypes()) {
      bool known = false;
      for (const PgType& other : out) known = known || other.oid == type.oid;
      if (!known) out.push_back(type);
    }
    return out;
  }();
  return kDistinct;
}

int64_t UserTypeOid(uint32_t id) {
  return static_cast<int64_t>(id) + 16384;
}

int64_t UserArrayOid(uint32_t id) {
  return UserTypeOid(id) + 0x40000000;
}

PgType PgTypeOf(const Type& type) {
  const auto& types = AllTypes();
  if (type.is_jsonb()) {
    for (const PgType& candidate : types) {
      if (candidate.name == "jsonb") return candidate;
    }
  }
  if (const auto system = SystemTypeOf(type)) {
    for (const PgType& candidate : types) {
      if (candidate.oid == static_cast<int64_t>(*system)) return candidate;
    }
  }
  if (type.domain_id() != 0) {
    PgType out = PgTypeOf(type.WithDomain("", 0));
    out.oid = UserTypeOid(type.domain_id());
    out.array_oid = UserArrayOid(type.domain_id());
    out.name = type.domain();
    return out;
  }
  if (type.is(TypeKind::kEnum) && type.enum_id() != 0) {
    return {type.kind(), UserTypeOid(type.enum_id()), type.enum_name(), UserArrayOid(type.enum_id()), 0, 4, 'E'};
  }
  // Arrays have one type however many dimensions.
  if (type.is(TypeKind::kList) && type.element().is(TypeKind::kList)) return PgTypeOf(type.element());
  if (type.is(TypeKind::kList)) {
    const PgType element = PgTypeOf(type.element());
    if (element.oid >= 16384) {
      return {type.kind(), element.array_oid, "_" + element.name, 0, element.oid, -1, 'A'};
    }
    for (const PgType& candidate : types) {
      if (candidate.category == 'A' && candidate.element_oid == element.oid && candidate.name[0] == '_')
        return candidate;
    }
  }
  if (type.is(TypeKind::kBit) && type.is_varying()) {
    for (const PgType& candidate : types) {
      if (candidate.oid == 1562) return candidate;
    }
  }
  const bool limited = type.is(TypeKind::kVarchar) && type.max_length() != 0;
  for (const PgType& candidate : types) {
    if (candidate.kind == type.kind() && (!limited || candidate.oid == 1043)) return candidate;
  }
  return PgTypeOf(TypeKind::kVarchar);
}

int32_t PgTypeModifier(const Type& type) {
  if (type.is(TypeKind::kDecimal)) return type.has_natural_scale() ? -1 : ((type.precision() << 16) | type.scale()) + 4;
  if (type.is(TypeKind::kVarchar) && type.max_length() != 0) return static_cast<int32_t>(type.max_length()) + 4;
  if (type.is(TypeKind::kBit) && type.max_length() != 0) return static_cast<int32_t>(type.max_length());
  if (type.is_timestamp_ns()) return 9;
  // All fields, and the digits.
  if (type.is(TypeKind::kInterval) && type.fraction_digits() >= 0) return (0x7FFF << 16) | type.fraction_digits();
  return type.fraction_digits();
}

std::string FormatPgType(int64_t oid, int64_t modifier) {
  switch (oid) {
    case 16:
      return "boolean";
    case 18:
      return "\"char\"";
    case 20:
      return "bigint";
    case 21:
      return "smallint";
    case 23:
      return "integer";
    case 700:
      return "real";
    case 701:
      return "double precision";
    case 1042:
    case 1043: {
      const std::string name = oid == 1042 ? "character" : "character varying";
      return modifier > 4 ? fmt::format("{}({})", name, modifier - 4) : name;
    }
    case 1083:
      return modifier >= 0 ? fmt::format("time({}) without time zone", modifier) : "time without time zone";
    case 1114:
      return modifier >= 0 ? fmt::format("timestamp({}) without time zone", modifier) : "timestamp without time zone";
    case 1184:
      return modifier >= 0 ? fmt::format("timestamp({}) with time zone", modifier) : "timestamp with time zone";
    case 1186:
      return modifier >= 0 ? fmt::format("interval({})", modifier & 0xFFFF) : "interval";
    case 0:
      return "-";
    case 1560:
    case 1562: {
      const std::string name = oid == 1560 ? "bit" : "bit varying";
      return modifier > 0 ? fmt::format("{}({})", name, modifier) : name;
    }
    case 1700:
      if (modifier < 4) return "numeric";
      return fmt::format("numeric({},{})", (modifier - 4) >> 16, (modifier - 4) & 0xFFFF);
    default:
      break;
  }
  for (const PgType& type : PgTypes()) {
    if (type.oid != oid) continue;
    if (type.name.starts_with('_')) return FormatPgType(type.element_oid, modifier) + "[]";
    return type.name;
  }
  return "???";
}

std::string FormatPgType(int64_t oid, int64_t modifier, const std::vector<UserType>& user_types) {
  for (const UserType& type : user_types) {
    if (oid == UserTypeOid(type.id)) return type.display_name();
    if (oid == UserArrayOid(type.id)) return type.display_name() + "[]";
  }
  return FormatPgType(oid, modifier);
}

}  // namespace weir
