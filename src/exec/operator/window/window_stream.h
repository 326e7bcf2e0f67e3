#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "column/builder.h"
#include "plan/physical.h"
#include "runtime/memory_tracker.h"

namespace weir {

// What a call sees of the rows of one chunk, all of them in the window's order.
struct StreamedRows {
  Chunk chunk;
  // Per row, how many leading keys are equal to those of the row before; none in the first row of all.
  std::vector<uint16_t> equal_keys;
  bool first = false;  // the chunk is the first
};

// The results of one call, as far as they are known.
class StreamedCall {
 public:
  virtual ~StreamedCall() = default;
  virtual void Add(const StreamedRows& rows) = 0;
  // No more rows.
  virtual void End() {}
  // Rows whose results are known, and not taken yet.
  size_t ready() const { return ready_; }
  ColumnPtr Take(size_t count);

 protected:
  explicit StreamedCall(Type type) : type_(std::move(type)) {}
  void Put(ColumnPtr results);
  const Type& type() const { return type_; }

 private:
  const Type type_;
  std::deque<ColumnPtr> results_;
  size_t taken_ = 0;  // rows of the first of those
  size_t ready_ = 0;
};

// Computes a window's calls over sorted rows that come once: what must be kept are the rows whose results are not known
// yet, which is up to a row's last peer, some rows behind it, or its partition.
class WindowStream {
 public:
  // Whether all calls of the node can be computed like that.
  static bool Can(const PhysicalWindow& node);
  WindowStream(const PhysicalWindow& node, std::shared_ptr<MemoryTracker> tracker);

  void Add(Chunk rows);
  void End();
  // The node's output for the next rows; nothing: more must come.
  std::optional<Chunk> Next();

 private:
  const PhysicalWindow& node_;
  std::vector<std::unique_ptr<StreamedCall>> calls_;
  struct Waiting {
    Chunk rows;
    int64_t bytes;  // reserved
  };
  std::deque<Waiting> waiting_;
  Chunk last_;  // whose last row comes before the next one
  ScopedReservation bytes_;
};

}  // namespace weir
