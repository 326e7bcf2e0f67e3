#include "storage/widen.h"

#include "column/builder.h"

namespace weir {

namespace {

[[noreturn]] void Refuse(const Type& from, const Type& to) {
  throw Error::Operational(sqlstate::kDataCorrupted, "stored column has another type than its table: {}, not {}",
                           from.ToString(), to.ToString());
}

bool IsIntegral(PhysicalType type) {
  return type >= PhysicalType::kInt8 && type <= PhysicalType::kInt128;
}

// Same meaning of the number in both: an integer, or a decimal of one scale.
bool SameScale(const Type& from, const Type& to) {
  if (from.is_integer() && to.is_integer()) return true;
  return from.is(TypeKind::kDecimal) && to.is(TypeKind::kDecimal) && from.scale() == to.scale();
}

template <typename From, typename To>
ColumnPtr Convert(const Column& flat, const Type& type) {
  auto values = Buffer::Allocate(flat.size() * sizeof(To));
  To* out = values->as<To>();
  const From* in = flat.values<From>();
  for (size_t i = 0; i < flat.size(); ++i) out[i] = static_cast<To>(in[i]);
  return Column::Flat(type, flat.size(), std::move(values), flat.validity_buffer());
}

ColumnPtr WidenFlat(const Column& flat, const Type& type) {
  const PhysicalType from = flat.type().physical();
  const PhysicalType to = type.physical();
  if (from == PhysicalType::kFloat && to == PhysicalType::kDouble) return Convert<float, double>(flat, type);
  if (!IsIntegral(from) || !IsIntegral(to) || from > to || !SameScale(flat.type(), type)) Refuse(flat.type(), type);
  return VisitPhysical(from, [&]<typename From>() -> ColumnPtr {
    return VisitPhysical(to, [&]<typename To>() -> ColumnPtr {
      if constexpr (std::is_arithmetic_v<From> || std::is_same_v<From, int128_t>) {
        if constexpr (std::is_arithmetic_v<To> || std::is_same_v<To, int128_t>) return Convert<From, To>(flat, type);
      }
      Refuse(flat.type(), type);
    });
  });
}

}  // namespace

ColumnPtr WidenColumn(const ColumnPtr& column, const Type& type) {
  if (column->type() == type) return column;
  if (column->type().physical() == type.physical()) {
    const bool same_meaning = column->type().kind() == type.kind() && !type.is_nested();
    if (!same_meaning || (type.is(TypeKind::kDecimal) && !SameScale(column->type(), type)))
      Refuse(column->type(), type);
    return Column::Reinterpret(column, type);
  }
  switch (column->encoding()) {
    case Encoding::kFlat:
      return WidenFlat(*column, type);
    case Encoding::kConstant:
      return Column::ConstantOf(WidenFlat(*column->base(), type), 0, column->size());
    case Encoding::kDictionary:
      return Column::Dictionary(WidenFlat(*column->base(), type), column->indices_buffer(), column->size());
  }
  Refuse(column->type(), type);
}

Value WidenValue(const Value& value, const Type& type) {
  if (value.type() == type) return value;
  if (value.is_null()) return Value::Null(type);
  return WidenColumn(Column::Constant(value, 1), type)->GetValue(0);
}

}  // namespace weir
