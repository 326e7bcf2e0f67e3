#include "exec/runtime_filter/runtime_filter.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace weir {

namespace {

constexpr size_t kBatchRows = 4096;
constexpr size_t kValuesMax = 32;
// A bitmap is exact and takes no hashing; worth it as long as it is not much larger than a bloom filter.
constexpr uint64_t kBitmapBitsAlways = uint64_t{1} << 24;
constexpr uint64_t kBitmapBitsPerRow = 128;
constexpr uint64_t kBitmapBitsMax = uint64_t{1} << 32;
// A range of which this part is there is as good as the bitmap.
constexpr double kDensePart = 0.9;
constexpr size_t kDictionaryRowsMax = size_t{1} << 17;

bool IsInteger(PhysicalType type) {
  return type >= PhysicalType::kInt8 && type <= PhysicalType::kInt64;
}

template <typename F>
void VisitInteger(PhysicalType type, F&& f) {
  switch (type) {
    case PhysicalType::kInt8:
      return f.template operator()<int8_t>();
    case PhysicalType::kInt16:
      return f.template operator()<int16_t>();
    case PhysicalType::kInt32:
      return f.template operator()<int32_t>();
    default:
      return f.template operator()<int64_t>();
  }
}

// Appends the rows whose values are valid and pass; returns the end.
template <typename T, typename Test>
uint32_t* KeepIf(const ColumnView& view, const RowSet& rows, const Test& passes, uint32_t* to) {
  const auto keep = [&](const auto& test) {
    rows.ForEach([&](size_t row) {
      *to = static_cast<uint32_t>(row);
      to += test(row);
    });
  };
  const T* values = view.is_identity() ? view.values<T>() : nullptr;
  if (values == nullptr) {
    keep([&](size_t row) { return view.IsValid(row) ? passes(view.At<T>(row)) : 0; });
  } else if (!view.may_have_nulls()) {
    keep([&](size_t row) { return passes(values[row]); });
  } else {
    // What lies at NULLs is readable, and whether a row is one cannot be foretold.
    keep([&](size_t row) { return passes(values[row]) & static_cast<uint32_t>(view.IsValid(row)); });
  }
  return to;
}

}  // namespace

void RuntimeFilter::Apply(const ColumnPtr& column, const RowSet& rows, Scratch& scratch, Selection& out) const {
  if (nothing_passes()) return;
  if (column->is_constant()) {
    Selection first;
    ApplyFlat(*column->base(), RowSet::All(1), scratch, first);
    if (!first.empty()) rows.ForEach([&](size_t row) { out.push_back(static_cast<uint32_t>(row)); });
    return;
  }
  if (column->is_dictionary() && column->base()->size() <= kDictionaryRowsMax) {
    const ColumnPtr& base = column->base();
    if (scratch.dictionary != base) {
      scratch.dictionary = base;
      scratch.passes.assign(base->size(), 0);
      Selection passing;
      ApplyFlat(*base, RowSet::All(base->size()), scratch, passing);
      for (const uint32_t row : passing) scratch.passes[row] = 1;
    }
    const uint32_t* indices = column->indices();
    const size_t before = out.size();
    out.resize(before + rows.count());
    uint32_t* to = out.data() + before;
    rows.ForEach([&](size_t row) {
      *to = static_cast<uint32_t>(row);
      to += scratch.passes[indices[row]];
    });
    out.resize(static_cast<size_t>(to - out.data()));
    return;
  }
  ApplyFlat(*column, rows, scratch, out);
}

double RuntimeFilter::PassingPart(const std::optional<Value>& min, const std::optional<Value>& max) const {
  if (nothing_passes()) return 0;
  if (!is_integer_) return 0.5;
  const double own = static_cast<double>(static_cast<uint64_t>(max_) - static_cast<uint64_t>(min_)) + 1;
  const double values = bitmap_.data() != nullptr ? static_cast<double>(bits_set_)
                        : range_only_             ? own
                                                  : std::min(own, static_cast<double>(rows_));
  if (!min.has_value() || !max.has_value()) return std::min(0.9, values / own);
  const auto low = static_cast<double>(std::max(min->integer(), min_));
  const auto high = static_cast<double>(std::min(max->integer(), max_));
  if (high < low) return 0;
  const double all = static_cast<double>(max->integer()) - static_cast<double>(min->integer()) + 1;
  return std::min(1.0, values / own * (high - low + 1) / all);
}

void RuntimeFilter::ApplyFlat(const Column& column, const RowSet& rows, Scratch& scratch, Selection& out) const {
  const ColumnView view(column);
  const size_t before = out.size();
  out.resize(before + rows.count());
  uint32_t* to = out.data() + before;
  if (range_only_ || bitmap_.data() != nullptr) {
    const auto* words = bitmap_.as<uint64_t>();
    const auto low = static_cast<uint64_t>(min_);
    const uint64_t span = static_cast<uint64_t>(max_) - low;
    const auto is_in = [&](int64_t value) -> uint32_t {
      const uint64_t at = static_cast<uint64_t>(value) - low;
      return at <= span && (words == nullptr || GetBit(words, at)) ? 1 : 0;
    };
    VisitInteger(column.type().physical(), [&]<typename T>() { to = KeepIf<T>(view, rows, is_in, to); });
  } else {
    scratch.hashes.resize(rows.count());
    HashColumn(column, rows, /*combine=*/false, scratch.hashes.data());
    scratch.rows.resize(rows.count());
    const size_t passed = bloom_->Probe(scratch.hashes.data(), rows.count(), scratch.rows.data());
    for (size_t i = 0; i < passed; ++i) {
      const size_t row = rows[scratch.rows[i]];
      if (view.may_have_nulls() && view.IsNull(row)) continue;
      *to++ = static_cast<uint32_t>(row);
    }
  }
  out.resize(static_cast<size_t>(to - out.data()));
}

RuntimeFilterBuilder::RuntimeFilterBuilder(const JoinTable& table, size_t key, std::shared_ptr<MemoryTracker> tracker)
    : table_(table), key_(key), tracker_(std::move(tracker)), filter_(std::make_shared<RuntimeFilter>()) {
  filter_->type_ = table.spec().key_types[key];
  filter_->rows_ = table.key_row_count();
  filter_->is_integer_ = IsInteger(filter_->type_.physical());
}

template <typename F>
void RuntimeFilterBuilder::ForEachBatch(size_t block, F&& f) const {
  if (table_.IsNullBlock(block)) return;
  const size_t rows = table_.BlockRows(block);
  std::vector<const uint8_t*> addresses(std::min(rows, kBatchRows));
  for (size_t at = 0; at < rows; at += kBatchRows) {
    const size_t count = std::min(kBatchRows, rows - at);
    for (size_t i = 0; i < count; ++i) addresses[i] = table_.BlockRow(block, at + i);
    f(table_.GatherKey(key_, addresses.data(), count));
  }
}

void RuntimeFilterBuilder::FindRange(size_t block) {
  const bool few = filter_->rows_ <= kValuesMax;
  int64_t min = INT64_MAX, max = INT64_MIN;
  std::vector<Value> values;
  if (!filter_->is_integer_ && !few) return;
  ForEachBatch(block, [&](const ColumnPtr& column) {
    const ColumnView view(*column);
    if (filter_->is_integer_) {
      VisitInteger(filter_->type_.physical(), [&]<typename T>() {
        for (size_t i = 0; i < column->size(); ++i) {
          if (!view.IsValid(i)) continue;
          const auto value = static_cast<int64_t>(view.At<T>(i));
          min = std::min(min, value);
          max = std::max(max, value);
        }
      });
    }
    if (few) {
      for (size_t i = 0; i < column->size(); ++i) {
        if (view.IsValid(i)) values.push_back(column->GetValue(i));
      }
    }
  });
  const std::scoped_lock lock(mutex_);
  filter_->min_ = std::min(filter_->min_, min);
  filter_->max_ = std::max(filter_->max_, max);
  for (Value& value : values) {
    if (std::ranges::find(filter_->values_, value) == filter_->values_.end()) {
      filter_->values_.push_back(std::move(value));
    }
  }
}

void RuntimeFilterBuilder::Allocate() {
  RuntimeFilter& filter = *filter_;
  if (filter.is_integer_) {
    if (filter.min_ > filter.max_) filter.rows_ = 0;
    if (filter.rows_ == 0) return;
    filter.min_value_ = Value::Integer(filter.type_, filter.min_);
    filter.max_value_ = Value::Integer(filter.type_, filter.max_);
    const uint64_t span = static_cast<uint64_t>(filter.max_) - static_cast<uint64_t>(filter.min_);
    // About as many rows as values: unique keys without gaps, most likely.
    const double rows_per_value = static_cast<double>(filter.rows_) / (static_cast<double>(span) + 1);
    if (rows_per_value >= kDensePart && rows_per_value <= 1.2) {
      filter.range_only_ = true;
      return;
    }
    if (span < kBitmapBitsAlways ||
        (span < kBitmapBitsMax && span / kBitmapBitsPerRow < static_cast<uint64_t>(filter.rows_))) {
      filter.bitmap_ = BigArray(WordsForBits(span + 1) * sizeof(uint64_t), tracker_);
      std::memset(filter.bitmap_.data(), 0, filter.bitmap_.size());
      return;
    }
  }
  if (filter.rows_ != 0) filter.bloom_.emplace(filter.rows_, tracker_);
}

void RuntimeFilterBuilder::Fill(size_t block) {
  RuntimeFilter& filter = *filter_;
  if (filter.rows_ == 0 || filter.range_only_) return;
  std::vector<uint64_t> hashes;
  ForEachBatch(block, [&](const ColumnPtr& column) {
    const ColumnView view(*column);
    if (filter.bitmap_.data() != nullptr) {
      auto* words = filter.bitmap_.as<uint64_t>();
      VisitInteger(filter.type_.physical(), [&]<typename T>() {
        for (size_t i = 0; i < column->size(); ++i) {
          if (!view.IsValid(i)) continue;
          const uint64_t at =
              static_cast<uint64_t>(static_cast<int64_t>(view.At<T>(i))) - static_cast<uint64_t>(filter.min_);
          const std::atomic_ref<uint64_t> word(words[at / 64]);
          const uint64_t bit = uint64_t{1} << (at % 64);
          if ((word.load(std::memory_order_relaxed) & bit) == 0) word.fetch_or(bit, std::memory_order_relaxed);
        }
      });
      return;
    }
    hashes.resize(column->size());
    HashColumn(*column, RowSet::All(column->size()), /*combine=*/false, hashes.data());
    filter.bloom_->InsertAtomic(hashes.data(), hashes.size());
  });
}

std::shared_ptr<const RuntimeFilter> RuntimeFilterBuilder::Finish() {
  RuntimeFilter& filter = *filter_;
  if (filter.bitmap_.data() != nullptr) {
    const uint64_t span = static_cast<uint64_t>(filter.max_) - static_cast<uint64_t>(filter.min_);
    filter.bits_set_ = CountBits(filter.bitmap_.as<uint64_t>(), span + 1);
    if (static_cast<double>(filter.bits_set_) >= kDensePart * (static_cast<double>(span) + 1)) {
      filter.range_only_ = true;
      filter.bitmap_ = BigArray();
    }
  }
  return std::move(filter_);
}

}  // namespace weir
