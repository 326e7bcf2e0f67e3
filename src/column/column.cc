#include "column/column.h"

#include "column/builder.h"

namespace weir {

struct ColumnAccess {
  static std::shared_ptr<Column> Make() { return std::shared_ptr<Column>(new Column()); }
};

ColumnPtr Column::Flat(Type type, size_t size, BufferPtr values, BufferPtr validity, Owners owners,
                       std::vector<ColumnPtr> children) {
  auto column = ColumnAccess::Make();
  column->type_ = std::move(type);
  column->size_ = size;
  column->values_ = values == nullptr ? nullptr : values->data();
  column->values_buffer_ = std::move(values);
  column->validity_ = std::move(validity);
  column->owners_ = std::move(owners);
  column->children_ = std::move(children);
  return column;
}

ColumnPtr Column::FlatBorrowed(Type type, size_t size, const void* values, BufferPtr validity, Owners owners) {
  auto column = ColumnAccess::Make();
  column->type_ = std::move(type);
  column->size_ = size;
  column->values_ = values;
  column->validity_ = std::move(validity);
  column->owners_ = std::move(owners);
  return column;
}

ColumnPtr Column::Struct(Type type, size_t size, std::vector<ColumnPtr> children, BufferPtr validity) {
  return Flat(std::move(type), size, nullptr, std::move(validity), {}, std::move(children));
}

ColumnPtr Column::Constant(const Value& value, size_t size) {
  ColumnBuilder builder(value.type(), 1);
  builder.AppendValue(value);
  return ConstantOf(builder.Finish(), 0, size);
}

ColumnPtr Column::ConstantOf(const ColumnPtr& column, size_t row, size_t size) {
  ColumnPtr base;
  if (column->is_flat() && column->size() == 1) {
    base = column;
  } else if (column->is_constant()) {
    base = column->base();
  } else {
    const uint32_t rows[] = {static_cast<uint32_t>(row)};
    base = Gather(column, rows);
  }
  auto out = ColumnAccess::Make();
  out->type_ = base->type();
  out->size_ = size;
  out->encoding_ = Encoding::kConstant;
  out->children_.push_back(std::move(base));
  return out;
}

ColumnPtr Column::Dictionary(ColumnPtr base, BufferPtr indices, size_t size) {
  if (base->is_constant()) return ConstantOf(base, 0, size);
  if (base->is_dictionary()) {
    auto composed = Buffer::Allocate(size * sizeof(uint32_t));
    const uint32_t* outer = indices->as<uint32_t>();
    const uint32_t* inner = base->indices();
    auto* out = composed->as<uint32_t>();
    for (size_t i = 0; i < size; ++i) out[i] = inner[outer[i]];
    indices = std::move(composed);
    base = base->base();
  }
  auto column = ColumnAccess::Make();
  column->type_ = base->type();
  column->size_ = size;
  column->encoding_ = Encoding::kDictionary;
  column->values_ = indices->data();
  column->values_buffer_ = std::move(indices);
  column->children_.push_back(std::move(base));
  return column;
}

ColumnPtr Column::Empty(const Type& type) {
  return ColumnBuilder(type, 0).Finish();
}

bool Column::IsNull(size_t row) const {
  return ColumnView(*this).IsNull(row);
}

Value Column::GetValue(size_t row) const {
  const ColumnView view(*this);
  if (view.IsNull(row)) return Value::Null(type_);
  const size_t at = view.Index(row);
  const Column& base = view.base();
  switch (type_.physical()) {
    case PhysicalType::kBool:
      return Value::Integer(type_, base.values<uint8_t>()[at]);
    case PhysicalType::kInt8:
      return Value::Integer(type_, base.values<int8_t>()[at]);
    case PhysicalType::kInt16:
      return Value::Integer(type_, base.values<int16_t>()[at]);
    case PhysicalType::kInt32:
      return Value::Integer(type_, base.values<int32_t>()[at]);
    case PhysicalType::kInt64:
      return Value::Integer(type_, base.values<int64_t>()[at]);
    case PhysicalType::kInt128:
      return Value::Wide(type_, base.values<int128_t>()[at]);
    case PhysicalType::kFloat:
      return Value::Floating(type_, base.values<float>()[at]);
    case PhysicalType::kDouble:
      return Value::Floating(type_, base.values<double>()[at]);
    case PhysicalType::kInterval:
      return Value::OfInterval(base.values<Interval>()[at]);
    case PhysicalType::kString:
      return Value::Bytes(type_, std::string(base.values<StringRef>()[at].view()));
    case PhysicalType::kStruct: {
      std::vector<Value> parts;
      for (const ColumnPtr& child : base.children()) parts.push_back(child->GetValue(at));
      return Value::Nested(type_, std::move(parts));
    }
    case PhysicalType::kList:
    case PhysicalType::kMap: {
      const ListEntry entry = base.values<ListEntry>()[at];
      std::vector<Value> parts;
      for (size_t i = entry.offset; i < entry.offset + entry.length; ++i) {
        for (const ColumnPtr& child : base.children()) parts.push_back(child->GetValue(i));
      }
      return Value::Nested(type_, std::move(parts));
    }
  }
  WEIR_CHECK(false, "physical type {}", static_cast<int>(type_.physical()));
}

ColumnPtr Column::Take(const ColumnPtr& column, BufferPtr rows, size_t size) {
  return Dictionary(column, std::move(rows), size);
}

namespace {

BufferPtr GatherValidity(const ColumnView& view, std::span<const uint32_t> rows) {
  if (!view.may_have_nulls()) return nullptr;
  auto out = Buffer::AllocateZeroed(WordsForBits(rows.size()) * sizeof(uint64_t));
  auto* words = out->as<uint64_t>();
  for (size_t i = 0; i < rows.size(); ++i) words[i / 64] |= static_cast<uint64_t>(view.IsValid(rows[i])) << (i % 64);
  return out;
}

}  // namespace

ColumnPtr Column::Gather(const ColumnPtr& column, std::span<const uint32_t> rows) {
  const ColumnView view(*column);
  const Column& base = view.base();
  BufferPtr validity = GatherValidity(view, rows);
  const Type& type = column->type();
  if (type.physical() == PhysicalType::kStruct) {
    auto mapped = Buffer::Allocate(rows.size() * sizeof(uint32_t));
    auto* at = mapped->as<uint32_t>();
    for (size_t i = 0; i < rows.size(); ++i) at[i] = static_cast<uint32_t>(view.Index(rows[i]));
    std::vector<ColumnPtr> children;
    for (const ColumnPtr& child : base.children()) children.push_back(Gather(child, {at, rows.size()}));
    return Struct(type, rows.size(), std::move(children), std::move(validity));
  }
  return VisitPhysical(type.physical(), [&]<typename T>() -> ColumnPtr {
    auto values = Buffer::Allocate(rows.size() * sizeof(T));
    T* out = values->as<T>();
    const T* from = view.values<T>();
    if (view.is_constant()) {
      for (size_t i = 0; i < rows.size(); ++i) out[i] = from[0];
    } else if (view.indices() != nullptr) {
      for (size_t i = 0; i < rows.size(); ++i) out[i] = from[view.indices()[rows[i]]];
    } else {
      for (size_t i = 0; i < rows.size(); ++i) out[i] = from[rows[i]];
    }
    Owners owners = base.owners();
    return Flat(type, rows.size(), std::move(values), std::move(validity), std::move(owners), base.children());
  });
}

ColumnPtr Column::Flatten(const ColumnPtr& column) {
  if (column->is_flat()) return column;
  std::vector<uint32_t> rows(column->size());
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<uint32_t>(i);
  return Gather(column, rows);
}

ColumnPtr Column::WithValidity(const ColumnPtr& flat, BufferPtr validity) {
  WEIR_DCHECK(flat->is_flat());
  auto out = ColumnAccess::Make();
  *out = *flat;
  out->validity_ = std::move(validity);
  return out;
}

ColumnPtr Column::Reinterpret(const ColumnPtr& column, Type type) {
  if (column->type() == type) return column;
  WEIR_CHECK(column->type().physical() == type.physical(), "{} as {}", column->type().ToString(), type.ToString());
  auto out = ColumnAccess::Make();
  *out = *column;
  out->type_ = type;
  if (!column->is_flat()) out->children_[0] = Reinterpret(column->base(), std::move(type));
  return out;
}

size_t Column::MemoryBytes() const {
  size_t bytes = sizeof(Column);
  if (encoding_ == Encoding::kDictionary) bytes += size_ * sizeof(uint32_t);
  if (encoding_ == Encoding::kFlat) {
    bytes += size_ * PhysicalWidth(type_.physical());
    if (validity_ != nullptr) bytes += validity_->size();
    if (type_.physical() == PhysicalType::kString) {
      const auto* strings = values<StringRef>();
      for (size_t i = 0; i < size_; ++i) {
        if (!strings[i].is_inline() && (validity_ == nullptr || GetBit(validity(), i))) bytes += strings[i].size();
      }
    }
  }
  for (const ColumnPtr& child : children_) bytes += child->MemoryBytes();
  return bytes;
}

void Column::Verify() const {
  switch (encoding_) {
    case Encoding::kConstant:
      WEIR_CHECK(children_.size() == 1 && base()->is_flat() && base()->size() == 1);
      WEIR_CHECK(base()->type() == type_);
      base()->Verify();
      return;
    case Encoding::kDictionary:
      WEIR_CHECK(children_.size() == 1 && base()->is_flat() && base()->type() == type_);
      for (size_t i = 0; i < size_; ++i) {
        WEIR_CHECK(indices()[i] < base()->size(), "index {} of {} at row {}", indices()[i], base()->size(), i);
      }
      base()->Verify();
      return;
    case Encoding::kFlat:
      break;
  }
  WEIR_CHECK(children_.size() == type_.child_count(), "{} children of {}", children_.size(), type_.ToString());
  for (size_t i = 0; i < children_.size(); ++i) {
    WEIR_CHECK(children_[i]->type() == type_.child(i), "{} in {}", children_[i]->type().ToString(), type_.ToString());
    children_[i]->Verify();
  }
  switch (type_.physical()) {
    case PhysicalType::kStruct:
      for (const ColumnPtr& child : children_) WEIR_CHECK(child->size() == size_);
      return;
    case PhysicalType::kList:
    case PhysicalType::kMap:
      for (size_t i = 0; i < size_; ++i) {
        if (IsNull(i)) continue;
        const ListEntry entry = values<ListEntry>()[i];
        for (const ColumnPtr& child : children_) {
          WEIR_CHECK(uint64_t{entry.offset} + entry.length <= child->size(), "entry {}+{} of {}", entry.offset,
                     entry.length, child->size());
        }
      }
      return;
    case PhysicalType::kBool:
      for (size_t i = 0; i < size_; ++i) WEIR_CHECK(IsNull(i) || values<uint8_t>()[i] <= 1);
      return;
    default:
      WEIR_CHECK(size_ == 0 || values_ != nullptr);
  }
}

ColumnView::ColumnView(const Column& column)
    : base_(column.is_flat() ? &column : column.base().get()),
      values_(base_->raw_values()),
      validity_(base_->validity()),
      indices_(column.is_dictionary() ? column.indices() : nullptr),
      size_(column.size()),
      constant_(column.is_constant()) {}

}  // namespace weir
