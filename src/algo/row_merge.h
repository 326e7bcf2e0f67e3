#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "algo/sort.h"

namespace weir {

// Merges sorted streams of chunks that come when they are asked for, as those from disk do:
//
//   while (merge.wanted()) merge.Feed(*merge.wanted(), NextChunkOf(*merge.wanted()));
//   chunk = merge.Next(rows);   // nothing: feed more, or with wanted() empty the end
//
// Holds one chunk of each stream. Single-threaded.
class RowMerge {
 public:
  RowMerge(std::shared_ptr<const SortLayout> layout, size_t streams, std::shared_ptr<MemoryTracker> tracker);

  // The stream whose next chunk must come before rows can go on.
  std::optional<size_t> wanted() const;
  // Rows that come after all of the stream's before; nothing at its end.
  void Feed(size_t stream, const std::optional<Chunk>& chunk);
  std::optional<Chunk> Next(size_t max_rows);

 private:
  struct Stream {
    std::unique_ptr<RowBlocks> rows;
    RowHeap heap;
    ScopedReservation heap_bytes;
    std::vector<uint8_t*> at;
    size_t next = 0;
    bool ended = false;
    bool empty() const { return next == at.size(); }
    const uint8_t* row() const { return at[next]; }
  };
  struct Candidate {
    uint64_t prefix;
    const uint8_t* row;
    size_t stream;
  };
  bool After(const Candidate& a, const Candidate& b) const;
  void Offer(size_t stream);

  const std::shared_ptr<const SortLayout> layout_;
  const std::shared_ptr<MemoryTracker> tracker_;
  std::vector<Stream> streams_;
  std::vector<Candidate> heap_;  // the first rows of the streams that have one; the least on top
  std::vector<size_t> wanted_;   // streams that have run dry
  std::vector<const uint8_t*> taken_;
};

}  // namespace weir
