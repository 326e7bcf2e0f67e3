#include "expr/branch_merge.h"

#include <cstring>

#include "column/builder.h"

namespace weir {

struct BranchMerge::Impl {
  Type type;
  size_t size;
  virtual ~Impl() = default;
  Impl(Type t, size_t s) : type(std::move(t)), size(s) {}
  virtual void Add(const ColumnPtr& column, const RowSet& rows) = 0;
  virtual ColumnPtr Finish() = 0;
};

namespace {

template <typename Base, typename T>
struct FlatMerge : Base {
  FlatWriter<T> writer;
  FlatMerge(Type type, size_t size) : Base(type, size), writer(type, size) {
    // Booleans are checked to be 0 or 1.
    if constexpr (sizeof(T) == 1) std::memset(writer.values(), 0, size);
  }
  void Add(const ColumnPtr& column, const RowSet& rows) override {
    const ColumnView view(*column);
    T* out = writer.values();
    if (view.is_constant()) {
      const T value = view.values<T>()[0];
      rows.ForEach([&](size_t row) { out[row] = value; });
    } else {
      const T* values = view.values<T>();
      rows.ForEach([&](size_t row) { out[row] = values[view.Index(row)]; });
    }
    if constexpr (std::is_same_v<T, StringRef>) writer.AddOwners(view.base().owners());
    if (!view.may_have_nulls()) return;
    rows.ForEach([&](size_t row) {
      if (view.IsNull(row)) writer.SetNull(row);
    });
  }
  ColumnPtr Finish() override { return writer.Finish(); }
};

// Nested values are copied to a base and reached through a dictionary; slot 0 is for rows never added.
template <typename Base>
struct NestedMerge : Base {
  ColumnBuilder builder;
  MutableBufferPtr indices;
  NestedMerge(const Type& type, size_t size)
      : Base(type, size), builder(type), indices(Buffer::AllocateZeroed(size * sizeof(uint32_t))) {
    builder.AppendNull();
  }
  void Add(const ColumnPtr& column, const RowSet& rows) override {
    auto next = static_cast<uint32_t>(builder.size());
    builder.AppendRows(*column, rows);
    auto* at = indices->as<uint32_t>();
    rows.ForEach([&](size_t row) { at[row] = next++; });
  }
  ColumnPtr Finish() override { return Column::Dictionary(builder.Finish(), std::move(indices), this->size); }
};

}  // namespace

BranchMerge::BranchMerge(Type type, size_t size) {
  const PhysicalType physical = type.physical();
  if (physical == PhysicalType::kStruct || physical == PhysicalType::kList || physical == PhysicalType::kMap) {
    impl_ = std::make_unique<NestedMerge<Impl>>(type, size);
    return;
  }
  VisitPhysical(physical, [&]<typename T>() { impl_ = std::make_unique<FlatMerge<Impl, T>>(type, size); });
}

BranchMerge::~BranchMerge() = default;
void BranchMerge::Add(const ColumnPtr& column, const RowSet& rows) {
  impl_->Add(column, rows);
}
ColumnPtr BranchMerge::Finish() {
  return impl_->Finish();
}

}  // namespace weir
