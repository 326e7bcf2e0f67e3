#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "column/column.h"
#include "format/parquet/page_reader.h"

namespace weir::parquet {

// Collects the values of a batch from one or more pages of a leaf and makes a column of them: a dictionary column
// while all of them are indices, a flat one otherwise; values of a single page are borrowed where they lie.
// Reused from batch to batch by one reader.
class ValueSink {
 public:
  explicit ValueSink(const Leaf& leaf);

  // Starts a batch of at most `capacity` rows.
  void Start(size_t capacity);
  // Lets the batch grow beyond.
  void Reserve(size_t capacity);
  size_t size() const { return size_; }

  // The next `count` rows, of which `valid` are not NULL as the bits [size(), size() + count) of validity() say; the
  // caller has set them. Takes `valid` values from the page.
  void Append(PageReader& pages, size_t count, size_t valid);
  // The same for those among the next `span` rows of the page that `rows` names; bits [0, span) of `validity` (null:
  // none is NULL) say which of the span are valid, `valid` in all.
  void AppendSelected(PageReader& pages, std::span<const uint32_t> rows, size_t span, const uint64_t* validity,
                      size_t valid);

  // Zero beyond size().
  uint64_t* validity() { return validity_.data(); }
  size_t null_count() const { return nulls_; }

  // Ends the batch. `dictionary_has_null` asks for the dictionary with the NULL slot though the batch has no NULL.
  ColumnPtr Finish(PageReader& pages, bool dictionary_has_null);
  // Ends a batch whose values were all valid: they become the valid ones of `slots` slots, as the bits say.
  ColumnPtr FinishSpread(PageReader& pages, const uint64_t* validity, size_t slots);

 private:
  enum class Mode : uint8_t { kEmpty, kIndices, kValues, kBorrowed };
  uint8_t* values_at(size_t row) { return values_->data() + row * width_; }
  uint32_t* indices() { return indices_->as<uint32_t>(); }
  void StartValues();
  // Turns indices and borrowed values into values of our own.
  void Materialize(PageReader& pages);
  uint8_t* Scratch(size_t bytes);
  // Where the values of the valid ones of `rows` are among the span's values; sets their bits of validity().
  std::span<const uint32_t> ValidPlaces(std::span<const uint32_t> rows, const uint64_t* span_validity);

  const Leaf& leaf_;
  const size_t width_;
  size_t capacity_ = 0;
  size_t size_ = 0;
  size_t nulls_ = 0;
  Mode mode_ = Mode::kEmpty;
  MutableBufferPtr values_;
  MutableBufferPtr indices_;
  const uint8_t* borrowed_ = nullptr;
  Owners owners_;
  std::vector<uint64_t> validity_;
  MutableBufferPtr scratch_;
  std::vector<uint32_t> places_;
};

}  // namespace weir::parquet
