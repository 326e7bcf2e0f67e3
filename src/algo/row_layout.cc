#include "algo/row_layout.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "algo/row_compare.h"
#include "base/bytes.h"

namespace weir {

namespace {

// Nested values are kept as their serialised form.
PhysicalType RowPhysical(const Type& type) {
  return type.is_nested() ? PhysicalType::kString : type.physical();
}

template <typename T>
bool SamePlain(const T& a, const T& b) {
  if constexpr (std::is_floating_point_v<T>) {
    return a == b || (a != a && b != b);
  } else if constexpr (std::is_same_v<T, Interval>) {
    return a.NormalizedMicros() == b.NormalizedMicros();
  } else if constexpr (std::is_same_v<T, ListEntry>) {
    return false;
  } else {
    return a == b;
  }
}

// Whether equal values always serialise to equal bytes.
bool SerializesCanonically(const Type& type) {
  if (type.is_floating() || type.is(TypeKind::kInterval)) return false;
  for (size_t i = 0; i < type.child_count(); ++i) {
    if (!SerializesCanonically(type.child(i))) return false;
  }
  return true;
}

ColumnPtr ReadNested(const Type& type, std::string_view bytes) {
  ColumnBuilder builder(type, 1);
  ByteReader in(bytes);
  DeserializeNested(in, builder);
  return builder.Finish();
}

}  // namespace

RowHeap::Copies& RowHeap::CopiesOf(size_t column, const ColumnPtr& base) {
  if (dictionaries_.size() <= column) dictionaries_.resize(column + 1);
  Copies& copies = dictionaries_[column];
  if (copies.base != base) {
    copies.base = base;
    copies.copies.resize(base->size());
    copies.done.assign(base->size(), false);
  }
  return copies;
}

RowLayout::RowLayout(std::vector<Type> types, size_t header_bytes, size_t tail_bytes, size_t alignment) {
  std::vector<size_t> order(types.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return PhysicalWidth(RowPhysical(types[a])) > PhysicalWidth(RowPhysical(types[b]));
  });
  columns_.resize(types.size());
  size_t at = header_bytes;
  for (const size_t i : order) {
    const PhysicalType physical = RowPhysical(types[i]);
    columns_[i] = {types[i], physical, static_cast<uint32_t>(at)};
    at += PhysicalWidth(physical);
    has_strings_ |= physical == PhysicalType::kString;
  }
  null_offset_ = at;
  null_bytes_ = (types.size() + 7) / 8;
  at += null_bytes_;
  tail_offset_ = RoundUp(at, alignment);
  row_bytes_ = RoundUp(tail_offset_ + tail_bytes, alignment);
}

void RowLayout::Scatter(size_t column, const ColumnPtr& source, const RowSet& rows, uint8_t* const* out,
                        RowHeap& heap) const {
  const Slot& slot = columns_[column];
  const size_t offset = slot.offset;
  const size_t count = rows.count();
  const ColumnView view(*source);
  if (view.may_have_nulls()) {
    const size_t null_byte = null_offset_ + column / 8;
    const auto bit = static_cast<uint8_t>(1U << (column % 8));
    for (size_t i = 0; i < count; ++i) {
      if (view.IsNull(rows[i])) out[i][null_byte] |= bit;
    }
  }
  if (slot.type.is_nested()) {
    std::string bytes;
    for (size_t i = 0; i < count; ++i) {
      StringRef value;
      if (view.IsValid(rows[i])) {
        bytes.clear();
        SerializeNested(*source, rows[i], bytes);
        value = heap.strings().Add(bytes);
      }
      StoreUnaligned(out[i] + offset, value);
    }
    return;
  }
  if (slot.physical == PhysicalType::kString) {
    StringHeap& strings = heap.strings();
    const auto* values = view.values<StringRef>();
    if (view.is_constant() || (view.indices() != nullptr && view.base().size() <= 2 * count)) {
      const ColumnPtr& base = source->base();
      RowHeap::Copies& copies = heap.CopiesOf(column, base);
      for (size_t i = 0; i < count; ++i) {
        const size_t at = view.Index(rows[i]);
        if (!copies.done[at]) {
          const bool valid = !view.may_have_nulls() || GetBit(view.validity(), at);
          copies.copies[at] = valid ? strings.Add(values[at].view()) : StringRef();
          copies.done[at] = true;
        }
        StoreUnaligned(out[i] + offset, copies.copies[at]);
      }
      return;
    }
    for (size_t i = 0; i < count; ++i) {
      const size_t at = view.Index(rows[i]);
      StringRef value = values[at];
      if (!value.is_inline()) {
        const bool valid = !view.may_have_nulls() || GetBit(view.validity(), at);
        value = valid ? strings.Add(value.view()) : StringRef();
      }
      StoreUnaligned(out[i] + offset, value);
    }
    return;
  }
  VisitPhysical(slot.physical, [&]<typename T>() {
    const T* values = view.values<T>();
    if (view.is_identity() && rows.is_dense()) {
      for (size_t i = 0; i < count; ++i) StoreUnaligned(out[i] + offset, values[i]);
    } else if (view.is_identity()) {
      for (size_t i = 0; i < count; ++i) StoreUnaligned(out[i] + offset, values[rows.rows()[i]]);
    } else {
      for (size_t i = 0; i < count; ++i) StoreUnaligned(out[i] + offset, values[view.Index(rows[i])]);
    }
  });
}

ColumnPtr RowLayout::Gather(size_t column, const uint8_t* const* rows, size_t count, const Owners& owners) const {
  const Slot& slot = columns_[column];
  const size_t offset = slot.offset;
  bool missing = false;
  for (size_t i = 0; i < count; ++i) missing |= rows[i] == nullptr;
  if (slot.type.is_nested()) {
    ColumnBuilder builder(slot.type, count);
    for (size_t i = 0; i < count; ++i) {
      if (rows[i] == nullptr || IsNull(rows[i], column)) {
        builder.AppendNull();
        continue;
      }
      const auto value = Load<StringRef>(rows[i], column);
      ByteReader in(value.view());
      DeserializeNested(in, builder);
    }
    return builder.Finish();
  }
  return VisitPhysical(slot.physical, [&]<typename T>() -> ColumnPtr {
    FlatWriter<T> writer(slot.type, count);
    if constexpr (std::is_same_v<T, StringRef>) writer.AddOwners(owners);
    T* out = writer.values();
    const size_t null_byte = null_offset_ + column / 8;
    const auto bit = static_cast<uint8_t>(1U << (column % 8));
    if (missing) {
      for (size_t i = 0; i < count; ++i) {
        if (rows[i] == nullptr || (rows[i][null_byte] & bit) != 0) {
          out[i] = T{};
          writer.SetNull(i);
        } else {
          out[i] = LoadUnaligned<T>(rows[i] + offset);
        }
      }
      return writer.Finish();
    }
    uint8_t flags = 0;
    for (size_t i = 0; i < count; ++i) {
      out[i] = LoadUnaligned<T>(rows[i] + offset);
      flags |= rows[i][null_byte];
    }
    if ((flags & bit) != 0) {
      for (size_t i = 0; i < count; ++i) {
        if ((rows[i][null_byte] & bit) != 0) writer.SetNull(i);
      }
    }
    return writer.Finish();
  });
}

size_t RowLayout::Match(size_t column, const Column& source, const RowSet& source_rows, const uint8_t* const* rows,
                        bool null_equal, uint32_t* candidates, size_t count, uint32_t* rejected,
                        size_t* rejected_count) const {
  const Slot& slot = columns_[column];
  const ColumnView view(source);
  const size_t offset = slot.offset;
  const size_t null_byte = null_offset_ + column / 8;
  const auto bit = static_cast<uint8_t>(1U << (column % 8));
  size_t kept = 0;
  size_t out = rejected_count == nullptr ? 0 : *rejected_count;
  const auto decide = [&](uint32_t candidate, bool same) {
    candidates[kept] = candidate;
    kept += same;
    if (rejected != nullptr) {
      rejected[out] = candidate;
      out += !same;
    }
  };
  if (slot.type.is_nested()) {
    const bool canonical = SerializesCanonically(slot.type);
    std::string bytes;
    for (size_t i = 0; i < count; ++i) {
      const uint32_t candidate = candidates[i];
      const size_t row = source_rows[candidate];
      const bool a_null = view.IsNull(row);
      const bool b_null = (rows[candidate][null_byte] & bit) != 0;
      bool same = a_null && b_null && null_equal;
      if (!a_null && !b_null) {
        bytes.clear();
        SerializeNested(source, row, bytes);
        const auto stored = Load<StringRef>(rows[candidate], column);
        same = stored.view() == bytes;
        if (!same && !canonical) same = CompareValues(source, row, *ReadNested(slot.type, stored.view()), 0) == 0;
      }
      decide(candidate, same);
    }
  } else {
    VisitPhysical(slot.physical, [&]<typename T>() {
      const T* values = view.values<T>();
      const bool may_have_nulls = view.may_have_nulls();
      // The loop without the choices that hold for all rows.
      const auto match = [&](auto index) {
        for (size_t i = 0; i < count; ++i) {
          const uint32_t candidate = candidates[i];
          const size_t at = index(candidate);
          const uint8_t* row = rows[candidate];
          const bool a_null = may_have_nulls && !GetBit(view.validity(), at);
          const bool b_null = (row[null_byte] & bit) != 0;
          const bool same =
              a_null || b_null ? a_null && b_null && null_equal : SamePlain(values[at], LoadUnaligned<T>(row + offset));
          decide(candidate, same);
        }
      };
      const uint32_t* list = source_rows.rows();
      if (view.is_identity() && list == nullptr) {
        match([](uint32_t i) { return size_t{i}; });
      } else if (view.is_identity()) {
        match([list](uint32_t i) { return size_t{list[i]}; });
      } else {
        match([&](uint32_t i) { return view.Index(source_rows[i]); });
      }
    });
  }
  if (rejected_count != nullptr) *rejected_count = out;
  return kept;
}

void RowLayout::CopyRow(const uint8_t* from, uint8_t* to, RowHeap& heap) const {
  std::memcpy(to, from, row_bytes_);
  if (!has_strings_) return;
  for (const Slot& slot : columns_) {
    if (slot.physical != PhysicalType::kString) continue;
    const auto value = LoadUnaligned<StringRef>(from + slot.offset);
    if (!value.is_inline()) StoreUnaligned(to + slot.offset, heap.strings().Add(value.view()));
  }
}

bool RowLayout::SameValues(const uint8_t* a, const uint8_t* b, size_t column) const {
  const Slot& slot = columns_[column];
  const bool a_null = IsNull(a, column);
  if (a_null != IsNull(b, column)) return false;
  if (a_null) return true;
  if (slot.type.is_nested()) {
    const auto left = Load<StringRef>(a, column);
    const auto right = Load<StringRef>(b, column);
    if (left == right) return true;
    if (SerializesCanonically(slot.type)) return false;
    return CompareValues(*ReadNested(slot.type, left.view()), 0, *ReadNested(slot.type, right.view()), 0) == 0;
  }
  return VisitPhysical(slot.physical, [&]<typename T>() { return SamePlain(Load<T>(a, column), Load<T>(b, column)); });
}

namespace {

constexpr uint8_t kNullByte = 0;
constexpr uint8_t kValueByte = 1;

}  // namespace

void SerializeNested(const Column& column, size_t row, std::string& out) {
  const ColumnView view(column);
  if (view.IsNull(row)) {
    out.push_back(static_cast<char>(kNullByte));
    return;
  }
  out.push_back(static_cast<char>(kValueByte));
  const size_t at = view.Index(row);
  const Column& base = view.base();
  const auto put_varint = [&](uint64_t value) {
    for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
    out.push_back(static_cast<char>(value));
  };
  switch (column.type().physical()) {
    case PhysicalType::kStruct:
      for (const ColumnPtr& child : base.children()) SerializeNested(*child, at, out);
      return;
    case PhysicalType::kList:
    case PhysicalType::kMap: {
      const ListEntry entry = base.values<ListEntry>()[at];
      put_varint(entry.length);
      for (size_t i = entry.offset; i < size_t{entry.offset} + entry.length; ++i) {
        for (const ColumnPtr& child : base.children()) SerializeNested(*child, i, out);
      }
      return;
    }
    case PhysicalType::kString: {
      const std::string_view text = base.values<StringRef>()[at].view();
      put_varint(text.size());
      out.append(text);
      return;
    }
    default:
      VisitPhysical(column.type().physical(), [&]<typename T>() {
        const T value = base.values<T>()[at];
        out.append(reinterpret_cast<const char*>(&value), sizeof(value));
      });
  }
}

void DeserializeNested(ByteReader& in, ColumnBuilder& out) {
  const auto flag = in.Get<uint8_t>();
  if (flag == kNullByte) {
    out.AppendNull();
    return;
  }
  if (flag != kValueByte) throw Error::Operational(sqlstate::kDataCorrupted, "bad flag of a nested value: {}", flag);
  const Type& type = out.type();
  switch (type.physical()) {
    case PhysicalType::kStruct:
      for (size_t i = 0; i < type.child_count(); ++i) DeserializeNested(in, out.child(i));
      out.CloseRow();
      return;
    case PhysicalType::kList:
    case PhysicalType::kMap: {
      const uint64_t length = in.GetVarint();
      for (uint64_t i = 0; i < length; ++i) {
        for (size_t k = 0; k < type.child_count(); ++k) DeserializeNested(in, out.child(k));
      }
      out.CloseRow();
      return;
    }
    case PhysicalType::kString:
      out.AppendString(in.GetString());
      return;
    default:
      VisitPhysical(type.physical(), [&]<typename T>() { out.Append(in.Get<T>()); });
  }
}

}  // namespace weir
