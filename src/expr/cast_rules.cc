#include "expr/cast_rules.h"

#include <algorithm>
#include <vector>

namespace weir {

TypeCategory CategoryOf(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kUnknown:
      return TypeCategory::kUnknown;
    case TypeKind::kBoolean:
      return TypeCategory::kBoolean;
    case TypeKind::kInt8:
    case TypeKind::kInt16:
    case TypeKind::kInt32:
    case TypeKind::kInt64:
    case TypeKind::kInt128:
    case TypeKind::kFloat:
    case TypeKind::kDouble:
    case TypeKind::kDecimal:
      return TypeCategory::kNumeric;
    case TypeKind::kDate:
    case TypeKind::kTime:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
    case TypeKind::kTimestampNs:
    case TypeKind::kTimestampTzNs:
      return TypeCategory::kDateTime;
    case TypeKind::kInterval:
      return TypeCategory::kTimespan;
    case TypeKind::kVarchar:
      return TypeCategory::kString;
    case TypeKind::kVarbinary:
    case TypeKind::kUuid:
    case TypeKind::kJson:
    case TypeKind::kHll:
    case TypeKind::kBitmap:
    case TypeKind::kPercentile:
      return TypeCategory::kUser;
    case TypeKind::kBit:
      return TypeCategory::kBitString;
    case TypeKind::kEnum:
      return TypeCategory::kEnum;
    case TypeKind::kList:
      return TypeCategory::kArray;
    case TypeKind::kStruct:
    case TypeKind::kMap:
      return TypeCategory::kComposite;
  }
  return TypeCategory::kUser;
}

bool IsPreferredType(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kBoolean:
    case TypeKind::kDouble:
    case TypeKind::kVarchar:
    case TypeKind::kTimestampTz:
    case TypeKind::kInterval:
      return true;
    case TypeKind::kBit:
      return type.is_varying();
    default:
      return false;
  }
}

Type DecimalForInteger(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kInt8:
      return Type::Decimal(3, 0);
    case TypeKind::kInt16:
      return Type::Decimal(5, 0);
    case TypeKind::kInt32:
      return Type::Decimal(10, 0);
    case TypeKind::kInt64:
      return Type::Decimal(19, 0);
    default:
      return Type::Decimal(Type::kDecimalPrecisionMax, 0);
  }
}

Type UnifyDecimals(const Type& a, const Type& b) {
  const int scale = std::max(a.scale(), b.scale());
  const int digits = std::max(a.precision() - a.scale(), b.precision() - b.scale());
  return Type::Decimal(std::clamp(digits + scale, 1, Type::kDecimalPrecisionMax), scale)
      .WithNaturalScale(a.has_natural_scale() || b.has_natural_scale());
}

bool IsRelabel(const Type& from, const Type& to) {
  if (from == to) return true;
  if (from.physical() != to.physical()) return false;
  if (from.is(TypeKind::kJson) && to.is(TypeKind::kJson)) return !to.is_jsonb();
  if (from.is(TypeKind::kEnum) || to.is(TypeKind::kEnum)) return false;
  if (from.is(TypeKind::kBit) && to.is(TypeKind::kBit)) {
    return to.max_length() == 0 ||
           (to.is_varying() ? from.max_length() != 0 && from.max_length() <= to.max_length() : false);
  }
  if (from.is_string() && to.is_string()) {
    return to.max_length() == 0 || (from.max_length() != 0 && from.max_length() <= to.max_length());
  }
  if (from.is(TypeKind::kDecimal) && to.is(TypeKind::kDecimal)) {
    return from.scale() == to.scale() && from.precision() <= to.precision();
  }
  return from.is(TypeKind::kJson) && to.is_string() && to.max_length() == 0;
}

namespace {

// Whether every integer of `from` fits into `to`.
bool HoldsAllIntegers(const Type& from, const Type& to) {
  if (to.is_integer()) return from.kind() <= to.kind();
  if (to.is(TypeKind::kDecimal)) {
    return !from.is(TypeKind::kInt128) && to.precision() - to.scale() >= DecimalForInteger(from).precision();
  }
  return to.is_floating();
}

}  // namespace

bool CastCanFail(const Type& from, const Type& to) {
  if (from.is(TypeKind::kUnknown)) return true;
  if (IsRelabel(from, to)) return false;
  if (from.is_integer() || (from.is(TypeKind::kBoolean) && to.is_integer())) {
    if (from.is(TypeKind::kBoolean)) return false;
    if (to.is_numeric()) return !HoldsAllIntegers(from, to);
    if (to.is(TypeKind::kBoolean)) return false;
  }
  if (from.is(TypeKind::kDecimal)) {
    // Rounding may carry into one more digit.
    if (to.is(TypeKind::kDecimal)) {
      const int carry = to.scale() < from.scale() ? 1 : 0;
      return to.precision() - to.scale() < from.precision() - from.scale() + carry;
    }
    if (to.is_floating()) return false;
  }
  if (from.is(TypeKind::kFloat) && to.is(TypeKind::kDouble)) return false;
  if (to.is_string()) return false;
  if (from.is_timestamp() && (to.is(TypeKind::kDate) || to.is(TypeKind::kTime))) return false;
  if (from.is_timestamp_ns() && to.is_timestamp() && !to.is_timestamp_ns()) return false;
  if (from.is(TypeKind::kTime) && to.is(TypeKind::kInterval)) return false;
  if (from.is(TypeKind::kInterval) && to.is(TypeKind::kTime)) return false;
  if (from.kind() == to.kind() && from.is_nested() && from.child_count() == to.child_count()) {
    for (size_t i = 0; i < from.child_count(); ++i) {
      if (CastCanFail(from.child(i), to.child(i))) return true;
    }
    return from.is(TypeKind::kMap);  // keys may become equal
  }
  return true;
}

Volatility CastVolatility(const Type& from, const Type& to) {
  if (from == to) return Volatility::kImmutable;
  if (from.kind() == to.kind() && from.is_nested() && from.child_count() == to.child_count()) {
    Volatility worst = Volatility::kImmutable;
    for (size_t i = 0; i < from.child_count(); ++i) worst = std::max(worst, CastVolatility(from.child(i), to.child(i)));
    return worst;
  }
  const auto depends = [](const Type& type, const auto& self) -> bool {
    if (type.has_time_zone()) return true;
    for (size_t i = 0; i < type.child_count(); ++i) {
      if (self(type.child(i), self)) return true;
    }
    return false;
  };
  if (from.has_time_zone() && to.has_time_zone()) return Volatility::kImmutable;
  // The text of these follows DateStyle, IntervalStyle and bytea_output.
  if (to.is_string() && (from.is(TypeKind::kDate) || from.is_timestamp() || from.is(TypeKind::kInterval) ||
                         from.is(TypeKind::kVarbinary))) {
    return Volatility::kStable;
  }
  return depends(from, depends) || depends(to, depends) ? Volatility::kStable : Volatility::kImmutable;
}

namespace {

// Equal types, one of which may carry notes that the other does not: a value of either is of no domain, and of the
// collation that only one says, or of none that is known.
Type UnifyNotes(const Type& a, const Type& b) {
  if (a.SameNotes(b)) return a;
  Type out = a.domain() == b.domain() ? a : a.WithDomain("", 0);
  const Collation* left = a.collation();
  const Collation* right = b.collation();
  if (left == nullptr || right == nullptr) {
    const Collation* one = left == nullptr ? right : left;
    return out.WithCollation(one == nullptr ? std::nullopt : std::optional(*one));
  }
  if (left->name == right->name) return out.WithCollation(left->origin > right->origin ? *left : *right);
  if (left->origin != right->origin) return out.WithCollation(left->origin > right->origin ? *left : *right);
  Collation conflict = *left;
  conflict.origin = Collation::Origin::kConflict;
  return out.WithCollation(std::move(conflict));
}

}  // namespace

std::optional<Type> UnifyTypes(const Type& a, const Type& b) {
  if (a == b) return a.is(TypeKind::kDecimal) && !a.SameNotes(b) ? UnifyDecimals(a, b) : UnifyNotes(a, b);
  if (a.is(TypeKind::kUnknown)) return b;
  if (b.is(TypeKind::kUnknown)) return a;
  if (a.is_numeric() && b.is_numeric()) {
    if (a.is(TypeKind::kDouble) || b.is(TypeKind::kDouble)) return TypeKind::kDouble;
    if (a.is(TypeKind::kFloat) || b.is(TypeKind::kFloat)) return TypeKind::kFloat;
    if (a.is(TypeKind::kDecimal) || b.is(TypeKind::kDecimal)) {
      return UnifyDecimals(a.is(TypeKind::kDecimal) ? a : DecimalForInteger(a),
                           b.is(TypeKind::kDecimal) ? b : DecimalForInteger(b));
    }
    return a.kind() < b.kind() ? b : a;
  }
  if (a.is_string() && b.is_string()) {
    const Type text = TypeKind::kVarchar;
    return UnifyNotes(text.WithCollation(a.collation() == nullptr ? std::nullopt : std::optional(*a.collation())),
                      text.WithCollation(b.collation() == nullptr ? std::nullopt : std::optional(*b.collation())));
  }
  if (a.is(TypeKind::kBit) && b.is(TypeKind::kBit)) return Type::Bit(0, a.is_varying() || b.is_varying());
  if (a.is(TypeKind::kJson) && b.is(TypeKind::kJson)) return Type::Jsonb();
  const auto is_instant = [](const Type& type) { return type.is(TypeKind::kDate) || type.is_timestamp(); };
  if (is_instant(a) && is_instant(b)) {
    const bool zone = a.has_time_zone() || b.has_time_zone();
    if (a.is_timestamp_ns() || b.is_timestamp_ns()) return zone ? TypeKind::kTimestampTzNs : TypeKind::kTimestampNs;
    return zone ? TypeKind::kTimestampTz : TypeKind::kTimestamp;
  }
  if (a.kind() != b.kind() || !a.is_nested() || a.child_count() != b.child_count()) return std::nullopt;
  std::vector<Type> children;
  for (size_t i = 0; i < a.child_count(); ++i) {
    std::optional<Type> child = UnifyTypes(a.child(i), b.child(i));
    if (!child) return std::nullopt;
    children.push_back(std::move(*child));
  }
  switch (a.kind()) {
    case TypeKind::kList:
      return Type::List(std::move(children[0]));
    case TypeKind::kMap:
      return Type::Map(std::move(children[0]), std::move(children[1]));
    default: {
      std::vector<Field> fields(a.fields().begin(), a.fields().end());
      for (size_t i = 0; i < fields.size(); ++i) {
        fields[i].type = std::move(children[i]);
        fields[i].nullable = fields[i].nullable || b.fields()[i].nullable;
      }
      return Type::Struct(std::move(fields));
    }
  }
}

}  // namespace weir
