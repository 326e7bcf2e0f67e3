#include "server/system/type_io.h"

namespace weir {

namespace {

constexpr TypeIo kTypeIos[] = {
    {"bool", "bool", 1242, 1243, 2436, 2437},
    {"bytea", "bytea", 1244, 31, 2412, 2413},
    {"char", "char", 1245, 33, 2434, 2435},
    {"name", "name", 34, 35, 2422, 2423},
    {"int8", "int8", 460, 461, 2408, 2409},
    {"int2", "int2", 38, 39, 2404, 2405},
    {"int2vector", "int2vector", 40, 41, 2410, 2411},
    {"int4", "int4", 42, 43, 2406, 2407},
    {"text", "text", 46, 47, 2414, 2415},
    {"oid", "oid", 1798, 1799, 2418, 2419},
    {"oidvector", "oidvector", 54, 55, 2420, 2421},
    {"json", "json_", 321, 322, 323, 324},
    {"float4", "float4", 200, 201, 2424, 2425},
    {"float8", "float8", 214, 215, 2426, 2427},
    {"unknown", "unknown", 109, 110, 2416, 2417},
    {"array", "array_", 750, 751, 2400, 2401},
    {"bpchar", "bpchar", 1044, 1045, 2430, 2431, 2913, 2914},
    {"varchar", "varchar", 1046, 1047, 2432, 2433, 2915, 2916},
    {"date", "date_", 1084, 1085, 2468, 2469},
    {"time", "time_", 1143, 1144, 2470, 2471, 2909, 2910},
    {"timestamp", "timestamp_", 1312, 1313, 2474, 2475, 2905, 2906},
    {"timestamptz", "timestamptz_", 1150, 1151, 2476, 2477, 2907, 2908},
    {"interval", "interval_", 1160, 1161, 2478, 2479, 2903, 2904},
    {"bit", "bit_", 1564, 1565, 2456, 2457, 2919, 2920},
    {"varbit", "varbit_", 1579, 1580, 2458, 2459, 2902, 2921},
    {"numeric", "numeric_", 1701, 1702, 2460, 2461, 2917, 2918},
    {"uuid", "uuid_", 2952, 2953, 2961, 2962},
    {"jsonb", "jsonb_", 3806, 3804, 3805, 3803},
    {"record", "record_", 2290, 2291, 2402, 2403},
    {"enum", "enum_", 3506, 3507, 3532, 3533},
    {"domain", "domain_", 2597, 0, 2598, 0},
};

}  // namespace

std::span<const TypeIo> TypeIos() {
  return kTypeIos;
}

const TypeIo& TypeIoOf(std::string_view type) {
  if (type.starts_with('_')) type = "array";
  for (const TypeIo& io : kTypeIos) {
    if (io.type == type) return io;
  }
  // What PostgreSQL does not have is text to clients.
  return TypeIoOf("text");
}

}  // namespace weir
