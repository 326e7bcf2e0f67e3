#include "catalog/system_type.h"

#include "base/error.h"

namespace weir {

namespace {

// Ids of users' domains are counted from 1 on, and never come here.
constexpr uint32_t kSystemBit = uint32_t{1} << 31;

Type Noted(const Type& type, const char* name, SystemType as) {
  return type.WithDomain(name, kSystemBit | static_cast<uint32_t>(as));
}

}  // namespace

Type MakeSystemType(SystemType type) {
  switch (type) {
    case SystemType::kChar:
      return Noted(TypeKind::kVarchar, "\"char\"", type);
    case SystemType::kName:
      return Noted(TypeKind::kVarchar, "name", type);
    case SystemType::kInt2Vector:
      return Noted(Type::List(TypeKind::kInt16), "int2vector", type);
    case SystemType::kOid:
      return Noted(TypeKind::kInt64, "oid", type);
    case SystemType::kOidVector:
      return Noted(Type::List(MakeSystemType(SystemType::kOid)), "oidvector", type);
  }
  throw Error::Internal("no such system type: {}", static_cast<uint32_t>(type));
}

std::optional<SystemType> SystemTypeOf(const Type& type) {
  const uint32_t id = type.domain_id();
  if ((id & kSystemBit) == 0) return std::nullopt;
  return static_cast<SystemType>(id & ~kSystemBit);
}

bool IsSystemVector(const Type& type) {
  const std::optional<SystemType> as = SystemTypeOf(type);
  return as == SystemType::kInt2Vector || as == SystemType::kOidVector;
}

}  // namespace weir
