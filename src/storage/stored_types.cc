// Types that segments hold as others, since Parquet has no form of their own for them.
#include "column/builder.h"
#include "storage/segment_reader.h"
#include "storage/widen.h"

namespace weir {

namespace {

ColumnPtr IntervalsOf(const ColumnPtr& column) {
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

ColumnPtr BytesOf(const ColumnPtr& intervals) {
  const ColumnView view(*intervals);
  FlatWriter<StringRef> out(TypeKind::kVarbinary, intervals->size());
  for (size_t i = 0; i < intervals->size(); ++i) {
    if (view.IsNull(i)) {
      out.SetNull(i);
      continue;
    }
    const Interval value = view.At<Interval>(i);
    out.SetString(i, {reinterpret_cast<const char*>(&value), sizeof(value)});
  }
  return out.Finish();
}

// Enums lie in files as their labels: others can read them, and numbers may change as labels are added.
ColumnPtr StoredLabelsOf(const ColumnPtr& column) {
  const auto labels = column->type().labels();
  const ColumnView view(*column);
  FlatWriter<StringRef> out(TypeKind::kVarchar, column->size());
  for (size_t i = 0; i < column->size(); ++i) {
    if (view.IsNull(i)) {
      out.SetNull(i);
    } else {
      out.SetString(i, labels[static_cast<size_t>(view.At<int32_t>(i))].stored);
    }
  }
  return out.Finish();
}

ColumnPtr LabelsOf(const ColumnPtr& column, const Type& type) {
  if (!column->is_flat()) {  // dictionaries stay as they are: few labels are looked up
    const ColumnPtr base = LabelsOf(column->base(), type);
    return column->is_constant() ? Column::ConstantOf(base, 0, column->size())
                                 : Column::Dictionary(base, column->indices_buffer(), column->size());
  }
  const ColumnView view(*column);
  FlatWriter<int32_t> out(type, column->size());
  for (size_t i = 0; i < column->size(); ++i) {
    if (view.IsNull(i)) {
      out.SetNull(i);
      out.Set(i, 0);
      continue;
    }
    const std::string_view text = view.At<StringRef>(i).view();
    const std::optional<int32_t> label = type.FindStoredLabel(text);
    if (!label.has_value()) {
      throw Error::Operational(sqlstate::kDataCorrupted, "stored value is no label of {}: {}", type.ToString(), text);
    }
    out.Set(i, *label);
  }
  return out.Finish();
}

// The same lists, maps or structs over children of other types.
ColumnPtr ConvertNested(const ColumnPtr& column, const Type& type) {
  if (!column->is_flat()) {
    const ColumnPtr base = ConvertNested(column->base(), type);
    return column->is_constant() ? Column::ConstantOf(base, 0, column->size())
                                 : Column::Dictionary(base, column->indices_buffer(), column->size());
  }
  std::vector<ColumnPtr> children;
  for (size_t i = 0; i < type.child_count(); ++i) children.push_back(AdaptColumn(column->child(i), type.child(i)));
  if (type.is(TypeKind::kStruct)) {
    return Column::Struct(type, column->size(), std::move(children), column->validity_buffer());
  }
  auto entries = Buffer::Allocate(column->size() * sizeof(ListEntry));
  if (column->size() != 0) std::memcpy(entries->data(), column->raw_values(), column->size() * sizeof(ListEntry));
  return Column::Flat(type, column->size(), std::move(entries), column->validity_buffer(), column->owners(),
                      std::move(children));
}

}  // namespace

Type StoredType(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kInterval:
    case TypeKind::kHll:
    case TypeKind::kBitmap:
    case TypeKind::kPercentile:
      return TypeKind::kVarbinary;
    case TypeKind::kBit:
    case TypeKind::kEnum:
      return TypeKind::kVarchar;
    case TypeKind::kList:
      return Type::List(StoredType(type.element()));
    case TypeKind::kMap:
      return Type::Map(StoredType(type.key()), StoredType(type.value()));
    case TypeKind::kStruct: {
      std::vector<Field> fields(type.fields().begin(), type.fields().end());
      for (Field& field : fields) field.type = StoredType(field.type);
      return Type::Struct(std::move(fields));
    }
    default:
      return type;
  }
}

ColumnPtr ToStored(const ColumnPtr& column) {
  return AdaptColumn(column, StoredType(column->type()));
}

ColumnPtr AdaptColumn(const ColumnPtr& column, const Type& type) {
  const Type& from = column->type();
  if (from == type) return column;
  if (type.is(TypeKind::kInterval) && from.is(TypeKind::kVarbinary)) return IntervalsOf(column);
  if (type.is(TypeKind::kVarbinary) && from.is(TypeKind::kInterval)) return BytesOf(column);
  if (type.is(TypeKind::kInt128) && from == Type::Decimal(38, 0)) return Column::Reinterpret(column, type);
  if (from.is(TypeKind::kEnum)) return AdaptColumn(StoredLabelsOf(column), type);
  if (type.is(TypeKind::kEnum) && from.is_string()) return LabelsOf(column, type);
  if ((type.is_sketch() && from.is(TypeKind::kVarbinary)) || (from.is_sketch() && type.is(TypeKind::kVarbinary)) ||
      (type.is(TypeKind::kBit) && (from.is_string() || from.is(TypeKind::kBit))) ||
      (from.is(TypeKind::kBit) && type.is_string())) {
    return Column::Reinterpret(column, type);
  }
  if (type.is_nested() && from.kind() == type.kind() && from.child_count() == type.child_count()) {
    return ConvertNested(column, type);
  }
  return WidenColumn(column, type);
}

Value AdaptValue(const Value& value, const Type& type) {
  if (value.type() == type) return value;
  return AdaptColumn(Column::Constant(value, 1), type)->GetValue(0);
}

}  // namespace weir
