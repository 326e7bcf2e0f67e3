#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "exec/runtime_filter/runtime_filter.h"

namespace weir {

// Makes the filter of a key whose values come in pieces and are too many to be looked at twice: the range of integers,
// and a bloom filter of a size that is chosen beforehand. Threads: Add from any.
class StreamedFilterBuilder {
 public:
  // For about `rows` values, with not much of the memory that is free.
  StreamedFilterBuilder(Type type, size_t rows, const std::shared_ptr<MemoryTracker>& tracker);
  // A column without selection.
  void Add(const Column& keys);
  // Null when it would keep hardly anything away.
  std::shared_ptr<const RuntimeFilter> Finish();

 private:
  std::shared_ptr<RuntimeFilter> filter_;
  size_t capacity_;
  std::mutex mutex_;  // guards the filter's counts and range
};

}  // namespace weir
