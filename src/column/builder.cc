#include "column/builder.h"

#include <algorithm>
#include <cstring>

namespace weir {

namespace {

// Bits of the rows behind the first `size`; none as long as there are no NULLs.
void AppendValidity(const ColumnView& view, const RowSet& rows, size_t size, std::vector<uint64_t>& validity) {
  if (!view.may_have_nulls() && validity.empty()) return;
  if (validity.empty()) validity.assign(WordsForBits(size), ~uint64_t{0});
  validity.resize(WordsForBits(size + rows.count()));
  uint64_t* const bits = validity.data();
  rows.ForEach([&](size_t row) {
    if (view.IsValid(row)) {
      SetBit(bits, size);
    } else {
      ClearBit(bits, size);
    }
    ++size;
  });
}

void CopyStrings(const ColumnView& view, const RowSet& rows, StringRef* out, StringHeap& heap) {
  const auto* values = view.values<StringRef>();
  const size_t distinct = view.base().size();
  if (view.is_identity() || distinct >= rows.count()) {
    rows.ForEach(
        [&](size_t row) { *out++ = view.IsNull(row) ? StringRef() : heap.Add(values[view.Index(row)].view()); });
    return;
  }
  // Values that many rows share are copied once.
  std::vector<StringRef> copies(distinct);
  std::vector<uint8_t> is_copied(distinct);
  rows.ForEach([&](size_t row) {
    const size_t index = view.Index(row);
    if (is_copied[index] == 0) {
      is_copied[index] = 1;
      copies[index] = view.IsNull(row) ? StringRef() : heap.Add(values[index].view());
    }
    *out++ = copies[index];
  });
}

// Entries for elements that come one after the other from `first` on; returns which elements of the base they are.
std::vector<uint32_t> CopyEntries(const ColumnView& view, const RowSet& rows, size_t first, ListEntry* out) {
  std::vector<uint32_t> elements;
  const auto* entries = view.values<ListEntry>();
  rows.ForEach([&](size_t row) {
    if (view.IsNull(row)) {
      *out++ = ListEntry{};
      return;
    }
    const ListEntry entry = entries[view.Index(row)];
    *out++ = ListEntry{static_cast<uint32_t>(first + elements.size()), entry.length};
    for (uint32_t k = 0; k < entry.length; ++k) elements.push_back(entry.offset + k);
  });
  if (first + elements.size() > UINT32_MAX) {
    throw Error::User(sqlstate::kProgramLimitExceeded, "too many list elements in one chunk: {}",
                      first + elements.size());
  }
  return elements;
}

}  // namespace

void ColumnBuilder::Bytes::Grow(size_t used, size_t bytes) {
  if (bytes <= capacity_) return;
  const size_t capacity = std::max({bytes, capacity_ * 2, size_t{256}});
  auto grown = Buffer::Allocate(capacity);
  if (used != 0) std::memcpy(grown->data(), buffer_->data(), used);
  buffer_ = std::move(grown);
  capacity_ = capacity;
}

ColumnBuilder::ColumnBuilder(Type type, size_t capacity)
    : type_(std::move(type)), physical_(type_.physical()), width_(PhysicalWidth(physical_)) {
  for (size_t i = 0; i < type_.child_count(); ++i) {
    children_.push_back(
        std::make_unique<ColumnBuilder>(type_.child(i), physical_ == PhysicalType::kStruct ? capacity : 0));
  }
  Reserve(capacity);
}

ColumnBuilder::~ColumnBuilder() = default;
ColumnBuilder::ColumnBuilder(ColumnBuilder&&) noexcept = default;
ColumnBuilder& ColumnBuilder::operator=(ColumnBuilder&&) noexcept = default;

void ColumnBuilder::Reserve(size_t rows) {
  values_.Grow(size_ * width_, rows * width_);
}

void ColumnBuilder::MarkValid() {
  if (!validity_.empty()) {
    validity_.resize(WordsForBits(size_ + 1));
    SetBit(validity_.data(), size_);
  }
  ++size_;
}

void ColumnBuilder::AppendNull() {
  if (validity_.empty()) validity_.assign(WordsForBits(size_ + 1), ~uint64_t{0});
  validity_.resize(WordsForBits(size_ + 1));
  ClearBit(validity_.data(), size_);
  if (physical_ == PhysicalType::kStruct) {
    for (auto& child : children_) child->AppendNull();
  } else {
    Reserve(size_ + 1);
    std::memset(values_.data() + size_ * width_, 0, width_);
  }
  ++size_;
}

void ColumnBuilder::AppendString(std::string_view text) {
  if (heap_ == nullptr) heap_ = std::make_shared<StringHeap>();
  Append(heap_->Add(text));
}

void ColumnBuilder::CloseRow() {
  if (physical_ == PhysicalType::kStruct) {
    for (const auto& child : children_) {
      WEIR_CHECK(child->size() == size_ + 1, "struct child has {} values for row {}", child->size(), size_);
    }
    MarkValid();
    return;
  }
  const size_t elements = children_[0]->size();
  if (elements > UINT32_MAX) {
    throw Error::User(sqlstate::kProgramLimitExceeded, "too many list elements in one chunk: {}", elements);
  }
  Append(ListEntry{static_cast<uint32_t>(closed_children_), static_cast<uint32_t>(elements - closed_children_)});
  closed_children_ = elements;
}

void ColumnBuilder::AppendValue(const Value& value) {
  if (value.is_null()) return AppendNull();
  switch (physical_) {
    case PhysicalType::kBool:
      return Append(static_cast<uint8_t>(value.integer()));
    case PhysicalType::kInt8:
      return Append(static_cast<int8_t>(value.integer()));
    case PhysicalType::kInt16:
      return Append(static_cast<int16_t>(value.integer()));
    case PhysicalType::kInt32:
      return Append(static_cast<int32_t>(value.integer()));
    case PhysicalType::kInt64:
      return Append(value.integer());
    case PhysicalType::kInt128:
      return Append(value.wide());
    case PhysicalType::kFloat:
      return Append(static_cast<float>(value.floating()));
    case PhysicalType::kDouble:
      return Append(value.floating());
    case PhysicalType::kInterval:
      return Append(value.interval());
    case PhysicalType::kString:
      return AppendString(value.bytes());
    case PhysicalType::kList:
    case PhysicalType::kMap:
    case PhysicalType::kStruct: {
      const auto& parts = value.parts();
      for (size_t i = 0; i < parts.size(); ++i) children_[i % children_.size()]->AppendValue(parts[i]);
      return CloseRow();
    }
  }
}

void ColumnBuilder::AppendRow(const Column& column, size_t row) {
  const auto at = static_cast<uint32_t>(row);
  AppendRows(column, RowSet::Of({&at, 1}));
}

void ColumnBuilder::AppendRows(const Column& column, const RowSet& rows) {
  WEIR_DCHECK(column.type().physical() == physical_);
  const ColumnView view(column);
  if (physical_ == PhysicalType::kStruct) {
    if (view.may_have_nulls()) {
      rows.ForEach([&](size_t row) {
        if (view.IsNull(row)) return AppendNull();
        for (size_t i = 0; i < children_.size(); ++i) {
          children_[i]->AppendRow(*view.base().child(i), view.Index(row));
        }
        CloseRow();
      });
      return;
    }
    std::vector<uint32_t> indices;
    if (!view.is_identity()) {
      indices.reserve(rows.count());
      rows.ForEach([&](size_t row) { indices.push_back(static_cast<uint32_t>(view.Index(row))); });
    }
    for (size_t i = 0; i < children_.size(); ++i) {
      children_[i]->AppendRows(*view.base().child(i), view.is_identity() ? rows : RowSet::Of(indices));
    }
    AppendValidity(view, rows, size_, validity_);
    size_ += rows.count();
    return;
  }
  Reserve(size_ + rows.count());
  AppendValidity(view, rows, size_, validity_);
  if (physical_ == PhysicalType::kList || physical_ == PhysicalType::kMap) {
    auto* const out = reinterpret_cast<ListEntry*>(values_.data()) + size_;
    const std::vector<uint32_t> elements = CopyEntries(view, rows, closed_children_, out);
    for (size_t i = 0; i < children_.size(); ++i) {
      children_[i]->AppendRows(*view.base().child(i), RowSet::Of(elements));
    }
    closed_children_ += elements.size();
  } else if (physical_ == PhysicalType::kString) {
    if (heap_ == nullptr) heap_ = std::make_shared<StringHeap>();
    CopyStrings(view, rows, reinterpret_cast<StringRef*>(values_.data()) + size_, *heap_);
  } else {
    VisitPhysical(physical_, [&]<typename T>() {
      T* out = reinterpret_cast<T*>(values_.data()) + size_;
      const T* values = view.values<T>();
      if (view.is_identity() && rows.is_dense()) {
        if (rows.count() != 0) std::memcpy(out, values, rows.count() * sizeof(T));
      } else {
        rows.ForEach([&](size_t row) { *out++ = values[view.Index(row)]; });
      }
    });
  }
  size_ += rows.count();
}

ColumnPtr ColumnBuilder::Finish() {
  MutableBufferPtr validity;
  if (!validity_.empty()) {
    validity = Buffer::Allocate(validity_.size() * sizeof(uint64_t));
    std::memcpy(validity->data(), validity_.data(), validity_.size() * sizeof(uint64_t));
  }
  std::vector<ColumnPtr> children;
  for (auto& child : children_) children.push_back(child->Finish());
  Owners owners;
  if (heap_ != nullptr) owners.push_back(std::move(heap_));
  MutableBufferPtr values = values_.Take();
  if (values == nullptr && width_ != 0) values = Buffer::Allocate(0);
  ColumnPtr out =
      Column::Flat(type_, size_, std::move(values), std::move(validity), std::move(owners), std::move(children));
  size_ = 0;
  closed_children_ = 0;
  validity_.clear();
  heap_ = nullptr;
  return out;
}

size_t ColumnBuilder::MemoryBytes() const {
  size_t bytes = values_.capacity() + validity_.capacity() * sizeof(uint64_t);
  if (heap_ != nullptr) bytes += heap_->allocated_bytes();
  for (const auto& child : children_) bytes += child->MemoryBytes();
  return bytes;
}

}  // namespace weir
