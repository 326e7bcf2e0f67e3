#include "algo/row_bound.h"

#include <utility>

#include "base/bits.h"

namespace weir {

RowBound::RowBound(std::vector<SortColumn> keys, std::vector<ColumnPtr> values, bool is_whole)
    : keys_(std::move(keys)), values_(std::move(values)), is_whole_(is_whole) {
  WEIR_DCHECK(keys_.size() == values_.size());
}

namespace {

// Both lists grow by at most the rows of one of them, whichever it is: no branch to guess wrong.
template <typename T, typename Order>
void SplitBy(const ColumnView& view, Order&& order, Selection& tied, Selection& before) {
  const size_t count = tied.size();
  const size_t had = before.size();
  before.resize(had + count);
  uint32_t* early = before.data() + had;
  uint32_t* alike = tied.data();
  const T* values = view.values<T>();
  const bool is_identity = view.is_identity();
  for (size_t i = 0; i < count; ++i) {
    const uint32_t row = tied[i];
    const int at = order(values[is_identity ? row : view.Index(row)]);
    *early = row;
    early += at < 0;
    *alike = row;
    alike += at == 0;
  }
  tied.resize(static_cast<size_t>(alike - tied.data()));
  before.resize(static_cast<size_t>(early - before.data()));
}

}  // namespace

void RowBound::Split(size_t key, const Column& column, Selection& tied, Selection& before) const {
  const SortColumn& by = keys_[key];
  const ColumnView view(column);
  const ColumnView bound(*values_[key]);
  const bool bound_is_null = bound.IsNull(0);
  if (view.may_have_nulls() || bound_is_null) {
    // NULLs are settled here; what goes on below is values against a value.
    Selection nulls;
    Selection values;
    for (const uint32_t row : tied) (view.IsNull(row) ? nulls : values).push_back(row);
    if (bound_is_null) {
      if (!by.nulls_first) before.insert(before.end(), values.begin(), values.end());
      tied = std::move(nulls);
      return;
    }
    if (by.nulls_first) before.insert(before.end(), nulls.begin(), nulls.end());
    tied = std::move(values);
  }
  VisitPhysical(column.type().physical(), [&]<typename T>() {
    if constexpr (!std::is_same_v<T, ListEntry>) {
      const T limit = bound.At<T>(0);
      if (by.descending) {
        SplitBy<T>(view, [&](const T& value) { return ComparePlain(limit, value); }, tied, before);
      } else {
        SplitBy<T>(view, [&](const T& value) { return ComparePlain(value, limit); }, tied, before);
      }
    }
  });
}

bool RowBound::IsBefore(const RowBound& other) const {
  for (size_t k = 0; k < keys_.size(); ++k) {
    Selection tied{0};
    Selection before;
    other.Split(k, *values_[k], tied, before);
    if (tied.empty()) return !before.empty();
  }
  return false;
}

}  // namespace weir
