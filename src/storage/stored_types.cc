// Types that segments hold as others, since Parquet has no form of their own for them.
#include "column/builder.h"
#include "storage/segment_reader.h"
#include "storage/widen.h"

namespace weir {

namespace {

ColumnPtr FromBytes(const ColumnPtr& column) {
  const ColumnView view(*column);
  FlatWriter<Interval> out(TypeKind::kInterval, column->size());
  for (size_t i = 0; i < column->size(); ++i) {
    if (view.IsNull(i)) {
      out.SetNull(i);
      out.Set(i, {});
      continue;
    }
    const StringRef& bytes = view.At<StringRef>(i);
    if (bytes.size() != sizeof(Interval)) {
      throw Error::Operational(sqlstate::kDataCorrupted, "stored interval has {} bytes", bytes.size());
    }
    out.Set(i, LoadUnaligned<Interval>(bytes.data()));
  }
  return out.Finish();
}

bool SameLayout(const Type& a, const Type& b) {
  if (a.physical() != b.physical() || a.child_count() != b.child_count()) return false;
  for (size_t i = 0; i < a.child_count(); ++i) {
    if (!SameLayout(a.child(i), b.child(i))) return false;
  }
  return true;
}

// The same values under a type of the same layout, children included.
ColumnPtr RetypeNested(const ColumnPtr& column, const Type& type) {
  if (column->type() == type) return column;
  if (!column->is_flat()) {
    const ColumnPtr base = RetypeNested(column->base(), type);
    return column->is_constant() ? Column::ConstantOf(base, 0, column->size())
                                 : Column::Dictionary(base, column->indices_buffer(), column->size());
  }
  if (!type.is_nested()) return Column::Reinterpret(column, type);
  std::vector<ColumnPtr> children;
  for (size_t i = 0; i < type.child_count(); ++i) children.push_back(RetypeNested(column->child(i), type.child(i)));
  if (type.is(TypeKind::kStruct))
    return Column::Struct(type, column->size(), std::move(children), column->validity_buffer());
  auto entries = Buffer::Allocate(column->size() * sizeof(ListEntry));
  if (column->size() != 0) std::memcpy(entries->data(), column->raw_values(), column->size() * sizeof(ListEntry));
  return Column::Flat(type, column->size(), std::move(entries), column->validity_buffer(), column->owners(),
                      std::move(children));
}

}  // namespace

Type StoredType(const Type& type) {
  return type.is(TypeKind::kInterval) ? Type(TypeKind::kVarbinary) : type;
}

ColumnPtr ToStored(const ColumnPtr& column) {
  if (!column->type().is(TypeKind::kInterval)) return column;
  const ColumnView view(*column);
  FlatWriter<StringRef> out(TypeKind::kVarbinary, column->size());
  for (size_t i = 0; i < column->size(); ++i) {
    if (view.IsNull(i)) {
      out.SetNull(i);
      continue;
    }
    const Interval value = view.At<Interval>(i);
    out.SetString(i, {reinterpret_cast<const char*>(&value), sizeof(value)});
  }
  return out.Finish();
}

ColumnPtr AdaptColumn(const ColumnPtr& column, const Type& type) {
  if (column->type() == type) return column;
  if (type.is(TypeKind::kInterval) && column->type().is(TypeKind::kVarbinary)) return FromBytes(column);
  if (type.is(TypeKind::kInt128) && column->type() == Type::Decimal(38, 0)) return Column::Reinterpret(column, type);
  // Nested types may differ in names and parameters that the file does not keep; what lies in memory must be the same.
  if (type.is_nested() && column->type().kind() == type.kind() && SameLayout(column->type(), type)) {
    return RetypeNested(column, type);
  }
  return WidenColumn(column, type);
}

Value AdaptValue(const Value& value, const Type& type) {
  if (value.type() == type) return value;
  return AdaptColumn(Column::Constant(value, 1), type)->GetValue(0);
}

}  // namespace weir
